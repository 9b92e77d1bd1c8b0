/* fuzz_console_look.c: a device says what it likes on its terminal. Whatever it is, what is found
 * in it is part of it, without a byte that moves a terminal. The first byte chooses the device. */
#include <string.h>
#include "contain/device_console.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct device_ssh *d, struct str said)
{
    CLEANUP_BUF struct buf stem = {0};
    CLEANUP_BUF struct buf error = {0};
    const char *answer = NULL;
    enum device_waits waits = device_console_look(d, said, STR(""), &answer);

    if ((waits == DEVICE_WAITS_QUESTION) != (answer != NULL))
        BUG("a question without an answer");
    device_console_stem(said, &stem);
    device_console_error(d, said, &error);
    if (stem.len > DEVICE_STEM_SIZE)
        BUG("a stem that is too long");
    for (size_t i = 0; i < error.len; i++)
        if ((unsigned char)error.p[i] < ' ' || error.p[i] == 0x7f)
            BUG("a control character in an error");
    if (waits == DEVICE_WAITS_LINE &&
        device_console_look(d, said, buf_str(&stem), &answer) != DEVICE_WAITS_LINE)
        BUG("a prompt that does not begin as itself");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"ios", "junos", "routeros"};

    if (size)
        judge(contain_device(str_of(names[data[0] % COUNT_OF(names)]))->ssh,
              (struct str){(const char *)data + 1, size - 1});
    return 0;
}
