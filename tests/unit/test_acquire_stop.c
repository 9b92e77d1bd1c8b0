/* test_acquire_stop.c: what an image has when it ends before its end: nothing that came is read
 * again, also where a read never comes back, and where the source is gone it can be ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "acquire/acquisition.h"
#include "acquire/rescue.h"
#include "acquire/reread.h"
#include "acquire_source.h"
#include "sys/file.h"
#include "sys/worker.h"

#define MIB ((uint64_t)1 << 20)

static const char *root; /* a folder of this run */

/* One image, and who reads for it. */
struct trial {
    struct made_source m;
    struct acquire_options options;
    struct acquire_control control;
    enum target_format format;
    uint64_t stop_at; /* bytes of the source: the read that begins there stops it; 0: none */
    uint64_t hang_at; /* the read that begins there waits until all before is durable */
    uint64_t read;    /* bytes that came */
    int stop_in;      /* enum rescue_pass, from its first read on; 0: none */
    bool was_kept;    /* while it hung */
};

static struct trial *reading; /* whose reads are counted */

static void part_path(struct buf *out)
{
    buf_addf(out, "%s/im.part", root);
}

/* A number of NAME.part; UINT64_MAX: it has no such word. */
static uint64_t part_number(const char *word)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    uint64_t n;

    part_path(&path);
    assert_int_equal(file_read(&text, buf_text(&path), MIB, NULL), 0);
    for (rest = buf_str(&text); rest.len;) {
        struct str line = str_cut(&rest, '\n');

        if (str_is(str_cut(&line, ' '), word)) {
            assert_true(str_u64(line, &n));
            return n;
        }
    }
    return UINT64_MAX;
}

static void hang(struct trial *t, uint64_t until)
{
    for (int i = 0; i < 500 && !t->was_kept; i++) {
        t->was_kept = part_number("done") == until;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
}

static int64_t counted_read(struct source *s, uint64_t off, void *bytes, size_t size,
                            bool by_sector, struct err *e)
{
    struct trial *t = reading;
    int64_t n;

    if (t->hang_at && off == t->hang_at)
        hang(t, off);
    if (t->stop_at && off >= t->stop_at)
        atomic_store(&t->control.stops, true);
    if (t->stop_in && atomic_load(&t->control.phase) == ACQUIRE_RESCUING &&
        atomic_load(&t->control.pass) == t->stop_in)
        atomic_store(&t->control.stops, true);
    n = made_read(s, off, bytes, size, by_sector, e);
    t->read += n > 0 ? (uint64_t)n : 0;
    return n;
}

static const struct source_calls counted_calls = {.read = counted_read, .now_ms = made_now};

static void trial_init(struct trial *t, enum target_format format, uint64_t size)
{
    *t = (struct trial){.options = {.retries = 1, .buffers = 3, .reread = reread_until},
                        .format = format};
    t->options.commit_ms = 3600 * 1000; /* no state but that of the end */
    made_init(&t->m, 7, size, 512);
    t->m.source.calls = &counted_calls;
    reading = t;
}

static struct acquire_begin begin_of(const struct trial *t)
{
    return (struct acquire_begin){.source = mem_strdup("made"),
                                  .runs = 1,
                                  .writes = mem_strdup(""),
                                  .history = mem_strdup(""),
                                  .identity = mem_strdup("made by a test"),
                                  .size = t->m.source.size,
                                  .sector_size = 512,
                                  .format = t->format,
                                  .begun = {1700000000, 5},
                                  .case_number = mem_strdup(""),
                                  .number = mem_strdup(""),
                                  .examiner = mem_strdup(""),
                                  .notes = mem_strdup(""),
                                  .description = mem_strdup(""),
                                  .model = mem_strdup(""),
                                  .serial = mem_strdup(""),
                                  .system = mem_strdup("")};
}

static int begin(struct trial *t, struct acquire_result *out, struct err *e)
{
    struct acquire_begin begin = begin_of(t);
    struct acquisition *image = NULL;
    int rc = acquisition_new(&image, &begin, root, "im", &t->m.source, &t->options, &t->control, e);

    if (rc == 0)
        rc = acquisition_run(image, out, e);
    acquisition_free(image);
    acquire_begin_release(&begin);
    return rc;
}

static int go_on(struct trial *t, struct source *source, const char *identity,
                 struct acquire_result *out, struct err *e)
{
    CLEANUP_BUF struct buf part = {0};
    struct acquisition *image = NULL;
    int rc;

    part_path(&part);
    atomic_store(&t->control.stops, false);
    t->stop_at = 0;
    t->stop_in = 0;
    rc = acquisition_resume(&image, buf_text(&part), identity, source, &t->options, &t->control, e);
    if (rc == 0)
        rc = acquisition_run(image, out, e);
    if (rc == 0)
        rc = acquisition_finish(image, e);
    acquisition_free(image);
    return rc;
}

static void remove_image(void)
{
    static const char *const endings[] = {"E01", "raw", "map", "pieces", "part", "rest"};

    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "%s/im.%s", root, endings[i]);
        (void)unlink(buf_text(&path));
    }
}

