/* preserve_files.c: files and whole folders of this machine into evidence. */
#include <errno.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/preserve_files.h"
#include "practice/taking.h"
#include "practice/unpack.h"
#include "sys/file.h"
#include "sys/interrupt.h"

/* So many files found in folders get a record each; more go into one archive. */
enum { FILE_ITEMS_MAX = 200, TITLE_COLUMNS = 200 };

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
     .type = FIELD_REST,
     .flags = FIELD_OUTSIDE,
     .help = "behind --: names taken as they are, with line ends or spaces at an end"},
};

/* What became of one entry. */
struct fate {
    enum manifest_kept kept;
    struct intake file;
    bool has_digests;
};

static void fate_release(struct fate *f)
{
    intake_release(&f->file);
}

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

/* The names that were given, as one line. */
static void roots_text(const struct taking *t, struct buf *out)
{
    for (size_t i = 0; i < t->walk.count; i++) {
        if (!t->walk.entries[i].is_named)
            continue;
        if (out->len)
            buf_adds(out, ", ");
        intake_path_text(out, t->walk.entries[i].path);
        if (out->len > 1000) {
            buf_adds(out, " …");
            return;
        }
    }
}

static struct draft *draft_whole(struct taking *t, const char *sort, const char *what,
                                 const struct blob_digests *digests, const char *remark)
{
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf roots = {0};
    struct evidence_facts f = {
        .sort = sort, .digests = *digests, .has_blob = true, .remark = str_of(remark)};

    roots_text(t, &roots);
    if (t->title.len)
        buf_addf(&title, STR_FMT ": ", STR_ARG(t->title));
    buf_addf(&title, "%s %s", what, buf_text(&roots));
    f.title = utf8_head_columns(buf_str(&title), TITLE_COLUMNS);
    f.source_path = buf_str(&roots);
    return taking_item(t, &f);
}

static int end_part(struct taking *t, struct err *e)
{
    uint64_t count = intake_archive_count(t->archive);
    CLEANUP_BUF struct buf remark = {0};
    struct blob_digests digests;
    struct draft *dr;
    int rc = intake_archive_commit(MOVE(t->archive), &digests, e);

    if (rc)
        return rc;
    buf_addf(&remark,
             "%llu files in one archive (pax), part %zu; the list of this intake names "
             "each with its hashes",
             (unsigned long long)count, t->part_count + 1);
    dr = draft_whole(t, "archive", "files from", &digests, buf_text(&remark));
    if (t->part_count == COUNT_OF(t->parts))
        return err_set(e, ERR_LIMIT, "more than %zu archives in one intake: take it in parts",
                       COUNT_OF(t->parts));
    t->parts[t->part_count++] = dr->id;
    if (t->manifest)
        manifest_part(t->manifest, &digests.sha256);
    return taking_settle(t, true, e);
}

/* The part that the next member goes into. */
static int open_part(struct taking *t, struct err *e)
{
    int rc = 0;

    if (t->archive && intake_archive_size(t->archive) >= ARCHIVE_PART_SIZE)
        rc = end_part(t, e);
    if (rc == 0 && !t->archive)
        rc = intake_archive_begin(&t->archive, session_store(t->session), e);
    return rc;
}

static int end_manifest(struct taking *t, struct err *e)
{
    struct blob_digests digests;
    struct draft *dr;
    int rc = manifest_commit(MOVE(t->manifest), &digests, e);

    if (rc)
        return rc;
    dr = draft_whole(t, "list", "list of what was found in", &digests,
                     t->is_stopped ? "stopped before its end, at the request of who took it" : "");
    for (size_t i = 0; i < t->part_count; i++)
        draft_ref(dr, &t->parts[i]);
    return 0;
}

