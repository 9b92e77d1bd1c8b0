/* flood.c: counts requests by source, agent and path. */
#include "contain/flood_internal.h"
#include <string.h>

/* The multiplier of Fibonacci hashing; a seed drawn for each count keeps a sender from choosing
 * addresses that all fall together. */
#define SPREAD 0x9e3779b97f4a7c15u

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * SPREAD;
    return h ^ h >> 29;
}

static uint64_t hash_of(const struct flood *f, const char *p, size_t len)
{
    uint64_t h = mix(f->seed, len), word = 0;

    for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        h = mix(h, word);
    }
    word = 0;
    memcpy(&word, p, len);
    h = mix(h, word);
    return mix(h, h >> 32);
}

struct flood *flood_new(uint64_t seed, const struct attempt_clock *clock)
{
    struct flood *f = mem_new(struct flood);

    f->seed = seed | 1;
    f->attempt_clock = *clock;
    f->slot_count = FIRST_SLOTS;
    f->slots = mem_array(f->slot_count, sizeof(*f->slots));
    f->agents.words = mem_array(WORD_SLOTS, sizeof(struct flood_word));
    f->paths.words = mem_array(WORD_SLOTS, sizeof(struct flood_word));
    return f;
}

void flood_free(struct flood *f)
{
    if (!f)
        return;
    free(f->slots);
    free(f->sources);
    free(f->requests);
    free(f->agents.words);
    free(f->paths.words);
    free(f);
}

/* Slots hold the number of a source and 1; 0 is free. */
static uint32_t *slot_of(struct flood *f, const struct net *n)
{
    size_t mask = f->slot_count - 1;
    size_t at = hash_of(f, (const char *)n->bytes, n->size) & mask;

    while (f->slots[at]) {
        const struct flood_source *s = &f->sources[f->slots[at] - 1];

        if (s->size == n->size && memcmp(s->bytes, n->bytes, sizeof(s->bytes)) == 0)
            break;
        at = (at + 1) & mask;
    }
    return &f->slots[at];
}

static struct net net_of(const struct flood_source *s)
{
    struct net n = {.size = s->size, .prefix = (uint8_t)(s->size * 8)};

    memcpy(n.bytes, s->bytes, sizeof(n.bytes));
    return n;
}

static void grow_slots(struct flood *f)
{
    free(f->slots);
    f->slot_count *= 2;
    f->slots = mem_array(f->slot_count, sizeof(*f->slots));
    for (size_t i = 0; i < f->source_count; i++) {
        struct net n = net_of(&f->sources[i]);

        *slot_of(f, &n) = (uint32_t)i + 1;
    }
}

/* NULL: there are too many. */
static struct flood_source *source_of(struct flood *f, const struct net *n)
{
    uint32_t *slot = slot_of(f, n);

    if (*slot)
        return &f->sources[*slot - 1];
    if (f->source_count == FLOOD_SOURCE_COUNT)
        return NULL;
    if ((f->source_count + 1) * 2 > f->slot_count) {
        grow_slots(f);
        slot = slot_of(f, n);
    }
    f->sources = mem_grow(f->sources, f->source_count, &f->source_room, sizeof(*f->sources));
    f->sources[f->source_count] = (struct flood_source){.size = n->size};
    memcpy(f->sources[f->source_count].bytes, n->bytes, sizeof(n->bytes));
    *slot = (uint32_t)++f->source_count;
    return &f->sources[f->source_count - 1];
}

/* Lossy counting (Manku and Motwani 2002): when the table is full, what was seen least is
 * forgotten. What makes up a noticeable part of all is never lost. */
static void forget_rare(struct flood_words *w)
{
    CLEANUP_FREE struct flood_word *old = w->words;

    w->words = mem_array(WORD_SLOTS, sizeof(struct flood_word));
    w->count = 0;
    w->lost++;
    for (size_t i = 0; i < WORD_SLOTS; i++) {
        size_t at = old[i].hash & (WORD_SLOTS - 1);

        if (old[i].count <= w->lost)
            continue;
        while (w->words[at].count)
            at = (at + 1) & (WORD_SLOTS - 1);
        w->words[at] = old[i];
        w->count++;
    }
}

/* What a line does not say, as a Common Log Format one says no agent, is not counted. */
static void count_word(struct flood *f, struct flood_words *w, struct str text)
{
    uint64_t hash;
    size_t at;

    if (!text.len)
        return;
    while (w->count * 4 > WORD_SLOTS * 3)
        forget_rare(w);
    hash = hash_of(f, text.p, text.len);
    at = hash & (WORD_SLOTS - 1);
    while (w->words[at].count && w->words[at].hash != hash)
        at = (at + 1) & (WORD_SLOTS - 1);
    if (!w->words[at].count) {
        struct str head = str_head(text, sizeof(w->words[at].text));

        w->words[at].hash = hash;
        w->words[at].len = (uint8_t)head.len;
        memcpy(w->words[at].text, head.p, head.len);
        w->count++;
    }
    w->words[at].count++;
}

static void keep_request(struct flood *f, const struct flood_source *s, int64_t second)
{
    struct flood_request r = {.source = (uint32_t)(s - f->sources)};

    if (f->request_total == 0)
        f->base = second;
    f->request_total++;
    if (second - f->base < INT32_MIN || second - f->base > INT32_MAX)
        return;
    r.at = (int32_t)(second - f->base);
    if (f->request_count == FLOOD_REQUEST_COUNT)
        return;
    f->requests = mem_grow(f->requests, f->request_count, &f->request_room, sizeof(r));
    f->requests[f->request_count++] = r;
}

static struct flood_source *begin_count(struct flood *f, const struct net *source)
{
    struct flood_source *s = source_of(f, source);

    f->uncounted += s == NULL;
    return s;
}

static bool is_log(struct flood *f, enum flood_log log)
{
    if (f->log == FLOOD_LOG_UNKNOWN)
        f->log = log;
    return f->log == log;
}

static bool add_request(struct flood *f, struct str line)
{
    struct flood_source *s;
    struct flood_line l;

    if (f->log == FLOOD_LOG_ATTEMPTS || !flood_line_read(line, &f->clock, &l) ||
        !is_log(f, FLOOD_LOG_REQUESTS))
        return false;
    s = begin_count(f, &l.source);
    if (!s)
        return true;
    s->count++;
    keep_request(f, s, l.second);
    count_word(f, &f->agents, l.agent);
    count_word(f, &f->paths, l.path);
    return true;
}

static bool add_attempt(struct flood *f, struct str line)
{
    struct attempt_line l;
    enum attempt what;
    struct flood_source *s;

    if (f->log == FLOOD_LOG_REQUESTS)
        return false;
    what = attempt_line_read(line, &f->attempt_clock, &l);
    if (what == ATTEMPT_NO_LINE || what == ATTEMPT_NONE)
        return what == ATTEMPT_NONE;
    (void)is_log(f, FLOOD_LOG_ATTEMPTS);
    s = begin_count(f, &l.source);
    if (!s)
        return true;
    if (what == ATTEMPT_ACCEPTED) {
        s->accepted++;
        f->accepted++;
        return true;
    }
    for (uint32_t i = 0; i < l.count; i++) {
        s->count++;
        keep_request(f, s, l.second);
        count_word(f, &f->agents, l.user);
    }
    return true;
}

void flood_add(struct flood *f, struct str line)
{
    if (line.len && !add_request(f, line) && !add_attempt(f, line))
        f->unread++;
}

bool flood_is_attempts(const struct flood *f)
{
    return f->log == FLOOD_LOG_ATTEMPTS;
}
