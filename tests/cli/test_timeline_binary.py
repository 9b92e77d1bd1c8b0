"""test_timeline_binary.py PROBE: logs of binary formats, made as their descriptions have them, and the events that they must come to."""
import collections
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest
import uuid

import binary_logs as made

PROBE = sys.argv.pop(1)
NS = 10**9
LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")  # syslog(3), 0 to 7


def read(data, part=None):
    """The events, the notices' words, and the counts; of the whole, or of parts of so many bytes together."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        out = subprocess.run([PROBE, *(["-p", str(part)] if part else []), f.name], capture_output=True, check=True).stdout.decode()
    events, notices = [], []
    lines = out.splitlines()
    for line in lines[:-1]:
        event = collections.defaultdict(list)
        for name, value in json.loads(line, object_pairs_hook=list):
            event[name].append(value)
        (notices if event["event.kind"] == ["notice"] else events).append(event)
    return events, [n["message"][0] for n in notices], json.loads(lines[-1])


class Case(unittest.TestCase):
    def has(self, event, **fields):
        for name, value in fields.items():
            name = name.replace("__", ".")
            self.assertEqual(event.get(name, []), [value] if value is not None else [], name)


class Parts(Case):
    """What parts say, one behind another, is what the whole says: nothing twice, nothing lost."""

    def check(self, data, sizes, has_same_notices):
        whole, notices, counts = read(data)
        for size in sizes:
            events, of_parts, counts_of_parts = read(data, size)
            self.assertEqual([(e["at"], e["ns"], e["message"]) for e in events], [(e["at"], e["ns"], e["message"]) for e in whole], size)
            self.assertEqual(counts_of_parts if has_same_notices else counts_of_parts["lines"], counts if has_same_notices else counts["lines"])
            if has_same_notices:
                self.assertEqual(len(of_parts), len(notices), size)
        return whole

    def test_chunks_of_an_event_log(self):
        rng = random.Random(3)
        chunks = [made.example_evtx().bytes() for _ in range(8)]
        head = made.evtx([made.example_evtx()])[:4096]
        sizes = [4096, 50_000, 65536, 70_000, 131_072, 200_001]
        self.assertEqual(len(self.check(head + b"".join(chunks), sizes, True)), 24)
        for _ in range(12):  # rubble of any size among them
            data = bytearray(head + b"".join(c if rng.random() < 0.7 else rng.randbytes(rng.randrange(1, 150_000)) + c for c in chunks))
            self.assertEqual(len(self.check(bytes(data), sizes, False)), 24)

    def test_entries_of_a_journal(self):
        for compact in (False, True):
            j = made.Journal(compact)
            host = j.data(b"_HOSTNAME=h", 1)
            for i in range(100):
                j.entry(i + 1, 10**15 + i, [host, j.data(b"MESSAGE=number %d" % i, (0, 1, 2, 4)[i % 4])])
                if i == 60:  # the last ones are on no list
                    j.lists([4, 8, 16, 33])
            data = bytearray(j.bytes())
            self.assertEqual(len(self.check(bytes(data), [512, 999, 4096, 10_000, 60_000], False)), 100)
            at = j.entries[30]
            data[at - 48:at - 40] = b"\xff" * 8  # damage that is passed over
            self.assertGreater(len(self.check(bytes(data), [512, 999, 4096, 10_000, 60_000], False)), 97)


class Utmp(Case):
    def test_each_type_is_an_action(self):
        v6 = bytes.fromhex("20010db8000000000000000000000007")
        mapped = bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 9])
        rows = [  # arguments of a record, and what it must say
            (dict(kind=2, line="~", ident="~~", user="reboot", host="6.1.0-9"), dict(event__action="boot", host__os__kernel="6.1.0-9", user__name=None)),
            (dict(kind=1, pid=0x4E33, line="~", user="runlevel"), dict(event__action="run-level")),
            (dict(kind=1, line="~", user="shutdown"), dict(event__action="shutdown")),
            (dict(kind=3, line="}", user="date"), dict(event__action="clock-change-to")),
            (dict(kind=4, line="|", user="date"), dict(event__action="clock-change-from")),
            (dict(kind=6, pid=9, line="tty1", user="LOGIN"), dict(event__action="login-prompt", event__outcome="success")),
            (dict(kind=6, line="ssh:notty", user="admin", host="192.0.2.7"),
             dict(event__action="login", event__outcome="failure", user__name="admin", source__ip="192.0.2.7")),
            (dict(kind=7, pid=812, line="pts/0", ident="ts/0", user="root", host="gw.example.org", address=bytes([192, 0, 2, 7])),
             dict(event__action="login", event__outcome="success", source__ip="192.0.2.7", source__address="gw.example.org", process__pid="812")),
            (dict(kind=7, line="pts/1", user="u", address=v6), dict(source__ip="2001:db8::7")),
            (dict(kind=7, line="pts/1", user="u", address=mapped), dict(source__ip="192.0.2.9")),
            (dict(kind=7, line="tty7", user="u" * 32, host=":0"), dict(user__name="u" * 32, source__address=None, source__ip=None)),
            (dict(kind=8, pid=812, line="pts/0"), dict(event__action="logout", user__name=None)),
        ]
        data = b"".join(made.utmp(seconds=1764040329 + i, micros=5, **row) for i, (row, _) in enumerate(rows))
        events, notices, counts = read(data)
        self.assertEqual((len(events), notices, counts["format"]), (len(rows), [], "utmp"))
        for i, (event, (_, wanted)) in enumerate(zip(events, rows)):
            self.assertEqual((event["ns"], event["precision"], event["at"]), ([(1764040329 + i) * NS + 5000], ["us"], [384 * i]))
            self.has(event, **wanted)
        self.has(events[1], **{"utmp.run_level": "3", "utmp.run_level_before": "N"})

    def test_empty_and_damaged_records_are_counted(self):
        good = made.utmp(7, 1, "tty1", "1", "root", seconds=1)
        data = good * 30 + bytes(384) + made.utmp(99, seconds=7) + good + b"rest"
        events, notices, counts = read(data)
        self.assertEqual((counts["lines"], counts["events"], counts["unparsed"], counts["empty"]), (33, 31, 1, 1))
        self.assertEqual(events[30]["event.kind"], ["unparsed"])
        self.assertEqual(len(notices), 1)

    def test_times_after_2038_are_read(self):
        events, _, _ = read(made.utmp(7, 1, "tty1", "1", "root", seconds=-2))  # 2^32 - 2
        self.assertEqual(events[0]["ns"], [(2**32 - 2) * NS])

    def test_records_with_times_of_64_bits_are_read(self):
        """glibc's bits/utmp.h where __WORDSIZE_TIME64_COMPAT32 is 0, as on aarch64: session, seconds and microseconds have 8 bytes, and a login of lastlog too."""
        def wide(kind, line, user, host, seconds, address=bytes(16)):
            return struct.pack("<hxxi32s4s32s256shhqqq16s20s", kind, 9, line, b"ts/0", user, host, 0, 1, 3, seconds, 5, address, b"")[:396].ljust(400, b"\0")

        data = (wide(2, b"~", b"reboot", b"6.1.0-rpi", 1764040329) + wide(7, b"pts/0", b"eva", b"192.0.2.7", 1764040330, bytes([192, 0, 2, 7]) + bytes(12)) + wide(6, b"ssh:notty", b"root", b"192.0.2.8", 1764040331)) * 3
        events, notices, counts = read(data)
        self.assertEqual((counts["format"], counts["events"], notices), ("utmp", 9, []))
        self.has(events[1], user__name="eva", source__ip="192.0.2.7", event__action="login", event__outcome="success", utmp__session="3", process__exit_code="1")
        self.has(events[2], user__name="root", event__outcome="failure")
        self.assertEqual((events[1]["ns"], events[1]["at"]), ([1764040330 * NS + 5000], [400]))
        self.assertEqual(read(data + b"rest")[1], ["The file ends within a record of 400 bytes."])
        login = struct.pack("<q32s256s", 1764040329, b"pts/0", b"192.0.2.7")
        events, notices, counts = read(bytes(296) * 4000 + login)
        self.assertEqual((counts["format"], counts["lines"], counts["empty"], notices), ("lastlog", 4001, 4000, []))
        self.has(events[0], user__id="4000", source__ip="192.0.2.7")

    def test_what_is_no_utmp_is_declined(self):
        for data in (bytes(3840), b"root pts/0 " * 400, struct.pack("<96I", *range(96)) * 4, made.utmp(7, line="a\x01", user="x", seconds=1) * 3):
            self.assertNotEqual(read(data)[2]["format"], "utmp")

    def test_the_last_login_of_each_user(self):
        behind = made.lastlog() * 1000 + made.lastlog(1764040329, "pts/0", "192.0.2.7")  # the first user of a system that is no service
        events, notices, counts = read(behind)
        self.assertEqual((counts["format"], counts["lines"], counts["empty"], notices), ("lastlog", 1001, 1000, []))
        self.assertEqual(len(events), 1)
        self.has(events[0], user__id="1000", source__ip="192.0.2.7")
        data = made.lastlog(1764040329, "pts/0", "192.0.2.7") + made.lastlog() * 999 + made.lastlog(1764040330, "tty1")
        events, notices, counts = read(data)
        self.assertEqual((counts["format"], counts["lines"], counts["empty"], notices), ("lastlog", 1001, 999, []))
        self.has(events[0], user__id="0", source__ip="192.0.2.7", event__action="login")
        self.has(events[1], user__id="1000", source__ip=None)
        self.assertEqual((events[1]["ns"], events[1]["precision"]), ([1764040330 * NS], ["s"]))


