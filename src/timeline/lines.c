/* lines.c: sources of lines: asks the format what each is, and joins what belongs together. */
#include "base/mem.h"
#include "timeline/ahead.h"
#include "timeline/cutter.h"
#include "timeline/regroup.h"
#include "timeline/sessions.h"

struct lines {
    struct reader *r;
    struct cutter cutter;
    uint64_t number; /* of the line */
    struct event events[2];
    struct event *now;  /* the line's */
    struct event *last; /* the one before, which lines may still continue */
    bool has_last;
    struct sessions *sessions; /* NULL: the format has none, or years are counted */
    size_t last_from;          /* where its line begins in the window */
    uint64_t joined;           /* bytes of its message with all that lines add; 0: none did yet */
};

static bool is_in_window(const struct lines *l, struct str value)
{
    return value.p >= l->cutter.w.bytes && value.p < l->cutter.w.bytes + WINDOW_SIZE;
}

/* Values of the event before may stand in the window. */
static void move_values(struct lines *l, size_t by)
{
    for (size_t i = 0; i < l->last->count; i++) {
        struct str *v = &l->last->fields[i].value;

        if (is_in_window(l, *v))
            v->p -= by;
    }
    l->last_from -= by;
}

static struct str *message_of(struct event *e)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == FIELD_MESSAGE)
            return &e->fields[i].value;
    return NULL;
}

/* Before lines add to it, the message is cut to what it may have. */
static void begin_join(struct lines *l)
{
    struct str *m = message_of(l->last);

    if (l->joined || !m)
        return;
    l->joined = m->len;
    *m = text_head(*m, EVENT_VALUE_SIZE);
}

/* What many lines continue is held apart from them. */
static void keep_last(struct lines *l)
{
    begin_join(l);
    event_cut(l->last, l->r->names);
    for (size_t i = 0; i < l->last->count; i++) {
        struct str *v = &l->last->fields[i].value;

        if (is_in_window(l, *v))
            *v = event_keep(l->last, *v);
    }
    l->last_from = l->cutter.at;
}

static int end_last(struct lines *l, struct err *e)
{
    if (!l->has_last)
        return 0;
    l->has_last = false;
    if (l->r->format->whole && event_value(l->last, FIELD_EVENT_KIND).len == 0)
        l->r->format->whole(l->r, l->last);
    if (l->joined > event_value(l->last, FIELD_MESSAGE).len)
        event_put_cut(l->last, STR("message"), l->joined);
    return l->r->format->split ? l->r->format->split(l->r, l->last, e)
                               : reader_event(l->r, l->last, e);
}

static int let_go(void *context, bool is_long, size_t *by, struct err *e)
{
    struct lines *l = context;
    int rc = is_long ? end_last(l, e) : 0;

    if (rc)
        return rc;
    if (l->has_last && l->cutter.at - l->last_from > READER_LINE_MOST)
        keep_last(l);
    *by = l->has_last ? l->last_from : l->cutter.at;
    if (l->has_last)
        move_values(l, *by);
    return 0;
}

static int next_line(struct lines *l, struct line *out, struct err *e)
{
    int rc;

    event_begin(l->now);
    rc = cutter_next(&l->cutter, out, e);
    if (rc == 0 && l->r->format->decode && !out->is_plain)
        out->text = l->r->format->decode(l->now, out->text);
    return rc;
}

/* Nothing that was taken of the line stays but its text, which may stand in the scratch. */
static void begin_again(struct event *now, struct str text)
{
    uint64_t at = now->at, number = now->line;
    bool is_decoded = text.p >= now->scratch && text.p < now->scratch + EVENT_SCRATCH_SIZE;

    event_begin(now);
    now->at = at;
    now->line = number;
    if (is_decoded)
        now->scratch_len = (size_t)(text.p + text.len - now->scratch);
}

/* Of which of the source's formats times are that are counted. */
static void ask_as(struct reader *r, uint32_t number)
{
    if (r->counting)
        r->counting->format = number;
}

