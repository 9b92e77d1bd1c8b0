/* The spelling of a journal's lines (doc/format/journal.md §2): what is refused, and what is not.
 */
#include "test_journal_line.h"

static struct err failure;

/* Each rule of spelling, broken once: the first place in the good line is replaced. */
static const struct {
    const char *from;
    const char *to;
    int code;
} bad_lines[] = {
    /* the form of the object */
    {"{\"v\":1,", "{\"v\": 1,", ERR_FORMAT},
    {"{\"v\":1,", " {\"v\":1,", ERR_FORMAT},
    {"{\"v\":1,", "{\"v\":1, ", ERR_FORMAT},
    {"{\"v\":1,", "[\"v\":1,", ERR_FORMAT},
    {"{\"v\":1,", "{", ERR_FORMAT},
    {"{\"v\":1,", "{\"v\":1,\"v\":1,", ERR_FORMAT},
    {"{\"v\":1,", "{\"V\":1,", ERR_FORMAT},
    {SIG "\"}}", SIG "\"}} ", ERR_FORMAT},
    {SIG "\"}}", SIG "\"}}\n", ERR_FORMAT},
    {SIG "\"}}", SIG "\"}}}", ERR_FORMAT},
    {SIG "\"}}", SIG "\"},\"x\":1}", ERR_FORMAT},
    {SIG "\"}}", SIG "\",\"x\":1}}", ERR_FORMAT},
    {"\"seq\":42,\"prev\":\"" PREV "\"", "\"prev\":\"" PREV "\",\"seq\":42", ERR_FORMAT},
    {"\"epoch\":0,", "", ERR_FORMAT},
    {"\"seq\"", "\"se\\u0071\"", ERR_FORMAT},
    {"\"tlp\":\"amber\",\"scope\":\"team\"", "\"scope\":\"team\",\"tlp\":\"amber\"", ERR_FORMAT},
    /* the version */
    {"\"v\":1", "\"v\":2", ERR_NEWER},
    {"\"v\":1", "\"v\":0", ERR_NEWER},
    {"\"v\":1", "\"v\":10", ERR_NEWER},
    {"\"v\":1", "\"v\":9223372036854775807", ERR_NEWER},
    {"\"v\":1", "\"v\":9223372036854775808", ERR_FORMAT},
    {"\"v\":1", "\"v\":01", ERR_FORMAT},
    {"\"v\":1", "\"v\":02", ERR_FORMAT},
    {"\"v\":1", "\"v\":-1", ERR_FORMAT},
    {"\"v\":1", "\"v\":1.0", ERR_FORMAT},
    {"\"v\":1", "\"v\":\"2\"", ERR_FORMAT},
    {"\"v\":1,", "\"v\":2}", ERR_FORMAT},
    {"\"v\":1,", "\"v\":2 ,", ERR_FORMAT},
    /* integers */
    {"\"seq\":42", "\"seq\":042", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":00", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":-0", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":+42", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":42.0", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":42e0", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":0x2a", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":null", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":\"42\"", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":9223372036854775808", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":18446744073709551616", ERR_FORMAT},
    {"\"seq\":42", "\"seq\":18446744073709551658", ERR_FORMAT},
    {"\"mono\":123456789", "\"mono\":9223372036854775808", ERR_FORMAT},
    {"\"epoch\":0", "\"epoch\":-1", ERR_FORMAT},
    {"[41,", "[041,", ERR_FORMAT},
    /* hashes, keys, ids, signatures */
    {"\"prev\":\"ff", "\"prev\":\"FF", ERR_FORMAT},
    {"\"prev\":\"ff", "\"prev\":\"fg", ERR_FORMAT},
    {"\"prev\":\"ff", "\"prev\":\"f", ERR_FORMAT},
    {"\"prev\":\"ff", "\"prev\":\"fff", ERR_FORMAT},
    {"\"prev\":\"ff", "\"prev\":ff", ERR_FORMAT},
    {"\"prev\":\"ff", "\"prev\":\"f/", ERR_FORMAT},
    {"\"prev\":\"ff", "\"prev\":\"f:", ERR_FORMAT},
    {"\"prev\":\"ff", "\"prev\":\"f`", ERR_FORMAT},
    {"\"prev\":\"ff", "\"prev\":\"f\x80", ERR_FORMAT},
    {"\"prev\":\"" PREV "\"", "\"prev\":\"\"", ERR_FORMAT},
    {"\"prev\":\"" PREV "\"", "\"prev\":0", ERR_FORMAT},
    {"\"id\":\"" ID, "\"id\":\"" ID "00", ERR_FORMAT},
    {"\"id\":\"" ID, "\"id\":\"DEADBEEFDEADBEEFDEADBEEFDEADBEEF", ERR_FORMAT},
    {"\"boot\":\"" BOOT, "\"boot\":\"", ERR_FORMAT},
    {"\"sig\":\"" KEY, "\"sig\":\"", ERR_FORMAT},
    {"\"by\":\"" KEY "\"", "\"by\":\"" KEY "0\"", ERR_FORMAT},
    /* times */
    {"\"logged\":\"2026-11-25T", "\"logged\":\"2026-11-25t", ERR_FORMAT},
    {"\"logged\":\"2026-11-25T", "\"logged\":\"2026-11-25 ", ERR_FORMAT},
    {"10.500000000Z", "10.500000000z", ERR_FORMAT},
    {"10.500000000Z", "10.50000000Z", ERR_FORMAT},
    {"10.500000000Z", "10.5000000000Z", ERR_FORMAT},
    {"10.500000000Z", "10Z", ERR_FORMAT},
    {"10.500000000Z", "10,500000000Z", ERR_FORMAT},
    {"10.500000000Z", "10.500000000+00:00", ERR_FORMAT},
    {"03:12:10", "24:00:00", ERR_FORMAT},
    {"03:12:10", "03:60:10", ERR_FORMAT},
    {"03:12:10", "03:12:60", ERR_FORMAT},
    {"03:12:10", "03:12:1x", ERR_FORMAT},
    {"\"logged\":\"2026-11-25", "\"logged\":\"2026-02-29", ERR_FORMAT},
    {"\"logged\":\"2026-11-25", "\"logged\":\"1900-02-29", ERR_FORMAT},
    {"\"logged\":\"2026-11-25", "\"logged\":\"2026-11-31", ERR_FORMAT},
    {"\"logged\":\"2026-11-25", "\"logged\":\"2026-00-25", ERR_FORMAT},
    {"\"logged\":\"2026-11-25", "\"logged\":\"2026-13-25", ERR_FORMAT},
    {"\"logged\":\"2026-11-25", "\"logged\":\"2026-11-00", ERR_FORMAT},
    {"\"logged\":\"2026-11-25", "\"logged\":\"+026-11-25", ERR_FORMAT},
    {"\"logged\":\"2026-11-25", "\"logged\":\"12026-11-25", ERR_FORMAT},
    {"\"logged\":\"2026", "\"logged\":2026", ERR_FORMAT},
    /* words */
    {"\"clock\":\"ntp\"", "\"clock\":\"NTP\"", ERR_FORMAT},
    {"\"clock\":\"ntp\"", "\"clock\":\"gps\"", ERR_FORMAT},
    {"\"clock\":\"ntp\"", "\"clock\":\"\"", ERR_FORMAT},
    {"\"tlp\":\"amber\"", "\"tlp\":\"white\"", ERR_FORMAT},
    {"\"tlp\":\"amber\"", "\"tlp\":\"AMBER\"", ERR_FORMAT},
    {"\"tlp\":\"amber\"", "\"tlp\":\"amber+strict\"", ERR_FORMAT},
    /* names */
    {"\"scope\":\"team\"", "\"scope\":\"\"", ERR_FORMAT},
    {"\"scope\":\"team\"", "\"scope\":\"Team\"", ERR_FORMAT},
    {"\"scope\":\"team\"", "\"scope\":\"1team\"", ERR_FORMAT},
    {"\"scope\":\"team\"", "\"scope\":\"-team\"", ERR_FORMAT},
    {"\"scope\":\"team\"", "\"scope\":\"te_am\"", ERR_FORMAT},
    {"\"scope\":\"team\"", "\"scope\":\"te am\"", ERR_FORMAT},
    {"\"scope\":\"team\"", "\"scope\":\"abcdefghijklmnopqrstuvwxyz0123456\"", ERR_FORMAT},
    {"\"scope\":\"team\"", "\"scope\":team", ERR_FORMAT},
    /* types */
    {"\"note/1\"", "\"note\"", ERR_FORMAT},
    {"\"note/1\"", "\"note/\"", ERR_FORMAT},
    {"\"note/1\"", "\"/1\"", ERR_FORMAT},
    {"\"note/1\"", "\"note/0\"", ERR_FORMAT},
    {"\"note/1\"", "\"note/01\"", ERR_FORMAT},
    {"\"note/1\"", "\"note/1000\"", ERR_FORMAT},
    {"\"note/1\"", "\"note/1/1\"", ERR_FORMAT},
    {"\"note/1\"", "\"note/a\"", ERR_FORMAT},
    {"\"note/1\"", "\"note/1 \"", ERR_FORMAT},
    {"\"note/1\"", "\"Note/1\"", ERR_FORMAT},
    {"\"note/1\"", "note/1", ERR_FORMAT},
    {"\"note/1\"", "\"abcdefghijklmnopqrstuvwxyz0123456/1\"", ERR_FORMAT},
    /* public, fields, refs */
    {"\"count\":7", "\"count\":7,\"count\":7", ERR_FORMAT},
    {"\"count\":7", "\"count\":7,\"coun\":7", ERR_FORMAT},
    {"\"count\":7", "\"z\":7", ERR_FORMAT},
    {"\"count\":7", "\"count\":true", ERR_FORMAT},
    {"\"count\":7", "\"count\":{}", ERR_FORMAT},
    {"\"count\":7", "\"count\":-7", ERR_FORMAT},
    {"\"count\":7", "\"count\" :7", ERR_FORMAT},
    {"\"count\":7", "\"Count\":7", ERR_FORMAT},
    {"\"public\":{", "\"public\":{,", ERR_FORMAT},
    {"\"word\":\"x/y\"}", "\"word\":\"x/y\",}", ERR_FORMAT},
    {"x/y", "x\\/y", ERR_FORMAT},
    {"x/y", "x\\u002fy", ERR_FORMAT},
    {"x/y", "x\ty", ERR_FORMAT},
    {"x/y", "x\x7fy", ERR_FORMAT},
    {"x/y", "x\x1fy", ERR_FORMAT},
    {"x/y", "x\xc3\xa9y", ERR_FORMAT},
    {"x/y", "x\"y", ERR_FORMAT},
    {"[1,\"a b\",2]", "[1,\"a b\",2,]", ERR_FORMAT},
    {"[1,\"a b\",2]", "[,1]", ERR_FORMAT},
    {"[1,\"a b\",2]", "[1 ,2]", ERR_FORMAT},
    {"[1,\"a b\",2]", "[1;2]", ERR_FORMAT},
    {"[1,\"a b\",2]", "[[1]]", ERR_FORMAT},
    {"[1,\"a b\",2]", "[{}]", ERR_FORMAT},
    {"[1,\"a b\",2]", "[1", ERR_FORMAT},
    {"\"action\":\"" COMMIT "\"", "\"zz\":\"" COMMIT "\"", ERR_FORMAT},
    {"\"action\":\"" COMMIT "\"", "\"action\":\"" COMMIT "00\"", ERR_FORMAT},
    {"\"action\":\"" COMMIT "\"", "\"action\":7", ERR_FORMAT},
    {"\"fields\":{", "\"fields\":[", ERR_FORMAT},
    {"\"refs\":[", "\"refs\":{", ERR_FORMAT},
    {"\"refs\":[", "\"refs\":[,", ERR_FORMAT},
    {"\"" REF "\",", "\"" REF "\"", ERR_FORMAT},
    {"\"" REF "\",", "\"" REF "00\",", ERR_FORMAT},
    {"\"seen\":[41,", "\"seen\":[", ERR_FORMAT},
    {"\"seen\":[41,", "\"seen\":[41,41,", ERR_FORMAT},
};

