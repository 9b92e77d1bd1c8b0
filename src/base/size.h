/* size.h: numbers of bytes as people read and write them. */
#pragma once
#include <stdint.h>
#include "base/err.h"
#include "base/str.h"

enum { SIZE_TEXT_SIZE = 32 }; /* as UTC_PLAIN_SIZE: a buffer may serve both */

/* "412 MB", "1.5 GB", "17 bytes": decimal units. */
const char *size_text(char out[SIZE_TEXT_SIZE], uint64_t size);
/* "10M", "1.5 GB", "4096", "2 TiB". ERR_USAGE. */
MUST_CHECK int size_parse(struct str text, uint64_t *out, struct err *e);
