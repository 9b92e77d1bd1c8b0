/* post.h: what is handed to the process that faces the network: one transfer, spelled to the last
 * byte, and nothing about what it means (doc/format/notification.md §6). */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum post_kind {
    POST_MAIL,       /* SMTP: from, to, body */
    POST_HTTP,       /* method, headers, body */
    POST_STREAM,     /* TLS: body, then closed */
    POST_LOCAL,      /* one datagram to the socket at url */
    POST_SEAL_PGP,   /* body encrypted to key; no network */
    POST_SEAL_SMIME, /* the same */
    POST_KIND_COUNT_
};

enum post_text {
    POST_URL,
    POST_METHOD,
    POST_HEADERS, /* lines "Name: value" */
    POST_BODY,
    POST_FROM,
    POST_TO,
    POST_USER,
    POST_PASSWORD,
    POST_CA, /* PEM; empty: the system's */
    POST_KEY,
    POST_TEXT_COUNT
};

enum { POST_SIZE_LIMIT = 4 << 20, POST_ANSWER_LIMIT = 8 << 20, POST_SAID_SIZE = 200 };

struct post {
    enum post_kind kind;
    uint32_t wall_s;
    bool can_repeat; /* the receiver recognises a repeat by its id */
    struct buf texts[POST_TEXT_COUNT];
};

void post_release(struct post *p); /* wipes: it holds secrets */
#define CLEANUP_POST CLEANUP(post_release)

/* As bytes for the other process, and back. ERR_FORMAT for bytes that post_write does not make;
 * ERR_LIMIT. */
void post_write(struct buf *out, const struct post *p);
MUST_CHECK int post_read(struct post *out, struct str bytes, struct err *e);

/* What became of it. */
enum post_end {
    POST_SENT,
    POST_LATER,   /* surely not delivered; may be tried again */
    POST_REFUSED, /* surely not delivered, and would not be another time */
    POST_UNKNOWN, /* nobody can say */
    POST_END_COUNT_
};

struct post_result {
    enum post_end end;
    unsigned status;               /* of the server: 100 to 599, or 0 */
    char said[POST_SAID_SIZE + 1]; /* by the server; cleaned (post_clean), still foreign */
    char why[512];                 /* our own words; empty where it was sent */
};

/* Printable UTF-8 of at most POST_SAID_SIZE bytes; all else becomes one space. */
void post_clean(char out[POST_SAID_SIZE + 1], struct str text);
bool post_is_clean(struct str text);
