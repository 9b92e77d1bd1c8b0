"""test_collection_foreign.py: collections of other tools: UAC's archives and Velociraptor's offline collections in the layouts that
doc/format/collection.md describes, made here, and a real archive of UAC where CALM_UAC names its folder (github.com/tclahr/uac)."""
import gzip
import io
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import tarfile
import unittest

import harness
from made import header, jsonl, tar, velociraptor
from test_collection import UAC, VELOCIRAPTOR, CollectionTest

UAC_FOLDER = os.environ.get("CALM_UAC")


def encrypted(data, *names):
    """A zip file of which these members are marked as encrypted: PKWARE's APPNOTE 4.4.4, bit 0."""
    data = bytearray(data)
    for signature, flags, size, start_of_name in ((b"PK\x03\x04", 6, 26, 30), (b"PK\x01\x02", 8, 28, 46)):
        start = -1
        while (start := data.find(signature, start + 1)) >= 0:
            length = int.from_bytes(data[start + size : start + size + 2], "little")
            if data[start + start_of_name : start + start_of_name + length].decode() in names:
                data[start + flags] |= 1
    return bytes(data)


class ForeignTest(CollectionTest):
    def state(self):
        (kept,) = self.items("snapshot")
        return [json.loads(text) for text in self.blob(kept).splitlines()]

    def section(self, name):
        return {one["key"]: one for one in self.state() if one["section"] == name}

    def check(self):
        self.assertEqual(len(self.items("archive")), 1)
        self.assertNotIn("cut or altered", self.ana("log --full"))
        coverage = self.section("coverage")
        for name, one in coverage.items():
            self.assertEqual(one["count"], len(self.section(name)), name)
            if one["seen"] == "none":
                self.assertTrue(one["missing"], name)
        return coverage

    def everything_missing(self, step):
        return [(one["missing"], one["why"]) for one in self.missing() if one["step"] == step]


