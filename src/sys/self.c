/* self.c: finds this program's own file and libraries. */
#include "sys/self.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/confine.h"
#include "sys/file.h"

static int read_exe(struct buf *path, struct err *e)
{
    char target[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", target, sizeof(target));

    if (len < 0 || (size_t)len == sizeof(target))
        return err_errno(e, "cannot find where this program lies (/proc/self/exe)");
    buf_clear(path);
    buf_add(path, target, (size_t)len);
    return 0;
}

/* A line of /proc/self/maps: "from-to perms offset device inode   path". The path, when the address
 * is in it; empty for a mapping without a file. */
static bool is_mapping_of(struct str line, uintptr_t address, struct str *path)
{
    unsigned long from;
    unsigned long to;
    int at = 0;
    char text[64];

    snprintf(text, sizeof(text), "%.*s", (int)(line.len < 60 ? line.len : 60), line.p);
    if (sscanf(text, "%lx-%lx %*4s %*x %*x:%*x %*u %n", &from, &to, &at) != 2 || at == 0)
        return false;
    if (address < from || address >= to)
        return false;
    *path = str_trim(str_from(line, (size_t)at));
    return true;
}

int self_program(struct buf *path, struct err *e)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int rc = read_exe(path, e);

    while (rc == 0 && maps && (len = getline(&line, &room, maps)) > 0) {
        struct str found;

        if (!is_mapping_of((struct str){line, (size_t)len}, (uintptr_t)&self_program, &found))
            continue;
        /* An escaped name is not the file's; then the kernel's word has to do. */
        if (found.len && found.p[0] == '/' && !memchr(found.p, '\\', found.len)) {
            buf_clear(path);
            buf_addstr(path, found);
        }
        break;
    }
    free(line);
    if (maps)
        fclose(maps);
    return rc;
}

int self_loader(struct buf *path, struct err *e)
{
    CLEANUP_BUF struct buf program = {0};
    CLEANUP_BUF struct buf exe = {0};
    int rc = self_program(&program, e);

    if (rc == 0)
        rc = read_exe(&exe, e);
    if (rc)
        return rc;
    buf_clear(path);
    if (!str_eq(buf_str(&program), buf_str(&exe)))
        buf_addstr(path, buf_str(&exe));
    return 0;
}

int self_prefix(const char **argv, struct buf *loader, struct buf *folder, struct err *e)
{
    int rc = self_loader(loader, e);
    const char *slash = loader->len ? strrchr(loader->p, '/') : NULL;

    if (rc || !slash)
        return rc;
    buf_clear(folder);
    buf_add(folder, loader->p, (size_t)(slash - loader->p));
    argv[0] = buf_text(loader);
    argv[1] = "--library-path";
    argv[2] = buf_text(folder);
    return SELF_PREFIX_MAX;
}

extern char **environ;

/* A descriptor that a lower one of the new process takes the place of first is put out of the way:
 * only such a one, since there may be thousands and each counts against a limit. */
static int lift(const struct self_start *start, int *spare)
{
    enum { SPARE_FD = 16 };
    int least = start->fd_count > SPARE_FD ? (int)start->fd_count : SPARE_FD;
    /* It also stands for a standard descriptor with which this program was not started. */
    CLEANUP_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (size_t i = 0; i < start->fd_count; i++) {
        bool is_open = fcntl(start->fds[i], F_GETFD) >= 0;

        if (is_open && start->fds[i] >= (int)i)
            continue;
        spare[i] = fcntl(is_open ? start->fds[i] : null, F_DUPFD_CLOEXEC, least);
        if (spare[i] < 0)
            return errno;
    }
    return 0;
}

