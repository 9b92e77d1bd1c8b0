/* syslog.c: system logs: RFC 5424, RFC 3164 in its many layouts, and rsyslog's ISO times. */
#include "timeline/cisco.h"
#include "timeline/level.h"
#include "timeline/syslog_words.h"
#include "timeline/zone_word.h"

enum { PRIORITY_MOST = 191, TAG_MOST = 128, HOST_MOST = 255, FACILITY_MOST = 24 };

static bool take_priority(struct str *rest, struct event *e)
{
    struct str at = str_from(*rest, 1);
    struct str digits = str_cut(&at, '>');
    uint64_t n;

    if (digits.len == 0 || digits.len > 3 || !str_u64(digits, &n) || n > PRIORITY_MOST)
        return false;
    event_puts(e, FIELD_LOG_LEVEL, syslog_levels[n & 7]);
    event_puts(e, FIELD_FACILITY, syslog_facilities[n >> 3]);
    *rest = at;
    return true;
}

/* A word, with the space behind it; "-" stands for none. */
static struct str take_word(struct str *rest)
{
    struct str word = str_cut(rest, ' ');

    return str_is(word, "-") ? STR("") : word;
}

static bool is_tag_char(char c)
{
    return c > ' ' && c != '[' && c != ':' && c != ']';
}

/* "sshd[812]: ", "kernel: ", "postfix/smtpd[7]: ", "CRON[1] " of old. */
static bool take_tag(struct str *rest, struct event *e)
{
    struct str at = *rest;
    struct str name = str_head(at, 0), pid = {0};

    while (name.len < at.len && name.len < TAG_MOST && is_tag_char(at.p[name.len]))
        name.len++;
    at = str_from(at, name.len);
    if (str_is(name, "syslogd") && at.len > 1 && at.p[0] == ' ' && at.p[1] >= '0' &&
        at.p[1] <= '9') {
        /* "syslogd 1.4.1: restart.", of sysklogd. */
        (void)str_cut(&at, ':');
        at = (struct str){at.p - 1, at.len + 1};
    }
    if (name.len == 0 || at.len == 0)
        return false;
    if (at.p[0] == '[') {
        struct str inside = str_from(at, 1);

        pid = str_cut(&inside, ']');
        if (pid.len == 0 || pid.len > 20)
            return false;
        at = inside;
    }
    if (!str_take(&at, ":") && pid.len == 0)
        return false;
    event_put(e, FIELD_PROCESS_NAME, name);
    event_put(e, FIELD_PROCESS_PID, pid);
    *rest = at;
    (void)str_take(rest, " ");
    return true;
}

/* "[sshd] ", "[sshd]: " in place of host and tag, as metalog writes it. */
static bool take_metalog(struct str *rest, struct event *e)
{
    struct str at = *rest, name;

    if (!str_take(&at, "["))
        return false;
    name = str_cut(&at, ']');
    (void)str_take(&at, ":");
    if (name.len == 0 || name.len > TAG_MOST || (name.p[0] | 0x20) < 'a' ||
        (name.p[0] | 0x20) > 'z' || memchr(name.p, ' ', name.len) || !str_take(&at, " "))
        return false;
    event_put(e, FIELD_PROCESS_NAME, name);
    *rest = at;
    return true;
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || (c & 0x80);
}

/* A word that could be a host's name and is no tag. */
static void take_host(struct str *rest, struct event *e)
{
    struct str after = *rest;
    struct str word = str_cut(&after, ' ');

    if (word.len == 0 || word.len > HOST_MOST || after.p == NULL || word.len == rest->len ||
        word.p[word.len - 1] == ':')
        return;
    for (size_t i = 0; i < word.len; i++)
        if (!is_host_char(word.p[i]))
            return;
    event_put(e, FIELD_HOST_NAME, word);
    *rest = after;
}

static void put_message(struct reader *r, struct event *e, struct str message)
{
    event_put(e, FIELD_MESSAGE, message);
    syslog_understand(r, e, message);
}

static bool put_facility(struct event *e, struct str name)
{
    for (size_t i = 0; i < SYSLOG_FACILITIES; i++)
        if (str_is(name, syslog_facilities[i])) {
            event_puts(e, FIELD_FACILITY, syslog_facilities[i]);
            return true;
        }
    return false;
}

/* "authpriv.info ", as OpenWrt's logread and Busybox have it; "<auth.info> ", FreeBSD's. Where the
 * line begins with a priority, that has said it. */
static bool take_facility(struct str *rest, struct event *e)
{
    struct str after = *rest, word, facility;
    bool is_known = event_value(e, FIELD_FACILITY).len > 0;
    size_t before = e->count;
    bool is_bracketed = str_take(&after, "<"), is_level;

    word = str_cut(&after, ' ');
    if (word.len > FACILITY_MOST || after.len == 0 || !memchr(word.p, '.', word.len) ||
        (is_bracketed && !str_ends(word, ">")))
        return false;
    word = str_head(word, word.len - is_bracketed);
    facility = str_cut(&word, '.');
    is_level = put_facility(e, facility) && level_put(e, word);
    if (!is_level || is_known)
        e->count = before;
    if (is_level)
        *rest = after;
    return is_level;
}

