/* test_timeline_lines.c: sources of lines become the events that a plain reading of
 * doc/format/timeline.md gives, which is written here for lines that lie in memory as a whole; in
 * one go, and in parts of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <malloc.h>
#include "base/mem.h"
#include "test_timeline_source.h"

enum { MIB = 1 << 20, KIB = 1024 };

/* RFC 3629 section 4, by the ranges of code points. */
static size_t character(const uint8_t *p, size_t left)
{
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t c = len == 1 ? p[0] : p[0] & (0xFFU >> (len + 1));

    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3F);
    }
    if ((len == 3 && c < 0x800) || (len == 4 && c < 0x10000) || c > 0x10FFFF ||
        (c >= 0xD800 && c < 0xE000))
        return 0;
    return len;
}

/* Section 1, "Bytes". */
static bool show(struct buf *out, struct str raw)
{
    const uint8_t *p = (const uint8_t *)raw.p;
    bool is_text = true;

    for (size_t i = 0, len; i < raw.len; i += len) {
        len = p[i] ? character(p + i, raw.len - i) : 0;
        is_text = is_text && len;
        len = len ? len : 1;
    }
    for (size_t i = 0, len; i < raw.len; i += len) {
        len = p[i] ? character(p + i, raw.len - i) : 0;
        if (is_text || (len && p[i] != '\\'))
            buf_add(out, p + i, len);
        else if (len)
            buf_adds(out, "\\\\");
        else
            buf_addf(out, "\\x%02x", p[i]);
        len = len ? len : 1;
    }
    return is_text;
}

static void model_add(struct list *l, const struct seen *s)
{
    l->events = mem_grow(l->events, l->count, &l->room, sizeof(l->events[0]));
    l->events[l->count++] = *s;
}

static void model_join(struct seen *last, struct str text, bool is_text)
{
    CLEANUP_BUF struct buf both = {0};

    buf_add(&both, last->message, last->message_size);
    if (last->message_size)
        buf_addc(&both, '\n');
    buf_addstr(&both, text);
    free(last->message);
    last->message_size = both.len;
    last->message = buf_take(&both);
    if (!is_text) {
        free(last->bytes);
        last->bytes = mem_strdup("yes");
    }
}

/* The events of a source without dates that lack a year, and without values that are too long. */
static void model(struct list *out, struct str source, struct reader_counts *c)
{
    struct str rest = source;
    uint64_t number = 0;
    int64_t before = 0;

    *c = (struct reader_counts){0};
    while (rest.len) {
        struct seen s = {.at = (uint64_t)(rest.p - source.p), .line = ++number};
        struct str line = str_cut(&rest, '\n'), text;
        CLEANUP_BUF struct buf shown = {0};
        uint64_t seconds = 0;
        const char *kind = "event";
        bool is_text;

        c->lines++;
        if (str_ends(line, "\r"))
            line.len--;
        c->empty += line.len == 0;
        c->comments += str_starts(line, "#");
        if (line.len == 0 || line.p[0] == '#')
            continue;
        is_text = show(&shown, line);
        text = buf_str(&shown);
        if (line.p[0] == '\t' && out->count) {
            model_join(&out->events[out->count - 1], text, is_text);
            c->continued++;
            continue;
        }
        if (text.p[0] == '@' && text.len > 12 && text.p[11] == ' ' &&
            str_u64((struct str){text.p + 1, 10}, &seconds)) {
            s.precision = TIME_S;
            before = (int64_t)seconds * 1000000000;
            text = str_from(text, 12);
        } else {
            s.doubt = DOUBT_ORDER;
            kind = str_take(&text, "- ") ? "event" : "unparsed";
        }
        c->events += kind[0] == 'e';
        c->unparsed += kind[0] == 'u';
        s.ns = before;
        s.kind = mem_strdup(kind);
        s.message = mem_dup(text.p, text.len);
        s.message_size = text.len;
        s.cut = mem_strdup("");
        s.bytes = mem_strdup(is_text ? "" : "yes");
        model_add(out, &s);
    }
}

