/* custody.c: an item's chain of custody as a form to sign. */
#include "practice/custody.h"
#include "base/sink.h"
#include "practice/calm.h"
#include "practice/custody_break.h"
#include "practice/custody_chain.h"
#include "practice/custody_check.h"
#include "practice/custody_facts.h"
#include "practice/custody_table.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "render/doc.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { BLANK_ROWS = 3 };

/* A fact that is a field of the item, or of what it was made by. */
static void add_fact(const struct view *v, struct doc *d, const struct thing *t,
                     const struct custody_fact *fact)
{
    const struct field *f = custody_fact_field(fact);
    CLEANUP_BUF struct buf value = {0};

    if (!thing_value(t, fact->field).len)
        return;
    if (f->type == FIELD_REF)
        view_show(v, t, f, true, &value);
    else
        custody_fact_spell(&value, f, thing_value(t, fact->field));
    doc_pair_str(d, fact->label, buf_str(&value));
}

/* Whether a file that lay in another folder is opened there: it is not in the item's place now. */
static bool is_elsewhere(const struct thing *item, struct str name)
{
    CLEANUP_BUF struct buf there = {0};
    CLEANUP_BUF struct buf here = {0};
    CLEANUP_BUF struct buf place = {0};

    buf_addstr(&place, thing_value(item, "place"));
    buf_addf(&here, "%s/" STR_FMT, buf_text(&place), STR_ARG(path_base(name)));
    buf_addstr(&there, name);
    /* Where none of this is connected, nobody can tell. */
    return !file_is_there(buf_text(&here)) &&
           (file_is_there(buf_text(&there)) || !file_is_there(buf_text(&place)));
}

/* An image that went on elsewhere, since its first folder was full: these have its files, too. */
static void add_other_folders(struct doc *d, const struct thing *item, const char *label)
{
    CLEANUP_BUF struct buf folders = {0};
    struct str rest = thing_value(item, "files"), before = STR("");
    struct evidence_file file;

    while (evidence_file_next(&rest, &file)) {
        struct str folder = file.name;

        while (folder.len && folder.p[folder.len - 1] != '/')
            folder.len--;
        if (folder.len < 2 || str_eq(folder, before) || !is_elsewhere(item, file.name))
            continue;
        before = folder;
        buf_addf(&folders, "%s" STR_FMT, folders.len ? ", " : "", (int)folder.len - 1, folder.p);
    }
    if (folders.len)
        doc_pair_str(d, label, buf_str(&folders));
}

static void add_of_item(const struct view *v, struct doc *d, const struct thing *item,
                        const struct custody_fact *f)
{
    struct str kept = custody_kept_now(v, item);

    switch (f->from) {
    case FACT_ITEM:
        add_fact(v, d, item, f);
        break;
    case FACT_KEPT:
        if (kept.len)
            doc_pair_str(d, f->label, kept);
        break;
    case FACT_LAST_IN:
        if (thing_value(item, "files").len && !str_eq(kept, thing_value(item, "place")))
            add_fact(v, d, item, f);
        break;
    case FACT_ALSO_IN:
        add_other_folders(d, item, f->label);
        break;
    case FACT_SEALED:
        if (evidence_is_barred(v->state, item))
            doc_pair_str(d, f->label,
                         STR("It may hold material that is unlawful to possess. It is not opened, "
                             "shown or copied; counsel and police say what happens to it."));
        break;
    default:
        break;
    }
}

static void add_item(const struct view *v, struct doc *d, const struct thing *item)
{
    doc_pairs(d, DOC_FACTS);
    for (size_t i = 0; i < CUSTODY_FACT_COUNT; i++)
        add_of_item(v, d, item, &custody_facts[i]);
    doc_end(d);
}

/* The image that an item is, from its source to its end; NULL. */
static const struct thing *acquisition_of(const struct view *v, const struct thing *item)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "acquisition", &at));)
        if (view_refers(v, t, "evidence", item))
            return t;
    return NULL;
}

