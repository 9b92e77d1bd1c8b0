/* preserve_read.c: partitions, file systems and files of a disk image; files read out of it. */
#include "practice/preserve_read.h"
#include <unistd.h>
#include "base/limits.h"
#include "base/sink.h"
#include "base/size.h"
#include "practice/custody.h"
#include "practice/disk_files.h"
#include "practice/disk_out.h"
#include "practice/disk_raw.h"
#include "practice/disk_show.h"
#include "practice/disk_wish.h"
#include "practice/image_part.h"
#include "practice/intake.h"
#include "practice/preserve_read_record.h"
#include "render/screen.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum { KEPT_MAX = 200, TITLE_COLUMNS = 200 };

static const struct field read_fields[] = {
    {.name = "image",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
     .help = "an item, e3; or a file: of an image in parts the first, web1.E01"},
    {.name = "partition",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "which one, as Linux counts: 3 is sda3"},
    {.name = "offset",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "or the sector where the file system begins"},
    {.name = "list", .type = FIELD_FLAG, .flags = FIELD_OUTSIDE, .help = "list its files"},
    {.name = "below",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .option = "path",
     .help = "only this file, or this folder with all in it: /etc"},
    {.name = "inode",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .help = "or this inode: 12, on NTFS also 12-128-3"},
    {.name = "deleted", .type = FIELD_FLAG, .flags = FIELD_OUTSIDE, .help = "only what is deleted"},
    {.name = "body",
     .type = FIELD_PATH,
     .flags = FIELD_OUTSIDE,
     .help = "write the list there, as a body file for mactime"},
    {.name = "raw",
     .type = FIELD_PATH,
     .flags = FIELD_OUTSIDE,
     .help = "write the whole partition there as it is, whatever lies in it"},
    {.name = "folder",
     .type = FIELD_PATH,
     .flags = FIELD_OUTSIDE,
     .option = "to",
     .help = "read the files out into this new folder"},
    {.name = "slack",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "with what lies behind their ends in their last blocks"},
    {.name = "most",
     .type = FIELD_SIZE,
     .flags = FIELD_OUTSIDE,
     .fallback = "64 GiB",
     .help = "read out at most so much, holes counted"},
    {.name = "keep",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "take what is read out into evidence, at most 200 files"},
    {.name = "because", .type = FIELD_LINE, .help = "what for; for the custody of the item"},
};

static void reading_release(struct reading *r)
{
    decision_release(&r->items);
    disk_files_release(&r->files);
    disk_standing_release(&r->standing);
    disk_unread_release(&r->unread);
    buf_release(&r->unread_fact);
    free(r->gaps);
}

static bool has(const struct reading *r, const char *field)
{
    return input_has(r->op, r->in, field);
}

static bool wants_files(const struct reading *r)
{
    static const char *const fields[] = {"partition", "offset", "list",   "below", "inode",
                                         "deleted",   "body",   "folder", "raw"};

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (has(r, fields[i]))
            return true;
    return false;
}

static int survey(struct reading *r, struct disk_survey *s, struct err *e)
{
    struct disk_receiver to = disk_survey_receiver(s);

    return disk_survey(&r->source, &to, &s->sums, e);
}

static int answer_survey(struct reading *r, struct err *e)
{
    static const struct act act = {.done = "looked at: partitions and file systems",
                                   .failed = "not read: partitions and file systems"};
    CLEANUP(disk_survey_release) struct disk_survey s;
    int rc;

    disk_survey_init(&s);
    rc = reading_end(r, &act, survey(r, &s, e), NULL, e);
    if (rc == 0)
        disk_survey_show(&s, buf_str(&r->files.name), &r->standing, r->a);
    return rc;
}

/* Nobody said which file system: it is the only one that can be read, or a person must say. */
static int choose(struct reading *r, struct err *e)
{
    CLEANUP(disk_survey_release) struct disk_survey s;
    CLEANUP_BUF struct buf others = {0};
    const struct disk_fs *fs;
    const struct disk_fs *first = NULL;
    size_t at = 0;
    int rc;

    disk_survey_init(&s);
    rc = survey(r, &s, e);
    if (rc)
        return rc;
    while ((fs = disk_survey_next(&s, &at))) {
        buf_adds(&others, first ? ", " : "");
        if (fs->number)
            buf_addf(&others, "%u (%s)", (unsigned)fs->number, fs->kind);
        else
            buf_addf(&others, "the whole disk (%s: --offset 0)", fs->kind);
        first = first ? first : fs;
    }
    if (!first && s.whole)
        return 0; /* what it is, and what to do, is said when it is opened */
    if (!first)
        return err_set(e, ERR_NOTFOUND,
                       "it has no file system that calm reads; calm preserve read %s says what "
                       "there is, and what to do",
                       buf_text(&r->files.name));
    if (strchr(buf_text(&others), ','))
        return err_set(e, ERR_USAGE, "say which file system with --partition: %s",
                       buf_text(&others));
    r->wish.first = first->first;
    return 0;
}

