/* dated.c: text of programs that are not known, whose lines begin with a full date and time, or
 * hold one in their first bracket or under a name: the time, a level where it is plainly one, and
 * the text. Nobody can tell which of its words is a host or a program, so none is. Each layout is a
 * format of its own, so that the lines of a source are of one. */
#include "timeline/dated.h"
#include "base/mem.h"
#include "timeline/app.h"
#include "timeline/carried.h"
#include "timeline/date_order.h"
#include "timeline/format.h"
#include "timeline/manner.h"
#include "timeline/level.h"
#include "timeline/zone_word.h"

enum {
    FRONT_MOST = 64, /* bytes before the first bracket */
    WORDS_MOST = 4,  /* among which a level of capitals is looked for */
};

typedef bool take_when(struct str *rest, struct dated *out);

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static size_t letters_of(struct str s)
{
    size_t n = 0;

    while (n < s.len && is_letter(s.p[n]))
        n++;
    return n;
}

static bool is_capitals(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.p[i] < 'A' || word.p[i] > 'Z')
            return false;
    return word.len > 0;
}

/* The word at i, without what stands around it. */
static struct str word_at(struct str text, size_t *i)
{
    struct str word;

    while (*i < text.len && !is_letter(text.p[*i]) && !char_is_digit(text.p[*i]))
        ++*i;
    word = str_from(text, *i);
    word.len = 0;
    while (*i < text.len && !char_is_blank(text.p[*i]) && !strchr("[]():/|,;", text.p[*i]))
        ++*i, word.len++;
    return word;
}

/* Whether a word of this level, within text, says a level: in capitals or in brackets near the
 * beginning, or as the first word, with a colon behind it. */
static bool says_level(struct str text, struct str word, bool is_first)
{
    size_t from = (size_t)(word.p - text.p), to = from + word.len;
    char before = from ? text.p[from - 1] : ' ', behind = to < text.len ? text.p[to] : ' ';

    if (is_capitals(word) || (before == '[' && behind == ']') || (before == '<' && behind == '>'))
        return true;
    return is_first && behind == ':';
}

/* "INFO", "[info]", "app.auth - WARNING -", "production.ERROR:", "main INFO", "error: …" */
static void put_level(struct event *e, struct str text)
{
    size_t at = 0;

    for (int i = 0; i < WORDS_MOST && at < text.len; i++) {
        struct str word = word_at(text, &at), last = word;

        for (size_t k = 0; k < word.len; k++)
            if (word.p[k] == '.')
                last = str_from(word, k + 1);
        if (level_is_plain(last) && says_level(text, last, i == 0)) {
            (void)level_put(e, last);
            return;
        }
    }
}

void dated_put(struct reader *r, struct event *e, struct dated *d)
{
    if (zone_place_is(d->zone))
        reader_zone(r, d->zone, &d->time);
    reader_time(r, e, &d->time);
    e->doubt |= d->has_short_year ? DOUBT_YEAR : 0;
    event_put(e, FIELD_EVENT_TIMEZONE, d->zone);
}

static bool are_digits(const char *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!char_is_digit(p[i]))
            return false;
    return true;
}

/* "2026-11-25 ", "25.11.2026 ", "1/2/26 ": with a clock time in whatever layout behind it. */
static bool has_date(struct str line)
{
    size_t signs = 0, i = 0;

    for (; i < line.len && (char_is_digit(line.p[i]) || strchr("-./", line.p[i])); i++)
        signs += !char_is_digit(line.p[i]);
    return signs == 2 && i >= 6 && i + 1 < line.len && strchr(" T,", line.p[i]) &&
           memchr(line.p + i + 1, ':', line.len - i - 1 < 5 ? line.len - i - 1 : 5);
}

