/* timeline_record.c: what is on record of a timeline. */
#include "practice/timeline_record.h"
#include "practice/custody.h"
#include "practice/timeline.h"

static const struct field timeline_fields[] = {
    FIELD_CALLED("title", "of what"),
    {.name = "evidence", .type = FIELD_REF, .kind = "evidence", .help = "the item"},
    {.name = "digest", .type = FIELD_LINE, .help = "SHA-256 of its events"},
    {.name = "file", .type = FIELD_LINE, .help = "its name in the case's timeline folder"},
    {.name = "directory", .type = FIELD_LINE, .help = "SHA-256 of the file's directory"},
    {.name = "version", .type = FIELD_NUMBER, .help = "of the formats"},
    {.name = "zone", .type = FIELD_LINE, .help = "of times that name none"},
    {.name = "zone-sha256", .type = FIELD_LINE, .help = "SHA-256 of that zone's rules"},
    {.name = "zones",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "where a clock's zone was named: zone, SHA-256 of its rules, source"},
    {.name = "zone-files",
     .type = FIELD_LINE,
     .help = "SHA-256 of the rules of all zones that sources could name"},
    {.name = "not-after",
     .type = FIELD_TIME,
     .help = "its lines ended by then, as the next newer log of its rotation shows"},
    {.name = "sources", .type = FIELD_NUMBER, .help = "files that lie in it"},
    {.name = "recognised", .type = FIELD_NUMBER, .help = "of them, those with a known format"},
    {.name = "lines", .type = FIELD_NUMBER, .help = "lines of all"},
    {.name = "events", .type = FIELD_NUMBER, .help = "that were understood"},
    {.name = "unparsed", .type = FIELD_NUMBER, .help = "lines kept as they are"},
    {.name = "continued", .type = FIELD_NUMBER, .help = "lines that belong to one before"},
    {.name = "other", .type = FIELD_NUMBER, .help = "empty lines and comments"},
    {.name = "notices", .type = FIELD_NUMBER, .help = "of what was cut, damaged or not read"},
    {.name = "remarks",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "the first of them: source: what is known against it"},
    {.name = "repeats",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "evidence",
     .help = "items that have some of its events as well"},
    {.name = "first", .type = FIELD_TIME, .help = "the earliest event that has a time"},
    {.name = "last", .type = FIELD_TIME, .help = "the latest"},
};
const struct kind timeline_kind = {.name = "timeline",
                                   .prefix = "tl",
                                   .words = "timeline made",
                                   .change_words = "timeline changed",
                                   KIND_FIELDS(timeline_fields)};

static void add_hex(struct decision *d, struct draft *dr, const char *name, const struct hash *h)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, h->b, sizeof(h->b));
    draft_value(dr, name, str_of(arena_strdup(d->arena, buf_text(&hex))));
}

static void add_number(struct decision *d, struct draft *dr, const char *name, uint64_t n)
{
    draft_value(dr, name, str_of(arena_printf(d->arena, "%llu", (unsigned long long)n)));
}

static void add_time(struct decision *d, struct draft *dr, const char *name, int64_t ns)
{
    int64_t sec = ns / 1000000000 - (ns % 1000000000 < 0);
    struct utc t = {sec, (uint32_t)(ns - sec * 1000000000)};
    char text[UTC_TEXT_SIZE];

    utc_write(text, t);
    draft_value(dr, name, (struct str){arena_dup(d->arena, text, sizeof(text)), sizeof(text)});
}

/* Where else its events are comes first. */
static void add_remarks(struct decision *d, struct draft *dr, const struct timeline_made *w)
{
    struct str own = w->remarks, more = buf_str(&w->repeated->recorded.text);

    if (more.len)
        own = str_of(arena_printf(d->arena, STR_FMT "%s" STR_FMT, STR_ARG(more),
                                  own.len ? "\n" : "", STR_ARG(own)));
    if (own.len)
        draft_value(dr, "remarks", own);
    if (w->repeated->items.len)
        draft_value(dr, "repeats", buf_str(&w->repeated->items));
}

void timeline_draft(struct decision *d, struct draft *dr, const struct timeline_made *w)
{
    const struct segment_result *r = w->result;
    const struct timeline_zones *zones = w->zones;
    struct hash rules = hash_bytes(zones->rules[0].p, zones->rules[0].len);

    custody_label(d, dr, w->item);
    draft_value(dr, "title",
                str_of(arena_printf(d->arena, "e%u, " STR_FMT, w->item->number,
                                    STR_ARG(view_title(w->item)))));
    draft_value_ref(d, dr, "evidence", &w->item->id);
    add_hex(d, dr, "digest", &r->digest);
    draft_value(dr, "file", w->file);
    add_hex(d, dr, "directory", &r->directory);
    add_number(d, dr, "version", TIMELINE_VERSION);
    draft_value(dr, "zone", zones->base);
    if (zones->rules[0].len)
        add_hex(d, dr, "zone-sha256", &rules);
    if (zones->told.len)
        draft_value(dr, "zones", buf_str(&zones->told));
    add_hex(d, dr, "zone-files", w->zone_files);
    if (w->end_s != INT64_MAX)
        add_time(d, dr, "not-after", w->end_s * 1000000000);
    add_number(d, dr, "sources", r->sources);
    add_number(d, dr, "recognised", r->recognised);
    add_number(d, dr, "lines", r->counts.lines);
    add_number(d, dr, "events", r->counts.events);
    add_number(d, dr, "unparsed", r->counts.unparsed);
    add_number(d, dr, "continued", r->counts.continued);
    add_number(d, dr, "other", r->counts.empty + r->counts.comments);
    add_number(d, dr, "notices", w->notices);
    add_remarks(d, dr, w);
    if (w->span->has_times) {
        add_time(d, dr, "first", w->span->first_ns);
        add_time(d, dr, "last", w->span->last_ns);
    }
}
