/* contain_far.h: calm-contain on another host, over SSH: carried there, run from memory, its input
 * and output brought here (doc/format/containment.md section 8); or a device, which is told what to
 * do in its own language (devices.md section 6). */
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
/* The same to a device. size: of the script, where feed is no console; wait_s: the longest silence
 * there. */
MUST_CHECK int contain_far_feed(struct contain_far **out, const struct reach *reach,
                                const struct far_place *place, enum ssh_feed feed, uint64_t size,
                                unsigned wait_s, struct err *e);
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
void contain_far_send_end(struct contain_far *f); /* nothing more is sent */
/* Adds what the program has said to out. What went wrong, with the host named, where the connection
 * or the program has ended; a device may end (contain_far_has_ended). */
MUST_CHECK int contain_far_take(struct contain_far *f, struct buf *out, struct err *e);
bool contain_far_has_ended(const struct contain_far *f);  /* the device, in good order */
int contain_far_status(const struct contain_far *f);      /* of its script; -1: not told */
struct str contain_far_said(const struct contain_far *f); /* as errors, the last of it */
