/* merge.c: brings another copy of the case into this one (doc/format/journal.md §10). */
#include "base/limits.h"
#include "case/session_internal.h"
#include "sys/clock.h"

enum { SKIP_RUNS_MAX = 2000 };

/* What is being put together. */
struct joining {
    struct session *s;
    const struct merge_copy *copy;
    struct merge_result *result;
    struct buf skip; /* spelled: [b,a,k,…] */
    size_t skip_runs;
    struct entry *entries; /* of the copy, from the fork on */
    bool *is_known;
    struct tree tree; /* of the whole copy */
    struct hash head;
};

struct common {
    const struct merge_copy *copy;
    uint64_t size;
};

static int count_common(void *context, uint64_t seq, struct str line, struct str openings,
                        struct err *e)
{
    struct common *c = context;

    (void)openings;
    (void)e;
    if (seq >= c->copy->count || !str_eq(line, c->copy->lines[seq]))
        return 1;
    c->size = seq + 1;
    return 0;
}

static int find_fork(struct joining *j, struct err *e)
{
    struct common c = {.copy = j->copy};
    int rc = store_read(j->s->store, 0, state_size(j->s->state), false, count_common, &c, e);

    if (rc < 0)
        return rc;
    if (c.size == 0)
        return err_set(e, ERR_USAGE,
                       "that is another case: it does not begin with the same record");
    j->result->fork = c.size;
    return 0;
}

/* The record of ours that holds the same statement, and was first written at the same time;
 * UINT64_MAX for none. */
static int find_known(struct joining *j, const struct entry *theirs, uint64_t *ours, struct err *e);

struct same {
    const struct entry *theirs;
    bool is_same;
};

static int compare_line(void *context, uint64_t seq, struct str line, struct str openings,
                        struct err *e)
{
    struct same *s = context;
    struct entry ours;
    int rc = entry_read(&ours, line, e);

    (void)seq;
    (void)openings;
    if (rc == 0)
        s->is_same = str_eq(ours.statement.text, s->theirs->statement.text) &&
                     ours.epoch == s->theirs->epoch && utc_cmp(ours.logged, s->theirs->logged) == 0;
    return rc;
}

static int find_known(struct joining *j, const struct entry *theirs, uint64_t *ours, struct err *e)
{
    struct same same = {.theirs = theirs};
    int rc;

    *ours = UINT64_MAX;
    if (!state_find_id(j->s->state, &theirs->statement.id, ours))
        return 0;
    rc = store_read(j->s->store, *ours, *ours + 1, false, compare_line, &same, e);
    if (rc == 0 && !same.is_same)
        return err_set(e, ERR_TAMPER, "the copy has another record under the id of our record %llu",
                       (unsigned long long)*ours);
    return rc;
}

/* Adds a known record to the last run of the skip list, or begins a run. */
static int add_known(struct joining *j, uint64_t theirs, uint64_t ours, uint64_t run[3],
                     struct err *e)
{
    if (run[2] && run[0] + run[2] == theirs && run[1] + run[2] == ours) {
        run[2]++;
        return 0;
    }
    if (run[2])
        buf_addf(&j->skip, "%s%llu,%llu,%llu", j->skip_runs++ ? "," : "",
                 (unsigned long long)run[0], (unsigned long long)run[1],
                 (unsigned long long)run[2]);
    run[0] = theirs;
    run[1] = ours;
    run[2] = ours == UINT64_MAX ? 0 : 1;
    if (j->skip_runs > SKIP_RUNS_MAX)
        return err_set(e, ERR_LIMIT, "the two copies were merged criss-cross too often");
    return 0;
}

static int read_copy(struct joining *j, struct err *e)
{
    uint64_t fork = j->result->fork;
    uint64_t run[3] = {0};

    buf_addc(&j->skip, '[');
    tree_init(&j->tree);
    for (uint64_t b = 0; b < j->copy->count; b++) {
        struct entry *entry = b >= fork ? &j->entries[b - fork] : NULL;
        uint64_t ours;
        int rc = 0;

        j->head = hash_leaf(j->copy->lines[b]);
        tree_append(&j->tree, &j->head);
        if (!entry)
            continue;
        rc = entry_read(entry, j->copy->lines[b], e);
        if (rc == 0)
            rc = find_known(j, entry, &ours, e);
        if (rc)
            return rc;
        if (ours == UINT64_MAX) {
            j->result->added++;
            continue;
        }
        j->is_known[b - fork] = true;
        j->result->known++;
        rc = add_known(j, b, ours, run, e);
        if (rc)
            return rc;
    }
    (void)add_known(j, UINT64_MAX, UINT64_MAX, run, NULL);
    buf_addc(&j->skip, ']');
    return 0;
}

/* Keeps only the sealed values that open to what was signed, where the key is held; those of other
 * compartments are taken unseen. */
static void filter_openings(struct joining *j, const struct entry *entry, struct str openings,
                            struct buf *out)
{
    const struct statement *st = &entry->statement;
    bool is_held = scopes_holds(j->s->scopes, st->scope);
    struct sealed_opening o;
    struct str before = openings;

    while (sealed_next(&openings, &o)) {
        struct str item = str_head(before, before.len - openings.len);
        CLEANUP_BUF struct buf value = {0};
        char name[LIMIT_NAME_SIZE + 1] = "";
        struct hash commitment;
        struct salt salt;

        before = openings;
        memcpy(name, o.name.p, o.name.len);
        if (!fields_find(st, name, &commitment)) {
            j->result->refused++;
            continue;
        }
        if (is_held && opening_unseal(&o, j->s->scopes, st->scope, &st->case_id, &st->id,
                                      &commitment, &salt, &value, NULL)) {
            j->result->refused++;
            continue;
        }
        buf_addstr(out, item);
    }
}

