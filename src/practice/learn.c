/* learn.c: what could have been handled better, by whom and until when; open ones greet the next
 * case. */
#include "practice/practice.h"

static const struct field lesson_fields[] = {
    {.name = "text",
     .type = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "what could have been handled better"},
    {.name = "do", .type = FIELD_TEXT, .help = "what is recommended"},
    {.name = "owner", .type = FIELD_LINE, .help = "who sees to it"},
    {.name = "due", .type = FIELD_TIME, .help = "until when"},
    {.name = "practice",
     .type = FIELD_WORD,
     .choices = WORDS("note", "team", "snapshot", "assess", "problem", "stop", "notify", "preserve",
                      "analyse", "clean", "fix", "confirm", "report", "learn", "ready"),
     .help = "which practice it is about"},
    {.name = "time-lost", .type = FIELD_SPAN, .help = "how much time it cost"},
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("open", "done", "dropped"),
     .help = "how it stands"},
};
static const struct kind lesson = {.name = "lesson",
                                   .prefix = "le",
                                   .words = "lesson",
                                   .change_words = "lesson changed",
                                   KIND_FIELDS(lesson_fields)};

static const struct operation learn_add = {
    .name = "learn add",
    .practice = "learn",
    .help = "note what could have been handled better; calm learn \"text\" is enough",
    .example = "calm learn \"the backup was on the same network\" --do \"one copy offline each "
               "week\" --owner \"Eva Brandt\" --due \"in 30 days\"",
    OP_FIELDS(lesson_fields),
    .kind = &lesson,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("lesson/1"),
    .decide = decide_make};

static const struct field lesson_change_fields[] = {
    {.name = "lesson",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
     .kind = "lesson",
     .help = "which: le1"},
    {.name = "state",
     .type = FIELD_WORD,
     .flags = FIELD_ARG,
     .choices = WORDS("open", "done", "dropped"),
     .help = "how it stands"},
    {.name = "owner", .type = FIELD_LINE, .help = "who sees to it"},
    {.name = "due", .type = FIELD_TIME, .help = "until when"},
    {.name = "do", .type = FIELD_TEXT, .help = "what is recommended"},
};
static const struct operation learn_mark = {
    .name = "learn mark",
    .practice = "learn",
    .help = "a lesson was carried out, dropped, or given to somebody",
    .example = "calm learn mark le1 done",
    OP_FIELDS(lesson_change_fields),
    .kind = &lesson,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("lesson-change/1"),
    .decide = decide_change};
static const struct operation learn_list = {.name = "learn list",
                                            .practice = "learn",
                                            .help = "list the lessons",
                                            .example = "calm learn list",
                                            .kind = &lesson,
                                            .type = OP_QUERY,
                                            .faces = FACE_ALL,
                                            .query = query_list};

static void learn_status(const struct view *v, struct practice_status *out)
{
    const struct thing *t;
    size_t count = 0;
    size_t loose = 0;

    for (size_t at = 0; (t = view_next(v, "lesson", &at)); count++) {
        bool is_loose = !thing_value(t, "owner").len || !thing_value(t, "due").len;

        loose += is_loose;
        buf_addf(is_loose ? &out->missing : &out->done,
                 is_loose ? "an owner and a date for le%u " STR_FMT "\n" : "le%u " STR_FMT "\n",
                 t->number, STR_ARG(str_head(view_title(t), 80)));
    }
    out->stage = count == 0 ? STAGE_OPEN : loose ? STAGE_UNDER_WAY : STAGE_DONE;
    if (count)
        add_count(&out->brief, count, "lesson", "lessons");
    if (count == 0) {
        buf_adds(&out->missing, "what could have been handled better\n");
        buf_adds(&out->next, "calm learn \"what could have been handled better\"");
        buf_adds(&out->because, "it is fresh now");
        out->urgency = view_count(v, "signoff") ? 12 : 3;
    }
}

const struct practice practice_learn = {
    .verb = "learn",
    .title = "Learn",
    .help = "what could have been handled better, with owners and dates",
    .usual = "learn add",
    .kinds = LIST(struct kind, &lesson),
    .operations = LIST(struct operation, &learn_add, &learn_mark, &learn_list),
    .status = learn_status};
