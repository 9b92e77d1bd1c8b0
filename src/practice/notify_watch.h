/* notify_watch.h: watches over what was sent until all of it is answered. */
#pragma once
#include "practice/practice.h"

extern const struct operation notify_watch;
