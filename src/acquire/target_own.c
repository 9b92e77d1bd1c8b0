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
    CLAIM_SIZE_MAX = 8192,
    ID_AT = 13 + 76 + 64, /* of the set, in each segment but the first: image.md section 2 */
};

static void claim_path(const struct target_files *f, unsigned folder, struct buf *out)
{
    buf_addf(out, "%s/%s.claim", f->folders[folder], f->name);
}

static void claim_line(const struct target_files *f, struct buf *out)
{
    buf_adds(out, "calm-image claim ");
    hex_add(out, f->id, sizeof(f->id));
    buf_addc(out, '\n');
}

/* *has: there is one; *is_ours: and it is of this image. */
static int read_claim(const struct target_files *f, unsigned folder, bool *has, bool *is_ours,
                      struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf text = {0};
    int rc;

    claim_path(f, folder, &path);
    rc = file_read(&text, buf_text(&path), CLAIM_SIZE_MAX, e);
    if (rc && rc != ERR_NOTFOUND)
        return rc;
    claim_line(f, &line);
    *has = rc == 0;
    *is_ours = rc == 0 && str_starts(buf_str(&text), buf_text(&line));
    return 0;
}

/* What lies there under the image's name may be changed only then. The first folder has the state
 * itself. */
static int is_own(const struct target_files *f, unsigned folder, bool *out, struct err *e)
{
    bool has = false, is_ours = false;
    int rc = folder ? read_claim(f, folder, &has, &is_ours, e) : 0;

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
    static const char *const endings[] = {"part",     "rest",   "sums", "map",
                                          "map.next", "pieces", "txt",  "claim"};

    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "%s/%s.%s", folder, f->name, endings[i]);
        if (file_is_there(buf_text(&path)))
            return refuse(NULL, buf_text(&path), 0, e);
    }
    return each_name(f, folder, refuse, NULL, e);
}

int target_claim(const struct target_files *f, unsigned folder, bool *is_made, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    bool is = false;
    int rc = is_own(f, folder, &is, e);

    if (rc || is)
        return rc;
    rc = target_folder_is_free(f, f->folders[folder], e);
    if (rc)
        return rc;
    claim_path(f, folder, &path);
    claim_line(f, &text);
    buf_addf(&text,
             "The image %s, whose first files lie in %s, goes on in this folder. This file is "
             "removed when the image is whole.\n",
             f->name, f->folders[0]);
    rc = file_create(buf_text(&path), buf_str(&text), 0600, e);
    *is_made = rc == 0;
    return rc;
}

int target_drop_claim(const struct target_files *f, unsigned folder, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    bool has = false, is_ours = false;
    int rc = read_claim(f, folder, &has, &is_ours, e);

    claim_path(f, folder, &path);
    /* Another view of the folder may show one that went already. */
    if (rc == 0 && is_ours && unlink(buf_text(&path)) && errno != ENOENT && errno != ESTALE)
        rc = err_errno(e, "cannot remove %s", buf_text(&path));
    return rc;
}

int target_files_end(const struct target_files *f, struct err *e)
{
    int rc = 0;

    for (unsigned k = 0; rc == 0 && k < f->folder_count; k++)
        rc = target_drop_claim(f, k, e);
    return rc;
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

static int remove_leaving(void *context, const char *path, uint32_t number, struct err *e)
{
    const struct leavings *l = context;
    const struct target_files *f = l->f;
    bool is_last = number == f->count;
    const char *why = NULL;
    CLEANUP_FD int fd = -1;
    struct stat st;

    if (number < f->count || (is_last && f->files[f->count - 1].folder == l->folder))
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
        why = "it is none that the image made";
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
    if (!is)
        return err_set(e, ERR_CONFLICT,
                       "%s was not changed: nothing shows that it is of this image, since no "
                       "%s.claim of it lies beside it. Put all files of the image into the folder "
                       "of %s.part, and go on",
                       buf_text(&path), f->name, f->name);
    if (fstat(f->fd, &held) || lstat(buf_text(&path), &there) || !is_same_inode(&held, &there))
        return err_set(e, ERR_CONFLICT, "%s was replaced while it was looked at", buf_text(&path));
    return 0;
}

int target_files_settle(struct target_files *f, bool is_proven, struct buf *left, struct err *e)
{
    int rc = f->count ? may_cut(f, e) : 0;

    for (unsigned k = 0; rc == 0 && k < f->folder_count; k++) {
        struct leavings l = {f, k, is_proven, left};
        bool is = false;

        rc = is_own(f, k, &is, e);
        if (rc == 0 && is)
            rc = each_name(f, f->folders[k], remove_leaving, &l, e);
    }
    if (rc || f->count == 0)
        return rc;
    return target_files_set_size(f, f->files[f->count - 1].size, e);
}
