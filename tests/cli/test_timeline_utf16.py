"""test_timeline_utf16.py: logs in UTF-16, as programs of Windows write them, give the events that the same log gives in UTF-8, at their own places.
What is UTF-16 is what Python's codecs write; lines were written by hand."""
import io
import pathlib
import subprocess
import tempfile
import unittest
import zipfile

import timeline_lines
from timeline_lines import read_lines

STORE = timeline_lines.PROBE.with_name("timeline_store")
WAYS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
BY_LOOK = {"utf-16-le": "no byte order mark states it: read as UTF-16, little endian", "utf-16-be": "no byte order mark states it: read as UTF-16, big endian"}
SYSLOG = "Nov 25 03:12:{:02} gate app[{}]: {}\r\n"
LOGS = {
    "syslog": "".join(SYSLOG.format(n % 60, n, text) for n, text in enumerate(("plain", "\u00e4\u00f6\u00fc", "\u0432\u0445\u043e\u0434 \u767b\u5f55", "\U0001f512 locked", "\ufeffmark", "a\\b"))),
    "w3c": "#Software: Microsoft Internet Information Services 10.0\r\n#Fields: date time s-ip cs-method cs-uri-stem sc-status\r\n"
           "2026-11-25 03:12:09 192.0.2.1 GET /\u00fcber.htm 200\r\n2026-11-25 03:12:10 192.0.2.1 POST /a 404\r\n",
    "text": "It was a dark night.\r\n\r\nNobody came.\r\n",
    "json": '{"time": "2026-11-25T03:12:09Z", "msg": "\u00e4 \\u00e4"}\n{"time": "2026-11-25T03:12:10Z", "msg": "b"}',
}


def placeless(events):
    return [{k: v for k, v in event.items() if k != "at"} for event in events]


def build(data, workers=2):
    """(place, fields) of each event that the workers make of it."""
    with tempfile.TemporaryDirectory() as folder:
        evidence, store = pathlib.Path(folder) / "evidence", pathlib.Path(folder) / "store"
        evidence.write_bytes(data)
        subprocess.run([STORE, "-w", str(workers), "build", evidence, store], check=True, capture_output=True, timeout=120)
        rows = subprocess.run([STORE, "rows", store, ""], check=True, capture_output=True, timeout=120).stdout.decode().splitlines()
    return [dict(f.split("=", 1) for f in row.split("\t")[1:]) for row in rows]


