"""test_receive.py: bundles come over the network to a receiver that others want to stop, fill or take over: real senders and senders made by hand
from doc/format/bundle.md section 4."""
import hashlib
import os
import pathlib
import pty
import random
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

import harness
import sender
from harness import COLLECT, CaseTest

FULL = 12
# It holds so much memory of its own that sending it takes a while.
HOLDS_MEMORY = "import os, time; held = os.urandom(128 << 20); print('ready', flush=True); time.sleep(600)"


class Receiver:
    """`calm preserve receive`, with what it says so far."""

    def __init__(self, test, *words, within=()):
        self.process = subprocess.Popen([*within, harness.CALM, "--case", str(test.case), "preserve", "receive", *words], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, cwd=test.folder, env=test.ana.env)
        self.said = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        test.addCleanup(self.kill)
        self.wait_for("Ctrl-C ends it")
        self.command = next(line.strip() for line in self.said if "--token" in line)
        words = shlex.split(self.command)
        self.token, self.place = words[words.index("--token") + 1], words[words.index("--output") + 1]

    def read(self):
        for line in self.process.stdout:
            self.said.append(line)

    def text(self):
        return "".join(self.said)

    def wait_for(self, pattern, seconds=60):
        until = time.monotonic() + seconds
        while not re.search(pattern, self.text()):
            if time.monotonic() > until or (self.process.poll() is not None and not self.reader.is_alive()):
                raise AssertionError(f"it did not say {pattern}: {self.text()}")
            time.sleep(0.02)

    def end(self, status=0):
        """Ctrl-C; all that it said comes back."""
        self.process.send_signal(signal.SIGINT)
        return self.wait(status)

    def wait(self, status=0):
        if self.process.wait(240) != status:
            raise AssertionError(f"exit {self.process.returncode}: {self.text()}")
        self.reader.join()
        return self.text()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()

    def workers(self):
        """The processes that read senders; another holds the keys."""
        children = [int(pid) for one in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/children") for pid in one.read_text().split()]
        found = []
        for pid in children:
            try:
                if b"--as-worker-process" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has ended meanwhile
        return found

    def sender(self, key=None, source=None):
        return sender.Sender(self.place, self.token, key, source and (source, 0))


class ReceiveTest(CaseTest):
    def part(self, key, ending="part"):
        return self.case / "received" / f"{key.collection.hex()}.{ending}"

    def archives(self):
        return [one for one in self.ana.json("preserve list") if one["sort"] in ("archive", "file")]

    def bring(self, receiver, content, key=None, source=None):
        """A whole bundle; the verdict comes back."""
        with receiver.sender(key, source) as one:
            have = one.greet()
            one.send(content[have:])
            return one.finish(content)


class Hostile(ReceiveTest):
    def test_nobody_can_go_on_with_the_bundle_of_another_though_they_know_token_and_collection(self):
        receiver = Receiver(self, "127.0.0.1:0", "--count", "1")
        content, owner, thief = random.Random(1).randbytes(300_000), sender.Key(), sender.Key()
        with receiver.sender(owner) as one:
            one.greet()
            one.send(content[:200_000], until=200_000)
            with receiver.sender(thief) as other:
                self.assertEqual(other.prove(owner.collection), "no it cannot prove that this bundle is its own\n")
                self.assertTrue(other.is_over())
            with receiver.sender(owner) as other:  # a proof that was heard on the way, for another nonce
                other.ask()
                other.wire.sendall(owner.proof(bytes(32), owner.collection, receiver.token))
                self.assertEqual(other.line(), "no it cannot prove that this bundle is its own\n")
            self.assertEqual(self.part(owner).read_bytes(), content[:200_000])
            one.send(content[200_000:])
            self.assertEqual(one.finish(content), "F")
        receiver.wait()
        (item,) = self.archives()
        self.assertEqual(item["sha256"], hashlib.sha256(content).hexdigest())

    def test_what_is_whole_takes_no_more_and_is_not_cut(self):
        receiver = Receiver(self, "127.0.0.1:0", "--count", "2")
        content, key = random.Random(2).randbytes(100_000), sender.Key()
        self.assertEqual(self.bring(receiver, content, key), "F")
        with receiver.sender(key) as one:
            self.assertEqual(one.greet(), len(content))
            one.send(b"more")
            self.assertEqual(one.message(), ("N", "it sends more than the whole"))
        with receiver.sender(key) as one:
            self.assertEqual(one.greet(), len(content))
            self.assertEqual(one.finish(content[:50]), "X")
        self.assertEqual(self.bring(receiver, b"another", sender.Key()), "F")
        receiver.wait()
        self.assertEqual({one["sha256"] for one in self.archives()}, {hashlib.sha256(x).hexdigest() for x in (content, b"another")})

    def test_garbage_and_claims_are_refused_and_an_honest_sender_is_served(self):
        receiver = Receiver(self, "127.0.0.1:0", "--count", "1")
        draw = random.Random(3)
        for content in (b"\0" * 100, b"\n", b"GET / HTTP/1.0\r\n\r\n", draw.randbytes(5000) + b"\n", b"\xff" * 200_000):
            with receiver.sender(source="127.0.0.9") as one:
                try:
                    one.wire.sendall(content)
                    one.wire.shutdown(socket.SHUT_WR)
                except ConnectionError:
                    pass
                self.assertTrue(one.is_over())
        for claim in (b"D\xff\xff\xff\xff", b"D" + struct.pack("<I", 65537), b"E\xff\xff\xff\x7f", b"D\0\0\0\0", b"?"):
            with receiver.sender(source="127.0.0.9") as one:
                self.assertEqual(one.greet(), 0)
                one.wire.sendall(claim)
                self.assertTrue(one.is_over())
        self.assertEqual(list((self.case / "received").glob("*.part")), [])
        self.assertEqual(self.bring(receiver, b"sound"), "F")
        said = receiver.wait()
        # Ten from one address within seconds are not ten lines.
        self.assertLess(said.count("127.0.0.9"), 4, said)

    def test_two_hundred_connections_at_once_do_not_keep_an_honest_sender_out(self):
        receiver = Receiver(self, "127.0.0.1:0", "--count", "3")
        host, port = receiver.place.removeprefix("tcp://").split(":")
        crowd = [socket.create_connection((host, int(port)), 20) for _ in range(200)]
        for i, one in enumerate(crowd):
            self.addCleanup(one.close)
            try:
                one.sendall(b"c" if i % 2 else b"calm-send/2 x ")  # the rest never comes
            except ConnectionError:
                pass
        began = time.monotonic()
        self.assertEqual(self.bring(receiver, b"from elsewhere", source="127.0.0.2"), "F")
        self.assertLess(time.monotonic() - began, 10)
        self.assertLessEqual(len(receiver.workers()), 8)
        # The same from a hundred addresses: the one that waits longest gives way.
        for i in range(150):
            one = socket.create_connection((host, int(port)), 20, source_address=(f"127.0.1.{i + 1}", 0))
            self.addCleanup(one.close)
            one.sendall(b"c")
        self.assertEqual(self.bring(receiver, b"once more", source="127.0.0.2"), "F")
        self.assertLessEqual(len(receiver.workers()), 64 + 2)
        self.assertEqual(self.bring(receiver, b"at last", source="127.0.0.3"), "F")
        receiver.wait()
        self.assertEqual(len(self.archives()), 3)

    def test_a_sender_that_says_a_byte_now_and_then_is_cut_off(self):
        receiver = Receiver(self, "127.0.0.1:0")
        one = receiver.sender()
        began, text = time.monotonic(), iter(f"calm-send/2 {receiver.token} {one.key.collection.hex()}\n".encode())
        with one:
            one.wire.settimeout(1)
            while time.monotonic() - began < 60:
                try:
                    one.wire.sendall(bytes([next(text)]))
                    if one.wire.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
        self.assertLess(18, time.monotonic() - began)
        self.assertLess(time.monotonic() - began, 40)
        self.assertIn("it does not say what it wants", receiver.end())

    def test_of_one_address_sixteen_send_and_the_others_are_told_to_wait(self):
        receiver = Receiver(self, "127.0.0.1:0")
        senders = []
        for _ in range(16):
            one = receiver.sender()
            self.addCleanup(one.wire.close)
            self.assertEqual(one.greet(), 0)
            senders.append(one)
        with receiver.sender() as more:
            self.assertEqual(more.prove(), "wait 16 connections from this address send already\n")
        with receiver.sender(source="127.0.0.2") as other:
            self.assertEqual(other.greet(), 0)
        for one in senders:
            one.send(b"x" * 1000, until=1000)
        receiver.end()
        self.assertEqual(len(list((self.case / "received").glob("*.part"))), 16)

    def test_limits_are_said_to_both_sides(self):
        for option, words in (("--most", "no more than 1.0 MB is taken of one bundle"), ("--most-address", "no more than 1.0 MB is taken from one address"),
                              ("--most-all", "no more than 1.0 MB is taken of all bundles together")):
            with self.subTest(option):
                receiver = Receiver(self, "127.0.0.1:0", option, "1 MB")
                with receiver.sender() as one:
                    one.greet()
                    one.send(bytes(1_200_000))
                    while (said := one.message())[0] == "A":
                        pass
                    self.assertEqual(said, ("N", words))
                self.assertIn(words, receiver.end())
                (part,) = (self.case / "received").glob("*.part")
                self.assertLessEqual(part.stat().st_size, 1_000_000)
                part.unlink()

    def test_a_worker_that_is_killed_costs_its_own_sender_the_connection_alone(self):
        receiver = Receiver(self, "127.0.0.1:0", "--count", "1")
        content, key = random.Random(5).randbytes(500_000), sender.Key()
        with receiver.sender(key) as one:
            one.greet()
            one.send(content[:100_000], until=100_000)
            (worker,) = receiver.workers()
            status = pathlib.Path(f"/proc/{worker}/status").read_text()
            self.assertRegex(status, r"Seccomp:\s2\n")
            self.assertRegex(status, r"NoNewPrivs:\s1\n")
            if os.geteuid() == 0:
                # The connection, its pipe, its last words, and nothing of the case.
                self.assertEqual(sorted(os.listdir(f"/proc/{worker}/fd")), ["0", "1", "2"])
            with receiver.sender() as two:
                two.greet()
                two.send(b"x", until=1)
                os.kill(worker, signal.SIGSEGV)
                self.assertTrue(one.is_over())
                two.send(b"y", until=2)
        self.assertEqual(self.bring(receiver, content, key), "F")
        self.assertIn("its confined reader broke down", receiver.wait())

    def test_a_sender_that_dies_is_kept_as_cut_when_patience_ends(self):
        receiver = Receiver(self, "127.0.0.1:0", "--patience", "2 s", "--count", "1")
        with receiver.sender() as one:
            one.greet()
            one.send(b"z" * 70_000, until=70_000)
            one.wire.sendall(b"D\xff\0\0\0half of it")
        self.assertIn("is given up at 70 kB", receiver.wait())
        (item,) = self.archives()
        self.assertEqual(item["sha256"], hashlib.sha256(b"z" * 70_000).hexdigest())
        self.assertIn("given up, for its sender did not come back", item["remark"])


class Room(ReceiveTest):
    def test_a_full_disk_makes_senders_wait_and_room_lets_them_go_on(self):
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
            self.skipTest("a file system of its own needs root and unshare")
        folder = self.case / "received"
        folder.mkdir(mode=0o700)
        mount = f"mount -t tmpfs -o size=12m none {shlex.quote(str(folder))} && dd if=/dev/zero of={shlex.quote(str(folder))}/ballast bs=1M count=7 status=none && exec \"$@\""
        receiver = Receiver(self, "127.0.0.1:0", "--spare", "1 MB", "--count", "1", within=("unshare", "--mount", "sh", "-c", mount, "sh"))
        content, key = random.Random(6).randbytes(5 << 20), sender.Key()
        with receiver.sender(key) as one:
            one.greet()
            one.send(content)
            while (said := one.message())[0] == "A":
                pass
            self.assertEqual(said, ("W", "the receiver's disk is full but for 1.0 MB, which stay free"))
        os.unlink(f"/proc/{receiver.process.pid}/root{folder}/ballast")
        with receiver.sender(key) as one:
            have = one.greet()
            self.assertTrue(0 < have < len(content))
            one.send(content[have:])
            self.assertEqual(one.finish(content), "F")
        receiver.wait()
        (item,) = self.archives()
        self.assertEqual(item["sha256"], hashlib.sha256(content).hexdigest())

    def test_others_send_while_one_bundle_is_read_into_the_case(self):
        receiver = Receiver(self, "127.0.0.1:0", "--count", "2")
        large, key = random.Random(7).randbytes(200 << 20), sender.Key()
        self.assertEqual(self.bring(receiver, large, key), "F")
        self.assertEqual(self.bring(receiver, b"small"), "F")
        self.assertTrue(self.part(key, "calm").exists(), "the large one was on the register before the small one was sent")
        receiver.wait()
        self.assertEqual({one["sha256"] for one in self.archives()}, {hashlib.sha256(x).hexdigest() for x in (large, b"small")})


@unittest.skipUnless(COLLECT.exists(), "calm-collect was not built")
class Real(ReceiveTest):
    def test_the_command_that_it_shows_works_with_the_stick(self):
        stick = self.folder / "stick"
        self.ana(f"ready {stick}")
        receiver = Receiver(self, "127.0.0.1:0", "--count", "1")
        done = subprocess.run(shlex.split(receiver.command), cwd=stick, env={}, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        receiver.wait()
        (item,) = self.archives()
        self.assertEqual(item["sha256"], re.search("SHA-256 ([0-9a-f]{64})", done.stderr)[1])
        self.assertNotIn("cannot be read", item.get("remark", ""))
        self.assertEqual(len(self.ana.json("snapshot list")), 1)


    def test_ctrl_c_on_a_terminal_stands_on_a_line_of_its_own(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(harness.CALM, [harness.CALM, "--case", str(self.case), "preserve", "receive", "127.0.0.1:0"], self.ana.env)
        self.addCleanup(os.close, terminal)
        said = b""
        while b"can go on later" not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        try:
            while part := os.read(terminal, 4096):
                said += part
        except OSError:  # the terminal's other end is closed
            pass
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertIn(b"^C\r\n0 bundles taken in.\r\n", said)


class Link:
    """Two network namespaces of the test's own, and a link between them: the receiver at 192.0.2.1, the sender at 192.0.2.2."""

    def __init__(self, test):
        self.ends = []
        for _ in range(2):
            holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up; echo ready; exec sleep 600"], stdout=subprocess.PIPE)
            test.addCleanup(holder.stdout.close)
            test.addCleanup(holder.wait)
            test.addCleanup(holder.kill)
            if holder.stdout.readline() != b"ready\n":
                test.skipTest("network namespaces are not allowed here")
            self.ends.append(holder.pid)
        if self.run(0, "ip", "link", "add", "one", "type", "veth", "peer", "name", "two", "netns", str(self.ends[1]), check=False).returncode:
            test.skipTest("this kernel makes no veth links")
        self.set_up()

    def within(self, end):
        return ("nsenter", f"--target={self.ends[end]}", "--net")

    def run(self, end, *words, check=True):
        return subprocess.run([*self.within(end), *words], capture_output=True, text=True, check=check)

    def set_up(self):
        for end, name in enumerate(("one", "two")):
            self.run(end, "ip", "address", "add", f"192.0.2.{end + 1}/24", "dev", name)
            self.run(end, "ip", "link", "set", name, "up")

    def pull(self):
        self.run(1, "ip", "link", "set", "two", "down")

    def plug_in(self):
        self.run(1, "ip", "link", "set", "two", "up")

    def remove(self):
        self.run(0, "ip", "link", "delete", "one")

    def make_again(self):
        self.run(0, "ip", "link", "add", "one", "type", "veth", "peer", "name", "two", "netns", str(self.ends[1]))
        self.set_up()

    def reset(self):
        """What a firewall in between does: what is sent is answered by a reset, and so is a new connection."""
        self.run(0, "nft", "add table inet cut; add chain inet cut in { type filter hook input priority 0; }; "
                           "add rule inet cut in meta l4proto tcp reject with tcp reset")

    def let_through(self):
        self.run(0, "nft", "delete table inet cut")


@unittest.skipUnless(COLLECT.exists(), "calm-collect was not built")
@unittest.skipUnless(os.geteuid() == 0 and all(map(shutil.which, ("unshare", "nsenter", "ip"))), "networks of its own need root, unshare, nsenter and ip")
class Cut(ReceiveTest):
    def setUp(self):
        super().setUp()
        self.link = Link(self)
        self.ana(f"preserve key --out {self.folder / 'case.key'}")
        self.receiver = Receiver(self, "192.0.2.1:0", "--count", "1", within=self.link.within(0))

    def send_over(self, cut, mend, seconds):
        """Collects, with the link cut in the middle; what the sender said comes back. The bundle is whole, on both sides the same."""
        holder = subprocess.Popen([sys.executable, "-c", HOLDS_MEMORY], stdout=subprocess.PIPE)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        holder.stdout.readline()
        collect = subprocess.Popen([*self.link.within(1), COLLECT, "--to", self.folder / "case.key", "--token", self.receiver.token, "--output", self.receiver.place,
                                    "--memory", str(holder.pid)], stderr=subprocess.PIPE, text=True)
        self.addCleanup(collect.stderr.close)
        self.addCleanup(collect.wait)
        self.addCleanup(collect.kill)
        before = self.await_part(8 << 20)
        cut()
        time.sleep(seconds)
        self.assertIsNone(collect.poll(), "it was over before the link was cut")
        during = self.await_part(before)
        mend()
        _, said = collect.communicate(timeout=240)
        self.assertEqual(collect.returncode, 0, said)
        self.receiver.wait()
        (item,) = self.archives()
        self.assertEqual(item["sha256"], re.search("SHA-256 ([0-9a-f]{64})", said)[1])
        self.assertGreater(int(item["size"]), during)
        return said

    def await_part(self, size):
        until = time.monotonic() + 240
        while time.monotonic() < until:
            for part in (self.case / "received").glob("*.part"):
                if part.stat().st_size >= size:
                    return part.stat().st_size
            time.sleep(0.005)
        raise AssertionError("nothing comes")

    def test_a_link_that_is_down_for_some_seconds_costs_nothing(self):
        self.send_over(self.link.pull, self.link.plug_in, 4)

    def test_a_link_that_is_taken_away_and_made_anew_costs_nothing(self):
        self.send_over(self.link.remove, self.link.make_again, 4)

    @unittest.skipUnless(shutil.which("nft"), "no nft")
    def test_a_connection_that_is_reset_and_refused_for_a_while_is_made_anew(self):
        if self.link.run(0, "nft", "add table inet probe", check=False).returncode:
            self.skipTest("this kernel has no nf_tables in a namespace")
        said = self.send_over(self.link.reset, self.link.let_through, 3)
        self.assertIn("the connection is back", said)
        self.assertIn("goes on at", self.receiver.text())


if __name__ == "__main__":
    harness.main()
