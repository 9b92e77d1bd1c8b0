/* test_case_people.h: a small model, and people with keys of their own who work at one case, each
 * in a session. */
#pragma once
#include "store_case.h"
#include "case/session.h"
#include "practice/practice.h"

static const struct field person_fields[] = {
    {.name = "name", .type = FIELD_LINE, .flags = FIELD_REQUIRED},
    {.name = "role", .type = FIELD_WORD, .flags = FIELD_MANY | FIELD_LEAD, .choices = role_names},
    {.name = "key", .type = FIELD_LINE, .flags = FIELD_LEAD},
    {.name = "duty", .type = FIELD_LINE},
};
static const struct kind person_kind = {
    .name = "person", .words = "person", KIND_FIELDS(person_fields)};

static const struct field problem_fields[] = {
    {.name = "text", .type = FIELD_LINE, .flags = FIELD_REQUIRED},
    {.name = "impact", .type = FIELD_LINE},
    {.name = "after", .type = FIELD_REF, .flags = FIELD_MANY, .kind = "problem"},
};
static const struct kind problem_kind = {.name = "problem",
                                         .prefix = "p",
                                         .words = "problem raised",
                                         .change_words = "problem changed",
                                         KIND_FIELDS(problem_fields)};

static const struct field system_fields[] = {{.name = "name", .type = FIELD_LINE},
                                             {.name = "state", .type = FIELD_LINE}};
static const struct kind system_kind = {
    .name = "system", .words = "system", KIND_FIELDS(system_fields)};

static const struct field text_fields[] = {{.name = "text", .type = FIELD_TEXT},
                                           {.name = "system", .type = FIELD_REF, .kind = "system"}};
static const struct kind note_kind = {
    .name = "note", .words = "note", .keeps_no_values = true, KIND_FIELDS(text_fields)};
static const struct kind look_kind = {
    .name = "look", .prefix = "l", .words = "look", KIND_FIELDS(text_fields)};
static const struct kind snapshot_kind = {
    .name = "snapshot", .prefix = "s", .words = "snapshot", KIND_FIELDS(text_fields)};
static const struct kind assessment_kind = {
    .name = "assessment", .prefix = "as", .words = "assessment", KIND_FIELDS(text_fields)};
static const struct kind action_kind = {
    .name = "action", .prefix = "a", .words = "action", KIND_FIELDS(text_fields)};

/* Only when there is none yet: a decision that depends on what others wrote. */
static int decide_first(struct decision *d, struct err *e)
{
    if (view_count(d->view, "problem"))
        return err_set(e, ERR_GATE, "there is one already");
    draft_take_input(d, decision_add(d, "problem/1"), &problem_kind);
    return 0;
}

static const struct field change_fields[] = {
    {.name = "problem", .type = FIELD_REF, .flags = FIELD_OUTSIDE, .kind = "problem"},
    {.name = "text", .type = FIELD_LINE},
    {.name = "impact", .type = FIELD_LINE},
};

#define MAKES(operation_name, of, fields_of)                                                       \
    {                                                                                              \
        .name = operation_name, .kind = &of, .type = OP_CHANGE, OP_FIELDS(fields_of),              \
        .decide = decide_make                                                                      \
    }
static const struct operation note_op = MAKES("note", note_kind, text_fields);
static const struct operation look_op = MAKES("look", look_kind, text_fields);
static const struct operation snapshot_op = MAKES("snapshot", snapshot_kind, text_fields);
static const struct operation assess_op = MAKES("assess", assessment_kind, text_fields);
static const struct operation system_op = MAKES("system", system_kind, system_fields);
static const struct operation problem_op = MAKES("problem", problem_kind, problem_fields);
static const struct operation first_op = {.name = "first",
                                          .kind = &problem_kind,
                                          .type = OP_CHANGE,
                                          OP_FIELDS(problem_fields),
                                          .roles = ROLES_ACTING,
                                          .decide = decide_first};
static const struct operation change_op = {.name = "change",
                                           .kind = &problem_kind,
                                           .type = OP_CHANGE,
                                           OP_FIELDS(change_fields),
                                           .decide = decide_change};

static const struct kind *const test_kinds[] = {&person_kind,     &problem_kind, &system_kind,
                                                &note_kind,       &look_kind,    &snapshot_kind,
                                                &assessment_kind, &action_kind};
static const struct model test_model = {test_kinds, COUNT_OF(test_kinds), NULL, 0};

