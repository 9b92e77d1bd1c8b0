"""test_contain_ssh.py: other hosts are contained over SSH, several at one moment: real hosts, each in a network and mounts of its own."""
import hashlib
import pathlib
import shutil
import os
import re
import subprocess
import time
import unittest

import contain_network
import harness
from contain_network import RESPONDER, Bystander, Host, Relay, await_true, make_bridge, sh

WHY_NOT = contain_network.enter()
SUDO_FOLDER = os.environ.get("CALM_SUDO")
ADDRESSES = {"web1": "10.9.0.11", "db1": "10.9.0.12", "mail1": "10.9.0.13"}
LOST = 11  # the exit status of ERR_IO


@unittest.skipIf(WHY_NOT, WHY_NOT)
class NetworkTest(harness.CaseTest):
    on_disk = True  # hosts have a /dev/shm of their own

    def setUp(self):
        super().setUp()
        make_bridge()
        self.open = []
        self.ana.env["XDG_RUNTIME_DIR"] = str(self.folder)
        self.key = self.folder / "ana-key"
        sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key))
        self.known = self.folder / "known_hosts"
        self.known.write_text("")
        self.way = f" --identity {self.key} --known-hosts {self.known}"
        self.bystander = self.keep(Bystander("10.9.0.99"))
        self.ana('assess look "web1 scans the network"')

    def tearDown(self):
        for one in reversed(self.open):
            one.stop()
        super().tearDown()

    def keep(self, one):
        self.open.append(one)
        return one

    def host(self, name, known=True, **more):
        host = self.keep(Host(self.folder, name, ADDRESSES[name], self.key.with_suffix(".pub").read_text(), **more))
        if known:
            with self.known.open("a") as f:
                f.write(host.known())
        self.ana(f"assess system {name}")
        return host

    def relay(self, host, **how):
        relay = self.keep(Relay(host, **how))
        with self.known.open("a") as f:
            f.write(host.known("127.0.0.1", relay.port))
        return f"root@127.0.0.1:{relay.port}"

    def isolate(self, host, at=None, more=""):
        """Plans it; the action."""
        self.ana(f"stop isolate {host.name} --ssh {at or 'root@' + host.address} --allow {RESPONDER}:22 {more}" + self.way)
        return self.actions()[-1]

    def actions(self):
        return self.ana.json("stop list")

    def state(self, number):
        return self.actions()[number - 1]["state"]

    def apply(self, line, status=0):
        done = self.ana.run(*("stop apply " + line + self.way).split(), "--json")
        self.assertEqual(done.returncode, status, done.stderr.decode() + done.stdout.decode())
        return done

    def is_cut(self, host):
        self.assertFalse(host.passes(self.bystander, 80), "a bystander passes")
        self.assertFalse(host.passes(self.bystander, 22), "a bystander passes")
        self.assertTrue(host.passes(None, 22), "the responder does not pass")

    def is_untouched(self, host):
        self.assertTrue(host.passes(self.bystander, 80))
        self.assertEqual(host.rules(), "")
        self.assertEqual(host.states(), [])
        self.nothing_lies_there(host)

    def nothing_lies_there(self, host):
        self.assertEqual(host.run("find", "/dev/shm", "/run", "-name", ".calm-*"), "")

    def item(self, beginning):
        """The bytes of the item of evidence whose title begins so."""
        number = next(n for n, item in enumerate(self.ana.json("preserve list"), 1) if item["title"].startswith(beginning))
        path = self.folder / f"item-{number}-{time.monotonic_ns()}"
        self.ana(f"preserve get e{number} {path} --to ana --because test")
        return path.read_bytes()


