/* syslog_head.c: a host, and a program with its number, in front of a message of syslog. */
#include "timeline/syslog_head.h"
#include "timeline/value_test.h"
#include "timeline/syslog_words.h"
#include "timeline/level.h"

enum { TAG_MOST = 128, HOST_MOST = 255, PID_MOST = 20, FIREWARE_MOST = 128, MAC_DIGITS = 12 };

static bool is_tag_char(char c)
{
    return c > ' ' && c != '[' && c != ':' && c != ']' && c != '<' && c != '>';
}

/* Neither "host=…" nor "<…>" is a program's name, nor "(2026-11-25T03"; "polkitd(authority=local)"
 * and "(sd-pam)" are. */
static bool is_program(struct str name)
{
    if (name.len > 1 && name.p[0] == '(' && char_is_digit(name.p[1]))
        return false;
    return name.len > 0 && (!memchr(name.p, '=', name.len) || memchr(name.p, '(', name.len));
}

static bool is_pid(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.p[i] < '0' || word.p[i] > '9')
            return false;
    return word.len > 0 && word.len <= PID_MOST;
}

/* "03:12:09", and no more digits as those of a network card have. */
static bool is_clock(struct str text)
{
    int n;

    return when_digits(&text, 2, &n) && str_take(&text, ":") && when_digits(&text, 2, &n) &&
           str_take(&text, ":") && when_digits(&text, 2, &n) &&
           (text.len == 0 || memchr(" .,+-Z", text.p[0], 6));
}

/* What a program or a relay wrote itself: "2026-11-25T03:12:09Z". */
static bool is_time(struct str text)
{
    struct stated s;

    return when_iso(&text, &s) || is_clock(text);
}

/* "<812><session>" */
static bool take_session_number(struct str *at, struct str *pid)
{
    struct str rest = *at, number;

    if (!str_take(&rest, "<"))
        return false;
    number = str_cut(&rest, '>');
    if (!is_pid(number) || !str_take(&rest, "<"))
        return false;
    (void)str_cut(&rest, '>');
    if (!str_starts(rest, ":"))
        return false;
    *pid = number;
    *at = rest;
    return true;
}

/* Dovecot's processes: "imap(eva)<812><session>: ", "imap(eva): Info: " of old, and
 * "auth-worker(913): ". */
static void take_session(struct str *at, struct str *name, struct str *pid, struct str *user)
{
    struct str inside = *name, program = str_cut(&inside, '('), behind = *at;

    if (!str_ends(inside, ")") || program.len == 0)
        return;
    inside.len--;
    if (is_pid(inside) && str_starts(*at, ": "))
        *pid = inside;
    else if (take_session_number(at, pid) ||
             (str_take(&behind, ": ") && syslog_dovecot_level(behind)))
        *user = inside;
    else
        return;
    *name = program;
}

static void put_tag(struct event *e, struct str name, struct str pid, struct str user)
{
    bool is_delivery = str_is(name, "lmtp") || str_is(name, "lda");

    event_put(e, FIELD_PROCESS_NAME, name);
    event_put(e, FIELD_PROCESS_PID, pid);
    event_put(e, is_delivery ? FIELD_USER_TARGET_NAME : FIELD_USER_NAME, user);
}

bool syslog_take_tag(struct str *rest, struct event *e)
{
    struct str at = *rest;
    struct str name = str_head(at, 0), pid = {0}, user = {0};

    if (is_time(at))
        return false;
    while (name.len < at.len && name.len < TAG_MOST && is_tag_char(at.p[name.len]))
        name.len++;
    at = str_from(at, name.len);
    if (str_starts(at, "]:") || str_starts(at, "]["))
        at = str_from(at, 1); /* "gdm-password]: " */
    if (str_is(name, "syslogd") && at.len > 1 && at.p[0] == ' ' && at.p[1] >= '0' &&
        at.p[1] <= '9') {
        /* "syslogd 1.4.1: restart.", of sysklogd. */
        (void)str_cut(&at, ':');
        at = (struct str){at.p - 1, at.len + 1};
    }
    if (!is_program(name) || at.len == 0)
        return false;
    if (str_ends(name, ")") && (at.p[0] == '<' || at.p[0] == ':'))
        take_session(&at, &name, &pid, &user);
    if (at.p[0] == '[') {
        struct str inside = str_from(at, 1);

        pid = str_cut(&inside, ']');
        if (!is_pid(pid))
            return false;
        at = inside;
    }
    if (!str_take(&at, ":") && pid.len == 0)
        return false;
    if (pid.len == 0 && level_is_plain(name)) /* "INFO: started" */
        return false;
    put_tag(e, name, pid, user);
    *rest = at;
    (void)str_take(rest, " ");
    return true;
}

