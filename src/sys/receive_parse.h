/* receive_parse.h: what a sender of bundles says (doc/format/bundle.md section 4), taken out of
 * bytes that are not to be believed. It runs in a worker only; it allocates nothing and knows no
 * secret. */
#pragma once
#include "base/hash.h"

enum {
    RECEIVE_TOKEN_SIZE = 64,
    RECEIVE_DATA_SIZE = 65536, /* bytes of one message */
    RECEIVE_PARSE_ROOM = 5 + RECEIVE_DATA_SIZE,
};

enum receive_said {
    RECEIVE_SAID_NOTHING, /* more bytes are needed */
    RECEIVE_SAID_GREETING,
    RECEIVE_SAID_PROOF,
    RECEIVE_SAID_DATA,
    RECEIVE_SAID_END,
    RECEIVE_SAID_WRONG, /* and nothing after it counts */
};

enum receive_wrong {
    RECEIVE_WRONG_SENDER,     /* it speaks something else */
    RECEIVE_WRONG_VERSION,    /* "calm-send/" of another version */
    RECEIVE_WRONG_TOKEN,      /* no token can be so */
    RECEIVE_WRONG_COLLECTION, /* not 32 hex digits */
    RECEIVE_WRONG_PROOF,      /* not a key and a signature in hex */
    RECEIVE_WRONG_MESSAGE,    /* a type or a size that there is not */
    RECEIVE_WRONG_COUNT_,
};

struct receive_greeting {
    uint8_t token[RECEIVE_TOKEN_SIZE]; /* zeros behind it */
    struct id collection;
};

struct receive_proof {
    struct key key;
    struct sig signature;
};

struct receive_end {
    uint64_t size;
    struct hash sha256;
};

struct receive_parser {
    uint8_t in[RECEIVE_PARSE_ROOM];
    size_t len;
    size_t taken;            /* bytes of in that were said already */
    enum receive_said after; /* what was said last of greeting and proof; WRONG: it is over */
};

struct receive_saying {
    enum receive_said kind;
    union {
        struct receive_greeting greeting;
        struct receive_proof proof;
        struct str data; /* 1 byte and more; until the parser is used again */
        struct receive_end end;
        enum receive_wrong wrong;
    };
};

/* Where the next bytes go, and how many there may be: at least 1 after RECEIVE_SAID_NOTHING. Begin
 * with a parser of zeros. */
uint8_t *receive_parse_room(struct receive_parser *p, size_t *size);
void receive_parse_add(struct receive_parser *p, size_t size);
void receive_parse_next(struct receive_parser *p, struct receive_saying *out);
