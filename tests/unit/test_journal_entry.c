/* Entries read and written (doc/format/journal.md §3, §4). */
#include "test_journal_line.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/limits.h"
#include "journal/ed25519.h"

static struct err failure;

static void assert_hex(const void *bytes, size_t size, const char *want)
{
    char text[256];

    assert_int_equal(strlen(want), 2 * size);
    hex_write(text, bytes, size);
    assert_memory_equal(text, want, 2 * size);
}

static void assert_text(struct str got, const char *want)
{
    if (!str_is(got, want))
        fail_msg("\"" STR_FMT "\" instead of \"%s\"", STR_ARG(got), want);
}

static void a_line_typed_by_hand_reads_to_what_it_says(void **state)
{
    struct entry e = read_line(STR(LINE));
    const struct statement *s = &e.statement;

    (void)state;
    assert_hex(&e.case_id, 32, CASE);
    assert_int_equal(e.seq, 42);
    assert_hex(&e.prev, 32, PREV);
    assert_int_equal(e.epoch, 0);
    /* date -u -d 2026-11-25T03:12:10Z +%s */
    assert_int_equal(e.logged.sec, 1795576330);
    assert_int_equal(e.logged.ns, 500000000);
    assert_hex(&s->id, 16, ID);
    assert_hex(&s->case_id, 32, CASE);
    assert_int_equal(s->seen_size, 41);
    assert_hex(&s->seen_head, 32, PREV);
    assert_int_equal(s->time.sec, 1795576329);
    assert_int_equal(s->time.ns, 1);
    assert_hex(&s->boot, 16, BOOT);
    assert_int_equal(s->mono_ns, 123456789);
    assert_text(s->clock, "ntp");
    assert_hex(&s->by, 32, KEY);
    assert_text(s->type, "note/1");
    assert_text(s->type_name, "note");
    assert_int_equal(s->type_version, 1);
    assert_text(s->tlp, "amber");
    assert_text(s->scope, "team");
    assert_hex(&s->sig, 64, SIG);
    assert_text(s->signed_head, HEAD);
    assert_text(s->text, STATEMENT);
}

static void the_members_of_public_are_walked_in_order(void **state)
{
    struct entry e = read_line(STR(LINE));
    struct str rest = e.statement.public_text;
    struct str items;
    struct public_value v;

    (void)state;
    assert_true(public_next(&rest, &v));
    assert_text(v.name, "count");
    assert_int_equal(v.kind, PUBLIC_INTEGER);
    assert_int_equal(v.integer, 7);
    assert_text(v.text, "7");
    assert_true(public_next(&rest, &v));
    assert_text(v.name, "list");
    assert_int_equal(v.kind, PUBLIC_ARRAY);
    assert_text(v.text, "[1,\"a b\",2]");
    items = v.text;
    assert_true(public_item_next(&items, &v));
    assert_int_equal(v.integer, 1);
    assert_true(public_item_next(&items, &v));
    assert_int_equal(v.kind, PUBLIC_STRING);
    assert_text(v.string, "a b");
    assert_text(v.text, "\"a b\"");
    assert_true(public_item_next(&items, &v));
    assert_int_equal(v.integer, 2);
    assert_false(public_item_next(&items, &v));
    assert_true(public_next(&rest, &v));
    assert_text(v.name, "none");
    assert_text(v.text, "[]");
    items = v.text;
    assert_false(public_item_next(&items, &v));
    assert_true(public_next(&rest, &v));
    assert_text(v.name, "word");
    assert_text(v.string, "x/y");
    assert_false(public_next(&rest, &v));
    assert_true(public_find(&e.statement, "word", &v));
    assert_text(v.string, "x/y");
    assert_false(public_find(&e.statement, "wor", &v));
}

