/* session.c: opening and making cases, and performing operations on them. */
#include <sodium.h>
#include "base/sink.h"
#include "case/gate.h"
#include "case/session_internal.h"
#include "sys/clock.h"

enum { PERFORM_TRIES_MAX = 20 };

static struct session *session_new(const struct session_options *o)
{
    struct session *s = mem_new(struct session);

    if (sodium_init() < 0)
        BUG("libsodium does not start");
    s->model = o->model;
    s->is_read_only = o->is_read_only;
    s->ask = o->ask;
    s->scopes = scopes_new();
    s->state = state_new(o->model, s->scopes);
    s->queue_end = &s->queue;
    clock_read(&s->clock);
    pthread_rwlock_init(&s->state_lock, NULL);
    pthread_mutex_init(&s->queue_lock, NULL);
    pthread_cond_init(&s->leader_news, NULL);
    return s;
}

void session_close(struct session *s)
{
    if (!s)
        return;
    state_free(s->state);
    scopes_free(s->scopes);
    signer_stop(s->signer);
    store_close(s->store);
    pthread_mutex_destroy(&s->queue_lock);
    pthread_cond_destroy(&s->leader_news);
    pthread_rwlock_destroy(&s->state_lock);
    free(s);
}

struct store *session_store(struct session *s)
{
    return s->store;
}

struct state *session_state(struct session *s)
{
    return s->state;
}

struct signer *session_signer(struct session *s)
{
    return s->signer;
}

const struct key *session_key(const struct session *s)
{
    return &s->key;
}

struct scopes *session_scopes(struct session *s)
{
    return s->scopes;
}

const struct model *session_model(const struct session *s)
{
    return s->model;
}

bool session_is_read_only(const struct session *s)
{
    return s->is_read_only;
}

bool session_is_newer(const struct session *s)
{
    return store_is_newer(s->store);
}

int session_catch_up(struct session *s, struct err *e)
{
    int rc;

    pthread_rwlock_wrlock(&s->state_lock);
    rc = state_catch_up(s->state, s->store, e);
    if (rc >= 0 && state_size(s->state))
        s->case_id = *state_case_id(s->state);
    pthread_rwlock_unlock(&s->state_lock);
    return rc < 0 ? rc : 0;
}

int session_take(struct session *s, uint64_t first, const struct store_record *records,
                 size_t count, struct err *e)
{
    int rc;

    pthread_rwlock_wrlock(&s->state_lock);
    rc = state_take(s->state, s->store, first, records, count, e);
    if (rc == 0)
        s->case_id = *state_case_id(s->state);
    pthread_rwlock_unlock(&s->state_lock);
    return rc;
}

int session_view(struct session *s, struct view *out, struct err *e)
{
    int rc = session_catch_up(s, e);

    if (rc == 0)
        view_init(out, s->state, s->store, &s->key, utc_now());
    return rc;
}

void decision_begin(struct decision *d, const struct view *v, const struct operation *op,
                    const struct input *in)
{
    *d = (struct decision){.view = v, .op = op, .input = in, .arena = arena_new()};
    d->judged_size = state_size(v->state);
}

int session_draft(struct session *s, struct decision *d, const struct operation *op,
                  const struct input *in, struct err *e)
{
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    decision_begin(d, &v, op, in);
    d->own_view = v;
    d->view = &d->own_view;
    return 0;
}

void decision_release(struct decision *d)
{
    arena_free(d->arena);
    free(d->drafts);
    buf_release(&d->say);
}

int session_scope_grant(struct session *s, struct str scope, const struct key *to, struct err *e)
{
    CLEANUP(buf_wipe) struct buf keys = {0};
    CLEANUP_BUF struct buf sealed = {0};
    struct store_grant grant = {.scope = scope, .key = *to};
    const uint8_t *key;
    int rc = session_may_write(s, e);

    if (rc)
        return rc;
    for (size_t at = 0; (key = scopes_next(s->scopes, scope, &at));)
        if (state_knows_scope_key(s->state, scope, key))
            buf_add(&keys, key, SCOPE_KEY_SIZE);
    if (!keys.len)
        return err_set(e, ERR_DENIED, "the compartment " STR_FMT " is not open to you",
                       STR_ARG(scope));
    rc = signer_seal(to, buf_str(&keys), &sealed, e);
    if (rc)
        return rc;
    grant.sealed = buf_str(&sealed);
    return store_grant_put(s->store, &grant, e);
}

