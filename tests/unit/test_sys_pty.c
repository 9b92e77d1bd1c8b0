/* test_sys_pty.c: a recorded terminal passes everything on, records what is shown and not what is
 * typed, and leaves the terminal as it was. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include "base/mem.h"
#include "sys/cast.h"
#include "sys/file.h"
#include "sys/pty.h"

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

static int recording_file(void)
{
    int fd = open("/tmp", O_RDWR | O_TMPFILE, 0600);

    assert_true(fd >= 0);
    return fd;
}

/* A recording, read by another JSON library. */
struct played {
    json_t *header;
    struct buf output;
    struct buf sizes; /* resize events, joined */
    size_t count;
    double last;
};

static void play(int fd, struct played *p)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;

    *p = (struct played){0};
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(file_read_fd(&text, fd, "recording", 1 << 24, NULL), 0);
    rest = buf_str(&text);
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');
        json_t *event = json_loadb(line.p, line.len, JSON_ALLOW_NUL, NULL);
        const char *kind;

        assert_non_null(event);
        if (!p->header) {
            p->header = event;
            continue;
        }
        assert_int_equal(json_array_size(event), 3);
        assert_true(json_number_value(json_array_get(event, 0)) >= p->last);
        p->last = json_number_value(json_array_get(event, 0));
        kind = json_string_value(json_array_get(event, 1));
        assert_true(strcmp(kind, "o") == 0 || strcmp(kind, "r") == 0);
        buf_add(kind[0] == 'o' ? &p->output : &p->sizes,
                json_string_value(json_array_get(event, 2)),
                json_string_length(json_array_get(event, 2)));
        p->count++;
        json_decref(event);
    }
}

static void played_release(struct played *p)
{
    json_decref(p->header);
    buf_release(&p->output);
    buf_release(&p->sizes);
}

static int64_t header_number(const struct played *p, const char *name)
{
    return json_integer_value(json_object_get(p->header, name));
}

