/* netlink.h: asks the kernel's routing socket, and reads its answers with bounds (rtnetlink(7)). */
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
/* Takes the next whole message off; false at the end and where the bytes make no sense. */
bool netlink_next(struct str *rest, struct netlink_message *out);
/* Copies the fixed part at the start of a body and moves past it; false when it is too short. */
bool netlink_fixed(struct str *body, void *out, size_t size);

struct netlink_attribute {
    uint16_t type;
    struct str value;
};
bool netlink_attribute(struct str *rest, struct netlink_attribute *out);
uint32_t netlink_u32(struct str value); /* 0 when it is not four bytes long */
