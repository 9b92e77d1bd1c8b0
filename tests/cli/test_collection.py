"""test_collection.py: what was collected from hosts is taken in: bundles, UAC archives, Velociraptor offline collections; what is noticed in
them and what is missing, and which hosts are captured. What is read of other tools' archives: test_collection_foreign.py. Archives are made here, byte by byte or with tar and zip, in the layouts that
doc/format/bundle.md and doc/format/collection.md describe."""
import gzip
import hashlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import tarfile
import unittest

import harness
import sender
from harness import COLLECT, CaseTest
from made import HEAD, STARTED, STATE, bundle, document, jsonl, line, members, seen, tar, velociraptor, zstd

FORMAT, DENIED, NOT_FOUND, USAGE = 7, 4, 3, 2


class CollectionTest(CaseTest):
    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def bring(self, data, name="web1.calm", more=""):
        return self.ana(f"preserve import {self.write(name, data)} {more}")

    def only(self, kind="collection"):
        (one,) = self.things(kind)
        return one

    def things(self, kind):
        return [self.ana.json(f"log r{r['record']}") for r in self.ana.json("log") if r["type"] == f"{kind}/1"]

    def items(self, sort):
        return [item for item in self.ana.json("preserve list") if item["sort"] == sort]

    def blob(self, item):
        data = (self.case / "evidence" / item["sha256"][:2] / item["sha256"]).read_bytes()
        self.assertEqual(hashlib.sha256(data).hexdigest(), item["sha256"])
        return data

    def listed(self):
        (item,) = self.items("list")
        return [json.loads(text) for text in self.blob(item).splitlines()]

    def missing(self):
        return [one for one in self.listed() if "missing" in one and "why" in one]


