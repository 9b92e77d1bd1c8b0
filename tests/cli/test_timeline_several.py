"""test_timeline_several.py: several logs in one file, as `cat auth.log access.log` and `head` make it: each line is one of its own log, and no year follows from the
lines of another one."""
import collections
import datetime
import json
import subprocess
import tempfile
import unittest

from timeline_lines import PROBE, read_lines

HOUR = datetime.timedelta(hours=1)


def times(first, last, step):
    """From one day to another, in steps of hours."""
    at, end = datetime.datetime.fromisoformat(first), datetime.datetime.fromisoformat(last)
    while at < end:
        yield at
        at += step * HOUR


def auth(at):
    """As rsyslog's traditional layout has it, RFC 3164: no year."""
    return f"{at:%b} {at.day:2} {at:%H:%M:%S} web1 sshd[812]: Accepted password for eva from 192.0.2.7 port 6 ssh2\n"


def access(at):
    """Apache's and nginx' combined layout."""
    return f'203.0.113.7 - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /.env HTTP/1.1" 404 12 "-" "curl"\n'


def dpkg(at):
    return f"{at:%Y-%m-%d %H:%M:%S} status installed nmap:amd64 7.93\n"


def worker(at):
    """Of a program that nobody knows."""
    return f"{at:%Y-%m-%d %H:%M:%S} INFO worker started\n"


def sentence(at):
    return f"and {at.hour} more of them came to the meeting, as was said before\n"


DATASETS = {auth: "syslog", access: "access", dpkg: "dpkg", worker: "dated"}


def log(line, count, first="2026-11-20"):
    """As many lines, a minute apart."""
    at = datetime.datetime.fromisoformat(first)
    return [line(at + n * HOUR / 60) for n in range(count)]


def years(events, dataset):
    """In the order of lines, each once where it stays."""
    told = [event["time"][:4] for event in events if event["event.dataset"] == dataset]
    return [year for i, year in enumerate(told) if i == 0 or told[i - 1] != year]


class Years(unittest.TestCase):
    def test_those_of_another_log_in_the_file_show_none(self):
        # The file was written on 26 November 2026, when both logs ended; the log of requests is as long as the other, or begins in its last days a year before.
        logins = "".join(map(auth, times("2025-06-03", "2026-11-25", 6)))
        for first in ("2026-01-03", "2025-11-13", "2025-11-24", "2026-11-20"):
            requests = "".join(map(access, times(first, "2026-11-25", 24)))
            for text in (logins + requests, requests + logins):
                with self.subTest(first, is_first=text.startswith("Jun")):
                    events, counts = read_lines(text)
                    self.assertEqual(counts["unparsed"], 0)
                    self.assertEqual(years(events, "syslog"), ["2025", "2026"])

    def test_few_lines_before_a_clock_was_set_do_not_outweigh_when_the_file_was_written(self):
        """Three lines that state a year of long ago, before 100 days whose last one is that before the file was written, or one a month before."""
        boot = "".join(f"2019-03-05T00:00:0{n}.123456+00:00 web1 systemd[1]: Started x.\n" for n in range(3))
        for end, counts in (("2026-11-25", "2026"), ("2026-10-25", "2019")):
            lines = "".join(map(auth, times(f"{datetime.date.fromisoformat(end) - datetime.timedelta(days=100)}", end, 6)))
            self.assertEqual(years(read_lines(boot + lines)[0], "syslog"), ["2019", counts] if counts != "2019" else ["2019"])
            # As many as one in fifty are of a logger that changed its layout, of a file that was copied.
            before = datetime.date.fromisoformat(end) - datetime.timedelta(days=101)
            more = "".join(boot.replace("03-05T00", f"{before:%m-%d}T{hour:02}") for hour in range(4))
            self.assertEqual(years(read_lines(more + lines)[0], "syslog"), ["2019"])

    def test_those_of_one_log_of_two_formats_do(self):
        # A collector that has both kinds of lines in turns, of a machine whose file was written, or copied, years later.
        text = "".join(auth(at) + auth(at) + access(at) for at in times("2021-06-03", "2022-11-25", 12))
        events, counts = read_lines(text)
        self.assertEqual((counts["unparsed"], years(events, "syslog")), (0, ["2021", "2022"]))


