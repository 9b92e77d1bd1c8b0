/* timeline_rotation.c: finds the next newer log of a rotation, and when it begins. */
#include "practice/timeline_rotation.h"
#include "practice/timeline.h"

#define NS 1000000000LL

enum {
    DATE_DIGITS = 8, /* auth.log-20261101 */
    NUMBER_DIGITS = 5,
    SLACK_S = 29 * 86400, /* a year is meant, so lines that came late do no harm */
};
#define AGE_OF_DATES 1000000000U

struct name {
    struct str log; /* the path without what rotation added */
    uint64_t age;
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

/* "/var/log/auth.log.2.gz", "/var/log/messages-20261101". */
static struct name read_name(struct str path)
{
    static const char *const packed[] = {".gz", ".xz", ".bz2", ".zst"};
    struct name n = {.log = path};
    uint64_t number;

    for (size_t i = 0; i < COUNT_OF(packed); i++)
        if (str_ends(n.log, packed[i])) {
            n.log.len -= strlen(packed[i]);
            break;
        }
    if (take_digits(&n.log, '-', DATE_DIGITS, DATE_DIGITS, &number))
        n.age = AGE_OF_DATES - number;
    else if (take_digits(&n.log, '.', 1, NUMBER_DIGITS, &number))
        n.age = number;
    else
        n.log = path;
    return n;
}

int rotation_newest_first(const void *a, const void *b)
{
    const struct thing *x = *(const struct thing *const *)a, *y = *(const struct thing *const *)b;
    uint64_t x_age = read_name(thing_value(x, "path")).age;
    uint64_t y_age = read_name(thing_value(y, "path")).age;

    if (x_age != y_age)
        return x_age < y_age ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static bool is_of_same_place(const struct thing *a, const struct thing *b)
{
    return str_eq(thing_value(a, "host"), thing_value(b, "host")) &&
           str_eq(thing_value(a, "system"), thing_value(b, "system"));
}

static const struct thing *next_newer(const struct view *v, const struct thing *item)
{
    struct name own = read_name(thing_value(item, "path"));
    const struct thing *t, *best = NULL;
    uint64_t best_age = 0;

    for (size_t at = 0; own.age && (t = view_next(v, "evidence", &at));) {
        struct name n = read_name(thing_value(t, "path"));

        if (n.age >= own.age || (best && n.age < best_age) || !str_eq(n.log, own.log) ||
            !is_of_same_place(t, item) || !timeline_of(v, t))
            continue;
        best = t;
        best_age = n.age;
    }
    return best;
}

static int take_first(void *context, const struct search_event *event, struct err *e)
{
    (void)e;
    if (!str_is(event->precision, "none") && event->ns >= 0)
        *(int64_t *)context = event->ns / NS + SLACK_S;
    return 0;
}

int rotation_end(const struct view *v, const struct thing *item, const char *case_folder,
                 int64_t *out_s, struct err *e)
{
    const struct thing *newer = next_newer(v, item);
    CLEANUP(timelines_release) struct timelines lines = {0};
    CLEANUP_FREE struct search_result *result = NULL;
    CLEANUP_BUF struct buf id = {0};
    const struct search_receiver to = {.event = take_first, .context = out_s};
    struct search_order order;
    int rc;

    *out_s = INT64_MAX;
    if (!newer)
        return 0;
    hex_add(&id, newer->id.b, sizeof(newer->id.b));
    rc = timelines_open(&lines, v, case_folder, buf_str(&id), e);
    if (rc)
        return rc == ERR_NOTFOUND ? 0 : rc;
    result = mem_new(struct search_result);
    order = timelines_order(&lines);
    order.items = NULL; /* what the log says is compared with what the log says */
    order.has_only = true;
    order.workers = 1;
    rc = timeline_search(&order, &to, result, e);
    search_result_release(result);
    return rc;
}