/* Reads a small file whole, as far as it reached when it was opened. */
static int read_small(struct fate *f, int fd, bool keeps_time, struct buf *content, struct err *e)
{
    uint64_t wanted = intake_size(&f->file.before);
    struct stat after;
    ssize_t n = 1;

    if (wanted > ARCHIVE_MEMBER_SIZE)
        wanted = ARCHIVE_MEMBER_SIZE; /* only of files that are made up */
    while (content->len < wanted && n > 0) {
        uint64_t left = wanted - content->len;
        size_t part = left < 1 << 16 ? (size_t)left : 1 << 16;

        n = read(fd, buf_room(content, part), part);
        if (n > 0)
            content->len += (size_t)n;
        if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (n < 0)
        buf_addf(&f->file.trouble, "cannot be read from byte %zu on: %s", content->len,
                 strerror(errno));
    if (fstat(fd, &after) != 0)
        return err_errno(e, "cannot look at an open file");
    intake_changes(&f->file.remark, &f->file.before, &after, content->len, keeps_time);
    return 0;
}

static int put_in_archive(struct taking *t, const struct walk_entry *entry, int fd, bool keeps_time,
                          struct fate *f, struct err *e)
{
    CLEANUP_BUF struct buf content = {0};
    int rc = read_small(f, fd, keeps_time, &content, e);

    if (rc || f->file.trouble.len)
        return rc;
    rc = open_part(t, e);
    if (rc == 0)
        rc = intake_archive_add(t->archive, entry, &f->file.before, buf_str(&content),
                                &f->file.digests, e);
    f->kept = KEPT_ARCHIVE;
    return rc;
}

/* The list of what lies in an archive is an item of its own, behind that of the archive. */
static void draft_list(struct taking *t, const struct walk_entry *entry, const struct id *archive,
                       const struct unpacked *u)
{
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf remark = {0};
    struct evidence_facts f = {.sort = "list", .digests = u->list, .has_blob = true};

    buf_adds(&title, "list of what lies in ");
    intake_path_text(&title, entry->path);
    buf_addf(&remark, "%llu entries", (unsigned long long)u->count);
    if (u->problem.len)
        buf_addf(&remark, "; not whole: %s", buf_text(&u->problem));
    f.title = utf8_head_columns(buf_str(&title), TITLE_COLUMNS);
    f.remark = buf_str(&remark);
    draft_ref(taking_item(t, &f), archive);
}

static int put_as_item(struct taking *t, const struct walk_entry *entry, int fd, bool keeps_time,
                       struct fate *f, struct err *e)
{
    CLEANUP(unpacked_release) struct unpacked u = {0};
    struct evidence_facts facts = {0};
    struct id id;
    int rc = intake_fd(&f->file, t->session, fd, keeps_time, e);

    if (rc || f->file.trouble.len)
        return rc;
    if (input_has(t->op, t->in, "unpack"))
        rc = unpack_list(&u, session_store(t->session), &f->file.digests.sha256, entry->path, e);
    f->kept = KEPT_ITEM;
    facts.sort = u.is_archive ? "archive" : "file";
    intake_facts(&facts, &f->file);
    id = taking_path_item(t, entry, &facts)->id;
    if (u.is_archive)
        draft_list(t, entry, &id, &u);
    return rc;
}

static int take_file(struct taking *t, const struct walk_entry *entry, struct fate *f,
                     struct err *e)
{
    CLEANUP_FD int fd = -1;
    struct err why = {0};
    bool keeps_time;
    bool is_sealed;
    int rc = walk_open(&t->walk, entry, &fd, &keeps_time, &why);

    if (rc) {
        buf_adds(&f->file.trouble, why.text);
        return 0;
    }
    rc = intake_is_sealed(t->view.state, fd, &is_sealed, e);
    if (rc)
        return rc;
    if (is_sealed) {
        buf_adds(&f->file.trouble, "the same bytes are sealed as unlawful to possess: do not copy "
                                   "it; see calm help unlawful");
        return 0;
    }
    if (fstat(fd, &f->file.before) != 0)
        return err_errno(e, "cannot look at %s", entry->path);
    rc = t->puts_in_archive && !entry->is_named && f->file.before.st_size <= ARCHIVE_MEMBER_SIZE
             ? put_in_archive(t, entry, fd, keeps_time, f, e)
             : put_as_item(t, entry, fd, keeps_time, f, e);
    if (rc || f->file.trouble.len)
        return rc;
    f->has_digests = true;
    t->taken++;
    t->size += f->file.digests.size;
    return 0;
}

/* A link is what it points to, in words; nothing behind it is read. */
static int take_link(struct taking *t, const struct walk_entry *entry, struct fate *f,
                     struct err *e)
{
    struct evidence_facts facts = {.sort = "file",
                                   .mode = entry->st.st_mode,
                                   .uid = entry->st.st_uid,
                                   .gid = entry->st.st_gid};
    CLEANUP_BUF struct buf remark = {0};
    struct blob_digests none;
    int rc;

    if (t->puts_in_archive && !entry->is_named) {
        rc = open_part(t, e);
        f->kept = KEPT_ARCHIVE;
        return rc ? rc : intake_archive_add(t->archive, entry, &entry->st, STR(""), &none, e);
    }
    buf_adds(&remark, "a symbolic link to ");
    intake_path_text(&remark, entry->target);
    buf_adds(&remark, "; what it points to was not taken through it");
    facts.remark = buf_str(&remark);
    facts.modified = (struct utc){entry->st.st_mtim.tv_sec, (uint32_t)entry->st.st_mtim.tv_nsec};
    (void)taking_path_item(t, entry, &facts);
    f->kept = KEPT_ITEM;
    return 0;
}

static int take_folder(struct taking *t, const struct walk_entry *entry, struct fate *f,
                       struct err *e)
{
    struct blob_digests none;
    int rc;

    f->kept = KEPT_LISTED;
    if (!t->puts_in_archive)
        return 0;
    rc = open_part(t, e);
    return rc ? rc : intake_archive_add(t->archive, entry, &entry->st, STR(""), &none, e);
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
                                 .st = f->has_digests ? &f->file.before : NULL,
                                 .kept = f->kept,
                                 .part = (unsigned)t->part_count + 1,
                                 .digests = f->has_digests ? &f->file.digests : NULL,
                                 .remark = buf_str(is_left ? &f->file.trouble : &f->file.remark)};

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
        rc = end_part(t, e);
    if (rc == 0 && t->left_count && !t->manifest)
        rc = list_left(t, e);
    if (rc == 0 && t->manifest)
        rc = end_manifest(t, e);
    return rc;
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
    if (t->is_stopped)
        return err_set(e, ERR_CANCEL,
                       "stopped at your request; what was taken until then is recorded");
    if (t->taken == 0 && t->left_count)
        return err_set(e, ERR_NOTFOUND, "nothing could be taken; the reasons are above");
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
        "Ctrl-C stops it; what was taken until then stays, recorded.",
    OP_FIELDS(files_fields),
    .kind = &evidence_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("evidence/1"),
    .job = files_job};
