/* manifest.c: writes the list of an intake. */
#include "practice/manifest.h"
#include "base/file_kind.h"
#include "base/json.h"

struct manifest {
    struct blob_writer *writer;
    struct buf line;
    struct json json;
    uint64_t lines;
    uint64_t taken;
    uint64_t left;
    struct hash *parts;
    size_t part_count;
    size_t part_room;
};

static const char *const kept_words[] = {
    [KEPT_NOT] = "no", [KEPT_ITEM] = "item", [KEPT_ARCHIVE] = "archive", [KEPT_LISTED] = "listed"};

static int end_line(struct manifest *m, struct err *e)
{
    int rc;

    json_object_end(&m->json);
    buf_addc(&m->line, '\n');
    rc = blob_write(m->writer, m->line.p, m->line.len, e);
    buf_clear(&m->line);
    m->lines++;
    return rc;
}

static struct json *begin_line(struct manifest *m)
{
    json_begin(&m->json, &m->line);
    json_object_begin(&m->json);
    return &m->json;
}

int manifest_begin(struct manifest **out, struct store *store, const char *host, struct err *e)
{
    CLEANUP(manifest_abortp) struct manifest *m = mem_new(struct manifest);
    int rc = blob_begin(&m->writer, store, e);

    if (rc)
        return rc;
    begin_line(m);
    json_put_text(&m->json, "format", "calm-intake/1");
    json_put_text(&m->json, "host", host);
    json_put_utc(&m->json, "begun", utc_now());
    json_put_text(&m->json, "program", "calm " CALM_VERSION);
    rc = end_line(m, e);
    if (rc == 0)
        *out = MOVE(m);
    return rc;
}

/* Text of any bytes; where it is not UTF-8 a second member holds it in hex. */
static void put_bytes(struct json *j, const char *name, const char *hex_name, struct str text)
{
    json_put_str(j, name, text);
    if (str_has_utf8_error(text))
        json_put_hex(j, hex_name, text.p, text.len);
}

static void put_time(struct json *j, const char *name, struct timespec t)
{
    json_put_utc(j, name, (struct utc){t.tv_sec, (uint32_t)t.tv_nsec});
}

static void put_facts(struct json *j, const struct stat *st)
{
    char mode[8];

    snprintf(mode, sizeof(mode), "%04o", st->st_mode & 07777);
    json_put_text(j, "mode", mode);
    json_put_u64(j, "uid", st->st_uid);
    json_put_u64(j, "gid", st->st_gid);
    put_time(j, "modified", st->st_mtim);
    put_time(j, "changed", st->st_ctim);
    put_time(j, "accessed", st->st_atim);
    json_put_u64(j, "device", st->st_dev);
    json_put_u64(j, "inode", st->st_ino);
    json_put_u64(j, "links", st->st_nlink);
    if (S_ISREG(st->st_mode))
        json_put_u64(j, "size", (uint64_t)st->st_size);
}

static void put_more(struct json *j, const struct file_facts *f)
{
    if (f->x.stx_mask & STATX_BTIME)
        json_put_utc(j, "created", (struct utc){f->x.stx_btime.tv_sec, f->x.stx_btime.tv_nsec});
    file_facts_put_more(j, f);
}

static void put_digests(struct json *j, const struct blob_digests *d)
{
    json_put_u64(j, "taken", d->size);
    json_put_hex(j, "sha256", d->sha256.b, sizeof(d->sha256.b));
    json_put_hex(j, "md5", d->md5, sizeof(d->md5));
}

int manifest_add(struct manifest *m, const struct manifest_line *line, struct err *e)
{
    const struct walk_entry *entry = line->entry;
    const struct stat *st = line->st ? line->st : &entry->st;
    struct json *j = begin_line(m);

    put_bytes(j, "path", "path_hex", str_of(entry->path));
    json_put_text(j, "type", file_kind(entry->st.st_mode));
    if (entry->target)
        put_bytes(j, "target", "target_hex", str_of(entry->target));
    if (st->st_mode)
        put_facts(j, st);
    if (line->more)
        put_more(j, line->more);
    if (line->holes)
        json_put_u64(j, "holes", line->holes);
    json_put_text(j, "kept", kept_words[line->kept]);
    if (line->kept == KEPT_ARCHIVE)
        json_put_u64(j, "part", line->part);
    if (line->digests)
        put_digests(j, line->digests);
    if (line->stored)
        json_put_hex(j, "data_sha256", line->stored->b, sizeof(line->stored->b));
    if (line->same)
        put_bytes(j, "same_as", "same_as_hex", str_of(line->same));
    if (line->remark.len)
        json_put_str(j, "remark", line->remark);
    m->taken += line->kept != KEPT_NOT;
    m->left += line->kept == KEPT_NOT;
    return end_line(m, e);
}

void manifest_part(struct manifest *m, const struct hash *sha256)
{
    m->parts = mem_grow(m->parts, m->part_count, &m->part_room, sizeof(m->parts[0]));
    m->parts[m->part_count++] = *sha256;
}

int manifest_commit(struct manifest *m, struct blob_digests *out, struct err *e)
{
    struct json *j = begin_line(m);
    int rc;

    json_put_utc(j, "ended", utc_now());
    json_put_u64(j, "lines", m->lines);
    json_put_u64(j, "kept", m->taken);
    json_put_u64(j, "not_kept", m->left);
    json_name(j, "parts");
    json_array_begin(j);
    for (size_t i = 0; i < m->part_count; i++)
        json_hex(j, m->parts[i].b, sizeof(m->parts[i].b));
    json_array_end(j);
    rc = end_line(m, e);
    if (rc == 0)
        rc = blob_commit(MOVE(m->writer), out, e);
    manifest_abort(m);
    return rc;
}

void manifest_abort(struct manifest *m)
{
    if (!m)
        return;
    blob_abort(m->writer);
    buf_release(&m->line);
    free(m->parts);
    free(m);
}