class Journal(Case):
    def check(self, events):
        self.assertEqual(len(events), 2)
        self.has(events[0], message="Accepted password for root from 192.0.2.7 port 4711 ssh2", host__name="web1", process__name="sshd",
                 process__pid="812", log__level="informational", user__name="root", source__ip="192.0.2.7", event__outcome="success",
                 event__sequence="7")
        self.assertEqual(events[0]["ns"], [1764040329123456000])  # when the program wrote it
        self.has(events[1], user__name="x", source__ip="2001:db8::7", event__outcome="failure")
        self.assertEqual(events[1]["ns"], [1764040330000000000])

    def test_values_of_each_packing_in_both_layouts(self):
        for compact in (False, True):
            events, notices, counts = read(made.journal(compact).bytes(1 << 20))
            self.check(events)
            self.assertEqual((notices, counts["lines"]), ([], 2))

    def test_values_that_entries_share_stay_what_they_are(self):
        """More of them, and of more bytes, than are remembered; long and short, packed, of names that stand for others, and of objects that say
        untruly that one entry has them."""
        for compact in (False, True):
            rng = random.Random(11)
            j = made.Journal(compact)
            names = {"MESSAGE": "message", "_HOSTNAME": "host.name", "_PID": "process.pid", "OWN_FIELD": "journal.OWN_FIELD", "_COMM": "journal._COMM"}
            shared = {name: [] for name in names}
            for i in range(12_000):
                name = rng.choice(list(names))
                text = f"{name} {i} " + "x" * rng.choice((0, 100, 200, 210, 220, 225, 300))
                shared[name].append((text, j.data(f"{name}={text}".encode(), rng.choice((0, 0, 4)), rng.choice((0, 1, 2, 40)))))
            levels = [j.data(b"PRIORITY=%d" % i, 0, 9) for i in range(9)]
            wanted = []
            for i in range(8_000):
                # Some often, most seldom, so that what is remembered is both used and replaced.
                picked = {name: values[rng.randrange(20) if rng.random() < 0.3 else rng.randrange(len(values))] for name, values in shared.items()}
                level = rng.randrange(len(levels))
                j.entry(i + 1, 10**15 + i, [at for _, at in picked.values()] + [levels[level]])
                wanted.append({names[name]: [text] for name, (text, _) in picked.items()} |
                              ({"log.level": [LEVELS[level]]} if level < 8 else {"journal.PRIORITY": ["8"]}))
            events, notices, _ = read(j.bytes())
            self.assertEqual((len(events), notices), (8_000, []))
            for event, values in zip(events, wanted):
                self.assertEqual({name: event.get(name) for name in values}, values)

    def test_a_journal_that_was_not_closed_says_so(self):
        events, notices, _ = read(made.journal(state=1).bytes())
        self.check(events)
        self.assertEqual(len(notices), 1)

    def test_of_a_cut_journal_what_is_whole_is_read(self):
        whole = made.journal().bytes()
        for size in range(len(whole) - 1, 300, -97):
            events, notices, counts = read(whole[:size])
            self.assertEqual(len(events), 2 if size == len(whole) else 1 if size >= len(whole) - 128 else 0, size)
            self.assertTrue(notices)

    def test_damage_costs_what_it_hits(self):
        j = made.Journal()
        message = j.data(b"MESSAGE=one")
        host = j.data(b"_HOSTNAME=h", 1)
        first = j.entry(1, 10**15, [message, host])
        between = j.data(b"MESSAGE=between")
        j.entry(2, 10**15 + 1, [message])
        data = bytearray(j.bytes())
        data[between:between + 16] = b"\xff" * 16  # the head of an object between the entries
        data[host + 64 + 20:host + 64 + 24] = b"\xff" * 4  # within packed bytes
        events, notices, _ = read(bytes(data))
        self.assertEqual([e["event.sequence"] for e in events], [["1"], ["2"]])
        self.has(events[0], message="one", host__name=None)
        self.assertEqual(events[0]["at"], [first])
        self.assertEqual(len(notices), 2)

    def test_bytes_that_are_no_text_and_values_that_are_long(self):
        j = made.Journal()
        j.entry(1, 10**15, [j.data(b"MESSAGE=a\xff\\b"), j.data(b"LONG=" + b"x" * 100000, 4), j.data(b"LONG=" + b"y" * 70000)])
        events, _, _ = read(j.bytes())
        self.has(events[0], message="a\\xff\\\\b", event__original_bytes="yes")
        self.assertEqual([len(v) for v in events[0]["journal.LONG"]], [65536, 65536])
        self.assertEqual(events[0]["event.cut"], ["journal.LONG: 100000 bytes", "journal.LONG: 70000 bytes"])

    def test_an_exported_entry_without_a_possible_time_is_in_doubt(self):
        text = ("__REALTIME_TIMESTAMP=1764040329000000\nMESSAGE=a\n\n__CURSOR=s=1;i=2\nMESSAGE=none\n\n__REALTIME_TIMESTAMP=99999999999999999999\nMESSAGE=large\n\n"
                "__REALTIME_TIMESTAMP=soon\nMESSAGE=word\n\n__REALTIME_TIMESTAMP=0\nMESSAGE=zero\n\n"
                "__REALTIME_TIMESTAMP=1764040330000000\n_SOURCE_REALTIME_TIMESTAMP=99999999999999999\nMESSAGE=odd\n\n")
        events, notices, _ = read(text.encode())
        self.assertEqual(notices, [])
        self.assertEqual([tuple(e.get(n, [None])[0] for n in ("message", "ns", "precision", "doubt", "event.stated_time")) for e in events], [
            ("a", 1764040329 * 10**9, "us", "", None),
            ("none", 1764040329 * 10**9, "none", "o", None),
            ("large", 1764040329 * 10**9, "none", "or", "99999999999999999999"),
            ("word", 1764040329 * 10**9, "none", "or", "soon"),
            ("zero", 1764040329 * 10**9, "none", "or", "0"),
            ("odd", 1764040330 * 10**9, "us", "", None)])
        self.assertEqual(events[5]["journal._SOURCE_REALTIME_TIMESTAMP"], ["99999999999999999"])

    def test_the_export_format(self):
        entry = [(b"__CURSOR", b"s=0;i=1f;b=0"), (b"__REALTIME_TIMESTAMP", b"1764040329000001"), (b"__MONOTONIC_TIMESTAMP", b"5"),
                 (b"MESSAGE", b"two\nlines"), (b"_HOSTNAME", b"h")]
        data = made.export([entry, entry[1:]])
        events, notices, counts = read(data)
        self.assertEqual((counts["format"], len(events), notices), ("journald-export", 2, []))
        self.has(events[0], message="two\nlines", event__sequence="31", host__name="h")
        self.assertEqual(events[1]["ns"], [1764040329000001000])
        events, notices, _ = read(data[:-5])
        self.assertEqual((len(events), len(notices)), (2, 1))


