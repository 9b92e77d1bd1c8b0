/* collection_record.c: puts a collection that was read on record, and tells what is in it. */
#include "practice/collection_record.h"
#include "base/sink.h"
#include "base/size.h"
#include "collect/confined.h"
#include "practice/collection_doubt.h"
#include "practice/import.h"
#include "practice/snapshot.h"
#include "practice/snapshot_coverage.h"
#include "practice/system_host.h"
#include "sys/clock.h"
#include "sys/file.h"

static const struct field collection_fields[] = {
    {.name = "title", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "of what, and when"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "which system"},
    {.name = "evidence", .type = FIELD_REF, .kind = "evidence", .help = "the file"},
    {.name = "list",
     .type = FIELD_REF,
     .kind = "evidence",
     .help = "what is noticed and missing in it"},
    {.name = "state", .type = FIELD_REF, .kind = "snapshot", .help = "the state read out of it"},
    {.name = "tool",
     .type = FIELD_WORD,
     .choices = WORDS("calm-collect", "uac", "velociraptor"),
     .help = "what collected it"},
    {.name = "how",
     .type = FIELD_WORD,
     .choices = WORDS("imported", "collected", "received"),
     .help = "how it came here"},
    {.name = "taken", .type = FIELD_TIME, .help = "when, by the clock of that system"},
    {.name = "host", .type = FIELD_LINE, .help = "the name that the system has for itself"},
    {.name = "machine", .type = FIELD_LINE, .help = "its machine id"},
    {.name = "boot", .type = FIELD_LINE, .help = "the id of its boot"},
    {.name = "clock", .type = FIELD_LINE, .help = "what is known of its clock"},
    {.name = "profile", .type = FIELD_LINE, .help = "what was asked for"},
    {.name = "members", .type = FIELD_NUMBER, .help = "files in it"},
    {.name = "observed", .type = FIELD_NUMBER, .help = "what the collector noticed"},
    {.name = "missing", .type = FIELD_NUMBER, .help = "what could not be read there"},
    {.name = "problem", .type = FIELD_LINE, .help = "why it is not whole"},
    {.name = "run", .type = FIELD_LINE, .help = "the number that its collector drew for it"},
    {.name = "continues",
     .type = FIELD_REF,
     .kind = "collection",
     .help = "the part before it, which was cut"},
    {.name = "resumed", .type = FIELD_TIME, .help = "when the last of its parts was begun"},
    {.name = "step", .type = FIELD_LINE, .help = "where it was cut: the last step it has whole"},
    {.name = "looked",
     .type = FIELD_WORD,
     .choices = WORDS("yes"),
     .help = "somebody looked through what is noticed in it"},
    {.name = "doubt", .type = FIELD_LINE, .help = "what speaks against its being of this system"},
};
const struct kind collection_kind = {.name = "collection",
                                     .prefix = "co",
                                     .words = "collection taken in",
                                     .change_words = "collection changed",
                                     KIND_FIELDS(collection_fields)};

void collection_taken_release(struct collection_taken *t)
{
    collection_reading_release(&t->reading);
    buf_release(&t->unread);
    buf_release(&t->doubt);
}

/* The state document, looked at by itself; what is none is left out, and said. */
struct state_document {
    struct collect_head head;
    struct blob_digests digests;
    uint64_t sections;
};

static void add_problem(struct buf *problem, const char *words)
{
    if (problem->len)
        buf_adds(problem, "; ");
    buf_adds(problem, words);
}

