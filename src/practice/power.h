/* power.h: a person's roles and the power of their key go together. */
#pragma once
#include "practice/practice.h"

/* A person-change/1 from the input, and an enrol/1 where new roles ask for another power of their
 * key (doc/format/journal.md §9). */
op_decide decide_role;
