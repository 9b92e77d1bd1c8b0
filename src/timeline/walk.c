/* walk.c: opens archives and packed files, those within them too, and hands out the files. */
#include "timeline/walk.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "evidence/archive_kinds.h"
#include "evidence/bundle_walk.h"
#include "timeline/container.h"
#include "timeline/walk_held.h"

#define TOO_DEEP "what is in it lies in more than eight others, and was left there"

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

static int read_content(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    struct source *s = context;
    int rc = bytes_of(s->content, s->off, bytes, size, got, e);

    if (rc)
        return rc;
    s->off += *got;
    return tell_read(s->walking, s->content, s->off, e);
}

static int more_of(void *context, const void **bytes, size_t *got, struct err *e)
{
    struct source *s = context;
    const struct bundle_source from =
        s->unsealer ? bundle_unsealer_source(s->unsealer) : (struct bundle_source){read_content, s};

    *bytes = s->bytes;
    return from.read(from.context, s->bytes, CHUNK_SIZE, got, e);
}

/* The next bytes that are unpacked; none behind a limit. */
static int unpack_more(struct source *s, void *bytes, size_t size, size_t *got, struct err *e)
{
    int rc = s->walking->ended ? 0 : packing_read(s->packing, bytes, size, got, e);

    if (s->walking->ended)
        *got = 0;
    else if (rc == 0)
        walking_count_unpacked(s->walking, *got);
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

static int tell(struct walking *w, walk_remark *remark, struct str name, const char *words,
                struct err *e)
{
    bool own = walking_is_own(w);

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

static void take_link(struct walking *w, struct archive_entry *entry, struct str name)
{
    struct str zone;

    if (w->walk->is_utc && own_zone_of_link(name, str_of(archive_entry_symlink(entry)), &zone))
        walk_zones_see(&w->zones, name, zone);
}

/* Each walker knows them, and one tells each. */
static int tell_zones(struct walking *w, struct err *e)
{
    char words[OWN_ZONE_WORDS_SIZE];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < w->zones.count; i++) {
        walk_zones_words(&w->zones, i, words);
        rc = tell_about(w, w->walk->name, words, e);
    }
    w->zones.count = 0;
    return rc;
}

static int take_member(struct walking *w, struct archive *a, struct archive_entry *entry,
                       struct str outer, struct written outer_written, struct err *e)
{
    CLEANUP(held_release) struct held held = {0};
    CLEANUP_BUF struct buf name = {0};
    struct written written = outer_written;
    int rc = 0;

    add_name(&name, outer, entry);
    if (archive_entry_filetype(entry) == AE_IFLNK)
        take_link(w, entry, buf_str(&name));
    if (archive_entry_filetype(entry) != AE_IFREG)
        return 0;
    if (archive_entry_is_encrypted(entry))
        return tell_left(w, buf_str(&name), "encrypted", e);
    if (!count_member(w, buf_str(&name)))
        return 0;
    held_read(w, a, &held);
    if (held.why)
        walking_pass_over(w, a);
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
        if (is_inner(w, a) && walking_is_spent(w) && w->overdrawn > WALK_OVERDRAWN_MOST)
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
    while (rc == 0 && got && !held_is_full(w, &held)) {
        held_add(w, &held, s->unpacked, got);
        rc = unpack_more(s, s->unpacked, CHUNK_SIZE, &got, e);
    }
    if (rc == 0 && !held.why && packing_damage(s->packing))
        held_tell_damage(&held, s->packing);
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

/* What the seal holds is packed; where it ends before its end, what stands before that was read. */
static int walk_sealed(struct walking *w, struct source *s, struct str name, struct written written,
                       struct err *e)
{
    char words[WORDS_SIZE];
    enum bundle_state state;
    const char *why;
    int rc = open_packed(w, s, PACKING_ZSTD, name, written, e);

    state = bundle_unsealer_state(s->unsealer, &why);
    if (rc || w->ended || state == BUNDLE_WHOLE)
        return rc;
    snprintf(words, sizeof(words), "%s: %s", bundle_state_name(state), why);
    return tell_about(w, name, words, e);
}

static int open_sealed(struct walking *w, struct source *s, struct str name, struct written written,
                       struct err *e)
{
    const struct bundle_source sealed = {read_content, s};
    CLEANUP(bundle_unsealer_freep) struct bundle_unsealer *u = NULL;
    struct err why;
    int rc;

    if (w->depth > 1)
        return tell_left(
            w, name, "it is a sealed bundle: take it into evidence by itself to have it read", e);
    if (!w->walk->stream_key)
        return tell_left(w, name, "it is sealed, and no key to it is here", e);
    rc = bundle_unsealer_new(&u, &sealed, w->walk->stream_key, &why);
    if (rc == ERR_FORMAT || rc == ERR_NEWER)
        return tell_left(w, name, why.text, e);
    if (rc)
        return err_set(e, rc, "%s", why.text);
    s->unsealer = u;
    rc = walk_sealed(w, s, name, written, e);
    s->unsealer = NULL;
    return rc;
}

static int read_again(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    struct source *s = context;
    int rc = bytes_of(s->content, s->off, bytes, size, got, e);

    s->off += rc ? 0 : *got;
    return rc;
}

/* A bundle that is not sealed has check sums in its chain alone, and archive and packing may be as
 * good behind a byte that is another one. */
static int tell_chain(struct walking *w, struct source *s, struct str name, struct err *e)
{
    const struct bundle_source from = {read_again, s};
    struct bundle_summary sum;
    char words[WORDS_SIZE];
    int rc;

    s->off = 0;
    rc = bundle_walk(&from, NULL, NULL, NULL, &sum, e);
    if (rc || !sum.is_linked || sum.state != BUNDLE_ALTERED)
        return rc;
    snprintf(words, sizeof(words),
             "altered: %s; nothing vouches for what is packed behind byte %llu", sum.why,
             (unsigned long long)sum.good);
    return tell_about(w, name, words, e);
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
    rc = container_is_sealed(head) ? open_sealed(w, &s, name, written, e)
         : kind                    ? open_packed(w, &s, kind, name, written, e)
                                   : open_archive(w, &s, name, written, e);
    w->depth--;
    if (is_root)
        w->root = NULL;
    return rc || !is_root || kind != PACKING_ZSTD || w->ended ? rc : tell_chain(w, &s, name, e);
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
        bool own = walking_is_own(w), is_for_all = walking_is_for_all(w, (struct str){head, got});

        w->things++;
        if (own)
            return w->walk->take(w->walk->context, &m, e);
        return is_for_all ? w->walk->pass(w->walk->context, &m, e) : 0;
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

    rc = rc ? rc : tell_zones(w, e);
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
