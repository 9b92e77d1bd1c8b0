/* ewf_write.c: writes sections, tables and segments of an E01. */
#include "acquire/ewf_write.h"
#include "acquire/ewf_header.h"
#include "acquire/pack.h"
#include "base/mem.h"

enum {
    FILE_HEADER_SIZE = 13,
    SECTION_SIZE = 76,
    VOLUME_SIZE = 1052,
    TABLE_HEADER_SIZE = 24,
    OUT_SIZE = 4 << 20,
    /* What the last segment needs behind its last group, without unreadable sectors. */
    TAIL_SIZE = 3 * SECTION_SIZE + SECTION_SIZE + VOLUME_SIZE + 80 + 36,
    ERROR_HEADER_SIZE = 516,
    ERRORS_MAX = 1 << 22,
};

struct ewf_writer {
    struct ewf_facts facts;
    struct target_files *files;
    uint64_t chunk_count; /* of the media */
    uint64_t chunks;      /* that were added */
    uint8_t *out;         /* OUT_SIZE; bytes of the segment from flushed on */
    size_t out_len;       /* of them */
    uint64_t flushed;     /* whole pages */
    uint64_t group_at;    /* where the open group's sectors section begins */
    uint32_t group_count; /* chunks of it */
    uint32_t table[EWF_GROUP_CHUNKS];
    bool has_group;
};

static void put32(uint8_t *to, uint32_t n)
{
    for (size_t i = 0; i < 4; i++)
        to[i] = (uint8_t)(n >> 8 * i);
}

static void put64(uint8_t *to, uint64_t n)
{
    put32(to, (uint32_t)n);
    put32(to + 4, (uint32_t)(n >> 32));
}

static uint64_t place(const struct ewf_writer *w)
{
    return w->flushed + w->out_len;
}

/* The whole pages go; what is behind them stays, for the page it is in is written once more. */
static int flush_pages(struct ewf_writer *w, struct err *e)
{
    size_t whole = w->out_len - w->out_len % TARGET_PAGE;
    int rc = w->flushed ? 0 : target_files_announce(w->files, w->out, w->out_len, e);

    if (rc == 0)
        rc = target_files_write(w->files, w->flushed, w->out, whole, e);
    if (rc)
        return rc;
    w->flushed += whole;
    w->out_len -= whole;
    memcpy(w->out, w->out + whole, w->out_len);
    return 0;
}

/* The file has all that was put. */
static int flush(struct ewf_writer *w, struct err *e)
{
    int rc = flush_pages(w, e);

    return rc ? rc : target_files_write(w->files, w->flushed, w->out, w->out_len, e);
}

static int put(struct ewf_writer *w, const void *bytes, size_t size, struct err *e)
{
    const uint8_t *p = bytes;
    int rc = 0;

    while (rc == 0 && size) {
        size_t part = OUT_SIZE - w->out_len < size ? OUT_SIZE - w->out_len : size;

        memcpy(w->out + w->out_len, p, part);
        w->out_len += part;
        p += part;
        size -= part;
        if (w->out_len == OUT_SIZE)
            rc = flush_pages(w, e);
    }
    return rc;
}

/* Over what was put before, some of which may be in the file and the rest not. */
static int put_over(struct ewf_writer *w, uint64_t at, const uint8_t *bytes, size_t size,
                    struct err *e)
{
    size_t gone = at >= w->flushed ? 0 : w->flushed - at < size ? (size_t)(w->flushed - at) : size;

    if (gone < size) /* else the place lies before what is held */
        memcpy(w->out + (at + gone - w->flushed), bytes + gone, size - gone);
    return gone ? target_files_write(w->files, at, bytes, gone, e) : 0;
}

/* data_size is that of what follows; where nothing does, the section is its own next. */
static void section_head(uint8_t out[SECTION_SIZE], const char *type, uint64_t at,
                         uint64_t data_size, bool is_last)
{
    memset(out, 0, SECTION_SIZE);
    memcpy(out, type, strlen(type));
    put64(out + 16, is_last ? at : at + SECTION_SIZE + data_size);
    put64(out + 24, SECTION_SIZE + data_size);
    put32(out + 72, adler32_of(out, 72));
}

static int put_section(struct ewf_writer *w, const char *type, const void *data, size_t size,
                       struct err *e)
{
    uint8_t head[SECTION_SIZE];
    int rc;

    section_head(head, type, place(w), size, false);
    rc = put(w, head, sizeof(head), e);
    return rc ? rc : put(w, data, size, e);
}

