/* reach.h: reaching hosts over SSH: how a person writes where they are, whose key is trusted, which
 * agent signs, who is asked for a password (doc/privilege.md, "Hosts over SSH"). */
#pragma once
#include "case/operation.h"
#include "sys/ssh_agent.h"
#include "sys/ssh_carrier.h"

/* The rows for the tables of operations that reach hosts. */
#define REACH_GROUP "Over SSH"
#define REACH_FIELDS                                                                               \
    {.name = "identity",                                                                           \
     .type = FIELD_PATH,                                                                           \
     .flags = FIELD_MANY | FIELD_OUTSIDE,                                                          \
     .group = REACH_GROUP,                                                                         \
     .help = "a private key's file, where it is not in your agent"},                               \
        {.name = "known-hosts",                                                                    \
         .type = FIELD_PATH,                                                                       \
         .flags = FIELD_OUTSIDE,                                                                   \
         .group = REACH_GROUP,                                                                     \
         .help = "a file of hosts' keys, besides those you know"},                                 \
    {                                                                                              \
        .name = "host-key", .type = FIELD_LINE, .flags = FIELD_MANY | FIELD_OUTSIDE,               \
        .group = REACH_GROUP, .help = "SHA256:… of a new host's key, compared with the host's own" \
    }

/* What a person said about it; op and in have the fields of REACH_FIELDS. */
struct reach {
    struct arena *arena;     /* borrowed */
    struct buf known;        /* the known_hosts files, one after the other */
    struct str compared;     /* fingerprints of new keys, a line each */
    struct ssh_agent *agent; /* NULL: the person's own, if any */
};
/* Reads the files; identity comes apart, since a passphrase may be asked for. */
MUST_CHECK int reach_begin(struct reach *r, struct arena *arena, const struct operation *op,
                           const struct input *in, struct err *e);
/* The keys of the person's agent; without one, of a file that was named or has a usual name. */
MUST_CHECK int reach_identify(struct reach *r, const struct operation *op, const struct input *in,
                              struct err *e);
void reach_release(struct reach *r);
#define CLEANUP_REACH CLEANUP(reach_release)

/* A log-in; texts of an arena. */
struct reach_address {
    const char *given; /* as it was written */
    const char *user;
    const char *host;
    unsigned port;
};
/* "root@web1", "web1:2222", "root@[2001:db8::1]:22". ERR_USAGE. */
MUST_CHECK int reach_address_read(struct arena *arena, struct str text, struct reach_address *out,
                                  struct err *e);

/* A connection, begun: the gate before the agent, and the carrier. */
struct reach_start {
    const struct reach_address *at;
    struct ssh_errand errand; /* what is carried there; where and who is filled in */
    struct ssh_receiver to;
};
/* The caller ends *gate (ssh_gate_end) once the log-in is done; -1: there is none. */
MUST_CHECK int reach_start(const struct reach *r, const struct reach_start *start, pid_t *gate,
                           struct ssh_carrier **out, struct err *e);
/* Is it the key that is recorded, or one that the person compared? Its fingerprint is added in any
 * case. ERR_DENIED says what to do. */
MUST_CHECK int reach_judge(const struct reach *r, const struct reach_address *at, struct str key,
                           struct buf *fingerprint, struct err *e);
/* Asks the person at the terminal; words are the host's own. ERR_DENIED: nobody is there. */
MUST_CHECK int reach_ask(const struct reach_address *at, enum ssh_asked asked, struct str words,
                         struct buf *out, struct err *e);
