/* access.c: access logs of Apache, nginx and others: the Common Log Format, combined, with or
 * without the virtual host in front, or the addresses of X-Forwarded-For. */
#include "timeline/format.h"
#include "timeline/syslog_programs.h"
#include "timeline/json_own.h"
#include "timeline/value_test.h"

/* A quoted part; backslashes escape within it. */
static bool take_quoted(struct str *rest, struct str *out)
{
    struct str at = *rest;
    size_t i = 1;

    if (at.len < 2 || at.p[0] != '"')
        return false;
    while (i < at.len && at.p[i] != '"')
        i += at.p[i] == '\\' ? 2 : 1;
    if (i >= at.len)
        return false;
    *out = (struct str){at.p + 1, i - 1};
    *rest = str_from(at, i + 1);
    (void)str_take(rest, " ");
    return true;
}

/* "404 7", "- -", "200": what stands behind a request. */
static bool is_status(struct str s)
{
    struct str word = str_cut(&s, ' ');
    uint64_t n;

    return str_is(word, "-") || (word.len == 3 && str_u64(word, &n));
}

/* Not every server escapes a quote within the request: it ends where a status follows. */
static bool take_request(struct str *rest, struct str *out)
{
    struct str at = *rest;

    if (take_quoted(&at, out) && is_status(at)) {
        *rest = at;
        return true;
    }
    for (size_t i = 1; rest->len && rest->p[0] == '"' && i + 1 < rest->len; i++) {
        if (rest->p[i] != '"' || rest->p[i + 1] != ' ' || !is_status(str_from(*rest, i + 2)))
            continue;
        *out = (struct str){rest->p + 1, i - 1};
        *rest = str_from(*rest, i + 2);
        return true;
    }
    return false;
}

static struct str take_word(struct str *rest)
{
    struct str word = str_cut(rest, ' ');

    return str_is(word, "-") ? STR("") : word;
}

/* "http://www.example.org:8080/x", what a proxy is asked for (RFC 9112 section 3.2): its host is
 * told, and *target becomes "/x"; nothing where it is a host and port, as of CONNECT. */
static void put_authority(struct event *e, bool is_connect, struct str *target)
{
    struct str rest = *target, host;
    const char *at;

    if (!is_connect && !str_take(&rest, "http://") && !str_take(&rest, "https://") &&
        !str_take(&rest, "ftp://"))
        return;
    at = memchr(rest.p, '/', rest.len);
    host = str_head(rest, at ? (size_t)(at - rest.p) : rest.len);
    *target = str_from(rest, host.len);
    at = memchr(host.p, '@', host.len);
    if (at)
        host = str_from(host, (size_t)(at - host.p) + 1);
    if (str_take(&host, "["))
        host = str_cut(&host, ']');
    else
        host = str_cut(&host, ':');
    event_put(e, FIELD_URL_DOMAIN, host);
}

void access_put_target(struct event *e, struct str method, struct str target)
{
    event_put(e, FIELD_HTTP_REQUEST_METHOD, method);
    event_put(e, FIELD_URL_ORIGINAL, target);
    put_authority(e, str_is(method, "CONNECT"), &target);
    event_put(e, FIELD_URL_PATH, str_cut(&target, '?'));
    event_put(e, FIELD_URL_QUERY, target);
}

void access_put_request(struct event *e, struct str request)
{
    struct str rest = request;
    struct str method = str_cut(&rest, ' ');
    struct str target = rest, version = {0};

    if (method.len == 0 || method.len > 32 || rest.len == 0) {
        /* "-": none came before the time for it was over. */
        if (!str_is(request, "-"))
            event_put(e, FIELD_URL_ORIGINAL, request);
        return;
    }
    for (size_t i = rest.len; i-- > 0;)
        if (rest.p[i] == ' ' && str_starts(str_from(rest, i + 1), "HTTP/")) {
            target = str_head(rest, i);
            version = str_from(rest, i + 6);
            break;
        }
    access_put_target(e, method, target);
    event_put(e, FIELD_HTTP_VERSION, version);
}

