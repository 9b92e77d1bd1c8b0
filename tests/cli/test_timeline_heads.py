"""test_timeline_heads.py: a source is known by more than its beginning, and what nobody knows is kept. Lines and expected values were
written by hand, in the forms that the documents of each program state."""
import gzip
import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

from timeline_lines import PROBE, read_lines

STORE = PROBE.with_name("timeline_store")

GOOD = "Nov 25 03:12:09 web1 app[7]: all is well\n"
# RFC 7617: the name of Basic is anything without a colon; Apache and nginx write it as it is.
THREE_WORDS = "203.0.113.66 - a b c [25/Nov/2026:03:00:09 +0000] \"GET /admin HTTP/1.1\" 401 381 \"-\" \"UA\"\n"


def login(name, second=1764040329, micros=0, kind=6, line=b"ssh:notty", unused=b""):
    """A record of utmp(5) on x86-64, as sshd writes it to btmp."""
    return struct.pack("<hxxi32s4s32s256shhiii16s20s", kind, 99, line, b"", name, b"203.0.113.9", 0, 0, 0, second, micros, b"", unused)


class Recognition(unittest.TestCase):
    maxDiff = None

    def test_a_beginning_of_foreign_lines_hides_no_log(self):
        for count in (101, 250, 2000):
            for good in (2 * count, 20000):
                with self.subTest(foreign=count, good=good):
                    events, counts = read_lines("a line of nothing that is known\n" * count + GOOD * good)
                    self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("syslog", good, count))
                    self.assertEqual(events[-1]["time"], "2026-11-25T03:12:09Z")

    def test_requests_of_names_with_spaces_hide_no_log(self):
        events, counts = read_lines(THREE_WORDS * 120 + THREE_WORDS.replace("a b c", "-") * 20000)
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("access", 20120, 0))
        self.assertEqual((events[0]["user.name"], events[0]["source.ip"]), ("a b c", "203.0.113.66"))

    def test_an_end_of_foreign_lines_hides_no_log_and_a_second_format_is_found_there(self):
        error = "2026/11/25 03:12:09 [error] 7#7: *2 access forbidden by rule, client: 192.0.2.9, server: , request: \"GET /z HTTP/2.0\"\n"
        _, counts = read_lines(THREE_WORDS * 2000 + error * 900)
        self.assertEqual((counts["format"], counts["events"]), ("access+nginx-error", 2900))

    def test_text_that_no_format_knows_is_kept_line_by_line(self):
        events, counts = read_lines("ls -l\n\nwget http://203.0.113.9/x \xe4\r\n")
        self.assertEqual((counts["format"], counts["lines"], counts["events"], counts["unparsed"], counts["empty"]), ("text", 3, 0, 2, 1))
        self.assertEqual([(event["message"], event["event.kind"], event["event.dataset"], event["precision"], event["doubt"], event["line"])
                          for event in events], [("ls -l", "unparsed", "text", "none", "o", 1),
                                                 ("wget http://203.0.113.9/x \xe4", "unparsed", "text", "none", "o", 3)])

    # RFC 1952: the check sum at the end shows that there is damage, and not where: bytes behind it are decoded as other text.
    def test_a_log_before_damage_in_a_gzip_is_read(self):
        whole = "".join(f"Nov 25 03:{i // 60 % 60:02}:{i % 60:02} web{i % 7} app[{i * 7919 % 30000}]: line {i * 31 % 997} of it\n" for i in range(20000)).encode()
        for share in (2, 5, 20):
            packed = bytearray(gzip.compress(whole))
            packed[len(packed) // share] ^= 0x10
            with tempfile.TemporaryDirectory() as folder:
                evidence, store = (pathlib.Path(folder) / name for name in ("log.gz", "tl"))
                evidence.write_bytes(packed)
                subprocess.run([STORE, "build", evidence, store], check=True, capture_output=True, timeout=60)
                rows = subprocess.run([STORE, "rows", store, ""], check=True, capture_output=True, timeout=60).stdout.decode().splitlines()
            known = [row for row in rows if {"event.kind=event", "event.dataset=syslog"} <= set(row.split("\t"))]
            self.assertGreater(len(known), 20000 // share * 0.8, share)

    def test_text_behind_zeros_in_gzip_is_read_and_no_empty_archive(self):
        for lines in (1, 50, 5000):
            with self.subTest(lines=lines), tempfile.TemporaryDirectory() as folder:
                evidence, store = (pathlib.Path(folder) / name for name in ("log.gz", "tl"))
                evidence.write_bytes(gzip.compress(bytes(1024) + GOOD.encode() * lines))
                subprocess.run([STORE, "build", evidence, store], check=True, capture_output=True, timeout=60)
                rows = subprocess.run([STORE, "rows", store, ""], check=True, capture_output=True, timeout=60).stdout.decode().splitlines()
                self.assertEqual(len(rows), lines + 1)
                self.assertEqual(["message=1024 bytes of zeros instead of text." in row.split("\t") for row in rows if "event.kind=notice" in row], [True])

    def test_what_is_no_text_is_not_kept_line_by_line(self):
        for name, data in (("packed", gzip.compress(os.urandom(3000))), ("zeros", bytes(5000)), ("nothing", b""),
                           ("a script with a program behind it", b"#!/bin/sh\nexec x\n" + bytes(range(256)) * 300)):
            with self.subTest(name):
                self.assertEqual(read_lines(data), ([], {"format": None}))

    def test_text_without_spaces_is_no_list_of_logins(self):
        self.assertEqual(read_lines("QUJD" * 20000)[1]["format"], "text")

    def test_a_long_text_is_not_kept_line_by_line(self):
        for size, wanted in ((64 << 20, "text"), ((64 << 20) + 1, None)):
            with self.subTest(size=size):
                events, counts = read_lines((b"x" * 1048575 + b"\n") * 64 + b"y" * (size - (64 << 20)))
                self.assertEqual((counts["format"], len(events)), (wanted, 64 if wanted else 0))

    def test_a_byte_order_mark_costs_no_line(self):
        events, counts = read_lines("\ufeff" + GOOD + GOOD)
        self.assertEqual((counts["events"], counts["unparsed"]), (2, 0))
        self.assertEqual([(event["at"], event["line"], event["host.name"]) for event in events], [(0, 1, "web1"), (3 + len(GOOD), 2, "web1")])

    def test_zeros_of_a_lost_power_cut_no_line(self):
        for zeros in (16, 500_000, 5 << 20):
            with self.subTest(zeros=zeros):
                begun = "Nov 25 03:12:08 web1 app[7]: beg"
                events, counts = read_lines((GOOD + begun).encode() + bytes(zeros) + GOOD.encode() * 2)
                self.assertEqual((counts["format"], counts["lines"], counts["events"], counts["unparsed"]), ("syslog", 4, 4, 0))
                self.assertEqual([(event["event.kind"], event["message"]) for event in events],
                                 [("event", "all is well"), ("event", "beg"), ("notice", f"{zeros} bytes of zeros instead of text."),
                                  ("event", "all is well"), ("event", "all is well")])
                self.assertEqual([(event["at"], event["line"]) for event in events][2:4], [(len(GOOD + begun), 3), (len(GOOD + begun) + zeros, 3)])

    def test_a_few_zeros_are_part_of_a_line(self):
        events, counts = read_lines(GOOD.encode() + b"Nov 25 03:12:08 web1 app[7]: a" + bytes(15) + b"b\n")
        self.assertEqual((counts["events"], events[1]["message"]), (2, "a" + 15 * "\\x00" + "b"))

    def test_zeros_before_a_whole_log_leave_it(self):
        for zeros in (16, 65536, 300_000):
            with self.subTest(zeros=zeros):
                _, counts = read_lines(bytes(zeros) + GOOD.encode() * 5000)
                self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("syslog", 5000, 0))


class Heads(unittest.TestCase):
    """What a head states once counts before when the file was written, November 2026 here."""
    BETWEEN = ("Jan 02 10:00:00 web1 kernel: Linux version 5.10\nJul 02 10:00:01 web1 sshd[5]: x\nJan 03 10:00:01 web1 sshd[5]: x\n-- Reboot --\n"
               "-- Boot 0123456789abcdef0123456789abcdef --\nNov 21 03:15:00 web1 sshd[5]: x\n")
    TIMES = ["2023-01-02T10:00:00Z", "2023-07-02T10:00:01Z", "2024-01-03T10:00:01Z", "2024-11-21T03:15:00Z"]

    def test_the_head_of_journalctl_says_when_its_lines_end(self):
        # src/journal/journalctl.c of systemd 239 and 247: before, the words differ.
        for head in ("-- Logs begin at Mon 2023-01-02 10:00:00 CET, end at Thu 2024-11-21 03:15:00 CET. --", "-- Journal begins at Mon 2023-01-02 10:00:00 CET, ends at Thu 2024-11-21 03:15:00 CET. --"):
            events, counts = read_lines(head + "\n" + self.BETWEEN)
            self.assertEqual([event["time"] for event in events], self.TIMES)
            self.assertEqual((counts["format"], counts["comments"], counts["unparsed"]), ("syslog", 3, 0))
        for head in ("-- Logs begin at Mon 2023-01-02 10:00:00 CET, end at Thu 2099-11-21 03:15:00 CET. --", "-- Logs begin at some time --"):  # the file is older; no time
            self.assertEqual(read_lines(head + "\n" + self.BETWEEN)[0][-1]["time"], "2026-11-21T03:15:00Z")

    def test_the_head_of_glog_says_when_its_lines_begin(self):
        # glog: logging.cc, LogFileObject::Write; klog has the same.
        head = "Log file created at: 2024/11/20 03:12:09\nRunning on machine: web1\nBinary: Built with gc go1.20 for linux/amd64\nLog line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid file:line] msg\n"
        events, counts = read_lines(head + "I1120 03:12:10.123456    1234 server.go:5] x\n" * 9 + "I0102 03:12:10.123456    1234 server.go:5] x\n")
        self.assertEqual([events[0]["time"], events[-1]["time"]], ["2024-11-20T03:12:10.123456Z", "2025-01-02T03:12:10.123456Z"])
        self.assertEqual((counts["format"], counts["comments"], counts["unparsed"]), ("dated", 4, 0))


class Names(unittest.TestCase):
    """What grep -H, grep -Hn, zgrep, grep -A and findstr put in front of lines (grep(1): "--" between groups, a dash behind the name of a line around)."""
    LINE = "Nov 25 03:12:09 web1 sshd[12]: Accepted password for eva from 192.0.2.7 port 5 ssh2"

    def test_lines_behind_the_names_of_their_files_are_those_of_a_log(self):
        for front, name in (("auth.log:", "auth.log"), ("/var/log/auth.log.2.gz:", "/var/log/auth.log.2.gz"), ("messages:", "messages"), ("auth.log:17:", "auth.log"), ("17:", None),
                            ("/var/my logs/auth.log:", "/var/my logs/auth.log"), ("C:\\logs\\auth.log:", "C:\\logs\\auth.log"), ("./2026-11-25.log:", "./2026-11-25.log")):
            with self.subTest(front):
                events, counts = read_lines((front + self.LINE + "\n") * 5)
                self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("syslog", 5, 0))
                self.assertEqual([(event["time"], event["host.name"], event["user.name"], event.get("log.file.path"), event["line"]) for event in events],
                                 [("2026-11-25T03:12:09Z", "web1", "eva", name, number) for number in range(1, 6)])

    def test_each_line_has_its_own_name_and_those_around_have_it_too(self):
        text = f"auth.log:{self.LINE}\nauth.log-Nov 25 03:12:10 web1 sshd[12]: Connection closed by 192.0.2.7 port 5\n--\nauth.log.1:{self.LINE}\nauth.log.1-9-{self.LINE}\nBinary file auth.log.2 matches\n" * 3
        events, counts = read_lines(text)
        self.assertEqual((counts["format"], counts["lines"], counts["events"], counts["unparsed"], counts["comments"]), ("syslog", 18, 12, 3, 3))
        self.assertEqual([(event["event.kind"], event.get("log.file.path")) for event in events][:5],
                         [("event", "auth.log"), ("event", "auth.log"), ("event", "auth.log.1"), ("event", "auth.log.1"), ("unparsed", None)])

    def test_a_line_around_may_stand_before_any_that_was_found(self):
        """grep -B: a dash behind the name, which only the time behind it shows."""
        for name in ("/var/log/auth.log", "auth.log", "/srv/my-logs/auth.log"):
            for line in (self.LINE, "2026-11-25T03:12:09Z web1 sshd[12]: Accepted password for eva from 192.0.2.7 port 5 ssh2"):
                text = f"{name}-{line}\n{name}:{line}\n--\n{name}.1-7-{line}\n{name}.1:8:{line}\n" * 2
                events, counts = read_lines(text)
                self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("syslog", 8, 0), name)
                self.assertEqual([(event["log.file.path"], event["time"]) for event in events[:4]], [(path, "2026-11-25T03:12:09Z") for path in (name, name, f"{name}.1", f"{name}.1")])

    def test_other_formats_stand_behind_names_too(self):
        for line, name in (('192.0.2.7 - - [25/Nov/2026:03:12:09 +0000] "GET /x HTTP/1.1" 200 5 "-" "x"', "access"), ('{"time":"2026-11-25T03:12:09Z","msg":"x"}', "json"), ("2026-11-25 03:12:09 x", "dated")):
            events, counts = read_lines(f"/var/log/a.log:{line}\n" * 5)
            self.assertEqual((counts["format"], events[0]["time"], events[0]["log.file.path"]), (name, "2026-11-25T03:12:09Z", "/var/log/a.log"))

    def test_addresses_behind_names_are_those_of_clients(self):
        request = ' - - [25/Nov/2026:03:12:09 +0000] "GET /x HTTP/1.1" 200 5 "-" "x"'
        for front, client, name in (("access.log:192.0.2.7", "192.0.2.7", "access.log"), ("access.log:2001:db8::7", "2001:db8::7", "access.log"), ("access.log:17:2001:db8::7", "2001:db8::7", "access.log"),
                                    ("access.log:2017:2001:db8::7", "2001:db8::7", "access.log"), ("/var/log/nginx/access.log.1:www.example.org:80 192.0.2.7", "192.0.2.7", "/var/log/nginx/access.log.1"),
                                    ("www.example.org:80 192.0.2.7", "192.0.2.7", None), ("2001:db8::7", "2001:db8::7", None), ("192.0.2.7", "192.0.2.7", None)):
            with self.subTest(front):
                events, counts = read_lines((front + request + "\n") * 3)
                self.assertEqual((counts["format"], counts["events"], events[0].get("source.ip"), events[0].get("source.address"), events[0].get("log.file.path")), ("access", 3, client, None, name))

    def test_a_word_with_a_colon_is_no_name_of_a_file(self):
        # A date alone behind a word, a clock time, text in quotes or brackets, and lines that no format knows.
        for text in ("started:2026-11-25 03:12:09 x", "17:2026-11-25 03:12:09 x", f'"auth.log":{self.LINE}', f"[auth.log]:{self.LINE}", f"my auth.log:{self.LINE}", f"guestbook.txt: {self.LINE}", f"worker.py:5: {self.LINE}", "auth.log:a line of text", f"{'x' * 256}:{self.LINE}"):
            with self.subTest(text):
                self.assertNotIn("log.file.path", read_lines(f"{text}\n" * 5)[0][0])
                self.assertIn(read_lines(f"{text}\n" * 5)[1]["format"], ("text", "dated"))
        events, counts = read_lines((self.LINE + "\n") * 5 + f"auth.log:{self.LINE}\n" * 4)  # a log that has some such lines
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("syslog", 5, 4))


