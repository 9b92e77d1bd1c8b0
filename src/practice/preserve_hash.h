/* preserve_hash.h: the operation that hashes folders, and compares them with a list. */
#pragma once
#include "case/operation.h"

extern const struct operation preserve_hash;
