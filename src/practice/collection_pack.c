/* collection_pack.c: packs those members of a collection that are read for the worker. */
#include "practice/collection_pack.h"
#include <sys/mman.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "sys/file.h"

/* How a member's name is known. */
enum match { MATCH_WHOLE, MATCH_START, MATCH_NUMBERED, MATCH_END };

struct wanted {
    enum collection_tool tool;
    enum match match;
    const char *text;
    bool is_read; /* else it only shows which tool it was */
};

/* doc/format/collection.md. The first row that fits counts. */
static const struct wanted wanted[] = {
    {COLLECTION_BUNDLE, MATCH_WHOLE, "bundle.json", true},
    {COLLECTION_BUNDLE, MATCH_WHOLE, "end.json", true},
    {COLLECTION_BUNDLE, MATCH_NUMBERED, "snapshot-", true},
    {COLLECTION_BUNDLE, MATCH_NUMBERED, "observed-", true},
    {COLLECTION_BUNDLE, MATCH_NUMBERED, "missing-", true},
    {COLLECTION_BUNDLE, MATCH_NUMBERED, "manifest-", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/hostname.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/uname_-n.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/ss_-anp.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/ss_-tanp.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/ss_-uanp.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/network/netstat_-anp.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/system/uname_-a.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/system/date.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/system/lsmod.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/hardware/lsmod.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/storage/mount.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/system/mount.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/packages/dpkg_-l.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/process/ps_auxwww.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "live_response/process/running_processes_full_paths.txt", true},
    {COLLECTION_UAC, MATCH_WHOLE, "bodyfile/bodyfile.txt", true},
    {COLLECTION_UAC, MATCH_START, "[root]/etc/", true},
    {COLLECTION_UAC, MATCH_START, "[root]/usr/lib/os-release", true},
    {COLLECTION_UAC, MATCH_START, "[root]/var/spool/cron/", true},
    {COLLECTION_UAC, MATCH_START, "[root]/var/spool/at/", true},
    {COLLECTION_UAC, MATCH_WHOLE, "[root]/var/lib/dpkg/status", true},
    {COLLECTION_UAC, MATCH_END, "/.ssh/authorized_keys", true},
    {COLLECTION_UAC, MATCH_END, "/.ssh/authorized_keys2", true},
    {COLLECTION_UAC, MATCH_START, "[root]/", false},
    {COLLECTION_UAC, MATCH_START, "live_response/", false},
    {COLLECTION_UAC, MATCH_START, "bodyfile/", false},
    {COLLECTION_UAC, MATCH_START, "hash_executables/", false},
    {COLLECTION_UAC, MATCH_WHOLE, "uac.log", false},
    {COLLECTION_VELOCIRAPTOR, MATCH_WHOLE, "collection_context.json", true},
    {COLLECTION_VELOCIRAPTOR, MATCH_WHOLE, "client_info.json", true},
    {COLLECTION_VELOCIRAPTOR, MATCH_START, "results/", true},
    {COLLECTION_VELOCIRAPTOR, MATCH_START, "uploads/auto/etc/", true},
    {COLLECTION_VELOCIRAPTOR, MATCH_START, "uploads/file/etc/", true},
    {COLLECTION_VELOCIRAPTOR, MATCH_START, "uploads/auto/var/spool/cron/", true},
    {COLLECTION_VELOCIRAPTOR, MATCH_START, "uploads/file/var/spool/cron/", true},
    {COLLECTION_VELOCIRAPTOR, MATCH_END, "/.ssh/authorized_keys", true},
    {COLLECTION_VELOCIRAPTOR, MATCH_START, "uploads/", false},
    {COLLECTION_VELOCIRAPTOR, MATCH_WHOLE, "uploads.json", false},
};

static bool is_numbered(struct str name, const char *start)
{
    struct str rest = str_from(name, strlen(start));
    struct str digits = str_cut(&rest, '.');

    if (!str_starts(name, start) || !str_is(rest, "jsonl") || digits.len < 3 || digits.len > 9)
        return false;
    for (size_t i = 0; i < digits.len; i++)
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
    return true;
}

static bool is_match(const struct wanted *w, struct str name)
{
    switch (w->match) {
    case MATCH_WHOLE:
        return str_is(name, w->text);
    case MATCH_START:
        return str_starts(name, w->text);
    case MATCH_NUMBERED:
        return is_numbered(name, w->text);
    case MATCH_END:
        return str_ends(name, w->text);
    }
    return false;
}

/* Tells one tool from another only by what none of the others writes. */
static const struct wanted *find_wanted(enum collection_tool tool, struct str name)
{
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        bool fits = tool ? wanted[i].tool == tool : wanted[i].match != MATCH_END;

        if (fits && is_match(&wanted[i], name))
            return &wanted[i];
    }
    return NULL;
}

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
    struct pack_head head = {.size = bytes.len, .name_len = (uint32_t)name.len, .flags = flags};
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
    int rc = 0;

    if (!p->is_open)
        return 0;
    p->is_open = false;
    p->is_cut = p->is_cut || !is_whole;
    if (is_whole)
        add_seen(p);
    if (p->is_taken)
        rc = write_member(p, p->is_cut ? PACK_CUT : 0, buf_str(&p->name), buf_str(&p->bytes), e);
    buf_clear(&p->bytes);
    return rc;
}

static bool is_of_host(const struct pack *p, const struct archived *entry)
{
    return entry->has_modified && (p->tool == COLLECTION_UAC || p->tool == COLLECTION_VELOCIRAPTOR);
}

static int on_entry(void *context, const struct archived *entry, struct err *e)
{
    struct pack *p = context;
    struct str name = plain_name(p, entry->name);
    const struct wanted *w = find_wanted(p->tool, name);
    int rc = close_member(p, false, e);

    if (rc)
        return rc;
    p->tool = w ? w->tool : p->tool;
    if (p->stops_when_known && p->tool)
        return err_set(e, ERR_CANCEL, "the tool is known");
    p->is_encrypted = p->is_encrypted || (entry->is_encrypted && str_is(name, "data.zip"));
    if (is_of_host(p, entry) && utc_cmp(entry->modified, p->newest) > 0)
        p->newest = entry->modified;
    p->members++;
    p->is_open = true;
    p->is_cut = false;
    p->open_size = 0;
    p->is_taken = w && w->is_read && entry->type == ARCHIVED_FILE && !entry->is_encrypted;
    buf_clear(&p->name);
    buf_addstr(&p->name, p->tool == COLLECTION_BUNDLE ? entry->name : name);
    return 0;
}

static int on_data(void *context, struct str bytes, struct err *e)
{
    struct pack *p = context;

    (void)e;
    p->open_size += bytes.len;
    p->size += bytes.len;
    if (p->tool == COLLECTION_BUNDLE)
        digest_add(p->sha256, bytes.p, bytes.len);
    if (!p->is_taken || p->is_cut)
        return 0;
    if (p->bytes.len + bytes.len > PACK_MEMBER_SIZE ||
        p->packed + p->bytes.len + bytes.len > PACK_SIZE) {
        p->is_cut = true;
        p->is_full = true;
        return 0;
    }
    buf_addstr(&p->bytes, bytes);
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

    if (rc == 0 && p->tool == COLLECTION_BUNDLE)
        rc = write_member(p, PACK_INDEX | (p->index_is_cut ? PACK_CUT : 0), STR(""),
                          buf_str(&p->index), e);
    if (rc == 0 && lseek(p->fd, 0, SEEK_SET) < 0)
        rc = err_errno(e, "cannot go back to the start of what is read of a collection");
    return rc;
}
