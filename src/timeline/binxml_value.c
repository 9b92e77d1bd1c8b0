/* binxml_value.c: numbers, texts, times, SIDs and GUIDs of binary XML become text. */
#include "timeline/binxml_value.h"
#include <stdio.h>
#include "timeline/bytes.h"

enum {
    TYPE_INT8 = 3,
    TYPE_UINT8,
    TYPE_INT16,
    TYPE_UINT16,
    TYPE_INT32,
    TYPE_UINT32,
    TYPE_INT64,
    TYPE_UINT64,
    TYPE_FLOAT,
    TYPE_DOUBLE,
    TYPE_BOOL,
    TYPE_BINARY,
    TYPE_GUID,
    TYPE_SIZE,
    TYPE_SYSTEMTIME = 0x12,
    TYPE_SID = 0x13,
    TYPE_HEX32 = 0x14,
    TYPE_HEX64 = 0x15,
    TYPE_COUNT,
    SID_HEAD = 8,
    TICKS_OF_S = 10000000,
    DAY_S = 86400,
};
static const uint64_t seconds_1601 = 11644473600U; /* to 1970 */

static const char digits[] = "0123456789abcdef";

static void add_byte(struct event *e, char c)
{
    if (e->scratch_len < EVENT_SCRATCH_SIZE)
        e->scratch[e->scratch_len++] = c;
}

static void add_text(struct event *e, struct str text)
{
    (void)event_keep(e, text);
}

static void add_decimal(struct event *e, uint64_t n)
{
    char text[20];
    size_t at = sizeof(text);

    do
        text[--at] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    add_text(e, (struct str){text + at, sizeof(text) - at});
}

static void add_padded(struct event *e, unsigned n, unsigned width)
{
    char text[12];
    int len = snprintf(text, sizeof(text), "%0*u", (int)width, n);

    add_text(e, (struct str){text, (size_t)len});
}

