#!/usr/bin/python3
"""contain_kill.py: calm, calm-contain or its watchdogs are killed at any moment while a host's packet filter is changed.

    contain_kill.py SEED COUNT [JOBS] [-v]

Each run, drawn by SEED, has a change prepared, begun, perhaps confirmed and undone, and kills: the helper at one of its system calls
(strace injects the signal) or at a moment, the controller at a moment, one watchdog or several one after another, both at once, the keeper
and then both, all of them; or the host starts again. Meanwhile the responder's connection is used all the time. At the end

    confirmed   the change was confirmed and stands, without a time limit
    before      `nft list ruleset` has the bytes from before, within the timer and 2 s
    kernel      all were killed at once, the keeper too: packets pass again within the timer and 2 s, and `calm-contain boot`, which cron's line
                runs, clears the rest
    stays       an emergency isolation, which nothing lifts but a person

and nothing else is right; nor is a responder who was locked out. Exit status: 0 all held, 1 something did not, 77 not allowed here."""
import collections
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import contain_lab  # noqa: E402
from contain_lab import ECHO, LEDGER, Helper, plan, plan_id, ruleset, run, within  # noqa: E402

BUILD = pathlib.Path(os.environ.get("CALM_BUILD", "build")).resolve()
CALM, CONTAIN = str(BUILD / "src" / "calm"), str(BUILD / "src" / "calm-contain")
TIMER = 10
LATE = 2.0  # what the promise adds to the timer
SILENT = 3.0  # a responder who is not answered for so long is locked out; the machine may be busy
FOREIGN = """table ip filter {
    set banned {
        type ipv4_addr
        elements = { 203.0.113.5 }
    }
    chain in {
        type filter hook input priority 0; policy accept;
        ip saddr @banned counter packets 1 bytes 60 drop
    }
}
"""
KINDS = [("helper", 40), ("helper moment", 8), ("controller", 14), ("one watchdog", 12), ("watchdogs in turn", 5), ("both watchdogs", 7), ("keeper first", 3), ("everything", 4), ("emergency", 6), ("restart", 4)]


class Probe(threading.Thread):
    """The responder's connection, used all the time; the longest it was not answered."""

    def __init__(self, small):
        super().__init__(daemon=True)
        self.socket = small.connect("responder", 22)
        self.small, self.is_over, self.worst, self.refused = small, False, 0.0, 0

    def run(self):
        last, fresh = time.monotonic(), 0
        while not self.is_over:
            if contain_lab.says_back(self.socket, SILENT):
                self.worst = max(self.worst, time.monotonic() - last)
                last = time.monotonic()
            else:
                self.worst = max(self.worst, SILENT)
                return
            fresh += 1
            if fresh % 10 == 0 and not self.small.reaches("responder", 22, timeout=SILENT):
                self.refused += 1
            time.sleep(0.05)

    def end(self):
        self.is_over = True
        self.join()
        self.socket.close()
        if self.worst >= SILENT or self.refused:
            raise AssertionError(f"the responder was locked out: silent for {self.worst:.1f} s, refused {self.refused} times")


class Small(contain_lab.Lab):
    """The victim, a responder and a bystander; each on a link of its own."""

    def __init__(self):
        for name in ("responder", "bystander"):
            run(f"ip netns add {name}")
            run("ip link set lo up", name)
        run("ip netns add switch")
        run("ip link add name sw type bridge", "switch")
        run("ip link set sw up", "switch")
        for name in ("victim", "responder", "bystander"):
            ns = None if name == "victim" else name
            run(f"ip link add eth0 {f'netns {ns}' if ns else ''} type veth peer name to-{name} netns switch")
            run(f"ip link set to-{name} master sw up", "switch")
            run(f"ip addr add {self.address(name)}/24 dev eth0", ns)
            run("ip link set eth0 up", ns)
        run("nft -f -", stdin=FOREIGN)


