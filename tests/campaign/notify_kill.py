"""notify_kill.py SEED COUNT: sends messages and kills calm, or whichever of its processes comes there first, at a random system call.
Whatever is killed, also while it reminds of a deadline, a receiver that tells repeats has each message exactly once in the end; one that does not (a webhook, a mail server)
has it at most once, and where nobody knows, that is said."""
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

VICTIMS = ("any", "calm", "sender")
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


def arrived(room, number):
    """What that receiver was given of a message, and, where it tells repeats, what it keeps."""
    if isinstance(room, servers.Mail):
        got = [content for _, _, content in room.got if re.search(rf"^message {number}\s*$", content, re.M)]
        return got, got
    pattern = rf'"message {number}"'
    return ([body for _, _, _, body in room.got if re.search(pattern, body.decode())], [body for body in room.events.values() if re.search(pattern, body.decode())])


def main():
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="calm-notify-kill-") as folder:
        folder = pathlib.Path(folder)
        authority = servers.Authority(folder)
        rooms = {"matrix": servers.Web(authority.context("one")), "webhook": servers.Web(authority.context("two")), "mail": servers.Mail(authority.context("three"))}
        calm = beside(folder)
        ana = Person("ana", folder, None)
        ana(f"open {folder}/monday.calm")
        ana.case = folder / "monday.calm"
        ana('team add "Eva Brandt"')
        config = ana.home / ".config" / "calm"
        config.mkdir(parents=True)
        (config / "notify.conf").write_text(
            f"[matrix]\nkind = matrix\nurl = {rooms['matrix'].url}\ntoken = t\nroom = !r:x\nca = {authority.ca}\nwait = 5\n"
            f"[webhook]\nkind = webhook\nurl = {rooms['webhook'].url}/h\nshape = json\nlabel = amber\nca = {authority.ca}\nwait = 5\n"
            f"[mail]\nkind = smtp\nurl = {rooms['mail'].url}\nfrom = ana@example.org\nprotect = none\nca = {authority.ca}\nwait = 5\n")
        (config / "notify.conf").chmod(0o600)
        for name in rooms:
            address = ": eva@example.org" if name == "mail" else ""
            ana(f'notify channel {name} --account {name} --trust trusted --reaches "Eva Brandt{address}"')
        number = killed = reminded = 0
        ends = {}
        most = {}
        for kind in ("matrix", "mail"):  # HTTP, and SMTP, whose exchange has more steps
            for victim in ("calm", "any", "sender"):
                ana(f'notify draft "Eva Brandt" "how many calls" --channel {kind} --tlp green')
                number += 1
                most[kind, victim] = calls(ana, calm, victim, number)
        for run in range(max(count // 5, 3)):
            victim = draw.choice(VICTIMS)
            points = most["matrix", victim]
            at = points[draw.randrange(len(points) // 2, len(points))]
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
            victim = draw.choice(VICTIMS)
            points = most["mail" if name == "mail" else "matrix", victim]
            # The first half is what any program does to start.
            at = points[draw.randrange(0 if draw.random() < 0.3 else len(points) // 2, len(points))]
            ana(f'notify draft "Eva Brandt" "message {number}" --channel {name} --tlp green')
            killed += traced(ana, calm, victim, at, f"m{number}")
            end = settle(ana, number)
            got, events = arrived(rooms[name], number)
            used = next(c["name"] for c in ana.json("notify channels") if c["id"] == ana.json("notify list")[number - 1]["channel"])
            where = f"seed {seed}, run {run}: {name}, killed at {at[0]} {at[1]} of {victim}, ended {end}"
            ends[name, end] = ends.get((name, end), 0) + 1
            if used != name:
                raise AssertionError(f"{where}: it went over {used}")
            if name == "matrix" and (end != "sent" or len(events) != 1):
                raise AssertionError(f"{where}: {len(events)} events")
            if name != "matrix" and (len(got) > 1 or (end == "sent" and len(got) != 1)):
                raise AssertionError(f"{where}: {len(got)} came")
        for room in rooms.values():
            room.stop()
        if count >= 30 and not any(name == "mail" for name, _ in ends):
            raise AssertionError("no mail was sent, so nothing was tried of it")
        if count >= 10 and not killed:
            raise AssertionError("calm was never killed, so nothing was tried")
        print(f"{reminded} reminders and {count} runs with seed {seed}, of {len(most['matrix', 'calm'])} calls of calm, {len(most['matrix', 'sender'])} of the sender, {len(most['mail', 'sender'])} of one of mail, calm itself killed {killed} times: " + ", ".join(f"{a} {b}: {n}" for (a, b), n in sorted(ends.items())))


if __name__ == "__main__":
    main()
