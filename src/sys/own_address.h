/* own_address.h: the network addresses of this machine. */
#pragma once
#include <stdbool.h>
#include "base/str.h"

/* Is that an address of this machine that others may reach, in numbers? A loopback address is none;
 * neither is a name. */
bool own_address_is(struct str text);
/* Are both the same address, in numbers, however each is spelled? A prefix behind / does not
 * count. */
bool address_is_same(struct str a, struct str b);
