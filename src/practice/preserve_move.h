/* preserve_move.h: preserve move, and the kind of what it records. */
#pragma once
#include "case/operation.h"

extern const struct operation preserve_move;