# Types of values by MS-EVEN6 section 2.2.12 and [MS-DTYP]; what Windows prints for them.
GUID = uuid.UUID("54849625-5478-4994-a5ba-3e3b0328c30d")
VALUES = [
    (1, made.utf16("Größe \U0001F600\0"), "Größe \U0001F600"), (2, b"ansi\0", "ansi"), (3, b"\xff", "-1"), (4, b"\xff", "255"),
    (5, b"\xfe\xff", "-2"), (6, b"\xfe\xff", "65534"), (7, struct.pack("<i", -2**31), "-2147483648"), (8, b"\xff" * 4, "4294967295"),
    (9, struct.pack("<q", -2**63), "-9223372036854775808"), (10, b"\xff" * 8, "18446744073709551615"), (11, struct.pack("<f", 0.1), "0.1"),
    (12, struct.pack("<d", -2.5), "-2.5"), (13, b"\1\0\0\0", "true"), (13, bytes(4), "false"), (14, b"\x00\xab", "00AB"),
    (15, GUID.bytes_le, "{54849625-5478-4994-a5ba-3e3b0328c30d}"), (16, struct.pack("<Q", 0x7ffe), "0x7ffe"), (16, struct.pack("<I", 16), "0x10"),
    (0x11, struct.pack("<Q", made.TICKS + 1), "1970-01-01T00:00:00.0000001Z"), (0x11, bytes(8), "1601-01-01T00:00:00.0000000Z"),
    (0x12, struct.pack("<8H", 2026, 11, 4, 26, 1, 2, 3, 4), "2026-11-26T01:02:03.004Z"),
    (0x13, bytes.fromhex("01020000000000052000000020020000"), "S-1-5-32-544"), (0x14, struct.pack("<I", 0x3e7), "0x3e7"),
    (0x15, struct.pack("<Q", 0x8020000000000000), "0x8020000000000000"), (1, b"\x3d\xd8\\\0", "\\x3d\\xd8\\\\"),
]


