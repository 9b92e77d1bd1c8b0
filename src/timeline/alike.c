/* alike.c: three characters of the text, those that logs have least often, are looked for at once
 * at many places; where all stand the rest is compared. */
#include "timeline/alike.h"
#include <string.h>

enum { LANES = 16, STRIDE = 4 * LANES, SIGNS = 3 };

typedef uint8_t lanes __attribute__((vector_size(LANES)));

/* One character of the text, and where in the text it stands. */
struct sign {
    size_t at;
    lanes small, fold; /* fold makes a large letter a small one; of what is no letter, zeros */
};

/* From what logs have most often to what they have seldom; what is not here is rarer still. */
static const char frequent[] = " 0e1a2to3ins:r45d/.l6c7-8=9mp_ug\"[](),hf;bvyw{}<>kx'@q%zj";

static uint8_t small(char c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : (uint8_t)c;
}

bool alike_is(const char *a, struct str small_text)
{
    for (size_t i = 0; i < small_text.len; i++)
        if (small(a[i]) != (uint8_t)small_text.p[i])
            return false;
    return true;
}

static size_t rank_of(char c)
{
    const char *found = memchr(frequent, c, sizeof(frequent) - 1);

    return found ? (size_t)(found - frequent) : sizeof(frequent);
}

static struct sign sign_at(struct str text, size_t at)
{
    uint8_t c = (uint8_t)text.p[at];
    uint8_t fold = c >= 'a' && c <= 'z' ? 0x20 : 0;

    return (struct sign){at, (lanes){0} + c, (lanes){0} + fold};
}

/* The rarest character of the text that is none of its signs so far; the first, if all have one. */
static size_t rarest(struct str text, const struct sign *signs, size_t count)
{
    size_t best = 0, best_rank = 0;

    for (size_t i = 0; i < text.len; i++) {
        size_t rank = rank_of(text.p[i]) + 1;

        for (size_t k = 0; k < count; k++)
            rank = signs[k].at == i ? 0 : rank;
        if (rank > best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    return best;
}

static lanes stands(const char *p, const struct sign *s)
{
    lanes there;

    memcpy(&there, p + s->at, sizeof(there));
    return (lanes)((there | s->fold) == s->small);
}

static lanes all_stand(const char *p, const struct sign signs[SIGNS])
{
    return stands(p, &signs[0]) & stands(p, &signs[1]) & stands(p, &signs[2]);
}

static bool is_any(lanes of)
{
    uint64_t halves[2];

    memcpy(halves, &of, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

/* The first place in [p, p + count) at which the text stands. */
static const char *find_among(const char *p, size_t count, struct str text,
                              const struct sign signs[SIGNS])
{
    for (; count; p++, count--)
        if (((uint8_t)p[signs[0].at] | signs[0].fold[0]) == signs[0].small[0] && alike_is(p, text))
            return p;
    return NULL;
}

static const char *find_in_stride(const char *p, struct str text, const struct sign signs[SIGNS])
{
    lanes first = all_stand(p, signs), second = all_stand(p + LANES, signs);
    lanes third = all_stand(p + 2 * LANES, signs), fourth = all_stand(p + 3 * LANES, signs);

    return is_any(first | second | third | fourth) ? find_among(p, STRIDE, text, signs) : NULL;
}

const char *find_alike(struct str in, struct str text)
{
    const char *p = in.p, *found = NULL;
    struct sign signs[SIGNS];
    size_t left; /* places at which it may begin */

    if (text.len == 0)
        return in.p;
    if (in.len < text.len)
        return NULL;
    left = in.len - text.len + 1;
    for (size_t i = 0; i < SIGNS; i++)
        signs[i] = sign_at(text, rarest(text, signs, i));
    for (; !found && left >= STRIDE; p += STRIDE, left -= STRIDE)
        found = find_in_stride(p, text, signs);
    for (; !found && left >= LANES; p += LANES, left -= LANES)
        if (is_any(all_stand(p, signs)))
            found = find_among(p, LANES, text, signs);
    return found ? found : find_among(p, left, text, signs);
}
