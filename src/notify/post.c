/* post.c: a transfer as bytes, and the cleaning of what a server said. */
#include "notify/post.h"
#include "base/mem.h"
#include "base/sink.h"

void post_release(struct post *p)
{
    for (size_t i = 0; i < COUNT_OF(p->texts); i++)
        buf_wipe(&p->texts[i]);
}

static void add_u32(struct buf *out, uint32_t n)
{
    buf_add(out, &n, sizeof(n));
}

void post_write(struct buf *out, const struct post *p)
{
    add_u32(out, p->kind);
    add_u32(out, p->wall_s);
    add_u32(out, p->can_repeat);
    for (size_t i = 0; i < COUNT_OF(p->texts); i++) {
        add_u32(out, (uint32_t)p->texts[i].len);
        buf_addstr(out, buf_str(&p->texts[i]));
    }
}

static bool take_u32(struct str *rest, uint32_t *out)
{
    if (rest->len < sizeof(*out))
        return false;
    memcpy(out, rest->p, sizeof(*out));
    *rest = str_from(*rest, sizeof(*out));
    return true;
}

static bool take_text(struct str *rest, struct buf *out)
{
    uint32_t size;

    if (!take_u32(rest, &size) || size > rest->len)
        return false;
    buf_addstr(out, str_head(*rest, size));
    *rest = str_from(*rest, size);
    return true;
}

int post_read(struct post *out, struct str bytes, struct err *e)
{
    CLEANUP_POST struct post p = {0};
    uint32_t kind, wall_s, can_repeat;
    bool is_whole;

    if (bytes.len > POST_SIZE_LIMIT)
        return err_set(e, ERR_LIMIT, "an order of %zu bytes", bytes.len);
    is_whole = take_u32(&bytes, &kind) && take_u32(&bytes, &wall_s) &&
               take_u32(&bytes, &can_repeat) && kind < POST_KIND_COUNT_ && can_repeat <= 1;
    for (size_t i = 0; is_whole && i < COUNT_OF(p.texts); i++)
        is_whole = take_text(&bytes, &p.texts[i]);
    if (!is_whole || bytes.len)
        return err_set(e, ERR_FORMAT, "an order that is not spelled as calm does");
    p.kind = (enum post_kind)kind;
    p.wall_s = wall_s;
    p.can_repeat = can_repeat;
    *out = p;
    p = (struct post){0};
    return 0;
}

/* Spaces, what turns the direction, and what is invisible are all one to a reader of a log. */
static bool is_shown(uint32_t c)
{
    return c > 0x20 && c != 0x7F && !(c >= 0x80 && c <= 0xA0) && c != 0xAD &&
           !(c >= 0x200B && c <= 0x200F) && !(c >= 0x2028 && c <= 0x202F) &&
           !(c >= 0x2060 && c <= 0x206F) && c != 0xFEFF && !(c >= 0xFFF0 && c <= 0xFFFB) &&
           !(c >= 0xE0000 && c <= 0xE0FFF);
}

void post_clean(char out[POST_SAID_SIZE + 1], struct str text)
{
    size_t len = 0;
    bool wants_space = false;

    while (text.len) {
        struct str before = text;
        uint32_t c = utf8_take(&text);
        size_t size = before.len - text.len;
        /* A byte that is no UTF-8 is given as U+FFFD, of which it has not the bytes. */
        bool is_own = c != 0xFFFD && is_shown(c);

        if (!is_own) {
            wants_space = len > 0;
            continue;
        }
        if (len + size + wants_space > POST_SAID_SIZE)
            break;
        if (wants_space)
            out[len++] = ' ';
        wants_space = false;
        memcpy(out + len, before.p, size);
        len += size;
    }
    out[len] = '\0';
}

bool post_is_clean(struct str text)
{
    char again[POST_SAID_SIZE + 1];

    if (text.len > POST_SAID_SIZE)
        return false;
    post_clean(again, text);
    return str_is(text, again);
}
