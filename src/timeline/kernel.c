/* kernel.c: the sentences of Linux: faults of disks, memory, network, power, temperature and of
 * itself; what is attached, loaded and listened on. */
#include "timeline/kernel.h"
#include "base/mem.h"

#define HOST "host"
#define NETWORK "network"
#define YES "success"
#define NO "failure"
#define MAYBE "unknown"
#define DISK(sentence)                                                                             \
    {                                                                                              \
        sentence, "disk-fault", HOST, NO                                                           \
    }
#define FILES(sentence)                                                                            \
    {                                                                                              \
        sentence, "file-system-fault", HOST, NO                                                    \
    }
#define MEMORY(sentence)                                                                           \
    {                                                                                              \
        sentence, "memory-fault", HOST, NO                                                         \
    }
#define HARDWARE(sentence)                                                                         \
    {                                                                                              \
        sentence, "hardware-fault", HOST, NO                                                       \
    }
#define POWER(sentence)                                                                            \
    {                                                                                              \
        sentence, "power-fault", HOST, NO                                                          \
    }
#define HEAT(sentence)                                                                             \
    {                                                                                              \
        sentence, "thermal-fault", HOST, NO                                                        \
    }
#define KERNEL(sentence)                                                                           \
    {                                                                                              \
        sentence, "kernel-fault", HOST, NO                                                         \
    }
#define LINK(sentence)                                                                             \
    {                                                                                              \
        sentence, "network-fault", NETWORK, NO                                                     \
    }
#define UP(sentence)                                                                               \
    {                                                                                              \
        sentence "{_:rest}", "link-up", NETWORK, YES                                               \
    }

/* drivers/net/wireguard: the address of a peer as "%pISpfsc" prints it. */
#define WIREGUARD(sentence, end, behind, outcome)                                                  \
    {"wireguard: {device.id:any}: " sentence "{" end ".ip:ip}:{" end ".port:n}" behind,            \
     "vpn-handshake", NETWORK, outcome},                                                           \
    {                                                                                              \
        "wireguard: {device.id:any}: " sentence "[{" end ".ip:ip}]:{" end ".port:n}" behind,       \
            "vpn-handshake", NETWORK, outcome                                                      \
    }
#define PEER "peer {wireguard.peer:n}"

/* Whole sentences. block/blk-core.c, fs/buffer.c, fs/ext4/super.c, fs/jbd2/journal.c,
 * fs/xfs/xfs_message.c, fs/btrfs/messages.c, drivers/edac, arch/x86/kernel/cpu/mce,
 * mm/memory-failure.c, mm/oom_kill.c, mm/page_alloc.c, drivers/acpi/ac.c, drivers/thermal,
 * kernel/panic.c, kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h,
 * arch/x86/mm/fault.c, arch/x86/kernel/traps.c, net/sched/sch_generic.c, drivers/md. */
