/* search_job.c: inside a worker: finds events in the blocks of timelines that are its share. */
#include <malloc.h>
#include <stdlib.h>
#include "base/limits.h"
#include "base/mem.h"
#include "timeline/search_about.h"
#include "timeline/search_count.h"
#include "timeline/search_fields.h"
#include "timeline/search_heap.h"
#include "timeline/search_slots.h"
#include "timeline/search_wire.h"
#include "timeline/segment_read.h"

enum {
    MESSAGE_MOST = (1 << 20) - 4096,
    ROW_HEAD_MOST = 64, /* bytes of a field or a row, besides its texts */
};

/* A block that this worker looks through. */
struct share {
    uint32_t file;
    size_t block;
    const struct stored_block *b;
    int64_t skew_ns;           /* of its source */
    int64_t first_ns, last_ns; /* corrected by it */
};

struct job {
    struct worker_channel *channel;
    struct search_task task;
    struct arena *arena;
    struct str directories;    /* SHA-256 of each file's */
    struct search_item *items; /* of each file */
    struct str times;          /* of the query, that were not asked for yet */
    struct str fields;
    struct query *query, *beside; /* beside is NULL where there is none */
    struct segment_file **files;
    size_t file_count;
    struct share *shares;
    size_t share_count;
    struct row_heap heap;
    uint64_t sent;
    struct search_counts counts;
};

static int send_row(struct job *j, struct str row, struct err *e)
{
    int rc = 0;

    while (rc == 0 && row.len > MESSAGE_MOST) {
        rc = worker_send(j->channel, SEARCH_PIECE, str_head(row, MESSAGE_MOST), e);
        row = str_from(row, MESSAGE_MOST);
    }
    return rc ? rc : worker_send(j->channel, SEARCH_ROW, row, e);
}

/* Rows before this time come from no later block. */
static int send_until(struct job *j, bool is_all, int64_t limit_ns, struct err *e)
{
    int rc = 0;

    while (rc == 0 && j->heap.count && (j->task.most == 0 || j->sent < j->task.most)) {
        int64_t ns = j->heap.rows[0].place.ns;
        struct found_row f;

        if (!is_all && (j->task.is_backward ? ns <= limit_ns : ns >= limit_ns))
            break;
        f = row_heap_take(&j->heap);
        rc = send_row(j, (struct str){f.message, f.size}, e);
        free(f.message);
        j->sent++;
    }
    return rc;
}

static void add_field(struct buf *out, struct str name, struct str value)
{
    uint16_t name_size = (uint16_t)name.len;
    uint32_t value_size = (uint32_t)value.len;

    buf_add(out, &name_size, sizeof(name_size));
    buf_add(out, &value_size, sizeof(value_size));
    buf_addstr(out, name);
    buf_addstr(out, value);
}

static struct str value_at(const struct values *v, uint32_t i)
{
    return v->values[v->items ? v->items[i] : i];
}

static int add_fields(struct block *b, size_t row, struct buf *out, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < block_field_count(b); i++) {
        const struct values *v;

        rc = block_values(b, block_field(b, i), &v, e);
        for (uint32_t k = rc ? 0 : v->first[row]; rc == 0 && k < v->first[row + 1]; k++)
            if (out->len + v->name.len + value_at(v, k).len > SEARCH_ROW_MOST - ROW_HEAD_MOST)
                rc = err_set(e, ERR_LIMIT, "an event has more than %d MiB of values",
                             SEARCH_ROW_MOST >> 20);
            else
                add_field(out, v->name, value_at(v, k));
    }
    return rc;
}

/* precision NUL doubt NUL meaning NUL; the doubt of a corrected clock is the last letter. */
static void add_state(struct buf *out, struct str state, bool is_corrected)
{
    buf_addstr(out, str_cut(&state, '\0'));
    buf_addc(out, '\0');
    buf_addstr(out, str_cut(&state, '\0'));
    buf_adds(out, is_corrected ? "s" : "");
    buf_addc(out, '\0');
    buf_addstr(out, state);
}

