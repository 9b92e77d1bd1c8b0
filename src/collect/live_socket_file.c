/* live_socket_file.c: sockets as /proc/net has them, of each network namespace in which a process
 * runs. */
#include <sys/socket.h>
#include <unistd.h>
#include "collect/live_socket.h"

#define FILES "/proc/net"

static bool number(struct str text, unsigned base, uint64_t *out)
{
    return read_u64_base(text, base, out);
}

/* "0100007F:1F90": each 32-bit word of the address as this machine's number in hex. */
static bool read_endpoint(struct str text, int family, uint8_t address[16], uint16_t *port)
{
    enum { WORD_DIGITS = 8 };
    size_t words = family == AF_INET6 ? 4 : 1;
    struct str part = str_cut(&text, ':');
    uint64_t n;

    if (part.len != words * WORD_DIGITS || !number(text, 16, &n) || n > UINT16_MAX)
        return false;
    *port = (uint16_t)n;
    for (size_t i = 0; i < words; i++) {
        uint32_t word;

        if (!number(str_head(str_from(part, i * WORD_DIGITS), WORD_DIGITS), 16, &n))
            return false;
        word = (uint32_t)n;
        memcpy(address + 4 * i, &word, sizeof(word));
    }
    return true;
}

static bool read_pair(struct str text, uint64_t *first, uint64_t *second)
{
    struct str head = str_cut(&text, ':');

    return number(head, 16, first) && number(text, 16, second);
}

/* sl local remote st tx:rx tr:when retrnsmt uid timeout inode */
static bool read_inet(struct str line, struct live_inet *n)
{
    enum { LOCAL = 1, REMOTE, STATE, QUEUES, TIMER, RETRANSMITS, UID, TIMEOUT, INODE, COUNT };
    struct str fields[COUNT];
    uint64_t ticks;

    for (size_t i = 0; i < COUNT; i++)
        fields[i] = str_field(&line);
    if (!read_endpoint(fields[LOCAL], n->family, n->local, &n->local_port) ||
        !read_endpoint(fields[REMOTE], n->family, n->remote, &n->remote_port) ||
        !number(fields[STATE], 16, &n->state) ||
        !read_pair(fields[QUEUES], &n->send_queue, &n->receive_queue) ||
        !read_pair(fields[TIMER], &n->timer, &ticks) ||
        !number(fields[RETRANSMITS], 16, &n->retransmits) || !str_u64(fields[UID], &n->uid) ||
        !str_u64(fields[INODE], &n->inode))
        return false;
    n->timer_ms = ticks < UINT32_MAX ? ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK) : 0;
    return true;
}

static bool add_inet(struct live_sockets *s, struct str line, const char *protocol, int family)
{
    struct live_inet n = {.protocol = protocol, .family = family};

    if (!read_inet(line, &n))
        return false;
    live_socket_end(s, live_inet_begin(s, FILES, &n), n.inode);
    return true;
}

/* Num: RefCount Protocol Flags Type St Inode Path; a path holds any bytes, even a newline. */
static bool add_unix(struct live_sockets *s, struct str line)
{
    enum { FLAGS = 3, TYPE, STATE, INODE, COUNT, ACCEPTS = 0x10000, CONNECTED = 3 };
    struct str fields[COUNT];
    uint64_t flags;
    uint64_t type;
    uint64_t state;
    uint64_t inode;
    struct json *j;

    for (size_t i = 0; i < COUNT; i++)
        fields[i] = str_field(&line);
    if (!str_ends(fields[0], ":") || !number(fields[FLAGS], 16, &flags) ||
        !number(fields[TYPE], 16, &type) || !number(fields[STATE], 16, &state) ||
        !str_u64(fields[INODE], &inode))
        return false;
    j = live_socket_begin(s, FILES, "UNIX");
    live_put_word(j, "type", live_unix_types, type);
    json_put_text(j, "state",
                  flags & ACCEPTS      ? "listen"
                  : state == CONNECTED ? "established"
                                       : "closed");
    if (line.len > 1) {
        json_put_bool(j, "is_abstract", line.p[1] == '@');
        put_bytes(j, "path", str_from(line, 1));
    }
    live_socket_end(s, j, inode);
    return true;
}

