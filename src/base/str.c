/* str.c: slices and buffers. */
#include "base/str.h"
#include "base/mem.h"

int str_cmp(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.p, b.p, len) : 0;

    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_ends(struct str s, const char *with)
{
    size_t len = strlen(with);

    return s.len >= len && memcmp(s.p + s.len - len, with, len) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len && is_space(s.p[s.len - 1]))
        s.len--;
    return s;
}

struct str path_base(struct str path)
{
    while (path.len && memchr(path.p, '/', path.len))
        (void)str_cut(&path, '/');
    return path;
}

struct str str_cut(struct str *rest, char at)
{
    const char *found = rest->len ? memchr(rest->p, at, rest->len) : NULL;
    struct str part = {rest->p, found ? (size_t)(found - rest->p) : rest->len};

    *rest = str_from(*rest, found ? part.len + 1 : part.len);
    return part;
}

struct str str_field(struct str *rest)
{
    size_t start = 0;
    size_t end;
    struct str field;

    while (start < rest->len && (rest->p[start] == ' ' || rest->p[start] == '\t'))
        start++;
    end = start;
    while (end < rest->len && rest->p[end] != ' ' && rest->p[end] != '\t')
        end++;
    field = (struct str){rest->p + start, end - start};
    *rest = str_from(*rest, end);
    return field;
}

bool str_has_line(struct str lines, struct str line)
{
    while (lines.len)
        if (str_eq(str_cut(&lines, '\n'), line))
            return true;
    return false;
}

bool str_u64(struct str s, uint64_t *out)
{
    uint64_t n = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(s.p[i] - '0'), &n))
            return false;
    }
    *out = n;
    return true;
}

bool str_take_u64(struct str *rest, size_t most, uint64_t *out)
{
    size_t len = 0;

    while (len < rest->len && len < most && char_is_digit(rest->p[len]))
        len++;
    if (!str_u64(str_head(*rest, len), out))
        return false;
    *rest = str_from(*rest, len);
    return true;
}

/* The length of the well-formed UTF-8 sequence at p, or 0 (RFC 3629 §4). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char low, high, second_low, second_high;
        size_t len;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        size_t len = forms[i].len;

        if (p[0] < forms[i].low || p[0] > forms[i].high)
            continue;
        if (len > left || (len > 1 && (p[1] < forms[i].second_low || p[1] > forms[i].second_high)))
            return 0;
        for (size_t k = 2; k < len; k++)
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        return len;
    }
    return 0;
}

bool str_has_utf8_error(struct str s)
{
    for (size_t i = 0; i < s.len;) {
        size_t len = utf8_length((const unsigned char *)s.p + i, s.len - i);

        if (len == 0)
            return true;
        i += len;
    }
    return false;
}

bool str_is_ascii(struct str s)
{
    static const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    uint64_t found = 0, part;
    size_t i = 0;

    /* Eight bytes at a time; a byte of 0x80 and above, or NUL, leaves its high bit. */
    for (; i + sizeof(part) <= s.len; i += sizeof(part)) {
        memcpy(&part, s.p + i, sizeof(part));
        found |= part | (part - ones);
    }
    for (; i < s.len; i++)
        found |= (uint8_t)s.p[i] | ((uint64_t)(uint8_t)s.p[i] - 1);
    return !(found & highs);
}

void buf_release(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->p)
        b->p[0] = '\0';
}

void buf_wipe(struct buf *b)
{
    if (b->p)
        mem_wipe(b->p, b->room);
    buf_release(b);
}

char *buf_room(struct buf *b, size_t size)
{
    if (size >= BUF_LIMIT || b->len + size + 1 > BUF_LIMIT)
        BUG("a buffer of %zu and %zu bytes", b->len, size);
    if (b->len + size + 1 > b->room) {
        size_t room = b->room ? b->room : 64;

        while (room < b->len + size + 1)
            room *= 2;
        b->p = mem_resize(b->p, room, 1);
        b->room = room;
    }
    b->p[b->len + size] = '\0';
    return b->p + b->len;
}

void buf_add(struct buf *b, const void *bytes, size_t size)
{
    char *at = buf_room(b, size);

    if (size)
        memcpy(at, bytes, size);
    b->len += size;
}

void buf_adds(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_addstr(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.len);
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_addn(struct buf *b, char c, size_t count)
{
    memset(buf_room(b, count), c, count);
    b->len += count;
}

void buf_addv(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    int len;

    va_copy(again, ap);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0)
        BUG("cannot format %s", fmt);
    vsnprintf(buf_room(b, (size_t)len), (size_t)len + 1, fmt, ap);
    b->len += (size_t)len;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    buf_addv(b, fmt, ap);
    va_end(ap);
}

void buf_add_u64(struct buf *b, uint64_t n)
{
    char digits[20];
    size_t i = sizeof(digits);

    do {
        digits[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    buf_add(b, digits + i, sizeof(digits) - i);
}

void buf_add_escaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.p[i] < 0x20 || s.p[i] == 0x7f || s.p[i] == '\\')
            buf_addf(b, "\\x%02x", (uint8_t)s.p[i]);
        else
            buf_addc(b, s.p[i]);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool buf_add_unescaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        int high, low;

        if (s.p[i] != '\\') {
            buf_addc(b, s.p[i]);
            continue;
        }
        if (s.len - i < 4 || s.p[i + 1] != 'x')
            return false;
        high = hex_digit(s.p[i + 2]);
        low = hex_digit(s.p[i + 3]);
        if (high < 0 || low < 0 || high * 16 + low == 0)
            return false;
        buf_addc(b, (char)(high * 16 + low));
        i += 3;
    }
    return true;
}

struct str buf_str(const struct buf *b)
{
    return (struct str){b->p ? b->p : "", b->len};
}

const char *buf_text(const struct buf *b)
{
    return b->p ? b->p : "";
}

char *buf_take(struct buf *b)
{
    char *text = b->p ? b->p : mem_strdup("");

    *b = (struct buf){0};
    return text;
}
