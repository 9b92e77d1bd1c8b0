/* image_made_begun.c: which image of the register an image is that ended without the case. */
#include "practice/image_made_begun.h"

void image_made_path(struct str said, struct buf *out)
{
    if (!buf_add_unescaped(out, said)) {
        buf_clear(out);
        buf_addstr(out, said);
    }
}

static bool says_other(const struct thing *one, const char *field, const char *said)
{
    struct str then = thing_value(one, field);

    return then.len && !str_is(then, said);
}

static bool is_other_path(struct str one, struct str other)
{
    CLEANUP_BUF struct buf first = {0};
    CLEANUP_BUF struct buf second = {0};

    image_made_path(one, &first);
    image_made_path(other, &second);
    return one.len && !str_eq(buf_str(&first), buf_str(&second));
}

/* A summary is soon typed: what the record knows of the beginning must be the same. Of one that was
 * killed it does not know when the image began; not before it was recorded. */
static bool is_begun_as(const struct imaging *g, const struct view *v, const struct thing *one)
{
    const struct image_helper *h = &g->helper;
    struct utc said, then;

    if (!utc_read(&said, str_of(image_helper_result(h, "begun"))) ||
        says_other(one, "size", image_helper_fact(h, "size")) ||
        says_other(one, "serial", image_helper_fact(h, "serial")) ||
        says_other(one, "wwn", image_helper_fact(h, "wwn")))
        return false;
    if (thing_time(one, "began", &then))
        return then.sec == said.sec;
    then = thing_when(v->state, one);
    return said.sec >= then.sec &&
           !is_other_path(thing_value(one, "source"), str_of(image_helper_fact(h, "path")));
}

const struct thing *image_made_begun(const struct imaging *g, const struct view *v, struct str name)
{
    const struct image_helper *h = &g->helper;
    CLEANUP_BUF struct buf id = {0};
    const struct thing *one;

    hex_add(&id, state_case_id(v->state)->b, 8);
    if (strcmp(image_helper_result(h, "summary-case"), buf_text(&id)) != 0)
        return NULL;
    for (size_t at = 0; (one = view_next(v, "acquisition", &at));) {
        char call[24];

        snprintf(call, sizeof(call), "im%u", one->number);
        if (strcmp(image_helper_result(h, "summary-evidence"), call) == 0 &&
            str_eq(thing_value(one, "name"), name) && !thing_value(one, "evidence").len &&
            is_begun_as(g, v, one))
            return one;
    }
    return NULL;
}
