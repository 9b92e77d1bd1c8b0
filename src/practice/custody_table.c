/* custody_table.c: the rows of a chain of custody in the table of its form. */
#include "practice/custody_table.h"
#include "practice/custody_break.h"
#include "journal/entry.h"

const char *const custody_clock_words[CUSTODY_CLOCK_COUNT_] = {
    [CUSTODY_CLOCK_HELD] = "synchronised",
    [CUSTODY_CLOCK_FREE] = "not synchronised",
    [CUSTODY_CLOCK_UNKNOWN] = "not known whether synchronised",
};

bool custody_is_before(struct utc said, struct str precision, struct utc taken)
{
    static const int64_t lasts_s[] = {
        [PRECISION_SECOND] = 1,
        [PRECISION_MINUTE] = 60,
        [PRECISION_HOUR] = 3600,
        [PRECISION_DAY] = 86400,
    };
    size_t i = 0;

    while (i < COUNT_OF(lasts_s) && !str_is(precision, utc_precision_names[i]))
        i++;
    return utc_cmp(utc_plus_s(said, lasts_s[i < COUNT_OF(lasts_s) ? i : 0]), taken) <= 0;
}

struct custody_time custody_time_of(const struct view *v, const struct custody_link *l,
                                    const struct custody_taken *taken)
{
    struct custody_time t = {.recorded = state_record(v->state, l->seq)->time};

    t.said = l->custody ? thing_when(v->state, l->custody) : l->taken ? taken->when : t.recorded;
    t.is_apart = t.said.sec != t.recorded.sec;
    t.is_before =
        l->custody &&
        custody_is_before(t.said, thing_common(l->custody, COMMON_PRECISION), taken->when);
    return t;
}

static int take_clock(void *context, uint64_t seq, struct str line, struct str openings,
                      struct err *e)
{
    enum custody_clock *out = context;
    struct entry entry;
    int rc = entry_read(&entry, line, e);

    (void)seq;
    (void)openings;
    if (rc)
        return rc;
    *out = str_is(entry.statement.clock, "ntp")    ? CUSTODY_CLOCK_HELD
           : str_is(entry.statement.clock, "free") ? CUSTODY_CLOCK_FREE
                                                   : CUSTODY_CLOCK_UNKNOWN;
    return 0;
}

int custody_clock_of(const struct view *v, uint64_t seq, enum custody_clock *out, struct err *e)
{
    return store_read(v->store, seq, seq + 1, false, take_clock, out, e);
}

/* Rows by what their records say of the clock: "1 to 3, 5". */
struct clocks {
    struct {
        struct buf rows;
        uint64_t first, last; /* of a run that is not written yet; 0: there is none */
    } of[CUSTODY_CLOCK_COUNT_];
};

static void clocks_release(struct clocks *c)
{
    for (size_t i = 0; i < COUNT_OF(c->of); i++)
        buf_release(&c->of[i].rows);
}

static void end_run(struct clocks *c, size_t i)
{
    struct buf *rows = &c->of[i].rows;

    if (!c->of[i].first)
        return;
    buf_addf(rows, "%s%llu", rows->len ? ", " : "", (unsigned long long)c->of[i].first);
    if (c->of[i].last > c->of[i].first)
        buf_addf(rows, " to %llu", (unsigned long long)c->of[i].last);
    c->of[i].first = 0;
}

static int add_clock(struct clocks *c, const struct view *v, uint64_t seq, uint64_t number,
                     struct err *e)
{
    enum custody_clock clock;
    int rc = custody_clock_of(v, seq, &clock, e);

    if (rc)
        return rc;
    if (!c->of[clock].first || c->of[clock].last + 1 != number) {
        end_run(c, clock);
        c->of[clock].first = number;
    }
    c->of[clock].last = number;
    return 0;
}

static void say_clocks(struct clocks *c, struct doc *d)
{
    struct inlines *t = doc_para(d);
    bool is_more = false, is_one;
    uint64_t only;

    inline_text(t, CUSTODY_CLOCKS);
    for (size_t i = 0; i < COUNT_OF(c->of); i++) {
        end_run(c, i);
        if (!c->of[i].rows.len)
            continue;
        is_one = str_u64(buf_str(&c->of[i].rows), &only);
        inline_printf(t, "%s%s (%s %s)", is_more ? "; " : "", custody_clock_words[i],
                      is_one ? "row" : "rows", buf_text(&c->of[i].rows));
        is_more = true;
    }
    inline_text(t, ".");
}

