/* freezer.h: groups of processes that stand still, by cgroup v2 (cgroups(7)). A change has a group
 * named by its id below each group that its processes were in, so that where they belong is kept by
 * where they are: the kernel's own tree is the ledger, and nothing is lost when we are killed. */
#pragma once
#include "base/hash.h"
#include "contain/process.h"

/* NULL: this host has no cgroup v2. */
const char *freezer_root(void);

enum freezer_place { FREEZER_FREE, FREEZER_OURS, FREEZER_OTHER };
/* Is the process in a group of this change, of another change, or of none? */
enum freezer_place freezer_where(pid_t pid, const struct id *id);

/* Moves it into this change's group, where it stands still at once. 0 also where it has ended.
 * ERR_IO: the kernel refuses. */
MUST_CHECK int freezer_add(const struct process *p, const struct id *id, struct err *e);
/* Waits until all that is in this change's groups stands still. ERR_IO after 10 s. */
MUST_CHECK int freezer_wait(const struct id *id, struct err *e);
/* Moves all back to where they were and removes the groups. Where there are none that is right. */
MUST_CHECK int freezer_release(const struct id *id, struct err *e);
/* Ends what is still in them and removes them. */
MUST_CHECK int freezer_end(const struct id *id, struct err *e);
