/* session_internal.h: what session.c and commit.c share. */
#pragma once
#include <pthread.h>
#include "case/session.h"
#include "sys/clock.h"

struct request;

struct session {
    struct store *store;
    struct signer *signer;
    struct scopes *scopes;
    struct state *state;
    const struct model *model;
    ask_secret *ask;
    struct key key;      /* zeros: nobody */
    struct hash case_id; /* zeros before record 0 */
    bool is_read_only;
    struct err why_read_only;    /* what the store said when it could not be opened for writing */
    pthread_rwlock_t state_lock; /* held for reading while deciding, for writing while folding */
    pthread_mutex_t queue_lock;
    struct request *queue; /* first in, first out */
    struct request **queue_end;
    bool is_led;                /* somebody is writing the queue to the store */
    struct clock_reading clock; /* the writer's last */
};

MUST_CHECK int session_catch_up(struct session *s, struct err *e);
/* Folds what this session has just appended from seq first on, as it was written. */
MUST_CHECK int session_take(struct session *s, uint64_t first, const struct store_record *records,
                            size_t count, struct err *e);