/* "03:12:09", "3:12:09" near the beginning, or behind a date. */
static bool has_clock(struct str line)
{
    struct str front = str_head(line, FRONT_MOST);

    for (size_t i = 0; i + 7 <= front.len; i++)
        if (front.p[i + 1] == ':' && front.p[i + 4] == ':' && are_digits(front.p + i, 1) &&
            are_digits(front.p + i + 2, 2) && are_digits(front.p + i + 5, 2))
            return true;
    return has_date(line);
}

enum line_verdict dated_other(struct str line)
{
    struct str at = line;
    struct dated d = {0};

    if (char_is_blank(line.p[0]))
        return LINE_CONTINUES;
    return has_clock(line) || dated_epoch(&at, &d) || str_starts(line, "{\"") ? LINE_FOREIGN
                                                                              : LINE_CONTINUES;
}

/* "(W)", "<W>": a level by its letter. */
static bool take_letter(struct str *text)
{
    bool has_ends = text->len > 3 && ((text->p[0] == '(' && text->p[2] == ')') ||
                                      (text->p[0] == '<' && text->p[2] == '>'));

    if (!has_ends || text->p[1] < 'A' || text->p[1] > 'Z')
        return false;
    *text = str_from(*text, 3);
    return true;
}

/* "INFO  ", "[worker 1] ", "(W) ", "1234:M " of Redis. */
static bool take_front(struct str *line)
{
    struct str at = *line, group;
    size_t letters = letters_of(at);

    if (take_letter(&at)) {
        group = str_head(*line, 3);
    } else if (str_take(&at, "[")) {
        group = str_cut(&at, ']');
        if (group.len == 0 || group.len > FRONT_MOST || at.len == 0)
            return false;
    } else if (letters) {
        if (!level_is_plain(str_head(at, letters)))
            return false;
        at = str_from(at, letters);
        while (at.len && (char_is_blank(at.p[0]) || strchr(":-|,;", at.p[0])))
            at = str_from(at, 1);
    } else {
        while (at.len && char_is_digit(at.p[0]))
            at = str_from(at, 1);
        if (at.len == line->len || !str_take(&at, ":") || letters_of(at) != 1)
            return false;
        at = str_from(at, 1);
    }
    str_skip_blanks(&at);
    *line = at;
    return true;
}

/* The text behind the time, without what parts the two. */
static struct str behind_time(struct str at)
{
    str_skip_blanks(&at);
    if (at.len && strchr(":|,;", at.p[0]))
        at = str_from(at, 1);
    str_skip_blanks(&at);
    return at;
}

/* "\"2026-11-25 03:12:09.123 +01:00\",…": a table whose cells are quoted. */
static bool take_quoted(struct str *rest, take_when *take, struct dated *out)
{
    struct str at = *rest;
    struct dated d = {0};

    if (!str_take(&at, "\"") || !take(&at, &d) || !str_take(&at, "\""))
        return false;
    d.time.half = 0; /* what ends a cell is no word of a text */
    *out = d;
    *rest = at;
    return true;
}

/* " -1100 credits": a number that is no zone in this source. */
static void leave_number(const struct reader *r, struct str *at, struct dated *d)
{
    enum { SIZE = sizeof(" -1100") - 1 };

    if (r->manner.offsets != OFFSETS_WORDS || !d->time.has_zone || !d->time.is_zone_apart ||
        at->p[-SIZE] != ' ')
        return;
    d->time.has_zone = false;
    d->time.zone_s = 0;
    *at = (struct str){at->p - SIZE, at->len + SIZE};
}

/* "system.auth TAB {"ident":"sshd","message":"…"}": Fluentd's tag and record behind its time, as
 * out_file has them by default. */
static bool put_fluentd(struct reader *r, struct event *e, struct str text)
{
    struct str record = text, tag = str_cut(&record, '\t');

    if (tag.len == 0 || memchr(tag.p, ' ', tag.len) || !str_starts(record, "{\"") ||
        !str_ends(record, "}") || !carried_understand(r, e, record, NULL))
        return false;
    event_put(e, field_number(r->names, STR("fluentd.tag")), tag);
    return true;
}

