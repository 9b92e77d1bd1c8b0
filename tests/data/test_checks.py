"""The checks must fail on bad data: each change below to a copy of data/ must be noticed.

Usage: /usr/bin/python3 test_checks.py      Exit 0 or 1. The schema part says skipped when it cannot run.
"""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "data"
SHARED = HERE.parents[2] / "shared" / "data" / "cacao"


def edit_json(path, change):
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def action(p, n=0):
    return [s for s in p["workflow"].values() if s["type"] == "action"][n]


def changing(p):
    return next(s for s in p["workflow"].values() if "Undo: " in s.get("description", ""))


def in_playbook(change, name="ransomware"):
    return lambda d: edit_json(d / "playbooks" / f"{name}.json", change)


def in_deadline(change, name="nis2"):
    return lambda d: edit_json(d / "deadlines" / f"{name}.json", change)


def in_text(name, change):
    def apply(d):
        path = d / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return apply


def point_back(p):
    steps = list(p["workflow"])
    p["workflow"][steps[5]]["on_completion"] = steps[1]


def point_away(p):
    action(p, 3)["on_completion"] = "action--00000000-0000-4000-8000-000000000000"


def skip_one(p):
    steps = list(p["workflow"])
    p["workflow"][steps[3]]["on_completion"] = steps[5]


def drop_undo(p):
    s = changing(p)
    s["description"] = "\n".join(x for x in s["description"].split("\n") if not x.startswith("Undo"))


def set_step(p, member, value):
    action(p)[member] = value


def set_command(p, member, value):
    action(p)["commands"][0][member] = value


def same_id(d):
    a = json.loads((d / "playbooks" / "accident.json").read_text(encoding="utf-8"))
    first = next(k for k in a["workflow"] if k.startswith("end--"))
    text = (d / "playbooks" / "ransomware.json").read_text(encoding="utf-8")
    own = next(k for k in json.loads(text)["workflow"] if k.startswith("end--"))
    (d / "playbooks" / "ransomware.json").write_text(text.replace(own, first), encoding="utf-8")


BAD = {
    "cut JSON": in_text("glossary.json", lambda t: t[:100]),
    "repeated member": in_text("tlp.json", lambda t: t.replace('"version": "2.0"', '"schema": "x"')),
    "NaN": in_text("deadlines/gdpr.json", lambda t: t.replace('"within": 72', '"within": NaN')),
    "long line": in_text("help/evidence.txt", lambda t: t + "x" * 79 + "\n"),
    "trailing space": in_text("scripts/users.txt", lambda t: t + "x \n"),
    "escape character": in_text("help/unlawful.txt", lambda t: t + "\x1b[31mred\n"),
    "not UTF-8": lambda d: (d / "help" / "fix.txt").write_bytes(b"calm fix: \xff\n"),
    "no newline at the end": in_text("help/learn.txt", lambda t: t.rstrip("\n")),
    "frightening word": in_text("help/experts.txt", lambda t: t + "It is a disaster.\n"),
    "shouting": in_text("scripts/managers.txt", lambda t: t + "WARNING: do it now\n"),
    "exclamation mark": in_playbook(lambda p: set_command(p, "command", "Hurry up!")),
    "frightening playbook": in_playbook(
        lambda p: set_step(p, "description", "Why: panic spreads.\nCheck: look.")),
    "help page too long": in_text("help/stop.txt", lambda t: t + "more\n" * 9),
    "help page missing": lambda d: (d / "help" / "notify.txt").unlink(),
    "help without a part": in_text("help/clean.txt", lambda t: t.replace("\nDone ", "\nSo   ")),
    "first screen too long": in_text("help/first-minutes.txt", lambda t: t + "\n" * 5),
    "first screen without clock": in_text("help/first-minutes.txt", lambda t: t.replace("{clock}", "x")),
    "formal without a practice": lambda d: edit_json(d / "help" / "formal.json", lambda f: f.pop("stop")),
    "unknown placeholder": in_text("scripts/owners.txt", lambda t: t + "{surprise}\n"),
    "stray brace": in_text("scripts/owners.txt", lambda t: t + "{\n"),
    "unknown verb": in_playbook(lambda p: set_step(p, "name", "hack: back")),
    "no verb": in_playbook(lambda p: set_step(p, "name", "do something")),
    "no check": in_playbook(lambda p: set_step(p, "description", "Why: because.")),
    "unlabelled line": in_playbook(
        lambda p: set_step(p, "description", "Why: a.\nCheck: b.\nand so on")),
    "change without undo": in_playbook(drop_undo),
    "effect not stated": in_playbook(lambda p: set_command(p, "description", "by hand; maybe")),
    "not a manual command": in_playbook(lambda p: set_command(p, "type", "bash")),
    "loop": in_playbook(point_back),
    "dangling step": in_playbook(point_away),
    "unreached step": in_playbook(skip_one),
    "no start": in_playbook(lambda p: p.update(workflow_start="start--0")),
    "same id twice": same_id,
    "wrong playbook id": in_playbook(lambda p: p.update(name="Ransom")),
    "activity not listed": in_playbook(lambda p: p["playbook_activities"].pop()),
    "activity in no step": in_playbook(lambda p: p["playbook_activities"].append("map-network")),
    "unlawful rule lost": in_text("playbooks/inappropriate-use.json",
                                  lambda t: t.replace("Do not search, open, copy, hash", "Do not copy")),
    "playbook missing": lambda d: (d / "playbooks" / "accident.json").unlink(),
    "deadline member missing": in_deadline(lambda x: x.pop("source")),
    "deadline member unknown": in_deadline(lambda x: x.update(colour="red")),
    "deadline id": in_deadline(lambda x: x.update(id="nis3")),
    "deadline date": in_deadline(lambda x: x.update(as_of="2026-13-01")),
    "deadline unit": in_deadline(lambda x: x["steps"][0].update(unit="weeks")),
    "deadline as text": in_deadline(lambda x: x["steps"][0].update(within="24")),
    "deadline as truth value": in_deadline(lambda x: x["steps"][0].update(within=True)),
    "deadline below zero": in_deadline(lambda x: x["steps"][0].update(within=-1)),
    "deadline from nowhere": in_deadline(lambda x: x["steps"][0].update({"from": "event:none"})),
    "deadline from later": in_deadline(lambda x: x["steps"][0].update({"from": "step:final"})),
    "deadline from before the first": in_deadline(lambda x: x["steps"][0].update({"from": "previous"})),
    "deadline step twice": in_deadline(lambda x: x["steps"].append(x["steps"][0])),
    "event unused": in_deadline(lambda x: x["events"].update(extra="Something happens.")),
    "law missing": lambda d: (d / "deadlines" / "hipaa.json").unlink(),
    "invented person": lambda d: edit_json(
        d / "organisation.json", lambda o: o["people"][0].update(name="A. Person")),
    "required field unknown": lambda d: edit_json(
        d / "organisation-required.json", lambda r: r["entries"][0]["fields"].append("shoe_size")),
    "two sentences": lambda d: edit_json(
        d / "glossary.json", lambda g: g.update(attack="One thing. Another thing.")),
    "too few terms": lambda d: edit_json(
        d / "glossary.json", lambda g: [g.pop(k) for k in list(g)[:10]]),
    "TLP order": lambda d: edit_json(d / "tlp.json", lambda t: t["labels"].reverse()),
}

