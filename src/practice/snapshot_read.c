/* snapshot_read.c: what differs between two recorded states, and what may be noticed in one. */
#include "base/sink.h"
#include "collect/confined.h"
#include "practice/intake.h"
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

enum { OBSERVATIONS_MAX = 4000, WEIGHT_MAX = 3 };

struct observation {
    const char *code;
    const char *harmless;
    enum collect_hint hint;
    unsigned weight;
    struct str words;
    struct str line; /* of the document */
};

struct observing {
    struct arena *arena;
    struct observation *items;
    size_t count;
    size_t room;
    unsigned least; /* weight */
};

static struct str keep(struct observing *o, struct str text)
{
    return (struct str){arena_dup(o->arena, text.p, text.len), text.len};
}

static int take_observation(void *context, const struct collect_observation *c, struct err *e)
{
    struct observing *o = context;

    if (c->weight < o->least || c->weight > WEIGHT_MAX)
        return 0;
    if (o->count == OBSERVATIONS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d observations in one snapshot",
                       (int)OBSERVATIONS_MAX);
    o->items = mem_grow(o->items, o->count, &o->room, sizeof(o->items[0]));
    o->items[o->count++] = (struct observation){c->code,   c->harmless,       c->hint,
                                                c->weight, keep(o, c->words), keep(o, c->evidence)};
    return 0;
}

/* What one sort of observation means is said once, behind the last of them. */
static bool is_last_of_its_sort(const struct observing *o, size_t i)
{
    for (size_t k = i + 1; k < o->count; k++)
        if (o->items[k].weight == o->items[i].weight &&
            strcmp(o->items[k].code, o->items[i].code) == 0)
            return false;
    return true;
}

static void show_one(const struct observing *o, size_t i, struct answer *a)
{
    static const char *const marks[WEIGHT_MAX + 1] = {"  ", "  ", " !", "!!"};
    static const char *const hints[] = {[COLLECT_FAULT] = "a fault",
                                        [COLLECT_ATTACK] = "an attack",
                                        [COLLECT_EITHER] = "a fault or an attack"};
    const struct observation *x = &o->items[i];
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf means = {0};

    screen_item(&screen, 0, str_of(marks[x->weight]), x->words);
    if (is_last_of_its_sort(o, i)) {
        buf_addf(&means, "May point to %s. Usually harmless: %s", hints[x->hint], x->harmless);
        screen_para_style(&screen, 4, SCREEN_DIM, buf_str(&means));
    }
}

static void show_text(const struct observing *o, struct answer *a)
{
    for (unsigned weight = WEIGHT_MAX; weight >= 1; weight--)
        for (size_t i = 0; i < o->count; i++)
            if (o->items[i].weight == weight)
                show_one(o, i, a);
    if (o->count == 0)
        buf_adds(&a->text, "Nothing is noticed by the rules. That is no proof that all is well.\n");
}

static void show_json(const struct observing *o, struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    json_array_begin(&j);
    for (size_t i = 0; i < o->count; i++) {
        const struct observation *x = &o->items[i];

        json_object_begin(&j);
        json_put_text(&j, "code", x->code);
        json_put_text(&j, "hint", collect_hint_name(x->hint));
        json_put_u64(&j, "weight", x->weight);
        json_put_str(&j, "words", x->words);
        json_put_text(&j, "harmless", x->harmless);
        json_put_str(&j, "line", x->line);
        json_object_end(&j);
    }
    json_array_end(&j);
}

/* The same words about the same system are raised once. */
static bool is_raised(const struct view *v, const struct thing *system, const char *words)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "problem", "system", system, &at));)
        if (str_starts(view_title(t), words))
            return true;
    return false;
}

/* How many of the same sort come behind this one; SIZE_MAX where one came before, which speaks for
 * all. */
static size_t count_alike(const struct observing *o, size_t i)
{
    size_t count = 0;

    for (size_t k = 0; k < o->count; k++) {
        if (o->items[k].weight != o->items[i].weight ||
            strcmp(o->items[k].code, o->items[i].code) != 0)
            continue;
        if (k < i)
            return SIZE_MAX;
        count += k > i;
    }
    return count;
}

static void draft_problem(struct decision *d, const struct observation *x,
                          const struct thing *snapshot, struct str words)
{
    const struct thing *system = view_ref(d->view, snapshot, "system");
    const struct thing *item = view_ref(d->view, snapshot, "evidence");
    struct draft *dr = decision_add(d, "problem/1");

    draft_value(dr, "text", words);
    draft_value(dr, "sort",
                x->hint == COLLECT_EITHER  ? STR("unknown")
                : x->hint == COLLECT_FAULT ? STR("fault")
                                           : STR("attack"));
    draft_value(dr, "state", STR("open"));
    if (system)
        draft_value_ref(d, dr, "system", &system->id);
    if (item)
        draft_value_ref(d, dr, "from", &item->id);
}

/* One problem for each sort of observation; the heaviest first, so that they come first among
 * equals. */
static int raise_all(struct session *s, const struct view *v, const struct observing *o,
                     const struct thing *snapshot, struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    const struct thing *system = view_ref(v, snapshot, "system");
    uint64_t first;
    int rc = 0;

    decision_begin(&d, v, NULL, NULL);
    d.is_independent = true;
    for (unsigned weight = WEIGHT_MAX; weight >= 1; weight--) {
        for (size_t i = 0; i < o->count; i++) {
            size_t alike = count_alike(o, i);
            CLEANUP_BUF struct buf words = {0};

            if (o->items[i].weight != weight || alike == SIZE_MAX)
                continue;
            intake_path_text(&words,
                             arena_dup(d.arena, o->items[i].words.p, o->items[i].words.len));
            if (is_raised(v, system, buf_text(&words)))
                continue;
            if (alike)
                buf_addf(&words, " And %zu more of this sort.", alike);
            draft_problem(&d, &o->items[i], snapshot,
                          str_of(arena_strdup(d.arena, buf_text(&words))));
        }
    }
    if (d.draft_count)
        rc = session_append(s, &d, &first, e);
    if (rc == 0 && !a->wants_json)
        buf_addf(&a->text, "\n%zu problem%s raised: calm problem list\n", d.draft_count,
                 d.draft_count == 1 ? "" : "s");
    return rc;
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
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_BUF struct buf text = {0};
    struct observing o = {.arena = arena};
    const struct thing *snapshot;
    uint64_t least;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    snapshot = input_thing(&v, op, in, "snapshot");
    if (!snapshot)
        return err_set(e, ERR_NOTFOUND, "say which: calm snapshot list");
    if (!str_u64(input_value(op, in, "least"), &least) || least > WEIGHT_MAX)
        return err_set(e, ERR_USAGE, "--least is 1, 2 or 3");
    o.least = (unsigned)least;
    rc = load(&v, snapshot, &text, e);
    if (rc == 0)
        rc = collect_observe_confined(buf_str(&text), take_observation, &o, e);
    if (rc == 0 && a->wants_json)
        show_json(&o, a);
    else if (rc == 0)
        show_text(&o, a);
    if (rc == 0 && input_has(op, in, "raise"))
        rc = raise_all(s, &v, &o, snapshot, a, e);
    free(o.items);
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
