/* timeless.c: finds the rows of a block that lie at 1970-01-01 for want of a time. */
#include "timeline/timeless.h"

static struct str value_at(const struct values *v, uint32_t i)
{
    return v->values[v->items ? v->items[i] : i];
}

int block_timeless(struct block *b, struct rows *out, struct err *e)
{
    const struct values *state = NULL;
    const int64_t *stored;
    int rc = block_times(b, &stored, e);

    for (size_t row = 0; rc == 0 && row < block_rows(b); row++) {
        if (stored[row])
            continue;
        rc = state ? 0 : block_states(b, &state, e);
        if (rc == 0 && state->first[row] < state->first[row + 1] &&
            str_starts(value_at(state, state->first[row]), event_precision_names[TIME_NONE]))
            rows_set(out, row);
    }
    return rc;
}
