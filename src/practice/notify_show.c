/* notify_show.c: the preview of a message, what became of it, and the sheet for the telephone. */
#include "practice/notify_show.h"
#include "base/sink.h"
#include "practice/notify_queue.h"
#include "practice/notify_reach.h"
#include "practice/notify_words.h"
#include "render/wrap.h"
#include "sys/file.h"

enum { FACT_COLUMNS = 8, TEXT_LEAST = 4, AROUND_TEXT = 4 };

/* "  - " of a list: how far what follows hangs. */
static size_t hanging_of(struct str line)
{
    size_t n = 0;

    while (n < line.len && line.p[n] == ' ')
        n++;
    return n + 1 < line.len && line.p[n] == '-' && line.p[n + 1] == ' ' ? n + 2 : n;
}

static void wrap_line(struct screen *s, struct str line, struct buf *out)
{
    size_t columns = s->columns ? s->columns : 80;
    size_t hanging = hanging_of(line) < columns / 2 ? hanging_of(line) : 0;
    CLEANUP_BUF struct buf then = {0};

    buf_addn(&then, ' ', hanging);
    if (line.len)
        wrap_add(out, str_from(line, hanging), columns, str_head(line, hanging), buf_str(&then));
    else
        buf_addc(out, '\n');
}

size_t notify_put_text(struct screen *s, struct str text, size_t most_lines)
{
    CLEANUP_BUF struct buf lines = {0};
    struct str rest;
    size_t more = 0;

    while (text.len)
        wrap_line(s, str_cut(&text, '\n'), &lines);
    for (rest = buf_str(&lines); rest.len;) {
        struct str line = str_cut(&rest, '\n');

        if (most_lines) {
            buf_addf(s->out, STR_FMT "\n", STR_ARG(line));
            most_lines--;
        } else {
            more++;
        }
    }
    return more;
}

static void put_fact(struct screen *s, const char *name, struct str value)
{
    screen_pair(s, 0, FACT_COLUMNS, str_of(name), value);
}

static void put_way(struct screen *s, const struct notify_way *way)
{
    CLEANUP_BUF struct buf text = {0};

    if (way->is_in_person) {
        buf_adds(&text,
                 "nothing but your own way there: tell them in person, or send somebody whom "
                 "you trust");
    } else if (!way->account) {
        buf_addf(&text, "telephone, " STR_FMT,
                 STR_ARG(way->address.len ? way->address : STR("number not known")));
    } else {
        const struct channel_kind *kind = account_kind(way->account);
        const char *by = kind->protection ? kind->protection(way->account) : NULL;

        buf_addf(&text, STR_FMT " (%s), %s%s", STR_ARG(view_title(way->channel)), kind->name,
                 by ? "encrypted to them by " : "read by whoever runs that server", by ? by : "");
        if (way->address.len)
            buf_addf(&text, ", to " STR_FMT, STR_ARG(way->address));
    }
    put_fact(s, "Over", buf_str(&text));
}

/* The way that it would go now, and why not over others; false where it may go over none at all. */
static bool find_way(const struct view *v, const struct settings *settings, const struct thing *m,
                     struct notify_way *way, struct buf *passed)
{
    struct err why = {0};

    if (notify_reader_check(v, m, &why)) {
        buf_addf(passed, "%s\n", why.text);
        return false;
    }
    *way = notify_way_of(v, settings, m, passed);
    return true;
}

static void put_facts(const struct view *v, const struct settings *settings, const struct thing *m,
                      struct screen *s)
{
    const struct thing *to = view_ref(v, m, "to");
    CLEANUP_BUF struct buf passed = {0};
    struct notify_way way = {0};
    bool may_go = find_way(v, settings, m, &way, &passed);
    struct str rest;

