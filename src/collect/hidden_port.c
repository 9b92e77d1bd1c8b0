/* hidden_port.c: compares the sockets that /proc/net lists with those that sock_diag tells of, and
 * with how many the kernel counts. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "collect/hidden.h"

enum {
    INODE_COUNT = 1 << 20,
    SUSPECT_COUNT = 1000,
    COUNT_LOOKS = 3,
    STATES = 0x1ffe, /* TCP's 1 to 12; 13 is what is only bound, which /proc/net never lists */
};

static const struct table {
    const char *file; /* under proc/net */
    const char *name;
    int family;
    uint8_t protocol;
    uint8_t inode_field;
    const char *module;  /* what answers sock_diag */
    const char *counted; /* its name in sockstat or sockstat6; NULL: not counted */
} tables[] = {
    {"tcp", "TCP", AF_INET, IPPROTO_TCP, 9, "tcp_diag", "TCP:"},
    {"tcp6", "TCP", AF_INET6, IPPROTO_TCP, 9, "tcp_diag", "TCP6:"},
    {"udp", "UDP", AF_INET, IPPROTO_UDP, 9, "udp_diag", "UDP:"},
    {"udp6", "UDP", AF_INET6, IPPROTO_UDP, 9, "udp_diag", "UDP6:"},
    {"raw", "RAW", AF_INET, IPPROTO_RAW, 9, "raw_diag", "RAW:"},
    {"raw6", "RAW", AF_INET6, IPPROTO_RAW, 9, "raw_diag", "RAW6:"},
    {"packet", "PACKET", AF_PACKET, 0, 8, "af_packet_diag", NULL},
    {"unix", "UNIX", AF_UNIX, 0, 6, "unix_diag", NULL},
};

struct suspect {
    uint64_t inode;
    struct inet_diag_msg inet; /* zero for other families and what only /proc/net lists */
    bool is_listed;            /* in /proc/net, and not told by sock_diag */
};

/* One look at one table. */
struct sockets {
    const struct table *table;
    uint64_t *inodes; /* in /proc/net, sorted */
    bool *is_told;    /* by sock_diag too */
    size_t count;
    size_t room;
    struct suspect *suspects;
    size_t suspect_count;
    size_t suspect_room;
    int code; /* what sock_diag answered */
};

static void sockets_release(struct sockets *s)
{
    free(s->inodes);
    free(s->is_told);
    free(s->suspects);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int open_table(struct live_file *f, struct collection *c, const struct table *t)
{
    char path[32];

    snprintf(path, sizeof(path), "proc/net/%s", t->file);
    return live_file_open(f, c, path);
}

/* A socket that waits for its end or its beginning has the inode 0 and no owner. */
static int read_listed(struct sockets *s, struct collection *c)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    int code = open_table(&f, c, s->table);
    struct str line;

    if (code < 0)
        return code;
    (void)live_file_line(&f, &line); /* the heading */
    while (s->count < INODE_COUNT && live_file_line(&f, &line)) {
        uint64_t inode;

        for (unsigned i = 0; i < s->table->inode_field; i++)
            (void)str_field(&line);
        if (!str_u64(str_field(&line), &inode) || inode == 0)
            continue;
        s->inodes = mem_grow(s->inodes, s->count, &s->room, sizeof(*s->inodes));
        s->inodes[s->count++] = inode;
    }
    if (s->count)
        qsort(s->inodes, s->count, sizeof(*s->inodes), by_number);
    s->is_told = mem_array(s->count + 1, sizeof(*s->is_told));
    return s->count == INODE_COUNT ? -EFBIG : f.code;
}

static void add_suspect(struct sockets *s, const struct suspect *one)
{
    if (s->suspect_count == SUSPECT_COUNT)
        return;
    s->suspects = mem_grow(s->suspects, s->suspect_count, &s->suspect_room, sizeof(*s->suspects));
    s->suspects[s->suspect_count++] = *one;
}

static uint64_t told_inode(int family, struct str body, struct inet_diag_msg *inet)
{
    struct unix_diag_msg local;
    struct packet_diag_msg packet;

    if (family == AF_UNIX)
        return netlink_fixed(&body, &local, sizeof(local)) ? local.udiag_ino : 0;
    if (family == AF_PACKET)
        return netlink_fixed(&body, &packet, sizeof(packet)) ? packet.pdiag_ino : 0;
    return netlink_fixed(&body, inet, sizeof(*inet)) ? inet->idiag_inode : 0;
}

