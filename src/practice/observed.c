/* observed.c: what was noticed in what was collected from a system, one short command away from a
 * problem, a suspected system, or evidence for a hypothesis. */
#include "practice/collection.h"
#include "practice/hosts.h"
#include "practice/observations.h"
#include "practice/snapshot.h"
#include "render/screen.h"

static const struct field observed_fields[] = {
    {.name = "state",
     .type = FIELD_REF,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "which: co1, s1, or a system; the newest if not given"},
    {.name = "only",
     .type = FIELD_NUMBER,
     .flags = FIELD_ARG | FIELD_MANY | FIELD_OUTSIDE,
     .help = "the numbers of those that are meant; all if not given"},
    {.name = "least",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "1: worth knowing, too; 2: worth a look; 3: to look at first",
     .fallback = "1"},
    {.name = "all",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "show each one, not the first of every sort"},
    {.name = "each",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "one sort after the other, with one key for what it becomes"},
    {.name = "looked",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "put on record that they were looked through: calm asks no more"},
    {.name = "raise",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "raise each that is listed as a problem"},
    {.name = "for",
     .type = FIELD_REF,
     .flags = FIELD_OUTSIDE,
     .kind = "hypothesis",
     .help = "make each evidence for this hypothesis: h1"},
    {.name = "mark",
     .type = FIELD_WORD,
     .flags = FIELD_OUTSIDE,
     .choices = WORDS("suspected", "affected"),
     .help = "mark the system so"},
};

/* What is looked at: a state, a collection, or both of one host. */
struct subject {
    const struct thing *snapshot;
    const struct thing *collection;
    struct buf call;
};

static const struct thing *collection_of_state(const struct view *v, const struct thing *snapshot)
{
    size_t at = 0;

    return view_next_of(v, "collection", "state", snapshot, &at);
}

static const struct thing *newest_state(const struct view *v)
{
    const struct thing *newest = NULL;
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "snapshot", &at));)
        if (!newest || t->seq > newest->seq)
            newest = t;
    for (size_t at = 0; (t = view_next(v, "collection", &at));)
        if (!newest || t->seq > newest->seq)
            newest = t;
    return newest;
}

static int find_subject(const struct view *v, const struct operation *op, const struct input *in,
                        struct subject *out, struct err *e)
{
    const struct thing *t =
        input_has(op, in, "state") ? input_thing(v, op, in, "state") : newest_state(v);

    if (t && thing_is(t, "system"))
        t = host_newest(v, t);
    if (t && thing_is(t, "collection")) {
        out->collection = t;
        out->snapshot = view_ref(v, t, "state");
    } else if (t && thing_is(t, "snapshot")) {
        out->snapshot = t;
        out->collection = collection_of_state(v, t);
    } else {
        return err_set(e, ERR_NOTFOUND,
                       "there is no such state: calm preserve hosts shows what was captured");
    }
    view_call(&out->call, t);
    return 0;
}

static enum collect_hint hint_of(struct str text)
{
    return str_is(text, "fault")    ? COLLECT_FAULT
           : str_is(text, "attack") ? COLLECT_ATTACK
                                    : COLLECT_EITHER;
}

/* A collector has codes of its own. Under that of a rule, a host that lies would speak in the place
 * of the rule. */
static bool is_of_rules_alone(struct str code)
{
    const struct collect_noticed *noticed;
    const struct collect_rule_text *rules;
    size_t noticed_count = collect_noticed(&noticed);
    size_t rule_count = collect_rules(&rules);

    for (size_t i = 0; i < noticed_count; i++)
        if (str_is(code, noticed[i].code))
            return false;
    for (size_t i = 0; i < rule_count; i++)
        if (str_is(code, rules[i].code))
            return true;
    return false;
}

static int take_line(void *context, const struct collection_line *line, struct err *e)
{
    const struct str *t = line->texts;
    uint64_t weight;

    if (line->is_missing || !str_u64(t[1], &weight) || weight > OBSERVATION_WEIGHT_MAX)
        return 0;
    return observations_add(
        context,
        &(struct observation){.code = is_of_rules_alone(t[0]) ? STR("unknown") : t[0],
                              .weight = (unsigned)weight,
                              .hint = hint_of(t[2]),
                              .words = t[3],
                              .harmless = t[4],
                              .line = t[5],
                              .is_said = true},
        e);
}

static int add_collected(const struct view *v, const struct thing *collection,
                         struct observations *o, struct err *e)
{
    const struct thing *list = view_ref(v, collection, "list");
    struct hash name;

