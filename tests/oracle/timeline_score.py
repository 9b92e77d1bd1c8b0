#!/usr/bin/python3
"""timeline_score.py: timeline_probe against real logs whose right answers others wrote.

    timeline_score.py TIMELINE_PROBE DATA [-v]

Prints N of M for each set, and with -v each miss.  The expected side comes
from the data alone: plaso's counts of records, the failJSON comments of
fail2ban, the assertions of CrowdSec, the goldens of go-libaudit, loghub's
columns.  Exits with 77 where there is no data, and with 1 where a set is below
its FLOOR, which is what was reached and never goes down.
"""

import collections
import csv
import datetime
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import zoneinfo

FLOORS = {"plaso: records": 100, "plaso: expected times": 100, "plaso: expected times, years from the first of their file on": 100, "fail2ban: times": 100, "fail2ban: hosts of failures": 100, "fail2ban: failures": 98, "fail2ban: hosts that an earlier line alone names": 100,
          "crowdsec: asserted fields": 99, "jc: syslog of RFC 5424": 100, "lnav: times": 98, "go-libaudit: type, time, sequence": 100, "go-libaudit: decoded values": 99, "go-libaudit: events": 100, "go-libaudit: who in which role": 100,
          "jc: last, lastb and who": 99.8, "loghub: Linux_2k": 99.9, "grr: declined": 100}
SECONDS = 60
FAIL2BAN_NOW = 1124013600  # 2005-08-14T10:00:00Z: the time of its tests
Miss = collections.namedtuple("Miss", "where wanted got")


class Set:
    """Right and wrong answers of one set."""

    def __init__(self, name):
        self.name, self.right, self.all, self.misses = name, 0, 0, []

    def add(self, is_right, where, wanted, got):
        """Count one answer."""
        self.all += 1
        self.right += bool(is_right)
        if not is_right:
            self.misses.append(Miss(where, wanted, got))

    def show(self, is_verbose):
        """Print the score; false where it is below its floor."""
        percent = 100 * self.right / self.all if self.all else 0
        print(f"{self.name}: {self.right} of {self.all} ({percent:.1f} %)")
        if is_verbose:
            for miss in self.misses:
                print(f"    {miss.where}: wanted {str(miss.wanted)[:140]}, got {str(miss.got)[:200]}")
        return self.all > 0 and percent >= FLOORS.get(self.name, 0)


def lists(pairs):
    """Values of each name, in order."""
    out = collections.defaultdict(list)
    for name, value in pairs:
        out[name].append(value)
    return out