/* Of a source that reads well each byte is read once, wherever it was stopped. */
static void nothing_that_came_is_read_again(void **state)
{
    static const uint64_t stops[] = {1, MIB, 5 * MIB - 1, 17 * MIB, 19 * MIB};
    static const enum target_format formats[] = {TARGET_E01, TARGET_RAW};
    enum { SIZE = 20 << 20 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(stops) * COUNT_OF(formats); i++) {
        struct digests_result wanted;
        struct acquire_result r;
        struct err e = {0};
        struct trial t;
        struct digests *d = digests_new();
        CLEANUP_BUF struct buf pieces = {0};

        trial_init(&t, formats[i % 2], SIZE + 100);
        digests_add(d, t.m.bytes, SIZE + 100, &pieces);
        digests_end(d, &wanted, &pieces);
        digests_free(d);
        t.stop_at = stops[i / 2];
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        assert_int_equal(part_number("done"), t.read);
        assert_true(t.read >= t.stop_at && t.read <= SIZE);
        if (go_on(&t, &t.m.source, "made by a test", &r, &e))
            fail_msg("%s", e.text);
        assert_int_equal(t.read, SIZE + 100);
        assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
        remove_image();
        made_release(&t.m);
    }
}

/* A process whose read never comes back is killed. */
static void what_came_is_kept_while_a_read_hangs(void **state)
{
    static const enum target_format formats[] = {TARGET_E01, TARGET_RAW};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct acquire_result r;
        struct err e = {0};
        struct trial t;

        trial_init(&t, formats[i], 20 * MIB);
        t.options.commit_ms = 50;
        t.hang_at = 7 * MIB;
        if (begin(&t, &r, &e))
            fail_msg("%s", e.text);
        assert_true(t.was_kept);
        remove_image();
        made_release(&t.m);
    }
}

/* Sector 20,000 is at byte 10,240,000, in the block from 9 MiB on. */
static void what_came_before_the_first_failure_is_in_the_image(void **state)
{
    struct acquire_result r;
    struct err e = {0};
    struct trial t;

    (void)state;
    trial_init(&t, TARGET_E01, 20 * MIB);
    t.m.faults[20000].kind = FAULT_BAD;
    t.stop_at = 12 * MIB;
    assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
    assert_int_equal(part_number("rest"), 9 * MIB);
    assert_int_equal(part_number("done"), 9 * MIB);
    if (go_on(&t, &t.m.source, "made by a test", &r, &e))
        fail_msg("%s", e.text);
    assert_int_equal(r.bad, 512);
    remove_image();
    made_release(&t.m);
}

