/* evtx.c: event logs of Windows from Vista on: a head, chunks of 64 KiB, and records in them, also
 * where the file is cut or damaged. */
#include <libdeflate.h>
#include "base/mem.h"
#include "timeline/binxml.h"
#include "timeline/bytes.h"
#include "timeline/evtx_meanings.h"

enum {
    FILE_HEAD = 4096,
    FILE_FLAGS = 120,
    FLAG_NO_SUM = 4,
    CHUNK_SIZE = 64 << 10,
    CHUNK_HEAD = 512,
    CHUNK_FIRST = 24,
    CHUNK_LAST = 32,
    CHUNK_FREE = 48,
    CHUNK_RECORDS_SUM = 52,
    CHUNK_FLAGS = 120,
    CHUNK_SUM = 124,
    CHUNK_TABLES = 128,
    RECORD_HEAD = 24,
    RECORD_LEAST = 28,
    NOTICES_MOST = 64,
};
/* FILETIME of 1990 and of 2200: no head of a record says anything else. */
static const uint64_t written_first = 122756256000000000, written_last = 189025920000000000;
static const char magic[] = "**\0"; /* and the NUL that ends it */

struct evtx {
    struct reader *r;
    struct bytes *bytes;
    struct binxml *xml;
    struct evtx_meanings *meanings;
    bool has_sums;
    unsigned notices;
    uint64_t end;     /* chunks of the part begin before it */
    uint64_t rubble;  /* where the next part begins: what is no chunk is cut there */
    uint64_t at;      /* of the chunk */
    struct str chunk; /* what there is of it */
    struct event event;
};

static bool is_file(struct str head)
{
    return head.len >= 8 && memcmp(head.p, "ElfFile", 8) == 0;
}

static bool is_chunk(struct str head)
{
    return head.len >= 8 && memcmp(head.p, "ElfChnk", 8) == 0;
}

/* Also of a file whose head is lost. */
static bool knows(struct str head)
{
    return is_file(head) || (is_chunk(head) && head.len >= CHUNK_HEAD);
}

static int notice(struct evtx *x, uint64_t at, const char *words, struct err *err)
{
    if (x->notices++ > NOTICES_MOST)
        return 0;
    if (x->notices > NOTICES_MOST)
        words = "There is more damage, which is not told one by one.";
    return reader_notice(x->r, at, words, err);
}

/* The size stands at both ends of a record. */
static bool is_record_at(struct str chunk, size_t at)
{
    uint32_t size;

    if (at > chunk.len || chunk.len - at < RECORD_LEAST || memcmp(chunk.p + at, magic, 4) != 0)
        return false;
    size = le32(chunk, at + 4);
    return size >= RECORD_LEAST && size <= chunk.len - at && le32(chunk, at + size - 4) == size;
}

/* The next one behind at; the chunk's size, where there is none. */
static size_t find_record(struct str chunk, size_t at)
{
    while (at < chunk.len) {
        const char *found = memmem(chunk.p + at, chunk.len - at, magic, 4);

        if (!found)
            break;
        at = (size_t)(found - chunk.p);
        if (is_record_at(chunk, at))
            return at;
        at++;
    }
    return chunk.len;
}

static uint64_t record_id(struct str chunk, size_t at)
{
    return le64(chunk, at + 8);
}

/* What the record's own head says, where its XML does not. */
static void put_head(struct evtx *x, size_t at)
{
    uint16_t id = field_number(x->r->names, STR("winlog.record_id"));

    if (x->event.precision == TIME_NONE)
        event_time_filetime(&x->event, le64(x->chunk, at + 16));
    if (event_value(&x->event, id).len == 0)
        event_put_u64(&x->event, id, record_id(x->chunk, at));
}

static int tell_record(struct evtx *x, size_t at, struct err *err)
{
    char words[96];

    snprintf(words, sizeof(words), "The record %llu is damaged: a part of it cannot be read.",
             (unsigned long long)record_id(x->chunk, at));
    return notice(x, x->at + at, words, err);
}

static int take_record(struct evtx *x, size_t at, struct err *err)
{
    size_t size = le32(x->chunk, at + 4);
    bool is_good;
    int rc;

    event_begin(&x->event);
    x->event.at = x->at + at;
    is_good = binxml_record(x->xml, at + RECORD_HEAD, at + size - 4, &x->event);
    put_head(x, at);
    if (event_value(&x->event, FIELD_EVENT_CODE).len)
        evtx_understand(x->meanings, x->r, &x->event);
    else
        event_puts(&x->event, FIELD_EVENT_KIND, "unparsed");
    x->r->counts.lines++;
    rc = reader_event(x->r, &x->event, err);
    return rc == 0 && !is_good ? tell_record(x, at, err) : rc;
}

