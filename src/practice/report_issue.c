/* report_issue.c: a report is drafted from the record, reviewed, approved, and issued as evidence.
 */
#include "practice/report_issue.h"
#include "base/sink.h"
#include "journal/note.h"
#include "practice/evidence.h"
#include "practice/learn.h"
#include "practice/report_build.h"
#include "practice/verify.h"
#include "sys/file.h"

enum { FILE_COUNT = 3 };
static const char *const file_names[FILE_COUNT] = {"REPORT.html", "REPORT.md", "REPORT.json"};

static const struct buf *text_of(const struct report_texts *t, size_t i)
{
    const struct buf *const texts[FILE_COUNT] = {&t->html, &t->markdown, &t->json};

    return texts[i];
}

static int write_files(const char *folder, const struct report_texts *t, struct err *e)
{
    int rc = folder_make(folder, 0700, e);

    for (size_t i = 0; i < FILE_COUNT && rc == 0; i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "%s/%s", folder, file_names[i]);
        rc = file_write(buf_text(&path), buf_str(text_of(t, i)), 0600, e);
    }
    return rc;
}

/* "./monday-report" for a case in the folder monday.calm. */
static void default_folder(struct session *s, struct buf *out)
{
    struct str path = str_of(store_folder(session_store(s)));

    while (path.len && path.p[path.len - 1] == '/')
        path.len--;
    for (size_t i = path.len; i-- > 0;)
        if (path.p[i] == '/') {
            path = str_from(path, i + 1);
            break;
        }
    if (str_ends(path, ".calm"))
        path.len -= 5;
    sink_filename(out, path);
    buf_adds(out, "-report");
}

static void default_title(const struct view *v, enum tlp label, struct buf *out)
{
    struct view cut = view_at_most(v, label);

    buf_addf(out, "Report on %s",
             calm_conclusion_words(&cut)[0] == 'n'   ? "what was no incident"
             : calm_conclusion_words(&cut)[0] == 'i' ? "an incident"
                                                     : "a suspected incident");
}

const struct thing *report_last(const struct view *v)
{
    const struct thing *last = NULL;
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "report", &at));)
        last = t;
    return last;
}

static const struct thing *chosen_report(const struct view *v, const struct operation *op,
                                         const struct input *in)
{
    const struct thing *t = input_thing(v, op, in, "report");

    return t ? t : report_last(v);
}

static void add_digests(struct buf *out, const struct report_texts *t)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        struct hash h = hash_bytes(text_of(t, i)->p, text_of(t, i)->len);

        buf_adds(out, i ? "\n" : "");
        hex_add(out, h.b, sizeof(h.b));
        buf_addf(out, "  %s", file_names[i]);
    }
}

/* A report's own record is amber at least, whatever its label: it names the case and its people. */
static void set_label(struct draft *dr, enum tlp label)
{
    dr->tlp = label > TLP_AMBER ? label : TLP_AMBER;
}

static struct str take(struct decision *d, const struct buf *b)
{
    return (struct str){arena_dup(d->arena, buf_text(b), b->len), b->len};
}

static int append_draft(struct session *s, const struct view *v, const struct operation *op,
                        const struct input *in, const struct report_choice *c, const char *folder,
                        const struct report_texts *t, uint64_t *first, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf digests = {0};
    struct draft *dr;

    decision_begin(&d, v, op, in);
    d.is_independent = true;
    dr = decision_add(&d, "report/1");
    set_label(dr, c->label);
    draft_value(dr, "title", c->title);
    draft_value(dr, "state", STR("draft"));
    draft_value(dr, "label", str_of(tlp_names[c->label]));
    if (c->audience.len)
        draft_value(dr, "audience", c->audience);
    if (c->privilege.len)
        draft_value(dr, "privilege", c->privilege);
    if (c->distribution.len)
        draft_value(dr, "distribution", c->distribution);
    draft_value(dr, "folder", str_of(folder));
    add_digests(&digests, t);
    draft_value(dr, "digests", take(&d, &digests));
    draft_value(dr, "size",
                str_of(arena_printf(d.arena, "%llu", (unsigned long long)state_size(v->state))));
    return session_append(s, &d, first, e);
}

