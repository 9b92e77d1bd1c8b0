/* package_name.h: what the files of an item are called in a package (doc/format/package.md §3). */
#pragma once
#include "base/keyed.h"
#include "base/mem.h"
#include "base/str.h"

/* Appends the last part of a path, as a name that does no harm anywhere: never empty. */
void package_name_add(struct buf *out, struct str path);

/* The names of one item's files, which are all different. Zero-initialise but for the arena, which
 * holds them. */
struct package_names {
    struct arena *arena;
    struct keyed key;
    struct package_name {
        struct str name;
        uint64_t hash;
    } * slots; /* a table, half of which is free at least */
    size_t room;
    size_t count;
};
void package_names_release(struct package_names *n);
/* Puts the name of the next file into *name; one that came before gets "_" behind it, and once more
 * until it is new. False: it would be longer than a member's name may be. */
bool package_names_add(struct package_names *n, struct str path, struct str *name);
