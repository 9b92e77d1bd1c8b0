/* effect.c: the order in which a change begins, is confirmed and ends. */
#include "contain/effect.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/mem.h"
#include "contain/action.h"
#include "contain/filter_check.h"
#include "contain/filter_listing.h"
#include "contain/filter_table.h"
#include "contain/neighbour.h"
#include "contain/spell.h"

enum {
    KERNEL_LATER_MS = 1000, /* the kernel forgets its elements so long after the watchdog should
                               have acted */
    MAKE_COUNT = 5,
};

static bool is_filter(const struct ledger_entry *entry)
{
    return entry->plan->action->rules != NULL;
}

static bool cannot_undo(const struct ledger_entry *entry)
{
    return entry->plan->action->cannot_undo;
}

static uint64_t left_ms(uint64_t deadline_ms)
{
    uint64_t now = boot_now_ms();

    return deadline_ms > now ? deadline_ms - now : 1;
}

/* How long the kernel keeps its rules by itself; 0: until it is told. */
static uint64_t stays_ms(const struct ledger_entry *entry)
{
    uint64_t expiry = entry->ends_ms ? left_ms(entry->ends_ms) : 0;
    uint64_t timer = 0;

    if (entry->state == LEDGER_ARMED && entry->deadline_ms)
        timer = left_ms(entry->deadline_ms) + KERNEL_LATER_MS;
    if (!timer || !expiry)
        return timer ? timer : expiry;
    return timer < expiry ? timer : expiry;
}

static bool is_in_filter(const struct ledger_entry *entry)
{
    return is_filter(entry) && (entry->state == LEDGER_ARMED || entry->state == LEDGER_CONFIRMED);
}

static int add_plans(struct ledger *l, struct filter_plan *plans, size_t *count, struct err *e)
{
    int rc = 0;

    *count = 0;
    for (size_t i = 0; i < l->count && rc == 0; i++) {
        if (!is_in_filter(&l->entries[i]))
            continue;
        plans[*count].plan = l->entries[i].plan;
        plans[*count].stays_ms = stays_ms(&l->entries[i]);
        rc = neighbours_find(l->entries[i].plan, &plans[*count], e);
        ++*count;
    }
    return rc;
}

typedef int list_places(struct filter_place_list *out, struct err *e);

static int make_once(const char *table, const struct filter_plan *plans, size_t count,
                     list_places *list, struct err *e)
{
    struct filter_place_list places;
    int rc = list(&places, e);

    if (rc == ERR_NOTFOUND && count == 0)
        return 0; /* a kernel without nf_tables holds no rule of ours */
    return rc ? rc : filter_table_make(table, plans, count, &places, e);
}

/* How the kernel holds it now is what it must be from now on; where that cannot be read or written,
 * less is looked at later. */
static void keep_listing(const struct ledger *l)
{
    CLEANUP_BUF struct buf now = {0};

    if (filter_listing_read(ledger_table(l), &now, NULL) ||
        ledger_listing_write(l, buf_str(&now), NULL))
        (void)!ledger_listing_write(l, STR(""), NULL);
}

/* Makes the packet filter what the ledger says. First as if the kernel knew all there is, which
 * spares a question; then as it does. An interface that went away between is no reason to fail. */
static int make_filter(struct ledger *l, struct err *e)
{
    CLEANUP_FREE struct filter_plan *plans = mem_array(l->count + 1, sizeof(*plans));
    size_t count;
    int rc = add_plans(l, plans, &count, e);

    if (rc == 0) /* first: who is killed in between leaves no list of what is not there any more */
        rc = ledger_listing_write(l, STR(""), e);
    if (rc)
        return rc;
    for (int i = 0; i < MAKE_COUNT; i++) {
        rc = make_once(ledger_table(l), plans, count, i ? filter_places : filter_places_all, e);
        if (rc == 0 || rc == ERR_DENIED)
            break;
    }
    if (rc == 0 && count)
        keep_listing(l);
    return rc;
}

