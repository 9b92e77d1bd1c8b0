/* postgresql.c: the server log of PostgreSQL, with a prefix (log_line_prefix) that begins with a
 * time: what stands between that and the level is read by its forms. */
#include "base/mem.h"
#include "timeline/address.h"
#include "timeline/level.h"
#include "timeline/postgresql_words.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"
#include "timeline/zone_word.h"

struct state {
    char pid[16]; /* of the event before */
    size_t pid_len;
};

enum { PREFIX_MOST = 512 };

/* "… FATAL:  message": the first word of a level with a colon and two spaces, at from or behind. */
static bool take_level(struct str line, size_t begin, struct str *prefix, struct str *level,
                       struct str *message)
{
    for (size_t i = begin; i + 3 < line.len && i < PREFIX_MOST; i++) {
        if (line.p[i] != ':' || line.p[i + 1] != ' ' || line.p[i + 2] != ' ' ||
            !postgresql_ends_with_word(str_head(line, i), level))
            continue;
        *prefix = str_head(line, i - level->len);
        *message = str_from(line, i + 3);
        return true;
    }
    return false;
}

/* What the server puts in front (a name, a database) is chosen by who connects, and may look like a
 * level and a message; so may what it says behind. Nobody can tell which is which. */
static bool has_other_level(struct str line, struct str prefix, struct str level)
{
    struct str other[3];
    size_t begin = prefix.len + level.len + 1;

    return take_level(line, begin, &other[0], &other[1], &other[2]);
}

/* "CEST", "+02"; a name that is not known is passed over and kept. */
static void take_zone(struct str *rest, struct stated *s, struct str *name)
{
    struct str at = *rest;
    size_t len = 0;

    *name = STR("");
    if (s->has_zone || zone_printed_take(rest, s, name))
        return;
    (void)str_take(&at, " ");
    while (len < at.len && at.p[len] >= 'A' && at.p[len] <= 'Z')
        len++;
    if (len < 2 || len > 5)
        return;
    *name = str_head(at, len);
    *rest = str_from(at, len);
}

static bool is_digits(struct str s)
{
    uint64_t n;

    return s.len && s.len < 16 && str_u64(s, &n);
}

/* "192.0.2.7(51234)", "192.0.2.7", "[local]" */
static bool put_client(struct event *e, struct str word)
{
    struct str port = word;
    struct str host = str_cut(&port, '(');
    size_t before = e->count;

    event_put_address(e, FIELD_SOURCE_IP, FIELD_NONE, host);
    if (e->count == before)
        return false;
    event_put(e, FIELD_SOURCE_PORT, str_cut(&port, ')'));
    return true;
}

static void put_named(struct reader *r, struct event *e, struct str key, struct str value)
{
    if (str_is(value, "[unknown]"))
        return;
    if (str_is(key, "user"))
        event_put(e, FIELD_USER_NAME, value);
    else if (str_is(key, "db"))
        event_put(e, field_number(r->names, STR("postgresql.database")), value);
    else if (str_is(key, "app"))
        event_put(e, field_number(r->names, STR("postgresql.application")), value);
    else if (str_is(key, "client") || str_is(key, "host"))
        (void)put_client(e, value);
}

/* "alice@shop" */
static bool put_user_and_database(struct reader *r, struct event *e, struct str word)
{
    struct str database = word;
    struct str user = str_cut(&database, '@');

    if (user.len == word.len || user.len == 0)
        return false;
    put_named(r, e, STR("user"), user);
    put_named(r, e, STR("db"), database);
    return true;
}

/* "pid 80", of pgpool-II. */
static bool put_pid(struct event *e, struct str before, struct str word)
{
    if (!str_is(before, "pid") || !is_digits(word) || event_value(e, FIELD_PROCESS_PID).len)
        return false;
    event_put(e, FIELD_PROCESS_PID, word);
    return true;
}

