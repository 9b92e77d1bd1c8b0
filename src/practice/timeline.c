/* timeline.c: makes the timelines of evidence, and puts them on record. */
#include "practice/timeline.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/custody.h"
#include "practice/disk_files.h"
#include "practice/evidence.h"
#include "practice/progress.h"
#include "practice/timeline_rotation.h"
#include "practice/timeline_zones.h"
#include "render/screen.h"
#include "store/store.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "timeline/build.h"

enum { NAME_DIGITS = 8 };

static const struct field timeline_fields[] = {
    FIELD_CALLED("title", "of what"),
    {.name = "evidence", .type = FIELD_REF, .kind = "evidence", .help = "the item"},
    {.name = "digest", .type = FIELD_LINE, .help = "SHA-256 of its events"},
    {.name = "file", .type = FIELD_LINE, .help = "its name in the case's timeline folder"},
    {.name = "directory", .type = FIELD_LINE, .help = "SHA-256 of the file's directory"},
    {.name = "version", .type = FIELD_NUMBER, .help = "of the formats"},
    {.name = "zone", .type = FIELD_LINE, .help = "of times that name none"},
    {.name = "zone-sha256", .type = FIELD_LINE, .help = "SHA-256 of that zone's rules"},
    {.name = "zones",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "where a clock's zone was named: zone, SHA-256 of its rules, source"},
    {.name = "not-after",
     .type = FIELD_TIME,
     .help = "its lines ended by then, as the next newer log of its rotation shows"},
    {.name = "sources", .type = FIELD_NUMBER, .help = "files that lie in it"},
    {.name = "recognised", .type = FIELD_NUMBER, .help = "of them, those with a known format"},
    {.name = "lines", .type = FIELD_NUMBER, .help = "lines of all"},
    {.name = "events", .type = FIELD_NUMBER, .help = "that were understood"},
    {.name = "unparsed", .type = FIELD_NUMBER, .help = "lines kept as they are"},
    {.name = "continued", .type = FIELD_NUMBER, .help = "lines that belong to one before"},
    {.name = "other", .type = FIELD_NUMBER, .help = "empty lines and comments"},
    {.name = "first", .type = FIELD_TIME, .help = "the earliest event"},
    {.name = "last", .type = FIELD_TIME, .help = "the latest"},
};
const struct kind timeline_kind = {.name = "timeline",
                                   .prefix = "tl",
                                   .words = "timeline made",
                                   .change_words = "timeline changed",
                                   KIND_FIELDS(timeline_fields)};

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

struct making {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct view view;
    struct str zone; /* that was named for all; empty: none was */
    bool is_again;
    struct progress progress;
    uint64_t made, events, unparsed, notices, passed;
    bool is_unopened; /* the image that was tried last: its files */
};

/* A disk image, whose files lie outside of the case. */
static bool is_image(const struct thing *item)
{
    return thing_value(item, "files").len > 0;
}

/* Bytes of an item that may be looked at. */
static bool has_bytes(const struct making *m, const struct thing *item)
{
    struct hash sum;

    if (evidence_is_sealed(item) || thing_value(item, "destroyed").len)
        return false;
    if (is_image(item))
        return true;
    return hex_read(sum.b, sizeof(sum.b), thing_value(item, "sha256")) &&
           !evidence_bytes_are_sealed(m->view.state, &sum);
}

static int put_bytes(void *context, struct str bytes, struct err *e)
{
    return file_write_fd(*(int *)context, bytes.p, bytes.len, "the timeline", e);
}

/* The case's folder, an item, and what its timeline is written to. */
struct work {
    struct making *m;
    const struct thing *item;
    struct buf folder, part, name;
    struct disk_files files; /* of an image */
    int in, out;
    struct hash evidence;
    struct segment_result result;
    struct timeline_zones zones;
    int64_t end_s; /* of its lines at the latest; INT64_MAX: it tells nothing that is not known */
};