static void compare(const struct list *a, const struct list *b, uint64_t at, uint64_t lines)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        const struct seen *x = &a->events[i], *y = &b->events[i];

        if (x->ns != y->ns || x->precision != y->precision || x->doubt != y->doubt ||
            x->at != y->at + at || x->line != y->line + lines ||
            x->message_size != y->message_size ||
            memcmp(x->message, y->message, x->message_size) != 0 || strcmp(x->kind, y->kind) != 0 ||
            strcmp(x->cut, y->cut) != 0 || strcmp(x->bytes, y->bytes) != 0)
            fail_msg("event %zu: byte %llu line %llu %s %lld doubt %u cut '%s' '%.60s', not byte "
                     "%llu line %llu %s %lld doubt %u cut '%s' '%.60s'",
                     i, (unsigned long long)x->at, (unsigned long long)x->line, x->kind,
                     (long long)x->ns, x->doubt, x->cut, x->message, (unsigned long long)y->at,
                     (unsigned long long)y->line, y->kind, (long long)y->ns, y->doubt, y->cut,
                     y->message);
    }
    assert_int_equal(a->count, b->count);
}

static void compare_counts(const struct reader_counts *a, const struct reader_counts *b)
{
    assert_int_equal(a->lines, b->lines);
    assert_int_equal(a->events, b->events);
    assert_int_equal(a->unparsed, b->unparsed);
    assert_int_equal(a->continued, b->continued);
    assert_int_equal(a->comments, b->comments);
    assert_int_equal(a->empty, b->empty);
}

static void add_text(struct buf *out, uint64_t *seed, size_t most)
{
    static const char *const pieces[] = {
        "a", "word ", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\\", ": ", "[x]", "=", "\t"};
    static const char *const odd[] = {"\xC3", "\xFF", "\xED\xA0\x80", "\xC0\x80",
                                      "\xF4\x90\x80\x80"};
    size_t size = (size_t)seed_below(seed, most + 1), end = out->len + size;
    bool is_odd = seed_below(seed, 8) == 0;

    while (out->len < end)
        if (is_odd && seed_below(seed, 4) == 0)
            buf_adds(out, odd[seed_below(seed, COUNT_OF(odd))]);
        else if (is_odd && seed_below(seed, 8) == 0)
            buf_addc(out, '\0');
        else
            buf_adds(out, pieces[seed_below(seed, COUNT_OF(pieces))]);
}

/* Lines of all kinds; dates without years where has_dates, which go forward. */
static void make_source(struct buf *out, uint64_t *seed, size_t size, size_t most, bool has_dates)
{
    static const char *const names[] = {"Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr"};
    size_t end = out->len + size;
    unsigned month = 0, since = 0;

    while (out->len < end) {
        uint64_t kind = seed_below(seed, has_dates ? 12 : 10);

        if (kind < 3)
            buf_addf(out, "@1764%06llu ", (unsigned long long)seed_below(seed, 1000000));
        else if (kind < 5)
            buf_adds(out, "\t");
        else if (kind == 5)
            buf_adds(out, "- ");
        else if (kind == 6)
            buf_adds(out, "#");
        else if (kind >= 10) {
            month += since++ % 16 == 15;
            buf_addf(out, "%s %2u 03:12:09 ", names[month % 8],
                     1 + (unsigned)seed_below(seed, month % 8 == 5 ? 29 : 30));
        }
        if (kind != 7)
            add_text(out, seed, seed_below(seed, 30) ? 60 : most);
        if (kind != 7 && kind != 8)
            buf_adds(out, "x");
        buf_adds(out, seed_below(seed, 4) ? "\n" : "\r\n");
    }
    if (seed_below(seed, 2))
        buf_adds(out, "@1764000000 the end");
}

static void a_source_is_read_as_the_document_says(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 80; n++) {
        CLEANUP_BUF struct buf source = {0};
        CLEANUP(list_release) struct list expected = {0}, seen = {0};
        struct reader_counts wanted, counts;
        uint64_t seed = n;

        make_source(&source, &seed, n * 40, 2000, false);
        model(&expected, buf_str(&source), &wanted);
        read_parts(&seen, buf_str(&source), UINT64_MAX, n % 3 ? n : 0, &counts);
        compare(&seen, &expected, 0, 0);
        compare_counts(&counts, &wanted);
    }
}