static void add_acquisition(const struct view *v, struct doc *d, const struct thing *item)
{
    const struct thing *t = acquisition_of(v, item);
    struct str runs = t ? thing_value(t, "runs") : STR("");
    struct str remark = thing_value(item, "remark");

    if (!t)
        return;
    doc_heading(d, 1, STR(CUSTODY_IMAGE_HEADING));
    doc_pairs(d, DOC_FACTS);
    for (size_t i = 0; i < CUSTODY_FACT_COUNT; i++)
        if (custody_facts[i].from == FACT_IMAGE ||
            (custody_facts[i].from == FACT_RUNS && !custody_has_runs(remark, runs)))
            add_fact(v, d, t, &custody_facts[i]);
    doc_end(d);
}

const struct thing *custody_item(const struct view *v, const struct record *r)
{
    if (!r->thing)
        return NULL;
    if (thing_is(r->thing, "evidence"))
        return r->thing;
    return thing_is(r->thing, "custody") || thing_is(r->thing, "acquisition")
               ? view_ref(v, r->thing, "evidence")
               : NULL;
}

/* Lines for what is done by hand from here on. */
static void add_signatures(struct doc *d)
{
    doc_heading(d, 1, STR("From here on, by hand"));
    doc_para_text(d, "Write the time, what is done and why, the number of the seal, and sign both. "
                     "Then record it: calm preserve move.");
    for (int i = 0; i < BLANK_ROWS; i++) {
        doc_signature(d, &(struct doc_signature){.role = STR("Handed over by"),
                                                 .statement = STR("When, why, seal:")});
        doc_signature(d, &(struct doc_signature){.role = STR("Received by"),
                                                 .statement = STR("When, state of the seal:")});
    }
}

int custody_form(struct doc **out, const struct view *v, struct arena *arena,
                 const struct thing *item, struct str check, bool is_in_package, struct err *e)
{
    CLEANUP(custody_taken_release) struct custody_taken taken = {0};
    const struct thing *c = calm_case(v);
    CLEANUP_BUF struct buf title = {0};
    struct doc_head head = {.tlp = doc_tlp_of(str_of(tlp_names[item->tlp])),
                            .case_name = c ? view_title(c) : STR("")};
    struct doc *d;
    int rc = custody_taken_read(&taken, v, item, e);

    if (rc)
        return rc;
    buf_adds(&title, "Chain of custody: ");
    view_call(&title, item);
    head.title = buf_str(&title);
    d = doc_new(arena, &head);
    add_item(v, d, item);
    add_acquisition(v, d, item);
    rc = custody_add_chain(v, d, item, &taken, is_in_package, e);
    if (rc)
        return rc;
    custody_add_record(v, d);
    add_signatures(d);
    custody_add_checking(v, d, item, check, is_in_package);
    *out = d;
    return 0;
}

void custody_label(struct decision *d, struct draft *dr, const struct thing *item)
{
    if (!d->input || !d->input->has_tlp)
        dr->tlp = item->tlp;
    if (!d->input || !d->input->scope.len)
        dr->scope = str_of(state_scope(d->view->state, state_record(d->view->state, item->seq)));
}

struct draft *custody_draft_export(struct decision *d, const struct thing *item, struct str to,
                                   struct str place)
{
    struct draft *dr = decision_add(d, "custody/1");

    custody_label(d, dr, item);
    draft_value_ref(d, dr, "evidence", &item->id);
    draft_value(dr, "act", STR("exported"));
    if (to.len)
        draft_value(dr, "to", to);
    draft_value(dr, "place", place);
    return dr;
}

void custody_add_path(struct buf *out, const char *path)
{
    CLEANUP_FREE char *folder = path[0] == '/' ? NULL : realpath(".", NULL);

    if (folder) {
        intake_path_text(out, folder);
        buf_addc(out, '/');
    }
    intake_path_text(out, path);
}

struct str custody_place(struct decision *d, const char *what, const char *path)
{
    CLEANUP_BUF struct buf out = {0};
    char host[256];

    host_name(host, sizeof(host));
    buf_addf(&out, "%s: ", what);
    custody_add_path(&out, path);
    buf_addf(&out, " on %s", host);
    return (struct str){arena_dup(d->arena, out.p, out.len), out.len};
}

/* Who had it, or which seal was on it, where a row says otherwise. */
static void break_json(const struct custody_breaks *breaks, uint64_t seq, struct json *j)
{
    for (size_t i = 0; i < breaks->count; i++) {
        const struct custody_break *b = &breaks->list[i];

        if (b->seq == seq && b->holder.len)
            json_put_str(j, "holder_before", b->holder);
        if (b->seq == seq && b->seal.len)
            json_put_str(j, "seal_before", b->before);
    }
}

