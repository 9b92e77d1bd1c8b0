/* signer_wire.c: frames between a program and its signer. */
#include "sys/signer_wire.h"
#include <errno.h>
#include <sys/socket.h>

const char signer_marker[] = "--as-signer-process";

void wire_begin(struct buf *out, int32_t code)
{
    static const uint32_t size = 0;

    buf_clear(out);
    buf_add(out, &code, sizeof(code));
    buf_add(out, &size, sizeof(size));
}

void wire_end(struct buf *out)
{
    uint32_t size = (uint32_t)(out->len - SIGNER_FRAME_HEAD_SIZE);

    if (out->len - SIGNER_FRAME_HEAD_SIZE > SIGNER_BODY_LIMIT)
        BUG("a frame of %zu bytes", out->len);
    memcpy(out->p + sizeof(int32_t), &size, sizeof(size));
}

bool wire_send(int fd, struct str frame)
{
    while (frame.len) {
        ssize_t n = send(fd, frame.p, frame.len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        frame = str_from(frame, (size_t)n);
    }
    return true;
}

/* Reads once, at most what the frame still lacks where that is known. */
static bool receive_some(int fd, struct buf *in, size_t room)
{
    for (;;) {
        ssize_t n = recv(fd, buf_room(in, room), room, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = 0;
        if (n <= 0)
            return false;
        in->len += (size_t)n;
        return true;
    }
}

bool wire_receive(int fd, struct buf *in, int32_t *code, struct str *body)
{
    uint32_t size;

    buf_clear(in);
    while (in->len < SIGNER_FRAME_HEAD_SIZE)
        if (!receive_some(fd, in, SIGNER_FIRST_ROOM / 2))
            return false;
    memcpy(code, in->p, sizeof(*code));
    memcpy(&size, in->p + sizeof(*code), sizeof(size));
    if (size > SIGNER_BODY_LIMIT || in->len > SIGNER_FRAME_HEAD_SIZE + (size_t)size) {
        errno = EPROTO;
        return false;
    }
    while (in->len < SIGNER_FRAME_HEAD_SIZE + (size_t)size)
        if (!receive_some(fd, in, SIGNER_FRAME_HEAD_SIZE + (size_t)size - in->len))
            return false;
    *body = str_from(buf_str(in), SIGNER_FRAME_HEAD_SIZE);
    return true;
}

bool wire_take(struct str *rest, void *out, size_t size)
{
    if (rest->len < size)
        return false;
    if (size)
        memcpy(out, rest->p, size);
    *rest = str_from(*rest, size);
    return true;
}

bool wire_take_u32(struct str *rest, uint32_t *out)
{
    return wire_take(rest, out, sizeof(*out));
}