/* "<airportd[88]> ", of macOS's log of wireless networks. */
static bool take_angled(struct str *rest, struct event *e)
{
    struct str at = *rest, name, pid;

    if (!str_take(&at, "<"))
        return false;
    pid = str_cut(&at, '>');
    name = str_cut(&pid, '[');
    if (name.len == 0 || name.len > TAG_MOST || !str_ends(pid, "]") ||
        !is_pid(str_head(pid, pid.len - 1)) || !str_take(&at, " "))
        return false;
    event_put(e, FIELD_PROCESS_NAME, name);
    event_put(e, FIELD_PROCESS_PID, str_head(pid, pid.len - 1));
    *rest = at;
    return true;
}

bool syslog_take_metalog(struct str *rest, struct event *e)
{
    struct str at = *rest, name;

    if (!str_take(&at, "["))
        return take_angled(rest, e);
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

static bool is_hex(char c)
{
    return char_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* "\xe4": a byte that is no UTF-8, as it is shown. */
static bool is_byte(struct str s)
{
    return s.len >= 4 && s.p[0] == '\\' && s.p[1] == 'x' && is_hex(s.p[2]) && is_hex(s.p[3]);
}

static bool is_host(struct str word)
{
    if (word.len == 0 || word.len > HOST_MOST || word.p[word.len - 1] == ':')
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (is_byte(str_from(word, i)))
            i += 3;
        else if (!is_host_char(word.p[i]))
            return false;
    return true;
}

/* "ERROR main: x": a program's own layout, in whose place of a host a level stands. */
static bool is_level(struct str word)
{
    return word.len && (word.p[word.len - 1] | 0x20) >= 'a' && level_is_plain(word);
}

struct str syslog_host(struct str rest)
{
    struct str after = rest;
    struct str word = str_cut(&after, ' ');

    return after.p == NULL || word.len == rest.len || is_time(rest) || !is_host(word) ||
                   is_level(word)
               ? STR("")
               : word;
}

void syslog_take_host(struct str *rest, struct event *e)
{
    struct str word = syslog_host(*rest);

    if (word.len == 0)
        return;
    event_put(e, FIELD_HOST_NAME, word);
    *rest = str_from(*rest, word.len + 1);
}

/* "s_sys@web1/relay" off the front of *chain: the source, which syslog-ng names of what is its own.
 */
static bool take_source(struct str *chain, struct str *source)
{
    *source = STR("");
    if (memchr(chain->p, '@', chain->len)) {
        *source = str_cut(chain, '@');
        return is_host(*source);
    }
    return memchr(chain->p, '/', chain->len) != NULL;
}

static bool put_hosts(struct str chain, struct event *e)
{
    while (chain.len) {
        struct str host = str_cut(&chain, '/');

        if (!is_host(host))
            return false;
        event_put(e, FIELD_HOST_NAME, host);
    }
    return true;
}

void syslog_take_chain(struct reader *r, struct str *rest, bool needs_pid, struct event *e)
{
    struct str after = *rest, chain = str_cut(&after, ' '), behind = after, source;
    size_t before = e->count;
    bool has_tag;

    if (after.len == 0 || !take_source(&chain, &source))
        return;
    has_tag = needs_pid ? syslog_take_tag_with_pid(&behind, e) : syslog_take_tag(&behind, e);
    e->count = before;
    if (!has_tag)
        return;
    if (!put_hosts(chain, e)) {
        e->count = before;
        return;
    }
    event_put(e, field_number(r->names, STR("syslog_ng.source")), source);
    *rest = after;
}

bool syslog_take_tag_again(struct str *rest, struct event *e)
{
    struct str host = event_value(e, FIELD_HOST_NAME), at = str_from(*rest, host.len);

    if (host.len == 0 || !str_eq(str_head(*rest, host.len), host) || !str_take(&at, " ") ||
        (!syslog_take_tag(&at, e) && !str_starts(at, "[")))
        return false;
    *rest = at;
    return true;
}

bool syslog_take_parted_tag(struct str *rest, struct event *e)
{
    struct str at = *rest, name = str_cut(&at, ' '), pid;

    if (!str_take(&at, "[") || !syslog_knows_program(name))
        return false;
    pid = str_cut(&at, ']');
    if (!is_pid(pid) || !str_take(&at, ": "))
        return false;
    put_tag(e, name, pid, STR(""));
    *rest = at;
    return true;
}

bool syslog_take_sure_tag(struct str *rest, struct event *e)
{
    struct str at = *rest;
    size_t before = e->count;

    if (syslog_take_tag(&at, e) && (event_value(e, FIELD_PROCESS_PID).len ||
                                    syslog_knows_program(event_value(e, FIELD_PROCESS_NAME)))) {
        *rest = at;
        return true;
    }
    e->count = before;
    return false;
}

bool syslog_take_tag_behind_sender(struct str *rest, struct event *e)
{
    struct str at = *rest;
    size_t before = e->count;
    uint8_t bytes[16];

    if (!address_bytes(event_value(e, FIELD_HOST_NAME), bytes))
        return false;
    if (is_pid(syslog_host(at))) /* "00419 auth: ", the number of an event (ProCurve) */
        return false;
    syslog_take_host(&at, e);
    if (e->count > before && syslog_take_sure_tag(&at, e)) {
        *rest = at;
        return true;
    }
    e->count = before;
    return false;
}

/* "80BE0600 (2026-11-25T02:12:09) web firewall: " */
bool syslog_take_fireware(struct str *rest, struct event *e)
{
    struct str head = str_head(*rest, FIREWARE_MOST), front, at;
    const char *id = memmem(head.p, head.len, ": msg_id=\"", 10), *blank;

    if (!id)
        return false;
    front = str_head(*rest, (size_t)(id - rest->p));
    blank = memrchr(front.p, ' ', front.len);
    if (!blank || memchr(front.p, '"', front.len))
        return false;
    at = str_from(*rest, (size_t)(blank - rest->p) + 1);
    if (!syslog_take_tag(&at, e))
        return false;
    *rest = at;
    return true;
}

bool syslog_fireware_time(struct str message, struct stated *s, struct str *text)
{
    struct str head = str_head(message, FIREWARE_MOST), at;
    const char *open = memchr(head.p, '(', head.len);

    at = open ? str_from(head, (size_t)(open - head.p) + 1) : STR("");
    *text = at;
    if (at.len == 0 || !when_iso(&at, s) || s->has_zone || !str_starts(at, ")") ||
        !stated_is_date(s))
        return false;
    text->len -= at.len;
    s->has_zone = true;
    s->zone_s = 0;
    return true;
}

static bool is_unifi(struct str name)
{
    size_t digits = 0;

    if (!memchr(name.p, ',', name.len))
        return false;
    for (size_t i = 0; i < name.len && digits < MAC_DIGITS; i++)
        digits = is_hex(name.p[i]) ? digits + 1 : 0;
    return digits == MAC_DIGITS;
}

bool syslog_take_unifi(struct reader *r, struct str *rest, struct event *e)
{
    struct str at = *rest;
    size_t before = e->count;

    if (!is_unifi(event_value(e, FIELD_PROCESS_NAME)) || !syslog_take_tag(&at, e))
        return false;
    e->count = before;
    event_rename(e, FIELD_PROCESS_NAME, field_number(r->names, STR("observer.product")));
    return syslog_take_tag(rest, e);
}

bool syslog_take_tag_with_pid(struct str *rest, struct event *e)
{
    struct str at = *rest;
    size_t before = e->count;

    if (syslog_take_tag(&at, e) && event_value(e, FIELD_PROCESS_PID).len) {
        *rest = at;
        return true;
    }
    e->count = before;
    return false;
}

/* Capital or small. */
static bool put_facility(struct event *e, struct str name)
{
    for (size_t i = 0; i < SYSLOG_FACILITIES; i++)
        if (strlen(syslog_facilities[i]) == name.len &&
            strncasecmp(syslog_facilities[i], name.p, name.len) == 0) {
            event_puts(e, FIELD_FACILITY, syslog_facilities[i]);
            return true;
        }
    return false;
}

/* Those of which RFC 3164 says no name; Kiwi numbers them. */
static bool is_system(struct str name)
{
    return name.len == 7 && str_starts(name, "System") && char_is_digit(name.p[6]);
}

bool syslog_take_kiwi(struct str *rest, struct event *e)
{
    struct str at = *rest, level = str_cut(&at, '\t'), facility = str_cut(&level, '.');
    struct str host = str_cut(&at, '\t');
    size_t before = e->count;

    if (at.len == 0 || !is_host(host) || !level_put(e, level) ||
        !(put_facility(e, str_is(facility, "Kernel") ? STR("kern") : facility) ||
          is_system(facility))) {
        e->count = before;
        return false;
    }
    event_put(e, FIELD_HOST_NAME, host);
    *rest = at;
    return true;
}

bool syslog_take_structured(struct str *rest, struct str *data)
{
    struct str at = *rest;

    *data = STR("");
    if (str_take(rest, "-"))
        return true;
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
    *data = str_head(*rest, rest->len - at.len);
    *rest = at;
    return true;
}
