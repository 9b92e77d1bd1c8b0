/* timeline_who.c: everything that one account, address or host did, first summed up, then in order.
 */
#include "practice/timeline_show.h"

enum { EVENTS_SHOWN = 20, VALUES_SHOWN = 6 };

static const struct field who_fields[] = {
    {.name = "who",
     .type = FIELD_LINE,
     .flags = FIELD_ARG | FIELD_REQUIRED,
     .help = "an account, an address, a network, a host: root, 203.0.113.5, 10.0.0.0/8, web1"},
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "evidence",
     .help = "only in these items: e3"},
    {.name = "most", .type = FIELD_NUMBER, .help = "show at most so many events"},
};

/* What is summed up of it. */
static const struct {
    const char *field, *words;
} parts[] = {{"event.action", "did"}, {"event.outcome", "ended"}, {"host.name", "on"},
             {"user.name", "as"},     {"source.ip", "from"},      {"event.dataset", "seen in"}};

struct finding {
    struct answer *a;
    struct timelines lines;
    struct search_order order;
    struct search_result *result;
    struct buf query;
    struct screen screen;
    struct event_show show;
    struct json json;
    uint64_t shown, most;
};

static void finding_release(struct finding *f)
{
    timelines_release(&f->lines);
    search_result_release(f->result);
    free(f->result);
    buf_release(&f->query);
}

/* A word is spelled as it is, so that 10.0.0.0/8 and adm* mean what they do in queries. */
static void add_value(struct buf *out, struct str who)
{
    bool is_word = who.len > 0;

    for (size_t i = 0; i < who.len; i++) {
        char c = who.p[i];

        is_word = is_word && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                              (c >= 'a' && c <= 'z') || (i && strchr("./:-_*", c)));
    }
    if (is_word) {
        buf_addstr(out, who);
        return;
    }
    buf_addc(out, '"');
    for (size_t i = 0; i < who.len; i++) {
        if (who.p[i] == '"' || who.p[i] == '\\')
            buf_addc(out, '\\');
        buf_addc(out, who.p[i]);
    }
    buf_addc(out, '"');
}

static void make_query(struct buf *out, struct str who)
{
    static const char *const fields[] = {"user.name",
                                         "user.effective.name",
                                         "user.target.name",
                                         "user.changes.name",
                                         "user.id",
                                         "user.effective.id",
                                         "user.target.id",
                                         "source.ip",
                                         "source.address",
                                         "destination.ip",
                                         "destination.address",
                                         "client.ip",
                                         "client.address",
                                         "server.ip",
                                         "server.address",
                                         "host.name",
                                         "host.ip",
                                         "related.ip",
                                         "related.user",
                                         "winlog.event_data.SubjectUserName",
                                         "winlog.event_data.TargetUserName",
                                         "winlog.event_data.MemberName",
                                         "utmp.user",
                                         "pam.ruser",
                                         "source.user.name"};

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        buf_addf(out, "%s%s:", i ? " or " : "", fields[i]);
        add_value(out, who);
    }
}

static int take_event(void *context, const struct search_event *event, struct err *e)
{
    struct finding *f = context;

    (void)e;
    if (f->shown++ < f->most)
        event_show(&f->show, event);
    return 0;
}

static int count_values(struct finding *f, size_t part, struct err *e)
{
    search_result_release(f->result);
    f->order.kind = SEARCH_VALUES;
    f->order.field = str_of(parts[part].field);
    return timeline_search(&f->order, NULL, f->result, e);
}

static void show_values(struct finding *f, size_t part)
{
    const struct search_result *r = f->result;
    CLEANUP_BUF struct buf line = {0};

    for (size_t i = 0; i < r->value_count && i < VALUES_SHOWN; i++)
        buf_addf(&line, "%s" STR_FMT " (%llu)", i ? ", " : "",
                 STR_ARG(str_head(r->values[i].value, 60)),
                 (unsigned long long)r->values[i].told.count);
    if (r->value_count > VALUES_SHOWN)
        buf_addf(&line, " and %zu more", r->value_count - VALUES_SHOWN);
    if (line.len)
        screen_pair(&f->screen, 2, 8, str_of(parts[part].words), buf_str(&line));
}

