/* calm.c: where we stand, the top problem, what runs against a deadline, the next step and why. */
#include "practice/calm.h"
#include "practice/analyse.h"
#include "practice/continue.h"
#include "practice/join.h"
#include "practice/log.h"
#include "practice/notify.h"
#include "practice/notify_queue.h"
#include "practice/opening.h"
#include "practice/organisation.h"
#include "practice/playbook.h"
#include "practice/problem.h"
#include "practice/ready.h"
#include "practice/stop_where.h"
#include "render/screen.h"
#include "sys/clock.h"

static const struct field case_fields[] = {
    {.name = "name", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "how the case is called"},
    {.name = "conclusion",
     .type = FIELD_WORD,
     .choices = WORDS("suspected", "confirmed", "no-incident"),
     .help = "whether it is an incident"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("open", "closed"),
     .help = "whether the work goes on"},
    {.name = "text", .type = FIELD_TEXT, .help = "how it ended"},
};
static const struct kind case_kind = {.name = "case",
                                      .words = "case opened",
                                      .change_words = "case changed",
                                      KIND_FIELDS(case_fields)};

static const struct field close_fields[] = {
    FIELD_SAID("text", "how it ended, in a few sentences"),
};

const struct thing *calm_case(const struct view *v)
{
    size_t at = 0;

    return view_next(v, "case", &at);
}

static int decide_case_change(struct decision *d, struct err *e)
{
    const struct thing *t = calm_case(d->view);
    struct draft *dr;

    if (!t)
        return err_set(e, ERR_DENIED, "the case's own record is not open to you");
    dr = decision_add(d, "case-change/1");
    draft_ref(dr, &t->id);
    draft_take_input(d, dr, &case_kind);
    return 0;
}

static int decide_close(struct decision *d, struct err *e)
{
    const struct thing *t = calm_case(d->view);

    if (t && thing_says(t, "state", "closed"))
        return err_set(
            e, ERR_GATE,
            "this case is closed already; late notes are still welcome. To go on with it: "
            "calm reopen \"why\"");
    if (decide_case_change(d, e))
        return e ? e->code : ERR_DENIED;
    draft_value(&d->drafts[0], "state", STR("closed"));
    return 0;
}

/* Whoever closes by mistake, or too early, sees it and the way back. */
static void say_closed(const struct view *v, struct answer *a)
{
    struct ranked_problem ranked[PROBLEMS_MAX];
    size_t open = problem_rank(v, ranked);

    buf_adds(&a->text, "the case is closed, and sealed with a checkpoint.\n");
    if (open) {
        buf_adds(&a->text, "Still open: ");
        add_count(&a->text, open, "problem", "problems");
        buf_adds(&a->text, " (calm problem list). To go on after all: calm reopen \"why\"\n");
    }
    buf_adds(&a->text, "Next:  calm log anchor, so that the record stands by itself\n");
}

static int close_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    rc = decide_close(&d, e);
    if (rc == 0)
        rc = session_append(s, &d, &first, e);
    if (rc == 0)
        rc = session_checkpoint(s, e);
    if (rc == 0 && !answer_record(a, first))
        say_closed(d.view, a);
    return rc;
}

static const struct operation close_case = {
    .name = "close",
    .practice = "calm",
    .help = "close the case; the journal is sealed with a checkpoint",
    .example = "calm close \"web1 rebuilt, way in closed, owners signed\"",
    OP_FIELDS(close_fields),
    .kind = &case_kind,
    .type = OP_JOB,
    .roles = ROLES_LEADING,
    .faces = FACE_ALL,
    .records = WORDS("case-change/1", "checkpoint/1"),
    .job = close_job};

static const struct field reopen_fields[] = {
    FIELD_SAID("text", "why the work goes on"),
};

static int decide_reopen(struct decision *d, struct err *e)
{
    const struct thing *t = calm_case(d->view);

    if (t && !thing_says(t, "state", "closed"))
        return err_set(e, ERR_GATE, "this case is open; to use another one: calm open NAME");
    if (decide_case_change(d, e))
        return e ? e->code : ERR_DENIED;
    draft_value(&d->drafts[0], "state", STR("open"));
    return 0;
}

static const struct operation reopen = {.name = "reopen",
                                        .practice = "calm",
                                        .help = "go on with a case that was closed, and say why",
                                        .example =
                                            "calm reopen \"it is back: web1 sends mail again\"",
                                        OP_FIELDS(reopen_fields),
                                        .kind = &case_kind,
                                        .type = OP_CHANGE,
                                        .roles = ROLES_LEADING,
                                        .faces = FACE_ALL,
                                        .records = WORDS("case-change/1"),
                                        .decide = decide_reopen};