/* The case in p->folder, made by ana; the keys of each lie in p->top/NAME. */
static inline UNUSED struct session *people_create(const struct place *p)
{
    struct session *s = NULL;
    struct session_new n = {.name = "monday", .person = "ana"};
    char keys[128];
    struct session_options o = {.key_folder = keys, .model = &test_model};

    snprintf(keys, sizeof(keys), "%s/ana", p->top);
    must(session_create(&s, p->folder, &n, &o, &failure));
    return s;
}

static inline UNUSED struct session *people_open(const struct place *p, const char *name)
{
    struct session *s = NULL;
    char keys[128];
    struct session_options o = {.key_folder = keys, .model = &test_model};

    snprintf(keys, sizeof(keys), "%s/%s", p->top, name);
    must(session_open(&s, p->folder, &o, &failure));
    return s;
}

/* Appends one drafted record; its seq comes back. */
static inline UNUSED int try_append(struct session *s, struct decision *d, uint64_t *first)
{
    int rc;

    d->is_independent = true;
    rc = session_append(s, d, first, &failure);
    decision_release(d);
    return rc;
}

static inline UNUSED struct key people_key(const struct place *p, const char *name)
{
    CLEANUP(session_closep) struct session *s = people_open(p, name);
    struct key key;

    must(session_own_key(s, name, &key, &failure));
    return key;
}

/* Lets somebody in: their person, their key with its proof, and the key of the team. */
static inline UNUSED void people_admit(const struct place *p, struct session *lead,
                                       const char *name, const char *roles, const char *power)
{
    CLEANUP(session_closep) struct session *own = people_open(p, name);
    CLEANUP_BUF struct buf message = {0};
    CLEANUP_BUF struct buf hex = {0};
    CLEANUP_BUF struct buf proof_hex = {0};
    struct decision d;
    struct draft *dr;
    struct str bytes;
    struct key key;
    struct sig proof;
    struct view v;
    uint64_t first;

    must(session_own_key(own, name, &key, &failure));
    buf_adds(&message, "cj/1 enrol\n");
    hex_add(&message, state_case_id(session_state(lead)), 32);
    bytes = buf_str(&message);
    must(signer_sign(session_signer(own), &key, &bytes, 1, &proof, &failure));
    hex_add(&hex, &key, 32);
    hex_add(&proof_hex, &proof, 64);
    must(session_view(lead, &v, &failure));
    decision_begin(&d, &v, NULL, NULL);
    dr = decision_add(&d, "person/1");
    draft_value(dr, "name", str_of(name));
    draft_value(dr, "role", str_of(roles));
    draft_value(dr, "key", buf_str(&hex));
    dr = decision_add(&d, "enrol/1");
    draft_public_text(&d, dr, "key", buf_str(&hex));
    draft_public_text(&d, dr, "power", str_of(power));
    draft_public_text(&d, dr, "proof", buf_str(&proof_hex));
    must(session_scope_grant(lead, STR("team"), &key, &failure));
    must(try_append(lead, &d, &first));
}

/* An operation with its first values; NULL for not given. */
struct asked {
    const char *first, *second, *third;
    const char *scope;
    int tlp; /* −1: not given */
};

static inline UNUSED int try_perform(struct session *s, const struct operation *op,
                                     const struct asked *asked, struct err *e)
{
    const char *const given[] = {asked->first, asked->second, asked->third};
    struct str values[8 + COMMON_COUNT] = {{0}};
    struct input in = {.values = values, .scope = str_of(asked->scope)};
    struct answer a = {.columns = 80};
    int rc;

    for (size_t i = 0; i < op->field_count && i < COUNT_OF(given); i++)
        if (given[i])
            values[i] = str_of(given[i]);
    in.has_tlp = asked->tlp >= 0;
    in.tlp = asked->tlp >= 0 ? (enum tlp)asked->tlp : TLP_AMBER;
    rc = session_perform(s, op, &in, &a, e);
    buf_release(&a.text);
    buf_release(&a.json);
    return rc;
}

#define perform(s, op, ...) must(try_perform(s, op, &(struct asked){__VA_ARGS__}, &failure))

static inline UNUSED struct view people_view(struct session *s)
{
    struct view v;

    must(session_view(s, &v, &failure));
    return v;
}

static inline UNUSED const struct thing *thing_called(const struct view *v, const char *kind,
                                                      const char *title)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, kind, &at));)
        if (str_is(view_title(t), title))
            return t;
    return NULL;
}

static inline UNUSED const char *id_hex(char out[33], const struct thing *t)
{
    hex_write(out, t->id.b, 16);
    out[32] = '\0';
    return out;
}
