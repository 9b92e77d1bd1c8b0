/* state.c: answers about the records of a case and the things that they made. */
#include "case/state_internal.h"
#include "base/mem.h"

const struct field common_fields[COMMON_COUNT] = {
    [COMMON_OCCURRED] = {.name = "occurred",
                         .type = FIELD_TIME,
                         .option = "at",
                         .help = "when it happened, if not now"},
    [COMMON_PRECISION] = {.name = "occurred-precision",
                          .type = FIELD_WORD,
                          .choices = utc_precision_names,
                          .option = "at-precision",
                          .help = "how exact that time is, if not as written"},
    [COMMON_CLOCK] = {.name = "occurred-clock",
                      .type = FIELD_LINE,
                      .option = "at-clock",
                      .help = "whose clock said so: ana's watch, web1"},
    [COMMON_BY] = {.name = "performed-by",
                   .type = FIELD_REF,
                   .kind = "person",
                   .option = "by",
                   .help = "who did it or said it, if not you"},
    [COMMON_OVERRIDE] = {.name = "override",
                         .type = FIELD_LINE,
                         .help = "go on although a gate holds this back; says why"},
};

struct state *state_new(const struct model *model, struct scopes *scopes)
{
    struct state *s = mem_new(struct state);

    s->model = model;
    s->scopes = scopes;
    s->keyring = keyring_new();
    s->arena = arena_new();
    s->by_kind = mem_array(model->kind_count, sizeof(s->by_kind[0]));
    tree_init(&s->tree);
    return s;
}

void state_free(struct state *s)
{
    if (!s)
        return;
    index_release(s);
    keyring_free(s->keyring);
    arena_free(s->arena);
    for (size_t i = 0; i < s->model->kind_count; i++)
        free(s->by_kind[i].things);
    free(s->by_kind);
    free(s->order);
    free(s->things);
    free(s->named);
    free(s);
}

const struct model *state_model(const struct state *s)
{
    return s->model;
}

uint64_t state_size(const struct state *s)
{
    return s->count;
}

size_t state_refused_count(const struct state *s)
{
    return s->refused_count;
}

bool state_is_newer(const struct state *s)
{
    return s->is_newer;
}

struct hash state_head(const struct state *s)
{
    return s->head;
}

struct hash state_root(const struct state *s)
{
    return tree_root(&s->tree);
}

const struct hash *state_case_id(const struct state *s)
{
    return &s->case_id;
}

const struct keyring *state_keyring(const struct state *s)
{
    return s->keyring;
}

const struct scopes *state_scopes(const struct state *s)
{
    return s->scopes;
}

const struct record *state_record(const struct state *s, uint64_t seq)
{
    return seq < s->count ? &s->records[seq] : NULL;
}

const char *state_type(const struct state *s, const struct record *r)
{
    return s->types.names[r->type];
}

const char *state_scope(const struct state *s, const struct record *r)
{
    return s->scope_names.names[r->scope];
}

const struct key *state_key(const struct state *s, const struct record *r)
{
    return &s->keys[r->key];
}

const uint64_t *state_order(const struct state *s)
{
    return s->order;
}

const struct thing *state_thing(const struct state *s, size_t index)
{
    return index < s->thing_count ? s->things[index] : NULL;
}

const struct thing *state_thing_of(const struct state *s, const char *kind, size_t index)
{
    for (size_t i = 0; i < s->model->kind_count; i++)
        if (strcmp(s->model->kinds[i]->name, kind) == 0)
            return index < s->by_kind[i].count ? s->by_kind[i].things[index] : NULL;
    return NULL;
}

const struct thing *state_thing_by_id(const struct state *s, const struct id *id)
{
    uint64_t seq;

    return state_find_id(s, id, &seq) && s->records[seq].thing && s->records[seq].thing->seq == seq
               ? s->records[seq].thing
               : NULL;
}
