/* package_place.c: writes the members of a package, each hashed as it goes. */
#include "practice/package_place.h"
#include <unistd.h>
#include "sys/file.h"

void package_place_close(struct package_place *p)
{
    fd_close(p->fd);
    beneath_free(p->folder);
    buf_release(&p->name);
    buf_release(&p->part);
    digest_free(p->digest);
}

int package_place_open(struct package_place *p, const char *path, struct err *e)
{
    int rc = beneath_new(&p->folder, path, e);

    if (rc)
        return rc;
    p->digest = digest_new(DIGEST_SHA256);
    return 0;
}

static int twice(const struct package_place *p, int rc, struct err *e)
{
    return rc == ERR_CONFLICT
               ? err_set(e, ERR_TAMPER, "%s is in the package twice", buf_text(&p->name))
               : rc;
}

int package_place_begin(struct package_place *p, struct str name, struct err *e)
{
    buf_clear(&p->name);
    buf_clear(&p->part);
    buf_addstr(&p->name, name);
    buf_addstr(&p->part, name);
    buf_adds(&p->part, ".part");
    return twice(p, beneath_create(p->folder, buf_text(&p->part), &p->fd, e), e);
}

int package_place_add(struct package_place *p, struct str bytes, struct err *e)
{
    digest_add(p->digest, bytes.p, bytes.len);
    p->bytes += bytes.len;
    return file_write_fd(p->fd, bytes.p, bytes.len, buf_text(&p->name), e);
}

int package_place_end(struct package_place *p, const struct hash *sum, struct err *e)
{
    uint8_t got[64];
    int rc = fsync(p->fd) < 0 ? err_errno(e, "cannot make %s durable", buf_text(&p->name)) : 0;

    fd_close(p->fd);
    p->fd = -1;
    digest_end(p->digest, got);
    if (rc == 0 && sum && memcmp(got, sum->b, sizeof(sum->b)) != 0)
        rc = err_set(e, ERR_TAMPER,
                     "%s is not what the package itself says: its SHA-256 is another one",
                     buf_text(&p->name));
    if (rc == 0)
        rc = twice(p, beneath_rename(p->folder, buf_text(&p->part), buf_text(&p->name), e), e);
    if (rc == 0)
        p->files++;
    return rc;
}