class Case:
    """A case whose lead is on this host, as one home and one folder; each run works on the same."""

    def __init__(self, top):
        self.top = top
        self.env = {"HOME": str(top / "home"), "USER": "ana", "PATH": "/usr/sbin:/usr/bin:/bin", "TZ": "UTC"}
        (top / "home").mkdir()
        self.folder = top / "case.calm"
        for words in (["open", str(self.folder)], ["--case", str(self.folder), "assess", "look", "x"]):
            subprocess.run([CALM, *words], env=self.env, cwd=top, check=True, capture_output=True)

    def start(self, *words):
        return subprocess.Popen([CALM, "--case", str(self.folder), *words], env=self.env, cwd=self.top, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *words):
        process = self.start(*words)
        text = process.communicate(timeout=60)[0]
        return process.returncode, text


def states():
    return {p.name: (p / "state").read_text().split()[0] for p in LEDGER.iterdir() if len(p.name) == 32 and (p / "state").exists()} if LEDGER.exists() else {}


def kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Run:
    def __init__(self, worker, number):
        self.worker, self.number = worker, number
        self.draw = random.Random(f"{worker.seed} {number}")
        self.kind = self.draw.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0]
        self.before = ruleset()
        self.begun = None  # when "go" was answered, or its giver had ended
        self.said = {}
        self.where = self.kind

    def text(self, timer=TIMER):
        if self.draw.random() < 0.6 or timer == 0:
            return plan("isolate", timer=timer, allow=("10.9.0.7,tcp,22,in",), number=f"{self.draw.getrandbits(128):032x}")
        return plan("block", "address 10.9.0.8", "address 198.51.100.0/24", timer=timer, number=f"{self.draw.getrandbits(128):032x}")

    def orders(self, helper, text, words):
        """Gives these orders until one is not answered; what each said is kept."""
        for word in words:
            if word == "prepare":
                said = helper.prepare(text)
            else:
                if word != "go" and self.draw.random() < 0.5:
                    time.sleep(self.draw.uniform(0, 0.3))
                said = helper.ask(f"{word} {plan_id(text)}{' 0' if word == 'go' else ''}")
            if word == "go":
                self.begun = time.monotonic()  # the timer began before this was answered
            self.said[word] = said[0]
            if said[0] != "ok":
                return

    def words(self):
        words = ["prepare", "go"]
        if self.draw.random() < 0.5:
            words.append("confirm")
        if self.draw.random() < 0.35:
            words.append("undo")
        return words

    # What is killed.
    def helper_at_a_call(self, timer=TIMER):
        text, words = self.text(timer), [w for w in self.words() if timer or w != "confirm"]
        name, which = self.draw.choice(self.worker.calls)
        self.where = f"{self.kind}: {' '.join(words)}, killed at {name} {which}"
        h = Helper(CONTAIN, LEDGER, ("strace", "-qq", "-o", "/dev/null", "-e", f"inject={name}:signal=KILL:when={which}"))
        self.orders(h, text, words)
        h.close()

    def helper_at_a_moment(self):
        text, words = self.text(), self.words()
        h = Helper(CONTAIN)
        timer = threading.Timer(self.draw.uniform(0.0, 0.25), h.process.kill)
        timer.start()
        self.orders(h, text, words)
        timer.join()
        with contextlib.suppress(BrokenPipeError):
            h.close()

    def controller(self):
        """calm itself; its helper lives on until its input ends."""
        case = self.worker.case
        words = ["isolate", "--allow", "10.9.0.7:22"] if self.draw.random() < 0.6 else ["block", "10.9.0.8"]
        code, text = case.run("stop", *words, "--timer", f"{TIMER} s")
        number = re.search(r"stop apply (a\d+)", text)
        if code or not number:
            raise AssertionError(f"stop {' '.join(words)}: {text}")
        steps = ["apply", "confirm"] if self.draw.random() < 0.5 else ["apply"]
        dies = self.draw.randrange(len(steps))
        for at, step in enumerate(steps):
            process = case.start("stop", step, number[1])
            if at == dies:
                moment = self.draw.uniform(0.0, 0.5)
                self.where = f"{self.kind}: {step} killed after {moment:.3f} s"
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(moment)
                process.kill()
            out = process.communicate()[0]
            self.said["go" if step == "apply" else step] = "ok" if process.returncode == 0 else out
            if at == dies:
                break

    def begin(self, timer=TIMER):
        text = self.text(timer)
        h = Helper(CONTAIN)
        self.orders(h, text, ["prepare", "go"])
        if self.said.get("go") != "ok":
            raise AssertionError(f"it did not begin: {self.said}")
        return h, text

    def near_the_end(self):
        """Most faults hide where it goes back."""
        return self.draw.uniform(TIMER - 0.05, TIMER + 0.1) if self.draw.random() < 0.5 else self.draw.uniform(0, TIMER)

    def wait_until(self, moment):
        time.sleep(max(0.0, self.begun + moment - time.monotonic()))

    def watchdogs_at(self, moment):
        self.wait_until(moment)
        found = contain_lab.watchdogs()
        for pid in found:
            kill(pid)
        contain_lab.until(lambda: not set(found) & set(contain_lab.watchdogs()), 5, "who was killed is gone")

    def watchdogs(self, moments, both):
        h, _ = self.begin()
        h.close()
        for moment in sorted(moments):
            self.wait_until(moment)
            found = contain_lab.watchdogs()
            found = found if both else found and [self.draw.choice(found)]
            for pid in found:
                kill(pid)
            contain_lab.until(lambda found=found: not set(found) & set(contain_lab.watchdogs()), 5, "who was killed is gone")
        self.where = f"{self.kind} at {', '.join(f'{m:.3f}' for m in sorted(moments))} s"

    def keeper_first(self):
        """A watchdog starts another keeper within a second or so; which is there when both of them are killed."""
        h, _ = self.begin()
        h.close()
        first = contain_lab.keepers()
        for pid in first:
            kill(pid)
        contain_lab.until(lambda: set(contain_lab.keepers()) - set(first), 4, "there is another keeper")  # asked once: who was killed may be seen yet
        self.watchdogs_at(self.near_the_end())

    def everything(self):
        h, _ = self.begin()
        self.wait_until(self.draw.uniform(0, 1))
        found = contain_lab.watchdogs() + contain_lab.keepers()
        for pid in [h.process.pid, *found]:
            kill(pid)
        h.kill()
        contain_lab.until(lambda: not set(found) & set(contain_lab.watchdogs() + contain_lab.keepers()), 5, "who was killed is gone")

    # What must hold then.
    def check_back(self):
        left = (self.begun or time.monotonic()) + TIMER + LATE - time.monotonic()
        try:
            contain_lab.until(lambda: ruleset() == self.before, max(left, 0.1), "as before")
            return "before"
        except AssertionError:
            state = states()
            raise AssertionError(f"after the timer and {LATE} s the packet filter is not as before; the ledger: {state}") from None

    def check_end(self):
        if ruleset() == self.before and not any(s in ("armed", "confirmed", "undoing") for s in states().values()):
            if self.said.get("confirm") == "ok" and "undo" not in self.said:
                raise AssertionError("it was confirmed, and is gone")
            return "before"
        if "confirmed" in states().values():
            if "undo" in self.said and "undoing" in states().values():
                return self.check_back()
            if "timeout" in run("nft list table inet calm"):
                raise AssertionError("confirmed, and the kernel forgets it")
            return "confirmed"
        if self.said.get("confirm") == "ok" and "undo" not in self.said:
            raise AssertionError(f"it was confirmed, and the ledger says {states()}")
        if "undoing" in states().values():
            contain_lab.until(lambda: ruleset() == self.before, LATE, "a killed undo is finished")
            return "before"
        return self.check_back()

    def check_kernel(self):
        """Nobody of ours is left: the kernel alone lets packets pass again."""
        if contain_lab.watchdogs() or contain_lab.keepers() or ruleset() == self.before:
            return self.check_back()
        left = self.begun + TIMER + LATE - time.monotonic()
        small = self.worker.small
        contain_lab.until(lambda: small.reaches("bystander", 80, timeout=0.2), max(left, 0.1), "packets pass again")
        subprocess.run([CONTAIN, "boot"], check=True, timeout=30)
        if ruleset() != self.before:
            raise AssertionError("calm-contain boot left something")
        return "kernel"

    def check_emergency(self):
        self.helper_at_a_call(timer=0)
        stands = "calm" in run("nft list tables")
        if self.said.get("undo") == "ok" and stands:
            raise AssertionError("undone, and still there")
        if self.said.get("go") == "ok" and "undo" not in self.said and not stands:
            raise AssertionError("begun, and not there")
        if not stands:
            return "before" if ruleset() == self.before else "?"
        if "undoing" in states().values():
            contain_lab.until(lambda: ruleset() == self.before, LATE, "a killed undo is finished")
            return "before"
        for pid in contain_lab.keepers() + contain_lab.watchdogs():
            kill(pid)
        time.sleep(self.draw.uniform(2, TIMER + 3))
        self.restart()
        if "inet calm" not in run("nft list tables") or self.worker.small.reaches("bystander", 80, timeout=0.3):
            raise AssertionError("an emergency isolation lifted by itself")
        return "stays"

    def restart(self):
        """All processes are gone, and so is what the kernel held; another boot begins."""
        for pid in contain_lab.keepers() + contain_lab.watchdogs():
            kill(pid)
        contain_lab.reap()
        run("nft flush ruleset")
        run("nft -f -", stdin=FOREIGN)
        other = self.worker.top / "boot_id"
        number = f"{self.draw.getrandbits(128):032x}"
        other.write_text(f"{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}\n")
        run(f"mount --bind {other} /proc/sys/kernel/random/boot_id")
        self.worker.unmount = True
        if (pathlib.Path("/etc/cron.d/calm-contain")).exists():
            subprocess.run([str(LEDGER / "calm-contain"), "boot"], check=True, timeout=30)

    def check_restart(self):
        text, words = self.text(), self.words()
        h = Helper(CONTAIN)
        self.orders(h, text, words)
        h.kill()
        self.restart()
        self.where = f"{self.kind}: {' '.join(words)}"
        if words[-1] == "confirm":
            if "inet calm" not in run("nft list tables") or self.worker.small.reaches("bystander", 80, timeout=0.3) or "timeout" in run("nft list table inet calm"):
                raise AssertionError("what was confirmed is gone after a restart")
            return "confirmed"
        if ruleset() != self.before:
            raise AssertionError("what was not confirmed is there after a restart")
        return "before"

    def go(self):
        if self.kind == "emergency":
            return self.check_emergency()
        if self.kind == "restart":
            return self.check_restart()
        if self.kind == "everything":
            self.everything()
            return self.check_kernel()
        if self.kind in ("both watchdogs", "keeper first"):
            if self.kind == "keeper first":
                self.keeper_first()
            else:
                self.watchdogs([self.near_the_end()], True)
            return self.check_back()
        if self.kind == "helper":
            self.helper_at_a_call()
        elif self.kind == "helper moment":
            self.helper_at_a_moment()
        elif self.kind == "controller":
            self.controller()
            # What calm had sent is done by its helper, which ends then.
            contain_lab.until(lambda: not helpers(), 20, "the helper ends")
            self.begun = time.monotonic()
        elif self.kind == "one watchdog":
            self.watchdogs([self.near_the_end()], False)
        else:
            first = self.near_the_end()  # those that follow find a new one beside the other
            self.watchdogs([first - 0.6 * n for n in range(4) if first > 0.6 * n], False)
        return self.check_end()

    def clean(self):
        """The same host again, whatever happened; what had to hold was looked at before."""
        with contextlib.closing(Helper(CONTAIN)) as h:
            for line in h.ask("status")[1]:
                h.ask("undo " + line.split()[0])
                h.ask("forget " + line.split()[0])
        if self.worker.unmount:
            run("umount /proc/sys/kernel/random/boot_id")
            self.worker.unmount = False
        left = [ruleset() == self.before, not states(), not os.listdir("/etc/cron.d"), set(os.listdir(LEDGER)) <= {"lock", "watchdog"}]
        contain_lab.until(lambda: not contain_lab.watchdogs() and not contain_lab.keepers(), 5, "watchdogs and keeper end")
        contain_lab.reap()
        if not all(left):
            raise AssertionError(f"undone, and not as before (packet filter, ledger, start of the host, folder): {left}")