/* Before anything is on the ledger: can this host's packet filter be changed at all? */
int effect_can_begin(const struct plan *p, struct err *e)
{
    struct filter_place_list places;

    return p->action->rules ? filter_places(&places, e) : 0;
}

static int apply(struct ledger *l, struct ledger_entry *entry, struct err *e)
{
    int rc;

    if (is_filter(entry))
        return make_filter(l, e);
    rc = ledger_read_before(l, entry, e);
    return rc ? rc : entry->plan->action->apply(entry->plan, entry->before, e);
}

static int undo(struct ledger *l, struct ledger_entry *entry, struct err *e)
{
    int rc;

    if (is_filter(entry))
        return make_filter(l, e); /* its state has it left out */
    rc = ledger_read_before(l, entry, e);
    return rc ? rc : entry->plan->action->undo(entry->plan, entry->before, e);
}

int effect_end(struct ledger *l, struct ledger_entry *entry, struct err *e)
{
    int rc;

    if (entry->state == LEDGER_UNDONE)
        return 0;
    if (entry->state == LEDGER_CONFIRMED && cannot_undo(entry))
        return err_set(e, ERR_GATE, "it cannot be undone, as was accepted when it was approved");
    rc = ledger_set(l, entry, LEDGER_UNDOING, e);
    if (rc == 0)
        rc = undo(l, entry, e);
    return rc ? rc : ledger_set(l, entry, LEDGER_UNDONE, e);
}

int effect_check(struct ledger *l, struct ledger_entry *entry, struct buf *saw, struct err *e)
{
    CLEANUP_BUF struct buf put = {0};
    int rc;

    if (is_filter(entry)) {
        (void)!ledger_listing_read(l, &put,
                                   NULL); /* a table that an earlier version made has none */
        return filter_check(entry->plan, ledger_table(l), buf_str(&put), saw, e);
    }
    rc = ledger_read_before(l, entry, e);
    return rc ? rc : entry->plan->action->check(entry->plan, entry->before, saw, e);
}

/* Back at once; what went wrong first is what is told. */
static int give_up(struct ledger *l, struct ledger_entry *entry, int code, struct err *e)
{
    struct err second = {0};

    if (effect_end(l, entry, &second) == 0)
        return code;
    return err_set(e, code, "%s. And it could not be put back: %s", e->text, second.text);
}

void effect_warn(struct buf *out, const char *code, const char *text)
{
    buf_addf(out, "warn %s ", code);
    for (; *text; text++)
        buf_addc(out, *text == '\n' ? ' ' : *text);
    buf_addc(out, '\n');
}

/* What the kernel took of an emergency stays, whatever is thought of it. */
static int seen_in_effect(struct ledger *l, struct ledger_entry *entry, struct buf *saw,
                          struct err *e)
{
    struct err mine = {0};
    int rc = is_filter(entry) /* which was listed just now */
                 ? filter_check(entry->plan, ledger_table(l), STR(""), saw, &mine)
                 : effect_check(l, entry, saw, &mine);

    if (rc && plan_is_emergency(entry->plan)) {
        effect_warn(saw, "check", mine.text);
        return 0;
    }
    return rc ? err_set(e, rc, "%s", mine.text) : 0;
}

int effect_begin(struct ledger *l, struct ledger_entry *entry, struct buf *saw, struct err *e)
{
    int rc;

    if (entry->state != LEDGER_PREPARED)
        return err_set(e, ERR_GATE, "this plan is already %s", ledger_state_name(entry->state));
    entry->deadline_ms =
        entry->plan->timer_s ? boot_now_ms() + (uint64_t)entry->plan->timer_s * 1000 : 0;
    entry->boot = l->boot;
    ledger_count_expiry(entry);
    rc = ledger_set(l, entry, LEDGER_ARMED, e);
    if (rc)
        return rc;
    rc = apply(l, entry, e);
    if (rc == 0)
        rc = seen_in_effect(l, entry, saw, e);
    if (rc)
        return give_up(l, entry, rc, e);
    return cannot_undo(entry) ? ledger_set(l, entry, LEDGER_CONFIRMED, e) : 0;
}

