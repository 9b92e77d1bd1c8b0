"""test_snapshot.py: states of systems recorded, brought in, compared and looked through, and the gate that waits for them."""
import hashlib
import json
import os
import random
import signal
import socket
import subprocess

import harness
from harness import CaseTest
from made import document, line, seen

FORMAT, GATE, NOT_FOUND, USAGE, LIMIT = 7, 5, 3, 2, 10


QUIET = document(line("account", "ana", uid=1000, gid=1000, home="/home/ana", shell="/bin/bash", password="set", password_place="shadow"),
                 coverage=[seen("listener", 0), seen("account", 1)])
LOUD = document(line("listener", "TCP 0.0.0.0:4444", protocol="TCP", address="0.0.0.0", port=4444, everywhere=True, program="/tmp/x", pids=[812]),
                line("account", "ana", uid=1000, gid=1000, home="/home/ana", shell="/bin/bash", password="set", password_place="shadow"),
                line("account", "toor", uid=0, gid=0, home="/root", shell="/bin/sh", password="empty", password_place="passwd"),
                taken="2026-11-25T04:12:09.000000000Z", coverage=[seen("listener", 1), seen("account", 2), seen("process", 0, "none", "not root")])


class SnapshotTest(CaseTest):
    def write(self, name, text):
        path = self.folder / name
        path.write_text(text) if isinstance(text, str) else path.write_bytes(text)
        return path

    def bring(self, system, text, name="in.jsonl"):
        self.ana(f"snapshot import {system} {self.write(name, text)}")
        return self.ana.json("snapshot list")[-1]

    def test_a_state_of_this_machine_is_evidence_and_makes_its_system_known(self):
        self.ana("snapshot take")
        (system,) = self.ana.json("assess systems")
        self.assertEqual(system["name"], socket.gethostname())
        (snapshot,) = self.ana.json("snapshot list")
        self.assertEqual((snapshot["system"], snapshot["how"]), (system["id"], "taken"))
        (item,) = self.ana.json("preserve list")
        self.assertEqual((item["id"], item["sort"], item["system"]), (snapshot["evidence"], "snapshot", system["id"]))
        data = (self.case / "evidence" / item["sha256"][:2] / item["sha256"]).read_bytes()
        lines = [json.loads(text) for text in data.splitlines()]
        self.assertEqual(hashlib.sha256(data[: data.rindex(b'{"section":"end"')]).hexdigest(), lines[-1]["sha256"])
        self.assertEqual(int(snapshot["lines"]), len(lines))
        unread = {f'{text["key"]}: {text["seen"]}' for text in lines if text["section"] == "coverage" and text["seen"] in ("part", "none")}
        self.assertEqual(set(snapshot.get("unread", "").split("\n")) - {""}, unread)
        self.assertEqual(int(snapshot["sections"]), sum(text["section"] == "coverage" for text in lines))

    def test_a_second_state_is_of_the_same_system(self):
        self.ana("snapshot take")
        self.ana("snapshot take")
        self.ana(f"snapshot take {socket.gethostname()}")
        self.assertEqual(len(self.ana.json("assess systems")), 1)
        self.assertEqual(len(self.ana.json("snapshot list")), 3)

    def test_a_system_that_has_another_name_for_itself_is_found_by_that(self):
        self.ana(f"assess system shop --host {socket.gethostname()}")
        self.ana("snapshot take")
        self.assertEqual([system["name"] for system in self.ana.json("assess systems")], ["shop"])

    def test_the_state_of_this_machine_is_not_taken_for_another_s(self):
        self.ana("assess system elsewhere")
        for name in ("elsewhere", "new-name"):
            status, said = self.ana.fails(f"snapshot take {name}")
            self.assertEqual(status, USAGE)
            self.assertIn("--here", said)
        self.assertEqual(self.ana.json("snapshot list"), [])
        self.ana("snapshot take elsewhere --here")
        (system,) = self.ana.json("assess systems")
        self.assertEqual((system["name"], system["host"]), ("elsewhere", socket.gethostname()))
        self.ana("snapshot take elsewhere")
        self.assertEqual(len(self.ana.json("snapshot list")), 2)

    def test_what_a_document_says_of_itself_is_on_record(self):
        snapshot = self.bring("web1", LOUD)
        self.assertEqual(snapshot["taken"], "2026-11-25T04:12:09.000000000Z")
        self.assertEqual((snapshot["host"], snapshot["how"], snapshot["unread"], snapshot["sections"]), ("web1", "imported", "process: none", "3"))
        (item,) = self.ana.json("preserve list")
        self.assertEqual(item["sha256"], hashlib.sha256(LOUD.encode()).hexdigest())
        self.assertEqual(item["path"], str(self.folder / "in.jsonl"))

    def test_a_cut_or_altered_document_is_taken_and_marked(self):
        for number, text in enumerate((QUIET[: QUIET.rindex('{"section":"end"')], QUIET.replace("ana", "eva"))):
            self.bring("web1", text)
            self.assertIn("cut or altered", self.ana.json("preserve list")[number]["remark"])

    def test_hostile_documents_are_refused_and_nothing_is_kept(self):
        rng = random.Random(5)
        hostile = [b"", b"\n", b"{}\n", b"root:x:0:0:root:/root:/bin/bash\n", rng.randbytes(100_000), b"[" * 100_000, b"{\"a\":" * 50_000,
                   QUIET.encode().replace(b"web1", b"\xff\xfe"), b"A" * (300 << 10) + b"\n"]
        for data in hostile:
            with self.subTest(data[:20]):
                status, said = self.ana.fails(f"snapshot import web1 {self.write('bad', data)}")
                self.assertIn(status, (FORMAT, LIMIT))
                self.assertNotIn("\x1b", said)
        self.assertEqual(self.ana.json("preserve list"), [])
        self.assertEqual(list(self.case.glob("evidence/??/*")), [])

    def test_only_files_are_read(self):
        os.mkfifo(self.folder / "fifo")
        for name in ("fifo", "."):
            self.assertEqual(self.ana.fails(f"snapshot import web1 {self.folder}/{name}")[0], USAGE)
        self.assertEqual(self.ana.fails(f"snapshot import web1 {self.folder}/gone")[0], NOT_FOUND)
        os.truncate(self.write("huge", "x"), 65 << 20)
        self.assertEqual(self.ana.fails(f"snapshot import web1 {self.folder}/huge")[0], LIMIT)

    def test_names_of_a_host_are_shown_without_their_escapes(self):
        self.bring("web1", document(host="evil\u202e\u0007\u001b[2J", coverage=[seen("account", 0)]))
        self.assertNotIn("\x1b", self.ana("snapshot list"))
        self.assertNotIn("\u202e", self.ana("snapshot list"))

    def test_the_difference_is_told_in_words(self):
        self.bring("web1", QUIET)
        self.bring("web1", LOUD)
        said = self.ana("snapshot diff s1 s2")
        self.assertIn("4444", said)
        self.assertIn("toor", said)
        self.assertNotIn("ana", said.replace("toor", ""))
        changes = self.ana.json("snapshot diff s1 s2")
        self.assertEqual({(change["change"], change["section"], change["key"]) for change in changes if change["section"] != "coverage"},
                         {("appeared", "listener", "TCP 0.0.0.0:4444"), ("appeared", "account", "toor")})
        self.assertEqual(self.ana.json("snapshot diff s1"), changes)
        self.assertIn("Nothing differs", self.ana("snapshot diff s1 s1"))

    def test_a_busy_host_differs_on_one_screen_kind_by_kind(self):
        def accounts(names):
            return [line("account", name, uid=7, gid=7, home="/", shell="/bin/sh", password="set", password_place="shadow") for name in sorted(names)]

        def files(count):
            return [line("config", f"/etc/{number:03}-{'x' * 90}", kind="file", size=1, mode="100644") for number in range(count)]

        before = document(*accounts(f"old{n:02}" for n in range(30)), coverage=[seen("account", 30), seen("config", 0)])
        after = document(*accounts(f"new{n:02}" for n in range(45)), *files(60), taken="2026-11-25T04:12:09.000000000Z", coverage=[seen("account", 45), seen("config", 60)])
        self.bring("web1", before)
        self.bring("web1", after)
        changes = self.ana.json("snapshot diff s1 s2")
        self.assertEqual(len(changes), 135)
        said = self.ana("snapshot diff s1 s2")
        self.assertLessEqual(len(said.splitlines()), 22)
        self.assertLessEqual(max(len(text) for text in said.splitlines()), 80)
        self.assertIn("account: 45 appeared, 30 gone\n", said)
        self.assertIn("config: 60 appeared\n", said)
        self.assertIn("Of 135 differences the first are shown. All: calm snapshot diff s1 s2 --all\n", said)
        whole = self.ana("snapshot diff s1 s2 --all")
        self.assertEqual([change["key"] for change in changes if change["key"] not in "".join(whole.split())], [])
        self.assertNotIn("--all", whole)

    def test_sections_without_end_stay_on_one_screen_too(self):
        sections = [line(f"odd{number:04}", "a", value=1) for number in range(500)]
        self.bring("web1", QUIET)
        self.bring("web1", document(*sections))
        self.assertLessEqual(len(self.ana("snapshot diff s1 s2").splitlines()), 22)

    def test_a_title_has_the_time_of_this_machine_and_utc(self):
        for zone, title in (("UTC", "web1 at 2026-11-25 04:12:09 UTC"), ("XST-1", "web1 at 2026-11-25 05:12:09 (04:12:09 UTC)"),
                            ("XST-20", "web1 at 2026-11-26 00:12:09 (2026-11-25 04:12:09 UTC)")):
            self.ana.env["TZ"] = zone
            self.assertEqual(self.bring("web1", LOUD)["title"], title)

    def test_an_observation_says_what_is_usually_harmless_and_is_raised_once(self):
        self.bring("web1", LOUD)
        observations = self.ana.json("snapshot observe s1")
        self.assertTrue(any("toor" in observation["words"] for observation in observations))
        self.assertTrue(all(observation["harmless"] for observation in observations))
        self.assertEqual(self.ana.json("problem list"), [])
        self.ana("snapshot observe s1 --raise")
        problems = self.ana.json("problem list")
        self.assertEqual(sorted(problem["text"] for problem in problems), sorted(observation["words"] for observation in observations))
        hints = {"attack": "attack", "fault": "fault", "either": "unknown"}
        self.assertEqual({problem["text"]: problem["sort"] for problem in problems},
                         {observation["words"]: hints[observation["hint"]] for observation in observations})
        self.ana("snapshot observe s1 --raise")
        self.assertEqual(len(self.ana.json("problem list")), len(observations))

    def test_least_leaves_out_what_is_lighter(self):
        self.bring("web1", LOUD)
        every = self.ana.json("snapshot observe s1")
        for least in (1, 2, 3):
            self.assertEqual(self.ana.json(f"snapshot observe s1 --least {least}"), [x for x in every if x["weight"] >= least])
        self.assertEqual(self.ana.fails("snapshot observe s1 --least 4")[0], USAGE)

    def test_an_affected_system_waits_for_its_state_and_repair_with_it(self):
        self.ana("assess system web1 --state affected")
        self.assertIn("the state of web1", self.ana("snapshot"))
        self.assertIn("calm snapshot import web1", self.ana("snapshot"))
        self.ana("assess look \"as usual\"")
        self.ana("assess sign \"what we know\"")
        self.ana("clean plan \"remove the job\" --system web1 --undo \"put it back\"")
        status, said = self.ana.fails("clean begin a1")
        self.assertEqual(status, GATE)
        self.assertIn("snapshot", said)
        self.bring("web1", QUIET)
        self.assertNotIn("the state of web1", self.ana("snapshot"))
        self.assertNotIn("is not recorded yet", self.ana.run("clean", "begin", "a1").stderr.decode())

    def test_ctrl_c_while_the_state_is_read_says_what_was_kept(self):
        child = subprocess.Popen([harness.CALM, "--case", str(self.case), "snapshot", "take"], env=self.ana.env, cwd=self.folder,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if harness.hears(child):
            child.send_signal(signal.SIGINT)
        out, said = child.communicate(timeout=120)
        kept = self.ana.json("snapshot list")
        if child.returncode == 13:
            self.assertIn("nothing of it was kept", said.decode())
            self.assertEqual(kept, [])
        else:  # it came after all had been read
            self.assertEqual(child.returncode, 0)
            self.assertIn("it is kept whole", out.decode())
            self.assertEqual(len(kept), 1)
        self.ana('note "goes on"')


if __name__ == "__main__":
    harness.main()
