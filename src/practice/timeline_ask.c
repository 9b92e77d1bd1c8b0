/* timeline_ask.c: asks the timelines of a case: events in order, and which values they have. */
#include "practice/timeline_ask.h"
#include "practice/timeline_repeats.h"

enum { PAGE = 40, JSON_MOST = 100000, JSON_SIZE_MOST = 512 << 20, TOP = 20 };

static const struct field search_fields[] = {
    ASK_FIELDS,
    {.name = "most", .type = FIELD_NUMBER, .help = "show at most so many"},
    {.name = "latest", .type = FIELD_FLAG, .help = "the latest first"},
    {.name = "fields", .type = FIELD_FLAG, .help = "with all fields of each event"},
};
static const struct field top_fields[] = {
    {.name = "field",
     .type = FIELD_LINE,
     .flags = FIELD_ARG | FIELD_REQUIRED,
     .help = "of which: user.name, source.ip, event.action"},
    ASK_FIELDS,
    {.name = "rare", .type = FIELD_FLAG, .help = "the rarest instead"},
    {.name = "most", .type = FIELD_NUMBER, .help = "show at most so many"},
};

void asking_release(struct asking *k)
{
    timelines_release(&k->lines);
    if (k->result)
        search_result_release(k->result);
    free(k->result);
}

int asking_begin(struct asking *k, enum search_kind kind, struct err *e)
{
    int rc = timelines_open(&k->lines, k->v, k->a->around->case_folder,
                            input_value(k->op, k->in, "evidence"), e);
    k->screen = (struct screen){.out = &k->a->text, .columns = k->a->columns, .color = k->a->color};
    k->show = (struct event_show){.screen = &k->screen,
                                  .items = k->lines.items,
                                  .told = k->lines.told,
                                  .with_fields = input_is_given(k->op, k->in, "fields")};
    k->result = mem_new(struct search_result);
    if (rc == 0)
        rc = timelines_asked(&k->order, &k->lines, k->op, k->in, e);
    k->order.kind = kind;
    return rc;
}

static uint64_t number_of(const struct asking *k, const char *field, uint64_t usual)
{
    uint64_t n;

    return str_u64(input_value(k->op, k->in, field), &n) && n ? n : usual;
}

/* The answer is one value, and is held until it is whole. */
static int add_json(struct asking *k, const struct search_event *event, struct err *e)
{
    event_json(&k->json, k->lines.items, event);
    k->shown++;
    return k->a->json.len <= JSON_SIZE_MOST
               ? 0
               : err_set(e, ERR_LIMIT,
                         "the answer as JSON has more than %d MiB: ask for fewer events (--most), "
                         "for a part of the time (--from, --to), or have all of them written to "
                         "a file: calm analyse export FILE",
                         JSON_SIZE_MOST >> 20);
}

static int take_event(void *context, const struct search_event *event, struct err *e)
{
    struct asking *k = context;

    if (k->shown == k->most) { /* there are more */
        k->shown++;
        return 0;
    }
    if (k->a->wants_json)
        return add_json(k, event, e);
    event_show(&k->show, event);
    k->shown++;
    if (k->a->text.len > 8192 && k->a->flush && k->a->flush(k->a) != 0)
        return ERR_CANCEL;
    return 0;
}

/* Who counts what a program reads must know that it is not all. */
static void say_cut(struct answer *a, bool is_cut, uint64_t most, const char *what)
{
    struct screen screen = {.out = &a->aside, .columns = a->columns};

    if (is_cut)
        screen_printf(&screen, 0, "Only the first %llu %s are here: --most N asks for more.",
                      (unsigned long long)most, what);
}

/* Nothing was found: a word may have been meant otherwise. */
static void say_how_read(const struct asking *k)
{
    CLEANUP(query_freep) struct query *q = NULL;
    struct screen aside = {.out = &k->a->aside, .columns = k->a->columns};
    const char *how;
    struct str word;

    if (query_read(&q, k->order.query, k->order.times, NULL))
        return;
    how = query_maybe_meant(q, &word);
    if (how)
        screen_printf(&aside, 0, STR_FMT " %s.", STR_ARG(word), how);
}

