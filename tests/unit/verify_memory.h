/* verify_memory.h: memory for libcrypto that ends when a test says so; set by
 * CRYPTO_set_mem_functions. */
#pragma once
#include <stdlib.h>

/* libcrypto's memory: the call numbered `fails_at` from 1 on yields none. */
static _Thread_local size_t calls;
static _Thread_local size_t fails_at;

static void *crypto_get(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return ++calls == fails_at ? NULL : malloc(size);
}

static void *crypto_resize(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return ++calls == fails_at ? NULL : realloc(old, size);
}

static void crypto_drop(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}
