/* note.c: everything that is seen, decided, said and found out, with its time and by whom. */
#include "practice/note_attach.h"
#include "practice/practice.h"
#include "practice/run.h"
#include "practice/seen.h"
#include "practice/travel.h"

#define ABOUT                                                                                      \
    {                                                                                              \
        .name = "about", .type = FIELD_REF, .flags = FIELD_MANY,                                   \
        .help = "what it is about: web1, p2, e3, r17"                                              \
    }

static const struct field note_fields[] = {
    FIELD_SAID("text", "what you see, as a fact"),
    ABOUT,
};
static const struct field decision_fields[] = {
    FIELD_SAID("text", "what was decided"),
    {.name = "because", .type = FIELD_TEXT, .help = "why"},
    {.name = "by-whom", .type = FIELD_LINE, .help = "who decided, if not you"},
    ABOUT,
};
static const struct field conversation_fields[] = {
    {.name = "text", .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .help = "what was said"},
    {.name = "with", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "with whom"},
    {.name = "via",
     .type = FIELD_WORD,
     .choices = WORDS("phone", "in-person", "mail", "chat", "video", "other"),
     .help = "how"},
    ABOUT,
};
static const struct field talk_fields[] = {
    FIELD_CALLED("with", "with whom"),
    FIELD_SAID("text", "what was said"),
    {.name = "via",
     .type = FIELD_WORD,
     .choices = WORDS("phone", "in-person", "mail", "chat", "video", "other"),
     .help = "how"},
    ABOUT,
};
static const struct field research_fields[] = {
    FIELD_SAID("text", "what you found out"),
    {.name = "source",
     .type = FIELD_LINE,
     .flags = FIELD_REQUIRED,
     .help = "where: an address, a manual, a person"},
    ABOUT,
};
static const struct field correction_fields[] = {
    {.name = "text", .type = FIELD_TEXT, .flags = FIELD_REQUIRED, .help = "what is right"},
    {.name = "of",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED,
     .help = "the record that it corrects"},
};
static const struct field correct_fields[] = {
    {.name = "of",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "the record that it corrects: r17"},
    FIELD_SAID("text", "what is right"),
};

