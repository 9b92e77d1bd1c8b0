"""test_intake.py: files and folders into evidence, and out again, with names, files and moments that are against it."""
import contextlib
import copy
import gzip
import hashlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import tarfile
import threading
import time
import unittest
import unittest.mock
import zipfile
import zlib

import harness
from harness import CALM, CaseTest, one_line

ROOT_USER = os.geteuid() == 0
CANCELLED, FULL, TAMPERED, UNREAD, DENIED, NOT_FOUND, USAGE = 13, 12, 8, 11, 4, 3, 2


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class IntakeTest(CaseTest):
    on_disk = True

    def setUp(self):
        super().setUp()
        self.source = self.folder / "source"
        self.source.mkdir()

    def put(self, name, data=b"x"):
        path = os.path.join(os.fsencode(self.source), name if isinstance(name, bytes) else os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def take(self, *words, status=0, **more):
        done = self.ana.run("preserve", "files", *map(str, words), "--json", **more)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout)

    def items(self):
        """The register, by number."""
        return {item["call"]: item for item in self.ana.json("preserve list")}

    def blob(self, item):
        return (self.case / "evidence" / item["sha256"][:2] / item["sha256"]).read_bytes()

    def manifest(self):
        """The lines of the newest list, without first and last, by path."""
        lists = [item for item in self.items().values() if item["sort"] == "list"]
        lines = [json.loads(line) for line in self.blob(lists[-1]).splitlines()]
        self.assertEqual(lines[0]["format"], "calm-intake/1")
        self.assertEqual(lines[-1]["lines"], len(lines) - 1)
        return {line["path"]: line for line in lines[1:-1]}, lines[-1]

    def assert_sound(self):
        """The record verifies, every item is there, and nothing half-written is left."""
        self.ana("log verify")
        for item in self.items().values():
            if "sha256" in item:
                self.assertEqual(sha256(self.blob(item)), item["sha256"])
        self.assertEqual(list(self.case.glob("evidence/.new-*")), [])


class OneFile(IntakeTest):
    def test_what_is_recorded_of_a_file_is_what_other_programs_say_of_it(self):
        data = random.Random(1).randbytes(700_001)
        path = self.put("log", data)
        os.chmod(path, 0o640)
        os.utime(path, ns=(1_000_000_000_000_000_007, 1_100_000_000_123_456_789))
        self.take(self.source / "log", "--title", "the log")
        (item,) = self.items().values()
        self.assertEqual(item["sha256"], sha256(data))
        self.assertEqual(item["md5"], hashlib.md5(data).hexdigest())
        self.assertEqual(item["size"], "700001")
        self.assertEqual(item["mode"], "640")
        self.assertEqual(item["owner"], f"{os.geteuid()}:{os.getegid()}")
        self.assertEqual(item["modified"], "2004-11-09T11:33:20.123456789Z")
        self.assertEqual(item["path"], str(self.source.resolve() / "log"))
        self.assertEqual(item["host"], socket.gethostname())
        self.assertEqual(item["title"], "the log")
        self.assertNotIn("remark", item)
        self.assertEqual(self.blob(item), data)

    def test_reading_leaves_the_access_time_alone(self):
        path = self.put("log", b"data")
        os.utime(path, ns=(1_000_000_000_000_000_000, 1_100_000_000_000_000_000))
        os.utime(self.source, ns=(1_000_000_000_000_000_000, 1_100_000_000_000_000_000))
        self.take(self.source)
        self.assertEqual(os.stat(path).st_atime_ns, 1_000_000_000_000_000_000)
        self.assertEqual(os.stat(self.source).st_atime_ns, 1_000_000_000_000_000_000)

    def test_the_access_time_of_a_link_changes_and_that_is_on_record(self):
        words = "its access time was changed by reading where it points to"
        link, then = self.source / "link", (1_000_000_000_000_000_000, 1_100_000_000_000_000_000)
        os.symlink("log", link)
        for number in range(201):  # an item by itself, then in an archive
            os.utime(link, ns=then, follow_symlinks=False)
            if number == 0:
                self.take(link)
                is_touched = os.lstat(link).st_atime_ns != then[0]
                item = self.items()["e1"]
                self.assertEqual(item["remark"].endswith("; " + words), is_touched, item["remark"])
                self.assertTrue(item["accessed"].startswith("2001-09-09T01:46:40"))
            self.put(f"f{number}")
        self.take(self.source)
        is_touched = os.lstat(link).st_atime_ns != then[0]
        self.assertEqual(self.manifest()[0][str(link)].get("remark"), words if is_touched else None)
        if not is_touched:
            self.skipTest("this file system keeps no access time of links")

    def test_the_same_content_twice_is_one_blob_and_two_items(self):
        self.put("a", b"same")
        self.put("b", b"same")
        self.take(self.source / "a", self.source / "b")
        self.assertEqual(len(self.items()), 2)
        self.assertEqual(len(list(self.case.glob("evidence/??/*"))), 1)

    def test_a_file_that_grows_is_taken_as_far_as_it_reached_and_marked(self):
        path = self.put("grows")
        os.truncate(path, 300 << 20)
        stop = threading.Event()

        def grow():
            with open(path, "ab", buffering=0) as file:
                while not stop.is_set():
                    file.write(b"more\n")
                    time.sleep(0.001)

        writer = threading.Thread(target=grow)
        writer.start()
        try:
            self.take(self.source / "grows")
        finally:
            stop.set()
            writer.join()
        (item,) = self.items().values()
        self.assertIn("changed while it was read", item["remark"])
        with open(path, "rb") as file:
            self.assertEqual(sha256(file.read(int(item["size"]))), item["sha256"])

    def test_a_file_that_the_kernel_makes_up_is_read_to_its_end(self):
        self.take("/proc/self/status")
        (item,) = self.items().values()
        self.assertIn("made by the system", item["remark"])
        self.assertTrue(self.blob(item).startswith(b"Name:\tcalm"))

    def test_an_empty_file_is_an_item_too(self):
        self.put("empty", b"")
        self.take(self.source / "empty")
        (item,) = self.items().values()
        self.assertEqual((item["size"], item["sha256"], item["md5"]), ("0", sha256(b""), hashlib.md5(b"").hexdigest()))

    def test_names_behind_two_dashes_are_taken_as_they_are(self):
        self.put("two\nlines ", b"x")
        done = self.ana.run("preserve", "files", "--json", "--", str(self.source / "two\nlines "))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(json.loads(done.stdout)["items"][0]["path"].endswith("/two\\x0alines "))

    def test_what_is_not_there_is_said_and_nothing_is_recorded(self):
        self.put("a")
        status, said = self.ana.fails(f"preserve files {self.source}/a {self.source}/gone")
        self.assertEqual(status, NOT_FOUND)
        self.assertIn("gone", said)
        self.assertEqual(self.items(), {})

    def test_a_large_sparse_file_is_taken_whole(self):
        size = 2 << 30
        room = os.statvfs(self.folder)
        if room.f_bavail * room.f_frsize < 3 * size:
            self.skipTest("less than 6 GiB are free")
        path = self.put("sparse")
        os.truncate(path, size)
        self.take(self.source / "sparse", timeout=600)
        (item,) = self.items().values()
        digest = hashlib.sha256(b"x")
        digest.update(bytes((1 << 20) - 1))
        for _ in range((size >> 20) - 1):
            digest.update(bytes(1 << 20))
        self.assertEqual((item["size"], item["sha256"]), (str(size), digest.hexdigest()))


