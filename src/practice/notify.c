/* notify.c: who is told what, by need to know, over channels that can be trusted, with
 * acknowledgement and legal deadlines. */
#include "practice/notify.h"
#include "practice/notify_answer.h"
#include "practice/notify_phone.h"
#include "practice/notify_queue.h"
#include "practice/notify_trust.h"
#include "practice/notify_watch.h"
#include "practice/notify_words.h"
#include "practice/law.h"
#include "practice/script.h"

#define NOTIFY_ROLES                                                                               \
    WORDS("cio", "head-of-security", "local-security-manager", "operations-manager",               \
          "technical-operations", "management", "counsel", "data-protection", "personnel",         \
          "insurer", "police", "cert", "regulator", "owner", "users", "customers", "supplier",     \
          "provider", "other")

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
    {.name = "channel",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "channel",
     .help = "how they are reached, in the order in which it is tried"},
    {.name = "alternate",
     .type = FIELD_REF,
     .kind = "person",
     .help = "who is told where they do not answer"},
    {.name = "answer-within",
     .type = FIELD_SPAN,
     .help = "silence that is longer goes to the alternate: 30 min"},
    {.name = "source", .type = FIELD_LINE, .help = "where this is known from, if not from you"},
};
const struct kind notify_contact_kind = {.name = "contact",
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
    .kind = &notify_contact_kind,
    .roles = ROLES_WRITING,
    OP_MAKES("contact")};

static const struct operation notify_roles = {.name = "notify roles",
                                              .practice = "notify",
                                              .help =
                                                  "list who is to be told, and who can be called",
                                              .example = "calm notify roles",
                                              .kind = &notify_contact_kind,
                                              OP_LISTS};

static const struct field reach_fields[] = {
    FIELD_WHICH("contact", "contact", "whose: ct1 (calm notify roles)"),
    {.name = "channel",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "channel",
     .help = "how they are reached, in the order in which it is tried"},
    {.name = "alternate",
     .type = FIELD_REF,
     .kind = "person",
     .help = "who is told where they do not answer"},
    {.name = "answer-within",
     .type = FIELD_SPAN,
     .help = "silence that is longer goes to the alternate: 30 min"},
};
static const struct operation notify_reach = {
    .name = "notify reach",
    .practice = "notify",
    .help = "say how somebody is reached, in which order, and who is told instead",
    .example = "calm notify reach ct1 --channel signal --channel \"office mail\" --alternate \"Jan "
               "Falk\" --answer-within \"30 min\"",
    OP_FIELDS(reach_fields),
    .kind = &notify_contact_kind,
    .roles = ROLES_WRITING,
    OP_CHANGES("contact")};

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
    {.name = "account",
     .type = FIELD_LINE,
     .help = "the account in notify.conf that carries it; none: it is worked by hand"},
    {.name = "reaches",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "whom it reaches, and at which address"},
    {.name = "source", .type = FIELD_LINE, .help = "where this is known from, if not from you"},
};
const struct kind notify_channel_kind = {.name = "channel",
                                         .words = "channel",
                                         .change_words = "channel changed",
                                         KIND_FIELDS(channel_fields)};
static int say_channel(struct decision *d, struct err *e)
{
    int rc = notify_reaches_check(d->view, input_value(d->op, d->input, "reaches"), e);

    return rc ? rc : decide_say(d, e);
}

static const struct operation notify_channel = {
    .name = "notify channel",
    .practice = "notify",
    .help = "name a way to reach people, and whether it can be trusted",
    .example = "calm notify channel \"office mail\" --relies-on mail1",
    OP_FIELDS(channel_fields),
    .kind = &notify_channel_kind,
    .roles = ROLES_WRITING,
    .type = OP_CHANGE,
    .faces = FACE_ALL,
    .records = WORDS("channel/1", "channel-change/1"),
    .decide = say_channel};
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
    .more = "What is sent by itself goes only over channels that somebody trusted. A trust that "
            "was given before a system became affected on which the channel relies, over however "
            "many others, does not count any more: give it again, with the reason.",
    .example = "calm notify trust \"office mail\" compromised --because \"the attacker read the "
               "postmaster's box\"",
    OP_FIELDS(trust_fields),
    .kind = &notify_channel_kind,
    .roles = ROLES_WRITING,
    OP_CHANGES("channel")};
