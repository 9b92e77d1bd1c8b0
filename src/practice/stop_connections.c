/* stop_connections.c: who is connected to this host more than others, and a limit that would hold
 * them. */
#include "practice/stop_connections.h"
#include <stdlib.h>
#include "contain/host_view.h"
#include "render/screen.h"

enum {
    LEAST_MANY = 20, /* connections of one source that nobody needs to look at */
    FACTOR = 4,      /* above the middle source is many */
    FEW = 5,         /* sources, of which none is in the middle of anything */
    SHOWN = 8,
    MARK_COLUMNS = 20,
};

struct connections {
    struct host_view view;
    struct host_peer *peers; /* addresses */
    size_t peer_count;
    struct host_peer *nets; /* /24 and /48 */
    size_t net_count;
    uint64_t open;
    uint64_t half_open;
    uint32_t most; /* that a source may have by the proposal */
    size_t above;  /* sources that have more */
    uint64_t excess;
    uint16_t port; /* that those reach most */
};

static void connections_release(struct connections *c)
{
    host_view_release(&c->view);
    free(c->peers);
    free(c->nets);
}

static uint32_t all_of(const struct host_peer *p)
{
    return p->open + p->half_open;
}

/* The peers stand with most connections first, so the middle one is in the middle. */
static void judge(struct connections *c)
{
    uint32_t middle = c->peer_count >= FEW ? all_of(&c->peers[c->peer_count / 2]) : 0;

    c->most = middle * FACTOR > LEAST_MANY ? middle * FACTOR : LEAST_MANY;
    for (size_t i = 0; i < c->peer_count; i++) {
        uint32_t all = all_of(&c->peers[i]);

        c->open += c->peers[i].open;
        c->half_open += c->peers[i].half_open;
        if (all <= c->most)
            continue;
        c->above++;
        c->excess += all - c->most;
    }
    c->port = c->above ? c->peers[0].port : 0;
}

static void show_peers(struct screen *screen, const struct host_peer *peers, size_t count)
{
    char text[NET_TEXT_SIZE];

    for (size_t i = 0; i < count && i < SHOWN; i++) {
        CLEANUP_BUF struct buf line = {0};

        buf_addf(&line, "%u open, %u half open, most to port %u", peers[i].open, peers[i].half_open,
                 peers[i].port);
        screen_pair(screen, 2, MARK_COLUMNS, str_of(net_text(text, &peers[i].net)), buf_str(&line));
    }
}

static void show(const struct connections *c, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf why = {0};

    screen_printf(&screen, 0, "%llu connections from %zu addresses, %llu more half open.",
                  (unsigned long long)c->open, c->peer_count, (unsigned long long)c->half_open);
    show_peers(&screen, c->peers, c->peer_count);
    if (c->net_count < c->peer_count) {
        screen_printf(&screen, 0, "By network:");
        show_peers(&screen, c->nets, c->net_count < 3 ? c->net_count : 3);
    }
    screen_blank(&screen);
    if (!c->above) {
        screen_next(&screen, STR("calm stop propose /var/log/nginx/access.log"),
                    STR("no source has many connections now; the requests of a web server's log "
                        "may show more"));
        return;
    }
    buf_addf(&next, "calm stop limit tcp --port %u --connections %u", c->port, c->most);
    buf_addf(&why,
             "%zu address%s more than %u, which is 20 or four times what the middle one has; of "
             "what is open now %llu connections are above that",
             c->above, c->above == 1 ? " has" : "es have", c->most, (unsigned long long)c->excess);
    screen_next(&screen, buf_str(&next), buf_str(&why));
}

static void tell_peers(const char *name, const struct host_peer *peers, size_t count,
                       struct json *j)
{
    char text[NET_TEXT_SIZE];

    json_name(j, name);
    json_array_begin(j);
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        json_object_begin(j);
        json_put_text(j, "source", net_text(text, &peers[i].net));
        json_put_u64(j, "open", peers[i].open);
        json_put_u64(j, "half_open", peers[i].half_open);
        json_put_u64(j, "port", peers[i].port);
        json_object_end(j);
    }
    json_array_end(j);
}

static void tell(const struct connections *c, struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    json_put_u64(&j, "open", c->open);
    json_put_u64(&j, "half_open", c->half_open);
    json_put_u64(&j, "sources", c->peer_count);
    json_put_u64(&j, "most", c->most);
    json_put_u64(&j, "above", c->above);
    json_put_u64(&j, "excess", c->excess);
    tell_peers("addresses", c->peers, c->peer_count, &j);
    tell_peers("networks", c->nets, c->net_count, &j);
    json_object_end(&j);
}

int stop_propose_connections(struct answer *a, struct err *e)
{
    CLEANUP(connections_release) struct connections c = {.peers = NULL};
    int rc = host_view_read(&c.view, e);

    if (rc)
        return rc;
    host_peers(&c.view, 32, 64, &c.peers, &c.peer_count);
    host_peers(&c.view, 24, 48, &c.nets, &c.net_count);
    judge(&c);
    if (a->wants_json)
        tell(&c, a);
    else
        show(&c, a);
    return 0;
}