/* The merge/1 record itself, signed. */
static int write_merge(struct joining *j, struct buf *statement, struct err *e)
{
    struct session *s = j->s;
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf message = {0};
    CLEANUP_BUF struct buf count = {0};
    CLEANUP_BUF struct buf fork = {0};
    CLEANUP_BUF struct buf size = {0};
    CLEANUP_BUF struct buf head_hex = {0};
    CLEANUP_BUF struct buf root_hex = {0};
    struct hash root = tree_root(&j->tree);
    struct clock_reading now;
    struct str bytes;
    struct sig sig;
    struct id id;
    int rc;

    buf_add_u64(&count, j->result->added);
    buf_add_u64(&fork, j->result->fork);
    buf_add_u64(&size, j->copy->count);
    spell_hex(&head_hex, j->head.b, sizeof(j->head.b));
    spell_hex(&root_hex, root.b, sizeof(root.b));
    random_bytes(id.b, sizeof(id.b));
    clock_read(&now);
    statement_write_head(&head, &(struct statement_draft){
                                    .id = id,
                                    .case_id = s->case_id,
                                    .seen_size = state_size(s->state),
                                    .seen_head = state_head(s->state),
                                    .time = now.time,
                                    .boot = now.boot,
                                    .mono_ns = now.mono_ns,
                                    .clock = now.clock,
                                    .by = s->key,
                                    .type = "merge/1",
                                    .tlp = "amber",
                                    .scope = "team",
                                    .publics = (struct draft_public[]){{"count", buf_str(&count)},
                                                                       {"fork", buf_str(&fork)},
                                                                       {"head", buf_str(&head_hex)},
                                                                       {"root", buf_str(&root_hex)},
                                                                       {"size", buf_str(&size)},
                                                                       {"skip", buf_str(&j->skip)}},
                                    .public_count = 6});
    statement_signed_bytes(&message, buf_str(&head));
    bytes = buf_str(&message);
    rc = signer_sign(s->signer, &s->key, &bytes, 1, &sig, e);
    if (rc == 0)
        statement_finish(statement, buf_str(&head), &sig);
    return rc;
}

/* Lines and openings that are to be appended, in one piece each. */
struct pieces {
    struct buf *lines;
    struct buf *openings;
    struct store_record *records;
    size_t count;
    struct arena *arena;
};

static void pieces_release(struct pieces *p)
{
    for (size_t i = 0; i < p->count; i++) {
        buf_release(&p->lines[i]);
        buf_release(&p->openings[i]);
    }
    arena_free(p->arena);
}

static int add_piece(struct joining *j, struct pieces *p, struct hash *prev,
                     const struct entry *entry, struct utc logged, uint64_t epoch,
                     struct str statement, struct str openings, struct err *e)
{
    size_t i = p->count;
    uint64_t seq = state_size(j->s->state) + i;
    int rc = entry_write(&p->lines[i], &j->s->case_id, seq, prev, epoch, logged, statement, e);

    p->count++;
    if (rc)
        return rc;
    if (entry)
        filter_openings(j, entry, openings, &p->openings[i]);
    *prev = hash_leaf(buf_str(&p->lines[i]));
    p->records[i] = (struct store_record){buf_str(&p->lines[i]), buf_str(&p->openings[i])};
    return 0;
}

static int append_copy(struct joining *j, struct err *e)
{
    CLEANUP(pieces_release) struct pieces p = {.arena = arena_new()};
    CLEANUP_BUF struct buf statement = {0};
    uint64_t fork = j->result->fork;
    uint64_t more = j->copy->count - fork;
    struct hash prev = state_head(j->s->state);
    int rc = 0;

    j->result->was_ahead = fork == state_size(j->s->state);
    p.lines = arena_alloc(p.arena, (more + 1) * sizeof(p.lines[0]));
    p.openings = arena_alloc(p.arena, (more + 1) * sizeof(p.openings[0]));
    p.records = arena_alloc(p.arena, (more + 1) * sizeof(p.records[0]));
    if (!j->result->was_ahead) {
        rc = write_merge(j, &statement, e);
        if (rc == 0)
            rc = add_piece(j, &p, &prev, NULL, utc_now(), 0, buf_str(&statement), STR(""), e);
    }
    for (uint64_t i = 0; rc == 0 && i < more; i++) {
        const struct entry *entry = &j->entries[i];

        if (j->is_known[i])
            continue;
        rc = add_piece(j, &p, &prev, entry, entry->logged, entry->epoch, entry->statement.text,
                       j->copy->openings[fork + i], e);
    }
    return rc ? rc : store_append(j->s->store, state_size(j->s->state), p.records, p.count, e);
}

int session_merge(struct session *s, const struct merge_copy *copy, struct merge_result *out,
                  struct err *e)
{
    int rc = ERR_CONFLICT;

    for (int tries = 0; rc == ERR_CONFLICT && tries < 20; tries++) {
        struct merge_result result = {0};
        struct joining j = {.s = s, .copy = copy, .result = &result};

        rc = session_catch_up(s, e);
        if (rc == 0)
            rc = find_fork(&j, e);
        if (rc)
            return rc;
        j.entries = mem_array(copy->count - result.fork, sizeof(j.entries[0]));
        j.is_known = mem_array(copy->count - result.fork, sizeof(j.is_known[0]));
        rc = read_copy(&j, e);
        if (rc == 0 && result.added)
            rc = append_copy(&j, e);
        buf_release(&j.skip);
        free(j.entries);
        free(j.is_known);
        if (rc == 0)
            *out = result;
    }
    return rc ? rc : session_catch_up(s, e);
}
