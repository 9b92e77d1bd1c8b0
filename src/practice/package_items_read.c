/* package_items_read.c: reads from a package's journal and openings which items they tell of. */
#include "practice/package_items_read.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/limits.h"
#include "case/label.h"
#include "journal/entry.h"
#include "journal/field.h"
#include "journal/tree.h"
#include "practice/custody_facts.h"

enum { RECORDS_MAX = 4 << 20, VALUES_SIZE_MAX = 256 << 20 };

const char *const hold_field_names[HOLD_FIELD_COUNT] = {
    [HOLD_TITLE] = "title",
    [HOLD_PATH] = "path",
    [HOLD_SHA256] = "sha256",
    [HOLD_FILES] = "files",
    [HOLD_DESTROYED] = "destroyed",
    [HOLD_SEAL_NOW] = "seal",
    [HOLD_HOLDER_NOW] = "holder",
    [HOLD_PLACE_NOW] = "place",
    [HOLD_ACT] = "act",
    [HOLD_FROM] = "from",
    [HOLD_TO] = "to",
    [HOLD_PLACE] = "place",
    [HOLD_SEAL] = "seal",
    [HOLD_BECAUSE] = "because",
    [HOLD_SIGNED] = "signed",
    [HOLD_RECIPIENT] = "recipient",
    [HOLD_PACKAGE] = "package",
    [HOLD_OUTCOME] = "outcome",
    [HOLD_OCCURRED] = "occurred",
    [HOLD_PRECISION] = "occurred-precision",
    [HOLD_CLOCK] = "occurred-clock",
    [HOLD_PERFORMER] = "performed-by",
    [HOLD_HOLDER] = "holder",
    [HOLD_NAME] = "name",
    [HOLD_ROLE] = "role",
    [HOLD_POSITION] = "position",
    [HOLD_KEY] = "key",
};
_Static_assert(HOLD_FIELD_COUNT <= 32, "a bit each");

void hold_items_release(struct hold_items *h)
{
    free(h->records);
    free(h->mentions);
    free(h->exported);
    free(h->acts);
    free(h->exports);
    arena_free(h->arena);
}

/* While the journal is read for the second time. */
struct reading {
    struct hold_items *h;
    struct hold_record **by_id; /* all of them */
    size_t room;
    size_t next; /* record that comes next */
    size_t values_size;
    size_t exported_room;
    size_t acts_room;
    size_t export_room;
    size_t mentions_room;
    struct str names[8]; /* of fields, as records had them last */
    size_t next_names;
    size_t run; /* of the acts that stand right before, in exported */
    struct key run_by;
};

static void reading_release(struct reading *r)
{
    free(r->by_id);
}

