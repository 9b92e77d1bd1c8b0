/* order_begin.c: orders by which a change is prepared and begins. Of an emergency, whatever fails
 * beside the change itself is told and holds nothing up. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "base/mem.h"
#include "contain/action.h"
#include "contain/boot.h"
#include "contain/effect.h"
#include "contain/follow.h"
#include "contain/keep.h"
#include "contain/keeper.h"
#include "contain/machine.h"
#include "contain/network_state.h"
#include "contain/order_server.h"
#include "contain/others.h"
#include "contain/watchdog.h"
#include "sys/file.h"

enum {
    DELAY_MAX_MS = 3600000,
    LEAD_MS = 500, /* so long before its moment a change is made ready, and others must wait */
};

static int check_accepted(const struct plan *p, struct err *e)
{
    if (!p->action->cannot_undo || p->accepts_no_undo)
        return 0;
    return err_set(
        e, ERR_GATE,
        "\"%s\" cannot be undone, and this plan does not say that somebody accepted that: "
        "it lacks \"accept-no-undo\". Nothing was changed",
        p->action->name);
}

/* What is known of a plan before any folder is looked at. */
struct preparing {
    const struct plan *plan;
    struct str text;
    struct keep kept;
    struct host_view host;
    struct buf before;
};

static void preparing_release(struct preparing *pr)
{
    keep_release(&pr->kept);
    host_view_release(&pr->host);
    buf_release(&pr->before);
}

static int remember(struct server *s, struct ledger *l, struct ledger_entry *entry, const char *why,
                    struct err *e)
{
    struct prepared mine = {.id = entry->plan->id, .hold = -1};
    int rc = l->folder.len ? ledger_hold(l, entry, &mine.hold, e) : 0;

    if (rc)
        return rc;
    snprintf(mine.why, sizeof(mine.why), "%s", why);
    s->prepared =
        mem_grow(s->prepared, s->prepared_count, &s->prepared_room, sizeof(struct prepared));
    s->prepared[s->prepared_count++] = mine;
    return 0;
}

static int put_down(struct server *s, struct ledger *l, struct preparing *pr, const char *why,
                    struct err *e)
{
    CLEANUP(plan_freep) struct plan *mine = NULL;
    struct ledger_entry *entry;
    int rc = plan_read(pr->text, &mine, e);

    if (rc == 0)
        rc = keep_place(&pr->kept, l, mine, e);
    if (rc == 0)
        rc = ledger_add(l, mine, pr->text, buf_str(&pr->before), &entry, e);
    if (rc)
        return rc;
    MOVE(mine);
    return remember(s, l, entry, why, e);
}

static int judge_there(struct server *s, struct ledger *l, struct preparing *pr, struct err *e)
{
    if (ledger_find(l, &pr->plan->id))
        return err_set(e, ERR_CONFLICT, "this plan was prepared on this host before");
    others_add(l, &pr->plan->id, &pr->host);
    return order_judge(s, pr->plan, &pr->host, e);
}

/* What changes may be told from now on, under the lock of the ledger. */
static int save(struct preparing *pr, struct err *e)
{
    int rc = pr->plan->action->save ? pr->plan->action->save(pr->plan, &pr->before, e) : 0;

    if (rc == 0 && pr->plan->action->rules)
        network_state_add(&pr->host, &pr->before);
    return rc;
}

static int prepare_usual(struct server *s, struct preparing *pr, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    int rc = ledger_open(&l, s->source->folder, ORDER_LOCK_MS, e);

    if (rc == 0)
        rc = judge_there(s, &l, pr, e);
    if (rc == 0)
        rc = boot_program_keep(s->source->folder, e);
    if (rc == 0)
        rc = save(pr, e);
    return rc ? rc : put_down(s, &l, pr, "", e);
}

/* In the first folder that takes it; where none does, in this process until it begins. Refused is
 * only what the plan itself says. */
static int prepare_emergency(struct server *s, struct preparing *pr, struct err *e)
{
    struct err why = {0};
    const char *folder;
    int rc = order_judge(s, pr->plan, &pr->host, e);

    if (rc == 0)
        rc = save(pr, e);
    for (size_t i = 0; rc == 0 && (folder = order_folder(s, i)); i++) {
        CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
        struct err mine = {0};

        if (ledger_open(&l, folder, ORDER_HURRY_MS, &mine) == 0) {
            rc = judge_there(s, &l, pr, e);
            if (rc || put_down(s, &l, pr, why.text, &mine) == 0)
                return rc;
        }
        why = why.code ? why : mine;
    }
    if (rc)
        return rc;
    ledger_close(&s->unkept);
    ledger_open_unkept(&s->unkept);
    return put_down(s, &s->unkept, pr, why.text, e);
}

