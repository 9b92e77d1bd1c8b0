/* snapshot.c: the configuration and state of a system, recorded before anything changes it. */
#include "practice/snapshot.h"
#include <unistd.h>
#include "base/sink.h"
#include "collect/confined.h"
#include "practice/import.h"
#include "practice/intake.h"
#include "practice/snapshot_coverage.h"
#include "practice/system_host.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/walk.h"

static const struct field snapshot_fields[] = {
    {.name = "title", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "of what, and when"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "which system"},
    {.name = "evidence", .type = FIELD_REF, .kind = "evidence", .help = "the document"},
    {.name = "taken", .type = FIELD_TIME, .help = "when, by the clock of that system"},
    {.name = "host", .type = FIELD_LINE, .help = "the name that the system has for itself"},
    {.name = "lines", .type = FIELD_NUMBER, .help = "things recorded"},
    {.name = "sections", .type = FIELD_NUMBER, .help = "parts of the system looked at"},
    {.name = "unread",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "parts that could not be seen whole"},
    {.name = "how",
     .type = FIELD_WORD,
     .choices = WORDS("taken", "imported"),
     .help = "taken here, or brought from elsewhere"},
};
static const struct kind snapshot_kind = {.name = "snapshot",
                                          .prefix = "s",
                                          .words = "state recorded",
                                          .change_words = "recorded state changed",
                                          KIND_FIELDS(snapshot_fields)};

/* A document and what it says of itself, on its way into the record. */
struct document {
    struct buf text;
    struct collect_head head;
    struct buf unread;
    uint64_t sections;
    struct evidence_facts facts;
    struct buf remark;
    bool makes_system; /* the system was not on the list */
};

static void document_release(struct document *doc)
{
    buf_release(&doc->text);
    buf_release(&doc->unread);
    buf_release(&doc->remark);
}

/* What a system calls itself is learnt from its first state that was taken here; a document from
 * elsewhere may say anything. */
static void draft_host(struct decision *d, const struct thing *system, struct str host)
{
    struct draft *dr;

    if (!host.len || system_has_host(system, host) || thing_value(system, "host").len)
        return;
    dr = decision_add(d, "system-change/1");
    draft_ref(dr, &system->id);
    draft_value(dr, "host", host);
}

static void add_text(struct decision *d, struct draft *dr, const char *name, struct str value)
{
    if (value.len)
        draft_value(dr, name, (struct str){arena_dup(d->arena, value.p, value.len), value.len});
}

static void add_number(struct decision *d, struct draft *dr, const char *name, uint64_t n)
{
    draft_value(dr, name, str_of(arena_printf(d->arena, "%llu", (unsigned long long)n)));
}

struct draft *snapshot_draft(struct decision *d, const struct snapshot_facts *f)
{
    struct draft *dr = decision_add(d, "snapshot/1");
    CLEANUP_BUF struct buf taken = {0};

    draft_take_input(d, dr, &snapshot_kind);
    add_text(d, dr, "title", f->title);
    draft_value_ref(d, dr, "system", &f->system);
    draft_value_ref(d, dr, "evidence", &f->evidence);
    if (f->taken.sec) {
        utc_add(&taken, f->taken);
        add_text(d, dr, "taken", buf_str(&taken));
    }
    add_text(d, dr, "host", f->host);
    add_number(d, dr, "lines", f->lines);
    add_number(d, dr, "sections", f->sections);
    add_text(d, dr, "unread", f->unread);
    draft_value(dr, "how", str_of(f->how));
    return dr;
}

void snapshot_add_taken(struct buf *title, struct utc taken)
{
    if (taken.sec)
        utc_add_both(title, taken, true);
    else
        buf_adds(title, "a time not stated");
}

