/* sudo_json.c: what sudo logs as JSON (sudoers(5), log_format): a file that is one object, with a
 * member for each event, all called alike; an object a line; or an object behind "@cee:" in the
 * sentence of a line of syslog (lib/eventlog/eventlog.c, format_json). */
#include "timeline/bytes.h"
#include "timeline/json_flat.h"
#include "timeline/json_when.h"
#include "timeline/syslog_programs.h"

/* "accept" and so on, what stands for it, and what came of it. */
static const struct kind {
    const char *name, *action, *outcome; /* outcome NULL: by how it ended */
} kinds[] = {{"accept", "command", "success"},
             {"reject", "command", "failure"},
             {"alert", "command-warning", "unknown"},
             {"exit", "command", NULL}};

struct taking {
    struct reader *r;
    struct event *e;
    const char *time_name; /* of the event, at the client */
    struct str seconds, nanos, server_seconds, server_nanos;
    struct str command;
    struct buf arguments; /* behind the name under which it is started, each with a blank before */
    size_t argument_count;
    struct str code, signal;
    bool is_of_sudo;
};

static void add_argument(struct taking *t, struct str text)
{
    if (t->argument_count++ == 0)
        return;
    buf_addc(&t->arguments, ' ');
    buf_addstr(&t->arguments, text);
}

static bool take_time(struct taking *t, const struct json_value *v)
{
    struct str name = v->name;
    bool is_server = str_take(&name, "server_time.");

    if (!is_server && (!t->time_name || !str_take(&name, t->time_name)))
        return false;
    if (str_is(name, "seconds"))
        *(is_server ? &t->server_seconds : &t->seconds) = v->value;
    else if (str_is(name, "nanoseconds"))
        *(is_server ? &t->server_nanos : &t->nanos) = v->value;
    return true;
}

static bool take_known(struct taking *t, const struct json_value *v)
{
    struct str *kept = str_is(v->name, "command")      ? &t->command
                       : str_is(v->name, "exit_value") ? &t->code
                       : str_is(v->name, "signal")     ? &t->signal
                                                       : NULL;

    if (kept)
        *kept = v->value;
    if (str_is(v->name, "runargv"))
        add_argument(t, v->value);
    return kept || str_is(v->name, "runargv");
}

static void take(void *context, const struct json_value *v)
{
    static const struct {
        const char *member, *field;
    } fields[] = {{"submituser", "user.name"},     {"runuser", "user.effective.name"},
                  {"runuid", "user.effective.id"}, {"rungroup", "user.effective.group.name"},
                  {"submithost", "host.name"},     {"submitcwd", "process.working_directory"},
                  {"reason", "event.reason"},      {"uuid", "event.id"}};
    struct taking *t = context;
    char own[FIELD_NAME_SIZE];
    int len;

    t->is_of_sudo =
        t->is_of_sudo || str_is(v->name, "submituser") || str_is(v->name, "server_time.seconds");
    if (take_time(t, v) || take_known(t, v))
        return;
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (str_is(v->name, fields[i].member)) {
            uint16_t number = field_number(t->r->names, str_of(fields[i].field));

            /* A line of syslog says its host itself. */
            if (number != FIELD_HOST_NAME || event_value(t->e, number).len == 0)
                event_put(t->e, number, v->value);
            return;
        }
    len = snprintf(own, sizeof(own), "sudo." STR_FMT, STR_ARG(reader_text(t->e, v->name)));
    if (len > 0 && (size_t)len < sizeof(own))
        event_put(t->e, field_number(t->r->names, (struct str){own, (size_t)len}), v->value);
}

static void put_meaning(struct taking *t, const struct kind *kind)
{
    bool is_good = t->signal.len == 0 && str_is(t->code, "0");
    struct str command = event_keep(t->e, t->command);
    struct str reason = event_value(t->e, FIELD_EVENT_REASON);

    command.len += event_keep(t->e, buf_str(&t->arguments)).len;
    event_put(t->e, FIELD_PROCESS_COMMAND_LINE, command);
    event_put(t->e, field_number(t->r->names, STR("process.exit_code")), t->code);
    event_put(t->e, field_number(t->r->names, STR("sudo.signal")), t->signal);
    event_puts(t->e, FIELD_EVENT_ACTION, kind->action);
    event_puts(t->e, FIELD_EVENT_CATEGORY,
               memmem(reason.p, reason.len, "incorrect password", 18) ? "authentication"
                                                                      : "process");
    event_puts(t->e, FIELD_EVENT_OUTCOME,
               kind->outcome ? kind->outcome
               : is_good     ? "success"
                             : "failure");
}

