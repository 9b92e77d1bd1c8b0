/* files_copy.c: copies of files in the bundle, with holes, and of files that change while they are
 * read. */
#include <sys/sysmacros.h>
#include <unistd.h>
#include "collect/files.h"

/* What was copied, by path, and by inode where it has several names. */
struct copied {
    char *name; /* NULL: a free slot */
    struct file_copy *copy;
};

struct files_copied {
    struct copied *slots;
    size_t room; /* a power of two */
    size_t count;
    uint64_t files;
    bool is_said; /* that there are too many */
};

static const char zeros[4 << 10]; /* it takes so much of the program's file */

static struct copied *find_slot(const struct files_copied *t, const char *name)
{
    struct hash hash = hash_bytes(name, strlen(name)); /* so that no names can be made to collide */
    size_t at = 0;

    memcpy(&at, hash.b, sizeof(at));
    for (at &= t->room - 1; t->slots[at].name; at = (at + 1) & (t->room - 1))
        if (strcmp(t->slots[at].name, name) == 0)
            break;
    return &t->slots[at];
}

static void grow(struct files_copied *t)
{
    struct files_copied bigger = {.room = t->room ? 2 * t->room : 1024};

    bigger.slots = mem_array(bigger.room, sizeof(*bigger.slots));
    for (size_t i = 0; i < t->room; i++)
        if (t->slots[i].name)
            *find_slot(&bigger, t->slots[i].name) = t->slots[i];
    free(t->slots);
    t->slots = bigger.slots;
    t->room = bigger.room;
}

static void remember(struct files *f, const char *name, struct file_copy *copy)
{
    struct files_copied *t = f->copied;
    struct copied *slot;

    if (2 * (t->count + 1) > t->room)
        grow(t);
    slot = find_slot(t, name);
    if (slot->name)
        return;
    *slot = (struct copied){.name = arena_strdup(f->c->arena, name), .copy = copy};
    t->count++;
}

static struct file_copy *recall(const struct files *f, const char *name)
{
    return f->copied->room ? find_slot(f->copied, name)->copy : NULL;
}

bool files_is_first(struct files *f, const char *text)
{
    CLEANUP_BUF struct buf name = {0};

    buf_addf(&name, "/said:%s", text);
    if (recall(f, buf_text(&name)))
        return false;
    remember(f, buf_text(&name), arena_new_in(f->c->arena, struct file_copy));
    return true;
}

/* A path never begins so. */
static const char *inode_name(char out[80], const struct stat *st)
{
    snprintf(out, 80, "/%u:%u:%llu", major(st->st_dev), minor(st->st_dev),
             (unsigned long long)st->st_ino);
    return out;
}

void files_init(struct files *f, struct collection *c)
{
    enum { TRIAGE_SIZE = 64 << 20, FULL_SIZE = 1 << 30 };

    *f = (struct files){.c = c, .left = FILES_ENTRY_COUNT};
    f->places = (struct gather){.host = c->host, .arena = c->arena};
    gather_scan_mounts(&f->places);
    f->copied = mem_new(struct files_copied);
    f->step = mem_alloc(FILES_STEP_SIZE);
    f->most = c->options->profile == PROFILE_FULL ? FULL_SIZE : TRIAGE_SIZE;
}

void files_release(struct files *f)
{
    file_facts_release(&f->facts);
    free(f->places.slow_mounts);
    if (f->copied)
        free(f->copied->slots);
    free(f->copied);
    free(f->step);
    *f = (struct files){0};
}

void files_settle(struct files *f, int code)
{
    if (code && !f->c->status)
        f->c->status = code;
}

void files_missing(struct files *f, const char *path, int code, const char *why)
{
    CLEANUP_BUF struct buf what = {0};

    if (code == -ENOENT || code == -ESRCH)
        return;
    buf_addf(&what, "/%s", path);
    collection_missing(f->c, buf_str(&what), -code, "%s", why);
}

