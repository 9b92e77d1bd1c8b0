/* script_facts.c: what the case knows of each placeholder of a script. */
#include "practice/script_facts.h"
#include "practice/calm.h"
#include "practice/notify.h"
#include "practice/stop_proposal.h"
#include "sys/clock.h"

static struct str keep(struct script *s, struct buf *b)
{
    struct str out;

    while (b->len && b->p[b->len - 1] == '\n')
        b->len--;
    out = (struct str){arena_dup(s->arena, buf_text(b), b->len), b->len};
    buf_clear(b);
    return out;
}

static bool says(const struct thing *t, const char *field, const char *word)
{
    return str_is(thing_value_if(t, field), word);
}

/* Things that are about the system which was named, or all where none was. */
static bool concerns(const struct script *s, const struct thing *t)
{
    return !s->system || view_refers(s->view, t, "system", s->system);
}

static struct str list_facts(struct script *s, const char *standing)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(s->view, "fact", "standing", standing, &at));)
        if (concerns(s, t))
            buf_addf(&b, "- " STR_FMT "\n", STR_ARG(view_title(t)));
    return keep(s, &b);
}

/* Without written facts the open problems are what is known. */
static struct str known(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    struct str facts = list_facts(s, "known");
    const struct thing *t;

    if (facts.len)
        return facts;
    for (size_t at = 0; (t = view_next(s->view, "problem", &at));)
        if (!says(t, "state", "closed") && concerns(s, t))
            buf_addf(&b, "- " STR_FMT "\n", STR_ARG(view_title(t)));
    return keep(s, &b);
}

static struct str unknown(struct script *s)
{
    return list_facts(s, "unknown");
}

static bool is_planned(const struct thing *action)
{
    return says(action, "state", "planned") || says(action, "state", "approved");
}

static bool is_made(const struct thing *action)
{
    return says(action, "state", "begun") || says(action, "state", "done");
}

static struct str list_actions(struct script *s, bool (*wanted)(const struct thing *),
                               const char *field)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next(s->view, "action", &at));)
        if (wanted(t) && concerns(s, t) && thing_value_if(t, field).len)
            buf_addf(&b, "- " STR_FMT "\n", STR_ARG(thing_value_if(t, field)));
    return keep(s, &b);
}

static struct str changes(struct script *s)
{
    return list_actions(s, is_planned, "text");
}

static struct str done(struct script *s)
{
    return list_actions(s, is_made, "text");
}

static struct str undo(struct script *s)
{
    return list_actions(s, is_planned, "undo");
}

/* What the changes made break; for owners, what the planned ones will. */
static struct str effect(struct script *s)
{
    return list_actions(s, s->system ? is_planned : is_made, "breaks");
}

static struct str case_name(struct script *s)
{
    const struct thing *t = calm_case(s->view);

    return t ? view_title(t) : STR("");
}

static struct str status(struct script *s)
{
    const char *words = calm_conclusion_words(s->view);

    return str_of(arena_printf(s->arena, "%s%s",
                               *words == 'n'   ? ""
                               : *words == 'i' ? "an "
                                               : "a ",
                               words));
}

static struct str label(struct script *s)
{
    return str_of(tlp_mark(s->label));
}

static struct str now_local(struct script *s)
{
    char text[UTC_PLAIN_SIZE];

    return str_of(arena_printf(s->arena, "%.16s", utc_local(text, s->view->now)));
}

static struct str now_utc(struct script *s)
{
    char text[UTC_PLAIN_SIZE];

    return str_of(arena_printf(s->arena, "%.5s", utc_plain(text, s->view->now) + 11));
}

static struct str speaker(struct script *s)
{
    return s->view->person ? view_title(s->view->person) : STR("");
}

static struct str role(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};

    roles_show(&b, s->view->roles);
    return keep(s, &b);
}

static struct str contact(struct script *s)
{
    return s->view->person ? thing_value_if(s->view->person, "mobile") : STR("");
}

/* The earliest time since when a problem is known to be there. */
static struct str began(struct script *s)
{
    const struct thing *t;
    struct utc first = {0};
    struct utc since;
    char text[UTC_PLAIN_SIZE];
    bool is_known = false;

