"""test_image_moved.py: folders of an image's files that are spelled in several ways, are one, or hold files of somebody else: whatever is cut or removed is proven to be
the image's own and superfluous, and all else stays as it is."""
import hashlib
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

from harness import main, one_line
from test_image_make import FULL, IMAGER, MIB, TAMPERED, needs_root, run
from test_image_target import Target, needs_strace

CONFLICT, LIMIT = 6, 10
KINDS = {"raw": [("format", "raw")], "e01": [("segment", "4MiB")], "split": [("format", "split"), ("segment", "3MiB")]}


def options(kind):
    return [word for name, value in KINDS[kind] for word in ("--" + name, value)]


class Moved(Target):
    def setUp(self):
        super().setUp()
        self.data = random.Random(5).randbytes(14 * MIB) + bytes(MIB) + random.Random(6).randbytes(7 * MIB + 99)
        self.sum = hashlib.sha256(self.data).hexdigest()
        self.disk = self.source(self.data)

    def done(self, folder):
        part = folder / "x.part"
        return int(re.search(r"^done (\d+)$", part.read_text(), re.M)[1]) if part.exists() else 0

    def interrupted(self, folder, kind, *more, least=16 * MIB):
        """Killed once so much of it is durable, and not all: where the machine is busy it is begun again, slower."""
        folders = [folder, *[value for word, value in zip(more, more[1:]) if word == "--also"]]
        before = {p for f in folders for p in f.iterdir()}
        for limit in ("20", "5", "1"):
            job = self.begun(IMAGER, self.disk, "--to", folder, "--name", "x", *options(kind), *more, limit=limit)
            while job.poll() is None and self.done(folder) < least:
                time.sleep(0.01)
            job.kill()
            job.wait()
            if least <= self.done(folder) < least + 4 * MIB:
                return
            for path in {p for f in folders for p in f.iterdir()} - before:
                path.unlink()
        self.fail("it was never killed in time")

    def begun(self, *words, limit):
        return subprocess.Popen([*words, "--commit", "0 s", "--limit", limit], stdout=subprocess.DEVNULL)

    def goes_on(self, folder):
        """Gone on with for some bytes more, and held still there, with all that it holds: whoever kills it lets it go."""
        least = self.done(folder) + 1
        job = self.begun(IMAGER, "--resume", folder / "x.part", limit="1")
        self.addCleanup(job.wait)
        self.addCleanup(job.kill)
        while job.poll() is None and self.done(folder) < least:
            time.sleep(0.01)
        job.send_signal(signal.SIGSTOP)
        self.assertIsNone(job.poll(), "it ended before it was held")
        return job

    def emptied(self, *folders):
        for path in [p for f in folders for p in f.iterdir()]:
            path.unlink()

    def held(self, folder):
        return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".calm-")}

    def is_whole(self, said, *folders):
        """Its hash is that of the disk, the files beside each other are the disk, and nothing to go on with is left."""
        self.assertIn(self.sum, said)
        names = [p.name for f in folders for p in f.glob("x.*")]
        self.assertEqual([n for n in names if n.rsplit(".")[-1] in ("part", "room", "claim", "rest")], [])
        self.assertEqual(len(names), len(set(names)), names)
        parts = sorted((p for f in folders for p in f.glob("x.*") if p.suffix == ".raw" or p.suffix[1:].isdigit()), key=lambda p: p.name)
        if parts:
            self.assertEqual(b"".join(p.read_bytes() for p in parts), self.data)
        elif shutil.which("ewfexport"):
            together = self.folder / "together"
            together.mkdir()
            for path in [p for f in folders for p in f.glob("x.E*")]:
                shutil.copy(path, together)
            self.assertEqual(self.exported(together / "x.E01")[:len(self.data)], self.data)
            shutil.rmtree(together)

    def forged(self, part, *changes):
        """A state that somebody wrote anew, with a right sum."""
        body = part.read_text()
        for pattern, text in (*changes, (r"^end .*\n", "")):
            body, count = re.subn(pattern, text, body, flags=re.M)
            self.assertGreater(count, 0, pattern)
        part.write_text(body + f"end {hashlib.sha256(body.encode()).hexdigest()}\n")

    def spelled(self, folder):
        """The same folder by other paths."""
        link = self.folder / f"link-{folder.name}"
        link.symlink_to(folder)
        yield f"{folder}/"
        yield f"{folder.parent}/{folder.name}/../{folder.name}"
        yield str(link)
        bound = self.other(f"bound-{folder.name}")
        if run("mount", "--bind", folder, bound).returncode == 0:
            self.undo.append(("umount", "--lazy", bound))
            yield str(bound)

    def over(self, folder):
        """The folder through a file system of its own, so that numbers of devices are others."""
        lower, work, merged = self.other("lower"), self.folder / "work", self.other("merged")
        work.mkdir()
        if run("mount", "-t", "overlay", "-o", f"lowerdir={lower},upperdir={folder},workdir={work}", "overlay", merged).returncode:
            self.skipTest("no overlay can be mounted here")
        self.undo.append(("umount", "--lazy", merged))
        if os.stat(merged).st_dev == os.stat(folder).st_dev:
            self.skipTest("an overlay has no number of its own here")
        return merged


