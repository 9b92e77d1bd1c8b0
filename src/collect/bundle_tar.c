/* bundle_tar.c: the headers of the archive's members (POSIX.1-2008, pax). */
#include <inttypes.h>
#include <sys/sysmacros.h>
#include "base/mem.h"
#include "base/pax.h"
#include "collect/bundle_internal.h"

enum { MODE_MADE = 0644 };

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

/* A whole second has no fraction here. */
static void add_time(struct buf *records, const char *keyword, int64_t sec, uint32_t ns)
{
    char text[24];
    int size;

    if (ns) {
        pax_add_time(records, keyword, (struct utc){sec, ns});
        return;
    }
    size = snprintf(text, sizeof(text), "%" PRId64, sec);
    pax_add_record(records, keyword, (struct str){text, (size_t)size});
}

static bool needs_record(struct str name)
{
    if (name.len > PAX_NAME_SIZE)
        return true;
    for (size_t i = 0; i < name.len; i++)
        if ((uint8_t)name.p[i] >= 0x80)
            return true;
    return false;
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
        pax_add_attribute(records, m->attributes[i].name, m->attributes[i].value);
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
    if (st->st_uid >= PAX_ID_LIMIT)
        pax_add_number(records, "uid", st->st_uid);
    if (st->st_gid >= PAX_ID_LIMIT)
        pax_add_number(records, "gid", st->st_gid);
    pax_add_number(records, "CALM.inode", st->st_ino);
    size = snprintf(text, sizeof(text), "%u:%u", major(st->st_dev), minor(st->st_dev));
    pax_add_record(records, "CALM.device", (struct str){text, (size_t)size});
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
        pax_add_record(records, "hdrcharset", STR("BINARY"));
    if (needs_record(name))
        pax_add_record(records, "path", name);
    if (needs_record(target))
        pax_add_record(records, "linkpath", target);
    if (m->size >= PAX_SIZE_LIMIT)
        pax_add_number(records, "size", m->size);
    if (m->st)
        add_stat(records, m);
    if (m->has_flags) {
        int size = snprintf(text, sizeof(text), "%" PRIx64, m->flags);

        pax_add_record(records, "CALM.flags", (struct str){text, (size_t)size});
    }
    return add_attributes(records, m);
}

static void add_pax_header(struct buf *out, struct str records, struct utc made)
{
    struct pax_header h = {.name = STR("PaxHeader"),
                           .type = 'x',
                           .mode = MODE_MADE,
                           .size = records.len,
                           .time = made.sec};

    pax_add_header(out, &h);
    buf_addstr(out, records);
    pax_add_padding(out, records.len);
}

void bundle_header(struct buf *out, const struct bundle_member *m, struct str name,
                   struct str target, struct utc made, size_t *left_out)
{
    CLEANUP_BUF struct buf records = {0};
    struct pax_header h = {.name = name,
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
    pax_add_header(out, &h);
}
