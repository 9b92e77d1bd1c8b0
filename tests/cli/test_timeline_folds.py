"""test_timeline_folds.py: the hour that happens twice when clocks are put back. Logs are written here from moments that are known, by the clocks that
Python's zoneinfo has (PEP 495 and 615: the attribute fold is 1 in the second hour); read again they must give these moments."""
import datetime
import pathlib
import random
import subprocess
import tempfile
import unittest
import zoneinfo

import harness
import timeline_lines
from timeline_lines import PROBE

STORE = PROBE.with_name("timeline_store")
FILES = pathlib.Path("/usr/share/zoneinfo")
UTC = datetime.timezone.utc
HOUR = datetime.timedelta(hours=1)
SECOND = datetime.timedelta(seconds=1)
# Moments when clocks were put back: 2002/49/EC (the last Sunday of October, 01:00 UTC), 15 U.S.C. 260a (the first Sunday of November, 02:00 of summer
# time), Standard Time Amendment (Co-ordination of Time) Act of New South Wales for Lord Howe Island (the first Sunday of April, 02:00, by half an hour).
NIGHTS = {"Europe/Berlin": datetime.datetime(2026, 10, 25, 1, tzinfo=UTC), "America/New_York": datetime.datetime(2026, 11, 1, 6, tzinfo=UTC),
          "Australia/Lord_Howe": datetime.datetime(2026, 4, 4, 15, tzinfo=UTC)}
BERLIN = NIGHTS["Europe/Berlin"]


def every(step, around, hours=3):
    """Moments from so many hours before to as many behind."""
    count = int(2 * hours * HOUR / step)
    return [around - hours * HOUR + step * i for i in range(count + 1)]


def syslog(clock):
    return f"{clock:%b} {clock.day:2} {clock:%H:%M:%S} web1 app[7]: "


def write(moments, zone, line=syslog):
    """As a program writes them whose clock is of this zone; the text of each line says when it truly was."""
    return "".join(f"{line(m.astimezone(zoneinfo.ZoneInfo(zone)))}{m.timestamp():.0f} is true\n" for m in moments)


def true_of(event):
    return datetime.datetime.fromtimestamp(int(event["message"].split()[-3]), UTC)


def spelled(moment):
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def is_doubled(moment, zone):
    clock = moment.astimezone(zoneinfo.ZoneInfo(zone))
    return clock.utcoffset() != clock.replace(fold=1 - clock.fold).utcoffset()


def hour_of(moment, zone):
    """What is expected of an event where the order of lines shows the hour."""
    return ("second" if moment.astimezone(zoneinfo.ZoneInfo(zone)).fold else "first") if is_doubled(moment, zone) else None


