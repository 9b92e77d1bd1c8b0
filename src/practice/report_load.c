/* report_load.c: reads every record that the report's reader may see, in one pass. */
#include "practice/report_make.h"
#include "case/scope.h"
#include "journal/entry.h"
#include "practice/texts.h"

enum { CLOCK_TOLERANCE_MS = 5000, BOOTS_MAX = 256 };

/* The last reading of each machine's clock since it was started. */
struct boot_reading {
    struct id boot;
    int64_t wall_ms;
    uint64_t mono_ns;
    size_t told; /* place of the record */
};

struct loading {
    struct report *r;
    const struct scopes *scopes;
    size_t room;
    struct boot_reading boots[BOOTS_MAX];
    size_t boot_count;
    size_t step_told[REPORT_STEPS_MAX][2]; /* places, for the array still moves */
};

static void note_clock(struct loading *l, const struct statement *st)
{
    struct report *r = l->r;
    int64_t wall_ms = st->time.sec * 1000 + st->time.ns / 1000000;
    struct boot_reading *b = NULL;
    int64_t step;

    r->free_clock_count += !str_is(st->clock, "ntp");
    for (size_t i = 0; i < l->boot_count; i++)
        if (id_eq(&l->boots[i].boot, &st->boot))
            b = &l->boots[i];
    if (!b && l->boot_count == BOOTS_MAX)
        return;
    if (b) {
        step = wall_ms - b->wall_ms - ((int64_t)st->mono_ns - (int64_t)b->mono_ns) / 1000000;
        if (r->step_count < REPORT_STEPS_MAX &&
            (step > CLOCK_TOLERANCE_MS || step < -CLOCK_TOLERANCE_MS)) {
            r->steps[r->step_count].ms = step;
            l->step_told[r->step_count][0] = b->told;
            l->step_told[r->step_count++][1] = r->count;
        }
    } else {
        b = &l->boots[l->boot_count++];
    }
    *b = (struct boot_reading){st->boot, wall_ms, st->mono_ns, r->count};
}

static size_t count_fields(struct str fields)
{
    struct hash commitment;
    struct str name;
    size_t count = 0;

    while (fields_next(&fields, &name, &commitment))
        count++;
    return count;
}

static bool find_opening(struct str openings, struct str name, struct sealed_opening *out)
{
    while (sealed_next(&openings, out))
        if (str_eq(out->name, name))
            return true;
    return false;
}

/* False when the compartment is not open to the maker of the report. */
static bool open_values(struct loading *l, const struct statement *st, struct str openings,
                        struct told *t)
{
    struct arena *arena = l->r->arena;
    struct str rest = st->fields_text;
    struct hash commitment;
    struct str name;

    t->said = arena_alloc(arena, count_fields(rest) * sizeof(t->said[0]));
    while (fields_next(&rest, &name, &commitment)) {
        CLEANUP_BUF struct buf value = {0};
        struct sealed_opening o;
        struct salt salt;
        int rc;

        if (!find_opening(openings, name, &o)) {
            t->is_missing = true;
            continue;
        }
        rc = opening_unseal(&o, l->scopes, st->scope, &st->case_id, &st->id, &commitment, &salt,
                            &value, NULL);
        if (rc == ERR_DENIED)
            return false;
        if (rc) {
            t->is_damaged = true;
            continue;
        }
        t->said[t->said_count++] =
            (struct said){{arena_dup(arena, name.p, name.len), name.len},
                          {arena_dup(arena, buf_text(&value), value.len), value.len}};
    }
    return true;
}

static enum utc_precision precision_of(struct str name)
{
    for (int i = 0; utc_precision_names[i]; i++)
        if (str_is(name, utc_precision_names[i]))
            return (enum utc_precision)i;
    return PRECISION_SECOND;
}

static int load_line(void *context, uint64_t seq, struct str line, struct str openings,
                     struct err *e)
{
    struct loading *l = context;
    struct report *r = l->r;
    const struct record *record = state_record(r->view->state, seq);
    struct entry entry;
    struct told *t;
    int rc;

    if (!record || !view_allows_record(r->view, record))
        return 0;
    rc = entry_read(&entry, line, e);
    if (rc)
        return err_wrap(e, rc, "record %llu", (unsigned long long)seq);
    r->told = mem_grow(r->told, r->count, &l->room, sizeof(r->told[0]));
    t = &r->told[r->count];
    *t = (struct told){.seq = seq, .record = record, .when = record->time};
    if (!open_values(l, &entry.statement, openings, t))
        return 0;
    t->has_occurred = utc_read(&t->when, told_value(t, "occurred"));
    t->precision = precision_of(told_value(t, "occurred-precision"));
    if (!record->is_merged)
        note_clock(l, &entry.statement);
    r->index[seq] = (uint32_t)++r->count;
    return 0;
}

static void link_corrections(struct report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct told *t = &r->told[i];
        struct told **end;
        struct id id;
        uint64_t seq;

        if (!told_is(r, t, "correction/1") || !hex_read(id.b, sizeof(id.b), told_value(t, "of")) ||
            !state_find_id(r->view->state, &id, &seq))
            continue;
        t->corrects = report_told(r, seq);
        if (!t->corrects)
            continue;
        for (end = &t->corrects->correction; *end;)
            end = &(*end)->next_correction;
        *end = t;
    }
}

