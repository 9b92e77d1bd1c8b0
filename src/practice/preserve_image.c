/* preserve_image.c: a disk image, on record before it begins and when it ended, however it did. */
#include "practice/preserve_image.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include "base/sink.h"
#include "practice/evidence.h"
#include "practice/image_helper.h"
#include "practice/practice.h"
#include "practice/preserve_image_tell.h"
#include "practice/progress.h"
#include "render/screen.h"
#include "sys/clock.h"
#include "sys/interrupt.h"

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
    {.name = "native-size", .type = FIELD_SIZE, .help = "bytes with what it hides"},
    {.name = "sector", .type = FIELD_LINE, .help = "bytes of a sector, and of a physical one"},
    {.name = "protected", .type = FIELD_LINE, .help = "write-protected, held for us alone, in use"},
    {.name = "live", .type = FIELD_FLAG, .help = "it was in use while it was read"},
    {.name = "remark", .type = FIELD_LINE, .help = "what is particular"},
    {.name = "resume", .type = FIELD_LINE, .help = "the file that it goes on with"},
    {.name = "why", .type = FIELD_LINE, .help = "why it ended before its end"},
    {.name = "began", .type = FIELD_TIME, .help = "when the source was first read"},
    {.name = "ended", .type = FIELD_TIME, .help = "when the image was whole"},
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

#define TUNING "How it is read"
static const struct field image_fields[] = {
    {.name = "source",
     .type = FIELD_PATH,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "the device, or a file: /dev/sdb"},
    {.name = "to", .type = FIELD_PATH, .flags = FIELD_OUTSIDE, .help = "the folder it goes to"},
    {.name = "also",
     .type = FIELD_PATH,
     .flags = FIELD_OUTSIDE | FIELD_MANY,
     .help = "folders to go on in when that one is full"},
    {.name = "resume",
     .type = FIELD_REF,
     .flags = FIELD_OUTSIDE,
     .kind = "acquisition",
     .help = "goes on with an image that was interrupted: im1"},
    {.name = "title", .type = FIELD_LINE, .help = "what it is, in words"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "which system it comes from"},
    {.name = "name", .type = FIELD_LINE, .flags = FIELD_OUTSIDE, .help = "of the files: web1-sda"},
    {.name = "live",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "also of a disk that is in use; the record says so"},
    {.name = "format",
     .type = FIELD_WORD,
     .flags = FIELD_OUTSIDE,
     .choices = WORDS("e01", "raw", "split"),
     .help = "of the image; split is raw in parts",
     .group = TUNING,
     .fallback = "e01"},
    {.name = "segment",
     .type = FIELD_SIZE,
     .flags = FIELD_OUTSIDE,
     .help = "bytes of each file; 0: one file",
     .group = TUNING},
    {.name = "small",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "packs better, and four times slower",
     .group = TUNING},
    {.name = "limit",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .help = "MB a second at most, for a system that must keep working",
     .group = TUNING},
    {.name = "retries",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .help = "of each sector that does not read",
     .group = TUNING,
     .fallback = "2"},
    {.name = "patience",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .help = "ends where the source gives nothing for so long",
     .group = TUNING,
     .fallback = "5 min"},
    {.name = "in-order",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "reads hard places at once, not last",
     .group = TUNING},
    {.name = "accept-end",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "what a source lacks at its end counts as unreadable",
     .group = TUNING},
    {.name = "no-read-back",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "does not compare what was written",
     .group = TUNING},
};

/* One image, under way. */
struct imaging {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct image_helper helper;
    struct progress progress;
    struct id id;      /* of its record */
    unsigned number;   /* im1 */
    unsigned item;     /* e1, once it is whole */
    struct buf source; /* paths, whole */
    struct buf place;
    struct buf title;
    struct buf options; /* as they are told */
    uint64_t bad;
    int phase;
    bool goes_on;
};

static void imaging_release(struct imaging *g)
{
    image_helper_release(&g->helper);
    buf_release(&g->source);
    buf_release(&g->place);
    buf_release(&g->title);
    buf_release(&g->options);
}

