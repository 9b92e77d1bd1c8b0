"""test_contain_keeper.py: a change that nobody confirmed goes back within its timer and 2 s, to the byte, though both watchdogs were killed at once;
with systemd also where the keeper was killed with them, without it when cron runs its line."""
import contextlib
import os
import pathlib
import signal
import subprocess
import time
import unittest

import contain_lab
import harness
from contain_lab import Helper, keepers, plan, plan_id, run, ruleset, until, watchdogs

CONTAIN = (harness.BUILD / "src" / "calm-contain").resolve()
TIMER, LATE = 10, 2.0
CRON = pathlib.Path("/etc/cron.d/calm-contain")
# What systemd-run(1) does with a service: starts it apart, and anew as soon as a signal ended it.
SYSTEMD_RUN = """#!/usr/bin/python3
import os, subprocess, sys, time
words = [w for w in sys.argv[1:] if not w.startswith("--property") or w == "--property=Restart=on-failure"]
unit = "/run/systemd/" + next(w for w in words if w.startswith("--unit=")).split("=")[1]
assert "--property=Restart=on-failure" in words and "--property=RestartSec=100ms" in sys.argv
command = words[words.index(next(w for w in words if w.startswith("/"))):]
command += sys.argv[sys.argv.index("--folder"):] if "--folder" not in command else []
if os.path.exists(unit):
    sys.exit("Unit was already loaded")
open(unit, "w").close()
if os.fork():
    sys.exit(0)
os.setsid()
null = os.open("/dev/null", os.O_RDWR)
for n in range(3):
    os.dup2(null, n)
while subprocess.run(command).returncode < 0:
    time.sleep(0.1)
os.unlink(unit)
"""


def facts(path):
    st = os.stat(path)
    return pathlib.Path(path).read_bytes(), oct(st.st_mode), st.st_uid, st.st_gid, st.st_mtime_ns, st.st_nlink


class Keeper(unittest.TestCase):
    def setUp(self):
        self.file = pathlib.Path("/run/evil")
        self.file.write_bytes(b"\x7fELF evil\n")
        os.chmod(self.file, 0o4711)
        os.utime(self.file, ns=(1, 1700000000123456789))
        self.before, self.rules = facts(self.file), ruleset()

    def tearDown(self):
        with contextlib.closing(Helper(CONTAIN)) as h:
            for line in h.ask("status")[1]:
                h.ask("undo " + line.split()[0])
                h.ask("forget " + line.split()[0])
        until(lambda: not watchdogs() and not keepers(), 5, "all end when nothing is due")
        contain_lab.reap()
        self.assertEqual((facts(self.file), ruleset(), os.listdir("/etc/cron.d")), (self.before, self.rules, []))
        self.file.unlink()

    def begin(self, text=None):
        text = text or plan("quarantine", f"file {self.file}", timer=TIMER)
        with contextlib.closing(Helper(CONTAIN)) as h:
            h.begin(text)
        self.begun = time.monotonic()
        self.assertEqual(len(keepers()), 1)
        return text

    def kill(self, *pids):
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not set(pids) & set(watchdogs() + keepers()), 5, "who was killed is gone")

    def wait(self, seconds):
        time.sleep(max(0.0, self.begun + seconds - time.monotonic()))

    def goes_back(self):
        left = self.begun + TIMER + LATE - time.monotonic()
        until(lambda: self.file.exists() and facts(self.file) == self.before and ruleset() == self.rules, left, "as before")
        self.assertGreater(time.monotonic() - self.begun, TIMER - 0.2)

    def test_both_watchdogs_killed_at_once_a_file_is_back_in_time(self):
        for moment in (0.5, TIMER - 0.02):
            with self.subTest(moment):
                self.begin()
                self.wait(moment)
                self.assertFalse(self.file.exists())
                self.kill(*watchdogs())
                self.goes_back()

    def test_both_watchdogs_killed_at_once_the_packet_filter_has_the_bytes_from_before(self):
        self.begin(plan("isolate", timer=TIMER))
        self.wait(TIMER - 0.02)
        self.kill(*watchdogs())
        self.goes_back()

    def test_each_starts_the_others_anew(self):
        self.begin()
        self.kill(*watchdogs())
        until(lambda: len(watchdogs()) == 2, 3, "the keeper starts watchdogs")
        self.kill(*keepers())
        until(lambda: len(keepers()) == 1, 3, "a watchdog starts a keeper")
        self.kill(*watchdogs())
        self.goes_back()

    def test_one_name_session_and_group_does_not_find_all_three(self):
        self.begin()
        one, pair = keepers()[0], watchdogs()
        words = pathlib.Path(f"/proc/{one}/cmdline").read_bytes()
        self.assertNotIn(b"calm", words)
        self.assertNotIn("calm", pathlib.Path(f"/proc/{one}/comm").read_text())
        self.assertEqual(len({os.getsid(pid) for pid in (one, *pair)}), 3)

    def test_with_systemd_all_three_killed_at_once_end_as_before(self):
        os.makedirs("/run/systemd/system")
        program = pathlib.Path("/run/systemd-run")
        program.write_text(SYSTEMD_RUN)
        program.chmod(0o755)
        if not os.path.exists("/usr/bin/systemd-run"):
            self.skipTest("no systemd-run to put another in the place of")
        run(f"mount --bind {program} /usr/bin/systemd-run")
        try:
            self.begin()
            for _ in range(2):
                self.kill(*watchdogs(), *keepers())
                until(lambda: len(keepers()) == 1 and len(watchdogs()) == 2, 3, "all are there again")
            self.kill(*watchdogs(), *keepers())
            self.goes_back()
            until(lambda: not keepers() and not os.path.exists("/run/systemd/calm-contain-keeper"), 5, "the service ends by itself")
        finally:
            run("umount /usr/bin/systemd-run")
            run("rm -r /run/systemd")

    def test_with_cron_alone_all_three_killed_at_once_end_as_before_when_it_runs_its_line(self):
        text = self.begin()
        line = next(one for one in CRON.read_text().splitlines() if one.startswith("* * * * * root "))
        self.kill(*watchdogs(), *keepers())
        self.wait(TIMER + LATE)
        self.assertFalse(self.file.exists())  # what containment.md says: at the next minute
        subprocess.run(["sh", "-c", line.split("root ", 1)[1]], check=True, timeout=30)
        self.assertEqual(facts(self.file), self.before)
        with contextlib.closing(Helper(CONTAIN)) as h:
            self.assertEqual(h.ask("status")[1], [f"{plan_id(text)} undone quarantine 0"])
        done = subprocess.run(["sh", "-c", line.split("root ", 1)[1]], capture_output=True, check=False, timeout=30)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))  # nothing is left for it, and it says nothing

    def test_an_emergency_has_no_keeper_and_none_lifts_it(self):
        with contextlib.closing(Helper(CONTAIN)) as h:
            h.begin(plan("isolate", timer=0))
        self.assertEqual(keepers() + watchdogs(), [])
        subprocess.run([CONTAIN, "boot"], check=True, timeout=30)
        self.assertIn("table inet calm", ruleset())
        self.assertEqual(keepers() + watchdogs(), [])


if __name__ == "__main__":
    contain_lab.enter()
    harness.main()