@needs_root
class Together(Moved):
    def test_all_files_of_an_interrupted_image_in_the_folder_that_it_went_on_in(self):
        small, other = self.small("12m"), self.other()
        for kind in KINDS:
            for way in (lambda: other, lambda: f"{other}/../{other.name}", lambda: link):
                link = self.folder / "link"
                link.unlink(missing_ok=True)
                link.symlink_to(other)
                self.interrupted(small, kind, "--also", other)
                self.assertTrue(list(other.glob("x.*")))
                for path in small.iterdir():
                    shutil.move(path, other / path.name)
                self.is_whole(self.must(IMAGER, "--resume", f"{way()}/x.part"), other)
                self.emptied(other)

    def test_and_interrupted_once_more_there(self):
        small, other = self.small("12m"), self.other()
        self.interrupted(small, "raw", "--also", other)
        for path in small.iterdir():
            shutil.move(path, other / path.name)
        job = self.goes_on(other)
        job.kill()
        job.wait()
        self.assertEqual(len(re.findall(r"^folder ", (other / "x.part").read_text(), re.M)), 1)
        self.is_whole(self.must(IMAGER, "--resume", other / "x.part"), other)

    def test_a_copy_of_the_last_file_through_another_view_of_the_folder_is_the_file(self):
        small, other = self.small("12m"), self.other()
        self.interrupted(small, "raw", "--also", other)
        merged = self.over(other)
        # Where the state says, and once more.
        self.forged(small / "x.part", (r"^(folder .*other)$", rf"\1\nfolder {merged}"))
        self.is_whole(self.must(IMAGER, "--resume", small / "x.part"), small, other)


