"""test_timeline.py: evidence becomes one timeline, and is asked: what is found is what Python finds in the same lines; files that were altered are
refused, and sealed evidence is not read."""
import bz2
import datetime
import gzip
import io
import lzma
import os
import random
import re
import tarfile
import zipfile

from harness import CaseTest, main

TAMPERED, NOT_FOUND, USAGE = 8, 3, 2
UTC = datetime.timezone.utc
USERS = ("root", "eva", "bo", "postgres", "Zo\u00eb")


def syslog_lines(seed, count, begin):
    """Lines of sshd, cron and a program of nobody's, and of each (time, host, program, user, address, outcome)."""
    rng = random.Random(seed)
    when = begin
    lines, facts = [], []
    for _ in range(count):
        when += datetime.timedelta(seconds=rng.randrange(0, 7000))
        host, user = rng.choice(("web1", "db1")), rng.choice(USERS)
        address = f"10.{rng.randrange(4)}.{rng.randrange(4)}.{rng.randrange(1, 255)}"
        kind = rng.randrange(4)
        program, message, outcome = [
            ("sshd", f"Failed password for {user} from {address} port {rng.randrange(1024, 65536)} ssh2", "failure"),
            ("sshd", f"Accepted password for {user} from {address} port {rng.randrange(1024, 65536)} ssh2", "success"),
            ("CRON", f"({user}) CMD (/usr/bin/job {rng.randrange(9)})", "success"),
            ("shop", f"order {rng.randrange(10 ** 6)} of {user} paid", None)][kind]
        lines.append(f"{when:%b} {when.day:2d} {when:%H:%M:%S} {host} {program}[{rng.randrange(2, 9999)}]: {message}")
        facts.append((when, host, program, user if kind < 3 else None, address if kind < 2 else None, outcome, message))
    return lines, facts