static const struct meaning sentences[] = {
    WIREGUARD("Receiving handshake initiation from " PEER " (", "source", "){_:rest}", MAYBE),
    WIREGUARD("Sending handshake initiation to " PEER " (", "destination", "){_:rest}", MAYBE),
    WIREGUARD("Receiving handshake response from " PEER " (", "destination", "){_:rest}", YES),
    WIREGUARD("Handshake for " PEER " (", "destination", ") did not complete {event.reason:rest}",
              NO),
    WIREGUARD("Invalid handshake initiation from ", "source", "", NO),
    WIREGUARD("Invalid MAC of handshake, dropping packet from ", "source", "", NO),
    {"wireguard: {device.id:any}: Packet has unallowed src IP ({_}) from " PEER
     " ({source.ip:ip}:{source.port:n})",
     "firewall-deny", NETWORK, NO},
    {"wireguard: {device.id:any}: Packet has unallowed src IP ({_}) from " PEER
     " ([{source.ip:ip}]:{source.port:n})",
     "firewall-deny", NETWORK, NO},
    {"Linux version {_:rest}", "boot", HOST, YES},
    {"Out of memory: Kill{_:any} process {process.pid:n} ({process.name:any}){_:rest}",
     "out-of-memory", HOST, NO},
    {"Memory cgroup out of memory: Kill{_:any} process {process.pid:n} "
     "({process.name:any}){_:rest}",
     "out-of-memory", HOST, NO},
    /* The same in other words. */
    {"oom-kill:constraint={_:any},task={process.name:any},pid={process.pid:n},uid={user.id:n}",
     "out-of-memory-victim", HOST, NO},
    {"{_} invoked oom-killer: {_:rest}", "out-of-memory", HOST, NO},
    {"{_:any}: page allocation failure{event.reason:rest}", "out-of-memory", HOST, NO},
    DISK("blk_update_request: {event.reason:any} error, dev {device.id:any}, sector {_:rest}"),
    DISK("print_req_error: {event.reason:any} error, dev {device.id:any}, sector {_:rest}"),
    DISK("end_request: {event.reason:any} error, dev {device.id:any}, sector {_:rest}"),
    DISK("I/O error, dev {device.id:any}, sector {_:rest}"),
    DISK("critical {event.reason:any} error, dev {device.id:any}, sector {_:rest}"),
    DISK("Buffer I/O error on dev{_:any} {device.id:any}, {_:rest}"),
    DISK("lost page write due to I/O error on {device.id:rest}"),
    DISK("Read-error on swap-device ({device.id:any}){_:rest}"),
    DISK("Write-error on swap-device ({device.id:any}){_:rest}"),
    FILES("EXT{_:n}-fs error (device {device.id:any}){event.reason:rest}"),
    FILES("EXT{_:n}-fs critical (device {device.id:any}){event.reason:rest}"),
    {"EXT{_:n}-fs warning (device {device.id:any}): {event.reason:rest}", "file-system-fault", HOST,
     MAYBE},
    FILES("EXT{_:n}-fs ({device.id:any}): Remounting filesystem read-only"),
    FILES("EXT{_:n}-fs ({device.id:any}): error count since last fsck: {_:rest}"),
    FILES("EXT{_:n}-fs ({device.id:any}): initial error at time {_:rest}"),
    FILES("EXT{_:n}-fs ({device.id:any}): last error at time {_:rest}"),
    FILES("EXT{_:n}-fs ({device.id:any}): warning: mounting fs with errors{_:rest}"),
    FILES("EXT{_:n}-fs ({device.id:any}): This should not happen!!{event.reason:rest}"),
    FILES("EXT{_:n}-fs ({device.id:any}): Delayed block allocation failed {event.reason:rest}"),
    FILES("EXT{_:n}-fs ({device.id:any}): failed to convert unwritten extents {event.reason:rest}"),
    FILES("EXT{_:n}-fs ({device.id:any}): I/O error while writing superblock"),
    FILES("EXT{_:n}-fs ({device.id:any}): previous I/O error to superblock detected"),
    FILES("Aborting journal on device {device.id:any}."),
    FILES("JBD2: Detected IO errors while flushing file data on {device.id:rest}"),
    FILES(
        "JBD2: Error {error.code} detected when updating journal superblock for {device.id:any}."),
    FILES("journal commit I/O error"),
    FILES("XFS ({device.id:any}): Metadata {event.reason:rest}"),
    FILES("XFS ({device.id:any}): metadata I/O error{event.reason:rest}"),
    FILES("XFS ({device.id:any}): Corruption {event.reason:rest}"),
    FILES("XFS ({device.id:any}): corrupt {event.reason:rest}"),
    FILES("XFS ({device.id:any}): Internal error {event.reason:rest}"),
    FILES("XFS ({device.id:any}): log I/O error {error.code:rest}"),
    FILES("XFS ({device.id:any}): Log I/O Error {event.reason:rest}"),
    FILES("XFS ({device.id:any}): I/O Error {event.reason:rest}"),
    FILES("XFS ({device.id:any}): writeback error {event.reason:rest}"),
    FILES("XFS ({device.id:any}): xfs_do_force_shutdown{event.reason:rest}"),
    FILES("XFS ({device.id:any}): Filesystem has been shut down{event.reason:rest}"),
    FILES("XFS ({device.id:any}): Unmount and run xfs_repair"),
    FILES("XFS ({device.id:any}): Please u{_:any}mount the filesystem and rectify the problem(s)"),
    FILES("BTRFS error (device {device.id} state {_:any}): {event.reason:rest}"),
    FILES("BTRFS error (device {device.id:any}): {event.reason:rest}"),
    FILES("BTRFS critical (device {device.id} state {_:any}): {event.reason:rest}"),
    FILES("BTRFS critical (device {device.id:any}): {event.reason:rest}"),
    FILES("BTRFS: error (device {device.id} state {_:any}) in {event.reason:rest}"),
    FILES("BTRFS: error (device {device.id:any}) in {event.reason:rest}"),
    FILES("BTRFS warning (device {device.id:any}): csum failed {event.reason:rest}"),
    FILES("BTRFS info (device {device.id:any}): forced readonly"),
    {"EDAC {_:any}: {_:n} CE {event.reason:rest}", "memory-fault", HOST, MAYBE},
    {"EDAC {_:any}: CE {event.reason:rest}", "memory-fault", HOST, MAYBE},
    MEMORY("EDAC {_:any}: {_:n} UE {event.reason:rest}"),
    MEMORY("EDAC {_:any}: UE {event.reason:rest}"),
    MEMORY("EDAC {_:any}: HANDLING MCE MEMORY ERROR"),
    MEMORY("Memory failure: {_}: {event.reason:rest}"),
    MEMORY("MCE {_}: {event.reason:rest}"),
    MEMORY("mce: Uncorrected hardware memory error in user-access at {_:rest}"),
    MEMORY("BUG: Bad page {event.reason:rest}"),
    MEMORY("BUG: Bad rss-counter state {event.reason:rest}"),
    HARDWARE("mce: [Hardware Error]: {event.reason:rest}"),
    HARDWARE("[Hardware Error]: {event.reason:rest}"),
    HARDWARE("{{{_:n}}}[Hardware Error]: {event.reason:rest}"),
    HARDWARE("Machine check events logged"),
    HARDWARE("Uhhuh. NMI received for unknown reason {_:rest}"),
    HARDWARE("NMI: PCI system error (SERR) for reason {_:rest}"),
    HARDWARE("NMI: IOCK error (debug interrupt?) for reason {_:rest}"),
    POWER("ACPI: AC Adapter [{device.id:any}] (off-line)"),
    POWER("ACPI: {_}: AC Adapter [{device.id:any}] (off-line)"),
    {"ACPI: AC Adapter [{device.id:any}] (on-line)", "power-restore", HOST, YES},
    {"ACPI: {_}: AC Adapter [{device.id:any}] (on-line)", "power-restore", HOST, YES},
    POWER("Under-voltage detected!{_:rest}"),
    {"Voltage normalised{_:rest}", "power-restore", HOST, YES},
    HEAT("ACPI: Critical temperature reached{event.reason:rest}"),
    HEAT("Critical temperature reached{event.reason:rest}"),
    HEAT("critical temperature reached{event.reason:rest}"),
    KERNEL("Kernel panic - not syncing: {event.reason:rest}"),
    KERNEL("BUG: unable to handle {event.reason:rest}"),
    KERNEL("BUG: kernel NULL pointer dereference, {event.reason:rest}"),
    KERNEL("Unable to handle kernel {event.reason:rest}"),
    KERNEL("watchdog: BUG: soft lockup - {event.reason:rest}"),
    KERNEL("NMI watchdog: BUG: soft lockup - {event.reason:rest}"),
    KERNEL("watchdog: Watchdog detected hard LOCKUP on {event.reason:rest}"),
    KERNEL("NMI watchdog: Watchdog detected hard LOCKUP on {event.reason:rest}"),
    KERNEL("Watchdog detected hard LOCKUP on {event.reason:rest}"),
    KERNEL("BUG: {event.reason:rest}"),
    KERNEL("kernel BUG at {event.reason:rest}"),
    KERNEL("Oops: {event.reason:rest}"),
    KERNEL("Internal error: Oops{event.reason:rest}"),
    KERNEL("general protection fault{event.reason:rest}"),
    KERNEL("invalid opcode: {event.reason:rest}"),
    KERNEL("divide error: {event.reason:rest}"),
    KERNEL("double fault: {event.reason:rest}"),
    KERNEL("INFO: task {process.name:most}:{process.pid:n} blocked for more than {_:n} seconds."),
    KERNEL("INFO: {_} detected stall{event.reason:rest}"),
    KERNEL("INFO: {_} self-detected stall{event.reason:rest}"),
    KERNEL("rcu: INFO: {_} detected {_:any}stall{event.reason:rest}"),
    KERNEL("rcu: INFO: {_} self-detected stall{event.reason:rest}"),
    KERNEL("watchdog: {device.id}: watchdog did not stop!"),
    {"WARNING: CPU: {_:n} PID: {process.pid:n} at {event.reason:rest}", "kernel-fault", HOST,
     MAYBE},
    {"traps: {process.name:most}[{process.pid:n}] {event.reason:any} ip:{_:rest}", "crash",
     "process", NO},
    {"{process.name:most}[{process.pid:n}]: segfault at {_} ip {_} sp {_} error "
     "{error.code:any} in {file.path:rest}",
     "crash", "process", NO},
    {"{process.name:most}[{process.pid:n}]: segfault at {_} ip {_} sp {_} error "
     "{error.code}",
     "crash", "process", NO},
    LINK("NETDEV WATCHDOG: {device.id} ({_:any}): transmit queue {event.reason:rest}"),
    LINK("nf_conntrack: {_:any}table full, dropping packet{_:rest}"),
    LINK("neighbour: {_:any}neighbor table overflow!"),
    {"IPv6: ADDRCONF(NETDEV_{_:any}): {device.id}: link becomes ready", "link-up", NETWORK, YES},
    {"{_:any}ossible SYN flooding on port {_:any}. {_:rest}", "syn-flood", NETWORK, MAYBE},
    {"{_:any}martian source {destination.ip:ip} from {source.ip:ip}, on dev {device.id}",
     "martian-packet", NETWORK, MAYBE},
    {"device {device.id} entered promiscuous mode", "promiscuous-mode", NETWORK, MAYBE},
    {"device {device.id} left promiscuous mode", "promiscuous-mode", NETWORK, MAYBE},
    {"{device.id}: entered promiscuous mode", "promiscuous-mode", NETWORK, MAYBE},
    {"{device.id}: left promiscuous mode", "promiscuous-mode", NETWORK, MAYBE},
    {"{_}: module verification failed: signature and/or required key missing - tainting kernel",
     "module-load", "driver", MAYBE},
    {"{_}: loading out-of-tree module taints kernel.", "module-load", "driver", MAYBE},
    {"usb {device.id}: New USB device found, {event.reason:rest}", "device-attach", HOST, YES},
    {"usb {device.id}: USB disconnect, {_:rest}", "device-detach", HOST, YES},
    /* FreeBSD: sys/kern/kern_sig.c sigexit(), sys/cam/cam.c, cam_periph.c, scsi/scsi_all.c,
     * sys/geom/geom_vfs.c, sys/x86/x86/mca.c, sys/kern/kern_shutdown.c, amd64/amd64/trap.c. */
    {"pid {process.pid:n} ({process.name:any}), {_:any}uid {user.id:n}: exited on "
     "{event.reason:rest}",
     "crash", "process", NO},
    {"pid {process.pid:n} ({process.name:any}), {_:any}uid {user.id:n}, was killed: "
     "{event.reason:rest}",
     "out-of-memory", HOST, NO},
    {"({device.id:any}:{_:any}): CAM status: {event.reason:rest}", "disk-fault", HOST, MAYBE},
    DISK("({device.id:any}:{_:any}): SCSI sense: MEDIUM ERROR {event.reason:rest}"),
    DISK("({device.id:any}:{_:any}): SCSI sense: HARDWARE FAILURE {event.reason:rest}"),
    DISK("({device.id:any}:{_:any}): Error 5, {event.reason:rest}"),
    DISK("g_vfs_done():{device.id:any}[{_:any}]error = {error.code:n}"),
    {"MCA: Bank {event.reason:rest}", "hardware-fault", HOST, MAYBE},
    KERNEL("panic: {event.reason:rest}"),
    KERNEL("Fatal trap {event.reason:rest}"),
    {"---<<BOOT>>---", "boot", HOST, YES},
};

