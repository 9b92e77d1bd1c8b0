/* collection_read.c: reads a collection by way of workers, and writes the list of what is noticed
 * and missing in it. */
#include <unistd.h>
#include "base/json.h"
#include "base/sink.h"
#include "evidence/bundle_read.h"
#include "collect/collect.h"
#include "practice/bundle_key.h"
#include "practice/collection.h"
#include "practice/collection_worker.h"
#include "sys/file.h"

enum { CPU_S = 600, WALL_S = 3600, MISSING_MOST = 20000, OF_CODE_MOST = 300, CODE_COUNT = 96 };

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
    return err_set(e, rc, "%s", why.text);
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

/* What the worker says, on its way into the list. */
struct receiving {
    struct collection_reading *out;
    struct store *store;
    struct blob_writer *writer;
    struct hash of;
    struct buf line;
    struct json json;
    uint64_t of_code[CODE_COUNT]; /* how many came, by row; the last: of all codes not known here */
    uint64_t missing_kept;
    bool has_head;
    struct hash before[COLLECTION_PARTS_MOST]; /* the parts before it */
    size_t before_count;
    size_t part; /* that is read, from 0 */
    size_t document_part;
    bool is_of_other_boot; /* than the first part */
};

static void receiving_release(struct receiving *r)
{
    blob_abort(r->writer);
    buf_release(&r->line);
}

static struct json *begin_line(struct receiving *r)
{
    json_begin(&r->json, &r->line);
    json_object_begin(&r->json);
    return &r->json;
}

static int end_line(struct receiving *r, struct err *e)
{
    int rc;

    json_object_end(&r->json);
    buf_addc(&r->line, '\n');
    rc = blob_write(r->writer, r->line.p, r->line.len, e);
    buf_clear(&r->line);
    return rc;
}

static void put_some_text(struct json *j, const char *name, const struct buf *text)
{
    if (text->len)
        json_put_str(j, name, buf_str(text));
}

static void put_before(const struct receiving *r, struct json *j)
{
    if (!r->before_count)
        return;
    json_name(j, "continues");
    json_array_begin(j);
    for (size_t i = 0; i < r->before_count; i++)
        json_hex(j, r->before[i].b, sizeof(r->before[i].b));
    json_array_end(j);
}

static int write_head(struct receiving *r, struct err *e)
{
    const struct collection_facts *f = &r->out->facts;
    struct json *j;

    if (r->has_head)
        return 0;
    r->has_head = true;
    j = begin_line(r);
    json_put_text(j, "format", "calm-collection/1");
    json_put_hex(j, "of", r->of.b, sizeof(r->of.b));
    put_before(r, j);
    json_put_text(j, "tool", collection_tool_name(r->out->tool));
    put_some_text(j, "program", &f->program);
    put_some_text(j, "host", &f->host);
    put_some_text(j, "machine_id", &f->machine_id);
    put_some_text(j, "boot_id", &f->boot_id);
    if (f->taken.sec)
        json_put_utc(j, "taken", f->taken);
    put_some_text(j, "profile", &f->profile);
    put_some_text(j, "clock", &f->clock);
    return end_line(r, e);
}

static void take_fact(struct collection_facts *f, struct str name, struct str value)
{
    const struct {
        const char *name;
        struct buf *to;
    } texts[] = {{"program", &f->program},       {"host", &f->host},
                 {"machine_id", &f->machine_id}, {"boot_id", &f->boot_id},
                 {"profile", &f->profile},       {"clock", &f->clock},
                 {"collection", &f->collection}, {"uid", &f->uid},
                 {"encryption", &f->encryption}, {"step", &f->step},
                 {"continues", &f->continues},   {"after", &f->after}};
    enum { FACT_SIZE = 500 };

    if (str_is(name, "taken"))
        (void)utc_read(&f->taken, value);
    if (str_is(name, "ended"))
        f->has_end = true;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (str_is(name, texts[i].name)) {
            CLEANUP_BUF struct buf copy = {0};

            buf_addstr(&copy, utf8_head_columns(value, FACT_SIZE));
            buf_clear(texts[i].to);
            intake_path_text(texts[i].to, buf_text(&copy));
        }
}