/* A record whose second size is not there, since it was not written to its end or is cut: its head
 * counts where its number is one of the chunk's. */
static bool is_head_at(struct str chunk, size_t at)
{
    uint64_t id, written;
    uint32_t size;

    if (!is_chunk(chunk) || at > chunk.len || chunk.len - at < RECORD_HEAD ||
        memcmp(chunk.p + at, magic, 4) != 0)
        return false;
    size = le32(chunk, at + 4);
    id = record_id(chunk, at);
    written = le64(chunk, at + 16);
    return size >= RECORD_LEAST && size <= CHUNK_SIZE - CHUNK_HEAD &&
           id >= le64(chunk, CHUNK_FIRST) && id <= le64(chunk, CHUNK_LAST) &&
           written >= written_first && written <= written_last;
}

/* When it was, and nothing of what. */
static int take_head(struct evtx *x, size_t at, struct err *err)
{
    char words[96];
    int rc;

    event_begin(&x->event);
    x->event.at = x->at + at;
    put_head(x, at);
    event_puts(&x->event, FIELD_EVENT_KIND, "unparsed");
    x->r->counts.lines++;
    rc = reader_event(x->r, &x->event, err);
    snprintf(words, sizeof(words), "Of the record %llu only the head can be read.",
             (unsigned long long)record_id(x->chunk, at));
    return rc ? rc : notice(x, x->at + at, words, err);
}

static size_t behind_head(struct str chunk, size_t at)
{
    size_t next = at + le32(chunk, at + 4);

    return is_record_at(chunk, next) || is_head_at(chunk, next) ? next : at + RECORD_HEAD;
}

static uint32_t sum_of_head(struct str chunk)
{
    uint32_t sum = libdeflate_crc32(0, chunk.p, CHUNK_FLAGS);

    return libdeflate_crc32(sum, chunk.p + CHUNK_TABLES, CHUNK_HEAD - CHUNK_TABLES);
}

/* NULL: it is whole. */
static const char *chunk_fault(const struct evtx *x, struct str chunk)
{
    uint32_t end;

    if (chunk.len < CHUNK_SIZE)
        return "The file is cut within this chunk.";
    end = le32(chunk, CHUNK_FREE);
    if (end < CHUNK_HEAD || end > CHUNK_SIZE)
        return "The head of this chunk is damaged.";
    if (!x->has_sums || le32(chunk, CHUNK_FLAGS) & FLAG_NO_SUM)
        return NULL;
    if (sum_of_head(chunk) != le32(chunk, CHUNK_SUM))
        return "The checksum of this chunk's head does not fit.";
    if (libdeflate_crc32(0, chunk.p + CHUNK_HEAD, end - CHUNK_HEAD) !=
        le32(chunk, CHUNK_RECORDS_SUM))
        return "The checksum of this chunk's records does not fit.";
    return NULL;
}

/* Records one behind another; where one is damaged, and to the end of a damaged chunk, they are
 * looked for. Behind the end of a whole one lie what earlier chunks left. */
static int take_records(struct evtx *x, size_t at, size_t end, struct err *err)
{
    int rc = 0;

    while (rc == 0 && at < end) {
        bool is_whole = is_record_at(x->chunk, at);
        size_t next;

        if (!is_whole && is_head_at(x->chunk, at)) {
            rc = take_head(x, at, err);
            at = behind_head(x->chunk, at);
            continue;
        }
        next = is_whole ? at : find_record(x->chunk, at);
        if (next >= end)
            return at + RECORD_LEAST <= end && !is_all_zero(str_part(x->chunk, at, end - at))
                       ? notice(x, x->at + at, "From here on this chunk has no records.", err)
                       : 0;
        if (next > at && !is_all_zero(str_part(x->chunk, at, next - at)))
            rc = notice(x, x->at + at, "What stands here before the next record is damaged.", err);
        if (rc == 0)
            rc = take_record(x, next, err);
        at = next + le32(x->chunk, next + 4);
    }
    return rc;
}

/* A file that was not closed may have more records than its last chunk's head says. */
static size_t end_of(struct str chunk)
{
    size_t end = le32(chunk, CHUNK_FREE);
    uint64_t last = le64(chunk, CHUNK_LAST);

    while (is_record_at(chunk, end) && record_id(chunk, end) == last + 1) {
        end += le32(chunk, end + 4);
        last++;
    }
    return end;
}

