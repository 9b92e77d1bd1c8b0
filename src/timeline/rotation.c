/* rotation.c: which sources are one log that was rotated, and which of them are told too late. */
#include "timeline/rotation.h"
#include "base/mem.h"

enum {
    DATE_DIGITS = 8, /* auth.log-20261101 */
    NUMBER_DIGITS = 5,
    DAY_S = 86400,
    YEAR_S = 365 * DAY_S + DAY_S / 4,
};
#define AGE_OF_DATES 1000000000U

struct rotation_source {
    size_t name, name_len; /* in names */
    struct rotation_name as;
    struct rotation_span span;
};

static bool take_digits(struct str *name, char before, size_t least, size_t most, uint64_t *out)
{
    size_t count = 0;

    while (count < name->len && name->p[name->len - 1 - count] >= '0' &&
           name->p[name->len - 1 - count] <= '9')
        count++;
    if (count < least || count > most || name->len < count + 2 ||
        name->p[name->len - 1 - count] != before ||
        !str_u64(str_from(*name, name->len - count), out))
        return false;
    *name = str_head(*name, name->len - count - 1);
    return true;
}

struct rotation_name rotation_name_of(struct str path)
{
    static const char *const packed[] = {".gz", ".xz", ".bz2", ".zst"};
    struct rotation_name n = {.log = path};
    uint64_t number;

    for (size_t i = 0; i < COUNT_OF(packed); i++)
        if (str_ends(n.log, packed[i])) {
            n.log.len -= strlen(packed[i]);
            break;
        }
    if (take_digits(&n.log, '-', DATE_DIGITS, DATE_DIGITS, &number)) {
        n.age = AGE_OF_DATES - number;
        n.is_dated = true;
    } else if (take_digits(&n.log, '.', 1, NUMBER_DIGITS, &number)) {
        n.age = number;
    } else {
        n.log = path;
    }
    return n;
}

bool rotation_is_newer(const struct rotation_name *a, const struct rotation_name *b)
{
    return a->age < b->age && (a->age == 0 || a->is_dated == b->is_dated) && str_eq(a->log, b->log);
}

void rotation_release(struct rotation *r)
{
    free(r->of);
    free(r->ends);
    buf_release(&r->names);
    *r = (struct rotation){0};
}

void rotation_add(struct rotation *r, struct str source, bool is_of_lines)
{
    r->is_passed = !is_of_lines;
    if (r->is_passed)
        return;
    r->of = mem_grow(r->of, r->count, &r->room, sizeof(r->of[0]));
    r->of[r->count++] = (struct rotation_source){.name = r->names.len, .name_len = source.len};
    buf_addstr(&r->names, source);
}

void rotation_see(struct rotation *r, const struct rotation_span *span)
{
    struct rotation_span *to = r->count && !r->is_passed ? &r->of[r->count - 1].span : NULL;

    if (!to)
        return;
    if (span->has_first && !to->has_first) {
        to->has_first = true;
        to->first_s = span->first_s;
    }
    if (span->has_last) {
        to->last_s = to->has_last && to->last_s > span->last_s ? to->last_s : span->last_s;
        to->has_last = true;
    }
}

static int order_bytes(struct str a, struct str b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least ? memcmp(a.p, b.p, least) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Those of one log are next to each other: the one that is written to, then numbers, then dates,
 * the newest first. */
static int by_log(const void *a, const void *b)
{
    const struct rotation_source *x = a, *y = b;
    int order = order_bytes(x->as.log, y->as.log);

    if (order == 0)
        order = x->as.is_dated - y->as.is_dated;
    if (order == 0)
        order = (x->as.age > y->as.age) - (x->as.age < y->as.age);
    return order ? order : (x->name > y->name) - (x->name < y->name);
}

static int by_source(const void *a, const void *b)
{
    const struct rotation_end *x = a, *y = b;

    return order_bytes(x->source, y->source);
}

const int64_t *rotation_end_of(const struct rotation_end *ends, size_t count, struct str source)
{
    const struct rotation_end key = {.source = source};
    const struct rotation_end *found =
        count ? bsearch(&key, ends, count, sizeof(key), by_source) : NULL;

    return found ? &found->end_s : NULL;
}

/* The next newer one of the same log that says when it begins. */
static const struct rotation_source *next_newer(const struct rotation *r, size_t i)
{
    const struct rotation_source *own = &r->of[i];

    while (i-- > 0 && str_eq(r->of[i].as.log, own->as.log))
        if (r->of[i].span.has_first && rotation_is_newer(&r->of[i].as, &own->as))
            return &r->of[i];
    return NULL;
}

/* Takes back whole years, as many as are too many. */
static void move(struct rotation_span *s, int64_t end_s)
{
    int64_t years = (s->last_s - end_s + YEAR_S - 1) / YEAR_S;

    s->last_s -= years * YEAR_S;
    s->first_s -= years * YEAR_S;
}

void rotation_find_ends(struct rotation *r)
{
    size_t room = 0;

    for (size_t i = 0; i < r->count; i++)
        r->of[i].as = rotation_name_of((struct str){r->names.p + r->of[i].name, r->of[i].name_len});
    if (r->count)
        qsort(r->of, r->count, sizeof(r->of[0]), by_log);
    for (size_t i = 0; i < r->count; i++) {
        struct rotation_source *s = &r->of[i];
        const struct rotation_source *newer = next_newer(r, i);
        int64_t end_s = newer ? newer->span.first_s + ROTATION_SLACK_S : INT64_MAX;

        if (!newer || !s->span.has_last || s->span.last_s <= end_s)
            continue;
        move(&s->span, end_s);
        r->ends = mem_grow(r->ends, r->end_count, &room, sizeof(r->ends[0]));
        r->ends[r->end_count++] = (struct rotation_end){{r->names.p + s->name, s->name_len}, end_s};
    }
    if (r->end_count)
        qsort(r->ends, r->end_count, sizeof(r->ends[0]), by_source);
}
