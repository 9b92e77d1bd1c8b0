/* mem.c: allocation that aborts when memory is out, and arenas. */
#include "base/mem.h"
#include <stdalign.h>
#include "base/str.h"

enum { ARENA_FIRST_SIZE = 2 * 1024, ARENA_BLOCK_SIZE = 64 * 1024, PAGE_SIZE = 4096 };

void *mem_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);

    if (!p)
        BUG("out of memory, %zu bytes wanted", size);
    return p;
}

void *mem_pages(size_t size)
{
    size_t whole = (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    void *p = aligned_alloc(PAGE_SIZE, whole ? whole : PAGE_SIZE);

    if (!p)
        BUG("out of memory, %zu bytes wanted", size);
    memset(p, 0, whole);
    return p;
}

void *mem_array(size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        BUG("an array of %zu items of %zu bytes", count, size);
    return mem_alloc(total);
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t total;
    void *p;

    if (__builtin_mul_overflow(count, size, &total))
        BUG("an array of %zu items of %zu bytes", count, size);
    p = realloc(old, total ? total : 1);
    if (!p)
        BUG("out of memory, %zu bytes wanted", total);
    return p;
}

void *mem_grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 8;
    return mem_resize(array, *room, size);
}

char *mem_dup(const void *bytes, size_t size)
{
    char *copy = mem_alloc(size + 1);

    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_dup(text, strlen(text));
}

void mem_wipe(void *bytes, size_t size)
{
    explicit_bzero(bytes, size);
}

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct arena_block *blocks; /* the one being filled is first */
};

struct arena *arena_new(void)
{
    return mem_new(struct arena);
}

void arena_free(struct arena *a)
{
    struct arena_block *block;

    if (!a)
        return;
    while ((block = a->blocks)) {
        a->blocks = block->next;
        free(block);
    }
    free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t wanted = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_block *block = a->blocks;
    void *p;

    if (wanted < size)
        BUG("an allocation of %zu bytes", size);
    if (!block || block->size - block->used < wanted) {
        size_t room = block ? block->size * 4 : ARENA_FIRST_SIZE;

        room = room > ARENA_BLOCK_SIZE ? ARENA_BLOCK_SIZE : room;
        room = wanted > room ? wanted : room;

        block = mem_alloc(sizeof(*block) + room);
        block->size = room;
        block->next = a->blocks;
        a->blocks = block;
    }
    p = block->bytes + block->used;
    block->used += wanted;
    return p;
}

char *arena_dup(struct arena *a, const void *bytes, size_t size)
{
    char *copy = arena_alloc(a, size + 1);

    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_dup(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_list again;
    char *text;
    int len;

    va_start(ap, fmt);
    va_copy(again, ap);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len < 0)
        BUG("cannot format %s", fmt);
    text = arena_alloc(a, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}
