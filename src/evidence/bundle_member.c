/* bundle_member.c: reads the archive of a bundle, strictly: what its page does not name is refused,
 * so that no two readers can see different things in it. */
#include "base/limits.h"
#include "base/mem.h"
#include "evidence/bundle_walk.h"

enum {
    BLOCK = 512,
    NAME_SIZE = 100,
    AT_MODE = 100,
    AT_UID = 108,
    AT_GID = 116,
    AT_SIZE = 124,
    AT_TIME = 136,
    AT_SUM = 148,
    AT_TYPE = 156,
    AT_LINK = 157,
    AT_MAGIC = 257,
    AT_OWNER = 265, /* names of owner and group */
    AT_MAJOR = 329,
    AT_PREFIX = 345,
};

enum record {
    RECORD_PATH,
    RECORD_LINK,
    RECORD_SIZE,
    RECORD_UID,
    RECORD_GID,
    RECORD_TIME,
    RECORD_CHARSET,
    RECORD_ATIME,
    RECORD_CTIME,
    RECORD_CREATED,
    RECORD_INODE,
    RECORD_DEVICE,
    RECORD_FLAGS,
    RECORD_COUNT,
};

static const char *const record_names[RECORD_COUNT] = {
    "path",       "linkpath",    "size",       "uid",   "gid",
    "mtime",      "hdrcharset",  "atime",      "ctime", "LIBARCHIVE.creationtime",
    "CALM.inode", "CALM.device", "CALM.flags",
};

enum state { STATE_HEADER, STATE_RECORDS, STATE_CONTENT, STATE_ZERO, STATE_END };

const struct bundle_members_limits bundle_members_usual = {
    "bundle", "a million", BUNDLE_WALK_MEMBERS, BUNDLE_WALK_ARCHIVE};

struct bundle_members {
    const struct archived_receiver *to;
    const struct bundle_members_limits *limits;
    enum state state;
    uint8_t block[BLOCK];
    size_t block_size;  /* bytes of the block that are there */
    struct buf records; /* of the header of type x before this member */
    bool has_records;
    struct str values[RECORD_COUNT]; /* in records; p is NULL where absent */
    uint64_t left;                   /* of the content or the records */
    uint64_t padding;                /* behind them */
    uint64_t size;                   /* of the content */
    uint64_t count;
};

struct bundle_members *bundle_members_new(const struct archived_receiver *to,
                                          const struct bundle_members_limits *limits)
{
    struct bundle_members *m = mem_new(struct bundle_members);

    m->to = to;
    m->limits = limits;
    return m;
}

void bundle_members_free(struct bundle_members *m)
{
    if (!m)
        return;
    buf_release(&m->records);
    free(m);
}

uint64_t bundle_members_count(const struct bundle_members *m)
{
    return m->count;
}

bool bundle_members_is_at_end(const struct bundle_members *m)
{
    return m->state == STATE_END;
}

static int unsound(const struct bundle_members *m, struct err *e, const char *why)
{
    return err_set(e, ERR_FORMAT, "member %llu %s", (unsigned long long)m->count + 1, why);
}

static int unlike(const struct bundle_members *m, struct err *e, const char *why)
{
    return err_set(e, ERR_FORMAT, "member %llu %s that no %s has", (unsigned long long)m->count + 1,
                   why, m->limits->what);
}

/* All digits of the field, and a NUL. */
static bool read_octal(const uint8_t *field, size_t size, uint64_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i + 1 < size; i++) {
        if (field[i] < '0' || field[i] > '7')
            return false;
        n = n << 3 | (uint64_t)(field[i] - '0');
    }
    *out = n;
    return field[size - 1] == '\0';
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

static bool has_sum(const uint8_t *block)
{
    uint64_t sum = 0;
    uint64_t said;

    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= AT_SUM && i < AT_SUM + 8 ? ' ' : block[i];
    return read_octal(block + AT_SUM, 7, &said) && block[AT_SUM + 7] == ' ' && said == sum;
}

static bool is_header(const uint8_t *block)
{
    static const char magic[8] = {'u', 's', 't', 'a', 'r', '\0', '0', '0'};
    uint64_t n;

    return has_sum(block) && memcmp(block + AT_MAGIC, magic, sizeof(magic)) == 0 &&
           is_zero(block + AT_OWNER, AT_MAJOR - AT_OWNER) &&
           is_zero(block + AT_PREFIX, BLOCK - AT_PREFIX) && read_octal(block + AT_MODE, 8, &n) &&
           n <= 07777 && read_octal(block + AT_MAJOR, 8, &n) &&
           read_octal(block + AT_MAJOR + 8, 8, &n);
}

static struct str field_text(const uint8_t *field)
{
    return (struct str){(const char *)field, strnlen((const char *)field, NAME_SIZE)};
}

