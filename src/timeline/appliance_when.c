/* appliance_when.c: which of two times counts, that of a head or that of the message behind it
 * (doc/format/timeline.md section 2, "Appliances"). */
#include <stdlib.h>
#include "timeline/address.h"
#include "timeline/appliance.h"

enum {
    NS_OF_S = 1000000000,
    QUARTER_S = 900,
    ALIKE_S = 120, /* so far two clocks of one moment may be apart */
    ZONES_APART_S = 14 * 3600 + ALIKE_S,
    DAY_S = 86400,
    YEAR_S = 31556952,
};

/* Of a head's time and that of the message. */
enum weight {
    OWN_COUNTS,
    HEAD_COUNTS,
    HEAD_AGAINST, /* and no zone explains the other one */
};

/* The moment, or where no zone is stated the clock as if it were UTC. */
static int64_t moment_of(const struct stated *s)
{
    uint16_t doubt = 0;
    int64_t clock = stated_seconds(s);

    return clock - (s->has_zone ? s->zone_s : s->zone ? zone_offset(s->zone, clock, &doubt) : 0);
}

static bool has_zone(const struct stated *s)
{
    return s->has_zone || s->zone;
}

/* Clocks of different zones are whole quarters of an hour apart. What is stated for sure goes
 * before a clock without a zone. */
static enum weight weigh(const struct stated *own, int64_t head_s, bool head_has_zone)
{
    int64_t apart = llabs(moment_of(own) - head_s), rest = apart % QUARTER_S;
    bool is_alike = rest <= ALIKE_S || QUARTER_S - rest <= ALIKE_S;

    if (apart <= ALIKE_S && (has_zone(own) || !head_has_zone))
        return OWN_COUNTS;
    if (!is_alike || apart > ZONES_APART_S || (has_zone(own) && head_has_zone))
        return HEAD_AGAINST;
    return has_zone(own) ? OWN_COUNTS : HEAD_COUNTS;
}

/* The year in which it is next to the other one. */
static void put_year(struct stated *s, const struct stated *own)
{
    int64_t least = INT64_MAX;
    int nearest = own->year;

    for (s->year = own->year - 1; s->year <= own->year + 1; s->year++) {
        int64_t apart = stated_is_date(s) ? llabs(stated_seconds(s) - stated_seconds(own)) : least;

        if (apart < least) {
            least = apart;
            nearest = s->year;
        }
    }
    s->year = nearest;
}

bool appliance_settle(const struct stated *own, const struct stated *head, struct stated *out)
{
    enum weight weight;

    *out = *head;
    if (out->year == 0)
        put_year(out, own);
    weight = weigh(own, moment_of(out), has_zone(out));
    if (weight == OWN_COUNTS)
        *out = *own;
    return weight != HEAD_AGAINST;
}

static bool is_later_than_file(const struct reader *r, const struct stated *own)
{
    return r->written_s > 0 && moment_of(own) > r->written_s + DAY_S + ZONES_APART_S;
}

/* On the day on which the file was written, in a year before: either a clock, or what is known of
 * the file, is years off. */
static bool is_of_other_year(const struct reader *r, const struct stated *s)
{
    int64_t apart = r->written_s - moment_of(s), past = apart % YEAR_S;

    return r->written_s > 0 && apart > YEAR_S / 2 &&
           (past < 2 * DAY_S || past > YEAR_S - 2 * DAY_S);
}

void appliance_put_settled(struct reader *r, struct event *e, const struct stated *own,
                           const struct stated *head, struct str text)
{
    struct stated counts;

    if (is_later_than_file(r, own) || !appliance_settle(own, head, &counts)) {
        reader_time(r, e, head);
        event_put(e, FIELD_EVENT_STATED_TIME, text);
        return;
    }
    reader_time(r, e, &counts);
    if (head->year == 0 && is_of_other_year(r, &counts))
        e->doubt |= DOUBT_YEAR;
}

/* Seconds of a time before 1970 are rounded down. */
static int64_t seconds_of(const struct event *e)
{
    return e->ns / NS_OF_S - (e->ns % NS_OF_S < 0);
}

void appliance_put_time(struct reader *r, struct event *e, const struct stated *own,
                        struct str text)
{
    enum weight weight = OWN_COUNTS;
    struct stated head;

    if (e->precision != TIME_NONE) {
        stated_from_seconds(&head, seconds_of(e));
        weight = weigh(own, stated_seconds(&head), !(e->doubt & DOUBT_ZONE));
    }
    if (weight == OWN_COUNTS) {
        e->doubt = 0;
        reader_time(r, e, own);
    } else if (weight == HEAD_COUNTS) {
        e->doubt &= (uint16_t)~DOUBT_YEAR;
    } else {
        event_put(e, FIELD_EVENT_STATED_TIME, text);
    }
}

bool appliance_is_behind_hosts(struct str between)
{
    uint8_t bytes[16];

    while (between.len) {
        struct str word = str_cut(&between, ' ');

        if (word.len > 1 && str_ends(word, ":") &&
            !address_bytes(str_head(word, word.len - 1), bytes))
            return false;
    }
    return true;
}