/* Of a later part only what is not said of the whole. */
static void take_later_fact(struct receiving *r, struct str name, struct str value)
{
    static const char *const of_last[] = {"collection", "step", "ended"};
    struct collection_facts *f = &r->out->facts;

    if (str_is(name, "taken"))
        (void)utc_read(&r->out->resumed, value);
    if (str_is(name, "boot_id") && !str_eq(value, buf_str(&f->boot_id)))
        r->is_of_other_boot = true;
    for (size_t i = 0; i < COUNT_OF(of_last); i++)
        if (str_is(name, of_last[i]))
            take_fact(f, name, value);
}

/* A state that was cut in one part was taken anew in the next. */
static int take_document(struct receiving *r, struct str lines, struct err *e)
{
    struct collection_reading *out = r->out;

    if (r->document_part != r->part)
        buf_clear(&out->document);
    r->document_part = r->part;
    if (out->document.len + lines.len > COLLECT_DOCUMENT_SIZE)
        return err_set(e, ERR_LIMIT, "the state in the collection is over %d MiB big",
                       COLLECT_DOCUMENT_SIZE >> 20);
    buf_addstr(&out->document, lines);
    return 0;
}

static int write_texts(struct receiving *r, const char *const *names, const struct str *texts,
                       size_t count, struct err *e)
{
    struct json *j = begin_line(r);

    for (size_t i = 0; i < count; i++) {
        uint64_t n;

        if (str_u64(texts[i], &n) &&
            (strcmp(names[i], "weight") == 0 || strcmp(names[i], "count") == 0))
            json_put_u64(j, names[i], n);
        else
            json_put_str(j, names[i], texts[i]);
    }
    return end_line(r, e);
}

/* CODE_COUNT - 1 for one that this calm does not know. */
static size_t find_code(struct str code)
{
    const struct collect_noticed *rows;
    size_t count = collect_noticed(&rows);

    if (count >= CODE_COUNT)
        BUG("%zu codes", count);
    for (size_t i = 0; i < count; i++)
        if (str_is(code, rows[i].code))
            return i;
    return CODE_COUNT - 1;
}

/* What a code weighs and usually means is known here; a host that lies does not get to say it. Nor
 * does a flood of one code crowd out the others. */
static int take_observed(struct receiving *r, const struct str *texts, struct err *e)
{
    static const char *const names[] = {"observed", "weight",   "hint",
                                        "words",    "harmless", "evidence"};
    static const char *const digits[] = {"0", "1", "2", "3"};
    struct str said[] = {texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]};
    size_t code = find_code(texts[0]);
    const struct collect_noticed *rows;

    if (code < collect_noticed(&rows)) {
        said[1] = str_of(digits[rows[code].weight]);
        said[2] = str_of(collect_hint_name(rows[code].hint));
        said[4] = str_of(rows[code].harmless);
    }
    r->out->observed++;
    r->out->heavy += str_is(said[1], "3");
    if (++r->of_code[code] > OF_CODE_MOST)
        return 0;
    return write_texts(r, names, said, COUNT_OF(names), e);
}

static int take_missing(struct receiving *r, const struct str *texts, struct err *e)
{
    static const char *const names[] = {"missing", "step", "why", "count"};
    uint64_t more = 0;

    r->out->missing++;
    if (str_u64(texts[3], &more) && more < (uint64_t)1 << 40)
        r->out->missing += more;
    if (r->missing_kept == MISSING_MOST)
        return 0;
    r->missing_kept++;
    return write_texts(r, names, texts, COUNT_OF(names) - (more == 0), e);
}

