/* cutter.c: finds the ends of lines, and zeros that stand in their place. */
#include "timeline/cutter.h"
#include "base/mem.h"
#include "timeline/json_cutter.h"

enum {
    LOOK_SIZE = 16 << 10, /* bytes in which all is plain or not */
    LINE_KEPT = EVENT_VALUE_SIZE,
    STEP_SIZE = 4096,
};

void cutter_begin(struct cutter *c, const struct reader *r, uint64_t from)
{
    uint64_t before = READER_ZEROS_LEAST * text_unit(r->encoding);

    *c = (struct cutter){.frame = r->frame};
    window_begin(&c->w, r, from - (from < before ? from : before));
}

void cutter_release(struct cutter *c)
{
    window_release(&c->w);
    free(c->kept);
}

int cutter_more(struct cutter *c, bool is_long, struct err *e)
{
    size_t by = c->at;
    int rc = c->let_go ? c->let_go(c->context, is_long, &by, e) : 0;

    if (rc)
        return rc;
    window_drop(&c->w, by);
    c->at -= by;
    return window_fill(&c->w, e);
}

static size_t zeros_at(struct str s, size_t at, size_t most)
{
    size_t n = 0;

    while (n < most && at + n < s.len && s.p[at + n] == 0)
        n++;
    return n;
}

/* Where READER_ZEROS_LEAST zeros or more begin, from at to upto; NULL: nowhere. */
static const char *find_zeros(struct str s, size_t at, size_t upto)
{
    const char *found;

    while (at < upto && (found = memchr(s.p + at, 0, upto - at))) {
        size_t from = (size_t)(found - s.p), count = zeros_at(s, from, READER_ZEROS_LEAST);

        if (count == READER_ZEROS_LEAST)
            return found;
        at = from + count;
    }
    return NULL;
}

/* Whether the bytes up to end, from the place of the next line on, are ASCII without NUL; true is
 * certain, false is not. Most sources are so, and it is seen fastest of many bytes at once. */
static bool is_plain_to(struct cutter *c, size_t end)
{
    uint64_t at = c->w.dropped + c->at, to = c->w.dropped + end;

    if (c->plain_to < at)
        c->plain_to = at;
    while (c->plain_to < to && at >= c->rough_to) {
        size_t from = (size_t)(c->plain_to - c->w.dropped), left = c->w.len - from;
        struct str part = {c->w.bytes + from, left < LOOK_SIZE ? left : LOOK_SIZE};

        if (str_is_ascii(part))
            c->plain_to += part.len;
        else
            c->rough_to = c->plain_to + part.len;
    }
    return to <= c->plain_to;
}

/* A line end or zeros; NULL: neither is in the window. In steps, as many zeros may stand before one
 * line end. */
static const char *line_end(struct cutter *c)
{
    struct str all = {c->w.bytes, c->w.len};
    const char *end = NULL, *zeros = NULL;

    for (size_t at = c->at, size; !end && !zeros && at < c->w.len; at += size) {
        size_t to;

        size = c->w.len - at < STEP_SIZE ? c->w.len - at : STEP_SIZE;
        end = memchr(c->w.bytes + at, '\n', size);
        to = end ? (size_t)(end - c->w.bytes) : at + size;
        if (!is_plain_to(c, to))
            zeros = find_zeros(all, at, to);
    }
    return zeros ? zeros : end;
}

/* All that follow one another. */
static int take_zeros(struct cutter *c, uint64_t *count, struct err *e)
{
    int rc = 0;

    for (*count = 0; rc == 0;) {
        size_t n = zeros_at((struct str){c->w.bytes, c->w.len}, c->at, c->w.len);

        *count += n;
        c->at += n;
        if (c->at < c->w.len || c->w.is_end)
            return 0;
        rc = cutter_more(c, false, e);
    }
    return rc;
}

/* Zeros in which the window ends may be the first of those that end the line. */
static size_t zeros_at_end(const struct cutter *c)
{
    size_t n = 0;

    while (c->w.len - n > c->at && c->w.bytes[c->w.len - n - 1] == 0)
        n++;
    return n;
}

void cutter_keep_head(struct cutter *c, struct line *out)
{
    struct str head = text_head((struct str){c->w.bytes + c->at, LINE_KEPT + 1}, LINE_KEPT);

    if (!c->kept)
        c->kept = mem_alloc(LINE_KEPT);
    memcpy(c->kept, head.p, head.len);
    out->text = (struct str){c->kept, head.len};
}

