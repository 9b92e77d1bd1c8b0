/* json_flat.c: reads a JSON object into names and values, without copies where there are no
 * escapes. */
#include "timeline/json_flat.h"
#include <string.h>
#include "timeline/format.h"

struct flat {
    struct json_flat *f;
    struct str rest;
    size_t name_len; /* past FIELD_NAME_SIZE: too long to be told */
    char name[FIELD_NAME_SIZE];
};

static bool take_value(struct flat *f, unsigned depth);

static void skip_space(struct flat *f)
{
    size_t i = 0;

    while (i < f->rest.len && (f->rest.p[i] == ' ' || f->rest.p[i] == '\t' ||
                               f->rest.p[i] == '\n' || f->rest.p[i] == '\r'))
        i++;
    f->rest = str_from(f->rest, i);
}

static bool take_char(struct flat *f, char c)
{
    if (f->rest.len == 0 || f->rest.p[0] != c)
        return false;
    f->rest = str_from(f->rest, 1);
    return true;
}

/* Up to the quote that ends it, escapes and all. */
static bool take_raw(struct flat *f, struct str *raw, bool *has_escape)
{
    size_t i = 0;

    *has_escape = false;
    if (!take_char(f, '"'))
        return false;
    for (; i < f->rest.len && f->rest.p[i] != '"'; i++) {
        if ((uint8_t)f->rest.p[i] < 0x20)
            return false;
        if (f->rest.p[i] == '\\') {
            *has_escape = true;
            i++;
        }
    }
    if (i >= f->rest.len)
        return false;
    *raw = str_head(f->rest, i);
    f->rest = str_from(f->rest, i + 1);
    return true;
}

static bool take_hex4(struct str *rest, uint32_t *out)
{
    uint32_t n = 0;

    if (rest->len < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        char c = rest->p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

        if (digit < 0 || digit > 15 || (digit > 9 && (c | 0x20) < 'a'))
            return false;
        n = n << 4 | (uint32_t)digit;
    }
    *out = n;
    *rest = str_from(*rest, 4);
    return true;
}

/* A half of a pair that stands alone is written as UTF-8 would write it, and so shown as bytes. */
static size_t put_character(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

static bool take_unicode(struct str *rest, char *out, size_t *len)
{
    struct str behind;
    uint32_t c, low;

    if (!take_hex4(rest, &c))
        return false;
    behind = *rest;
    if (c >= 0xD800 && c < 0xDC00 && str_take(&behind, "\\u") && take_hex4(&behind, &low) &&
        low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        *rest = behind;
    }
    *len = put_character(out, c);
    return true;
}

/* Behind the backslash. */
static bool take_escape(struct str *rest, char *out, size_t *len)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found;
    char c = rest->p[0];

    *rest = str_from(*rest, 1);
    if (c == 'u')
        return take_unicode(rest, out, len);
    found = c ? strchr(from, c) : NULL;
    if (!found)
        return false;
    out[0] = to[found - from];
    *len = 1;
    return true;
}

/* Escapes never grow: what they stand for is shorter. */
static bool unescape(struct str raw, char *out, size_t *out_len)
{
    size_t len = 0, one;

    while (raw.len) {
        size_t plain = 0;

        while (plain < raw.len && raw.p[plain] != '\\')
            plain++;
        memcpy(out + len, raw.p, plain);
        len += plain;
        raw = str_from(raw, plain);
        if (raw.len == 0)
            break;
        raw = str_from(raw, 1);
        if (raw.len == 0 || !take_escape(&raw, out + len, &one))
            return false;
        len += one;
    }
    *out_len = len;
    return true;
}

static bool take_text(struct flat *f, struct str *out)
{
    struct event *e = f->f->e;
    struct str raw, text;
    bool has_escape;

    if (!take_raw(f, &raw, &has_escape))
        return false;
    if (!has_escape) {
        *out = reader_text(e, raw);
        return true;
    }
    if (EVENT_SCRATCH_SIZE - e->scratch_len < raw.len) {
        f->f->has_left_out = true;
        *out = STR("");
        return true;
    }
    text.p = e->scratch + e->scratch_len;
    if (!unescape(raw, e->scratch + e->scratch_len, &text.len))
        return false;
    e->scratch_len += text.len;
    *out = reader_text(e, text);
    return true;
}

static void tell(struct flat *f, struct str value, bool is_text)
{
    struct json_value v = {{f->name, f->name_len}, value, is_text};

    if (f->name_len > FIELD_NAME_SIZE)
        f->f->has_left_out = true;
    else
        f->f->take(f->f->context, &v);
}

