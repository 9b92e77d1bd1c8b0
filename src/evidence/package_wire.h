/* package_wire.h: the messages from the worker that reads a package. Numbers are in this machine's
 * order. */
#pragma once
#include "evidence/package_read.h"
#include "sys/worker.h"

enum package_message {
    WIRE_PACKAGE_HEAD = 96, /* struct age_head */
    WIRE_PACKAGE_BEGIN,     /* u8 has_sum, SHA-256, name */
    WIRE_PACKAGE_DATA,
    WIRE_PACKAGE_END,
    WIRE_PACKAGE, /* struct package_summary */
};

/* The argument of the job. */
struct package_task {
    uint8_t file_key[AGE_FILE_KEY_SIZE];
    bool wants_head;
};

/* Runs in the worker. */
int package_job(int in, struct str argument, struct worker_channel *channel, struct err *e);