static void parts_of_any_size_give_the_same_events(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 12; n++) {
        CLEANUP_BUF struct buf source = {0};
        CLEANUP(list_release) struct list whole = {0};
        struct reader_counts wanted, counts;
        uint64_t seed = 1000 + n;

        make_source(&source, &seed, 200 + n * 30, 400, n % 2);
        read_parts(&whole, buf_str(&source), UINT64_MAX, 0, &wanted);
        for (int i = 0; i < 5; i++) {
            CLEANUP(list_release) struct list seen = {0};
            uint64_t part = 1 + seed_below(&seed, i < 1 ? 40 : 1000);

            read_parts(&seen, buf_str(&source), part, 0, &counts);
            compare(&seen, &whole, 0, 0);
            compare_counts(&counts, &wanted);
        }
    }
}

/* Of 13 MiB, so that lines and what they continue lie over the edges of what is read at once. */
static void long_sources_are_read_as_short_ones(void **state)
{
    CLEANUP_BUF struct buf source = {0};
    CLEANUP(list_release) struct list expected = {0}, whole = {0};
    struct reader_counts wanted, counts;
    uint64_t seed = 77;

    (void)state;
    make_source(&source, &seed, 13 * MIB, 40000, false);
    model(&expected, buf_str(&source), &wanted);
    read_parts(&whole, buf_str(&source), UINT64_MAX, 5, &counts);
    compare_counts(&counts, &wanted);
    for (size_t i = 0; i < expected.count; i++) /* those are looked at elsewhere */
        if (expected.events[i].message_size > EVENT_VALUE_SIZE) {
            assert_true(whole.events[i].cut[0]);
            assert_true(whole.events[i].message_size <= EVENT_VALUE_SIZE);
            assert_memory_equal(whole.events[i].message, expected.events[i].message,
                                EVENT_VALUE_SIZE - 16);
            free(expected.events[i].message);
            free(expected.events[i].cut);
            expected.events[i].message =
                mem_dup(whole.events[i].message, whole.events[i].message_size);
            expected.events[i].message_size = whole.events[i].message_size;
            expected.events[i].cut = mem_strdup(whole.events[i].cut);
        }
    compare(&whole, &expected, 0, 0);
    for (int i = 0; i < 3; i++) {
        CLEANUP(list_release) struct list seen = {0};

        read_parts(&seen, buf_str(&source), MIB / 2 + seed_below(&seed, 5 * MIB), 0, &counts);
        compare(&seen, &whole, 0, 0);
        compare_counts(&counts, &wanted);
    }
}

static void the_parse_of_two_sources_is_that_of_both(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 50; n++) {
        CLEANUP_BUF struct buf first = {0}, second = {0}, both = {0};
        CLEANUP(list_release) struct list a = {0}, b = {0}, all = {0};
        struct list front, back;
        struct reader_counts of_a, of_b, of_all;
        uint64_t seed = 5000 + n;

        make_source(&first, &seed, n * 20, 500, false);
        buf_adds(&first, "\n");
        buf_adds(&second, "@1764000001 begins\n");
        make_source(&second, &seed, n * 20, 500, false);
        buf_addstr(&both, buf_str(&first));
        buf_addstr(&both, buf_str(&second));
        read_parts(&a, buf_str(&first), UINT64_MAX, 0, &of_a);
        read_parts(&b, buf_str(&second), UINT64_MAX, 0, &of_b);
        read_parts(&all, buf_str(&both), UINT64_MAX, 0, &of_all);
        assert_int_equal(all.count, a.count + b.count);
        front = (struct list){.events = all.events, .count = a.count};
        back = (struct list){.events = all.events + a.count, .count = b.count};
        compare(&front, &a, 0, 0);
        compare(&back, &b, first.len, of_a.lines);
        add_counts(&of_a, &of_b);
        compare_counts(&of_all, &of_a);
    }
}

