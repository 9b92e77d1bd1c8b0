/* timeline_tag.c: one event whole, with what was around it, and what people say of it. */
#include "practice/custody.h"
#include "practice/timeline_around.h"
#include "practice/timeline_clock.h"
#include "practice/timeline_show.h"
#include "timeline/event.h"

#define NS 1000000000LL

enum { AROUND_MOST = 100, AROUND_LIMIT = 100000, SUMMARY_SIZE = 300 };

static const struct field tag_fields[] = {
    FIELD_CALLED("event", "which: e3.500"),
    {.name = "tag",
     .type = FIELD_LINE,
     .flags = FIELD_ARG,
     .help = "a word that is searched for: first-login, tool, attacker-2"},
    {.name = "because", .type = FIELD_LINE, .help = "what it means, and why"},
    {.name = "evidence", .type = FIELD_REF, .kind = "evidence", .help = "the item"},
    {.name = "digest", .type = FIELD_LINE, .help = "of the timeline that it is an event of"},
    {.name = "when", .type = FIELD_TIME, .help = "its time, as it was known then"},
    {.name = "precision", .type = FIELD_LINE, .help = "of it: s, ms, day"},
    {.name = "doubt", .type = FIELD_LINE, .help = "letters for what is not certain of it"},
    {.name = "skew", .type = FIELD_LINE, .help = "by which its clock was corrected"},
    {.name = "source", .type = FIELD_LINE, .help = "the file within the item"},
    {.name = "host", .type = FIELD_LINE, .help = "whose log it is"},
    {.name = "summary", .type = FIELD_LINE, .help = "what it says"},
};
const struct kind event_tag_kind = {.name = "event-tag",
                                    .prefix = "ev",
                                    .words = "event marked",
                                    .change_words = "mark changed",
                                    KIND_FIELDS(tag_fields)};

static const struct field tag_input[] = {
    FIELD_CALLED("event", "which: e3.500"),
    {.name = "tag",
     .type = FIELD_LINE,
     .flags = FIELD_ARG | FIELD_REQUIRED,
     .help = "a word that is searched for: first-login, tool, attacker-2"},
    {.name = "because", .type = FIELD_LINE, .help = "what it means, and why"},
};
static const struct field event_input[] = {
    {.name = "event",
     .type = FIELD_LINE,
     .flags = FIELD_ARG | FIELD_REQUIRED,
     .help = "which: e3.500"},
    {.name = "within", .type = FIELD_SPAN, .help = "with what was so long before and after: 5min"},
    {.name = "most",
     .type = FIELD_NUMBER,
     .help = "with --within: at most so many events before it, and after it: 100"},
};

/* An event, found. */
struct named {
    struct timelines lines; /* all, so that what was around it is of all evidence */
    struct search_order order;
    struct search_result *result;
    const struct thing *item, *timeline;
    size_t place;    /* of its timeline */
    uint64_t number; /* from 0 */
    int64_t ns;
    bool is_there;
    int64_t skew_ns; /* of its clock */
    struct buf precision, doubt, source, host;
    struct buf summary;
    struct answer *a;
    struct json json;
    struct event_show show;
};

static void named_release(struct named *n)
{
    timelines_release(&n->lines);
    buf_release(&n->precision);
    buf_release(&n->doubt);
    buf_release(&n->source);
    buf_release(&n->host);
    buf_release(&n->summary);
    if (n->result)
        search_result_release(n->result);
    free(n->result);
}

bool event_call_read(struct str call, unsigned *item, uint64_t *event)
{
    struct str rest = call, number;
    uint64_t n, from_one;

    if (!str_take(&rest, "e"))
        return false;
    number = str_cut(&rest, '.');
    if (!str_u64(number, &n) || n > UINT32_MAX || !str_u64(rest, &from_one) || from_one == 0)
        return false;
    *item = (unsigned)n;
    *event = from_one - 1;
    return true;
}

static void keep_summary(struct named *n, const struct search_event *event)
{
    CLEANUP_BUF struct buf words = {0};

    event_words(&words, event);
    buf_clear(&n->summary);
    buf_addstr(&n->summary, text_head(buf_str(&words), SUMMARY_SIZE));
}

