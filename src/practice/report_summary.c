/* report_summary.c: the executive summary, composed in plain sentences from what the record says.
 */
#include "practice/analyse.h"
#include "practice/notify.h"
#include "practice/problem.h"
#include "practice/report_make.h"

enum { SYSTEMS_TOLD_MAX = 8, QUOTE_MAX = 400 };

static void say(struct report *r, const char *heading, struct buf *text)
{
    if (r->say_count == REPORT_SAYS_MAX)
        BUG("more than %d paragraphs of summary", (int)REPORT_SAYS_MAX);
    if (text->len)
        r->says[r->say_count++] = (struct report_say){heading, report_take(r, text)};
}

static bool is_sign(const struct told *t)
{
    static const char *const kinds[] = {"note", "look", "conversation", "problem"};

    for (size_t i = 0; t->record->kind && !t->record->is_change && i < COUNT_OF(kinds); i++)
        if (strcmp(t->record->kind->name, kinds[i]) == 0)
            return true;
    return false;
}

/* The first observation that was written down, and an earlier one that was told later. */
static void add_noticed(struct report *r, struct buf *b)
{
    const struct told *written = NULL;
    const struct told *earliest = NULL;

    for (size_t i = 0; i < r->count; i++) {
        written = written || !is_sign(&r->told[i]) ? written : &r->told[i];
        earliest = earliest || !is_sign(r->by_time[i]) ? earliest : r->by_time[i];
    }
    if (!written) {
        buf_adds(b, "What was noticed first is not in the part of the record shown here. ");
        return;
    }
    buf_addf(b, "On " STR_FMT ", " STR_FMT " wrote: ", STR_ARG(report_time(r, written->when)),
             STR_ARG(told_by(r, written)));
    report_quote(b, told_value(written, "text"), QUOTE_MAX);
    buf_adds(b, ". ");
    if (earliest == written || utc_minus_ms(written->when, earliest->when) / 1000 < 15 * 60)
        return;
    buf_addf(b, "An earlier sign, told later by " STR_FMT ", is of " STR_FMT ": ",
             STR_ARG(told_by(r, earliest)), STR_ARG(report_time(r, earliest->when)));
    report_quote(b, told_value(earliest, "text"), QUOTE_MAX);
    buf_adds(b, ". ");
}

static const struct told *conclusion_record(const struct report *r)
{
    const struct told *last = NULL;

    for (size_t i = 0; i < r->count; i++)
        if (told_is(r, &r->told[i], "case-change/1") && told_value(&r->told[i], "conclusion").len)
            last = &r->told[i];
    return last;
}

static void add_standing(struct report *r, struct buf *b)
{
    const struct told *t = conclusion_record(r);
    const char *words = calm_conclusion_words(r->view);

    if (r->knows_opening)
        buf_addf(b, "The case was opened on " STR_FMT ". ", STR_ARG(report_time(r, r->opened)));
    if (!calm_case(r->view)) {
        buf_adds(b, "Whether it was confirmed as an incident is not in the part of the record "
                    "shown here; this report speaks of a suspected incident. ");
        return;
    }
    if (!t || strcmp(words, "suspected incident") == 0) {
        buf_adds(b, "It has not been confirmed as an incident; this report speaks of a suspected "
                    "incident. ");
        return;
    }
    buf_addf(b,
             strcmp(words, "incident") == 0 ? "It was confirmed as an incident on " STR_FMT
                                            : "It was found to be no incident on " STR_FMT,
             STR_ARG(report_time(r, t->record->time)));
    if (told_value(t, "text").len) {
        buf_adds(b, ": ");
        report_quote(b, told_value(t, "text"), QUOTE_MAX);
    }
    buf_adds(b, ". ");
}

/* "an attack", "a fault", "undetermined", "a fault and an accident" */
static void add_conclusion_words(struct buf *b, struct str lines)
{
    size_t count = 0;
    struct str rest = lines;

    while (rest.len) {
        (void)str_cut(&rest, '\n');
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        struct str word = str_cut(&lines, '\n');

        buf_adds(b, report_between(i, count));
        if (!str_is(word, "undetermined") && !str_is(word, "several"))
            buf_addf(b, "%s ", report_a(word));
        if (str_is(word, "several"))
            buf_adds(b, "several causes at once");
        else
            report_plain(b, word);
    }
}