class Journal(unittest.TestCase):
    def test_bytes_of_a_value_are_text_whatever_stands_between_them(self):
        # src/shared/logs-show.c and json-util.c of systemd 252: a value that is no plain text is a list of numbers, in json-pretty each on a line of its own.
        entry = {"__REALTIME_TIMESTAMP": "1795576329123456", "_HOSTNAME": "web1", "_BOOT_ID": "0" * 32, "_MACHINE_ID": "1" * 32, "SYSLOG_IDENTIFIER": "sshd", "_PID": "7", "PRIORITY": "6",
                 "MESSAGE": list(b"Accepted password for eva from 203.0.113.7 port 22 ssh2\xff")}
        pretty = json.dumps(entry, indent="\t").replace('":', '" :') + "\n"
        for data in (json.dumps(entry) + "\n", pretty, pretty * 3, "\x1e" + json.dumps(entry) + "\n", "data: " + json.dumps(entry) + "\n\n"):
            events, counts = read_lines(data)
            with self.subTest(data=data[:20]):
                self.assertEqual((counts["format"], counts["unparsed"]), ("journald-json", 0))
                self.assertEqual([events[0][name] for name in ("message", "host.name", "host.boot.id", "host.id", "log.level", "event.action", "source.ip")],
                                 ["Accepted password for eva from 203.0.113.7 port 22 ssh2\\xff", "web1", "0" * 32, "1" * 32, "informational", "login", "203.0.113.7"])