def helpers():
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if b"\0serve\0" in (folder / "cmdline").read_bytes() and "(zombie)" not in (folder / "status").read_text():
                    found.append(int(folder.name))
    return found


class Worker:
    def __init__(self, seed, top):
        self.seed, self.top, self.unmount = seed, top, False
        self.small = Small()
        self.server = subprocess.Popen(["/usr/bin/python3", "-c", ECHO, "22", "80"], stdout=subprocess.PIPE, text=True)
        self.server.stdout.readline()
        self.case = Case(top)
        self.calls = self.trace()

    def trace(self):
        """The system calls of a whole life of the helper: name, and which of that name."""
        out = self.top / "trace"
        h = Helper(CONTAIN, LEDGER, ("strace", "-qq", "-o", str(out)))
        text = plan("isolate", timer=TIMER, allow=("10.9.0.7,tcp,22,in",))
        said = [h.prepare(text)[0], *(h.ask(f"{w} {plan_id(text)}{' 0' if w == 'go' else ''}")[0] for w in ("go", "confirm", "undo", "forget"))]
        h.close()
        if said != ["ok"] * 5:
            contain_lab.skip(f"strace does not trace here, or nothing can be changed: {said}")
        counts, calls = collections.Counter(), []
        for line in out.read_text(errors="replace").splitlines():
            name = re.match(r"([a-z0-9_]+)\(", line)
            if name and name[1] not in ("exit_group", "execve"):
                counts[name[1]] += 1
                calls.append((name[1], counts[name[1]]))
        return calls

    def one(self, number):
        r = Run(self, number)
        probe = Probe(self.small)
        probe.start()
        outcome, wrong = "?", None
        for step in (r.go, probe.end, r.clean):
            try:
                outcome = step() or outcome
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                wrong = wrong or str(error)
        return (f"WRONG run {number}, {r.where}: {wrong}; it said {r.said}" if wrong else f"{outcome} | {r.kind}")


