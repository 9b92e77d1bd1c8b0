/* zeek.c: logs of Zeek, as tables with their heads (#fields) or as JSON lines, as its documentation
 * has the log files. */
#include "timeline/json_event.h"

enum { COLUMNS_MAX = 256, SEPARATOR_SIZE = 8, WORD_SIZE = 32 };

static const struct member members[] = {
    {"ts", MEMBER_IS_TIME, 0},
    {"id.orig_h", "source.ip", 0},
    {"id.orig_p", "source.port", 0},
    {"id.resp_h", "destination.ip", 0},
    {"id.resp_p", "destination.port", 0},
    {"src", "source.ip", 0},
    {"dst", "destination.ip", 0},
    {"proto", "network.transport", 0},
    {"service", "network.protocol", 0},
    {"community_id", "network.community_id", 0},
    {"orig_bytes", "source.bytes", 0},
    {"resp_bytes", "destination.bytes", 0},
    {"orig_pkts", "source.packets", 0},
    {"resp_pkts", "destination.packets", 0},
    {"query", "dns.question.name", 0},
    {"qtype_name", "dns.question.type", 0},
    {"rcode_name", "dns.response_code", 0},
    {"host", "url.domain", 0},
    {"uri", "url.original", 0},
    {"method", "http.request.method", 0},
    {"referrer", "http.request.referrer", 0},
    {"user_agent", "user_agent.original", 0},
    {"status_code", "http.response.status_code", 0},
    {"response_body_len", "http.response.body.bytes", 0},
    {"server_name", "tls.client.server_name", 0},
    {"ja3", "tls.client.ja3", 0},
    {"ja3s", "tls.server.ja3s", 0},
    {"filename", "file.path", 0},
    {"md5", "file.hash.md5", 0},
    {"sha1", "file.hash.sha1", 0},
    {"sha256", "file.hash.sha256", 0},
    {"mime_type", "file.mime_type", 0},
    {"user", "user.name", 0},
    {"username", "user.name", 0},
    {"note", "rule.name", 0},
    {"_path", "event.action", 0},
};
static const struct member_table table = {"zeek.", members, COUNT_OF(members), false};

struct column {
    uint16_t field;
    bool is_several;
};
struct word {
    size_t len;
    char text[WORD_SIZE];
};
struct state {
    struct members members;
    struct column columns[COLUMNS_MAX];
    size_t column_count;
    struct word separator, set_separator, empty, unset, path;
};

static struct str word(const struct word *w, const char *usual)
{
    return w->len ? (struct str){w->text, w->len} : str_of(usual);
}

static void keep_word(struct word *w, struct str s)
{
    w->len = s.len < WORD_SIZE ? s.len : 0;
    memcpy(w->text, s.p, w->len);
}