/* System where it is new, item, and snapshot, in one step. */
static int record(struct session *s, const struct operation *op, const struct input *in,
                  struct document *doc, const char *how, uint64_t *first, size_t *count,
                  struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct str name = input_value(op, in, "system");
    CLEANUP_BUF struct buf host = {0};
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf hex = {0};
    const struct thing *system;
    struct id system_id;
    struct id evidence;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    intake_path_text(&host, doc->head.host);
    if (!name.len && !host.len)
        return err_set(e, ERR_USAGE,
                       "the snapshot does not say of which host it is: name the "
                       "system");
    decision_begin(&d, &v, op, in);
    d.is_independent = true;
    system = system_find(&v, name, buf_str(&host));
    doc->makes_system = !system;
    system_id = system ? system->id : system_draft(&d, name, buf_str(&host));
    if (system && strcmp(how, "taken") == 0)
        draft_host(&d, system, buf_str(&host));
    buf_addstr(&title, system ? view_title(system) : name.len ? name : buf_str(&host));
    buf_adds(&title, " at ");
    snapshot_add_taken(&title, doc->head.taken);
    hex_add(&hex, system_id.b, sizeof(system_id.b));
    doc->facts.sort = "snapshot";
    doc->facts.title = buf_str(&title);
    doc->facts.source_host = buf_str(&host);
    doc->facts.system_id = buf_str(&hex);
    doc->facts.has_blob = true;
    evidence = evidence_draft(&d, &doc->facts)->id;
    (void)snapshot_draft(&d, &(struct snapshot_facts){.title = buf_str(&title),
                                                      .system = system_id,
                                                      .evidence = evidence,
                                                      .taken = doc->head.taken,
                                                      .host = buf_str(&host),
                                                      .lines = doc->head.lines,
                                                      .sections = doc->sections,
                                                      .unread = buf_str(&doc->unread),
                                                      .how = how});
    rc = session_append(s, &d, first, e);
    *count = d.draft_count;
    return rc;
}

/* Where a snapshot's sentence and next step come from is what was recorded. */
static void tell(struct session *s, const struct document *doc, uint64_t first, size_t count,
                 struct answer *a)
{
    CLEANUP_BUF struct buf call = {0};
    CLEANUP_BUF struct buf line = {0};
    const struct thing *snapshot = state_record(session_state(s), first + count - 1)->thing;
    struct str rest = buf_str(&doc->unread);
    struct json j;
    struct view v;

    view_init(&v, session_state(s), session_store(s), session_key(s), utc_now());
    if (a->wants_json) {
        json_begin(&j, &a->json);
        thing_json(&v, snapshot, &j);
        return;
    }
    view_call(&call, snapshot);
    buf_addf(&line, "%s  ", buf_text(&call));
    buf_addstr(&line, view_title(snapshot));
    buf_addf(&line, ": %llu things in %llu parts, recorded and kept as evidence",
             (unsigned long long)doc->head.lines, (unsigned long long)doc->sections);
    sink_terminal(&a->text, buf_str(&line), false);
    buf_adds(&a->text, ".\n");
    if (!doc->head.is_whole)
        buf_adds(&a->text,
                 "The document was cut or altered: its last line does not fit the rest.\n");
    if (doc->makes_system)
        buf_adds(&a->text, "The system is new on the list: calm assess mark says whether it is "
                           "affected.\n");
    if (rest.len)
        buf_adds(&a->text, "Not seen whole: ");
    for (const char *between = ""; rest.len; between = ", ") {
        struct str part = str_cut(&rest, '\n');

        buf_addf(&a->text, "%s" STR_FMT, between, STR_ARG(part));
    }
    buf_addf(&a->text, "%sNext:  calm snapshot observe %s\n", doc->unread.len ? "\n" : "",
             buf_text(&call));
}

static int keep(struct session *s, const struct operation *op, const struct input *in,
                struct document *doc, const char *how, struct answer *a, struct err *e)
{
    CLEANUP_FD int fd = -1;
    uint64_t first;
    size_t count;
    int rc = import_memory(&fd, buf_str(&doc->text), e);

    if (rc == 0)
        rc = snapshot_coverage(fd, &doc->unread, &doc->sections, e);
    if (rc == 0)
        rc = intake_bytes(s, buf_str(&doc->text), &doc->facts.digests, e);
    if (rc == 0)
        rc = record(s, op, in, doc, how, &first, &count, e);
    if (rc == 0)
        tell(s, doc, first, count, a);
    return rc;
}

static const struct field take_fields[] = {
    {.name = "system",
     .type = FIELD_LINE,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "how the case calls this machine; the name it has for itself if not given"},
    {.name = "here",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "this machine is that system, though it calls itself otherwise"},
};

/* Who sits at a machine and names another would get the state of the wrong one. */
static int check_here(struct session *s, const struct operation *op, const struct input *in,
                      struct str host, struct err *e)
{
    struct str name = input_value(op, in, "system");
    const struct thing *system;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc || !name.len || input_has(op, in, "here"))
        return rc;
    system = system_find(&v, name, host);
    if (system ? system_has_host(system, host) : system_same_host(name, host))
        return 0;
    return err_set(e, ERR_USAGE,
                   "this machine calls itself " STR_FMT ", not " STR_FMT ". If it is " STR_FMT
                   " all the same, add --here. If that is another machine, "
                   "take its state there and bring it: calm snapshot import " STR_FMT " FILE",
                   STR_ARG(str_head(host, 60)), STR_ARG(str_head(name, 60)),
                   STR_ARG(str_head(name, 60)), STR_ARG(str_head(name, 60)));
}

