/* sessions.c: gives failures the address of their connection, by the process that logs both. */
#include "timeline/sessions.h"
#include "base/mem.h"

enum { SLOTS = 1024, KEY_SIZE = 200, ADDRESS_SIZE = 46, PORT_SIZE = 6 };

struct session {
    uint64_t at; /* where the connection was logged */
    uint8_t key_len, address_len, port_len;
    bool is_known; /* false: free, or more than one address */
    char key[KEY_SIZE], address[ADDRESS_SIZE], port[PORT_SIZE];
};

struct sessions {
    uint16_t told_before;
    struct session slots[SLOTS];
};

struct sessions *sessions_new(struct field_names *names)
{
    struct sessions *s = mem_new(struct sessions);

    s->told_before = field_number(names, STR("event.told_before"));
    return s;
}

void sessions_free(struct sessions *s)
{
    free(s);
}

/* sshd has a process for each connection, and slapd a number that no other one of the process gets.
 */
static bool is_known_program(struct str name)
{
    return str_is(name, "sshd") || str_is(name, "sshd-session") || str_is(name, "slapd");
}

static bool add(char *key, size_t *len, struct str part)
{
    if (part.len >= KEY_SIZE - *len)
        return false;
    memcpy(key + *len, part.p, part.len);
    *len += part.len;
    key[(*len)++] = '\0';
    return true;
}

/* Host, program, process, connection; 0: too long, or it cannot be told. */
static size_t key_of(const struct event *e, struct str program, char key[KEY_SIZE])
{
    struct str pid = event_value(e, FIELD_PROCESS_PID), message = event_value(e, FIELD_MESSAGE);
    bool has_number = str_is(program, "slapd");
    size_t len = 0;

    if (pid.len == 0 || (has_number && !str_take(&message, "conn=")) ||
        !add(key, &len, event_value(e, FIELD_HOST_NAME)) || !add(key, &len, program) ||
        !add(key, &len, pid))
        return 0;
    return !has_number || add(key, &len, str_cut(&message, ' ')) ? len : 0;
}

/* FNV-1a, 64 bits. */
static struct session *slot_of(struct sessions *s, const char *key, size_t len)
{
    uint64_t hash = 0xCBF29CE484222325U;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)key[i]) * 0x100000001B3U;
    return &s->slots[(hash ^ hash >> 32) % SLOTS];
}

static bool is_of(const struct session *n, const char *key, size_t len)
{
    return n->is_known && n->key_len == len && memcmp(n->key, key, len) == 0;
}

static bool has_several(const struct event *e, uint16_t field)
{
    size_t count = 0;

    for (size_t i = 0; i < e->count; i++)
        count += e->fields[i].name == field;
    return count > 1;
}

static void learn(struct session *n, const struct event *e, const char *key, size_t len)
{
    struct str address = event_value(e, FIELD_SOURCE_IP), port = event_value(e, FIELD_SOURCE_PORT);

    *n = (struct session){.at = e->at, .key_len = (uint8_t)len};
    if (address.len > ADDRESS_SIZE || port.len > PORT_SIZE || has_several(e, FIELD_SOURCE_IP))
        return;
    n->is_known = true;
    n->address_len = (uint8_t)address.len;
    n->port_len = (uint8_t)port.len;
    memcpy(n->key, key, len);
    memcpy(n->address, address.p, address.len);
    memcpy(n->port, port.p, port.len);
}

static struct str address_of(const struct session *n)
{
    return (struct str){n->address, n->address_len};
}

static void tell(const struct sessions *s, const struct session *n, struct event *e)
{
    event_put(e, FIELD_SOURCE_IP, event_keep(e, address_of(n)));
    event_puts(e, s->told_before, "source.ip");
    if (n->port_len == 0 || event_value(e, FIELD_SOURCE_PORT).len)
        return;
    event_put(e, FIELD_SOURCE_PORT, event_keep(e, (struct str){n->port, n->port_len}));
    event_puts(e, s->told_before, "source.port");
}

void sessions_see(struct sessions *s, struct event *e)
{
    struct str program = event_value(e, FIELD_PROCESS_NAME), address, outcome;
    char key[KEY_SIZE];
    struct session *n;
    size_t len;

    if (!is_known_program(program))
        return;
    len = key_of(e, program, key);
    if (len == 0)
        return;
    n = slot_of(s, key, len);
    address = event_value(e, FIELD_SOURCE_IP);
    outcome = event_value(e, FIELD_EVENT_OUTCOME);
    if (address.len && str_is(event_value(e, FIELD_EVENT_ACTION), "connection") &&
        str_is(outcome, "unknown"))
        learn(n, e, key, len);
    else if (!is_of(n, key, len) || e->at - n->at > SESSIONS_WINDOW)
        return;
    else if (address.len)
        n->is_known = str_eq(address, address_of(n)) && !has_several(e, FIELD_SOURCE_IP);
    else if (str_is(outcome, "failure") && event_value(e, FIELD_SOURCE_ADDRESS).len == 0)
        tell(s, n, e);
}