static int answer_list(struct reading *r, struct err *e)
{
    static const struct act act = {
        .done = "files listed: ", .failed = "files not listed: ", .has_where = true};
    CLEANUP(disk_listing_release) struct disk_listing l;
    struct disk_receiver to = disk_listing_receiver(&l);
    int rc;

    disk_listing_begin(&l, r->a);
    rc = disk_list(&r->source, &r->wish, &to, &r->sums, e);
    rc = reading_end(r, &act, rc, NULL, e);
    if (rc == 0)
        disk_listing_end(&l, &r->sums, &r->standing);
    return rc;
}

static struct str keep_text(struct decision *d, const struct buf *text)
{
    return (struct str){arena_dup(d->arena, buf_text(text), text->len), text->len};
}

/* One file into evidence; its record refers to that of the image. */
static int keep(struct reading *r, int fd, struct evidence_facts *facts, struct err *e)
{
    CLEANUP(intake_release) struct intake taken = {0};
    CLEANUP_BUF struct buf remark = {0};
    struct draft *dr;
    int rc = intake_fd(&taken, r->session, fd, true, e);

    if (rc == 0 && taken.trouble.len)
        rc = err_set(e, ERR_IO, "a file that was read out %s", buf_text(&taken.trouble));
    if (rc)
        return rc;
    facts->digests = taken.digests;
    facts->has_blob = true;
    if (r->unread_fact.len)
        buf_addf(&remark, STR_FMT "%s%s", STR_ARG(facts->remark), facts->remark.len ? "; " : "",
                 buf_text(&r->unread_fact));
    if (remark.len)
        facts->remark = keep_text(&r->items, &remark);
    if (r->files.item) {
        facts->source_host = thing_value(r->files.item, "host");
        facts->system_id = thing_value(r->files.item, "system");
    }
    dr = evidence_draft(&r->items, facts);
    if (r->files.item)
        draft_ref(dr, &r->files.item->id);
    r->kept++;
    return 0;
}

static int on_taken(void *context, const struct disk_taken *t, struct err *e)
{
    struct reading *r = context;
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf remark = {0};
    CLEANUP_BUF struct buf raw = {0};
    struct evidence_facts f = {
        .sort = "file", .modified = t->modified, .mode = t->mode, .uid = t->uid, .gid = t->gid};

    if (r->kept == KEPT_MAX)
        return err_set(
            e, ERR_LIMIT,
            "more than %d files to take into evidence; read them out without --keep, and "
            "take the folder as one: calm preserve files",
            KEPT_MAX);
    buf_addstr(&raw, t->path);
    intake_path_text(&path, buf_text(&raw));
    buf_addf(&remark, "read out of %s, inode " STR_FMT "%s%s" STR_FMT, buf_text(&r->files.name),
             STR_ARG(t->inode), t->is_deleted ? ", deleted" : "", t->remark.len ? "; " : "",
             STR_ARG(t->remark));
    f.source_path = keep_text(&r->items, &path);
    f.title = utf8_head_columns(f.source_path, TITLE_COLUMNS);
    f.remark = keep_text(&r->items, &remark);
    return keep(r, t->fd, &f, e);
}

/* The manifest becomes an item, too, and all records are appended together. */
static int settle_kept(struct reading *r, struct disk_out *out, struct err *e)
{
    CLEANUP_BUF struct buf title = {0};
    struct evidence_facts f = {.sort = "list"};
    uint64_t first;
    int fd;
    int rc;

    if (!has(r, "keep") || r->kept == 0)
        return 0;
    buf_addf(&title, "list of what was read out of %s: ", buf_text(&r->files.name));
    reading_where(&title, r);
    f.title = utf8_head_columns(keep_text(&r->items, &title), TITLE_COLUMNS);
    rc = disk_out_manifest(out, &fd, e);
    if (rc == 0)
        rc = keep(r, fd, &f, e);
    return rc ? rc : session_append(r->session, &r->items, &first, e);
}