static void add_system(struct report *r, const struct thing *t, struct buf *b)
{
    const struct thing *c = analyse_conclusion(r->view, t);
    struct str state = thing_value_if(t, "state");

    buf_addstr(b, view_title(t));
    if (thing_value_if(t, "purpose").len)
        buf_addf(b, " (" STR_FMT ")", STR_ARG(thing_value_if(t, "purpose")));
    if (!state.len || str_is(state, "unknown"))
        buf_adds(b, " may be affected; that is not known");
    else if (str_is(state, "clear"))
        buf_adds(b, " was found not to be affected");
    else
        buf_addf(b, " is %s", str_is(state, "affected") ? "affected" : "suspected to be affected");
    if (!c) {
        buf_adds(b, ", and no conclusion has been reached about it. ");
        return;
    }
    buf_adds(b, "; the conclusion is ");
    add_conclusion_words(b, thing_value_if(c, "conclusion"));
    if (thing_value_if(c, "confidence").len)
        buf_addf(b, ", with " STR_FMT " confidence", STR_ARG(thing_value_if(c, "confidence")));
    if (thing_value_if(c, "because").len) {
        buf_adds(b, ", because: ");
        report_quote(b, thing_value_if(c, "because"), QUOTE_MAX);
    }
    buf_adds(b, ". ");
}

static void make_systems(struct report *r)
{
    CLEANUP_BUF struct buf b = {0};
    size_t count = view_count(r->view, "system");
    const struct thing *t;
    size_t told = 0;

    if (count == 0)
        buf_adds(&b, "No system is named as affected in the part of the record shown here. ");
    for (size_t at = 0; told < SYSTEMS_TOLD_MAX && (t = view_next(r->view, "system", &at)); told++)
        add_system(r, t, &b);
    if (count > told)
        buf_addf(&b, "A further " STR_FMT " stand in the section on systems. ",
                 STR_ARG(report_count(r, count - told, "system", "systems")));
    say(r, "What it was", &b);
}

/* The first letter of what was added from off on, as at the start of a sentence. */
static void capital(struct buf *b, size_t off)
{
    if (b->len > off && b->p[off] >= 'a' && b->p[off] <= 'z')
        b->p[off] = (char)(b->p[off] - 32);
}

/* "Two problems were raised; one is still open." */
static void add_problems(struct report *r, struct buf *b)
{
    struct ranked_problem ranked[PROBLEMS_MAX];
    size_t all = view_count(r->view, "problem");
    size_t open = problem_rank(r->view, ranked);
    size_t off = b->len;

    if (all == 0)
        return;
    buf_addstr(b, report_count(r, all, "problem was raised", "problems were raised"));
    capital(b, off);
    if (open == 0)
        buf_adds(b, all == 1 ? "; it is solved. " : "; all are solved. ");
    else if (open == all)
        buf_adds(b, all == 1 ? "; it is still open. " : "; all are still open. ");
    else
        buf_addf(b, "; " STR_FMT " still open. ", STR_ARG(report_count(r, open, "is", "are")));
    if (open) {
        buf_adds(b, open == 1 ? "It reads: " : "The most important of them reads: ");
        report_quote(b, view_title(ranked[0].problem), QUOTE_MAX);
        buf_adds(b, ". ");
    }
}

static bool is_carried_out(const struct thing *action)
{
    return report_says(action, "state", "done") || report_says(action, "state", "undone") ||
           report_says(action, "state", "begun") || report_says(action, "state", "unconfirmed");
}

/* The same change, with the same effect, may have been carried out twice. */
static bool was_said(struct report *r, const struct thing *action)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(r->view, "action", &at)) && t != action;)
        if (is_carried_out(t) && str_eq(view_title(t), view_title(action)) &&
            str_eq(thing_value_if(t, "breaks"), thing_value_if(action, "breaks")))
            return true;
    return false;
}