static int take_row(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    struct receiving *r = context;
    int rc;

    if (kind == ROW_FACT) {
        if (r->part)
            take_later_fact(r, texts[0], texts[1]);
        else
            take_fact(&r->out->facts, texts[0], texts[1]);
        return 0;
    }
    if (!r->writer)
        return 0; /* only the facts are wanted */
    rc = write_head(r, e);
    if (rc)
        return rc;
    if (kind == ROW_DOCUMENT)
        return take_document(r, texts[0], e);
    return kind == ROW_OBSERVED ? take_observed(r, texts, e) : take_missing(r, texts, e);
}

static int receive_row(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    struct import_reader reader = {.text_counts = collection_row_texts,
                                   .kind_count = ROW_COUNT_,
                                   .row = take_row,
                                   .context = context};

    return import_receive(&reader, kind, bytes, e);
}

static void add_problem(struct buf *problem, const char *words)
{
    if (problem->len)
        buf_adds(problem, "; ");
    buf_adds(problem, words);
}

/* By which way the collector encrypted, as far as it says so. */
static void add_encrypted(struct buf *problem, const struct collection_reading *r)
{
    static const struct {
        const char *scheme, *words;
    } ways[] = {
        {"x509", "what was collected is encrypted to the certificate of a Velociraptor server "
                 "(X509): only that server's private key opens it"},
        {"pgp", "what was collected is encrypted to a PGP key: only who holds that key opens it"},
        {"password", "what was collected is encrypted with a password that its collector was "
                     "given"},
    };
    const char *words = "what was collected is encrypted";

    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (str_is(buf_str(&r->facts.encryption), ways[i].scheme))
            words = ways[i].words;
    add_problem(problem, words);
    buf_adds(problem, ". It is kept as it came; decrypt a copy, and import that too");
}

/* The worker may fall over a hostile member; what it said until then stands. */
static int read_pack(struct receiving *r, const struct pack *pack, const char *name, struct err *e)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .memory = WORKER_MEMORY};
    struct collection_argument a = {.tool = (uint32_t)pack->tool,
                                    .is_encrypted = pack->is_encrypted,
                                    .newest_ns = pack->newest.ns,
                                    .newest_sec = pack->newest.sec};
    struct str argument = {(const char *)&a, sizeof(a)};
    struct err why = {0};
    int rc = worker_run(collection_job, name, pack->fd, argument, &limits, receive_row, r, &why);

    if (rc == ERR_FORMAT || rc == ERR_LIMIT || rc == ERR_TAMPER || rc == ERR_NEWER) {
        add_problem(&r->out->problem, why.text);
        return 0;
    }
    return rc ? err_set(e, rc, "%s", why.text) : 0;
}

static int write_end(struct receiving *r, const struct pack *pack, struct err *e)
{
    struct collection_reading *out = r->out;
    struct json *j;
    int rc = 0;

    if (pack->is_encrypted)
        add_encrypted(&out->problem, out);
    if (out->tool == COLLECTION_BUNDLE && !out->facts.has_end && !out->problem.len)
        add_problem(&out->problem, "its last member is not there: it was given up before its end");
    j = begin_line(r);
    json_put_u64(j, "members", out->members);
    json_put_u64(j, "size", out->size);
    json_put_u64(j, "observed", out->observed);
    json_put_u64(j, "missing", out->missing);
    if (out->resumed.sec)
        json_put_utc(j, "resumed", out->resumed);
    if (out->problem.len)
        json_put_str(j, "problem", buf_str(&out->problem));
    rc = end_line(r, e);
    return rc ? rc : blob_commit(MOVE(r->writer), &out->list, e);
}

static int say_one_left(struct receiving *r, const char *what, const char *why, struct err *e)
{
    static const char *const names[] = {"missing", "step", "why"};
    struct str texts[] = {str_of(what), STR("list"), str_of(why)};

    r->out->missing++;
    return write_texts(r, names, texts, COUNT_OF(names), e);
}

