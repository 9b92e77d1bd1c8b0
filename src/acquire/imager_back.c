/* imager_back.c: reads back what was written, while somebody watches. */
#include "acquire/imager_back.h"
#include <pthread.h>
#include <time.h>
#include "acquire/imager_text.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { LOOK_MS = 200 };

struct backing {
    struct acquisition *image;
    const struct imager_watch *watch;
    struct acquire_control *control;
    struct imager_report *report;
    int rc;
    struct err e;
    _Atomic bool has_ended;
};

/* By which the image is compared, now and later. */
static int check_beside(const struct backing *b, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < IMAGER_BESIDE_COUNT; i++) {
        CLEANUP_BUF struct buf path = {0};
        struct hash wanted, sum;
        uint64_t written, size;

        acquisition_path(b->image, imager_beside[i], &path);
        acquisition_beside(b->image, imager_beside[i], &written, &wanted);
        rc = file_sum(buf_text(&path), &sum, &size, e);
        if (rc == 0 && (size != written || !hash_eq(&sum, &wanted)))
            rc = err_set(e, ERR_TAMPER, "%s was changed since it was written", buf_text(&path));
    }
    return rc;
}

/* Reading back can be tried again, but for an image that was found to be another. */
bool imager_back_is_over(int rc)
{
    return rc == 0 || rc == ERR_TAMPER || rc == ERR_FORMAT;
}

/* rc: of comparing. What is beside it may be at fault, and tells more. */
static int judge_back(struct backing *b, int rc, struct err *e)
{
    struct imager_report *r = b->report;
    struct err why = {0};
    int later = imager_back_is_over(rc) ? check_beside(b, &why) : 0;

    if (!later && rc == 0 && r->back.differing)
        return err_set(e, ERR_TAMPER,
                       "the image was read back, and is not what was written: %llu MiB differ, the "
                       "first at MiB %llu. Do not use it; the target disk or the memory is at "
                       "fault",
                       (unsigned long long)r->back.differing, (unsigned long long)r->back.first);
    if (!later && rc == 0)
        return 0;
    if (later)
        rc = err_set(e, later, "%s", why.text);
    r->has_back = false;
    if (imager_back_is_over(rc))
        buf_adds(&r->back_failed, e->text);
    return err_wrap(e, rc,
                    imager_back_is_over(rc)
                        ? "the image was read back, and must not be used as it is"
                        : "reading it back");
}

static int check_back(struct backing *b, struct err *e)
{
    CLEANUP_BUF struct buf pieces = {0};
    struct imager_report *r = b->report;
    int rc;

    acquisition_path(b->image, "pieces", &pieces);
    atomic_store(&b->control->phase, ACQUIRE_READING_BACK);
    r->back_begun = utc_now();
    rc = read_back(acquisition_files(b->image), buf_text(&pieces), &r->result, b->control, &r->back,
                   e);
    r->has_back = rc == 0;
    rc = judge_back(b, rc, e);
    if (imager_back_is_over(rc))
        r->back_ended = utc_now();
    return rc;
}

static void *back(void *context)
{
    struct backing *b = context;

    b->rc = check_back(b, &b->e);
    atomic_store(&b->has_ended, true);
    return NULL;
}

int imager_back(struct acquisition *image, const struct imager_watch *watch,
                struct acquire_control *control, struct imager_report *report, struct err *e)
{
    struct backing b = {.image = image, .watch = watch, .control = control, .report = report};
    pthread_t thread;

    if (pthread_create(&thread, NULL, back, &b))
        return err_set(e, ERR_LIMIT, "a thread cannot be started");
    while (!atomic_load(&b.has_ended)) {
        (void)nanosleep(&(struct timespec){0, LOOK_MS * 1000000L}, NULL);
        if (watch->progress)
            watch->progress(watch->context, control, report->result.stored_size);
    }
    pthread_join(thread, NULL);
    if (b.rc)
        *e = b.e;
    return b.rc;
}
