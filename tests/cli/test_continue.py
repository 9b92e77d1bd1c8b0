"""Going on with a case on another medium when its disk fails or is full, and on a second machine from an export."""
import hashlib
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import time

from attacker import leaf
from harness import CALM, CaseTest, Person, main


def fingerprint(folder):
    """Every file below a folder, with what it holds and when it was changed."""
    return {str(p): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file()}


class Continue(CaseTest):
    on_disk = True

    def setUp(self):
        super().setUp()
        self.new = self.folder / "stick" / "monday.calm"
        self.new.parent.mkdir()
        for number in range(6):
            self.ana(f'note "note {number}"')

    def sql(self, *statements, case=None):
        with sqlite3.connect((case or self.case) / "case.db") as db:
            found = [db.execute(s).fetchall() for s in statements]
        db.close()
        return found[-1]

    def lines(self, case):
        return [row[0] for row in self.sql("SELECT line FROM lines ORDER BY seq", case=case)]

    def go_on(self, more=""):
        """Continues without naming a case, as one does whose case cannot be opened."""
        ana = Person("ana", self.folder, None)
        answer = ana.json(f"continue {self.case} {self.new} {more}")
        ana.case = self.new
        return ana, answer

    def notes(self, person):
        return [t["text"] for t in person.json("log --type note")]

    def test_all_of_a_sound_case_goes_on_and_the_old_folder_stays_as_it_was(self):
        (self.folder / "a.log").write_text("what it held")
        self.ana(f"preserve files {self.folder}/a.log")
        self.ana("log checkpoint")
        before, lines = fingerprint(self.case), self.lines(self.case)
        ana, answer = self.go_on()
        self.assertEqual(fingerprint(self.case), before)
        self.assertEqual(self.lines(self.new)[: len(lines)], lines)
        self.assertEqual((answer["records"], answer["not_taken"], answer["lost"], answer["items"]), (len(lines), 0, "", 1))
        self.assertEqual(answer["head"], leaf(lines[-1]))
        self.assertEqual(self.notes(ana), [f"note {n}" for n in range(6)])
        ana(f"preserve get e1 {self.folder}/again")
        self.assertEqual((self.folder / "again").read_text(), "what it held")
        self.assertEqual(self.verify(case=self.new), 2)

    def test_it_is_the_case_now_and_the_same_key_goes_on_signing(self):
        keys = list((self.ana.home / ".local/share/calm/keys").iterdir())
        self.go_on()
        ana = Person("ana", self.folder, None)
        self.assertEqual((ana.home / ".local/state/calm/current").read_text().strip(), str(self.new))
        self.assertEqual(list((self.ana.home / ".local/share/calm/keys").iterdir()), keys)
        shutil.rmtree(self.case)
        ana('note "from the stick"')
        self.assertIn("from the stick", ana("log"))

    def test_a_case_that_does_not_open_names_the_command_and_it_works(self):
        self.ana("log checkpoint")
        self.sql("UPDATE lines SET line = replace(line, 'note/1', 'nota/1') WHERE seq = 5")
        status, said = self.ana.fails("status")
        words = re.search(r"calm (continue \S+) /media", said).group(1)
        ana = Person("ana", self.folder, None)
        ana(f"{words} {self.new}")
        ana.case = self.new
        self.assertEqual(self.notes(ana), [f"note {n}" for n in range(6)])

    def test_the_record_says_from_where_and_which_head_was_taken_over(self):
        ana, answer = self.go_on()
        record = ana.json("log --type continuation")[0]
        self.assertEqual(record["record"], answer["records"])
        self.assertIn(f"from {self.case} to {self.new}", record["text"])
        self.assertIn(answer["head"], self.lines(self.new)[answer["records"]])  # the chain itself links to it

    def test_records_come_in_order_up_to_the_first_break(self):
        size = len(self.lines(self.case))
        self.sql("UPDATE lines SET line = replace(line, 'note/1', 'nota/1') WHERE seq = 5")
        ana, answer = self.go_on()
        self.assertEqual((answer["records"], answer["not_taken"]), (5, size - 5))
        self.assertIn(f"{size - 5} records from r5 on", answer["lost"])
        self.assertEqual(self.notes(ana), ["note 0", "note 1", "note 2"])
        self.assertEqual(self.verify(case=self.new), 2)
        shown = ana(f"log r{answer['records']} --full")
        self.assertIn("continued in another folder", shown)

    def test_the_report_says_that_the_record_was_continued_and_what_is_missing(self):
        self.sql("DELETE FROM lines WHERE seq = 5")
        ana, answer = self.go_on()
        ana(f"report draft --file {self.folder}/draft")
        page = next(p for p in [self.folder / "draft", *self.folder.glob("draft*/**/*.html"), *self.folder.glob("draft*.html")] if p.is_file()).read_text()
        self.assertIn("The record continued elsewhere, or put back", page)
        self.assertIn(f"{answer['not_taken']} records from r5 on that cannot be read or do not follow", page)

    def test_killed_at_any_moment_no_half_case_has_the_name(self):
        for number in range(3):
            (self.folder / f"item{number}").write_bytes(os.urandom(300000))
            self.ana(f"preserve files {self.folder}/item{number}")
        lines = self.lines(self.case)
        ends = set()
        for delay in range(16):
            new = self.folder / f"killed-{delay}.calm"
            child = subprocess.Popen([CALM, "continue", str(self.case), str(new)], env=self.ana.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay * 0.005)
            child.kill()
            child.wait()
            ends.add(new.exists())
            if new.exists():
                there = Person("ana", self.folder, new)
                there('note "it is whole"')
                self.assertEqual(self.lines(new)[: len(lines)], lines)
                self.assertIn("3 items hashed again, all as they were taken", there("log verify"))
        self.assertIn(False, ends)

    def test_what_the_database_lost_is_read_from_the_readable_copy(self):
        for name, damage in (("gone", "DELETE FROM lines WHERE seq IN (3, 4)"), ("changed", "UPDATE lines SET line = replace(line, '\"ntp\"', '\"ntq\"') || ' ' WHERE seq = 3")):
            with self.subTest(name):
                self.ana("log checkpoint")
                size = len(self.lines(self.case))
                self.ana('note "after the checkpoint"')
                self.sql(damage)
                self.new = self.folder / f"{name}.calm"
                ana, answer = self.go_on()
                self.assertEqual((answer["records"], answer["not_taken"]), (size + 1, 0))
                self.assertIn("after the checkpoint", self.notes(ana))
                self.case = self.new
                self.ana.case = self.case

    def test_records_that_the_person_had_seen_and_are_not_there_are_named(self):
        size = len(self.lines(self.case))
        self.sql(f"DELETE FROM lines WHERE seq = {size - 1}")
        ana, answer = self.go_on()
        self.assertIn(f"records of the {size} that were seen in {self.case} on 20", answer["lost"])
        self.assertEqual(ana.run("status").stderr, b"")  # it is on record, so nobody is warned of it again

    def test_values_that_cannot_be_read_are_counted_and_the_rest_is_there(self):
        self.sql("PRAGMA writable_schema = ON", "UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'openings'")
        self.sql("UPDATE openings SET sealed = 'text, where bytes must be' WHERE seq = 4")
        self.sql("PRAGMA writable_schema = ON", "UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'openings'")
        ana, answer = self.go_on()
        self.assertEqual(self.notes(ana)[:2], ["note 0", "note 1"])
        self.assertNotIn("note 2", self.notes(ana))
        self.assertEqual((answer["not_taken"], answer["values_lost"], answer["lost"]), (0, 1, "the values of 1 record"))

    def test_damaged_pages_never_give_a_case_that_does_not_verify(self):
        self.ana("log checkpoint")
        lines = self.lines(self.case)
        size = len(lines)
        whole = (self.case / "case.db").read_bytes()
        with sqlite3.connect(self.case / "case.db") as db:
            roots = dict(db.execute("SELECT name, rootpage FROM sqlite_schema"))
        db.close()
        needed = {0, roots["meta"] - 1, roots["grants"] - 1}  # without these there is no case, or no key
        for page in range(len(whole) // 4096):
            (self.case / "case.db").write_bytes(whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])
            new = self.folder / f"page-{page}.calm"
            done = Person("ana", self.folder, None).run("continue", str(self.case), str(new))
            self.assertFalse((self.folder / f"page-{page}.calm.part").exists())
            if page in needed:
                self.assertEqual(done.returncode, 7, done.stderr)
                self.assertIn(b"calm continue EXPORT", done.stderr)
                self.assertFalse(new.exists())
                continue
            self.assertEqual(done.returncode, 0, (page, done.stderr))
            self.assertEqual(self.lines(new)[:size], lines)  # the readable copy has every line
            if (new / "journal/journal.cj1").exists():
                self.assertEqual(self.verify(case=new), 2)

    def test_an_item_that_is_not_what_its_name_says_stays_behind_and_is_on_record(self):
        for name in ("a", "b"):
            (self.folder / name).write_text("item " + name)
            self.ana(f"preserve files {self.folder}/{name}")
        bad = self.case / "evidence" / hashlib.sha256(b"item b").hexdigest()[:2] / hashlib.sha256(b"item b").hexdigest()
        bad.chmod(0o600)
        bad.write_text("item c")
        ana, answer = self.go_on()
        self.assertEqual((answer["items"], answer["lost"]), (1, "items of evidence without their bytes: e2"))
        names = [p.name for p in (self.new / "evidence").rglob("*") if p.is_file()]
        self.assertEqual(names, [hashlib.sha256(b"item a").hexdigest()])

    def test_evidence_can_stay_behind_to_go_on_at_once_and_be_brought_later(self):
        (self.folder / "a").write_text("large")
        self.ana(f"preserve files {self.folder}/a")
        ana = Person("ana", self.folder, None)
        said = ana(f"continue {self.case} {self.new} --without-evidence")
        self.assertIn("without their bytes: e1", said)
        command = re.search(r"cp -rn \S+ \S+", said).group()
        subprocess.run(command.split(), check=True)
        ana.case = self.new
        self.assertIn("1 item hashed again, all as they were taken", ana("log verify"))

    def test_a_tampered_record_is_told_and_nothing_is_made(self):
        seal = self.lines(self.case)
        forged = seal[-1].replace('"sig":"', '"sig":"0', 1)[:-3] + seal[-1][-2:]
        self.sql(f"UPDATE lines SET line = '{forged}' WHERE seq = {len(seal) - 1}")
        ana, answer = self.go_on()
        self.assertEqual((answer["records"], answer["not_taken"]), (len(seal) - 1, 1))  # its signer did not sign it: it is not taken

    def test_a_folder_that_is_there_is_never_overwritten(self):
        self.new.mkdir()
        (self.new / "mine").write_text("x")
        self.assertEqual(Person("ana", self.folder, None).fails(f"continue {self.case} {self.new}")[0], 2)
        self.assertEqual([p.name for p in self.new.iterdir()], ["mine"])

    def test_what_is_no_case_and_no_export_is_told(self):
        ana = Person("ana", self.folder, None)
        for path in ("/", "/dev/null", str(self.folder / "no such"), str(self.folder)):
            status, said = ana.fails(f"continue '{path}' {self.new}")
            self.assertIn("neither the folder of a case", said)
            self.assertFalse(self.new.exists())

    def test_a_name_is_found_where_none_is_given(self):
        ana = Person("ana", self.folder, None)
        answer = ana.json(f"continue {self.case}")
        self.assertEqual(answer["folder"], str(self.folder / "monday-2.calm"))

    def test_links_and_pipes_in_the_old_folder_neither_hang_nor_are_followed(self):
        os.mkfifo(self.case / "journal" / "x.note")
        (self.case / "journal" / "y.note").symlink_to("/etc/passwd")
        ana, answer = self.go_on()
        self.assertIn("2 files beside the database", answer["lost"])
        self.assertFalse((self.new / "journal" / "y.note").exists())

    def test_a_case_is_read_on_a_disk_without_a_byte_left(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        small = self.folder / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True, check=False).returncode:
            self.skipTest("no small file system can be mounted here")
        try:
            zoe = Person("zoe", self.folder, None)
            zoe(f"open {small}/c.calm")
            zoe.case = small / "c.calm"
            zoe('note "drive 3 is red"')
            with open(small / "full", "wb", buffering=0) as full, self.assertRaises(OSError):
                while True:
                    full.write(bytes(4096))
            self.assertIn("drive 3 is red", zoe("log"))
            self.assertIn("suspected incident", zoe("status"))
            self.assertIn(f"calm continue {small}/c.calm", zoe.fails("note more")[1])
            (small / "full").unlink()
            zoe('note "there is room again"')
            self.assertEqual(self.notes(zoe), ["drive 3 is red", "there is room again"])
        finally:
            subprocess.run(["umount", "-l", str(small)], check=False)

    def test_when_the_disk_is_full_calm_names_the_command_and_it_works(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        small = self.folder / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True, check=False).returncode:
            self.skipTest("no small file system can be mounted here")
        try:
            zoe = Person("zoe", self.folder, None)
            zoe(f"open {small}/c.calm")
            zoe.case = small / "c.calm"
            acknowledged = []
            for number in range(200):
                done = zoe.run("note", f"number {number} " + "x" * 20000)
                if done.returncode:
                    break
                acknowledged.append(f"number {number}")
            words = re.search(r"calm (continue \S+) /media", done.stderr.decode()).group(1)
            zoe.case = None
            zoe(f"{words} {self.new}")
            zoe.case = self.new
            self.assertEqual([t.split(" x")[0] for t in self.notes(zoe)], acknowledged)
            zoe('note "it goes on"')
        finally:
            subprocess.run(["umount", "-l", str(small)], check=False)


