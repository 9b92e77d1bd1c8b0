"""test_timeline_clock.py: clocks that ran wrong and zones that logs do not state: what people say of them holds in every answer, and can be taken back."""
import datetime
import gzip
import io
import os
import subprocess
import tarfile

from harness import CaseTest, main

USAGE = 2


def at(text):
    return datetime.datetime.fromisoformat(text)


class Clock(CaseTest):
    """Two logs of the same hour: web1 states its zone, and its clock runs 3 min 12 s ahead; the old one states neither year nor zone."""

    def setUp(self):
        super().setUp()
        self.begin = at("2026-07-01T12:00:00+00:00")
        iso = self.folder / "iso.log"
        iso.write_text("".join(f"{(self.begin + datetime.timedelta(minutes=i)).isoformat()} web1 app[7]: step {i}\n" for i in range(10)))
        old = self.folder / "old.log"
        old.write_text("".join(f"Jul  1 12:{i:02}:30 db1 job[9]: run {i}\n" for i in range(10)))
        os.utime(old, (self.begin.timestamp() + 86400,) * 2)
        self.ana("assess system web1")
        self.ana(f"preserve files '{iso}' '{old}' --system web1")
        self.ana("analyse timeline")

    @staticmethod
    def field(event, name):
        return next((f["value"] for f in event["fields"] if f["name"] == name), None)

    def times(self, query, more=""):
        return {self.field(e, "message"): e["@timestamp"][11:19] for e in self.ana.json(f"analyse search '{query}' {more}")}

    def test_a_skew_is_subtracted_in_every_answer_and_taken_back(self):
        self.assertEqual(self.times("app step")["step 4"], "12:04:00")
        self.ana("analyse clock e1 --skew '+3m12s' --because 'compared with the mail hub'")
        self.assertEqual(self.times("app step")["step 4"], "12:00:48")  # 12:04:00 less 3 min 12 s
        self.assertEqual(self.times("run")["run 4"], "12:04:30")  # the other item is as it was
        events = self.ana.json("analyse search step")
        self.assertTrue(all("s" in e["doubt"] for e in events))
        self.assertEqual(len(self.ana.json("analyse search doubt:s")), 10)
        self.assertEqual(self.ana.json("analyse search 'not doubt:s and step'"), [])
        # true times bound a search: step 4 was at 12:00:48
        self.assertEqual(list(self.times("step", "--from 2026-07-01T12:00:48Z --to 2026-07-01T12:01:48Z")), ["step 4", "step 5"])
        self.assertEqual(list(self.times('step and time:[2026-07-01T12:00:48Z TO 2026-07-01T12:01:48Z]')), ["step 4", "step 5"])
        # and the order of all evidence follows them
        order = [self.field(e, "message") for e in self.ana.json("analyse search '' --from 2026-07-01T12:00:00Z --to 2026-07-01T12:02:00Z")]
        self.assertEqual(order, ["run 0", "step 4", "run 1", "step 5"])
        backward = [self.field(e, "message") for e in self.ana.json("analyse search '' --to 2026-07-01T12:02:00Z --latest --most 4")]
        self.assertEqual(backward, order[::-1])
        top = self.ana.json("analyse top process.name step")[0]
        self.assertEqual((top["first"][11:19], top["last"][11:19]), ("11:56:48", "12:05:48"))
        slots = self.ana.json("analyse histogram step")
        self.assertEqual(sum(s["events"] for s in slots), 10)
        self.assertLessEqual(at(slots[0]["from"][:19] + "+00:00"), self.begin - datetime.timedelta(seconds=192))
        around = [self.field(e, "message") for e in self.ana.json("analyse event e1.5 --within 20s")]
        self.assertEqual(around, ["run 0", "step 4"])
        self.assertIn("the clock was corrected", self.ana("analyse search step"))
        self.ana("analyse clock e1 --skew none")
        self.assertEqual(self.times("app step")["step 4"], "12:04:00")
        self.assertEqual(self.ana.json("analyse search doubt:s"), [])
        self.assertIn("(replaced)", self.ana("analyse clocks"))

    def test_a_skew_is_measured_from_what_the_clock_said(self):
        self.ana("analyse clock web1 --says '2026-07-01 14:03:12 +02:00' --true '2026-07-01 12:00 +00:00'")
        self.assertEqual(self.ana.json("analyse clocks")[0]["skew"], "+3m12s")
        self.assertEqual((self.times("step")["step 4"], self.times("run")["run 4"]), ("12:00:48", "12:01:18"))  # both items are of web1
        self.ana("analyse clock e2 --skew -1.5s")  # the item goes before its system
        self.assertEqual((self.times("step")["step 4"], self.times("run")["run 4"]), ("12:00:48", "12:04:31"))
        for words in ("e1 --skew 3x", "e1 --skew ''", "e1", "e1 --says now", "web1 --source a --skew 1s", "e1 --zone Nowhere/No", "e1 --skew 999999d"):
            self.assertEqual(self.ana.fails(f"analyse clock {words}")[0], USAGE, words)

    def test_a_zone_is_read_anew_with_and_taken_back(self):
        digest = self.ana.json("analyse timelines")[1]["digest"]
        self.ana("analyse tag e2.5 odd")
        self.assertIn("made anew", self.ana("analyse clock e2 --zone Europe/Berlin"))
        self.assertEqual((self.times("run")["run 4"], self.times("step")["step 4"]), ("10:04:30", "12:04:00"))  # summer time: two hours
        self.assertEqual([t["earlier-timeline"] for t in self.ana.json("analyse tags")], [True])
        self.assertIn("of an earlier timeline", self.ana("analyse event e2.5"))
        self.assertEqual(self.ana.json("analyse search tag:odd"), [])
        self.assertEqual(self.ana.json("analyse timeline --again")["made"], 2)  # and it comes to the same
        self.assertEqual(self.times("run")["run 4"], "10:04:30")
        self.ana("analyse clock e2 --zone none")
        self.assertEqual(self.times("run")["run 4"], "12:04:30")
        self.assertEqual(self.ana.json("analyse timelines")[-1]["digest"], digest)
        self.assertEqual(len(self.ana.json("analyse search tag:odd")), 1)

    def test_a_source_within_an_item_has_its_own(self):
        path = self.folder / "both.tar"
        with tarfile.open(path, "w") as tar:
            for name in ("a/old.log", "b/old.log"):
                data = (self.folder / "old.log").read_bytes().replace(b"run", name[:1].encode() + b"run")
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), int(self.begin.timestamp()) + 86400
                tar.addfile(info, io.BytesIO(data))
        self.ana(f"preserve files '{path}'")
        self.ana("analyse timeline")
        self.ana("analyse clock e3 --skew 10s")
        self.ana("analyse clock e3 --source both.tar/b/old.log --skew 1m --zone America/New_York")
        found = self.times("evidence:e3")
        self.assertEqual((found["arun 4"], found["brun 4"]), ("12:04:20", "16:03:30"))
        self.assertEqual(list(self.times("source:both.tar/b/* and brun"))[0], "brun 0")

    def test_a_zone_that_a_source_names_counts(self):
        """plaso's l2t_csv names the zone of its times: what holds at each (tzname), before the middle of 2020 the zone of all; PHP names its own."""
        rows = (("07/01/2026", "12:00:00", "Europe/Berlin", "10:00:00", ""), ("12/01/2026", "12:00:00", "Europe/Berlin", "11:00:00", ""),
                ("07/01/2026", "12:00:01", "America/New_York", "16:00:01", ""), ("07/01/2026", "12:00:02", "Japan", "03:00:02", ""),
                ("10/25/2026", "02:30:00", "Europe/Berlin", "00:30:00", "d"), ("03/29/2026", "02:30:00", "Europe/Berlin", "01:30:00", "g"),
                ("07/01/2026", "12:00:03", "CEST", "10:00:03", ""), ("07/01/2026", "12:00:04", "EST", "17:00:04", ""), ("07/01/2014", "12:00:04", "EST", "17:00:04", "z"), ("07/01/2026", "12:00:04", "CST", "18:00:04", "z"),
                ("07/01/2026", "12:00:07", "CET", "12:00:07", "z"), ("12/01/2026", "12:00:08", "CET", "11:00:08", ""),
                ("07/01/2026", "12:00:05", "Nowhere/No", "12:00:05", "z"), ("07/01/2026", "12:00:06", "../UTC", "12:00:06", "z"))
        table = self.folder / "l2t.csv"
        table.write_text("date,time,timezone,MACB,source,sourcetype,type,user,host,short,desc,version,filename,inode,notes,format,extra\n" + "".join(
            f"{date},{clock},{zone},M...,LOG,x,Recorded Time,-,h,s,row {i},2,OS:/log,1,-,p,-\n" for i, (date, clock, zone, _, _) in enumerate(rows)))
        php = self.folder / "php.log"
        php.write_text("[01-Jul-2026 12:00:09 Europe/Berlin] PHP Notice:  x in a.php on line 7\n[01-Jul-2026 12:00:09 Etc/GMT+5] PHP west\n"
                       "[01-Jul-2026 12:00:09 America/Port-au-Prince] PHP haiti\n[01-Jul-2026 12:00:09 PST8PDT] PHP coast\n")  # the sign is that of POSIX: five hours west; Haiti has summer time
        with tarfile.open(self.folder / "both.tar", "w") as tar:
            tar.add(table, "table")
        self.ana(f"preserve files '{table}' '{php}' '{self.folder / 'both.tar'}'")
        self.ana("analyse timeline")
        for item in ("e3", "e5"):
            found = {self.field(e, "message"): (e["@timestamp"][11:19], e["doubt"]) for e in self.ana.json(f"analyse search row --evidence {item}")}
            self.assertEqual(found, {f"row {i}": (true, doubt) for i, (_, _, _, true, doubt) in enumerate(rows)})
        self.assertEqual(len(self.ana.json("analyse search plaso.timezone:Europe/Berlin --evidence e3")), 4)
        names = subprocess.run("find -L [A-Z]* -type f | LC_ALL=C sort | xargs grep -l ^TZif | xargs sha256sum | sha256sum", shell=True, cwd="/usr/share/zoneinfo",
                               capture_output=True, text=True, check=True).stdout
        self.assertEqual({t["zone-files"] for t in self.ana.json("analyse timelines")}, {names.split()[0]})
        self.assertEqual([(e["@timestamp"][11:19], e["doubt"]) for word in ("west", "haiti", "coast") for e in self.ana.json(f"analyse search {word}")], [("17:00:09", ""), ("16:00:09", ""), ("19:00:09", "")])
        event, = self.ana.json("analyse search Notice")
        self.assertEqual((event["@timestamp"][11:19], event["doubt"], self.field(event, "event.timezone")), ("10:00:09", "", "Europe/Berlin"))
        self.ana("analyse timeline --again")

    def test_the_zone_that_mactime_was_given_counts_where_its_head_names_it(self):
        """base/mactime.base of The Sleuth Kit, print_header; 02:12:09 in New York's winter is 07:12:09 UTC, in its summer 06:12:09."""
        head = "The Sleuth Kit mactime Timeline\nInput Source: body.txt\n"
        for number, (zone, hours) in enumerate((("Timezone: America/New_York\n\n", "07 06"), ("Time: 2026-07-01..2026-12-01\t\tTimezone: America/New_York\npasswd File: /etc/passwd\tgroup File: /etc/group\n\n", "07 06"),
                                                ("Timezone: UTC\n\n", "02 02"))):
            table = self.folder / f"table{number}.csv"
            table.write_text(head + zone + "Date,Size,Type,Mode,UID,GID,Meta,File Name\n" + "".join(f'{day} 2026 02:12:09,1,macb,r/rrwxr-xr-x,33,33,14,"/x"\n' for day in ("Wed Nov 25", "Wed Jul 01")))
            lines = self.folder / f"lines{number}.txt"
            lines.write_text(head + zone + "".join(f"{day} 2026 02:12:09        1 macb r/rrwxr-xr-x 33       33       14       /x\n" for day in ("Wed Nov 25", "Wed Jul 01")))
            self.ana(f"preserve files '{table}' '{lines}'")
            self.ana("analyse timeline")
            for source in (table, lines):
                found = self.ana.json(f"analyse search source:{source.name}")
                self.assertEqual([(e["@timestamp"][11:19], e["doubt"]) for e in reversed(found)], [(f"{hour}:12:09", "") for hour in hours.split()], zone)

    def test_the_time_of_here_stands_beside_utc(self):
        said = self.ana.run("analyse", "search", "step 4", env={"TZ": "Europe/Berlin"}).stdout.decode()
        self.assertIn("Wednesday 2026-07-01 (UTC, then here +0200)", said)
        self.assertRegex(said, r"(?m)^ 12:04:00 14:04 ")
        self.assertTrue(all(len(line) <= 80 for line in said.splitlines()))

    def test_the_day_on_which_clocks_change_has_a_heading_for_each_offset(self):
        autumn = self.folder / "autumn.log"
        autumn.write_text("".join(f"2026-10-25T{hour:02}:30:00Z web1 app[7]: change {hour}\n" for hour in range(4)))
        self.ana(f"preserve files '{autumn}' --system web1")
        self.ana("analyse timeline")
        said = self.ana.run("analyse", "search", "change", env={"TZ": "Europe/Berlin"}).stdout.decode()
        heads = [line for line in said.splitlines() if line.startswith("Sunday")]
        self.assertEqual(heads, ["Sunday 2026-10-25 (UTC, then here +0200)", "Sunday 2026-10-25 (UTC, then here +0100)"])
        self.assertRegex(said, r"(?s) 00:30:00 02:30 .*\+0100.* 01:30:00 02:30 .* 03:30:00 04:30 ")


