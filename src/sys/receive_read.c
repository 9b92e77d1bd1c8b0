/* receive_read.c: in a worker: reads what one sender says and tells it on, in messages of fixed
 * form. */
#include "sys/receive_read.h"
#include <errno.h>
#include <unistd.h>
#include "base/mem.h"

static int tell(struct worker_channel *channel, uint32_t kind, const void *bytes, size_t size,
                struct err *e)
{
    return worker_send(channel, kind, (struct str){bytes, size}, e);
}

static int tell_saying(struct worker_channel *channel, const struct receive_saying *said,
                       struct err *e)
{
    uint32_t wrong;

    switch (said->kind) {
    case RECEIVE_SAID_GREETING:
        return tell(channel, RECEIVE_READ_GREETING, &said->greeting, sizeof(said->greeting), e);
    case RECEIVE_SAID_PROOF:
        return tell(channel, RECEIVE_READ_PROOF, &said->proof, sizeof(said->proof), e);
    case RECEIVE_SAID_DATA:
        return worker_send(channel, RECEIVE_READ_DATA, said->data, e);
    case RECEIVE_SAID_END:
        return tell(channel, RECEIVE_READ_END, &said->end, sizeof(said->end), e);
    case RECEIVE_SAID_WRONG:
        wrong = said->wrong;
        return tell(channel, RECEIVE_READ_WRONG, &wrong, sizeof(wrong), e);
    case RECEIVE_SAID_NOTHING:
        break;
    }
    return 0;
}

static int tell_all(struct worker_channel *channel, struct receive_parser *p, struct err *e)
{
    struct receive_saying said;
    int rc = 0;

    do {
        receive_parse_next(p, &said);
        rc = tell_saying(channel, &said, e);
    } while (rc == 0 && said.kind != RECEIVE_SAID_NOTHING);
    return rc;
}

int receive_read(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP_FREE struct receive_parser *p = mem_new(struct receive_parser);
    int rc = 0;

    (void)argument;
    while (rc == 0) {
        size_t room;
        uint8_t *at = receive_parse_room(p, &room);
        ssize_t n = read(in, at, room);
        int32_t why = n < 0 ? errno : 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return tell(channel, RECEIVE_READ_GONE, &why, sizeof(why), e);
        receive_parse_add(p, (size_t)n);
        rc = tell_all(channel, p, e);
    }
    return rc;
}
