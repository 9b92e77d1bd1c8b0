/* stop_hand.h: what of stopping an incident is done by hand, or on a device: begun, done, checked,
 * undone. */
#pragma once
#include "practice/action.h"

extern const struct operation stop_begin, stop_done, stop_check, stop_undo;
