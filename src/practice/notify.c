/* notify.c: who is told what, by need to know, over channels that can be trusted, with
 * acknowledgement and legal deadlines. */
#include "practice/notify.h"
#include "practice/law.h"
#include "practice/script.h"
#include "base/sink.h"

#define NOTIFY_ROLES                                                                               \
    WORDS("cio", "head-of-security", "local-security-manager", "operations-manager",               \
          "technical-operations", "management", "counsel", "data-protection", "personnel",         \
          "insurer", "police", "cert", "regulator", "owner", "users", "customers", "supplier",     \
          "other")

const char *const notify_wanted[] = {"cio",
                                     "head-of-security",
                                     "local-security-manager",
                                     "operations-manager",
                                     "technical-operations",
                                     NULL};

static const struct field contact_fields[] = {
    {.name = "role",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = NOTIFY_ROLES,
     .help = "which role is to be told"},
    {.name = "person",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "person",
     .help = "who holds it"},
    {.name = "need", .type = FIELD_LINE, .help = "what they need to know, and why"},
    {.name = "source", .type = FIELD_LINE, .help = "where this is known from, if not from you"},
};
static const struct kind contact = {.name = "contact",
                                    .prefix = "ct",
                                    .words = "to be told",
                                    .change_words = "to be told: changed",
                                    KIND_FIELDS(contact_fields)};

static const struct operation notify_role = {
    .name = "notify role",
    .practice = "notify",
    .help = "say who holds a role that must be told",
    .example = "calm notify role cio \"Eva Brandt\" --need \"decides on the shop's outage\"",
    OP_FIELDS(contact_fields),
    .kind = &contact,
    .roles = ROLES_WRITING,
    OP_MAKES("contact")};

static const struct operation notify_roles = {.name = "notify roles",
                                              .practice = "notify",
                                              .help =
                                                  "list who is to be told, and who can be called",
                                              .example = "calm notify roles",
                                              .kind = &contact,
                                              OP_LISTS};

#define TRUST WORDS("unknown", "trusted", "compromised")
static const struct field channel_fields[] = {
    FIELD_CALLED("name", "how it is called: office mail, phone, signal"),
    {.name = "trust",
     .type = FIELD_WORD,
     .choices = TRUST,
     .help = "whether the attacker may read it",
     .fallback = "unknown"},
    {.name = "relies-on",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "system",
     .help = "the systems it needs"},
    {.name = "because", .type = FIELD_LINE, .help = "why it is trusted, or not"},
    {.name = "reaches",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "whom it reaches, and at which address"},
    {.name = "source", .type = FIELD_LINE, .help = "where this is known from, if not from you"},
};
static const struct kind channel = {.name = "channel",
                                    .words = "channel",
                                    .change_words = "channel changed",
                                    KIND_FIELDS(channel_fields)};
static const struct operation notify_channel = {
    .name = "notify channel",
    .practice = "notify",
    .help = "name a way to reach people, and whether it can be trusted",
    .example = "calm notify channel \"office mail\" --relies-on mail1",
    OP_FIELDS(channel_fields),
    .kind = &channel,
    .roles = ROLES_WRITING,
    OP_MAKES("channel")};
static const struct field trust_fields[] = {
    FIELD_WHICH("channel", "channel", "which channel"),
    {.name = "trust",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = TRUST,
     .help = "whether the attacker may read it"},
    {.name = "because", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "why"},
};
static const struct operation notify_trust = {
    .name = "notify trust",
    .practice = "notify",
    .help = "clear a channel, or mark it compromised",
    .example = "calm notify trust \"office mail\" compromised --because \"the attacker read the "
               "postmaster's box\"",
    OP_FIELDS(trust_fields),
    .kind = &channel,
    .roles = ROLES_WRITING,
    OP_CHANGES("channel")};
static const struct operation notify_channels = {.name = "notify channels",
                                                 .practice = "notify",
                                                 .help = "list the channels",
                                                 .example = "calm notify channels",
                                                 .kind = &channel,
                                                 OP_LISTS};

static const struct field message_fields[] = {
    {.name = "text", .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .help = "the message"},
    {.name = "to", .type = FIELD_REF, .flags = FIELD_REQUIRED, .kind = "person", .help = "to whom"},
    {.name = "channel", .type = FIELD_REF, .kind = "channel", .help = "over which channel"},
    {.name = "about", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what it is about"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("draft", "sent", "acknowledged", "failed", "escalated"),
     .help = "how it stands"},
    {.name = "answer", .type = FIELD_TEXT, .help = "what came back"},
    {.name = "sent-at", .type = FIELD_TIME, .help = "when it was sent"},
    {.name = "escalated-to", .type = FIELD_REF, .kind = "person", .help = "who was told instead"},
};
static const struct kind message = {.name = "message",
                                    .prefix = "m",
                                    .words = "message drafted",
                                    .change_words = "message",
                                    KIND_FIELDS(message_fields)};

