/* image_second.c: a second opinion on an E01 by libewf, in the worker calm-disk: it reads the whole
 * disk with code that shares nothing with ewf_*.c. */
#include <libewf.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "evidence/image_wire.h"
#include "evidence/media_files.h"

enum { READ_SIZE = 1 << 20, TELL_SIZE = 16 << 20 };

/* What libbfio calls a handle: one file, and where the next byte is read. */
struct second_file {
    const struct media_files *files;
    size_t file;
    uint64_t off;
};

static int free_file(intptr_t **handle, libewf_error_t **error)
{
    (void)error;
    free(*handle);
    *handle = NULL;
    return 1;
}

static int open_file(intptr_t *handle, int flags, libewf_error_t **error)
{
    (void)handle, (void)flags, (void)error;
    return 1;
}

static int close_file(intptr_t *handle, libewf_error_t **error)
{
    (void)handle, (void)error;
    return 0;
}

static int is_there(intptr_t *handle, libewf_error_t **error)
{
    (void)handle, (void)error;
    return 1;
}

static ssize_t read_file(intptr_t *handle, uint8_t *bytes, size_t size, libewf_error_t **error)
{
    struct second_file *f = (struct second_file *)(void *)handle;
    uint64_t file_size = f->files->sizes[f->file];

    (void)error;
    if (f->off >= file_size)
        return 0;
    if (size > file_size - f->off)
        size = (size_t)(file_size - f->off);
    if (f->files->read_at(f->files, f->file, f->off, bytes, size, NULL))
        return -1;
    f->off += size;
    return (ssize_t)size;
}

static off64_t seek_file(intptr_t *handle, off64_t off, int whence, libewf_error_t **error)
{
    struct second_file *f = (struct second_file *)(void *)handle;
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? (int64_t)f->off
                                        : (int64_t)f->files->sizes[f->file];

    (void)error;
    if (__builtin_add_overflow(base, off, &base) || base < 0)
        return -1;
    f->off = (uint64_t)base;
    return base;
}

static int size_of_file(intptr_t *handle, size64_t *size, libewf_error_t **error)
{
    const struct second_file *f = (const struct second_file *)(void *)handle;

    (void)error;
    *size = f->files->sizes[f->file];
    return 1;
}

/* libewf's own words, first line first. */
static int complain(const char *doing, libewf_error_t **error, struct err *e)
{
    char text[512] = "it does not say why";

    if (*error)
        (void)libewf_error_sprint(*error, text, sizeof(text));
    libewf_error_free(error);
    return err_set(e, ERR_FORMAT, "libewf cannot %s: %.500s", doing, text);
}

static int fill_pool(libbfio_pool_t *pool, const struct media_files *files, libewf_error_t **error)
{
    for (size_t i = 0; i < files->count; i++) {
        struct second_file *f = mem_new(struct second_file);
        libbfio_handle_t *handle = NULL;
        int entry = 0;

        *f = (struct second_file){.files = files, .file = i};
        if (libbfio_handle_initialize(&handle, (intptr_t *)(void *)f, free_file, NULL, open_file,
                                      close_file, read_file, NULL, seek_file, is_there, is_there,
                                      size_of_file, LIBBFIO_FLAG_IO_HANDLE_MANAGED, error) != 1) {
            free(f);
            return -1;
        }
        if (libbfio_pool_append_handle(pool, &entry, handle, LIBBFIO_OPEN_READ, error) != 1) {
            (void)libbfio_handle_free(&handle, NULL);
            return -1;
        }
    }
    return 1;
}

static int send_done(struct worker_channel *channel, uint64_t done, struct err *e)
{
    return done % TELL_SIZE ? 0
                            : worker_send(channel, IMAGE_WIRE_SECOND_DONE,
                                          (struct str){(const char *)&done, sizeof(done)}, e);
}

static int hash_media(libewf_handle_t *handle, struct image_second *out,
                      struct worker_channel *channel, struct err *e)
{
    CLEANUP(digests_freep) struct digests *digests = digests_new();
    CLEANUP_FREE char *bytes = mem_alloc(READ_SIZE);
    CLEANUP_BUF struct buf pieces = {0};
    libewf_error_t *error = NULL;
    uint64_t left = out->size;
    int code = 0;

