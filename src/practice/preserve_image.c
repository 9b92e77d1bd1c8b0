/* preserve_image.c: orders a disk image, and watches until it ends. */
#include "practice/preserve_image.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/mem.h"
#include "base/sink.h"
#include "practice/image_made.h"
#include "practice/image_record.h"
#include "practice/intake.h"
#include "practice/out_file.h"
#include "practice/practice.h"
#include "practice/preserve_image_tell.h"
#include "practice/preserve_image_watch.h"
#include "sys/file.h"
#include "sys/interrupt.h"

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
     .help = "folders to go on in when that one is full; of --made: where more of its files lie"},
    {.name = "resume",
     .type = FIELD_REF,
     .flags = FIELD_OUTSIDE,
     .kind = "acquisition",
     .help = "goes on with an image that was interrupted: im1"},
    {.name = "made",
     .type = FIELD_PATH,
     .flags = FIELD_OUTSIDE,
     .help = "takes one that calm-image made alone: its NAME.txt"},
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
     .help = "what a source lacks at its end is left unread",
     .group = TUNING},
    {.name = "leave-places",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "with --resume: where the source went away is left unread",
     .group = TUNING},
    {.name = "gone",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "with --resume: ends it, for the source is gone for good, or gives nothing more",
     .group = TUNING},
    {.name = "no-read-back",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "does not compare what was written",
     .group = TUNING},
    {.name = "exact",
     .option = "source",
     .type = FIELD_REST,
     .flags = FIELD_OUTSIDE,
     .help = "behind --: the source, taken as it is, with line ends or spaces at an end"},
};

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

