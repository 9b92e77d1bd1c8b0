/* contain_far.h: calm-contain on another host, over SSH: carried there, run from memory, its input
 * and output brought here (doc/format/containment.md section 8). */
#pragma once
#include "practice/reach.h"

/* A host, as a plan has it on record. */
struct far_place {
    struct reach_address at;
    bool wants_sudo;
};

struct contain_far;

/* Begins to connect; what is sent waits until the program runs there. program: its path here. reach
 * must live as long as this does. */
MUST_CHECK int contain_far_start(struct contain_far **out, const struct reach *reach,
                                 const struct far_place *place, const char *program, struct err *e);
/* Ends the program's input there and waits for its end, at most some seconds. */
void contain_far_end(struct contain_far *f);
/* Cuts the connection where it still is. */
void contain_far_close(struct contain_far *f); /* NULL is fine */
DEFINE_CLEANUP(struct contain_far *, contain_far_close)

int contain_far_fd(const struct contain_far *f);
short contain_far_events(const struct contain_far *f);
int contain_far_wait_ms(const struct contain_far *f); /* until contain_far_take must be called */
bool contain_far_runs(const struct contain_far *f);   /* the program does, there */
void contain_far_extend(struct contain_far *f, int64_t ms); /* nobody looked at it for so long */
MUST_CHECK int contain_far_send(struct contain_far *f, struct str bytes, struct err *e);
/* Adds what the program has said to out. What went wrong, with the host named, where the connection
 * or the program has ended. */
MUST_CHECK int contain_far_take(struct contain_far *f, struct buf *out, struct err *e);
