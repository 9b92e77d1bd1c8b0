/* notify_message.c: a message that a person writes, says or sends by hand, and what came back. */
#include "practice/notify_reach.h"
#include "practice/notify_write.h"

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
    if (!d->input->has_tlp)
        dr->tlp = m->tlp;
    draft_ref(dr, &m->id);
    draft_take_input(d, dr, &notify_message_kind);
    draft_value(dr, "state", str_of(state));
    return 0;
}

static int decide_sent(struct decision *d, struct err *e)
{
    char now[UTC_TEXT_SIZE];
    const struct thing *m = input_thing(d->view, d->op, d->input, "message");
    const struct thing *c = input_thing(d->view, d->op, d->input, "channel");
    int rc = notify_channel_check(d->view, c ? c : m ? view_ref(d->view, m, "channel") : NULL, e);

    if (rc == 0)
        rc = set_message(d, "sent", e);
    if (rc)
        return rc;
    utc_write(now, d->view->now);
    draft_value(&d->drafts[0], "sent-at",
                (struct str){arena_dup(d->arena, now, sizeof(now)), sizeof(now)});
    return 0;
}

/* A word is said by telephone, so case, spaces and hyphens do not count. */
static size_t word_letters(struct str said, char out[NOTIFY_WORD_SIZE + 1], bool *has_digit)
{
    size_t count = 0;

    *has_digit = false;
    for (size_t i = 0; i < said.len; i++) {
        char c = said.p[i];

        if (c == ' ' || c == '-')
            continue;
        c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        if (count == NOTIFY_WORD_SIZE || !strchr(NOTIFY_WORD_LETTERS, c))
            return 0;
        *has_digit = *has_digit || (c >= '0' && c <= '9');
        out[count++] = c;
    }
    out[count] = '\0';
    return count;
}

/* What looks like a word and is not the one is refused; any other answer is as it was said. */
static int judge_word(const struct thing *m, struct str answer, bool *is_word, struct err *e)
{
    char said[NOTIFY_WORD_SIZE + 1], word[NOTIFY_WORD_SIZE + 1];
    struct str expected = m ? thing_value(m, "word") : STR("");
    bool has_digit, ignored;

    *is_word = false;
    if (!expected.len || word_letters(answer, said, &has_digit) != NOTIFY_WORD_SIZE || !has_digit)
        return 0;
    if (word_letters(expected, word, &ignored) != NOTIFY_WORD_SIZE || strcmp(said, word) != 0)
        return err_set(e, ERR_DENIED,
                       "that is not the word of m%u: let them read it to you again. Whoever does "
                       "not have it may be somebody else",
                       m->number);
    *is_word = true;
    return 0;
}

static int decide_acknowledged(struct decision *d, struct err *e)
{
    struct str answer = input_value(d->op, d->input, "answer");
    bool is_word;
    int rc = judge_word(input_thing(d->view, d->op, d->input, "message"), answer, &is_word, e);

    if (rc == 0)
        rc = set_message(d, "acknowledged", e);
    if (rc == 0 && is_word)
        draft_value(&d->drafts[0], "by-word", STR("yes"));
    return rc;
}
/* They were asked: it did not arrive. So it may be sent again, over any channel. */
static int decide_failed(struct decision *d, struct err *e)
{
    int rc = set_message(d, "failed", e);

    if (rc == 0 &&
        thing_value(input_thing(d->view, d->op, d->input, "message"), "may-have-arrived").len)
        draft_value(&d->drafts[0], "may-have-arrived", STR(""));
    return rc;
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
    const struct operation code = {.name = "notify " word,                                         \
                                   .practice = "notify",                                           \
                                   .help = words,                                                  \
                                   .example = example_text,                                        \
                                   OP_FIELDS(table),                                               \
                                   .kind = &notify_message_kind,                                   \
                                   .type = OP_CHANGE,                                              \
                                   .roles = ROLES_WRITING,                                         \
                                   .faces = FACE_ALL,                                              \
                                   .records = WORDS("message-change/1"),                           \
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

const struct operation notify_list = {.name = "notify list",
                                      .practice = "notify",
                                      .help = "list the messages and how they stand",
                                      .example = "calm notify list",
                                      .kind = &notify_message_kind,
                                      OP_LISTS};
