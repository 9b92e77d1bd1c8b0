/* sink.c: the one escaping writer for each way out. */
#include "base/sink.h"
#include <wchar.h>

uint32_t utf8_take(struct str *text)
{
    const unsigned char *p = (const unsigned char *)text->p;
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t c = len == 1 ? p[0] : len == 2 ? p[0] & 0x1f : len == 3 ? p[0] & 0x0f : p[0] & 0x07;

    if (len > text->len || str_has_utf8_error(str_head(*text, len))) {
        *text = str_from(*text, 1);
        return 0xfffd;
    }
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (p[i] & 0x3f);
    *text = str_from(*text, len);
    return c;
}

void utf8_add(struct buf *out, uint32_t c)
{
    char bytes[4];
    size_t len;

    if (c < 0x80) {
        bytes[0] = (char)c;
        len = 1;
    } else if (c < 0x800) {
        bytes[0] = (char)(0xc0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3f));
        len = 2;
    } else if (c < 0x10000) {
        bytes[0] = (char)(0xe0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (c & 0x3f));
        len = 3;
    } else {
        bytes[0] = (char)(0xf0 | c >> 18);
        bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (c & 0x3f));
        len = 4;
    }
    buf_add(out, bytes, len);
}

/* Characters that change how text around them is shown, or are not seen at all (Unicode categories
 * Cc, Cf, Zl, Zp, tags, private use). */
static bool is_deceptive(uint32_t c)
{
    static const struct {
        uint32_t low, high;
    } ranges[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},        {0xad, 0xad},     {0x61c, 0x61c},
        {0x180e, 0x180e},   {0x200b, 0x200f},    {0x2028, 0x202e}, {0x2060, 0x206f},
        {0xe000, 0xf8ff},   {0xfeff, 0xfeff},    {0xfff9, 0xfffb}, {0x1d173, 0x1d17a},
        {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
    };

    for (size_t i = 0; i < COUNT_OF(ranges); i++)
        if (c >= ranges[i].low && c <= ranges[i].high)
            return true;
    return false;
}

void sink_terminal(struct buf *out, struct str text, bool lines)
{
    while (text.len) {
        uint32_t c = utf8_take(&text);

        if (c == '\n' && lines)
            buf_addc(out, '\n');
        else if (c == '\n')
            buf_adds(out, "\xe2\x86\xb5");
        else if (c == '\t')
            buf_adds(out, lines ? "    " : " ");
        else if (is_deceptive(c))
            buf_addf(out, "\\u{%x}", (unsigned)c);
        else
            utf8_add(out, c);
    }
}

/* Soft hyphen, zero-width non-joiner and joiner: seen by what they do to the letters beside them.
 */
static bool is_of_words(uint32_t c)
{
    return c == 0xad || c == 0x200c || c == 0x200d;
}

void sink_line(struct buf *out, struct str text)
{
    while (text.len) {
        struct str before = text;
        uint32_t c = utf8_take(&text);

        if (is_of_words(c))
            utf8_add(out, c);
        else
            sink_terminal(out, str_head(before, before.len - text.len), false);
    }
}

bool sink_line_keeps(struct str text)
{
    CLEANUP_BUF struct buf out = {0};

    sink_line(&out, text);
    return str_eq(buf_str(&out), text);
}

/* The bytes of the next character of UTF-8 text that may stand in a line; 0 for one that may not.
 */
static size_t plain_len(struct str rest)
{
    unsigned char c = (unsigned char)rest.p[0];
    size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

    if (c < 0x20 || c == 0x7f || c == '\\' || len > rest.len)
        return 0;
    return str_has_utf8_error(str_head(rest, len)) ? 0 : len;
}

static void add_path(struct buf *out, struct str path, bool (*keeps)(struct str text))
{
    while (path.len) {
        size_t len = plain_len(path);
        size_t size = len ? len : 1;

        if (len && (!keeps || keeps(str_head(path, len))))
            buf_add(out, path.p, len);
        else
            for (size_t i = 0; i < size; i++)
                buf_addf(out, "\\x%02x", (unsigned char)path.p[i]);
        path = str_from(path, size);
    }
}

void sink_path(struct buf *out, struct str path)
{
    add_path(out, path, NULL);
}

void sink_path_line(struct buf *out, struct str path)
{
    add_path(out, path, sink_line_keeps);
}

void sink_json(struct buf *out, struct str text)
{
    while (text.len) {
        uint32_t c = utf8_take(&text);

        if (c == '"' || c == '\\')
            buf_addf(out, "\\%c", (char)c);
        else if (c == '\n')
            buf_adds(out, "\\n");
        else if (c > 0xffff && is_deceptive(c))
            buf_addf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
                     (unsigned)(0xdc00 + (c & 0x3ff)));
        else if (is_deceptive(c))
            buf_addf(out, "\\u%04x", (unsigned)c);
        else
            utf8_add(out, c);
    }
}

