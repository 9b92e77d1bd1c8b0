/* down.c: takes a network interface down. */
#include <linux/if.h>
#include <string.h>
#include "contain/action.h"
#include "contain/allow.h"
#include "contain/filter_words.h"
#include "contain/host_view.h"
#include "contain/ledger.h"
#include "contain/link_item.h"
#include "contain/link_stack.h"
#include "contain/passed.h"
#include "contain/route.h"
#include "contain/spell.h"

static struct str name_of(const struct plan *p)
{
    return plan_value(p, "interface")->text;
}

/* By which interface packets to it leave; 0: by none. */
static uint32_t way_to(const struct net *to)
{
    CLEANUP_ROUTE_WAYS struct route_ways w = {0};

    return route_read_to(to, &w) ? 0 : w.index;
}

static int judge_net(const struct link_stack *s, const struct net *n, const char *what,
                     const struct plan *p, struct err *e)
{
    char text[NET_TEXT_SIZE];

    if (!link_stack_has(s, way_to(n)))
        return 0;
    return err_set(e, ERR_GATE,
                   STR_FMT " is the way to %s, %s: it cannot be taken down. Cut this host off with "
                           "\"isolate\", which lets that pass",
                   STR_ARG(name_of(p)), net_text(text, n), what);
}

static int down_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_LINK_STATE struct link_state s = {0};
    struct link_stack stack = {0};
    int rc = link_state_read(a, name_of(p), &s, e);

    if (rc == 0 && (s.flags & IFF_LOOPBACK))
        return err_set(e, ERR_GATE,
                       STR_FMT " is how this host talks to itself: it cannot be taken down",
                       STR_ARG(s.name));
    for (size_t i = 0; i < s.count && rc == 0; i++)
        if (link_item_is_by_number(&s.items[i]))
            rc = err_set(e, ERR_GATE,
                         "a route over " STR_FMT " is by a nexthop object (ip-nexthop(8)), which "
                         "could not be given back",
                         STR_ARG(s.name));
    if (rc == 0)
        rc = link_stack_read(s.index, &stack, e);
    for (size_t i = 0; i < host->socket_count && rc == 0; i++)
        if (host->sockets[i].is_ours)
            rc = judge_net(&stack, &host->sockets[i].remote, "from where you are connected", p, e);
    for (size_t i = 0; i < host->guarded_count && rc == 0; i++)
        if (!host->guarded[i].protocol || host->guarded[i].way != ENDPOINT_IN)
            rc = judge_net(&stack, &host->guarded[i].net, "where the case lies", p, e);
    for (size_t i = 0; i < host->other_count && rc == 0; i++)
        if (!allow_is_cut(p, &host->others[i].net))
            rc = judge_net(&stack, &host->others[i].net,
                           "which another plan in effect on this host lets pass (to cut it off all "
                           "the same, name it: --cut)",
                           p, e);
    for (size_t i = 0; i < p->allow_count && rc == 0; i++)
        rc = judge_net(&stack, &p->allow[i].net, "which the same plan lets pass", p, e);
    return rc;
}

static void tell(const struct plan *p, struct buf *out)
{
    buf_adds(out, "interface ");
    spell_add(out, name_of(p));
    buf_adds(out, " down\n");
}

static bool is_connected_by(const struct link_stack *stack, const struct host_socket *s)
{
    return !s->is_listener && link_stack_has(stack, way_to(&s->remote));
}

static int down_preview(const struct plan *p, const struct host_view *host, struct buf *out,
                        struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_LINK_STATE struct link_state s = {0};
    struct link_stack stack = {0};
    int rc = link_state_read(a, name_of(p), &s, e);

    if (rc == 0)
        rc = link_stack_read(s.index, &stack, e);
    if (rc)
        return rc;
    tell(p, out);
    passed_warn(host, out);
    for (size_t i = 0; i < host->socket_count; i++)
        if (is_connected_by(&stack, &host->sockets[i]))
            preview_socket(out, "end", &host->sockets[i]);
    for (size_t i = 0; i < host->passed_count; i++)
        if (link_stack_has(&stack, way_to(&host->passed[i].local)) ||
            link_stack_has(&stack, way_to(&host->passed[i].remote)))
            preview_socket(out, "end", &host->passed[i]);
    return 0;
}

static int down_save(const struct plan *p, struct buf *before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_LINK_STATE struct link_state s = {0};
    int rc = link_state_read(a, name_of(p), &s, e);

    if (rc == 0)
        link_state_add(&s, before);
    return rc;
}

static int down_apply(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_LINK_STATE struct link_state s = {0};
    int rc = link_state_read(a, name_of(p), &s, e);

    (void)before;
    return rc ? rc : link_set_up(&s, false, e);
}

static int down_check(const struct plan *p, struct str before, struct buf *saw, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_LINK_STATE struct link_state s = {0};
    int rc = link_state_read(a, name_of(p), &s, e);

    (void)before;
    if (rc == 0 && (s.flags & IFF_UP))
        rc = err_set(e, ERR_GATE, "interface " STR_FMT " is up", STR_ARG(s.name));
    if (rc == 0)
        tell(p, saw);
    return rc;
}

/* After a restart the host's own configuration gives it its addresses. */
static int down_undo(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_LINK_STATE struct link_state was = {0};
    CLEANUP_LINK_STATE struct link_state now = {0};
    struct id boot;
    int rc = link_state_take(a, before, &was, e);

    if (rc)
        return rc;
    boot_id_read(&boot);
    if (id_eq(&boot, &was.boot))
        return link_state_restore(&was, e);
    rc = link_state_read(a, name_of(p), &now, e);
    if (rc || !(was.flags & IFF_UP))
        return rc;
    return link_set_up(&now, true, e);
}

static const struct action_param params[] = {{.name = "interface",
                                              .type = ACTION_NAME,
                                              .is_required = true,
                                              .help = "the name of a network interface"},
                                             {0}};

const struct contain_action contain_down = {.name = "down",
                                            .help = "take a network interface down",
                                            .params = params,
                                            .judge = down_judge,
                                            .preview = down_preview,
                                            .save = down_save,
                                            .apply = down_apply,
                                            .check = down_check,
                                            .undo = down_undo};