class Logins(unittest.TestCase):
    """Of utmp, wtmp and btmp one record says nothing of the others."""

    def test_a_first_record_that_is_odd_hides_no_other(self):
        root = [login(b"root", 1764040330 + number) for number in range(300)]
        for name, odd, unparsed in (("a tab", login(b"a\tb"), 0), ("a line end", login(b"a\nb"), 0), ("ESC", login(b"a\x1bb"), 0), ("DEL", login(b"a\x7f"), 0),
                                    ("an unknown type", login(b"x", kind=77), 1), ("too many microseconds", login(b"x", micros=1_999_999), 0),
                                    ("other bytes", b"\xa5" * 384, 1)):
            with self.subTest(name):
                events, counts = read_lines(odd + b"".join(root))
                self.assertEqual((counts["format"], counts["lines"], counts["events"], counts["unparsed"]), ("utmp", 301, 301 - unparsed, unparsed))
                self.assertEqual((events[1]["user.name"], events[1]["source.ip"], events[1]["event.outcome"]), ("root", "203.0.113.9", "failure"))

    def test_names_that_clients_choose_hide_none_of_all(self):
        _, counts = read_lines(b"".join(login(b"\x01" + bytes([65 + number % 26])) for number in range(400)))
        self.assertEqual((counts["format"], counts["events"]), ("utmp", 400))

    def test_what_only_has_small_numbers_is_declined(self):
        for data in (login(b"root", second=0) * 20, login(b"root", kind=77) * 20, login(b"root", unused=b"x") + b"\xa5" * 384 * 20):
            self.assertNotEqual(read_lines(data)[1]["format"], "utmp")


