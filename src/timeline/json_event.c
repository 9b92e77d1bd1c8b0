/* json_event.c: an object's members as an event's fields. */
#include "timeline/json_event.h"

struct taking {
    struct json_event *j;
    struct reader *r;
    struct event *e;
};

/* As access logs, and Nextcloud, have it. */
static bool is_nothing(struct str value)
{
    return value.len == 0 || str_is(value, "-") || str_is(value, "--");
}

static void take(void *context, const struct json_value *whole)
{
    struct taking *t = context;
    size_t before = t->e->count;
    struct json_value inner = *whole;
    const struct json_value *v = &inner;
    uint16_t number;

    if (t->j->inner)
        inner.name = t->j->inner(t->j->context, whole->name);
    number = member_field(t->j->members, t->j->table, t->r->names, v->name);
    if (t->j->own && t->j->own(t->j->context, t->r, t->e, number, v)) {
        if (!is_nothing(v->value) && t->e->count == before)
            t->j->has_all = false;
        return;
    }
    if (t->j->date.len == 0 && str_is(v->name, "date"))
        t->j->date = v->value;
    if (number == MEMBER_TIME) {
        if (t->j->time.len == 0) {
            t->j->time = v->value;
            t->j->time_is_text = v->is_text;
        } else {
            t->j->has_all = false;
        }
        return;
    }
    if (number != MEMBER_NONE)
        event_put(t->e, number, v->value);
    if (v->value.len && t->e->count == before)
        t->j->has_all = false;
}

bool json_event(struct json_event *j, struct reader *r, struct str line, struct event *e)
{
    struct taking t = {j, r, e};
    struct json_flat f = {.take = take, .context = &t, .e = e, .bytes_as_text = j->bytes_as_text};

    j->has_all = true;
    if (line.len == 0 || (line.p[0] != '{' && line.p[0] != ' ') || !json_flat(&f, &line))
        return false;
    j->has_all = j->has_all && !f.has_left_out;
    return str_trim(line).len == 0;
}

void json_message(const struct json_event *j, struct str line, struct event *e)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == FIELD_MESSAGE) {
            if (!j->has_all)
                e->fields[i].value = line;
            return;
        }
    event_put(e, FIELD_MESSAGE, line);
}