static void fields_and_refs_are_walked_in_order(void **state)
{
    struct entry e = read_line(STR(LINE));
    struct str rest = e.statement.fields_text;
    struct str name;
    struct hash commitment;
    struct id id;

    (void)state;
    assert_true(fields_next(&rest, &name, &commitment));
    assert_text(name, "action");
    assert_hex(&commitment, 32, COMMIT);
    assert_true(fields_next(&rest, &name, &commitment));
    assert_text(name, "text");
    assert_false(fields_next(&rest, &name, &commitment));
    assert_true(fields_find(&e.statement, "text", &commitment));
    assert_hex(&commitment, 32, PREV);
    assert_false(fields_find(&e.statement, "tex", &commitment));
    rest = e.statement.refs_text;
    assert_true(refs_next(&rest, &id));
    assert_hex(&id, 16, REF);
    assert_true(refs_next(&rest, &id));
    assert_hex(&id, 16, ID);
    assert_false(refs_next(&rest, &id));
}

static void walking_stops_at_text_that_is_not_spelled_right(void **state)
{
    static const char *const texts[] = {"",  "{",  "{}",  "{\"a\":",    "{\"a\":}",    "{A:1}",
                                        "[", "[]", "[x]", "{\"a\":[1}", "{\"a\":[1,]}"};
    struct public_value v;
    struct hash h;
    struct id id;
    struct str name;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str rest = str_of(texts[i]);

        assert_false(public_next(&rest, &v));
        rest = str_of(texts[i]);
        assert_false(fields_next(&rest, &name, &h));
        rest = str_of(texts[i]);
        assert_false(refs_next(&rest, &id));
    }
}

static void a_message_names_the_column_and_what_is_due(void **state)
{
    struct entry entry;
    CLEANUP_BUF struct buf line = {0};

    (void)state;
    assert_int_equal(entry_read(&entry, STR("{\"v\":1,\"case\":7}"), &failure), ERR_FORMAT);
    assert_string_equal(failure.text, "this is not an entry: at column 15, a string of 64 hex "
                                      "digits, lower case is due");
    make_replaced(&line, STR("{\"v\":1,\"case\":\"" CASE "\",\"seq\":1,\"prev\":\"" PREV "\""),
                  "\"prev\":\"ffee", "\"prev\":\"ffeE");
    assert_int_equal(entry_read(&entry, buf_str(&line), &failure), ERR_FORMAT);
    /* 7 + 7 + 66 + 1 + 7 + 1 + 7 columns stand before the value, and the E is its fifth byte */
    assert_non_null(strstr(failure.text, "at column 101,"));
    assert_int_equal(entry_read(&entry, STR("{\"v\":3,"), &failure), ERR_NEWER);
    assert_non_null(strstr(failure.text, "version 3"));
}

static struct statement_draft hand_draft(void)
{
    static const struct draft_public publics[] = {{"count", LIT("7")},
                                                  {"list", LIT("[1,\"a b\",2]")},
                                                  {"none", LIT("[]")},
                                                  {"word", LIT("\"x/y\"")}};
    static struct draft_field fields[] = {{"action", {{0}}}, {"text", {{0}}}};
    static struct id refs[2];
    struct statement_draft d = {.seen_size = 41,
                                .time = {1795576329, 1},
                                .mono_ns = 123456789,
                                .clock = "ntp",
                                .type = "note/1",
                                .tlp = "amber",
                                .scope = "team",
                                .publics = publics,
                                .public_count = COUNT_OF(publics),
                                .fields = fields,
                                .field_count = COUNT_OF(fields),
                                .refs = refs,
                                .ref_count = COUNT_OF(refs)};

    hex_read(&d.id, 16, STR(ID));
    hex_read(&d.case_id, 32, STR(CASE));
    hex_read(&d.seen_head, 32, STR(PREV));
    hex_read(&d.boot, 16, STR(BOOT));
    hex_read(&d.by, 32, STR(KEY));
    hex_read(&fields[0].commitment, 32, STR(COMMIT));
    hex_read(&fields[1].commitment, 32, STR(PREV));
    hex_read(&refs[0], 16, STR(REF));
    hex_read(&refs[1], 16, STR(ID));
    return d;
}