    if (!list || !hex_read(name.b, sizeof(name.b), thing_value(list, "sha256")))
        return err_set(e, ERR_NOTFOUND, "the list of co%u is not there, or not for you",
                       collection->number);
    if (evidence_is_sealed(list) || evidence_bytes_are_sealed(v->state, &name))
        return err_set(e, ERR_DENIED,
                       "the list of co%u is sealed: it may hold material that is unlawful to "
                       "possess",
                       collection->number);
    return collection_list(v->store, &name, take_line, o, e);
}

static size_t count_of(const struct observation *all, size_t from, size_t end, struct str code)
{
    size_t count = 0;

    for (size_t i = from; i < end; i++)
        count += str_eq(all[i].code, code);
    return count;
}

/* Where the evidence names no thing, as of "17 more", the rules tell at least as many. */
static bool is_told(const struct observation *all, size_t by_rules, size_t total, size_t at)
{
    size_t seen = count_of(all, 0, by_rules, all[at].code);

    if (!observation_names_thing(&all[at]))
        return seen && seen >= count_of(all, by_rules, total, all[at].code);
    for (size_t i = 0; i < by_rules; i++)
        if (observation_is_same(&all[i], &all[at]))
            return true;
    return false;
}

/* What the rules and the collector both noticed is told once: by the rules, whose words are our
 * own. */
static void drop_said_twice(struct observations *o, size_t by_rules)
{
    CLEANUP_FREE struct observation *all = mem_array(o->count + 1, sizeof(all[0]));
    size_t total = o->count;

    memcpy(all, o->items, total * sizeof(all[0]));
    o->count = by_rules;
    for (size_t i = by_rules; i < total; i++)
        if (!is_told(all, by_rules, total, i))
            o->items[o->count++] = all[i];
}

/* The rules on the state first, then what the collector itself saw. */
static int gather(const struct view *v, const struct subject *s, struct observations *o,
                  struct err *e)
{
    int rc = s->snapshot ? snapshot_observations(v, s->snapshot, o, e) : 0;
    size_t by_rules = o->count;

    if (rc == 0 && s->collection)
        rc = add_collected(v, s->collection, o, e);
    if (rc == 0)
        drop_said_twice(o, by_rules);
    if (s->collection) {
        o->system = view_ref(v, s->collection, "system");
        o->evidence = view_ref(v, s->collection, "evidence");
    }
    return rc;
}

static bool is_wanted(struct str numbers, size_t number)
{
    while (numbers.len) {
        uint64_t n;

        if (str_u64(str_cut(&numbers, '\n'), &n) && n == number)
            return true;
    }
    return false;
}

/* Numbers are those of the whole list, so that they mean the same whatever else is asked for. */
static int choose(struct observations *o, struct str numbers, unsigned least, struct err *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < o->count; i++)
        if (o->items[i].weight >= least && (!numbers.len || is_wanted(numbers, o->items[i].number)))
            o->items[kept++] = o->items[i];
    if (numbers.len && !kept)
        return err_set(e, ERR_NOTFOUND, "there are %zu observations, and none of that number",
                       o->count);
    o->count = kept;
    return 0;
}

static void say_count(const struct observations *o, struct answer *a)
{
    size_t sorts = observations_sorts(o);

    buf_addf(&a->text, "%zu thing%s noticed, of %zu sort%s: ", o->count,
             o->count == 1 ? " was" : "s were", sorts, sorts == 1 ? "" : "s");
    buf_adds(&a->text, "!! to look at first, ! worth a look.\n\n");
}

/* What can be done with one of them, behind its command. */
static void say_way(const struct subject *s, size_t number, const char *option, const char *what,
                    struct answer *a)
{
    buf_addf(&a->text, "  calm preserve observed %s %zu %-16s  %s\n", buf_text(&s->call), number,
             option, what);
}

static void say_next(const struct view *v, const struct subject *s, const struct observations *o,
                     struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    bool has_hypothesis = view_count(v, "hypothesis");
    CLEANUP_BUF struct buf next = {0};
    size_t first = o->items[0].number;

    buf_adds(&a->text, "\nNone of these is a verdict. To go on with one, by its number:\n");
    say_way(s, first, "--raise", "a problem", a);
    say_way(s, first, "--mark suspected", "its system", a);
    say_way(s, first, "--for h1",
            has_hypothesis ? "evidence for a hypothesis" : "once there is one: calm analyse", a);
    buf_addf(&next, "calm preserve observed %s --each", buf_text(&s->call));
    screen_next(&screen, buf_str(&next),
                STR("one sort after the other, with one key for what it becomes"));
}

static bool acts(const struct operation *op, const struct input *in)
{
    return input_has(op, in, "raise") || input_has(op, in, "for") || input_has(op, in, "mark") ||
           input_has(op, in, "looked");
}

