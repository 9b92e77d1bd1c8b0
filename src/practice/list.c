/* list.c: the queries that serve many operations: all things of a kind, and one of them. */
#include "base/sink.h"
#include "practice/practice.h"
#include "render/screen.h"

void thing_json_members(const struct view *v, const struct thing *t, struct json *j)
{
    CLEANUP_BUF struct buf value = {0};

    view_call(&value, t);
    json_put_str(j, "call", buf_str(&value));
    json_put_text(j, "kind", t->kind->name);
    json_put_hex(j, "id", t->id.b, sizeof(t->id.b));
    json_put_u64(j, "record", t->seq);
    json_put_u64(j, "changed", t->changed_seq);
    json_put_text(j, "tlp", tlp_names[t->tlp]);
    json_put_utc(j, "time", thing_when(v->state, t));
    for (size_t i = 0; i < t->kind->field_count; i++)
        if (t->values[i].len)
            json_put_str(j, t->kind->fields[i].name, t->values[i]);
    for (size_t i = 0; i < COMMON_COUNT; i++)
        if (thing_common(t, (enum common_field)i).len)
            json_put_str(j, common_fields[i].name, thing_common(t, (enum common_field)i));
}

void thing_json(const struct view *v, const struct thing *t, struct json *j)
{
    json_object_begin(j);
    thing_json_members(v, t, j);
    json_object_end(j);
}

enum { DETAIL_INDENT = 5 };

/* "owner: Eva · state: affected", without the title. */
static void detail_words(const struct view *v, const struct thing *t, struct buf *out)
{
    for (size_t i = 1; i < t->kind->field_count; i++) {
        const struct field *f = &t->kind->fields[i];
        CLEANUP_BUF struct buf value = {0};

        if (!t->values[i].len || f->flags & FIELD_INNER ||
            (f->flags & FIELD_LEAD && f->type == FIELD_LINE))
            continue;
        view_show(v, t, f, false, &value);
        buf_addf(out, "%s%s: ", out->len ? " \xc2\xb7 " : "", f->name);
        buf_addstr(out, buf_str(&value));
    }
}

static void list_text(const struct view *v, const struct thing *t, struct screen *screen)
{
    CLEANUP_BUF struct buf call = {0};
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf details = {0};
    size_t columns, least = DETAIL_INDENT - 2;

    view_call(&call, t);
    columns = utf8_columns(buf_str(&call)); /* of a call nothing is cut: it is what is typed */
    view_show(v, t, &t->kind->fields[0], true, &title);
    if (t->kind->prefix)
        screen_pair(screen, 0, columns > least ? columns : least, buf_str(&call), buf_str(&title));
    else
        screen_para_style(screen, 0, SCREEN_BOLD, buf_str(&call));
    detail_words(v, t, &details);
    if (details.len)
        screen_para_style(screen, DETAIL_INDENT, SCREEN_DIM, buf_str(&details));
}

int query_list(const struct view *v, const struct operation *op, const struct input *in,
               struct answer *a, struct err *e)
{
    struct screen screen = {&a->text, a->columns, a->color};
    const struct thing *t;
    struct json j;
    size_t count = 0;

    (void)in;
    (void)e;
    json_begin(&j, &a->json);
    if (a->wants_json)
        json_array_begin(&j);
    for (size_t at = 0; (t = view_next(v, op->kind->name, &at)); count++) {
        if (a->wants_json)
            thing_json(v, t, &j);
        else
            list_text(v, t, &screen);
    }
    if (a->wants_json)
        json_array_end(&j);
    else if (count == 0)
        screen_para(&screen, 0, STR("None yet."));
    return 0;
}

int query_show(const struct view *v, const struct operation *op, const struct input *in,
               struct answer *a, struct err *e)
{
    struct screen screen = {&a->text, a->columns, a->color};
    const struct thing *t = input_thing(v, op, in, op->fields[0].name);
    CLEANUP_BUF struct buf call = {0};
    struct json j;

    if (!t)
        return err_set(e, ERR_NOTFOUND, "say which %s", op->kind->name);
    if (a->wants_json) {
        json_begin(&j, &a->json);
        thing_json(v, t, &j);
        return 0;
    }
    view_call(&call, t);
    screen_heading(&screen, buf_str(&call));
    for (size_t i = 0; i < t->kind->field_count; i++) {
        CLEANUP_BUF struct buf value = {0};

        if (!t->values[i].len)
            continue;
        view_show(v, t, &t->kind->fields[i], true, &value);
        screen_pair(&screen, 2, 16, str_of(t->kind->fields[i].name), buf_str(&value));
    }
    return 0;
}
