/* stop_status.h: how what was changed on this host stands, as the host itself says. */
#pragma once
#include "practice/action.h"

extern const struct operation stop_status_operation;
