/* receive_read.h: the job of the worker that reads one sender: what it tells, message by message.
 * Numbers are in this machine's order, for both sides are the same program. */
#pragma once
#include "sys/receive_parse.h"
#include "sys/worker.h"

/* Kinds of messages are those of enum receive_said, with these bytes. */
enum {
    RECEIVE_READ_GREETING = RECEIVE_SAID_GREETING, /* struct receive_greeting */
    RECEIVE_READ_PROOF = RECEIVE_SAID_PROOF,       /* struct receive_proof */
    RECEIVE_READ_DATA = RECEIVE_SAID_DATA,         /* 1 to RECEIVE_DATA_SIZE */
    RECEIVE_READ_END = RECEIVE_SAID_END,           /* struct receive_end */
    RECEIVE_READ_WRONG = RECEIVE_SAID_WRONG,       /* u32: enum receive_wrong */
    RECEIVE_READ_GONE, /* i32: 0, or the number of the error with which the connection broke */
};

/* Reads the connection to its end, also behind RECEIVE_READ_WRONG: what is left unread would take
 * back the answer that is on its way. */
int receive_read(int in, struct str argument, struct worker_channel *channel, struct err *e);
