/* take_file.c: takes one file as an item, into the archive, or as another name of one that was
 * taken. */
#include "practice/take_file.h"
#include <errno.h>
#include <unistd.h>
#include "base/sink.h"
#include "base/size.h"
#include "evidence/virtual_disk.h"
#include "practice/evidence_more.h"
#include "practice/own_secret.h"
#include "practice/unpack.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum { TITLE_COLUMNS = 200, HOLES_FOR_DATA = 4, STEP_SIZE = 64 << 10 };
/* So much of holes is hashed, and more where there is a quarter as much data. */
#define HOLES_SIZE ((uint64_t)4 << 30)

void fate_release(struct fate *f)
{
    intake_release(&f->file);
    file_areas_release(&f->areas);
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

struct draft *take_draft_whole(struct taking *t, const char *sort, const char *what,
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

int take_end_part(struct taking *t, struct err *e)
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
    dr = take_draft_whole(t, "archive", "files from", &digests, buf_text(&remark));
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
        rc = take_end_part(t, e);
    if (rc == 0 && !t->archive)
        rc = intake_archive_begin(&t->archive, session_store(t->session), e);
    return rc;
}

static void remark(struct fate *f, const char *words)
{
    buf_addf(&f->file.remark, "%s%s", f->file.remark.len ? "; " : "", words);
}

static void read_facts(struct taking *t, int fd, struct fate *f)
{
    f->has_facts = file_facts_read(&t->facts, fd, FILE_FLAGS_ALL) == 0;
    if (f->has_facts && t->facts.is_cut)
        remark(f, "it has more extended attributes than are recorded");
}

/* The file ends there, or cannot be read on: what lies behind is not taken. */
static void cut_areas(struct file_areas *a, size_t at, uint64_t end)
{
    struct file_area *area = &a->list[at];

    a->size = end;
    area->size = end - area->off;
    a->count = at + (area->size > 0);
    a->data = 0;
    for (size_t i = 0; i < a->count; i++)
        a->data += a->list[i].size;
}

/* Reads one area behind what was read before. *got: less than asked where the file ends. */
static int read_area(struct intake *i, int fd, const struct file_area *area, struct buf *data,
                     uint64_t *got)
{
    for (*got = 0; *got < area->size;) {
        uint64_t left = area->size - *got;
        size_t part = left < STEP_SIZE ? (size_t)left : STEP_SIZE;
        ssize_t n =
            patience_read(&i->patience, fd, buf_room(data, part), part, (off_t)(area->off + *got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        data->len += (size_t)n;
        *got += (uint64_t)n;
    }
    return 0;
}

/* Reads the data of a small file, as far as it reached when it was opened. */
static int read_small(struct fate *f, int fd, bool keeps_time, struct buf *data, struct err *e)
{
    struct file_areas *a = &f->areas;
    struct file_area whole = {0, ARCHIVE_MEMBER_SIZE}; /* of a file that is made up */
    struct stat after;
    uint64_t got = 0;
    int error = 0;

    if (a->size == 0) {
        error = read_area(&f->file, fd, &whole, data, &got);
        a->size = a->data = got;
    }
    for (size_t i = 0; error == 0 && i < a->count; i++) {
        struct file_area area = a->list[i];

        error = read_area(&f->file, fd, &area, data, &got);
        if (error == 0 && got < area.size)
            cut_areas(a, i, area.off + got);
    }
    f->file.hangs = error == ECANCELED;
    if (f->file.hangs)
        return patience_over(fd, e);
    if (error)
        buf_addf(&f->file.trouble, "cannot be read from byte %zu on: %s", data->len,
                 strerror(error));
    if (fstat(fd, &after) != 0)
        return err_errno(e, "cannot look at an open file");
    intake_changes(&f->file.remark, &f->file.before, &after, a->size, keeps_time);
    return 0;
}

static void add_zeros(struct digest *sha256, struct digest *md5, uint64_t size)
{
    static const char zeros[STEP_SIZE];

    while (size) {
        size_t part = size < STEP_SIZE ? (size_t)size : STEP_SIZE;

        digest_add(sha256, zeros, part);
        digest_add(md5, zeros, part);
        size -= part;
    }
}

/* Of the content as it is read: holes are zeros. */
static void digest_small(const struct file_areas *a, struct str data, struct blob_digests *out)
{
    CLEANUP(digest_freep) struct digest *sha256 = digest_new(DIGEST_SHA256);
    CLEANUP(digest_freep) struct digest *md5 = digest_new(DIGEST_MD5);
    const char *from = data.p;
    uint8_t bytes[64];
    uint64_t off = 0;

    out->size = a->size;
    for (size_t i = 0; i < a->count; i++) {
        add_zeros(sha256, md5, a->list[i].off - off);
        digest_add(sha256, from, a->list[i].size);
        digest_add(md5, from, a->list[i].size);
        from += a->list[i].size;
        off = a->list[i].off + a->list[i].size;
    }
    if (a->count == 0 && data.len) { /* made up */
        digest_add(sha256, data.p, data.len);
        digest_add(md5, data.p, data.len);
        off = data.len;
    }
    add_zeros(sha256, md5, a->size - off);
    digest_end(sha256, bytes);
    memcpy(out->sha256.b, bytes, sizeof(out->sha256.b));
    digest_end(md5, bytes);
    memcpy(out->md5, bytes, sizeof(out->md5));
}

static bool has_holes(const struct fate *f)
{
    return f->areas.data < f->areas.size;
}

/* Hashing so many zeros would take longer than all the rest. */
static bool is_mostly_holes(const struct fate *f)
{
    uint64_t holes = f->areas.size - f->areas.data;

    return holes > HOLES_SIZE && holes / HOLES_FOR_DATA > f->areas.data;
}

static struct archive_entry member_of(const struct taking *t, const struct walk_entry *entry,
                                      const struct fate *f)
{
    return (struct archive_entry){.entry = entry,
                                  .st = &f->file.before,
                                  .more = f->has_facts ? &t->facts : NULL,
                                  .areas = has_holes(f) ? &f->areas : NULL,
                                  .size = f->areas.size,
                                  .same = f->same};
}

static int put_in_archive(struct taking *t, const struct walk_entry *entry, int fd, bool keeps_time,
                          struct fate *f, struct err *e)
{
    CLEANUP_BUF struct buf data = {0};
    struct archive_entry member;
    int rc = read_small(f, fd, keeps_time, &data, e);

    if (rc || f->file.trouble.len)
        return rc;
    rc = open_part(t, e);
    if (rc)
        return rc;
    f->has_digests = !is_mostly_holes(f);
    if (f->has_digests) {
        digest_small(&f->areas, buf_str(&data), &f->file.digests);
    } else {
        f->stored = hash_bytes(data.p, data.len);
        f->has_stored = true;
        remark(f, "so much of it is holes that only its data were hashed");
    }
    f->kept = KEPT_ARCHIVE;
    member = member_of(t, entry, f);
    t->size += f->has_digests ? f->areas.size : f->areas.data;
    return intake_archive_add(t->archive, &member, buf_str(&data), e);
}

/* The list of what lies in an archive is an item of its own, behind that of the archive. */
static void draft_list(struct taking *t, const struct walk_entry *entry, const struct id *archive,
                       const struct unpacked *u)
{
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf words = {0};
    struct evidence_facts f = {.sort = "list", .digests = u->list, .has_blob = true};

    buf_adds(&title, "list of what lies in ");
    intake_path_text(&title, entry->path);
    add_count(&words, u->count, "entry", "entries");
    if (u->odd_count)
        buf_addf(&words, ", %llu with a warning", (unsigned long long)u->odd_count);
    if (u->problem.len)
        buf_addf(&words, "; not whole: %s", buf_text(&u->problem));
    f.title = utf8_head_columns(buf_str(&title), TITLE_COLUMNS);
    f.remark = buf_str(&words);
    draft_ref(taking_item(t, &f), archive);
}

static struct draft *draft_file(struct taking *t, const struct walk_entry *entry, struct fate *f,
                                const char *sort)
{
    struct evidence_facts facts = {.sort = sort};
    struct draft *dr;

    intake_facts(&facts, &f->file);
    dr = taking_path_item(t, entry, &facts);
    if (f->has_facts)
        evidence_draft_more(&t->records, dr, &t->facts);
    f->kept = KEPT_ITEM;
    return dr;
}

static int put_as_item(struct taking *t, const struct walk_entry *entry, int fd, bool keeps_time,
                       struct fate *f, struct err *e)
{
    CLEANUP(unpacked_release) struct unpacked u = {0};
    struct id id;
    int rc = intake_fd(&f->file, t->session, fd, keeps_time, e);

    if (rc || f->file.trouble.len)
        return rc;
    if (input_has(t->op, t->in, "unpack"))
        rc = unpack_list(&u, session_store(t->session), &f->file.digests.sha256, entry->path, e);
    t->limited += u.is_limited;
    f->has_digests = true;
    id = draft_file(t, entry, f, u.is_archive ? "archive" : "file")->id;
    if (u.is_archive)
        draft_list(t, entry, &id, &u);
    t->size += f->file.digests.size;
    return rc;
}

static void say_holes(struct fate *f, uint64_t short_from)
{
    char size[SIZE_TEXT_SIZE];
    char data[SIZE_TEXT_SIZE];
    CLEANUP_BUF struct buf words = {0};

    buf_addf(&words,
             "%s long, of which %s are data: kept as an archive (pax) with its data alone, whose "
             "hashes these are; tar -xSf restores it",
             size_text(size, f->areas.size), size_text(data, f->areas.data));
    if (short_from != UINT64_MAX)
        buf_addf(&words, "; from byte %llu on it could not be read any more, and zeros stand there",
                 (unsigned long long)short_from);
    remark(f, buf_text(&words));
}

/* One file that is an archive by itself, so that its holes need not be hashed. */
static int put_holes(struct taking *t, const struct walk_entry *entry, int fd, bool keeps_time,
                     struct fate *f, struct err *e)
{
    CLEANUP(intake_archive_abortp) struct intake_archive *a = NULL;
    struct archive_entry member = member_of(t, entry, f);
    uint64_t short_from = UINT64_MAX;
    struct stat after;
    int rc = intake_archive_begin(&a, session_store(t->session), e);

    if (rc == 0)
        rc = intake_archive_add_areas(a, &member, fd, &short_from, e);
    if (rc == 0 && fstat(fd, &after) != 0)
        rc = err_errno(e, "cannot look at an open file");
    if (rc == 0)
        rc = intake_archive_commit(MOVE(a), &f->file.digests, e);
    if (rc)
        return rc;
    intake_changes(&f->file.remark, &f->file.before, &after, f->areas.size, keeps_time);
    say_holes(f, short_from);
    f->has_digests = true;
    (void)draft_file(t, entry, f, "archive");
    t->size += f->areas.data;
    return 0;
}

static bool is_for_archive(const struct taking *t, const struct walk_entry *entry)
{
    return t->puts_in_archive && !entry->is_named;
}

/* Another name of a file that was taken, in a place that can refer to that one. */
static const struct inode_seen *seen_of(const struct taking *t, const struct walk_entry *entry,
                                        const struct fate *f)
{
    const struct inode_seen *seen =
        f->file.before.st_nlink > 1 ? inode_table_find(&t->inodes, &f->file.before) : NULL;

    if (!seen)
        return NULL;
    if (seen->is_in_archive)
        return is_for_archive(t, entry) && t->archive && seen->part == t->part_count + 1 ? seen
                                                                                         : NULL;
    return is_for_archive(t, entry) && seen->st.st_size <= ARCHIVE_MEMBER_SIZE ? NULL : seen;
}

static int put_same(struct taking *t, const struct walk_entry *entry, const struct inode_seen *seen,
                    struct fate *f, struct err *e)
{
    CLEANUP_BUF struct buf words = {0};

    f->same = seen->path;
    f->file.digests = seen->digests;
    f->has_digests = seen->has_digests;
    if (seen->is_in_archive) {
        struct archive_entry member = member_of(t, entry, f);

        f->kept = KEPT_ARCHIVE;
        return intake_archive_add(t->archive, &member, STR(""), e);
    }
    buf_adds(&words, "the same file as ");
    intake_path_text(&words, seen->path);
    buf_adds(&words, " (a hard link): read once");
    remark(f, buf_text(&words));
    (void)draft_file(t, entry, f, seen->sort);
    return 0;
}

static void remember(struct taking *t, const struct walk_entry *entry, const struct fate *f)
{
    struct inode_seen seen = {.st = f->file.before,
                              .path = entry->path,
                              .digests = f->file.digests,
                              .has_digests = f->has_digests,
                              .is_in_archive = f->kept == KEPT_ARCHIVE,
                              .part = (unsigned)t->part_count + 1,
                              .sort = "file"};

    /* An item that is an archive by itself is taken again: its member has a name. */
    if (f->file.before.st_nlink > 1 && !f->has_stored &&
        !(f->kept == KEPT_ITEM && is_mostly_holes(f)))
        inode_table_put(&t->inodes, &seen);
}

static int take_content(struct taking *t, const struct walk_entry *entry, int fd, bool keeps_time,
                        struct fate *f, struct err *e)
{
    bool is_small;

    file_areas_read(&f->areas, fd, &f->file.before);
    is_small = f->areas.data <= ARCHIVE_MEMBER_SIZE;
    if (is_for_archive(t, entry) && is_small)
        return put_in_archive(t, entry, fd, keeps_time, f, e);
    return is_mostly_holes(f) ? put_holes(t, entry, fd, keeps_time, f, e)
                              : put_as_item(t, entry, fd, keeps_time, f, e);
}

static struct str read_at(struct fate *f, int fd, char *bytes, size_t size, uint64_t off)
{
    ssize_t n = patience_read(&f->file.patience, fd, bytes, size, (off_t)off);

    return (struct str){bytes, n > 0 ? (size_t)n : 0};
}

/* What was read just now: whether it is a disk that nobody would look for in a file. */
static void know_disk(struct taking *t, const struct walk_entry *entry, int fd, struct fate *f)
{
    char first[VIRTUAL_DISK_HEAD_SIZE], last[VIRTUAL_DISK_TAIL_SIZE];
    struct str head = read_at(f, fd, first, sizeof(first), 0), tail = STR("");
    uint64_t size = (uint64_t)f->file.before.st_size;
    const struct virtual_disk *disk;

    if (size >= sizeof(last) && virtual_disk_has_tail(str_of(entry->path)))
        tail = read_at(f, fd, last, sizeof(last), size - sizeof(last));
    disk = virtual_disk_of(head, tail);
    if (!disk)
        return;
    if (!t->disk) {
        t->disk = disk;
        t->disk_path = entry->path;
    }
    t->disk_count++;
}

static int take_open(struct taking *t, const struct walk_entry *entry, int fd, bool keeps_time,
                     struct fate *f, struct err *e)
{
    const struct inode_seen *seen;
    int rc;

    if (fstat(fd, &f->file.before) != 0)
        return err_errno(e, "cannot look at %s", entry->path);
    read_facts(t, fd, f);
    seen = seen_of(t, entry, f);
    rc = seen ? put_same(t, entry, seen, f, e) : take_content(t, entry, fd, keeps_time, f, e);
    if (rc || f->file.trouble.len)
        return rc;
    if (!seen) {
        remember(t, entry, f);
        know_disk(t, entry, fd, f);
    }
    t->taken++;
    return 0;
}

int take_file(struct taking *t, const struct walk_entry *entry, struct fate *f, struct err *e)
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
    if (own_secret(fd, &f->file.trouble)) {
        f->is_withheld = true;
        return 0;
    }
    return take_open(t, entry, fd, keeps_time, f, e);
}

/* What stands beside the content of a folder or a link; nothing where it cannot be looked at. */
static void look(struct taking *t, const struct walk_entry *entry, struct fate *f)
{
    CLEANUP_FD int fd = -1;

    if (walk_look(&t->walk, entry, &fd, NULL) == 0)
        read_facts(t, fd, f);
}

static int put_in_archive_bare(struct taking *t, const struct walk_entry *entry,
                               const struct fate *f, struct err *e)
{
    struct archive_entry member = {
        .entry = entry, .st = &entry->st, .more = f->has_facts ? &t->facts : NULL};
    int rc = open_part(t, e);

    return rc ? rc : intake_archive_add(t->archive, &member, STR(""), e);
}

/* On record is when it was last read before this. */
static void tell_touched(struct taking *t, const struct walk_entry *entry, struct fate *f)
{
    t->facts.x.stx_atime.tv_sec = entry->st.st_atim.tv_sec;
    t->facts.x.stx_atime.tv_nsec = (uint32_t)entry->st.st_atim.tv_nsec;
    remark(f, "its access time was changed by reading where it points to");
}

/* A link is what it points to, in words; nothing behind it is read. */
int take_link(struct taking *t, const struct walk_entry *entry, struct fate *f, struct err *e)
{
    struct evidence_facts facts = {.sort = "file",
                                   .mode = entry->st.st_mode,
                                   .uid = entry->st.st_uid,
                                   .gid = entry->st.st_gid};
    CLEANUP_BUF struct buf words = {0};
    struct draft *dr;

    look(t, entry, f);
    if (entry->is_touched)
        tell_touched(t, entry, f);
    if (is_for_archive(t, entry)) {
        f->kept = KEPT_ARCHIVE;
        return put_in_archive_bare(t, entry, f, e);
    }
    buf_adds(&words, "a symbolic link to ");
    intake_path_text(&words, entry->target);
    buf_adds(&words, "; what it points to was not taken through it");
    if (f->file.remark.len)
        buf_addf(&words, "; %s", buf_text(&f->file.remark));
    facts.remark = buf_str(&words);
    facts.modified = (struct utc){entry->st.st_mtim.tv_sec, (uint32_t)entry->st.st_mtim.tv_nsec};
    dr = taking_path_item(t, entry, &facts);
    if (f->has_facts)
        evidence_draft_more(&t->records, dr, &t->facts);
    f->kept = KEPT_ITEM;
    return 0;
}

int take_folder(struct taking *t, const struct walk_entry *entry, struct fate *f, struct err *e)
{
    f->kept = KEPT_LISTED;
    look(t, entry, f);
    return t->puts_in_archive ? put_in_archive_bare(t, entry, f, e) : 0;
}
