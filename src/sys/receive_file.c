/* receive_file.c: files that grow at their end, and what they hold so far as a running hash. */
#include "sys/receive_file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/file.h"

enum { FLAGS = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, STEP_SIZE = 64 << 10, STEPS = 64 };

static char *path_of(const char *folder, const struct receive_file *f, const char *ending)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/%s.%s", folder, f->id, ending);
    return buf_take(&path);
}

static bool look(struct receive_file *f, const char *folder, const char *ending)
{
    struct stat st;

    free(f->path);
    f->path = path_of(folder, f, ending);
    f->is_there = lstat(f->path, &st) == 0 && S_ISREG(st.st_mode);
    f->size = f->is_there ? (uint64_t)st.st_size : 0;
    return f->is_there;
}

struct receive_file *receive_file_new(const char *folder, const struct id *id)
{
    struct receive_file *f = mem_new(struct receive_file);

    hex_write(f->id, id->b, sizeof(id->b));
    f->fd = -1;
    f->digest = digest_new(DIGEST_SHA256);
    f->is_whole = look(f, folder, "calm");
    if (!f->is_whole)
        (void)look(f, folder, "part");
    return f;
}

void receive_file_free(struct receive_file *f)
{
    fd_close(f->fd);
    digest_free(f->digest);
    free(f->path);
    free(f);
}

bool receive_file_id(const char *name, const char *ending, struct id *out)
{
    size_t len = strlen(name);

    return len > RECEIVE_ID_SIZE && strcmp(name + RECEIVE_ID_SIZE, ending) == 0 &&
           hex_read(out->b, sizeof(out->b), (struct str){name, RECEIVE_ID_SIZE});
}

bool receive_file_open(struct receive_file *f)
{
    struct stat st;

    if (f->fd >= 0 || !f->is_there || (f->is_whole && f->hashed == f->size))
        return true;
    f->fd = open(f->path, FLAGS);
    if (f->fd < 0 || fstat(f->fd, &st) != 0)
        return false;
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != f->size) {
        receive_file_close(f);
        errno = EUCLEAN;
        return false;
    }
    return true;
}

void receive_file_close(struct receive_file *f)
{
    fd_close(f->fd);
    f->fd = -1;
}

static int read_step(struct receive_file *f, uint8_t *step)
{
    ssize_t n = pread(f->fd, step, STEP_SIZE, (off_t)f->hashed);

    if (n <= 0) {
        errno = n == 0 ? EUCLEAN : errno;
        return -1;
    }
    digest_add(f->digest, step, (size_t)n);
    f->hashed += (uint64_t)n;
    return 0;
}

static void end_digest(struct receive_file *f)
{
    uint8_t bytes[64];

    digest_end(f->digest, bytes);
    memcpy(f->sha256.b, bytes, sizeof(f->sha256.b));
}

/* What an earlier receiver took counts only as far as it can be read again. */
int receive_file_catch_up(struct receive_file *f)
{
    CLEANUP_FREE uint8_t *step = NULL;

    if (f->hashed == f->size)
        return 1;
    step = mem_alloc(STEP_SIZE);
    for (size_t i = 0; i < STEPS && f->hashed < f->size; i++)
        if (read_step(f, step) != 0)
            return -1;
    if (f->hashed < f->size)
        return 0;
    if (fdatasync(f->fd) != 0)
        return -1;
    f->durable = f->size;
    if (f->is_whole) {
        end_digest(f);
        receive_file_close(f);
    }
    return 1;
}

static bool make_file(struct receive_file *f)
{
    if (f->fd < 0)
        f->fd = open(f->path, FLAGS | O_CREAT | O_EXCL, 0600);
    f->is_there = f->fd >= 0;
    return f->is_there;
}

bool receive_file_add(struct receive_file *f, struct str bytes, bool *is_spoilt)
{
    int saved;

    *is_spoilt = false;
    if (!make_file(f))
        return false;
    errno = 0;
    if (file_write_fd(f->fd, bytes.p, bytes.len, f->path, NULL) == 0) {
        digest_add(f->digest, bytes.p, bytes.len);
        f->size += bytes.len;
        f->hashed = f->size;
        return true;
    }
    /* The file's end is where the digest is: a part of a message is taken back. */
    saved = errno;
    *is_spoilt = ftruncate(f->fd, (off_t)f->size) != 0;
    errno = saved;
    return false;
}

bool receive_file_sync(struct receive_file *f)
{
    if (f->durable < f->size && fdatasync(f->fd) != 0)
        return false;
    f->durable = f->size;
    return true;
}

bool receive_file_fits(struct receive_file *f, uint64_t size, const struct hash *sha256)
{
    if (!f->is_whole)
        end_digest(f);
    if (size == f->size && hash_eq(&f->sha256, sha256))
        return true;
    if (!f->is_whole)
        f->hashed = 0; /* the digest begins anew */
    return false;
}

bool receive_file_end(struct receive_file *f, const char *folder)
{
    CLEANUP_FREE char *path = path_of(folder, f, "calm");
    char *part = f->path;

    if (!make_file(f) || fsync(f->fd) != 0 || rename(part, path) != 0 ||
        folder_sync(folder, NULL) != 0) {
        f->hashed = 0; /* the digest was ended: what lies there is read again */
        return false;
    }
    f->path = MOVE(path);
    free(part);
    f->is_whole = true;
    f->durable = f->size;
    receive_file_close(f);
    return true;
}
