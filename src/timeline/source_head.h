/* source_head.h: how a source begins: copies of a log that went on between them begin alike. */
#pragma once
#include "base/hash.h"

enum { SOURCE_HEAD = 4096 };
/* Of the first SOURCE_HEAD bytes of lines. Without gaps, as it goes between processes. */
struct source_head {
    struct hash sum;   /* SHA-256 */
    uint32_t is_there; /* 0: the source has fewer, or no lines */
    uint32_t unused;
};
