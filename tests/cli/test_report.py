"""The report: made from the record, cut to its label, signed, issued as evidence; and the lessons that greet the next case."""
import hashlib
import json
import re
import subprocess

from harness import VERIFY, CaseTest, Person, main

SECRET = "quetzalcoatl"
FILES = ("REPORT.html", "REPORT.md", "REPORT.json")


def steady(text):
    """The text without what must differ: when it was made, and the size and root of the whole journal."""
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?", "TIME", text)
    text = re.sub(r"(datetime=|title=)\"[^\"]*\"", "TIME", text)
    text = re.sub(r"([0-9a-f]{8}-[0-9a-f]{2} ?(\\\n +)?){8}", "ROOT", text)
    text = re.sub(r"\"root\":\"[0-9a-f]{64}\"", "ROOT", text)
    text = re.sub(r"\"size\":\d+|--root \S+|Records</dt>.*?</dd>|\*\*Records\*\*.*|Records: \d+", "SIZE", text)
    return text


class Report(CaseTest):
    def draft(self, label, folder):
        self.ana(f"report draft --tlp {label} --file {self.folder / folder}")
        return {name: (self.folder / folder / name).read_text() for name in FILES}

    def fill_green(self):
        self.ana("assess system web1 --state affected --tlp green")
        self.ana.run("note", "the shop is slow", "--tlp", "green")
        self.ana.run("problem", "raise", "mail in bulk", "--tlp", "green", "--sort", "attack")
        self.ana.run("analyse", "hypothesis", "somebody came in", "--sort", "attack", "--tlp", "green")
        self.ana.run("assess", "unknown", "who wrote the file", "--tlp", "green")
        self.ana.run("call", "Meier", "cannot log in", "--tlp", "green")

    def plant(self):
        """One of everything that a report counts, above green."""
        labels = ("amber-strict", "red", "amber")
        lines = (
            ["note", SECRET], ["note", SECRET, "--at", "3 h ago"], ["problem", "raise", SECRET, "--impact", "critical", "--urgency", "critical"],
            ["assess", "system", SECRET, "--state", "affected"], ["assess", "unknown", SECRET], ["assess", "known", SECRET],
            ["analyse", "hypothesis", SECRET, "--sort", "fault"], ["call", SECRET, SECRET], ["note", "decision", SECRET, "--because", SECRET],
            ["preserve", "item", SECRET], ["stop", "done", SECRET], ["fix", "weakness", SECRET], ["learn", SECRET, "--time-lost", "3 h"],
            ["report", "risk", SECRET, "--accepted-by", SECRET], ["report", "scope", SECRET], ["team", "expert", SECRET], ["assess", "look", SECRET],
            ["notify", "channel", SECRET], ["notify", "start", "contract", "--within", "24 h", "--because", SECRET])
        for label in labels:
            for line in lines:
                done = self.ana.run(*line, "--tlp", label)
                self.assertEqual(done.returncode, 0, (line, done.stderr))
        self.ana.run("problem", "change", "p1", "--trend", "growing", "--tlp", "green")

    def test_a_compromised_channel_is_told_in_words(self):
        self.ana('notify channel "office mail" --trust trusted --because "ours"')
        self.ana('notify channel chat --trust compromised --because "read along"')
        self.ana('notify trust "office mail" compromised --because "its server trusts web1"')
        self.ana('notify channel courier --reaches "ana: room 12"')
        told = self.draft("amber", "told")["REPORT.md"].replace("\\", "")
        self.assertIn("Channel office mail marked compromised: whoever attacks may read it: its server trusts web1", told)
        self.assertIn("Channel chat marked compromised: whoever attacks may read it: read along", told)
        self.assertRegex(" ".join(told.split()), r"nothing about the case goes over it: office mail \(its server trusts web1\) \[r4\]; chat \(read along\)")
        self.assertNotIn("Channel courier", told)  # how somebody is reached is no event
        self.ana('notify trust chat trusted --because "set up anew"')
        told = self.draft("amber", "later")["REPORT.md"].replace("\\", "")
        self.assertIn("Channel chat said to be safe: set up anew", told)

    def test_a_green_report_discloses_nothing_above_green_and_its_counts_do_not_change(self):
        self.fill_green()
        self.ana.run("problem", "change", "p1", "--trend", "growing", "--tlp", "green")
        before = self.draft("green", "before")
        self.plant()
        after = self.draft("green", "after")
        for name in FILES:
            self.assertIn("the shop is slow", after[name], name)
            self.assertNotIn(SECRET, after[name].lower(), name)
        self.assertIn(SECRET, self.draft("red", "red")["REPORT.html"], "what was planted can be seen where it may")
        # plant() ends with one green record more; the first draft's record is amber. So the record lists differ by exactly that one.
        first, second = json.loads(before["REPORT.json"]), json.loads(after["REPORT.json"])
        self.assertEqual(len(second["records"]), len(first["records"]) + 1)
        for part in ("systems", "problems", "facts", "hypotheses", "evidence", "actions", "weaknesses", "risks", "lessons", "people", "deadlines",
                     "channels", "experts", "looks", "scopes"):
            self.assertEqual([t["call"] for t in first[part]], [t["call"] for t in second[part]], part)
        self.assertEqual([s["text"] for s in first["summary"] if s["heading"] != "Where it stands"],
                         [s["text"] for s in second["summary"] if s["heading"] != "Where it stands"])

    def test_a_green_report_is_the_same_whatever_stands_above_green(self):
        self.fill_green()
        before = self.draft("green", "before")
        self.ana.run("note", SECRET, "--tlp", "red")
        self.ana.run("problem", "raise", SECRET, "--tlp", "amber-strict")
        self.ana.run("learn", SECRET, "--tlp", "amber")
        after = self.draft("green", "after")
        for name in FILES:
            self.assertEqual(steady(before[name]), steady(after[name]), name)

    def test_a_thing_whose_later_record_is_stricter_leaves_a_green_report(self):
        self.ana.run("problem", "raise", "harmless at first", "--tlp", "green")
        self.ana.run("problem", "change", "p1", "--text", SECRET, "--tlp", "red")
        for text in self.draft("green", "out").values():
            self.assertNotIn(SECRET, text)
            self.assertNotIn("harmless at first", text)

    def test_a_report_that_may_not_show_the_case_claims_nothing_about_it(self):
        self.ana("incident confirmed")
        self.ana.run("note", "seen", "--tlp", "green")
        text = self.draft("green", "out")["REPORT.md"]
        for claim in ("was opened", "It has not been confirmed", "the case was open", "monday", "nobody named", "No problem was"):
            self.assertNotIn(claim, text)
        self.assertIn("is not in the part of the record shown here", text)
        self.assertIn("It was confirmed as an incident on", self.draft("amber", "amber")["REPORT.md"])

    def test_conversations_are_named_at_amber_and_not_at_green(self):
        self.ana.run("call", "Meier", "cannot log in", "--tlp", "green")
        for text in self.draft("green", "green").values():
            self.assertIn("cannot log in", text)
            self.assertNotIn("Meier", text)
        self.assertIn("Conversation with Meier by phone", self.draft("amber", "amber")["REPORT.html"])

    def test_what_is_in_a_compartment_is_in_its_own_report_alone(self):
        self.fill_green()
        self.ana('team compartment board "who knew it"')
        before = self.draft("green", "before")
        for line in (["note", SECRET], ["problem", "raise", SECRET], ["assess", "system", SECRET], ["learn", SECRET], ["preserve", "item", SECRET], ["note", "decision", SECRET, "--because", SECRET],
                     ["analyse", "hypothesis", SECRET, "--sort", "fault"]):
            done = self.ana.run(*line, "--tlp", "green", "--scope", "board")
            self.assertEqual(done.returncode, 0, (line, done.stderr))
        after = self.draft("green", "after")
        for name in FILES:
            self.assertNotIn(SECRET, after[name].lower(), name)
            self.assertEqual(steady(before[name]), steady(after[name]), name)
        self.ana(f"report draft --tlp green --scope board --file {self.folder / 'board'}")
        for name in FILES:
            text = (self.folder / "board" / name).read_text()
            self.assertIn(SECRET, text.lower(), name)
            self.assertIn("the shop is slow", text, name)

    def test_a_thing_that_was_changed_in_a_compartment_leaves_the_report_of_the_team(self):
        self.ana.run("problem", "raise", "harmless at first", "--tlp", "green")
        self.ana.run("problem", "raise", "another", "--tlp", "green")
        self.ana('team compartment board "who knew it"')
        self.ana.run("problem", "change", "p1", "--text", SECRET, "--tlp", "green", "--scope", "board")
        for text in self.draft("green", "out").values():
            self.assertNotIn(SECRET, text)
            self.assertIn("another", text)
        self.ana(f"report draft --tlp green --scope board --file {self.folder / 'board'}")
        self.assertIn(SECRET, (self.folder / "board" / "REPORT.md").read_text())
        self.ana('team compartment staff "who else"')
        self.ana.run("problem", "change", "p1", "--text", SECRET + " more", "--tlp", "green", "--scope", "staff")
        for scope in ("board", "staff"):  # of each the other's words are none
            self.ana(f"report draft --tlp green --scope {scope} --file {self.folder / scope}2")
            self.assertNotIn(SECRET, (self.folder / (scope + "2") / "REPORT.md").read_text())

    def test_nobody_drafts_for_readers_who_see_more_than_they_do(self):
        bo = self.join("bo", roles="--role expert")
        self.assertEqual(bo.fails(f"report draft --tlp red --file {self.folder / 'bo'}")[0], 4)
        self.assertFalse((self.folder / "bo").exists())

    def test_an_issued_report_is_evidence_and_its_root_verifies_the_journal(self):
        bo = self.join("bo")
        out = self.folder / "out"
        self.ana.run("note", "the shop is slow")
        self.ana(f"report draft --file {out}")
        self.assertIn("draft", json.loads((out / "REPORT.json").read_text())["status"])
        self.assertEqual(self.ana.fails("report review read")[0], 5, "its author does not review it")
        self.assertEqual(self.ana.fails("report approve")[0], 5, "it is not reviewed")
        bo("report review", "read against the record")
        self.assertEqual(self.ana.fails("report issue")[0], 5, "it is not approved")
        self.ana("report approve")
        self.ana("report issue")
        data = json.loads((out / "REPORT.json").read_text())
        self.assertEqual(data["status"], "issued")
        self.assertEqual([s["name"] for s in data["signatures"]], ["ana", "bo", "ana"])
        kept = {t["title"].split(",")[0]: t["sha256"] for t in self.ana.json("preserve list")}
        for name in FILES:
            content = (out / name).read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            self.assertEqual(kept[name], digest)
            self.assertEqual((self.case / "evidence" / digest[:2] / digest).read_bytes(), content)
        root = f"{data['verify']['size']}:{data['verify']['groups']}"
        journal = self.case / "journal" / "journal.cj1"
        self.assertEqual(subprocess.run([VERIFY, "--root", root, journal], capture_output=True, check=False).returncode, 0)
        other = root.replace(":", ":f" if root.split(":")[1][0] != "f" else ":0", 1)[:len(root)]
        self.assertNotEqual(subprocess.run([VERIFY, "--root", other, journal], capture_output=True, check=False).returncode, 0)
        self.assertIn(data["verify"]["groups"], (out / "REPORT.md").read_text().replace("\\", ""))

    def test_what_was_written_after_the_draft_must_be_drafted_before_it_is_approved(self):
        out = self.folder / "out"
        self.ana(f"report draft --file {out}")
        self.ana.run("note", "something new")
        status, said = self.ana.fails("report review read")
        self.assertEqual(status, 5)
        self.assertIn("1 record was written after rp1", said)
        self.ana("report review read --override \"it changes nothing\"")
        self.ana(f"report draft --file {out}")
        self.assertIn("something new", (out / "REPORT.md").read_text())
        self.ana("report review read")

    def test_late_entries_corrections_and_overrides_are_marked(self):
        self.ana.run("note", "the fan was loud", "--at", "3 h ago")
        self.ana.run("note", "drive 3 is red")
        seq = max(r["record"] for r in self.ana.json("log"))
        self.ana.run("note", "correct", f"r{seq}", "it is drive 4")
        self.ana.run("assess", "system", "web1", "--state", "affected")
        self.ana.run("clean", "plan", "rebuild web1", "--undo", "the old disk")
        self.ana.run("clean", "begin", "a1", "--override", "the board wants it now")
        html = self.draft("amber", "out")["REPORT.html"]
        self.assertIn("recorded 3 h 00 min later", html)
        self.assertIn(f"corrects r{seq}", html)
        self.assertRegex(html, r"(?s)drive 3 is red.{0,200}Corrected.{0,300}it is drive 4")
        self.assertIn("the board wants it now", html)
        self.assertIn("Gates that were overridden", html)

    def test_hostile_text_is_text(self):
        self.ana.run("note", "<script>alert(1)</script> \x1b[31m [r0] {text} [x]")
        self.ana.run("assess", "system", "<b>&\"'")
        texts = self.draft("amber", "out")
        self.assertNotIn("<script>alert", texts["REPORT.html"])
        self.assertNotIn("\x1b", "".join(texts.values()))
        json.loads(texts["REPORT.json"])

    def test_sentences_agree_with_their_numbers(self):
        summary = lambda: " ".join(s["text"] for s in json.loads(self.draft("amber", "out")["REPORT.json"])["summary"])
        said = summary()
        self.assertIn("No system is named as affected", said)
        self.assertIn("No change to a system is on record.", said)
        self.assertIn("Nothing was taken into evidence.", said)
        self.assertIn("No legal deadline was started.", said)
        self.ana.run("problem", "raise", "one")
        self.ana.run("stop", "done", "cable pulled")
        self.ana.run("preserve", "item", "a drive")
        self.ana.run("assess", "unknown", "who")
        said = summary()
        self.assertIn("One problem was raised; it is still open. It reads: \u201cone\u201d.", said)
        self.assertIn("One change was carried out to stop it; no check is on record that it worked.", said)
        self.assertIn("One piece of evidence was taken.", said)
        self.assertIn("One problem and one question without an answer.", said)
        self.ana.run("problem", "raise", "two")
        self.ana.run("problem", "close", "p1", "solved")
        self.ana.run("stop", "check", "a1", "works", "seen")
        self.ana.run("fix", "done", "drive replaced")
        self.ana.run("preserve", "item", "a paper")
        said = summary()
        self.assertIn("Two problems were raised; one is still open. It reads: \u201ctwo\u201d.", said)
        self.assertIn("One change was carried out to stop it and one to close the way in or to repair; one was checked and found to work.", said)
        self.assertIn("Two pieces of evidence were taken.", said)
        self.ana.run("problem", "close", "p2", "solved")
        self.assertIn("Two problems were raised; all are solved.", summary())

    def test_a_report_that_cannot_be_written_leaves_no_record(self):
        before = len(self.ana.json("log"))
        (self.folder / "file").write_text("x")
        done = self.ana.run("report", "draft", "--file", str(self.folder / "file" / "below"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"file", done.stderr)
        self.assertEqual(len(self.ana.json("log")), before)


class Lessons(CaseTest):
    def lessons(self):
        found = list(self.ana.home.rglob("lessons.txt"))
        return found[0].read_text() if found else ""

    def test_open_lessons_greet_the_next_case_until_they_are_done(self):
        self.ana("learn", "nobody had the roster", "--do", "hang it up", "--owner", "Eva", "--due", "2027-01-31")
        self.ana("learn", "the backup was online")
        second = Person("ana", self.folder, None)
        said = second(f"open {self.folder / 'tuesday.calm'}")
        self.assertIn("nobody had the roster: hang it up (Eva), by 2027-01-31", said)
        self.assertIn("the backup was online", said)
        self.ana("learn mark le1 done")
        self.assertNotIn("roster", self.lessons())
        self.assertIn("the backup was online", self.lessons())

    def test_lessons_of_another_case_stay(self):
        self.ana("learn", "from monday")
        second = Person("ana", self.folder, None)
        second(f"open {self.folder / 'tuesday.calm'}")
        second.case = self.folder / "tuesday.calm"
        second("learn", "from tuesday")
        self.assertIn("from monday", self.lessons())
        self.assertIn("from tuesday", self.lessons())
        second("learn mark le1 dropped")
        self.assertIn("from monday", self.lessons())
        self.assertNotIn("from tuesday", self.lessons())


class Script(CaseTest):
    def test_each_script_prints_with_nothing_known_and_no_placeholder_is_left(self):
        for who in ("managers", "users", "owners", "provider"):
            data = self.ana.json(f"notify script {who}")
            self.assertNotRegex(data["text"], r"[{}]", who)
            self.assertIn("____", data["text"], who)
            self.assertTrue(data["blank"], who)
            self.assertLessEqual(max(map(len, data["text"].splitlines())), 78, who)

    def test_it_is_filled_from_the_case_and_options_go_before(self):
        self.ana("assess system web1 --state affected --purpose 'the shop' --owner 'Eva Brandt, 0171 1' --address 10.1.0.30")
        self.ana("assess known 'mail began at 02:40'")
        self.ana("assess known 'nobody is logged in'")
        self.ana("assess unknown 'who wrote the file'")
        self.ana("stop plan 'shut port 14' --system web1 --breaks 'the shop is off' --undo 'no shutdown'")
        self.ana("preserve hold web1 --requested 'netflow' --requested 'door log'")
        said = self.ana("notify script managers --decision 'off until noon?' --decide-by 08:00")
        self.assertIn("This is a suspected incident.", said)
        self.assertIn("  - mail began at 02:40\n  - nobody is logged in\n", said)
        self.assertIn("  - who wrote the file\n", said)
        self.assertIn("Decision:   off until noon?\n", said)
        self.assertIn("Case monday", said)
        owners = self.ana("notify script owners --system web1 --undo 'put the plug back'")
        self.assertIn("Owner        Eva Brandt, 0171 1", owners)
        self.assertIn("  - shut port 14\n", owners)
        self.assertIn("  put the plug back\n", owners)
        provider = self.ana("notify script provider --from 2026-11-25T03:00:00Z --until 2026-11-25T04:00:00Z")
        self.assertIn("  - netflow\n  - door log\n", provider)
        self.assertIn("Between 2026-11-25 03:00 and 2026-11-25 04:00", provider)
        self.assertIn("10.1.0.30", provider)
        self.assertIn("We are looking into a problem with the shop.", self.ana("notify script users"))
        self.ana("incident confirmed")
        self.assertIn("This is an incident.", self.ana("notify script managers"))

    def test_it_says_only_what_its_reader_may_know(self):
        self.ana("assess known", SECRET, "--tlp", "red")
        self.assertNotIn(SECRET, self.ana("notify script managers"))
        self.assertIn(SECRET, self.ana("notify script managers --tlp red"))

    def test_it_is_written_to_a_file_as_it_is_printed(self):
        path = self.folder / "managers.txt"
        said = self.ana(f"notify script managers --file {path}")
        self.assertTrue(said.startswith(path.read_text()))

    def test_hostile_words_neither_break_the_page_nor_the_terminal(self):
        self.ana.run("assess", "known", "\x1b[31m{known} " + "x" * 300 + "\u202e")
        said = self.ana("notify script managers")
        self.assertNotIn("\x1b", said)
        self.assertNotIn("\u202e", said)
        self.assertIn("{known}", said)


if __name__ == "__main__":
    main()
