/* json_cutter.c: finds the ends of objects (RFC 8259). What breaks its grammar ends an object, so
 * that one which is cut takes little of what is behind it. */
#include "timeline/json_cutter.h"

enum { DEPTH_MOST = 63 };

/* What may come next in an object. */
enum expected { KEY_OR_END, KEY, COLON, VALUE, VALUE_OR_END, BEHIND_VALUE };

enum step { STEP_ON, STEP_END, STEP_BAD };

/* An object, as far as it was looked through. */
struct scan {
    size_t len;
    enum expected expected;
    bool is_quoted, is_key, is_escaped, is_scalar;
    unsigned depth;
    uint64_t lists; /* a bit for each depth: it is a list */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_of_scalar(char c)
{
    return char_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '+' ||
           c == '.';
}

static enum step in_quotes(struct scan *s, char c)
{
    if ((uint8_t)c < ' ')
        return STEP_BAD;
    if (s->is_escaped)
        s->is_escaped = false;
    else if (c == '\\')
        s->is_escaped = true;
    else if (c == '"') {
        s->is_quoted = false;
        s->expected = s->is_key ? COLON : BEHIND_VALUE;
    }
    return STEP_ON;
}

static enum step open_one(struct scan *s, bool is_list)
{
    if (++s->depth > DEPTH_MOST)
        return STEP_BAD;
    s->lists &= ~(UINT64_C(1) << s->depth);
    s->lists |= (uint64_t)is_list << s->depth;
    s->expected = is_list ? VALUE_OR_END : KEY_OR_END;
    return STEP_ON;
}

static bool is_list(const struct scan *s)
{
    return s->lists >> s->depth & 1;
}

static enum step close_one(struct scan *s, bool of_list)
{
    bool may_end =
        s->expected == BEHIND_VALUE || s->expected == (of_list ? VALUE_OR_END : KEY_OR_END);

    if (!may_end || is_list(s) != of_list)
        return STEP_BAD;
    s->expected = BEHIND_VALUE;
    return --s->depth ? STEP_ON : STEP_END;
}

static enum step step(struct scan *s, char c)
{
    bool is_value = s->expected == VALUE || s->expected == VALUE_OR_END;
    bool is_key = s->expected == KEY || s->expected == KEY_OR_END;

    if (s->is_quoted)
        return in_quotes(s, c);
    if (s->is_scalar && is_of_scalar(c))
        return STEP_ON;
    s->is_scalar = false;
    if (is_space(c))
        return STEP_ON;
    switch (c) {
    case '"':
        s->is_quoted = true;
        s->is_key = is_key;
        return is_key || is_value ? STEP_ON : STEP_BAD;
    case '{':
    case '[':
        return is_value ? open_one(s, c == '[') : STEP_BAD;
    case '}':
    case ']':
        return close_one(s, c == ']');
    case ':':
        if (s->expected != COLON)
            return STEP_BAD;
        s->expected = VALUE;
        return STEP_ON;
    case ',':
        if (s->expected != BEHIND_VALUE)
            return STEP_BAD;
        s->expected = is_list(s) ? VALUE : KEY;
        return STEP_ON;
    default:
        s->is_scalar = true;
        s->expected = BEHIND_VALUE;
        return is_value && is_of_scalar(c) ? STEP_ON : STEP_BAD;
    }
}

/* Looks through more of the bytes from *at on. */
static enum step look_on(struct scan *s, struct str text)
{
    enum step found = STEP_ON;

    while (found == STEP_ON && s->len < text.len)
        found = step(s, text.p[s->len++]);
    return found;
}

static struct str ahead(const struct cutter *c)
{
    return (struct str){c->w.bytes + c->at, c->w.len - c->at};
}

static void pass(struct cutter *c, size_t size)
{
    for (size_t i = 0; i < size; i++)
        c->lines += c->w.bytes[c->at + i] == '\n';
    c->at += size;
}

/* Where the next line begins that begins an object; all of text: none does. */
static size_t next_begin(struct str text)
{
    const char *p = text.p, *end = text.p + text.len;

    while ((p = memchr(p, '\n', (size_t)(end - p)))) {
        const char *first = ++p;

        while (first < end && (*first == ' ' || *first == '\t'))
            first++;
        if (first == end || *first == '{')
            return (size_t)(p - text.p);
    }
    return text.len;
}

static size_t line_size(struct str text)
{
    struct str rest = text;

    (void)str_cut(&rest, '\n');
    return text.len - rest.len;
}

/* Ends *out behind so many bytes, and goes there. */
static void give(struct cutter *c, struct line *out, size_t size)
{
    out->text = str_head(ahead(c), size);
    while (out->text.len && is_space(out->text.p[out->text.len - 1]))
        out->text.len--;
    out->whole = out->text.len;
    pass(c, size);
}

/* The rest of an object of which more than READER_LINE_MOST was looked through. */
static int pass_long(struct cutter *c, struct scan *s, enum step found, struct line *out,
                     struct err *e)
{
    int rc = 0;

