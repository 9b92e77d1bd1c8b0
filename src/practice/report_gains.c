/* report_gains.c: what a formal incident response capability would have changed, from what was
 * missing in this case and the time that it cost, as far as the record shows it. */
#include "practice/analyse.h"
#include "practice/notify.h"
#include "practice/report_make.h"

enum { NOTABLE_S = 15 * 60 };

/* What one measure found. */
struct cost {
    struct report *r;
    struct buf text;
    struct buf brief;
    bool is_notable; /* long enough to be told where nothing is missing */
};

/* From where times are counted. */
static const char *beginning(const struct report *r)
{
    return r->knows_opening ? "the case was opened" : "the first record shown here";
}

/* How long after the case was opened something came first; never: it is not on record. */
static void since_opening(struct cost *c, const struct told *t, const char *what, const char *never)
{
    struct report *r = c->r;
    int64_t s = t ? utc_minus_ms(t->when, r->opened) / 1000 : 0;

    if (!t) {
        buf_addf(&c->text, "%s. ", never);
        c->is_notable = true;
        return;
    }
    if (s < 120) {
        buf_addf(&c->text, "%s within two minutes of %s, or before. ", what, beginning(r));
        return;
    }
    buf_addf(&c->text, "%s " STR_FMT " after %s (r%llu). ", what,
             STR_ARG(report_span(r, r->opened, t->when)), beginning(r), (unsigned long long)t->seq);
    c->is_notable = c->is_notable || s > NOTABLE_S;
}

static void brief_after(struct cost *c, const struct told *t, const char *what)
{
    struct report *r = c->r;

    if (t && utc_minus_ms(t->when, r->opened) / 1000 > NOTABLE_S)
        buf_addf(&c->brief, "%s after " STR_FMT, what, STR_ARG(report_span(r, r->opened, t->when)));
}

static void measure_calm(struct cost *c)
{
    struct report *r = c->r;
    const struct told *first = r->count ? r->by_time[0] : NULL;

    if (!first || !r->knows_opening || utc_minus_ms(r->opened, first->when) / 1000 < 60)
        return;
    buf_addf(&c->text, "The earliest sign on record is " STR_FMT " older than the case (r%llu). ",
             STR_ARG(report_span(r, first->when, r->opened)), (unsigned long long)first->seq);
    c->is_notable = utc_minus_ms(r->opened, first->when) / 1000 > NOTABLE_S;
}

/* The record by which a second person got a role. */
static const struct told *second_person(const struct report *r)
{
    const struct thing *first = NULL;

    for (size_t i = 0; i < r->count; i++) {
        const struct thing *t = r->told[i].record->thing;

        if (!t || !thing_is(t, "person") || !told_value(&r->told[i], "role").len)
            continue;
        if (!first)
            first = t;
        else if (t != first)
            return &r->told[i];
    }
    return NULL;
}

static void measure_team(struct cost *c)
{
    const struct told *second = second_person(c->r);

    if (!view_count(c->r->view, "person"))
        return;
    since_opening(c, second, "A second person was on the team",
                  "A second person on the team is not on record");
    brief_after(c, second, "a second person was there");
    if (!second)
        buf_adds(&c->brief, "one person worked alone throughout");
}

static void measure_note(struct cost *c)
{
    struct report *r = c->r;
    size_t late = 0;
    int64_t most = 0;
    char span[UTC_PLAIN_SIZE];

    for (size_t i = 0; i < r->count; i++) {
        int64_t s = told_late_s(&r->told[i]);

        late += s > NOTABLE_S;
        most = s > most ? s : most;
    }
    c->is_notable = late > 0;
    if (late == 1)
        buf_addf(&c->text, "One entry was written %s after what it tells of. ",
                 span_text(span, most));
    else if (late)
        buf_addf(&c->text,
                 STR_FMT " written more than 15 min after what they tell of, the latest by %s. ",
                 STR_ARG(report_count(r, late, "entry was", "entries were")),
                 span_text(span, most));
    if (c->text.len && c->text.p[0] >= 'a' && c->text.p[0] <= 'z')
        c->text.p[0] = (char)(c->text.p[0] - 32);
}

static void measure_assess(struct cost *c)
{
    const struct told *t = report_first(c->r, "assessment");

    since_opening(c, t, "The assessment was signed", "No signed assessment is on record");
    brief_after(c, t, "the assessment was signed");
}

static void measure_snapshot(struct cost *c)
{
    since_opening(c, report_first(c->r, "snapshot"), "The first state of a system was recorded",
                  "No recorded state of a system is on record");
}

static void measure_analyse(struct cost *c)
{
    since_opening(c, report_first(c->r, "conclusion"), "The first conclusion was reached",
                  "No conclusion is on record");
}

static void measure_problem(struct cost *c)
{
    since_opening(c, report_first(c->r, "problem"), "The first problem was written down",
                  "No problem is on record");
}

