/* test_timeline_files.c: times of files become events as doc/format/timeline.md section 2 says;
 * logs are known by their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "base/mem.h"
#include "timeline/file_run.h"
#include "timeline/log_places.h"

enum { KEPT = 16 };

struct seen {
    size_t count;
    int64_t ns[KEPT];
    uint8_t precision[KEPT], doubt[KEPT], meaning[KEPT];
    char path[KEPT][64], stated[KEPT][64];
    int64_t last;
    size_t turns; /* where time goes back */
};

static void keep(char out[64], struct str value)
{
    snprintf(out, 64, STR_FMT, STR_ARG(value));
}

static int see(void *context, const struct event *v, struct err *e)
{
    struct seen *s = context;
    size_t i = s->count++;

    (void)e;
    s->turns += v->ns < s->last;
    s->last = v->ns;
    if (i >= KEPT)
        return 0;
    s->ns[i] = v->ns;
    s->precision[i] = v->precision;
    s->doubt[i] = v->doubt;
    s->meaning[i] = v->meaning;
    keep(s->path[i], event_value(v, FIELD_FILE_PATH));
    keep(s->stated[i], event_value(v, FIELD_EVENT_STATED_TIME));
    return 0;
}

struct trial {
    struct field_names *names;
    struct reader reader;
    struct file_run *run;
    struct seen *seen;
};

static void begin(struct trial *t, const char *kind)
{
    *t = (struct trial){.names = field_names_new(), .seen = mem_new(struct seen)};
    t->reader = (struct reader){.names = t->names, .take = see, .take_context = t->seen};
    reader_begin(&t->reader, &format_file_system, NULL);
    t->run = file_run_new(&t->reader, file_clock_of(str_of(kind)));
}

static void end(struct trial *t)
{
    file_run_free(t->run);
    reader_end(&t->reader);
    free(t->seen);
    field_names_free(t->names);
}

static void add(struct trial *t, const struct disk_file *f)
{
    struct err e;

    assert_int_equal(file_run_add(t->run, f, &e), 0);
}

static void finish(struct trial *t)
{
    struct err e;

    assert_int_equal(file_run_end(t->run, &e), 0);
    assert_int_equal(t->reader.counts.lines, t->reader.counts.events);
}

static struct disk_file file_of(const char *path, int64_t m, int64_t a, int64_t c, int64_t b)
{
    return (struct disk_file){.path = str_of(path),
                              .time = {[DISK_MODIFIED] = {m, 0},
                                       [DISK_ACCESSED] = {a, 0},
                                       [DISK_CHANGED] = {c, 0},
                                       [DISK_BORN] = {b, 0}},
                              .type = DISK_FILE,
                              .has_meta = true};
}

static void test_equal_times_of_a_file_are_one_event(void **state)
{
    struct disk_file f = file_of("a", 200, 100, 200, 200);
    struct trial t;

    (void)state;
    begin(&t, "ext4");
    add(&t, &f);
    f = file_of("b", 200, 0, 0, 0);
    f.deleted.sec = 200;
    add(&t, &f);
    finish(&t);
    assert_int_equal(t.seen->count, 4);
    assert_int_equal(t.seen->meaning[0], MEANING_ACCESSED);
    assert_int_equal(t.seen->meaning[1], MEANING_MODIFIED_CHANGED_CREATED);
    assert_string_equal(t.seen->path[1], "/a");
    assert_int_equal(t.seen->meaning[2], MEANING_MODIFIED);
    assert_int_equal(t.seen->meaning[3], MEANING_DELETED);
    assert_string_equal(t.seen->path[3], "/b");
    assert_int_equal(t.seen->ns[1], 200000000000);
    end(&t);
}

static void test_names_of_all_meanings_are_in_the_order_of_mactime(void **state)
{
    static const char *const words[] = {"modified", "accessed", "changed", "created"};

    (void)state;
    for (unsigned bits = 1; bits < 16; bits++) {
        struct disk_file f = file_of("a", 0, 0, 0, 0);
        CLEANUP_BUF struct buf wanted = {0};
        struct trial t;

        for (unsigned i = 0; i < 4; i++)
            if (bits & 1U << i) {
                f.time[i].sec = 5;
                buf_addf(&wanted, "%s%s", wanted.len ? "," : "", words[i]);
            }
        begin(&t, "ext4");
        add(&t, &f);
        finish(&t);
        assert_int_equal(t.seen->count, 1);
        assert_string_equal(event_meaning_names[t.seen->meaning[0]], buf_text(&wanted));
        end(&t);
    }
}

/* DISK_MODIFIED and so on are 0 to 3 in that order, as the test above takes them. */
_Static_assert(DISK_MODIFIED == 0 && DISK_ACCESSED == 1 && DISK_CHANGED == 2 && DISK_BORN == 3,
               "the order of mactime");

