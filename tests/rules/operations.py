"""operations.py CALM ROOT: every operation has help, an example of its own, a manual entry and a test; every kind of record that it
appends is named; every man page is clean."""
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

calm, root = sys.argv[1], pathlib.Path(sys.argv[2])
wrong = []


def run(*words):
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run([calm, *words], capture_output=True, text=True, env={"HOME": home, "PATH": "/usr/bin:/bin"}, check=False)


table = json.loads(run("help", "table").stdout)
tests = "\n".join(p.read_text(encoding="utf-8") for p in sorted((root / "tests" / "cli").glob("*.py")))
for op in table:
    name = op["name"]
    if not op["help"] or op["help"].endswith("."):
        wrong.append(f"{name}: help is missing or ends with a full stop")
    shown = run(*name.split(), "--help")
    if shown.returncode != 0 or op["example"] not in shown.stdout:
        wrong.append(f"{name}: --help does not show the example")
    words = shlex.split(op["example"])
    if words[0] != "calm" or (words[1 : 1 + len(name.split())] != name.split() and name not in ("status", "note add", "learn add", "run")):
        wrong.append(f"{name}: the example is of another command: {op['example']}")
    options = {f["option"] for f in op["fields"]} | {"at", "at-clock", "at-precision", "by", "override", "tlp", "scope", "json"}
    behind = words.index("--") if "--" in words else len(words)
    for word in words[:behind]:
        if word.startswith("--") and word[2:].split("=")[0] not in options:
            wrong.append(f"{name}: the example uses {word}, which it does not have")
    if op["type"] in ("change", "job") and not op["records"] and name not in ("team join", "team passphrase", "log"):
        if not any(w in name for w in ("get", "custody", "script", "diff", "list", "show", "observe", "playbook", "propose")):
            wrong.append(f"{name}: says nothing of the records it appends")
    for field in op["fields"]:
        if not field["help"]:
            wrong.append(f"{name}: --{field['option']} has no help")
    if f'"{name}' not in tests and f"'{name}" not in tests and ", ".join(f'"{w}"' for w in name.split()) not in tests:
        wrong.append(f"{name}: no test in tests/cli runs it")
practices = sorted({op["practice"] for op in table})
for practice in practices:
    page = run("help", "manual", practice).stdout if practice != "calm" else run("help", "manual").stdout
    for op in table:
        if op["practice"] == practice and practice != "calm" and f".Ss calm {op['name']}\n" not in page:
            wrong.append(f"{op['name']}: not in the manual page of {practice}")
    lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=page, capture_output=True, text=True, check=False)
    if lint.returncode != 0:
        wrong.append(f"manual of {practice}: {lint.stdout[:400]}")
print("\n".join(wrong) or f"{len(table)} operations, each with help, example, manual and test")
sys.exit(1 if wrong else 0)
