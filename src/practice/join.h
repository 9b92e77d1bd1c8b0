/* join.h: who asked to join a case. */
#pragma once
#include "practice/practice.h"

/* Writes "bo 8913-1c6b-fba1-cc05, eva …" for those who wait in the folder of the case; not escaped.
 * How many there are. */
size_t join_waiting(const char *case_folder, const struct state *state, struct buf *out);