class Formats(unittest.TestCase):
    def check(self, text, counts):
        """Lines of each format, at the times that they state."""
        events, told = read_lines(text)
        self.assertEqual((told["unparsed"], told["events"]), (0, sum(counts.values())))
        self.assertEqual(collections.Counter(event["event.dataset"] for event in events), collections.Counter({DATASETS[line]: n for line, n in counts.items()}))
        for event in events:
            self.assertEqual(event["time"][:10], "2026-11-20")
            self.assertEqual(event.get("event.action"), {"syslog": "login", "access": "http-request", "dpkg": "package-status", "dated": None}[event["event.dataset"]])

    def test_logs_one_behind_another(self):
        for lines in ((auth, access), (access, auth), (access, worker), (auth, access, dpkg), (dpkg, auth, access), (auth, access, worker), (worker, auth, access), (auth, access, dpkg, worker)):
            for count in (20, 400):
                with self.subTest([line.__name__ for line in lines], count=count):
                    self.check("".join(text for line in lines for text in log(line, count)), dict.fromkeys(lines, count))

    def test_logs_in_turns(self):
        for lines in ((auth, access), (auth, access, dpkg), (auth, access, worker), (access, worker, worker, auth)):
            with self.subTest([line.__name__ for line in lines]):
                text = "".join("".join(row) for row in zip(*(log(line, 90) for line in lines)))
                self.check(text, {line: 90 * lines.count(line) for line in lines})

    def test_a_small_one_among_large_ones(self):
        # The first has more than half, and the two others share the rest.
        self.check("".join(log(auth, 600) + log(access, 200) + log(dpkg, 200)), {auth: 600, access: 200, dpkg: 200})

    def test_parts_give_the_same(self):
        text = "".join(log(auth, 300) + log(access, 300) + log(dpkg, 300) + log(worker, 300))
        with tempfile.NamedTemporaryFile() as file:
            file.write(text.encode())
            file.flush()
            told = [subprocess.run([PROBE, "-p", size, file.name], capture_output=True, check=True).stdout.decode().splitlines() for size in ("1000000", "7000", "1000")]
        whole, *parts = [[json.loads(line) | {"line": 0} for line in lines[:-1]] for lines in told]
        self.assertEqual(len(whole), 1200)
        self.assertEqual(parts, [whole, whole])

    def test_text_that_quotes_logs_is_none(self):
        quoted = log(auth, 60) + log(access, 60)
        for text in (log(sentence, 30) + quoted, quoted + log(sentence, 30), [line for row in zip(log(auth, 60), log(access, 60), log(sentence, 60)) for line in row]):
            self.assertEqual(read_lines("".join(text))[1]["format"], "text")
        # Seven lines are too few to be sure of a format.
        _, counts = read_lines("".join(log(auth, 7) + log(access, 7)))
        self.assertEqual(counts["format"], "text")

    def test_objects_among_lines_that_state_their_time(self):
        def thing(at):
            return json.dumps({"time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "level": "error", "msg": "Failed login", "user": "eva", "src_ip": "192.0.2.7"}) + "\n"

        for line in (worker, access):
            text = "".join(thing(at) if n % 5 == 0 else line(at) for n, at in enumerate(times("2026-11-20", "2026-11-21", 0.1)))
            events, counts = read_lines(text)
            self.assertEqual((counts["unparsed"], counts["events"]), (0, 240))
            objects = [event for event in events if event["event.dataset"] == "json"]
            self.assertEqual((len(objects), {event["user.name"] for event in objects}, {event["source.ip"] for event in objects}), (48, {"eva"}, {"192.0.2.7"}))
            self.assertEqual([event["time"][11:16] for event in objects][:3], ["00:00", "00:30", "01:00"])


class Heads(unittest.TestCase):
    """As head and tail of GNU coreutils write them (head.c and tail.c, write_header): a blank line before each but the first."""

    def test_the_name_above_lines_is_that_of_their_file(self):
        text = "\n".join(f"==> {name} <==\n" + "".join(log(line, count)) for name, line, count in (("/var/log/auth.log", auth, 30), ("/var/log/nginx/access.log", access, 30), ("dpkg.log", dpkg, 10)))
        events, counts = read_lines(text)
        self.assertEqual((counts["events"], counts["unparsed"], counts["comments"], counts["empty"]), (70, 0, 3, 2))
        self.assertEqual(collections.Counter((event["event.dataset"], event["log.file.path"]) for event in events),
                         {("syslog", "/var/log/auth.log"): 30, ("access", "/var/log/nginx/access.log"): 30, ("dpkg", "dpkg.log"): 10})

    def test_no_line_goes_on_with_one_of_another_file(self):
        text = "==> a.log <==\n" + "".join(log(worker, 20)) + "\n==> b.log <==\n    at com.example.Shop.buy(Shop.java:12)\n" + "".join(log(worker, 20))
        events, counts = read_lines(text)
        self.assertEqual((counts["events"], counts["unparsed"], counts["continued"]), (40, 1, 0))
        self.assertEqual([event["message"] for event in events if event["event.kind"] == "unparsed"], ["    at com.example.Shop.buy(Shop.java:12)"])

    def test_such_a_line_elsewhere_is_text(self):
        for first in ("", "==> the third day <==\n"):
            _, counts = read_lines(first + "".join(log(worker, 20)) + "==> /var/log/auth.log <==\n" + "".join(log(worker, 20)))
            self.assertEqual(counts["comments"], 0)


if __name__ == "__main__":
    unittest.main()
