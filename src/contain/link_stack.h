/* link_stack.h: an interface and those that carry what goes over it: a bridge, a bond, a VLAN. */
#pragma once
#include "base/err.h"
#include "sys/netlink.h"

enum { LINK_STACK_COUNT = 256 };

struct link_stack {
    uint32_t indexes[LINK_STACK_COUNT];
    size_t count;
};

bool link_stack_has(const struct link_stack *s, uint32_t index);
/* Context: struct link_stack. One interface: joins those that it belongs to. */
netlink_see link_stack_see;
/* All that belong to the interface of that number. ERR_IO. */
MUST_CHECK int link_stack_read(uint32_t index, struct link_stack *s, struct err *e);