/* Behind what dev_printk, netdev_printk and the drivers put in front: their name, the device's on
 * its bus, its own. drivers/ata/libata-{core,eh}.c, drivers/scsi/{sd,scsi_error,scsi_lib}.c,
 * drivers/nvme/host/{core,pci}.c, drivers/md/{md,raid1,raid5,raid10,dm-mpath,dm-thin,
 * dm-verity-target,dm-integrity,dm-snap}.c, drivers/net/ethernet (e1000, e1000e, igb, igc, ixgbe,
 * i40e, ice, r8169, sky2, bnx2, bnx2x, bnxt, tg3, mlx4, mlx5), drivers/net/{mii,phy/phy,
 * bonding/bond_main}.c, drivers/pci/pcie/aer.c, drivers/usb/core/hub.c. */
static const struct meaning of_drivers[] = {
    DISK("exception Emask {event.reason:rest}"),
    DISK("failed command: {event.reason:rest}"),
    DISK("error: {{ {event.reason:rest}"),
    DISK("COMRESET failed {event.reason:rest}"),
    DISK("reset failed, giving up"),
    DISK("qc timeout {event.reason:rest}"),
    DISK("revalidation failed {event.reason:rest}"),
    DISK("NCQ disabled due to excessive errors"),
    /* A port where no disk is says so, too, whenever it is looked at. */
    {"SATA link down {event.reason:rest}", "disk-fault", HOST, MAYBE},
    DISK("[{device.id:any}] {_:any}FAILED Result: {event.reason:rest}"),
    DISK("[{device.id:any}] {_:any}Sense Key : Medium Error{event.reason:rest}"),
    DISK("[{device.id:any}] {_:any}Sense Key : Hardware Error{event.reason:rest}"),
    DISK("[{device.id:any}] {_:any}Add. Sense: Unrecovered read error{event.reason:rest}"),
    DISK("[{device.id:any}] Unhandled error code"),
    DISK("[{device.id:any}] Synchronize Cache({_:n}) failed: {event.reason:rest}"),
    DISK("[{device.id:any}] Read Capacity({_:n}) failed: {event.reason:rest}"),
    DISK("rejecting I/O to offline device"),
    DISK("Device offlined - not ready after error recovery"),
    DISK("controller is down; will reset: {event.reason:rest}"),
    DISK("I/O {_:any} QID {_:n} timeout, {event.reason:rest}"),
    DISK("Device not ready; aborting {event.reason:rest}"),
    DISK("Removing after probe failure status: {error.code:rest}"),
    DISK("Disabling device after reset failure: {error.code:rest}"),
    DISK("{_}(0x{_}) @ LBA {_}, {_:n} blocks, {event.reason:rest}"),
    DISK("Disk failure on {device.id:any}, disabling device.{_:rest}"),
    DISK("{device.id}: unrecoverable I/O {event.reason:rest}"),
    DISK("unrecoverable I/O {event.reason:rest}"),
    DISK("read error not correctable (sector {_:n} on {device.id:any})."),
    {"read error corrected ({_:n} sectors at {_:n} on {device.id:any})", "disk-fault", HOST, MAYBE},
    DISK("Too many read errors, failing device {device.id:any}."),
    DISK("Raid device exceeded read_error threshold {event.reason:rest}"),
    DISK("cannot start dirty degraded array."),
    DISK("not enough operational devices{event.reason:rest}"),
    DISK("kicking non-fresh {device.id} from array!"),
    DISK("super_written gets error={error.code:rest}"),
    DISK("Failing path {device.id:any}."),
    {"Reinstating path {device.id:any}.", "disk-restore", HOST, YES},
    DISK("switching pool to {event.reason:any} mode"),
    DISK("reached low water mark for {event.reason:rest}"),
    DISK("Invalidating snapshot: {event.reason:rest}"),
    DISK("data block {_:n} is corrupted"),
    DISK("metadata block {_:n} is corrupted"),
    DISK("Checksum failed at sector {_:rest}"),
    DISK("INTEGRITY AEAD ERROR, sector {_:rest}"),
    LINK("NETDEV WATCHDOG: CPU: {_:n}: transmit queue {event.reason:rest}"),
    LINK("NETDEV WATCHDOG: {device.id} ({_:any}): transmit queue {event.reason:rest}"),
    LINK("Detected Hardware Unit Hang{_:rest}"),
    LINK("Detected Tx Unit Hang{_:rest}"),
    LINK("transmit timed out{_:rest}"),
    LINK("tx timeout{_:rest}"),
    LINK("TX timeout detected{_:rest}"),
    LINK("Reset adapter{_:rest}"),
    LINK("initiating reset due to {event.reason:rest}"),
    LINK("link status definitely down for {_:any}interface {device.id:any}, disabling it{_:rest}"),
    LINK("(slave {device.id:any}): link status definitely down, disabling {_:rest}"),
    {"link status definitely up for {_:any}interface {device.id:any}, {_:rest}", "link-up", NETWORK,
     YES},
    {"(slave {device.id:any}): link status definitely up, {_:rest}", "link-up", NETWORK, YES},
    LINK("now running without any active interface{_:rest}"),
    HEAT("critical temperature reached{event.reason:rest}"),
    HEAT("Core temperature above threshold, {event.reason:rest}"),
    HEAT("Package temperature above threshold, {event.reason:rest}"),
    HEAT("Temperature above threshold, {event.reason:rest}"),
    {"Core temperature/speed normal", "thermal-restore", HOST, YES},
    {"Package temperature/speed normal", "thermal-restore", HOST, YES},
    {"Temperature/speed normal", "thermal-restore", HOST, YES},
    HARDWARE("AER: Uncorrected {event.reason:rest}"),
    HARDWARE("AER: Multiple Uncorrected {event.reason:rest}"),
    {"AER: Corrected error {event.reason:rest}", "hardware-fault", HOST, MAYBE},
    HARDWARE("PCIe Bus Error: severity=Uncorrected{event.reason:rest}"),
    {"PCIe Bus Error: severity=Corrected{event.reason:rest}", "hardware-fault", HOST, MAYBE},
    POWER("over-current condition{_:rest}"),
    POWER("Over-current condition{_:rest}"),
    {"Power-on or device reset occurred", "device-reset", HOST, MAYBE},
};

