/* stop_way.h: the way to the host that a plan is for: this machine, or another over SSH
 * (doc/format/containment.md section 8). */
#pragma once
#include "practice/contain_helper.h"
#include "practice/practice.h"

/* Where a host is is told when a plan is made; later operations find it on record. */
#define WAY_FIELDS                                                                                 \
    {.name = "ssh",                                                                                \
     .type = FIELD_LINE,                                                                           \
     .flags = FIELD_OUTSIDE,                                                                       \
     .help = "the system is another host, reached over SSH: root@web1, ana@web1:2222"},            \
        {.name = "sudo",                                                                           \
         .type = FIELD_FLAG,                                                                       \
         .flags = FIELD_OUTSIDE,                                                                   \
         .help = "for SSH: become root there by sudo; where it wants a password, you are asked"},  \
        REACH_FIELDS

/* Made ready at the first host that is another. Must outlive the helpers that it opened. */
struct stop_ways {
    const struct operation *op;
    const struct input *in;
    const char *case_folder; /* whose server no plan may cut off; NULL: none */
    struct buf unknown;      /* the name of that server, where its address is not known */
    struct arena *arena;
    struct reach reach;
    bool is_ready;
};
void stop_ways_release(struct stop_ways *w);
#define CLEANUP_STOP_WAYS CLEANUP(stop_ways_release)

/* Empty for this machine: then only_looks is as contain_helper_open has it. Over SSH what goes
 * wrong on the way is told by the first answer. */
MUST_CHECK int stop_way_open(struct stop_ways *w, struct str ssh, bool wants_sudo, bool only_looks,
                             struct contain_helper **out, struct err *e);
/* The same, of an action on record. */
MUST_CHECK int stop_way_of(struct stop_ways *w, const struct thing *action, bool only_looks,
                           struct contain_helper **out, struct err *e);
/* Whose keys are trusted, and what signs: for a device, which takes no calm-contain. */
MUST_CHECK int stop_way_reach(struct stop_ways *w, const struct reach **out, struct err *e);
/* "root@web1:22", in one spelling whatever was written. ERR_USAGE. */
MUST_CHECK int stop_way_spell(struct str ssh, struct buf *out, struct err *e);

/* What the host at the other end is: its machine id, and what it calls itself, with _ for what
 * no name of a host has. */
MUST_CHECK int stop_way_host(struct contain_helper *h, struct hash *machine, char name[256],
                             struct err *e);
/* When a process began there, in clock ticks. */
MUST_CHECK int stop_way_start(struct contain_helper *h, struct str pid, struct buf *ticks,
                              struct err *e);