    while (left && !code) {
        ssize_t n = libewf_handle_read_buffer(handle, bytes, READ_SIZE, &error);

        if (n <= 0)
            return complain("read the disk to its end", &error, e);
        digests_add(digests, bytes, (size_t)n, &pieces);
        buf_clear(&pieces);
        left -= (uint64_t)n < left ? (uint64_t)n : left;
        code = send_done(channel, out->size - left, e);
    }
    digests_end(digests, &out->found, &pieces);
    return code;
}

/* The sectors of chunks that libewf could not read. */
static int send_damage(libewf_handle_t *handle, struct worker_channel *channel, struct err *e)
{
    uint32_t count = 0;
    int code = 0;

    (void)libewf_handle_get_number_of_checksum_errors(handle, &count, NULL);
    for (uint32_t i = 0; i < count && i < IMAGE_WIRE_RUNS_MAX && !code; i++) {
        uint64_t run[2] = {0, 0};

        (void)libewf_handle_get_checksum_error(handle, i, &run[0], &run[1], NULL);
        code = worker_send(channel, IMAGE_WIRE_SECOND_DAMAGE,
                           (struct str){(const char *)run, sizeof(run)}, e);
    }
    return code;
}

static int read_all(libewf_handle_t *handle, uint64_t expected, struct worker_channel *channel,
                    struct err *e)
{
    struct image_second s = {0};
    libewf_error_t *error = NULL;
    size64_t size = 0;
    int code;

    (void)libewf_handle_set_read_zero_chunk_on_error(handle, 1, NULL);
    if (libewf_handle_get_media_size(handle, &size, &error) != 1)
        return complain("tell the size of the disk", &error, e);
    if (size > LIMIT_IMAGE_SIZE || (expected != UINT64_MAX && size != expected))
        return err_set(e, ERR_FORMAT, "libewf takes the disk for %llu bytes, which is not its size",
                       (unsigned long long)size);
    s.size = size;
    if (libewf_handle_get_md5_hash(handle, s.md5, sizeof(s.md5), NULL) == 1)
        s.flags |= IMAGE_HAS_MD5;
    if (libewf_handle_get_sha1_hash(handle, s.sha1, sizeof(s.sha1), NULL) == 1)
        s.flags |= IMAGE_HAS_SHA1;
    code = hash_media(handle, &s, channel, e);
    s.is_corrupted = libewf_handle_segment_files_corrupted(handle, NULL) == 1;
    if (!code)
        code = send_damage(handle, channel, e);
    return code ? code
                : worker_send(channel, IMAGE_WIRE_SECOND, (struct str){(const char *)&s, sizeof(s)},
                              e);
}

static int open_and_read(libewf_handle_t *handle, libbfio_pool_t *pool,
                         const struct media_files *files, uint64_t expected,
                         struct worker_channel *channel, struct err *e)
{
    libewf_error_t *error = NULL;

    if (fill_pool(pool, files, &error) != 1)
        return complain("take the files", &error, e);
    if (libewf_handle_open_file_io_pool(handle, pool, libewf_get_access_flags_read(), &error) != 1)
        return complain("open the image", &error, e);
    return read_all(handle, expected, channel, e);
}

int image_second_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    libewf_handle_t *handle = NULL;
    libbfio_pool_t *pool = NULL;
    libewf_error_t *error = NULL;
    struct media_files files;
    uint64_t expected;
    int code;

    (void)in;
    if (argument.len != sizeof(expected))
        BUG("an argument of %zu bytes", argument.len);
    memcpy(&expected, argument.p, sizeof(expected));
    code = media_files_of_worker(&files, channel, NULL, e);
    if (code)
        return code;
    if (libewf_handle_initialize(&handle, &error) != 1 ||
        libbfio_pool_initialize(&pool, 0, LIBBFIO_POOL_UNLIMITED_NUMBER_OF_OPEN_HANDLES, &error) !=
            1)
        code = complain("begin", &error, e);
    else
        code = open_and_read(handle, pool, &files, expected, channel, e);
    (void)libewf_handle_free(&handle, NULL);
    (void)libbfio_pool_free(&pool, NULL);
    media_files_release(&files);
    return code;
}