/* What came and is not in the list. */
static int say_left(struct receiving *r, struct err *e)
{
    const struct collect_noticed *rows;
    size_t count = collect_noticed(&rows);
    char what[128];
    int rc = 0;

    for (size_t i = 0; i < CODE_COUNT && rc == 0; i++) {
        if (r->of_code[i] <= OF_CODE_MOST)
            continue;
        snprintf(what, sizeof(what), "%llu observations %s",
                 (unsigned long long)(r->of_code[i] - OF_CODE_MOST),
                 i < count ? rows[i].code : "of codes that are not known here");
        rc = say_one_left(r, what, "of each code 300 are kept; all lie in the archive", e);
    }
    if (rc == 0 && r->missing_kept == MISSING_MOST)
        rc = say_one_left(r, "more that is missing",
                          "20,000 lines of it are kept; all lie in the archive", e);
    return rc;
}

/* One archive, packed for the worker. */
struct opened {
    struct pack pack;
    struct buf problem;
    bool is_sealed;
    int fd;
};

static void opened_release(struct opened *o)
{
    pack_release(&o->pack);
    buf_release(&o->problem);
    fd_close(o->fd);
}

static int open_archive(struct session *s, const struct hash *blob, const char *name,
                        struct opened *o, struct err *e)
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

/* A part that was cut is why there is a next one; that it was is no problem of the whole. */
static int read_before(struct session *s, struct receiving *r, const char *name, struct err *e)
{
    CLEANUP(opened_release) struct opened o = {.pack = {.fd = -1}, .fd = -1};
    int rc = open_archive(s, &r->before[r->part], name, &o, e);

    if (rc)
        return rc;
    r->out->members += o.pack.members;
    r->out->size += o.pack.size;
    rc = read_pack(r, &o.pack, name, e);
    r->out->facts.has_end = false;
    r->part++;
    return rc;
}

static int say_boots(struct receiving *r, struct err *e)
{
    const struct str texts[] = {STR("one boot"), STR("resume"),
                                STR("the host was started anew between the parts: what is in "
                                    "memory is of two boots"),
                                STR("0")};

    return r->is_of_other_boot ? take_missing(r, texts, e) : 0;
}

static int write_list(struct session *s, struct receiving *r, const struct pack *pack,
                      const char *name, struct err *e)
{
    int rc = blob_begin(&r->writer, r->store, e);

    while (rc == 0 && r->part < r->before_count)
        rc = read_before(s, r, name, e);
    if (rc == 0)
        rc = read_pack(r, pack, name, e);
    if (rc == 0)
        rc = write_head(r, e);
    if (rc == 0)
        rc = say_boots(r, e);
    if (rc == 0)
        rc = say_left(r, e);
    return rc ? rc : write_end(r, pack, e);
}

/* What a bundle goes on behind it says itself; the facts are all that is kept of this. */
static int find_before(struct receiving *r, const struct pack *pack, const char *name,
                       collection_before *before, void *context, struct err *e)
{
    CLEANUP(collection_reading_release) struct collection_reading peeked = {0};
    struct receiving peek = {.out = &peeked};
    int rc;

    if (pack->tool != COLLECTION_BUNDLE || !before)
        return 0;
    rc = read_pack(&peek, pack, name, e);
    receiving_release(&peek);
    if (rc == 0 && peeked.facts.continues.len)
        r->before_count = before(context, &peeked.facts, r->before);
    return rc;
}

int collection_read(struct session *s, const struct hash *blob, const char *name,
                    collection_before *before, void *context, struct collection_reading *out,
                    struct err *e)
{
    CLEANUP(receiving_release)
    struct receiving r = {.out = out, .store = session_store(s), .of = *blob};
    CLEANUP(opened_release) struct opened o = {.pack = {.fd = -1}, .fd = -1};
    int rc = open_archive(s, blob, name, &o, e);

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
