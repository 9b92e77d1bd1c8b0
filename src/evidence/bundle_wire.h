/* bundle_wire.h: the messages from the worker that reads a bundle. Numbers are in this machine's
 * order. */
#pragma once
#include "evidence/archive_wire.h"
#include "evidence/bundle_read.h"

enum bundle_message {
    WIRE_FRAMES = 64, /* a part of a good piece or its link */
    WIRE_BOXES,       /* struct bundle_box, 1 to BUNDLE_BOX_COUNT */
    WIRE_BUNDLE,      /* struct bundle_summary */
};

/* The argument of the job. */
struct bundle_task {
    uint8_t key[32];
    bool has_key; /* it is sealed */
    bool wants_boxes;
    bool wants_frames;
    bool wants_members;
};

/* Runs in the worker. */
int bundle_job(int in, struct str argument, struct worker_channel *channel, struct err *e);
