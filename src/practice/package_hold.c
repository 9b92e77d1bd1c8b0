/* package_hold.c: holds the evidence of a package against its journal: the job, and who hears it.
 */
#include "practice/package_hold.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/package_forms.h"
#include "practice/package_match.h"
#include "sys/worker.h"

enum { CPU_S = 3600, WALL_S = 2 * 3600, OUTPUT_SIZE = 256 << 20 };

const unsigned char hold_row_texts[HOLD_ROW_COUNT_] = {
    [HOLD_ROW_JOURNAL] = 2,
    [HOLD_ROW_SAME] = 4,
    [HOLD_ROW_WITHOUT] = 3,
    [HOLD_ROW_WRONG] = 4,
    [HOLD_ROW_CHAIN] = ACT_TEXT_COUNT,
    [HOLD_ROW_FORMS] = 1,
    [HOLD_ROW_FREE] = 2,
    [HOLD_ROW_COUNTS] = 5,
};

/* In the worker. */
struct holding {
    const struct import_sink *to;
    struct hold_items items;
    struct match match;
    uint64_t told; /* items */
    uint64_t counts[HOLD_ROW_COUNT_];
};

static void holding_release(struct holding *x)
{
    hold_items_release(&x->items);
    match_release(&x->match);
}

/* UTF-8, and not too long. */
static void add_title(struct buf *out, struct str text)
{
    while (text.len && out->len < HOLD_TITLE_SIZE)
        utf8_add(out, utf8_take(&text));
}

static int put(struct holding *x, enum hold_row row, struct str first, struct str second,
               const struct hold_record *item, struct err *e)
{
    CLEANUP_BUF struct buf record = {0};
    CLEANUP_BUF struct buf title = {0};
    struct str texts[4];
    size_t count = 0;

    if (x->counts[row]++ >= HOLD_ROWS_TOLD)
        return 0;
    if (item) {
        buf_add_u64(&record, item->seq);
        add_title(&title, hold_value(item, HOLD_TITLE));
    }
    texts[count++] = first;
    if (row == HOLD_ROW_WRONG)
        texts[count++] = second;
    texts[count++] = buf_str(&record);
    texts[count++] = buf_str(&title);
    if (row == HOLD_ROW_SAME)
        texts[count++] = second;
    return import_put(x->to, row, texts, count, e);
}

static int put_wrong(struct holding *x, enum hold_wrong wrong, struct str path,
                     const struct hold_record *item, struct err *e)
{
    char kind[12];

    snprintf(kind, sizeof(kind), "%d", (int)wrong);
    return put(x, HOLD_ROW_WRONG, str_of(kind), path, item, e);
}

static int put_file(struct holding *x, enum hold_wrong wrong, const struct match_group *folder,
                    const struct match_file *file, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addstr(&path, folder->folder);
    if (file->name.len)
        buf_addc(&path, '/');
    buf_addstr(&path, file->name);
    return put_wrong(x, wrong, buf_str(&path), folder->other ? folder->other->item : NULL, e);
}

static bool says_bytes(const struct hold_record *item)
{
    return hold_value(item, HOLD_FILES).len || hold_value(item, HOLD_SHA256).len;
}

/* What is withheld matters where it says of which bytes the item is. */
static int put_item(struct holding *x, const struct hold_record *item, struct err *e)
{
    const uint8_t of_bytes = 1 << HOLD_SHA256 | 1 << HOLD_FILES | 1 << HOLD_DESTROYED;
    int rc = 0;

    x->told++;
    if (item->withheld & of_bytes)
        rc = put_wrong(x, HOLD_WITHHELD, STR(""), item, e);
    if (rc)
        return rc;
    if (hold_value(item, HOLD_DESTROYED).len)
        return put(x, HOLD_ROW_WITHOUT, STR("destroyed"), STR(""), item, e);
    if (says_bytes(item))
        return match_add_item(&x->match, item) ? 0
                                               : put_wrong(x, HOLD_UNREADABLE, STR(""), item, e);
    return item->withheld & of_bytes ? 0 : put(x, HOLD_ROW_WITHOUT, STR("none"), STR(""), item, e);
}

static int put_same(struct holding *x, const struct match_group *folder, struct err *e)
{
    CLEANUP_BUF struct buf unread = {0};
    uint64_t count = 0;

    for (size_t i = 0; i < folder->other->count; i++)
        count += !folder->other->files[i].has_sum;
    buf_add_u64(&unread, count);
    return put(x, HOLD_ROW_SAME, folder->folder, buf_str(&unread), folder->other->item, e);
}

