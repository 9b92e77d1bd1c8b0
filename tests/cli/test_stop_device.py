"""test_stop_device.py: plans that a device carries out, from the plan to its end, as two people: by hand, and over SSH at a real sshd behind which the device is a
terminal that writes down what is typed, or a real shell with a real nft (doc/format/containment.md section 8.2, devices.md section 6)."""
import json
import os
import re
import subprocess
import time
import unittest

import contain_network
import harness
from contain_network import Host, Relay, make_bridge, sh
from harness import one_line

WHY_NOT = contain_network.enter()
USAGE, NOT_FOUND, DENIED, GATE, LOST, FORMAT = 2, 3, 4, 5, 11, 7
IOS = "--for ios --host-address 10.1.0.11 --interface GigabitEthernet1/0/14"
JUNOS = "--for junos --host-address 10.1.0.11 --interface ge-0/0/1"


class DeviceTest(harness.CaseTest):
    def setUp(self):
        super().setUp()
        self.bo = self.join("bo")
        self.ana("assess system fw1")
        self.ana('assess look "fw1 passes what it should not"')

    def actions(self):
        return self.ana.json("stop list")

    def state(self, number=1):
        return self.actions()[number - 1]["state"]

    def steps(self, number=1):
        return [(s["step"], s["by"]) for s in self.actions()[number - 1]["history"]]

    def plan(self, line, device, more=""):
        """Planned, its texts kept, read and approved by another person; the texts."""
        self.ana(f"stop {line} --system fw1 --script")
        number = len(self.actions())
        self.ana(f"stop script a{number} {device} --keep {more}")
        self.bo(f"stop approve a{number}")
        return self.ana.json(f"stop script a{number}")

    def evidence(self, beginning):
        """The bytes of the items of evidence whose titles begin so."""
        found = []
        for n, item in enumerate(self.ana.json("preserve list"), 1):
            if item["title"].startswith(beginning):
                path = self.folder / f"item-{n}-{time.monotonic_ns()}"
                self.ana(f"preserve get e{n} {path} --to ana --because test")
                found.append(path.read_bytes())
        return found


