/* stop_target.h: where a flood goes: as the person says, else as this host shows. */
#pragma once
#include "practice/stop_proposal.h"

#define STOP_TARGET_FIELDS                                                                         \
    {.name = "port",                                                                               \
     .type = FIELD_NUMBER,                                                                         \
     .flags = FIELD_OUTSIDE,                                                                       \
     .help = "to which port it goes; where this host listens if not given"},                       \
    {                                                                                              \
        .name = "target", .type = FIELD_LINE, .flags = FIELD_OUTSIDE,                              \
        .help = "to which address it goes; those of this host if not given"                        \
    }

/* Fills target and port. otherwise: the port that was seen; 0: one of a web server, where this host
 * listens. ERR_USAGE: no port. */
MUST_CHECK int stop_target(const struct operation *op, const struct input *in, uint64_t otherwise,
                           struct stop_proposal *p, struct err *e);
