/* custody_chain.c: the rows of an item's chain of custody, from whatever records told them. */
#include "practice/custody_chain.h"
#include "practice/custody.h"
#include "practice/preserve_verify.h"

void custody_taken_release(struct custody_taken *t)
{
    buf_release(&t->place);
    buf_release(&t->seal);
    buf_release(&t->to);
}

int custody_taken_read(struct custody_taken *t, const struct view *v, const struct thing *item,
                       struct err *e)
{
    CLEANUP_BUF struct buf when = {0};
    int rc = view_text(v, item->seq, "place", &t->place, e);

    if (rc == 0)
        rc = view_text(v, item->seq, "seal", &t->seal, e);
    if (rc == 0)
        rc = view_text(v, item->seq, "holder", &t->to, e);
    if (rc == 0)
        rc = view_text(v, item->seq, "occurred", &when, e);
    if (rc == 0 && !utc_read(&t->when, buf_str(&when)))
        t->when = state_record(v->state, item->seq)->time;
    return rc;
}

static struct str taken_value(const struct custody_taken *t, const char *field)
{
    const struct buf *b = strcmp(field, "place") == 0  ? &t->place
                          : strcmp(field, "seal") == 0 ? &t->seal
                          : strcmp(field, "to") == 0   ? &t->to
                                                       : NULL;

    return b ? buf_str(b) : STR("");
}

static struct str timeline_value(const struct thing *t, const char *field)
{
    bool is_made = thing_is(t, "timeline");

    if (strcmp(field, "place") == 0)
        return is_made ? STR(CUSTODY_READ) : STR(CUSTODY_TO_BE_READ);
    return strcmp(field, "because") == 0 ? thing_value_if(t, "because") : STR("");
}

struct str custody_said(const struct custody_link *l, const char *field)
{
    if (l->taken)
        return taken_value(l->taken, field);
    if (l->timeline)
        return timeline_value(l->timeline, field);
    return l->custody ? thing_value(l->custody, field) : STR("");
}

enum custody_leaving custody_leaving_of(const struct thing *custody)
{
    if (!thing_says(custody, "act", "exported") || !thing_value(custody, "recipient").len)
        return LEFT;
    return thing_value(custody, "outcome").len   ? LEFT_NOTHING
           : thing_value(custody, "package").len ? LEFT
                                                 : LEFT_UNKNOWN;
}

struct str custody_left_words(const struct thing *custody)
{
    bool is_form = thing_says(custody, "act", "exported") &&
                   thing_value(custody, "recipient").len &&
                   str_starts(thing_value(custody, "place"), CUSTODY_FORM_ALONE);

    return is_form ? STR("its form exported") : thing_value(custody, "act");
}

struct str custody_leaving_words(enum custody_leaving leaving, struct str left)
{
    static const char *const words[] = {
        [LEFT_NOTHING] = "not exported",
        [LEFT_UNKNOWN] = "to be exported: whether it was is not on record",
    };

    return leaving == LEFT ? left : str_of(words[leaving]);
}

/* Whether a record that made a thing is a row of the item's chain. */
static bool link_of(const struct view *v, const struct thing *item, const struct thing *t,
                    struct custody_link *out)
{
    if (thing_is(t, "custody") && view_refers(v, t, "evidence", item)) {
        out->act = custody_leaving_words(custody_leaving_of(t), custody_left_words(t));
        out->custody = t;
    } else if (thing_is(t, "verification") && view_refers(v, t, "evidence", item)) {
        out->act = verification_words(v, t, item);
        out->verification = t;
    } else if (thing_is(t, "unlawful") && view_refers(v, t, "evidence", item)) {
        out->act = STR(CUSTODY_UNLAWFUL);
    } else if ((thing_is(t, "timeline") || thing_is(t, "timeline-left")) &&
               view_refers(v, t, "evidence", item)) {
        out->act = STR(CUSTODY_EXAMINED);
        out->timeline = t;
    }
    return out->act.len > 0;
}

bool custody_next(const struct view *v, const struct thing *item, const struct custody_taken *taken,
                  uint64_t *seq, struct custody_link *out)
{
    const struct record *r;

    while ((r = state_record(v->state, (*seq)++))) {
        const struct thing *t = r->thing;

        *out = (struct custody_link){.seq = *seq - 1};
        if (!t || r->is_change || !view_allows_record(v, r))
            continue;
        if (t == item) {
            out->act = STR("taken");
            out->taken = taken;
            return true;
        }
        if (link_of(v, item, t, out))
            return true;
    }
    return false;
}

struct str custody_kept_after(struct str before, struct str act, struct str place)
{
    static const char *const leaving[] = {"handed-over", "returned", "destroyed"};
    static const char *const placing[] = {"received", "stored", "sealed", "opened"};

    for (size_t i = 0; i < COUNT_OF(leaving); i++)
        if (str_is(act, leaving[i]))
            return place;
    for (size_t i = 0; i < COUNT_OF(placing) && place.len; i++)
        if (str_is(act, placing[i]))
            return place;
    return before;
}

struct str custody_kept_now(const struct view *v, const struct thing *item)
{
    struct str kept = thing_value(item, "place");
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "custody", "evidence", item, &at));)
        kept = custody_kept_after(kept, thing_value(t, "act"), thing_value(t, "place"));
    return kept;
}