/* The letters of ddrescue's manual, "Mapfile structure", current_status. */
static void the_map_says_what_is_done_as_ddrescue_does(void **state)
{
    static const struct {
        enum rescue_pass pass;
        const char *wanted;
    } cases[] = {{RESCUE_COPY, "?  1"},
                 {RESCUE_TRIM, "*  1"},
                 {RESCUE_SCRAPE, "/  1"},
                 {RESCUE_RETRY, "-  1"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_BUF struct buf path = {0};
        CLEANUP_BUF struct buf text = {0};
        struct acquire_result r;
        struct err e = {0};
        struct trial t;
        struct str rest, at, status;

        trial_init(&t, TARGET_RAW, 20 * MIB);
        for (size_t k = 20000; k < 20010; k++)
            t.m.faults[k].kind = FAULT_BAD;
        t.stop_in = (int)cases[i].pass;
        t.stop_at = cases[i].pass == RESCUE_COPY ? 12 * MIB : 0;
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        buf_addf(&path, "%s/im.map", root);
        assert_int_equal(file_read(&text, buf_text(&path), MIB, NULL), 0);
        rest = buf_str(&text);
        (void)str_cut(&rest, '\n');
        (void)str_cut(&rest, '\n');
        rest = str_cut(&rest, '\n');
        at = str_field(&rest);
        status = str_field(&rest);
        assert_true(str_starts(at, "0x"));
        assert_int_equal(status.len, 1);
        assert_int_equal(status.p[0], cases[i].wanted[0]);
        assert_true(str_is(str_field(&rest), cases[i].wanted + 3));
        if (go_on(&t, &t.m.source, "made by a test", &r, &e))
            fail_msg("%s", e.text);
        assert_int_equal(r.bad, 10 * 512);
        remove_image();
        made_release(&t.m);
    }
}

static void a_source_that_is_gone_for_good_leaves_an_image(void **state)
{
    static const enum target_format formats[] = {TARGET_E01, TARGET_RAW};
    enum { SIZE = 20 << 20 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(formats) * 2; i++) {
        CLEANUP(source_closep) struct source *gone = source_gone(512);
        struct digests_result wanted;
        struct acquire_result r;
        struct err e = {0};
        struct trial t;
        struct digests *d = digests_new();
        CLEANUP_BUF struct buf pieces = {0};

        trial_init(&t, formats[i % 2], SIZE + 100);
        t.stop_at = 8 * MIB;
        t.options.reads_in_order = i >= 2;
        assert_int_equal(begin(&t, &r, &e), ERR_CANCEL);
        assert_int_equal(t.read, 9 * MIB);
        assert_int_equal(go_on(&t, gone, NULL, &r, &e), ERR_CONFLICT);
        t.options.accepts_end = true;
        if (go_on(&t, gone, NULL, &r, &e))
            fail_msg("%s", e.text);
        assert_int_equal(r.bad, SIZE + 100 - 9 * MIB);
        memset(t.m.bytes + 9 * MIB, 0, SIZE + 100 - 9 * MIB);
        digests_add(d, t.m.bytes, SIZE + 100, &pieces);
        digests_end(d, &wanted, &pieces);
        digests_free(d);
        assert_memory_equal(&r.exact, &wanted, sizeof(wanted));
        remove_image();
        made_release(&t.m);
    }
}

int main(int argc, char **argv)
{
    char folder[64];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_came_is_read_again),
        cmocka_unit_test(what_came_is_kept_while_a_read_hangs),
        cmocka_unit_test(what_came_before_the_first_failure_is_in_the_image),
        cmocka_unit_test(the_map_says_what_is_done_as_ddrescue_does),
        cmocka_unit_test(a_source_that_is_gone_for_good_leaves_an_image),
    };
    int rc;

    worker_main_if_asked(argc, argv);
    snprintf(folder, sizeof(folder), "%s/test_acquire_stop.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    root = mkdtemp(folder);
    if (!root)
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(folder) || rc;
}
