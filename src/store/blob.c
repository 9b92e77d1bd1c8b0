/* blob.c: takes a blob in: hashes it twice while the engine writes it, each in its own thread. */
#include "base/mem.h"
#include "store/engine.h"
#include "store/ring.h"
#include "sys/file.h"

struct blob_writer {
    const struct blob_engine *engine;
    void *put;
    struct digest *sha256;
    struct digest *md5;
    struct ring *ring;
    uint64_t size;
};

static int eat_digest(void *context, const void *bytes, size_t size, struct err *e)
{
    (void)e;
    digest_add(context, bytes, size);
    return 0;
}

static int eat_put(void *context, const void *bytes, size_t size, struct err *e)
{
    struct blob_writer *w = context;

    return w->engine->put_write(w->put, bytes, size, e);
}

int blob_begin(struct blob_writer **out, struct store *s, struct err *e)
{
    struct store_blobs blobs = store_blobs(s);
    struct blob_writer *w;
    void *put;
    int code;

    if (store_mode(s) != STORE_WRITE)
        return err_set(e, ERR_USAGE, "the case in %s was opened for reading only", store_folder(s));
    code = blobs.engine->put_begin(&put, blobs.state, e);
    if (code)
        return code;
    w = mem_new(struct blob_writer);
    w->engine = blobs.engine;
    w->put = put;
    w->sha256 = digest_new(DIGEST_SHA256);
    w->md5 = digest_new(DIGEST_MD5);
    w->ring = ring_new(
        (struct ring_eater[]){{eat_digest, w->md5}, {eat_digest, w->sha256}, {eat_put, w}}, 3);
    *out = w;
    return 0;
}

int blob_write(struct blob_writer *w, const void *bytes, size_t size, struct err *e)
{
    const uint8_t *from = bytes;

    while (size) {
        uint8_t *at;
        size_t room;
        int code = ring_room(w->ring, &at, &room, e);

        if (code)
            return code;
        if (room > size)
            room = size;
        memcpy(at, from, room);
        ring_filled(w->ring, room);
        from += room;
        size -= room;
        w->size += room;
    }
    return 0;
}

int blob_write_zeros(struct blob_writer *w, uint64_t size, struct err *e)
{
    while (size) {
        uint8_t *at;
        size_t room;
        int code = ring_room(w->ring, &at, &room, e);

        if (code)
            return code;
        if (room > size)
            room = (size_t)size;
        memset(at, 0, room);
        ring_filled(w->ring, room);
        size -= room;
        w->size += room;
    }
    return 0;
}

int blob_write_fd(struct blob_writer *w, int fd, const char *name, uint64_t most, uint64_t *got,
                  struct err *e)
{
    int code = ring_read(w->ring, fd, name, most, got, e);

    if (!code)
        w->size += *got;
    return code;
}

int blob_commit(struct blob_writer *w, struct blob_digests *out, struct err *e)
{
    struct blob_digests digests = {.size = w->size};
    uint8_t bytes[64];
    int code = ring_end(w->ring, e);

    if (!code) {
        digest_end(w->sha256, bytes);
        memcpy(digests.sha256.b, bytes, sizeof(digests.sha256.b));
        digest_end(w->md5, bytes);
        memcpy(digests.md5, bytes, sizeof(digests.md5));
        code = w->engine->put_end(MOVE(w->put), &digests.sha256, e);
    }
    blob_abort(w);
    if (!code)
        *out = digests;
    return code;
}

void blob_abort(struct blob_writer *w)
{
    if (!w)
        return;
    ring_free(w->ring);
    if (w->put)
        w->engine->put_drop(w->put);
    digest_free(w->sha256);
    digest_free(w->md5);
    free(w);
}

int blob_open(struct store *s, const struct hash *name, int *fd, uint64_t *size, struct err *e)
{
    return blob_check(s, name, NULL, fd, size, e);
}

int blob_check(struct store *s, const struct hash *name, const struct blob_watch *watch, int *fd,
               uint64_t *size, struct err *e)
{
    struct store_blobs blobs = store_blobs(s);

    return blobs.engine->get(blobs.state, name, watch, fd, size, e);
}

int blob_has(struct store *s, const struct hash *name, bool *out, struct err *e)
{
    struct store_blobs blobs = store_blobs(s);

    return blobs.engine->has(blobs.state, name, out, e);
}

int blob_destroy(struct store *s, const struct hash *name, struct err *e)
{
    struct store_blobs blobs = store_blobs(s);

    if (store_mode(s) != STORE_WRITE)
        return err_set(e, ERR_USAGE, "the case in %s was opened for reading only", store_folder(s));
    return blobs.engine->destroy(blobs.state, name, e);
}

int blob_each(struct store *s, blob_visit *visit, void *context, struct err *e)
{
    struct store_blobs blobs = store_blobs(s);

    return blobs.engine->each(blobs.state, visit, context, e);
}
