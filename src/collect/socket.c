/* socket.c: listeners and connections, with the processes that own them. */
#include <arpa/inet.h>
#include "collect/gather.h"

enum { STATE_OPEN = 1, STATE_CLOSED = 7, STATE_LISTEN = 10 }; /* include/net/tcp_states.h */

static const struct {
    const char *file, *name;
    bool is_six;
    uint8_t listen_state;
} protocols[] = {
    {"proc/net/tcp", "TCP", false, STATE_LISTEN},
    {"proc/net/tcp6", "TCP", true, STATE_LISTEN},
    {"proc/net/udp", "UDP", false, STATE_CLOSED},
    {"proc/net/udp6", "UDP", true, STATE_CLOSED},
    {"proc/net/udplite", "UDPLITE", false, STATE_CLOSED},
    {"proc/net/udplite6", "UDPLITE", true, STATE_CLOSED},
    {"proc/net/raw", "RAW", false, STATE_CLOSED},
    {"proc/net/raw6", "RAW", true, STATE_CLOSED},
};

static const char *const state_names[] = {
    "?",         "established", "syn sent",   "syn received", "fin wait 1", "fin wait 2",
    "time wait", "closed",      "close wait", "last ack",     "listen",     "closing",
};

/* "0100007F:1F90": each 32-bit word of the address as this machine's number in hex. */
static bool read_endpoint(struct str text, bool is_six, uint8_t address[16], uint16_t *port)
{
    enum { WORD_DIGITS = 8 };
    size_t words = is_six ? 4 : 1;
    struct str part = str_cut(&text, ':');
    uint64_t n;

    if (part.len != words * WORD_DIGITS || !read_u64_base(text, 16, &n) || n > UINT16_MAX)
        return false;
    *port = (uint16_t)n;
    for (size_t i = 0; i < words; i++) {
        uint32_t word;

        if (!read_u64_base(str_head(str_from(part, i * WORD_DIGITS), WORD_DIGITS), 16, &n))
            return false;
        word = (uint32_t)n;
        memcpy(address + 4 * i, &word, sizeof(word));
    }
    return true;
}

static bool read_socket(struct str line, struct net_socket *s)
{
    struct str fields[10];
    uint64_t state;

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        fields[i] = str_field(&line);
    if (!read_endpoint(fields[1], s->is_six, s->local, &s->local_port) ||
        !read_endpoint(fields[2], s->is_six, s->remote, &s->remote_port) ||
        !read_u64_base(fields[3], 16, &state) || state > UINT8_MAX ||
        !str_u64(fields[7], &s->uid) || !str_u64(fields[9], &s->inode))
        return false;
    s->state = (uint8_t)state;
    return true;
}

static void read_table(struct gather *g, uint8_t protocol, size_t *room)
{
    CLEANUP_BUF struct buf buf = {0};
    int code = host_read(&g->host, protocols[protocol].file, &buf, GATHER_FILE_SIZE);
    struct str text = buf_str(&buf);
    struct str line;

    if (code < 0 && code != -EFBIG) /* gather_listeners says so */
        return;
    take_line(&text, &line); /* the heading */
    while (take_line(&text, &line)) {
        struct net_socket s = {.protocol = protocol, .is_six = protocols[protocol].is_six};

        if (!read_socket(line, &s))
            continue;
        g->sockets = mem_grow(g->sockets, g->socket_count, room, sizeof(*g->sockets));
        g->sockets[g->socket_count++] = s;
    }
}

void gather_scan_sockets(struct gather *g)
{
    size_t room = 0;

    for (size_t i = 0; i < COUNT_OF(protocols); i++)
        read_table(g, (uint8_t)i, &room);
}

/* IPv6 addresses stand in brackets where a port follows (RFC 3986). */
static void add_endpoint(struct buf *out, bool is_six, const uint8_t address[16], uint16_t port)
{
    char text[INET6_ADDRSTRLEN];

    if (!inet_ntop(is_six ? AF_INET6 : AF_INET, address, text, sizeof(text)))
        BUG("an address that cannot be written");
    buf_addf(out, is_six ? "[%s]:%u" : "%s:%u", text, (unsigned)port);
}

static void put_address(struct json *j, const char *name, bool is_six, const uint8_t address[16])
{
    char text[INET6_ADDRSTRLEN];

    json_put_text(j, name, inet_ntop(is_six ? AF_INET6 : AF_INET, address, text, sizeof(text)));
}

static bool is_zero(const uint8_t address[16])
{
    static const uint8_t zero[16];

    return memcmp(address, zero, sizeof(zero)) == 0;
}

