/* unpack.c: lists what lies in an archive. */
#include "practice/unpack.h"
#include "base/json.h"
#include "base/mem.h"
#include "evidence/archive.h"
#include "sys/file.h"

struct listing {
    struct blob_writer *writer;
    struct buf line;
    struct json json;
    struct digest *sha256;
    struct digest *md5;
    uint64_t count;
    uint64_t odd_count; /* with a warning */
    bool is_open; /* an entry's line is begun */
};

static void listing_release(struct listing *l)
{
    blob_abort(l->writer);
    buf_release(&l->line);
    if (l->sha256)
        digest_free(l->sha256);
    if (l->md5)
        digest_free(l->md5);
}

void unpacked_release(struct unpacked *u)
{
    buf_release(&u->problem);
}

static int end_line(struct listing *l, struct err *e)
{
    int rc;

    json_object_end(&l->json);
    buf_addc(&l->line, '\n');
    rc = blob_write(l->writer, l->line.p, l->line.len, e);
    buf_clear(&l->line);
    l->is_open = false;
    return rc;
}

static struct json *begin_line(struct listing *l)
{
    json_begin(&l->json, &l->line);
    json_object_begin(&l->json);
    return &l->json;
}

static void put_bytes(struct json *j, const char *name, const char *hex_name, struct str text)
{
    json_put_str(j, name, text);
    if (str_has_utf8_error(text))
        json_put_hex(j, hex_name, text.p, text.len);
}

static const char *type_word(enum archived_type type)
{
    static const char *const words[ARCHIVED_TYPE_COUNT_] = {
        [ARCHIVED_FILE] = "file",
        [ARCHIVED_FOLDER] = "folder",
        [ARCHIVED_SYMLINK] = "link",
        [ARCHIVED_HARDLINK] = "hard link",
        [ARCHIVED_CHARACTER_DEVICE] = "character device",
        [ARCHIVED_BLOCK_DEVICE] = "block device",
        [ARCHIVED_FIFO] = "fifo",
        [ARCHIVED_SOCKET] = "socket",
        [ARCHIVED_OTHER] = "unknown",
    };

    return type < ARCHIVED_TYPE_COUNT_ ? words[type] : "unknown";
}

/* Damage ends an entry without its end; what is known of it is kept. */
static int close_entry(struct listing *l, struct err *e)
{
    uint8_t bytes[64];

    if (!l->is_open)
        return 0;
    (void)digest_end(l->sha256, bytes);
    (void)digest_end(l->md5, bytes);
    json_put_text(&l->json, "problem", "it ends before its end");
    return end_line(l, e);
}

static int on_entry(void *context, const struct archived *entry, struct err *e)
{
    struct listing *l = context;
    int rc = close_entry(l, e);
    char mode[8];
    struct json *j;

    if (rc)
        return rc;
    j = begin_line(l);
    l->is_open = true;
    l->count++;
    put_bytes(j, "name", "name_hex", entry->name);
    json_put_text(j, "type", type_word(entry->type));
    if (entry->link.len)
        put_bytes(j, "target", "target_hex", entry->link);
    snprintf(mode, sizeof(mode), "%04o", entry->mode & 07777);
    json_put_text(j, "mode", mode);
    json_put_u64(j, "uid", entry->uid);
    json_put_u64(j, "gid", entry->gid);
    if (entry->has_modified)
        json_put_utc(j, "modified", entry->modified);
    if (entry->has_size)
        json_put_u64(j, "size", entry->size);
    if (entry->is_encrypted)
        json_put_bool(j, "encrypted", true);
    l->odd_count += entry->warning.len > 0;
    if (entry->warning.len)
        json_put_str(j, "warning", entry->warning);
    return 0;
}

static int on_data(void *context, struct str bytes, struct err *e)
{
    struct listing *l = context;

    (void)e;
    digest_add(l->sha256, bytes.p, bytes.len);
    digest_add(l->md5, bytes.p, bytes.len);
    return 0;
}

static int on_end(void *context, uint64_t size, struct str problem, struct err *e)
{
    struct listing *l = context;
    struct json *j = &l->json;
    uint8_t bytes[64];
    size_t len = digest_end(l->sha256, bytes);

    if (size)
        json_put_u64(j, "content", size);
    if (size)
        json_put_hex(j, "sha256", bytes, len);
    len = digest_end(l->md5, bytes);
    if (size)
        json_put_hex(j, "md5", bytes, len);
    if (problem.len)
        json_put_str(j, "problem", problem);
    return end_line(l, e);
}

static int begin_list(struct listing *l, struct store *store, const struct hash *blob,
                      struct err *e)
{
    int rc = blob_begin(&l->writer, store, e);
    struct json *j;

    if (rc)
        return rc;
    l->sha256 = digest_new(DIGEST_SHA256);
    l->md5 = digest_new(DIGEST_MD5);
    j = begin_line(l);
    json_put_text(j, "format", "calm-archive/1");
    json_put_hex(j, "of", blob->b, sizeof(blob->b));
    json_put_text(j, "program", "calm " CALM_VERSION);
    return end_line(l, e);
}

static int end_list(struct listing *l, const struct archived_summary *sum, struct unpacked *out,
                    struct err *e)
{
    int rc = close_entry(l, e);
    struct json *j;

    if (rc)
        return rc;
    j = begin_line(l);
    json_put_u64(j, "entries", l->count);
    json_put_u64(j, "size", sum->size);
    json_put_text(j, "container", sum->format);
    json_put_text(j, "compression", sum->filters);
    if (out->problem.len)
        json_put_str(j, "problem", buf_str(&out->problem));
    rc = end_line(l, e);
    return rc ? rc : blob_commit(MOVE(l->writer), &out->list, e);
}

int unpack_list(struct unpacked *out, struct store *store, const struct hash *blob,
                const char *name, struct err *e)
{
    CLEANUP(listing_release) struct listing l = {0};
    struct archived_receiver receiver = {on_entry, on_data, on_end, &l};
    struct archived_summary sum = {0};
    CLEANUP_FD int fd = -1;
    struct err why = {0};
    uint64_t size;
    int read;
    int rc = blob_open(store, blob, &fd, &size, e);

    if (rc == 0)
        rc = begin_list(&l, store, blob, e);
    if (rc)
        return rc;
    read = archived_read(fd, name, &receiver, &sum, &why);
    if (read == ERR_DENIED || read == ERR_IO || read == ERR_FULL)
        return err_set(e, read, "%s", why.text);
    if (read == ERR_NOTFOUND)
        return 0; /* no archive */
    if (read)
        buf_adds(&out->problem, why.text);
    out->is_limited = read == ERR_LIMIT;
    rc = end_list(&l, &sum, out, e);
    if (rc)
        return rc;
    out->is_archive = true;
    out->count = l.count;
    out->odd_count = l.odd_count;
    out->size = sum.size;
    return 0;
}
