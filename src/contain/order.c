/* order.c: reads orders and carries them out. */
#include "contain/order.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "contain/action.h"
#include "contain/allow.h"
#include "contain/boot.h"
#include "contain/effect.h"
#include "contain/filter_others.h"
#include "contain/host_view.h"
#include "contain/keep.h"
#include "contain/keeper.h"
#include "contain/machine.h"
#include "contain/network_state.h"
#include "contain/order_input.h"
#include "contain/others.h"
#include "contain/process.h"
#include "contain/spell.h"
#include "contain/tunnel.h"
#include "contain/watchdog.h"
#include "sys/clock.h"
#include "sys/file.h"

enum {
    LOCK_MS = 10000,
    DELAY_MAX_MS = 3600000,
    LEAD_MS = 500, /* so long before its moment a change is made ready, and others must wait */
    SESSION_COUNT = 32,
    FETCH_SIZE = 1 << 20,
};

/* What was prepared in this run and not begun. */
struct prepared {
    struct id id;
    int hold;
};

struct server {
    const struct order_source *source;
    struct order_input in;
    struct buf answer;
    struct endpoint guarded[16];
    size_t guarded_count;
    struct prepared *prepared;
    size_t prepared_count;
    size_t prepared_room;
};

static int read_plan_of(struct server *s, struct str size_word, struct buf *text, struct plan **out,
                        struct err *e)
{
    uint64_t size;
    int rc;

    if (!str_u64(size_word, &size) || size > PLAN_SIZE)
        return err_set(e, ERR_FORMAT, "an order without the size of its plan");
    rc = order_input_bytes(&s->in, size, text, e);
    return rc ? rc : plan_read(buf_str(text), out, e);
}

static int judge(struct server *s, const struct plan *p, struct host_view *host, struct err *e)
{
    memcpy(host->guarded, s->guarded, sizeof(s->guarded));
    host->guarded_count = s->guarded_count;
    return p->action->judge ? p->action->judge(p, host, e) : 0;
}

/* An ENDPOINT a line. */
static int do_allowed(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_HOST_VIEW struct host_view host = {0};
    char text[ENDPOINT_TEXT_SIZE];
    int rc = host_view_read(&host, e);

    (void)rest;
    if (rc == 0)
        rc = others_look(s->source->folder, &(struct id){0}, &host, e);
    for (size_t i = 0; rc == 0 && i < host.other_count; i++)
        buf_addf(&s->answer, "%s\n", endpoint_text(text, &host.others[i]));
    return rc;
}

static int do_guard(struct server *s, struct str rest, struct err *e)
{
    if (s->guarded_count == COUNT_OF(s->guarded))
        return err_set(e, ERR_LIMIT, "too many addresses to guard");
    return endpoint_read(rest, &s->guarded[s->guarded_count], e) ? e->code
                                                                 : (s->guarded_count++, 0);
}

static int do_preview(struct server *s, struct str rest, struct err *e)
{
    CLEANUP(plan_freep) struct plan *p = NULL;
    CLEANUP_HOST_VIEW struct host_view host = {0};
    CLEANUP_BUF struct buf text = {0};
    int rc = read_plan_of(s, rest, &text, &p, e);

    if (rc == 0)
        rc = host_view_read(&host, e);
    if (rc == 0)
        rc = others_look(s->source->folder, &p->id, &host, e);
    if (rc == 0)
        rc = judge(s, p, &host, e);
    if (rc == 0)
        allow_warn(p, &s->answer);
    if (rc == 0 && geteuid() != 0)
        buf_adds(&s->answer, "warn rights\n");
    if (rc == 0 && p->action->rules)
        filter_others(&s->answer);
    if (rc == 0 && p->action->preview)
        rc = p->action->preview(p, &host, &s->answer, e);
    return rc;
}

static bool is_told(struct str lines, const char *text)
{
    while (lines.len)
        if (str_is(str_cut(&lines, '\n'), text))
            return true;
    return false;
}

/* Once each, as far as there is room. */
static void add_session(struct server *s, const struct endpoint *p, int *count)
{
    char text[ENDPOINT_TEXT_SIZE];

    if (*count == SESSION_COUNT || is_told(buf_str(&s->answer), endpoint_text(text, p)))
        return;
    buf_addf(&s->answer, "%s\n", text);
    ++*count;
}

/* The connections that this command came over, as endpoints that a plan can allow, and what the
 * tunnels need that they came through. */