/* sk RefCnt Type Proto Iface R Rmem User Inode */
static bool add_packet(struct live_sockets *s, struct str line)
{
    enum { TYPE = 2, PROTOCOL, INTERFACE, RUNNING, QUEUE, UID, INODE, COUNT };
    struct str fields[COUNT];
    uint64_t n[COUNT];
    struct json *j;

    for (size_t i = 0; i < COUNT; i++)
        fields[i] = str_field(&line);
    if (!number(fields[PROTOCOL], 16, &n[PROTOCOL]))
        return false;
    for (size_t i = 0; i < COUNT; i++)
        if (i >= TYPE && i != PROTOCOL && !str_u64(fields[i], &n[i]))
            return false;
    j = live_socket_begin(s, FILES, "PACKET");
    live_put_word(j, "type", live_unix_types, n[TYPE]);
    live_put_hex_u64(j, "ethertype", n[PROTOCOL]);
    json_put_u64(j, "interface_index", n[INTERFACE]);
    json_put_u64(j, "receive_queue", n[QUEUE]);
    json_put_u64(j, "uid", n[UID]);
    live_socket_end(s, j, n[INODE]);
    return true;
}

/* sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode */
static bool add_netlink(struct live_sockets *s, struct str line)
{
    enum { PROTOCOL = 1, PORT, GROUPS, READ, WRITE, DUMP, LOCKS, DROPS, INODE, COUNT };
    struct str fields[COUNT];
    uint64_t protocol;
    uint64_t port;
    uint64_t groups;
    uint64_t inode;
    struct json *j;

    for (size_t i = 0; i < COUNT; i++)
        fields[i] = str_field(&line);
    if (!str_u64(fields[PROTOCOL], &protocol) || !str_u64(fields[PORT], &port) ||
        !number(fields[GROUPS], 16, &groups) || !str_u64(fields[INODE], &inode))
        return false;
    j = live_socket_begin(s, FILES, "NETLINK");
    live_put_word(j, "type", live_netlink_protocols, protocol);
    json_put_u64(j, "port_id", port);
    live_put_hex_u64(j, "first_groups", groups);
    live_socket_end(s, j, inode);
    return true;
}

static bool add_line(struct live_sockets *s, struct str line, const char *protocol, int family)
{
    switch (family) {
    case AF_UNIX:
        return add_unix(s, line);
    case AF_PACKET:
        return add_packet(s, line);
    case AF_NETLINK:
        return add_netlink(s, line);
    default:
        return add_inet(s, line, protocol, family);
    }
}

static void read_table(struct live_sockets *s, const struct live_netns *ns, const char *path,
                       const char *protocol, int family)
{
    CLEANUP_BUF struct buf what = {0};
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    int code = live_file_open(&f, s->c, path);
    uint64_t odd = 0;
    struct str line;

    if (code == -ENOENT || code == -ENOTDIR || code == -ESRCH) /* no such protocol, or it ended */
        return;
    if (code < 0) {
        collection_missing(s->c, live_netns_what(ns, path, &what), -code, "%s", strerror(-code));
        return;
    }
    (void)live_file_line(&f, &line); /* the heading */
    while (!s->c->status && live_file_line(&f, &line))
        odd += !add_line(s, line, protocol, family);
    if (odd)
        collection_missing(s->c, live_netns_what(ns, path, &what), 0,
                           "%llu lines cannot be understood", (unsigned long long)odd);
    if (f.code < 0 && f.code != -ESRCH && f.code != -EINVAL)
        collection_missing(s->c, live_netns_what(ns, path, &what), -f.code, "%s",
                           strerror(-f.code));
}

void live_socket_files(struct live_sockets *s, const struct live_netns *ns)
{
    static const struct {
        const char *file, *protocol;
        int family;
    } tables[] = {{"tcp", "TCP", AF_INET},           {"tcp6", "TCP", AF_INET6},
                  {"udp", "UDP", AF_INET},           {"udp6", "UDP", AF_INET6},
                  {"udplite", "UDPLITE", AF_INET},   {"udplite6", "UDPLITE", AF_INET6},
                  {"raw", "RAW", AF_INET},           {"raw6", "RAW", AF_INET6},
                  {"icmp", "PING", AF_INET},         {"icmp6", "PING", AF_INET6},
                  {"unix", "UNIX", AF_UNIX},         {"packet", "PACKET", AF_PACKET},
                  {"netlink", "NETLINK", AF_NETLINK}};
    CLEANUP_BUF struct buf path = {0};

    for (size_t i = 0; i < COUNT_OF(tables) && !s->c->status; i++) {
        buf_clear(&path);
        buf_addf(&path, "%s/%s", ns->folder, tables[i].file);
        read_table(s, ns, buf_text(&path), tables[i].protocol, tables[i].family);
    }
}