/* Relative, and down only. */
static bool leads_down(struct str name)
{
    if (name.len == 0 || name.len > LIMIT_ARCHIVE_PATH_SIZE || memchr(name.p, '\0', name.len) ||
        name.p[name.len - 1] == '/')
        return false;
    while (name.len) {
        struct str component = str_cut(&name, '/');

        if (component.len == 0 || str_is(component, ".") || str_is(component, ".."))
            return false;
    }
    return true;
}

static bool keep_record(struct bundle_members *m, struct str keyword, struct str value)
{
    if (str_starts(keyword, "SCHILY.xattr."))
        return true;
    for (size_t i = 0; i < RECORD_COUNT; i++)
        if (str_is(keyword, record_names[i])) {
            if (m->values[i].p)
                return false;
            m->values[i] = value;
            return true;
        }
    return false;
}

/* "SIZE KEYWORD=VALUE\n" */
static bool take_record(struct bundle_members *m, struct str *rest)
{
    struct str all = *rest;
    struct str number = str_cut(&all, ' ');
    struct str keyword;
    uint64_t size;

    if (number.len > 7 || !str_u64(number, &size) || size > rest->len || size < number.len + 3 ||
        rest->p[size - 1] != '\n')
        return false;
    all = str_head(str_from(*rest, number.len + 1), (size_t)size - number.len - 2);
    *rest = str_from(*rest, (size_t)size);
    if (!memchr(all.p, '=', all.len))
        return false;
    keyword = str_cut(&all, '=');
    return keep_record(m, keyword, all);
}

static int take_records(struct bundle_members *m, struct err *e)
{
    struct str rest = buf_str(&m->records);

    while (rest.len)
        if (!take_record(m, &rest))
            return unlike(m, e, "has a record");
    if (m->values[RECORD_CHARSET].p && !str_is(m->values[RECORD_CHARSET], "BINARY"))
        return unlike(m, e, "has names in a character set");
    m->state = STATE_HEADER;
    return 0;
}

/* The number of a field, or of the record in its place. */
static bool read_number(const struct bundle_members *m, enum record record, size_t at, size_t size,
                        uint64_t *out)
{
    if (!read_octal(m->block + at, size, out))
        return false;
    return !m->values[record].p || str_u64(m->values[record], out);
}

static bool read_time(struct str text, struct utc *out)
{
    struct str whole = str_cut(&text, '.');
    bool is_negative = str_starts(whole, "-");
    uint64_t sec;
    uint64_t ns = 0;

    if (!str_u64(str_from(whole, is_negative), &sec) || sec > (uint64_t)1 << 60 ||
        (text.len && (text.len != 9 || !str_u64(text, &ns))))
        return false;
    *out = (struct utc){(int64_t)sec, (uint32_t)ns};
    if (is_negative)
        *out = (struct utc){-(int64_t)sec - (ns ? 1 : 0), ns ? 1000000000 - (uint32_t)ns : 0};
    return true;
}

static bool read_modified(const struct bundle_members *m, struct utc *out)
{
    uint64_t sec;

    if (!read_octal(m->block + AT_TIME, 12, &sec))
        return false;
    *out = (struct utc){(int64_t)sec, 0};
    return !m->values[RECORD_TIME].p || read_time(m->values[RECORD_TIME], out);
}

static bool read_type(uint8_t type, enum archived_type *out)
{
    static const enum archived_type types[] = {
        ARCHIVED_FILE,         ARCHIVED_HARDLINK, ARCHIVED_SYMLINK, ARCHIVED_CHARACTER_DEVICE,
        ARCHIVED_BLOCK_DEVICE, ARCHIVED_FOLDER,   ARCHIVED_FIFO,
    };

    if (type < '0' || type > '6')
        return false;
    *out = types[type - '0'];
    return true;
}

static int check_names(const struct bundle_members *m, const struct archived *entry, struct err *e)
{
    bool is_link = entry->type == ARCHIVED_SYMLINK || entry->type == ARCHIVED_HARDLINK;

    if (!leads_down(entry->name))
        return unsound(m, e, "has a name that leads out, or nowhere");
    if (entry->type == ARCHIVED_HARDLINK && !leads_down(entry->link))
        return unsound(m, e, "is a link that leads out");
    if (entry->link.len > LIMIT_ARCHIVE_PATH_SIZE || is_link != (entry->link.len > 0) ||
        (entry->link.len && memchr(entry->link.p, '\0', entry->link.len)))
        return unsound(m, e, "is a link to what cannot be");
    return 0;
}

