/* notify_answer.c: what a person says of a message: that it was sent, answered, did not arrive, or
 * went to somebody else instead; only its one-time word shows that its reader has it. */
#include "practice/notify_answer.h"
#include "practice/notify_queue.h"
#include "practice/notify_reach.h"
#include "practice/notify_send.h"
#include "practice/notify_words.h"
#include "practice/notify_write.h"

/* What can be said of a message. */
enum {
    SAY_SENT = 1,
    SAY_ANSWERED = 2,
    SAY_CALLED = 4, /* answered in the very call in which it was said */
    SAY_FAILED = 8,
    SAY_INSTEAD = 16,
    SAY_BEFORE = SAY_SENT | SAY_CALLED | SAY_FAILED | SAY_INSTEAD, /* nobody has it yet */
    SAY_AFTER = SAY_ANSWERED | SAY_CALLED | SAY_FAILED | SAY_INSTEAD,
};

struct standing {
    const char *state;
    unsigned may;
    const char *why; /* the rest is not: a clause */
};
static const struct standing standings[] = {
    {"draft", SAY_BEFORE, "is a draft, which went to nobody yet"},
    {"waiting", SAY_BEFORE, "is not delivered yet"},
    {"phone", SAY_BEFORE, "is to be phoned, and was not yet"},
    {"failed", SAY_BEFORE | SAY_ANSWERED, ""},
    {"unknown", SAY_BEFORE | SAY_ANSWERED, ""},
    {"sent", SAY_AFTER, "is sent already"},
    {"escalated", SAY_AFTER, "was sent, and went to somebody else too"},
    {"acknowledged", SAY_AFTER & ~SAY_INSTEAD, "is acknowledged already"},
    {"sending", 0, "is being sent just now"},
};

static const struct standing *standing_of(const struct view *v, const struct thing *m)
{
    static const struct standing arrived = {"waiting", SAY_BEFORE | SAY_ANSWERED, ""};
    static const struct standing shown = {"acknowledged", SAY_ANSWERED | SAY_CALLED,
                                          "is acknowledged with its word"};

    if (notify_is_cut_off(v, m) || thing_value(m, "may-have-arrived").len)
        return &arrived;
    if (thing_says(m, "state", "acknowledged") && thing_value(m, "by-word").len)
        return &shown;
    for (size_t i = 0; i < COUNT_OF(standings); i++)
        if (thing_says(m, "state", standings[i].state))
            return &standings[i];
    return &standings[0];
}

/* What to do first, where an answer comes to what nobody has. */
static const char *way_to_answer(const struct thing *m)
{
    return thing_says(m, "state", "waiting")
               ? "When it was said in a call: add --called. Else wait: calm notify queue"
               : "When it was said in a call: add --called. When it was sent by hand: calm notify "
                 "sent, with the channel, first";
}

/* Drafts the change, where a message in that state can have come to this. */
static int set_message(struct decision *d, const char *state, unsigned saying, struct err *e)
{
    const struct thing *m = input_thing(d->view, d->op, d->input, "message");
    const struct standing *now;
    struct draft *dr;

    if (!m)
        return err_set(e, ERR_NOTFOUND, "say which message: calm notify list");
    now = standing_of(d->view, m);
    if (!(now->may & saying))
        return err_set(e, ERR_GATE, "m%u %s%s%s", m->number, now->why,
                       saying == SAY_ANSWERED ? ", so nobody can have answered it. " : "",
                       saying == SAY_ANSWERED ? way_to_answer(m) : "");
    dr = notify_change(d, m, state);
    if (d->input->has_tlp)
        dr->tlp = d->input->tlp;
    draft_take_input(d, dr, &notify_message_kind);
    return 0;
}

