/* operation.c: looking up operations and their input, drafting records, and the decisions and
 * queries that serve many. */
#include "case/operation.h"
#include "base/hash.h"
#include "base/limits.h"
#include "journal/entry.h"
#include "sys/clock.h"

const struct operation *operation_find(const struct model *m, struct str name)
{
    for (size_t i = 0; i < m->operation_count; i++)
        if (str_is(name, m->operations[i]->name))
            return m->operations[i];
    return NULL;
}

struct str input_value(const struct operation *op, const struct input *in, const char *field)
{
    for (size_t i = 0; i < op->field_count; i++)
        if (strcmp(op->fields[i].name, field) == 0)
            return in->values[i].p ? in->values[i] : str_of("");
    BUG("%s has no field %s", op->name, field);
}

bool input_has(const struct operation *op, const struct input *in, const char *field)
{
    return input_value(op, in, field).len > 0;
}

bool input_is_given(const struct operation *op, const struct input *in, const char *field)
{
    return field_find(op->fields, op->field_count, str_of(field)) && input_has(op, in, field);
}

bool input_id(const struct operation *op, const struct input *in, const char *field, struct id *out)
{
    return hex_read(out->b, sizeof(out->b), str_head(input_value(op, in, field), 32));
}

const struct thing *input_thing(const struct view *v, const struct operation *op,
                                const struct input *in, const char *field)
{
    const struct thing *t;
    struct id id;

    if (!input_id(op, in, field, &id))
        return NULL;
    t = state_thing_by_id(v->state, &id);
    return t && view_allows(v, t) ? t : NULL;
}

struct draft *decision_add(struct decision *d, const char *type)
{
    struct draft *dr;

    d->drafts = mem_grow(d->drafts, d->draft_count, &d->draft_room, sizeof(d->drafts[0]));
    dr = &d->drafts[d->draft_count++];
    memset(dr, 0, sizeof(*dr));
    random_bytes(dr->id.b, sizeof(dr->id.b));
    dr->type = type;
    dr->arena = d->arena;
    dr->tlp = d->input && d->input->has_tlp ? d->input->tlp : TLP_AMBER;
    dr->scope = d->input && d->input->scope.len ? d->input->scope : STR("team");
    return dr;
}

void draft_value(struct draft *dr, const char *name, struct str value)
{
    if (dr->value_count >= DRAFT_VALUES_MAX)
        BUG("a record of %s has too many values", dr->type);
    dr->values[dr->value_count++] = (struct draft_value){name, value};
}

void draft_public(struct draft *dr, const char *name, struct str spelled)
{
    if (dr->public_count >= DRAFT_PUBLICS_MAX)
        BUG("a record of %s says too much in clear", dr->type);
    dr->publics[dr->public_count++] = (struct draft_value){name, spelled};
}

void draft_public_u64(struct decision *d, struct draft *dr, const char *name, uint64_t n)
{
    draft_public(dr, name, str_of(arena_printf(d->arena, "%llu", (unsigned long long)n)));
}

void draft_public_text(struct decision *d, struct draft *dr, const char *name, struct str text)
{
    draft_public(dr, name, str_of(arena_printf(d->arena, "\"%.*s\"", (int)text.len, text.p)));
}

void draft_scope_key(struct decision *d, struct draft *dr)
{
    const struct state *s = d->view->state;
    const uint8_t *made = scopes_made(state_scopes(s), dr->scope);
    CLEANUP_BUF struct buf hex = {0};
    struct hash name;

    if (!made)
        BUG("no key was made for a compartment");
    name = scope_key_name(state_case_id(s), dr->scope, made);
    hex_add(&hex, name.b, sizeof(name.b));
    draft_public_text(d, dr, "scope-key", buf_str(&hex));
}

void draft_ref(struct draft *dr, const struct id *id)
{
    for (size_t i = 0; i < dr->ref_count; i++)
        if (id_eq(&dr->refs[i], id))
            return;
    if (dr->ref_count >= DRAFT_REFS_MAX)
        BUG("a record of %s has too many references", dr->type);
    if (dr->ref_count == dr->ref_room) {
        size_t room = dr->ref_room ? dr->ref_room * 4 : 4;
        struct id *refs = arena_alloc(dr->arena, room * sizeof(refs[0]));

        if (dr->ref_count)
            memcpy(refs, dr->refs, dr->ref_count * sizeof(refs[0]));
        dr->refs = refs;
        dr->ref_room = room;
    }
    dr->refs[dr->ref_count++] = *id;
}

void draft_value_ref(struct decision *d, struct draft *dr, const char *name, const struct id *id)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, id->b, sizeof(id->b));
    draft_value(dr, name, str_of(arena_strdup(d->arena, buf_text(&hex))));
    draft_ref(dr, id);
}

static void take_value(struct draft *dr, const struct field *f, struct str value)
{
    struct str lines = value;
    struct id id;

    if (!value.p || (f->flags & FIELD_OUTSIDE))
        return;
    draft_value(dr, f->name, value);
    while (f->type == FIELD_REF && lines.len)
        if (hex_read(id.b, sizeof(id.b), str_cut(&lines, '\n')))
            draft_ref(dr, &id);
}

void draft_take_input(struct decision *d, struct draft *dr, const struct kind *kind)
{
    const struct operation *op = d->op;
    const bool *left = str_ends(str_of(dr->type), "-change/1") ? d->input->is_fallback : NULL;

    for (size_t i = 0; i < op->field_count; i++)
        if (field_find(kind->fields, kind->field_count, str_of(op->fields[i].name)) &&
            !(left && left[i]))
            take_value(dr, &op->fields[i], d->input->values[i]);
    for (size_t i = 0; i < COMMON_COUNT; i++)
        take_value(dr, &common_fields[i], d->input->values[op->field_count + i]);
}

static const char *type_text(struct decision *d, const char *suffix)
{
    return arena_printf(d->arena, "%s%s/1", d->op->kind->name, suffix);
}

int decide_make(struct decision *d, struct err *e)
{
    (void)e;
    draft_take_input(d, decision_add(d, type_text(d, "")), d->op->kind);
    d->is_independent = true;
    return 0;
}

int decide_change(struct decision *d, struct err *e)
{
    const char *target = d->op->fields[0].name;
    const struct thing *t = input_thing(d->view, d->op, d->input, target);
    struct draft *dr;

    if (!t)
        return err_set(e, ERR_NOTFOUND, "say which %s", d->op->kind->name);
    dr = decision_add(d, type_text(d, "-change"));
    draft_ref(dr, &t->id);
    draft_take_input(d, dr, d->op->kind);
    if (dr->value_count == 0)
        return err_set(e, ERR_USAGE, "nothing to change was given; see calm %s --help",
                       d->op->name);
    return 0;
}

int decide_say(struct decision *d, struct err *e)
{
    struct str name = d->input->values[0];
    const struct thing *t;
    struct draft *dr;
    for (size_t at = 0; (t = view_next(d->view, d->op->kind->name, &at));) {
        if (!str_eq(view_title(t), name))
            continue;
        dr = decision_add(d, type_text(d, "-change"));
        draft_ref(dr, &t->id);
        draft_take_input(d, dr, d->op->kind);
        if (dr->value_count > 1 || d->input->has_tlp)
            return 0;
        return err_set(e, ERR_USAGE, "nothing to change was given; see calm %s --help",
                       d->op->name);
    }
    draft_take_input(d, decision_add(d, type_text(d, "")), d->op->kind);
    return 0;
}
