/* bundle_job.c: reads a bundle inside a worker. */
#include <errno.h>
#include <unistd.h>
#include "base/mem.h"
#include "evidence/bundle_walk.h"
#include "evidence/bundle_wire.h"

enum { REST_SIZE = 256 << 10 };

/* What is read is hashed: a stick may answer otherwise when it is read again. */
struct input {
    int fd;
    struct digest *digest;
};

static int read_input(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    const struct input *in = context;
    ssize_t n;

    do
        n = read(in->fd, bytes, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(e, "cannot read");
    digest_add(in->digest, bytes, (size_t)n);
    *got = (size_t)n;
    return 0;
}

/* Where the bundle ended before its file did. */
static int read_rest(struct input *in, struct hash *out, struct err *e)
{
    CLEANUP_FREE char *chunk = mem_alloc(REST_SIZE);
    uint8_t sum[64];
    size_t got = 1;
    int code = 0;

    while (code == 0 && got)
        code = read_input(in, chunk, REST_SIZE, &got, e);
    digest_end(in->digest, sum);
    memcpy(out->b, sum, sizeof(out->b));
    return code;
}

static int send_entry(void *context, const struct archived *entry, struct err *e)
{
    return archive_send_entry(context, entry, e);
}

static int send_data(void *context, struct str bytes, struct err *e)
{
    return archive_send_content(context, bytes, e);
}

static int send_end(void *context, uint64_t size, struct str problem, struct err *e)
{
    return archive_send_end(context, size, problem, e);
}

static int send_frames(void *context, struct str bytes, struct err *e)
{
    int code = 0;

    while (code == 0 && bytes.len) {
        struct str part = str_head(bytes, WIRE_CHUNK_SIZE);

        code = worker_send(context, WIRE_FRAMES, part, e);
        bytes = str_from(bytes, part.len);
    }
    return code;
}

static int send_boxes(const struct bundle_source *s, struct worker_channel *channel, struct err *e)
{
    struct bundle_box boxes[BUNDLE_BOX_COUNT];
    struct hash hash;
    size_t count;
    int code = bundle_head_read(s, boxes, &count, &hash, e);

    if (code)
        return code;
    return worker_send(channel, WIRE_BOXES, (struct str){(char *)boxes, count * sizeof(boxes[0])},
                       e);
}

static int walk(const struct bundle_source *s, const struct bundle_task *task,
                struct worker_channel *channel, struct bundle_summary *sum, struct err *e)
{
    const struct archived_receiver to = {
        .entry = send_entry, .data = send_data, .end = send_end, .context = channel};
    CLEANUP(bundle_members_freep)
    struct bundle_members *members =
        bundle_members_new(task->wants_members ? &to : NULL, &bundle_members_usual);

    return bundle_walk(s, members, task->wants_frames ? send_frames : NULL, channel, sum, e);
}

static int walk_sealed(const struct bundle_source *s, const struct bundle_task *task,
                       struct worker_channel *channel, struct bundle_summary *sum, struct err *e)
{
    CLEANUP(bundle_unsealer_freep) struct bundle_unsealer *u = NULL;
    struct bundle_source frames;
    enum bundle_state ended;
    const char *why;
    int code = bundle_unsealer_new(&u, s, task->key, e);

    if (code)
        return code;
    frames = bundle_unsealer_source(u);
    code = walk(&frames, task, channel, sum, e);
    if (code)
        return code;
    ended = bundle_unsealer_state(u, &why);
    if (ended == BUNDLE_WHOLE)
        return 0;
    sum->state = ended; /* the frames end because the seal does */
    snprintf(sum->why, sizeof(sum->why), "%s", why);
    return 0;
}

int bundle_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP(digest_freep) struct digest *digest = digest_new(DIGEST_SHA256);
    struct input input = {in, digest};
    struct bundle_source source = {read_input, &input};
    struct bundle_summary sum = {0};
    struct bundle_task task;
    int code;

    if (argument.len != sizeof(task))
        BUG("an argument of %zu bytes", argument.len);
    memcpy(&task, argument.p, sizeof(task));
    if (task.wants_boxes)
        return send_boxes(&source, channel, e);
    code = task.has_key ? walk_sealed(&source, &task, channel, &sum, e)
                        : walk(&source, &task, channel, &sum, e);
    mem_wipe(&task, sizeof(task));
    if (code == 0)
        code = read_rest(&input, &sum.input, e);
    if (code)
        return code;
    if (sum.pieces == 0)
        return err_set(e, ERR_FORMAT, "not one piece of a bundle can be read: %s", sum.why);
    return worker_send(channel, WIRE_BUNDLE, (struct str){(char *)&sum, sizeof(sum)}, e);
}
