/* report_words.c: times, counts, quotations and links, so that sentences are grammatical in every
 * combination. */
#include "practice/notify.h"
#include "practice/report_make.h"

struct str report_take(const struct report *r, struct buf *b)
{
    struct str out = {arena_dup(r->arena, buf_text(b), b->len), b->len};

    buf_clear(b);
    return out;
}

/* "2026-11-25 04:12 (03:12 UTC)"; the day of UTC is said where it is another. */
struct str report_time(const struct report *r, struct utc t)
{
    CLEANUP_BUF struct buf text = {0};

    utc_add_both(&text, t, false);
    return (struct str){arena_dup(r->arena, text.p, text.len), text.len};
}

struct str report_span(const struct report *r, struct utc from, struct utc to)
{
    char text[UTC_PLAIN_SIZE];

    return str_of(arena_strdup(r->arena, span_text(text, utc_minus_ms(to, from) / 1000)));
}

struct str report_number(const struct report *r, size_t n)
{
    static const char *const words[] = {"no",    "one",   "two",  "three", "four",   "five",  "six",
                                        "seven", "eight", "nine", "ten",   "eleven", "twelve"};

    return str_of(n < COUNT_OF(words) ? words[n] : arena_printf(r->arena, "%zu", n));
}

struct str report_count(const struct report *r, size_t n, const char *one, const char *many)
{
    return str_of(
        arena_printf(r->arena, STR_FMT " %s", STR_ARG(report_number(r, n)), n == 1 ? one : many));
}

struct str report_capital(const struct report *r, struct str words)
{
    char *copy = arena_dup(r->arena, words.p, words.len);

    if (words.len && copy[0] >= 'a' && copy[0] <= 'z')
        copy[0] = (char)(copy[0] - 32);
    return (struct str){copy, words.len};
}

const char *report_between(size_t i, size_t n)
{
    return i == 0 ? "" : i + 1 == n ? " and " : ", ";
}

void report_sentence(struct buf *out, struct str words)
{
    struct str s = str_trim(words);
    static const struct {
        const char *end;
    } ends[] = {{"."}, {"?"}, {"!"}, {"\xe2\x80\xa6"}, {".\xe2\x80\x9d"}};

    buf_addstr(out, s);
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (str_ends(s, ends[i].end))
            return;
    if (s.len)
        buf_addc(out, '.');
}

/* Without half a character at its end. */
static struct str whole_head(struct str s, size_t limit)
{
    if (s.len <= limit)
        return s;
    while (limit && ((unsigned char)s.p[limit] & 0xC0) == 0x80)
        limit--;
    return str_head(s, limit);
}

void report_quote(struct buf *out, struct str words, size_t limit)
{
    struct str s = str_trim(words);
    struct str head = whole_head(s, limit);

    buf_adds(out, "\xe2\x80\x9c");
    buf_addstr(out, head);
    buf_adds(out, head.len < s.len ? " \xe2\x80\xa6\xe2\x80\x9d" : "\xe2\x80\x9d");
}

void report_plain(struct buf *out, struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        buf_addc(out, word.p[i] == '-' ? ' ' : word.p[i]);
}

const char *report_a(struct str word)
{
    return word.len && strchr("aeiou", word.p[0]) ? "an" : "a";
}

static struct str cut_before(struct str line, const char *hint)
{
    size_t len = strlen(hint);

    for (size_t i = 0; i + len <= line.len; i++)
        if (memcmp(line.p + i, hint, len) == 0)
            return str_head(line, i);
    return line;
}

/* What only says how things stand at this moment, which is not the moment of the reader. */
static bool is_passing(struct str line)
{
    return str_starts(line, "nothing was written for");
}

struct str report_bare(struct str line)
{
    struct str bare = str_trim(cut_before(cut_before(line, ": calm "), " (calm "));

    return is_passing(bare) ? STR("") : bare;
}

struct str report_status_line(const struct report *r, struct str line)
{
    struct str bare = report_bare(line);

    for (size_t i = 0; notify_wanted[i]; i++) {
        CLEANUP_BUF struct buf b = {0};
        size_t len = strlen(notify_wanted[i]);

        if (!str_starts(bare, notify_wanted[i]) || bare.len <= len || bare.p[len] != ':')
            continue;
        if (strcmp(notify_wanted[i], "cio") == 0)
            buf_adds(&b, "CIO");
        else
            report_plain(&b, str_of(notify_wanted[i]));
        buf_addstr(&b, str_from(bare, len));
        return report_take(r, &b);
    }
    return bare;
}

bool report_is_call(struct str line)
{
    struct str word = str_cut(&line, ' ');

    for (size_t i = 0; i < word.len; i++)
        if ((word.p[i] >= '0' && word.p[i] <= '9') || word.p[i] == ':')
            return true;
    return false;
}