static const char *outcome_of(struct str status)
{
    return status.len == 3 && status.p[0] >= '4' ? "failure" : "success";
}

static void put_action(struct event *e)
{
    event_puts(e, FIELD_EVENT_ACTION, "http-request");
    event_puts(e, FIELD_EVENT_CATEGORY, "web");
}

void access_put_answer(struct event *e, struct str status)
{
    event_puts(e, FIELD_EVENT_OUTCOME, outcome_of(status));
    put_action(e);
}

static bool take_status(struct str *rest, struct event *e)
{
    struct str status = str_cut(rest, ' ');
    struct str bytes = take_word(rest);
    uint64_t n;

    if (str_is(status, "-")) {
        event_puts(e, FIELD_EVENT_OUTCOME, "unknown");
    } else if (status.len == 3 && str_u64(status, &n)) {
        event_put(e, FIELD_HTTP_RESPONSE_STATUS, status);
        event_puts(e, FIELD_EVENT_OUTCOME, outcome_of(status));
    } else {
        return false;
    }
    if (bytes.len && !str_u64(bytes, &n))
        return false;
    event_put(e, FIELD_HTTP_RESPONSE_BYTES, bytes);
    return true;
}

/* "203.0.113.9", "203.0.113.9, 10.0.0.8": X-Forwarded-For, which nginx' format "main" has behind
 * the user agent. */
static bool is_forwarded(struct str quoted)
{
    uint8_t bytes[16];

    while (quoted.len) {
        struct str address = str_trim(str_cut(&quoted, ','));

        if (!address_bytes(address, bytes) && !str_is(address, "unknown"))
            return false;
    }
    return true;
}

/* Anybody may write such a list, and where the column is the host that was asked for, an address is
 * the server's own: it is no source. */
static void put_forwarded(struct reader *r, struct event *e, struct str quoted)
{
    uint16_t field = field_number(r->names, STR("network.forwarded_ip"));

    if (!is_forwarded(quoted))
        return;
    while (quoted.len) {
        struct str address = str_trim(str_cut(&quoted, ','));

        if (!str_is(address, "unknown") && !str_eq(address, event_value(e, FIELD_SOURCE_IP)))
            event_put(e, field, address);
    }
}

/* False: a quote is not closed, so that the line is not whole. */
static bool put_rest(struct reader *r, struct event *e, struct str rest)
{
    static const uint16_t names[] = {FIELD_HTTP_REQUEST_REFERRER, FIELD_USER_AGENT};
    struct str quoted;

    for (size_t i = 0; i <= COUNT_OF(names) && rest.len && rest.p[0] == '"'; i++) {
        if (!take_quoted(&rest, &quoted))
            return i == COUNT_OF(names);
        if (i == COUNT_OF(names))
            put_forwarded(r, e, quoted);
        else if (!str_is(quoted, "-"))
            event_put(e, names[i], quoted);
    }
    return true;
}

/* "[pod/web-1/nginx]", of kubectl logs --prefix. */
static void put_pod(struct reader *r, struct event *e, struct str front)
{
    struct str rest = str_head(front, front.len - 1);

    (void)str_cut(&rest, '/');
    event_put(e, field_number(r->names, STR("orchestrator.resource.name")), str_cut(&rest, '/'));
    event_put(e, field_number(r->names, STR("container.name")), rest);
}

/* "www.example.org:443" */
static void put_virtual_host(struct reader *r, struct event *e, struct str host)
{
    struct str port = host;
    struct str name = str_cut(&port, ':');
    uint64_t n;

    if (str_is(host, "-"))
        return;
    if (str_starts(host, "[pod/") && str_ends(host, "]")) {
        put_pod(r, e, host);
        return;
    }
    if (!str_u64(port, &n) || n > UINT16_MAX) {
        event_put(e, FIELD_URL_DOMAIN, host);
        return;
    }
    event_put(e, FIELD_URL_DOMAIN, name);
    event_put(e, field_number(r->names, STR("url.port")), port);
}

