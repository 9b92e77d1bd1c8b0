"""test_timeline_hostile.py: lines that are too long, no text, or of a strange time, and files that are no log. Lines and expected values were
written by hand."""
import pathlib
import struct
import tempfile
import unittest
import zlib

from timeline_lines import is_nobodys, read_file, read_lines

LINE_MOST, KEPT = 1 << 20, 64 << 10
SYSLOG = "Nov 25 03:12:{:02} gate app[1]: {}\n"

NO_LOGS = {
    "text": "It was a dark night.\nNov was cold, and Dec 24 was colder.\n\nNobody came at 03:12:09.\n",
    "dated text": "25 November 2026\nDear diary,\n26 November 2026\nnothing happened\n",
    "C": "/* a.c: adds. */\n#include <stdio.h>\nint main(void)\n{\n    printf(\"%d\\n\", 1 + 1);\n    return 0;\n}\n",
    "Python": "#!/usr/bin/python3\nimport re\n\nclass A:\n    def b(self):\n        return re.compile(r\"[a-z]\")\n",
    "shell": "#!/bin/sh\n# 1764040329\nset -e\nfor a in b c; do\n    echo \"$a\"\ndone\n",
    "CSV": "name,age,city\nalice,40,Bern\nbob,41,Basel\n",
    "HTML": "<!DOCTYPE html>\n<html><head><title>a</title></head>\n<body>\n<p>At 03:12:09 on 2026-11-25.</p>\n</body></html>\n",
    "mail box": "From eva@example.org Wed Nov 25 03:12:09 2026\nFrom: eva@example.org\nDate: Wed, 25 Nov 2026 03:12:09 +0100\nSubject: a\n\nHello,\nall is well.\n\n",
    "JSON": "{\n  \"name\": \"a\",\n  \"version\": \"1.0.0\",\n  \"released\": \"2026-11-25T03:12:09Z\",\n  \"files\": [\"a\", \"b\"]\n}\n",
    "JSON lines": "{\"name\": \"a\", \"n\": 1}\n{\"name\": \"b\", \"n\": 2}\n",
    "numbers": "1764040329\n1764040330\n1764040331\n",
    "accounts": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "settings": "[Unit]\nDescription=a\n\n[Service]\nExecStart=/bin/a\n",
    "a table of cron": "# m h dom mon dow command\n17 * * * * root cd / && run-parts /etc/cron.hourly\n",
    "a patch": "--- a/x\t2026-11-25 03:12:09.000000000 +0100\n+++ b/x\t2026-11-25 03:12:10.000000000 +0100\n@@ -1 +1 @@\n-a\n+b\n",
    "a list of files": "total 4\n-rw-r--r-- 1 root root 5 Nov 25 03:12 a\n-rw-r--r-- 1 root root 5 Nov 25  2025 b\n",
    "XML": "<?xml version=\"1.0\"?>\n<a at=\"2026-11-25T03:12:09Z\">\n  <b/>\n</a>\n",
    "SQL": "CREATE TABLE a (b INT);\nINSERT INTO a VALUES (1), (2);\n",
    "PNG": b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0) + b"\x90wS\xde",
    "ELF": b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400000, 64, 0, 0, 64, 56, 1, 64, 0, 0) + bytes(900),
    "packed": zlib.compress(bytes(range(256)) * 40),
    "zeros": bytes(70000),
    "nothing": b"",
}


