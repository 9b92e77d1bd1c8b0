/* source_holder.c: looks through /proc for who has a device open. */
#include "acquire/source_holder.h"
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/sink.h"
#include "sys/file.h"

enum { HOLDERS_SHOWN = 3, NAME_SIZE = 256, THREADS_MOST = 64 };

/* Of one thread. */
static bool has_open(const char *pid, const char *thread, dev_t device)
{
    CLEANUP_BUF struct buf path = {0};
    struct dirent *entry;
    bool found = false;
    DIR *folder;

    buf_addf(&path, "/proc/%s/task/%s/fd", pid, thread);
    folder = opendir(buf_text(&path));
    while (folder && !found && (entry = readdir(folder))) {
        struct stat st;

        found = isdigit((unsigned char)entry->d_name[0]) &&
                fstatat(dirfd(folder), entry->d_name, &st, 0) == 0 && S_ISBLK(st.st_mode) &&
                st.st_rdev == device;
    }
    if (folder)
        closedir(folder);
    return found;
}

/* Of a program that was ended, a thread that waits for the kernel still has what all had. */
static bool is_holder(const char *pid, dev_t device)
{
    CLEANUP_BUF struct buf path = {0};
    struct dirent *entry;
    bool found = false;
    DIR *threads;

    buf_addf(&path, "/proc/%s/task", pid);
    threads = opendir(buf_text(&path));
    for (unsigned n = 0; threads && !found && n < THREADS_MOST && (entry = readdir(threads)); n++)
        found = isdigit((unsigned char)entry->d_name[0]) && has_open(pid, entry->d_name, device);
    if (threads)
        closedir(threads);
    return found;
}

static void add_holder(const char *pid, struct buf *out)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf name = {0};
    struct str text;

    buf_addf(&path, "/proc/%s/comm", pid);
    if (file_read(&name, buf_text(&path), NAME_SIZE, NULL))
        return;
    text = buf_str(&name);
    if (str_ends(text, "\n"))
        text.len--;
    buf_adds(out, out->len ? "; " : "");
    sink_line(out, text);
    buf_addf(out, ", process %s", pid);
}

void source_holders(dev_t device, struct buf *out)
{
    DIR *all = opendir("/proc");
    struct dirent *entry;
    unsigned count = 0;

    while (all && count < HOLDERS_SHOWN && (entry = readdir(all))) {
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            strtol(entry->d_name, NULL, 10) == (long)getpid() || !is_holder(entry->d_name, device))
            continue;
        add_holder(entry->d_name, out);
        count++;
    }
    if (all)
        closedir(all);
}
