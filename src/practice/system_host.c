/* system_host.c: which system of the case a host is. */
#include "practice/system_host.h"
#include "base/sink.h"

/* A label of digits alone is the start of an address rather than a name. */
static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

bool system_same_host(struct str a, struct str b)
{
    struct str longer = a.len > b.len ? a : b;
    size_t len = a.len > b.len ? b.len : a.len;

    return len > 0 && str_eq(str_head(a, len), str_head(b, len)) &&
           (longer.len == len || (longer.p[len] == '.' && !is_number(str_head(longer, len))));
}

bool system_has_host(const struct thing *system, struct str host)
{
    return system_same_host(view_title(system), host) ||
           system_same_host(thing_value(system, "host"), host);
}

static const struct thing *system_of_host(const struct view *v, struct str host)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "system", &at));)
        if (system_has_host(t, host))
            return t;
    return NULL;
}

const struct thing *system_find(const struct view *v, struct str name, struct str host)
{
    static const struct field field = {.name = "system", .type = FIELD_REF, .kind = "system"};
    struct id id;

    if (!name.len)
        return system_of_host(v, host);
    return view_resolve(v, &field, name, &id, NULL) == 0 ? state_thing_by_id(v->state, &id) : NULL;
}

/* The name stands in commands that calm tells people to type, so what no host is called stays out
 * of it. */
static struct str name_of_host(struct decision *d, struct str host)
{
    CLEANUP_BUF struct buf name = {0};

    sink_filename(&name, host);
    if (name.p[0] == '-') /* it would be taken for an option */
        name.p[0] = '_';
    return str_of(arena_strdup(d->arena, buf_text(&name)));
}

struct id system_draft(struct decision *d, struct str name, struct str host)
{
    struct draft *dr = decision_add(d, "system/1");

    name = name.len ? name : name_of_host(d, host);
    draft_value(dr, "name", name);
    draft_value(dr, "state", STR("unknown"));
    if (host.len && !str_eq(name, host))
        draft_value(dr, "host", host);
    return dr->id;
}