void custody_add_words(struct buf *out, const char *before, struct str lines)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        buf_addf(out, "%s%s" STR_FMT, out->len ? "; " : "", before, STR_ARG(line));
    }
}

/* Nobody has what never left. */
static void add_not_exported(struct buf *why, const struct custody_link *l)
{
    custody_add_words(why, "", custody_said(l, "outcome"));
    custody_add_words(why, "it was for ", custody_said(l, "to"));
}

enum { SHORT_KEY_SIZE = 4 }; /* eight digits: they tell the keys of a team apart */

/* The name is what the team calls the key that signed: the key is what nobody else has. */
static void add_signer(struct doc *d, const struct view *v, const struct record *r, struct str name)
{
    CLEANUP_BUF struct buf key = {0};
    struct inlines *t = doc_cell(d);

    hex_add(&key, state_key(v->state, r)->b, SHORT_KEY_SIZE);
    inline_str(t, name);
    if (!str_eq(name, buf_str(&key)))
        inline_printf(t, " %s", buf_text(&key));
}

/* What was said, and when that was put on record. */
static void add_time(struct doc *d, const struct custody_link *l, const struct custody_time *time)
{
    struct str clock = l->custody ? thing_common(l->custody, COMMON_CLOCK) : STR("");
    struct inlines *t = doc_cell(d);
    char recorded[UTC_PLAIN_SIZE];

    inline_time(t, time->said);
    if (clock.len)
        inline_printf(t, " by " STR_FMT, STR_ARG(clock));
    if (!time->is_apart)
        return;
    inline_break(t);
    inline_printf(t, "recorded %s", utc_plain(recorded, time->recorded));
}

/* Who signed a row need not be who did it. */
static void add_performer(const struct view *v, const struct custody_link *l, struct buf *why)
{
    struct str by = l->custody ? thing_common(l->custody, COMMON_BY) : STR("");
    const struct thing *person;
    struct id id;

    if (!by.len || !hex_read(id.b, sizeof(id.b), by))
        return;
    person = state_thing_by_id(v->state, &id);
    if (person && view_allows(v, person))
        custody_add_words(why, "done by ", view_title(person));
}

static void add_row(const struct view *v, struct doc *d, uint64_t number,
                    const struct custody_link *l, const struct custody_taken *taken)
{
    const struct custody_time time = custody_time_of(v, l, taken);
    const struct record *r = state_record(v->state, l->seq);
    CLEANUP_BUF struct buf signer = {0};
    CLEANUP_BUF struct buf why = {0};
    bool is_kept = l->custody && custody_leaving_of(l->custody) == LEFT_NOTHING;

    view_signer_name(v, r, &signer);
    if (is_kept)
        add_not_exported(&why, l);
    if (time.is_before)
        custody_add_words(&why, "", STR(CUSTODY_BEFORE));
    add_performer(v, l, &why);
    custody_add_words(&why, "", custody_said(l, "because"));
    custody_add_words(&why, "signed: ", custody_said(l, "signed"));
    custody_add_words(&why, "package of SHA-256 ", custody_said(l, "package"));
    custody_add_words(&why, "to open with ", custody_said(l, "recipient"));
    if (!is_kept)
        custody_add_words(&why, "", custody_said(l, "outcome"));
    if (l->verification)
        custody_add_words(&why, "", thing_value(l->verification, "found"));
    if (l->timeline)
        custody_add_words(&why, "events: ", thing_value_if(l->timeline, "events"));
    doc_row(d, (struct doc_ref){0});
    doc_cell_u64(d, number);
    add_time(d, l, &time);
    doc_cell_str(d, l->act);
    doc_cell_str(d, custody_said(l, "from"));
    doc_cell_str(d, is_kept ? STR("") : custody_said(l, "to"));
    doc_cell_str(d, custody_said(l, "place"));
    doc_cell_str(d, custody_said(l, "seal"));
    doc_cell_str(d, buf_str(&why));
    add_signer(d, v, r, buf_str(&signer));
    doc_cell_ref(d, (struct doc_ref){'r', l->seq});
}

