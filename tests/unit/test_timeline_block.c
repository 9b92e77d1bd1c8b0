/* test_timeline_block.c: events come back from blocks as they went in; their digest is that of the
 * words of doc/format/timeline.md section 3.3, made here with OpenSSL; damage is found or gives
 * other values, and never a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/mem.h"
#include "test_timeline_blocks_told.h"
#include "test_timeline_made.h"
#include "test_timeline_seed.h"
#include "timeline/block.h"
#include "timeline/block_read.h"
#include "timeline/column.h"

enum { FIELDS_TRIED = 300, TEXT_MOST = 64 << 20 };

/* What the writer gave, held. */
struct kept_block {
    struct buf bytes, lines;
    uint64_t first_event;
    size_t rows;
    int64_t first_ns, last_ns;
};
struct kept {
    struct kept_block *blocks;
    size_t count, room;
};

static void kept_release(struct kept *k)
{
    for (size_t i = 0; i < k->count; i++) {
        buf_release(&k->blocks[i].bytes);
        buf_release(&k->blocks[i].lines);
    }
    free(k->blocks);
}

static int keep(void *context, const struct block_made *block, struct err *e)
{
    struct kept *k = context;
    struct kept_block *b;

    (void)e;
    k->blocks = mem_grow(k->blocks, k->count, &k->room, sizeof(k->blocks[0]));
    b = &k->blocks[k->count++];
    *b = (struct kept_block){.first_event = block->first_event,
                             .rows = block->events,
                             .first_ns = block->first_ns,
                             .last_ns = block->last_ns};
    buf_addstr(&b->bytes, block->bytes);
    buf_addstr(&b->lines, block->lines);
    return 0;
}

/* Puts the fields of an event in any order that keeps those of one name as they are. */
static void put_made(struct event *e, struct field_names *names, const struct made *m,
                     bool is_turned)
{
    event_begin(e);
    e->ns = m->ns;
    e->precision = m->precision;
    e->doubt = m->doubt;
    e->meaning = m->meaning;
    e->at = m->at;
    e->line = m->line;
    if (!is_turned) {
        for (size_t i = 0; i < m->count; i++)
            event_put_same(e, field_number(names, str_of(m->fields[i].name)),
                           (struct str){m->fields[i].value, m->fields[i].size}, m->fields[i].same);
        return;
    }
    /* Names from behind, each with all of its values. */
    for (size_t i = m->count; i-- > 0;) {
        bool is_last = true;

        for (size_t k = i + 1; k < m->count; k++)
            is_last = is_last && strcmp(m->fields[k].name, m->fields[i].name) != 0;
        for (size_t k = 0; is_last && k < m->count; k++)
            if (strcmp(m->fields[k].name, m->fields[i].name) == 0)
                event_put(e, field_number(names, str_of(m->fields[k].name)),
                          (struct str){m->fields[k].value, m->fields[k].size});
    }
}

static struct hash write_all(struct kept *out, const struct made *all, size_t count, bool is_turned)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    CLEANUP(block_writer_freep) struct block_writer *w = block_writer_new(names, keep, out);
    CLEANUP(event_release) struct event e;
    struct hash digest = hash_zero;

    event_init(&e);
    if (is_turned) /* numbers of names are others, too */
        for (size_t i = COUNT_OF(field_samples); i-- > 0;)
            (void)field_number(names, str_of(field_samples[i]));
    for (size_t i = 0; i < count; i++) {
        put_made(&e, names, &all[i], is_turned);
        assert_int_equal(block_add(w, &e, NULL), 0);
    }
    assert_int_equal(block_end(w, &digest, NULL), 0);
    return digest;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each name once, ascending; how many. */
static size_t names_of(const struct made *all, size_t rows, const char *names[])
{
    size_t count = 0;

    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < all[row].count; i++) {
            size_t n = 0;

            while (n < count && strcmp(names[n], all[row].fields[i].name) != 0)
                n++;
            if (n == count)
                names[count++] = all[row].fields[i].name;
        }
    qsort(names, count, sizeof(names[0]), by_bytes);
    return count;
}

