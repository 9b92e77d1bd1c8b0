/* fuzz_flood_add.c: whatever stands in a log, its requests add up, and a rule names what was
 * counted. */
#include "contain/flood.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct attempt_clock clock = {.now = 1795677850, .zone_s = 3600};
    CLEANUP(flood_freep) struct flood *f = flood_new(1, &clock);
    CLEANUP_BUF struct buf told = {0}, blocked = {0};
    struct str rest = {(const char *)data, size};
    struct flood_verdict v;
    int64_t begin = 0;

    while (rest.len)
        flood_add(f, str_cut(&rest, '\n'));
    (void)flood_begin(f, &begin);
    flood_judge(f, begin, &v);
    if (v.rule_count > FLOOD_RULE_COUNT || v.best >= (int)v.rule_count)
        BUG("a best rule that is none");
    for (size_t i = 0; i < v.rule_count; i++)
        if (v.rules[i].flood_dropped > v.flood || v.rules[i].good_dropped > v.good)
            BUG("a rule that drops more than came");
    flood_tell(f, &v, &told);
    flood_blocked(f, &v, &blocked);
    return 0;
}
