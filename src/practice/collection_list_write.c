/* collection_list_write.c: what a worker says of a collection, on its way into the list. */
#include "practice/collection_list_write.h"
#include "base/sink.h"
#include "collect/collect.h"
#include "practice/collection_worker.h"

enum { MISSING_MOST = 20000, OF_CODE_MOST = 300 };

void list_writer_release(struct list_writer *r)
{
    blob_abort(r->writer);
    buf_release(&r->line);
}

static struct json *begin_line(struct list_writer *r)
{
    json_begin(&r->json, &r->line);
    json_object_begin(&r->json);
    return &r->json;
}

static int end_line(struct list_writer *r, struct err *e)
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

static void put_before(const struct list_writer *r, struct json *j)
{
    if (!r->before_count)
        return;
    json_name(j, "continues");
    json_array_begin(j);
    for (size_t i = 0; i < r->before_count; i++)
        json_hex(j, r->before[i].b, sizeof(r->before[i].b));
    json_array_end(j);
}

static int write_head(struct list_writer *r, struct err *e)
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
static void take_later_fact(struct list_writer *r, struct str name, struct str value)
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
static int take_document(struct list_writer *r, struct str lines, struct err *e)
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

static int write_texts(struct list_writer *r, const char *const *names, const struct str *texts,
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

/* LIST_CODE_COUNT - 1 for one that this calm does not know. */
static size_t find_code(struct str code)
{
    const struct collect_noticed *rows;
    size_t count = collect_noticed(&rows);

    if (count >= LIST_CODE_COUNT)
        BUG("%zu codes", count);
    for (size_t i = 0; i < count; i++)
        if (str_is(code, rows[i].code))
            return i;
    return LIST_CODE_COUNT - 1;
}

/* What a code weighs and usually means is known here; a host that lies does not get to say it. Nor
 * does a flood of one code crowd out the others. */
static int take_observed(struct list_writer *r, const struct str *texts, struct err *e)
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

static int take_missing(struct list_writer *r, const struct str *texts, struct err *e)
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
    struct list_writer *r = context;
    int rc;

    if (kind == ROW_FACT) {
        if (r->part)
            take_later_fact(r, texts[0], texts[1]);
        else
            take_fact(&r->out->facts, texts[0], texts[1]);
        return 0;
    }
    if (!r->writer)
        return 0;
    rc = write_head(r, e);
    if (rc)
        return rc;
    if (kind == ROW_DOCUMENT)
        return take_document(r, texts[0], e);
    return kind == ROW_OBSERVED ? take_observed(r, texts, e) : take_missing(r, texts, e);
}

int list_writer_receive(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    struct import_reader reader = {.text_counts = collection_row_texts,
                                   .kind_count = ROW_COUNT_,
                                   .row = take_row,
                                   .context = context};

    return import_receive(&reader, kind, bytes, e);
}

void list_writer_problem(struct list_writer *r, const char *words)
{
    struct buf *problem = &r->out->problem;

    if (problem->len)
        buf_adds(problem, "; ");
    buf_adds(problem, words);
}

/* By which way the collector encrypted, as far as it says so. */
static void add_encrypted(struct list_writer *r)
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
        if (str_is(buf_str(&r->out->facts.encryption), ways[i].scheme))
            words = ways[i].words;
    list_writer_problem(r, words);
    buf_adds(&r->out->problem, ". It is kept as it came; decrypt a copy, and import that too");
}

static int write_last(struct list_writer *r, bool is_encrypted, struct err *e)
{
    struct collection_reading *out = r->out;
    struct json *j;
    int rc = 0;

    if (is_encrypted)
        add_encrypted(r);
    if (out->tool == COLLECTION_BUNDLE && !out->facts.has_end && !out->problem.len)
        list_writer_problem(r, "its last member is not there: it was given up before its end");
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

static int say_one_left(struct list_writer *r, const char *what, const char *why, struct err *e)
{
    static const char *const names[] = {"missing", "step", "why"};
    struct str texts[] = {str_of(what), STR("list"), str_of(why)};

    r->out->missing++;
    return write_texts(r, names, texts, COUNT_OF(names), e);
}

/* What came and is not in the list. */
static int say_left(struct list_writer *r, struct err *e)
{
    const struct collect_noticed *rows;
    size_t count = collect_noticed(&rows);
    char what[128];
    int rc = 0;

    for (size_t i = 0; i < LIST_CODE_COUNT && rc == 0; i++) {
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

static int say_boots(struct list_writer *r, struct err *e)
{
    const struct str texts[] = {STR("one boot"), STR("resume"),
                                STR("the host was started anew between the parts: what is in "
                                    "memory is of two boots"),
                                STR("0")};

    return r->is_of_other_boot ? take_missing(r, texts, e) : 0;
}

int list_writer_end(struct list_writer *r, bool is_encrypted, struct err *e)
{
    int rc = write_head(r, e);

    if (rc == 0)
        rc = say_boots(r, e);
    if (rc == 0)
        rc = say_left(r, e);
    return rc ? rc : write_last(r, is_encrypted, e);
}
