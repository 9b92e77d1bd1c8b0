/* timeline.c: makes the timelines of evidence, and puts them on record. */
#include "practice/timeline_make.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/sink.h"
#include "evidence/bundle_read.h"
#include "practice/bundle_key.h"
#include "practice/evidence.h"
#include "practice/timeline_files.h"
#include "practice/timeline_left.h"
#include "practice/timeline_record.h"
#include "practice/timeline_rotation.h"
#include "store/store.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum { NAME_DIGITS = 8, RECORD_TRIES = 20, HOST_MOST = 253 /* RFC 1035 */ };

static const struct field make_fields[] = {
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_ARG | FIELD_MANY | FIELD_OUTSIDE,
     .kind = "evidence",
     .help = "only these items: e3; else all that have none yet"},
    {.name = "zone",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .help = "of times that name none: Europe/Berlin; else as before, or UTC"},
    {.name = "again",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "make them anew; what comes out must be the same"},
};

/* A disk image, whose files lie outside of the case. */
static bool is_image(const struct thing *item)
{
    return thing_value(item, "files").len > 0;
}

static uint64_t size_of(const struct thing *item)
{
    uint64_t size = 0;

    (void)str_u64(thing_value(item, "size"), &size);
    return size;
}

/* Bytes of an item that may be looked at. */
static bool has_bytes(const struct making *m, const struct thing *item)
{
    struct hash sum;

    if (thing_value(item, "destroyed").len || evidence_is_barred(m->view.state, item))
        return false;
    return is_image(item) || hex_read(sum.b, sizeof(sum.b), thing_value(item, "sha256"));
}

static void work_release(struct work *w)
{
    disk_files_release(&w->files);
    mem_wipe(w->stream_key, sizeof(w->stream_key));
    timeline_zones_release(&w->zones);
    buf_release(&w->known.remarks);
    repeated_release(&w->repeated);
    fd_close(w->in);
    fd_close(w->out);
    if (w->part.len)
        (void)unlink(buf_text(&w->part));
    buf_release(&w->folder);
    buf_release(&w->part);
    buf_release(&w->name);
}

static int put(void *context, struct str bytes, struct err *e)
{
    struct work *w = context;
    int rc;

    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped at your request");
    rc = file_write_fd(w->out, bytes.p, bytes.len, "the timeline", e);
    w->is_unwritten = rc != 0;
    return rc;
}

static int restart(void *context, struct err *e)
{
    struct work *w = context;
    int rc = 0;

    if (lseek(w->out, 0, SEEK_SET) < 0 || ftruncate(w->out, 0))
        rc = err_errno(e, "cannot write the timeline anew");
    w->is_unwritten = rc != 0;
    return rc;
}

static int progress(void *context, uint64_t done, uint64_t all, struct err *e)
{
    const struct work *w = context;
    struct making *m = w->m;
    char words[48];

    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped at your request");
    snprintf(words, sizeof(words), "reading e%u", w->item->number);
    done += m->size_before;
    all += m->size_before;
    progress_show(&m->progress, words, done, m->size > all ? m->size : all);
    return 0;
}

/* A bundle of calm-collect is opened by what this person holds, inside the worker. What only looks
 * like one is read as what it is. */
static int open_seal(struct work *w, struct err *e)
{
    char call[16];
    int rc = bundle_is_sealed(w->in, &w->is_sealed, e);

    if (rc || !w->is_sealed)
        return rc;
    snprintf(call, sizeof(call), "e%u", w->item->number);
    rc = bundle_stream_key(w->m->session, w->in, call, w->stream_key, e);
    w->is_sealed = rc == 0;
    w->is_unopened = rc == ERR_DENIED;
    return rc == ERR_FORMAT || rc == ERR_NEWER ? 0 : rc;
}