static void tell_fields(EVP_MD_CTX *md, const struct made *all, size_t rows)
{
    const char *names[FIELDS_TRIED];
    size_t count = names_of(all, rows, names);

    for (size_t n = 0; n < count; n++) {
        struct told t = {0};

        for (size_t row = 0; row < rows; row++)
            for (size_t i = 0; i < all[row].count; i++)
                if (strcmp(all[row].fields[i].name, names[n]) == 0)
                    told_add(&t, row, all[row].fields[i].value, all[row].fields[i].size);
        told_column(md, names[n], &t, rows);
    }
}

static void tell_block(EVP_MD_CTX *md, const struct made *all, size_t rows)
{
    CLEANUP_FREE uint64_t *times = mem_array(rows, sizeof(times[0]));
    CLEANUP_FREE uint64_t *places = mem_array(rows, sizeof(places[0]));
    CLEANUP_FREE uint64_t *lines = mem_array(rows, sizeof(lines[0]));
    CLEANUP_FREE size_t *begins = mem_array(rows + 1, sizeof(begins[0]));
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf count = {0};
    struct told states = {0};

    for (size_t i = 0; i < rows; i++) {
        times[i] = (uint64_t)all[i].ns;
        places[i] = all[i].at;
        lines[i] = all[i].line;
        add_state(&text, &all[i]);
        begins[i + 1] = text.len;
    }
    for (size_t i = 0; i < rows; i++)
        told_add(&states, i, text.p + begins[i], begins[i + 1] - begins[i]);
    told_little(&count, rows, 8);
    assert_int_equal(EVP_DigestUpdate(md, count.p, count.len), 1);
    told_numbers(md, 'T', "time", times, rows);
    told_column(md, "state", &states, rows);
    told_numbers(md, 'N', "place", places, rows);
    told_numbers(md, 'N', "line", lines, rows);
    tell_fields(md, all, rows);
}

static struct hash expected_digest(const struct made *all, size_t count)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    struct hash digest;

    assert_int_equal(EVP_DigestInit_ex(md, EVP_sha256(), NULL), 1);
    for (size_t at = 0; at < count; at += BLOCK_EVENTS)
        tell_block(md, all + at, count - at < BLOCK_EVENTS ? count - at : BLOCK_EVENTS);
    assert_int_equal(EVP_DigestFinal_ex(md, digest.b, NULL), 1);
    EVP_MD_CTX_free(md);
    return digest;
}

/* The values of a field in a row, joined, each with its size. */
static void add_values(struct buf *out, const struct values *v, size_t row)
{
    for (uint32_t i = v->first[row]; i < v->first[row + 1]; i++) {
        struct str s = v->values[v->items ? v->items[i] : i];

        told_little(out, s.len, 4);
        buf_addstr(out, s);
    }
}

static void check_fields(struct block *b, size_t row, const struct made *m)
{
    size_t found = 0;

    for (size_t i = 0; i < m->count; i++) {
        CLEANUP_BUF struct buf expected = {0}, seen = {0};
        const struct values *v = NULL;

        for (size_t k = 0; k < m->count; k++)
            if (strcmp(m->fields[k].name, m->fields[i].name) == 0) {
                told_little(&expected, m->fields[k].size, 4);
                buf_add(&expected, m->fields[k].value, m->fields[k].size);
            }
        assert_int_equal(block_values(b, str_of(m->fields[i].name), &v, NULL), 0);
        assert_non_null(v);
        add_values(&seen, v, row);
        assert_true(str_eq(buf_str(&seen), buf_str(&expected)));
    }
    for (size_t i = 0; i < block_field_count(b); i++) {
        const struct values *v;

        assert_int_equal(block_values(b, block_field(b, i), &v, NULL), 0);
        found += v->first[row + 1] - v->first[row];
    }
    assert_int_equal(found, m->count);
}

