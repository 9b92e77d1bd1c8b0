"""test_contain_ways.py: hosts with several gateways, with tunnels, and hosts that pass on what others send: who is reached over what, and what is told of that."""
import contextlib
import hashlib
import json
import pathlib
import re
import socket
import struct
import subprocess
import time

import contain_lab
from contain_lab import plan, plan_id, ruleset, run, within
from harness import main
import test_contain
from test_contain import CONTAIN, ContainTest

SECOND = ("10.9.0.253", "fd09::fd")


class Gateways(ContainTest):
    """A second address of the router is a second gateway; where the default route goes is as each test says."""

    def setUp(self):
        super().setUp()
        self.six = self.lab.link_local("router")
        self.default = {"-4": run("ip route show default").strip(), "-6": run("ip -6 route show default").strip()}
        run(f"ip addr add {SECOND[0]}/24 dev eth0", "router")
        run(f"ip -6 addr add {SECOND[1]}/64 dev eth0 nodad", "router")
        self.ends.callback(self.give_back)

    def give_back(self):
        for family, route in self.default.items():
            run(f"ip {family} route del default", check=False)
            run(f"ip {family} route replace {route.replace(' pref medium', '')}")
        run("ip nexthop flush", check=False)
        run(f"ip addr del {SECOND[0]}/24 dev eth0", "router")
        run(f"ip -6 addr del {SECOND[1]}/64 dev eth0", "router")

    def lead(self, *routes):
        for family in ("-4", "-6"):
            run(f"ip {family} route del default", check=False)
        for line in routes:
            run("ip " + line)

    SEVERAL = ("route add default nexthop via 10.9.0.254 nexthop via 10.9.0.253", "-6 route add default nexthop via fd09::fe dev eth0 nexthop via fd09::fd dev eth0")
    OBJECTS = ("nexthop add id 71 via 10.9.0.254 dev eth0", "nexthop add id 72 via 10.9.0.253 dev eth0", "nexthop add id 73 group 71/72", "route add default nhid 73",
               "nexthop add id 76 via fd09::fe dev eth0", "nexthop add id 77 via fd09::fd dev eth0", "nexthop add id 78 group 76/77", "-6 route add default nhid 78")
    ACROSS = ("route add default via inet6 fd09::fd dev eth0",)

    def refused(self, *gateways):
        h = self.helper()
        for gateway in gateways:
            text = plan("block", f"address {gateway}")
            self.failed(h.ask(f"preview {len(text)}", text), "ERR_GATE", gateway, "the gateway")
        text = plan("block", "address 10.9.0.77")  # and nothing else is
        self.assertEqual(h.ask(f"preview {len(text)}", text)[0], "ok")

    def test_each_of_several_is_refused(self):
        self.lead(*self.SEVERAL)
        self.refused("10.9.0.254", SECOND[0], "fd09::fe", SECOND[1])

    def test_each_of_a_group_of_objects_is_refused(self):
        """Also where the kernel tells nothing but the number of the object."""
        self.lead(*self.OBJECTS)
        for told in (1, 0):
            run(f"sysctl -qw net.ipv4.nexthop_compat_mode={told}")
            self.ends.callback(run, "sysctl -qw net.ipv4.nexthop_compat_mode=1")
            self.refused("10.9.0.254", SECOND[0], "fd09::fe", SECOND[1])

    def test_one_of_the_other_family_is_refused(self):
        self.lead(*self.ACROSS)
        self.refused(SECOND[1])

    def found(self):
        """Whom ARP and neighbour discovery may find, as nft(8) shows the rules."""
        arp = run("nft list table arp calm")
        six = run("nft list table inet calm")
        return set(re.findall(r"arp [sd]addr ip (\S+)", arp)), set(re.findall(r"ip6 daddr (fd\S+) (?:meta l4proto.*)?icmpv6 type nd-neighbor-solicit", six) + re.findall(r"nd-neighbor-solicit.*ip6 daddr (fd09\S+)", six))

    def test_all_of_them_find_this_host_when_it_is_isolated(self):
        """Whichever of the two the kernel takes for a responder, and when the other is gone."""
        self.serve(22)
        for routes in (self.SEVERAL, self.OBJECTS):
            self.lead(*routes)
            h = self.helper()
            text = plan("isolate", allow=("10.10.0.7,tcp,22,in", "fd10::7,tcp,22,in"), timer=30)
            h.begin(text)
            four, six = self.found()
            self.assertEqual(four, {"10.9.0.254", SECOND[0]})
            self.assertLessEqual({"fd09::fe", SECOND[1]}, six)
            for way in ("10.9.0.254", SECOND[0]):
                run("ip neigh flush all")
                with contextlib.ExitStack() as gone:
                    if routes is self.SEVERAL:
                        run(f"ip route replace default via {way}")
                        gone.callback(run, "ip route replace default nexthop via 10.9.0.254 nexthop via 10.9.0.253")
                    contain_lab.until(lambda: self.lab.reaches("remote", 22), 5, f"over {way}")
            self.assertEqual(h.ask("undo " + contain_lab.plan_id(text))[0], "ok")
            run("ip nexthop flush", check=False)


