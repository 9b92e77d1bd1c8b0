"""test_image_make.py: what calm-image makes, read by other people's tools: libewf's, The Sleuth Kit, cmp, ddrescuelog, strace; what it refuses; and that
an image which was killed again and again is to the byte the one that was not. IMAGE_KILLS=N kills more often."""
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import unittest

import harness
from harness import BUILD, SANITIZED, main, one_line

IMAGER = str((BUILD / "src" / "calm-image").resolve())
USAGE, NOT_FOUND, GATE, TAMPERED, FULL, CANCEL = 2, 3, 5, 8, 12, 13
MIB = 1 << 20
KILLS = int(os.environ.get("IMAGE_KILLS", "6"))
needs_root = unittest.skipUnless(os.geteuid() == 0, "loop devices and mounts need root")


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=60, **more)


def padded(data, sector=512):
    return data + bytes(-len(data) % sector)


class Make(unittest.TestCase):
    def setUp(self):
        self.temp = harness.tempfile.TemporaryDirectory(prefix="calm-test-", dir=harness.in_memory())
        self.folder = pathlib.Path(self.temp.name)
        self.out = self.folder / "out"
        self.out.mkdir()
        self.undo = []

    def tearDown(self):
        for words in reversed(self.undo):
            run(*words)
        self.temp.cleanup()

    def must(self, *words, **more):
        done = run(*words, **more)
        self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))
        return done.stdout.decode()

    def source(self, data, name="disk"):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def image(self, source, *more, name="x"):
        return self.must(IMAGER, source, "--to", self.out, "--name", name, *more)

    def refused(self, code, *words, saying):
        before = sorted(self.out.iterdir())
        done = run(IMAGER, *words)
        said = one_line((done.stdout + done.stderr).decode())
        self.assertEqual(done.returncode, code, said)
        self.assertIn(saying, said)
        self.assertEqual(sorted(self.out.iterdir()), before)
        return said

    def exported(self, first):
        """The bytes that libewf reads of an E01."""
        self.must("ewfexport", "-u", "-q", "-f", "raw", "-t", self.folder / "export", first)
        data = (self.folder / "export.raw").read_bytes()
        for path in self.folder.glob("export*"):
            path.unlink()
        return data

    def loop(self, path, *more):
        """A block device over a file of ours; the test is skipped where there is none."""
        harness.hold_loops(self)
        done = run("losetup", "--find", "--show", *more, path)
        if done.returncode:
            self.skipTest("no loop device can be made here: " + done.stderr.decode().strip())
        device = done.stdout.decode().strip()
        self.undo.append(("losetup", "--detach", device))
        if "--read-only" not in more:  # whoever had the device before may have left it so
            run("blockdev", "--setrw", device)
        return device

    def mounted(self, device, *more):
        at = self.folder / "mounted"
        at.mkdir(exist_ok=True)
        done = run("mount", *more, device, at)
        if done.returncode:
            self.skipTest("nothing can be mounted here: " + done.stderr.decode().strip())
        self.undo.append(("umount", "--lazy", at))
        return at