static void each_broken_rule_of_spelling_is_found(void **state)
{
    CLEANUP_BUF struct buf line = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_lines); i++) {
        struct entry entry;
        struct entry before;
        int code;

        memset(&entry, 0x5a, sizeof(entry));
        memcpy(&before, &entry, sizeof(entry));
        make_replaced(&line, STR(LINE), bad_lines[i].from, bad_lines[i].to);
        failure.text[0] = '\0';
        code = entry_read(&entry, buf_str(&line), &failure);
        if (code != bad_lines[i].code)
            fail_msg("%s for %s: %s", err_name(code), bad_lines[i].from, bad_lines[i].to);
        assert_true(strlen(failure.text) > 0);
        assert_memory_equal(&entry, &before, sizeof(entry));
    }
}

/* What is allowed at the edges of each token. */
static const struct {
    const char *from;
    const char *to;
} good_lines[] = {
    {"\"seq\":42", "\"seq\":0"},
    {"\"seq\":42", "\"seq\":9223372036854775807"},
    {"\"mono\":123456789", "\"mono\":9223372036854775807"},
    {"\"epoch\":0", "\"epoch\":17"},
    {"\"clock\":\"ntp\"", "\"clock\":\"free\""},
    {"\"clock\":\"ntp\"", "\"clock\":\"unknown\""},
    {"\"tlp\":\"amber\"", "\"tlp\":\"clear\""},
    {"\"tlp\":\"amber\"", "\"tlp\":\"green\""},
    {"\"tlp\":\"amber\"", "\"tlp\":\"amber-strict\""},
    {"\"tlp\":\"amber\"", "\"tlp\":\"red\""},
    {"\"scope\":\"team\"", "\"scope\":\"t\""},
    {"\"scope\":\"team\"", "\"scope\":\"t-\""},
    {"\"scope\":\"team\"", "\"scope\":\"abcdefghijklmnopqrstuvwxyz012345\""},
    {"\"note/1\"", "\"note/999\""},
    {"\"note/1\"", "\"abcdefghijklmnopqrstuvwxyz012345/1\""},
    {"\"note/1\"", "\"redact-approve/10\""},
    {"x/y", ""},
    {"x/y", " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrst"
            "uvwxyz{|}~"},
    {"\"count\":7", "\"a\":0,\"b\":\"\",\"c\":[\"\"],\"count\":7"},
    {"\"count\":7", "\"count\":7,\"count-\":8,\"count0\":9,\"counta\":9"},
    {"\"count\":7,\"list\":[1,\"a b\",2],\"none\":[],\"word\":\"x/y\"", ""},
    {"\"" REF "\",\"" ID "\"", ""},
};

