"""test_image_target.py: where an image may be written, and how it goes on there: no folder on the source, at any time; another folder when one is full, also where
that was killed at each step; a target that is slow; what was altered while an image was interrupted."""
import hashlib
import os
import pathlib
import random
import re
import shutil
import subprocess
import time
import unittest

from harness import SANITIZED, Person, main, one_line
from test_image_make import GATE, IMAGER, MIB, TAMPERED, USAGE, Make, needs_root, padded, run

TOOLS = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
needs_strace = unittest.skipIf(SANITIZED or not shutil.which("strace"), "strace cannot change its calls here")


class Target(Make):
    def served(self, order, answers, prefix=()):
        """What it says; each "full" gets the next of the answers, then "stop"."""
        lines, answers = [], list(answers)
        with subprocess.Popen(["timeout", "60", *prefix, IMAGER, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as job:
            for word, value in (*order, ("go", "")):
                job.stdin.write(f"{word} {value}".strip() + "\n")
            job.stdin.flush()
            for line in job.stdout:
                lines.append(line.rstrip("\n"))
                said = {"fact end 1": "begin\n"}.get(lines[-1], "")
                if lines[-1].startswith("full "):
                    said = f"folder {answers.pop(0)}\n" if answers else "stop\n"
                try:
                    job.stdin.write(said)
                    job.stdin.flush()
                except BrokenPipeError:
                    break
        return lines

    def small(self, size, name="small"):
        folder = self.folder / name
        folder.mkdir()
        if run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder).returncode:
            self.skipTest("no small file system can be mounted here")
        self.undo.append(("umount", "--lazy", folder))
        return folder

    def other(self, name="other"):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def why(self, lines):
        return [line[4:] for line in lines if line.startswith("why ")]


@needs_root
class OnTheSource(Target):
    def setUp(self):
        super().setUp()
        self.disk = self.source(b"")
        os.truncate(self.disk, 48 * MIB)
        self.must("mke2fs", "-q", "-F", "-t", "ext4", self.disk, env=TOOLS)
        self.device = self.loop(self.disk)
        self.at = self.mounted(self.device)
        (self.at / "secret").write_bytes(random.Random(3).randbytes(24 * MIB))
        (self.at / "evidence").mkdir()
        os.sync()

    def tearDown(self):
        self.assertEqual(list((self.at / "evidence").iterdir()), [], "it wrote to the source")
        super().tearDown()

    def test_a_folder_that_is_named_when_one_is_full(self):
        small, other = self.small("12m"), self.other()
        lines = self.served([("source", self.device), ("to", small), ("name", "x"), ("live", ""), ("segment", "4MiB")], [self.at / "evidence", other])
        self.assertEqual(lines[-1], "ok", lines)
        self.assertEqual(len(self.why(lines)), 1, lines)
        self.assertIn(f"{self.at}/evidence lies on {self.device} itself", self.why(lines)[0])
        self.assertTrue(list(other.glob("x.E*")))

    def test_one_for_later_and_that_of_the_case(self):
        source = [self.device, "--to", self.out, "--name", "x", "--live"]
        for more in (["--also", self.at / "evidence"], ["--case-folder", self.at]):
            self.refused(USAGE, *source, *more, saying=f"{more[1]} lies on {self.device} itself")
        # A case beside a file that nobody has mounted is where it may be.
        self.image(self.source(b"x" * 512, "plain"), "--case-folder", self.folder)

    def test_of_an_image_that_goes_on(self):
        job = subprocess.Popen([IMAGER, self.device, "--to", self.out, "--name", "x", "--live", "--commit", "0 s", "--limit", "10"], stdout=subprocess.DEVNULL)
        time.sleep(1)
        job.terminate()
        job.wait()
        for path in self.out.glob("x.*"):
            shutil.copy(path, self.at)
        before = {path.name: path.read_bytes() for path in self.at.glob("x.*")}
        done = run(IMAGER, "--resume", self.at / "x.part", "--live")
        self.assertEqual(done.returncode, USAGE, done.stderr)
        self.assertIn(f"{self.at} lies on {self.device} itself", one_line(done.stderr.decode()))
        self.assertEqual({path.name: path.read_bytes() for path in self.at.glob("x.*")}, before)
        self.must(IMAGER, "--resume", self.out / "x.part", "--live")

    def test_through_a_loop_device_over_a_file_of_it_or_over_the_source_itself(self):
        inner = self.at / "inner"
        with open(inner, "wb") as f:
            f.truncate(8 * MIB)
        self.must("mke2fs", "-q", "-F", "-t", "ext4", inner, env=TOOLS)
        deep = self.other("deep")
        if run("mount", "-o", "loop", inner, deep).returncode:
            self.skipTest("nothing can be mounted here")
        self.undo.append(("umount", "--lazy", deep))
        self.refused(USAGE, self.device, "--to", deep, "--name", "x", "--live", saying=f"{deep} lies on {self.device} itself")
        # The source is the file that is mounted.
        self.refused(USAGE, self.disk, "--to", self.at / "evidence", "--name", "x", "--live", saying=f"{self.at}/evidence lies on {self.disk} itself")
        # A part of a device, by a loop device over that device: what people do whose table of partitions is damaged.
        whole = self.source(bytes(16 * MIB), "whole")
        under = self.loop(whole)
        part = self.loop(under, "--offset", str(MIB))
        self.must("mke2fs", "-q", "-F", "-t", "ext4", part, env=TOOLS)
        above = self.other("above")
        self.must("mount", part, above, env=TOOLS)
        self.undo.append(("umount", "--lazy", above))
        for source in (under, whole, part):
            self.refused(USAGE, source, "--to", above, "--name", "x", "--live", saying=f"{above} lies on {source} itself")
            self.refused(GATE, source, "--to", self.out, "--name", "x", saying="--live")
        # Nor is what is read out of it written onto it.
        ana = Person("ana", self.folder, None)
        ana(f"open {self.folder}/monday.calm")
        ana.case = self.folder / "monday.calm"
        for source in (under, whole, part):
            for more in ("--partition 1 --to", "--raw", "--body"):
                code, why = ana.fails(f"preserve read {source} {more} {above}/out")
                self.assertEqual(code, USAGE, why)
                self.assertIn(f"lies on {source} itself", one_line(why))
        self.assertEqual([path.name for path in above.iterdir()], ["lost+found"])


@needs_root
class Full(Target):
    def setUp(self):
        super().setUp()
        self.data = random.Random(8).randbytes(15 * MIB) + bytes(2 * MIB) + random.Random(9).randbytes(5 * MIB + 321)
        self.disk = self.source(self.data)

    def holds_the_disk(self, *folders):
        """All files put together in one folder are the image; nothing else is left."""
        together = self.folder / "together"
        together.mkdir()
        for path in [p for f in folders for p in f.glob("x.*")]:
            self.assertFalse((together / path.name).exists(), f"{path.name} is in two folders")
            shutil.move(path, together / path.name)
        self.assertEqual([p.name for p in together.iterdir() if p.suffix in (".part", ".room", ".claim", ".rest", ".sums")], [])
        if (together / "x.raw").exists():
            self.assertEqual((together / "x.raw").read_bytes(), self.data)
        else:
            self.assertIn(hashlib.sha256(padded(self.data)).hexdigest(), self.must("ewfverify", "-q", "-d", "sha256", together / "x.E01"))
        shutil.rmtree(together)

    def order(self, to, *more):
        return [("source", self.disk), ("to", to), ("name", "x"), *more]

    @needs_strace
    @unittest.skipUnless(shutil.which("ewfverify"), "ewf-tools is not installed")
    def test_killed_at_each_step_of_going_on_elsewhere_it_can_go_on(self):
        small, other = self.small("12m"), self.other()
        for more in ([("format", "raw")], [("segment", "4MiB")]):
            killed = 0
            for call in ("unlink", "rename", "fdatasync", "fsync", "ftruncate"):
                for when in range(1, 40):
                    kill = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}"]
                    lines = self.served(self.order(small, *more), [other], kill)
                    killed += lines[-1] != "ok"
                    if lines[-1] == "ok" or not any(line.startswith("full ") for line in lines):
                        finished = lines[-1] == "ok"
                        for path in [*small.iterdir(), *other.iterdir()]:
                            path.unlink()
                        if finished:
                            break
                        continue
                    if (small / "x.part").exists():
                        lines = self.served([("resume", small / "x.part")], [other])
                        self.assertEqual(lines[-1], "ok", (more, call, when, lines))
                        self.assertIn(f"result sha256 {hashlib.sha256(self.data).hexdigest()}", lines)
                    self.holds_the_disk(small, other)
            self.assertGreater(killed, 10)

    @needs_strace
    def test_the_state_says_where_a_file_is_before_its_first_copy_goes(self):
        small, other = self.small("12m"), self.other()
        log = self.folder / "strace"
        lines = self.served(self.order(small, ("format", "raw")), [other], ["strace", "-f", "-y", "-o", log, "-e", "trace=rename,unlink,fdatasync,fsync"])
        self.assertEqual(lines[-1], "ok", lines)
        calls = [line.split(None, 1)[1] for line in log.read_text().splitlines() if "resumed" not in line]
        gone = next(i for i, c in enumerate(calls) if c.startswith(f'unlink("{small}/x.raw"'))
        copied = next(i for i, c in enumerate(calls) if c.startswith("fdatasync(") and f"<{other}/x.copying>" in c)
        claimed = next(i for i, c in enumerate(calls) if f"<{other}>" in c and c.startswith("fsync("))
        told = [i for i, c in enumerate(calls) if c.startswith("rename(") and f'"{small}/x.part"' in c]
        durable = [i for i, c in enumerate(calls) if c.startswith("fsync(") and f"<{small}>" in c]
        self.assertTrue(any(claimed < t < d < copied for t in told for d in durable), calls)  # the folder
        self.assertTrue(any(copied < t < d < gone for t in told for d in durable), calls)  # the file

    def test_a_folder_with_too_little_room_or_such_a_name_is_asked_about_again_and_left_as_it_was(self):
        for more, name in (([("format", "raw")], "raw"), ([("segment", "4MiB")], "E06")):
            small, tiny, taken, other = self.small("12m", f"small-{name}"), self.small("1m", f"tiny-{name}"), self.other(f"taken-{name}"), self.other(f"other-{name}")
            (taken / f"x.{name}").write_text("of another image")
            lines = self.served(self.order(small, *more), [tiny, taken, self.folder / "none", other])
            self.assertEqual(lines[-1], "ok", lines)
            self.assertEqual(len(self.why(lines)), 3, lines)
            for said, wanted in zip(self.why(lines), (f"{tiny} has room for", f"{taken}/x.{name} is there already", f"cannot find {self.folder}/none")):
                self.assertIn(wanted, said)
            self.assertEqual(list(tiny.iterdir()), [])
            self.assertEqual([p.name for p in taken.iterdir()], [f"x.{name}"])
            self.assertEqual((taken / f"x.{name}").read_text(), "of another image")
            if name == "raw" or shutil.which("ewfverify"):
                self.holds_the_disk(small, other)

    def test_folders_for_later_are_taken_in_their_order_and_then_one_is_asked_for(self):
        small, tiny, other = self.small("12m"), self.small("1m", "tiny"), self.other()
        said = self.must(IMAGER, self.disk, "--to", small, "--name", "x", "--format", "raw", "--also", tiny, "--also", other)
        self.assertIn(hashlib.sha256(self.data).hexdigest(), said)
        self.holds_the_disk(small, other)

    def test_files_that_were_put_together_meanwhile_are_found(self):
        small, other = self.small("12m"), self.other()
        lines = self.served(self.order(small, ("segment", "4MiB"), ("commit", "0 s")), [other, small, other], ["timeout", "-s", "KILL", "60"])
        self.assertEqual(lines[-1], "ok", lines)
        for path in [*small.iterdir(), *other.iterdir()]:
            path.unlink()
        job = subprocess.Popen([IMAGER, self.disk, "--to", small, "--also", other, "--name", "x", "--segment", "4MiB", "--limit", "10", "--commit", "0 s"],
                               stdout=subprocess.DEVNULL)
        while not list(other.glob("x.E*")) and job.poll() is None:
            time.sleep(0.01)
        time.sleep(0.3)
        job.kill()
        job.wait()
        self.must("mount", "-o", "remount,size=80m", small)
        for path in other.glob("x.E*"):
            shutil.move(path, small / path.name)
        self.assertIn(hashlib.sha256(self.data).hexdigest(), self.must(IMAGER, "--resume", small / "x.part"))


