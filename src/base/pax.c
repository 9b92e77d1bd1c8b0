/* pax.c: writes the blocks and records of archives in the pax format. */
#include "base/pax.h"
#include <inttypes.h>

/* The fields of a ustar header (POSIX.1-2008, pax, "ustar Interchange Format"). */
enum {
    HEADER_NAME = 0,
    HEADER_MODE = 100,
    HEADER_UID = 108,
    HEADER_GID = 116,
    HEADER_SIZE = 124,
    HEADER_TIME = 136,
    HEADER_SUM = 148,
    HEADER_TYPE = 156,
    HEADER_LINK = 157,
    HEADER_MAGIC = 257,
    HEADER_MAJOR = 329,
    HEADER_MINOR = 337,
};

/* As many octal digits as there is room for before the NUL; zero where they do not fit. */
static void put_octal(uint8_t *out, size_t size, uint64_t n)
{
    if (n >> (3 * (size - 1)))
        n = 0;
    out[size - 1] = '\0';
    for (size_t i = size - 1; i-- > 0; n >>= 3)
        out[i] = (uint8_t)('0' + (n & 7));
}

static void put_name(uint8_t *out, struct str name)
{
    if (name.len)
        memcpy(out, name.p, name.len < PAX_NAME_SIZE ? name.len : PAX_NAME_SIZE);
}

void pax_add_header(struct buf *out, const struct pax_header *h)
{
    uint8_t *block = (uint8_t *)buf_room(out, PAX_BLOCK_SIZE);
    unsigned sum = 0;

    memset(block, 0, PAX_BLOCK_SIZE);
    put_name(block + HEADER_NAME, h->name);
    put_octal(block + HEADER_MODE, 8, h->mode & 07777);
    put_octal(block + HEADER_UID, 8, h->uid);
    put_octal(block + HEADER_GID, 8, h->gid);
    put_octal(block + HEADER_SIZE, 12, h->size);
    put_octal(block + HEADER_TIME, 12, h->time < 0 ? 0 : (uint64_t)h->time);
    block[HEADER_TYPE] = (uint8_t)h->type;
    put_name(block + HEADER_LINK, h->target);
    memcpy(block + HEADER_MAGIC,
           "ustar\0"
           "00",
           8);
    put_octal(block + HEADER_MAJOR, 8, h->major);
    put_octal(block + HEADER_MINOR, 8, h->minor);
    /* The sum of all bytes, its own place counted as spaces. */
    memset(block + HEADER_SUM, ' ', 8);
    for (size_t i = 0; i < PAX_BLOCK_SIZE; i++)
        sum += block[i];
    put_octal(block + HEADER_SUM, 7, sum);
    out->len += PAX_BLOCK_SIZE;
}

static size_t digit_count(size_t n)
{
    size_t count = 1;

    while (n /= 10)
        count++;
    return count;
}

void pax_add_record(struct buf *records, const char *keyword, struct str value)
{
    size_t rest = strlen(keyword) + value.len + 3;
    size_t size = rest + digit_count(rest);

    if (digit_count(size) > digit_count(rest))
        size++;
    buf_addf(records, "%zu %s=", size, keyword);
    buf_addstr(records, value);
    buf_addc(records, '\n');
}

void pax_add_number(struct buf *records, const char *keyword, uint64_t n)
{
    char text[32];
    int size = snprintf(text, sizeof(text), "%" PRIu64, n);

    pax_add_record(records, keyword, (struct str){text, (size_t)size});
}

void pax_add_time(struct buf *records, const char *keyword, struct utc t)
{
    bool is_negative = t.sec < 0;
    int64_t sec = is_negative ? -(t.sec + (t.ns > 0)) : t.sec;
    uint32_t ns = is_negative && t.ns ? 1000000000 - t.ns : t.ns;
    char text[48];
    int size =
        snprintf(text, sizeof(text), "%s%" PRId64 ".%09" PRIu32, is_negative ? "-" : "", sec, ns);

    pax_add_record(records, keyword, (struct str){text, (size_t)size});
}

void pax_add_attribute(struct buf *records, const char *name, struct str value)
{
    CLEANUP_BUF struct buf keyword = {0};

    buf_adds(&keyword, "SCHILY.xattr.");
    for (const char *p = name; *p; p++) {
        if (*p == '%' || *p == '=')
            buf_addf(&keyword, "%%%02X", (unsigned)(uint8_t)*p);
        else
            buf_addc(&keyword, *p);
    }
    pax_add_record(records, buf_text(&keyword), value);
}

void pax_add_padding(struct buf *out, uint64_t size)
{
    buf_addn(out, '\0', (PAX_BLOCK_SIZE - size % PAX_BLOCK_SIZE) % PAX_BLOCK_SIZE);
}
