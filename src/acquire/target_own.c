/* target_own.c: which folders are the image's own, and which of the files there are superfluous. A
 * file goes only where it was shown that it is not the image's only one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "acquire/target_internal.h"
#include "base/hash.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/file.h"

enum {
    ID_AT = 13 + 76 + 64, /* of the set, in each segment but the first: image.md section 2 */
    SECTION_SIZE = 76,
};

/* What lies there under the image's name may be changed only then. The first folder has the state
 * itself. */
static int is_own(const struct target_files *f, unsigned folder, bool *out, struct err *e)
{
    bool has = false, is_ours = false;
    int rc = folder ? target_read_claim(f, folder, &has, &is_ours, e) : 0;

    if (rc == 0)
        *out = folder == 0 || is_ours;
    return rc;
}

/* Of a folder's names each that is of the image; a non-zero return of each ends it. */
static int each_name(const struct target_files *f, const char *folder,
                     int (*each)(void *context, const char *path, uint32_t number, struct err *e),
                     void *context, struct err *e)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int rc = 0;

    if (!dir)
        return errno == ENOENT ? 0 : err_errno(e, "cannot look into %s", folder);
    while (rc == 0 && (entry = readdir(dir))) {
        CLEANUP_BUF struct buf path = {0};
        uint32_t number = target_file_number(f, entry->d_name);

        buf_addf(&path, "%s/%s", folder, entry->d_name);
        if (number)
            rc = each(context, buf_text(&path), number, e);
    }
    closedir(dir);
    return rc;
}

static int refuse(void *context, const char *path, uint32_t number, struct err *e)
{
    (void)context, (void)number;
    return err_set(e, ERR_USAGE, "%s is there already, and nothing is written over", path);
}

int target_folder_is_free(const struct target_files *f, const char *folder, struct err *e)
{
    static const char *const endings[] = {"part",   "rest", "sums",  "map",    "map.next",
                                          "pieces", "txt",  "claim", "copying"};

    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "%s/%s.%s", folder, f->name, endings[i]);
        if (file_is_there(buf_text(&path)))
            return refuse(NULL, buf_text(&path), 0, e);
    }
    return each_name(f, folder, refuse, NULL, e);
}

static bool is_same_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_same_folder(const char *a, const char *b)
{
    struct stat one, other;

    return strcmp(a, b) == 0 ||
           (stat(a, &one) == 0 && stat(b, &other) == 0 && is_same_inode(&one, &other));
}

unsigned target_find_folder(const struct target_files *f, const char *folder)
{
    unsigned k = 0;

    while (k < f->folder_count && !is_same_folder(f->folders[k], folder))
        k++;
    return k;
}

/* From the back, so that what is left of the others keeps its number. */
void target_fold(struct target_files *f)
{
    for (unsigned k = (unsigned)f->folder_count; k-- > 1;) {
        unsigned first = target_find_folder(f, f->folders[k]);

        if (first == k)
            continue;
        for (size_t i = 0; i < f->count; i++) {
            unsigned *folder = &f->files[i].folder;

            *folder = *folder == k ? first : *folder - (*folder > k);
        }
        if (f->rest_folder >= k)
            f->rest_folder = f->rest_folder == k ? first : f->rest_folder - 1;
        free(f->folders[k]);
        f->folder_count--;
        memmove(f->folders + k, f->folders + k + 1, (f->folder_count - k) * sizeof(f->folders[0]));
    }
}

