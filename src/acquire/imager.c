/* imager.c: makes one image from its order to its summary. */
#include "acquire/imager.h"
#include <ctype.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include "acquire/ewf_write.h"
#include "acquire/imager_attend.h"
#include "acquire/imager_back.h"
#include "acquire/imager_open.h"
#include "acquire/imager_text.h"
#include "acquire/rescue.h"
#include "evidence/source_folder.h"
#include "acquire/source_identity.h"
#include "acquire/source_writes.h"
#include "acquire/target_listing.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/file.h"

enum {
    NAME_SIZE = 120,
    USUAL_FILES_MAX = 400,
};

struct making {
    const struct imager_order *order;
    const struct imager_watch *watch;
    struct acquire_control *control;
    struct imager_report *report;
    struct source *source;
    struct acquisition *image;
    uint64_t segment_size; /* of one that begins; 0: all in one file */
    size_t also_taken;     /* of the order */
    _Atomic bool has_ended;
    int rc;
    struct err e;
};

void imager_report_release(struct imager_report *r)
{
    source_facts_release(&r->facts);
    read_back_release(&r->back);
    buf_release(&r->back_failed);
    buf_release(&r->files);
    buf_release(&r->changed);
    buf_release(&r->stated);
    buf_release(&r->damage);
    buf_release(&r->part);
    buf_release(&r->bound);
    buf_release(&r->unbound);
    buf_release(&r->lost);
    buf_release(&r->left);
    buf_release(&r->history);
    buf_release(&r->retries);
    buf_release(&r->text);
    buf_release(&r->name);
}

/* "web1-sda": letters, digits, and what does no harm in a name. */
static void make_name(struct buf *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    char host[256];
    size_t begin;

    host_name(host, sizeof(host));
    buf_addf(out, "%s-%s", host, slash ? slash + 1 : path);
    for (begin = 0; begin < out->len; begin++)
        if (!isalnum((unsigned char)out->p[begin]) && !strchr("._-+", out->p[begin]))
            out->p[begin] = '_';
    if (out->len > NAME_SIZE)
        out->len = NAME_SIZE;
    if (out->p[0] == '.' || out->p[0] == '-')
        out->p[0] = '_';
}

/* Whoever goes on with it may do so from another folder. */
static int whole_path(char **out, const char *path, struct err *e)
{
    char *whole = path[0] == '/' ? mem_strdup(path) : realpath(path, NULL);

    if (!whole)
        return err_errno(e, "cannot find %s", path);
    *out = whole;
    return 0;
}

static char *text(const char *given)
{
    return mem_strdup(given ? given : "");
}

/* So few files that people can count them, and that a record can name them all. */
static uint64_t usual_segment(uint64_t size, uint64_t room)
{
    uint64_t count = room > USUAL_FILES_MAX ? USUAL_FILES_MAX : room > 1 ? room - 1 : 1;
    uint64_t least = size / count / RESCUE_BLOCK * RESCUE_BLOCK + RESCUE_BLOCK;

    return least > EWF_SEGMENT_SIZE_USUAL ? least : EWF_SEGMENT_SIZE_USUAL;
}

/* Of the folders to go on in. One that is named when the first is full is taken to have no longer
 * path than that one. */
static int longest_path(const struct imager_order *o, const char *folder, char **out, struct err *e)
{
    int rc = 0;

    *out = mem_strdup(folder);
    for (size_t i = 0; rc == 0 && i < o->also_count; i++) {
        CLEANUP_FREE char *whole = NULL;

        rc = whole_path(&whole, o->also[i], e);
        if (rc == 0 && strlen(whole) > strlen(*out)) {
            free(*out);
            *out = MOVE(whole);
        }
    }
    return rc;
}

