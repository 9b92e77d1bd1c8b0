/* own_zone.h: the zone that a machine has by its own settings, where evidence shows it and times
 * without one are read as UTC. */
#pragma once
#include "base/str.h"

enum { OWN_ZONE_WORDS_SIZE = 512 };

/* By the link etc/localtime: "Europe/Berlin" of "/usr/share/zoneinfo/Europe/Berlin". False: it is
 * another file, it leads to no zone, or to one that is UTC. *zone is borrowed of target. */
bool own_zone_of_link(struct str path, struct str target, struct str *zone);
/* The name of a zone, of a hostile source, that is none of UTC's. */
bool own_zone_is_one(struct str zone);
/* What is told of it, as a notice. where: what shows it, a text. */
void own_zone_words(struct str zone, const char *where, char out[OWN_ZONE_WORDS_SIZE]);
/* The same of what lies below a folder within, which is no machine of its own for certain. */
void own_zone_words_below(struct str zone, struct str folder, char out[OWN_ZONE_WORDS_SIZE]);
