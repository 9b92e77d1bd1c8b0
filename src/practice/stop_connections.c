/* stop_connections.c: who is connected to this host more than others, and what comes to it besides;
 * and a limit that would hold them. */
#include "practice/stop_connections.h"
#include <stdlib.h>
#include "contain/host_view.h"
#include "practice/stop_target.h"
#include "practice/stop_traffic.h"
#include "render/screen.h"
#include "sys/file.h"

enum {
    LEAST_MANY = 20, /* connections of one source that nobody needs to look at */
    FACTOR = 4,      /* above the middle source is many */
    FEW = 5,         /* sources, of which none is in the middle of anything */
    SHOWN = 6,
    LOOK_MS = 2000,
    UDP_RATE = 100, /* datagrams a second of one source: more than people need, less than a flood */
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
    struct stop_traffic traffic;
    uint16_t udp_port; /* that loses datagrams; 0: none */
    struct stop_proposal proposal;
    uint32_t number; /* of the proposal on record; 0: it is not */
};

static void connections_release(struct connections *c)
{
    host_view_release(&c->view);
    free(c->peers);
    free(c->nets);
    stop_traffic_release(&c->traffic);
    stop_proposal_release(&c->proposal);
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
    c->udp_port = stop_traffic_udp_port(&c->traffic);
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
    stop_traffic_show(&c->traffic, &screen);
    screen_blank(&screen);
    if (c->number)
        screen_printf(&screen, 0,
                      "On record as pr%u, with the text for the provider: calm notify script "
                      "provider",
                      c->number);
    if (c->above) {
        buf_addf(&next, "calm stop limit tcp --port %u --connections %u", c->port, c->most);
        buf_addf(&why,
                 "%zu address%s more than %u, which is 20 or four times what the middle one has; "
                 "of what is open now %llu connections are above that",
                 c->above, c->above == 1 ? " has" : "es have", c->most,
                 (unsigned long long)c->excess);
    } else if (c->udp_port) {
        buf_addf(&next, "calm stop limit udp --port %u --rate %d", c->udp_port, UDP_RATE);
        buf_adds(&why, "datagrams are lost there. What that rule would do cannot be measured: the "
                       "kernel keeps no list of who sends UDP");
    } else {
        buf_adds(&next, "calm stop propose /var/log/nginx/access.log");
        buf_adds(&why, "no source has many connections now, and no datagram is lost; a web "
                       "server's log, or sshd's, may show more");
    }
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
    stop_traffic_json(&c->traffic, &j);
    if (c->number)
        json_put_u64(&j, "proposal", c->number);
    json_object_end(&j);
}

static void conclude(struct connections *c)
{
    struct stop_proposal *p = &c->proposal;
    char text[NET_TEXT_SIZE];

    p->begin.sec = INT64_MIN;
    p->last = utc_now();
    if (!c->above) {
        p->protocol = "UDP";
        p->unit = "datagrams a second now";
        p->count =
            stop_traffic_second(&c->traffic, c->traffic.now.udp_in + c->traffic.now.udp_no_room);
        p->port = c->udp_port;
        buf_adds(&p->wish,
                 "tell us who sends most to that port, since our host cannot, and drop or "
                 "slow it before it reaches our line");
        return;
    }
    p->protocol = "TCP";
    p->unit = "connections open now";
    p->count = c->open + c->half_open;
    p->port = c->port;
    p->sources = c->above;
    for (size_t i = 0; i < c->net_count && i < SHOWN; i++)
        buf_addf(&p->prefixes, "%s  %u connections\n", net_text(text, &c->nets[i].net),
                 all_of(&c->nets[i]));
    buf_addf(&p->wish,
             "let each source have %u connections to that port at most, or drop those that have "
             "more, before they reach our line",
             c->most);
}

static int keep(struct connections *c, struct session *s, const struct operation *op,
                const struct input *in, struct err *e)
{
    struct str path = input_value(op, in, "ask");
    CLEANUP_FREE char *name = mem_dup(path.p, path.len);
    CLEANUP_BUF struct buf ask = {0};
    int rc;

    if (!c->above && !c->udp_port)
        return path.len ? err_set(e, ERR_NOTFOUND, "nothing stands out that a provider could stop")
                        : 0;
    conclude(c);
    rc = stop_target(op, in, c->proposal.port, &c->proposal, e);
    stop_proposal_ask(&c->proposal, &ask);
    if (rc == 0 && path.len)
        rc = file_create(name, buf_str(&ask), 0600, e);
    return rc ? rc : stop_proposal_record(s, op, in, &c->proposal, &c->number, e);
}

int stop_propose_connections(struct session *s, const struct operation *op, const struct input *in,
                             struct answer *a, struct err *e)
{
    CLEANUP(connections_release) struct connections c = {.peers = NULL};
    int rc;

    stop_traffic_look(&c.traffic, LOOK_MS);
    rc = host_view_read(&c.view, e);
    if (rc)
        return rc;
    host_peers(&c.view, 32, 64, &c.peers, &c.peer_count);
    host_peers(&c.view, 24, 48, &c.nets, &c.net_count);
    judge(&c);
    rc = keep(&c, s, op, in, e);
    if (rc)
        return rc;
    if (a->wants_json)
        tell(&c, a);
    else
        show(&c, a);
    return 0;
}
