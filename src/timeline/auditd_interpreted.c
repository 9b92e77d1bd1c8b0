/* auditd_interpreted.c: what ausearch(8) and aureport(8) make of records with -i: names for
 * numbers, texts without quotes, and the date as the locale has it. */
#include "timeline/auditd_record.h"
#include <stdio.h>
#include "base/mem.h"

enum { SPELLED_SIZE = 64, MONTHS = 12, CENTURY = 2000 };

/* "11/25/2026", "25.11.2026", "11/25/26": three numbers in the order of the locale. */
struct date {
    int a, b, year;
    char mark;
    bool is_short;
};

static bool take_date(struct str *rest, struct date *d)
{
    struct str at = *rest;
    char mark[2] = {0};

    if (!when_digits(&at, 2, &d->a) || at.len == 0 || (at.p[0] != '/' && at.p[0] != '.'))
        return false;
    mark[0] = d->mark = at.p[0];
    if (!str_take(&at, mark) || !when_digits(&at, 2, &d->b) || !str_take(&at, mark))
        return false;
    d->is_short = !when_digits(&at, 4, &d->year);
    if (d->is_short && !when_digits(&at, 2, &d->year))
        return false;
    d->year += d->is_short ? CENTURY : 0;
    *rest = at;
    return true;
}

/* The date with the clock time behind it, day first or not; how many bytes that takes. 0: none. */
static size_t read_as(const struct date *d, struct str at, bool is_day_first, struct stated *out)
{
    char spelled[SPELLED_SIZE];
    int len = snprintf(spelled, sizeof(spelled), "%04d-%02d-%02d" STR_FMT, d->year,
                       is_day_first ? d->b : d->a, is_day_first ? d->a : d->b,
                       STR_ARG(str_head(at, SPELLED_SIZE / 2)));
    struct str clock = {spelled, (size_t)len};

    return when_iso(&clock, out) ? (size_t)len - clock.len - 10 : 0;
}

/* With points the day is first; else a number over 12 shows it. */
static enum date_order order_of(const struct date *d, enum date_order order)
{
    if (d->mark == '.' || (d->a > MONTHS && d->b <= MONTHS))
        return ORDER_DAY_FIRST;
    return d->b > MONTHS && d->a <= MONTHS ? ORDER_MONTH_FIRST : order;
}

bool audit_see_order(struct date_order_vote *v, struct str text)
{
    struct stated as[2];
    struct date d;

    if (!take_date(&text, &d) || d.mark == '.' || !read_as(&d, text, true, &as[0]) ||
        !read_as(&d, text, false, &as[1]))
        return false;
    date_order_add(v, &as[0], &as[1]);
    return true;
}

bool audit_interpreted_time(enum date_order order, struct str *rest, struct stated *out,
                            bool *has_short_year)
{
    struct str at = *rest;
    struct date d;
    size_t len;

    *has_short_year = false;
    if (when_iso(rest, out))
        return true;
    if (!take_date(&at, &d))
        return false;
    order = order_of(&d, order);
    len = read_as(&d, at, order == ORDER_DAY_FIRST, out);
    if (len == 0)
        return false;
    if (order != ORDER_DAY_FIRST && order != ORDER_MONTH_FIRST)
        out->month = 0;
    if (!stated_is_date(out))
        stated_keep(out, str_head(*rest, rest->len - at.len + len));
    *has_short_year = d.is_short;
    *rest = str_from(at, len);
    return true;
}

static bool is_key(struct str s)
{
    size_t len = 0;

    while (len < s.len && audit_is_key_char(s.p[len]))
        len++;
    return len > 0 && len < s.len && s.p[len] == '=';
}

struct str audit_interpreted_value(struct str value, struct str *rest)
{
    while (rest->len && rest->p[0] == ' ') {
        struct str at = *rest, word;

        while (str_take(&at, " "))
            ;
        if (at.len == 0 || is_key(at))
            break;
        word = str_cut(&at, ' ');
        *rest = str_from(*rest, (size_t)(word.p + word.len - rest->p));
        value.len = (size_t)(word.p + word.len - value.p);
    }
    if (str_ends(value, " }"))
        value.len -= 2;
    return value;
}

void audit_put_ambiguous(struct audit_record *c)
{
    uint16_t name = field_number(c->r->names, STR("event.is_ambiguous"));

    if (!event_value(c->e, name).len)
        event_puts(c->e, name, "yes");
}

void audit_see_key(struct audit_record *c, struct str key)
{
    size_t i = 0;

    c->is_again = false;
    if (!c->is_interpreted && !c->is_inside)
        return;
    while (i < c->key_count && !str_eq(c->keys[i], key))
        i++;
    c->is_again = i < c->key_count || i == COUNT_OF(c->keys);
    if (c->is_again)
        audit_put_ambiguous(c);
    else
        c->keys[c->key_count++] = key;
}