static size_t digits_of(struct str s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

static bool take_number(struct flat *f, struct str *out)
{
    struct str at = f->rest;
    size_t digits;

    (void)str_take(&at, "-");
    digits = digits_of(at);
    if (digits == 0 || (digits > 1 && at.p[0] == '0'))
        return false;
    at = str_from(at, digits);
    if (str_take(&at, ".")) {
        digits = digits_of(at);
        if (digits == 0)
            return false;
        at = str_from(at, digits);
    }
    if (at.len && (at.p[0] | 0x20) == 'e') {
        at = str_from(at, 1);
        if (!str_take(&at, "+"))
            (void)str_take(&at, "-");
        digits = digits_of(at);
        if (digits == 0)
            return false;
        at = str_from(at, digits);
    }
    *out = str_head(f->rest, f->rest.len - at.len);
    f->rest = at;
    return true;
}

static bool take_scalar(struct flat *f)
{
    struct str value;

    if (f->rest.len && f->rest.p[0] == '"') {
        if (!take_text(f, &value))
            return false;
        tell(f, value, true);
        return true;
    }
    if (str_take(&f->rest, "null"))
        return true;
    if (str_take(&f->rest, "true"))
        value = STR("true");
    else if (str_take(&f->rest, "false"))
        value = STR("false");
    else if (!take_number(f, &value))
        return false;
    tell(f, value, false);
    return true;
}

static bool add_name(struct flat *f, struct str name)
{
    size_t need = name.len + (f->name_len != 0);

    if (f->name_len > FIELD_NAME_SIZE || need > FIELD_NAME_SIZE - f->name_len) {
        f->name_len = FIELD_NAME_SIZE + 1;
        return true;
    }
    if (f->name_len)
        f->name[f->name_len++] = '.';
    memcpy(f->name + f->name_len, name.p, name.len);
    f->name_len += name.len;
    return true;
}

static bool take_member(struct flat *f, unsigned depth)
{
    size_t before = f->name_len;
    struct str name;

    skip_space(f);
    if (!take_text(f, &name) || !add_name(f, name))
        return false;
    skip_space(f);
    if (!take_char(f, ':') || !take_value(f, depth))
        return false;
    f->name_len = before;
    return true;
}

static bool take_object(struct flat *f, unsigned depth)
{
    skip_space(f);
    if (take_char(f, '}'))
        return true;
    do {
        if (!take_member(f, depth))
            return false;
        skip_space(f);
    } while (take_char(f, ','));
    return take_char(f, '}');
}

/* "[72, 105]"; false and nothing taken where it is another list. */
static bool take_bytes(struct flat *f)
{
    struct event *e = f->f->e;
    struct str at = f->rest, text = {e->scratch + e->scratch_len, 0};

    do {
        uint64_t n;
        struct str digits;

        at = str_trim(at);
        digits = str_head(at, digits_of(at));
        if (digits.len == 0 || digits.len > 3 || !str_u64(digits, &n) || n > 255 ||
            e->scratch_len + text.len == EVENT_SCRATCH_SIZE)
            return false;
        e->scratch[e->scratch_len + text.len++] = (char)n;
        at = str_from(at, digits.len);
        while (at.len && (char_is_blank(at.p[0]) || at.p[0] == '\n' || at.p[0] == '\r'))
            at = str_from(at, 1);
    } while (str_take(&at, ","));
    if (!str_take(&at, "]"))
        return false;
    e->scratch_len += text.len;
    f->rest = at;
    tell(f, reader_text(e, text), true);
    return true;
}

static bool take_list(struct flat *f, unsigned depth)
{
    skip_space(f);
    if (take_char(f, ']'))
        return true;
    if (f->f->bytes_as_text && take_bytes(f))
        return true;
    do {
        if (!take_value(f, depth))
            return false;
        skip_space(f);
    } while (take_char(f, ','));
    return take_char(f, ']');
}

static bool take_value(struct flat *f, unsigned depth)
{
    skip_space(f);
    if (depth > JSON_DEPTH_MOST)
        return false;
    if (take_char(f, '{'))
        return take_object(f, depth + 1);
    if (take_char(f, '['))
        return take_list(f, depth + 1);
    return take_scalar(f);
}

bool json_flat(struct json_flat *flat, struct str *text)
{
    struct flat f = {.f = flat, .rest = *text};

    skip_space(&f);
    if (f.rest.len == 0 || f.rest.p[0] != '{' || !take_value(&f, 0))
        return false;
    *text = f.rest;
    return true;
}