/* What a format took of a line that it declines is no part of the event that the next one makes. */
static enum line_verdict ask_others(struct lines *l, const struct line *line)
{
    for (size_t i = 0; i < OTHERS_MOST && l->r->others.of[i]; i++) {
        begin_again(l->now, line->text);
        ask_as(l->r, (uint32_t)i + 1);
        if (reader_ask_other(l->r, i, line->text, l->now) == LINE_EVENT) {
            event_puts(l->now, FIELD_EVENT_DATASET, l->r->others.of[i]->name);
            return LINE_EVENT;
        }
    }
    return LINE_FOREIGN;
}

/* "Record 7", as evtx_dump writes before each; "--" of grep; the name of a file above its lines. */
static bool is_head(struct str text)
{
    uint64_t number;

    return str_is(text, "--") || str_starts(text, "==> ") ||
           (str_take(&text, "Record ") && str_u64(text, &number));
}

static uint64_t number_of(const struct lines *l, const struct line *line)
{
    return line->number ? line->number : l->number + 1;
}

static enum line_verdict ask(struct lines *l, const struct line *line)
{
    enum line_verdict v;

    if (line->is_between && is_head(line->text))
        return LINE_COMMENT;
    if (line->whole > READER_LINE_MOST || (l->r->is_cut && !line->has_end))
        return LINE_FOREIGN;
    l->r->is_plain = line->is_plain;
    ask_as(l->r, 0);
    v = reader_ask(l->r, l->r->format, line->text, l->now);
    if (v == LINE_EVENT && manner_doubts(l->r, l->now))
        v = LINE_FOREIGN;
    if (v == LINE_FOREIGN)
        v = ask_others(l, line);
    if (v == LINE_EVENT && l->sessions)
        sessions_see(l->sessions, l->now);
    return v;
}

static void make_unparsed(struct lines *l, const struct line *line)
{
    bool is_long = line->whole > READER_LINE_MOST;
    struct str text;

    begin_again(l->now, line->text);
    event_puts(l->now, FIELD_EVENT_KIND, "unparsed");
    text = reader_text(l->now, is_long ? event_keep(l->now, line->text) : line->text);
    event_put(l->now, FIELD_MESSAGE, is_long ? text_head(text, EVENT_VALUE_SIZE) : text);
    if (is_long)
        event_put_cut(l->now, STR("message"), line->whole);
}

/* Appends what there is room for. Once something was left out nothing comes behind it. */
static void append(struct lines *l, struct str *m, struct str between, struct str raw)
{
    struct event *e = l->last;
    size_t used = m ? m->len + between.len : 0;
    bool is_full = used >= EVENT_VALUE_SIZE || l->joined > (m ? m->len : 0) ||
                   EVENT_SCRATCH_SIZE - e->scratch_len < 6 * EVENT_VALUE_SIZE;
    struct str head = text_head(raw, is_full ? 0 : EVENT_VALUE_SIZE - used), text, added;

    l->joined += m ? between.len : 0;
    if (head.len == 0) {
        l->joined += raw.len;
        return;
    }
    if (m && m->p + m->len != e->scratch + e->scratch_len)
        *m = event_keep(e, *m);
    if (m)
        (void)event_keep(e, between);
    text = reader_text(e, head);
    if (text.p == head.p)
        text = event_keep(e, head);
    added = text_head(text, EVENT_VALUE_SIZE - used);
    e->scratch_len -= text.len - added.len;
    if (m)
        m->len += between.len + added.len;
    else
        event_put(e, FIELD_MESSAGE, added);
    l->joined += text.len + (raw.len - head.len);
}

/* What a line that continues says of its own. */
static void take_fields(struct event *e, const struct event *from)
{
    bool takes_time = e->precision == TIME_NONE && from->precision != TIME_NONE;

    if (takes_time) {
        e->ns = from->ns;
        e->precision = from->precision;
        e->doubt = from->doubt;
    }
    for (size_t i = 0; i < from->count; i++) {
        struct str v = from->fields[i].value;

        /* The line is added to the message as text of its own. */
        if (from->fields[i].name == FIELD_EVENT_ORIGINAL_BYTES ||
            (from->fields[i].name == FIELD_EVENT_DOUBLED_HOUR && !takes_time))
            continue;
        if (v.p >= from->scratch && v.p < from->scratch + EVENT_SCRATCH_SIZE)
            v = event_keep(e, v);
        event_put(e, from->fields[i].name, v);
    }
}

