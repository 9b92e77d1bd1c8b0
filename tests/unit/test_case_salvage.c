/* test_case_salvage.c: what is taken of a case whose lines, readable copy or values are damaged in
 * one place or several, and what reaches the new one. */
#include "store_sqlite.h"
#include "test_case_people.h"
#include "case/salvage.h"

enum { COUNT = 8 };

/* A case of COUNT records as it was, and what is to be salvaged. */
struct broken {
    const struct place *place;
    struct store *store;
    struct arena *arena;
    struct str lines[COUNT];
    struct salvage taken;
};

static int keep_line(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    struct broken *b = context;

    (void)openings;
    (void)e;
    assert_true(seq < COUNT);
    b->lines[seq] = (struct str){arena_dup(b->arena, line.p, line.len), line.len};
    return 0;
}

static void begin(struct broken *b, void **state)
{
    struct session *ana = people_create(*state);

    *b = (struct broken){.place = *state, .arena = arena_new()};
    for (size_t i = 2; i < COUNT; i++)
        perform(ana, &note_op, "what was seen", .tlp = -1);
    must(store_read(session_store(ana), 0, UINT64_MAX, false, keep_line, b, &failure));
    session_close(ana);
}

static void broken_release(struct broken *b)
{
    salvage_release(&b->taken);
    store_close(b->store);
    arena_free(b->arena);
}

/* The readable copy: record `at` is spelled `with` instead (NULL: nothing is), and it ends before
 * `to`. */
static void write_copy(const struct broken *b, struct buf *out, size_t to, size_t at,
                       const char *with)
{
    for (size_t i = 0; i < to; i++) {
        if (with && i == at)
            buf_adds(out, with);
        else
            buf_addstr(out, b->lines[i]);
        buf_addc(out, '\n');
    }
}

/* Still spelled as it must be. */
#define OTHER_LABEL                                                                                \
    "UPDATE lines SET line = replace(line, '\"tlp\":\"amber\"', '\"tlp\":\"green\"') WHERE seq = "
#define NO_LINE "UPDATE lines SET line = '' WHERE seq = "
#define GONE "DELETE FROM lines WHERE seq = "