class OneHost(NetworkTest):
    def test_a_host_is_isolated_and_given_back(self):
        host = self.host("web1")
        shown = self.ana(f"stop isolate web1 --ssh root@{host.address} --allow {RESPONDER}:22" + self.way)
        self.assertIn(f"web1 (root@{host.address}:22, over SSH)", shown)
        self.assertIn("(you, connected now)", shown)
        self.is_untouched(host)
        self.assertEqual(self.actions()[0]["ssh"], f"root@{host.address}:22")
        self.apply("a1")
        self.is_cut(host)
        self.assertEqual(host.states(), ["armed"])
        self.nothing_lies_there(host)
        self.assertEqual(self.state(1), "unconfirmed")
        status = self.ana.json("stop status" + self.way)
        self.assertEqual([(one["host_state"], one["ssh"]) for one in status], [("armed", f"root@{host.address}:22")])
        self.ana("stop confirm a1" + self.way)
        self.assertEqual((host.states(), self.state(1)), (["confirmed"], "done"))
        self.is_cut(host)
        self.ana('stop undo a1 "it was rebuilt"' + self.way)
        self.assertEqual(self.state(1), "undone")
        self.is_untouched(host)
        self.ana("stop check a1 works seen")

    def test_the_plan_names_the_machine_and_all_it_said_is_evidence(self):
        host = self.host("web1")
        action = self.isolate(host)
        sha256 = sh("sh", "-c", f"printf %s {host.machine()} | sha256sum").split()[0]
        plan = self.item("plan: isolate")
        self.assertIn(f"\nmachine {sha256}\n".encode(), plan)
        self.assertIn(f"\nallow {RESPONDER},tcp,22,in\n".encode(), plan)
        self.assertIn("keep", action["preview"])
        self.apply("a1")
        self.assertRegex(self.item("answer of the host to a1").decode(), r"(?s)^boot cron .*\nmoment \d+ \d+\n$")
        self.assertTrue(self.item("state before a1").startswith(b"network 1\n"))
        self.assertIn(f" {host.address}/24 ".encode(), self.item("state before a1"))

    def test_a_host_whose_key_is_not_known_or_changed_is_not_contained(self):
        host = self.host("web1", known=False)
        words = f"stop isolate web1 --ssh root@{host.address} --allow {RESPONDER}:22" + self.way
        status, said = self.ana.fails(words)
        self.assertEqual(status, 4)
        self.assertIn("not known here", said)
        fingerprint = re.search(r"--host-key (SHA256:\S+)", said).group(1)
        self.ana(words + f" --host-key {fingerprint}")
        self.known.write_text(f"{host.address} " + " ".join(self.key.with_suffix(".pub").read_text().split()[:2]) + "\n")
        for line in (words, "stop apply a1" + self.way):
            status, said = self.ana.fails(line)
            self.assertEqual(status, 4)
            self.assertIn("not the one that is recorded", said)
        self.assertEqual(self.state(1), "planned")
        self.is_untouched(host)

    def test_a_plan_that_cuts_the_responder_off_is_refused(self):
        host = self.host("web1")
        _, said = self.ana.fails(f"stop isolate web1 --ssh root@{host.address} --allow 10.9.0.77:22" + self.way)
        self.assertIn(RESPONDER, said)
        self.assertEqual(self.actions(), [])
        self.is_untouched(host)

    def test_another_host_at_the_same_address_refuses_the_plan(self):
        host = self.host("web1")
        self.isolate(host)
        host.run("sh", "-c", "echo 0123456789abcdef0123456789abcdef >/etc/machine-id")
        _, said = self.ana.fails("stop apply a1" + self.way)
        self.assertIn("another host", said)
        self.assertEqual(self.state(1), "planned")
        self.is_untouched(host)

    def test_a_host_that_calls_itself_otherwise_is_taken_for_another(self):
        host = self.host("web1")
        self.ana("assess system db1")
        _, said = self.ana.fails(f"stop isolate db1 --ssh root@{host.address} --allow {RESPONDER}:22" + self.way)
        self.assertIn("calls itself web1, not db1", said)
        self.ana(f"stop isolate db1 --here --ssh root@{host.address} --allow {RESPONDER}:22" + self.way)

    def test_a_process_of_another_host_is_frozen_by_its_start(self):
        host = self.host("web1")
        victim = host.start("sleep", "1000")
        self.addCleanup(victim.kill)
        self.ana(f"stop freeze {victim.pid} --system web1 --ssh root@{host.address}" + self.way)
        self.apply("a1")
        await_true(lambda: pathlib.Path(f"/proc/{victim.pid}/stat").read_text().split()[2] == "T", 5)
        self.ana('stop undo a1 "not ours"' + self.way)
        await_true(lambda: pathlib.Path(f"/proc/{victim.pid}/stat").read_text().split()[2] == "S", 5)
        self.assertEqual(self.ana.fails(f"stop freeze 999999 --system web1 --ssh root@{host.address}" + self.way)[0], 3)

    def test_every_plan_is_judged_and_previewed_on_the_other_host(self):
        """What a preview says is doc/format/containment.md section 3.1's; what each action does, test_contain_host.py's."""
        host = self.host("web1", users=["mallory:x:4243:4243:Mallory:/root/mallory:/bin/sh"])
        host.run("sh", "-c", "echo 'mallory:*:20000:0:99999:7:::' >>/etc/shadow; echo '* * * * * root /x' >/etc/cron.d/evil; echo x >/run/evil")
        victim = host.start("sleep", "1000")
        self.addCleanup(victim.kill)
        for line, words in (("stop limit tcp --port 80 --rate 20", ""), ("stop lock mallory", "mallory locked"),
                            ("stop job /etc/cron.d/evil", "/etc/cron.d/evil gone"), ("stop quarantine /run/evil", "/run/evil gone"),
                            (f"stop end {victim.pid} --accept-no-undo", f"sleep ({victim.pid}) ended")):
            with self.subTest(line):
                self.ana(line + f" --system web1 --ssh root@{host.address}" + self.way)
                self.assertIn(words, self.actions()[-1]["preview"])
        for line, words in (("stop down eth0", RESPONDER), ("stop unit evil.service", "systemd"), ("stop keys nobody-there", "nobody-there")):
            with self.subTest(line):
                self.assertIn(words, self.ana.fails(line + f" --system web1 --ssh root@{host.address}" + self.way)[1])
        self.is_untouched(host)

    @unittest.skipUnless(shutil.which("sudo") or SUDO_FOLDER, "no sudo is installed, and CALM_SUDO names none")
    def test_a_user_becomes_root_there_by_sudo(self):
        host = self.host("web1", users=["guest:x:4242:4242:Guest:/:/bin/sh"])
        host.run("sh", "-c", "printf 'Defaults !lecture\\nguest ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers; chmod 440 /etc/sudoers; "
                 "printf 'guest:*:20000:0:99999:7:::\\n' >>/etc/shadow; "
                 "printf 'auth required pam_unix.so\\naccount required pam_unix.so\\nsession required pam_permit.so\\n' >/etc/pam.d/sudo")
        if not shutil.which("sudo"):
            host.run("mount", "-t", "overlay", "-o", f"lowerdir={SUDO_FOLDER}/usr:/usr", "overlay", "/usr")
        at = f"guest@{host.address}"
        self.assertIn("without root's rights", self.isolate(host, at)["preview"])
        self.ana.fails("stop apply a1" + self.way)
        self.assertEqual(self.state(1), "planned")
        self.is_untouched(host)
        self.assertNotIn("without root's rights", self.isolate(host, at, "--sudo")["preview"])
        self.apply("a2")
        self.is_cut(host)
        self.ana('stop undo a2 "over"' + self.way)
        self.is_untouched(host)


