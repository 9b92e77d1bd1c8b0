/* reread.c: reads an image again. */
#include "acquire/reread.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "evidence/image_read.h"
#include "sys/file.h"
#include "sys/worker.h"

enum { PART = 1 << 20, LINE_SIZE = 65 };

/* The files, open for reading. */
struct opened_files {
    int *fds;
    size_t count;
};

static void opened_release(struct opened_files *o)
{
    for (size_t i = 0; i < o->count; i++)
        fd_close(o->fds[i]);
    free(o->fds);
    *o = (struct opened_files){0};
}

/* The first count of them; a few more may be added. */
static int open_first(struct opened_files *o, const struct target_files *files, size_t count,
                      struct err *e)
{
    int rc = worker_allow_inputs(files->count + 1, e);

    o->fds = mem_array(files->count + 1, sizeof(o->fds[0]));
    for (uint32_t n = 1; rc == 0 && n <= count; n++) {
        CLEANUP_BUF struct buf path = {0};

        target_files_path(files, n, &path);
        rc = file_open_regular(&o->fds[o->count], buf_text(&path), O_RDONLY, e);
        if (rc == 0)
            o->count++;
    }
    return rc;
}

/* The last one is the one that is held, and that is written to once it was found to be right; it is
 * seen as it was when the state was written. */
static int open_view(struct opened_files *o, const struct target_files *files,
                     const struct target_view *view, struct err *e)
{
    int rc = open_first(o, files, files->count - 1, e);
    int fd = rc ? -1 : fcntl(files->fd, F_DUPFD_CLOEXEC, 0);

    if (rc == 0 && fd < 0)
        return err_errno(e, "cannot read the last file of %s again", files->name);
    if (rc == 0)
        o->fds[o->count++] = fd;
    if (rc || view->laid.count == 0)
        return rc;
    fd = memfd_create("calm-image", MFD_CLOEXEC);
    if (fd < 0)
        return err_errno(e, "no memory for the end of a group");
    o->fds[o->count++] = fd;
    return file_write_fd(fd, view->over.p, view->over.len, "the end of a group", e);
}

static struct image_input input_of(const struct target_files *files, const struct opened_files *o)
{
    return (struct image_input){.name = files->name,
                                .fds = o->fds,
                                .count = files->count,
                                .format = files->format == TARGET_E01 ? IMAGE_E01 : IMAGE_RAW};
}

struct taking_back {
    int (*take)(void *context, const void *bytes, size_t size, struct err *e);
    void *context;
    uint64_t until;
    uint64_t sector_size; /* of the image */
    struct err damage;    /* the first; code 0: none */
};

static int take_facts(void *context, const struct image_facts *facts, struct err *e)
{
    struct taking_back *t = context;

    (void)e;
    t->sector_size = facts->sector_size;
    return 0;
}

static int take_bytes(void *context, uint64_t off, struct str bytes, struct err *e)
{
    struct taking_back *t = context;

    return off >= t->until
               ? 0
               : t->take(t->context, bytes.p,
                         bytes.len < t->until - off ? bytes.len : (size_t)(t->until - off), e);
}

/* Bytes that are others than were written say more, and where: this is told where none are. */
static int lost(void *context, const struct image_problem *p, struct err *e)
{
    struct taking_back *t = context;

    (void)e;
    /* Behind what was written there is nothing yet. */
    if (t->damage.code || !p->sector_count || p->first_sector * t->sector_size >= t->until)
        return 0;
    (void)err_set(
        &t->damage, ERR_FORMAT,
        "what was written before is damaged: %s at byte %llu of file %u. Begin anew under "
        "another name, and leave these files as they are",
        image_problem_words(p->kind), (unsigned long long)p->off, p->file + 1);
    return 0;
}

int reread_until(const struct target_files *files, const struct target_view *view, uint64_t until,
                 int (*take)(void *context, const void *bytes, size_t size, struct err *e),
                 void *context, struct err *e)
{
    CLEANUP(opened_release) struct opened_files o = {0};
    struct taking_back t = {.take = take, .context = context, .until = until};
    const struct image_receiver to = {
        .facts = take_facts, .bytes = take_bytes, .problem = lost, .context = &t};
    int rc = open_view(&o, files, view, e);
    struct image_input input = input_of(files, &o);

    input.laid = &view->laid;
    if (rc == 0)
        rc = image_read(&input, 0, until, &to, e);
    return rc || !t.damage.code ? rc : err_set(e, t.damage.code, "%s", t.damage.text);
}

void read_back_release(struct read_back *b)
{
    buf_release(&b->files);
}

