/* timeline_files.h: the files in the case's timeline folder, also those that are not done. */
#pragma once
#include "case/view.h"

/* A new file for the timeline of an item until it is done; *path and *fd are its. Others that make
 * one at the same time have their own. */
MUST_CHECK int timeline_part_open(const char *folder, const struct thing *item, struct buf *path,
                                  int *fd, struct err *e);
/* Removes the files of those who were killed while they made one. */
void timeline_parts_clear(const char *folder);
/* Whether the file of a timeline that is on record lies there. */
bool timeline_is_there(const char *case_folder, const struct thing *timeline);
/* Removes all that were ever made of an item, also what is not done, or not on record. */
MUST_CHECK int timeline_files_remove(const struct view *v, const struct thing *item,
                                     const char *case_folder, struct err *e);