static void what_is_at_the_edge_of_the_rules_is_read(void **state)
{
    CLEANUP_BUF struct buf line = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good_lines); i++) {
        make_replaced(&line, STR(LINE), good_lines[i].from, good_lines[i].to);
        read_line(buf_str(&line));
    }
}

static void times_at_the_edges_are_read_and_written(void **state)
{
    /* date -u -d TIME +%s of GNU coreutils */
    static const struct {
        const char *text;
        int64_t sec;
        uint32_t ns;
    } times[] = {
        {"0000-01-01T00:00:00.000000000Z", -62167219200, 0},
        {"0000-02-29T00:00:00.000000001Z", -62162121600, 1},
        {"1600-02-29T12:00:00.000000000Z", -11670955200, 0},
        {"1969-12-31T23:59:59.999999999Z", -1, 999999999},
        {"1970-01-01T00:00:00.000000000Z", 0, 0},
        {"2000-02-29T00:00:00.000000000Z", 951782400, 0},
        {"2024-02-29T23:59:59.000000000Z", 1709251199, 0},
        {"2038-01-19T03:14:08.000000000Z", 2147483648, 0},
        {"9999-12-31T23:59:59.999999999Z", 253402300799, 999999999},
    };
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf again = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct entry e;

        make_replaced(&line, STR(LINE), "2026-11-25T03:12:10.500000000Z", times[i].text);
        e = read_line(buf_str(&line));
        assert_int_equal(e.logged.sec, times[i].sec);
        assert_int_equal(e.logged.ns, times[i].ns);
        buf_clear(&again);
        assert_int_equal(entry_write(&again, &e.case_id, e.seq, &e.prev, e.epoch, e.logged,
                                     e.statement.text, &failure),
                         0);
        assert_string_equal(buf_text(&again), buf_text(&line));
    }
}

