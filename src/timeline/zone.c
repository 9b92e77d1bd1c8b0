/* zone.c: reads the rules of a time zone from its file, and finds the offset at a clock time. */
#include "timeline/zone.h"
#include "base/mem.h"
#include "timeline/when.h"

enum {
    HEAD_SIZE = 44,
    TRANSITIONS_MAX = 4096,
    TYPES_MAX = 256,
    TYPE_SIZE = 6,
    TRANSITION_SIZE = 8,
    FIRST_YEAR = 1677, /* of what an event's time can be */
    LAST_YEAR = 2262,
    HOUR_S = 3600,
    DAY_S = 86400,
    ZONE_MOST_S = 26 * 3600,
    MONTHS = 12,
    DAYS = 31,
};

/* Of what an event's time can be, with a day at both ends. */
static const int64_t oldest_s = -9223286400, latest_s = 9223286400;

struct zone {
    int64_t first; /* seconds east of UTC before all */
    size_t count;
    struct change {
        int64_t at;
        int64_t offset; /* from then on */
    } changes[TRANSITIONS_MAX];
    uint32_t fold_hours[MONTHS][DAYS];
};

/* What is left of the file. */
struct reading {
    struct str rest;
    bool is_short;
};

static uint64_t take_big(struct reading *r, size_t size)
{
    uint64_t n = 0;

    if (r->rest.len < size) {
        r->is_short = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        n = n << 8 | (uint8_t)r->rest.p[i];
    r->rest = str_from(r->rest, size);
    return n;
}

static void skip(struct reading *r, size_t size)
{
    if (r->rest.len < size)
        r->is_short = true;
    r->rest = str_from(r->rest, size);
}

struct head {
    uint32_t isut, isstd, leap, time, type, text;
};

static bool take_head(struct reading *r, struct head *h)
{
    if (!str_starts(r->rest, "TZif") || r->rest.len < HEAD_SIZE || r->rest.p[4] < '2')
        return false;
    skip(r, 20);
    h->isut = (uint32_t)take_big(r, 4);
    h->isstd = (uint32_t)take_big(r, 4);
    h->leap = (uint32_t)take_big(r, 4);
    h->time = (uint32_t)take_big(r, 4);
    h->type = (uint32_t)take_big(r, 4);
    h->text = (uint32_t)take_big(r, 4);
    return h->time <= TRANSITIONS_MAX && h->type >= 1 && h->type <= TYPES_MAX && h->leap <= 1024 &&
           h->text <= 4096 && h->isut <= TYPES_MAX && h->isstd <= TYPES_MAX;
}

static bool is_offset(int64_t s)
{
    return s <= ZONE_MOST_S && s >= -ZONE_MOST_S;
}

static bool take_changes(struct reading *r, const struct head *h, struct zone *z)
{
    uint8_t types[TRANSITIONS_MAX];
    int64_t offsets[TYPES_MAX] = {0};

    z->count = h->time;
    for (size_t i = 0; i < z->count; i++)
        z->changes[i].at = (int64_t)take_big(r, TRANSITION_SIZE);
    for (size_t i = 0; i < z->count; i++)
        types[i] = (uint8_t)take_big(r, 1);
    for (size_t i = 0; i < h->type; i++) {
        offsets[i] = (int32_t)take_big(r, 4);
        skip(r, TYPE_SIZE - 4);
        if (!is_offset(offsets[i]))
            return false;
    }
    z->first = offsets[0];
    for (size_t i = 0; i < z->count; i++) {
        if (types[i] >= h->type || (i && z->changes[i].at <= z->changes[i - 1].at))
            return false;
        z->changes[i].offset = offsets[types[i]];
    }
    return !r->is_short;
}

/* "3", "-3:30", "+02:00:00": hours, and west of UTC in POSIX, which the caller turns. */
static bool take_hours(struct str *s, int64_t *out)
{
    int64_t sign = 1, part[3] = {0};

    if (s->len && (s->p[0] == '+' || s->p[0] == '-')) {
        sign = s->p[0] == '-' ? -1 : 1;
        *s = str_from(*s, 1);
    }
    for (size_t i = 0; i < 3; i++) {
        size_t digits = 0;

        for (; digits < s->len && digits < 3 && s->p[digits] >= '0' && s->p[digits] <= '9';
             digits++)
            part[i] = part[i] * 10 + (s->p[digits] - '0');
        if (digits == 0)
            return false;
        *s = str_from(*s, digits);
        if (s->len == 0 || s->p[0] != ':')
            break;
        *s = str_from(*s, 1);
    }
    *out = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
    return part[0] <= 167;
}

static bool skip_name(struct str *s)
{
    size_t n = 0;

    if (s->len && s->p[0] == '<') {
        while (n < s->len && s->p[n] != '>')
            n++;
        n++;
    } else {
        while (n < s->len && (s->p[n] | 0x20) >= 'a' && (s->p[n] | 0x20) <= 'z')
            n++;
    }
    if (n < 3 || n > s->len)
        return false;
    *s = str_from(*s, n);
    return true;
}

/* A day of each year: month, week (5: the last), weekday, and seconds from its midnight. */
struct rule {
    int month, week, weekday;
    int64_t at;
};

static bool take_number(struct str *s, char before, int *out)
{
    int n = 0;
    size_t digits = 1;

    if (s->len < 2 || s->p[0] != before)
        return false;
    for (; digits < s->len && digits < 3 && s->p[digits] >= '0' && s->p[digits] <= '9'; digits++)
        n = n * 10 + (s->p[digits] - '0');
    if (digits == 1)
        return false;
    *s = str_from(*s, digits);
    *out = n;
    return true;
}

/* ",M3.2.0/2". Days by number are not used by any zone there is. */
static bool take_rule(struct str *s, struct rule *r)
{
    if (!str_take(s, ",") || !take_number(s, 'M', &r->month) || !take_number(s, '.', &r->week) ||
        !take_number(s, '.', &r->weekday) || r->month < 1 || r->month > 12 || r->week < 1 ||
        r->week > 5 || r->weekday > 6)
        return false;
    r->at = 2 * 3600;
    return !str_take(s, "/") || take_hours(s, &r->at);
}

/* Days since 1970 of the first of a month. */
static int64_t month_begin(int year, int month)
{
    int64_t y = year - (month <= 2);
    int64_t era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t rule_clock(const struct rule *r, int year)
{
    int64_t first = month_begin(year, r->month);
    int64_t behind = r->month == 12 ? month_begin(year + 1, 1) : month_begin(year, r->month + 1);
    int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = first + (r->weekday - weekday + 7) % 7 + 7 * (int64_t)(r->week - 1);

    while (day >= behind)
        day -= 7;
    return day * DAY_S + r->at;
}

static bool add_change(struct zone *z, int64_t at, int64_t offset)
{
    if (z->count && at <= z->changes[z->count - 1].at)
        return true;
    if (z->count == TRANSITIONS_MAX)
        return false;
    z->changes[z->count++] = (struct change){at, offset};
    return true;
}

/* A year that has begun by then, of those that events can have. */
static int year_before(int64_t moment)
{
    int64_t year = 1969 + moment / 31556952 - (moment < 0);

    return (int)(year < FIRST_YEAR ? FIRST_YEAR : year > LAST_YEAR ? LAST_YEAR : year);
}

/* The footer says what holds after the last change. */
static bool add_footer(struct zone *z, struct str s)
{
    int64_t standard, summer;
    struct rule begin, end;
    int from;

    if (s.len == 0)
        return true;
    if (!skip_name(&s) || !take_hours(&s, &standard))
        return false;
    standard = -standard;
    if (s.len == 0)
        return true;
    if (!skip_name(&s))
        return false;
    summer = standard + 3600;
    if (s.len && s.p[0] != ',') {
        if (!take_hours(&s, &summer))
            return false;
        summer = -summer;
    }
    if (!is_offset(standard) || !is_offset(summer) || !take_rule(&s, &begin) ||
        !take_rule(&s, &end))
        return false;
    from = z->count ? year_before(z->changes[z->count - 1].at) : FIRST_YEAR;
    for (int year = from; year <= LAST_YEAR; year++) {
        int64_t on = rule_clock(&begin, year) - standard, off = rule_clock(&end, year) - summer;
        bool is_first = on < off;

        if (!add_change(z, is_first ? on : off, is_first ? summer : standard) ||
            !add_change(z, is_first ? off : on, is_first ? standard : summer))
            return false;
    }
    return true;
}

static int64_t offset_of(const struct zone *z, ptrdiff_t change)
{
    return change < 0 ? z->first : z->changes[change].offset;
}

static void mark_fold_hours(struct zone *z)
{
    for (size_t i = 0; i < z->count; i++) {
        int64_t at = z->changes[i].at;
        int64_t behind;
        int64_t clock;

        if (at < oldest_s || at > latest_s) /* a file may say any, to which nothing can be added */
            continue;
        behind = at + offset_of(z, (ptrdiff_t)i - 1);
        clock = at + offset_of(z, (ptrdiff_t)i);
        if (clock >= behind)
            continue;
        clock -= ZONE_FOLD_NEAR_S;
        while (clock < behind + ZONE_FOLD_NEAR_S) {
            struct stated s;

            stated_from_seconds(&s, clock);
            z->fold_hours[s.month - 1][s.day - 1] |= 1U << s.hour;
            clock += HOUR_S - s.minute * 60 - s.second;
        }
    }
}

int zone_read(struct zone **out, struct str bytes, struct err *e)
{
    CLEANUP(zone_freep) struct zone *z = mem_new(struct zone);
    struct reading r = {.rest = bytes};
    struct head h;
    bool is_sound = take_head(&r, &h);

    if (is_sound) {
        /* The first block has 32 bits and is for older programs. */
        skip(&r, h.time * 5 + h.type * TYPE_SIZE + h.text + h.leap * 8 + h.isstd + h.isut);
        is_sound = !r.is_short && take_head(&r, &h) && take_changes(&r, &h, z);
    }
    if (is_sound) {
        skip(&r, h.text + h.leap * 12 + h.isstd + h.isut);
        /* With leap seconds its moments would not be those of events. */
        is_sound = !r.is_short && h.leap == 0 && str_take(&r.rest, "\n") &&
                   add_footer(z, str_cut(&r.rest, '\n'));
    }
    if (!is_sound)
        return err_set(e, ERR_FORMAT, "no file of a time zone, or a damaged one");
    mark_fold_hours(z);
    *out = MOVE(z);
    return 0;
}

void zone_free(struct zone *z)
{
    free(z);
}

/* The last change at or before; -1: before all. */
static ptrdiff_t change_at(const struct zone *z, int64_t moment)
{
    size_t from = 0, to = z->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (z->changes[middle].at <= moment)
            from = middle + 1;
        else
            to = middle;
    }
    return (ptrdiff_t)from - 1;
}

int64_t zone_offset_at(const struct zone *z, int64_t moment)
{
    return z ? offset_of(z, change_at(z, moment)) : 0;
}

/* The offset of a clock time, and the change before it that counts or, where it happened twice or
 * never, which it happened so by. */
static int64_t find_offset(const struct zone *z, int64_t clock, uint16_t *doubt, ptrdiff_t *change)
{
    /* The latest change that can have come before this clock time, and those before it. */
    ptrdiff_t last = change_at(z, clock + ZONE_MOST_S);

    for (ptrdiff_t i = last; i >= -1; i--) {
        int64_t offset = offset_of(z, i), before = offset_of(z, i - 1);
        int64_t moment = clock - offset;

        *change = i;
        if (i >= 0 && moment < z->changes[i].at) {
            /* In the gap of this change: what held before puts it behind the change. */
            if (clock - before >= z->changes[i].at) {
                *doubt |= DOUBT_GAP;
                return before;
            }
            continue;
        }
        if (i >= 0 && clock - before < z->changes[i].at) {
            *doubt |= DOUBT_TWICE;
            return before;
        }
        return offset;
    }
    return z->first;
}

int64_t zone_offset(const struct zone *z, int64_t clock, uint16_t *doubt)
{
    ptrdiff_t change;

    return z ? find_offset(z, clock, doubt, &change) : 0;
}

bool zone_fold_find(const struct zone *z, int64_t clock, struct zone_fold *out)
{
    uint16_t doubt = 0;
    ptrdiff_t change;
    int64_t before = z ? find_offset(z, clock, &doubt, &change) : 0;

    if (!(doubt & DOUBT_TWICE))
        return false;
    out->at = z->changes[change].at;
    out->from = out->at + z->changes[change].offset;
    out->size = before - z->changes[change].offset;
    return true;
}

uint32_t zone_fold_hours(const struct zone *z, int month, int day)
{
    return z ? z->fold_hours[month - 1][day - 1] : 0;
}
