"""test_contain.py: hosts in namespaces of their own are isolated, blocked and limited by the real programs, and everything else that is to
pass, to stay and to come back is looked at from all sides."""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import time
import unittest

import contain_lab
from contain_lab import Helper, plan, plan_id, run, ruleset, within
from harness import BUILD, CALM, SANITIZED, CaseTest, main

CONTAIN = (BUILD / "src" / "calm-contain").resolve()
PORTS = range(1, 65536)
RESPONDERS = ("10.9.0.7,tcp,22,in", "10.9.0.7,udp,514,out", "10.10.0.7,tcp,22,in", "fd09::7,tcp,22,in", "fd10::7,tcp,22,in")
SYN, ACK, SYN_ACK = 2, 16, 18
FOREIGN = """
table inet firewalld {
    chain filter_INPUT {
        type filter hook input priority 10; policy accept;
        ct state established,related accept
        tcp dport 22 accept
    }
}
table ip nat {
    chain DOCKER {
        iifname "docker0" return
        tcp dport 8080 dnat to 172.17.0.2:80
    }
    chain PREROUTING {
        type nat hook prerouting priority -100; policy accept;
        fib daddr type local jump DOCKER
    }
}
table ip filter {
    set banned {
        type ipv4_addr; flags interval;
        elements = { 203.0.113.0/24, 198.51.100.7 }
    }
    chain ufw-user-input {
        ip saddr @banned counter packets 7 bytes 420 drop
    }
}
table bridge own {
    chain forward { type filter hook forward priority 0; policy accept; }
}
table netdev edge {
    chain in { type filter hook ingress device "eth0" priority 0; policy accept; }
}
"""
WATCH = """
table inet watch {
    set tcp4 { type ipv4_addr . inet_service; flags dynamic; size 500000; }
    set udp4 { type ipv4_addr . inet_service; flags dynamic; size 500000; }
    set tcp6 { type ipv6_addr . inet_service; flags dynamic; size 500000; }
    set udp6 { type ipv6_addr . inet_service; flags dynamic; size 500000; }
    chain in {
        type filter hook prerouting priority -450; policy accept;
        iifname lo accept
        meta nfproto ipv4 meta l4proto tcp add @tcp4 { ip saddr . tcp dport }
        meta nfproto ipv4 meta l4proto udp add @udp4 { ip saddr . udp dport }
        meta nfproto ipv6 meta l4proto tcp add @tcp6 { ip6 saddr . tcp dport }
        meta nfproto ipv6 meta l4proto udp add @udp6 { ip6 saddr . udp dport }
    }
}
"""


def raw_sweep(ns, six, protocol, to, ports=PORTS, source=40000, flags=SYN):
    """One packet to each port; checksums do not matter to who counts before the stack."""
    family = socket.AF_INET6 if six else socket.AF_INET
    number = socket.IPPROTO_TCP if protocol == "tcp" else socket.IPPROTO_UDP
    with within(ns):
        s = socket.socket(family, socket.SOCK_RAW, number)
    target = (to, 0)
    with contextlib.closing(s):
        for port in ports:
            if protocol == "tcp":
                packet = struct.pack("!HHIIBBHHH", source, port, 1, 1, 0x50, flags, 1000, 0, 0)
            else:
                packet = struct.pack("!HHHH", source, port, 8, 0)
            try:
                s.sendto(packet, target)
            except OSError:  # what our own filter stops on its way out
                pass


def seen(ns, name):
    """address -> ports that came through since the last look"""
    data = json.loads(run(f"nft -j list set inet watch {name}", ns))
    run(f"nft flush set inet watch {name}", ns)
    found = {}
    for element in data["nftables"][1]["set"].get("elem", []):
        address, port = element.get("elem", element).get("val", element)["concat"] if "elem" in element else element["concat"]
        found.setdefault(address, set()).add(port)
    return found


def frame(source, target, kind, body):
    return target + source + struct.pack("!H", kind) + body


def ipv4_udp(source, target, port):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + 4, 1, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))
    head = head[:10] + struct.pack("!H", contain_lab.internet_sum(head)) + head[12:]
    return head + struct.pack("!HHHH", 40000, port, 8 + 4, 0) + b"leak"


class ContainTest(CaseTest):
    """A clean host before each test, and the same host after it."""

    @classmethod
    def setUpClass(cls):
        global LAB
        if "LAB" not in globals():
            LAB = contain_lab.Lab()
        cls.lab = LAB

    def setUp(self):
        super().setUp()
        self.ends = contextlib.ExitStack()
        self.before = ruleset()
        self.ana('assess look "web1 sends mail"')

    def tearDown(self):
        self.ends.close()
        with contextlib.closing(Helper(CONTAIN)) as h:
            for line in h.ask("status")[1]:
                h.ask("undo " + line.split()[0])
                h.ask("forget " + line.split()[0])
        for ns in (None, "responder", "bystander", "attacker", "remote"):
            run("ip neigh flush all", ns, check=False)
        self.assertEqual(ruleset(), self.before)
        contain_lab.until(lambda: not contain_lab.watchdogs(), 3, "the watchdogs end when nothing is due")
        contain_lab.reap()
        self.assertEqual([p.name for p in contain_lab.LEDGER.iterdir() if len(p.name) == 32], [])
        self.assertEqual(os.listdir("/etc/cron.d"), [])
        super().tearDown()

    def serve(self, *ports, ns=None):
        process = self.lab.serve(*ports, ns=ns)
        self.ends.callback(process.wait)
        self.ends.callback(process.stdout.close)
        self.ends.callback(process.kill)

    def helper(self):
        h = Helper(CONTAIN)
        self.ends.callback(h.close)
        return h

    def watch(self, *places):
        for ns in places:
            run("nft -f -", ns, stdin=WATCH)
            self.ends.callback(run, "nft delete table inet watch", ns)

    def introduce(self, *names):
        """Hardware addresses that need not be asked for, so that the filter alone decides; of the router for remote."""
        victim = self.lab.mac("victim").hex(":")
        for name in names:
            for six in (False, True):
                mac = self.lab.mac(name).hex(":")
                for ns, address, lladdr in ((name, self.lab.address("victim", six), victim), (None, self.lab.address(name, six), mac)):
                    run(f"ip neigh replace {address} lladdr {lladdr} dev eth0 nud permanent", ns)
                    self.ends.callback(run, f"ip neigh del {address} dev eth0", ns)

    def failed(self, answer, code, *words):
        self.assertRegex(answer[0], f"^failed {code} ")
        for word in words:
            self.assertIn(word, answer[0])


