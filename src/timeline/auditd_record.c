/* auditd_record.c: what the values of a record of audit mean: texts spelled in hex decoded, numbers
 * of calls and errors by name. */
#include "timeline/auditd_record.h"
#include "base/mem.h"

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10 };

/* What is made of a value; texts are spelled in hex where they have spaces, quotes or control
 * characters (libauparse, typetab). */
enum kind {
    KIND_PLAIN,
    KIND_TEXT,
    KIND_TITLE,
    KIND_ID,
    KIND_OUTCOME,
    KIND_ARCH,
    KIND_SYSCALL,
    KIND_EXIT,
    KIND_SOCKET,
    KIND_ACCOUNT,
    KIND_OBJECT,
    KIND_LOGIN,
    KIND_UID,
    KIND_EUID,
    KIND_ADDRESS,
    KIND_HOST,
    KIND_SIGNAL,
};
static const struct member members[] = {
    {"acct", NULL, KIND_ACCOUNT},
    {"addr", NULL, KIND_ADDRESS},
    {"arch", NULL, KIND_ARCH},
    {"exit", NULL, KIND_EXIT},
    {"hostname", NULL, KIND_HOST},
    {"res", NULL, KIND_OUTCOME},
    {"result", NULL, KIND_OUTCOME},
    {"saddr", NULL, KIND_SOCKET},
    {"sig", NULL, KIND_SIGNAL},
    {"success", NULL, KIND_OUTCOME},
    {"syscall", NULL, KIND_SYSCALL},
    {"id", NULL, KIND_OBJECT},
    {"ID", NULL, KIND_OBJECT},
    {"uid", NULL, KIND_UID},
    {"UID", NULL, KIND_UID},
    {"euid", NULL, KIND_EUID},
    {"EUID", NULL, KIND_EUID},
    {"auid", NULL, KIND_LOGIN},
    {"AUID", NULL, KIND_LOGIN},
    {"old_auid", NULL, KIND_ID},
    {"new_auid", NULL, KIND_LOGIN},
    {"old-auid", NULL, KIND_ID},
    {"sauid", NULL, KIND_ID},
    {"oauid", NULL, KIND_ID},
    {"ses", NULL, KIND_ID},
    {"old_ses", NULL, KIND_ID},
    {"new_ses", NULL, KIND_ID},
    {"old-ses", NULL, KIND_ID},
    {"oses", NULL, KIND_ID},
    {"suid", NULL, KIND_ID},
    {"fsuid", NULL, KIND_ID},
    {"ouid", NULL, KIND_ID},
    {"pid", "process.pid", KIND_PLAIN},
    {"ppid", "process.parent.pid", KIND_PLAIN},
    {"gid", "group.id", KIND_PLAIN},
    {"node", "host.name", KIND_PLAIN},
    {"unit", "service.name", KIND_PLAIN},
    {"GID", "group.name", KIND_PLAIN},
    {"comm", "process.name", KIND_TEXT},
    {"exe", "process.executable", KIND_TEXT},
    {"cwd", "process.working_directory", KIND_TEXT},
    {"proctitle", "process.title", KIND_TITLE},
    {"cmd", "process.command_line", KIND_TEXT},
    {"name", "file.path", KIND_TEXT},
    {"path", "file.path", KIND_TEXT},
    {"grp", "group.name", KIND_TEXT},
    {"cgroup", NULL, KIND_TEXT},
    {"data", NULL, KIND_TEXT},
    {"device", NULL, KIND_TEXT},
    {"dir", NULL, KIND_TEXT},
    {"file", NULL, KIND_TEXT},
    {"key", NULL, KIND_TEXT},
    {"new-disk", NULL, KIND_TEXT},
    {"new-fs", NULL, KIND_TEXT},
    {"new-rng", NULL, KIND_TEXT},
    {"ocomm", NULL, KIND_TEXT},
    {"old-disk", NULL, KIND_TEXT},
    {"old-fs", NULL, KIND_TEXT},
    {"old-rng", NULL, KIND_TEXT},
    {"root_dir", NULL, KIND_TEXT},
    {"vm", NULL, KIND_TEXT},
    {"watch", NULL, KIND_TEXT},
};
static const struct member_table table = {"auditd.", members, COUNT_OF(members), false};

