/* suggest.c: finds the word that was probably meant. */
#include "cli/suggest.h"

enum { WORD_MAX = 40 };

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

size_t suggest_distance(struct str a, struct str b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *row = rows[2];

    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return WORD_MAX;
    for (size_t k = 0; k <= b.len; k++)
        last[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *oldest = before;

        row[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            bool same = a.p[i - 1] == b.p[k - 1];

            row[k] = min3(last[k] + 1, row[k - 1] + 1, last[k - 1] + !same);
            if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1] &&
                before[k - 2] + 1 < row[k])
                row[k] = before[k - 2] + 1;
        }
        before = last;
        last = row;
        row = oldest;
    }
    return last[b.len];
}

void suggest_try(struct suggestion *s, const char *candidate)
{
    size_t distance = suggest_distance(s->word, str_of(candidate));
    size_t limit = strlen(candidate) < 4 ? 1 : 1 + strlen(candidate) / 4;

    if (distance > limit || (s->best && distance >= s->distance))
        return;
    s->best = candidate;
    s->distance = distance;
}