static int see_told(void *context, const struct netlink_message *m)
{
    struct sockets *s = context;
    struct suspect one = {0};
    const uint64_t *found;

    if (m->type != SOCK_DIAG_BY_FAMILY)
        return 0;
    one.inode = told_inode(s->table->family, m->body, &one.inet);
    if (one.inode == 0)
        return 0;
    found =
        s->count ? bsearch(&one.inode, s->inodes, s->count, sizeof(*s->inodes), by_number) : NULL;
    if (found)
        s->is_told[found - s->inodes] = true;
    else
        add_suspect(s, &one);
    return 0;
}

static int ask(struct sockets *s)
{
    const struct table *t = s->table;
    struct inet_diag_req_v2 inet = {
        .sdiag_family = (uint8_t)t->family, .sdiag_protocol = t->protocol, .idiag_states = STATES};
    struct unix_diag_req local = {.sdiag_family = AF_UNIX, .udiag_states = UINT32_MAX};
    struct packet_diag_req packet = {.sdiag_family = AF_PACKET};
    struct str body = {(char *)&inet, sizeof(inet)};

    if (t->family == AF_UNIX)
        body = (struct str){(char *)&local, sizeof(local)};
    else if (t->family == AF_PACKET)
        body = (struct str){(char *)&packet, sizeof(packet)};
    return netlink_ask(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, body, see_told, s);
}

/* -EINTR says that sockets came and went meanwhile; the second look is for that. The path of a
 * local socket may hold a newline and so forge lines, which are no suspects. */
static int look(struct sockets *s, struct collection *c)
{
    int code = read_listed(s, c);

    if (code < 0)
        return code;
    code = ask(s);
    if (code < 0 && code != -EINTR)
        return code;
    for (size_t i = 0; s->table->family != AF_UNIX && i < s->count; i++)
        if (!s->is_told[i] && (i == 0 || s->inodes[i] != s->inodes[i - 1]))
            add_suspect(s, &(struct suspect){.inode = s->inodes[i], .is_listed = true});
    return 0;
}

static bool is_suspect_again(const struct sockets *s, const struct suspect *one)
{
    for (size_t i = 0; i < s->suspect_count; i++)
        if (s->suspects[i].inode == one->inode && s->suspects[i].is_listed == one->is_listed)
            return true;
    return false;
}

static void put_socket(struct json *j, const struct table *t, const struct suspect *one)
{
    json_put_text(j, "protocol", t->name);
    json_put_u64(j, "inode", one->inode);
    if (one->is_listed || !t->protocol)
        return;
    live_put_address(
        j, "local", t->family,
        (struct str){(const char *)one->inet.id.idiag_src, sizeof(one->inet.id.idiag_src)});
    json_put_u64(j, "local_port", ntohs(one->inet.id.idiag_sport));
    live_put_address(
        j, "remote", t->family,
        (struct str){(const char *)one->inet.id.idiag_dst, sizeof(one->inet.id.idiag_dst)});
    json_put_u64(j, "remote_port", ntohs(one->inet.id.idiag_dport));
    json_put_u64(j, "state", one->inet.idiag_state);
    json_put_u64(j, "uid", one->inet.idiag_uid);
}

static void put_pids(struct collection *c, struct json *j, uint64_t inode)
{
    size_t count;
    const struct socket_owner *owners = process_socket(&c->processes, inode, &count);

    json_name(j, "pids");
    json_array_begin(j);
    for (size_t i = 0; i < count && i < TOLD_MOST; i++)
        json_u64(j, c->processes.list[owners[i].process].pid);
    json_array_end(j);
}

static void tell(struct collection *c, struct told *told, const struct table *t,
                 const struct suspect *one)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    struct json *j = evidence_begin(&v);
    char file[32];

    if (!told_one(told))
        return;
    snprintf(file, sizeof(file), "/proc/net/%s", t->file);
    put_socket(j, t, one);
    put_pids(c, j, one->inode);
    json_put_text(j, "seen_by", one->is_listed ? file : "sock_diag");
    json_put_text(j, "not_by", one->is_listed ? "sock_diag" : file);
    if (t->protocol && !one->is_listed)
        collection_observe(c, told->code, evidence_end(&v),
                           "The kernel tells of a %s socket with port %u that %s does not list.",
                           t->name, (unsigned)ntohs(one->inet.id.idiag_sport), file);
    else
        collection_observe(c, told->code, evidence_end(&v),
                           "The %s socket %llu is in one list of sockets and not in another.",
                           t->name, (unsigned long long)one->inode);
}