static void sums_json(struct reading *r, const struct disk_out_sums *sums)
{
    const struct {
        const char *name;
        uint64_t value;
    } members[] = {{"files", sums->files},         {"size", sums->size},
                   {"listed", sums->listed},       {"left", sums->left},
                   {"flawed", sums->flawed},       {"lost", sums->lost},
                   {"unreadable", sums->unread},   {"disk_unread", r->unread.sum},
                   {"forgotten", sums->forgotten}, {"troubles", sums->trouble},
                   {"damaged", r->sums.damaged},   {"kept", r->kept}};
    struct json j;

    json_begin(&j, &r->a->json);
    json_object_begin(&j);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        json_put_u64(&j, members[i].name, members[i].value);
    disk_standing_json(&r->standing, &j);
    json_object_end(&j);
}

static void tell_sums(struct reading *r, const struct disk_out_sums *sums, const char *folder)
{
    char size[SIZE_TEXT_SIZE];
    struct buf *out = &r->a->text;

    if (r->a->wants_json) {
        sums_json(r, sums);
        return;
    }
    add_count(out, sums->files, "file", "files");
    buf_addf(out, " (%s) read out to ", size_text(size, sums->size));
    sink_terminal(out, str_of(folder), false);
    buf_adds(out, ": files/, and manifest.jsonl, which says of each what it is.\n");
    if (sums->flawed)
        buf_addf(out,
                 "Of %llu of them something is known against their content: \"remark\" there.\n",
                 (unsigned long long)sums->flawed);
    if (sums->unread)
        buf_addf(out,
                 "%llu bytes in %llu of them were not read from the disk when its image was taken, "
                 "and are zeros: \"unreadable\" there. Their hashes are those of no whole file.\n",
                 (unsigned long long)sums->unread, (unsigned long long)sums->unread_in);
    if (sums->left)
        buf_addf(out, "%llu more could not be read out, or were not: their \"remark\" says why.\n",
                 (unsigned long long)sums->left);
    disk_forgotten_text(out, sums->forgotten);
    if (sums->forgotten)
        buf_addc(out, '\n');
    if (sums->trouble)
        buf_addf(out, "%llu folder%s could not be read whole: \"trouble\" there.\n",
                 (unsigned long long)sums->trouble, sums->trouble == 1 ? "" : "s");
    if (r->kept)
        buf_addf(out, "%llu items are on the register, the manifest among them.\n",
                 (unsigned long long)r->kept);
    buf_adds(out, "They may be hostile: open them where they can do no harm.\n");
}

/* "3 files, 812 bytes; the list of them, manifest.jsonl: …" */
static int read_out_words(const struct reading *r, const struct disk_out *out, const char *folder,
                          struct buf *words, struct err *e)
{
    const struct disk_out_sums *sums = disk_out_sums(out);
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/manifest.jsonl", folder);
    add_count(words, sums->files, "file", "files");
    buf_addf(words, ", %llu bytes", (unsigned long long)sums->size);
    if (sums->unread)
        buf_addf(words,
                 ", of which %llu in %llu of them were not read from the disk when its image was "
                 "taken, and are zeros",
                 (unsigned long long)sums->unread, (unsigned long long)sums->unread_in);
    if (sums->forgotten) {
        buf_adds(words, ", and not ");
        add_count(words, sums->forgotten, "deleted one", "deleted ones");
        buf_adds(words, " whose length and place are forgotten");
    }
    if (r->unread_fact.len)
        buf_addf(words, "; %s", buf_text(&r->unread_fact));
    buf_adds(words, "; their list, manifest.jsonl: ");
    return reading_add_sum(words, sums->listed, "row without content", "rows without content",
                           buf_text(&path), e);
}

/* A script learns that not all is there; of deleted files it seldom is. */
static int judge_sums(const struct disk_out_sums *sums, struct err *e)
{
    CLEANUP_BUF struct buf words = {0};

    if (!sums->missed && !sums->trouble)
        return 0;
    if (sums->missed)
        add_count(&words, sums->missed, "file", "files");
    if (sums->missed && sums->trouble)
        buf_adds(&words, " and ");
    if (sums->trouble)
        add_count(&words, sums->trouble, "folder", "folders");
    return err_set(e, ERR_IO,
                   "not all was read out: %s. manifest.jsonl says which, "
                   "and why; the rest is there",
                   buf_text(&words));
}

