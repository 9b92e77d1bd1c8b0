"""test_timeline_versions.py [--write]: where the same bytes become other events, the version of their format must say so, for it is part of each
timeline's record. timeline_digests.txt has, of each sample that the tests of formats read, its format, that one's version, a digest of the sample and
one of its events. A sample that is new is not on record yet, which is no fault; --write puts all on record. It refuses to where a format of a program
that was released reads a sample otherwise under the same version; until a version is released (NEWS.md), what it reads may change."""
import contextlib
import hashlib
import importlib
import io
import json
import pathlib
import subprocess
import sys
import unittest

import timeline_lines

OPEN = " (not released)"
RECORD = pathlib.Path(__file__).with_name("timeline_digests.txt")
NEWS = pathlib.Path(__file__).parents[2] / "NEWS.md"
MODULES = ("test_timeline_formats", "test_timeline_appliances", "test_timeline_carried", "test_timeline_dated", "test_timeline_faults", "test_timeline_layouts", "test_timeline_programs", "test_timeline_senders", "test_timeline_meanings", "test_timeline_hostile", "test_timeline_tables", "test_timeline_audit")
SAMPLE_MOST, SAMPLES_MOST = 4 << 20, 60  # bytes of one; how many of a format are on record


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def versions():
    """By event.dataset; formats that share one, together."""
    found = {}
    for line in subprocess.run([timeline_lines.PROBE, "-v"], capture_output=True, text=True, check=True).stdout.splitlines():
        name, version = line.split()
        found[name] = f"{found[name]},{version}" if name in found else version
    return found


def run_samples():
    """(format, digest of the sample): digest of its events, of all that the tests of formats read."""
    seen, read, now = {}, timeline_lines.read_file, versions()

    def read_and_keep(path, written=timeline_lines.WRITTEN, zone=None):
        rows, counts = read(path, written, zone)
        path = pathlib.Path(path)
        if not zone and counts["format"] and path.stat().st_size <= SAMPLE_MOST:
            sample = digest(path.read_bytes() + str(written).encode())
            seen[counts["format"], sample] = digest(json.dumps([rows, counts], sort_keys=True).encode())
        return rows, counts

    timeline_lines.read_file = read_and_keep
    try:
        suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(name)) for name in MODULES)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    finally:
        timeline_lines.read_file = read
    return {key: ("+".join(now[name] for name in key[0].split("+")), events) for key, events in seen.items()}


def read_record():
    head, *lines = RECORD.read_text().splitlines()
    return head, {(name, sample): (version, events) for name, version, sample, events in (line.split() for line in lines)}


def changed(before, now):
    """Samples that the same version of their format reads otherwise."""
    return sorted((name, sample) for (name, sample), (version, events) in now.items()
                  if (name, sample) in before and before[name, sample][0] == version and before[name, sample][1] != events)


def release():
    """The heading of the version that is being made: it ends in (not released) until it is."""
    return next(line[3:] for line in NEWS.read_text().splitlines() if line.startswith("## "))


def was_released(head):
    """Whether the version that the record is of was released since it was written."""
    return OPEN not in head or head.removesuffix(OPEN) != release().removesuffix(OPEN)


def write():
    now = run_samples()
    if RECORD.exists():
        head, before = read_record()
        if was_released(head) and changed(before, now):
            sys.exit(f"formats of {head} read these otherwise: raise their versions: {changed(before, now)}")
    lines, kept = [], {}
    for (name, sample), (version, events) in sorted(now.items()):
        kept[name] = kept.get(name, 0) + 1
        if kept[name] <= SAMPLES_MOST:
            lines.append(f"{name} {version} {sample} {events}\n")
    RECORD.write_text(f"{release()}\n{''.join(lines)}")


class Versions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.now, (cls.head, cls.before) = run_samples(), read_record()

    def test_a_format_that_reads_otherwise_has_another_version(self):
        found = changed(self.before, self.now)
        if found and not was_released(self.head) and OPEN in release():
            self.skipTest(f"{self.head}: {len(found)} samples are read otherwise than when they were put on record")
        self.assertEqual(found, [], "raise the version of these formats; then, or where it was never released: --write")
        self.assertGreater(len(self.before.keys() & self.now.keys()), 100)

    def test_each_format_of_a_release_is_on_record(self):
        missing = {name for name, _ in self.now} - {name for name, _ in self.before}
        if missing and OPEN in release():
            self.skipTest(f"{release()}: not on record yet: {sorted(missing)}")
        self.assertEqual(missing, set(), "new formats: --write")

    def test_a_change_is_noticed(self):
        key, (version, events) = next(iter(self.now.items()))
        other = "0" * len(events)
        self.assertEqual(changed({key: (version, other)}, self.now), [key])
        self.assertEqual(changed({key: (version + "0", other)}, self.now), [])


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        unittest.main()
