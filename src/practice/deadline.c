/* deadline.c: legal notification deadlines: started by a person, counted, met, or decided against
 * with a reason. */
#include <jansson.h>
#include "base/sink.h"
#include "practice/law.h"
#include "practice/notify.h"
#include "practice/texts.h"
#include "render/screen.h"

static const struct field deadline_fields[] = {
    {.name = "law",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = LAWS,
     .help = "which law, contract or rule"},
    {.name = "step", .type = FIELD_LINE, .help = "which of its steps"},
    {.name = "trigger", .type = FIELD_TIME, .help = "when the clock started"},
    {.name = "due", .type = FIELD_TIME, .help = "until when"},
    {.name = "because",
     .type = FIELD_TEXT,
     .help = "why the clock runs, or why it was decided not to notify"},
    {.name = "decided-by", .type = FIELD_LINE, .help = "who decided"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("running", "notified", "decided-not"),
     .help = "how it stands"},
    {.name = "proof", .type = FIELD_LINE, .help = "reference of the notification"},
};
const struct kind deadline_kind = {.name = "deadline",
                                   .prefix = "d",
                                   .words = "deadline started",
                                   .change_words = "deadline changed",
                                   KIND_FIELDS(deadline_fields)};

static const struct field start_fields[] = {
    {.name = "law",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = LAWS,
     .help = "which law, contract or rule"},
    {.name = "trigger", .type = FIELD_TIME, .help = "when the clock started", .fallback = "now"},
    {.name = "within",
     .type = FIELD_SPAN,
     .flags = FIELD_OUTSIDE,
     .help = "how long, for a contract or another rule: 24 h"},
    {.name = "because", .type = FIELD_TEXT, .help = "why the clock runs"},
    {.name = "decided-by", .type = FIELD_LINE, .help = "who decided, if not you"},
};

/* Business days skip Saturday and Sunday; holidays are left out, which errs on the early side.
 * 1970-01-01 was a Thursday. */
static int64_t add_business_days(int64_t sec, int64_t days)
{
    while (days > 0) {
        int64_t weekday;

        sec += 86400;
        weekday = ((sec / 86400) % 7 + 7) % 7;
        days -= weekday != 2 && weekday != 3;
    }
    return sec;
}

static bool add_span(struct utc *t, const char *unit, int64_t n)
{
    if (strcmp(unit, "hours") == 0)
        t->sec += n * 3600;
    else if (strcmp(unit, "days") == 0)
        t->sec += n * 86400;
    else if (strcmp(unit, "months") == 0)
        t->sec += n * 30 * 86400;
    else if (strcmp(unit, "business-days") == 0)
        t->sec = add_business_days(t->sec, n);
    else
        return false;
    return true;
}

static void add_deadline(struct decision *d, struct str step, struct utc due, bool has_due)
{
    struct draft *dr = decision_add(d, "deadline/1");
    char text[UTC_TEXT_SIZE];

    draft_take_input(d, dr, &deadline_kind);
    draft_value(dr, "state", STR("running"));
    if (step.len)
        draft_value(dr, "step", str_of(arena_dup(d->arena, step.p, step.len)));
    if (!has_due)
        return;
    utc_write(text, due);
    draft_value(dr, "due", (struct str){arena_dup(d->arena, text, sizeof(text)), sizeof(text)});
}

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* One step of the law: those that count from the trigger have a due time at once; others start when
 * their own event comes. */
static void add_step(struct decision *d, const json_t *step, struct utc trigger)
{
    json_int_t within = json_integer_value(json_object_get(step, "within"));
    bool counts = strcmp(member(step, "from"), "trigger") == 0 && within > 0;
    struct utc due = trigger;

    if (counts)
        counts = add_span(&due, member(step, "unit"), within);
    if (strcmp(member(step, "from"), "trigger") != 0)
        return;
    add_deadline(d, str_of(member(step, "what")), due, counts);
}

static int add_law(struct decision *d, struct str json, struct utc trigger, struct err *e)
{
    json_error_t why;
    json_t *law = json_loadb(json.p, json.len, JSON_REJECT_DUPLICATES, &why);
    const json_t *step;
    size_t i;

    if (!law)
        return err_set(e, ERR_FORMAT, "the file of this law cannot be read: %s", why.text);
    json_array_foreach(json_object_get(law, "steps"), i, step) add_step(d, step, trigger);
    buf_addf(&d->say, "%s. %s\n", member(law, "law"), member(law, "clock_starts"));
    json_decref(law);
    return 0;
}