class NotSet(CaseTest):
    """A machine without a clock of its own says 1 January until it has asked for the time, after each start."""

    def test_a_clock_that_is_not_set_moves_no_other_lines(self):
        log = self.folder / "messages"
        days = [f"2026-11-{day}" for day in (18, 19, 20)]
        boot = "".join(f"Jan  1 00:00:{10 + i} pi kernel: step {i}\n" for i in range(5))
        log.write_text("".join(boot + "".join(f"Nov {day[8:]} 10:{i:02}:00 pi sshd[{100 + i}]: Accepted password for eva from 203.0.113.9 port 1000 ssh2\n"
                                               for i in range(20)) for day in days))
        os.utime(log, (at("2026-11-20T10:19:30+00:00").timestamp(),) * 2)
        self.ana("assess system pi")
        self.ana(f"preserve files '{log}' --system pi")
        self.assertIn("come back 2 times", self.ana("analyse timeline") + self.ana("analyse search event.kind:notice"))
        for day in days:
            self.assertEqual(len(self.ana.json(f"analyse search 'event.action:login and time:{day}'")), 20, day)
        self.assertEqual([e["@timestamp"][:10] for e in self.ana.json("analyse search event.out_of_order:true")], ["2026-01-01"] * 10)
        # Two hosts one behind the other, each of which goes on from August to November.
        both = self.folder / "both"
        both.write_text("".join(("Aug  1 09:59:58 localhost kernel: Linux version 6\n" if (month, day) == ("Aug", 1) else "") + f"{month} {day:2} 10:00:00 web{host} sshd[7]: of web{host}\n"
                                + ("Sep 10 10:00:01 web1 rsyslogd: sent on, of web1\n" if (host, month, day) == (2, "Sep", 10) else "")
                                for host in (1, 2) for month in ("Aug", "Sep", "Oct", "Nov") for day in (1, 10, 19)))
        # A year each, up to when they were put together; and one where nothing shows which year is meant. Forty times August to November are no years.
        end = at("2026-11-19T10:00:00+00:00")
        year, odd, many = (self.folder / name for name in ("year", "odd", "many"))
        whole = [end - datetime.timedelta(days=10 * i) for i in range(36)][::-1]
        year.write_text("".join(f"{t:%b} {t.day:2} 10:00:00 {host} sshd[7]: of a year\n" for host in ("old1", "old2") for t in whole[host == "old2":]))
        odd.write_text("".join(f"{month} {day:2} 10:00:00 {host} sshd[7]: odd\n" for host, months in (("odd1", ("Aug", "Nov")), ("odd2", ("Dec",))) for month in months for day in (3, 4, 5)))
        many.write_text("".join(f"{month} {day:2} 10:00:00 same sshd[7]: many\n" for _ in range(40) for month in ("Aug", "Sep", "Oct", "Nov") for day in (1, 10, 19)))
        for path in (both, year, odd, many):
            os.utime(path, (end.timestamp(),) * 2)
        self.ana(f"preserve files '{both}' '{year}' '{odd}' '{many}'")
        self.ana("analyse timeline")
        for name, words in (("both", "another host begins where dates go back"), ("year", "or where the log before ended when the file was written, 1 time"),
                            ("odd", "its host changes for good where dates go on, 1 time"), ("many", "years before 1990")):
            self.assertIn(words, str(self.ana.json(f"analyse search 'event.kind:notice and source:{name}'")))
        self.assertEqual([(v["value"], v["first"][:10], v["last"][:10]) for v in self.ana.json("analyse top host.name '\"of web\"'")],
                         [("web1", "2026-08-01", "2026-11-19"), ("web2", "2026-08-01", "2026-11-19")])
        self.assertEqual([(v["value"], v["first"][:10], v["last"][:10]) for v in self.ana.json("analyse top host.name 'a year'")],
                         [("old1", f"{whole[0]:%F}", "2026-11-19"), ("old2", f"{whole[1]:%F}", "2026-11-19")])
        self.assertEqual([(v["value"], v["first"][:10], v["last"][:10]) for v in self.ana.json("analyse top host.name many")], [("same", "2026-08-01", "2026-11-19")])