bool audit_is_known_key(struct str key)
{
    for (size_t i = 0; i < COUNT_OF(members); i++)
        if (str_is(key, members[i].name))
            return true;
    return false;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_hex(struct str s)
{
    if (s.len < 2 || s.len % 2)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (hex_digit(s.p[i]) < 0)
            return false;
    return true;
}

/* Bytes of a text spelled in hex. */
static struct str bytes_of(struct event *e, struct str hex, bool is_title)
{
    struct str out = {e->scratch + e->scratch_len, 0};

    if (EVENT_SCRATCH_SIZE - e->scratch_len < hex.len / 2)
        return hex;
    for (size_t i = 0; i < hex.len; i += 2) {
        char c = (char)(hex_digit(hex.p[i]) << 4 | hex_digit(hex.p[i + 1]));

        e->scratch[e->scratch_len + out.len++] = is_title && c == '\0' ? ' ' : c;
    }
    e->scratch_len += out.len;
    return out;
}

/* As text; in that of a command's title a NUL parts the words. */
static struct str decode(struct event *e, struct str hex, bool is_title)
{
    struct str out = bytes_of(e, hex, is_title);

    return reader_text(e, is_title ? str_trim(out) : out);
}

void audit_put_outcome(struct audit_record *c, struct str word)
{
    struct audit_state *s = c->state;
    bool is_call = str_is(c->type, "SYSCALL");
    bool is_success = str_is(word, "yes") || str_is(word, "success") || str_is(word, "1") ||
                      str_is(word, "granted");
    bool is_failure = str_is(word, "no") || str_is(word, "failed") || str_is(word, "0") ||
                      str_is(word, "fail") || str_is(word, "denied");

    if ((s->outcome && (s->call_says || !is_call) && !c->says_how) || (!is_success && !is_failure))
        return;
    s->call_says = is_call;
    c->says_how = true;
    s->outcome = is_success ? "success" : "failure";
}

static struct member_found find(struct audit_record *c, struct str key)
{
    return member_find(&c->state->members, &table, c->r->names, key);
}

uint16_t audit_field(struct audit_record *c, struct str key)
{
    return find(c, key).field;
}

static void put_known(struct audit_record *c, uint16_t field, struct str value)
{
    if (!str_is(value, "?") && !str_is(value, "(null)"))
        event_put(c->e, field, value);
}

void audit_put_named(struct audit_record *c, struct str key, struct str value)
{
    put_known(c, find(c, key).field, value);
}

/* struct sockaddr as the kernel keeps it, in hex. */
static void put_socket(struct audit_record *c, struct str hex)
{
    struct str ip, raw;
    uint16_t port_field = c->state->is_accept ? FIELD_SOURCE_PORT : FIELD_DESTINATION_PORT;
    uint8_t b[28];
    size_t len = hex.len / 2;
    char text[48];
    int n = 0;

    audit_put_named(c, STR("saddr"), hex);
    if (!is_hex(hex) || len < 4)
        return;
    for (size_t i = 0; i < len && i < sizeof(b); i++)
        b[i] = (uint8_t)(hex_digit(hex.p[2 * i]) << 4 | hex_digit(hex.p[2 * i + 1]));
    if (b[0] == FAMILY_UNIX && b[1] == 0) {
        raw = str_from(hex, 4);
        for (n = 0; (size_t)n + 1 < raw.len && (raw.p[n] != '0' || raw.p[n + 1] != '0'); n += 2)
            ;
        event_put(c->e, FIELD_FILE_PATH, decode(c->e, str_head(raw, (size_t)n), false));
        return;
    }
    if (b[0] == FAMILY_INET && len >= 8)
        n = snprintf(text, sizeof(text), "%u.%u.%u.%u", b[4], b[5], b[6], b[7]);
    else if (b[0] == FAMILY_INET6 && len >= 24)
        n = snprintf(text, sizeof(text), "%x:%x:%x:%x:%x:%x:%x:%x", b[8] << 8 | b[9],
                     b[10] << 8 | b[11], b[12] << 8 | b[13], b[14] << 8 | b[15], b[16] << 8 | b[17],
                     b[18] << 8 | b[19], b[20] << 8 | b[21], b[22] << 8 | b[23]);
    else
        return;
    ip = event_keep(c->e, (struct str){text, (size_t)n});
    event_put(c->e, c->state->is_accept ? FIELD_SOURCE_IP : FIELD_DESTINATION_IP, ip);
    event_put_u64(c->e, port_field, (uint64_t)(b[2] << 8 | b[3]));
}

static void take_call(struct audit_record *c, struct str name)
{
    c->state->did = name.len ? audit_syscall_action(name) : STR("");
    c->state->is_accept = str_starts(name, "accept") || str_is(name, "recvfrom");
    audit_put_named(c, STR("syscall"), name);
}

static void put_syscall(struct audit_record *c, struct str number)
{
    struct str name = audit_syscall_name(c->arch, number);

    take_call(c, name);
    if (name.len == 0)
        audit_put_named(c, STR("syscall"), number);
}

static struct str id_of(struct str value)
{
    return audit_is_unset(value) ? STR("unset") : value;
}

static void put_arch(struct audit_record *c, uint16_t field, struct str value)
{
    c->arch = audit_arch_name(value);
    put_known(c, field, c->arch.len ? c->arch : value);
}

static void put_exit(struct audit_record *c, uint16_t field, struct str value)
{
    event_put(c->e, FIELD_ERROR_CODE, audit_error_name(value));
    put_known(c, field, value);
}

static void put_host(struct audit_record *c, uint16_t ip, struct str value)
{
    if (!str_is(value, "?"))
        event_put_address(c->e, ip, FIELD_SOURCE_ADDRESS, value);
}

/* Of a filter of calls; of a crash the number stands as the kernel has it. */
static void put_signal(struct audit_record *c, uint16_t field, struct str value)
{
    struct str name = STR("");

    if (str_is(c->type, "SECCOMP"))
        name = audit_signal_name(value);
    put_known(c, field, name.len ? name : value);
}

/* The record of the call says whose it is, whichever stands first; what a bus asks for another one
 * says whose request it is. No other program says who acted. */
static void put_actor(struct audit_record *c, enum kind kind, struct str value)
{
    struct audit_people *p = &c->state->people;
    struct audit_person *who = kind == KIND_UID    ? &p->process
                               : kind == KIND_EUID ? &p->effective
                                                   : &p->login;
    bool is_of_bus = c->is_inside && str_is(c->type, "USER_AVC");
    unsigned bit = 1U << kind;

    if (c->is_again || (c->is_inside && !is_of_bus))
        return;
    if (is_of_bus || str_is(c->type, "SYSCALL")) {
        if (!(c->replaced & bit))
            *who = (struct audit_person){0};
        c->replaced |= bit;
    } else if (c->replaced & bit) { /* the name of the bus itself */
        return;
    }
    audit_person_take(who, value);
}

static bool is_actor(unsigned kind)
{
    return kind == KIND_LOGIN || kind == KIND_UID || kind == KIND_EUID;
}

static void put_person(struct audit_record *c, struct member_found m, struct str value)
{
    struct audit_people *p = &c->state->people;

    if (m.kind == KIND_UID && c->is_faillock && !c->is_again)
        audit_person_take(&p->account, value);
    else if (is_actor(m.kind))
        put_actor(c, m.kind, value);
    else if (m.kind == KIND_OBJECT && p->is_of_program && !c->is_again)
        audit_person_take(&p->account, value);
    if (m.kind == KIND_LOGIN || m.kind == KIND_OBJECT)
        put_known(c, m.field, id_of(value));
    if (m.kind == KIND_ACCOUNT && p->account.name.len == 0 && !str_is(value, "?"))
        p->account.name = value;
}

/* What a program says it says last; of a call its success stands before all that anybody chose. */
static void put_result(struct audit_record *c, struct str word)
{
    if (!str_is(c->type, "SYSCALL") || !c->says_how)
        audit_put_outcome(c, word);
}

static void put_kind(struct audit_record *c, struct member_found m, struct str value)
{
    switch ((enum kind)m.kind) {
    case KIND_OUTCOME:
        put_result(c, value);
        break;
    case KIND_ARCH:
        put_arch(c, m.field, value);
        break;
    case KIND_SYSCALL:
        put_syscall(c, value);
        break;
    case KIND_EXIT:
        put_exit(c, m.field, value);
        break;
    case KIND_SOCKET:
        put_socket(c, value);
        break;
    case KIND_ACCOUNT:
    case KIND_OBJECT:
    case KIND_LOGIN:
    case KIND_UID:
    case KIND_EUID:
        put_person(c, m, value);
        break;
    case KIND_ADDRESS:
        put_host(c, FIELD_SOURCE_IP, value);
        break;
    case KIND_HOST:
        put_host(c, FIELD_SOURCE_ADDRESS, value);
        break;
    case KIND_SIGNAL:
        put_signal(c, m.field, value);
        break;
    default:
        put_known(c, m.field, m.kind == KIND_ID ? id_of(value) : value);
    }
}

static bool is_number(struct str s)
{
    uint64_t n;

    return str_u64(s, &n);
}

/* "{ saddr_fam=inet laddr=192.0.2.7 lport=22 }" */
static bool put_interpreted_address(struct audit_record *c, struct str key, struct str value)
{
    bool is_accept = c->state->is_accept;

    if (str_is(key, "laddr"))
        event_put(c->e, is_accept ? FIELD_SOURCE_IP : FIELD_DESTINATION_IP, value);
    else if (str_is(key, "lport"))
        event_put(c->e, is_accept ? FIELD_SOURCE_PORT : FIELD_DESTINATION_PORT, value);
    else
        return str_is(value, "{");
    return true;
}

/* Names stand for numbers: false where the value is as in the log. */
static bool put_interpreted(struct audit_record *c, struct str key, struct member_found m,
                            struct str value)
{
    struct str name = value;

    if (put_interpreted_address(c, key, value))
        return true;
    if (is_number(value) || str_is(value, "unset"))
        return false;
    if (m.kind == KIND_SYSCALL) {
        take_call(c, value);
    } else if (m.kind == KIND_EXIT) { /* "EACCES(Permission denied)" */
        event_put(c->e, FIELD_ERROR_CODE, str_cut(&name, '('));
        put_known(c, m.field, value);
    } else if (str_is(key, "gid")) {
        put_known(c, FIELD_GROUP_NAME, value);
    } else {
        return false;
    }
    return true;
}

/* A value as text where it is one and spelled in hex. */
static struct str value_text(struct audit_record *c, unsigned kind, struct str value)
{
    bool is_text = kind == KIND_TEXT || kind == KIND_TITLE || kind == KIND_ACCOUNT;

    return is_text && is_hex(value) ? decode(c->e, value, kind == KIND_TITLE) : value;
}

static void put_argument(struct audit_record *c, struct str key, struct str value, bool is_plain)
{
    size_t spelled = value.len;

    if (!is_plain && audit_is_piece(key) && is_hex(value))
        value = bytes_of(c->e, value, false);
    else if (!is_plain && !str_ends(key, "_len"))
        value = value_text(c, KIND_TEXT, value);
    audit_put_argument(c, key, value, spelled);
}

void audit_put_value(struct audit_record *c, struct str key, struct str value, bool is_quoted)
{
    bool is_plain = is_quoted || c->is_interpreted;
    struct member_found m;

    if (c->is_execve && audit_is_argument(key)) {
        put_argument(c, key, value, is_plain);
        return;
    }
    m = find(c, key);
    if (c->is_interpreted && put_interpreted(c, key, m, value))
        return;
    put_kind(c, m, is_plain ? value : value_text(c, m.kind, value));
}
