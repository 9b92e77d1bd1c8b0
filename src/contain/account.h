/* account.h: the accounts of /etc/passwd and /etc/shadow (passwd(5), shadow(5)), read directly: a
 * program that is linked statically has no name service. */
#pragma once
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

struct account {
    struct str name;
    uint32_t uid;
    uint32_t gid;
    struct str home;
};

/* ERR_NOTFOUND: /etc/passwd has none of that name; ERR_FORMAT, ERR_IO. */
MUST_CHECK int account_find(struct arena *a, struct str name, struct account *out, struct err *e);
/* ERR_GATE: it is the one through which the person works here. */
MUST_CHECK int account_judge(const struct account *account, struct err *e);
