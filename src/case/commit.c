/* commit.c: drafts become signed statements and durable records; many at once share one write. */
#include <errno.h>
#include <semaphore.h>
#include "case/session_internal.h"

enum { BATCH_MAX = 256, FEW_REQUESTS = 8, TRIES_MAX = 100 };

/* One caller's records on their way into the journal. */
struct request {
    struct request *next;
    const struct draft *drafts;
    struct prepared *prepared; /* one for each draft */
    size_t count;
    uint64_t judged_size; /* of the journal, when it was decided */
    bool is_independent;
    bool is_leader;           /* it is to write for all that wait */
    sem_t turn;               /* posted once: it leads, or it has been dealt with */
    struct request *wakes[2]; /* whom it tells that they were dealt with */
    int rc;
    uint64_t first;
    struct err e;
};

/* Requests that share one write, in their order. */
struct batch {
    struct request *requests[BATCH_MAX];
    size_t count;
    size_t draft_count;
};

static void refuse(struct request *r, int rc, const struct err *e)
{
    r->rc = rc;
    r->e = *e;
}

static bool is_refused(const struct request *r)
{
    return r->rc != 0;
}

/* The statements of those requests that are not refused, in order; returns how many. */
static size_t list_prepared(struct request *const *requests, size_t count, struct prepared **out)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; !is_refused(requests[i]) && k < requests[i]->count; k++)
            out[n++] = &requests[i]->prepared[k];
    return n;
}

/* Writes a request's statements, but for their signatures. What is wrong with one request must not
 * fail those that happen to come with it. The state is locked by the caller: another thread may
 * take a view, and so catch up. */
static void prepare_request(struct session *s, struct request *r)
{
    r->rc = 0;
    for (size_t k = 0; k < r->count && r->rc == 0; k++)
        r->rc = prepare_draft(s, &r->drafts[k], &r->prepared[k], &r->e);
}

static void sign_requests(struct session *s, struct request *const *requests, size_t count)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct prepared **list;
    struct err e = {0};
    size_t drafts = 0;
    int rc;

    for (size_t i = 0; i < count; i++)
        drafts += requests[i]->count;
    list = arena_alloc(arena, drafts * sizeof(list[0]));
    drafts = list_prepared(requests, count, list);
    rc = drafts ? prepared_sign(s, list, drafts, &e) : 0;
    for (size_t i = 0; rc && i < count; i++)
        if (!is_refused(requests[i]))
            refuse(requests[i], rc, &e);
}

/* At most half of all requests share a batch: else one that holds nearly all is followed by one of
 * those few that came late, over and over, and nothing is signed while the large one is written. */
static bool has_room(const struct session *s, const struct batch *b)
{
    return b->count < BATCH_MAX && b->count < (s->request_count + 1) / 2 &&
           (b->count == 0 || b->draft_count + s->queue->count <= BATCH_MAX);
}

/* Whether it is worth the signer's while: a fourth of all, where they are few. */
static bool is_enough(const struct session *s, const struct batch *b)
{
    size_t few = s->request_count / 4 < FEW_REQUESTS ? s->request_count / 4 : FEW_REQUESTS;

    return s->queue && has_room(s, b) && s->queue_count >= few;
}

/* Takes what waits into the batch, as far as there is room; returns how many. */
static size_t take(struct session *s, struct batch *b)
{
    size_t before = b->count;

    while (s->queue && has_room(s, b)) {
        b->requests[b->count++] = s->queue;
        b->draft_count += s->queue->count;
        s->queue = s->queue->next;
        s->queue_count--;
    }
    if (!s->queue)
        s->queue_end = &s->queue;
    return b->count - before;
}

/* Gathers a batch and has it signed while the one before is being written; returns when it is this
 * one's turn to be. */
static void gather(struct session *s, struct batch *b)
{
    for (;;) {
        size_t taken;

        pthread_mutex_lock(&s->queue_lock);
        while (s->is_writing && !is_enough(s, b))
            pthread_cond_wait(&s->leader_news, &s->queue_lock);
        taken = take(s, b);
        if (taken == 0)
            s->is_writing = true;
        pthread_mutex_unlock(&s->queue_lock);
        if (taken == 0)
            return;
        sign_requests(s, b->requests + b->count - taken, taken);
    }
}

