/* live_time.c: what calm-collect tells of a host's clocks (doc/format/live.md, live/time): when it
 * was started, and which zone it has. */
#include "timeline/bytes.h"
#include "timeline/json_flat.h"
#include "timeline/json_when.h"
#include "timeline/own_zone.h"

/* What a line says that is of use here. */
struct told {
    struct str kind, booted, boot_id, now, link, zone;
};

static bool knows(struct str head)
{
    return str_starts(head, "{\"kind\":\"clock\",\"name\":\"realtime\",\"now\":\"");
}

static void take(void *context, const struct json_value *v)
{
    struct told *t = context;
    struct str *place = str_is(v->name, "kind")         ? &t->kind
                        : str_is(v->name, "booted")     ? &t->booted
                        : str_is(v->name, "boot_id")    ? &t->boot_id
                        : str_is(v->name, "now")        ? &t->now
                        : str_is(v->name, "local_time") ? &t->link
                        : str_is(v->name, "zone")       ? &t->zone
                                                        : NULL;

    if (place)
        *place = v->value;
}

static int take_event(struct reader *r, struct event *e, struct str when, const char *action,
                      struct err *err)
{
    struct stated s;

    if (!json_time(when, &s, NULL)) {
        r->counts.comments++;
        return 0;
    }
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_ACTION, action);
    event_puts(e, FIELD_EVENT_CATEGORY, "host");
    event_puts(e, FIELD_EVENT_OUTCOME, "success");
    return reader_event(r, e, err);
}

/* The link counts; what /etc/timezone has is a text beside it that programs rarely read. */
static int tell_zone(struct reader *r, const struct told *t, struct err *e)
{
    char words[OWN_ZONE_WORDS_SIZE];
    struct str zone;

    r->counts.comments++;
    if (r->zone)
        return 0;
    if (own_zone_of_link(STR("etc/localtime"), t->link, &zone))
        own_zone_words(zone, "the link /etc/localtime", words);
    else if (t->link.len == 0 && own_zone_is_one(t->zone))
        own_zone_words(t->zone, "/etc/timezone", words);
    else
        return 0;
    return reader_notice(r, 0, words, e);
}

static int take_line(struct reader *r, struct event *e, uint64_t at, struct str line,
                     struct err *err)
{
    struct told t = {0};
    struct json_flat flat = {.take = take, .context = &t, .e = e};
    struct str rest = line;

    event_begin(e);
    e->at = at;
    r->counts.lines++;
    if (!json_flat(&flat, &rest) || rest.len) {
        event_puts(e, FIELD_EVENT_KIND, "unparsed");
        event_put_raw(e, r->names, FIELD_MESSAGE, line, line.len);
        return reader_event(r, e, err);
    }
    if (str_is(t.kind, "boot")) {
        event_put(e, field_number(r->names, STR("live.boot_id")), t.boot_id);
        return take_event(r, e, t.booted, "boot", err);
    }
    if (str_is(t.kind, "synchronised by systemd"))
        return take_event(r, e, t.now, "clock-synchronised", err);
    if (str_is(t.kind, "settings"))
        return tell_zone(r, &t, err);
    r->counts.comments++;
    return 0;
}

static int read_all(struct reader *r, struct err *err)
{
    CLEANUP(bytes_freep) struct bytes *bytes = bytes_new(r);
    CLEANUP(event_release) struct event e;
    struct str rest;
    uint64_t at = 0;
    int rc = bytes_at(bytes, 0, BYTES_MOST, &rest, err);

    event_init(&e);
    while (rc == 0 && rest.len) {
        struct str line = str_cut(&rest, '\n');

        rc = take_line(r, &e, at, line, err);
        at += line.len + 1;
    }
    return rc;
}

const struct format format_live_time = {
    .name = "live-time", .version = 1, .is_of_machine = true, .knows = knows, .read = read_all};