/* What is read: of an image its bytes, or what its record says of its files, stand for it. */
static int open_evidence(struct work *w, struct err *e)
{
    const struct making *m = w->m;
    struct hash *sum = &w->evidence;
    struct str files = thing_value(w->item, "files");
    CLEANUP_BUF struct buf call = {0};
    uint64_t size;
    int rc;

    if (!is_image(w->item)) {
        if (!hex_read(sum->b, sizeof(sum->b), thing_value(w->item, "sha256")))
            BUG("an item without bytes");
        rc = blob_open(session_store(m->session), sum, &w->in, &size, e);
        return rc ? rc : open_seal(w, e);
    }
    if (!hex_read(sum->b, sizeof(sum->b), thing_value(w->item, "image-sha256")))
        *sum = hash_bytes(files.p, files.len);
    buf_addf(&call, "e%u", w->item->number);
    rc = disk_files_open(&w->files, m->session, &m->view, buf_str(&call), e);
    w->is_unopened = rc != 0;
    return rc;
}

static int open_work(struct work *w, struct err *e)
{
    int rc;

    buf_addf(&w->folder, "%s/timeline", w->m->a->around->case_folder);
    rc = folder_make(buf_text(&w->folder), 0700, e);
    if (rc)
        return rc;
    return timeline_part_open(buf_text(&w->folder), w->item, &w->part, &w->out, e);
}

/* Of a collection the host that it says it is of. */
static struct str collected_host(const struct work *w)
{
    size_t at = 0;
    const struct thing *c = view_next_of(&w->m->view, "collection", "evidence", w->item, &at);

    return c ? str_head(thing_value(c, "host"), HOST_MOST) : STR("");
}

/* The name of the item where it was, without its folders; of a collection its host's. */
static void source_name(const struct work *w, struct buf *out)
{
    struct str path = thing_value(w->item, "path"), host = collected_host(w);
    struct str name = path.len ? path : host.len ? host : view_title(w->item);

    for (size_t i = name.len; i-- > 0;)
        if (name.p[i] == '/') {
            name = str_from(name, i + 1);
            break;
        }
    sink_terminal(out, str_head(name.len ? name : STR("item"), 200), false);
}

static int build(struct work *w, struct err *e)
{
    CLEANUP_BUF struct buf name = {0};
    struct utc taken = thing_when(w->m->view.state, w->item), written = {0};
    struct build_order order = {.ins = &w->in,
                                .in_count = 1,
                                .is_image = is_image(w->item),
                                .host = collected_host(w),
                                .evidence = &w->evidence,
                                .zone_name = w->zones.name,
                                .zone = buf_str(&w->zones.rules[0]),
                                .settings = w->zones.settings,
                                .setting_count = w->zones.setting_count,
                                .zones = &w->m->zones,
                                .put = put,
                                .restart = restart,
                                .progress = progress,
                                .context = w};

    if (w->is_sealed)
        order.stream_key = w->stream_key;
    if (order.is_image) {
        order.ins = w->files.set.fds;
        order.in_count = w->files.set.count;
        order.image_format = w->files.set.format;
    }
    if (w->m->zones.index.len == 0)
        timeline_zones_all(&w->m->zones, &w->m->zones_sum);
    source_name(w, &name);
    order.name = buf_text(&name);
    if (!utc_read(&written, thing_value(w->item, "modified")))
        written = taken;
    order.written = written_of(written.sec, taken.sec, taken.sec);
    order.taken_s = taken.sec;
    if (w->end_s < order.written.s)
        order.written.s = w->end_s;
    else
        w->end_s = INT64_MAX;
    return timeline_build(&order, &w->result, e);
}

/* What has no time lies at 0, and only then the file is asked. */
static int find_span(struct work *w, const char *path, struct err *e)
{
    const struct segment_result *r = &w->result;

    if (r->blocks && r->first_ns <= 0 && r->last_ns >= 0)
        return timeline_span_read(path, &r->directory, &w->span, e);
    w->span = (struct timeline_span){r->blocks > 0, r->first_ns, r->last_ns};
    return 0;
}

