/* timeline_sources.c: lists the sources of the timelines, with all that is known against each. */
#include "practice/timeline_sources.h"
#include <fcntl.h>
#include "base/sink.h"
#include "base/size.h"
#include "practice/timeline_left.h"
#include "practice/timeline_repeats.h"
#include "practice/timeline_show.h"
#include "sys/file.h"
#include "timeline/sources.h"

enum { NOTICES_MOST = 10000, SOURCE_SHOWN = 200 };

#define NOTICES STR("event.kind:notice")

static const struct field sources_fields[] = {
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_ARG | FIELD_MANY,
     .kind = "evidence",
     .help = "only of these items: e3"},
};

static int keep_known(void *context, const struct search_event *event, struct err *e)
{
    struct timeline_known *known = context;
    CLEANUP_BUF struct buf line = {0};

    (void)e;
    if (known->notices++ >= KNOWN_KEPT)
        return 0;
    sink_terminal(&line, text_head(event->source, SOURCE_SHOWN), false);
    buf_adds(&line, ": ");
    sink_terminal(&line, text_head(search_value_of(event, "message"), KNOWN_LINE_SIZE), false);
    if (known->remarks.len)
        buf_addc(&known->remarks, '\n');
    buf_addstr(&known->remarks, buf_str(&line));
    return 0;
}

static int widen_span(void *context, const struct source_told *s, struct err *e)
{
    struct timeline_span *span = context;

    (void)e;
    if (!s->has_times)
        return 0;
    if (!span->has_times || s->first_ns < span->first_ns)
        span->first_ns = s->first_ns;
    if (!span->has_times || s->last_ns > span->last_ns)
        span->last_ns = s->last_ns;
    span->has_times = true;
    return 0;
}

int timeline_span_read(const char *path, const struct hash *directory, struct timeline_span *out,
                       struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return err_errno(e, "cannot read %s", path);
    return timeline_sources(fd, directory, widen_span, out, e);
}

int timeline_known_read(const char *path, const struct hash *directory, struct timeline_known *out,
                        struct err *e)
{
    const struct search_receiver to = {.event = keep_known, .context = out};
    CLEANUP_FREE struct search_result *result = mem_new(struct search_result);
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct search_order order = {.files = &fd,
                                 .directories = directory,
                                 .file_count = 1,
                                 .query = NOTICES,
                                 .from_ns = INT64_MIN,
                                 .to_ns = INT64_MAX,
                                 .kind = SEARCH_ROWS};
    int rc;

    if (fd < 0)
        return err_errno(e, "cannot read %s", path);
    rc = timeline_search(&order, &to, result, e);
    search_result_release(result);
    return rc;
}

/* A notice of an item, whose text lies in the listing's. */
struct notice {
    uint32_t file; /* the item's place */
    size_t source, message;
    uint32_t source_size, message_size;
    uint64_t event;
};

struct listing {
    struct answer *a;
    struct timelines lines;
    struct screen screen;
    struct json json;
    struct buf texts;
    struct notice *notices;
    struct repeats repeats;
    size_t repeat;       /* the place there of the source that comes next */
    struct buf repeated; /* what is said of that */
    size_t count, room;
    uint32_t file; /* of the sources that are told now */
};

static void listing_release(struct listing *l)
{
    timelines_release(&l->lines);
    buf_release(&l->texts);
    free(l->notices);
    repeats_release(&l->repeats);
    buf_release(&l->repeated);
}

static struct str source_of(const struct listing *l, const struct notice *n)
{
    return (struct str){l->texts.p + n->source, n->source_size};
}

static struct str message_of(const struct listing *l, const struct notice *n)
{
    return (struct str){l->texts.p + n->message, n->message_size};
}

static int take_notice(void *context, const struct search_event *event, struct err *e)
{
    struct listing *l = context;
    struct str message = text_head(search_value_of(event, "message"), KNOWN_LINE_SIZE);
    struct notice n = {.file = event->file,
                       .source = l->texts.len,
                       .message = l->texts.len + event->source.len,
                       .source_size = (uint32_t)event->source.len,
                       .message_size = (uint32_t)message.len,
                       .event = event->event};

    (void)e;
    buf_addstr(&l->texts, event->source);
    buf_addstr(&l->texts, message);
    l->notices = mem_grow(l->notices, l->count, &l->room, sizeof(l->notices[0]));
    l->notices[l->count++] = n;
    return 0;
}

