#!/usr/bin/python3
"""append_fault.py: an append that is killed, or fails, at each of its system calls in turn.

    append_fault.py kill|fail SEED COUNT

One `calm note` is traced to know its system calls. Then it is run again on a fresh copy of the case for each of them (COUNT of them, drawn by
SEED; 0 for all): killed there, or told there that the disk failed or is full. After each, the case must open, hold every record that was
acknowledged before, hold the new one whole if it was acknowledged and whole or not at all if it was not, and verify.
Exit status: 0 all held, 1 something did not, 77 the machine lacks strace or forbids tracing.
"""
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ.get("CALM_BUILD", "build"))
CALM = str((BUILD / "src" / "calm").resolve())
VERIFY = str((BUILD / "src" / "verify" / "calm-verify").resolve())
BEFORE = 3  # notes that were acknowledged before
# What a disk can fail, and how. Others say nothing of the disk.
FAILURES = {name: ("EIO", "ENOSPC") for name in ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate", "openat", "mkdir", "rename", "renameat2")}
FAILURES.update({name: ("EIO",) for name in ("read", "pread64", "fstat", "newfstatat", "unlink", "sendto", "recvfrom", "sendmsg", "recvmsg")})


class Case:
    """A case with some notes, of which each run gets a copy."""

    def __init__(self, top):
        self.top = pathlib.Path(top)
        self.env = {"HOME": str(self.top / "home"), "USER": "ana", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
        (self.top / "home").mkdir()
        self.model = self.top / "model.calm"
        self.check_run("open", str(self.model), case=None)
        for number in range(BEFORE):
            self.check_run("note", f"before {number}", case=self.model)
        shutil.copytree(self.top / "home", self.top / "home model")

    def run(self, *words, case, prefix=()):
        command = [*prefix, CALM, *(["--case", str(case)] if case else []), *words]
        return subprocess.run(command, env=self.env, cwd=self.top, capture_output=True, check=False, timeout=120)

    def check_run(self, *words, case):
        done = self.run(*words, case=case)
        if done.returncode:
            raise AssertionError(f"calm {' '.join(words)}: exit {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode()

    def copy(self):
        """The home too: what it remembers of the run before would be another case's."""
        case = self.top / "copy.calm"
        for model, copy in (self.model, case), (self.top / "home model", self.top / "home"):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(model, copy)
        return case

    def trace(self, out, options=()):
        return ("strace", "-qq", "-o", str(out), *options)

    def calls(self):
        """(name, which of that name, the line) for each system call of one append."""
        out = self.top / "trace"
        done = self.run("note", "traced", case=self.copy(), prefix=self.trace(out))
        if done.returncode:
            print("skipped: strace does not trace here: " + done.stderr.decode().strip(), file=sys.stderr)
            sys.exit(77)
        counts, calls = {}, []
        for line in out.read_text(errors="replace").splitlines():
            name = re.match(r"([a-z0-9_]+)\(", line)
            if name and name[1] not in ("exit_group", "execve"):
                counts[name[1]] = counts.get(name[1], 0) + 1
                calls.append((name[1], counts[name[1]], line))
        return calls


def check_after(c, case, said, where):
    """What must hold whatever happened. said: the new record was acknowledged."""
    log = c.check_run("log", case=case)
    for number in range(BEFORE):
        if f"observation: before {number}\n" not in log:
            raise AssertionError(f"{where}: an acknowledged record is lost: before {number}")
    count = log.count("observation: the new one\n")
    if log.count("observation") != BEFORE + count or count > 1 or (said and count != 1):
        raise AssertionError(f"{where}: acknowledged: {said}; the log says:\n{log}")
    c.check_run("note", "and on", case=case)
    c.check_run("log", "checkpoint", case=case)
    done = subprocess.run([VERIFY, "--brief", str(case / "journal" / "journal.cj1")], capture_output=True, check=False)
    if done.returncode != 2:
        raise AssertionError(f"{where}: calm-verify says {done.returncode}: {done.stdout.decode()}")


def run_kill(c, call):
    name, which, line = call
    case = c.copy()
    done = c.run("note", "the new one", case=case, prefix=c.trace("/dev/null", ("-e", f"inject={name}:signal=KILL:when={which}")))
    check_after(c, case, b"observation" in done.stdout, f"killed at {name} {which}: {line}")


def run_fail(c, call):
    name, which, line, error = call
    case = c.copy()
    where = f"{error} at {name} {which}: {line}"
    done = c.run("note", "the new one", case=case, prefix=c.trace("/dev/null", ("-e", f"inject={name}:error={error}:when={which}")))
    if done.returncode < 0:
        raise AssertionError(f"{where}: died of signal {-done.returncode}: {done.stderr.decode()}")
    said = done.stderr.decode()
    if done.returncode:
        sentence = re.match(r"(?s)calm: .{20,}\(exit (\d+)\)\n$", said)
        if not sentence or int(sentence[1]) != done.returncode:
            raise AssertionError(f"{where}: exit {done.returncode}, and said: {said}")
    check_after(c, case, done.returncode == 0, where)
    return done.returncode, said


def failures_of(calls, c):
    """Only what touches the case, the keys, the signer or the answer: a library that cannot be loaded is the system's to tell."""
    found, is_begun = [], False
    for name, which, line in calls:
        is_begun |= str(c.top) in line
        if is_begun and name in FAILURES and ("/proc/" not in line) and "/etc/" not in line:
            found += [(name, which, line, error) for error in FAILURES[name]]
    return found


def main():
    mode, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if not shutil.which("strace"):
        print("skipped: strace is not installed", file=sys.stderr)
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="calm-campaign-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as top:
        c = Case(top)
        calls = c.calls()
        points = calls if mode == "kill" else failures_of(calls, c)
        chosen = random.Random(seed).sample(points, min(count, len(points))) if count else points
        bad = 0
        for point in chosen:
            try:
                if mode == "kill":
                    run_kill(c, point)
                else:
                    code, said = run_fail(c, point)
                    if "-v" in sys.argv:
                        print(point[0], point[1], point[3], code, said.strip()[:300])
            except AssertionError as error:
                bad += 1
                print(error)
        print(f"{mode}: {len(chosen)} of {len(points)} places, {bad} bad, seed {seed}")
        sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