class ByHand(DeviceTest):
    def test_a_plan_goes_its_whole_way_on_paper(self):
        said = self.ana("stop isolate --allow 10.1.0.7:22 --system fw1 --script")
        self.assertIn("calm stop script a1 --for DEVICE --keep", said)
        status, why = self.bo.fails("stop approve a1")
        self.assertEqual(status, GATE)
        self.assertIn("has no texts yet", why)
        self.assertEqual(self.ana.fails("stop begin a1")[0], NOT_FOUND)
        texts = self.ana.json(f"stop script a1 {IOS} --keep")
        self.assertEqual(self.ana.json("stop script a1")["apply"], texts["apply"])
        self.assertEqual(self.bo("stop script a1 --part undo"), texts["undo"])
        shown = one_line(self.bo("stop show a1"))
        self.assertIn("Carried out by Cisco IOS, by hand, with the texts", shown)
        self.assertNotIn("calm-contain does this", shown)
        self.assertNotIn("state that is saved", shown)
        self.assertEqual(self.ana.fails("stop approve a1")[0], GATE)
        for line in ("begin a1", "done a1 well", 'done a1 well --answer /dev/null'):
            self.assertEqual(self.ana.fails("stop " + line)[0], GATE if "null" not in line else USAGE, line)
        self.assertEqual(self.state(), "planned")
        self.assertIn("Next:  calm stop begin a1", self.bo("stop approve a1"))
        self.assertIn("Next:  calm stop begin a1\n", self.ana("status"))
        began = time.time()
        self.assertEqual(self.ana("stop begin a1"), texts["apply"])
        self.assertEqual(self.state(), "begun")
        self.assertIn('Next:  calm stop done a1 "what it answered" --answer FILE\n', self.ana("status"))
        self.assertRegex(one_line(self.ana("status")), r"Deadlines a1 isolate fw1 may be in effect, and goes back in \d min: calm stop check a1")
        answer = self.folder / "answer"
        answer.write_bytes(b"sw2#\x1b[2J reload in 5\r\n")
        said = one_line(self.ana(f'stop done a1 "it took all" --answer {answer}'))
        self.assertIn("Next: calm stop confirm a1", said)
        action = self.actions()[0]
        self.assertEqual((action["state"], action["result"]), ("unconfirmed", "it took all"))
        self.assertEqual(self.evidence("answer to a1 (done)"), [answer.read_bytes()])
        self.assertIn("Next:  calm stop confirm a1\n", self.ana("status"))
        self.assertLess(abs(float(sh("date", "-d", action["goes-back"], "+%s")) - began - 300), 10)
        self.assertEqual(self.ana("stop check a1"), texts["check"])
        self.assertEqual(self.ana("stop confirm a1"), texts["confirm"])
        self.assertEqual(self.state(), "unconfirmed")
        self.assertIn("confirm was printed", self.actions()[0]["result"])
        self.ana('stop confirm a1 --result "reload aborted"')
        self.assertEqual(self.state(), "done")
        self.assertEqual(self.ana.fails("stop confirm a1")[0], GATE)
        self.bo(f'stop check a1 works "no packet passes" --answer {answer}')
        self.assertEqual(self.actions()[0]["check"], "works")
        self.assertEqual(self.ana("stop undo a1"), texts["undo"])
        self.assertEqual(self.state(), "done")
        self.ana('stop undo a1 "it was cleaned"')
        self.assertEqual(self.state(), "undone")
        self.assertEqual(self.ana.fails("stop undo a1")[0], GATE)
        self.assertEqual(self.steps(), [("planned", "ana"), ("approved", "bo"), ("begun", "ana"), ("applied", "ana"), ("confirmed", "ana"),
                                        ("checked", "bo"), ("undone", "ana")])
        self.ana("report draft --file report")
        report = (self.folder / "report" / "REPORT.md").read_text()
        for words in ("reload aborted", "it was cleaned", "no packet passes"):
            self.assertIn(words, report)
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_texts_that_are_kept_anew_want_a_new_approval(self):
        self.plan("block 203.0.113.9", IOS)
        self.ana(f"stop script a1 {JUNOS} --keep")
        self.assertEqual(self.state(), "planned")
        self.assertEqual(self.ana.fails("stop begin a1")[0], GATE)
        self.bo("stop approve a1")
        self.ana("stop begin a1")
        self.assertEqual(self.ana.fails(f"stop script a1 {IOS} --keep")[0], GATE)

    def test_a_new_way_to_the_device_is_without_sudo_unless_that_is_said_again(self):
        self.plan("block 203.0.113.9", "--for nftables --itself", "--ssh ana@fw1 --sudo")
        self.assertEqual((self.actions()[0]["ssh"], self.actions()[0]["sudo"]), ("ana@fw1:22", "yes"))
        self.ana("stop script a1 --for nftables --itself --keep --ssh root@fw1")
        self.assertEqual((self.actions()[0]["ssh"], self.actions()[0].get("sudo", "")), ("root@fw1:22", ""))

    def test_the_first_look_and_an_approval_are_waited_for_or_gone_without_on_record(self):
        self.ana("stop block 203.0.113.9 --system fw1 --script")
        self.ana(f"stop script a1 {IOS} --keep")
        self.assertIn("not approved", self.ana.fails("stop done a1 well")[1])
        self.assertEqual(self.state(), "planned")
        self.ana('stop done a1 "typed at 03:10" --at 03:10 --override "the flood was growing"')
        self.assertEqual(self.state(), "unconfirmed")
        self.assertIn("a review of a1 by somebody else", self.bo("stop"))

    def test_without_a_first_look_nothing_is_begun_on_a_device(self):
        eve = harness.Person("eve", self.folder, None)
        other = self.folder / "other.calm"
        eve(f"open {other}")
        eve.case = other
        eve("assess system fw1")
        eve("stop block 203.0.113.9 --system fw1 --script")
        eve(f"stop script a1 {IOS} --keep")
        for line in ("begin a1", "done a1 well", "apply a1 --ssh admin@127.0.0.1"):
            status, why = eve.fails("stop " + line)
            self.assertEqual(status, GATE, line)
            self.assertIn("nobody has looked yet", why)
        self.assertEqual(eve.json("stop list")[0]["state"], "planned")

    def test_when_its_time_is_over_a_person_looks(self):
        self.plan('block 203.0.113.9 --timer "10 s"', "--for openc2 --itself")
        self.ana("stop begin a1")
        self.ana("stop done a1 accepted")
        time.sleep(10.5)
        said = one_line(self.ana("status"))
        self.assertIn("should be back, unless somebody confirmed it there", said)
        self.assertIn("Next: calm stop check a1", said)
        self.assertIn("on a device (openc2), unconfirmed as it is on record", one_line(self.ana("stop status")))
        self.ana('stop undo a1 "it went back, as the device shows"')
        self.assertEqual(self.state(), "undone")

    def test_what_is_not_begun_has_no_end_and_what_has_no_timer_is_done(self):
        self.plan("log-out mallory --accept-no-undo", "--for windows --itself")
        for line in ("confirm a1", "undo a1", "check a1", "check a1 works seen"):
            self.assertEqual(self.ana.fails("stop " + line)[0], GATE, line)
        self.ana("stop begin a1")
        self.ana("stop done a1 ended")
        self.assertEqual(self.state(), "done")
        self.assertNotIn("goes-back", self.actions()[0])

    def test_an_answer_is_a_file_and_bears_the_label_of_the_action(self):
        self.ana("stop block 203.0.113.9 --system fw1 --script --tlp red")
        self.ana(f"stop script a1 {IOS} --keep")
        self.bo("stop approve a1 --tlp red")
        os.mkfifo(self.folder / "pipe")
        for path in (self.folder / "pipe", self.folder, self.folder / "none"):
            self.assertNotEqual(self.ana.run(*f"stop begin a1 --answer {path}".split()).returncode, 0)
        self.assertEqual(self.state(), "approved")
        (self.folder / "said").write_text("ok\n")
        self.ana(f"stop begin a1 --answer {self.folder / 'said'}")
        labels = {item["title"].split(":")[0]: item["tlp"] for item in self.ana.json("preserve list")}
        self.assertEqual(labels["answer to a1 (begin)"], "red")
        self.assertEqual(labels["script for ios"], "red")

    def test_what_is_planned_in_words_takes_an_answer_too_and_is_never_refused(self):
        self.ana('stop plan "switch sw2 port 14" --undo "no shutdown"')
        answer = self.folder / "answer"
        answer.write_text("port is down\n")
        self.assertEqual(self.ana.fails("stop begin a1")[0], GATE)
        self.ana(f'stop done a1 "down since 03:31" --answer {answer}')
        action = self.actions()[0]
        self.assertEqual((action["state"], action["before-gate"]), ("done", "before it was approved"))
        self.assertEqual(self.evidence("answer to a1 (done)"), [b"port is down\n"])
        self.assertIn("nothing to confirm", self.ana.fails("stop confirm a1")[1])
        self.assertEqual(self.ana.fails("stop check a1")[0], USAGE)
        self.ana("stop check a1 works seen")
        self.ana(f'stop done "pulled the cable" --answer {answer}')
        self.assertEqual(self.evidence("what was answered"), [b"port is down\n"])