static void put_word(struct reader *r, struct event *e, struct str word)
{
    struct str value = word;
    struct str key = str_cut(&value, '=');
    struct str inside = word;

    if (key.len < word.len) {
        put_named(r, e, key, value);
        return;
    }
    if (str_take(&inside, "[")) {
        struct str number = str_cut(&inside, ']');

        if (is_digits(number) && event_value(e, FIELD_PROCESS_PID).len == 0)
            event_put(e, FIELD_PROCESS_PID, number);
        return;
    }
    if (!put_user_and_database(r, e, word))
        (void)put_client(e, word);
}

/* Words parted by spaces, commas, or the colons of "UTC:192.0.2.7(51234):alice@shop:[127]:". */
static void put_prefix(struct reader *r, struct event *e, struct str prefix)
{
    bool has_colons = prefix.len && prefix.p[0] == ':';
    struct str before = {0};

    while (prefix.len) {
        size_t len = 0;

        while (len < prefix.len && prefix.p[len] != ' ' && prefix.p[len] != ',' &&
               !(has_colons && prefix.p[len] == ':'))
            len++;
        if (len && !put_pid(e, before, str_head(prefix, len)))
            put_word(r, e, str_head(prefix, len));
        before = str_head(prefix, len);
        prefix = str_from(prefix, len + 1);
    }
}

static bool is_of_last(const struct state *s, const struct event *e)
{
    return str_eq((struct str){s->pid, s->pid_len}, event_value(e, FIELD_PROCESS_PID));
}

static void keep_pid(struct state *s, const struct event *e)
{
    struct str pid = event_value(e, FIELD_PROCESS_PID);

    s->pid_len = pid.len < sizeof(s->pid) ? pid.len : 0;
    memcpy(s->pid, pid.p, s->pid_len);
}

/* What stands before the level and the rest of the prefix. */
struct front {
    struct stated time;
    struct str zone, client;
};

/* "203.0.113.9 ", "[local] ": a prefix that begins with the client (%h). */
static void take_client(struct str *line, struct front *f)
{
    struct str at = *line, word = str_cut(&at, ' '), port = word, host = str_cut(&port, '(');
    uint8_t bytes[16];

    f->client = STR("");
    if (!address_bytes(host, bytes) && !str_is(word, "[local]"))
        return;
    f->client = word;
    *line = at;
}

/* "2026-11-25 03:12:09.123 CET", "< 2026-11-25 03:12:09.123 CET " as the packages of 9.3 to 9.6
 * have it, and seconds since 1970 (%n). */
static bool take_front(struct str *line, struct front *f)
{
    struct str at = *line;

    if (str_take(&at, "<"))
        (void)str_take(&at, " ");
    take_client(&at, f);
    f->zone = STR("");
    if (when_iso(&at, &f->time))
        take_zone(&at, &f->time, &f->zone);
    else if (!when_epoch(&at, &f->time))
        return false;
    *line = at;
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct str text = line, prefix, level, message;
    struct front f;

    if (line.p[0] == '\t')
        return LINE_CONTINUES;
    if (!take_front(&line, &f) || !take_level(line, 1, &prefix, &level, &message))
        return LINE_FOREIGN;
    if (has_other_level(line, prefix, level)) {
        reader_time(r, e, &f.time);
        event_puts(e, FIELD_PROCESS_NAME, "postgres");
        event_puts(e, field_number(r->names, STR("event.is_ambiguous")), "yes");
        event_put(e, FIELD_MESSAGE, text);
        return LINE_EVENT;
    }
    (void)put_client(e, f.client);
    put_prefix(r, e, prefix);
    if (postgresql_addition(level) && is_of_last(state, e)) {
        e->count = 0;
        event_put(e, field_number(r->names, str_of(postgresql_addition(level))), message);
        return LINE_CONTINUES;
    }
    keep_pid(state, e);
    reader_time(r, e, &f.time);
    event_put(e, FIELD_EVENT_TIMEZONE, f.zone);
    (void)level_put(e, postgresql_level(level));
    event_puts(e, FIELD_PROCESS_NAME, "postgres");
    event_put(e, FIELD_MESSAGE, text);
    return LINE_EVENT;
}