static void json_values(struct finding *f, size_t part)
{
    json_name(&f->json, parts[part].field);
    json_array_begin(&f->json);
    for (size_t i = 0; i < f->result->value_count; i++) {
        const struct search_counted *c = &f->result->values[i];

        json_object_begin(&f->json);
        json_put_str(&f->json, "value", c->value);
        json_put_u64(&f->json, "events", c->told.count);
        span_json(&f->json, &c->told);
        json_object_end(&f->json);
    }
    json_array_end(&f->json);
}

static void head(struct finding *f, struct str who)
{
    const struct search_value *sum = &f->result->sum;
    char first[UTC_PLAIN_SIZE], last[UTC_PLAIN_SIZE];

    if (f->a->wants_json) {
        json_begin(&f->json, &f->a->json);
        json_object_begin(&f->json);
        json_put_str(&f->json, "who", who);
        json_put_str(&f->json, "query", buf_str(&f->query));
        json_put_u64(&f->json, "events", sum->count);
        span_json(&f->json, sum);
        return;
    }
    if (sum->count == 0) {
        screen_printf(&f->screen, 0,
                      "No field of an event names " STR_FMT ". It may be in the text of some: calm "
                      "analyse search \"" STR_FMT "\"",
                      STR_ARG(who), STR_ARG(who));
        return;
    }
    screen_printf(&f->screen, 0, STR_FMT ": %llu %s", STR_ARG(who), (unsigned long long)sum->count,
                  sum->count == 1 ? "event" : "events");
    if (sum->count == sum->timeless)
        return;
    utc_plain(first, event_utc(sum->first_ns));
    utc_plain(last, event_utc(sum->last_ns));
    screen_pair(&f->screen, 2, 8, STR("first"), str_of(first));
    screen_pair(&f->screen, 2, 8, STR("last"), str_of(last));
}

static int list_events(struct finding *f, struct err *e)
{
    const struct search_receiver to = {.event = take_event, .context = f};
    int rc;

    search_result_release(f->result);
    f->order.kind = SEARCH_ROWS;
    f->order.most = f->most + 1;
    screen_blank(&f->screen);
    rc = timeline_search(&f->order, &to, f->result, e);
    if (rc)
        return rc;
    event_explain(&f->show);
    if (f->shown > f->most)
        screen_printf(&f->screen, 0,
                      "\nThere are more: --most N, or with terms of your own: calm "
                      "analyse search");
    return 0;
}

static int query_who(const struct view *v, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(finding_release) struct finding f = {.a = a, .most = EVENTS_SHOWN};
    struct str who = input_value(op, in, "who");
    uint64_t most, count;
    int rc;

    f.result = mem_new(struct search_result);
    f.screen = (struct screen){.out = &a->text, .columns = a->columns, .color = a->color};
    rc = timelines_open(&f.lines, v, a->around->case_folder, input_value(op, in, "evidence"), e);
    if (rc)
        return rc;
    if (str_u64(input_value(op, in, "most"), &most) && most)
        f.most = most;
    f.show = (struct event_show){.screen = &f.screen, .items = f.lines.items, .told = f.lines.told};
    make_query(&f.query, who);
    f.order = timelines_order(&f.lines);
    f.order.query = buf_str(&f.query);
    f.order.kind = SEARCH_COUNT;
    rc = timeline_search(&f.order, NULL, f.result, e);
    if (rc)
        return rc;
    head(&f, who);
    count = f.result->sum.count;
    for (size_t i = 0; rc == 0 && i < COUNT_OF(parts) && (count || a->wants_json); i++) {
        rc = count_values(&f, i, e);
        if (rc == 0 && a->wants_json)
            json_values(&f, i);
        else if (rc == 0)
            show_values(&f, i);
    }
    if (rc)
        return rc;
    if (a->wants_json) {
        json_object_end(&f.json);
        return 0;
    }
    return count ? list_events(&f, e) : 0;
}

const struct operation analyse_who = {
    .name = "analyse who",
    .practice = "analyse",
    .help = "everything that an account, an address or a host did, first and last seen",
    .example = "calm analyse who 203.0.113.5",
    .more = "Looks where events name who acted, on whom, and from where, to where (user.name, "
            "user.target.name, source.ip, destination.ip, host.name and others), not into their "
            "text: calm analyse search does that. As JSON it gives the query that it asks.",
    OP_FIELDS(who_fields),
    .kind = &timeline_kind,
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_who};