static int read_out(struct reading *r, const char *folder, struct err *e)
{
    CLEANUP(disk_out_freep) struct disk_out *out = NULL;
    struct progress progress;
    struct disk_out_order order = {.folder = folder,
                                   .image = buf_str(&r->files.name),
                                   .compared = buf_str(&r->standing.words),
                                   .unread = r->unread.sum,
                                   .unread_fact = buf_str(&r->unread_fact),
                                   .state = r->view.state,
                                   .taken = has(r, "keep") ? on_taken : NULL,
                                   .context = r,
                                   .progress = &progress};
    const struct act act = {.begun = "begun to be read out of it: ",
                            .done = "read out of it: ",
                            .failed = "to be read out of it: ",
                            .has_where = true,
                            .to = folder};
    CLEANUP_BUF struct buf outcome = {0};
    struct disk_receiver to;
    struct err late = {0};
    int ended;
    int rc = disk_out_new(&out, &order, e);

    if (rc)
        return rc;
    to = disk_out_receiver(out);
    rc = reading_begin(r, &act, NULL, e);
    progress_begin(&progress, r->a);
    if (rc == 0)
        rc = disk_list(&r->source, &r->wish, &to, &r->sums, e);
    ended = disk_out_end(out, r->sums.damaged, rc && e ? e->text : NULL, rc ? &late : e);
    if (rc == 0)
        rc = ended;
    if (ended == 0 && read_out_words(r, out, folder, &outcome, &late) && rc == 0)
        rc = err_set(e, ERR_IO, "%s", late.text);
    rc = reading_end(r, &act, rc, outcome.len ? buf_text(&outcome) : NULL, e);
    if (rc == 0)
        rc = settle_kept(r, out, e);
    if (rc == 0 || disk_out_sums(out)->files)
        tell_sums(r, disk_out_sums(out), folder);
    return rc ? rc : judge_sums(disk_out_sums(out), e);
}

static int answer_out(struct reading *r, struct err *e)
{
    CLEANUP_BUF struct buf folder = {0};
    int rc;

    buf_addstr(&folder, input_value(r->op, r->in, "folder"));
    rc = reading_may_write(r, buf_text(&folder), e);
    return rc ? rc : read_out(r, buf_text(&folder), e);
}

struct raw_record {
    struct reading *reading;
    struct act act;
};

static int begin_raw(void *context, const struct out_file *file, struct err *e)
{
    struct raw_record *w = context;

    return reading_begin(w->reading, &w->act, file, e);
}

static int record_raw(void *context, const struct buf *outcome, struct err *e)
{
    struct raw_record *w = context;

    return reading_record(w->reading, &w->act, w->act.done, buf_text(outcome), e);
}

static int answer_raw(struct reading *r, struct err *e)
{
    CLEANUP(disk_survey_release) struct disk_survey s;
    CLEANUP_BUF struct buf path = {0};
    struct raw_record w = {r,
                           {.begun = "begun to be written out as it is: ",
                            .done = "written out as it is: ",
                            .failed = "to be written out as it is: ",
                            .has_where = true}};
    struct disk_raw raw = {.files = &r->files,
                           .survey = &s,
                           .standing = &r->standing,
                           .number = r->wish.number,
                           .begin = begin_raw,
                           .record = record_raw,
                           .context = &w};
    int rc;

    disk_survey_init(&s);
    buf_addstr(&path, input_value(r->op, r->in, "raw"));
    w.act.to = raw.path = buf_text(&path);
    rc = reading_may_write(r, raw.path, e);
    if (rc)
        return rc;
    rc = survey(r, &s, e);
    if (rc == 0)
        rc = disk_raw_write(&raw, r->a, e);
    if (rc)
        return reading_end(r, &w.act, rc, NULL, e);
    return r->standing.is_other
               ? err_set(e, ERR_TAMPER,
                         "what %s holds now is not what was taken; it was written out all the same",
                         buf_text(&r->files.name))
               : 0;
}