static void the_longest_chain_is_taken_from_both_places(void **state)
{
    static const struct {
        const char *name, *sql; /* done to the store; NULL: nothing is */
        size_t copied;          /* records in the copy */
        const char *instead;    /* of record 4 in the copy; NULL: itself */
        uint64_t count, seen, mended;
        bool is_damaged;
    } cases[] = {
        {"sound, and no copy", NULL, 0, NULL, 8, 8, 0, false},
        {"sound, with a copy", NULL, 8, NULL, 8, 8, 0, false},
        {"a copy that is older", NULL, 3, NULL, 8, 8, 0, false},
        {"a copy that is damaged", NULL, 8, "x", 8, 8, 0, false},
        {"a record is gone, and no copy", GONE "4", 0, NULL, 4, 8, 0, true},
        {"a record is gone, and the copy has it", GONE "4", 8, NULL, 8, 8, 1, true},
        {"a record is gone, and the copy ends there", GONE "4", 4, NULL, 4, 8, 0, true},
        {"a record is gone, and the copy's is damaged", GONE "4", 8, "{}", 4, 8, 0, true},
        {"two are gone", GONE "3 OR seq = 4", 8, NULL, 8, 8, 2, true},
        {"a line is none", "UPDATE lines SET line = 'x' WHERE seq = 2", 8, NULL, 8, 8, 1, true},
        {"a line is empty", NO_LINE "2", 8, NULL, 8, 8, 1, true},
        {"a line says something else, which the next gives away", OTHER_LABEL "4", 0, NULL, 4, 8, 0,
         true},
        {"the same, and the copy has what was written", OTHER_LABEL "4", 8, NULL, 8, 8, 1, true},
        {"the last line says something else, which its signature gives away", OTHER_LABEL "7", 0,
         NULL, 7, 8, 0, true},
        {"record 0 is gone, and the copy has it", GONE "0", 8, NULL, 8, 8, 1, true},
        {"the end is gone, and the copy has it", GONE "6 OR seq = 7", 8, NULL, 8, 8, 2, false},
        {"the end is gone from both", GONE "6 OR seq = 7", 6, NULL, 6, 6, 0, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(broken_release) struct broken b;
        CLEANUP_BUF struct buf copy = {0};

        begin(&b, state);
        if (cases[i].sql)
            run_sql(b.place, cases[i].sql);
        write_copy(&b, &copy, cases[i].copied, 4, cases[i].instead);
        must(store_open(&b.store, b.place->folder, STORE_READ, &failure));
        must(salvage_read(&b.taken, b.store, buf_str(&copy), &failure));
        if (b.taken.count != cases[i].count || b.taken.seen != cases[i].seen ||
            b.taken.mended != cases[i].mended || b.taken.is_damaged != cases[i].is_damaged)
            fail_msg("%s: %llu of %llu, %llu mended%s", cases[i].name,
                     (unsigned long long)b.taken.count, (unsigned long long)b.taken.seen,
                     (unsigned long long)b.taken.mended, b.taken.is_damaged ? ", damaged" : "");
        for (size_t k = 0; k < b.taken.count; k++)
            assert_true(str_eq(b.taken.lines[k], b.lines[k]));
        assert_memory_equal(b.taken.head.b, hash_leaf(b.lines[b.taken.count - 1]).b, 32);
        remove_tree(b.place->folder);
    }
}

static void a_copy_alone_is_enough_and_nothing_is_called_mended(void **state)
{
    CLEANUP(broken_release) struct broken b;
    CLEANUP_BUF struct buf copy = {0};

    begin(&b, state);
    write_copy(&b, &copy, COUNT, 0, NULL);
    must(salvage_read(&b.taken, NULL, buf_str(&copy), &failure));
    assert_int_equal(b.taken.count, COUNT);
    assert_int_equal(b.taken.mended, 0);
    assert_false(b.taken.is_damaged);
}

static void where_not_even_record_0_is_left_nothing_is_taken(void **state)
{
    static const char *const copies[] = {"", "\n", "{}\n", "x\ny\n"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(copies); i++) {
        CLEANUP(salvage_release) struct salvage s = {0};

        assert_int_equal(salvage_read(&s, NULL, str_of(copies[i]), &failure), ERR_FORMAT);
        assert_int_equal(s.count, 0);
    }
}

static void lines_of_another_case_do_not_go_on_with_this_one(void **state)
{
    CLEANUP(broken_release) struct broken other;
    CLEANUP(broken_release) struct broken b;
    CLEANUP_BUF struct buf copy = {0};

    begin(&other, state);
    remove_tree(other.place->folder);
    begin(&b, state);
    run_sql(b.place, GONE "5");
    write_copy(&other, &copy, COUNT, 0, NULL);
    must(store_open(&b.store, b.place->folder, STORE_READ, &failure));
    must(salvage_read(&b.taken, b.store, buf_str(&copy), &failure));
    assert_int_equal(b.taken.count, 5);
}

/* Record 3 has values that cannot be read, record 5 has none. */
static int some_values(void *context, uint64_t seq, struct buf *out)
{
    (void)context;
    if (seq == 3 || seq == 5)
        return seq == 3 ? ERR_IO : ERR_NOTFOUND;
    buf_addf(out, "sealed %llu", (unsigned long long)seq);
    return 0;
}

static int check_put(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    const struct broken *b = context;
    char wanted[16] = "";

    (void)e;
    if (seq != 3 && seq != 5)
        snprintf(wanted, sizeof(wanted), "sealed %u", (unsigned)seq);
    assert_true(str_eq(line, b->lines[seq]));
    assert_true(str_is(openings, wanted));
    return 0;
}

static void lines_whose_values_are_lost_are_put_without_and_counted(void **state)
{
    CLEANUP(broken_release) struct broken b;
    CLEANUP_BUF struct buf copy = {0};
    char folder[128];
    uint64_t size;

    begin(&b, state);
    write_copy(&b, &copy, COUNT, 0, NULL);
    must(salvage_read(&b.taken, NULL, buf_str(&copy), &failure));
    snprintf(folder, sizeof(folder), "%s/new.calm", b.place->top);
    must(store_create(&b.store, folder, &failure));
    must(salvage_put(&b.taken, b.store, some_values, NULL, &failure));
    assert_int_equal(b.taken.values_lost, 1);
    must(store_size(b.store, &size, &failure));
    assert_int_equal(size, COUNT);
    must(store_read(b.store, 0, UINT64_MAX, true, check_put, &b, &failure));
}

static void a_store_that_is_not_empty_is_not_written_to(void **state)
{
    CLEANUP(broken_release) struct broken b;
    CLEANUP_BUF struct buf copy = {0};
    uint64_t size;

    begin(&b, state);
    write_copy(&b, &copy, COUNT, 0, NULL);
    must(salvage_read(&b.taken, NULL, buf_str(&copy), &failure));
    must(store_open(&b.store, b.place->folder, STORE_WRITE, &failure));
    assert_int_equal(salvage_put(&b.taken, b.store, some_values, NULL, &failure), ERR_CONFLICT);
    must(store_size(b.store, &size, &failure));
    assert_int_equal(size, COUNT);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make_fast, place_remove)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(the_longest_chain_is_taken_from_both_places),
        WITH_PLACE(a_copy_alone_is_enough_and_nothing_is_called_mended),
        cmocka_unit_test(where_not_even_record_0_is_left_nothing_is_taken),
        WITH_PLACE(lines_of_another_case_do_not_go_on_with_this_one),
        WITH_PLACE(lines_whose_values_are_lost_are_put_without_and_counted),
        WITH_PLACE(a_store_that_is_not_empty_is_not_written_to),
    };

    signer_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
