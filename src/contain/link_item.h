/* link_item.h: one address, route or neighbour: which it is, and how the kernel is asked for it. */
#pragma once
#include "contain/link_state.h"

uint16_t link_item_type(enum link_kind kind); /* RTM_NEWADDR … */
/* Is it of the interface, and not one that the kernel makes by itself of the others? */
bool link_item_is_of(const struct link_item *item, uint32_t index);
/* Does the kernel list such the newest first? */
bool link_item_is_newest_first(const struct link_item *item);
/* What makes it that one, whatever its age and passing state. */
struct hash link_item_key(const struct link_item *item);
/* Did the kernel make it by itself when the interface came up? */
bool link_item_is_made(const struct link_item *item);
/* Is it a route by the number of a nexthop, which goes with the interface and is not kept? */
bool link_item_is_by_number(const struct link_item *item);
/* A message body that asks for it, aged by that many seconds. False: its life is over. */
bool link_item_ask(const struct link_item *item, uint64_t age_s, struct buf *out);
/* NLM_F_… with which it is asked for. */
uint16_t link_item_flags(const struct link_item *item);