/* The kernel first: one killed between leaves a change that goes back, never one that is confirmed
 * and that the kernel forgets. */
int effect_confirm(struct ledger *l, struct ledger_entry *entry, struct err *e)
{
    enum ledger_state before = entry->state;
    int rc = 0;

    if (before == LEDGER_CONFIRMED)
        return 0;
    if (before != LEDGER_ARMED || !id_eq(&entry->boot, &l->boot) ||
        (entry->deadline_ms && boot_now_ms() >= entry->deadline_ms))
        return err_set(e, ERR_GATE,
                       "its time was over before it was confirmed: it is %s. Plan it again",
                       before == LEDGER_ARMED ? "going back" : ledger_state_name(before));
    if (is_filter(entry)) {
        entry->state = LEDGER_CONFIRMED;
        rc = make_filter(l, e);
        entry->state = before;
    }
    return rc ? rc : ledger_set(l, entry, LEDGER_CONFIRMED, e);
}

static bool is_over(const struct ledger *l, const struct ledger_entry *entry)
{
    if (entry->state == LEDGER_UNDOING)
        return true;
    if (!ledger_is_live(entry))
        return false;
    if (entry->ends_ms && boot_now_ms() >= entry->ends_ms)
        return true;
    if (entry->state != LEDGER_ARMED || !entry->deadline_ms)
        return false;
    return !id_eq(&entry->boot, &l->boot) || boot_now_ms() >= entry->deadline_ms;
}

/* A restart took the effect away, and the change stands; or the one who made it ended in the middle
 * of what cannot be undone, which can only be finished. */
static bool was_lost(const struct ledger *l, const struct ledger_entry *entry)
{
    if (!ledger_is_live(entry) || entry->state == LEDGER_UNDOING)
        return false;
    return cannot_undo(entry) || !id_eq(&entry->boot, &l->boot);
}

static int apply_again(struct ledger *l, struct ledger_entry *entry, struct err *e)
{
    int rc = apply(l, entry, e);

    if (rc)
        return rc;
    entry->boot = l->boot;
    return ledger_set(l, entry, cannot_undo(entry) ? LEDGER_CONFIRMED : entry->state, e);
}

/* What a helper prepared that has ended since. */
static void clear_abandoned(struct ledger *l)
{
    for (size_t i = l->count; i-- > 0;)
        if (l->entries[i].state == LEDGER_PREPARED && !ledger_is_held(l, &l->entries[i]))
            (void)!ledger_remove(l, &l->entries[i], NULL); /* it does no harm where it lies */
}

int effect_settle(struct ledger *l, struct err *e)
{
    int first = 0;

    clear_abandoned(l);
    for (size_t i = 0; i < l->count; i++) {
        struct ledger_entry *entry = &l->entries[i];
        struct err mine = {0};
        int rc = 0;

        if (is_over(l, entry))
            rc = effect_end(l, entry, &mine);
        else if (was_lost(l, entry))
            rc = apply_again(l, entry, &mine);
        else if (ledger_is_live(entry))
            (void)!ledger_keep_expiry(l, entry, NULL); /* else it lasts longer after a restart */
        if (rc && !first) {
            first = rc;
            if (e)
                *e = mine;
        }
    }
    return first;
}

static uint64_t next_of(const struct ledger_entry *entry)
{
    uint64_t expiry = entry->ends_ms;
    uint64_t timer = entry->state == LEDGER_ARMED ? entry->deadline_ms : 0;

    if (cannot_undo(entry))
        return boot_now_ms(); /* is still to be finished */
    if (!timer || !expiry)
        return timer ? timer : expiry;
    return timer < expiry ? timer : expiry;
}

