/* gate.c: the two gates, judged from what the case holds. */
#include "case/gate.h"

/* What came over the network was taken in by nobody: whoever knows the token can send a state under
 * any name. */
static bool is_merely_received(const struct thing *collection)
{
    return thing_says(collection, "how", "received") && !thing_says(collection, "looked", "yes");
}

/* Whether it is of this system at all: what came with a collection may be of another. */
static bool is_doubted(const struct view *v, const struct thing *snapshot)
{
    size_t at = 0;
    const struct thing *collection = view_next_of(v, "collection", "state", snapshot, &at);

    return collection &&
           (thing_value(collection, "doubt").len > 0 || is_merely_received(collection));
}

/* What a person has only to look through. */
static const struct thing *find_received(const struct view *v, const struct thing *system)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "collection", "system", system, &at));)
        if (is_merely_received(t) && !thing_value(t, "doubt").len && view_ref(v, t, "state"))
            return t;
    return NULL;
}

static bool has_snapshot(const struct view *v, const struct thing *system)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "snapshot", "system", system, &at));)
        if (!is_doubted(v, t))
            return true;
    return false;
}

static bool has_any_snapshot(const struct view *v)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "snapshot", &at));)
        if (!is_doubted(v, t))
            return true;
    return false;
}

static int check_first_look(const struct view *v, struct err *e)
{
    if (view_count(v, "look") || has_any_snapshot(v))
        return 0;
    return err_set(e, ERR_GATE,
                   "nobody has looked yet. Take two minutes: see what runs, who is connected, "
                   "what depends on it, and write it down: calm assess look \"what I see\"");
}

/* The systems that an action is about, or all that are affected when it names none. */
static const struct thing *next_system(const struct view *v, const struct thing *target, size_t *at)
{
    const struct thing *t;

    while ((t = view_next(v, "system", at))) {
        if (target && thing_is(target, "action")) {
            if (view_refers(v, target, "system", t))
                return t;
        } else if (target ? target == t : thing_says(t, "state", "affected")) {
            return t;
        }
    }
    return NULL;
}

static int refuse_unrecorded(const struct view *v, const struct thing *system, struct err *e)
{
    const struct thing *received = find_received(v, system);

    if (received)
        return err_set(e, ERR_GATE,
                       "the state of " STR_FMT
                       " came over the network, and nobody has looked at it "
                       "yet. When it is of that system: calm preserve observed co%u --looked",
                       STR_ARG(view_title(system)), received->number);
    return err_set(e, ERR_GATE,
                   "the state of " STR_FMT " is not recorded yet. Record it first: calm snapshot "
                   "take, or import one: calm snapshot import " STR_FMT " FILE",
                   STR_ARG(view_title(system)), STR_ARG(view_title(system)));
}

static int check_assessed(const struct view *v, const struct thing *target, struct err *e)
{
    const struct thing *t;

    if (view_count(v, "assessment") == 0)
        return err_set(e, ERR_GATE,
                       "the assessment is not signed yet. Cleaning and repair wait for it, because "
                       "a change made too early destroys what would explain it. See calm assess, "
                       "then: calm assess sign \"what we know\"");
    for (size_t at = 0; (t = next_system(v, target, &at));)
        if (!has_snapshot(v, t))
            return refuse_unrecorded(v, t, e);
    return 0;
}

int gate_check(const struct view *v, enum gate gate, const struct thing *target, struct err *e)
{
    switch (gate) {
    case GATE_FIRST_LOOK:
        return check_first_look(v, e);
    case GATE_ASSESSED:
        return check_assessed(v, target, e);
    case GATE_NONE:
        break;
    }
    return 0;
}

const char *gate_help(enum gate gate)
{
    static const char *const texts[] = {
        [GATE_NONE] = NULL,
        [GATE_FIRST_LOOK] =
            "Waits for a first look of two minutes (calm assess look), or a recorded "
            "state (calm snapshot).",
        [GATE_ASSESSED] =
            "Waits for the signed assessment (calm assess sign), the recorded state of "
            "the systems (calm snapshot), and, where two or more are on the team, a "
            "second person's approval.",
    };

    return texts[gate];
}