/* Lines of one event stand behind one another, so that mostly nothing is copied; what was copied
 * grows where it is. */
static void join(struct lines *l, const struct line *line)
{
    struct str *m, text = line->text;

    take_fields(l->last, l->now);
    begin_join(l);
    m = message_of(l->last);
    if (m && l->joined == m->len && m->p + m->len + 1 == text.p &&
        m->len + 1 + text.len <= EVENT_VALUE_SIZE && reader_is_plain(text)) {
        m->len += 1 + text.len;
        l->joined = m->len;
        return;
    }
    append(l, m, STR("\n"), text);
}

/* The line goes on with the text of the one before, which was cut. */
static void join_cut(struct lines *l)
{
    begin_join(l);
    append(l, message_of(l->last), STR(""), event_value(l->now, FIELD_MESSAGE));
}

static void become_last(struct lines *l, const struct line *line)
{
    struct event *spare = l->last;

    l->last = l->now;
    l->now = spare;
    l->has_last = true;
    l->last_from = line->from;
    l->joined = 0;
}

static bool is_of_other(const struct event *e)
{
    return event_value(e, FIELD_EVENT_DATASET).len > 0;
}

/* A line with which a part may begin. */
static bool is_own(const struct lines *l, enum line_verdict v)
{
    const struct format *f = l->r->format;

    return v == LINE_EVENT && l->now->precision != TIME_NONE &&
           !(f->continues && !is_of_other(l->now) && f->may_continue(l->now));
}

/* Both are of the first format. */
static bool continues(struct lines *l, enum line_verdict v)
{
    return v == LINE_EVENT && l->has_last && l->r->format->continues && !is_of_other(l->last) &&
           !is_of_other(l->now) && l->r->format->continues(l->r, l->last, l->now);
}

static int deal_with(struct lines *l, const struct line *line, enum line_verdict v, struct err *e)
{
    struct reader_counts *c = &l->r->counts;
    int rc;

    c->lines++;
    if (line->text.len == 0 || v == LINE_COMMENT) {
        c->empty += line->text.len == 0;
        c->comments += line->text.len != 0;
        return line->is_between && l->r->frame == FRAME_HEADED ? end_last(l, e) : 0;
    }
    if ((v == LINE_CONTINUES && l->has_last) || continues(l, v)) {
        c->continued++;
        if (l->r->format->cut_lines)
            join_cut(l);
        else
            join(l, line);
        return 0;
    }
    rc = end_last(l, e);
    if (rc)
        return rc;
    if (v != LINE_EVENT)
        make_unparsed(l, line);
    if (line->name.len)
        event_put(l->now, field_number(l->r->names, STR("log.file.path")),
                  event_keep(l->now, reader_text(l->now, line->name)));
    become_last(l, line);
    return 0;
}

/* The line in which from lies belongs to the part before. */
static int begin(struct lines *l, struct reader *r, uint64_t from, struct err *e)
{

    *l = (struct lines){.r = r};
    cutter_begin(&l->cutter, r, from);
    l->cutter.let_go = let_go;
    l->cutter.context = l;
    for (size_t i = 0; i < 2; i++)
        event_init(&l->events[i]);
    l->now = &l->events[0];
    l->last = &l->events[1];
    return cutter_start(&l->cutter, from, e);
}

static void lines_release(struct lines *l)
{
    cutter_release(&l->cutter);
    sessions_free(l->sessions);
    for (size_t i = 0; i < 2; i++)
        event_release(&l->events[i]);
}

/* What is no line, at a place in the line of that number. */
static int tell(struct lines *l, uint64_t at, uint64_t number, struct str words, struct err *e)
{
    event_begin(l->now);
    l->now->at = at;
    l->now->line = number;
    event_puts(l->now, FIELD_EVENT_KIND, "notice");
    event_put(l->now, FIELD_MESSAGE, event_keep(l->now, words));
    return reader_event(l->r, l->now, e);
}