static void text_cut_within_a_character_is_joined(void **state)
{
    static const struct {
        const char *pieces[6];
        const char *expected;
    } cases[] = {
        {{"a\xc3", "\xa4z"}, "a\xc3\xa4z"},
        {{"\xe2", "\x82", "\xac"}, "\xe2\x82\xac"},
        {{"\xf0\x9f", "\x98\x80!"}, "\xf0\x9f\x98\x80!"},
        {{"\xf0\x9f\x98", "\x80"}, "\xf0\x9f\x98\x80"},
        {{"bad \xff\xfe", "end"},
         "bad \xef\xbf\xbd\xef\xbf\xbd"
         "end"},
        {{"open \xe2\x82"}, "open \xef\xbf\xbd\xef\xbf\xbd"}, /* never completed */
        {{"\033[31mred\033[0m\r\n\a"}, "\033[31mred\033[0m\r\n\a"},
        {{"\"quote\\ \x7f \xe2\x80\xae"}, "\"quote\\ \x7f \xe2\x80\xae"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_FD int fd = recording_file();
        CLEANUP(played_release) struct played p;
        struct cast c;

        cast_begin(&c, fd, 1 << 20, &(struct cast_start){.columns = 80, .rows = 24});
        for (size_t k = 0; cases[i].pieces[k]; k++)
            cast_output(&c, k * 1000000, str_of(cases[i].pieces[k]));
        cast_end(&c, 9000000);
        assert_int_equal(c.state.code, 0);
        assert_int_equal(lseek(fd, 0, SEEK_END), c.size);
        play(fd, &p);
        assert_string_equal(buf_text(&p.output), cases[i].expected);
    }
}

static void a_recording_ends_at_its_limit_with_a_whole_line(void **state)
{
    CLEANUP_FD int fd = recording_file();
    CLEANUP(played_release) struct played p;
    struct cast c;

    (void)state;
    cast_begin(&c, fd, 1000, &(struct cast_start){.columns = 80, .rows = 24});
    for (uint64_t i = 0; i < 1000; i++)
        cast_output(&c, i * 1000, STR("0123456789"));
    cast_end(&c, 1000000);
    assert_int_equal(c.state.code, ERR_LIMIT);
    assert_true(c.size <= 1000 && c.size > 900);
    play(fd, &p); /* every line is whole */
    assert_true(p.count > 10);
}

static void a_full_medium_ends_the_recording_alone(void **state)
{
    CLEANUP_FD int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct cast c;

    (void)state;
    if (fd < 0)
        skip();
    cast_begin(&c, fd, 1000, &(struct cast_start){.columns = 80, .rows = 24});
    cast_output(&c, 0, STR("x"));
    assert_int_equal(c.state.code, ERR_FULL);
    assert_int_equal(c.size, 0);
}

/* Runs pty_run in a process whose terminal is a pseudo-terminal of ours. */
struct outer {
    pid_t pid;
    int master;
    int recording;
    int report; /* a struct pty_result, its code, and whether the terminal was set back */
    struct buf seen;
};

struct report {
    int code;
    bool is_restored;
    struct pty_result result;
};

static void start_outer(struct outer *o, const char *const *argv, uint64_t most)
{
    struct winsize size = {.ws_row = 30, .ws_col = 100};
    int report[2];

    *o = (struct outer){.recording = recording_file()};
    assert_int_equal(pipe(report), 0);
    o->pid = forkpty(&o->master, NULL, NULL, &size);
    assert_true(o->pid >= 0);
    if (o->pid == 0) {
        struct report r = {0};
        struct termios before;
        struct termios after;

        tcgetattr(0, &before);
        r.code = pty_run(argv, o->recording, most, &r.result, NULL);
        tcgetattr(0, &after);
        r.is_restored = before.c_iflag == after.c_iflag && before.c_oflag == after.c_oflag &&
                        before.c_lflag == after.c_lflag && before.c_cflag == after.c_cflag;
        _exit(write(report[1], &r, sizeof(r)) != sizeof(r));
    }
    close(report[1]);
    o->report = report[0];
}

/* Reads what the user would see until text is there, for at most a minute. A quick reader gets it
 * in many small pieces. */
static bool await_text(struct outer *o, const char *text)
{
    for (int64_t end = monotonic_ms() + 60000; monotonic_ms() < end;) {
        struct pollfd p = {.fd = o->master, .events = POLLIN};
        char bytes[4096];
        ssize_t n;

        if (memmem(buf_text(&o->seen), o->seen.len, text, strlen(text)))
            return true;
        if (poll(&p, 1, 50) <= 0)
            continue;
        n = read(o->master, bytes, sizeof(bytes));
        if (n > 0)
            buf_add(&o->seen, bytes, (size_t)n);
    }
    print_error("never seen: %s in: %s\n", text, buf_text(&o->seen));
    return false;
}

static void type(const struct outer *o, const char *text)
{
    assert_int_equal(write(o->master, text, strlen(text)), strlen(text));
}

static void end_outer(struct outer *o, struct report *r)
{
    int status;

    assert_int_equal(read(o->report, r, sizeof(*r)), sizeof(*r));
    assert_int_equal(waitpid(o->pid, &status, 0), o->pid);
    assert_int_equal(status, 0);
    close(o->report);
    close(o->master); /* not before: it hangs up on a process that is about to end */
    buf_release(&o->seen);
}

static void what_is_typed_for_no_eyes_is_not_recorded(void **state)
{
    CLEANUP(played_release) struct played p;
    struct report r;
    struct outer o;

    (void)state;
    start_outer(&o,
                ARGV("/bin/sh", "-c",
                     "stty -echo; printf 'password? '; read x; stty echo; echo; echo length ${#x}; "
                     "printf 'name? '; read y; echo hello $y; exit 5"),
                1 << 20);
    assert_true(await_text(&o, "password? "));
    type(&o, "Tr0ub4dor\n");
    assert_true(await_text(&o, "name? "));
    type(&o, "ada\n");
    assert_true(await_text(&o, "hello ada"));
    end_outer(&o, &r);
    assert_int_equal(r.code, 0);
    assert_int_equal(r.result.status, 5);
    assert_int_equal(r.result.signal, 0);
    assert_int_equal(r.result.recording.code, 0);
    assert_true(r.is_restored);
    play(o.recording, &p);
    assert_int_equal(header_number(&p, "version"), 2);
    assert_int_equal(header_number(&p, "width"), 100);
    assert_int_equal(header_number(&p, "height"), 30);
    assert_true(llabs(header_number(&p, "timestamp") - (long long)time(NULL)) < 60);
    assert_null(strstr(buf_text(&p.output), "Tr0ub4dor"));
    assert_non_null(strstr(buf_text(&p.output), "password? \r\nlength 9\r\nname? "));
    assert_non_null(strstr(buf_text(&p.output), "hello ada\r\n"));
    close(o.recording);
}

static void a_changed_window_reaches_the_command_and_the_recording(void **state)
{
    struct winsize size = {.ws_row = 40, .ws_col = 132};
    CLEANUP(played_release) struct played p;
    struct report r;
    struct outer o;

    (void)state;
    start_outer(&o, ARGV("/bin/sh", "-c", "stty size; read x; stty size; echo done"), 1 << 20);
    assert_true(await_text(&o, "30 100"));
    assert_int_equal(ioctl(o.master, TIOCSWINSZ, &size), 0); /* the kernel sends SIGWINCH */
    usleep(200000);
    type(&o, "\n");
    assert_true(await_text(&o, "40 132"));
    assert_true(await_text(&o, "done"));
    end_outer(&o, &r);
    play(o.recording, &p);
    assert_string_equal(buf_text(&p.sizes), "132x40");
    close(o.recording);
}

static void keys_reach_the_command_as_they_are(void **state)
{
    struct report r;
    struct outer o;

    (void)state;
    /* Ctrl-C is for the command, not for us; so is Ctrl-Z's byte in raw mode. */
    start_outer(&o,
                ARGV("/bin/sh", "-c",
                     "trap 'echo interrupted' INT; echo ready; read x; sleep 0.2; echo after"),
                1 << 20);
    assert_true(await_text(&o, "ready"));
    type(&o, "\x03");
    assert_true(await_text(&o, "interrupted"));
    type(&o, "\n");
    assert_true(await_text(&o, "after"));
    end_outer(&o, &r);
    assert_int_equal(r.code, 0);
    assert_true(r.is_restored);
    close(o.recording);
}

static void a_signal_from_outside_ends_in_good_order(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        CLEANUP(played_release) struct played p;
        struct report r;
        struct outer o;

        start_outer(&o, ARGV("/bin/sh", "-c", "trap '' HUP; echo ready; while :; do sleep 1; done"),
                    1 << 20);
        assert_true(await_text(&o, "ready"));
        usleep(100000);
        assert_int_equal(kill(o.pid, signals[i]), 0);
        end_outer(&o, &r);
        assert_int_equal(r.code, ERR_CANCEL);
        assert_true(r.is_restored);
        assert_int_equal(r.result.signal, SIGKILL); /* it ignored SIGHUP */
        play(o.recording, &p);
        assert_string_equal(buf_text(&p.output), "ready\r\n");
        close(o.recording);
    }
}