static void a_line_cut_at_any_byte_is_malformed(void **state)
{
    struct str line = STR(LINE);
    struct entry entry;

    (void)state;
    for (size_t len = 0; len < line.len; len++) {
        /* in memory of its own, so that a sanitizer sees a read past the end */
        CLEANUP_FREE char *copy = malloc(len ? len : 1);

        memcpy(copy, line.p, len);
        assert_int_equal(entry_read(&entry, (struct str){copy, len}, &failure), ERR_FORMAT);
    }
}

static void a_statement_cut_at_any_byte_is_malformed(void **state)
{
    struct str text = STR(STATEMENT);
    struct statement s;

    (void)state;
    assert_int_equal(statement_read(&s, text, &failure), 0);
    assert_true(str_is(s.text, STATEMENT));
    for (size_t len = 0; len < text.len; len++) {
        CLEANUP_FREE char *copy = malloc(len ? len : 1);

        memcpy(copy, text.p, len);
        assert_int_equal(statement_read(&s, (struct str){copy, len}, &failure), ERR_FORMAT);
    }
    assert_int_equal(statement_read(&s, STR(STATEMENT " "), &failure), ERR_FORMAT);
    assert_int_equal(statement_read(&s, STR(LINE), &failure), ERR_FORMAT);
}

static void a_byte_put_in_anywhere_is_found_but_inside_a_string(void **state)
{
    CLEANUP_BUF struct buf line = {0};
    struct str good = STR(LINE);
    struct entry entry;

    (void)state;
    for (size_t at = 0; at <= good.len; at++) {
        buf_clear(&line);
        buf_addstr(&line, str_head(good, at));
        buf_addc(&line, ' ');
        buf_addstr(&line, str_from(good, at));
        if (entry_read(&entry, buf_str(&line), &failure) == 0) {
            struct str text = entry.statement.public_text;

            /* only in "a b" and "x/y" may a space stand */
            assert_true(line.p + at > text.p && line.p + at < text.p + text.len);
            assert_true(text.len == strlen("{\"count\":7,\"list\":[1,\"a b\",2],\"none\":[],"
                                           "\"word\":\"x/y\"}") +
                                        1);
        }
    }
}