/* One file's content, from off to end. */
struct content {
    struct files *f;
    int in;
    uint64_t off;
    uint64_t end;
    uint64_t holes;
    unsigned bad;
    bool has_shrunk;
    bool is_unreadable;
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void put_zeros(struct content *t, uint64_t to)
{
    while (t->off < to && t->f->c->status == 0) {
        uint64_t size = smaller(to - t->off, sizeof(zeros));

        files_settle(t->f, bundle_data(t->f->c->bundle, zeros, size, t->f->c->e));
        t->off += size;
    }
}

/* Skips the hole at off, if there is one; returns where the data ends that follows it. */
static uint64_t skip_hole(struct content *t)
{
    off_t data = lseek(t->in, (off_t)t->off, SEEK_DATA);
    bool is_last = data < 0 && errno == ENXIO; /* a hole up to the end, or the end itself */
    uint64_t start = is_last ? t->end : data < 0 ? t->off : smaller((uint64_t)data, t->end);
    struct stat now;
    off_t hole;

    if (is_last && fstat(t->in, &now) == 0 && (uint64_t)now.st_size < t->end) {
        t->has_shrunk = true;
        start = (uint64_t)now.st_size > t->off ? (uint64_t)now.st_size : t->off;
    }
    t->holes += start - t->off;
    put_zeros(t, start);
    if (t->has_shrunk || data < 0)
        return t->end;
    hole = lseek(t->in, (off_t)start, SEEK_HOLE);
    return hole <= (off_t)start ? t->end : smaller((uint64_t)hole, t->end);
}

/* A block that a disk cannot read is left out, for what is behind it may well be readable. */
static void skip_bad(struct content *t, int code)
{
    uint64_t block = t->off - t->off % FILES_BLOCK_SIZE + FILES_BLOCK_SIZE;

    t->is_unreadable = true;
    t->bad = code == EIO && t->bad < FILES_BAD_COUNT ? t->bad + 1 : FILES_BAD_COUNT + 1;
    if (t->bad <= FILES_BAD_COUNT)
        put_zeros(t, smaller(block, t->end));
}

static bool is_over(const struct content *t)
{
    return t->f->c->status || t->has_shrunk || t->bad > FILES_BAD_COUNT || t->off >= t->end ||
           collection_is_stopped(t->f->c);
}

static void put_data(struct content *t, uint64_t to)
{
    while (t->off < to && !is_over(t)) {
        size_t want = (size_t)smaller(to - t->off, FILES_STEP_SIZE);
        ssize_t n = pread(t->in, t->f->step, want, (off_t)t->off);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            skip_bad(t, errno);
            continue;
        }
        t->has_shrunk = n == 0;
        collection_pace(t->f->c, (size_t)n);
        files_settle(t->f, bundle_data(t->f->c->bundle, t->f->step, (size_t)n, t->f->c->e));
        t->off += (uint64_t)n;
    }
}

static const char *part_of(const struct content *t, const struct file_copy *copy)
{
    struct stat now;

    if (t->is_unreadable)
        return "unreadable";
    if (t->has_shrunk)
        return "shrank";
    if (t->off < t->end)
        return "stopped";
    if (copy->is_part)
        return "limit";
    return fstat(t->in, &now) == 0 && (uint64_t)now.st_size > copy->size ? "grew" : NULL;
}

static void describe(const struct files *f, const struct file_copy *copy, const char *source,
                     char type, struct bundle_member *m)
{
    const struct file_facts *facts = &f->facts;

    *m = (struct bundle_member){.path = str_of(copy->member),
                                .source = str_of(source),
                                .type = type,
                                .st = &facts->st,
                                .flags = facts->flags,
                                .has_flags = facts->has_flags,
                                .attributes = facts->attributes,
                                .attribute_count = facts->attribute_count};
    if (facts->x.stx_mask & STATX_BTIME)
        m->created =
            (struct utc){.sec = facts->x.stx_btime.tv_sec, .ns = facts->x.stx_btime.tv_nsec};
}

/* Starts the member; false, and there is none, where the bundle is full or fails. */
static bool begin_member(struct files *f, struct bundle_member *m, struct file_copy *copy)
{
    if (!collection_has_room(f->c, m->source, m->size)) {
        copy->member = NULL;
        return false;
    }
    files_settle(f, bundle_member_begin(f->c->bundle, m, f->c->e));
    return f->c->status == 0;
}

static void copy_content(struct files *f, struct bundle_member *m, int in, struct file_copy *copy)
{
    struct content t = {.f = f, .in = in, .off = copy->from, .end = copy->from + copy->bytes};
    const char *part;

    m->size = copy->bytes;
    if (!begin_member(f, m, copy))
        return;
    while (!is_over(&t))
        put_data(&t, skip_hole(&t));
    if (f->c->status)
        return;
    part = part_of(&t, copy);
    files_settle(f, bundle_member_end(f->c->bundle, part, t.holes, f->c->e));
    if (t.is_unreadable)
        files_missing(f, m->source.p + 1, -EIO, "parts of it cannot be read; zeros stand for them");
}

/* The kernel makes the content up as it is read, and says no size before. */
static void copy_made_up(struct files *f, struct bundle_member *m, int in, struct file_copy *copy)
{
    CLEANUP_BUF struct buf text = {0};
    int code = host_read_fd(in, &text, FILES_MADE_UP_SIZE);

    if (code < 0 && code != -EFBIG) {
        files_missing(f, m->source.p + 1, code, "it cannot be read");
        copy->member = NULL;
        return;
    }
    collection_pace(f->c, text.len);
    copy->is_part = code == -EFBIG;
    copy->bytes = copy->size = m->size = text.len;
    if (!begin_member(f, m, copy))
        return;
    if (text.len)
        files_settle(f, bundle_data(f->c->bundle, text.p, text.len, f->c->e));
    if (f->c->status == 0)
        files_settle(f,
                     bundle_member_end(f->c->bundle, copy->is_part ? "limit" : NULL, 0, f->c->e));
}

