"""restart.py: changes of calm-contain on a Debian with systemd whose power fails, and what it is when it has started again."""
import collections
import hashlib
import pathlib
import re
import shutil
import struct
import sys
import time

import memory
from machine import Machine
from parts import HERE, ON_DISK, ROOT
from parts import run as here

sys.path.insert(0, str(ROOT / "tests" / "cli"))
from contain_lab import plan, plan_id  # noqa: E402

LEDGER = "/var/lib/calm-contain"
UNIT = "/etc/systemd/system/calm-contain.service"
BUNDLES = ("debian.calm", "flows.calm")
AMID = (0.4, 0.7, 0.95)  # of the time that the orders take
TALK = (0x0800, 17, 9)  # what the guest sends all the time: UDP over IPv4 to port 9
# Debian's own nftables.conf begins in this way too.
FILTER = """#!/usr/sbin/nft -f
flush ruleset
table inet filter {
    set banned {
        type ipv4_addr
        elements = { 203.0.113.5, 198.51.100.7 }
    }
    chain input {
        type filter hook input priority filter; policy accept;
        ip saddr @banned drop
    }
}
"""
# Packets of known connections go past the rules: nft(8), "FLOWTABLES".
FLOWS = """table inet fast {
    flowtable known {
        hook ingress priority 5
        devices = { eth0, lo }
    }
    chain forward {
        type filter hook forward priority 0; policy accept;
        ct state established flow add @known
    }
}
"""
FILES = {
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/hostname": "victim\n",
    "etc/nftables.conf": FILTER,
    # A large table takes its time.
    "etc/systemd/system/nftables.service.d/slow.conf": "[Service]\nExecStartPre=/bin/sleep 4\n",
    "etc/systemd/network/eth.network": "[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n",
    "etc/systemd/system/agent.service": "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/local/sbin/agent\nRestart=always\n",
    # A service of a package, which is to be stopped and masked.
    "usr/lib/systemd/system/shop.service": "[Unit]\nDescription=The shop\n[Service]\nExecStart=/bin/sleep infinity\nRestart=always\nRestartSec=100ms\n[Install]\nWantedBy=multi-user.target\n",
    "etc/systemd/system/talk.service": "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/local/sbin/guest talk 10.0.2.2 9\n",
}
# As other distributions have it: behind sysinit.target, by default.
OTHER = "[Unit]\nWants=network-pre.target\nBefore=network-pre.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/sbin/nft -f /etc/nftables.conf\n[Install]\nWantedBy=multi-user.target\n"
WANTED = {"sysinit": ["/etc/systemd/system/agent.service", "/etc/systemd/system/talk.service", "/lib/systemd/system/nftables.service"],
          "multi-user": ["/lib/systemd/system/systemd-networkd.service", "/lib/systemd/system/shop.service"]}


def image(parts):
    """A disk with that Debian and what the guest needs."""
    root, path = parts.debian(), parts.work / "disk"
    for name, text in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    for name, source in (("agent", HERE / "agent"), ("guest", parts.guest), ("calm-contain", parts.src / "calm-contain"), ("calm-collect", parts.src / "calm-collect")):
        shutil.copy(source, root / "usr" / "local" / "sbin" / name)
    for target, units in WANTED.items():
        folder = root / "etc" / "systemd" / "system" / f"{target}.target.wants"
        folder.mkdir(exist_ok=True)
        for unit in map(pathlib.PurePath, units):
            (folder / unit.name).unlink(missing_ok=True)
            (folder / unit.name).symlink_to(unit)
    path.unlink(missing_ok=True)
    here("mke2fs", "-q", "-t", "ext4", "-d", root, path, "1G")
    return path


def packets(path):
    """How many frames the guest sent, by ethertype and, of IPv4, protocol and port of the receiver: pcap, whose last record may be cut."""
    data, at, found = path.read_bytes(), 24, collections.Counter()
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16 : at + 16 + size]
        at += 16 + size
        if len(frame) < 14 or frame[6:9] != b"\x52\x54\x00" or frame[6:12] == b"\x52\x55\x0a\x00\x02\x02":
            continue
        kind = struct.unpack_from("!H", frame, 12)[0]
        if kind == 0x0800 and len(frame) >= 38:
            found[kind, frame[23], struct.unpack_from("!H", frame, 14 + (frame[14] & 15) * 4 + 2)[0]] += 1
        else:
            found[kind, frame[20] if kind == 0x86DD and len(frame) > 20 else 0, 0] += 1
    return found


