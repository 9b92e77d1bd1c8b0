/* sender_wire.c: messages between calm and calm-send. */
#include "notify/sender_wire.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include "base/utc.h"

int sender_put(int fd, enum sender_kind kind, struct str bytes, struct err *e)
{
    CLEANUP(buf_wipe) struct buf frame = {0};
    struct sender_head head = {kind, (uint32_t)bytes.len};
    size_t at = 0;

    (void)buf_room(&frame, sizeof(head) + bytes.len);
    buf_add(&frame, &head, sizeof(head));
    buf_addstr(&frame, bytes);
    while (at < frame.len) {
        ssize_t n = send(fd, frame.p + at, frame.len - at, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return err_set(e, ERR_CANCEL, "nobody listens at the other end");
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int await(int fd, int64_t deadline_ms, struct err *e)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = deadline_ms ? deadline_ms - monotonic_ms() : INT32_MAX;
        int n;

        if (left <= 0)
            return err_set(e, ERR_LIMIT, "no answer in time");
        n = poll(&p, 1, (int)left);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return err_errno(e, "cannot wait for an answer");
    }
}

static int take_bytes(int fd, char *at, size_t size, int64_t deadline_ms, struct err *e)
{
    while (size) {
        ssize_t n;
        int rc = await(fd, deadline_ms, e);

        if (rc)
            return rc;
        n = recv(fd, at, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(e, ERR_CANCEL, "the other side has ended");
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

int sender_take(int fd, enum sender_kind *kind, struct buf *bytes, size_t most, int64_t deadline_ms,
                struct err *e)
{
    struct sender_head head;
    int rc = take_bytes(fd, (char *)&head, sizeof(head), deadline_ms, e);

    buf_clear(bytes);
    if (rc)
        return rc;
    if (head.size > most)
        return err_set(e, ERR_LIMIT, "a message of %u bytes", head.size);
    rc = take_bytes(fd, buf_room(bytes, (size_t)head.size + 1), head.size, deadline_ms, e);
    if (rc)
        return rc;
    bytes->len = head.size;
    bytes->p[head.size] = '\0';
    *kind = (enum sender_kind)head.kind;
    return 0;
}
