/* package_items.c: chooses the items that are handed out, and refuses those that never are. */
#include "base/mem.h"
#include "practice/evidence.h"
#include "practice/package.h"

void package_items_release(struct package_items *items)
{
    free(items->ids);
}

static bool is_asked_for(struct str ids, const struct thing *item)
{
    while (ids.len) {
        struct id id;

        if (hex_read(id.b, sizeof(id.b), str_cut(&ids, '\n')) && id_eq(&id, &item->id))
            return true;
    }
    return false;
}

static int refuse(const struct thing *item, struct err *e)
{
    return err_set(e, ERR_DENIED,
                   "e%u is sealed: it, or the same bytes under another number, may be unlawful to "
                   "possess, and is not exported. See calm help unlawful",
                   item->number);
}

static int choose(struct package_items *items, const struct view *v, struct str ids, bool is_all,
                  struct err *e)
{
    const struct thing *t;
    size_t room = 0;

    for (size_t at = 0; (t = view_next(v, "evidence", &at));) {
        bool is_named = is_asked_for(ids, t);

        if (!is_named && !is_all)
            continue;
        if (evidence_is_barred(v->state, t)) {
            if (is_named)
                return refuse(t, e);
            items->left_out++;
            continue;
        }
        items->ids = mem_grow(items->ids, items->count, &room, sizeof(items->ids[0]));
        items->ids[items->count++] = t->id;
    }
    return 0;
}

/* Each that was named is there, also under --label. */
static int check_named(const struct package_items *items, struct str ids, struct err *e)
{
    while (ids.len) {
        bool is_there = false;
        struct id id;

        if (!hex_read(id.b, sizeof(id.b), str_cut(&ids, '\n')))
            continue;
        for (size_t i = 0; i < items->count; i++)
            is_there = is_there || id_eq(&items->ids[i], &id);
        if (!is_there)
            return err_set(e, ERR_DENIED,
                           "an item that was named is labelled higher than --label allows");
    }
    return 0;
}

int package_items_choose(struct package_items *out, const struct view *v,
                         const struct operation *op, const struct input *in, struct err *e)
{
    CLEANUP(package_items_release) struct package_items items = {0};
    struct str ids = input_value(op, in, "evidence");
    bool is_all = input_has(op, in, "all");
    int rc;

    if (!ids.len && !is_all)
        return err_set(e, ERR_USAGE,
                       "say which items, e1 e4, or --all. The register: calm preserve list");
    rc = choose(&items, v, ids, is_all, e);
    if (rc == 0)
        rc = check_named(&items, ids, e);
    if (rc == 0 && items.count == 0)
        rc = err_set(e, ERR_NOTFOUND, "there is no item to export");
    if (rc)
        return rc;
    *out = items;
    items = (struct package_items){0};
    return 0;
}
