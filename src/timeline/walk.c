/* walk.c: opens archives and packed files, those within them too, and hands out the files. */
#include "timeline/walk.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "evidence/archive_kinds.h"

enum { HEAD_SIZE = 512, CHUNK_SIZE = 256 << 10, TAR_MARK_AT = 257, WORDS_SIZE = 512 };

/* The evidence, or a member that is held in memory. */
struct content {
    int fd; /* -1: in memory */
    struct str held;
    uint64_t size;
};

#define TOO_DEEP "what is in it lies in more than eight others, and was left there"

struct walking {
    const struct walk *walk;
    uint64_t in_size;  /* of the evidence */
    uint64_t out_size; /* unpacked so far, in sum */
    uint64_t held;     /* bytes in memory now */
    uint64_t names;    /* bytes of the members' names */
    unsigned depth;
    uint64_t members;
    uint64_t things;   /* taken and remarked, by all walkers */
    const char *ended; /* the limit that ended it, in words; NULL: none did */
};

static int bytes_of(void *context, uint64_t off, void *bytes, size_t size, size_t *got,
                    struct err *e)
{
    const struct content *c = context;
    ssize_t n;

    if (c->fd < 0) {
        struct str part =
            off < c->held.len ? str_head(str_from(c->held, (size_t)off), size) : STR("");

        memcpy(bytes, part.p, part.len);
        *got = part.len;
        return 0;
    }
    do
        n = pread(c->fd, bytes, size, (off_t)off);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(e, "the evidence cannot be read");
    *got = (size_t)n;
    return 0;
}

static bool is_container(struct str head)
{
    static const struct {
        const char *mark;
        size_t size;
    } marks[] = {{"\x1f\x8b", 2},
                 {"BZh", 3},
                 {"\xfd"
                  "7zXZ\0",
                  6},
                 {"\x28\xb5\x2f\xfd", 4},
                 {"PK\3\4", 4},
                 {"7z\xbc\xaf\x27\x1c", 6},
                 {"070701", 6},
                 {"070702", 6},
                 {"070707", 6}};

    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (head.len >= marks[i].size && memcmp(head.p, marks[i].mark, marks[i].size) == 0)
            return true;
    return head.len >= TAR_MARK_AT + 5 && memcmp(head.p + TAR_MARK_AT, "ustar", 5) == 0;
}

/* What libarchive reads of a content. */
struct source {
    struct content *content;
    uint64_t off;
    char *bytes; /* CHUNK_SIZE */
};

static la_ssize_t on_read(struct archive *a, void *context, const void **bytes)
{
    struct source *s = context;
    struct err e;
    size_t got;

    if (bytes_of(s->content, s->off, s->bytes, CHUNK_SIZE, &got, &e)) {
        archive_set_error(a, EIO, "%s", e.text);
        return ARCHIVE_FATAL;
    }
    s->off += got;
    *bytes = s->bytes;
    return (la_ssize_t)got;
}

static la_int64_t on_seek(struct archive *a, void *context, la_int64_t off, int whence)
{
    struct source *s = context;
    la_int64_t base = whence == SEEK_SET   ? 0
                      : whence == SEEK_CUR ? (la_int64_t)s->off
                                           : (la_int64_t)s->content->size;

    if (__builtin_add_overflow(base, off, &base) || base < 0 || (uint64_t)base > s->content->size) {
        archive_set_error(a, EINVAL, "an offset outside of the archive");
        return ARCHIVE_FATAL;
    }
    s->off = (uint64_t)base;
    return base;
}

/* Whether the next thing is this walker's. */
static bool is_own(const struct walking *w)
{
    return w->walk->shares == 0 || w->things % w->walk->shares == w->walk->share;
}

static int remark(struct walking *w, struct str name, const char *words, struct err *e)
{
    bool own = is_own(w);

    w->things++;
    return !own ? 0 : w->walk->remark(w->walk->context, name, words, e);
}

static int take_content(struct walking *w, struct content *c, struct str name, int64_t written_s,
                        const char *why_not_all, struct err *e);

/* So much more is unpacked. What passes a limit ends the walk, and nothing else. */
static void count_out(struct walking *w, uint64_t more)
{
    uint64_t most = ((uint64_t)16 << 20) + w->in_size * LIMIT_ARCHIVE_EXPANSION;

    w->out_size += more;
    if (w->out_size > LIMIT_ARCHIVE_TOTAL_SIZE)
        w->ended = "reading ended here: more than 64 GiB are packed in it";
    else if (w->out_size > most)
        w->ended = "reading ended here: what is packed in it is more than 200 times its size, "
                   "past the first 16 MiB";
}

