/* stop_device.h: the steps of a plan that a device carries out as a script: by hand, or over SSH
 * (doc/format/containment.md section 8.2). */
#pragma once
#include "practice/reach.h"
#include "practice/stop_answer.h"

/* What the operations have that may go to a device. */
#define STOP_FIELDS_DEVICE_WAY                                                                     \
    {.name = "ssh",                                                                                \
     .type = FIELD_LINE,                                                                           \
     .flags = FIELD_OUTSIDE,                                                                       \
     .group = REACH_GROUP,                                                                         \
     .help = "a plan made with --script: where the device is: admin@sw2, admin@sw2:2222"},         \
        {.name = "sudo",                                                                           \
         .type = FIELD_FLAG,                                                                       \
         .flags = FIELD_OUTSIDE,                                                                   \
         .group = REACH_GROUP,                                                                     \
         .help = "become root there by sudo"},                                                     \
    {                                                                                              \
        .name = "wait", .type = FIELD_SPAN, .flags = FIELD_OUTSIDE, .group = REACH_GROUP,          \
        .help = "longest wait for what a device says next; 60 s, of a script 10 min, if not given" \
    }
#define STOP_FIELDS_DEVICE                                                                         \
    {.name = "by-hand",                                                                            \
     .type = FIELD_FLAG,                                                                           \
     .flags = FIELD_OUTSIDE,                                                                       \
     .help = "a device that is reached over SSH: its text is printed, or was typed by hand"},      \
        STOP_FIELD_ANSWER, STOP_FIELDS_DEVICE_WAY, REACH_FIELDS

/* Of a plan that no device carries out: refuses what would say where a device is. ERR_USAGE. */
MUST_CHECK int stop_refuse_device_way(const struct operation *op, const struct input *in,
                                      struct err *e);

typedef int stop_device_step(struct session *s, const struct operation *op, const struct input *in,
                             const struct thing *action, struct answer *a, struct err *e);
/* Each is of an action that stop_is_script holds for, and of the operation that is called so. */
stop_device_step stop_device_begin, stop_device_apply, stop_device_done, stop_device_check,
    stop_device_confirm, stop_device_undo;