static int put_last(struct ewf_writer *w, const char *type, struct err *e)
{
    uint8_t head[SECTION_SIZE];

    section_head(head, type, place(w), 0, true);
    return put(w, head, sizeof(head), e);
}

static int put_volume(struct ewf_writer *w, const char *type, struct err *e)
{
    const struct ewf_facts *f = &w->facts;
    uint8_t v[VOLUME_SIZE] = {0};

    v[0] = f->is_removable ? 0 : 1;
    put32(v + 4, (uint32_t)w->chunk_count);
    put32(v + 8, CHUNK_SIZE / f->sector_size);
    put32(v + 12, f->sector_size);
    put64(v + 16, f->size / f->sector_size);
    v[36] = f->is_physical ? 3 : 1;
    v[52] = f->is_small ? 2 : 1;
    put32(v + 56, 1);
    memcpy(v + 64, f->id, sizeof(f->id));
    put32(v + VOLUME_SIZE - 4, adler32_of(v, VOLUME_SIZE - 4));
    return put_section(w, type, v, sizeof(v), e);
}

static int put_headers(struct ewf_writer *w, struct err *e)
{
    CLEANUP_BUF struct buf wide = {0};
    CLEANUP_BUF struct buf narrow = {0};
    int rc;

    ewf_header2(&w->facts, &wide);
    ewf_header(&w->facts, &narrow);
    rc = put_section(w, "header2", wide.p, wide.len, e);
    if (rc == 0)
        rc = put_section(w, "header2", wide.p, wide.len, e);
    if (rc == 0)
        rc = put_section(w, "header", narrow.p, narrow.len, e);
    return rc ? rc : put_volume(w, "volume", e);
}

static int begin_segment(struct ewf_writer *w, struct err *e)
{
    static const uint8_t magic[8] = {'E', 'V', 'F', 0x09, 0x0d, 0x0a, 0xff, 0x00};
    uint8_t head[FILE_HEADER_SIZE] = {0};
    int rc = target_files_next(w->files, e);

    if (rc)
        return rc;
    w->flushed = 0;
    w->out_len = 0;
    memcpy(head, magic, sizeof(magic));
    head[8] = 1;
    head[9] = (uint8_t)w->files->count;
    head[10] = (uint8_t)(w->files->count >> 8);
    rc = put(w, head, sizeof(head), e);
    if (rc == 0 && w->files->count == 1)
        return put_headers(w, e);
    return rc ? rc : put_volume(w, "data", e);
}

static uint64_t tables_size(uint32_t count)
{
    return 2 * (SECTION_SIZE + TABLE_HEADER_SIZE + 4 * (uint64_t)count + 4);
}

/* Whether one more chunk of the largest size, and all that closes the segment, fits into it. */
static bool has_room(const struct ewf_writer *w)
{
    uint64_t begun = w->has_group ? 0 : SECTION_SIZE;
    uint32_t count = w->has_group ? w->group_count + 1 : 1;

    return w->facts.segment_size == 0 ||
           place(w) + begun + CHUNK_ROOM + tables_size(count) + TAIL_SIZE <= w->facts.segment_size;
}

static int begin_group(struct ewf_writer *w, struct err *e)
{
    static const uint8_t unknown[SECTION_SIZE]; /* until its size is known */

    w->group_at = place(w);
    w->group_count = 0;
    w->has_group = true;
    return put(w, unknown, sizeof(unknown), e);
}

/* The two tables of the open group, as they stand behind its chunks. */
static void add_tables(const struct ewf_writer *w, struct buf *out)
{
    static const char *const types[] = {"table", "table2"};
    size_t entries = 4 * (size_t)w->group_count;
    uint8_t data[TABLE_HEADER_SIZE + 4 * EWF_GROUP_CHUNKS + 4] = {0};
    uint8_t head[SECTION_SIZE];
    size_t before = out->len;

    put32(data, w->group_count);
    put64(data + 8, w->group_at);
    put32(data + 20, adler32_of(data, 20));
    for (uint32_t i = 0; i < w->group_count; i++)
        put32(data + TABLE_HEADER_SIZE + 4 * i, w->table[i]);
    put32(data + TABLE_HEADER_SIZE + entries, adler32_of(data + TABLE_HEADER_SIZE, entries));
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        section_head(head, types[i], place(w) + out->len - before, TABLE_HEADER_SIZE + entries + 4,
                     false);
        buf_add(out, head, sizeof(head));
        buf_add(out, data, TABLE_HEADER_SIZE + entries + 4);
    }
}