/* Of those, links; some drivers have no colon between the link and what is said of it. */
static const struct meaning of_links[] = {
    LINK("NIC Link is Down"),
    LINK("NIC Copper Link is Down"),
    LINK("NIC SerDes Link is Down"),
    LINK("NIC Remote Copper Link is Down"),
    LINK("Link is Down"),
    LINK("Link is down"),
    LINK("Link Down"),
    LINK("Link down"),
    LINK("link down"),
    LINK("link is down"),
    LINK("link state changed to DOWN"),
    UP("NIC Link is Up"),
    UP("NIC Copper Link is Up"),
    UP("NIC SerDes Link is Up"),
    UP("Link is Up"),
    UP("Link is up"),
    UP("Link Up"),
    UP("Link up"),
    UP("link up"),
    UP("link is up"),
    UP("link state changed to UP"),
};

static const struct program programs[] = {
    {.name = "kernel", .meanings = sentences, .count = COUNT_OF(sentences)},
    {.name = "kernel:", .meanings = of_drivers, .count = COUNT_OF(of_drivers)},
    {.name = "kernel:link", .meanings = of_links, .count = COUNT_OF(of_links)},
};
const struct program_list kernel_programs = {programs, COUNT_OF(programs)};

enum { PREFIXES_MOST = 3, PREFIX_SIZE = 80 };