int preserve_image_place(const struct imaging *g, struct str given, struct buf *out, struct err *e)
{
    CLEANUP_BUF struct buf whole = {0};
    struct stat st;
    int rc = whole_path(given, &whole, e);

    if (rc == ERR_NOTFOUND)
        return err_set(e, rc, "there is no folder " STR_FMT " for the image: make it first (mkdir)",
                       STR_ARG(given));
    if (rc)
        return rc;
    if (!sink_line_keeps(buf_str(&whole)))
        return err_set(e, ERR_USAGE,
                       "%s has a character in its name that is invisible, or no UTF-8, so that the "
                       "records of an image cannot spell it: take another folder",
                       buf_text(&whole));
    if (stat(buf_text(&whole), &st) || !S_ISDIR(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is no folder that an image could go to", buf_text(&whole));
    rc = out_spares_case(g->a->around->case_folder, buf_text(&whole), e);
    if (rc == 0)
        buf_addstr(out, buf_str(&whole));
    return rc;
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
    } options[] = {
        {"format", true, false},   {"segment", true, false},    {"small", false, false},
        {"limit", true, true},     {"retries", true, true},     {"patience", true, true},
        {"in-order", false, true}, {"accept-end", false, true}, {"leave-places", false, true},
        {"live", false, true},     {"gone", false, true},       {"no-read-back", false, true}};
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

/* Empty: none was named. */
static struct str source_given(const struct imaging *g)
{
    return g->in->rest_count ? str_of(g->in->rest[0]) : input_value(g->op, g->in, "source");
}

static int order_new(struct imaging *g, const struct view *v, struct err *e)
{
    struct str source = source_given(g);
    struct str folder = input_value(g->op, g->in, "to");
    int rc;

    if (input_has(g->op, g->in, "gone"))
        return err_set(e, ERR_USAGE, "--gone ends an image that was begun: --resume im1 --gone");
    if (!source.len || !folder.len)
        return err_set(e, ERR_USAGE, "say what to read, and where the image goes: %s",
                       g->op->example);
    rc = whole_path(source, &g->source, e);
    if (rc == 0)
        rc = preserve_image_place(g, folder, &g->place, e);
    if (rc)
        return rc;
    buf_addstr(&g->title, input_value(g->op, g->in, "title"));
    if (!g->title.len)
        intake_path_text(&g->title, buf_text(&g->source));
    rc = image_helper_open(&g->helper, buf_text(&g->source), e);
    if (rc == 0)
        rc = image_helper_order(&g->helper, "source", buf_str(&g->source), e);
    if (rc == 0)
        rc = image_helper_order(&g->helper, "to", buf_str(&g->place), e);
    if (rc == 0)
        rc = pass_name(g, v, e);
    return rc ? rc : pass_texts(g, v, e);
}

static bool is_given(const struct imaging *g, const char *field)
{
    for (size_t i = 0; i < g->op->field_count; i++)
        if (strcmp(g->op->fields[i].name, field) == 0)
            return g->in->values[i].len && !(g->in->is_fallback && g->in->is_fallback[i]);
    BUG("%s has no field %s", g->op->name, field);
}

/* Nothing that was typed is passed over. */
static int refuse_given(const struct imaging *g, const char *const *fields, const char *why,
                        struct err *e)
{
    for (size_t i = 0; fields[i]; i++)
        if (is_given(g, fields[i]))
            return err_set(e, ERR_USAGE, "leave --%s out: %s", fields[i], why);
    return 0;
}

/* Where NAME.part lies now: a disk may be mounted elsewhere. */
static int find_part(struct imaging *g, const struct thing *t, struct err *e)
{
    struct str folder = input_value(g->op, g->in, "to");
    struct str part = thing_value(t, "resume");
    size_t at = part.len;
    int rc;

    if (!folder.len) {
        buf_addstr(&g->place, thing_value(t, "place"));
        buf_addstr(&g->resume, part);
        return 0;
    }
    while (at && part.p[at - 1] != '/')
        at--;
    rc = preserve_image_place(g, folder, &g->place, e);
    buf_addf(&g->resume, "%s/" STR_FMT, buf_text(&g->place), STR_ARG(str_from(part, at)));
    return rc;
}

/* Where none is named the helper takes the one of the last run, which its state names, and which
 * may be gone. */
static int find_source(struct imaging *g, const struct thing *t, struct err *e)
{
    struct str given = source_given(g), before = thing_value(t, "source");
    CLEANUP_BUF struct buf named = {0};

    buf_addstr(&named, given); /* which may be a path, or as the record spells one */
    if (given.len && input_has(g->op, g->in, "gone"))
        return err_set(e, ERR_USAGE, "leave the source out: --gone says that it is no more");
    if (given.len && (!str_eq(given, before) || file_is_there(buf_text(&named))))
        return whole_path(given, &g->source, e);
    if (!buf_add_unescaped(&g->source, before)) { /* of a version that spelled it as it is */
        buf_clear(&g->source);
        buf_addstr(&g->source, before);
    }
    return 0;
}

static int order_resumed(struct imaging *g, const struct thing *t, struct err *e)
{
    static const char *const kept[] = {"name",  "format", "segment", "small",
                                       "title", "system", NULL};
    bool is_named = source_given(g).len > 0;
    struct str bound = thing_value(t, "bound");
    int rc = 0;

    if (!thing_value(t, "resume").len)
        return err_set(e, ERR_USAGE, "im%u has nothing to go on with: it is %.*s", t->number,
                       STR_ARG(thing_value(t, "state")));
    g->goes_on = true;
    g->id = t->id;
    g->number = t->number;
    buf_addstr(&g->title, thing_value(t, "title"));
    rc = refuse_given(g, kept, "what goes on stays what it was begun as", e);
    if (rc == 0)
        rc = find_part(g, t, e);
    if (rc == 0)
        rc = find_source(g, t, e);
    if (rc == 0)
        rc = image_helper_open(&g->helper, buf_text(&g->source), e);
    if (rc == 0)
        rc = image_helper_order(&g->helper, "resume", buf_str(&g->resume), e);
    if (rc == 0) /* of one that never stopped in good order nothing is known */
        rc = image_helper_order(&g->helper, "bound", bound.len ? bound : STR("0"), e);
    return rc || !is_named ? rc : image_helper_order(&g->helper, "source", buf_str(&g->source), e);
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

        rc = preserve_image_place(g, str_cut(&also, '\n'), &whole, e);
        if (rc == 0)
            rc = image_helper_order(&g->helper, "also", buf_str(&whole), e);
    }
    return rc;
}

/* Nothing was begun: im1 is what it was. Says what there is to do. */
static int tell_resume_failed(struct imaging *g, int rc, struct err *e)
{
    CLEANUP_BUF struct buf summary = {0};
    struct err why = *e;

    if (rc == ERR_TAMPER)
        return err_set(e, rc, "%s. Nothing was put on record of it", why.text);
    buf_addf(&summary, "%.*s.txt", (int)g->resume.len - 5, buf_text(&g->resume));
    if (file_is_there(buf_text(&g->resume)))
        return err_set(e, rc, "%s. im%u stays as it is, and can go on", why.text, g->number);
    if (file_is_there(buf_text(&summary)))
        return err_set(e, rc, "%s. It was finished without the case: calm preserve image --made %s",
                       why.text, buf_text(&summary));
    return err_set(e, rc,
                   "%s. im%u stays as it is: connect its disk, and where its folder is another "
                   "one now: calm preserve image --resume im%u --to FOLDER",
                   why.text, g->number, g->number);
}

/* Without the case the image may have gone on under another name of its source. */
static void take_path(struct imaging *g)
{
    const char *path = image_helper_fact(&g->helper, "path");
    CLEANUP_BUF struct buf shown = {0};

    sink_terminal(&shown, buf_str(&g->source), false);
    if (!path[0] || strcmp(path, buf_text(&shown)) == 0)
        return;
    buf_clear(&g->source);
    buf_adds(&g->source, path);
}

/* A field that was given, and says nothing. */
static bool is_given_empty(const struct imaging *g, const char *field)
{
    for (size_t i = 0; i < g->op->field_count; i++)
        if (strcmp(g->op->fields[i].name, field) == 0)
            return g->in->values[i].p && !str_trim(g->in->values[i]).len;
    BUG("%s has no field %s", g->op->name, field);
}

static int order(struct imaging *g, const struct image_watcher_calls *calls, struct err *e)
{
    struct view v;
    const struct thing *t;
    int rc = session_may_write(g->session, e);

    if (is_given_empty(g, "title"))
        return err_set(e, ERR_USAGE,
                       "a title has words: leave --title out, and it is the source's name");
    if (g->in->rest_count + input_has(g->op, g->in, "source") > 1)
        return err_set(e, ERR_USAGE, "one image is of one source: name it once");
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
    if (rc)
        return rc;
    progress_begin(&g->progress, g->a);
    rc = image_helper_look(&g->helper, calls, e);
    if (rc == 0)
        take_path(g);
    return rc && g->goes_on ? tell_resume_failed(g, rc, e) : rc;
}

/* The case cannot be written at this moment, and hours of reading are done. */
static int tell_unrecorded(const struct imaging *g, int rc, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf summary = {0};
    struct err why = *e;

    buf_addf(&path, "%.*stxt", (int)(g->resume.len - strlen("part")), buf_text(&g->resume));
    sink_shell(&summary, buf_str(&path));
    return err_set(e, rc,
                   "im%u is whole, but that is not on record: %s. Its files stay as they are; once "
                   "the case can be written again: calm preserve image --made %s",
                   g->number, why.text, buf_text(&summary));
}

static int end(struct imaging *g, int ended, struct err *why, struct err *e)
{
    struct err second = {0};
    int rc = image_record_end(g, ended, why, ended ? &second : e);

    if (ended && rc)
        return err_set(e, ended, "%s. That it ended so is not on record: %s", why->text,
                       second.text);
    if (ended == ERR_TAMPER) /* says itself what there is to do */
        return err_set(e, ended, "%s. That is on record", why->text);
    if (ended && image_left(g)[0])
        return err_set(e, ended, "%s. %s: calm preserve image --resume im%u", why->text,
                       ended == ERR_NOTFOUND || ended == ERR_USAGE || ended == ERR_CONFLICT
                           ? "Once that is there again, as it was"
                           : "Nothing is lost",
                       g->number);
    if (ended)
        return err_set(e, ended, "%s. That is on record", why->text);
    if (rc)
        return tell_unrecorded(g, rc, e);
    preserve_image_tell(&g->helper, g->number, g->item, g->a);
    return 0;
}

static int take_made(struct imaging *g, struct err *e)
{
    static const char *const kept[] = {
        "source",     "to",           "resume", "name",         "live",     "format",
        "segment",    "small",        "limit",  "retries",      "patience", "in-order",
        "accept-end", "leave-places", "gone",   "no-read-back", NULL};
    int rc = refuse_given(g, kept, "an image that is made is taken as it is", e);

    if (rc == 0 && g->in->rest_count)
        rc = err_set(e, ERR_USAGE, "leave the source out: an image that is made is taken as it is");
    if (rc == 0)
        rc = image_made_take(g, e);
    if (rc == 0)
        preserve_image_tell(&g->helper, g->number, g->item, g->a);
    return rc;
}

static int image_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(interrupt_end) struct interrupt signals; /* to the end of the helper, too */
    CLEANUP(imaging_release)
    struct imaging g = {.session = s, .op = op, .in = in, .a = a, .phase = -1};
    const struct image_watcher_calls calls = {
        .progress = preserve_image_show, .full = preserve_image_room, .context = &g};
    char number[24];
    struct err why = {0};
    int rc, ended;

    interrupt_begin(&signals);
    if (input_has(op, in, "made"))
        return take_made(&g, e);
    buf_adds(&g.program, "calm " CALM_VERSION);
    rc = order(&g, &calls, e);
    if (rc == 0)
        rc = image_record_begin(&g, e);
    if (rc)
        return rc;
    if (!g.goes_on)
        preserve_image_say_room(&g);
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
        "the same result to the byte; where its folder is another one now, --to says so. At the "
        "end it is read back from the target and compared. An image that calm-image made or "
        "finished alone is taken with --made: its files stay where they are, and all of them are "
        "read and compared with its summary. "
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
