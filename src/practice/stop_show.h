/* stop_show.h: one action as it was planned, to be read before it is approved. */
#pragma once
#include "practice/action.h"

extern const struct operation stop_show;
