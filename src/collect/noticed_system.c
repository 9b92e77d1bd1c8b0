/* noticed_system.c: what may be noticed of the host as a whole: a preload file, the kernel's taint,
 * interfaces that take every packet, mounts over processes, raw and packet sockets. */
#include <linux/if.h>
#include "collect/noticed.h"

/* Documentation/admin-guide/tainted-kernels.rst */
static const struct live_word taints[] = {
    {1u << 0, "P: a module without a free licence"},
    {1u << 1, "F: a module was loaded by force"},
    {1u << 2, "S: the processor is used out of its specification"},
    {1u << 3, "R: a module was unloaded by force"},
    {1u << 4, "M: a machine check was reported"},
    {1u << 5, "B: a page of memory was bad"},
    {1u << 6, "U: a user asked for the taint"},
    {1u << 7, "D: the kernel died once"},
    {1u << 8, "A: an ACPI table was overridden"},
    {1u << 9, "W: the kernel warned"},
    {1u << 10, "C: a staging driver was loaded"},
    {1u << 11, "I: firmware has a fault that is worked around"},
    {1u << 12, "O: a module from outside the kernel was loaded"},
    {1u << 13, "E: a module without a signature was loaded"},
    {1u << 14, "L: a processor was locked up"},
    {1u << 15, "K: the kernel was patched while it ran"},
    {1u << 16, "X: set by the distribution"},
    {1u << 17, "T: the kernel's structures were laid out at random"},
    {1u << 18, "N: a test module was loaded"},
    {1u << 19, "J: fwctl was used to change a device"},
    {0, NULL},
};

static void notice_preload(struct collection *c)
{
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_EVIDENCE struct evidence v = {0};
    int code = host_read(&c->host, "etc/ld.so.preload", &buf, GATHER_SMALL_SIZE);
    struct json *j;

    if (code == -ENOENT || code == -ENOTDIR)
        return;
    if (code < 0 && code != -EFBIG) {
        collection_missing(c, STR("/etc/ld.so.preload"), -code, "it cannot be read");
        return;
    }
    if (str_trim(buf_str(&buf)).len == 0)
        return;
    j = evidence_begin(&v);
    json_put_text(j, "path", "/etc/ld.so.preload");
    put_bytes(j, "content", str_head(buf_str(&buf), GATHER_SMALL_SIZE / 4));
    collection_observe(c, "preload-file", evidence_end(&v),
                       "/etc/ld.so.preload makes every program load a library.");
}

static void notice_taint(struct collection *c)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    struct json *j = evidence_begin(&v);
    uint64_t taint;

    if (!host_u64(&c->host, "proc/sys/kernel/tainted", &taint)) {
        collection_missing(c, STR("/proc/sys/kernel/tainted"), 0, "it cannot be read");
        return;
    }
    if (taint == 0)
        return;
    json_put_u64(j, "tainted", taint);
    live_put_bits(j, "why", taints, taint);
    collection_observe(c, "kernel-taint", evidence_end(&v),
                       "The kernel is marked as tainted (%llu).", (unsigned long long)taint);
}

/* This file has the kernel's own flags; what ip and the routing socket show leaves out that a
 * packet socket asked for every packet. */
static void notice_promiscuous(struct collection *c)
{
    CLEANUP_NAMES struct names names = {0};
    int code = host_names(&c->host, "sys/class/net", &names, GATHER_NAME_COUNT);

    if (code < 0 && code != -EFBIG)
        collection_missing(c, STR("/sys/class/net"), -code, "interfaces cannot be listed");
    for (size_t i = 0; i < names.count; i++) {
        CLEANUP_EVIDENCE struct evidence v = {0};
        CLEANUP_BUF struct buf path = {0};
        CLEANUP_BUF struct buf text = {0};
        struct str flags;
        uint64_t n;

        buf_addf(&path, "sys/class/net/%s/flags", names.list[i]);
        flags = host_line(&c->host, buf_text(&path), &text);
        if (!str_starts(flags, "0x") || !read_u64_base(str_from(flags, 2), 16, &n) ||
            !(n & IFF_PROMISC))
            continue;
        json_put_text(evidence_begin(&v), "interface", names.list[i]);
        put_bytes(&v.json, "flags", flags);
        collection_observe(c, "promiscuous-link", evidence_end(&v),
                           "The interface %s receives traffic that is not for it.", names.list[i]);
    }
}

/* "/proc/812" or below; text: a path of mountinfo, in which a space is \040. */
static bool is_process_folder(struct str path)
{
    struct str rest = str_from(path, strlen("/proc/"));
    uint64_t pid;

    return str_starts(path, "/proc/") && str_u64(str_cut(&rest, '/'), &pid);
}

static void notice_mount(struct collection *c, struct str line)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    struct str whole = line;
    struct str fields[5];

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        fields[i] = str_field(&line);
    if (!is_process_folder(fields[4]))
        return;
    put_bytes(evidence_begin(&v), "mountinfo", whole);
    collection_observe(c, "mount-over-process", evidence_end(&v),
                       "Something is mounted over " STR_FMT ", so that it tells of another thing.",
                       STR_ARG(fields[4]));
}

static void notice_mounts(struct collection *c)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    int code = live_file_open(&f, c, "proc/self/mountinfo");
    struct str line;

    if (code < 0)
        collection_missing(c, STR("/proc/self/mountinfo"), -code, "mounts over processes");
    while (code == 0 && live_file_line(&f, &line))
        notice_mount(c, line);
}

static void put_owners(struct collection *c, struct json *j, uint64_t inode)
{
    size_t count;
    const struct socket_owner *owners = process_socket(&c->processes, inode, &count);

    if (owners)
        noticed_put_process(j, &c->processes.list[owners->process]);
    json_put_u64(j, "inode", inode);
    json_put_u64(j, "holders", count);
}

struct socket_table {
    const char *path;
    const char *code;
    const char *words;
    unsigned inode_field; /* from 0 */
};

static void notice_sockets(struct collection *c, const struct socket_table *t)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    struct told told = {.code = t->code};
    struct str line;

    if (live_file_open(&f, c, t->path) < 0 || !live_file_line(&f, &line))
        return;
    while (live_file_line(&f, &line)) {
        CLEANUP_EVIDENCE struct evidence v = {0};
        struct str whole = line;
        uint64_t inode;

        for (unsigned i = 0; i < t->inode_field; i++)
            (void)str_field(&line);
        if (!str_u64(str_field(&line), &inode) || !told_one(&told))
            continue;
        put_owners(c, evidence_begin(&v), inode);
        put_bytes(&v.json, "line", str_trim(whole));
        collection_observe(c, t->code, evidence_end(&v), "%s", t->words);
    }
    told_rest(c, &told, "such sockets");
}

void collection_noticed_system(struct collection *c)
{
    static const struct socket_table tables[] = {
        {"proc/net/packet", "packet-socket", "A program reads packets past the protocol stack.", 8},
        {"proc/net/raw", "raw-socket", "A program sends or reads raw IPv4 packets.", 9},
        {"proc/net/raw6", "raw-socket", "A program sends or reads raw IPv6 packets.", 9},
    };

    notice_preload(c);
    notice_taint(c);
    notice_promiscuous(c);
    notice_mounts(c);
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        notice_sockets(c, &tables[i]);
}