static int keep_state(struct collection_taken *t, struct state_document *doc, struct err *e)
{
    struct collection_reading *r = &t->reading;
    CLEANUP_FD int fd = -1;
    struct err why = {0};
    int rc;

    if (!r->document.len)
        return 0;
    rc = collect_head_confined(buf_str(&r->document), &doc->head, &why);
    if (rc == ERR_FORMAT || rc == ERR_LIMIT || rc == ERR_NEWER || rc == ERR_TAMPER) {
        add_problem(&r->problem, "the state in it cannot be read: ");
        buf_adds(&r->problem, why.text);
        return 0;
    }
    if (rc)
        return err_set(e, rc, "%s", why.text);
    rc = import_memory(&fd, buf_str(&r->document), e);
    if (rc == 0)
        rc = snapshot_coverage(fd, &t->unread, &doc->sections, e);
    if (rc == 0)
        rc = intake_bytes(t->session, buf_str(&r->document), &doc->digests, e);
    t->has_state = rc == 0;
    return rc;
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

/* What is said of the three items that one collection becomes. */
struct titles {
    struct buf call; /* "web1 at 2026-11-25 04:12:09 (03:12:09 UTC)" */
    struct buf system_hex;
    struct id system;
};

static void titles_release(struct titles *t)
{
    buf_release(&t->call);
    buf_release(&t->system_hex);
}

static void look_closer(struct collection_taken *t, const struct view *v,
                        const struct thing *system, const struct state_document *doc)
{
    struct collection_facts *f = &t->reading.facts;
    const struct thing *copy = collection_copy(v, f);
    int64_t ahead = collection_ahead_s(v, f);
    CLEANUP_BUF struct buf host = {0};
    char span[UTC_PLAIN_SIZE];

    if (t->has_state)
        intake_path_text(&host, doc->head.host);
    buf_clear(&t->doubt);
    collection_doubt(&t->doubt, v, f, buf_str(&host), system);
    t->copy_number = copy ? copy->number : 0;
    t->is_ahead = ahead > 0;
    if (ahead)
        buf_addf(&f->clock, "%sahead of the clock here by %s", f->clock.len ? "; " : "",
                 span_text(span, ahead));
}

static int find_titles(struct collection_taken *t, const struct state_document *doc,
                       struct decision *d, struct titles *out, struct err *e)
{
    const struct collection_facts *f = &t->reading.facts;
    const struct thing *system;

    if (!t->system.len && !f->host.len)
        return err_set(e, ERR_USAGE,
                       "the collection does not say of which host it is: name the system with "
                       "--system");
    system = system_find(d->view, t->system, buf_str(&f->host));
    look_closer(t, d->view, system, doc);
    t->makes_system = !system;
    out->system = system ? system->id : system_draft(d, t->system, buf_str(&f->host));
    buf_addstr(&out->call, system          ? view_title(system)
                           : t->system.len ? t->system
                                           : buf_str(&f->host));
    buf_adds(&out->call, " at ");
    snapshot_add_taken(&out->call, f->taken);
    if (t->reading.resumed.sec) {
        buf_adds(&out->call, ", resumed at ");
        snapshot_add_taken(&out->call, t->reading.resumed);
    }
    hex_add(&out->system_hex, out->system.b, sizeof(out->system.b));
    return 0;
}

static struct id draft_archive(struct collection_taken *t, struct decision *d,
                               const struct titles *titles)
{
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf remark = {0};
    struct evidence_facts f = t->facts;

    buf_addf(&title, "collection of %s by %s", buf_text(&titles->call),
             collection_tool_name(t->reading.tool));
    buf_addstr(&remark, f.remark);
    if (t->reading.problem.len) {
        add_problem(&remark, "not whole: ");
        buf_addstr(&remark, utf8_head_columns(buf_str(&t->reading.problem), 500));
    }
    f.sort = "archive";
    f.title = str_of(arena_strdup(d->arena, buf_text(&title)));
    f.remark = str_of(arena_strdup(d->arena, buf_text(&remark)));
    f.source_host = buf_str(&t->reading.facts.host);
    f.system_id = buf_str(&titles->system_hex);
    f.has_blob = true;
    return evidence_draft(d, &f)->id;
}

/* An item that was read out of the archive, and refers to it. */
static struct id draft_read(struct decision *d, const struct titles *titles, const char *sort,
                            const char *what, const struct blob_digests *digests,
                            const struct id *archive)
{
    struct evidence_facts f = {.sort = sort, .digests = *digests, .has_blob = true};
    struct draft *dr;

    f.title = str_of(arena_printf(d->arena, "%s%s", what, buf_text(&titles->call)));
    f.remark = STR("read out of the collection");
    f.system_id = buf_str(&titles->system_hex);
    dr = evidence_draft(d, &f);
    draft_ref(dr, archive);
    return dr->id;
}

static struct id draft_state(struct collection_taken *t, struct decision *d,
                             const struct titles *titles, const struct state_document *doc,
                             const struct id *archive)
{
    CLEANUP_BUF struct buf host = {0};
    struct id item = draft_read(d, titles, "snapshot", "", &doc->digests, archive);

    intake_path_text(&host, doc->head.host);
    return snapshot_draft(d, &(struct snapshot_facts){.title = buf_str(&titles->call),
                                                      .system = titles->system,
                                                      .evidence = item,
                                                      .taken = doc->head.taken,
                                                      .host = buf_str(&host),
                                                      .lines = doc->head.lines,
                                                      .sections = doc->sections,
                                                      .unread = buf_str(&t->unread),
                                                      .how = strcmp(t->how, "collected") == 0
                                                                 ? "taken"
                                                                 : "imported"})
        ->id;
}

static void put_facts(struct decision *d, struct draft *dr, const struct collection_facts *f)
{
    CLEANUP_BUF struct buf taken = {0};

    if (f->taken.sec) {
        utc_add(&taken, f->taken);
        add_text(d, dr, "taken", buf_str(&taken));
    }
    add_text(d, dr, "host", buf_str(&f->host));
    add_text(d, dr, "machine", buf_str(&f->machine_id));
    add_text(d, dr, "boot", buf_str(&f->boot_id));
    add_text(d, dr, "clock", buf_str(&f->clock));
    add_text(d, dr, "profile", buf_str(&f->profile));
}

static void draft_collection(struct collection_taken *t, struct decision *d,
                             const struct titles *titles, const struct id *archive,
                             const struct id *list, const struct id *state)
{
    const struct collection_reading *r = &t->reading;
    struct draft *dr = decision_add(d, "collection/1");
    CLEANUP_BUF struct buf problem = {0};
    CLEANUP_BUF struct buf resumed = {0};

    add_text(d, dr, "title", buf_str(&titles->call));
    draft_value_ref(d, dr, "system", &titles->system);
    draft_value_ref(d, dr, "evidence", archive);
    draft_value_ref(d, dr, "list", list);
    if (state)
        draft_value_ref(d, dr, "state", state);
    draft_value(dr, "tool", str_of(collection_tool_name(r->tool)));
    draft_value(dr, "how", str_of(t->how));
    put_facts(d, dr, &r->facts);
    add_number(d, dr, "members", r->members);
    add_number(d, dr, "observed", r->observed);
    add_number(d, dr, "missing", r->missing);
    intake_path_text(&problem, buf_text(&r->problem));
    add_text(d, dr, "problem", utf8_head_columns(buf_str(&problem), 1000));
    add_text(d, dr, "run", buf_str(&r->facts.collection));
    if (r->parts > 1)
        draft_value_ref(d, dr, "continues", &t->before);
    if (r->resumed.sec) {
        utc_add(&resumed, r->resumed);
        add_text(d, dr, "resumed", buf_str(&resumed));
    }
    if (!r->facts.has_end)
        add_text(d, dr, "step", buf_str(&r->facts.step));
    add_text(d, dr, "doubt", utf8_head_columns(buf_str(&t->doubt), 1000));
}

/* The collection's own record stands last. */
static int record(struct collection_taken *t, const struct state_document *doc, uint64_t *first,
                  size_t *count, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP(titles_release) struct titles titles = {0};
    struct id archive;
    struct id list;
    struct id state;
    struct view v;
    int rc = session_view(t->session, &v, e);

    if (rc)
        return rc;
    decision_begin(&d, &v, t->op, t->input);
    d.is_independent = true;
    rc = find_titles(t, doc, &d, &titles, e);
    if (rc)
        return rc;
    archive = t->item ? *t->item : draft_archive(t, &d, &titles);
    list = draft_read(&d, &titles, "list", "what is noticed and missing in ", &t->reading.list,
                      &archive);
    if (t->has_state)
        state = draft_state(t, &d, &titles, doc, &archive);
    draft_collection(t, &d, &titles, &archive, &list, t->has_state ? &state : NULL);
    rc = session_append(t->session, &d, first, e);
    *count = d.draft_count;
    return rc;
}

static void say_line(struct answer *a, const char *words, struct str hostile)
{
    buf_adds(&a->text, words);
    sink_terminal(&a->text, hostile, false);
    buf_addc(&a->text, '\n');
}

/* Who collected at the machine wrote it down there. */
static void tell_hash(const struct collection_taken *t, struct answer *a)
{
    buf_adds(&a->text, "SHA-256 ");
    hex_add(&a->text, t->facts.digests.sha256.b, sizeof(t->facts.digests.sha256.b));
    buf_adds(&a->text, strcmp(t->how, "imported") == 0
                           ? "\nIs it the one that was written down at the machine?\n"
                           : "\n");
}

static void tell_state(const struct view *v, const struct thing *state, struct answer *a)
{
    bool has_other = snapshot_newest(v, view_ref(v, state, "system"), state) != NULL;

    buf_addf(&a->text, "Its state is s%u: ", state->number);
    if (has_other)
        buf_addf(&a->text, "calm snapshot diff s%u compares it.\n", state->number);
    else
        buf_adds(&a->text, "calm snapshot diff compares it with another, once there is one.\n");
}

static void tell_what(const struct collection_taken *t, const struct thing *list, struct answer *a)
{
    const struct collection_reading *r = &t->reading;
    char size[SIZE_TEXT_SIZE];

    buf_addf(&a->text, "Kept as one item of evidence, %s: %llu members, %s unpacked.\n",
             r->is_sealed ? "sealed as it came" : "as it came", (unsigned long long)r->members,
             size_text(size, r->size));
    tell_hash(t, a);
    if (r->parts > 1)
        buf_addf(&a->text, "It goes on behind co%u, and is read with it as one, of two times.\n",
                 t->before_number);
    if (r->problem.len)
        say_line(a, "Not whole: ", buf_str(&r->problem));
    if (t->doubt.len) {
        say_line(a, "In doubt: ", buf_str(&t->doubt));
        buf_adds(&a->text,
                 "It may be another machine, one that was set up anew, or one that is made "
                 "to lie. Its state opens no gate.\n");
    }
    if (t->is_ahead)
        say_line(a, "Its clock: ", buf_str(&r->facts.clock));
    if (t->copy_number)
        buf_addf(&a->text,
                 "co%u is another copy of the same collection: cut elsewhere, or "
                 "altered.\n",
                 t->copy_number);
    if (t->makes_system)
        buf_adds(&a->text, "The system is new on the list: calm assess mark says whether it is "
                           "affected.\n");
    if (!t->has_state)
        buf_adds(&a->text, "No state of the system could be read out of it.\n");
    if (r->missing)
        buf_addf(&a->text, "%llu thing%s could not be read there, or not here",
                 (unsigned long long)r->missing, r->missing == 1 ? "" : "s");
    if (r->missing && list)
        buf_addf(&a->text, ": calm preserve get e%u FILE lists them", list->number);
    if (r->missing)
        buf_adds(&a->text, ".\n");
    if (r->observed)
        buf_addf(&a->text, "The collector noticed %llu thing%s, %llu to look at first.\n",
                 (unsigned long long)r->observed, r->observed == 1 ? "" : "s",
                 (unsigned long long)r->heavy);
}

static void tell(struct collection_taken *t, uint64_t last, struct answer *a)
{
    const struct thing *collection = state_record(session_state(t->session), last)->thing;
    CLEANUP_BUF struct buf call = {0};
    CLEANUP_BUF struct buf line = {0};
    const struct thing *state;
    struct json j;
    struct view v;

    view_init(&v, session_state(t->session), session_store(t->session), session_key(t->session),
              utc_now());
    if (a->wants_json) {
        json_begin(&j, &a->json);
        thing_json(&v, collection, &j);
        return;
    }
    view_call(&call, collection);
    buf_addf(&line, "%s  ", buf_text(&call));
    buf_addstr(&line, view_title(collection));
    buf_addf(&line, ", by %s", collection_tool_name(t->reading.tool));
    say_line(a, "", buf_str(&line));
    tell_what(t, view_ref(&v, collection, "list"), a);
    state = view_ref(&v, collection, "state");
    if (state)
        tell_state(&v, state, a);
    buf_addf(&a->text, "\nNext:  calm preserve observed %s\n", buf_text(&call));
}

/* The collection that it goes on behind: of the same machine, and cut behind just that step. */
static const struct thing *find_part(const struct view *v, const struct collection_facts *f)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "collection", &at));)
        if (str_eq(thing_value(t, "run"), buf_str(&f->continues)) &&
            str_eq(thing_value(t, "step"), buf_str(&f->after)) &&
            str_eq(thing_value(t, "machine"), buf_str(&f->machine_id)))
            return t;
    return NULL;
}