static int query_search(const struct view *v, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    CLEANUP(asking_release) struct asking k = {.op = op, .in = in, .v = v, .a = a};
    const struct search_receiver to = {.event = take_event, .context = &k};
    int rc = asking_begin(&k, SEARCH_ROWS, e);

    if (rc)
        return rc;
    k.most = number_of(&k, "most", a->wants_json ? JSON_MOST : PAGE);
    k.order.most = k.most + 1;
    k.order.is_backward = input_has(op, in, "latest");
    if (a->wants_json) {
        json_begin(&k.json, &a->json);
        json_array_begin(&k.json);
    }
    rc = timeline_search(&k.order, &to, k.result, e);
    if (rc) {
        buf_clear(&a->json); /* a part of an answer is none */
        return rc;
    }
    if (k.shown == 0)
        say_how_read(&k);
    if (a->wants_json)
        json_array_end(&k.json);
    else if (k.shown == 0)
        screen_printf(&k.screen, 0, "No event of %s is so.",
                      k.lines.count == 1 ? "the one timeline" : "the timelines");
    no_fields_say(a, k.result);
    if (k.shown)
        repeats_say(&k.lines, a->around->case_folder, k.order.query, a);
    if (a->wants_json) {
        say_cut(a, k.shown > k.most, k.most, "events");
        return 0;
    }
    event_explain(&k.show);
    if (k.shown > k.most)
        screen_printf(&k.screen, 0,
                      "\nThere are more: --most N, --from TIME; calm analyse histogram says when.");
    return 0;
}

static void show_values(struct asking *k, uint64_t most, bool is_rare)
{
    const struct search_result *r = k->result;

    for (size_t i = 0; i < r->value_count && i < most; i++) {
        const struct search_counted *c = &r->values[is_rare ? r->value_count - 1 - i : i];
        CLEANUP_BUF struct buf line = {0};
        char first[UTC_PLAIN_SIZE] = "no time", last[UTC_PLAIN_SIZE] = "";

        if (c->told.count > c->told.timeless) {
            utc_plain(first, event_utc(c->told.first_ns));
            utc_plain(last, event_utc(c->told.last_ns));
        }
        buf_addf(&line, "%10llu  %-16.16s  %-16.16s  ", (unsigned long long)c->told.count, first,
                 last);
        buf_addstr(&line, c->value);
        screen_line(&k->screen, SCREEN_NORMAL, buf_str(&line));
    }
    if (r->value_count == 0) {
        screen_printf(&k->screen, 0,
                      "Of %llu events none has such a field. calm analyse event shows the fields "
                      "of one.",
                      (unsigned long long)r->sum.count);
        return;
    }
    screen_blank(&k->screen);
    screen_printf(&k->screen, 0,
                  "%zu different values in %llu events; first and last seen are UTC.",
                  r->value_count, (unsigned long long)r->sum.count);
}

static void json_values(struct asking *k, uint64_t most, bool is_rare)
{
    const struct search_result *r = k->result;

    json_begin(&k->json, &k->a->json);
    json_array_begin(&k->json);
    for (size_t i = 0; i < r->value_count && i < most; i++) {
        const struct search_counted *c = &r->values[is_rare ? r->value_count - 1 - i : i];

        json_object_begin(&k->json);
        json_put_str(&k->json, "value", c->value);
        json_put_u64(&k->json, "events", c->told.count);
        span_json(&k->json, &c->told);
        json_object_end(&k->json);
    }
    json_array_end(&k->json);
    say_cut(k->a, r->value_count > most, most, "values");
}

static int query_top(const struct view *v, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(asking_release) struct asking k = {.op = op, .in = in, .v = v, .a = a};
    uint64_t most;
    int rc = asking_begin(&k, SEARCH_VALUES, e);

    if (rc)
        return rc;
    most = number_of(&k, "most", a->wants_json ? JSON_MOST : TOP);
    k.order.field = input_value(op, in, "field");
    rc = timeline_search(&k.order, NULL, k.result, e);
    if (rc)
        return rc;
    if (a->wants_json)
        json_values(&k, most, input_has(op, in, "rare"));
    else
        show_values(&k, most, input_has(op, in, "rare"));
    no_fields_say(a, k.result);
    if (k.result->sum.count)
        repeats_say(&k.lines, a->around->case_folder, k.order.query, a);
    return 0;
}

const struct operation analyse_search = {
    .name = "analyse search",
    .practice = "analyse",
    .help = "events of the timeline, in the order of time",
    .example = "calm analyse search \"user.name:root and event.action:login\" --from yesterday",
    .more =
        "A query is made of terms, and, or, not and brackets: failed, \"failed password\", "
        "user.name:root, source.ip:10.0.0.0/8, url.path:/wp-*, http.response.status_code:>=500, "
        "message:/pass(word)?/, user.name:(root or admin), user.name:*. Times are UTC unless a "
        "zone "
        "is written: time:>=\"2026-11-25 03:12 +01:00\". Names of fields are those "
        "of the Elastic Common Schema. Each event has a name, e3.500, for what is said of it.",
    OP_FIELDS(search_fields),
    .kind = &timeline_kind,
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_search};

const struct operation analyse_top = {
    .name = "analyse top",
    .practice = "analyse",
    .help = "the values of a field, the most frequent or the rarest, first and last seen",
    .example = "calm analyse top source.ip event.outcome:failure",
    OP_FIELDS(top_fields),
    .kind = &timeline_kind,
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = query_top};