/* Those that were judged by an older journal must look again. */
static bool is_overtaken(const struct request *r, uint64_t size, bool is_first)
{
    return !r->is_independent && (r->judged_size != size || !is_first);
}

static bool request_stands(const struct session *s, const struct request *r)
{
    if (is_refused(r))
        return false;
    for (size_t k = 0; k < r->count; k++)
        if (!prepared_stands(s, &r->drafts[k], &r->prepared[k]))
            return false;
    return true;
}

/* Drops those that were overtaken, and prepares again what no longer holds. A refusal may have come
 * of an old state. */
static void renew(struct session *s, struct batch *b)
{
    struct request *again[BATCH_MAX];
    size_t again_count = 0;
    size_t kept = 0;
    struct err e = {0};
    int conflict = err_set(&e, ERR_CONFLICT, "someone else wrote meanwhile: look again");

    pthread_rwlock_rdlock(&s->state_lock);
    for (size_t i = 0; i < b->count; i++) {
        struct request *r = b->requests[i];

        if (is_overtaken(r, state_size(s->state), kept == 0)) {
            refuse(r, conflict, &e);
            continue;
        }
        kept++;
        if (!request_stands(s, r)) {
            prepare_request(s, r);
            again[again_count++] = r;
        }
    }
    pthread_rwlock_unlock(&s->state_lock);
    if (again_count)
        sign_requests(s, again, again_count);
}

/* The lines behind the present end of the journal; ERR_CONFLICT where that has moved on. */
static int write_lines(struct session *s, const struct batch *b, struct buf *lines,
                       struct store_record *records, uint64_t *first, struct err *e)
{
    struct hash prev = state_head(s->state);
    uint64_t seq = state_size(s->state);
    size_t at = 0;

    *first = seq;
    for (size_t i = 0; i < b->count; i++) {
        struct request *r = b->requests[i];

        if (is_refused(r))
            continue;
        if (is_overtaken(r, seq, at == 0) || !request_stands(s, r))
            return ERR_CONFLICT;
        r->first = seq + at;
        for (size_t k = 0; k < r->count; k++, at++) {
            const struct prepared *p = &r->prepared[k];
            CLEANUP_BUF struct buf statement = {0};
            int rc;

            statement_finish(&statement, buf_str(&p->head), &p->sig);
            rc = entry_write(&lines[at], &s->case_id, seq + at, &prev, 0, utc_now(),
                             buf_str(&statement), e);
            if (rc)
                return rc;
            prev = hash_leaf(buf_str(&lines[at]));
            records[at] = (struct store_record){buf_str(&lines[at]), buf_str(&p->openings)};
        }
    }
    return 0;
}

/* Writes what is not refused as one transaction behind the present end of the journal. */
static int write_batch(struct session *s, const struct batch *b, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct buf *lines = arena_alloc(arena, b->draft_count * sizeof(lines[0]));
    struct store_record *records = arena_alloc(arena, b->draft_count * sizeof(records[0]));
    size_t count = 0;
    uint64_t first;
    int rc;

    for (size_t i = 0; i < b->count; i++)
        if (!is_refused(b->requests[i]))
            count += b->requests[i]->count;
    if (count == 0)
        return 0;
    pthread_rwlock_rdlock(&s->state_lock);
    rc = write_lines(s, b, lines, records, &first, e);
    pthread_rwlock_unlock(&s->state_lock);
    if (rc == 0)
        rc = store_append(s->store, first, records, count, e);
    if (rc == 0)
        rc = session_take(s, first, records, count, e);
    for (size_t i = 0; i < count; i++)
        buf_release(&lines[i]);
    return rc;
}

static bool has_refused(const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (is_refused(b->requests[i]))
            return true;
    return false;
}

static void commit_batch(struct session *s, struct batch *b);

static void commit_each(struct session *s, const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        struct batch one = {{b->requests[i]}, 1, b->requests[i]->count};

        if (!is_refused(b->requests[i]))
            commit_batch(s, &one);
    }
}

static void commit_batch(struct session *s, struct batch *b)
{
    struct err e = {0};
    int rc = ERR_CONFLICT;

    /* Nobody else wrote, mostly, and the store says so when somebody did. */
    for (int tries = 0; rc == ERR_CONFLICT && tries < TRIES_MAX; tries++) {
        rc = tries || has_refused(b) ? session_catch_up(s, &e) : 0;
        if (rc == 0)
            renew(s, b);
        if (rc == 0)
            rc = write_batch(s, b, &e);
    }
    if (rc && rc != ERR_CONFLICT && rc != ERR_IO && rc != ERR_FULL && b->count > 1) {
        commit_each(s, b);
        return;
    }
    for (size_t i = 0; rc && i < b->count; i++)
        if (!is_refused(b->requests[i]))
            refuse(b->requests[i], rc, &e);
}

