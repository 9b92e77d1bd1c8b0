/* bundle.h: the operations on bundles of calm-collect (doc/format/bundle.md). */
#pragma once
#include "case/operation.h"

extern const struct operation preserve_key;
extern const struct operation preserve_unseal;
