/* cef.c: the Common Event Format (ArcSight, "Implementing ArcSight Common Event Format"): in a file
 * of its own, or behind the head of a line of syslog. */
#include <stdio.h>
#include <strings.h>
#include "base/mem.h"
#include "timeline/appliance.h"
#include "timeline/format.h"
#include "timeline/json_when.h"
#include "timeline/syslog_programs.h"
#include "timeline/transport.h"
#include "timeline/value_test.h"
#include "timeline/zone_word.h"

enum { KEY_MOST = 64 };

enum kind { TEXT, ADDRESS, OUTCOME, TIME };

static const char *const head[] = {
    NULL,         "observer.vendor", "observer.product", "observer.version",
    "event.code", "cef.name",        "event.severity"};

/* Who the destination's user is differs from product to product: the one that logs in, or the one
 * that was acted on. */
static const struct extension {
    const char *key, *field;
    enum kind kind;
} extensions[] = {
    {"src", "source.ip", ADDRESS},
    {"spt", "source.port", TEXT},
    {"shost", "source.domain", TEXT},
    {"smac", "source.mac", TEXT},
    {"suser", "user.name", TEXT},
    {"suid", "user.id", TEXT},
    {"sproc", "process.name", TEXT},
    {"spid", "process.pid", TEXT},
    {"dst", "destination.ip", ADDRESS},
    {"dpt", "destination.port", TEXT},
    {"dhost", "destination.domain", TEXT},
    {"dmac", "destination.mac", TEXT},
    {"duser", "destination.user.name", TEXT},
    {"duid", "destination.user.id", TEXT},
    {"dvc", "observer.ip", TEXT},
    {"dvchost", "observer.hostname", TEXT},
    {"deviceInboundInterface", "observer.ingress.interface.name", TEXT},
    {"deviceOutboundInterface", "observer.egress.interface.name", TEXT},
    {"act", "event.action", TEXT},
    {"outcome", "event.outcome", OUTCOME},
    {"reason", "event.reason", TEXT},
    {"externalId", "event.id", TEXT},
    {"app", "network.protocol", TEXT},
    {"proto", "network.transport", TEXT},
    {"in", "source.bytes", TEXT},
    {"out", "destination.bytes", TEXT},
    {"request", "url.original", TEXT},
    {"requestMethod", "http.request.method", TEXT},
    {"requestClientApplication", "user_agent.original", TEXT},
    {"fname", "file.name", TEXT},
    {"filePath", "file.path", TEXT},
    {"fileHash", "file.hash", TEXT},
    {"fsize", "file.size", TEXT},
    {"rt", NULL, TIME},
    {"end", NULL, TIME},
    {"start", NULL, TIME},
};

/* Of a line, while it is read. */
struct cef {
    struct reader *r;
    struct event *e;
    struct str times[COUNT_OF(extensions)]; /* by place */
    struct str zone;
    bool is_twice; /* two different ones of one key */
};

/* Up to a bar that no backslash stands before. */
static bool take_header(struct str *rest, struct str *out)
{
    size_t i = 0;

    while (i < rest->len && rest->p[i] != '|')
        i += rest->p[i] == '\\' ? 2 : 1;
    if (i >= rest->len)
        return false;
    *out = str_head(*rest, i);
    *rest = str_from(*rest, i + 1);
    return true;
}

/* "\|", "\=", "\\", and "\n" as what they stand for. */
static struct str unescaped(struct event *e, struct str raw)
{
    struct str out = {e->scratch + e->scratch_len, 0};

    if (!memchr(raw.p, '\\', raw.len) || raw.len > EVENT_SCRATCH_SIZE - e->scratch_len)
        return raw;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.p[i];

        if (c == '\\' && i + 1 < raw.len) {
            c = raw.p[++i];
            c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c);
        }
        e->scratch[e->scratch_len++] = c;
    }
    out.len = (size_t)(e->scratch + e->scratch_len - out.p);
    return out;
}

static bool is_key_char(char c)
{
    return char_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '.' ||
           c == '-';
}

/* "src=": its length with the sign; 0: none begins here. */
static size_t key_size(struct str text)
{
    size_t i = 0;

    while (i < text.len && i < KEY_MOST && is_key_char(text.p[i]))
        i++;
    return i && i < text.len && text.p[i] == '=' ? i + 1 : 0;
}

