/* flood_internal.h: what counting and judging share. */
#pragma once
#include "base/mem.h"
#include "contain/flood.h"

enum { FIRST_SLOTS = 4096, WORD_SLOTS = 65536 };

struct flood_source {
    uint8_t bytes[16];
    uint8_t size;
    bool is_good;      /* it came before the flood */
    uint32_t count;    /* requests */
    uint32_t flood;    /* of them, since the flood began */
    uint32_t peak;     /* the most within ten seconds */
    int32_t window;    /* which ten seconds are counted now */
    uint32_t within;   /* requests in them */
    uint32_t accepted; /* log-ins */
};

struct flood_request {
    uint32_t source;
    int32_t at; /* seconds after the first request */
};

struct flood_word {
    uint64_t hash;
    uint32_t count; /* 0: free */
    uint8_t len;
    char text[115];
};

struct flood_words {
    struct flood_word *words;
    size_t count;
    uint32_t lost; /* counts may be too small by so many */
};

enum flood_log { FLOOD_LOG_UNKNOWN, FLOOD_LOG_REQUESTS, FLOOD_LOG_ATTEMPTS };

struct flood {
    uint64_t seed;
    uint32_t *slots;
    size_t slot_count;
    struct flood_source *sources;
    size_t source_count;
    size_t source_room;
    struct flood_request *requests;
    size_t request_count;
    size_t request_room;
    uint64_t request_total;
    uint64_t unread;    /* lines in no known format */
    uint64_t uncounted; /* requests of sources past the limit */
    int64_t base;       /* the second of the first request */
    enum flood_log log;
    struct flood_clock clock;
    struct attempt_clock attempt_clock;
    uint64_t accepted; /* log-ins that succeeded */
    struct flood_words agents;
    struct flood_words paths;
};