class Host(Machine):
    """One start of the disk."""

    def __init__(self, parts, disk, initrd, number, ports=()):
        self.seen = parts.work / f"restart{number}.pcap"
        self.seen.unlink(missing_ok=True)
        super().__init__(parts.work, f"restart{number}", parts.kernel, initrd, memory=512, words="calm.disk", disk=disk, packets=self.seen, ports=ports)
        self.text("true", timeout=300)
        self.wait_for("systemctl is-system-running | grep -qE 'running|degraded'", timeout=300)

    def ruleset(self):
        return self.text("nft list ruleset")

    @staticmethod
    def script(*orders):
        """A command that gives calm-contain orders, one behind another. A plan goes with its order."""
        return "{ " + "".join(f"printf '%s\\n' '{word}'; {f'printf {shell(text)}; ' if text else ''}" for word, text in orders) + "} | calm-contain serve"

    def orders(self, *orders):
        return self.text(self.script(*orders), timeout=120)

    def begin(self, timer, *more):
        """Isolates this host; the change's id."""
        return self.change(plan("isolate", timer=timer, allow=("10.0.2.2,tcp,22,in",)), *more)

    def change(self, text, *more):
        """Puts a plan in effect; its id."""
        number, orders = ordered(text, *more)
        said = self.orders(*orders)
        assert said.count("ok\n") == 2 + len(more) and "failed" not in said, said
        return number

    def state(self, number):
        return self.text(f"cat {LEDGER}/{number}/state").split()[0]

    def has_hook(self):
        return self.do(f"test -e {UNIT}")[0] == 0

    def talks(self, seconds=2):
        """How many of its packets come out within this time."""
        before = packets(self.seen)[TALK]
        self.text(f"sleep {seconds}")
        return packets(self.seen)[TALK] - before

    def moment(self, unit):
        """Microseconds from the start of the system until the unit was begun, and done."""
        said = self.text(f"systemctl show -p InactiveExitTimestampMonotonic -p ActiveEnterTimestampMonotonic {unit}")
        return [int(line.split("=")[1]) for line in sorted(said.splitlines(), reverse=True)]


def isolate(timer, *more):
    return ordered(plan("isolate", timer=timer, allow=("10.0.2.2,tcp,22,in",)), *more)


def ordered(text, *more):
    number = plan_id(text)
    return number, [(f"prepare {len(text)} {hashlib.sha256(text).hexdigest()}", text), (f"go {number} 0", None), *((f"{word} {number}", None) for word in more)]


def shell(text):
    return "'" + text.decode().replace("%", "%%").replace("\n", "\\n") + "'"


def first(say, host):
    """A clean Debian; then isolated with a timer, and not confirmed."""
    before = host.ruleset()
    say("table inet filter" in before and host.talks() > 10, "a Debian with systemd and nftables has started, and its packets come out")
    host.text(f"{memory.COLLECT} > /dev/vport0p2", timeout=300)
    clean = memory.open_bundle(host.folder / "debian.calm")
    memory.judge(say, f"a clean Debian, {len(clean)} members", clean, {"program-without-package": "agent|guest|calm-collect", "raw-socket": "systemd-networkd", "packet-socket": "systemd-networkd"})
    flow_table(say, host, before)
    number = host.begin(3600)
    say(host.state(number) == "armed" and host.has_hook() and "table inet calm" in host.ruleset() and host.talks() == 0, "isolated for an hour unless confirmed: no packet comes out, and the unit for the start is there")
    return before, number