static int prepare(struct server *s, const struct plan *p, struct str text, struct err *e)
{
    CLEANUP(preparing_release)
    struct preparing pr = {.plan = p, .text = text, .kept = {.fd = -1}};
    int rc = machine_check(p, e);

    if (rc == 0)
        rc = check_accepted(p, e);
    if (rc == 0)
        rc = host_view_read(&pr.host, e);
    if (rc == 0)
        rc = effect_can_begin(p, e);
    if (rc == 0 && p->action->keep)
        rc = keep_make(&pr.kept, s->source->folder, p, &pr.before, e);
    if (rc == 0)
        rc = plan_is_emergency(p) ? prepare_emergency(s, &pr, e) : prepare_usual(s, &pr, e);
    if (rc)
        return rc;
    buf_addf(&s->answer, "before %zu\n", pr.before.len);
    buf_addstr(&s->answer, buf_str(&pr.before));
    return 0;
}

int order_prepare(struct server *s, struct str rest, struct err *e)
{
    CLEANUP(plan_freep) struct plan *p = NULL;
    CLEANUP_BUF struct buf text = {0};
    struct str size = str_cut(&rest, ' ');
    struct hash asked, got;
    int rc = order_read_plan(s, size, &text, &p, e);

    if (rc)
        return rc;
    got = plan_digest(buf_str(&text));
    if (!hex_read(asked.b, sizeof(asked.b), rest) || !hash_eq(&asked, &got))
        return err_set(e, ERR_TAMPER, "this is not the plan that was approved: its digest differs");
    return prepare(s, p, buf_str(&text), e);
}

static void forget_prepared(struct server *s, const struct id *id, struct prepared *was)
{
    for (size_t i = 0; i < s->prepared_count; i++)
        if (id_eq(&s->prepared[i].id, id)) {
            *was = s->prepared[i];
            fd_close(was->hold);
            s->prepared[i] = s->prepared[--s->prepared_count];
            return;
        }
}

static uint64_t boot_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void wait_until(uint64_t moment_ms)
{
    uint64_t now = boot_now_ms(), ms = moment_ms > now ? moment_ms - now : 0;
    struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
        ;
}

/* All hosts of one moment wait for it together; the lock is free meanwhile, or what is due here
 * would wait with them. */
static int await_moment(struct server *s, struct str id, uint64_t moment_ms, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct ledger_entry *entry;
    int rc;

    if (moment_ms <= boot_now_ms() + LEAD_MS)
        return 0;
    rc = order_open_entry(s, id, &l, &entry, e);
    if (rc)
        return rc;
    ledger_close(&l);
    wait_until(moment_ms - LEAD_MS);
    return 0;
}

static int make_ready(const char *folder, const struct plan *p, struct buf *boot, struct err *e)
{
    struct err why = {0};
    int rc = boot_hook_add(folder, boot, e);

    if (rc == 0 && (p->timer_s || p->expiry_s || p->action->cannot_undo))
        rc = watchdog_start(folder, e);
    if (rc == 0 && (p->timer_s || p->expiry_s))
        rc = keeper_start(folder, e);
    if (rc == 0 && p->action->rules && follow_start(folder, &why))
        effect_warn(boot, "follow", why.text);
    return rc;
}

/* What of it is not to be had is told. */
static void make_ready_emergency(const struct ledger *l, const struct prepared *was,
                                 struct buf *said)
{
    CLEANUP_BUF struct buf text = {0};
    struct err why = {0};

    if (!l->folder.len) {
        effect_warn(said, "restart", was->why);
        effect_warn(said, "unkept", "no folder of this host had room for it");
        return;
    }
    if (ledger_is_spare(l)) {
        buf_addf(&text, "it is kept in memory, in %s, since: %s", buf_text(&l->folder), was->why);
        effect_warn(said, "restart", buf_text(&text));
    } else if (boot_hook_add(buf_text(&l->folder), said, &why)) {
        buf_clear(said);
        effect_warn(said, "restart", why.text);
    }
    if (follow_start(buf_text(&l->folder), &why))
        effect_warn(said, "follow", why.text);
}

/* Another plan may have begun since this one was prepared, and let somebody pass. */
static int judge_again(struct server *s, struct ledger *l, const struct ledger_entry *entry,
                       struct err *e)
{
    CLEANUP_HOST_VIEW struct host_view others = {0};
    CLEANUP_HOST_VIEW struct host_view host = {0};
    int rc;