static bool count_member(struct walking *w, struct str name)
{
    w->names += name.len;
    if (w->members == WALK_MEMBERS_MOST)
        w->ended = "reading ended here: more than a million files lie in it";
    else if (w->names > WALK_NAMES_MOST)
        w->ended = "reading ended here: the names of the files in it take more than 64 MiB";
    else
        w->members++;
    return !w->ended;
}

/* What is another walker's is unpacked and counted, and only its beginning kept, unless it may be a
 * container, which all walk through. */
static bool is_kept(const struct walking *w, const struct buf *out)
{
    return is_own(w) || is_container(buf_str(out));
}

/* Reads the member's content; *size is that of it. *why says what ended it before its end; NULL:
 * nothing. */
static void hold(struct walking *w, struct archive *a, struct buf *out, uint64_t *size,
                 const char **why, char words[WORDS_SIZE])
{
    *why = NULL;
    for (*size = 0;;) {
        la_ssize_t n;

        (void)buf_room(out, CHUNK_SIZE);
        n = archive_read_data(a, out->p + out->len, CHUNK_SIZE);
        if (n == 0)
            return;
        if (n < 0) {
            snprintf(words, WORDS_SIZE, "damaged behind its byte %llu: %.300s",
                     (unsigned long long)*size,
                     archive_error_string(a) ? archive_error_string(a) : "no reason is known");
            *why = words;
            return;
        }
        if (out->len < HEAD_SIZE || is_kept(w, out))
            out->len += (size_t)n;
        *size += (size_t)n;
        w->held += (size_t)n;
        count_out(w, (uint64_t)n);
        if (w->ended || w->held > WALK_HELD_MOST) {
            snprintf(words, WORDS_SIZE, "the first %llu bytes of it were read",
                     (unsigned long long)*size);
            *why = words;
            return;
        }
    }
}

static void add_name(struct buf *out, struct str outer, const struct archive_entry *entry,
                     bool is_raw)
{
    const char *name = archive_entry_pathname((struct archive_entry *)entry);

    buf_addstr(out, outer);
    if (is_raw || !name)
        return;
    buf_addc(out, '/');
    buf_addstr(out, str_head(str_of(name), LIMIT_ARCHIVE_PATH_SIZE));
}

static int take_member(struct walking *w, struct archive *a, struct archive_entry *entry,
                       struct str outer, int64_t outer_written_s, struct err *e)
{
    CLEANUP_BUF struct buf held = {0};
    CLEANUP_BUF struct buf name = {0};
    char words[WORDS_SIZE];
    const char *why;
    bool is_raw = archive_format(a) == ARCHIVE_FORMAT_RAW;
    struct content c = {.fd = -1};
    int rc = 0;

    add_name(&name, outer, entry, is_raw);
    if (!is_raw && archive_entry_filetype(entry) != AE_IFREG)
        return 0;
    if (archive_entry_is_encrypted(entry))
        return remark(w, buf_str(&name), "encrypted", e);
    if (!count_member(w, buf_str(&name)))
        return 0;
    hold(w, a, &held, &c.size, &why, words);
    c.held = buf_str(&held);
    if (c.size)
        rc = take_content(w, &c, buf_str(&name),
                          archive_entry_mtime_is_set(entry) ? archive_entry_mtime(entry)
                                                            : outer_written_s,
                          why, e);
    w->held -= c.size;
    return rc;
}

/* A packed archive is one; what is packed twice is two. */
static unsigned layers_of(struct archive *a)
{
    int packings = archive_filter_count(a) - 1;

    return packings > 1 ? (unsigned)packings : 1;
}

static int walk_members(struct walking *w, struct archive *a, struct str name, int64_t written_s,
                        struct err *e)
{
    struct archive_entry *entry;
    uint64_t before = w->members;
    unsigned outer = w->depth;
    int state, rc = 0;

    w->depth += layers_of(a);

    while (rc == 0 && !w->ended && (state = archive_read_next_header(a, &entry)) != ARCHIVE_EOF) {
        if (state == ARCHIVE_RETRY)
            continue;
        if (state != ARCHIVE_OK && state != ARCHIVE_WARN) {
            char words[WORDS_SIZE];

            snprintf(words, sizeof(words), "damaged behind its file %llu: %.300s",
                     (unsigned long long)(w->members - before),
                     archive_error_string(a) ? archive_error_string(a) : "no reason is known");
            w->depth = outer;
            return remark(w, name, words, e);
        }
        rc = take_member(w, a, entry, name, written_s, e);
    }
    w->depth = outer;
    /* Zeros alone look like the end of a tar archive. */
    if (rc == 0 && !w->ended && w->members == before)
        rc = remark(w, name, "no file lies in it", e);
    return rc;
}