static int do_sessions(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_HOST_VIEW struct host_view host = {0};
    int rc = host_view_read(&host, e), count = 0;

    (void)rest;
    for (size_t i = 0; rc == 0 && i < host.socket_count; i++) {
        const struct host_socket *at = &host.sockets[i];
        const struct host_tunnel *t = at->is_ours ? tunnel_to(&host, &at->remote) : NULL;
        struct endpoint needs[2],
            p = {.net = at->remote,
                 .protocol = at->protocol,
                 .port_first = at->is_inbound ? at->local_port : at->remote_port,
                 .way = at->is_inbound ? ENDPOINT_IN : ENDPOINT_OUT};
        size_t need_count = t ? tunnel_needs(t, needs) : 0;

        p.port_last = p.port_first;
        if (!at->is_ours || !p.port_first)
            continue;
        add_session(s, &p, &count);
        for (size_t k = 0; k < need_count; k++)
            add_session(s, &needs[k], &count);
    }
    return rc;
}

/* What a plan for this host says of it. */
static int do_host(struct server *s, struct str rest, struct err *e)
{
    struct hash machine = hash_zero;
    char name[256];

    (void)rest;
    (void)e;
    host_name(name, sizeof(name));
    (void)!machine_read(&machine, NULL); /* zeros: it has none */
    buf_adds(&s->answer, "machine ");
    hex_add(&s->answer, machine.b, sizeof(machine.b));
    buf_adds(&s->answer, "\nname ");
    spell_add(&s->answer, str_of(name));
    buf_addc(&s->answer, '\n');
    return 0;
}

static int do_start(struct server *s, struct str rest, struct err *e)
{
    struct process p;
    uint64_t pid;

    if (!str_u64(rest, &pid) || pid == 0 || pid > INT32_MAX)
        return err_set(e, ERR_FORMAT, "an order without the number of a process");
    if (!process_read((pid_t)pid, &p))
        return err_set(e, ERR_NOTFOUND, "there is no process " STR_FMT " there", STR_ARG(rest));
    buf_addf(&s->answer, "start %llu\n", (unsigned long long)p.start);
    return 0;
}

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

static int prepare(struct server *s, struct plan **p, struct str text, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    CLEANUP_KEEP struct keep kept = {.fd = -1};
    CLEANUP_HOST_VIEW struct host_view host = {0};
    CLEANUP_BUF struct buf before = {0};
    struct ledger_entry *entry;
    int rc = machine_check(*p, e), hold;

    if (rc == 0)
        rc = check_accepted(*p, e);
    if (rc == 0)
        rc = host_view_read(&host, e);
    if (rc == 0)
        rc = effect_can_begin(*p, e);
    if (rc == 0 && (*p)->action->keep)
        rc = keep_make(&kept, s->source->folder, *p, &before, e);
    if (rc == 0)
        rc = ledger_open(&l, s->source->folder, LOCK_MS, e);
    if (rc == 0)
        others_add(&l, &(*p)->id, &host);
    if (rc == 0)
        rc = judge(s, *p, &host, e);
    if (rc == 0)
        rc = boot_program_keep(s->source->folder, e);
    if (rc == 0 && (*p)->action->save)
        rc = (*p)->action->save(*p, &before, e);
    if (rc == 0 && (*p)->action->rules)
        network_state_add(&host, &before);
    if (rc == 0)
        rc = keep_place(&kept, &l, *p, e);
    if (rc == 0)
        rc = ledger_add(&l, *p, text, buf_str(&before), &entry, e);
    if (rc)
        return rc;
    MOVE(*p);
    rc = ledger_hold(&l, entry, &hold, e);
    if (rc)
        return rc;
    s->prepared =
        mem_grow(s->prepared, s->prepared_count, &s->prepared_room, sizeof(struct prepared));
    s->prepared[s->prepared_count++] = (struct prepared){entry->plan->id, hold};
    buf_addf(&s->answer, "before %zu\n", before.len);
    buf_addstr(&s->answer, buf_str(&before));
    return 0;
}

static int do_prepare(struct server *s, struct str rest, struct err *e)
{
    CLEANUP(plan_freep) struct plan *p = NULL;
    CLEANUP_BUF struct buf text = {0};
    struct str size = str_cut(&rest, ' ');
    struct hash asked, got;
    int rc = read_plan_of(s, size, &text, &p, e);

    if (rc)
        return rc;
    got = plan_digest(buf_str(&text));
    if (!hex_read(asked.b, sizeof(asked.b), rest) || !hash_eq(&asked, &got))
        return err_set(e, ERR_TAMPER, "this is not the plan that was approved: its digest differs");
    return prepare(s, &p, buf_str(&text), e);
}

