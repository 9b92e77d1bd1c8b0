/* receive.h: takes bundles over TCP, from several hosts at once, and goes on where a connection was
 * lost (doc/format/bundle.md section 4).
 *
 * What a sender says is parsed in a worker of its own, which can do nothing but read that one
 * connection (sys/worker.h, doc/privilege.md). This side answers, keeps the limits, and adds bytes
 * to the file of the bundle that the sender has proved to be its own. What is in a bundle is not
 * looked at. Each is a file of the folder: COLLECTION.part while it comes, COLLECTION.calm once it
 * is whole and durable.
 *
 * One thread, which must not end before receive_close; receive_step serves what is ready. A program
 * that calls this begins with worker_main_if_asked. */
#pragma once
#include "base/address.h"
#include "base/hash.h"
#include "sys/receive_parse.h"

enum {
    RECEIVE_GREETING_COUNT = 64,     /* connections that have not shown whose they are */
    RECEIVE_SENDER_COUNT = 64,       /* connections that have */
    RECEIVE_COLLECTION_COUNT = 4096, /* bundles of one receiver; more are refused */
};

/* Zero takes what is usual. */
struct receive_options {
    struct address at;     /* port 0: the kernel chooses */
    const char *folder;    /* is there */
    const char *token;     /* that senders must know: 1 to 64 of A-Z a-z 0-9 - */
    uint64_t most;         /* bytes of one bundle; 256 GB */
    uint64_t most_address; /* bytes from one address, in one run; 512 GB */
    uint64_t most_all;     /* bytes of all, with what lay in the folder; 4 TB */
    uint64_t spare;        /* bytes that stay free on the disk; 1 GB */
    int64_t patience_ms;   /* a bundle of which nothing came for so long is cut; never */
};

enum receive_kind {
    RECEIVE_BEGUN,   /* the first bytes of a bundle that this receiver did not know */
    RECEIVE_RESUMED, /* a connection came back, or the receiver was started anew */
    RECEIVE_LOST,    /* a connection broke; what came is kept */
    RECEIVE_WHOLE,   /* size and hash fit; told once for each bundle */
    RECEIVE_CUT,     /* patience ended: no more of it is taken */
    RECEIVE_REFUSED, /* a wrong token or proof, a bundle that does not fit its hash, a limit */
};

/* The strings live until the callback returns; none of them holds a byte that the sender chose but
 * the 32 hex digits. */
struct receive_event {
    enum receive_kind kind;
    const char *from;       /* address and port of the sender; "" for CUT */
    const char *collection; /* 32 hex digits; "" where it is not known */
    const char *path;       /* the file; "" where there is none */
    uint64_t size;          /* of the file */
    struct hash sha256;     /* of the whole; RECEIVE_WHOLE only */
    const char *words;      /* why, a sentence part; "" for BEGUN, RESUMED, WHOLE and CUT */
};
/* Non-zero stops receive_step and is what it returns. */
typedef int receive_told(void *context, const struct receive_event *event, struct err *e);

struct receive;
/* Listens. told may be NULL. The texts of the options are copied. ERR_USAGE: the token; ERR_IO. */
MUST_CHECK int receive_open(struct receive **out, const struct receive_options *options,
                            receive_told *told, void *context, struct err *e);
/* Connections end; what came is durable and can be gone on with by a later receiver of the folder.
 */
void receive_close(struct receive *r); /* NULL is fine */
DEFINE_CLEANUP(struct receive *, receive_close)
uint16_t receive_port(const struct receive *r);
/* Waits for at most wait_ms (a signal ends the wait) and serves what came. Errors of one sender are
 * events; an error is ERR_IO of the listening socket, ERR_DENIED where this kernel cannot confine a
 * worker, or what told returned. */
MUST_CHECK int receive_step(struct receive *r, int wait_ms, struct err *e);
size_t receive_connections(const struct receive *r);
/* 26 letters and digits without those that look alike, for a person to type: 128 bits and more. */
void receive_token_make(char out[RECEIVE_TOKEN_SIZE + 1]);