/* NULL: it cannot be unpacked. */
static struct archive *open_archive(struct source *s)
{
    struct archive *a = archive_read_new();

    if (!a)
        BUG("out of memory, an archive was wanted");
    archive_read_set_read_callback(a, on_read);
    archive_read_set_seek_callback(a, on_seek);
    archive_read_set_callback_data(a, s);
    if (archive_allow_kinds(a, false) && archive_read_open1(a) == ARCHIVE_OK)
        return a;
    archive_read_free(a);
    return NULL;
}

static int open_container(struct walking *w, struct content *c, struct str name, int64_t written_s,
                          struct err *e)
{
    CLEANUP_FREE char *bytes = mem_alloc(CHUNK_SIZE);
    struct source s = {.content = c, .bytes = bytes};
    struct archive *a = open_archive(&s);
    int rc;

    if (!a)
        rc = remark(w, name, "it cannot be unpacked", e);
    else if (w->depth + layers_of(a) > WALK_DEPTH_MOST)
        rc = remark(w, name, TOO_DEEP, e);
    else
        rc = walk_members(w, a, name, written_s, e);
    archive_read_free(a);
    return rc;
}

static int take_content(struct walking *w, struct content *c, struct str name, int64_t written_s,
                        const char *why_not_all, struct err *e)
{
    struct walked m = {.name = name,
                       .written_s = written_s,
                       .size = c->size,
                       .is_plain = w->depth == 0,
                       .remark = why_not_all,
                       .bytes = bytes_of,
                       .context = c};
    char head[HEAD_SIZE];
    size_t got;
    int rc = bytes_of(c, 0, head, sizeof(head), &got, e);

    if (rc)
        return rc;
    if (!is_container((struct str){head, got})) {
        bool own = is_own(w);

        w->things++;
        return own ? w->walk->take(w->walk->context, &m, e) : 0;
    }
    if (w->depth == WALK_DEPTH_MOST)
        return remark(w, name, TOO_DEEP, e);
    if (w->ended)
        return remark(w, name, w->ended, e);
    if (why_not_all)
        rc = remark(w, name, why_not_all, e);
    return rc ? rc : open_container(w, c, name, written_s, e);
}

/* What ended the walk is said of the outermost, for all that lies in it. */
static int take_outermost(struct walking *w, struct content *c, struct str name, int64_t written_s,
                          const char *why_not_all, struct err *e)
{
    const char *before = w->ended;
    int rc = take_content(w, c, name, written_s, why_not_all, e);

    return rc == 0 && w->ended != before ? remark(w, name, w->ended, e) : rc;
}

int walk_evidence(const struct walk *walk, struct err *e)
{
    off_t size = lseek(walk->in, 0, SEEK_END);
    struct content c = {.fd = walk->in, .size = size < 0 ? 0 : (uint64_t)size};
    struct walking w = {.walk = walk, .in_size = c.size};

    if (size < 0)
        return err_errno(e, "the evidence cannot be read");
    return take_outermost(&w, &c, walk->name, walk->written_s, NULL, e);
}

struct walking *walking_new(const struct walk *walk, uint64_t in_size)
{
    struct walking *w = mem_new(struct walking);

    *w = (struct walking){.walk = walk, .in_size = in_size};
    return w;
}

void walking_free(struct walking *w)
{
    free(w);
}

int walk_file(struct walking *w, struct str name, int64_t written_s, struct str bytes,
              const char *why_not_all, struct err *e)
{
    struct content c = {.fd = -1, .held = bytes, .size = bytes.len};
    int rc;

    w->depth = 1;
    w->held = bytes.len;
    rc = take_outermost(w, &c, name, written_s, why_not_all, e);
    w->held = 0;
    return rc;
}

static bool is_archive(struct content *c)
{
    CLEANUP_FREE char *bytes = mem_alloc(CHUNK_SIZE);
    struct source s = {.content = c, .bytes = bytes};
    struct archive *a = open_archive(&s);
    struct archive_entry *entry;
    bool is = a && archive_read_next_header(a, &entry) == ARCHIVE_OK &&
              archive_format(a) != ARCHIVE_FORMAT_RAW;

    archive_read_free(a);
    return is;
}

int walk_is_container(int in, bool *out, bool *has_many, struct err *e)
{
    off_t size = lseek(in, 0, SEEK_END);
    struct content c = {.fd = in, .size = size < 0 ? 0 : (uint64_t)size};
    char head[HEAD_SIZE];
    size_t got;
    int rc = bytes_of(&c, 0, head, sizeof(head), &got, e);

    if (rc)
        return rc;
    *out = is_container((struct str){head, got});
    *has_many = *out && is_archive(&c);
    return 0;
}
