"""test_timeline_export.py: events go out for other programs and come back as they were; Python's csv and json read every export, and mactime has
the times of the body file."""
import csv
import datetime
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import unittest

from harness import CaseTest, main

USAGE = 2
UTC = datetime.timezone.utc
# JSON lines whose names and values are hard to write: names that an export has of its own, several values, quotes, line ends, formulas.
HARD = [
    {"time": "2026-11-25T02:12:09.123456789Z", "msg": "=cmd|' /C calc'!A0", "n": {"datetime": "mine"}, "timeline.precision": "day", "timestamp_desc": ["a", "b"]},
    {"time": "2026-11-25T02:12:09.123Z", "msg": "two\r\nlines, \"quoted\"", "user": ["root", "eva", "[x]"], "a,b\"\n": "1", "timeline.source": "not so"},
    {"time": "2026-11-25 02:12:10", "n": {"[": "[\"x\"]", "e": "\u202e\U0001f600\u00e4\\x00"}, "@timestamp": "2001-01-01T00:00:00Z", "pid": 7},
    {"msg": "no time\ttab", "user": "-1+1", "timeline.field.x": "y"},
]
LOG = ("Feb 29 23:59:60 web1 sshd[812]: Accepted password for root from 192.0.2.7 port 51022 ssh2\n"
       "\x01 no line of any log\n"
       "Mar  1 00:00:01 web1 app[2]: \"a\", 'b', c\n").encode() + b"Mar  1 00:00:02 web1 app[2]: not \xff text\n"
DPKG = "2026-11-25 03:12:09 install nginx:amd64 <none> 1.22.1-9\n2026-11-25 03:12:10 status installed nginx:amd64 1.22.1-9\n"
# name, inode, mode, user, group, size, accessed, modified, changed, created
FILES = [("/etc/passwd", "12", "r/rrw-r--r--", 0, 0, 1000, 1700000000, 1600000000, 1600000000, 1500000000),
         ("/tmp/.x (deleted)", "13-128-1", "r/rrwsr-xr-t", 1000, 1000, 0, 1700000001, 0, 0, 0),
         ("/bin -> usr/bin", "14", "l/lrwxrwxrwx", 0, 0, 7, 1650000000, 1650000000, 1650000000, 0),
         ("/lost (deleted-realloc)", "15", "d/drwxr-xr-x", 0, 0, 4096, 5, 6, 7, 8)]
FORMS = ("timesketch-csv", "timesketch-json", "ecs-json")


def body_of(files):
    return "".join(f"0|{'|'.join(map(str, file))}\n" for file in files)


