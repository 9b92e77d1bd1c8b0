/* file.c: maps regular files; any other kind could hang or change between two looks. */
#include "verify/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char *sentence(const char *what)
{
    size_t len = strlen(what);

    return memcpy(mem_get(len + 1, 1), what, len);
}

static void map_open_file(struct file *f, int fd)
{
    struct stat st;
    void *p = NULL;

    if (fstat(fd, &st) != 0) {
        f->fault = sentence(strerror(errno));
        return;
    }
    if (!S_ISREG(st.st_mode)) {
        f->fault = sentence(S_ISDIR(st.st_mode)
                                ? "it is a folder; of a case, name its journal/journal.cj1"
                                : "it is not a regular file; copy what it yields into one");
        return;
    }
    f->bytes = (struct slice){"", 0};
    if (st.st_size == 0)
        return;
    p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        f->fault = sentence(strerror(errno));
        return;
    }
    f->bytes = (struct slice){p, (size_t)st.st_size};
}

void file_map(struct file *f, const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    memset(f, 0, sizeof *f);
    f->name = name;
    if (fd < 0) {
        f->fault = sentence(strerror(errno));
        return;
    }
    map_open_file(f, fd);
    close(fd);
}

void file_unmap(struct file *f)
{
    if (f->bytes.len > 0)
        munmap((void *)(uintptr_t)f->bytes.p, f->bytes.len);
    free(f->fault);
}

static void on_bus_error(int signal_number)
{
    static const char text[] = "calm-verify: a file became shorter or unreadable while it was "
                               "checked; nothing can be said "
                               "about it\n";
    ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);

    (void)n;
    (void)signal_number;
    _exit(4);
}

void file_guard_shrinking(void)
{
    struct sigaction action = {.sa_handler = on_bus_error};

    (void)sigaction(SIGBUS, &action, NULL); /* without it, the signal ends the program as well */
}
