/* stop_where.c: what of stopping the incident comes next: what goes back unless it is confirmed
 * first, then what waits for approval, for being applied, and for a review. */
#include "practice/stop_where.h"
#include "practice/action_order.h"
#include "practice/emergency_file.h"
#include "practice/stop_plan.h"
#include "practice/stop_review.h"
#include "render/screen.h"

enum {
    UNCONFIRMED_MOST = 16,
    CONFIRM = 95, /* before everything else: it goes back by itself */
    APPLY = 72,   /* before the first note: somebody is about to stop it */
    APPROVE = 71,
    REVIEW = 34,
    BEGIN = 2,
    TITLE_SIZE = 60,
};

static int compare_back(const void *a, const void *b)
{
    struct utc x = {0}, y = {0};

    (void)thing_time(*(const struct thing *const *)a, "goes-back", &x);
    (void)thing_time(*(const struct thing *const *)b, "goes-back", &y);
    return utc_cmp(x, y);
}

/* Begun on a device: its clock may run, whatever was said since. */
static bool may_be_running(const struct thing *action)
{
    return stop_is_script(action) && thing_says(action, "state", "begun") &&
           thing_value(action, "goes-back").len;
}

static size_t find_unconfirmed(const struct view *v, const struct thing *out[UNCONFIRMED_MOST])
{
    const struct thing *t;
    size_t count = 0;

    for (size_t at = 0;
         count < UNCONFIRMED_MOST && (t = view_next_with(v, "action", "practice", "stop", &at));)
        if (thing_says(t, "state", "unconfirmed") || may_be_running(t))
            out[count++] = t;
    qsort(out, count, sizeof(out[0]), compare_back);
    return count;
}

static int64_t left_s(const struct view *v, const struct thing *action)
{
    struct utc back = {0};

    return thing_time(action, "goes-back", &back) ? utc_minus_ms(back, v->now) / 1000 : 0;
}

static void add_deadline(const struct view *v, const struct thing *t, struct buf *out)
{
    int64_t left = left_s(v, t);
    char span[UTC_PLAIN_SIZE];

    buf_addf(out, "a%u " STR_FMT " ", t->number, STR_ARG(str_head(view_title(t), TITLE_SIZE)));
    if (left > 0 && may_be_running(t))
        buf_addf(out, "may be in effect, and goes back in %s: calm stop check a%u\n",
                 span_text(span, left), t->number);
    else if (left > 0)
        buf_addf(out, "goes back in %s unless confirmed: calm stop confirm a%u\n",
                 span_text(span, left), t->number);
    else if (stop_is_script(t))
        buf_addf(out, "should be back, unless somebody confirmed it there: calm stop check a%u\n",
                 t->number);
    else
        buf_adds(out, "should have gone back by now; the host says whether it did: "
                      "calm stop status\n");
}

size_t stop_deadline_lines(const struct view *v, struct buf *out)
{
    const struct thing *list[UNCONFIRMED_MOST];
    size_t count = find_unconfirmed(v, list);

    for (size_t i = 0; i < count; i++)
        add_deadline(v, list[i], out);
    return count;
}

/* Cut off by calm, or by hand as somebody said; begun by calm without an outcome on record, it may
 * be. */
static bool is_emergency(const struct thing *t)
{
    return thing_value(t, "reason").len > 0 &&
           (thing_says(t, "state", "done") ||
            (thing_says(t, "state", "begun") && stop_is_planned(t)));
}

/* Of this person on this host, and of no case yet. */
static void show_kept(struct screen *screen, struct answer *a)
{
    CLEANUP_BUF struct buf paths = {0};

    emergency_file_list(a->around->state_folder, &paths);
    if (paths.len)
        screen_para_style(screen, 0, SCREEN_BAD,
                          STR("EMERGENCY that is not on record yet: calm stop record"));
}

