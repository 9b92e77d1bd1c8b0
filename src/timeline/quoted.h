/* quoted.h: values of pairs, as firewalls log them. */
#pragma once
#include "base/str.h"

/* Takes a value off the front of *rest, up to a blank. A quoted one, which is told without its
 * quotes, ends where a blank or the end follows its quote. */
struct str quoted_take(struct str *rest);
