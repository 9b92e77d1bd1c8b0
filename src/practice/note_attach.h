/* note_attach.h: the operation that makes a note with a file. */
#pragma once
#include "case/operation.h"

extern const struct operation note_attach;
