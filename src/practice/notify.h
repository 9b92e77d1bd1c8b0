/* notify.h: who was told, and the legal deadlines, for the screens and the report. */
#pragma once
#include "practice/practice.h"

extern const char
    *const notify_wanted[]; /* the roles that must be told in every incident; ends with NULL */
/* The person who holds a role (NULL: nobody named), and whether they were told. */
bool notify_role_is_told(const struct view *v, const char *role, const struct thing **person);

extern const struct kind notify_contact_kind, notify_channel_kind, notify_message_kind;

extern const struct kind deadline_kind;
/* Adds running deadlines to what is missing, and to the next step when one is near. */
void deadline_status(const struct view *v, struct practice_status *out);
/* The running deadlines, the nearest first, as lines "GDPR: 70 h 56 min left, started by ana at
 * 03:20"; returns how many. */
size_t deadline_lines(const struct view *v, struct buf *out);
