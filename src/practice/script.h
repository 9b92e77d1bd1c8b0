/* script.h: printable scripts (data/scripts/). */
#pragma once
#include "practice/practice.h"

extern const struct operation notify_script;