/* The next that waits leads; while there is none, whoever comes. */
static void hand_over(struct session *s)
{
    pthread_mutex_lock(&s->queue_lock);
    s->is_led = s->queue != NULL;
    if (s->queue) {
        s->queue->is_leader = true;
        sem_post(&s->queue->turn);
    }
    pthread_mutex_unlock(&s->queue_lock);
}

static void wake(struct request *const list[2])
{
    for (size_t i = 0; i < 2; i++)
        if (list[i])
            sem_post(&list[i]->turn); /* which may be gone at once */
}

/* Those that were dealt with wake each other, two each: the one that wrote for them would be busy
 * with it for as long as the next takes to be written. */
static void wake_all(const struct batch *b, const struct request *own)
{
    struct request *list[BATCH_MAX + 2] = {NULL}; /* 1 and 2 are woken here, 2i+1 and 2i+2 by i */
    size_t n = 1;

    for (size_t i = 0; i < b->count; i++)
        if (b->requests[i] != own)
            list[n++] = b->requests[i];
    for (size_t i = 1; i < n; i++)
        for (size_t k = 0; k < 2; k++)
            list[i]->wakes[k] = 2 * i + 1 + k < n ? list[2 * i + 1 + k] : NULL;
    wake(&list[1]);
}

/* Writes for all that wait, own being the first of them. While the batch before is being written
 * this one gathers and has it signed. */
static void lead(struct session *s, const struct request *own)
{
    struct batch b = {.count = 0};

    gather(s, &b);
    hand_over(s);
    commit_batch(s, &b);
    pthread_mutex_lock(&s->queue_lock);
    s->is_writing = false;
    s->request_count -= b.count;
    pthread_cond_signal(&s->leader_news);
    pthread_mutex_unlock(&s->queue_lock);
    wake_all(&b, own);
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

int session_may_write(const struct session *s, struct err *e)
{
    const struct err *why = &s->why_read_only;

    if (!s->is_read_only)
        return 0;
    if (session_is_newer(s))
        return err_set(e, ERR_NEWER,
                       "this case was written by a newer calm; reading only. Nothing was changed; "
                       "to change it, use the newer calm");
    if (!why->code)
        return err_set(e, ERR_DENIED, "this case is open for reading only");
    if (e) {
        *e = *why;
        say_continue(s, e);
    }
    return why->code;
}

int session_append(struct session *s, struct decision *d, uint64_t *first, struct err *e)
{
    struct request r = {.drafts = d->drafts,
                        .count = d->draft_count,
                        .judged_size = d->judged_size,
                        .is_independent = d->is_independent};
    bool is_led;

    if (s->is_read_only)
        return session_may_write(s, e);
    if (d->draft_count == 0)
        BUG("nothing to append");
    sem_init(&r.turn, 0, 0);
    r.prepared = mem_array(r.count, sizeof(r.prepared[0]));
    pthread_rwlock_rdlock(&s->state_lock); /* each writer does this for itself, on any processor */
    prepare_request(s, &r);
    pthread_rwlock_unlock(&s->state_lock);
    pthread_mutex_lock(&s->queue_lock);
    *s->queue_end = &r;
    s->queue_end = &r.next;
    s->request_count++;
    s->queue_count++;
    pthread_cond_signal(&s->leader_news);
    is_led = s->is_led;
    s->is_led = true;
    pthread_mutex_unlock(&s->queue_lock);
    while (is_led && sem_wait(&r.turn) < 0 && errno == EINTR)
        continue;
    if (!is_led || r.is_leader)
        lead(s, &r);
    else
        wake(r.wakes);
    sem_destroy(&r.turn);
    for (size_t i = 0; i < r.count; i++)
        prepared_release(&r.prepared[i]);
    free(r.prepared);
    if (r.rc && e)
        *e = r.e;
    if ((r.rc == ERR_IO || r.rc == ERR_FULL) && e)
        say_continue(s, e);
    if (r.rc == 0)
        *first = r.first;
    return r.rc;
}