static void check_block(const struct kept_block *k, const struct made *all)
{
    CLEANUP(block_closep) struct block *b = NULL;
    int64_t first = INT64_MAX, last = INT64_MIN;
    const uint64_t *places, *lines;
    const struct values *states;
    const int64_t *times;

    assert_int_equal(block_open(&b, buf_str(&k->bytes), buf_str(&k->lines), k->rows, NULL), 0);
    assert_int_equal(block_rows(b), k->rows);
    assert_int_equal(block_times(b, &times, NULL), 0);
    assert_int_equal(block_numbers(b, "place", &places, NULL), 0);
    assert_int_equal(block_numbers(b, "line", &lines, NULL), 0);
    assert_int_equal(block_states(b, &states, NULL), 0);
    for (size_t row = 0; row < k->rows; row++) {
        const struct made *m = &all[k->first_event + row];
        CLEANUP_BUF struct buf state = {0}, seen = {0};

        assert_int_equal(times[row], m->ns);
        assert_int_equal(places[row], m->at);
        assert_int_equal(lines[row], m->line);
        first = m->ns < first ? m->ns : first;
        last = m->ns > last ? m->ns : last;
        add_state(&state, m);
        assert_int_equal(states->first[row + 1], states->first[row] + 1);
        add_values(&seen, states, row);
        assert_int_equal(seen.len, state.len + 4);
        assert_memory_equal(seen.p + 4, state.p, state.len);
        check_fields(b, row, m);
    }
    assert_int_equal(k->first_ns, first);
    assert_int_equal(k->last_ns, last);
}

static void events_come_back_as_they_went_in(void **state)
{
    static const struct {
        size_t count, most; /* events, and fields of each */
    } sizes[] = {{0, 0},
                 {1, 0},
                 {1, FIELDS_TRIED},
                 {7, 3},
                 {300, 20},
                 {1500, 4},
                 {60, FIELDS_TRIED},
                 {20000, 1},
                 {BLOCK_EVENTS, 0},
                 {BLOCK_EVENTS + 1, 1}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        CLEANUP(kept_release) struct kept kept = {0}, turned = {0};
        struct made *all = make_all(sizes[i].count, sizes[i].most, 100 + i);
        struct hash wanted = expected_digest(all, sizes[i].count);
        struct hash digest = write_all(&kept, all, sizes[i].count, false);
        struct hash again = write_all(&turned, all, sizes[i].count, true);
        size_t rows = 0;

        assert_memory_equal(digest.b, wanted.b, sizeof(wanted.b));
        assert_memory_equal(again.b, wanted.b, sizeof(wanted.b));
        for (size_t k = 0; k < kept.count; k++) {
            assert_int_equal(kept.blocks[k].first_event, rows);
            rows += kept.blocks[k].rows;
            check_block(&kept.blocks[k], all);
        }
        assert_int_equal(rows, sizes[i].count);
        free_all(all, sizes[i].count);
    }
}

/* Every second value of each name has a number; there are more of them than are remembered. Of the
 * last two no value comes twice, and each twice. */
static void number_values(struct made *m, size_t row)
{
    enum { NAMES = 5, DIFFERENT = 5000 };
    static const char *const others[] = {"log.level", "process.pid", "url.path"};
    const size_t wanted[] = {row * 7 % DIFFERENT, row * 7 % DIFFERENT, row % 3, row, row / 2};

    *m = (struct made){.ns = (int64_t)row, .at = row, .count = NAMES};
    m->fields = mem_array(NAMES, sizeof(m->fields[0]));
    for (size_t i = 0; i < NAMES; i++) {
        struct made_field *f = &m->fields[i];
        size_t n = wanted[i];

        snprintf(f->name, sizeof(f->name), "%s", i < 2 ? field_samples[i] : others[i - 2]);
        f->value = mem_alloc(16);
        f->size = (size_t)snprintf(f->value, 16, "%zu", n);
        f->same = n % 2 ? (uint32_t)(1 + n * NAMES + i) : 0;
    }
}

static void numbered_values_come_back_as_they_went_in(void **state)
{
    enum { COUNT = 2 * BLOCK_EVENTS + 100 };
    CLEANUP(kept_release) struct kept kept = {0};
    struct made *all = mem_array(COUNT, sizeof(all[0]));
    struct hash wanted, digest;

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        number_values(&all[i], i);
    wanted = expected_digest(all, COUNT);
    digest = write_all(&kept, all, COUNT, false);
    assert_memory_equal(digest.b, wanted.b, sizeof(wanted.b));
    assert_int_equal(kept.count, 3);
    for (size_t k = 0; k < kept.count; k++)
        check_block(&kept.blocks[k], all);
    free_all(all, COUNT);
}

