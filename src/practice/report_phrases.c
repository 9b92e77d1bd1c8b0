/* report_phrases.c: what a record tells, as a sentence of the timeline. */
#include "practice/report_make.h"

/* A pattern: {field} is what the record says there, {this} the thing with the words that name it,
 * {name} the thing as it is called. A part in [brackets] is left out where the record does not say
 * the field in it. field and value: the pattern is for records that say so; value NULL is anything.
 */
struct phrase {
    const char *kind;
    bool is_change;
    const char *field, *value;
    const char *pattern;
};

static const struct phrase phrases[] = {
    {"note", false, NULL, NULL, "{text}[ (about {about})]"},
    {"decision", false, NULL, NULL,
     "Decided: {text}[, because: {because}][ (decided by {by-whom})][ (about {about})]"},
    {"research", false, NULL, NULL, "Found out: {text}[ (source: {source})][ (about {about})]"},
    {"correction", false, NULL, NULL, "Correction[ of {of}]: {text}"},
    {"look", false, NULL, NULL, "First look[ at {system}]: {text}"},
    {"case", false, NULL, NULL, "The case {name} was opened"},
    {"case", true, "conclusion", "confirmed", "Confirmed as an incident[: {text}]"},
    {"case", true, "conclusion", "no-incident", "Found to be no incident[: {text}]"},
    {"case", true, "conclusion", "suspected", "Taken as a suspected incident again[: {text}]"},
    {"case", true, "state", "closed", "The case was closed[: {text}]"},
    {"continuation", false, NULL, NULL,
     "The case went on in another folder, {text}: {records} records were taken over[; missing: "
     "{lost}]"},
    {"rollback", false, NULL, NULL,
     "The folder held {records} records where {seen} had been seen, because: {text}"},
    {"person", false, "role", NULL, "{name} is on the team: {role}[; {part}]"},
    {"person", false, NULL, NULL, "{name} was put on the list of people[ ({position})]"},
    {"person", true, "left", NULL, "{name} left the team"},
    {"person", true, NULL, NULL,
     "{name}[ is on the team: {role}][ {part}][ is {duty} duty][ is {position}][ can do: "
     "{skills}]"},
    {"handover", false, NULL, NULL, "Handed over to {to}: {text}"},
    {"expert", false, NULL, NULL, "An expert is needed: {text}[ ({reason})]"},
    {"expert", true, NULL, NULL, "{this}: {state}[ ({who})]"},
    {"system", false, NULL, NULL,
     "{name} was put on the list of systems[: {state}][; {purpose}][; normal is: {normal}]"},
    {"system", true, "state", NULL, "{name} was marked as {state}"},
    {"problem", false, NULL, NULL,
     "Problem {this}[; looks like: {sort}][; impact {impact}][; urgency {urgency}][; {trend}][; "
     "since {since}]"},
    {"problem", true, "state", "closed", "Problem closed: {this}[ \xe2\x80\x94 {outcome}]"},
    {"problem", true, NULL, NULL,
     "Problem {this} is now[: {text}][ looked at as {sort}][ of {impact} impact][ of {urgency} "
     "urgency][ {trend}]"},
    {"top", false, NULL, NULL, "Put on top of all problems: {problem}, because: {because}"},
    {"assessment", false, NULL, NULL, "The assessment was signed: {text}"},
    {"hypothesis", false, NULL, NULL,
     "Hypothesis {this} ({sort})[; what would decide it: {decides}]"},
    {"hypothesis", true, "state", NULL, "Hypothesis {state}: {this}"},
    {"conclusion", false, NULL, NULL,
     "Conclusion about {system}: {conclusion}[, with {confidence} confidence][, because: "
     "{because}][ (decided by {evidence})]"},
    {"retention", false, NULL, NULL,
     "Backups and logs of {system} put on hold[; last backup {last-backup}][, {backup}][; "
     "untouched: {untouched}][; overwriting is {rotation}][; asked for: {requested}][; {text}]"},
    {"evidence", false, NULL, NULL,
     "Taken into evidence: {this}[ ({remark})][; kept at: {place}][; seal {seal}]"},
    {"snapshot", false, NULL, NULL, "State recorded: {this}[; not seen whole: {unread}]"},
    {"collection", false, NULL, NULL,
     "Live state brought in: {this}[; its clock: {clock}][; {missing} things could not be read][; "
     "{observed} stood out][; not whole: {problem}][; in doubt: {doubt}]"},
    {"custody", false, NULL, NULL,
     "{evidence} {act}[ by {from}][ to {to}][; now at: {place}][; seal {seal}][; for: {because}][; "
     "signed: {signed}]"},
    {"channel", false, "trust", "compromised",
     "Channel {name} marked compromised: whoever attacks may read it[: {because}]"},
    {"channel", true, "trust", "compromised",
     "Channel {name} marked compromised: whoever attacks may read it[: {because}]"},
    {"channel", true, "trust", "trusted", "Channel {name} said to be safe[: {because}]"},
    {"channel", true, "trust", NULL,
     "Whether channel {name} can be trusted is not known any more[: {because}]"},
    {"message", false, NULL, NULL, "Message {name} to {to} drafted: {text}"},
    {"message", true, "state", "sent", "Message {name} sent[ by way of {channel}]"},
    {"message", true, "by-word", "yes",
     "Message {name} acknowledged by its recipient with its one-time word[: {answer}]"},
    {"message", true, "state", "acknowledged",
     "Message {name} acknowledged by its recipient, as was written down[: {answer}]"},
    {"message", true, "state", "failed", "Message {name} did not reach its recipient[: {answer}]"},
    {"message", true, "state", "sending", "Message {name} goes to {channel}"},
    {"message", true, "state", "waiting",
     "Message {name} was not delivered, and is tried again[: {why}]"},
    {"message", true, "state", "unknown", "Whether message {name} arrived is not known[: {why}]"},
    {"message", true, "state", "phone",
     "Message {name} is to be said by telephone, since no channel reaches its recipient safely[: "
     "{why}]"},
    {"message", true, "state", "escalated", "Message {name} taken to {escalated-to} instead"},
    {"law", false, NULL, NULL,
     "{law}: applies to us: {applies}[, because: {because}][ (decided by {decided-by})][ (from the "
     "{source})]"},
    {"law", true, NULL, NULL,
     "{name}: applies to us: {applies}[, because: {because}][ (decided by {decided-by})]"},
    {"deadline", false, NULL, NULL,
     "The clock of {law} runs: {step}[ Due {due}.][ Because: {because}][ (decided by "
     "{decided-by})]"},
    {"deadline", true, "state", "notified", "Deadline {name} met: {proof}"},
    {"deadline", true, "state", "decided-not",
     "Decided not to notify under deadline {name}: {because}[ (decided by {decided-by})]"},
    /* The title of a plan names its host. */
    {"action", false, "plan", NULL,
     "Planned: {this}[, for {for}][. It breaks: {breaks}][. To undo it: {undo}]"},
    {"action", false, "state", "planned",
     "Planned: {this}[ on {system}][, for {for}][. It breaks: {breaks}][. To undo it: {undo}]"},
    {"action", false, "state", "begun", "Begun: {this}[ on {system}][, because: {reason}]"},
    {"action", false, "state", "done",
     "Done without a plan: {this}[ on {system}][ \xe2\x80\x94 {result}][. To undo it: {undo}]"},
    {"action", true, "state", "approved", "Approved: {this}[ (spoken: {approval})]"},
    {"action", true, "state", "begun", "Begun: {this}[; the state before is saved as {before}]"},
    {"action", true, "state", "unconfirmed",
     "Applied: {this}[ \xe2\x80\x94 {result}][. Unless confirmed, it goes back by itself at "
     "{goes-back}]"},
    {"action", true, "state", "done", "Done: {this}[ \xe2\x80\x94 {result}]"},
    {"action", true, "state", "undone", "Undone: {this}[ \xe2\x80\x94 {result}]"},
    {"action", true, "review", NULL,
     "Reviewed: {this} \xe2\x80\x94 {review}[ (spoken: {approval})]"},
    {"action", true, "check", NULL, "Checked: {this}: {check}[ \xe2\x80\x94 {proof}]"},
    {"weakness", false, NULL, NULL,
     "Weakness {this}[ ({cve})][; used: {used}][; on {system}][; shown by {from}]"},
    {"weakness", true, "state", NULL,
     "Weakness {state}: {this}[ \xe2\x80\x94 {proof}][ (by {by-what})]"},
    {"proposal", false, NULL, NULL,
     "Looked into a flood: {text}[, going to {target}][, since {began}]"},
    {"normal", false, NULL, NULL, "Checked on {system}: {text}: {outcome}"},
    {"signoff", false, NULL, NULL, "Signed off as back to normal: {system}, by {owner}[; {text}]"},
};