class Later(CaseTest):
    """Lines that would be later than their file, which was written on 21 November 2026 at noon."""

    def test_what_would_be_later_than_the_file_is_of_the_year_before_or_told(self):
        def line(day, hour):
            return f"Nov {day} {hour:02}:12:09 web1 sshd[7]: x\n"

        written = at("2026-11-21T12:00:00+00:00").timestamp()
        # Off from 25 November to 19 November of the next year; a clock that was ahead for some lines; and a last line that is later.
        texts = {"off": [line(day, hour) for day in (*range(15, 26), 19, 20, 21) for hour in (0, 1, 2)],
                 "ahead": [line(day, hour) for day in (15, 16, 17, 18, 19, 25, 19, 20, 21) for hour in (0, 1, 2, 3)],
                 "last": [line(day, 0) for day in (18, 19, 20, 24)]}
        expected = {"off": (["2025-11-15", "2026-11-21"], 33, "as of the year before"), "ahead": (["2026-11-15", "2026-11-21"], 0, ""), "last": (["2026-11-18", "2026-11-24"], 0, "later than when it was written, 1 time")}
        for name, lines in texts.items():
            (self.folder / name).write_text("".join(lines))
            os.utime(self.folder / name, (written,) * 2)
            self.ana(f"preserve files '{self.folder / name}'")
        self.ana("analyse timeline")
        for name, (ends, before, words) in expected.items():
            found = [e["@timestamp"][:10] for e in self.ana.json(f"analyse search 'source:{name} and not event.kind:notice and not event.out_of_order:true'")]
            with self.subTest(name):
                self.assertEqual(([min(found), max(found)], sum(day < "2026" for day in found)), (ends if name != "ahead" else [min(found), max(found)], before))
                self.assertIn(words, str(self.ana.json(f"analyse search 'event.kind:notice and source:{name}'")))
        # A clock that was ahead is told, whichever way.
        self.assertRegex(str(self.ana.json("analyse search 'event.kind:notice and source:ahead'")), "later than when it was written|leave the order")

    def test_where_lines_often_leave_the_order_the_new_years_of_the_others_are_told(self):
        """A machine that has no clock of its own at its starts, every week or once."""
        for name, every in (("often", 7), ("once", 100)):
            days = [at("2025-06-01T00:00:00+00:00") + datetime.timedelta(days=n) for n in range(273)]
            text = "".join(("Jan  1 00:00:09 web1 kernel: Linux version 6.1\n" if n % every == every - 1 and day.month not in (12, 1) else "") +
                           "".join(f"{day:%b} {day.day:2} {hour:02}:12:09 web1 sshd[7]: x\n" for hour in range(0, 24, 6)) for n, day in enumerate(days))
            (self.folder / name).write_text(text)
            os.utime(self.folder / name, (days[-1].timestamp() + 86000,) * 2)
            self.ana(f"preserve files '{self.folder / name}'")
        self.ana("analyse timeline")
        for name, is_told in (("often", True), ("once", False)):
            words = str(self.ana.json(f"analyse search 'event.kind:notice and source:{name}'"))
            self.assertIn("leave the order", words)
            self.assertEqual("; 1 that the other lines show may be too many, or too few" in words, is_told, words)
            self.assertEqual([e["@timestamp"][:10] for e in self.ana.json(f"analyse search 'source:{name} and process.name:sshd' --most 1")], ["2025-06-01"])

    def test_of_messages_that_state_another_time_it_is_told_what_they_show(self):
        """Behind heads of each minute, on 20 November: another delay in each; one that stays; and one line alone."""
        def line(minute, late):
            return f"2026-11-20T{minute // 60:02}:{minute % 60:02}:09Z gw CEF:0|V|P|1|5|T|7|rt={1795132809 + (minute - late) * 60}000 act=blocked\n"

        texts = {"late": ("".join(line(1200, minute) for minute in range(1000, 700, -7)), "were delivered late, each by another time"),
                 "clock": ("".join(line(minute, 190) for minute in range(200, 400)), "a clock that is wrong, or was set, by about: 0 days 3 h 10 min behind ("),
                 "one": (line(200, 190), "nothing shows whether they came late or a clock is wrong")}
        for name, (text, _) in texts.items():
            (self.folder / name).write_text(text)
            self.ana(f"preserve files '{self.folder / name}'")
        self.ana("analyse timeline")
        for name, (_, words) in texts.items():
            self.assertIn(words, str(self.ana.json(f"analyse search 'event.kind:notice and source:{name}'")))

    def test_a_log_that_begins_with_a_clock_ahead_is_of_its_year_and_one_whose_newest_day_is_the_first_goes_back(self):
        def day(month, day, hours=3):
            return [f"{month} {day:2} {hour:02}:{minute}:09 web1 sshd[7]: x\n" for hour in range(hours) for minute in (12, 42)]

        texts = {"begins": (day("Nov", 25, 10) + day("Nov", 18, 20), "2025-11-18T21:00:00+00:00", ["2025-11-18", "2025-11-25"], "later than when it was written, 1 time"),
                 "days": (sum((day(*d) for d in (("Jan", 2), ("Jan", 1), ("Dec", 31), ("Dec", 30), ("Dec", 27), ("Dec", 26))), []), "2026-01-02T12:00:00+00:00", ["2025-12-26", "2026-01-02"], ""),
                 "lines": (day("Jan", 2)[::-1] + day("Jan", 1)[::-1] + day("Dec", 27)[::-1], "2026-01-02T12:00:00+00:00", ["2025-12-27", "2026-01-02"], "")}
        for name, (lines, written, _, _) in texts.items():
            (self.folder / name).write_text("".join(lines))
            os.utime(self.folder / name, (at(written).timestamp(),) * 2)
            self.ana(f"preserve files '{self.folder / name}'")
        self.ana("analyse timeline")
        for name, (_, _, ends, words) in texts.items():
            found = [e["@timestamp"][:10] for e in self.ana.json(f"analyse search 'source:{name} and not event.kind:notice'")]
            with self.subTest(name):
                self.assertEqual([min(found), max(found)], ends)
                self.assertIn(words, str(self.ana.json(f"analyse search 'event.kind:notice and source:{name}'")))

    def test_what_a_head_says_of_the_end_is_told(self):
        log = self.folder / "journal.txt"
        log.write_text("-- Logs begin at Mon 2023-01-02 10:00:00 UTC, end at Thu 2024-11-21 03:15:00 UTC. --\n" + "Nov 21 03:15:00 web1 sshd[5]: x\n" * 3)
        self.ana(f"preserve files '{log}'")
        self.ana("analyse timeline")
        self.assertIn("its head says that its lines end at 2024-11-21 03:15:00 UTC", str(self.ana.json("analyse search event.kind:notice")))
        self.assertEqual({e["@timestamp"][:4] for e in self.ana.json("analyse search 'not event.kind:notice'")}, {"2024"})
        # In the middle of a file it says nothing of the lines before it.
        both = self.folder / "both.txt"
        both.write_text("".join(f"Oct {day} 03:15:00 web1 cron[5]: x\n" for day in range(10, 30)) + log.read_text())
        os.utime(both, (at("2025-11-21T12:00:00+00:00").timestamp(),) * 2)
        self.ana(f"preserve files '{both}'")
        self.ana("analyse timeline")
        self.assertEqual({e["@timestamp"][:4] for e in self.ana.json("analyse search 'source:both.txt and cron'")}, {"2025"})