/* Durable, under the name that the record gives it. */
static int keep(struct work *w, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf hex = {0};
    int rc;

    hex_add(&hex, w->result.digest.b, NAME_DIGITS / 2);
    buf_addf(&w->name, "e%u-%s.tl", w->item->number, buf_text(&hex));
    buf_addf(&path, "%s/%s", buf_text(&w->folder), buf_text(&w->name));
    if (fsync(w->out) || rename(buf_text(&w->part), buf_text(&path)))
        return err_errno(e, "cannot keep %s", buf_text(&path));
    buf_clear(&w->part);
    rc = folder_sync(buf_text(&w->folder), e);
    if (rc == 0)
        rc = find_span(w, buf_text(&path), e);
    if (rc == 0)
        rc = repeats_find(&w->m->repeats, &w->m->view, w->m->a->around->case_folder, w->item,
                          buf_text(&path), &w->result.directory, &w->repeated, e);
    if (rc == 0)
        rc = repeats_put(buf_text(&path), &w->repeated, e);
    return rc || w->result.counts.notices == 0
               ? rc
               : timeline_known_read(buf_text(&path), &w->result.directory, &w->known, e);
}

/* Whether what it was made with besides the evidence is the same. */
static bool is_made_alike(const struct thing *timeline, const struct work *w)
{
    struct utc end;
    bool has_end = utc_read(&end, thing_value(timeline, "not-after"));

    return timeline_zones_are(timeline, &w->zones) && has_end == (w->end_s != INT64_MAX) &&
           (!has_end || end.sec == w->end_s);
}

/* Whether the record that is there says all of it; another one may have made it meanwhile. The same
 * events have another directory where another zstd packed them. */
static bool is_on_record(const struct view *v, const struct work *w)
{
    const struct thing *timeline = timeline_of(v, w->item);
    CLEANUP_BUF struct buf directory = {0};

    hex_add(&directory, w->result.directory.b, sizeof(w->result.directory.b));
    return timeline && !timeline_left_of(v, w->item) && is_made_alike(timeline, w) &&
           str_eq(thing_value(timeline, "file"), buf_str(&w->name)) &&
           str_eq(thing_value(timeline, "directory"), buf_str(&directory));
}

static int record_once(struct work *w, bool is_independent, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    int rc = session_draft(w->m->session, &d, w->m->op, w->m->in, e);

    if (rc || is_on_record(d.view, w))
        return rc;
    d.is_independent = is_independent;
    timeline_draft(&d, decision_add(&d, "timeline/1"),
                   &(struct timeline_made){.item = w->item,
                                           .result = &w->result,
                                           .zones = &w->zones,
                                           .zone_files = &w->m->zones_sum,
                                           .file = buf_str(&w->name),
                                           .end_s = w->end_s,
                                           .span = &w->span,
                                           .repeated = &w->repeated,
                                           .notices = w->known.notices,
                                           .remarks = buf_str(&w->known.remarks)});
    return session_append(w->m->session, &d, &first, e);
}

/* What others write meanwhile is looked at; where they never cease, a second record does no harm.
 */
static int record(struct work *w, struct err *e)
{
    int rc = ERR_CONFLICT;

    for (int i = 0; rc == ERR_CONFLICT && i < RECORD_TRIES; i++)
        rc = record_once(w, i + 1 == RECORD_TRIES, e);
    return rc;
}

/* Made anew by the same formats and zone, it is the same, or something is wrong. */
static int compare(const struct work *w, const struct thing *before, struct err *e)
{
    CLEANUP_BUF struct buf hex = {0};
    uint64_t version;

    if (!before || !str_u64(thing_value(before, "version"), &version) ||
        version != TIMELINE_VERSION || !is_made_alike(before, w))
        return 0;
    hex_add(&hex, w->result.digest.b, sizeof(w->result.digest.b));
    if (str_eq(thing_value(before, "digest"), buf_str(&hex)))
        return 0;
    return err_set(e, ERR_TAMPER,
                   "the timeline of e%u is not what it was: its digest is %s, recorded is " STR_FMT
                   ". The evidence, this program or the zone rules are others: calm preserve "
                   "verify e%u",
                   w->item->number, buf_text(&hex), STR_ARG(thing_value(before, "digest")),
                   w->item->number);
}

/* An image whose files are not there is none of this: it is tried when they are. */
static int leave(const struct work *w, const struct err *why, struct err *e)
{
    struct making *m = w->m;

    timeline_tell_left(m, w->item, str_of(why->text), err_exit_status(why->code), false);
    return w->is_unopened ? 0 : timeline_left_record(m->session, m->op, m->in, w->item, why, e);
}

