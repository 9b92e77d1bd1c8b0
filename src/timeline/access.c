/* access.c: access logs of Apache, nginx and others: the Common Log Format, combined, with or
 * without the virtual host in front. */
#include "timeline/format.h"

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

static void put_request(struct event *e, struct str request)
{
    struct str rest = request;
    struct str method = str_cut(&rest, ' ');
    struct str target = rest, version = {0};

    if (method.len == 0 || method.len > 32 || rest.len == 0) {
        event_put(e, FIELD_URL_ORIGINAL, request);
        return;
    }
    for (size_t i = rest.len; i-- > 0;)
        if (rest.p[i] == ' ' && str_starts(str_from(rest, i + 1), "HTTP/")) {
            target = str_head(rest, i);
            version = str_from(rest, i + 6);
            break;
        }
    event_put(e, FIELD_HTTP_REQUEST_METHOD, method);
    event_put(e, FIELD_URL_ORIGINAL, target);
    event_put(e, FIELD_URL_PATH, str_cut(&target, '?'));
    event_put(e, FIELD_URL_QUERY, target);
    event_put(e, FIELD_HTTP_VERSION, version);
}

static const char *outcome_of(struct str status)
{
    return status.len == 3 && status.p[0] >= '4' ? "failure" : "success";
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

/* False: a quote is not closed, so that the line is not whole. */
static bool put_rest(struct event *e, struct str rest)
{
    static const uint16_t names[] = {FIELD_HTTP_REQUEST_REFERRER, FIELD_USER_AGENT};
    struct str quoted;

    for (size_t i = 0; i < 2 && rest.len && rest.p[0] == '"'; i++) {
        if (!take_quoted(&rest, &quoted))
            return false;
        if (!str_is(quoted, "-"))
            event_put(e, names[i], quoted);
    }
    return true;
}

/* "www.example.org:443" */
static void put_virtual_host(struct reader *r, struct event *e, struct str host)
{
    struct str port = host;
    struct str name = str_cut(&port, ':');
    uint64_t n;

    if (!str_u64(port, &n) || n > UINT16_MAX) {
        event_put(e, FIELD_URL_DOMAIN, host);
        return;
    }
    event_put(e, FIELD_URL_DOMAIN, name);
    event_put(e, field_number(r->names, STR("url.port")), port);
}

/* The words before the time: address, identity, user; the virtual host may stand before them, and
 * some logs have a "-" alone behind the address. */
static void put_client(struct reader *r, struct event *e, const struct str *words, size_t count)
{
    if (count == 4)
        put_virtual_host(r, e, *words++);
    event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, words[0]);
    if (count > 2 && !str_is(words[2], "-"))
        event_put(e, FIELD_USER_NAME, words[2]);
}

/* "[25/Nov/2026:03:12:09 +0100]" stands behind the words. */
static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line, words[4], request;
    struct stated s;
    size_t count = 0;

    while (count < COUNT_OF(words) && line.len && line.p[0] != '[')
        words[count++] = str_cut(&line, ' ');
    if (count < 2 || (count == 2 && !str_is(words[1], "-")) || !str_take(&line, "[") ||
        !when_clf(&line, &s) || !str_take(&line, "] ") || !take_request(&line, &request))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    put_client(r, e, words, count);
    put_request(e, request);
    if (!take_status(&line, e) || !put_rest(e, line))
        return LINE_FOREIGN;
    event_puts(e, FIELD_EVENT_ACTION, "http-request");
    event_puts(e, FIELD_EVENT_CATEGORY, "web");
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_access = {
    .name = "access", .version = 1, .is_splittable = true, .line = line_of};