class Isolation(ContainTest):
    def allow(self):
        return [a for one in RESPONDERS for a in ("--allow", one)]

    def test_by_calm_and_old_flows_end(self):
        """stop isolate, apply, confirm, undo; what was open ends within a second, the responder's connection goes on."""
        self.serve(22, 80)
        run("nft -f -", stdin=FOREIGN)
        self.ends.callback(lambda: [run(f"nft delete table {t}") for t in ("inet firewalld", "ip nat", "ip filter", "bridge own", "netdev edge")])
        before, foreign = ruleset(), contain_lab.others()
        old = {six: self.lab.connect("bystander", 80, six) for six in (False, True)}
        mine = {(who, six): self.lab.connect(who, 22, six) for who in ("responder", "remote") for six in (False, True)}
        out = self.ana("stop isolate --timer", "30 s", "--breaks", "the shop", *self.allow())
        for words in ("10.9.0.8 on port 80", "10.9.0.7 to TCP port 22", "firewalld", "docker", "ufw", "cable", "calm stop apply a1"):
            self.assertIn(words, re.sub(r"\s+", " ", out))
        self.assertEqual(ruleset(), before)
        self.ana("stop apply a1")
        for s in old.values():
            self.assertFalse(contain_lab.says_back(s, 1.0))
        for s in mine.values():
            self.assertTrue(contain_lab.says_back(s))
        self.assertEqual(contain_lab.others(), foreign)
        self.assertEqual(self.ana.json("stop list")[0]["state"], "unconfirmed")
        self.assertEqual(self.ana.json("stop status")[0]["host_state"], "armed")
        self.ana("stop confirm a1")
        self.assertNotIn("timeout", run("nft list table inet calm"))
        self.assertEqual(contain_lab.others(), foreign)
        for s in mine.values():
            self.assertTrue(contain_lab.says_back(s))
        self.ana("stop undo a1")
        self.assertEqual(ruleset(), before)
        for s in [*old.values(), *mine.values()]:
            self.assertTrue(contain_lab.says_back(s, 5.0))  # nobody ended them: TCP sends again what was lost
            s.close()
        self.assertEqual(self.ana.json("stop list")[0]["state"], "undone")
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_only_the_listed_pass(self):
        """All ports of both protocols and families, from four sides, and back."""
        self.watch(None)
        self.introduce("responder", "bystander", "attacker", "router")
        raw_sweep("bystander", False, "tcp", "10.9.0.1")
        self.assertEqual(seen(None, "tcp4"), {"10.9.0.8": set(PORTS)})  # this sweep sees what passes
        self.helper().begin(plan("isolate", timer=600, allow=RESPONDERS))
        for who in ("responder", "bystander", "attacker", "remote"):
            for six in (False, True):
                for protocol in ("tcp", "udp"):
                    raw_sweep(who, six, protocol, self.lab.address("victim", six))
                    passes = who in ("responder", "remote") and protocol == "tcp"
                    with self.subTest(who=who, six=six, protocol=protocol):
                        self.assertEqual(seen(None, f"{protocol}{6 if six else 4}"), {self.lab.address(who, six): {22}} if passes else {})

    def test_nothing_but_answers_leaves(self):
        self.helper().begin(plan("isolate", timer=600, allow=RESPONDERS))
        places = ("responder", "bystander", "remote")
        self.watch(*places)
        self.introduce("responder", "bystander", "router")
        for who in places:
            for six in (False, True):
                for protocol in ("tcp", "udp"):
                    raw_sweep(None, six, protocol, self.lab.address(who, six))
                    log = who == "responder" and protocol == "udp" and not six
                    with self.subTest(who=who, six=six, protocol=protocol):
                        self.assertEqual(seen(who, f"{protocol}{6 if six else 4}"), {"10.9.0.1": {514}} if log else {})
        # From port 22, where somebody answers: an answer within TCP leaves, a new connection does not.
        for flags, passes in ((SYN, False), (SYN | 0xc0, False), (SYN_ACK, True), (ACK, True)):
            raw_sweep(None, False, "tcp", "10.9.0.7", ports=[5000], source=22, flags=flags)
            self.assertEqual(bool(seen("responder", "tcp4")), passes, flags)

    def test_names_pings_and_neighbours(self):
        for who in ("bystander", "responder", "remote"):
            self.serve(53, ns=who)
        self.serve(22)
        everybody = ("responder", "bystander", "attacker", "remote")
        for who in everybody:
            self.assertTrue(self.lab.pings(who) and self.lab.pings(who, True), who)
        for who in ("bystander", "responder", "remote"):
            for six in (False, True):
                self.assertTrue(self.lab.asks("victim", 53, six, to=who))
        self.helper().begin(plan("isolate", timer=600, allow=RESPONDERS))
        for six in (False, True):
            for who in everybody:
                self.assertFalse(self.lab.pings(who, six) or self.lab.pings("victim", six, to=who), who)
            for who in ("bystander", "responder", "remote"):
                self.assertFalse(self.lab.asks("victim", 53, six, to=who), who)
                self.assertFalse(self.lab.reaches("victim", 53, six, to=who, timeout=0.5), who)
        # Who is to reach this host finds it anew; nobody else does.
        for who in everybody:
            run("ip neigh flush all", who)
        run("ip neigh flush all")
        for six in (False, True):
            for who, finds in (("responder", True), ("remote", True), ("bystander", False), ("attacker", False)):
                self.assertEqual(self.lab.reaches(who, 22, six, timeout=5 if finds else 0.5), finds, (who, six))
        for who in ("bystander", "attacker"):
            for address in ("10.9.0.1", "fd09::1"):
                self.assertNotIn("lladdr", run(f"ip neigh show {address}", who))

    def test_a_neighbour_that_looks_again_is_answered(self):
        """Neighbours ask again after a while, in IPv6 from the address of the link; the connection stays."""
        self.serve(22)
        for ns in (None, "responder"):
            for family in ("ipv4", "ipv6"):
                for name, value in (("base_reachable_time_ms", 300), ("delay_first_probe_time", 1), ("retrans_time_ms", 200)):
                    old = run(f"sysctl -n net.{family}.neigh.eth0.{name}", ns).strip()
                    run(f"sysctl -qw net.{family}.neigh.eth0.{name}={value}", ns)
                    self.ends.callback(run, f"sysctl -qw net.{family}.neigh.eth0.{name}={old}", ns)
        mine = [self.lab.connect("responder", 22, six) for six in (False, True)]
        self.helper().begin(plan("isolate", timer=600, allow=RESPONDERS))
        worst = 0
        for _ in range(16):
            for s in mine:
                start = time.monotonic()
                self.assertTrue(contain_lab.says_back(s, 3))
                worst = max(worst, time.monotonic() - start)
            time.sleep(0.5)
        self.assertLess(worst, 2)
        # The link's own address asks, as a look again does.
        run("ip neigh flush all", "responder")
        self.assertTrue(self.solicits("responder", self.lab.link_local("responder")))
        self.assertFalse(self.solicits("bystander", self.lab.link_local("bystander")))
        for s in mine:
            s.close()

    def solicits(self, who, source):
        """Is a question for fd09::1 from that address of the link answered? RFC 4861 section 4.3"""
        with within(who):
            s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            index = socket.if_nametoindex("eth0")
        s.settimeout(1)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        with contextlib.closing(s):
            s.bind((source, 0, 0, index))
            packet = struct.pack("!BBHI", 135, 0, 0, 0) + socket.inet_pton(socket.AF_INET6, "fd09::1") + b"\x01\x01" + self.lab.mac(who)
            s.sendto(packet, ("ff02::1:ff00:1", 0, 0, index))
            end = time.monotonic() + 1
            with contextlib.suppress(OSError):
                while time.monotonic() < end:
                    got = s.recv(2048)
                    if got[0] == 136 and got[8:24] == socket.inet_pton(socket.AF_INET6, "fd09::1"):
                        return True
        return False

    def test_frames_that_programs_send_past_the_stack(self):
        victim, bystander = self.lab.mac("victim"), self.lab.mac("bystander")
        arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, victim, socket.inet_aton("10.9.0.1"), bytes(6), socket.inet_aton("10.9.0.8"))
        frames = [frame(victim, bystander, 0x800, ipv4_udp("10.9.0.1", "10.9.0.8", 53)), frame(victim, b"\xff" * 6, 0x806, arp), frame(victim, bystander, 0x88b5, b"leak" * 12),
                  frame(victim, bystander, 0x86dd, struct.pack("!IHBB16s16s", 6 << 28, 8, 17, 64, socket.inet_pton(socket.AF_INET6, "fd09::1"),
                                                                socket.inet_pton(socket.AF_INET6, "fd09::8")) + bytes(8)),
                  frame(victim, bystander, 0x8100, b"\0\x05" + struct.pack("!H", 0x800) + ipv4_udp("10.9.0.1", "10.9.0.8", 54))]
        self.assertEqual(self.leaks(frames), 2 * len(frames))
        self.helper().begin(plan("isolate", timer=600, allow=RESPONDERS))
        self.assertEqual(self.leaks(frames), 0)

    def leaks(self, frames):
        """How many of these frames arrive at the bystander, with and without the queue."""
        with within("bystander"):
            ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            ear.bind(("eth0", 3))
        ear.settimeout(0.5)
        with contextlib.closing(ear):
            for bypass in (0, 1):
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                s.setsockopt(263, 20, bypass)  # SOL_PACKET, PACKET_QDISC_BYPASS
                s.bind(("eth0", 0))
                for one in frames:
                    with contextlib.suppress(OSError):
                        s.send(one)
                s.close()
            count = 0
            bare = {f[:12] + f[16:] if f[12:14] == b"\x81\x00" else f for f in frames}  # the kernel takes a tag off
            end = time.monotonic() + 2
            with contextlib.suppress(OSError):
                while time.monotonic() < end:
                    got = ear.recv(2048)
                    count += any(got.startswith(f) for f in bare)
            return count

    def test_what_is_passed_on_and_bridged(self):
        """The victim routes for one namespace and bridges two."""
        for number, name in ((1, "inner"), (2, "left"), (3, "right")):
            run(f"ip netns add {name}")
            run(f"ip link add in{number} type veth peer name eth0 netns {name}")
            run(f"ip link set in{number} up")
            run("ip link set eth0 up", name)
            self.ends.callback(run, f"ip netns del {name}")
        run("ip link add br0 type bridge")
        self.ends.callback(run, "ip link del br0")
        run("ip link set br0 up")
        for number, name in ((2, "left"), (3, "right")):
            run(f"ip link set in{number} master br0")
            run(f"ip addr add 10.12.0.{number}/24 dev eth0", name)
            run(f"ip -6 addr add fd12::{number}/64 dev eth0 nodad", name)
        run("ip addr add 10.11.0.1/24 dev in1")
        run("ip -6 addr add fd11::1/64 dev in1 nodad")
        run("ip addr add 10.11.0.2/24 dev eth0", "inner")
        run("ip -6 addr add fd11::2/64 dev eth0 nodad", "inner")
        for line in ("ip route add default via 10.11.0.1", "ip -6 route add default via fd11::1"):
            run(line, "inner")
        for line in ("ip route add 10.11.0.0/24 via 10.9.0.1", "ip -6 route add fd11::/64 via fd09::1"):
            run(line, "bystander")
            run(line, "responder")
            self.ends.callback(run, line.replace(" add ", " del "), "bystander")
            self.ends.callback(run, line.replace(" add ", " del "), "responder")
        for name in ("ipv4.ip_forward", "ipv6.conf.all.forwarding"):
            run(f"sysctl -qw net.{name}=1")
            self.ends.callback(run, f"sysctl -qw net.{name}=0")
        # Forwarding takes the way that a router told of; ours was set by hand and stays.
        targets = {(ns, six): address for ns, four, sixes in (("inner", "10.11.0.2", "fd11::2"), ("right", "10.12.0.3", "fd12::3")) for six, address in ((False, four), (True, sixes))}
        plain = self.lab.address
        self.lab.address = lambda name, six=False: targets.get((name, six)) or plain(name, six)
        self.ends.callback(self.lab.__dict__.pop, "address")
        self.serve(80, ns="right")
        ways = [(who, to, six) for who, to in (("inner", "bystander"), ("bystander", "inner"), ("responder", "inner"), ("left", "right")) for six in (False, True)]
        for who, to, six in ways:
            contain_lab.until(lambda who=who, to=to, six=six: self.lab.pings(who, six, to=to), 5, f"{who} reaches {to}, IPv6 {six}")
        self.assertTrue(self.lab.reaches("left", 80, to="right"))
        self.helper().begin(plan("isolate", timer=600, allow=("10.9.0.7", "fd09::7"), accept=("wide",)))
        for who, to, six in ways:
            self.assertFalse(self.lab.pings(who, six, to=to), (who, to, six))
        self.assertFalse(self.lab.reaches("left", 80, to="right"))
        self.assertTrue(self.lab.pings("responder") and self.lab.pings("responder", True))

    def test_fragments_and_too_big_messages_of_the_named(self):
        """Datagrams of 4000 bytes go through a link of 1500, both ways; a router's word that a packet was too big is heard."""
        self.serve(514, 515)
        self.serve(514, ns="responder")
        allow = ("10.9.0.7,udp,514,in", "fd09::7,udp,514,in", "10.9.0.7,udp,514,out", "fd09::7,udp,514,out", "10.10.0.7,tcp,22,in", "fd10::7,tcp,22,in")
        self.helper().begin(plan("isolate", timer=600, allow=allow))
        for six in (False, True):
            self.assertTrue(self.lab.asks("responder", 514, six, size=4000, timeout=2))
            self.assertTrue(self.lab.asks("victim", 514, six, to="responder", size=4000, timeout=2))
            self.assertFalse(self.lab.asks("responder", 515, six, size=4000))
            self.assertFalse(self.lab.asks("bystander", 514, six, size=4000))
        self.serve(22)
        run("ip link set eth1 mtu 1300", "router")
        self.ends.callback(lambda: (run("ip link set eth1 mtu 1500", "router"), run("ip route flush cache"), run("ip -6 route flush cache")))
        for six in (False, True):
            s = self.lab.connect("remote", 22, six)
            # Remote says that it takes 1500, and the router that the way bears 1300.
            s.sendall(b"big")
            s.settimeout(5)
            got = 0
            while got < 200000:
                part = s.recv(65536)
                self.assertTrue(part)
                got += len(part)
            s.close()

    def test_a_too_big_message_about_others_is_dropped(self):
        self.watch(None)
        self.introduce("attacker")
        run("nft add chain inet watch told { type filter hook prerouting priority -440 ; }")
        run("nft add rule inet watch told icmp type destination-unreachable counter")
        self.helper().begin(plan("isolate", timer=600, allow=("10.10.0.7,tcp,22,in",)))
        for target, protocol, heard in (("10.10.0.7", 6, True), ("10.10.0.7", 17, False), ("10.10.0.8", 6, False)):
            before = self.counter()
            told = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, protocol, 0, socket.inet_aton("10.9.0.1"), socket.inet_aton(target)) + bytes(8)
            body = struct.pack("!BBHHH", 3, 4, 0, 0, 1300) + told
            body = body[:2] + struct.pack("!H", contain_lab.internet_sum(body)) + body[4:]
            with within("attacker"):
                s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            s.sendto(body, ("10.9.0.1", 0))
            s.close()
            self.assertEqual(self.counter() - before, int(heard), (target, protocol))

    @staticmethod
    def counter():
        return int(re.search(r"counter packets (\d+)", run("nft list chain inet watch told"))[1])

    def test_headers_between_hide_nothing(self):
        """Extension headers of IPv6 before TCP: what is named passes with them, what is not does not."""
        self.watch(None)
        self.introduce("responder", "bystander")
        self.helper().begin(plan("isolate", timer=600, allow=("fd09::7,tcp,22,in",)))
        for who, port, passes in (("responder", 22, True), ("responder", 80, False), ("bystander", 22, False)):
            for kind in (0, 60):  # hop-by-hop options, destination options: six bytes of padding
                source = socket.inet_pton(socket.AF_INET6, self.lab.address(who, True))
                target = socket.inet_pton(socket.AF_INET6, "fd09::1")
                segment = struct.pack("!HHIIBBHHH", 40000, port, 1, 0, 0x50, SYN, 1000, 0, 0)
                packet = struct.pack("!IHBB", 6 << 28, 8 + len(segment), kind, 64) + source + target + struct.pack("!BBBBI", 6, 0, 1, 4, 0) + segment
                with within(who):
                    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                    s.bind(("eth0", 0))
                s.send(frame(self.lab.mac(who), self.lab.mac("victim"), 0x86dd, packet))
                s.close()
                time.sleep(0.05)
                self.assertEqual(seen(None, "tcp6"), {self.lab.address(who, True): {port}} if passes else {}, (who, port, kind))

    def test_a_way_that_is_not_known_yet_is_found_later(self):
        """As at the start of the host, before the network is up: nobody's hardware address is refused then."""
        self.serve(22)
        run("ip route del default")
        self.ends.callback(run, "ip route add default via 10.9.0.254", check=False)
        self.helper().begin(plan("isolate", timer=600, allow=("10.10.0.7,tcp,22,in",)))
        run("ip route add default via 10.9.0.254")
        run("ip neigh flush all")
        run("ip neigh flush all", "router")
        self.assertTrue(self.lab.reaches("remote", 22, timeout=5))
        self.assertFalse(self.lab.reaches("bystander", 22, timeout=0.5))

    def test_a_leased_address_is_warned_of(self):
        run("ip addr add 10.9.0.99/24 dev eth0 valid_lft 3600 preferred_lft 1800")
        self.ends.callback(run, "ip addr del 10.9.0.99/24 dev eth0")
        text = plan("isolate")
        said, lines = self.helper().ask(f"preview {len(text)}", text)
        self.assertEqual(said, "ok")
        warned = [line.split() for line in lines if line.startswith("warn lease")]
        self.assertEqual([w[2] for w in warned], ["10.9.0.99"])
        self.assertTrue(3590 <= int(warned[0][3]) <= 3600)
        self.assertIn("10.9.0.99 is lost in", re.sub(r"\s+", " ", self.ana("stop isolate")))

    def test_emergency(self):
        """At once, without a timer, with a case opened where none is; only a person lifts it."""
        self.serve(22, 80)
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        ben = type(self.ana)("ben", elsewhere, None)
        out = ben("stop emergency 'files are being encrypted' --allow 10.9.0.7:22")
        self.assertIn("cut off", out)
        self.assertTrue(self.lab.reaches("responder", 22))
        self.assertFalse(self.lab.reaches("bystander", 80, timeout=0.5))
        self.assertNotIn("timeout", run("nft list table inet calm"))
        self.assertEqual(contain_lab.watchdogs(), [])
        self.assertEqual(ben.json("stop status")[0]["host_state"], "armed")
        ben("stop undo a1")
        contain_lab.until(lambda: self.lab.reaches("bystander", 80), 5, "packets pass again")
        self.assertEqual(ruleset(), self.before)


    def test_what_somebody_took_away_is_told(self):
        """Another program empties the packet filter, as `nft flush ruleset` at the restart of a service does."""
        self.ana("stop isolate --timer", "1 min")
        self.ana("stop apply a1")
        self.assertFalse(self.ana.json("stop status")[0]["gone"])
        run("nft flush ruleset")
        self.assertTrue(self.ana.json("stop status")[0]["gone"])
        self.assertIn("NOT in effect", re.sub(r"\s+", " ", self.ana("stop status")))
        self.ana("stop undo a1")
        self.assertEqual(ruleset(), self.before)


