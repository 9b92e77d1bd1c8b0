/* fuzz_snapshot_read.c: any bytes are refused, or read without a fault; a document does not differ
 * from itself, and what is told of it is UTF-8. */
#include "collect/collect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int see_change(void *context, const struct collect_change *c, struct err *e)
{
    (void)e;
    *(bool *)context |= !str_is(c->section, "coverage");
    if (str_has_utf8_error(c->section) || str_has_utf8_error(c->key) ||
        str_has_utf8_error(c->words))
        BUG("a change is not told in UTF-8");
    return 0;
}

static int see_observation(void *context, const struct collect_observation *o, struct err *e)
{
    (void)context;
    (void)e;
    if (str_has_utf8_error(o->words) || o->words.len == 0 || o->evidence.len == 0)
        BUG("an observation is not told in UTF-8");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char other[] = "{\"section\":\"snapshot\",\"key\":\"calm-snapshot/1\"}\n"
                                "{\"section\":\"account\",\"key\":\"a\",\"uid\":0}\n";
    struct str text = {(const char *)data, size};
    struct collect_head head;
    bool differs = false;
    struct err e;

    if (collect_head(text, &head, &e) != 0)
        return 0;
    if (collect_diff(text, text, see_change, &differs, &e) != 0 || differs)
        BUG("a document differs from itself");
    if (collect_diff(text, str_of(other), see_change, &differs, &e) != 0 ||
        collect_diff(str_of(other), text, see_change, &differs, &e) != 0 ||
        collect_observe(text, see_observation, NULL, &e) != 0)
        BUG("a document that was read is refused");
    return 0;
}
