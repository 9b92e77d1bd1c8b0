/* link_state.c: reads what an interface has, and gives it back. */
#include "contain/link_state.h"
#include <errno.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "base/utc.h"
#include "contain/ledger.h"
#include "contain/link_item.h"
#include "contain/link_see.h"
#include "contain/spell.h"

enum { AGAIN_MS = 50, GIVE_UP_MS = 5000, SETTLE_MS = 1500, TRY_COUNT = 4 };

void link_state_release(struct link_state *s)
{
    free(s->items);
    free(s->keys);
    *s = (struct link_state){0};
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

static void sort_keys(struct link_state *s)
{
    s->keys = mem_array(s->count + 1, sizeof(*s->keys));
    for (size_t i = 0; i < s->count; i++)
        s->keys[i] = link_item_key(&s->items[i]);
    qsort(s->keys, s->count, sizeof(*s->keys), by_bytes);
}

static bool has(const struct link_state *s, const struct link_item *item)
{
    struct hash key = link_item_key(item);

    return bsearch(&key, s->keys, s->count, sizeof(key), by_bytes);
}

int link_see_link(void *context, const struct netlink_message *m)
{
    struct link_reading *r = context;
    struct str body = m->body;
    struct netlink_attribute a;
    struct ifinfomsg head;

    if (m->type != RTM_NEWLINK || !netlink_fixed(&body, &head, sizeof(head)))
        return 0;
    while (netlink_attribute(&body, &a)) {
        if (a.type != IFLA_IFNAME || a.value.len != r->s->name.len + 1 ||
            memcmp(a.value.p, r->s->name.p, r->s->name.len) != 0)
            continue;
        r->s->index = (uint32_t)head.ifi_index;
        r->s->flags = head.ifi_flags;
        r->is_there = true;
    }
    return 0;
}

int link_see_item(void *context, const struct netlink_message *m)
{
    struct link_reading *r = context;
    struct link_state *s = r->s;
    struct link_item item = {r->kind, m->body};

    if (m->type != link_item_type(r->kind) || !link_item_is_of(&item, s->index))
        return 0;
    if (s->count == LINK_ITEM_COUNT)
        return -EFBIG;
    item.body.p = arena_dup(r->arena, m->body.p, m->body.len);
    s->items = mem_grow(s->items, s->count, &s->room, sizeof(item));
    s->items[s->count++] = item;
    return 0;
}

/* Once more where it changed while it was listed. */
static int dump(struct link_reading *r, uint16_t type, const void *question, size_t size,
                netlink_see *see)
{
    size_t before = r->s->count;
    int code = -EINTR;

    for (int i = 0; i < TRY_COUNT && code == -EINTR; i++) {
        r->s->count = before;
        code = netlink_ask(NETLINK_ROUTE, type, (struct str){question, size}, see, r);
    }
    return code;
}

static int read_items(struct link_reading *r)
{
    struct ifaddrmsg addresses = {0};
    struct rtmsg routes = {0};
    struct ndmsg neighbours = {0}, proxies = {.ndm_flags = NTF_PROXY};
    int code;

    r->kind = LINK_ADDRESS;
    code = dump(r, RTM_GETADDR, &addresses, sizeof(addresses), link_see_item);
    r->kind = LINK_ROUTE;
    if (code == 0)
        code = dump(r, RTM_GETROUTE, &routes, sizeof(routes), link_see_item);
    r->kind = LINK_NEIGHBOUR;
    if (code == 0)
        code = dump(r, RTM_GETNEIGH, &neighbours, sizeof(neighbours), link_see_item);
    if (code == 0)
        code = dump(r, RTM_GETNEIGH, &proxies, sizeof(proxies), link_see_item);
    return code;
}

int link_state_read(struct arena *a, struct str name, struct link_state *out, struct err *e)
{
    struct link_state s = {.name = {arena_dup(a, name.p, name.len), name.len},
                           .clock_ms = boot_now_ms()};
    struct link_reading r = {.arena = a, .s = &s};
    struct ifinfomsg links = {0};
    int code = dump(&r, RTM_GETLINK, &links, sizeof(links), link_see_link);

    boot_id_read(&s.boot);
    if (code == 0 && r.is_there)
        code = read_items(&r);
    if (code == 0 && r.is_there) {
        sort_keys(&s);
        *out = s;
        return 0;
    }
    link_state_release(&s);
    if (code == 0)
        return err_set(e, ERR_NOTFOUND, "this host has no network interface \"" STR_FMT "\"",
                       STR_ARG(name));
    errno = -code;
    return err_errno(e, "cannot ask the kernel for interface " STR_FMT, STR_ARG(name));
}

static const char *const kinds[] = {
    [LINK_ADDRESS] = "address", [LINK_ROUTE] = "route", [LINK_NEIGHBOUR] = "neighbour"};

void link_state_add(const struct link_state *s, struct buf *out)
{
    buf_adds(out, "interface ");
    spell_add(out, s->name);
    buf_addf(out, "\nindex %u\nflags %x\nboot ", s->index, s->flags);
    hex_add(out, s->boot.b, sizeof(s->boot.b));
    buf_adds(out, "\nclock ");
    buf_add_u64(out, s->clock_ms);
    buf_addc(out, '\n');
    for (size_t i = 0; i < s->count; i++) {
        buf_addf(out, "%s ", kinds[s->items[i].kind]);
        hex_add(out, s->items[i].body.p, s->items[i].body.len);
        buf_addc(out, '\n');
    }
}

static bool take_item(struct arena *a, struct str name, struct str hex, struct link_item *out)
{
    for (int kind = 0; kind < LINK_KIND_COUNT; kind++) {
        char *bytes;

        if (!str_is(name, kinds[kind]))
            continue;
        bytes = arena_alloc(a, hex.len / 2 + 1);
        *out = (struct link_item){(enum link_kind)kind, {bytes, hex.len / 2}};
        return hex_read(bytes, hex.len / 2, hex);
    }
    return false;
}

static bool take_head(struct arena *a, struct str *rest, struct link_state *s)
{
    static const char *const names[] = {"interface", "index", "flags", "boot", "clock"};
    struct str values[COUNT_OF(names)], name;
    uint64_t index;
    char *end;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!spell_line(rest, &name, &values[i]) || !str_is(name, names[i]))
            return false;
    if (!spell_read(a, values[0], &s->name) || !str_u64(values[1], &index) || index > UINT32_MAX)
        return false;
    s->index = (uint32_t)index;
    s->flags = (uint32_t)strtoul(arena_dup(a, values[2].p, values[2].len), &end, 16);
    return !*end && hex_read(s->boot.b, sizeof(s->boot.b), values[3]) &&
           str_u64(values[4], &s->clock_ms);
}