static void tell_files(struct answer *a, uint64_t seq, const char *what, const char *folder,
                       const char *next)
{
    struct json j;

    if (a->wants_json) {
        json_begin(&j, &a->json);
        json_object_begin(&j);
        json_put_u64(&j, "record", seq);
        json_put_text(&j, "folder", folder);
        json_name(&j, "files");
        json_array_begin(&j);
        for (size_t i = 0; i < FILE_COUNT; i++)
            json_text(&j, file_names[i]);
        json_array_end(&j);
        json_object_end(&j);
        return;
    }
    buf_addf(&a->text, "r%-4llu %s: REPORT.html, REPORT.md and REPORT.json in ",
             (unsigned long long)seq, what);
    sink_terminal(&a->text, str_of(folder), false);
    buf_addf(&a->text, "\nNext:  %s\n", next);
}

/* Who drafts signs with the record that the draft makes, so the draft itself leaves lines. */
static void begin_choice(const struct view *v, const struct operation *op, const struct input *in,
                         struct report_choice *c)
{
    struct view cut;

    *c = (struct report_choice){
        .title = input_value(op, in, "title"),
        .privilege = input_value(op, in, "privilege"),
        .audience = input_value(op, in, "audience"),
        .distribution = input_value(op, in, "distribution"),
        .label = in->has_tlp ? in->tlp : TLP_AMBER,
        .scope = in->scope,
        .status = DOC_DRAFT,
        .signers = {{.role = "Drafted by"}, {.role = "Reviewed by"}, {.role = "Approved by"}},
        .signer_count = 3};
    cut = view_at_most(v, c->label);
    if (v->person && view_allows(&cut, v->person))
        c->signers[0].name = view_title(v->person);
}

static int draft_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(report_texts_release) struct report_texts texts = {0};
    CLEANUP_BUF struct buf folder = {0};
    CLEANUP_BUF struct buf title = {0};
    struct report_choice c;
    struct view v;
    uint64_t first;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    begin_choice(&v, op, in, &c);
    if (c.label > v.clearance)
        return err_set(e, ERR_DENIED,
                       "you see what is labelled %s at most, so a report for %s readers is for "
                       "somebody else to draft",
                       tlp_mark(v.clearance), tlp_mark(c.label));
    default_title(&v, c.label, &title);
    if (!c.title.len)
        c.title = buf_str(&title);
    buf_addstr(&folder, input_value(op, in, "folder"));
    if (!folder.len)
        default_folder(s, &folder);
    rc = report_build(s, &v, &c, &texts, e);
    if (rc == 0)
        rc = write_files(buf_text(&folder), &texts, e);
    if (rc == 0)
        rc = append_draft(s, &v, op, in, &c, buf_text(&folder), &texts, &first, e);
    if (rc == 0)
        tell_files(a, first, "report drafted", buf_text(&folder),
                   "read it as a stranger would; then another person: calm report review");
    return rc;
}

static const struct field draft_fields[] = {
    {.name = "title", .type = FIELD_LINE, .flags = FIELD_ARG, .help = "how it is called"},
    {.name = "folder",
     .type = FIELD_PATH,
     .option = "file",
     .help = "the folder that its three files are written to"},
    {.name = "audience", .type = FIELD_LINE, .help = "for whom it is written: managers, the court"},
    {.name = "privilege",
     .type = FIELD_LINE,
     .help = "a mark for every page: prepared at the direction of counsel"},
    {.name = "distribution",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .option = "to",
     .help = "who gets it; may be given several times"},
};
const struct operation report_draft = {
    .name = "report draft",
    .practice = "report",
    .help = "write the report from the record, as HTML, Markdown and JSON",
    .example = "calm report draft --tlp amber --to \"Eva Brandt\" --privilege \"prepared at the "
               "direction of counsel\"",
    .more = "Everything in it is made from the record, as far as a reader of its label (--tlp, "
            "amber if not said) may see it. What is in a compartment is in a report for that "
            "compartment (--scope) alone. It can be drafted again and again; each draft is on "
            "record. The files go to ./NAME-report unless --file names another folder.",
    OP_FIELDS(draft_fields),
    .kind = &report_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("report/1"),
    .job = draft_job};

