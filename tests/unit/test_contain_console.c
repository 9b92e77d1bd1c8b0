/* What a device says on its terminal (doc/format/devices.md section 6). Prompts and errors are as
 * the vendors' command references print them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include "contain/device_console.h"

static const struct contain_device *device(const char *name)
{
    const struct contain_device *d = contain_device(str_of(name));

    assert_non_null(d);
    return d;
}

static void what_a_terminal_waits_for_is_its_last_line(void **state)
{
    static const struct {
        const char *device, *said, *stem;
        enum device_waits expected;
        const char *answer;
    } cases[] = {
        {"ios", "\r\nsw2#", "", DEVICE_WAITS_LINE, NULL},
        {"ios", "\r\nsw2>", "", DEVICE_WAITS_NOT, NULL},
        {"ios", "#", "", DEVICE_WAITS_NOT, NULL},
        {"ios", "ip access-list extended x\r\nsw2(config-ext-nacl)#", "sw2", DEVICE_WAITS_LINE,
         NULL},
        {"ios", "sw2(config)# ", "sw2", DEVICE_WAITS_LINE, NULL},
        {"ios", "sw3#", "sw2", DEVICE_WAITS_NOT, NULL},
        {"ios", "show x\r\nsw2#\r\n", "sw2", DEVICE_WAITS_NOT, NULL},
        {"ios", "System configuration has been modified. Save? [yes/no]: ", "sw2",
         DEVICE_WAITS_QUESTION, "no"},
        {"ios", "Proceed with reload? [confirm]", "sw2", DEVICE_WAITS_QUESTION, ""},
        {"ios", "Proceed with reload? [confirm]\r\n", "sw2", DEVICE_WAITS_NOT, NULL},
        {"ios", "Destination filename [startup-config]? ", "sw2", DEVICE_WAITS_NOT, NULL},
        {"junos", "\r\nadmin@fw1> ", "", DEVICE_WAITS_LINE, NULL},
        {"junos", "[edit]\r\nadmin@fw1# ", "admin@fw1", DEVICE_WAITS_LINE, NULL},
        {"junos", "\r\nroot@fw1:~ %", "", DEVICE_WAITS_NOT, NULL},
        {"routeros", "\r\r\r\x1b[9999B[admin@gw] > ", "", DEVICE_WAITS_LINE, NULL},
        {"routeros", "x\r[admin@gw] /ip firewall> ", "[admin@gw]", DEVICE_WAITS_LINE, NULL},
        {"routeros", "\x1b[", "", DEVICE_WAITS_NOT, NULL},
        {"routeros", "", "", DEVICE_WAITS_NOT, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *answer = NULL;

        assert_int_equal(device_console_look(device(cases[i].device)->ssh, str_of(cases[i].said),
                                             str_of(cases[i].stem), &answer),
                         cases[i].expected);
        if (cases[i].answer)
            assert_string_equal(answer, cases[i].answer);
    }
}

static void later_prompts_begin_as_the_first_did(void **state)
{
    static const struct {
        const char *said, *stem;
    } cases[] = {
        {"banner #\r\nsw2#", "sw2"},
        {"\r\nadmin@fw1> ", "admin@fw1"},
        {"\x1b[m[admin@gw] > ", "[admin@gw]"},
        {"a-switch-with-a-long-name#", "a-switch-with-a-"}, /* 16 bytes */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf stem = {0};

        device_console_stem(str_of(cases[i].said), &stem);
        assert_string_equal(buf_text(&stem), cases[i].stem);
    }
}

static void the_first_error_of_an_answer_is_found_and_nothing_else(void **state)
{
    static const struct {
        const char *device, *said, *error;
    } cases[] = {
        {"ios", "foo\r\n ^\r\n% Invalid input detected at '^' marker.\r\n\r\nsw2#",
         "% Invalid input detected at '^' marker."},
        {"ios", "x\r\n% Incomplete command.\r\nsw2#", "% Incomplete command."},
        {"ios", "x\r\n%SYS-5-CONFIG_I: Configured from console by vty0\r\nsw2#", ""},
        {"ios", "reload cancel\r\n%No reload is scheduled.\r\nsw2#", ""},
        {"ios", "show x\r\n    10 deny ip any any (5 % of all)\r\nsw2#", ""},
        {"junos", "set x\r\n   ^\r\nsyntax error.\r\n\r\n[edit]\r\nadmin@fw1# ", "syntax error."},
        {"junos", "commit\r\nerror: configuration check-out failed\r\n",
         "error: configuration check-out failed"},
        {"junos",
         "commit\r\nwarning: uncommitted changes will be discarded on exit\r\ncommit complete\r\n",
         ""},
        {"routeros", "/ip frewall\r\n\x1b[31mbad command name frewall (line 1 column 5)\x1b[m\r\n",
         "bad command name frewall (line 1 column 5)"},
        {"routeros", "add x\r\nfailure: already have such address\r\n",
         "failure: already have such address"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf error = {0};

        device_console_error(device(cases[i].device)->ssh, str_of(cases[i].said), &error);
        assert_string_equal(buf_text(&error), cases[i].error);
    }
}

static void comments_and_empty_lines_are_not_typed(void **state)
{
    (void)state;
    assert_true(device_console_types(device("ios"), STR(" host 203.0.113.9")));
    assert_false(device_console_types(device("ios"), STR("! Type the next line alone")));
    assert_false(device_console_types(device("junos"), STR("# calm 0a1b2c3d")));
    assert_true(device_console_types(device("routeros"), STR("/")));
    assert_false(device_console_types(device("routeros"), STR(" ")));
}

/* Section 6: every device but OpenC2 is spoken with, and a terminal has all that a talk needs. */
static void each_device_says_how_it_is_spoken_with(void **state)
{
    (void)state;
    for (size_t i = 0; contain_devices[i]; i++) {
        const struct device_ssh *ssh = contain_devices[i]->ssh;

        if (strcmp(contain_devices[i]->name, "openc2") == 0) {
            assert_null(ssh);
            continue;
        }
        assert_non_null(ssh);
        if (ssh->feed != DEVICE_CONSOLE)
            continue;
        assert_non_null(ssh->ends);
        assert_non_null(ssh->needs);
        assert_non_null(ssh->last);
        assert_non_null(ssh->first);
        assert_non_null(ssh->errors[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_terminal_waits_for_is_its_last_line),
        cmocka_unit_test(later_prompts_begin_as_the_first_did),
        cmocka_unit_test(the_first_error_of_an_answer_is_found_and_nothing_else),
        cmocka_unit_test(comments_and_empty_lines_are_not_typed),
        cmocka_unit_test(each_device_says_how_it_is_spoken_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
