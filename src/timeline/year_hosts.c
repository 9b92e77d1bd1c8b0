/* year_hosts.c: from where to where in a source each host has lines. */
#include "timeline/year_hosts.h"

enum { LINES_LEAST = 3, UNNAMED_MOST = 4096 };

/* What a machine says of itself at each boot, before it knows its name. */
static bool is_unnamed(struct str name)
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

/* The slot of that host, or the one that it would have; there are more than hosts. */
static uint16_t *slot_of(struct year_hosts *h, uint64_t hash)
{
    size_t i = hash % YEAR_HOST_SLOTS;

    while (h->slots[i] && h->of[h->slots[i] - 1].hash != hash)
        i = (i + 1) % YEAR_HOST_SLOTS;
    return &h->slots[i];
}

static bool push(struct year_hosts *h, uint16_t *slot, const struct year_host *host)
{
    if (h->count == YEAR_HOSTS_MOST) {
        h->has_many = true;
        return false;
    }
    h->of[h->count++] = *host;
    *slot = (uint16_t)h->count;
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

static void keep(struct year_hosts *h, struct str name, size_t index)
{
    struct year_host_kept *k;

    if (name.len == 0 || name.len > YEAR_HOST_SIZE)
        return;
    k = kept_of(h, name.p, name.len);
    memcpy(k->name, name.p, name.len);
    k->len = (uint8_t)name.len;
    k->index = (uint16_t)index;
}

static void see(struct year_host *host, uint64_t at)
{
    host->last = at;
    host->lines++;
}

bool year_hosts_see(struct year_hosts *h, struct str name, uint64_t at)
{
    struct year_host host = {.hash = hash_of(name), .first = at, .last = at, .lines = 1};
    uint16_t *slot;
    bool is_new;

    if (h->has_many || is_unnamed(name))
        return !h->has_many;
    slot = slot_of(h, host.hash);
    is_new = *slot == 0;
    if (is_new && !push(h, slot, &host))
        return false;
    if (!is_new)
        see(&h->of[*slot - 1], at);
    keep(h, name, *slot - 1U);
    return is_new;
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
    see(&h->of[k->index], at);
    return true;
}

void year_hosts_add(struct year_hosts *h, const struct year_host *host)
{
    uint16_t *slot = slot_of(h, host->hash);
    struct year_host *to;

    if (*slot == 0) {
        (void)push(h, slot, host);
        return;
    }
    to = &h->of[*slot - 1];
    to->first = host->first < to->first ? host->first : to->first;
    to->last = host->last > to->last ? host->last : to->last;
    to->lines += host->lines;
}

bool year_host_is_sound(const struct year_host *host, uint64_t lines_most)
{
    return host->first <= host->last && host->lines > 0 && host->lines <= lines_most;
}

bool year_hosts_part(const struct year_hosts *h, uint64_t at)
{
    const struct year_host *before = NULL, *begins = NULL;

    if (h->has_many)
        return false;
    for (size_t i = 0; i < h->count; i++) {
        const struct year_host *host = &h->of[i];

        if (host->first < at && host->last >= at)
            return false;
        if (host->last < at && (!before || host->last > before->last))
            before = host;
        if (host->first >= at && (!begins || host->first < begins->first))
            begins = host;
    }
    if (begins && begins->first - at > UNNAMED_MOST)
        return false;
    return before && begins && before->lines >= LINES_LEAST && begins->lines >= LINES_LEAST;
}
