/* test_seen.c: what is remembered of a case outside of its folder, from files that are full,
 * damaged or of other folders. */
#include "test_case_people.h"
#include "practice/seen.h"

/* Another folder of the same case, seen on the first of January 2026. */
static void add_line(struct buf *out, unsigned long long size, const char *folder)
{
    buf_addf(out, "%llu ", size);
    buf_addn(out, 'a', 64); /* the leaf hash of no record */
    buf_addf(out, " 2026-01-01T00:00:00.000000000Z %s\n", folder);
}

struct memory {
    struct session *ana;
    char state_folder[96];
    char path[256];
    struct surroundings around;
};

static void begin(struct memory *m, const struct place *p)
{
    CLEANUP_BUF struct buf id = {0};

    *m = (struct memory){.ana = people_create(p)};
    hex_add(&id, state_case_id(session_state(m->ana)), 32);
    snprintf(m->state_folder, sizeof(m->state_folder), "%s/state", p->top);
    snprintf(m->path, sizeof(m->path), "%s/seen", m->state_folder);
    must(folder_make(m->path, 0700, &failure));
    snprintf(m->path, sizeof(m->path), "%s/seen/%s", m->state_folder, buf_text(&id));
    m->around.state_folder = m->state_folder;
}

static void memory_release(struct memory *m)
{
    session_close(m->ana);
}

/* One look at the case with this remembered before; what is remembered then, and the warning. */
static void look(struct memory *m, const struct buf *before, struct buf *after, struct buf *warning)
{
    struct seen s;

    if (before)
        must(file_replace(m->path, buf_str(before), 0600, &failure));
    seen_begin(&s, &m->around, session_store(m->ana), m->ana, warning);
    seen_end(&s);
    must(file_read(after, m->path, 1 << 20, &failure));
}

static size_t count_lines(const struct buf *text)
{
    size_t count = 0;

    for (size_t i = 0; i < text->len; i++)
        count += text->p[i] == '\n';
    return count;
}

static void of_many_folders_those_seen_last_are_remembered(void **state)
{
    CLEANUP(memory_release) struct memory m;
    CLEANUP_BUF struct buf before = {0};
    CLEANUP_BUF struct buf after = {0};
    CLEANUP_BUF struct buf warning = {0};
    CLEANUP_BUF struct buf own = {0};

    begin(&m, *state);
    for (unsigned i = 0; i < 40; i++) {
        char folder[16];

        snprintf(folder, sizeof(folder), "/copy/%u.", i);
        add_line(&before, 1 + i % 2, folder);
    }
    look(&m, &before, &after, &warning);
    assert_int_equal(count_lines(&after), 32); /* this folder and 31 of the 40 */
    buf_addf(&own, " %s\n", store_folder(session_store(m.ana)));
    assert_non_null(strstr(buf_text(&after), buf_text(&own)));
    assert_true(strstr(buf_text(&after), buf_text(&own)) < strchr(buf_text(&after), '\n'));
    assert_non_null(strstr(buf_text(&after), "/copy/30.\n"));
    assert_null(strstr(buf_text(&after), "/copy/31.\n"));
}

static void the_copy_that_holds_most_is_named_and_only_once(void **state)
{
    CLEANUP(memory_release) struct memory m;
    CLEANUP_BUF struct buf before = {0};
    CLEANUP_BUF struct buf after = {0};
    CLEANUP_BUF struct buf again = {0};
    CLEANUP_BUF struct buf warning = {0};

    begin(&m, *state);
    add_line(&before, 11, "/few");
    add_line(&before, 30, "/most of all");
    add_line(&before, 12, "/some");
    look(&m, &before, &after, &warning);
    assert_non_null(strstr(buf_text(&warning), "2 records, you saw 30 on "));
    assert_non_null(strstr(buf_text(&warning), ", in /most of all."));
    assert_null(strstr(buf_text(&warning), "WARNING"));
    buf_clear(&warning);
    look(&m, NULL, &again, &warning);
    assert_int_equal(warning.len, 0);
    assert_int_equal(count_lines(&again), 4);
}

static void lines_that_are_damaged_say_nothing_and_the_others_count(void **state)
{
    static const char *const bad[] = {
        "0 ", "-1 ", "18446744073709551616 ", "", "30", "thirty ",
    };
    CLEANUP(memory_release) struct memory m;

    begin(&m, *state);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CLEANUP_BUF struct buf good = {0};
        CLEANUP_BUF struct buf before = {0};
        CLEANUP_BUF struct buf after = {0};
        CLEANUP_BUF struct buf warning = {0};

        add_line(&good, 30, "/damaged");
        buf_adds(&before, bad[i]);
        buf_adds(&before, buf_text(&good) + strlen("30 "));
        buf_adds(&before, "30 abc 2026-01-01T00:00:00.000000000Z /short hash\n30\n\n");
        add_line(&before, 20, "/whole");
        look(&m, &before, &after, &warning);
        assert_non_null(strstr(buf_text(&warning), "you saw 20 on "));
        assert_null(strstr(buf_text(&after), "/damaged"));
        assert_null(strstr(buf_text(&after), "/short hash"));
        assert_int_equal(count_lines(&after), 2);
    }
}

static void a_folder_that_is_older_stays_remembered_as_it_was(void **state)
{
    CLEANUP(memory_release) struct memory m;
    CLEANUP_BUF struct buf before = {0};
    CLEANUP_BUF struct buf after = {0};
    CLEANUP_BUF struct buf warning = {0};

    begin(&m, *state);
    add_line(&before, 30, store_folder(session_store(m.ana)));
    look(&m, &before, &after, &warning);
    assert_non_null(strstr(buf_text(&warning), "WARNING: this folder is older"));
    assert_string_equal(buf_text(&after), buf_text(&before));
}

static void a_folder_whose_name_would_break_a_line_is_not_remembered(void **state)
{
    CLEANUP(memory_release) struct memory m = {0};
    CLEANUP_BUF struct buf warning = {0};
    struct place *p = *state;
    struct stat st;
    struct seen s;

    snprintf(p->folder, sizeof(p->folder), "%s/mon\nday.calm", p->top);
    begin(&m, p);
    seen_begin(&s, &m.around, session_store(m.ana), m.ana, &warning);
    seen_end(&s);
    assert_int_equal(stat(m.path, &st), -1);
    assert_int_equal(warning.len, 0);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make_fast, place_remove)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(of_many_folders_those_seen_last_are_remembered),
        WITH_PLACE(the_copy_that_holds_most_is_named_and_only_once),
        WITH_PLACE(lines_that_are_damaged_say_nothing_and_the_others_count),
        WITH_PLACE(a_folder_that_is_older_stays_remembered_as_it_was),
        WITH_PLACE(a_folder_whose_name_would_break_a_line_is_not_remembered),
    };

    signer_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
