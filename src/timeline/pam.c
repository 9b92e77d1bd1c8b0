/* pam.c: the sentences of PAM's modules: Linux-PAM, pam_faillock, SSSD, and those of old. */
#include "timeline/pam.h"
#include "base/mem.h"

#define AUTH "authentication"
#define YES "success"
#define NO "failure"

/* Behind the module's name. modules/pam_unix, pam_faillock, pam_access, pam_succeed_if,
 * pam_listfile; SSSD's pam_sss.c; Google's authenticator. */
static const struct meaning pam[] = {
    {"session opened for user {user.name}{_:rest}", "session-open", "session", YES},
    {"check pass; user unknown", "login-invalid-user", AUTH, NO},
    {"conversation failed", "login-conversation", AUTH, NO},
    {"bad username [{user.name:any}]", "login-invalid-user", AUTH, NO},
    {"password changed for {user.target.name}", "password-change", "iam", YES},
    {"new password not acceptable{_:rest}", "password-change", "iam", NO},
    {"account {user.name} has expired ({event.reason:any})", "login-not-allowed", AUTH, NO},
    {"expired password for user {user.name} ({event.reason:any})", "login-not-allowed", AUTH, NO},
    {"auth could not identify password for [{user.name:any}]", "login", AUTH, NO},
    {"Consecutive login failures for user {user.name} account temporarily locked", "login-too-many",
     AUTH, NO},
    {"user {user.name} ({_:n}) tally {_:n}, deny {_:n}", "login-too-many", AUTH, NO},
    {"requirement \"{event.reason:any}\" not met by user \"{user.name:any}\"", "login-not-allowed",
     AUTH, NO},
    {"access denied for user `{user.name:any}' from `{source.ip:host}'", "login-not-allowed", AUTH,
     NO},
    {"Access denied for user {user.name}: {error.code:n} ({event.reason:any})", "login-not-allowed",
     AUTH, NO},
    {"Refused user {user.name} for service {service.name}", "login-not-allowed", AUTH, NO},
    {"received for user {user.name}: {error.code:n} ({event.reason:any})", "login", AUTH, NO},
    {"authentication succeeds for '{user.name:any}' ({_:any})", "login", AUTH, YES},
    {"Accepted google_authenticator for {user.name}", "login-second-factor", AUTH, YES},
    {"Accepted google_authenticator code for {user.name}", "login-second-factor", AUTH, YES},
    {"Invalid verification code for {user.name}", "login-second-factor", AUTH, NO},
    {"Password change failed for user {user.target.name:most}: {error.code:n} ({event.reason:any})",
     "password-change", "iam", NO},
    /* pam_wheel: who asks, and whom they want to be; pam_ldap of PADL, by the name in LDAP. */
    {"Access denied to '{user.name:any}' for '{user.effective.name:any}'", "login-not-allowed",
     AUTH, NO},
    {"error trying to bind as user \"uid={user.name:any},{_:any}\" ({event.reason:any})", "login",
     AUTH, NO},
    {"error trying to bind as user \"cn={user.name:any},{_:any}\" ({event.reason:any})", "login",
     AUTH, NO},
    {"error trying to bind as user \"{_:any}\" ({event.reason:any})", "login", AUTH, NO},
    /* pam_krb5; pam_winbind, pam_userdb. */
    {"user {user.name} authenticated as {krb5.principal}{_:rest}", "login", AUTH, YES},
    {"user '{user.name:any}' granted access", "login", AUTH, YES},
    {"user `{user.name:any}' granted access", "login", AUTH, YES},
    {"user '{user.name:any}' denied access ({event.reason:any})", "login", AUTH, NO},
    {"user `{user.name:any}' denied access ({event.reason:any})", "login", AUTH, NO},
    {"request wbcLogonUser failed: {_}, PAM error: {_} ({_:n}), NTSTATUS: {error.code}, Error "
     "message was: {event.reason:rest}",
     "login", AUTH, NO},
};

static const struct program programs[] = {{.name = "pam", .meanings = pam, .count = COUNT_OF(pam)}};
const struct program_list pam_programs = {programs, COUNT_OF(programs)};

static bool is_module_name(struct str s)
{
    if (!str_starts(s, "pam_") || s.len > 64)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] != '_' && !(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9'))
            return false;
    return true;
}

