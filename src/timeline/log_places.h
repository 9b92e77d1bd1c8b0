/* log_places.h: which files of a disk are logs by their place. */
#pragma once
#include "base/str.h"

/* path: from the root, with slashes. */
bool log_place_is_one(struct str path);