static bool is_listener(const struct net_socket *s)
{
    return s->state == protocols[s->protocol].listen_state;
}

static void add_program(struct buf *out, const struct process *p)
{
    if (p && p->program.len)
        buf_addstr(out, p->program);
    else if (p)
        buf_addf(out, "(" STR_FMT ")", STR_ARG(p->name));
}

static const struct process *first_owner(struct gather *g, uint64_t inode)
{
    size_t count;
    const struct socket_owner *owner = inode ? process_socket(&g->processes, inode, &count) : NULL;

    return owner ? &g->processes.list[owner->process] : NULL;
}

static void put_owners(struct gather *g, struct json *j, uint64_t inode)
{
    enum { PID_COUNT = 100 };
    size_t count = 0;
    const struct socket_owner *owners = inode ? process_socket(&g->processes, inode, &count) : NULL;
    const struct process *p = owners ? &g->processes.list[owners->process] : NULL;
    CLEANUP_BUF struct buf program = {0};

    if (p) {
        add_program(&program, p);
        put_bytes(j, "program", buf_str(&program));
        json_put_bool(j, "deleted", p->is_deleted);
        put_package(j, p->has_program ? p->package : NULL);
    }
    json_name(j, "pids");
    json_array_begin(j);
    for (size_t i = 0; i < count && i < PID_COUNT; i++)
        json_u64(j, g->processes.list[owners[i].process].pid);
    json_array_end(j);
    json_put_u64(j, "inode", inode);
}

static void add_listener(struct gather *g, const struct net_socket *s)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    key_add(&key, "%s ", protocols[s->protocol].name);
    add_endpoint(&key, s->is_six, s->local, s->local_port);
    j = doc_row_begin(&g->doc, buf_str(&key));
    json_put_text(j, "protocol", protocols[s->protocol].name);
    put_address(j, "address", s->is_six, s->local);
    json_put_u64(j, "port", s->local_port);
    json_put_u64(j, "uid", s->uid);
    gather_put_user(g, j, s->uid);
    json_put_bool(j, "everywhere", is_zero(s->local));
    put_owners(g, j, s->inode);
    doc_row_end(&g->doc);
}

/* Num: RefCount Protocol Flags Type St Inode Path; a path holds any bytes, even a newline. */
static bool read_unix(struct str line, uint64_t *flags, uint64_t *type, uint64_t *inode,
                      struct str *path)
{
    struct str fields[7];

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        fields[i] = str_field(&line);
    *path = str_from(line, 1);
    return str_ends(fields[0], ":") && read_u64_base(fields[3], 16, flags) &&
           read_u64_base(fields[4], 16, type) && str_u64(fields[6], inode);
}

static void add_unix(struct gather *g, struct str line)
{
    enum { ACCEPTS = 0x10000, DATAGRAM = 2 };
    CLEANUP_BUF struct buf key = {0};
    struct str path;
    uint64_t flags;
    uint64_t type;
    uint64_t inode;
    struct json *j;

    if (!read_unix(line, &flags, &type, &inode, &path)) {
        doc_gap(&g->doc, "/proc/net/unix: a line cannot be understood; a socket's path may hold a "
                         "newline");
        return;
    }
    if (path.len == 0 || (!(flags & ACCEPTS) && type != DATAGRAM))
        return;
    buf_adds(&key, "UNIX ");
    buf_addstr(&key, path);
    j = doc_row_begin(&g->doc, buf_str(&key));
    json_put_text(j, "protocol", "UNIX");
    put_bytes(j, "address", path);
    json_put_text(j, "type", type == DATAGRAM ? "datagram" : type == 1 ? "stream" : "packets");
    put_owners(g, j, inode);
    doc_row_end(&g->doc);
}

static void add_unix_listeners(struct gather *g)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;

    if (!gather_file_if_any(g, "proc/net/unix", &buf))
        return;
    text = buf_str(&buf);
    take_line(&text, &line);
    while (take_line(&text, &line))
        add_unix(g, line);
}

/* sk RefCnt Type Proto Iface R Rmem User Inode; such a socket sees every packet. */
static void add_packet(struct gather *g, struct str line)
{
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf name = {0};
    struct str fields[9];
    uint64_t index;
    uint64_t uid;
    uint64_t inode;
    struct json *j;

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        fields[i] = str_field(&line);
    if (!str_u64(fields[4], &index) || !str_u64(fields[7], &uid) || !str_u64(fields[8], &inode))
        return;
    key_add(&key, "PACKET " STR_FMT " on %s", STR_ARG(fields[3]),
            index ? gather_interface(g, index, &name) : "all interfaces");
    j = doc_row_begin(&g->doc, buf_str(&key));
    json_put_text(j, "protocol", "PACKET");
    json_put_u64(j, "uid", uid);
    put_owners(g, j, inode);
    doc_row_end(&g->doc);
}