/* The time is at the beginning, or behind what take_front knows. */
static enum line_verdict at_front(struct reader *r, struct str line, take_when *take,
                                  struct event *e)
{
    struct str at = line, front = {0}, text, whole = line;
    struct dated d = {.clock = r->manner.clock};
    bool has_front = false;

    str_skip_blanks(&at);
    line = at; /* what goes on with the line before states no time */
    if (line.len == 0 || manner_is_deeper(&r->manner, whole))
        return LINE_CONTINUES;
    if (take_quoted(&at, take, &d)) {
        has_front = true;
    } else if (!take(&at, &d)) {
        has_front = take_front(&at);
        front = str_head(line, line.len - at.len);
        if (!has_front || !take(&at, &d))
            return dated_other(whole);
    }
    leave_number(r, &at, &d);
    dated_put(r, e, &d);
    if (r->counting)
        return LINE_EVENT;
    text = behind_time(at);
    if (r->manner.is_stamped && manner_is_stamp(line) && carried_understand(r, e, text, NULL))
        return LINE_EVENT;
    if (!has_front && d.time.has_zone && str_starts(at, "\t") && put_fluentd(r, e, text))
        return LINE_EVENT;
    put_level(e, has_front ? front : text);
    if (has_front && event_value(e, FIELD_LOG_LEVEL).len == 0)
        put_level(e, text);
    /* rsyslog's time has microseconds and a zone. */
    if (has_front || !d.time.has_zone || d.time.precision != TIME_US ||
        !app_understand_routeros(r, e, text))
        (void)app_understand(r, e, text);
    event_put(e, FIELD_MESSAGE, has_front || text.len == 0 ? line : text);
    return LINE_EVENT;
}

/* The time begins the first bracket. */
static enum line_verdict in_bracket(struct reader *r, struct str line, take_when *take,
                                    struct event *e)
{
    const char *open = memchr(line.p, '[', line.len < FRONT_MOST ? line.len : FRONT_MOST);
    struct str at, before, within, text;
    struct dated d = {.clock = r->manner.clock};

    if (!open)
        return dated_other(line);
    before = str_head(line, (size_t)(open - line.p));
    text = str_from(line, before.len + 1);
    within = str_cut(&text, ']');
    if (within.len + before.len + 1 == line.len)
        return dated_other(line);
    at = (struct str){within.p, within.len + 1}; /* with its end, which ends a time */
    str_skip_blanks(&at);
    if (!take(&at, &d))
        return dated_other(line);
    at.len--;
    dated_put(r, e, &d);
    if (r->counting)
        return LINE_EVENT;
    str_skip_blanks(&at);
    text = behind_time(text);
    put_level(e, before.len || at.len ? (at.len ? at : before) : text);
    if (event_value(e, FIELD_LOG_LEVEL).len == 0)
        put_level(e, text);
    (void)app_understand(r, e, text);
    event_put(e, FIELD_MESSAGE, before.len || at.len || text.len == 0 ? line : text);
    return LINE_EVENT;
}

static enum line_verdict iso(struct reader *r, struct str line, struct event *e)
{
    return at_front(r, line, dated_iso, e);
}

static enum line_verdict iso_bracket(struct reader *r, struct str line, struct event *e)
{
    return in_bracket(r, line, dated_iso, e);
}

static enum line_verdict slashes(struct reader *r, struct str line, struct event *e)
{
    return at_front(r, line, dated_slashes, e);
}

static enum line_verdict slashes_bracket(struct reader *r, struct str line, struct event *e)
{
    return in_bracket(r, line, dated_slashes, e);
}

static enum line_verdict minute(struct reader *r, struct str line, struct event *e)
{
    return at_front(r, line, dated_minute, e);
}

/* A date whose numbers could be in the other order is told as it stands, too. */
static enum line_verdict numbers(struct reader *r, struct str line, bool is_day_first,
                                 struct event *e)
{
    bool is_either = false;
    struct dated d = {.clock = r->manner.clock};
    struct str at = line, text, whole = line, date;

