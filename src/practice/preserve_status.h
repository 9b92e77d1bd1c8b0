/* preserve_status.h: how preserving stands (practice.h says what status is). */
#pragma once
#include "practice/practice.h"

void preserve_status(const struct view *v, struct practice_status *out);