/* Whose key was told already. */
struct signers {
    bool has[UINT16_MAX + 1];
};

void custody_say_person(struct buf *out, struct str position, struct str role,
                        const struct key *key)
{
    custody_add_words(out, "", position);
    custody_add_words(out, "in the team: ", role);
    buf_addf(out, "%skey ", out->len ? "; " : "");
    hex_add(out, key->b, sizeof(key->b));
}

/* Who is behind the names in the rows, as far as the team knows. */
static void say_signer(struct signers *s, const struct view *v, struct doc *d,
                       const struct record *r)
{
    const struct thing *person = view_signer(v, r);
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf who = {0};

    if (s->has[r->key])
        return;
    s->has[r->key] = true;
    view_signer_name(v, r, &name);
    custody_say_person(&who, person ? thing_value(person, "position") : STR(""),
                       person ? thing_value(person, "role") : STR(""), state_key(v->state, r));
    doc_pair_str(d, buf_text(&name), buf_str(&who));
}

static void say_signers(const struct view *v, struct doc *d, const struct thing *item,
                        const struct custody_taken *taken)
{
    CLEANUP_FREE struct signers *s = mem_new(struct signers);
    struct custody_link l;

    doc_para_text(d, CUSTODY_SIGNERS);
    doc_pairs(d, DOC_FACTS);
    for (uint64_t seq = 0; custody_next(v, item, taken, &seq, &l);)
        say_signer(s, v, d, state_record(v->state, l.seq));
    doc_end(d);
}

/* The number of a row, by its record. */
static uint64_t row_of(const struct view *v, const struct thing *item,
                       const struct custody_taken *taken, uint64_t record)
{
    struct custody_link l;
    uint64_t number = 1;

    for (uint64_t seq = 0; custody_next(v, item, taken, &seq, &l) && l.seq != record;)
        number++;
    return number;
}

/* In the order in which the acts are said to have been, so what is recorded later mends it. */
static void say_breaks(const struct view *v, struct doc *d, const struct thing *item,
                       const struct custody_taken *taken)
{
    CLEANUP(custody_breaks_release) struct custody_breaks breaks = {0};

    custody_breaks_find(&breaks, v, item, taken, NULL);
    if (!breaks.count)
        return;
    doc_para_text(d, CUSTODY_BREAKS);
    doc_list(d, DOC_BULLETS);
    for (size_t i = 0; i < breaks.count; i++) {
        const struct custody_break *b = &breaks.list[i];
        CLEANUP_BUF struct buf words = {0};

        custody_break_say(&words, b, row_of(v, item, taken, b->seq));
        inline_str(doc_item(d), buf_str(&words));
    }
    doc_end(d);
}

/* In a package its own row is the last, and what it says of itself is true where it is read. */
int custody_add_chain(const struct view *v, struct doc *d, const struct thing *item,
                      const struct custody_taken *taken, bool is_in_package, struct err *e)
{
    static const struct doc_column columns[] = {
        {"No.", DOC_NUMBER}, {"When", DOC_TIME},     {"What", DOC_TEXT}, {"From", DOC_TEXT},
        {"To", DOC_TEXT},    {"Place", DOC_TEXT},    {"Seal", DOC_TEXT}, {"Why", DOC_TEXT},
        {"By", DOC_TEXT},    {"Record", DOC_NUMBER},
    };
    uint64_t number = 1;
    uint64_t seq = 0;
    struct custody_link l, next;
    CLEANUP(clocks_release) struct clocks clocks = {0};
    int rc = 0;
    bool has_next = custody_next(v, item, taken, &seq, &next);

    doc_table(d, STR(CUSTODY_TABLE), columns, COUNT_OF(columns));
    while (rc == 0 && has_next) {
        l = next;
        has_next = custody_next(v, item, taken, &seq, &next);
        if (is_in_package && !has_next && l.custody)
            l.act = custody_left_words(l.custody);
        add_row(v, d, number, &l, taken);
        rc = add_clock(&clocks, v, l.seq, number++, e);
    }
    doc_end(d);
    if (rc)
        return rc;
    say_breaks(v, d, item, taken);
    say_clocks(&clocks, d);
    say_signers(v, d, item, taken);
    return 0;
}