/* "[3-1] ": of what it sends to syslog, and of its parts (elog.c, write_syslog). */
static bool take_sequence(struct str *rest)
{
    struct str at = *rest, first, second;

    if (!str_take(&at, "["))
        return false;
    second = str_cut(&at, ']');
    first = str_cut(&second, '-');
    if (!is_digits(first) || !is_digits(second) || !str_take(&at, " "))
        return false;
    *rest = at;
    return true;
}

struct str postgresql_without_front(struct reader *r, struct str sentence, struct event *e)
{
    bool has_level = event_value(e, FIELD_LOG_LEVEL).len > 0;
    struct str at = sentence, prefix, level, message;
    bool is_front = take_sequence(&at);
    struct front f;

    is_front = take_front(&at, &f) || is_front;
    if (!is_front || !take_level(at, 0, &prefix, &level, &message))
        return sentence;
    if (has_other_level(at, prefix, level)) {
        event_puts(e, field_number(r->names, STR("event.is_ambiguous")), "yes");
        return sentence;
    }
    put_prefix(r, e, prefix);
    if (postgresql_addition(level)) {
        event_put(e, field_number(r->names, str_of(postgresql_addition(level))), message);
        return STR("");
    }
    if (!has_level)
        (void)level_put(e, postgresql_level(level));
    return message;
}

/* The line and those behind it that begin with a tab, which the server puts behind each line end of
 * what it says (elog.c, append_with_tabs). */
static struct str take_lines(struct str *rest)
{
    struct str lines = *rest;

    for (size_t i = 0; i + 1 < lines.len; i++)
        if (lines.p[i] == '\n' && lines.p[i + 1] != '\t') {
            *rest = str_from(lines, i + 1);
            return str_head(lines, i);
        }
    *rest = str_from(lines, lines.len);
    return lines;
}

static struct str without_tabs(struct event *e, struct str lines)
{
    struct str all = {e->scratch + e->scratch_len, 0};

    if (!memchr(lines.p, '\n', lines.len))
        return lines;
    all.len = event_keep(e, str_cut(&lines, '\n')).len;
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        (void)str_take(&line, "\t");
        all.len += event_keep(e, STR("\n")).len;
        all.len += event_keep(e, line).len;
    }
    return all;
}

/* What was added to the event, of which the first line is a field's value so far. */
static void put_addition(struct reader *r, struct event *e, struct str lines)
{
    struct str prefix, level, text, first;
    struct front f;
    uint16_t field;

    if (!memchr(lines.p, '\n', lines.len) || !take_front(&lines, &f) ||
        !take_level(lines, 1, &prefix, &level, &text) || !postgresql_addition(level))
        return;
    field = field_number(r->names, str_of(postgresql_addition(level)));
    first = text;
    first = str_cut(&first, '\n');
    text = without_tabs(e, text);
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == field && str_eq(e->fields[i].value, first)) {
            e->fields[i].value = text;
            return;
        }
    event_put(e, field, text);
}

/* Sentences and statements have several lines, and mean something with all of them. */
static void end_event(struct reader *r, struct event *e)
{
    struct str rest = event_value(e, FIELD_MESSAGE), prefix, level, message;
    struct str lines = take_lines(&rest);
    struct front f;

    if (event_value(e, field_number(r->names, STR("event.is_ambiguous"))).len ||
        !take_front(&lines, &f) || !take_level(lines, 1, &prefix, &level, &message))
        return;
    syslog_understand(r, e, without_tabs(e, message));
    while (rest.len)
        put_addition(r, e, take_lines(&rest));
}

const struct format format_postgresql = {.name = "postgresql",
                                         .version = 6,
                                         .line = line_of,
                                         .whole = end_event,
                                         .state_size = sizeof(struct state)};