static int find_row(struct job *j, const struct share *s, struct block *b, size_t row, int64_t ns,
                    struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    struct search_row told = {.ns = ns, .event = s->b->first_event + row, .file = s->file};
    struct found_row found = {.place = {.ns = ns, .file = s->file, .event = told.event}};
    const uint64_t *places, *lines;
    const struct values *state;
    struct str state_text;
    int rc = block_numbers(b, "place", &places, e);

    if (rc == 0)
        rc = block_numbers(b, "line", &lines, e);
    if (rc == 0)
        rc = block_states(b, &state, e);
    if (rc)
        return rc;
    state_text =
        state->first[row] < state->first[row + 1] ? value_at(state, state->first[row]) : STR("");
    told.at = places[row];
    told.line = lines[row];
    told.source_size = (uint32_t)s->b->source->name.len;
    buf_add(&message, &told, sizeof(told));
    buf_addstr(&message, s->b->source->name);
    add_state(&message, state_text, s->skew_ns != 0);
    told.state_size = (uint32_t)(message.len - sizeof(told) - told.source_size);
    rc = add_fields(b, row, &message, e);
    if (rc)
        return rc;
    told.fields_size = (uint32_t)(message.len - sizeof(told) - told.source_size - told.state_size);
    memcpy(message.p, &told, sizeof(told));
    found.size = (uint32_t)message.len;
    found.message = buf_take(&message);
    row_heap_add(&j->heap, found);
    return 0;
}

struct candidate {
    int64_t ns;
    uint32_t row;
};

static int by_time(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->ns != y->ns)
        return x->ns < y->ns ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Of a page no more rows are spelled than it has room for. */
static int find_rows(struct job *j, const struct share *s, struct block *b, const struct rows *rows,
                     const int64_t *times, struct err *e)
{
    CLEANUP_FREE struct candidate *all = mem_array(block_rows(b), sizeof(all[0]));
    uint64_t wanted = j->task.most ? j->task.most - j->sent : UINT64_MAX;
    bool is_sorted = true;
    size_t count = 0;
    int rc = 0;

    for (size_t row = 0; row < block_rows(b); row++) {
        if (!rows_has(rows, row))
            continue;
        is_sorted = is_sorted && (!count || all[count - 1].ns <= times[row]);
        all[count++] = (struct candidate){times[row], (uint32_t)row};
    }
    if (!is_sorted)
        qsort(all, count, sizeof(all[0]), by_time);
    for (size_t i = 0; rc == 0 && i < count && wanted; i++) {
        const struct candidate *c = &all[j->task.is_backward ? count - 1 - i : i];
        const struct row_place p = {c->ns, s->b->first_event + c->row, s->file};

        if (!row_heap_wants(&j->heap, &p))
            continue;
        wanted--;
        rc = find_row(j, s, b, c->row, c->ns, e);
    }
    return rc;
}

static void keep_within(const struct job *j, const int64_t *times, size_t count, struct rows *rows)
{
    for (size_t row = 0; row < count; row++)
        if (times[row] < j->task.from_ns || times[row] > j->task.to_ns)
            rows->bits[row / 64] &= ~((uint64_t)1 << row % 64);
}

static void keep_only(struct rows *rows, size_t row)
{
    bool is_there = rows_has(rows, row);

    memset(rows, 0, sizeof(*rows));
    if (is_there)
        rows_set(rows, row);
}

static int64_t *true_times(const int64_t *times, size_t count, int64_t skew_ns)
{
    int64_t *out = mem_array(count, sizeof(out[0]));

    for (size_t i = 0; i < count; i++)
        out[i] = search_true_time(times[i], skew_ns);
    return out;
}

static int match_block(struct job *j, const struct query *query, const struct share *s,
                       struct block *b, const int64_t *times, struct rows *rows, struct err *e)
{
    const struct search_item *item = &j->items[s->file];
    char call[16];
    struct query_about about = {.source = s->b->source->name,
                                .skew_ns = s->skew_ns,
                                .times = times,
                                .first_event = s->b->first_event,
                                .marks = item->marks,
                                .mark_count = item->mark_count};

    snprintf(call, sizeof(call), "e%u", item->number);
    about.item = str_of(call);
    int rc = query_match(query, b, &about, rows, e);

    if (s->first_ns < j->task.from_ns || s->last_ns > j->task.to_ns)
        keep_within(j, times, block_rows(b), rows);
    return rc;
}

static int count_block(struct job *j, const struct share *s, struct block *b,
                       const struct rows *rows, const int64_t *times, struct err *e)
{
    char call[16];
    struct rows beside;
    struct search_counting counting = {.task = &j->task,
                                       .fields = j->fields,
                                       .source = s->b->source->name,
                                       .block = b,
                                       .rows = rows,
                                       .times = times};

    snprintf(call, sizeof(call), "e%u", j->items[s->file].number);
    counting.item = str_of(call);
    if (j->beside) {
        int rc = match_block(j, j->beside, s, b, times, &beside, e);

        if (rc)
            return rc;
        counting.beside = &beside;
    }
    return search_count(&j->counts, &counting, e);
}

