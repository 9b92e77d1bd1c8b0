/* notify_message.c: messages as things of the case, and one that a person writes. */
#include "practice/notify_reach.h"

static const struct field message_fields[] = {
    {.name = "text", .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .help = "the message"},
    {.name = "to", .type = FIELD_REF, .flags = FIELD_REQUIRED, .kind = "person", .help = "to whom"},
    {.name = "channel", .type = FIELD_REF, .kind = "channel", .help = "over which channel"},
    {.name = "about", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what it is about"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("draft", "sent", "acknowledged", "failed", "escalated", "sending", "waiting",
                      "unknown", "phone"),
     .help = "how it stands"},
    {.name = "answer", .type = FIELD_TEXT, .help = "what came back"},
    {.name = "sent-at", .type = FIELD_TIME, .help = "when it was sent"},
    {.name = "escalated-to", .type = FIELD_REF, .kind = "person", .help = "who was told instead"},
    {.name = "template", .type = FIELD_LINE, .help = "the text that it was made from"},
    {.name = "subject", .type = FIELD_LINE, .help = "what it is called, where that is protected"},
    {.name = "word", .type = FIELD_LINE, .help = "the one-time word that acknowledges it"},
    {.name = "by-word", .type = FIELD_FLAG, .help = "its recipient said the word"},
    {.name = "answer-within", .type = FIELD_SPAN, .help = "silence that is longer escalates"},
    {.name = "answer-by", .type = FIELD_TIME, .help = "until when an answer is waited for"},
    {.name = "address", .type = FIELD_LINE, .help = "to which address it goes"},
    {.name = "attempts", .type = FIELD_NUMBER, .help = "how often it was tried"},
    {.name = "sending-until",
     .type = FIELD_TIME,
     .help = "an attempt without an outcome has ended by then"},
    {.name = "next-try", .type = FIELD_TIME, .help = "when it is tried again"},
    {.name = "tries-until", .type = FIELD_TIME, .help = "until when this channel is tried"},
    {.name = "tried",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "channel",
     .help = "channels that did not take it"},
    {.name = "may-have-arrived",
     .type = FIELD_FLAG,
     .help = "an attempt ended so that nobody knows; only the same channel may repeat it"},
    {.name = "why", .type = FIELD_TEXT, .help = "why it stands so"},
    {.name = "instead-of", .type = FIELD_REF, .kind = "message", .help = "which was not answered"},
    {.name = "deadline", .type = FIELD_REF, .kind = "deadline", .help = "which it reminds of"},
    {.name = "before", .type = FIELD_SPAN, .help = "how long before the deadline it stands for"},
};
const struct kind notify_message_kind = {.name = "message",
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

static int decide_draft(struct decision *d, struct err *e)
{
    const struct thing *to = input_thing(d->view, d->op, d->input, "to");
    struct str lines = input_value(d->op, d->input, "about");
    struct draft *dr;
    int rc = notify_channel_check(d->view, input_thing(d->view, d->op, d->input, "channel"), e);

    if (rc)
        return rc;
    while (lines.len) {
        const struct thing *about;
        struct id id;

        if (!hex_read(id.b, sizeof(id.b), str_cut(&lines, '\n')))
            continue;
        about = state_thing_by_id(d->view->state, &id);
        if (about && about->tlp > notify_clearance(to))
            return err_set(e, ERR_DENIED,
                           STR_FMT " has no need to know of something labelled %s: leave it out, "
                                   "or give them a role that sees it",
                           STR_ARG(view_title(to)), tlp_mark(about->tlp));
    }
    dr = decision_add(d, "message/1");
    draft_take_input(d, dr, &notify_message_kind);
    draft_value(dr, "state", STR("draft"));
    buf_adds(&d->say, "Next:  say it or send it, then: calm notify sent mN --channel NAME (or: "
                      "calm notify send mN)\n");
    d->is_independent = true;
    return 0;
}

const struct operation notify_draft = {
    .name = "notify draft",
    .practice = "notify",
    .help = "draft a message to one person, at their need to know",
    .example = "calm notify draft \"Eva Brandt\" \"The shop is off until noon. We suspect an "
               "incident and are looking. Next news at 11.\"",
    OP_FIELDS(draft_fields),
    .kind = &notify_message_kind,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("message/1"),
    .decide = decide_draft};