static const struct field carry_fields[] = {
    FIELD_WHICH("channel", "channel", "which channel"),
    {.name = "account", .type = FIELD_LINE, .help = "the account in notify.conf that carries it"},
    {.name = "reaches",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "whom it reaches, and at which address: \"Eva Brandt: eva@example.org\""},
    {.name = "relies-on",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "system",
     .help = "the systems it needs"},
};
static int change_carry(struct decision *d, struct err *e)
{
    int rc = notify_reaches_check(d->view, input_value(d->op, d->input, "reaches"), e);

    return rc ? rc : decide_change(d, e);
}

static const struct operation notify_carry = {
    .name = "notify carry",
    .practice = "notify",
    .help = "say which account carries a channel, and whom it reaches where",
    .example = "calm notify carry \"office mail\" --account mail --reaches \"Eva Brandt: "
               "eva@example.org\"",
    OP_FIELDS(carry_fields),
    .kind = &notify_channel_kind,
    .roles = ROLES_WRITING,
    .type = OP_CHANGE,
    .faces = FACE_ALL,
    .records = WORDS("channel-change/1"),
    .decide = change_carry};
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

/* Told, and whether anything shows that it reached them. */
static void add_told(const struct view *v, const char *role, const struct thing *person,
                     struct buf *out)
{
    const struct thing *t, *best = NULL;

    for (size_t at = 0; (t = view_next_of(v, "message", "to", person, &at));)
        if (thing_says(t, "state", "acknowledged") && (!best || !thing_value(best, "by-word").len))
            best = t;
    buf_addf(out, "%s: " STR_FMT " told", role, STR_ARG(view_title(person)));
    if (best && thing_value(best, "by-word").len) {
        buf_adds(out, ", acknowledged (word)");
    } else if (best) {
        buf_adds(out, ", acknowledged as ");
        view_signer_name(v, state_record(v->state, best->changed_seq), out);
        buf_adds(out, " says");
    } else if (person != v->person) {
        buf_adds(out, ", no answer yet");
    }
    buf_addc(out, '\n');
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
            add_told(v, notify_wanted[i], person, &out->done);
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
    notify_queue_status(v, out);
    deadline_status(v, out);
}

extern const struct operation notify_draft, notify_accounts, notify_templates, notify_write,
    notify_preview, notify_send, notify_queue, notify_due, notify_sheet;
extern const struct operation notify_start;
extern const struct operation notify_notified;
extern const struct operation notify_decide_not;
extern const struct operation notify_deadlines;

const struct practice practice_notify = {
    .verb = "notify",
    .title = "Notify the appropriate people",
    .help = "by need to know, over channels that can be trusted; legal deadlines",
    .kinds = LIST(struct kind, &notify_contact_kind, &notify_channel_kind, &notify_message_kind,
                  &law_kind, &deadline_kind),
    .operations = LIST(struct operation, &notify_list, &notify_role, &notify_roles, &notify_reach,
                       &notify_channel, &notify_carry, &notify_trust, &notify_channels,
                       &notify_accounts, &notify_templates, &notify_draft, &notify_write,
                       &notify_preview, &notify_send, &notify_watch, &notify_queue, &notify_due,
                       &notify_sheet, &notify_sent, &notify_acknowledged, &notify_failed,
                       &notify_escalate, &notify_law, &notify_laws, &notify_start, &notify_notified,
                       &notify_decide_not, &notify_deadlines, &notify_script),
    .status = notify_status};