@needs_strace
class Slow(Target):
    """Calls that are held up, as a slow disk would."""

    def held_up(self, call, ms, *more):
        return ["strace", "-f", "-qq", "-o", "/dev/null", *more, "-e", f"trace={call}", "-e", f"inject={call}:delay_enter={ms * 1000}"]

    def phases(self, lines):
        return {int(line.split()[1]) for line in lines if line.startswith("progress ")}

    def test_a_target_that_takes_longer_than_the_patience_is_told_as_such_and_ends_nothing(self):
        source = self.source(random.Random(1).randbytes(3 * MIB))
        lines = self.served([("source", source), ("to", self.out), ("name", "x"), ("format", "raw"), ("patience", "1 s"), ("commit", "1 s"), ("limit", "2")], [],
                            self.held_up("fdatasync", 5000))
        self.assertEqual(lines[-1], "ok", lines)
        self.assertIn(7, self.phases(lines))

    @needs_root
    def test_nor_does_a_file_that_is_moved(self):
        small, other = self.small("8m"), self.other()
        source = self.source(random.Random(1).randbytes(12 * MIB))
        lines = self.served([("source", source), ("to", small), ("name", "x"), ("format", "raw"), ("patience", "1 s")], [other], self.held_up("pwrite64", 300))
        self.assertEqual(lines[-1], "ok", lines)
        self.assertIn(6, self.phases(lines))

    def test_a_source_that_does_so_ends_it(self):
        source = self.source(random.Random(1).randbytes(3 * MIB))
        held_up = self.held_up("pread64", 4000, "-P", source)
        done = run(*held_up, IMAGER, source, "--to", self.out, "--name", "x", "--patience", "1 s")
        self.assertEqual((done.returncode, list(self.out.iterdir())), (11, []))
        self.assertIn(f"{source} does not answer since 1 s: it cannot be opened", one_line(done.stderr.decode()))
        held_up[-1] += ":when=2+"  # of each thread: the one that opens it reads once
        done = run(*held_up, IMAGER, source, "--to", self.out, "--name", "x", "--patience", "1 s")
        self.assertEqual(done.returncode, 11, done.stderr)
        self.assertIn("a read of the source does not come back since 1 s", one_line(done.stderr.decode()))
        self.must(IMAGER, "--resume", self.out / "x.part")


