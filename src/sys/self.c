/* self.c: finds this program's own file and libraries. */
#include "sys/self.h"
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <unistd.h>

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