static int take_it(void *context, const struct search_event *event, struct err *e)
{
    struct named *n = context;

    (void)e;
    n->is_there = true;
    n->ns = event->ns;
    n->skew_ns = search_skew_of(&n->lines.told[n->place], event->source);
    buf_addstr(&n->precision, event->precision);
    buf_addstr(&n->doubt, event->doubt);
    buf_addstr(&n->source, str_head(event->source, SUMMARY_SIZE));
    buf_addstr(&n->host, str_head(search_value_of(event, "host.name"), SUMMARY_SIZE));
    keep_summary(n, event);
    return 0;
}

static int not_there(struct str call, struct err *e)
{
    return err_set(e, ERR_NOTFOUND, "there is no event " STR_FMT ": calm analyse search shows them",
                   STR_ARG(call));
}

/* All timelines are open; the one that it is of is found among them. */
static int find(struct named *n, const struct view *v, const char *case_folder, struct str call,
                struct err *e)
{
    const struct search_receiver to = {.event = take_it, .context = n};
    unsigned item;
    uint64_t event;
    size_t i = 0;
    int rc;

    if (!event_call_read(call, &item, &event))
        return err_set(e, ERR_USAGE, "an event is called e3.500, as calm analyse search shows it");
    rc = timelines_open(&n->lines, v, case_folder, STR(""), e);
    if (rc)
        return rc;
    while (i < n->lines.count && n->lines.items[i]->number != item)
        i++;
    if (i == n->lines.count)
        return not_there(call, e);
    n->item = n->lines.items[i];
    n->timeline = n->lines.things[i];
    n->number = event;
    n->result = mem_new(struct search_result);
    n->order = timelines_order(&n->lines);
    n->order.files = &n->lines.fds[i];
    n->order.directories = &n->lines.directories[i];
    n->order.items = &n->lines.told[i];
    n->order.file_count = 1;
    n->order.has_only = true;
    n->order.only = n->number;
    n->order.workers = 1;
    n->place = i;
    rc = timeline_search(&n->order, &to, n->result, e);
    return rc || n->is_there ? rc : not_there(call, e);
}

static int show_it(void *context, const struct search_event *event, struct err *e)
{
    struct named *n = context;

    (void)e;
    if (n->a->wants_json) {
        event_json(&n->json, n->show.items, event);
        return 0;
    }
    n->show.with_fields = n->show.items[event->file] == n->item && event->event == n->number;
    event_show(&n->show, event);
    return 0;
}

bool event_tag_is_present(const struct view *v, const struct thing *tag)
{
    const struct thing *item = view_ref(v, tag, "evidence");
    const struct thing *timeline = item ? timeline_of(v, item) : NULL;

    return timeline && str_eq(thing_value(timeline, "digest"), thing_value(tag, "digest"));
}

/* By which the clock of what was marked ran ahead, as it is known now. */
static int64_t skew_now(const struct view *v, const struct thing *tag)
{
    const struct thing *item = view_ref(v, tag, "evidence");
    struct str source = thing_value(tag, "source");
    CLEANUP_FREE struct clock_setting *clocks = NULL;
    size_t count = item ? clock_settings(v, item, &clocks) : 0;
    int64_t now = 0;

    for (size_t i = 0; i < count; i++)
        if (clocks[i].has_skew && (i == 0 || str_eq(clocks[i].source, source)))
            now = clocks[i].skew_ns;
    return now;
}

bool event_tag_time(const struct view *v, const struct thing *tag, struct utc *out)
{
    int64_t then = 0;
    struct utc when;

    if (!utc_read(&when, thing_value(tag, "when")) || when.sec > INT64_MAX / NS - 1 ||
        when.sec < INT64_MIN / NS + 1)
        return false;
    (void)skew_read(thing_value(tag, "skew"), &then);
    *out = event_utc(search_true_time(when.sec * NS + when.ns, skew_now(v, tag) - then));
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct event_mark *x = a, *y = b;
    int is = x->has_time && y->has_time ? utc_cmp(x->at, y->at) : y->has_time - x->has_time;

    if (is)
        return is;
    return x->tag->number < y->tag->number ? -1 : x->tag->number > y->tag->number;
}

size_t event_marks_in_order(const struct view *v, struct event_mark **out)
{
    struct event_mark *all = NULL;
    size_t count = 0, room = 0;
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "event-tag", &at));) {
        struct event_mark m = {.tag = t};

        m.has_time = event_tag_time(v, t, &m.at);
        all = mem_grow(all, count, &room, sizeof(all[0]));
        all[count++] = m;
    }
    if (count)
        qsort(all, count, sizeof(all[0]), by_time);
    *out = all;
    return count;
}

