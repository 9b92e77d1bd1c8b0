/* destroy.c: destroys the bytes of an item with the value that names them, and says so in its
 * chain. */
#include "practice/destroy.h"
#include "practice/custody.h"
#include "practice/evidence.h"
#include "practice/timeline_files.h"

static bool names_sum(struct str names)
{
    struct public_value item;

    while (public_item_next(&names, &item))
        if (str_is(item.string, "sha256"))
            return true;
    return false;
}

void destroy_find(struct destroy *out, const struct view *v, uint64_t target, struct str names)
{
    const struct record *r = state_record(v->state, target);
    const struct thing *item = r->thing;
    const struct thing *t;

    *out = (struct destroy){.is_item = false};
    if (!item || r->is_change || !thing_is(item, "evidence") || !names_sum(names) ||
        !hex_read(out->sum.b, sizeof(out->sum.b), thing_value(item, "sha256")))
        return;
    out->is_item = true;
    out->item = item->id;
    for (size_t i = 0; (t = state_thing(v->state, i)); i++)
        if (t != item && thing_is(t, "evidence") &&
            str_eq(thing_value(t, "sha256"), thing_value(item, "sha256")))
            out->shared_by = t->number;
}

void destroy_draft(struct decision *d, const struct destroy *x, uint64_t request)
{
    const struct thing *item;
    struct draft *dr;

    if (!x->is_item)
        return;
    item = state_thing_by_id(d->view->state, &x->item);
    dr = decision_add(d, "custody/1");
    custody_label(d, dr, item);
    draft_value_ref(d, dr, "evidence", &x->item);
    draft_value(dr, "act", STR("destroyed"));
    draft_value(dr, "because",
                str_of(arena_printf(d->arena, "two people approved r%llu, which asks for it",
                                    (unsigned long long)request)));
    dr = decision_add(d, "evidence-change/1");
    custody_label(d, dr, item);
    draft_ref(dr, &x->item);
    draft_value(dr, "destroyed", STR("yes"));
}

int destroy_bytes(struct session *s, const struct destroy *x, const struct view *v,
                  const char *case_folder, struct err *e)
{
    bool is_there = false;
    int rc = x->is_item
                 ? timeline_files_remove(v, state_thing_by_id(v->state, &x->item), case_folder, e)
                 : 0;

    if (rc)
        return rc;
    if (x->is_item && !x->shared_by)
        rc = blob_has(session_store(s), &x->sum, &is_there, e);
    return rc || !is_there ? rc : blob_destroy(session_store(s), &x->sum, e);
}

/* Records, which hold words of it as long as they are not redacted, too. */
static void say_marks(const struct view *v, const struct thing *item, struct buf *out)
{
    const struct thing *t;
    const char *before = "Marks of its events still have words of it, and can be redacted: r";

    for (size_t at = 0; (t = view_next_of(v, "event-tag", "evidence", item, &at));) {
        buf_addf(out, "%s%llu", before, (unsigned long long)t->seq);
        before = ", r";
    }
    if (before[0] == ',')
        buf_addc(out, '\n');
}

void destroy_say(const struct destroy *x, const struct view *v, struct buf *out)
{
    const struct thing *item = x->is_item ? state_thing_by_id(v->state, &x->item) : NULL;

    if (!item)
        return;
    if (x->shared_by)
        buf_addf(out, "Its bytes stay in the case, for e%u has the same.\n", x->shared_by);
    else
        buf_adds(out, "Its bytes are no longer in this case.\n");
    buf_addf(out, "Copies that were handed out are in its chain: calm preserve custody e%u\n",
             item->number);
    say_marks(v, item, out);
}
