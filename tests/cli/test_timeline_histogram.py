"""test_timeline_histogram.py: the bars of a histogram hold what a count of the times themselves gives, whatever the span, and few events far off do not
make one bar of all others."""
import datetime
import fcntl
import os
import pty
import random
import re
import struct
import subprocess
import termios
import time

from harness import CALM, CaseTest, main, one_line, read_some

UTC = datetime.timezone.utc
NOW = datetime.datetime(2026, 11, 24, 3, 12, 9, tzinfo=UTC)


def seconds(when):
    return (when - datetime.datetime(1970, 1, 1, tzinfo=UTC)) // datetime.timedelta(seconds=1)


class Histogram(CaseTest):
    def timeline(self, times):
        """A log of those times in order; every third line has a word of its own."""
        log = self.folder / f"{len(times)}.log"
        log.write_text("".join(f"{t.isoformat()} web1 app[7]: {'third' if i % 3 == 0 else 'other'} {i}\n" for i, t in enumerate(times)))
        self.ana(f"preserve files '{log}'")
        self.ana("analyse timeline")
        return f"e{len(self.ana.json('preserve list'))}"

    def shown(self, columns):
        """On a terminal that is so wide."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        job = subprocess.Popen([CALM, "--case", str(self.case), "analyse", "histogram"], env=self.ana.env, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        text, end = "", time.monotonic() + 60
        while time.monotonic() < end:
            more = read_some(master, 5)
            if not more and job.poll() is not None:
                break
            text += more
        os.close(master)
        self.assertEqual(job.wait(timeout=60), 0, text)
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).replace("\r", "")

    def bars(self, words):
        return [(seconds(datetime.datetime.fromisoformat(b["from"][:19] + "+00:00")), b["seconds"], b["events"]) for b in self.ana.json(f"analyse histogram {words}")]

    def counted(self, times, bars):
        """Each bar has what lies in it; they follow each other, and nothing lies outside."""
        for begin, width, events in bars:
            self.assertEqual(events, sum(begin <= seconds(t) < begin + width for t in times), (begin, width))
        for (begin, width, _), (following, *_) in zip(bars, bars[1:]):
            self.assertEqual(begin + width, following)
        self.assertEqual(sum(n for *_, n in bars), len(times))

    def test_bars_hold_what_lies_in_them_from_seconds_to_centuries(self):
        rng = random.Random(4)
        for span in (1, 7, 100, 3000, 90_000, 700_000, 9_000_000, 100_000_000, 1_500_000_000, 5_000_000_000):
            count = rng.randrange(5, 400)
            times = sorted(NOW - datetime.timedelta(seconds=rng.randrange(span)) for _ in range(count))
            item = self.timeline(times)
            bars = self.bars(f"--evidence {item}")
            self.counted(times, bars)
            self.assertLessEqual(len(bars), 60)
            self.assertTrue(bars[0][2] and bars[-1][2], "no empty bar in front, and none behind")
            some = times[::3]
            self.counted(some, self.bars(f"third --evidence {item}"))
            middle = [t for t in times if times[len(times) // 4] <= t <= times[len(times) // 2]]
            within = f"--from '{middle[0].isoformat()}' --to '{middle[-1].isoformat()}'"
            self.counted(middle, self.bars(f"--evidence {item} {within}"))

    def test_a_query_that_finds_a_few_has_bars_of_their_own_time(self):
        times = [NOW - datetime.timedelta(days=300) + datetime.timedelta(hours=i) for i in range(7000)]
        self.timeline(times)
        few = times[3000:3030]
        bars = self.bars(f"time:[{few[0].isoformat()} TO {few[-1].isoformat()}]".join("''"))
        self.counted(few, bars)
        self.assertGreater(len(bars), 10)

    def test_few_events_far_off_leave_the_bars_to_the_others(self):
        old = [datetime.datetime(1999, 1, 1 + i, tzinfo=UTC) for i in range(3)]
        main_part = [NOW + datetime.timedelta(seconds=11 * i) for i in range(300)]
        late = [datetime.datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)] * 2
        self.timeline(old + main_part + late)
        (begin, width, events), *bars, (late_begin, late_width, late_events) = self.bars("")
        self.assertEqual((events, late_events), (3, 2))
        self.assertLessEqual(begin, seconds(old[0]))
        self.assertTrue(seconds(old[-1]) < begin + width <= seconds(NOW))
        self.assertTrue(late_begin <= seconds(late[0]) < late_begin + late_width)
        self.counted(main_part, bars)
        self.assertGreater(len(bars), 10)
        said = self.ana("analyse histogram")
        self.assertEqual(said.count("█\n") + said.count("█ "), sum(bool(n) for *_, n in bars))
        self.assertIn("305 events; times are UTC.", said)
        for words, option, wanted in (("3 events are in no bar, far before these, the first at 1999-01-01 00:00. To see them: ", "--to", old),
                                      ("2 events are in no bar, far behind these, the last at 2038-01-19 03:14. To see them: ", "--from", late)):
            self.assertIn(words, one_line(said))
            told = one_line(said).split(words)[1]
            edge = told.split(f'{option} "')[1].split('"')[0]
            found = self.ana.json(f'analyse search "" {option} "{edge}"')
            self.assertEqual([e["@timestamp"][:19] for e in found], [t.isoformat()[:19] for t in wanted])
        self.assertTrue(all(len(line) <= 80 for line in said.splitlines()), said)

    def test_a_burst_amid_what_goes_on_all_the_time_hides_nothing_of_it(self):
        times = sorted([NOW + datetime.timedelta(hours=6 * i) for i in range(120)] + [NOW + datetime.timedelta(days=9, seconds=i) for i in range(4000)])
        self.timeline(times)
        self.counted(times, self.bars(""))
        self.assertNotIn("far", self.ana("analyse histogram"))

    def test_bars_have_names_of_their_own_and_numbers_at_any_width(self):
        self.timeline([NOW + datetime.timedelta(seconds=i // 7) for i in range(70)])
        for columns in (80, 40, 32):
            bars = [line for line in self.shown(columns).splitlines() if line.startswith("2026-")]
            self.assertEqual([int(line.split()[-1]) for line in bars], [7] * 10)
            self.assertTrue(all(len(line) <= columns for line in bars), bars)
            names = [line[:19] for line in bars]
            self.assertEqual(names, [(NOW + datetime.timedelta(seconds=i)).strftime("%Y-%m-%d %H:%M:%S") for i in range(10)])

    def test_two_clusters_of_like_size_are_both_in_bars(self):
        times = [NOW - datetime.timedelta(days=4000, seconds=i) for i in range(40)][::-1] + [NOW + datetime.timedelta(seconds=i) for i in range(40)]
        self.timeline(times)
        self.counted(times, self.bars(""))
        self.assertNotIn("far", self.ana("analyse histogram"))


if __name__ == "__main__":
    main()