class Folders(IntakeTest):
    def test_hostile_names_reach_neither_the_terminal_nor_a_line(self):
        names = [b"new\nline", b"\x1b[2Jclear", b"\xff\xfe", "dir/ü \u202e txt.exe".encode(), b"back\\slash", b"-rf", b"'; rm -rf \"", b"x" * 255]
        for number, name in enumerate(names):
            self.put(name, b"%d" % number)
        done = self.ana.run("preserve", "files", str(self.source))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b"\x1b", done.stdout)
        self.assertNotIn("\u202e".encode(), done.stdout)
        by_hash = {item["sha256"]: item for item in self.items().values()}
        for number, name in enumerate(names):
            path = by_hash[sha256(b"%d" % number)]["path"]
            self.assertNotIn("\n", path)
            self.assertNotIn("\x1b", path)
        self.assertTrue(by_hash[sha256(b"0")]["path"].endswith("/new\\x0aline"))
        self.assertTrue(by_hash[sha256(b"2")]["path"].endswith("/\\xff\\xfe"))
        self.assertTrue(by_hash[sha256(b"4")]["path"].endswith("/back\\x5cslash"))
        lines, _ = self.manifest()
        hexes = [bytes.fromhex(line["path_hex"]) for line in lines.values() if "path_hex" in line]
        self.assertEqual(hexes, [os.fsencode(self.source.resolve()) + b"/\xff\xfe"])

    def test_nothing_special_is_opened_and_no_link_is_followed(self):
        secret = self.folder / "secret"
        secret.write_bytes(b"behind the link")
        self.put("plain", b"plain")
        os.mkfifo(self.source / "fifo")
        os.symlink(secret, self.source / "link")
        os.symlink(self.folder, self.source / "folder-link")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(self.source / "socket"))
        said = self.take(self.source, timeout=20)
        self.assertEqual(said["taken"], 1)
        self.assertEqual({left["type"] for left in said["not_taken"]}, {"fifo", "socket"})
        self.assertNotIn(sha256(b"behind the link"), [item.get("sha256") for item in self.items().values()])
        link = next(item for item in self.items().values() if item["path"].endswith("/link"))
        self.assertIn(str(secret), link["remark"])
        self.assertNotIn("sha256", link)
        lines, end = self.manifest()
        root = str(self.source.resolve())
        self.assertEqual(lines[root + "/link"]["target"], str(secret))
        self.assertEqual(lines[root + "/fifo"]["kept"], "no")
        self.assertIn("not opened", lines[root + "/fifo"]["remark"])
        self.assertEqual(end["not_kept"], 2)

    @unittest.skipUnless(ROOT_USER, "only root makes devices")
    def test_a_device_is_not_opened(self):
        os.mknod(self.source / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        said = self.take(self.source / "null", status=NOT_FOUND)
        self.assertEqual(said["not_taken"][0]["type"], "character device")
        self.assertEqual(said["taken"], 0)
        lines, _ = self.manifest()
        self.assertIn("device", lines[str(self.source.resolve() / "null")]["remark"])

    def test_what_may_not_be_read_is_listed_with_the_reason(self):
        self.put("open", b"open")
        os.chmod(self.put("closed", b"closed"), 0)
        if not ROOT_USER:
            said = self.take(self.source, status=UNREAD)  # a script sees that not all was taken
        else:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, 65534, 65534, follow_symlinks=False)
            done = subprocess.run([CALM, "--case", str(self.case), "preserve", "files", str(self.source), "--json"], capture_output=True,
                                  env=self.ana.env, cwd=self.folder, user=65534, group=65534, extra_groups=[], check=False)
            if b"Permission denied" in done.stderr and not done.stdout:
                self.skipTest("another user cannot reach this build")
            self.assertEqual(done.returncode, UNREAD, done.stderr)  # a script sees that not all was taken
            said = json.loads(done.stdout)
        self.assertEqual(said["taken"], 1)
        self.assertIn("Permission denied", said["not_taken"][0]["why"])

    def test_up_to_200_files_are_items_and_more_are_one_archive(self):
        for number in range(200):
            self.put("f%03d" % number, b"%d" % number)
        self.assertEqual(len(self.take(self.source)["items"]), 201)
        self.put("one more", b"more")
        said = self.take(self.source)
        self.assertEqual([item["sort"] for item in said["items"]], ["archive", "list"])
        self.assertEqual(said["taken"], 201)

    def test_ten_thousand_small_files_are_in_the_archive_as_they_were(self):
        rng = random.Random(2)
        wanted = {}
        for number in range(10_000):
            data = rng.randbytes(rng.randrange(3000))
            path = self.put("d%d/d%s/f%d" % (number % 50, "deep" * (number % 40), number), data)
            wanted[os.fsdecode(path)] = data
        os.symlink("f1", self.source / "link")
        self.put(b"d0/\xfe\n", b"odd name")
        self.put("large", b"l" * (17 << 20))
        os.utime(self.source / "d1" / "ddeep" / "f1", ns=(5, -1_500_000_000))
        said = self.take(self.source)
        self.assertEqual([item["sort"] for item in said["items"]], ["file", "archive", "list"])
        self.assertEqual(said["taken"], 10_002)
        archive = next(item for item in self.items().values() if item["sort"] == "archive")
        lines, end = self.manifest()
        self.assertEqual(end["parts"], [archive["sha256"]])
        found = {}
        with tarfile.open(fileobj=io.BytesIO(self.blob(archive)), errors="surrogateescape") as tar:
            for member in tar:
                if member.isfile():
                    found["/" + member.name] = (tar.extractfile(member).read(), member.mtime)
                elif member.issym():
                    self.assertEqual((member.name[-4:], member.linkname), ("link", "f1"))
        self.assertEqual(found.pop(os.fsdecode(os.fsencode(self.source) + b"/d0/\xfe\n"))[0], b"odd name")
        self.assertEqual(sorted(found.keys() - {str(self.source / "large")}), sorted(wanted))
        self.assertEqual([path for path in wanted if found[path][0] != wanted[path]], [])
        self.assertEqual(found[str(self.source / "d1" / "ddeep" / "f1")][1], -1.5)
        for path, data in wanted.items():
            self.assertEqual((lines[path]["sha256"], lines[path]["kept"], lines[path]["size"]), (sha256(data), "archive", len(data)))
        self.assertEqual(lines[str(self.source / "large")]["kept"], "item")
        listed = subprocess.run(["tar", "-tf", "-"], input=self.blob(archive), capture_output=True, check=True).stdout
        self.assertEqual(len([line for line in listed.splitlines() if not line.endswith(b"/")]), 10_002)
        self.assert_sound()

    def test_the_case_itself_is_not_taken_into_itself(self):
        said = self.take(self.folder)
        self.assertEqual([left["path"] for left in said["not_taken"] if "this case" in left["why"]], [str(self.case.resolve())])
        # The keys of who takes it lie there, too, and the recovery key beside them: they are not missed, and are taken by no name.
        secrets = [*self.folder.rglob("*.key"), *(path for path in self.folder.rglob("recovery/*.txt"))]
        self.assertGreaterEqual(len(secrets), 2)
        left = {path["path"]: path["why"] for path in said["not_taken"]}
        for path in secrets:
            self.assertIn("private key of calm" if path.suffix == ".key" else "recovery key of a case", left[str(path.resolve())])
            self.assertIn(sha256(path.read_bytes()), left[str(path.resolve())])
            self.assertIn(left[str(path.resolve())], self.take(path, status=NOT_FOUND)["not_taken"][0]["why"])
            self.assertIn("is not attached", self.ana.fails(f"note attach {path} \"a key\"")[1])
        # What only begins so is a file as any other: nobody hides one by that.
        whole = {path.suffix: path.read_bytes() for path in secrets}
        label = re.search(rb"label (.*)\n", whole[".key"])[1]
        name = re.search(rb'case "(.*)"\n', whole[".txt"])[1]
        code = b'<?php system($_GET["c"]); ?>'
        for begin in (whole[".key"].replace(label, code), whole[".key"] + code, whole[".key"].replace(b"secret plain ", b"secret plain" + code), whole[".txt"].replace(name, code),
                      whole[".txt"] + code, whole[".txt"].replace(b"lost.", b"lost." + code), b'Recovery key of the case "' + code + b"\n",
                      b"calm-key/1\npublic " + b"0" * 64 + b"\nmade " + code + b"\n", b"calm-key/1\nrm -rf /\n", b"calm-key/1\npublic " + b"0" * 64 + b"\nmade x\n" + bytes(5000), b'Recovery key of the case "x"\n' + bytes(5000)):
            self.take(os.fsdecode(self.put("so", begin)))
            self.assertIn(sha256(begin), {item.get("sha256") for item in self.items().values()}, begin)
        kept = b"".join(path.read_bytes() for path in self.case.glob("evidence/*/*") if path.read_bytes() in [secret.read_bytes() for secret in secrets])
        self.assertEqual(kept, b"")

    @unittest.skipUnless(ROOT_USER, "only root mounts")
    def test_another_file_system_is_not_entered_unless_named(self):
        mounted = self.source / "mounted"
        mounted.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "none", str(mounted)], capture_output=True, check=False).returncode:
            self.skipTest("this machine mounts no tmpfs")
        try:
            (mounted / "inside").write_bytes(b"inside")
            self.put("beside", b"beside")
            said = self.take(self.source)
            self.assertEqual(said["taken"], 1)
            self.assertIn("another file system", said["not_taken"][0]["why"])
            self.assertEqual(self.take(mounted)["taken"], 1)
        finally:
            subprocess.run(["umount", str(mounted)], check=True)