    str_skip_blanks(&at);
    line = at;
    if (line.len == 0 || manner_is_deeper(&r->manner, whole))
        return LINE_CONTINUES;
    date_order_front(&at);
    date = at;
    if (!dated_numbers(&at, is_day_first, &d, &is_either) &&
        !(r->manner.has_both_orders && dated_numbers(&at, !is_day_first, &d, &is_either)))
        return dated_other(whole);
    date.len -= at.len;
    leave_number(r, &at, &d);
    if (is_either && r->manner.has_both_orders)
        reader_no_time(e, date);
    else
        dated_put(r, e, &d);
    if (r->counting)
        return LINE_EVENT;
    if (is_either && !r->manner.has_both_orders)
        event_put(e, FIELD_EVENT_STATED_TIME, date);
    text = behind_time(str_from(at, str_starts(at, "]")));
    put_level(e, text);
    (void)app_understand(r, e, text);
    event_put(e, FIELD_MESSAGE, text.len ? text : line);
    return LINE_EVENT;
}

static enum line_verdict day_first(struct reader *r, struct str line, struct event *e)
{
    return numbers(r, line, true, e);
}

static enum line_verdict month_first(struct reader *r, struct str line, struct event *e)
{
    return numbers(r, line, false, e);
}

static enum line_verdict log4j(struct reader *r, struct str line, struct event *e)
{
    return at_front(r, line, dated_log4j, e);
}

/* java.util.logging puts the level at the beginning of a second line. */
static bool is_second_line(struct str line)
{
    size_t letters = letters_of(line);

    return is_capitals(str_head(line, letters)) && level_is_plain(str_head(line, letters)) &&
           str_starts(str_from(line, letters), ": ");
}

static enum line_verdict named(struct reader *r, struct str line, struct event *e)
{
    enum line_verdict v = at_front(r, line, dated_named, e);

    if (v == LINE_CONTINUES && is_second_line(line))
        (void)level_put(e, str_head(line, letters_of(line)));
    return v;
}

static enum line_verdict named_bracket(struct reader *r, struct str line, struct event *e)
{
    return in_bracket(r, line, dated_named, e);
}

/* "1795576329.123    345 192.0.2.7 TCP_MISS/200 …", of Squid. */
static enum line_verdict epoch(struct reader *r, struct str line, struct event *e)
{
    struct str at = line;
    struct dated d = {0};

    return dated_epoch(&at, &d) && at.len && char_is_blank(at.p[0])
               ? at_front(r, line, dated_epoch, e)
               : dated_other(line);
}

/* "[1795576329] ", of Nagios. */
static bool take_seconds(struct str *rest, struct dated *out)
{
    struct str at = *rest;
    struct dated d = {0};

    if (at.len < 11 || at.p[9] == '.' || (at.p[10] != '.' && at.p[10] != ']') ||
        !when_epoch(&at, &d.time) || !str_is(at, "]"))
        return false;
    *out = d;
    *rest = at;
    return true;
}

static enum line_verdict epoch_bracket(struct reader *r, struct str line, struct event *e)
{
    return str_starts(line, "[") ? in_bracket(r, line, take_seconds, e) : dated_other(line);
}

/* "NOTICE[12049]", "error    : ": behind a time without a year it says that this is a log. */
static bool has_level_behind(struct str line)
{
    static const char *const others[] = {"SECURITY", "VERBOSE", "DTMF"}; /* Asterisk's */
    struct str text = line, level;
    bool is_other = false;

    (void)str_cut(&text, ']');
    str_skip_blanks(&text);
    level = str_head(text, letters_of(text));
    text = str_from(text, level.len);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        is_other = is_other || str_is(level, others[i]);
    if (!is_other && !level_is_plain(level))
        return false;
    if (str_take(&text, "["))
        return text.len && char_is_digit(text.p[0]);
    str_skip_blanks(&text);
    return !is_other && str_starts(text, ":");
}