static int decide_sent(struct decision *d, struct err *e)
{
    const struct thing *m = input_thing(d->view, d->op, d->input, "message");
    const struct thing *c = input_thing(d->view, d->op, d->input, "channel");
    int rc = notify_channel_check(d->view, c ? c : m ? view_ref(d->view, m, "channel") : NULL, e);

    if (rc == 0)
        rc = set_message(d, "sent", SAY_SENT, e);
    if (rc)
        return rc;
    notify_put_sent(d, &d->drafts[0], m);
    buf_addf(&d->say, "m%u is sent. Next:  calm notify acknowledged m%u%s\n", m->number, m->number,
             thing_value(m, "word").len ? " WORD" : " \"what came back\"");
    return 0;
}

/* A word is said by telephone, so case, spaces and hyphens do not count. */
static size_t word_letters(struct str said, char out[NOTIFY_WORD_SIZE + 1])
{
    size_t count = 0;

    for (size_t i = 0; i < said.len; i++) {
        char c = said.p[i];

        if (c == ' ' || c == '-')
            continue;
        c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        if (count == NOTIFY_WORD_SIZE || !strchr(NOTIFY_WORD_LETTERS, c))
            return 0;
        out[count++] = c;
    }
    out[count] = '\0';
    return count;
}

static bool is_same_word(struct str said, struct str expected)
{
    char one[NOTIFY_WORD_SIZE + 1], other[NOTIFY_WORD_SIZE + 1];

    return word_letters(said, one) == NOTIFY_WORD_SIZE &&
           word_letters(expected, other) == NOTIFY_WORD_SIZE && strcmp(one, other) == 0;
}

/* Where a message has a word, nothing else shows that its reader has it. */
static int judge_word(const struct thing *m, struct str said, bool has_other_words, struct err *e)
{
    unsigned n = m->number;

    if (!said.len && !has_other_words)
        return err_set(e, ERR_USAGE,
                       "m%u has a one-time word: calm notify acknowledged m%u WORD. If they "
                       "confirmed it in other words: --in-other-words \"what they said\"",
                       n, n);
    if (said.len && !is_same_word(said, thing_value(m, "word")))
        return err_set(e, ERR_DENIED,
                       "that is not the word of m%u: let them read it to you again (six letters "
                       "and digits; none is 0, 1, I or O). Whoever does not have it may be "
                       "somebody else. If they confirmed it in other words: calm notify "
                       "acknowledged m%u --in-other-words \"what they said\"; that stands as what "
                       "you say",
                       n, n);
    return 0;
}

/* It was said now, by telephone or in person: over no channel that sends by itself. */
static int put_called(struct decision *d, const struct thing *m, struct err *e)
{
    const struct thing *c = view_ref(d->view, m, "channel");
    bool is_by_hand = c && !thing_value(c, "account").len;
    struct draft *dr = &d->drafts[0];

    if (standing_of(d->view, m)->may & SAY_SENT)
        notify_put_time(d, dr, "sent-at", d->view->now);
    if (c && !is_by_hand)
        draft_value(dr, "channel", STR(""));
    return is_by_hand ? notify_channel_check(d->view, c, e) : 0;
}

static void say_acknowledged(struct decision *d, const struct thing *m, bool is_word)
{
    const struct thing *to = view_ref(d->view, m, "to");

    buf_addf(&d->say, "m%u is acknowledged by " STR_FMT " (%s).\n", m->number,
             STR_ARG(to ? view_title(to) : STR("its recipient")),
             is_word                      ? "word"
             : thing_value(m, "word").len ? "as you say, without the word"
                                          : "as you say");
}

static int decide_acknowledged(struct decision *d, struct err *e)
{
    const struct thing *m = input_thing(d->view, d->op, d->input, "message");
    struct str said = input_value(d->op, d->input, "answer");
    struct str other = input_value(d->op, d->input, "in-other-words");
    bool is_called = input_has(d->op, d->input, "called");
    bool has_word = m && thing_value(m, "word").len > 0;
    bool is_word = has_word && said.len > 0;
    int rc = set_message(d, "acknowledged", is_called ? SAY_CALLED : SAY_ANSWERED, e);

    if (rc == 0 && has_word)
        rc = judge_word(m, said, other.len > 0, e);
    if (rc == 0 && is_called)
        rc = put_called(d, m, e);
    if (rc)
        return rc;
    if (is_word)
        draft_value(&d->drafts[0], "by-word", STR("yes"));
    if (other.len || (said.len && !has_word))
        draft_value(&d->drafts[0], "answer", other.len ? other : said);
    say_acknowledged(d, m, is_word || thing_value(m, "by-word").len > 0);
    return 0;
}

