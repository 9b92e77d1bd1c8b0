/* commit.c: drafts become signed statements and durable records; many at once share one write. */
#include <errno.h>
#include <semaphore.h>
#include "base/limits.h"
#include "case/session_internal.h"

enum { BATCH_MAX = 256, TRIES_MAX = 100 };

/* One caller's records on their way into the journal. */
struct request {
    struct request *next;
    const struct draft *drafts;
    size_t count;
    uint64_t judged_size; /* of the journal, when it was decided */
    bool is_independent;
    sem_t done; /* posted once, where another writes for this one */
    int rc;
    uint64_t first;
    struct err e;
};

/* The records of one write, side by side. */
struct batch {
    struct arena *arena;
    struct buf *heads;   /* statements without signature */
    struct buf *signed_; /* what the signature covers */
    struct buf *openings;
    struct sig *sigs;
    struct buf *lines;
    size_t count;
};

static void batch_free(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        buf_release(&b->heads[i]);
        buf_release(&b->signed_[i]);
        buf_release(&b->openings[i]);
        buf_release(&b->lines[i]);
    }
    arena_free(b->arena);
}

static void batch_init(struct batch *b, size_t count)
{
    b->arena = arena_new();
    b->count = count;
    b->heads = arena_alloc(b->arena, count * sizeof(struct buf));
    b->signed_ = arena_alloc(b->arena, count * sizeof(struct buf));
    b->openings = arena_alloc(b->arena, count * sizeof(struct buf));
    b->lines = arena_alloc(b->arena, count * sizeof(struct buf));
    b->sigs = arena_alloc(b->arena, count * sizeof(struct sig));
}