/* Of a line that is longer than READER_LINE_MOST the beginning is kept, and the rest passed over.
 */
static int take_long(struct cutter *c, struct line *out, struct err *e)
{
    const char *end;
    char before = 0; /* what is ahead of bytes */
    int rc = 0;

    cutter_keep_head(c, out);
    out->whole = 0;
    while (rc == 0 && !(end = line_end(c)) && !c->w.is_end) {
        size_t taken = c->w.len - c->at - zeros_at_end(c);

        out->whole += taken;
        c->at += taken;
        before = c->w.bytes[c->at - 1];
        rc = cutter_more(c, true, e);
    }
    if (rc)
        return rc;
    out->whole += (end ? (size_t)(end - c->w.bytes) : c->w.len) - c->at;
    c->at = end ? (size_t)(end - c->w.bytes) : c->w.len;
    if (c->at > 0)
        before = c->w.bytes[c->at - 1];
    out->whole -= before == '\r';
    c->at += end && *end == '\n';
    out->from = c->at;
    return 0;
}

/* That of the last line is kept, for the window slides. */
static void take_name(struct cutter *c, struct line *out)
{
    struct str name = {c->name, c->name_len};
    enum named_line is = named_line_take(&out->text, &name);

    out->is_between = is == NAMED_BETWEEN;
    if (is != NAMED_LINE)
        return;
    out->name = name;
    if (name.p != c->name)
        memcpy(c->name, name.p, name.len);
    c->name_len = name.len;
}

/* The name stands above its lines. */
static void take_head(struct cutter *c, struct line *out)
{
    struct str name;

    out->is_between = named_line_is_head(out->text, &name);
    if (out->is_between) {
        memcpy(c->name, name.p, name.len);
        c->name_len = name.len;
    }
    out->name = (struct str){c->name, c->name_len};
}

static int next_line(struct cutter *c, struct line *out, struct err *e)
{
    const char *end;
    size_t len;

    end = line_end(c);
    while (!end && !c->w.is_end && c->w.len - c->at <= READER_LINE_MOST + 1) {
        int rc = cutter_more(c, false, e);

        if (rc)
            return rc;
        end = line_end(c);
    }
    if (c->at == c->w.len)
        return ERR_NOTFOUND;
    len = end ? (size_t)(end - (c->w.bytes + c->at)) : c->w.len - c->at;
    *out = (struct line){.text = {c->w.bytes + c->at, len},
                         .from = c->at,
                         .at = window_place(&c->w, c->at),
                         .whole = len,
                         .has_end = end != NULL,
                         .is_plain = is_plain_to(c, c->at + len)};
    if (end && len == 0 && *end == 0)
        return take_zeros(c, &out->zeros, e);
    if (len && out->text.p[len - 1] == '\r' && (end || c->w.is_end))
        out->whole = --out->text.len;
    if (out->whole > READER_LINE_MOST)
        return take_long(c, out, e);
    if (str_take(&out->text, READER_BYTE_ORDER_MARK))
        out->whole = out->text.len;
    c->at += len + (end && *end == '\n');
    return 0;
}

int cutter_next(struct cutter *c, struct line *out, struct err *e)
{
    int rc;

    if (c->frame == FRAME_JSON || c->frame == FRAME_JSON_INNER)
        return json_cutter_next(c, out, e);
    rc = next_line(c, out, e);
    if (rc || out->zeros || out->whole > READER_LINE_MOST)
        return rc;
    if (c->frame == FRAME_NAMED)
        take_name(c, out);
    else if (c->frame == FRAME_HEADED)
        take_head(c, out);
    return 0;
}

static int pass_line(struct cutter *c, struct err *e)
{
    struct line line;
    int rc = cutter_next(c, &line, e);

    return rc == ERR_NOTFOUND ? 0 : rc;
}

static int pass_begun(struct cutter *c, uint64_t place, struct err *e)
{
    size_t from = window_find(&c->w, place), before = 0;
    uint64_t behind;
    int rc;

    while (before < from && c->w.bytes[from - before - 1] == 0)
        before++;
    c->at = before || from == 0 ? from : from - 1;
    if (before == 0)
        return pass_line(c, e);
    rc = take_zeros(c, &behind, e);
    return rc || before + behind >= READER_ZEROS_LEAST ? rc : pass_line(c, e);
}

int cutter_start(struct cutter *c, uint64_t from, struct err *e)
{
    int rc = window_fill(&c->w, e);

    return rc || from == 0 ? rc : pass_begun(c, from, e);
}
