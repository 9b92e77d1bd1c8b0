/* receive_internal.h: what receive.c, which looks after connections, and receive_hear.c, which
 * judges what their workers tell, share. */
#pragma once
#include "sys/receive.h"
#include "sys/receive_file.h"
#include "sys/receive_peer.h"
#include "sys/receive_read.h"

enum { RECEIVE_NONCE_SIZE = 32, RECEIVE_WORDS_SIZE = 200 };

enum receive_state {
    CALLER_NEW,     /* has not said a thing */
    CALLER_GREETED, /* knows the token, and was asked to prove that the collection is its own */
    CALLER_PROVEN,  /* what is there of its bundle is being read */
    CALLER_SENDING,
    CALLER_LEAVING, /* was told why it must go; what it still sends is not heard */
};

struct receive_caller {
    struct receive *r;
    int fd;
    char from[ADDRESS_TEXT_SIZE];
    char name[ADDRESS_TEXT_SIZE + 16]; /* of its worker, for messages */
    struct receive_peer *peer;
    struct worker *worker;     /* NULL until there is something to read */
    struct receive_file *file; /* NULL before the proof */
    enum receive_state state;
    uint8_t nonce[RECEIVE_NONCE_SIZE];
    struct id collection;
    int64_t since_ms;
    int64_t heard_ms;
    bool is_proven; /* counted among those that send */
    bool is_over;
};

struct receive {
    struct receive_options options;
    char *folder;
    char *token;
    int fd;
    receive_told *told;
    void *context;
    int fatal; /* an error that is not one sender's: it ends the step */
    struct receive_caller *callers[RECEIVE_GREETING_COUNT + RECEIVE_SENDER_COUNT];
    size_t caller_count;
    size_t greeting; /* of these, not proven yet */
    struct receive_file *files[RECEIVE_COLLECTION_COUNT + RECEIVE_SENDER_COUNT];
    size_t file_count;
    uint64_t bytes;      /* of all files */
    uint64_t room_until; /* so far in bytes the disk is known to have room */
    struct receive_peers *peers;
};

/* Tells of a caller, or of a file alone. */
int receive_tell(struct receive *r, const struct receive_caller *c, const struct receive_file *f,
                 enum receive_kind kind, const char *words, struct err *e);
/* The connection is over. */
int receive_lose(struct receive_caller *c, const char *words, struct err *e);
/* The same, with words for the sender too: it may try again later, or never. RECEIVE_SILENTLY: it
 * is told nothing, as the page says of who does not know the token. */
enum receive_how { RECEIVE_SILENTLY, RECEIVE_LATER, RECEIVE_NEVER };
int receive_refuse(struct receive_caller *c, enum receive_how how, const char *words,
                   struct err *e);
/* A few bytes. A sender that does not take them will ask again. */
void receive_answer(struct receive_caller *c, const void *bytes, size_t size);
/* Tells the sender what is durable, once it is. */
int receive_make_durable(struct receive_caller *c, struct err *e);
/* Reads what was there of its bundle; then it may send. */
int receive_catch_up(struct receive_caller *c, struct err *e);
/* What its worker tells: a worker_receive. */
int receive_hear(void *caller, uint32_t kind, struct str bytes, struct err *e);
