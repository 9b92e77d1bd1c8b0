/* backup.h: which backups there are, what they cover, and how they are held. */
#pragma once
#include "practice/practice.h"

extern const struct kind backup_kind;
extern const struct operation preserve_backup, preserve_backups;
/* Adds "; backup nas-daily: pause the job in the console, call Jan Falk" for those that cover a
 * system. */
void backup_say(const struct view *v, const struct thing *system, struct buf *out);
