"""test_stop_keep.py: whom a plan must not cut off: the server that the case lies on, and whom another responder's plan lets pass; and what a plan
that lets pass too much is told.

In namespaces of its own: nothing of this machine is changed."""
import ctypes
import hashlib
import os
import pathlib
import re
import subprocess
import unittest

import contain_host
import harness
from contain_host import sh
from harness import one_line
from stop_host import StopTest, rules

WHY_NOT = contain_host.enter()
USAGE, GATE = 2, 5
LIBC = ctypes.CDLL(None, use_errno=True)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Keep(StopTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sh("ip", "route", "add", "default", "via", "10.9.0.254")

    def setUp(self):
        super().setUp()
        self.ana('assess look "mail goes out in bulk"')

    def refused(self, line, *words, **env):
        done = self.ana.run(*line.split(), env=env or None)
        self.assertEqual(done.returncode, GATE, (line, done.stdout, done.stderr))
        for word in words:
            self.assertIn(word, one_line(done.stderr.decode()))

    def applied(self, line):
        self.ana(line)
        call = self.ana.json("stop list")[-1]["call"]
        self.ana(f"stop apply {call}")
        return call

    def plan_text(self, call):
        return self.ana.json(f"stop show {call}")["plan_text"].splitlines()

    # Two responders.
    def test_whom_another_plan_lets_pass_is_not_cut_off_by_a_block_or_an_isolation(self):
        self.applied("stop isolate --allow 10.9.0.7:22 --allow 10.9.0.8:22")
        for line in ("stop block 10.9.0.7", "stop block 203.0.113.9 10.9.0.6/31"):
            self.refused(line, "10.9.0.7, which another plan in effect on this host lets pass", "--cut")
        self.refused("stop isolate --allow 10.9.0.8:22", "lets 10.9.0.7 pass", "--allow 10.9.0.7,tcp,22,in", "--cut 10.9.0.7")
        self.refused("stop isolate --allow 10.9.0.8:22 --allow 10.9.0.7:80", "lets 10.9.0.7 pass")  # not at its port
        self.refused("stop down e0", "10.9.0.7, which another plan in effect on this host lets pass")
        self.assertEqual(len(self.ana.json("stop list")), 1)
        self.ana("stop isolate --allow 10.9.0.8:22 --allow 10.9.0.7,tcp,20-30,in")
        self.ana("stop limit tcp --port 22 --rate 5")
        self.applied("stop block 10.9.0.7 --cut 10.9.0.7")
        self.assertIn("10.9.0.7", sh("nft", "list", "sets", "inet"))

    def test_what_is_accepted_aloud_stands_in_the_plan_for_the_approver(self):
        bo = self.join("bo")
        first = "stop isolate --allow 10.9.0.7:22 --allow 10.9.0.8:22"
        self.ana(first)
        bo("stop approve a1")
        self.ana("stop apply a1")
        self.ana("stop isolate --allow 10.9.0.8:22 --cut 10.9.0.7")
        self.assertIn("cut 10.9.0.7", self.plan_text("a2"))
        shown = one_line(bo("stop show a2"))
        self.assertIn("10.9.0.7 may be cut off though another plan lets it pass, which was accepted", shown)
        bo("stop approve a2")
        self.assertEqual(self.ana.json("stop apply a2")["state"], "unconfirmed")

    def test_one_that_began_after_it_was_prepared_counts_too(self):
        """Planned and approved before the other began: judged again where it is applied."""
        self.ana("stop block 10.9.0.7")
        self.applied("stop isolate --allow 10.9.0.7:22")
        self.refused("stop apply a1", "10.9.0.7", "another plan in effect")
        self.assertNotIn("@one4", rules())

    def test_an_emergency_keeps_whom_another_plan_lets_pass(self):
        self.applied("stop isolate --allow 10.9.0.7:22 --allow 10.9.0.9,udp,514,out")
        self.ana('stop --emergency "it spreads" --allow 10.9.0.8:22')
        plan = self.plan_text("a2")
        for endpoint in ("10.9.0.7,tcp,22,in", "10.9.0.9,udp,514,out", "10.9.0.8,tcp,22,in"):
            self.assertIn(f"allow {endpoint}", plan)

    # What lets too much pass.
    def test_all_of_the_internet_and_a_network_with_the_gateway_are_refused(self):
        for net in ("0.0.0.0/0", "::/0", "0.0.0.0/1", "2000::/3"):
            for line in (f"stop isolate --accept-wide --allow {net}", f"stop isolate --allow {net},tcp,22,in", f"stop block 203.0.113.9 --allow {net}"):
                self.refused(line, f"--allow {net} would let all of the Internet pass")
        for allow in ("10.9.0.0/24", "10.9.0.128/25,tcp,22,in"):
            self.refused(f"stop isolate --accept-wide --allow {allow}", "10.9.0.254, the gateway, lies in it")
        done = self.ana.run("stop", "--emergency", "it spreads", "--allow", "0.0.0.0/0")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("this host is NOT cut off", one_line(done.stdout.decode()))
        self.assertEqual(rules(), self.before)

    def test_a_whole_address_and_names_need_a_word_for_it(self):
        self.refused("stop isolate --allow 10.9.0.7", "lets everything to and from it pass", "--allow 10.9.0.7:22", "--accept-wide")
        for protocol in ("udp", "tcp"):
            self.refused(f"stop isolate --allow 10.9.0.9,{protocol},53,out", "lets names be looked up", "--accept-names")
            self.refused(f"stop isolate --allow 10.9.0.9,{protocol},50-60,out --accept-wide", "--accept-names")
        self.ana("stop isolate --allow 10.9.0.9,udp,53,in --allow 10.9.0.9,udp,54,out")  # neither asks for names
        bo = self.join("bo")
        said = one_line(self.ana("stop isolate --allow 10.9.0.7 --allow 10.9.0.9,udp,53,out --accept-wide --accept-names"))
        for screen in (said, one_line(bo("stop show a2"))):
            self.assertIn("10.9.0.7 passes whole, at every port and both ways, which was accepted", screen)
            self.assertIn("10.9.0.9,udp,53,out is asked for names, by which data can leave, which was accepted", screen)
        plan = self.plan_text("a2")
        self.assertLess(plan.index("accept-wide"), plan.index("accept-names"))
        bo("stop approve a2")
        self.ana("stop apply a2")

    def test_a_plan_by_hand_without_the_word_is_refused_by_the_helper(self):
        for line, word in (("allow 10.9.0.7", "accept-wide"), ("allow 10.9.0.9,udp,53,out", "accept-names")):
            with contain_host.Helper("/var/lib/calm-contain") as h:
                plan = contain_host.Plan("isolate", ("allow", line.split()[1]))
                for order in (h.preview, h.prepare):
                    with self.assertRaises(contain_host.Failed) as failure:
                        order(plan)
                    self.assertIn(word, str(failure.exception))

    def test_what_is_closed_is_closed_for_whom_the_screen_says(self):
        servers = [subprocess.Popen(["/usr/bin/python3", "-c", f"import socket,time\ns=socket.create_server(('10.9.0.1',{port}))\nprint(1,flush=True)\ntime.sleep(60)"],
                                    stdout=subprocess.PIPE) for port in (2201, 8081)]
        try:
            for s in servers:
                s.stdout.readline()
            said = one_line(self.ana("stop isolate --allow 10.9.0.7:2201 --allow 10.9.0.8 --accept-wide"))
            self.assertRegex(said, r"TCP port 2201 \(python3\) but for 10\.9\.0\.7, 10\.9\.0\.8")
            self.assertRegex(said, r"TCP port 8081 \(python3\) but for 10\.9\.0\.8")
            self.assertNotIn("for all others", said)
        finally:
            for s in servers:
                s.kill()
                s.wait()
                s.stdout.close()

    # The state before, as evidence.
    def state_before(self, words):
        item = [e for e in self.ana.json("preserve list") if e["title"].startswith("state before") and words in e["title"]][-1]
        to = self.folder / "state"
        to.unlink(missing_ok=True)
        self.ana(f"preserve get {item['call']} --file {to}")
        self.assertEqual(hashlib.sha256(to.read_bytes()).hexdigest(), item["sha256"])
        return [line.split() for line in to.read_text().splitlines()]

    def test_the_state_before_is_what_other_programs_tell(self):
        rules_of_others = "table ip filter {\n set banned {\n type ipv4_addr\n elements = { 203.0.113.5, 203.0.113.6 }\n }\n chain in {\n type filter hook input priority 0;\n ip saddr @banned counter drop\n tcp dport 25 accept\n }\n}\n"
        sh("nft", "-f", "-", input=rules_of_others)
        self.addCleanup(sh, "nft", "delete", "table", "ip", "filter")
        sh("ip", "neigh", "replace", "10.9.0.254", "lladdr", "02:00:00:00:00:09", "dev", "e0")
        self.addCleanup(sh, "ip", "neigh", "del", "10.9.0.254", "dev", "e0")
        self.before = rules()
        server = subprocess.Popen(["/usr/bin/python3", "-c", "import socket,time\ns=socket.create_server(('10.9.0.1',8081))\nprint(1,flush=True)\ntime.sleep(60)"], stdout=subprocess.PIPE)
        server.stdout.readline()
        try:
            for line, words in (("stop block 203.0.113.9", "a1"), ("stop limit tcp --rate 20", "a2"), ("stop isolate --allow 10.9.0.7:22", "a3")):
                self.applied(line)
                self.told(self.state_before(words))
            for call in ("a1", "a2", "a3"):
                self.ana(f"stop undo {call}")
            self.ana('stop --emergency "it spreads"')
            self.told(self.state_before("emergency"))
            self.ana("stop undo a4")
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
            for action in self.ana.json("stop list"):
                if action["state"] in ("unconfirmed", "done", "begun"):
                    self.ana.run("stop", "undo", action["call"])

    def told(self, lines):
        def of(word):
            return [line[1:] for line in lines if line[0] == word]

        self.assertEqual(lines[0], ["network", "1"])
        links = {row.split(":")[1].strip().split("@")[0]: row.split(":")[0] for row in sh("ip", "-o", "link").splitlines()}
        self.assertEqual(sorted(one[2] for one in of("interface")), sorted(links))
        addresses = sorted((links[row.split()[1]], row.split()[3].replace("/32", "").replace("/128", "")) for row in sh("ip", "-o", "addr").splitlines())
        self.assertEqual(sorted((one[0], one[1]) for one in of("address")), addresses)
        self.assertIn(["0.0.0.0/0", "10.9.0.254", links["e0"], "254"], [one[:4] for one in of("route")])
        count = len((sh("ip", "-4", "route", "show", "table", "all") + sh("ip", "-6", "route", "show", "table", "all")).splitlines())
        self.assertEqual(len(of("route")), count)
        self.assertIn([links["e0"], "10.9.0.254", "020000000009"], [one[:3] for one in of("neighbour")])
        self.assertIn(["ip", "filter", "in"], [one[:3] for one in of("rule")])
        self.assertEqual(len([one for one in of("rule") if one[:3] == ["ip", "filter", "in"]]), 2)
        self.assertIn(["ip", "filter", "banned"], [one[:3] for one in of("set")])
        elements = "".join(one[3] for one in of("elements") if one[:3] == ["ip", "filter", "banned"])
        for address in ("cb007105", "cb007106"):  # 203.0.113.5 and .6
            self.assertIn(address, elements)
        self.assertIn(["tcp", "10.9.0.1", "8081", "0.0.0.0", "0", "python3", "listens"], of("socket"))
        self.assertEqual(of("missing") + of("cut"), [])

    # The server that the case lies on.
    def on_a_server(self):
        """The case lies on an overlay whose upper folder is, by the kernel's list of mounts, on 10.9.0.77."""
        place = pathlib.Path(self.host.temp) / "place"
        for name in ("x", "case"):
            (place / name).mkdir(parents=True)
        self.addCleanup(lambda: [sh("umount", "-l", str(p), check=False) for p in (place / "case", place / "x", place / "x")])
        self.addCleanup(lambda: sh("rm", "-rf", str(place), check=False))
        sh("mount", "-t", "tmpfs", "none", str(place / "x"))
        for name in ("low", "up", "work"):
            (place / "x" / name).mkdir()
        try:
            sh("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={place}/x/low,upperdir={place}/x/up,workdir={place}/x/work", str(place / "case"))
        except subprocess.CalledProcessError:
            self.skipTest("no overlay here")
        try:
            fuse = os.open("/dev/fuse", os.O_RDWR)
        except OSError:
            self.skipTest("no /dev/fuse here")
        self.addCleanup(os.close, fuse)
        if LIBC.mount(b"ana@10.9.0.77:/cases", bytes(place / "x"), b"fuse.sshfs", 0, f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()):
            self.skipTest("this kernel mounts no sshfs: " + os.strerror(ctypes.get_errno()))
        self.assertIn("fuse.sshfs ana@10.9.0.77:/cases", pathlib.Path("/proc/self/mountinfo").read_text())
        sh("cp", "-a", str(self.case), str(place / "case") + "/monday.calm")
        return {"CALM_CASE": str(place / "case" / "monday.calm")}

    def test_the_server_that_the_case_lies_on_is_never_cut_off(self):
        env = self.on_a_server()
        ana = harness.Person("ana", self.folder, None)

        def run(line):
            words = [w for w in line.split()]
            return ana.run(*words, env=env)

        for line, words in (("stop block 10.9.0.77", "10.9.0.77 cannot be blocked: 10.9.0.77"), ("stop block 10.9.0.76/31", "10.9.0.77, from where you are connected or where the case lies, lies in it"),
                            ("stop isolate --allow 10.9.0.7:22", "10.9.0.77, from where you are connected or where the case lies, would be cut off. Name it: --allow 10.9.0.77"),
                            ("stop down e0", "e0 is the way to 10.9.0.77, where the case lies")):
            done = run(line)
            self.assertEqual(done.returncode, GATE, (line, done.stdout, done.stderr))
            self.assertIn(words, one_line(done.stderr.decode()))
        self.assertEqual(run("stop isolate --allow 10.9.0.7:22 --allow 10.9.0.77,tcp,22,out").returncode, 0)
        self.assertEqual(run("stop block 10.9.0.78").returncode, 0)
        done = ana.run("stop", "--emergency", "it spreads", env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("10.9.0.77", rules())
        self.assertEqual(run("stop undo a3").returncode, 0)

    def test_a_port_of_the_server_must_pass_and_a_service_of_this_host_for_who_works_here(self):
        """As calm tells calm-contain: of NFS, what this machine begins; of a server that is the host itself, what others begin."""
        with contain_host.Helper("/var/lib/calm-contain") as h:
            h.order("guard 10.9.0.77,tcp,2049,out")
            h.order("guard 10.9.0.1,tcp,2049,in")
            h.order("guard 10.9.0.7")

            def refuses(*allow):
                with self.assertRaises(contain_host.Failed) as failure:
                    h.preview(contain_host.Plan("isolate", *(("allow", a) for a in allow)))
                return str(failure.exception)

            self.assertRegex(refuses("10.9.0.7,tcp,22,in", "10.9.0.77,tcp,22,out"), r"10\.9\.0\.77, where the case lies, would be cut off\. Name it: --allow 10\.9\.0\.77,tcp,2049,out")
            self.assertRegex(refuses("10.9.0.7,tcp,22,in", "10.9.0.77,tcp,2049,out"), r"10\.9\.0\.7, which reaches the case's files on this host, .* --allow 10\.9\.0\.7,tcp,2049,in")
            h.preview(contain_host.Plan("isolate", *(("allow", a) for a in ("10.9.0.7,tcp,22,in", "10.9.0.7,tcp,2049,in", "10.9.0.77,tcp,2049,out"))))


if __name__ == "__main__":
    harness.main()
