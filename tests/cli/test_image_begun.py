"""test_image_begun.py: an image that was interrupted before a state told of its first bytes: wherever its files are copied to, what is there is known by its bytes,
and goes on; what is of somebody else, of a later state, or was altered, stays as it is."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from harness import main, one_line
from test_image_make import IMAGER, MIB, TAMPERED, run
from test_image_moved import CONFLICT, Moved, options
from test_image_target import needs_strace

FIRST = {"e01": "x.E01", "raw": "x.raw", "split": "x.001"}
PIECE = 512


@needs_strace
class Begun(Moved):
    def setUp(self):
        super().setUp()
        # Another file system than that of the folder, where there is one.
        shm = pathlib.Path("/dev/shm")
        elsewhere = tempfile.TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) and os.stat(shm).st_dev != os.stat(self.folder).st_dev else None)
        self.addCleanup(elsewhere.cleanup)
        self.elsewhere = pathlib.Path(elsewhere.name)

    def traced(self, *inject, words):
        return run("strace", "-f", "-qq", "-o", "/dev/null", *inject, IMAGER, *words)

    def empty(self, kind, folder, call="pread64", at=2):
        """Killed at the second read of the source, or before the first bytes are written: a state, and nothing in the file. Its other threads may be quicker."""
        path = self.disk if call == "pread64" else folder / FIRST[kind]
        for _ in range(20):
            self.traced("-e", f"trace={call}", "-P", path, "-e", f"inject={call}:signal=KILL:when={at}", words=(self.disk, "--to", folder, "--name", "x", *options(kind)))
            if (folder / "x.part").exists() and self.done(folder) == 0 and (folder / FIRST[kind]).stat().st_size == 0:
                return folder
            self.emptied(folder)
        self.fail("it never began")

    def filled(self, kind, folder):
        """Killed when the first bytes lie in the file, and the state that tells of them is to get its name, the second one of the thread that writes."""
        self.traced("-e", "trace=rename", "-e", "inject=rename:signal=KILL:when=2", words=("--resume", folder / "x.part"))
        self.assertEqual(self.done(folder), 0)
        self.assertGreater((folder / FIRST[kind]).stat().st_size, 0)
        return folder

    def copied(self, folder, name, place=None):
        """As cp -r does: other inodes, another moment of birth."""
        to = (place or self.elsewhere) / name
        shutil.copytree(folder, to)
        return to

    def went_on(self, folder, least):
        job = subprocess.Popen([IMAGER, "--resume", folder / "x.part", "--commit", "0 s", "--limit", "10"], stdout=subprocess.DEVNULL)
        while job.poll() is None and self.done(folder) < least:
            time.sleep(0.01)
        self.assertIsNone(job.poll(), "it ended before it was killed")
        job.kill()
        job.wait()

    def refuses(self, folder, saying, code=CONFLICT):
        before = self.held(folder)
        done = run(IMAGER, "--resume", folder / "x.part")
        said = one_line(done.stderr.decode())
        self.assertEqual(done.returncode, code, said)
        self.assertIn(saying, said)
        self.assertEqual(self.held(folder), before)

    def told(self, folder):
        """What comes next: bytes, and of each 512 of them half a SHA-256."""
        size, sums = re.search(r"^ahead (\d+) ([0-9a-f]*)$", (folder / "x.part").read_text(), re.M).groups()
        return int(size), re.findall("." * 32, sums)


class Elsewhere(Begun):
    def test_a_copy_on_another_file_system_goes_on_to_the_same_bytes(self):
        for kind in FIRST:
            with self.subTest(kind):
                begun = self.empty(kind, self.other(f"begun-{kind}"))
                whole = self.copied(begun, f"whole-{kind}")
                self.is_whole(self.must(IMAGER, "--resume", whole / "x.part"), whole)
                killed = self.copied(self.filled(kind, begun), f"killed-{kind}")
                shutil.rmtree(begun)
                self.is_whole(self.must(IMAGER, "--resume", killed / "x.part"), killed)
                left, right = self.held(killed), self.held(whole)
                self.assertEqual(sorted(left), sorted(right))
                self.assertEqual([name for name in left if name != "x.txt" and left[name] != right[name]], [])

    def test_the_state_told_what_the_file_holds_before_it_held_it(self):
        for kind in FIRST:
            folder = self.filled(kind, self.empty(kind, self.other(f"told-{kind}")))
            held = (folder / FIRST[kind]).read_bytes()
            size, sums = self.told(folder)
            self.assertEqual(size, len(held))
            self.assertEqual(sums, [hashlib.sha256(held[at:at + PIECE]).hexdigest()[:32] for at in range(0, size, PIECE)])
            if kind != "e01":
                self.assertEqual(held, self.data[:MIB])

    def test_a_source_of_less_than_a_mib_too(self):
        self.disk.write_bytes(self.data[:700_001])
        self.data = self.data[:700_001]
        self.sum = hashlib.sha256(self.data).hexdigest()
        for kind in FIRST:
            killed = self.copied(self.filled(kind, self.empty(kind, self.other(f"small-{kind}"), "pwrite64", 1)), f"small-killed-{kind}")
            self.is_whole(self.must(IMAGER, "--resume", killed / "x.part"), killed)

    def test_what_a_power_cut_left_of_the_first_bytes_is_known(self):
        """Any of their sectors may be missing, and all behind some place."""
        for kind in FIRST:
            begun = self.filled(kind, self.empty(kind, self.other(f"power-{kind}")))
            held = (begun / FIRST[kind]).read_bytes()
            for n, torn in enumerate((held[:4 * PIECE], held[:40 * PIECE] + bytes(100 * PIECE) + held[140 * PIECE:], bytes(4096) + held[4096:])):
                folder = self.copied(begun, f"torn-{kind}-{n}")
                (folder / FIRST[kind]).write_bytes(torn)
                self.is_whole(self.must(IMAGER, "--resume", folder / "x.part"), folder)

    def test_zeros_alone_tell_nothing_but_where_they_were_begun(self):
        begun = self.filled("raw", self.empty("raw", self.other("zeros")))
        folder = self.copied(begun, "zeros-copied")
        for place in (folder, begun):
            with (place / "x.raw").open("r+b") as f:
                f.write(bytes(MIB))
        self.refuses(folder, f"{folder}/x.raw holds what was not begun here")
        self.is_whole(self.must(IMAGER, "--resume", begun / "x.part"), begun)

    def test_of_a_source_that_begins_with_zeros_they_are_what_it_holds(self):
        self.data = bytes(2 * MIB) + self.data
        self.disk.write_bytes(self.data)
        self.sum = hashlib.sha256(self.data).hexdigest()
        folder = self.copied(self.filled("raw", self.empty("raw", self.other("blank"))), "blank-copied")
        self.is_whole(self.must(IMAGER, "--resume", folder / "x.part"), folder)


class TwoFolders(Begun):
    """The first folder is full before a state tells of any bytes: the file goes on in another one, and the program is killed there."""

    def full(self, kind, n):
        here, there = self.other(f"here-{kind}-{n}"), self.other(f"there-{kind}-{n}")
        for at in range(1, 9):
            self.traced("-e", "trace=pwrite64,fdatasync", "-P", here / FIRST[kind], "-P", there / FIRST[kind], "-e", "inject=pwrite64:error=ENOSPC:when=1",
                        "-e", f"inject=fdatasync:signal=KILL:when={at}", words=(self.disk, "--to", here, "--also", there, "--name", "x", *options(kind)))
            last = there / FIRST[kind]
            if last.exists() and last.stat().st_size and self.done(here) == 0:
                return here, there
            self.emptied(here, there)
        self.fail("the first bytes never came")

    def test_what_was_begun_there_goes(self):
        for kind in FIRST:
            here, there = self.full(kind, 0)
            self.is_whole(self.must(IMAGER, "--resume", here / "x.part"), here, there)
            self.assertEqual(self.held(there), {})

    def test_a_file_of_somebody_else_there_stays(self):
        for kind in FIRST:
            here, there = self.full(kind, 1)
            (there / FIRST[kind]).write_bytes(b"the minutes of the meeting\n")
            before = self.held(there)
            self.refuses(here, f"{there}/{FIRST[kind]} holds what was not begun here")
            self.assertEqual(self.held(there), before)


class Foreign(Begun):
    def test_a_file_of_somebody_else_of_that_name_stays_as_it_is(self):
        for kind in FIRST:
            begun = self.filled(kind, self.empty(kind, self.other(f"begun-{kind}")))
            held = (begun / FIRST[kind]).read_bytes()
            foreign = (b"the minutes of the meeting\n", self.data[MIB:MIB + 4096], held[PIECE:9 * PIECE], held[:9 * PIECE] + b"one more line\n", held + b"\n", bytes(4096))
            for n, text in enumerate(foreign):
                folder = self.copied(begun, f"foreign-{kind}-{n}")
                (folder / FIRST[kind]).write_bytes(text)
                self.refuses(folder, f"{folder}/{FIRST[kind]} h")
                self.refuses(folder, "nothing was changed")

    def test_nor_does_its_place_make_it_the_image_s(self):
        """cp writes over a file that is there: it has the inode, and the moment of birth, of the one that was begun."""
        for kind in FIRST:
            for has_bytes in (False, True):
                folder = self.empty(kind, self.other(f"place-{kind}-{has_bytes}"))
                if has_bytes:
                    self.filled(kind, folder)
                mine = self.folder / "mine"
                mine.write_bytes(b"written by somebody else\n" * 99)
                self.must("cp", mine, folder / FIRST[kind])
                self.refuses(folder, "so it is of another image, or")

    def test_a_link_and_a_pipe_are_no_file_of_it(self):
        folder = self.copied(self.filled("raw", self.empty("raw", self.other("links"))), "links-copied")
        mine = self.folder / "mine"
        shutil.move(folder / "x.raw", mine)
        (folder / "x.raw").symlink_to(mine)
        before = mine.read_bytes()
        self.assertNotEqual(run("timeout", "20", IMAGER, "--resume", folder / "x.part").returncode, 0)
        self.assertEqual(mine.read_bytes(), before)


class Older(Begun):
    def test_a_state_of_the_beginning_beside_files_that_went_on(self):
        for kind in FIRST:
            begun = self.empty(kind, self.other(f"begun-{kind}"))
            states = [(begun / "x.part").read_bytes(), (self.filled(kind, begun) / "x.part").read_bytes()]
            self.forged(begun / "x.part", (r"^ahead .*$", "ahead 0 "))  # the first state of all says so
            states.append((begun / "x.part").read_bytes())
            (begun / "x.part").write_bytes(states[1])
            self.went_on(begun, 3 * MIB)
            for n, state in enumerate(states):
                # Where it lies, and copied; nothing else tells that it went on.
                for folder in (self.copied(begun, f"older-{kind}-{n}"), begun):
                    (folder / "x.claim").unlink(missing_ok=True)
                    (folder / "x.part").write_bytes(state)
                    # Its second file, where there is one already and it is met first, is none that was begun.
                    self.refuses(folder, "is an older copy, with which it would be lost")

    def test_one_that_was_altered_or_is_of_another_image(self):
        folder = self.copied(self.filled("raw", self.empty("raw", self.other("one"))), "altered")
        part = (folder / "x.part").read_bytes()
        self.forged(folder / "x.part", (r"^(ahead \d+ .*)[0-9a-f]{32}$", r"\g<1>" + 32 * "0"))
        self.refuses(folder, "holds what was not begun here")
        self.forged(folder / "x.part", (r"^ahead \d+ [0-9a-f]{32}", f"ahead {MIB - PIECE} "))
        self.refuses(folder, "has more of the image than the state tells of")
        for wrong in (r"ahead 4096 00", rf"ahead {MIB}", "ahead -1 ", "ahead"):
            (folder / "x.part").write_bytes(part)
            self.forged(folder / "x.part", (r"^ahead .*$", wrong))
            self.refuses(folder, "holds what none does", 7)
        (folder / "x.part").write_bytes(part.replace(b"ahead 1048576 ", b"ahead 1048576 0", 1))
        self.refuses(folder, "its sum is not right", TAMPERED)
        # The state of another image of that name, which was begun as far.
        self.disk.write_bytes(self.data[::-1])
        other = self.filled("raw", self.empty("raw", self.other("two")))
        for name in ("x.part", "x.claim", "x.pieces"):
            shutil.copy(other / name, folder)
        self.refuses(folder, "holds what was not begun here")

    def test_one_of_an_older_version_goes_on_where_it_lies_alone(self):
        begun = self.filled("raw", self.empty("raw", self.other("before")))
        self.forged(begun / "x.part", (r"^ahead .*\n", ""))
        folder = self.copied(begun, "before-copied")
        self.refuses(folder, "holds what was not begun here")
        self.is_whole(self.must(IMAGER, "--resume", begun / "x.part"), begun)


if __name__ == "__main__":
    main()
