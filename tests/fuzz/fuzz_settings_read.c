/* fuzz_settings_read.c: whatever is read as settings has accounts of a known kind, and its error
 * never repeats a value. */
#include "notify/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(settings_freep) struct settings *s = NULL;
    const struct account *a;
    struct err e;

    if (settings_parse(&s, "fuzz", (struct str){(const char *)data, size}, &e) != 0)
        return 0;
    for (size_t at = 0; (a = settings_next(s, &at));)
        if (!account_kind(a) || !account_label(a).len || account_wait_s(a) < 5 ||
            account_wait_s(a) > 300)
            BUG("an account that is none");
    return 0;
}