static int choose_segment(struct making *m, const char *folder, struct err *e)
{
    const struct imager_order *o = m->order;
    CLEANUP(target_files_release) struct target_files none = TARGET_FILES_NONE;
    CLEANUP_FREE char *other = NULL;
    uint64_t size = m->source->size;
    int rc = longest_path(o, folder, &other, e);

    if (rc == 0)
        rc = target_files_init(&none, o->format, folder, buf_text(&m->report->name), e);
    if (rc)
        return rc;
    m->segment_size = o->segment_size != UINT64_MAX ? o->segment_size
                      : o->format == TARGET_RAW
                          ? 0
                          : usual_segment(size, target_listing_room(&none, other));
    if (o->format == TARGET_E01)
        rc = ewf_check_order(size, m->segment_size, e);
    return rc ? rc : target_listing_begin(&none, other, size, m->segment_size, e);
}

static bool is_in_use(const struct source_facts *f)
{
    return f->is_written_to || (f->is_device && !f->is_exclusive);
}

static void fill_begin(struct acquire_begin *b, const struct making *m, const char *source)
{
    const struct imager_order *o = m->order;
    const struct source_facts *f = &m->report->facts;
    CLEANUP_BUF struct buf identity = {0};
    CLEANUP_BUF struct buf model = {0};
    CLEANUP_BUF struct buf writes = {0};
    struct utsname system;

    source_writes(source, &writes);
    source_facts_identity(f, &identity);
    buf_addf(&model, "%s%s%s", f->vendor, f->vendor[0] && f->model[0] ? " " : "", f->model);
    *b = (struct acquire_begin){.source = text(source),
                                .identity = text(buf_text(&identity)),
                                .size = m->source->size,
                                .sector_size = m->source->sector_size,
                                .is_live = is_in_use(f),
                                .runs = 1,
                                .writes = text(buf_text(&writes)),
                                .damage = text(""),
                                .is_small = o->is_small,
                                .is_removable = f->is_removable,
                                .is_physical = f->is_device && f->is_whole_device,
                                .format = o->format,
                                .segment_size = m->segment_size,
                                .begun = utc_now(),
                                .case_number = text(o->case_number),
                                .number = text(o->number),
                                .examiner = text(o->examiner),
                                .notes = text(o->notes),
                                .description = text(o->description),
                                .model = text(buf_text(&model)),
                                .serial = text(f->serial),
                                .system = text(uname(&system) == 0 ? system.sysname : "")};
    random_bytes(b->id, sizeof(b->id));
}

static int check_order(const struct imager_order *o, struct err *e)
{
    if (o->format == TARGET_SPLIT && o->segment_size && o->segment_size % RESCUE_BLOCK &&
        o->segment_size != UINT64_MAX)
        return err_set(e, ERR_USAGE, "parts of a raw image are whole MiB");
    if (o->format == TARGET_RAW && o->segment_size && o->segment_size != UINT64_MAX)
        return err_set(e, ERR_USAGE, "a raw image is one file; in parts it is: --format split");
    if (o->format == TARGET_SPLIT && o->segment_size == 0)
        return err_set(e, ERR_USAGE, "say how large the parts are: --segment 2G");
    return 0;
}

/* A source that is gone for good is written to by nobody. */
static int spares(const struct making *m, const char *folder, struct err *e)
{
    const struct source_facts *f = &m->report->facts;

    return f->is_gone ? 0 : source_spares_folder(f->path, folder, e);
}

/* Before anything is written. folders: where the image goes, or has gone. */
static int spare_source(struct making *m, char *const *folders, size_t count, struct err *e)
{
    const struct imager_order *o = m->order;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = i && !file_is_there(folders[i]) ? 0 : spares(m, folders[i], e);
    for (size_t i = 0; rc == 0 && i < o->also_count; i++)
        rc = spares(m, o->also[i], e);
    if (rc == 0 && o->case_folder && is_in_use(&m->report->facts)) {
        rc = spares(m, o->case_folder, e);
        if (rc)
            return err_wrap(e, rc, "the case is written to while a disk in use is read");
    }
    return rc;
}

static int open_source(struct making *m, const char *path, bool keeps_off_ends,
                       char *const *folders, size_t count, struct err *e)
{
    int rc = imager_open_source(m->order, m->watch, m->control, path, keeps_off_ends, &m->source,
                                &m->report->facts, e);

    if (rc == 0)
        rc = spare_source(m, folders, count, e);
    return rc == 0 && m->watch->opened ? m->watch->opened(m->watch->context, e) : rc;
}