class Tunnels(ContainTest):
    """The responder is reached at 10.77.0.7, within packets to 10.9.0.7."""

    INNER = "10.77.0.7"
    OUTER = ("10.9.0.7,udp,4789,out", "10.9.0.7,udp,4789,in")

    def make_vxlan(self, bridged=False):
        for ns, here, there, number in (None, 1, 7, 1), ("responder", 7, 1, 7):
            run(f"ip link add tun0 type vxlan id 5 local 10.9.0.{here} remote 10.9.0.{there} dstport 4789 dev eth0", ns)
            self.ends.callback(run, "ip link del tun0", ns)
            carries = "tun0"
            if bridged and not ns:
                run("ip link add inner type bridge")
                self.ends.callback(run, "ip link del inner")
                run("ip link set tun0 master inner")
                run("ip link set inner up")
                carries = "inner"
            run("ip link set tun0 up", ns)
            run(f"ip addr add 10.77.0.{number}/24 dev {carries}", ns)

    def asked(self, order, *allow, **more):
        text = plan("isolate", allow=allow, **more)
        h = self.helper()
        return (h.ask(f"preview {len(text)}", text) if order == "preview" else h.prepare(text)), h, text

    def through(self):
        """Does the responder get through to port 22 of this host, within the tunnel?"""
        with within("responder"):
            s = socket.socket()
        with s:
            s.settimeout(1)
            try:
                s.connect(("10.77.0.1", 22))
            except OSError:
                return False
            return contain_lab.says_back(s)

    def test_whoever_is_reached_within_other_packets_is_not_cut_off_with_them(self):
        self.serve(22)
        for bridged in (False, True):
            with self.subTest(bridged=bridged), contextlib.ExitStack() as ends:
                self.ends, kept = ends, self.ends
                self.make_vxlan(bridged)
                contain_lab.until(self.through, 5, "the tunnel works")
                for order in ("preview", "prepare"):
                    answer, _, _ = self.asked(order, self.INNER + ",tcp,22,in")
                    self.failed(answer, "ERR_GATE", self.INNER, "tun0", *("--allow " + a for a in self.OUTER))
                    answer, _, _ = self.asked(order, self.INNER + ",tcp,22,in", self.OUTER[0])
                    self.failed(answer, "ERR_GATE", "--allow " + self.OUTER[1])
                    self.assertNotIn("--allow " + self.OUTER[0], answer[0])
                answer, h, text = self.asked("prepare", *self.OUTER, self.INNER + ",tcp,22,in")
                self.assertEqual(answer[0], "ok")
                self.assertEqual(h.ask(f"go {contain_lab.plan_id(text)} 0")[0], "ok")
                run("ip neigh flush all")
                self.assertTrue(self.through())
                self.assertFalse(self.lab.reaches("responder", 22))  # outside of it nobody is let in
                self.assertEqual(h.ask("undo " + contain_lab.plan_id(text))[0], "ok")
            self.ends = kept

    def test_who_is_reached_outside_of_it_needs_nothing(self):
        self.make_vxlan()
        answer, _, _ = self.asked("preview", "10.9.0.8,tcp,22,in")
        self.assertEqual(answer[0], "ok")
        self.assertNotIn("tunnel", "".join(answer[1]))

    def test_an_emergency_keeps_what_the_connection_that_asked_came_through(self):
        self.make_vxlan()
        command = ["/usr/bin/python3", "-c", test_contain.Responders.LOGIN, str(CONTAIN), "serve"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ends.callback(process.stdout.close)
        self.ends.callback(process.wait)
        self.ends.callback(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.stdin.write("sessions\n")
        process.stdin.close()
        with within("responder"):
            mine = socket.create_connection(("10.77.0.1", 22), 5)
        with mine:
            status, text = json.loads(process.stdout.readline())
        self.assertEqual((status, sorted(text.splitlines())), (0, sorted([self.INNER + ",tcp,22,in", *self.OUTER, "ok"])))

    def test_the_other_end_of_a_tunnel_that_one_works_through_is_not_blocked(self):
        self.make_vxlan()
        text = plan("block", "address 10.9.0.7")
        h = self.helper()
        self.assertEqual(h.ask(f"preview {len(text)}", text)[0], "ok")  # nobody works through it
        self.assertEqual(h.ask("guard " + self.INNER)[0], "ok")
        for order in (f"preview {len(text)}", f"prepare {len(text)} {hashlib.sha256(text).hexdigest()}"):
            self.failed(h.ask(order, text), "ERR_GATE", "10.9.0.7", "the other end of the tunnel")

    def test_one_whose_other_end_is_not_known(self):
        """A program carries its packets (OpenVPN): who may be at its other end is for a person to say."""
        run("ip tuntap add vpn0 mode tun")
        self.ends.callback(run, "ip tuntap del vpn0 mode tun")
        run("ip addr add 10.77.0.1/24 dev vpn0")
        run("ip link set vpn0 up")
        answer, _, _ = self.asked("preview", self.INNER + ",tcp,22,in")
        self.failed(answer, "ERR_GATE", self.INNER, "vpn0", "cannot be seen")
        self.assertEqual(self.asked("preview", self.INNER + ",tcp,22,in", timer=0)[0][0], "ok")  # an emergency asks nothing
        answer, _, _ = self.asked("preview", "10.9.0.7,udp,1194,out", self.INNER + ",tcp,22,in")
        self.assertEqual(answer[0], "ok")
        self.assertIn(f"warn tunnel vpn0 {self.INNER}", answer[1])
        said = re.sub(r"\s+", " ", self.ana("stop isolate --allow 10.9.0.7,udp,1194,out --allow", self.INNER + ":22"))
        self.assertIn("10.77.0.7 is reached through vpn0, a tunnel whose other end cannot be seen here", said)


CUSTOMER = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
assert s.recv(4) == b"shop"
print("ready", flush=True)
sys.stdin.read()
"""
SHOP = """
import socket
s = socket.create_server(("0.0.0.0", 80))
print("ready", flush=True)
kept = []
while True:
    c = s.accept()[0]
    kept.append(c)
    c.send(b"shop")
"""
DNAT = """
table ip nat {
    chain DOCKER {
        tcp dport 8080 dnat to 172.17.0.2:80
    }
    chain PREROUTING {
        type nat hook prerouting priority -100; policy accept;
        jump DOCKER
    }
}
"""


def forget_connections():
    """What is tracked in this namespace, so that no test finds what another left (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE of all)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as s:
        s.send(struct.pack("=IHHIIBBH", 20, 1 << 8 | 2, 1 | 4, 1, 0, 0, 0, 0))
        if answer := struct.unpack_from("=i", s.recv(4096), 16)[0]:
            raise OSError(-answer, "forgetting connections")


class PassedOn(ContainTest):
    """A container behind this host, at 172.17.0.2, whose port 80 is this host's 8080; a customer of it on another host."""

    def setUp(self):
        super().setUp()
        run("ip netns add box")
        self.ends.callback(run, "ip netns del box")
        run("ip link add c0 type veth peer name eth0 netns box")
        run("ip addr add 172.17.0.1/24 dev c0")
        run("ip link set c0 up")
        for line in "ip link set lo up", "ip link set eth0 up", "ip addr add 172.17.0.2/24 dev eth0", "ip route add default via 172.17.0.1":
            run(line, "box")
        run("ip route add 172.17.0.0/24 via 10.9.0.1", "bystander")
        self.ends.callback(run, "ip route del 172.17.0.0/24", "bystander")
        run("sysctl -qw net.ipv4.ip_forward=1")
        self.ends.callback(run, "sysctl -qw net.ipv4.ip_forward=0")
        self.ends.callback(forget_connections)
        self.start("box", SHOP)

    def start(self, ns, program, *words):
        p = subprocess.Popen(["ip", "netns", "exec", ns, "/usr/bin/python3", "-c", program, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ends.callback(p.wait)
        self.ends.callback(p.stdout.close)
        self.ends.callback(p.stdin.close)
        self.ends.callback(p.kill)
        self.assertEqual(p.stdout.readline(), "ready\n")

    def preview(self, *words, **more):
        text = plan(*words, **more)
        said, lines = self.helper().ask(f"preview {len(text)}", text)
        self.assertEqual(said, "ok")
        return lines

    def test_customers_of_a_container_are_told(self):
        run("nft -f -", stdin=DNAT)
        self.ends.callback(run, "nft delete table ip nat")
        self.start("bystander", CUSTOMER, "10.9.0.1", 8080)
        through = [line for line in self.preview("isolate", allow=("10.9.0.7,tcp,22,in",)) if line.endswith(" through")]
        self.assertEqual(len(through), 1)
        self.assertRegex(through[0], r"^end tcp 172\.17\.0\.2 80 10\.9\.0\.8 \d+ - through$")
        for address in ("10.9.0.8", "172.17.0.2"):
            self.assertEqual([line for line in self.preview("block", f"address {address}") if line.startswith("end ")], through)
        self.assertEqual([line for line in self.preview("block", "address 10.9.0.9") if line.startswith("end ")], [])
        self.assertEqual([line for line in self.preview("down", "interface c0") if line.startswith("end ")], through)
        self.assertNotIn("warn routed", self.preview("isolate"))
        said = re.sub(r"\s+", " ", self.ana("stop isolate --allow 10.9.0.7:22"))
        self.assertIn("1 connection: 10.9.0.8 to 172.17.0.2 at port 80, passed on by this host", said)
        self.ana("stop apply a1")
        self.ana("stop undo a1")

    def test_where_nothing_lists_them_that_is_said(self):
        self.start("bystander", CUSTOMER, "172.17.0.2", 80)
        for words in (("isolate",), ("block", "address 10.9.0.8"), ("down", "interface c0")):
            self.assertIn("warn routed", self.preview(*words))
        for line in ("stop isolate --allow 10.9.0.7:22", "stop block 10.9.0.8"):
            said = re.sub(r"\s+", " ", self.ana(line))
            self.assertIn("this host passes packets on for others", said)
            self.assertNotIn("no connection that is open now", said)
        run("sysctl -qw net.ipv4.ip_forward=0")
        self.assertNotIn("warn routed", self.preview("isolate"))


class Expiry(ContainTest):
    """It is counted by the clock of this boot, which nobody can set (CLOCK_BOOTTIME); the wall's says only how much there is when it begins."""

    def begun(self, seconds):
        """Confirmed, with that long to live by the wall: its state on disk, and what helps with it."""
        text = plan("block", "address 10.9.0.9", timer=30, expiry=int(time.time()) + seconds)
        h = self.helper()
        h.begin(text)
        return h, plan_id(text), contain_lab.LEDGER / plan_id(text) / "state"

    @staticmethod
    def boot_ms():
        return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)

    def holds(self):
        return not self.lab.pings("attacker")

    def test_what_is_left_by_the_wall_when_it_begins_is_left_by_the_clock_of_the_boot(self):
        before = self.boot_ms()
        wall = time.time()
        _, _, state = self.begun(3600)
        name, _, boot, ends, seen = state.read_text().split()
        self.assertEqual(name, "armed")
        self.assertEqual(boot, pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", ""))
        self.assertTrue(before <= int(seen) <= self.boot_ms())
        # expiry is a whole second of the wall: at most one less than an hour is left, and what this test took
        self.assertTrue(3598_000 <= int(ends) - before <= 3600_000 + 1000 * (time.time() - wall), (ends, before))

    def test_a_wall_that_says_it_is_over_does_not_end_it(self):
        """As it stands where somebody sets the wall's clock ahead after it began: the wall is past its expiry, the boot's clock is not."""
        h, number, state = self.begun(3)
        words = state.read_text().split()
        words[3] = str(self.boot_ms() + 9000)
        state.write_text(" ".join(words) + "\n")
        self.assertEqual(h.ask(f"confirm {number}")[0], "ok")
        began = time.monotonic()
        while time.monotonic() - began < 6:
            self.assertTrue(self.holds())
            self.assertEqual(h.ask("status")[1], [f"{number} confirmed block 0"])
            time.sleep(0.5)
        contain_lab.until(lambda: ruleset() == self.before, 6, "it ends when the clock of the boot says so")

    def test_after_a_restart_what_was_left_is_left(self):
        """Written by another boot: what was left then counts from the start of this one; the time between does not, for the wall alone tells it."""
        for left_ms, is_over in ((self.boot_ms() + 4000, False), (max(self.boot_ms() - 1000, 1), True)):
            h, number, state = self.begun(2)
            self.assertEqual(h.ask(f"confirm {number}")[0], "ok")
            state.write_text(f"confirmed 0 {'ab' * 16} {10**12 + left_ms} {10**12}\n")
            time.sleep(2.5)  # it is over by the wall
            answer = h.ask("status")[1]
            if is_over:
                self.assertEqual(answer, [f"{number} undone block 0"])
                continue
            self.assertEqual(answer, [f"{number} confirmed block 0"])
            self.assertTrue(self.holds())
            self.assertEqual(state.read_text().split()[2], pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", ""))
            contain_lab.until(lambda: ruleset() == self.before, 6, "it ends when what was left is over")
            h.ask("forget " + number)

    def test_one_that_an_earlier_program_began_ends(self):
        """Its state has no such words."""
        h, number, state = self.begun(3)
        state.write_text(" ".join(state.read_text().split()[:3]) + "\n")
        self.assertEqual(h.ask(f"confirm {number}")[0], "ok")
        contain_lab.until(lambda: ruleset() == self.before, 6, "it ends at its expiry")


if __name__ == "__main__":
    contain_lab.enter()
    main()