class Responders(ContainTest):
    # Takes a connection on port 22 and runs a command line below it, as sshd does.
    LOGIN = """
import json, os, socket, subprocess, sys
s = socket.socket(socket.AF_INET6); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("::", 22)); s.listen()
print("ready", flush=True)
c = s.accept()[0]
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
print(json.dumps([done.returncode, done.stdout + done.stderr]), flush=True)
while True:
    data = c.recv(100)
    if not data: break
    c.send(data)
"""

    def logged_in(self, who, *words, six=False, env=None):
        """Runs calm below a connection from there; (exit status, text, the connection)."""
        command = ["/usr/bin/python3", "-c", self.LOGIN, CALM, "--case", str(self.case), *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=self.folder, env={**self.ana.env, **(env or {})})
        process.stdout.readline()
        s = self.lab.connect(who, 22, six)
        status, text = json.loads(process.stdout.readline())  # the connection lives on
        self.ends.callback(process.stdout.close)
        self.ends.callback(process.wait)
        self.ends.callback(process.kill)
        self.ends.callback(s.close)
        return status, text, s

    def test_who_would_lock_themselves_out_is_told(self):
        for six, name in ((False, "10.9.0.7:22"), (True, "[fd09::7]:22")):
            status, text, _ = self.logged_in("responder", "stop", "isolate", "--allow", "10.9.0.8", six=six)
            self.ends.pop_all().close()
            self.assertNotEqual(status, 0)
            self.assertIn(f"--allow {name}", re.sub(r"\s+", " ", text))
        status, text, _ = self.logged_in("responder", "stop", "block", "10.9.0.0/29")
        self.assertNotEqual(status, 0)
        self.assertRegex(re.sub(r"\s+", " ", text), "10.9.0.0/29 cannot be blocked: 10.9.0.[17],")
        self.assertEqual(self.ana.json("stop list"), [])

    def test_who_works_over_a_screen_is_known_by_ssh(self):
        """No process above holds the connection, but SSH tells of it."""
        env = {"SSH_CONNECTION": "10.9.0.7 40000 10.9.0.1 22"}
        for words, says in ((("stop", "isolate", "--allow", "10.9.0.8"), "10.9.0.7"), (("stop", "block", "10.9.0.7"), "where you are connected")):
            done = self.ana.run(*words, env=env)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(says, re.sub(r"\s+", " ", done.stderr.decode()))
        self.assertEqual(self.ana.run("stop", "emergency", "now", env=env).returncode, 0)
        self.assertIn("10.9.0.7", run("nft list table inet calm"))
        self.ana("stop undo a1")

    def test_an_emergency_keeps_the_connection_that_asked(self):
        status, text, mine = self.logged_in("responder", "stop", "emergency", "files are being encrypted")
        self.assertEqual(status, 0, text)
        self.assertTrue(contain_lab.says_back(mine))
        self.assertFalse(self.lab.pings("responder"))
        self.ana("stop undo a1")

    def test_refused_lists_name_what_is_wrong(self):
        for network, says in (("10.9.0.1", "an address of this host"), ("fd09::1", "an address of this host"), ("10.9.0.254", "the gateway"), ("127.0.0.1", "talks to itself"),
                              ("0.0.0.0/0", "0.0.0.0/0 cannot be blocked"), ("::/0", "::/0 cannot be blocked"), (self.lab.link_local("router"), "the gateway"),
                              ("10.9.0.0/24", "10.9.0.1, an address of this host, lies in it")):
            status, text = self.ana.fails(f"stop block {network}")
            self.assertIn(says, re.sub(r"\s+", " ", text), network)
        h = self.helper()
        self.assertEqual(h.ask("guard 10.9.0.8")[0], "ok")
        for text in (plan("block", "address 10.9.0.8"), plan("isolate", allow=("10.9.0.7",))):
            self.failed(h.prepare(text), "ERR_GATE", "10.9.0.8")
            self.failed(h.ask(f"preview {len(text)}", text), "ERR_GATE", "10.9.0.8")
        self.assertEqual(self.ana.json("stop list"), [])
        self.assertEqual(ruleset(), self.before)

    def test_two_at_once_take_turns(self):
        """Each of eight helpers prepares, begins and undoes; none is refused, and nothing is left."""
        def one(number):
            h = self.helper()
            text = plan("block", f"address 203.0.113.{number}", timer=60)
            return h, text

        pairs = [one(n) for n in range(8)]
        for h, text in pairs:
            h.process.stdin.write(f"prepare {len(text)} {hashlib.sha256(text).hexdigest()}\n".encode() + text + f"go {plan_id(text)} 0\n".encode())
            h.process.stdin.flush()
        for h, text in pairs:
            first = h.process.stdout.readline().decode().strip()
            self.assertTrue(h.process.stdout.read(int(first.split()[1])).startswith(b"network 1\n"))
            answers = [first, *(h.process.stdout.readline().decode().strip() for _ in range(5))]
            self.assertEqual([a.split()[0] for a in answers], ["before", "ok", "boot", "dropped", "moment", "ok"])
        for n in range(8):
            self.assertIn(f"203.0.113.{n}", run("nft list table inet calm"))
        self.assertEqual(len(contain_lab.watchdogs()), 2)  # one pair for all
        for h, text in pairs:
            self.assertEqual(h.ask(f"undo {plan_id(text)}")[0], "ok")
            self.assertEqual(h.ask(f"forget {plan_id(text)}")[0], "ok")
        self.assertEqual(ruleset(), self.before)

    def test_who_cannot_have_the_lock_is_told(self):
        os.makedirs(contain_lab.LEDGER, mode=0o700, exist_ok=True)
        holder = subprocess.Popen(["/usr/bin/python3", "-c", "import fcntl,os,struct,sys,time\nf=os.open(sys.argv[1],os.O_RDWR|os.O_CREAT,0o600)\n"
                                   "fcntl.fcntl(f,37,struct.pack('hhqqi4x',1,0,0,0,0))\nprint('held',flush=True)\ntime.sleep(60)", str(contain_lab.LEDGER / "lock")],
                                  stdout=subprocess.PIPE, text=True)
        self.assertEqual(holder.stdout.readline(), "held\n")
        text = plan("isolate")
        self.failed(self.helper().prepare(text), "ERR_CONFLICT", "somebody else is changing this host", "nothing was changed")
        holder.kill()
        holder.wait()
        holder.stdout.close()
        self.assertEqual(ruleset(), self.before)


