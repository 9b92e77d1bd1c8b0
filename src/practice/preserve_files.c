/* preserve_files.c: files and whole folders of this machine into evidence. */
#include "practice/preserve_files.h"
#include "base/sink.h"
#include "evidence/virtual_disk.h"
#include "practice/image_part.h"
#include "practice/take_file.h"
#include "sys/interrupt.h"

/* So many files found in folders get a record each; more go into one archive. */
enum { FILE_ITEMS_MAX = 200 };

static const struct field files_fields[] = {
    {.name = "files",
     .type = FIELD_PATH,
     .flags = FIELD_ARG | FIELD_MANY | FIELD_OUTSIDE,
     .help = "files of this machine, and folders with all that is in them"},
    {.name = "system",
     .type = FIELD_REF,
     .flags = FIELD_OUTSIDE,
     .kind = "system",
     .help = "which system they come from"},
    {.name = "title", .type = FIELD_LINE, .flags = FIELD_OUTSIDE, .help = "what it is, in words"},
    {.name = "unpack",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "list what lies in archives, too"},
    {.name = "exact",
     .option = "name",
     .type = FIELD_REST,
     .flags = FIELD_OUTSIDE,
     .help = "behind --: names taken as they are, with line ends or spaces at an end"},
};

static int add_names(struct taking *t, struct err *e)
{
    struct str rest = input_value(t->op, t->in, "files");
    int rc = 0;

    while (rc == 0 && rest.len) {
        CLEANUP_BUF struct buf path = {0};

        buf_addstr(&path, str_cut(&rest, '\n'));
        if (path.len)
            rc = walk_add(&t->walk, buf_text(&path), e);
    }
    for (size_t i = 0; rc == 0 && i < t->in->rest_count; i++)
        rc = walk_add(&t->walk, t->in->rest[i], e);
    if (rc == 0 && t->walk.count == 0)
        return err_set(e, ERR_USAGE, "name files or folders; an example: %s", t->op->example);
    return rc;
}

static bool is_file(const struct walk_entry *entry)
{
    return S_ISREG(entry->st.st_mode) && !entry->trouble;
}

/* How the whole is kept follows from what was found. */
static int choose(struct taking *t, struct err *e)
{
    size_t found = 0;
    bool has_folder = false;

    for (size_t i = 0; i < t->walk.count; i++) {
        const struct walk_entry *entry = &t->walk.entries[i];

        found += is_file(entry) && !entry->is_named;
        has_folder = has_folder || S_ISDIR(entry->st.st_mode);
    }
    t->puts_in_archive = found > FILE_ITEMS_MAX;
    return has_folder ? manifest_begin(&t->manifest, session_store(t->session), t->host, e) : 0;
}

static int end_manifest(struct taking *t, struct err *e)
{
    struct blob_digests digests;
    struct draft *dr;
    int rc = manifest_commit(MOVE(t->manifest), &digests, e);

    if (rc)
        return rc;
    dr = take_draft_whole(t, "list", "list of what was found in", &digests,
                          t->is_stopped ? "stopped before its end, at the request of who took it"
                                        : "");
    for (size_t i = 0; i < t->part_count; i++)
        draft_ref(dr, &t->parts[i]);
    return 0;
}

static int take_by_type(struct taking *t, const struct walk_entry *entry, struct fate *f,
                        struct err *e)
{
    f->kept = KEPT_NOT;
    if (t->is_stopped) {
        buf_adds(&f->file.trouble, "the intake was stopped before it");
        return 0;
    }
    if (entry->trouble) {
        buf_adds(&f->file.trouble, entry->trouble);
        return 0;
    }
    if (S_ISREG(entry->st.st_mode))
        return take_file(t, entry, f, e);
    if (S_ISLNK(entry->st.st_mode))
        return take_link(t, entry, f, e);
    return take_folder(t, entry, f, e);
}

static int note_fate(struct taking *t, struct walk_entry *entry, const struct fate *f,
                     struct err *e)
{
    bool is_left = f->kept == KEPT_NOT;
    struct manifest_line line = {.entry = entry,
                                 .st = f->file.before.st_mode ? &f->file.before : NULL,
                                 .more = f->has_facts ? &t->facts : NULL,
                                 .kept = f->kept,
                                 .part = (unsigned)t->part_count + 1,
                                 .digests = f->has_digests ? &f->file.digests : NULL,
                                 .holes = f->areas.size - f->areas.data,
                                 .stored = f->has_stored ? &f->stored : NULL,
                                 .same = f->same,
                                 .remark = buf_str(is_left ? &f->file.trouble : &f->file.remark)};

    entry->is_passed = entry->is_passed || f->is_withheld;
    if (is_left) {
        taking_leave(t, entry, line.remark);
        entry->trouble = arena_strdup(t->walk.arena, buf_text(&f->file.trouble));
    }
    return t->manifest ? manifest_add(t->manifest, &line, e) : 0;
}

static int take_entry(struct taking *t, struct walk_entry *entry, struct err *e)
{
    CLEANUP(fate_release) struct fate f = {0};
    int rc = take_by_type(t, entry, &f, e);

    if (rc == ERR_CANCEL) {
        /* What was read of this one so far was dropped; the others stand. */
        t->is_stopped = true;
        buf_adds(&f.file.trouble, "the intake was stopped while it was read");
        if (f.file.hangs)
            buf_adds(&f.file.trouble, ", which had not come back: what it lies on does not answer");
        f.kept = KEPT_NOT;
        rc = 0;
    }
    if (rc == 0)
        rc = note_fate(t, entry, &f, e);
    return rc ? rc : taking_settle(t, false, e);
}

