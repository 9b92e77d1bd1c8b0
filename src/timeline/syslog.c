/* syslog.c: system logs: RFC 5424, RFC 3164 in its many layouts, and rsyslog's ISO times. */
#include "timeline/appliance.h"
#include "timeline/cisco.h"
#include "timeline/dated_when.h"
#include "timeline/level.h"
#include "timeline/syslog_head.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_sent.h"
#include "timeline/syslog_words.h"
#include "timeline/zone_word.h"

enum { PRIORITY_MOST = 191, FACILITY_MOST = 24, ISO_SIZE = 19 };

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

/* "10:00:05", "10:00:05.123" */
static bool take_clock(struct str *rest)
{
    struct str at = *rest;
    int n;

    if (!when_digits(&at, 2, &n) || !str_take(&at, ":") || !when_digits(&at, 2, &n) ||
        !str_take(&at, ":") || !when_digits(&at, 2, &n))
        return false;
    if (str_take(&at, ".") || str_take(&at, ","))
        while (at.len && char_is_digit(at.p[0]))
            at = str_from(at, 1);
    *rest = at;
    return true;
}

/* A line that a relay put behind a head of its own: "2026-11-25T03:12:09Z web2 sshd[7]: ". The host
 * there is one, too. */
static struct str without_own_head(struct event *e, struct str message)
{
    struct str at = message;
    size_t before = e->count;
    struct stated s;

    if (event_value(e, FIELD_PROCESS_NAME).len)
        return message;
    if (syslog_take_fireware(&at, e))
        return at;
    if ((!when_iso(&at, &s) && !when_bsd(&at, &s) && !take_clock(&at)) || !str_take(&at, " ") ||
        syslog_take_tag_with_pid(&at, e))
        return e->count > before ? at : message;
    syslog_take_host(&at, e);
    if (syslog_take_sure_tag(&at, e))
        return at;
    e->count = before;
    return message;
}

static bool has_own_head(struct event *e, struct str message)
{
    size_t before = e->count;
    bool has = without_own_head(e, message).p != message.p;

    e->count = before;
    return has;
}

static void put_message(struct reader *r, struct event *e, struct str message)
{
    struct str sentence = without_own_head(e, message), text;
    struct stated own;

    if (sentence.p != message.p && str_starts(sentence, "msg_id=") &&
        syslog_fireware_time(message, &own, &text))
        appliance_put_time(r, e, &own, text);
    (void)syslog_take_unifi(r, &sentence, e);
    if (syslog_put_json(r, e, message) || winlog_sent_understand(r, e, sentence))
        return;
    event_put(e, FIELD_MESSAGE, message);
    syslog_understand(r, e, sentence);
}

/* "Nov 25 03:12:09 web1 " */
static void pass_head(struct str *line)
{
    struct str at = *line;
    struct stated s;

    if (!when_bsd(&at, &s) && !when_iso(&at, &s))
        return;
    if (!str_take(&at, " "))
        return;
    (void)take_word(&at);
    *line = at;
}

