/* auditd_pairs.c: takes a record of audit apart: keys and values, and what a program said itself.
 */
#include "timeline/auditd_record.h"

#define ENRICHED '\x1d' /* what auditd adds with log_format = ENRICHED stands behind it */

bool audit_is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '[' || c == ']' || c == '.';
}

/* "hostname=?, addr=?" of old; categories ("s0:c1,c2") and modules have commas of their own. */
static bool ends_word(struct str s, size_t at)
{
    return s.p[at] == ' ' || (s.p[at] == ',' && (at + 1 == s.len || s.p[at + 1] == ' '));
}

/* A value in quotes, or a word. */
static struct str take_value(struct str *rest, bool *is_quoted)
{
    struct str value = *rest;
    const char *end;

    *is_quoted = false;
    if (rest->len && rest->p[0] == '"') {
        end = memchr(rest->p + 1, '"', rest->len - 1);
        if (end) {
            *is_quoted = true;
            value = (struct str){rest->p + 1, (size_t)(end - rest->p) - 1};
            *rest = str_from(*rest, value.len + 2);
            return value;
        }
    }
    value.len = 0;
    while (value.len < rest->len && !ends_word(*rest, value.len))
        value.len++;
    *rest = str_from(*rest, value.len);
    /* "(hostname=?, addr=?, terminal=cron res=success)" of old; "(none)" has its own. */
    if (value.len && value.p[value.len - 1] == ')' && value.p[0] != '(')
        value.len--;
    return value;
}

/* "old auid=4294967295 new auid=0" are two keys. */
static struct str whole_key(struct event *e, struct str before, struct str key)
{
    struct str whole;

    if (!str_is(before, "old") && !str_is(before, "new"))
        return key;
    whole = event_keep(e, before);
    whole.len += event_keep(e, STR("_")).len;
    whole.len += event_keep(e, key).len;
    return whole;
}

/* An account and a command are told in both readings. */
static void put_chosen(struct audit_record *c, struct str key, const struct audit_chosen *v)
{
    bool is_account = c->is_inside && str_is(key, "acct");
    bool is_command = c->is_inside && str_is(key, "cmd");
    bool has_other = (is_account || is_command) && v->shorter.len < v->text.len && !c->is_again;

    audit_put_value(c, key, has_other ? v->shorter : v->text, false);
    if (has_other && is_account)
        c->state->people.longer = v->text;
    else if (has_other)
        event_put(c->e, FIELD_PROCESS_COMMAND_LINE, v->text);
}

/* The value of a key, which comes off *body. */
static void take_pair(struct audit_record *c, struct str before, struct str key, struct str *body)
{
    struct audit_chosen chosen;
    bool is_quoted = false, is_chosen = audit_take_chosen(c, key, body, &chosen);
    struct str value = is_chosen ? chosen.text : take_value(body, &is_quoted);

    if (!is_chosen && c->is_interpreted && !is_quoted)
        value = audit_interpreted_value(value, body);
    if (c->is_execve && str_is(key, "argc"))
        (void)str_u64(value, &c->argc);
    key = whole_key(c->e, before, key);
    audit_see_key(c, key);
    if (is_chosen)
        put_chosen(c, key, &chosen);
    else
        audit_put_value(c, key, value, is_quoted);
}

/* "op=PAM:setcred acct="root"", "PAM: setcred acct=root : …" of old, "{ read } for". */
static void take_pairs(struct audit_record *c, struct str body)
{
    struct str before = {0};

    while (body.len) {
        struct str key = str_head(body, 0);

        while (key.len < body.len && audit_is_key_char(body.p[key.len]))
            key.len++;
        if (key.len == 0 || key.len == body.len || body.p[key.len] != '=') {
            before = key;
            body = str_from(body, key.len + 1);
            continue;
        }
        body = str_from(body, key.len + 1);
        take_pair(c, before, key, &body);
        before = (struct str){0};
    }
}

/* SELinux that only warns lets happen what it denies: "… tclass=file permissive=1". */
static bool is_permissive(struct str body)
{
    static const char words[] = " permissive=1";

    return memmem(body.p, body.len, words, sizeof(words) - 1) != NULL;
}

/* "avc:  denied  { read } for …" */
static void take_avc(struct audit_record *c, struct str *body)
{
    struct str rest = *body, verdict;

    if (!str_take(&rest, "avc:"))
        return;
    rest = str_trim(rest);
    verdict = str_cut(&rest, ' ');
    audit_put_named(c, STR("seresult"), verdict);
    if (!is_permissive(rest))
        audit_put_outcome(c, verdict);
    rest = str_trim(rest);
    if (str_take(&rest, "{"))
        audit_put_named(c, STR("seperms"), str_trim(str_cut(&rest, '}')));
    *body = rest;
}

/* "msg='": what a program said itself. It stands behind who it is, and never behind a text that
 * somebody chose. */
static const char *find_inside(const struct audit_record *c, struct str body)
{
    static const char mark[] = "msg='";
    const char *found = memmem(body.p, body.len, mark, sizeof(mark) - 1);

    if (!found || found == body.p)
        return found;
    body.len = (size_t)(found - body.p);
    return found[-1] == ' ' && !audit_has_chosen(c, body) ? found : NULL;
}

static void take_parts(struct audit_record *c, struct str body)
{
    struct str enriched = {0}, before = body, inside;
    const char *mark = memchr(body.p, ENRICHED, body.len);
    const char *quote;

    if (mark) {
        enriched = str_from(body, (size_t)(mark - body.p) + 1);
        before = str_head(body, (size_t)(mark - body.p));
    }
    c->is_apparmor = str_starts(before, "apparmor=");
    quote = find_inside(c, before);
    if (!quote) {
        take_avc(c, &before);
        take_pairs(c, before);
        take_pairs(c, enriched);
        return;
    }
    c->state->people.is_of_program = true;
    inside = str_from(before, (size_t)(quote - before.p) + 5);
    before = str_head(before, (size_t)(quote - before.p));
    for (size_t i = inside.len; i-- > 0;)
        if (inside.p[i] == '\'') {
            /* Without the mark the enriched part stands right behind the quote. */
            if (!mark)
                enriched = str_from(inside, i + 1);
            inside = str_head(inside, i);
            break;
        }
    take_pairs(c, before);
    take_avc(c, &inside);
    c->is_inside = true;
    c->is_faillock = str_starts(inside, "pam_faillock ") || str_starts(inside, "pam_tally");
    c->key_count = 0;
    take_pairs(c, inside);
    c->is_inside = c->is_faillock = false;
    take_pairs(c, enriched);
}

/* What a program says of accounts is of people who log in, or who are changed: of the latter
 * useradd says some as of the former, without PAM's word for what it does. */
static void take_role(struct audit_record *c)
{
    struct audit_people *p = &c->state->people;
    struct str category, op;

    if (p->type.len || !c->known)
        return;
    category = str_of(c->known->category);
    op = event_value(c->e, audit_field(c, STR("op")));
    p->type = c->type;
    p->is_change = str_is(category, "iam") ||
                   (str_is(c->type, "USER_ACCT") && op.len && !str_starts(op, "PAM"));
    p->is_login = str_is(category, "authentication") || str_is(category, "session");
    p->program = event_value(c->e, audit_field(c, STR("exe")));
    p->is_of_program |= str_is(c->type, "LOGIN"); /* of the one that wrote to loginuid */
}

void audit_take_body(struct audit_record *c, struct str body)
{
    take_parts(c, body);
    take_role(c);
}
