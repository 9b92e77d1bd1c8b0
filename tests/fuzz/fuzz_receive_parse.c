/* fuzz_receive_parse.c: whatever a sender sends is taken apart in the same way however it is cut
 * into pieces, without a fault; and what is said of it holds: sizes within their limits, order,
 * nothing after what was wrong. The first byte is how the second reading is cut. */
#include "base/mem.h"
#include "sys/receive_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (!holds)
        BUG("%s", what);
}

/* What must hold of each, whatever was sent. */
static void check(const struct receive_saying *said, enum receive_said before)
{
    switch (said->kind) {
    case RECEIVE_SAID_GREETING:
        must(before == RECEIVE_SAID_NOTHING, "a greeting that is not the first");
        must(said->greeting.token[0] != 0, "an empty token");
        break;
    case RECEIVE_SAID_PROOF:
        must(before == RECEIVE_SAID_GREETING, "a proof that does not follow a greeting");
        break;
    case RECEIVE_SAID_DATA:
        must(said->data.len >= 1 && said->data.len <= RECEIVE_DATA_SIZE, "data of no size");
        must(before >= RECEIVE_SAID_PROOF && before < RECEIVE_SAID_WRONG, "data before a proof");
        break;
    case RECEIVE_SAID_END:
        must(before >= RECEIVE_SAID_PROOF && before < RECEIVE_SAID_WRONG, "an end before a proof");
        break;
    case RECEIVE_SAID_WRONG:
        must(before != RECEIVE_SAID_WRONG, "wrong twice");
        must(said->wrong < RECEIVE_WRONG_COUNT_, "wrong in no known way");
        break;
    case RECEIVE_SAID_NOTHING:
        break;
    }
}

static void note(struct buf *out, const struct receive_saying *said)
{
    buf_addc(out, (char)said->kind);
    if (said->kind == RECEIVE_SAID_GREETING)
        buf_add(out, &said->greeting, sizeof(said->greeting));
    if (said->kind == RECEIVE_SAID_PROOF)
        buf_add(out, &said->proof, sizeof(said->proof));
    if (said->kind == RECEIVE_SAID_DATA)
        buf_addstr(out, said->data);
    if (said->kind == RECEIVE_SAID_END)
        buf_add(out, &said->end, sizeof(said->end));
    if (said->kind == RECEIVE_SAID_WRONG)
        buf_addc(out, (char)said->wrong);
}

/* All that is said of the bytes, given in pieces of at most that size. */
static void read_all(struct buf *out, const uint8_t *data, size_t size, size_t piece)
{
    CLEANUP_FREE struct receive_parser *p = mem_new(struct receive_parser);
    enum receive_said before = RECEIVE_SAID_NOTHING;
    struct receive_saying said;

    while (size) {
        size_t room;
        uint8_t *at = receive_parse_room(p, &room);
        size_t step = size < piece ? size : piece;

        must(room > 0, "no room, and nothing is said");
        step = step < room ? step : room;
        memcpy(at, data, step);
        receive_parse_add(p, step);
        data += step;
        size -= step;
        do {
            receive_parse_next(p, &said);
            check(&said, before);
            note(out, &said);
            out->len -= said.kind == RECEIVE_SAID_NOTHING;
            if (said.kind != RECEIVE_SAID_NOTHING)
                before = said.kind;
        } while (said.kind != RECEIVE_SAID_NOTHING);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUF struct buf whole = {0};
    CLEANUP_BUF struct buf parts = {0};

    if (size == 0)
        return 0;
    read_all(&whole, data + 1, size - 1, SIZE_MAX);
    read_all(&parts, data + 1, size - 1, (size_t)data[0] + 1);
    must(str_eq(buf_str(&whole), buf_str(&parts)), "another cut, another meaning");
    return 0;
}
