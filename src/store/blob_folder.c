/* blob_folder.c: blobs as files in evidence/, named by their SHA-256. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "store/engine.h"
#include "store/ring.h"
#include "sys/clock.h"
#include "sys/file.h"

enum {
    HEX_SIZE = 64,
    WRITE_BEHIND_SIZE = 8 << 20, /* so much is sent to the disk while more comes in */
    ZEROS_SIZE = 1 << 16,
    HOLE_SIZE = 64 << 10, /* zeros that are worth a hole */
    WATCH_SIZE = 8 << 20, /* read before a watch is told */
};

struct place {
    char *folder;
    int fd; /* the case folder */
};

/* Where a blob is: evidence/<shelf>/<name>. */
struct spot {
    char shelf[3];
    char name[HEX_SIZE + 1];
};

struct put {
    const struct place *place;
    int evidence; /* the folder */
    int fd;
    uint64_t written;
    uint64_t sent;                   /* to the disk */
    bool is_behind;                  /* what was written last were zeros, which are not there yet */
    char name[sizeof(".new-") + 32]; /* in evidence */
};

static struct spot spot_of(const struct hash *name)
{
    struct spot spot;

    memset(&spot, 0, sizeof(spot));
    hex_write(spot.name, name->b, sizeof(name->b));
    memcpy(spot.shelf, spot.name, 2);
    return spot;
}

static int open_folder(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_shelf(const struct place *p, const struct spot *spot)
{
    CLEANUP_FD int evidence = open_folder(p->fd, "evidence");

    return evidence < 0 ? -1 : open_folder(evidence, spot->shelf);
}

static int create(const char *folder, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/evidence", folder);
    return folder_make(buf_text(&path), 0700, e);
}

static int open_place(void **state, const char *folder, enum store_mode mode, struct err *e)
{
    struct place *p;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)mode;
    if (fd < 0)
        return err_errno(e, "cannot open the case folder %s", folder);
    p = mem_new(struct place);
    p->folder = mem_strdup(folder);
    p->fd = fd;
    *state = p;
    return 0;
}

static void close_place(void *state)
{
    struct place *p = state;

    fd_close(p->fd);
    free(p->folder);
    free(p);
}

/* Frees what is left of a put; a file that has not become a blob is removed. */
static void put_drop(void *state)
{
    struct put *put = state;

    fd_close(put->fd);
    if (put->name[0])
        (void)unlinkat(put->evidence, put->name, 0);
    fd_close(put->evidence);
    free(put);
}
DEFINE_CLEANUP(struct put *, put_drop)