class Bundles(CollectionTest):
    def test_a_bundle_is_one_item_and_its_state_one_of_the_system(self):
        data = bundle()
        said = self.bring(data)
        self.assertIn("web1 at 2026-11-25 03:12:09 UTC", said)
        self.assertIn("Next:  calm preserve observed co1", said)
        self.assertIn(f"SHA-256 {hashlib.sha256(data).hexdigest()}\nIs it the one that was written down at the machine?", said)
        self.assertIn("6 things could not be read there, or not here: calm preserve get e2 FILE", said)
        self.assertIn("compares it with another, once there is one", said)
        (item,) = self.items("archive")
        self.assertEqual(self.blob(item), data)
        self.assertEqual((item["host"], item["path"]), ("web1", str(self.folder / "web1.calm")))
        (system,) = self.ana.json("assess systems")
        self.assertEqual(system["name"], "web1")
        (state,) = self.ana.json("snapshot list")
        self.assertEqual((state["system"], state["taken"], state["host"], state["how"], state["unread"]),
                         (system["id"], STARTED, "web1", "imported", "process: none"))
        (kept,) = self.items("snapshot")
        self.assertEqual(self.blob(kept).decode(), STATE)
        self.assertEqual(state["evidence"], kept["id"])
        self.assertIn("all as they were taken", self.ana("log verify"))

    def test_the_list_names_what_was_noticed_and_what_is_missing(self):
        self.bring(bundle())
        head, *lines, end = self.listed()
        self.assertEqual((head["format"], head["tool"], head["host"], head["profile"], head["taken"]),
                         ("calm-collection/1", "calm-collect", "web1", "triage", STARTED))
        self.assertEqual(head["clock"], "synchronised, source ntp, off by 12 ns")
        self.assertEqual(head["of"], self.items("archive")[0]["sha256"])
        observed = [one for one in lines if "observed" in one]
        self.assertEqual([(one["observed"], one["weight"], one["hint"]) for one in observed],
                         [("hidden-process", 3, "attack"), ("kernel-taint", 1, "either"), ("odd", 2, "either")])
        self.assertEqual(observed[0]["evidence"], "live/process-000.jsonl")
        self.assertEqual([(one["missing"], one["step"], one["why"], one.get("count")) for one in lines if "why" in one],
                         [("/proc/kcore", "memory", "the kernel does not allow it", None), ("/etc/shadow", "accounts", "permission denied", 4)])
        # Two lines, and four more of one of them.
        self.assertEqual((end["members"], end["observed"], end["missing"], end.get("problem")), (8, 3, 6, None))

    def test_states_of_bundles_are_compared_as_any_others(self):
        self.bring(bundle())
        later = document(line("account", "ana", uid=1000, gid=1000, home="/home/ana", shell="/bin/bash", password="set", password_place="shadow"),
                         taken="2026-11-26T03:12:09.000000000Z", coverage=[seen("account", 1)])
        self.bring(bundle(state=later, head={**HEAD, "started": "2026-11-26T03:12:09.000000000Z"}), "later.calm")
        self.assertEqual([(c["change"], c["key"]) for c in self.ana.json("snapshot diff s1 s2") if c["section"] == "account"], [("gone", "toor")])
        self.assertIn("toor", self.ana("snapshot observe s1"))
        self.assertEqual(len(self.ana.json("assess systems")), 1)

    def test_the_same_bundle_is_not_taken_twice(self):
        self.bring(bundle())
        status, said = self.ana.fails(f"preserve import {self.write('again.calm', bundle())}")
        self.assertEqual(status, USAGE)
        self.assertIn("co1", said)
        self.assertEqual(len(self.items("archive")), 1)

    def test_a_system_can_be_named_and_a_host_found_by_its_own_name(self):
        self.ana("assess system shop --host web1.example.org")
        self.bring(bundle())
        self.assertEqual([system["name"] for system in self.ana.json("assess systems")], ["shop"])
        self.bring(bundle(head={**HEAD, "host": "other"}), "other.calm", "--system mail")
        self.assertEqual([(system["name"], system.get("host", "")) for system in self.ana.json("assess systems")],
                         [("shop", "web1.example.org"), ("mail", "other")])

    def test_a_bundle_that_was_packed_anew_is_checked_by_its_manifest(self):
        for name, data in (("plain.tar", tar(members())), ("anew.tar.zst", zstd(tar(members())))):
            with self.subTest(name):
                self.bring(data, name)
        pairs = [(name, data + b" " if name == "live/process-000.jsonl" else data) for name, data in members()]
        self.bring(tar(pairs + [("files/more", b"x")]), "altered.tar")
        lists = [[json.loads(text) for text in self.blob(item).splitlines()] for item in self.items("list")]
        self.assertEqual([[(one["missing"], one["why"]) for one in lines if one.get("step") == "manifest"] for lines in lists],
                         [[], [], [("live/process-000.jsonl", "its size or hash is not what the bundle's manifest says"),
                                   ("1 members", "no part of the manifest names them")]])

    def test_of_a_cut_bundle_the_good_part_is_taken_at_whatever_byte(self):
        whole = bundle(piece=1024)
        frames = whole.count(b"calmlink")
        self.assertGreater(frames, 8)
        first = whole.index(b"calmlink") + 56
        rng = random.Random(3)
        cuts = sorted({first, len(whole) - 1, len(whole) - 57, *(rng.randrange(first, len(whole)) for _ in range(6))})
        for cut in cuts:
            with self.subTest(cut):
                self.bring(whole[:cut], f"cut{cut}.calm")
        marked = self.items("archive")
        self.assertEqual(len(marked), len(cuts))
        for item in marked:
            self.assertIn("not whole", item["remark"])

    def test_an_altered_bundle_is_good_up_to_the_link_before(self):
        whole = bundle(piece=1024)
        first = whole.index(b"calmlink") + 56
        rng = random.Random(4)
        for number in range(6):
            bad = bytearray(whole)
            at = rng.randrange(first, len(whole))
            bad[at] ^= 1 << rng.randrange(8)
            with self.subTest(at):
                self.bring(bytes(bad), f"bad{number}.calm")
                self.assertIn("not whole", self.items("archive")[-1]["remark"])

    def test_what_is_no_collection_is_refused_and_nothing_is_kept(self):
        rng = random.Random(5)
        bombs = [b"", b"\n", b"calm-sealed/1\n", rng.randbytes(100_000), b"root:x:0:0\n", tar([("etc/passwd", b"x")]), tar([]), zstd(b"x" * 1000),
                 whole_cut_in_first(bundle())]
        for number, data in enumerate(bombs):
            with self.subTest(data[:20]):
                status, said = self.ana.fails(f"preserve import {self.write(f'no{number}', data)}")
                self.assertIn(status, (FORMAT, NOT_FOUND, DENIED))
                self.assertNotIn("\x1b", said)
        for name in (".", "absent"):
            self.ana.fails(f"preserve import {self.folder / name}")
        os.mkfifo(self.folder / "fifo")
        self.ana.fails(f"preserve import {self.folder / 'fifo'}")
        self.assertEqual(self.ana.json("preserve list"), [])
        self.assertEqual(list(self.case.glob("evidence/??/*")), [])

    def test_hostile_members_do_no_harm(self):
        link = tarfile.TarInfo("files/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        hard = tarfile.TarInfo("snapshot-002.jsonl")
        hard.type, hard.linkname = tarfile.LNKTYPE, "../../outside"
        device = tarfile.TarInfo("observed-009.jsonl")
        device.type = tarfile.CHRTYPE
        more = [("/etc/absolute", b"x"), ("../../outside", b"y"), ("files/a/../../../b", b"z"), ("observed-001.jsonl", b"[" * 5000 + b"\nno json\n\xff\xfe\n{}\n"),
                ("missing-002.jsonl", b'{"what":"\\u0000"}\n{"what":5}\n' + b'{"what":"' + b"A" * (300 << 10) + b'"}\n'), ("snapshot-003.jsonl", b"\xff" * 100 + b"\n"),
                ("manifest-009.jsonl", b'{"member":"x","size":-1,"sha256":null}\n')]
        pairs = members(more=more)
        self.bring(tar([*pairs[:3], ("files/link", link), ("snapshot-002.jsonl", hard), ("observed-009.jsonl", device), *pairs[3:]]), "hostile.tar")
        self.assertFalse((self.folder.parent / "outside").exists())
        self.assertFalse((self.folder / "outside").exists())
        self.assertEqual(len(self.items("archive")), 1)
        self.assertIn("Process 812", self.ana("preserve observed"))
        said = self.ana("preserve observed")
        self.assertNotIn("\x1b", said)
        self.assertNotIn("\u202e", said)

    def test_a_heap_of_zeros_ends_at_a_limit(self):
        huge = tarfile.TarInfo("files/zeros")
        huge.size = 1 << 40
        packed = self.folder / "zeros.tar.gz"
        with gzip.open(packed, "wb", 1) as out:
            out.write(tar(members(ended=False))[:-1024] + huge.tobuf(tarfile.GNU_FORMAT))
            for _ in range(1024):
                out.write(bytes(1 << 20))
        self.ana(f"preserve import {packed}")
        self.assertIn("grows to more than", self.items("archive")[0]["remark"])
        self.assertIn("Process 812", self.ana("preserve observed"))

    def test_a_million_members_end_at_a_limit(self):
        one = tarfile.TarInfo("files/x").tobuf(tarfile.USTAR_FORMAT)
        packed = self.folder / "many.tar.gz"
        with gzip.open(packed, "wb", 1) as out:
            out.write(tar(members(ended=False))[:-1024])
            for _ in range(100):
                out.write(one * 10_000)
        self.ana(f"preserve import {packed}")
        self.assertIn("more than 200000 entries", self.items("archive")[0]["remark"])
        self.assertIn("Process 812", self.ana("preserve observed"))

    def test_a_document_that_is_none_is_left_out_and_said(self):
        self.bring(bundle(state="{}\nno snapshot\n"))
        self.assertEqual(self.ana.json("snapshot list"), [])
        self.assertIn("the state in it cannot be read", self.items("archive")[0]["remark"])
        self.assertIn("Process 812", self.ana("preserve observed co1"))

    def test_a_newer_bundle_says_so(self):
        said = self.bring(bundle(head={**HEAD, "format": "calm-bundle/2"}), more="--system web1")
        self.assertIn("newer", said)


def whole_cut_in_first(data):
    return data[: data.index(b"calmlink") - 20]


class Observed(CollectionTest):
    def setUp(self):
        super().setUp()
        self.bring(bundle())

    def test_all_that_is_noticed_is_numbered_heaviest_first_with_its_harmless_cause(self):
        rows = self.ana.json("preserve observed")
        self.assertEqual([row["number"] for row in rows], list(range(1, len(rows) + 1)))
        self.assertEqual([row["weight"] for row in rows], sorted((row["weight"] for row in rows), reverse=True))
        codes = {row["code"] for row in rows}
        # The collector's own, and those of the rules on the state: an account with number 0, one with no password.
        self.assertLessEqual({"hidden-process", "kernel-taint", "odd"}, codes)
        self.assertEqual({row["code"] for row in self.ana.json("snapshot observe s1")}, codes - {"hidden-process", "kernel-taint", "odd"})
        said = self.ana("preserve observed web1")
        self.assertIn("Usually harmless: In a copied tree it ended while the copy was made;", " ".join(said.split()))
        self.assertIn("calm preserve observed co1", self.ana("preserve observed co1"))
        self.assertEqual(self.ana.json("preserve observed s1"), rows)
        self.assertEqual([row["number"] for row in self.ana.json("preserve observed --least 3")], [row["number"] for row in rows if row["weight"] == 3])

    def test_one_becomes_a_problem(self):
        number = self.number_of("hidden-process")
        said = self.ana(f"preserve observed co1 {number} --raise")
        self.assertIn("1 problem raised", said)
        (problem,) = self.ana.json("problem list")
        self.assertEqual((problem["text"], problem["sort"]), ("Process 812 answers, and no list shows it.", "attack"))
        self.assertIn("e1", self.ana("log --full"))
        self.assertIn("0 problems raised", self.ana(f"preserve observed co1 {number} --raise"))

    def test_several_become_evidence_for_a_hypothesis(self):
        self.ana('analyse hypothesis "somebody is in" --sort attack')
        numbers = [self.number_of("hidden-process"), self.number_of("odd")]
        self.ana(f"preserve observed co1 {numbers[0]} {numbers[1]} --for h1")
        weights = self.things("weight")
        self.assertEqual(len(weights), 2)
        self.assertIn("Process 812", self.ana("analyse matrix"))
        self.ana(f"preserve observed co1 {numbers[0]} --for h1")
        self.assertEqual(len(self.things("fact")), 2)

    def test_a_system_is_marked(self):
        self.ana(f"preserve observed co1 {self.number_of('hidden-process')} --mark suspected")
        self.assertEqual(self.ana.json("assess systems")[0]["state"], "suspected")

    def test_what_is_derived_carries_the_label_of_the_collection(self):
        self.bring(bundle(head={**HEAD, "host": "db1"}), "db1.calm", "--tlp red")
        self.ana("preserve observed co2 1 --raise")
        expert = self.join("eva", "--role expert", "documents")
        self.assertEqual([p for p in expert.json("problem list")], [])
        self.assertEqual(expert.json("preserve list"), [one for one in self.ana.json("preserve list") if one.get("tlp") != "red"][:3])

    def test_wrong_numbers_and_names_are_said(self):
        self.assertEqual(self.ana.fails("preserve observed co1 999")[0], NOT_FOUND)
        self.assertEqual(self.ana.fails("preserve observed co9")[0], NOT_FOUND)
        self.assertEqual(self.ana.fails("preserve observed co1 --least 7")[0], USAGE)
        self.assertEqual(self.ana.fails("preserve observed co1 --for h9")[0], NOT_FOUND)

    def number_of(self, code):
        return next(row["number"] for row in self.ana.json("preserve observed co1") if row["code"] == code)


BODY = """MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime
0|/etc/passwd|11|-rw-r--r--|0|0|90|1764030000|1764030001|1764030002|0
0|/etc/odd|name|12|-rw-rw-rw-|0|0|7|1764030000|1764030001|1764030002|0
0|/usr/bin/mount|13|-rwsr-xr-x|0|0|55528|1764030000|1764030001|1764030002|0
0|/home/ana/notes|14|-rw-r--r--|1000|1000|5|1764030000|1764030001|1764030002|0
""".encode()
UAC = [
    ("uac.log", b"started\n"), ("live_response/system/date.txt", b"Wed Nov 25 03:12:09 UTC 2026\n"), ("live_response/network/hostname.txt", b"web1\n"),
    ("live_response/system/uname_-a.txt", b"Linux web1 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 x86_64 GNU/Linux\n"),
    ("live_response/process/ps_auxwww.txt", b"""USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root           1  0.0  0.1 166596 11572 ?        Ss   Nov24   0:03 /sbin/init
root           2  0.0  0.0      0     0 ?        S    Nov24   0:00 [kthreadd]
www-data     812  0.0  0.2   9000  2048 ?        S    Nov24   0:00 /tmp/.x -k 1
root         900  0.0  0.2   9000  2048 ?        S    Nov24   0:00 /usr/sbin/sshd -D
"""), ("live_response/process/running_processes_full_paths.txt", b"""lrwxrwxrwx 1 root root 0 Nov 25 03:12 /proc/1/exe -> /usr/lib/systemd/systemd
lrwxrwxrwx 1 root root 0 Nov 25 03:12 /proc/812/exe -> /tmp/.x (deleted)
lrwxrwxrwx 1 root root 0 Nov 25 03:12 /proc/900/exe -> /usr/sbin/sshd
"""), ("live_response/network/ss_-anp.txt", b"""Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process
u_str ESTAB  0      0      * 20411 * 20412 users:(("dbus",pid=5,fd=3))
tcp   LISTEN 0      128    0.0.0.0:22        0.0.0.0:*     users:(("sshd",pid=900,fd=3))
tcp   ESTAB  0      0      192.0.2.7:22      198.51.100.9:50000 users:(("sshd",pid=901,fd=4))
tcp   ESTAB  0      0      192.0.2.7:40000   203.0.113.5:4444 users:((".x",pid=812,fd=3))
udp   UNCONN 0      0      [::]:68           [::]:*        users:(("dhclient",pid=700,fd=7))
"""), ("live_response/system/lsmod.txt", b"Module                  Size  Used by\nnf_tables             282624  0\n"),
    ("live_response/storage/mount.txt", b"/dev/sda1 on / type ext4 (rw,relatime)\ntmpfs on /with space type tmpfs (rw,nosuid)\n"),
    ("live_response/packages/dpkg_-l.txt", b"Desired=Unknown/Install\n||/ Name  Version Architecture Description\n+++-====\nii  bash  5.2.15-2+b2 amd64 GNU Bourne Again SHell\n"
     b"rc  old:i386  1.0 i386 gone\n"), ("bodyfile/bodyfile.txt", BODY), ("hash_executables/hash_executables.sha1", b"x\n"),
    ("[root]/etc/passwd", b"root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\ntoor:x:0:0::/root:/bin/sh\n"),
    ("[root]/etc/shadow", b"root:$6$salt$hash:19000:0:99999:7:::\ntoor::19000:0:99999:7:::\n"), ("[root]/etc/group", b"root:x:0:\nadm:x:4:ana\n"),
    ("[root]/etc/cron.d/job", b"*/5 * * * * root /tmp/.x\n"), ("[root]/etc/machine-id", b"0123456789abcdef0123456789abcdef\n"),
    ("[root]/etc/os-release", b'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\n'), ("[root]/var/log/syslog", b"x\n"),
    ("[root]/etc/sudoers", b"root ALL=(ALL:ALL) ALL\n"),
]


VELOCIRAPTOR = [
    ("uploads/auto/etc/passwd", b"root:x:0:0:root:/root:/bin/bash\nana:x:1000:1000::/home/ana:/bin/bash\n"), ("uploads/auto/etc/group", b"adm:x:4:ana\n"),
    ("uploads/auto/var/log/syslog", b"x\n"),
    ("results/Linux.Sys.Pslist.json", jsonl({"Pid": 812, "Ppid": 1, "Name": "x", "CommandLine": "/tmp/x -k", "Exe": "/tmp/x (deleted)", "Username": "ana", "RSS": 4096},
                                            {"Pid": 2, "Ppid": 0, "Name": "kthreadd", "CommandLine": "", "Exe": "", "Username": "root"})),
    ("results/Linux.Sys.Pslist.json.index", b"\0" * 16),
    ("results/Linux.Network.Netstat%2FTCP4.json", jsonl({"inode": "1", "State": "Listening", "uid": "1000", "LocalAddr": "0.0.0.0", "LocalPort": 4444, "RemoteAddr": "0.0.0.0",
                                                        "RemotePort": 0, "ProcessInfo": {"Pid": 812, "Command": "x\n"}})),
    ("results/Linux.Proc.Modules.json", jsonl({"Name": "nf_tables", "Size": 282624, "UseCount": 0, "Status": "Live", "Address": "0x0"})),
    ("results/Linux.Mounts.json", jsonl({"Device": "/dev/sda1", "Mount": "/", "FSType": "ext4", "Options": ["rw", "relatime"]})),
    ("results/Linux.Debian.Packages%2FDebPackages.json", jsonl({"Package": "bash", "Version": "5.2.15", "Architecture": "amd64"})),
    ("results/Linux.Sys.SUID.json", jsonl({"Mode": "urwxr-xr-x", "OSPath": "/usr/bin/mount", "Size": 55528, "OwnerID": 0, "GroupID": 0})),
    ("results/Linux.Sys.BashHistory.json", jsonl({"Line": "ls"})),
    ("client_info.json", json.dumps({"hostname": "db1", "fqdn": "db1.example.org", "system": "linux", "release": "debian12"}).encode()),
    ("collection_context.json", json.dumps({"session_id": "F.ABC", "create_time": 1764040329000000, "state": "FINISHED",
                                            "request": {"artifacts": ["Linux.Sys.Pslist", "Linux.Network.Netstat"]}}).encode()),
    ("uploads.json", b""),
]


class Hosts(CollectionTest):
    def test_systems_stand_worst_first_with_what_captured_them(self):
        for line_ in ("assess system quiet --state clear", "assess system mail --state suspected", "assess system db1 --state affected", "assess system web2"):
            self.ana(line_)
        self.bring(bundle())
        self.bring(velociraptor(VELOCIRAPTOR), "v.zip", "--system old")
        whole = bundle(piece=1024, head={**HEAD, "host": "half"})
        self.bring(whole[: len(whole) - 200], "half.calm")
        rows = self.ana.json("preserve hosts")
        self.assertEqual([(row["system"], row.get("by", "")) for row in rows],
                         [("db1", ""), ("mail", ""), ("web2", ""), ("half", "bundle"), ("old", "Velociraptor"), ("web1", "bundle"), ("quiet", "")])
        said = self.ana("preserve hosts")
        self.assertIn("3 of 7 captured", said)
        self.assertIn("Next:  calm help affected-machine", said)
        self.assertIn("not captured", said)
        self.assertIn("it is not whole", rows[3]["missing"])
        self.assertIn("6 things unread", rows[5]["missing"])
        self.assertIn("1 part not whole", rows[5]["missing"])
        self.ana("snapshot take")
        self.assertEqual(self.ana.json("preserve hosts")[-2]["by"], "snapshot")

    def test_where_all_are_captured_what_stands_out_is_next(self):
        self.bring(bundle())
        self.assertIn("Next:  calm preserve observed\n", self.ana("preserve hosts"))
        self.assertIn("calm snapshot diff s2 compares it", self.bring(bundle(head={**HEAD, "boot_id": "c"}), "later.calm"))

    def test_nobody_is_told_of_a_capture_that_is_not_for_them(self):
        self.ana("assess system web1 --tlp green")
        self.bring(bundle(), more="--tlp red")
        expert = self.join("eva", "--role expert", "documents")
        self.assertTrue(self.ana.json("preserve hosts")[0]["captured"])
        (row,) = expert.json("preserve hosts")
        self.assertFalse(row["captured"])




@unittest.skipUnless(COLLECT.exists(), "calm-collect was not built")
class Here(CollectionTest):
    def test_this_machine_is_collected_sealed_to_the_case_and_taken_in(self):
        self.ana("preserve collect")
        (item,) = self.items("archive")
        self.assertTrue(self.blob(item).startswith(b"calm-sealed/1\n"))
        head = self.listed()[0]
        self.assertEqual((head["host"], head["profile"], head["tool"]), (socket.gethostname(), "triage", "calm-collect"))
        self.assertEqual(head["boot_id"], pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        self.assertNotIn("problem", self.listed()[-1])
        (state,) = self.ana.json("snapshot list")
        self.assertEqual(state["how"], "taken")
        self.ana("snapshot take")
        self.ana("snapshot diff s1 s2")
        (row,) = self.ana.json("preserve hosts")
        self.assertTrue(row["captured"])

    def test_another_machine_s_name_is_refused_unless_it_is_this_one(self):
        self.assertEqual(self.ana.fails("preserve collect elsewhere")[0], USAGE)
        self.ana("preserve collect elsewhere --here")
        self.assertEqual([one["name"] for one in self.ana.json("assess systems")], ["elsewhere"])

    def test_a_bundle_that_is_sealed_to_another_case_or_compartment_is_not_opened(self):
        eva = harness.Person("eva", self.folder, None)
        eva(f"open {self.folder / 'other.calm'}")
        eva.case = self.folder / "other.calm"
        eva(f"preserve key --out {self.folder / 'other.key'}")
        self.ana("team compartment board x")
        self.ana(f"preserve key --scope board --out {self.folder / 'board.key'}")
        bob = self.join("bob")
        for name, person in (("other", self.ana), ("board", bob)):
            path = self.folder / f"{name}-bundle"
            subprocess.run([COLLECT, "--to", f"{name}.key", "--output", path], cwd=self.folder, stderr=subprocess.DEVNULL, check=True)
            status, said = person.fails(f"preserve import {path}")
            self.assertEqual(status, DENIED)
            self.assertIn("none of them is in your hands", said)
        self.assertEqual(self.ana.json("preserve list"), [])
        self.ana(f"preserve import {self.folder / 'board-bundle'} --scope board")
        self.assertEqual(bob.json("preserve list"), [])

    def receive(self, *more):
        receiver = subprocess.Popen([harness.CALM, "--case", str(self.case), "preserve", "receive", *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True, cwd=self.folder, env=self.ana.env)
        self.addCleanup(receiver.stdout.close)
        self.addCleanup(receiver.wait)
        self.addCleanup(receiver.kill)
        for text in receiver.stdout:
            if "--token" in text:
                words = text.split()
                return receiver, words[words.index("--token") + 1], words[words.index("--output") + 1]
        self.fail("it printed no command")

    def test_bundles_come_over_the_network_at_once_and_each_is_on_the_register(self):
        self.ana(f"preserve key --out {self.folder / 'case.key'}")
        receiver, token, place = self.receive("127.0.0.1:0", "--count", "2")
        senders = [subprocess.Popen([COLLECT, "--to", "case.key", "--token", token, "--output", place], cwd=self.folder, stderr=subprocess.DEVNULL) for _ in range(2)]
        self.assertEqual([sender.wait(60) for sender in senders], [0, 0])
        said = receiver.stdout.read()
        self.assertEqual(receiver.wait(60), 0)
        self.assertIn("2 bundles taken in", said)
        self.assertEqual([one["sort"] for one in self.ana.json("preserve list")].count("archive"), 2)
        self.assertEqual(list((self.case / "received").glob("*.*")), [])

    def test_a_lost_bundle_goes_on_with_the_next_receiver_or_is_kept_as_cut(self):
        self.ana(f"preserve key --out {self.folder / 'case.key'}")
        path = self.folder / "whole.calm"
        subprocess.run([COLLECT, "--to", "case.key", "--output", path], cwd=self.folder, stderr=subprocess.DEVNULL, check=True)
        data = path.read_bytes()
        receiver, token, place = self.receive("127.0.0.1:0")
        first, second = sender.Key(), sender.Key()
        for key in (first, second):
            with sender.Sender(place, token, key) as one:
                self.assertEqual(one.greet(), 0)
                one.send(data[: len(data) // 2], until=len(data) // 2)
        with sender.Sender(place, "wrong", first) as one:
            one.wire.sendall(b"calm-send/2 wrong %s\n" % first.collection.hex().encode())
            self.assertTrue(one.is_over())
        receiver.send_signal(signal.SIGINT)
        said = receiver.stdout.read()
        self.assertEqual(receiver.wait(60), 0)
        self.assertIn("2 came in part", said)
        receiver, again, place = self.receive("127.0.0.1:0", "--count", "1")
        self.assertEqual(again, token)
        with sender.Sender(place, token, first) as one:
            have = one.greet()
            self.assertEqual(have, len(data) // 2)
            one.send(data[have:])
            self.assertEqual(one.finish(data), "F")
        self.assertEqual(receiver.wait(60), 0)
        (item,) = self.items("archive")
        self.assertEqual(item["sha256"], hashlib.sha256(data).hexdigest())
        self.ana("preserve receive --give-up")
        cut = self.items("archive")[1]
        self.assertEqual(cut["sha256"], hashlib.sha256(data[: len(data) // 2]).hexdigest())
        self.assertIn("not whole", cut["remark"])
        self.assertEqual(list((self.case / "received").glob("*.*")), [])

    def test_what_is_received_and_cannot_be_opened_is_kept_as_it_is(self):
        receiver, token, place = self.receive("127.0.0.1:0", "--count", "1")
        data = b"no bundle at all"
        with sender.Sender(place, token) as one:
            self.assertEqual(one.greet(), 0)
            one.send(data)
            self.assertEqual(one.finish(data), "F")
        self.assertEqual(receiver.wait(60), 0)
        (item,) = self.ana.json("preserve list")
        self.assertEqual(self.blob(item), data)
        self.assertIn("it cannot be read", item["remark"])


if __name__ == "__main__":
    harness.main()