static int decide_start(struct decision *d, struct err *e)
{
    struct str law = input_value(d->op, d->input, "law");
    struct utc trigger = d->view->now;
    uint64_t within;
    struct str name;
    struct str json;
    int rc;

    if (!utc_read(&trigger, input_value(d->op, d->input, "trigger")))
        trigger = d->view->now;
    d->is_independent = true;
    for (size_t i = 0; texts_deadline(i, &name, &json); i++) {
        if (!str_eq(name, law))
            continue;
        rc = add_law(d, json, trigger, e);
        if (rc == 0 && d->draft_count == 0)
            return err_set(e, ERR_FORMAT, "no step of this law counts from the trigger");
        return rc;
    }
    if (!str_u64(input_value(d->op, d->input, "within"), &within))
        return err_set(e, ERR_USAGE, "say how long: --within \"24 h\"");
    add_deadline(d, STR(""), utc_plus_s(trigger, (int64_t)within), true);
    return 0;
}

const struct operation notify_start = {
    .name = "notify start",
    .practice = "notify",
    .help = "start the clock of a law or contract, whatever the cause of the incident",
    .example = "calm notify start gdpr --trigger 03:20 --because \"customer data may have been "
               "read\" --decided-by \"Dr. Lang, counsel\"",
    .more = "The numbers come from files that state their source; counsel decides. Weekends are "
            "skipped where a law counts business days, holidays are not, "
            "which errs on the early side.",
    OP_FIELDS(start_fields),
    .kind = &deadline_kind,
    .type = OP_CHANGE,
    .roles = ROLES_TELLING | ROLE_SCRIBE | ROLE_RESPONDER,
    .faces = FACE_ALL,
    .records = WORDS("deadline/1"),
    .decide = decide_start};

#define DEADLINE                                                                                   \
    {                                                                                              \
        .name = "deadline", .type = FIELD_REF,                                                     \
        .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE, .kind = "deadline",                   \
        .help = "which: d1"                                                                        \
    }
static const struct field notified_fields[] = {DEADLINE,
                                               FIELD_CALLED("proof", "reference, to whom, how")};
static const struct field not_fields[] = {
    DEADLINE,
    FIELD_SAID("because", "why it is not notified"),
    {.name = "decided-by", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "who decided"},
};

static int decide_notified(struct decision *d, struct err *e)
{
    int rc = decide_change(d, e);

    if (rc == 0)
        draft_value(&d->drafts[0], "state", STR("notified"));
    return rc;
}

static int decide_not(struct decision *d, struct err *e)
{
    int rc = decide_change(d, e);

    if (rc == 0)
        draft_value(&d->drafts[0], "state", STR("decided-not"));
    return rc;
}

const struct operation notify_notified = {
    .name = "notify notified",
    .practice = "notify",
    .help = "a deadline was met",
    .example = "calm notify notified d1 \"portal of the authority, reference 4711\"",
    OP_FIELDS(notified_fields),
    .kind = &deadline_kind,
    .type = OP_CHANGE,
    .roles = ROLES_TELLING | ROLE_SCRIBE,
    .faces = FACE_ALL,
    .records = WORDS("deadline-change/1"),
    .decide = decide_notified};
const struct operation notify_decide_not = {
    .name = "notify decide-not",
    .practice = "notify",
    .help = "it was decided not to notify, with the reason",
    .example = "calm notify decide-not d1 \"no personal data on web1 (e3)\" --decided-by \"data "
               "protection officer\"",
    OP_FIELDS(not_fields),
    .kind = &deadline_kind,
    .type = OP_CHANGE,
    .roles = ROLES_LEADING,
    .faces = FACE_ALL,
    .records = WORDS("deadline-change/1"),
    .decide = decide_not};
enum { LINES_MAX = 256, STEP_COLUMNS = 26, MARK_COLUMNS = 3 };

static int compare_due(const void *a, const void *b)
{
    struct utc x = {0};
    struct utc y = {0};

    (void)thing_time(*(const struct thing *const *)a, "due", &x);
    (void)thing_time(*(const struct thing *const *)b, "due", &y);
    return utc_cmp(x, y);
}

static size_t running(const struct view *v, const struct thing *out[LINES_MAX])
{
    const struct thing *t;
    size_t count = 0;
    struct utc due;

    for (size_t at = 0;
         count < LINES_MAX && (t = view_next_with(v, "deadline", "state", "running", &at));)
        if (thing_time(t, "due", &due))
            out[count++] = t;
    qsort(out, count, sizeof(out[0]), compare_due);
    return count;
}

static void add_left(const struct view *v, const struct thing *t, struct buf *out)
{
    char span[UTC_PLAIN_SIZE];
    struct utc due = {0};
    int64_t left;

    if (!thing_time(t, "due", &due))
        return;
    left = utc_minus_ms(due, v->now) / 1000;
    buf_addf(out, "%s %s", span_text(span, left), left < 0 ? "over" : "left");
}

/* What tells one step of a law from another: its words up to the first that goes into detail. */
static void add_step_words(const struct thing *t, struct buf *out)
{
    struct str step = thing_value(t, "step");
    struct str head;

    for (size_t i = 0; i < step.len; i++)
        if (memchr(":,;.", step.p[i], 4))
            step = str_head(step, i);
    head = utf8_head_columns(step, STEP_COLUMNS);
    if (head.len)
        buf_addf(out, " (" STR_FMT "%s)", STR_ARG(head), head.len < step.len ? "\xe2\x80\xa6" : "");
}

