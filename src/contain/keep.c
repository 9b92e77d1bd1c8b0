/* keep.c: copies what an action keeps. */
#include "contain/keep.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "contain/action.h"
#include "sys/file.h"

enum { LOCK_MS = 10000 };

/* The folder is made, and its owner and mode are looked at, as for whatever lies in it. */
static int make_folder(const char *folder, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};

    return ledger_open(&l, folder, LOCK_MS, e);
}

int keep_make(struct keep *k, const char *folder, const struct plan *p, struct buf *before,
              struct err *e)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char digits[33] = {0};
    int rc = make_folder(folder, e);

    if (rc)
        return rc;
    hex_write(digits, p->id.b, sizeof(p->id.b));
    snprintf(k->to, sizeof(k->to), "%s/%s/" LEDGER_KEPT, folder, digits);
    snprintf(k->from, sizeof(k->from), "%s/" LEDGER_COPY "%s", folder, digits);
    k->fd = open(k->from, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (k->fd < 0) {
        rc = errno == EEXIST ? err_set(e, ERR_CONFLICT, "this plan is being prepared here already")
                             : err_errno(e, "cannot make %s", k->from);
        k->from[0] = '\0'; /* another's, if any */
        return rc;
    }
    if (fcntl(k->fd, F_OFD_SETLK, &lock) < 0)
        return err_errno(e, "cannot lock %s", k->from);
    rc = p->action->keep(p, k->fd, k->to, before, e);
    if (rc == 0 && fsync(k->fd) < 0)
        rc = err_errno(e, "cannot make %s durable", k->from);
    return rc;
}

int keep_place(struct keep *k, struct ledger *l, const struct plan *p, struct err *e)
{
    char folder[sizeof(k->to)];
    int rc;

    if (!k->from[0])
        return 0;
    if (ledger_find(l, &p->id))
        return err_set(e, ERR_CONFLICT, "this plan was prepared on this host before");
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(k->to, '/') - k->to), k->to);
    rc = folder_make(folder, 0700, e);
    if (rc == 0 && rename(k->from, k->to) < 0)
        rc = err_errno(e, "cannot move %s to %s", k->from, k->to);
    if (rc == 0)
        k->from[0] = '\0';
    return rc ? rc : folder_sync(folder, e);
}

void keep_release(struct keep *k)
{
    if (k->from[0])
        (void)unlink(k->from);
    fd_close(k->fd);
}
