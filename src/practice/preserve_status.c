/* preserve_status.c: what is kept, what is missing, and what should be kept next. */
#include "practice/preserve_status.h"
#include "practice/backup.h"
#include "practice/hosts.h"
#include "practice/preserve_verify.h"

/* Systems that may be affected and of which neither backups nor logs are held. */
static const struct thing *first_unheld(const struct view *v)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "system", &at));) {
        size_t hold_at = 0;

        if (!thing_says(t, "state", "clear") &&
            !view_next_of(v, "retention", "system", t, &hold_at))
            return t;
    }
    return NULL;
}

/* A few seconds of reading may say what is lost if nobody acts. */
static void suggest_observed(const struct thing *collection, struct practice_status *out)
{
    CLEANUP_BUF struct buf call = {0};
    uint64_t count = 0;

    view_call(&call, collection);
    (void)str_u64(thing_value(collection, "observed"), &count);
    buf_addf(&out->next, "calm preserve observed %s", buf_text(&call));
    add_count(&out->because, count, "thing stands out in ", "things stand out in ");
    buf_addstr(&out->because, view_title(collection));
    buf_adds(&out->because, "; behind it --looked says that they were looked through");
    out->urgency = 66;
}

static void suggest_hold(const struct view *v, const struct thing *system,
                         struct practice_status *out)
{
    buf_addf(&out->next, "calm preserve hold " STR_FMT " --backup offline --rotation suspended",
             STR_ARG(view_title(system)));
    buf_adds(&out->because, "backups and logs are overwritten while we work; a hold costs nothing");
    backup_say(v, system, &out->because);
    out->urgency = 52;
}

/* A drive that was taken away can be imaged at any time. */
static bool has_image(const struct view *v, const struct thing *system)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "evidence", "system", system, &at));)
        if (thing_says(t, "sort", "image") || thing_says(t, "sort", "device"))
            return true;
    return false;
}

static const struct thing *first_without_image(const struct view *v)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "system", &at));)
        if (thing_says(t, "state", "affected") && !has_image(v, t))
            return t;
    return NULL;
}

/* One that was begun and has not ended may be made just now; then nobody else goes on with it. */
static const struct thing *first_interrupted(const struct view *v)
{
    const struct thing *t, *begun = NULL;

    for (size_t at = 0; (t = view_next(v, "acquisition", &at));)
        if (thing_says(t, "state", "interrupted"))
            return t;
        else if (thing_says(t, "state", "begun") && thing_value(t, "resume").len && !begun)
            begun = t;
    return begun;
}

static void suggest_resume(const struct thing *image, struct practice_status *out)
{
    buf_addf(&out->next, "calm preserve image --resume im%u", image->number);
    buf_addf(&out->because, "the image of " STR_FMT " %s; what it has is kept",
             STR_ARG(view_title(image)),
             thing_says(image, "state", "interrupted")
                 ? "was interrupted"
                 : "has not ended, where no program works on it any more");
    out->urgency = 48;
}

/* Images that have not ended: interrupted, or cut off without a word. One that is made just now is
 * among them. */
static void add_unended(const struct view *v, struct practice_status *out)
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0; (t = view_next(v, "acquisition", &at));) {
        bool is_interrupted = thing_says(t, "state", "interrupted");

        if (!is_interrupted && !thing_says(t, "state", "begun"))
            continue;
        count++;
        buf_addf(&out->missing, "the rest of im%u, an image that %s: " STR_FMT "\n", t->number,
                 is_interrupted ? "was interrupted" : "has not ended", STR_ARG(view_title(t)));
    }
    if (count && out->brief.len)
        buf_adds(&out->brief, ", ");
    if (count)
        add_count(&out->brief, count, "image not ended", "images not ended");
}

/* Items that were not as taken when they were last hashed; the first of them, NULL. */
static const struct thing *add_altered(const struct view *v, struct practice_status *out)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct thing *t, *first = NULL;
    size_t room, count = 0;
    const enum item_state *states = verification_states(v, arena, &room);

    for (size_t at = 0; (t = view_next(v, "evidence", &at));) {
        enum item_state state = t->number < room ? states[t->number] : ITEM_UNCHECKED;

        if ((state != ITEM_ALTERED && state != ITEM_MISSING) || thing_value(t, "destroyed").len)
            continue;
        first = first ? first : t;
        count++;
        buf_addf(&out->missing,
                 state == ITEM_ALTERED ? "e%u as it was taken: it was found altered\n"
                                       : "all of e%u: it was not found where it is kept\n",
                 t->number);
    }
    if (count)
        buf_addf(&out->brief, ", %zu not as taken", count);
    return first;
}

static void suggest_verify(const struct thing *item, struct practice_status *out)
{
    buf_addf(&out->next, "calm preserve verify e%u", item->number);
    buf_addf(&out->because,
             "e%u was not as taken when it was last hashed; connect the medium that holds it, or "
             "look for another copy",
             item->number);
    out->urgency = 40;
}

static void suggest_image(const struct thing *system, struct practice_status *out)
{
    buf_addf(&out->next, "calm preserve image /dev/sda --to /mnt/evidence --system " STR_FMT,
             STR_ARG(view_title(system)));
    buf_addf(&out->because,
             STR_FMT " is affected and there is no image of its disk; deleted files last only "
                     "until they are written over",
             STR_ARG(view_title(system)));
    out->urgency = 41;
}

void preserve_status(const struct view *v, struct practice_status *out)
{
    const struct thing *unheld = first_unheld(v);
    const struct thing *noticed = observed_not_looked_at(v);
    const struct thing *interrupted = first_interrupted(v);
    const struct thing *without_image = first_without_image(v);
    size_t items = view_count(v, "evidence");
    size_t holds = view_count(v, "retention");
    const struct thing *altered;
    const struct thing *t;

    if (items) {
        add_count(&out->done, items, "item on the register\n", "items on the register\n");
        add_count(&out->brief, items, "item", "items");
    }
    if (holds)
        add_count(&out->done, holds, "hold\n", "holds\n");
    altered = add_altered(v, out);
    add_unended(v, out);
    for (size_t at = 0; (t = view_next(v, "system", &at));) {
        size_t item_at = 0;
        size_t hold_at = 0;

        if (!thing_says(t, "state", "clear") &&
            !view_next_of(v, "retention", "system", t, &hold_at))
            buf_addf(&out->missing, "a hold on backups and logs of " STR_FMT "\n",
                     STR_ARG(view_title(t)));
        if (thing_says(t, "state", "affected") &&
            !view_next_of(v, "evidence", "system", t, &item_at))
            buf_addf(&out->missing, "evidence from " STR_FMT "\n", STR_ARG(view_title(t)));
    }
    if (!items && !holds && !view_count(v, "acquisition"))
        out->stage = STAGE_OPEN;
    else
        out->stage = out->missing.len ? STAGE_UNDER_WAY : STAGE_DONE;
    if (noticed) {
        suggest_observed(noticed, out);
    } else if (unheld) {
        suggest_hold(v, unheld, out);
    } else if (interrupted) {
        suggest_resume(interrupted, out);
    } else if (!items && view_count(v, "system")) {
        buf_adds(&out->next, "calm preserve files /var/log");
        buf_adds(&out->because, "nothing is kept as evidence yet");
        out->urgency = 43;
    } else if (without_image) {
        suggest_image(without_image, out);
    } else if (altered) {
        suggest_verify(altered, out);
    }
}
