/* page.h: the screen of one practice: what is done, what is missing, what it can do, what comes
 * next. */
#pragma once
#include "practice/practice.h"

void page_practice(const struct view *v, const struct practice *p, struct answer *a);