void stop_show_emergency(const struct view *v, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    const struct thing *t;

    show_kept(&screen, a);
    for (size_t at = 0; (t = view_next_with(v, "action", "practice", "stop", &at));) {
        const struct thing *system = view_ref(v, t, "system");
        CLEANUP_BUF struct buf line = {0};

        if (!is_emergency(t))
            continue;
        buf_addf(&line, "EMERGENCY: " STR_FMT " %s cut off (a%u), until: calm stop undo a%u",
                 STR_ARG(system ? str_head(view_title(system), TITLE_SIZE) : STR("a system")),
                 thing_says(t, "state", "done") ? "is" : "may be", t->number, t->number);
        screen_para_style(&screen, 0, SCREEN_BAD, buf_str(&line));
    }
}

static void set_next(struct practice_status *out, unsigned urgency)
{
    buf_clear(&out->next);
    buf_clear(&out->because);
    out->urgency = urgency;
}

/* A device tells nobody by itself: what is not known of it is looked at first. */
static bool put_device(const struct thing *t, int64_t left, struct practice_status *out)
{
    if (thing_says(t, "state", "begun") && left > 0 && !thing_value(t, "result").len) {
        buf_addf(&out->next, "calm stop done a%u \"what it answered\" --answer FILE", t->number);
        buf_addf(&out->because, "once its text was typed on the device; else: calm stop undo a%u",
                 t->number);
        return true;
    }
    if (left > 0 && !thing_says(t, "state", "begun"))
        return false;
    if (str_starts(thing_value(t, "result"), "failed: ")) {
        buf_addf(&out->next, "calm stop undo a%u", t->number);
        buf_adds(&out->because, "it failed on the device, and a part of it may be in effect");
        return true;
    }
    buf_addf(&out->next, "calm stop check a%u", t->number);
    buf_addf(&out->because, "%s; if it is not in effect: calm stop undo a%u \"it went back\"",
             left > 0 ? "what became of it on the device is not known"
                      : "its time is over, and the device should have put it back",
             t->number);
    return true;
}

static bool put_unconfirmed(const struct view *v, struct practice_status *out)
{
    const struct thing *list[UNCONFIRMED_MOST];
    char span[UTC_PLAIN_SIZE];
    int64_t left;

    if (!find_unconfirmed(v, list))
        return false;
    set_next(out, CONFIRM);
    left = left_s(v, list[0]);
    if (stop_is_script(list[0]) && put_device(list[0], left, out))
        return true;
    if (left <= 0) {
        buf_adds(&out->next, "calm stop status");
        buf_addf(&out->because, "the time of a%u is over: the host says whether it went back",
                 list[0]->number);
        return true;
    }
    buf_addf(&out->next, "calm stop confirm a%u", list[0]->number);
    buf_addf(&out->because,
             "if you still reach what you need; else wait: a%u goes back by itself in %s, or at "
             "once with: calm stop undo a%u",
             list[0]->number, span_text(span, left), list[0]->number);
    return true;
}

/* A plan that somebody wrote and nobody carried out yet. */
static bool put_waiting(const struct view *v, struct practice_status *out)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(v, "action", "practice", "stop", &at));) {
        bool is_planned = thing_says(t, "state", "planned");
        bool needs_another = is_planned && action_needs_another(v);

        if (!is_planned && !thing_says(t, "state", "approved"))
            continue;
        if (stop_is_script(t) && !thing_value(t, "texts").len) {
            set_next(out, APPROVE);
            buf_addf(&out->next, "calm stop script a%u --for DEVICE --keep", t->number);
            buf_addf(&out->because, "a%u has no texts yet that somebody could approve", t->number);
            return true;
        }
        set_next(out, needs_another ? APPROVE : APPLY);
        if (!needs_another && !view_count(v, "look") && !view_count(v, "snapshot")) {
            buf_adds(&out->next, "calm assess look \"what I see\"");
            buf_addf(&out->because, "two minutes; a%u waits for it", t->number);
        } else if (!needs_another) {
            buf_addf(&out->next, "calm stop %s a%u", action_go(t), t->number);
            buf_addf(&out->because,
                     is_planned ? "a%u is planned; nobody else is here to approve it"
                                : "a%u is approved",
                     t->number);
        } else if (action_planner(v, t) != v->person) {
            buf_addf(&out->next, "calm stop approve a%u", t->number);
            buf_addf(&out->because,
                     "it was planned by somebody else; read it first: calm stop show a%u",
                     t->number);
        } else {
            buf_addf(&out->next, "calm stop approve a%u --spoken \"NAME, time\"", t->number);
            buf_addf(&out->because, "you planned it, so ");
            action_others(v, &out->because);
            buf_adds(&out->because, " approves it: at their own screen, or by voice");
        }
        return true;
    }
    return false;
}