static const struct field incident_fields[] = {
    {.name = "conclusion",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = WORDS("suspected", "confirmed", "no-incident"),
     .help = "whether it is an incident"},
    {.name = "text", .type = FIELD_TEXT, .help = "what decided it"},
};

static const struct operation incident = {
    .name = "incident",
    .practice = "calm",
    .help = "say whether it is an incident: suspected, confirmed, or none",
    .example = "calm incident confirmed --text \"e3 shows the login\"",
    OP_FIELDS(incident_fields),
    .kind = &case_kind,
    .type = OP_CHANGE,
    .roles = ROLES_LEADING,
    .faces = FACE_ALL,
    .records = WORDS("case-change/1"),
    .decide = decide_case_change};

const char *calm_conclusion_words(const struct view *v)
{
    const struct thing *t = calm_case(v);

    if (t && thing_says(t, "conclusion", "confirmed"))
        return "incident";
    if (t && thing_says(t, "conclusion", "no-incident"))
        return "no incident";
    return "suspected incident";
}

enum { LABEL_COLUMNS = 16 };

/* One line of the screen: a label in a column of its own, then text that is cut at the edge. */
static void put_line(struct answer *a, const char *label, struct str text)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf line = {0};

    buf_addf(&line, "  %-17s ", label);
    buf_addstr(&line, text);
    screen_line(&screen, SCREEN_NORMAL, buf_str(&line));
}

static void put_head(const struct view *v, struct answer *a)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf roles = {0};
    struct screen screen = {&a->text, a->columns, a->color};
    const struct thing *t = calm_case(v);
    char span[UTC_PLAIN_SIZE];

    buf_addstr(&line, t ? view_title(t) : STR("a case"));
    buf_addf(&line, " \xc2\xb7 %s", calm_conclusion_words(v));
    if (t && thing_says(t, "state", "closed"))
        buf_adds(&line, " \xc2\xb7 closed");
    else
        buf_addf(&line, " \xc2\xb7 open %s",
                 span_text(span, utc_minus_ms(v->now, state_record(v->state, 0)->time) / 1000));
    if (v->person) {
        roles_show(&roles, v->roles);
        buf_addf(&line, " \xc2\xb7 you: " STR_FMT " (%s)", STR_ARG(view_title(v->person)),
                 buf_text(&roles));
    }
    screen_heading(&screen, buf_str(&line));
}

/* The system that this program runs on, if it may be affected: no place to keep the record. */
static const struct thing *affected_here(const struct view *v)
{
    char host[256];
    const struct thing *t;

    host_name(host, sizeof(host));
    for (size_t at = 0; (t = view_next(v, "system", &at));) {
        bool is_here = thing_says(t, "name", host) || thing_says(t, "host", host);

        if (is_here && (thing_says(t, "state", "affected") || thing_says(t, "state", "suspected")))
            return t;
    }
    return NULL;
}

static void put_warning(const struct view *v, struct answer *a)
{
    const struct thing *here = affected_here(v);
    CLEANUP_BUF struct buf line = {0};

    if (!here)
        return;
    buf_addf(&line, "is on " STR_FMT ", which is " STR_FMT ": copy it to another machine",
             STR_ARG(str_head(view_title(here), 30)), STR_ARG(thing_value(here, "state")));
    put_line(a, "This case (!)", buf_str(&line));
}

static void put_possibilities(const struct view *v, struct answer *a)
{
    struct balance attack = analyse_balance(v, "attack");
    struct balance fault = analyse_balance(v, "fault");
    CLEANUP_BUF struct buf line = {0};
    const struct thing *t;

    if (!attack.hypotheses && !fault.hypotheses)
        buf_adds(&line, "both are open; nothing was weighed yet");
    else
        buf_addf(&line, "attack %zu for, %zu against \xc2\xb7 fault %zu for, %zu against",
                 attack.for_count, attack.against_count, fault.for_count, fault.against_count);
    put_line(a, "Fault or attack?", buf_str(&line));
    for (size_t at = 0; (t = view_next(v, "hypothesis", &at));) {
        if (!thing_value(t, "decides").len || thing_says(t, "state", "ruled-out") ||
            thing_says(t, "state", "confirmed"))
            continue;
        buf_clear(&line);
        buf_addf(&line, "what would decide it: " STR_FMT, STR_ARG(thing_value(t, "decides")));
        put_line(a, "", buf_str(&line));
        return;
    }
}

