/* machine.c: which machine this is, by /etc/machine-id. */
#include "contain/machine.h"
#include "sys/file.h"

int machine_read(struct hash *out, struct err *e)
{
    CLEANUP_BUF struct buf machine = {0};
    struct str id;
    int rc = file_read(&machine, "/etc/machine-id", 128, e);

    if (rc)
        return rc;
    id = str_trim(buf_str(&machine));
    *out = id.len ? hash_bytes(id.p, id.len) : hash_zero;
    return 0;
}

int machine_check(const struct plan *p, struct err *e)
{
    struct hash mine;
    int rc;

    if (hash_eq(&p->machine, &hash_zero))
        return 0;
    rc = machine_read(&mine, e);
    if (rc)
        return rc;
    if (!hash_eq(&mine, &p->machine))
        return err_set(e, ERR_GATE, "this plan is for another host (\"" STR_FMT "\")",
                       STR_ARG(p->host));
    return 0;
}