class Uac(ForeignTest):
    def test_a_uac_archive_becomes_a_state_of_its_host(self):
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w:gz") as archive:
            for name, data in UAC:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        said = self.bring(raw.getvalue(), "uac-web1-linux-20261125031209.tar.gz")
        self.assertIn("web1 at 2026-11-25 03:12:09 UTC, by uac", said)
        coverage = self.check()
        self.assertEqual({name for name, one in coverage.items() if one["seen"] == "none"},
                         {"time", "load", "neighbour", "route", "link", "address", "resolver", "filesystem", "disk", "array", "health", "unit", "timer", "authorised key"})
        processes = self.section("process")
        self.assertEqual(set(processes), {"/usr/lib/systemd/systemd [/sbin/init] uid 0", "[kthreadd]", "/tmp/.x [/tmp/.x -k 1] uid 33",
                                          "/usr/sbin/sshd [/usr/sbin/sshd -D] uid 0"})
        bad = processes["/tmp/.x [/tmp/.x -k 1] uid 33"]
        self.assertEqual((bad["pid"], bad["args"], bad["program"], bad["deleted"], bad["memory"]), (812, ["/tmp/.x", "-k", "1"], "/tmp/.x", True, 2048 * 1024))
        self.assertEqual({key: one["everywhere"] for key, one in self.section("listener").items()}, {"TCP 0.0.0.0:22": True, "UDP [::]:68": True})
        self.assertEqual(set(self.section("connection")), {"TCP 192.0.2.7:22 from 198.51.100.9", "TCP to 203.0.113.5:4444 by .x"})
        self.assertEqual({key: one["password"] for key, one in self.section("account").items()}, {"root": "set", "www-data": "locked", "toor": "empty"})
        self.assertNotIn("salt", json.dumps(self.state()))
        self.assertEqual(set(self.section("group")), {"root", "adm"})
        self.assertEqual(self.section("mount")["/with space"]["type"], "tmpfs")
        self.assertEqual(self.section("module")["nf_tables"]["size"], 282624)
        self.assertEqual({key: one["status"] for key, one in self.section("package").items()}, {"bash:amd64": "install ok installed", "old:i386": "rc"})
        self.assertEqual({key: one["mode"] for key, one in self.section("config").items()}, {"/etc/passwd": "0644", "/etc/odd|name": "0666"})
        self.assertEqual({key: one["why"] for key, one in self.section("privileged").items()}, {"/usr/bin/mount": ["setuid"]})
        self.assertEqual([one["command"] for one in self.section("cron").values()], ["/tmp/.x"])
        self.assertEqual(self.section("system")["kernel"]["release"], "6.1.0-18-amd64")
        codes = {row["code"] for row in self.ana.json("preserve observed")}
        self.assertLessEqual({"deleted-program", "program-in-temporary-folder"}, codes)

    def test_a_uac_archive_in_a_folder_or_a_zip_or_cut_is_one_too(self):
        pairs = [("uac-web1-linux-20261125031209/" + name, data) for name, data in UAC]
        self.bring(tar(pairs), "folder.tar")
        self.bring(velociraptor([("./" + name, data) for name, data in UAC]), "uac.zip")
        self.bring(tar(UAC)[:9000], "cut.tar")
        self.assertEqual([one["name"] for one in self.ana.json("assess systems")], ["web1"])
        archives = self.items("archive")
        self.assertEqual(["not whole" in one.get("remark", "") for one in archives], [False, False, True])

    def test_listings_of_netstat_are_read_where_there_is_no_ss(self):
        netstat = b"""Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      900/sshd: /usr/sbin
tcp        0      0 192.0.2.7:40000         203.0.113.5:4444        ESTABLISHED 812/.x
udp6       0      0 :::68                   :::*                                700/dhclient
"""
        pairs = [(name, data) for name, data in UAC if "ss_-anp" not in name]
        self.bring(tar([*pairs, ("live_response/network/netstat_-anp.txt", netstat)]), "uac.tar")
        self.assertEqual(set(self.section("listener")), {"TCP 0.0.0.0:22", "UDP [::]:68"})
        self.assertEqual({key: one["pids"] for key, one in self.section("connection").items()}, {"TCP to 203.0.113.5:4444 by .x": [812]})

    def test_its_log_says_when_as_what_and_what_went_wrong(self):
        log = b"""2026-11-25 05:12:08 +0200 INF Unix-like Artifacts Collector 3.3.0
2026-11-25 05:12:08 +0200 INF Command line: ./uac -u -p ir_triage /media/stick
2026-11-25 05:12:08 +0200 INF Hostname: web1
2026-11-25 05:12:09 +0200 CMD ps auxwww
2026-11-25 05:13:09 +0200 ERR _find_based_collector: no such file
no line of it
2026-11-25 05:14:00 +0200 INF Artifacts collection completed in 112 seconds
"""
        pairs = [(name, log if name == "uac.log" else data) for name, data in UAC if "hostname" not in name and "uname" not in name]
        self.assertIn("web1 at 2026-11-25 03:12:08 UTC, by uac", self.bring(tar(pairs), "uac.tar"))
        head = self.listed()[0]
        self.assertEqual((head["program"], head["host"], head["profile"], head["taken"]), ("UAC 3.3.0", "web1", "ir_triage", "2026-11-25T03:12:08.000000000Z"))
        self.assertEqual(self.everything_missing("UAC"), [("_find_based_collector: no such file", "an error in uac.log")])

    def test_the_log_of_version_2_that_has_no_end_says_that_it_was_stopped(self):
        log = b"""2026-11-25 03:12:09 +0000 INFO UAC (Unix-like Artifacts Collector) 2.9.1
2026-11-25 03:12:09 +0000 INFO Command line: ./uac -a live_response/* /media/stick
2026-11-25 03:12:10 +0000 ERROR no such artifact
"""
        self.bring(tar([*[(name, log if name == "uac.log" else data) for name, data in UAC], ("uac.log.stderr", b"x\n")]), "uac.tar")
        self.assertEqual((self.listed()[0]["program"], self.listed()[0]["profile"]), ("UAC 2.9.1", "live_response/*"))
        self.assertEqual(self.everything_missing("UAC"), [("the collection", "uac.log does not tell its end: it was stopped"), ("no such artifact", "an error in uac.log")])

    def test_a_log_with_times_that_are_none_does_no_harm(self):
        for number, stamp in enumerate((b"9999-12-31 23:59:59 -1400", b"0000-01-01 00:00:00 +1400", b"2026-13-45 99:99:99 +0000", b"2026-11-25 03:12:09 +9999")):
            with self.subTest(stamp):
                pairs = [(name, stamp + b" INF Hostname: web1\n" if name == "uac.log" else data) for name, data in UAC if "date.txt" not in name]
                self.assertIn("web1 at 2025-11-25 03:12:09 UTC" if number > 1 else "web1 at a time not stated", self.bring(tar(pairs), f"{number}.tar"))

    def test_links_in_the_body_file_are_called_by_their_own_name(self):
        body = b"0|/etc/mtab -> ../proc/self/mounts|11|lrwxrwxrwx|0|0|19|1764030000|1764030001|1764030002|0\n0|/etc/a -> b|12|-rw-r--r--|0|0|1|1|1|1|0\n"
        self.bring(tar([(name, body if name.startswith("bodyfile") else data) for name, data in UAC]), "uac.tar")
        self.assertEqual({key: one["kind"] for key, one in self.section("config").items()}, {"/etc/mtab": "link", "/etc/a -> b": "file"})

    def test_packages_of_rpm_are_read_and_modules_as_the_kernel_lists_them(self):
        pairs = [(name, data) for name, data in UAC if "dpkg" not in name]
        pairs += [("live_response/packages/rpm_-q_-a.txt", b"bash-5.1.8-9.el9.x86_64\ngpg-pubkey-8483c65d-5ccc5b19\ntzdata-2024a-1.el9.noarch\n"),
                  ("live_response/process/proc/modules.txt", b"nf_tables 282624 0 - Live 0x0\n")]
        self.bring(tar(pairs), "uac.tar")
        self.assertEqual({key: one["version"] for key, one in self.section("package").items()}, {"bash:x86_64": "5.1.8-9.el9", "tzdata:noarch": "2024a-1.el9"})
        self.assertEqual(self.section("module")["nf_tables"]["size"], 282624)

    def test_a_zip_with_a_password_is_kept_and_says_so(self):
        data = encrypted(velociraptor(UAC), *(name for name, _ in UAC))
        said = " ".join(self.bring(data, "uac.zip", "--system web1").split())
        self.assertIn("encrypted with a password that its collector was given", said)
        self.assertIn("No state of the system", said)
        self.assertEqual(self.blob(self.items("archive")[0]), data)

    def test_an_archive_that_only_looks_like_one_is_none(self):
        for pairs in ([("[root]/etc/passwd", b"x")], [("uploads/2026/cat.jpg", b"x"), ("log.json", b"{}"), ("metadata.json", b"{}")], [("auto/etc/passwd", b"x")]):
            with self.subTest(pairs[0][0]):
                status, _ = self.ana.fails(f"preserve import {self.write('no.zip', velociraptor(pairs))}")
                self.assertEqual(status, 7)
        self.assertEqual(self.ana.json("preserve list"), [])

    def test_of_a_member_over_the_limit_the_first_part_is_read_and_that_is_said(self):
        line = b"0|/etc/odd|12|-rw-rw-rw-|0|0|7|1764030000|1764030001|1764030002|0\n"
        size = (129 << 20) // len(line) * len(line)
        info = tarfile.TarInfo("bodyfile/bodyfile.txt")
        info.size = size
        whole = self.folder / "large.tar.gz"
        with gzip.open(whole, "wb", 1) as out:
            out.write(tar([one for one in UAC if not one[0].startswith("bodyfile")])[:-1024] + header(info))
            for _ in range(size // len(line) // 65536):
                out.write(line * 65536)
            out.write(line * (size // len(line) % 65536) + bytes(-size % 512) + bytes(1024))
        said = self.ana(f"preserve import {whole}")
        self.assertNotIn("Not whole", said)
        self.assertEqual(self.blob(self.items("archive")[0]), whole.read_bytes())
        self.assertEqual(self.everything_missing("archive"),
                         [("bodyfile/bodyfile.txt", f"only its first {128 << 20} of {size} bytes were read, for 128 MiB are read of one member and 320 MiB of all; it lies whole in the archive")])
        self.assertEqual(self.section("config")["/etc/odd"]["mode"], "0666")

    @unittest.skipUnless(UAC_FOLDER and pathlib.Path(UAC_FOLDER, "uac").exists(), "CALM_UAC names no folder with UAC")
    def test_a_real_archive_becomes_a_state_of_this_host(self):
        """With all listings of processes and network, the system's files, and a body file of two levels."""
        config = self.folder / "uac.conf"
        config.write_text(re.sub(r"(?m)^max_depth:.*", "max_depth: 2", pathlib.Path(UAC_FOLDER, "config/uac.conf").read_text()))
        artifacts = ["live_response/process/ps.yaml", "live_response/network/*", "live_response/system/date.yaml", "live_response/system/uname.yaml",
                     "live_response/system/lsmod.yaml", "live_response/storage/mount.yaml", "live_response/packages/dpkg.yaml", "bodyfile/bodyfile.yaml",
                     "files/system/etc.yaml"]
        artifacts = [one for one in artifacts if "*" in one or pathlib.Path(UAC_FOLDER, "artifacts", one).exists()]
        version = re.search(r"VERSION=\"([0-9.]+)", pathlib.Path(UAC_FOLDER, "uac").read_text())[1]
        more = ["-c", str(config)]
        if version < "3":  # it has no such limit: no body file
            artifacts.remove("bodyfile/bodyfile.yaml")
            more = []
        subprocess.run(["nice", "./uac", "-u", *more, "-a", ",".join(artifacts), str(self.folder)], cwd=UAC_FOLDER, stdout=subprocess.DEVNULL, check=True)
        (archive,) = self.folder.glob("uac-*.tar.gz")
        said = self.ana(f"preserve import {archive}")
        self.assertNotIn("Not whole", said)
        self.assertEqual(self.blob(self.items("archive")[0]), archive.read_bytes())
        head = self.listed()[0]
        self.assertEqual((head["program"], head["host"], head["tool"]), (f"UAC {version}", socket.gethostname(), "uac"))
        acquired = archive.with_name(archive.name.removesuffix(".tar.gz") + ".log").read_text()
        self.assertIn(f"Hostname: {head['host']}", acquired)
        self.check()
        with tarfile.open(archive) as members:
            names = members.getnames()
            listed = {name: members.extractfile(f"live_response/{name}").read().decode("utf-8", "replace") for name in ("process/ps_auxwww.txt", "storage/mount.txt")}
        self.assertEqual(int(self.listed()[-1]["members"]), len(names))
        pids = {int(text.split()[1]) for text in listed["process/ps_auxwww.txt"].splitlines()[1:]}
        self.assertEqual({one["pid"] for one in self.section("process").values()}, pids)
        self.assertEqual({one["point"] for one in self.section("mount").values()}, {text.split(" on ")[1].split(" type ")[0] for text in listed["storage/mount.txt"].splitlines()})


class Velociraptor(ForeignTest):
    def test_a_velociraptor_collection_becomes_a_state_of_its_host(self):
        said = self.bring(velociraptor(VELOCIRAPTOR), "Collection-db1.zip")
        self.assertIn("db1 at 2025-11-25 03:12:09 UTC, by velociraptor", said)
        self.check()
        self.assertEqual(set(self.section("process")), {"/tmp/x [/tmp/x -k] uid 1000", "[kthreadd]"})
        self.assertTrue(self.section("process")["/tmp/x [/tmp/x -k] uid 1000"]["deleted"])
        self.assertEqual({key: (one["port"], one["pids"]) for key, one in self.section("listener").items()}, {"TCP 0.0.0.0:4444": (4444, [812])})
        self.assertEqual(set(self.section("account")), {"root", "ana"})
        self.assertEqual(set(self.section("group")), {"adm"})
        self.assertEqual(self.section("mount")["/"]["options"], "rw,relatime")
        self.assertEqual(set(self.section("package")), {"bash:amd64"})
        self.assertEqual(self.section("privileged")["/usr/bin/mount"]["mode"], "4755")
        self.assertEqual([one["missing"] for one in self.missing() if one["step"] == "mapping"], ["results/Linux.Sys.BashHistory.json"])
        self.assertEqual(self.listed()[0]["profile"], "Linux.Sys.Pslist, Linux.Network.Netstat")
        self.assertLessEqual({"deleted-program"}, {row["code"] for row in self.ana.json("preserve observed db1")})

    def test_a_failed_collection_says_so(self):
        failed = [(name, data.replace(b"FINISHED", b"ERROR")) for name, data in VELOCIRAPTOR]
        self.bring(velociraptor(failed), "failed.zip")
        self.assertIn("it ended in an error, by its own account", [one["why"] for one in self.missing()])

    def test_escaped_names_are_read_and_kept_as_they_are(self):
        pairs = [("uploads/auto/home/ana/%2Essh/authorized_keys", b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUHSD1vtVRcF5L4jQ5wLYyGeVJvI7Ltv1jKLTd9x ana@desk\n"),
                 ("uploads/ntfs/%5C%5C.%5CC%3A/Windows/win.ini", b"x"), ("uploads/auto/etc/cron.d/%2Ehidden%00", b"x"), ("uploads/file/etc/hostname", b"db1\n"),
                 ("results/Custom.Own%2FSource%3A.json", jsonl({"A": 1}))]
        self.bring(velociraptor([*VELOCIRAPTOR, *pairs]), "v.zip")
        keys = self.section("authorised key")
        self.assertEqual([one["file"] for one in keys.values()], ["/home/ana/.ssh/authorized_keys"], keys)
        self.assertIn("results/Custom.Own%2FSource%3A.json", [name for name, _ in self.everything_missing("mapping")])

    def test_the_layout_before_version_0_6_7_is_read(self):
        """Rows and copies at the top, no context (reporting/container.go of Velociraptor, until October 2022)."""
        old = []
        for name, data in VELOCIRAPTOR:
            if name.startswith("uploads/"):
                old.append((name.removeprefix("uploads/"), data))
            elif name.startswith("results/"):
                old.append((name.removeprefix("results/").replace("%2F", "/"), data))
        self.assertIn("db1 at 2026-11-25 04:00:00 UTC, by velociraptor", self.bring(velociraptor(old), "old.zip", "--system db1"))
        self.assertEqual(set(self.section("process")), {"/tmp/x [/tmp/x -k] uid 1000", "[kthreadd]"})
        self.assertEqual(set(self.section("listener")), {"TCP 0.0.0.0:4444"})
        self.assertEqual(set(self.section("account")), {"root", "ana"})

    def test_rows_as_tables_and_as_one_array_are_read(self):
        table = b"""Pid,Ppid,Name,CommandLine,Exe,Username,RSS,Deleted\r
812,1,x,"/tmp/x ""-k"", a",/tmp/x,ana,4096,true
2,0,kthreadd,,,root,0,false
"""
        netstat = b'State,uid,LocalAddr,LocalPort,RemoteAddr,RemotePort,ProcessInfo\nListening,0,0.0.0.0,22,0.0.0.0,0,"{""Pid"":900,""Command"":""sshd\\n""}"\n'
        packages = json.dumps([{"Package": "bash", "Version": "5.2.15", "Architecture": "amd64", "State": "installed"},
                               {"Package": "old", "Version": "1", "Architecture": "i386", "State": "config-files"}]).encode()
        pairs = [(name, data) for name, data in VELOCIRAPTOR if not name.startswith("results/")]
        pairs += [("results/Linux.Sys.Pslist.csv", table), ("results/Linux.Network.Netstat%2FTCP4.csv", netstat), ("results/Linux.Debian.Packages%2FDebPackages.json", packages),
                  ("results/Linux.Debian.Packages%2FDebPackages.csv", b"Package\nnot read beside the JSON\n")]
        self.bring(velociraptor(pairs), "v.zip")
        processes = {one["pid"]: one for one in self.section("process").values()}
        self.assertEqual((processes[812]["args"], processes[812]["deleted"], processes[812]["uid"]), (["/tmp/x", '"-k",', "a"], True, 1000))
        self.assertEqual(processes[2]["kind"], "kernel")
        self.assertEqual({key: (one["pids"], one["program"]) for key, one in self.section("listener").items()}, {"TCP 0.0.0.0:22": ([900], "sshd")})
        self.assertEqual({key: one["status"] for key, one in self.section("package").items()}, {"bash:amd64": "install ok installed", "old:i386": "config-files"})

    def test_what_its_log_and_its_list_of_copies_complain_of_is_missing(self):
        log = jsonl({"_ts": 1, "level": "INFO", "message": "fine\n"}, {"_ts": 1, "level": "ERROR", "message": "open /etc/shadow: permission denied\n"})
        copies = jsonl({"vfs_path": "/etc/passwd", "file_size": 90, "uploaded_size": 90, "Type": ""}, {"vfs_path": "/var/log/lastlog", "file_size": 292000, "uploaded_size": 4096, "Type": ""})
        client = json.dumps({"Hostname": "db1", "Fqdn": "db1.example.org", "OS": "windows", "KernelVersion": "10.0", "Architecture": "amd64"}).encode()
        new = {"uploads.json": copies, "client_info.json": client}
        self.bring(velociraptor([*[(name, new.get(name, data)) for name, data in VELOCIRAPTOR], ("log.json", log)]), "v.zip")
        self.assertEqual(self.everything_missing("Velociraptor"),
                         [("open /etc/shadow: permission denied", "an error in log.json"), ("/var/log/lastlog", "4096 of its 292000 bytes lie in the archive")])
        self.assertIn(("most of the state", "it is of another system than Linux; its rows lie in the archive"), self.everything_missing("mapping"))
        self.assertEqual(self.section("system")["kernel"]["release"], "10.0")

    def test_an_encrypted_collection_is_taken_and_says_how_it_is_encrypted(self):
        for number, (metadata, words) in enumerate((([{"EncryptedPass": "x", "Scheme": "X509", "PublicKey": "-"}], "only that server's private key opens it"),
                                                    ([{"Scheme": "PGP"}], "encrypted to a PGP key"), ([], "with a password that its collector was given"))):
            with self.subTest(words):
                data = encrypted(velociraptor([("metadata.json", json.dumps(metadata).encode()), ("data.zip", bytes([number]) + b"PK sealed, longer than the head of it")]), "data.zip")
                said = " ".join(self.bring(data, f"sealed{number}.zip", "--system db1").split())
                self.assertIn(words, said)
                self.assertIn("No state of the system", said)
                self.assertEqual(self.blob(self.items("archive")[number]), data)

    def test_hostile_rows_and_listings_do_no_harm(self):
        rng = random.Random(6)
        garbage = rng.randbytes(5000) + b"\n" + b"|" * 3000 + b"\n" + b" " * 3000 + b":::::::\n" + b"tcp LISTEN 0 0 :" + b"9" * 400 + b" *:* x\n"
        uac = [(name, data if name in ("live_response/network/hostname.txt",) else garbage) for name, data in UAC]
        self.bring(tar(uac), "uac.tar", "--system web1")
        rows = b"[" * 4000 + b"\n" + jsonl({"Pid": -1}, {"Pid": "x"}, {"Pid": 1, "Name": "\u202e" * 9000, "CommandLine": ["a"], "Exe": None}) + b'{"Pid":9999999999999999999999}\n'
        self.bring(velociraptor([(name, rows if name.startswith("results/") else data) for name, data in VELOCIRAPTOR]), "v.zip")
        for number, table in enumerate((b'"' * 70001, b"Pid," * 5000 + b"\n" + b"1,\xff\xfe\x00," * 5000, b'Pid,CommandLine\n1,"' + b"A" * (2 << 20), b"\n\n,,,\n\"")):
            self.bring(velociraptor([*((name, data) for name, data in VELOCIRAPTOR if not name.startswith("results/")), ("results/Linux.Sys.Pslist.csv", table)]), f"c{number}.zip")
        self.assertEqual(len(self.items("archive")), 6)
        for call in ("s1", "s2"):
            self.ana(f"snapshot observe {call}")


if __name__ == "__main__":
    harness.main()
