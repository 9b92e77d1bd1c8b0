"""test_trees.py: whole trees as they were: attributes, lists of rights, flags, births, holes, hard links, and files that change while they are
read. Other programs (GNU tar, bsdtar, getfattr, stat) read what was kept."""
import hashlib
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import tarfile
import threading
import time
import unittest

import harness
from harness import CALM
from test_intake import IntakeTest, sha256

ROOT_USER = os.geteuid() == 0
MANY = 201  # files found in folders that go into one archive


def data_of(path):
    """Whether the file system of a path has holes: a file of a MiB with a byte at its end takes little."""
    with open(path, "wb") as file:
        file.truncate(1 << 20)
    return os.stat(path).st_blocks * 512 < 1 << 20


class TreeTest(IntakeTest):
    def fill(self, count=MANY):
        for number in range(count):
            self.put("fill/f%03d" % number, b"%d" % number)

    def archive(self):
        item = [item for item in self.items().values() if item["sort"] == "archive"][-1]
        return self.case / "evidence" / item["sha256"][:2] / item["sha256"]

    def inner(self, name):
        return str(self.source.resolve() / name)[1:]

    def unpack(self, *words):
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        done = subprocess.run([*words, "-C", str(out)], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out / str(self.source.resolve())[1:]


class Metadata(TreeTest):
    def set_attribute(self, path, name, value):
        try:
            os.setxattr(path, name, value, follow_symlinks=False)
        except OSError as error:
            self.skipTest(f"no {name} here: {error}")

    def test_attributes_come_back_from_the_archive_with_gnu_tar_and_bsdtar(self):
        self.fill()
        value = b"any\x00\xff\nbytes"
        path = self.put("with", b"x")
        self.set_attribute(path, "user.calm=test", value)
        self.set_attribute(self.source / "fill", "user.folder", b"of a folder")
        self.take(self.source)
        for words in (["tar", "--xattrs", "--xattrs-include=*", "-xf", str(self.archive())], ["bsdtar", "-x", "--xattrs", "-f", str(self.archive())]):
            if not shutil.which(words[0]):
                continue
            root = self.unpack(*words)
            # libarchive keeps the name as it is spelled in the record.
            name = "user.calm=test" if words[0] == "tar" else [n for n in os.listxattr(root / "with") if n.startswith("user.calm")][0]
            self.assertEqual(os.getxattr(root / "with", name), value, words[0])
            self.assertEqual(os.getxattr(root / "fill", "user.folder"), b"of a folder", words[0])
        lines, _ = self.manifest()
        self.assertEqual(lines["/" + self.inner("with")]["xattrs"], ["user.calm\\x3dtest=" + value.hex()])

    def test_an_access_control_list_is_told_in_words_and_restored(self):
        if not shutil.which("setfacl"):
            self.skipTest("no setfacl")
        self.fill()
        path = os.fsdecode(self.put("with", b"x"))
        os.chmod(path, 0o640)
        if subprocess.run(["setfacl", "-m", "u:1234:rw", path], capture_output=True, check=False).returncode:
            self.skipTest("no access control lists here")
        subprocess.run(["setfacl", "-d", "-m", "g:4321:rx", str(self.source / "fill")], check=True)
        wanted = subprocess.run(["getfacl", "-nc", path], capture_output=True, check=True).stdout
        self.take(self.source)
        lines, _ = self.manifest()
        # getfacl's lines, divided by commas
        self.assertEqual(lines["/" + self.inner("with")]["acl"], wanted.decode().strip().replace("\n", ","))
        self.assertIn("group:4321:r-x", lines["/" + self.inner("fill")]["default_acl"])
        root = self.unpack("tar", "--acls", "--numeric-owner", "-xpf", str(self.archive()))
        self.assertEqual(subprocess.run(["getfacl", "-nc", str(root / "with")], capture_output=True, check=True).stdout, wanted)
        self.take(path)
        self.assertEqual(list(self.items().values())[-1]["acl"], wanted.decode().strip().replace("\n", ","))

    @unittest.skipUnless(ROOT_USER, "only root sets these flags")
    def test_flags_and_birth_are_recorded_and_in_the_archive(self):
        self.fill()
        path = os.fsdecode(self.put("fixed", b"x"))
        if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
            self.skipTest("no flags here")
        try:
            shown = subprocess.run(["stat", "-c", "%w", path], capture_output=True, text=True, check=True).stdout.strip()
            self.take(self.source)
            self.take(path)
        finally:
            subprocess.run(["chattr", "-i", path], check=True)
        lines, _ = self.manifest()
        line = lines["/" + self.inner("fixed")]
        self.assertTrue(line["immutable"])
        self.assertTrue(int(line["flags"], 16) & 0x10)  # FS_IMMUTABLE_FL of linux/fs.h
        if shown != "-":  # "2026-11-26 11:02:03.123456789 +0000"
            self.assertEqual(line["created"], shown[:10] + "T" + shown[11:29] + "Z")
        item = list(self.items().values())[-1]
        self.assertTrue(item["flags"].startswith("immutable, "))
        self.assertEqual(item.get("created"), line.get("created"))
        with tarfile.open(self.archive()) as tar:
            member = tar.getmember(self.inner("fixed"))
        self.assertEqual(member.pax_headers["SCHILY.fflags"], "schg")
        if shutil.which("bsdtar"):
            done = subprocess.run(["bsdtar", "-c", "-f", "-", "--format=mtree", f"@{self.archive()}"], capture_output=True, text=True, check=True)
            (told,) = [line for line in done.stdout.splitlines() if "/fixed " in line]
            self.assertIn("flags=schg", told)

    def test_all_times_of_a_file_are_in_its_record_to_the_nanosecond(self):
        path = os.fsdecode(self.put("log", b"data"))
        os.utime(path, ns=(1_000_000_000_000_000_007, 1_100_000_000_123_456_789))
        st = os.stat(path)
        self.take(path)
        (item,) = self.items().values()
        self.assertEqual(item["accessed"], "2001-09-09T01:46:40.000000007Z")
        self.assertEqual(item["modified"], "2004-11-09T11:33:20.123456789Z")
        whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(st.st_ctime_ns // 10**9))
        self.assertEqual(item["changed"], f"{whole}.{st.st_ctime_ns % 10**9:09}Z")


class Holes(TreeTest):
    def setUp(self):
        super().setUp()
        if not data_of(self.folder / "probe"):
            self.skipTest("no holes on this file system")

    def sparse(self, name, size, *places):
        path = self.put(name, b"")
        with open(path, "r+b") as file:
            for place in places:
                file.seek(place)
                file.write(b"D" * 4096)
            file.truncate(size)
        return os.fsdecode(path)

    def test_holes_stay_holes_in_the_archive_and_come_back_with_other_tars(self):
        self.fill()
        paths = [self.sparse("middle", 64 << 20, 8 << 20), self.sparse("end", (32 << 20) + 5, (32 << 20) - 4091), self.sparse("nothing", 20 << 20),
                 self.sparse("n" * 150, 3 << 20, 0, 1 << 20)]
        self.take(self.source)
        self.assertLess(self.archive().stat().st_size, 2 << 20)
        programs = [["tar", "-xSf", str(self.archive())]] + [["bsdtar", "-xSf", str(self.archive())]] * bool(shutil.which("bsdtar"))
        lines, _ = self.manifest()
        for words in programs:
            root = self.unpack(*words)
            for path in paths:
                copy = root / os.path.basename(path)
                with open(path, "rb") as source, open(copy, "rb") as kept:
                    digest = hashlib.file_digest(source, "sha256").hexdigest()
                    self.assertEqual(hashlib.file_digest(kept, "sha256").hexdigest(), digest, (words[0], path))
                self.assertEqual(lines[path]["sha256"], digest)
                self.assertEqual(lines[path]["taken"], os.path.getsize(path))
                self.assertGreater(lines[path]["holes"], 1 << 20)
                self.assertLess(copy.stat().st_blocks * 512, 1 << 20)
        with tarfile.open(self.archive()) as tar:
            self.assertEqual(tar.getmember(self.inner("middle")).size, 64 << 20)
        self.ana("log verify")

    def test_an_item_with_holes_has_the_hashes_of_its_content_and_takes_no_room(self):
        path = self.sparse("image", 256 << 20, 1 << 20, 200 << 20)
        self.take(path)
        (item,) = self.items().values()
        with open(path, "rb") as file:
            self.assertEqual(item["sha256"], hashlib.file_digest(file, "sha256").hexdigest())
            file.seek(0)
            self.assertEqual(item["md5"], hashlib.file_digest(file, "md5").hexdigest())
        blob = self.case / "evidence" / item["sha256"][:2] / item["sha256"]
        self.assertEqual(blob.stat().st_size, 256 << 20)
        self.assertLess(blob.stat().st_blocks * 512, 2 << 20)

    def test_a_terabyte_of_holes_is_kept_by_its_data_and_says_so(self):
        path = self.sparse("huge", 1 << 40, 1 << 39)
        start = time.monotonic()
        self.take(path, timeout=60)
        took = time.monotonic() - start
        (item,) = self.items().values()
        self.assertEqual(item["sort"], "archive")
        self.assertIn("1.1 TB long, of which 4.1 kB are data", item["remark"])
        blob = self.case / "evidence" / item["sha256"][:2] / item["sha256"]
        self.assertEqual(sha256(blob.read_bytes()), item["sha256"])
        root = self.unpack("tar", "-xSf", str(blob))
        with open(root / "huge", "rb") as file:
            file.seek(1 << 39)
            self.assertEqual(file.read(4096), b"D" * 4096)
            self.assertEqual(os.fstat(file.fileno()).st_size, 1 << 40)
            self.assertEqual(os.lseek(file.fileno(), 0, os.SEEK_DATA), 1 << 39)
        self.fill()
        said = self.take(self.source, timeout=60)
        self.assertLess(said["size"], 1 << 30)  # holes that were not hashed do not count as taken
        lines, _ = self.manifest()
        line = lines[path]
        self.assertEqual((line["kept"], line["data_sha256"], "sha256" in line), ("archive", sha256(b"D" * 4096), False))
        self.assertEqual(line["holes"], (1 << 40) - 4096)
        self.assertLess(took, 60)


class HardLinks(TreeTest):
    def test_one_file_with_two_names_is_one_blob_and_two_items(self):
        path = os.fsdecode(self.put("a", b"same" * 1000))
        os.link(path, self.source / "b")
        self.take(self.source)
        one, two = [item for item in self.items().values() if item["sort"] == "file"]
        self.assertEqual(one["sha256"], two["sha256"])
        self.assertIn(f"the same file as {path} (a hard link)", two["remark"])
        lines, _ = self.manifest()
        self.assertEqual(lines[str(self.source.resolve() / "b")]["same_as"], path)

    def test_in_the_archive_the_content_stands_once(self):
        self.fill()
        data = random.Random(5).randbytes(1 << 20)
        path = os.fsdecode(self.put("a", data))
        for name in ("b", "c\udcff", "z" * 120):
            os.link(path, os.path.join(self.source, name))
        os.link(self.put("big", data * 17), self.source / "big2")
        before = os.stat(path).st_atime_ns
        self.take(self.source)
        self.assertEqual(os.stat(path).st_atime_ns, before)
        self.assertLess(self.archive().stat().st_size, 3 << 20)
        for words in [["tar", "-xf", str(self.archive())]] + [["bsdtar", "-xf", str(self.archive())]] * bool(shutil.which("bsdtar")):
            root = self.unpack(*words)
            inodes = {os.lstat(os.path.join(root, name)).st_ino for name in ("a", "b", "c\udcff", "z" * 120)}
            self.assertEqual(len(inodes), 1, words[0])
            self.assertEqual((root / "b").read_bytes(), data)
        lines, _ = self.manifest()
        line = lines[str(self.source.resolve() / "b")]
        self.assertEqual((line["sha256"], line["kept"], line["same_as"]), (sha256(data), "archive", path))
        big = [item for item in self.items().values() if item["sort"] == "file"]
        self.assertEqual([item["sha256"] for item in big], [sha256(data * 17)] * 2)


class HostileArchives(TreeTest):
    """Taken as they are; what is read out of them ends at stated limits (src/base/limits.h)."""

    def listed(self, name, status=0):
        self.take(self.source / name, "--unpack", status=status, timeout=300)
        items = list(self.items().values())
        lines = [json.loads(line) for line in self.blob(items[-1]).splitlines()]
        return lines[1:-1], lines[-1], items[-1]

    def test_a_million_entries(self):
        header = tarfile.TarInfo("same").tobuf()
        with gzip.open(self.source / "million.tar.gz", "wb", compresslevel=1) as file:
            for _ in range(1000):
                file.write(header * 1000)
            file.write(bytes(1024))
        entries, end, item = self.listed("million.tar.gz", status=10)
        self.assertLessEqual(len(entries), 200_000)
        self.assertIn("more than 200000 entries", end["problem"])
        self.assertIn("not whole", item["remark"])

    def test_a_terabyte_of_zeros(self):
        info = tarfile.TarInfo("GNUSparseFile.0/zeros")
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "zeros", "GNU.sparse.realsize": str(1 << 40)}
        map_block = f"1\n{1 << 40}\n0\n".encode().ljust(512, b"\0")
        info.size = len(map_block)
        with open(self.source / "zeros.tar", "wb") as file:
            file.write(info.tobuf(tarfile.PAX_FORMAT) + map_block + bytes(1024))
        entries, end, item = self.listed("zeros.tar", status=10)
        self.assertIn("problem", end)
        self.assertNotIn("sha256", entries[0])
        self.assertIn("not whole", item["remark"])

    def test_paths_that_lead_out_and_links_out_are_only_names(self):
        outside = self.folder / "outside"
        with tarfile.open(self.source / "a.tar", "w") as tar:
            for name, kind, target in ((f"..{self.folder}/outside", tarfile.REGTYPE, ""), (str(outside), tarfile.REGTYPE, ""),
                                       ("link", tarfile.SYMTYPE, str(self.folder)), ("hard", tarfile.LNKTYPE, "../../etc/passwd"), ("link/outside", tarfile.REGTYPE, "")):
                info = tarfile.TarInfo(name)
                info.type, info.linkname = kind, target
                tar.addfile(info)
        entries, end, _ = self.listed("a.tar")
        self.assertNotIn("problem", end)
        self.assertEqual([(entry["name"], entry["type"], entry.get("target")) for entry in entries][2:4],
                         [("link", "link", str(self.folder)), ("hard", "hard link", "../../etc/passwd")])
        self.assertFalse(outside.exists())


class Moving(TreeTest):
    def while_it_runs(self, change, *words):
        stop = threading.Event()

        def go_on():
            while not stop.is_set():
                change()

        other = threading.Thread(target=go_on)
        other.start()
        try:
            return self.take(*words)
        finally:
            stop.set()
            other.join()

    def test_members_that_grow_and_shrink_all_the_time_leave_the_archive_whole(self):
        self.fill(3000)
        paths = [os.fsdecode(self.put("fill/g%d" % number, b"g" * 200_000)) for number in range(20)]
        rng = random.Random(6)

        def change():
            path = rng.choice(paths)
            if rng.random() < 0.5:
                os.truncate(path, rng.randrange(200_000))
            else:
                with open(path, "ab") as file:
                    file.write(b"more" * rng.randrange(30_000))

        self.while_it_runs(change, self.source)
        lines, end = self.manifest()
        found = 0
        with tarfile.open(self.archive()) as tar:
            for member in tar:
                if not member.isfile():
                    continue
                line = lines["/" + member.name]
                content = tar.extractfile(member).read()
                self.assertEqual((sha256(content), len(content)), (line["sha256"], line["taken"]))
                found += 1
        self.assertEqual(found, 3020)
        self.assertEqual(end["not_kept"], 0)
        self.assertEqual(subprocess.run(["tar", "-tf", str(self.archive())], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode, 0)
        self.assert_sound()

    def test_a_large_file_that_is_cut_in_the_middle_is_hashed_as_it_was_copied(self):
        size = 300 << 20
        block = random.Random(7).randbytes(1 << 20)
        path = os.fsdecode(self.put("big", b""))
        with open(path, "wb") as file:
            for _ in range(size >> 20):
                file.write(block)
        process = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "files", path, "--json"], env=self.ana.env, cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end and not any(p.stat().st_size > 8 << 20 for p in self.case.glob("evidence/.new-*")):
            time.sleep(0.002)
        os.truncate(path, 5 << 20)
        out, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, said)
        (item,) = self.items().values()
        self.assertEqual(sha256(self.blob(item)), item["sha256"])
        self.assertEqual(len(self.blob(item)), int(item["size"]))
        self.assertIn("changed while it was read", item["remark"])
        self.assertTrue((block * 300).startswith(self.blob(item)[: 8 << 20]))

    def test_no_call_that_writes_reaches_the_source_and_every_file_is_opened_quietly(self):
        if not shutil.which("strace") or harness.SANITIZED:
            self.skipTest("no strace, or a build that it cannot follow")
        self.fill()
        self.put("large", b"l" * (17 << 20))
        os.symlink("large", self.source / "link")
        os.link(self.source / "large", self.source / "large2")
        log = self.folder / "strace"
        done = subprocess.run(["strace", "-f", "-y", "-o", str(log), CALM, "--case", str(self.case), "preserve", "files", str(self.source)], env=self.ana.env,
                              cwd=self.folder, capture_output=True, check=False)
        if done.returncode:
            self.skipTest("this machine lets no process be followed: " + done.stderr.decode()[-200:])
        root = str(self.source.resolve())
        opened = 0
        for line in log.read_text(errors="replace").splitlines():
            call = re.match(r"\d+ +(\w+)\((.*)", line)
            if not call or root not in line and "fill/" not in line:
                continue
            name, rest = call.groups()
            if name in ("openat", "openat2", "open"):
                self.assertNotRegex(rest, "O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")
                if "O_PATH" not in rest and "flags=O_RDONLY" in rest:
                    self.assertIn("O_NOATIME", rest)
                    opened += 1
            self.assertNotRegex(name, r"^(p?write|writev|ftruncate|truncate|fallocate|f?chmod|f?chown|f?setxattr|utimens|unlink|rename|link|symlink|mkdir|mknod)")
            if name == "ioctl":
                self.assertIn("FS_IOC_GETFLAGS", rest)
        self.assertGreaterEqual(opened, MANY)


if __name__ == "__main__":
    harness.main()