/* What would be refused was refused before. */
static int tell_facts(struct making *m, struct err *e)
{
    if (!m->watch->facts)
        return 0;
    return m->watch->facts(m->watch->context, &m->report->facts, buf_text(&m->report->name), e);
}

/* Each folder takes the largest file, too: that it does not would turn up after hours. */
static int may_begin(const struct making *m, const char *folder, struct err *e)
{
    const struct imager_order *o = m->order;
    uint64_t largest = acquire_largest(m->segment_size, m->source->size);
    int rc = acquisition_may_begin(folder, buf_text(&m->report->name), o->format, e);

    if (rc == 0)
        rc = target_folder_takes(folder, largest, e);
    for (size_t i = 0; rc == 0 && i < o->also_count; i++)
        rc = target_folder_takes(o->also[i], largest, e);
    return rc;
}

static int begin(struct making *m, struct err *e)
{
    const struct imager_order *o = m->order;
    CLEANUP(acquire_begin_release) struct acquire_begin begin = {0};
    CLEANUP_FREE char *source = NULL;
    CLEANUP_FREE char *folder = NULL;
    int rc = check_order(o, e);

    if (o->name)
        buf_adds(&m->report->name, o->name);
    else
        make_name(&m->report->name, o->source);
    if (rc == 0)
        rc = whole_path(&source, o->source, e);
    if (rc == 0)
        rc = whole_path(&folder, o->folder, e);
    if (rc == 0)
        rc = open_source(m, source, false, &folder, 1, e);
    if (rc == 0)
        rc = choose_segment(m, folder, e);
    if (rc == 0)
        rc = may_begin(m, folder, e);
    if (rc == 0)
        rc = tell_facts(m, e);
    if (rc)
        return rc;
    fill_begin(&begin, m, source);
    return acquisition_new(&m->image, &begin, folder, buf_text(&m->report->name), m->source,
                           &o->options, m->control, e);
}

/* The source, or what stands for one that is gone. */
static int open_again(struct making *m, const char *path, const struct acquire_state *was,
                      const struct target_files *files, struct err *e)
{
    const struct imager_order *o = m->order;
    struct source_facts *f = &m->report->facts;
    const struct traps *t = &was->traps;
    uint64_t size = was->begin.size, last = size < SOURCE_END_SIZE ? 0 : size - SOURCE_END_SIZE;
    bool keeps_off_ends = traps_next(t, 0, SOURCE_END_SIZE) || traps_next(t, last, size);
    int rc = o->is_gone
                 ? imager_look_gone(o, m->watch, m->control, path, &was->begin, was->done,
                                    &m->source, f, e)
                 : open_source(m, path, keeps_off_ends, files->folders, files->folder_count, e);

    if (!o->is_gone && (rc == 0 || m->source))
        return rc;
    if (!o->is_gone)
        rc = imager_open_gone(o, path, &was->begin, rc, &m->source, f, e);
    return rc == 0 && m->watch->opened ? m->watch->opened(m->watch->context, e) : rc;
}

/* The part names the source; another path of it may be given. */
static int resume(struct making *m, struct err *e)
{
    const struct imager_order *o = m->order;
    CLEANUP(target_files_release) struct target_files files = TARGET_FILES_NONE;
    CLEANUP_BUF struct buf identity = {0};
    CLEANUP_BUF struct buf writes = {0};
    CLEANUP_FREE char *source = NULL;
    CLEANUP_FREE char *part = NULL;
    struct acquire_options options = o->options;
    struct acquire_state was = {0};
    bool is_gone;
    int rc = whole_path(&part, o->part, e);

    if (rc == 0)
        rc = acquisition_look(part, &was, &files, e);
    if (rc == 0) /* else its last run would be told as the one that uses the source */
        rc = acquisition_is_free(&files, e);
    if (rc == 0)
        rc = whole_path(&source, o->source ? o->source : was.begin.source, e);
    if (rc == 0)
        rc = open_again(m, source, &was, &files, e);
    acquire_begin_release(&was.begin);
    if (rc)
        return rc;
    is_gone = m->report->facts.is_gone;
    options.accepts_end |= is_gone;
    options.accepts_change |= o->is_live;
    options.compare_ms = o->patience_s * 1000;
    source_facts_identity(&m->report->facts, &identity);
    rc = acquisition_resume(&m->image, part, is_gone ? NULL : buf_text(&identity), m->source,
                            &options, m->control, e);
    if (rc == 0 && is_gone && !acquisition_has_bytes(m->image))
        rc = err_set(e, ERR_IO,
                     "not one byte of the source was read before it was gone, so there is no image "
                     "to end: zeros alone are no image of it");
    if (rc)
        return rc;
    m->report->facts.size = acquisition_begin(m->image)->size; /* which the hashes are of */
    buf_adds(&m->report->name, acquisition_files(m->image)->name);
    if (is_gone) {
        buf_adds(&writes, "unknown");
    } else {
        acquisition_note_source(m->image, source);
        source_writes(source, &writes);
    }
    acquisition_note_run(m->image, !is_gone && is_in_use(&m->report->facts), m->report->facts.uses,
                         buf_text(&writes));
    return tell_facts(m, e);
}