static bool is_address(struct str s)
{
    uint8_t bytes[16];

    return address_bytes(s, bytes);
}

/* A list may stand in brackets or quotes: "(203.0.113.9, 10.0.0.1)". */
static struct str without_brackets(struct str word)
{
    if (word.len && memchr("([\"", word.p[0], 3))
        word = str_from(word, 1);
    return word.len && memchr(")]\"", word.p[word.len - 1], 3) ? str_head(word, word.len - 1)
                                                               : word;
}

/* With its port, as Azure's gateways and IIS' ARR write it. */
static void put_source(struct event *e, struct str address)
{
    if (!str_is(address, "-") && !json_put_address(e, true, address) &&
        !json_put_address(e, true, without_brackets(address)))
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, address);
}

/* Each reading has its own. */
static void put_user(struct event *e, struct str user)
{
    if (!str_is(user, "-"))
        event_put(e, FIELD_USER_NAME, user);
}

static void put_ambiguous(struct reader *r, struct event *e)
{
    uint16_t name = field_number(r->names, STR("event.is_ambiguous"));

    if (event_value(e, name).len == 0)
        event_puts(e, name, "yes");
}

static bool has_comma(struct str s)
{
    return s.len && memchr(s.p, ',', s.len);
}

/* "203.0.113.9, 10.0.0.1 " of X-Forwarded-For: all that passed a request on. The address of the one
 * that did so last may stand behind. */
static bool take_list(struct str *front, struct event *e)
{
    struct str rest = *front, word = str_cut(&rest, ' '), behind;
    bool is_open = true;

    if (!has_comma(word))
        return false;
    while (is_open && word.len) {
        is_open = word.p[word.len - 1] == ',';
        while (word.len)
            put_source(e, str_cut(&word, ','));
        if (is_open)
            word = str_cut(&rest, ' ');
    }
    *front = rest;
    behind = rest;
    word = str_cut(&behind, ' ');
    if (is_address(word)) {
        put_source(e, word);
        *front = behind;
    }
    return true;
}

/* The words in front of a time. Of four or more the first may be the virtual host, or the rest a
 * user whose name has spaces. */
struct front {
    struct str first, second, third;
    struct str behind_first, behind_second, behind_third; /* all that follows it */
};

static struct front front_of(struct str text)
{
    struct front f;

    f.first = str_cut(&text, ' ');
    f.behind_first = text;
    f.second = str_cut(&text, ' ');
    f.behind_second = text;
    f.third = str_cut(&text, ' ');
    f.behind_third = text;
    return f;
}

/* address, identity, user */
static bool may_begin_with_client(const struct front *f)
{
    return f->behind_third.len == 0 || str_is(f->second, "-") ||
           (!is_address(f->second) && !has_comma(f->second) && !str_is(f->third, "-"));
}

/* virtual host, address, identity, user. Identities are "-" but in the rarest of logs. */
static bool may_begin_with_host(const struct front *f)
{
    return f->behind_third.len && (str_is(f->third, "-") || !str_is(f->second, "-"));
}

/* The second of two addresses may be of a client, and the first that of the host that it asked. */
static void put_host(struct reader *r, struct event *e, struct str host)
{
    struct str port = host, name = str_cut(&port, ':');

    put_virtual_host(r, e, host);
    if (is_address(host) || is_address(name)) {
        put_source(e, is_address(host) ? host : name);
        put_ambiguous(r, e);
    }
}

/* "[2001:db8::7]", "[2001:db8::7]:4123" */
static bool is_bracketed(struct str word)
{
    return str_take(&word, "[") && is_address(str_cut(&word, ']'));
}

/* "/var/log/access.log:203.0.113.7", "access.log:www.example.org:80": neither a client nor a host
 * that was asked. */