void event_tag_doubt(struct buf *out, const struct view *v, const struct thing *tag)
{
    struct str then = thing_value(tag, "doubt");
    bool has_skew = skew_now(v, tag) != 0;

    /* One that was exported may say so of itself. */
    has_skew = has_skew || (memchr(then.p, 's', then.len) && !thing_value(tag, "skew").len);
    for (size_t i = 0; i < then.len; i++)
        if (then.p[i] != 's')
            buf_addc(out, then.p[i]);
    if (has_skew)
        buf_addc(out, 's');
}

static const char other_timeline[] = "of an earlier timeline of the item, where it may have been "
                                     "another event";

static void show_tags(const struct view *v, struct str text, struct screen *screen)
{
    CLEANUP_FREE char *call = mem_dup(text.p, text.len);
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(v, "event-tag", "event", call, &at));) {
        screen_blank(screen);
        screen_pair(screen, 2, 12, thing_value(t, "tag"), thing_value(t, "because"));
        if (!event_tag_is_present(v, t))
            screen_pair(screen, 2, 12, STR(""), str_of(other_timeline));
    }
}

static void tell_more(const struct named *n, const struct around *w)
{
    struct screen aside = {.out = &n->a->aside, .columns = n->a->columns};
    struct screen text = {.out = &n->a->text, .columns = n->a->columns, .color = n->a->color};

    if ((w->has_more_before || w->has_more_after) && !n->a->wants_json)
        screen_blank(&text);
    if (w->has_more_before || w->has_more_after)
        screen_printf(n->a->wants_json ? &aside : &text, 0,
                      "Within that time there are more events %s: --most N.",
                      !w->has_more_after    ? "before these"
                      : !w->has_more_before ? "behind these"
                                            : "before and behind these");
}

/* With what was before and after it. */
static int show_around(struct named *n, uint64_t within_s, uint64_t most, struct around *w,
                       struct err *e)
{
    const struct search_receiver to = {.event = show_it, .context = n};

    n->show.items = n->lines.items;
    n->show.told = n->lines.told;
    *w = (struct around){.order = timelines_order(&n->lines),
                         .file = (uint32_t)n->place,
                         .event = n->number,
                         .ns = n->ns,
                         .within_ns = (int64_t)within_s * NS,
                         .most = most};
    return timeline_around(w, &to, e);
}

static int query_event(const struct view *v, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP(named_release) struct named n = {.a = a};
    struct screen screen = {.out = &a->text, .columns = a->columns, .color = a->color};
    const struct search_receiver to = {.event = show_it, .context = &n};
    struct str call = input_value(op, in, "event");
    struct around around = {0};
    uint64_t within = 0, most = AROUND_MOST;
    int rc = find(&n, v, a->around->case_folder, call, e);

    if (rc)
        return rc;
    n.show = (struct event_show){.screen = &screen, .items = &n.item, .told = n.order.items};
    (void)str_u64(input_value(op, in, "within"), &within);
    (void)str_u64(input_value(op, in, "most"), &most);
    if (within > INT32_MAX || most == 0 || most > AROUND_LIMIT)
        return err_set(e, ERR_USAGE, "--within is at most 68 years, and --most 1 to %d",
                       (int)AROUND_LIMIT);
    if (a->wants_json) {
        json_begin(&n.json, &a->json);
        json_array_begin(&n.json);
    }
    rc = within ? show_around(&n, within, most, &around, e)
                : timeline_search(&n.order, &to, n.result, e);
    if (rc)
        return rc;
    tell_more(&n, &around);
    if (a->wants_json) {
        json_array_end(&n.json);
        return 0;
    }
    show_tags(v, call, &screen);
    event_explain(&n.show);
    return 0;
}

static void draft_text(struct decision *d, struct draft *dr, const char *name,
                       const struct buf *text)
{
    if (text->len)
        draft_value(dr, name, str_of(arena_strdup(d->arena, buf_text(text))));
}

