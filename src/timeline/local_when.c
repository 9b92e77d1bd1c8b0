/* local_when.c: reads numbers of dates whose order depends on a locale. */
#include "timeline/local_when.h"
#include <stdio.h>
#include "base/mem.h"

enum { TEXT_MOST = 40, MONTHS = 12 };

struct date {
    int numbers[3];
    char separator;
    bool is_year_first;
};

static bool take_number(struct str *rest, size_t most, int *out, size_t *digits)
{
    *digits = 0;
    *out = 0;
    while (*digits < rest->len && *digits < most && char_is_digit(rest->p[*digits]))
        *out = *out * 10 + (rest->p[(*digits)++] - '0');
    *rest = str_from(*rest, *digits);
    return *digits > 0 && !(rest->len && char_is_digit(rest->p[0]));
}

/* "20. 11. 2026", "2026. 11. 20." */
static bool take_separator(struct str *rest, char *separator)
{
    if (rest->len == 0 || !memchr("/.-", rest->p[0], 3) || (*separator && *separator != rest->p[0]))
        return false;
    *separator = rest->p[0];
    *rest = str_from(*rest, 1);
    if (*separator == '.')
        (void)str_take(rest, " ");
    return true;
}

static bool take_date(struct str *rest, struct date *d)
{
    size_t digits[3];

    d->separator = 0;
    for (size_t i = 0; i < 3; i++)
        if ((i && !take_separator(rest, &d->separator)) ||
            !take_number(rest, 4, &d->numbers[i], &digits[i]))
            return false;
    d->is_year_first = digits[0] == 4;
    if (d->is_year_first ? digits[1] > 2 || digits[2] > 2
                         : digits[0] > 2 || digits[1] > 2 || digits[2] != 4)
        return false;
    if (d->separator == '.')
        (void)str_take(rest, ".");
    (void)str_take(rest, ",");
    return str_take(rest, " ");
}

/* " AM", " p.m."; *half: 0, or 12 of the afternoon; -1: it is a clock of 24 hours. */
static bool take_half(struct str rest, int *half)
{
    static const char *const words[][2] = {{"am", "pm"}, {"a.m.", "p.m."}};

    *half = -1;
    rest = str_trim(rest);
    if (rest.len == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        for (int k = 0; k < 2; k++)
            if (rest.len == strlen(words[i][k]) && (rest.p[0] | 0x20) == words[i][k][0] &&
                (rest.p[rest.len - 1] | 0x20) == (words[i][k][rest.len - 1] | 0x20)) {
                *half = k * 12;
                return true;
            }
    return false;
}

struct clock {
    int hour, minute, second;
    bool has_second;
    struct str fraction; /* with its point */
};

/* "9:00:01 AM", "09.00.01", "9:00" */
static bool take_clock(struct str rest, struct clock *c)
{
    char separator;
    size_t digits;
    int half;

    *c = (struct clock){.fraction = STR("")};
    if (!take_number(&rest, 2, &c->hour, &digits) || rest.len == 0)
        return false;
    separator = rest.p[0];
    rest = str_from(rest, 1);
    if ((separator != ':' && separator != '.') || !take_number(&rest, 2, &c->minute, &digits) ||
        digits != 2)
        return false;
    if (rest.len && rest.p[0] == separator) {
        rest = str_from(rest, 1);
        c->has_second = true;
        if (!take_number(&rest, 2, &c->second, &digits) || digits != 2)
            return false;
        if (rest.len && (rest.p[0] == '.' || rest.p[0] == ',')) {
            size_t len = 1;

            while (len < rest.len && char_is_digit(rest.p[len]))
                len++;
            c->fraction = str_head(rest, len);
            rest = str_from(rest, len);
        }
    }
    if (!take_half(rest, &half) || (half >= 0 && (c->hour < 1 || c->hour > 12)))
        return false;
    if (half >= 0)
        c->hour = c->hour % 12 + half;
    return true;
}

/* Of the first two numbers, where the year is last. */
static enum date_order order_of(const struct date *d, enum date_order known)
{
    if (d->numbers[0] > MONTHS && d->numbers[1] <= MONTHS)
        return ORDER_DAY_FIRST;
    if (d->numbers[1] > MONTHS && d->numbers[0] <= MONTHS)
        return ORDER_MONTH_FIRST;
    if (known == ORDER_DAY_FIRST || known == ORDER_MONTH_FIRST)
        return known;
    return d->separator == '/' ? ORDER_UNKNOWN : ORDER_DAY_FIRST;
}

bool local_time(struct str text, enum date_order order, struct stated *out)
{
    char spelled[2 * TEXT_MOST];
    struct str rest = text;
    struct date d;
    struct clock c;
    int year, month, day, size;

    if (text.len > TEXT_MOST || !take_date(&rest, &d) || !take_clock(rest, &c))
        return false;
    order = d.is_year_first ? ORDER_UNKNOWN : order_of(&d, order);
    year = d.numbers[d.is_year_first ? 0 : 2];
    month = d.is_year_first ? d.numbers[1] : d.numbers[order == ORDER_DAY_FIRST];
    day = d.is_year_first ? d.numbers[2] : d.numbers[order != ORDER_DAY_FIRST];
    size = snprintf(spelled, sizeof(spelled), "%04d-%02d-%02dT%02d:%02d:%02d" STR_FMT, year, month,
                    day, c.hour, c.minute, c.second, STR_ARG(c.fraction));
    rest = (struct str){spelled, (size_t)size};
    if (!when_iso(&rest, out) || rest.len)
        return false;
    if (!c.has_second)
        out->precision = TIME_MIN;
    if (!d.is_year_first && order == ORDER_UNKNOWN)
        out->month = 0;
    if (!stated_is_date(out))
        stated_keep(out, text);
    return true;
}

enum date_order local_order(struct str text, enum date_order before)
{
    struct date d;
    enum date_order now;

    if (before == ORDER_BOTH || text.len > TEXT_MOST || !take_date(&text, &d) || d.is_year_first ||
        (d.numbers[0] > MONTHS) == (d.numbers[1] > MONTHS))
        return before;
    now = d.numbers[0] > MONTHS ? ORDER_DAY_FIRST : ORDER_MONTH_FIRST;
    return before == ORDER_UNKNOWN || before == now ? now : ORDER_BOTH;
}