uint64_t effect_next_ms(const struct ledger *l)
{
    uint64_t next = 0;

    for (size_t i = 0; i < l->count; i++) {
        uint64_t mine = ledger_is_live(&l->entries[i]) ? next_of(&l->entries[i]) : 0;

        if (mine && (!next || mine < next))
            next = mine;
    }
    return next;
}

/* Of the table as the kernel has it, which of these chains are there. */
static bool has_chain(struct str listing, const char *family, const char *name)
{
    CLEANUP_BUF struct buf spelled = {0};
    CLEANUP_BUF struct buf begins = {0};

    spell_add(&spelled, str_of(name));
    buf_addf(&begins, "chain %s %s ", family, buf_text(&spelled));
    while (listing.len)
        if (str_starts(str_cut(&listing, '\n'), buf_text(&begins)))
            return true;
    return false;
}

static bool plan_has_chain(struct str listing, const struct plan *p, const char *family,
                           const char *place)
{
    char name[FILTER_NAME_SIZE], mark[9] = {0};

    hex_write(mark, p->id.b, 4);
    snprintf(name, sizeof(name), "%s-%s", place, mark);
    return has_chain(listing, family, name);
}

/* Leaves those that have no chain yet. */
static void drop_known(struct filter_place_list *places, struct str listing)
{
    size_t count = 0;

    for (size_t i = 0; i < places->device_count; i++) {
        char name[FILTER_NAME_SIZE];

        snprintf(name, sizeof(name), "out-%s", places->devices[i]);
        if (!has_chain(listing, "netdev", name))
            memmove(places->devices[count++], places->devices[i], sizeof(places->devices[0]));
    }
    places->device_count = count;
}

/* Plans with a chain at what programs send past the other hooks, first. */
static size_t keep_egress(struct filter_plan *plans, size_t count, struct str listing)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (plan_has_chain(listing, plans[i].plan, "netdev", "out"))
            plans[kept++] = plans[i];
    return kept;
}

/* The first bridge came: what is passed on there is held by no rule yet. */
static bool lacks_bridge(const struct filter_plan *plans, size_t count,
                         const struct filter_place_list *places, struct str listing)
{
    bool lacks = false;

    for (size_t i = 0; places->bridge_count && i < count; i++)
        lacks |= !plan_has_chain(listing, plans[i].plan, "bridge", "forward");
    return lacks && has_chain(listing, "bridge", "forward");
}

int effect_follow(struct ledger *l, struct err *e)
{
    CLEANUP_FREE struct filter_plan *plans = mem_array(l->count + 1, sizeof(*plans));
    CLEANUP_BUF struct buf listing = {0};
    struct filter_place_list places;
    size_t count;
    int rc = add_plans(l, plans, &count, e);

    if (rc == 0)
        rc = filter_places_all(&places, e);
    if (rc == 0)
        rc = filter_listing_read(ledger_table(l), &listing, e);
    if (rc)
        return rc;
    if (lacks_bridge(plans, count, &places, buf_str(&listing)))
        return make_filter(l, e);
    drop_known(&places, buf_str(&listing));
    count = keep_egress(plans, count, buf_str(&listing));
    if (!places.device_count || !count)
        return 0;
    rc = filter_table_add_devices(ledger_table(l), plans, count, &places, e);
    if (rc == 0)
        keep_listing(l);
    return rc;
}

bool effect_has_filter(const struct ledger *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (is_in_filter(&l->entries[i]))
            return true;
    return false;
}

bool effect_end_unkept(const struct id *id)
{
    CLEANUP_BUF struct buf listing = {0};
    char mark[10] = {'-'};

    hex_write(mark + 1, id->b, 4);
    if (filter_listing_read(LEDGER_TABLE_UNKEPT, &listing, NULL) ||
        !memmem(buf_text(&listing), listing.len, mark, 9))
        return false;
    return make_once(LEDGER_TABLE_UNKEPT, NULL, 0, filter_places, NULL) == 0;
}