static void draft_tag(struct named *n, struct decision *d, struct draft *dr)
{
    CLEANUP_BUF struct buf skew = {0};
    char when[UTC_TEXT_SIZE];

    draft_take_input(d, dr, &event_tag_kind);
    custody_label(d, dr, n->item);
    draft_value_ref(d, dr, "evidence", &n->item->id);
    draft_value(dr, "digest", thing_value(n->timeline, "digest"));
    utc_write(when, event_utc(n->ns));
    draft_value(dr, "when", (struct str){arena_dup(d->arena, when, sizeof(when)), sizeof(when)});
    if (n->skew_ns)
        skew_write(&skew, n->skew_ns);
    draft_text(d, dr, "precision", &n->precision);
    draft_text(d, dr, "doubt", &n->doubt);
    draft_text(d, dr, "skew", &skew);
    draft_text(d, dr, "source", &n->source);
    draft_text(d, dr, "host", &n->host);
    draft_text(d, dr, "summary", &n->summary);
}

static int tag_job(struct session *s, const struct operation *op, const struct input *in,
                   struct answer *a, struct err *e)
{
    CLEANUP(named_release) struct named n = {.a = a};
    CLEANUP(decision_release) struct decision d = {0};
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc == 0)
        rc = find(&n, d.view, a->around->case_folder, input_value(op, in, "event"), e);
    if (rc)
        return rc;
    d.is_independent = true;
    draft_tag(&n, &d, decision_add(&d, "event-tag/1"));
    rc = session_append(s, &d, &first, e);
    if (rc == 0)
        session_tell(s, &d, first, a);
    return rc;
}

const struct operation analyse_event = {
    .name = "analyse event",
    .practice = "analyse",
    .help = "one event with all its fields, and what was before and after",
    .example = "calm analyse event e3.500 --within 5min",
    OP_FIELDS(event_input),
    .kind = &event_tag_kind,
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_event};

const struct operation analyse_tag = {
    .name = "analyse tag",
    .practice = "analyse",
    .help = "say what an event means; the report lists what was marked",
    .example =
        "calm analyse tag e3.500 first-login --because \"from an address that nobody knows\"",
    OP_FIELDS(tag_input),
    .kind = &event_tag_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("event-tag/1"),
    .job = tag_job};

static void json_tag(const struct view *v, const struct thing *t, struct json *j)
{
    json_object_begin(j);
    thing_json_members(v, t, j);
    json_put_bool(j, "earlier-timeline", !event_tag_is_present(v, t));
    json_object_end(j);
}

static void show_tag(const struct view *v, const struct thing *t, struct screen *screen)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf doubt = {0};
    struct utc when;
    char plain[UTC_PLAIN_SIZE] = "";

    event_tag_doubt(&doubt, v, t);
    if (event_tag_time(v, t, &when))
        utc_plain(plain, when);
    view_call(&line, t);
    buf_addf(&line, "  %s%s  " STR_FMT "  " STR_FMT, doubt.len ? "~" : "", plain,
             STR_ARG(view_title(t)), STR_ARG(thing_value(t, "tag")));
    screen_line(screen, SCREEN_BOLD, buf_str(&line));
    screen_para(screen, 5, thing_value(t, "summary"));
    if (thing_value(t, "because").len)
        screen_para(screen, 5, thing_value(t, "because"));
    if (!event_tag_is_present(v, t))
        screen_para_style(screen, 5, SCREEN_WARN, str_of(other_timeline));
}

static int query_tags(const struct view *v, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    struct screen screen = {.out = &a->text, .columns = a->columns, .color = a->color};
    CLEANUP_FREE struct event_mark *marks = NULL;
    size_t count = event_marks_in_order(v, &marks);
    struct json j;

    (void)op, (void)in, (void)e;
    if (a->wants_json) {
        json_begin(&j, &a->json);
        json_array_begin(&j);
    }
    for (size_t i = 0; i < count; i++) {
        if (a->wants_json)
            json_tag(v, marks[i].tag, &j);
        else
            show_tag(v, marks[i].tag, &screen);
    }
    if (a->wants_json)
        json_array_end(&j);
    else if (count == 0)
        screen_printf(&screen, 0, "No event was marked yet: calm analyse tag e3.500 WORD");
    return 0;
}

const struct operation analyse_tags = {
    .name = "analyse tags",
    .practice = "analyse",
    .help = "the events that were marked, in the order of time, and what they mean",
    .example = "calm analyse tags",
    .kind = &event_tag_kind,
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_tags};
