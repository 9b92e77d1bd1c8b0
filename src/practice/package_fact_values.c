/* package_fact_values.c: what the openings of a package tell of the facts that a form of custody
 * has beside its rows. */
#include "practice/custody_facts.h"
#include "practice/evidence.h"
#include "practice/package_rows.h"

_Static_assert(CUSTODY_FACT_COUNT <= 64, "a bit each");

/* Where a fact that is a field stands in custody_facts, or CUSTODY_FACT_COUNT. */
static size_t fact_called(bool is_of_image, struct str name)
{
    size_t i = 0;

    while (i < CUSTODY_FACT_COUNT) {
        enum custody_fact_from from = custody_facts[i].from;
        bool fits = is_of_image ? from == FACT_IMAGE || from == FACT_RUNS : from == FACT_ITEM;

        if (fits && str_is(name, custody_facts[i].field))
            break;
        i++;
    }
    return i;
}

static bool has_facts(const struct hold_record *record)
{
    return record->is_image || (record->item && !record->is_chain);
}

bool hold_is_fact(const struct hold_record *record, struct str name)
{
    return has_facts(record) && fact_called(record->is_image, name) < CUSTODY_FACT_COUNT;
}

bool hold_fact_take(struct hold_items *h, struct hold_record *record, struct str name,
                    struct str value)
{
    struct hold_said *said;
    size_t fact;

    if (!hold_is_fact(record, name))
        return false;
    fact = fact_called(record->is_image, name);
    for (const struct hold_said *s = record->said; s; s = s->next)
        if (s->fact == fact)
            return true; /* twice: calm-verify takes that for tampering */
    said = arena_alloc(h->arena, sizeof(*said));
    *said = (struct hold_said){fact, value, record->said};
    record->said = said;
    return true;
}

static const struct hold_said *said_of(const struct hold_record *record, size_t fact)
{
    const struct hold_said *s = record->said;

    while (s && s->fact != fact)
        s = s->next;
    return s;
}

void hold_fact_apply(struct hold_items *h, const struct hold_record *record)
{
    struct hold_record *to = record->is_image ? record->image : record->item;
    struct str rest = record->names;

    if (!to || !has_facts(record))
        return;
    if (record->said && !to->facts.values)
        to->facts.values = arena_alloc(h->arena, CUSTODY_FACT_COUNT * sizeof(struct str));
    for (uint64_t bit = 1; rest.len; bit <<= 1) {
        size_t fact = fact_called(record->is_image, str_cut(&rest, ' '));
        const struct hold_said *said = fact < CUSTODY_FACT_COUNT ? said_of(record, fact) : NULL;

        if (said) {
            to->facts.values[fact] = said->value;
            to->facts.unsure &= ~(UINT64_C(1) << fact);
        } else if (fact < CUSTODY_FACT_COUNT && !(record->gone & bit)) {
            to->facts.unsure |= UINT64_C(1) << fact;
        }
    }
}

/* False: it is not told. */
static bool value_of(const struct hold_record *of, bool is_of_image, const char *field,
                     struct str *value)
{
    size_t fact = fact_called(is_of_image, str_of(field));

    *value = of && of->facts.values && of->facts.values[fact].p ? of->facts.values[fact] : STR("");
    return !of || !(of->facts.unsure >> fact & 1);
}

static bool kept_elsewhere(const struct hold_record *item, struct str *value)
{
    struct str place = hold_value(item, HOLD_PLACE_NOW);
    bool is_elsewhere = hold_value(item, HOLD_FILES).len && !str_eq(place, item->kept);

    *value = is_elsewhere ? place : STR("");
    return item->is_kept_known && !hold_is_silent(item, HOLD_FILES) &&
           !hold_is_silent(item, HOLD_PLACE_NOW);
}

/* Which of the folders had them when the form was written is told of nobody. */
static bool has_no_folders(const struct hold_record *item)
{
    struct str rest = hold_value(item, HOLD_FILES);
    struct evidence_file file;
    bool has_folder = false;

    while (evidence_file_next(&rest, &file))
        has_folder |= memchr(file.name.p, '/', file.name.len) != NULL;
    return !hold_is_silent(item, HOLD_FILES) && !rest.len && !has_folder;
}

static bool runs_of(const struct hold_record *item, struct str *value)
{
    struct str remark;
    bool is_known = value_of(item, false, "remark", &remark);

    is_known &= value_of(item->image, true, "runs", value);
    if (custody_has_runs(remark, *value))
        *value = STR("");
    return is_known;
}

bool hold_fact(const struct hold_record *item, const struct custody_fact *f, struct str *value)
{
    bool is_known;

    *value = STR("");
    switch (f->from) {
    case FACT_ITEM:
        is_known = value_of(item, false, f->field, value);
        /* What a field refers to is another record, which is told of nobody. */
        return is_known && !(value->len && custody_fact_field(f)->type == FIELD_REF);
    case FACT_IMAGE:
        return value_of(item->image, true, f->field, value);
    case FACT_KEPT:
        *value = item->kept;
        return item->is_kept_known;
    case FACT_LAST_IN:
        return kept_elsewhere(item, value);
    case FACT_ALSO_IN:
        return has_no_folders(item);
    case FACT_SEALED:
        return true;
    case FACT_RUNS:
        return runs_of(item, value);
    }
    return false;
}

struct hold_record *hold_item_of(const struct hold_record *record)
{
    return record->item ? record->item : record->image ? record->image->made : NULL;
}
