/* fuzz_preview_words.c: a helper on a host that may be lost answers what it likes, in lines of text
 * (others end the connection). What people are shown of it has no byte that moves a terminal, and a
 * moment lies between question and answer. */
#include "practice/stop_moment.h"
#include "practice/stop_preview.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char isolate[] =
    "plan 1\nid 000102030405060708090a0b0c0d0e0f\n"
    "case 0000000000000000000000000000000000000000000000000000000000000000\nhost web\n"
    "machine 0000000000000000000000000000000000000000000000000000000000000000\n"
    "action isolate\ntimer 300\nexpiry 0\nallow 10.1.0.9\nend\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str lines = {(const char *)data, size};
    CLEANUP(plan_freep) struct plan *p = NULL;
    CLEANUP_BUF struct buf out = {0};
    struct stop_moment m;
    struct err e;

    for (size_t i = 0; i < size; i++)
        if ((data[i] < ' ' && data[i] != '\n') || data[i] > '~')
            return 0;
    if (plan_read(str_of(isolate), &p, &e) != 0)
        BUG("the plan of this test");
    stop_preview_words(lines, p, STR("measured"), &out);
    for (size_t i = 0; i < out.len; i++)
        if ((unsigned char)out.p[i] < ' ' && out.p[i] != '\n')
            BUG("a control character for people");
    m = stop_moment_read(lines, 1000, 2000);
    if (m.is_measured && (m.first_us < 1000 || m.last_us > 2000 || m.first_us > m.last_us))
        BUG("a moment outside its question and answer");
    return 0;
}