/* Whether it is none of the item's doing, so that it would end any other, too. */
static bool ends_all(const struct work *w, int code)
{
    return w->is_unwritten || code == ERR_CANCEL || (code == ERR_DENIED && !w->is_unopened);
}

static int read_item(struct work *w, const struct thing *before, struct err *e)
{
    int rc = open_evidence(w, e);

    if (rc == 0)
        rc = rotation_end(&w->m->view, w->item, w->m->a->around->case_folder, &w->end_s, e);
    if (rc == 0)
        rc = build(w, e);
    if (rc && interrupt_came()) /* what came first may be that a worker was asked to end */
        return err_set(e, ERR_CANCEL, "stopped at your request");
    return rc ? rc : compare(w, before, e);
}

static int keep_item(struct work *w, struct err *e)
{
    struct making *m = w->m;
    int rc = keep(w, e);

    if (rc == 0)
        rc = record(w, e);
    if (rc)
        return rc;
    timeline_tell(w);
    m->made++;
    m->events += w->result.counts.events;
    m->unparsed += w->result.counts.unparsed;
    m->notices += w->result.counts.notices;
    m->repeated += w->repeated.count;
    if (timeline_is_log(w->item))
        m->unknown += w->result.sources - w->result.recognised;
    return 0;
}

/* The file may have been removed since: it can be made again. */
static bool is_kept(const struct making *m, const struct thing *timeline)
{
    return timeline_is_there(m->a->around->case_folder, timeline);
}

/* Whether there is nothing to do: it was made, or what ended it is known and nobody asks again. */
static bool is_passed(struct making *m, const struct thing *item, const struct thing *before,
                      const struct timeline_zones *zones)
{
    const struct thing *left = before ? NULL : timeline_left_of(&m->view, item);
    uint64_t status = 0;

    if (m->is_again)
        return false;
    if (before) {
        bool is_there = timeline_zones_are(before, zones) && is_kept(m, before);

        m->passed += is_there;
        return is_there;
    }
    if (m->is_named || !left || !timeline_left_stays(left))
        return false;
    (void)str_u64(thing_value(left, "status"), &status);
    timeline_tell_left(m, item, thing_value(left, "because"), (int)status, true);
    return true;
}

static int make_one(struct making *m, const struct thing *item, struct err *e)
{
    CLEANUP(work_release) struct work w = {.m = m, .item = item, .in = -1, .out = -1};
    const struct thing *before = timeline_of(&m->view, item);
    struct err why = {0};
    int rc = timeline_zones_read(&w.zones, &m->view, item, m->zone, e);

    if (rc || is_passed(m, item, before, &w.zones))
        return rc;
    rc = open_work(&w, e);
    if (rc)
        return rc;
    rc = read_item(&w, before, &why);
    if (rc && ends_all(&w, rc)) {
        *e = why;
        return rc;
    }
    rc = rc ? leave(&w, &why, e) : keep_item(&w, e);
    m->size_before += size_of(item);
    return rc;
}

/* What is left to read in this run, for who waits. */
static uint64_t size_to_read(const struct making *m, const struct thing *item)
{
    const struct thing *before = timeline_of(&m->view, item);

    return m->is_again || !before || !is_kept(m, before) ? size_of(item) : 0;
}

static int make_named(struct making *m, struct str ids, struct err *e)
{
    int rc = 0;

    m->is_named = true;
    while (rc == 0 && ids.len) {
        const struct thing *t;
        struct id id;

        if (!hex_read(id.b, sizeof(id.b), str_cut(&ids, '\n')) ||
            !(t = state_thing_by_id(m->view.state, &id)))
            return err_set(e, ERR_NOTFOUND, "say which items: calm preserve list");
        if (!has_bytes(m, t))
            return err_set(e, ERR_NOTFOUND, "e%u has no bytes in this case that may be read",
                           t->number);
        rc = make_one(m, t, e);
    }
    return rc;
}