# What each terminal is: its texts, the user's name there, and what must have been typed before the text of apply.
CONSOLES = {"ios": (IOS, "root", ["terminal length 0"]), "junos": (JUNOS, "root", ["set cli screen-length 0"]),
            "routeros": ("--for routeros --host-address 10.1.0.11", "root+ct511w4098h", [])}


def typed_of(text, comment):
    """What a person would type of a text: its lines but comments."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith(comment)]


@unittest.skipIf(WHY_NOT, WHY_NOT)
class OverSsh(DeviceTest):
    on_disk = True

    def setUp(self):
        super().setUp()
        make_bridge()
        self.open = []
        self.ana.env["XDG_RUNTIME_DIR"] = self.bo.env["XDG_RUNTIME_DIR"] = str(self.folder)
        self.key = self.folder / "ana-key"
        sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key))
        self.known = self.folder / "known_hosts"
        self.known.write_text("")
        self.way = f" --identity {self.key} --known-hosts {self.known}"

    def tearDown(self):
        for one in reversed(self.open):
            one.stop()
        super().tearDown()

    def host(self, forced="", known=True, users=()):
        """One at a time: that of the sub-test before ends."""
        while self.open:
            self.open.pop().stop()
            (self.folder / "fw1").rename(self.folder / f"fw1-{time.monotonic_ns()}")
        public = self.key.with_suffix(".pub").read_text()
        host = Host(self.folder, "fw1", "10.9.0.31", (f'command="{forced}" ' if forced else "") + public, users=users)
        self.open.append(host)
        if known:
            self.known.write_text(host.known())
        self.at = f"--ssh root@{host.address}"
        return host

    def console(self, kind, how="", **more):
        """A device that is a terminal."""
        self.device = self.folder / f"device-{time.monotonic_ns()}"
        self.device.mkdir()
        (self.device / "typed").write_text("")
        (self.device / "how").write_text(how)
        program = harness.ROOT / "tests" / "cli" / "console_device.py"
        user = CONSOLES[kind][1]
        users = [f"{user}:x:0:0::/root:/bin/sh"] if user != "root" else []
        return self.host(f"/usr/bin/python3 {program} {kind} {self.device}", users=users, **more)

    def typed(self):
        return (self.device / "typed").read_text().splitlines()

    def whole(self, kind, lines):
        """What is typed of a text whose lines these are, from the log-in to the log-out."""
        return CONSOLES[kind][2] + lines + ["/quit" if kind == "routeros" else "exit"]

    def forget(self):
        (self.device / "typed").write_text("")

    def test_a_port_that_was_shut_before_is_neither_shut_nor_opened(self):
        """The device is asked before anything begins; its undo would open what somebody else shut."""
        look = "show running-config interface GigabitEthernet1/0/14 | include ^ shutdown"
        for how in ("shut", ""):
            with self.subTest(how):
                self.console("ios", how)
                texts = self.plan("isolate", "--for ios --interface GigabitEthernet1/0/14")
                number = len(self.actions())
                if how:
                    status, said = self.ana.fails(f"stop apply a{number} {self.at}" + self.way)
                    self.assertEqual(status, 5)
                    self.assertIn("the port is shut already, so there is nothing to do, and an undo would open it. Nothing was changed", one_line(said))
                    self.assertEqual(self.typed(), ["terminal length 0", look])
                    self.assertNotIn(self.state(number), ("begun", "unconfirmed", "done"))
                    continue
                self.ana(f"stop apply a{number} {self.at}" + self.way)
                apply = typed_of(texts["apply"], "!")
                self.assertEqual(apply[0], look)
                apply[2:2] = ["no", ""]
                self.assertEqual(self.typed(), ["terminal length 0", look, *apply, "exit"])
                self.assertIn("shutdown", [line.strip() for line in self.typed()])

    def test_each_terminal_is_typed_the_text_and_its_answer_is_evidence(self):
        for kind, (place, _, _) in CONSOLES.items():
            with self.subTest(kind):
                self.console(kind)
                texts = self.plan("block 203.0.113.9 2001:db8::/32 --allow 10.1.0.7:22", place)
                number = len(self.actions())
                comment = "!" if kind == "ios" else "#"
                said = one_line(self.ana(f"stop apply a{number} {self.at}" + self.way))
                self.assertIn("is applied: the device took all of it", said)
                self.assertIn(f"Next: calm stop confirm a{number}", said)
                apply = typed_of(texts["apply"], comment)
                if kind == "ios":  # whether to save what others changed: no; whether to go on: Enter
                    apply[1:1] = ["no", ""]
                self.assertEqual(self.typed(), self.whole(kind, apply))
                self.assertEqual(self.state(number), "unconfirmed")
                answer = self.evidence("answer of")[-1].decode()
                for line in apply:
                    self.assertIn(f"calm> {line}\n", answer)
                self.assertIn({"ios": "Proceed with reload? [confirm]", "junos": "commit confirmed will be", "routeros": "[admin@gw]"}[kind], answer)
                self.forget()
                said = self.ana(f"stop check a{number}" + self.way)
                self.assertEqual(self.typed(), self.whole(kind, typed_of(texts["check"], comment)))
                self.assertEqual(re.findall(r"\x1b|u\{d\}|^calm> ", said, re.M), [])
                self.assertNotIn("check", self.actions()[-1])
                self.ana(f'stop check a{number} works "matches are counted"')
                self.forget()
                self.ana(f"stop confirm a{number}" + self.way)
                self.assertEqual(self.typed(), self.whole(kind, typed_of(texts["confirm"], comment)))
                self.assertEqual(self.state(number), "done")
                self.forget()
                self.ana(f'stop undo a{number} "over"' + self.way)
                self.assertEqual(self.typed(), self.whole(kind, typed_of(texts["undo"], comment)))
                self.assertEqual((self.state(number), self.actions()[-1]["result"]), ("undone", "over"))
                self.assertEqual([step for step, _ in self.steps(number)],
                                 ["planned", "approved", "begun", "applied", "checked", "confirmed", "undone"])

    def test_an_error_ends_it_the_rest_is_not_sent_and_it_is_undone(self):
        for kind, line in (("ios", "ip access-list extended"), ("junos", "set apply-groups"), ("routeros", "add list")):
            with self.subTest(kind):
                place = CONSOLES[kind][0]
                self.console(kind, f"error {line}")
                texts = self.plan("block 203.0.113.9", place)
                number = len(self.actions())
                status, why = self.ana.fails(f"stop apply a{number} {self.at}" + self.way)
                self.assertEqual(status, LOST)
                self.assertIn(f"calm stop undo a{number}", one_line(why))
                self.assertTrue(self.typed()[-1].startswith(line), self.typed())
                action = self.actions()[-1]
                self.assertEqual(action["state"], "begun")
                self.assertTrue(action["result"].startswith("failed: "), action)
                self.assertIn(line, action["result"])
                self.assertIn("goes-back", action)
                self.assertEqual(len(self.evidence(f"answer of {'Cisco IOS' if kind == 'ios' else 'Junos' if kind == 'junos' else 'MikroTik RouterOS'} to a{number}")), 1)
                self.assertIn(f"Next:  calm stop undo a{number}\n", self.ana("status"))
                (self.device / "how").write_text("")
                self.forget()
                self.ana(f"stop undo a{number}" + self.way)
                self.assertEqual(self.typed(), self.whole(kind, typed_of(texts["undo"], "!" if kind == "ios" else "#")))
                self.assertEqual(self.state(number), "undone")

    def test_a_device_that_hangs_cuts_or_never_ends_leaves_the_outcome_unknown(self):
        for how, wait, words in (("hang", ' --wait "2 s"', "no prompt within 2 s"), ("cut", "", "closed the connection before it had answered"), ("flood", "", "bytes")):
            with self.subTest(how):
                self.console("ios", f"{how} interface")
                self.plan("block 203.0.113.9", IOS)
                number = len(self.actions())
                status, why = self.ana.fails(f"stop apply a{number} {self.at}" + wait + self.way)
                self.assertNotIn(status, (0, 1))
                self.assertIn("is not known", why)
                self.assertIn(words, one_line(why))
                action = self.actions()[-1]
                self.assertEqual((action["state"], action["result"][:9]), ("begun", "not known"))
                self.assertIn(b"calm> interface", self.evidence(f"answer of Cisco IOS to a{number}")[0])
                (self.device / "how").write_text("")
                self.ana(f"stop undo a{number}" + self.way)
                self.assertEqual(self.state(number), "undone")

    def test_a_connection_that_breaks_midway_leaves_the_outcome_unknown_and_is_taken_up_again(self):
        host = self.console("ios")
        relay = Relay(host, from_calm=lambda: any(line.startswith("interface") for line in self.typed()))
        self.addCleanup(relay.stop)
        self.known.write_text(host.known() + host.known("127.0.0.1", relay.port))
        self.plan("block 203.0.113.9", IOS)
        status, why = self.ana.fails(f"stop apply a1 --ssh root@127.0.0.1:{relay.port}" + self.way)
        self.assertNotIn(status, (0, 1))
        self.assertIn("is not known", why)
        self.assertTrue(self.typed()[-1].startswith("interface"), self.typed())
        self.assertEqual((self.state(), self.actions()[0]["ssh"]), ("begun", f"root@127.0.0.1:{relay.port}"))
        self.assertIn("Next:  calm stop check a1\n", self.ana("status"))
        self.forget()
        self.ana("stop check a1" + self.way)
        self.ana(f"stop undo a1 {self.at}" + self.way)
        self.assertEqual((self.state(), self.actions()[0]["ssh"]), ("undone", "root@10.9.0.31:22"))

    def test_what_is_not_at_its_prompt_is_sent_nothing(self):
        self.console("ios", "unprivileged")
        self.plan("block 203.0.113.9", IOS)
        status, why = self.ana.fails(f'stop apply a1 {self.at} --wait "2 s"' + self.way)
        self.assertEqual(status, FORMAT)
        self.assertIn("privilege 15", why)
        self.assertEqual((self.typed(), self.state()), ([], "approved"))

    def test_a_device_whose_key_is_not_known_or_changed_is_sent_nothing(self):
        host = self.console("ios", known=False)
        self.plan("block 203.0.113.9", IOS)
        status, why = self.ana.fails(f"stop apply a1 {self.at}" + self.way)
        self.assertEqual(status, DENIED)
        self.assertIn("not known here", why)
        self.known.write_text(f"{host.address} " + " ".join(self.key.with_suffix(".pub").read_text().split()[:2]) + "\n")
        status, why = self.ana.fails(f"stop apply a1 {self.at}" + self.way)
        self.assertEqual(status, DENIED)
        self.assertIn("not the one that is recorded", why)
        self.assertEqual((self.typed(), self.state()), ([], "approved"))
        self.assertNotIn("ssh", self.actions()[0])
        self.known.write_text("")
        fingerprint = re.search(r"--host-key (SHA256:\S+)", self.ana.fails(f"stop apply a1 {self.at}" + self.way)[1]).group(1)
        self.ana(f"stop apply a1 {self.at} --host-key {fingerprint}" + self.way)
        self.assertEqual(self.state(), "unconfirmed")

    def test_nothing_is_sent_that_nobody_approved_and_what_goes_by_hand_is_printed(self):
        self.console("ios")
        self.ana("stop block 203.0.113.9 --system fw1 --script")
        self.ana(f"stop script a1 {IOS} --keep {self.at}")
        self.assertEqual(self.actions()[0]["ssh"], "root@10.9.0.31:22")
        self.assertEqual(self.ana.fails("stop apply a1" + self.way)[0], GATE)
        self.assertEqual(self.typed(), [])
        self.assertIn("Next:  calm stop apply a1", self.bo("stop approve a1"))
        self.ana("stop block 203.0.113.10 --system fw1 --script")
        self.assertEqual(self.ana.fails("stop apply a1 a2" + self.way)[0], USAGE)
        status, why = self.ana.fails("stop apply a1 --sudo" + self.way)
        self.assertEqual((status, self.typed()), (USAGE, []))
        self.assertIn("say --ssh with it", one_line(why))
        self.ana("stop apply a1" + self.way)
        self.forget()
        texts = self.ana.json("stop script a1")
        self.assertEqual(self.ana("stop undo a1 --by-hand"), texts["undo"])
        self.ana('stop undo a1 "typed at the console" --by-hand')
        self.assertEqual((self.typed(), self.state()), ([], "undone"))

    def test_what_is_no_terminal_and_no_shell_is_not_spoken_with(self):
        self.plan("block 203.0.113.9", "--for openc2 --itself")
        status, why = self.ana.fails("stop apply a1 --ssh root@10.9.0.31" + self.way)
        self.assertEqual(status, USAGE)
        self.assertIn("not spoken with over SSH", why)
        self.assertNotIn("--ssh", self.ana.fails("stop apply a1")[1])
        self.assertEqual(self.state(), "approved")

    def test_a_real_packet_filter_is_changed_confirmed_and_put_back(self):
        for device, command in (("nftables", ("nft", "list", "ruleset")), ("iptables", ("iptables-save",))):
            with self.subTest(device):
                host = self.host()
                self.plan("block 203.0.113.9 2001:db8::/32", f"--for {device} --itself", self.at)
                number = len(self.actions())
                self.ana(f"stop apply a{number}" + self.way)
                self.assertIn("203.0.113.9", host.run(*command))
                self.assertEqual(self.state(number), "unconfirmed")
                self.assertIn("is in effect", one_line(self.ana(f"stop check a{number}" + self.way)))
                self.assertEqual(self.actions()[-1]["check"], "works")
                again = self.actions()[-1]
                self.ana(f"stop confirm a{number}" + self.way)
                self.assertEqual(self.state(number), "done")
                self.ana(f"stop undo a{number}" + self.way)
                self.assertNotIn("203.0.113.9", host.run(*command))
                done = self.ana.run(*f"stop check a{number}".split(), *self.way.split())
                self.assertEqual(done.returncode, LOST)
                self.assertEqual(self.actions()[-1]["check"], "fails")
                self.assertIn("is not in effect", self.actions()[-1]["proof"])

    def test_a_script_that_fails_there_says_how_and_is_undone(self):
        host = self.host()
        self.plan("block 203.0.113.9", "--for nftables --itself", self.at)
        tag = re.search(r"calm ([0-9a-f]{8})", self.ana.json("stop script a1")["apply"]).group(1)
        host.run("nft", "add", "table", "inet", f"calm_{tag}")
        status, why = self.ana.fails("stop apply a1" + self.way)
        self.assertEqual(status, LOST)
        self.assertIn("status 1", why)
        self.assertIn("is there already: undo it first", self.actions()[0]["result"])
        self.ana("stop undo a1" + self.way)
        self.assertEqual((self.state(), host.run("nft", "list", "ruleset")), ("undone", ""))

    def test_half_a_script_is_not_run(self):
        """The end of its input comes early, as where a connection breaks: the forced command lets 100 bytes of what comes through."""
        host = self.host("head -c 100 | /bin/sh -c \\\"$SSH_ORIGINAL_COMMAND\\\"")
        self.plan("block 203.0.113.9", "--for nftables --itself", self.at)
        status, why = self.ana.fails("stop apply a1" + self.way)
        self.assertNotIn(status, (0, 1))
        self.assertIn("not all of the script came", why)
        self.assertEqual(host.run("nft", "list", "ruleset"), "")

    def test_powershell_gets_the_script_whole(self):
        """The command's text is base64 of UTF-16, as powershell.exe -EncodedCommand takes it; the device here runs nothing and says how long its input was."""
        program = self.folder / "windows.py"
        program.write_text("import base64, os, re, sys\nwords = os.environ['SSH_ORIGINAL_COMMAND'].split()\n"
                           "assert words[:-1] == ['powershell.exe', '-NoProfile', '-NonInteractive', '-EncodedCommand'], words\n"
                           "text = base64.b64decode(words[-1]).decode('utf-16-le')\nword = re.search(r'`n(\\w+) ready`n', text).group(1)\n"
                           "print('\\n' + word + ' ready', flush=True)\nscript = sys.stdin.read()\n"
                           f"open({str(self.folder / 'ran')!r}, 'w').write(script)\n"
                           "sys.exit(0 if f'-ne {len(script)})' in text and text.endswith('Invoke-Expression $s') else 97)\n")
        self.host(f"/usr/bin/python3 {program}")
        texts = self.plan("lock mallory", "--for windows --itself", self.at)
        self.ana("stop apply a1" + self.way)
        self.assertEqual((self.folder / "ran").read_text(), texts["apply"])
        self.assertEqual(self.state(), "unconfirmed")
        self.assertEqual(self.ana.fails(f"stop check a1 {self.at} --sudo" + self.way)[0], USAGE)


if __name__ == "__main__":
    harness.main()
