/* order_input.c: takes orders and what stands behind them off a descriptor. */
#include "contain/order_input.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* More input; 0 at its end. */
static int fill(struct order_input *s, struct err *e)
{
    char bytes[16384];
    ssize_t n;

    do
        n = read(s->fd, bytes, sizeof(bytes));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(e, "cannot read an order");
    if (s->used) {
        memmove(s->bytes.p, s->bytes.p + s->used, s->bytes.len - s->used);
        s->bytes.len -= s->used;
        s->used = 0;
    }
    buf_add(&s->bytes, bytes, (size_t)n);
    return n > 0;
}

int order_input_line(struct order_input *s, char line[ORDER_LINE_SIZE], struct err *e)
{
    for (;;) {
        struct str rest = str_from(buf_str(&s->bytes), s->used);
        const char *end = rest.len ? memchr(rest.p, '\n', rest.len) : NULL;
        int rc;

        if (end) {
            size_t len = (size_t)(end - rest.p);

            if (len >= ORDER_LINE_SIZE)
                return err_set(e, ERR_FORMAT, "an order's line is too long");
            memcpy(line, rest.p, len);
            line[len] = '\0';
            s->used += len + 1;
            return 1;
        }
        if (rest.len >= ORDER_LINE_SIZE)
            return err_set(e, ERR_FORMAT, "an order's line is too long");
        rc = fill(s, e);
        if (rc <= 0)
            return rc;
    }
}

int order_input_bytes(struct order_input *s, size_t size, struct buf *out, struct err *e)
{
    while (s->bytes.len - s->used < size) {
        int rc = fill(s, e);

        if (rc < 0)
            return rc;
        if (rc == 0)
            return err_set(e, ERR_FORMAT, "an order was cut");
    }
    buf_add(out, s->bytes.p + s->used, size);
    s->used += size;
    return 0;
}

void order_input_release(struct order_input *s)
{
    buf_release(&s->bytes);
}
