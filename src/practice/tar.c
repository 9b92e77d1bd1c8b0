/* tar.c: writes archives in the pax format. */
#include "practice/tar.h"

/* The fields of a ustar header: where, and how long (POSIX.1-2008, pax, "ustar Interchange
 * Format"). */
enum {
    NAME_AT = 0,
    NAME_SIZE = 100,
    MODE_AT = 100,
    UID_AT = 108,
    GID_AT = 116,
    ID_DIGITS = 7,
    SIZE_AT = 124,
    MTIME_AT = 136,
    LONG_DIGITS = 11,
    SUM_AT = 148,
    SUM_SIZE = 8,
    TYPE_AT = 156,
    LINK_AT = 157,
    MAGIC_AT = 257,
    MAJOR_AT = 329,
    MINOR_AT = 337,
};

static const uint64_t id_limit = 1 << 21;             /* 8 to the 7 */
static const uint64_t long_limit = (uint64_t)1 << 33; /* 8 to the 11 */

static void put_octal(char *block, size_t at, int digits, uint64_t limit, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof(text), "%0*llo", digits, (unsigned long long)(n < limit ? n : 0));
    memcpy(block + at, text, (size_t)digits);
}

static void put_text(char *block, size_t at, size_t size, struct str text)
{
    memcpy(block + at, text.p, text.len < size ? text.len : size);
}

/* The sum of the header's bytes, its own place counted as spaces. */
static void put_sum(char *block)
{
    unsigned sum = 0;
    char text[8];

    memset(block + SUM_AT, ' ', SUM_SIZE);
    for (size_t i = 0; i < TAR_BLOCK_SIZE; i++)
        sum += (unsigned char)block[i];
    snprintf(text, sizeof(text), "%06o", sum);
    memcpy(block + SUM_AT, text, 7);
}

static void add_block(struct buf *out, char type, struct str name, uint64_t size,
                      const struct tar_member *m)
{
    char block[TAR_BLOCK_SIZE] = {0};
    bool has_time = m->modified.sec >= 0;

    put_text(block, NAME_AT, NAME_SIZE, name);
    put_octal(block, MODE_AT, ID_DIGITS, id_limit, m->mode & 07777);
    put_octal(block, UID_AT, ID_DIGITS, id_limit, m->uid);
    put_octal(block, GID_AT, ID_DIGITS, id_limit, m->gid);
    put_octal(block, SIZE_AT, LONG_DIGITS, long_limit, size);
    put_octal(block, MTIME_AT, LONG_DIGITS, long_limit, has_time ? (uint64_t)m->modified.sec : 0);
    block[TYPE_AT] = type;
    put_text(block, LINK_AT, NAME_SIZE, type == '2' ? m->target : STR(""));
    memcpy(block + MAGIC_AT, "ustar\00000", 8);
    put_octal(block, MAJOR_AT, ID_DIGITS, id_limit, 0); /* of no device, but digits all the same */
    put_octal(block, MINOR_AT, ID_DIGITS, id_limit, 0);
    put_sum(block);
    buf_add(out, block, sizeof(block));
}

static size_t digits_of(size_t n)
{
    size_t digits = 1;

    while (n >= 10) {
        n /= 10;
        digits++;
    }
    return digits;
}

/* "LENGTH NAME=VALUE\n", where the length counts itself. */
static void add_extended(struct buf *out, const char *name, struct str value)
{
    size_t rest = 1 + strlen(name) + 1 + value.len + 1;
    size_t len = rest + digits_of(rest);

    if (digits_of(len) + rest != len)
        len = rest + digits_of(len);
    buf_addf(out, "%zu %s=", len, name);
    buf_addstr(out, value);
    buf_addc(out, '\n');
}

static void add_number(struct buf *out, const char *name, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
    add_extended(out, name, str_of(text));
}

/* Seconds as a decimal fraction; before 1970 the nanoseconds count the other way. */
static void add_time(struct buf *out, const char *name, struct utc t)
{
    bool is_negative = t.sec < 0;
    int64_t sec = is_negative ? -t.sec - (t.ns > 0) : t.sec;
    uint32_t ns = is_negative && t.ns ? 1000000000 - t.ns : t.ns;
    char text[48];

    snprintf(text, sizeof(text), "%s%lld.%09u", is_negative ? "-" : "", (long long)sec, ns);
    add_extended(out, name, str_of(text));
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] >= 0x7f)
            return false;
    return true;
}

static void add_padded(struct buf *out, struct str content)
{
    buf_addstr(out, content);
    tar_add_padding(out, content.len);
}

static void add_extended_header(struct buf *out, const struct tar_member *m, struct str path)
{
    CLEANUP_BUF struct buf records = {0};

    /* Names are bytes; only where they are no UTF-8 must that be said. */
    if (str_has_utf8_error(path) || str_has_utf8_error(m->target))
        add_extended(&records, "hdrcharset", STR("BINARY"));
    if (path.len > NAME_SIZE || !is_plain(path))
        add_extended(&records, "path", path);
    if (m->target.len > NAME_SIZE || !is_plain(m->target))
        add_extended(&records, "linkpath", m->target);
    if (m->size >= long_limit)
        add_number(&records, "size", m->size);
    if (m->uid >= id_limit)
        add_number(&records, "uid", m->uid);
    if (m->gid >= id_limit)
        add_number(&records, "gid", m->gid);
    add_time(&records, "mtime", m->modified);
    add_time(&records, "atime", m->accessed);
    add_time(&records, "ctime", m->changed);
    add_block(out, 'x', STR("pax-header"), records.len, m);
    add_padded(out, buf_str(&records));
}

void tar_add_header(struct buf *out, const struct tar_member *m)
{
    CLEANUP_BUF struct buf path = {0};
    struct str rest = m->path;

    while (rest.len && rest.p[0] == '/')
        rest = str_from(rest, 1);
    buf_addstr(&path, rest.len ? rest : STR("."));
    if (m->type == '5')
        buf_addc(&path, '/');
    add_extended_header(out, m, buf_str(&path));
    add_block(out, m->type, buf_str(&path), m->size, m);
}

void tar_add_padding(struct buf *out, uint64_t size)
{
    buf_addn(out, '\0', (TAR_BLOCK_SIZE - size % TAR_BLOCK_SIZE) % TAR_BLOCK_SIZE);
}

void tar_add_end(struct buf *out)
{
    buf_addn(out, '\0', 2 * TAR_BLOCK_SIZE);
}
