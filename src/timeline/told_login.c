/* told_login.c: a login as a line that told_lines.h knows. */
#include "timeline/told_login.h"
#include "timeline/told_lines.h"

bool told_login_add(struct reader *r, const struct told_login *l)
{
    CLEANUP_BUF struct buf line = {0};

    if (!r->told)
        return true;
    buf_addf(&line, "login\t%lld\t%lld\t", (long long)l->ns, (long long)l->pid);
    buf_addstr(&line, l->user);
    buf_addc(&line, '\t');
    buf_addstr(&line, l->terminal);
    return told_lines_add(r->told, buf_str(&line));
}
