/* travel.h: exports of a case. */
#pragma once
#include "practice/practice.h"

extern const struct kind export_kind;
