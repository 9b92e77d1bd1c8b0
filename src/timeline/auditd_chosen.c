/* auditd_chosen.c: texts in a record of audit that somebody chose and that no quotes enclose
 * (ausearch -i, programs of old): where they end, so that what looks like a key within them is
 * none. The keys that stand behind each are those of the kernel (kernel/audit.c, kernel/auditsc.c,
 * security/lsm_audit.c, security/selinux/avc.c, security/apparmor/audit.c) and of libaudit
 * (lib/audit_logging.c). */
#include "timeline/auditd_record.h"

enum { NEXT_MOST = 24, COMM_SIZE = 15, NO_RANK = NEXT_MOST };

/* Which text it is, and which keys can stand behind it. */
struct chosen {
    const char *type; /* NULL: of any record without a row of its own, */
    const char *key;
    bool is_first; /* the first of them ends it, since they are chosen, too; else the last one of
                      the first of them that there is */
    size_t most;   /* bytes that it has at most; 0: that is not known */
    const char *next[NEXT_MOST]; /* none: nothing stands behind it */
};

static const struct chosen of_kernel[] = {
    {"APPARMOR", "name", false, 0, {"pid"}},
    {"APPARMOR",
     "comm",
     true,
     COMM_SIZE,
     {"capability", "capname", "denied_mask", "denied", "family", "fsuid", "info", "peer",
      "protocol", "requested_mask", "requested", "signal", "sock_type", "target", "ouid"}},
    {"ANOM_ABEND", "exe", false, 0, {"sig"}},
    {"SECCOMP", "exe", false, 0, {"sig"}},
    {"CONFIG_CHANGE", "path", false, 0, {"key", "list", "res"}},
    {"CWD", "cwd", false, 0, {0}},
    {"KERN_MODULE", "name", false, 0, {0}},
    {"PATH", "name", false, 0, {"inode", "nametype"}},
    {"SOCKADDR", "path", false, 0, {0}},
    {"SYSCALL", "key", false, 0, {0}},
    {NULL,
     "comm",
     true,
     COMM_SIZE,
     {"exe",   "anonclass", "capability", "daddr", "data",  "device",          "dest",
      "faddr", "ipc_key",   "key_serial", "kmod",  "laddr", "lockdown_reason", "lport",
      "name",  "netif",     "opid",       "path",  "pkey",  "saddr",           "scontext",
      "src"}},
    {NULL, "data", false, 0, {0}},
    {NULL, "exe", false, 0, {"subj", "key", "res"}},
    {NULL, "key", false, 0, {"list", "res"}},
    {NULL, "name", false, 0, {"dev", "scontext", "res"}},
    {NULL, "ocomm", false, 0, {0}},
    {NULL, "path", false, 0, {"dev", "scontext"}},
    {NULL, "proctitle", false, 0, {0}},
};
/* Within what a program says; its executable is that of one with the right to say it. */
static const struct chosen of_program[] = {
    {NULL, "acct", false, 0, {"exe", "hostname", "terminal", "res"}},
    {NULL, "cmd", false, 0, {"exe", "terminal", "res"}},
    {NULL, "cmdline", false, 0, {"scontext", "exe"}},
    {NULL, "comm", false, 0, {"exe", "res"}},
    {NULL, "cwd", true, 0, {"cmd"}},
    {NULL, "grp", true, 0, {"acct", "exe"}},
    {NULL, "path", false, 0, {"cmdline", "scontext", "exe"}},
    {NULL, "unit", false, 0, {"comm", "exe"}},
    {NULL, "vm", false, 0, {"uuid", "vm-pid", "exe"}},
};
static const struct chosen argument = {.is_first = true};

static bool is_of(const struct audit_record *c, const struct chosen *t, struct str key)
{
    return key.len && key.p[0] == t->key[0] && str_is(key, t->key) &&
           (!t->type || str_is(c->is_apparmor ? STR("APPARMOR") : c->type, t->type));
}

static const struct chosen *find(const struct audit_record *c, struct str key)
{
    const struct chosen *rows = c->is_inside ? of_program : of_kernel;
    size_t count = c->is_inside ? COUNT_OF(of_program) : COUNT_OF(of_kernel);

    if (c->is_execve && audit_is_argument(key))
        return str_ends(key, "_len") ? NULL : &argument;
    for (size_t i = 0; i < count; i++)
        if (is_of(c, &rows[i], key))
            return &rows[i];
    return NULL;
}