class Altered(Target):
    """Files of an image that were changed while it was interrupted."""

    def interrupted(self, *more):
        self.data = random.Random(7).randbytes(12 * MIB + 700)
        source = self.source(self.data)
        job = subprocess.Popen([IMAGER, source, "--to", self.out, "--name", "x", "--commit", "0 s", "--limit", "10", *more], stdout=subprocess.DEVNULL)
        part = self.out / "x.part"
        while job.poll() is None and (not part.exists() or int(re.search(r"^done (\d+)$", part.read_text(), re.M)[1]) < 5 * MIB):
            time.sleep(0.01)
        job.kill()
        job.wait()

    def change(self, path, at):
        with open(path, "r+b") as f:
            f.seek(at)
            byte = f.read(1)
            f.seek(at)
            f.write(bytes([byte[0] ^ 1]))

    def must_refuse(self, saying):
        before = {p.name: p.read_bytes() for p in self.out.iterdir()}
        done = run(IMAGER, "--resume", self.out / "x.part")
        said = one_line((done.stdout + done.stderr).decode())
        self.assertEqual(done.returncode, TAMPERED, said)
        self.assertIn(saying, said)
        self.assertIn("Begin anew under another name", said)
        self.assertNotIn("Nothing is lost", said)
        self.assertEqual({p.name: p.read_bytes() for p in self.out.iterdir()}, before)

    def test_a_byte_of_it_is_found_where_it_is(self):
        self.interrupted("--format", "raw")
        self.change(self.out / "x.raw", 3 * MIB + 5)
        self.must_refuse(f"bytes {3 * MIB} to {4 * MIB - 1} of it were changed")
        self.change(self.out / "x.raw", 3 * MIB + 5)
        self.assertIn(hashlib.sha256(self.data).hexdigest(), self.must(IMAGER, "--resume", self.out / "x.part"))

    def test_so_it_is_in_parts(self):
        self.interrupted("--format", "split", "--segment", "2MiB")
        self.change(self.out / "x.002", 5)
        self.must_refuse(f"bytes {2 * MIB} to {3 * MIB - 1} of it were changed")

    @needs_strace
    def test_behind_the_last_whole_mib_too(self):
        source = self.source(random.Random(7).randbytes(2 * MIB + 700))
        run("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=unlink", "-e", "inject=unlink:signal=KILL", IMAGER, source, "--to", self.out, "--name", "x",
            "--format", "raw", "--commit", "0 s")
        self.assertIn(f"\ndone {2 * MIB + 700}\n", (self.out / "x.part").read_text())
        (self.out / "x.txt").unlink(missing_ok=True)
        self.change(self.out / "x.raw", 2 * MIB + 699)
        self.must_refuse(f"bytes {2 * MIB} to {2 * MIB + 699} of it were changed")

    def test_the_list_of_pieces_itself(self):
        self.interrupted("--format", "raw")
        pieces = self.out / "x.pieces"
        lines = pieces.read_text().splitlines(keepends=True)
        pieces.write_text("".join(lines[:2]))
        self.must_refuse("x.pieces does not say what MiB 1 of it was")

    def test_one_that_an_older_version_began_goes_on_and_the_summary_says_what_is_missing(self):
        self.interrupted("--format", "raw")
        part = self.out / "x.part"
        body = re.sub(r"^(proof .*|end .*)\n", "", part.read_text(), flags=re.M)
        part.write_text(body + f"end {hashlib.sha256(body.encode()).hexdigest()}\n")
        (self.out / "x.room").unlink()
        self.assertIn(hashlib.sha256(self.data).hexdigest(), self.must(IMAGER, "--resume", part))
        self.assertIn("not compared what was there before", one_line((self.out / "x.txt").read_text()))
        pieces = [line for line in (self.out / "x.pieces").read_text().splitlines() if line[0] != "#"]
        self.assertEqual(pieces, [hashlib.sha256(self.data[i:i + MIB]).hexdigest() for i in range(0, len(self.data), MIB)])


if __name__ == "__main__":
    main()