static bool is_about_report(const struct view *v, const struct record *r)
{
    const char *type = state_type(v->state, r);

    return strcmp(type, "report/1") == 0 || strcmp(type, "report-change/1") == 0 ||
           strcmp(type, "checkpoint/1") == 0 ||
           (r->thing && thing_is(r->thing, "evidence") && report_says(r->thing, "sort", "report"));
}

/* How many records were written after the draft that it therefore does not hold. */
static size_t count_newer(const struct view *v, const struct thing *t)
{
    uint64_t size = state_size(v->state);
    struct view cut = view_at_most(v, report_label(t));
    size_t count = 0;

    for (uint64_t seq = t->seq + 1; seq < size; seq++) {
        const struct record *r = state_record(v->state, seq);

        count += view_allows_record(&cut, r) && !is_about_report(v, r);
    }
    return count;
}

static bool is_overridden(const struct operation *op, const struct input *in)
{
    return in->values[op->field_count + COMMON_OVERRIDE].len > 0;
}

/* What is reviewed, approved and issued must be what was read. */
static int check_fresh(const struct view *v, const struct operation *op, const struct input *in,
                       const struct thing *t, struct err *e)
{
    size_t newer = count_newer(v, t);

    if (newer == 0 || is_overridden(op, in))
        return 0;
    return err_set(e, ERR_GATE,
                   "%zu record%s written after rp%u was drafted, and %s not in it. Draft it "
                   "again: calm report draft\nOr go on all the same: --override \"why\" (it stands "
                   "in the record)",
                   newer, newer == 1 ? " was" : "s were", t->number, newer == 1 ? "is" : "are");
}

/* Others who could take this step: anyone who writes may review, a lead or deputy approves. */
static size_t count_others(const struct decision *d)
{
    const struct view *v = d->view;
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(v, "person", &at));)
        count += t != v->person && thing_value_if(t, "key").len && !thing_value_if(t, "left").len &&
                 (roles_of(thing_value_if(t, "role")) & d->op->roles);
    return count;
}

static int check_other(const struct decision *d, const struct thing *t, const char *what,
                       struct err *e)
{
    const struct record *drafted = state_record(d->view->state, t->seq);

    if (!key_eq(state_key(d->view->state, drafted), &d->view->key) || count_others(d) == 0 ||
        is_overridden(d->op, d->input))
        return 0;
    return err_set(e, ERR_GATE,
                   "you drafted rp%u, so another person %s it. If they cannot: --override \"why\"",
                   t->number, what);
}

/* One step of a report: its new state, and who took it. */
static int decide_step(struct decision *d, const char *state, const char *by, struct err *e)
{
    const struct thing *t = chosen_report(d->view, d->op, d->input);
    struct draft *dr;
    int rc;

    if (!t)
        return err_set(e, ERR_NOTFOUND, "no report is drafted yet: calm report draft");
    if (report_says(t, "state", "issued"))
        return err_set(e, ERR_GATE,
                       "rp%u is issued already. For a later state of things: calm "
                       "report draft",
                       t->number);
    rc = check_other(d, t, strcmp(state, "reviewed") == 0 ? "reviews" : "approves", e);
    if (rc == 0)
        rc = check_fresh(d->view, d->op, d->input, t, e);
    if (rc)
        return rc;
    dr = decision_add(d, "report-change/1");
    set_label(dr, report_label(t));
    draft_ref(dr, &t->id);
    draft_take_input(d, dr, &report_kind);
    draft_value(dr, "state", str_of(state));
    draft_value_ref(d, dr, by, &d->view->person->id);
    return 0;
}