/* Nothing is written while the state is read, so to stop then is to have done nothing. */
static int take_line(void *context, struct str line, struct err *e)
{
    struct buf *text = context;

    if (interrupt_came())
        return err_set(
            e, ERR_CANCEL,
            "stopped at your request before the state was whole: nothing of it was kept, "
            "and nothing on this system was changed. To take it: calm snapshot take");
    buf_addstr(text, line);
    return 0;
}

static int take_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(document_release) struct document doc = {0};
    CLEANUP(interrupt_end) struct interrupt signals;
    char host[256];
    int rc;

    interrupt_begin(&signals);
    host_name(host, sizeof(host));
    rc = check_here(s, op, in, str_of(host), e);
    if (rc == 0)
        rc = collect_snapshot(NULL, take_line, &doc.text, e);
    if (rc == 0)
        rc = collect_head(buf_str(&doc.text), &doc.head, e);
    if (rc)
        return rc;
    buf_addf(&doc.remark, "taken by calm " CALM_VERSION " on the system itself, %s",
             geteuid() == 0 ? "as root" : "not as root");
    doc.facts.remark = buf_str(&doc.remark);
    rc = keep(s, op, in, &doc, "taken", a, e);
    if (rc == 0 && interrupt_came() && !a->wants_json)
        buf_adds(&a->text, "You asked to stop when it was read already: it is kept whole.\n");
    return rc;
}

static const struct operation snapshot_take = {
    .name = "snapshot take",
    .practice = "snapshot",
    .help = "record how this machine is set up and what it is doing",
    .example = "calm snapshot take web1",
    .more =
        "Reads /proc, /sys, /etc, the package database and the kernel's routing socket; starts "
        "no program, looks up no name and writes nothing on the system but the document, which "
        "goes into evidence. A system that is not on the list yet is put there. As root more is "
        "seen; what could not be seen is said.",
    OP_FIELDS(take_fields),
    .kind = &snapshot_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("system/1", "system-change/1", "evidence/1", "snapshot/1"),
    .job = take_job};

static const struct field import_fields[] = {
    {.name = "system",
     .type = FIELD_LINE,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
     .help = "which system it is of: web1"},
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
     .help = "the document that was taken there"},
};

static int read_document(struct document *doc, const char *path, struct stat *st, struct err *e)
{
    CLEANUP_FD int fd = -1;
    bool keeps_time;
    int rc = walk_open_named(path, "a snapshot document", &fd, &keeps_time, st, e);

    if (rc == 0)
        rc = file_read_fd(&doc->text, fd, path, COLLECT_DOCUMENT_SIZE, e);
    return rc;
}

static int check_not_sealed(struct session *s, const struct document *doc, struct err *e)
{
    struct hash name = hash_bytes(doc->text.p, doc->text.len);
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc == 0 && evidence_bytes_are_sealed(v.state, &name))
        return err_set(e, ERR_DENIED, "the same bytes are sealed as unlawful to possess");
    return rc;
}

static int import_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(document_release) struct document doc = {0};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf place = {0};
    struct stat st = {0};
    int rc;

    buf_addstr(&path, input_value(op, in, "file"));
    rc = read_document(&doc, buf_text(&path), &st, e);
    if (rc == 0)
        rc = check_not_sealed(s, &doc, e);
    if (rc == 0)
        rc = collect_head_confined(buf_str(&doc.text), &doc.head, e);
    if (rc == ERR_FORMAT)
        return err_wrap(e, rc,
                        "%s is not taken as a snapshot (calm preserve files takes it as it is)",
                        buf_text(&path));
    if (rc)
        return rc;
    buf_adds(&doc.remark, "brought here as a file");
    if (!doc.head.is_whole)
        buf_adds(&doc.remark, "; cut or altered: its last line does not fit the rest");
    intake_path_text(&place, buf_text(&path));
    doc.facts.remark = buf_str(&doc.remark);
    doc.facts.source_path = buf_str(&place);
    doc.facts.modified = (struct utc){st.st_mtim.tv_sec, (uint32_t)st.st_mtim.tv_nsec};
    doc.facts.mode = st.st_mode;
    doc.facts.uid = st.st_uid;
    doc.facts.gid = st.st_gid;
    return keep(s, op, in, &doc, "imported", a, e);
}