static int compare_when(const void *a, const void *b)
{
    const struct told *x = *(struct told *const *)a;
    const struct told *y = *(struct told *const *)b;

    if (x->when.sec != y->when.sec) /* within a second, clocks know less than the journal */
        return x->when.sec < y->when.sec ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void sort_by_time(struct report *r)
{
    r->by_time = mem_array(r->count + 1, sizeof(struct told *));
    for (size_t i = 0; i < r->count; i++)
        r->by_time[i] = &r->told[i];
    qsort(r->by_time, r->count, sizeof(struct told *), compare_when);
}

static size_t key_slots(const struct report *r)
{
    size_t most = 0;

    for (size_t i = 0; i < r->count; i++)
        if (r->told[i].record->key >= most)
            most = r->told[i].record->key + 1u;
    return most;
}

static void name_signers(struct report *r)
{
    r->names = arena_alloc(r->arena, (key_slots(r) + 1) * sizeof(r->names[0]));
    for (size_t i = 0; i < r->count; i++) {
        struct str *name = &r->names[r->told[i].record->key];
        CLEANUP_BUF struct buf b = {0};

        if (name->p)
            continue;
        if (!view_signer(r->view, r->told[i].record))
            buf_adds(&b, "key ");
        view_signer_name(r->view, r->told[i].record, &b);
        *name = report_take(r, &b);
    }
}

static json_t *read_data(const char *file)
{
    struct str text = texts_data(file);
    json_error_t why;
    json_t *json = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, &why);

    if (!json)
        BUG("%s, which is part of this program, cannot be read: %s", file, why.text);
    return json;
}

int report_load(struct report *r, struct store *store, struct scopes *scopes, struct err *e)
{
    struct loading l = {.r = r, .scopes = scopes};
    uint64_t size = state_size(r->view->state);
    int rc;

    r->index = mem_array(size + 1, sizeof(r->index[0]));
    rc = store_read(store, 0, size, true, load_line, &l, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < r->step_count; i++) {
        r->steps[i].before = &r->told[l.step_told[i][0]];
        r->steps[i].after = &r->told[l.step_told[i][1]];
    }
    link_corrections(r);
    sort_by_time(r);
    name_signers(r);
    calm_statuses(r->view, r->status);
    r->opened = r->count ? r->told[0].record->time : r->view->now;
    r->knows_opening = r->count && r->told[0].seq == 0;
    r->formal = read_data("formal.json");
    r->glossary = read_data("glossary.json");
    return 0;
}

void report_release(struct report *r)
{
    for (size_t i = 0; i < PRACTICES_MAX; i++)
        practice_status_release(&r->status[i]);
    json_decref(r->formal);
    json_decref(r->glossary);
    free(r->told);
    free(r->by_time);
    free(r->index);
}

struct told *report_told(const struct report *r, uint64_t seq)
{
    return seq < state_size(r->view->state) && r->index[seq] ? &r->told[r->index[seq] - 1] : NULL;
}

struct str told_value(const struct told *t, const char *name)
{
    for (size_t i = 0; i < t->said_count; i++)
        if (str_is(t->said[i].name, name))
            return t->said[i].value;
    return STR("");
}

struct str told_name(const struct report *r, const struct told *t)
{
    return r->names[t->record->key];
}

struct str told_by(const struct report *r, const struct told *t)
{
    const struct thing *person;
    struct id id;

    if (!hex_read(id.b, sizeof(id.b), told_value(t, "performed-by")))
        return told_name(r, t);
    person = state_thing_by_id(r->view->state, &id);
    return person && view_allows(r->view, person) ? view_title(person) : told_name(r, t);
}

bool report_says(const struct thing *t, const char *field, const char *value)
{
    return str_is(thing_value_if(t, field), value);
}

bool told_is(const struct report *r, const struct told *t, const char *type)
{
    return !t->record->refusal && strcmp(state_type(r->view->state, t->record), type) == 0;
}

static const struct practice *owner_of(const struct kind *kind)
{
    for (size_t i = 0; practices[i]; i++)
        for (size_t k = 0; practices[i]->kinds && practices[i]->kinds[k]; k++)
            if (practices[i]->kinds[k] == kind)
                return practices[i];
    return NULL;
}

const struct practice *report_practice_of(const struct told *t)
{
    const struct thing *thing = t->record->thing;

    if (!t->record->kind)
        return NULL;
    if (thing && thing_is(thing, "action"))
        return practice_find(thing_value_if(thing, "practice"));
    return owner_of(t->record->kind);
}

const struct told *report_first(const struct report *r, const char *kind)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct kind *k = r->by_time[i]->record->kind;

        if (k && strcmp(k->name, kind) == 0)
            return r->by_time[i];
    }
    return NULL;
}

int64_t told_late_s(const struct told *t)
{
    return t->has_occurred ? utc_minus_ms(t->record->time, t->when) / 1000 : 0;
}