/* A record by its id; of several the first, as others are no records. */
static struct hold_record *find(const struct reading *r, const struct id *id)
{
    size_t from = 0;
    size_t to = r->h->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (memcmp(&r->by_id[middle]->id, id, sizeof(*id)) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from < r->h->count && id_eq(&r->by_id[from]->id, id) ? r->by_id[from] : NULL;
}

static int compare_ids(const void *a, const void *b)
{
    const struct hold_record *x = *(struct hold_record *const *)a;
    const struct hold_record *y = *(struct hold_record *const *)b;
    int order = memcmp(&x->id, &y->id, sizeof(x->id));

    return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static void sort_by_id(struct reading *r)
{
    r->by_id = mem_array(r->h->count + 1, sizeof(struct hold_record *));
    for (size_t i = 0; i < r->h->count; i++)
        r->by_id[i] = &r->h->records[i];
    qsort(r->by_id, r->h->count, sizeof(r->by_id[0]), compare_ids);
}

/* A bit for each; two may have one name. */
static uint32_t fields_called(struct str name)
{
    uint32_t fields = 0;

    for (int i = 0; i < HOLD_FIELD_COUNT; i++)
        if (str_is(name, hold_field_names[i]))
            fields |= 1u << i;
    return fields;
}

static uint32_t fields_of(const struct statement *st)
{
    struct str rest = st->fields_text;
    struct hash commitment;
    struct str name;
    uint32_t fields = 0;

    while (fields_next(&rest, &name, &commitment))
        fields |= fields_called(name);
    return fields;
}

/* Most records have the same fields as one before. */
static struct str names_of(struct reading *r, const struct statement *st)
{
    CLEANUP_BUF struct buf names = {0};
    struct str rest = st->fields_text;
    struct hash commitment;
    struct str name;

    for (size_t i = 0; i < HOLD_NAMES_MAX && fields_next(&rest, &name, &commitment); i++)
        buf_addf(&names, STR_FMT " ", STR_ARG(name));
    for (size_t i = 0; i < COUNT_OF(r->names); i++)
        if (str_eq(r->names[i], buf_str(&names)))
            return r->names[i];
    r->next_names = (r->next_names + 1) % COUNT_OF(r->names);
    r->names[r->next_names] =
        (struct str){arena_dup(r->h->arena, buf_text(&names), names.len), names.len};
    return r->names[r->next_names];
}

uint64_t hold_bit_of(const struct hold_record *record, struct str name)
{
    struct str rest = record->names;

    for (uint64_t bit = 1; rest.len; bit <<= 1)
        if (str_eq(str_cut(&rest, ' '), name))
            return bit;
    return 0;
}

/* FNV-1a: names of compartments are told apart, and a clash would only be told as "beyond". */
static uint64_t number_of(struct str text)
{
    uint64_t n = 0xcbf29ce484222325;

    for (size_t i = 0; i < text.len; i++)
        n = (n ^ (uint8_t)text.p[i]) * 0x100000001b3;
    return n;
}

static int add_record(struct reading *r, const struct entry *entry, uint64_t seq, struct err *e)
{
    const struct statement *st = &entry->statement;
    bool is_change = str_is(st->type, "evidence-change/1");
    bool is_chain = str_is(st->type, "custody/1") || str_is(st->type, "custody-change/1");
    bool is_person = str_is(st->type, "person/1") || str_is(st->type, "person-change/1");
    bool is_image = str_is(st->type, "acquisition/1") || str_is(st->type, "acquisition-change/1");
    struct hold_items *h = r->h;
    enum tlp label = TLP_RED;

    if (!is_change && !is_chain && !is_person && !is_image && !str_is(st->type, "evidence/1"))
        return 0;
    (void)tlp_of(st->tlp, &label);
    if (h->count == RECORDS_MAX)
        return err_set(e, ERR_LIMIT, "it has more records of evidence than are compared");
    h->records = mem_grow(h->records, h->count, &r->room, sizeof(h->records[0]));
    h->records[h->count++] =
        (struct hold_record){.id = st->id,
                             .seq = seq,
                             .names = names_of(r, st),
                             .scope = number_of(st->scope),
                             .label = (int)label,
                             .is_change = is_change,
                             .is_chain = is_chain,
                             .is_chain_change = str_is(st->type, "custody-change/1"),
                             .is_person = is_person,
                             .is_image = is_image,
                             .time = st->time,
                             .by = st->by,
                             .fields = is_chain || is_person || is_image ? 0 : fields_of(st)};
    return 0;
}

typedef int line_taker(struct reading *r, const struct entry *entry, uint64_t seq, struct err *e);

static int read_journal(struct reading *r, int fd, struct tree *tree, line_taker *take,
                        struct err *e)
{
    CLEANUP(hold_lines_release)
    struct hold_lines lines = {.fd = fd, .name = "the journal", .line_max = LIMIT_LINE_SIZE};
    struct entry entry;
    struct str line;
    int rc;

    if (lseek(fd, 0, SEEK_SET) < 0)
        return err_errno(e, "the journal cannot be read");
    while ((rc = hold_lines_next(&lines, &line, e)) > 0) {
        rc = entry_read(&entry, line, e);
        if (rc)
            return err_wrap(e, rc, "line %llu of the journal", (unsigned long long)lines.number);
        if (tree) {
            struct hash leaf = hash_leaf(line);

            if (lines.number == 1)
                r->h->case_id = leaf;
            tree_append(tree, &leaf);
        }
        rc = take(r, &entry, lines.number - 1, e);
        if (rc)
            return rc;
    }
    return rc;
}

/* The first of the refs that is an item, or a change of one, or a line of its chain where that is
 * asked for; NULL. */
static struct hold_record *item_of(const struct reading *r, const struct statement *st,
                                   uint64_t seq, bool is_of_chain)
{
    struct str rest = st->refs_text;
    struct id id;

    while (refs_next(&rest, &id)) {
        struct hold_record *found = find(r, &id);

        if (found && found->seq < seq && found->item && (is_of_chain || !found->is_chain))
            return found->item;
    }
    return NULL;
}

/* Itself, or the person that it changes, which stands before it; NULL. */
static struct hold_record *person_of(const struct reading *r, const struct statement *st,
                                     struct hold_record *record)
{
    struct str rest = st->refs_text;
    struct id id;

    if (str_is(st->type, "person/1"))
        return record;
    while (refs_next(&rest, &id)) {
        struct hold_record *found = find(r, &id);

        if (found && found->seq < record->seq && found->person)
            return found->person;
    }
    return NULL;
}

/* Itself, or the acquisition that it changes, which stands before it; NULL. What one of them refers
 * to of the register is the item that it made. */
static struct hold_record *image_of(const struct reading *r, const struct statement *st,
                                    struct hold_record *record)
{
    struct hold_record *image = str_is(st->type, "acquisition/1") ? record : NULL;
    struct hold_record *item = NULL;
    struct str rest = st->refs_text;
    struct id id;

    while (refs_next(&rest, &id)) {
        struct hold_record *found = find(r, &id);

        if (found && !image && found->seq < record->seq && found->is_image)
            image = found->image;
        if (found && !item && found->item == found)
            item = found;
    }
    if (image && item && !image->made) {
        image->made = item;
        if (!item->image || image->seq < item->image->seq)
            item->image = image;
    }
    return image;
}

/* The act that a later record completes, which stands before it; NULL. */
static struct hold_record *act_of(const struct reading *r, const struct statement *st, uint64_t seq)
{
    struct str rest = st->refs_text;
    struct id id;

    while (refs_next(&rest, &id)) {
        struct hold_record *found = find(r, &id);

        if (found && found->seq < seq && found->is_chain && !found->is_chain_change)
            return found;
    }
    return NULL;
}

/* What else is a row of an item's chain. */
static int take_mentions(struct reading *r, const struct statement *st, uint64_t seq, struct err *e)
{
    static const char *const types[] = {
        [MENTION_VERIFIED] = "verification/1",
        [MENTION_READ] = "timeline/1",
        [MENTION_LEFT] = "timeline-left/1",
        [MENTION_UNLAWFUL] = "unlawful/1",
    };
    struct hold_items *h = r->h;
    struct str rest = st->refs_text;
    enum tlp label = TLP_RED;
    size_t kind = 0;
    struct id id;

    while (kind < COUNT_OF(types) && !str_is(st->type, types[kind]))
        kind++;
    (void)tlp_of(st->tlp, &label);
    while (kind < COUNT_OF(types) && refs_next(&rest, &id)) {
        struct hold_record *item = find(r, &id);

        if (!item || item->item != item || item->seq >= seq || hold_mention_at(h, seq, item))
            continue;
        if (h->mention_count == RECORDS_MAX)
            return err_set(e, ERR_LIMIT, "it has more records of evidence than are compared");
        h->mentions =
            mem_grow(h->mentions, h->mention_count, &r->mentions_room, sizeof(h->mentions[0]));
        h->mentions[h->mention_count++] =
            (struct hold_mention){.id = st->id,
                                  .seq = seq,
                                  .item = item,
                                  .kind = (enum hold_mention_kind)kind,
                                  .scope = number_of(st->scope),
                                  .label = (int)label,
                                  .time = st->time,
                                  .by = st->by};
    }
    return 0;
}

static void redact_mentions(struct hold_items *h, const struct id *id)
{
    for (size_t i = 0; i < h->mention_count; i++)
        h->mentions[i].is_redacted |= id_eq(&h->mentions[i].id, id);
}

static void take_redaction(const struct reading *r, const struct statement *st)
{
    struct public_value target;
    struct public_value names;
    struct public_value name;
    struct hold_record *of;
    struct id id;

    if (!public_find(st, "target", &target) || target.kind != PUBLIC_STRING ||
        !hex_read(id.b, sizeof(id.b), target.string) || !public_find(st, "names", &names) ||
        names.kind != PUBLIC_ARRAY)
        return;
    redact_mentions(r->h, &id);
    if (!(of = find(r, &id)))
        return;
    while (public_item_next(&names.text, &name)) {
        if (name.kind != PUBLIC_STRING)
            continue;
        of->redacted |= fields_called(name.string);
        of->gone |= hold_bit_of(of, name.string);
    }
}

/* An act of an export: no other has recipients. It stands in a run, which the export's own record
 * ends. */
static bool take_act(struct reading *r, const struct statement *st, uint64_t seq)
{
    struct hold_items *h = r->h;
    struct hold_record *item = NULL;
    struct hash commitment;

    if (str_is(st->type, "custody/1") && fields_find(st, "recipient", &commitment))
        item = item_of(r, st, seq, false);
    if (!item)
        return false;
    if (!key_eq(&r->run_by, &st->by))
        r->run = h->exported_count;
    r->run_by = st->by;
    h->exported =
        mem_grow(h->exported, h->exported_count, &r->exported_room, sizeof(h->exported[0]));
    h->acts = mem_grow(h->acts, h->exported_count, &r->acts_room, sizeof(h->acts[0]));
    h->acts[h->exported_count] = r->next - 1; /* this record: it is one of a chain */
    h->exported[h->exported_count++] = (size_t)(item - h->records);
    return true;
}

static void take_checkpoint(struct hold_items *h, const struct statement *st)
{
    struct public_value size;

    if (!str_is(st->type, "checkpoint/1") || !public_find(st, "size", &size) ||
        size.kind != PUBLIC_INTEGER)
        return;
    for (size_t i = h->export_count; i-- > 0 && !h->exports[i].is_sealed;)
        h->exports[i].is_sealed = size.integer > h->exports[i].seq;
}

static int take_exports(struct reading *r, const struct statement *st, uint64_t seq, struct err *e)
{
    struct hold_items *h = r->h;

    if (take_act(r, st, seq))
        return h->exported_count > RECORDS_MAX
                   ? err_set(e, ERR_LIMIT, "it has more records of exports than are compared")
                   : 0;
    if (h->exported_count > r->run && str_is(st->type, "export/1") && key_eq(&r->run_by, &st->by)) {
        h->exports = mem_grow(h->exports, h->export_count, &r->export_room, sizeof(h->exports[0]));
        h->exports[h->export_count++] =
            (struct hold_export){r->run, h->exported_count - r->run, seq, false};
    }
    r->run = h->exported_count;
    take_checkpoint(h, st);
    return 0;
}

/* Says of each record what it is of; the first reading said which there are. */
static int link_record(struct reading *r, const struct entry *entry, uint64_t seq, struct err *e)
{
    const struct statement *st = &entry->statement;
    struct hold_items *h = r->h;
    int rc;

    if (r->next < h->count && h->records[r->next].seq == seq) {
        struct hold_record *record = &h->records[r->next++];

        if (record->is_person)
            record->person = person_of(r, st, record);
        else if (record->is_image)
            record->image = image_of(r, st, record);
        else
            record->item = record->is_change || record->is_chain
                               ? item_of(r, st, seq, record->is_chain)
                               : record;
        if (record->is_chain_change)
            record->act = act_of(r, st, seq);
    }
    if (str_is(st->type, "redact/1"))
        take_redaction(r, st);
    rc = take_mentions(r, st, seq, e);
    return rc ? rc : take_exports(r, st, seq, e);
}

static int take_opening(struct reading *r, const struct opening *o, struct err *e)
{
    struct hold_record *record = find(r, &o->id);
    uint32_t fields = record ? fields_called(o->name) : 0;
    struct str value;
    int first = 0;

    if (!record)
        return 0;
    if (record->item && !record->is_chain)
        record->item->is_told = true;
    record->told |= hold_bit_of(record, o->name);
    while (fields && !(fields >> first & 1))
        first++;
    if (record->values && fields && record->values[first].p)
        fields = 0;
    if (!fields && !hold_is_fact(record, o->name))
        return 0;
    r->values_size += o->value.len + (record->said ? 0 : CUSTODY_FACT_COUNT * sizeof(value)) +
                      sizeof(struct hold_said);
    if (fields && !record->values)
        r->values_size += HOLD_FIELD_COUNT * sizeof(struct str);
    if (r->values_size > VALUES_SIZE_MAX)
        return err_set(e, ERR_LIMIT, "its openings tell more than is compared");
    value = (struct str){arena_dup(r->h->arena, o->value.p, o->value.len), o->value.len};
    hold_fact_take(r->h, record, o->name, value);
    if (fields && !record->values)
        record->values = arena_alloc(r->h->arena, HOLD_FIELD_COUNT * sizeof(struct str));
    for (int i = first; fields && i < HOLD_FIELD_COUNT; i++)
        if (fields >> i & 1)
            record->values[i] = value;
    return 0;
}

static int read_openings(struct reading *r, int fd, struct err *e)
{
    CLEANUP(hold_lines_release)
    struct hold_lines lines = {.fd = fd, .name = "the openings", .line_max = LIMIT_OPENING_SIZE};
    CLEANUP_BUF struct buf value = {0};
    struct opening opening;
    struct str line;
    int rc;

    if (lseek(fd, 0, SEEK_SET) < 0)
        return err_errno(e, "the openings cannot be read");
    while ((rc = hold_lines_next(&lines, &line, e)) > 0) {
        rc = opening_read(&opening, &value, line, e);
        if (rc)
            return err_wrap(e, rc, "line %llu of the openings", (unsigned long long)lines.number);
        rc = take_opening(r, &opening, e);
        if (rc)
            return rc;
    }
    return rc;
}

int hold_items_read(struct hold_items *h, int journal, int openings, struct err *e)
{
    CLEANUP(reading_release) struct reading r = {.h = h};
    struct tree tree;
    int rc;

    h->arena = arena_new();
    tree_init(&tree);
    rc = read_journal(&r, journal, &tree, add_record, e);
    if (rc)
        return rc;
    h->record_count = tree.size;
    h->root = tree_root(&tree);
    sort_by_id(&r);
    rc = read_journal(&r, journal, NULL, link_record, e);
    if (rc == 0)
        rc = read_openings(&r, openings, e);
    for (size_t i = 0; rc == 0 && i < h->count; i++) {
        hold_record_apply(h, &h->records[i]);
    }
    return rc;
}
