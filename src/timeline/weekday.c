/* weekday.c: years that follow from the day of the week. */
#include "timeline/weekday.h"

enum { DAY_S = 86400, YEARS_MOST = 28, NAME_SIZE = 4 };

/* 0: Sunday; 7: none. */
static int number_of(struct str text)
{
    static const char names[][NAME_SIZE + 1] = {"Sun ", "Mon ", "Tue ", "Wed ",
                                                "Thu ", "Fri ", "Sat "};
    int i = 0;

    while (i < 7 && !str_starts(text, names[i]))
        i++;
    return i;
}

bool weekday_starts(struct str text)
{
    return number_of(text) < 7;
}

static int weekday_of(int64_t seconds)
{
    int64_t days = seconds / DAY_S - (seconds % DAY_S < 0);

    return (int)(((days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

static int year_of(const struct stated *s, int weekday, int64_t written_s)
{
    struct stated now = {0}, then = *s;

    stated_from_seconds(&now, written_s);
    for (int i = 0; i <= YEARS_MOST && now.year - i > 0; i++) {
        then.year = now.year - i + 1;
        if (stated_is_date(&then) && stated_seconds(&then) <= written_s + DAY_S &&
            weekday_of(stated_seconds(&then)) == weekday)
            return then.year;
    }
    return 0;
}

bool weekday_take(struct str *rest, int64_t written_s, struct stated *out)
{
    struct stated s = {.precision = TIME_MIN};
    struct str at = *rest;
    int weekday = number_of(at);

    if (weekday == 7)
        return false;
    at = str_from(at, NAME_SIZE);
    s.month = when_month(at);
    at = str_from(at, 3);
    if (s.month == 0 || !str_take(&at, " "))
        return false;
    if (!(str_take(&at, " ") ? when_digits(&at, 1, &s.day) : when_digits(&at, 2, &s.day)) ||
        !str_take(&at, " ") || !when_digits(&at, 2, &s.hour) || !str_take(&at, ":") ||
        !when_digits(&at, 2, &s.minute) || (at.len && at.p[0] != ' '))
        return false;
    if (s.hour > 23 || s.minute > 59)
        return false;
    s.year = year_of(&s, weekday, written_s);
    *out = s;
    *rest = at;
    return true;
}
