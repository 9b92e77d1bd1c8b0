/* ids.h: tables from ids and keys to numbers; hostile ones cannot slow them down. */
#pragma once
#include "verify/token.h"

#define NO_NUMBER UINT32_MAX

/* From ids that lie elsewhere, each the member of an array's item, to the index of that item. */
struct ids {
    const uint8_t *first; /* the id of item 0 */
    size_t stride;        /* from one id to the next */
    uint32_t *slots;      /* index + 1, or 0 */
    size_t mask;
    uint8_t secret[16];
};

void ids_init(struct ids *t, const uint8_t *first, size_t stride, size_t count);
void ids_release(struct ids *t);
/* Returns the index under which the id is known: index itself, or that of an earlier one. */
uint32_t ids_add(struct ids *t, uint32_t index);
/* Returns its index or NO_NUMBER. */
uint32_t ids_find(const struct ids *t, const uint8_t id[ID_LEN]);

/* Keys are numbered 0, 1, 2 … in the order in which they are met. */
struct keys {
    uint8_t (*key)[KEY_LEN];
    size_t count;
    size_t room;
    uint32_t *slots;
    size_t mask;
    uint8_t secret[16];
};

void keys_init(struct keys *t);
void keys_release(struct keys *t);
uint32_t keys_number(struct keys *t, const uint8_t key[KEY_LEN]);
/* Returns its number or NO_NUMBER. */
uint32_t keys_find(const struct keys *t, const uint8_t key[KEY_LEN]);