static int put_begin(void **out, void *state, struct err *e)
{
    CLEANUP(put_dropp) struct put *put = mem_new(struct put);
    struct place *p = state;
    uint8_t unique[16];

    put->place = p;
    put->fd = -1;
    put->evidence = open_folder(p->fd, "evidence");
    if (put->evidence < 0)
        return err_errno(e, "cannot open the folder evidence of the case in %s", p->folder);
    random_bytes(unique, sizeof(unique));
    memcpy(put->name, ".new-", 5);
    hex_write(put->name + 5, unique, sizeof(unique));
    put->fd = openat(put->evidence, put->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (put->fd < 0) {
        put->name[0] = '\0';
        return err_errno(e, "cannot take evidence into the case in %s", p->folder);
    }
    *out = MOVE(put);
    return 0;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Zeros that are passed over become a hole, where the file system has holes. */
static int write_or_pass(struct put *put, const void *bytes, size_t size, struct err *e)
{
    if (size >= HOLE_SIZE && is_zero(bytes, size)) {
        put->is_behind = true;
        return 0;
    }
    if (put->is_behind && lseek(put->fd, (off_t)put->written, SEEK_SET) < 0)
        return err_errno(e, "cannot write evidence");
    put->is_behind = false;
    return file_write_fd(put->fd, bytes, size, "evidence", e);
}

static int put_write(void *state, const void *bytes, size_t size, struct err *e)
{
    struct put *put = state;
    int code = write_or_pass(put, bytes, size, e);

    if (code)
        return err_wrap(e, code, "taking evidence into the case in %s", put->place->folder);
    put->written += size;
    if (put->written - put->sent >= WRITE_BEHIND_SIZE) {
        /* A help only: the sync at the end is what counts. */
        (void)sync_file_range(put->fd, (off64_t)put->sent, (off64_t)(put->written - put->sent),
                              SYNC_FILE_RANGE_WRITE);
        put->sent = put->written;
    }
    return 0;
}

static int hash_eat(void *context, const void *bytes, size_t size, struct err *e)
{
    (void)e;
    digest_add(context, bytes, size);
    return 0;
}

/* All of it into the ring, in steps that the watch is told of. */
static int read_all(struct ring *ring, int fd, const struct spot *spot,
                    const struct blob_watch *watch, struct err *e)
{
    uint64_t got = WATCH_SIZE;
    int code = 0;

    while (!code && got == WATCH_SIZE) {
        code = ring_read(ring, fd, spot->name, WATCH_SIZE, &got, e);
        if (!code && watch && !watch->saw(watch->context, got))
            code = err_set(e, ERR_CANCEL, "stopped at your request");
    }
    return code;
}

/* The SHA-256 of all that can be read from a descriptor, reading while hashing. */
static int hash_fd(int fd, const struct spot *spot, const struct blob_watch *watch,
                   struct hash *out, struct err *e)
{
    CLEANUP(digest_freep) struct digest *digest = digest_new(DIGEST_SHA256);
    CLEANUP(ring_freep)
    struct ring *ring = ring_new(&(struct ring_eater){hash_eat, digest}, 1);
    uint8_t bytes[64];
    int code = read_all(ring, fd, spot, watch, e);

    if (!code)
        code = ring_end(ring, e);
    if (code)
        return code;
    digest_end(digest, bytes);
    memcpy(out->b, bytes, sizeof(out->b));
    return 0;
}

static int fail_altered(const struct place *p, const struct spot *spot, struct err *e)
{
    return err_set(
        e, ERR_TAMPER,
        "the evidence %s in %s/evidence/%s is not what it was when it was taken in: its "
        "content does not have this hash. Do not rely on it; compare it with another copy",
        spot->name, p->folder, spot->shelf);
}

static int fail_open(const struct place *p, const struct spot *spot, struct err *e)
{
    if (errno == ELOOP)
        return fail_altered(p, spot, e);
    if (errno == ENOENT)
        return err_set(e, ERR_NOTFOUND, "the evidence %s is not in the case in %s", spot->name,
                       p->folder);
    return err_errno(e, "cannot open the evidence %s in the case in %s", spot->name, p->folder);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Hashes the open file, and makes sure that it stayed what the name stands for meanwhile. */
static int check_content(const struct place *p, int shelf, int fd, const struct hash *name,
                         const struct blob_watch *watch, uint64_t *size, struct err *e)
{
    struct spot spot = spot_of(name);
    struct stat before;
    struct stat after;
    struct stat named;
    struct hash found;
    int code;

    if (fstat(fd, &before) < 0)
        return fail_open(p, &spot, e);
    if (!S_ISREG(before.st_mode))
        return fail_altered(p, &spot, e);
    code = hash_fd(fd, &spot, watch, &found, e);
    if (code)
        return code;
    if (fstat(fd, &after) < 0 || fstatat(shelf, spot.name, &named, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_open(p, &spot, e);
    if (!hash_eq(&found, name) || !is_same(&before, &after) || !is_same(&before, &named))
        return fail_altered(p, &spot, e);
    if (lseek(fd, 0, SEEK_SET) < 0)
        return fail_open(p, &spot, e);
    *size = (uint64_t)before.st_size;
    return 0;
}

static int get_from(const struct place *p, int shelf, const struct hash *name,
                    const struct blob_watch *watch, int *out, uint64_t *size, struct err *e)
{
    struct spot spot = spot_of(name);
    CLEANUP_FD int fd =
        openat(shelf, spot.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int code;

    if (fd < 0)
        return fail_open(p, &spot, e);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    code = check_content(p, shelf, fd, name, watch, size, e);
    if (code)
        return code;
    *out = fd;
    fd = -1;
    return 0;
}

static int get(void *state, const struct hash *name, const struct blob_watch *watch, int *out,
               uint64_t *size, struct err *e)
{
    struct place *p = state;
    struct spot spot = spot_of(name);
    CLEANUP_FD int shelf = open_shelf(p, &spot);

    return shelf < 0 ? fail_open(p, &spot, e) : get_from(p, shelf, name, watch, out, size, e);
}

/* The content is there already: fine, if it still is that content. */
static int accept_double(const struct place *p, int shelf, const struct hash *name, struct err *e)
{
    CLEANUP_FD int fd = -1;
    uint64_t size;
    int code = get_from(p, shelf, name, NULL, &fd, &size, e);

    return code == ERR_TAMPER
               ? err_wrap(e, code,
                          "the same evidence was taken in before, and the new copy is not kept")
               : code;
}

static int sync_folder(const struct place *p, int fd, struct err *e)
{
    /* Some network file systems have no fsync for folders and say EINVAL; they order by themselves.
     */
    if (fsync(fd) < 0 && errno != EINVAL)
        return err_errno(e, "cannot make evidence in the case in %s durable", p->folder);
    return 0;
}

static int move_to_shelf(struct put *put, int shelf, const struct hash *name, struct err *e)
{
    struct spot spot = spot_of(name);
    int code;

    if (faccessat(shelf, spot.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return accept_double(put->place, shelf, name, e);
    if (renameat(put->evidence, put->name, shelf, spot.name) < 0)
        return err_errno(e, "cannot put evidence in its place in the case in %s",
                         put->place->folder);
    put->name[0] = '\0';
    code = sync_folder(put->place, shelf, e);
    if (code)
        (void)unlinkat(shelf, spot.name, 0); /* it was not taken in */
    return code;
}

static int put_sync(struct put *put, struct err *e)
{
    if (put->is_behind && ftruncate(put->fd, (off_t)put->written) < 0)
        return err_errno(e, "cannot take evidence into the case in %s", put->place->folder);
    /* FAT knows no modes; the name tells whether the content was changed. */
    if (fchmod(put->fd, 0400) < 0 && errno != EPERM)
        return err_errno(e, "cannot protect evidence in the case in %s", put->place->folder);
    if (fsync(put->fd) < 0)
        return err_errno(e, "cannot make evidence in the case in %s durable", put->place->folder);
    return 0;
}

static int put_end(void *state, const struct hash *name, struct err *e)
{
    CLEANUP(put_dropp) struct put *put = state;
    CLEANUP_FD int shelf = -1;
    struct spot spot = spot_of(name);
    int code = put_sync(put, e);

    if (code)
        return code;
    if (mkdirat(put->evidence, spot.shelf, 0700) < 0 && errno != EEXIST)
        return err_errno(e, "cannot make the folder evidence/%s in the case in %s", spot.shelf,
                         put->place->folder);
    shelf = open_folder(put->evidence, spot.shelf);
    if (shelf < 0)
        return err_errno(e, "cannot open the folder evidence/%s in the case in %s", spot.shelf,
                         put->place->folder);
    code = move_to_shelf(put, shelf, name, e);
    return code ? code : sync_folder(put->place, put->evidence, e);
}

static int has(void *state, const struct hash *name, bool *out, struct err *e)
{
    struct place *p = state;
    struct spot spot = spot_of(name);
    CLEANUP_FD int shelf = open_shelf(p, &spot);
    struct stat st;

    if (shelf >= 0 && fstatat(shelf, spot.name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        *out = S_ISREG(st.st_mode);
        return 0;
    }
    if (errno != ENOENT)
        return fail_open(p, &spot, e);
    *out = false;
    return 0;
}

static int overwrite(int fd, uint64_t size, struct err *e)
{
    static const char zeros[ZEROS_SIZE];
    int code = 0;

    while (!code && size) {
        size_t part = size < ZEROS_SIZE ? (size_t)size : ZEROS_SIZE;

        code = file_write_fd(fd, zeros, part, "zeros over evidence", e);
        size -= part;
    }
    if (!code && fsync(fd) < 0)
        code = err_errno(e, "cannot overwrite evidence");
    return code;
}

/* Opens a blob for writing; its mode forbids that, so the mode is changed first, by descriptor. */
static int open_to_overwrite(int shelf, const struct spot *spot, struct stat *st)
{
    CLEANUP_FD int fd = openat(shelf, spot->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, st) < 0)
        return -1;
    if (!S_ISREG(st->st_mode)) {
        errno = ELOOP;
        return -1;
    }
    if (fchmod(fd, 0600) < 0 && errno != EPERM)
        return -1;
    return openat(shelf, spot->name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

static int destroy(void *state, const struct hash *name, struct err *e)
{
    struct place *p = state;
    struct spot spot = spot_of(name);
    CLEANUP_FD int shelf = open_shelf(p, &spot);
    CLEANUP_FD int fd = -1;
    struct stat st;
    int code;

    if (shelf >= 0)
        fd = open_to_overwrite(shelf, &spot, &st);
    if (fd < 0)
        return fail_open(p, &spot, e);
    code = overwrite(fd, (uint64_t)st.st_size, e);
    if (code)
        return err_wrap(e, code, "destroying the evidence %s in the case in %s", spot.name,
                        p->folder);
    if (unlinkat(shelf, spot.name, 0) < 0)
        return err_errno(e, "cannot remove the evidence %s", spot.name);
    return sync_folder(p, shelf, e);
}

static int compare_names(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

struct names {
    struct hash *items;
    size_t count;
    size_t room;
};

static void names_release(struct names *names)
{
    free(names->items);
}

/* The blobs of one shelf, in order; other files are not ours to judge. */
static int list_shelf(struct names *names, int shelf, const char *shelf_name)
{
    int fd = dup(shelf);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    struct hash name;
    int error;

    if (!d) {
        fd_close(fd);
        return -1;
    }
    while (errno = 0, (entry = readdir(d))) {
        if (memcmp(entry->d_name, shelf_name, 2) != 0 ||
            !hex_read(name.b, sizeof(name.b), str_of(entry->d_name)))
            continue;
        names->items = mem_grow(names->items, names->count, &names->room, sizeof(name));
        names->items[names->count++] = name;
    }
    error = errno;
    closedir(d);
    if (names->count)
        qsort(names->items, names->count, sizeof(name), compare_names);
    errno = error;
    return error ? -1 : 0;
}

static int visit_shelf(const struct place *p, int shelf, const char *shelf_name, blob_visit *visit,
                       void *context, struct err *e)
{
    CLEANUP(names_release) struct names names = {0};
    int code = 0;

    if (list_shelf(&names, shelf, shelf_name) < 0)
        return err_errno(e, "cannot list evidence/%s of the case in %s", shelf_name, p->folder);
    for (size_t i = 0; !code && i < names.count; i++) {
        struct spot spot = spot_of(&names.items[i]);
        struct stat st;

        if (fstatat(shelf, spot.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            code = errno == ENOENT ? 0 : fail_open(p, &spot, e);
        else if (S_ISREG(st.st_mode))
            code = visit(context, &names.items[i], (uint64_t)st.st_size, e);
    }
    return code;
}

static int each(void *state, blob_visit *visit, void *context, struct err *e)
{
    struct place *p = state;
    CLEANUP_FD int evidence = open_folder(p->fd, "evidence");
    int code = 0;

    if (evidence < 0 && errno != ENOENT)
        return err_errno(e, "cannot open the folder evidence of the case in %s", p->folder);
    for (unsigned i = 0; evidence >= 0 && !code && i < 256; i++) {
        char name[3] = {0};
        CLEANUP_FD int shelf = -1;

        hex_write(name, &(uint8_t){(uint8_t)i}, 1);
        shelf = open_folder(evidence, name);
        if (shelf >= 0)
            code = visit_shelf(p, shelf, name, visit, context, e);
        else if (errno != ENOENT)
            return err_errno(e, "cannot open evidence/%s of the case in %s", name, p->folder);
    }
    return code;
}

const struct blob_engine blob_folder = {
    .name = "folder",
    .create = create,
    .open = open_place,
    .close = close_place,
    .put_begin = put_begin,
    .put_write = put_write,
    .put_end = put_end,
    .put_drop = put_drop,
    .get = get,
    .has = has,
    .destroy = destroy,
    .each = each,
};