static void a_draft_is_written_as_the_line_typed_by_hand(void **state)
{
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf signed_bytes = {0};
    CLEANUP_BUF struct buf statement = {0};
    CLEANUP_BUF struct buf line = {0};
    struct statement_draft d = hand_draft();
    struct hash prev;
    struct sig sig;

    (void)state;
    hex_read(&prev, 32, STR(PREV));
    hex_read(&sig, 64, STR(SIG));
    statement_write_head(&head, &d);
    assert_string_equal(buf_text(&head), HEAD);
    statement_signed_bytes(&signed_bytes, buf_str(&head));
    assert_string_equal(buf_text(&signed_bytes), "cj/1 statement\n" HEAD "}");
    statement_finish(&statement, buf_str(&head), &sig);
    assert_string_equal(buf_text(&statement), STATEMENT);
    assert_int_equal(entry_write(&line, &d.case_id, 42, &prev, 0,
                                 (struct utc){1795576330, 500000000}, buf_str(&statement),
                                 &failure),
                     0);
    assert_string_equal(buf_text(&line), LINE);
}

static void a_draft_without_publics_fields_and_refs_is_spelled_with_empty_ones(void **state)
{
    CLEANUP_BUF struct buf head = {0};
    struct statement_draft d = hand_draft();

    (void)state;
    d.public_count = d.field_count = d.ref_count = 0;
    statement_write_head(&head, &d);
    assert_non_null(strstr(buf_text(&head), "\"public\":{},\"fields\":{},\"refs\":[]"));
}

/* Runs a function in a child; true if it stopped by abort. */
static bool aborts(void (*run)(void))
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        fclose(stderr);
        run();
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void write_names_that_do_not_ascend(void)
{
    static const struct draft_public publics[] = {{"b", LIT("1")}, {"a", LIT("1")}};
    CLEANUP_BUF struct buf head = {0};
    struct statement_draft d = hand_draft();

    d.publics = publics;
    d.public_count = 2;
    statement_write_head(&head, &d);
}

static void write_a_clock_of_another_word(void)
{
    CLEANUP_BUF struct buf head = {0};
    struct statement_draft d = hand_draft();

    d.clock = "sundial";
    statement_write_head(&head, &d);
}

static void write_a_number_out_of_range(void)
{
    CLEANUP_BUF struct buf out = {0};

    spell_integer(&out, (uint64_t)INT64_MAX + 1);
}

static void write_a_place_out_of_range(void)
{
    CLEANUP_BUF struct buf out = {0};

    (void)!entry_write(&out, &hash_zero, (uint64_t)INT64_MAX + 1, &hash_zero, 0, (struct utc){0, 0},
                       STR("{}"), NULL);
}

static void a_draft_that_could_not_be_read_again_stops_the_program(void **state)
{
    (void)state;
    assert_true(aborts(write_names_that_do_not_ascend));
    assert_true(aborts(write_a_clock_of_another_word));
    assert_true(aborts(write_a_number_out_of_range));
    assert_true(aborts(write_a_place_out_of_range));
}

static void strings_are_spelled_or_refused(void **state)
{
    static const char *const bad[] = {"a\"b", "a\\b", "a\nb", "a\x7f", "\xc3\xa9", "\x1f"};
    CLEANUP_BUF struct buf out = {0};

    (void)state;
    assert_int_equal(spell_string(&out, STR("web-1 (A/B)"), &failure), 0);
    assert_string_equal(buf_text(&out), "\"web-1 (A/B)\"");
    buf_clear(&out);
    assert_int_equal(spell_string(&out, STR(""), &failure), 0);
    assert_string_equal(buf_text(&out), "\"\"");
    buf_clear(&out);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(spell_string(&out, str_of(bad[i]), &failure), ERR_USAGE);
    assert_int_equal(spell_string(&out, (struct str){"a\0b", 3}, &failure), ERR_USAGE);
    assert_int_equal(out.len, 0);
    spell_integer(&out, 0);
    buf_addc(&out, ' ');
    spell_integer(&out, INT64_MAX);
    buf_addc(&out, ' ');
    spell_hex(&out, "\x00\xff\x1a", 3);
    assert_string_equal(buf_text(&out), "0 9223372036854775807 \"00ff1a\"");
}

