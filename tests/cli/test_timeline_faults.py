"""test_timeline_faults.py: what programs say of faults of disks, memory, network, power and temperature, and of themselves, as the sources print it
that are named. Lines and expected values were written by hand, from their format strings."""
import unittest

from timeline_lines import read_lines

FAILED, OK, UNKNOWN = "failure", "success", "unknown"
# Of each program: tag, sentence, and (action, outcome, device or unit).
SENTENCES = {
    "kernel:": [
        # drivers/net/ethernet: intel/{e1000,e1000e,igb,ixgbe,i40e}, realtek/r8169_main.c, broadcom/{bnx2,bnx2x,tg3}, mellanox/mlx5; net/phy/phy.c, mii.c.
        ("[  112.310000] e1000e 0000:00:1f.6 eth0: NIC Link is Down", "network-fault", FAILED, "eth0"),
        ("e1000: eth0 NIC Link is Down", "network-fault", FAILED, "eth0"),
        ("igb 0000:01:00.0 eno1: igb: eno1 NIC Link is Down", "network-fault", FAILED, "eno1"),
        ("ixgbe 0000:01:00.0 ens1f0: NIC Link is Down", "network-fault", FAILED, "ens1f0"),
        ("r8169 0000:03:00.0 enp3s0: Link is Down", "network-fault", FAILED, "enp3s0"),
        ("r8169 0000:03:00.0: eth0: link down", "network-fault", FAILED, "eth0"),
        ("bnx2: eth0 NIC Copper Link is Down", "network-fault", FAILED, "eth0"),
        ("bnx2x 0000:02:00.0 eth1: NIC Link is Down", "network-fault", FAILED, "eth1"),
        ("tg3 0000:03:00.0 eth0: Link is down", "network-fault", FAILED, "eth0"),
        ("mlx5_core 0000:5e:00.0 ens2: Link down", "network-fault", FAILED, "ens2"),
        ("eth0: link down", "network-fault", FAILED, "eth0"),
        ("e1000e 0000:00:1f.6 eth0: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: Rx/Tx", "link-up", OK, "eth0"),
        ("r8169 0000:03:00.0 enp3s0: Link is Up - 1Gbps/Full - flow control rx/tx", "link-up", OK, "enp3s0"),
        ("IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready", "link-up", OK, "eth0"),
        # net/sched/sch_generic.c, of old and since 6.4; e1000e/netdev.c; net/netfilter/nf_conntrack_core.c.
        ("NETDEV WATCHDOG: eth0 (e1000e): transmit queue 0 timed out", "network-fault", FAILED, "eth0"),
        ("e1000e 0000:00:1f.6 eth0: NETDEV WATCHDOG: CPU: 3: transmit queue 0 timed out 5376 ms", "network-fault", FAILED, "eth0"),
        ("e1000e 0000:00:1f.6 eth0: Detected Hardware Unit Hang:", "network-fault", FAILED, "eth0"),
        ("nf_conntrack: nf_conntrack: table full, dropping packet", "network-fault", FAILED, None),
        # drivers/net/bonding/bond_main.c, of three versions.
        ("bonding: bond0: link status definitely down for interface eth0, disabling it.", "network-fault", FAILED, "eth0"),
        ("bond0: link status definitely down for interface eth0, disabling it", "network-fault", FAILED, "eth0"),
        ("bond0: (slave eth0): link status definitely down, disabling slave", "network-fault", FAILED, "eth0"),
        ("bond0: now running without any active interface!", "network-fault", FAILED, "bond0"),
        ("bond0: (slave eth0): link status definitely up, 1000 Mbps full duplex", "link-up", OK, "eth0"),
        # drivers/nvme/host/{pci,core}.c.
        ("nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10", "disk-fault", FAILED, "nvme0"),
        ("nvme nvme0: I/O 12 QID 3 timeout, aborting", "disk-fault", FAILED, "nvme0"),
        ("nvme nvme0: I/O tag 5 (1005) opcode 0x2 (I/O Cmd) QID 2 timeout, aborting req_op:READ(0) size:4096", "disk-fault", FAILED, "nvme0"),
        ("nvme0n1: Read(0x2) @ LBA 1024, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81) DNR", "disk-fault", FAILED, "nvme0n1"),
        # drivers/ata/libata-{core,eh}.c.
        ("ata1.00: exception Emask 0x0 SAct 0x0 SErr 0x0 action 0x6 frozen", "disk-fault", FAILED, "ata1.00"),
        ("ata1.00: failed command: READ FPDMA QUEUED", "disk-fault", FAILED, "ata1.00"),
        ("ata1.00: error: { UNC ABRT }", "disk-fault", FAILED, "ata1.00"),
        ("ata1: SATA link down (SStatus 0 SControl 300)", "disk-fault", UNKNOWN, "ata1"),
        ("ata3: COMRESET failed (errno=-16)", "disk-fault", FAILED, "ata3"),
        # drivers/scsi/{sd,scsi_error,scsi_logging}.c; block/blk-core.c of four versions.
        ("sd 0:0:0:0: [sda] tag#0 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_SENSE", "disk-fault", FAILED, "sda"),
        ("sd 0:0:0:0: [sda] tag#0 Sense Key : Medium Error [current] ", "disk-fault", FAILED, "sda"),
        ("sd 0:0:0:0: rejecting I/O to offline device", "disk-fault", FAILED, "0:0:0:0"),
        ("end_request: I/O error, dev sda, sector 2048", "disk-fault", FAILED, "sda"),
        ("blk_update_request: critical medium error, dev sdb, sector 1 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0", "disk-fault", FAILED, "sdb"),
        ("print_req_error: I/O error, dev sdc, sector 8", "disk-fault", FAILED, "sdc"),
        ("critical target error, dev sdd, sector 8 op 0x3:(DISCARD)", "disk-fault", FAILED, "sdd"),
        ("Buffer I/O error on dev sda1, logical block 0, async page read", "disk-fault", FAILED, "sda1"),
        # drivers/md/{raid1,raid5,md,dm-mpath,dm-verity-target,dm-thin}.c.
        ("md/raid1:md0: Disk failure on sda1, disabling device.", "disk-fault", FAILED, "sda1"),
        ("md/raid:md5: read error not correctable (sector 1234 on sdc1).", "disk-fault", FAILED, "sdc1"),
        ("md: kicking non-fresh sdb1 from array!", "disk-fault", FAILED, "sdb1"),
        ("device-mapper: multipath: 253:0: Failing path 8:16.", "disk-fault", FAILED, "8:16"),
        ("device-mapper: verity: 8:2: data block 77 is corrupted", "disk-fault", FAILED, "8:2"),
        ("device-mapper: thin: 253:4: switching pool to read-only mode", "disk-fault", FAILED, "253:4"),
        # fs/ext4/super.c, fs/jbd2/journal.c, fs/xfs/{xfs_error,xfs_buf,xfs_fsops}.c, fs/btrfs/messages.c.
        ("EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0", "file-system-fault", FAILED, "sda1"),
        ("EXT4-fs (sda1): Remounting filesystem read-only", "file-system-fault", FAILED, "sda1"),
        ("Aborting journal on device sda1-8.", "file-system-fault", FAILED, "sda1-8"),
        ("XFS (sda1): Metadata corruption detected at xfs_agf_read_verify+0x78/0x120 [xfs], xfs_agf block 0x1", "file-system-fault", FAILED, "sda1"),
        ("XFS (dm-0): metadata I/O error in \"xfs_trans_read_buf_map\" at daddr 0x10 len 8 error 5", "file-system-fault", FAILED, "dm-0"),
        ("XFS (sda1): Please unmount the filesystem and rectify the problem(s)", "file-system-fault", FAILED, "sda1"),
        ("BTRFS error (device sda1): bdev /dev/sda1 errs: wr 0, rd 1, flush 0, corrupt 0, gen 0", "file-system-fault", FAILED, "sda1"),
        ("BTRFS error (device sda1 state EA): parent transid verify failed on 12 wanted 3 found 2", "file-system-fault", FAILED, "sda1"),
        # drivers/edac/edac_mc.c, arch/x86/kernel/cpu/mce, drivers/acpi/apei/ghes.c, mm/memory-failure.c, mm/oom_kill.c.
        ("EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Ha#0_Chan#0_DIMM#0 (channel:0 slot:0 page:0x1 offset:0x0)", "memory-fault", UNKNOWN, None),
        ("EDAC MC0: 1 UE memory read error on DIMM_A1", "memory-fault", FAILED, None),
        ("mce: [Hardware Error]: Machine check events logged", "hardware-fault", FAILED, None),
        ("{1}[Hardware Error]: event severity: fatal", "hardware-fault", FAILED, None),
        ("Memory failure: 0x12345: recovery action for dirty LRU page: Recovered", "memory-fault", FAILED, None),
        ("Memory cgroup out of memory: Killed process 77 (java) total-vm:1kB, anon-rss:1kB", "out-of-memory", FAILED, None),
        # drivers/acpi/ac.c, drivers/thermal/thermal_core.c of two versions, mce/therm_throt.c, drivers/usb/core/hub.c, pci/pcie/aer.c.
        ("ACPI: AC Adapter [AC] (off-line)", "power-fault", FAILED, "AC"),
        ("ACPI: \\_SB_.PCI0.AC0_: AC Adapter [AC0] (off-line)", "power-fault", FAILED, "AC0"),
        ("usb usb1-port3: over-current condition", "power-fault", FAILED, "usb1-port3"),
        ("thermal thermal_zone0: critical temperature reached (105 C), shutting down", "thermal-fault", FAILED, "thermal_zone0"),
        ("thermal thermal_zone0: acpitz: critical temperature reached, shutting down", "thermal-fault", FAILED, "acpitz"),
        ("CPU0: Core temperature above threshold, cpu clock throttled (total events = 1)", "thermal-fault", FAILED, "CPU0"),
        ("mce: CPU3: Package temperature above threshold, cpu clock throttled (total events = 1)", "thermal-fault", FAILED, "CPU3"),
        ("pcieport 0000:00:1c.0: AER: Uncorrected (Non-Fatal) error received: 0000:01:00.0", "hardware-fault", FAILED, "0000:00:1c.0"),
        # kernel/panic.c, kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, arch/x86/mm/fault.c, arch/x86/kernel/{dumpstack,traps}.c.
        ("Kernel panic - not syncing: Fatal exception in interrupt", "kernel-fault", FAILED, None),
        ("[   50.000000][  T123] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:1]", "kernel-fault", FAILED, None),
        ("NMI watchdog: Watchdog detected hard LOCKUP on cpu 3", "kernel-fault", FAILED, None),
        ("INFO: task jbd2/sda1-8:123 blocked for more than 120 seconds.", "kernel-fault", FAILED, None),
        ("rcu: INFO: rcu_sched self-detected stall on CPU", "kernel-fault", FAILED, None),
        ("BUG: unable to handle page fault for address: ffffa0", "kernel-fault", FAILED, None),
        ("Oops: 0000 [#1] SMP PTI", "kernel-fault", FAILED, None),
        ("general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP", "kernel-fault", FAILED, None),
        ("kernel BUG at fs/ext4/inode.c:2721!", "kernel-fault", FAILED, None),
        ("nginx[812]: segfault at 0 ip 00007f sp 00007f error 4 in libc.so.6[7f00+1000] likely on CPU 0 (core 0, socket 0)", "crash", FAILED, None),
        # Neither of these is a fault.
        ("usb 1-1: new high-speed USB device number 3 using xhci_hcd", None, None, None),
        ("eth0: renamed from veth12", None, None, None)],
    # smartmontools, smartd.cpp.
    "smartd[9]:": [
        ("Device: /dev/sda [SAT], 8 Currently unreadable (pending) sectors", "disk-fault", FAILED, "/dev/sda [SAT]"),
        ("Device: /dev/sda [SAT], FAILED SMART self-check. BACK UP DATA NOW!", "disk-fault", FAILED, "/dev/sda [SAT]"),
        ("Device: /dev/nvme0, Critical Warning (0x04): Reliability", "disk-fault", FAILED, "/dev/nvme0"),
        ("Device: /dev/sdb, SMART Failure: FAILURE PREDICTION THRESHOLD EXCEEDED", "disk-fault", FAILED, "/dev/sdb"),
        ("Device: /dev/sda [SAT], SMART Usage Attribute: 194 Temperature_Celsius changed from 70 to 69", None, None, None)],
    # mdadm, Monitor.c.
    "mdadm[9]:": [
        ("Fail event detected on md device /dev/md0, component device /dev/sda1", "disk-fault", FAILED, "/dev/md0"),
        ("DegradedArray event detected on md device /dev/md/0", "disk-fault", FAILED, "/dev/md/0"),
        ("RebuildStarted event detected on md device /dev/md0", "disk-array", UNKNOWN, "/dev/md0")],
    # apcupsd, apcevents.c.
    "apcupsd[9]:": [("Power failure.", "power-fault", FAILED, None), ("Running on UPS batteries.", "power-fault", FAILED, None),
                    ("Mains returned. No longer on UPS batteries.", "power-restore", OK, None)],
    # nut, clients/upsmon.h.
    "upsmon[9]:": [("UPS ups@localhost on battery", "power-fault", FAILED, "ups@localhost"), ("UPS ups@localhost on line power", "power-restore", OK,
                                                                                            "ups@localhost"),
                   ("Communications with UPS ups@localhost lost", "power-fault", FAILED, "ups@localhost")],
    "systemd-networkd[9]:": [("eth0: Lost carrier", "network-fault", FAILED, "eth0")],
    # NetworkManager, nm-device.c; multipath-tools, multipathd/main.c; open-iscsi, usr/initiator.c.
    "NetworkManager[9]:": [
        ("<info>  [1795572729.1234] device (eth0): state change: activated -> unavailable (reason 'carrier-changed', sys-iface-state: 'managed')",
         "network-fault", FAILED, "eth0"),
        ("<info>  [1795572729.1234] device (eth0): state change: config -> activated (reason 'none', sys-iface-state: 'managed')", None, None, None),
        ("<info> (eth0): link disconnected (deferring action for 4 seconds)", "network-fault", FAILED, "eth0"),
        ("<info>  [1795572729.1234] device (eth0): carrier: link connected", "link-up", OK, "eth0")],
    "multipathd[9]:": [("checker failed path 8:16 in map mpatha", "disk-fault", FAILED, "8:16"),
                       ("mpatha: remaining active paths: 1", "disk-array", UNKNOWN, "mpatha"),
                       ("mpatha: remaining active paths: 0", "disk-fault", FAILED, "mpatha")],
    "iscsid[9]:": [("Kernel reported iSCSI connection 1:0 error (1020 - ISCSI_ERR_TCP_CONN_CLOSE: TCP connection closed) state (3)", "disk-fault", FAILED,
                    "1:0")],
    # chrony, reference.c; ntp, ntpd/ntp_util.c and ntpdate/ntpdate.c.
    "chronyd[9]:": [("System clock was stepped by -3.125000 seconds", "clock-step", OK, "-3.125000")],
    "ntpd[9]:": [("time reset +3.123456 s", "clock-step", OK, "+3.123456")],
    "ntpdate[9]:": [("step time server 192.0.2.123 offset -0.567890 sec", "clock-step", OK, "-0.567890")],
    # systemd, src/core: the words of a unit's jobs before 249, since then, and with StatusUnitFormat=name.
    "systemd[1]:": [
        ("Failed to start nginx.service - A high performance web server.", "service-start", FAILED, "nginx.service"),
        ("Failed to start A high performance web server.", "service-start", FAILED, "A high performance web server"),
        ("Failed to start nginx.service.", "service-start", FAILED, "nginx.service"),
        ("Started nginx.service - A high performance web server.", "service-start", OK, "nginx.service"),
        ("Started Session 5 of User eva.", "service-start", OK, "Session 5 of User eva"),
        ("Dependency failed for mnt-data.mount - /mnt/data.", "service-start", FAILED, "mnt-data.mount"),
        ("Stopped nginx.service - A high performance web server.", "service-stop", OK, "nginx.service"),
        ("nginx.service: Main process exited, code=exited, status=1/FAILURE", "service-exit", FAILED, "nginx.service"),
        ("nginx.service: main process exited, code=killed, status=9/KILL", "service-exit", UNKNOWN, "nginx.service"),
        ("nginx.service: Main process exited, code=dumped, status=11/SEGV", "service-exit", FAILED, "nginx.service"),
        ("nginx.service: Failed with result 'exit-code'.", "service-exit", FAILED, "nginx.service"),
        ("Unit nginx.service entered failed state.", "service-exit", FAILED, "nginx.service"),
        ("nginx.service: Watchdog timeout (limit 3min)!", "service-exit", FAILED, "nginx.service"),
        ("nginx.service: Scheduled restart job, restart counter is at 5.", "service-restart", UNKNOWN, "nginx.service"),
        ("Time has been changed", "clock-step", UNKNOWN, None)],
}


class Faults(unittest.TestCase):
    maxDiff = None

    def test_sentences_say_what_failed_and_of_what(self):
        for tag, cases in SENTENCES.items():
            text = "".join(f"Nov 25 03:{number // 60:02}:{number % 60:02} gate {tag} {case[0]}\n" for number, case in enumerate(cases))
            events, counts = read_lines(text)
            self.assertEqual((counts["events"], counts["unparsed"]), (len(cases), 0))
            for event, (sentence, *wanted) in zip(events, cases):
                of = event.get("device.id", event.get("service.name", event.get("clock.step_seconds")))
                with self.subTest(sentence):
                    self.assertEqual([event.get("event.action"), event.get("event.outcome"), of], wanted)
                    self.assertNotIn("event.is_ambiguous", event)


if __name__ == "__main__":
    unittest.main()