int target_hidden(const char *folder, struct buf *path, struct err *e)
{
    uint8_t name[8];
    int fd;

    random_bytes(name, sizeof(name));
    buf_addf(path, "%s/.calm-", folder);
    hex_add(path, name, sizeof(name));
    fd = open(buf_text(path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? err_errno(e, "nothing can be made in %s", folder) : fd;
}

/* A file system may be mounted twice, with other numbers: over the network, through FUSE. What is
 * made in one folder, under a name that nobody ever asked for, is seen in the other then. */
static int are_apart(const char *one, const char *other, bool *out, struct err *e)
{
    CLEANUP_BUF struct buf here = {0};
    CLEANUP_BUF struct buf there = {0};
    CLEANUP_FD int fd = target_hidden(one, &here, e);

    if (fd < 0)
        return fd;
    buf_addf(&there, "%s%s", other, strrchr(buf_text(&here), '/'));
    *out = !file_is_there(buf_text(&there)) && errno == ENOENT;
    if (unlink(buf_text(&here)))
        return err_errno(e, "cannot remove %s", buf_text(&here));
    return 0;
}

int target_remove_held(int fd, const char *path, struct err *e)
{
    struct stat held, there;

    if (fstat(fd, &held) || lstat(path, &there))
        return err_errno(e, "cannot look at %s", path);
    if (!is_same_inode(&held, &there))
        return err_set(e, ERR_CONFLICT, "%s was replaced, and is left", path);
    return unlink(path) ? err_errno(e, "cannot remove %s", path) : 0;
}

struct leavings {
    const struct target_files *f;
    const struct target_ahead *ahead;
    unsigned folder;
    bool is_proven;
    struct buf *left;
};

static void leave(const struct leavings *l, const char *path, const char *why)
{
    buf_addf(l->left, "%s%s was left: %s", l->left->len ? "; " : "", path, why);
}

/* Why a file that is no part of the image has to stay all the same; NULL: it need not. */
static const char *bars_copy(const struct leavings *l, const struct stat *copy)
{
    const struct target_files *f = l->f;
    bool are = false;
    struct stat last;

    if (fstat(f->fd, &last) || is_same_inode(&last, copy))
        return "it is the last file of the image itself";
    if (copy->st_size > last.st_size)
        return "it has more than the last file of the image";
    if (!l->is_proven)
        return "the last file of the image could not be compared with what was read";
    if (are_apart(f->folders[l->folder], f->folders[f->files[f->count - 1].folder], &are, NULL))
        return "whether it is the last file of the image itself is not known";
    return are ? NULL : "it is the last file of the image itself";
}

/* A segment names its set; one that was not written so far has zeros, or ends before. */
static bool is_of_another(const struct target_files *f, int fd, uint32_t number)
{
    static const uint8_t none[TARGET_ID_SIZE];
    uint8_t id[TARGET_ID_SIZE];

    return f->format == TARGET_E01 && number > 1 &&
           pread(fd, id, sizeof(id), ID_AT) == (ssize_t)sizeof(id) &&
           memcmp(id, f->id, sizeof(id)) != 0 && memcmp(id, none, sizeof(id)) != 0;
}

/* It was begun in one folder, and went on in another before a state told of it. One that is empty
 * may be of anybody. */
static int remove_begun(const struct leavings *l, const char *path, int fd, const struct stat *st,
                        struct err *e)
{
    enum target_begun is;
    int rc = target_look_begun(l->ahead, fd, path, &is, e);

    if (rc == 0 && st->st_size && is == TARGET_BEGUN)
        return target_remove_held(fd, path, e);
    if (rc == 0)
        leave(l, path, "nothing shows that the image made it");
    return rc;
}

static int remove_leaving(void *context, const char *path, uint32_t number, struct err *e)
{
    const struct leavings *l = context;
    const struct target_files *f = l->f;
    bool is_last = number == f->count;
    const char *why = NULL;
    CLEANUP_FD int fd = -1;
    struct stat st;

    if (number < f->count || (number == 1 && f->count == 0 && l->folder == 0) ||
        (is_last && f->files[f->count - 1].folder == l->folder))
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
        why = "it is none that the image made";
    else if (f->count == 0 && number == 1)
        return remove_begun(l, path, fd, &st, e);
    else if (is_of_another(f, fd, number))
        why = "it is of another image";
    else if (is_last)
        why = bars_copy(l, &st);
    if (why) {
        leave(l, path, why);
        return 0;
    }
    return target_remove_held(fd, path, e);
}

/* A segment of the image says so itself; of a file that is as long as the state says nothing goes.
 */
static bool is_shown(const struct target_files *f)
{
    const struct target_file *last = &f->files[f->count - 1];
    uint8_t id[TARGET_ID_SIZE];
    struct stat st;

    if (f->format == TARGET_E01 && f->count > 1)
        return pread(f->fd, id, sizeof(id), ID_AT) == (ssize_t)sizeof(id) &&
               memcmp(id, f->id, sizeof(id)) == 0;
    return fstat(f->fd, &st) == 0 && (uint64_t)st.st_size == last->size;
}

/* Bytes behind what the state tells of go, so it must be the image's own file. */
static int may_cut(const struct target_files *f, struct err *e)
{
    unsigned folder = f->files[f->count - 1].folder;
    CLEANUP_BUF struct buf path = {0};
    struct stat held, there;
    bool is = false;
    int rc = is_own(f, folder, &is, e);

    target_files_path(f, (uint32_t)f->count, &path);
    if (rc)
        return rc;
    is |= is_shown(f);
    if (!is)
        return err_set(
            e, ERR_CONFLICT,
            "%s was not changed: nothing shows that it is of this image, since no "
            "%s.claim of it lies beside it. Where the image went on with another copy of "
            "%s.part, or was ended with it, that is the one to use; else put all files of "
            "the image into the folder of %s.part, and go on",
            buf_text(&path), f->name, f->name, f->name);
    if (fstat(f->fd, &held) || lstat(buf_text(&path), &there) || !is_same_inode(&held, &there))
        return err_set(e, ERR_CONFLICT, "%s was replaced while it was looked at", buf_text(&path));
    return 0;
}

struct checking {
    const struct target_files *f;
    const struct target_ahead *ahead;
    unsigned folder;
};

/* An image has its last byte, or what closes an E01, only once a state told of all before that. */
static bool has_end(const struct checking *c, int fd, uint32_t number, uint64_t size)
{
    char type[16] = "";

    if (c->f->format == TARGET_E01)
        return size > SECTION_SIZE &&
               pread(fd, type, sizeof(type), (off_t)(size - SECTION_SIZE)) == sizeof(type) &&
               strcmp(type, "done") == 0;
    return (number - 1) * c->ahead->segment + size >= c->ahead->size;
}

static int refuse_newer(const struct checking *c, const char *path, const char *why, struct err *e)
{
    const struct target_files *f = c->f;

    return err_set(e, ERR_CONFLICT,
                   "%s %s, so it is of another image, or %s/%s.part is an older copy, with which "
                   "it would be lost. Go on with the newest one, or begin anew under another name; "
                   "nothing was changed",
                   path, why, f->folders[0], f->name);
}

/* While a state tells of no file, the first one is known by what it was to hold. */
static int check_begun(const struct checking *c, const char *path, int fd, struct err *e)
{
    enum target_begun is;
    int rc = target_look_begun(c->ahead, fd, path, &is, e);

    if (rc || is == TARGET_BEGUN)
        return rc;
    return refuse_newer(c, path,
                        is == TARGET_BEGUN_MORE ? "has more of the image than the state tells of"
                                                : "holds what was not begun here",
                        e);
}

static int check_ahead(void *context, const char *path, uint32_t number, struct err *e)
{
    const struct checking *c = context;
    const struct target_files *f = c->f;
    bool is_last = number == f->count && f->files[f->count - 1].folder == c->folder;
    CLEANUP_FD int fd = -1;
    struct stat st;
    int rc = 0;

    if (number <= f->count && !is_last)
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size == 0 ||
        (f->count && is_of_another(f, fd, number)))
        return 0; /* it stays, or is nothing */
    if (f->count == 0)
        rc = check_begun(c, path, fd, e);
    if (rc)
        return rc;
    if (!c->ahead->is_known)
        return 0;
    if (number > f->count + 1)
        return refuse_newer(c, path, "has more of the image than the state tells of", e);
    if (!c->ahead->may_end && has_end(c, fd, number, (uint64_t)st.st_size))
        return refuse_newer(c, path, "has the end of an image already", e);
    return 0;
}

/* *e of a NAME.txt, which a finished image has. */
static int check_text(const struct checking *c, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/%s.txt", c->f->folders[c->folder], c->f->name);
    if (c->ahead->is_whole || !file_is_there(buf_text(&path)))
        return 0;
    return refuse_newer(c, buf_text(&path), "tells of a finished image", e);
}

int target_files_check(const struct target_files *f, const struct target_ahead *ahead,
                       struct err *e)
{
    int rc = 0;

    for (unsigned k = 0; rc == 0 && k < f->folder_count; k++) {
        struct checking c = {f, ahead, k};
        bool is = false;

        rc = is_own(f, k, &is, e);
        if (rc == 0 && is)
            rc = check_text(&c, e);
        if (rc == 0 && is)
            rc = each_name(f, f->folders[k], check_ahead, &c, e);
    }
    return rc;
}

/* Of the last file, a copy that was not whole yet: the file itself lies where the state says. */
static int remove_copying(const struct target_files *f, unsigned folder, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_FD int fd = -1;

    buf_addf(&path, "%s/%s.copying", f->folders[folder], f->name);
    fd = open(buf_text(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    return fd < 0 ? 0 : target_remove_held(fd, buf_text(&path), e);
}

int target_files_settle(struct target_files *f, const struct target_ahead *ahead, bool is_proven,
                        struct buf *left, struct err *e)
{
    int rc = f->count ? may_cut(f, e) : 0;

    for (unsigned k = 0; rc == 0 && k < f->folder_count; k++) {
        struct leavings l = {f, ahead, k, is_proven, left};
        bool is = false;

        rc = is_own(f, k, &is, e);
        if (rc == 0 && is)
            rc = each_name(f, f->folders[k], remove_leaving, &l, e);
        if (rc == 0 && is)
            rc = remove_copying(f, k, e);
    }
    if (rc)
        return rc;
    if (f->count == 0)
        return target_empty_begun(f, ahead, e);
    return target_files_set_size(f, f->files[f->count - 1].size, e);
}
