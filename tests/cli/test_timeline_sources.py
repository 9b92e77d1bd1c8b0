"""test_timeline_sources.py: what ends one item leaves the others to be read, and what is cut, damaged or left out is told: in the output of the run, on
record, in the list of sources and in the report. What can be read of a damaged file is what Python's zlib, or the making of the file, says."""
import bz2
import datetime
import gzip
import io
import json
import lzma
import os
import pty
import random
import re
import tarfile
import zipfile
import zlib

from harness import CALM, CaseTest, main, one_line

TAMPERED = 8
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
        """What is said of events that others have as well is the matter of test_timeline_repeats.py: here the same lines come in many wrappings."""
        return {row["source"]: row | {"remarks": [r for r in row["remarks"] if "found twice" not in r]} for row in self.ana.json("analyse sources " + more)}

    def events(self, query):
        return self.ana.json(f"analyse search '{query}'")

    @staticmethod
    def field(event, name):
        return next((f["value"] for f in event["fields"] if f["name"] == name), None)

    def test_what_the_lines_of_a_source_show_and_what_they_do_not_is_told(self):
        """Of lines behind blanks, and of AM and PM where one sign of a clock of twelve hours alone is there; a whole day of it has both."""
        line = "Nov 20 03:12:09 web1 sshd[5]: Accepted password for eva from 203.0.113.7 port 22 ssh2\n"
        for name, text, told in (("pasted.log", line + f"  {line}" * 6, "but the first"), ("quoted.log", f"    {line}" * 3 + line + f"    {line}" * 2 + line, "5 of those that were looked at"), ("plain.log", line * 3, None),
                                 ("sparse.log", "".join(f"2025-11-20 03:{n:02}:09 WARN [main] dump\n" + "value\n" * 9 for n in range(9)), "few of its lines"),
                                 ("points.log", "".join(f"2025-11-20 03:{n:02}:09 {(-1100, -700, +1200)[n % 3]:+05} points\n" for n in range(30)), "words of the text"),
                                 ("zones.log", "".join(f"2025-11-{n:02} 03:12:09 {(-1100, -700, +1200)[n % 3]:+05} points\n" for n in range(1, 12)), "doubt z"),
                                 ("alike.log", "2025-11-20 03:12:09 INFO worker started\n" * 90 + "2025-11-20 03:12:10 status installed a:amd64 1.0\n" * 5 + "2025-11-20 03:12:11 INFO worker ended\n" * 90, "(dpkg), 5 of those"),
                                 # A line of another program in objects that no shipper made, and the same where host and time agree.
                                 *((name, "".join(json.dumps({"time": f"2025-11-20T{hour:02}:{n:02}:09Z", "host": host, "order": n, "message": line[:10] + f"{n:02}" + line[12:-1]}) + "\n" for n in range(20)), told)
                                   for name, hour, host, told in (("left.jsonl", 18, "app1", "it was not read as one"), ("sent.jsonl", 3, "web1", None))),
                                 ("noon.log", "2025-11-20 03:12:09 PM: x\n" * 3, "doubt h"), ("day.log", "".join(f"2025-11-20 {h % 12 or 12:02}:12:09 {'AM' if h < 12 else 'PM'}: x\n" for h in range(24)), None)):
            self.put(name, text.encode())
            self.ana("analyse timeline")
            remarks = [self.field(event, "message") for event in self.events(f"event.kind:notice and source:{name}")]
            with self.subTest(name):
                self.assertEqual(len(remarks), 1 if told else 0, remarks)
                self.assertTrue(not told or told in remarks[0], remarks)

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

    def test_what_is_empty_is_said_to_be_and_other_text_is_kept(self):
        self.put("empty.log", b"")
        self.put(".bash_history", b"ls -l\nwget http://203.0.113.9/x\n")
        said = one_line(self.ana("analyse timeline"))
        self.assertIn("e1 empty: ", said)
        self.assertIn("e2 no format that is read here, 2 lines kept as they are: ", said)
        self.assertIn("e2.2", self.ana("analyse search 203.0.113.9"))
        self.assertEqual(self.sources()[".bash_history"]["format"], "text")
        self.assertIn("empty.log empty, or not read, 0 bytes", one_line(self.ana("analyse sources e1")))

    def test_what_has_no_time_is_neither_first_nor_last(self):
        """Names of months in French are none of syslog's; a line before the first with a time has none to take."""
        french = [f"déc. {10 + i} 10:00:0{i} web1 sshd[{i}]: Failed password for root from 203.0.113.{i} port 2000 ssh2" for i in range(3)]
        dated = [f"2025-11-2{i}T10:00:00+00:00 web1 sshd[{i}]: Failed password for root from 203.0.113.{i} port 2000 ssh2" for i in range(3)]
        self.put("both.log", text_of(french[:1] + dated))
        self.put("words.txt", text_of(["no time here", "nor here"]))
        self.put("epoch.log", text_of(["1970-01-01T00:00:00+00:00 gate app[1]: a", "1970-01-01T00:00:05+00:00 gate app[1]: b"]))
        self.ana("analyse timeline")
        rows = self.sources()
        spans = {name: (rows[name].get("first", "")[:19], rows[name].get("last", "")[:19]) for name in rows}
        self.assertEqual(spans, {"both.log": ("2025-11-20T10:00:00", "2025-11-22T10:00:00"), "words.txt": ("", ""), "epoch.log": ("1970-01-01T00:00:00", "1970-01-01T00:00:05")})
        self.assertEqual(rows["both.log"]["unparsed"], 1)
        said = one_line(self.ana("analyse sources"))
        self.assertIn("words.txt text, 22 bytes, no time in it", said)
        self.assertNotIn("1970-01-01", one_line(self.ana("analyse sources e1 e2")))
        made = self.ana.json("analyse timelines")
        self.assertEqual([(m.get("first", "")[:19], m.get("last", "")[:19]) for m in made], [spans[name] for name in ("both.log", "words.txt", "epoch.log")])

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
        self.assertEqual(self.ana.json("analyse timeline"), {"made": 0, "there": 3, "events": 0, "unparsed": 0, "notices": 0, "repeated": 0})

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
        self.assertEqual(self.ana.json("analyse timeline"), {"made": 0, "there": 3, "events": 0, "unparsed": 0, "notices": 0, "repeated": 0})
        self.assertNotIn("not read", self.ana("analyse sources"))

    def messages(self, query):
        """Of each event the line's text, as it stands behind the program."""
        return [self.field(event, "message") for event in sorted(self.events(query), key=lambda event: event["line"])]

    @staticmethod
    def said_of(lines):
        return [line.split("]: ", 1)[1] for line in lines]

    def test_of_a_cut_file_all_that_comes_out_of_it_is_read_and_the_cut_is_told(self):
        lines = ssh_lines(1140)
        text = text_of(lines)
        packed = {"gz": gzip.compress(text), "bz2": bz2.compress(text, 1), "xz": lzma.compress(text)}
        for name, data in packed.items():
            self.put(f"small.log.{name}", data[:len(data) - 200])
        self.put("whole.log.gz", packed["gz"])
        self.ana("analyse timeline")
        out = {"gz": zlib.decompressobj(31).decompress(packed["gz"][:-200]), "xz": lzma.LZMADecompressor().decompress(packed["xz"][:-200])}
        for name, head in out.items():
            whole = head.decode().split("\n")[:-1]
            self.assertGreater(len(whole), 900)
            found = self.messages(f"source:small.log.{name} and event.kind:event")
            self.assertEqual(found, self.said_of(whole), name)
            # an address of which the end is missing is another address
            self.assertEqual(self.messages(f"source:small.log.{name} and event.kind:unparsed"), [head.decode().split("\n")[-1]])
        rows = self.sources()
        for name in ("gz", "xz"):
            self.assertEqual(rows[f"small.log.{name}"]["remarks"], [f"damaged behind its byte {len(out[name])}: it is cut: it goes on behind its last byte"])
        self.assertIn("it is cut", rows["small.log.bz2"]["remarks"][0])  # one block, of which nothing comes out
        self.assertEqual((rows["whole.log.gz"]["remarks"], rows["whole.log.gz"]["events"]), ([], 1140))

    def test_a_check_sum_that_is_another_is_told(self):
        text = text_of(ssh_lines(300))
        gz, xz, bz = bytearray(gzip.compress(text)), bytearray(lzma.compress(text, check=lzma.CHECK_CRC32)), bytearray(bz2.compress(text))
        gz[-8] ^= 1  # RFC 1952: CRC-32 and size are the last eight bytes
        bz[-5] ^= 1
        self.put("a.log.gz", bytes(gz))
        self.put("b.log.gz", gzip.compress(text[:9000]) + gzip.compress(text[9000:]))
        self.put("c.log.gz", gzip.compress(text) + bytes(512))
        self.put("d.log.gz", gzip.compress(text) + b"something else")
        self.put("e.log.bz2", bytes(bz))
        self.ana("analyse timeline")
        rows = self.sources()
        self.assertEqual([rows[f"{name}"]["events"] for name in ("a.log.gz", "b.log.gz", "c.log.gz", "d.log.gz", "e.log.bz2")], [300] * 5)
        self.assertEqual((rows["b.log.gz"]["remarks"], rows["c.log.gz"]["remarks"]), ([], []))  # two files in one, and padding, as gzip takes them
        self.assertRegex(rows["a.log.gz"]["remarks"][0], f"^damaged somewhere in its first {len(text)} bytes.*check sum")  # of all, so nobody can tell where
        self.assertIn("behind its end", rows["d.log.gz"]["remarks"][0])
        self.assertIn("check sum", rows["e.log.bz2"]["remarks"][0])
        self.assertIn("notices say what was cut, damaged or not read", self.ana("analyse timeline --again"))

    def tar(self, members, when=1763942400):
        whole = io.BytesIO()
        places = []
        with tarfile.open(fileobj=whole, mode="w") as tar:
            for name, data in members:
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), when
                places.append(whole.tell())
                tar.addfile(info, io.BytesIO(data))
        return bytearray(whole.getvalue()), places

    def test_a_damaged_head_of_a_tar_is_told_and_the_files_behind_it_are_read(self):
        logs = [text_of(ssh_lines(count, seed=count)) for count in (40, 50, 60)]
        data, places = self.tar(zip(("a.log", "b.log", "c.log"), logs))
        data[places[1] + 148:places[1] + 156] = b"9999999\0"  # the check sum of the head of b.log
        self.put("badhdr.tar", bytes(data))
        self.put("badhdr.tar.gz", gzip.compress(bytes(data)))
        self.ana("analyse timeline")
        rows = self.sources()
        for name in ("badhdr.tar", "badhdr.tar.gz"):
            self.assertEqual((rows[f"{name}/a.log"]["events"], rows[f"{name}/c.log"]["events"]), (40, 60))
            self.assertIn("the head of a file is not sound", rows[name]["remarks"][0])
        self.assertIn("the head of a file is not sound", one_line(self.ana("analyse sources e1")))

    def test_of_a_cut_tar_what_is_there_is_read(self):
        lines = ssh_lines(1100)
        data, places = self.tar([("a.log", text_of(lines)), ("b.log", b"x")])
        self.put("cut.tar", bytes(data[:61000]))
        self.put("cut.tar.gz", gzip.compress(bytes(data[:61000])))
        packed = gzip.compress(bytes(data))
        self.put("end.tar.gz", packed[:-4])
        self.ana("analyse timeline")
        whole = bytes(data[places[0] + 512:61000]).decode().split("\n")[:-1]
        for name in ("cut.tar", "cut.tar.gz"):
            found = self.messages(f"source:{name}/a.log and event.kind:event")
            self.assertEqual(found, self.said_of(whole), name)
            self.assertIn(f"damaged behind its byte {61000 - 512}", self.sources()[f"{name}/a.log"]["remarks"][0])
        rows = self.sources()
        records = {record["title"].rsplit("/", 1)[-1]: record for record in self.ana.json("analyse timelines")}
        self.assertEqual((records["end.tar.gz"]["sources"], records["end.tar.gz"]["notices"]), ("2", "1"))  # what is said of the archive is no file
        self.assertEqual((rows["end.tar.gz/a.log"]["events"], rows["end.tar.gz"]["remarks"]), (1100, ["it is cut: it goes on behind its last byte"]))

    def test_the_record_and_the_report_name_what_is_known_against_sources(self):
        text = text_of(ssh_lines(300))
        self.put("a.log.gz", gzip.compress(text)[:-8])
        with zipfile.ZipFile(self.folder / "b.zip", "w") as zipped:
            zipped.writestr("notes.txt", "nothing that is a log\n")
            zipped.writestr("b.log", text)
        self.ana(f"preserve files '{self.folder / 'b.zip'}'")
        said = one_line(self.ana("analyse timeline"))
        self.assertIn("a.log.gz: damaged behind its byte", said)
        self.assertIn("1 notice says what was cut, damaged or not read", said)
        self.assertIn("1 file was not recognised, or not read: calm analyse sources", said)
        record = self.ana.json("analyse timelines")[0]
        self.assertEqual((record["notices"], record["remarks"]),
                         ("1", f"a.log.gz: damaged behind its byte {len(text)}: it is cut: it goes on behind its last byte"))
        self.ana(f"report draft --file {self.folder / 'told'}")
        told = one_line((self.folder / "told" / "REPORT.md").read_text().replace("\\", ""))
        self.assertRegex(told, r"e1\]? [^ ]*a.log.gz was read into the timeline, but not all of it\. 1 notice says .*it is cut")
        self.assertRegex(told, r"Of 2 files in it 1 were not recognised")

    def test_progress_is_told_of_all_that_is_read_and_never_more_than_it(self):
        text = text_of(ssh_lines(3000)) * 200  # 57 MB: a second's work
        self.put("a.log.gz", gzip.compress(text, 1))
        self.put("b.log", text[:len(text) // 4])
        size = sum(path.stat().st_size for path in (self.folder / "a.log.gz", self.folder / "b.log"))
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(CALM, [CALM, "--case", str(self.case), "analyse", "timeline"], {**self.ana.env, "TERM": "dumb"})
        shown = b""
        try:
            while part := os.read(fd, 65536):
                shown += part
        except OSError:  # the terminal went with the program
            pass
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        units = {"bytes": 1, "kB": 10 ** 3, "MB": 10 ** 6}
        told = re.findall(r"reading e\d+, ([\d.]+) (\w+) of ([\d.]+) (\w+), [\d.]+ \w+/s(, [^\r\n\x1b]* left)?", shown.decode())
        if not told:
            self.skipTest("it was read before anything was to be told")
        for done, done_unit, of_all, all_unit, left in told:
            self.assertAlmostEqual(float(of_all) * units[all_unit], size, delta=size / 50)
            self.assertLessEqual(float(done) * units[done_unit], size * 1.02)
            self.assertTrue(left or float(done) == float(of_all))


class Years(CaseTest):
    """Lines that state no year, beside a time of modification that cannot be."""

    put, sources, events, field = Sources.put, Sources.sources, Sources.events, staticmethod(Sources.field)
    NOW = datetime.datetime.now(UTC)

    def lines_of(self, *days):
        return text_of([f"{day:%b} {day.day:2d} 03:12:{i:02d} web1 sshd[7]: Accepted password for eva from 203.0.113.9 port {i + 1} ssh2"
                        for i, day in enumerate(days)])

    def days_of(self, evidence):
        return [event["@timestamp"][:10] for event in self.events(f"evidence:{evidence} and event.kind:event")]

    def expected(self, *days):
        return [f"{day:%Y-%m-%d}" for day in days]

    def test_a_time_of_modification_that_cannot_be_is_not_believed(self):
        days = [self.NOW - datetime.timedelta(days=n) for n in (9, 6, 3)]
        log = self.lines_of(*days)
        self.put("a.log", log, datetime.datetime(2099, 1, 1, tzinfo=UTC))
        self.put("b.log", log, datetime.datetime(1975, 1, 1, tzinfo=UTC))
        members = io.BytesIO()
        with tarfile.open(fileobj=members, mode="w") as tar:
            info = tarfile.TarInfo("c.log")
            info.size, info.mtime = len(log), 0
            tar.addfile(info, io.BytesIO(log))
        self.put("c.tar", members.getvalue(), self.NOW)
        with zipfile.ZipFile(self.folder / "d.zip", "w") as zipped:
            zipped.writestr(zipfile.ZipInfo("d.log", (1980, 1, 1, 0, 0, 0)), log)
        self.put("d.zip", (self.folder / "d.zip").read_bytes(), self.NOW)
        self.put("e.log.gz", gzip.compress(log, mtime=1), self.NOW)
        self.put("f.log", log, self.NOW)
        members = io.BytesIO()
        with tarfile.open(fileobj=members, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name, when in (("g.log", 1e15), ("h.log", -1e15)):
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(log), when
                tar.addfile(info, io.BytesIO(log))
        self.put("g.tar", members.getvalue(), self.NOW)
        self.ana("analyse timeline")
        rows = self.sources()
        for i, (source, stated) in enumerate((("a.log", "2099-01-01"), ("b.log", "1975-01-01"), ("c.tar/c.log", "1970-01-01"), ("d.zip/d.log", "1980-01-01"),
                                              ("e.log.gz", "1970-01-01")), 1):
            self.assertEqual(self.days_of(f"e{i}"), self.expected(*days), source)
            self.assertEqual(len(rows[source]["remarks"]), 1, source)
            self.assertIn(f"its time of modification, {stated}", rows[source]["remarks"][0])
            self.assertIn("is not believed", rows[source]["remarks"][0])
        self.assertEqual(self.days_of("e7"), sorted(2 * self.expected(*days)))
        self.assertIn("behind the year 9999, cannot be", rows["g.tar/g.log"]["remarks"][0])
        self.assertIn("before 1970, cannot be", rows["g.tar/h.log"]["remarks"][0])
        self.assertEqual((self.days_of("e6"), rows["f.log"]["remarks"]), (self.expected(*days), []))
        self.assertTrue(all("y" in event["doubt"] for event in self.events("event.kind:event")))

    def test_a_log_that_states_its_years_says_nothing_of_that(self):
        self.put("iso.log", b"2025-11-24T03:12:09Z web1 sshd[7]: a\n2025-11-24T03:12:10Z web1 sshd[7]: b\n", datetime.datetime(2099, 1, 1, tzinfo=UTC))
        self.ana("analyse timeline")
        self.assertEqual(self.sources()["iso.log"]["remarks"], [])

    def test_29_february_shows_which_year_it_is(self):
        leap = [datetime.date(2024, 2, 27), datetime.date(2024, 2, 29), datetime.date(2024, 3, 1)]
        self.put("a.log", self.lines_of(*leap), datetime.datetime(2026, 3, 1, 12, tzinfo=UTC))
        over = [datetime.date(2023, 12, 1), datetime.date(2024, 2, 29), datetime.date(2024, 11, 5), datetime.date(2025, 2, 3)]
        self.put("b.log", self.lines_of(*over), datetime.datetime(2026, 2, 4, tzinfo=UTC))
        self.put("c.log", self.lines_of(*leap[:2]), datetime.datetime(2026, 3, 1, 12, tzinfo=UTC))
        self.ana("analyse timeline")
        self.assertEqual(self.days_of("e1"), self.expected(*leap))
        self.assertEqual(self.days_of("e2"), self.expected(*over))
        self.assertEqual(self.days_of("e3"), self.expected(*leap[:2]))


if __name__ == "__main__":
    main()
