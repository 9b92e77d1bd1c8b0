/* notify_write.c: makes a message from a template, for one person, at what they may know, and shows
 * it before anything goes. */
#include "practice/notify_write.h"
#include "practice/notify_reach.h"
#include "practice/notify_show.h"
#include "practice/notify_template.h"
#include "sys/clock.h"

void notify_word_draw(char out[NOTIFY_WORD_SIZE + 1])
{
    static const char letters[] = NOTIFY_WORD_LETTERS; /* 32, so that each is as likely */
    bool has_digit, has_letter;

    do {
        uint8_t bytes[NOTIFY_WORD_SIZE];

        random_bytes(bytes, sizeof(bytes));
        has_digit = has_letter = false;
        for (size_t i = 0; i < NOTIFY_WORD_SIZE; i++) {
            out[i] = letters[bytes[i] % 32];
            has_digit = has_digit || out[i] <= '9';
            has_letter = has_letter || out[i] > '9';
        }
    } while (!has_digit || !has_letter);
    out[NOTIFY_WORD_SIZE] = '\0';
}

/* Need to know: the text is for roles, and this person holds one of them. */
static int check_roles(const struct view *v, const struct notify_template *t,
                       const struct thing *to, struct str name, struct err *e)
{
    const struct thing *c;

    if (notify_template_is_for(t, STR("anyone")))
        return 0;
    for (size_t at = 0; (c = view_next_of(v, "contact", "person", to, &at));)
        if (notify_template_is_for(t, thing_value(c, "role")))
            return 0;
    return err_set(
        e, ERR_DENIED,
        STR_FMT " is for those who hold one of: %s; and " STR_FMT
                " holds none. If they do: calm notify role ROLE \"" STR_FMT "\" --need WHY",
        STR_ARG(name), buf_text(&t->roles), STR_ARG(view_title(to)), STR_ARG(view_title(to)));
}

/* What is being written. */
struct writing {
    struct notify_template t;
    const struct thing *to;
    char word[NOTIFY_WORD_SIZE + 1];
    enum tlp label;
    const struct thing *deadline; /* of a reminder; else NULL */
    struct buf text;
    struct buf left_out; /* names of values for which parts were left out */
};

static void writing_release(struct writing *w)
{
    notify_template_release(&w->t);
    buf_release(&w->text);
    buf_release(&w->left_out);
}

static enum tlp label_of(const struct writing *w, const struct input *in)
{
    enum tlp most = notify_clearance(w->to);

    most = w->t.label < most ? w->t.label : most;
    return in->has_tlp && in->tlp < most ? in->tlp : most;
}

/* What to type for each value that is missing. */
static int say_missing(const struct writing *w, struct str template, struct str names,
                       struct err *e)
{
    CLEANUP_BUF struct buf sets = {0};
    struct str rest = names;

    while (rest.len) {
        struct str name = str_trim(str_cut(&rest, ','));

        buf_addf(&sets, " --set " STR_FMT "=\"…\"", STR_ARG(name));
    }
    return err_set(e, ERR_USAGE,
                   STR_FMT " would have a hole: it needs " STR_FMT
                           ", which the case does not know, or which they may not be told. Say it: "
                           "calm notify write \"" STR_FMT "\" " STR_FMT "%s",
                   STR_ARG(template), STR_ARG(names), STR_ARG(view_title(w->to)), STR_ARG(template),
                   buf_text(&sets));
}

/* Whatever the writer may see, the text has only what its reader may. */
static int fill(struct writing *w, const struct decision *d, struct str template, struct str set,
                const struct thing *system, struct err *e)
{
    struct view cut = view_at_most(d->view, w->label);
    struct script s = {.view = &cut, .arena = d->arena, .label = w->label, .deadline = w->deadline};
    struct template_values values = {.to = view_title(w->to), .set = set};
    CLEANUP_BUF struct buf missing = {0};

    cut.only_scope =
        d->input->scope.len ? arena_dup(d->arena, d->input->scope.p, d->input->scope.len) : "team";
    s.system = system && view_allows(&cut, system) ? system : NULL;
    if (w->t.has_word)
        notify_word_draw(w->word);
    values.word = str_of(w->word);
    notify_template_fill(&w->t, &s, &values, &w->text, &w->left_out, &missing);
    return missing.len ? say_missing(w, template, buf_str(&missing), e) : 0;
}

static int64_t answer_s(const struct writing *w, const struct decision *d, struct str within)
{
    const struct thing *contact = notify_contact_of(d->view, w->to);
    uint64_t said = 0;

    if (str_u64(within, &said) ||
        (contact && str_u64(thing_value(contact, "answer-within"), &said)))
        return (int64_t)said;
    return w->t.answer_s;
}

static struct draft *draft(struct decision *d, const struct writing *w, struct str within)
{
    struct draft *dr = decision_add(d, "message/1");
    int64_t wait_s = answer_s(w, d, within);

    dr->tlp = w->label;
    draft_value(dr, "text", str_of(arena_strdup(d->arena, buf_text(&w->text))));
    draft_value(dr, "subject", str_of(arena_dup(d->arena, w->t.subject.p, w->t.subject.len)));
    if (w->word[0])
        draft_value(dr, "word", str_of(arena_strdup(d->arena, w->word)));
    if (wait_s && !within.len)
        draft_value(dr, "answer-within", str_of(arena_printf(d->arena, "%lld", (long long)wait_s)));
    return dr;
}