class FromAnExport(CaseTest):
    """A second machine that was given an export on a stick."""

    def second(self, person):
        """The same person's key on a second machine."""
        there = self.folder / f"second-{person.name}"
        there.mkdir()
        twin = Person(person.name, there, None)
        shutil.copytree(person.home / ".local", twin.home / ".local")
        (twin.home / ".local/state/calm/current").unlink(missing_ok=True)
        return twin

    def export(self, more=""):
        out = self.folder / f"export-{len(list(self.folder.iterdir()))}"
        self.ana(f"log export {out} {more}")
        return out

    def test_one_of_the_team_goes_on_and_the_copies_come_together_again(self):
        bo = self.join("bo")
        (self.folder / "a").write_text("the item")
        self.ana(f"preserve files {self.folder}/a")
        laptop = self.second(bo)
        answer = laptop.json(f"continue {self.export('--evidence')} bo.calm")
        self.assertEqual((answer["items"], answer["lost"]), (1, ""))
        laptop.case = laptop.folder / "bo.calm"
        laptop('note "from the laptop"')
        self.ana('note "meanwhile here"')
        back = self.folder / "back"
        laptop(f"log export {back}")
        self.ana(f"log merge {back}")
        self.assertEqual({t["text"] for t in self.ana.json("log --type note")}, {"from the laptop", "meanwhile here"})
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_without_evidence_in_it_the_record_says_which_items_are_missing(self):
        (self.folder / "a").write_text("the item")
        self.ana(f"preserve files {self.folder}/a")
        laptop = self.second(self.ana)
        self.assertEqual(laptop.json(f"continue {self.export()} here.calm")["lost"], "items of evidence without their bytes: e1")

    def test_whoever_is_not_on_the_team_can_ask_to_join_from_the_copy(self):
        eva = Person("eva", self.folder, None)
        said = eva(f"continue {self.export()} eva.calm")
        self.assertIn("nothing was put on record", said)
        eva.case = self.folder / "eva.calm"
        self.assertNotIn("monday", eva.run("log").stdout.decode())
        eva(f"team join eva --part documents --file {self.folder}/eva.join")
        self.ana(f"team admit eva --request {self.folder}/eva.join --role scribe")
        eva.case = None
        eva(f"continue {self.export()} eva-2.calm")
        eva.case = self.folder / "eva-2.calm"
        eva('note "let in"')
        self.assertIn("let in", eva("log"))

    def test_lines_alone_make_a_copy_without_values_and_say_so(self):
        laptop = self.second(self.ana)
        said = laptop(f"continue {self.export('--skeleton')} bare.calm")
        self.assertIn("nothing was put on record", said)

    def test_an_export_that_was_changed_is_refused_whole(self):
        good = self.export()
        laptop = self.second(self.ana)
        cj1 = (good / "journal.cj1").read_bytes()
        for name, data in (("journal.cj1", cj1.replace(b"note/1", b"nota/1", 1).replace(b"person/1", b"persom/1", 1)), ("journal.cj1", b""), ("journal.cj1", b"x\n"),
                           ("journal.cjs", b"99999 AAAA\n"), ("journal.cjg", b"team x y\n")):
            bad = self.folder / "bad"
            shutil.rmtree(bad, ignore_errors=True)
            shutil.copytree(good, bad)
            (bad / name).write_bytes(data)
            status, said = laptop.fails(f"continue {bad} never.calm")
            self.assertIn(status, (7, 8, 9), said)
            self.assertEqual(list(laptop.folder.glob("never.calm*")), [])

    def test_evidence_of_an_export_is_taken_by_its_content_alone(self):
        (self.folder / "a").write_text("the item")
        self.ana(f"preserve files {self.folder}/a")
        out = self.export("--evidence")
        item = next((out / "evidence").iterdir())
        item.chmod(0o600)
        item.write_text("another")
        (out / "evidence" / ("0" * 64)).symlink_to("/etc/passwd")
        (out / "evidence" / "../x").resolve().write_text("no item")
        laptop = self.second(self.ana)
        answer = laptop.json(f"continue {out} here.calm")
        self.assertEqual((answer["items"], answer["lost"]), (0, "items of evidence without their bytes: e1"))
        self.assertEqual([p for p in (laptop.folder / "here.calm/evidence").rglob("*") if p.is_file()], [])


if __name__ == "__main__":
    main()
