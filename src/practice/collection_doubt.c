/* collection_doubt.c: whether a collection is of the host that it names: who owns a host can make
 * it say the name of another. */
#include "practice/collection_doubt.h"
#include "practice/system_host.h"

static void add_part(struct buf *out, const char *words)
{
    if (out->len)
        buf_adds(out, "; ");
    buf_adds(out, words);
}

/* The newest collection of another machine that the system has. */
static const struct thing *find_other(const struct view *v, const struct thing *system,
                                      struct str machine)
{
    const struct thing *found = NULL;
    const struct thing *t;

    for (size_t at = 0; system && (t = view_next_of(v, "collection", "system", system, &at));)
        if (thing_value(t, "machine").len && !str_eq(thing_value(t, "machine"), machine))
            found = t;
    return found;
}

/* The newest collection of the same machine under another system's name. */
static const struct thing *find_elsewhere(const struct view *v, const struct thing *system,
                                          struct str machine)
{
    const struct thing *found = NULL;
    const struct thing *t;

    for (size_t at = 0; machine.len && (t = view_next(v, "collection", &at));)
        if (str_eq(thing_value(t, "machine"), machine) && view_ref(v, t, "system") != system)
            found = t;
    return found;
}

void collection_doubt(struct buf *out, const struct view *v, const struct collection_facts *f,
                      struct str state_host, const struct thing *system)
{
    struct str machine = buf_str(&f->machine_id);
    const struct thing *other = find_other(v, system, machine);
    const struct thing *elsewhere = find_elsewhere(v, system, machine);

    if (f->host.len && state_host.len && !system_same_host(buf_str(&f->host), state_host)) {
        add_part(out, "the state in it is of a host that calls itself ");
        buf_addstr(out, state_host);
    }
    if (other) {
        add_part(out, machine.len ? "its machine id is another" : "it says no machine id");
        buf_addf(out, " than co%u has, of the same system", other->number);
    }
    if (elsewhere) {
        add_part(out, "its machine id");
        buf_addf(out, " is that of co%u, of another system", elsewhere->number);
    }
}

const struct thing *collection_copy(const struct view *v, const struct collection_facts *f)
{
    const struct thing *t;

    for (size_t at = 0; f->collection.len && (t = view_next(v, "collection", &at));)
        if (str_eq(thing_value(t, "run"), buf_str(&f->collection)))
            return t;
    return NULL;
}

int64_t collection_ahead_s(const struct view *v, const struct collection_facts *f)
{
    enum { USUAL_S = 600 };
    int64_t ahead = f->taken.sec - v->now.sec;

    return f->taken.sec && ahead > USUAL_S ? ahead : 0;
}
