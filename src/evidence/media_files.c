/* media_files.c: reads the files of a disk image through the descriptors of a worker. */
#include "evidence/media_files.h"
#include <errno.h>
#include <unistd.h>

static int read_plain(const struct media_files *files, size_t file, uint64_t off, void *bytes,
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

/* Where the bytes at off of the last file are: *input and *at there; returns how many follow, most
 * at most. */
static size_t find_laid(const struct media_files *files, uint64_t off, size_t most, size_t *input,
                        uint64_t *at)
{
    const struct media_laid *laid = files->laid;
    uint64_t before = 0, behind = laid->size;

    for (uint64_t i = 0; i < laid->count; before += laid->part[i++].size) {
        if (off < laid->part[i].off) {
            behind = laid->part[i].off;
            break;
        }
        if (off - laid->part[i].off < laid->part[i].size) {
            uint64_t skip = off - laid->part[i].off, left = laid->part[i].size - skip;

            *input = files->count;
            *at = before + skip;
            return left < most ? (size_t)left : most;
        }
    }
    *input = files->count - 1;
    *at = off;
    return behind - off < most ? (size_t)(behind - off) : most;
}

static int read_input(const struct media_files *files, size_t file, uint64_t off, void *bytes,
                      size_t size, struct err *e)
{
    int code = 0;

    if (!files->laid || file + 1 < files->count)
        return read_plain(files, file, off, bytes, size, e);
    for (size_t done = 0, part; code == 0 && done < size; done += part) {
        size_t input;
        uint64_t at;

        part = find_laid(files, off + done, size - done, &input, &at);
        code = read_plain(files, input, at, (char *)bytes + done, part, e);
    }
    return code;
}

int media_files_of_worker(struct media_files *out, const struct worker_channel *channel,
                          const struct media_laid *laid, struct err *e)
{
    struct media_files files = {.count = worker_input_count(channel) - (laid && laid->count),
                                .read_at = read_input,
                                .context = channel,
                                .laid = laid};

    files.sizes = mem_array(files.count, sizeof(files.sizes[0]));
    for (size_t i = 0; i < files.count; i++) {
        off_t size = lseek(worker_input(channel, i), 0, SEEK_END);

        if (size < 0) {
            media_files_release(&files);
            return err_errno(e, "cannot find the size of file %zu of the image", i + 1);
        }
        files.sizes[i] = (uint64_t)size;
    }
    if (laid)
        files.sizes[files.count - 1] = laid->size;
    *out = files;
    return 0;
}

void media_files_release(struct media_files *files)
{
    free(files->sizes);
    *files = (struct media_files){0};
}
