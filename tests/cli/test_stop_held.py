"""test_stop_held.py: what a change of the packet filter holds besides: interfaces that come later, what a bridge passes on, and whether the table is still as it was put.

In namespaces of its own: nothing of this machine is changed."""
import contextlib
import os
import pathlib
import socket
import subprocess
import time
import unittest

import contain_host
from contain_host import CONTAIN, sh
from harness import main, one_line
from stop_host import StopTest, rules

WHY_NOT = contain_host.enter()
FRAME = b"\xff" * 6 + b"\x02" * 6 + b"\x88\xb5" + b"leak" * 20
PROBE = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM); s.settimeout(0.7)
try:
    s.connect((sys.argv[1], int(sys.argv[2])))
except ConnectionRefusedError:
    print("yes")
except OSError:
    print("no")
else:
    print("yes")
"""


def until(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def followers():
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "cmdline").read_bytes().startswith(b"calm-contain-follow\0"):
                found.append(int(folder.name))
    return found


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Held(StopTest):
    def setUp(self):
        super().setUp()
        self.ana('assess look "x"')

    def plug(self, name):
        """An interface that comes now, with the other end of its cable."""
        sh("ip", "link", "add", name, "type", "veth", "peer", "name", name + "p")
        self.addCleanup(sh, "ip", "link", "del", name, check=False)
        for end in (name, name + "p"):
            sh("ip", "link", "set", end, "up")

    def leaks(self, name):
        """Does a program's frame leave over it?"""
        ear, s = (socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) for _ in range(2))
        with ear, s:
            ear.bind((name + "p", 3))
            ear.settimeout(0.5)
            s.bind((name, 0))
            with contextlib.suppress(OSError):
                s.send(FRAME)
            end = time.monotonic() + 0.7
            with contextlib.suppress(OSError):
                while time.monotonic() < end:
                    if ear.recv(2048).startswith(FRAME):
                        return True
        return False

    def held(self, name):
        return f'device "{name}"' in rules()

    # Interfaces that come later.
    def test_an_interface_that_is_plugged_in_later_lets_nothing_out(self):
        self.plug("n0")
        self.assertTrue(self.leaks("n0"))
        for line, call in (('stop --emergency "it spreads"', "a1"), ("stop isolate --allow 10.9.0.7:22", "a2")):
            self.ana(line)
            if call == "a2":
                self.ana("stop apply a2")
            self.assertFalse(self.leaks("n0"))
            self.plug(call + "n")
            self.assertTrue(until(lambda name=call + "n": self.held(name)))
            self.assertFalse(self.leaks(call + "n"))
            self.assertFalse(self.ana.json("stop status")[-1]["gone"])  # what was added is known
            sh("ip", "link", "del", call + "n")
            self.assertFalse(self.ana.json("stop status")[-1]["gone"])
            self.ana(f"stop undo {call}")
            self.assertEqual(rules(), self.before)
            self.assertTrue(until(lambda: not followers()))
        self.assertTrue(self.leaks("n0"))

    def test_what_follows_lifts_nothing_and_is_there_again(self):
        self.ana('stop --emergency "it spreads"')
        first = followers()
        self.assertEqual(len(first), 1)
        table = sh("nft", "-s", "list", "ruleset")  # without what was counted: the kernel itself sends a packet now and then
        os.kill(first[0], 9)
        self.assertTrue(until(lambda: first[0] not in followers()))
        self.assertEqual(sh("nft", "-s", "list", "ruleset"), table)
        subprocess.run([CONTAIN, "boot"], check=True, timeout=30)  # as cron does each minute
        self.assertTrue(until(followers))
        self.plug("n0")
        self.assertTrue(until(lambda: self.held("n0")))
        self.assertFalse(self.leaks("n0"))
        self.ana("stop undo a1")

    def test_an_interface_that_comes_behind_the_start_of_the_host(self):
        self.ana('stop --emergency "it spreads"')
        for pid in followers():
            os.kill(pid, 9)
        sh("nft", "flush", "ruleset")
        other = pathlib.Path("/run/boot_id")
        other.write_text("11111111-2222-3333-4444-555555555555\n")
        sh("mount", "--bind", str(other), "/proc/sys/kernel/random/boot_id")
        try:
            subprocess.run([CONTAIN, "boot"], check=True, timeout=30)
            self.plug("n0")
            self.assertTrue(until(lambda: self.held("n0")))
            self.assertFalse(self.leaks("n0"))
            self.ana("stop undo a1")
        finally:
            sh("umount", "/proc/sys/kernel/random/boot_id")

    # What a bridge passes on.
    def bridge(self, count=2):
        """Namespaces b1 and b2 on bridge br0 of this host; its own packet filter does not see what that passes on."""
        sh("ip", "link", "add", "br0", "type", "bridge")
        self.addCleanup(sh, "ip", "link", "del", "br0", check=False)
        sh("ip", "link", "set", "br0", "up")
        with contextlib.suppress(OSError):
            pathlib.Path("/proc/sys/net/bridge/bridge-nf-call-iptables").write_text("0\n")
        for n in range(1, count + 1):
            sh("ip", "netns", "add", f"b{n}")
            self.addCleanup(sh, "ip", "netns", "del", f"b{n}", check=False)
            sh("ip", "link", "add", f"t{n}", "type", "veth", "peer", "name", "eth0", "netns", f"b{n}")
            sh("ip", "link", "set", f"t{n}", "master", "br0")
            sh("ip", "link", "set", f"t{n}", "up")
            sh("ip", "-n", f"b{n}", "link", "set", "eth0", "up")
            sh("ip", "-n", f"b{n}", "addr", "add", f"10.12.0.{n}/24", "dev", "eth0")
            sh("ip", "-n", f"b{n}", "-6", "addr", "add", f"fd12::{n}/64", "dev", "eth0", "nodad")

    def reaches(self, who, to, port=9):
        return sh("ip", "netns", "exec", who, "/usr/bin/python3", "-c", PROBE.replace("AF_INET,", "AF_INET6," if ":" in to else "AF_INET,"), to, str(port)).strip() == "yes"

    def test_a_block_holds_what_a_bridge_passes_on(self):
        self.bridge()
        for to in ("10.12.0.2", "fd12::2"):
            self.assertTrue(until(lambda to=to: self.reaches("b1", to)), to)
        self.ana("stop block 10.12.0.2 fd12:0:0:0::2/127")
        self.ana("stop apply a1")
        for to, way in (("10.12.0.2", "b1"), ("fd12::2", "b1"), ("10.12.0.1", "b2")):
            self.assertFalse(self.reaches(way, to), (way, to))
        self.ana("stop undo a1")
        self.assertEqual(rules(), self.before)
        self.assertTrue(self.reaches("b1", "10.12.0.2"))

    def test_a_block_holds_a_bridge_that_comes_later(self):
        self.ana("stop block 10.12.0.2")
        self.ana("stop apply a1")
        self.assertNotIn("@one4", sh("nft", "list", "table", "bridge", "calm"))
        self.bridge()
        self.assertTrue(until(lambda: "@one4" in sh("nft", "list", "table", "bridge", "calm")))
        self.assertFalse(self.reaches("b1", "10.12.0.2"))
        self.assertFalse(self.ana.json("stop status")[0]["gone"])
        self.ana("stop undo a1")

    def test_a_limit_holds_what_a_bridge_passes_on(self):
        self.bridge()
        self.assertTrue(until(lambda: self.reaches("b1", "10.12.0.2")))
        said = one_line(self.ana("stop limit tcp --port 9 --rate 1 --burst 2 --connections 5"))
        self.assertIn("connections that a bridge passes on are not counted", said)
        self.ana("stop apply a1")
        got = [self.reaches("b1", "10.12.0.2") for _ in range(6)]
        self.assertTrue(got[0])
        self.assertIn(False, got)
        self.ana("stop undo a1")

    # Is it still as it was put?
    def test_a_table_that_somebody_changed_is_told(self):
        self.ana("stop isolate --allow 10.9.0.7:22")
        self.ana("stop apply a1")
        self.ana("stop confirm a1")
        put = "\n".join(line for line in sh("nft", "-s", "list", "ruleset").splitlines())
        own = [line.split()[1] for line in sh("nft", "list", "table", "inet", "calm").splitlines() if line.startswith("\tchain in-")][0]
        changes = (
            ("the base chains emptied", "flush chain inet calm in; flush chain inet calm out; flush chain inet calm forward"),
            ("the first rule lets all in", "insert rule inet calm in accept"),
            ("a rule of the plan's own less", f"flush chain inet calm {own}"),
            ("asleep", "add table inet calm { flags dormant; }"),
            ("another policy", "chain inet calm in { policy drop; }"),
            ("a chain before ours", "add chain inet calm before { type filter hook prerouting priority -600; }; add rule inet calm before accept"),
            ("the frames of a card", "flush chain netdev calm out-e0"),
            ("who finds this host", "delete table arp calm"),
        )
        self.assertFalse(self.ana.json("stop status")[0]["gone"])
        for what, change in changes:
            with self.subTest(what):
                sh("nft", "-f", "-", input=change + "\n")
                self.assertTrue(self.ana.json("stop status")[0]["gone"])
                sh("nft", "-f", "-", input="\n".join(f"delete table {t} calm" for t in ("inet", "arp", "bridge", "netdev") if f"table {t} calm" in rules()) + "\n")
                sh("nft", "-f", "-", input=put)
                self.assertFalse(self.ana.json("stop status")[0]["gone"])
        sh("nft", "insert", "rule", "inet", "calm", "in", "accept")
        self.assertIn("NOT in effect", one_line(self.ana("stop status")))
        self.ana("stop undo a1")
        self.assertEqual(rules(), self.before)

    def test_a_list_that_somebody_emptied_is_told(self):
        self.ana("stop block 203.0.113.9 198.51.100.0/24")
        self.ana("stop apply a1")
        self.ana("stop confirm a1")
        name = [line.split()[1] for line in rules().splitlines() if line.startswith("\tset one4-")][0]
        self.assertFalse(self.ana.json("stop status")[0]["gone"])
        sh("nft", "flush", "set", "inet", "calm", name)
        self.assertTrue(self.ana.json("stop status")[0]["gone"])
        sh("nft", "add", "element", "inet", "calm", name, "{ 203.0.113.10 }")  # as many, and another
        self.assertTrue(self.ana.json("stop status")[0]["gone"])
        sh("nft", "flush", "set", "inet", "calm", name)
        sh("nft", "add", "element", "inet", "calm", name, "{ 203.0.113.9 }")
        self.assertFalse(self.ana.json("stop status")[0]["gone"])
        self.ana("stop undo a1")

    def test_one_plan_that_was_changed_is_not_the_other(self):
        self.ana("stop block 203.0.113.9")
        self.ana("stop block 203.0.113.10")
        self.ana("stop apply a1")
        self.ana("stop apply a2")
        own = self.ana.json("stop show a1")["plan_text"].splitlines()[1].split()[1][:8]
        sh("nft", "flush", "chain", "inet", "calm", f"out-{own}")
        self.assertEqual([s["gone"] for s in self.ana.json("stop status")], [True, False])
        self.ana("stop undo a1")
        self.ana("stop undo a2")


if __name__ == "__main__":
    main()