static int decide_review(struct decision *d, struct err *e)
{
    int rc = decide_step(d, "reviewed", "reviewed-by", e);

    if (rc == 0)
        buf_adds(&d->say, "Next:  a lead approves it: calm report approve\n");
    return rc;
}

static int decide_approve(struct decision *d, struct err *e)
{
    const struct thing *t = chosen_report(d->view, d->op, d->input);
    int rc;

    if (t && !report_says(t, "state", "reviewed") && !is_overridden(d->op, d->input))
        return err_set(e, ERR_GATE,
                       "rp%u has not been reviewed yet: calm report review\nOr go on all the same: "
                       "--override \"why\"",
                       t->number);
    rc = decide_step(d, "approved", "approved-by", e);
    if (rc == 0)
        buf_adds(&d->say, "Next:  calm report issue\n");
    return rc;
}

#define WHICH                                                                                      \
    {                                                                                              \
        .name = "report", .type = FIELD_REF, .flags = FIELD_OUTSIDE, .kind = "report",             \
        .help = "which: rp1; the last if not said"                                                 \
    }
static const struct field review_fields[] = {
    FIELD_SAID("review", "what was checked, and what you say to it"),
    WHICH,
};
static const struct field approve_fields[] = {
    {.name = "approval", .type = FIELD_TEXT, .flags = FIELD_ARG, .help = "with which words"},
    WHICH,
};
static const struct field issue_fields[] = {
    {.name = "folder",
     .type = FIELD_PATH,
     .option = "file",
     .help = "the folder that its three files are written to; the draft's if not said"},
    WHICH,
};

const struct operation report_review = {
    .name = "report review",
    .practice = "report",
    .help = "somebody other than its author has read it, and signs that",
    .example = "calm report review \"read against r1 to r60; times and hashes agree\"",
    OP_FIELDS(review_fields),
    .kind = &report_kind,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("report-change/1"),
    .decide = decide_review};

const struct operation report_approve = {.name = "report approve",
                                         .practice = "report",
                                         .help = "a lead approves it, and signs that",
                                         .example =
                                             "calm report approve \"approved for the board\"",
                                         OP_FIELDS(approve_fields),
                                         .kind = &report_kind,
                                         .type = OP_CHANGE,
                                         .roles = ROLES_LEADING,
                                         .faces = FACE_ALL,
                                         .records = WORDS("report-change/1"),
                                         .decide = decide_approve};

static int put_blob(struct session *s, const struct buf *text, struct blob_digests *out,
                    struct err *e)
{
    CLEANUP(blob_abortp) struct blob_writer *w = NULL;
    int rc = blob_begin(&w, session_store(s), e);

    if (rc == 0)
        rc = blob_write(w, text->p, text->len, e);
    return rc ? rc : blob_commit(MOVE(w), out, e);
}

static int append_issue(struct session *s, const struct view *v, const struct operation *op,
                        const struct input *in, const struct thing *t, const char *folder,
                        const struct report_texts *texts, uint64_t *first, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf ids = {0};
    CLEANUP_BUF struct buf digests = {0};
    struct id id[FILE_COUNT];
    struct draft *dr;

    decision_begin(&d, v, op, in);
    d.is_independent = true;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        struct evidence_facts f = {.sort = "report", .has_blob = true};
        int rc = put_blob(s, text_of(texts, i), &f.digests, e);

        if (rc)
            return rc;
        f.title = str_of(arena_printf(d.arena, "%s, rp%u", file_names[i], t->number));
        f.source_path = str_of(arena_printf(d.arena, "%s/%s", folder, file_names[i]));
        dr = evidence_draft(&d, &f);
        set_label(dr, report_label(t));
        id[i] = dr->id;
    }
    dr = decision_add(&d, "report-change/1");
    set_label(dr, report_label(t));
    draft_ref(dr, &t->id);
    for (size_t i = 0; i < FILE_COUNT; i++) {
        buf_adds(&ids, i ? "\n" : "");
        hex_add(&ids, id[i].b, sizeof(id[i].b));
        draft_ref(dr, &id[i]);
    }
    draft_value(dr, "state", STR("issued"));
    draft_value(dr, "evidence", take(&d, &ids));
    add_digests(&digests, texts);
    draft_value(dr, "digests", take(&d, &digests));
    draft_value(dr, "folder", str_of(folder));
    if (is_overridden(op, in))
        draft_value(dr, "override", in->values[op->field_count + COMMON_OVERRIDE]);
    return session_append(s, &d, first, e);
}

