/* netlink.h: asks the kernel by netlink, and reads its answers with bounds (netlink(7)). */
#pragma once
#include <stdbool.h>
#include "base/str.h"

/* Asks for all objects of a kind (RTM_GETLINK …); adds the messages, headers too, to out. 0 or a
 * negative errno; -EFBIG where the answer is cut. */
int netlink_dump(uint16_t request, struct buf *out);

struct netlink_message {
    uint16_t type;
    struct str body; /* after the header */
};

/* Is told of each message; a negative errno ends the dump with it. */
typedef int netlink_see(void *context, const struct netlink_message *m);
/* Asks for a dump by one request and tells of each message as it comes, keeping none. 0 or a
 * negative errno; -EINTR: all was told, but it changed while it was listed, so that some may be
 * missing or told twice. */
int netlink_ask(int protocol, uint16_t type, struct str body, netlink_see *see, void *context);
/* Asks for one thing; its message, if there is one, is told. 0 or a negative errno. */
int netlink_get(int protocol, uint16_t type, struct str body, netlink_see *see, void *context);
/* Asks for a change (RTM_NEWADDR …) with these flags (NLM_F_CREATE …). 0 or a negative errno;
 * -EMSGSIZE: the request is too long. */
int netlink_change(int protocol, uint16_t type, uint16_t flags, struct str body);
/* What netlink_ask makes of one datagram: 0 when more is to come, 1 at the end, or a negative
 * errno. Sets *changed where the kernel says so. */
int netlink_see_answer(struct str answer, netlink_see *see, void *context, bool *changed);

/* Takes the next whole message off; false at the end and where the bytes make no sense. */
bool netlink_next(struct str *rest, struct netlink_message *out);
/* Copies the fixed part at the start of a body and moves past it; false when it is too short. */
bool netlink_fixed(struct str *body, void *out, size_t size);

struct netlink_attribute {
    uint16_t type;
    struct str value;
};
bool netlink_attribute(struct str *rest, struct netlink_attribute *out);
/* The value of the first of that type; empty where there is none. */
struct str netlink_find(struct str body, uint16_t type);
struct str netlink_text(struct str value); /* a name, which the kernel ends with a NUL */
uint32_t netlink_u32(struct str value);    /* 0 when it is not four bytes long */
/* A number of 1, 2, 4 or 8 bytes in network order, as netfilter spells them; 0 of any other size.
 */
uint64_t netlink_be(struct str value);