static void say_missing(struct collection *c, const struct table *t, int code)
{
    if (code != -ENOENT) /* that family is not in this kernel */
        collection_missing(c, str_of(t->name), -code,
                           "sockets of /proc/net/%s cannot be compared with sock_diag", t->file);
}

/* "TCP: inuse 5 orphan 0 …" (Documentation of /proc/net/sockstat is net/ipv4/proc.c). */
static bool read_counted(struct collection *c, const struct table *t, uint64_t *out)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    struct str line;

    if (live_file_open(&f, c, t->family == AF_INET6 ? "proc/net/sockstat6" : "proc/net/sockstat") <
        0)
        return false;
    while (live_file_line(&f, &line)) {
        if (!str_is(str_field(&line), t->counted))
            continue;
        (void)str_field(&line);
        return str_u64(str_field(&line), out);
    }
    return false;
}

/* The count leaves out what has no socket yet (state 0C, shown as 03) or any more (06). */
static bool count_listed(struct collection *c, const struct table *t, uint64_t *out)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    struct str line;

    *out = 0;
    if (open_table(&f, c, t) < 0)
        return false;
    (void)live_file_line(&f, &line);
    while (live_file_line(&f, &line)) {
        struct str state = {0};

        for (int i = 0; i < 4; i++)
            state = str_field(&line);
        if (t->protocol != IPPROTO_TCP || (!str_is(state, "03") && !str_is(state, "06")))
            ++*out;
    }
    return f.code == 0;
}

/* How many more are counted than listed; false where that changed or cannot be known. */
static bool count_unlisted(struct collection *c, const struct table *t, uint64_t *out)
{
    uint64_t before;
    uint64_t listed;
    uint64_t after;

    if (!read_counted(c, t, &before) || !count_listed(c, t, &listed) ||
        !read_counted(c, t, &after) || before != after || before <= listed)
        return false;
    *out = before - listed;
    return true;
}

/* Told when the counts stand still and differ by the same number in each look. */
static void compare_counts(struct collection *c, const struct table *t)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    struct json *j;
    uint64_t first;

    if (!t->counted || !count_unlisted(c, t, &first))
        return;
    for (int i = 1; i < COUNT_LOOKS; i++) {
        uint64_t again;

        hidden_pause(c);
        if (!count_unlisted(c, t, &again) || again != first)
            return;
    }
    j = evidence_begin(&v);
    json_put_text(j, "protocol", t->name);
    json_put_u64(j, "not_listed", first);
    json_put_text(j, "seen_by",
                  t->family == AF_INET6 ? "/proc/net/sockstat6" : "/proc/net/sockstat");
    json_put_u64(j, "looks", c->host.is_live ? COUNT_LOOKS : 1);
    collection_observe(c, "hidden-port", evidence_end(&v),
                       "The kernel counts %llu more %s sockets than /proc/net/%s lists.",
                       (unsigned long long)first, t->name, t->file);
}

/* True when at least one was told. */
static bool compare_diag(struct collection *c, const struct table *t, struct told *told)
{
    CLEANUP(sockets_release) struct sockets first = {.table = t};
    CLEANUP(sockets_release) struct sockets second = {.table = t};
    uint64_t before = told->count;
    int code = look(&first, c);

    if (code == 0 && first.suspect_count) {
        hidden_pause(c);
        code = look(&second, c);
    }
    if (code < 0)
        say_missing(c, t, code);
    for (size_t i = 0; code == 0 && i < first.suspect_count; i++)
        if (is_suspect_again(&second, &first.suspects[i]))
            tell(c, told, t, &first.suspects[i]);
    return told->count > before;
}

void collection_hidden_ports(struct collection *c)
{
    struct told told = {.code = "hidden-port"};

    if (!c->host.is_live)
        collection_missing(c, STR("sock_diag"), 0,
                           "only a running kernel answers: sockets are compared by their count");
    for (size_t i = 0; i < COUNT_OF(tables) && c->status == 0; i++) {
        bool may_ask = c->host.is_live && live_may_ask(c, tables[i].module, "its sockets");

        if (!may_ask || !compare_diag(c, &tables[i], &told))
            compare_counts(c, &tables[i]);
    }
    told_rest(c, &told, "sockets are in one list and not in another");
}