int link_state_take(struct arena *a, struct str text, struct link_state *out, struct err *e)
{
    struct link_state s = {0};
    bool is_right = take_head(a, &text, &s);

    while (is_right && text.len) {
        struct link_item item = {0};
        struct str name, value;

        is_right = spell_line(&text, &name, &value) && take_item(a, name, value, &item) &&
                   link_item_is_of(&item, s.index);
        if (!is_right)
            break;
        s.items = mem_grow(s.items, s.count, &s.room, sizeof(item));
        s.items[s.count++] = item;
    }
    if (is_right) {
        sort_keys(&s);
        *out = s;
        return 0;
    }
    link_state_release(&s);
    return err_set(e, ERR_FORMAT, "what is kept of an interface is not spelled as it should be");
}

int link_set_up(const struct link_state *s, bool is_up, struct err *e)
{
    struct ifinfomsg question = {
        .ifi_index = (int)s->index, .ifi_flags = is_up ? IFF_UP : 0, .ifi_change = IFF_UP};
    int code = netlink_change(NETLINK_ROUTE, RTM_NEWLINK, 0,
                              (struct str){(char *)&question, sizeof(question)});

    if (!code)
        return 0;
    errno = -code;
    return err_errno(e, "cannot take interface " STR_FMT " %s", STR_ARG(s->name),
                     is_up ? "up" : "down");
}

static void pause_ms(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&t, NULL);
}

struct giving {
    const struct link_state *s;
    struct link_state now;
    size_t left; /* could not be given back */
    int why;     /* the last of them: a negative errno */
};