static void *run(void *context)
{
    struct making *m = context;

    m->rc = acquisition_run(m->image, &m->report->result, &m->e);
    atomic_store(&m->has_ended, true);
    return NULL;
}

/* The next of the order; then whoever watches is asked. */
static int next_folder(struct making *m, const char *folder, const char *why, char **out,
                       struct err *e)
{
    if (m->also_taken < m->order->also_count) {
        *out = mem_strdup(m->order->also[m->also_taken++]);
        return 0;
    }
    if (!m->watch->full)
        return err_set(e, ERR_FULL, "no space is left in %s%s%s", folder, why[0] ? "; " : "", why);
    return m->watch->full(m->watch->context, folder, why, out, e);
}

/* Whether a record can name what is to come there. */
static int is_listed(const struct making *m, const char *folder, struct err *e)
{
    const struct acquire_begin *b = acquisition_begin(m->image);
    const struct target_files *f = acquisition_files(m->image);

    return strcmp(folder, f->folders[0]) == 0
               ? 0
               : target_listing_takes(f, folder, b->size, b->segment_size, e);
}

/* A folder that was named wrong is no reason to end: what is wrong is said with the next question.
 */
static int ask_room(void *context, const char *folder, const char *why, char **other, struct err *e)
{
    struct making *m = context;
    CLEANUP_BUF struct buf said_why = {0};
    int rc;

    buf_adds(&said_why, why);
    atomic_store(&m->control->waits, true);
    for (;;) {
        CLEANUP_FREE char *said = NULL;
        CLEANUP_FREE char *whole = NULL;
        struct err wrong = {0};

        rc = next_folder(m, folder, buf_text(&said_why), &said, e);
        if (rc)
            break;
        if (whole_path(&whole, said, &wrong) == 0 && spares(m, whole, &wrong) == 0 &&
            is_listed(m, whole, &wrong) == 0) {
            *other = MOVE(whole);
            break;
        }
        buf_clear(&said_why);
        buf_adds(&said_why, wrong.text);
    }
    atomic_store(&m->control->waits, false);
    return rc;
}

/* Where it is left behind, or all that was read for long was hardly anything. */
static void leave_read(struct making *m, int rc, struct err *e)
{
    CLEANUP_BUF struct buf where = {0};
    struct err why = *e;

    acquisition_leave_read(m->image, &where);
    if (where.len)
        (void)err_set(e, rc, "%s. %s", why.text, buf_text(&where));
}

static int work(struct making *m, struct err *e)
{
    bool is_of_source = false;
    pthread_t thread;
    int rc;

    acquisition_files(m->image)->full = ask_room;
    acquisition_files(m->image)->context = m;
    if (pthread_create(&thread, NULL, run, m))
        return err_set(e, ERR_LIMIT, "a thread cannot be started");
    rc = imager_attend(m->order, m->watch, m->control, acquisition_begin(m->image)->size,
                       &m->has_ended, &is_of_source, e);
    if (rc && !atomic_load(&m->has_ended)) {
        pthread_detach(thread);
        if (is_of_source)
            leave_read(m, rc, e);
        return rc;
    }
    pthread_join(thread, NULL);
    if (rc == ERR_IO && is_of_source && m->rc)
        leave_read(m, rc, e);
    if (rc || m->rc == 0)
        return rc;
    *e = m->e;
    return m->rc;
}