class LostConnection(NetworkTest):
    def test_cut_between_prepare_and_go_nothing_is_changed(self):
        host = self.host("web1")
        self.isolate(host, self.relay(host, from_calm=lambda: host.states() == ["prepared"]))
        self.assertIn(b"not known", self.apply("a1", LOST).stderr)
        self.assertEqual(self.state(1), "begun")
        await_true(lambda: host.states() == [])
        status = self.ana.json("stop status" + self.way)
        self.assertEqual((status[0]["state"], status[0]["host_state"]), ("undone", ""))
        self.is_untouched(host)

    def test_cut_between_go_and_answer_the_status_finds_out(self):
        host = self.host("web1")
        self.isolate(host, self.relay(host, from_host=lambda: host.states() == ["armed"]))
        self.assertIn(b"not known", self.apply("a1", LOST).stderr)
        self.assertEqual(self.state(1), "begun")
        self.is_cut(host)
        status = self.ana.json("stop status" + self.way)
        self.assertEqual((status[0]["state"], status[0]["host_state"]), ("unconfirmed", "armed"))
        self.ana("stop confirm a1" + self.way)
        self.ana('stop undo a1 "over"' + self.way)
        self.is_untouched(host)

    def test_the_watchdog_undoes_what_nobody_can_confirm(self):
        host = self.host("web1")
        self.isolate(host, more='--timer "10 s"')
        self.apply("a1")
        began = time.monotonic()
        host.stop_sshd()
        self.assertFalse(host.passes(self.bystander, 80))
        done = self.ana.run(*("stop status" + self.way).split())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"not reached", done.stdout)
        await_true(lambda: host.passes(self.bystander, 80), 14)
        self.assertLess(time.monotonic() - began, 13)
        host.start_sshd()
        status = self.ana.json("stop status" + self.way)
        self.assertEqual((status[0]["state"], status[0]["host_state"]), ("undone", "undone"))
        self.is_untouched(host)


