/* ready.h: what is done before anything happens. */
#pragma once
#include "practice/practice.h"

extern const struct operation ready_operation;
