/* apache_error.c: the error log of Apache: 2.4's ErrorLogFormat as it is set at first, and that of
 * before. */
#include "timeline/apache_error.h"
#include "timeline/level.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"
#include "timeline/value_test.h"

/* "192.0.2.7:51234": where the module is left out, a port can stand behind such an address alone.
 */
static bool is_ip_and_port(struct str text)
{
    struct str host = str_cut(&text, ':');
    uint8_t bytes[16];
    uint64_t port;

    return str_u64(text, &port) && port <= UINT16_MAX && address_bytes(host, bytes);
}

/* "192.0.2.7:51234", "[2001:db8::7]:51234". */
static void put_client(struct event *e, struct str client, bool has_module)
{
    bool has_port = has_module || is_ip_and_port(client);
    size_t colon = client.len;

    while (has_port && colon > 0 && client.p[colon - 1] != ':')
        colon--;
    if (has_port && colon > 1) {
        event_put(e, FIELD_SOURCE_PORT, str_from(client, colon));
        client = str_head(client, colon - 1);
    }
    if (client.len > 2 && client.p[0] == '[' && client.p[client.len - 1] == ']')
        client = (struct str){client.p + 1, client.len - 2};
    event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, client);
}

/* "core:error", "error": the level, and the module where one is named. */
static bool put_level(struct reader *r, struct event *e, struct str part, bool *has_module)
{
    struct str module = part, level = part;
    const char *colon = memchr(part.p, ':', part.len);

    if (colon) {
        module = str_cut(&level, ':');
        event_put(e, field_number(r->names, STR("apache.module")), module);
        *has_module = true;
    }
    return level_put(e, level);
}

static void put_process(struct reader *r, struct event *e, struct str part)
{
    event_put(e, FIELD_PROCESS_PID, str_cut(&part, ':'));
    if (str_take(&part, "tid "))
        event_put(e, field_number(r->names, STR("process.thread.id")), part);
}

/* "AH01617: " before the message. */
static void put_code(struct event *e, struct str message)
{
    struct str code = str_head(message, 7);
    uint64_t n;

    if (message.len > 9 && message.p[7] == ':' && str_take(&code, "AH") && str_u64(code, &n))
        event_put(e, FIELD_EVENT_CODE, str_head(message, 7));
}

/* "(70014)End of file found: " before the client: the number and text of an error of APR. */
static bool take_status(struct str *rest, struct event *e)
{
    struct str at = *rest, number;
    const char *end = memmem(at.p, at.len, ": [", 3);
    uint64_t n;

    if (!end || !str_take(&at, "("))
        return false;
    number = str_cut(&at, ')');
    if (!str_u64(number, &n) || at.p > end)
        return false;
    event_put(e, FIELD_ERROR_CODE, number);
    event_put(e, FIELD_ERROR_MESSAGE, str_head(at, (size_t)(end - at.p)));
    *rest = str_from(*rest, (size_t)(end - rest->p) + 2);
    return true;
}

static bool take_part(struct str *rest, struct str *part)
{
    struct str at = *rest;

    if (!str_take(&at, "[") || !memchr(at.p, ']', at.len))
        return false;
    *part = str_cut(&at, ']');
    /* The address of IPv6 has brackets of its own. */
    if (str_starts(*part, "client [") && str_starts(at, ":")) {
        struct str port = str_cut(&at, ']');

        part->len = (size_t)(port.p + port.len - part->p);
    }
    (void)str_take(&at, " ");
    *rest = at;
    return true;
}

bool apache_error_parts(struct reader *r, struct str *line, struct event *e)
{
    bool has_level = false, has_module = false;
    struct str part;

    while (take_part(line, &part)) {
        struct str value = part;

        if (str_take(&value, "pid "))
            put_process(r, e, value);
        else if (str_take(&value, "client ") || str_take(&value, "remote "))
            put_client(e, value, has_module);
        else if (!has_level)
            has_level = put_level(r, e, part, &has_module);
        if (has_level)
            (void)take_status(line, e);
    }
    if (has_level)
        put_code(e, *line);
    return has_level;
}

/* server/log.c. A path may have the same words: where they stand twice, nobody can tell which are
 * the server's. */
void apache_error_referrer(struct reader *r, struct str *sentence, struct event *e)
{
    static const char words[] = ", referer: ";
    struct str at = *sentence, last = {0};
    const char *found;

    while ((found = memmem(at.p, at.len, words, sizeof(words) - 1))) {
        if (last.p)
            event_puts(e, field_number(r->names, STR("event.is_ambiguous")), "yes");
        at = last = str_from(at, (size_t)(found - at.p) + sizeof(words) - 1);
    }
    if (!last.p)
        return;
    event_put(e, FIELD_HTTP_REQUEST_REFERRER, last);
    *sentence = str_head(*sentence, sentence->len - last.len - (sizeof(words) - 1));
}

struct str apache_without_ends(struct reader *r, struct str sentence, struct event *e)
{
    (void)apache_error_parts(r, &sentence, e);
    apache_error_referrer(r, &sentence, e);
    return sentence;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct stated s;

    if (!str_take(&line, "[") || !when_bsd(&line, &s) || s.year == 0 || !str_take(&line, "] ") ||
        !apache_error_parts(r, &line, e))
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    event_puts(e, FIELD_PROCESS_NAME, "apache2");
    event_puts(e, FIELD_SERVICE_NAME, "apache");
    event_put(e, FIELD_MESSAGE, line);
    syslog_understand(r, e, line);
    return LINE_EVENT;
}

const struct format format_apache_error = {
    .name = "apache-error", .version = 4, .is_splittable = true, .line = line_of};