static void make_long_line(struct buf *out, size_t len)
{
    CLEANUP_BUF struct buf filler = {0};
    size_t base = sizeof(LINE) - 1 - strlen("x/y");

    buf_addn(&filler, 'z', len - base);
    make_replaced(out, STR(LINE), "x/y", buf_text(&filler));
    assert_int_equal(out->len, len);
}

static void a_line_of_65536_bytes_is_read_and_one_more_is_not(void **state)
{
    CLEANUP_BUF struct buf line = {0};
    struct entry entry;

    (void)state;
    make_long_line(&line, 65536);
    assert_int_equal(entry_read(&entry, buf_str(&line), &failure), 0);
    make_long_line(&line, 65537);
    assert_int_equal(entry_read(&entry, buf_str(&line), &failure), ERR_FORMAT);
    line.p[5] = '2';
    assert_int_equal(entry_read(&entry, buf_str(&line), &failure), ERR_NEWER);
}

static void an_entry_is_written_up_to_65536_bytes(void **state)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf again = {0};
    struct entry e;

    (void)state;
    make_long_line(&line, 65536);
    e = read_line(buf_str(&line));
    buf_adds(&again, "before ");
    assert_int_equal(entry_write(&again, &e.case_id, e.seq, &e.prev, e.epoch, e.logged,
                                 e.statement.text, &failure),
                     0);
    assert_int_equal(again.len, 65536 + 7);
    assert_string_equal(buf_text(&again) + 7, buf_text(&line));
    buf_clear(&again);
    buf_adds(&again, "before ");
    assert_int_equal(entry_write(&again, &e.case_id, e.seq + 100, &e.prev, e.epoch, e.logged,
                                 e.statement.text, &failure),
                     ERR_LIMIT);
    assert_string_equal(buf_text(&again), "before ");
    assert_int_equal(entry_write(&again, &e.case_id, 1, &e.prev, 0, e.logged,
                                 (struct str){line.p, 1 << 20}, &failure),
                     ERR_LIMIT);
}

