/* openings.c: sorts openings by record and name, so that one walk finds the field of each. */
#include "verify/openings.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define OPENING_MIN_LEN 128 /* the shortest has 140 bytes */
#define RUN 64

/* A field of a record, by its name. */
struct named_field {
    uint32_t record;
    struct slice name;
};

struct pass {
    const struct openings *o;
    const struct skeleton *s;
    atomic_size_t first_bad;
};

static struct slice opening_text(const struct openings *o, size_t n)
{
    return (struct slice){o->text.p + o->places[n].off, o->places[n].len};
}

static int malformed(struct finding *f, size_t n, const char *how)
{
    return finding_set(f, STATUS_MALFORMED, NO_RECORD, "openings",
                       "line %zu of the openings is not spelled as the format says: %s", n + 1,
                       how);
}

static int find_openings(struct openings *o, struct finding *f)
{
    for (size_t off = 0; off < o->text.len;) {
        size_t rest = o->text.len - off;
        const char *end = memchr(o->text.p + off, '\n', rest);
        size_t len = end != NULL ? (size_t)(end - o->text.p) - off : rest;

        if (end == NULL)
            return malformed(f, o->count, "it has no line feed at its end, and may have been cut");
        if (len < OPENING_MIN_LEN || len > OPENING_MAX_LEN)
            return malformed(f, o->count, "it is too short or too long");
        mem_reserve(&o->places, &o->room, o->count + 1, sizeof *o->places);
        o->places[o->count].off = off;
        o->places[o->count++].len = (uint32_t)len;
        off += len + 1;
    }
    return 0;
}

static bool is_opening(struct slice text)
{
    uint8_t value[VALUE_MAX_LEN];
    struct opening opening;
    size_t at = 0;
    size_t len = 0;

    return opening_parse(text, &opening, &at) == 0 &&
           base64_decode(opening.value, value, sizeof value, &len);
}

static void note_bad(atomic_size_t *first_bad, size_t n)
{
    size_t seen = atomic_load(first_bad);

    while (n < seen && !atomic_compare_exchange_weak(first_bad, &seen, n))
        ;
}

static void read_openings(void *context, struct hasher *h, size_t first, size_t end)
{
    struct pass *pass = context;

    (void)h;
    for (size_t n = first; n < end; n++)
        if (!is_opening(opening_text(pass->o, n)))
            note_bad(&pass->first_bad, n);
}

int openings_read(struct openings *o, struct slice text, unsigned threads, struct finding *f)
{
    struct pass pass = {.o = o};
    struct finding stop;

    memset(o, 0, sizeof *o);
    o->text = text;
    int stopped = find_openings(o, &stop);
    atomic_init(&pass.first_bad, SIZE_MAX);
    parallel_do(threads, o->count, RUN, read_openings, &pass);
    size_t bad = atomic_load(&pass.first_bad);
    if (bad < o->count)
        return malformed(f, bad, "a member is missing or misspelled, or value is not base64");
    if (stopped != 0)
        *f = stop;
    return stopped;
}

void openings_release(struct openings *o)
{
    free(o->places);
}

static int tampered(struct finding *f, uint64_t record, struct slice name, const char *what)
{
    return finding_set(f, STATUS_TAMPERED, record, "opening", "the opening of the field %.*s %s",
                       (int)name.len, name.p, what);
}

static int name_records(struct openings *o, const struct skeleton *s, struct finding *f)
{
    for (size_t n = 0; n < o->count; n++) {
        struct opening_place *place = &o->places[n];
        struct opening opening;
        size_t bad = 0;

        if (opening_parse(opening_text(o, n), &opening, &bad) != 0)
            return malformed(f, n, "the file was changed while it was read");
        place->name = opening.name;
        place->record = ids_find(&s->ids, opening.id);
        if (place->record == NO_NUMBER)
            return tampered(f, NO_RECORD, opening.name,
                            "names a record that the journal does not have");
    }
    return 0;
}

static int compare_fields(const struct named_field *a, const struct named_field *b)
{
    if (a->record != b->record)
        return a->record < b->record ? -1 : 1;
    return slice_compare(a->name, b->name);
}

static int compare_places(const void *a, const void *b)
{
    const struct opening_place *x = a;
    const struct opening_place *y = b;

    return compare_fields(&(struct named_field){x->record, x->name},
                          &(struct named_field){y->record, y->name});
}

static int compare_named(const void *a, const void *b)
{
    return compare_fields(a, b);
}

/* Finds the commitment of each opening; both openings and a record's fields ascend by name. */
static int find_commitments(struct openings *o, const struct skeleton *s, struct finding *f)
{
    struct cursor c = {NULL, NULL};
    struct field field;

    for (size_t n = 0; n < o->count; n++) {
        struct opening_place *place = &o->places[n];

        if (n > 0 && compare_places(place - 1, place) == 0)
            return tampered(f, place->record, place->name, "is there twice");
        if (n == 0 || place[-1].record != place->record)
            c = skeleton_at(s, place->record, s->records[place->record].fields);
        do {
            if (!field_next(&c, &field))
                return tampered(f, place->record, place->name,
                                "names a field that the record does not have");
        } while (slice_compare(field.name, place->name) < 0);
        if (!slice_equal(field.name, place->name))
            return tampered(f, place->record, place->name,
                            "names a field that the record does not have");
        place->commitment = c.at - 1 - 2 * HASH_LEN;
    }
    return 0;
}