    others_add(l, &entry->plan->id, &others); /* in short: the host was not read */
    if (!others.other_count || entry->state != LEDGER_PREPARED)
        return 0;
    rc = host_view_read(&host, e);
    if (rc)
        return rc;
    others_add(l, &entry->plan->id, &host);
    return order_judge(s, entry->plan, &host, e);
}

/* The folder took it when it was prepared, and takes nothing any more: the next one, or none. */
static int begin_elsewhere(struct server *s, struct ledger *l, struct ledger_entry *entry,
                           const char *why, struct buf *said, struct err *e)
{
    bool is_behind = false;

    for (size_t i = 0;; i++) {
        const char *folder = order_folder(s, i);
        CLEANUP_LEDGER struct ledger next = {.fd = -1, .lock = -1};
        CLEANUP(plan_freep) struct plan *plan = NULL;
        struct prepared was = {.hold = -1};
        struct ledger_entry *mine;
        int rc;

        if (folder && !is_behind) {
            is_behind = str_eq(str_of(folder), buf_str(&l->folder));
            continue;
        }
        snprintf(was.why, sizeof(was.why), "%s", why);
        if (!folder)
            ledger_open_unkept(&next);
        rc = folder ? ledger_open(&next, folder, ORDER_HURRY_MS, e) : 0;
        if (rc == 0)
            rc = plan_read(buf_str(&entry->plan_bytes), &plan, e);
        if (rc == 0)
            rc = ledger_add(&next, plan, buf_str(&entry->plan_bytes), entry->before, &mine, e);
        if (rc == 0) {
            MOVE(plan);
            buf_clear(said);
            make_ready_emergency(&next, &was, said);
            rc = effect_begin(&next, mine, said, e);
        }
        if (rc == 0)
            (void)!ledger_remove(l, entry, NULL); /* else it is cleared away as nobody's */
        if (rc == 0 || !folder)
            return rc;
    }
}

/* said: what was made ready. */
static int begin(struct server *s, struct ledger *l, struct ledger_entry *entry, struct buf *said,
                 struct err *e)
{
    struct err why = {0};
    int rc;

    if (!plan_is_emergency(entry->plan) || entry->state != LEDGER_PREPARED)
        return effect_begin(l, entry, said, e);
    (void)!ledger_read_before(l, entry, NULL); /* for the next folder, if it comes to that */
    rc = effect_begin(l, entry, said, &why);
    if (rc == 0)
        return 0;
    if (rc == ERR_DENIED || rc == ERR_NOTFOUND || !l->folder.len) /* the kernel's own answer */
        return err_set(e, rc, "%s", why.text);
    return begin_elsewhere(s, l, entry, why.text, said, e);
}

int order_go(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct str id = str_cut(&rest, ' ');
    CLEANUP_BUF struct buf boot = {0};
    struct prepared was = {.hold = -1};
    struct ledger_entry *entry;
    bool is_emergency, cannot_undo;
    uint64_t delay, moment_ms, asked_us = boot_now_us(), began_us;
    int rc, later;

    if (!str_u64(rest, &delay) || delay > DELAY_MAX_MS)
        return err_set(e, ERR_FORMAT, "an order without its moment");
    moment_ms = boot_now_ms() + delay;
    rc = await_moment(s, id, moment_ms, e);
    if (rc == 0)
        rc = order_open_entry(s, id, &l, &entry, e);
    if (rc)
        return rc;
    is_emergency = plan_is_emergency(entry->plan);
    cannot_undo = entry->plan->action->cannot_undo;
    rc = judge_again(s, &l, entry, e);
    if (is_emergency && rc != ERR_GATE)
        rc = 0;
    else if (rc == 0)
        rc = make_ready(s->source->folder, entry->plan, &boot, e);
    if (rc)
        return rc;
    if (cannot_undo) /* nothing stands at a restart */
        buf_clear(&boot);
    wait_until(moment_ms);
    forget_prepared(s, &entry->plan->id, &was);
    if (is_emergency)
        make_ready_emergency(&l, &was, &boot);
    began_us = boot_now_us();
    rc = begin(s, &l, entry, &boot, e);
    buf_addstr(&s->answer, buf_str(&boot));
    buf_addf(&s->answer, "moment %llu %llu\n", (unsigned long long)(began_us - asked_us),
             (unsigned long long)(boot_now_us() - asked_us));
    later = boot_hook_remove_if_idle(&l, rc ? NULL : e);
    return rc || is_emergency ? rc : later;
}
