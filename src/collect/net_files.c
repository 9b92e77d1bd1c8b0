/* net_files.c: neighbours, routes, links and addresses from the files of a copied tree. */
#include <arpa/inet.h>
#include <net/if.h>
#include "collect/net.h"

enum { ROUTE_UP = 1, ROUTE_REJECT = 0x200, TABLE_MAIN = 254 };
#define LOCAL_FLAG 0x80000000u /* RTF_LOCAL: our own address, not a route */

static struct str interface_line(struct gather *g, const char *name, const char *what,
                                 struct buf *out)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "sys/class/net/%s/%s", name, what);
    return host_line(&g->host, buf_text(&path), out);
}

static uint64_t interface_number(struct gather *g, const char *name, const char *what)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str text = interface_line(g, name, what, &buf);
    uint64_t n = 0;

    if (str_starts(text, "0x"))
        return read_u64_base(str_from(text, 2), 16, &n) ? n : 0;
    return str_u64(text, &n) ? n : 0;
}

static void add_file_link(struct gather *g, const char *name)
{
    CLEANUP_BUF struct buf mac = {0};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf master = {0};
    struct net_link l = {.name = str_of(name), .mac = interface_line(g, name, "address", &mac)};
    const char *slash;

    l.index = interface_number(g, name, "ifindex");
    l.mtu = interface_number(g, name, "mtu");
    l.flags = interface_number(g, name, "flags");
    l.has_carrier = interface_number(g, name, "carrier") == 1;
    l.has_counters = true;
    l.rx_bytes = interface_number(g, name, "statistics/rx_bytes");
    l.tx_bytes = interface_number(g, name, "statistics/tx_bytes");
    l.rx_errors = interface_number(g, name, "statistics/rx_errors");
    l.tx_errors = interface_number(g, name, "statistics/tx_errors");
    buf_addf(&path, "sys/class/net/%s/master", name);
    if (host_link(&g->host, buf_text(&path), &master) == 0) {
        slash = strrchr(buf_text(&master), '/');
        l.master = slash ? slash + 1 : buf_text(&master);
    }
    net_add_link(g, &l);
}

void net_files_links(struct gather *g)
{
    if (g->interface_count == 0)
        doc_gap(&g->doc, "/sys/class/net cannot be read or is empty");
    for (size_t i = 0; i < g->interface_count; i++)
        add_file_link(g, g->interfaces[i].name);
}

/* IP address, HW type, Flags, HW address, Mask, Device. */
void net_files_neighbours(struct gather *g)
{
    enum { ADDRESS, TYPE, FLAGS, MAC, MASK, DEVICE, FIELD_COUNT };
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;

    doc_note(&g->doc, "IPv6 neighbours are in no file");
    if (!gather_file(g, "proc/net/arp", &buf))
        return;
    text = buf_str(&buf);
    take_line(&text, &line);
    while (take_line(&text, &line)) {
        struct str fields[FIELD_COUNT];
        CLEANUP_BUF struct buf address = {0};
        CLEANUP_BUF struct buf device = {0};

        for (size_t i = 0; i < FIELD_COUNT; i++)
            fields[i] = str_field(&line);
        if (fields[DEVICE].len == 0)
            continue;
        buf_addstr(&address, fields[ADDRESS]);
        buf_addstr(&device, fields[DEVICE]);
        net_add_neighbour(g, buf_text(&device), buf_text(&address), fields[MAC],
                          str_is(fields[FLAGS], "0x0") ? "incomplete" : "complete");
    }
}

/* An IPv4 address as this machine's number in hex. */
static bool read_four(struct str text, char out[INET6_ADDRSTRLEN], uint32_t *word)
{
    uint64_t n;

    if (text.len != 8 || !read_u64_base(text, 16, &n))
        return false;
    *word = (uint32_t)n;
    return inet_ntop(AF_INET, word, out, INET6_ADDRSTRLEN) != NULL;
}

/* An IPv6 address as 32 hex digits. */
static bool read_six(struct str text, char out[INET6_ADDRSTRLEN])
{
    uint8_t bytes[16];

    return hex_read(bytes, sizeof(bytes), text) &&
           inet_ntop(AF_INET6, bytes, out, INET6_ADDRSTRLEN);
}

static void add_four_route(struct gather *g, struct str line)
{
    enum { DEVICE, DESTINATION, GATEWAY, FLAGS, REFS, USE, METRIC, MASK, FIELD_COUNT };
    CLEANUP_BUF struct buf device = {0};
    struct str fields[FIELD_COUNT];
    struct net_route r = {.table = TABLE_MAIN};
    char destination[INET6_ADDRSTRLEN];
    char mask[INET6_ADDRSTRLEN];
    uint64_t flags;
    uint32_t gateway;
    uint32_t bits;
    uint32_t word;

    for (size_t i = 0; i < FIELD_COUNT; i++)
        fields[i] = str_field(&line);
    if (!read_four(fields[DESTINATION], destination, &word) ||
        !read_four(fields[GATEWAY], r.gateway, &gateway) || !read_four(fields[MASK], mask, &bits) ||
        !read_u64_base(fields[FLAGS], 16, &flags) || !str_u64(fields[METRIC], &r.metric))
        return;
    if (gateway == 0)
        r.gateway[0] = '\0';
    snprintf(r.destination, sizeof(r.destination), "%s/%d", destination, __builtin_popcount(bits));
    buf_addstr(&device, fields[DEVICE]);
    r.type = flags & ROUTE_REJECT ? "unreachable" : "unicast";
    r.interface = str_is(fields[DEVICE], "*") ? NULL : buf_text(&device);
    if (flags & ROUTE_UP)
        net_add_route(g, &r);
}

