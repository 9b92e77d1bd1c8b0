/* mysql.c: the error log and the general query log of MySQL and MariaDB. */
#include "base/mem.h"
#include "timeline/level.h"
#include "timeline/mysql.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"

enum { SHORT_DATE = 6 };

struct state {
    bool has_begun;
    bool has_time; /* of the query before, whose server leaves it out where it is the same */
    struct stated time;
};

/* "8:06:45" behind a second space, as MariaDB writes hours of one digit, is made two digits. */
static bool take_padded(struct str *rest, struct stated *out)
{
    char spelled[20];
    struct str at = {spelled, 19};

    if (rest->len < 19 || rest->p[10] != ' ' || rest->p[11] != ' ')
        return false;
    memcpy(spelled, rest->p, 19);
    spelled[11] = '0';
    if (!when_iso(&at, out) || at.len)
        return false;
    *rest = str_from(*rest, 19);
    return true;
}

/* "130412  8:06:45": two digits of the year, of MySQL before 5.6. */
static bool take_short(struct str *rest, struct stated *out)
{
    char spelled[24] = "20";
    struct str at = {spelled, 19};
    int digits;
    struct str front = *rest;

    if (!when_digits(&front, 6, &digits) || rest->len < 15 || rest->p[6] != ' ')
        return false;
    (void)snprintf(spelled, sizeof(spelled), "20%.2s-%.2s-%.2s %.8s", rest->p, rest->p + 2,
                   rest->p + 4, rest->p + 7);
    if (spelled[11] == ' ')
        spelled[11] = '0';
    if (!when_iso(&at, out) || at.len)
        return false;
    out->is_of_century = true;
    *rest = str_from(*rest, 15);
    return true;
}

bool mysql_time(struct str *rest, struct stated *s)
{
    return when_iso(rest, s) || take_padded(rest, s) || take_short(rest, s);
}

static void skip_spaces(struct str *rest)
{
    while (rest->len && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = str_from(*rest, 1);
}

static size_t digits_of(struct str s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

static bool is_hex(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!char_is_digit(word.p[i]) && !(word.p[i] >= 'a' && word.p[i] <= 'f'))
            return false;
    return word.len > 0 && word.len <= 16;
}

/* Its own levels (log.h, sql_class.h): other programs write "[info]", "[warn]", "[notice]". */
static bool is_level(struct str word)
{
    static const char *const levels[] = {"Note", "Warning", "ERROR", "Error", "System"};

    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (str_is(word, levels[i]))
            return true;
    return false;
}

/* "[Note] [MY-010926] [Server] message" */
static bool take_error(struct reader *r, struct str *rest, struct event *e)
{
    struct str at = *rest, code, level;

    if (!str_take(&at, "["))
        return false;
    level = str_cut(&at, ']');
    if (!is_level(level) || !level_put(e, level))
        return false;
    skip_spaces(&at);
    code = at;
    if (str_take(&code, "[MY-")) {
        struct str whole = str_from(at, 1), part;

        event_put(e, FIELD_EVENT_CODE, str_cut(&whole, ']'));
        at = whole;
        skip_spaces(&at);
        if (str_take(&at, "[")) {
            part = str_cut(&at, ']');
            event_put(e, field_number(r->names, STR("mysql.subsystem")), part);
            skip_spaces(&at);
        }
    }
    *rest = at;
    return true;
}

/* " InnoDB: Error: …", " 7f00b4d25740 InnoDB: …", " mysqld_safe Starting …", " mysqld ended": parts
 * of the server, and who starts it, write without a level (5.6 and before; mysqld_safe always).
 * *rest is the sentence. */
static bool take_part(struct str *rest, struct event *e, const char **process)
{
    static const char *const safes[] = {"mysqld_safe ", "mariadbd-safe "};
    struct str at = *rest, word = at, level;

    for (size_t i = 0; i < COUNT_OF(safes); i++)
        if (str_take(&at, safes[i])) {
            *process = "mysqld_safe";
            *rest = at;
            return true;
        }
    if (str_starts(at, "mysqld started") || str_starts(at, "mysqld ended"))
        return true;
    /* sql/signal_handler.cc */
    if (str_take(&at, "UTC - ") &&
        (str_starts(at, "mysqld got signal ") || str_starts(at, "mariadbd got signal "))) {
        *rest = at;
        return true;
    }
    at = word;
    if (!str_starts(at, "InnoDB: ") && is_hex(str_cut(&word, ' ')))
        at = word;
    if (!str_take(&at, "InnoDB: "))
        return false;
    word = at;
    level = str_cut(&word, ':');
    if (str_is(level, "Error") || str_is(level, "Warning"))
        (void)level_put(e, level);
    *rest = at;
    return true;
}

/* What the server puts in front of a sentence in a log of its own, which another program may have
 * sent on. */
struct str mysql_without_stamp(struct reader *r, struct str sentence, struct event *e)
{
    bool has_level = event_value(e, FIELD_LOG_LEVEL).len > 0;
    size_t before = e->count;
    struct str at = sentence;
    struct stated s;

    if (!mysql_time(&at, &s) || at.len == 0 || at.p[0] != ' ')
        return sentence;
    skip_spaces(&at);
    at = str_from(at, digits_of(at));
    skip_spaces(&at);
    if (!take_error(r, &at, e))
        return sentence;
    if (has_level)
        memmove(&e->fields[before], &e->fields[before + 1],
                (--e->count - before) * sizeof(e->fields[0]));
    return at;
}

/* "Connect\troot@localhost on shop using Socket"; who changes user, too. What stands behind the
 * others is of who connected, and no sentence of the server's. */
static bool take_command(struct str *rest, struct event *e, bool *is_sentence)
{
    static const struct {
        const char *word, *action;
    } commands[] = {{"Connect", "database-connect"},         {"Query", "database-query"},
                    {"Quit", "database-disconnect"},         {"Prepare", "database-prepare"},
                    {"Execute", "database-query"},           {"Init DB", "database-select"},
                    {"Change user", "database-change-user"}, {"Close stmt", "database-close"},
                    {"Field List", "database-list"},         {"Shutdown", "database-shutdown"}};

    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        struct str at = *rest;

        if (!str_take(&at, commands[i].word) || (at.len && at.p[0] != ' ' && at.p[0] != '\t'))
            continue;
        skip_spaces(&at);
        event_puts(e, FIELD_EVENT_ACTION, commands[i].action);
        *is_sentence = str_is(str_of(commands[i].word), "Connect") ||
                       str_is(str_of(commands[i].word), "Change user");
        *rest = at;
        return true;
    }
    return false;
}