def work(seed, first, step, count):
    contain_lab.enter()
    with tempfile.TemporaryDirectory(prefix="calm-siege-") as top:
        worker = Worker(seed, pathlib.Path(top))
        for number in range(first, count, step):
            print(worker.one(number), flush=True)
        worker.server.kill()


def main():
    words = [w for w in sys.argv[1:] if w != "-v"]
    if len(words) > 3:
        return work(words[0], int(words[3]), int(words[2]), int(words[1]))
    seed, count = words[0], int(words[1])
    jobs = min(count, int(words[2]) if len(words) > 2 else 8)
    if not shutil.which("strace"):
        contain_lab.skip("strace is not installed")
    workers = [subprocess.Popen([sys.executable, __file__, seed, str(count), str(jobs), str(j)], stdout=subprocess.PIPE, text=True) for j in range(jobs)]
    lines = []
    readers = [threading.Thread(target=lambda w=w: lines.extend(tee(w.stdout))) for w in workers]
    for r in readers:
        r.start()
    for r in readers:
        r.join()
    codes = [w.wait() for w in workers]
    if all(c == 77 for c in codes):
        sys.exit(77)
    wrong = [line for line in lines if line.startswith("WRONG")]
    ends = collections.Counter(line.split(" | ")[0] for line in lines if " | " in line and not line.startswith("WRONG"))
    kinds = collections.Counter(line.strip() for line in lines if " | " in line and not line.startswith("WRONG"))
    for what, n in sorted(kinds.items()):
        print(f"{n:6} {what}")
    print(f"{len(lines)} of {count} runs, {len(wrong)} wrong, seed {seed}: " + ", ".join(f"{n} {what}" for what, n in sorted(ends.items())))
    sys.exit(1 if wrong or len(lines) != count or any(codes) else 0)


def tee(stream):
    for line in stream:
        if line.startswith("WRONG") or "-v" in sys.argv:
            print(line, end="", flush=True)
        yield line


if __name__ == "__main__":
    main()
