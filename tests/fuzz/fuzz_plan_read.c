/* fuzz_plan_read.c: a plan that is read is written as it was, and no device's script breaks out of
 * what it is told: each ends, or says what it cannot carry. */
#include <string.h>
#include "contain/action.h"
#include "contain/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The device runs a script line by line: a byte that ends a line or hides one has no place there.
 */
static void check_script(const struct buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->p[i];

        if ((c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
            BUG("a control character in a script");
    }
}

static void write_scripts(const struct plan *p)
{
    static const struct net host = {.size = 4, .prefix = 32, .bytes = {192, 0, 2, 10}};
    struct device_place place = {
        .hosts = &host, .host_count = 1, .port = STR("port1"), .now_s = 1790000000};

    for (int itself = 0; itself < 2; itself++) {
        place.is_host_itself = itself;
        for (size_t i = 0; contain_devices[i]; i++) {
            CLEANUP_DEVICE_SCRIPT struct device_script s = {.apply = {0}};
            struct err e;

            if (device_write(contain_devices[i], p, &place, &s, &e) != 0)
                continue;
            check_script(&s.apply);
            check_script(&s.check);
            check_script(&s.undo);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    CLEANUP(plan_freep) struct plan *p = NULL;
    CLEANUP_BUF struct buf again = {0};
    struct err e;

    if (plan_read(text, &p, &e) != 0)
        return 0;
    plan_write(p, &again);
    if (again.len != size || memcmp(again.p, data, size) != 0)
        BUG("a plan with two spellings");
    write_scripts(p);
    return 0;
}