static int take_chunk(struct evtx *x, struct err *err)
{
    const char *fault = chunk_fault(x, x->chunk);
    int rc = 0;

    binxml_chunk(x->xml, x->chunk);
    if (fault)
        rc = notice(x, x->at, fault, err);
    return rc ? rc : take_records(x, CHUNK_HEAD, fault ? x->chunk.len : end_of(x->chunk), err);
}

/* What is no chunk, up to the next one or for the size of one. */
static int take_rubble(struct evtx *x, size_t *size, struct err *err)
{
    const char *found = memmem(x->chunk.p + 1, x->chunk.len - 1, "ElfChnk", 8);
    int rc;

    *size = found ? (size_t)(found - x->chunk.p) : x->chunk.len;
    if (*size > x->rubble - x->at)
        *size = (size_t)(x->rubble - x->at);
    if (is_all_zero(str_head(x->chunk, *size)))
        return 0;
    x->chunk = str_head(x->chunk, *size);
    rc = notice(x, x->at, "What stands here is no chunk.", err);
    if (rc)
        return rc;
    binxml_chunk(x->xml, x->chunk);
    return find_record(x->chunk, 0) < x->chunk.len ? take_records(x, 0, x->chunk.len, err) : 0;
}

static int take_chunks(struct evtx *x, struct err *err)
{
    int rc = 0;

    while (rc == 0 && x->at < x->end) {
        size_t size = CHUNK_SIZE;

        rc = bytes_at(x->bytes, x->at, CHUNK_SIZE, &x->chunk, err);
        if (rc || x->chunk.len == 0)
            break;
        if (!is_chunk(x->chunk) || x->chunk.len < CHUNK_HEAD)
            rc = take_rubble(x, &size, err);
        else
            rc = take_chunk(x, err);
        x->at += size < x->chunk.len ? size : x->chunk.len;
    }
    return rc;
}

static void evtx_release(struct evtx *x)
{
    bytes_free(x->bytes);
    binxml_free(x->xml);
    evtx_meanings_free(x->meanings);
    event_release(&x->event);
}

/* Where chunks would be in a sound file, at or behind at. */
static uint64_t grid(uint64_t at)
{
    if (at >= UINT64_MAX - CHUNK_SIZE)
        return UINT64_MAX;
    return at <= FILE_HEAD
               ? FILE_HEAD
               : FILE_HEAD + (at - FILE_HEAD + CHUNK_SIZE - 1) / CHUNK_SIZE * CHUNK_SIZE;
}

/* In a damaged file a chunk may begin elsewhere: the part before, which comes upon it, reads it
 * where it begins in that. */
static int begin_part(struct evtx *x, struct err *err)
{
    uint64_t from = grid(x->r->from);
    const char *found;
    struct str before;
    int rc = bytes_at(x->bytes, from - CHUNK_SIZE, CHUNK_SIZE + 7, &before, err);

    x->at = from;
    if (rc || before.len < CHUNK_SIZE || is_chunk(before))
        return rc;
    found = memmem(before.p, before.len, "ElfChnk", 8);
    if (!found)
        return 0;
    x->at = from - CHUNK_SIZE + (uint64_t)(found - before.p);
    if (x->at < x->r->from)
        x->at += CHUNK_SIZE;
    return 0;
}

static int read_part(struct reader *r, struct err *err)
{
    CLEANUP(evtx_release)
    struct evtx x = {.r = r,
                     .bytes = bytes_new(r),
                     .end = r->to,
                     .rubble = grid(r->to),
                     .xml = binxml_new(r->names),
                     .meanings = evtx_meanings_new(r->names)};
    struct str head;
    int rc;

    event_init(&x.event);
    rc = bytes_at(x.bytes, 0, FILE_HEAD, &head, err);
    if (rc)
        return rc;
    x.has_sums =
        is_file(head) && head.len > FILE_FLAGS + 4 && !(le32(head, FILE_FLAGS) & FLAG_NO_SUM);
    if (r->from)
        rc = begin_part(&x, err);
    else if (is_file(head))
        x.at = head.len;
    else
        rc = notice(&x, 0, "The head of the file is missing.", err);
    return rc ? rc : take_chunks(&x, err);
}

const struct format format_evtx = {.name = "evtx",
                                   .version = 3,
                                   .is_splittable = true,
                                   .part_size = 8 << 20,
                                   .knows = knows,
                                   .read = read_part};