static void find_changes(struct making *m)
{
    CLEANUP_BUF struct buf how = {0};
    const char *between;

    source_changed(m->source, &how);
    if (acquisition_was_changed(m->image, &between))
        buf_addf(&m->report->changed, "between two of its runs%s%s", between[0] ? ": " : "",
                 between);
    if (how.len)
        buf_addf(&m->report->changed, "%swhile it was read: %s", m->report->changed.len ? "; " : "",
                 buf_text(&how));
}

/* An image that was altered with its checksums shows by its own hashes alone. */
static void compare_stated(struct making *m)
{
    const struct acquire_result *r = &m->report->result;
    CLEANUP_BUF struct buf how = {0};

    if (!source_contradicts(m->source, &r->exact, &how)) {
        buf_addstr(&m->report->stated, buf_str(&how));
        return;
    }
    buf_addf(&m->report->stated, "%s %s; ", IMAGER_OTHER_HASHES, buf_text(&how));
    if (r->bad + r->left)
        buf_addf(&m->report->stated, "%llu bytes of it %s, and count as zeros",
                 (unsigned long long)(r->bad + r->left),
                 r->left ? "were not read" : "could not be read");
    else
        buf_adds(&m->report->stated, "all of it could be read, so it was altered with its "
                                     "checksums, or not made well");
}

/* NAME.txt names the files before it; the report names it, too. */
static int write_text(struct making *m, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct buf *files = &m->report->files;
    int rc;

    imager_files(m->report, m->image, files);
    imager_written_beside(m->image, files);
    acquisition_path(m->image, "txt", &path);
    imager_text(m->report, m->image, m->order, &m->report->text);
    rc = file_write(buf_text(&path), buf_str(&m->report->text), 0600, e);
    return rc ? rc : imager_file_beside(m->image, "txt", files, e);
}

/* The image is whole: what is said of it, and nothing to go on with any more. */
static int close_image(struct making *m, int rc, struct err *e)
{
    struct imager_report *r = m->report;
    int late;

    imager_runs(m->image, AREA_BAD, &r->lost);
    imager_runs(m->image, AREA_LEFT, &r->left);
    acquisition_unbound(m->image, &r->unbound);
    r->is_live = acquisition_begin(m->image)->is_live;
    acquire_history_text(&acquisition_begin(m->image)->history, &r->history);
    imager_retries(m->image, m->order, &r->retries);
    late = write_text(m, rc ? NULL : e);
    if (late == 0 && imager_back_is_over(rc)) {
        late = acquisition_finish(m->image, rc ? NULL : e);
        if (late == 0)
            buf_clear(&r->part);
    }
    return rc ? rc : late;
}

int imager_run(const struct imager_order *order, const struct imager_watch *watch,
               struct acquire_control *control, struct imager_report *report, struct err *e)
{
    struct making m = {.order = order, .watch = watch, .control = control, .report = report};
    int rc = order->part ? resume(&m, e) : begin(&m, e);

    if (rc == 0) {
        report->begun = acquisition_begin(m.image)->begun;
        acquisition_path(m.image, "part", &report->part);
        rc = work(&m, e);
        /* Its memory is still in use by a read that hangs. */
        if (rc && !atomic_load(&m.has_ended)) {
            acquisition_bound(m.image, &report->bound);
            return rc;
        }
    }
    if (rc == ERR_TAMPER) /* of what was there before: it cannot go on */
        buf_clear(&report->part);
    if (rc == 0) {
        find_changes(&m);
        compare_stated(&m);
        acquisition_damage(m.image, &report->damage);
    }
    if (rc == 0 && !order->has_no_read_back)
        rc = imager_back(m.image, watch, control, report, e);
    if (m.image && acquire_is_whole(control))
        rc = close_image(&m, rc, e);
    if (m.image && report->part.len)
        acquisition_bound(m.image, &report->bound);
    acquisition_free(m.image);
    source_close(m.source);
    return rc;
}
