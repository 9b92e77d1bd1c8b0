"""test_stop_emergency.py: an emergency cuts this host off whatever else fails, and what could not be put on record at once is taken into the case later.

In namespaces of its own: nothing of this machine is changed."""
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import unittest

import contain_host
import harness
from contain_host import sh
from harness import CALM, one_line
from stop_host import StopTest, rules

WHY_NOT = contain_host.enter()
USAGE, NOT_FOUND, CONFLICT = 2, 3, 6


def tables():
    return sh("nft", "list", "tables").split("\n")


@contextlib.contextmanager
def small(path, kilobytes, full=True):
    """A file system of its own there, with not a byte left."""
    os.makedirs(path, exist_ok=True)
    sh("mount", "-t", "tmpfs", "-o", f"mode=755,size={kilobytes}k", "none", str(path))
    try:
        if full:
            fill(path)
        yield
    finally:
        sh("umount", "-l", str(path))


def fill(path):
    with open(f"{path}/fill", "wb", buffering=0) as f, contextlib.suppress(OSError):
        while True:
            f.write(bytes(4096))


def at_a_terminal(person, words, typed=(), seconds=60):
    """calm at a terminal at which somebody types these lines, each when it has fallen silent; what was seen, and its exit status."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(person.folder)
        os.execve(CALM, [CALM, "--case", str(person.case), *words], person.env)
    seen, typed, end = b"", list(typed), time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([fd], [], [], 1.5)[0]:
            try:
                part = os.read(fd, 4096)
            except OSError:
                break
            if not part:
                break
            seen += part
        elif typed:
            os.write(fd, typed.pop(0).encode() + b"\n")
        elif not typed and seen.endswith(b": "):  # it asks, and nobody answers
            os.kill(pid, signal.SIGKILL)
            break
    status = os.waitpid(pid, 0)[1]
    os.close(fd)
    return seen.decode(), os.waitstatus_to_exitcode(status)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Emergency(StopTest):
    on_disk = True  # some tests put another file system in the place of memory

    def setUp(self):
        super().setUp()
        self.addCleanup(self.clear)

    def clear(self):
        """A test that failed leaves nothing to the next one."""
        for table in tables():
            if table.startswith("table"):
                sh("nft", "delete", *table.split())
        for folder in ("/var/lib/calm-contain", "/run/calm-contain", "/dev/shm/calm-contain"):
            shutil.rmtree(folder, ignore_errors=True)

    def emergency(self, person, *more, **run):
        done = person.run("stop", "--emergency", "it spreads", *more, **run)
        return done.returncode, one_line(done.stdout.decode()), one_line(done.stderr.decode())

    def kept(self, text):
        """The file in which it is kept until it is on record."""
        found = re.search(r"calm stop record (\S+\.emergency)", text)
        self.assertTrue(found, text)
        return found[1]

    def cut_off_and_kept(self, person, why, **run):
        status, said, error = self.emergency(person, **run)
        self.assertIn("This host is cut off", said, error)
        self.assertTrue([t for t in tables() if t.startswith("table inet calm")], said)
        self.assertIn(why, said + error)
        self.assertEqual(status, 0, error)
        path = self.kept(said)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        return path

    def taken(self, path, call="a1", by="ana"):
        """Into the case, by somebody who may; and undone from there."""
        said = one_line(self.ana(f"stop record {path}"))
        self.assertIn(call, said)
        action = [a for a in self.ana.json("stop list") if a["call"] == call][0]
        self.assertEqual(action["state"], "done")
        self.assertEqual(action["reason"], "it spreads")
        self.assertIn(by, action["result"])
        self.assertIn("action isolate\n", self.ana.json(f"stop show {call}")["plan_text"])
        self.assertIn("state before the emergency isolation", [e["title"] for e in self.ana.json("preserve list")])
        self.assertFalse(os.path.exists(path))
        self.assertIn(f"a review of {call}", one_line(self.ana("stop")))
        self.ana(f"stop undo {call}")
        self.assertEqual(rules(), self.before)
        return action

    # The case.
    def test_a_key_with_a_passphrase_is_not_waited_for(self):
        bo = self.join("bo")
        self.assertEqual(at_a_terminal(bo, ["team", "passphrase"], ["correct horse battery"] * 2)[1], 0)
        seen, status = at_a_terminal(bo, ["stop", "--emergency", "it spreads"])
        self.assertEqual(status, 0, seen)
        self.assertIn("This host is cut off", one_line(seen))
        self.assertNotIn("passphrase: ", seen)
        self.assertIn("table inet calm", rules())
        self.taken(self.kept(one_line(seen)), by="bo")
        path = self.cut_off_and_kept(bo, "sealed with a passphrase")  # without a terminal
        seen, status = at_a_terminal(bo, ["stop", "record", path], ["correct horse battery"])
        self.assertEqual(status, 0, seen)
        self.assertIn("On record as a2", one_line(seen))
        self.ana("stop undo a2")

    def test_who_is_not_on_the_team_cuts_off_and_others_record_it(self):
        eve = harness.Person("eve", self.folder, self.case)
        path = self.cut_off_and_kept(eve, "you are not on the team of this case")
        self.assertEqual(self.ana.json("stop list"), [])
        self.taken(path, by="eve")

    def test_an_observer_cuts_off_and_it_is_on_record_with_that(self):
        bo = self.join("bo", "--role observer")
        status, said, error = self.emergency(bo)
        self.assertEqual(status, 0, error)
        self.assertIn("This host is cut off (a1)", said)
        action = self.ana.json("stop list")[0]
        self.assertEqual(action["state"], "done")
        self.assertIn("bo, who has no role for it in this case", action["result"])
        self.assertIn("a review of a1", one_line(self.ana("stop")))
        self.ana("stop undo a1")

    def test_a_case_without_a_byte_left(self):
        for spare in (True, False):
            with self.subTest(home_has_room=spare):
                place = self.folder / f"full-{spare}"
                place.mkdir()
                with small(place, 4096, full=False):
                    ana = harness.Person("ana", place if not spare else self.folder, None)
                    ana("open", str(place / "monday.calm"))
                    ana.case = place / "monday.calm"
                    fill(place)
                    path = self.cut_off_and_kept(ana, "full")
                    self.assertEqual(path.startswith(str(place)), False)
                    self.taken(path, "a1" if spare else "a2")

    def test_a_case_that_somebody_holds(self):
        holder = subprocess.Popen(["/usr/bin/python3", "-c", f"import sqlite3,time\nc=sqlite3.connect('{self.case}/case.db')\nc.execute('BEGIN EXCLUSIVE')\nprint(1,flush=True)\ntime.sleep(600)"],
                                  stdout=subprocess.PIPE)
        holder.stdout.readline()
        began = time.monotonic()
        process = subprocess.Popen([CALM, "--case", str(self.case), "stop", "--emergency", "it spreads"], env=self.ana.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            while time.monotonic() < began + 3 and "table inet calm" not in rules():
                time.sleep(0.05)
            self.assertIn("table inet calm", rules())  # while the case is still waited for
            first = process.stdout.readline()
            self.assertIn("this host is cut off", first)
            kept = re.search(r"in (\S+\.emergency) until it is on record", first)[1]
            self.assertTrue(os.path.exists(kept))
        finally:
            holder.kill()
            holder.communicate()
        said = one_line(process.communicate(timeout=120)[0])
        self.assertEqual(process.returncode, 0, said)
        self.assertIn("This host is cut off (a1)", said)
        self.assertFalse(os.path.exists(kept))
        self.ana("stop undo a1")

    def test_a_damaged_case(self):
        with open(self.case / "case.db", "r+b") as f:
            was = f.read(4096)
            f.seek(0)
            f.write(bytes(4096))
        try:
            path = self.cut_off_and_kept(self.ana, "damaged")
        finally:
            with open(self.case / "case.db", "r+b") as f:
                f.write(was)
        self.taken(path)

    def test_without_any_place_for_keys_and_cases(self):
        env = {k: v for k, v in self.ana.env.items() if not k.startswith(("XDG_", "CALM_KEYS")) and k != "HOME"}
        done = subprocess.run([CALM, "stop", "--emergency", "it spreads"], env=env, cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertIn("table inet calm", rules())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.taken(self.kept(one_line(done.stdout)), by="ana")

    def test_what_is_kept_stands_on_every_overview_until_it_is_on_record(self):
        eve = harness.Person("eve", self.folder, self.case)
        path = self.cut_off_and_kept(eve, "not on the team")
        mine = os.path.join(os.path.dirname(path.replace("home-eve", "home-ana")), os.path.basename(path))
        if os.path.dirname(mine) != os.path.dirname(path):
            os.makedirs(os.path.dirname(mine), mode=0o700, exist_ok=True)
            shutil.move(path, mine)
        for screen in ("status", "", "stop status"):
            self.assertTrue(one_line(self.ana(screen)).startswith("EMERGENCY that is not on record yet: calm stop record "), screen)
        self.assertIn("On record as a1", self.ana("stop record"))
        self.assertFalse(os.path.exists(mine))
        self.assertNotIn("stop record", one_line(self.ana("status")))
        self.assertEqual(self.ana.fails("stop record")[0], NOT_FOUND)
        self.ana("stop undo a1")

    def test_what_was_taken_is_not_taken_twice(self):
        eve = harness.Person("eve", self.folder, self.case)
        path = self.cut_off_and_kept(eve, "not on the team")
        shutil.copy(path, self.folder / "again.emergency")
        self.taken(path, by="eve")
        status, why = self.ana.fails(f"stop record {self.folder}/again.emergency")
        self.assertEqual(status, CONFLICT)
        self.assertIn("is on record already, as a1", one_line(why))

    def test_a_program_is_told_where_it_is_kept(self):
        eve = harness.Person("eve", self.folder, self.case)
        told = eve.json('stop --emergency "it spreads"')
        self.assertEqual((told["cut_off"], told["state"]), (True, "not on record"))
        self.taken(told["kept"], by="eve")

    def test_this_host_by_its_name_and_as_the_case_calls_it(self):
        name = sh("uname", "-n").strip()
        self.ana(f"assess system files --host {name}")
        self.ana("assess system db9 --place rack-4")
        for call, system in (("a1", "files"), ("a2", "files")):
            self.assertIn(f"This host is cut off ({call})", self.ana(f'stop --emergency "it spreads" --system {system}'))
            self.ana(f"stop undo {call}")
        self.assertIn("Pull the network cable", self.ana('stop --emergency "it spreads" --system db9'))
        self.assertEqual(rules(), self.before)

    def test_another_file_is_none(self):
        eve = harness.Person("eve", self.folder, self.case)
        path = pathlib.Path(self.cut_off_and_kept(eve, "not on the team"))
        whole = path.read_bytes()
        other = self.folder / "x.emergency"
        for bytes_ in (b"", b"emergency 2\n", whole[:-1], whole + b"x", whole.replace(b"action isolate", b"action isolatf"), b"emergency 1\n" + bytes(100)):
            other.write_bytes(bytes_)
            self.ana.fails(f"stop record {other}")
        self.assertEqual(self.ana.json("stop list"), [])
        self.taken(str(path), by="eve")

    # The host.
    def test_no_room_where_the_ledger_lies(self):
        with small("/var/lib", 64):
            status, said, error = self.emergency(self.ana)
            self.assertEqual(status, 0, error)
            self.assertIn("This host is cut off (a1)", said)
            self.assertIn("A RESTART LIFTS IT", said)
            self.assertIn("table inet calm-run", rules())
            self.assertEqual([s["host_state"] for s in self.ana.json("stop status")], ["armed"])
            self.assertFalse(self.ana.json("stop status")[0]["gone"])
            sh("nft", "flush", "chain", "inet", "calm-run", "in")
            self.assertTrue(self.ana.json("stop status")[0]["gone"])
            self.ana("stop undo a1")
            self.assertEqual(rules(), self.before)
            self.assertEqual(self.ana.json("stop list")[0]["state"], "undone")

    def test_no_room_in_memory_either(self):
        with small("/var/lib", 64), small("/run", 64), small("/dev/shm", 64):
            status, said, error = self.emergency(self.ana)
            self.assertEqual(status, 0, error)
            self.assertIn("This host is cut off (a1)", said)
            self.assertIn("A RESTART LIFTS IT", said)
            self.assertIn("is kept nowhere on this host", said)
            self.assertIn("table inet calm-unkept", rules())
            self.ana("stop undo a1")
            self.assertEqual(rules(), self.before)

    def test_the_disk_fills_up_between(self):
        """What was prepared there has room, and that it begins has none."""
        with small("/var/lib", 8192, full=False):
            plan = contain_host.Plan("isolate", timer=0)
            with contain_host.Helper("/var/lib/calm-contain") as h:
                h.prepare(plan)
                fill("/var/lib")
                said = h.order(f"go {plan.id} 0")
                self.assertTrue([line for line in said if line.startswith("warn restart ")], said)
                self.assertIn("table inet calm-run", rules())
                self.assertEqual(h.order("status")[0].split()[:2], [plan.id, "armed"])
                h.order(f"undo {plan.id}")
                h.order(f"forget {plan.id}")
        self.assertEqual(rules(), self.before)

    def test_a_start_of_the_host_that_cannot_be_written(self):
        sh("mount", "-t", "tmpfs", "-o", "ro", "none", "/etc/cron.d")
        try:
            status, said, error = self.emergency(self.ana)
        finally:
            sh("umount", "/etc/cron.d")
        self.assertEqual(status, 0, error)
        self.assertIn("This host is cut off (a1)", said)
        self.assertIn("A RESTART LIFTS IT", said)
        self.assertIn("/etc/cron.d", said)
        self.assertIn("table inet calm", rules())
        self.ana("stop undo a1")

    def test_a_ledger_that_somebody_holds_or_spoiled(self):
        os.makedirs("/var/lib/calm-contain", mode=0o700, exist_ok=True)
        with open("/var/lib/calm-contain/lock", "w", encoding="ascii") as lock:
            fcntl.fcntl(lock, 37, __import__("struct").pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
            status, said, error = self.emergency(self.ana)
            self.assertEqual(status, 0, error)
            self.assertIn("table inet calm-run", rules())
            self.assertIn("A RESTART LIFTS IT", said)
        self.ana("stop undo a1")
        spoiled = pathlib.Path("/var/lib/calm-contain/" + 32 * "5")
        spoiled.mkdir(0o700)
        (spoiled / "state").write_text("nonsense\n")
        try:
            status, said, error = self.emergency(self.ana)
            self.assertEqual(status, 0, error)
            self.assertIn("table inet calm-run", rules())
            self.ana("stop undo a2")
        finally:
            shutil.rmtree(spoiled)
        self.assertEqual(rules(), self.before)

    def test_one_kept_in_memory_and_one_on_disk_know_of_each_other(self):
        """Neither lifts the other, and whom one lets pass the other keeps."""
        self.ana('assess look "x"')
        with small("/var/lib", 16384, full=False):
            self.ana("stop isolate --allow 10.9.0.7:22")
            self.ana("stop apply a1")
            self.ana("stop confirm a1")
            fill("/var/lib")
            status, said, error = self.emergency(self.ana)
            self.assertEqual(status, 0, error)
            self.assertIn("allow 10.9.0.7,tcp,22,in", self.ana.json("stop show a2")["plan_text"])
            os.unlink("/var/lib/fill")
            self.assertIn("table inet calm-run", rules())
            self.ana("stop undo a1")
            self.assertIn("table inet calm-run", rules())
            self.assertFalse([t for t in tables() if t.endswith("inet calm")])
            self.ana("stop undo a2")


if __name__ == "__main__":
    harness.main()
