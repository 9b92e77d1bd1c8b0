/* appliance_when.c: which of two times counts, that of a head or that of the message behind it
 * (doc/format/timeline.md section 2, "Appliances"). */
#include <stdlib.h>
#include "timeline/address.h"
#include "timeline/appliance.h"
#include "timeline/delivery.h"

enum {
    NS_OF_S = 1000000000,
    DAY_S = 86400,
    ZONES_APART_S = 14 * 3600 + DELIVERY_ALIKE_S,
    LATE_MOST_S = 200 * DAY_S,  /* what is shown to have come late, */
    UNSHOWN_MOST_S = 7 * DAY_S, /* and what may have */
    YEAR_S = 31556952,
};

/* Of a head's time and that of the message. */
enum weight {
    OWN_COUNTS,
    OWN_LATE, /* delivered later: the head is when it came */
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

/* Whether a message that states its moment for sure may have been delivered late: before a head
 * that does, too, by what the source shows. */
static bool is_late(const struct manner *m, int64_t late_s, bool head_has_zone)
{
    bool is_of_clock = m->delivery == DELIVERY_CLOCK && delivery_is_of_clock(m->clocks_s, late_s);

    if (m->delivery == DELIVERY_SHOWN)
        return late_s <= LATE_MOST_S && late_s > (head_has_zone ? 0 : -ZONES_APART_S);
    return head_has_zone && !is_of_clock && late_s > 0 && late_s <= UNSHOWN_MOST_S;
}

/* Clocks of different zones are whole quarters of an hour apart. What is stated for sure goes
 * before a clock without a zone. */
static enum weight weigh(const struct reader *r, const struct stated *own, int64_t head_s,
                         bool head_has_zone)
{
    int64_t late_s = head_s - moment_of(own), apart = llabs(late_s);
    bool is_alike = delivery_is_of_zones(apart) && apart <= ZONES_APART_S;

    if (has_zone(own) && r->delivery)
        delivery_add(r->delivery, moment_of(own), head_s, head_has_zone);
    if (apart <= DELIVERY_ALIKE_S && (has_zone(own) || !head_has_zone))
        return OWN_COUNTS;
    if (has_zone(own) && is_late(&r->manner, late_s, head_has_zone))
        return OWN_LATE;
    if (!is_alike || (has_zone(own) && head_has_zone))
        return HEAD_AGAINST;
    return has_zone(own) ? OWN_COUNTS : HEAD_COUNTS;
}

/* When it came: of a head without a zone its clock alone is known. */
static void put_ingested(struct reader *r, struct event *e, int64_t head_s, bool head_has_zone)
{
    char text[32];
    struct stated s;
    int len;

    stated_from_seconds(&s, head_s);
    len = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%s", s.year, s.month, s.day,
                   s.hour, s.minute, s.second, head_has_zone ? "Z" : "");
    event_put(e, field_number(r->names, STR("event.ingested")),
              event_keep(e, (struct str){text, (size_t)len}));
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
    struct stated at = *head;
    enum weight weight;

    if (at.year == 0)
        put_year(&at, own);
    weight = weigh(r, own, moment_of(&at), has_zone(&at));
    if (is_later_than_file(r, own) || weight == HEAD_AGAINST) {
        reader_time(r, e, head);
        event_put(e, FIELD_EVENT_STATED_TIME, text);
        return;
    }
    reader_time(r, e, weight == HEAD_COUNTS ? &at : own);
    if (weight == OWN_LATE)
        put_ingested(r, e, moment_of(&at), has_zone(&at));
    if (head->year == 0 && is_of_other_year(r, weight == HEAD_COUNTS ? &at : own))
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
    bool has_head = e->precision != TIME_NONE, head_has_zone = !(e->doubt & DOUBT_ZONE);
    int64_t head_s = has_head ? seconds_of(e) : 0;
    struct stated head;

    if (has_head && r->delivery && e->doubt & DOUBT_YEAR) { /* which is not known yet */
        stated_from_seconds(&head, head_s);
        put_year(&head, own);
        head_s = stated_seconds(&head);
    }
    if (has_head)
        weight = weigh(r, own, head_s, head_has_zone);
    if (weight == OWN_COUNTS || weight == OWN_LATE) {
        e->doubt = 0;
        reader_time(r, e, own);
    } else if (weight == HEAD_COUNTS) {
        e->doubt &= (uint16_t)~DOUBT_YEAR;
    } else {
        event_put(e, FIELD_EVENT_STATED_TIME, text);
    }
    if (weight == OWN_LATE)
        put_ingested(r, e, head_s, head_has_zone);
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