    for (size_t at = 0; (t = view_next(s->view, "problem", &at));) {
        if (!thing_time(t, "since", &since) || (is_known && utc_cmp(first, since) <= 0))
            continue;
        first = since;
        is_known = true;
    }
    return is_known ? str_of(arena_printf(s->arena, "%.16s", utc_local(text, first))) : STR("");
}

static void add_items(struct buf *b, struct str lines)
{
    while (lines.len) {
        buf_adds(b, "- ");
        buf_addstr(b, str_cut(&lines, '\n'));
        buf_addc(b, '\n');
    }
}

static struct str deadlines(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    CLEANUP_BUF struct buf lines = {0};
    struct str rest;

    if (deadline_lines(s->view, &lines) == 0)
        return STR("none is running");
    rest = buf_str(&lines);
    add_items(&b, rest);
    return keep(s, &b);
}

static struct str deadline(struct script *s)
{
    struct str step;

    if (!s->deadline)
        return STR("");
    step = thing_value(s->deadline, "step");
    return str_of(arena_printf(s->arena, STR_FMT "%s" STR_FMT,
                               STR_ARG(thing_value(s->deadline, "law")), step.len ? ": " : "",
                               STR_ARG(step)));
}

static struct str deadline_number(struct script *s)
{
    return s->deadline ? str_of(arena_printf(s->arena, "d%u", s->deadline->number)) : STR("");
}

static struct str deadline_left(struct script *s)
{
    char span[UTC_PLAIN_SIZE];
    struct utc due;

    if (!s->deadline || !thing_time(s->deadline, "due", &due))
        return STR("");
    return str_of(
        arena_printf(s->arena, "%s", span_text(span, utc_minus_ms(due, s->view->now) / 1000)));
}

static struct str deadline_due(struct script *s)
{
    char text[UTC_PLAIN_SIZE];
    struct utc due;

    if (!s->deadline || !thing_time(s->deadline, "due", &due))
        return STR("");
    return str_of(arena_printf(s->arena, "%.16s", utc_local(text, due)));
}

static struct str spokesperson(struct script *s)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(s->view, "person", &at));)
        if ((roles_of(thing_value_if(t, "role")) & ROLE_COMMUNICATIONS) &&
            !thing_value_if(t, "left").len)
            return view_title(t);
    return STR("");
}

static bool is_concerned(const struct thing *system)
{
    return says(system, "state", "affected") || says(system, "state", "suspected");
}

/* In the users' words: what the systems are for. */
static struct str systems(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next(s->view, "system", &at));) {
        struct str purpose = thing_value_if(t, "purpose");

        if (is_concerned(t))
            buf_addf(&b, "%s" STR_FMT, b.len ? ", " : "",
                     STR_ARG(purpose.len ? purpose : view_title(t)));
    }
    return keep(s, &b);
}

static struct str system_name(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};

    if (!s->system)
        return STR("");
    buf_addstr(&b, view_title(s->system));
    if (thing_value_if(s->system, "purpose").len)
        buf_addf(&b, " (" STR_FMT ")", STR_ARG(thing_value_if(s->system, "purpose")));
    return keep(s, &b);
}

static struct str owner(struct script *s)
{
    return s->system ? thing_value_if(s->system, "owner") : STR("");
}

static struct str saved(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; s->system && (t = view_next(s->view, "evidence", &at));)
        if (view_refers(s->view, t, "system", s->system))
            buf_addf(&b, "%se%u " STR_FMT, b.len ? ", " : "", t->number, STR_ARG(view_title(t)));
    return keep(s, &b);
}

/* Of the systems concerned; where none is, the target of the flood. */
static struct str identifiers(struct script *s)
{
    const struct thing *t, *proposal = stop_proposal_newest(s->view);
    CLEANUP_BUF struct buf b = {0};

    for (size_t at = 0; (t = view_next(s->view, "system", &at));) {
        struct str lines = thing_value_if(t, "address");

        while (is_concerned(t) && lines.len) {
            buf_adds(&b, b.len ? ", " : "");
            buf_addstr(&b, str_cut(&lines, '\n'));
        }
    }
    if (!b.len && proposal)
        return thing_value_if(proposal, "target");
    return keep(s, &b);
}

