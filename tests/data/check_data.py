"""Checks everything under data/: shape, references, line lengths, tone. Exit 0 or 1.

Usage: check_data.py [DATA_FOLDER]      needs nothing but Python 3 and no network.
"""
import json
import re
import sys
import uuid
from datetime import date
from pathlib import Path

VERBS = ("assess snapshot team note analyse notify stop problem preserve clean fix confirm "
         "report learn").split()
PLAYBOOKS = ("accident account-takeover data-loss denial-of-service hardware-fault "
             "inappropriate-use malicious-code ransomware unauthorised-access").split()
LAWS = "dora gdpr hipaa nis2 sec-8k".split()
UNITS = ("hours", "days", "business-days", "months")
CACAO_NAMESPACE = uuid.UUID("aa7caf3a-d55a-4e9a-b34e-056215fba56a")
TLP = ["TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR"]
HELP_PAGES = ["affected-machine", "evidence", "experts", "first-minutes", "many-hosts", "unlawful", "ready"] + VERBS
DEADLINE_TEXTS = ("id", "name", "law", "jurisdiction", "applies_when", "cause", "clock_starts",
                  "counting", "note", "source", "as_of")
STEP_MEMBERS = {"id", "what", "to_whom", "within", "unit", "from", "note"}
NEXT_MEMBERS = ("on_completion", "on_success", "on_failure", "on_true", "on_false")
SCRIPTS = ["managers", "owners", "provider", "users"]
# Words that frighten or shout. Stems match from the start of a word.
FRIGHTENING = re.compile(
    r"\b(catastroph|disaster|devastat|nightmare|panic|terrif|horrif|doom|deadly|fatal|chaos"
    r"|hacked|pwned|under attack|cyber ?war|ruin)", re.I)
SHOUTING = re.compile(r"\b(WARNING|DANGER|CRITICAL|ALERT|URGENT|IMMEDIATELY|NEVER|ALWAYS|STOP"
                      r"|IMPORTANT|ATTENTION|MUST|NOT)\b|!(?!=)")
CODE_MARKS = re.compile(r"[{}$\\|<>]")

problems = []


def wrong(where, what):
    problems.append(f"{where}: {what}")


def no_repeated_keys(pairs):
    keys = [k for k, _ in pairs]
    for k in sorted(set(keys)):
        if keys.count(k) > 1:
            raise ValueError(f"member {k!r} appears twice")
    return dict(pairs)


