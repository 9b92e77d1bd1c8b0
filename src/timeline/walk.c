/* walk.c: opens archives and packed files, those within them too, and hands out the files. */
#include "timeline/walk.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "evidence/archive_kinds.h"
#include "timeline/container.h"
#include "timeline/packing.h"

enum { HEAD_SIZE = 512, CHUNK_SIZE = 256 << 10, WORDS_SIZE = 512 };

/* The evidence, or a member that is held in memory. */
struct content {
    int fd; /* -1: in memory */
    struct str held;
    uint64_t size;
};

#define SHARE_FREE ((uint64_t)16 << 20)
#define OVERDRAWN_MOST ((uint64_t)64 << 20)
#define PASSED_LEAST ((uint64_t)8 << 30)
#define TOO_DEEP "what is in it lies in more than eight others, and was left there"

struct walking {
    const struct walk *walk;
    const struct source *root; /* the outermost container, while it is open */
    uint64_t in_size;          /* of the evidence, or of the files so far */
    uint64_t before;           /* of the files before this one */
    uint64_t out_size;         /* unpacked so far and held, in sum */
    uint64_t unpacked;         /* of packed streams, also what was passed over */
    uint64_t overdrawn;        /* held though the share was spent */
    uint64_t held;             /* bytes in memory now */
    uint64_t names;            /* bytes of the members' names */
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

/* Tells who waits how far the evidence itself was read. */
static int tell_read(const struct walking *w, const struct content *c, uint64_t off, struct err *e)
{
    return c->fd >= 0 && w->walk->read ? w->walk->read(w->walk->context, off, e) : 0;
}

/* What libarchive reads: a content, or what is packed in it. */
struct source {
    struct walking *walking;
    struct content *content;
    uint64_t off;
    char *bytes; /* CHUNK_SIZE */
    struct archive *archive;
    struct packing *packing; /* NULL: the content is not packed */
    char *unpacked;          /* CHUNK_SIZE */
    size_t head_size;        /* bytes of unpacked that were looked at before */
};

/* How far the outermost container was taken in. */
static uint64_t root_read(const struct walking *w)
{
    const struct source *s = w->root;
    la_int64_t at = 0;

    if (s && s->packing)
        return s->off - packing_untaken(s->packing);
    if (s && s->archive)
        at = archive_filter_bytes(s->archive, -1);
    return at < 0 ? 0 : (uint64_t)at;
}

/* Half of what all may hold is there from the beginning; the other half comes as the evidence is
 * read, so that what lies behind a bomb has its own. */
static bool is_share_spent(const struct walking *w)
{
    uint64_t bytes = w->in_size / 2 + (w->before + root_read(w)) / 2;

    return w->out_size > SHARE_FREE + bytes * LIMIT_ARCHIVE_EXPANSION;
}

/* So much more is held. */
static void count_out(struct walking *w, uint64_t more)
{
    if (is_share_spent(w))
        w->overdrawn += more;
    w->out_size += more;
    if (w->out_size > LIMIT_ARCHIVE_TOTAL_SIZE)
        w->ended = "reading ended here: more than 64 GiB are packed in it";
}

/* So much more came out of a stream, to be held or to be passed over. */
static void count_unpacked(struct walking *w, uint64_t more)
{
    uint64_t most = w->in_size * LIMIT_ARCHIVE_EXPANSION;

    if (most < PASSED_LEAST)
        most = PASSED_LEAST;
    if (most > LIMIT_ARCHIVE_TOTAL_SIZE)
        most = LIMIT_ARCHIVE_TOTAL_SIZE;
    w->unpacked += more;
    if (w->unpacked > w->out_size + most)
        w->ended = "reading ended here: too much of what is packed in it had to be passed over";
}

static int more_of(void *context, const void **bytes, size_t *got, struct err *e)
{
    struct source *s = context;
    int rc = bytes_of(s->content, s->off, s->bytes, CHUNK_SIZE, got, e);

    if (rc)
        return rc;
    s->off += *got;
    *bytes = s->bytes;
    return tell_read(s->walking, s->content, s->off, e);
}

/* The next bytes that are unpacked; none behind a limit. */
static int unpack_more(struct source *s, void *bytes, size_t size, size_t *got, struct err *e)
{
    int rc = s->walking->ended ? 0 : packing_read(s->packing, bytes, size, got, e);

    if (s->walking->ended)
        *got = 0;
    else if (rc == 0)
        count_unpacked(s->walking, *got);
    return rc;
}

static la_ssize_t on_read(struct archive *a, void *context, const void **bytes)
{
    struct source *s = context;
    struct err e;
    size_t got = s->head_size;
    int rc = 0;

    if (!s->packing)
        rc = more_of(s, bytes, &got, &e);
    else if (s->head_size == 0)
        rc = unpack_more(s, s->unpacked, CHUNK_SIZE, &got, &e);
    if (rc) {
        archive_set_error(a, EIO, "%s", e.text);
        return ARCHIVE_FATAL;
    }
    if (s->packing) {
        s->head_size = 0;
        *bytes = s->unpacked;
    }
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

static int tell(struct walking *w, walk_remark *remark, struct str name, const char *words,
                struct err *e)
{
    bool own = is_own(w);

    w->things++;
    return !own ? 0 : remark(w->walk->context, name, words, e);
}

/* Nothing of it was read. */
static int tell_left(struct walking *w, struct str name, const char *words, struct err *e)
{
    return tell(w, w->walk->remark, name, words, e);
}

/* It was walked through, but not to its end, or not all that is in it. */
static int tell_about(struct walking *w, struct str name, const char *words, struct err *e)
{
    return tell(w, w->walk->about, name, words, e);
}

static int take_content(struct walking *w, struct content *c, struct str name,
                        struct written written, const char *why_not_all, struct err *e);

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

/* A member, or what was packed, as far as it is in memory. */
struct held {
    struct buf bytes;
    uint64_t size;   /* of what was unpacked; of another walker's only the beginning is kept */
    const char *why; /* what ended it before its end; NULL: nothing */
    char words[WORDS_SIZE];
};

/* A member's first bytes are read though the share is spent, while these are few in sum. */
static bool is_left(const struct walking *w, const struct held *h)
{
    return is_share_spent(w) && (h->size || w->overdrawn > OVERDRAWN_MOST);
}

/* Whether there is no room for more of it; then it says so. */
static bool is_full(const struct walking *w, struct held *h)
{
    bool is_much = !w->ended && is_left(w, h);

    if (!w->ended && w->held <= WALK_HELD_MOST && !is_much)
        return false;
    snprintf(h->words, WORDS_SIZE, "the first %llu bytes of it were read%s",
             (unsigned long long)h->size,
             is_much ? ": with more, what is unpacked would be over 200 times what is packed" : "");
    h->why = h->words;
    return true;
}

static void tell_damage(struct held *h, const char *words)
{
    snprintf(h->words, WORDS_SIZE, "damaged behind its byte %llu: %.300s",
             (unsigned long long)h->size, words);
    h->why = h->words;
}

static void tell_damage_of(struct held *h, const struct packing *p)
{
    if (!packing_is_unsure(p) || h->size == 0) {
        tell_damage(h, packing_damage(p));
        return;
    }
    snprintf(h->words, WORDS_SIZE,
             "damaged somewhere in its first %llu bytes or right behind them, so any of its events "
             "may be wrong: %.300s",
             (unsigned long long)h->size, packing_damage(p));
    h->why = h->words;
}

/* What is another walker's is unpacked and counted, and only its beginning kept, unless it may be a
 * container, which all walk through. NULL: zeros. */
static void hold_bytes(struct walking *w, struct held *h, const char *bytes, size_t size)
{
    struct buf *out = &h->bytes;

    if (out->len < HEAD_SIZE || is_own(w) || container_is_one(buf_str(out))) {
        if (bytes)
            buf_add(out, bytes, size);
        else
            buf_addn(out, '\0', size);
    }
    h->size += size;
    w->held += size;
    count_out(w, size);
}

static void hold_block(struct walking *w, struct held *h, const char *bytes, uint64_t size)
{
    while (size && !is_full(w, h)) {
        size_t n = size < CHUNK_SIZE ? (size_t)size : CHUNK_SIZE;

        hold_bytes(w, h, bytes, n);
        bytes = bytes ? bytes + n : NULL;
        size -= n;
    }
}

/* Reads the member's content, by blocks, so that what stands before damage is there. */
static void hold(struct walking *w, struct archive *a, struct held *h)
{
    while (!h->why) {
        const void *bytes;
        size_t size = 0;
        la_int64_t off = 0;
        int state = archive_read_data_block(a, &bytes, &size, &off);

        if (state == ARCHIVE_EOF)
            return;
        if (state >= ARCHIVE_WARN && size) {
            if (off > 0 && (uint64_t)off > h->size) /* a hole */
                hold_block(w, h, NULL, (uint64_t)off - h->size);
            hold_block(w, h, bytes, size);
        }
        if (state != ARCHIVE_OK && !h->why && !is_full(w, h))
            tell_damage(h,
                        archive_error_string(a) ? archive_error_string(a) : "no reason is known");
    }
}

/* The rest of a member. libarchive does it without unpacking, but in 7-Zip, where members may be
 * packed together: there it is counted. */
static void pass_over(struct walking *w, struct archive *a)
{
    int state = ARCHIVE_OK;

    if ((archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) != ARCHIVE_FORMAT_7ZIP)
        return;
    while (state >= ARCHIVE_WARN && state != ARCHIVE_EOF && !w->ended) {
        const void *bytes;
        size_t size = 0;
        la_int64_t off;

        state = archive_read_data_block(a, &bytes, &size, &off);
        count_unpacked(w, size);
    }
}

static void held_release(struct held *h)
{
    buf_release(&h->bytes);
}

static int take_held(struct walking *w, const struct held *h, struct str name,
                     struct written written, struct err *e)
{
    struct content c = {.fd = -1, .held = buf_str(&h->bytes), .size = h->size};

    return take_content(w, &c, name, written, h->why, e);
}

static void add_name(struct buf *out, struct str outer, const struct archive_entry *entry)
{
    const char *name = archive_entry_pathname((struct archive_entry *)entry);

    buf_addstr(out, outer);
    if (!name)
        return;
    buf_addc(out, '/');
    buf_addstr(out, str_head(str_of(name), LIMIT_ARCHIVE_PATH_SIZE));
}

static int take_member(struct walking *w, struct archive *a, struct archive_entry *entry,
                       struct str outer, struct written outer_written, struct err *e)
{
    CLEANUP(held_release) struct held held = {0};
    CLEANUP_BUF struct buf name = {0};
    struct written written = outer_written;
    int rc = 0;

    add_name(&name, outer, entry);
    if (archive_entry_filetype(entry) != AE_IFREG)
        return 0;
    if (archive_entry_is_encrypted(entry))
        return tell_left(w, buf_str(&name), "encrypted", e);
    if (!count_member(w, buf_str(&name)))
        return 0;
    hold(w, a, &held);
    if (held.why)
        pass_over(w, a);
    if (archive_entry_mtime_is_set(entry))
        written = written_of(archive_entry_mtime(entry), outer_written.s, w->walk->taken_s);
    if (held.size)
        rc = take_held(w, &held, buf_str(&name), written, e);
    else if (held.why)
        rc = tell_left(w, buf_str(&name), held.why, e);
    w->held -= held.size;
    return rc;
}

/* Heads that are no heads: what lies there is passed over to the next that is one. */
static int tell_passed(struct walking *w, struct str name, uint64_t members, uint64_t *passed,
                       struct err *e)
{
    char words[WORDS_SIZE];

    if (*passed == 0)
        return 0;
    *passed = 0;
    snprintf(words, sizeof(words),
             "damaged behind its file %llu: the head of a file is not sound, and what lies there "
             "up to the next one was passed over",
             (unsigned long long)members);
    return tell_about(w, name, words, e);
}

/* Whether a lies in another: no more is read of the evidence until it is closed. */
static bool is_inner(const struct walking *w, const struct archive *a)
{
    return w->root && w->root->archive != a;
}

static int walk_members(struct walking *w, struct archive *a, struct str name,
                        struct written written, struct err *e)
{
    struct archive_entry *entry;
    uint64_t before = w->members, passed = 0;
    int state, rc = 0;

    while (rc == 0 && !w->ended && (state = archive_read_next_header(a, &entry)) != ARCHIVE_EOF) {
        if (state == ARCHIVE_RETRY) {
            passed++;
            continue;
        }
        rc = tell_passed(w, name, w->members - before, &passed, e);
        if (rc || w->ended)
            break;
        if (state != ARCHIVE_OK && state != ARCHIVE_WARN) {
            char words[WORDS_SIZE];

            snprintf(words, sizeof(words), "damaged behind its file %llu: %.300s",
                     (unsigned long long)(w->members - before),
                     archive_error_string(a) ? archive_error_string(a) : "no reason is known");
            return tell_about(w, name, words, e);
        }
        if (is_inner(w, a) && is_share_spent(w) && w->overdrawn > OVERDRAWN_MOST)
            return tell_about(w, name,
                              "what lies behind in it was left: with more, what is "
                              "unpacked would be over 200 times what is packed",
                              e);
        rc = take_member(w, a, entry, name, written, e);
    }
    if (rc == 0)
        rc = tell_passed(w, name, w->members - before, &passed, e);
    /* Zeros alone look like the end of a tar archive. */
    if (rc == 0 && !w->ended && w->members == before)
        rc = tell_left(w, name, "no file lies in it", e);
    return rc;
}

/* An archive that lies in s, packed or not. */
static int open_archive(struct walking *w, struct source *s, struct str name,
                        struct written written, struct err *e)
{
    struct archive *a = archive_read_new();
    int rc;

    if (!a)
        BUG("out of memory, an archive was wanted");
    s->archive = a;
    archive_read_set_read_callback(a, on_read);
    if (!s->packing)
        archive_read_set_seek_callback(a, on_seek);
    archive_read_set_callback_data(a, s);
    if (!archive_allow_kinds(a, false) || archive_read_open1(a) != ARCHIVE_OK)
        rc = tell_left(w, name, "it cannot be unpacked", e);
    else
        rc = walk_members(w, a, name, written, e);
    s->archive = NULL;
    archive_read_free(a);
    return rc;
}

/* To its end, so that its check sums are seen. */
static int pass_rest(struct source *s, struct err *e)
{
    size_t got = 1;
    int rc = 0;

    while (rc == 0 && got)
        rc = unpack_more(s, s->unpacked, CHUNK_SIZE, &got, e);
    return rc;
}

static int take_packed_archive(struct source *s, struct str name, struct written written,
                               struct err *e)
{
    struct walking *w = s->walking;
    int rc = open_archive(w, s, name, written, e);

    if (rc == 0)
        rc = pass_rest(s, e);
    if (rc || !packing_damage(s->packing))
        return rc;
    return tell_about(w, name, packing_damage(s->packing), e);
}

/* One file, which may be a container again. */
static int take_packed_file(struct source *s, struct str name, struct written written,
                            struct err *e)
{
    struct walking *w = s->walking;
    CLEANUP(held_release) struct held held = {0};
    size_t got = s->head_size;
    int rc = 0;

    if (!count_member(w, name))
        return 0;
    while (rc == 0 && got && !is_full(w, &held)) {
        hold_bytes(w, &held, s->unpacked, got);
        rc = unpack_more(s, s->unpacked, CHUNK_SIZE, &got, e);
    }
    if (rc == 0 && !held.why && packing_damage(s->packing))
        tell_damage_of(&held, s->packing);
    if (rc == 0)
        rc = take_held(w, &held, name, written, e);
    w->held -= held.size;
    return rc;
}

static int open_packed(struct walking *w, struct source *s, enum packing_kind kind, struct str name,
                       struct written written, struct err *e)
{
    CLEANUP(packing_freep) struct packing *p = packing_new(kind, more_of, s);
    CLEANUP_FREE char *unpacked = mem_alloc(CHUNK_SIZE);
    struct str head;
    int rc;

    s->packing = p;
    s->unpacked = unpacked;
    rc = unpack_more(s, unpacked, CHUNK_SIZE, &s->head_size, e);
    if (rc)
        return rc;
    if (packing_written_s(p) != INT64_MIN)
        written = written_of(packing_written_s(p), written.s, w->walk->taken_s);
    head = (struct str){unpacked, s->head_size};
    return container_is_stream(head) ? take_packed_archive(s, name, written, e)
                                     : take_packed_file(s, name, written, e);
}

static int open_container(struct walking *w, struct content *c, struct str head, struct str name,
                          struct written written, struct err *e)
{
    CLEANUP_FREE char *bytes = mem_alloc(CHUNK_SIZE);
    struct source s = {.walking = w, .content = c, .bytes = bytes};
    enum packing_kind kind = packing_of(head);
    bool is_root = !w->root;
    int rc;

    if (is_root)
        w->root = &s;
    w->depth++;
    rc = kind ? open_packed(w, &s, kind, name, written, e) : open_archive(w, &s, name, written, e);
    w->depth--;
    if (is_root)
        w->root = NULL;
    return rc;
}

static int take_content(struct walking *w, struct content *c, struct str name,
                        struct written written, const char *why_not_all, struct err *e)
{
    struct walked m = {.name = name,
                       .written = written,
                       .size = c->size,
                       .is_plain = w->depth == 0,
                       .remark = why_not_all,
                       .bytes = bytes_of,
                       .context = c};
    char head[HEAD_SIZE];
    size_t got = 0;
    int rc = bytes_of(c, 0, head, sizeof(head), &got, e);

    if (rc)
        return rc;
    if (!container_is_one((struct str){head, got})) {
        bool own = is_own(w);

        w->things++;
        return own ? w->walk->take(w->walk->context, &m, e) : 0;
    }
    if (w->depth == WALK_DEPTH_MOST)
        return tell_left(w, name, TOO_DEEP, e);
    if (w->ended)
        return tell_left(w, name, w->ended, e);
    if (why_not_all)
        rc = tell_about(w, name, why_not_all, e);
    return rc ? rc : open_container(w, c, (struct str){head, got}, name, written, e);
}

/* What ended the walk is said of the outermost, for all that lies in it. */
static int take_outermost(struct walking *w, struct content *c, struct str name,
                          struct written written, const char *why_not_all, struct err *e)
{
    const char *before = w->ended;
    int rc = take_content(w, c, name, written, why_not_all, e);

    return rc == 0 && w->ended != before ? tell_about(w, name, w->ended, e) : rc;
}

int walk_evidence(const struct walk *walk, struct err *e)
{
    off_t size = lseek(walk->in, 0, SEEK_END);
    struct content c = {.fd = walk->in, .size = size < 0 ? 0 : (uint64_t)size};
    struct walking w = {.walk = walk, .in_size = c.size};

    if (size < 0)
        return err_errno(e, "the evidence cannot be read");
    return take_outermost(&w, &c, walk->name, walk->written, NULL, e);
}

struct walking *walking_new(const struct walk *walk)
{
    struct walking *w = mem_new(struct walking);

    w->walk = walk;
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
    w->in_size += bytes.len;
    rc = take_outermost(w, &c, name, written_of(written_s, w->walk->written.s, w->walk->taken_s),
                        why_not_all, e);
    w->held = 0;
    w->before += bytes.len;
    return rc;
}

/* Whether an archive is packed in it. */
static int has_archive(struct content *c, enum packing_kind kind, bool *out, struct err *e)
{
    const struct walk walk = {0};
    struct walking w = {.walk = &walk, .in_size = c->size};
    CLEANUP_FREE char *bytes = mem_alloc(CHUNK_SIZE);
    struct source s = {.walking = &w, .content = c, .bytes = bytes};
    CLEANUP(packing_freep) struct packing *p = packing_new(kind, more_of, &s);
    char head[HEAD_SIZE];
    size_t got;
    int rc = packing_read(p, head, sizeof(head), &got, e);

    if (rc == 0)
        *out = container_is_stream((struct str){head, got});
    return rc;
}

int walk_is_container(int in, bool *out, bool *has_many, struct err *e)
{
    off_t size = lseek(in, 0, SEEK_END);
    struct content c = {.fd = in, .size = size < 0 ? 0 : (uint64_t)size};
    enum packing_kind kind;
    char bytes[HEAD_SIZE];
    struct str head = {bytes, 0};
    int rc = bytes_of(&c, 0, bytes, sizeof(bytes), &head.len, e);

    if (rc)
        return rc;
    kind = packing_of(head);
    *out = container_is_one(head);
    *has_many = container_is_archive(head);
    return kind ? has_archive(&c, kind, has_many, e) : 0;
}