/* Lines of these sizes, in front of one that is to be found behind. */
static void lines_of_all_sizes_are_events(void **state)
{
    static const size_t sizes[] = {0,   1,       64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB - 1,
                                   MIB, MIB + 1, 4 * MIB - 1,  4 * MIB,  5 * MIB};
    static const char *const ends[] = {"\n", "\r\n"};
    static const char *const fronts[] = {"", "@1764000000 "};

    (void)state;
    for (size_t n = 0; n < COUNT_OF(sizes) * 4; n++) {
        size_t size = sizes[n / 4];
        const char *end = ends[n % 2], *front = fronts[n / 2 % 2];
        CLEANUP_BUF struct buf source = {0};
        CLEANUP(list_release) struct list seen = {0};
        struct reader_counts c;
        size_t text = size, cut;
        char words[64];

        if (size < 16 && front[0])
            continue;
        /* The whole line has this size, its front counted. */
        buf_adds(&source, front);
        buf_addn(&source, 'x', size - strlen(front));
        text -= size > MIB ? 0 : strlen(front);
        buf_adds(&source, end);
        buf_adds(&source, "@1764000001 behind");
        read_parts(&seen, buf_str(&source), UINT64_MAX, n, &c);
        assert_int_equal(c.lines, 2);
        assert_int_equal(seen.count, size ? 2 : 1);
        assert_string_equal(seen.events[seen.count - 1].message, "behind");
        assert_int_equal(seen.events[seen.count - 1].at, size + strlen(end));
        assert_int_equal(seen.events[seen.count - 1].line, 2);
        if (size == 0)
            continue;
        cut = text < 64 * KIB ? text : 64 * KIB;
        assert_int_equal(seen.events[0].message_size, cut);
        assert_string_equal(seen.events[0].kind, front[0] && size <= MIB ? "event" : "unparsed");
        snprintf(words, sizeof(words), "message: %zu bytes", text);
        assert_string_equal(seen.events[0].cut, cut < text ? words : "");
        assert_string_equal(seen.events[0].bytes, "");
    }
}

/* A cut within a character would make broken UTF-8 of whole. */
static void a_value_is_cut_between_characters(void **state)
{
    static const size_t counts[] = {30000, 400000}; /* a line of 90 kB, and one past 1 MiB */

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUF struct buf source = {0};
        CLEANUP(list_release) struct list seen = {0};
        struct reader_counts c;

        for (size_t k = 0; k < counts[i]; k++)
            buf_adds(&source, "\xE2\x82\xAC");
        read_parts(&seen, buf_str(&source), UINT64_MAX, 0, &c);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.events[0].message_size, 65535); /* 21,845 of three bytes */
        assert_string_equal(seen.events[0].bytes, "");
        assert_true(seen.events[0].cut[0]);
    }
}

/* Each byte of it becomes four. */
static void a_line_of_broken_bytes_is_whole_as_far_as_a_value_goes(void **state)
{
    CLEANUP_BUF struct buf source = {0};
    CLEANUP(list_release) struct list seen = {0};
    struct reader_counts c;

    (void)state;
    buf_adds(&source, "@1764000000 ");
    buf_addn(&source, '\xFF', MIB - 12);
    read_parts(&seen, buf_str(&source), UINT64_MAX, 0, &c);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.events[0].kind, "event");
    assert_string_equal(seen.events[0].bytes, "yes");
    assert_string_equal(seen.events[0].cut, "message: 4194256 bytes"); /* 4 × (2²⁰ - 12) */
    assert_int_equal(seen.events[0].message_size, 64 * KIB);
}

/* What does not fit any more is told with its size; nothing is left out between. */
static void many_continuations_are_cut_and_counted(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\n\n"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        CLEANUP_BUF struct buf source = {0}, message = {0};
        CLEANUP(list_release) struct list seen = {0};
        struct reader_counts c;
        char words[64];

        buf_addf(&source, "@1764000000 first%s", ends[i]);
        buf_adds(&message, "first");
        for (int k = 0; k < 60000; k++) {
            buf_addf(&source, "\tat line %d of a long trace of calls, \xC3\xA4%s", k, ends[i]);
            buf_addf(&message, "\n\tat line %d of a long trace of calls, \xC3\xA4", k);
        }
        buf_adds(&source, "@1764000001 behind");
        read_parts(&seen, buf_str(&source), UINT64_MAX, 3, &c);
        assert_int_equal(c.continued, 60000);
        assert_int_equal(seen.count, 2);
        assert_in_range(seen.events[0].message_size, 64 * KIB - 100, 64 * KIB);
        assert_memory_equal(seen.events[0].message, message.p, seen.events[0].message_size);
        snprintf(words, sizeof(words), "message: %zu bytes", message.len);
        assert_string_equal(seen.events[0].cut, words);
    }
}

