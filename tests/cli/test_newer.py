"""A case that a newer calm wrote: it is read, this is said, and nothing in its folder is changed."""
import hashlib
import json
import sqlite3

from harness import CaseTest, Person, main

READING = "calm: this case was written by a newer calm; reading only\n"
REFUSED = "this case was written by a newer calm; reading only. Nothing was changed; to change it, use the newer calm"


class NewerCase(CaseTest):
    def setUp(self):
        super().setUp()
        (self.folder / "log.txt").write_text("sshd: three failures\n")
        self.ana('problem raise "the shop is down"')
        self.ana('note "the fan is loud"')
        self.ana("preserve files log.txt")
        self.ana("log checkpoint")

    def sql(self, text):
        database = sqlite3.connect(self.case / "case.db")
        database.executescript(text)
        database.close()

    def make_newer(self, more=""):
        """As doc/format/case-folder.md lets a later format be: other columns, tables and indexes behind ours."""
        self.sql("UPDATE meta SET value = '2' WHERE name = 'format'; ALTER TABLE lines ADD COLUMN shard INTEGER;"
                 "CREATE TABLE shards(n INTEGER PRIMARY KEY, name TEXT) STRICT; CREATE INDEX by_shard ON lines(shard);" + more)

    def contents(self):
        """Every file of the case with its hash; the locks of SQLite hold nothing."""
        return {str(path.relative_to(self.case)): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(self.case.rglob("*")) if path.is_file() and path.name not in ("case.db-shm", "case.db-wal")}

    def test_it_is_read_in_every_way_and_each_time_it_is_said(self):
        ways = ("status", "log", "note", "problem", "problem list", "preserve list", "log --type note")
        before = {way: self.ana(way) for way in ways if way not in ("status", "note", "problem")}
        self.make_newer()
        for way in ways:
            done = self.ana.run(*way.split())
            self.assertEqual((done.returncode, done.stderr.decode()), (0, READING), way)
            if way in before:
                self.assertEqual(done.stdout.decode(), before[way])
        done = self.ana.run()
        self.assertEqual((done.returncode, done.stderr.decode()), (0, READING))

    def test_what_a_program_reads_is_not_mixed_with_what_is_said(self):
        self.make_newer()
        done = self.ana.run("problem", "list", "--json")
        self.assertEqual([x["text"] for x in json.loads(done.stdout)], ["the shop is down"])
        self.assertEqual(done.stderr.decode(), READING)

    def test_whatever_would_write_is_refused_and_leaves_the_folder_as_it_was(self):
        (self.folder / "photo.jpg").write_bytes(b"\xff\xd8\xff")
        self.make_newer()
        before = self.contents()
        for line in ('note "one more"', 'problem raise "two"', "problem change p1 --impact high", "team duty ana off", 'team handover ana "all quiet"',
                     "log checkpoint", "log export out", "log anchor", "preserve files photo.jpg", 'preserve get e1 copied --to "Sgt. Weber"',
                     "preserve item desk --sort device", 'note attach photo.jpg "the rack"', "run -- touch touched", "report draft",
                     "team compartment board", 'close "all quiet"', "snapshot take", "playbook use ddos", 'learn "write faster"'):
            status, said = self.ana.fails(line)
            self.assertEqual((line, status), (line, 9), said)
            self.assertIn(REFUSED, said, line)
            self.assertEqual(self.contents(), before, line)
        for name in ("out", "copied", "touched"):
            self.assertFalse((self.folder / name).exists())

    def test_who_is_not_on_the_team_is_told_before_anything_is_left_there(self):
        bo = Person("bo", self.folder, self.case)
        self.make_newer()
        status, said = bo.fails("team join bo --part documents")
        self.assertEqual(status, 9)
        self.assertIn(REFUSED, said)
        self.assertFalse((self.case / "requests").exists())

    def test_the_record_and_the_evidence_are_still_checked(self):
        self.make_newer()
        done = self.ana.run("log", "verify")
        self.assertEqual((done.returncode, done.stderr.decode()), (0, READING), done.stdout)
        self.assertIn(b"1 item hashed again, all as they were taken", done.stdout)
        item = next(path for path in (self.case / "evidence").rglob("*") if path.is_file())
        item.chmod(0o600)
        item.write_bytes(b"sshd: no failures at\n")
        self.assertEqual(self.ana.fails("log verify")[0], 8)

    def test_what_can_be_read_of_it_can_be_gone_on_with_in_a_new_case(self):
        self.make_newer()
        before = self.contents()
        self.ana.case = None
        self.ana(f"continue {self.case} {self.folder}/on.calm")
        self.assertEqual(self.contents(), before)
        self.ana.case = self.folder / "on.calm"
        self.ana('note "gone on"')
        self.assertEqual([x["text"] for x in self.ana.json("problem list")], ["the shop is down"])
        self.assertEqual(self.verify(case=self.ana.case), 2)

    def test_one_that_only_its_own_calm_can_read_is_refused(self):
        self.make_newer("INSERT INTO meta(name, value) VALUES('reader', '2');")
        for line in ("status", "log", 'note "x"'):
            status, said = self.ana.fails(line)
            self.assertEqual(status, 9)
            self.assertIn("only programs that know the format 2 can read; this one knows 1", said)

    def test_one_that_does_not_keep_what_is_read_is_refused(self):
        self.make_newer("ALTER TABLE lines RENAME COLUMN line TO entry;")
        status, said = self.ana.fails("log")
        self.assertEqual(status, 9)
        self.assertIn("keeps what this one reads in another way", said)

    def test_one_that_is_damaged_too_says_that(self):
        self.make_newer("DELETE FROM lines; INSERT INTO lines(seq, line) VALUES(-1, 'x');")
        status, said = self.ana.fails("log")
        self.assertEqual(status, 7)
        self.assertIn("damaged", said)

    def test_a_line_that_was_altered_is_seen_also_there(self):
        self.make_newer("UPDATE lines SET line = replace(line, 'note/1', 'look/1') WHERE line LIKE '%note/1%';")
        self.assertEqual(self.ana.fails("log")[0], 8)


if __name__ == "__main__":
    main()
