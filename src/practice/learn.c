/* learn.c: what could have been handled better, by whom and until when; open ones greet the next
 * case. */
#include "practice/learn.h"
#include "base/sink.h"
#include "practice/calm.h"
#include "sys/file.h"

static const struct field lesson_fields[] = {
    FIELD_SAID("text", "what could have been handled better"),
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

enum { LESSONS_SIZE_MAX = 1 << 16, LESSON_WORDS_MAX = 200 };

static void add_words(struct buf *out, struct str words)
{
    sink_terminal(out, utf8_head_columns(words, LESSON_WORDS_MAX), false);
}

/* "monday 1a2b3c4d": the case's name alone is no sign of it, for cases are called by the day. */
static void add_mark(const struct view *v, struct buf *out)
{
    const struct thing *t = calm_case(v);

    if (t)
        add_words(out, view_title(t));
    buf_addc(out, ' ');
    hex_add(out, state_case_id(v->state)->b, 4);
}

static void add_lesson(const struct view *v, const struct thing *t, struct buf *out)
{
    char when[UTC_PLAIN_SIZE];
    struct utc due;

    add_mark(v, out);
    buf_addf(out, " le%u: ", t->number);
    add_words(out, view_title(t));
    if (thing_value(t, "do").len) {
        buf_adds(out, ": ");
        add_words(out, thing_value(t, "do"));
    }
    if (thing_value(t, "owner").len) {
        buf_adds(out, " (");
        add_words(out, thing_value(t, "owner"));
        buf_adds(out, ")");
    }
    if (thing_time(t, "due", &due))
        buf_addf(out, ", by %.10s", utc_local(when, due));
    buf_addc(out, '\n');
}

/* The lines of other cases stay. */
static void keep_others(const struct view *v, struct str old, struct buf *out)
{
    CLEANUP_BUF struct buf mark = {0};

    add_mark(v, &mark);
    buf_addc(&mark, ' ');
    while (old.len) {
        struct str line = str_cut(&old, '\n');

        if (!line.len || str_starts(line, buf_text(&mark)))
            continue;
        buf_addstr(out, line);
        buf_addc(out, '\n');
    }
}

int learn_keep(const struct view *v, const struct surroundings *around, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf old = {0};
    CLEANUP_BUF struct buf out = {0};
    const struct thing *t;
    int rc;

    if (!around || !around->state_folder)
        return 0;
    buf_addf(&path, "%s/lessons.txt", around->state_folder);
    rc = file_read(&old, buf_text(&path), LESSONS_SIZE_MAX, e);
    if (rc && rc != ERR_NOTFOUND)
        return rc;
    for (size_t at = 0; (t = view_next(v, "lesson", &at));)
        if (!thing_says(t, "state", "done") && !thing_says(t, "state", "dropped"))
            add_lesson(v, t, &out);
    keep_others(v, buf_str(&old), &out);
    if (!out.len && !old.len)
        return 0;
    rc = folder_make(around->state_folder, 0700, e);
    return rc ? rc
              : file_write(buf_text(&path), str_head(buf_str(&out), LESSONS_SIZE_MAX), 0600, e);
}

/* A change to a lesson, and then the file that greets the next case. */
static int change_and_keep(struct session *s, const struct operation *op, const struct input *in,
                           struct answer *a, struct err *e)
{
    struct operation change = *op;
    struct view v;
    int rc;

    change.type = OP_CHANGE;
    rc = session_perform(s, &change, in, a, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    return rc ? rc : learn_keep(&v, a->around, e);
}

static const struct operation learn_add = {
    .name = "learn add",
    .practice = "learn",
    .help = "note what could have been handled better; calm learn \"text\" is enough",
    .example = "calm learn \"the backup was on the same network\" --do \"one copy offline each "
               "week\" --owner \"Eva Brandt\" --due \"in 30 days\"",
    OP_FIELDS(lesson_fields),
    .kind = &lesson,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("lesson/1"),
    .decide = decide_make,
    .job = change_and_keep};

static const struct field lesson_change_fields[] = {
    FIELD_WHICH("lesson", "lesson", "which: le1"),
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
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("lesson-change/1"),
    .decide = decide_change,
    .job = change_and_keep};
static const struct operation learn_list = {.name = "learn list",
                                            .practice = "learn",
                                            .help = "list the lessons",
                                            .example = "calm learn list",
                                            .kind = &lesson,
                                            OP_LISTS};

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
