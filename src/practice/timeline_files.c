/* timeline_files.c: keeps the case's timeline folder free of what nobody makes any more. */
#include "practice/timeline_files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "practice/timeline.h"
#include "sys/file.h"

enum { TRIES = 16 };

/* Between its beginning and its lock, which goes with the program, somebody may have taken it for
 * left over, and removed it. Where there are no locks nobody does. */
static bool is_ours(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat st;

    (void)fcntl(fd, F_OFD_SETLKW, &whole);
    return fstat(fd, &st) == 0 && st.st_nlink == 1;
}

int timeline_part_open(const char *folder, const struct thing *item, struct buf *path, int *fd,
                       struct err *e)
{
    for (int i = 0; i < TRIES; i++) {
        CLEANUP_FD int made = -1;

        buf_clear(path);
        buf_addf(path, "%s/.e%u-%d.part", folder, item->number, (int)getpid());
        made = open(buf_text(path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (made < 0 && errno != EEXIST)
            break;
        if (made >= 0 && is_ours(made)) {
            *fd = made;
            made = -1;
            return 0;
        }
        timeline_parts_clear(folder); /* of another one that had this number */
    }
    buf_clear(path);
    return err_errno(e, "cannot write into %s", folder);
}

static bool is_part(struct str name)
{
    return str_starts(name, ".e") && str_ends(name, ".part");
}

/* The number behind the letter; what is no such name has none. */
static bool has_number(struct str name, unsigned number)
{
    struct str rest = str_from(name, name.len && name.p[0] == '.');
    uint64_t n;

    return str_take(&rest, "e") && str_u64(str_cut(&rest, '-'), &n) && n == number;
}

static void folderp(DIR **d)
{
    if (*d)
        (void)closedir(*d);
}

void timeline_parts_clear(const char *folder)
{
    CLEANUP(folderp) DIR *d = opendir(folder);
    const struct dirent *entry;

    while (d && (entry = readdir(d))) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        CLEANUP_FD int fd = -1;

        if (!is_part(str_of(entry->d_name)))
            continue;
        fd = openat(dirfd(d), entry->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &whole) == 0)
            (void)unlinkat(dirfd(d), entry->d_name, 0);
    }
}

bool timeline_is_there(const char *case_folder, const struct thing *timeline)
{
    CLEANUP_BUF struct buf path = {0};
    struct stat st;

    timeline_path(case_folder, timeline, &path);
    return lstat(buf_text(&path), &st) == 0 && S_ISREG(st.st_mode);
}

/* Numbers are of a case; where two were merged another item may have had it. */
static bool is_of_another(const struct view *v, const struct thing *item, struct str name)
{
    CLEANUP_BUF struct buf id = {0};
    const struct thing *t;

    hex_add(&id, item->id.b, sizeof(item->id.b));
    for (size_t i = 0; (t = state_thing(v->state, i)); i++)
        if (thing_is(t, "timeline") && str_eq(thing_value(t, "file"), name) &&
            !str_eq(thing_value(t, "evidence"), buf_str(&id)))
            return true;
    return false;
}

int timeline_files_remove(const struct view *v, const struct thing *item, const char *case_folder,
                          struct err *e)
{
    CLEANUP_BUF struct buf folder = {0}, id = {0};
    CLEANUP(folderp) DIR *d = NULL;
    const struct dirent *entry;
    const struct thing *t;

    hex_add(&id, item->id.b, sizeof(item->id.b));
    for (size_t i = 0; (t = state_thing(v->state, i)); i++) {
        CLEANUP_BUF struct buf path = {0};

        if (!thing_is(t, "timeline") || !str_eq(thing_value(t, "evidence"), buf_str(&id)))
            continue;
        timeline_path(case_folder, t, &path);
        if (unlink(buf_text(&path)) && errno != ENOENT)
            return err_errno(e, "cannot remove %s", buf_text(&path));
    }
    buf_addf(&folder, "%s/timeline", case_folder);
    d = opendir(buf_text(&folder));
    while (d && (entry = readdir(d))) {
        struct str name = str_of(entry->d_name);

        if (!has_number(name, item->number) || !(is_part(name) || str_ends(name, ".tl")) ||
            is_of_another(v, item, name))
            continue;
        if (unlinkat(dirfd(d), entry->d_name, 0) && errno != ENOENT)
            return err_errno(e, "cannot remove %s/%s", buf_text(&folder), entry->d_name);
    }
    return 0;
}