static int check_issue(const struct view *v, const struct operation *op, const struct input *in,
                       const struct thing *t, struct err *e)
{
    if (!t)
        return err_set(e, ERR_NOTFOUND, "no report is drafted yet: calm report draft");
    if (report_says(t, "state", "issued"))
        return err_set(e, ERR_GATE,
                       "rp%u is issued already. For a later state of things: calm "
                       "report draft",
                       t->number);
    if (!report_says(t, "state", "approved") && !is_overridden(op, in))
        return err_set(e, ERR_GATE,
                       "rp%u is not approved yet: calm report approve (a lead)\nOr go on all the "
                       "same: --override \"why\"",
                       t->number);
    return check_fresh(v, op, in, t, e);
}

static void tell_root(const struct view *v, struct answer *a)
{
    struct hash root = state_root(v->state);

    if (a->wants_json)
        return;
    buf_addf(&a->text,
             "The root of the %llu records before it, for a page that is kept apart from\n"
             "the case:\n  ",
             (unsigned long long)state_size(v->state));
    verify_root(&a->text, &root, "\n  ");
    buf_addc(&a->text, '\n');
}

static int issue(struct session *s, const struct operation *op, const struct input *in,
                 struct arena *arena, struct answer *a, struct err *e)
{
    CLEANUP(report_texts_release) struct report_texts texts = {0};
    struct report_choice c;
    const struct thing *t;
    const char *folder;
    struct view v;
    uint64_t first;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    t = chosen_report(&v, op, in);
    report_choose(s, &v, t, arena, &c);
    c.is_issued = true;
    folder = arena_printf(arena, STR_FMT,
                          STR_ARG(input_has(op, in, "folder") ? input_value(op, in, "folder")
                                                              : thing_value_if(t, "folder")));
    rc = report_build(s, &v, &c, &texts, e);
    if (rc == 0)
        rc = write_files(folder, &texts, e);
    if (rc == 0)
        tell_root(&v, a);
    if (rc == 0)
        rc = append_issue(s, &v, op, in, t, folder, &texts, &first, e);
    if (rc == 0)
        tell_files(a, first, "report issued, and taken into evidence", folder,
                   "print the page with the root and keep it apart; then calm learn");
    return rc;
}

static int issue_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = check_issue(&v, op, in, chosen_report(&v, op, in), e);
    if (rc == 0)
        rc = session_checkpoint(s, e);
    if (rc == 0)
        rc = issue(s, op, in, arena, a, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    return rc ? rc : learn_keep(&v, a->around, e);
}

const struct operation report_issue = {
    .name = "report issue",
    .practice = "report",
    .help = "issue the approved report: written anew with its signatures, and taken into evidence",
    .example = "calm report issue",
    .more = "A checkpoint is signed first. The root that the report prints, kept on paper apart "
            "from the case, lets anyone prove later that the record is the one it was made from.",
    OP_FIELDS(issue_fields),
    .kind = &report_kind,
    .type = OP_JOB,
    .roles = ROLES_LEADING,
    .faces = FACE_ALL,
    .records = WORDS("checkpoint/1", "evidence/1", "report-change/1"),
    .job = issue_job};