static void test_what_a_file_system_states_of_a_time(void **state)
{
    static const struct {
        const char *kind;
        int64_t sec;
        uint32_t ns;
        size_t which;
        uint8_t precision, doubt;
    } cases[] = {
        {"fat16", 1000, 0, DISK_MODIFIED, TIME_2S, DOUBT_ZONE},
        {"fat16", 86400, 0, DISK_ACCESSED, TIME_DAY, DOUBT_ZONE},
        {"fat32", 1000, 0, DISK_BORN, TIME_2S, DOUBT_ZONE},
        {"fat32", 1001, 0, DISK_BORN, TIME_MS, DOUBT_ZONE},
        {"fat12", 1000, 860000000, DISK_BORN, TIME_MS, DOUBT_ZONE},
        {"exfat", 1000, 10000000, DISK_MODIFIED, TIME_MS, DOUBT_ZONE},
        {"exfat", 1000, 0, DISK_ACCESSED, TIME_2S, DOUBT_ZONE},
        {"ntfs", 1000, 100, DISK_CHANGED, TIME_100NS, 0},
        {"ext4", 1000, 1, DISK_CHANGED, TIME_NS, 0},
        {"ext2", 1000, 0, DISK_CHANGED, TIME_S, 0},
        {"ufs2", 1000, 5, DISK_MODIFIED, TIME_NS, 0},
        {"hfs", 1000, 0, DISK_MODIFIED, TIME_S, 0},
        {"iso9660", 1000, 0, DISK_MODIFIED, TIME_S, DOUBT_ZONE},
        {"posix", 1000, 0, DISK_MODIFIED, TIME_NS, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct disk_file f = file_of("a", 0, 0, 0, 0);
        struct trial t;

        f.time[cases[i].which] = (struct utc){cases[i].sec, cases[i].ns};
        begin(&t, cases[i].kind);
        add(&t, &f);
        finish(&t);
        assert_int_equal(t.seen->count, 1);
        assert_int_equal(t.seen->precision[0], cases[i].precision);
        assert_int_equal(t.seen->doubt[0], cases[i].doubt);
        assert_int_equal(t.seen->ns[0], cases[i].sec * 1000000000 + cases[i].ns);
        end(&t);
    }
}

static void test_no_time_and_no_possible_time_are_said(void **state)
{
    struct disk_file none = file_of("none", 0, 0, 0, 0);
    struct disk_file far = file_of("far", 253402300799, 0, 0, 0);
    struct trial t;

    (void)state;
    begin(&t, "ntfs");
    add(&t, &far);
    add(&t, &none);
    finish(&t);
    assert_int_equal(t.seen->count, 2);
    assert_string_equal(t.seen->path[0], "/none");
    assert_int_equal(t.seen->precision[0], TIME_NONE);
    assert_int_equal(t.seen->doubt[0], DOUBT_ORDER);
    assert_int_equal(t.seen->ns[0], 0);
    assert_int_equal(t.seen->precision[1], TIME_NONE);
    assert_true(t.seen->doubt[1] & DOUBT_RANGE);
    assert_string_equal(t.seen->stated[1], "9999-12-31T23:59:59.000000000Z");
    end(&t);
}

static void test_a_slash_within_a_name_is_no_folder(void **state)
{
    struct disk_file f = file_of("", 5, 0, 0, 0);
    struct trial t;

    (void)state;
    f.path = STR("a\0b/c\0d");
    begin(&t, "ext4");
    add(&t, &f);
    finish(&t);
    assert_string_equal(t.seen->path[0], "/a/b\\x2fc/d");
    end(&t);
}

/* Two runs: within each time goes on, and nothing is lost between. */
static void test_runs_are_in_order_and_whole(void **state)
{
    size_t files = FILE_RUN_EVENTS / 4 + 1000;
    struct trial t;

    (void)state;
    begin(&t, "ext4");
    for (size_t i = 0; i < files; i++) {
        int64_t at = 1 + (int64_t)(i * 2654435761U % 1000003);
        struct disk_file f = file_of("a", at, at + 7, at + 9, at + 11);

        add(&t, &f);
    }
    finish(&t);
    assert_int_equal(t.seen->count, 4 * files);
    assert_int_equal(t.seen->turns, 1);
    end(&t);
}

static void test_logs_are_known_by_their_places(void **state)
{
    static const struct {
        const char *path;
        bool is_log;
    } cases[] = {
        {"/var/log/auth.log", true},
        {"/var/log", false},
        {"/var/log/nginx/access.log.2.gz", true},
        {"/var/log/journal/0a/system.journal", true},
        {"/log/auth.log", true},
        {"/home/eva/var/log/auth.log", false},
        {"/home/eva/.bash_history", true},
        {"/root/.bash_history", true},
        {"/.bash_history", true},
        {"/home/eva/.bash_history/x", false},
        {"/home/eva/.local/share/fish/fish_history", true},
        {"/Windows/System32/winevt/Logs/Security.evtx", true},
        {"/windows/system32/winevt/logs/A%4B.EVTX", true},
        {"/Windows/System32/winevt/Logs/Security.txt", false},
        {"/var/lib/docker/containers/0a/0a-json.log", true},
        {"/var/lib/docker/containers/0a/config.json", false},
        {"/opt/app/a/logs/x/y", true},
        {"/opt/app/a/logsx/y", false},
        {"/etc/passwd", false},
        {"/", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (log_place_is_one(str_of(cases[i].path)) != cases[i].is_log)
            fail_msg("%s", cases[i].path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_times_of_a_file_are_one_event),
        cmocka_unit_test(test_names_of_all_meanings_are_in_the_order_of_mactime),
        cmocka_unit_test(test_what_a_file_system_states_of_a_time),
        cmocka_unit_test(test_no_time_and_no_possible_time_are_said),
        cmocka_unit_test(test_a_slash_within_a_name_is_no_folder),
        cmocka_unit_test(test_runs_are_in_order_and_whole),
        cmocka_unit_test(test_logs_are_known_by_their_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
