/* output.c: writes a bundle to a file, to standard output, or to a receiver. */
#include "collect/output.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/size.h"
#include "base/utc.h"

enum { SYNC_SIZE = 16 << 20 }; /* so much may wait for a slow stick before the host is read on */

struct output {
    int fd; /* -1: a receiver */
    struct sender *sender;
    char *path; /* of a file; else NULL */
    char *name;
    uint64_t size;
    uint64_t synced;
    struct digest *digest;
};

static char *join(const char *folder, const char *name)
{
    CLEANUP_BUF struct buf path = {0};

    buf_adds(&path, folder);
    if (!str_ends(buf_str(&path), "/"))
        buf_addc(&path, '/');
    buf_adds(&path, name);
    return buf_take(&path);
}

static int open_file(struct output *o, const struct output_wish *wish, struct err *e)
{
    struct stat st;

    o->path = stat(wish->place, &st) == 0 && S_ISDIR(st.st_mode) ? join(wish->place, wish->name)
                                                                 : mem_strdup(wish->place);
    o->name = mem_strdup(o->path);
    if (str_ends(str_of(o->path), "/"))
        return err_set(e, ERR_NOTFOUND,
                       "there is no folder %s: is the stick mounted, and there? lsblk shows where",
                       o->path);
    o->fd = open(o->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
    if (o->fd < 0 && errno == EEXIST)
        return err_set(e, ERR_USAGE, "%s is there already; name another file, or a folder",
                       o->path);
    return o->fd < 0 ? err_errno(e, "cannot write the bundle to %s", o->path) : 0;
}

static int open_stdout(struct output *o, struct err *e)
{
    if (isatty(STDOUT_FILENO))
        return err_set(e, ERR_USAGE,
                       "a bundle is nothing to read on a terminal: write it to a file, or behind "
                       "a | to another program");
    o->name = mem_strdup("standard output");
    o->fd = STDOUT_FILENO;
    return 0;
}

static int open_receiver(struct output *o, const struct output_wish *wish, struct err *e)
{
    struct sender_options options = {.token = wish->token,
                                     .key = wish->key,
                                     .patience_s = wish->patience_s,
                                     .told = wish->told,
                                     .context = wish->context};
    int rc = address_read(str_from(str_of(wish->place), strlen("tcp://")), &options.to, e);

    o->name = mem_strdup(wish->place);
    if (rc == 0)
        rc = sender_open(&o->sender, &options, e);
    mem_wipe(&options.key, sizeof(options.key));
    return rc;
}

int output_open(struct output **out, const struct output_wish *wish, struct err *e)
{
    CLEANUP(output_closep) struct output *o = mem_new(struct output);
    int rc;

    o->fd = -1;
    o->digest = digest_new(DIGEST_SHA256);
    if (strcmp(wish->place, "-") == 0)
        rc = open_stdout(o, e);
    else if (str_starts(str_of(wish->place), "tcp://"))
        rc = open_receiver(o, wish, e);
    else
        rc = open_file(o, wish, e);
    if (rc == 0)
        *out = MOVE(o);
    return rc;
}

static int fail(const struct output *o, struct err *e)
{
    int code = err_errno(e, "cannot write on to %s", o->name);
    char size[SIZE_TEXT_SIZE];

    return err_wrap(e, code, "after %s, which can be read up to the last whole piece",
                    size_text(size, o->size));
}

/* A stick that was pulled, or a file system that was taken away, leaves a descriptor behind that
 * may still take bytes. */
static int check_place(const struct output *o, struct err *e)
{
    struct stat named;
    struct stat ours;

    if (!o->path)
        return 0;
    if (fstat(o->fd, &ours) == 0 && stat(o->path, &named) == 0 && ours.st_dev == named.st_dev &&
        ours.st_ino == named.st_ino)
        return 0;
    return err_set(e, ERR_IO,
                   "%s is not there any more: the medium was taken away, or the file removed. "
                   "Collect again onto one that stays",
                   o->path);
}

static int sync_file(struct output *o, struct err *e)
{
    if (!o->path)
        return 0;
    if (fdatasync(o->fd) != 0 && errno != EINVAL)
        return fail(o, e);
    o->synced = o->size;
    return check_place(o, e);
}

static int write_fd(struct output *o, const uint8_t *bytes, size_t size, struct err *e)
{
    while (size) {
        ssize_t n = write(o->fd, bytes, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(o, e);
        bytes += n;
        size -= (size_t)n;
        o->size += (uint64_t)n;
    }
    return o->size - o->synced >= SYNC_SIZE ? sync_file(o, e) : 0;
}

int output_write(void *output, const void *bytes, size_t size, struct err *e)
{
    struct output *o = output;

    digest_add(o->digest, bytes, size);
    if (!o->sender)
        return write_fd(o, bytes, size, e);
    o->size += size;
    return sender_write(o->sender, bytes, size, e);
}

int output_end(struct output *o, struct err *e)
{
    int rc = o->sender ? sender_end(o->sender, e) : sync_file(o, e);

    if (rc || o->sender)
        return rc;
    /* A network file system tells only here that it did not take what it was given. */
    rc = close(o->fd) == 0 ? 0 : fail(o, e);
    o->fd = -1;
    return rc;
}

void output_close(struct output *o)
{
    if (!o)
        return;
    if (o->fd >= 0)
        close(o->fd);
    sender_close(o->sender);
    digest_free(o->digest);
    free(o->path);
    free(o->name);
    free(o);
}

const char *output_name(const struct output *o)
{
    return o->name;
}

uint64_t output_size(const struct output *o)
{
    return o->size;
}

struct hash output_hash(struct output *o)
{
    uint8_t bytes[64];
    struct hash hash;

    digest_end(o->digest, bytes);
    memcpy(hash.b, bytes, sizeof(hash.b));
    return hash;
}

enum output_place output_place(const struct output *o, struct buf *disk)
{
    enum output_place place = OUTPUT_ELSEWHERE;
    struct host h = {.root = -1};
    struct stat root;
    struct stat file;
    uint64_t mount;

    if (!o->path || fstat(o->fd, &file) != 0)
        return OUTPUT_ELSEWHERE;
    if (stat("/", &root) == 0 && root.st_dev == file.st_dev)
        return OUTPUT_ROOT;
    if (host_init(&h, NULL, NULL) == 0 && output_mount_of(&h, o->fd, &mount))
        place = output_place_of(&h, mount, disk);
    host_release(&h);
    return place;
}