class Probe:
    """Runs timeline_probe."""

    def __init__(self, path):
        self.path = path

    def read(self, path, written=0):
        """Events with lists of values, and the counts."""
        done = subprocess.run([self.path, "-y", str(written), path], capture_output=True, timeout=SECONDS, check=False)
        rows = done.stdout.decode().splitlines()
        if done.returncode or not rows:
            return [], {"format": None, "error": done.stderr.decode()}
        return [json.loads(row, object_pairs_hook=lists) for row in rows[:-1]], json.loads(rows[-1])

    def read_lines(self, lines, written=0):
        """As read, of lines; with the event of each line by number, where it is one."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"".join(line.encode("utf-8", "surrogateescape") + b"\n" for line in lines))
            file.flush()
            events, counts = self.read(file.name, written)
        return {event["line"][0]: event for event in events}, counts


def moment(event):
    """The time as a datetime in UTC."""
    return datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=event["ns"][0] // 1000)


def seconds_of(text):
    """A time as someone states it: UTC, or as the clock stood."""
    text = re.sub(r"-(\d)T", r"-0\1T", text.replace("Z", "+00:00"))
    text = re.sub(r"(\.\d{6})\d+", r"\1", text)
    text = re.sub(r"\.(\d{1,5})(?=[+-]|$)", lambda m: "." + m[1].ljust(6, "0"), text)
    when = datetime.datetime.fromisoformat(text)
    return (when.astimezone(datetime.timezone.utc) if when.tzinfo else when).replace(tzinfo=None)


def plaso(probe, data):
    """Counts of records for text logs that the project reads, and the times of expected events."""
    counts, times, yearless = Set("plaso: records"), Set("plaso: expected times"), Set("plaso: expected times, years from the first of their file on")
    kinds = re.compile(r"apache_access|apt_history|bash_history|zsh|fish|\bcri|docker|dpkg|\biis|cloudtrail|azure_activity|syslog\.|winfirewall|"
                       r"vsftpd|postgresql|selinux|xferlog|aws_")
    with open(os.path.join(data, "plaso_expected.tsv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if not kinds.search(row["parser_plugin"]) or "elb" in row["parser_plugin"] or not row["expected_event_data"]:
                continue
            score_plaso(probe, os.path.join(data, "plaso/test_data", row["test_file"]), row, counts, times, yearless)
    return [counts, times, yearless]


def score_plaso(probe, path, row, counts, times, yearless):
    """One file: the selinux plugin counts records, which are events and the lines that continue them."""
    events, told = probe.read(path, int(datetime.datetime(2024, 6, 1).timestamp()))
    records = sum(event["event.kind"] == ["event"] for event in events)
    if "selinux" in row["parser_plugin"]:
        records += told.get("continued", 0)
    counts.add(records == int(row["expected_event_data"]), row["test_file"], row["expected_event_data"], told)
    stated = [text for name in ("expected_1", "expected_2", "expected_3") for field, text in re.findall(r'"(\w+_time)": "([^"]+)"', row[name])
              if field in ("written_time", "last_written_time", "recorded_time", "added_time", "start_time")]
    found = [moment(event) for event in events]
    for text in stated:
        if not is_yearless(text):
            times.add(seconds_of(text) in found, row["test_file"], text, [str(f) for f in found[:3]])
    score_yearless([text for text in stated if is_yearless(text)], found, row["test_file"], yearless)


def is_yearless(text):
    """Of lines that state no year plaso counts the years from the first of them on, which is 0."""
    return text[:2] == "00"


def score_yearless(texts, found, where, yearless):
    """Nothing in the data says of which year the first of these lines is, so they are counted apart: of it the date and the clock alone are wanted, of
    the others also that they are as many years later as is stated."""
    first = None
    for text in sorted(texts):
        same = [f for f in found if f.replace(year=2000) == seconds_of("2000" + text[4:])]
        right = [f for f in same if first in (None, f.year - int(text[:4]))]
        yearless.add(right, where, text, [str(f) for f in same or found[:3]])
        if first is None and right:
            first = right[0].year - int(text[:4])


JSON_MARK = re.compile(r"^\s*# failJSON: (\{.*\})\s*$")


def fail2ban_cases(path):
    """Line, what is said of it, and the lines before it; what options name as messages of the journal are no lines of a log."""
    said, cases, before, is_journal = None, [], [], False
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            line = line.rstrip("\n")
            mark = JSON_MARK.match(line)
            if "Options:" in line:
                is_journal = '"journal"' in line
            elif mark:
                said = json.loads(mark[1])
            elif is_journal:
                continue
            elif line and not line.startswith("#") and said is not None:
                cases.append((line, said, before[:]))
                said = None
            if line and not line.startswith("#"):
                before.append(line)
    return cases


def fail2ban(probe, data):
    """Time, host and verdict of each line that has an answer."""
    times, hosts, verdicts = Set("fail2ban: times"), Set("fail2ban: hosts of failures"), Set("fail2ban: failures")
    elsewhere = Set("fail2ban: hosts that an earlier line alone names")
    for path in sorted(glob.glob(os.path.join(data, "fail2ban/logs/*"))):
        cases = fail2ban_cases(path)
        for line, said, before in cases:
            # What the line does not say may stand in those before it.
            lines = [*before, line] if said.get("host", "") not in line else [line]
            events, told = probe.read_lines(lines, FAIL2BAN_NOW)
            score_line(os.path.basename(path), line, said, events.get(len(lines)) if told["format"] else None, (times, hosts, verdicts, elsewhere))
    return [times, hosts, verdicts, elsewhere]


def plain(address):
    """Without the prefix of IPv4 in IPv6."""
    return re.sub(r"^::ffff:(?=\d+\.)", "", address)


STATES_ZONE = re.compile(r"\d\d:\d\d(:\d\d)?([.,]\d+)? ?(Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d\b)")


def score_line(name, line, said, event, sets):
    """One line: where it states no year fail2ban takes the last one in which it is not after its tests' own time."""
    times, hosts, verdicts, elsewhere = sets
    where = f"{name}: {line[:110]}"
    event = event if event and event["event.kind"] == ["event"] else None
    if said.get("time"):
        when = seconds_of(said["time"])
        got = moment(event) if event else None
        # A line that states its zone is told in that of fail2ban's tests.
        zurich = when.replace(tzinfo=zoneinfo.ZoneInfo("Europe/Zurich")).astimezone(datetime.timezone.utc).replace(tzinfo=None)
        wanted = zurich if STATES_ZONE.search(line) else when
        is_right = got and abs((got.replace(year=2000) - wanted.replace(year=2000)).total_seconds()) < 1 and got.year == wanted.year
        times.add(is_right, where, said["time"], got)
    if not said.get("match") or "host" not in said:
        return
    addresses = [plain(a) for n in ("source.ip", "source.address") for a in (event or {}).get(n, [])]
    (hosts if said["host"] in line else elsewhere).add(said["host"] in addresses, where, said["host"], addresses)
    if not name.endswith(("badbots", "botsearch")):  # these judge what is asked for, not what the server says
        verdicts.add(event and "failure" in event.get("event.outcome", []), where, "failure", event and (event["event.action"], event["event.outcome"]))