static void work_release(struct work *w)
{
    disk_files_release(&w->files);
    timeline_zones_release(&w->zones);
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

    return put_bytes(&w->out, bytes, e);
}

static int progress(void *context, uint64_t done, uint64_t all, struct err *e)
{
    struct work *w = context;
    char words[48];

    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped at your request");
    snprintf(words, sizeof(words), "reading e%u", w->item->number);
    progress_show(&w->m->progress, words, done, all);
    return 0;
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
        return blob_open(session_store(m->session), sum, &w->in, &size, e);
    }
    if (!hex_read(sum->b, sizeof(sum->b), thing_value(w->item, "image-sha256")))
        *sum = hash_bytes(files.p, files.len);
    buf_addf(&call, "e%u", w->item->number);
    rc = disk_files_open(&w->files, m->session, &m->view, buf_str(&call), e);
    w->m->is_unopened = rc != 0;
    return rc;
}

static int open_work(struct work *w, struct err *e)
{
    int rc;

    buf_addf(&w->folder, "%s/timeline", w->m->a->around->case_folder);
    rc = folder_make(buf_text(&w->folder), 0700, e);
    if (rc == 0)
        rc = open_evidence(w, e);
    if (rc)
        return rc;
    buf_addf(&w->part, "%s/.e%u-%d.part", buf_text(&w->folder), w->item->number, (int)getpid());
    w->out = open(buf_text(&w->part), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return w->out < 0 ? err_errno(e, "cannot write %s", buf_text(&w->part)) : 0;
}

/* The name of the item where it was, without its folders. */
static void source_name(const struct thing *item, struct buf *out)
{
    struct str path = thing_value(item, "path");
    struct str name = path.len ? path : view_title(item);

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
    struct utc written = {0};
    struct build_order order = {.ins = &w->in,
                                .in_count = 1,
                                .is_image = is_image(w->item),
                                .evidence = &w->evidence,
                                .zone_name = w->zones.name,
                                .zone = buf_str(&w->zones.rules[0]),
                                .settings = w->zones.settings,
                                .setting_count = w->zones.setting_count,
                                .put = put,
                                .progress = progress,
                                .context = w};

    if (order.is_image) {
        order.ins = w->files.set.fds;
        order.in_count = w->files.set.count;
        order.image_format = w->files.set.format;
    }
    source_name(w->item, &name);
    order.name = buf_text(&name);
    if (!utc_read(&written, thing_value(w->item, "modified")))
        written = thing_when(w->m->view.state, w->item);
    order.written_s = w->end_s < written.sec ? w->end_s : written.sec;
    if (order.written_s == written.sec)
        w->end_s = INT64_MAX;
    return timeline_build(&order, &w->result, e);
}

/* Durable, under the name that the record gives it. */
static int keep(struct work *w, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, w->result.digest.b, NAME_DIGITS / 2);
    buf_addf(&w->name, "e%u-%s.tl", w->item->number, buf_text(&hex));
    buf_addf(&path, "%s/%s", buf_text(&w->folder), buf_text(&w->name));
    if (fsync(w->out) || rename(buf_text(&w->part), buf_text(&path)))
        return err_errno(e, "cannot keep %s", buf_text(&path));
    buf_clear(&w->part);
    return folder_sync(buf_text(&w->folder), e);
}

static void add_hex(struct decision *d, struct draft *dr, const char *name, const struct hash *h)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, h->b, sizeof(h->b));
    draft_value(dr, name, str_of(arena_strdup(d->arena, buf_text(&hex))));
}

static void add_number(struct decision *d, struct draft *dr, const char *name, uint64_t n)
{
    draft_value(dr, name, str_of(arena_printf(d->arena, "%llu", (unsigned long long)n)));
}