/* A value ends where a blank and the next key follow. */
static size_t value_size(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] == ' ' && key_size(str_from(text, i + 1)))
            return i;
    return text.len;
}

static void put_own(struct cef *c, struct str key, struct str value)
{
    char name[KEY_MOST + sizeof("cef.")];
    int len = snprintf(name, sizeof(name), "cef." STR_FMT, STR_ARG(key));

    event_put(c->e, field_number(c->r->names, (struct str){name, (size_t)len}), value);
}

static const char *outcome_of(struct str value)
{
    static const char *const words[][2] = {{"success", "success"},    {"succeeded", "success"},
                                           {"successful", "success"}, {"failure", "failure"},
                                           {"failed", "failure"},     {"fail", "failure"}};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (value.len == strlen(words[i][0]) && strncasecmp(value.p, words[i][0], value.len) == 0)
            return words[i][1];
    return NULL;
}

static void put_extension(struct cef *c, struct str key, struct str value)
{
    const struct extension *x = NULL;
    uint8_t bytes[16];

    for (size_t i = 0; !x && i < COUNT_OF(extensions); i++)
        if (str_is(key, extensions[i].key)) {
            x = &extensions[i];
            if (x->kind == TIME) {
                c->is_twice = c->is_twice || (c->times[i].len && !str_eq(c->times[i], value));
                c->times[i] = value;
            }
        }
    if (!x || x->kind == TIME || (x->kind == ADDRESS && !address_bytes(value, bytes)) ||
        (x->kind == OUTCOME && !outcome_of(value)))
        put_own(c, key, value);
    else if (x->kind == OUTCOME)
        event_puts(c->e, FIELD_EVENT_OUTCOME, outcome_of(value));
    else
        event_put(c->e, field_number(c->r->names, str_of(x->field)), value);
    if (str_is(key, "dtz"))
        c->zone = value;
    if (str_is(key, "duser"))
        event_put(c->e, field_number(c->r->names, STR("related.user")), value);
}

/* Behind "CEF:". */
static bool take_all(struct cef *c, struct str rest)
{
    struct str part;
    uint64_t version;
    size_t before = c->e->count;

    for (size_t i = 0; i < COUNT_OF(head); i++) {
        if (!take_header(&rest, &part) || (i == 0 && !str_u64(part, &version))) {
            c->e->count = before;
            return false;
        }
        if (head[i])
            event_put(c->e, field_number(c->r->names, str_of(head[i])), unescaped(c->e, part));
    }
    rest = str_trim(rest);
    while (rest.len) {
        size_t key = key_size(rest), value = value_size(str_from(rest, key));

        if (key)
            put_extension(c, str_head(rest, key - 1),
                          unescaped(c->e, str_head(str_from(rest, key), value)));
        rest = str_from(rest, key + value + 1);
    }
    transport_spell(c->e);
    return true;
}

/* The receipt at the device, or else the end or the beginning of what happened. */
static bool find_time(struct cef *c, struct stated *s, struct str *text)
{
    for (size_t i = 0; i < COUNT_OF(extensions); i++) {
        struct str zone = c->zone, name = STR("");

        if (c->times[i].len == 0 || !json_time(c->times[i], s, &name))
            continue;
        *text = c->times[i];
        if (!s->has_zone && name.len == 0 && zone.len && !when_zone(&zone, s) &&
            !zone_word_find(zone, s))
            reader_zone(c->r, zone, s);
        return true;
    }
    return false;
}

/* Behind the head of a line of syslog. */
static void put_own_time(struct cef *c)
{
    struct stated s;
    struct str text;

    if (!c->is_twice && find_time(c, &s, &text) && s.year > 0 && stated_is_date(&s))
        appliance_put_time(c->r, c->e, &s, text);
}

bool cef_understand(struct reader *r, struct str sentence, struct event *e)
{
    struct cef c = {.r = r, .e = e};

    (void)str_take(&sentence, "CEF:");
    if (!take_all(&c, sentence))
        return false;
    put_own_time(&c);
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct cef c = {.r = r, .e = e};
    struct str rest = line, text;
    struct stated s;

    if (!str_take(&rest, "CEF:") || !take_all(&c, rest))
        return LINE_FOREIGN;
    if (find_time(&c, &s, &text))
        reader_time(r, e, &s);
    event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_cef = {
    .name = "cef", .version = 1, .is_splittable = true, .line = line_of};