/* They were asked: it did not arrive. So it may be sent again, over any channel. */
static int decide_failed(struct decision *d, struct err *e)
{
    const struct thing *m = input_thing(d->view, d->op, d->input, "message");
    int rc = set_message(d, "failed", SAY_FAILED, e);

    if (rc == 0 && thing_value(m, "may-have-arrived").len)
        draft_value(&d->drafts[0], "may-have-arrived", STR(""));
    return rc;
}

static int decide_escalated(struct decision *d, struct err *e)
{
    return set_message(d, "escalated", SAY_INSTEAD, e);
}

#define MESSAGE FIELD_WHICH("message", "message", "which: m1")
static const struct field sent_fields[] = {
    MESSAGE,
    {.name = "channel", .type = FIELD_REF, .kind = "channel", .help = "over which channel"}};
static const struct field acknowledged_fields[] = {
    MESSAGE,
    {.name = "answer",
     .type = FIELD_TEXT,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "its one-time word; where it has none, what came back"},
    {.name = "in-other-words",
     .type = FIELD_TEXT,
     .flags = FIELD_OUTSIDE,
     .help = "what they said instead of the word, or besides: it stands as what you say"},
    {.name = "called",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "it was said in this very call: notes that, too"},
};
static const struct field failed_fields[] = {
    MESSAGE, {.name = "answer", .type = FIELD_TEXT, .flags = FIELD_ARG, .help = "what came back"}};
static const struct field escalate_fields[] = {MESSAGE,
                                               {.name = "escalated-to",
                                                .type = FIELD_REF,
                                                .flags = FIELD_REQUIRED,
                                                .kind = "person",
                                                .help = "who is told instead",
                                                .option = "to"}};

#define MESSAGE_OPERATION(code, word, words, example_text, more_text, table, decision)             \
    const struct operation code = {.name = "notify " word,                                         \
                                   .practice = "notify",                                           \
                                   .help = words,                                                  \
                                   .example = example_text,                                        \
                                   .more = more_text,                                              \
                                   OP_FIELDS(table),                                               \
                                   .kind = &notify_message_kind,                                   \
                                   .type = OP_CHANGE,                                              \
                                   .roles = ROLES_WRITING,                                         \
                                   .faces = FACE_ALL,                                              \
                                   .records = WORDS("message-change/1"),                           \
                                   .decide = decision}
MESSAGE_OPERATION(notify_sent, "sent", "a message was sent or said",
                  "calm notify sent m1 --channel phone", NULL, sent_fields, decide_sent);
MESSAGE_OPERATION(
    notify_acknowledged, "acknowledged", "its recipient has confirmed it",
    "calm notify acknowledged m1 7K2QXF",
    "A message with a one-time word is acknowledged by that word alone: case, spaces and hyphens "
    "do not count. What they said in other words stands as what you say, on every screen and in "
    "the report. What was not sent, or not phoned yet, cannot be acknowledged; a call in which it "
    "was said and answered is noted at once with --called.",
    acknowledged_fields, decide_acknowledged);
MESSAGE_OPERATION(notify_failed, "failed", "it did not reach its recipient",
                  "calm notify failed m1 \"no answer, three tries\"", NULL, failed_fields,
                  decide_failed);
MESSAGE_OPERATION(notify_escalate, "escalate", "tell somebody else instead",
                  "calm notify escalate m1 --to \"Jan Falk\"", NULL, escalate_fields,
                  decide_escalated);