static int compare_values(const void *a, const void *b)
{
    const struct draft_value *const *x = a;
    const struct draft_value *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* Pointers to the values in the order of their names, as the journal wants them. */
static void sort_values(const struct draft_value **out, const struct draft_value *values,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = &values[i];
    qsort(out, count, sizeof(out[0]), compare_values);
}

/* The thing that a draft changes; NULL when it makes one, or none. */
static const struct thing *draft_target(const struct state *s, const struct draft *dr)
{
    bool is_change = false;
    const struct kind *kind = model_type(state_model(s), str_of(dr->type), &is_change);

    for (size_t i = 0; kind && is_change && i < dr->ref_count; i++) {
        const struct thing *t = state_thing_by_id(s, &dr->refs[i]);

        if (t && t->kind == kind)
            return t;
    }
    return NULL;
}

/* Under which label and in which compartment a record is written. A change is never told to more
 * people than the thing that it changes. */
struct reach {
    enum tlp tlp;
    char scope[LIMIT_NAME_SIZE + 1];
};

static struct reach draft_reach(const struct state *s, const struct draft *dr)
{
    const struct thing *t = draft_target(s, dr);
    struct reach r = {.tlp = dr->tlp};

    memcpy(r.scope, dr->scope.p, dr->scope.len);
    if (t && t->tlp > r.tlp)
        r.tlp = t->tlp;
    if (t && str_is(dr->scope, "team"))
        snprintf(r.scope, sizeof(r.scope), "%s", state_scope(s, state_record(s, t->seq)));
    return r;
}

static int seal_values(struct session *s, const struct draft *dr, const char *scope,
                       struct draft_field *fields, struct buf *openings, struct err *e)
{
    const struct draft_value *values[DRAFT_VALUES_MAX];
    const uint8_t *key;
    int rc = state_seal_key(s->state, str_of(scope), &key, e);

    if (rc)
        return rc;
    sort_values(values, dr->values, dr->value_count);
    for (size_t i = 0; i < dr->value_count; i++) {
        struct str value = values[i]->value;
        struct salt salt;

        if (value.len > LIMIT_VALUE_SIZE)
            return err_set(e, ERR_LIMIT, "%s has %zu bytes; the most is %d", values[i]->name,
                           value.len, (int)LIMIT_VALUE_SIZE);
        random_bytes(salt.b, sizeof(salt.b));
        fields[i].name = values[i]->name;
        fields[i].commitment =
            field_commitment(&s->case_id, &dr->id, str_of(values[i]->name), &salt, value);
        opening_seal(openings, key, &s->case_id, &dr->id, str_of(values[i]->name), &salt, value);
    }
    return 0;
}

static int write_statement(struct session *s, const struct draft *dr, struct batch *b, size_t i,
                           struct err *e)
{
    const struct draft_value *sorted[DRAFT_PUBLICS_MAX];
    struct draft_public publics[DRAFT_PUBLICS_MAX];
    struct draft_field fields[DRAFT_VALUES_MAX];
    struct reach reach = draft_reach(s->state, dr);
    struct statement_draft d;
    int rc = seal_values(s, dr, reach.scope, fields, &b->openings[i], e);

    if (rc)
        return rc;
    sort_values(sorted, dr->publics, dr->public_count);
    for (size_t k = 0; k < dr->public_count; k++)
        publics[k] = (struct draft_public){sorted[k]->name, sorted[k]->value};
    clock_read_on(&s->clock);
    d = (struct statement_draft){.id = dr->id,
                                 .case_id = s->case_id,
                                 .seen_size = state_size(s->state),
                                 .seen_head = state_head(s->state),
                                 .time = s->clock.time,
                                 .boot = s->clock.boot,
                                 .mono_ns = s->clock.mono_ns,
                                 .clock = s->clock.clock,
                                 .by = s->key,
                                 .type = dr->type,
                                 .tlp = tlp_names[reach.tlp],
                                 .scope = reach.scope,
                                 .publics = publics,
                                 .public_count = dr->public_count,
                                 .fields = fields,
                                 .field_count = dr->value_count,
                                 .refs = dr->refs,
                                 .ref_count = dr->ref_count};
    statement_write_head(&b->heads[i], &d);
    statement_signed_bytes(&b->signed_[i], buf_str(&b->heads[i]));
    return 0;
}

static int sign_batch(struct session *s, struct batch *b, struct err *e)
{
    struct str *messages = arena_alloc(b->arena, b->count * sizeof(messages[0]));

    for (size_t i = 0; i < b->count; i++)
        messages[i] = buf_str(&b->signed_[i]);
    return signer_sign(s->signer, &s->key, messages, b->count, b->sigs, e);
}

static int write_lines(struct session *s, struct batch *b, struct err *e)
{
    struct hash prev = state_head(s->state);
    uint64_t seq = state_size(s->state);

    for (size_t i = 0; i < b->count; i++) {
        CLEANUP_BUF struct buf statement = {0};
        int rc;

        statement_finish(&statement, buf_str(&b->heads[i]), &b->sigs[i]);
        rc = entry_write(&b->lines[i], &s->case_id, seq + i, &prev, 0, utc_now(),
                         buf_str(&statement), e);
        if (rc)
            return rc;
        prev = hash_leaf(buf_str(&b->lines[i]));
    }
    return 0;
}

static int write_batch(struct session *s, struct request *const *requests, size_t request_count,
                       struct batch *b, struct err *e)
{
    size_t at = 0;
    int rc = 0;

    for (size_t r = 0; r < request_count && rc == 0; r++) {
        requests[r]->first = state_size(s->state) + at;
        for (size_t i = 0; i < requests[r]->count && rc == 0; i++)
            rc = write_statement(s, &requests[r]->drafts[i], b, at++, e);
    }
    if (rc == 0)
        rc = sign_batch(s, b, e);
    return rc ? rc : write_lines(s, b, e);
}

/* Writes the drafts of some requests as one transaction behind the present end of the journal. */
static int commit_once(struct session *s, struct request *const *requests, size_t request_count,
                       size_t draft_count, struct err *e)
{
    CLEANUP(batch_free) struct batch b = {0};
    struct store_record *records;
    uint64_t size;
    int rc;

    batch_init(&b, draft_count);
    pthread_rwlock_rdlock(&s->state_lock); /* another thread may take a view, and so catch up */
    size = state_size(s->state);
    rc = write_batch(s, requests, request_count, &b, e);
    pthread_rwlock_unlock(&s->state_lock);
    if (rc)
        return rc;
    records = arena_alloc(b.arena, draft_count * sizeof(records[0]));
    for (size_t i = 0; i < draft_count; i++)
        records[i] = (struct store_record){buf_str(&b.lines[i]), buf_str(&b.openings[i])};
    rc = store_append(s->store, size, records, draft_count, e);
    return rc ? rc : session_take(s, size, records, draft_count, e);
}

/* Drops from the batch those that were judged by an older journal and must look again. */
static size_t keep_valid(struct session *s, struct request **requests, size_t count,
                         size_t *draft_count)
{
    uint64_t size = state_size(s->state);
    size_t kept = 0;

    *draft_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct request *r = requests[i];

        if (!r->is_independent && (r->judged_size != size || kept)) {
            r->rc = err_set(&r->e, ERR_CONFLICT, "someone else wrote meanwhile: look again");
            continue;
        }
        requests[kept++] = r;
        *draft_count += r->count;
    }
    return kept;
}

/* Whoever was taken off the team meanwhile must not sign: such a record would spoil the journal.
 * The recovery key is never on it, and signs what the journal lets it. */
static int check_power(const struct session *s, struct err *e)
{
    const struct keyring *k = state_keyring(s->state);
    const struct key *recovery = keyring_recovery(k);

    if (state_size(s->state) == 0 || keyring_power(k, &s->key) != POWER_NONE ||
        (recovery && key_eq(recovery, &s->key)))
        return 0;
    return err_set(e, ERR_DENIED, "you are not on the team of this case any more");
}

/* The journal must never hold a record that its signer lacked the power for: no checker would
 * accept what follows it. */
