"""test_files.py: what a collection tells of files and copies of them, against stat, getfattr, lsattr, find, sha256sum and tar."""
import calendar
import ctypes
import errno
import io
import json
import os
import pathlib
import random
import re
import shutil
import socket
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

from harness import BUILD, ROOT, SANITIZED, main

sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import bundle  # noqa: E402  pylint: disable=wrong-import-position

PROBE = str((BUILD / "tests" / "cli" / "files_probe").resolve())
FS_IOC_GETFLAGS = 0x80086601
# linux/capability.h: revision 2, effective; CAP_NET_BIND_SERVICE is bit 10.
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")
# acl(5), as the kernel keeps it: version 2; then tag, rights and id of each entry.
ACL = bytes.fromhex("02000000" "01000600ffffffff" "02000500e9030000" "04000400ffffffff" "10000500ffffffff" "20000000ffffffff")
NAMES = [b"plain", b"new\nline", b"tab\there", b"\xff\xfe bytes", b"quote\"'", b"back\\slash", b"*", b"[a]", b"-rf", b" ", b"...",
         b"\x1b[31mred", "über".encode(), "\u202eright".encode(), b"x" * 255]


def collect(*words, root="/", steps="f", wrapper=()):
    """The members of a bundle by name (bytes): TarInfo and content; and the lines of its parts by name."""
    done = subprocess.run([*wrapper, PROBE, steps, os.fsdecode(root), *words], capture_output=True, timeout=300, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode(errors="replace"))
    checked = bundle.check(done.stdout)
    if checked.state != "whole":
        raise AssertionError(checked.why)
    archive = checked.archive
    members, lines = {}, {}
    with tarfile.open(fileobj=io.BytesIO(archive), encoding="utf-8", errors="surrogateescape") as tar:
        for info in tar:
            name = os.fsencode(info.name)
            content = tar.extractfile(info).read() if info.isreg() else b""
            members[name] = info, content
            if name.endswith(b".jsonl"):
                part = name.decode().rsplit("-", 1)[0]
                lines.setdefault(part, []).extend(json.loads(line) for line in content.splitlines())
    return members, lines


def path_of(line, name="path"):
    return bytes.fromhex(line[name + "_hex"]) if name + "_hex" in line else line[name].encode()


def time_of(ns):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // 10**9)) + f".{ns % 10**9:09d}Z"


def output(*words):
    return subprocess.run(words, capture_output=True, check=True).stdout


def below(root):
    """All paths, the root too, as find prints them."""
    return set(output("find", root, "-print0").split(b"\0")[:-1])