static void add_time(struct decision *d, struct draft *dr, const char *name, int64_t ns)
{
    int64_t sec = ns / 1000000000 - (ns % 1000000000 < 0);
    struct utc t = {sec, (uint32_t)(ns - sec * 1000000000)};
    char text[UTC_TEXT_SIZE];

    utc_write(text, t);
    draft_value(dr, name, (struct str){arena_dup(d->arena, text, sizeof(text)), sizeof(text)});
}

static void draft_timeline(struct work *w, struct decision *d, struct draft *dr)
{
    const struct segment_result *r = &w->result;
    struct hash rules = hash_bytes(w->zones.rules[0].p, w->zones.rules[0].len);

    custody_label(d, dr, w->item);
    draft_value(dr, "title",
                str_of(arena_printf(d->arena, "e%u, " STR_FMT, w->item->number,
                                    STR_ARG(view_title(w->item)))));
    draft_value_ref(d, dr, "evidence", &w->item->id);
    add_hex(d, dr, "digest", &r->digest);
    draft_value(dr, "file", str_of(arena_strdup(d->arena, buf_text(&w->name))));
    add_hex(d, dr, "directory", &r->directory);
    add_number(d, dr, "version", TIMELINE_VERSION);
    draft_value(dr, "zone", w->zones.base);
    if (w->zones.rules[0].len)
        add_hex(d, dr, "zone-sha256", &rules);
    if (w->zones.told.len)
        draft_value(dr, "zones", buf_str(&w->zones.told));
    if (w->end_s != INT64_MAX)
        add_time(d, dr, "not-after", w->end_s * 1000000000);
    add_number(d, dr, "sources", r->sources);
    add_number(d, dr, "recognised", r->recognised);
    add_number(d, dr, "lines", r->counts.lines);
    add_number(d, dr, "events", r->counts.events);
    add_number(d, dr, "unparsed", r->counts.unparsed);
    add_number(d, dr, "continued", r->counts.continued);
    add_number(d, dr, "other", r->counts.empty + r->counts.comments);
    if (r->blocks) {
        add_time(d, dr, "first", r->first_ns);
        add_time(d, dr, "last", r->last_ns);
    }
}