void sink_html(struct buf *out, struct str text)
{
    while (text.len) {
        uint32_t c = utf8_take(&text);

        switch (c) {
        case '&':
            buf_adds(out, "&amp;");
            break;
        case '<':
            buf_adds(out, "&lt;");
            break;
        case '>':
            buf_adds(out, "&gt;");
            break;
        case '"':
            buf_adds(out, "&quot;");
            break;
        case '\'':
            buf_adds(out, "&#39;");
            break;
        case '\n':
        case '\t':
            buf_addc(out, (char)c);
            break;
        default:
            if (is_deceptive(c))
                buf_addf(out, "\\u{%x}", (unsigned)c);
            else
                utf8_add(out, c);
        }
    }
}

void sink_markdown(struct buf *out, struct str text)
{
    while (text.len) {
        uint32_t c = utf8_take(&text);

        if (c == '\n' || c == '\t')
            buf_addc(out, ' ');
        else if (is_deceptive(c))
            buf_addf(out, "\\\\u{%x}", (unsigned)c);
        else if (c < 0x80 && strchr("\\`*_{}[]()<>#+-!|~&", (int)c))
            buf_addf(out, "\\%c", (char)c);
        else
            utf8_add(out, c);
    }
}

void sink_csv(struct buf *out, struct str text)
{
    buf_addc(out, '"');
    if (text.len && strchr("=+-@\t\r", text.p[0]) && text.p[0])
        buf_addc(out, '\'');
    while (text.len) {
        uint32_t c = utf8_take(&text);

        if (c == '"')
            buf_adds(out, "\"\"");
        else if (c == '\n')
            buf_addc(out, '\n');
        else if (is_deceptive(c))
            buf_addf(out, "\\u{%x}", (unsigned)c);
        else
            utf8_add(out, c);
    }
    buf_addc(out, '"');
}

void sink_filename(struct buf *out, struct str text)
{
    size_t start = out->len;

    for (size_t i = 0; i < text.len && i < 120; i++) {
        char c = text.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || (c == '.' && out->len > start);

        buf_addc(out, plain ? c : '_');
    }
    if (out->len == start)
        buf_addc(out, '_');
}

enum { PATH_PART_SIZE = 200 };

/* Whether a character may stand in a part of a path, where it does not stand at its ends. */
static bool is_plain_in_path(uint32_t c)
{
    return c != 0xfffd && !is_deceptive(c) && !(c < 0x80 && strchr("/\\%<>:\"|?*", (int)c));
}

/* The same for one that does. */
static bool is_plain_at_end(uint32_t c, bool is_first, bool is_last)
{
    return !(is_first && c == '-') && !(is_last && (c == '.' || c == ' '));
}

static void add_percent(struct buf *out, struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        buf_addf(out, "%%%02X", (unsigned)(unsigned char)bytes.p[i]);
}

void sink_path_part(struct buf *out, struct str name)
{
    size_t start = out->len;
    struct str rest = name;

    if (name.len == 0)
        buf_adds(out, "%00");
    while (rest.len) {
        struct str here = rest;
        uint32_t c = utf8_take(&rest);
        bool is_plain = is_plain_in_path(c) && is_plain_at_end(c, out->len == start, !rest.len);

        here.len -= rest.len;
        if (out->len - start + 3 * here.len > PATH_PART_SIZE) {
            buf_adds(out, "%~");
            return;
        }
        if (is_plain)
            buf_addstr(out, here);
        else
            add_percent(out, here);
    }
}

static bool is_plain_to_shell(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!(word.p[i] >= 'a' && word.p[i] <= 'z') && !(word.p[i] >= 'A' && word.p[i] <= 'Z') &&
            !(word.p[i] >= '0' && word.p[i] <= '9') && !memchr("-_./,:+@", word.p[i], 8))
            return false;
    return word.len > 0;
}

void sink_shell(struct buf *out, struct str word)
{
    CLEANUP_BUF struct buf shown = {0};

    if (str_starts(word, "-"))
        buf_adds(&shown, "./");
    sink_terminal(&shown, word, false);
    if (is_plain_to_shell(buf_str(&shown))) {
        buf_addstr(out, buf_str(&shown));
        return;
    }
    buf_addc(out, '\'');
    for (size_t i = 0; i < shown.len; i++) {
        if (shown.p[i] == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addc(out, shown.p[i]);
    }
    buf_addc(out, '\'');
}

static size_t char_columns(uint32_t c)
{
    int width = c < 0x80 ? 1 : wcwidth((wchar_t)c);

    return width < 0 ? 1 : (size_t)width;
}

size_t utf8_columns(struct str text)
{
    size_t columns = 0;

    while (text.len)
        columns += char_columns(utf8_take(&text));
    return columns;
}

struct str utf8_head_columns(struct str text, size_t columns)
{
    struct str rest = text;

    while (rest.len) {
        struct str before = rest;
        size_t width = char_columns(utf8_take(&rest));

        if (width > columns)
            return str_head(text, (size_t)(before.p - text.p));
        columns -= width;
    }
    return text;
}
