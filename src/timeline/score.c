/* score.c: asks a format of lines what stands in several places of a source. */
#include "timeline/score.h"
#include "timeline/trace.h"

enum {
    CANDIDATE_PERCENT = 50,
    INDENTED_MOST = 8,       /* lines that one event may have behind it */
    INDENTED_LAST_MOST = 64, /* of a format that is last: traces of the stack */
    SURE_LEAST = 8,          /* lines that are one format's for sure, */
    SURE_ONE_IN = 20,        /* and so many of those that are tried, */
    SURE_PLACES = 4,         /* all along the source, or at its beginning or end */
};

enum line_verdict score_ask(struct reader *r, struct str line, struct event *e)
{
    event_begin(e);
    return reader_ask(r, r->format, line, e);
}

/* A word alone may be any word of a program's own line ("user eva: login"): names of hosts have a
 * digit, a point or a dash, mostly, and rsyslog writes microseconds and a zone. */
static bool may_be_host(struct str host, const struct event *e)
{
    for (size_t i = 0; i < host.len; i++)
        if (char_is_digit(host.p[i]) || host.p[i] == '.' || host.p[i] == '-')
            return true;
    return e->precision == TIME_US && !(e->doubt & DOUBT_ZONE);
}

static bool had_host(const struct score *s, struct str host)
{
    for (size_t i = 0; i < s->host_count; i++)
        if (str_eq(s->hosts[i], host))
            return true;
    return false;
}

/* An event that may be of another program's line counts where its host is that of another, or the
 * first of them. */
static bool counts(struct score *s, const struct event *e)
{
    struct str host = event_value(e, FIELD_HOST_NAME);
    bool is_doubtful = s->format->is_doubtful && s->format->is_doubtful(e);
    bool is_first = s->host_count == 0;

    if (had_host(s, host))
        return true;
    if (is_doubtful &&
        (host.len == 0 || s->host_count == SCORE_HOSTS_MOST || !may_be_host(host, e)))
        return false;
    if (s->format->is_doubtful && host.len && s->host_count < SCORE_HOSTS_MOST)
        s->hosts[s->host_count++] = host;
    return !is_doubtful || is_first;
}

/* A state tells which lines are its own, unless it is for what asks of two events. */
static bool joins_by_state(const struct format *f)
{
    return f->state_size && !f->continues && !f->reads_alone;
}

/* Lines that the format joins; where it knows none of its own before, of an event not too many. */
static bool is_of_event(struct score *s, struct str line, enum line_verdict v,
                        const struct event *e)
{
    if (v != LINE_CONTINUES || joins_by_state(s->format))
        return v == LINE_CONTINUES;
    if (s->format->is_last && trace_is_frame(line)) /* a sample may begin among hundreds */
        return true;
    if (char_is_blank(line.p[0]) || (s->format->is_last && trace_is_line(line)))
        return s->understood &&
               s->indented++ < (s->format->is_last ? INDENTED_LAST_MOST : INDENTED_MOST);
    return !s->format->is_last || e->count > 0;
}

/* The line is an event of the format alone, and of no other program's that writes alike. */
static bool is_sure_line(const struct format *f, enum line_verdict v, const struct event *e)
{
    return v == LINE_EVENT && !(f->is_doubtful && f->is_doubtful(e)) &&
           !(f->is_sure && !f->is_sure(e));
}

static void add_sure(struct score *s, enum line_verdict v, const struct event *e)
{
    bool is_one = is_sure_line(s->format, v, e);

    s->is_first_sure = s->lines == 0 ? is_one : s->is_first_sure;
    s->is_last_sure = is_one;
    s->sure += is_one;
    s->sure_places |= (uint8_t)(is_one << s->place);
}

static void add_line(struct score *s, struct str line, enum line_verdict v, const struct event *e)
{
    add_sure(s, v, e);
    if (v == LINE_CONTINUES && s->format->cut_lines) /* whose piece it is, it says itself */
        s->understood++, s->lines++;
    if (is_of_event(s, line, v, e))
        return;
    s->lines += v != LINE_COMMENT;
    if (v == LINE_EVENT && counts(s, e)) {
        s->understood++;
        s->indented = 0;
        s->is_sure = s->is_sure || !s->format->is_sure || s->format->is_sure(e);
    }
}

bool score_is_declined(struct reader *r, struct str line, struct event *e)
{
    bool is_declined = score_ask(r, line, e) == LINE_FOREIGN;

    for (size_t i = 0; is_declined && i < OTHERS_MOST && r->others.of[i]; i++) {
        event_begin(e);
        is_declined = reader_ask_other(r, i, line, e) != LINE_EVENT;
    }
    return is_declined;
}

static void try_sample(struct score *s, struct reader *r, struct reader *before, struct str sample,
                       struct event *e)
{
    unsigned most = s->lines + LOOK_SAMPLE_LINES;
    struct str line;

    while (s->lines < most && look_take_line(&sample, &line)) {
        s->looked++;
        if (!before || score_is_declined(before, line, e))
            add_line(s, line, score_ask(r, line, e), e);
    }
}

struct score score_of(struct look *l, const struct format *format, const struct recognised *before)
{
    struct reader r = {.names = look_names(l)}, others = {.names = r.names};
    struct score s = {.format = format};

    reader_begin(&r, format, NULL);
    if (before)
        reader_begin(&others, before->format, &before->others);
    for (s.place = 0; s.place < LOOK_SAMPLE_COUNT; s.place++)
        try_sample(&s, &r, before ? &others : NULL, l->samples[s.place], &l->event);
    reader_end(&r);
    if (before)
        reader_end(&others);
    return s;
}

bool score_is_better(const struct score *s, const struct score *best)
{
    return s->is_sure && s->understood * 100 > s->lines * CANDIDATE_PERCENT &&
           s->understood > best->understood;
}

bool score_may_share(const struct format *f)
{
    return (f->is_splittable || f->reads_alone) && !f->is_export && !joins_by_state(f);
}

bool score_is_part(const struct score *s)
{
    bool is_at =
        s->is_first_sure || s->is_last_sure || __builtin_popcount(s->sure_places) >= SURE_PLACES;

    return s->sure >= SURE_LEAST && s->sure * SURE_ONE_IN >= s->lines && is_at;
}

bool score_is_worth(const struct score *s)
{
    return s->format->is_splittable || (score_is_part(s) && s->sure * SURE_ONE_IN >= s->looked);
}

/* System logs carry the lines of others, too. */
bool score_is_surer(const struct score *s, const struct score *than)
{
    if (than->format == &format_syslog && score_is_part(than))
        return false;
    return s->sure > than->sure || (s->format == &format_syslog && score_is_part(s));
}