/* The event before ends; what stands behind cannot continue it. */
static int tell_zeros(struct lines *l, const struct line *line, struct err *e)
{
    char words[64];
    int rc = end_last(l, e);
    int len = snprintf(words, sizeof(words), "%llu bytes of zeros instead of text.",
                       (unsigned long long)line->zeros * text_unit(l->r->encoding));

    return rc ? rc : tell(l, line->at, l->number + 1, (struct str){words, (size_t)len}, e);
}

/* Behind the end of the source. */
static int tell_rest(struct lines *l, struct err *e)
{
    int rc = end_last(l, e);

    if (rc || !window_has_rest(&l->cutter.w))
        return rc;
    return tell(l, l->cutter.w.raw_end - 1, l->number,
                STR("The last byte is half a character of UTF-16."), e);
}

static int take_group(struct lines *l, const struct line_group *g, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < g->count; i++) {
        const struct regrouped *at = &g->lines[i];
        const struct line line = {
            {g->text.p + at->off, at->len}, .from = l->cutter.at, .at = at->at, .whole = at->whole};

        event_begin(l->now);
        l->now->at = at->at;
        l->now->line = at->number;
        l->r->begins_event = i == 0;
        rc = deal_with(l, &line, line.text.len ? ask(l, &line) : LINE_EVENT, e);
    }
    return rc ? rc : end_last(l, e);
}

static int take_groups(struct lines *l, struct regroup *groups, bool is_end, struct err *e)
{
    const struct line_group *g;
    int rc = 0;

    while (rc == 0 && (g = regroup_take(groups, is_end)))
        rc = take_group(l, g, e);
    return rc;
}

static void add_to_groups(struct lines *l, struct regroup *groups, const struct line *line)
{
    const struct regrouped told = {.at = line->at, .number = ++l->number, .whole = line->whole};
    char name[REGROUP_NAME_SIZE];
    size_t name_len = 0;
    int64_t ns = 0;

    if (line->whole > READER_LINE_MOST || !l->r->format->event_of(line->text, name, &name_len, &ns))
        name_len = 0;
    regroup_add(groups, &told, line->text, (struct str){name, name_len}, ns);
}

/* The source is not in parts. */
static int read_regrouped(struct lines *l, struct err *e)
{
    CLEANUP(regroup_freep) struct regroup *groups = regroup_new();
    struct line line;
    bool is_told;
    int rc = ahead_look(l->r, &is_told, e);

    while (rc == 0 && (rc = next_line(l, &line, e)) == 0) {
        if (line.zeros) {
            rc = tell_zeros(l, &line, e);
        } else {
            add_to_groups(l, groups, &line);
            rc = take_groups(l, groups, false, e);
        }
        if (rc)
            return rc;
    }
    if (rc != ERR_NOTFOUND)
        return rc;
    rc = take_groups(l, groups, true, e);
    if (rc == 0 && is_told)
        rc = reader_notice(l->r, 0, l->r->format->remark, e);
    return rc ? rc : tell_rest(l, e);
}

/* So many bytes before a part are looked at. */
static uint64_t window_of(const struct reader *r)
{
    uint64_t sessions = reader_has_sessions(r) ? SESSIONS_WINDOW : 0;

    return r->format->cut_lines > sessions ? r->format->cut_lines : sessions;
}

/* What lines before the part say of sessions that are in it, too, and whether the last is cut. */
static int look_back(struct lines *l, uint64_t from, struct err *e)
{
    CLEANUP(lines_release) struct lines before;
    struct reader as_it_was = *l->r;
    uint64_t begin_at = from > window_of(l->r) ? from - window_of(l->r) : 0;
    struct line line;
    int rc;

    rc = begin(&before, l->r, begin_at, e);
    before.sessions = l->sessions;
    while (rc == 0 && (rc = next_line(&before, &line, e)) == 0 && line.at < from) {
        before.now->at = line.at;
        if (line.zeros == 0 && line.text.len)
            (void)ask(&before, &line);
    }
    before.sessions = NULL;
    l->r->years = as_it_was.years;
    l->r->has_inferred_years = as_it_was.has_inferred_years;
    return rc == ERR_NOTFOUND ? 0 : rc;
}