/* The hash of each file, beside the workers that check what it holds. */
struct file_hashes {
    const struct opened_files *o;
    struct acquire_control *control;
    struct buf hashes;
    struct err e;
    int rc;
};

static int hash_file(struct file_hashes *h, int fd, uint8_t *bytes)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t hash[64];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, bytes, PART, at)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(&h->e, "cannot read the image again");
        if (atomic_load(&h->control->stops))
            return err_set(&h->e, ERR_CANCEL, "stopped");
        digest_add(d, bytes, (size_t)n);
        at += n;
    }
    buf_add(&h->hashes, hash, digest_end(d, hash));
    return 0;
}

static void *hash_files(void *context)
{
    struct file_hashes *h = context;
    CLEANUP_FREE uint8_t *bytes = mem_alloc(PART);

    for (size_t i = 0; h->rc == 0 && i < h->o->count; i++)
        h->rc = hash_file(h, h->o->fds[i], bytes);
    return NULL;
}

static int moved(void *context, uint64_t done, struct err *e)
{
    struct acquire_control *c = context;

    atomic_store(&c->done, done);
    return atomic_load(&c->stops) ? err_set(e, ERR_CANCEL, "stopped") : 0;
}

static int compare(struct str lines, const struct buf *pieces, struct read_back *b, struct err *e)
{
    uint64_t count = 0;

    while (lines.len) {
        struct str line = str_cut(&lines, '\n');
        struct hash was;

        if (str_starts(line, "#"))
            continue;
        if (!hex_read(was.b, sizeof(was.b), line))
            return err_set(e, ERR_FORMAT, "the pieces of the image are not what was written");
        if ((count + 1) * sizeof(was) > pieces->len ||
            memcmp(was.b, pieces->p + count * sizeof(was), sizeof(was)) != 0) {
            b->first = b->differing ? b->first : count;
            b->differing++;
        }
        count++;
    }
    if (count * sizeof(struct hash) != pieces->len)
        return err_set(e, ERR_FORMAT, "the image does not hold as much as was read");
    return 0;
}

/* What the kernel keeps of the files is dropped, so that the disk is read. */
static void forget_cached(const struct opened_files *o)
{
    for (size_t i = 0; i < o->count; i++)
        (void)posix_fadvise(o->fds[i], 0, 0, POSIX_FADV_DONTNEED); /* a wish */
}

/* The pieces of a large one would fill the memory. */
static int compare_whole(const struct image_input *input, const struct acquire_result *written,
                         const struct image_receiver *to, struct read_back *b, struct err *e)
{
    struct digests_result found;
    int rc = image_hash(input, to, &found, NULL, e);

    b->differing = rc == 0 && !hash_eq(&found.sha256, &written->stored.sha256);
    return rc;
}

static int compare_pieces(const struct image_input *input, const char *pieces_path,
                          const struct image_receiver *to, struct read_back *b, struct err *e)
{
    CLEANUP_BUF struct buf lines = {0};
    CLEANUP_BUF struct buf pieces = {0};
    int rc = image_pieces(input, 0, to, &pieces, e);

    if (rc == 0)
        rc = file_read(&lines, pieces_path, BUF_LIMIT - 1, e);
    return rc ? rc : compare(buf_str(&lines), &pieces, b, e);
}

int read_back(const struct target_files *files, const char *pieces_path,
              const struct acquire_result *written, struct acquire_control *control,
              struct read_back *out, struct err *e)
{
    CLEANUP(opened_release) struct opened_files o = {0};
    const struct image_receiver to = {.progress = moved, .context = control};
    struct file_hashes h = {.o = &o, .control = control};
    struct read_back b = {0};
    pthread_t thread;
    int rc = open_first(&o, files, files->count, e);
    struct image_input input = input_of(files, &o);

    if (rc)
        return rc;
    forget_cached(&o);
    atomic_store(&control->done, 0);
    if (pthread_create(&thread, NULL, hash_files, &h))
        return err_set(e, ERR_LIMIT, "a thread cannot be started");
    rc = written->stored_size > READ_BACK_PIECES_MOST
             ? compare_whole(&input, written, &to, &b, e)
             : compare_pieces(&input, pieces_path, &to, &b, e);
    if (rc)
        atomic_store(&control->stops, true);
    pthread_join(thread, NULL);
    if (rc == 0 && h.rc)
        rc = err_set(e, h.rc, "%s", h.e.text);
    b.files = h.hashes;
    if (rc)
        read_back_release(&b);
    else
        *out = b;
    return rc;
}
