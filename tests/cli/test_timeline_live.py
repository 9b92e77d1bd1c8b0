"""test_timeline_live.py: what calm-collect brings from a host is part of the timeline, sealed or not (doc/format/bundle.md, live.md). Expected values
are those of the bundle's own lines, as json of Python reads them, and of RFC 8878 (skippable frames)."""
import io
import json
import struct
import subprocess
import tarfile
import unittest

import binary_logs
from harness import COLLECT, CaseTest, main
from made import bundle, jsonl
from timeline_lines import read_lines

DENIED = 4
PROCESS = {"pid": 77, "name": "sshd", "kind": "user", "state": "S", "parent": 1, "process_group": 77, "session": 77, "terminal": 0, "start_ticks": 900,
           "start": "2026-11-25T03:12:09.250000000Z", "uids": [1000, 0, 0, 0], "gids": [100, 100, 100, 100], "login_uid": 4294967295,
           "program": "/usr/sbin/sshd", "folder": "/", "args": ["sshd", "-D", "-p 22"], "environment": ["TOKEN=zqwordx"], "limits": ["Max cpu time: 1 1"]}
FILE = {"path": "/tmp/x y", "kind": "file", "mode": "4755", "uid": 1000, "gid": 100, "size": 12, "blocks": 8, "inode": 9, "device": "8:1", "links": 1,
        "accessed": "2026-11-25T03:00:00.000000000Z", "modified": "2026-11-24T01:00:00.500000000Z", "changed": "2026-11-24T01:00:00.500000000Z",
        "created": "2026-11-23T01:00:00.000000000Z", "artifact": "temporary-folders"}
TIMES = ("accessed", "modified", "changed", "created")


def skippable(data, number=0):
    return struct.pack("<II", 0x184D2A50 + number, len(data)) + data