static void measure_preserve(struct cost *c)
{
    const struct told *t = report_first(c->r, "retention");

    since_opening(c, t, "The first hold on backups and logs was placed",
                  "No hold on backups and logs is on record");
    brief_after(c, t, "backups and logs were on hold");
}

/* When the person who holds a role was first told. */
static bool told_at(const struct report *r, const struct thing *person, struct utc *at)
{
    const struct thing *m;
    bool found = false;
    struct utc t;

    for (size_t i = 0; (m = view_next_of(r->view, "message", "to", person, &i));) {
        if (!thing_time(m, "sent-at", &t) || (found && utc_cmp(*at, t) <= 0))
            continue;
        *at = t;
        found = true;
    }
    return found;
}

static void add_role(struct buf *b, const char *role)
{
    if (strcmp(role, "cio") == 0)
        buf_adds(b, "CIO");
    else
        report_plain(b, str_of(role));
}

static void measure_notify(struct cost *c)
{
    struct report *r = c->r;
    struct utc last = {0};

    for (size_t i = 0; notify_wanted[i]; i++) {
        const struct thing *person;
        struct utc at;
        bool is_told = notify_role_is_told(r->view, notify_wanted[i], &person);

        if (!is_told || !told_at(r, person, &at))
            continue;
        buf_adds(&c->text, "The ");
        add_role(&c->text, notify_wanted[i]);
        buf_addf(&c->text, " was told " STR_FMT " after %s. ",
                 STR_ARG(report_span(r, r->opened, at)), beginning(r));
        if (i > 0 || utc_minus_ms(at, r->opened) / 1000 <= NOTABLE_S)
            continue;
        buf_adds(&c->brief, "the ");
        add_role(&c->brief, notify_wanted[i]);
        buf_addf(&c->brief, " was told after " STR_FMT, STR_ARG(report_span(r, r->opened, at)));
    }
    for (size_t i = 0; i < r->count; i++) {
        struct utc trigger;

        if (!told_is(r, &r->told[i], "deadline/1") ||
            !utc_read(&trigger, told_value(&r->told[i], "trigger")) ||
            utc_minus_ms(r->told[i].record->time, trigger) / 1000 < 60)
            continue;
        if (utc_cmp(trigger, last) == 0)
            continue; /* another step of the same law */
        last = trigger;
        buf_adds(&c->text, "The clock of ");
        buf_addstr(&c->text, told_value(&r->told[i], "law"));
        buf_addf(&c->text, " had run for " STR_FMT " when it was noticed (r%llu). ",
                 STR_ARG(report_span(r, trigger, r->told[i].record->time)),
                 (unsigned long long)r->told[i].seq);
    }
}

/* The first record by which an action of a practice was carried out, or checked. */
static const struct told *action_first(const struct report *r, const char *practice,
                                       const char *field, const char *value)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct told *t = r->by_time[i];
        const struct thing *a = t->record->thing;

        if (a && thing_is(a, "action") && report_says(a, "practice", practice) &&
            str_is(told_value(t, field), value))
            return t;
    }
    return NULL;
}

static void measure_stop(struct cost *c)
{
    const struct told *done = action_first(c->r, "stop", "state", "done");
    const struct told *works = action_first(c->r, "stop", "check", "works");

    if (!done)
        return;
    since_opening(c, done, "The first change to stop it was carried out", "");
    brief_after(c, done, "the first change to stop it came");
    if (works)
        since_opening(c, works, "It was checked to work", "");
}

static void since_record(struct cost *c, const struct told *from, const struct told *to,
                         const char *what, const char *since)
{
    if (from && to && utc_cmp(from->when, to->when) < 0)
        buf_addf(&c->text, "%s " STR_FMT " after %s (r%llu). ", what,
                 STR_ARG(report_span(c->r, from->when, to->when)), since,
                 (unsigned long long)to->seq);
}

static void measure_clean(struct cost *c)
{
    since_record(c, report_first(c->r, "assessment"), action_first(c->r, "clean", "check", "works"),
                 "The first cleaning was checked to have worked", "the assessment was signed");
}

static void measure_fix(struct cost *c)
{
    const struct told *closed = NULL;

    for (size_t i = 0; i < c->r->count && !closed; i++)
        if (told_is(c->r, c->r->by_time[i], "weakness-change/1") &&
            str_is(told_value(c->r->by_time[i], "state"), "closed"))
            closed = c->r->by_time[i];
    if (closed)
        since_opening(c, closed, "The first weakness was closed", "");
}

static const struct told *last_of(const struct report *r, const char *type)
{
    for (size_t i = r->count; i-- > 0;)
        if (told_is(r, r->by_time[i], type))
            return r->by_time[i];
    return NULL;
}

static void measure_confirm(struct cost *c)
{
    const struct told *last = last_of(c->r, "signoff/1");

    if (last)
        since_opening(c, last, "The last owner signed", "");
}

static void measure_nothing(struct cost *c)
{
    (void)c;
}