    if (thing_value(m, "subject").len)
        put_fact(s, "Inside", thing_value(m, "subject"));
    put_fact(s, "Subject", STR("[...]   (what it is called is inside, where that is encrypted)"));
    for (rest = buf_str(&passed); rest.len;)
        put_fact(s, "Not over", str_cut(&rest, '\n'));
    put_fact(s, "Label", str_of(tlp_mark(m->tlp)));
    if (may_go)
        put_way(s, &way);
    else
        put_fact(s, "Over", STR("no channel"));
    put_fact(s, "To", to ? view_title(to) : STR("somebody that you may not see"));
}

static size_t count_lines(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.p[i] == '\n';
    return count;
}

void notify_preview_text(const struct view *v, const struct settings *settings,
                         const struct thing *m, size_t rows, struct answer *a)
{
    CLEANUP_BUF struct buf facts = {0};
    struct screen screen = {&a->text, a->columns, a->color};
    struct screen below = {&facts, a->columns, a->color};
    size_t used, most, more;

    put_facts(v, settings, m, &below);
    used = count_lines(buf_str(&facts)) + AROUND_TEXT;
    most = !rows ? SIZE_MAX : rows > used + TEXT_LEAST ? rows - used : TEXT_LEAST;
    more = notify_put_text(&screen, thing_value(m, "text"), most);
    if (more)
        screen_printf(&screen, 0, "\xe2\x80\xa6 and %zu more: calm notify preview m%u", more,
                      m->number);
    screen_blank(&screen);
    buf_addstr(&a->text, buf_str(&facts));
}

static void preview_json(const struct view *v, const struct settings *settings,
                         const struct thing *m, struct answer *a)
{
    CLEANUP_BUF struct buf passed = {0};
    struct notify_way way = {0};
    bool may_go = find_way(v, settings, m, &way, &passed);
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    json_put_u64(&j, "message", m->number);
    json_put_text(&j, "label", tlp_names[m->tlp]);
    json_put_bool(&j, "by_phone", may_go && !way.account);
    json_put_bool(&j, "in_person", way.is_in_person);
    json_put_str(&j, "channel", way.channel ? view_title(way.channel) : STR(""));
    json_put_str(&j, "address", way.address);
    json_put_str(&j, "passed", buf_str(&passed));
    json_put_str(&j, "text", thing_value(m, "text"));
    json_object_end(&j);
}

static int preview_query(const struct view *v, const struct operation *op, const struct input *in,
                         struct answer *a, struct err *e)
{
    CLEANUP(settings_freep) struct settings *settings = NULL;
    const struct thing *m = input_thing(v, op, in, "message");
    int rc = notify_settings(a->around, &settings, e);

    if (rc)
        return rc;
    if (!m)
        return err_set(e, ERR_NOTFOUND, "say which message: calm notify list");
    if (a->wants_json)
        preview_json(v, settings, m, a);
    else
        notify_preview_text(v, settings, m, 0, a);
    return 0;
}

/* A page for one call, by the kind of channel that is paper. */
static void add_page(const struct view *v, const struct thing *m, struct buf *out)
{
    const struct thing *to = view_ref(v, m, "to");
    CLEANUP_BUF struct buf unsafe = {0};
    struct str number = notify_number_of(v, m, &unsafe);
    CLEANUP_POST struct post page = {0};
    struct letter l = {.id = m->id,
                       .when = notify_written(v, m),
                       .name = to ? view_title(to) : STR(""),
                       .address = number,
                       .unsafe = buf_str(&unsafe),
                       .text = thing_value(m, "text"),
                       .label = tlp_mark(m->tlp)};

    if (channel_kind_find(STR("sheet"))->spell(&l, NULL, STR(""), &page, NULL))
        BUG("a call sheet that cannot be written");
    if (out->len)
        buf_adds(
            out,
            "\n--------------------------------------------------------------------------\n\n");
    buf_addf(out, "m%u\n", m->number);
    buf_addstr(out, buf_str(&page.texts[POST_BODY]));
}

