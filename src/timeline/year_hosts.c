/* year_hosts.c: from where to where in a source each host has lines. */
#include "timeline/year_hosts.h"
#include "base/mem.h"

bool host_is_unnamed(struct str name)
{
    return str_is(name, "localhost") || str_is(name, "localhost.localdomain") ||
           str_is(name, "(none)");
}

/* FNV-1a, of 64 bits, as the same in all processes; its upper bits are mixed into the lower. */
static uint64_t hash_of(struct str name)
{
    uint64_t hash = 14695981039346656037U;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (uint8_t)name.p[i]) * 1099511628211U;
    return hash ^ hash >> 32;
}

void year_hosts_release(struct year_hosts *h)
{
    free(h->of);
    *h = (struct year_hosts){0};
}

struct year_hosts *year_hosts_new(void)
{
    return mem_new(struct year_hosts);
}

void year_hosts_free(struct year_hosts *h)
{
    if (h)
        year_hosts_release(h);
    free(h);
}

/* The slot of that host, or the one that it would have; there are more than hosts. */
static uint16_t *slot_of(struct year_hosts *h, uint64_t hash)
{
    size_t i = hash % YEAR_HOST_SLOTS;

    while (h->slots[i] && h->of[h->last_of[h->slots[i] - 1]].hash != hash)
        i = (i + 1) % YEAR_HOST_SLOTS;
    return &h->slots[i];
}

static void push(struct year_hosts *h, const struct year_host *stay, uint32_t host)
{
    h->of = mem_grow(h->of, h->count, &h->room, sizeof(h->of[0]));
    h->of[h->count] = *stay;
    h->of[h->count].host = host;
    h->last_of[host] = (uint32_t)h->count++;
}

/* The first stay of a host. */
static bool push_new(struct year_hosts *h, uint16_t *slot, const struct year_host *stay)
{
    if (h->hosts == YEAR_HOSTS_MOST) {
        h->has_many = true;
        return false;
    }
    push(h, stay, h->hosts);
    *slot = (uint16_t)++h->hosts;
    return true;
}

/* By the first eight bytes and the last ones. */
static struct year_host_kept *kept_of(struct year_hosts *h, const char *name, size_t len)
{
    const size_t size = len < sizeof(uint64_t) ? len : sizeof(uint64_t);
    uint64_t first = 0, last = 0;

    memcpy(&first, name, size);
    memcpy(&last, name + len - size, size);
    return &h->kept[((first + (last << 7 | last >> 57)) * 0x9E3779B97F4A7C15U >> 32) %
                    YEAR_HOSTS_KEPT];
}

static void keep(struct year_hosts *h, struct str name, size_t host)
{
    struct year_host_kept *k;

    if (name.len == 0 || name.len > YEAR_HOST_SIZE)
        return;
    k = kept_of(h, name.p, name.len);
    memcpy(k->name, name.p, name.len);
    k->len = (uint8_t)name.len;
    k->host = (uint16_t)host;
}

/* Of a host that is known. */
static void see(struct year_hosts *h, uint32_t host, uint64_t at)
{
    struct year_host *stay = &h->of[h->last_of[host]];

    if (stay->last < h->from && h->count < YEAR_STAYS_MOST) {
        const struct year_host next = {
            .hash = stay->hash, .first = at, .last = at, .lines = 1, .from = h->day, .to = h->day};

        push(h, &next, host);
        return;
    }
    stay->last = at;
    stay->to = h->day;
    stay->lines++;
}

void year_hosts_begin(struct year_hosts *h, uint64_t at)
{
    h->from = at;
}

bool year_hosts_see_known(struct year_hosts *h, struct str name, uint64_t at)
{
    uint16_t *slot;

    if (h->has_many || host_is_unnamed(name))
        return true;
    slot = slot_of(h, hash_of(name));
    if (*slot == 0)
        return false;
    see(h, *slot - 1U, at);
    keep(h, name, *slot - 1U);
    return true;
}

bool year_hosts_see(struct year_hosts *h, struct str name, uint64_t at)
{
    struct year_host stay = {.first = at, .last = at, .lines = 1, .from = h->day, .to = h->day};
    uint16_t *slot;

    if (h->has_many || host_is_unnamed(name))
        return !h->has_many;
    if (year_hosts_see_known(h, name, at))
        return false;
    stay.hash = hash_of(name);
    slot = slot_of(h, stay.hash);
    if (!push_new(h, slot, &stay))
        return false;
    keep(h, name, *slot - 1U);
    return true;
}

bool year_hosts_see_again(struct year_hosts *h, struct str text, uint64_t at)
{
    const char *end = memchr(text.p, ' ', text.len < YEAR_HOST_SIZE ? text.len : YEAR_HOST_SIZE);
    size_t len = end ? (size_t)(end - text.p) : 0;
    const struct year_host_kept *k;

    if (h->has_many || len == 0)
        return h->has_many;
    k = kept_of(h, text.p, len);
    if (k->len != len || memcmp(k->name, text.p, len) != 0)
        return false;
    see(h, k->host, at);
    return true;
}

void year_hosts_add(struct year_hosts *h, const struct year_host *stay)
{
    uint16_t *slot = slot_of(h, stay->hash);
    struct year_host *to;

    if (*slot == 0) {
        (void)push_new(h, slot, stay);
        return;
    }
    if (h->count < YEAR_STAYS_SUM) {
        push(h, stay, *slot - 1U);
        return;
    }
    to = &h->of[h->last_of[*slot - 1]];
    if (stay->first < to->first) {
        to->first = stay->first;
        to->from = stay->from;
    }
    if (stay->last > to->last) {
        to->last = stay->last;
        to->to = stay->to;
    }
    to->lines += stay->lines;
}

static bool is_sound_day(const struct year_day *d)
{
    return d->month >= 1 && d->month <= 12 && d->day >= 1 && d->day <= 31;
}

bool year_host_is_sound(const struct year_host *host, uint64_t lines_most)
{
    return is_sound_day(&host->from) && is_sound_day(&host->to) && host->first <= host->last &&
           host->lines > 0 && host->lines <= lines_most;
}