static int by_source(const void *a, const void *b, void *context)
{
    const struct notice *x = a, *y = b;
    int is;

    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    is = str_cmp(source_of(context, x), source_of(context, y));
    if (is)
        return is;
    return x->event < y->event ? -1 : x->event > y->event;
}

static int find_notices(struct listing *l, struct err *e)
{
    const struct search_receiver to = {.event = take_notice, .context = l};
    CLEANUP_FREE struct search_result *result = mem_new(struct search_result);
    struct search_order order = timelines_order(&l->lines);
    int rc;

    order.query = NOTICES;
    order.kind = SEARCH_ROWS;
    order.most = NOTICES_MOST;
    rc = timeline_search(&order, &to, result, e);
    search_result_release(result);
    if (rc == 0 && l->count)
        qsort_r(l->notices, l->count, sizeof(l->notices[0]), by_source, l);
    return rc;
}

/* The first notice of a source of the item that is told now, by its place. */
static size_t first_notice(const struct listing *l, struct str source)
{
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct notice *n = &l->notices[middle];

        if (n->file < l->file || (n->file == l->file && str_cmp(source_of(l, n), source) < 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_of(const struct listing *l, size_t i, struct str source)
{
    return i < l->count && l->notices[i].file == l->file &&
           str_eq(source_of(l, &l->notices[i]), source);
}

static struct str format_words(const struct source_told *s)
{
    if (!str_is(s->format, "-"))
        return s->format;
    return s->size ? STR("not recognised") : STR("empty, or not read");
}

static void add_counts(struct buf *out, const struct source_told *s)
{
    const struct reader_counts *c = &s->counts;

    add_count(out, c->lines, "line: ", "lines: ");
    add_count(out, c->events, "event", "events");
    buf_addf(out, ", %llu not understood, %llu continued, %llu empty or comments",
             (unsigned long long)c->unparsed, (unsigned long long)c->continued,
             (unsigned long long)c->empty);
    if (s->notices) {
        buf_adds(out, "; ");
        add_count(out, s->notices, "notice", "notices");
    }
}

static void show_source(struct listing *l, const struct source_told *s)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf counts = {0};
    char size[SIZE_TEXT_SIZE], first[UTC_PLAIN_SIZE], last[UTC_PLAIN_SIZE];

    screen_line(&l->screen, SCREEN_NORMAL, s->name);
    buf_addf(&line, STR_FMT ", %s", STR_ARG(format_words(s)), size_text(size, s->size));
    if (s->has_times) {
        utc_plain(first, event_utc(s->first_ns));
        utc_plain(last, event_utc(s->last_ns));
        buf_addf(&line, ", %s to %s", first, last);
    } else if (s->has_events) {
        buf_adds(&line, ", no time in it");
    }
    if (s->size || !s->remark.len) /* else nothing of it was read, and why stands below */
        screen_para(&l->screen, 4, buf_str(&line));
    add_counts(&counts, s);
    if (!str_is(s->format, "-"))
        screen_para(&l->screen, 4, buf_str(&counts));
    if (s->remark.len)
        screen_para_style(&l->screen, 4, SCREEN_WARN, s->remark);
    if (l->repeated.len)
        screen_para_style(&l->screen, 4, SCREEN_WARN, buf_str(&l->repeated));
    for (size_t i = first_notice(l, s->name); is_of(l, i, s->name); i++)
        if (!str_eq(message_of(l, &l->notices[i]), s->remark))
            screen_para_style(&l->screen, 4, SCREEN_WARN, message_of(l, &l->notices[i]));
}

static void json_source(struct listing *l, const struct source_told *s)
{
    struct json *j = &l->json;
    char call[16];

    snprintf(call, sizeof(call), "e%u", l->lines.items[l->file]->number);
    json_object_begin(j);
    json_put_text(j, "evidence", call);
    json_put_str(j, "source", s->name);
    json_put_str(j, "format", s->format);
    json_put_u64(j, "size", s->size);
    json_put_u64(j, "lines", s->counts.lines);
    json_put_u64(j, "events", s->counts.events);
    json_put_u64(j, "unparsed", s->counts.unparsed);
    json_put_u64(j, "continued", s->counts.continued);
    json_put_u64(j, "other", s->counts.empty);
    json_put_u64(j, "notices", s->notices);
    if (s->has_times) {
        json_put_utc(j, "first", event_utc(s->first_ns));
        json_put_utc(j, "last", event_utc(s->last_ns));
    }
    json_name(j, "remarks");
    json_array_begin(j);
    if (s->remark.len)
        json_str(j, s->remark);
    if (l->repeated.len)
        json_str(j, buf_str(&l->repeated));
    for (size_t i = first_notice(l, s->name); is_of(l, i, s->name); i++)
        if (!str_eq(message_of(l, &l->notices[i]), s->remark))
            json_str(j, message_of(l, &l->notices[i]));
    json_array_end(j);
    json_object_end(j);
}

static int take_source(void *context, const struct source_told *s, struct err *e)
{
    struct listing *l = context;

    (void)e;
    buf_clear(&l->repeated);
    if (s->has_times)
        repeats_words(&l->repeats, l->repeat++, &l->repeated);
    if (l->a->wants_json)
        json_source(l, s);
    else
        show_source(l, s);
    if (!l->a->wants_json && l->a->text.len > 8192 && l->a->flush && l->a->flush(l->a) != 0)
        return ERR_CANCEL;
    return 0;
}

static int list_item(struct listing *l, struct err *e)
{
    const struct thing *item = l->lines.items[l->file];
    CLEANUP_BUF struct buf head = {0};

    l->repeat = repeats_of(&l->repeats, item);
    if (!l->a->wants_json) {
        buf_addf(&head, "e%u " STR_FMT, item->number, STR_ARG(view_title(item)));
        if (l->file)
            screen_blank(&l->screen);
        screen_line(&l->screen, SCREEN_BOLD, buf_str(&head));
    }
    return timeline_sources(l->lines.fds[l->file], &l->lines.directories[l->file], take_source, l,
                            e);
}

/* Items of which the last try made nothing; how many there are. */
static size_t show_left(struct listing *l, const struct view *v, struct str ids)
{
    const struct thing *item;
    size_t count = 0;

    for (size_t at = 0; (item = view_next(v, "evidence", &at));) {
        const struct thing *left = timeline_left_of(v, item);
        CLEANUP_BUF struct buf line = {0};
        CLEANUP_BUF struct buf id = {0};

        hex_add(&id, item->id.b, sizeof(item->id.b));
        if (!left || (ids.len && !str_has_line(ids, buf_str(&id))))
            continue;
        count++;
        if (l->a->wants_json)
            continue;
        buf_addf(&line, "e%u " STR_FMT, item->number, STR_ARG(view_title(item)));
        screen_line(&l->screen, SCREEN_BOLD, buf_str(&line));
        buf_clear(&line);
        buf_addf(&line, "not read: " STR_FMT, STR_ARG(thing_value(left, "because")));
        screen_para_style(&l->screen, 4, SCREEN_WARN, buf_str(&line));
        screen_blank(&l->screen);
    }
    return count;
}

static int query_sources(const struct view *v, const struct operation *op, const struct input *in,
                         struct answer *a, struct err *e)
{
    CLEANUP(listing_release)
    struct listing l = {.a = a,
                        .screen = {.out = &a->text, .columns = a->columns, .color = a->color}};
    struct str ids = input_value(op, in, "evidence");
    size_t left = show_left(&l, v, ids);
    int rc = timelines_open(&l.lines, v, a->around->case_folder, ids, e);

    if (rc == ERR_NOTFOUND && left && l.lines.count == 0 && view_count(v, "timeline") == 0)
        rc = 0;
    else if (rc == 0)
        rc = find_notices(&l, e);
    if (rc)
        return rc;
    repeats_read(&l.repeats, v, a->around->case_folder);
    if (a->wants_json) {
        json_begin(&l.json, &a->json);
        json_array_begin(&l.json);
    }
    for (; rc == 0 && l.file < l.lines.count; l.file++)
        rc = list_item(&l, e);
    if (a->wants_json)
        json_array_end(&l.json);
    else if (rc == 0 && l.count == NOTICES_MOST)
        screen_printf(&l.screen, 0,
                      "The first %d notices are shown: calm analyse search event.kind:notice",
                      NOTICES_MOST);
    return rc;
}

const struct operation analyse_sources = {
    .name = "analyse sources",
    .practice = "analyse",
    .help = "what was read of each item: files, formats, lines, and what is damaged or left out",
    .example = "calm analyse sources e3",
    .more =
        "An item may be a log, or hold many: each is a source, by its path within the item. Of "
        "each is told which format it was recognised as, its size, its first and last event, and "
        "what became of its lines, which add up: events, lines that are not understood, lines "
        "that continue others, and empty ones and comments. Below stands what is known against "
        "it: where it is cut or damaged, what a limit ended, what cannot be unpacked, a time of "
        "modification that cannot be. Text that no format knows is listed as "
        "text, all else as not recognised.",
    OP_FIELDS(sources_fields),
    .kind = &timeline_kind,
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_sources};