class Access(unittest.TestCase):
    maxDiff = None

    def of(self, front, request="GET /x HTTP/1.1", time="[25/Nov/2026:03:12:09 +0000]"):
        events, counts = read_lines(f"{front} {time} \"{request}\" 401 5 \"-\" \"UA\"\n")
        self.assertEqual((counts["format"], counts["events"]), ("access", 1))
        self.assertEqual((events[0]["time"], events[0]["http.response.status_code"]), ("2026-11-25T03:12:09Z", "401"))
        return {name: events[0][name] for name in ("url.domain", "source.ip", "source.address", "user.name", "event.is_ambiguous") if name in events[0]}

    def test_a_month_as_a_number_stands_behind_the_day_where_an_offset_follows(self):
        # Proxmox VE: PVE/APIServer/AnyEvent.pm, log_request: "%d/%m/%Y:%H:%M:%S %z".
        self.assertEqual(self.of("192.0.2.7 - root@pam", time="[25/11/2026:04:12:09 +0100]"), {"source.ip": "192.0.2.7", "user.name": "root@pam"})
        for time in ("[11/25/2026:03:12:09 +0000]", "[25/11/2026:03:12:09]", "[25/11/2026 03:12:09 +0000]"):  # no month, no offset, another sign
            self.assertNotEqual(read_lines(f'192.0.2.7 - - {time} "GET /x HTTP/1.1" 401 5\n')[1]["format"], "access")

    def test_what_stands_in_front_of_the_time(self):
        for front, wanted in (
                ("192.0.2.7 - -", {"source.ip": "192.0.2.7"}),
                ("192.0.2.7 -", {"source.ip": "192.0.2.7"}),
                ("192.0.2.7 - eva", {"source.ip": "192.0.2.7", "user.name": "eva"}),
                ("www.example.org 192.0.2.7 - eva", {"url.domain": "www.example.org", "source.ip": "192.0.2.7", "user.name": "eva"}),
                ("www.example.org:443 2001:db8::7 - -", {"url.domain": "www.example.org", "source.ip": "2001:db8::7"}),
                # Names of Basic with spaces, which a client chooses.
                ("192.0.2.7 - x y", {"source.ip": "192.0.2.7", "user.name": "x y"}),
                ("192.0.2.7 - a b c  d [e", {"source.ip": "192.0.2.7", "user.name": "a b c  d [e"}),
                ("www.example.org 192.0.2.7 - x y", {"url.domain": "www.example.org", "source.ip": "192.0.2.7", "user.name": "x y"}),
                ("192.0.2.7 - - y", {"url.domain": "192.0.2.7", "source.ip": "192.0.2.7", "user.name": ["- y", "y"], "event.is_ambiguous": "yes"}),
                # X-Forwarded-For, alone, with the address of the last proxy behind it, and behind a virtual host.
                ("203.0.113.9, 10.0.0.1 - -", {"source.ip": ["203.0.113.9", "10.0.0.1"]}),
                ("203.0.113.9,2001:db8::7, 10.0.0.1 192.0.2.7 - eva x", {"source.ip": ["203.0.113.9", "2001:db8::7", "10.0.0.1", "192.0.2.7"],
                                                                        "user.name": "eva x"}),
                ("unknown, 10.0.0.1 - -", {"source.address": "unknown", "source.ip": "10.0.0.1"}),
                ("www.example.org 203.0.113.9, 10.0.0.1 - -", {"url.domain": "www.example.org", "source.ip": ["203.0.113.9", "10.0.0.1"]}),
                # The first may be the host that was asked, or a client whose request came by way of the second.
                ("10.1.1.1 198.51.100.7 - -", {"url.domain": "10.1.1.1", "source.ip": ["10.1.1.1", "198.51.100.7"], "event.is_ambiguous": "yes"})):
            with self.subTest(front):
                said = self.of(front)
                if isinstance(wanted.get("source.ip"), str) and wanted.get("event.is_ambiguous") and isinstance(said["source.ip"], list):
                    said["source.ip"] = " ".join(sorted(set(said["source.ip"])))
                self.assertEqual(said, wanted)

    def test_a_list_in_front_may_be_in_brackets_and_an_address_may_have_its_port(self):
        """Templates of nginx and httpd put the list of X-Forwarded-For into quotes or brackets; Azure's gateways and IIS' ARR write ports. A dash is no host that was asked for."""
        rest = '- eva [25/Nov/2026:03:12:09 +0100] "GET / HTTP/1.1" 200 7 "-" "curl"\n'
        for front, sources, port in (("203.0.113.9:5000 - ", "203.0.113.9", "5000"), ("(203.0.113.9, 10.0.0.1) 10.0.0.2 ", ["203.0.113.9", "10.0.0.1", "10.0.0.2"], None),
                                     ('"203.0.113.9, 10.0.0.1" 10.0.0.2 ', ["203.0.113.9", "10.0.0.1", "10.0.0.2"], None), ("[2001:db8::7] ", "2001:db8::7", None), ("[2001:db8::7]:4123 ", "2001:db8::7", "4123"), ("- 10.0.0.2 ", "10.0.0.2", None)):
            front = front.removesuffix("- ") if front.startswith("203") else front
            events, counts = read_lines((front + rest) * 3)
            self.assertEqual((counts["format"], events[0].get("source.ip"), events[0].get("source.port"), events[0].get("url.domain"), events[0].get("user.name")), ("access", sources, port, None, "eva"), front)
        events, _ = read_lines(("web1:5000 " + rest) * 3)
        self.assertEqual((events[0].get("source.ip"), events[0]["source.address"]), (None, "web1:5000"))

    def test_who_is_said_to_have_asked_by_way_of_a_proxy_is_no_source(self):
        """nginx.org's log_format main: "$http_user_agent" "$http_x_forwarded_for"; others have "$host" there. ECS: network.forwarded_ip, "host IP address when the source IP address is the proxy"."""
        line = '10.0.0.9 - - [25/Nov/2026:03:12:09 +0000] "GET / HTTP/1.1" 200 5 "-" "x" "{}"\n'
        for said, claimed in (("203.0.113.7", "203.0.113.7"), ("203.0.113.7, 2001:db8::7,10.0.0.8", ["203.0.113.7", "2001:db8::7", "10.0.0.8"]),
                              ("unknown, 203.0.113.7", "203.0.113.7"), ("-", None), ("10.0.0.9", None), ("no address", None), ("www.example.org", None)):
            event, = read_lines(line.format(said))[0]
            self.assertEqual((event["source.ip"], event.get("network.forwarded_ip"), event["user_agent.original"], event["http.response.status_code"]), ("10.0.0.9", claimed, "x", "200"), said)

    def test_a_time_of_iso_or_in_front_of_all_is_read(self):
        """nginx' $time_iso8601; mod_ssl: CustomLog logs/ssl_request_log "%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x \\"%r\\" %b"."""
        request = '"POST /x?y=1 HTTP/1.1"'
        for line, hour, more in ((f'192.0.2.7 - eva [2026-11-25T03:12:09+01:00] {request} 404 5 "-" "x"', "02", {"user.name": "eva", "event.outcome": "failure"}),
                                 (f'[25/Nov/2026:03:12:09 +0100] 192.0.2.7 - eva {request} 404 5 "-" "x"', "02", {"user.name": "eva", "event.outcome": "failure"}),
                                 (f"[25/Nov/2026:03:12:09 +0000] 192.0.2.7 TLSv1.3 TLS_AES_256_GCM_SHA384 {request} 5", "03",
                                  {"tls.version": "1.3", "tls.cipher": "TLS_AES_256_GCM_SHA384", "event.outcome": "unknown", "http.response.body.bytes": "5"}),
                                 (f"[25/Nov/2026:03:12:09 +0000] 192.0.2.7 TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 {request} -", "03", {"http.response.body.bytes": None})):
            event, = read_lines(line + "\n")[0]
            wanted = {"event.dataset": "access", "time": f"2026-11-25T{hour}:12:09Z", "source.ip": "192.0.2.7", "http.request.method": "POST", "url.path": "/x", "event.action": "http-request", **more}
            self.assertEqual({name: event.get(name) for name in wanted}, wanted, line)

    def test_a_time_that_a_client_wrote_is_not_the_log_s(self):
        said = self.of("192.0.2.7 - -", request="GET /y [01/Jan/2001:00:00:00 +0000] \"GET / HTTP/1.1")
        self.assertEqual(said, {"source.ip": "192.0.2.7", "event.is_ambiguous": "yes"})

    def test_lines_of_many_brackets_take_no_time(self):
        _, counts = read_lines(THREE_WORDS + "1.2.3.4 - " + "[25/Nov/2026:03:12:09 +0000] " * 30000 + "\n")
        self.assertEqual((counts["format"], counts["unparsed"]), ("access", 1))


