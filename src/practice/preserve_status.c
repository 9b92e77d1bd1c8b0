/* preserve_status.c: what is kept, what is missing, and what should be kept next. */
#include "practice/preserve_status.h"
#include "practice/backup.h"
#include "practice/hosts.h"

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

static const struct thing *first_interrupted(const struct view *v)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(v, "acquisition", &at));)
        if (thing_says(t, "state", "interrupted"))
            return t;
    return NULL;
}

static void suggest_resume(const struct thing *image, struct practice_status *out)
{
    buf_addf(&out->next, "calm preserve image --resume im%u", image->number);
    buf_addf(&out->because, "the image of " STR_FMT " was interrupted; what it has is kept",
             STR_ARG(view_title(image)));
    out->urgency = 48;
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
    const struct thing *t;

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
    if (items) {
        add_count(&out->done, items, "item on the register\n", "items on the register\n");
        add_count(&out->brief, items, "item", "items");
    }
    if (holds)
        add_count(&out->done, holds, "hold\n", "holds\n");
    out->stage = !items && !holds ? STAGE_OPEN : out->missing.len ? STAGE_UNDER_WAY : STAGE_DONE;
    if (noticed) {
        suggest_observed(noticed, out);
    } else if (unheld) {
        suggest_hold(v, unheld, out);
    } else if (!items && view_count(v, "system")) {
        buf_adds(&out->next, "calm preserve files /var/log");
        buf_adds(&out->because, "nothing is kept as evidence yet");
        out->urgency = 43;
    } else if (interrupted) {
        suggest_resume(interrupted, out);
    } else if (without_image) {
        suggest_image(without_image, out);
    }
}