ASSERTED = re.compile(r'^results\["(s0[01][^"]*)"\]\["([^"]+)"\]\[(\d+)\]\.Evt\.(Parsed|Meta)\["([^"]+)"\] == "(.*)"$')
# What CrowdSec calls it, and the field that holds it here: the first of them that an event has. A process' user is a field of its own where somebody else acted.
CROWDSEC_NAMES = {
    "source_ip": ["source.ip"], "remote_addr": ["source.ip"], "src_ip": ["source.ip"], "dst_ip": ["destination.ip"],
    "src_port": ["source.port"], "dst_port": ["destination.port"], "proto": ["network.transport"], "int_eth": ["observer.ingress.interface.name"],
    "length": ["network.bytes"], "user": ["user.name"], "username": ["user.name"], "sshd_client_ip": ["source.ip"],
    "sshd_invalid_user": ["user.name"], "dovecot_remote_ip": ["source.ip"],
    "dovecot_user": ["user.name"], "pid": ["process.pid"], "machine": ["host.name"],
    "http_user_agent": ["user_agent.original"], "http_path": ["url.original"], "http_verb": ["http.request.method"], "verb": ["http.request.method"],
    "request": ["url.original"], "status": ["http.response.status_code"], "http_status": ["http.response.status_code"],
    "body_bytes_sent": ["http.response.body.bytes"], "http_version": ["http.version"], "http_referer": ["http.request.referrer"],
    "target_fqdn": ["url.domain"], "exe": ["process.executable"], "uid": ["auditd.uid", "pam.uid", "user.id"], "auid": ["auditd.auid"], "ppid": ["process.parent.pid"],
    "tty": ["auditd.tty"], "auditd_eventid": ["auditd.sequence"], "pgsql_user": ["user.name"], "pgsql_dbname": ["postgresql.database"],
    "remote_host": ["source.address"], "helo_from": ["source.address"], "PID": ["process.pid"],
}
KEPT_APART = {"cef-logs", "haproxy-logs", "smb-logs", "tcpdump-logs", "windows-logs"}  # not among the formats of issue 6


def crowdsec(probe, data):
    """Fields that the parsers assert, line by line."""
    fields = Set("crowdsec: asserted fields")
    for folder in sorted(glob.glob(os.path.join(data, "crowdsec/*/"))):
        name = os.path.basename(folder.rstrip("/"))
        path = os.path.join(folder, "parser.assert")
        logs = glob.glob(os.path.join(folder, "*.log"))
        if name not in KEPT_APART and os.path.exists(path) and logs:
            score_crowdsec(probe, name, path, logs[0], fields)
    return [fields]


def score_crowdsec(probe, name, path, log, fields):
    """The number in an assertion is that of the line, empty ones left out."""
    with open(log, encoding="utf-8", errors="surrogateescape") as file:
        numbers = [number for number, line in enumerate(file, 1) if line.strip()]
    events, _ = probe.read(log, int(datetime.datetime(2024, 6, 1).timestamp()))
    by_line = {event["line"][0]: event for event in events}
    seen = set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            found = ASSERTED.match(line.strip())
            if not found or found[5] not in CROWDSEC_NAMES or found[6] in ("", "-") or (found[3], found[5], found[6]) in seen:
                continue
            if found[2].endswith("non-syslog") or int(found[3]) >= len(numbers):
                continue
            seen.add((found[3], found[5], found[6]))
            event = by_line.get(numbers[int(found[3])], {})
            got = next(([plain(v) for v in event[n]] for n in CROWDSEC_NAMES[found[5]] if event.get(n)), [])
            wanted = json.loads(f'"{found[6]}"', strict=False)
            if found[5] == "proto":
                wanted = wanted.lower()  # as the Elastic Common Schema has network.transport; they keep the log's letters
            fields.add(plain(wanted) in got, f"{name} line {numbers[int(found[3])]} {found[5]}", wanted, got)