static int check_draft_power(const struct session *s, const struct draft *dr, struct err *e)
{
    static const char *const types[] = {"enrol/1", "revoke/1", "hold/1"};
    const struct keyring *k = state_keyring(s->state);
    const struct key *recovery = keyring_recovery(k);
    enum key_power power = keyring_power(k, &s->key);
    bool is_leads = false;

    for (size_t i = 0; i < COUNT_OF(types); i++)
        is_leads |= strcmp(dr->type, types[i]) == 0;
    if (!is_leads || power == POWER_LEAD || (recovery && key_eq(recovery, &s->key)))
        return 0;
    return err_set(e, ERR_DENIED,
                   "your key does not have the power of a lead. A lead gives it with calm team "
                   "role NAME --role lead");
}

/* Sends away requests that may not be written; the others go on. */
static size_t keep_powered(struct session *s, struct request **requests, size_t count,
                           size_t *draft_count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct request *r = requests[i];

        r->rc = 0;
        for (size_t k = 0; k < r->count && r->rc == 0; k++)
            r->rc = check_draft_power(s, &r->drafts[k], &r->e);
        if (r->rc)
            *draft_count -= r->count;
        else
            requests[kept++] = r;
    }
    return kept;
}

/* What is wrong with one request must not fail those that happened to come with it. */
static bool is_of_one(int rc)
{
    return rc && rc != ERR_CONFLICT && rc != ERR_IO && rc != ERR_FULL;
}

static void commit_batch(struct session *s, struct request **requests, size_t count)
{
    size_t draft_count;
    struct err e = {0};
    int rc = ERR_CONFLICT;

    /* Nobody else wrote, mostly, and the store says so when somebody did. */
    for (int tries = 0; rc == ERR_CONFLICT && tries < TRIES_MAX; tries++) {
        rc = tries ? session_catch_up(s, &e) : 0;
        if (rc == 0)
            rc = check_power(s, &e);
        if (rc)
            break;
        count = keep_valid(s, requests, count, &draft_count);
        count = keep_powered(s, requests, count, &draft_count);
        if (count == 0)
            return;
        rc = commit_once(s, requests, count, draft_count, &e);
    }
    if (is_of_one(rc) && count > 1) {
        for (size_t i = 0; i < count; i++)
            commit_batch(s, &requests[i], 1);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        requests[i]->rc = rc;
        requests[i]->e = e;
    }
}

static size_t take_requests(struct session *s, struct request **out)
{
    size_t drafts = 0;
    size_t count = 0;

    while (s->queue && count < BATCH_MAX && (count == 0 || drafts + s->queue->count <= BATCH_MAX)) {
        drafts += s->queue->count;
        out[count++] = s->queue;
        s->queue = s->queue->next;
    }
    if (!s->queue)
        s->queue_end = &s->queue;
    return count;
}

/* Whoever finds nobody writing writes for all that wait, until the queue is empty. */
static void lead_queue(struct session *s, const struct request *own)
{
    struct request *requests[BATCH_MAX];
    struct request *kept[BATCH_MAX];
    size_t count;

    s->is_led = true;
    while ((count = take_requests(s, requests))) {
        pthread_mutex_unlock(&s->queue_lock);
        memcpy(kept, requests, count * sizeof(kept[0]));
        commit_batch(s, kept, count);
        for (size_t i = 0; i < count; i++)
            if (requests[i] != own)
                sem_post(&requests[i]->done); /* which may be gone at once */
        pthread_mutex_lock(&s->queue_lock);
    }
    s->is_led = false;
}

/* The disk failed or is full: how to go on without losing anything. */
static void say_continue(const struct session *s, struct err *e)
{
    size_t len = strlen(e->text);

    snprintf(e->text + len, sizeof(e->text) - len,
             "\nWhat was acknowledged before is safe; this was not written. Write on paper, with "
             "times, and enter it later with --at. To go on, on another medium: calm continue %s "
             "/media/STICK/NAME.calm",
             store_folder(s->store));
}

int session_append(struct session *s, struct decision *d, uint64_t *first, struct err *e)
{
    struct request r = {.drafts = d->drafts,
                        .count = d->draft_count,
                        .judged_size = d->judged_size,
                        .is_independent = d->is_independent};
    bool is_led;

    if (s->is_read_only && s->why_read_only.code) {
        if (e) {
            *e = s->why_read_only;
            say_continue(s, e);
        }
        return s->why_read_only.code;
    }
    if (s->is_read_only)
        return err_set(e, ERR_DENIED, "this case is open for reading only");
    if (d->draft_count == 0)
        BUG("nothing to append");
    sem_init(&r.done, 0, 0);
    pthread_mutex_lock(&s->queue_lock);
    *s->queue_end = &r;
    s->queue_end = &r.next;
    is_led = s->is_led;
    if (!is_led)
        lead_queue(s, &r);
    pthread_mutex_unlock(&s->queue_lock);
    while (is_led && sem_wait(&r.done) < 0 && errno == EINTR)
        continue;
    sem_destroy(&r.done);
    if (r.rc && e)
        *e = r.e;
    if ((r.rc == ERR_IO || r.rc == ERR_FULL) && e)
        say_continue(s, e);
    if (r.rc == 0)
        *first = r.first;
    return r.rc;
}