static bool has_file_name(struct str word)
{
    struct str behind = word, name = str_cut(&behind, ':');

    if (behind.len == 0 || has_comma(word) || is_address(word) || is_bracketed(word))
        return false;
    return memchr(name.p, '/', name.len) || memchr(behind.p, ':', behind.len) || is_address(behind);
}

/* "0.227" */
static bool is_duration(struct str word)
{
    bool has_point = false;

    for (size_t i = 0; i < word.len; i++) {
        has_point = has_point || word.p[i] == '.';
        if (!char_is_digit(word.p[i]) && word.p[i] != '.')
            return false;
    }
    return has_point;
}

/* Some logs have a "-" alone behind the address. */
static bool put_front(struct reader *r, struct event *e, struct str text)
{
    struct front f = front_of(text);
    bool has_client = may_begin_with_client(&f), has_host = may_begin_with_host(&f);

    if (f.second.len == 0 || (f.third.len == 0 && !str_is(f.second, "-")) || has_file_name(f.first))
        return false;
    if (f.behind_third.len == 0 && !has_comma(f.first) && !is_address(f.first) &&
        is_address(f.second)) { /* the host, the client, and how long it took, or the user */
        put_virtual_host(r, e, f.first);
        put_source(e, f.second);
        if (!is_duration(f.third))
            put_user(e, f.third);
        return true;
    }
    if (has_comma(f.first)) {
        (void)take_list(&text, e);
        (void)str_cut(&text, ' ');
        put_user(e, text);
        return true;
    }
    if (has_client) {
        put_source(e, f.first);
        put_user(e, f.behind_second);
    }
    if (!has_host)
        return true;
    put_host(r, e, f.first);
    text = f.behind_first;
    if (has_comma(f.second) && !is_address(str_cut(&f.second, ',')))
        put_ambiguous(r, e);
    if (!take_list(&text, e)) {
        put_source(e, f.second);
        text = f.behind_second;
    }
    (void)str_cut(&text, ' ');
    put_user(e, text);
    if (has_client)
        put_ambiguous(r, e);
    return true;
}

/* nginx' $time_iso8601 has the layout of ISO 8601. */
static bool take_stated(struct str *rest, struct stated *out)
{
    return when_clf(rest, out) || (when_iso(rest, out) && out->has_zone);
}

/* " [25/Nov/2026:03:12:09 +0100] " and a quote. *front: what stands before; false: there is none.
 */
static bool take_time(struct str *rest, struct str *front, struct stated *out)
{
    const char *found;

    for (size_t at = 0; at < rest->len && (found = memchr(rest->p + at, '[', rest->len - at));) {
        struct str behind = str_from(*rest, (size_t)(found - rest->p) + 1);

        at = (size_t)(found - rest->p) + 1;
        if (at < 2 || found[-1] != ' ' || !take_stated(&behind, out) || !str_take(&behind, "] ") ||
            !str_starts(behind, "\""))
            continue;
        *front = str_head(*rest, at - 2);
        *rest = behind;
        return true;
    }
    return false;
}

/* "[25/Nov/2026:03:12:09 +0100] 192.0.2.7 … " and a quote: as some have it, in front of all. */
static bool take_time_first(struct str *rest, struct str *front, struct stated *out)
{
    struct str at = *rest;
    const char *quote;

    if (!str_take(&at, "[") || !take_stated(&at, out) || !str_take(&at, "] "))
        return false;
    quote = memchr(at.p, '"', at.len);
    if (!quote || quote == at.p || quote[-1] != ' ')
        return false;
    *front = str_head(at, (size_t)(quote - at.p) - 1);
    *rest = str_from(at, front->len + 1);
    return true;
}

/* "192.0.2.7 TLSv1.3 TLS_AES_256_GCM_SHA384" in front of a request, and its bytes behind it:
 * mod_ssl's ssl_request_log. */
