/* system_host.h: which system of the case a host is, by the names that both have. */
#pragma once
#include "practice/practice.h"

/* "web1" and "web1.example.org" are one host. */
bool system_same_host(struct str a, struct str b);
/* The system is called so, or known to have that name for itself. */
bool system_has_host(const struct thing *system, struct str host);
/* A name that is given finds its system as everywhere; without one, the system that the host is.
 * NULL: it is not on the list, and a name that fits none is a new system's. */
const struct thing *system_find(const struct view *v, struct str name, struct str host);
/* Drafts a system that is not on the list, called by the name or, without one, by the host; what
 * no file name has is _ then, and the host's own name stands beside it. */
struct id system_draft(struct decision *d, struct str name, struct str host);