/* Whether this argument, or piece of one, stands behind the other one. */
static bool is_next_argument(const struct audit_record *c, struct str key, struct str next)
{
    uint64_t n = audit_argument_number(key);

    if (!audit_is_argument(next))
        return false;
    if (audit_argument_number(next) == n)
        return str_ends(key, "]") && str_ends(next, "]") && !str_eq(key, next);
    return audit_argument_number(next) == n + 1 && (c->argc == 0 || n + 1 < c->argc);
}

static size_t rank_of(const struct audit_record *c, const struct chosen *t, struct str key,
                      struct str next)
{
    if (t == &argument)
        return is_next_argument(c, key, next) ? 0 : NO_RANK;
    for (size_t i = 0; i < NEXT_MOST && t->next[i]; i++)
        if (str_is(next, t->next[i]))
            return i;
    return NO_RANK;
}

/* The next blank at or behind *at with a key and = behind it. */
static bool next_key(struct str text, size_t *at, struct str *key)
{
    while (*at < text.len) {
        const char *blank = memchr(text.p + *at, ' ', text.len - *at);
        struct str rest;

        if (!blank)
            break;
        *at = (size_t)(blank - text.p);
        rest = str_from(text, *at + 1);
        key->p = rest.p;
        key->len = 0;
        while (key->len < rest.len && audit_is_key_char(rest.p[key->len]))
            key->len++;
        if (key->len && key->len < rest.len && rest.p[key->len] == '=')
            return true;
        *at += 1 + key->len;
    }
    return false;
}

static size_t end_of(const struct audit_record *c, const struct chosen *t, struct str key,
                     struct str text)
{
    size_t end = text.len, best = NO_RANK;
    struct str next;

    for (size_t at = 0; next_key(text, &at, &next); at += 1 + next.len) {
        size_t rank = rank_of(c, t, key, next);

        if (t->most && at > t->most && best == NO_RANK)
            return at;
        if (rank == NO_RANK || rank > best)
            continue;
        best = rank;
        end = at;
        if (t->is_first)
            break;
    }
    return end;
}

/* What is left in front of a key of audit records in it. */
static struct str shorter(struct str text)
{
    struct str key;

    for (size_t at = 0; next_key(text, &at, &key); at += 1 + key.len)
        if (audit_is_known_key(key))
            return str_trim(str_head(text, at));
    return text;
}

static struct str without_ends(const struct audit_record *c, struct str text)
{
    text = str_trim(text);
    if (str_is(c->type, "SOCKADDR") && str_ends(text, " }"))
        text = str_head(text, text.len - 2);
    if (c->is_inside && str_ends(text, " :")) /* "acct=root : exe=…" of old */
        text = str_head(text, text.len - 2);
    if (text.len > 1 && text.p[0] == '"' &&
        memchr(text.p + 1, '"', text.len - 1) == text.p + text.len - 1)
        text = str_head(str_from(text, 1), text.len - 2);
    return text;
}

bool audit_take_chosen(struct audit_record *c, struct str key, struct str *body,
                       struct audit_chosen *out)
{
    const struct chosen *t;
    struct str text = *body;

    if (!c->is_interpreted && (!c->is_inside || str_starts(text, "\"")))
        return false;
    t = find(c, key);
    if (!t)
        return false;
    text.len = end_of(c, t, key, text);
    *body = str_from(*body, text.len);
    out->text = without_ends(c, text);
    out->shorter = shorter(out->text);
    if (out->shorter.len < out->text.len && !str_is(key, "proctitle"))
        audit_put_ambiguous(c);
    return true;
}

bool audit_has_chosen(const struct audit_record *c, struct str body)
{
    struct str key = str_head(body, 0);

    while (key.len < body.len && audit_is_key_char(body.p[key.len]))
        key.len++;
    if (find(c, key))
        return true;
    for (size_t at = 0; next_key(body, &at, &key); at += 1 + key.len)
        if (find(c, key))
            return true;
    return false;
}
