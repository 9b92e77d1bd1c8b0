/* progress.c: says how far long work is, how fast it goes, and how long it will still take. */
#include "practice/progress.h"

enum { TERMINAL_MS = 500, ELSEWHERE_MS = 60000 };

void progress_begin(struct progress *p, struct answer *a)
{
    *p = (struct progress){.a = a, .begun_ms = monotonic_ms(), .shown_ms = monotonic_ms()};
}

static void add_rate(struct buf *out, uint64_t done, uint64_t all, int64_t took_ms)
{
    uint64_t rate = (uint64_t)((double)done * 1000 / (double)(took_ms ? took_ms : 1));
    char text[UTC_PLAIN_SIZE];

    buf_addf(out, ", %s/s", size_text(text, rate));
    if (rate && done < all)
        buf_addf(out, ", %s left", span_text(text, (int64_t)((all - done) / rate)));
}

void progress_show(struct progress *p, const char *words, uint64_t done, uint64_t all)
{
    int64_t now = monotonic_ms();
    struct buf *out = p->a->to_terminal ? &p->a->passing : &p->a->text;
    char size[2][UTC_PLAIN_SIZE];

    if (!p->a->flush || p->a->wants_json ||
        now - p->shown_ms < (p->a->to_terminal ? TERMINAL_MS : ELSEWHERE_MS))
        return;
    p->shown_ms = now;
    buf_clear(&p->a->passing);
    buf_addf(out, "… %s", words);
    if (done || all)
        buf_addf(out, ", %s", size_text(size[0], done));
    if (all)
        buf_addf(out, " of %s", size_text(size[1], all));
    if (done || all)
        add_rate(out, done, all, now - p->begun_ms);
    if (out == &p->a->text)
        buf_addc(out, '\n');
    /* Nobody reading any more is no reason to stop. */
    (void)p->a->flush(p->a);
}
