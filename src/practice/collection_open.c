/* collection_open.c: opens an archive of any of the kinds that are known, by way of a worker that
 * unpacks it. */
#include "practice/collection_open.h"
#include <unistd.h>
#include "evidence/bundle_read.h"
#include "practice/bundle_key.h"
#include "sys/file.h"

/* A bundle as calm-collect writes it: chained, and perhaps sealed. */
static int walk_bundle(struct session *s, int fd, const char *name, bool is_sealed,
                       struct pack *pack, struct buf *problem, struct err *e)
{
    struct archived_receiver members = pack_receiver;
    struct bundle_receiver to = {.members = &members, .context = pack};
    struct bundle_summary sum = {0};
    uint8_t key[32];
    int rc = is_sealed ? bundle_stream_key(s, fd, name, key, e) : 0;

    members.context = pack;
    if (rc == 0)
        rc = bundle_read(fd, name, is_sealed ? key : NULL, &to, &sum, e);
    mem_wipe(key, sizeof(key));
    if (rc == 0 && sum.state != BUNDLE_WHOLE)
        buf_addf(problem, "%s: %s; what stands before that is good", bundle_state_name(sum.state),
                 sum.why);
    return rc;
}

static int walk_archive(int fd, const char *name, struct pack *pack, struct buf *problem,
                        struct err *e)
{
    struct archived_receiver receiver = pack_receiver;
    struct archived_summary sum = {0};
    struct err why = {0};
    int rc;

    receiver.context = pack;
    rc = archived_read(fd, name, &receiver, &sum, &why);
    if (rc == 0)
        return 0;
    if ((rc == ERR_FORMAT || rc == ERR_LIMIT || rc == ERR_TAMPER) && pack->members) {
        buf_adds(problem, why.text);
        return 0;
    }
    return err_set(e, rc == ERR_NOTFOUND ? ERR_FORMAT : rc, "%s", why.text);
}

static bool begins_as_zstd(int fd)
{
    static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};
    uint8_t bytes[sizeof(magic)];

    return pread(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes) &&
           memcmp(bytes, magic, sizeof(magic)) == 0;
}

/* Hands all members to the pack. ERR_FORMAT where nothing of it can be read. */
static int walk(struct session *s, int fd, const char *name, struct pack *pack, bool *is_sealed,
                struct buf *problem, struct err *e)
{
    struct err why = {0};
    int rc = bundle_is_sealed(fd, is_sealed, e);

    if (rc)
        return rc;
    if (*is_sealed)
        return walk_bundle(s, fd, name, true, pack, problem, e);
    if (!begins_as_zstd(fd))
        return walk_archive(fd, name, pack, problem, e);
    rc = walk_bundle(s, fd, name, false, pack, problem, &why);
    /* Without links it may still be an archive that somebody packed anew. */
    if (rc == ERR_FORMAT && !pack->members)
        return walk_archive(fd, name, pack, problem, e);
    return rc ? err_set(e, rc, "%s", why.text) : 0;
}

int collection_sniff(struct session *s, int fd, const char *name, enum collection_tool *out,
                     struct err *e)
{
    CLEANUP(pack_release) struct pack pack = {.fd = -1};
    CLEANUP_BUF struct buf problem = {0};
    struct err why = {0};
    bool is_sealed;
    int rc = pack_begin(&pack, e);

    if (rc)
        return rc;
    pack.stops_when_known = true;
    rc = walk(s, fd, name, &pack, &is_sealed, &problem, &why);
    if (rc && rc != ERR_CANCEL && rc != ERR_FORMAT && rc != ERR_LIMIT)
        return err_set(e, rc, "%s", why.text);
    *out = pack.is_sure ? pack.tool : COLLECTION_UNKNOWN;
    return 0;
}

void collection_opened_release(struct collection_opened *o)
{
    pack_release(&o->pack);
    buf_release(&o->problem);
    fd_close(o->fd);
}

int collection_open(struct session *s, const struct hash *blob, const char *name,
                    struct collection_opened *o, struct err *e)
{
    uint64_t size;
    int rc = blob_open(session_store(s), blob, &o->fd, &size, e);

    if (rc == 0)
        rc = pack_begin(&o->pack, e);
    if (rc == 0)
        rc = walk(s, o->fd, name, &o->pack, &o->is_sealed, &o->problem, e);
    if (rc == 0)
        rc = pack_end(&o->pack, e);
    if (rc == 0 && !o->pack.tool)
        rc = err_set(e, ERR_FORMAT, "%s is no collection of a known kind", name);
    return rc;
}