class Plans(ContainTest):
    def test_another_hosts_plan(self):
        h = self.helper()
        self.failed(h.prepare(plan("isolate", machine="11" * 32)), "ERR_GATE", "another host", "victim")
        machine = pathlib.Path("/etc/machine-id")
        if machine.exists():
            text = plan("isolate", machine=hashlib.sha256(machine.read_bytes().strip()).hexdigest())
            self.assertEqual(h.prepare(text)[0], "ok")
        self.assertEqual(ruleset(), self.before)

    def test_an_altered_plan(self):
        h = self.helper()
        good = plan("isolate", allow=("10.9.0.7,tcp,22,in",))
        bad = good.replace(b"10.9.0.7", b"10.9.0.9")
        self.failed(h.ask(f"prepare {len(bad)} {hashlib.sha256(good).hexdigest()}", bad), "ERR_TAMPER", "digest")
        self.failed(h.ask(f"prepare {len(good)} 00", good), "ERR_TAMPER")
        self.assertEqual(h.prepare(good)[0], "ok")
        self.failed(h.prepare(good), "ERR_CONFLICT", "before")
        self.failed(h.ask("go " + "00" * 16 + " 0"), "ERR_NOTFOUND")
        self.failed(h.ask("explode"), "ERR_FORMAT")
        # In the case: the bytes of the plan that was approved are changed on disk.
        self.ana("stop isolate --allow 10.9.0.7:22")
        digest = [e["sha256"] for e in self.ana.json("preserve list") if e["title"].startswith("plan:")][0]
        blob = next(p for p in pathlib.Path(self.case).rglob("*") if p.is_file() and digest[2:] in str(p).replace("/", ""))
        os.chmod(blob, 0o600)
        blob.write_bytes(blob.read_bytes().replace(b"10.9.0.7", b"10.9.0.9"))
        status, text = self.ana.fails("stop apply a1")
        self.assertEqual(ruleset(), self.before)
        self.assertGreater(len(text), 40)

    def test_what_was_prepared_and_not_begun_is_forgotten(self):
        h = self.helper()
        text = plan("isolate")
        self.assertEqual(h.prepare(text)[0], "ok")
        self.assertTrue((contain_lab.LEDGER / plan_id(text) / "state").exists())
        other = self.helper()
        self.assertEqual([line.split()[1] for line in other.ask("status")[1]], ["prepared"])  # its helper is there
        h.close()
        self.assertEqual(other.ask("status")[1], [])
        killed = Helper(CONTAIN)
        text = plan("isolate")
        self.assertEqual(killed.prepare(text)[0], "ok")
        killed.kill()
        self.assertEqual(other.ask("status")[1], [])
        self.assertFalse((contain_lab.LEDGER / plan_id(text)).exists())
        # A folder that never got its state, and what a killed writer left in it.
        folder = contain_lab.LEDGER / ("ab" * 16)
        folder.mkdir(mode=0o700)
        (folder / "plan").write_bytes(b"plan 1\n")
        (folder / ".calm-1.part").write_bytes(b"x")
        self.assertEqual(other.ask("status")[1], [])
        self.assertFalse(folder.exists())

    def test_calm_killed_before_it_began(self):
        """The intent is on record and nothing was done: status says so, and it can be planned again."""
        if not pathlib.Path("/etc/machine-id").exists():
            self.skipTest("this machine has no id")
        self.ana("stop isolate --allow 10.9.0.7:22")
        # Killed at the call that gives the order "go": it is not given.
        log = self.folder / "calls"
        words = [CALM, "--case", str(self.case), "stop", "apply", "a1"]
        trace = ["strace", "-qq", "-o", str(log), "-e", "trace=sendto"]
        if SANITIZED or subprocess.run([*trace, "true"], capture_output=True, check=False).returncode:
            self.skipTest("strace does not trace here")
        process = subprocess.Popen([*trace, *words], env=self.ana.env, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.wait()
        sent = [line for line in log.read_text().splitlines() if line.startswith("sendto(")]
        number = next(n for n, line in enumerate(sent, 1) if '"go ' in line)
        self.ana("stop undo a1")
        self.ana("stop isolate --allow 10.9.0.7:22")
        words[-1] = "a2"
        done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"inject=sendto:signal=KILL:when={number}", *words], env=self.ana.env, cwd=self.folder, capture_output=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        contain_lab.until(lambda: not contain_lab.watchdogs(), 3, "the watchdogs end")
        self.assertEqual(self.ana.json("stop list")[1]["state"], "begun")
        self.assertIn("never put in effect", re.sub(r"\s+", " ", self.ana("stop status")))
        self.assertEqual(self.ana.json("stop list")[1]["state"], "undone")
        self.assertEqual(ruleset(), self.before)

    def test_a_host_without_nf_tables(self):
        """calm-contain without the right, as an ordinary user's namespace has it; and a kernel that knows no such socket."""
        text = plan("isolate")
        folder = self.folder / "ledger"
        for how, code in (("capsh", "ERR_DENIED"), ("seccomp", "ERR_NOTFOUND")):
            prefix = ["/usr/bin/python3", "-c", NO_NETFILTER if how == "seccomp" else NO_RIGHT]
            with contextlib.closing(Helper(CONTAIN, folder, prefix)) as h:
                self.assertEqual(h.ask("sessions")[0], "ok")
                self.failed(h.prepare(text), code, "packet filter" if how == "capsh" else "nf_tables")
                self.assertEqual(h.ask("status"), ("ok", []))
            self.assertEqual(ruleset(), self.before)
            self.assertEqual(contain_lab.watchdogs(), [])
            self.assertEqual(os.listdir("/etc/cron.d"), [])

    def test_a_later_moment_keeps_nobody_waiting(self):
        """While one helper waits for its moment, what another does is not held up."""
        slow, text = self.helper(), plan("block", "address 203.0.113.1", timer=60)
        self.assertEqual(slow.prepare(text)[0], "ok")
        start = time.monotonic()
        slow.process.stdin.write(f"go {plan_id(text)} 3000\n".encode())
        slow.process.stdin.flush()
        fast = plan("block", "address 203.0.113.2", timer=60)
        self.helper().begin(fast)
        self.assertLess(time.monotonic() - start, 2.5)
        self.assertNotIn("203.0.113.1 ", run("nft list table inet calm"))
        answers = [slow.process.stdout.readline().decode() for _ in range(4)]
        took = time.monotonic() - start
        self.assertEqual(answers[-1], "ok\n")
        self.assertTrue(3.0 <= took < 5.0, took)
        self.assertIn("203.0.113.1", run("nft list table inet calm"))


