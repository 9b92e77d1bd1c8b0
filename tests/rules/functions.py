"""functions.py ROOT: nine functions in ten are under 60 lines, none is over 120, and no banned word stands in the code."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
lengths = []
wrong = []
for path in sorted((root / "src").rglob("*.c")):
    start = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            lengths.append((number - start, f"{path.relative_to(root)}:{start}"))
            start = None
for path in sorted((root / "src").rglob("*.[ch]")):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            wrong.append(f"{path}:{number}: {line.strip()}")
long = [item for item in lengths if item[0] > 60]
wrong += [f"{where}: {length} lines" for length, where in lengths if length > 120]
if len(lengths) < 200:
    wrong.append(f"only {len(lengths)} functions were found")
if len(long) * 10 > len(lengths):
    wrong.append(f"{len(long)} of {len(lengths)} functions are over 60 lines")
print("\n".join(wrong) or f"{len(lengths)} functions, {len(long)} over 60 lines")
sys.exit(1 if wrong else 0)