class Hostile(unittest.TestCase):
    maxDiff = None

    def test_what_is_no_log_is_declined(self):
        for name, text in NO_LOGS.items():
            with self.subTest(kind=name):
                self.assertTrue(is_nobodys(text))

    def test_a_line_of_100_mib_is_kept_by_its_head_and_all_around_it_is_read(self):
        size = 100 << 20
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "log"
            with path.open("wb") as file:
                file.write(SYSLOG.format(1, "before").encode())
                begin = file.tell()
                file.write(b"Nov 25 03:12:02 gate app[1]: ")
                for _ in range(100):
                    file.write(b"x" * (1 << 20))
                file.write(b"\r\n" + SYSLOG.format(3, "behind").encode())
            events, counts = read_file(path)
        self.assertEqual([event["event.kind"] for event in events], ["event", "unparsed", "event"])
        self.assertEqual((events[1]["at"], events[1]["line"], len(events[1]["message"])), (begin, 2, KEPT))
        self.assertEqual(events[1]["event.cut"], f"message: {29 + size} bytes")
        self.assertEqual((events[1]["time"], events[1]["doubt"], events[2]["message"], events[2]["line"]), (events[0]["time"], "o", "behind", 3))
        self.assertEqual((counts["lines"], counts["events"], counts["unparsed"]), (3, 2, 1))

    def test_bytes_that_are_no_text_are_shown(self):
        text = SYSLOG.format(1, "a").encode() + b"Nov 25 03:12:02 gate app[1]: b\x00c\xff\xc3\\d\r\n" + SYSLOG.format(3, "\u00e4").encode()
        events, _ = read_lines(text)
        self.assertEqual([event["message"] for event in events], ["a", r"b\x00c\xff\xc3\\d", "\u00e4"])
        self.assertEqual([event.get("event.original_bytes") for event in events], [None, "yes", None])

        # zsh: Src/utils.c, metafy(): 0x83 to 0xA2 are 0x83 and the byte XOR 0x20. "à" is C3 A0, "Ä" C3 84, "я" D1 8F; of "é", C3 A9, nothing is coded.
        events, _ = read_lines(b": 1764040329:0;echo \xc3\x83\x80 \xc3\x83\xa4 \xd1\x83\xaf \xc3\xa9\n: 1764040330:0;echo \\x80 \\\n\xc3\x83\x80\\x\n: 1764040331:0;echo \xff\n"
                               b": 1764040332:0;echo \xc3\x83 5\n")
        self.assertEqual([(event["process.command_line"], event["message"], event.get("event.original_bytes")) for event in events],
                         [("echo à Ä я é", "echo à Ä я é", None), ("echo \\x80 \nà\\x", "echo \\x80 \\\nà\\x", None), ("echo \\xff", "echo \\xff", "yes"),
                          ("echo Ã 5", "echo Ã 5", None)])
        # What is no command is kept whole, as it was before it was coded.
        events, _ = read_lines(b": 1764040329:0;ls\n: 1764040330:0;ls\n\xff\xfe caf\x83\xc9 abcdefgh\n: 1764040331:0;ls\n")
        self.assertEqual([(event["event.kind"], event["message"]) for event in events],
                         [("event", "ls"), ("event", "ls"), ("unparsed", "\\xff\\xfe caf\\xe9 abcdefgh"), ("event", "ls")])

    def test_json_that_is_no_utf_8_is_read_and_shown(self):
        events, counts = read_lines(b'{"time": "2026-11-25T03:12:09Z", "msg": "a \\"b\\" \xff", "k\xfe": "\\u00e4\xfd"}\n{"time": "2026-11-25T03:12:10Z", "msg": "c\\\\d"}\n')
        self.assertEqual((counts["format"], counts["events"]), ("json", 2))
        self.assertEqual([event["message"] for event in events], [r'a "b" \xff', r"c\d"])
        self.assertEqual((events[0][r"json.k\xfe"], events[0]["event.original_bytes"], events[1].get("event.original_bytes")), ("\u00e4\\xfd", "yes", None))

    def test_zones_of_lines_are_their_own(self):
        events, _ = read_lines("2026-11-25T03:12:09+01:00 gate app[1]: a\n2026-11-25T03:12:09-0500 gate app[1]: b\n2026-11-25T03:12:09Z gate app[1]: c\n"
                               "2026-11-25T03:12:09 gate app[1]: d\n2026-11-25T23:12:09+14:00 gate app[1]: e\n2026-11-25T03:12:09+25:00 gate app[1]: no zone is there\n")
        self.assertEqual([(event["time"][11:], event["doubt"], event.get("event.timezone")) for event in events],
                         [("02:12:09Z", "", None), ("08:12:09Z", "", None), ("03:12:09Z", "", None), ("03:12:09Z", "z", None), ("09:12:09Z", "", None),
                          ("03:12:09Z", "z", "+25:00")])

    def test_years_are_told_from_1678_to_2261_and_others_are_in_doubt(self):
        events, _ = read_lines("1970-01-01T00:00:00Z gate app[1]: a\n1969-12-31T23:59:59Z gate app[1]: b\n2106-02-07T06:28:16Z gate app[1]: c\n"
                               "2261-12-31T23:59:59Z gate app[1]: d\n2300-01-01T00:00:00Z gate app[1]: e\n")
        self.assertEqual([event["time"] for event in events[:4]],
                         ["1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2106-02-07T06:28:16Z", "2261-12-31T23:59:59Z"])
        self.assertEqual([event["doubt"] for event in events[:4]], [""] * 4)
        self.assertIn("r", events[4]["doubt"])

    def test_a_leap_second_is_the_end_of_the_one_before_and_says_so(self):
        events, _ = read_lines("2016-12-31T23:59:60Z gate app[1]: a\n2017-01-01T00:00:00Z gate app[1]: b\n")
        self.assertEqual([(event["time"], event["doubt"]) for event in events], [("2016-12-31T23:59:59.999999999Z", "l"), ("2017-01-01T00:00:00Z", "")])

    def test_a_date_that_no_calendar_has_is_in_doubt(self):
        events, _ = read_lines("2026-02-28T00:00:00Z gate app[1]: a\n2026-02-30T00:00:00Z gate app[1]: b\n")
        self.assertIn("r", events[1]["doubt"])
        self.assertEqual(events[1]["time"], events[0]["time"])
        self.assertEqual((events[1]["event.stated_time"], events[0].get("event.stated_time")), ("2026-02-30T00:00:00Z", None))

    def test_months_of_other_languages_are_not_guessed(self):
        foreign = ["M\u00e4r  5 03:12:09 gate app[1]: a", "Mai  5 03:12:09 gate app[1]: a", "d\u00e9c.  5 03:12:09 gate app[1]: a", "\u043c\u0430\u0440  5 03:12:09 gate app[1]: a"]
        self.assertTrue(is_nobodys("\n".join(foreign) + "\n"))
        events, counts = read_lines(SYSLOG.format(1, "x") * 5 + "\n".join(foreign) + "\n")
        self.assertEqual([event["message"] for event in events[5:]], foreign)
        self.assertEqual(({event["event.kind"] for event in events[5:]}, {event["doubt"] for event in events[5:]}, counts["unparsed"]), ({"unparsed"}, {"o"}, 4))

    def test_lines_of_two_formats_are_told_apart(self):
        access = "192.0.2.7 - [25/Nov/2026:03:12:09 +0100] \"GET /?a=\"b\" HTTP/1.1\" 404 7\n"
        error = "[Wed Nov 25 03:12:10.902022 2026] [ssl:info] [pid 7:tid 8] (70014)End of file found: [client 192.0.2.8:4321] AH02006: SSL handshake stopped\n"
        cut = "192.0.2.9 - - [25/Nov/2026:03:12:11 +0100] \"GET / HTTP/1.1\" 200 7 \"-\" \"curl\n"
        events, counts = read_lines(access * 5 + error * 3 + cut + "x\n" + access)
        self.assertEqual([event["event.dataset"] for event in events], ["access"] * 5 + ["apache-error"] * 3 + ["access"] * 3)
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"], counts["lines"]), ("access+apache-error", 9, 2, 11))
        self.assertEqual([event["message"] for event in events[8:10]], [cut[:-1], "x"])
        self.assertEqual((events[0]["url.original"], events[0]["http.response.status_code"], events[0].get("user.name")), ("/?a=\"b\"", "404", None))
        self.assertEqual(tuple(events[5][name] for name in ("source.ip", "error.code", "error.message", "event.code")),
                         ("192.0.2.8", "70014", "End of file found", "AH02006"))


if __name__ == "__main__":
    unittest.main()