def flags_of(path):
    """As lsattr has them, in a number; None where the file system has none."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        value = ctypes.c_int(0)
        libc = ctypes.CDLL(None, use_errno=True)
        return value.value if libc.ioctl(fd, ctypes.c_ulong(FS_IOC_GETFLAGS), ctypes.byref(value)) == 0 else None
    finally:
        os.close(fd)


class FilesTest(unittest.TestCase):
    def setUp(self):
        self.temp = tempfile.TemporaryDirectory(prefix="calm-files-")
        self.addCleanup(self.temp.cleanup)
        self.root = os.fsencode(self.temp.name)
        self.tree = self.root + b"/tree"
        os.mkdir(self.tree)

    def path(self, name):
        return self.tree + b"/" + name

    def put(self, name, content=b"", mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as f:
            f.write(content)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def set_attribute(self, name, key, value):
        try:
            os.setxattr(self.path(name), key, value, follow_symlinks=False)
        except OSError as e:
            self.skipTest(f"extended attributes cannot be set here: {e}")

    def make_tree(self):
        """Every kind of file, and names of any bytes."""
        for i, name in enumerate(NAMES):
            self.put(b"names/" + name, b"%d" % i)
        self.put(b"set", b"x", 0o6755)
        self.put(b"secret", b"y", 0o000)
        os.makedirs(self.path(b"deep/" + b"/".join([b"d"] * 15)))
        os.mkdir(self.path(b"sticky"), 0o777)
        os.chmod(self.path(b"sticky"), 0o1777)
        os.symlink(b"/etc/passwd", self.path(b"link"))
        os.symlink(b"dangling \xff", self.path(b"odd link"))
        os.link(self.path(b"set"), self.path(b"second name"))
        os.mkfifo(self.path(b"fifo"), 0o640)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(os.fsdecode(self.path(b"socket")))
        with open(self.path(b"sparse"), "wb") as f:
            f.write(b"begin")
            f.seek(5 << 20)
            f.write(b"end")
        os.utime(self.path(b"set"), ns=(1_000_000_000_000_000_001, 1_600_000_000_123_456_789))
        os.utime(self.path(b"sparse"), ns=(-1, -2_000_000_000_000_000_001))
        if os.geteuid() == 0:
            os.mknod(self.path(b"null"), stat.S_IFCHR | 0o600, os.makedev(1, 3))
            os.mknod(self.path(b"loop"), stat.S_IFBLK | 0o600, os.makedev(7, 200))
            os.chown(self.path(b"names/plain"), 12345, 54321)

    def list_tree(self, *more):
        _, lines = collect("tree=" + os.fsdecode(self.tree), "artifact=none", *more)
        return {path_of(line): line for line in lines["live/file"]}, lines

    def test_a_tree_is_listed_with_all_that_stat_says(self):
        self.make_tree()
        listed, _ = self.list_tree()
        self.assertEqual(set(listed), below(self.tree))
        for path, line in listed.items():
            st = os.lstat(path)
            for ours, theirs in (("uid", st.st_uid), ("gid", st.st_gid), ("size", st.st_size), ("blocks", st.st_blocks), ("inode", st.st_ino),
                                 ("links", st.st_nlink), ("mode", f"{stat.S_IMODE(st.st_mode):04o}"),
                                 ("device", f"{os.major(st.st_dev)}:{os.minor(st.st_dev)}"), ("modified", time_of(st.st_mtime_ns)),
                                 ("changed", time_of(st.st_ctime_ns))):
                self.assertEqual(line[ours], theirs, (path, ours))
            if stat.S_ISLNK(st.st_mode):
                self.assertEqual(path_of(line, "target"), os.readlink(path))
            if stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
                self.assertEqual(line["number"], f"{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}")
        self.assertEqual(listed[self.path(b"fifo")]["kind"], "fifo")
        self.assertEqual(listed[self.path(b"socket")]["kind"], "socket")

    def test_the_time_of_birth_is_that_of_stat(self):
        self.put(b"a")
        listed, _ = self.list_tree()
        born = output("stat", "-c", "%w", self.path(b"a")).decode().strip()
        if born == "-":
            self.assertNotIn("created", listed[self.path(b"a")])
            return
        offset = born[-5:]
        local = time.strptime(born[:19], "%Y-%m-%d %H:%M:%S")
        seconds = calendar.timegm(local) - (int(offset[1:3]) * 3600 + int(offset[3:]) * 60) * (-1 if offset[0] == "-" else 1)
        self.assertEqual(listed[self.path(b"a")]["created"], time_of(seconds * 10**9 + int(born[20:29])))

    def test_attributes_are_those_of_getfattr(self):
        self.put(b"a")
        self.put(b"empty")
        values = {"user.plain": b"value", "user.binary": b"\x00\xff\n", "user.none": b"", "user.long": b"v" * 2000}
        for key, value in values.items():
            self.set_attribute(b"a", key, value)
        listed, _ = self.list_tree()
        self.assertNotIn("xattrs", listed[self.path(b"empty")])
        told = dict(x.split("=", 1) for x in listed[self.path(b"a")]["xattrs"])
        if shutil.which("getfattr"):
            theirs = {}
            for line in output("getfattr", "-h", "--absolute-names", "-d", "-m", "-", "-e", "hex", self.path(b"a")).decode().splitlines():
                if "=" in line:
                    key, value = line.split("=", 1)
                    theirs[key] = value.removeprefix("0x").strip('"')
                elif line and not line.startswith("#"):
                    theirs[line] = ""
            self.assertEqual(told, theirs)
        self.assertEqual(told, {**told, **{key: value.hex() for key, value in values.items()}})

    @unittest.skipUnless(os.geteuid() == 0, "capabilities are set by root")
    def test_capabilities_and_access_lists_are_told_in_words(self):
        self.put(b"a", mode=0o755)
        self.set_attribute(b"a", "security.capability", CAPABILITY)
        self.set_attribute(b"a", "system.posix_acl_access", ACL)
        listed, _ = self.list_tree()
        line = listed[self.path(b"a")]
        if shutil.which("getcap"):
            self.assertIn(b"cap_net_bind_service=ep", output("getcap", self.path(b"a")))
        self.assertEqual((line["permitted"], line["effective"]), (f"{1 << 10:016x}", True))
        self.assertEqual(line["acl"], "user::rw-,user:1001:r-x,group::r--,mask::r-x,other::---")

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("chattr"), "flags are set by root, with chattr")
    def test_flags_are_those_of_lsattr(self):
        self.put(b"fixed")
        self.put(b"log")
        self.put(b"plain")
        if subprocess.run(["chattr", "+i", self.path(b"fixed")], capture_output=True, check=False).returncode:
            self.skipTest("this file system has no flags")
        self.addCleanup(subprocess.run, ["chattr", "-ia", self.path(b"fixed"), self.path(b"log")], check=True)
        subprocess.run(["chattr", "+a", self.path(b"log")], check=True)
        for profile in ((), ("full",)):
            listed, _ = self.list_tree(*profile)
            letters = {os.fsencode(line.split(" ", 1)[1]): line.split(" ", 1)[0] for line in output("lsattr", "-d", *listed).decode().splitlines()}
            for path, line in listed.items():
                self.assertTrue("flags" in line or not profile, (path, profile))
                self.assertEqual(int(line.get("flags", f"{flags_of(path):x}"), 16), flags_of(path))
                self.assertEqual(("i" in letters[path], "a" in letters[path]), ("immutable" in line, "append_only" in line))
            self.assertTrue(listed[self.path(b"fixed")]["immutable"])
            self.assertTrue(listed[self.path(b"log")]["append_only"])

    def definitions(self, *paths, kind="FILE", more=""):
        name = self.root.decode() + "/d.yaml"
        listed = ", ".join("'" + p.replace("'", "''") + "'" for p in paths)
        pathlib.Path(name).write_text(f"name: A\nsources: [{{type: {kind}, attributes: {{paths: [{listed}]{more}}}}}]\n", encoding="utf-8")
        return ["definitions=" + name, "artifact=A"]

    def test_copies_have_the_bytes_and_the_metadata_of_the_files(self):
        self.make_tree()
        self.put(b"big", random.Random(4).randbytes(3 << 20))
        tree = self.tree.decode()
        members, lines = collect(*self.definitions(tree + "/*", tree + "/names/*"))
        files = {name[len(b"files"):]: member for name, member in members.items() if name.startswith(b"files" + self.tree)}
        wanted = {p for p in below(self.tree) if not stat.S_ISDIR(os.lstat(p).st_mode) and not stat.S_ISSOCK(os.lstat(p).st_mode)
                  and b"/deep/" not in p}
        if os.geteuid() != 0:
            wanted.remove(self.path(b"secret"))
            self.assertIn(self.path(b"secret"), {path_of(line, "what") for line in lines["missing"] if line.get("error") == errno.EACCES})
        self.assertEqual(set(files), wanted)
        sums = dict(reversed(line.split(b"  ", 1)) for line in output("sha256sum", "-z", *[p for p in wanted if os.path.isfile(p)
                                                                       and not os.path.islink(p)]).split(b"\0")[:-1])
        told = {path_of(line, "source"): line["sha256"].encode() for line in lines["manifest"] if "source" in line}
        linked = {self.path(b"set"), self.path(b"second name")}
        for path, (info, content) in files.items():
            st = os.lstat(path)
            if not info.islnk():
                self.assertEqual(stat.S_IMODE(st.st_mode), info.mode, path)
                self.assertEqual((info.uid, info.gid), (st.st_uid, st.st_gid))
            if path in sums and path not in linked:
                self.assertEqual(told[path], sums[path], path)
                self.assertEqual(len(content), st.st_size)
            if st.st_mtime_ns % 10**9 and not info.islnk():
                seconds, _, fraction = info.pax_headers["mtime"].partition(".")
                ns = int(seconds) * 10**9 + (-1 if seconds.startswith("-") else 1) * int(fraction.ljust(9, "0"))
                self.assertEqual(ns, st.st_mtime_ns, path)
        kinds = [files[path][0].islnk() for path in linked]
        self.assertEqual(sorted(kinds), [False, True])
        self.assertEqual(files[self.path(b"sparse")][1], pathlib.Path(os.fsdecode(self.path(b"sparse"))).read_bytes())
        self.assertIn(b"/etc/passwd", {name[len(b"files"):] for name in members})
        self.assertTrue([line for line in lines["missing"] if path_of(line, "what") == self.path(b"socket")])

    def test_what_a_definition_matches_is_what_find_matches(self):
        for name in (b"a/x.log", b"a/b/x.log", b"a/b/c/x.log", b"a/b/c/d/x.log", b"a/.x.log", b"a/x.txt", b"a/b/y.log"):
            self.put(name)
        tree = self.tree.decode()
        cases = [("/a/*.log", ["-path", tree + "/a/*.log", "-mindepth", "2", "-maxdepth", "2"]),
                 ("/a/**/x.log", ["-name", "x.log", "-mindepth", "2", "-maxdepth", "5"]),
                 ("/a/**1/x.log", ["-name", "x.log", "-mindepth", "2", "-maxdepth", "3"]),
                 ("/a/**2", ["-mindepth", "2", "-maxdepth", "3"]),
                 ("/a/[!y].log", ["-name", "[!y].log", "-mindepth", "2", "-maxdepth", "2"]),
                 ("/*/?/x.*", ["-name", "x.*", "-mindepth", "3", "-maxdepth", "3"])]
        for pattern, words in cases:
            _, lines = collect(*self.definitions(tree + pattern))
            found = set(output("find", tree, *words, "-type", "f", "-print0").split(b"\0")[:-1])
            self.assertEqual({path_of(line) for line in lines["artifacts"] if "path" in line}, found, pattern)
            self.assertTrue(found)

    def test_files_of_proc_are_copied_though_they_say_no_size(self):
        members, lines = collect(*self.definitions("/proc/version", "/proc/sys/kernel/ostype", "/proc/kmsg", "/proc/self/mem"))
        self.assertEqual(members[b"files/proc/version"][1], pathlib.Path("/proc/version").read_bytes())
        self.assertEqual(members[b"files/proc/sys/kernel/ostype"][1], b"Linux\n")
        self.assertNotIn(b"files/proc/kmsg", members)
        self.assertIn("/proc/kmsg", {line["what"] for line in lines["missing"]})

    def test_programs_in_use_have_the_sums_of_sha256sum(self):
        program = self.put(b"sleeper", pathlib.Path(shutil.which("sleep")).read_bytes() + b"\0", 0o755)
        kept = output("sha256sum", program).split()[0].decode().lstrip("\\")
        with subprocess.Popen([program, "60"]) as child:
            self.addCleanup(child.kill)
            while not os.path.samefile(f"/proc/{child.pid}/exe", program):
                time.sleep(0.01)
            os.unlink(program)
            _, lines = collect(steps="h")
            child.kill()
        hashed = {(path_of(line), line["deleted"]): line for line in lines["live/hash"]}
        ours = [line for (path, deleted), line in hashed.items() if path == program and deleted]
        self.assertEqual(len(ours), 1)
        if os.geteuid() == 0:
            self.assertEqual((ours[0]["sha256"], ours[0]["program"], ours[0]["same_inode"]), (kept, True, True))
        inodes = [(line["device"], line["inode"]) for line in lines["live/hash"]]
        self.assertEqual(len(inodes), len(set(inodes)))
        compared = 0
        for (path, deleted), line in hashed.items():
            if deleted or "sha256" not in line or not os.path.exists(path) or os.stat(path).st_ino != line["inode"]:
                continue
            self.assertEqual(output("sha256sum", "-z", path).split()[0].decode(), line["sha256"], path)
            compared += 1
        self.assertGreater(compared, 2)

    def test_threads_do_not_change_what_is_told(self):
        told = []
        for threads in ("threads=1", "threads=7"):
            _, lines = collect(threads, steps="h")
            told.append({(path_of(line), line["sha256"]) for line in lines["live/hash"] if "sha256" in line and b"/lib" in path_of(line)})
        self.assertTrue(told[0] & told[1])
        self.assertEqual({p for p, _ in told[0] & told[1]}, {p for p, _ in told[0]} & {p for p, _ in told[1]})

    @unittest.skipIf(SANITIZED or not shutil.which("strace"), "strace is not there, or cannot follow a sanitizer")
    def test_nothing_is_changed_and_no_special_file_is_opened(self):
        self.make_tree()
        before = {p: os.lstat(p) for p in below(self.tree)}
        trace = self.root + b"/trace"
        collect(*self.definitions(self.tree.decode() + "/**24"), "tree=" + self.tree.decode(), steps="fh",
                wrapper=["strace", "-f", "-o", trace, "-e", "trace=%file,openat2,execve,fork,vfork,clone,clone3,socket"])
        after = {p: os.lstat(p) for p in below(self.tree)}
        for p, st in before.items():
            if stat.S_ISLNK(st.st_mode) and os.geteuid() != 0:
                continue  # without rights nobody can read a link unnoticed
            self.assertEqual([st.st_atime_ns, st.st_mtime_ns, st.st_ctime_ns, st.st_nlink], [after[p].st_atime_ns, after[p].st_mtime_ns,
                             after[p].st_ctime_ns, after[p].st_nlink], p)
        for line in pathlib.Path(os.fsdecode(trace)).read_text(errors="replace").splitlines()[1:]:
            self.assertNotRegex(line, r"O_(WRONLY|RDWR|CREAT|TRUNC)| (v?fork|socket|execve|unlink(at)?|renameat2?|f?chmod(at)?|utimensat|mkdir(at)?|symlink(at)?)\(")
            if re.search(r" clone3?\(", line):
                self.assertIn("CLONE_THREAD", line)
            if '"fifo"' in line or '"null"' in line or '"loop"' in line:
                self.assertIn("O_PATH", line)


if __name__ == "__main__":
    for tool in ("find", "sha256sum"):
        if not shutil.which(tool):
            print(f"skipped: {tool} is not there")
            sys.exit(77)
    main()