static void commit(const struct skeleton *s, struct hasher *h, uint32_t record,
                   const struct opening *opening, struct slice value, uint8_t out[HASH_LEN])
{
    char head[16 + HASH_LEN + ID_LEN + 1 + NAME_MAX_LEN + HASH_LEN + 8];
    static const uint8_t zeros[HASH_LEN];
    char *p = stpcpy(head, "cj/1 field\n");

    p = mempcpy(p, record == 0 ? zeros : s->name, HASH_LEN); /* as the statement has it */
    p = mempcpy(p, s->records[record].id, ID_LEN);
    *p++ = (char)opening->name.len;
    p = mempcpy(p, opening->name.p, opening->name.len);
    p = mempcpy(p, opening->salt, HASH_LEN);
    for (unsigned shift = 64; shift > 0; shift -= 8)
        *p++ = (char)((uint64_t)value.len >> (shift - 8));
    const struct slice parts[] = {{head, (size_t)(p - head)}, value};
    hash_parts(h, parts, 2, out);
}

static bool opening_fits(const struct pass *pass, struct hasher *h, size_t n)
{
    const struct opening_place *place = &pass->o->places[n];
    uint8_t value[VALUE_MAX_LEN];
    uint8_t expected[HASH_LEN];
    uint8_t got[HASH_LEN];
    struct opening opening;
    size_t bad = 0;
    size_t len = 0;

    if (opening_parse(opening_text(pass->o, n), &opening, &bad) != 0 ||
        !base64_decode(opening.value, value, sizeof value, &len) ||
        !hex_decode((struct slice){place->commitment, 2 * HASH_LEN}, expected, HASH_LEN))
        return false;
    commit(pass->s, h, place->record, &opening, bytes_of(value, len), got);
    return memcmp(got, expected, HASH_LEN) == 0;
}

static void match_openings(void *context, struct hasher *h, size_t first, size_t end)
{
    struct pass *pass = context;

    for (size_t n = first; n < end; n++)
        if (!opening_fits(pass, h, n))
            note_bad(&pass->first_bad, n);
}

/* The fields that trusted redactions name, in order and each once. */
struct redacted {
    struct named_field *fields;
    size_t count;
    size_t room;
};

static size_t sort_and_unite(struct named_field *fields, size_t count)
{
    size_t kept = 0;

    if (count > 1)
        qsort(fields, count, sizeof *fields, compare_named);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_fields(&fields[kept - 1], &fields[i]) != 0)
            fields[kept++] = fields[i];
    return kept;
}

static void add_redaction(struct redacted *r, const struct journal *j, uint32_t place)
{
    struct public pub;
    struct value name;
    size_t before = r->count;

    if (journal_public(j, place, &pub) != 0)
        return;
    uint32_t target = ids_find(&j->skel->ids, pub.target);
    struct cursor c = cursor_of(pub.names);
    while (target != NO_NUMBER && array_next(&c, &name)) {
        mem_reserve(&r->fields, &r->room, r->count + 1, sizeof *r->fields);
        r->fields[r->count++] = (struct named_field){target, name.text};
    }
    if (r->count > before) /* a line may name a field many times */
        r->count = before + sort_and_unite(r->fields + before, r->count - before);
}

static uint64_t count_redacted_absent(const struct redacted *r, const struct openings *o)
{
    uint64_t absent = 0;
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++) {
        int order = -1;

        while (n < o->count && order < 0) {
            order = compare_fields(&(struct named_field){o->places[n].record, o->places[n].name},
                                   &r->fields[i]);
            n += order < 0;
        }
        absent += order != 0;
    }
    return absent;
}

static void count_openings(const struct openings *o, const struct journal *j,
                           struct opening_counts *out)
{
    struct redacted redacted = {.fields = NULL};

    for (uint32_t place = 0; place < j->size; place++)
        if (j->skel->records[place].type == TYPE_REDACT && journal_trusts(j, place))
            add_redaction(&redacted, j, place);
    redacted.count = sort_and_unite(redacted.fields, redacted.count);
    out->matching = o->count;
    out->redacted = count_redacted_absent(&redacted, o);
    out->withheld = j->skel->field_total - out->matching - out->redacted;
    free(redacted.fields);
}

int openings_match(struct openings *o, const struct journal *j, unsigned threads,
                   struct opening_counts *out, struct finding *f)
{
    struct pass pass = {.o = o, .s = j->skel};

    if (name_records(o, j->skel, f) != 0)
        return -1;
    if (o->count > 1)
        qsort(o->places, o->count, sizeof *o->places, compare_places);
    if (find_commitments(o, j->skel, f) != 0)
        return -1;
    atomic_init(&pass.first_bad, SIZE_MAX);
    parallel_do(threads, o->count, RUN, match_openings, &pass);
    size_t bad = atomic_load(&pass.first_bad);
    if (bad < o->count)
        return tampered(
            f, o->places[bad].record, o->places[bad].name,
            "does not yield the record's commitment; its value is not what was written");
    count_openings(o, j, out);
    return 0;
}
