/* members.c: finds the field that a member becomes, and keeps what was found. */
#include "timeline/members.h"
#include "base/mem.h"

static uint16_t number_of(struct field_names *names, struct str name)
{
    if (str_is(name, MEMBER_IS_TIME))
        return MEMBER_TIME;
    if (str_is(name, MEMBER_IS_NONE))
        return MEMBER_NONE;
    return field_number(names, name);
}

bool member_is_of_program(struct str name)
{
    static const char *const names[] = {
        "event.kind",         "event.dataset",      "event.cut",          "event.original_bytes",
        "event.is_ambiguous", "event.doubled_hour", "event.out_of_order", "event.stated_weekday"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(name, names[i]))
            return true;
    return str_starts(name, "timeline.");
}

bool member_is_of_ecs(struct str name)
{
    static const char *const sets[] = {
        "agent",      "client",  "cloud",         "container", "data_stream",  "destination",
        "device",     "dll",     "dns",           "ecs",       "email",        "error",
        "event",      "faas",    "file",          "group",     "host",         "http",
        "labels",     "log",     "network",       "observer",  "orchestrator", "organization",
        "package",    "process", "registry",      "related",   "rule",         "server",
        "service",    "source",  "threat",        "tls",       "url",          "user",
        "user_agent", "volume",  "vulnerability", "winlog"};
    struct str rest = name, set = str_cut(&rest, '.');

    for (size_t i = 0; i < COUNT_OF(sets); i++)
        if (rest.len && str_is(set, sets[i]))
            return true;
    return false;
}

/* As it is, or behind the prefix. */
static uint16_t own_number(const struct member_table *t, struct field_names *names, struct str name)
{
    struct str prefix = str_of(t->prefix);
    char whole[FIELD_NAME_SIZE];

    if (t->keeps_known && !member_is_of_program(name)) {
        uint16_t known = field_lookup(names, name);

        if (known < FIELD_KNOWN_COUNT_)
            return known;
    }
    if (prefix.len + name.len > sizeof(whole) || name.len == 0)
        return FIELD_NONE;
    if (prefix.len)
        memcpy(whole, prefix.p, prefix.len);
    memcpy(whole + prefix.len, name.p, name.len);
    return field_number(names, (struct str){whole, prefix.len + name.len});
}

static struct member_found look_up(const struct member_table *t, struct field_names *names,
                                   struct str name)
{
    for (size_t i = 0; i < t->count; i++)
        if (name.len && name.p[0] == t->members[i].name[0] && str_is(name, t->members[i].name)) {
            const char *field = t->members[i].field;

            return (struct member_found){field ? number_of(names, str_of(field))
                                               : own_number(t, names, name),
                                         t->members[i].kind};
        }
    return (struct member_found){own_number(t, names, name), 0};
}

static bool is_kept(const struct member_kept *k, struct str name)
{
    return k->len == name.len && memcmp(k->name, name.p, name.len) == 0;
}

/* A name has two places. */
struct member_found member_find(struct members *m, const struct member_table *t,
                                struct field_names *names, struct str name)
{
    struct member_kept *k;
    struct member_found found;
    uint64_t h;

    if (name.len == 0 || name.len > MEMBER_NAME_SIZE)
        return look_up(t, names, name);
    h = field_hash(names, name);
    k = &m->kept[h % MEMBERS_KEPT];
    if (k->len && !is_kept(k, name))
        k = &m->kept[(h >> 32) % MEMBERS_KEPT];
    if (is_kept(k, name))
        return (struct member_found){k->field, k->kind};
    found = look_up(t, names, name);
    *k = (struct member_kept){.field = found.field, .kind = found.kind, .len = (uint8_t)name.len};
    memcpy(k->name, name.p, name.len);
    return found;
}

uint16_t member_field(struct members *m, const struct member_table *t, struct field_names *names,
                      struct str name)
{
    return member_find(m, t, names, name).field;
}
