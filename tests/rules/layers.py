"""layers.py ROOT: fails where a file includes a header of a layer that src/layers.txt does not allow it."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
allowed = {}
for line in (root / "src/layers.txt").read_text().splitlines():
    if line.startswith("#") or ":" not in line:
        continue
    layer, rest = line.split(":", 1)
    allowed[layer.strip()] = set(rest.split()) | {layer.strip()}

wrong = []
seen = 0
for path in sorted((root / "src").rglob("*.[ch]")):
    parts = path.relative_to(root / "src").parts
    layer = parts[0] if len(parts) > 1 else "main"
    if layer not in allowed:
        wrong.append(f"{path}: the layer {layer} is not in src/layers.txt")
        continue
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([a-z_]+)/', line)
        if not match:
            continue
        seen += 1
        if match.group(1) not in allowed[layer]:
            wrong.append(f"{path}:{number}: {layer} may not include {match.group(1)}")
if seen < 50:
    wrong.append(f"only {seen} includes were found: is this the right folder?")
print("\n".join(wrong) or f"{seen} includes, all downward")
sys.exit(1 if wrong else 0)
