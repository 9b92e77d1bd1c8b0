/* salvage.c: takes what can still be read of a journal, in order, up to the first break. */
#include "case/salvage.h"
#include "base/mem.h"
#include "journal/ed25519.h"
#include "journal/entry.h"

enum {
    GAP_MAX = 1024, /* records in a row that cannot be read: there is nothing behind them */
    PUT_COUNT = 256,
    PUT_SIZE = 8 << 20,
};

void salvage_release(struct salvage *s)
{
    arena_free(s->arena);
    free(s->lines);
}

/* The lines that one place gives, by number; empty where it gives none. */
struct source {
    struct arena *arena;
    struct str *lines;
    size_t room;
    uint64_t count;
};

static void source_put(struct source *s, uint64_t seq, struct str line)
{
    while (s->count <= seq) {
        s->lines = mem_grow(s->lines, s->count, &s->room, sizeof(s->lines[0]));
        s->lines[s->count++] = STR("");
    }
    s->lines[seq] = line;
}

static void source_release(struct source *s)
{
    free(s->lines);
}

static struct str source_line(const struct source *s, uint64_t seq)
{
    return seq < s->count ? s->lines[seq] : STR("");
}

static int take_line(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    struct source *s = context;

    (void)openings;
    (void)e;
    source_put(s, seq, (struct str){arena_dup(s->arena, line.p, line.len), line.len});
    return 0;
}

/* Goes on behind each record that cannot be read. */
static bool read_store(struct source *s, struct store *store)
{
    uint64_t from = 0;
    uint64_t gap = 0;
    bool is_damaged = false;

    while (store_read(store, from, INT64_MAX, false, take_line, s, NULL) != 0) {
        is_damaged = true;
        gap = s->count > from ? 1 : gap + 1;
        from = (s->count > from ? s->count : from) + 1;
        if (gap > GAP_MAX)
            break;
    }
    return is_damaged;
}

static void read_copy(struct source *s, struct str copy)
{
    for (uint64_t seq = 0; copy.len; seq++)
        source_put(s, seq, str_cut(&copy, '\n'));
}

static bool fits(const struct salvage *s, uint64_t seq, const struct hash *prev, struct str line)
{
    struct entry first;
    struct entry entry;

    if (!line.len || entry_read(&entry, line, NULL) || entry.seq != seq ||
        !hash_eq(&entry.prev, prev))
        return false;
    return s->count < 2 ||
           (entry_read(&first, s->lines[1], NULL) == 0 && hash_eq(&first.case_id, &entry.case_id));
}

static void push(struct salvage *s, struct str line)
{
    s->lines = mem_grow(s->lines, s->count, &s->room, sizeof(s->lines[0]));
    s->lines[s->count++] = line;
    s->head = hash_leaf(line);
}

static struct hash head_before(const struct salvage *s, uint64_t seq)
{
    return seq ? hash_leaf(s->lines[seq - 1]) : (struct hash){0};
}

/* Nothing follows the last line: it may itself be the one that was damaged, and what the copy has
 * in its place be followed by more. */
static bool step_back(struct salvage *s, const struct source *copy)
{
    struct hash prev;
    struct str other;

    if (s->count == 0)
        return false;
    other = source_line(copy, s->count - 1);
    prev = head_before(s, s->count - 1);
    if (str_eq(other, s->lines[s->count - 1]) || !fits(s, s->count - 1, &prev, other))
        return false;
    s->count--;
    push(s, other);
    s->mended++;
    s->is_damaged = true;
    return true;
}

static void chain(struct salvage *s, const struct source *store, const struct source *copy)
{
    uint64_t stepped = UINT64_MAX;

    for (;;) {
        struct str line = source_line(store, s->count);
        struct str other = source_line(copy, s->count);

        if (fits(s, s->count, &s->head, line)) {
            push(s, line);
        } else if (fits(s, s->count, &s->head, other)) {
            s->is_damaged = s->is_damaged || s->count < store->count;
            push(s, other);
            s->mended++;
        } else if (s->count == stepped || !(line.len || other.len) || !step_back(s, copy)) {
            return;
        } else {
            stepped = s->count;
        }
    }
}

/* No line behind it vouches for the last one. */
static bool is_last_signed(const struct salvage *s)
{
    CLEANUP_BUF struct buf message = {0};
    struct entry entry;

    if (entry_read(&entry, s->lines[s->count - 1], NULL))
        return false;
    statement_signed_bytes(&message, entry.statement.signed_head);
    return ed25519_holds(&entry.statement.sig, buf_str(&message), &entry.statement.by);
}

int salvage_read(struct salvage *out, struct store *from, struct str copy, struct err *e)
{
    CLEANUP(source_release) struct source lines = {0};
    CLEANUP(source_release) struct source copied = {0};

    out->arena = lines.arena = arena_new();
    if (from)
        out->is_damaged = read_store(&lines, from);
    read_copy(&copied, copy);
    chain(out, &lines, &copied);
    out->seen = lines.count > copied.count ? lines.count : copied.count;
    if (!from)
        out->mended = 0;
    if (out->count && !is_last_signed(out)) {
        out->count--;
        out->head = head_before(out, out->count);
    }
    if (out->count < out->seen)
        out->is_damaged = true;
    if (out->count == 0)
        return err_set(e, ERR_FORMAT, "not even its first record can be read");
    return 0;
}

/* Some records on their way. */
struct load {
    struct store_record records[PUT_COUNT];
    struct buf values[PUT_COUNT];
    size_t count;
    size_t size;
};

static void load_release(struct load *l)
{
    for (size_t i = 0; i < PUT_COUNT; i++)
        buf_release(&l->values[i]);
}

static void load_add(struct load *l, struct salvage *s, uint64_t seq, salvage_values *values,
                     void *context)
{
    struct buf *sealed = &l->values[l->count];
    int rc;

    buf_clear(sealed);
    rc = values(context, seq, sealed);
    if (rc && rc != ERR_NOTFOUND)
        s->values_lost++;
    if (rc)
        buf_clear(sealed);
    l->records[l->count++] = (struct store_record){s->lines[seq], buf_str(sealed)};
    l->size += sealed->len;
}

int salvage_put(struct salvage *s, struct store *to, salvage_values *values, void *context,
                struct err *e)
{
    CLEANUP(load_release) struct load l = {0};
    uint64_t first = 0;

    for (uint64_t seq = 0; seq < s->count; seq++) {
        int rc;

        load_add(&l, s, seq, values, context);
        if (seq + 1 < s->count && l.count < PUT_COUNT && l.size < PUT_SIZE)
            continue;
        rc = store_append(to, first, l.records, l.count, e);
        if (rc)
            return rc;
        first = seq + 1;
        l.count = 0;
        l.size = 0;
    }
    return 0;
}
