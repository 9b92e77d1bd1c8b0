/* json_people.c: whose act a line of JSON is, where it names two. */
#include "timeline/json_people.h"
#include <stdio.h>

enum { NAME_SIZE = 64 };

/* Under its own name, as a member that has no field. */
static uint16_t own_field(struct reader *r, struct str name)
{
    char text[NAME_SIZE];
    int len = snprintf(text, sizeof(text), "json." STR_FMT, STR_ARG(name));

    return field_number(r->names, (struct str){text, (size_t)len});
}

/* What was taken for who acted before the actor came. */
static void rename_user(struct reader *r, struct event *e)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == FIELD_USER_NAME)
            e->fields[i] = (struct event_field){.name = own_field(r, STR("user")),
                                                .value = e->fields[i].value};
}

bool json_people_take(struct json_people *p, struct reader *r, struct event *e,
                      const struct json_value *v)
{
    bool is_user = str_is(v->name, "user");

    if (str_is(v->value, "--") || str_is(v->value, "-"))
        return true; /* nobody, as Nextcloud and web servers write it */
    if (str_is(v->name, "actor")) {
        if (p->has_user)
            rename_user(r, e);
        p->has_actor = true;
        return false;
    }
    p->has_user = p->has_user || is_user;
    if (!p->has_actor || !is_user)
        return false;
    event_put(e, own_field(r, v->name), v->value);
    return true;
}

bool json_status_take(struct reader *r, struct event *e, const struct json_value *v)
{
    uint64_t code;

    if (v->value.len == 3 && str_u64(v->value, &code) && code >= 100 && code < 600)
        return false;
    event_put(e, own_field(r, v->name), v->value);
    return true;
}
