/* acquire_trial.h: one image of a made-up source, in a folder of this run: begun, stopped where a
 * test says, and gone on with. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
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
    uint64_t stop_at;     /* bytes of the source: the read that begins there stops it; 0: none */
    uint64_t hang_at;     /* the read that begins there waits until all before is durable */
    uint64_t read;        /* bytes that came */
    int stop_in;          /* enum rescue_pass, from its first read on; 0: none */
    int dies_in;          /* enum rescue_pass, from whose first read on each read fails */
    bool vanishes;        /* then, as one that is gone */
    unsigned stop_behind; /* so many of these it is stopped; 0: it is not */
    void (*look)(void);   /* called then; NULL: not */
    unsigned failed;
    unsigned stop_at_bad; /* reads of single sectors that failed: it is stopped; 0: it is not */
    bool was_kept;        /* while it hung */
    const char *identity; /* NULL: one that nothing is compared for */
    bool counts_runs;     /* as one who is asked to go on does */
    unsigned retries;     /* that were made by the end */
};

static struct trial *reading; /* whose reads are counted */
/* Held while a read looks whether it stops all and does so: one that was given up may be at it. */
static pthread_mutex_t stopping = PTHREAD_MUTEX_INITIALIZER;

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

static bool is_in_pass(const struct trial *t, int pass)
{
    return pass && atomic_load(&t->control.phase) == ACQUIRE_RESCUING &&
           atomic_load(&t->control.pass) == pass;
}

/* Off, or gone; and somebody stops it who sees that nothing comes. */
static void die(struct trial *t)
{
    if (t->vanishes)
        t->m.gone_after = t->m.reads;
    else
        t->m.is_dead = true;
    if (!t->stop_behind || ++t->failed < t->stop_behind)
        return;
    if (t->look)
        t->look();
    atomic_store(&t->control.stops, true);
}

static int64_t counted_read(struct source *s, uint64_t off, void *bytes, size_t size,
                            bool by_sector, struct err *e)
{
    struct trial *t = reading;
    int64_t n;

    if (t->hang_at && off == t->hang_at)
        hang(t, off);
    pthread_mutex_lock(&stopping);
    if (t->stop_at && off >= t->stop_at)
        atomic_store(&t->control.stops, true);
    if (is_in_pass(t, t->stop_in))
        atomic_store(&t->control.stops, true);
    if (is_in_pass(t, t->dies_in))
        die(t);
    pthread_mutex_unlock(&stopping);
    n = made_read(s, off, bytes, size, by_sector, e);
    if (t->stop_at_bad && by_sector && n < 0 && ++t->failed == t->stop_at_bad)
        atomic_store(&t->control.stops, true);
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
                                  .identity =
                                      mem_strdup(t->identity ? t->identity : "made by a test"),
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
    int rc;

    t->m.source.failing = (struct source_failing){0};
    rc = acquisition_new(&image, &begin, root, "im", &t->m.source, &t->options, &t->control, e);
    if (rc == 0)
        rc = acquisition_run(image, out, e);
    acquisition_free(image);
    acquire_begin_release(&begin);
    return rc;
}

/* No read stops anything from here on. */
static void stop_no_more(struct trial *t)
{
    pthread_mutex_lock(&stopping);
    t->stop_at = 0;
    t->stop_in = 0;
    atomic_store(&t->control.stops, false);
    pthread_mutex_unlock(&stopping);
}

static int go_on(struct trial *t, struct source *source, const char *identity,
                 struct acquire_result *out, struct err *e)
{
    CLEANUP_BUF struct buf part = {0};
    struct acquisition *image = NULL;
    int rc;

    part_path(&part);
    stop_no_more(t);
    source->failing = (struct source_failing){0};
    rc = acquisition_resume(&image, buf_text(&part), identity, source, &t->options, &t->control, e);
    if (rc == 0 && t->counts_runs)
        acquisition_note_run(image, false, "", "");
    if (rc == 0)
        rc = acquisition_run(image, out, e);
    t->retries = rc == 0 ? acquisition_retries(image) : 0;
    if (rc == 0)
        rc = acquisition_finish(image, e);
    acquisition_free(image);
    return rc;
}

static void remove_image(void)
{
    static const char *const endings[] = {"E01",  "raw",  "map",  "pieces",
                                          "part", "rest", "sums", "claim"};

    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "%s/im.%s", root, endings[i]);
        (void)unlink(buf_text(&path));
    }
}

static void digest_source(const struct trial *t, struct digests_result *out)
{
    CLEANUP_BUF struct buf pieces = {0};
    struct digests *d = digests_new();

    digests_add(d, t->m.bytes, t->m.source.size, &pieces);
    digests_end(d, out, &pieces);
    digests_free(d);
}

/* Runs tests in a folder of their own. */
static int trial_main(int argc, char **argv, const char *name, const struct CMUnitTest *tests,
                      size_t count)
{
    char folder[64];
    int rc;

    worker_main_if_asked(argc, argv);
    snprintf(folder, sizeof(folder), "%s/%s.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", name);
    root = mkdtemp(folder);
    if (!root)
        return 1;
    rc = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
    return rmdir(folder) || rc;
}