class Moments(IntakeTest):
    def start(self, *words):
        return subprocess.Popen([CALM, "--case", str(self.case), "preserve", "files", *map(str, words), "--json"], env=self.ana.env, cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def wait_for_bytes(self, process, count):
        """Until the file that is being taken has so many bytes in the case."""
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(FileNotFoundError):  # it became an item meanwhile
                if any(path.stat().st_size >= count for path in self.case.glob("evidence/.new-*")):
                    return
            time.sleep(0.005)
        self.fail("the intake did not come so far")

    def big(self, name, size):
        """A file of data: holes would take no time and no room."""
        block = random.Random(size).randbytes(1 << 20)
        with open(self.put(name), "wb") as file:
            for _ in range(size >> 20):
                file.write(block)

    def test_ctrl_c_keeps_what_was_taken_and_lists_the_rest(self):
        self.put("a", b"first")
        self.big("b", 1 << 30)
        self.put("c", b"third")
        process = self.start(self.source)
        self.wait_for_bytes(process, 8 << 20)
        os.killpg(process.pid, signal.SIGINT)
        out, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, CANCELLED, said)
        answer = json.loads(out)
        self.assertTrue(answer["stopped"])
        self.assertEqual(answer["taken"], 1)
        lines, _ = self.manifest()
        root = str(self.source.resolve())
        self.assertEqual([lines[root + "/" + name]["kept"] for name in "abc"], ["item", "no", "no"])
        self.assertIn("stopped", lines[root + "/c"]["remark"])
        self.assert_sound()

    def test_ctrl_c_among_many_files_keeps_the_archive_so_far(self):
        for number in range(30_000):
            self.put("d%d/f%d" % (number % 300, number), b"%d" % number * 40)
        process = self.start(self.source)
        self.wait_for_bytes(process, 1 << 20)
        os.killpg(process.pid, signal.SIGINT)
        out, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, CANCELLED, said)
        archive = next(item for item in self.items().values() if item["sort"] == "archive")
        lines, _ = self.manifest()
        listed = {path: line["sha256"] for path, line in lines.items() if line["kept"] == "archive" and line["type"] == "file"}
        with tarfile.open(fileobj=io.BytesIO(self.blob(archive))) as tar:
            kept = {"/" + member.name: sha256(tar.extractfile(member).read()) for member in tar if member.isfile()}
        self.assertEqual(kept, listed)
        self.assertEqual(json.loads(out)["taken"], len(kept))
        self.assertTrue(0 < len(kept) < 30_000)
        self.assertEqual(sum(line["type"] == "file" for line in lines.values()), 30_000)
        self.assert_sound()

    def test_a_kill_at_any_moment_leaves_a_record_that_verifies(self):
        for number in range(190):
            self.put("f%03d" % number, b"%d" % number * 1000)
        self.big("g", 40 << 20)
        rng = random.Random(3)
        ended = 0
        for delay in [0.005 * step for step in range(1, 13)] + [rng.uniform(0, 2) for _ in range(6)]:
            process = self.start(self.source)
            time.sleep(delay)
            process.kill()
            process.communicate()
            ended += process.returncode == 0
            self.ana("log verify")
            for item in self.items().values():
                if "sha256" in item:
                    self.assertEqual(sha256(self.blob(item)), item["sha256"])
        self.assertLess(ended, 18)
        self.assertEqual(self.take(self.source)["taken"], 191)

    @unittest.skipUnless(ROOT_USER, "only root mounts a small disk")
    def test_a_full_disk_is_said_and_leaves_nothing_half_written(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(disk)], capture_output=True, check=False).returncode:
            self.skipTest("this machine mounts no tmpfs")
        try:
            self.case = self.ana.case = disk / "small.calm"
            self.ana.case = None
            self.ana(f"open {self.case}")
            self.ana.case = self.case
            self.put("a", b"fits")
            self.big("b", 64 << 20)
            done = self.ana.run("preserve", "files", str(self.source / "a"), str(self.source / "b"))
            self.assertEqual(done.returncode, FULL, done.stderr)
            self.assertEqual([item["path"] for item in self.items().values()], [str(self.source.resolve() / "a")])
            self.assert_sound()
            for number in range(300):
                self.put("many/f%03d" % number, random.Random(number).randbytes(100_000))
            self.assertEqual(self.ana.run("preserve", "files", str(self.source / "many")).returncode, FULL)
            self.assertEqual(len(self.items()), 1)
            self.assert_sound()
        finally:
            subprocess.run(["umount", str(disk)], check=True)