static char separator_of(const struct state *s)
{
    return word(&s->separator, "\t").p[0];
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

/* "\x09", or the character itself. */
static void keep_separator(struct state *s, struct str text)
{
    char c = text.len ? text.p[0] : '\t';

    if (str_take(&text, "\\x") && text.len == 2 && hex_digit(text.p[0]) >= 0 &&
        hex_digit(text.p[1]) >= 0)
        c = (char)(hex_digit(text.p[0]) << 4 | hex_digit(text.p[1]));
    keep_word(&s->separator, (struct str){&c, 1});
}

static void keep_fields(struct reader *r, struct state *s, struct str names)
{
    s->column_count = 0;
    memset(s->columns, 0, sizeof(s->columns));
    while (names.len && s->column_count < COLUMNS_MAX)
        s->columns[s->column_count++].field =
            member_field(&s->members, &table, r->names, str_cut(&names, separator_of(s)));
}

static void keep_types(struct state *s, struct str types)
{
    for (size_t i = 0; i < s->column_count; i++) {
        struct str type = str_cut(&types, separator_of(s));

        s->columns[i].is_several = str_starts(type, "set[") || str_starts(type, "vector[");
    }
}

static void take_head(struct reader *r, struct state *s, struct str line)
{
    struct str rest = line;

    if (str_take(&rest, "#separator "))
        keep_separator(s, rest);
    if (rest.len < line.len)
        return;
    (void)str_cut(&rest, separator_of(s));
    if (str_starts(line, "#fields"))
        keep_fields(r, s, rest);
    else if (str_starts(line, "#types"))
        keep_types(s, rest);
    else if (str_starts(line, "#set_separator"))
        keep_word(&s->set_separator, rest);
    else if (str_starts(line, "#empty_field"))
        keep_word(&s->empty, rest);
    else if (str_starts(line, "#unset_field"))
        keep_word(&s->unset, rest);
    else if (str_starts(line, "#path"))
        keep_word(&s->path, rest);
}

static void put_values(struct event *e, uint16_t field, struct str values, char between)
{
    while (values.len)
        event_put(e, field, str_cut(&values, between));
}

static bool is_none(const struct state *s, struct str value)
{
    return str_eq(value, word(&s->unset, "-")) || str_eq(value, word(&s->empty, "(empty)"));
}

static bool take_row(struct reader *r, struct state *s, struct str row, struct event *e)
{
    bool has_time = false;
    struct stated t;
    size_t i = 0;

    for (; i < s->column_count && row.p; i++) {
        bool is_last = row.len == 0 || !memchr(row.p, separator_of(s), row.len);
        struct str value = str_cut(&row, separator_of(s));
        const struct column *c = &s->columns[i];

        if (is_last)
            row = (struct str){0};
        if (is_none(s, value))
            continue;
        if (c->field == MEMBER_TIME)
            has_time = json_time(value, &t, NULL);
        else if (c->is_several)
            put_values(e, c->field, value, word(&s->set_separator, ",").p[0]);
        else
            event_put(e, c->field, value);
    }
    if (i != s->column_count || row.p)
        return false;
    if (has_time)
        reader_time(r, e, &t);
    event_put(e, FIELD_EVENT_ACTION, event_keep(e, word(&s->path, "")));
    return has_time;
}

/* All but a few kinds of its logs tell of a connection, whose addresses have names of Zeek's own.
 */
static bool take_json(struct reader *r, struct state *s, struct str line, struct event *e)
{
    struct json_event j = {.members = &s->members, .table = &table};
    struct stated t;

    if (!json_event(&j, r, line, e) || !json_time(j.time, &t, NULL))
        return false;
    if (event_value(e, field_number(r->names, STR("zeek.uid"))).len == 0 &&
        event_value(e, FIELD_EVENT_ACTION).len == 0)
        return false;
    reader_time(r, e, &t);
    return true;
}

/* ssh.log says auth_success, kerberos.log and ntlm.log success: T and F, or as JSON has them. */
static void put_outcome(struct reader *r, struct event *e)
{
    struct str said = event_value(e, field_number(r->names, STR("zeek.auth_success")));

    if (said.len == 0)
        said = event_value(e, field_number(r->names, STR("zeek.success")));
    if (str_is(said, "T") || str_is(said, "true"))
        event_puts(e, FIELD_EVENT_OUTCOME, "success");
    else if (str_is(said, "F") || str_is(said, "false"))
        event_puts(e, FIELD_EVENT_OUTCOME, "failure");
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *s = r->state;

    if (line.p[0] == '#') {
        take_head(r, s, line);
        return LINE_COMMENT;
    }
    if (line.p[0] == '{' ? !take_json(r, s, line, e)
                         : s->column_count < 2 || !take_row(r, s, line, e))
        return LINE_FOREIGN;
    put_outcome(r, e);
    event_puts(e, FIELD_EVENT_CATEGORY, "network");
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_zeek = {
    .name = "zeek", .version = 2, .line = line_of, .state_size = sizeof(struct state)};
