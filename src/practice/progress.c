/* progress.c: says how far long work is, how fast it goes, and how long it will still take. */
#include "practice/progress.h"
#include "base/size.h"
#include "render/wrap.h"

enum { TERMINAL_MS = 500, ELSEWHERE_MS = 60000 };

void progress_begin(struct progress *p, struct answer *a)
{
    *p = (struct progress){.a = a, .begun_ms = monotonic_ms(), .shown_ms = monotonic_ms()};
}

struct moment {
    const char *words, *trouble;
    uint64_t done, all;
    int64_t took_ms;
};

static uint64_t rate_of(const struct moment *m)
{
    return (uint64_t)((double)m->done * 1000 / (double)(m->took_ms ? m->took_ms : 1));
}

static void add_left(struct buf *out, const struct moment *m)
{
    uint64_t rate = rate_of(m);
    char text[UTC_PLAIN_SIZE];

    if (rate && m->done < m->all)
        buf_addf(out, ", %s left", span_text(text, (int64_t)((m->all - m->done) / rate)));
}

static void add_whole(struct buf *out, const struct moment *m)
{
    char text[SIZE_TEXT_SIZE];

    buf_addf(out, "… %s", m->words);
    if (m->trouble)
        buf_addf(out, ", %s", m->trouble);
    if (m->done || m->all)
        buf_addf(out, ", %s", size_text(text, m->done));
    if (m->all)
        buf_addf(out, " of %s", size_text(text, m->all));
    if (m->done || m->all)
        buf_addf(out, ", %s/s", size_text(text, rate_of(m)));
    add_left(out, m);
}

/* "… 48 %, 12 min left, 64 kB unreadable" */
static void add_narrow(struct buf *out, const struct moment *m)
{
    char text[SIZE_TEXT_SIZE];

    if (m->all)
        buf_addf(out, "… %u %%", (unsigned)((double)m->done * 100 / (double)m->all));
    else
        buf_addf(out, "… %s", size_text(text, m->done));
    add_left(out, m);
    buf_addf(out, ", %s", m->trouble ? m->trouble : m->words);
}

void progress_show_trouble(struct progress *p, const char *words, const char *trouble,
                           uint64_t done, uint64_t all)
{
    int64_t now = monotonic_ms();
    struct buf *out = p->a->to_terminal ? &p->a->passing : &p->a->text;
    const struct moment m = {words, trouble, done, all, now - p->begun_ms};

    if (!p->a->flush || p->a->wants_json ||
        now - p->shown_ms < (p->a->to_terminal ? TERMINAL_MS : ELSEWHERE_MS))
        return;
    p->shown_ms = now;
    buf_clear(&p->a->passing);
    add_whole(out, &m);
    if (out == &p->a->text) {
        buf_addc(out, '\n');
    } else if ((done || all) && p->a->columns && wrap_widest_line(buf_str(out)) >= p->a->columns) {
        buf_clear(out);
        add_narrow(out, &m);
    }
    /* Nobody reading any more is no reason to stop. */
    (void)p->a->flush(p->a);
}

void progress_show(struct progress *p, const char *words, uint64_t done, uint64_t all)
{
    progress_show_trouble(p, words, NULL, done, all);
}
