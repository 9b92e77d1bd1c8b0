"""test_image_same.py: an image goes on with its own source and no other: disks that are gone while their name is not, that hang, or come back changed or
under another name; files whose disk was plugged in again."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import harness
from harness import main
from test_image_make import IMAGER, MIB, needs_root
import test_image_source  # its cases are not run from here once more


class Dead(test_image_source.Lacking):
    """A source that is gone for good, and whose name is not, or that is named wrong."""

    def begun(self, source, name="x"):
        words = [source, "--to", self.out, "--name", name, "--format", "raw", "--limit", "8"]
        return words, self.interrupted(words, 4 * MIB, signal.SIGTERM)

    def ended(self, name, data, done, *more):
        said = self.must(IMAGER, "--resume", self.out / f"{name}.part", *more)
        self.assertIn("It was not there any more when the image was ended", said)
        self.assertEqual(self.told(name), (0, [(0, done, "+"), (done, len(data) - done, "?")]))
        self.assertEqual(self.left(name), len(data) - done)
        self.assertEqual((self.out / f"{name}.raw").read_bytes(), data[:done] + bytes(len(data) - done))

    def test_a_slip_in_the_name_ends_nothing(self):
        data = random.Random(31).randbytes(16 * MIB)
        source = self.source(data)
        words, _ = self.begun(source)
        self.refused(3, self.folder / "dick", "--resume", self.part(words), "--accept-end",
                     saying=f"The image was last read from {source}: if that one is gone for good, leave the name of the source out")
        self.refused(2, source, "--resume", self.part(words), "--gone", saying="and no source")
        self.refused(2, source, "--to", self.out, "--name", "y", "--gone", saying="--gone ends an image")
        self.must(IMAGER, source, "--resume", self.part(words), "--accept-end")  # it is there: all of it is read
        self.assertEqual((self.out / "x.raw").read_bytes(), data)

    def test_another_one_under_its_name_needs_a_word_more(self):
        data = random.Random(32).randbytes(16 * MIB)
        source = self.source(data)
        words, done = self.begun(source)
        source.rename(self.folder / "away")
        self.source(bytes(16 * MIB))
        for more in ([], ["--accept-end"]):
            self.refused(6, "--resume", self.part(words), *more, saying="gone for good, it is ended with --gone")
        self.ended("x", data, done, "--gone")

    def test_one_that_is_there_and_gives_bytes_is_not_gone(self):
        data = random.Random(37).randbytes(16 * MIB)
        source = self.source(data)
        words, _ = self.begun(source)
        before = {p.name: p.read_bytes() for p in self.out.iterdir()}
        self.refused(6, "--resume", self.part(words), "--gone", saying=f"{source} is there and gives bytes, so it is not gone: without --gone the image goes on with it")
        self.assertEqual({p.name: p.read_bytes() for p in self.out.iterdir()}, before)
        self.must(IMAGER, "--resume", self.part(words))
        self.assertEqual((self.out / "x.raw").read_bytes(), data)

    @needs_root
    def test_a_name_with_no_device_behind_it(self):
        harness.hold_loops(self, alone=True)
        data = random.Random(33).randbytes(16 * MIB)
        disk = self.source(data)
        device = self.loop(disk, "--read-only")
        (_, first), (_, second) = self.begun(device, "a"), self.begun(device, "b")
        self.must("losetup", "--detach", device)
        end = time.monotonic() + 10
        while self.must("blockdev", "--getsize64", device, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}).strip() != "0" and time.monotonic() < end:
            time.sleep(0.05)
        self.refused(3, "--resume", self.out / "a.part", saying=f"{device} has no bytes: it died, or there is no medium in it")
        self.refused(3, device, "--to", self.out, "--name", "n", saying="has no bytes")
        self.ended("a", data, first, "--accept-end")
        self.must("losetup", "--read-only", device, self.source(bytes(16 * MIB), "other"))
        self.refused(6, "--resume", self.out / "b.part", "--accept-end", saying="this is not the source that the image was begun with")
        self.ended("b", data, second, "--gone")

    @needs_root
    def test_a_name_of_no_driver(self):
        data = random.Random(34).randbytes(16 * MIB)
        source = self.source(data)
        words, done = self.begun(source)
        source.unlink()
        self.must("mknod", source, "b", "259", "1234")
        self.refused(3, "--resume", self.part(words), saying=f"{source} does not answer: No such device or address")
        self.ended("x", data, done, "--accept-end")


class Again(test_image_source.Lacking):
    """A source that was away, or changed, while its image was interrupted."""

    def disk(self, name, seed):
        """A file system whose larger part is one file."""
        disk, content = self.folder / name, self.folder / "content"
        disk.write_bytes(bytes(24 * MIB))
        content.write_bytes(random.Random(seed).randbytes(16 * MIB))
        tools = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
        self.must("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", disk, env=tools)
        self.must("debugfs", "-w", "-R", f"write {content} content", disk, env=tools)
        return disk

    def attach(self, disk, *more):
        """A loop device whose file has the same name whatever disk it is."""
        name = self.folder / "behind"
        name.unlink(missing_ok=True)
        os.link(disk, name)
        return self.loop(name, *more)

    def detach(self, device):
        self.must("losetup", "--detach", device)
        end = time.monotonic() + 10
        while pathlib.Path("/sys/block", pathlib.Path(device).name, "loop").exists() and time.monotonic() < end:
            time.sleep(0.05)

    @needs_root
    def test_a_source_file_goes_on_where_its_disk_is_plugged_in_again(self):
        disk = self.folder / "fs"
        disk.write_bytes(bytes(40 * MIB))
        self.must("mke2fs", "-q", "-F", "-t", "ext4", disk, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        data = random.Random(41).randbytes(16 * MIB)
        first = self.loop(disk)
        at = self.mounted(first)
        (at / "vm.img").write_bytes(data)
        words = [at / "vm.img", "--to", self.out, "--name", "x", "--format", "raw", "--limit", "8"]
        self.interrupted(words, 4 * MIB)
        second = self.loop(disk)
        self.assertNotEqual(first, second)
        self.must("umount", at)
        self.must("mount", "-o", "ro", second, at)
        said = self.must(IMAGER, "--resume", self.part(words))
        self.assertNotIn("CHANGED", said)
        self.assertEqual((self.out / "x.raw").read_bytes(), data)

    def test_a_file_that_was_changed_and_its_time_set_back_is_marked(self):
        source = self.source(random.Random(42).randbytes(16 * MIB))
        os.utime(source, (1704067200, 1704067200))
        words = [source, "--to", self.out, "--name", "x", "--limit", "8"]
        self.interrupted(words, 4 * MIB)
        with open(source, "r+b") as f:
            f.write(b"CHANGED")
        os.utime(source, (1704067200, 1704067200))
        said = self.must(IMAGER, "--resume", self.part(words))
        self.assertRegex(said, r"(?m)^  CHANGED +between two of its runs: it was written to, or its entry was changed; "
                               r"at (?:none of 64|1 of 64) places that were compared it holds other bytes")
        self.assertRegex(said, r"(?m)^  runs .*the file WAS CHANGED since the image was begun, or its entry")

    def test_a_file_that_was_written_anew_and_its_time_set_back_is_no_more_the_source(self):
        data, new = (random.Random(seed).randbytes(16 * MIB) for seed in (48, 49))
        source = self.source(data)
        os.utime(source, (1704067200, 1704067200))
        words = [source, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "8"]
        done = self.interrupted(words, 4 * MIB)
        for changed, other in ((new, 64), (data[:done * 3 // 4] + new[done * 3 // 4:], None)):
            source.write_bytes(changed)
            os.utime(source, (1704067200, 1704067200))
            if other:
                self.refused(6, "--resume", self.part(words), saying="or it was changed meanwhile: at 64 of 64 places that were compared it holds other bytes")
        shutil.copytree(self.out, self.folder / "kept")
        said = self.must(IMAGER, "--resume", self.part(words))  # less than half of what can be compared is another
        self.assertRegex(said, r"(?m)^  CHANGED +between .*; at [1-9]\d* of 64 places that were compared it holds other bytes than the image")
        shutil.rmtree(self.out)
        (self.folder / "kept").rename(self.out)
        source.write_bytes(new)
        os.utime(source, (1704067200, 1704067200))
        said = self.must(IMAGER, "--resume", self.part(words), "--live")
        self.assertRegex(said, r"(?m)^  CHANGED +between .*; at 64 of 64 places that were compared it holds other bytes than the image")
        self.assertEqual((self.out / "x.raw").read_bytes(), data[:done] + new[done:])

    def test_a_mark_stays_over_the_runs_that_follow(self):
        source = self.source(random.Random(43).randbytes(16 * MIB))
        words = [source, "--to", self.out, "--name", "x", "--limit", "8"]
        self.interrupted(words, 2 * MIB)
        source.chmod(0o600)
        job = subprocess.Popen([IMAGER, "--resume", self.part(words), "--limit", "8", "--commit", "0 s"], stdout=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while self.done(words) < 6 * MIB and job.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        job.kill()
        job.wait()
        self.assertIn("\ndiffers 1\n", self.part(words).read_text())
        self.assertRegex(self.must(IMAGER, "--resume", self.part(words)), r"(?m)^  CHANGED +between two of its runs")

    def test_any_part_of_a_split_source_that_was_changed_is_found(self):
        data = random.Random(44).randbytes(10 * MIB)
        for n in range(5):
            (self.folder / f"s.00{n + 1}").write_bytes(data[n * 2 * MIB:(n + 1) * 2 * MIB])
        words = [self.folder / "s.001", "--to", self.out, "--name", "x", "--format", "raw", "--limit", "4"]
        self.interrupted(words, 3 * MIB)
        for name in ("s.001", "s.005"):
            before = (self.folder / name).stat()
            with open(self.folder / name, "r+b") as f:
                f.seek(1000)
                f.write(b"CHANGED")
            self.refused(6, "--resume", self.part(words), saying="or it was changed meanwhile")
            os.utime(self.folder / name, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.assertIn("CHANGED", self.must(IMAGER, "--resume", self.part(words)))

    def test_live_goes_on_with_a_file_that_was_changed_and_marks_it(self):
        source = self.source(random.Random(45).randbytes(16 * MIB))
        words = [source, "--to", self.out, "--name", "x", "--limit", "8"]
        self.interrupted(words, 4 * MIB)
        with open(source, "r+b") as f:
            f.write(b"CHANGED")
        self.refused(6, "--resume", self.part(words), saying="--live goes on with it, and marks it")
        said = self.must(IMAGER, "--resume", self.part(words), "--live")
        self.assertRegex(said, r"(?m)^  CHANGED +between two of its runs")

    @needs_root
    def test_another_disk_behind_a_live_one_that_says_nothing_of_itself_is_refused(self):
        harness.hold_loops(self, alone=True)
        one, other = self.disk("one", 46), self.disk("two", 47)
        device = self.attach(one)
        at = self.mounted(device)
        words = [device, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "8", "--live"]
        self.interrupted(words, 8 * MIB)
        harness.unmount(at, device)
        self.detach(device)
        self.must("losetup", device, self.behind(other))
        for more in ([], ["--live"]):
            said = self.refused(6, "--resume", self.part(words), *more, saying="this is not the source that the image was begun with: at ")
            self.assertRegex(said, r"at \d+ of \d+ places that were compared it holds other bytes, the first at byte 0")
        self.detach(device)
        self.must("losetup", device, self.behind(one))
        said = self.must(IMAGER, "--resume", self.part(words))
        self.assertRegex(said, r"(?m)^  runs .*\n( {22}.*\n)* {22}it is known by its bytes at \d+ places\.$")
        self.assertEqual((self.out / "x.raw").stat().st_size, 24 * MIB)

    def behind(self, disk):
        name = self.folder / "behind"
        name.unlink()
        os.link(disk, name)
        return name

    @needs_root
    def test_the_same_disk_that_was_mounted_meanwhile_needs_live_and_is_marked(self):
        device = self.attach(self.disk("one", 48))
        words = [device, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "8"]
        self.interrupted(words, 8 * MIB)
        at = self.mounted(device)
        (at / "more").write_bytes(b"more")
        harness.unmount(at, device)
        self.refused(6, "--resume", self.part(words), saying="--live goes on with it, and marks it")
        said = self.must(IMAGER, "--resume", self.part(words), "--live")
        self.assertRegex(said, r"(?m)^  CHANGED +between two of its runs: ")
        self.assertRegex(said, r"at \d+ of \d+ places that were compared it holds other bytes than the image")


class Hanging(test_image_source.Lacking):
    """A disk that does not answer where it is looked at first."""

    def hanging(self, seconds):
        """A device of 8 MiB whose last 4 KiB come after a while, once the file beside says so."""
        backing, place, control = self.source(random.Random(51).randbytes(8 * MIB), "backing"), self.source(b"", "place"), self.folder / "control"
        control.write_text("")
        helper = subprocess.Popen(["/usr/bin/python3", pathlib.Path(__file__).with_name("bad_fs.py"), place, backing, control], stdout=subprocess.PIPE)
        self.undo.append(("umount", "--lazy", place))
        self.addCleanup(helper.wait)
        self.addCleanup(helper.kill)
        self.addCleanup(helper.stdout.close)
        if helper.stdout.readline() != b"ready\n":
            self.skipTest("no file system of ours can be mounted here")
        device = self.loop(place, "--read-only", "--direct-io=on")
        control.write_text(f"slow {8 * MIB - 4096} 4096 {seconds}\n")
        return device, control

    def said(self, job, until):
        """What it says until a line has these words, and after how many seconds."""
        began, text = time.monotonic(), ""
        while until not in text:
            more = job.stdout.readline().decode()
            if not more:
                break
            text += more
        return text, time.monotonic() - began

    @needs_root
    def test_opening_says_what_it_waits_for_and_hears_ctrl_c(self):
        device, _ = self.hanging(20)
        job = subprocess.Popen([IMAGER, device, "--to", self.out, "--name", "x"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(job.stdout.close)
        text, took = self.said(job, "waiting for the source to open")
        self.assertIn("waiting for the source to open", text)
        self.assertLess(took, 10)
        job.send_signal(signal.SIGINT)
        text, took = self.said(job, "exit 13")
        self.assertIn(f"stopped while {device} was opened (exit 13)", text)
        self.assertLess(took, 8)
        job.wait(timeout=60)
        self.assertEqual(list(self.out.iterdir()), [])

    @needs_root
    def test_one_that_hangs_where_it_is_opened_is_ended_by_a_word_more(self):
        device, control = self.hanging(0)
        control.write_text("")
        words = [device, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "2"]
        done = self.interrupted(words, 2 * MIB, signal.SIGTERM)
        control.write_text(f"slow 0 {8 * MIB} 20\n")
        for more, until in ((["--accept-end"], "Where it will not give what it held any more, --gone ends the image"), (["--gone"], "read back from the disk, and the same")):
            job = subprocess.Popen([IMAGER, "--resume", self.part(words), "--patience", "2s", *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.addCleanup(job.stdout.close)
            self.addCleanup(job.wait)
            text, took = self.said(job, until)
            self.assertIn(until, text)
            self.assertLess(took, 15)
        self.assertIn(f"It did not answer any more when the image was ended ({device} does not answer since 2 s", text)
        self.assertEqual(self.told("x"), (0, [(0, done, "+"), (done, 8 * MIB - done, "?")]))
        self.assertEqual(self.left("x"), 8 * MIB - done)
        control.write_text("")

    @needs_root
    def test_a_file_is_not_kept_from_being_read_by_a_device_over_another_that_hangs(self):
        device, control = self.hanging(0)
        control.write_text(f"slow 0 {8 * MIB} 20\n")
        reader = subprocess.Popen(["dd", f"if={device}", "of=/dev/null", "bs=4096", "count=1", "iflag=direct"], stderr=subprocess.DEVNULL)
        self.addCleanup(reader.wait)
        time.sleep(0.5)
        data = random.Random(52).randbytes(MIB)
        began = time.monotonic()
        self.must(IMAGER, self.source(data, "other"), "--to", self.out, "--name", "x", "--format", "raw", "--patience", "5s")
        self.assertLess(time.monotonic() - began, 12)
        self.assertIsNone(reader.poll())
        self.assertEqual((self.out / "x.raw").read_bytes(), data)
        control.write_text("")

    @needs_root
    def test_opening_ends_after_patience(self):
        device, control = self.hanging(25)
        job = subprocess.Popen([IMAGER, device, "--to", self.out, "--name", "x", "--patience", "2s"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(job.stdout.close)
        text, took = self.said(job, "exit 11")
        self.assertIn(f"{device} does not answer since 2 s: it cannot be opened", text)
        self.assertLess(took, 15)
        job.wait(timeout=60)
        self.assertEqual(list(self.out.iterdir()), [])
        control.write_text("")
        self.image(device)


if __name__ == "__main__":
    main()