static int answer(struct reading *r, struct err *e)
{
    int rc = 0;

    if (!wants_files(r))
        return answer_survey(r, e);
    if (has(r, "raw"))
        return answer_raw(r, e);
    if (!has(r, "partition") && !has(r, "offset"))
        rc = choose(r, e);
    if (rc) { /* the answer names what was found */
        static const struct act act = {.done = "looked at: file systems"};
        int recorded = reading_record(r, &act, act.done, NULL, NULL);

        return recorded ? err_wrap(e, rc, "that it was looked at is not on record") : rc;
    }
    return has(r, "folder") ? answer_out(r, e)
           : has(r, "body") ? reading_body(r, e)
                            : answer_list(r, e);
}

static void find_unread(struct reading *r)
{
    if (r->has_unread)
        return;
    if (disk_unread_find(&r->unread, &r->files, NULL) == 0)
        disk_unread_fact(&r->unread, &r->unread_fact);
    else
        disk_unread_release(&r->unread); /* what fails here fails again when it is read */
    r->has_unread = true;
}

static void find_gaps(struct reading *r)
{
    find_unread(r);
    r->source.gap_count = disk_unread_gaps(&r->unread, &r->gaps);
    r->source.gaps = r->gaps;
}

/* What a disk lacks in its image is nowhere a hole of a file system: names may be missing, too. */
static void tell_unread(struct reading *r)
{
    CLEANUP_BUF struct buf words = {0};
    struct screen screen = {&r->a->text, r->a->columns, r->a->color};

    if (r->a->wants_json || has(r, "raw"))
        return;
    find_unread(r);
    disk_unread_words(&r->unread, &words);
    if (!words.len)
        return;
    screen_blank(&screen);
    screen_para_style(&screen, 0, SCREEN_WARN, buf_str(&words));
}

static int read_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(reading_release) struct reading r = {.session = s, .op = op, .in = in, .a = a};
    CLEANUP(interrupt_end) struct interrupt signals;
    CLEANUP_BUF struct buf lone = {0};
    int rc;

    interrupt_begin(&signals);
    rc = session_view(s, &r.view, e);
    if (rc)
        return rc;
    decision_begin(&r.items, &r.view, op, in);
    r.items.is_independent = true;
    rc = disk_wish_read(&r.wish, op, in, e);
    if (rc == 0)
        rc = disk_files_open(&r.files, s, &r.view, input_value(op, in, "image"), e);
    if (rc)
        return rc;
    r.source = (struct disk_source){.fds = r.files.set.fds,
                                    .fd_count = r.files.set.count,
                                    .name = buf_text(&r.files.reading),
                                    .format = r.files.set.format};
    rc = image_part_lone(&r.view, &r.files, &lone, e);
    if (rc)
        return rc;
    disk_standing_find(&r.standing, &r.view, &r.files, session_is_read_only(s));
    if (has(&r, "folder")) /* the others tell where all is said */
        find_gaps(&r);
    else if (has(&r, "body"))
        find_unread(&r);
    rc = image_part_tell(&lone, answer(&r, e), a, e);
    if (rc == 0 || a->text.len) {
        tell_unread(&r);
        disk_standing_text(&r.standing, a);
    }
    return rc;
}

const struct operation preserve_read = {
    .name = "preserve read",
    .practice = "preserve",
    .help = "partitions, file systems and files of a disk image, deleted ones too",
    .example = "calm preserve read web1-sda.E01 --partition 1 --path /etc --to web1-etc",
    .more =
        "Without options it tells partitions, what lies between them, and the file system in each, "
        "with what to do where calm does not read it. With --list, --path, --inode or --deleted it "
        "lists files; --body writes the list in the form that mactime and other tools read; --to "
        "reads the files out into a new folder, with a manifest that names each with its path, "
        "times, hashes, and what is known against its content "
        "(doc/format/evidence.md). Names from the disk become safe ones, no link is made, nothing "
        "is "
        "overwritten. Each look at an item is a record of its chain of custody, with what came "
        "out, its "
        "size and SHA-256, or why nothing did, and when the item was last compared with the "
        "record; "
        "where the case can only be read nothing is written out of an item. ext2 to ext4, FAT, "
        "exFAT, NTFS, HFS+, UFS, YAFFS2 and ISO 9660 are read, by libtsk, in a process "
        "that can do nothing else; of what it does not read --raw writes the partition out whole, "
        "for "
        "other tools. The image is never written to.",
    OP_FIELDS(read_fields),
    .kind = &evidence_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .may_hang = true,
    .faces = FACE_CLI,
    .records = WORDS("custody/1", "evidence/1"),
    .works_read_only = true,
    .job = read_job};