/* "e1000e 0000:00:1f.6 eth0: " off *rest; *device is its last word. */
static bool take_prefix(struct str *rest, struct str *device)
{
    struct str head = str_head(*rest, PREFIX_SIZE);
    const char *end = memmem(head.p, head.len, ": ", 2);
    size_t len, from;

    if (!end || end == head.p)
        return false;
    len = from = (size_t)(end - head.p);
    while (from && head.p[from - 1] != ' ')
        from--;
    *device = str_from(str_head(head, len), from);
    *rest = str_from(*rest, len + 2);
    return device->len > 0;
}

/* Without what stands in front. */
static bool match_driver(struct pattern_set *set, struct str said, struct str *device,
                         struct event *e)
{
    if (pattern_match(set, STR("kernel:"), said, e) ||
        pattern_match(set, STR("kernel:link"), said, e))
        return true;
    *device = str_cut(&said, ' ');
    if (str_ends(*device, ":"))
        device->len--;
    return pattern_match(set, STR("kernel:link"), said, e);
}

bool kernel_understand(struct pattern_set *set, struct str sentence, struct event *e)
{
    struct str device;

    if (pattern_match(set, STR("kernel"), sentence, e))
        return true;
    for (unsigned i = 0; i < PREFIXES_MOST && take_prefix(&sentence, &device); i++) {
        if (!match_driver(set, sentence, &device, e))
            continue;
        if (event_value(e, FIELD_DEVICE).len == 0)
            event_put(e, FIELD_DEVICE, device);
        return true;
    }
    return false;
}