/* A format that finds more fields than an event has room for. */
static enum line_verdict many_fields(struct reader *r, struct str line, struct event *e)
{
    struct stated s = {.year = 2026, .month = 11, .day = 25, .precision = TIME_S};

    reader_time(r, e, &s);
    for (int i = 0; i < 600; i++)
        event_put(e, FIELD_USER_NAME, line);
    return LINE_EVENT;
}

static int check_many(void *context, const struct event *e, struct err *err)
{
    (void)err;
    (*(int *)context)++;
    assert_true(str_is(event_value(e, FIELD_EVENT_KIND), "event"));
    assert_true(str_is(event_value(e, FIELD_EVENT_DATASET), "many"));
    assert_true(str_is(event_value(e, FIELD_EVENT_CUT), "152 fields")); /* 600 - (512 - 64) */
    return 0;
}

static void an_event_of_too_many_fields_says_so(void **state)
{
    static const struct format format = {.name = "many", .version = 1, .line = many_fields};
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    struct memory m = {STR("x\n"), 0};
    int count = 0;
    struct reader r = {.names = names,
                       .bytes = give,
                       .bytes_context = &m,
                       .take = check_many,
                       .take_context = &count};

    (void)state;
    reader_begin(&r, &format, NULL);
    assert_int_equal(reader_lines(&r, 0, UINT64_MAX, NULL), 0);
    reader_end(&r);
    assert_int_equal(count, 1);
}

static int fail_after(void *context, uint64_t off, void *bytes, size_t size, size_t *got,
                      struct err *e)
{
    if (off)
        return err_set(e, ERR_IO, "the disk is gone");
    return give(context, off, bytes, size, got, e);
}

static void what_cannot_be_read_is_an_error(void **state)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    CLEANUP(list_release) struct list seen = {0};
    struct memory m = {STR("@1764000000 a\n@1764000001 b\n"), 0};
    struct reader r = {.names = names,
                       .bytes = fail_after,
                       .bytes_context = &m,
                       .take = keep,
                       .take_context = &seen};

    (void)state;
    reader_begin(&r, &test_format, NULL);
    assert_int_equal(reader_lines(&r, 0, UINT64_MAX, NULL), ERR_IO);
    reader_end(&r);
}

static void an_empty_source_has_no_lines(void **state)
{
    CLEANUP(list_release) struct list seen = {0};
    struct reader_counts c;

    (void)state;
    read_parts(&seen, STR(""), UINT64_MAX, 0, &c);
    assert_int_equal(seen.count, 0);
    assert_int_equal(c.lines, 0);
}

/* fields.def: numbers of known names are compared in place of them. */
static void known_names_are_in_the_order_of_their_bytes(void **state)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();

    (void)state;
    for (uint16_t i = 1; i < FIELD_KNOWN_COUNT_; i++)
        assert_true(str_cmp(field_name(names, (uint16_t)(i - 1)), field_name(names, i)) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_is_read_as_the_document_says),
        cmocka_unit_test(parts_of_any_size_give_the_same_events),
        cmocka_unit_test(long_sources_are_read_as_short_ones),
        cmocka_unit_test(the_parse_of_two_sources_is_that_of_both),
        cmocka_unit_test(lines_of_all_sizes_are_events),
        cmocka_unit_test(a_value_is_cut_between_characters),
        cmocka_unit_test(a_line_of_broken_bytes_is_whole_as_far_as_a_value_goes),
        cmocka_unit_test(many_continuations_are_cut_and_counted),
        cmocka_unit_test(an_event_of_too_many_fields_says_so),
        cmocka_unit_test(what_cannot_be_read_is_an_error),
        cmocka_unit_test(an_empty_source_has_no_lines),
        cmocka_unit_test(known_names_are_in_the_order_of_their_bytes),
    };

    /* Windows come from the kernel as zeros, each time. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
