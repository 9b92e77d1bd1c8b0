"""test_timeline_sources.py: what ends one item leaves the others to be read, and what is cut, damaged or left out is told: in the output of the run, on
record, in the list of sources and in the report. What can be read of a damaged file is what Python's zlib, or the making of the file, says."""
import bz2
import datetime
import gzip
import io
import json
import lzma
import os
import random
import tarfile
import unittest
import zipfile
import zlib

from harness import CaseTest, main, one_line

TAMPERED, LIMIT = 8, 10
UTC = datetime.timezone.utc


def ssh_lines(count, seed=1):
    """Lines of November 2025, of which no two are the same and which pack badly enough that a cut falls between them."""
    rng = random.Random(seed)
    return [f"Nov {1 + i * 20 // count:2d} {i % 24:02d}:{i % 60:02d}:12 web1 sshd[{rng.randrange(9999)}]: Failed password for u{rng.randrange(9999)} "
            f"from 198.51.100.{rng.randrange(255)} port {rng.randrange(65000)} ssh2" for i in range(count)]


def text_of(lines):
    return ("\n".join(lines) + "\n").encode()


class Sources(CaseTest):
    def put(self, name, data, when=datetime.datetime(2025, 11, 24, tzinfo=UTC)):
        path = self.folder / name
        path.write_bytes(data)
        os.utime(path, (when.timestamp(),) * 2)
        self.ana(f"preserve files '{path}'")

    def sources(self, more=""):
        return {row["source"]: row for row in self.ana.json("analyse sources " + more)}

    def events(self, query):
        return self.ana.json(f"analyse search '{query}'")

    @staticmethod
    def field(event, name):
        return next((f["value"] for f in event["fields"] if f["name"] == name), None)

    def test_each_source_is_listed_with_what_became_of_its_lines(self):
        lines = ssh_lines(60)
        whole = io.BytesIO()
        with tarfile.open(fileobj=whole, mode="w") as tar:
            for name, data in (("var/log/auth.log", text_of(lines[:40] + ["", "not a line of syslog"] + lines[40:])), ("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"), ("etc/ld.so.cache", bytes(range(256)))):
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), 1763942400
                tar.addfile(info, io.BytesIO(data))
        self.put("logs.tar", whole.getvalue())
        self.put("plain.log", text_of(lines))
        self.ana("analyse timeline")
        rows = self.sources()
        log = rows["logs.tar/var/log/auth.log"]
        self.assertEqual((log["evidence"], log["format"], log["lines"], log["events"], log["unparsed"], log["continued"], log["other"], log["notices"]),
                         ("e1", "syslog", 62, 60, 1, 0, 1, 0))
        self.assertEqual((log["size"], log["first"][:16], log["last"][:16]), (len(text_of(lines)) + len("\nnot a line of syslog\n"), "2025-11-01T00:00", "2025-11-20T11:59"))
        self.assertEqual((rows["logs.tar/etc/passwd"]["format"], rows["logs.tar/etc/passwd"]["size"], rows["logs.tar/etc/passwd"]["unparsed"]), ("text", 30, 1))
        self.assertEqual((rows["logs.tar/etc/ld.so.cache"]["format"], rows["logs.tar/etc/ld.so.cache"]["size"]), ("-", 256))
        self.assertEqual((rows["plain.log"]["evidence"], rows["plain.log"]["lines"]), ("e2", 60))
        self.assertEqual(set(self.sources("e2")), {"plain.log"})
        said = one_line(self.ana("analyse sources e1"))
        self.assertIn("logs.tar/etc/passwd text, 30 bytes", said)
        self.assertIn("logs.tar/etc/ld.so.cache not recognised, 256 bytes", said)
        self.assertIn("62 lines: 60 events, 1 not understood, 0 continued, 1 empty or comments", said)
        self.assertIn("2 files were not recognised, or not read: calm analyse sources", one_line(self.ana("analyse timeline --again")))

    def test_what_ends_one_item_leaves_the_others_to_be_read_and_is_on_record(self):
        self.put("a.log", text_of(ssh_lines(50)))
        self.put("b.log", text_of(ssh_lines(70, seed=2)))
        self.ana("analyse timeline")
        # Bytes of e1 change in the case, as no program of ours does it
        path = next(p for p in (self.case / "evidence").rglob("*") if p.is_file() and p.read_bytes() == text_of(ssh_lines(50)))
        path.chmod(0o600)
        path.write_bytes(text_of(ssh_lines(50, seed=3)))
        self.put("c.log", text_of(ssh_lines(30, seed=4)))
        done = self.ana.run("analyse", "timeline", "--again")
        said = one_line(done.stdout.decode())
        self.assertEqual(done.returncode, TAMPERED, said)
        self.assertRegex(said, r"e1 not read: .*e2 70 events.*e3 30 events")
        self.assertIn("1 item was not read", said)
        self.assertEqual(len(self.events("evidence:e3 and sshd")), 30)
        self.assertIn("e1 ", self.ana("analyse sources"))
        self.assertIn("not read: ", one_line(self.ana("analyse sources e1")))
        self.assertIn("no timeline made", self.ana("log"))
        self.ana(f"report draft --file {self.folder / 'told'}")
        told = one_line((self.folder / "told" / "REPORT.md").read_text().replace("\\", ""))
        self.assertRegex(told, r"No timeline could be made of \[?e1\]? .*is not what it was when it was taken in")
        # what it had stays, and a later run has nothing to do
        self.assertEqual(self.ana.json("analyse timeline"), {"made": 0, "there": 3, "events": 0, "unparsed": 0, "notices": 0})

    def test_what_was_left_is_tried_again_only_when_it_is_asked_for(self):
        self.put("a.log", text_of(ssh_lines(50)))
        self.put("b.log", text_of(ssh_lines(70, seed=2)))
        path = next(p for p in (self.case / "evidence").rglob("*") if p.is_file() and p.read_bytes() == text_of(ssh_lines(50)))
        path.rename(self.folder / "away")
        done = self.ana.run("analyse", "timeline", "--json")
        self.assertNotEqual(done.returncode, 0)
        told = json.loads(done.stdout)
        self.assertEqual(([left["evidence"] for left in told["left"]], told["made"], told["events"]), (["e1"], 1, 70))
        (self.folder / "away").rename(path)
        records = len(self.ana.json("log"))
        again = self.ana.run("analyse", "timeline")
        self.assertEqual(again.returncode, done.returncode)
        self.assertIn("as before; calm analyse timeline e1 --again tries it again", one_line(again.stdout.decode()))
        self.assertEqual(len(self.ana.json("log")), records)
        self.put("c.log", text_of(ssh_lines(30, seed=4)))
        self.assertIn("30 events", self.ana.run("analyse", "timeline").stdout.decode())
        self.assertEqual(self.ana.json("analyse timeline e1")["events"], 50)
        self.assertEqual(self.ana.json("analyse timeline"), {"made": 0, "there": 3, "events": 0, "unparsed": 0, "notices": 0})
        self.assertNotIn("not read", self.ana("analyse sources"))


if __name__ == "__main__":
    main()