void syslog_understand_line(struct reader *r, struct event *e, struct str text)
{
    if (event_value(e, FIELD_PROCESS_NAME).len == 0) {
        pass_head(&text);
        if (!syslog_take_tag_with_pid(&text, e))
            return;
    }
    syslog_understand(r, e, text);
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

/* "authpriv.info ", as OpenWrt's logread and Busybox have it; "<auth.info> ", FreeBSD's;
 * "auth|security:info ", AIX's. Where the line begins with a priority, that has said it. */
static bool take_facility(struct str *rest, struct event *e)
{
    struct str after = *rest, word, facility;
    bool is_known = event_value(e, FIELD_FACILITY).len > 0;
    size_t before = e->count;
    bool is_bracketed = str_take(&after, "<"), is_level;

    word = str_cut(&after, ' ');
    if (word.len == 0 || word.len > FACILITY_MOST || after.len == 0 ||
        (is_bracketed && !str_ends(word, ">")))
        return false;
    word = str_head(word, word.len - is_bracketed);
    if (memchr(word.p, '.', word.len)) {
        facility = str_cut(&word, '.');
    } else if (memchr(word.p, ':', word.len - 1)) {
        facility = str_cut(&word, ':');
        facility = str_cut(&facility, '|');
    } else {
        return false;
    }
    is_level = put_facility(e, facility) && level_put(e, word);
    if (!is_level || is_known)
        e->count = before;
    if (is_level)
        *rest = after;
    return is_level;
}

/* Behind "<PRI>1 ". */
static bool take_5424(struct reader *r, struct str line, struct event *e)
{
    struct stated s;
    struct str bom = STR("\xEF\xBB\xBF"), data;

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
    if (!syslog_take_structured(&line, &data))
        return false;
    event_put(e, FIELD_SYSLOG_DATA, data);
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

/* " 2026" behind a zone's name, as date(1) writes it. */
static bool take_year(struct str *at, struct stated *s)
{
    struct str rest = *at;
    int year;

    if (s->year || !str_take(&rest, " ") || !when_digits(&rest, 4, &year) || year < 1970 ||
        (rest.len && rest.p[0] != ' '))
        return false;
    s->year = year;
    *at = rest;
    return true;
}

/* " CET" behind the time. Where no host and tag follow it, it is the host; but behind a year the
 * line is of no system log then, and false is returned. */
static bool take_zone(struct str *line, struct stated *s, struct event *e)
{
    struct str at = *line, word, behind;
    struct stated with = *s;
    size_t before = e->count;
    bool is_zone, has_year;

    if (s->has_zone || !zone_word_take(&at, &with, &word))
        return true;
    has_year = take_year(&at, &with);
    behind = at;
    is_zone = str_starts(at, ":");
    if (str_take(&behind, " ")) {
        syslog_take_host(&behind, e);
        is_zone = e->count > before && (cisco_is_message(behind) || syslog_take_tag(&behind, e));
    }
    e->count = before;
    if (!is_zone)
        return !has_year;
    event_put(e, FIELD_EVENT_TIMEZONE, word);
    *s = with;
    *line = at;
    return true;
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
    if (!take_zone(&at, s, e) || !str_starts(at, ": %")) {
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

enum layout {
    LAYOUT_BSD,
    LAYOUT_DATED,  /* with a weekday or a year, as other programs have it, too */
    LAYOUT_ISO,    /* with which other programs begin lines, too */
    LAYOUT_STRICT, /* mostly other programs' */
    LAYOUT_KIWI,   /* an ISO time and a tab: Kiwi Syslog Server */
};

/* "In(38) ", the letters of a level and its priority in place of a host: ESXi since version 8. */
static bool take_esxi_priority(struct str *rest, struct event *e)
{
    static const char letters[] = "EmAlCrErWaNoInDb";
    struct str after = *rest, word = str_cut(&after, ' '), digits = str_from(word, 3);
    uint64_t n;

    if (word.len < 5 || word.p[2] != '(' || !str_ends(word, ")") || after.len == 0)
        return false;
    digits.len--;
    if (!str_u64(digits, &n) || n > PRIORITY_MOST || memcmp(word.p, letters + 2 * (n & 7), 2) != 0)
        return false;
    event_puts(e, FIELD_LOG_LEVEL, syslog_levels[n & 7]);
    event_puts(e, FIELD_FACILITY, syslog_facilities[n >> 3]);
    *rest = after;
    return true;
}

/* "INFO ", "warning " in place of a host, as templates of rsyslog (ChromeOS) and VMware have it. */
static bool take_level(struct str *rest, struct event *e)
{
    struct str after = *rest, word = str_cut(&after, ' ');
    size_t before = e->count;
    bool is_known = event_value(e, FIELD_LOG_LEVEL).len > 0;

    if (after.len == 0 || !level_is_plain(word) || !level_put(e, word))
        return false;
    if (is_known)
        e->count = before;
    *rest = after;
    return true;
}

/* Words in front of a colon are many: of some layouts only a number or the kernel makes a tag, and
 * behind an ISO time a blank follows it. */
static bool take_iso_tag(struct str *line, bool is_strict, struct event *e)
{
    uint64_t number;

    if (!syslog_take_tag(line, e))
        return false;
    if (event_value(e, FIELD_PROCESS_PID).len)
        return true;
    if (str_u64(event_value(e, FIELD_PROCESS_NAME), &number)) /* "pid 80: LOG: …" */
        return false;
    if (is_strict && !str_is(event_value(e, FIELD_PROCESS_NAME), "kernel"))
        return false;
    return line->len == 0 || line->p[-1] == ' ';
}

/* Behind a level in place of a host: a word with a colon is a part of some program. */
static bool take_tag_behind_level(struct str *line, struct event *e)
{
    struct str at = *line;
    size_t before = e->count;

    if (take_iso_tag(&at, true, e)) {
        *line = at;
        return true;
    }
    e->count = before;
    return false;
}

/* Behind an ISO time and what stands in place of a host. Behind a relay's name its sender's own
 * head may follow, or, where the source's lines show the host, no tag. */
static bool take_iso_rest(struct reader *r, struct str *line, bool is_strict, struct event *e)
{
    struct str at = *line;
    size_t before = e->count;

    if (syslog_take_tag_behind_sender(line, e) || take_iso_tag(line, is_strict, e))
        return true;
    e->count = before;
    *line = at;
    return event_value(e, FIELD_HOST_NAME).len &&
           (has_own_head(e, at) || manner_knows_host(&r->manner, e));
}

/* What stands between time and message. */
static bool take_head(struct reader *r, struct str *line, enum layout layout, struct event *e)
{
    bool is_iso = layout == LAYOUT_ISO || layout == LAYOUT_STRICT;
    bool has_priority = is_iso && take_esxi_priority(line, e);
    bool has_level = has_priority || take_level(line, e);

    if (layout == LAYOUT_BSD && syslog_take_parted_tag(line, e))
        return true;
    if (!has_level)
        syslog_take_host(line, e);
    if (!has_level && event_value(e, FIELD_HOST_NAME).len == 0)
        syslog_take_chain(r, line, is_iso, e);
    (void)take_facility(line, e);
    if (str_starts(*line, "CEF:") || str_starts(*line, "LEEF:") || syslog_take_snare(line, e))
        return true;
    if (cisco_is_message(*line)) {
        (void)str_take(line, ": ");
        return true;
    }
    if (is_iso)
        return take_iso_rest(r, line, !has_priority && (has_level || layout == LAYOUT_STRICT), e);
    if (has_level)
        return take_tag_behind_level(line, e) || layout == LAYOUT_BSD;
    return syslog_take_tag(line, e) || syslog_take_tag_again(line, e) ||
           syslog_take_tag_behind_sender(line, e) ||
           (layout == LAYOUT_BSD && event_value(e, FIELD_HOST_NAME).len > 0);
}

/* Behind the time and its space. */
static enum line_verdict take_body(struct reader *r, struct str line, enum layout layout,
                                   struct event *e)
{
    bool is_bsd = layout == LAYOUT_BSD || layout == LAYOUT_DATED;

    if (layout == LAYOUT_KIWI) {
        if (!syslog_take_kiwi(&line, e))
            return LINE_FOREIGN;
        (void)syslog_take_tag_with_pid(&line, e);
    } else if (is_bsd && cisco_is_message(line)) {
        (void)str_take(&line, ": ");
    } else if ((!is_bsd || !syslog_take_metalog(&line, e)) &&
               (!take_facility(&line, e) || !syslog_take_tag(&line, e)) &&
               !take_head(r, &line, layout, e)) {
        return LINE_FOREIGN;
    }
    put_message(r, e, line);
    return LINE_EVENT;
}

/* Most programs that write milliseconds behind a comma log for themselves. */
static bool has_comma(struct str line)
{
    return line.len > ISO_SIZE && line.p[ISO_SIZE] == ',';
}

/* What a program wrote with line ends in it (macOS): of the line before. */
static bool is_indented(struct str line)
{
    return line.p[0] == ' ' || line.p[0] == '\t';
}

/* "Nov 25 …" has no weekday. */
static enum layout layout_of(struct str line, const struct stated *s)
{
    return s->year > 0 || line.p[4] > '9' ? LAYOUT_DATED : LAYOUT_BSD;
}

/* "Wed 2026-11-25 03:12:09 CET web1 sshd[7]: " (short-full), "1795576329.123456 web1 …"
 * (short-unix). */
static bool take_journal_time(struct str *line, struct stated *s, struct event *e)
{
    struct dated d = {0};
    bool is_full = line->len > 8 && line->p[3] == ' ' && line->p[8] == '-';

    if (is_full ? !dated_named(line, &d) : !dated_epoch(line, &d))
        return false;
    event_put(e, FIELD_EVENT_TIMEZONE, d.zone);
    *s = d.time;
    return true;
}

/* The time of a line and what follows from how it is written. */
static bool take_time(struct reader *r, struct str *line, struct stated *s, enum layout *layout,
                      struct event *e)
{
    struct str whole = *line;

    if (when_bsd(line, s)) {
        *layout = layout_of(whole, s);
        return take_zone(line, s, e);
    }
    *layout = has_comma(whole) ? LAYOUT_STRICT : LAYOUT_ISO;
    if (when_iso(line, s))
        return true;
    *layout = LAYOUT_DATED;
    if (syslog_take_utm_time(line, s))
        return true;
    *layout = LAYOUT_STRICT;
    if (take_journal_time(line, s, e) || when_day_first(line, s))
        return true;
    *layout = LAYOUT_DATED;
    return take_device_time(r, line, s, e);
}

/* "10:00:01 " and neither a year behind it nor a zone, behind which one may stand. */
static bool is_time_of_day(const char *p)
{
    return p[0] >= '0' && p[0] <= '2' && p[1] >= '0' && p[1] <= (p[0] == '2' ? '3' : '9') &&
           p[2] == ':' && p[3] >= '0' && p[3] <= '5' && p[4] >= '0' && p[4] <= '9' && p[5] == ':' &&
           p[6] >= '0' && p[6] <= '5' && p[7] >= '0' && p[7] <= '9' && p[8] == ' ' &&
           (p[9] < '0' || p[9] > '9') && (p[9] < 'A' || p[9] > 'Z');
}

/* While years are counted: most lines are of the day of the line before, and say nothing new. */
static bool is_same_day(struct reader *r, struct str line, uint64_t at)
{
    struct years_part *counting = r->counting;
    const char *p = line.p + sizeof(counting->day);
    struct str behind;
    int hour;

    if (line.len < sizeof(counting->day) + 10 ||
        memcmp(line.p, counting->day, sizeof(counting->day)) != 0 || !is_time_of_day(p))
        return false;
    hour = (p[0] - '0') * 10 + p[1] - '0';
    behind = str_from(line, sizeof(counting->day) + 9);
    if (!year_hosts_see_again(r->hosts, behind, at) &&
        !year_hosts_see_known(r->hosts, syslog_host(behind), at))
        return false; /* a log of another host may begin with it */
    years_part_same_day(counting, hour, (p[3] - '0') * 10 + p[4] - '0',
                        (p[6] - '0') * 10 + p[7] - '0');
    counting->has_fold = counting->has_fold || (counting->fold_hours >> hour & 1);
    return true;
}

static void keep_day(struct years_part *counting, struct str line)
{
    const char *p = line.p;

    if (counting->is_last && line.len > sizeof(counting->day) && when_month(str_head(line, 3)) &&
        p[3] == ' ' && p[5] >= '0' && p[5] <= '9' && p[6] == ' ')
        memcpy(counting->day, p, sizeof(counting->day));
}

/* With a time, a host and a tag: of no line before, whatever stands in front of it. */
static bool is_whole(struct reader *r, struct str line, struct event *e)
{
    size_t before = e->count;
    enum layout layout;
    struct stated s;
    bool is_one = take_time(r, &line, &s, &layout, e) && str_take(&line, " ");

    if (is_one) {
        syslog_take_host(&line, e);
        is_one = event_value(e, FIELD_HOST_NAME).len && syslog_take_tag(&line, e);
    }
    e->count = before;
    return is_one;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line;
    bool has_priority = line.len > 3 && line.p[0] == '<';
    enum layout layout;
    struct stated s;

    if (r->counting && is_same_day(r, line, e->at))
        return LINE_EVENT;
    if (is_indented(line)) {
        str_skip_blanks(&line);
        if (line.len == 0 || manner_is_deeper(&r->manner, whole) || !is_whole(r, line, e))
            return LINE_CONTINUES;
    }
    if (line.p[0] == '-' && journal_text_is_comment(r, line))
        return LINE_COMMENT;
    if (has_priority && !take_priority(&line, e))
        return LINE_FOREIGN;
    if (has_priority && is_5424(&line))
        return take_5424(r, line, e) ? LINE_EVENT : LINE_FOREIGN;
    if (!take_time(r, &line, &s, &layout, e))
        return LINE_FOREIGN;
    (void)str_take(&line, ":"); /* as Cisco writes it */
    if (layout == LAYOUT_ISO && str_take(&line, "\t"))
        layout = LAYOUT_KIWI;
    else if (!str_take(&line, " "))
        return LINE_FOREIGN;
    if (r->counting)
        r->host = syslog_host(line);
    reader_time(r, e, &s);
    if (r->counting) {
        if (s.year == 0 && stated_is_date(&s))
            keep_day(r->counting, whole);
        return LINE_EVENT;
    }
    if (r->folding)
        return LINE_EVENT;
    return take_body(r, line, layout, e);
}

/* An ISO time, a word that is the host or not, and another with a colon behind it. */
static bool is_doubtful(const struct event *e)
{
    return !(e->doubt & DOUBT_YEAR) && event_value(e, FIELD_PROCESS_PID).len == 0 &&
           event_value(e, FIELD_FACILITY).len == 0 && event_value(e, FIELD_EVENT_CODE).len == 0 &&
           event_value(e, FIELD_EVENT_ACTION).len == 0 &&
           !syslog_knows_program(event_value(e, FIELD_PROCESS_NAME));
}

static void end_event(struct reader *r, struct event *e)
{
    postgresql_join(r->names, e);
    sudo_join(e);
}

static bool continues(struct reader *r, const struct event *before, struct event *e)
{
    return postgresql_continues(r, before, e) || sudo_continues(before, e);
}

static bool may_continue(const struct event *e)
{
    return postgresql_may_continue(e) || sudo_may_continue(e);
}

const struct format format_syslog = {.name = "syslog",
                                     .version = 12,
                                     .is_splittable = true,
                                     .has_sessions = true,
                                     .may_be_indented = true,
                                     .line = line_of,
                                     .continues = continues,
                                     .may_continue = may_continue,
                                     .state_size = sizeof(struct postgresql_parts),
                                     .whole = end_event,
                                     .is_doubtful = is_doubtful};