class Packed(CaseTest):
    def packed(self, text):
        return subprocess.run(["zstd", "-qc"], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout

    def read(self, name, data):
        (self.folder / name).write_bytes(data)
        self.ana(f"preserve files {name}")
        self.ana("analyse timeline")
        found = self.ana.json(f"analyse search source:{name}* --most 1000")
        return [[value(e, "message") for e in found if value(e, "event.kind") == kind] for kind in ("event", "notice")]

    def test_frames_that_are_skipped_hold_nothing_of_the_file(self):
        """As pzstd writes them in front of each frame, and the seekable format behind the last."""
        lines = [f"2026-11-25T03:{i:02}:00Z web1 app[7]: line {i}\n" for i in range(40)]
        halves = self.packed("".join(lines[:20])), self.packed("".join(lines[20:]))
        wanted = [f"line {i}" for i in range(40)]
        for i, data in enumerate((skippable(b"\4\0\0\0") + halves[0] + skippable(b"\0" * 5, 15) + halves[1], halves[0] + halves[1] + skippable(b"x" * 600000, 14),
                     skippable(b"") + skippable(b"ab", 12) + halves[0] + halves[1])):
            messages, notices = self.read(f"whole{i}.zst", data)
            self.assertEqual((messages, notices), (wanted, []))
        messages, notices = self.read("cut.zst", halves[0] + skippable(b"\0" * 50)[:-1])
        self.assertEqual((messages, len(notices)), (wanted[:20], 1))
        messages, notices = self.read("more.zst", halves[0] + b"Something else")
        self.assertEqual((messages, len(notices)), (wanted[:20], 1))


class Lines(unittest.TestCase):
    def has(self, event, **wanted):
        for name, value in wanted.items():
            self.assertEqual(event.get(name.replace("__", ".")), value, name)

    def test_a_process_is_there_since_it_was_started(self):
        kernel = {"pid": 2, "name": "kthreadd", "kind": "kernel", "state": "S", "parent": 0, "start_ticks": 2, "start": "2026-11-25T01:00:00.020000000Z",
                  "uids": [0, 0, 0, 0], "gids": [0, 0, 0, 0], "login_uid": 1000, "namespace_pids": [2], "args": []}
        (one, two), counts = read_lines(jsonl(PROCESS, kernel))
        self.assertEqual((counts["format"], counts["unparsed"]), ("live-process", 0))
        self.has(one, time="2026-11-25T03:12:09.25Z", event__action="process-start", event__category="process", process__pid="77", process__parent__pid="1",
                 process__name="sshd", process__executable="/usr/sbin/sshd", process__command_line="sshd -D -p 22", user__id="1000", user__effective__id="0",
                 process__working_directory="/", group__id="100", message="process 77 started: sshd -D -p 22", live__login_uid=None, live__environment=None,
                 live__limits=None)
        self.has(two, time="2026-11-25T01:00:00.02Z", process__pid="2", process__command_line=None, message="process 2 started: kthreadd", live__kind="kernel",
                 live__login_uid="1000")
        self.assertNotIn("zqwordx", json.dumps([one, two]))

    def test_times_of_files_are_events_and_other_objects_are_not(self):
        gone = {"left_out_bytes": 300000}
        events, counts = read_lines(jsonl(FILE, gone, {**FILE, "path": "/tmp", "kind": "folder", "mode": "1777", "inode": 2}))
        self.assertEqual(counts["format"], "live-file")
        files = [e for e in events if e.get("event.kind") == "event"]
        mine = [e for e in files if e["file.path"] == "/tmp/x y"]
        self.assertEqual([e["time"] for e in mine], ["2026-11-23T01:00:00Z", "2026-11-24T01:00:00.5Z", "2026-11-25T03:00:00Z"])
        self.has(mine[0], file__type="file", file__mode="4755", file__uid="1000", file__gid="100", file__inode="9", file__size="12")
        self.assertEqual({e["file.type"] for e in files if e["file.path"] == "/tmp"}, {"dir"})
        self.assertEqual(counts["unparsed"], 1)
        self.assertNotEqual(read_lines(jsonl({"path": "/a", "kind": "x", "time": "2026-11-25T03:12:09Z", "n": 1}))[1]["format"], "live-file")

    def test_logins_under_way_are_told_and_those_of_logs_are_left_to_these(self):
        record = {"from": "run/utmp", "type": "login", "time": "2026-11-25T03:12:09.000000000Z", "user": "eva", "terminal": "pts/0", "host": "203.0.113.7",
                  "address": "203.0.113.7", "pid": 88, "session": 0, "exit": 0, "signal": 0}
        session = {"from": "run/systemd/sessions/4", "type": "session",
                   "values": ["UID=1000", "USER=eva", "REMOTE=1", "REMOTE_HOST=203.0.113.7", "SERVICE=sshd", "LEADER=88", "REALTIME=1795576329500000"]}
        logs = [{**record, "from": "var/log/wtmp"}, {**record, "from": "var/log/btmp", "type": "waits", "user": "oracle"}]
        events, counts = read_lines(jsonl(record, session, *logs, {"from": "run/systemd/users/1000", "type": "user", "values": ["NAME=eva", "STATE=active"]}))
        self.assertEqual((counts["format"], counts["unparsed"], counts["comments"]), ("live-login", 1, 2))
        one, two = [e for e in events if e.get("event.kind") == "event"]
        self.has(one, time="2026-11-25T03:12:09Z", precision="s", event__action="login", event__outcome="success", user__name="eva", source__ip="203.0.113.7", process__pid="88",
                 log__file__path="run/utmp")
        self.has(two, time="2026-11-25T03:12:09.5Z", event__action="session-open", user__name="eva", user__id="1000", source__ip="203.0.113.7", process__pid="88",
                 service__name="sshd")
        (failed,) = [e for e in read_lines(jsonl({**record, "type": "waits", "user": "oracle", "terminal": "ssh:notty"}))[0] if e.get("event.kind") == "event"]
        self.has(failed, event__action="login", event__outcome="failure", user__name="oracle")
        (notice,) = [e for e in events if e.get("event.kind") == "notice"]
        self.assertIn("wtmp", notice["message"])

    def test_objects_of_others_are_not_taken_for_these(self):
        for one in ({"pid": 7, "name": "x", "time": "2026-11-25T03:12:09Z", "msg": "a"}, {"from": "a@example.org", "type": "mail", "time": "2026-11-25T03:12:09Z"},
                    {"path": "/a", "kind": "GET", "mode": "x", "changed": "2026-11-25T03:12:09Z", "time": "2026-11-25T03:12:09Z"}):
            found = read_lines(jsonl(*[one] * 5))[1]["format"]
            self.assertFalse(str(found).startswith("live-"), one)


class Unsealed(CaseTest):
    def test_files_of_a_bundle_are_sources_by_their_names(self):
        log = "".join(f"2026-11-25T03:{i:02}:00Z web1 sshd[7]: Accepted password for eva from 203.0.113.7 port 22 ssh2\n" for i in range(30)).encode()
        # Small pieces: a log lies in several frames, with the links of the chain between them.
        (self.folder / "web1.calm").write_bytes(bundle(piece=700, more=[("live/process-001.jsonl", jsonl(PROCESS)), ("files/var/log/auth.log", log)]))
        self.ana("preserve import web1.calm")
        self.assertNotIn("web1.calm:", self.ana("analyse timeline e1"))
        found = self.ana.json("analyse search 'event.action:login' --most 100")
        self.assertEqual({e["source"] for e in found}, {"web1.calm/files/var/log/auth.log"})
        self.assertEqual(len(found), 30)
        (process,) = self.ana.json("analyse search event.action:process-start")
        self.assertEqual(value(process, "host.name"), "web1")  # by bundle.json
        # What several definitions name is listed once for each, in whichever part of the list; one of another time is another line.
        parts = [jsonl(FILE, {**FILE, "path": "/tmp/b", "inode": 10}), jsonl({**FILE, "artifact": "whole-listing"}, {**FILE, "path": "/tmp/c", "artifact": "x"}),
                 jsonl({**FILE, "path": "/tmp/b", "inode": 10, "artifact": "ssh"}, {**FILE, "accessed": "2026-11-25T03:30:00.000000000Z"}, {**FILE, "artifact": "z"})]
        (self.folder / "listed.calm").write_bytes(bundle(more=[(f"live/file-{i:03}.jsonl", part) for i, part in enumerate(parts)]))
        self.ana("preserve import listed.calm")
        self.ana("analyse timeline")
        found = [(value(e, "file.path"), e["@timestamp"]) for e in self.ana.json("analyse search 'file.path:*' --most 100")]
        count = {path: sum(path == other for other, _ in found) for path, _ in found}
        self.assertEqual(count, {"/tmp/x y": 6, "/tmp/b": 3, "/tmp/c": 3}, found)
        # A login under way is in what the host told and in the file run/utmp, and is told once; wtmp is a log of its own.
        eva = {"from": "run/utmp", "type": "login", "time": "2026-11-25T03:12:09.250000000Z", "user": "eva", "terminal": "pts/0", "id": "ts/0", "host": "203.0.113.7",
               "address": "203.0.113.7", "pid": 88, "session": 0, "exit": 0, "signal": 0}
        boot = {**eva, "type": "boot", "time": "2026-11-25T01:00:00.000000000Z", "user": "reboot", "terminal": "~", "id": "~~", "host": "6.1.0", "address": None, "pid": 0}
        times = {row["user"]: 1795576329 - 7929 * (row is boot) for row in (eva, boot)}
        record = binary_logs.utmp(7, pid=88, line="pts/0", ident="ts/0", user="eva", host="203.0.113.7", seconds=times["eva"], micros=250000, address=bytes((203, 0, 113, 7)))
        other = binary_logs.utmp(7, pid=89, line="pts/1", ident="ts/1", user="eva", host="203.0.113.7", seconds=times["eva"] + 60, address=bytes((203, 0, 113, 7)))
        start = binary_logs.utmp(2, line="~", ident="~~", user="reboot", host="6.1.0", seconds=times["reboot"])
        (self.folder / "logins.calm").write_bytes(bundle(more=[("live/login-000.jsonl", jsonl({name: v for name, v in boot.items() if v is not None}, eva)),
                                                               ("files/run/utmp", start + record + other), ("files/var/log/wtmp", start + record)]))
        item = self.ana.json("preserve import logins.calm")
        self.ana("analyse timeline")
        found = [(e["source"].rpartition("logins.calm/")[2], e["@timestamp"][11:19]) for e in self.ana.json("analyse search 'source:logins.calm* and event.action:(login or boot)'")]
        self.assertEqual(sorted(found), [("files/run/utmp", "03:13:09"), ("files/var/log/wtmp", "01:00:00"), ("files/var/log/wtmp", "03:12:09"),
                                         ("live/login-000.jsonl", "01:00:00"), ("live/login-000.jsonl", "03:12:09")], item)
        self.assertEqual([e for e in self.ana.json("analyse search 'source:logins.calm* and user.name:reboot'")], [])
        self.assertEqual({value(e, "host.name") for e in self.ana.json("analyse search 'source:logins.calm*tmp and event.kind:event'")}, {"web1"})
        # The same taken as a file is of the machine that it lay on only by its place.
        self.ana("preserve files web1.calm")
        self.ana("analyse timeline")
        self.assertEqual([e for e in self.ana.json("analyse search 'event.action:process-start and not evidence:e1 and host.name:*'")], [])


    def test_where_the_chain_breaks_it_is_told(self):
        """The link of the first piece, and of the third, has another byte (doc/format/bundle.md, 64 bytes behind "calmlink" less what stands before): packing and archive do not show it."""
        log = "".join(f"2026-11-25T03:{i % 60:02}:00Z web1 sshd[{i}]: Accepted password for eva from 203.0.113.7 port 22 ssh2\n" for i in range(99)).encode()
        whole = bundle(piece=700, more=[("files/var/log/auth.log", log)])
        for number in (0, 2):
            data, at = bytearray(whole), -1
            for _ in range(number + 1):
                at = whole.index(b"calmlink", at + 1)
            data[at + 55] ^= 1  # the last byte of the link, which begins eight before
            (self.folder / f"broken{number}.calm").write_bytes(data)
            self.ana(f"preserve files broken{number}.calm")
        (self.folder / "whole.calm").write_bytes(whole)
        self.ana("preserve files whole.calm")
        self.ana("analyse timeline")
        told = {e["source"]: value(e, "message") for e in self.ana.json("analyse search event.kind:notice")}
        self.assertEqual(sorted(told), ["broken0.calm", "broken2.calm"], told)
        self.assertIn("altered: the link of a piece does not fit; nothing vouches for what is packed behind byte 0", told["broken0.calm"])
        self.assertEqual(len(self.ana.json("analyse search 'event.action:login and evidence:e1' --most 1000")), 99)


class OwnZone(CaseTest):
    """What evidence says of its machine's zone is told where its times were read as UTC."""

    LOG = "".join(f"Nov 20 03:{i:02}:09 web1 sshd[5]: Accepted password for eva from 203.0.113.7 port 22 ssh2\n" for i in range(30)).encode()

    def archive(self, link, where="etc/localtime"):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as tar:
            info = tarfile.TarInfo("var/log/auth.log")
            info.size, info.mtime = len(self.LOG), 1795575129
            tar.addfile(info, io.BytesIO(self.LOG))
            info = tarfile.TarInfo(where)
            info.type, info.linkname = tarfile.SYMTYPE, link
            tar.addfile(info)
        return out.getvalue()

    def told(self, item):
        return [value(e, "message") for e in self.ana.json(f"analyse search 'event.kind:notice and evidence:{item}'")]

    def first(self, item):
        return self.ana.json(f"analyse search 'event.action:login and evidence:{item}' --most 1")[0]["@timestamp"]

    def test_an_archive_has_the_link_and_the_zone_is_told_until_it_is_set(self):
        for i, (link, zone) in enumerate((("/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"), ("../usr/share/zoneinfo/posix/America/Lima", "America/Lima"),
                                          ("/usr/share/zoneinfo/Etc/UTC", None), ("/usr/share/zoneinfo/UTC", None), ("/usr/share/zoneinfo/x;rm", None),
                                          ("/tmp/elsewhere", None)), 1):
            (self.folder / f"{i}.tgz").write_bytes(self.archive(link, "[root]/etc/localtime" if i == 2 else "etc/localtime"))
            self.ana(f"preserve files {i}.tgz")
            self.ana("analyse timeline")
            told = self.told(f"e{i}")
            self.assertEqual(len(told), int(zone is not None), (link, told))
            if zone:
                self.assertIn(f"this machine's zone is {zone}; times that name none were read as UTC", told[0])
        before = self.first("e1")
        self.assertEqual(before[10:19], "T03:00:09")
        self.ana("analyse clock e1 --zone Europe/Berlin")
        self.assertEqual((self.first("e1"), self.told("e1")), (before.replace("T03", "T02"), []))

    def test_a_zone_of_what_lies_deeper_is_not_the_machines(self):
        links = ("var/lib/lxc/c1/rootfs/etc/localtime", "Asia/Tokyo"), ("./etc/localtime", "Europe/Berlin"), ("./var/lib/docker/overlay2/ab/diff/etc/localtime", "America/New_York")
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name, zone in links:
                info = tarfile.TarInfo(name)
                info.type, info.linkname = tarfile.SYMTYPE, f"/usr/share/zoneinfo/{zone}"
                archive.addfile(info)
            archive.addfile(tarfile.TarInfo("empty"))
        (self.folder / "deep.tgz").write_bytes(out.getvalue())
        self.ana("preserve files deep.tgz")
        self.ana("analyse timeline")
        told = [value(e, "message") for e in self.ana.json("analyse search 'event.kind:notice and evidence:e1'")]
        machine = [words for words in told if "this machine's zone" in words]
        self.assertEqual((len(machine), "Europe/Berlin" in machine[0]), (1, True), told)
        for folder, zone in (("deep.tgz/var/lib/lxc/c1/rootfs", "Asia/Tokyo"), ("deep.tgz/var/lib/docker/overlay2/ab/diff", "America/New_York")):
            self.assertEqual([words for words in told if f"what lies below {folder} has the zone {zone}" in words and "anew" not in words][1:], [], told)

    def test_a_link_elsewhere_in_an_archive_is_none(self):
        (self.folder / "a.tgz").write_bytes(self.archive("/usr/share/zoneinfo/Europe/Berlin", "home/eva/localtime"))
        self.ana("preserve files a.tgz")
        self.ana("analyse timeline")
        self.assertEqual(self.told("e1"), [])

    def test_a_disk_has_it_too(self):
        root = self.folder / "root"
        (root / "etc").mkdir(parents=True)
        (root / "etc/localtime").symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, self.folder / "disk.raw", "8M"], check=True)
        self.ana("preserve files disk.raw")
        self.ana("analyse timeline")
        (told,) = self.told("e1")
        self.assertIn("zone is Asia/Tokyo", told)

    def test_a_bundle_tells_it_and_when_the_host_was_started(self):
        lines = [{"kind": "clock", "name": "realtime", "now": "2026-11-25T03:12:09.000000000Z"},
                 {"kind": "settings", "hardware_keeps": "UTC", "local_time": "/usr/share/zoneinfo/Europe/Berlin", "zone": "Etc/UTC"},
                 {"kind": "boot", "boot_id": "0cf3a557", "booted": "2026-11-24T01:02:03.500000000Z", "uptime": "1.0 2.0"},
                 {"kind": "synchronised by systemd", "now": "2026-11-25T03:00:00.000000000Z"}]
        events, counts = read_lines(jsonl(*lines))
        self.assertEqual((counts["format"], counts["events"], counts["comments"]), ("live-time", 2, 2))
        self.assertEqual([(e["time"], e["event.action"]) for e in events if e["event.kind"] == "event"],
                         [("2026-11-24T01:02:03.5Z", "boot"), ("2026-11-25T03:00:00Z", "clock-synchronised")])
        self.assertEqual([("Europe/Berlin" in e["message"]) for e in events if e["event.kind"] == "notice"], [True])
        self.assertEqual([e for e in read_lines(jsonl(*lines), zone="Europe/Berlin")[0] if e["event.kind"] == "notice"], [])