/* "[Jan 18 17:39:50] NOTICE[12049]: ", "[PDT Jan 18 17:39:50] error    : ", "WARN: [Jan 18
 * 17:39:50]
 * " */
static enum line_verdict bsd_bracket(struct reader *r, struct str line, struct event *e)
{
    size_t letters = letters_of(line);
    struct str behind = str_from(line, letters);

    if (letters && level_is_plain(str_head(line, letters)) && str_starts(behind, ": ["))
        return in_bracket(r, line, dated_bsd, e);
    return str_starts(line, "[") && has_level_behind(line) ? in_bracket(r, line, dated_bsd, e)
                                                           : dated_other(line);
}

/* What glog and klog write in front of a file (logging.cc, LogFileObject::Write). */
static bool is_glog_head(struct reader *r, struct str line)
{
    static const char *const others[] = {"Running on machine: ", "Application fingerprint: ",
                                         "Running duration (h:mm:ss): ", "Binary: Built with ",
                                         "Log line format: "};
    struct dated d = {0};

    if (str_take(&line, "Log file created at: ")) {
        if (dated_slashes(&line, &d))
            reader_states_begin(r, &d.time);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_starts(line, others[i]))
            return true;
    return false;
}

/* "I1125 03:12:09.123456    1234 server.go:415] …", and "I20261125 …" of later versions of glog. */
static enum line_verdict glog(struct reader *r, struct str line, struct event *e)
{
    static const char letters[] = "IWEF";
    static const char *const levels[] = {"informational", "warning", "error", "critical"};
    char spelled[] = "2000-00-00T00:00:00.000000";
    struct str at = line, place, clock = {spelled, sizeof(spelled) - 1};
    const char *level = at.len ? strchr(letters, at.p[0]) : NULL;
    struct dated d = {0};
    size_t digits = 0;

    if (is_glog_head(r, line))
        return LINE_COMMENT;
    while (digits + 1 < at.len && char_is_digit(at.p[digits + 1]))
        digits++;
    if (!level || (digits != 4 && digits != 8) || at.len < digits + 17)
        return dated_other(line);
    memcpy(spelled, at.p + 1, digits == 8 ? 4 : 0);
    memcpy(spelled + 5, at.p + digits - 3, 2);
    memcpy(spelled + 8, at.p + digits - 1, 2);
    memcpy(spelled + 11, at.p + digits + 2, 15);
    place = behind_time(str_from(at, digits + 17));
    place = str_cut(&place, ']');
    if (at.p[digits + 1] != ' ' || !when_iso(&clock, &d.time) || clock.len ||
        !memchr(place.p, ':', place.len))
        return dated_other(line);
    d.time.year = digits == 8 ? d.time.year : 0;
    dated_put(r, e, &d);
    event_puts(e, FIELD_LOG_LEVEL, levels[level - letters]);
    event_put(e, FIELD_MESSAGE, behind_time(str_from(at, digits + 17)));
    return LINE_EVENT;
}

#define DATED_AS(layout, words)                                                                    \
    const struct format format_dated_##layout = {.name = "dated",                                  \
                                                 .version = 3,                                     \
                                                 .is_splittable = true,                            \
                                                 .is_last = true,                                  \
                                                 .may_be_indented = true,                          \
                                                 .line = layout,                                   \
                                                 .remark = words}
#define DATED(layout) DATED_AS(layout, NULL)
DATED(iso);
DATED(iso_bracket);
DATED(slashes);
DATED(slashes_bracket);
DATED(named);
DATED(named_bracket);
DATED(epoch);
DATED(epoch_bracket);
DATED(bsd_bracket);
DATED(glog);
DATED(log4j);
DATED(minute);
DATED_AS(day_first, "In its dates of numbers the day stands first, as its lines show together: "
                    "where both numbers could be a month event.stated_time has the text.");
DATED_AS(month_first,
         "In its dates of numbers the month stands first, as its lines show together: where both "
         "numbers could be a month event.stated_time has the text.");