/* Who reads it can make that one again. */
static int name_item(const struct job *j, size_t file, int rc, struct err *e)
{
    unsigned number = j->items[file].number;

    if (!number || (rc != ERR_TAMPER && rc != ERR_FORMAT))
        return rc;
    return err_set(e, rc, "the timeline of e%u is %s: calm analyse timeline e%u --again", number,
                   rc == ERR_TAMPER ? "not as it was made" : "damaged", number);
}

static int search_block(struct job *j, const struct share *s, struct err *e)
{
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP(block_closep) struct block *b = NULL;
    CLEANUP_FREE int64_t *corrected = NULL;
    const int64_t *times;
    struct rows rows;
    int rc = segment_read_block(j->files[s->file], s->block, &bytes, &b, e);

    if (rc)
        return name_item(j, s->file, rc, e);
    rc = block_times(b, &times, e);
    if (rc == 0 && s->skew_ns)
        times = corrected = true_times(times, block_rows(b), s->skew_ns);
    if (rc == 0)
        rc = match_block(j, j->query, s, b, times, &rows, e);
    if (rc)
        return rc;
    if (j->task.only != SEARCH_ALL)
        keep_only(&rows, (size_t)(j->task.only - s->b->first_event));
    if (j->task.kind == SEARCH_ROWS)
        return find_rows(j, s, b, &rows, times, e);
    return count_block(j, s, b, &rows, times, e);
}

static int by_first(const void *a, const void *b)
{
    const struct share *x = a, *y = b;

    if (x->first_ns != y->first_ns)
        return x->first_ns < y->first_ns ? -1 : 1;
    return x->file != y->file ? (x->file < y->file ? -1 : 1)
                              : (x->block < y->block ? -1 : x->block > y->block);
}

static int by_last_backward(const void *a, const void *b)
{
    const struct share *x = a, *y = b;

    if (x->last_ns != y->last_ns)
        return x->last_ns > y->last_ns ? -1 : 1;
    return by_first(a, b);
}

/* Before the blocks are shared out, so that all workers choose the same. */
static void choose_slots(struct job *j, size_t count)
{
    int64_t first = INT64_MAX, last = INT64_MIN;

    j->counts.first_slot_ns = j->task.first_slot_ns;
    j->counts.slot_ns = j->task.slot_ns;
    if (!j->task.slot_count || j->task.slot_ns || !count)
        return;
    for (size_t i = 0; i < count; i++) {
        first = j->shares[i].first_ns < first ? j->shares[i].first_ns : first;
        last = j->shares[i].last_ns > last ? j->shares[i].last_ns : last;
    }
    first = first > j->task.from_ns ? first : j->task.from_ns;
    last = last < j->task.to_ns ? last : j->task.to_ns;
    j->counts.slot_ns = slot_width_fine(first, last, j->task.slot_count);
    j->counts.first_slot_ns = slot_begin(first, j->counts.slot_ns);
}

/* Every so many-th of all blocks in the order of time, so that all workers go through time alike.
 */
static void choose_blocks(struct job *j)
{
    size_t count = 0, kept = 0, room = 0;

    for (uint32_t f = 0; f < j->file_count; f++)
        for (size_t i = 0; i < segment_block_count(j->files[f]); i++) {
            const struct stored_block *b = segment_block_at(j->files[f], i);
            int64_t skew = search_skew_of(&j->items[f], b->source->name);
            const struct share s = {f,
                                    i,
                                    b,
                                    skew,
                                    search_true_time(b->first_ns, skew),
                                    search_true_time(b->last_ns, skew)};

            if (s.last_ns < j->task.from_ns || s.first_ns > j->task.to_ns ||
                (j->task.only != SEARCH_ALL && j->task.only - b->first_event >= b->events))
                continue;
            j->shares = mem_grow(j->shares, count, &room, sizeof(j->shares[0]));
            j->shares[count++] = s;
        }
    if (count)
        qsort(j->shares, count, sizeof(j->shares[0]),
              j->task.is_backward ? by_last_backward : by_first);
    choose_slots(j, count);
    for (size_t i = j->task.share; i < count; i += j->task.shares)
        j->shares[kept++] = j->shares[i];
    j->share_count = kept;
}

static bool is_full(const struct job *j)
{
    return j->task.kind == SEARCH_ROWS && j->task.most && j->sent >= j->task.most;
}

static int search_once(struct job *j, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < j->share_count && !is_full(j); i++) {
        const struct share *s = &j->shares[i];

        if (!row_heap_wants_times(&j->heap, s->first_ns, s->last_ns))
            continue;
        rc = send_until(j, false, j->task.is_backward ? s->last_ns : s->first_ns, e);
        if (rc == 0 && !is_full(j))
            rc = search_block(j, s, e);
    }
    return rc ? rc : send_until(j, true, 0, e);
}