# What go-libaudit calls a value, where the field has a name of ECS here.
AUDIT_NAMES = {
    "pid": "process.pid", "ppid": "process.parent.pid", "comm": "process.name", "exe": "process.executable", "cwd": "process.working_directory",
    "uid": "user.id", "euid": "user.effective.id", "gid": "group.id", "name": "file.path", "path": "file.path", "cmd": "process.command_line",
    "acct": "user.name", "proctitle": "process.title", "addr": "source.ip", "hostname": "source.address", "unit": "service.name",
}


def go_libaudit(probe, data):
    """Records: type, time, sequence and decoded data; the golden gives each record, an event here has those of all."""
    heads, values = Set("go-libaudit: type, time, sequence"), Set("go-libaudit: decoded values")
    for path in sorted(glob.glob(os.path.join(data, "go-libaudit/auparse/testdata/*.golden"))):
        events, _ = probe.read(path[:-len(".golden")])
        with open(path, encoding="utf-8") as file:
            for record in json.load(file):
                score_record(os.path.basename(path), record, events, heads, values)
    return [heads, values]


def score_record(where, record, events, heads, values):
    """One record, in the event with its sequence number."""
    sequence = str(record["sequence"])
    event = next((e for e in events if e["auditd.sequence"] == [sequence]), lists([]))
    types = [kind.lower() for kind in event["auditd.type"]]
    is_there = record["record_type"] in types and event["ns"] and moment(event) == seconds_of(record["@timestamp"])
    heads.add(is_there, f"{where} {sequence} {record['record_type']}", record["@timestamp"], types)
    for name, wanted in (record.get("data") or {}).items():
        score_value(f"{where} {sequence} {record['record_type']} {name}", event, name, wanted, values)


def score_value(where, event, name, wanted, values):
    """go-libaudit parts contexts of SELinux, and names results, outcomes here."""
    part = re.match(r"(subj|obj|scontext|tcontext)_(user|role|domain|type|level|category)$", name)
    if part:
        values.add(any(wanted in context for context in event[f"auditd.{part[1]}"]), where, wanted, event[f"auditd.{part[1]}"])
        return
    if name == "result":
        got = {"success": "success", "fail": "failure"}.get(wanted)
        values.add(got in event["event.outcome"], where, wanted, event["event.outcome"])
        return
    got = (event[f"auditd.{name}"] or event[AUDIT_NAMES.get(name, "")]) + (event["error.code"] if name == "exit" else [])
    if name == "acct":  # the record does not say whose it is; ROLES has what the whole event says
        got += event["user.target.name"] + event["user.effective.name"] + event["group.name"]
    if name == "op":
        got = [value.replace(": ", ":") for value in got]
    values.add(wanted in got, where, wanted, got)


def audit_events(probe, data):
    """Whole events: outcome, action, process, user, what was done how."""
    found, roles = Set("go-libaudit: events"), Set("go-libaudit: who in which role")
    for path in sorted(glob.glob(os.path.join(data, "go-libaudit/aucoalesce/testdata/*.yaml"))):
        texts = yaml_tests(path)
        with open(path[:-len(".yaml")] + ".json.golden", encoding="utf-8") as file:
            for case in json.load(file):
                name = case["test_name"]
                if name in texts and case.get("event"):
                    events, _ = probe.read_lines(texts[name])
                    score_event(f"{os.path.basename(path)}: {name}", case["event"], list(events.values()), found)
                    score_roles(f"{os.path.basename(path)}: {name}", case["event"], next(iter(events.values()), lists([])), roles)
    return [found, roles]


