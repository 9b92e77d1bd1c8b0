/* cast.h: writes a recording of a terminal as asciicast v2:
 * a header line, then one line an event: output "o" and
 * resize "r", with the seconds since the start. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "base/utc.h"

struct cast {
    int fd;
    uint64_t most; /* bytes; what would be more is not written, and recording ends */
    uint64_t size; /* bytes written */
    uint64_t start_ns;
    struct err state; /* code 0: all was recorded; ERR_LIMIT, ERR_FULL, ERR_IO: no more since */
    size_t held_count;
    char held[4];      /* the start of a UTF-8 sequence whose rest is to come */
    bool wants_return; /* "\n" stands for "\r\n": output that no terminal has passed */
};

struct cast_start {
    unsigned columns;
    unsigned rows;
    struct utc time;
    uint64_t mono_ns; /* any clock that runs on; the events are relative to it */
    struct str command;
    bool wants_return;
};

void cast_begin(struct cast *c, int fd, uint64_t most, const struct cast_start *start);
void cast_output(struct cast *c, uint64_t mono_ns, struct str bytes);
void cast_resize(struct cast *c, uint64_t mono_ns, unsigned columns, unsigned rows);
/* Writes bytes that were held back for the rest of their sequence. */
void cast_end(struct cast *c, uint64_t mono_ns);
