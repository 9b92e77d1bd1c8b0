/* image_record.c: puts a disk image on record, as it begins and as it ended. */
#include "practice/image_record.h"
#include "practice/custody.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/practice.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { OPTIONS_SIZE = 4096 };

static const struct field acquisition_fields[] = {
    FIELD_CALLED("title", "what it is an image of"),
    {.name = "state",
     .type = FIELD_WORD,
     .choices = WORDS("begun", "interrupted", "taken", "failed"),
     .help = "how far it is"},
    {.name = "source", .type = FIELD_LINE, .help = "the device or file that is read"},
    {.name = "host", .type = FIELD_LINE, .help = "the machine that reads it"},
    {.name = "place", .type = FIELD_LINE, .help = "the folder that the image goes to"},
    {.name = "name", .type = FIELD_LINE, .help = "how its files are called"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "which system it comes from"},
    {.name = "options", .type = FIELD_LINE, .help = "what it is made with"},
    {.name = "device", .type = FIELD_LINE, .help = "make and model, as the device says"},
    {.name = "serial", .type = FIELD_LINE, .help = "its serial number"},
    {.name = "wwn", .type = FIELD_LINE, .help = "its world wide name"},
    {.name = "size", .type = FIELD_SIZE, .help = "bytes that it reports"},
    {.name = "native-size", .type = FIELD_SIZE, .help = "bytes with what it hides (HPA)"},
    {.name = "factory-size",
     .type = FIELD_SIZE,
     .help = "bytes with what its configuration hides (DCO)"},
    {.name = "sector", .type = FIELD_LINE, .help = "bytes of a sector, and of a physical one"},
    {.name = "protected", .type = FIELD_LINE, .help = "write-protected, held for us alone, in use"},
    {.name = "live", .type = FIELD_FLAG, .help = "it was in use while it was read"},
    {.name = "runs",
     .type = FIELD_LINE,
     .help = "of one that was interrupted: what each later run found"},
    {.name = "changed", .type = FIELD_LINE, .help = "how it changed while it was read"},
    {.name = "stated",
     .type = FIELD_LINE,
     .help = "of an image as the source: whether the hashes that it states are those of what was "
             "read"},
    {.name = "damage",
     .type = FIELD_LINE,
     .help = "of an image as the source: where its files are damaged"},
    {.name = "remark", .type = FIELD_LINE, .help = "what is particular"},
    {.name = "resume", .type = FIELD_LINE, .help = "the file that it goes on with"},
    {.name = "bound",
     .type = FIELD_LINE,
     .flags = FIELD_INNER,
     .help = "when it stopped: SHA-256 of NAME.part; bytes that are there, their digest; what else "
             "a later one has to say"},
    {.name = "why", .type = FIELD_LINE, .help = "why it ended before its end"},
    {.name = "began",
     .type = FIELD_TIME,
     .flags = FIELD_WHOLE,
     .help = "when the source was first read"},
    {.name = "ended", .type = FIELD_TIME, .flags = FIELD_WHOLE, .help = "when the image was whole"},
    {.name = "back-began",
     .type = FIELD_TIME,
     .flags = FIELD_WHOLE,
     .help = "when reading back began"},
    {.name = "back-ended",
     .type = FIELD_TIME,
     .flags = FIELD_WHOLE,
     .help = "when reading back ended"},
    {.name = "made",
     .type = FIELD_LINE,
     .help =
         "made outside of this case, or taken into it later: the summary that says all of this"},
    {.name = "evidence",
     .type = FIELD_REF,
     .kind = "evidence",
     .help = "the image on the register"},
    {.name = "program", .type = FIELD_LINE, .help = "what made it"},
};
const struct kind acquisition_kind = {.name = "acquisition",
                                      .prefix = "im",
                                      .words = "disk image",
                                      .change_words = "disk image",
                                      KIND_FIELDS(acquisition_fields)};

void imaging_release(struct imaging *g)
{
    image_helper_release(&g->helper);
    buf_release(&g->source);
    buf_release(&g->place);
    buf_release(&g->resume);
    buf_release(&g->title);
    buf_release(&g->options);
    buf_release(&g->program);
}

/* The path as records spell it: names are of any bytes. */
static struct str source_text(const struct imaging *g, struct decision *d)
{
    CLEANUP_BUF struct buf text = {0};

    intake_path_text(&text, buf_text(&g->source));
    return str_of(arena_dup(d->arena, buf_text(&text), text.len));
}

