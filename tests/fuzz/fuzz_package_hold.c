/* fuzz_package_hold.c: whatever journal, openings and list a package has, its evidence is held
 * against them, or they are refused with a reason, and what is said of it the other half takes. The
 * three are parted by lines "===". */
#include <unistd.h>
#include "practice/package_hold.h"
#include "sys/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int hear(void *context, uint32_t kind, struct str row, struct err *e)
{
    if (import_receive(context, kind, row, e))
        BUG("a row is sent that is not taken: %s", e->text);
    return 0;
}

/* The part before the next line "===", which is taken off. */
static int take_part(struct str *rest)
{
    static const char mark[] = "===\n";
    const char *end = rest->len ? memmem(rest->p, rest->len, mark, sizeof(mark) - 1) : NULL;
    struct str part = str_head(*rest, end ? (size_t)(end - rest->p) : rest->len);
    int fd = -1;

    if (import_memory(&fd, part, NULL))
        BUG("there is no memory");
    *rest = str_from(*rest, part.len + (end ? sizeof(mark) - 1 : 0));
    return fd;
}

static void check(const struct package_held *h)
{
    if (!h->is_whole || h->without.total > h->items || h->same.total > h->items)
        BUG("more is told than there is");
    if (h->items == 0 && h->wrong.total == 0)
        BUG("nothing is held, and nothing wrong with it");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct package_held held = {.arena = arena_new()};
    struct import_reader reader = {.text_counts = hold_row_texts,
                                   .kind_count = HOLD_ROW_COUNT_,
                                   .row = package_held_take,
                                   .context = &held};
    const struct import_sink sink = {hear, &reader};
    int ins[HOLD_INPUT_COUNT];
    struct err e = {0};
    int rc;

    for (size_t i = 0; i < HOLD_INPUT_COUNT; i++)
        ins[i] = take_part(&rest);
    rc = package_hold_job_run(ins, &sink, &e);
    if (rc && !e.text[0])
        BUG("a package is refused without a reason");
    if (rc == 0)
        check(&held);
    for (size_t i = 0; i < HOLD_INPUT_COUNT; i++)
        fd_close(ins[i]);
    package_held_release(&held);
    return 0;
}
