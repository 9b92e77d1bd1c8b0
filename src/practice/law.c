/* law.c: which laws apply, decided beforehand or now, so that nobody looks for them at night. */
#include "practice/law.h"

#define APPLIES WORDS("yes", "no", "unknown")

static const struct field fields[] = {
    {.name = "law",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = LAWS,
     .help = "which law, contract or rule"},
    {.name = "applies",
     .type = FIELD_WORD,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .choices = APPLIES,
     .help = "whether it applies to this organisation"},
    {.name = "decided-by", .type = FIELD_LINE, .help = "who decided, if not you"},
    {.name = "because", .type = FIELD_LINE, .help = "why"},
    {.name = "source", .type = FIELD_LINE, .help = "where this is known from, if not from you"},
};
const struct kind law_kind = {
    .name = "law", .words = "law", .change_words = "law changed", KIND_FIELDS(fields)};

bool law_is_known(struct str name)
{
    const char *const *laws = LAWS;

    for (size_t i = 0; laws[i]; i++)
        if (str_is(name, laws[i]))
            return true;
    return false;
}

/* What was said of it before, and by whom, does not hold for the new answer. */
static int decide_law(struct decision *d, struct err *e)
{
    static const char *const before[] = {"because", "source"};
    int rc = decide_say(d, e);
    struct draft *dr;

    if (rc)
        return rc;
    dr = &d->drafts[0];
    if (!input_has(d->op, d->input, "decided-by") && d->view->person)
        draft_value(dr, "decided-by", view_title(d->view->person));
    for (size_t i = 0; i < COUNT_OF(before); i++)
        if (dr->ref_count && !input_has(d->op, d->input, before[i]))
            draft_value(dr, before[i], STR(""));
    return 0;
}

const struct operation notify_law = {
    .name = "notify law",
    .practice = "notify",
    .help = "say whether a law applies to the organisation, or correct it",
    .example = "calm notify law gdpr yes --decided-by \"Dr. Lang, counsel\"",
    .more = "It starts no clock: that is calm notify start, when its trigger has come.",
    OP_FIELDS(fields),
    .kind = &law_kind,
    .type = OP_CHANGE,
    .roles = ROLES_TELLING | ROLE_SCRIBE | ROLE_RESPONDER,
    .faces = FACE_ALL,
    .records = WORDS("law/1", "law-change/1"),
    .decide = decide_law};
const struct operation notify_laws = {.name = "notify laws",
                                      .practice = "notify",
                                      .help = "list which laws apply, and who decided that",
                                      .example = "calm notify laws",
                                      .kind = &law_kind,
                                      OP_LISTS};

static bool has_clock(const struct view *v, struct str law)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "deadline", &at));)
        if (str_eq(thing_value(t, "law"), law))
            return true;
    return false;
}

void law_status(const struct view *v, struct practice_status *out)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(v, "law", "applies", "yes", &at));)
        if (!has_clock(v, view_title(t)))
            buf_addf(&out->missing,
                     STR_FMT " applies: no clock started (calm notify start " STR_FMT ")\n",
                     STR_ARG(view_title(t)), STR_ARG(view_title(t)));
}