/* "/usr/sbin/mysqld, Version: 8.0.32 (…). started with:", and two lines more: the server writes
 * them where it opens the log of queries (sql/log.cc). Further down they may be text of a query. */
bool mysql_is_head(struct str line)
{
    return str_ends(line, ". started with:") || str_starts(line, "Tcp port: ") ||
           ((str_starts(line, "Time ") || str_starts(line, "Time\t")) &&
            (str_ends(line, "Id Command    Argument") || str_ends(line, "Id Command\tArgument")));
}

/* "\t\t    8 Query\tselect 1": the time is left out where it is that of the query before (MySQL
 * before 5.7, MariaDB). */
static bool take_same_time(const struct state *state, struct str *line, struct stated *out)
{
    if (!state->has_time || !str_take(line, "\t\t"))
        return false;
    *out = state->time;
    return true;
}

/* "130412  8:06:45" */
static bool is_short_time(struct str line)
{
    return line.len > SHORT_DATE && line.p[SHORT_DATE] == ' ';
}

static bool is_space(struct str line)
{
    return line.len && (line.p[0] == ' ' || line.p[0] == '\t');
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct str whole = line, thread, behind;
    const char *process = "mysqld";
    struct stated s;
    bool is_part, is_sentence = true;
    bool is_same = take_same_time(state, &line, &s), is_short = is_short_time(line), is_query;

    if (!state->has_begun && mysql_is_head(line))
        return LINE_COMMENT;
    if (!is_same && (!mysql_time(&line, &s) || !is_space(line)))
        return state->has_begun ? LINE_CONTINUES : LINE_FOREIGN;
    skip_spaces(&line);
    behind = line;
    is_part = !is_same && take_part(&behind, e, &process);
    thread = str_head(line, is_part ? 0 : digits_of(line));
    line = is_part ? behind : str_from(line, thread.len);
    skip_spaces(&line);
    /* Behind a whole date there has been the number of a thread or process since 5.6. */
    is_query = !is_part && (is_same || !(thread.len || is_short) || !take_error(r, &line, e)) &&
               thread.len && take_command(&line, e, &is_sentence);
    if (is_same && !is_query)
        return LINE_CONTINUES;
    if (!is_query && !is_part && event_value(e, FIELD_LOG_LEVEL).len == 0)
        return LINE_FOREIGN;
    state->has_time = is_query && (is_same || is_short);
    state->time = s;
    state->has_begun = true;
    reader_time(r, e, &s);
    event_put(e, field_number(r->names, STR("mysql.thread_id")), thread);
    event_puts(e, FIELD_PROCESS_NAME, process);
    if (is_sentence)
        syslog_understand(r, e, line);
    event_puts(e, FIELD_EVENT_CATEGORY, "database");
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_mysql = {
    .name = "mysql", .version = 6, .line = line_of, .state_size = sizeof(struct state)};