static void make_effect(struct report *r)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    add_problems(r, &b);
    for (size_t at = 0; (t = view_next(r->view, "problem", &at));) {
        if (!report_says(t, "impact", "high") && !report_says(t, "impact", "critical"))
            continue;
        buf_adds(&b, "The impact of ");
        report_quote(&b, view_title(t), QUOTE_MAX);
        buf_addf(&b, " was rated " STR_FMT ". ", STR_ARG(thing_value_if(t, "impact")));
    }
    for (size_t at = 0; (t = view_next(r->view, "action", &at));) {
        if (!thing_value_if(t, "breaks").len || !is_carried_out(t) || was_said(r, t))
            continue;
        buf_adds(&b, "The change ");
        report_quote(&b, view_title(t), QUOTE_MAX);
        buf_adds(&b, " meant for others: ");
        report_quote(&b, thing_value_if(t, "breaks"), QUOTE_MAX);
        buf_adds(&b, ". ");
    }
    say(r, "Effect", &b);
}

static size_t count_actions(struct report *r, const char *practice, size_t *works)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next_with(r->view, "action", "practice", practice, &at));) {
        count += is_carried_out(t);
        *works += report_says(t, "check", "works");
    }
    return count;
}

static void add_actions(struct report *r, struct buf *b)
{
    static const struct {
        const char *practice, *words;
    } table[] = {{"stop", "to stop it"},
                 {"clean", "to remove what it left"},
                 {"fix", "to close the way in or to repair"},
                 {"confirm", "to bring operations back to normal"}};
    struct str parts[COUNT_OF(table)];
    size_t part_count = 0;
    size_t works = 0;
    size_t all = 0;
    size_t off = b->len;

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        size_t count = count_actions(r, table[i].practice, &works);

        all += count;
        if (!count)
            continue;
        parts[part_count] = str_of(
            arena_printf(r->arena, STR_FMT " %s",
                         STR_ARG(part_count ? report_number(r, count)
                                            : report_count(r, count, "change was carried out",
                                                           "changes were carried out")),
                         table[i].words));
        part_count++;
    }
    if (all == 0) {
        buf_adds(b, "No change to a system is on record. ");
        return;
    }
    for (size_t i = 0; i < part_count; i++) {
        buf_adds(b, report_between(i, part_count));
        buf_addstr(b, parts[i]);
    }
    capital(b, off);
    if (works == 0)
        buf_adds(b, all == 1 ? "; no check is on record that it worked. "
                             : "; no check is on record that any of them worked. ");
    else if (works >= all)
        buf_adds(b, all == 1 ? "; it was checked, and it works. "
                             : "; all were checked, and they work. ");
    else
        buf_addf(b, "; " STR_FMT " checked and found to work. ",
                 STR_ARG(report_count(r, works, "was", "were")));
}

static void add_evidence(struct report *r, struct buf *b)
{
    size_t items = view_count(r->view, "evidence");
    size_t holds = view_count(r->view, "retention");
    size_t off = b->len;

    if (!items && !holds) {
        buf_adds(b, "Nothing was taken into evidence. ");
        return;
    }
    buf_addstr(
        b, report_count(r, items, "piece of evidence was taken", "pieces of evidence were taken"));
    capital(b, off);
    if (holds)
        buf_addf(b, ", and backups and logs were kept from being overwritten on " STR_FMT,
                 STR_ARG(report_count(r, holds, "occasion", "occasions")));
    buf_adds(b, ". ");
}