static void add_said(struct draft *dr, const char *field, const char *value)
{
    if (value[0])
        draft_value(dr, field, str_of(value));
}

static const char *fact(const struct imaging *g, const char *word)
{
    return image_helper_fact(&g->helper, word);
}

static const char *result(const struct imaging *g, const char *word)
{
    return image_helper_result(&g->helper, word);
}

static bool is_yes(const char *value)
{
    return strcmp(value, "1") == 0;
}

static void draft_here(struct decision *d, struct draft *dr)
{
    char host[256];

    host_name(host, sizeof(host));
    draft_value(dr, "host", str_of(arena_strdup(d->arena, host)));
}

static bool is_number(const char *value)
{
    return value[0] && strcmp(value, "0") != 0;
}

static void draft_device(struct imaging *g, struct decision *d, struct draft *dr)
{
    static const char *const sizes[] = {"native-size", "factory-size"};

    add_said(dr, "device",
             arena_printf(d->arena, "%s%s%s", fact(g, "vendor"), fact(g, "vendor")[0] ? " " : "",
                          fact(g, "model")));
    add_said(dr, "serial", fact(g, "serial"));
    add_said(dr, "wwn", fact(g, "wwn"));
    add_said(dr, "size", fact(g, "size"));
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (is_number(fact(g, sizes[i])))
            draft_value(dr, sizes[i], str_of(fact(g, sizes[i])));
    add_said(dr, "sector",
             arena_printf(d->arena, "%s bytes, physically %s", fact(g, "sector"),
                          is_number(fact(g, "physical-sector")) ? fact(g, "physical-sector")
                                                                : "unknown"));
    if (is_yes(fact(g, "device")))
        draft_value(dr, "protected",
                    str_of(arena_printf(d->arena, "write-protected: %s; held for us alone: %s; %s",
                                        is_yes(fact(g, "read-only")) ? "yes" : "no",
                                        is_yes(fact(g, "exclusive")) ? "yes" : "no",
                                        fact(g, "uses")[0] ? fact(g, "uses") : "not in use")));
    if (is_yes(fact(g, "live")))
        draft_value(dr, "live", STR("yes"));
    add_said(dr, "remark", fact(g, "note"));
}

/* What it is called from its beginning on. */
static void draft_first(struct imaging *g, struct decision *d, struct draft *dr)
{
    draft_take_input(d, dr, &acquisition_kind);
    if (!input_has(g->op, g->in, "title"))
        draft_value(dr, "title", buf_str(&g->title));
    draft_value(dr, "name", str_of(fact(g, "name")));
    g->id = dr->id;
}

static struct draft *draft_change(struct imaging *g, struct decision *d)
{
    struct draft *dr = decision_add(d, "acquisition-change/1");
    const struct thing *t = state_thing_by_id(d->view->state, &g->id);

    draft_ref(dr, &g->id);
    if (t)
        custody_label(d, dr, t);
    return dr;
}

static void find_number(struct imaging *g)
{
    const struct thing *t = state_thing_by_id(session_state(g->session), &g->id);

    g->number = t ? t->number : 0;
}

/* Of all its runs, each set once: what it was begun with stays on the form. */
static const char *options_of(const struct imaging *g, struct decision *d)
{
    static const char later[] = "later: ";
    const struct thing *t = g->goes_on ? state_thing_by_id(d->view->state, &g->id) : NULL;
    struct str before = t ? thing_value(t, "options") : STR(""), rest = before;
    bool is_new = g->options.len > 0 && before.len < OPTIONS_SIZE; /* the records have each */

    while (rest.len) {
        struct str one = str_trim(str_cut(&rest, ';'));

        (void)str_take(&one, later);
        is_new &= !str_eq(one, buf_str(&g->options));
    }
    return arena_printf(d->arena, STR_FMT "%s%s%s", STR_ARG(before),
                        before.len && is_new ? "; " : "", is_new && g->goes_on ? later : "",
                        is_new ? buf_text(&g->options) : "");
}