static void add_six_route(struct gather *g, struct str line)
{
    enum {
        DESTINATION,
        LENGTH,
        SOURCE,
        SOURCE_LENGTH,
        GATEWAY,
        METRIC,
        REFS,
        USE,
        FLAGS,
        DEVICE,
        FIELD_COUNT
    };
    static const char none[] = "::";
    CLEANUP_BUF struct buf device = {0};
    struct str fields[FIELD_COUNT];
    struct net_route r = {.table = TABLE_MAIN};
    char destination[INET6_ADDRSTRLEN];
    uint64_t length;
    uint64_t flags;

    for (size_t i = 0; i < FIELD_COUNT; i++)
        fields[i] = str_field(&line);
    if (!read_six(fields[DESTINATION], destination) ||
        !read_u64_base(fields[LENGTH], 16, &length) || length > 128 ||
        !read_six(fields[GATEWAY], r.gateway) || !read_u64_base(fields[METRIC], 16, &r.metric) ||
        !read_u64_base(fields[FLAGS], 16, &flags) || (flags & LOCAL_FLAG))
        return;
    if (strcmp(r.gateway, none) == 0)
        r.gateway[0] = '\0';
    snprintf(r.destination, sizeof(r.destination), "%s/%u", destination, (unsigned)length);
    buf_addstr(&device, fields[DEVICE]);
    r.type = flags & ROUTE_REJECT ? "unreachable" : "unicast";
    r.interface = buf_text(&device);
    if (flags & ROUTE_UP)
        net_add_route(g, &r);
}

void net_files_routes(struct gather *g)
{
    CLEANUP_BUF struct buf four = {0};
    CLEANUP_BUF struct buf six = {0};
    struct str text;
    struct str line;

    if (gather_file(g, "proc/net/route", &four)) {
        text = buf_str(&four);
        take_line(&text, &line);
        while (take_line(&text, &line))
            add_four_route(g, line);
    }
    if (gather_file_if_any(g, "proc/net/ipv6_route", &six)) {
        text = buf_str(&six);
        while (take_line(&text, &line))
            add_six_route(g, line);
    }
}

static void add_six_address(struct gather *g, struct str line)
{
    enum { ADDRESS, INDEX, PREFIX, SCOPE, FLAGS, DEVICE, FIELD_COUNT };
    CLEANUP_BUF struct buf device = {0};
    struct str fields[FIELD_COUNT];
    char address[INET6_ADDRSTRLEN];
    uint64_t prefix;
    uint64_t scope;

    for (size_t i = 0; i < FIELD_COUNT; i++)
        fields[i] = str_field(&line);
    if (!read_six(fields[ADDRESS], address) || !read_u64_base(fields[PREFIX], 16, &prefix) ||
        prefix > 128 || !read_u64_base(fields[SCOPE], 16, &scope))
        return;
    buf_addstr(&device, fields[DEVICE]);
    net_add_address(g, buf_text(&device), address, (unsigned)prefix, true,
                    scope == 0      ? "global"
                    : scope == 0x10 ? "host"
                    : scope == 0x20 ? "link"
                                    : "other");
}

/* fib_trie shows "|-- ADDRESS" and below it "/32 host LOCAL" for our own; no interface is said.
 * What is ours stands below "Local:", and often below "Main:" once more. */
static void add_four_addresses(struct gather *g, struct str text)
{
    CLEANUP_BUF struct buf address = {0};
    bool is_local = false;
    struct str line;

    while (take_line(&text, &line)) {
        if (str_ends(line, ":"))
            is_local = str_is(line, "Local:");
        line = str_trim(line);
        if (str_starts(line, "|-- ")) {
            buf_clear(&address);
            buf_addstr(&address, str_from(line, 4));
        }
        if (is_local && address.len && str_is(line, "/32 host LOCAL"))
            net_add_address(g, "?", buf_text(&address), 32, false, NULL);
    }
}

void net_files_addresses(struct gather *g)
{
    CLEANUP_BUF struct buf four = {0};
    CLEANUP_BUF struct buf six = {0};
    struct str text;
    struct str line;

    if (gather_file(g, "proc/net/fib_trie", &four)) {
        doc_gap(&g->doc, "interface and prefix length of IPv4 addresses are in no file");
        add_four_addresses(g, buf_str(&four));
    }
    if (!gather_file_if_any(g, "proc/net/if_inet6", &six))
        return;
    text = buf_str(&six);
    while (take_line(&text, &line))
        add_six_address(g, line);
}