class Export(CaseTest):
    def setUp(self):
        super().setUp()
        self.number = 0
        for name, data in (("hard.json", "".join(json.dumps(line) + "\n" for line in HARD).encode()), ("auth.log", LOG), ("dpkg.log", DPKG.encode()),
                           ("fs.body", body_of(FILES).encode())):
            (self.folder / name).write_bytes(data)
            os.utime(self.folder / name, (1711929600, 1711929600))  # 2024-04-01
            self.ana(f"preserve files {self.folder / name}")
        self.ana("analyse timeline")

    def export(self, form, more=""):
        self.number += 1
        path = self.folder / f"out{self.number}"
        told = self.ana.json(f"analyse export {path} --as {form} {more}")
        self.assertEqual((told["size"], told["sha256"]), (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()))
        return path, told

    def events(self, more=""):
        return self.ana.json(f"analyse search '' {more}")

    @staticmethod
    def said(event):
        """All of an event but where it lies, and apart where it lay first."""
        fields = {}
        for field in event["fields"]:
            fields.setdefault(field["name"], []).append(field["value"])
        place = [fields.pop(f"timeline.{part}", [None])[0] for part in ("source", "place", "line")]
        return (event["@timestamp"], event["precision"], event["doubt"], event["meaning"], fields), place

    def test_what_was_exported_comes_back_as_it_was(self):
        before = self.events()
        for item, form in enumerate(FORMS, 5):
            with self.subTest(form=form):
                path, told = self.export(form, "--evidence e1 --evidence e2 --evidence e3 --evidence e4")
                self.assertEqual((told["events"], told["too_long"]), (len(before), 0))
                self.ana(f"preserve files {path}")
                made = self.ana.json(f"analyse timeline e{item}")
                self.assertEqual(made["events"] + made["unparsed"], len(before))
                self.assertEqual(made["unparsed"], 1)  # the line of no log
                after = self.events(f"--evidence e{item}")
                self.assertEqual([self.said(event)[0] for event in after], [self.said(event)[0] for event in before])
                self.assertEqual([self.said(event)[1] for event in after],
                                 [[event["source"], str(event["place"]), str(event["line"])] for event in before])
                again, _ = self.export(form, f"--evidence e{item}")
                self.assertEqual(again.read_bytes(), path.read_bytes())

    def test_the_hard_ones_are_written_as_they_are(self):
        path, _ = self.export("timesketch-csv", "--evidence e1")
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline=""), strict=True))
        self.assertEqual(list(rows[0])[:4], ["message", "datetime", "timestamp", "timestamp_desc"])  # what Timesketch asks for
        by_message = {row["message"]: row for row in rows}
        one = by_message["=cmd|' /C calc'!A0"]
        self.assertEqual((one["datetime"], one["timestamp"]), ("2026-11-25T02:12:09.123456789+00:00", str(1795572729123456)))
        self.assertEqual((one["json.n.datetime"], json.loads(one["json.timestamp_desc"])), ("mine", ["a", "b"]))
        two = by_message["two\r\nlines, \"quoted\""]
        self.assertEqual((json.loads(two["timeline.several"]), json.loads(two["user.name"]), two["json.a,b\"\n"]), (["user.name"], ["root", "eva", "[x]"], "1"))
        self.assertEqual(by_message["no time\ttab"]["user.name"], "-1+1")
        for form in ("timesketch-json", "ecs-json"):
            path, _ = self.export(form, "--evidence e1")
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            self.assertEqual([line["user.name"] for line in lines if "user.name" in line], [["root", "eva", "[x]"], "-1+1"])
            times = [line["datetime" if form == "timesketch-json" else "@timestamp"] for line in lines]
            self.assertEqual(times, sorted(times))
            for line in lines if form == "timesketch-json" else []:
                self.assertTrue(line["message"] and line["timestamp_desc"])
                whole = datetime.datetime.fromisoformat(line["datetime"][:26] + "+00:00")
                self.assertEqual(line["timestamp"], (whole - datetime.datetime(1970, 1, 1, tzinfo=UTC)) // datetime.timedelta(microseconds=1))

    def test_a_body_file_has_each_file_once_and_its_times(self):
        path, told = self.export("body")
        self.assertEqual(sorted(path.read_text().splitlines()), sorted(body_of(FILES).splitlines()))
        self.assertEqual(told["left_out"], len([e for e in self.events() if not any(f["name"] == "file.path" for f in e["fields"])]))
        if not shutil.which("mactime"):
            self.skipTest("mactime is not installed")
        done = subprocess.run(["mactime", "-b", str(path), "-d", "-y", "-z", "UTC"], capture_output=True, text=True, check=True)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        letters = {"modified": "m", "accessed": "a", "changed": "c", "created": "b"}
        theirs = sorted((row["Date"], "".join(sorted(row["Type"].replace(".", ""))), row["Meta"]) for row in rows if not row["Date"].startswith("0000"))
        ours = sorted((event["@timestamp"][:19] + "Z", "".join(sorted(letters[m] for m in event["meaning"].split(","))), self.said(event)[0][4]["file.inode"][0])
                      for event in self.events("--evidence e4"))
        self.assertEqual(ours, theirs)
        # mactime's own table becomes the same times.
        (self.folder / "mactime.csv").write_text(done.stdout)
        self.ana(f"preserve files {self.folder / 'mactime.csv'}")
        self.ana("analyse timeline e5")
        table = sorted((event["@timestamp"][:19] + "Z", event["meaning"], self.said(event)[0][4]["file.path"][0])
                       for event in self.events("--evidence e5") if event["precision"] != "none")
        self.assertEqual(table, sorted((event["@timestamp"][:19] + "Z", event["meaning"], self.said(event)[0][4]["file.path"][0])
                                       for event in self.events("--evidence e4")))

    def test_what_leaves_is_on_record_and_nothing_is_overwritten(self):
        path, told = self.export("ecs-json", "user.name:root --label red --for 'the CERT'")
        self.assertEqual(told["events"], 2)
        chain = self.ana.json("preserve custody e2")["chain"]
        exported = [link for link in chain if link["act"] == "exported"]
        self.assertEqual([(link["to"], str(path) in link["place"]) for link in exported], [("the CERT", True)])
        self.assertFalse([link for link in self.ana.json("preserve custody e3")["chain"] if link["act"] == "exported"])  # none of its events left
        before = path.read_bytes()
        code, why = self.ana.fails(f"analyse export {path} --as ecs-json")
        self.assertEqual((code, path.read_bytes()), (USAGE, before))
        self.assertIn("nothing is overwritten", why)
        self.assertEqual(self.ana.fails(f"analyse export {self.folder / 'no'} --as xml")[0], USAGE)
        self.assertFalse((self.folder / "no").exists())


if __name__ == "__main__":
    main()