def flow_table(say, host, before):
    """What takes nf_flow_table and nf_conntrack; taken away again."""
    host.text(f"printf {shell(FLOWS.encode())} > /run/flows; nft -f /run/flows")
    host.text(f"{memory.COLLECT} > /dev/vport0p3", timeout=300)
    told = memory.lines(memory.open_bundle(host.folder / "flows.calm"), "live/firewall")
    mine = [t for t in told if t["kind"] == "flow table"]
    say([(t["family"], t["table"], t["name"], t["priority"], sorted(t["devices"])) for t in mine] == [("inet", "fast", "known", 5, ["eth0", "lo"])], "a flow table of nf_tables is told with its devices", mine)
    rules = [t["expressions"] for t in told if t["kind"] == "rule" and t["table"] == "fast"]
    say(len(rules) == 1 and "key=state" in rules[0][0] and "known" in rules[0][-1] and rules[0][-1].startswith("flow_offload"), f"and the rule that fills it: {rules}", rules)
    host.text("nft delete table inet fast")
    assert host.ruleset() == before


def second(say, host, before, number):
    """Not confirmed: all is as before. Then isolated and confirmed."""
    say(host.ruleset() == before, "power cut, not confirmed: `nft list ruleset` has the bytes from before", host.ruleset())
    say(host.state(number) == "undone" and not host.has_hook(), f"the ledger says {host.state(number)}, and the unit is gone")
    say(host.talks() > 10, "packets come out again")
    number = host.begin(3600, "confirm")
    say(host.state(number) == "confirmed" and host.has_hook(), "isolated anew, and confirmed")
    return host.ruleset(), number


def isolation(text):
    """The tables of IPv4, IPv6 and others but for what was counted; those of neighbours follow from the ways that are known (section 6)."""
    return re.sub(r"packets \d+ bytes \d+", "packets", text[: text.index("table arp calm")]), sorted(re.findall(r"^table (\w+ calm)", text, re.M))


def stays(say, host, what, during, number, state):
    """In effect since before there was a network."""
    text = host.ruleset()
    say("calm" in text and isolation(text) == isolation(during), f"power cut, {what}: `nft list ruleset` has what was there and the isolation", text)
    say(host.state(number) == state and host.has_hook() and "gone" not in host.orders(("status", None)), f"the ledger says {state}, status finds it in effect")
    filter_, ours, net = (host.moment(f"{unit}.service") for unit in ("nftables", "calm-contain", "systemd-networkd"))
    say(0 < filter_[1] <= ours[0] <= ours[1] < net[0], f"it was in effect after the packet filter's own service, {(net[0] - ours[1]) / 1000:.0f} ms before the network was begun", (filter_, ours, net))
    say(host.do("journalctl -b | grep -i 'ordering cycle'")[0] == 1, "no unit of systemd waits for itself")
    found = packets(host.seen)
    odd = {k: n for k, n in found.items() if k[0] != 0x0806 and k[:2] != (0x86DD, 58)}
    say(host.talks() == 0 and not odd, f"of what the guest sends all the time no packet came out since the start; {sum(found.values())} for finding neighbours did", found)


def undo(say, host, before, number):
    said = host.orders((f"undo {number}", None))
    say("ok" in said and host.ruleset() == before and not host.has_hook() and host.talks() > 10, "undone by a person: the bytes from before, the unit is gone, packets come out", said)


def units(host):
    """What stands below /etc/systemd/system for that service, with all that stat(1) tells but the time of the last change and the inode's number."""
    return host.text("cd /etc/systemd/system && find . multi-user.target.wants -maxdepth 1 -name 'shop*' -exec stat -c '%n %F %a %U %G %s %Y' {} + -exec readlink {} \\; ; stat -c '%Y' .")


def is_off(host):
    """Stopped, masked, and nobody can start it."""
    said = [host.do(f"systemctl {word} shop.service") for word in ("is-active", "is-enabled", "start")]
    return said[0][1].strip() == b"inactive" and said[1][1].strip() == b"masked" and said[2][0] != 0 and b"masked" in said[2][1] and host.do("pgrep -x sleep | xargs -r -n 1 ps -o unit= -p | grep -q shop")[0] != 0


def is_on(host):
    return host.do("systemctl is-active --quiet shop.service")[0] == 0 and host.text("systemctl is-enabled shop.service").strip() == "enabled"


