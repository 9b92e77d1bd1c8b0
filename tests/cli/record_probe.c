/* record_probe.c: record_probe CASE KEYS TYPE FIELD=VALUE…: appends a record with any values, as a
 * faulty or hostile program could that has a member's key; calm itself would not write it. */
#include "practice/practice.h"
#include "sys/signer.h"
#include "sys/worker.h"

static int append(struct session *s, int count, char **words, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct view v;
    struct draft *dr;
    uint64_t first;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    decision_begin(&d, &v, NULL, NULL);
    d.is_independent = true;
    dr = decision_add(&d, words[0]);
    for (int i = 1; i < count; i++) {
        struct str value = str_of(words[i]);
        struct str name = str_cut(&value, '=');

        draft_value(dr, arena_dup(d.arena, name.p, name.len), value);
    }
    return session_append(s, &d, &first, e);
}

int main(int argc, char **argv)
{
    struct session_options options = {.model = practice_model()};
    struct session *s = NULL;
    struct err e = {0};

    signer_main_if_asked(argc, argv);
    worker_main_if_asked(argc, argv);
    if (argc < 5)
        return fprintf(stderr, "usage: record_probe CASE KEYS TYPE FIELD=VALUE...\n"), 2;
    options.key_folder = argv[2];
    if (session_open(&s, argv[1], &options, &e) || append(s, argc - 3, argv + 3, &e))
        return fprintf(stderr, "%s\n", e.text), 1;
    session_close(s);
    return 0;
}