class Others(unittest.TestCase):
    def test_json_says_nothing_in_the_words_of_this_program(self):
        said = {"event.kind": "unparsed", "event.dataset": "auditd", "event.cut": "all", "event.original_bytes": "yes", "event.is_ambiguous": "yes"}
        events, counts = read_lines(json.dumps({"@timestamp": "2026-11-25T03:12:09Z", "message": "m"} | said) + "\n")
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("json", 1, 0))
        self.assertEqual((events[0]["event.kind"], events[0]["event.dataset"], events[0]["message"]), ("event", "json", "m"))
        self.assertEqual({name: events[0]["json." + name] for name in said}, said)
        self.assertFalse({"event.cut", "event.original_bytes", "event.is_ambiguous"} & set(events[0]))

    def test_json_with_a_date_and_a_clock_time(self):
        events, counts = read_lines("".join(json.dumps(line) + "\n" for line in (
            {"date": "2026-11-25", "time": "03:12:09", "message": "m"}, {"time": "03:12:10.5Z", "date": "2026-11-25", "message": "m"},
            {"date": "2026-11-25T03:12:11+01:00", "message": "m"}, {"date": "2001-01-01", "time": "2026-11-25T03:12:12Z", "message": "m"})))
        self.assertEqual((counts["format"], counts["events"]), ("json", 4))
        self.assertEqual([(event["time"], event["doubt"], event["json.date"]) for event in events],
                         [("2026-11-25T03:12:09Z", "z", "2026-11-25"), ("2026-11-25T03:12:10.5Z", "", "2026-11-25"),
                          ("2026-11-25T02:12:11Z", "", "2026-11-25T03:12:11+01:00"), ("2026-11-25T03:12:12Z", "", "2001-01-01")])

    def test_json_has_times_of_any_layout_with_one_meaning(self):
        """ISO 8601; java.time's toString (ISO_ZONED_DATE_TIME, which leaves out seconds of 0) and RFC 9557; RFC 5322; RFC 9110; numbers of RFC 8259.
        1795168801 is 2026-11-20T10:00:01Z."""
        cases = [("2026-11-20T11:00:01+01:00[Europe/Berlin]", "10:00:01", "s", ""), ("2026-11-20T11:00:01+0100[Europe/Berlin]", "10:00:01", "s", ""),
                 ("2026-11-20T10:00:01Z[UTC][u-ca=hebrew]", "10:00:01", "s", ""), ("2026-11-20T10:00:01.5[Europe/Berlin]", "10:00:01.5", "ms", "z"),
                 ("20 Nov 2026 11:00:01 +0100", "10:00:01", "s", ""), ("Fri, 20 Nov 2026 10:00:01 GMT", "10:00:01", "s", ""),
                 ("Fri, 20 Nov 2026 10:00:01 +0000 (UTC)", "10:00:01", "s", ""),
                 ("2026-11-20 11:00:01.25 +0100 CET", "10:00:01.25", "ms", ""), ("2026-11-20 11:00:01 CET", "10:00:01", "s", ""),
                 ("2026/11/20 10:00:01", "10:00:01", "s", "z"), ("2026-11-20T10:00Z", "10:00:00", "min", ""), ("2026-11-20 11:00+01:00", "10:00:00", "min", ""),
                 ("2026-11-20", "00:00:00", "day", "z"), ("20261120T100001Z", "10:00:01", "s", ""), ("20261120T110001.25+0100", "10:00:01.25", "ms", ""),
                 ("20261120100001Z", "10:00:01", "s", ""), (1795168801, "10:00:01", "s", ""), ("RAW1.795168801e9", "10:00:01", "s", ""),
                 ("RAW1.7951688015E+9", "10:00:01.5", "ms", ""), ("RAW1.795168801123e12", "10:00:01.123", "ms", ""),
                 # ASP.NET's, and of ConvertTo-Json of PowerShell before 6: milliseconds since 1970, UTC, whatever offset stands behind them.
                 ("/Date(1795168801123)/", "10:00:01.123", "ms", ""), ("/Date(1795168801123+0100)/", "10:00:01.123", "ms", ""), ("/Date(1795168801123", None, None, "or"), ("/Date(-62135596800000)/", None, None, "or"),
                 ("/Date(soon)/", None, None, "or"), (0, None, None, "or"), (-1, None, None, "or"),
                 (True, None, None, "or"), ("11/12/2026 10:00:01", None, None, "or"), ("2026-324", None, None, "or"), ("20261120100001", None, None, "or"),
                 ("2026-11-20T10:00:01[Europe/Berlin", None, None, "or"), ("2026-11-31T10:00Z", None, None, "or"), ("2026-11-20T10:00:01Z and more", None, None, "or")]
        first = {"timestamp": "2026-11-20T09:00:00Z", "message": "first"}
        text = json.dumps(first) + "\n" + "".join(json.dumps({"timestamp": value, "message": "m"}) + "\n" for value, *_ in cases)
        events, counts = read_lines(re.sub('"RAW([^"]*)"', r"\1", text))
        self.assertEqual((counts["format"], counts["events"]), ("json", len(cases) + 1))
        for (value, clock, precision, doubt), event in zip(cases, events[1:]):
            with self.subTest(value=value):
                self.assertEqual((event["precision"], event["doubt"], event["message"]), (precision or "none", doubt, "m"))
                if clock:
                    self.assertEqual((event["time"], event.get("event.stated_time")), (f"2026-11-20T{clock}Z", None))
                else:
                    self.assertEqual(event["event.stated_time"], value if isinstance(value, str) else json.dumps(value))
        self.assertEqual([event.get("event.timezone") for event in events if "event.timezone" in event], ["Europe/Berlin"])
        for value in ("Fri, 20 Nov 2026 10:00:01 GMT", "2026-11-20T11:00:01+01:00[Europe/Berlin]", "2026-11-20T10:00Z", "/Date(1795168801123)/"):
            self.assertEqual(read_lines(2 * (json.dumps({"time": value, "msg": "a"}) + "\n"))[1]["format"], "json", value)

    def test_a_general_log_of_mysql_is_known_by_few_queries(self):
        head = ("/usr/sbin/mysqld, Version: 8.0.32 (MySQL Community Server - GPL). started with:\n"
                "Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock\nTime                 Id Command    Argument\n")
        events, counts = read_lines(head + "2026-11-25T03:12:09.123456Z\t    8 Connect\troot@localhost on shop using Socket\n")
        self.assertEqual((counts["format"], counts["events"], counts["comments"], counts["unparsed"]), ("mysql", 1, 3, 0))
        self.assertEqual((events[0]["event.action"][0], events[0]["time"]), ("database-connect", "2026-11-25T03:12:09.123456Z"))
        # MariaDB leaves out a time that is that of the query before.
        events, _ = read_lines(head + "261125  3:12:09\t    8 Connect\troot@localhost on shop using Socket\n\t\t    8 Query\tselect 1,\n\t\t2\n\t\t    8 Quit\n")
        self.assertEqual([(event["event.action"], event["time"], event["mysql.thread_id"]) for event in events],
                         [(action, "2026-11-25T03:12:09Z", "8") for action in (["database-connect", "login"], "database-query", "database-disconnect")])
        self.assertTrue(events[1]["message"].endswith("select 1,\n\t\t2"))
        # MySQL does not: such a line is of a query's text.
        events, counts = read_lines(head + "2026-11-25T03:12:09.123456Z\t    8 Query\tselect 'x\n\t\t    9 Connect\troot@203.0.113.9 on shop'\n")
        self.assertEqual((counts["events"], counts["continued"]), (1, 1))


if __name__ == "__main__":
    unittest.main()