static int search_all(struct job *j, struct err *e)
{
    int rc = search_once(j, e);

    while (rc == 0 && !is_full(j) && row_heap_next_pass(&j->heap))
        rc = search_once(j, e);
    return rc;
}

static int open_files(struct job *j, struct err *e)
{
    size_t count = worker_input_count(j->channel);
    int rc = 0;

    j->files = mem_array(count, sizeof(struct segment_file *));
    for (size_t i = 0; i < count && rc == 0; i++) {
        struct hash directory;

        memcpy(directory.b, j->directories.p + i * sizeof(directory), sizeof(directory));
        rc = segment_open(&j->files[i], worker_input(j->channel, i), &directory, e);
        rc = name_item(j, i, rc, e);
        j->file_count += rc == 0;
    }
    return rc;
}

static void job_release(struct job *j)
{
    row_heap_release(&j->heap);
    search_counts_release(&j->counts);
    for (size_t i = 0; i < j->file_count; i++)
        segment_close(j->files[i]);
    query_free(j->query);
    query_free(j->beside);
    arena_free(j->arena);
    free(j->shares);
    free(j->files);
    free(j);
}
DEFINE_CLEANUP(struct job *, job_release)

/* The times of the query in their order, as the program understood them. */
static int next_time(void *context, struct str text, int64_t *first_ns, int64_t *last_ns,
                     struct err *e)
{
    struct job *j = context;

    (void)text;
    if (j->times.len < sizeof(*first_ns) + sizeof(*last_ns))
        return err_set(e, ERR_FORMAT, "a time of the query was not sent");
    memcpy(first_ns, j->times.p, sizeof(*first_ns));
    memcpy(last_ns, j->times.p + sizeof(*first_ns), sizeof(*last_ns));
    j->times = str_from(j->times, sizeof(*first_ns) + sizeof(*last_ns));
    return 0;
}

static int read_task(struct job *j, struct str argument, size_t files, struct err *e)
{
    const struct query_times times = {.read = next_time, .context = j};
    struct str rest = str_from(argument, sizeof(j->task));
    size_t sums = files * sizeof(struct hash), times_size;
    int rc;

    if (argument.len < sizeof(j->task))
        BUG("an argument of %zu bytes", argument.len);
    memcpy(&j->task, argument.p, sizeof(j->task));
    times_size = j->task.time_count * 2 * sizeof(int64_t);
    if (sums > rest.len || j->task.slot_count > SEARCH_SLOTS_MOST || j->task.shares == 0 ||
        j->task.slot_ns < 0 || (j->task.slot_count && !j->task.slot_ns && j->task.slot_count < 100))
        BUG("a search task that cannot be");
    j->directories = str_head(rest, sums);
    rest = str_from(rest, sums);
    j->arena = arena_new();
    j->items = arena_alloc(j->arena, (files + 1) * sizeof(j->items[0]));
    if (j->task.has_items && !search_about_take(&rest, files, j->arena, &j->items))
        BUG("a search task that is not whole");
    if (times_size + j->task.field_size + j->task.query_size > rest.len)
        BUG("a search task that is not whole");
    j->times = str_head(rest, times_size);
    rest = str_from(rest, times_size);
    j->fields = str_head(rest, j->task.field_size);
    rest = str_from(rest, j->task.field_size);
    rc = query_read(&j->query, str_head(rest, j->task.query_size), &times, e);
    rest = str_from(rest, j->task.query_size);
    return rc || rest.len == 0 ? rc : query_read(&j->beside, rest, NULL, e);
}

int timeline_search_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP(job_releasep) struct job *j = mem_new(struct job);
    int rc = read_task(j, argument, worker_input_count(channel), e);

    (void)in;
    /* Memory of one block serves the next; given back, each page would be cleared again. */
    (void)mallopt(M_MMAP_THRESHOLD, INT32_MAX);
    (void)mallopt(M_TRIM_THRESHOLD, INT32_MAX);
    j->channel = channel;
    j->heap.is_backward = j->task.is_backward;
    if (rc == 0)
        rc = open_files(j, e);
    if (rc)
        return rc;
    choose_blocks(j);
    if (j->task.share == 0)
        rc = search_tell_fields(channel, j->query, j->files, j->file_count, e);
    if (rc == 0)
        rc = search_all(j, e);
    return rc ? rc : search_counts_send(&j->counts, &j->task, channel, e);
}