int session_scope_new(struct session *s, struct str scope, struct err *e)
{
    scopes_make(s->scopes, scope);
    return session_scope_grant(s, scope, &s->key, e);
}

/* Asks for the passphrase of a sealed key. */
static int unlock(struct session *s, const struct signer_key *key, struct err *e)
{
    CLEANUP(buf_wipe) struct buf passphrase = {0};
    CLEANUP_BUF struct buf question = {0};
    int rc;

    if (!key->is_sealed)
        return 0;
    if (!s->ask)
        return err_set(e, ERR_DENIED, "your key is sealed with a passphrase");
    sink_terminal(&question, str_of(key->label), false);
    buf_adds(&question, "'s passphrase: ");
    rc = s->ask(buf_text(&question), &passphrase, e);
    return rc ? rc : signer_unlock(s->signer, &key->key, buf_str(&passphrase), e);
}

/* The key to sign with in a case that one is new to: the first there is, else a new one. */
int session_own_key(struct session *s, const char *label, struct key *out, struct err *e)
{
    CLEANUP_FREE struct signer_key *keys = NULL;
    size_t count;
    int rc = signer_list(s->signer, &keys, &count, e);

    if (rc)
        return rc;
    if (count == 0)
        return signer_create(s->signer, label, out, e);
    rc = unlock(s, &keys[0], e);
    if (rc == 0)
        *out = keys[0].key;
    return rc;
}

static int append_first(struct session *s, const struct session_new *n, const struct key *recovery,
                        struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf spelled = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, NULL, NULL, e);

    if (rc)
        return rc;
    dr = decision_add(&d, "case/1");
    draft_value(dr, "name", str_of(n->name));
    draft_public(dr, "format", STR("\"cj/1\""));
    draft_public(dr, "policy", STR("\"standard\""));
    spell_hex(&spelled, s->key.b, sizeof(s->key.b));
    draft_public(dr, "key", str_of(arena_strdup(d.arena, buf_text(&spelled))));
    buf_clear(&spelled);
    spell_hex(&spelled, recovery->b, sizeof(recovery->b));
    draft_public(dr, "recovery", str_of(arena_strdup(d.arena, buf_text(&spelled))));
    return session_append(s, &d, &first, e);
}

int session_append_lead(struct session *s, const char *person, bool names_team_key, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf hex = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, NULL, NULL, e);

    if (rc)
        return rc;
    dr = decision_add(&d, "person/1");
    hex_add(&hex, s->key.b, sizeof(s->key.b));
    draft_value(dr, "name", str_of(person));
    draft_value(dr, "role", STR("lead"));
    draft_value(dr, "key", buf_str(&hex));
    draft_value(dr, "duty", STR("on"));
    if (names_team_key)
        draft_scope_key(&d, dr);
    return session_append(s, &d, &first, e);
}

static int begin_case(struct session *s, struct session_new *n, struct err *e)
{
    struct key recovery;
    int rc = session_own_key(s, n->person, &s->key, e);

    if (rc == 0)
        rc = signer_create_recovery(s->signer, &recovery, n->recovery_seed, e);
    if (rc == 0)
        rc = session_scope_new(s, STR("team"), e);
    if (rc == 0)
        rc = session_scope_grant(s, STR("team"), &recovery, e);
    if (rc == 0)
        rc = append_first(s, n, &recovery, e);
    return rc ? rc : session_append_lead(s, n->person, true, e);
}

int session_create(struct session **out, const char *folder, struct session_new *n,
                   const struct session_options *o, struct err *e)
{
    CLEANUP(session_closep) struct session *s = session_new(o);
    int rc = signer_start(&s->signer, o->key_folder, e);

    if (rc == 0)
        rc = store_create(&s->store, folder, e);
    if (rc == 0)
        rc = begin_case(s, n, e);
    if (rc)
        return rc;
    *out = MOVE(s);
    return 0;
}

struct unseal {
    struct session *s;
    struct signer_key *keys;
    size_t key_count;
};

