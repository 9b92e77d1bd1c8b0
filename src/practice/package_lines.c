/* package_lines.c: the lines of a package's journal, openings and list, one after another. */
#include <errno.h>
#include <unistd.h>
#include "practice/package_items_read.h"

enum { CHUNK = 1 << 18 };

void hold_lines_release(struct hold_lines *l)
{
    buf_release(&l->bytes);
}

/* Puts more behind what was not taken yet. */
static int fill(struct hold_lines *l, struct err *e)
{
    ssize_t n;

    if (l->at) {
        l->bytes.len -= l->at;
        memmove(l->bytes.p, l->bytes.p + l->at, l->bytes.len);
        l->at = 0;
    }
    do
        n = read(l->fd, buf_room(&l->bytes, CHUNK), CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(e, "%s cannot be read", l->name);
    l->bytes.len += (size_t)n;
    l->is_at_end = n == 0;
    return 0;
}

int hold_lines_next(struct hold_lines *l, struct str *line, struct err *e)
{
    size_t seen = 0;

    for (;;) {
        struct str rest = str_from(buf_str(&l->bytes), l->at);
        const char *end = rest.len > seen ? memchr(rest.p + seen, '\n', rest.len - seen) : NULL;
        size_t len = end ? (size_t)(end - rest.p) : rest.len;
        int rc;

        if (len > l->line_max)
            return err_set(e, ERR_FORMAT, "line %llu of %s is longer than a line may be",
                           (unsigned long long)l->number + 1, l->name);
        if (end) {
            *line = str_head(rest, len);
            l->at += len + 1;
            l->number++;
            return 1;
        }
        if (l->is_at_end && len)
            return err_set(e, ERR_FORMAT, "the last line of %s has no end", l->name);
        if (l->is_at_end)
            return 0;
        seen = len;
        rc = fill(l, e);
        if (rc)
            return rc;
    }
}
