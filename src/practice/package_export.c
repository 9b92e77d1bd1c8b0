/* package_export.c: hands items of evidence out as an encrypted package, on record. */
#include "base/sink.h"
#include "base/size.h"
#include "practice/custody.h"
#include "practice/evidence.h"
#include "practice/package.h"
#include "practice/progress.h"
#include "practice/verify.h"
#include "sys/interrupt.h"

/* One export, under way. */
struct export_run {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct buf path;
    struct out_file file;
    struct package_lock lock;
    struct package_items items;
    struct id *acts; /* the record of each item's act */
    size_t forms;    /* of how many the form alone goes */
    struct package package;
    struct package_written written;
    struct hash root; /* of the journal that is in it */
    uint64_t records;
    struct progress progress;
};

static void run_release(struct export_run *x)
{
    buf_release(&x->path);
    out_file_release(&x->file);
    package_lock_release(&x->lock);
    package_items_release(&x->items);
    free(x->acts);
    package_release(&x->package);
}

static struct view visible(const struct export_run *x, const struct view *v)
{
    enum tlp label = TLP_RED;

    (void)tlp_of(input_value(x->op, x->in, "label"), &label);
    return view_at_most(v, label);
}

static void draft_acts(struct export_run *x, struct decision *d)
{
    struct str place = custody_place(d, "the package", buf_text(&x->path));
    struct str form = custody_place(d, CUSTODY_FORM_ALONE "the package", buf_text(&x->path));
    enum tlp strictest = TLP_CLEAR;
    struct draft *dr;

    for (size_t i = 0; i < x->items.count; i++) {
        const struct thing *item = state_thing_by_id(d->view->state, &x->items.ids[i]);

        dr = custody_draft_export(d, item, input_value(x->op, x->in, "to"),
                                  evidence_has_bytes(item) ? place : form);
        x->forms += !evidence_has_bytes(item);
        draft_value(dr, "because", input_value(x->op, x->in, "because"));
        draft_value(dr, "recipient", buf_str(&x->lock.recipients));
        x->acts[i] = dr->id;
        strictest = item->tlp > strictest ? item->tlp : strictest;
    }
    dr = decision_add(d, "export/1");
    dr->tlp = strictest;
    draft_value(dr, "text", place);
    draft_value(dr, "what",
                str_of(arena_printf(d->arena, "a package of %zu item%s of evidence", x->items.count,
                                    x->items.count == 1 ? "" : "s")));
}

/* On record before anything leaves; sealed, so that the package holds the record of its own
 * making. */
