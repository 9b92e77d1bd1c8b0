/* order_input.h: what calm says, read as far as it is needed. */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum { ORDER_LINE_SIZE = 512 };

struct order_input {
    int fd;
    struct buf bytes; /* what was read and not yet used */
    size_t used;
};
void order_input_release(struct order_input *s);
/* One line without its end. 1, 0 at the end, or an error. */
MUST_CHECK int order_input_line(struct order_input *s, char line[ORDER_LINE_SIZE], struct err *e);
/* So many bytes, added to out. */
MUST_CHECK int order_input_bytes(struct order_input *s, size_t size, struct buf *out,
                                 struct err *e);
