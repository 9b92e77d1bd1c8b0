/* receive_parse.c: greeting, proof and messages of a sender, out of bytes as they come. */
#include "sys/receive_parse.h"

enum {
    ID_DIGITS = 2 * sizeof(struct id),
    GREETING_MOST = 12 + RECEIVE_TOKEN_SIZE + 1 + ID_DIGITS,
    KEY_DIGITS = 2 * sizeof(struct key),
    PROOF_DIGITS = 2 * sizeof(struct sig),
    PROOF_MOST = KEY_DIGITS + 1 + PROOF_DIGITS,
    HEAD_SIZE = 5, /* type and size */
    END_SIZE = 40, /* size and hash of the whole */
};

uint8_t *receive_parse_room(struct receive_parser *p, size_t *size)
{
    if (p->taken) /* else one that sends byte by byte would have much moved */
        memmove(p->in, p->in + p->taken, p->len - p->taken);
    p->len -= p->taken;
    p->taken = 0;
    *size = sizeof(p->in) - p->len;
    return p->in + p->len;
}

void receive_parse_add(struct receive_parser *p, size_t size)
{
    if (size > sizeof(p->in) - p->len)
        BUG("%zu bytes more than there was room for", size);
    p->len += size;
}

static uint64_t get_le(const uint8_t *in, size_t size)
{
    uint64_t value = 0;

    for (size_t i = size; i-- > 0;)
        value = value << 8 | in[i];
    return value;
}

static void say_wrong(struct receive_parser *p, struct receive_saying *out, enum receive_wrong why)
{
    p->after = RECEIVE_SAID_WRONG;
    *out = (struct receive_saying){.kind = RECEIVE_SAID_WRONG, .wrong = why};
}

/* A line without its LF, of at most that many bytes. False: it is not there in full; then *is_over
 * tells whether it is too long already. */
static bool take_line(struct receive_parser *p, size_t most, struct str *out, bool *is_over)
{
    const uint8_t *at = p->in + p->taken;
    size_t left = p->len - p->taken;
    const uint8_t *end = memchr(at, '\n', left);
    size_t len = end ? (size_t)(end - at) : left;

    *is_over = len > most;
    if (!end || *is_over)
        return false;
    *out = (struct str){(const char *)at, len};
    p->taken += len + 1;
    return true;
}

static bool is_token(struct str token)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";

    for (size_t i = 0; i < token.len; i++)
        if (!memchr(letters, token.p[i], sizeof(letters) - 1))
            return false;
    return token.len > 0 && token.len <= RECEIVE_TOKEN_SIZE;
}

/* "calm-send/2 TOKEN COLLECTION". */
static void next_greeting(struct receive_parser *p, struct receive_saying *out)
{
    static const char front[] = "calm-send/2 ";
    struct receive_saying said = {.kind = RECEIVE_SAID_GREETING};
    struct str line;
    struct str token;
    bool is_over;

    if (!take_line(p, GREETING_MOST, &line, &is_over)) {
        if (is_over)
            say_wrong(p, out, RECEIVE_WRONG_SENDER);
        return;
    }
    if (!str_starts(line, front)) {
        say_wrong(p, out,
                  str_starts(line, "calm-send/") ? RECEIVE_WRONG_VERSION : RECEIVE_WRONG_SENDER);
        return;
    }
    line = str_from(line, strlen(front));
    token = str_cut(&line, ' ');
    if (!is_token(token)) {
        say_wrong(p, out, RECEIVE_WRONG_TOKEN);
        return;
    }
    if (!hex_read(said.greeting.collection.b, sizeof(said.greeting.collection.b), line)) {
        say_wrong(p, out, RECEIVE_WRONG_COLLECTION);
        return;
    }
    memcpy(said.greeting.token, token.p, token.len);
    p->after = RECEIVE_SAID_GREETING;
    *out = said;
}

/* "KEY SIGNATURE". */
static void next_proof(struct receive_parser *p, struct receive_saying *out)
{
    struct receive_saying said = {.kind = RECEIVE_SAID_PROOF};
    struct str line;
    struct str key;
    bool is_over;

    if (!take_line(p, PROOF_MOST, &line, &is_over)) {
        if (is_over)
            say_wrong(p, out, RECEIVE_WRONG_PROOF);
        return;
    }
    key = str_cut(&line, ' ');
    if (!hex_read(said.proof.key.b, sizeof(said.proof.key.b), key) ||
        !hex_read(said.proof.signature.b, sizeof(said.proof.signature.b), line)) {
        say_wrong(p, out, RECEIVE_WRONG_PROOF);
        return;
    }
    p->after = RECEIVE_SAID_PROOF;
    *out = said;
}

static bool is_possible(uint8_t type, bool has_size, size_t size)
{
    if (type == 'D')
        return !has_size || (size > 0 && size <= RECEIVE_DATA_SIZE);
    return type == 'E' && (!has_size || size == END_SIZE);
}

static void next_message(struct receive_parser *p, struct receive_saying *out)
{
    const uint8_t *at = p->in + p->taken;
    size_t left = p->len - p->taken;
    bool has_size = left >= HEAD_SIZE;
    size_t size = has_size ? (size_t)get_le(at + 1, HEAD_SIZE - 1) : 0;

    if (left == 0)
        return;
    if (!is_possible(at[0], has_size, size)) {
        say_wrong(p, out, RECEIVE_WRONG_MESSAGE);
        return;
    }
    if (!has_size || left - HEAD_SIZE < size)
        return;
    p->taken += HEAD_SIZE + size;
    if (at[0] == 'D') {
        out->kind = RECEIVE_SAID_DATA;
        out->data = (struct str){(const char *)at + HEAD_SIZE, size};
        return;
    }
    out->kind = RECEIVE_SAID_END;
    out->end.size = get_le(at + HEAD_SIZE, 8);
    memcpy(out->end.sha256.b, at + HEAD_SIZE + 8, sizeof(out->end.sha256.b));
}

void receive_parse_next(struct receive_parser *p, struct receive_saying *out)
{
    out->kind = RECEIVE_SAID_NOTHING;
    switch (p->after) {
    case RECEIVE_SAID_NOTHING:
        next_greeting(p, out);
        return;
    case RECEIVE_SAID_GREETING:
        next_proof(p, out);
        return;
    case RECEIVE_SAID_PROOF:
        next_message(p, out);
        return;
    default:
        p->taken = p->len; /* room for what nobody looks at */
    }
}
