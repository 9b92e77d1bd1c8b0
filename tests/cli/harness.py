"""harness.py: people at terminals, each with a home of their own, who work at a case with the real programs."""
import fcntl
import json
import os
import pathlib
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ.get("CALM_BUILD", "build"))
CALM = str((BUILD / "src" / "calm").resolve())
COLLECT = (BUILD / "src" / "calm-collect").resolve()
VERIFY = str((BUILD / "src" / "verify" / "calm-verify").resolve())
# A sanitizer's runtime wants to be loaded first, and the signer of such a build keeps the environment for it.
SANITIZED = pathlib.Path(CALM).exists() and b"__asan_init" in pathlib.Path(CALM).read_bytes()
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = ROOT.parent / "shared" / "data"
AHEAD = time.strftime("%H:%M", time.gmtime(time.time() + 7200))  # of the clock that people here read (UTC), two hours from now


def in_memory(room=1 << 29):
    """A folder in memory with that much room, or None. What is asked of a case is mostly nothing of its disk, which would sync it thousands of times."""
    try:
        shm = os.statvfs("/dev/shm")
    except OSError:
        return None
    return "/dev/shm" if shm.f_bavail * shm.f_frsize >= room and os.access("/dev/shm", os.W_OK) else None


def hold_loops(test, alone=False):
    """Until the test ends its loop devices are its own: who takes one away and puts another in its place, by its name, is alone."""
    if getattr(test, "loops", None) is None and os.path.exists("/dev/loop-control"):
        test.loops = os.open("/dev/loop-control", os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(test.loops, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        test.addCleanup(os.close, test.loops)


def unmount(place, device):
    """And waits until nobody has the device any more: whoever made a namespace of mounts meanwhile has a copy of this one, until it ends."""
    subprocess.run(["umount", str(place)], check=True)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            return os.close(os.open(device, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC))
        except OSError:
            time.sleep(0.05)
    return None


def at_work(pid):
    """The process that does the work of a command: where its media may hang it is a child, with the same words."""
    words = pathlib.Path(f"/proc/{pid}/cmdline")
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    for child in children.read_text(encoding="ascii").split() if children.exists() else []:
        theirs = pathlib.Path(f"/proc/{child}/cmdline")
        if theirs.exists() and theirs.read_bytes() == words.read_bytes():
            return child
    return pid


def hears(process, sign=signal.SIGINT, seconds=60):
    """Waits until the program that was started hears Ctrl-C, instead of being ended by it; false if it ended before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        caught = re.search(r"SigCgt:\s*([0-9a-f]+)", pathlib.Path(f"/proc/{at_work(process.pid)}/status").read_text(encoding="ascii", errors="replace"))
        if caught and int(caught.group(1), 16) >> (sign - 1) & 1:
            return True
        time.sleep(0.002)
    return False


def is_own_network():
    """This process was started anew in a network that a test made (contain_lab.py and its like say so), not in that of the machine."""
    return os.environ.get("CALM_OWN_NETWORK") == "1"


def one_line(text):
    """As it was before it was wrapped."""
    return " ".join(text.split())


def read_some(fd, seconds=0.2):
    """What a terminal shows within that time; empty when it shows nothing or is closed."""
    if not select.select([fd], [], [], seconds)[0]:
        return ""
    try:
        return os.read(fd, 65536).decode(errors="replace")
    except OSError:
        return ""


def memory_for(names):
    """A folder in memory that takes so many names, twice, for another test may make as many at the same time; None: there is none."""
    place = "/dev/shm"
    return place if os.access(place, os.W_OK) and os.statvfs(place).f_favail > 2 * names else None


class Person:
    """One who types commands. The case is given by its folder."""

    def __init__(self, name, folder, case):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.home = self.folder / ("home-" + name)
        self.home.mkdir(exist_ok=True)
        self.case = case
        self.env = {"HOME": str(self.home), "USER": name, "PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8"}

    def run(self, *words, stdin=b"", env=None, timeout=120):
        """Runs calm with these words; a dict of bytes and status comes back."""
        is_emergency = words[:1] == ("stop",) and words[1:2] and words[1] in ("emergency", "--emergency")
        if is_emergency and "--by-hand" not in words and "--help" not in words and not is_own_network():
            raise AssertionError("this would change the machine that runs the tests: only in a network of the test's own")
        command = [CALM, "--case", str(self.case), *words] if self.case else [CALM, *words]
        return subprocess.run(command, input=stdin, capture_output=True, cwd=self.folder, env={**self.env, **(env or {})}, timeout=timeout, check=False)

    def __call__(self, line, *more):
        """Runs a command line that must succeed; its output comes back as text."""
        done = self.run(*shlex.split(line), *more)
        if done.returncode != 0:
            raise AssertionError(f"calm {line}: exit {done.returncode}: {done.stderr.decode()}{done.stdout.decode()}")
        return done.stdout.decode()

    def fails(self, line, *more):
        """Runs a command line that must fail; (status, what it said) comes back."""
        done = self.run(*shlex.split(line), *more)
        if done.returncode == 0:
            raise AssertionError(f"calm {line}: succeeded: {done.stdout.decode()}")
        return done.returncode, done.stderr.decode()

    def json(self, line, *more):
        return json.loads(self(line + " --json", *more))


class CaseTest(unittest.TestCase):
    """A folder that is thrown away, and a case in it with ana as its lead."""

    on_disk = False  # where what a disk's file system does is looked at: times, attributes, holes, another medium

    def setUp(self):
        self.temp = tempfile.TemporaryDirectory(prefix="calm-test-", dir=None if self.on_disk else in_memory())
        self.folder = pathlib.Path(self.temp.name)
        self.case = self.folder / "monday.calm"
        self.ana = Person("ana", self.folder, None)
        self.ana(f"open {self.case}")
        self.ana.case = self.case

    def tearDown(self):
        self.temp.cleanup()

    def join(self, name, roles="--role responder --role scribe", part="documents", case=None):
        """Somebody joins and is let in."""
        person = Person(name, self.folder, case or self.case)
        person(f"team join {name} --part {part}")
        self.ana(f"team admit {name} {roles}")
        return person

    def verify(self, *more, case=None):
        """calm-verify on the readable copy, after sealing; its status comes back."""
        path = pathlib.Path(case or self.case) / "journal" / "journal.cj1"
        return subprocess.run([VERIFY, "--brief", *more, str(path)], capture_output=True, text=True, check=False).returncode


class ShortLoader(unittest.TestLoader):
    """CALM_SHORT=N: of the tests of a class every Nth alone, the first always."""

    def getTestCaseNames(self, testCaseClass):
        return super().getTestCaseNames(testCaseClass)[::max(1, int(os.environ.get("CALM_SHORT") or 1))]


def main():
    """Runs the tests of the calling file; says how many were skipped."""
    program = unittest.main(module=sys.modules["__main__"], exit=False, verbosity=1, testLoader=ShortLoader())
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.testsRun and len(result.skipped) == result.testsRun else 0)