BAD_FOR_SCHEMAS = {
    "no workflow": lambda p: p.pop("workflow"),
    "wrong version": lambda p: p.update(spec_version="cacao-1.1"),
    "unknown member": lambda p: p.update(colour="red"),
    "unknown member of a step": lambda p: set_step(p, "verb", "stop"),
    "unknown member of a command": lambda p: set_command(p, "undo", "x"),
    "step without agent": lambda p: action(p).pop("agent"),
    "step without commands": lambda p: set_step(p, "commands", []),
    "priority too high": lambda p: p.update(priority=101),
    "time without zone": lambda p: p.update(created="2026-11-25T00:00:00"),
    "id not a UUID": lambda p: p.update(id="playbook--1"),
    "unknown TLP": lambda p: next(iter(p["data_marking_definitions"].values())).update(tlpv2_level="TLP:PINK"),
    "end goes on": lambda p: [s for s in p["workflow"].values() if s["type"] == "end"][0].update(
        on_completion=p["workflow_start"]),
}


def run(script, *arguments):
    return subprocess.run([sys.executable, str(HERE / script), *map(str, arguments)],
                          capture_output=True, text=True)


def main():
    failed = 0
    result = run("check_data.py", DATA)
    if result.returncode != 0:
        print("the data as it is does not pass, so nothing can be told:\n" + result.stdout + result.stderr)
        return 1
    for name, change in BAD.items():
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "data"
            shutil.copytree(DATA, copy)
            change(copy)
            result = run("check_data.py", copy)
            if result.returncode != 1 or result.stderr:
                print(f"not noticed: {name} (exit {result.returncode}) {result.stderr[-400:]}")
                failed += 1
    print(f"check_data.py: {len(BAD)} kinds of bad data tried")
    result = run("check_playbooks.py")
    if result.returncode == 77:
        print("check_playbooks.py " + result.stdout.strip())
        return 1 if failed else 0
    for name, change in BAD_FOR_SCHEMAS.items():
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "playbook.json"
            shutil.copy(DATA / "playbooks" / "ransomware.json", copy)
            edit_json(copy, change)
            result = run("check_playbooks.py", copy)
            if result.returncode != 1 or result.stderr:
                print(f"not noticed: {name} (exit {result.returncode}) {result.stderr[-400:]}")
                failed += 1
    # Verdicts from outside: what OASIS publishes as an example, what SOARCA ships as invalid.
    for name, expected in (("oasis/basic-example-1.json", 0), ("oasis/spec-3.1-example.json", 0),
                           ("soarca/invalid_playbook.json", 1)):
        if (SHARED / name).is_file() and run("check_playbooks.py", SHARED / name).returncode != expected:
            print(f"another verdict than expected: {name}")
            failed += 1
    print(f"check_playbooks.py: {len(BAD_FOR_SCHEMAS)} kinds of bad playbooks tried")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