static bool put_review(const struct view *v, struct practice_status *out)
{
    bool is_found = false;
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(v, "action", "practice", "stop", &at));) {
        if (!stop_wants_review(t))
            continue;
        buf_addf(&out->missing, "a review of a%u by somebody else: why it did not wait\n",
                 t->number);
        if (!is_found && !out->next.len) {
            set_next(out, REVIEW);
            buf_addf(&out->next, "calm stop review a%u \"what was found\"", t->number);
            buf_addf(&out->because, "a%u did not wait for approval, and nobody reviewed it yet",
                     t->number);
        }
        is_found = true;
    }
    return is_found;
}

/* "in effect, goes back in 4 min unless confirmed" */
static void add_standing(const struct view *v, const struct thing *t, struct buf *out)
{
    bool is_calms = stop_is_planned(t);
    char span[UTC_PLAIN_SIZE];
    int64_t left = left_s(v, t);

    if (thing_says(t, "state", "unconfirmed") && left > 0)
        buf_addf(out, "in effect, goes back in %s unless confirmed", span_text(span, left));
    else if (thing_says(t, "state", "unconfirmed"))
        buf_adds(out, "its time is over: calm stop status");
    else if (thing_says(t, "state", "begun") && is_calms)
        buf_adds(out, "begun, outcome not known: calm stop status");
    else if (thing_says(t, "state", "done"))
        buf_addf(out, "%s%s" STR_FMT, is_calms ? "in effect" : "done",
                 thing_value(t, "check").len ? ", the check: " : ", not checked",
                 STR_ARG(thing_value(t, "check")));
    else
        buf_addstr(out, thing_value(t, "state"));
}

/* What is in effect comes first, and what is undone is only counted. */
static void put_lines(const struct view *v, struct practice_status *out)
{
    size_t counts[ACTION_OVER + 1] = {0};
    CLEANUP_FREE const struct thing **all = NULL;
    size_t count = action_order(v, "stop", &all);

    buf_clear(&out->missing);
    buf_clear(&out->done);
    buf_clear(&out->brief);
    for (size_t i = 0; i < count; i++) {
        enum action_rank rank = action_rank(all[i]);
        bool is_good = rank == ACTION_STANDS && thing_says(all[i], "check", "works");
        struct buf *to = is_good ? &out->done : &out->missing;

        counts[rank]++;
        if (rank == ACTION_OVER)
            continue;
        buf_addf(to, "a%u " STR_FMT ": ", all[i]->number, STR_ARG(view_title(all[i])));
        add_standing(v, all[i], to);
        buf_addc(to, '\n');
    }
    if (counts[ACTION_OVER])
        buf_addf(&out->done, "%zu undone (calm stop list --all)\n", counts[ACTION_OVER]);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        static const char *const words[] = {"under way", "in effect", "planned", "undone"};

        if (counts[i])
            buf_addf(&out->brief, "%s%zu %s", out->brief.len ? ", " : "", counts[i], words[i]);
    }
}

void stop_where(const struct view *v, struct practice_status *out)
{
    action_status(v, "stop", out);
    if (out->stage != STAGE_OPEN)
        put_lines(v, out);
    if (put_review(v, out) && out->stage == STAGE_DONE)
        out->stage = STAGE_UNDER_WAY;
    if (!put_unconfirmed(v, out))
        (void)put_waiting(v, out);
    if (out->stage != STAGE_OPEN)
        return;
    buf_adds(&out->missing, "if it is still going on: a plan to stop it\n");
    set_next(out, BEGIN);
    buf_adds(&out->next, "calm help stop");
    buf_adds(&out->because,
             "if it is still going on: cable or switch port first, then what calm can do; if it "
             "cannot wait: calm stop --emergency \"why\"");
}
