/* source_file.c: looks for block devices over a file, and at its times. */
#include "acquire/source_file.h"
#include <dirent.h>
#include "acquire/device_layers.h"
#include "acquire/source_device.h"

/* folder: of a device in sysfs. */
static bool is_over(const char *folder, const struct stat *file)
{
    CLEANUP_BUF struct buf backing = {0};
    CLEANUP_BUF struct buf path = {0};
    struct stat st;

    device_value(folder, "loop/backing_file", &backing);
    buf_addstr(&path, buf_str(&backing));
    return path.len && stat(buf_text(&path), &st) == 0 && st.st_dev == file->st_dev &&
           st.st_ino == file->st_ino;
}

int file_uses(const struct stat *file, struct source_facts *f, struct err *e)
{
    static const char blocks[] = "/sys/block";
    DIR *dir = opendir(blocks);
    struct dirent *entry;
    int rc = 0;

    while (rc == 0 && dir && (entry = readdir(dir))) {
        char folder[sizeof(blocks) + 1 + sizeof(entry->d_name)];
        dev_t device;

        snprintf(folder, sizeof(folder), "%s/%s", blocks, entry->d_name);
        if (is_over(folder, file) && device_of_folder(folder, &device))
            rc = device_uses(device, f, e);
    }
    if (dir)
        closedir(dir);
    return rc;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

void file_change(const struct stat *before, int fd, struct buf *out)
{
    struct stat now;

    if (fstat(fd, &now))
        buf_adds(out, "it cannot be looked at any more");
    else if (now.st_size != before->st_size)
        buf_addf(out, "%lld bytes before, %lld after", (long long)before->st_size,
                 (long long)now.st_size);
    else if (!is_same_time(now.st_mtim, before->st_mtim) ||
             !is_same_time(now.st_ctim, before->st_ctim))
        buf_adds(out, "it was written to, or its entry was changed");
}