static const struct field draft_fields[] = {
    {.name = "to",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "person",
     .help = "to whom"},
    FIELD_SAID("text",
               "the message: what happened, what it means for them, what they should do, when news "
               "follows"),
    {.name = "channel", .type = FIELD_REF, .kind = "channel", .help = "over which channel"},
    {.name = "about", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what it is about: p1, web1"},
};

/* Why a channel may not be used now; false when it may. */
static bool channel_is_refused(const struct view *v, const struct thing *c, struct buf *why)
{
    const struct thing *t;

    if (thing_says(c, "trust", "compromised")) {
        buf_addf(why, STR_FMT " is marked compromised", STR_ARG(view_title(c)));
        return true;
    }
    if (thing_says(c, "trust", "trusted"))
        return false;
    for (size_t at = 0; (t = view_next(v, "system", &at));) {
        if (!view_refers(v, c, "relies-on", t) ||
            (!thing_says(t, "state", "affected") && !thing_says(t, "state", "suspected")))
            continue;
        buf_addf(why, STR_FMT " relies on " STR_FMT ", which is " STR_FMT, STR_ARG(view_title(c)),
                 STR_ARG(view_title(t)), STR_ARG(thing_value(t, "state")));
        return true;
    }
    return false;
}

static int check_channel(const struct view *v, const struct thing *c, struct err *e)
{
    CLEANUP_BUF struct buf why = {0};

    if (!c || !channel_is_refused(v, c, &why))
        return 0;
    return err_set(e, ERR_GATE,
                   "%s: the attacker may read what is sent there. Take another channel (the "
                   "telephone), or, when you are sure: calm notify trust \"" STR_FMT
                   "\" trusted --because WHY",
                   buf_text(&why), STR_ARG(view_title(c)));
}

/* A message goes at the label that its recipient may see. A recipient who is not on the team gets
 * what is amber at most. */
static enum tlp recipient_clearance(const struct thing *person)
{
    unsigned roles = roles_of(thing_value(person, "role"));

    return roles ? roles_clearance(roles) : TLP_AMBER;
}

static int decide_draft(struct decision *d, struct err *e)
{
    const struct thing *to = input_thing(d->view, d->op, d->input, "to");
    struct str lines = input_value(d->op, d->input, "about");
    struct draft *dr;
    int rc = check_channel(d->view, input_thing(d->view, d->op, d->input, "channel"), e);

    if (rc)
        return rc;
    while (lines.len) {
        const struct thing *about;
        struct id id;

        if (!hex_read(id.b, sizeof(id.b), str_cut(&lines, '\n')))
            continue;
        about = state_thing_by_id(d->view->state, &id);
        if (about && about->tlp > recipient_clearance(to))
            return err_set(e, ERR_DENIED,
                           STR_FMT " has no need to know of something labelled %s: leave it out, "
                                   "or give them a role that sees it",
                           STR_ARG(view_title(to)), tlp_mark(about->tlp));
    }
    dr = decision_add(d, "message/1");
    draft_take_input(d, dr, &message);
    draft_value(dr, "state", STR("draft"));
    buf_adds(&d->say, "Next:  say it or send it, then: calm notify sent mN --channel NAME\n");
    d->is_independent = true;
    return 0;
}

static const struct operation notify_draft = {
    .name = "notify draft",
    .practice = "notify",
    .help = "draft a message to one person, at their need to know",
    .example = "calm notify draft \"Eva Brandt\" \"The shop is off until noon. We suspect an "
               "incident and are looking. Next news at 11.\"",
    OP_FIELDS(draft_fields),
    .kind = &message,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("message/1"),
    .decide = decide_draft};

#define MESSAGE                                                                                    \
    {                                                                                              \
        .name = "message", .type = FIELD_REF, .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE, \
        .kind = "message", .help = "which: m1"                                                     \
    }
static const struct field sent_fields[] = {
    MESSAGE,
    {.name = "channel", .type = FIELD_REF, .kind = "channel", .help = "over which channel"}};

static int set_message(struct decision *d, const char *state, struct err *e)
{
    const struct thing *m = input_thing(d->view, d->op, d->input, "message");
    struct draft *dr;

    if (!m)
        return err_set(e, ERR_NOTFOUND, "say which message: calm notify list");
    dr = decision_add(d, "message-change/1");
    draft_ref(dr, &m->id);
    draft_take_input(d, dr, &message);
    draft_value(dr, "state", str_of(state));
    return 0;
}

static int decide_sent(struct decision *d, struct err *e)
{
    char now[UTC_TEXT_SIZE];
    const struct thing *m = input_thing(d->view, d->op, d->input, "message");
    const struct thing *c = input_thing(d->view, d->op, d->input, "channel");
    int rc = check_channel(d->view, c ? c : m ? view_ref(d->view, m, "channel") : NULL, e);

    if (rc == 0)
        rc = set_message(d, "sent", e);
    if (rc)
        return rc;
    utc_write(now, d->view->now);
    draft_value(&d->drafts[0], "sent-at",
                (struct str){arena_dup(d->arena, now, sizeof(now)), sizeof(now)});
    return 0;
}
static int decide_acknowledged(struct decision *d, struct err *e)
{
    return set_message(d, "acknowledged", e);
}
static int decide_failed(struct decision *d, struct err *e)
{
    return set_message(d, "failed", e);
}
static int decide_escalated(struct decision *d, struct err *e)
{
    return set_message(d, "escalated", e);
}

static const struct field answer_fields[] = {
    MESSAGE, {.name = "answer", .type = FIELD_TEXT, .flags = FIELD_ARG, .help = "what came back"}};
static const struct field escalate_fields[] = {MESSAGE,
                                               {.name = "escalated-to",
                                                .type = FIELD_REF,
                                                .flags = FIELD_REQUIRED,
                                                .kind = "person",
                                                .help = "who is told instead",
                                                .option = "to"}};

#define MESSAGE_OPERATION(code, word, words, example_text, table, decision)                        \
    static const struct operation code = {.name = "notify " word,                                  \
                                          .practice = "notify",                                    \
                                          .help = words,                                           \
                                          .example = example_text,                                 \
                                          OP_FIELDS(table),                                        \
                                          .kind = &message,                                        \
                                          .type = OP_CHANGE,                                       \
                                          .roles = ROLES_WRITING,                                  \
                                          .faces = FACE_ALL,                                       \
                                          .records = WORDS("message-change/1"),                    \
                                          .decide = decision}
MESSAGE_OPERATION(notify_sent, "sent", "a message was sent or said",
                  "calm notify sent m1 --channel phone", sent_fields, decide_sent);
MESSAGE_OPERATION(notify_acknowledged, "acknowledged", "its recipient has confirmed it",
                  "calm notify acknowledged m1 \"agrees: off until noon\"", answer_fields,
                  decide_acknowledged);
MESSAGE_OPERATION(notify_failed, "failed", "it did not reach its recipient",
                  "calm notify failed m1 \"no answer, three tries\"", answer_fields, decide_failed);
MESSAGE_OPERATION(notify_escalate, "escalate", "tell somebody else instead",
                  "calm notify escalate m1 --to \"Jan Falk\"", escalate_fields, decide_escalated);

static const struct operation notify_list = {.name = "notify list",
                                             .practice = "notify",
                                             .help = "list the messages and how they stand",
                                             .example = "calm notify list",
                                             .kind = &message,
                                             OP_LISTS};

static bool is_told(const struct view *v, const struct thing *person)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "message", "to", person, &at));)
        if (thing_says(t, "state", "sent") || thing_says(t, "state", "acknowledged"))
            return true;
    return person == v->person;
}

