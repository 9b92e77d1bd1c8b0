"""notify_kill.py SEED COUNT: sends messages and kills calm, or whichever of its processes comes there first, at a random system call.
Whatever is killed, also while it reminds of a deadline, a receiver that tells repeats has each message exactly once in the end; one that does not has it at most once, and
where nobody knows, that is said."""
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
try:
    import notify_servers as servers
except ImportError as missing:
    print(f"skipped: {missing} (python3-aiosmtpd)")
    sys.exit(77)
import harness  # noqa: E402
from harness import CALM, SANITIZED, Person  # noqa: E402

seed, count = int(sys.argv[1]), int(sys.argv[2])
if SANITIZED:
    print("skipped: a sanitizer's runtime does not stand being traced")
    sys.exit(77)
if not shutil.which("strace"):
    print("skipped: no strace")
    sys.exit(77)


def state(person, number):
    return person.json("notify list")[number - 1]["state"]


def beside(folder):
    """calm as it is installed, with a calm-send that can be told to be killed at a call."""
    place = folder / "bin"
    place.mkdir()
    shutil.copy(CALM, place / "calm")
    wrapper = place / "calm-send"
    wrapper.write_text(f"""#!/bin/sh
at=$(/bin/cat {folder}/at 2> /dev/null) || exec {pathlib.Path(CALM).parent}/calm-send
exec /usr/bin/strace -qq -o {folder}/sender-calls $at {pathlib.Path(CALM).parent}/calm-send
""")
    wrapper.chmod(0o755)
    harness.CALM = str(place / "calm")
    return harness.CALM


def traced(person, calm, victim, at, what):
    """Sends what is named, and kills at that call of calm, of whichever process of it comes there first, or of the sender."""
    words = [calm, "--case", str(person.case), "notify", "send", what]
    inject = "-e inject={}:signal=KILL:when={}".format(*at) if at else ""
    if victim == "sender":
        (person.folder / "at").write_text(inject)
        person.run(*words[3:])
        (person.folder / "at").unlink()
        return False
    done = subprocess.run(["strace", "-qq", "-o", str(person.folder / "calls"), *(["-f"] if victim == "any" else []), *inject.split(), *words],
                   capture_output=True, env=person.env, cwd=person.folder, check=False, timeout=120)
    return done.returncode in (-9, 137)


def calls(person, calm, victim, number):
    """The system calls of a sending, each as strace counts it: its name, and how many of that name the process has made."""
    traced(person, calm, victim, None, f"m{number}")
    made, points = {}, []
    for line in (person.folder / ("sender-calls" if victim == "sender" else "calls")).read_text(errors="replace").splitlines():
        pid, _, rest = line.partition(" ") if victim == "any" else ("", "", line)
        name = re.match(r"\s*([a-z0-9_]+)\(", rest)
        if name:
            made[pid, name[1]] = made.get((pid, name[1]), 0) + 1
            points.append((name[1], made[pid, name[1]]))
    return points


def settle(person, number):
    """Goes on as a person would who only looks at the state."""
    for _ in range(8):
        now = state(person, number)
        if now in ("sent", "unknown"):
            return now
        person.run("notify", "send", f"m{number}")
    raise AssertionError(f"m{number} does not come to an end: {now}")


def remind(person, calm, victim, at):
    """A deadline comes within an hour, and whatever writes and sends the reminder is killed there. Who looks again finds it sent, or that nobody knows."""
    deadline = len(person.json("notify deadlines")) + 1
    person('notify start contract --within "3601 s" --decided-by "Eva Brandt"')
    time.sleep(1.2)
    killed = traced(person, calm, victim, at, "--all")
    person.run("notify", "send", "--all")
    (message,) = [m for m in person.json("notify list") if m.get("template") == "reminder" and m["text"].startswith(f"d{deadline}: ")]
    end = settle(person, int(message["call"][1:]))
    person.run("notify", "send", "--all")
    return killed, end, f"d{deadline}: "


def main():
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="calm-notify-kill-") as folder:
        folder = pathlib.Path(folder)
        authority = servers.Authority(folder)
        rooms = {"matrix": servers.Web(authority.context("one")), "webhook": servers.Web(authority.context("two"))}
        calm = beside(folder)
        ana = Person("ana", folder, None)
        ana(f"open {folder}/monday.calm")
        ana.case = folder / "monday.calm"
        ana('team add "Eva Brandt"')
        config = ana.home / ".config" / "calm"
        config.mkdir(parents=True)
        (config / "notify.conf").write_text(
            f"[matrix]\nkind = matrix\nurl = {rooms['matrix'].url}\ntoken = t\nroom = !r:x\nca = {authority.ca}\nwait = 5\n"
            f"[webhook]\nkind = webhook\nurl = {rooms['webhook'].url}/h\nshape = json\nlabel = amber\nca = {authority.ca}\nwait = 5\n")
        (config / "notify.conf").chmod(0o600)
        for name in rooms:
            ana(f'notify channel {name} --account {name} --trust trusted --reaches "Eva Brandt"')
        number = killed = reminded = 0
        ends = {}
        most = {}
        for victim in ("calm", "any", "sender"):
            ana('notify draft "Eva Brandt" "how many calls" --channel matrix')
            number += 1
            most[victim] = calls(ana, calm, victim, number)
        for run in range(max(count // 5, 3)):
            victim = draw.choice(sorted(most))
            at = most[victim][draw.randrange(len(most[victim]) // 2, len(most[victim]))]
            was_killed, end, begins = remind(ana, calm, victim, at)
            killed += was_killed
            number += 1
            events = [body for body in rooms["matrix"].events.values() if json.loads(body)["body"].startswith(begins)]
            if end != "sent" or len(events) != 1:
                raise AssertionError(f"seed {seed}, reminder {run}: killed at {at[0]} {at[1]} of {victim}, ended {end}, {len(events)} events")
            reminded += 1
        for run in range(count):
            number += 1
            name = draw.choice(sorted(rooms))
            victim = draw.choice(sorted(most))
            # The first half is what any program does to start.
            at = most[victim][draw.randrange(0 if draw.random() < 0.3 else len(most[victim]) // 2, len(most[victim]))]
            ana(f'notify draft "Eva Brandt" "message {number}" --channel {name}')
            killed += traced(ana, calm, victim, at, f"m{number}")
            end = settle(ana, number)
            got = [body for _, _, _, body in rooms[name].got if re.search(rf'"message {number}"', body.decode())]
            events = [body for body in rooms[name].events.values() if re.search(rf'"message {number}"', body.decode())]
            where = f"seed {seed}, run {run}: {name}, killed at {at[0]} {at[1]} of {victim}, ended {end}"
            ends[name, end] = ends.get((name, end), 0) + 1
            if name == "matrix" and (end != "sent" or len(events) != 1):
                raise AssertionError(f"{where}: {len(events)} events")
            if name == "webhook" and (len(got) > 1 or (end == "sent" and len(got) != 1)):
                raise AssertionError(f"{where}: {len(got)} requests")
        for room in rooms.values():
            room.stop()
        if count >= 10 and not killed:
            raise AssertionError("calm was never killed, so nothing was tried")
        print(f"{reminded} reminders and {count} runs with seed {seed}, of {len(most['calm'])} calls of calm and {len(most['sender'])} of the sender, calm itself killed {killed} times: " + ", ".join(f"{a} {b}: {n}" for (a, b), n in sorted(ends.items())))


if __name__ == "__main__":
    main()