/* Of an item that is one file, its bytes under any name are it. */
static void find_bytes(const struct match_group *folder, const struct match_group *item)
{
    for (size_t i = 0; item->is_single && i < folder->count && !item->files[0].is_found; i++)
        if (hash_eq(&folder->files[i].sum, &item->files[0].sum)) {
            folder->files[i].is_found = true;
            item->files[0].is_found = true;
        }
}

/* Both are in the order of names. */
static int put_differences(struct holding *x, const struct match_group *folder, struct err *e)
{
    const struct match_group *item = folder->other;
    size_t i = 0;
    size_t k = 0;
    int rc = 0;

    find_bytes(folder, item);
    while (rc == 0 && (i < folder->count || k < item->count)) {
        const struct match_file *here = i < folder->count ? &folder->files[i] : NULL;
        const struct match_file *there = k < item->count ? &item->files[k] : NULL;
        int order;

        if ((here && here->is_found) || (there && there->is_found)) {
            i += here && here->is_found;
            k += there && there->is_found;
            continue;
        }
        order = !here ? 1 : !there ? -1 : str_cmp(here->name, there->name);
        if (order < 0)
            rc = put_file(x, HOLD_UNRECORDED, folder, here, e);
        else if (order > 0)
            rc = put_file(x, HOLD_MISSING, folder, there, e);
        else if (there->has_sum && !hash_eq(&here->sum, &there->sum))
            rc = put_file(x, HOLD_CHANGED, folder, here, e);
        i += order <= 0;
        k += order >= 0;
    }
    return rc;
}

static int put_folder(struct holding *x, const struct match_group *folder, struct err *e)
{
    if (!folder->other)
        return put_wrong(x, HOLD_NO_ITEM, folder->folder, NULL, e);
    return folder->is_same ? put_same(x, folder, e) : put_differences(x, folder, e);
}

static int compare_numbers(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;

    return (x > y) - (x < y);
}

/* Whether the items of an export are those that openings tell of. */
static bool is_of_all(const struct holding *x, const struct hold_export *of)
{
    size_t *items = x->items.exported + of->first;
    size_t count = 0;

    qsort(items, of->count, sizeof(items[0]), compare_numbers);
    for (size_t i = 0; i < of->count; i++) {
        if (!x->items.records[items[i]].is_told)
            return false;
        count += i == 0 || items[i] != items[i - 1];
    }
    return count == x->told;
}

static int on_untold(void *context, const struct hold_record *record, bool is_beyond, struct err *e)
{
    struct hold_record shown = *hold_item_of(record);

    shown.seq = record->seq;
    return is_beyond ? put(context, HOLD_ROW_WITHOUT, STR("beyond"), STR(""), &shown, e)
                     : put_wrong(context, HOLD_UNTOLD, STR(""), &shown, e);
}

/* The package holds the record of its own making, sealed by a checkpoint: no later export is of any
 * item that is in it. So an item that was left out with all that is on record of it is missed, and
 * the end of the journal. */
static int check_export(struct holding *x, struct err *e)
{
    const struct hold_export *of = hold_last_export(&x->items);

    if (!of || !is_of_all(x, of))
        return put_wrong(x, HOLD_NO_EXPORT, STR(""), NULL, e);
    return of->is_sealed ? 0 : put_wrong(x, HOLD_CUT, STR(""), NULL, e);
}

static int put_form(struct holding *x, enum hold_wrong wrong, uint64_t number, size_t end,
                    struct err *e)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "custody/e%llu.%s", (unsigned long long)number, match_form_ends[end]);
    return put_wrong(x, wrong, buf_str(&path), NULL, e);
}

/* Each item has both. */
static int check_halves(struct holding *x, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < x->match.form_count; i++) {
        const struct match_form *f = &x->match.forms[i];

        if (f->has[0] != f->has[1])
            rc = put_form(x, HOLD_NO_FORM, f->number, f->has[0], e);
    }
    return rc;
}