/* Only files were named, and some were not taken: a list says which and why. */
static int list_left(struct taking *t, struct err *e)
{
    int rc = manifest_begin(&t->manifest, session_store(t->session), t->host, e);

    for (size_t i = 0; rc == 0 && i < t->walk.count; i++) {
        struct manifest_line line = {.entry = &t->walk.entries[i],
                                     .remark = str_of(t->walk.entries[i].trouble)};

        if (line.remark.len)
            rc = manifest_add(t->manifest, &line, e);
    }
    return rc;
}

static int take_all(struct taking *t, struct err *e)
{
    int rc = choose(t, e);

    for (t->at = 0; rc == 0 && t->at < t->walk.count; t->at++) {
        t->is_stopped = t->is_stopped || interrupt_came();
        taking_progress(t);
        rc = take_entry(t, &t->walk.entries[t->at], e);
    }
    if (rc == 0 && t->archive)
        rc = take_end_part(t, e);
    if (rc == 0 && t->left_count && !t->manifest)
        rc = list_left(t, e);
    if (rc == 0 && t->manifest)
        rc = end_manifest(t, e);
    return rc;
}

/* Of the first that looks like an image: how the others belong on the register is the same. */
static void tell_images(struct taking *t)
{
    bool is_told = t->a->wants_json;

    for (size_t i = 0; !is_told && i < t->walk.count; i++)
        if (is_file(&t->walk.entries[i]))
            is_told = image_part_hint(t->walk.entries[i].path,
                                      (uint64_t)t->walk.entries[i].st.st_size, &t->a->text);
}

/* Files are kept as they are, and a disk that lies in one is not read as one. */
static void tell_disks(struct taking *t)
{
    if (!t->disk || t->a->wants_json)
        return;
    sink_terminal(&t->a->text, str_of(t->disk_path), false);
    buf_adds(&t->a->text, " is in the case as a file now. ");
    virtual_disk_say(t->disk, &t->a->text);
    buf_adds(&t->a->text, ".");
    if (t->disk_count > 1)
        buf_addf(&t->a->text, " %llu more of what was taken %s such a file.",
                 (unsigned long long)t->disk_count - 1, t->disk_count == 2 ? "is" : "are each");
    buf_addc(&t->a->text, '\n');
}

/* Whatever ended it: items whose bytes are kept get their records. */
static int finish(struct taking *t, int rc, struct err *e)
{
    struct err late = {0};
    int settled = taking_settle(t, true, rc ? &late : e);

    if (rc == 0)
        rc = settled;
    taking_tell(t);
    if (rc)
        return rc;
    tell_images(t);
    tell_disks(t);
    if (t->is_stopped)
        return err_set(e, ERR_CANCEL,
                       "stopped at your request; what was taken until then is recorded");
    if (t->taken == 0 && t->left_count)
        return err_set(e, ERR_NOTFOUND, "nothing could be taken; the reasons are above");
    if (t->missed)
        return err_set(e, ERR_IO,
                       "%llu of what was to be taken %s not; the rest is on the "
                       "register, and the reasons are above",
                       (unsigned long long)t->missed, t->missed == 1 ? "was" : "were");
    if (t->limited)
        return err_set(e, ERR_LIMIT,
                       "of %llu of the archives not all is listed: a limit was met, which its list "
                       "names. The archive itself is on the register, whole",
                       (unsigned long long)t->limited);
    return 0;
}

static int files_job(struct session *s, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(taking_release) struct taking t = {0};
    CLEANUP(interrupt_end) struct interrupt signals;
    int rc;

    interrupt_begin(&signals);
    rc = taking_init(&t, s, op, in, a, e);
    if (rc)
        return rc;
    t.title = input_value(op, in, "title");
    t.system_id = input_value(op, in, "system");
    rc = add_names(&t, e);
    if (rc)
        return rc;
    return finish(&t, take_all(&t, e), e);
}

const struct operation preserve_files = {
    .name = "preserve files",
    .practice = "preserve",
    .help = "take files and folders of this machine into evidence",
    .example = "calm preserve files /var/log /etc/passwd --system web1",
    .more =
        "Files are opened for reading only, and their access times stay as they are where the "
        "system allows it; where not, the record says so. Each gets its SHA-256 and MD5, size, "
        "mode, owner and times. Nothing behind a symbolic link is read, and no device, FIFO or "
        "socket is opened; other file systems mounted in a folder are not entered. Up to 200 files "
        "of folders become items of their own. More are put into one archive (pax), and a list, "
        "which is an item too, names each with its hashes and everything that was not taken, and "
        "why. A file that changes meanwhile is taken as far as it reached at first, and marked. "
        "What was named, or is a file or folder, and was not taken is told by exit status 11; "
        "sockets, FIFOs, devices, what is mounted within a folder, and private keys and recovery "
        "keys of calm, which are never taken, are not meant by that. "
        "--unpack reads archives (tar, cpio, zip, 7-Zip, or one file in gzip, bzip2, xz, lzma or "
        "zstd) in a process that can do nothing else, and lists what lies in each: at most 200000 "
        "entries, names of 4096 bytes, 64 GiB of content, 200 times the size of the archive "
        "(behind "
        "the first 16 MiB), an hour of processor time, four hours, and 1 GiB of memory; archives "
        "within archives are listed as files and not opened. The archive is taken whole all the "
        "same; its list says which limit was met, and the exit status is 10. "
        "Ctrl-C stops it; what was taken until then stays, recorded.",
    OP_FIELDS(files_fields),
    .kind = &evidence_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .may_hang = true,
    .faces = FACE_CLI,
    .records = WORDS("evidence/1"),
    .job = files_job};