void report_ref(struct inlines *t, uint64_t seq)
{
    inline_ref(t, (struct doc_ref){'r', seq});
}

/* Kinds whose things have a row of their own in the report. */
static bool has_row(const struct kind *kind)
{
    static const char *const kinds[] = {"problem", "hypothesis", "fact",   "conclusion", "evidence",
                                        "message", "deadline",   "action", "weakness"};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kind->name, kinds[i]) == 0)
            return true;
    return false;
}

void report_thing(struct inlines *t, const struct thing *thing, bool with_title)
{
    CLEANUP_BUF struct buf call = {0};

    if (has_row(thing->kind) && thing->kind->prefix && !thing->kind->prefix[1]) {
        inline_ref(t, (struct doc_ref){thing->kind->prefix[0], thing->number});
    } else if (!thing->kind->prefix) {
        inline_str(t, view_title(thing));
        return;
    } else {
        view_call(&call, thing);
        inline_str(t, buf_str(&call));
        inline_text(t, " ");
        report_ref(t, thing->seq);
    }
    if (!with_title || !view_title(thing).len || thing->kind->fields[0].type == FIELD_REF)
        return;
    inline_text(t, " ");
    inline_str(t, whole_head(view_title(thing), 200));
}

static const struct field *field_of(const struct kind *kind, struct str name)
{
    const struct field *f = kind ? field_find(kind->fields, kind->field_count, name) : NULL;

    return f ? f : field_find(common_fields, COMMON_COUNT, name);
}

/* The record that a reference means, if it is for the reader. */
static const struct told *referred(const struct report *r, struct str hex)
{
    struct id id;
    uint64_t seq;

    if (!hex_read(id.b, sizeof(id.b), hex) || !state_find_id(r->view->state, &id, &seq))
        return NULL;
    return report_told(r, seq);
}

static void inline_referred(struct report *r, struct inlines *t, struct str lines)
{
    bool is_first = true;

    while (lines.len) {
        const struct told *to = referred(r, str_cut(&lines, '\n'));

        if (!to)
            continue;
        if (!is_first)
            inline_text(t, ", ");
        is_first = false;
        if (to->record->thing && !to->record->is_change)
            report_thing(t, to->record->thing, true);
        else
            report_ref(t, to->seq);
    }
}

static void add_plain_value(const struct report *r, struct buf *out, const struct field *f,
                            struct str value)
{
    struct utc t;

    if (f && f->type == FIELD_TIME && utc_read(&t, value))
        buf_addstr(out, report_time(r, t));
    else if (f && f->type == FIELD_WORD)
        report_plain(out, value);
    else if (f)
        field_show(f, value, r->view->now, out);
    else
        buf_addstr(out, value);
}

void report_inline(struct report *r, struct inlines *t, const struct kind *kind, struct str name,
                   struct str value, size_t limit)
{
    const struct field *f = field_of(kind, name);
    const char *between = "";

    if (f && f->type == FIELD_REF) {
        inline_referred(r, t, value);
        return;
    }
    if (!f || !(f->flags & FIELD_MANY)) {
        CLEANUP_BUF struct buf b = {0};
        struct str head;

        add_plain_value(r, &b, f, value);
        head = whole_head(buf_str(&b), limit);
        inline_str(t, head);
        if (head.len < b.len)
            inline_text(t, " \xe2\x80\xa6");
        return;
    }
    while (value.len) {
        CLEANUP_BUF struct buf b = {0};

        add_plain_value(r, &b, f, str_cut(&value, '\n'));
        inline_text(t, between);
        inline_str(t, whole_head(buf_str(&b), limit));
        between = ", ";
    }
}

void report_field(struct report *r, struct inlines *t, const struct thing *thing, const char *field)
{
    report_inline(r, t, thing->kind, str_of(field), thing_value_if(thing, field), 2000);
}

void report_inline_sentence(struct inlines *t, struct str words)
{
    CLEANUP_BUF struct buf b = {0};

    report_sentence(&b, words);
    inline_str(t, buf_str(&b));
}

static void add_referred(const struct report *r, struct buf *out, struct str hex)
{
    const struct told *to = referred(r, hex);

    if (!to)
        return;
    if (out->len)
        buf_adds(out, ", ");
    if (to->record->thing && !to->record->is_change)
        view_call(out, to->record->thing);
    else
        buf_addf(out, "r%llu", (unsigned long long)to->seq);
}

void report_shown(const struct report *r, struct buf *out, const struct kind *kind, struct str name,
                  struct str value)
{
    const struct field *f = field_of(kind, name);

    if (!f || f->type != FIELD_REF) {
        buf_addstr(out, value);
        return;
    }
    while (value.len)
        add_referred(r, out, str_cut(&value, '\n'));
}
