/* package_held.c: takes what the worker sends that held a package's evidence against its journal:
 * its words are hostile. */
#include <stdlib.h>
#include "base/utc.h"
#include "practice/package_hold.h"

enum { PATH_SIZE = 600 };

void package_held_release(struct package_held *h)
{
    free(h->same.told);
    free(h->without.told);
    free(h->wrong.told);
    free(h->chain.acts);
    arena_free(h->arena);
}

int package_held_unsound(struct err *e)
{
    return err_set(e, ERR_TAMPER,
                   "its reader sent what no sound one sends, and was stopped. The package may be "
                   "made to attack it");
}

static struct str keep(struct package_held *h, struct str text)
{
    return (struct str){arena_dup(h->arena, text.p, text.len), text.len};
}

static int take_told(struct package_held *h, struct hold_list *l, struct hold_told told,
                     struct err *e)
{
    uint64_t seq;

    if (l->count == HOLD_ROWS_TOLD || told.folder.len > PATH_SIZE ||
        told.title.len > HOLD_TITLE_SIZE + 4 || (told.record.len && !str_u64(told.record, &seq)))
        return package_held_unsound(e);
    told.folder = keep(h, told.folder);
    told.record = keep(h, told.record);
    told.title = keep(h, told.title);
    l->told = mem_grow(l->told, l->count, &l->room, sizeof(l->told[0]));
    l->told[l->count++] = told;
    return 0;
}

static int take_journal(struct package_held *h, const struct str *texts, struct err *e)
{
    if (h->has_root || !str_u64(texts[0], &h->records) ||
        !hex_read(h->root.b, sizeof(h->root.b), texts[1]))
        return package_held_unsound(e);
    h->has_root = true;
    return 0;
}

static bool fits(const struct hold_list *l)
{
    return l->total == l->count || (l->total > l->count && l->count == HOLD_ROWS_TOLD);
}

static int take_counts(struct package_held *h, const struct str *texts, struct err *e)
{
    if (!str_u64(texts[0], &h->items) || !str_u64(texts[1], &h->same.total) ||
        !str_u64(texts[2], &h->without.total) || !str_u64(texts[3], &h->wrong.total) ||
        !str_u64(texts[4], &h->chain.total) || h->chain.total < h->chain.count ||
        (h->chain.total > h->chain.count && h->chain.count != HOLD_ROWS_TOLD) || !fits(&h->same) ||
        !fits(&h->without) || !fits(&h->wrong))
        return package_held_unsound(e);
    h->is_whole = true;
    return 0;
}

static int take_wrong(struct package_held *h, const struct str *texts, struct err *e)
{
    struct hold_told told = {.folder = texts[1], .record = texts[2], .title = texts[3]};
    uint64_t wrong;

    if (!str_u64(texts[0], &wrong) || wrong >= HOLD_WRONG_COUNT_)
        return package_held_unsound(e);
    told.wrong = (enum hold_wrong)wrong;
    return take_told(h, &h->wrong, told, e);
}

static int take_act(struct package_held *h, const struct str *texts, struct err *e)
{
    struct hold_act act;
    struct utc when;
    uint64_t seq;

    if (h->chain.count == HOLD_ROWS_TOLD || !str_u64(texts[ACT_ITEM], &seq) ||
        !str_u64(texts[ACT_RECORD], &seq) || !utc_read(&when, texts[ACT_RECORDED]))
        return package_held_unsound(e);
    for (int i = 0; i < ACT_TEXT_COUNT; i++) {
        if (texts[i].len > HOLD_TITLE_SIZE + 4)
            return package_held_unsound(e);
        act.texts[i] = keep(h, texts[i]);
    }
    h->chain.acts =
        mem_grow(h->chain.acts, h->chain.count, &h->chain.room, sizeof(h->chain.acts[0]));
    h->chain.acts[h->chain.count++] = act;
    return 0;
}

static int take_free(struct package_held *h, const struct str *texts, struct err *e)
{
    struct hold_free *f = &h->free[h->free_count];

    if (h->free_count == HOLD_FREE_MAX || texts[0].len > HOLD_LABEL_SIZE ||
        !str_u64(texts[1], &f->forms))
        return package_held_unsound(e);
    f->label = keep(h, texts[0]);
    h->free_count++;
    return 0;
}

int package_held_take(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    struct package_held *h = context;
    struct hold_told told = {.folder = texts[0], .record = texts[1]};

    if (h->is_whole || h->has_root != (kind != HOLD_ROW_JOURNAL))
        return package_held_unsound(e);
    switch (kind) {
    case HOLD_ROW_JOURNAL:
        return take_journal(h, texts, e);
    case HOLD_ROW_SAME:
        told.title = texts[2];
        return str_u64(texts[3], &told.unread) ? take_told(h, &h->same, told, e)
                                               : package_held_unsound(e);
    case HOLD_ROW_WITHOUT:
        told.title = texts[2];
        return take_told(h, &h->without, told, e);
    case HOLD_ROW_WRONG:
        return take_wrong(h, texts, e);
    case HOLD_ROW_CHAIN:
        return take_act(h, texts, e);
    case HOLD_ROW_FORMS:
        return str_u64(texts[0], &h->forms) ? 0 : package_held_unsound(e);
    case HOLD_ROW_FREE:
        return take_free(h, texts, e);
    case HOLD_ROW_COUNTS:
        return take_counts(h, texts, e);
    }
    return package_held_unsound(e);
}