static int read_entry(const struct bundle_members *m, struct archived *out, struct err *e)
{
    uint64_t mode;
    struct archived entry = {
        .name = m->values[RECORD_PATH].p ? m->values[RECORD_PATH] : field_text(m->block),
        .link = m->values[RECORD_LINK].p ? m->values[RECORD_LINK] : field_text(m->block + AT_LINK),
        .has_size = true,
        .has_modified = true,
    };
    int code;

    if (!read_type(m->block[AT_TYPE], &entry.type) || !read_octal(m->block + AT_MODE, 8, &mode) ||
        !read_number(m, RECORD_SIZE, AT_SIZE, 12, &entry.size) ||
        !read_number(m, RECORD_UID, AT_UID, 8, &entry.uid) ||
        !read_number(m, RECORD_GID, AT_GID, 8, &entry.gid) || !read_modified(m, &entry.modified))
        return unlike(m, e, "has a header");
    if (entry.size > m->limits->size || (entry.size && entry.type != ARCHIVED_FILE))
        return unsound(m, e, "says a size that cannot be");
    code = check_names(m, &entry, e);
    if (code)
        return code;
    entry.mode = (uint32_t)mode;
    *out = entry;
    return 0;
}

static int end_member(struct bundle_members *m, struct err *e)
{
    m->count++;
    m->state = STATE_HEADER;
    if (!m->to || !m->to->end)
        return 0;
    return m->to->end(m->to->context, m->size, STR(""), e);
}

static void await(struct bundle_members *m, enum state state, uint64_t size)
{
    m->state = state;
    m->left = size;
    m->padding = (BLOCK - size % BLOCK) % BLOCK;
}

static int begin_member(struct bundle_members *m, struct err *e)
{
    struct archived entry;
    int code = read_entry(m, &entry, e);

    if (code)
        return code;
    if (m->count >= m->limits->count)
        return err_set(e, ERR_LIMIT, "it has more than %s members", m->limits->count_text);
    if (m->to && m->to->entry)
        code = m->to->entry(m->to->context, &entry, e);
    if (code)
        return code;
    buf_clear(&m->records);
    memset(m->values, 0, sizeof(m->values));
    m->has_records = false;
    m->size = entry.size;
    await(m, STATE_CONTENT, entry.size);
    return entry.size ? 0 : end_member(m, e);
}

static int begin_records(struct bundle_members *m, struct err *e)
{
    uint64_t size;

    if (m->has_records || !read_octal(m->block + AT_SIZE, 12, &size) || size == 0 ||
        size > BUNDLE_WALK_RECORDS)
        return unlike(m, e, "has headers");
    m->has_records = true;
    await(m, STATE_RECORDS, size);
    return 0;
}

static int take_block(struct bundle_members *m, struct err *e)
{
    bool is_blank = is_zero(m->block, BLOCK);

    if (m->state == STATE_ZERO && !is_blank)
        return unsound(m, e, "stands behind the end of the archive");
    if (is_blank) {
        if (m->has_records)
            return unlike(m, e, "has headers");
        m->state = m->state == STATE_ZERO ? STATE_END : STATE_ZERO;
        return 0;
    }
    if (!is_header(m->block))
        return unlike(m, e, "has a header");
    return m->block[AT_TYPE] == 'x' ? begin_records(m, e) : begin_member(m, e);
}

/* Content of a member or of records, and what fills its last block. */
static int take_content(struct bundle_members *m, struct str *bytes, struct err *e)
{
    struct str part = str_head(*bytes, m->left < bytes->len ? (size_t)m->left : bytes->len);
    int code = 0;

    *bytes = str_from(*bytes, part.len);
    m->left -= part.len;
    if (m->state == STATE_RECORDS)
        buf_addstr(&m->records, part);
    else if (part.len && m->to && m->to->data)
        code = m->to->data(m->to->context, part, e);
    if (code || m->left)
        return code;
    part = str_head(*bytes, m->padding < bytes->len ? (size_t)m->padding : bytes->len);
    if (!is_zero((const uint8_t *)part.p, part.len))
        return unlike(m, e, "is followed by bytes");
    *bytes = str_from(*bytes, part.len);
    m->padding -= part.len;
    if (m->padding)
        return 0;
    return m->state == STATE_RECORDS ? take_records(m, e) : end_member(m, e);
}

static int gather_block(struct bundle_members *m, struct str *bytes, struct err *e)
{
    struct str part = str_head(*bytes, BLOCK - m->block_size);

    memcpy(m->block + m->block_size, part.p, part.len);
    m->block_size += part.len;
    *bytes = str_from(*bytes, part.len);
    if (m->block_size < BLOCK)
        return 0;
    m->block_size = 0;
    return take_block(m, e);
}

int bundle_members_add(struct bundle_members *m, struct str bytes, struct err *e)
{
    int code = 0;

    while (bytes.len && code == 0) {
        if (m->state == STATE_END)
            return unsound(m, e, "stands behind the end of the archive");
        if (m->state == STATE_CONTENT || m->state == STATE_RECORDS)
            code = take_content(m, &bytes, e);
        else
            code = gather_block(m, &bytes, e);
    }
    return code;
}
