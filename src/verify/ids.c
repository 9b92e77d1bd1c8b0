/* ids.c: open addressing with a keyed hash, since whoever writes a journal chooses its ids. */
#include "verify/ids.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static size_t hash_of(const uint8_t *p, size_t len, const uint8_t secret[16])
{
    uint64_t hash = 0;
    uint8_t out[crypto_shorthash_BYTES];

    crypto_shorthash(out, p, len, secret);
    memcpy(&hash, out, sizeof hash);
    return (size_t)hash;
}

static size_t slots_for(size_t count)
{
    size_t slots = 64;

    while (slots < count * 2)
        slots *= 2;
    return slots;
}

void ids_init(struct ids *t, const uint8_t *first, size_t stride, size_t count)
{
    size_t slots = slots_for(count);

    t->first = first;
    t->stride = stride;
    t->slots = mem_get(slots, sizeof *t->slots);
    t->mask = slots - 1;
    randombytes_buf(t->secret, sizeof t->secret);
}

void ids_release(struct ids *t)
{
    free(t->slots);
}

/* The slot of the id, or the empty one where it belongs. */
static size_t ids_slot(const struct ids *t, const uint8_t id[ID_LEN])
{
    size_t slot = hash_of(id, ID_LEN, t->secret) & t->mask;

    while (t->slots[slot] != 0 &&
           memcmp(t->first + (size_t)(t->slots[slot] - 1) * t->stride, id, ID_LEN) != 0)
        slot = (slot + 1) & t->mask;
    return slot;
}

uint32_t ids_add(struct ids *t, uint32_t index)
{
    size_t slot = ids_slot(t, t->first + (size_t)index * t->stride);

    if (t->slots[slot] == 0)
        t->slots[slot] = index + 1;
    return t->slots[slot] - 1;
}

uint32_t ids_find(const struct ids *t, const uint8_t id[ID_LEN])
{
    return t->slots[ids_slot(t, id)] - 1; /* 0 - 1 is NO_NUMBER */
}

void keys_init(struct keys *t)
{
    memset(t, 0, sizeof *t);
    t->slots = mem_get(64, sizeof *t->slots);
    t->mask = 63;
    randombytes_buf(t->secret, sizeof t->secret);
}

void keys_release(struct keys *t)
{
    free(t->key);
    free(t->slots);
}

static size_t keys_slot(const struct keys *t, const uint8_t key[KEY_LEN])
{
    size_t slot = hash_of(key, KEY_LEN, t->secret) & t->mask;

    while (t->slots[slot] != 0 && memcmp(t->key[t->slots[slot] - 1], key, KEY_LEN) != 0)
        slot = (slot + 1) & t->mask;
    return slot;
}

static void keys_widen(struct keys *t)
{
    free(t->slots);
    t->mask = t->mask * 2 + 1;
    t->slots = mem_get(t->mask + 1, sizeof *t->slots);
    for (size_t i = 0; i < t->count; i++)
        t->slots[keys_slot(t, t->key[i])] = (uint32_t)i + 1;
}

uint32_t keys_number(struct keys *t, const uint8_t key[KEY_LEN])
{
    size_t slot = keys_slot(t, key);

    if (t->slots[slot] != 0)
        return t->slots[slot] - 1;
    mem_reserve(&t->key, &t->room, t->count + 1, KEY_LEN);
    memcpy(t->key[t->count], key, KEY_LEN);
    t->count++;
    t->slots[slot] = (uint32_t)t->count;
    if (t->count * 2 > t->mask)
        keys_widen(t);
    return (uint32_t)t->count - 1;
}

uint32_t keys_find(const struct keys *t, const uint8_t key[KEY_LEN])
{
    return t->slots[keys_slot(t, key)] - 1; /* 0 - 1 is NO_NUMBER */
}
