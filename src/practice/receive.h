/* receive.h: takes bundles over the network into the case. */
#pragma once
#include "practice/practice.h"

extern const struct operation preserve_receive;
