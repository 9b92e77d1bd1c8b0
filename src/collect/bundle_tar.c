/* bundle_tar.c: the headers of the archive's members (POSIX.1-2008, pax). */
#include <inttypes.h>
#include <sys/sysmacros.h>
#include "base/mem.h"
#include "collect/bundle_internal.h"

enum {
    NAME_SIZE = 100,
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
    MODE_MADE = 0644,
};

#define OCTAL_7_LIMIT ((uint64_t)1 << 21)
#define OCTAL_11_LIMIT ((uint64_t)1 << 33)

/* What a header holds, whichever way it is written. */
struct header {
    struct str name;
    struct str target;
    char type;
    unsigned mode;
    uint64_t uid;
    uint64_t gid;
    uint64_t size;
    int64_t time;
    uint64_t major;
    uint64_t minor;
};

static bool add_component(struct buf *out, size_t start, struct str component)
{
    if (component.len == 0 || str_is(component, "."))
        return false;
    if (out->len > start)
        buf_addc(out, '/');
    if (str_is(component, ".."))
        component = STR("__");
    buf_addstr(out, component);
    return true;
}

void bundle_name(struct buf *out, struct str path, uint64_t number)
{
    size_t start = out->len;
    char mark[32];
    int mark_size = snprintf(mark, sizeof(mark), "~%" PRIu64, number);

    while (path.len)
        add_component(out, start, str_cut(&path, '/'));
    if (out->len == start)
        buf_addc(out, '_');
    if (out->len - start <= BUNDLE_PATH_LIMIT)
        return;
    out->len = start + BUNDLE_PATH_LIMIT - (size_t)mark_size;
    buf_add(out, mark, (size_t)mark_size);
}

/* As many octal digits as there is room for before the NUL; zero where they do not fit, for then a
 * record says it. */
static void put_octal(uint8_t *out, size_t size, uint64_t n)
{
    if (n >> (3 * (size - 1)))
        n = 0;
    out[size - 1] = '\0';
    for (size_t i = size - 1; i-- > 0; n >>= 3)
        out[i] = (uint8_t)('0' + (n & 7));
}

static void put_block(struct buf *out, const struct header *h)
{
    uint8_t *block = (uint8_t *)buf_room(out, BUNDLE_BLOCK_SIZE);
    unsigned sum = 0;

    memset(block, 0, BUNDLE_BLOCK_SIZE);
    memcpy(block + HEADER_NAME, h->name.p, h->name.len < NAME_SIZE ? h->name.len : NAME_SIZE);
    put_octal(block + HEADER_MODE, 8, h->mode & 07777);
    put_octal(block + HEADER_UID, 8, h->uid);
    put_octal(block + HEADER_GID, 8, h->gid);
    put_octal(block + HEADER_SIZE, 12, h->size);
    put_octal(block + HEADER_TIME, 12, h->time < 0 ? 0 : (uint64_t)h->time);
    block[HEADER_TYPE] = (uint8_t)h->type;
    if (h->target.len)
        memcpy(block + HEADER_LINK, h->target.p,
               h->target.len < NAME_SIZE ? h->target.len : NAME_SIZE);
    memcpy(block + HEADER_MAGIC,
           "ustar\0"
           "00",
           8);
    put_octal(block + HEADER_MAJOR, 8, h->major);
    put_octal(block + HEADER_MINOR, 8, h->minor);
    memset(block + HEADER_SUM, ' ', 8);
    for (size_t i = 0; i < BUNDLE_BLOCK_SIZE; i++)
        sum += block[i];
    put_octal(block + HEADER_SUM, 7, sum);
    out->len += BUNDLE_BLOCK_SIZE;
}

static size_t digit_count(size_t n)
{
    size_t count = 1;

    while (n /= 10)
        count++;
    return count;
}

/* "SIZE KEYWORD=VALUE\n", where SIZE counts itself. */
static void add_record(struct buf *records, const char *keyword, struct str value)
{
    size_t rest = strlen(keyword) + value.len + 3;
    size_t size = rest + digit_count(rest);

    if (digit_count(size) > digit_count(rest))
        size++;
    buf_addf(records, "%zu %s=", size, keyword);
    buf_addstr(records, value);
    buf_addc(records, '\n');
}

static void add_number(struct buf *records, const char *keyword, uint64_t n)
{
    char text[32];
    int size = snprintf(text, sizeof(text), "%" PRIu64, n);

    add_record(records, keyword, (struct str){text, (size_t)size});
}

/* Decimal; before 1970 the nanoseconds count the other way. */
static void add_time(struct buf *records, const char *keyword, int64_t sec, uint32_t ns)
{
    char text[48];
    const char *sign = "";
    int size;

    if (sec < 0) {
        sign = "-";
        sec = ns ? -(sec + 1) : -sec;
        ns = ns ? 1000000000 - ns : 0;
    }
    size = ns ? snprintf(text, sizeof(text), "%s%" PRId64 ".%09" PRIu32, sign, sec, ns)
              : snprintf(text, sizeof(text), "%s%" PRId64, sign, sec);
    add_record(records, keyword, (struct str){text, (size_t)size});
}