static void a_large_output_comes_whole(void **state)
{
    CLEANUP(played_release) struct played p;
    struct report r;
    struct outer o;

    (void)state;
    start_outer(&o, ARGV("/bin/sh", "-c", "seq 1 20000; echo the end"), 1 << 24);
    assert_true(await_text(&o, "the end"));
    end_outer(&o, &r);
    play(o.recording, &p);
    /* digits 9·1 + 90·2 + 900·3 + 9000·4 + 10001·5, line ends 2·20000, and "the end\r\n" */
    assert_int_equal(p.output.len, 9 + 180 + 2700 + 36000 + 50005 + 40000 + 9);
    assert_int_equal(r.result.size, lseek(o.recording, 0, SEEK_END));
    close(o.recording);
}

static void the_command_goes_on_past_the_limit_of_its_recording(void **state)
{
    struct report r;
    struct outer o;

    (void)state;
    start_outer(&o, ARGV("/bin/sh", "-c", "seq 1 2000; echo the end; exit 3"), 3000);
    assert_true(await_text(&o, "the end"));
    end_outer(&o, &r);
    assert_int_equal(r.code, 0);
    assert_int_equal(r.result.status, 3);
    assert_int_equal(r.result.recording.code, ERR_LIMIT);
    assert_true(r.result.size <= 3000);
    close(o.recording);
}

static void a_missing_program_is_told_and_the_terminal_untouched(void **state)
{
    struct report r;
    struct outer o;

    (void)state;
    start_outer(&o, ARGV("no-such-program-here"), 1000);
    end_outer(&o, &r);
    assert_int_equal(r.code, ERR_NOTFOUND);
    assert_true(r.is_restored);
    close(o.recording);
}

