#!/usr/bin/env python3
"""timeline_binary_score.py PROBE: scores the readers of binary formats against what others say of the same files, which lie in ../shared/data. Each set
prints N of M and what it missed; under 98 of 100 is a failure. Nothing expected here comes from our own output."""
import collections
import csv
import datetime
import json
import lzma
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED = 77
WANTED = 0.98
MISSES_SHOWN = 8
probe = sys.argv[1]
data = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "data"


def events_of(path):
    """The events, each a dict of lists of values, and the counts."""
    out = subprocess.run([probe, str(path)], capture_output=True, check=True).stdout.decode("utf-8")
    events = []
    for line in out.splitlines():
        pairs = json.loads(line, object_pairs_hook=list)
        event = collections.defaultdict(list)
        for name, value in pairs:
            event[name].append(value)
        events.append(event)
    return [e for e in events[:-1] if e["event.kind"] != ["notice"]], {k: v[0] for k, v in events[-1].items()}


def unpacked(path):
    """The path itself, or that of what it is the xz file of."""
    if path.suffix != ".xz":
        return path
    target = pathlib.Path(folder.name) / path.name[:-3]
    target.write_bytes(lzma.decompress(path.read_bytes()))
    return target


def nanoseconds(text):
    """Of an ISO time with a zone and up to nine digits behind the point or comma."""
    m = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)[.,]?(\d*) ?(Z|[+-]\d\d:\d\d|UTC)?", text)
    at = datetime.datetime.fromisoformat(f"{m[1]}T{m[2]}+00:00")
    return int(at.timestamp()) * 10**9 + int((m[3] or "0").ljust(9, "0")[:9])


class Score:
    def __init__(self, name):
        self.name, self.good, self.all, self.misses = name, 0, 0, []

    def add(self, is_good, what):
        self.all += 1
        self.good += bool(is_good)
        if not is_good:
            self.misses.append(what)

    def show(self):
        print(f"{self.name}: {self.good} of {self.all}")
        for miss in self.misses[:MISSES_SHOWN]:
            print(f"    missed: {miss}"[:400])
        return self.all > 0 and self.good >= WANTED * self.all


# utmp: what utmpdump of util-linux prints.

TYPES = "EMPTY RUN_LVL BOOT_TIME NEW_TIME OLD_TIME INIT_PROCESS LOGIN_PROCESS USER_PROCESS DEAD_PROCESS ACCOUNTING".split()
# utmpdump numbers them as <utmp.h> of Linux does: 3 is NEW_TIME, 4 OLD_TIME.


