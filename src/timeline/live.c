/* live.c: what calm-collect tells of a host while it runs (doc/format/live.md), where it states a
 * time: processes and logins. Times of files: intake.c. */
#include "timeline/json_event.h"
#include "timeline/told_login.h"

/* Values of a list become fields, in the order of the list. */
struct list {
    const char *name;
    const char *fields[3];
};
static const struct list lists[] = {
    {"uids", {"user.id", "user.effective.id", "process.saved_user.id"}},
    {"gids", {"group.id", "user.effective.group.id", "process.saved_group.id"}},
};

struct process {
    struct buf arguments;
    struct str pid;
    size_t taken[COUNT_OF(lists)];
    bool has_ticks;
};

static bool take_listed(struct process *p, struct reader *r, struct event *e,
                        const struct json_value *v)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        if (!str_is(v->name, lists[i].name))
            continue;
        if (p->taken[i] < COUNT_OF(lists[i].fields))
            event_put(e, field_number(r->names, str_of(lists[i].fields[p->taken[i]])), v->value);
        p->taken[i]++;
        return true;
    }
    return false;
}

static bool take_of_process(void *context, struct reader *r, struct event *e, uint16_t number,
                            const struct json_value *v)
{
    struct process *p = context;

    (void)number;
    p->has_ticks = p->has_ticks || str_is(v->name, "start_ticks");
    if (p->pid.len == 0 && str_is(v->name, "pid"))
        p->pid = v->value;
    if (str_is(v->name, "args")) {
        if (p->arguments.len)
            buf_addc(&p->arguments, ' ');
        buf_addstr(&p->arguments, v->value);
        return true;
    }
    /* The largest number: nobody logged in. */
    return take_listed(p, r, e, v) ||
           (str_is(v->name, "login_uid") && str_is(v->value, "4294967295"));
}

/* The environment may hold passwords: it stays where it lies. */
static const struct member process_members[] = {
    {"start", MEMBER_IS_TIME, 0},
    {"pid", "process.pid", 0},
    {"parent", "process.parent.pid", 0},
    {"name", "process.name", 0},
    {"program", "process.executable", 0},
    {"folder", "process.working_directory", 0},
    {"session", "process.session_leader.pid", 0},
    {"process_group", "process.group_leader.pid", 0},
    {"environment", MEMBER_IS_NONE, 0},
    {"environment_hex", MEMBER_IS_NONE, 0},
    {"environment_cut", MEMBER_IS_NONE, 0},
    {"args_hex", MEMBER_IS_NONE, 0},
    {"limits", MEMBER_IS_NONE, 0},
};
static const struct member_table process_table = {"live.", process_members,
                                                  COUNT_OF(process_members), false};

/* What a kernel's thread was started with nobody can tell. */
static void put_started(const struct process *p, struct event *e)
{
    CLEANUP_BUF struct buf message = {0};
    struct str command =
        p->arguments.len ? buf_str(&p->arguments) : event_value(e, FIELD_PROCESS_NAME);

    event_puts(e, FIELD_EVENT_ACTION, "process-start");
    event_puts(e, FIELD_EVENT_CATEGORY, "process");
    event_put(e, FIELD_PROCESS_COMMAND_LINE, event_keep(e, buf_str(&p->arguments)));
    buf_addf(&message, "process " STR_FMT " started: ", STR_ARG(p->pid));
    buf_addstr(&message, command);
    event_put(e, FIELD_MESSAGE, event_keep(e, buf_str(&message)));
}

static enum line_verdict process_line(struct reader *r, struct str line, struct event *e)
{
    struct process p = {0};
    struct json_event j = {
        .members = r->state, .table = &process_table, .own = take_of_process, .context = &p};
    struct stated s;
    bool is_one = str_starts(line, "{\"pid\":") && json_event(&j, r, line, e) && p.has_ticks &&
                  p.taken[0] && j.time_is_text && json_time(j.time, &s, NULL);

    if (is_one) {
        s.precision = TIME_MS; /* the kernel counts hundredths of seconds since it began */
        reader_time(r, e, &s);
        put_started(&p, e);
    }
    buf_release(&p.arguments);
    return is_one ? LINE_EVENT : LINE_FOREIGN;
}

const struct format format_live_process = {.name = "live-process",
                                           .version = 1,
                                           .is_splittable = true,
                                           .is_unordered = true,
                                           .is_of_machine = true,
                                           .line = process_line,
                                           .takes_bytes = true,
                                           .state_size = sizeof(struct members)};

/* What a record of utmp(5) is, as the format utmp has it. */
static const struct login_kind {
    const char *type, *action, *category;
} login_kinds[] = {
    {"login", "login", "authentication"},
    {"logout", "logout", "session"},
    {"boot", "boot", "host"},
    {"run level", "run-level", "host"},
    {"clock set to", "clock-change-to", "host"},
    {"clock set from", "clock-change-from", "host"},
    {"init", "process-start", "process"},
    {"waits", "login-prompt", "process"},
    {"accounting", "accounting", "host"},
    {"session", "session-open", "session"},
    {"empty", NULL, NULL},
};

struct login {
    struct str type, user, terminal, host, pid;
    struct str realtime; /* of a session of systemd: microseconds since 1970 */
    bool has_address, is_of_log, is_run_utmp;
};

static void take_session(struct login *l, struct reader *r, struct event *e, struct str line)
{
    static const struct {
        const char *name, *field;
    } known[] = {{"USER", "user.name"},
                 {"UID", "user.id"},
                 {"TTY", "live.terminal"},
                 {"LEADER", "process.pid"},
                 {"SERVICE", "service.name"}};
    struct str value = line, name = str_cut(&value, '=');

    if (str_is(name, "REALTIME"))
        l->realtime = value;
    else if (str_is(name, "REMOTE_HOST"))
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, value);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is(name, known[i].name))
            event_put(e, field_number(r->names, str_of(known[i].field)), value);
}

