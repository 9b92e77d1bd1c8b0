/* mem.h: memory that is there or the program stops, and arenas that are freed as one.
 *
 * No size that comes from a file or a socket may reach these functions before it was checked
 * against base/limits.h. */
#pragma once
#include <stddef.h>
#include "base/compiler.h"

void *mem_alloc(size_t size);               /* zeroed; aborts when there is none; free() it */
void *mem_pages(size_t size);               /* as mem_alloc, aligned to 4,096 */
void *mem_array(size_t count, size_t size); /* as mem_alloc; aborts on overflow */
void *mem_resize(void *old, size_t count, size_t size); /* the added part is not zeroed */
#define mem_new(type) ((type *)mem_alloc(sizeof(type)))
char *mem_strdup(const char *text);
char *mem_dup(const void *bytes, size_t size); /* with a NUL behind */
void mem_wipe(void *bytes, size_t size);       /* zeroes; is never optimised away */

static inline UNUSED void mem_freep(void *local)
{
    free(*(void **)local);
}
#define CLEANUP_FREE CLEANUP(mem_freep)

/* Makes room for one more item: array points to items of that size, count are in use, *room are
 * there. */
void *mem_grow(void *array, size_t count, size_t *room, size_t size);

struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is fine; frees all that was taken from it */
DEFINE_CLEANUP(struct arena *, arena_free)
void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned for any type */
#define arena_new_in(a, type) ((type *)arena_alloc(a, sizeof(type)))
char *arena_dup(struct arena *a, const void *bytes, size_t size); /* with a NUL behind */
char *arena_strdup(struct arena *a, const char *text);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
