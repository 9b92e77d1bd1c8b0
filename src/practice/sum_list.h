/* sum_list.h: lists of SHA-256 and name as sha256sum (GNU coreutils) writes and reads them. */
#pragma once
#include "base/hash.h"
#include "base/mem.h"

/* One line; a name with a newline, a carriage return or a backslash is escaped as there. */
void sum_list_add(struct buf *out, const struct hash *sha256, struct str name);

struct sum_line {
    const char *name;
    struct hash sha256;
};
struct sum_list {
    struct sum_line *lines; /* ascending by the bytes of their names */
    size_t count;
    size_t room;
};
/* Names are put into the arena. Lines that begin with # and empty ones say nothing. ERR_FORMAT
 * names the line that is none. */
MUST_CHECK int sum_list_read(struct sum_list *out, struct arena *arena, struct str text,
                             const char *path, struct err *e);
void sum_list_release(struct sum_list *l);
bool sum_list_has(const struct sum_list *l, const char *name);
