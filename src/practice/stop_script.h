/* stop_script.h: a plan as scripts for what calm-contain does not run on (doc/format/devices.md).
 */
#pragma once
#include "practice/action.h"

extern const struct operation stop_script;
