"""Validates data/playbooks/ against the CACAO 2.0 JSON schemas of OASIS.

Usage: /usr/bin/python3 check_playbooks.py [PLAYBOOK…]
Exit 0 valid, 1 not valid, 77 skipped: python3-jsonschema or the schemas are absent.

The schemas declare draft-07 but use unevaluatedProperties, which draft-07 validators ignore.
So three things are checked: the playbook by draft-07 as declared; every step, command, agent and
marking by the schema of its own type (playbook.json only knows command-data for commands); and
that no object has a member its schemas do not name.
"""
import json
import os
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "cacao"
SCHEMAS = SHARED / "schemas"

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)
if not (SCHEMAS / "playbook.json").is_file():
    print(f"skipped: no CACAO schemas in {SCHEMAS}")
    sys.exit(77)

warnings.filterwarnings("ignore", category=DeprecationWarning)


class Schemas:
    """All schema files, by path; references between them are resolved without a network."""

    def __init__(self):
        self.by_path = {}
        self.store = {}
        for path in SCHEMAS.rglob("*.json"):
            schema = json.loads(path.read_text(encoding="utf-8"))
            name = str(path.relative_to(SCHEMAS))
            self.by_path[name] = schema
            self.store[schema["$id"]] = schema

    def errors(self, name, value):
        schema = self.by_path[name]
        resolver = jsonschema.RefResolver(schema["$id"], schema, store=self.store)
        validator = jsonschema.Draft7Validator(schema, resolver=resolver)
        for e in validator.iter_errors(value):
            yield "/".join(str(x) for x in e.absolute_path) + ": " + e.message[:200]

    def members(self, name):
        """The names a schema file allows, with those of the schemas it builds upon."""
        return self._members(self.by_path[name], Path(name).parent)

    def _members(self, schema, folder):
        found = set(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            if "$ref" in part and not part["$ref"].startswith("#"):
                target = Path(os.path.normpath(SCHEMAS / folder / part["$ref"])).relative_to(os.path.normpath(SCHEMAS))
                found |= self.members(str(target))
            found |= self._members(part, folder)
        return found


def parts(playbook):
    """Yields (where, schema file, object) for each object that has a schema of its own."""
    yield "playbook", "playbook.json", playbook
    for step_id, step in playbook.get("workflow", {}).items():
        yield step_id, f"workflows/{step.get('type')}.json", step
        for i, command in enumerate(step.get("commands", [])):
            yield f"{step_id}/commands/{i}", f"commands/{command.get('type')}.json", command
    for member in ("agent_definitions", "target_definitions"):
        for key, value in playbook.get(member, {}).items():
            yield key, f"agent-target/{value.get('type')}.json", value
    for key, value in playbook.get("data_marking_definitions", {}).items():
        yield key, f"data-markings/{value.get('type')}.json", value


def check(schemas, path):
    """The list of what is wrong with one playbook file."""
    try:
        playbook = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        return [f"cannot be read as JSON: {e}"]
    if not isinstance(playbook, dict):
        return ["is not an object"]
    found = []
    for where, name, value in parts(playbook):
        if name not in schemas.by_path:
            found.append(f"{where}: there is no schema {name}")
            continue
        found += [f"{where} {e}" for e in schemas.errors(name, value)]
        unknown = set(value) - schemas.members(name)
        if unknown:
            found.append(f"{where}: members not in the schema: {sorted(unknown)}")
    return found


def main():
    schemas = Schemas()
    paths = [Path(a) for a in sys.argv[1:]] or sorted((ROOT / "data" / "playbooks").glob("*.json"))
    if not paths:
        print("there are no playbooks")
        return 1
    bad = 0
    for path in paths:
        found = check(schemas, path)
        for line in found[:20]:
            print(f"{path.name}: {line}")
        bad += bool(found)
    print(f"{len(paths) - bad} of {len(paths)} playbooks are valid CACAO 2.0")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
