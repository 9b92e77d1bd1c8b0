/* walk_zones.h: zones of machines that links in an archive show: the one of the machine, and those
 * of what lies in it, as containers do. */
#pragma once
#include "timeline/own_zone.h"

enum { WALK_ZONES_MOST = 16, WALK_ZONE_PATH = 160, WALK_ZONE_NAME = 64 };

struct walk_zones {
    struct walk_zone {
        unsigned depth;                                        /* of folders around etc/localtime */
        char folder[WALK_ZONE_PATH], zone[WALK_ZONE_NAME + 1]; /* folder: around it; empty: it has
                                                                  no name that can be told */
    } of[WALK_ZONES_MOST];
    size_t count;
};
/* A link etc/localtime, by its whole path, leads to this zone. */
void walk_zones_see(struct walk_zones *z, struct str path, struct str zone);
/* What is told of the i-th, as a remark: that it is the machine's where no other lies less deep. */
void walk_zones_words(const struct walk_zones *z, size_t i, char out[OWN_ZONE_WORDS_SIZE]);