#define NOTE_KIND(code, word, said)                                                                \
    static const struct kind code = {.name = word,                                                 \
                                     .words = said,                                                \
                                     .change_words = said,                                         \
                                     KIND_FIELDS(code##_fields),                                   \
                                     .keeps_no_values = true}
NOTE_KIND(note, "note", "observation");
NOTE_KIND(decision, "decision", "decision");
NOTE_KIND(conversation, "conversation", "conversation");
NOTE_KIND(research, "research", "research");
NOTE_KIND(correction, "correction", "correction");

static const struct operation note_add = {
    .name = "note add",
    .practice = "note",
    .help = "write down what you see; calm note \"text\" is enough",
    .example = "calm note \"fan of db1 is loud, red light on drive 3\" --at 02:50 --at-clock \"my "
               "watch\" --about db1",
    OP_FIELDS(note_fields),
    .kind = &note,
    .roles = ROLES_WRITING,
    OP_MAKES("note")};

static const struct operation note_decision = {
    .name = "note decision",
    .practice = "note",
    .help = "write down what was decided, and why",
    .example =
        "calm note decision \"the shop stays off until noon\" --because \"orders may be altered\"",
    OP_FIELDS(decision_fields),
    .kind = &decision,
    .roles = ROLES_WRITING,
    OP_MAKES("decision")};

static const struct operation note_talk = {
    .name = "note talk",
    .practice = "note",
    .help = "write down a conversation",
    .example =
        "calm note talk \"Eva Brandt\" \"says the shop was slow since Sunday evening\" --via phone",
    OP_FIELDS(talk_fields),
    .kind = &conversation,
    .roles = ROLES_WRITING,
    OP_MAKES("conversation")};

static int decide_call(struct decision *d, struct err *e)
{
    struct draft *dr = decision_add(d, "conversation/1");

    (void)e;
    draft_take_input(d, dr, &conversation);
    draft_value(dr, "via", STR("phone"));
    d->is_independent = true;
    return 0;
}

static const struct field call_fields[] = {
    FIELD_CALLED("with", "who called, or was called"),
    FIELD_SAID("text", "what was said"),
};

static const struct operation call = {
    .name = "call",
    .practice = "note",
    .help = "a telephone call in one line, for a phone that does not stop",
    .example = "calm call Meier \"cannot log in since 8, told him: work on paper until 10\"",
    OP_FIELDS(call_fields),
    .kind = &conversation,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("conversation/1"),
    .decide = decide_call};

static const struct operation note_research = {
    .name = "note research",
    .practice = "note",
    .help = "write down what a search or a manual said, with its source",
    .example = "calm note research \"kernel logs this message when a drive times out\" --source "
               "\"manual of the controller, p. 41\"",
    OP_FIELDS(research_fields),
    .kind = &research,
    .roles = ROLES_WRITING,
    OP_MAKES("research")};

static const struct operation note_correct = {
    .name = "note correct",
    .practice = "note",
    .help = "correct an earlier record; both stay, and refer to each other",
    .example = "calm note correct r17 \"it was drive 4, not 3\"",
    OP_FIELDS(correct_fields),
    .kind = &correction,
    .roles = ROLES_WRITING,
    OP_MAKES("correction")};

static void note_status(const struct view *v, struct practice_status *out)
{
    const struct record *r;
    struct utc last = {0};
    char span[UTC_PLAIN_SIZE];
    size_t count = 0;

    for (uint64_t seq = 0; (r = state_record(v->state, seq)); seq++) {
        if (!r->kind || !r->kind->keeps_no_values || !view_allows_record(v, r))
            continue;
        count++;
        if (utc_cmp(last, r->time) < 0)
            last = r->time;
    }
    out->stage = count ? STAGE_UNDER_WAY : STAGE_OPEN;
    if (count == 0) {
        buf_adds(&out->missing, "a first note: what was seen, when, by whom\n");
        buf_adds(&out->next, "calm note \"what I see\"");
        buf_adds(&out->because, "what is not written now is forgotten by noon");
        out->urgency = 70;
        return;
    }
    add_count(&out->done, count, "note, decision, conversation or finding",
              "notes, decisions, conversations and findings");
    buf_addc(&out->done, '\n');
    add_count(&out->brief, count, "entry", "entries");
    if (utc_minus_ms(v->now, last) > 30 * 60 * 1000) {
        buf_addf(&out->missing, "nothing was written for %s\n",
                 span_text(span, utc_minus_ms(v->now, last) / 1000));
        buf_adds(&out->next, "calm note \"what happened since\"");
        buf_addf(&out->because, "nothing was written for %s", span);
        out->urgency = 40;
    }
}

extern const struct operation log_show;
extern const struct operation log_checkpoint;
extern const struct operation log_anchor;
extern const struct operation log_export;
extern const struct operation log_merge;
extern const struct operation log_verify;
extern const struct operation log_hold;
extern const struct operation log_redact_request;
extern const struct operation log_redact_approve;
extern const struct operation log_redact;

const struct practice practice_note = {
    .verb = "note",
    .title = "Document everything",
    .help = "every action, piece of evidence and conversation, with its time",
    .usual = "note add",
    .kinds = LIST(struct kind, &note, &decision, &conversation, &research, &correction,
                  &recording_kind, &export_kind, &seen_kind),
    .operations =
        LIST(struct operation, &note_add, &note_decision, &note_talk, &call, &note_research,
             &note_correct, &note_attach, &run_command, &run_list, &log_show, &log_checkpoint,
             &log_verify, &log_anchor, &log_export, &log_merge, &seen_accept, &log_hold,
             &log_redact_request, &log_redact_approve, &log_redact),
    .status = note_status};
