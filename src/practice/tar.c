/* tar.c: writes archives in the pax format. */
#include "practice/tar.h"
#include <linux/fs.h>

/* The map of a sparse file and its headers, as GNU tar specifies them ("Storing Sparse Files", PAX
 * format, version 1.0): the number of areas, then offset and size of each, a decimal number a line,
 * filled up with zeros to whole blocks. An empty area stands where the file ends. */
static void add_map(struct buf *out, const struct file_areas *a)
{
    const struct file_area *last = a->count ? &a->list[a->count - 1] : NULL;
    bool ends_in_hole = !last || last->off + last->size < a->size;
    size_t start = out->len;

    buf_add_u64(out, a->count + ends_in_hole);
    buf_addc(out, '\n');
    for (size_t i = 0; i < a->count; i++) {
        buf_add_u64(out, a->list[i].off);
        buf_addc(out, '\n');
        buf_add_u64(out, a->list[i].size);
        buf_addc(out, '\n');
    }
    if (ends_in_hole)
        buf_addf(out, "%llu\n0\n", (unsigned long long)a->size);
    pax_add_padding(out, out->len - start);
}

static void add_block(struct buf *out, char type, struct str name, uint64_t size,
                      const struct tar_member *m)
{
    struct pax_header h = {.name = name,
                           .target = type == '1' || type == '2' ? m->target : STR(""),
                           .type = type,
                           .mode = m->mode,
                           .uid = m->uid,
                           .gid = m->gid,
                           .size = size,
                           .time = m->modified.sec};

    pax_add_header(out, &h);
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] >= 0x7f)
            return false;
    return true;
}

/* The words of chattr(1) that libarchive knows under these names (SCHILY.fflags). */
static void add_flags(struct buf *records, uint64_t flags)
{
    static const struct {
        uint64_t flag;
        const char *word;
    } words[] = {{FS_IMMUTABLE_FL, "schg"},
                 {FS_APPEND_FL, "sappnd"},
                 {FS_NODUMP_FL, "nodump"},
                 {FS_NOATIME_FL, "noatime"}};
    CLEANUP_BUF struct buf text = {0};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (flags & words[i].flag)
            buf_addf(&text, "%s%s", text.len ? "," : "", words[i].word);
    if (text.len)
        pax_add_record(records, "SCHILY.fflags", buf_str(&text));
}

static void add_attribute(struct buf *records, const struct file_attribute *a)
{
    CLEANUP_BUF struct buf acl = {0};
    bool is_access = strcmp(a->name, "system.posix_acl_access") == 0;

    if ((is_access || strcmp(a->name, "system.posix_acl_default") == 0) &&
        file_acl_text(&acl, a->value))
        pax_add_record(records, is_access ? "SCHILY.acl.access" : "SCHILY.acl.default",
                       buf_str(&acl));
    else
        pax_add_attribute(records, a->name, a->value);
}

static void add_more(struct buf *records, const struct file_facts *f)
{
    if (f->x.stx_mask & STATX_BTIME)
        pax_add_time(records, "LIBARCHIVE.creationtime",
                     (struct utc){f->x.stx_btime.tv_sec, f->x.stx_btime.tv_nsec});
    add_flags(records, f->flags);
    for (size_t i = 0; i < f->attribute_count; i++)
        add_attribute(records, &f->attributes[i]);
}

static bool is_utf8(const struct tar_member *m, struct str path)
{
    for (size_t i = 0; m->more && i < m->more->attribute_count; i++)
        if (str_has_utf8_error(str_of(m->more->attributes[i].name)))
            return false;
    return !str_has_utf8_error(path) && !str_has_utf8_error(m->target);
}

static void add_extended_header(struct buf *out, const struct tar_member *m, struct str path,
                                uint64_t size)
{
    CLEANUP_BUF struct buf records = {0};

    /* Names are bytes; only where they are no UTF-8 must that be said. */
    if (!is_utf8(m, path))
        pax_add_record(&records, "hdrcharset", STR("BINARY"));
    if (m->areas) {
        pax_add_number(&records, "GNU.sparse.major", 1);
        pax_add_number(&records, "GNU.sparse.minor", 0);
        pax_add_record(&records, "GNU.sparse.name", path);
        pax_add_number(&records, "GNU.sparse.realsize", m->size);
    } else if (path.len > PAX_NAME_SIZE || !is_plain(path)) {
        pax_add_record(&records, "path", path);
    }
    if (m->target.len > PAX_NAME_SIZE || !is_plain(m->target))
        pax_add_record(&records, "linkpath", m->target);
    if (size >= PAX_SIZE_LIMIT)
        pax_add_number(&records, "size", size);
    if (m->uid >= PAX_ID_LIMIT)
        pax_add_number(&records, "uid", m->uid);
    if (m->gid >= PAX_ID_LIMIT)
        pax_add_number(&records, "gid", m->gid);
    pax_add_time(&records, "mtime", m->modified);
    pax_add_time(&records, "atime", m->accessed);
    pax_add_time(&records, "ctime", m->changed);
    if (m->more)
        add_more(&records, m->more);
    add_block(out, 'x', STR("pax-header"), records.len, m);
    buf_addstr(out, buf_str(&records));
    pax_add_padding(out, records.len);
}

/* Without the leading slashes; of the top itself only a dot is left. */
static struct str inner_path(struct str path)
{
    while (path.len && path.p[0] == '/')
        path = str_from(path, 1);
    return path.len ? path : STR(".");
}

uint64_t tar_content_size(const struct tar_member *m)
{
    return m->areas ? m->areas->data : m->size;
}

void tar_add_header(struct buf *out, const struct tar_member *m)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf map = {0};
    struct tar_member inner = *m;
    uint64_t size;

    buf_addstr(&path, inner_path(m->path));
    if (m->type == '5')
        buf_addc(&path, '/');
    if (m->type == '1')
        inner.target = inner_path(m->target);
    if (m->areas)
        add_map(&map, m->areas);
    size = map.len + tar_content_size(m);
    add_extended_header(out, &inner, buf_str(&path), size);
    /* A program that knows no sparse members must not take the map for the file. */
    add_block(out, m->type, m->areas ? STR("GNUSparseFile.0/sparse") : buf_str(&path), size,
              &inner);
    buf_addstr(out, buf_str(&map));
}

void tar_add_padding(struct buf *out, uint64_t size)
{
    pax_add_padding(out, size);
}

void tar_add_end(struct buf *out)
{
    buf_addn(out, '\0', 2 * PAX_BLOCK_SIZE);
}
