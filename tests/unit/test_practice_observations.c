/* test_practice_observations.c: what the rules on a state and the collector both noticed is one
 * thing, and what only looks alike is not. The lines are spelled as doc/format/snapshot.md and
 * observed.md say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "practice/observations.h"

static const struct {
    const char *code;
    const char *line;     /* of the state */
    const char *evidence; /* of the collector */
    bool is_same;
} cases[] = {
    {"setuid-without-package",
     "{\"section\":\"privileged\",\"key\":\"/usr/bin/a\",\"kind\":\"file\",\"mode\":\"4755\"}",
     "{\"path\":\"/usr/bin/a\",\"mode\":\"4755\",\"uid\":0}", true},
    {"setuid-without-package", "{\"section\":\"privileged\",\"key\":\"/usr/bin/a\"}",
     "{\"path\":\"/tmp/.x/b\",\"mode\":\"4755\"}", false},
    {"setuid-without-package", "{\"section\":\"privileged\",\"key\":\"/usr/bin/a\"}",
     "{\"path\":\"/usr/bin/ab\"}", false},
    /* A quote in a name ends neither of the two. */
    {"world-writable-program", "{\"section\":\"privileged\",\"key\":\"/bin/a\\\"b\"}",
     "{\"path\":\"/bin/a\\\"b\"}", true},
    {"world-writable-program", "{\"section\":\"privileged\",\"key\":\"/bin/a\\\"b\"}",
     "{\"path\":\"/bin/a\\\"c\"}", false},
    {"deleted-program", "{\"section\":\"process\",\"key\":\"/x uid 0\",\"pid\":812}",
     "recovered/812/exe", true},
    {"deleted-program", "{\"section\":\"process\",\"key\":\"/x uid 0\",\"pid\":812}",
     "recovered/81/exe", false},
    {"memory-program", "{\"section\":\"process\",\"key\":\"/x uid 0\",\"pid\":812}",
     "{\"count\":3}", false},
    {"false-kernel-thread", "{\"section\":\"process\",\"key\":\"[x]\",\"pid\":812}",
     "{\"pid\":812,\"uid\":33,\"comm\":\"x\"}", true},
    {"promiscuous-link", "{\"section\":\"link\",\"key\":\"eth0\",\"promiscuous\":true}",
     "{\"interface\":\"eth0\",\"flags\":4355}", true},
    {"promiscuous-link", "{\"section\":\"link\",\"key\":\"eth0\",\"promiscuous\":true}",
     "{\"interface\":\"eth01\",\"flags\":4355}", false},
    {"packet-socket", "{\"section\":\"listener\",\"key\":\"PACKET 3 on eth0\",\"inode\":77}",
     "{\"pid\":5,\"inode\":77,\"holders\":1}", true},
    {"kernel-taint", "{\"section\":\"system\",\"key\":\"kernel\",\"taint\":1}",
     "{\"tainted\":1,\"why\":\"x\"}", true},
    {"program-without-package", "{\"section\":\"process\",\"key\":\"/x\",\"pid\":812}",
     "{\"program\":\"/x\",\"pids\":[812]}", false},
};

static void one_thing_is_one_by_code_and_subject(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct observation by_rule = {.code = str_of(cases[i].code),
                                            .line = str_of(cases[i].line)};
        struct observation collected = {.code = str_of(cases[i].code),
                                        .line = str_of(cases[i].evidence)};

        if (observation_is_same(&by_rule, &collected) != cases[i].is_same)
            fail_msg("case %zu: %s", i, cases[i].code);
        assert_int_equal(observation_names_thing(&collected),
                         !strstr(cases[i].evidence, "count") &&
                             strcmp(cases[i].code, "program-without-package") != 0);
        collected.code = STR("hidden-port");
        assert_false(observation_is_same(&by_rule, &collected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thing_is_one_by_code_and_subject),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
