/* bundle_lines.c: lines of JSON that become members of a bundle, in parts. */
#include "base/mem.h"
#include "collect/bundle_internal.h"

enum { WAIT_LIMIT = 8 << 20 }; /* bytes that may wait for the member that is open to end */

struct bundle_lines {
    struct bundle *bundle; /* NULL: it is gone */
    struct bundle_lines *next;
    char *name;
    struct buf text;
    struct json json;
    size_t line_off; /* where the line begins that is open */
    uint64_t count;
    unsigned part;
};

struct bundle_lines *bundle_lines_new(struct bundle *b, const char *name)
{
    struct bundle_lines *l = mem_new(struct bundle_lines);

    l->bundle = b;
    l->name = mem_strdup(name);
    l->next = b->lines;
    b->lines = l;
    return l;
}

void bundle_lines_forget(struct bundle *b)
{
    for (struct bundle_lines *l = b->lines; l; l = l->next)
        l->bundle = NULL;
    b->lines = NULL;
}

static int put_part(struct bundle_lines *l, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&path, "%s-%03u.jsonl", l->name, l->part++);
    /* The manifest's own lines must not grow while they are put. */
    text = l->text;
    l->text = (struct buf){0};
    return bundle_put(l->bundle, buf_text(&path), buf_str(&text), e);
}

int bundle_lines_put_full(struct bundle *b, struct err *e)
{
    for (struct bundle_lines *l = b->lines; l; l = l->next) {
        int code = l->text.len >= BUNDLE_PART_SIZE ? put_part(l, e) : 0;

        if (code)
            return code;
    }
    return 0;
}

void bundle_lines_cut(struct bundle *b)
{
    for (struct bundle_lines *l = b->lines; l; l = l->next)
        if (l->text.len && l->text.p[l->text.len - 1] != '\n')
            l->text.len = l->line_off;
}

static bool is_kept(const struct bundle_lines *l, struct bundle_lines *const *kept, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kept[i] == l)
            return true;
    return l == l->bundle->manifest;
}

int bundle_lines_settle(struct bundle *b, struct bundle_lines *const *kept, size_t count,
                        struct err *e)
{
    struct bundle_lines **at = &b->lines;
    int code = 0;

    while (*at && code == 0) {
        struct bundle_lines *l = *at;

        if (is_kept(l, kept, count)) {
            at = &l->next;
            continue;
        }
        if (l->text.len)
            code = put_part(l, e);
        *at = l->next;
        l->bundle = NULL;
    }
    return code;
}

struct json *bundle_line_begin(struct bundle_lines *l)
{
    l->line_off = l->text.len;
    json_begin(&l->json, &l->text);
    json_object_begin(&l->json);
    return &l->json;
}

/* A line that is too long for a reader is told of in its place. */
static void limit_line(struct bundle_lines *l)
{
    size_t size = l->text.len - l->line_off;

    if (size > BUNDLE_LINE_LIMIT) {
        l->text.len = l->line_off;
        buf_addf(&l->text, "{\"left_out_bytes\":%zu}", size);
    }
    buf_addc(&l->text, '\n');
    l->count++;
}

static int end_line(struct bundle_lines *l, struct err *e)
{
    struct bundle *b = l->bundle;

    limit_line(l);
    if (!b)
        return err_set(e, ERR_CANCEL, "the bundle was given up");
    if (!b->is_open)
        return l->text.len >= BUNDLE_PART_SIZE ? put_part(l, e) : 0;
    if (l->text.len > WAIT_LIMIT)
        return err_set(e, ERR_LIMIT, "too many lines of %s while one member was written", l->name);
    return 0;
}

int bundle_line_end(struct bundle_lines *l, struct err *e)
{
    json_object_end(&l->json);
    return end_line(l, e);
}

int bundle_lines_add(struct bundle_lines *l, struct str line, struct err *e)
{
    l->line_off = l->text.len;
    buf_addstr(&l->text, line);
    return end_line(l, e);
}

int bundle_lines_flush(struct bundle_lines *l, struct err *e)
{
    if (!l->bundle)
        return err_set(e, ERR_CANCEL, "the bundle was given up");
    return l->text.len ? put_part(l, e) : 0;
}

uint64_t bundle_lines_count(const struct bundle_lines *l)
{
    return l->count;
}

void bundle_lines_abort(struct bundle_lines *l)
{
    struct bundle_lines **at;

    if (!l)
        return;
    if (l->bundle) {
        for (at = &l->bundle->lines; *at != l;)
            at = &(*at)->next;
        *at = l->next;
    }
    buf_release(&l->text);
    free(l->name);
    free(l);
}

int bundle_lines_end(struct bundle_lines *l, struct err *e)
{
    int code = 0;

    if (!l->bundle)
        code = err_set(e, ERR_CANCEL, "the bundle was given up");
    else if (l->text.len)
        code = put_part(l, e);
    bundle_lines_abort(l);
    return code;
}
