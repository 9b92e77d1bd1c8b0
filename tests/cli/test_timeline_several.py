"""test_timeline_several.py: several logs in one file, as `cat auth.log access.log` and `head` make it: each line is one of its own log, and no year follows from the
lines of another one."""
import datetime
import unittest

from timeline_lines import read_lines

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

    def test_those_of_one_log_of_two_formats_do(self):
        # A collector that has both kinds of lines in turns, of a machine whose file was written, or copied, years later.
        text = "".join(auth(at) + auth(at) + access(at) for at in times("2021-06-03", "2022-11-25", 12))
        events, counts = read_lines(text)
        self.assertEqual((counts["unparsed"], years(events, "syslog")), (0, ["2021", "2022"]))


if __name__ == "__main__":
    unittest.main()