static void add_told(struct report *r, struct buf *b)
{
    struct str names[8];
    size_t told = 0;
    size_t all = 0;

    for (size_t i = 0; notify_wanted[i] && i < COUNT_OF(names); i++, all++) {
        const struct thing *person;

        if (!notify_role_is_told(r->view, notify_wanted[i], &person))
            continue;
        names[told++] = str_of(notify_wanted[i]);
    }
    if (told == 0) {
        buf_adds(b, "That any of those who must be told was told is not on record. ");
        return;
    }
    buf_addf(b, "Of the " STR_FMT " who must be told of every incident, ",
             STR_ARG(report_count(r, all, "role", "roles")));
    for (size_t i = 0; i < told && told < all; i++) {
        buf_adds(b, report_between(i, told));
        buf_adds(b, "the ");
        if (str_is(names[i], "cio"))
            buf_adds(b, "CIO");
        else
            report_plain(b, names[i]);
    }
    buf_adds(b, told == all ? "all were told. " : told == 1 ? " was told. " : " were told. ");
}

static void make_done(struct report *r)
{
    CLEANUP_BUF struct buf b = {0};

    add_actions(r, &b);
    add_evidence(r, &b);
    add_told(r, &b);
    say(r, "What was done", &b);
}

static void add_signoffs(struct report *r, struct buf *b)
{
    const struct thing *t;
    size_t wanted = 0;
    size_t done = 0;

    for (size_t at = 0; (t = view_next(r->view, "system", &at));) {
        size_t sign_at = 0;

        if (!report_says(t, "state", "affected") && !report_says(t, "state", "suspected"))
            continue;
        wanted++;
        done += view_next_of(r->view, "signoff", "system", t, &sign_at) != NULL;
    }
    if (wanted == 0)
        return;
    if (done == wanted)
        buf_adds(b, wanted == 1 ? "Its owner has signed that the system concerned is back to "
                                  "normal. "
                                : "The owners have signed for all systems concerned that they are "
                                  "back to normal. ");
    else if (done == 0)
        buf_adds(b, "No owner has signed yet that a system is back to normal. ");
    else
        buf_addf(b,
                 "For " STR_FMT " of the " STR_FMT " concerned the owner has signed that "
                 "operations are back to normal. ",
                 STR_ARG(report_number(r, done)),
                 STR_ARG(report_count(r, wanted, "system", "systems")));
}

static void add_deadlines(struct report *r, struct buf *b)
{
    const struct thing *t;
    size_t all = 0;
    size_t running = 0;
    size_t over = 0;
    struct utc due;

    for (size_t at = 0; (t = view_next(r->view, "deadline", &at)); all++) {
        if (!report_says(t, "state", "running"))
            continue;
        running++;
        over += thing_time(t, "due", &due) && utc_cmp(due, r->view->now) < 0;
    }
    if (all == 0) {
        buf_adds(b, "No legal deadline was started. ");
        return;
    }
    if (running == 0) {
        buf_addf(b,
                 all == 1 ? "The one legal deadline was met or decided against. "
                          : "The " STR_FMT " were each met or decided against. ",
                 STR_ARG(report_count(r, all, "legal deadline", "legal deadlines")));
        return;
    }
    buf_addf(b, "Of " STR_FMT ", " STR_FMT,
             STR_ARG(report_count(r, all, "legal deadline", "legal deadlines")),
             STR_ARG(report_count(r, running, "still runs", "still run")));
    if (over)
        buf_addf(b, "; " STR_FMT, STR_ARG(report_count(r, over, "is over", "are over")));
    buf_adds(b, ". ");
}

static void make_standing(struct report *r)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t = calm_case(r->view);
    bool is_closed = t && report_says(t, "state", "closed");

    if (t)
        buf_addf(&b, "When this report was made, on " STR_FMT ", the case was %s. ",
                 STR_ARG(report_time(r, r->view->now)), is_closed ? "closed" : "open");
    else
        buf_addf(&b, "This report was made on " STR_FMT ". ",
                 STR_ARG(report_time(r, r->view->now)));
    if (is_closed && thing_value_if(t, "text").len) {
        buf_adds(&b, "It was closed with the words: ");
        report_quote(&b, thing_value_if(t, "text"), QUOTE_MAX);
        buf_adds(&b, ". ");
    }
    add_signoffs(r, &b);
    add_deadlines(r, &b);
    say(r, "Where it stands", &b);
}

static void add_open(struct report *r, struct str *parts, size_t *count, size_t n, const char *one,
                     const char *many)
{
    if (n)
        parts[(*count)++] = report_count(r, n, one, many);
}