/* "1795168801.000000005" */
static bool put_time(struct taking *t)
{
    bool is_own = t->seconds.len > 0;
    struct str seconds = is_own ? t->seconds : t->server_seconds;
    struct str nanos = is_own ? t->nanos : t->server_nanos;
    struct stated s;
    uint64_t n = 0;
    char text[64];
    int len;

    if (seconds.len == 0 || seconds.len > 20 || !str_u64(nanos, &n) || n > 999999999)
        return false;
    len = snprintf(text, sizeof(text), STR_FMT ".%09u", STR_ARG(seconds), (unsigned)n);
    if (!json_time((struct str){text, (size_t)len}, &s, NULL))
        return false;
    reader_time(t->r, t->e, &s);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct str without_space(struct str s)
{
    while (s.len && is_space(s.p[0]))
        s = str_from(s, 1);
    return s;
}

/* '"accept": ', behind which the object of the event begins. */
static const struct kind *take_kind(struct str *rest)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct str at = *rest;

        if (!str_take(&at, "\"") || !str_take(&at, kinds[i].name) || !str_take(&at, "\""))
            continue;
        at = without_space(at);
        if (!str_take(&at, ":"))
            return NULL;
        at = without_space(at);
        if (!str_starts(at, "{"))
            return NULL;
        *rest = at;
        return &kinds[i];
    }
    return NULL;
}

/* An event off the front of *rest, whose time is that of the line or its own. False: it is none, or
 * not whole. */
static bool take_event(struct reader *r, struct event *e, bool has_time, struct str *rest)
{
    static const char *const times[] = {"submit_time.", "submit_time.", "alert_time.",
                                        "exit_time."};
    struct taking t = {.r = r, .e = e};
    struct json_flat f = {.take = take, .context = &t, .e = e};
    const struct kind *kind = take_kind(rest);
    bool is_good;

    if (!kind)
        return false;
    t.time_name = times[kind - kinds];
    is_good = json_flat(&f, rest) && t.is_of_sudo && (has_time || put_time(&t));
    if (is_good)
        put_meaning(&t, kind);
    buf_release(&t.arguments);
    for (size_t i = 0; i < e->count; i++)
        e->fields[i].value = reader_text(e, e->fields[i].value);
    return is_good;
}

bool sudo_understand(struct reader *r, struct str sentence, struct event *e)
{
    size_t before = e->count;

    if (!str_take(&sentence, "@cee:{\"sudo\":{"))
        return false;
    if (take_event(r, e, true, &sentence))
        return true;
    e->count = before;
    return false;
}

static bool is_between(char c)
{
    return is_space(c) || c == '{' || c == '}' || c == ',';
}

static struct str behind_between(struct str s)
{
    while (s.len && is_between(s.p[0]))
        s = str_from(s, 1);
    return s;
}

static bool knows(struct str head)
{
    struct str rest = behind_between(head);

    return str_starts(without_space(head), "{") && take_kind(&rest) &&
           memmem(rest.p, rest.len, "\"server_time\"", 13);
}

/* To the end of the line. */
static int give_unparsed(struct reader *r, struct event *e, uint64_t at, struct str *rest,
                         struct err *err)
{
    struct str line = str_cut(rest, '\n');

    event_begin(e);
    e->at = at;
    event_puts(e, FIELD_EVENT_KIND, "unparsed");
    event_put_raw(e, r->names, FIELD_MESSAGE, line, line.len);
    r->counts.lines++;
    return reader_event(r, e, err);
}

static int give_event(struct reader *r, struct event *e, struct str text, struct err *err)
{
    event_puts(e, FIELD_PROCESS_NAME, "sudo");
    event_put_raw(e, r->names, FIELD_MESSAGE, text, text.len);
    r->counts.lines++;
    return reader_event(r, e, err);
}

static int read_all(struct reader *r, struct err *err)
{
    CLEANUP(bytes_freep) struct bytes *bytes = bytes_new(r);
    CLEANUP(event_release) struct event e;
    uint64_t at = 0;
    struct str text;
    int rc;

    event_init(&e);
    while ((rc = bytes_at(bytes, at, BYTES_MOST, &text, err)) == 0 && text.len) {
        struct str rest = text;
        bool is_all = text.len < BYTES_MOST;

        do {
            struct str begin = behind_between(rest), behind = begin;
            bool is_good;

            rest = begin;
            if (begin.len == 0)
                break;
            event_begin(&e);
            e.at = at + (uint64_t)(begin.p - text.p);
            is_good = take_event(r, &e, false, &behind);
            /* Where it does not end in these bytes it is looked at again from its beginning. */
            if (!is_good && !is_all && begin.p != text.p)
                break;
            if (is_good) {
                rc = give_event(r, &e, str_head(begin, begin.len - behind.len), err);
                rest = behind;
            } else {
                rc = give_unparsed(r, &e, e.at, &rest, err);
            }
        } while (rc == 0 && rest.len);
        if (rc)
            return rc;
        at += text.len - rest.len;
    }
    return rc;
}

const struct format format_sudo_json = {
    .name = "sudo", .version = 1, .knows = knows, .read = read_all};
