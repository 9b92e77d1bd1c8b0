/* session_internal.h: what session.c, prepare.c and commit.c share. */
#pragma once
#include <pthread.h>
#include "base/limits.h"
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
    pthread_mutex_t queue_lock;  /* for what follows, up to is_writing */
    struct request *queue;       /* first in, first out */
    struct request **queue_end;
    size_t queue_count;
    size_t request_count;       /* that wait or are being written */
    bool is_led;                /* somebody is gathering from the queue */
    bool is_writing;            /* somebody's batch goes to the store */
    pthread_cond_t leader_news; /* several more wait, or nobody is writing any more */
    struct clock_reading clock; /* as it was when the session began */
};

/* Under which label and in which compartment a record is written. */
struct reach {
    enum tlp tlp;
    char scope[LIMIT_NAME_SIZE + 1];
};

/* A draft as a statement, and what of the state went into it. Zeroed, it is empty. */
struct prepared {
    struct buf head; /* without signature */
    struct buf openings;
    struct sig sig;
    uint64_t size; /* of the journal as it was */
    struct reach reach;
    struct hash seal; /* the name of the key that sealed it */
};

/* prepare.c. All but prepared_sign are called with state_lock held, at least for reading. */
/* Replaces what is there. ERR_DENIED, ERR_TAMPER, ERR_LIMIT. */
MUST_CHECK int prepare_draft(struct session *s, const struct draft *dr, struct prepared *out,
                             struct err *e);
/* Whether it may be written as it is, whatever came into the journal since. */
bool prepared_stands(const struct session *s, const struct draft *dr, const struct prepared *p);
MUST_CHECK int prepared_sign(struct session *s, struct prepared *const *list, size_t count,
                             struct err *e);
void prepared_release(struct prepared *p);

/* Puts this session's person on the team as a lead; that record can name the key of the team. */
MUST_CHECK int session_append_lead(struct session *s, const char *person, bool names_team_key,
                                   struct err *e);
MUST_CHECK int session_catch_up(struct session *s, struct err *e);
/* Folds what this session has just appended from seq first on, as it was written. */
MUST_CHECK int session_take(struct session *s, uint64_t first, const struct store_record *records,
                            size_t count, struct err *e);
