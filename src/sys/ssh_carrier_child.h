/* ssh_carrier_child.h: what ssh_carrier.c and the process that it starts agree on. */
#pragma once
#include "sys/ssh_carrier.h"
#include "sys/ssh_script.h"

enum {
    CARRIER_CONTROL_FD = 0, /* a socket: messages both ways */
    CARRIER_PROGRAM_FD = 1,
    CARRIER_NULL_FD = 2,
    CARRIER_AGENT_FD = 3,
    CARRIER_HOST_FD = 4, /* the connection */
    CARRIER_MESSAGE_LIMIT = 256 * 1024,
    CARRIER_INPUT_LIMIT = 64 * 1024,
    CARRIER_TEXT_LIMIT = 4096, /* an argument, a question, a secret, a sentence */
    CARRIER_SUDO_COUNT = 3,    /* times that sudo may ask */
};

/* A message: kind and size, u32 each in this machine's order, and bytes. */
enum carrier_kind {
    /* to the process */
    CARRIER_START = 1, /* struct carrier_start, then host, user, key_kinds, arguments, called, each
                          ended by NUL */
    CARRIER_TRUST,     /* the key is trusted: go on */
    CARRIER_SECRET,
    CARRIER_NO_SECRET, /* nobody can be asked */
    CARRIER_INPUT,     /* in a dialogue, while the program runs: what it is to read */
    CARRIER_INPUT_END,
    /* from the process */
    CARRIER_STEP, /* u32 */
    CARRIER_KEY,
    CARRIER_ASK,       /* u32: enum ssh_asked; the words */
    CARRIER_FOOTPRINT, /* struct carrier_footprint */
    CARRIER_BYTES,
    CARRIER_SAID,
    CARRIER_STATUS, /* i32: how what was fed ended */
    CARRIER_END,    /* i32 code, sentence */
};

struct carrier_head {
    uint32_t kind;
    uint32_t size;
};

struct carrier_start {
    int64_t parent;
    uint64_t program_size;
    uint32_t port;
    uint32_t quiet_s;
    uint32_t flags; /* CARRIER_HAS_AGENT … */
    uint32_t feed;  /* enum ssh_feed */
    char word[SSH_WORD_SIZE + 1];
    char machine[66];
};
enum { CARRIER_HAS_AGENT = 1, CARRIER_MAY_ASK = 2, CARRIER_SUDO = 4, CARRIER_DIALOGUE = 8 };

struct carrier_footprint {
    uint32_t place;
    uint32_t uid;
    uint32_t is_left;
    uint32_t unfit[SSH_PLACE_COUNT_];
};

extern const char carrier_marker[];

/* Inside the process: messages over its control socket. The program has gone: ERR_CANCEL. */
MUST_CHECK int carrier_send(enum carrier_kind kind, struct str bytes, struct err *e);
/* Waits for one of two kinds. */
MUST_CHECK int carrier_receive(enum carrier_kind *kind, struct buf *bytes, struct err *e);
/* Has a person asked; nobody_can is the sentence where that cannot be (ERR_DENIED). */
MUST_CHECK int carrier_ask(enum ssh_asked asked, const char *question, const char *nobody_can,
                           struct buf *secret, struct err *e);

/* The errand, in the process; texts point into its start message. */
struct carrier_errand {
    struct carrier_start start;
    const char *host;
    const char *user;
    const char *key_kinds;
    const char *arguments;
    const char *called;
    struct ssh_footprint footprint;
};
/* Does the errand over the connected CARRIER_HOST_FD; the session was made, and the process
 * confined, before. */
typedef struct ssh_session_struct *ssh_session;
MUST_CHECK int carrier_log_in(struct carrier_errand *c, ssh_session session, struct err *e);
MUST_CHECK int carrier_run(struct carrier_errand *c, ssh_session session, struct err *e);
int carrier_ssh_error(ssh_session session, const char *what, struct err *e);
int carrier_step(enum ssh_step step, struct err *e);
