/* doc.c: the writer of snapshot documents. */
#include "collect/doc.h"
#include <errno.h>
#include "base/mem.h"
#include "base/sink.h"

static const char *const seen_names[] = {"whole", "part", "none", "absent"};

void doc_init(struct doc *d, collect_line *emit, void *context, struct err *e)
{
    *d = (struct doc){.emit = emit, .context = context, .e = e};
    d->digest = digest_new(DIGEST_SHA256);
}

static void drop_rows(struct doc *d)
{
    for (size_t i = 0; i < d->row_count; i++) {
        free(d->rows[i].key);
        free(d->rows[i].rest);
    }
    d->row_count = 0;
    d->row_bytes = 0;
    d->dropped = 0;
}

void doc_release(struct doc *d)
{
    drop_rows(d);
    free(d->rows);
    for (size_t i = 0; i < d->section_count; i++)
        for (size_t k = 0; k < d->sections[i].gap_count; k++)
            free(d->sections[i].gaps[k]);
    buf_release(&d->key);
    buf_release(&d->rest);
    buf_release(&d->line);
    digest_free(d->digest);
    *d = (struct doc){0};
}

static void emit_line(struct doc *d)
{
    buf_addc(&d->line, '\n');
    digest_add(d->digest, d->line.p, d->line.len);
    d->size += d->line.len;
    d->lines++;
    if (d->status == 0)
        d->status = d->emit(d->context, buf_str(&d->line), d->e);
}

void doc_first(struct doc *d, struct str line)
{
    buf_clear(&d->line);
    buf_addstr(&d->line, line);
    emit_line(d);
}

static struct doc_section *current(struct doc *d)
{
    if (d->section_count == 0)
        BUG("a row of no section");
    return &d->sections[d->section_count - 1];
}

static int by_key(const void *a, const void *b)
{
    const struct doc_row *x = a;
    const struct doc_row *y = b;
    int order = str_cmp((struct str){x->key, x->key_len}, (struct str){y->key, y->key_len});

    return order ? order
                 : str_cmp((struct str){x->rest, x->rest_len}, (struct str){y->rest, y->rest_len});
}

static void emit_row(struct doc *d, const struct doc_row *row, size_t repeat)
{
    buf_clear(&d->line);
    buf_addf(&d->line, "{\"section\":\"%s\",\"key\":\"", current(d)->name);
    sink_json(&d->line, (struct str){row->key, row->key_len});
    if (repeat > 1)
        buf_addf(&d->line, " #%zu", repeat);
    buf_addc(&d->line, '"');
    if (row->rest_len > 1)
        buf_addc(&d->line, ',');
    buf_add(&d->line, row->rest, row->rest_len);
    emit_line(d);
}

static bool same_key(const struct doc_row *a, const struct doc_row *b)
{
    return str_eq((struct str){a->key, a->key_len}, (struct str){b->key, b->key_len});
}

static void flush_section(struct doc *d)
{
    size_t repeat = 1;

    if (d->section_count == 0)
        return;
    if (d->dropped)
        doc_gap(d, "%llu lines are left out: the section is at its limit",
                (unsigned long long)d->dropped);
    if (d->row_count)
        qsort(d->rows, d->row_count, sizeof(*d->rows), by_key);
    for (size_t i = 0; i < d->row_count; i++) {
        repeat = i && same_key(&d->rows[i - 1], &d->rows[i]) ? repeat + 1 : 1;
        emit_row(d, &d->rows[i], repeat);
    }
    current(d)->count = d->row_count;
    drop_rows(d);
}

void doc_section(struct doc *d, const char *name)
{
    flush_section(d);
    if (d->section_count == DOC_SECTION_COUNT)
        BUG("too many sections");
    d->sections[d->section_count++] = (struct doc_section){.name = name};
}

/* Bytes that are not UTF-8 become \xNN, so that two names never become one key. */
static void add_key_bytes(struct buf *out, struct str key)
{
    while (key.len) {
        struct str before = key;
        uint32_t c = utf8_take(&key);
        size_t taken = before.len - key.len;

        if (c == 0xfffd && taken == 1)
            buf_addf(out, "\\x%02x", (unsigned)(unsigned char)before.p[0]);
        else
            buf_add(out, before.p, taken);
    }
}

static void cut_key(struct buf *key)
{
    enum { HEAD_SIZE = 480, MARK_DIGITS = 8 };
    struct hash hash = hash_bytes(key->p, key->len);
    size_t len = HEAD_SIZE;

    while (len && ((unsigned char)key->p[len] & 0xc0) == 0x80)
        len--;
    key->len = len;
    buf_adds(key, "\xe2\x80\xa6");
    hex_add(key, hash.b, MARK_DIGITS);
}

struct json *doc_row_begin(struct doc *d, struct str key)
{
    buf_clear(&d->key);
    add_key_bytes(&d->key, key);
    if (d->key.len > DOC_KEY_SIZE)
        cut_key(&d->key);
    buf_clear(&d->rest);
    json_begin(&d->json, &d->rest);
    json_object_begin(&d->json);
    return &d->json;
}

struct json *doc_row_text(struct doc *d, const char *key)
{
    return doc_row_begin(d, str_of(key));
}