static const struct {
    const char *verb;
    void (*measure)(struct cost *c);
} measures[] = {
    {"calm", measure_calm},         {"team", measure_team},    {"notify", measure_notify},
    {"preserve", measure_preserve}, {"stop", measure_stop},    {"assess", measure_assess},
    {"snapshot", measure_snapshot}, {"note", measure_note},    {"problem", measure_problem},
    {"analyse", measure_analyse},   {"clean", measure_clean},  {"fix", measure_fix},
    {"confirm", measure_confirm},   {"learn", measure_nothing}};

/* What the team itself said that it cost. */
static void add_lessons(struct cost *c, const char *verb)
{
    const struct thing *t;
    char span[UTC_PLAIN_SIZE];
    uint64_t seconds;

    for (size_t at = 0; (t = view_next_with(c->r->view, "lesson", "practice", verb, &at));) {
        if (str_u64(thing_value_if(t, "time-lost"), &seconds)) {
            c->is_notable = true;
            buf_addf(&c->text, "The team puts the time lost at %s (le%u). ",
                     span_text(span, (int64_t)seconds), t->number);
        }
    }
}

static void add_missing(const struct report *r, const struct practice_status *s, struct buf *out)
{
    struct str rest = buf_str(&s->missing);
    size_t off;

    while (rest.len) {
        struct str line = report_status_line(r, str_cut(&rest, '\n'));

        off = out->len;
        report_sentence(out, line);
        if (out->len == off)
            continue;
        buf_addc(out, ' ');
        if (out->p[off] >= 'a' && out->p[off] <= 'z' && !report_is_call(line))
            out->p[off] = (char)(out->p[off] - 32);
    }
}

static void make_gain(struct report *r, size_t i)
{
    const struct practice *p = practice_find(str_of(measures[i].verb));
    const json_t *texts = json_object_get(r->formal, measures[i].verb);
    CLEANUP_BUF struct buf missing = {0};
    struct cost c = {.r = r};

    for (size_t k = 0; p && practices[k]; k++)
        if (practices[k] == p)
            add_missing(r, &r->status[k], &missing);
    measures[i].measure(&c);
    add_lessons(&c, measures[i].verb);
    if (p && (missing.len || c.is_notable))
        r->gains[r->gain_count++] =
            (struct report_gain){p, report_take(r, &missing), report_take(r, &c.text),
                                 str_of(json_string_value(json_object_get(texts, "capability"))),
                                 report_take(r, &c.brief)};
    buf_release(&c.text);
    buf_release(&c.brief);
}

void report_gains_make(struct report *r)
{
    if (!r->knows_opening)
        return; /* what is missing may only be withheld */
    for (size_t i = 0; i < COUNT_OF(measures); i++)
        make_gain(r, i);
}

static bool is_one_of(const char *verb, const char *const *verbs)
{
    for (size_t i = 0; verbs[i]; i++)
        if (strcmp(verb, verbs[i]) == 0)
            return true;
    return false;
}

static void put_group(struct report *r, const char *heading, const char *const *verbs)
{
    static const struct doc_column columns[] = {{"Practice", DOC_TEXT},
                                                {"Missing here", DOC_TEXT},
                                                {"What the record shows of the time", DOC_TEXT},
                                                {"What would have been there", DOC_TEXT}};
    bool is_open = false;

    for (size_t i = 0; i < r->gain_count; i++) {
        const struct report_gain *g = &r->gains[i];

        if (!is_one_of(g->practice->verb, verbs))
            continue;
        if (!is_open)
            doc_table(r->doc, str_of(heading), columns, COUNT_OF(columns));
        is_open = true;
        doc_row(r->doc, (struct doc_ref){0});
        inline_strong(doc_cell(r->doc), str_of(g->practice->title));
        doc_cell_str(r->doc, g->missing.len ? g->missing : STR("\xe2\x80\x94"));
        doc_cell_str(r->doc, g->cost.len ? g->cost : STR("not on record"));
        doc_cell_str(r->doc, g->capability);
    }
    if (is_open)
        doc_end(r->doc);
}

void report_gains(struct report *r)
{
    doc_heading(r->doc, 1, STR("What a formal incident response capability would have changed"));
    if (!r->knows_opening) {
        doc_para_text(r->doc, "At this label most of the record is withheld. What was missing "
                              "cannot be told from what is only not shown, so nothing is said "
                              "about it here.");
        return;
    }
    if (r->gain_count == 0) {
        doc_para_text(r->doc, "The record shows nothing that was missing in this case.");
        return;
    }
    doc_para_text(
        r->doc,
        "A formal capability is people, means, permissions and written procedures that are agreed, "
        "kept up to date and exercised before they are needed. What follows is computed from this "
        "case: what each practice still lacked, and the times that the record shows. It says what "
        "would have been there; how much time it would have saved nobody can know.");
    put_group(r, "To handle the situation",
              WORDS("calm", "team", "notify", "note", "problem", "assess"));
    put_group(r, "To limit the damage more quickly", WORDS("stop", "preserve", "analyse"));
    put_group(r, "To mitigate the risk", WORDS("snapshot", "clean", "fix", "confirm", "learn"));
}
