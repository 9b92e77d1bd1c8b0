/* stop_flood.h: a flood as a web server's log shows it, and what could be done about it. */
#pragma once
#include "practice/action.h"

extern const struct operation stop_propose;