static void put_problems(const struct view *v, struct answer *a)
{
    struct ranked_problem ranked[PROBLEMS_MAX];
    size_t count = problem_rank(v, ranked);

    if (count == 0)
        put_line(a, "Top problem",
                 view_count(v, "problem") ? STR("none is open") : STR("none named yet"));
    for (size_t i = 0; i < count && i < 3; i++) {
        CLEANUP_BUF struct buf line = {0};
        const struct thing *p = ranked[i].problem;
        struct str sort = thing_value(p, "sort");
        char when[UTC_PLAIN_SIZE];
        struct utc since;

        buf_addf(&line, "%zu  " STR_FMT, i + 1, STR_ARG(view_title(p)));
        if (sort.len)
            buf_addf(&line, "  " STR_FMT "%s", STR_ARG(sort),
                     str_is(sort, "fault") || str_is(sort, "accident") ? "" : "?");
        if (thing_time(p, "since", &since))
            buf_addf(&line, "  since %s", utc_local_short(when, since, v->now));
        put_line(a, i ? "" : "Top problem", buf_str(&line));
    }
    if (count > 3) {
        CLEANUP_BUF struct buf line = {0};

        buf_addf(&line, "and %zu more: calm problem list", count - 3);
        put_line(a, "", buf_str(&line));
    }
}

/* What goes back by itself in minutes, and who does not answer, stand before what the law counts in
 * hours; their commands are never cut off. */
static void put_deadlines(const struct view *v, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf lines = {0};
    size_t minutes = stop_deadline_lines(v, &lines);
    struct str rest;

    minutes += notify_late_lines(v, &lines);
    (void)deadline_lines(v, &lines);
    rest = buf_str(&lines);
    for (size_t i = 0; rest.len && i < 3; i++) {
        struct str line = str_cut(&rest, '\n');

        if (i < minutes)
            screen_pair(&screen, 2, LABEL_COLUMNS, str_of(i ? "" : "Deadlines"), line);
        else
            put_line(a, i ? "" : "Deadlines", line);
    }
}

/* Who stands at the door; a lead lets them in. */
static void put_waiting(const struct view *v, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf who = {0};
    CLEANUP_BUF struct buf line = {0};

    if (!(v->roles & ROLES_LEADING) || !join_waiting(a->around->case_folder, v->state, &who))
        return;
    buf_addf(&line, STR_FMT ": calm team admit NAME", STR_ARG(buf_str(&who)));
    screen_pair(&screen, 2, 16, STR("Asked to join"), buf_str(&line));
}

static void put_people(const struct view *v, struct answer *a)
{
    struct practice_status s = {0};
    CLEANUP_BUF struct buf line = {0};
    const struct thing *person;

    practice_find(STR("team"))->status(v, &s);
    buf_addstr(&line, buf_str(&s.brief));
    if (!notify_role_is_told(v, "cio", &person))
        buf_adds(&line, " \xc2\xb7 CIO not told yet");
    put_line(a, "People", buf_str(&line));
    practice_status_release(&s);
}

/* What others wrote last, so that a glance is enough. */
static void put_last(const struct view *v, struct answer *a)
{
    for (uint64_t seq = state_size(v->state); seq-- > 0;) {
        const struct record *r = state_record(v->state, seq);
        CLEANUP_BUF struct buf line = {0};
        char when[UTC_PLAIN_SIZE];

        if (!view_allows_record(v, r) || (v->person && view_signer(v, r) == v->person) || !r->kind)
            continue;
        buf_addf(&line, "%s ", utc_local_short(when, r->time, v->now));
        view_signer_name(v, r, &line);
        buf_addf(&line, ": %s ", log_words(v, r));
        if (log_text(v, seq, &line, NULL))
            buf_adds(&line, "(cannot be read)");
        put_line(a, "Last from others", buf_str(&line));
        return;
    }
}

/* Somebody signed what the journal does not let them say; nothing else was harmed. */
static void put_refused(const struct view *v, struct answer *a)
{
    CLEANUP_BUF struct buf line = {0};
    const struct record *r;
    size_t count = 0;

    for (uint64_t seq = 0; state_refused_count(v->state) && (r = state_record(v->state, seq));
         seq++)
        count += r->refusal && view_allows_record(v, r);
    if (count == 0)
        return;
    add_count(&line, count, "record breaks a rule and has", "records break a rule and have");
    buf_adds(&line, " no effect: calm log");
    put_line(a, "Refused", buf_str(&line));
}

static void put_stages(struct answer *a, const struct practice_status *all)
{
    struct screen screen = {&a->text, a->columns, a->color};
    static const char *const labels[] = {[STAGE_OPEN] = "Not begun",
                                         [STAGE_UNDER_WAY] = "Under way",
                                         [STAGE_DONE] = "Done",
                                         [STAGE_WAITING] = "Waiting"};
    static const enum practice_stage order[] = {STAGE_DONE, STAGE_UNDER_WAY, STAGE_WAITING,
                                                STAGE_OPEN};

    for (size_t k = 0; k < COUNT_OF(order); k++) {
        CLEANUP_BUF struct buf line = {0};

        for (size_t i = 1; practices[i]; i++) {
            if (all[i].stage != order[k])
                continue;
            buf_addf(&line, "%s%s", line.len ? ", " : "", practices[i]->verb);
            if (all[i].brief.len && order[k] == STAGE_UNDER_WAY &&
                strcmp(practices[i]->verb, "team") != 0)
                buf_addf(&line, " (%s)", buf_text(&all[i].brief));
        }
        if (order[k] == STAGE_WAITING && line.len)
            buf_adds(&line, ": until the assessment is signed");
        if (line.len)
            screen_pair(&screen, 2, 16, str_of(labels[order[k]]), buf_str(&line));
    }
}