static int whole_path(struct str given, struct buf *out, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    char whole[PATH_MAX];

    buf_addstr(&path, given);
    if (!realpath(buf_text(&path), whole))
        return err_errno(e, "cannot find %s", buf_text(&path));
    buf_adds(out, whole);
    return 0;
}

/* An option of the same name, for the helper and for the record. */
static int pass(struct imaging *g, const char *name, bool has_value, struct err *e)
{
    struct str value = input_value(g->op, g->in, name);
    struct str flag = {0};

    if (!value.len)
        return 0;
    buf_addf(&g->options, "%s%s%s" STR_FMT, g->options.len ? ", " : "", name, has_value ? " " : "",
             STR_ARG(has_value ? value : STR("")));
    return image_helper_order(&g->helper, name, has_value ? value : flag, e);
}

static int pass_options(struct imaging *g, struct err *e)
{
    static const struct {
        const char *name;
        bool has_value;
        bool is_tuning; /* also for one that goes on */
    } options[] = {{"format", true, false},   {"segment", true, false},
                   {"small", false, false},   {"limit", true, true},
                   {"retries", true, true},   {"patience", true, true},
                   {"in-order", false, true}, {"accept-end", false, true},
                   {"live", false, true},     {"no-read-back", false, true}};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < COUNT_OF(options); i++)
        if (options[i].is_tuning || !g->goes_on)
            rc = pass(g, options[i].name, options[i].has_value, e);
    return rc;
}

/* "web1-sda", where the system is known; else the helper takes this host's name. */
static int pass_name(struct imaging *g, const struct view *v, struct err *e)
{
    const struct thing *system = input_thing(v, g->op, g->in, "system");
    struct str given = input_value(g->op, g->in, "name");
    const char *device = strrchr(buf_text(&g->source), '/');
    CLEANUP_BUF struct buf plain = {0};
    CLEANUP_BUF struct buf name = {0};

    if (given.len)
        return image_helper_order(&g->helper, "name", given, e);
    if (!system)
        return 0;
    buf_addf(&plain, STR_FMT "-%s", STR_ARG(view_title(system)), device ? device + 1 : "disk");
    sink_filename(&name, buf_str(&plain));
    return image_helper_order(&g->helper, "name", buf_str(&name), e);
}

/* What stands in the header of an E01, and in its summary. */
static int pass_texts(struct imaging *g, const struct view *v, struct err *e)
{
    CLEANUP_BUF struct buf id = {0};
    int rc;

    hex_add(&id, state_case_id(v->state)->b, 8);
    rc = image_helper_order(&g->helper, "case", buf_str(&id), e);
    if (rc == 0 && v->person)
        rc = image_helper_order(&g->helper, "examiner", view_title(v->person), e);
    return rc ? rc : image_helper_order(&g->helper, "description", buf_str(&g->title), e);
}

static int order_new(struct imaging *g, const struct view *v, struct err *e)
{
    struct str source = input_value(g->op, g->in, "source");
    struct str folder = input_value(g->op, g->in, "to");
    int rc;

    if (!source.len || !folder.len)
        return err_set(e, ERR_USAGE, "say what to read, and where the image goes: %s",
                       g->op->example);
    rc = whole_path(source, &g->source, e);
    if (rc == 0)
        rc = whole_path(folder, &g->place, e);
    if (rc)
        return rc;
    buf_addstr(&g->title, input_value(g->op, g->in, "title"));
    if (!g->title.len)
        buf_addf(&g->title, "%s", buf_text(&g->source));
    rc = image_helper_open(&g->helper, buf_text(&g->source), e);
    if (rc == 0)
        rc = image_helper_order(&g->helper, "source", buf_str(&g->source), e);
    if (rc == 0)
        rc = image_helper_order(&g->helper, "to", buf_str(&g->place), e);
    if (rc == 0)
        rc = pass_name(g, v, e);
    return rc ? rc : pass_texts(g, v, e);
}