class Utf16(unittest.TestCase):
    maxDiff = None

    def test_events_are_those_of_utf_8_at_the_places_of_utf_16(self):
        for name, text in LOGS.items():
            events, counts = read_lines(text)
            self.assertEqual(counts["format"], name)
            begins = [len(line) for line in text.splitlines(keepends=True)]
            for way, mark in WAYS.items():
                for front in (mark, b""):
                    with self.subTest(log=name, way=way, mark=front):
                        found, found_counts = read_lines(front + text.encode(way))
                        self.assertEqual((placeless(found), found_counts), (placeless(events), counts))
                        lines = text.splitlines(keepends=True)
                        places = [len(front * (e["line"] > 1)) + len("".join(lines[:e["line"] - 1]).encode(way)) for e in found]
                        self.assertEqual([e["at"] for e in found], places, begins)

    def test_tables_and_xml_are_read_as_lines_are(self):
        """What is no format of lines has the events of the same in UTF-8, at the places of UTF-16."""
        record = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='\u00e4\U0001f512'/><EventID>{}</EventID>" \
                 "<TimeCreated SystemTime='2026-11-20T09:00:01Z'/></System></Event>"
        texts = {"evtx": "<?xml version='1.0'?>\r\n<Events>" + "".join(record.format(n) for n in range(2000)) + "</Events>",
                 "timesketch": "message,datetime,timestamp_desc\r\n" + "".join(f'"\u65e5 {n}\r\nb",2026-11-20T09:00:01Z,x\r\n' for n in range(9000))}
        for name, text in texts.items():
            events, counts = read_lines("\ufeff" + text)
            self.assertEqual((counts["format"], len(events)), (name, 2000 if name == "evtx" else 9000))
            encoded, place, raw = text.encode(), 0, 2
            for way, mark in WAYS.items():
                found, found_counts = read_lines(mark + text.encode(way))
                self.assertEqual((placeless(found), found_counts), (placeless(events), counts))
                place, raw = 0, 2
                for event, expected in zip(found, events):
                    raw += len(encoded[place:expected["at"] - 3].decode().encode(way))
                    place = expected["at"] - 3
                    self.assertEqual(event["at"], raw)
        found, _ = read_lines(b"\xff\xfe" + texts["timesketch"][:200].encode("utf-16-le") + b"x")
        self.assertEqual(found[-1]["message"], "The last byte is half a character of UTF-16.")

    def test_lines_that_end_with_cr_alone_are_lines(self):
        for name, text in LOGS.items():
            text = text.replace("\r\n", "\n")
            with self.subTest(log=name):
                self.assertEqual(read_lines(text.replace("\n", "\r")), read_lines(text))
        text = "".join(SYSLOG.format(n % 60, n, "x" * 60).replace("\r\n", "\r") for n in range(3000))
        events, counts = read_lines(text)
        self.assertEqual((counts["format"], counts["events"], events[2]["at"], events[2]["line"]), ("syslog", 3000, 2 * text.index("\r") + 2, 3))
        self.assertEqual(len(build(text.encode())), 3000)
        self.assertEqual(read_lines("a bar\rof progress\nand text\n")[1]["lines"], 2)

    def test_what_is_no_character_is_shown_and_nothing_else_is_lost(self):
        lone = SYSLOG.format(1, 1, "a\ud800b").encode("utf-16-le", "surrogatepass") + SYSLOG.format(2, 2, "c\x00d").encode("utf-16-le")
        more = "".join(SYSLOG.format(n, n, "padding of sixty-four letters, so that little is odd in all of it") for n in range(3, 9)).encode("utf-16-le")
        events, counts = read_lines(b"\xff\xfe" + lone + more + b"x")
        self.assertEqual([e["message"] for e in events[:2]], [r"a\xed\xa0\x80b", r"c\x00d"])
        self.assertEqual([e["event.original_bytes"] for e in events[:2]], ["yes", "yes"])
        self.assertEqual((events[-1]["event.kind"], events[-1]["message"], events[-1]["at"]), ("notice", "The last byte is half a character of UTF-16.", 2 + len(lone + more)))
        self.assertEqual((counts["lines"], counts["events"], counts["unparsed"]), (8, 8, 0))

    def test_zeros_that_a_machine_left_are_told_in_bytes_of_the_source(self):
        front, behind = (SYSLOG.format(n, n, "a").encode("utf-16-le") for n in (1, 2))
        events, counts = read_lines(b"\xff\xfe" + front * 9 + bytes(4096) + behind * 9)
        notices = [(e["message"], e["at"]) for e in events if e["event.kind"] == "notice"]
        self.assertEqual(notices, [("4096 bytes of zeros instead of text.", 2 + 9 * len(front))])
        self.assertEqual(counts["events"], 18)

    def test_a_line_that_is_too_long_is_kept_by_its_head(self):
        text = SYSLOG.format(1, 1, "a") + SYSLOG.format(2, 2, "\u00e4" * (3 << 20)) + SYSLOG.format(3, 3, "c")
        events, counts = read_lines(b"\xfe\xff" + text.encode("utf-16-be"))
        long = SYSLOG.format(2, 2, "").strip()
        self.assertEqual([e["event.kind"] for e in events], ["event", "unparsed", "event"])
        self.assertEqual(events[1]["event.cut"], f"message: {len(long) + 1 + (6 << 20)} bytes")  # of its text as UTF-8
        self.assertEqual((events[2]["message"], events[2]["line"], events[2]["at"]), ("c", 3, 2 + 2 * text.index(SYSLOG.format(3, 3, "c"))))
        self.assertEqual((counts["lines"], counts["events"], counts["unparsed"]), (3, 2, 1))

    def test_what_only_looks_like_it_is_none(self):
        for data in (b"\xff\xfe" + bytes(range(256)) * 64, "\ufeffa line\n".encode("utf-32-le") * 20, bytes(range(0, 256, 7)) * 300, b"a\0\0\0b\0\0\0" * 300):
            events, counts = read_lines(data)
            self.assertEqual((events, counts["format"]), ([], None), data[:16])

    def test_workers_read_it_in_archives_and_in_parts(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("a.log", LOGS["syslog"].encode("utf-16-be"))
        rows = build(packed.getvalue())
        self.assertEqual([r["message"] for r in rows if r["event.kind"] == "event"][:4], [e["message"] for e in read_lines(LOGS["syslog"])[0]][:4])
        self.assertEqual([r["message"] for r in rows if r["event.kind"] == "notice"], [BY_LOOK["utf-16-be"]])

    def test_a_log_of_several_parts_is_whole(self):
        count = 20000  # lines of more than 1,800 bytes: two parts, the first of 32 MiB
        lines = [SYSLOG.format(n * 60 // count, n, f"{n} \U0001f512 " + "x" * 900) for n in range(count)]
        data = b"\xff\xfe" + "".join(lines).encode("utf-16-le")
        self.assertGreater(len(data), 32 << 20)
        rows = build(data)
        self.assertEqual([int(r["message"].split()[0]) for r in rows], list(range(count)))


if __name__ == "__main__":
    unittest.main()
