/* auditd_people.c: who acted, whom they became, and whose account was changed, of all that the
 * records of an event say (audit: lib/audit_logging.c; linux: kernel/audit.c, audit_log_task). */
#include "timeline/auditd_record.h"
#include "base/mem.h"

static bool is_known(struct audit_person p)
{
    return p.id.len || p.name.len;
}

/* "unset", and "unknown(1001)" where the host had no name for it. */
static bool is_name(struct str s)
{
    return s.len && !str_is(s, "?") && !str_is(s, "(null)") && !str_starts(s, "unknown(");
}

bool audit_is_unset(struct str s)
{
    return str_is(s, "4294967295") || str_is(s, "-1") || str_is(s, "unset") || str_is(s, "n/a");
}

void audit_person_take(struct audit_person *p, struct str value)
{
    struct str number = value;
    uint64_t n;
    bool is_number;

    if (str_take(&number, "unknown("))
        number = str_cut(&number, ')');
    is_number = str_u64(number, &n);
    if (audit_is_unset(number))
        p->is_unset = p->is_unset || !is_known(*p);
    else if (p->is_unset)
        return;
    else if (is_number && !p->id.len)
        p->id = number;
    else if (is_name(value) && !is_number && !p->name.len)
        p->name = value;
}

static bool is_program(const struct audit_people *p, const char *const *names)
{
    for (; *names; names++)
        if (str_ends(p->program, *names))
            return true;
    return false;
}

/* Programs that a person runs to act as another one, who ask for that person's own password first,
 * and then open a session of the other (sudo: plugins/sudoers/auth/pam.c; doas: doas.c). */
static const char *const by_own_word[] = {"/sudo", "/sudo-rs", "/sudo.ws", "/doas", NULL};
static const char *const by_theirs[] = {"/su", "/runuser", "/pkexec", "/polkit-agent-helper-1",
                                        NULL};

/* Whether the number of the process is of who runs such a program, and the account of whom they
 * become. */
static bool is_changer(const struct audit_people *p)
{
    bool is_own = str_is(p->type, "USER_AUTH") || str_is(p->type, "USER_ACCT");

    return is_program(p, by_theirs) || (!is_own && is_program(p, by_own_word));
}

/* Where one has a number alone and the other a name, the number of root has the name root, and who
 * runs su is not whom they ask for; else they are the same as far as anybody can tell. */
static bool is_same(const struct audit_people *p, struct audit_person a, struct audit_person b)
{
    if (a.name.len && b.name.len)
        return str_eq(a.name, b.name);
    if (a.id.len && b.id.len)
        return str_eq(a.id, b.id);
    return str_is(a.id, "0") == str_is(b.name, "root") && !is_changer(p);
}

static void put_once(struct event *e, uint16_t field, struct str value)
{
    if (!str_eq(event_value(e, field), value))
        event_put(e, field, value);
}

static void put_user(struct event *e, struct audit_person person)
{
    put_once(e, FIELD_USER_ID, person.id);
    put_once(e, FIELD_USER_NAME, person.name);
}

static void put_effective(struct field_names *names, struct event *e, struct audit_person person)
{
    put_once(e, field_number(names, STR("user.effective.id")), person.id);
    put_once(e, FIELD_USER_EFFECTIVE_NAME, person.name);
}

/* What is another's than of who acted. */
static void put_process(struct field_names *names, struct event *e, struct audit_person process)
{
    if (!str_eq(event_value(e, FIELD_USER_ID), process.id))
        event_put(e, field_number(names, STR("auditd.uid")), process.id);
    if (!str_eq(event_value(e, FIELD_USER_NAME), process.name))
        event_put(e, field_number(names, STR("auditd.UID_name")), process.name);
}

/* What useradd and its kin say of a group under the key of an account. */
static bool is_of_group(struct str type)
{
    return str_is(type, "ADD_GROUP") || str_is(type, "DEL_GROUP") || str_is(type, "GRP_MGMT") ||
           str_is(type, "GRP_CHAUTHTOK");
}

static void put_account(const struct audit_people *p, struct event *e, uint16_t field,
                        struct str name)
{
    put_once(e, field, name);
    if (p->longer.len && !str_eq(p->longer, name))
        event_put(e, field, p->longer);
}

static bool is_root(struct audit_person p)
{
    return str_is(p.id, "0") || str_is(p.name, "root");
}

/* Who changed the account of whom, or a group. Where that is their own, a process of root's is that
 * of the program that changes it for them, as sshd at a login. */
static void settle_change(const struct audit_people *p, struct field_names *names, struct event *e,
                          struct audit_person actor)
{
    struct audit_person target = p->account;

    put_user(e, actor);
    if (is_of_group(p->type)) {
        put_once(e, FIELD_GROUP_NAME, target.name);
        put_once(e, field_number(names, STR("group.id")), target.id);
    } else {
        put_account(p, e, FIELD_USER_TARGET_NAME, target.name);
        put_once(e, field_number(names, STR("user.target.id")), target.id);
    }
    if (is_known(p->login) && is_known(p->process) && !is_same(p, p->login, p->process) &&
        (is_of_group(p->type) || !is_same(p, actor, target) || !is_root(p->process)))
        put_effective(names, e, p->process);
}

/* Who logged in, or became whom. */
static void settle_login(const struct audit_people *p, struct field_names *names, struct event *e,
                         struct audit_person actor)
{
    bool is_person = is_known(p->login) || is_changer(p) || is_program(p, by_own_word);

    if (!is_person)
        actor = (struct audit_person){0};
    if (is_known(actor) && !is_same(p, actor, p->account)) {
        put_user(e, actor);
        put_effective(names, e, (struct audit_person){.id = p->account.id});
        put_account(p, e, FIELD_USER_EFFECTIVE_NAME, p->account.name);
        return;
    }
    if (!actor.id.len)
        actor.id = p->account.id;
    if (!actor.name.len)
        actor.name = p->account.name;
    put_once(e, FIELD_USER_ID, actor.id);
    put_account(p, e, FIELD_USER_NAME, actor.name);
    put_effective(names, e, p->account); /* as go-libaudit and so Auditbeat name it */
}

/* A call, or what a program says of nobody's account. */
static void settle_alone(const struct audit_people *p, struct field_names *names, struct event *e,
                         struct audit_person actor)
{
    bool is_daemons = p->is_of_program && p->is_login && !is_known(p->login);

    if (is_daemons)
        put_effective(names, e, p->process);
    else
        put_user(e, actor);
    if (is_known(p->effective))
        put_effective(names, e, p->effective);
    else if (!p->is_of_program && is_known(p->login) && is_known(p->process) &&
             !is_same(p, p->login, p->process))
        put_effective(names, e, p->process);
}

void audit_put_people(const struct audit_people *p, struct field_names *names, struct event *e)
{
    struct audit_person actor = is_known(p->login) ? p->login : p->process;

    if (!is_known(p->account))
        settle_alone(p, names, e, actor);
    else if (p->is_change)
        settle_change(p, names, e, actor);
    else
        settle_login(p, names, e, actor);
    put_process(names, e, p->process);
}
