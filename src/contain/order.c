/* order.c: reads orders and carries them out. */
#include "contain/order.h"
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "contain/action.h"
#include "contain/allow.h"
#include "contain/boot.h"
#include "contain/filter_others.h"
#include "contain/filter_table.h"
#include "contain/machine.h"
#include "contain/order_server.h"
#include "contain/others.h"
#include "contain/process.h"
#include "contain/spell.h"
#include "contain/tunnel.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { SESSION_COUNT = 32 };

int order_read_plan(struct server *s, struct str size_word, struct buf *text, struct plan **out,
                    struct err *e)
{
    uint64_t size;
    int rc;

    if (!str_u64(size_word, &size) || size > PLAN_SIZE)
        return err_set(e, ERR_FORMAT, "an order without the size of its plan");
    rc = order_input_bytes(&s->in, size, text, e);
    return rc ? rc : plan_read(buf_str(text), out, e);
}

int order_judge(struct server *s, const struct plan *p, struct host_view *host, struct err *e)
{
    memcpy(host->guarded, s->guarded, sizeof(s->guarded));
    host->guarded_count = s->guarded_count;
    return p->action->judge ? p->action->judge(p, host, e) : 0;
}

static int look_at_others(struct server *s, const struct id *but, struct host_view *host,
                          struct err *e)
{
    const char *folder;
    int rc = 0;

    for (size_t i = 0; rc == 0 && (folder = order_folder(s, i)); i++)
        rc = others_look(folder, but, host, e);
    return rc;
}

/* An ENDPOINT a line. */
static int do_allowed(struct server *s, struct str rest, struct err *e)
{
    CLEANUP_HOST_VIEW struct host_view host = {0};
    char text[ENDPOINT_TEXT_SIZE];
    int rc = host_view_read(&host, e);

    (void)rest;
    if (rc == 0)
        rc = look_at_others(s, &(struct id){0}, &host, e);
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
    int rc = order_read_plan(s, rest, &text, &p, e);

    if (rc == 0)
        rc = host_view_read(&host, e);
    if (rc == 0)
        rc = look_at_others(s, &p->id, &host, e);
    if (rc == 0)
        rc = order_judge(s, p, &host, e);
    if (rc == 0)
        allow_warn(p, &s->answer);
    if (rc == 0 && geteuid() != 0)
        buf_adds(&s->answer, "warn rights\n");
    if (rc == 0 && p->action->rules) {
        filter_others(&s->answer);
        filter_warn(p, &s->answer);
    }
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

static const struct {
    const char *word;
    order_serve_one *serve;
} orders[] = {{"guard", do_guard},        {"sessions", do_sessions}, {"allowed", do_allowed},
              {"host", do_host},          {"start", do_start},       {"preview", do_preview},
              {"prepare", order_prepare}, {"go", order_go},          {"confirm", order_confirm},
              {"undo", order_undo},       {"check", order_check},    {"fetch", order_fetch},
              {"forget", order_forget},   {"status", order_status}};

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

static void forget_all_in(struct server *s, const char *folder)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};

    if (!file_is_there(folder) || ledger_open(&l, folder, ORDER_LOCK_MS, NULL))
        return;
    for (size_t i = 0; i < s->prepared_count; i++) {
        struct ledger_entry *entry = ledger_find(&l, &s->prepared[i].id);

        if (entry && entry->state == LEDGER_PREPARED)
            (void)!ledger_remove(&l, entry, NULL);
    }
    (void)!boot_hook_remove_if_idle(&l, NULL);
}

static void forget_all(struct server *s)
{
    const char *folder;

    for (size_t i = 0; s->prepared_count && (folder = order_folder(s, i)); i++)
        forget_all_in(s, folder);
}

int order_serve(const struct order_source *source, struct err *e)
{
    struct server s = {
        .source = source, .in = {.fd = source->in}, .unkept = {.fd = -1, .lock = -1}};
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
    ledger_close(&s.unkept);
    return rc;
}