static void give(struct giving *g, const struct link_item *item)
{
    uint64_t age_s = (boot_now_ms() - g->s->clock_ms) / 1000;
    CLEANUP_BUF struct buf body = {0};
    int code;

    if (has(&g->now, item) || !link_item_ask(item, age_s, &body))
        return;
    code = netlink_change(NETLINK_ROUTE, link_item_type(item->kind), link_item_flags(item),
                          buf_str(&body));
    if (!code || code == -EEXIST)
        return;
    g->left++;
    g->why = code;
}

/* One pass over what is missing of a kind. The kernel lists the newest address of IPv6 first, and
 * takes the first for what it sends. */
static int give_kind(struct giving *g, enum link_kind kind, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    const struct link_state *s = g->s;
    int rc = link_state_read(a, s->name, &g->now, e);

    if (rc)
        return rc;
    for (size_t i = s->count; i-- > 0;)
        if (s->items[i].kind == kind && link_item_is_newest_first(&s->items[i]))
            give(g, &s->items[i]);
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].kind == kind && !link_item_is_newest_first(&s->items[i]))
            give(g, &s->items[i]);
    link_state_release(&g->now);
    return 0;
}

/* Again and again: a route waits for the one to its gateway, and for its own address to be found
 * free. */
static int give_all_back(const struct link_state *s, struct err *e)
{
    int64_t until = monotonic_ms() + GIVE_UP_MS;

    for (;;) {
        struct giving g = {.s = s};
        int rc = 0;

        for (int kind = 0; kind < LINK_KIND_COUNT && rc == 0; kind++)
            rc = give_kind(&g, (enum link_kind)kind, e);
        if (rc || !g.left)
            return rc;
        if (monotonic_ms() >= until) {
            errno = -g.why;
            return err_errno(e,
                             "interface " STR_FMT " is up, but %zu of its addresses, routes and "
                             "neighbours could not be given back",
                             STR_ARG(s->name), g.left);
        }
        pause_ms(AGAIN_MS);
    }
}

static bool has_link_local(const struct link_state *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct ifaddrmsg head;

        if (s->items[i].kind != LINK_ADDRESS)
            continue;
        memcpy(&head, s->items[i].body.p, sizeof(head));
        if (head.ifa_family == AF_INET6 && head.ifa_scope == RT_SCOPE_LINK)
            return true;
    }
    return false;
}

/* Has somebody given it an address since? Then routes that the kernel made may be of that. */
static bool has_new_address(const struct link_state *s, const struct link_state *now)
{
    for (size_t i = 0; i < now->count; i++)
        if (now->items[i].kind == LINK_ADDRESS && !link_item_is_made(&now->items[i]) &&
            !has(s, &now->items[i]))
            return true;
    return false;
}

/* What the kernel makes anew although somebody had removed it: a link's own address, a route to a
 * network of an address. */
static int remove_made(const struct link_state *s, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_LINK_STATE struct link_state now = {0};
    int rc;

    if (!has_link_local(s))
        pause_ms(SETTLE_MS); /* it comes when the other end has been seen */
    rc = link_state_read(a, s->name, &now, e);
    if (rc || has_new_address(s, &now))
        return rc;
    for (size_t i = 0; i < now.count; i++) {
        struct link_item *item = &now.items[i];
        CLEANUP_BUF struct buf body = {0};

        if (!link_item_is_made(item) || has(s, item) || !link_item_ask(item, 0, &body))
            continue;
        (void)netlink_change(NETLINK_ROUTE, (uint16_t)(link_item_type(item->kind) + 1), 0,
                             buf_str(&body)); /* RTM_DEL…; one may go with another */
    }
    return 0;
}

int link_state_restore(const struct link_state *s, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_LINK_STATE struct link_state now = {0};
    int rc = link_state_read(a, s->name, &now, e);

    if (rc)
        return rc;
    if (now.index != s->index)
        return err_set(e, ERR_CONFLICT,
                       "interface " STR_FMT " is another one than was taken down: it was made anew "
                       "since, and is not touched",
                       STR_ARG(s->name));
    if (!(s->flags & IFF_UP))
        return 0;
    rc = link_set_up(s, true, e);
    if (rc == 0)
        rc = give_all_back(s, e);
    return rc ? rc : remove_made(s, e);
}