class Archives(IntakeTest):
    def entries(self):
        lists = [item for item in self.items().values() if item["sort"] == "list" and item["title"].startswith("list of what lies in")]
        lines = [json.loads(line) for line in self.blob(lists[-1]).splitlines()]
        self.assertEqual(lines[0]["format"], "calm-archive/1")
        return lines[1:-1], lines[-1], lists[-1]

    def test_what_lies_in_an_archive_is_listed_and_its_names_become_no_paths(self):
        inside = {"../../escape": b"up", "/etc/absolute": b"abs", "plain.txt": b"plain" * 1000}
        with tarfile.open(self.source / "a.tar.gz", "w:gz") as tar:
            for name, data in inside.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        before = sorted(self.folder.rglob("*"))
        self.take(self.source / "a.tar.gz", "--unpack")
        outside = [path for path in sorted(self.folder.rglob("*")) if self.case not in path.parents]
        self.assertEqual(outside, [path for path in before if self.case not in path.parents])
        entries, end, item = self.entries()
        self.assertEqual({entry["name"]: entry["sha256"] for entry in entries}, {name: sha256(data) for name, data in inside.items()})
        self.assertEqual({entry["name"]: entry["md5"] for entry in entries}, {name: hashlib.md5(data).hexdigest() for name, data in inside.items()})
        self.assertEqual((end["entries"], end["compression"]), (3, "gzip"))
        self.assertEqual([item["sort"] for item in self.items().values()], ["archive", "list"])

    def test_a_damaged_archive_is_taken_and_its_list_says_so(self):
        rng = random.Random(4)
        with zipfile.ZipFile(self.source / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(20):
                archive.writestr("f%d" % number, rng.randbytes(5000))
        data = (self.source / "a.zip").read_bytes()
        (self.source / "cut.zip").write_bytes(data[: len(data) // 2])
        self.take(self.source / "cut.zip", "--unpack")
        entries, end, item = self.entries()
        self.assertIn("problem", end)
        self.assertIn("not whole", item["remark"])
        self.assertLess(len(entries), 20)

    def shown_otherwise(self, name, before=b""):
        """A zip whose directory calls an entry otherwise than its head does, and lists one more with the same data; the names that programs show."""
        path = self.source / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for inside in ("notes.txt", "two.txt", "three.txt"):
                archive.writestr(inside, inside.encode() * 40)
            again = copy.copy(archive.filelist[1])
            again.filename = "four.exe"
            archive.filelist.append(again)
        data = path.read_bytes()
        at = data.rindex(b"notes.txt")
        path.write_bytes(before + data[:at] + b"evil!.exe" + data[at + 9:])
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()

    def test_what_the_directory_of_a_zip_shows_is_listed_too(self):
        rng = random.Random(5)
        plain = [self.shown_otherwise("a.zip"), self.shown_otherwise("b.zip", rng.randbytes(300_001))]
        with unittest.mock.patch.multiple(zipfile, ZIP64_LIMIT=10, ZIP_FILECOUNT_LIMIT=1):
            plain.append(self.shown_otherwise("c.zip"))
        for name, shown in zip(("a.zip", "b.zip", "c.zip"), plain):
            self.take(self.source / name, "--unpack")
            entries, end, item = self.entries()
            self.assertNotIn("problem", end)
            self.assertEqual(shown, ["evil!.exe", "two.txt", "three.txt", "four.exe"])
            self.assertLessEqual(set(shown), {entry["name"] for entry in entries}, name)
            warned = {entry["name"]: entry["warning"] for entry in entries if "warning" in entry}
            self.assertEqual(set(warned), {"evil!.exe", "four.exe"})
            self.assertIn("5 entries, 2 with a warning", item["remark"])
            self.assertEqual({entry["name"] for entry in entries if "sha256" in entry}, {"notes.txt", "two.txt", "three.txt"})

    def zip_of(self, *entries):
        with io.BytesIO() as out:
            with zipfile.ZipFile(out, "w") as archive:
                for inside, data in entries:
                    archive.writestr(inside, data)
            return out.getvalue()

    def test_what_only_some_programs_see_in_a_zip_is_told(self):
        plain = self.zip_of(("notes.txt", b"hello"))
        # Info-ZIP's name for UTF-8 (APPNOTE 4.6.9), in the directory alone
        name = b"evil.exe"
        extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(b"notes.txt")) + name
        at, end = plain.index(b"PK\1\2"), plain.index(b"PK\5\6")
        directory = bytearray(plain[at:end] + extra)
        struct.pack_into("<H", directory, 30, len(extra))
        last = bytearray(plain[end:])
        struct.pack_into("<I", last, 12, len(directory))
        hidden = plain[:at]  # a head and its data
        cases = ((plain[:at] + directory + last, "evil.exe", "calls it so", None),
                 # programs find the directory by its place, whatever its size is said to be
                 (plain[:end] + b"\0" + plain[end:], "notes.txt", "were not read", None),
                 (plain[:end + 12] + struct.pack("<I", 1) + plain[end + 16:], "notes.txt", "were not read", None),
                 (hidden + self.zip_of(("two.txt", b"x")), "notes.txt", "no directory of the zip names it", None),
                 (plain[:8] + b"\x08" + plain[9:], None, None, "damaged or cut off behind 0 of its entries"),  # by which it was read
                 (plain[:at + 10] + b"\x08" + plain[at + 11:], "notes.txt", "packed by method 8, and their own head by method 0", None),
                 (plain + bytes(70_000), None, None, None),
                 (self.zip_of(("inner.jar", self.zip_of(("a.class", b"x"), ("b.jar", plain))), ("c.class", b"y")), None, None, None),
                 (plain[:end], None, None, "is not there"),
                 (plain[:-2] + struct.pack("<H", len(plain)) + plain, "notes.txt", "no directory of the zip names it", "it has 2 directories at its end"))
        for n, (data, found, warning, problem) in enumerate(cases):
            (self.source / f"{n}.zip").write_bytes(data)
            self.take(self.source / f"{n}.zip", "--unpack")
            entries, end, _ = self.entries()
            self.assertEqual(problem is None, "problem" not in end, (n, end))
            self.assertIn(problem or "", end.get("problem", ""))
            warned = [(e["name"], e["warning"]) for e in entries if "warning" in e]
            self.assertEqual([name for name, _ in warned], [found] if found else [], n)
            self.assertTrue(not found or warning in warned[0][1], warned)

    @unittest.skipUnless(shutil.which("zip"), "zip is not installed")
    def test_the_last_part_of_a_zip_is_said_to_be_one(self):
        (self.folder / "data").write_bytes(random.Random(3).randbytes(300_000))
        subprocess.run(["zip", "-q", "-s", "64k", self.source / "a.zip", "data"], cwd=self.folder, check=True)
        self.assertEqual(len(list(self.source.glob("a.z*"))), 5)
        self.take(self.source / "a.zip", "--unpack")
        entries, end, item = self.entries()
        self.assertEqual(entries, [])
        self.assertIn("the last of 5 parts of a zip", end["problem"])
        self.assertIn("not whole", item["remark"])

    def test_where_an_archive_breaks_off_is_told(self):
        whole = self.zip_of(*((f"{n}.log", bytes(1000 + n)) for n in range(4)))
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            at = archive.getinfo("2.log").header_offset
        for n, (data, where) in enumerate(((whole[:at] + b"XXXX" + whole[at + 4:], f"behind 2 of its entries, behind 1.log, about byte {at} ("),
                                           (whole[:at + 12], f"behind 2 of its entries, behind 1.log, about byte {at} ("),
                                           (whole[:at + 500], f"behind 2 of its entries, in 2.log, which begins about byte {at} ("))):
            (self.source / f"{n}.zip").write_bytes(data)
            self.take(self.source / f"{n}.zip", "--unpack")
            self.assertIn(where, self.entries()[1]["problem"])

    def test_an_entry_whose_head_is_damaged_is_not_passed_over_in_silence(self):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as tar:
            for n in range(6):
                for size in (10, 200_000):  # far more than a hundred blocks behind some heads
                    one = tarfile.TarInfo(f"{n}.log")
                    one.size = size
                    tar.addfile(one, io.BytesIO(b"line\n" * (size // 5)))
        whole = bytearray(data.getvalue())
        heads = [member.offset for member in tarfile.open(fileobj=io.BytesIO(whole))]
        for damaged, more in ((heads[5:6], ""), ((heads[5], heads[9]), "; so it is at 1 places more")):
            torn = bytearray(whole)
            for at in damaged:
                torn[at + 2] ^= 0x55
            for name, bytes_ in (("a.tar", torn), ("a.tar.gz", gzip.compress(torn))):
                (self.source / name).write_bytes(bytes_)
                self.take(self.source / name, "--unpack")
                entries, end, item = self.entries()
                self.assertEqual(len(entries), 12 - len(damaged), name)
                self.assertRegex(end["problem"], rf"damaged behind 5 of its entries, behind 2\.log, about byte {heads[5] + 512}( of what it unpacks to)?: "
                                                 rf"the head of one is not sound, and what lies there up to the next one is not listed{more}$")
                self.assertIn("not whole", item["remark"])

    def test_what_lies_behind_the_end_mark_of_a_tar_is_told(self):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as tar:
            for n in range(6):
                one = tarfile.TarInfo(f"{n}.log")
                one.size = 3000
                tar.addfile(one, io.BytesIO(b"line\n" * 600))
        whole = data.getvalue()
        head = [member.offset for member in tarfile.open(fileobj=io.BytesIO(whole))][3]
        end = 6 * (512 + 3072) + 1024
        wiped, twice = bytearray(whole), bytearray(whole)
        wiped[head:head + 512] = bytes(512)
        twice[head:head + 1024] = bytes(1024)
        told = ((wiped, 3, head + 512), (twice, 3, head + 1024), (whole + whole, 6, end), (whole + b"x", 6, end), (whole, 6, None), (whole + bytes(99_999), 6, None))
        for at, (made, count, behind) in enumerate(told):
            for name, bytes_, of in ((f"{at}.tar", made, ""), (f"{at}.tar.gz", gzip.compress(made), " of what it unpacks to")):
                with self.subTest(name):
                    (self.source / name).write_bytes(bytes_)
                    self.take(self.source / name, "--unpack")
                    entries, last, item = self.entries()
                    self.assertEqual(len(entries), count)
                    problem = behind and (f"{self.source / name}: it ends behind {count} of its entries, and behind its end mark, at byte {behind}{of}, are {len(made) - behind} bytes "
                                          "that are not all zeros: what lies there is not listed")
                    self.assertEqual(last.get("problem"), problem)
                    self.assertEqual("not whole" in item.get("remark", ""), behind is not None)

    def test_what_begins_as_an_archive_and_cannot_be_read_is_told(self):
        with tarfile.open(self.source / "long.tar", "w", format=tarfile.GNU_FORMAT) as tar:
            tar.addfile(tarfile.TarInfo("n" * (2 << 20)))
            tar.addfile(tarfile.TarInfo("evil.sh"))
        self.take(self.source / "long.tar", "--unpack")
        entries, end, item = self.entries()
        self.assertEqual(entries, [])
        self.assertIn("damaged or cut off behind 0 of its entries", end["problem"])
        self.assertIn("not whole", item["remark"])

    def test_zeros_are_what_they_are_and_no_empty_archive(self):
        some = bytes(300_000)
        (self.source / "a.gz").write_bytes(gzip.compress(some))
        self.take(self.source / "a.gz", "--unpack")
        entries, end, _ = self.entries()
        self.assertEqual([entry["sha256"] for entry in entries], [sha256(some)])
        self.assertNotIn("problem", end)
        (self.source / "b.gz").write_bytes(gzip.compress(bytes(100_000_000)))
        self.take(self.source / "b.gz", "--unpack", status=10)
        _, end, _ = self.entries()
        self.assertEqual([item["sort"] for item in self.items().values()][-2:], ["archive", "list"])
        self.assertIn("it grows to more than 200 times its size", end["problem"])
        with tarfile.open(self.source / "c.tar.gz", "w:gz"):
            pass
        self.take(self.source / "c.tar.gz", "--unpack")
        entries, end, _ = self.entries()
        self.assertEqual((entries, end["entries"], "problem" in end), ([], 0, False))

    def test_what_is_no_archive_is_a_file_without_a_list(self):
        self.put("plain", b"just text\n")
        self.put("none", b"")
        self.take(self.source / "plain", self.source / "none", "--unpack")
        self.assertEqual([item["sort"] for item in self.items().values()], ["file", "file"])


class OutAgain(IntakeTest):
    def take_one(self, data=b"content"):
        self.put("one", data)
        self.take(self.source / "one")

    def test_an_item_is_written_out_as_it_was_and_that_is_on_record(self):
        self.take_one(b"the bytes")
        self.ana(f"preserve get e1 {self.folder}/copy --to Weber --because asked")
        self.assertEqual((self.folder / "copy").read_bytes(), b"the bytes")
        chain = self.ana.json("preserve custody e1")["chain"]
        self.assertEqual([link["act"] for link in chain], ["taken", "copied"])
        self.assertEqual((chain[1]["to"], chain[1]["because"]), ("Weber", "asked"))
        self.assertIn(str(self.folder / "copy"), chain[1]["place"])

    def test_nothing_is_overwritten(self):
        self.take_one()
        (self.folder / "there").write_bytes(b"mine")
        self.assertEqual(self.ana.fails(f"preserve get e1 {self.folder}/there")[0], USAGE)
        self.assertEqual((self.folder / "there").read_bytes(), b"mine")
        self.assertEqual(len(self.ana.json("preserve custody e1")["chain"]), 1)

    def test_an_altered_item_is_not_handed_out(self):
        self.take_one()
        (blob,) = self.case.glob("evidence/??/*")
        blob.chmod(0o600)
        blob.write_bytes(b"Content")
        self.assertEqual(self.ana.fails(f"preserve get e1 {self.folder}/copy")[0], TAMPERED)
        self.assertEqual([path.name for path in self.folder.iterdir() if path.name.startswith((".calm-", "copy"))], [])

    def test_sealed_bytes_are_neither_taken_again_nor_handed_out(self):
        self.take_one(b"unlawful")
        self.put("two", b"unlawful")
        self.put("three", b"lawful")
        self.take(self.source / "two")
        self.ana("preserve unlawful \"a picture\" --evidence e1")
        for item in ("e1", "e2"):
            self.assertEqual(self.ana.fails(f"preserve get {item} {self.folder}/copy")[0], DENIED)
        self.assertFalse((self.folder / "copy").exists())
        said = self.take(self.source, status=UNREAD)
        self.assertEqual(said["taken"], 1)
        self.assertEqual({os.path.basename(left["path"]) for left in said["not_taken"]}, {"one", "two"})
        self.assertEqual(self.ana.run("note", "attach", str(self.source / "one"), "look").returncode, DENIED)
        for number in range(250):
            self.put("many/f%d" % number, b"%d" % number)
        self.put("many/hidden", b"unlawful")
        said = self.take(self.source / "many", status=UNREAD)
        archive = next(item for item in said["items"] if item["sort"] == "archive")
        self.assertNotIn(b"unlawful", self.blob(archive))

    def test_the_form_shows_the_chain_and_lines_to_sign(self):
        self.take_one(b"formal")
        self.ana("preserve move e1 sealed --seal 0815 --place \"safe, room 2\" --signed \"ana, here\"")
        self.ana("preserve move e1 handed-over --from ana --to \"Sgt. <b>Weber</b>\"")
        text = self.ana("preserve custody e1")
        for wanted in (sha256(b"formal"), "0815", "safe, room 2", "Sgt. <b>Weber</b>", "ana, here", "Received by", "_____"):
            self.assertIn(wanted, text)
        self.ana("log verify")  # as the form says, and then what it names beside it
        self.assertIn("calm log verify writes all of them", one_line(text))
        self.assertIn("journal/journal.cj1 in the folder of the case", one_line(text))
        sealed = (self.case / "journal/journal.cj1").read_text()
        self.assertEqual(len(sealed.splitlines()), len(self.ana.json("log")))
        self.assertEqual(self.verify(), 2)
        self.ana(f"preserve custody e1 --html {self.folder}/form.html")
        html = (self.folder / "form.html").read_text()
        self.assertIn("Sgt. &lt;b&gt;Weber&lt;/b&gt;", html)
        self.assertIn(hashlib.md5(b"formal").hexdigest(), html.replace("<wbr>", ""))
        self.assertNotIn("<script", html)

    def test_a_note_with_a_file_is_one_step(self):
        self.put("photo.jpg", b"\xff\xd8 picture")
        self.ana(f"note attach {self.source}/photo.jpg \"red light on drive 3\" --at 02:50")
        (item,) = self.items().values()
        self.assertEqual(item["sha256"], sha256(b"\xff\xd8 picture"))
        self.assertIn("red light on drive 3", self.ana("log"))
        self.assertEqual(self.ana.fails(f"note attach {self.source} \"a folder\"")[0], USAGE)


if __name__ == "__main__":
    harness.main()
