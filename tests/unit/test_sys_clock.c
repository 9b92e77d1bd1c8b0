/* test_sys_clock.c: clock, boot, host and terminal, against what the system's own files say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pwd.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/term.h"

static void a_reading_agrees_with_the_kernel(void **state)
{
    struct clock_reading a;
    struct clock_reading b;
    struct timespec t;

    (void)state;
    clock_read(&a);
    clock_gettime(CLOCK_BOOTTIME, &t);
    clock_read(&b);
    assert_true(a.mono_ns <= (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec);
    assert_true(b.mono_ns >= (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec);
    assert_true(llabs((long long)a.time.sec - (long long)time(NULL)) <= 1);
    assert_true(id_eq(&a.boot, &b.boot));
    assert_true(strcmp(a.clock, "ntp") == 0 || strcmp(a.clock, "free") == 0 ||
                strcmp(a.clock, "unknown") == 0);
}

static void the_boot_id_is_that_of_proc_without_its_dashes(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf hex = {0};
    struct clock_reading now;
    char plain[33] = "";
    size_t count = 0;

    (void)state;
    assert_int_equal(file_read(&text, "/proc/sys/kernel/random/boot_id", 100, NULL), 0);
    for (size_t i = 0; i < text.len && count < 32; i++)
        if (text.p[i] != '-')
            plain[count++] = text.p[i];
    clock_read(&now);
    hex_add(&hex, now.boot.b, sizeof(now.boot.b));
    assert_string_equal(buf_text(&hex), plain);
}

static void random_bytes_fill_all_and_differ(void **state)
{
    uint8_t a[1000] = {0};
    uint8_t b[1000] = {0};
    unsigned zeros = 0;

    (void)state;
    random_bytes(a, sizeof(a));
    random_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    for (size_t i = 0; i < sizeof(a); i++)
        zeros += a[i] == 0;
    assert_true(zeros < 50); /* about 4 are expected; 50 happens once in 10^30 */
}

static void the_user_is_the_one_before_sudo(void **state)
{
    char name[32];

    (void)state;
    setenv("USER", "root", 1);
    setenv("SUDO_USER", "ada", 1);
    user_name(name, sizeof(name));
    assert_string_equal(name, "ada");
    unsetenv("SUDO_USER");
    user_name(name, sizeof(name));
    assert_string_equal(name, "root");
    setenv("USER", "", 1);
    user_name(name, sizeof(name));
    assert_string_equal(name, getpwuid(getuid())->pw_name);
    user_name(name, 2);
    assert_int_equal(strlen(name), 1); /* cut, and ended */
}

static void the_host_name_is_the_kernels(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    char name[65];

    (void)state;
    assert_int_equal(file_read(&text, "/proc/sys/kernel/hostname", 100, NULL), 0);
    host_name(name, sizeof(name));
    assert_true(str_is(str_trim(buf_str(&text)), name));
}

static void a_terminal_tells_its_width_and_a_file_does_not(void **state)
{
    struct winsize size = {.ws_row = 24, .ws_col = 133};
    CLEANUP_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int master;
    int slave;

    (void)state;
    assert_int_equal(term_columns(null), 80);
    assert_false(term_is_terminal(null));
    assert_false(term_has_color(null));
    if (openpty(&master, &slave, NULL, NULL, &size) < 0)
        skip();
    assert_int_equal(term_columns(slave), 133);
    assert_true(term_is_terminal(slave));
    size.ws_col = 0;
    assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
    assert_int_equal(term_columns(slave), 80);
    close(master);
    close(slave);
}

static void color_follows_the_environment(void **state)
{
    static const struct {
        const char *term, *no_color;
        bool color;
    } cases[] = {
        {"xterm-256color", NULL, true},
        {"xterm", "", true}, /* no-color.org: "not empty" */
        {"xterm", "1", false},
        {"dumb", NULL, false},
        {NULL, NULL, false},
        {"", NULL, false},
    };
    int master;
    int slave;

    (void)state;
    if (openpty(&master, &slave, NULL, NULL, NULL) < 0)
        skip();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cases[i].term ? setenv("TERM", cases[i].term, 1) : unsetenv("TERM");
        cases[i].no_color ? setenv("NO_COLOR", cases[i].no_color, 1) : unsetenv("NO_COLOR");
        assert_int_equal(term_has_color(slave), cases[i].color);
    }
    close(master);
    close(slave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reading_agrees_with_the_kernel),
        cmocka_unit_test(the_boot_id_is_that_of_proc_without_its_dashes),
        cmocka_unit_test(random_bytes_fill_all_and_differ),
        cmocka_unit_test(the_user_is_the_one_before_sudo),
        cmocka_unit_test(the_host_name_is_the_kernels),
        cmocka_unit_test(a_terminal_tells_its_width_and_a_file_does_not),
        cmocka_unit_test(color_follows_the_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