static void add_packet_listeners(struct gather *g)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;

    if (!gather_file_if_any(g, "proc/net/packet", &buf))
        return;
    text = buf_str(&buf);
    take_line(&text, &line);
    while (take_line(&text, &line))
        add_packet(g, line);
}

/* What both sections lack: tables, owners, other namespaces. */
static void say_gaps(struct gather *g)
{
    const struct process_list *p = &g->processes;

    for (size_t i = 0; i < COUNT_OF(protocols); i++) {
        CLEANUP_HOST_FD int fd = host_open(&g->host, protocols[i].file, O_RDONLY);

        if (fd < 0 && fd != -ENOENT)
            doc_gap_errno(&g->doc, fd, "/%s", protocols[i].file);
        else if (fd == -ENOENT && i == 0)
            doc_gap_errno(&g->doc, fd, "/%s", protocols[i].file);
    }
    if (p->no_sockets)
        doc_gap(&g->doc,
                "which sockets %llu of %zu processes hold: permission denied%s; sockets without a "
                "program may be theirs",
                (unsigned long long)p->no_sockets, p->count, g->is_root ? "" : " (root sees more)");
    if (p->other_networks)
        doc_gap(&g->doc,
                "sockets of other network namespaces (containers), in which %llu processes run",
                (unsigned long long)p->other_networks);
}

void gather_listeners(struct gather *g)
{
    say_gaps(g);
    for (size_t i = 0; i < g->socket_count; i++)
        if (is_listener(&g->sockets[i]))
            add_listener(g, &g->sockets[i]);
    add_unix_listeners(g);
    add_packet_listeners(g);
}

/* One bit for each port that is listened on, by protocol. */
struct listened {
    uint8_t bits[COUNT_OF(protocols) / 2][65536 / 8];
};

static void mark_listened(struct gather *g, struct listened *l)
{
    for (size_t i = 0; i < g->socket_count; i++) {
        const struct net_socket *s = &g->sockets[i];

        if (is_listener(s))
            l->bits[s->protocol / 2][s->local_port / 8] |= (uint8_t)(1u << s->local_port % 8);
    }
}

static bool is_inbound(const struct listened *l, const struct net_socket *s)
{
    return l->bits[s->protocol / 2][s->local_port / 8] & 1u << s->local_port % 8;
}

static void make_connection_key(struct gather *g, struct buf *key, const struct net_socket *s,
                                bool inbound)
{
    char remote[INET6_ADDRSTRLEN];

    key_add(key, inbound ? "%s " : "%s to ", protocols[s->protocol].name);
    if (inbound) {
        add_endpoint(key, s->is_six, s->local, s->local_port);
        key_add(key, " from %s",
                inet_ntop(s->is_six ? AF_INET6 : AF_INET, s->remote, remote, sizeof(remote)));
        return;
    }
    add_endpoint(key, s->is_six, s->remote, s->remote_port);
    buf_adds(key, " by ");
    if (first_owner(g, s->inode))
        add_program(key, first_owner(g, s->inode));
    else
        buf_adds(key, "no program seen");
}

static void add_connection(struct gather *g, const struct net_socket *s, bool inbound)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    make_connection_key(g, &key, s, inbound);
    j = doc_row_begin(&g->doc, buf_str(&key));
    json_put_text(j, "protocol", protocols[s->protocol].name);
    json_put_text(j, "direction", inbound ? "in" : "out");
    put_address(j, "local", s->is_six, s->local);
    json_put_u64(j, "local_port", s->local_port);
    put_address(j, "remote", s->is_six, s->remote);
    json_put_u64(j, "remote_port", s->remote_port);
    json_put_text(j, "state", state_names[s->state < COUNT_OF(state_names) ? s->state : 0]);
    json_put_u64(j, "uid", s->uid);
    put_owners(g, j, s->inode);
    doc_row_end(&g->doc);
}

void gather_connections(struct gather *g)
{
    CLEANUP_FREE struct listened *listened = mem_new(struct listened);

    say_gaps(g);
    mark_listened(g, listened);
    for (size_t i = 0; i < g->socket_count; i++)
        if (!is_listener(&g->sockets[i]))
            add_connection(g, &g->sockets[i], is_inbound(listened, &g->sockets[i]));
}
