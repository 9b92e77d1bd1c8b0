/* alike.h: finds a text among bytes, letters alike: of ASCII, as large or as small ones. */
#pragma once
#include "base/str.h"

/* Whether the bytes at a are the text, which is in small letters. */
bool alike_is(const char *a, struct str small_text);
/* Where the text is found first, letters alike; NULL: nowhere. text is in small letters. */
const char *find_alike(struct str in, struct str text);