enum { VALUE_MAX = 700 };

static const struct phrase *find_phrase(const struct told *t)
{
    for (size_t i = 0; i < COUNT_OF(phrases); i++) {
        const struct phrase *p = &phrases[i];
        struct str said;

        if (strcmp(p->kind, t->record->kind->name) != 0 || p->is_change != t->record->is_change)
            continue;
        if (!p->field)
            return p;
        said = told_value(t, p->field);
        if (said.len && (!p->value || str_is(said, p->value)))
            return p;
    }
    return NULL;
}

static struct str said(const struct report *r, const struct told *t, struct str name)
{
    return told_value(t, arena_dup(r->arena, name.p, name.len));
}

static void put_value(struct report *r, struct inlines *out, const struct told *t, struct str name)
{
    if (!str_is(name, "this") && !str_is(name, "name"))
        report_inline(r, out, t->record->kind, name, said(r, t, name), VALUE_MAX);
    else if (t->record->thing)
        report_thing(out, t->record->thing, str_is(name, "this"));
}

/* The first field that a part of a pattern names. */
static bool says_part(const struct report *r, const struct told *t, struct str part)
{
    struct str name;

    (void)str_cut(&part, '{');
    name = str_cut(&part, '}');
    return said(r, t, name).len > 0;
}

static void put_part(struct report *r, struct inlines *out, const struct told *t, struct str part)
{
    while (part.len) {
        bool has_field = memchr(part.p, '{', part.len) != NULL;

        inline_str(out, str_cut(&part, '{'));
        if (has_field)
            put_value(r, out, t, str_cut(&part, '}'));
    }
}

bool report_phrase(struct report *r, struct inlines *out, const struct told *t)
{
    const struct phrase *p = find_phrase(t);
    struct str rest;

    if (!p)
        return false;
    rest = str_of(p->pattern);
    while (rest.len) {
        bool has_option = memchr(rest.p, '[', rest.len) != NULL;
        struct str option;

        put_part(r, out, t, str_cut(&rest, '['));
        if (!has_option)
            break;
        option = str_cut(&rest, ']');
        if (says_part(r, t, option))
            put_part(r, out, t, option);
    }
    return true;
}
