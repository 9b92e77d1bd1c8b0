/* members.c: finds the field that a member becomes, and keeps what was found. */
#include "timeline/members.h"
#include <string.h>

static uint16_t number_of(struct field_names *names, struct str name)
{
    if (str_is(name, MEMBER_IS_TIME))
        return MEMBER_TIME;
    if (str_is(name, MEMBER_IS_NONE))
        return MEMBER_NONE;
    return field_number(names, name);
}

static uint16_t look_up(const struct member_table *t, struct field_names *names, struct str name)
{
    struct str prefix = str_of(t->prefix);
    char whole[FIELD_NAME_SIZE];

    for (size_t i = 0; i < t->count; i++)
        if (str_is(name, t->members[i].name))
            return number_of(names, str_of(t->members[i].field));
    if (t->keeps_known && field_lookup(names, name) < FIELD_KNOWN_COUNT_)
        return field_lookup(names, name);
    if (prefix.len + name.len > sizeof(whole) || name.len == 0)
        return FIELD_NONE;
    if (prefix.len)
        memcpy(whole, prefix.p, prefix.len);
    memcpy(whole + prefix.len, name.p, name.len);
    return field_number(names, (struct str){whole, prefix.len + name.len});
}

uint16_t member_field(struct members *m, const struct member_table *t, struct field_names *names,
                      struct str name)
{
    uint32_t h = 2166136261U;
    size_t at;

    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (uint8_t)name.p[i]) * 16777619U;
    at = (h ^ h >> 16) % MEMBERS_KEPT;
    if (name.len && m->kept[at].len == name.len && memcmp(m->kept[at].name, name.p, name.len) == 0)
        return m->kept[at].number;
    if (name.len == 0 || name.len > MEMBER_NAME_SIZE)
        return look_up(t, names, name);
    memcpy(m->kept[at].name, name.p, name.len);
    m->kept[at].len = (uint16_t)name.len;
    return m->kept[at].number = look_up(t, names, name);
}