/* What the newest look at a flood found, ready to send. */
static struct str flood(struct script *s)
{
    const struct thing *t = stop_proposal_newest(s->view);

    return t ? thing_value_if(t, "ask") : STR("");
}

/* What was asked for elsewhere, when backups and logs were put on hold. */
static struct str records(struct script *s)
{
    CLEANUP_BUF struct buf b = {0};
    const struct thing *t;

    for (size_t at = 0; (t = view_next(s->view, "retention", &at));)
        add_items(&b, thing_value_if(t, "requested"));
    return keep(s, &b);
}

static struct str clock_words(struct script *s)
{
    struct clock_reading now;

    (void)s;
    clock_read(&now);
    return strcmp(now.clock, "ntp") == 0 ? STR("set by NTP") : STR("not checked");
}

static struct str as_time(struct script *s, const char *field, bool is_utc)
{
    char text[UTC_PLAIN_SIZE];
    struct utc t;

    if (!s->op || !utc_read(&t, input_value(s->op, s->in, field)))
        return STR("");
    return str_of(
        arena_printf(s->arena, "%.16s", is_utc ? utc_plain(text, t) : utc_local(text, t)));
}

static struct str from_local(struct script *s)
{
    return as_time(s, "from", false);
}

static struct str from_utc(struct script *s)
{
    return as_time(s, "from", true);
}

static struct str until_local(struct script *s)
{
    return as_time(s, "until", false);
}

static struct str until_utc(struct script *s)
{
    return as_time(s, "until", true);
}

static const struct placeholder placeholders[] = {
    {"alternative", "alternative", NULL},
    {"began", "began", began},
    {"case", NULL, case_name},
    {"changes", "changes", changes},
    {"clock", "clock", clock_words},
    {"contact", "contact", contact},
    {"customer", "customer", NULL},
    {"deadline", NULL, deadline},
    {"deadline_due", NULL, deadline_due},
    {"deadline_left", NULL, deadline_left},
    {"deadline_number", NULL, deadline_number},
    {"deadlines", "deadlines", deadlines},
    {"decide_by", "decide-by", NULL},
    {"decision", "decision", NULL},
    {"default", "default", NULL},
    {"do", "do", NULL},
    {"done", "done", done},
    {"dont", "dont", NULL},
    {"effect", "effect", effect},
    {"flood", "flood", flood},
    {"from", NULL, from_local},
    {"from_utc", NULL, from_utc},
    {"identifiers", "identifiers", identifiers},
    {"known", "known", known},
    {"name", "name", speaker},
    {"needs", "needs", NULL},
    {"next_update", "next-update", NULL},
    {"notice_place", "notice-place", NULL},
    {"options", "options", NULL},
    {"organisation", "organisation", NULL},
    {"outage_from", "outage-from", NULL},
    {"outage_max", "outage-max", NULL},
    {"outage_until", "outage-until", NULL},
    {"owner", "owner", owner},
    {"provider", "provider", NULL},
    {"records", "records", records},
    {"role", "role", role},
    {"saved", "saved", saved},
    {"service", "service", NULL},
    {"spokesperson", "spokesperson", spokesperson},
    {"status", NULL, status},
    {"system", NULL, system_name},
    {"systems", "systems", systems},
    {"time", NULL, now_local},
    {"tlp", NULL, label},
    {"undo", "undo", undo},
    {"unknown", "unknown", unknown},
    {"until", NULL, until_local},
    {"until_utc", NULL, until_utc},
    {"utc", NULL, now_utc},
    {"workaround", "workaround", NULL},
};

const struct placeholder *script_placeholder(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(placeholders); i++)
        if (str_is(name, placeholders[i].name))
            return &placeholders[i];
    return NULL;
}

struct str script_value(struct script *s, const struct placeholder *p)
{
    struct str given = p->option && s->op ? input_value(s->op, s->in, p->option) : STR("");

    if (given.len)
        return str_trim(given);
    return p->find ? str_trim(p->find(s)) : STR("");
}
