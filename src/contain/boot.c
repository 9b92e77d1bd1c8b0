/* boot.c: a unit of systemd, or a line for cron, that runs this program at the start of the host.
 */
#include "contain/boot.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sys/file.h"

#define UNITS "/etc/systemd/system"
#define WANTS UNITS "/sysinit.target.wants"
#define TABLES "/etc/cron.d"
#define UNIT UNITS "/calm-contain.service"
#define WANTED WANTS "/calm-contain.service"
#define CRON TABLES "/calm-contain"

enum { PROGRAM_SIZE = 64 << 20, PATH_SIZE = 512 };

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void program_path(char out[PATH_SIZE], const char *folder)
{
    snprintf(out, PATH_SIZE, "%s/calm-contain", folder);
}

/* The program may have come over the network and have no file any longer. */
int boot_program_keep(const char *folder, struct err *e)
{
    CLEANUP_BUF struct buf program = {0};
    CLEANUP_BUF struct buf kept = {0};
    char path[PATH_SIZE];
    int rc = file_read(&program, "/proc/self/exe", PROGRAM_SIZE, e);

    program_path(path, folder);
    if (rc)
        return rc;
    if (file_read(&kept, path, PROGRAM_SIZE, NULL) == 0 &&
        str_eq(buf_str(&kept), buf_str(&program)))
        return 0;
    return file_write(path, buf_str(&program), 0700, e);
}

/* The time of a folder stays what it was, so that an undo leaves no trace in it. */
struct kept {
    int fd;
    struct timespec times[2];
};

static struct kept keep_time(const char *folder)
{
    struct kept k = {.fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                     .times = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}}};
    struct stat st;

    if (k.fd >= 0 && fstat(k.fd, &st) == 0)
        k.times[1] = st.st_mtim;
    return k;
}

static void kept_restore(struct kept *k)
{
    if (k->fd >= 0)
        (void)!futimens(k->fd, k->times);
    fd_close(k->fd);
}

/* Behind nftables.service, for that usually begins with "flush ruleset". Not before sysinit.target,
 * which some distributions' nftables.service comes after: a circle, and systemd would leave one of
 * the three out. Whatever makes the network is behind network-pre.target (systemd.special(7)). */
static int add_unit(const char *folder, struct err *e)
{
    CLEANUP(kept_restore) UNUSED struct kept units = keep_time(UNITS);
    CLEANUP(kept_restore) UNUSED struct kept wanted = keep_time(WANTS);
    CLEANUP_BUF struct buf text = {0};
    int rc;

    buf_addf(
        &text,
        "# Written by calm-contain while a change of an incident's response is in effect here; it\n"
        "# takes this file away with the last of them. See %s.\n"
        "[Unit]\n"
        "Description=What was changed to contain an incident: goes back, or stays\n"
        "DefaultDependencies=no\n"
        "After=local-fs.target systemd-modules-load.service nftables.service\n"
        "Before=network-pre.target\n"
        "Wants=network-pre.target\n"
        "ConditionPathExists=%s/calm-contain\n\n"
        "[Service]\n"
        "Type=oneshot\n"
        "ExecStart=%s/calm-contain boot\n"
        "KillMode=process\n"
        "RemainAfterExit=yes\n\n"
        "[Install]\n"
        "WantedBy=sysinit.target\n",
        folder, folder, folder);
    rc = file_write(UNIT, buf_str(&text), 0644, e);
    if (rc == 0)
        rc = folder_make(WANTS, 0755, e);
    if (rc == 0 && symlink(UNIT, WANTED) < 0 && errno != EEXIST)
        rc = err_errno(e, "cannot make %s", WANTED);
    return rc ? rc : folder_sync(WANTS, e);
}

static int add_cron(const char *folder, struct err *e)
{
    CLEANUP(kept_restore) UNUSED struct kept table = keep_time(TABLES);
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&text,
             "@reboot root %s/calm-contain boot\n"
             "* * * * * root test ! -x %s/calm-contain || %s/calm-contain boot\n",
             folder, folder, folder);
    return file_write(CRON, buf_str(&text), 0644, e);
}

int boot_hook_add(const char *folder, struct buf *said, struct err *e)
{
    int rc = boot_program_keep(folder, e);

    if (rc)
        return rc;
    if (is_folder("/run/systemd/system")) {
        buf_adds(said, "boot systemd " UNIT "\n");
        return add_unit(folder, e);
    }
    if (is_folder("/etc/cron.d")) {
        buf_adds(said, "boot cron " CRON "\n");
        return add_cron(folder, e);
    }
    buf_adds(said, "boot none\n");
    return 0;
}

static void folderp(DIR **d)
{
    if (*d)
        closedir(*d);
}

/* What a writer left beside its file who was killed (sys/file.h). Nobody else writes here so. */
static void clear_parts(const char *folder)
{
    CLEANUP(folderp) DIR *d = opendir(folder);
    struct dirent *item;

    while (d && (item = readdir(d))) {
        struct str name = str_of(item->d_name);

        if (str_starts(name, ".calm-") && str_ends(name, ".part"))
            (void)unlinkat(dirfd(d), item->d_name, 0);
    }
}

static int remove_hook(struct ledger *l, struct err *e)
{
    static const char *const paths[] = {WANTED, UNIT, CRON};
    CLEANUP(kept_restore) UNUSED struct kept units = keep_time(UNITS);
    CLEANUP(kept_restore) UNUSED struct kept wanted = keep_time(WANTS);
    CLEANUP(kept_restore) UNUSED struct kept table = keep_time(TABLES);
    char path[PATH_SIZE];

    program_path(path, buf_text(&l->folder));
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if (unlink(paths[i]) < 0 && errno != ENOENT)
            return err_errno(e, "cannot remove %s", paths[i]);
    if (unlink(path) < 0 && errno != ENOENT)
        return err_errno(e, "cannot remove %s", path);
    clear_parts("/etc/cron.d");
    clear_parts("/etc/systemd/system");
    clear_parts(buf_text(&l->folder));
    (void)rmdir(WANTS); /* where it is empty, it was made for this */
    return 0;
}

int boot_hook_remove_if_idle(struct ledger *l, struct err *e)
{
    if (ledger_is_spare(l) || !l->folder.len) /* it has none, and the usual one may be in use */
        return 0;
    for (size_t i = 0; i < l->count; i++)
        if (ledger_is_live(&l->entries[i]))
            return 0;
    return remove_hook(l, e);
}