static int record(struct work *w, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    int rc = session_draft(w->m->session, &d, w->m->op, w->m->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    draft_timeline(w, &d, decision_add(&d, "timeline/1"));
    return session_append(w->m->session, &d, &first, e);
}

/* Whether what it was made with besides the evidence is the same. */
static bool is_made_alike(const struct thing *timeline, const struct work *w)
{
    struct utc end;
    bool has_end = utc_read(&end, thing_value(timeline, "not-after"));

    return timeline_zones_are(timeline, &w->zones) && has_end == (w->end_s != INT64_MAX) &&
           (!has_end || end.sec == w->end_s);
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

static void tell(const struct work *w)
{
    const struct segment_result *r = &w->result;
    struct answer *a = w->m->a;
    CLEANUP_BUF struct buf line = {0};

    if (a->wants_json)
        return;
    buf_addf(&line, "e%u", w->item->number);
    buf_addn(&line, ' ', line.len < 6 ? 6 - line.len : 1);
    if (r->recognised == 0) {
        buf_adds(&line, "no format that is read here");
    } else {
        add_count(&line, r->counts.events, "event", "events");
        if (r->counts.unparsed)
            buf_addf(&line, ", %llu lines not understood", (unsigned long long)r->counts.unparsed);
        if (r->sources > 1)
            buf_addf(&line, ", from %llu of %llu files in it", (unsigned long long)r->recognised,
                     (unsigned long long)r->sources);
    }
    buf_adds(&line, ": ");
    sink_terminal(&line, view_title(w->item), false);
    buf_addc(&line, '\n');
    buf_addstr(&a->text, buf_str(&line));
    if (a->flush)
        (void)a->flush(a);
}

static int make_one(struct making *m, const struct thing *item, struct err *e)
{
    CLEANUP(work_release) struct work w = {.m = m, .item = item, .in = -1, .out = -1};
    const struct thing *before = timeline_of(&m->view, item);
    int rc = timeline_zones_read(&w.zones, &m->view, item, m->zone, e);

    if (rc)
        return rc;
    if (before && !m->is_again && timeline_zones_are(before, &w.zones)) {
        m->passed++;
        return 0;
    }
    rc = open_work(&w, e);
    if (rc == 0)
        rc = rotation_end(&m->view, item, m->a->around->case_folder, &w.end_s, e);
    if (rc == 0)
        rc = build(&w, e);
    if (rc == 0)
        rc = compare(&w, before, e);
    if (rc == 0)
        rc = keep(&w, e);
    if (rc == 0 && (!before || !is_made_alike(before, &w) ||
                    !str_eq(thing_value(before, "file"), buf_str(&w.name))))
        rc = record(&w, e);
    if (rc)
        return rc;
    tell(&w);
    m->made++;
    m->events += w.result.counts.events;
    m->unparsed += w.result.counts.unparsed;
    m->notices += w.result.counts.notices;
    return 0;
}

static int make_named(struct making *m, struct str ids, struct err *e)
{
    int rc = 0;

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

/* An image that is not where it was, or not as it was, leaves the rest to be read. */
static void tell_unread(struct making *m, const struct thing *item, const struct err *why)
{
    if (m->a->wants_json)
        return;
    buf_addf(&m->a->text, "e%u    not read: ", item->number);
    sink_terminal(&m->a->text, str_of(why->text), false);
    buf_addc(&m->a->text, '\n');
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
    }
    if (count)
        qsort(items, count, sizeof(items[0]), rotation_newest_first);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = make_one(m, items[i], e);
        if (rc && m->is_unopened) {
            tell_unread(m, items[i], e);
            rc = 0;
        }
    }
    return rc;
}

static void conclude(const struct making *m)
{
    struct answer *a = m->a;

    if (a->wants_json) {
        struct json j;

        json_begin(&j, &a->json);
        json_object_begin(&j);
        json_put_u64(&j, "made", m->made);
        json_put_u64(&j, "there", m->passed);
        json_put_u64(&j, "events", m->events);
        json_put_u64(&j, "unparsed", m->unparsed);
        json_put_u64(&j, "notices", m->notices);
        json_object_end(&j);
        return;
    }
    if (m->made == 0 && m->passed == 0) {
        buf_adds(&a->text, "No item here has bytes that could be read yet.\n\n"
                           "Next:  calm preserve files /var/log\n");
        return;
    }
    if (m->made == 0) {
        buf_adds(&a->text, "All evidence with bytes in this case was read before.\n");
    } else {
        buf_addf(&a->text, "\n%llu events", (unsigned long long)m->events);
        if (m->unparsed)
            buf_addf(&a->text, ", and %llu lines that no format understands, kept as they are",
                     (unsigned long long)m->unparsed);
        buf_adds(&a->text, ".\n");
    }
    if (m->notices)
        buf_addf(&a->text,
                 "%llu notices say what was cut, damaged or not read: calm analyse "
                 "search event.kind:notice\n",
                 (unsigned long long)m->notices);
    buf_adds(&a->text, "\nNext:  calm analyse search \"failed\"\n"
                       "       calm analyse histogram, calm analyse top user.name\n");
}

static int timeline_job(struct session *s, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    struct making m = {.session = s, .op = op, .in = in, .a = a};
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
    rc = ids.len ? make_named(&m, ids, e) : make_all(&m, e);
    if (rc == 0)
        conclude(&m);
    return rc;
}

int timeline_follow_zones(struct session *s, const struct operation *op, const struct input *in,
                          struct answer *a, struct err *e)
{
    struct making m = {.session = s, .op = op, .in = in, .a = a};
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
        "does not state are marked. The evidence is not touched: what is made lies in the case's "
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
