/* live_socket.c: the sockets of the host with their owners, each line saying which of the kernel's
 * two views told it. */
#include "collect/live_socket.h"
#include <sys/socket.h>
#include <unistd.h>

const struct live_word live_unix_types[] = {{SOCK_STREAM, "stream"},     {SOCK_DGRAM, "datagram"},
                                            {SOCK_SEQPACKET, "packets"}, {SOCK_RAW, "raw"},
                                            {SOCK_PACKET, "packet"},     {0, NULL}};

const struct live_word live_netlink_protocols[] = {
    {0, "route"},      {2, "usersock"},   {3, "firewall"},        {4, "sock_diag"}, {5, "nflog"},
    {6, "xfrm"},       {7, "selinux"},    {8, "iscsi"},           {9, "audit"},     {10, "fib"},
    {11, "connector"}, {12, "netfilter"}, {15, "kobject_uevent"}, {16, "generic"},  {18, "scsi"},
    {19, "ecryptfs"},  {20, "rdma"},      {21, "crypto"},         {0, NULL}};

/* include/net/tcp_states.h */
const struct live_word live_socket_states[] = {
    {1, "established"}, {2, "syn sent"},  {3, "syn received"}, {4, "fin wait 1"},
    {5, "fin wait 2"},  {6, "time wait"}, {7, "closed"},       {8, "close wait"},
    {9, "last ack"},    {10, "listen"},   {11, "closing"},     {12, "new syn received"},
    {0, NULL}};

static const struct live_word timers[] = {{0, "none"},      {1, "retransmit"},  {2, "keep alive"},
                                          {3, "time wait"}, {4, "zero window"}, {0, NULL}};

struct json *live_socket_begin(struct live_sockets *s, const char *from, const char *protocol)
{
    struct json *j = bundle_line_begin(s->lines);

    json_put_text(j, "from", from);
    if (s->netns)
        json_put_u64(j, "netns", s->netns);
    json_put_text(j, "protocol", protocol);
    return j;
}

static void put_programs(const struct process_list *p, struct json *j,
                         const struct socket_owner *owners, size_t count)
{
    CLEANUP_BUF struct buf programs = {0};
    enum { MOST = 64 << 10 };

    for (size_t i = 0; i < count; i++) {
        const struct process *owner = &p->list[owners[i].process];

        buf_addstr(&programs, owner->program.len ? owner->program : owner->name);
        buf_addc(&programs, '\0');
    }
    (void)live_put_strings(j, "programs", buf_str(&programs), MOST);
}

void live_socket_end(struct live_sockets *s, struct json *j, uint64_t inode)
{
    enum { OWNER_COUNT = 100 };
    const struct process_list *p = &s->c->processes;
    size_t count = 0;
    const struct socket_owner *owners = inode ? process_socket(p, inode, &count) : NULL;
    size_t shown = count < OWNER_COUNT ? count : OWNER_COUNT;

    json_put_u64(j, "inode", inode);
    json_name(j, "pids");
    json_array_begin(j);
    for (size_t i = 0; i < shown; i++)
        json_u64(j, p->list[owners[i].process].pid);
    json_array_end(j);
    put_programs(p, j, owners, shown);
    if (count > shown)
        json_put_u64(j, "more_pids", count - shown);
    live_line_end(s->c, s->lines);
}

struct json *live_inet_begin(struct live_sockets *s, const char *from, const struct live_inet *n)
{
    struct json *j = live_socket_begin(s, from, n->protocol);

    json_put_text(j, "family", n->family == AF_INET6 ? "IPv6" : "IPv4");
    live_put_address(j, "local", n->family, (struct str){(const char *)n->local, 16});
    json_put_u64(j, "local_port", n->local_port);
    live_put_address(j, "remote", n->family, (struct str){(const char *)n->remote, 16});
    json_put_u64(j, "remote_port", n->remote_port);
    live_put_word(j, "state", live_socket_states, n->state);
    json_put_u64(j, "receive_queue", n->receive_queue);
    json_put_u64(j, "send_queue", n->send_queue);
    if (n->timer) {
        live_put_word(j, "timer", timers, n->timer);
        json_put_u64(j, "timer_ms", n->timer_ms);
        json_put_u64(j, "retransmits", n->retransmits);
    }
    json_put_u64(j, "uid", n->uid);
    return j;
}

static void say_owners(struct collection *c)
{
    if (c->processes.no_sockets)
        collection_missing(c, STR("/proc/PID/fd"), EACCES,
                           "which sockets %llu processes hold: permission denied",
                           (unsigned long long)c->processes.no_sockets);
    if (c->processes.is_cut)
        collection_missing(c, STR("/proc"), 0, "there are more processes or sockets than are read");
}

static void read_network(void *context, const struct live_netns *ns)
{
    struct live_sockets *s = context;

    s->netns = ns->number;
    if (ns->is_entered)
        live_socket_diag(s, ns);
    if (ns->folder)
        live_socket_files(s, ns);
}

void live_socket(struct collection *c)
{
    struct live_sockets s = {.c = c, .lines = live_open(c, "live/socket")};

    if (c->host.is_live)
        live_socket_diag_prepare(&s);
    else
        collection_missing(c, STR("sock_diag"), 0, "this is a copied tree, not the running host");
    live_netns_each(c, read_network, &s);
    say_owners(c);
    live_close(c, s.lines);
}