class OneMoment(NetworkTest):
    def setUp(self):
        super().setUp()
        self.hosts = [self.host(name) for name in ADDRESSES]

    def test_three_hosts_begin_at_one_moment(self):
        for host in self.hosts:
            self.isolate(host)
        self.apply("a1 a2 a3")
        for host in self.hosts:
            self.is_cut(host)
        self.assertEqual([one["state"] for one in self.actions()], ["unconfirmed"] * 3)
        self.ana("stop confirm a1 a2 a3" + self.way)
        self.assertEqual([one["state"] for one in self.actions()], ["done"] * 3)

    def test_the_spread_told_is_not_less_than_what_the_hosts_clocks_say(self):
        """They share this machine's clock, and the state is written as the change begins; that clock is coarse by a tick, at most 10 ms."""
        for host in self.hosts:
            self.isolate(host)
        answer = self.ana.json("stop apply a1 a2 a3" + self.way)
        times = [when for host in self.hosts for _, when in host.ledger().values()]
        self.assertEqual(len(times), 3)
        apart_us = (max(times) - min(times)) // 1000
        self.assertLessEqual(answer["spread_us"], answer["spread_most_us"])
        self.assertLessEqual(apart_us, answer["spread_most_us"] + 10000)
        self.assertTrue(all(one["round_trip_us"] > 0 for one in answer["actions"]), answer)
        print(f"three hosts began {answer['spread_us']} us apart, at most {answer['spread_most_us']} us; by their own clocks {apart_us} us; "
              f"round trips {[one['round_trip_us'] for one in answer['actions']]} us")

    def test_where_one_cannot_be_prepared_nothing_begins_anywhere(self):
        for host in self.hosts:
            self.isolate(host)
        self.hosts[1].stop_sshd()
        done = self.apply("a1 a2 a3", LOST)
        self.assertIn(b"nothing was begun anywhere. a2: ", done.stderr)
        self.assertEqual([one["state"] for one in self.actions()], ["planned"] * 3)
        for host in self.hosts:
            self.is_untouched_but_for_sshd(host)
        done = self.apply("a1 a2 a3 --without-failed", LOST)
        self.assertEqual([one["state"] for one in self.actions()], ["unconfirmed", "planned", "unconfirmed"])
        self.is_cut(self.hosts[0])
        self.is_cut(self.hosts[2])
        self.is_untouched_but_for_sshd(self.hosts[1])

    def is_untouched_but_for_sshd(self, host):
        await_true(lambda: host.states() == [])
        self.is_untouched(host)

    def test_one_that_is_lost_before_the_moment_keeps_all_from_beginning(self):
        for host in self.hosts[:2]:
            self.isolate(host)
        lost = self.hosts[2]
        self.isolate(lost, self.relay(lost, from_calm=lambda: lost.states() == ["prepared"]))
        self.assertIn(b"nothing was begun anywhere. a3: ", self.apply("a1 a2 a3", LOST).stderr)
        self.assertEqual([one["state"] for one in self.actions()], ["undone"] * 3)
        for host in self.hosts:
            self.is_untouched_but_for_sshd(host)

    def test_one_that_does_not_answer_is_unknown_and_the_others_stand(self):
        for host in self.hosts[:2]:
            self.isolate(host, more='--timer "20 s"')
        lost = self.hosts[2]
        self.isolate(lost, self.relay(lost, from_host=lambda: lost.states() == ["armed"]), '--timer "20 s"')
        self.apply("a1 a2 a3", LOST)
        self.assertEqual([one["state"] for one in self.actions()], ["unconfirmed", "unconfirmed", "begun"])
        self.ana("stop confirm a1" + self.way)
        await_true(lambda: all(host.passes(self.bystander, 80) for host in self.hosts[1:]), 25)
        self.ana("stop status" + self.way)
        self.assertEqual([one["state"] for one in self.actions()], ["done", "undone", "undone"])
        self.is_cut(self.hosts[0])

    def test_this_host_and_another_begin_together(self):
        self.ana("stop block 203.0.113.9" + self.way)
        self.isolate(self.hosts[0])
        self.assertIn(b"They began some", self.ana.run(*("stop apply a1 a2" + self.way).split()).stdout)
        self.is_cut(self.hosts[0])
        self.assertIn("203.0.113.9", sh("nft", "list", "ruleset"))
        for action in ("a1", "a2"):
            self.ana(f'stop undo {action} "over"' + self.way)
        self.assertEqual(sh("nft", "list", "ruleset"), "")

    def test_a_plan_for_a_script_is_taken_by_no_calm_contain(self):
        """Not by calm, which has a device carry it out; and the helper itself refuses it, handed the very bytes."""
        self.ana("stop block 203.0.113.9 --system web1 --script" + self.way)
        status, said = self.ana.fails("stop apply a1" + self.way)
        self.assertEqual(status, 3)
        self.assertIn("has no texts yet", said)
        plan = self.item("plan: block")
        order = f"prepare {len(plan)} {hashlib.sha256(plan).hexdigest()}\n".encode() + plan
        done = subprocess.run([harness.BUILD / "src" / "calm-contain", "serve"], input=order, capture_output=True, timeout=60, check=False)
        self.assertRegex(done.stdout.decode(), "^failed ERR_GATE .*another host")
        self.assertEqual((self.state(1), sh("nft", "list", "ruleset")), ("planned", ""))

    def test_an_action_that_is_named_twice_is_refused(self):
        self.isolate(self.hosts[0])
        self.assertEqual(self.ana.fails("stop apply a1 a1" + self.way)[0], 2)