static int link_json(const struct view *v, const struct custody_link *l,
                     const struct custody_taken *taken, const struct custody_breaks *breaks,
                     struct json *j, struct err *e)
{
    static const char *const fields[] = {"from",   "to",        "place",   "seal",   "because",
                                         "signed", "recipient", "package", "outcome"};
    const struct record *r = state_record(v->state, l->seq);
    const struct custody_time time = custody_time_of(v, l, taken);
    CLEANUP_BUF struct buf signer = {0};
    enum custody_clock clock;
    int rc = custody_clock_of(v, l->seq, &clock, e);

    if (rc)
        return rc;
    view_signer_name(v, r, &signer);
    json_object_begin(j);
    json_put_u64(j, "record", l->seq);
    json_put_utc(j, "time", time.said);
    json_put_utc(j, "recorded", time.recorded);
    json_put_text(j, "clock", custody_clock_words[clock]);
    if (time.is_before)
        json_put_bool(j, "before_taken", true);
    json_put_str(j, "act", l->act);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (custody_said(l, fields[i]).len)
            json_put_str(j, fields[i], custody_said(l, fields[i]));
    break_json(breaks, l->seq, j);
    if (l->timeline && thing_value_if(l->timeline, "events").len)
        json_put_str(j, "events", thing_value_if(l->timeline, "events"));
    json_put_str(j, "by", buf_str(&signer));
    json_put_hex(j, "key", state_key(v->state, r)->b, sizeof(struct key));
    json_object_end(j);
    return 0;
}

static int form_json(const struct view *v, const struct thing *item, struct answer *a,
                     struct err *e)
{
    CLEANUP(custody_taken_release) struct custody_taken taken = {0};
    CLEANUP(custody_breaks_release) struct custody_breaks breaks = {0};
    uint64_t seq = 0;
    struct custody_link l;
    struct json j;
    int rc = custody_taken_read(&taken, v, item, e);

    if (rc)
        return rc;
    custody_breaks_find(&breaks, v, item, &taken, NULL);
    json_begin(&j, &a->json);
    json_object_begin(&j);
    json_name(&j, "item");
    thing_json(v, item, &j);
    json_name(&j, "chain");
    json_array_begin(&j);
    while (rc == 0 && custody_next(v, item, &taken, &seq, &l))
        rc = link_json(v, &l, &taken, &breaks, &j, e);
    json_array_end(&j);
    json_object_end(&j);
    return rc;
}

static const struct field form_fields[] = {
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .kind = "evidence",
     .help = "which item: e3"},
    {.name = "html", .type = FIELD_PATH, .help = "write the form there, to print it"},
};

static int form_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf html = {0};
    const struct thing *item;
    struct doc *form;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    item = input_thing(&v, op, in, "evidence");
    if (!item)
        return err_set(e, ERR_NOTFOUND, "say which item: calm preserve list");
    if (a->wants_json && !input_has(op, in, "html"))
        return form_json(&v, item, a, e);
    rc = custody_form(&form, &v, arena, item, STR(""), false, e);
    if (rc)
        return rc;
    buf_addstr(&path, input_value(op, in, "html"));
    if (!path.len) {
        doc_text(form, &a->text, a->columns);
        return 0;
    }
    doc_html(form, &html);
    rc = file_create(buf_text(&path), buf_str(&html), 0600, e);
    if (rc || a->wants_json)
        return rc ? rc : form_json(&v, item, a, e);
    buf_adds(&a->text, "The form is in ");
    sink_terminal(&a->text, buf_str(&path), false);
    buf_adds(&a->text, ". Print it, and keep it with the item.\n");
    return 0;
}

const struct operation preserve_custody_form = {
    .name = "preserve custody",
    .practice = "preserve",
    .help = "print an item's chain of custody, with lines to sign",
    .example = "calm preserve custody e3 --html e3-custody.html",
    .more = "The chain is made from the record: when the item was taken and by whom, every "
            "hand-over, seal and storage (calm preserve move), every copy that was written out "
            "(calm preserve get) and every package (calm preserve export).",
    OP_FIELDS(form_fields),
    .kind = &evidence_kind,
    .type = OP_JOB,
    .faces = FACE_CLI,
    .job = form_job};