static int order_resumed(struct imaging *g, const struct thing *t, struct err *e)
{
    struct str source = input_value(g->op, g->in, "source");
    int rc = 0;

    if (!thing_value(t, "resume").len)
        return err_set(e, ERR_USAGE, "im%u has nothing to go on with: it is %.*s", t->number,
                       STR_ARG(thing_value(t, "state")));
    g->goes_on = true;
    g->id = t->id;
    g->number = t->number;
    buf_addstr(&g->title, thing_value(t, "title"));
    buf_addstr(&g->place, thing_value(t, "place"));
    if (source.len)
        rc = whole_path(source, &g->source, e);
    else
        buf_addstr(&g->source, thing_value(t, "source"));
    if (rc == 0)
        rc = image_helper_open(&g->helper, buf_text(&g->source), e);
    if (rc == 0)
        rc = image_helper_order(&g->helper, "resume", thing_value(t, "resume"), e);
    return rc ? rc : image_helper_order(&g->helper, "source", buf_str(&g->source), e);
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

static bool is_said(const struct imaging *g, const char *word)
{
    return strcmp(fact(g, word), "1") == 0;
}

static void draft_device(struct imaging *g, struct decision *d, struct draft *dr)
{
    char host[256];

    host_name(host, sizeof(host));
    draft_value(dr, "host", str_of(arena_strdup(d->arena, host)));
    add_said(dr, "device",
             arena_printf(d->arena, "%s%s%s", fact(g, "vendor"), fact(g, "vendor")[0] ? " " : "",
                          fact(g, "model")));
    add_said(dr, "serial", fact(g, "serial"));
    add_said(dr, "wwn", fact(g, "wwn"));
    add_said(dr, "size", fact(g, "size"));
    if (strcmp(fact(g, "native-size"), "0") != 0)
        add_said(dr, "native-size", fact(g, "native-size"));
    add_said(dr, "sector",
             arena_printf(d->arena, "%s bytes, physically %s", fact(g, "sector"),
                          strcmp(fact(g, "physical-sector"), "0") == 0
                              ? "unknown"
                              : fact(g, "physical-sector")));
    if (is_said(g, "device"))
        draft_value(dr, "protected",
                    str_of(arena_printf(d->arena, "write-protected: %s; held for us alone: %s; %s",
                                        is_said(g, "read-only") ? "yes" : "no",
                                        is_said(g, "exclusive") ? "yes" : "no",
                                        fact(g, "uses")[0] ? fact(g, "uses") : "not in use")));
    if (is_said(g, "live"))
        draft_value(dr, "live", STR("yes"));
    add_said(dr, "remark", fact(g, "note"));
}

/* On record before a byte is written. */
static int record_begin(struct imaging *g, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    const struct thing *t;
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(g->session, &d, g->op, g->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    dr = decision_add(&d, g->goes_on ? "acquisition-change/1" : "acquisition/1");
    if (g->goes_on) {
        draft_ref(dr, &g->id);
    } else {
        draft_take_input(&d, dr, &acquisition_kind);
        if (!input_value(g->op, g->in, "title").len)
            draft_value(dr, "title", buf_str(&g->title));
        draft_value(dr, "place", buf_str(&g->place));
        draft_value(dr, "name", str_of(fact(g, "name")));
        draft_value(
            dr, "resume",
            str_of(arena_printf(d.arena, "%s/%s.part", buf_text(&g->place), fact(g, "name"))));
        g->id = dr->id;
    }
    draft_value(dr, "source", buf_str(&g->source));
    draft_value(dr, "state", STR("begun"));
    add_said(dr, "options", buf_text(&g->options));
    draft_value(dr, "program", STR("calm " CALM_VERSION));
    draft_device(g, &d, dr);
    rc = session_append(g->session, &d, &first, e);
    if (rc)
        return rc;
    t = state_thing_by_id(session_state(g->session), &g->id);
    g->number = t ? t->number : 0;
    return 0;
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

static const char *result(const struct imaging *g, const char *word)
{
    return image_helper_result(&g->helper, word);
}

static struct id draft_item(struct imaging *g, struct decision *d)
{
    static const char *const hashes[][2] = {
        {"md5", "source-md5"},         {"sha1", "source-sha1"},
        {"sha256", "source-sha256"},   {"stored-md5", "image-md5"},
        {"stored-sha1", "image-sha1"}, {"stored-sha256", "image-sha256"},
        {"stored-size", "image-size"}, {"bad", "bad"},
    };
    CLEANUP_BUF struct buf files = {0};
    CLEANUP_BUF struct buf title = {0};
    struct evidence_facts f = {.sort = "image",
                               .source_path = buf_str(&g->source),
                               .system_id = input_value(g->op, g->in, "system")};
    const struct thing *t = state_thing_by_id(d->view->state, &g->id);
    struct draft *dr;
    char host[256];

    host_name(host, sizeof(host));
    buf_addf(&title, "disk image: %s", buf_text(&g->title));
    f.title = str_of(arena_strdup(d->arena, buf_text(&title)));
    f.source_host = str_of(arena_strdup(d->arena, host));
    f.remark = str_of(arena_printf(
        d->arena, "%s%s bytes could not be read; %s",
        is_said(g, "live") ? "LIVE: in use while it "
                             "was read; "
                           : "",
        result(g, "bad"),
        strcmp(result(g, "read-back"), "same") == 0 ? "read back and compared" : "not read back"));
    if (t && !f.system_id.len)
        f.system_id = thing_value(t, "system");
    dr = evidence_draft(d, &f);
    files_lines(g, &files);
    draft_value(dr, "files", str_of(arena_strdup(d->arena, buf_text(&files))));
    draft_value(dr, "place", buf_str(&g->place));
    draft_value(dr, "size", str_of(fact(g, "size")));
    for (size_t i = 0; i < COUNT_OF(hashes); i++)
        add_said(dr, hashes[i][1], result(g, hashes[i][0]));
    return dr->id;
}

static int record_end(struct imaging *g, int ended, const struct err *why, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    bool is_taken = ended == 0 && result(g, "sha256")[0];
    const struct thing *t;
    struct draft *dr;
    struct id item;
    uint64_t first;
    int rc = session_draft(g->session, &d, g->op, g->in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    if (is_taken)
        item = draft_item(g, &d);
    dr = decision_add(&d, "acquisition-change/1");
    draft_ref(dr, &g->id);
    if (is_taken)
        draft_value_ref(&d, dr, "evidence", &item);
    draft_value(dr, "state",
                str_of(ended == 0             ? "taken"
                       : result(g, "part")[0] ? "interrupted"
                                              : "failed"));
    add_said(dr, "began", result(g, "begun"));
    add_said(dr, "ended", result(g, "ended"));
    if (ended)
        draft_value(dr, "why", str_of(why->text));
    draft_value(dr, "resume", str_of(result(g, "part")));
    rc = session_append(g->session, &d, &first, e);
    t = rc == 0 && is_taken ? state_thing_by_id(session_state(g->session), &item) : NULL;
    g->item = t ? t->number : 0;
    return rc;
}

static int show(void *context, const struct image_progress *p, struct err *e)
{
    struct imaging *g = context;
    CLEANUP_BUF struct buf words = {0};
    char size[UTC_PLAIN_SIZE];

    (void)e;
    if (p->phase != g->phase)
        progress_begin(&g->progress, g->a);
    g->phase = p->phase;
    g->bad = p->bad;
    buf_adds(&words, image_phase_words(p->phase));
    if (p->is_slow_work)
        buf_adds(&words, ", hard places");
    if (p->bad)
        buf_addf(&words, ", %s unreadable", size_text(size, p->bad));
    progress_show(&g->progress, buf_text(&words), p->done, p->is_slow_work ? 0 : p->size);
    return 0;
}

/* No folder of --also is left: whoever sits there is asked. */
static int find_room(void *context, const char *folder, const char *why, char **other,
                     struct err *e)
{
    struct imaging *g = context;

    if (!g->a->ask_key)
        return err_set(e, ERR_FULL, "no space is left in %s", folder);
    sink_terminal(&g->a->text, str_of(why), false);
    buf_addf(&g->a->text, "%sNo space is left in ", why[0] ? ". " : "");
    sink_terminal(&g->a->text, str_of(folder), false);
    buf_adds(&g->a->text, ". Nothing is lost. Make room there, then press g to go on; any other "
                          "key stops it, and --resume with --also FOLDER goes on elsewhere.\n");
    if (g->a->ask_key(g->a, "g, or another key: ") != 'g')
        return err_set(e, ERR_FULL, "no space is left in %s", folder);
    *other = mem_strdup(folder);
    return 0;
}

/* What is written to besides: none of it may lie on the source. */
static int pass_folders(struct imaging *g, struct err *e)
{
    struct str also = input_value(g->op, g->in, "also");
    CLEANUP_BUF struct buf folder = {0};
    const char *own = g->a->around ? g->a->around->case_folder : NULL;
    int rc = own ? whole_path(str_of(own), &folder, e) : 0;

    if (rc == 0 && own)
        rc = image_helper_order(&g->helper, "case-folder", buf_str(&folder), e);
    while (rc == 0 && also.len) {
        CLEANUP_BUF struct buf whole = {0};

        rc = whole_path(str_cut(&also, '\n'), &whole, e);
        if (rc == 0)
            rc = image_helper_order(&g->helper, "also", buf_str(&whole), e);
    }
    return rc;
}

static int order(struct imaging *g, struct err *e)
{
    struct view v;
    const struct thing *t;
    int rc = session_may_write(g->session, e);

    if (rc == 0)
        rc = session_view(g->session, &v, e);
    if (rc)
        return rc;
    t = input_thing(&v, g->op, g->in, "resume");
    rc = t ? order_resumed(g, t, e) : order_new(g, &v, e);
    if (rc == 0)
        rc = pass_options(g, e);
    if (rc == 0)
        rc = pass_folders(g, e);
    return rc ? rc : image_helper_look(&g->helper, e);
}

static int end(struct imaging *g, int ended, struct err *why, struct err *e)
{
    struct err second = {0};
    int rc = record_end(g, ended, why, ended ? &second : e);

    if (ended && rc)
        return err_set(e, ended, "%s. That it ended so is not on record: %s", why->text,
                       second.text);
    if (ended && result(g, "part")[0])
        return err_set(e, ended, "%s. Nothing is lost: calm preserve image --resume im%u",
                       why->text, g->number);
    if (ended)
        return err_set(e, ended, "%s", why->text);
    if (rc == 0)
        preserve_image_tell(&g->helper, g->number, g->item, g->a);
    return rc;
}

static int image_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(imaging_release)
    struct imaging g = {.session = s, .op = op, .in = in, .a = a, .phase = -1};
    CLEANUP(interrupt_end) struct interrupt signals;
    const struct image_watcher_calls calls = {.progress = show, .full = find_room, .context = &g};
    char number[24];
    struct err why = {0};
    int rc, ended;

    interrupt_begin(&signals);
    rc = order(&g, e);
    if (rc == 0)
        rc = record_begin(&g, e);
    if (rc)
        return rc;
    snprintf(number, sizeof(number), "im%u", g.number);
    progress_begin(&g.progress, a);
    ended = image_helper_run(&g.helper, number, &calls, &why);
    return end(&g, ended, &why, e);
}

const struct operation preserve_image = {
    .name = "preserve image",
    .practice = "preserve",
    .help = "make an image of a disk, hashed and read back",
    .example = "calm preserve image /dev/sdb --to /mnt/evidence --system web1",
    .more =
        "The source is opened for reading only, and for us alone where that can be; one that is in "
        "use is refused without --live, and then marked as such. What the device says of itself, "
        "also of areas that it hides, goes on record before anything is written. The image is an "
        "E01, as most tools read it, or raw; with MD5, SHA-1 and SHA-256 of the whole and SHA-256 "
        "of each MiB. A sector that cannot be read costs that sector: on a failing disk what reads "
        "easily comes first and the retries last, and NAME.map says what is missing. Ctrl-C, a "
        "disk that vanishes or a full target end it so that --resume goes on where it was, with "
        "the same result to the byte. At the end it is read back from the target and compared. "
        "A program of its own does this (calm-image), with root's rights only until the disk is "
        "open.",
    OP_FIELDS(image_fields),
    .kind = &acquisition_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("acquisition/1", "acquisition-change/1", "evidence/1"),
    .job = image_job};

const struct operation preserve_images = {.name = "preserve images",
                                          .practice = "preserve",
                                          .help = "disk images, and how far they are",
                                          .example = "calm preserve images",
                                          .kind = &acquisition_kind,
                                          OP_LISTS};
