/* noticed_codes.c: what a collection may notice by itself, as observed.def lists it. */
#include "collect/collect.h"
#include "base/mem.h"

size_t collect_noticed(const struct collect_noticed **out)
{
    static const struct collect_noticed rows[] = {
#define OBSERVATION(code, weight, hint, harmless) {code, weight, hint, harmless},
#include "collect/observed.def"
#undef OBSERVATION
    };

    *out = rows;
    return COUNT_OF(rows);
}