    cutter_keep_head(c, out);
    out->whole = 0;
    while (rc == 0 && found == STEP_ON) {
        out->whole += s->len;
        pass(c, s->len);
        s->len = 0;
        if (c->at == c->w.len && c->w.is_end)
            break;
        rc = cutter_more(c, true, e);
        found = look_on(s, ahead(c));
    }
    out->whole += s->len;
    pass(c, s->len);
    out->from = c->at;
    if (found != STEP_END)
        c->frame = FRAME_JSON;
    return rc;
}

/* Of what is no object: up to the next line that begins one, or the end of its own. */
static size_t broken_size(const struct scan *s, struct str text)
{
    struct str seen = str_head(text, s->len - 1); /* without what breaks it */
    size_t next = next_begin(seen);

    return next < seen.len ? next : seen.len + line_size(str_from(text, seen.len));
}

/* The object that begins here. What is none goes on to the next one. */
static int cut_object(struct cutter *c, struct line *out, struct err *e)
{
    struct scan s = {.expected = VALUE};
    enum step found = look_on(&s, ahead(c));

    while (found == STEP_ON && !c->w.is_end && s.len <= READER_LINE_MOST) {
        int rc = cutter_more(c, false, e);

        if (rc)
            return rc;
        found = look_on(&s, ahead(c));
    }
    *out = (struct line){
        .from = c->at, .at = window_place(&c->w, c->at), .number = c->lines + 1, .has_end = true};
    if (s.len > READER_LINE_MOST)
        return pass_long(c, &s, found, out, e);
    if (found == STEP_END) {
        give(c, out, s.len);
        return 0;
    }
    c->frame = FRAME_JSON; /* what it was in is not known any more */
    out->has_end = false;
    give(c, out, broken_size(&s, ahead(c)));
    return 0;
}

/* Goes to what is no space and no sign between values; false: the source ends. */
static int pass_between(struct cutter *c, bool *is_end, struct err *e)
{
    for (;;) {
        struct str text = ahead(c);
        size_t size = 0;

        while (size < text.len &&
               (is_space(text.p[size]) || memchr(",[]\x1E", text.p[size], sizeof(",[]\x1E"))))
            size++;
        pass(c, size);
        *is_end = size == text.len && c->w.is_end;
        if (size < text.len || *is_end)
            return 0;
        {
            int rc = cutter_more(c, false, e);

            if (rc)
                return rc;
        }
    }
}

static bool pass_mark(struct cutter *c)
{
    bool is_mark = str_starts(ahead(c), READER_BYTE_ORDER_MARK);

    if (is_mark)
        pass(c, strlen(READER_BYTE_ORDER_MARK));
    return is_mark;
}

/* A line that is of no object. */
static int cut_between(struct cutter *c, struct line *out, struct err *e)
{
    while (!memchr(ahead(c).p, '\n', ahead(c).len) && !c->w.is_end &&
           ahead(c).len < READER_LINE_MOST) {
        int rc = cutter_more(c, false, e);

        if (rc)
            return rc;
    }
    *out = (struct line){.from = c->at,
                         .at = window_place(&c->w, c->at),
                         .number = c->lines + 1,
                         .is_between = true};
    give(c, out, line_size(str_head(ahead(c), READER_LINE_MOST)));
    return 0;
}

/* What the object whose lists have the objects says besides, up to the next of them. */
static bool pass_outer(struct cutter *c)
{
    struct json_outer *o = &c->outer;
    struct str text = ahead(c);
    size_t i = 0;

    for (; i < text.len; i++) {
        char c1 = text.p[i];

        if (o->is_quoted) {
            o->is_quoted = o->is_escaped || c1 != '"';
            o->is_escaped = !o->is_escaped && c1 == '\\';
        } else if (c1 == '{' && o->depth && o->lists >> o->depth & 1) {
            break;
        } else if (c1 == '{' || c1 == '[') {
            o->depth += o->depth < DEPTH_MOST;
            o->lists &= ~(UINT64_C(1) << o->depth);
            o->lists |= (uint64_t)(c1 == '[') << o->depth;
        } else if (c1 == '}' || c1 == ']') {
            o->depth -= o->depth > 0;
        } else {
            o->is_quoted = c1 == '"';
        }
    }
    pass(c, i);
    return i < text.len;
}

static int next_inner(struct cutter *c, struct line *out, struct err *e)
{
    while (!pass_outer(c)) {
        int rc = c->w.is_end ? ERR_NOTFOUND : cutter_more(c, false, e);

        if (rc)
            return rc;
    }
    return cut_object(c, out, e);
}

int json_cutter_next(struct cutter *c, struct line *out, struct err *e)
{
    bool is_end;
    int rc;

    if (c->frame == FRAME_JSON_INNER)
        return next_inner(c, out, e);
    do
        rc = pass_between(c, &is_end, e);
    while (rc == 0 && pass_mark(c));
    if (rc || is_end)
        return rc ? rc : ERR_NOTFOUND;
    return ahead(c).p[0] == '{' ? cut_object(c, out, e) : cut_between(c, out, e);
}
