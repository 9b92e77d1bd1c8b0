/* letters.c: small letters of UTF-8, after the simple case mappings of Unicode's UnicodeData.txt.
 */
#include "timeline/letters.h"

/* Capital letters from first to last; is_pairs: every other one, each followed by its small one. */
static const struct range {
    uint16_t first, last;
    int16_t to_small;
    bool is_pairs;
} ranges[] = {
    {0x00C0, 0x00D6, 32, false},   {0x00D8, 0x00DE, 32, false}, {0x0100, 0x012E, 1, true},
    {0x0132, 0x0136, 1, true},     {0x0139, 0x0147, 1, true},   {0x014A, 0x0176, 1, true},
    {0x0178, 0x0178, -121, false}, {0x0179, 0x017D, 1, true},   {0x01CD, 0x01DB, 1, true},
    {0x01DE, 0x01EE, 1, true},     {0x01F8, 0x021E, 1, true},   {0x0222, 0x0232, 1, true},
    {0x0386, 0x0386, 38, false},   {0x0388, 0x038A, 37, false}, {0x038C, 0x038C, 64, false},
    {0x038E, 0x038F, 63, false},   {0x0391, 0x03A1, 32, false}, {0x03A3, 0x03AB, 32, false},
    {0x0400, 0x040F, 80, false},   {0x0410, 0x042F, 32, false}, {0x0460, 0x0480, 1, true},
    {0x048A, 0x04BE, 1, true},     {0x04C0, 0x04C0, 15, false}, {0x04C1, 0x04CD, 1, true},
    {0x04D0, 0x052E, 1, true},     {0x0531, 0x0556, 48, false}, {0x1E00, 0x1E94, 1, true},
    {0x1EA0, 0x1EFE, 1, true},     {0xFF21, 0xFF3A, 32, false},
};

static uint32_t small_ascii(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
}

uint32_t letter_small(uint32_t c)
{
    for (size_t i = 0; c >= 0x80 && i < COUNT_OF(ranges); i++) {
        const struct range *r = &ranges[i];

        if (c >= r->first && c <= r->last && !(r->is_pairs && (c - r->first) % 2))
            return (uint32_t)((int32_t)c + r->to_small);
    }
    return small_ascii(c);
}

static bool is_more(struct str text, size_t at)
{
    return at < text.len && ((uint8_t)text.p[at] & 0xC0) == 0x80;
}

static uint32_t low_bits(char c)
{
    return (uint32_t)c & 0x3F;
}

void letters_small(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len;) {
        uint8_t c = (uint8_t)text.p[i];
        uint32_t small;

        if ((c & 0xE0) == 0xC0 && is_more(text, i + 1)) {
            small = letter_small((uint32_t)(c & 0x1F) << 6 | low_bits(text.p[i + 1]));
            buf_addc(out, (char)(0xC0 | small >> 6));
            i += 2;
        } else if ((c & 0xF0) == 0xE0 && is_more(text, i + 1) && is_more(text, i + 2)) {
            small = letter_small((uint32_t)(c & 0x0F) << 12 | low_bits(text.p[i + 1]) << 6 |
                                 low_bits(text.p[i + 2]));
            buf_addc(out, (char)(0xE0 | small >> 12));
            buf_addc(out, (char)(0x80 | (small >> 6 & 0x3F)));
            i += 3;
        } else {
            buf_addc(out, (char)small_ascii(c));
            i++;
            continue;
        }
        buf_addc(out, (char)(0x80 | (small & 0x3F)));
    }
}
