/* mem.c: allocation that ends the program with "could not check" where none is left. */
#include "verify/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
    static const char text[] = "calm-verify: there is not enough memory to check this\n";
    ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);

    (void)n; /* nothing more can be done about it */
    _exit(4);
}

void *mem_get(size_t count, size_t size)
{
    void *p = calloc(count > 0 ? count : 1, size);

    if (p == NULL)
        out_of_memory();
    return p;
}

void mem_reserve(void *items, size_t *room, size_t count, size_t size)
{
    size_t more =
        *room * 2; /* so that n appends cost n; no block has more than SIZE_MAX / 2 bytes */
    size_t bytes = 0;
    void *old = NULL;
    char *p = NULL;

    if (count <= *room)
        return;
    more = more > count ? more : count;
    more = more > 16 ? more : 16;
    if (__builtin_mul_overflow(more, size, &bytes))
        out_of_memory();
    memcpy(&old, items, sizeof old);
    p = realloc(old, bytes);
    if (p == NULL)
        out_of_memory();
    memset(p + *room * size, 0, (more - *room) * size);
    memcpy(items, &p, sizeof p);
    *room = more;
}

void mem_drop(void *pp)
{
    void *p = NULL;

    memcpy(&p, pp, sizeof p);
    free(p);
}
