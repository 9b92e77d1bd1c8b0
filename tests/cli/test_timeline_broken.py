"""test_timeline_broken.py: making a timeline that is stopped, killed, has no room or is done twice at once leaves nothing half made; what is damaged or
missing is said, and made again as it was."""
import os
import random
import signal
import subprocess
import time
import unittest

from harness import CALM, CaseTest, main

STOPPED, FULL, SOUND_BUT_OPEN = 13, 12, 2
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # below nohup it is ignored, and what is started would ignore it, too
LINES = 300_000


class Broken(CaseTest):
    """Two items: e1 is small, e2 a log that takes a while to read, and is older, so that it is read behind e1."""

    def setUp(self):
        super().setUp()
        self.small = self.folder / "small.log"
        self.small.write_text("2026-11-25T03:12:09Z gate app[7]: small\n")
        self.large = self.folder / "large.log"
        rng = random.Random(5)
        with open(self.large, "w", encoding="ascii") as out:
            for i in range(LINES):
                out.write(f"2026-11-24T{i // 36000:02}:{i // 600 % 60:02}:{i // 10 % 60:02}Z gate app[{rng.randrange(30000)}]: line {i} {rng.randrange(1 << 60):x}\n")
        os.utime(self.large, (1_764_000_000, 1_764_000_000))
        self.ana(f"preserve files '{self.small}' '{self.large}'")
        self.timeline = self.case / "timeline"
        self.mounted = None

    def tearDown(self):
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.mounted)], capture_output=True, check=False)
        super().tearDown()

    def begin(self, *words, nice=0):
        """A run of calm analyse timeline, in a group of its own as a terminal makes it."""
        return subprocess.Popen(["nice", "-n", str(nice), CALM, "--case", str(self.case), "analyse", "timeline", *words], env=self.ana.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def begin_and_wait(self):
        """The same, until some of the large one was written. It gives way to who looks, also where much else runs."""
        job, until = self.begin(nice=10), time.monotonic() + 60
        while job.poll() is None and time.monotonic() < until:
            try:
                if any(p.stat().st_size > 100_000 for p in self.timeline.iterdir()):
                    return job
            except FileNotFoundError:
                pass
            time.sleep(0.002)
        self.fail(f"it did not begin, or was too fast: {job.communicate()}")

    def left(self):
        """Files that are no timelines."""
        return [p.name for p in self.timeline.iterdir() if not p.name.endswith(".tl")]

    def made(self):
        timelines = {t["title"].split(",")[0]: t["digest"] for t in self.ana.json("analyse timelines")}
        self.assertEqual(len(self.ana.json("analyse timelines")), len(timelines))
        return timelines

    def is_whole(self):
        """All is there, once, and what it was made to be."""
        self.assertEqual(self.ana.json(f"analyse search 'line {LINES - 1}'")[0]["event"], f"e2.{LINES}")
        self.assertEqual(len(self.made()), 2)
        self.assertEqual((self.left(), len(list(self.timeline.iterdir()))), ([], 2))
        before = self.made()
        self.ana("analyse timeline --again")
        self.assertEqual(self.made(), before)
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), SOUND_BUT_OPEN)

    def test_stopped_it_leaves_what_is_whole_and_goes_on(self):
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            job = self.begin_and_wait()
            os.killpg(job.pid, sign)
            out, why = job.communicate(timeout=60)
            with self.subTest(sign):
                self.assertEqual((job.returncode, why), (STOPPED, b"calm: stopped at your request. (exit 13)\n"))
                self.assertNotIn(b"not read", out)
                self.assertEqual(self.left(), [])
                self.assertEqual(list(self.made()), ["e1"])
        self.assertIn(f"e2    {LINES} events", self.ana("analyse timeline"))
        self.is_whole()

    def test_killed_it_leaves_nothing_that_stays(self):
        for _ in range(3):
            job = self.begin_and_wait()
            job.kill()
            job.communicate(timeout=60)
            self.assertEqual(len(self.left()), 1)
            self.assertNotIn("e2", self.made())
        self.ana("analyse timeline")
        self.is_whole()

    def test_two_at_once_make_one(self):
        jobs = [self.begin() for _ in range(3)]
        for job in jobs:
            out, why = job.communicate(timeout=120)
            self.assertEqual((job.returncode, why), (0, b""), out)
        self.is_whole()

    def test_what_is_damaged_or_missing_is_said_and_made_again(self):
        self.ana("analyse timeline")
        before = self.made()
        path = next(p for p in self.timeline.iterdir() if p.name.startswith("e2-"))
        whole = path.read_bytes()
        for what in ("missing", "empty", "cut", "altered", "folder", "pipe", "link"):
            path.unlink()
            if what == "folder":
                path.mkdir()
            elif what == "pipe":
                os.mkfifo(path)
            elif what == "link":
                path.symlink_to("/etc/passwd")
            elif what != "missing":
                path.write_bytes({"empty": b"", "cut": whole[:len(whole) // 2], "altered": whole[:99] + b"\0" * 99 + whole[198:]}[what])
            with self.subTest(what):
                for asked in ("analyse search line", "analyse histogram", "analyse top process.name", f"analyse export '{self.folder}/x' --as body"):
                    _, why = self.ana.fails(asked)
                    self.assertIn("calm analyse timeline e2 --again", " ".join(why.split()), asked)
                self.assertFalse((self.folder / "x").exists())
                self.assertEqual(len(self.ana.json("analyse search small --evidence e1")), 1)
                if what == "folder":
                    path.rmdir()
                self.ana("analyse timeline" if what in ("missing", "folder", "pipe", "link") else "analyse timeline e2 --again")
                self.assertTrue(path.read_bytes() == whole)
                self.assertEqual(self.made(), before)

    def test_a_full_disk_ends_it_and_leaves_nothing(self):
        place = self.folder / "disk"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True, check=False)
        if done.returncode:
            self.skipTest("nothing can be mounted here")
        self.mounted = place
        case = place / "case"
        subprocess.run(["cp", "-a", self.case, case], check=True)
        self.case = self.ana.case = case
        self.timeline = case / "timeline"
        free = os.statvfs(place)
        (place / "ballast").write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - (1 << 20))))
        done = self.ana.run("analyse", "timeline")
        self.assertEqual(done.returncode, FULL, (done.stdout, done.stderr))
        self.assertIn(b"No space left on device", done.stderr)
        self.assertNotIn(b"not read", done.stdout)
        self.assertEqual(self.left(), [])
        self.assertEqual(list(self.made()), ["e1"])
        (place / "ballast").unlink()
        self.ana("analyse timeline")
        self.assertEqual(len(self.made()), 2)


if __name__ == "__main__":
    main()
