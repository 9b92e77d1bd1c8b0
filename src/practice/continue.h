/* continue.h: going on with a case on another medium, or on another machine from an export. */
#pragma once
#include "practice/practice.h"

extern const struct kind continue_kind;
extern const struct operation continue_operation;