@unittest.skipUnless(COLLECT.exists(), "calm-collect was not built")
class Sealed(CaseTest):
    """This host, as it is."""

    def collect(self):
        self.ana.env["CALM_TEST_WORD"] = "zqsealedwordx"  # of the processes that it starts
        self.ana("preserve collect")

    def sealed(self):
        (item,) = [i for i in self.ana.json("preserve list") if i["sort"] == "archive"]
        return self.case / "evidence" / item["sha256"][:2] / item["sha256"]

    def members(self):
        """Name and lines of what lies in the bundle, as zstd and tar open it."""
        plain = self.folder / "plain.tar.zst"
        self.ana(f"preserve unseal '{self.sealed()}' --out '{plain}'")
        tar = self.folder / "plain.tar"
        subprocess.run(["zstd", "-qd", plain, "-o", tar], check=True)
        with tarfile.open(tar) as archive:
            return {m.name: [json.loads(line) for line in archive.extractfile(m).read().splitlines()] for m in archive.getmembers() if m.name.startswith("live/")}

    def test_a_sealed_bundle_is_opened_by_who_holds_the_key_and_all_of_it_is_read(self):
        self.collect()
        said = self.ana("analyse timeline e1")
        self.assertIn("events", said)
        members = self.members()
        processes = [line for name, lines in members.items() if name.startswith("live/process-") for line in lines]
        self.assertTrue(any("CALM_TEST_WORD=zqsealedwordx" in p.get("environment", []) for p in processes))
        found = self.ana.json("analyse search 'event.dataset:live-process' --most 100000")
        self.assertEqual({value(e, "process.pid") for e in found}, {str(p["pid"]) for p in processes if "start" in p})
        files = [line for name, lines in members.items() if name.startswith("live/file-") for line in lines if "path" in line]
        with_times = {f["path"] for f in files if any(t in f for t in TIMES)}
        self.assertTrue(with_times)
        told = self.ana.json("analyse top file.path event.dataset:live-file --most 1000000")
        self.assertEqual(len(told["values"] if isinstance(told, dict) else told), len(with_times))
        self.assertEqual(self.ana.json("analyse search zqsealedwordx"), [])  # secrets of processes stay sealed

    def test_what_is_sealed_to_others_is_told_and_the_rest_is_read(self):
        self.collect()
        other = self.folder / "other.calm-bundle"
        other.write_bytes(self.sealed().read_bytes())
        log = self.folder / "log"
        log.write_text("".join(f"2026-11-25T03:{i:02}:00Z web1 app[7]: line {i}\n" for i in range(20)))
        self.ana.case = None
        self.ana("open second.calm")
        self.ana.case = self.folder / "second.calm"
        self.ana(f"preserve files '{other}' '{log}'")
        done = self.ana.run("analyse", "timeline")
        self.assertEqual(done.returncode, DENIED)
        said = done.stdout.decode()
        self.assertIn("e1    not read: e1 is sealed to 1 key, and none of them is in your hands", said)
        self.assertIn("e2    20 events", said)

    def test_what_was_altered_or_cut_in_it_is_told_and_what_stands_before_is_read(self):
        self.collect()
        whole = self.sealed().read_bytes()
        altered = bytearray(whole)
        altered[-30] ^= 1
        for name, data in (("altered", bytes(altered)), ("cut", whole[:-30]), ("more", whole + b"x")):
            path = self.folder / f"{name}.calm"
            path.write_bytes(data)
            self.ana(f"preserve files '{path}'")
        self.ana("analyse timeline")
        for name, words in (("altered", "altered: a chunk of the seal does not open"), ("cut", "cut: the seal ends inside a chunk"),
                            ("more", "something stands behind the end of the seal")):
            notices = [value(e, "message") for e in self.ana.json(f"analyse search 'event.kind:notice and source:{name}.calm*' --most 100")]
            self.assertTrue(any(words in n for n in notices), (name, notices))
            self.assertTrue(self.ana.json(f"analyse search 'event.dataset:live-process and source:{name}.calm*'"))


def value(event, name):
    (one,) = [f["value"] for f in event["fields"] if f["name"] == name]
    return one


if __name__ == "__main__":
    main()
