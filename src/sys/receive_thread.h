/* receive_thread.h: a receiver that goes on beside its caller: while one bundle is read into the
 * case, the others send. */
#pragma once
#include "sys/receive.h"

struct receive_news {
    enum receive_kind kind;
    char from[ADDRESS_TEXT_SIZE];
    char collection[33];
    char *path; /* receive_news_release */
    uint64_t size;
    struct hash sha256;
    char words[320];
};
void receive_news_release(struct receive_news *n);

struct receive_thread;
/* Listens, and starts the thread. Errors as receive_open. */
MUST_CHECK int receive_thread_start(struct receive_thread **out,
                                    const struct receive_options *options, struct err *e);
/* Ends the connections and the thread; what it told can still be asked for. */
void receive_thread_end(struct receive_thread *t);
/* The same, and forgets what was not asked for. */
void receive_thread_stop(struct receive_thread *t); /* NULL is fine */
DEFINE_CLEANUP(struct receive_thread *, receive_thread_stop)
uint16_t receive_thread_port(const struct receive_thread *t);
/* Waits for at most wait_ms. 1: *out is what happened next. 0: nothing did. Else the error that
 * ended the receiver, after all that it told before. Of one bundle that was lost and came back
 * while nobody asked, only the last is told; of many refusals, how many. */
MUST_CHECK int receive_thread_next(struct receive_thread *t, int wait_ms, struct receive_news *out,
                                   struct err *e);