static void add_signed(struct event *e, int64_t n)
{
    if (n < 0)
        add_byte(e, '-');
    add_decimal(e, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

static void add_hex(struct event *e, uint64_t n)
{
    char text[18];
    size_t at = sizeof(text);

    do
        text[--at] = digits[n & 15];
    while ((n >>= 4) != 0);
    add_text(e, STR("0x"));
    add_text(e, (struct str){text + at, sizeof(text) - at});
}

static void add_escaped(struct event *e, unsigned unit)
{
    char text[8] = {'\\', 'x', digits[unit >> 4 & 15],  digits[unit & 15],
                    '\\', 'x', digits[unit >> 12 & 15], digits[unit >> 8 & 15]};

    add_text(e, (struct str){text, unit ? 8 : 4});
}

static void add_point(struct event *e, uint32_t c)
{
    char text[4];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if (len == 1) {
        add_byte(e, (char)c);
        return;
    }
    for (size_t i = len; --i > 0; c >>= 6)
        text[i] = (char)(0x80 | (c & 0x3F));
    text[0] = (char)(0xF00 >> len | c);
    add_text(e, (struct str){text, len});
}

static bool is_high(unsigned unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(unsigned unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

/* False: it has what is no text. Then the backslashes of a text are doubled the second time. */
static bool add_units(struct event *e, struct str utf16, bool is_escaping)
{
    size_t i = 0;

    while (i + 2 <= utf16.len) {
        unsigned unit = le16(utf16, i);
        unsigned next = i + 4 <= utf16.len ? le16(utf16, i + 2) : 0;

        i += 2;
        if (unit == '\\' && is_escaping)
            add_text(e, STR("\\\\"));
        else if (unit && !is_high(unit) && !is_low(unit))
            add_point(e, unit);
        else if (is_high(unit) && is_low(next)) {
            add_point(e, 0x10000 + ((unit & 0x3FFU) << 10 | (next & 0x3FFU)));
            i += 2;
        } else if (is_escaping) {
            add_escaped(e, unit);
        } else {
            return false;
        }
    }
    return true;
}

void binxml_add_utf16(struct event *e, struct str utf16)
{
    size_t before = e->scratch_len;

    utf16.len &= ~(size_t)1;
    while (utf16.len && le16(utf16, utf16.len - 2) == 0)
        utf16.len -= 2;
    if (add_units(e, utf16, false))
        return;
    e->scratch_len = before;
    (void)add_units(e, utf16, true);
    if (event_value(e, FIELD_EVENT_ORIGINAL_BYTES).len == 0)
        event_puts(e, FIELD_EVENT_ORIGINAL_BYTES, "yes");
}

static void add_ansi(struct event *e, struct str bytes)
{
    size_t before = e->scratch_len;
    struct str text;

    while (bytes.len && bytes.p[bytes.len - 1] == '\0')
        bytes.len--;
    text = reader_text(e, bytes);
    if (e->scratch_len == before)
        add_text(e, text);
}

static void add_guid(struct event *e, struct str b)
{
    static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

    add_byte(e, '{');
    for (size_t i = 0; i < sizeof(order); i++) {
        uint8_t c = (uint8_t)b.p[order[i]];

        if (i == 4 || i == 6 || i == 8 || i == 10)
            add_byte(e, '-');
        add_byte(e, digits[c >> 4]);
        add_byte(e, digits[c & 15]);
    }
    add_byte(e, '}');
}

/* MS-DTYP §2.4.2.1. */
static bool add_sid(struct event *e, struct str b)
{
    uint64_t authority = 0;
    size_t count;

    if (b.len < SID_HEAD)
        return false;
    count = (uint8_t)b.p[1];
    if (b.len < SID_HEAD + 4 * count)
        return false;
    for (size_t i = 2; i < SID_HEAD; i++)
        authority = authority << 8 | (uint8_t)b.p[i];
    add_text(e, STR("S-"));
    add_decimal(e, (uint8_t)b.p[0]);
    add_byte(e, '-');
    if (authority > UINT32_MAX)
        add_hex(e, authority);
    else
        add_decimal(e, authority);
    for (size_t i = 0; i < count; i++) {
        add_byte(e, '-');
        add_decimal(e, le32(b, SID_HEAD + 4 * i));
    }
    return true;
}

static void add_clock(struct event *e, unsigned hour, unsigned minute, unsigned second)
{
    add_byte(e, 'T');
    add_padded(e, hour, 2);
    add_byte(e, ':');
    add_padded(e, minute, 2);
    add_byte(e, ':');
    add_padded(e, second, 2);
    add_byte(e, '.');
}

static void add_date(struct event *e, unsigned year, unsigned month, unsigned day)
{
    add_padded(e, year, 4);
    add_byte(e, '-');
    add_padded(e, month, 2);
    add_byte(e, '-');
    add_padded(e, day, 2);
}

static void add_filetime(struct event *e, uint64_t ticks)
{
    uint64_t seconds = ticks / TICKS_OF_S, left = seconds % DAY_S;
    struct stated s = {0};

    stated_from_seconds(&s, (int64_t)seconds - (int64_t)seconds_1601);
    add_date(e, (unsigned)s.year, (unsigned)s.month, (unsigned)s.day);
    add_clock(e, (unsigned)(left / 3600), (unsigned)(left / 60 % 60), (unsigned)(left % 60));
    add_padded(e, (unsigned)(ticks % TICKS_OF_S), 7);
    add_byte(e, 'Z');
}

static void add_systemtime(struct event *e, struct str b)
{
    add_date(e, le16(b, 0), le16(b, 2), le16(b, 6));
    add_clock(e, le16(b, 8), le16(b, 10), le16(b, 12));
    add_padded(e, le16(b, 14), 3);
    add_byte(e, 'Z');
}

static void add_binary(struct event *e, struct str b)
{
    static const char capitals[] = "0123456789ABCDEF";

    for (size_t i = 0; i < b.len; i++) {
        add_byte(e, capitals[(uint8_t)b.p[i] >> 4]);
        add_byte(e, capitals[b.p[i] & 15]);
    }
}

/* As few digits as give the number again. */
static void add_real(struct event *e, double n, bool is_single)
{
    char text[40];
    int len = 0;

    for (int precision = 1; precision <= 17; precision++) {
        double again;

        len = snprintf(text, sizeof(text), "%.*g", precision, n);
        again = strtod(text, NULL);
        if (again == n || (is_single && (float)again == (float)n))
            break;
    }
    add_text(e, (struct str){text, (size_t)len});
}

static void add_float(struct event *e, struct str b)
{
    float n;

    memcpy(&n, b.p, sizeof(n));
    add_real(e, (double)n, true);
}

static void add_double(struct event *e, struct str b)
{
    double n;

    memcpy(&n, b.p, sizeof(n));
    add_real(e, n, false);
}

/* 0: of any size. */
static size_t size_of(unsigned type)
{
    static const uint8_t sizes[TYPE_COUNT] = {
        [TYPE_INT8] = 1,       [TYPE_UINT8] = 1,       [TYPE_INT16] = 2, [TYPE_UINT16] = 2,
        [TYPE_INT32] = 4,      [TYPE_UINT32] = 4,      [TYPE_INT64] = 8, [TYPE_UINT64] = 8,
        [TYPE_FLOAT] = 4,      [TYPE_DOUBLE] = 8,      [TYPE_BOOL] = 4,  [TYPE_GUID] = 16,
        [BINXML_FILETIME] = 8, [TYPE_SYSTEMTIME] = 16, [TYPE_HEX32] = 4, [TYPE_HEX64] = 8,
    };

    return type < TYPE_COUNT ? sizes[type] : 0;
}

static bool add_number(struct event *e, unsigned type, struct str b)
{
    switch (type) {
    case TYPE_INT8:
        add_signed(e, (int8_t)b.p[0]);
        return true;
    case TYPE_UINT8:
        add_decimal(e, (uint8_t)b.p[0]);
        return true;
    case TYPE_INT16:
        add_signed(e, (int16_t)le16(b, 0));
        return true;
    case TYPE_UINT16:
        add_decimal(e, le16(b, 0));
        return true;
    case TYPE_INT32:
        add_signed(e, (int32_t)le32(b, 0));
        return true;
    case TYPE_UINT32:
        add_decimal(e, le32(b, 0));
        return true;
    case TYPE_INT64:
        add_signed(e, (int64_t)le64(b, 0));
        return true;
    case TYPE_UINT64:
        add_decimal(e, le64(b, 0));
        return true;
    case TYPE_HEX32:
        add_hex(e, le32(b, 0));
        return true;
    case TYPE_HEX64:
        add_hex(e, le64(b, 0));
        return true;
    case TYPE_BOOL:
        add_text(e, le32(b, 0) ? STR("true") : STR("false"));
        return true;
    default:
        return false;
    }
}

bool binxml_add_value(struct event *e, unsigned type, struct str b)
{
    if (b.len < size_of(type))
        return false;
    switch (type) {
    case BINXML_STRING:
        binxml_add_utf16(e, b);
        return true;
    case BINXML_ANSI:
        add_ansi(e, b);
        return true;
    case TYPE_FLOAT:
        add_float(e, b);
        return true;
    case TYPE_DOUBLE:
        add_double(e, b);
        return true;
    case TYPE_BINARY:
        add_binary(e, b);
        return true;
    case TYPE_GUID:
        add_guid(e, b);
        return true;
    case TYPE_SIZE:
        if (b.len != 4 && b.len != 8)
            return false;
        add_hex(e, b.len == 4 ? le32(b, 0) : le64(b, 0));
        return true;
    case BINXML_FILETIME:
        add_filetime(e, le64(b, 0));
        return true;
    case TYPE_SYSTEMTIME:
        add_systemtime(e, b);
        return true;
    case TYPE_SID:
        return add_sid(e, b);
    default:
        return add_number(e, type, b);
    }
}

/* Strings of an array each end with NUL; SIDs tell their size. */
bool binxml_take_item(unsigned type, struct str *rest, struct str *item)
{
    size_t size = size_of(type), i = 0;

    if (rest->len == 0)
        return false;
    if (type == BINXML_STRING) {
        while (i + 2 <= rest->len && le16(*rest, i) != 0)
            i += 2;
        *item = str_head(*rest, i);
        *rest = str_from(*rest, i + 2);
        return true;
    }
    if (type == BINXML_ANSI) {
        *item = str_cut(rest, '\0');
        return true;
    }
    if (type == TYPE_SID && rest->len >= SID_HEAD)
        size = SID_HEAD + 4 * (size_t)(uint8_t)rest->p[1];
    if (size == 0)
        size = rest->len;
    *item = str_head(*rest, size);
    *rest = str_from(*rest, size);
    return true;
}