/* Takes each compartment key that was granted to a key held here. */
static int take_grant(void *context, const struct store_grant *grant, struct err *e)
{
    const struct unseal *u = context;
    CLEANUP(buf_wipe) struct buf key = {0};

    for (size_t i = 0; i < u->key_count; i++) {
        struct err why = {0};

        if (!key_eq(&grant->key, &u->keys[i].key))
            continue;
        if (unlock(u->s, &u->keys[i], &why) ||
            signer_unseal(u->s->signer, &grant->key, grant->sealed, &key, &why))
            return err_set(e, why.code, "%s", why.text);
        u->keys[i].is_sealed = false;
        if (key.len % SCOPE_KEY_SIZE || !key.len || !spell_is_name(grant->scope))
            return err_set(e, ERR_TAMPER, "the key of a compartment is damaged");
        for (size_t k = 0; k < key.len; k += SCOPE_KEY_SIZE)
            scopes_put(u->s->scopes, grant->scope, (const uint8_t *)key.p + k);
        u->s->key = grant->key;
        return 0;
    }
    return 0;
}

static int take_grants(struct session *s, struct err *e)
{
    CLEANUP_FREE struct signer_key *keys = NULL;
    struct unseal u = {.s = s};
    int rc = signer_list(s->signer, &keys, &u.key_count, e);

    u.keys = keys;
    return rc ? rc : store_grants(s->store, take_grant, &u, e);
}

/* A case that cannot be written to is still read: on a full disk, or a medium that only reads, or
 * where a newer calm wrote it. */
static int open_store(struct session *s, const char *folder, struct err *e)
{
    int rc;

    if (!s->is_read_only) {
        rc = store_open(&s->store, folder, STORE_WRITE, &s->why_read_only);
        if (rc == 0)
            return 0;
        if (rc != ERR_FULL && rc != ERR_IO && rc != ERR_NEWER) {
            if (e)
                *e = s->why_read_only;
            return rc;
        }
        s->is_read_only = true;
    }
    rc = store_open(&s->store, folder, STORE_READ, e);
    if (rc && rc != ERR_NEWER && s->why_read_only.code && s->why_read_only.code != ERR_NEWER && e)
        *e = s->why_read_only;
    return rc;
}

int session_open(struct session **out, const char *folder, const struct session_options *o,
                 struct err *e)
{
    CLEANUP(session_closep) struct session *s = session_new(o);
    int rc = open_store(s, folder, e);

    if (rc == 0)
        rc = signer_start(&s->signer, o->key_folder, e);
    if (rc == 0)
        rc = take_grants(s, e);
    if (rc == 0)
        rc = session_catch_up(s, e);
    if (rc)
        return rc;
    *out = MOVE(s);
    return 0;
}

static int check_allowed(const struct view *v, const struct operation *op, struct err *e)
{
    CLEANUP_BUF struct buf roles = {0};

    if (op->is_for_anyone)
        return 0;
    if (!v->person || !v->roles)
        return err_set(e, ERR_DENIED,
                       "you are not on the team of this case. Ask to join: calm team join");
    if (!op->roles || (op->roles & v->roles))
        return 0;
    roles_show(&roles, op->roles);
    return err_set(e, ERR_DENIED,
                   "calm %s is for: %s. A lead can give you the role: calm team role", op->name,
                   buf_text(&roles));
}

static bool is_overridden(const struct operation *op, const struct input *in)
{
    return in->values[op->field_count + COMMON_OVERRIDE].len > 0;
}

static int check_gate(const struct view *v, const struct operation *op, const struct input *in,
                      struct err *e)
{
    const struct thing *target = NULL;
    size_t len;
    int rc;

    if (op->field_count && op->fields[0].type == FIELD_REF)
        target = input_thing(v, op, in, op->fields[0].name);
    rc = gate_check(v, op->gate, target, e);
    if (rc != ERR_GATE)
        return rc;
    if (is_overridden(op, in))
        return 0;
    if (e) {
        len = strlen(e->text);
        snprintf(e->text + len, sizeof(e->text) - len,
                 "\nOr go on all the same: --override \"why\" (it stands in the report)");
    }
    return rc;
}

/* "r17  problem raised: p2 the shop is down" */
static void tell_record(const struct view *v, uint64_t seq, const char *other, struct answer *a,
                        struct json *j)
{
    const struct record *r = state_record(v->state, seq);
    CLEANUP_BUF struct buf line = {0};
    const char *words = other          ? other
                        : !r->kind     ? state_type(v->state, r)
                        : r->is_change ? r->kind->change_words
                                       : r->kind->words;