/* Reading these takes messages from others, never ends, or is somebody's memory. */
static bool is_never_read(const char *path)
{
    static const char *const names[] = {"kcore",      "kmsg",         "mem",         "pagemap",
                                        "kpagecount", "kpageflags",   "kpagecgroup", "trace_pipe",
                                        "clear_refs", "sysrq-trigger"};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Which part is kept. False: none, for it would not be all. */
static bool choose_part(struct file_copy *copy, enum artifact_keep keep, uint64_t limit)
{
    copy->is_part = copy->size > limit;
    copy->bytes = smaller(copy->size, limit);
    copy->from = keep == KEEP_TAIL ? copy->size - copy->bytes : 0;
    return keep != KEEP_WHOLE || !copy->is_part;
}

static void copy_regular(struct files *f, struct bundle_member *m, int fd, enum artifact_keep keep,
                         uint64_t limit, struct file_copy *copy)
{
    const char *path = m->source.p + 1;
    bool is_made_up = host_is_made_up(fd);
    CLEANUP_HOST_FD int in = -1;

    if (is_made_up && is_never_read(path)) {
        collection_missing(f->c, m->source, 0, "it is not opened: reading it would do harm");
        copy->member = NULL;
        return;
    }
    if (!is_made_up && !choose_part(copy, keep, limit)) {
        collection_missing(f->c, m->source, 0, "it is bigger than what is taken whole");
        copy->member = NULL;
        return;
    }
    in = file_reopen(fd, O_RDONLY, &f->c->host.atime_misses);
    if (in < 0) {
        files_missing(f, path, in, "it cannot be opened");
        copy->member = NULL;
        return;
    }
    if (is_made_up)
        copy_made_up(f, m, in, copy);
    else
        copy_content(f, m, in, copy);
}

static char type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return '0';
    case S_IFLNK:
        return '2';
    case S_IFCHR:
        return '3';
    case S_IFBLK:
        return '4';
    case S_IFDIR:
        return '5';
    case S_IFIFO:
        return '6';
    default:
        return 0;
    }
}

static void put_header(struct files *f, struct bundle_member *m, struct file_copy *copy)
{
    if (begin_member(f, m, copy))
        files_settle(f, bundle_member_end(f->c->bundle, NULL, 0, f->c->e));
}

static void copy_one(struct files *f, const char *source, int fd, enum artifact_keep keep,
                     uint64_t limit, struct file_copy *copy)
{
    const struct file_copy *other = NULL;
    struct bundle_member m;
    char type = type_of(f->facts.st.st_mode);
    char name[80];

    describe(f, copy, source, type, &m);
    if (type == '0' && f->facts.st.st_nlink > 1)
        other = recall(f, inode_name(name, &f->facts.st));
    if (type == 0) {
        collection_missing(f->c, m.source, 0, "it is a socket, which an archive cannot hold");
        copy->member = NULL;
    } else if (other) {
        m.type = '1';
        m.target = str_of(other->member);
        copy->from = other->from;
        copy->is_part = other->is_part;
        put_header(f, &m, copy);
    } else if (type == '0') {
        copy_regular(f, &m, fd, keep, limit, copy);
        if (copy->member && f->facts.st.st_nlink > 1)
            remember(f, inode_name(name, &f->facts.st), copy);
    } else {
        m.target = buf_str(&f->facts.target);
        put_header(f, &m, copy);
    }
}

static bool has_room(struct files *f)
{
    if (f->copied->files < FILES_COPY_COUNT)
        return true;
    if (!f->copied->is_said)
        collection_missing(f->c, STR("files"), 0, "more than %d files: the rest is not copied",
                           FILES_COPY_COUNT);
    f->copied->is_said = true;
    return false;
}

void files_copy(struct files *f, const char *path, int fd, enum artifact_keep keep, uint64_t limit,
                const void *by, struct file_copy *out)
{
    struct file_copy *copy = recall(f, path);
    CLEANUP_BUF struct buf source = {0};
    int code;

    *out = (struct file_copy){0};
    if (copy) {
        *out = *copy;
        out->is_told = copy->by == by;
        copy->by = by;
        return;
    }
    if (f->c->status || !has_room(f))
        return;
    code = files_facts_read(&f->facts, &f->c->host, fd, FILE_FLAGS_ALL);
    if (code < 0) {
        files_missing(f, path, code, "what it is cannot be read");
        return;
    }
    if (f->facts.is_cut)
        files_missing(f, path, -E2BIG, "it has more attributes than are taken");
    copy = arena_new_in(f->c->arena, struct file_copy);
    copy->member = arena_printf(f->c->arena, "files/%s", path);
    copy->size = (uint64_t)f->facts.st.st_size;
    copy->by = by;
    buf_addf(&source, "/%s", path);
    copy_one(f, buf_text(&source), fd, keep, limit ? limit : f->most, copy);
    f->copied->files++; /* those that failed too, since they are remembered */
    remember(f, path, copy);
    *out = *copy;
    out->is_new = copy->member != NULL;
}