/* "[id name="value" …]", several one after another; a quoted value may hold \" \\ \]. */
static bool take_structured(struct str *rest, struct event *e)
{
    struct str at = *rest;

    while (at.len && at.p[0] == '[') {
        bool is_quoted = false;
        size_t i = 1;

        for (; i < at.len && (is_quoted || at.p[i] != ']'); i++) {
            if (at.p[i] == '\\' && is_quoted)
                i++;
            else if (at.p[i] == '"')
                is_quoted = !is_quoted;
        }
        if (i >= at.len)
            return false;
        at = str_from(at, i + 1);
    }
    event_put(e, FIELD_SYSLOG_DATA, str_head(*rest, rest->len - at.len));
    *rest = at;
    return true;
}

/* Behind "<PRI>1 ". */
static bool take_5424(struct reader *r, struct str line, struct event *e)
{
    struct stated s;
    struct str bom = STR("\xEF\xBB\xBF");

    if (str_take(&line, "- "))
        e->precision = TIME_NONE;
    else if (when_iso(&line, &s) && str_take(&line, " "))
        reader_time(r, e, &s);
    else
        return false;
    event_put(e, FIELD_HOST_NAME, take_word(&line));
    event_put(e, FIELD_PROCESS_NAME, take_word(&line));
    event_put(e, FIELD_PROCESS_PID, take_word(&line));
    event_put(e, FIELD_SYSLOG_MSGID, take_word(&line));
    if (!str_take(&line, "-") && !take_structured(&line, e))
        return false;
    (void)str_take(&line, " ");
    (void)str_take(&line, bom.p);
    put_message(r, e, line);
    return true;
}

/* Its version: RFC 5424 section 6 allows 1 to 999. */
static bool is_5424(struct str *line)
{
    struct str at = *line;
    struct str version = str_cut(&at, ' ');
    uint64_t n;

    if (version.len > 3 || at.len == 0 || !str_u64(version, &n) || version.p[0] == '0')
        return false;
    *line = at;
    return true;
}

/* " CET" behind the time. Where no host and tag follow it, it is the host. */
static void take_zone(struct str *line, struct stated *s, struct event *e)
{
    struct str at = *line, word, behind;
    struct stated with = *s;
    size_t before = e->count;
    bool is_zone;

    if (s->has_zone || !zone_word_take(&at, &with, &word))
        return;
    behind = at;
    is_zone = str_starts(at, ":");
    if (str_take(&behind, " ")) {
        take_host(&behind, e);
        is_zone = e->count > before && (cisco_is_message(behind) || take_tag(&behind, e));
    }
    e->count = before;
    if (!is_zone)
        return;
    event_put(e, FIELD_EVENT_TIMEZONE, word);
    *s = with;
    *line = at;
}

/* The time of a line of one device's own, with what stands before it. A star says that its clock
 * was not set, a point that it was not in step with others. */
static bool take_device_time(struct reader *r, struct str *line, struct stated *s, struct event *e)
{
    struct str at = *line, host;
    size_t before = e->count;
    char mark;

    if (!cisco_front(&at, &host))
        return false;
    mark = at.p[-1];
    if (!when_bsd(&at, s))
        return false;
    take_zone(&at, s, e);
    if (!str_starts(at, ": %")) {
        e->count = before;
        return false;
    }
    event_put(e, FIELD_HOST_NAME, host);
    if (mark == '*' || mark == '.')
        event_puts(e, field_number(r->names, STR("cisco.clock")),
                   mark == '*' ? "not set" : "not synchronised");
    *line = at;
    return true;
}

/* Behind the time and its space. */
static enum line_verdict take_body(struct reader *r, struct str line, bool is_bsd, struct event *e)
{
    bool is_cisco = is_bsd && cisco_is_message(line);

    if (!is_cisco && (!is_bsd || !take_metalog(&line, e)) &&
        (!take_facility(&line, e) || !take_tag(&line, e))) {
        take_host(&line, e);
        (void)take_facility(&line, e);
        is_cisco = cisco_is_message(line);
        /* Of other formats many begin with an ISO time and a word. */
        if (!is_cisco && !take_tag(&line, e) &&
            (!is_bsd || event_value(e, FIELD_HOST_NAME).len == 0))
            return LINE_FOREIGN;
    }
    if (is_cisco)
        (void)str_take(&line, ": ");
    put_message(r, e, line);
    return LINE_EVENT;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    bool has_priority = line.len > 3 && line.p[0] == '<';
    struct stated s;
    bool is_bsd;

    if (has_priority && !take_priority(&line, e))
        return LINE_FOREIGN;
    if (has_priority && is_5424(&line))
        return take_5424(r, line, e) ? LINE_EVENT : LINE_FOREIGN;
    is_bsd = when_bsd(&line, &s);
    if (is_bsd)
        take_zone(&line, &s, e);
    else if (!when_iso(&line, &s) && !(is_bsd = take_device_time(r, &line, &s, e)))
        return LINE_FOREIGN;
    (void)str_take(&line, ":"); /* as Cisco writes it */
    if (!str_take(&line, " "))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    if (r->counting)
        return LINE_EVENT;
    return take_body(r, line, is_bsd, e);
}

const struct format format_syslog = {
    .name = "syslog", .version = 2, .is_splittable = true, .line = line_of};