/* "pam_unix(sshd:auth): ", "pam_unix[812]: ", "pam_unix: ", "(pam_unix) ". */
static bool take_module(struct str *rest, struct str *service)
{
    struct str at = *rest, name;
    bool is_bracketed = str_take(&at, "(");
    size_t len = 0;

    *service = STR("");
    while (len < at.len && at.p[len] != '(' && at.p[len] != '[' && at.p[len] != ':' &&
           at.p[len] != ')' && at.p[len] != ' ')
        len++;
    name = str_head(at, len);
    at = str_from(at, len);
    if (!is_module_name(name))
        return false;
    if (!is_bracketed && str_take(&at, "("))
        *service = str_cut(&at, ')');
    else if (!is_bracketed && str_take(&at, "["))
        (void)str_cut(&at, ']');
    if (!str_take(&at, is_bracketed ? ") " : ": "))
        return false;
    *rest = at;
    return true;
}

/* The value behind " key=", up to a space; *pairs goes on behind it. */
static bool take_pair(struct str *pairs, const char *key, struct str *value)
{
    size_t len = strlen(key);
    const char *found = memmem(pairs->p, pairs->len, key, len);

    if (!found)
        return false;
    *pairs = str_from(*pairs, (size_t)(found - pairs->p) + len);
    *value = str_head(*pairs, 0);
    while (value->len < pairs->len && value->p[value->len] != ' ')
        value->len++;
    return true;
}

static void put_pair(struct field_names *names, struct event *e, struct str pairs, const char *key,
                     const char *field)
{
    struct str value;

    if (take_pair(&pairs, key, &value))
        event_put(e, field_number(names, str_of(field)), value);
}

/* Names of users may look like more of these pairs, and nobody can tell then which host is the real
 * one: all are told. */
static void put_hosts(struct field_names *names, struct event *e, struct str pairs)
{
    enum { HOSTS_MOST = 16 };
    struct str value;
    unsigned count = 0;

    while (count < HOSTS_MOST && take_pair(&pairs, " rhost=", &value)) {
        event_put_address(e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, value);
        count++;
    }
    if (count > 1)
        event_puts(e, field_number(names, STR("event.is_ambiguous")), "yes");
}

/* Whom " user=" names, and " ruser=", who asked: without a host that is somebody on this one, who
 * acts and wants to become the other, as su has it. A host's is a name that it says. */
static void put_people(struct event *e, struct str pairs)
{
    struct str after = pairs, ruser_at = pairs, user_at, host = STR(""), asks = STR("");
    bool has_host = take_pair(&after, " rhost=", &host);

    (void)take_pair(&ruser_at, " ruser=", &asks);
    if (!take_pair(&after, " user=", &user_at)) {
        event_put(e, FIELD_USER_NAME, asks);
        return;
    }
    after = str_trim(after);
    if (!has_host || host.len || asks.len == 0 || str_eq(asks, after)) {
        event_put(e, FIELD_USER_NAME, after);
        return;
    }
    event_put(e, FIELD_USER_NAME, asks);
    event_put(e, FIELD_USER_EFFECTIVE_NAME, after);
}

/* support.c: "logname=%s uid=%d euid=%d tty=%s ruser=%s rhost=%s%s%s", the last two " user=" and
 * the name, which ends the line. */
static void put_pairs(struct field_names *names, struct event *e, struct str pairs)
{
    put_pair(names, e, pairs, " logname=", "pam.logname");
    put_pair(names, e, pairs, " uid=", "pam.uid");
    put_pair(names, e, pairs, " euid=", "pam.euid");
    put_pair(names, e, pairs, " tty=", "pam.tty");
    put_pair(names, e, pairs, " ruser=", "pam.ruser");
    put_hosts(names, e, pairs);
    put_people(e, pairs);
}

/* "authentication failure;", "2 more authentication failures;", "authentication success;" */
static bool take_result(struct str *rest, const char **outcome)
{
    struct str at = *rest;
    struct str first = str_cut(&at, ';');

    if (at.len == 0 || !str_starts(at, " logname="))
        return false;
    *outcome = str_ends(first, "authentication success") ? YES : NO;
    if (*outcome[0] == 'f' && !str_ends(first, "authentication failure") &&
        !str_ends(first, "authentication failures"))
        return false;
    *rest = at;
    return true;
}

