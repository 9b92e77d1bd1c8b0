"""paths.py ROOT: every path that the documents name exists, and ./try builds every program that is installed."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
pages = [root / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")] + sorted((root / "doc").rglob("*.md"))
wrong = []
named = 0
for page in pages:
    for path in re.findall(r"`((?:src|tests|doc|tools|bench|data)/[A-Za-z0-9_./-]+)`", page.read_text(encoding="utf-8")):
        named += 1
        if not (root / path).exists():
            wrong.append(f"{page.relative_to(root)}: {path} does not exist")
tried = (root / "try").read_text(encoding="utf-8")
for place in ("src", "src/verify"):
    for program in re.findall(r"^(?:\w+ = )?executable\('(calm[a-z-]*)'", (root / place / "meson.build").read_text(encoding="utf-8"), re.M):
        if f" {place}/{program} " not in tried:
            wrong.append(f"./try does not build {place}/{program}")
if named < 10:
    wrong.append(f"only {named} paths were found")
print("\n".join(wrong) or f"{named} paths, all there")
sys.exit(1 if wrong else 0)
