/* device_text.h: what the writers of devices share: which packets an endpoint lets pass, names
 * that are safe everywhere, masks. */
#pragma once
#include "base/sink.h"
#include "base/utc.h"
#include "contain/action.h"
#include "contain/device.h"

bool device_is(const struct device_job *j, const char *action);
bool device_has_size(const struct device_job *j, unsigned size); /* networks of the plan */
size_t device_count_size(const struct device_job *j, unsigned size);
bool device_host_has_size(const struct device_job *j, unsigned size);
/* Of a number of the plan; otherwise where it names none. */
uint64_t device_number(const struct device_job *j, const char *name, uint64_t otherwise);

/* One kind of packets that an endpoint lets pass. Both ways of it are two of these. */
struct device_pass {
    const struct net *net; /* the responder's side: the source of what comes in */
    bool is_in;            /* towards the host */
    uint8_t protocol;      /* 0: all */
    uint16_t first, last;  /* ports, with a protocol */
    bool is_source;        /* the ports are the source's */
    bool is_answer;        /* of TCP: not a SYN alone */
};
/* passes[0] is towards the host, passes[1] from it. */
void device_passes(const struct endpoint *p, struct device_pass passes[2]);
const char *device_protocol(uint8_t protocol); /* "tcp", "udp" */

/* A name: a letter or digit, then those and the bytes of more. ERR_FORMAT. */
MUST_CHECK int device_judge_name(struct str name, const char *what, const char *more, size_t size,
                                 struct err *e);
/* 24 is 255.255.255.0. */
const char *device_mask(char out[16], unsigned prefix);
const char *device_wildcard(char out[16], unsigned prefix); /* 24 is 0.0.0.255 */
unsigned device_minutes(uint32_t seconds);                  /* rounded up */
/* "2026-11-25 03:12:09 UTC". */
void device_add_time(struct buf *out, uint64_t seconds);
/* A sentence of what has no clock for the end of a change. */
void device_lacks_expiry(const struct device_job *j, struct buf *out);
/* Of an isolation by addresses: what gets past it. */
void device_lacks_addresses(const struct device_job *j, struct buf *out);
void device_lacks_boot(const struct device_job *j, struct buf *out);