static void names_are_told_from_other_words(void **state)
{
    static const struct {
        const char *text;
        bool is_name;
    } words[] = {{"a", true},
                 {"a-1", true},
                 {"abcdefghijklmnopqrstuvwxyz012345", true},
                 {"", false},
                 {"abcdefghijklmnopqrstuvwxyz0123456", false},
                 {"1a", false},
                 {"-a", false},
                 {"A", false},
                 {"aB", false},
                 {"a_b", false},
                 {"a b", false},
                 {"\xc3\xa9", false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        assert_true(spell_is_name(str_of(words[i].text)) == words[i].is_name);
}

static bool same_place(const struct entry *a, const struct entry *b)
{
    return a->seq == b->seq && a->epoch == b->epoch && utc_cmp(a->logged, b->logged) == 0 &&
           hash_eq(&a->prev, &b->prev) && hash_eq(&a->case_id, &b->case_id);
}

static bool signature_holds(const struct statement *s)
{
    CLEANUP_BUF struct buf message = {0};

    statement_signed_bytes(&message, s->signed_head);
    return ed25519_holds(&s->sig, buf_str(&message), &s->by);
}

static void make_signed_line(struct buf *line)
{
    CLEANUP_BUF struct buf statement = {0};
    struct pair by = pair_of(1);
    struct statement_draft d = hand_draft();
    struct hash prev = {{9}};

    make_statement(&statement, d, &by);
    assert_int_equal(entry_write(line, &d.case_id, 42, &prev, 0, (struct utc){1795576330, 5},
                                 buf_str(&statement), &failure),
                     0);
}

static void every_flipped_bit_is_found_by_spelling_signature_or_place(void **state)
{
    CLEANUP_BUF struct buf line = {0};
    struct entry good;
    size_t statement_at;
    size_t readable = 0;

    (void)state;
    make_signed_line(&line);
    good = read_line(buf_str(&line));
    statement_at = (size_t)(good.statement.text.p - line.p);
    assert_true(signature_holds(&good.statement));
    for (size_t bit = 0; bit < line.len * 8; bit++) {
        struct entry e;
        int code;

        line.p[bit / 8] ^= (char)(1 << bit % 8);
        code = entry_read(&e, buf_str(&line), &failure);
        assert_true(code == 0 || code == ERR_FORMAT || (code == ERR_NEWER && bit / 8 == 5));
        if (code == 0) {
            readable++;
            /* the signature covers the statement; the chain covers the rest */
            assert_true(bit / 8 < statement_at ? !same_place(&e, &good)
                                               : !signature_holds(&e.statement));
        }
        line.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_true(readable > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_typed_by_hand_reads_to_what_it_says),
        cmocka_unit_test(the_members_of_public_are_walked_in_order),
        cmocka_unit_test(fields_and_refs_are_walked_in_order),
        cmocka_unit_test(walking_stops_at_text_that_is_not_spelled_right),
        cmocka_unit_test(a_message_names_the_column_and_what_is_due),
        cmocka_unit_test(a_draft_is_written_as_the_line_typed_by_hand),
        cmocka_unit_test(a_draft_without_publics_fields_and_refs_is_spelled_with_empty_ones),
        cmocka_unit_test(a_draft_that_could_not_be_read_again_stops_the_program),
        cmocka_unit_test(strings_are_spelled_or_refused),
        cmocka_unit_test(names_are_told_from_other_words),
        cmocka_unit_test(every_flipped_bit_is_found_by_spelling_signature_or_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