# Ends with this program's own start, which has then what it says.
NO_RIGHT = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
libc.prctl(24, 12, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_NET_ADMIN
os.execv(sys.argv[1], sys.argv[1:])
"""
NO_NETFILTER = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
# socket(AF_NETLINK, *, NETLINK_NETFILTER) is EPROTONOSUPPORT, as where the kernel has no nfnetlink; all else is done.
def op(code, k, jt=0, jf=0): return struct.pack("HBBI", code, jt, jf, k)
rules = [op(0x20, 0), op(0x15, 41, 0, 5), op(0x20, 16), op(0x15, 16, 0, 3), op(0x20, 32), op(0x15, 12, 0, 1), op(0x06, 0x50000 | 93), op(0x06, 0x7fff0000)]
code = b"".join(rules)
keep = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxP", len(rules), ctypes.addressof(keep))
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.create_string_buffer(program)) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


class Blocks(ContainTest):
    def test_many_addresses_and_networks(self):
        """100,000 addresses; what is among them is cut, what is not is as before; the list ends by itself."""
        self.serve(80)
        listed = self.folder / "list"
        addresses = [f"100.{64 + (n >> 16)}.{n >> 8 & 255}.{n & 255}" for n in range(100000)]
        listed.write_text("# from the provider\n" + "\n".join(["10.9.0.9", "fd09::9", "198.51.100.0/24", "2001:db8::/32", *addresses]) + "\n")
        old = [self.lab.connect("attacker", 80, six) for six in (False, True)]
        good = [self.lab.connect("bystander", 80, six) for six in (False, True)]
        out = self.ana(f"stop block --from-file {listed} --timer", "20 s")
        self.assertIn("10.9.0.9 on port 80", out)
        self.ana("stop apply a1")
        for s in old:
            self.assertFalse(contain_lab.says_back(s, 0.5))
        for s in good:
            self.assertTrue(contain_lab.says_back(s))
        for six in (False, True):
            self.assertFalse(self.lab.pings("attacker", six))
            self.assertTrue(self.lab.pings("bystander", six))
        table = run("nft list table inet calm")
        self.assertEqual(table.count("100.64.0.0") + table.count("100.65.134.159"), 2)  # the first and the last: 99,999 is 1 * 65536 + 134 * 256 + 159
        self.assertIn("198.51.100.0/24", table)
        self.ana("stop confirm a1")
        self.ana("stop undo a1")
        self.assertEqual(ruleset(), self.before)
        contain_lab.until(lambda: self.lab.pings("attacker"), 5, "packets pass again")
        for s in [*old, *good]:
            s.close()

    def test_neighbouring_networks_and_the_last_address(self):
        """Intervals that touch, and one that ends with the last address there is: as nft(8) reads them back, each is there, no other."""
        nets = ["0.0.0.0/8", "198.51.100.0/25", "198.51.100.128/25", "240.0.0.0/4", "ff00::/8"]
        self.helper().begin(plan("block", *(f"address {n}" for n in nets), timer=60))
        data = json.loads(run("nft -j list table inet calm"))
        covered = []
        for item in data["nftables"]:
            for element in item.get("set", {}).get("elem", []):
                if isinstance(element, dict) and "prefix" in element:
                    covered.append(f"{element['prefix']['addr']}/{element['prefix']['len']}")
                elif isinstance(element, dict) and "range" in element:
                    covered.append("-".join(element["range"]))
        for net in ("0.0.0.0/8", "ff00::/8"):
            self.assertIn(net, covered)
        self.assertTrue({"240.0.0.0/4", "240.0.0.0-255.255.255.255"} & set(covered), covered)
        self.assertTrue({"198.51.100.0/24"} & set(covered) or {"198.51.100.0/25", "198.51.100.128/25"} <= set(covered), covered)

    def test_it_ends_when_it_was_said_to(self):
        """Confirmed, and over at its expiry: by the watchdog, and the case hears of it."""
        text = plan("block", "address 10.9.0.9", "address fd09::9", timer=10, expiry=int(time.time()) + 4)
        h = self.helper()
        h.begin(text)
        self.assertFalse(self.lab.pings("attacker") or self.lab.pings("attacker", True))
        self.assertEqual(h.ask(f"confirm {plan_id(text)}")[0], "ok")
        contain_lab.until(lambda: ruleset() == self.before, 7, "it ends at its expiry")
        contain_lab.until(lambda: self.lab.pings("attacker") and self.lab.pings("attacker", True), 5, "packets pass again")
        self.assertEqual(h.ask("status")[1], [f"{plan_id(text)} undone block 0"])
        self.ana("stop block 10.9.0.9 --for-time", "12 s", "--timer", "10 s")  # what ends before it could be confirmed is refused
        self.ana("stop apply a1")
        self.ana("stop confirm a1")
        contain_lab.until(lambda: ruleset() == self.before, 14, "it ends at its expiry")
        self.assertIn("ended on the host", re.sub(r"\s+", " ", self.ana("stop status")))
        self.assertEqual(self.ana.json("stop list")[0]["state"], "undone")

    def test_unconfirmed_it_goes_back(self):
        self.serve(80)
        self.ana("stop isolate --timer", "10 s")
        start = time.monotonic()
        self.ana("stop apply a1")
        self.assertFalse(self.lab.reaches("bystander", 80, timeout=0.5))
        contain_lab.until(lambda: ruleset() == self.before, 14, "it goes back")
        self.assertTrue(9 <= time.monotonic() - start <= 13)
        contain_lab.until(lambda: self.lab.reaches("bystander", 80), 5, "packets pass again")
        self.assertIn("went back by itself", re.sub(r"\s+", " ", self.ana("stop status")))
        status, text = self.ana.fails("stop confirm a1")
        self.assertGreater(len(text), 30)


class Limits(ContainTest):
    def passed(self, name):
        data = run("nft list table inet count")
        return int(re.search(rf"counter {name} {{\s*packets (\d+)", data)[1])

    def count(self):
        run("nft -f -", stdin="""table inet count {
            counter bad {
            }
            chain in {
                type filter hook prerouting priority -100; policy accept;
                ip saddr 10.9.0.9 tcp flags & (syn | ack) == syn counter name bad
                ip6 saddr fd09::9 tcp flags & (syn | ack) == syn counter name bad
                ip saddr 10.9.0.9 meta l4proto udp counter name bad
            }
        }""")
        self.ends.callback(run, "nft delete table inet count")

    def test_a_flood_is_held_and_others_are_not(self):
        self.serve(80)
        self.ana("stop limit tcp --port 80 --rate 5 --burst 10 --prefix6 128 --timer", "1 min")
        self.ana("stop apply a1")
        self.count()
        for six in (False, True):
            start, before = time.monotonic(), self.passed("bad")
            raw_sweep("attacker", six, "tcp", self.lab.address("victim", six), ports=[80] * 2000)
            most = 10 + 5 * (time.monotonic() - start) + 1
            got = self.passed("bad") - before
            self.assertTrue(8 <= got <= most, (six, got, most))
            for _ in range(8):
                self.assertTrue(self.lab.reaches("bystander", 80, six))
        before = self.passed("bad")
        raw_sweep("attacker", False, "tcp", "10.9.0.1", ports=[81] * 50)
        self.assertEqual(self.passed("bad") - before, 50)  # the port that it is about, and no other

    def keep_asking(self, name, request, seconds):
        """How many answers one connection that stays open gets, each asked for as soon as the one before came."""
        asker = self.lab.connect(name, 80)
        asker.settimeout(0.2)
        end, got, want = time.monotonic() + seconds, 0, 0
        with contextlib.suppress(TimeoutError), contextlib.closing(asker):
            while time.monotonic() < end:
                if got == want:
                    asker.sendall(request)
                    want += len(request)
                got += len(asker.recv(65536))
        return got // len(request)

    def test_requests_over_a_connection_that_stays_open_are_held(self):
        """By packets, and by bytes where many requests come in one packet; before the rule the same connection makes a hundred times as many."""
        self.serve(80)
        request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        free = self.keep_asking("attacker", request, 2)
        self.assertGreater(free, 4000)
        text = plan("limit", "flood http", "port 80", "rate 5", "burst 10", "prefix4 32", timer=60)
        self.helper().begin(text)
        start = time.monotonic()
        self.assertLessEqual(self.keep_asking("attacker", request, 2), 10 + 5 * 3 + 1)
        many = request * 2000  # more than one packet holds
        passed = self.keep_asking("attacker", many, 2) * len(many)
        self.assertLessEqual(passed, 1500 * (10 + 5 * (time.monotonic() - start) + 1))
        for _ in range(8):  # a good client, beside it
            self.assertTrue(self.lab.reaches("bystander", 80))
        slow = self.lab.connect("bystander", 80)
        for _ in range(12):
            self.assertTrue(contain_lab.says_back(slow))
            time.sleep(0.1)
        slow.close()

    def test_a_limit_of_requests_holds_a_prefix_together(self):
        self.serve(80)
        text = plan("limit", "flood http", "port 80", "rate 5", "burst 10", "prefix4 24", timer=60)
        self.helper().begin(text)
        request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        start = time.monotonic()
        got = self.keep_asking("attacker", request, 1) + self.keep_asking("responder", request, 1)
        self.assertLessEqual(got, 10 + 5 * (time.monotonic() - start) + 1)
        self.assertGreater(got, 5)

    def test_a_download_is_not_held_by_a_limit_of_requests(self):
        """Its acknowledgements bring no data, however many there are."""
        self.serve(80)
        self.helper().begin(plan("limit", "flood http", "port 80", "rate 2", "burst 4", timer=60))
        c = self.lab.connect("bystander", 80)
        c.settimeout(5)
        got = 0
        c.sendall(b"big")
        while got < 200000:
            got += len(c.recv(2000))
        c.close()

    def test_datagrams(self):
        self.serve(53)
        text = plan("limit", "flood udp", "port 53", "rate 10", "burst 20", "prefix4 24", timer=60, allow=("10.9.0.8",))
        self.helper().begin(text)
        self.count()
        start = time.monotonic()
        raw_sweep("attacker", False, "udp", "10.9.0.1", ports=[53] * 1000)
        got, most = self.passed("bad"), 20 + 10 * (time.monotonic() - start) + 1
        self.assertTrue(18 <= got <= most, (got, most))
        # The responder is in the same /24 as the attacker and waits with it; whom the plan names does not.
        self.assertEqual(sum(self.lab.asks("bystander", 53) for _ in range(30)), 30)

    def test_open_connections(self):
        self.serve(80)
        text = plan("limit", "flood tcp", "port 80", "connections 5", "prefix6 128", timer=60)
        self.helper().begin(text)
        for six in (False, True):
            bad = [self.lab.connect("attacker", 80, six, timeout=0.5) for _ in range(9)]
            self.assertEqual([c is not None for c in bad], [True] * 5 + [False] * 4)
            good = [self.lab.connect("bystander", 80, six) for _ in range(4)]
            self.assertTrue(all(contain_lab.says_back(c) for c in good))
            for c in bad + good:
                if c:
                    c.close()


@unittest.skipIf(SANITIZED, "a sanitizer's memory is not the program's")
class Memory(ContainTest):
    def test_helper_and_watchdogs_stay_small(self):
        """Resident at most, over their lives: 16 MiB, with 100,000 addresses."""
        h = self.helper()
        text = plan("block", *(f"address 100.{64 + (n >> 16)}.{n >> 8 & 255}.{n & 255}" for n in range(100000)), timer=60)
        self.assertEqual(h.ask(f"preview {len(text)}", text)[0], "ok")
        h.begin(text)
        self.assertEqual(h.ask(f"check {plan_id(text)}")[0], "ok")
        for pid in [h.process.pid, *contain_lab.watchdogs()]:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
            self.assertLess(peak, 16 * 1024, pid)


if __name__ == "__main__":
    contain_lab.enter()
    main()