def utmp_fields(event):
    def one(*names):
        return next((event[n][0] for n in names if event.get(n)), "")

    host = one("source.address", "host.os.kernel", "utmp.display", "source.ip")
    return (one("utmp.type"), int(one("process.pid") or 0), one("utmp.id"), one("user.name", "utmp.user"), one("utmp.terminal"),
            host, one("source.ip"), event["ns"][0] // 1000 if event["precision"] != ["none"] else 0)


def score_utmp():
    score = Score("utmp, records as utmpdump prints them")
    sources = {p.name: p for p in (data / "plaso/test_data/utmp").iterdir()}
    sources["ubuntu18.04_wtmp"] = data / "artemis/ubuntu18.04_wtmp"
    for listing in sorted((data / "_reference/utmp").glob("*.txt")):
        name = listing.name.replace(".utmpdump.txt", "")
        source = data / "grr/VFSFixture/var/log/wtmp" if name.startswith("grr") else next(
            p for n, p in sources.items() if name.endswith(("utmp_" + n, "artemis_" + n)))
        events, counts = events_of(source)
        rows = [re.findall(r"\[([^\]]*)\]", line) for line in listing.read_text().splitlines()]
        empty = [r for r in rows if r[0] == "0" and int(r[1]) == 0 and r[7].startswith("1970-01-01T00:00:00,000000")]
        score.add(counts["empty"] == len(empty), f"{name}: {counts['empty']} empty records, utmpdump has {len(empty)}")
        rows = [r for r in rows if r not in empty]
        score.add(len(rows) == len(events), f"{name}: {len(events)} records, utmpdump has {len(rows)}")
        for row, event in zip(rows, events):
            kind, pid, ident, user, line, host, address, time = [c.strip() for c in row]
            ours = utmp_fields(event)
            wanted = (TYPES[int(kind)], int(pid), ident, user, line, host or "", "" if address == "0.0.0.0" else address,
                      nanoseconds(time) // 1000)
            ours = ours[:5] + (ours[5] if host else "", ours[6] if wanted[6] else "", ours[7])
            score.add(ours == wanted, f"{name}: {ours} is not {wanted}")
    return score


# journal: what journalctl -o export says.

NAMES = {"MESSAGE": "message", "_HOSTNAME": "host.name", "_MACHINE_ID": "host.id", "_BOOT_ID": "host.boot.id", "_PID": "process.pid",
         "_UID": "user.id", "_GID": "group.id", "_EXE": "process.executable", "_CMDLINE": "process.command_line",
         "SYSLOG_IDENTIFIER": "process.name", "ERRNO": "error.code"}
LEVELS = "emergency alert critical error warning notice informational debug".split()


def exported(path):
    """The entries of an export, each a list of names and values; JOURNAL_EXPORT_FORMATS."""
    rest, entry, entries = path.read_bytes(), [], []
    while rest:
        line, _, rest = rest.partition(b"\n")
        if not line:
            entries.append(entry)
            entry = []
        elif b"=" in line:
            entry.append(tuple(x.decode() for x in line.split(b"=", 1)))
        else:
            size = int.from_bytes(rest[:8], "little")
            entry.append((line.decode(), rest[8:8 + size].decode()))
            rest = rest[9 + size:]
    return entries + ([entry] if entry else [])


def field_is_there(event, name, value):
    if name == "PRIORITY":
        return LEVELS[int(value)] in event["log.level"]
    if name == "SYSLOG_FACILITY":
        return bool(event["log.syslog.facility.name"])
    if name == "_SOURCE_REALTIME_TIMESTAMP":
        return event["ns"] == [int(value) * 1000]
    if name == "__REALTIME_TIMESTAMP":
        return value in event["journal." + name] or event["ns"] == [int(value) * 1000]
    if name.startswith("__CURSOR"):
        return event["event.sequence"] == [str(int(re.search(r"i=([0-9a-f]+)", value)[1], 16))]
    return value in event[NAMES.get(name, "journal." + name)]


def add_entries(score, entries, source):
    events, _ = events_of(source)
    score.add(len(events) == len(entries), f"{source.name}: {len(events)} entries of {len(entries)}")
    for entry, event in zip(entries, events):
        for name, value in entry:
            if not value:  # an empty value is no field (doc/format/timeline.md)
                continue
            score.add(field_is_there(event, name, value), f"{source.name}: {name}={value} is not in {dict(event)}")


def score_journal():
    score = Score("journal, fields of entries as journalctl -o export has them")
    export = unpacked(data / "_reference/artemis_user-1000.journal.export.xz")
    add_entries(score, exported(export), unpacked(next((data / "artemis").glob("*.journal.xz"))))
    add_entries(score, exported(export), export)
    return score


# EVTX

SYSTEM = {"Provider@Name": "event.provider", "Provider@Guid": "winlog.provider_guid", "Provider@EventSourceName": "winlog.event_source",
          "EventID": "event.code", "EventID@Qualifiers": "winlog.qualifiers", "Version": "winlog.version", "Level": "winlog.level",
          "Task": "winlog.task", "Opcode": "winlog.opcode", "Keywords": "winlog.keywords", "EventRecordID": "winlog.record_id",
          "Correlation@ActivityID": "winlog.activity_id", "Correlation@RelatedActivityID": "winlog.related_activity_id",
          "Execution@ProcessID": "winlog.process.pid", "Execution@ThreadID": "winlog.process.thread.id", "Channel": "winlog.channel",
          "Computer": "host.name", "Security@UserID": "winlog.user.identifier"}


def plain(value):
    """Values that tools spell in several ways."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).rstrip()  # the decoder of the Sigma project drops spaces at the end
    guid = re.fullmatch(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?", text)
    if guid:
        return guid[1].lower()
    # FILETIME: some print six digits, some seven
    m = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})\d*Z", text)
    return m[1] if m else text


def leaves(node, path=()):
    """Of the decoded JSON, each text with its path; attributes stand behind @."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("#attributes", "attributes"):
                for attribute, text in value.items():
                    yield path, attribute, text
            elif name.endswith("_attributes"):
                for attribute, text in (value or {}).items():
                    yield path + (name[:-len("_attributes")],), attribute, text
            elif name == "#text":
                yield from leaves(value, path)
            else:
                yield from leaves(value, path + (name,))
    elif isinstance(node, list):
        for item in node:
            yield from leaves(item, path)
    elif node is not None and node != "":
        yield path, None, node


def wanted_fields(event):
    """Names and values that a decoded event comes to."""
    params = 0
    for path, attribute, value in leaves(event):
        path = [p for p in path if p != "Event"]
        full = "/".join(path[1:]) + (f"@{attribute}" if attribute else "")
        if attribute and attribute.startswith("xmlns"):
            continue
        if path[0] == "System":
            if full == "TimeCreated@SystemTime":
                yield "time", value
            else:
                yield SYSTEM[full], value
        elif path[0] == "EventData" and path[1:] == ["Data"]:
            params += 1
            yield "param", value
        elif path[0] == "EventData" and len(path) == 1:
            yield "winlog.event_data_name", value
        else:
            names = path[1:] if path[0] == "EventData" else path[2:]
            section = "event_data" if path[0] == "EventData" else "user_data"
            yield ".".join(["winlog", section] + names + ([attribute] if attribute else [])), value


def evtx_field_is_there(event, name, value):
    if name == "time":
        return event["ns"][0] // 1000 == nanoseconds(value) // 1000
    if name == "param":
        values = [v for n in event if n.startswith("winlog.event_data.param") for v in event[n]]
    else:
        values = event[name]
    return plain(value) in [plain(v) for v in values]


def add_event(score, where, wanted, event):
    for name, value in wanted:
        score.add(evtx_field_is_there(event, name, value), f"{where}: {name} is not {value!r} but {event.get(name)}")


def several(text):
    """JSON documents one behind another, or a list of them."""
    text = text.strip()
    while text:
        one, end = json.JSONDecoder().raw_decode(text)
        yield from one if isinstance(one, list) else [one]
        text = text[end:].strip()


def score_sigma():
    score = Score("EVTX, fields of events as the Sigma regression data has them decoded")
    for decoded in sorted((data / "sigma/regression_data").rglob("*.json")):
        source = decoded.with_suffix(".evtx")
        if not source.exists():
            continue
        events, _ = events_of(source)
        by_number = {e["winlog.record_id"][0]: e for e in events}
        for one in several(decoded.read_text(encoding="utf-8-sig")):
            fields = list(wanted_fields(one))
            number = str(dict(fields)["winlog.record_id"])
            score.add(number in by_number, f"{source.name}: no record {number}")
            if number in by_number:
                add_event(score, source.name, fields, by_number[number])
    return score


def score_counts():
    score = Score("EVTX, numbers of records")
    with open(data / "MANIFEST.tsv", encoding="utf-8") as manifest:
        for row in csv.reader(manifest, delimiter="\t"):
            m = re.search(r"records\(chunk headers\)=(\d+)", row[6])
            if m and re.search(r"\.evtx(\.xz)?$", row[0]) and row[0].startswith("evtx"):
                events, counts = events_of(unpacked(data / row[0]))
                score.add(len(events) == counts["events"] == int(m[1]), f"{row[0]}: {counts} of {m[1]}")
    with open(data / "plaso_expected.tsv", encoding="utf-8") as expected:
        for row in csv.DictReader(expected, delimiter="\t"):
            path = data / row["copied_as"].replace("open/", "", 1)
            if row["parser_plugin"].startswith(("winevtx", "utmp.")) and path.exists():
                wanted = int(row["expected_event_data"])
                _, counts = events_of(path)
                # Of a chunk that is cut plaso reads nothing: what is whole in it comes on top.
                is_right = counts["lines"] >= wanted if "Truncated" in row["asserted_in"] else counts["lines"] == wanted
                score.add(is_right, f"{path.name}: {counts} of {wanted}")
    return score


SNAPSHOTS = {  # which sample and record, by test_record_samples.rs; those whose samples are here
    "event_json_sample_with_event_data_with_attributes_and_text": ("system.evtx.xz", "1"),
    "event_json_with_multiple_data_elements-2": ("issue_201.evtx", "3229"),
}


def score_snapshots():
    score = Score("EVTX, fields of records as the snapshots of evtx-rs have them")
    for name, (sample, number) in SNAPSHOTS.items():
        text = (data / f"evtx-rs/tests/snapshots/test_record_samples__{name}.snap").read_text(encoding="utf-8")
        wanted = json.loads(text[text.index("\n---\n", 3) + 5:])
        events, _ = events_of(unpacked(data / "evtx-rs/samples" / sample))
        event = next(e for e in events if e["winlog.record_id"] == [number])
        add_event(score, sample, wanted_fields(wanted), event)
    return score


def score_plaso():
    score = Score("EVTX, events as plaso has them")
    with open(data / "plaso_expected.tsv", encoding="utf-8") as expected:
        for row in csv.DictReader(expected, delimiter="\t"):
            path = data / row["copied_as"].replace("open/", "", 1)
            if not row["parser_plugin"].startswith("winevtx") or not path.exists():
                continue
            events, _ = events_of(path)
            for column in ("expected_1", "expected_2", "expected_3"):
                m = re.match(r"\[(\d+)\] (.*)", row[column] or "")
                if not m:
                    continue
                event, wanted = events[int(m[1])], json.loads(m[2])
                pairs = {"event_identifier": "event.code", "computer_name": "host.name", "source_name": "event.provider",
                         "record_number": "winlog.record_id", "event_level": "winlog.level", "user_identifier": "winlog.user.identifier"}
                for theirs, ours in pairs.items():
                    if theirs in wanted:
                        score.add(event[ours] == [str(wanted[theirs])], f"{path.name}: {ours} {event[ours]} is not {wanted[theirs]}")
                strings = [s for s in wanted.get("strings") or [] if s]
                have = [v for values in event.values() for v in values]
                for s in strings:
                    score.add(plain(s) in [plain(v) for v in have], f"{path.name}: no value {s!r}")
    return score


if not data.is_dir():
    print("skipped: ../shared/data is not there")
    sys.exit(SKIPPED)
folder = tempfile.TemporaryDirectory()
results = [score().show() for score in (score_utmp, score_journal, score_sigma, score_counts, score_snapshots, score_plaso)]
sys.exit(0 if all(results) else 1)
