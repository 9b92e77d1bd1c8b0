/* snapshot_read.c: reads the document of a recorded state, and what may be noticed in it. */
#include "collect/confined.h"
#include "practice/intake.h"
#include "practice/observations.h"
#include "practice/snapshot.h"
#include "render/screen.h"
#include "sys/file.h"

int snapshot_load(const struct view *v, const struct thing *snapshot, struct buf *out,
                  struct err *e)
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
    int rc = snapshot_load(v, snapshot, &text, e);

    o->system = view_ref(v, snapshot, "system");
    o->evidence = view_ref(v, snapshot, "evidence");
    return rc ? rc : collect_observe_confined(buf_str(&text), observations_take, o, e);
}

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