/* The size of the chunks stands before them, and is known only behind them. */
static void group_head(const struct ewf_writer *w, uint8_t out[SECTION_SIZE])
{
    section_head(out, "sectors", w->group_at, place(w) - w->group_at - SECTION_SIZE, false);
}

static int put_group_size(struct ewf_writer *w, struct err *e)
{
    uint8_t head[SECTION_SIZE];

    group_head(w, head);
    return put_over(w, w->group_at, head, sizeof(head), e);
}

static int end_group(struct ewf_writer *w, struct err *e)
{
    CLEANUP_BUF struct buf tables = {0};
    int rc = put_group_size(w, e);

    add_tables(w, &tables);
    if (rc == 0)
        rc = put(w, tables.p, tables.len, e);
    w->has_group = false;
    return rc ? rc : flush(w, e);
}

int ewf_hold(struct ewf_writer *w, struct ewf_open_group *out, struct err *e)
{
    int rc = flush(w, e);

    if (rc)
        return rc;
    out->at = w->group_at;
    out->count = w->has_group ? w->group_count : 0;
    memcpy(out->entries, w->table, out->count * sizeof(w->table[0]));
    return 0;
}

void ewf_show_group(const struct ewf_writer *w, struct target_view *out)
{
    uint8_t head[SECTION_SIZE];
    uint64_t size;

    out->laid = (struct media_laid){.size = place(w)};
    if (!w->has_group)
        return;
    group_head(w, head);
    buf_add(&out->over, head, sizeof(head));
    add_tables(w, &out->over);
    size = out->over.len - sizeof(head);
    out->laid = (struct media_laid){.size = place(w) + size,
                                    .count = 2,
                                    .part = {{w->group_at, sizeof(head)}, {place(w), size}}};
}

static int end_segment(struct ewf_writer *w, struct err *e)
{
    int rc = put_last(w, "next", e);

    return rc ? rc : flush(w, e);
}

/* Opens what the next chunk goes into. */
static int make_place(struct ewf_writer *w, struct err *e)
{
    int rc = 0;

    if (w->has_group)
        return 0;
    if (!has_room(w)) {
        rc = end_segment(w, e);
        if (rc == 0)
            rc = begin_segment(w, e);
    }
    return rc ? rc : begin_group(w, e);
}

int ewf_add_chunk(struct ewf_writer *w, const void *packed, size_t size, bool is_packed,
                  struct err *e)
{
    int rc = make_place(w, e);

    if (rc)
        return rc;
    w->table[w->group_count++] = (uint32_t)(place(w) - w->group_at) | (is_packed ? 0x80000000U : 0);
    w->chunks++;
    rc = put(w, packed, size, e);
    if (rc || (w->group_count < EWF_GROUP_CHUNKS && w->chunks < w->chunk_count && has_room(w)))
        return rc;
    return end_group(w, e);
}

uint64_t ewf_chunks(const struct ewf_writer *w)
{
    return w->chunks;
}

/* The run of sectors that has no bytes of the source, the first from areas[*at] on; false: there is
 * no more. The table knows one reason only, so what was left unread stands there, too. */
static bool next_run(const struct ewf_writer *w, const struct fault_map *map, size_t *at,
                     uint64_t *first, uint64_t *end)
{
    uint64_t size = w->facts.sector_size;

    while (*at < map->count && map->areas[*at].state == AREA_READ)
        ++*at;
    if (*at == map->count)
        return false;
    *first = map->areas[*at].off / size;
    for (; *at < map->count && map->areas[*at].state != AREA_READ; ++*at)
        *end = (map->areas[*at].off + map->areas[*at].size + size - 1) / size;
    return true;
}

/* As far as their sectors have 32 bits. */
static int put_errors(struct ewf_writer *w, const struct fault_map *map, struct err *e)
{
    CLEANUP_BUF struct buf data = {0};
    uint8_t head[ERROR_HEADER_SIZE + 4] = {0};
    uint64_t first = 0, end = 0;
    uint32_t count = 0;
    uint8_t entry[8];

    buf_add(&data, head, sizeof(head));
    for (size_t at = 0; count < ERRORS_MAX && next_run(w, map, &at, &first, &end);) {
        if (end > UINT32_MAX)
            continue;
        put32(entry, (uint32_t)first);
        put32(entry + 4, (uint32_t)(end - first));
        buf_add(&data, entry, sizeof(entry));
        count++;
    }
    if (count == 0)
        return 0;
    put32(head, count);
    put32(head + ERROR_HEADER_SIZE, adler32_of(head, ERROR_HEADER_SIZE));
    memcpy(data.p, head, sizeof(head));
    put32(entry, adler32_of(data.p + sizeof(head), data.len - sizeof(head)));
    buf_add(&data, entry, 4);
    return put_section(w, "error2", data.p, data.len, e);
}