def yaml_tests(path):
    """Blocks of lines by name, in the one form that these files have."""
    tests, name = {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            head = re.match(r"  (\S.*?): *[|>]?[-+]? *$", line)
            if head:
                name = head[1].strip("\"'")
                tests[name] = []
            elif name and line.startswith("    ") and line.strip():
                tests[name].append(line[4:].rstrip("\n"))
    return tests


def score_event(where, wanted, events, found):
    """What the golden says of the event, as far as it has a field here."""
    event = events[0] if events else lists([])
    checks = [("time", [str(moment(event))] if event else [], str(seconds_of(wanted["@timestamp"]))),
              ("sequence", event["auditd.sequence"], str(wanted["sequence"]))]
    if wanted.get("result") in ("success", "fail"):
        checks.append(("result", event["event.outcome"], {"success": "success", "fail": "failure"}[wanted["result"]]))
    action = (wanted.get("summary") or {}).get("action")
    if action:
        checks.append(("action", event["event.action"], action))
    for name, value in (wanted.get("process") or {}).items():
        field = {"pid": "process.pid", "ppid": "process.parent.pid", "exe": "process.executable", "name": "process.name", "title": "process.title",
                 "cwd": "process.working_directory", "args": "process.args"}.get(name)
        if field and isinstance(value, str):
            checks.append((name, event[field], value))
        elif field:
            checks += [(name, event[field], one) for one in value]
    for name, got, value in checks:
        found.add(value in got, f"{where}: {name}", value, got)


ROLES = {"": "user", "effective": "user.effective", "target": "user.target", "changes": "user.changes"}


def score_roles(where, wanted, event, roles):
    """Who acted, became, or was changed: each name and number is to be in the field of that role."""
    user = (wanted.get("ecs") or {}).get("user") or {}
    group = (wanted.get("ecs") or {}).get("group") or {}
    for role, field in ROLES.items():
        for name in ("id", "name"):
            value = (user.get(role) or {}).get(name) if role else user.get(name)
            if value and value != "unset":
                roles.add(value in event[f"{field}.{name}"], f"{where}: {field}.{name}", value, {key: value for key, value in event.items() if "user" in key or "group" in key})
    for name in ("id", "name"):
        if group.get(name):
            roles.add(group[name] in event[f"group.{name}"], f"{where}: group.{name}", group[name], event[f"group.{name}"])


def loghub(probe, data):
    """Components, processes and content of 2,000 lines."""
    found = Set("loghub: Linux_2k")
    events, _ = probe.read(os.path.join(data, "loghub/Linux_2k.log"), int(datetime.datetime(2006, 1, 1).timestamp()))
    by_line = {event["line"][0]: event for event in events}
    with open(os.path.join(data, "loghub/Linux_2k.log_structured.csv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            event = by_line.get(int(row["LineId"]), lists([]))
            clock = moment(event).strftime("%H:%M:%S") if event["ns"] else None
            name = "".join(event["process.name"])
            is_right = clock == row["Time"] and row["Component"].split("(")[0].split(" 1.")[0] in (name, name.split("(")[0]) and event["process.pid"] == ([row["PID"]] if row["PID"] else [])
            found.add(is_right, f"line {row['LineId']}", (row["Time"], row["Component"], row["PID"]), (clock, event["process.name"], event["process.pid"]))
    return [found]


def jc(probe, data):
    """Each line of syslog that jc takes apart, and each that it cannot."""
    found = Set("jc: syslog of RFC 5424")
    with open(os.path.join(data, "jc/generic/syslog-5424.out"), encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line in file if line.strip()]
    with open(os.path.join(data, "jc/generic/syslog-5424.json"), encoding="utf-8") as file:
        rows = json.load(file)
    for text, row in zip(texts, rows, strict=True):
        if not row.get("priority"):  # without one it is not of RFC 5424, which jc reads all the same
            continue
        event = probe.read_lines([text])[0].get(1, lists([]))
        for name, field in (("hostname", "host.name"), ("appname", "process.name"), ("proc_id", "process.pid"), ("msg_id", "log.syslog.msgid"),
                            ("message", "message")):
            found.add(event[field] == ([str(row[name])] if row[name] is not None else []), f"{name}: {text}", row[name], event[field])
        when = row["timestamp"] and seconds_of(row["timestamp"])
        found.add((moment(event) if event["ns"] and event["precision"] != ["none"] else None) == when, f"time: {text}", when, event["ns"])
    return [found]


def login_of(text):
    """Day and clock time as last and who print them: full, short, with the year in front."""
    for form in ("%a %b %d %H:%M:%S %Y", "%Y-%m-%d %H:%M"):
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    return datetime.datetime.strptime("2000 " + text[4:], "%Y %b %d %H:%M")


def last_and_who(probe, data):
    """Each line that jc takes apart: who, where, from where, when, until when. What the text does not state of the year, its day of the week does."""
    found = Set("jc: last, lastb and who")
    for path in sorted(glob.glob(os.path.join(data, "jc/*/last*.out")) + glob.glob(os.path.join(data, "jc/*/who*.out"))):
        name = os.path.basename(path)
        with open(path.removesuffix("out") + "json", encoding="utf-8") as file:
            rows = json.load(file)
        events, _ = probe.read(path, int(datetime.datetime(2023, 7, 1).timestamp()))
        events = [lists([]) if event["event.kind"] != ["event"] else event for event in events if event["event.action"] != ["log-begin"]]
        for row, event in zip(rows, events, strict=True):
            where = f"{name}: {row}"
            said = row.get("login") or row["time"]
            when, got = login_of(said), moment(event)
            spelled = "%a %m-%d %H:%M:%S" if said[0].isalpha() else "%Y-%m-%d %H:%M"
            wanted = (f"{said[:3]} " if said[0].isalpha() else "") + when.strftime(spelled.removeprefix("%a "))
            found.add(got is not None and got.strftime(spelled) == wanted, f"time: {where}", wanted, got)
            # What the machine itself says has no user, and its kernel where others have the host.
            is_own = row.get("user") in ("reboot", "shutdown", "runlevel")
            for member, fields in (("user", ("utmp.user" if is_own else "user.name",)), ("tty", ("utmp.terminal",)), ("hostname", ("host.os.kernel",) if is_own else ("source.ip", "source.address")),
                                   ("from", ("source.ip", "source.address")), ("pid", ("process.pid",)), ("logout", ("last.logout",))):
                if row.get(member):
                    values = [" ".join(value.split()) for field in fields for value in event[field]]
                    found.add(str(row[member]) in values, f"{member}: {where}", row[member], values)
    return [found]


STAMPS = [(re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?= )"), "%b %d %H:%M:%S"), (re.compile(r"(?<=\[)\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?= \+0000\])"), "%d/%b/%Y:%H:%M:%S"),
          (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?=[.,:])"), None)]


def stamp_of(line):
    """What Python reads at a line's beginning, or behind a client's address: day and clock time."""
    for pattern, form in STAMPS:
        found = pattern.search(line[:60])
        if found:
            return datetime.datetime.strptime("2000 " + found[0], "%Y " + form) if form == STAMPS[0][1] else (
                datetime.datetime.strptime(found[0], form) if form else datetime.datetime.fromisoformat(found[0]))
    return None


def lnav(probe, data):
    """Day and clock time of each line that begins with them."""
    found = Set("lnav: times")
    for path in sorted(glob.glob(os.path.join(data, "lnav/*"))):
        events, _ = probe.read(path, int(datetime.datetime(2014, 6, 1).timestamp()))
        events = [event for event in events if event["event.kind"] == ["event"]]
        by_line = {event["line"][0]: event for event in events}
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                when = stamp_of(line)
                # A line that continues an event is in the message of it.
                got = by_line.get(number) or next((e for e in events if line.rstrip() and line.rstrip() in "".join(e["message"])), lists([]))
                if when and not line.startswith("#"):
                    zone = 7 if " PDT " in line[:40] and "z" not in got["doubt"][:1] else 0
                    clock = (moment(got) - datetime.timedelta(hours=zone)).strftime("%m-%d %H:%M:%S") if got["ns"] else None
                    found.add(clock == when.strftime("%m-%d %H:%M:%S"), f"{os.path.basename(path)} line {number}", when, clock)
    return [found]


def grr(probe, data):
    """What must be declined: no log, though it has lines."""
    found = Set("grr: declined")
    for name in ("dpkg.out", "parser_test/crontab"):
        _, told = probe.read(os.path.join(data, "grr", name))
        found.add(told["format"] is None or told["format"] == "text" and told["events"] == 0, name, None, told["format"])
    return [found]


def main():
    """Score all sets."""
    probe, data = Probe(sys.argv[1]), sys.argv[2]
    if not os.path.exists(os.path.join(data, "MANIFEST.tsv")):
        print(f"skipped: no data in {data}")
        return 77
    held = True
    for score in (plaso, fail2ban, crowdsec, go_libaudit, audit_events, loghub, jc, last_and_who, lnav, grr):
        for found in score(probe, data):
            held = found.show("-v" in sys.argv) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