static bool take_of_login(void *context, struct reader *r, struct event *e, uint16_t number,
                          const struct json_value *v)
{
    struct login *l = context;

    (void)number;
    if (str_is(v->name, "type"))
        l->type = v->value;
    else if (str_is(v->name, "user"))
        l->user = v->value;
    else if (str_is(v->name, "terminal"))
        l->terminal = v->value;
    else if (str_is(v->name, "from")) {
        l->is_of_log = str_starts(v->value, "var/log/");
        l->is_run_utmp = str_is(v->value, "run/utmp");
    } else if (str_is(v->name, "pid"))
        l->pid = v->value;
    else if (str_is(v->name, "host"))
        l->host = v->value;
    else if (str_is(v->name, "values"))
        take_session(l, r, e, v->value);
    else if (str_is(v->name, "address"))
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, v->value);
    l->has_address = l->has_address || str_is(v->name, "address");
    if (str_is(v->value, "0") && (str_is(v->name, "session") || str_is(v->name, "exit") ||
                                  str_is(v->name, "signal"))) /* not known, or no harm */
        return true;
    return str_is(v->name, "host") || str_is(v->name, "address") ||
           (str_is(v->name, "values") && str_starts(v->value, "REALTIME="));
}

static const struct member login_members[] = {
    {"time", MEMBER_IS_TIME, 0},     {"from", "log.file.path", 0}, {"type", "live.type", 0},
    {"user", "user.name", 0},        {"uid", "user.id", 0},        {"pid", "process.pid", 0},
    {"exit", "process.exit_code", 0}};
static const struct member_table login_table = {"live.", login_members, COUNT_OF(login_members),
                                                false};

/* sshd's records with a name that was tried: as the format utmp has it. */
static bool is_failed(const struct login *l)
{
    bool waits = str_is(l->type, "waits") && l->user.len && !str_is(l->user, "LOGIN");

    return waits || (str_is(l->type, "login") && str_ends(l->terminal, ":notty"));
}

/* Of the host itself the kernel's version stands there; a display of X11 is ":0". */
static void put_host(const struct login *l, const struct login_kind *k, struct reader *r,
                     struct event *e)
{
    if (str_is(str_of(k->category), "host"))
        event_put(e, field_number(r->names, STR("host.os.kernel")), l->host);
    else if (l->host.len && l->host.p[0] == ':')
        event_put(e, field_number(r->names, STR("live.display")), l->host);
    else if (l->has_address)
        event_put(e, FIELD_SOURCE_ADDRESS, l->host);
    else
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, l->host);
}

static void put_login(const struct login *l, const struct login_kind *k, struct reader *r,
                      struct event *e)
{
    bool failed = is_failed(l);

    if (!k->action)
        return;
    if (str_is(str_of(k->category), "host")) /* "reboot" is nobody's name */
        event_rename(e, FIELD_USER_NAME, field_number(r->names, STR("live.user")));
    event_puts(e, FIELD_EVENT_ACTION, failed ? "login" : k->action);
    event_puts(e, FIELD_EVENT_CATEGORY, failed ? "authentication" : k->category);
    event_puts(e, FIELD_EVENT_OUTCOME, failed ? "failure" : "success");
    put_host(l, k, r, e);
}

/* Its first line is enough: it may have no event at all. */
static bool knows_login(struct str head)
{
    struct str line = str_cut(&head, '\n');

    return str_starts(line, "{\"from\":\"") && memmem(line.p, line.len, "\",\"type\":\"", 10) &&
           (memmem(line.p, line.len, ",\"terminal\":\"", 13) ||
            memmem(line.p, line.len, "\",\"values\":[\"", 13));
}

/* The file run/utmp, where it was taken, has the same record. */
static void put_told(const struct login *l, struct reader *r, const struct event *e)
{
    uint64_t pid = 0;

    if (l->is_run_utmp && !r->counting && !r->folding && (l->pid.len == 0 || str_u64(l->pid, &pid)))
        (void)told_login_add(r, &(struct told_login){e->ns, l->user, l->terminal, (int64_t)pid});
}

/* What lies in var/log comes whole with the files, and is told of there. */
static enum line_verdict login_line(struct reader *r, struct str line, struct event *e)
{
    struct login l = {0};
    struct json_event j = {
        .members = r->state, .table = &login_table, .own = take_of_login, .context = &l};
    struct stated s;

    if (!str_starts(line, "{\"from\":\"") || !json_event(&j, r, line, e) ||
        !json_time(j.time.len ? j.time : l.realtime, &s, NULL))
        return LINE_FOREIGN;
    if (l.is_of_log)
        return LINE_COMMENT;
    for (size_t i = 0; i < COUNT_OF(login_kinds); i++)
        if (str_is(l.type, login_kinds[i].type)) {
            reader_time(r, e, &s);
            if (e->ns % 1000000000 == 0) /* sshd and btmp leave the rest out */
                e->precision = TIME_S;
            put_told(&l, r, e);
            put_login(&l, &login_kinds[i], r, e);
            return LINE_EVENT;
        }
    return LINE_FOREIGN;
}

const struct format format_live_login = {
    .name = "live-login",
    .version = 1,
    .is_splittable = true,
    .is_unordered = true,
    .is_of_machine = true,
    .knows = knows_login,
    .line = login_line,
    .takes_bytes = true,
    .remark = "of its logins those alone are told that are under way: what it has from var/log is "
              "read in wtmp, btmp and lastlog, where these were taken",
    .state_size = sizeof(struct members)};