/* The years of an older log of a rotation follow from the newer one. */
static int make_all(struct making *m, struct err *e)
{
    CLEANUP_FREE const struct thing **items = NULL;
    size_t count = 0, room = 0;
    const struct thing *t;
    int rc = 0;

    for (size_t at = 0; (t = view_next(&m->view, "evidence", &at));) {
        if (!has_bytes(m, t))
            continue;
        items = mem_grow(items, count, &room, sizeof(items[0]));
        items[count++] = t;
        m->size += size_to_read(m, t);
    }
    if (count)
        qsort(items, count, sizeof(items[0]), rotation_newest_first);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = make_one(m, items[i], e);
    return rc;
}

/* Of runs that were killed. */
static void clear_parts(const struct making *m)
{
    CLEANUP_BUF struct buf folder = {0};

    buf_addf(&folder, "%s/timeline", m->a->around->case_folder);
    timeline_parts_clear(buf_text(&folder));
}

static void making_release(struct making *m)
{
    zone_files_release(&m->zones);
    repeats_release(&m->repeats);
}

static int timeline_job(struct session *s, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    CLEANUP(making_release) struct making m = {.session = s, .op = op, .in = in, .a = a};
    CLEANUP(interrupt_end) struct interrupt signals;
    struct str ids = input_value(op, in, "evidence");
    CLEANUP_BUF struct buf rules = {0};
    int rc;

    m.zone = input_value(op, in, "zone");
    m.is_again = input_has(op, in, "again");

    interrupt_begin(&signals);
    rc = session_may_write(s, e);
    if (rc == 0)
        rc = session_view(s, &m.view, e);
    if (rc == 0 && m.zone.len)
        rc = timeline_zone(m.zone, &rules, e);
    if (rc)
        return rc;
    progress_begin(&m.progress, a);
    clear_parts(&m);
    rc = ids.len ? make_named(&m, ids, e) : make_all(&m, e);
    if (rc == 0)
        timeline_conclude(&m);
    return rc;
}

int timeline_follow_zones(struct session *s, const struct operation *op, const struct input *in,
                          struct answer *a, struct err *e)
{
    CLEANUP(making_release) struct making m = {.session = s, .op = op, .in = in, .a = a};
    CLEANUP(interrupt_end) struct interrupt signals;
    const struct thing *t;
    int rc;

    interrupt_begin(&signals);
    rc = session_view(s, &m.view, e);
    progress_begin(&m.progress, a);
    for (size_t at = 0; rc == 0 && (t = view_next(&m.view, "evidence", &at));)
        if (has_bytes(&m, t) && timeline_of(&m.view, t))
            rc = make_one(&m, t, e);
    if (rc == 0 && !a->wants_json)
        buf_adds(&a->text, m.made ? "These timelines were made anew with the zone; what was marked "
                                    "in them is of the timeline before.\n"
                                  : "No timeline that was made yet has another zone by it.\n");
    return rc;
}

const struct operation analyse_timeline = {
    .name = "analyse timeline",
    .practice = "analyse",
    .help = "make one timeline of all evidence: every log, line by line",
    .example = "calm analyse timeline",
    .more =
        "Each item of evidence is read by confined workers, archives and packed files in it too, "
        "and every format is recognised by what it is, not by its name. Of a disk image the times "
        "of its files are events, deleted ones too, and logs that lie on it are read. Lines that "
        "no format understands are kept as they are; the numbers say how many, and notices "
        "(event.kind:notice) what was cut, damaged or not read. Times whose year or zone the log "
        "does not state are marked. What ends one item (a limit, bytes that are not what they "
        "were) "
        "leaves the others to be read: it is on record, the exit status says that something was "
        "left, and a later run does not try it again until it is named or --again is given. The "
        "evidence is not touched: what is made lies in the case's "
        "timeline folder, can be made again at any time with the same result, and the record says "
        "with which.",
    OP_FIELDS(make_fields),
    .kind = &timeline_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("timeline/1"),
    .job = timeline_job};

const struct operation analyse_timelines = {.name = "analyse timelines",
                                            .practice = "analyse",
                                            .help = "what was read out of which item",
                                            .example = "calm analyse timelines",
                                            .kind = &timeline_kind,
                                            OP_LISTS};