def load(path):
    """The parsed JSON of a file, or None after noting what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        if not text.endswith("\n"):
            wrong(path.name, "does not end with a newline")
        return json.loads(text, object_pairs_hook=no_repeated_keys,
                          parse_constant=lambda c: wrong(path.name, f"{c} is not JSON"))
    except (OSError, ValueError) as e:
        wrong(path.name, f"cannot be read as JSON: {e}")
        return None


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for k, v in value.items():
            yield from strings(v)
    elif isinstance(value, list):
        for v in value:
            yield from strings(v)


def check_tone(where, text):
    found = FRIGHTENING.search(text)
    if found:
        wrong(where, f"frightening word {found.group(0)!r}")
    found = SHOUTING.search(text)
    if found:
        wrong(where, f"shouting: {found.group(0)!r}")


def check_characters(where, text):
    for ch in text:
        if (ord(ch) < 32 and ch != "\n") or ord(ch) == 127 or ord(ch) in range(0x80, 0xa0):
            wrong(where, f"control character U+{ord(ch):04X}")
            return


def is_text(value):
    return isinstance(value, str) and value.strip() != ""


# ---- plain text

def check_text_file(path, columns):
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as e:
        wrong(name, f"is not UTF-8: {e}")
        return ""
    if not text.endswith("\n"):
        wrong(name, "does not end with a newline")
    check_characters(name, text)
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > columns and not line.startswith("|"):  # a table row cannot be broken
            wrong(f"{name}:{number}", f"{len(line)} columns, at most {columns}")
        if line != line.rstrip():
            wrong(f"{name}:{number}", "space at the end of the line")
        if path.suffix == ".txt":
            check_tone(f"{name}:{number}", line)
    return text


def check_help(folder):
    for name in HELP_PAGES:
        path = folder / f"{name}.txt"
        if not path.is_file():
            wrong(path.name, "is missing")
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        count = text.count("\n")
        if name in VERBS or name == "ready":
            if not 15 <= count <= 22:
                wrong(path.name, f"{count} lines, not 15 to 22")
            if not text.startswith(f"calm {name}: "):
                wrong(path.name, f"does not begin with 'calm {name}: '")
            for label in ("For  ", "Now  ", "Not  ", "Done ", "Next "):
                if not re.search(rf"^{label}", text, re.M):
                    wrong(path.name, f"has no part {label.strip()!r}")
        if name == "first-minutes":
            if count > 24:
                wrong(path.name, f"{count} lines, at most 24")
            used = set(re.findall(r"\{([a-z_0-9]+)\}", text))
            if used != {"time", "utc", "clock"}:
                wrong(path.name, f"placeholders are {sorted(used)}, not time, utc, clock")
    formal = load(folder / "formal.json")
    if not isinstance(formal, dict):
        return
    if sorted(formal) != sorted(VERBS + ["calm"]):
        wrong("formal.json", "its keys are not the fifteen practices")
    for verb, entry in formal.items():
        if not isinstance(entry, dict) or sorted(entry) != ["capability", "missing", "time_cost"]:
            wrong("formal.json", f"{verb}: members are not capability, missing, time_cost")
        elif not all(is_text(v) for v in entry.values()):
            wrong("formal.json", f"{verb}: an empty text")
    for text in strings(formal):
        check_tone("formal.json", text)


def check_scripts(folder):
    readme = folder / "README.md"
    documented = set()
    if readme.is_file():
        for row in re.findall(r"^\| (.*?) \|", readme.read_text(encoding="utf-8"), re.M):
            documented |= set(re.findall(r"`\{([a-z_0-9]+)\}`", row))
    used = set()
    for name in SCRIPTS:
        path = folder / f"{name}.txt"
        if not path.is_file():
            wrong(path.name, "is missing")
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        names = re.findall(r"\{([a-z][a-z_0-9]*)\}", text)
        if text.count("{") != len(names) or text.count("}") != len(names):
            wrong(path.name, "a brace that is not part of a placeholder")
        used |= set(names)
    for name in sorted(used - documented):
        wrong("scripts/README.md", f"placeholder {name} is not listed")
    for name in sorted(documented - used):
        wrong("scripts/README.md", f"placeholder {name} is listed and not used")


# ---- deadlines

def check_from(where, value, step_ids, position, events):
    if value in ("trigger", "year-end"):
        return
    if value == "previous":
        if position == 0:
            wrong(where, "the first step has no previous one")
        return
    kind, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
    if kind == "step" and name in step_ids[:position]:
        return
    if kind == "event" and name in events:
        return
    wrong(where, f"'from' is {value!r}, which is neither known nor earlier")


def check_deadline(path):
    d = load(path)
    if not isinstance(d, dict):
        return
    where = path.name
    expected = set(DEADLINE_TEXTS) | {"events", "steps"}
    if set(d) != expected:
        wrong(where, f"members differ from the schema: {sorted(set(d) ^ expected)}")
        return
    for member in DEADLINE_TEXTS:
        if not is_text(d[member]):
            wrong(where, f"{member} is not a text")
    if d["id"] != path.stem:
        wrong(where, "id is not the file name")
    try:
        date.fromisoformat(d["as_of"])
    except (TypeError, ValueError):
        wrong(where, f"as_of {d['as_of']!r} is not a date")
    if not str(d["applies_when"]).endswith("?"):
        wrong(where, "applies_when is not a question")
    events = d["events"]
    if not isinstance(events, dict) or not all(is_text(v) for v in events.values()):
        wrong(where, "events is not an object of texts")
        return
    steps = d["steps"]
    if not isinstance(steps, list) or not steps or not all(isinstance(s, dict) for s in steps):
        wrong(where, "steps is not a list of objects")
        return
    ids = [s.get("id") for s in steps]
    if len(set(ids)) != len(ids):
        wrong(where, "two steps have one id")
    for i, s in enumerate(steps):
        at = f"{where} step {s.get('id')}"
        if set(s) != STEP_MEMBERS:
            wrong(at, f"members differ from the schema: {sorted(set(s) ^ STEP_MEMBERS)}")
            continue
        for member in STEP_MEMBERS - {"within"}:
            if not is_text(s[member]):
                wrong(at, f"{member} is not a text")
        if type(s["within"]) is not int or not 0 <= s["within"] <= 400:
            wrong(at, f"within {s['within']!r} is not an integer from 0 to 400")
        if s["unit"] not in UNITS:
            wrong(at, f"unit {s['unit']!r} is not known")
        check_from(at, s["from"], ids, i, events)
    used = {s["from"][6:] for s in steps if str(s.get("from")).startswith("event:")}
    for name in sorted(set(events) - used):
        wrong(where, f"event {name} starts no step")
    for text in strings(d):
        check_tone(where, text)
        check_characters(where, text)


# ---- playbooks

def check_labels(at, description, needs_undo):
    labels = []
    for line in description.split("\n"):
        label, colon, rest = line.partition(": ")
        if label not in ("When", "Why", "Check", "Undo") or not colon or not rest.strip():
            wrong(at, f"description line {line[:40]!r} has no known label")
            return
        labels.append(label)
    order = [x for x in ("When", "Why", "Check", "Undo") if x in labels]
    if labels != order:
        wrong(at, f"labels are {labels}, expected each once in order")
    for label in ("Why", "Check"):
        if label not in labels:
            wrong(at, f"has no {label}:")
    if needs_undo and "Undo" not in labels:
        wrong(at, "changes something and has no Undo:")


def check_action(at, step, agents, activities):
    verb, colon, title = str(step.get("name", "")).partition(": ")
    if not colon or not title.strip() or verb not in VERBS:
        wrong(at, f"name {step.get('name')!r} does not begin with a practice and a colon")
    if step.get("agent") not in agents:
        wrong(at, "its agent is not defined")
    commands = step.get("commands")
    if not isinstance(commands, list) or not commands:
        wrong(at, "has no commands")
        return
    changes = False
    for i, c in enumerate(commands):
        parts = str(c.get("description", "")).split("; ")
        if c.get("type") != "manual" or not is_text(c.get("command")):
            wrong(at, f"command {i} is not a manual command with text")
            continue
        if len(parts) < 2 or not is_text(parts[0]) or parts[1] not in ("reads", "changes"):
            wrong(at, f"command {i}: description is not 'PLATFORM; reads|changes[; NOTE]'")
            continue
        if i == 0 and parts[0] != "by hand":
            wrong(at, "the first command does not say in words what to do")
        if i == 0:
            check_tone(at, c["command"])
        changes = changes or parts[1] == "changes"
        if c.get("playbook_activity") not in activities:
            wrong(at, f"command {i}: activity is not listed in playbook_activities")
        check_characters(at, c["command"])
    description = step.get("description", "")
    check_labels(at, description, changes)
    for line in description.split("\n"):
        if not CODE_MARKS.search(line):
            check_tone(at, line)


def check_reachable(where, workflow, start):
    """Every step is reached from the start, every path ends, and nothing goes round."""
    ends = {}

    def walk(step_id, path):
        if step_id in path:
            wrong(where, f"the workflow goes round at {step_id}")
            return False
        if step_id in ends:
            return ends[step_id]
        step = workflow.get(step_id)
        if step is None:
            wrong(where, f"{step_id} does not exist")
            return False
        if step.get("type") == "end":
            ends[step_id] = True
            return True
        following = [step[m] for m in NEXT_MEMBERS if m in step] + list(step.get("next_steps", []))
        following += list(step.get("cases", {}).values())
        if not following:
            wrong(where, f"{step_id} leads nowhere")
        results = [walk(s, path | {step_id}) for s in following]
        ends[step_id] = bool(results) and all(results)
        return ends[step_id]

    if not walk(start, frozenset()):
        wrong(where, "the workflow does not reach an end")
    for step_id in sorted(set(workflow) - set(ends)):
        wrong(where, f"{step_id} is never reached")


def check_playbook(path, all_ids):
    p = load(path)
    if not isinstance(p, dict):
        return
    where = path.name
    if p.get("type") != "playbook" or p.get("spec_version") != "cacao-2.0":
        wrong(where, "is not a CACAO 2.0 playbook")
        return
    workflow = p.get("workflow")
    if not isinstance(workflow, dict) or not is_text(p.get("name")):
        wrong(where, "has no name or no workflow")
        return
    key = json.dumps({"name": p["name"], "playbook_types": p.get("playbook_types")},
                     separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    if p.get("id") != f"playbook--{uuid.uuid5(CACAO_NAMESPACE, key)}":
        wrong(where, "id is not the UUIDv5 of its name and types")
    for member in ("created", "modified"):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(p.get(member))):
            wrong(where, f"{member} is not a time with milliseconds")
    for identifier in [p.get("id")] + list(workflow):
        if identifier in all_ids:
            wrong(where, f"{identifier} is also in {all_ids[identifier]}")
        all_ids[identifier] = where
    actions = 0
    activities = p.get("playbook_activities", [])
    seen_activities = set()
    names = []
    for step_id, step in workflow.items():
        kind, _, unique = step_id.partition("--")
        if kind != step.get("type"):
            wrong(where, f"{step_id} is of type {step.get('type')!r}")
        try:
            if uuid.UUID(unique).version != 4:
                wrong(where, f"{step_id} is not a UUIDv4")
        except ValueError:
            wrong(where, f"{step_id} is not a UUID")
        if step.get("type") == "action":
            actions += 1
            names.append(step.get("name"))
            check_action(f"{where} '{step.get('name')}'", step, p.get("agent_definitions", {}),
                         activities)
            seen_activities |= {c.get("playbook_activity") for c in step.get("commands", [])}
    if len(set(names)) != len(names):
        wrong(where, "two steps have one name")
    if not 12 <= actions <= 30:
        wrong(where, f"{actions} steps, not 12 to 30")
    for activity in sorted(set(activities) - seen_activities):
        wrong(where, f"activity {activity} is in no step")
    for marking in p.get("markings", []):
        if marking not in p.get("data_marking_definitions", {}):
            wrong(where, f"{marking} is not defined")
    if workflow.get(p.get("workflow_start"), {}).get("type") != "start":
        wrong(where, "workflow_start is not a start step")
    else:
        check_reachable(where, workflow, p["workflow_start"])
    check_tone(where, p.get("description", ""))
    used = {str(n).split(":")[0] for n in names}
    for verb in ("assess", "team", "notify", "preserve", "analyse", "fix", "confirm", "report",
                 "learn"):
        if verb not in used:
            wrong(where, f"no step belongs to {verb}")


def check_unlawful(path):
    """The first steps on material unlawful to possess may not be lost in an edit."""
    p = load(path)
    if not isinstance(p, dict):
        return
    texts = " ".join(strings(p)).lower()
    for word in ("do not search, open, copy, hash", "move, delete or send", "lock the device away",
                 "who, when, where", "call counsel, then the police", "sealed, not shown, not indexed"):
        if word not in texts:
            wrong(path.name, f"no longer says {word!r}")


# ---- the other files

def field_exists(entry, field):
    for name in field.split("."):
        if not isinstance(entry, dict) or name not in entry:
            return False
        entry = entry[name]
    return True


def check_organisation(folder):
    o = load(folder / "organisation.json")
    r = load(folder / "organisation-required.json")
    if not isinstance(o, dict) or not isinstance(r, dict):
        return
    if o.get("schema") != "organisation/1" or r.get("schema") != "organisation-required/1":
        wrong("organisation.json", "schema is not organisation/1")
    for person in o.get("people", []):
        if person.get("name") or person.get("mobile"):
            wrong("organisation.json", "the example holds an invented person")
    for name in ("people", "backups", "providers", "authorities"):
        ids = [x.get("id") for x in o.get(name, [])]
        if len(set(ids)) != len(ids):
            wrong("organisation.json", f"two entries of {name} have one id")
    for entry in r.get("entries", []):
        if set(entry) != {"list", "where", "fields", "importance", "say", "why"}:
            wrong("organisation-required.json", f"members of {entry} differ from the schema")
            continue
        if entry["importance"] not in ("must", "should", "may"):
            wrong("organisation-required.json", f"importance {entry['importance']!r}")
        target = o.get(entry["list"])
        rows = target if isinstance(target, list) else [target]
        rows = [x for x in rows if isinstance(x, dict)
                and all(x.get(k) == v for k, v in entry["where"].items())]
        if not rows:
            wrong("organisation-required.json", f"{entry['list']} {entry['where']} is not in the example")
        for field in entry["fields"]:
            if rows and not field_exists(rows[0], field):
                wrong("organisation-required.json", f"{entry['list']} has no field {field}")


def check_glossary(folder):
    g = load(folder / "glossary.json")
    if isinstance(g, dict):
        if len(g) < 40:
            wrong("glossary.json", f"{len(g)} terms, at least 40")
        if list(g) != sorted(g, key=str.lower):
            wrong("glossary.json", "terms are not in order")
        for term, meaning in g.items():
            if not is_text(meaning) or not meaning.endswith(".") or ". " in meaning:
                wrong("glossary.json", f"{term}: not one sentence")
            else:
                check_tone("glossary.json", meaning)
    t = load(folder / "tlp.json")
    if isinstance(t, dict):
        labels = t.get("labels", [])
        if [x.get("label") for x in labels] != TLP:
            wrong("tlp.json", "labels are not the five of TLP 2.0, strictest first")
        if [x.get("rank") for x in labels] != [4, 3, 2, 1, 0]:
            wrong("tlp.json", "ranks are not 4 to 0")


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "data"
    if not folder.is_dir():
        print(f"{folder} is not a folder")
        return 1
    for path in sorted(folder.rglob("*.txt")):
        check_text_file(path, 78 if path.parent.name == "help" and path.stem != "first-minutes" else 80)
    for path in sorted(folder.rglob("*.md")):
        check_text_file(path, 80)
    for path in sorted(folder.rglob("*.json")):
        value = load(path)
        for text in strings(value):
            check_characters(path.name, text)
    check_help(folder / "help")
    check_scripts(folder / "scripts")
    for name in LAWS:
        if not (folder / "deadlines" / f"{name}.json").is_file():
            wrong(f"{name}.json", "is missing")
    for path in sorted((folder / "deadlines").glob("*.json")):
        check_deadline(path)
    for name in PLAYBOOKS:
        if not (folder / "playbooks" / f"{name}.json").is_file():
            wrong(f"{name}.json", "is missing")
    all_ids = {}
    for path in sorted((folder / "playbooks").glob("*.json")):
        check_playbook(path, all_ids)
    check_unlawful(folder / "playbooks" / "inappropriate-use.json")
    check_organisation(folder)
    check_glossary(folder)
    for line in dict.fromkeys(problems):
        print(line)
    print(f"{len(dict.fromkeys(problems))} problem(s) in {folder.name}/" if problems else "data/ is in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