void doc_row_end(struct doc *d)
{
    enum { LINE_SPARE = 8192, DOCUMENT_SPARE = 4 << 20 }; /* for the key; for what comes after */
    size_t size;

    json_object_end(&d->json);
    size = d->key.len + d->rest.len;
    if (d->row_count == DOC_ROW_COUNT || d->row_bytes + size > DOC_SECTION_SIZE ||
        d->size + d->row_bytes + size > COLLECT_DOCUMENT_SIZE - DOCUMENT_SPARE ||
        d->rest.len > COLLECT_LINE_SIZE - LINE_SPARE) {
        d->dropped++;
        return;
    }
    d->rows = mem_grow(d->rows, d->row_count, &d->row_room, sizeof(*d->rows));
    d->rows[d->row_count++] = (struct doc_row){.key = mem_dup(d->key.p ? d->key.p : "", d->key.len),
                                               .rest = mem_dup(d->rest.p + 1, d->rest.len - 1),
                                               .key_len = d->key.len,
                                               .rest_len = d->rest.len - 1};
    d->row_bytes += size;
}

static void add_note(struct doc *d, const char *text)
{
    enum { GAP_SIZE = 1000 };
    struct doc_section *s = current(d);

    for (size_t i = 0; i < s->gap_count; i++)
        if (strcmp(s->gaps[i], text) == 0)
            return;
    if (s->gap_count == DOC_GAP_COUNT)
        s->more_gaps++;
    else
        s->gaps[s->gap_count++] = mem_dup(text, strnlen(text, GAP_SIZE));
}

static void add_gap(struct doc *d, const char *text)
{
    if (current(d)->seen == SEEN_WHOLE)
        current(d)->seen = SEEN_PART;
    add_note(d, text);
}

void doc_note(struct doc *d, const char *fmt, ...)
{
    CLEANUP_BUF struct buf text = {0};
    va_list ap;

    va_start(ap, fmt);
    buf_addv(&text, fmt, ap);
    va_end(ap);
    add_note(d, buf_text(&text));
}

void doc_gap(struct doc *d, const char *fmt, ...)
{
    CLEANUP_BUF struct buf text = {0};
    va_list ap;

    va_start(ap, fmt);
    buf_addv(&text, fmt, ap);
    va_end(ap);
    add_gap(d, buf_text(&text));
}

void doc_gap_errno(struct doc *d, int code, const char *fmt, ...)
{
    CLEANUP_BUF struct buf text = {0};
    va_list ap;

    va_start(ap, fmt);
    buf_addv(&text, fmt, ap);
    va_end(ap);
    if (code == -EFBIG)
        buf_adds(&text, ": it is too big, only its first part was read");
    else if (code == -EINVAL)
        buf_adds(&text, ": it is not a regular file");
    else
        buf_addf(&text, ": %s", strerror(-code));
    add_gap(d, buf_text(&text));
}

void doc_seen(struct doc *d, enum doc_seen seen)
{
    current(d)->seen = seen;
}

bool doc_source(struct doc *d, int code, const char *path)
{
    if (code == 0)
        return true;
    if (code == -ENOENT) {
        doc_seen(d, SEEN_ABSENT);
        return false;
    }
    doc_gap_errno(d, code, "/%s", path);
    if (code != -EFBIG)
        doc_seen(d, SEEN_NONE);
    return code == -EFBIG;
}

static void emit_coverage(struct doc *d, const struct doc_section *s)
{
    struct json j;

    buf_clear(&d->line);
    json_begin(&j, &d->line);
    json_object_begin(&j);
    json_put_text(&j, "section", "coverage");
    json_put_text(&j, "key", s->name);
    json_put_u64(&j, "count", s->count);
    json_put_text(&j, "seen", seen_names[s->seen]);
    json_name(&j, "missing");
    json_array_begin(&j);
    for (size_t i = 0; i < s->gap_count; i++)
        json_text(&j, s->gaps[i]);
    if (s->more_gaps) {
        CLEANUP_BUF struct buf more = {0};
        buf_addf(&more, "and %llu more of this kind", (unsigned long long)s->more_gaps);
        json_str(&j, buf_str(&more));
    }
    json_array_end(&j);
    json_object_end(&j);
    emit_line(d);
}

static void emit_end(struct doc *d)
{
    struct json j;
    uint8_t hash[64];
    size_t size = digest_end(d->digest, hash);

    buf_clear(&d->line);
    json_begin(&j, &d->line);
    json_object_begin(&j);
    json_put_text(&j, "section", "end");
    json_put_text(&j, "key", "end");
    json_put_u64(&j, "lines", d->lines);
    json_put_hex(&j, "sha256", hash, size);
    json_object_end(&j);
    emit_line(d);
}

int doc_finish(struct doc *d)
{
    flush_section(d);
    for (size_t i = 0; i < d->section_count; i++)
        emit_coverage(d, &d->sections[i]);
    emit_end(d);
    return d->status;
}

void put_bytes(struct json *j, const char *name, struct str value)
{
    CLEANUP_BUF struct buf hex_name = {0};

    json_put_str(j, name, value);
    if (!str_has_utf8_error(value))
        return;
    buf_addf(&hex_name, "%s_hex", name);
    json_put_hex(j, buf_text(&hex_name), value.p, value.len);
}

void put_some(struct json *j, const char *name, struct str value)
{
    if (value.len)
        put_bytes(j, name, value);
}

void put_i64(struct json *j, const char *name, int64_t value)
{
    json_name(j, name);
    json_i64(j, value);
}

void key_add(struct buf *key, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    buf_addv(key, fmt, ap);
    va_end(ap);
}
