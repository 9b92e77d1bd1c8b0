/* utf16.c: knows text in UTF-16, and makes UTF-8 of it; and lines that end with CR. */
#include "timeline/utf16.h"

enum {
    HIGH_FIRST = 0xD800,
    LOW_FIRST = 0xDC00,
    LOW_LAST = 0xDFFF,
    PAIR_FIRST = 0x10000,
    UNITS_LEAST = 8, /* of what states nothing */
    ASCII_SHARE = 4, /* one unit in so many, or more */
    ODD_SHARE = 64,  /* one unit in so many, or fewer */
};

void text_end_lines(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] == '\r')
            bytes[i] = '\n';
}

static bool is_big(enum text_encoding e)
{
    return e == TEXT_UTF16BE || e == TEXT_UTF16BE_BY_LOOK;
}

static unsigned unit_at(struct str s, size_t at, bool big)
{
    unsigned a = (uint8_t)s.p[at], b = (uint8_t)s.p[at + 1];

    return big ? a << 8 | b : b << 8 | a;
}

static bool is_high(unsigned unit)
{
    return unit >= HIGH_FIRST && unit < LOW_FIRST;
}

static bool is_low(unsigned unit)
{
    return unit >= LOW_FIRST && unit <= LOW_LAST;
}

/* RFC 3629 section 3. */
static size_t put(char *out, uint32_t c)
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < PAIR_FIRST ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (size_t i = len; i > 1; c >>= 6)
        out[--i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(marks[len] | c);
    return len;
}

size_t utf16_decode(enum text_encoding encoding, struct str in, bool is_end, char *out,
                    size_t *taken)
{
    bool big = is_big(encoding);
    size_t at = 0, len = 0;

    while (at + UTF16_UNIT <= in.len) {
        uint32_t c = unit_at(in, at, big);
        bool has_next = at + 2 * UTF16_UNIT <= in.len;
        unsigned next = has_next ? unit_at(in, at + UTF16_UNIT, big) : 0;

        if (is_high(c) && !has_next && !is_end)
            break;
        at += UTF16_UNIT;
        if (is_high(c) && is_low(next)) {
            c = PAIR_FIRST + ((c - HIGH_FIRST) << 10) + (next - LOW_FIRST);
            at += UTF16_UNIT;
        }
        len += put(out + len, c);
    }
    *taken = at;
    return len;
}

/* Each character has one byte that is not 10xxxxxx; one of four bytes is a pair. */
uint64_t utf16_size(struct str decoded)
{
    uint64_t units = 0;

    for (size_t i = 0; i < decoded.len; i++) {
        uint8_t c = (uint8_t)decoded.p[i];

        units += (c & 0xC0) != 0x80;
        units += c >= 0xF0;
    }
    return units * UTF16_UNIT;
}

static bool is_ascii(unsigned unit)
{
    return (unit >= ' ' && unit < 0x7F) || unit == '\t' || unit == '\n' || unit == '\r';
}

/* Unicode 15, sections 23.1 and 23.7. */
static bool is_odd(unsigned before, unsigned unit, unsigned next)
{
    if (is_high(unit))
        return !is_low(next);
    if (is_low(unit))
        return !is_high(before);
    return (unit < ' ' && !(unit >= '\t' && unit <= '\r') && unit != 0x1B && (unit || before)) ||
           (unit >= 0x7F && unit < 0xA0 && unit != 0x85) || unit >= 0xFFFE;
}

static void see_order(struct utf16_order_look *look, struct str part, bool big)
{
    unsigned before = 1, unit = unit_at(part, 0, big);

    for (size_t at = UTF16_UNIT; at <= part.len; at += UTF16_UNIT) {
        bool has_next = at + UTF16_UNIT <= part.len;
        unsigned next = has_next ? unit_at(part, at, big) : 0;

        look->ascii += is_ascii(unit);
        look->odd += is_odd(before, unit, next);
        before = unit;
        unit = next;
    }
}

void utf16_see(struct utf16_look *look, struct str part)
{
    part.len &= ~(size_t)1;
    if (part.len == 0)
        return;
    look->units += part.len / UTF16_UNIT;
    for (size_t i = 0; i < COUNT_OF(look->orders); i++)
        see_order(&look->orders[i], part, i == 1);
}

static bool is_sound(const struct utf16_look *look, bool big)
{
    return look->orders[big].odd <= look->units / ODD_SHARE;
}

/* Of a few words one character may be odd. */
static bool is_marked(const struct utf16_look *look, bool big)
{
    return is_sound(look, big) || look->orders[big].odd == 1;
}

static bool looks_so(const struct utf16_look *look, bool big)
{
    return look->units >= UNITS_LEAST && is_sound(look, big) &&
           look->orders[big].ascii * ASCII_SHARE >= look->units &&
           look->orders[big].ascii > look->orders[!big].ascii;
}

static enum text_encoding mark_of(struct str head)
{
    bool is_utf32 = head.len >= 4 && memcmp(head.p, "\xFF\xFE\0\0", 4) == 0;

    return is_utf32                       ? TEXT_AS_IT_IS
           : str_starts(head, "\xFF\xFE") ? TEXT_UTF16LE
           : str_starts(head, "\xFE\xFF") ? TEXT_UTF16BE
                                          : TEXT_AS_IT_IS;
}

bool utf16_has_mark(struct str head)
{
    return mark_of(head) != TEXT_AS_IT_IS;
}

enum text_encoding utf16_find(const struct utf16_look *look, struct str head)
{
    enum text_encoding marked = mark_of(head);

    if (marked != TEXT_AS_IT_IS && is_marked(look, marked == TEXT_UTF16BE))
        return marked;
    return looks_so(look, false)  ? TEXT_UTF16LE_BY_LOOK
           : looks_so(look, true) ? TEXT_UTF16BE_BY_LOOK
                                  : TEXT_AS_IT_IS;
}
