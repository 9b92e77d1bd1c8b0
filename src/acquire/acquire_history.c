/* acquire_history.c: keeps what the runs of an image found, each thing once. */
#include "acquire/acquire_history.h"
#include "base/mem.h"

enum { TEXTS_SIZE = 6 << 10 }; /* with the plain ones a line and a record have room for all */

void acquire_history_release(struct acquire_history *h)
{
    for (size_t i = 0; i < h->count; i++)
        free(h->all[i].text);
    free(h->all);
    *h = (struct acquire_history){0};
}

static struct acquire_finding *find(struct acquire_history *h, uint32_t run, const char *text)
{
    for (size_t i = 0; i < h->count; i++)
        if (!h->all[i].first == !run && strcmp(h->all[i].text, text) == 0)
            return &h->all[i];
    return NULL;
}

static size_t size_of(const struct acquire_history *h)
{
    size_t size = 0;

    for (size_t i = 0; i < h->count; i++)
        size += strlen(h->all[i].text);
    return size;
}

void acquire_history_add(struct acquire_history *h, uint32_t run, struct utc when, const char *text,
                         const char *plain)
{
    struct acquire_finding *f = find(h, run, text);

    if (!f && size_of(h) + strlen(text) > TEXTS_SIZE) {
        text = plain;
        f = find(h, run, text);
    }
    if (!f) {
        h->all = mem_grow(h->all, h->count, &h->room, sizeof(h->all[0]));
        f = &h->all[h->count++];
        *f = (struct acquire_finding){.first = run, .from = when, .text = mem_strdup(text)};
    }
    f->last = run;
    f->until = when;
    f->count++;
}

static void add_runs(const struct acquire_finding *f, struct buf *out)
{
    char from[UTC_PLAIN_SIZE], until[UTC_PLAIN_SIZE];

    if (f->first == 0)
        return;
    utc_plain(from, f->from);
    utc_plain(until, f->until);
    if (f->count == 1) {
        buf_addf(out, "Run %u, from %s: ", f->first, from);
        return;
    }
    buf_addf(out, "Runs %u to %u", f->first, f->last);
    if (f->count != f->last - f->first + 1)
        buf_addf(out, ", %u of them", f->count);
    buf_addf(out, ", begun from %s until %s: ", from, until);
}

/* What they found one after the other may be of another second. */
static bool is_of_same_runs(const struct acquire_finding *a, const struct acquire_finding *b)
{
    return a->first == b->first && a->last == b->last && a->count == b->count;
}

void acquire_history_line(const struct acquire_history *h, size_t at, struct buf *out)
{
    const struct acquire_finding *f = &h->all[at];

    if (at == 0 || !is_of_same_runs(f, f - 1))
        add_runs(f, out);
    buf_addf(out, "%s.", f->text);
}

void acquire_history_text(const struct acquire_history *h, struct buf *out)
{
    for (size_t i = 0; i < h->count; i++) {
        buf_adds(out, out->len ? " " : "");
        acquire_history_line(h, i, out);
    }
}