/* Forms that no folder belongs to are of items without bytes: as many as there are of those. */
static int check_forms(struct holding *x, struct err *e)
{
    size_t lacking = 0;
    int rc = check_halves(x, e);
    uint64_t number;

    for (size_t i = 0; rc == 0 && i < x->match.folder_count; i++) {
        const struct match_group *folder = &x->match.folders[i];
        const struct match_form *form =
            match_number(folder->folder, &number) ? match_form_of(&x->match, number) : NULL;

        if (form || !folder->other)
            continue;
        lacking++;
        rc = put_file(x, HOLD_NO_FORM, folder, &(struct match_file){.name = STR("")}, e);
    }
    if (rc == 0 && !lacking && x->match.form_count < x->told)
        return put_wrong(x, HOLD_NO_FORM, STR(""), NULL, e);
    if (rc == 0 && x->match.form_count > x->told)
        return put_wrong(x, HOLD_MORE_FORMS, STR("custody"), NULL, e);
    return rc;
}

static int on_form(void *context, enum form_wrong how, struct str name,
                   const struct hold_record *record, struct err *e)
{
    enum hold_wrong wrong = how == FORM_IS_OTHER ? HOLD_FORM_OTHER : HOLD_FORM;
    struct hold_record shown;

    if (!record)
        return put_wrong(context, wrong, name, NULL, e);
    shown = *record->item;
    shown.seq = record->seq;
    return put_wrong(context, wrong, name, &shown, e);
}

static int check_beside(struct holding *x, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < x->match.foreign_count; i++)
        rc = put_wrong(x, HOLD_FOREIGN, x->match.foreign[i], NULL, e);
    for (size_t i = 0; rc == 0 && i < MATCH_FIXED_COUNT; i++)
        if (!x->match.has_fixed[i])
            rc = put_wrong(x, HOLD_ABSENT, str_of(match_fixed[i]), NULL, e);
    return rc ? rc : check_forms(x, e);
}

static int put_journal(struct holding *x, struct err *e)
{
    CLEANUP_BUF struct buf records = {0};
    CLEANUP_BUF struct buf root = {0};
    struct str texts[2];

    buf_add_u64(&records, x->items.record_count);
    hex_add(&root, x->items.root.b, sizeof(x->items.root.b));
    texts[0] = buf_str(&records);
    texts[1] = buf_str(&root);
    return import_put(x->to, HOLD_ROW_JOURNAL, texts, COUNT_OF(texts), e);
}

static int put_act(struct holding *x, const struct hold_record *record, struct err *e)
{
    bool is_item = record->item == record;
    struct buf said[ACT_TEXT_COUNT] = {{0}};
    struct str texts[ACT_TEXT_COUNT];
    char recorded[UTC_TEXT_SIZE];
    int rc;

    if (x->counts[HOLD_ROW_CHAIN]++ >= HOLD_ROWS_TOLD)
        return 0;
    buf_add_u64(&said[ACT_ITEM], record->item->seq);
    buf_add_u64(&said[ACT_RECORD], record->seq);
    add_title(&said[ACT_WHAT], is_item ? STR("taken") : hold_value(record, HOLD_ACT));
    add_title(&said[ACT_SAID], hold_value(record, HOLD_OCCURRED));
    utc_write(recorded, record->time);
    buf_add(&said[ACT_RECORDED], recorded, sizeof(recorded));
    add_title(&said[ACT_FROM], hold_value(record, HOLD_FROM));
    add_title(&said[ACT_TO], hold_value(record, HOLD_TO));
    add_title(&said[ACT_WHO], hold_signer(&x->items, &record->by));
    hex_add(&said[ACT_KEY], record->by.b, sizeof(record->by.b));
    for (int i = 0; i < ACT_TEXT_COUNT; i++)
        texts[i] = buf_str(&said[i]);
    rc = import_put(x->to, HOLD_ROW_CHAIN, texts, ACT_TEXT_COUNT, e);
    for (int i = 0; i < ACT_TEXT_COUNT; i++)
        buf_release(&said[i]);
    return rc;
}

/* Who had what, when, of all items together in the order of the journal. */
static int put_chain(struct holding *x, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < x->items.count; i++) {
        const struct hold_record *record = &x->items.records[i];

        if (hold_is_act(record))
            rc = put_act(x, record, e);
    }
    return rc;
}

static int put_free(struct holding *x, const char *label, uint64_t forms, struct err *e)
{
    CLEANUP_BUF struct buf count = {0};
    struct str texts[2] = {str_of(label)};

    if (!forms)
        return 0;
    buf_add_u64(&count, forms);
    texts[1] = buf_str(&count);
    return import_put(x->to, HOLD_ROW_FREE, texts, COUNT_OF(texts), e);
}