    if (a->wants_json) {
        json_object_begin(j);
        json_put_u64(j, "record", seq);
        json_put_text(j, "type", state_type(v->state, r));
        json_put_hex(j, "id", r->id.b, sizeof(r->id.b));
        if (r->thing) {
            view_call(&line, r->thing);
            json_put_str(j, "call", buf_str(&line));
        }
        json_object_end(j);
        return;
    }
    buf_addf(&line, "r%-4llu %s", (unsigned long long)seq, words);
    if (r->thing) {
        buf_adds(&line, ": ");
        view_name(v, r->thing, &line);
    }
    sink_terminal(&a->text, utf8_head_columns(buf_str(&line), a->columns), false);
    buf_addc(&a->text, '\n');
}

static void tell_more(const struct view *v, uint64_t first, struct str say, struct answer *a)
{
    const struct record *r = say.len ? state_record(v->state, first) : NULL;
    CLEANUP_BUF struct buf text = {0};

    while (say.len) {
        if (r->thing && str_take(&say, "{call}"))
            view_call(&text, r->thing);
        else if (str_take(&say, "{record}"))
            buf_addf(&text, "r%llu", (unsigned long long)first);
        else {
            buf_addc(&text, *say.p);
            say = str_from(say, 1);
        }
    }
    sink_terminal(&a->text, buf_str(&text), true);
}

void session_tell(struct session *s, const struct decision *d, uint64_t first, struct answer *a)
{
    struct json j;
    struct view v;

    pthread_rwlock_rdlock(&s->state_lock);
    view_init(&v, s->state, s->store, &s->key, utc_now());
    json_begin(&j, &a->json);
    if (a->wants_json)
        json_array_begin(&j);
    for (size_t i = 0; i < d->draft_count; i++)
        tell_record(&v, first + i, i == 0 ? d->words : NULL, a, &j);
    if (a->wants_json)
        json_array_end(&j);
    else
        tell_more(&v, first, buf_str(&d->say), a);
    pthread_rwlock_unlock(&s->state_lock);
}

/* One try of a change, decided on the state that is in memory. ERR_CONFLICT: look again. */
static int try_change(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct view v;
    uint64_t first;
    int rc;

    pthread_rwlock_rdlock(&s->state_lock);
    view_init(&v, s->state, s->store, &s->key, utc_now());
    decision_begin(&d, &v, op, in);
    rc = check_allowed(&v, op, e);
    if (rc == 0)
        rc = check_gate(&v, op, in, e);
    if (rc == 0)
        rc = op->decide(&d, e);
    pthread_rwlock_unlock(&s->state_lock);
    if (rc == 0)
        rc = session_append(s, &d, &first, e);
    if (rc == 0)
        session_tell(s, &d, first, a);
    return rc;
}

static uint64_t size_now(struct session *s)
{
    uint64_t size;

    pthread_rwlock_rdlock(&s->state_lock);
    size = state_size(s->state);
    pthread_rwlock_unlock(&s->state_lock);
    return size;
}

/* A refusal that came of what was there, and somebody else wrote since: they may have given the
 * role, opened the gate, or made what was named. */
static bool is_of_old_state(struct session *s, int rc, uint64_t judged)
{
    if (rc != ERR_DENIED && rc != ERR_GATE && rc != ERR_NOTFOUND && rc != ERR_USAGE)
        return false;
    return session_catch_up(s, NULL) == 0 && size_now(s) != judged;
}

/* What is in memory was read when the session was opened, or by its last write; whoever writes
 * reads what others wrote first, and sends back a decision that was overtaken. */
static int perform_change(struct session *s, const struct operation *op, const struct input *in,
                          struct answer *a, struct err *e)
{
    int rc = ERR_CONFLICT;

    for (int i = 0; rc == ERR_CONFLICT && i < PERFORM_TRIES_MAX; i++) {
        uint64_t judged = size_now(s);

        rc = try_change(s, op, in, a, e);
        if (rc && i + 1 < PERFORM_TRIES_MAX && is_of_old_state(s, rc, judged))
            rc = ERR_CONFLICT;
    }
    return rc;
}

int session_perform(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    struct view v;
    int rc;

    if (op->type == OP_CHANGE)
        return perform_change(s, op, in, a, e);
    rc = session_view(s, &v, e);
    if (rc == 0)
        rc = check_allowed(&v, op, e);
    if (rc)
        return rc;
    if (op->type == OP_QUERY)
        return op->query(&v, op, in, a, e);
    if (op->records && !op->works_read_only)
        rc = session_may_write(s, e);
    if (rc == 0)
        rc = check_gate(&v, op, in, e);
    return rc ? rc : op->job(s, op, in, a, e);
}