class Evtx(Case):
    def test_values_of_each_type(self):
        c = made.Chunk()
        made.data_event(c, 9999, made.TICKS, [(f"v{i}", kind, data) for i, (kind, data, _) in enumerate(VALUES)])
        events, notices, counts = read(made.evtx([c]))
        self.assertEqual((counts["format"], counts["events"], notices), ("evtx", 1, []))
        for i, (kind, _, wanted) in enumerate(VALUES):
            self.assertEqual(events[0][f"winlog.event_data.v{i}"], [wanted], kind)

    def test_arrays_and_data_without_a_name(self):
        c = made.Chunk()
        made.data_event(c, 1, made.TICKS, [("", 0x81, made.utf16("a\0\0b\0")), ("", 1, made.utf16("c")), ("n", 0x86, struct.pack("<3H", 1, 2, 3))])
        events, _, _ = read(made.evtx([c]))
        self.has(events[0], **{f"winlog.event_data.param{n}": v for n, v in ((1, "a"), (2, None), (3, "b"), (4, "c"))})
        self.assertEqual(events[0]["winlog.event_data.n"], ["1", "2", "3"])

    def test_what_it_means_and_when_it_was(self):
        events, notices, _ = read(made.evtx([made.example_evtx()]))
        self.assertEqual(notices, [])
        self.has(events[0], event__action="login", event__outcome="success", user__name="alice", source__ip="192.0.2.7", event__code="4624",
                 event__provider="Microsoft-Windows-Security-Auditing", winlog__channel="Security", host__name="web1.example.org",
                 log__level="informational")
        self.assertEqual([(e["ns"], e["precision"], e["winlog.record_id"]) for e in events],
                         [([1500000000], ["100ns"], ["1"]), ([2500000000], ["100ns"], ["2"]), ([0], ["100ns"], ["3"])])
        self.has(events[1], user__name="bob", source__ip=None)
        self.has(events[2], event__action="log-clear", user__name="mallory")

    def test_names_and_numbers_as_other_fields_have_them(self):
        c = made.Chunk()
        made.data_event(c, 4688, made.TICKS, [("NewProcessId", 0x15, struct.pack("<Q", 0x1a58)), ("SubjectUserName", 1, made.utf16("SYSTEM")),
                                              ("CommandLine", 1, made.utf16("cmd.exe /c dir"))])
        made.data_event(c, 3, made.TICKS, [("User", 1, made.utf16("EXAMPLE\\eve")), ("ProcessId", 8, struct.pack("<I", 77)),
                                           ("SourceIp", 1, made.utf16("::ffff:192.0.2.1")), ("DestinationIp", 1, made.utf16("2001:db8::1"))],
                        "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational")
        events, _, _ = read(made.evtx([c]))
        self.has(events[0], event__action="process-start", process__pid="6744", user__name="SYSTEM", process__command_line="cmd.exe /c dir")
        self.has(events[1], event__action="connection", user__name="eve", user__domain="EXAMPLE", process__pid="77", source__ip="192.0.2.1",
                 destination__ip="2001:db8::1")

    def test_texts_in_pieces_and_elements_within(self):
        c = made.Chunk()
        content = ("UserData", (), [("Kind", [("xmlns", [("text", "x")])], [
            ("URL", [("scheme", [("text", "ht"), ("text", "tp")])], [("text", "a"), ("entity", "lt"), ("character", "b"), ("cdata", "&c")]),
            ("Action", [("name", [("text", "one")])], ()), ("Action", [("name", [("text", "two")])], ())])])
        c.record(lambda c: c.instance(1, made.event(content), made.system_values(c, 53, made.TICKS)), made.TICKS)
        events, notices, _ = read(made.evtx([c]))
        self.assertEqual(notices, [])
        self.has(events[0], **{"winlog.user_data.URL": "a<b&c", "winlog.user_data.URL.scheme": "http"})
        self.assertEqual(events[0]["winlog.user_data.Action.name"], ["one", "two"])

    def test_records_of_a_damaged_chunk_are_found(self):
        whole = made.evtx([made.example_evtx()])
        second = whole.index(b"**\0\0", 4096 + 513) - 4096
        chunk = 4096
        for damage, at, ids in ((b"XXXX", chunk, "123"), (b"\xff" * 4, chunk + 48, "123"), (b"\xff\xff\xff\xff", chunk + 512 + 4, "23"),
                                (b"XXXX", chunk + second, "13"), (b"\xff" * 2, chunk + 130, "123")):
            data = whole[:at] + damage + whole[at + len(damage):]
            events, notices, _ = read(data)
            self.assertEqual("".join(e["winlog.record_id"][0] for e in events), ids, at)
            self.assertTrue(notices, at)

    def test_a_damaged_record_has_the_time_of_its_head(self):
        c = made.example_evtx()
        at = c.data.index(made.utf16("EventID"))
        c.data[at - 12:at - 8] = b"\xff" * 4  # where its name lies
        events, notices, counts = read(made.evtx([c]))
        self.assertEqual((events[0]["event.kind"], events[0]["ns"], events[0]["winlog.record_id"]), (["unparsed"], [1500000000], ["1"]))
        self.assertTrue(notices)
        self.assertEqual(counts["lines"], counts["events"] + counts["unparsed"])

    def test_of_a_record_that_was_not_written_to_its_end_the_head_is_told(self):
        whole = made.evtx([made.example_evtx()])
        places = [at for at in range(4096 + 512, len(whole) - 4) if whole[at:at + 4] == b"**\0\0"]
        told = "Of the record {} only the head can be read."
        ticks = 134_085_139_290_000_000  # 2025-11-25 03:12:09

        def headed(index, number, written, body):
            at = places[index]
            size = struct.unpack_from("<I", whole, at + 4)[0]
            rest = whole[at + 24:at + size] if body else b""
            return whole[:at] + struct.pack("<4sIQQ", b"**", size, number, written) + (rest[:-4] if body else b"").ljust(size - 24, b"\0") + whole[at + size:]

        for index in (1, 2):
            for body in (False, True):
                events, notices, counts = read(headed(index, index + 1, ticks, body))
                self.assertEqual([e["winlog.record_id"][0] for e in events], ["1", "2", "3"])
                self.has(events[index], event__kind="unparsed", ns=1764040329000000000, event__code=None, at=places[index])
                self.assertIn(told.format(index + 1), notices)
                self.assertEqual((counts["lines"], counts["events"], counts["unparsed"]), (3, 2, 1))
        for number, written in ((9, ticks), (0, ticks), (2, 0), (2, 1 << 63)):
            events, notices, _ = read(headed(1, number, written, True))
            self.assertEqual([e["winlog.record_id"][0] for e in events], ["1", "3"])
            self.assertNotIn(told.format(number), notices)
        cut = headed(2, 3, ticks, True)[:places[2] + 24]
        events, notices, _ = read(cut)
        self.assertEqual(([e["winlog.record_id"][0] for e in events], notices), (["1", "2", "3"], ["The file is cut within this chunk.", told.format(3)]))
        self.assertEqual(len(read(cut[:-1])[0]), 2)

    def test_without_its_head_and_cut(self):
        self.assertEqual(len(read(made.example_evtx().bytes())[0]), 3)
        whole = made.evtx([made.example_evtx(), made.example_evtx()])
        events, notices, _ = read(whole[:4096 + 65536 + 1700])
        self.assertEqual((len(events), len(notices)), (4, 2))

    def test_chunks_behind_zeros_and_a_wrong_sum(self):
        one = made.example_evtx().bytes()
        data = made.evtx([made.example_evtx()]) + bytes(65536) + one
        self.assertEqual([len(x) for x in read(data)[:2]], [6, 0])
        c = made.evtx([made.example_evtx()])
        at = c.index(made.utf16("alice"))
        events, notices, _ = read(c[:at] + b"A" + c[at + 1:])
        self.assertEqual((events[0]["user.name"], len(notices)), (["Alice"], 1))
        no_sum = made.evtx([made.example_evtx()], flags=4)
        self.assertEqual(read(no_sum[:at] + b"A" + no_sum[at + 1:])[1], [])


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    unittest.main(verbosity=1)
