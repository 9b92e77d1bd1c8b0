/* collection_pack.c: packs those members of a collection that are read for the worker. */
#include "practice/collection_pack.h"
#include <sys/mman.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "sys/file.h"

/* Some tar programs write "./" before all names, and whoever packs a folder its name. */
static struct str plain_name(const struct pack *p, struct str name)
{
    struct str rest;

    while (str_starts(name, "./"))
        name = str_from(name, 2);
    rest = name;
    (void)str_cut(&rest, '/');
    if (p->tool != COLLECTION_BUNDLE && str_starts(name, "uac-") && rest.len)
        return rest;
    return name;
}

int pack_begin(struct pack *p, struct err *e)
{
    *p = (struct pack){.fd = memfd_create("collection", MFD_CLOEXEC)};
    if (p->fd < 0)
        return err_errno(e, "cannot hold what is read of a collection");
    p->sha256 = digest_new(DIGEST_SHA256);
    return 0;
}

void pack_release(struct pack *p)
{
    fd_close(p->fd);
    buf_release(&p->name);
    buf_release(&p->bytes);
    buf_release(&p->index);
    if (p->sha256)
        digest_free(p->sha256);
    *p = (struct pack){.fd = -1};
}

static int write_all(struct pack *p, struct str bytes, struct err *e)
{
    p->packed += bytes.len;
    return file_write_fd(p->fd, bytes.p, bytes.len, "memory", e);
}

static int write_member(struct pack *p, uint32_t flags, struct str name, struct str bytes,
                        struct err *e)
{
    struct pack_head head = {.size = bytes.len,
                             .whole = flags & PACK_INDEX ? bytes.len : p->open_size,
                             .name_len = (uint32_t)name.len,
                             .flags = flags};
    int rc = write_all(p, (struct str){(const char *)&head, sizeof(head)}, e);

    if (rc == 0)
        rc = write_all(p, name, e);
    return rc ? rc : write_all(p, bytes, e);
}

/* Which member it was, for the comparison with the manifest of a bundle. */
static void add_seen(struct pack *p)
{
    struct pack_seen seen = {.size = p->open_size, .name_len = (uint32_t)p->name.len};
    uint8_t bytes[64];

    digest_end(p->sha256, bytes);
    memcpy(seen.sha256.b, bytes, sizeof(seen.sha256.b));
    if (p->tool != COLLECTION_BUNDLE)
        return;
    if (p->index.len + sizeof(seen) + p->name.len > PACK_INDEX_SIZE) {
        p->index_is_cut = true;
        return;
    }
    buf_add(&p->index, &seen, sizeof(seen));
    buf_addstr(&p->index, buf_str(&p->name));
}

static int close_member(struct pack *p, bool is_whole, struct err *e)
{
    uint32_t flags;
    int rc = 0;

    if (!p->is_open)
        return 0;
    p->is_open = false;
    p->is_cut = p->is_cut || !is_whole;
    if (is_whole)
        add_seen(p);
    flags = (p->is_cut ? PACK_CUT : 0U) | (p->is_over ? PACK_OVER : 0U);
    if (p->is_taken)
        rc = write_member(p, flags, buf_str(&p->name), buf_str(&p->bytes), e);
    buf_clear(&p->bytes);
    return rc;
}

static bool is_of_host(const struct pack *p, const struct archived *entry)
{
    return entry->has_modified && (p->tool == COLLECTION_UAC || p->tool == COLLECTION_VELOCIRAPTOR);
}

/* A tool that was guessed by one name is corrected by what only another one writes. */
static bool look(struct pack *p, struct str name, struct collection_name *out)
{
    bool is_known = collection_name_look(p->tool, name, out);

    if (!is_known && !p->is_sure)
        is_known = collection_name_look(COLLECTION_UNKNOWN, name, out) && out->is_sure;
    if (!is_known)
        *out = (struct collection_name){0};
    if (is_known && !p->is_sure) {
        p->is_sure = out->is_sure;
        p->tool = out->tool;
        is_known = collection_name_look(p->tool, name, out); /* now by this tool's rules */
    }
    return is_known && out->is_read;
}

/* A Velociraptor collector that encrypts puts all in one member; UAC encrypts each. */
static void note_encrypted(struct pack *p, struct str name, bool is_wanted)
{
    if (!p->is_sure && str_is(name, "data.zip")) {
        p->tool = COLLECTION_VELOCIRAPTOR;
        p->is_sure = is_wanted = true;
    }
    p->is_encrypted = p->is_encrypted || is_wanted;
}

static int on_entry(void *context, const struct archived *entry, struct err *e)
{
    struct pack *p = context;
    struct str name = plain_name(p, entry->name);
    struct collection_name said;
    int rc = close_member(p, false, e);
    bool is_wanted;

    if (rc)
        return rc;
    is_wanted = look(p, name, &said);
    if (entry->is_encrypted)
        note_encrypted(p, name, is_wanted);
    if (p->stops_when_known && p->is_sure)
        return err_set(e, ERR_CANCEL, "the tool is known");
    if (is_of_host(p, entry) && utc_cmp(entry->modified, p->newest) > 0)
        p->newest = entry->modified;
    p->members++;
    p->is_open = true;
    p->is_cut = false;
    p->is_over = false;
    p->open_size = 0;
    p->is_taken = is_wanted && entry->type == ARCHIVED_FILE && !entry->is_encrypted;
    buf_clear(&p->name);
    buf_addstr(&p->name, p->tool == COLLECTION_BUNDLE ? entry->name : name);
    return 0;
}

static int on_data(void *context, struct str bytes, struct err *e)
{
    struct pack *p = context;
    size_t room = PACK_MEMBER_SIZE - p->bytes.len;
    uint64_t held = p->packed + p->bytes.len;

    (void)e;
    p->open_size += bytes.len;
    p->size += bytes.len;
    if (p->tool == COLLECTION_BUNDLE)
        digest_add(p->sha256, bytes.p, bytes.len);
    if (!p->is_taken || p->is_over)
        return 0;
    if (room > PACK_SIZE - held || held > PACK_SIZE)
        room = held < PACK_SIZE ? (size_t)(PACK_SIZE - held) : 0;
    p->is_over = bytes.len > room;
    buf_addstr(&p->bytes, str_head(bytes, room));
    return 0;
}

static int on_end(void *context, uint64_t size, struct str problem, struct err *e)
{
    struct pack *p = context;

    (void)size;
    p->is_cut = p->is_cut || problem.len;
    return close_member(p, true, e);
}

const struct archived_receiver pack_receiver = {on_entry, on_data, on_end, NULL};

int pack_end(struct pack *p, struct err *e)
{
    int rc = close_member(p, false, e);

    if (!p->is_sure)
        p->tool = COLLECTION_UNKNOWN;
    if (rc == 0 && p->tool == COLLECTION_BUNDLE)
        rc = write_member(p, PACK_INDEX | (p->index_is_cut ? PACK_CUT : 0), STR(""),
                          buf_str(&p->index), e);
    if (rc == 0 && lseek(p->fd, 0, SEEK_SET) < 0)
        rc = err_errno(e, "cannot go back to the start of what is read of a collection");
    return rc;
}