static int spawn_with(const struct self_start *start, const int *spare, const char *program,
                      char *const *argv, pid_t *pid)
{
    char *none[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t how;
    sigset_t set;
    int why = 0;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&how);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&how, &set);
    sigemptyset(&set);
    if (start->blocks_interrupt)
        sigaddset(&set, SIGINT);
    posix_spawnattr_setsigmask(&how, &set);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    for (size_t i = 0; !why && i < start->fd_count; i++)
        why = posix_spawn_file_actions_adddup2(&actions, spare[i] < 0 ? start->fds[i] : spare[i],
                                               (int)i);
    if (!why)
        why = posix_spawn_file_actions_addclosefrom_np(&actions, (int)start->fd_count);
    if (!why)
        why = posix_spawn(pid, program, &actions, &how, argv, CONFINE_SANITIZED ? environ : none);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&how);
    return why;
}

static void put_neighbour(struct buf *program, const char *name)
{
    const char *slash = strrchr(buf_text(program), '/');

    program->len = slash ? (size_t)(slash + 1 - program->p) : 0;
    buf_adds(program, name);
}

int self_neighbour(const char *name, const char *folder, const char *does, struct buf *path,
                   struct err *e)
{
    CLEANUP_BUF struct buf below = {0};

    if (folder)
        buf_addf(&below, "%s/%s", folder, name);
    for (int i = 0; i < (folder ? 2 : 1); i++) {
        CLEANUP_BUF struct buf program = {0};
        int rc = self_program(&program, e);

        if (rc)
            return rc;
        put_neighbour(&program, i ? buf_text(&below) : name);
        if (access(buf_text(&program), X_OK) != 0)
            continue;
        buf_addstr(path, buf_str(&program));
        return 0;
    }
    return err_set(e, ERR_NOTFOUND,
                   "%s is not beside this program; %s and must be installed with it", name, does);
}

int self_start(const struct self_start *start, pid_t *pid)
{
    const char *argv[SELF_PREFIX_MAX + 1 + SELF_WORDS_MAX + 1] = {NULL};
    CLEANUP_BUF struct buf loader = {0};
    CLEANUP_BUF struct buf folder = {0};
    CLEANUP_BUF struct buf program = {0};
    CLEANUP_FREE int *spare = mem_array(start->fd_count, sizeof(spare[0]));
    int argc = self_prefix(argv, &loader, &folder, NULL);
    bool has_loader = argc > 0;
    int why;

    /* Where a loader was asked to run this program, /proc/self/exe is that loader. */
    if (argc < 0 || ((has_loader || start->neighbour) && self_program(&program, NULL)))
        return EIO;
    if (start->neighbour)
        put_neighbour(&program, start->neighbour);
    argv[argc++] = has_loader ? buf_text(&program) : start->name;
    for (size_t i = 0; i < SELF_WORDS_MAX && start->words[i]; i++)
        argv[argc++] = start->words[i];
    memset(spare, -1, start->fd_count * sizeof(spare[0]));
    why = lift(start, spare);
    if (!why)
        why = spawn_with(start, spare,
                         start->neighbour && !has_loader ? buf_text(&program) : "/proc/self/exe",
                         (char *const *)argv, pid);
    for (size_t i = 0; i < start->fd_count; i++)
        fd_close(spare[i]);
    return why;
}

struct visit {
    self_library *visit;
    void *context;
    struct err *e;
    int rc;
};

static bool is_loader_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str base = str_of(slash ? slash + 1 : path);

    return str_starts(base, "ld-") || str_starts(base, "ld64.");
}

static int visit_object(struct dl_phdr_info *info, size_t size, void *context)
{
    struct visit *v = context;

    (void)size;
    /* The program itself has no name here, the kernel's part no path. */
    if (info->dlpi_name && info->dlpi_name[0] == '/')
        v->rc = v->visit(v->context, info->dlpi_name, is_loader_name(info->dlpi_name), v->e);
    return v->rc;
}

int self_libraries(self_library *visit, void *context, struct err *e)
{
    struct visit v = {visit, context, e, 0};

    (void)dl_iterate_phdr(visit_object, &v);
    return v.rc;
}