int image_record_begin(struct imaging *g, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(g->session, &d, g->op, g->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    if (g->goes_on) {
        dr = draft_change(g, &d);
    } else {
        dr = decision_add(&d, "acquisition/1");
        draft_first(g, &d, dr);
        buf_addf(&g->resume, "%s/%s.part", buf_text(&g->place), fact(g, "name"));
    }
    draft_value(dr, "place", buf_str(&g->place));
    draft_value(dr, "resume", buf_str(&g->resume));
    draft_value(dr, "source", source_text(g, &d));
    draft_value(dr, "state", STR("begun"));
    add_said(dr, "options", options_of(g, &d));
    draft_value(dr, "program", buf_str(&g->program));
    draft_here(&d, dr);
    draft_device(g, &d, dr);
    rc = session_append(g->session, &d, &first, e);
    if (rc == 0)
        find_number(g);
    return rc;
}

/* The files of the image as the register has them: those in another folder with their whole path.
 */
static void files_lines(const struct imaging *g, struct buf *out)
{
    struct str rest = buf_str(&g->helper.files);

    while (rest.len) {
        struct image_file f = image_helper_file(str_cut(&rest, '\n'));

        if (out->len)
            buf_addc(out, '\n');
        if (!str_eq(f.folder, buf_str(&g->place)))
            buf_addf(out, STR_FMT "/", STR_ARG(f.folder));
        buf_addf(out, STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(f.name), STR_ARG(f.bytes),
                 STR_ARG(f.sum));
    }
}

/* In one of its runs, as the image itself knows it or the record does. */
static bool was_live(const struct imaging *g, const struct thing *t)
{
    return is_yes(result(g, "live")) || is_yes(fact(g, "live")) ||
           (t && thing_value(t, "live").len);
}

static const char *back_words(const struct imaging *g)
{
    const char *said = result(g, "read-back");

    return strcmp(said, "same") == 0 ? "read back and compared"
           : strcmp(said, "failed") == 0
               ? "reading back FAILED when it was made, and all of it was "
                 "compared when it was put on record"
               : "not read back";
}

static struct str remark_of(const struct imaging *g, struct decision *d, const struct thing *t)
{
    CLEANUP_BUF struct buf text = {0};

    if (g->is_made)
        buf_addf(&text, "%s, and what is said of its source is what its summary says; ",
                 t ? "begun in this case, and taken into it later" : "made outside of this case");
    if (g->is_made && t && str_is(thing_value(t, "state"), "failed"))
        buf_addf(&text, "on record as failed before: " STR_FMT "; ",
                 STR_ARG(thing_value(t, "why")));
    if (was_live(g, t))
        buf_adds(&text, "LIVE: in use while it was read; ");
    if (result(g, "changed")[0])
        buf_addf(&text, "CHANGED %s; ", result(g, "changed"));
    if (image_helper_contradicts(&g->helper))
        buf_addf(&text, "THE SOURCE'S OWN HASHES ARE %s; ", result(g, "stated"));
    if (result(g, "damage")[0])
        buf_addf(&text, "the files of the source are damaged at %s; ", result(g, "damage"));
    if (result(g, "unbound")[0])
        buf_addf(&text, "NOT BOUND: %s; ", result(g, "unbound"));
    if (result(g, "history")[0])
        buf_addf(&text, "interrupted, and gone on with. %s ", result(g, "history"));
    buf_addf(&text, "%s bytes could not be read; ", result(g, "bad"));
    if (strchr(result(g, "retries"), ' ')) /* others than the options say */
        buf_addf(&text, "retries: %s; ", result(g, "retries"));
    if (result(g, "left")[0] && strcmp(result(g, "left"), "0") != 0)
        buf_addf(&text, "%s bytes were left unread, so whether they can be read is not known%s; ",
                 result(g, "left"), is_yes(fact(g, "gone")) ? ", since the source was gone" : "");
    buf_adds(&text, back_words(g));
    return str_of(arena_strdup(d->arena, buf_text(&text)));
}

static struct id draft_item(struct imaging *g, struct decision *d, const struct thing *t)
{
    static const char *const said[][2] = {
        {"md5", "source-md5"},
        {"sha1", "source-sha1"},
        {"sha256", "source-sha256"},
        {"stored-md5", "image-md5"},
        {"stored-sha1", "image-sha1"},
        {"stored-sha256", "image-sha256"},
        {"stored-size", "image-size"},
        {"bad", "bad"},
        {"missing", "bad-sectors"},
        {"left", "left"},
        {"left-sectors", "left-sectors"},
    };
    CLEANUP_BUF struct buf files = {0};
    struct evidence_facts f = {.sort = "image",
                               .source_path = source_text(g, d),
                               .system_id = input_value(g->op, g->in, "system")};
    struct draft *dr;
    char host[256];

    host_name(host, sizeof(host));
    f.title = str_of(arena_printf(d->arena, "disk image: %s", buf_text(&g->title)));
    f.source_host = str_of(arena_strdup(d->arena, g->is_made ? fact(g, "host") : host));
    f.remark = remark_of(g, d, t);
    if (t && !f.system_id.len)
        f.system_id = thing_value(t, "system");
    dr = evidence_draft(d, &f);
    if (t)
        custody_label(d, dr, t);
    files_lines(g, &files);
    draft_value(dr, "files", str_of(arena_strdup(d->arena, buf_text(&files))));
    draft_value(dr, "place", buf_str(&g->place));
    draft_value(dr, "size", str_of(fact(g, "size")));
    for (size_t i = 0; i < COUNT_OF(said); i++)
        add_said(dr, said[i][1], result(g, said[i][0]));
    return dr->id;
}

const char *image_left(const struct imaging *g)
{
    if (result(g, "part")[0])
        return result(g, "part");
    if (result(g, "sha256")[0]) /* it is whole: as it should be, or another */
        return "";
    return g->goes_on || file_is_there(buf_text(&g->resume)) ? buf_text(&g->resume) : "";
}

static void draft_end(struct imaging *g, struct draft *dr, const struct thing *t)
{
    static const char *const said[][2] = {
        {"begun", "began"},           {"ended", "ended"},  {"back-begun", "back-began"},
        {"back-ended", "back-ended"}, {"history", "runs"}, {"changed", "changed"},
        {"stated", "stated"},         {"damage", "damage"}};

    for (size_t i = 0; i < COUNT_OF(said); i++)
        add_said(dr, said[i][1], result(g, said[i][0]));
    if (was_live(g, t))
        draft_value(dr, "live", STR("yes"));
}

static int append_end(struct imaging *g, struct decision *d, const struct id *item, struct err *e)
{
    const struct thing *t;
    uint64_t first;
    int rc = session_append(g->session, d, &first, e);

    t = rc == 0 && item ? state_thing_by_id(session_state(g->session), item) : NULL;
    g->item = t ? t->number : 0;
    return rc;
}

int image_record_end(struct imaging *g, int ended, const struct err *why, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    bool is_taken = ended == 0 && result(g, "sha256")[0];
    const char *left = ended ? image_left(g) : "";
    const struct thing *t;
    struct draft *dr;
    struct id item;
    int rc = session_draft(g->session, &d, g->op, g->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    t = state_thing_by_id(d.view->state, &g->id);
    if (is_taken)
        item = draft_item(g, &d, t);
    dr = draft_change(g, &d);
    if (is_taken)
        draft_value_ref(&d, dr, "evidence", &item);
    draft_value(dr, "state", str_of(ended == 0 ? "taken" : left[0] ? "interrupted" : "failed"));
    draft_end(g, dr, t);
    if (ended || g->goes_on) /* of a run before it is not why it ended */
        draft_value(dr, "why", str_of(ended ? why->text : ""));
    draft_value(dr, "resume", str_of(left));
    add_said(dr, "bound", result(g, "bound"));
    return append_end(g, &d, is_taken ? &item : NULL, e);
}

int image_record_made(struct imaging *g, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    const struct thing *t;
    struct draft *dr;
    struct id item;
    int rc = session_draft(g->session, &d, g->op, g->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    t = state_thing_by_id(d.view->state, &g->id);
    item = draft_item(g, &d, t);
    if (t) {
        dr = draft_change(g, &d);
    } else {
        dr = decision_add(&d, "acquisition/1");
        draft_first(g, &d, dr);
    }
    add_said(dr, "host", fact(g, "host"));
    draft_value(dr, "place", buf_str(&g->place));
    if (t)
        draft_value(dr, "resume", STR(""));
    draft_value(dr, "source", source_text(g, &d));
    add_said(dr, "options", buf_text(&g->options));
    draft_device(g, &d, dr);
    draft_value(dr, "made", str_of(result(g, "summary")));
    draft_value(dr, "program", buf_str(&g->program));
    draft_value_ref(&d, dr, "evidence", &item);
    draft_value(dr, "state", STR("taken"));
    draft_end(g, dr, t);
    rc = append_end(g, &d, &item, e);
    if (rc == 0)
        find_number(g);
    return rc;
}