/* Builds the line again from nothing but what the reader gave. */
static void write_again(struct buf *out, const struct entry *e)
{
    const struct statement *s = &e->statement;
    struct draft_public publics[16];
    struct draft_field fields[16];
    struct id refs[16];
    char names[32][40];
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf statement = {0};
    char words[4][40];
    struct statement_draft d = {.id = s->id,
                                .case_id = s->case_id,
                                .seen_size = s->seen_size,
                                .seen_head = s->seen_head,
                                .time = s->time,
                                .boot = s->boot,
                                .mono_ns = s->mono_ns,
                                .by = s->by,
                                .publics = publics,
                                .fields = fields,
                                .refs = refs};
    struct str rest = s->public_text;
    struct public_value v;
    struct str name;

    snprintf(words[0], 40, STR_FMT, STR_ARG(s->clock));
    snprintf(words[1], 40, STR_FMT, STR_ARG(s->type));
    snprintf(words[2], 40, STR_FMT, STR_ARG(s->tlp));
    snprintf(words[3], 40, STR_FMT, STR_ARG(s->scope));
    d.clock = words[0];
    d.type = words[1];
    d.tlp = words[2];
    d.scope = words[3];
    for (; public_next(&rest, &v); d.public_count++) {
        snprintf(names[d.public_count], 40, STR_FMT, STR_ARG(v.name));
        publics[d.public_count] = (struct draft_public){names[d.public_count], v.text};
    }
    rest = s->fields_text;
    for (; fields_next(&rest, &name, &fields[d.field_count].commitment); d.field_count++) {
        snprintf(names[16 + d.field_count], 40, STR_FMT, STR_ARG(name));
        fields[d.field_count].name = names[16 + d.field_count];
    }
    rest = s->refs_text;
    while (refs_next(&rest, &refs[d.ref_count]))
        d.ref_count++;
    statement_write_head(&head, &d);
    statement_finish(&statement, buf_str(&head), &s->sig);
    buf_clear(out);
    assert_int_equal(entry_write(out, &e->case_id, e->seq, &e->prev, e->epoch, e->logged,
                                 buf_str(&statement), &failure),
                     0);
}

static void what_was_read_is_written_again_to_the_byte(void **state)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf again = {0};
    struct entry e = read_line(STR(LINE));

    (void)state;
    write_again(&again, &e);
    assert_string_equal(buf_text(&again), LINE);
    for (size_t i = 0; i < COUNT_OF(good_lines); i++) {
        make_replaced(&line, STR(LINE), good_lines[i].from, good_lines[i].to);
        e = read_line(buf_str(&line));
        write_again(&again, &e);
        assert_string_equal(buf_text(&again), buf_text(&line));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_broken_rule_of_spelling_is_found),
        cmocka_unit_test(what_is_at_the_edge_of_the_rules_is_read),
        cmocka_unit_test(times_at_the_edges_are_read_and_written),
        cmocka_unit_test(a_line_cut_at_any_byte_is_malformed),
        cmocka_unit_test(a_statement_cut_at_any_byte_is_malformed),
        cmocka_unit_test(a_byte_put_in_anywhere_is_found_but_inside_a_string),
        cmocka_unit_test(a_line_of_65536_bytes_is_read_and_one_more_is_not),
        cmocka_unit_test(an_entry_is_written_up_to_65536_bytes),
        cmocka_unit_test(what_was_read_is_written_again_to_the_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