/* The hashes of a part and of those before it, the last first; 0 where one cannot be had. */
static size_t hashes_of(const struct view *v, const struct thing *part,
                        struct hash out[COLLECTION_PARTS_MOST])
{
    size_t count = 0;

    for (; part && count < COLLECTION_PARTS_MOST; part = view_ref(v, part, "continues")) {
        const struct thing *item = view_ref(v, part, "evidence");
        struct hash *hash = &out[count++];

        if (!item || !hex_read(hash->b, sizeof(hash->b), thing_value(item, "sha256")))
            return 0; /* it is not for this person */
    }
    return count;
}

static size_t find_before(void *context, const struct collection_facts *facts,
                          struct hash parts[COLLECTION_PARTS_MOST])
{
    struct collection_taken *t = context;
    struct hash last_first[COLLECTION_PARTS_MOST];
    const struct thing *part;
    size_t count;
    struct view v;

    view_init(&v, session_state(t->session), session_store(t->session), session_key(t->session),
              utc_now());
    part = find_part(&v, facts);
    count = hashes_of(&v, part, last_first);
    for (size_t i = 0; i < count; i++)
        parts[i] = last_first[count - 1 - i];
    if (count) {
        t->before = part->id;
        t->before_number = part->number;
    }
    return count;
}

int collection_take(struct collection_taken *t, const char *name, struct answer *a, struct err *e)
{
    struct state_document doc = {0};
    uint64_t first;
    size_t count;
    int rc =
        collection_read(t->session, &t->facts.digests.sha256, name, find_before, t, &t->reading, e);

    if (rc == 0)
        rc = keep_state(t, &doc, e);
    if (rc == 0)
        rc = record(t, &doc, &first, &count, e);
    if (rc == 0)
        tell(t, first + count - 1, a);
    return rc;
}

int collection_take_plain(struct collection_taken *t, const struct err *why, struct answer *a,
                          struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf remark = {0};
    CLEANUP_BUF struct buf line = {0};
    struct evidence_facts f = t->facts;
    const struct thing *item;
    uint64_t first;
    struct view v;
    int rc = session_view(t->session, &v, e);

    if (rc)
        return rc;
    decision_begin(&d, &v, t->op, t->input);
    d.is_independent = true;
    buf_addf(&line, STR_FMT "; it cannot be read: %s", STR_ARG(f.remark), why->text);
    intake_path_text(&remark, buf_text(&line));
    f.sort = "archive";
    f.title = STR("a collection that cannot be read");
    f.remark = utf8_head_columns(buf_str(&remark), 1000);
    f.has_blob = true;
    (void)evidence_draft(&d, &f);
    rc = session_append(t->session, &d, &first, e);
    if (rc)
        return rc;
    item = state_record(session_state(t->session), first)->thing;
    if (a->wants_json) {
        struct json j;

        json_begin(&j, &a->json);
        thing_json(&v, item, &j);
        return 0;
    }
    buf_addf(&a->text, "e%u  kept as it is, for it cannot be read: ", item->number);
    say_line(a, "", str_of(why->text));
    return 0;
}