static bool take_tls(struct reader *r, struct str front, struct str line, struct event *e)
{
    struct str host = str_cut(&front, ' '), version = str_cut(&front, ' '), request;
    uint64_t n;

    if (!str_starts(version, "TLSv") && !str_starts(version, "SSLv"))
        return false;
    if (host.len == 0 || front.len == 0 || memchr(front.p, ' ', front.len) ||
        !take_quoted(&line, &request) || (!str_u64(line, &n) && !str_is(line, "-")))
        return false;
    put_source(e, host);
    event_put(e, field_number(r->names, STR("tls.version")), str_from(version, 4));
    event_put(e, field_number(r->names, STR("tls.cipher")), front);
    access_put_request(e, request);
    if (!str_is(line, "-"))
        event_put(e, FIELD_HTTP_RESPONSE_BYTES, line);
    event_puts(e, FIELD_EVENT_OUTCOME, "unknown");
    return true;
}

/* The name that a client gave (Basic, RFC 7617) has no colon, so it holds no time: the first is the
 * log's. Another way to log in may allow one, and a server may leave quotes as they are. */
static void look_for_another(struct reader *r, struct event *e, struct str request)
{
    struct str front;
    struct stated s;

    if (!take_time(&request, &front, &s))
        return;
    put_ambiguous(r, e);
    access_put_request(e, str_from(request, 1));
}

/* False: it is none, and e has what was read so far. */
static bool take_all(struct reader *r, struct str line, struct stated *s, struct event *e)
{
    struct str front, request;

    if (take_time_first(&line, &front, s)) {
        if (take_tls(r, front, line, e))
            return true;
    } else if (!take_time(&line, &front, s)) {
        return false;
    }
    if (!take_request(&line, &request) || !put_front(r, e, front))
        return false;
    access_put_request(e, request);
    look_for_another(r, e, request);
    return take_status(&line, e) && put_rest(r, e, line);
}

static bool take_line(struct reader *r, struct str line, struct stated *s, struct event *e)
{
    if (!take_all(r, line, s, e))
        return false;
    put_action(e);
    return true;
}

/* "192.0.2.7 - eva [", or a host with a point or a colon before: texts of other programs may quote
 * such a line. */
static bool begins_as_one(struct str sentence)
{
    size_t own = is_bracketed(sentence);
    struct str behind = str_from(sentence, own);
    struct str front = str_head(sentence, str_cut(&behind, '[').len + own);
    struct str first = str_cut(&front, ' '), rest = front;
    struct str second = str_cut(&rest, ' ');
    size_t spaces = 0;

    if (!is_address(first) && !own) {
        if (!is_address(second) || str_ends(first, ":") ||
            !(memchr(first.p, '.', first.len) || memchr(first.p, ':', first.len)))
            return false;
        front = rest;
    }
    for (size_t i = 0; i < front.len; i++)
        spaces += front.p[i] == ' ';
    return spaces == 2 && front.len > 3;
}

bool access_understand(struct reader *r, struct str sentence, struct event *e)
{
    size_t before = e->count;
    struct stated s;

    if (begins_as_one(sentence) && take_line(r, sentence, &s, e))
        return true;
    e->count = before;
    return false;
}

/* "Nov 25 03:12:09 web1 nginx: 192.0.2.7 - - [": what stands in front is syslog's. */
static bool has_syslog_head(struct str line)
{
    const char *bracket = memchr(line.p, '[', line.len);
    struct str front = str_head(line, bracket ? (size_t)(bracket - line.p) : 0);
    struct stated s;

    if (front.len == 0 || (front.p[0] != '<' && !when_bsd(&front, &s) && !when_iso(&front, &s)))
        return false;
    /* The bracket may be that of the program's number. */
    return memmem(front.p, front.len, ": ", 2) || memmem(line.p, line.len, "]: ", 3);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct stated s;

    if (has_syslog_head(line) || !take_line(r, line, &s, e))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_access = {
    .name = "access", .version = 8, .is_splittable = true, .line = line_of};
