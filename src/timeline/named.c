/* named.c: the logs of BIND that it writes itself: "23-Aug-2026 10:32:56.621 security: info: client
 * …" (BIND's reference, logging). */
#include "timeline/level.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"

/* "23-Aug-2026 10:32:56.621" is "2026 Aug 23 10:32:56.621" to when_bsd. */
static bool take_time(struct str *rest, struct stated *out)
{
    char spelled[24];
    struct str at = {spelled, sizeof(spelled)}, line = *rest;

    if (line.len < 24 || line.p[2] != '-' || line.p[6] != '-' || line.p[11] != ' ')
        return false;
    memcpy(spelled, line.p + 7, 4);
    spelled[4] = ' ';
    memcpy(spelled + 5, line.p + 3, 3);
    spelled[8] = ' ';
    memcpy(spelled + 9, line.p, 2);
    memcpy(spelled + 11, line.p + 11, 13);
    if (!when_bsd(&at, out) || at.len || out->year == 0)
        return false;
    *rest = str_from(line, 24);
    return str_take(rest, " ");
}

static void put_level(struct str *rest, struct event *e)
{
    struct str at = *rest;
    struct str level = str_cut(&at, ':');

    if (level.len < rest->len && level_put(e, level) && str_take(&at, " "))
        *rest = at;
}

/* "queries", "lame-servers", "xfer-out" */
static bool is_category(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if ((word.p[i] < 'a' || word.p[i] > 'z') && word.p[i] != '-')
            return false;
    return word.len > 0;
}

/* print-category and print-severity may be off. */
static void take_labels(struct reader *r, struct str *rest, struct event *e)
{
    struct str at = *rest;
    struct str word = str_cut(&at, ' ');
    size_t before = e->count;

    put_level(rest, e);
    if (e->count > before || !str_ends(word, ":") || !is_category(str_head(word, word.len - 1)))
        return;
    event_put(e, field_number(r->names, STR("named.category")), str_head(word, word.len - 1));
    *rest = at;
    put_level(rest, e);
}

struct str named_without_front(struct reader *r, struct str sentence, struct event *e)
{
    bool has_level = event_value(e, FIELD_LOG_LEVEL).len > 0;
    size_t before = e->count;
    struct str at = sentence;
    struct stated s;

    (void)take_time(&at, &s);
    take_labels(r, &at, e);
    if (!str_starts(at, "client ")) {
        e->count = before;
        return sentence;
    }
    /* The level of the line's head is that of syslog. */
    if (has_level && e->count > before && e->fields[e->count - 1].name == FIELD_LOG_LEVEL)
        e->count--;
    return at;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line;
    struct stated s;
    bool has_labels;
    size_t before;

    if (!take_time(&line, &s))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    before = e->count;
    take_labels(r, &line, e);
    has_labels = e->count > before;
    event_puts(e, FIELD_PROCESS_NAME, "named");
    syslog_understand(r, e, line);
    /* Others write such a time, too: Tomcat, for one. */
    if (!has_labels && event_value(e, FIELD_EVENT_ACTION).len == 0)
        return LINE_FOREIGN;
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_named = {
    .name = "named", .version = 3, .is_splittable = true, .line = line_of};