/* Of one name that has ever more different values: D, then V; and lists: M. */
static void columns_of_every_kind_come_back(void **state)
{
    static const unsigned different[] = {1, 2, 255, 256, 257, 700, 8191, 8192, 30000};

    (void)state;
    for (size_t n = 0; n < 2 * COUNT_OF(different); n++) {
        CLEANUP(field_names_freep) struct field_names *names = field_names_new();
        CLEANUP(kept_release) struct kept kept = {0};
        CLEANUP(block_writer_freep) struct block_writer *w = block_writer_new(names, keep, &kept);
        CLEANUP(event_release) struct event e;
        CLEANUP(block_closep) struct block *b = NULL;
        unsigned of = different[n / 2], lists = n % 2;
        const struct values *v;
        struct hash digest;

        event_init(&e);
        for (unsigned i = 0; i < BLOCK_EVENTS; i++) {
            event_begin(&e);
            if (i % 5)
                event_put_u64(&e, FIELD_USER_NAME, i % of);
            if (lists && i % 7 == 0)
                event_put_u64(&e, FIELD_USER_NAME, i);
            assert_int_equal(block_add(w, &e, NULL), 0);
        }
        assert_int_equal(kept.count, 1);
        assert_int_equal(block_end(w, &digest, NULL), 0);
        assert_int_equal(kept.count, 1);
        assert_int_equal(kept.blocks[0].rows, BLOCK_EVENTS);
        assert_int_equal(block_open(&b, buf_str(&kept.blocks[0].bytes),
                                    buf_str(&kept.blocks[0].lines), BLOCK_EVENTS, NULL),
                         0);
        assert_int_equal(block_values(b, STR("user.name"), &v, NULL), 0);
        for (unsigned i = 0; i < BLOCK_EVENTS; i++) {
            CLEANUP_BUF struct buf seen = {0}, expected = {0}, text = {0};

            add_values(&seen, v, i);
            if (i % 5) {
                buf_addf(&text, "%u", i % of);
                told_little(&expected, text.len, 4);
                buf_addstr(&expected, buf_str(&text));
            }
            buf_clear(&text);
            if (lists && i % 7 == 0) {
                buf_addf(&text, "%u", i);
                told_little(&expected, text.len, 4);
                buf_addstr(&expected, buf_str(&text));
            }
            assert_true(str_eq(buf_str(&seen), buf_str(&expected)));
        }
    }
}

/* Values of 64 KiB: a block of 32,768 of them would be 2 GiB. */
static void blocks_of_large_events_are_small(void **state)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    CLEANUP(kept_release) struct kept kept = {0};
    CLEANUP(block_writer_freep) struct block_writer *w = block_writer_new(names, keep, &kept);
    CLEANUP(event_release) struct event e;
    CLEANUP_FREE char *value = mem_alloc(EVENT_VALUE_SIZE);
    struct hash digest;
    size_t rows = 0;

    (void)state;
    event_init(&e);
    for (uint32_t i = 0; i < 2500; i++) {
        memcpy(value, &i, sizeof(i));
        event_begin(&e);
        event_put(&e, FIELD_MESSAGE, (struct str){value, EVENT_VALUE_SIZE});
        assert_int_equal(block_add(w, &e, NULL), 0);
    }
    assert_int_equal(block_end(w, &digest, NULL), 0);
    for (size_t i = 0; i < kept.count; i++) {
        assert_in_range(kept.blocks[i].rows, 1, TEXT_MOST / EVENT_VALUE_SIZE);
        rows += kept.blocks[i].rows;
    }
    assert_int_equal(rows, 2500);
}