static int open_entry(struct server *s, struct str id_word, struct ledger *l,
                      struct ledger_entry **out, struct err *e)
{
    struct id id;
    int rc;

    if (!hex_read(id.b, sizeof(id.b), id_word))
        return err_set(e, ERR_FORMAT, "an order without the id of its plan");
    rc = ledger_open(l, s->source->folder, LOCK_MS, e);
    if (rc)
        return rc;
    *out = ledger_find(l, &id);
    return *out ? 0
                : err_set(e, ERR_NOTFOUND,
                          "no such change is kept on this host: it was never "
                          "prepared here, or what it was is told already");
}

static void forget_prepared(struct server *s, const struct id *id)
{
    for (size_t i = 0; i < s->prepared_count; i++)
        if (id_eq(&s->prepared[i].id, id)) {
            fd_close(s->prepared[i].hold);
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
    rc = open_entry(s, id, &l, &entry, e);
    if (rc)
        return rc;
    ledger_close(&l);
    wait_until(moment_ms - LEAD_MS);
    return 0;
}

static int make_ready(struct server *s, const struct plan *p, struct buf *boot, struct err *e)
{
    int rc = boot_hook_add(s->source->folder, boot, e);

    if (rc == 0 && (p->timer_s || p->expiry_s || p->action->cannot_undo))
        rc = watchdog_start(s->source->folder, e);
    if (rc == 0 && (p->timer_s || p->expiry_s))
        rc = keeper_start(s->source->folder, e);
    return rc;
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
    return judge(s, entry->plan, &host, e);
}

static int do_go(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct str id = str_cut(&rest, ' ');
    CLEANUP_BUF struct buf boot = {0};
    struct ledger_entry *entry;
    uint64_t delay, moment_ms, asked_us = boot_now_us(), began_us;
    int rc, later;

    if (!str_u64(rest, &delay) || delay > DELAY_MAX_MS)
        return err_set(e, ERR_FORMAT, "an order without its moment");
    moment_ms = boot_now_ms() + delay;
    rc = await_moment(s, id, moment_ms, e);
    if (rc == 0)
        rc = open_entry(s, id, &l, &entry, e);
    if (rc == 0)
        rc = judge_again(s, &l, entry, e);
    if (rc == 0)
        rc = make_ready(s, entry->plan, &boot, e);
    if (rc)
        return rc;
    if (!entry->plan->action->cannot_undo) /* else nothing stands at a restart */
        buf_addstr(&s->answer, buf_str(&boot));
    wait_until(moment_ms);
    forget_prepared(s, &entry->plan->id);
    began_us = boot_now_us();
    rc = effect_begin(&l, entry, &s->answer, e);
    buf_addf(&s->answer, "moment %llu %llu\n", (unsigned long long)(began_us - asked_us),
             (unsigned long long)(boot_now_us() - asked_us));
    later = boot_hook_remove_if_idle(&l, rc ? NULL : e);
    return rc ? rc : later;
}

static int do_confirm(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct ledger_entry *entry;
    int rc = open_entry(s, rest, &l, &entry, e);

    return rc ? rc : effect_confirm(&l, entry, e);
}

static int do_undo(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct ledger_entry *entry;
    int rc = open_entry(s, rest, &l, &entry, e);

    if (rc == 0)
        rc = watchdog_start(s->source->folder, e); /* they finish it where this process is killed */
    if (rc == 0)
        rc = effect_end(&l, entry, e);
    return rc ? rc : boot_hook_remove_if_idle(&l, e);
}

/* A part of what a change keeps beside its state before. */
static int do_fetch(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct str id = str_cut(&rest, ' '), off_word = str_cut(&rest, ' ');
    CLEANUP_FREE char *bytes = mem_alloc(FETCH_SIZE);
    struct ledger_entry *entry;
    CLEANUP_FD int fd = -1;
    uint64_t off, size;
    ssize_t n;
    int rc;

    if (!str_u64(off_word, &off) || off > INT64_MAX || !str_u64(rest, &size))
        return err_set(e, ERR_FORMAT, "an order without the part that is wanted");
    rc = open_entry(s, id, &l, &entry, e);
    if (rc == 0)
        rc = ledger_open_kept(&l, entry, &fd, e);
    if (rc)
        return rc;
    n = pread(fd, bytes, size < FETCH_SIZE ? size : FETCH_SIZE, (off_t)off);
    if (n < 0)
        return err_errno(e, "cannot read what was kept");
    buf_addf(&s->answer, "before %zd\n", n);
    buf_add(&s->answer, bytes, (size_t)n);
    return 0;
}

static int do_check(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct ledger_entry *entry;
    int rc = open_entry(s, rest, &l, &entry, e);

    return rc ? rc : effect_check(&l, entry, &s->answer, e);
}

/* What was told and is as before need not be kept. */
static int do_forget(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    struct ledger_entry *entry;
    int rc = open_entry(s, rest, &l, &entry, e);

    if (rc)
        return rc;
    if (ledger_is_live(entry))
        return err_set(e, ERR_GATE, "it is still in effect here");
    return ledger_remove(&l, entry, e);
}

/* Somebody else may have emptied the packet filter, or put back by hand what an action changed. */
static bool is_gone(struct ledger *l, struct ledger_entry *entry)
{
    CLEANUP_BUF struct buf saw = {0};

    return (entry->state == LEDGER_ARMED || entry->state == LEDGER_CONFIRMED) &&
           ledger_is_live(entry) && effect_check(l, entry, &saw, NULL) == ERR_GATE;
}

static int do_status(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    int rc = ledger_open(&l, s->source->folder, LOCK_MS, e);

    (void)rest;
    if (rc == 0)
        (void)!effect_settle(&l, NULL); /* what could not be done is told by its state */
    if (rc == 0)
        (void)!boot_hook_remove_if_idle(&l, NULL);
    for (size_t i = 0; rc == 0 && i < l.count; i++) {
        struct ledger_entry *entry = &l.entries[i];
        uint64_t now = boot_now_ms();

        hex_add(&s->answer, entry->plan->id.b, sizeof(entry->plan->id.b));
        buf_addf(&s->answer, " %s %s ", ledger_state_name(entry->state), entry->plan->action->name);
        buf_add_u64(&s->answer, entry->state == LEDGER_ARMED && entry->deadline_ms > now
                                    ? entry->deadline_ms - now
                                    : 0);
        buf_adds(&s->answer, is_gone(&l, entry) ? " gone\n" : "\n");
    }
    return rc;
}

static const struct {
    const char *word;
    int (*serve)(struct server *s, struct str rest, struct err *e);
} orders[] = {{"guard", do_guard},     {"sessions", do_sessions},
              {"allowed", do_allowed}, {"host", do_host},
              {"start", do_start},     {"preview", do_preview},
              {"prepare", do_prepare}, {"go", do_go},
              {"confirm", do_confirm}, {"undo", do_undo},
              {"check", do_check},     {"fetch", do_fetch},
              {"forget", do_forget},   {"status", do_status}};

static int serve_one(struct server *s, char *line, struct err *e)
{
    struct str rest = str_of(line), word = str_cut(&rest, ' ');

    for (size_t i = 0; i < COUNT_OF(orders); i++)
        if (str_is(word, orders[i].word))
            return orders[i].serve(s, rest, e);
    return err_set(e, ERR_FORMAT, "no such order");
}

static int answer(struct server *s, int rc, const struct err *mine, struct err *e)
{
    if (rc) {
        buf_addf(&s->answer, "failed %s ", err_name(rc));
        for (const char *c = mine->text; *c; c++)
            buf_addc(&s->answer, *c == '\n' ? ' ' : *c);
        buf_addc(&s->answer, '\n');
    } else {
        buf_adds(&s->answer, "ok\n");
    }
    rc = file_write_fd(s->source->out, s->answer.p, s->answer.len, "the answer", e);
    buf_clear(&s->answer);
    return rc;
}

static void forget_all(struct server *s)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};

    if (!s->prepared_count || ledger_open(&l, s->source->folder, LOCK_MS, NULL))
        return;
    for (size_t i = 0; i < s->prepared_count; i++) {
        struct ledger_entry *entry = ledger_find(&l, &s->prepared[i].id);

        if (entry && entry->state == LEDGER_PREPARED)
            (void)!ledger_remove(&l, entry, NULL);
    }
    (void)!boot_hook_remove_if_idle(&l, NULL);
}

int order_serve(const struct order_source *source, struct err *e)
{
    struct server s = {.source = source, .in = {.fd = source->in}};
    char line[ORDER_LINE_SIZE];
    int rc;

    while ((rc = order_input_line(&s.in, line, e)) > 0) {
        struct err mine = {0};

        rc = answer(&s, serve_one(&s, line, &mine), &mine, e);
        if (rc)
            break;
    }
    forget_all(&s);
    order_input_release(&s.in);
    buf_release(&s.answer);
    free(s.prepared);
    return rc;
}
