/* order.h: what calm asks of the helper, one order after another, over two descriptors
 * (doc/format/containment.md section 3). */
#pragma once
#include "base/err.h"

struct order_source {
    int in;
    int out;
    const char *folder; /* of the ledger */
};

/* Serves until the input ends. 0, or the error that ended it; what an order itself got wrong is
 * told to who asked, and goes on. A plan that was prepared and not begun is forgotten at the end.
 */
MUST_CHECK int order_serve(const struct order_source *source, struct err *e);