/* "root(uid=0)", "root": the name, and the number where it has one. */
static bool take_person(struct str text, struct str *name, struct str *id)
{
    const char *found = memrchr(text.p, '(', text.len);
    struct str behind = found ? str_from(text, (size_t)(found - text.p)) : STR("");
    uint64_t n;

    *name = text;
    *id = STR("");
    if (!str_take(&behind, "(uid=") || !str_ends(behind, ")"))
        return text.len > 0;
    *id = str_head(behind, behind.len - 1);
    *name = str_head(text, (size_t)(found - text.p));
    return str_u64(*id, &n);
}

/* pam_unix_sess.c: "for user root(uid=0) by eva(uid=1000)", and before 1.4 "for user root by …".
 * The second is who asks, by the terminal's record in utmp, and the number of the process: neither
 * of a service that starts as root ("", "(unknown)"), and "LOGIN" before anyone is there. Who asks,
 * and is another, acts as the first. */
static bool take_session(struct field_names *names, struct event *e, struct str rest)
{
    struct str who, who_id, by, by_id, at = rest;
    const char *found = NULL;
    bool is_own;

    if (!str_take(&at, "session opened for user "))
        return false;
    for (size_t i = 0; i + 4 < at.len; i++)
        if (str_starts(str_from(at, i), " by "))
            found = at.p + i;
    if (!found || !take_person(str_from(at, (size_t)(found - at.p) + 4), &by, &by_id) ||
        by_id.len == 0 || !take_person(str_head(at, (size_t)(found - at.p)), &who, &who_id))
        return false;
    if (str_is(by, "(unknown)"))
        by = STR("");
    is_own = str_eq(by, who) || str_is(by, "LOGIN") || (by.len == 0 && str_is(by_id, "0"));
    event_put(e, FIELD_USER_NAME, is_own ? who : by);
    event_put(e, FIELD_USER_ID, is_own ? who_id : by.len ? STR("") : by_id);
    if (!is_own)
        event_put(e, FIELD_USER_EFFECTIVE_NAME, who);
    if (!is_own)
        event_put(e, field_number(names, STR("user.effective.id")), who_id);
    event_put(e, field_number(names, STR("pam.uid")), by_id);
    event_puts(e, FIELD_EVENT_ACTION, "session-open");
    event_puts(e, FIELD_EVENT_CATEGORY, "session");
    event_puts(e, FIELD_EVENT_OUTCOME, YES);
    return true;
}

/* Programs whose session is of whom somebody became. */
static bool is_of_another(struct str service)
{
    static const char *const names[] = {"sudo",    "sudo-i",    "su",       "su-l", "doas",
                                        "runuser", "runuser-l", "polkit-1", "ksu",  "systemd-run0"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(service, names[i]))
            return true;
    return false;
}

/* pam_unix_sess.c: it does not say who acted. */
static bool take_session_end(struct event *e, struct str service, struct str rest)
{
    if (!str_take(&rest, "session closed for user ") || rest.len == 0)
        return false;
    if (service.len == 0)
        service = event_value(e, FIELD_PROCESS_NAME); /* "su(pam_unix)" */
    service = str_cut(&service, ':');
    service = str_cut(&service, '(');
    event_put(e, is_of_another(service) ? FIELD_USER_EFFECTIVE_NAME : FIELD_USER_NAME, rest);
    event_puts(e, FIELD_EVENT_ACTION, "session-close");
    event_puts(e, FIELD_EVENT_CATEGORY, "session");
    event_puts(e, FIELD_EVENT_OUTCOME, YES);
    return true;
}

bool pam_understand(struct pattern_set *set, struct field_names *names, bool has_module,
                    struct str sentence, struct event *e)
{
    struct str service = STR("");
    const char *outcome;

    has_module = take_module(&sentence, &service) || has_module;
    if (take_result(&sentence, &outcome)) {
        put_pairs(names, e, sentence);
        event_puts(e, FIELD_EVENT_ACTION, "login");
        event_puts(e, FIELD_EVENT_CATEGORY, AUTH);
        event_puts(e, FIELD_EVENT_OUTCOME, outcome);
    } else if (!has_module ||
               (!take_session(names, e, sentence) && !take_session_end(e, service, sentence) &&
                !pattern_match(set, STR("pam"), sentence, e))) {
        return false;
    }
    event_put(e, FIELD_SERVICE_NAME, str_cut(&service, ':'));
    return true;
}
