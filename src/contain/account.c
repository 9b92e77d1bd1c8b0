/* account.c: finds an account, and the one through which the person works. */
#include "contain/account.h"
#include <unistd.h>
#include "contain/process.h"
#include "sys/file.h"

#define PASSWD "/etc/passwd"

enum { PASSWD_SIZE = 16 << 20 };

static bool read_id(struct str text, uint32_t *out)
{
    uint64_t n;

    if (!str_u64(text, &n) || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

int account_find(struct arena *a, struct str name, struct account *out, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    int rc = file_read(&text, PASSWD, PASSWD_SIZE, e);

    if (rc)
        return rc;
    for (rest = buf_str(&text); rest.len;) {
        struct str line = str_cut(&rest, '\n'), home;
        struct account found = {0};

        if (!str_eq(str_cut(&line, ':'), name))
            continue;
        str_cut(&line, ':'); /* the password */
        if (!read_id(str_cut(&line, ':'), &found.uid) || !read_id(str_cut(&line, ':'), &found.gid))
            return err_set(e, ERR_FORMAT, PASSWD " has a broken line for " STR_FMT, STR_ARG(name));
        str_cut(&line, ':'); /* the full name */
        home = str_cut(&line, ':');
        found.name = (struct str){arena_dup(a, name.p, name.len), name.len};
        found.home = (struct str){arena_dup(a, home.p, home.len), home.len};
        *out = found;
        return 0;
    }
    return err_set(e, ERR_NOTFOUND,
                   PASSWD " has no account \"" STR_FMT "\"; one that comes from a directory (LDAP, "
                          "Active Directory) is held back there",
                   STR_ARG(name));
}

/* Whoever came in with an account of their own works through that; else through root's. */
int account_judge(const struct account *account, struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    bool is_ours = false, has_other = false;
    int rc = processes_read(&l, e);

    for (size_t i = 0; i < l.count && rc == 0; i++) {
        const struct process *p = &l.items[i];

        if (!process_is_ours(&l, p->pid))
            continue;
        is_ours |= p->uids[0] == account->uid;
        has_other |= p->uids[0] != 0;
    }
    if (rc || !is_ours || (account->uid == 0 && has_other))
        return rc;
    return err_set(e, ERR_GATE,
                   "you work through the account \"" STR_FMT
                   "\" right now, and would be locked out; "
                   "nothing was changed",
                   STR_ARG(account->name));
}
