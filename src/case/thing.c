/* thing.c: what a thing says, and values that are fetched from the store when they are shown. */
#include "case/state.h"

struct str thing_value(const struct thing *t, const char *field)
{
    for (size_t i = 0; i < t->kind->field_count; i++)
        if (strcmp(t->kind->fields[i].name, field) == 0)
            return t->values[i].p ? t->values[i] : str_of("");
    BUG("a %s has no field %s", t->kind->name, field);
}

struct str thing_value_if(const struct thing *t, const char *field)
{
    return field_find(t->kind->fields, t->kind->field_count, str_of(field)) ? thing_value(t, field)
                                                                            : str_of("");
}

struct str thing_common(const struct thing *t, enum common_field f)
{
    struct str v = t->values[t->kind->field_count + (size_t)f];

    return v.p ? v : str_of("");
}

bool thing_is(const struct thing *t, const char *kind)
{
    return strcmp(t->kind->name, kind) == 0;
}

bool thing_says(const struct thing *t, const char *field, const char *value)
{
    return str_is(thing_value(t, field), value);
}

bool thing_time(const struct thing *t, const char *field, struct utc *out)
{
    return utc_read(out, thing_value(t, field));
}

const struct thing *thing_ref(const struct state *s, const struct thing *t, const char *field)
{
    struct id id;

    return hex_read(id.b, sizeof(id.b), str_head(thing_value(t, field), 32))
               ? state_thing_by_id(s, &id)
               : NULL;
}

struct utc thing_when(const struct state *s, const struct thing *t)
{
    struct utc when;

    if (!utc_read(&when, thing_common(t, COMMON_OCCURRED)))
        when = state_record(s, t->seq)->time;
    return when;
}

struct fetch {
    const struct state *state;
    const char *field;
    struct buf *value;
};

static int fetch_line(void *context, uint64_t seq, struct str line, struct str openings,
                      struct err *e)
{
    struct fetch *f = context;
    struct sealed_opening o;
    struct hash commitment;
    struct entry entry;
    struct salt salt;
    int rc = entry_read(&entry, line, e);

    if (rc)
        return rc;
    if (!fields_find(&entry.statement, f->field, &commitment) ||
        !sealed_find(openings, str_of(f->field), &o))
        return err_set(e, ERR_NOTFOUND, "record %llu has no %s", (unsigned long long)seq, f->field);
    rc = opening_unseal(&o, state_scopes(f->state), entry.statement.scope, &entry.statement.case_id,
                        &entry.statement.id, &commitment, &salt, f->value, e);
    return rc ? err_wrap(e, rc, "record %llu", (unsigned long long)seq) : 0;
}

int state_fetch(const struct state *s, struct store *store, uint64_t seq, const char *field,
                struct buf *value, struct err *e)
{
    struct fetch f = {s, field, value};

    return store_read(store, seq, seq + 1, true, fetch_line, &f, e);
}
