/* snapshot_read.c: what differs between two recorded states, and what may be noticed in one. */
#include "base/sink.h"
#include "collect/confined.h"
#include "practice/intake.h"
#include "practice/observations.h"
#include "practice/snapshot.h"
#include "render/screen.h"
#include "sys/file.h"

/* The document of a snapshot, hashed again by the store as it is opened. */
static int load(const struct view *v, const struct thing *snapshot, struct buf *out, struct err *e)
{
    const struct thing *item = view_ref(v, snapshot, "evidence");
    CLEANUP_FD int fd = -1;
    struct hash name;
    uint64_t size;
    int rc;

    if (!item || !hex_read(name.b, sizeof(name.b), thing_value(item, "sha256")))
        return err_set(e, ERR_NOTFOUND, "the document of s%u is not there, or not for you",
                       snapshot->number);
    if (evidence_is_sealed(item) || evidence_bytes_are_sealed(v->state, &name))
        return err_set(e, ERR_DENIED,
                       "the document of s%u is sealed: it may hold material that is unlawful to "
                       "possess",
                       snapshot->number);
    rc = blob_open(v->store, &name, &fd, &size, e);
    return rc ? rc : file_read_fd(out, fd, "the snapshot", COLLECT_DOCUMENT_SIZE, e);
}

int snapshot_observations(const struct view *v, const struct thing *snapshot,
                          struct observations *o, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    int rc = load(v, snapshot, &text, e);

    o->system = view_ref(v, snapshot, "system");
    o->evidence = view_ref(v, snapshot, "evidence");
    return rc ? rc : collect_observe_confined(buf_str(&text), observations_take, o, e);
}

struct diffing {
    struct answer *a;
    struct json json;
    uint64_t count;
    char section[64];
};

static int show_change(void *context, const struct collect_change *c, struct err *e)
{
    struct diffing *d = context;

    (void)e;
    d->count++;
    if (d->a->wants_json) {
        json_object_begin(&d->json);
        json_put_text(&d->json, "change", collect_change_name(c->kind));
        json_put_str(&d->json, "section", c->section);
        json_put_str(&d->json, "key", c->key);
        json_put_str(&d->json, "words", c->words);
        json_object_end(&d->json);
        return 0;
    }
    if (!str_is(str_head(c->section, sizeof(d->section) - 1), d->section)) {
        snprintf(d->section, sizeof(d->section), STR_FMT, STR_ARG(c->section));
        buf_adds(&d->a->text, d->count == 1 ? "" : "\n");
        sink_terminal(&d->a->text, c->section, false);
        buf_addc(&d->a->text, '\n');
    }
    buf_adds(&d->a->text, "  ");
    sink_terminal(&d->a->text, c->words, false);
    buf_addc(&d->a->text, '\n');
    return 0;
}

static const struct field diff_fields[] = {
    {.name = "before",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "snapshot",
     .help = "the earlier one: s1"},
    {.name = "after",
     .type = FIELD_REF,
     .flags = FIELD_ARG,
     .kind = "snapshot",
     .help = "the later one; the newest of the same system if not given"},
};

static int find_two(const struct view *v, const struct operation *op, const struct input *in,
                    const struct thing *out[2], struct err *e)
{
    out[0] = input_thing(v, op, in, "before");
    out[1] = input_thing(v, op, in, "after");
    if (out[0] && !out[1] && !input_has(op, in, "after"))
        out[1] = snapshot_newest(v, view_ref(v, out[0], "system"), out[0]);
    if (!out[0] || !out[1])
        return err_set(e, ERR_NOTFOUND, "there are no two states to compare: calm snapshot list");
    return 0;
}

static int query_diff(const struct view *v, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf before = {0};
    CLEANUP_BUF struct buf after = {0};
    struct diffing d = {.a = a};
    const struct thing *two[2];
    int rc = find_two(v, op, in, two, e);

    if (rc == 0)
        rc = load(v, two[0], &before, e);
    if (rc == 0)
        rc = load(v, two[1], &after, e);
    if (rc)
        return rc;
    json_begin(&d.json, &a->json);
    if (a->wants_json)
        json_array_begin(&d.json);
    else if (view_ref(v, two[0], "system") != view_ref(v, two[1], "system"))
        buf_adds(&a->text, "These are two systems, so much will differ.\n\n");
    rc = collect_diff_confined(buf_str(&before), buf_str(&after), show_change, &d, e);
    if (rc)
        return rc;
    if (a->wants_json)
        json_array_end(&d.json);
    else if (d.count == 0)
        buf_adds(&a->text, "Nothing differs but what changes all the time.\n");
    return 0;
}

const struct operation snapshot_diff = {
    .name = "snapshot diff",
    .practice = "snapshot",
    .help = "what differs between two recorded states, in words",
    .example = "calm snapshot diff s1 s2",
    .more = "Counters, process numbers and other noise are left out. What could not be seen in one "
            "of the two is said, and not taken for gone.",
    OP_FIELDS(diff_fields),
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_diff};

static const struct field observe_fields[] = {
    {.name = "snapshot",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "snapshot",
     .help = "which: s1"},
    {.name = "least",
     .type = FIELD_NUMBER,
     .help = "1: worth knowing, too; 2: worth a look; 3: to look at first",
     .fallback = "1"},
    {.name = "raise", .type = FIELD_FLAG, .help = "raise each that is listed as a problem"},
};

static int observe_job(struct session *s, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP(observations_release) struct observations o = {.arena = arena_new()};
    const struct thing *snapshot;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    snapshot = input_thing(&v, op, in, "snapshot");
    if (!snapshot)
        return err_set(e, ERR_NOTFOUND, "say which: calm snapshot list");
    rc = observations_least(&o, input_value(op, in, "least"), e);
    if (rc == 0)
        rc = snapshot_observations(&v, snapshot, &o, e);
    if (rc == 0)
        observations_sort(&o);
    if (rc == 0 && a->wants_json)
        observations_json(&o, a);
    else if (rc == 0)
        observations_text(&o, a);
    if (rc == 0 && input_has(op, in, "raise"))
        rc = observations_raise(s, &v, &o, a, e);
    return rc;
}

const struct operation snapshot_observe = {
    .name = "snapshot observe",
    .practice = "snapshot",
    .help = "what may be noticed in a recorded state",
    .example = "calm snapshot observe s1 --least 2 --raise",
    .more = "Observations are no verdicts: each says what is seen, what it may point to, and its "
            "usual harmless cause. With --raise each sort becomes a problem, once.",
    OP_FIELDS(observe_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("problem/1"),
    .job = observe_job};
