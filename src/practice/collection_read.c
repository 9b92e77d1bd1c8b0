/* collection_read.c: reads a collection, and with it the parts that come before it, by way of
 * workers. */
#include "practice/collection_list_write.h"
#include "practice/collection_open.h"
#include "practice/collection_worker.h"

enum { CPU_S = 600, WALL_S = 3600 };

#define WORKER_MEMORY ((uint64_t)2 << 30)

const char *collection_tool_name(enum collection_tool tool)
{
    static const char *const names[COLLECTION_TOOL_COUNT] = {
        [COLLECTION_UNKNOWN] = "",
        [COLLECTION_BUNDLE] = "calm-collect",
        [COLLECTION_UAC] = "uac",
        [COLLECTION_VELOCIRAPTOR] = "velociraptor",
    };

    return tool < COLLECTION_TOOL_COUNT ? names[tool] : "";
}

static void facts_release(struct collection_facts *f)
{
    buf_release(&f->program);
    buf_release(&f->host);
    buf_release(&f->machine_id);
    buf_release(&f->boot_id);
    buf_release(&f->profile);
    buf_release(&f->clock);
    buf_release(&f->collection);
    buf_release(&f->uid);
    buf_release(&f->encryption);
    buf_release(&f->step);
    buf_release(&f->continues);
    buf_release(&f->after);
}

void collection_reading_release(struct collection_reading *r)
{
    facts_release(&r->facts);
    buf_release(&r->document);
    buf_release(&r->problem);
}

/* The worker may fall over a hostile member; what it said until then stands. */
static int read_pack(struct list_writer *r, const struct pack *pack, const char *name,
                     struct err *e)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .memory = WORKER_MEMORY};
    struct collection_argument a = {.tool = (uint32_t)pack->tool,
                                    .is_encrypted = pack->is_encrypted,
                                    .newest_ns = pack->newest.ns,
                                    .newest_sec = pack->newest.sec};
    struct str argument = {(const char *)&a, sizeof(a)};
    struct err why = {0};
    int rc =
        worker_run(collection_job, name, pack->fd, argument, &limits, list_writer_receive, r, &why);

    if (rc == ERR_FORMAT || rc == ERR_LIMIT || rc == ERR_TAMPER || rc == ERR_NEWER) {
        list_writer_problem(r, why.text);
        return 0;
    }
    return rc ? err_set(e, rc, "%s", why.text) : 0;
}

/* A part that was cut is why there is a next one; that it was is no problem of the whole. */
static int read_before(struct session *s, struct list_writer *r, const char *name, struct err *e)
{
    CLEANUP(collection_opened_release) struct collection_opened o = COLLECTION_OPENED_NONE;
    int rc = collection_open(s, &r->before[r->part], name, &o, e);

    if (rc)
        return rc;
    r->out->members += o.pack.members;
    r->out->size += o.pack.size;
    rc = read_pack(r, &o.pack, name, e);
    r->out->facts.has_end = false;
    r->part++;
    return rc;
}

static int write_list(struct session *s, struct list_writer *r, const struct pack *pack,
                      const char *name, struct err *e)
{
    int rc = blob_begin(&r->writer, r->store, e);

    while (rc == 0 && r->part < r->before_count)
        rc = read_before(s, r, name, e);
    if (rc == 0)
        rc = read_pack(r, pack, name, e);
    return rc ? rc : list_writer_end(r, pack->is_encrypted, e);
}

/* What a bundle goes on behind it says itself; the facts are all that is kept of this. */
static int find_before(struct list_writer *r, const struct pack *pack, const char *name,
                       collection_before *before, void *context, struct err *e)
{
    CLEANUP(collection_reading_release) struct collection_reading peeked = {0};
    struct list_writer peek = {.out = &peeked};
    int rc;

    if (pack->tool != COLLECTION_BUNDLE || !before)
        return 0;
    rc = read_pack(&peek, pack, name, e);
    list_writer_release(&peek);
    if (rc == 0 && peeked.facts.continues.len)
        r->before_count = before(context, &peeked.facts, r->before);
    return rc;
}

int collection_read(struct session *s, const struct hash *blob, const char *name,
                    collection_before *before, void *context, struct collection_reading *out,
                    struct err *e)
{
    CLEANUP(list_writer_release)
    struct list_writer r = {.out = out, .store = session_store(s), .of = *blob};
    CLEANUP(collection_opened_release) struct collection_opened o = COLLECTION_OPENED_NONE;
    int rc = collection_open(s, blob, name, &o, e);

    if (rc == 0)
        rc = find_before(&r, &o.pack, name, before, context, e);
    if (rc)
        return rc;
    out->tool = o.pack.tool;
    out->is_sealed = o.is_sealed;
    out->problem = o.problem;
    o.problem = (struct buf){0};
    out->members = o.pack.members;
    out->size = o.pack.size;
    out->parts = r.before_count + 1;
    return write_list(s, &r, &o.pack, name, e);
}