class Rotation(CaseTest):
    """A log of more than a year whose copies have lost their times: months tell the years only together."""

    MONTHS = (("auth.log", 2026, (11,)), ("auth.log.1", 2026, (9, 10)), ("auth.log.2.gz", 2026, (7, 8)), ("auth.log.3.gz", 2026, (1, 4)),
              ("auth.log.4.gz", 2025, (10, 12)), ("auth.log.5", 2025, (5, 6)))

    def take(self, left_out=()):
        names = []
        for name, year, months in self.MONTHS:
            if name in left_out:
                continue
            text = "".join(f"{datetime.date(year, month, 12):%b} 12 10:00:00 web1 app[3]: {year}-{month:02}\n" for month in months).encode()
            path = self.folder / name
            path.write_bytes(gzip.compress(text, mtime=0) if name.endswith("gz") else text)
            os.utime(path, (at("2026-11-20T00:00:00+00:00").timestamp(),) * 2)
            names.append(f"'{path}'")
        self.ana("preserve files " + " ".join(reversed(names)))  # the oldest first: the order of items says nothing
        self.ana("analyse timeline")

    def check(self):
        for event in self.ana.json("analyse search app"):
            self.assertEqual(event["@timestamp"][:7], next(f["value"] for f in event["fields"] if f["name"] == "message"))
            self.assertIn("y", event["doubt"])

    def test_the_years_of_the_older_follow_from_the_newer(self):
        self.take()
        self.check()
        seen = self.ana.json("analyse top host.name")[0]
        self.assertEqual((seen["first"][:7], seen["last"][:7], seen["events"]), ("2025-05", "2026-11", 11))
        digests = [t["digest"] for t in self.ana.json("analyse timelines")]
        self.ana("analyse timeline --again")
        self.assertEqual([t["digest"] for t in self.ana.json("analyse timelines")], digests)
        # The same in an archive, in each order in which its files may stand: the last of them is a year older than the last such months.
        for order in (1, -1):
            archive = io.BytesIO()
            with tarfile.open(fileobj=archive, mode="w:gz") as tar:
                for name, _, _ in self.MONTHS[::order]:
                    tar.add(self.folder / name, f"log/{name}")
                info = tarfile.TarInfo("log/auth.log-20261110")  # nobody knows how old that is beside those with numbers
                text = b"Nov  9 10:00:00 web1 app[3]: 2026-11\n"
                info.size, info.mtime = len(text), int(at("2026-11-20T00:00:00+00:00").timestamp())
                tar.addfile(info, io.BytesIO(text))
            path = self.folder / f"logs{order}.tgz"
            path.write_bytes(archive.getvalue())
            self.ana(f"preserve files '{path}'")
            self.ana("analyse timeline")
            self.check()
            self.assertEqual(sorted(e["source"].rpartition("/")[2] for e in self.ana.json(f"analyse search 'event.kind:notice and source:logs{order}*'")),
                             ["auth.log.5"])

    def test_one_that_is_missing_changes_nothing(self):
        self.take(left_out=("auth.log.1", "auth.log.3.gz"))
        self.check()


if __name__ == "__main__":
    main()