HOSTILE = {
    "control characters": r"read order; printf 'machine %064d\nname web1\nok\n' 0; read order; printf 'keep \033[2J\nok\n'",
    "bytes that are no UTF-8": r"read order; printf 'machine %064d\nname web1\nok\n' 0; read order; printf 'keep \377\nok\n'",
    "a line without end": r"read order; printf 'machine %064d\nname web1\nok\n' 0; read order; head -c 5000 /dev/zero | tr '\0' x; sleep 5",
    "lines without end": r"read order; printf 'machine %064d\nname web1\nok\n' 0; read order; yes keep",
    "an answer that nobody asked for": r"read order; printf 'machine %064d\nname web1\nok\nok\n' 0; sleep 5",
    "no machine": r"printf 'name web1\nok\n'; sleep 5",
    "its end": r"true",
}


class Hostile(NetworkTest):
    """The host answers as it likes: a script in the place of calm-contain, which lies beside a copy of calm."""

    def beside(self, script):
        folder = self.folder / "programs"
        folder.mkdir(exist_ok=True)
        if not (folder / "calm").exists():
            shutil.copy(harness.CALM, folder / "calm")
        (folder / "calm-contain").write_text("#!/bin/sh\n" + script + "\n")
        (folder / "calm-contain").chmod(0o755)
        return str(folder / "calm")

    def run_beside(self, script, line):
        calm, harness.CALM = harness.CALM, self.beside(script)
        try:
            return self.ana.run(*(line + self.way).split())
        finally:
            harness.CALM = calm

    def test_what_is_no_answer_is_refused(self):
        host = self.host("web1")
        for what, script in HOSTILE.items():
            with self.subTest(what):
                done = self.run_beside(script, f"stop isolate web1 --ssh root@{host.address} --allow {RESPONDER}:22")
                self.assertNotIn(done.returncode, (0, 1), what)
                self.assertNotIn(b"\033", done.stdout + done.stderr)
                self.assertIn(host.address.encode() if what == "its end" else b"calm-contain", done.stderr)
        self.assertEqual(self.actions(), [])

    def test_a_state_before_that_cannot_be_begins_nothing(self):
        """At most 256 MiB, and told: section 8."""
        host = self.host("web1")
        self.isolate(host)
        for told in (r"before 268435457\n", r"before -1\n", r"ok\n", r"before 5\nabc"):
            with self.subTest(told):
                done = self.run_beside(f"read order; printf '{told}'; sleep 1", "stop apply a1")
                self.assertNotIn(done.returncode, (0, 1))
                self.assertEqual(self.state(1), "planned")
        self.is_untouched(host)

    def test_words_of_a_host_are_escaped_where_they_are_shown(self):
        """U+202E turns the direction of what follows; %1B is an escape in the plan's spelling."""
        host = self.host("web1")
        script = (r"read order; printf 'machine %064d\nname web1\nok\n' 0; read order; "
                  r"printf 'file /x%%1B[2Jy gone\nkeep tcp 10.9.0.11 22 10.9.0.1 99 a\342\200\256b in yours\nok\n'; sleep 5")
        done = self.run_beside(script, f"stop isolate web1 --ssh root@{host.address} --allow {RESPONDER}:22")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b"\033", done.stdout)
        self.assertNotIn("\u202e".encode(), done.stdout)
        self.assertIn(rb"\u{1b}[2Jy gone", done.stdout)
        self.assertIn(r"\u{1b}[2Jy gone", self.actions()[0]["preview"])


if __name__ == "__main__":
    harness.main()
