/* neighbour_see.h: what becomes of one message of an answer about this host's neighbours. */
#pragma once
#include "contain/filter_table.h"
#include "sys/netlink.h"

/* Context: struct filter_plan, whose neighbours get their hardware addresses. */
netlink_see neighbour_see;