static bool needs_record(struct str name)
{
    if (name.len > NAME_SIZE)
        return true;
    for (size_t i = 0; i < name.len; i++)
        if ((uint8_t)name.p[i] >= 0x80)
            return true;
    return false;
}

static void add_attribute(struct buf *records, const struct bundle_attribute *a)
{
    CLEANUP_BUF struct buf keyword = {0};

    buf_adds(&keyword, "SCHILY.xattr.");
    for (const char *p = a->name; *p; p++) {
        if (*p == '%' || *p == '=')
            buf_addf(&keyword, "%%%02X", (unsigned)(uint8_t)*p);
        else
            buf_addc(&keyword, *p);
    }
    add_record(records, buf_text(&keyword), a->value);
}

static size_t add_attributes(struct buf *records, const struct bundle_member *m)
{
    size_t left_out = 0;
    size_t size = 0;

    for (size_t i = 0; i < m->attribute_count; i++) {
        size_t more = strlen(m->attributes[i].name) + m->attributes[i].value.len;

        if (more > BUNDLE_ATTRIBUTE_LIMIT - size) {
            left_out++;
            continue;
        }
        size += more;
        add_attribute(records, &m->attributes[i]);
    }
    return left_out;
}

static void add_stat(struct buf *records, const struct bundle_member *m)
{
    const struct stat *st = m->st;
    char text[48];
    int size;

    add_time(records, "mtime", st->st_mtim.tv_sec, (uint32_t)st->st_mtim.tv_nsec);
    add_time(records, "atime", st->st_atim.tv_sec, (uint32_t)st->st_atim.tv_nsec);
    add_time(records, "ctime", st->st_ctim.tv_sec, (uint32_t)st->st_ctim.tv_nsec);
    if (m->created.sec || m->created.ns)
        add_time(records, "LIBARCHIVE.creationtime", m->created.sec, m->created.ns);
    if (st->st_uid >= OCTAL_7_LIMIT)
        add_number(records, "uid", st->st_uid);
    if (st->st_gid >= OCTAL_7_LIMIT)
        add_number(records, "gid", st->st_gid);
    add_number(records, "CALM.inode", st->st_ino);
    size = snprintf(text, sizeof(text), "%u:%u", major(st->st_dev), minor(st->st_dev));
    add_record(records, "CALM.device", (struct str){text, (size_t)size});
}

static bool is_binary(const struct bundle_member *m, struct str name, struct str target)
{
    if (str_has_utf8_error(name) || str_has_utf8_error(target))
        return true;
    for (size_t i = 0; i < m->attribute_count; i++)
        if (str_has_utf8_error(m->attributes[i].value) ||
            str_has_utf8_error(str_of(m->attributes[i].name)))
            return true;
    return false;
}

static size_t add_records(struct buf *records, const struct bundle_member *m, struct str name,
                          struct str target)
{
    char text[24];

    if (is_binary(m, name, target))
        add_record(records, "hdrcharset", STR("BINARY"));
    if (needs_record(name))
        add_record(records, "path", name);
    if (needs_record(target))
        add_record(records, "linkpath", target);
    if (m->size >= OCTAL_11_LIMIT)
        add_number(records, "size", m->size);
    if (m->st)
        add_stat(records, m);
    if (m->has_flags) {
        int size = snprintf(text, sizeof(text), "%" PRIx64, m->flags);

        add_record(records, "CALM.flags", (struct str){text, (size_t)size});
    }
    return add_attributes(records, m);
}

static void pad(struct buf *out, size_t size)
{
    buf_addn(out, '\0', (BUNDLE_BLOCK_SIZE - size % BUNDLE_BLOCK_SIZE) % BUNDLE_BLOCK_SIZE);
}

static void add_pax_header(struct buf *out, struct str records, struct utc made)
{
    struct header h = {.name = STR("PaxHeader"),
                       .type = 'x',
                       .mode = MODE_MADE,
                       .size = records.len,
                       .time = made.sec};

    put_block(out, &h);
    buf_addstr(out, records);
    pad(out, records.len);
}

void bundle_header(struct buf *out, const struct bundle_member *m, struct str name,
                   struct str target, struct utc made, size_t *left_out)
{
    CLEANUP_BUF struct buf records = {0};
    struct header h = {.name = name,
                       .target = target,
                       .type = m->type,
                       .mode = MODE_MADE,
                       .size = m->size,
                       .time = made.sec};

    *left_out = add_records(&records, m, name, target);
    if (records.len)
        add_pax_header(out, buf_str(&records), made);
    if (m->st) {
        h.mode = m->st->st_mode;
        h.uid = m->st->st_uid;
        h.gid = m->st->st_gid;
        h.time = m->st->st_mtim.tv_sec;
        h.major = major(m->st->st_rdev);
        h.minor = minor(m->st->st_rdev);
    }
    put_block(out, &h);
}
