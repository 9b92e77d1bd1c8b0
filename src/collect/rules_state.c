/* rules_state.c: rules on disks, memory, load, clock, network interfaces and the kernel. */
#include "collect/rules_common.h"
#include "base/size.h"

bool see_promiscuous_link(const struct rule_facts *facts, const struct item *item,
                          const struct members *m, struct buf *words)
{
    (void)facts;
    if (!members_true(m, "promiscuous"))
        return false;
    rule_say(words, item, m, "Interface %key receives all traffic (promiscuous).");
    return true;
}

bool see_link_errors(const struct rule_facts *facts, const struct item *item,
                     const struct members *m, struct buf *words)
{
    enum { MANY = 100 };
    uint64_t in = 0;
    uint64_t out = 0;

    (void)facts;
    (void)members_u64(m, "rx_errors", &in);
    (void)members_u64(m, "tx_errors", &out);
    if (in < MANY && out < MANY)
        return false;
    rule_say(
        words, item, m,
        "Interface %key counted %{rx_errors} errors in receiving and %{tx_errors} in sending.");
    return true;
}

/* Images that are made full, and read-only media, are no news. */
static bool is_meant_full(const struct members *m)
{
    static const char *const types[] = {"squashfs", "iso9660", "erofs", "cramfs", "udf"};

    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (members_is(m, "type", types[i]))
            return true;
    return members_true(m, "read_only");
}

bool see_full_filesystem(const struct rule_facts *facts, const struct item *item,
                         const struct members *m, struct buf *words)
{
    enum { FULL_PERCENT = 95 };
    char text[SIZE_TEXT_SIZE];
    uint64_t used;
    uint64_t available = 0;

    (void)facts;
    if (is_meant_full(m) || !members_u64(m, "used_percent", &used) || used <= FULL_PERCENT)
        return false;
    (void)members_u64(m, "available", &available);
    rule_say(words, item, m, "%key is %{used_percent} % full; ");
    buf_addf(words, "%s are left.", size_text(text, available));
    return true;
}

bool see_no_inodes(const struct rule_facts *facts, const struct item *item, const struct members *m,
                   struct buf *words)
{
    uint64_t all;
    uint64_t left;

    (void)facts;
    if (is_meant_full(m) || !members_u64(m, "inodes", &all) ||
        !members_u64(m, "inodes_free", &left) || all == 0 || left > all / 20)
        return false;
    rule_say(words, item, m,
             "%key has room for %{inodes_free} more files (of %{inodes}), however large it is.");
    return true;
}

static bool has_option(struct str value, const char *option)
{
    struct str rest = value.len >= 2 ? (struct str){value.p + 1, value.len - 2} : value;

    while (rest.len)
        if (str_is(str_cut(&rest, ','), option))
            return true;
    return false;
}

bool see_read_only_mount(const struct rule_facts *facts, const struct item *item,
                         const struct members *m, struct buf *words)
{
    static const char *const types[] = {"ext2", "ext3", "ext4",     "xfs",  "btrfs",
                                        "f2fs", "jfs",  "reiserfs", "vfat", "zfs"};
    bool on_disk = false;

    (void)facts;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        on_disk |= members_is(m, "type", types[i]);
    if (!on_disk || !has_option(members_find(m, "super_options"), "ro") ||
        has_option(members_find(m, "fstab"), "ro"))
        return false;
    rule_say(words, item, m, "%key (%{source}, %{type}) can only be read, not written.");
    return true;
}

bool see_degraded_array(const struct rule_facts *facts, const struct item *item,
                        const struct members *m, struct buf *words)
{
    (void)facts;
    if (!members_true(m, "degraded"))
        return false;
    rule_say(words, item, m,
             "Array %key (%{level}) works with %{working} of %{wanted} disks: %{members}.");
    return true;
}

bool see_disk_state(const struct rule_facts *facts, const struct item *item,
                    const struct members *m, struct buf *words)
{
    struct str state = members_find(m, "state");

    (void)facts;
    if (state.len == 0 || members_is(m, "state", "running") || members_is(m, "state", "live"))
        return false;
    rule_say(words, item, m, "Disk %key (%{model}) is %{state}.");
    return true;
}

bool see_memory_errors(const struct rule_facts *facts, const struct item *item,
                       const struct members *m, struct buf *words)
{
    uint64_t corrected = 0;
    uint64_t uncorrected = 0;

    (void)facts;
    (void)members_u64(m, "corrected", &corrected);
    (void)members_u64(m, "uncorrected", &uncorrected);
    if (corrected == 0 && uncorrected == 0)
        return false;
    rule_say(words, item, m,
             "The %key counted %{corrected} corrected and %{uncorrected} uncorrected errors.");
    return true;
}