int reader_lines(struct reader *r, uint64_t from, uint64_t to, struct err *e)
{
    CLEANUP(lines_release) struct lines l;
    bool is_before = from > 0;
    struct line line;
    int rc;

    from += from % text_unit(r->encoding);
    rc = begin(&l, r, from, e);
    if (reader_has_sessions(r))
        l.sessions = sessions_new(r->names);
    if (rc == 0 && window_of(r) && from)
        rc = look_back(&l, from, e);
    if (rc == 0 && r->format->event_of)
        return read_regrouped(&l, e);
    while (rc == 0 && (rc = next_line(&l, &line, e)) == 0) {
        enum line_verdict v = LINE_EVENT;

        if (line.zeros) {
            rc = is_before ? 0 : tell_zeros(&l, &line, e);
            continue;
        }
        l.now->at = line.at;
        l.now->line = l.number = number_of(&l, &line);
        if (line.text.len)
            v = ask(&l, &line);
        is_before = is_before && !(line.text.len && is_own(&l, v));
        if (is_before) {
            l.number = 0;
            continue;
        }
        if ((line.at >= to || r->is_over) && line.text.len && is_own(&l, v)) {
            r->is_ended = line.at < to;
            r->ended_at = line.at;
            break;
        }
        rc = deal_with(&l, &line, v, e);
    }
    if (rc && rc != ERR_NOTFOUND)
        return rc;
    /* Where no event of its own is in the part, the part before has read to the end. */
    rc = rc && !is_before ? tell_rest(&l, e) : end_last(&l, e);
    return rc || from || !manner_remark(r) ? rc : reader_notice(r, 0, manner_remark(r), e);
}

/* The parts whose lines are looked at for their times. */
struct looked_parts {
    uint64_t from, size;
    struct years_part *parts; /* NULL: nothing is told of parts */
    size_t count, next;
};

static void look_at_part(struct reader *r, struct looked_parts *p, uint64_t place)
{
    while (p->next + 1 < p->count && (place - p->from) / p->size > p->next)
        r->counting = &p->parts[++p->next];
}

/* Asks for lines that begin there, whose times alone are wanted. */
static int look_through(struct reader *r, struct looked_parts *p, uint64_t to, struct err *e)
{
    CLEANUP(lines_release) struct lines l;
    struct line line;
    int rc;

    p->from += p->from % text_unit(r->encoding);
    rc = begin(&l, r, p->from, e);
    while (rc == 0 && (rc = next_line(&l, &line, e)) == 0 && line.at < to) {
        look_at_part(r, p, line.at);
        l.now->at = line.at;
        l.now->line = l.number = number_of(&l, &line);
        if (line.text.len && !line.zeros)
            (void)ask(&l, &line);
    }
    return rc == ERR_NOTFOUND ? 0 : rc;
}

int reader_count_years(struct reader *r, uint64_t from, uint64_t to, uint64_t part_size,
                       struct years_part *parts, size_t count, struct year_hosts *hosts,
                       struct err *e)
{
    struct looked_parts p = {.from = from, .size = part_size, .parts = parts, .count = count};
    int rc;

    if (count == 0)
        return 0;
    r->counting = &parts[0];
    r->hosts = hosts;
    rc = look_through(r, &p, to, e);
    r->counting = NULL;
    r->hosts = NULL;
    return rc;
}

int reader_find_folds(struct reader *r, uint64_t from, uint64_t to, struct err *e)
{
    struct looked_parts p = {.from = from};
    struct fold_search search;
    int rc;

    fold_search_begin(&search, r->folds, r->zone);
    r->folding = &search;
    rc = look_through(r, &p, to, e);
    r->folding = NULL;
    if (rc == 0)
        fold_search_end(&search, to == UINT64_MAX);
    return rc;
}