class Timeline(CaseTest):
    def setUp(self):
        super().setUp()
        self.lines, self.facts = syslog_lines(5, 3000, datetime.datetime(2025, 11, 3, 8, tzinfo=UTC))
        self.log = self.folder / "auth.log"
        self.log.write_text("\n".join(self.lines) + "\n", encoding="utf-8")
        last = self.facts[-1][0].timestamp() + 60
        os.utime(self.log, (last, last))

    def take(self, *paths):
        self.ana("preserve files " + " ".join(f"'{p}'" for p in paths))

    def made(self, *words):
        return self.ana.json("analyse timeline " + " ".join(words))

    def search(self, query, more=""):
        return self.ana.json(f"analyse search '{query}' {more}")

    def found(self, query, more=""):
        """(time, message) of each."""
        return [(event["@timestamp"], self.field(event, "message")) for event in self.search(query, more)]

    @staticmethod
    def field(event, name):
        values = [f["value"] for f in event["fields"] if f["name"] == name]
        return values[0] if values else None

    def wanted(self, condition):
        return [(f"{f[0]:%Y-%m-%dT%H:%M:%S}.000000000Z", f[6]) for f in self.facts if condition(*f)]

    def test_what_is_found_is_what_the_lines_say(self):
        self.take(self.log)
        self.assertEqual(self.made(), {"made": 1, "there": 0, "events": len(self.lines), "unparsed": 0, "notices": 0, "repeated": 0})
        for query, condition in (
                ("", lambda *f: True),
                ("user.name:eva", lambda w, h, p, user, *f: user == "eva"),
                ("user.name:EVA and host.name:web1", lambda w, host, p, user, *f: user == "eva" and host == "web1"),
                ("user.name:zo\u00eb", lambda w, h, p, user, *f: user == "Zo\u00eb"),
                ("paid", lambda w, h, p, u, a, o, message: "paid" in message),
                ("source.ip:10.1.0.0/16 or event.action:scheduled-command",
                 lambda w, h, program, u, address, *f: program == "CRON" or (address or "").startswith("10.1.")),
                ("not (event.outcome:failure or user.name:*)", lambda w, h, p, user, a, outcome, m: user is None and outcome != "failure"),
                ("message:/order [0-9]{6} of (bo|eva)/", lambda w, h, p, u, a, o, message: re.search("order [0-9]{6} of (bo|eva)", message)),
                ("process.name:s* and message:*root*paid", lambda w, h, program, u, a, o, message: re.fullmatch(".*root.*paid", message)),
                ("source.port:>60000", lambda w, h, p, u, address, o, message: address and int(message.split()[-2]) > 60000),
                ('"for postgres from"', lambda w, h, p, u, a, o, message: "for postgres from" in message)):
            self.assertEqual(self.found(query), self.wanted(condition), query)
            self.assertTrue(self.wanted(condition), query)
        self.assertTrue(all(set("yz") == set(event["doubt"]) for event in self.search("eva")))  # RFC 3164 states neither year nor zone
        half = self.facts[1500][0]
        self.assertEqual(self.found("eva", f"--from '{half:%Y-%m-%dT%H:%M:%SZ}'"), self.wanted(lambda when, *f: when >= half and "eva" in f[5]))
        self.assertEqual(self.found("", "--latest --most 5"), self.wanted(lambda *f: True)[::-1][:5])

    def test_years_turn_with_the_months(self):
        years = {when.year for when, *_ in self.facts}
        self.assertGreater(len(years), 1)  # the lines go over a New Year
        self.take(self.log)
        self.made()
        self.assertEqual({when[:4] for when, _ in self.found("")}, {str(year) for year in years})

    def test_how_many_when_and_which(self):
        self.take(self.log)
        self.made()
        slots = self.ana.json("analyse histogram user.name:root")
        mine = [f for f in self.facts if f[3] == "root"]
        for slot in slots:
            begin = datetime.datetime.fromisoformat(slot["from"][:19]).replace(tzinfo=UTC)
            end = begin + datetime.timedelta(seconds=slot["seconds"])
            self.assertEqual(slot["events"], sum(begin <= f[0] < end for f in mine), slot)
        self.assertEqual(sum(slot["events"] for slot in slots), len(mine))
        counts = {}
        for f in self.facts:
            if f[3] and f[5] == "failure":
                counts.setdefault(f[3], []).append(f[0])
        top = self.ana.json("analyse top user.name event.outcome:failure")
        self.assertEqual({v["value"]: (v["events"], v["first"][:19], v["last"][:19]) for v in top},
                         {u: (len(t), f"{min(t):%Y-%m-%dT%H:%M:%S}", f"{max(t):%Y-%m-%dT%H:%M:%S}") for u, t in counts.items()})
        self.assertEqual([v["events"] for v in top], sorted((len(t) for t in counts.values()), reverse=True))
        rare = self.ana.json("analyse top user.name event.outcome:failure --rare --most 1")
        self.assertEqual(rare[0]["events"], min(len(t) for t in counts.values()))

    def test_an_event_is_shown_with_what_was_around_it_and_marked(self):
        self.take(self.log)
        self.made()
        number = next(i for i, f in enumerate(self.facts, 1) if i > 100 and f[3] == "root" and f[5] == "failure")
        fact = self.facts[number - 1]
        event = self.ana.json(f"analyse event e1.{number}")
        self.assertEqual([(e["event"], e["line"], self.field(e, "message")) for e in event], [(f"e1.{number}", number, fact[6])])
        around = self.ana.json(f"analyse event e1.{number} --within 2h")
        self.assertEqual([self.field(e, "message") for e in around], [f[6] for f in self.facts if abs((f[0] - fact[0]).total_seconds()) <= 7200])
        self.ana(f"analyse tag e1.{number} first-login --because 'from where nobody works'")
        tag = self.ana.json("analyse tags")[0]
        digest = self.ana.json("analyse timelines")[0]["digest"]
        self.assertEqual((tag["event"], tag["tag"], tag["digest"], tag["when"][:19], tag["summary"]),
                         (f"e1.{number}", "first-login", digest, f"{fact[0]:%Y-%m-%dT%H:%M:%S}", f"sshd: {fact[6]}"))
        self.assertRegex(self.ana(f"analyse search user.name:root --from '{fact[0]:%Y-%m-%dT%H:%M:%SZ}' --most 1"), rf"\*e1\.{number} ")
        self.assertIn("from where nobody works", self.ana(f"analyse event e1.{number}"))
        for call, code in ((f"e1.{len(self.lines) + 1}", NOT_FOUND), ("e1.0", USAGE), ("e2.1", NOT_FOUND), ("x", USAGE)):
            self.assertEqual(self.ana.fails(f"analyse event {call}")[0], code, call)
            self.assertEqual(self.ana.fails(f"analyse tag {call} x")[0], code, call)

    def test_packed_and_nested_evidence_is_walked_through(self):
        text = self.log.read_bytes()
        inner = io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w:xz") as tar:
            for name, data in (("var/log/auth.log.2.gz", gzip.compress(text)), ("var/log/auth.log.1.bz2", bz2.compress(text)), ("etc/passwd", b"x:y\n")):
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), int(self.log.stat().st_mtime)
                tar.addfile(info, io.BytesIO(data))
        outer = self.folder / "collected.zip"
        with zipfile.ZipFile(outer, "w") as zipped:
            zipped.writestr("host/logs.tar.xz", inner.getvalue())
            zipped.writestr("host/auth.log.xz", lzma.compress(text))
        self.take(outer)
        self.assertEqual(self.made()["events"], 3 * len(self.lines))
        record = self.ana.json("analyse timelines")[0]
        self.assertEqual((record["sources"], record["recognised"], record["lines"]), ("4", "3", str(3 * len(self.lines) + 1)))
        sources = {event["source"] for event in self.search("eva")}
        self.assertEqual(sources, {"collected.zip/host/logs.tar.xz/var/log/auth.log.2.gz", "collected.zip/host/logs.tar.xz/var/log/auth.log.1.bz2",
                                   "collected.zip/host/auth.log.xz"})

    def bombs_told(self, done, names):
        """Of each, how much was read, within what is stated of the evidence; everything else is read whole."""
        notices = {event["source"]: self.field(event, "message") for event in self.search("event.kind:notice")}
        self.assertEqual((set(notices), done["notices"]), (set(names), len(names)))
        sizes = [int(re.fullmatch("the first ([0-9]+) bytes of it were read: with more, what is unpacked would be over 200 times what is packed", words)[1])
                 for words in notices.values()]
        return sum(sizes)

    def test_a_row_shows_what_its_line_says_and_not_its_time_again(self):
        """Of a request who asked for what; of another text what stands behind its own time, and all of it where that is another time."""
        access, app, cron, php = (self.folder / name for name in ("access.log", "app.log", "cron.log", "php.log"))
        access.write_text('203.0.113.7 - eva [20/Nov/2025:03:12:11 +0100] "POST /wp-login.php?x=1 HTTP/1.1" 403 199 "-" "curl/8"\n' * 3)
        app.write_text("2025-11-20 03:12:09,123 +05:45 ERROR boom 1\n2025-11-20 03:12:09.5 CET cannot read 2\n"
                       "2025-11-20 03:12:09 2025-11-19 01:02:03 restored 4\n")
        cron.write_text("Thu Nov 20 15:12:09 CET 2025 backup 6\n" * 3)
        php.write_text("[2025-11-20 03:12:09] app started 3\n" * 3)
        self.take(access, app, cron, php)
        self.ana("analyse timeline")
        self.assertIn(" http-request: 203.0.113.7 eva 403 POST /wp-login.php?x=1\n", self.ana("analyse search source.ip:203.0.113.7 --most 1"))
        said = self.ana("analyse search source:(app.log or cron.log or php.log)")
        for wanted in (" dated: ERROR boom 1", " dated: cannot read 2", " dated: 2025-11-19 01:02:03 restored 4",
                       " dated: backup 6", " dated: app started 3"):
            self.assertIn(wanted, said)

    def test_a_row_says_what_happened_where_a_request_is_part_of_it(self):
        """An alert and an error of a web server name a request, too; of what has no text the row says what was done, and that it failed."""
        eve, error, windows = (self.folder / name for name in ("eve.json", "error.log", "windows.xml"))
        eve.write_text('{"timestamp":"2025-11-20T03:12:09.123456+0000","event_type":"alert","src_ip":"203.0.113.7","src_port":4711,"dest_ip":"198.51.100.1",'
                       '"dest_port":80,"proto":"TCP","alert":{"action":"allowed","signature_id":1,"signature":"ET EXPLOIT Log4j","category":"x","severity":1},'
                       '"http":{"hostname":"www.example.org","url":"/a","http_method":"GET","status":200}}\n')
        error.write_text('2025/11/20 03:12:09 [error] 7#7: *1 access forbidden by rule, client: 203.0.113.7, server: _, request: "GET /.git/config HTTP/1.1", host: "x"\n')
        windows.write_text("".join(
            f'<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing"/><EventID>{code}'
            '</EventID><TimeCreated SystemTime="2025-11-20T03:12:09.1234567Z"/><EventRecordID>7</EventRecordID><Channel>Security</Channel><Computer>srv1</Computer>'
            '</System><EventData><Data Name="TargetUserName">eva</Data><Data Name="LogonType">3</Data><Data Name="IpAddress">203.0.113.7</Data></EventData></Event>\n'
            for code in (4624, 4625)))
        self.take(eve, error, windows)
        self.ana("analyse timeline")
        said = self.ana("analyse search source.ip:203.0.113.7")
        for wanted in ("ET EXPLOIT Log4j", "access forbidden by rule", " login: user.name=eva", " login failed: user.name=eva"):
            self.assertIn(wanted, said)

    def test_a_bomb_costs_its_own_share_and_what_lies_around_it_is_read(self):
        bomb = self.folder / "bomb.zip"
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
            zipped.write(self.log, "auth.log")
            with zipped.open("zeros", "w") as f:
                for _ in range(1000):
                    f.write(bytes(1 << 20))
            zipped.write(self.log, "behind.log")
        self.take(bomb, self.log)
        done = self.made("e1")
        self.assertEqual(done["events"], 2 * len(self.lines))
        self.assertLess(self.bombs_told(done, ["bomb.zip/zeros"]), (16 << 20) + 200 * bomb.stat().st_size)
        self.assertEqual({event["source"] for event in self.search("eva")}, {"bomb.zip/auth.log", "bomb.zip/behind.log"})
        self.assertIn("1 notice", self.ana("analyse timeline e1 --again"))
        self.assertEqual(self.made("e2")["events"], len(self.lines))

    def test_many_bombs_in_one_archive_hide_nothing(self):
        bomb = self.folder / "bomb.zip"
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
            for i in range(20):
                zipped.writestr(f"b{i}", bytes(30 << 20))
            zipped.write(self.log, "behind.log")
        self.take(bomb)
        done = self.made()
        self.assertEqual(done["events"], len(self.lines))
        told = {event["source"] for event in self.search("event.kind:notice")}
        self.assertIn("bomb.zip/b19", told)
        self.assertLess(self.bombs_told(done, told), (16 << 20) + 200 * bomb.stat().st_size)

    def test_a_bomb_in_a_packed_archive_hides_nothing(self):
        name = self.folder / "log.tar"
        with tarfile.open(name, "w") as tar:
            for member, size in (("var/log/a", 40 << 20), ("var/log/auth.log", 0), ("var/log/b", 40 << 20), ("var/log/behind.log", 0)):
                info = tarfile.TarInfo(member)
                info.size, info.mtime = size or self.log.stat().st_size, int(self.log.stat().st_mtime)
                tar.addfile(info, io.BytesIO(bytes(size) if size else self.log.read_bytes()))
        for pack, end in ((lambda data: gzip.compress(data, 9), "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz")):
            packed = self.folder / f"log.tar.{end}"
            packed.write_bytes(pack(name.read_bytes()))
            self.take(packed)
        done = self.made()
        self.assertEqual(done["events"], 6 * len(self.lines))
        self.bombs_told(done, [f"log.tar.{end}/var/log/{member}" for end in ("gz", "bz2", "xz") for member in "ab"])

    def test_a_bomb_in_an_archive_within_another_hides_nothing(self):
        inner, outer = io.BytesIO(), self.folder / "outer.zip"
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
            zipped.writestr("zeros", bytes(60 << 20))
            zipped.write(self.log, "auth.log")
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as zipped:
            zipped.writestr("inner.zip", inner.getvalue())
            zipped.write(self.log, "behind.log")
        self.take(outer)
        done = self.made()
        self.assertEqual(done["events"], 2 * len(self.lines))
        self.bombs_told(done, ["outer.zip/inner.zip/zeros"])
        self.assertEqual({event["source"] for event in self.search("eva")}, {"outer.zip/inner.zip/auth.log", "outer.zip/behind.log"})

    def test_made_again_it_is_the_same_and_what_was_altered_is_refused(self):
        self.take(self.log)
        self.made()
        before = self.ana.json("analyse timelines")
        path = next((self.case / "timeline").iterdir())
        sound = path.read_bytes()
        self.assertEqual(self.made("--again")["made"], 1)
        self.assertEqual(self.ana.json("analyse timelines"), before)
        self.assertEqual(path.read_bytes(), sound)
        rng = random.Random(3)
        for at in [9, len(sound) - 1, len(sound) - 30, *(rng.randrange(9, len(sound)) for _ in range(12))]:
            path.write_bytes(sound[:at] + bytes([sound[at] ^ 1 << rng.randrange(8)]) + sound[at + 1:])
            code, why = self.ana.fails("analyse search eva --most 100000")
            self.assertIn("is not as it was made: calm analyse timeline e1 --again" if code == TAMPERED else "is damaged: calm analyse timeline e1 --again", why)
        path.unlink()
        code, why = self.ana.fails("analyse search eva")
        self.assertEqual(code, NOT_FOUND)
        for words in ([], ["--again"]):  # what is gone is to be made; nobody has to ask for it by name
            path.unlink(missing_ok=True)
            self.assertEqual(self.made(*words)["made"], 1, words)
            self.assertEqual(path.read_bytes(), sound)
        self.assertEqual(self.made()["made"], 0)
        self.assertEqual(self.ana.json("analyse timelines"), before)
        self.assertEqual(path.read_bytes(), sound)
        self.assertEqual(len(self.found("user.name:eva")), sum(f[3] == "eva" for f in self.facts))

    def test_the_zone_of_a_source_is_taken_where_a_person_names_it(self):
        self.log.write_text("Jul  1 12:00:00 web1 app[1]: summer\nDec  1 12:00:00 web1 app[1]: winter\n"
                            "Oct 26 02:30:00 web1 app[1]: twice\n")
        os.utime(self.log, (1798761600, 1798761600))  # 2027-01-01
        self.take(self.log)
        self.made("--zone Europe/Berlin")
        events = {self.field(event, "message"): event for event in self.search("")}
        self.assertEqual([events[m]["@timestamp"][11:16] for m in ("summer", "winter")], ["10:00", "11:00"])
        self.assertIn("z", events["summer"]["doubt"])
        code, why = self.ana.fails("analyse timeline --again --zone ../../etc/passwd")
        self.assertEqual(code, USAGE)
        self.assertIn("there is no zone", why)

    def test_sealed_evidence_is_neither_read_nor_searched(self):
        self.take(self.log)
        self.made()
        self.assertTrue(self.found("eva"))
        self.ana("preserve unlawful 'it may be unlawful' --evidence e1")
        self.assertEqual(self.ana.fails("analyse search eva")[0], NOT_FOUND)
        self.assertEqual(self.ana.fails("analyse timeline e1 --again")[0], NOT_FOUND)

    def test_a_source_of_two_formats_says_which_read_a_line(self):
        access = [f'192.0.2.{n} - - [25/Nov/2025:03:12:{n:02} +0000] "GET /{n} HTTP/1.1" 200 7' for n in range(1, 20)]
        errors = [f'2025/11/25 03:12:{n:02} [error] 7#7: *{n} access forbidden by rule, client: 198.51.100.{n}, server: a' for n in range(1, 8)]
        self.log.write_text("\n".join(access[:10] + errors + ["neither of them"] + access[10:]) + "\n")
        self.take(self.log)
        self.assertEqual((self.made()["events"], self.made("--again")["unparsed"]), (26, 1))
        for name, lines in (("access", access), ("nginx-error", errors)):
            self.assertEqual([self.field(event, "message") for event in self.search(f"event.dataset:{name} and event.kind:event")], lines)
        self.assertEqual(len(self.search("source.ip:198.51.100.0/24 and event.outcome:failure")), len(errors))

    def test_queries_that_cannot_be_say_where(self):
        self.take(self.log)
        self.made()
        for query, words in (("(eva", "bracket is not closed"), ("user.name:\"eva", "quote is not closed"), ("eva)", "bracket too many"),
                             ("message:/(/", "cannot be used"), ("source.port:[1 2]", "a range is")):
            code, why = self.ana.fails(f"analyse search '{query}'")
            self.assertEqual(code, USAGE, query)
            self.assertIn(words, why)

    def test_lines_that_nobody_understands_are_kept_and_counts_add_up(self):
        text = self.log.read_bytes() + b"\n\n\xff\xfe not a line \x00 of syslog\n" + b"A" * 70000 + b"\nlast line without an end"
        self.log.write_bytes(text)
        self.take(self.log)
        done = self.made()
        self.assertEqual((done["events"], done["unparsed"]), (len(self.lines), 3))
        record = self.ana.json("analyse timelines")[0]
        self.assertEqual(int(record["lines"]), len(text.split(b"\n")))
        self.assertEqual(sum(int(record[name]) for name in ("events", "unparsed", "continued", "other")), int(record["lines"]))
        kept = [self.field(event, "message") for event in self.search("event.kind:unparsed")]
        self.assertEqual([kept[0], kept[2]], [r"\xff\xfe not a line \x00 of syslog", "last line without an end"])
        self.assertEqual(kept[1], "A" * 65536)

    def test_hostile_bytes_do_not_reach_the_terminal(self):
        self.log.write_text("Nov  3 08:00:00 web1 app[1]: \x1b[31mred \u202e and \x07\n")
        self.take(self.log)
        self.made()
        said = self.ana("analyse search red --fields")
        self.assertIn("red", said)
        self.assertNotIn("\x1b", said)
        self.assertNotIn("\u202e", said)


if __name__ == "__main__":
    main()