def unit(say, host):
    """A service of this systemd is stopped and masked: unconfirmed it comes back by itself; confirmed it stays; its id."""
    before = units(host)
    say(is_on(host), "a service of a package runs, and is enabled")
    number = host.change(plan("unit", "unit shop.service", timer=10))
    say(is_off(host), "stopped and masked: systemd says so, its process is gone, and it does not start it for root either")
    host.wait_for("systemctl is-active --quiet shop.service", timeout=30)
    say(is_on(host) and units(host) == before and host.state(number) == "undone", "not confirmed: it runs again, and what stands in /etc/systemd/system is what stood there", units(host))
    number = host.change(plan("unit", "unit shop.service", timer=3600), "confirm")
    say(is_off(host), "stopped and masked anew, and confirmed")
    return before, number


def unit_stays(say, host, before, number):
    """The folder's time is not what it was: another unit was put there meanwhile."""
    say(is_off(host) and host.state(number) == "confirmed", "power cut, a masked service: it is masked, and was not started with the host")
    said = host.orders((f"undo {number}", None))
    now = units(host)
    say("ok" in said and is_on(host) and now.split()[:-1] == before.split()[:-1], "undone by a person: it runs, and what stands in /etc/systemd/system is what stood there", (said, before, now))


def wall(say, host):
    """The clock of the wall is set ahead of a change's expiry, as a forged NTP does."""
    now = int(host.text("date +%s"))
    before = host.ruleset()
    number = host.change(plan("block", "address 10.0.2.77", timer=300, expiry=now + 600), "confirm")
    host.text("date -s '+10 days'")
    host.text("sleep 18")  # the watchdogs look each 15 s
    say(host.state(number) == "confirmed" and "gone" not in host.orders(("status", None)) and "10.0.2.77" in host.ruleset(), "the wall's clock is set ten days ahead of an expiry: it stays in effect", host.ruleset())
    host.text("date -s '-10 days'")
    said = host.orders((f"undo {number}", None))
    say("ok" in said and host.ruleset() == before, "undone by a person", said)


def other_filter(host):
    """The packet filter's service becomes one of another distribution."""
    host.text("rm -r /etc/systemd/system/sysinit.target.wants/nftables.service")
    host.text(f"printf {shell(OTHER.encode())} > /etc/systemd/system/nftables.service; systemctl enable nftables.service; sync")


def cut_amid(host, part):
    """The power fails at this part of the time that isolating takes; how long that was."""
    began = time.monotonic()
    number = host.begin(3600)
    took = time.monotonic() - began
    host.orders((f"undo {number}", None))
    number, orders = isolate(3600)
    host.port.sendall(f"0 {host.script(*orders)}\n".encode())
    time.sleep(part * took)
    host.cut()
    return number, part * took


def check_amid(say, host, before, number, wait):
    status, state = host.do(f"cat {LEDGER}/{number}/state")
    state = state.decode().split()[0] if status == 0 else "nothing of it"
    say(host.ruleset() == before and not host.has_hook() and state in ("undone", "nothing of it") and host.talks() > 10,
        f"power cut {wait:.2f} s after the order: the bytes from before, packets come out; the ledger has {state}", host.ruleset())


def run(say, parts):
    disk = image(parts)
    initrd = parts.initramfs("restart", ON_DISK)
    for name in BUNDLES:
        (parts.work / name).unlink(missing_ok=True)
    with Host(parts, disk, initrd, 1, BUNDLES) as host:
        before, number = first(say, host)
        host.cut()
    with Host(parts, disk, initrd, 2) as host:
        during, number = second(say, host, before, number)
        host.cut()
    with Host(parts, disk, initrd, 3) as host:
        stays(say, host, "confirmed", during, number, "confirmed")
        undo(say, host, before, number)
        wall(say, host)
        shop, masked = unit(say, host)
        other_filter(host)
        number = host.begin(0)
        during = host.ruleset()
        say(host.state(number) == "armed", "an emergency: isolated without a timer")
        host.cut()
    with Host(parts, disk, initrd, 4) as host:
        stays(say, host, "an emergency, beside a packet filter's service of another distribution", during, number, "armed")
        unit_stays(say, host, shop, masked)
        undo(say, host, before, number)
        amid = cut_amid(host, AMID[0])
    for start, part in enumerate((*AMID[1:], None), 5):
        with Host(parts, disk, initrd, start) as host:
            check_amid(say, host, before, *amid)
            amid = part and cut_amid(host, part)