static void the_users_shell_is_the_command_when_none_is_given(void **state)
{
    struct report r;
    struct outer o;

    (void)state;
    setenv("SHELL", "/bin/sh", 1);
    start_outer(&o, NULL, 1 << 20);
    type(&o, "echo $((6*7)); exit 9\n");
    assert_true(await_text(&o, "42"));
    end_outer(&o, &r);
    assert_int_equal(r.result.status, 9);
    close(o.recording);
}

/* Without a terminal: runs it with pipes, as in a script. */
static void plain(const char *script, struct str in, struct buf *out, struct buf *err,
                  struct report *r, int recording)
{
    int ends[4][2]; /* in, out, err, report */
    pid_t pid;

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pipe(ends[i]), 0);
    pid = fork();
    if (pid == 0) {
        struct report mine = {0};
        int report = ends[3][1];

        dup2(ends[0][0], 0);
        dup2(ends[1][1], 1);
        dup2(ends[2][1], 2);
        for (size_t i = 0; i < 3; i++) {
            close(ends[i][0]);
            close(ends[i][1]);
        }
        mine.code = pty_run(ARGV("/bin/sh", "-c", script), recording, 1 << 20, &mine.result, NULL);
        _exit(write(report, &mine, sizeof(mine)) != sizeof(mine));
    }
    close(ends[0][0]);
    close(ends[1][1]);
    close(ends[2][1]);
    close(ends[3][1]);
    assert_int_equal(file_write_fd(ends[0][1], in.p, in.len, "input", NULL), 0);
    close(ends[0][1]);
    assert_int_equal(file_read_fd(out, ends[1][0], "out", 1 << 20, NULL), 0);
    assert_int_equal(file_read_fd(err, ends[2][0], "err", 1 << 20, NULL), 0);
    assert_int_equal(read(ends[3][0], r, sizeof(*r)), sizeof(*r));
    for (size_t i = 1; i < 4; i++)
        close(ends[i][0]);
    waitpid(pid, NULL, 0);
}

static void in_a_script_both_outputs_pass_through_and_are_recorded(void **state)
{
    CLEANUP_FD int recording = recording_file();
    CLEANUP(played_release) struct played p;
    CLEANUP_BUF struct buf out = {0};
    CLEANUP_BUF struct buf err = {0};
    struct report r;

    (void)state;
    plain("cat; sleep 0.1; echo bad >&2; sleep 0.1; echo good; exit 4", STR("from stdin\n"), &out,
          &err, &r, recording);
    assert_string_equal(buf_text(&out), "from stdin\ngood\n");
    assert_string_equal(buf_text(&err), "bad\n");
    assert_int_equal(r.code, 0);
    assert_int_equal(r.result.status, 4);
    play(recording, &p);
    assert_string_equal(buf_text(&p.output), "from stdin\r\nbad\r\ngood\r\n");
    assert_int_equal(header_number(&p, "width"), 80);
}

static void a_reader_that_leaves_ends_the_command_as_in_a_pipe(void **state)
{
    CLEANUP_FD int recording = recording_file();
    struct pty_result result = {0};
    int status;
    pid_t pid;

    (void)state;
    pid = fork();
    if (pid == 0) {
        int out[2];

        if (pipe(out) < 0 || dup2(out[1], 1) < 0)
            _exit(1);
        close(out[0]);
        close(out[1]);
        close(0);
        open("/dev/null", O_RDONLY);
        if (pty_run(ARGV("yes"), recording, 1 << 20, &result, NULL))
            _exit(2);
        _exit(result.signal != SIGPIPE);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_cut_within_a_character_is_joined),
        cmocka_unit_test(a_recording_ends_at_its_limit_with_a_whole_line),
        cmocka_unit_test(a_full_medium_ends_the_recording_alone),
        cmocka_unit_test(what_is_typed_for_no_eyes_is_not_recorded),
        cmocka_unit_test(a_changed_window_reaches_the_command_and_the_recording),
        cmocka_unit_test(keys_reach_the_command_as_they_are),
        cmocka_unit_test(a_signal_from_outside_ends_in_good_order),
        cmocka_unit_test(a_large_output_comes_whole),
        cmocka_unit_test(the_command_goes_on_past_the_limit_of_its_recording),
        cmocka_unit_test(a_missing_program_is_told_and_the_terminal_untouched),
        cmocka_unit_test(the_users_shell_is_the_command_when_none_is_given),
        cmocka_unit_test(in_a_script_both_outputs_pass_through_and_are_recorded),
        cmocka_unit_test(a_reader_that_leaves_ends_the_command_as_in_a_pipe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