/* Everything is asked for, twice: what was damaged the first time is so again. */
static void ask_all(struct block *b)
{
    const struct values *v;
    const uint64_t *numbers;
    const int64_t *times;

    for (int round = 0; round < 2; round++) {
        int rc = block_times(b, &times, NULL);

        assert_true(rc == 0 || rc == ERR_FORMAT);
        rc = block_numbers(b, "place", &numbers, NULL);
        assert_true(rc == 0 || rc == ERR_FORMAT);
        rc = block_numbers(b, "line", &numbers, NULL);
        assert_true(rc == 0 || rc == ERR_FORMAT);
        rc = block_states(b, &v, NULL);
        assert_true(rc == 0 || rc == ERR_FORMAT);
        for (size_t i = 0; i < block_field_count(b); i++) {
            rc = block_values(b, block_field(b, i), &v, NULL);
            assert_true(rc == 0 || rc == ERR_FORMAT);
            for (size_t row = 0; rc == 0 && row < block_rows(b); row++) {
                CLEANUP_BUF struct buf seen = {0};

                assert_true(v->first[row] <= v->first[row + 1]);
                add_values(&seen, v, row);
            }
        }
    }
}

static void try_damaged(struct str bytes, struct str lines, size_t rows, size_t *refused)
{
    CLEANUP(block_closep) struct block *b = NULL;
    CLEANUP_FREE char *exact = malloc(bytes.len ? bytes.len : 1);
    int rc;

    memcpy(exact, bytes.p, bytes.len);
    rc = block_open(&b, (struct str){exact, bytes.len}, lines, rows, NULL);
    assert_true(rc == 0 || rc == ERR_FORMAT);
    *refused += rc != 0;
    if (rc == 0)
        ask_all(b);
}

static void no_damaged_block_is_read_past_its_end(void **state)
{
    CLEANUP(kept_release) struct kept kept = {0};
    struct made *all = make_all(40, 4, 4711);
    struct hash digest = write_all(&kept, all, 40, false);
    struct kept_block *k = &kept.blocks[0];
    size_t refused = 0;

    (void)state, (void)digest;
    assert_in_range(k->bytes.len, 1000, 20000);
    for (size_t bit = 0; bit < 8 * k->bytes.len; bit++) {
        k->bytes.p[bit / 8] ^= (char)(1 << bit % 8);
        try_damaged(buf_str(&k->bytes), buf_str(&k->lines), 40, &refused);
        k->bytes.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t size = 0; size < k->bytes.len; size += 7)
        try_damaged(str_head(buf_str(&k->bytes), size), buf_str(&k->lines), 40, &refused);
    assert_true(refused > 10);
    for (size_t bit = 0; bit < 8 * k->lines.len; bit++) {
        k->lines.p[bit / 8] ^= (char)(1 << bit % 8);
        try_damaged(buf_str(&k->bytes), buf_str(&k->lines), 40, &refused);
        k->lines.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t rows = 0; rows < 100; rows++)
        try_damaged(buf_str(&k->bytes), buf_str(&k->lines), rows, &refused);
    try_damaged(buf_str(&k->bytes), buf_str(&k->lines), SIZE_MAX, &refused);
    free_all(all, 40);
}

/* LEB128 and zigzag, as their definitions have them. */
static void varints_are_those_of_leb128(void **state)
{
    static const struct {
        int64_t n;
        const char *bytes; /* signed: zigzag of it */
        size_t size;
    } cases[] = {{0, "\x00", 1},
                 {-1, "\x01", 1},
                 {1, "\x02", 1},
                 {-64, "\x7F", 1},
                 {64, "\x80\x01", 2},
                 {INT64_MAX, "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10},
                 {INT64_MIN, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10}};
    struct str too_long = STR("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"), cut = STR("\x80\x80");
    char bytes[VARINT_SIZE];
    uint64_t n;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str rest = {bytes, cases[i].size};
        int64_t back;

        assert_int_equal(varint_put_signed(bytes, cases[i].n) - bytes, cases[i].size);
        assert_memory_equal(bytes, cases[i].bytes, cases[i].size);
        assert_true(varint_take_signed(&rest, &back));
        assert_int_equal(back, cases[i].n);
        assert_int_equal(rest.len, 0);
    }
    assert_false(varint_take(&too_long, &n));
    assert_false(varint_take(&cut, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_back_as_they_went_in),
        cmocka_unit_test(numbered_values_come_back_as_they_went_in),
        cmocka_unit_test(columns_of_every_kind_come_back),
        cmocka_unit_test(blocks_of_large_events_are_small),
        cmocka_unit_test(no_damaged_block_is_read_past_its_end),
        cmocka_unit_test(varints_are_those_of_leb128),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
