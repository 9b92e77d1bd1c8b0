/* live_iptables.c: asks for the tables of the packet filter before nf_tables. */
#include "collect/live_iptables.h"
#include <arpa/inet.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>
#include "collect/live_nft.h"

enum { TABLES_SIZE = 16 << 20 };

static const struct iptables_family {
    const char *name;
    const char *names_file; /* in /proc/net, the tables that are loaded: others are not asked for */
    int family;
    int level;
    int info;
    int entries;
} ip_families[] = {
    {"ip", "ip_tables_names", AF_INET, IPPROTO_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES},
    {"ip6", "ip6_tables_names", AF_INET6, IPPROTO_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES},
};

static int get_entries(const struct iptables_family *family, int fd, const struct ipt_getinfo *info,
                       struct buf *out)
{
    struct ipt_get_entries request = {.size = info->size};
    socklen_t size = (socklen_t)(sizeof(request) + info->size);

    memcpy(request.name, info->name, sizeof(request.name));
    memcpy(buf_room(out, size), &request, sizeof(request));
    if (getsockopt(fd, family->level, family->entries, out->p, &size) < 0)
        return -errno;
    out->len = size;
    return 0;
}

/* The structures of IPv4 and IPv6 that tell of a table are the same. */
static int read_table(struct collection *c, struct bundle_lines *l, const struct live_netns *ns,
                      const struct iptables_family *family, int fd, struct str name)
{
    CLEANUP_BUF struct buf bytes = {0};
    struct ipt_getinfo info = {0};
    socklen_t size = sizeof(info);
    struct iptables_table table = {.netns = ns->number, .family = family->name, .name = name};
    int code;

    if (name.len >= sizeof(info.name))
        return -EINVAL;
    memcpy(info.name, name.p, name.len);
    if (getsockopt(fd, family->level, family->info, &info, &size) < 0)
        return -errno;
    if (info.size > TABLES_SIZE)
        return -EFBIG;
    code = get_entries(family, fd, &info, &bytes);
    if (code < 0)
        return code;
    table.entries = str_from(buf_str(&bytes), sizeof(struct ipt_get_entries));
    table.valid_hooks = info.valid_hooks;
    memcpy(table.hook_entry, info.hook_entry, sizeof(table.hook_entry));
    memcpy(table.underflow, info.underflow, sizeof(table.underflow));
    live_iptables_table(c, l, &table);
    return 0;
}

/* The names of the tables that are loaded; false where there are none. */
static bool read_names(struct collection *c, const struct live_netns *ns, const char *file,
                       struct buf *out)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf what = {0};
    int code;

    buf_addf(&path, "%s/%s", ns->folder, file);
    code = host_read(&c->host, buf_text(&path), out, GATHER_SMALL_SIZE);
    if (code < 0 && code != -ENOENT)
        collection_missing(c, live_netns_what(ns, file, &what), -code, "%s", strerror(-code));
    return code == 0 && out->len;
}

static void read_family(struct collection *c, struct bundle_lines *l, const struct live_netns *ns,
                        const struct iptables_family *family)
{
    CLEANUP_BUF struct buf names = {0};
    CLEANUP_BUF struct buf what = {0};
    CLEANUP_HOST_FD int fd = -1;
    struct str text;
    struct str name;
    int code;

    if (!read_names(c, ns, family->names_file, &names))
        return;
    fd = socket(family->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    text = buf_str(&names);
    while (take_line(&text, &name)) {
        code = fd < 0 ? -errno : read_table(c, l, ns, family, fd, str_trim(name));
        if (code < 0)
            collection_missing(c, live_netns_what(ns, family->names_file, &what), -code,
                               "the table " STR_FMT " of %s: %s", STR_ARG(name), family->name,
                               strerror(-code));
    }
}

/* Those of arptables and ebtables of the time before nf_tables have shapes of their own. */
static void say_unread(struct collection *c, const struct live_netns *ns)
{
    static const char *const modules[] = {"ebtable_filter", "ebtable_nat", "ebtable_broute"};
    CLEANUP_BUF struct buf names = {0};
    CLEANUP_BUF struct buf what = {0};
    struct stat st;

    if (read_names(c, ns, "arp_tables_names", &names))
        collection_missing(c, live_netns_what(ns, "arp_tables", &what), 0,
                           "tables that arptables made in the kernel's older way are not read: %s",
                           buf_text(&names));
    for (size_t i = 0; ns->is_own && i < COUNT_OF(modules); i++) {
        buf_clear(&names);
        buf_addf(&names, "sys/module/%s", modules[i]);
        if (host_stat(&c->host, buf_text(&names), &st) == 0)
            collection_missing(
                c, str_of(modules[i]), 0,
                "the module is loaded, and tables that ebtables made in the kernel's "
                "older way are not read");
    }
}

void live_iptables(struct collection *c, struct bundle_lines *l, const struct live_netns *ns)
{
    for (size_t i = 0; i < COUNT_OF(ip_families) && !c->status; i++)
        read_family(c, l, ns, &ip_families[i]);
    say_unread(c, ns);
}
