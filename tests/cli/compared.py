"""compared.py: comparisons with the host's own tools, each told as ok, failed or skipped, and counted at the end."""
import collections

failures = []
counts = collections.Counter()


def skip(name, why):
    counts["skipped"] += 1
    print(f"skipped: {name}: {why}")


def check(name, problems, seen):
    counts["compared"] += 1
    if problems:
        failures.append(name)
        print(f"FAILED: {name}")
        for problem in problems[:10]:
            print(f"    {problem}")
    else:
        print(f"ok: {name} ({seen})")


def finish():
    print(f"{counts['compared']} comparisons, {len(failures)} failed, {counts['skipped']} skipped")
    return 1 if failures else 0
