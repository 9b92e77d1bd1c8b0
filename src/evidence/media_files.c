/* media_files.c: reads the files of a disk image through the descriptors of a worker. */
#include "evidence/media_files.h"
#include <errno.h>
#include <unistd.h>

static int read_input(const struct media_files *files, size_t file, uint64_t off, void *bytes,
                      size_t size, struct err *e)
{
    int fd = worker_input(files->context, file);
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, (char *)bytes + done, size - done, (off_t)(off + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "file %zu of the image cannot be read at byte %llu", file + 1,
                             (unsigned long long)(off + done));
        if (n == 0)
            return err_set(e, ERR_IO, "file %zu of the image became shorter while it was read",
                           file + 1);
        done += (size_t)n;
    }
    return 0;
}

int media_files_of_worker(struct media_files *out, const struct worker_channel *channel,
                          struct err *e)
{
    struct media_files files = {
        .count = worker_input_count(channel), .read_at = read_input, .context = channel};

    files.sizes = mem_array(files.count, sizeof(files.sizes[0]));
    for (size_t i = 0; i < files.count; i++) {
        off_t size = lseek(worker_input(channel, i), 0, SEEK_END);

        if (size < 0) {
            media_files_release(&files);
            return err_errno(e, "cannot find the size of file %zu of the image", i + 1);
        }
        files.sizes[i] = (uint64_t)size;
    }
    *out = files;
    return 0;
}

void media_files_release(struct media_files *files)
{
    free(files->sizes);
    *files = (struct media_files){0};
}