bool see_free_clock(const struct rule_facts *facts, const struct item *item,
                    const struct members *m, struct buf *words)
{
    (void)facts;
    if (!str_is(members_find(m, "synchronised"), "false"))
        return false;
    rule_say(words, item, m, "The kernel says that its clock is not synchronised with any other.");
    return true;
}

bool see_recent_restart(const struct rule_facts *facts, const struct item *item,
                        const struct members *m, struct buf *words)
{
    enum { HOUR_S = 3600 };
    char text[UTC_PLAIN_SIZE];
    uint64_t uptime;

    (void)facts;
    if (!members_u64(m, "uptime_s", &uptime) || uptime >= HOUR_S)
        return false;
    rule_say(words, item, m, "The host was started at %{booted}, ");
    buf_addf(words, "%s before.", span_text(text, (int64_t)uptime));
    return true;
}

bool see_high_load(const struct rule_facts *facts, const struct item *item, const struct members *m,
                   struct buf *words)
{
    enum { TIMES = 4 };
    uint64_t load;
    uint64_t processors;

    (void)facts;
    if (!members_u64(m, "one_min_hundredths", &load) ||
        !members_u64(m, "processors", &processors) || processors == 0 ||
        load / 100 / TIMES < processors)
        return false;
    (void)item;
    buf_addf(words, "The load is %llu.%02llu on %llu processors.", (unsigned long long)load / 100,
             (unsigned long long)load % 100, (unsigned long long)processors);
    return true;
}

bool see_low_memory(const struct rule_facts *facts, const struct item *item,
                    const struct members *m, struct buf *words)
{
    enum { ONE_IN = 20 };
    char text[SIZE_TEXT_SIZE];
    char whole[SIZE_TEXT_SIZE];
    uint64_t total;
    uint64_t available;

    (void)facts;
    (void)item;
    if (!members_u64(m, "total", &total) || !members_u64(m, "available", &available) ||
        total == 0 || available >= total / ONE_IN)
        return false;
    buf_addf(words, "Of %s of memory %s are left.", size_text(whole, total),
             size_text(text, available));
    return true;
}

bool see_memory_kills(const struct rule_facts *facts, const struct item *item,
                      const struct members *m, struct buf *words)
{
    uint64_t kills;

    (void)facts;
    if (!members_u64(m, "kills", &kills) || kills == 0)
        return false;
    rule_say(words, item, m,
             "The kernel ended programs %{kills} times since the start because memory ran out.");
    return true;
}

/* Documentation/admin-guide/tainted-kernels.rst */
static const char *const taints[] = {
    "a proprietary module was loaded",
    "a module was loaded by force",
    "the kernel runs on hardware it is not made for",
    "a module was unloaded by force",
    "the processor reported a machine check",
    "a bad memory page was found",
    "a user asked for the mark",
    "the kernel has crashed in part (oops)",
    "an ACPI table was replaced",
    "the kernel warned of itself",
    "a staging driver was loaded",
    "a workaround for faulty firmware is active",
    "a module from outside the kernel was loaded",
    "a module without a valid signature was loaded",
    "a soft lockup happened",
    "the kernel was patched live",
    "an auxiliary mark of the distribution is set",
    "the kernel was built with structure randomisation",
    "a test module was loaded",
};

bool see_taint(const struct rule_facts *facts, const struct item *item, const struct members *m,
               struct buf *words)
{
    const char *separator = "The kernel says: ";
    uint64_t taint;

    (void)facts;
    (void)item;
    if (!members_u64(m, "taint", &taint) || taint == 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(taints); i++) {
        if (!(taint >> i & 1))
            continue;
        buf_adds(words, separator);
        buf_adds(words, taints[i]);
        separator = "; ";
    }
    buf_addf(words, "%s (value %llu).", taint >> COUNT_OF(taints) ? "; a mark not known here" : "",
             (unsigned long long)taint);
    return true;
}

bool see_foreign_module(const struct rule_facts *facts, const struct item *item,
                        const struct members *m, struct buf *words)
{
    struct str taint = members_find(m, "taint");

    (void)facts;
    if (!taint.len || !(memchr(taint.p, 'O', taint.len) || memchr(taint.p, 'E', taint.len) ||
                        memchr(taint.p, 'F', taint.len)))
        return false;
    rule_say(words, item, m, "Kernel module %key is marked %{taint}.");
    return true;
}
