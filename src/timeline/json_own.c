/* json_own.c: members of JSON that mean something whatever program wrote them: levels, and
 * addresses with their ports; and those of mongod. */
#include <stdio.h>
#include "timeline/json_own.h"
#include "timeline/level.h"
#include "timeline/value_test.h"

/* As it is, under its own name: what it says is not certain. */
void json_put_as_own(struct reader *r, struct event *e, const struct json_value *v)
{
    char name[FIELD_NAME_SIZE + sizeof("json.")];
    int len = snprintf(name, sizeof(name), "json.%.*s", (int)v->name.len, v->name.p);

    if (len > 0 && len <= FIELD_NAME_SIZE)
        event_put(e, field_number(r->names, (struct str){name, (size_t)len}), v->value);
}

/* A number is another level in each program. */
void json_put_level(struct reader *r, struct event *e, const struct json_value *v)
{
    if (!v->is_text || !level_put(e, v->value))
        json_put_as_own(r, e, v);
}

/* What several members say is said once. */
static void put_once(struct event *e, uint16_t field, struct str value)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == field && str_eq(e->fields[i].value, value))
            return;
    event_put(e, field, value);
}

static bool put_ip(struct event *e, uint16_t ip, struct str text)
{
    uint8_t bytes[16];
    bool is_address = address_bytes(text, bytes);

    if (is_address)
        put_once(e, ip, text);
    return is_address;
}

/* "192.0.2.7:51234", "[2001:db8::7]:51234", "[2001:db8::7]" */
static bool put_ip_and_port(struct event *e, uint16_t ip, uint16_t port, struct str text)
{
    struct str rest = text, host;
    uint64_t n;

    if (str_take(&rest, "[")) {
        host = str_cut(&rest, ']');
        if (rest.len == 0)
            return str_ends(text, "]") && put_ip(e, ip, host);
        if (!str_take(&rest, ":"))
            return false;
    } else {
        host = str_cut(&rest, ':');
    }
    if (!str_u64(rest, &n) || n > 65535 || !put_ip(e, ip, host))
        return false;
    put_once(e, port, rest);
    return true;
}

bool json_put_address(struct event *e, bool is_source, struct str text)
{
    return put_ip(e, is_source ? FIELD_SOURCE_IP : FIELD_DESTINATION_IP, text) ||
           put_ip_and_port(e, is_source ? FIELD_SOURCE_IP : FIELD_DESTINATION_IP,
                           is_source ? FIELD_SOURCE_PORT : FIELD_DESTINATION_PORT, text);
}

void json_put_end(struct reader *r, struct event *e, bool is_source, const struct json_value *v)
{
    if (!json_put_address(e, is_source, v->value))
        json_put_as_own(r, e, v);
}

/* "I", "D2" */
static const char *letter_level(struct str text)
{
    static const struct {
        char letter;
        const char *level;
    } levels[] = {{'F', "critical"},
                  {'E', "error"},
                  {'W', "warning"},
                  {'I', "informational"},
                  {'D', "debug"}};

    if (text.len == 2 && text.p[0] == 'D' && text.p[1] >= '1' && text.p[1] <= '5')
        text.len = 1;
    for (size_t i = 0; text.len == 1 && i < COUNT_OF(levels); i++)
        if (text.p[0] == levels[i].letter)
            return levels[i].level;
    return NULL;
}

/* Of mongod and mongos since 4.4, whose lines begin with t.$date (MongoDB's manual, "Log
 * Messages"). */
bool json_take_mongod(struct reader *r, struct event *e, const struct json_value *v)
{
    static const struct member names[] = {
        {"c", "mongodb.component", 0}, {"ctx", "mongodb.context", 0}, {"id", "event.code", 0}};
    const char *level = str_is(v->name, "s") ? letter_level(v->value) : NULL;

    if (level)
        event_puts(e, FIELD_LOG_LEVEL, level);
    if (str_is(v->name, "attr.remote") || str_is(v->name, "attr.client")) {
        json_put_end(r, e, true, v);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(v->name, names[i].name)) {
            event_put(e, field_number(r->names, str_of(names[i].field)), v->value);
            return true;
        }
    return level != NULL;
}