@unittest.skipUnless((FILES / "Europe/Berlin").exists(), "no files of time zones")
class Folds(unittest.TestCase):
    maxDiff = None

    def read(self, text, zone="Europe/Berlin", *words):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([PROBE, "-y", str(timeline_lines.WRITTEN), "-z", FILES / zone, *words, file.name], capture_output=True, timeout=120, check=True)
        rows = [timeline_lines.json.loads(line, object_pairs_hook=timeline_lines.fields) for line in done.stdout.decode().splitlines()]
        for row in rows[:-1]:
            row["time"] = timeline_lines.spelled(row["ns"])
        return rows[:-1]

    def check(self, text, zone="Europe/Berlin", *words):
        """All of it is as it truly was."""
        events = self.read(text, zone, *words)
        self.assertEqual(len(events), text.count("\n"))
        for event in events:
            true = true_of(event)
            self.assertEqual((event["time"], event.get("event.doubled_hour"), "d" in event["doubt"]), (spelled(true), hour_of(true, zone), False), event)
        return events

    def check_uncertain(self, text, zone="Europe/Berlin"):
        """None of the hour is told; each is the first of them, with its mark. Returns these."""
        marked = [event for event in self.read(text, zone) if "d" in event["doubt"]]
        for event in self.read(text, zone):
            moment = true_of(event)
            self.assertNotIn("event.doubled_hour", event)
            self.assertEqual("d" in event["doubt"], is_doubled(moment, zone), event)
            if hour_of(moment, zone) == "first":
                self.assertEqual(event["time"], spelled(moment))
        return marked

    def test_lines_of_both_hours_are_told_apart(self):
        for zone, night in NIGHTS.items():
            for seconds in (1, 7, 60, 420):
                with self.subTest(zone=zone, seconds=seconds):
                    events = self.check(write(every(seconds * SECOND, night), zone), zone)
                    doubled = night - 30 * 60 * SECOND if "Howe" in zone else night - HOUR
                    told = {e["event.doubled_hour"] for e in events if "event.doubled_hour" in e}
                    self.assertEqual(told, {"first", "second"})
                    self.assertTrue(all(e["time"] >= f"{doubled:%Y-%m-%dT%H:%M:%S}Z" for e in events if "event.doubled_hour" in e))

    def test_a_few_lines_are_enough(self):
        for minutes in ((-61, -60, -30, -1, 0, 30, 59, 60), (-60, -1, 0, 59), (-50, -10, 10, 50, 61), (-1, 0), (-31, -1, 0)):
            with self.subTest(minutes=minutes):
                self.check(write([BERLIN + m * 60 * SECOND for m in minutes], "Europe/Berlin"))

    def test_other_formats_without_a_zone(self):
        lines = {"nginx-error": lambda c: f"{c:%Y/%m/%d %H:%M:%S} [error] 7#7: *2 open() failed ",
                 "mysql": lambda c: f"{c:%y%m%d} {c.hour:2}:{c:%M:%S} [Note] Event Scheduler: ", "dated": lambda c: f"[{c:%Y-%m-%d %H:%M:%S}] local.ERROR: ",
                 "iso": lambda c: f"{c:%Y-%m-%dT%H:%M:%S} web1 app[7]: "}
        for name, line in lines.items():
            with self.subTest(format=name):
                self.check(write(every(600 * SECOND, BERLIN), "Europe/Berlin", line))

    def test_a_stated_zone_counts(self):
        events = self.read(write(every(600 * SECOND, BERLIN), "Europe/Berlin", lambda c: f"{c.isoformat()} web1 app[7]: "))
        self.assertTrue(all(e["time"] == spelled(true_of(e)) and "event.doubled_hour" not in e for e in events))

    def test_lines_a_little_out_of_order_are_no_other_hour(self):
        for zone, night in NIGHTS.items():
            for late in (2, 25, 59):
                with self.subTest(zone=zone, late=late):
                    order = random.Random(f"{zone} {late}")
                    moments = sorted(every(SECOND, night, 2), key=lambda m: m + order.uniform(0, late) * SECOND)
                    self.check(write(moments, zone), zone)

    def test_a_log_of_one_of_the_hours_stays_uncertain(self):
        for zone, night in NIGHTS.items():
            size = 30 * 60 * SECOND if "Howe" in zone else HOUR
            for hour in (0, 1):
                for late in (0, 20):
                    with self.subTest(zone=zone, hour=hour, late=late):
                        order = random.Random(f"{zone} {late}")
                        gone = (night, night + size) if hour == 0 else (night - size, night)
                        moments = sorted((m for m in every(5 * SECOND, night) if not gone[0] <= m < gone[1]), key=lambda m: m + order.uniform(0, late) * SECOND)
                        self.assertEqual(len(self.check_uncertain(write(moments, zone), zone)), size / (5 * SECOND))

    def test_what_shows_no_hour_stays_uncertain(self):
        minute = 60 * SECOND
        # goes back by less than half of the hour, by nothing, three times; runs backwards, to both sides
        for minutes in ((-70, -20, 20, 70), (-70, -30, 30, 70), (-70, -5, 0, 58, 3, 59, 70)):
            with self.subTest(minutes=minutes):
                events = self.read(write([BERLIN + m * minute for m in minutes], "Europe/Berlin"))
                self.assertEqual(["d" in e["doubt"] for e in events], [-60 <= m < 60 for m in minutes])
        back = every(420 * SECOND, BERLIN)[::-1]
        self.check_uncertain(write(back, "Europe/Berlin"))
        self.check_uncertain(write([m for m in back if m >= BERLIN - 40 * minute], "Europe/Berlin"))
        self.check_uncertain(write([m for m in back if m < BERLIN + 40 * minute], "Europe/Berlin"))

    def test_the_order_of_last_and_who_is_not_that_of_time(self):
        def last(clock):
            return f"eva      pts/0        192.0.2.7        {clock:%a %b} {clock.day:2} {clock:%H:%M:%S} {clock.year} - {clock:%a %b} {clock.day:2} {clock:%H:%M:%S} {clock.year}  (00:00)\n"
        clocks = [datetime.datetime(2026, 10, 25, 2, m) for m in (50, 10)]
        events = self.read("".join(last(c) for c in clocks) + "\nwtmp begins Sun Oct  4 02:50:00 2026\n")
        self.assertEqual([e["event.dataset"] for e in events], ["last"] * 3)
        self.assertEqual([(e["time"], "d" in e["doubt"]) for e in events[:2]], [("2026-10-25T00:50:00Z", True), ("2026-10-25T00:10:00Z", True)])

    def test_several_nights_in_one_file(self):
        nights = [datetime.datetime(year, 10, day, 1, tzinfo=UTC) for year, day in ((2022, 30), (2023, 29), (2024, 27), (2025, 26), (2026, 25))]
        moments = [m for night in nights for m in [night - datetime.timedelta(days=90), *every(600 * SECOND, night), night + datetime.timedelta(days=30)]]
        self.check(write(moments, "Europe/Berlin"))

    def test_a_log_behind_another_is_read_as_each_alone(self):
        night = write(every(420 * SECOND, BERLIN), "Europe/Berlin")
        short = write([BERLIN + m * 60 * SECOND for m in (-61, -60, -1, 0, 59, 60)], "Europe/Berlin")
        for text in (night + night, short + short, night + short + night, short * 5):
            self.check(text)
        # one hour in each: nothing goes back within the night
        first = write([BERLIN + m * 60 * SECOND for m in (-70, -50, -10, 61)], "Europe/Berlin")
        self.check_uncertain(first + first)

    def test_a_rotated_log_is_one_where_it_is_joined(self):
        lines = write(every(420 * SECOND, BERLIN), "Europe/Berlin").splitlines(keepends=True)
        for cut in range(1, len(lines)):
            older, newer = "".join(lines[:cut]), "".join(lines[cut:])
            self.check(older + newer)
        # rotated within the second hour: the older one shows both, and the newer has only one
        cut = next(i for i, line in enumerate(lines) if spelled(true_of({"message": line})).endswith("T01:30:00Z"))
        self.check("".join(lines[:cut]))
        self.check_uncertain("".join(lines[cut:]))

    def test_parts_are_as_the_whole(self):
        order = random.Random("parts")
        nights = [datetime.datetime(year, 10, day, 1, tzinfo=UTC) for year, day in ((2025, 26), (2026, 25))]
        moments = [m for night in nights for m in sorted(every(60 * SECOND, night), key=lambda m: m + order.uniform(0, 50) * SECOND)]
        lines = write(moments, "Europe/Berlin").splitlines(keepends=True)
        heads = [f"{m.astimezone(zoneinfo.ZoneInfo('Europe/Berlin')):%b %d %H:%M:%S} db1 postgres[80]: " for m in moments]
        statements = "".join(f"{head}[{number}-{part}] #011x\n" for number, head in enumerate(heads) for part in range(1, order.choice((2, 2, 5, 30))))
        for text in ("".join(lines), "".join(line + "\tat Main.run\n" * order.choice((0, 0, 0, 30)) for line in lines), statements):
            whole = self.read(text)
            for event in whole:
                del event["line"]
            for size in (50, 64, 97, 640, 4096, len(text) // 2, len(text)):
                with self.subTest(size=size):
                    parts = self.read(text, "Europe/Berlin", "-p", str(size))
                    for event in parts:
                        del event["line"]
                    self.assertEqual(parts, whole)

    def test_an_export_of_it_is_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            log, exported = pathlib.Path(folder) / "log", pathlib.Path(folder) / "exported"
            log.write_text(write(every(600 * SECOND, BERLIN), "Europe/Berlin"))
            for form in "012":
                with self.subTest(form=form):
                    words = [PROBE, "-y", str(timeline_lines.WRITTEN), "-z", FILES / "Europe/Berlin", "-x", form, log]
                    exported.write_bytes(subprocess.run(words, capture_output=True, timeout=60, check=True).stdout)
                    events = timeline_lines.read_file(exported)[0]
                    self.assertEqual([(e["time"], e["doubt"], e.get("event.doubled_hour")) for e in events],
                                     [(spelled(true_of(e)), "yz", hour_of(true_of(e), "Europe/Berlin")) for e in events])
                    self.assertEqual(len(events), 37)

    def test_the_digest_does_not_depend_on_who_reads(self):
        """More than three parts of 32 MiB; the night begins in the second and ends in the third, and the clock goes back near the border. Now and then, but in that
        night, the machine starts with a clock that is not set."""
        filler = "x" * 900
        with tempfile.TemporaryDirectory() as folder:
            log, store = pathlib.Path(folder) / "log", pathlib.Path(folder) / "tl"
            count = 110000
            moments = [BERLIN + (i - 70000) * datetime.timedelta(milliseconds=800) for i in range(count)]
            starts = [i for i in range(500, count, 1000) if hour_of(moments[i], "Europe/Berlin") is None]
            with log.open("w") as file:
                for i, m in enumerate(moments):
                    file.write(f"{syslog(m.astimezone(zoneinfo.ZoneInfo('Europe/Berlin')))}{filler}\n")
                    if i in starts:
                        file.write(f"Jan  1 00:00:10 web1 kernel: Linux version 6.1\n")
            self.assertGreater(log.stat().st_size, 3 << 25)
            said = set()
            for workers in (1, 2, 3):
                done = subprocess.run([STORE, "-w", str(workers), "build", log, store, FILES / "Europe/Berlin"], capture_output=True, text=True, timeout=300, check=True)
                said.add(done.stdout)
            self.assertEqual(len(said), 1)
            self.assertGreater(len(starts), 80)
            for query, expected in (("doubt:d", 0), ("event.out_of_order:true", len(starts)), ("event.kind:event and not event.out_of_order:true", count),
                                    ("event.doubled_hour:first", sum(hour_of(m, "Europe/Berlin") == "first" for m in moments)),
                                    ("event.doubled_hour:second", sum(hour_of(m, "Europe/Berlin") == "second" for m in moments))):
                done = subprocess.run([STORE, "count", store, query], capture_output=True, text=True, timeout=300, check=True)
                self.assertEqual(int(done.stdout.split()[1]), expected, query)
                if expected == count:
                    self.assertEqual(int(done.stdout.split()[3]), int(moments[0].timestamp()) * 10**9)
            # More runs of lines without a year than one message of the worker holds.
            with log.open("w") as file:
                file.write("Jan  5 10:00:01 web1 cron[7]: ran\nMay 25 10:00:01 web1 cron[7]: ran\n" * 3900)
                file.write(f"Nov 20 10:00:01 web1 cron[7]: {filler * 50}\n" * 1600)
            self.assertGreater(log.stat().st_size, 1 << 26)
            done = subprocess.run([STORE, "-w", "2", "build", log, store], capture_output=True, text=True, timeout=300)
            self.assertEqual((done.returncode, done.stdout.split()[:4]), (0, ["lines", "9400", "events", "9400"]), done.stderr)


if __name__ == "__main__":
    harness.main()