static size_t count_with(struct report *r, const char *kind, const char *field, const char *value)
{
    size_t count = 0;

    for (size_t at = 0; view_next_with(r->view, kind, field, value, &at);)
        count++;
    return count;
}

static size_t count_open_weaknesses(struct report *r)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(r->view, "weakness", &at));)
        count += !thing_value_if(t, "state").len || report_says(t, "state", "open");
    return count;
}

static size_t count_inconclusive(struct report *r)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(r->view, "system", &at));)
        count += !analyse_conclusion(r->view, t) && !report_says(t, "state", "clear");
    return count;
}

static size_t count_unaccepted(struct report *r)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(r->view, "risk", &at));)
        count += !thing_value_if(t, "accepted-by").len;
    return count;
}

static void make_open(struct report *r)
{
    CLEANUP_BUF struct buf b = {0};
    struct ranked_problem ranked[PROBLEMS_MAX];
    struct str parts[8];
    size_t count = 0;

    add_open(r, parts, &count, problem_rank(r->view, ranked), "problem", "problems");
    add_open(r, parts, &count, count_with(r, "fact", "standing", "unknown"),
             "question without an answer", "questions without an answer");
    add_open(r, parts, &count, count_inconclusive(r), "system without a conclusion",
             "systems without a conclusion");
    add_open(r, parts, &count, count_open_weaknesses(r), "weakness that is not closed",
             "weaknesses that are not closed");
    add_open(r, parts, &count, count_unaccepted(r), "risk that nobody has accepted",
             "risks that nobody has accepted");
    if (count == 0) {
        buf_adds(&b, "Nothing is open in the part of the record shown here. ");
    } else {
        for (size_t i = 0; i < count; i++) {
            buf_adds(&b, report_between(i, count));
            buf_addstr(&b, parts[i]);
        }
        capital(&b, 0);
        buf_adds(&b, ". ");
    }
    say(r, "What is still open", &b);
}

static void make_gain(struct report *r)
{
    CLEANUP_BUF struct buf b = {0};
    struct str parts[4];
    size_t count = 0;

    for (size_t i = 0; i < r->gain_count && count < COUNT_OF(parts); i++)
        if (r->gains[i].brief.len)
            parts[count++] = r->gains[i].brief;
    if (!r->knows_opening)
        return;
    if (count == 0) {
        buf_adds(&b, r->gain_count
                         ? "What was missing in this case, practice by practice, stands in a "
                           "section of its own; the record does not show what time it cost. "
                         : "The record shows nothing that a formal incident response capability "
                           "would have changed. ");
    } else {
        buf_adds(&b, "A formal incident response capability would have helped most here, as far "
                     "as the record shows: ");
        for (size_t i = 0; i < count; i++) {
            buf_adds(&b, report_between(i, count));
            buf_addstr(&b, parts[i]);
        }
        buf_adds(&b, ". People, means and permissions agreed beforehand are what shortens such "
                     "times; a section of this report says so practice by practice. ");
    }
    say(r, "What a formal capability would have changed", &b);
}

void report_summary_make(struct report *r)
{
    CLEANUP_BUF struct buf b = {0};

    add_noticed(r, &b);
    add_standing(r, &b);
    if (r->choice->label < TLP_RED)
        buf_addf(&b, "This summary rests on the part of the record that may be shown at %s. ",
                 tlp_mark(r->choice->label));
    say(r, "What happened", &b);
    make_systems(r);
    make_effect(r);
    make_done(r);
    make_standing(r);
    make_open(r);
    make_gain(r);
}

void report_summary(struct report *r)
{
    doc_heading(r->doc, 1, STR("Executive summary"));
    for (size_t i = 0; i < r->say_count; i++) {
        struct inlines *t = i ? doc_para(r->doc) : doc_lead(r->doc);

        if (i > 0)
            inline_strong(t, str_of(arena_printf(r->arena, "%s. ", r->says[i].heading)));
        inline_str(t, str_trim(r->says[i].text));
    }
}