static void add_line(const struct view *v, const struct thing *t, struct buf *out)
{
    char when[UTC_PLAIN_SIZE];
    struct utc trigger;

    buf_addf(out, "d%u " STR_FMT ": ", t->number, STR_ARG(thing_value(t, "law")));
    add_left(v, t, out);
    if (thing_value(t, "step").len)
        add_step_words(t, out);
    else if (thing_time(t, "trigger", &trigger))
        buf_addf(out, ", clock started %s", utc_local_short(when, trigger, v->now));
    buf_addc(out, '\n');
}

/* "running, 70 h 56 min left until 25 Nov 03:20", and its kin. */
static void add_standing(const struct view *v, const struct thing *t, struct buf *out)
{
    char when[UTC_PLAIN_SIZE];
    struct utc due;

    if (thing_says(t, "state", "notified"))
        buf_addf(out, "met: " STR_FMT, STR_ARG(thing_value(t, "proof")));
    else if (thing_says(t, "state", "decided-not"))
        buf_addf(out, "decided not to notify: " STR_FMT, STR_ARG(thing_value(t, "because")));
    else if (!thing_time(t, "due", &due))
        buf_adds(out, "running, without a time of its own");
    else {
        add_left(v, t, out);
        buf_addf(out, ", due %s", utc_local_short(when, due, v->now));
    }
}

static void list_one(const struct view *v, const struct thing *t, struct screen *screen)
{
    char when[UTC_PLAIN_SIZE];
    CLEANUP_BUF struct buf call = {0};
    CLEANUP_BUF struct buf line = {0};
    struct utc trigger;

    view_call(&call, t);
    buf_addf(&line, STR_FMT ": ", STR_ARG(thing_value(t, "law")));
    add_standing(v, t, &line);
    screen_pair(screen, 0, MARK_COLUMNS, buf_str(&call), buf_str(&line));
    if (thing_value(t, "step").len)
        screen_para_style(screen, MARK_COLUMNS + 2, SCREEN_DIM, thing_value(t, "step"));
    buf_clear(&line);
    if (thing_time(t, "trigger", &trigger))
        buf_addf(&line, "Clock started %s. ", utc_local_short(when, trigger, v->now));
    if (thing_says(t, "state", "running") && thing_value(t, "because").len)
        buf_addf(&line, "Why: " STR_FMT ". ", STR_ARG(thing_value(t, "because")));
    if (thing_value(t, "decided-by").len)
        buf_addf(&line, "Decided by " STR_FMT ".", STR_ARG(thing_value(t, "decided-by")));
    if (line.len)
        screen_para_style(screen, MARK_COLUMNS + 2, SCREEN_DIM, str_trim(buf_str(&line)));
}

static int deadlines_query(const struct view *v, const struct operation *op, const struct input *in,
                           struct answer *a, struct err *e)
{
    struct screen screen = {&a->text, a->columns, a->color};
    const struct thing *list[LINES_MAX], *t;
    size_t count = running(v, list);

    if (a->wants_json)
        return query_list(v, op, in, a, e);
    for (size_t i = 0; i < count; i++)
        list_one(v, list[i], &screen);
    for (size_t at = 0; (t = view_next(v, "deadline", &at));)
        if (!thing_says(t, "state", "running") || !thing_value(t, "due").len)
            list_one(v, t, &screen);
    if (!a->text.len)
        screen_para(&screen, 0, STR("None yet."));
    return 0;
}

const struct operation notify_deadlines = {.name = "notify deadlines",
                                           .practice = "notify",
                                           .help = "list the deadlines",
                                           .example = "calm notify deadlines",
                                           .kind = &deadline_kind,
                                           .type = OP_QUERY,
                                           .faces = FACE_ALL,
                                           .query = deadlines_query};

size_t deadline_lines(const struct view *v, struct buf *out)
{
    const struct thing *list[LINES_MAX];
    size_t count = running(v, list);

    for (size_t i = 0; i < count; i++)
        add_line(v, list[i], out);
    return count;
}

void deadline_status(const struct view *v, struct practice_status *out)
{
    const struct thing *list[LINES_MAX];
    size_t count = running(v, list);
    struct utc due = {0};

    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        add_line(v, list[i], &out->missing);
    (void)thing_time(list[0], "due", &due);
    if (utc_minus_ms(due, v->now) > 12 * 3600 * 1000)
        return;
    buf_clear(&out->next);
    buf_clear(&out->because);
    buf_addf(&out->next, "calm notify notified d%u \"reference\"", list[0]->number);
    buf_addf(&out->because, "the deadline of " STR_FMT " is near",
             STR_ARG(thing_value(list[0], "law")));
    out->urgency = 80;
}