static int put_digests(struct ewf_writer *w, const struct digests_result *d, struct err *e)
{
    uint8_t digest[80] = {0}, hash[36] = {0};
    int rc;

    memcpy(digest, d->md5, sizeof(d->md5));
    memcpy(digest + 16, d->sha1, sizeof(d->sha1));
    put32(digest + 76, adler32_of(digest, 76));
    memcpy(hash, d->md5, sizeof(d->md5));
    put32(hash + 32, adler32_of(hash, 32));
    rc = put_section(w, "digest", digest, sizeof(digest), e);
    return rc ? rc : put_section(w, "hash", hash, sizeof(hash), e);
}

int ewf_end(struct ewf_writer *w, const struct digests_result *digests, const struct fault_map *map,
            struct err *e)
{
    int rc = 0;

    if (w->chunks != w->chunk_count || w->has_group)
        BUG("an image ends in its middle");
    if (w->files->count == 1)
        rc = put_volume(w, "data", e);
    if (rc == 0)
        rc = put_errors(w, map, e);
    if (rc == 0)
        rc = put_digests(w, digests, e);
    if (rc == 0)
        rc = put_last(w, "done", e);
    return rc ? rc : flush(w, e);
}

int ewf_check_order(uint64_t size, uint64_t segment_size, struct err *e)
{
    if (size > (uint64_t)CHUNK_SIZE << 32)
        return err_set(e, ERR_LIMIT, "an E01 holds 128 TiB at most: take it as raw");
    if (segment_size && segment_size < EWF_SEGMENT_SIZE_MIN)
        return err_set(e, ERR_USAGE, "a segment file has %d MiB at least",
                       EWF_SEGMENT_SIZE_MIN >> 20);
    return 0;
}

static int check(const struct ewf_facts *f, struct err *e)
{
    if (f->size == 0 || f->size % f->sector_size || f->sector_size < 512 ||
        CHUNK_SIZE % f->sector_size)
        BUG("a media of %llu bytes in sectors of %u", (unsigned long long)f->size, f->sector_size);
    return ewf_check_order(f->size, f->segment_size, e);
}

/* Behind the last whole page of what an earlier run wrote. */
static int go_on(struct ewf_writer *w, const struct ewf_open_group *open, struct err *e)
{
    uint64_t size = w->files->files[w->files->count - 1].size;

    if (open->count && (open->count >= EWF_GROUP_CHUNKS || open->count > w->chunks ||
                        w->chunks == w->chunk_count || size < SECTION_SIZE ||
                        open->at > size - SECTION_SIZE || size - open->at > INT32_MAX))
        return err_set(e, ERR_FORMAT, "the state of the image tells of a group that cannot be");
    w->has_group = open->count > 0;
    w->group_at = open->at;
    w->group_count = open->count;
    memcpy(w->table, open->entries, open->count * sizeof(w->table[0]));
    w->out_len = (size_t)(size % TARGET_PAGE);
    w->flushed = size - w->out_len;
    return target_files_read(w->files, w->flushed, w->out, w->out_len, e);
}

int ewf_writer_new(struct ewf_writer **out, const struct ewf_facts *facts,
                   struct target_files *files, uint64_t chunks, const struct ewf_open_group *open,
                   struct err *e)
{
    CLEANUP(ewf_writer_freep) struct ewf_writer *w = NULL;
    int rc = check(facts, e);

    if (rc)
        return rc;
    w = mem_new(struct ewf_writer);
    w->facts = *facts;
    w->files = files;
    w->chunk_count = (facts->size + CHUNK_SIZE - 1) / CHUNK_SIZE;
    w->chunks = chunks;
    w->out = mem_pages(OUT_SIZE);
    rc = files->count ? go_on(w, open, e) : begin_segment(w, e);
    if (rc)
        return rc;
    *out = MOVE(w);
    return 0;
}

void ewf_writer_free(struct ewf_writer *w)
{
    if (!w)
        return;
    free(w->out);
    free(w);
}