@needs_root
class SameFolder(Moved):
    def test_room_made_in_a_full_folder_that_is_named_in_another_way(self):
        for kind in KINDS:
            small, other = self.small("9m", f"small-{kind}"), self.small("13m", f"other-{kind}")
            for n, spelling in enumerate(self.spelled(other)):
                self.must("mount", "-o", "remount,size=13m", other)
                lines = self.answered(small, kind, [other, spelling], {1: ("mount", "-o", "remount,size=60m", other)})
                self.assertEqual(lines[-1], "ok", (spelling, lines))
                self.assertEqual(len([line for line in lines if line.startswith("full ")]), 2, (n, lines))
                self.is_whole("\n".join(lines), small, other)
                self.emptied(small, other)

    def answered(self, small, kind, answers, before):
        """As served, with a command before an answer."""
        lines, count = [], 0
        with subprocess.Popen(["timeout", "60", IMAGER, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as job:
            for word, value in [("source", self.disk), ("to", small), ("name", "x"), *KINDS[kind], ("go", "")]:
                job.stdin.write(f"{word} {value}".strip() + "\n")
            job.stdin.flush()
            for line in job.stdout:
                lines.append(line.rstrip("\n"))
                said = "begin\n" if lines[-1] == "fact end 1" else ""
                if lines[-1].startswith("full "):
                    if count in before:
                        self.must(*before[count])
                    said = f"folder {answers[count]}\n" if count < len(answers) else "stop\n"
                    count += 1
                if said:
                    job.stdin.write(said)
                    job.stdin.flush()
        return lines

    def test_another_view_of_the_full_folder_is_refused_and_asked_about_again(self):
        small, other = self.small("9m"), self.other()
        merged = self.over(other)
        limited = self.small("13m", "limited")
        lines = self.answered(small, "raw", [limited, other, merged], {})
        self.assertEqual(lines[-1], "ok", lines)
        self.is_whole("\n".join(lines), small, other)
        self.emptied(small, other, limited)
        # The folder is full itself: as the file lies there, nothing goes over it.
        self.interrupted(small, "raw", "--also", other)
        before = (other / "x.raw").read_bytes()[:16 * MIB]
        strace = shutil.which("strace")
        if not strace:
            self.skipTest("strace is not installed")
        lines = self.served([("resume", small / "x.part")], [merged, merged],
                            [strace, "-f", "-qq", "-o", "/dev/null", "-P", other / "x.raw", "-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC"])
        self.assertIn(f"{merged}/x.raw is there already", self.why(lines)[0])
        self.assertEqual((other / "x.raw").read_bytes()[:16 * MIB], before)
        self.is_whole(self.must(IMAGER, "--resume", small / "x.part"), small, other)


@needs_root
class OfOthers(Moved):
    def test_a_finished_image_of_the_name_in_a_folder_of_the_state_stays_as_it_is(self):
        small, other = self.small("12m"), self.other()
        disk2 = self.source(random.Random(7).randbytes(23 * MIB), "disk2")
        for kind in KINDS:
            self.interrupted(small, kind, "--also", other)
            self.emptied(other)
            self.must(IMAGER, disk2, "--to", other, "--name", "x", *options(kind))
            before = self.held(other), self.held(small)
            done = run(IMAGER, "--resume", small / "x.part")
            self.assertEqual(done.returncode, TAMPERED, done.stderr)
            self.assertEqual((self.held(other), self.held(small)), before)
            self.emptied(small, other)

    def test_nor_does_a_state_that_tells_what_it_holds_cut_it(self):
        """Who can write beside the state knows what that image holds, but nothing of the image's own lies beside that one."""
        safe = self.other("safe")
        self.must(IMAGER, self.disk, "--to", safe, "--name", "x", "--format", "raw")
        before = self.held(safe)
        self.interrupted(self.out, "raw", least=6 * MIB)
        (self.out / "x.raw").rename(self.folder / "away")
        self.forged(self.out / "x.part", (r"^(folder .*)$", rf"\1\nfolder {safe}"), (r"^file 0 ", "file 1 "))
        done = run(IMAGER, "--resume", self.out / "x.part")
        self.assertEqual(done.returncode, CONFLICT, done.stderr)
        self.assertIn(f"{safe}/x.raw was not changed: nothing shows that it is of this image, since no x.claim of it lies beside it", one_line(done.stderr.decode()))
        self.assertEqual(self.held(safe), before)
        # Nor where the copy that is to go would be that one.
        (self.folder / "away").rename(self.out / "x.raw")
        self.forged(self.out / "x.part", (r"^file 1 ", "file 0 "))
        self.is_whole(self.must(IMAGER, "--resume", self.out / "x.part"), self.out)
        self.assertEqual(self.held(safe), before)

    def test_a_copy_that_nothing_could_be_compared_with_is_left_and_said(self):
        small, other = self.small("12m"), self.other()
        self.interrupted(small, "raw", "--also", other)
        self.must("mount", "-o", "remount,size=40m", small)
        shutil.copy(other / "x.raw", small)
        before = (small / "x.raw").read_bytes()
        self.forged(small / "x.part", (r"^proof .*\n", ""))  # as a version before wrote it
        self.assertIn(self.sum, self.must(IMAGER, "--resume", small / "x.part"))
        self.assertEqual((small / "x.raw").read_bytes(), before)
        self.assertEqual((other / "x.raw").read_bytes(), self.data)
        self.assertIn(f"{small}/x.raw was left: the last file of the image could not be compared with what was read", one_line((small / "x.txt").read_text()))

    def test_one_that_was_compared_goes(self):
        small, other = self.small("12m"), self.other()
        self.interrupted(small, "raw", "--also", other)
        self.must("mount", "-o", "remount,size=40m", small)
        shutil.copy(other / "x.raw", small)
        self.is_whole(self.must(IMAGER, "--resume", small / "x.part"), small, other)

    def test_a_segment_of_another_set_and_a_link_are_left(self):
        aside = self.other("aside")
        self.must(IMAGER, self.disk, "--to", aside, "--name", "y", "--segment", "4MiB")
        self.interrupted(self.out, "e01", least=6 * MIB)
        shutil.copy(aside / "y.E03", self.out / "x.E40")
        (self.out / "x.E41").symlink_to(aside / "y.E03")
        said = self.must(IMAGER, "--resume", self.out / "x.part")
        self.assertIn(self.sum, said)
        self.assertEqual((self.out / "x.E40").read_bytes(), (aside / "y.E03").read_bytes())
        self.assertTrue((self.out / "x.E41").is_symlink())
        self.assertIn(f"{self.out}/x.E40 was left: it is of another image", one_line((self.out / "x.txt").read_text()))

    def test_what_is_no_file_in_the_place_of_one_is_refused_at_once(self):
        self.interrupted(self.out, "e01", least=6 * MIB)
        for name in ("x.E01", "x.pieces"):
            (self.out / name).rename(self.out / "kept")
            os.mkfifo(self.out / name)
            done = run(IMAGER, "--resume", self.out / "x.part")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f"{self.out}/{name} is no regular file", one_line(done.stderr.decode()))
            (self.out / name).unlink()
            (self.out / "kept").rename(self.out / name)
        self.is_whole(self.must(IMAGER, "--resume", self.out / "x.part"), self.out)

    def test_what_it_began_itself_behind_the_state_goes(self):
        self.interrupted(self.out, "e01", least=6 * MIB)
        (self.out / "x.E40").write_bytes(b"")
        files = len(re.findall(r"^file ", (self.out / "x.part").read_text(), re.M))
        shutil.copy(self.out / "x.E02", self.out / f"x.E{files + 1:02}")
        self.is_whole(self.must(IMAGER, "--resume", self.out / "x.part"), self.out)


@needs_root
class Older(Moved):
    """A state that is older than the files beside it, or of another image, changes none of them."""

    def refuses(self, part, saying, *folders, more=()):
        before = [self.held(f) for f in folders]
        done = run(IMAGER, "--resume", part, *more)
        said = one_line(done.stderr.decode())
        self.assertEqual(done.returncode, CONFLICT, said)
        self.assertIn(saying, said)
        self.assertIn("nothing was changed", said)
        self.assertEqual([self.held(f) for f in folders], before)

    def copied(self, kind):
        """Interrupted where one folder was full, and gone on with from a copy of that."""
        small, other, big = self.small("12m", f"small-{kind}"), self.other(f"other-{kind}"), self.other(f"big-{kind}")
        self.interrupted(small, kind, "--also", other)
        shutil.copytree(small, big, dirs_exist_ok=True)
        return small, other, big

    def test_a_copy_of_the_state_beside_files_that_went_on(self):
        for kind in KINDS:
            small, other, big = self.copied(kind)
            job = self.goes_on(big)
            done = run(IMAGER, "--resume", small / "x.part")  # both at once
            self.assertEqual(done.returncode, CONFLICT, done.stderr)
            self.assertIn(f"another program goes on with this image at this moment: it holds {other}/x.claim", one_line(done.stderr.decode()))
            job.kill()
            job.wait()
            self.disk.rename(self.folder / "away")
            self.refuses(small / "x.part", f"{other}/x.claim tells of state", small, other, big, more=["--accept-end"])
            (self.folder / "away").rename(self.disk)
            self.is_whole(self.must(IMAGER, "--resume", big / "x.part"), big, other)

    def test_a_copy_of_the_state_beside_files_that_were_ended(self):
        for kind in KINDS:
            small, other, big = self.copied(kind)
            self.must(IMAGER, "--resume", big / "x.part")
            self.must("mount", "-o", "remount,size=60m", small)
            shutil.copy(big / "x.pieces", small)  # the lines behind those of the state are there already where it is killed before the next one
            for path in other.iterdir():
                shutil.move(path, small / path.name)
            self.refuses(small / "x.part", "so it is of another image, or", small)

    def test_the_state_of_before_put_back(self):
        self.interrupted(self.out, "raw", least=4 * MIB)
        old = (self.out / "x.part").read_bytes()
        job = self.goes_on(self.out)
        job.kill()
        job.wait()
        (self.out / "x.part").write_bytes(old)
        self.refuses(self.out / "x.part", "this x.part is an older copy", self.out)

    @needs_strace
    def test_a_state_of_nothing_beside_a_finished_image_of_the_name(self):
        """mv -n: what is there stays."""
        disk2 = self.source(random.Random(8).randbytes(20 * MIB), "disk2")
        for kind in KINDS:
            begun, whole = self.other(f"begun-{kind}"), self.other(f"whole-{kind}")
            run("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pread64", "-P", self.disk, "-e", "inject=pread64:signal=KILL:when=3",
                IMAGER, self.disk, "--to", begun, "--name", "x", *options(kind))
            self.assertEqual(self.done(begun), 0)
            self.must(IMAGER, disk2, "--to", whole, "--name", "x", *options(kind))
            for drops in ((), ("txt",)):
                for ending in drops:
                    (whole / f"x.{ending}").unlink()
                for path in begun.iterdir():
                    if not (whole / path.name).exists():
                        shutil.copy2(path, whole)
                self.refuses(whole / "x.part", "so it is of another image, or", whole)
            self.is_whole(self.must(IMAGER, "--resume", begun / "x.part"), begun)  # where it was


@needs_strace
@needs_root
class Copied(Moved):
    def test_killed_while_the_last_file_is_copied_no_second_one_has_its_name(self):
        for kind, name in (("raw", "x.raw"), ("e01", "x.E03")):
            for there in (True, False):
                small, other = self.small("11m", f"small-{kind}-{there}"), self.other(f"other-{kind}-{there}")
                self.served([("source", self.disk), ("to", small), ("name", "x"), *KINDS[kind]], [other],
                            ["strace", "-f", "-qq", "-o", "/dev/null", "-P", other / "x.copying", "-e", "trace=pwrite64", "-e", "inject=pwrite64:signal=KILL:when=2"])
                self.assertTrue((other / "x.copying").exists())
                self.assertFalse((other / name).exists())
                self.must("mount", "-o", "remount,size=60m", small)
                together, apart = (other, small) if there else (small, other)
                for path in apart.iterdir():
                    shutil.move(path, together / path.name)
                self.is_whole(self.must(IMAGER, "--resume", together / "x.part"), together)
                self.assertFalse((together / "x.copying").exists())

    def test_a_copy_that_does_not_read_as_what_was_written_goes_and_the_file_stays(self):
        small, bad, other = self.small("9m"), self.other("bad"), self.other()
        lines = self.served([("source", self.disk), ("to", small), ("name", "x"), ("format", "raw")], [bad, other],
                            ["strace", "-f", "-qq", "-o", "/dev/null", "-P", bad / "x.copying", "-e", "trace=pread64", "-e", "inject=pread64:error=EIO"])
        self.assertEqual(lines[-1], "ok", lines)
        self.assertIn(f"cannot read the copy of the last file in {bad} again", self.why(lines)[0])
        self.assertEqual(list(bad.iterdir()), [])
        self.is_whole("\n".join(lines), small, other)


@needs_strace
class Rest(Moved):
    """A folder that is full while a failing source is read in the order of ease."""

    def failing(self, *more):
        return ["strace", "-f", "-qq", "-o", "/dev/null", "-P", self.disk, "-P", self.out / "x.rest", *more, "-e", "trace=pread64,pwrite64",
                "-e", "inject=pread64:error=EIO:when=9", "-e", "inject=pwrite64:error=ENOSPC:when=4"]

    def test_what_was_rescued_goes_on_in_another_folder(self):
        other = self.other()
        lines = self.served([("source", self.disk), ("to", self.out), ("name", "x"), ("format", "raw")], [other], self.failing())
        self.assertEqual(lines[-1], "ok", lines)
        self.assertEqual([line for line in lines if line.startswith("full ")], [f"full {self.out}"])
        self.is_whole("\n".join(lines), self.out, other)

    def test_interrupted_there_it_goes_on_also_put_together(self):
        for together in (False, True):
            other = self.other(f"other-{together}")
            job = self.begun(*self.failing("-P", other / "x.rest"), IMAGER, self.disk, "--to", self.out, "--name", "x", "--format", "raw", "--also", other, limit="4")
            # First the state tells where it lies now, then the one that lay here goes.
            while job.poll() is None and not ((self.out / "x.part").exists() and "\nrestin 1\n" in (self.out / "x.part").read_text() and not (self.out / "x.rest").exists()):
                time.sleep(0.01)
            child = pathlib.Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
            self.assertTrue(child, "it ended before it was killed")
            os.kill(int(child[0]), signal.SIGKILL)
            job.wait()
            self.assertIn("\nrestin 1\n", (self.out / "x.part").read_text())
            self.assertFalse((self.out / "x.rest").exists())
            self.assertTrue((other / "x.rest").stat().st_size)
            for path in other.iterdir() if together else ():
                shutil.move(path, self.out / path.name)
            self.is_whole(self.must(IMAGER, "--resume", self.out / "x.part"), self.out, other)
            self.emptied(self.out)


class Largest(Moved):
    """A file system whose files end at a size, played by a limit of the process."""

    def limited(self, size, *words):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        done = run(*words, preexec_fn=limit)
        return done.returncode, one_line((done.stdout + done.stderr).decode())

    def test_what_would_come_to_be_too_large_is_refused_before_anything_is_read(self):
        for more in (["--format", "raw"], ["--segment", "0"], ["--format", "split", "--segment", "12MiB"]):
            code, said = self.limited(10 * MIB, IMAGER, self.disk, "--to", self.out, "--name", "x", *more)
            self.assertEqual(code, LIMIT, said)
            self.assertIn(f"{self.out} takes no file of", said)
            self.assertIn("--segment", said)
            self.assertEqual(list(self.out.iterdir()), [])
        code, said = self.limited(10 * MIB, IMAGER, self.disk, "--to", self.out, "--name", "x", "--segment", "8MiB")
        self.assertEqual(code, 0, said)

    def test_of_a_folder_for_later_too(self):
        lines = self.limited(10 * MIB, IMAGER, self.disk, "--to", self.out, "--also", self.other(), "--name", "x", "--format", "raw")
        self.assertEqual(lines[0], LIMIT)

    def test_one_that_goes_on_there_ends_as_where_the_disk_is_full_and_goes_on_later(self):
        self.interrupted(self.out, "raw", least=6 * MIB)
        code, said = self.limited(10 * MIB, IMAGER, "--resume", self.out / "x.part")
        self.assertEqual(code, FULL, said)
        self.assertIn(f"{self.out} takes no larger file than the last one of x is now", said)
        self.is_whole(self.must(IMAGER, "--resume", self.out / "x.part"), self.out)

    @needs_strace
    def test_it_goes_on_in_a_folder_that_takes_it(self):
        other = self.other()
        self.interrupted(self.out, "raw", least=6 * MIB)
        done = run("strace", "-f", "-qq", "-o", "/dev/null", "-P", self.out / "x.raw", "-e", "trace=pwrite64", "-e", "inject=pwrite64:error=EFBIG:when=3+",
                   IMAGER, "--resume", self.out / "x.part", "--also", other)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.is_whole(done.stdout.decode(), self.out, other)


if __name__ == "__main__":
    main()
