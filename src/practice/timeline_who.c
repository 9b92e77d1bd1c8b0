/* timeline_who.c: everything that one account, address or host did, first summed up, then in order.
 */
#include "base/sink.h"
#include "practice/timeline_repeats.h"
#include "practice/timeline_show.h"
#include "timeline/query.h"
#include "timeline/value_test.h"

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
    struct buf query, anywhere; /* in the fields that name somebody; in any field or text */
    struct search_value sum, elsewhere;
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
    buf_release(&f->anywhere);
}

/* What is spelled as it is, so that 10.0.0.0/8 and adm* mean what they do in queries. */
static bool is_word(struct str who)
{
    for (size_t i = 0; i < who.len; i++) {
        char c = who.p[i];

        if (!char_is_digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
            !(i && c && strchr("./:-_*", c)))
            return false;
    }
    return who.len > 0;
}

static void add_value(struct buf *out, struct str who)
{
    if (is_word(who)) {
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

/* The same in any field and within its text; the words of the language are none of it. */
static void make_anywhere(struct buf *out, struct str who)
{
    CLEANUP(query_freep) struct query *q = NULL;
    bool has_colon = memchr(who.p, ':', who.len) && !value_test_is_network(who);

    if (!is_word(who) || (!has_colon && query_read(&q, who, NULL, NULL) == 0)) {
        add_value(out, who);
    } else if (memchr(who.p, '*', who.len)) {
        for (size_t i = 0; i < who.len; i++)
            buf_addf(out, "%s%c", who.p[i] == ':' ? "\\" : "", who.p[i]);
    } else {
        buf_addf(out, "\"" STR_FMT "\"", STR_ARG(who));
    }
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

/* The values of one part lie side by side. */
static const struct search_counted *values_of(const struct finding *f, size_t part, size_t *count)
{
    const struct search_result *r = f->result;
    size_t from = 0;

    while (from < r->value_count && r->values[from].field < part)
        from++;
    *count = 0;
    while (from + *count < r->value_count && r->values[from + *count].field == part)
        ++*count;
    return *count ? r->values + from : NULL;
}

static void show_values(struct finding *f, size_t part)
{
    size_t count;
    const struct search_counted *values = values_of(f, part, &count);
    CLEANUP_BUF struct buf line = {0};

    for (size_t i = 0; i < count && i < VALUES_SHOWN; i++)
        buf_addf(&line, "%s" STR_FMT " (%llu)", i ? ", " : "",
                 STR_ARG(str_head(values[i].value, 60)), (unsigned long long)values[i].told.count);
    if (count > VALUES_SHOWN)
        buf_addf(&line, " and %zu more", count - VALUES_SHOWN);
    if (line.len)
        screen_pair(&f->screen, 2, 8, str_of(parts[part].words), buf_str(&line));
}

static void json_values(struct finding *f, size_t part)
{
    size_t count;
    const struct search_counted *values = values_of(f, part, &count);

    json_name(&f->json, parts[part].field);
    json_array_begin(&f->json);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&f->json);
        json_put_str(&f->json, "value", values[i].value);
        json_put_u64(&f->json, "events", values[i].told.count);
        span_json(&f->json, &values[i].told);
        json_object_end(&f->json);
    }
    json_array_end(&f->json);
}

static void say_span(struct finding *f, const struct search_value *span)
{
    char first[UTC_PLAIN_SIZE], last[UTC_PLAIN_SIZE];

    if (span->count == span->timeless)
        return;
    utc_plain(first, event_utc(span->first_ns));
    utc_plain(last, event_utc(span->last_ns));
    screen_pair(&f->screen, 2, 8, STR("first"), str_of(first));
    screen_pair(&f->screen, 2, 8, STR("last"), str_of(last));
}

static void json_head(struct finding *f, struct str who)
{
    json_begin(&f->json, &f->a->json);
    json_object_begin(&f->json);
    json_put_str(&f->json, "who", who);
    json_put_str(&f->json, "query", buf_str(&f->query));
    json_put_u64(&f->json, "events", f->sum.count);
    span_json(&f->json, &f->sum);
    json_name(&f->json, "elsewhere");
    json_object_begin(&f->json);
    json_put_str(&f->json, "query", buf_str(&f->anywhere));
    json_put_u64(&f->json, "events", f->elsewhere.count);
    span_json(&f->json, &f->elsewhere);
    json_object_end(&f->json);
}

/* Events that have it somewhere else are of the answer, too: what they say is not summed up. */
static void say_elsewhere(struct finding *f, struct str who)
{
    const struct search_value *more = &f->elsewhere;
    bool is_address = value_test_is_network(who), is_one = more->count == 1;
    CLEANUP_BUF struct buf command = {0};

    if (more->count == 0)
        return;
    sink_shell(&command, buf_str(&f->anywhere));
    screen_blank(&f->screen);
    screen_printf(
        &f->screen, 0,
        "%llu %s%s %s it in another field or in %s text%s, and %s not summed up here. All "
        "of them: calm analyse search " STR_FMT,
        (unsigned long long)more->count, f->sum.count ? "more " : "", is_one ? "event" : "events",
        is_one ? "has" : "have", is_one ? "its" : "their",
        is_address ? "" : ", maybe as a part of a word", is_one ? "is" : "are",
        STR_ARG(buf_str(&command)));
    say_span(f, more);
}

static void head(struct finding *f, struct str who)
{
    const struct search_value *sum = &f->sum;

    if (sum->count == 0) {
        screen_printf(&f->screen, 0,
                      "No field that says who acted, on whom, from where or to "
                      "where has " STR_FMT "%s",
                      STR_ARG(who), f->elsewhere.count ? "." : ", and no other field or text.");
        return;
    }
    screen_printf(&f->screen, 0, STR_FMT ": %llu %s", STR_ARG(who), (unsigned long long)sum->count,
                  sum->count == 1 ? "event" : "events");
    say_span(f, sum);
}

static int list_events(struct finding *f, struct err *e)
{
    const struct search_receiver to = {.event = take_event, .context = f};
    int rc;

    search_result_release(f->result);
    f->order.kind = SEARCH_ROWS;
    f->order.most = f->most + 1;
    if (f->sum.timeless == 0) { /* what lies elsewhere is not gone through again */
        f->order.from_ns = f->sum.first_ns;
        f->order.to_ns = f->sum.last_ns;
    }
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

/* How many there are, in the fields that name somebody and elsewhere, and with which values, in one
 * pass over the events. */
static int count_all(struct finding *f, struct str who, struct err *e)
{
    CLEANUP_BUF struct buf fields = {0};
    int rc;

    make_query(&f->query, who);
    make_anywhere(&f->anywhere, who);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        buf_adds(&fields, parts[i].field);
        buf_addc(&fields, '\0');
    }
    f->order.query = buf_str(&f->query);
    f->order.beside = buf_str(&f->anywhere);
    f->order.kind = SEARCH_VALUES;
    f->order.field = buf_str(&fields);
    rc = timeline_search(&f->order, NULL, f->result, e);
    f->sum = f->result->sum;
    f->elsewhere = f->result->beside;
    f->order.beside = f->order.field = STR("");
    return rc;
}

static void sum_up(struct finding *f)
{
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (f->a->wants_json)
            json_values(f, i);
        else
            show_values(f, i);
}

static int query_who(const struct view *v, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(finding_release) struct finding f = {.a = a, .most = EVENTS_SHOWN};
    struct str who = input_value(op, in, "who");
    uint64_t most;
    int rc;

    f.result = mem_new(struct search_result);
    f.screen = (struct screen){.out = &a->text, .columns = a->columns, .color = a->color};
    rc = timelines_open(&f.lines, v, a->around->case_folder, input_value(op, in, "evidence"), e);
    if (rc)
        return rc;
    if (str_u64(input_value(op, in, "most"), &most) && most)
        f.most = most;
    f.show = (struct event_show){.screen = &f.screen, .items = f.lines.items, .told = f.lines.told};
    f.order = timelines_order(&f.lines);
    rc = count_all(&f, who, e);
    if (rc)
        return rc;
    if (f.sum.count + f.elsewhere.count)
        repeats_say(&f.lines, a->around->case_folder, STR(""), a);
    if (a->wants_json)
        json_head(&f, who);
    else
        head(&f, who);
    sum_up(&f);
    if (a->wants_json) {
        json_object_end(&f.json);
        return 0;
    }
    say_elsewhere(&f, who);
    return f.sum.count ? list_events(&f, e) : 0;
}

const struct operation analyse_who = {
    .name = "analyse who",
    .practice = "analyse",
    .help = "what an account, an address or a host did, first and last seen",
    .example = "calm analyse who 203.0.113.5",
    .more = "Looks where events name who acted, on whom, and from where, to where (user.name, "
            "user.target.name, source.ip, destination.ip, host.name and others), and counts the "
            "events that have the value in another field or in their text, which calm analyse "
            "search finds; there, of a network, its addresses within text are not. As JSON it "
            "gives the queries that it asks.",
    OP_FIELDS(who_fields),
    .kind = &timeline_kind,
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_who};