@unittest.skipUnless(shutil.which("ewfexport"), "ewf-tools is not installed")
class OtherTools(Make):
    def test_libewf_reads_and_verifies_segments_of_each_size(self):
        data = random.Random(1).randbytes(5 * MIB) + bytes(70 * MIB) + random.Random(2).randbytes(3 * MIB + 1000)
        source = self.source(data)
        for n, (segment, count) in enumerate((("2MiB", 5), ("64MiB", 1), ("0", 1), ("2MiB", 5))):
            name = f"x{n}"
            self.image(source, "--segment", segment, *(["--small"] if n == 3 else []), name=name)
            files = sorted(self.out.glob(name + ".E*"))
            self.assertEqual(len(files), count, files)
            self.assertTrue(segment == "0" or all(f.stat().st_size <= {"2": 2, "6": 64}[segment[0]] * MIB for f in files))
            said = self.must("ewfverify", "-q", "-d", "sha1,sha256", files[0])
            self.assertIn("ewfverify: SUCCESS", said)
            self.assertIn(hashlib.sha256(padded(data)).hexdigest(), said)
            self.assertEqual(self.exported(files[0]), padded(data))

    def test_values_of_the_header_in_any_script(self):
        self.image(self.source(b"x" * 4096), "--case", "Fälle/7 <&> \"q\"", "--number", "17-b", "--examiner", "Jürgen 🦊 Ωμέγα", "--notes", "a\tb\nc",
                   "--description", "die Platte: 中文")
        said = self.must("ewfinfo", self.out / "x.E01", env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]})
        values = dict(re.findall(r"^\t([^\t:]+):\t+(.*)$", said, re.M))
        self.assertEqual([values[k] for k in ("Case number", "Evidence number", "Examiner name", "Notes", "Description")],
                         ["Fälle/7 <&> \"q\"", "17-b", "Jürgen 🦊 Ωμέγα", "a b c", "die Platte: 中文"])
        self.assertEqual(values["File format"], "EnCase 6")
        self.assertEqual((values["MD5"], values["SHA1"]), (hashlib.md5(b"x" * 4096).hexdigest(), hashlib.sha1(b"x" * 4096).hexdigest()))
        self.assertEqual((values["Bytes per sector"], values["Number of sectors"]), ("512", "8"))
        self.assertTrue(values["Software version used"].startswith("calm "))

    @unittest.skipUnless(shutil.which("fls"), "sleuthkit is not installed")
    def test_the_sleuth_kit_finds_partition_and_files(self):
        tree = self.folder / "tree"
        (tree / "etc").mkdir(parents=True)
        (tree / "etc" / "passwd").write_text("root:x:0:0\n")
        disk = self.source(bytes(24 * MIB))
        self.must("sh", "-c", f"printf 'label: dos\\nstart=2048, type=83\\n' | sfdisk -q {disk}", env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        self.must("mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, "-E", f"offset={2048 * 512}", disk, "20M",
                  env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        self.image(disk, "--segment", "2MiB")
        said = self.must("img_stat", self.out / "x.E01")
        self.assertIn("Image Type:\t\tewf", said)
        self.assertIn(f"Size of data in bytes:\t{24 * MIB}", said)
        self.assertRegex(self.must("mmls", self.out / "x.E01"), r"0000002048 +\d+ +\d+ +Linux \(0x83\)")
        listed = self.must("fls", "-r", "-p", "-o", "2048", self.out / "x.E01")
        inode = re.search(r"^r/r (\d+):\tetc/passwd$", listed, re.M)[1]
        self.assertEqual(self.must("icat", "-o", "2048", self.out / "x.E01", inode), "root:x:0:0\n")

    def test_odd_sizes_in_each_format(self):
        block = random.Random(3).randbytes(2 * MIB + 70000)
        for size in (1, 511, 512, 513, 32767, 32768, 32769, MIB - 1, MIB, MIB + 1, 2 * MIB + 65537):
            source = self.source(block[:size])
            name = f"s{size}"
            self.assertIn(hashlib.sha256(block[:size]).hexdigest(), self.image(source, name=name))
            self.assertEqual(self.exported(self.out / f"{name}.E01"), padded(block[:size]), size)
            self.image(source, "--format", "raw", name="r" + name)
            self.must("cmp", source, self.out / f"r{name}.raw")
            self.image(source, "--format", "split", "--segment", "1MiB", name="p" + name)
            parts = sorted(self.out.glob(f"p{name}.[0-9]*"))
            self.assertEqual([p.stat().st_size for p in parts[:-1]], [MIB] * ((size - 1) // MIB))
            self.assertEqual(b"".join(p.read_bytes() for p in parts), block[:size])
            pieces = [l for l in (self.out / f"{name}.pieces").read_text().splitlines() if not l.startswith("#")]
            held = padded(block[:size])
            self.assertEqual(pieces, [hashlib.sha256(held[i:i + MIB]).hexdigest() for i in range(0, len(held), MIB)])

    @unittest.skipUnless(shutil.which("ddrescuelog"), "gddrescue is not installed")
    def test_ddrescuelog_takes_the_map_for_one_that_is_finished(self):
        self.image(self.source(bytes(MIB + 77)))
        self.must("ddrescuelog", "--done-status", self.out / "x.map")
        said = one_line(self.must("ddrescuelog", "--show-status", self.out / "x.map"))
        self.assertRegex(said, r"rescued: 1048 kB, in 1 area\(s\) \(100%\)")
        self.assertEqual(self.must("ddrescuelog", "--list-blocks=-", self.out / "x.map"), "")

    @needs_root
    def test_a_disk_with_sectors_of_4096_bytes(self):
        data = random.Random(4).randbytes(3 * MIB)
        device = self.loop(self.source(data), "--read-only", "--sector-size", "4096")
        self.image(device)
        said = self.must("ewfinfo", self.out / "x.E01")
        self.assertRegex(said, r"Bytes per sector:\t+4096\n\tNumber of sectors:\t+768\n")
        self.assertEqual(self.exported(self.out / "x.E01"), data)
        self.assertIn(hashlib.sha256(data).hexdigest(), (self.out / "x.txt").read_text())


class Sources(Make):
    def test_what_is_no_disk_is_refused(self):
        os.mkfifo(self.folder / "fifo")
        for path, code, words in ((self.folder, USAGE, "a folder"), (self.folder / "fifo", USAGE, "a FIFO"), ("/dev/null", USAGE, "a character device"),
                                  (self.source(b"", "empty"), USAGE, "is empty"), (self.folder / "none", NOT_FOUND, "none")):
            self.refused(code, path, "--to", self.out, "--name", "x", saying=words)
        disk = self.source(b"x" * 512)
        self.refused(NOT_FOUND, disk, "--to", self.folder / "nowhere", "--name", "x", saying="nowhere")
        for name in ("../x", "a/b", "", "."):
            self.refused(USAGE, disk, "--to", self.out, "--name", name, saying="name")

    @needs_root
    def test_a_source_that_may_not_be_read(self):
        self.folder.chmod(0o755)
        self.out.chmod(0o777)
        disk = self.source(b"x" * 512)
        disk.chmod(0)
        done = subprocess.run([IMAGER, disk, "--to", self.out, "--name", "x"], capture_output=True, user=65534, group=65534, extra_groups=[], check=False)
        said = one_line(done.stderr.decode())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"{disk}: Permission denied", said)
        self.assertEqual(list(self.out.iterdir()), [])

    @needs_root
    def test_what_root_may_not_write_to_is_said_to_be_that(self):
        with harness.tempfile.TemporaryDirectory(prefix="calm-test-") as place:
            if run("chattr", "+i", place).returncode:
                self.skipTest("no folder can be made immutable here")
            try:
                self.refused(11, self.source(b"x" * 512), "--to", place, "--name", "x", saying=f"{place}, though this is root: it is immutable")
            finally:
                run("chattr", "-i", place)

    @unittest.skipIf(SANITIZED or not shutil.which("strace"), "strace cannot follow it here")
    def test_no_call_that_could_change_the_source(self):
        source = self.source(random.Random(5).randbytes(3 * MIB + 5))
        self.watched(source)
        if os.geteuid() == 0:
            self.watched(self.loop(self.source(bytes(2 * MIB), "other")))

    def watched(self, source):
        """All that is done with descriptors of the source."""
        name = pathlib.Path(source).name
        log = self.folder / "strace"
        done = run("strace", "-f", "-y", "-o", log, IMAGER, source, "--to", self.out, "--name", name)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(hashlib.sha256(pathlib.Path(source).read_bytes()).hexdigest() in done.stdout.decode(), True)
        calls = set()
        for line in log.read_text(errors="replace").splitlines():
            call = re.match(r"\d+ +(\w+)\((.*)", line)
            if not call or (f"<{source}>" not in line and f'"{source}"' not in line):
                continue
            calls.add(call[1])
            if call[1] in ("open", "openat"):
                self.assertIn("O_RDONLY", call[2])
                self.assertNotRegex(call[2], "O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)")
                if pathlib.Path(source).is_file():  # its access time stays, also where sectors are read past the cache
                    self.assertIn("O_NOATIME", call[2])
            if call[1] == "ioctl":
                self.assertRegex(call[2], r", (BLKGETSIZE64|BLKSSZGET|BLKPBSZGET|BLKROGET|SG_IO|SG_GET_\w+|HDIO_GET_\w+|CDROM_GET_CAPABILITY|FS_IOC_GETFLAGS)")
        self.assertIn("pread64", calls)
        reading = {"open", "openat", "pread64", "read", "readv", "preadv", "close", "fstat", "stat", "lstat", "newfstatat", "statx", "lseek", "ioctl", "fadvise64",
                   "readlink", "readlinkat", "execve", "dup2", "dup3", "fcntl", "access", "faccessat", "faccessat2", "mmap", "statfs", "fstatfs", "write"}
        # What others wrote to a file is made durable before it is read (doc/format/image.md, "A source that changes").
        self.assertLessEqual(calls, reading | {"sync_file_range"})
        for line in log.read_text(errors="replace").splitlines():
            # Its name is written to the screen and the summary; never anything to its descriptor.
            self.assertNotRegex(line, r"^\d+ +(p?write(64|v|v2)?|ftruncate|fallocate|f?sync|fdatasync|fchmod|fchown|futimens|utimensat|fsetxattr)\(\d+<" + re.escape(str(source)) + ">")

    @needs_root
    def test_a_disk_that_is_mounted_for_writing_needs_live_and_is_marked(self):
        disk = self.source(bytes(16 * MIB))
        self.must("mke2fs", "-q", "-F", "-t", "ext4", disk, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        device = self.loop(disk)
        at = self.mounted(device)
        said = self.refused(GATE, device, "--to", self.out, "--name", "x", saying="is in use")
        self.assertIn("--live", said)
        self.refused(USAGE, device, "--to", at, "--name", "x", "--live", saying=f"{at} lies on {device} itself")
        self.assertEqual([p.name for p in at.iterdir()], ["lost+found"])
        self.image(device, "--live")
        text = one_line((self.out / "x.txt").read_text())
        self.assertIn(str(at), text)
        self.assertRegex(text, "(?i)live|in use")


class Interrupted(Make):
    """An image that was stopped at any moment."""

    def begin(self, source, *more):
        """Killed as soon as there is something to go on with."""
        job = subprocess.Popen([IMAGER, source, "--to", self.out, "--name", "x", "--commit", "0 s", "--limit", "10", *more],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = time.monotonic() + 30
        while not (self.out / "x.part").exists() and time.monotonic() < end and job.poll() is None:
            time.sleep(0.005)
        job.kill()
        said = job.communicate()[1]
        self.assertTrue((self.out / "x.part").exists(), said)

    def resume(self, *more):
        return [IMAGER, "--resume", self.out / "x.part", "--commit", "0 s", *more]

    def done(self):
        return int(re.search(r"^done (\d+)$", (self.out / "x.part").read_text(), re.M)[1])

    def files(self):
        """Those of the image: who is killed while he puts a file in the place of another may leave a hidden one (sys/file.h)."""
        return {p.name: p.read_bytes() for p in self.out.iterdir() if p.suffix != ".txt" and not re.fullmatch(r"\.calm-[0-9a-f]{16}\.part", p.name)}

    def killed_again_and_again(self, source, seed, *more):
        self.begin(source, *more)
        copy = self.folder / "copy"
        shutil.copytree(self.out, copy)
        self.must(*self.resume())
        wanted = self.files()
        self.assertNotIn("x.part", wanted)
        shutil.rmtree(self.out)
        copy.rename(self.out)
        moments, killed, dones, more_time = random.Random(seed), 0, {self.done()}, 0
        for _ in range(KILLS * 5):
            job = subprocess.Popen(self.resume("--limit", "4"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(moments.uniform(0.01, 0.9) + more_time)
            job.kill()
            if job.wait() == 0 or not (self.out / "x.part").exists():
                break
            killed += 1
            # on a machine that is busy it may not have come so far: the next one gets longer
            more_time = more_time if self.done() not in dones else more_time + 0.25
            dones.add(self.done())
            if killed >= KILLS and len(dones) > 1:
                break
        if (self.out / "x.part").exists():
            self.must(*self.resume())
        self.assertGreaterEqual(killed, 2)
        self.assertGreater(len(dones), 1)  # it went on between kills
        self.assertEqual(self.files(), wanted)
        return wanted

    def disk(self):
        data = random.Random(8).randbytes(12 * MIB) + bytes(3 * MIB) + b"text " * (6 * MIB // 5) + random.Random(9).randbytes(9 * MIB + 321)
        return data, self.source(data)

    def test_an_e01_is_to_the_byte_as_without_kills(self):
        data, source = self.disk()
        files = self.killed_again_and_again(source, 1, "--segment", "2MiB")
        self.assertGreater(len([n for n in files if ".E" in n]), 5)
        if shutil.which("ewfverify"):
            said = self.must("ewfverify", "-q", "-d", "sha256", self.out / "x.E01")
            self.assertIn(hashlib.sha256(padded(data)).hexdigest(), said)

    def test_a_raw_image_is_to_the_byte_as_without_kills(self):
        data, source = self.disk()
        self.assertEqual(self.killed_again_and_again(source, 2, "--format", "raw")["x.raw"], data)

    def test_raw_parts_are_to_the_byte_as_without_kills(self):
        data, source = self.disk()
        files = self.killed_again_and_again(source, 3, "--format", "split", "--segment", "4MiB")
        self.assertEqual(b"".join(files[f"x.{n:03}"] for n in range(1, 9)), data)

    @needs_root
    def test_a_disk_with_sectors_of_4096_bytes_is_to_the_byte_as_without_kills(self):
        data = random.Random(8).randbytes(20 * MIB)
        files = self.killed_again_and_again(self.loop(self.source(data), "--read-only", "--sector-size", "4096"), 4, "--segment", "2MiB")
        self.assertGreater(len([n for n in files if ".E" in n]), 5)

    def test_ctrl_c_says_how_it_goes_on(self):
        source = self.disk()[1]
        for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            name = asked.name
            job = subprocess.Popen([IMAGER, source, "--to", self.out, "--name", name, "--limit", "5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(1)
            job.send_signal(asked)
            said = one_line(b"".join(job.communicate(timeout=30)).decode())
            self.assertEqual(job.returncode, CANCEL, said)
            self.assertIn(f"calm-image --resume {self.out}/{name}.part goes on where it was", said)
            self.must(IMAGER, "--resume", self.out / f"{name}.part")
            self.assertFalse((self.out / f"{name}.part").exists())

    def test_another_source_or_a_changed_one_is_not_gone_on_with(self):
        data, source = self.disk()
        self.begin(source)
        before = self.files()
        with open(source, "r+b") as f:
            f.write(b"changed")
        done = run(*self.resume())
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.files(), before)
        other = self.source(data, "other")
        done = run(*self.resume("--source", other))
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.files(), before)

    def test_elsewhere_than_on_a_terminal_progress_is_a_line_a_minute(self):
        source = self.disk()[1]
        job = subprocess.Popen([IMAGER, source, "--to", self.out, "--name", "x", "--limit", "5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said, _ = job.communicate(timeout=60)  # 32 MB: some six seconds
        self.assertEqual(job.returncode, 0)
        self.assertLessEqual(len(re.findall("copying", said)), 1, said)
        self.assertNotIn("\r", said)
        self.assertNotIn("\x1b", said)

    def served(self, order, answers):
        """What it says to a program that gives these answers (doc/format/image.md, section 8)."""
        lines = []
        with subprocess.Popen(["timeout", "60", IMAGER, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as job:
            job.stdin.write(order)
            job.stdin.flush()
            for line in job.stdout:
                lines.append(line.rstrip("\n"))
                job.stdin.write(answers.get(lines[-1], ""))
                job.stdin.flush()
        return lines

    @needs_root
    def test_a_full_target_goes_on_in_another_folder(self):
        data, source = self.disk()
        small, other = self.folder / "small", self.folder / "other"
        small.mkdir(), other.mkdir()
        if run("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", small).returncode:
            self.skipTest("no small file system can be mounted here")
        self.undo.append(("umount", "--lazy", small))
        for name, more in (("e", "segment 4MiB\n"), ("p", "format split\nsegment 4MiB\n")):
            lines = self.served(f"source {source}\nto {small}\nname {name}\n{more}go\n", {"fact end 1": "begin\n", f"full {small}": f"folder {other}\n"})
            self.assertEqual(lines[-1], "ok", lines)
            self.assertEqual(len([line for line in lines if line.startswith("full ")]), 1)
            self.assertIn(f"result sha256 {hashlib.sha256(data).hexdigest()}", lines)
            for folder in (small, other):
                self.assertTrue(list(folder.glob(name + ".*")), folder)
            for path in [p for p in small.glob(name + ".*")] + [p for p in other.glob(name + ".*")]:
                self.assertFalse((self.out / path.name).exists(), "the same name in both folders")
                shutil.move(path, self.out / path.name)
            if name == "p":
                self.assertEqual(b"".join(p.read_bytes() for p in sorted(self.out.glob("p.0*"))), data)
            elif shutil.which("ewfverify"):
                self.assertIn(hashlib.sha256(padded(data)).hexdigest(), self.must("ewfverify", "-q", "-d", "sha256", self.out / "e.E01"))

    @needs_root
    def test_a_full_target_that_nobody_names_another_for_can_go_on(self):
        data, source = self.disk()
        run("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", self.out)
        if not os.path.ismount(self.out):
            self.skipTest("no small file system can be mounted here")
        self.undo.append(("umount", "--lazy", self.out))
        done = run(IMAGER, source, "--to", self.out, "--name", "x", "--segment", "4MiB")
        said = one_line((done.stdout + done.stderr).decode())
        self.assertEqual(done.returncode, FULL, said)
        self.assertIn(f"no space is left in {self.out}", said)
        self.assertIn(f"calm-image --resume {self.out}/x.part goes on where it was", said)
        self.must("mount", "-o", "remount,size=80m", self.out)
        self.assertIn(hashlib.sha256(data).hexdigest(), self.must(IMAGER, "--resume", self.out / "x.part"))


if __name__ == "__main__":
    main()
