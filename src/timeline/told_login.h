/* told_login.h: records of logins that a collection has twice: as what its host told of itself, and
 * in the file run/utmp that it took (doc/format/timeline.md section 2, "Bundles"). */
#pragma once
#include "timeline/format.h"

struct told_login {
    int64_t ns;
    struct str user, terminal;
    int64_t pid;
};
/* False: r knows of one that is the same. */
bool told_login_add(struct reader *r, const struct told_login *l);