bool notify_role_is_told(const struct view *v, const char *role, const struct thing **person)
{
    const struct thing *t;

    *person = NULL;
    for (size_t at = 0; (t = view_next_with(v, "contact", "role", role, &at));)
        *person = view_ref(v, t, "person");
    return *person && is_told(v, *person);
}

static void notify_status(const struct view *v, struct practice_status *out)
{
    size_t told = 0;
    const struct thing *waiting = NULL;
    const char *unknown = NULL;

    law_status(v, out);
    for (size_t i = 0; notify_wanted[i]; i++) {
        const struct thing *person;

        if (notify_role_is_told(v, notify_wanted[i], &person)) {
            told++;
            buf_addf(&out->done, "%s: " STR_FMT " told\n", notify_wanted[i],
                     STR_ARG(view_title(person)));
        } else if (person) {
            buf_addf(&out->missing, "%s: " STR_FMT " not told yet\n", notify_wanted[i],
                     STR_ARG(view_title(person)));
            waiting = waiting ? waiting : person;
        } else {
            buf_addf(&out->missing, "%s: nobody named\n", notify_wanted[i]);
            unknown = unknown ? unknown : notify_wanted[i];
        }
    }
    out->stage = told == 0 ? STAGE_OPEN : unknown || waiting ? STAGE_UNDER_WAY : STAGE_DONE;
    if (told)
        buf_addf(&out->brief, "%zu of 5 roles told", told);
    if (waiting) {
        buf_addf(&out->next, "calm notify draft \"" STR_FMT "\" \"…\"",
                 STR_ARG(view_title(waiting)));
        buf_addf(&out->because, STR_FMT " must know, and has not been told",
                 STR_ARG(view_title(waiting)));
        out->urgency = 50;
    } else if (unknown) {
        buf_addf(&out->next, "calm notify role %s NAME", unknown);
        buf_addf(&out->because, "nobody is named yet as %s, who must be told", unknown);
        out->urgency = 36;
    }
    deadline_status(v, out);
}

extern const struct operation notify_start;
extern const struct operation notify_notified;
extern const struct operation notify_decide_not;
extern const struct operation notify_deadlines;

const struct practice practice_notify = {
    .verb = "notify",
    .title = "Notify the appropriate people",
    .help = "by need to know, over channels that can be trusted; legal deadlines",
    .kinds = LIST(struct kind, &contact, &channel, &message, &law_kind, &deadline_kind),
    .operations =
        LIST(struct operation, &notify_list, &notify_role, &notify_roles, &notify_channel,
             &notify_trust, &notify_channels, &notify_draft, &notify_sent, &notify_acknowledged,
             &notify_failed, &notify_escalate, &notify_law, &notify_laws, &notify_start,
             &notify_notified, &notify_decide_not, &notify_deadlines, &notify_script),
    .status = notify_status};