static void tell(const struct writing *w, const struct thing *m, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    struct json j;

    if (a->wants_json) {
        json_begin(&j, &a->json);
        json_object_begin(&j);
        json_put_u64(&j, "message", m->number);
        json_put_str(&j, "text", buf_str(&w->text));
        json_put_text(&j, "label", tlp_names[w->label]);
        json_put_str(&j, "left_out", buf_str(&w->left_out));
        json_object_end(&j);
        return;
    }
    notify_put_text(&screen, buf_str(&w->text), SIZE_MAX);
    screen_blank(&screen);
    if (w->left_out.len)
        screen_printf(&screen, 0,
                      "Left out, since the case does not know it: %s. To say it: --set NAME=VALUE",
                      buf_text(&w->left_out));
    screen_printf(&screen, 0, "m%u is a draft for " STR_FMT ", %s.", m->number,
                  STR_ARG(view_title(w->to)), tlp_mark(w->label));
    buf_addf(&a->text,
             "Next:  calm notify preview m%u   how it would go, and to where\n"
             "       calm notify send m%u\n",
             m->number, m->number);
}

static int prepare(struct writing *w, struct decision *d, const struct surroundings *around,
                   struct err *e)
{
    struct str name = input_value(d->op, d->input, "template");
    const struct thing *channel = input_thing(d->view, d->op, d->input, "channel");
    int rc = notify_template_check_set(input_value(d->op, d->input, "set"), d->view->now, e);

    w->to = input_thing(d->view, d->op, d->input, "to");
    if (rc == 0 && !w->to)
        rc = err_set(e, ERR_NOTFOUND, "say to whom: calm team list");
    if (rc == 0)
        rc = notify_channel_check(d->view, channel, e);
    if (rc == 0)
        rc = notify_template_load(&w->t, around, name, e);
    if (rc == 0)
        rc = check_roles(d->view, &w->t, w->to, name, e);
    return rc;
}

static int write_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(writing_release) struct writing w = {0};
    CLEANUP(decision_release) struct decision d = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc == 0)
        rc = prepare(&w, &d, a->around, e);
    if (rc)
        return rc;
    d.is_independent = true;
    w.label = label_of(&w, in);
    rc = fill(&w, &d, input_value(op, in, "template"), input_value(op, in, "set"),
              input_thing(d.view, op, in, "system"), e);
    if (rc)
        return rc;
    dr = draft(&d, &w, input_value(op, in, "answer-within"));
    draft_take_input(&d, dr, &notify_message_kind);
    draft_value(dr, "state", STR("draft"));
    rc = session_append(s, &d, &first, e);
    if (rc == 0)
        tell(&w, state_thing_by_id(session_state(s), &d.drafts[0].id), a);
    return rc;
}

int notify_write_reminder(struct decision *d, const struct surroundings *around,
                          const struct thing *deadline, const struct thing *to, int64_t before_s,
                          struct err *e)
{
    CLEANUP(writing_release) struct writing w = {.to = to, .deadline = deadline};
    struct draft *dr;
    enum tlp most;
    int rc = notify_template_load(&w.t, around, STR("reminder"), e);

    if (rc)
        return rc;
    most = notify_clearance(to) < w.t.label ? notify_clearance(to) : w.t.label;
    w.label = deadline->tlp;
    if (w.label > most)
        return err_set(
            e, ERR_DENIED,
            "d%u is %s, and a reminder to " STR_FMT " carries %s at most: remind them yourself",
            deadline->number, tlp_mark(w.label), STR_ARG(view_title(to)), tlp_mark(most));
    rc = fill(&w, d, STR("reminder"), STR(""), NULL, e);
    if (rc)
        return rc;
    dr = draft(d, &w, STR(""));
    draft_value_ref(d, dr, "to", &to->id);
    draft_value_ref(d, dr, "deadline", &deadline->id);
    draft_value(dr, "before", str_of(arena_printf(d->arena, "%lld", (long long)before_s)));
    draft_value(dr, "template", STR("reminder"));
    draft_value(dr, "state", STR("waiting")); /* so that it goes even if this program ends now */
    return 0;
}

static const struct field write_fields[] = {
    {.name = "to",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "person",
     .help = "to whom"},
    {.name = "template",
     .type = FIELD_LINE,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "which text (calm notify templates): first-alarm, status, management … or your own"},
    {.name = "set",
     .type = FIELD_LINE,
     .flags = FIELD_MANY | FIELD_OUTSIDE,
     .help = "NAME=VALUE: a value that the case does not know, or should not say so"},
    {.name = "system",
     .type = FIELD_REF,
     .flags = FIELD_OUTSIDE,
     .kind = "system",
     .help = "which system it is about, for owners"},
    {.name = "channel", .type = FIELD_REF, .kind = "channel", .help = "over which channel first"},
    {.name = "about", .type = FIELD_REF, .flags = FIELD_MANY, .help = "what it is about: p1, web1"},
    {.name = "answer-within",
     .type = FIELD_SPAN,
     .help = "silence that is longer goes to the alternate"},
};

const struct operation notify_write = {
    .name = "notify write",
    .practice = "notify",
    .help = "make a message from a text in plain language, filled in from the case",
    .example = "calm notify write \"Eva Brandt\" first-alarm --set next_update=11:00 --set "
               "contact=\"0171 222222\"",
    .more =
        "Only what the recipient may know is filled in: by the label of the text and of the "
        "recipient, and nothing of a compartment but the message's own. Parts of the text for "
        "which "
        "the case knows nothing are left out; a value without which it would have a hole is asked "
        "for. A text with a word asks the recipient to say it by telephone: calm notify "
        "acknowledged m1 WORD.",
    OP_FIELDS(write_fields),
    .kind = &notify_message_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("message/1"),
    .job = write_job};
