/* preserve_files.h: the operation that takes files and folders into evidence. */
#pragma once
#include "case/operation.h"

extern const struct operation preserve_files;
