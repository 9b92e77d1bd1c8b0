/* token.c: strict readers for the tokens of the format, one spelling each. */
#include "verify/token.h"

#include <string.h>

struct cursor cursor_of(struct slice s)
{
    return (struct cursor){.at = s.p, .end = s.len ? s.p + s.len : s.p};
}

static size_t left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

bool take(struct cursor *c, const char *literal, size_t len)
{
    if (left(c) < len || memcmp(c->at, literal, len) != 0)
        return false;
    c->at += len;
    return true;
}

bool take_integer(struct cursor *c, uint64_t *out)
{
    const char *p = c->at;
    uint64_t n = 0;

    while (p < c->end && is_digit(*p)) {
        uint64_t digit = (uint64_t)(*p - '0');

        if (n > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
        p++;
    }
    if (p == c->at || (*c->at == '0' && p - c->at > 1))
        return false;
    c->at = p;
    *out = n;
    return true;
}

bool take_string(struct cursor *c, struct slice *out)
{
    const char *p = c->at;

    if (p == c->end || *p != '"')
        return false;
    p++;
    while (p < c->end && *p != '"') {
        if (*p < 0x20 || *p > 0x7e || *p == '\\') {
            c->at = p;
            return false;
        }
        p++;
    }
    if (p == c->end)
        return false;
    *out = (struct slice){c->at + 1, (size_t)(p - c->at - 1)};
    c->at = p + 1;
    return true;
}

/* A digit's value + 1; most of a journal is hex, and a table reads it twice as fast as comparisons
 * do. */
static const uint8_t hex_values[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

bool hex_decode(struct slice text, uint8_t *out, size_t bytes)
{
    unsigned bad = 0;

    if (text.len != bytes * 2)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        unsigned high = hex_values[(uint8_t)text.p[2 * i]];
        unsigned low = hex_values[(uint8_t)text.p[2 * i + 1]];

        bad |= high == 0 || low == 0;
        out[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    return !bad;
}

void hex_encode(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

bool take_hex(struct cursor *c, uint8_t *out, size_t bytes)
{
    if (left(c) < bytes * 2 + 2 || c->at[0] != '"' || c->at[bytes * 2 + 1] != '"')
        return false;
    if (!hex_decode((struct slice){c->at + 1, bytes * 2}, out, bytes))
        return false;
    c->at += bytes * 2 + 2;
    return true;
}

static unsigned number_at(const char *p, size_t digits)
{
    unsigned n = 0;

    for (size_t i = 0; i < digits; i++)
        n = n * 10 + (unsigned)(p[i] - '0');
    return n;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* p holds TIME_LEN bytes. */
static bool time_is_spelled(const char *p)
{
    static const char shape[] = "0000-00-00T00:00:00.000000000Z";
    unsigned month = 0;

    for (size_t i = 0; i < TIME_LEN; i++)
        if (shape[i] == '0' ? !is_digit(p[i]) : p[i] != shape[i])
            return false;
    month = number_at(p + 5, 2);
    if (month < 1 || month > 12)
        return false;
    unsigned day = number_at(p + 8, 2);
    return day >= 1 && day <= days_in_month(number_at(p, 4), month) && number_at(p + 11, 2) <= 23 &&
           number_at(p + 14, 2) <= 59 && number_at(p + 17, 2) <= 59;
}

bool take_time(struct cursor *c, struct slice *out)
{
    if (left(c) < TIME_LEN + 2 || c->at[0] != '"' || c->at[TIME_LEN + 1] != '"' ||
        !time_is_spelled(c->at + 1))
        return false;
    *out = (struct slice){c->at + 1, TIME_LEN};
    c->at += TIME_LEN + 2;
    return true;
}

bool name_is_spelled(struct slice s)
{
    if (s.len < 1 || s.len > NAME_MAX_LEN || s.p[0] < 'a' || s.p[0] > 'z')
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (!is_digit(s.p[i]) && s.p[i] != '-' && (s.p[i] < 'a' || s.p[i] > 'z'))
            return false;
    return true;
}

bool take_name(struct cursor *c, struct slice *out)
{
    struct cursor ahead = *c;
    struct slice s = {NULL, 0};

    if (!take_string(&ahead, &s) || !name_is_spelled(s))
        return false;
    *c = ahead;
    *out = s;
    return true;
}

bool take_type(struct cursor *c, struct slice *name, unsigned *version)
{
    struct cursor ahead = *c;
    struct slice s = {NULL, 0};
    struct cursor number = {NULL, NULL};
    uint64_t n = 0;

    if (!take_string(&ahead, &s))
        return false;
    const char *slash = memchr(s.p, '/', s.len);
    if (slash == NULL || !name_is_spelled((struct slice){s.p, (size_t)(slash - s.p)}))
        return false;
    number = (struct cursor){slash + 1, s.p + s.len};
    if (!take_integer(&number, &n) || number.at != number.end || n < 1 || n > 999)
        return false;
    *c = ahead;
    *name = (struct slice){s.p, (size_t)(slash - s.p)};
    *version = (unsigned)n;
    return true;
}

static bool take_scalar(struct cursor *c, struct value *out)
{
    struct value v = {.kind = VALUE_STRING, .integer = 0, .text = {NULL, 0}, .count = 0};

    if (!take_string(c, &v.text)) {
        if (!take_integer(c, &v.integer))
            return false;
        v.kind = VALUE_INTEGER;
    }
    *out = v;
    return true;
}

bool take_value(struct cursor *c, struct value *out)
{
    struct value v = {.kind = VALUE_ARRAY, .integer = 0, .text = {NULL, 0}, .count = 0};
    struct value item;

    if (!TAKE(c, "["))
        return take_scalar(c, out);
    v.text.p = c->at;
    while (!TAKE(c, "]")) {
        if ((v.count > 0 && !TAKE(c, ",")) || !take_scalar(c, &item))
            return false;
        v.count++;
    }
    v.text.len = (size_t)(c->at - v.text.p) - 1;
    *out = v;
    return true;
}

bool array_next(struct cursor *c, struct value *out)
{
    if (!take_scalar(c, out))
        return false;
    (void)TAKE(c, ","); /* there is none after the last */
    return true;
}

bool slice_is(struct slice s, const char *literal)
{
    return s.len == strlen(literal) && memcmp(s.p, literal, s.len) == 0;
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

int slice_compare(struct slice a, struct slice b)
{
    int order = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool take_utf8(struct cursor *c, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)c->at;
    size_t len = 0;
    uint32_t ch = 0;

    if (left(c) == 0 || (p[0] >= 0x80 && p[0] < 0xc2) || p[0] > 0xf4)
        return false;
    len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (left(c) < len)
        return false;
    ch = len == 1 ? p[0] : p[0] & (0xffU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return false;
        ch = ch << 6 | (p[i] & 0x3f);
    }
    if (ch < least[len] || ch > 0x10ffff || (ch >= 0xd800 && ch <= 0xdfff))
        return false;
    c->at += len;
    *out = ch;
    return true;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(char ch)
{
    if (ch >= 'A' && ch <= 'Z')
        return ch - 'A';
    if (ch >= 'a' && ch <= 'z')
        return ch - 'a' + 26;
    if (is_digit(ch))
        return ch - '0' + 52;
    return ch == '+' ? 62 : ch == '/' ? 63 : -1;
}

/* Decodes four digits of which the last `padding` are '='. Returns false where one is no digit or
 * an unused bit is set. */
static bool decode_group(const char *p, unsigned padding, uint8_t out[3])
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < 4; i++) {
        int v = i < 4 - padding ? base64_value(p[i]) : 0;

        if (v < 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
    }
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    return padding == 0 || (out[2] == 0 && (padding == 1 || out[1] == 0));
}

bool base64_decode(struct slice text, uint8_t *out, size_t room, size_t *len)
{
    unsigned padding = 0;
    size_t total = text.len / 4 * 3;

    if (text.len % 4 != 0)
        return false;
    if (text.len > 0 && text.p[text.len - 1] == '=')
        padding = text.p[text.len - 2] == '=' ? 2 : 1;
    total -= padding;
    if (total > room)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        uint8_t group[3];
        size_t n = i + 4 == text.len ? 3 - padding : 3;

        if (!decode_group(text.p + i, i + 4 == text.len ? padding : 0, group))
            return false;
        if (out != NULL)
            memcpy(out + i / 4 * 3, group, n);
    }
    *len = total;
    return true;
}

void base64_encode(const uint8_t *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i += 3, out += 4) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)bytes[i] << 16;

        bits |= n > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        bits |= n > 2 ? bytes[i + 2] : 0;
        out[0] = base64_digits[bits >> 18];
        out[1] = base64_digits[bits >> 12 & 63];
        out[2] = n > 1 ? base64_digits[bits >> 6 & 63] : '=';
        out[3] = n > 2 ? base64_digits[bits & 63] : '=';
    }
}
