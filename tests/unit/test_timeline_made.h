/* test_timeline_made.h: events that a seed makes, and how their state is spelled. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include "base/mem.h"
#include "base/str.h"
#include "test_timeline_seed.h"
#include "timeline/event.h"

/* An event that a test made, and holds. */
struct made {
    int64_t ns;
    uint8_t precision, doubt, meaning;
    uint64_t at, line;
    size_t count;
    struct made_field {
        char name[40];
        char *value;
        size_t size;
        uint32_t same;
    } * fields;
};

static const char *const field_samples[] = {
    "user.name", "message", "source.ip", "state", "time",        "place", "line",
    "a\tb",      "c\nd",    "e\\f",      "\x7Fg", "x.\xC3\xA4n", "y z",   "q\\x41"};

static void made_release(struct made *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->fields[i].value);
    free(m->fields);
}

static void make_value(struct made_field *f, uint64_t *seed)
{
    uint64_t kind = seed_below(seed, 20);
    size_t size = 1 + (size_t)seed_below(seed, kind == 0 ? 3000 : 12);

    f->value = mem_alloc(size + 1);
    f->size = size;
    for (size_t i = 0; i < size; i++)
        f->value[i] = (char)(kind < 8 ? 'a' + seed_below(seed, 2) : seed_below(seed, 256));
}

static void make_event(struct made *m, uint64_t *seed, size_t most)
{
    *m = (struct made){.ns = (int64_t)(seed_below(seed, 4)
                                           ? 1764000000000000000 + seed_below(seed, 1000000000000)
                                           : seed_next(seed)),
                       .precision = (uint8_t)seed_below(seed, TIME_COUNT_),
                       .doubt = (uint8_t)seed_below(seed, 256),
                       .meaning = (uint8_t)seed_below(seed, MEANING_COUNT_),
                       .at = seed_below(seed, 8) ? seed_below(seed, 1000000) : seed_next(seed),
                       .line = seed_below(seed, 8) ? seed_below(seed, 1000) : seed_next(seed)};
    m->count = (size_t)seed_below(seed, most + 1);
    m->fields = mem_array(m->count ? m->count : 1, sizeof(m->fields[0]));
    for (size_t i = 0; i < m->count; i++) {
        struct made_field *f = &m->fields[i];

        if (seed_below(seed, 2))
            snprintf(f->name, sizeof(f->name), "%s",
                     field_samples[seed_below(seed, COUNT_OF(field_samples))]);
        else
            snprintf(f->name, sizeof(f->name), "f.%u", (unsigned)seed_below(seed, 200));
        make_value(f, seed);
    }
}

static struct made *make_all(size_t count, size_t most, uint64_t seed)
{
    struct made *all = mem_array(count ? count : 1, sizeof(all[0]));

    for (size_t i = 0; i < count; i++)
        make_event(&all[i], &seed, most);
    return all;
}

static void free_all(struct made *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        made_release(&all[i]);
    free(all);
}

/* Section 1 has the names, in its own order. */
static void add_state(struct buf *out, const struct made *m)
{
    static const char *const precisions[] = {"none", "ns", "100ns", "us", "ms",
                                             "s",    "2s", "min",   "day"};
    static const char *const meanings[] = {"logged",
                                           "created",
                                           "modified",
                                           "accessed",
                                           "changed",
                                           "deleted",
                                           "started",
                                           "ended",
                                           "signed",
                                           "last-login",
                                           "modified,accessed",
                                           "modified,changed",
                                           "modified,created",
                                           "accessed,changed",
                                           "accessed,created",
                                           "changed,created",
                                           "modified,accessed,changed",
                                           "modified,accessed,created",
                                           "modified,changed,created",
                                           "accessed,changed,created",
                                           "modified,accessed,changed,created"};

    buf_adds(out, precisions[m->precision]);
    buf_addc(out, '\0');
    for (int i = 0; i < 8; i++)
        if (m->doubt >> i & 1)
            buf_addc(out, EVENT_DOUBT_LETTERS[i]);
    buf_addc(out, '\0');
    buf_adds(out, meanings[m->meaning]);
    buf_addc(out, '\0');
}