/* Looking leaves no record; that somebody looked through all is said by who did. */
static int put_looked(struct session *s, const struct view *v, const struct subject *subject,
                      struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct draft *dr;
    uint64_t first;
    int rc;

    if (!subject->collection)
        return err_set(e, ERR_NOTFOUND, "--looked is for a collection: calm preserve hosts");
    decision_begin(&d, v, NULL, NULL);
    d.is_independent = true;
    dr = decision_add(&d, "collection-change/1");
    draft_ref(dr, &subject->collection->id);
    draft_value(dr, "looked", STR("yes"));
    rc = session_append(s, &d, &first, e);
    if (rc == 0 && !a->wants_json)
        buf_addf(&a->text, "\nOn record: what was noticed in co%u was looked through.\n",
                 subject->collection->number);
    return rc;
}

static int act(struct session *s, const struct view *v, const struct operation *op,
               const struct input *in, const struct observations *o, struct answer *a,
               struct err *e)
{
    int rc = 0;

    if (input_has(op, in, "raise"))
        rc = observations_raise(s, v, o, a, e);
    if (rc == 0 && input_has(op, in, "for")) {
        const struct thing *hypothesis = input_thing(v, op, in, "for");

        rc = hypothesis ? observations_weigh(s, v, o, hypothesis, a, e)
                        : err_set(e, ERR_NOTFOUND, "say which hypothesis: calm analyse");
    }
    if (rc == 0 && input_has(op, in, "mark"))
        rc = observations_mark(s, v, o, input_value(op, in, "mark"), a, e);
    return rc;
}

static void show(const struct view *v, const struct operation *op, const struct input *in,
                 const struct subject *subject, struct observations *o, struct answer *a)
{
    bool is_list = o->count && !acts(op, in);

    o->shows_all = input_has(op, in, "all") || input_has(op, in, "only");
    if (is_list)
        say_count(o, a);
    observations_text(o, a);
    if (is_list)
        say_next(v, subject, o, a);
}

static void subject_release(struct subject *s)
{
    buf_release(&s->call);
}

static int observed_job(struct session *s, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    CLEANUP(observations_release) struct observations o = {.arena = arena_new()};
    CLEANUP(subject_release) struct subject subject = {0};
    unsigned least;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = find_subject(&v, op, in, &subject, e);
    if (rc == 0)
        rc = observations_least(&o, input_value(op, in, "least"), e);
    least = o.least;
    o.least = 0;
    if (rc == 0)
        rc = gather(&v, &subject, &o, e);
    if (rc)
        return rc;
    observations_number(&o);
    rc = choose(&o, input_value(op, in, "only"), least, e);
    if (rc)
        return rc;
    if (input_has(op, in, "each"))
        return observations_each(s, &o, a, e);
    if (a->wants_json)
        observations_json(&o, a);
    else
        show(&v, op, in, &subject, &o, a);
    if (o.count)
        rc = act(s, &v, op, in, &o, a, e);
    if (rc == 0 && input_has(op, in, "looked"))
        rc = put_looked(s, &v, &subject, a, e);
    return rc;
}

/* Whether somebody said so, or went on with something of it. */
static bool is_looked_at(const struct view *v, const struct thing *collection)
{
    const struct thing *item = view_ref(v, collection, "evidence");
    size_t problem_at = 0;
    size_t fact_at = 0;

    return thing_says(collection, "looked", "yes") ||
           (item && (view_next_of(v, "problem", "from", item, &problem_at) ||
                     view_next_of(v, "fact", "from", item, &fact_at)));
}

const struct thing *observed_not_looked_at(const struct view *v)
{
    const struct thing *newest = NULL;
    const struct thing *t;
    uint64_t count;

    for (size_t at = 0; (t = view_next(v, "collection", &at));)
        if ((!newest || t->seq > newest->seq) && str_u64(thing_value(t, "observed"), &count) &&
            count && !is_looked_at(v, t))
            newest = t;
    return newest;
}

const struct operation preserve_observed = {
    .name = "preserve observed",
    .practice = "preserve",
    .help = "what may be noticed in what was collected, with its usual harmless cause",
    .example = "calm preserve observed co1 --least 2 --raise",
    .more =
        "Observations are no verdicts: each says what is seen, what it may point to, and its "
        "usual harmless cause. They come from the rules that calm snapshot observe has, and "
        "from what the collector saw by comparing independent views of the host. Each has a "
        "number; with numbers behind the state only those are meant. Of one sort the first are "
        "shown, and how many more there are. --raise makes each sort a problem, once; --for "
        "makes each a fact that speaks for a hypothesis; --mark marks the system. --each does "
        "this at the terminal: one sort at a time, with one key. Until something of a collection "
        "is gone on with, or --looked says that it was looked through, calm asks for it.",
    OP_FIELDS(observed_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("problem/1", "fact/1", "weight/1", "system-change/1", "collection-change/1"),
    .job = observed_job};