void notify_tell_outcome(const struct view *v, const struct thing *m, struct answer *a)
{
    const struct thing *to = view_ref(v, m, "to"), *c = view_ref(v, m, "channel");
    CLEANUP_BUF struct buf line = {0};
    char when[UTC_PLAIN_SIZE];
    struct utc moment;

    buf_addf(&line, "m%u to " STR_FMT, m->number, STR_ARG(to ? view_title(to) : STR("somebody")));
    if (thing_says(m, "state", "sent"))
        buf_addf(&line, " was sent over " STR_FMT, STR_ARG(c ? view_title(c) : STR("a channel")));
    else if (thing_says(m, "state", "waiting"))
        buf_adds(&line, " could not be delivered");
    else if (thing_says(m, "state", "unknown"))
        buf_adds(&line, ": nobody knows whether it arrived. Ask them; it is not sent again");
    else if (thing_says(m, "state", "phone"))
        buf_adds(&line, notify_is_in_person(v, m)
                            ? " is to be said in person: no channel and no telephone reaches them "
                              "safely"
                            : " goes by telephone: no channel reaches them safely");
    if (thing_says(m, "state", "sent") && thing_time(m, "answer-by", &moment))
        buf_addf(&line, "; an answer is expected by %s", utc_local_short(when, moment, v->now));
    if (thing_says(m, "state", "waiting") && thing_time(m, "next-try", &moment))
        buf_addf(&line, "; next try at %s", utc_local_short(when, moment, v->now));
    buf_addstr(&line, STR(".\n"));
    if (thing_value(m, "why").len && !thing_says(m, "state", "sent"))
        buf_addf(&line, "Why: " STR_FMT "\n", STR_ARG(thing_value(m, "why")));
    sink_terminal(&a->text, buf_str(&line), true);
    if (thing_says(m, "state", "phone")) {
        CLEANUP_BUF struct buf page = {0};

        add_page(v, m, &page);
        buf_addc(&a->text, '\n');
        buf_addstr(&a->text, buf_str(&page));
        buf_addf(
            &a->text,
            "\nNext:  calm notify acknowledged m%u WORD --called   when it was said, and answered\n"
            "       calm notify sent m%u   when it was said, and not answered yet\n",
            m->number, m->number);
    }
}

static int sheet_query(const struct view *v, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    const struct thing *one = input_thing(v, op, in, "message"), *m;
    struct json j;

    (void)e;
    if (one)
        add_page(v, one, &a->text);
    for (size_t at = 0; !one && (m = view_next(v, "message", &at));)
        if (thing_says(m, "state", "phone") || (notify_is_silent(v, m) && !notify_alternate(v, m)))
            add_page(v, m, &a->text);
    if (a->wants_json) {
        json_begin(&j, &a->json);
        json_object_begin(&j);
        json_put_str(&j, "text", buf_str(&a->text));
        json_object_end(&j);
        buf_clear(&a->text);
    } else if (!a->text.len) {
        buf_adds(&a->text, "Nobody has to be phoned.\n");
    }
    return 0;
}

static const struct field preview_fields[] = {{.name = "message",
                                               .type = FIELD_REF,
                                               .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
                                               .kind = "message",
                                               .help = "which: m1"}};
static const struct field sheet_fields[] = {{.name = "message",
                                             .type = FIELD_REF,
                                             .flags = FIELD_ARG | FIELD_OUTSIDE,
                                             .kind = "message",
                                             .help = "which: m1; all that are to be phoned if not "
                                                     "said"}};

const struct operation notify_preview = {
    .name = "notify preview",
    .practice = "notify",
    .help = "show how a message would go: over which channel, and why not over others",
    .example = "calm notify preview m1",
    OP_FIELDS(preview_fields),
    .kind = &notify_message_kind,
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = preview_query};
const struct operation notify_sheet = {.name = "notify sheet",
                                       .practice = "notify",
                                       .help =
                                           "print whom to phone, what to say, and boxes to tick",
                                       .example = "calm notify sheet",
                                       OP_FIELDS(sheet_fields),
                                       .kind = &notify_message_kind,
                                       .type = OP_QUERY,
                                       .faces = FACE_ALL,
                                       .query = sheet_query};
