/* zone_names.h: zones by the names that sources state ("Europe/Berlin"): the files of all zones of
 * this machine, as the program gathers them and a worker has them. */
#pragma once
#include "timeline/zone.h"

/* What the program gathers: names, and the files' bytes. */
struct zone_files {
    struct buf index, bytes;
};
enum { ZONE_FILES_MOST = 640 << 10 }; /* of both */
/* A file that another name has, too, is kept once. One that has no more room is left out. */
void zone_files_add(struct zone_files *f, struct str name, struct str bytes);
void zone_files_release(struct zone_files *f);

/* The worker's side; index and bytes are borrowed. */
struct zone_names;
struct zone_names *zone_names_new(struct str index, struct str bytes);
void zone_names_free(struct zone_names *z); /* NULL is fine */
DEFINE_CLEANUP(struct zone_names *, zone_names_free)
/* The zone of that name; NULL: there is none, or no sound one. It stays until the next call. z may
 * be NULL. */
const struct zone *zone_named(struct zone_names *z, struct str name);