static const struct operation snapshot_import = {
    .name = "snapshot import",
    .practice = "snapshot",
    .help = "take in the recorded state of another system",
    .example = "calm snapshot import web1 /media/STICK/web1.jsonl",
    .more = "The document (doc/format/snapshot.md) comes from elsewhere and may be hostile: it is "
            "checked in a process that can do nothing else.",
    OP_FIELDS(import_fields),
    .kind = &snapshot_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("system/1", "system-change/1", "evidence/1", "snapshot/1"),
    .job = import_job};

static const struct operation snapshot_list = {.name = "snapshot list",
                                               .practice = "snapshot",
                                               .help = "the recorded states",
                                               .example = "calm snapshot list",
                                               .kind = &snapshot_kind,
                                               OP_LISTS};

bool snapshot_taken(const struct view *v, const struct thing *t, struct utc *out)
{
    struct utc came = state_record(v->state, t->seq)->time;
    struct utc taken;

    if (!thing_time(t, "taken", &taken))
        return false;
    *out = utc_cmp(taken, came) > 0 ? came : taken;
    return true;
}

const struct thing *snapshot_newest(const struct view *v, const struct thing *system,
                                    const struct thing *but)
{
    const struct thing *newest = NULL;
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "snapshot", "system", system, &at));) {
        struct utc a;
        struct utc b;

        if (t == but)
            continue;
        if (!newest || !snapshot_taken(v, newest, &a) ||
            (snapshot_taken(v, t, &b) && utc_cmp(a, b) <= 0))
            newest = t;
    }
    return newest;
}

/* "web1 4 min ago" */
static void add_age(const struct view *v, const struct thing *system, const struct thing *snapshot,
                    struct practice_status *out)
{
    char span[UTC_PLAIN_SIZE];
    struct utc taken;

    if (out->brief.len)
        buf_adds(&out->brief, ", ");
    buf_addf(&out->brief, STR_FMT ": done", STR_ARG(view_title(system)));
    buf_addf(&out->done, STR_FMT, STR_ARG(view_title(system)));
    if (snapshot_taken(v, snapshot, &taken))
        buf_addf(&out->done, ": %s ago", span_text(span, utc_minus_ms(v->now, taken) / 1000));
    if (thing_value(snapshot, "unread").len)
        buf_adds(&out->done, ", not seen whole");
    buf_addc(&out->done, '\n');
}

static void add_missing(const struct thing *system, struct practice_status *out)
{
    if (out->brief.len)
        buf_adds(&out->brief, ", ");
    buf_addf(&out->brief, STR_FMT ": not yet", STR_ARG(view_title(system)));
    buf_addf(&out->missing, "the state of " STR_FMT "\n", STR_ARG(view_title(system)));
}

static void suggest(const struct thing *system, struct practice_status *out)
{
    char host[256];

    host_name(host, sizeof(host));
    buf_addf(&out->next,
             system_has_host(system, str_of(host)) ? "calm snapshot take " STR_FMT
                                                   : "calm snapshot import " STR_FMT " FILE",
             STR_ARG(view_title(system)));
    buf_adds(&out->because, "what it looks like now cannot be seen any more once it is changed");
    out->urgency = 56;
}

static void snapshot_status(const struct view *v, struct practice_status *out)
{
    const struct thing *first_missing = NULL;
    const struct thing *t;
    size_t recorded = 0;

    for (size_t at = 0; (t = view_next(v, "system", &at));) {
        const struct thing *newest = snapshot_newest(v, t, NULL);

        if (newest) {
            add_age(v, t, newest, out);
            recorded++;
        } else if (thing_says(t, "state", "affected") || thing_says(t, "state", "suspected")) {
            add_missing(t, out);
            if (!first_missing || (thing_says(t, "state", "affected") &&
                                   !thing_says(first_missing, "state", "affected")))
                first_missing = t;
        }
    }
    out->stage = out->missing.len ? recorded ? STAGE_UNDER_WAY : STAGE_OPEN
                 : recorded       ? STAGE_DONE
                                  : STAGE_OPEN;
    if (first_missing)
        suggest(first_missing, out);
}

const struct practice practice_snapshot = {
    .verb = "snapshot",
    .title = "Do no damage",
    .help = "configuration and present state of a system, recorded before it changes",
    .usual = "snapshot take",
    .kinds = LIST(struct kind, &snapshot_kind),
    .operations = LIST(struct operation, &snapshot_take, &snapshot_import, &snapshot_list,
                       &snapshot_diff, &snapshot_observe),
    .status = snapshot_status};