static int record_begin(struct export_run *x, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    int rc = session_draft(x->session, &d, x->op, x->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    x->acts = mem_array(x->items.count, sizeof(x->acts[0]));
    draft_acts(x, &d);
    rc = session_append(x->session, &d, &first, e);
    return rc ? rc : session_checkpoint(x->session, e);
}

static int record_end(struct export_run *x, const char *field, struct str value, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    int rc = session_draft(x->session, &d, x->op, x->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    for (size_t i = 0; i < x->items.count; i++) {
        const struct thing *act = state_thing_by_id(d.view->state, &x->acts[i]);
        struct draft *dr = decision_add(&d, "custody-change/1");

        dr->tlp = act->tlp;
        dr->scope = str_of(state_scope(d.view->state, state_record(d.view->state, act->seq)));
        draft_ref(dr, &act->id);
        draft_value(dr, field, value);
    }
    return session_append(x->session, &d, &first, e);
}

/* What went wrong is told in any case; that it could not be recorded, too. */
static int record_failure(struct export_run *x, int rc, struct err *e)
{
    CLEANUP_BUF struct buf why = {0};
    struct err second = {0};

    buf_adds(&why, "no package was made: ");
    buf_adds(&why, e->text);
    if (record_end(x, "outcome", buf_str(&why), &second)) {
        CLEANUP_BUF struct buf both = {0};

        buf_addf(&both, "%s. That this export did not come about is not on record: %s", e->text,
                 second.text);
        return err_set(e, rc, "%s", buf_text(&both));
    }
    return rc;
}

static void tell(void *context, uint64_t done)
{
    struct export_run *x = context;

    progress_show(&x->progress, "writing the package", done, x->package.size);
}

/* Who opens it takes the last export of any of its items for this one. */
static int check_last(const struct export_run *x, const struct view *v, struct err *e)
{
    const struct thing *act;

    for (size_t i = 0; i < x->items.count; i++) {
        const struct thing *item = state_thing_by_id(v->state, &x->items.ids[i]);
        const struct thing *last = NULL;

        for (size_t at = 0; (act = view_next_of(v, "custody", "evidence", item, &at));)
            if (thing_says(act, "act", "exported") && thing_value(act, "recipient").len)
                last = act;
        if (last && !id_eq(&last->id, &x->acts[i]))
            return err_set(e, ERR_CONFLICT,
                           "somebody else exported e%u at the same moment: export once more",
                           item->number);
    }
    return 0;
}

static int write_package(struct export_run *x, struct err *e)
{
    struct interrupt interrupt;
    struct view all;
    struct view v;
    int rc = session_view(x->session, &all, e);

    if (rc)
        return rc;
    v = visible(x, &all);
    x->records = state_size(v.state);
    x->root = state_root(v.state);
    rc = check_last(x, &all, e);
    if (rc)
        return rc;
    interrupt_begin(&interrupt);
    rc = package_fill(&x->package, &v, x->op, x->in, &x->items, e);
    progress_begin(&x->progress, x->a);
    if (rc == 0)
        rc = package_write(&x->package, session_store(x->session), &x->lock, &x->file, tell, x,
                           &x->written, e);
    interrupt_end(&interrupt);
    return rc;
}

static int make(struct export_run *x, struct err *e)
{
    char sum[64];
    int rc = write_package(x, e);

    hex_write(sum, x->written.sum.b, sizeof(x->written.sum.b));
    if (rc == 0)
        rc = record_end(x, "package", (struct str){sum, sizeof(sum)}, e);
    if (rc == 0)
        rc = out_file_end(&x->file, buf_text(&x->path), e);
    return rc ? record_failure(x, rc, e) : 0;
}

static int prepare(struct export_run *x, struct err *e)
{
    struct view all;
    struct view v;
    int rc = session_may_write(x->session, e);

    if (rc == 0)
        rc = session_view(x->session, &all, e);
    if (rc)
        return rc;
    v = visible(x, &all);
    rc = package_items_choose(&x->items, &v, x->op, x->in, e);
    if (rc == 0)
        rc = out_file_begin(&x->file, buf_text(&x->path), e);
    return rc ? rc : package_lock_make(&x->lock, &all, x->op, x->in, e);
}

static void say_passphrase(const struct export_run *x, struct buf *out)
{
    if (!x->lock.passphrase.len)
        return;
    buf_adds(out, "\nThe passphrase, shown only now: write it down.\n  ");
    buf_addstr(out, buf_str(&x->lock.passphrase));
    buf_adds(out, "\n");
}

static void say(const struct export_run *x, struct buf *out)
{
    char size[SIZE_TEXT_SIZE];

    sink_terminal(out, buf_str(&x->path), false);
    buf_addf(out, " holds %zu item%s, %s, encrypted.\n", x->items.count,
             x->items.count == 1 ? "" : "s", size_text(size, x->written.size));
    if (x->forms)
        buf_addf(out,
                 "Of %zu of them it holds the form alone, since they have no bytes on record (a "
                 "paper, a device, a link) or are destroyed.\n",
                 x->forms);
    if (x->items.left_out)
        buf_addf(out, "Left out, since they may be unlawful to possess: %zu\n", x->items.left_out);
    say_passphrase(x, out);
    buf_adds(out, "\nTell whoever gets it another way, on paper or by telephone, to check it:\n"
                  "  SHA-256 ");
    hex_add(out, x->written.sum.b, sizeof(x->written.sum.b));
    buf_addf(out, "\n  records %llu\n  root ", (unsigned long long)x->records);
    verify_root(out, &x->root, "\n       ");
    buf_adds(out, "\nThat it left is on record with each item: calm preserve custody\n"
                  "They open it with:  ");
    buf_adds(out, str_starts(buf_str(&x->lock.recipients), "age1")
                      ? "calm preserve open, or age -d -i KEY PACKAGE | tar x\n"
                  : input_has(x->op, x->in, "scrypt")
                      ? "calm preserve open, or age -d PACKAGE | tar x\n"
                      : "calm preserve open (age itself cannot: see --scrypt)\n");
}

static void say_json(const struct export_run *x, struct buf *out)
{
    struct json j;

    json_begin(&j, out);
    json_object_begin(&j);
    json_put_u64(&j, "items", x->items.count);
    json_put_u64(&j, "forms_alone", x->forms);
    json_put_u64(&j, "left_out", x->items.left_out);
    json_put_u64(&j, "size", x->written.size);
    json_put_hex(&j, "sha256", x->written.sum.b, sizeof(x->written.sum.b));
    json_put_u64(&j, "records", x->records);
    json_put_hex(&j, "root", x->root.b, sizeof(x->root.b));
    if (x->lock.passphrase.len)
        json_put_str(&j, "passphrase", buf_str(&x->lock.passphrase));
    json_object_end(&j);
}

static int export_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(run_release)
    struct export_run x = {.session = s, .op = op, .in = in, .a = a, .file = {.fd = -1}};
    int rc;

    buf_addstr(&x.path, input_value(op, in, "file"));
    rc = prepare(&x, e);
    if (rc == 0)
        rc = record_begin(&x, e);
    if (rc == 0)
        rc = make(&x, e);
    if (rc)
        return rc;
    if (a->wants_json)
        say_json(&x, &a->json);
    else
        say(&x, &a->text);
    return 0;
}

static const struct field export_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "where to write it; a name that is still free"},
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_ARG | FIELD_MANY,
     .kind = "evidence",
     .help = "which items: e1 e4"},
    {.name = "all", .type = FIELD_FLAG, .help = "every item that may leave"},
    {.name = "to", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "for whom"},
    {.name = "because", .type = FIELD_LINE, .flags = FIELD_REQUIRED, .help = "what for"},
    {.name = "recipient",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "who can open it: a key of age (age1...), or somebody on the team"},
    {.name = "passphrase", .type = FIELD_FLAG, .help = "or a passphrase, which is asked for"},
    {.name = "generate", .type = FIELD_FLAG, .help = "or one that is made, and shown once"},
    {.name = "scrypt", .type = FIELD_FLAG, .help = "so that age opens it too, not calm alone"},
    {.name = "label",
     .type = FIELD_WORD,
     .choices = tlp_names,
     .help = "nothing labelled higher",
     .fallback = "red"},
};

const struct operation preserve_export = {
    .name = "preserve export",
    .practice = "preserve",
    .help = "an encrypted package of items, for the police or an expert",
    .example = "calm preserve export /media/STICK/weber.age e1 e4 --to \"Sgt. Weber, police\" "
               "--because \"file 4711/26\" --recipient "
               "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
    .more = "In it are the items, images too, the chain of custody of each as a form, what the "
            "case recorded of exactly these items, and calm-verify, so that whoever opens it can "
            "check that nothing was changed. It is a file of the program age with a tar archive "
            "inside (doc/format/package.md): with a key, or a passphrase and --scrypt, age and tar "
            "open it without calm. A key is better than a passphrase: whoever is to get it makes "
            "one with age-keygen and tells you the line that begins with age1. A passphrase is "
            "told another way than the package goes. "
            "That the items leave is on record before anything is written, and with the SHA-256 "
            "of the package after. Items that may be unlawful to possess are refused; with --all "
            "they are left out. Bytes that are not those on record end it, and nothing is left.",
    OP_FIELDS(export_fields),
    .kind = &custody_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .may_hang = true,
    .faces = FACE_CLI,
    .records = WORDS("custody/1", "custody-change/1", "export/1", "checkpoint/1"),
    .job = export_job};