const struct practice *calm_next(const struct practice_status *all)
{
    size_t best = 0;

    for (size_t i = 1; practices[i]; i++)
        if (all[i].next.len && (best == 0 || all[i].urgency > all[best].urgency))
            best = i;
    return best ? practices[best] : NULL;
}

void calm_statuses(const struct view *v, struct practice_status *all)
{
    for (size_t i = 1; practices[i]; i++)
        practices[i]->status(v, &all[i]);
}

static void put_next(const struct view *v, struct answer *a, const struct practice_status *all)
{
    const struct thing *c = calm_case(v);
    struct screen screen = {&a->text, a->columns, a->color};
    const struct practice *p = calm_next(all);
    const struct practice_status *s = NULL;

    for (size_t i = 1; p && practices[i]; i++)
        if (practices[i] == p)
            s = &all[i];
    screen_blank(&screen);
    if (c && thing_says(c, "state", "closed")) {
        screen_next(&screen, STR("calm log anchor"),
                    STR("the case is closed; anchored, its record stands by itself. Late notes are "
                        "welcome; to go on with the work: calm reopen \"why\""));
        return;
    }
    screen_next(&screen, s ? buf_str(&s->next) : STR("calm report draft"),
                s ? buf_str(&s->because)
                  : STR("every practice is done; the report closes the work"));
}

static void status_json(const struct view *v, const struct practice_status *all, struct answer *a)
{
    static const char *const stages[] = {"open", "under-way", "done", "waiting"};
    const struct thing *t = calm_case(v);
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    json_put_str(&j, "case", t ? view_title(t) : STR(""));
    json_put_text(&j, "conclusion", calm_conclusion_words(v));
    json_put_u64(&j, "records", view_record_count(v));
    json_name(&j, "practices");
    json_array_begin(&j);
    for (size_t i = 1; practices[i]; i++) {
        json_object_begin(&j);
        json_put_text(&j, "verb", practices[i]->verb);
        json_put_text(&j, "stage", stages[all[i].stage]);
        json_put_str(&j, "done", buf_str(&all[i].done));
        json_put_str(&j, "missing", buf_str(&all[i].missing));
        json_put_str(&j, "next", buf_str(&all[i].next));
        json_put_str(&j, "because", buf_str(&all[i].because));
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
}

static int query_status(const struct view *v, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    struct practice_status all[PRACTICES_MAX] = {0};

    (void)op;
    (void)in;
    (void)e;
    calm_statuses(v, all);
    if (a->wants_json) {
        status_json(v, all, a);
    } else {
        stop_show_emergency(v, a);
        put_head(v, a);
        put_warning(v, a);
        put_possibilities(v, a);
        put_problems(v, a);
        put_deadlines(v, a);
        put_people(v, a);
        put_waiting(v, a);
        put_last(v, a);
        put_refused(v, a);
        buf_addc(&a->text, '\n');
        put_stages(a, all);
        put_next(v, a, all);
    }
    for (size_t i = 1; practices[i]; i++)
        practice_status_release(&all[i]);
    return 0;
}

const struct operation calm_status_operation = {.name = "status",
                                                .practice = "calm",
                                                .help = "where we stand; calm alone is enough",
                                                .example = "calm",
                                                .type = OP_QUERY,
                                                .faces = FACE_ALL,
                                                .query = query_status};

static void calm_status(const struct view *v, struct practice_status *out)
{
    const struct thing *t = calm_case(v);

    out->stage = t && thing_says(t, "state", "closed") ? STAGE_DONE : STAGE_UNDER_WAY;
}

const struct practice practice_calm = {
    .verb = "calm",
    .title = "Stay calm",
    .help = "where we stand, and the next step",
    .kinds = LIST(struct kind, &case_kind, &continue_kind, &playbook_kind, &playbook_step_kind),
    .operations =
        LIST(struct operation, &calm_status_operation, &opening_open, &continue_operation,
             &incident, &close_case, &reopen, &playbook_overview, &playbook_list,
             &playbook_show_one, &playbook_use, &playbook_next, &playbook_done, &playbook_skip,
             &playbook_leave, &playbook_load, &ready_operation, &organisation_load),
    .status = calm_status};