/* What of the forms was compared, and what was not. */
static int put_compared(struct holding *x, int forms, struct err *e)
{
    struct forms_compared compared = {0};
    CLEANUP_BUF struct buf count = {0};
    int rc = forms_compare(&x->items, forms, on_form, x, &compared, e);

    if (rc)
        return rc;
    buf_add_u64(&count, compared.forms);
    rc = import_put(x->to, HOLD_ROW_FORMS, (struct str[]){buf_str(&count)}, 1, e);
    for (size_t i = 0; rc == 0 && i < CUSTODY_FACT_COUNT; i++)
        rc = put_free(x, custody_facts[i].label, compared.free[i], e);
    if (rc == 0)
        rc = put_free(x, "who somebody is that signed", compared.free_signers, e);
    return rc ? rc : put_free(x, "the commands for the files", compared.free_checks, e);
}

static int put_counts(struct holding *x, struct err *e)
{
    const uint64_t counts[] = {x->told, x->counts[HOLD_ROW_SAME], x->counts[HOLD_ROW_WITHOUT],
                               x->counts[HOLD_ROW_WRONG], x->counts[HOLD_ROW_CHAIN]};
    char digits[COUNT_OF(counts)][24];
    struct str texts[COUNT_OF(counts)];

    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        snprintf(digits[i], sizeof(digits[i]), "%llu", (unsigned long long)counts[i]);
        texts[i] = str_of(digits[i]);
    }
    return import_put(x->to, HOLD_ROW_COUNTS, texts, COUNT_OF(texts), e);
}

static int put_all(struct holding *x, int forms, struct err *e)
{
    int rc = put_journal(x, e);

    for (size_t i = 0; rc == 0 && i < x->items.count; i++)
        if (x->items.records[i].item == &x->items.records[i] && x->items.records[i].is_told)
            rc = put_item(x, &x->items.records[i], e);
    if (rc)
        return rc;
    match_find(&x->match);
    for (size_t i = 0; rc == 0 && i < x->match.folder_count; i++)
        rc = put_folder(x, &x->match.folders[i], e);
    for (size_t i = 0; rc == 0 && i < x->match.item_count; i++)
        if (!x->match.items[i].other)
            rc = put_wrong(x, HOLD_NO_FILES, STR(""), x->match.items[i].item, e);
    if (rc == 0)
        rc = hold_each_untold(&x->items, on_untold, x, e);
    if (rc == 0)
        rc = check_beside(x, e);
    if (rc == 0)
        rc = check_export(x, e);
    if (rc == 0)
        rc = put_compared(x, forms, e);
    if (rc == 0)
        rc = put_chain(x, e);
    return rc ? rc : put_counts(x, e);
}

int package_hold_job_run(const int ins[HOLD_INPUT_COUNT], const struct import_sink *to,
                         struct err *e)
{
    CLEANUP(holding_release) struct holding x = {.to = to, .match = {.arena = arena_new()}};
    int rc = hold_items_read(&x.items, ins[HOLD_JOURNAL], ins[HOLD_OPENINGS], e);

    if (rc == 0)
        rc = match_read_sums(&x.match, ins[HOLD_SUMS], e);
    return rc ? rc : put_all(&x, ins[HOLD_FORMS], e);
}

static int hold_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    const struct import_sink to = import_channel(channel);
    int ins[HOLD_INPUT_COUNT];

    (void)in;
    if (argument.len || worker_input_count(channel) != HOLD_INPUT_COUNT)
        BUG("a job with %zu inputs", worker_input_count(channel));
    for (size_t i = 0; i < HOLD_INPUT_COUNT; i++)
        ins[i] = worker_input(channel, i);
    return package_hold_job_run(ins, &to, e);
}

/* Outside of it. */

static int receive(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    return import_receive(context, kind, bytes, e);
}

int package_hold(const int ins[HOLD_INPUT_COUNT], struct package_held *out, struct err *e)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .output = OUTPUT_SIZE};
    struct import_reader reader = {.text_counts = hold_row_texts,
                                   .kind_count = HOLD_ROW_COUNT_,
                                   .row = package_held_take,
                                   .context = out};
    const struct worker_order order = {.job = hold_job,
                                       .name = "comparing the evidence with the journal",
                                       .ins = ins,
                                       .in_count = HOLD_INPUT_COUNT,
                                       .argument = STR(""),
                                       .limits = &limits,
                                       .receive = receive,
                                       .context = &reader};
    int rc;

    if (!out->arena)
        out->arena = arena_new();
    rc = worker_run_order(&order, e);
    if (rc == 0 && !out->is_whole)
        rc = package_held_unsound(e);
    return rc;
}
