"""test_timeline_limits.py: what is too much for a timeline ends it at a stated limit, with all before it; what is large is found whole, in order, and
the same whatever the number of workers. Archives are made here by Python's own modules, events by hand."""
import gzip
import hashlib
import io
import json
import os
import pathlib
import random
import re
import subprocess
import tarfile
import tempfile
import unittest
import zipfile

STORE = pathlib.Path(os.environ.get("CALM_BUILD", "b")).resolve() / "tests/cli/timeline_store"
DEEP = "what is in it lies in more than eight others, and was left there"
LINE = "2026-11-25T03:{:02}:{:02}Z gate app[{}]: {}\n"


def run(*words):
    done = subprocess.run([STORE, *map(str, words)], capture_output=True, timeout=120, check=False)
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    return done.stdout.decode()


def tar_of(members, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_764_000_000
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members:
            zipped.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


class Limits(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.temp = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temp.name)
        self.evidence, self.store = self.folder / "evidence", self.folder / "tl"

    def tearDown(self):
        self.temp.cleanup()

    def build(self, data=None, workers=0, directory=0):
        """Its counts and digest, as names and values. directory: the bytes that there are for the timeline's."""
        if data is not None:
            self.evidence.write_bytes(data)
            os.utime(self.evidence, (1_764_000_000, 1_764_000_000))
        words = run("-w", workers, "-d", directory, "build", self.evidence, self.store).split()
        return dict(zip(words[::2], words[1::2]))

    def rows(self, query="", workers=0):
        """(source within the evidence, fields) of each event found."""
        rows = []
        for line in run("-w", workers, "rows", self.store, query).splitlines():
            head, *fields = line.split("\t")
            source = head.split(" ", 2)[2].removeprefix(str(self.evidence))
            rows.append((source, [tuple(f.split("=", 1)) for f in fields]))
        return rows

    def notices(self):
        return [(source, dict(fields)["message"]) for source, fields in self.rows("event.kind:notice")]

    def test_packed_nine_deep_is_left_at_the_eighth(self):
        data = LINE.format(12, 9, 1, "deep").encode()
        for _ in range(8):
            data = gzip.compress(data)
        self.assertEqual((self.build(data)["events"], self.notices()), ("1", []))
        self.assertEqual((self.build(gzip.compress(data))["events"], self.notices()), ("0", [("", DEEP)]))

    def test_the_files_beside_what_lies_too_deep_are_read(self):
        data = LINE.format(12, 9, 1, "deep").encode()
        for i in range(9):
            data = tar_of([("before", LINE.format(12, i, 2, "beside").encode()), ("in.tar", data), ("behind", LINE.format(12, 30 + i, 2, "beside").encode())])
        self.assertEqual(self.build(data)["events"], "16")
        self.assertEqual(self.notices(), [("/in.tar" * 8, DEEP)])

    def test_of_many_files_a_million_are_read_and_no_more(self):
        size, most = 512, 1_000_000
        log = LINE.format(12, 9, 1, "first").encode()
        with gzip.open(self.evidence, "wb", compresslevel=1) as out:
            out.write(tar_of([("a.log", log)])[:2 * size])
            empty = tar_of([("e", b"")])[:size]
            for _ in range(most // 1000):
                out.write(empty * 1000)
            out.write(tar_of([("behind.log", log)]))
        self.assertEqual(self.build()["events"], "1")
        self.assertEqual(self.notices(), [("", "reading ended here: more than a million files lie in it")])

    def test_names_that_are_too_long_in_sum_end_it(self):
        name = "n" * 4000
        with tarfile.open(self.evidence, "w", format=tarfile.PAX_FORMAT) as tar:
            for i in range(17_000):
                tar.addfile(tarfile.TarInfo(f"{i}{name}"))
        self.assertIn("the names of the files in it take more than 64 MiB", self.build() and self.notices()[0][1])

    def test_an_event_of_40_fields_of_64_kib_is_found_whole(self):
        values = [f"{i} ".ljust(64 << 10, chr(97 + i % 26)) for i in range(40)]
        entry = ["__REALTIME_TIMESTAMP=1764040329000000", "_BOOT_ID=" + 32 * "a", "MESSAGE=large", *(f"V{i}={value}" for i, value in enumerate(values))]
        self.build("\n".join([*entry, "", ""]).encode())
        (_, fields), = self.rows("large")
        found = {value for name, value in fields if len(value) > 1000}
        self.assertEqual(found, set(values))

    def test_more_rows_than_are_held_come_in_the_order_of_time(self):
        rng, members, wanted = random.Random(7), [], []
        for k in range(6):
            seconds = sorted(rng.randrange(3600) for _ in range(1000))
            lines = [LINE.format(s // 60, s % 60, k, hashlib.sha256(f"{k} {i}".encode()).hexdigest() * 300) for i, s in enumerate(seconds)]
            members.append((f"{k}.log", "".join(lines).encode()))
            wanted += [(s, k, i) for i, s in enumerate(seconds)]
        self.assertGreater(sum(len(data) for _, data in members), 100 << 20)  # of 48 MiB that a worker holds
        self.build(tar_of(members))
        wanted.sort()
        texts = [hashlib.sha256(f"{k} {i}".encode()).hexdigest() for _, k, i in wanted]
        for workers in (1, 2):
            for order, of_all in (("rows", texts), ("last", texts[::-1])):
                found = re.findall("\tmessage=([0-9a-f]{64})", run("-w", workers, order, self.store, ""))
                self.assertEqual(len(found), len(of_all))
                self.assertTrue(found == of_all, (workers, order))

    def test_values_that_are_too_large_in_sum_are_refused_as_that(self):
        rng, most = random.Random(9), 512 << 20
        with gzip.open(self.evidence, "wb", compresslevel=1) as out:
            for i in range((most >> 13) + 100):
                large = f"{i:8} {rng.randbytes(40).hex()}".ljust(8 << 10, "x")
                out.write(f'{{"time": "2026-11-25T03:12:09Z", "of": "{i % 9}", "large": "{large}"}}\n'.encode())
        os.utime(self.evidence, (1_764_000_000, 1_764_000_000))
        self.assertGreater(int(self.build()["events"]) << 13, most)
        for workers in (1, 2):
            done = subprocess.run([STORE, "-w", str(workers), "values", self.store, "", "json.large"], capture_output=True, timeout=120, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, b""))
            self.assertIn(b"the different values of the field take more than 512 MiB", done.stderr)
        self.assertEqual(len(run("-w", 2, "values", self.store, "", "json.of").splitlines()), 10)

    def same_with_workers(self, first, directory):
        """Nothing of it depends on how many read."""
        made = self.store.read_bytes()
        for workers in (1, 2, 3, 7):
            self.assertEqual(self.build(None, workers, directory), first)
            self.assertTrue(self.store.read_bytes() == made, workers)

    def test_files_for_which_the_directory_has_no_room_are_left_and_that_is_said(self):
        most, count = 1 << 20, 3000
        data = tar_of([(f"{i:04}.log", LINE.format(12, 9, i, f"of {i}").encode()) for i in range(count)], "w:gz")
        self.assertEqual((self.build(data)["events"], self.notices()), (str(count), []))
        first = self.build(None, 0, most)
        (source, words), = self.notices()
        read = int(re.fullmatch(r"reading ended here, behind (\d+) files: what is known of more of them has no room in the directory of the timeline, "
                                r"which has 1 MiB", words)[1])
        self.assertEqual((source, first["sources"], first["events"]), ("", str(read), str(read)))
        self.assertTrue(500 < read < count, read)
        self.assertEqual({name for name, _ in self.rows("process.name:app")}, {f"/{i:04}.log" for i in range(read)})
        self.same_with_workers(first, most)

    def test_of_a_file_of_too_many_fields_the_beginning_is_read_and_those_behind_it(self):
        """One of lines that hang together, and one of entries that stand for themselves, whose only part is too large."""
        line, most = LINE.format(12, 9, 1, "beside").encode(), 4 << 20
        fields = [{f"N{(500 * i + k) % 4000}": str(k) for k in range(500)} for i in range(160)]
        lines = "".join(json.dumps({"time": "2026-11-25T03:12:09Z", "nr": str(i), **more}) + "\n" for i, more in enumerate(fields))
        entries = "".join(json.dumps({"__REALTIME_TIMESTAMP": "1764040329000000", "_BOOT_ID": 32 * "a", **more}) + "\n" for more in fields)
        data = tar_of([("a.log", line), ("many.json", lines.encode()), *((f"{i}.log", line) for i in range(20)), ("journal.json", entries.encode())])
        whole = self.build(data)
        self.assertEqual((whole["events"], self.notices()), (str(21 + 2 * len(fields)), []))
        first = self.build(None, 0, most)
        left, cut = sorted(self.notices())
        self.assertEqual(cut, ("/many.json", "reading ended here: its many different fields have no more room in the directory of the timeline, where "
                                             "one file has 2 MiB"))
        self.assertEqual(left, ("/journal.json", "it was not read: its many different fields have no room in the directory of the timeline, which has "
                                                 "4 MiB"))
        read = [int(dict(fields)["json.nr"]) for source, fields in self.rows("json.nr:*")]
        self.assertEqual((read, first["events"]), (list(range(len(read))), str(21 + len(read))))
        self.assertTrue(50 < len(read) < len(fields), len(read))
        self.assertEqual(len(self.rows("beside")), 21)
        self.same_with_workers(first, most)

    def test_of_one_log_the_parts_for_which_there_is_room_are_kept(self):
        part, most, text, entry = 32 << 20, 1 << 20, "x" * 8000, {"__REALTIME_TIMESTAMP": "1764040329000000", "_BOOT_ID": 32 * "a"}
        first = (json.dumps({**entry, "MESSAGE": f"first {text}"}) + "\n").encode()
        last = (json.dumps({**entry, "MESSAGE": f"last {text}"}) + "\n").encode()
        begun = part // len(first) + 1  # lines that begin in the first part
        with open(self.evidence, "wb") as out:
            out.write(first * begun)
            for i in range(120):
                out.write((json.dumps({**entry, **{f"N{(500 * i + k) % 4000}": str(k) for k in range(500)}}) + "\n").encode())
            out.write(last * begun)
        os.utime(self.evidence, (1_764_000_000, 1_764_000_000))
        self.assertEqual((self.build()["unparsed"], self.notices()), ("0", []))
        made = self.build(None, 0, most)
        self.assertEqual(self.notices(), [("", f"reading ended here, behind its first {begun} events: its many different fields have no room in the "
                                               "directory of the timeline, which has 1 MiB")])
        self.assertEqual((made["events"], made["lines"], len(self.rows("last"))), (str(begun), str(begun), 0))
        self.same_with_workers(made, most)

    def test_an_archive_gives_the_same_whatever_the_number_of_workers(self):
        rng, members = random.Random(8), []
        for k in range(40):
            lines = [LINE.format(i // 60, i % 60, k, f"line {i} of {k}") for i in range(rng.randrange(2000))]
            more = f'{{"time": "2026-11-25T03:12:09Z", "only{k}": "{k}", "msg": "a"}}\n' if k % 5 == 0 else ""
            data = "".join(lines or [more]).encode()
            members.append((f"{k}.log", gzip.compress(data) if k % 3 == 0 else data if k % 7 else b"no log\n"))
        inner = tar_of(members[:15], "w:gz")
        cut = gzip.compress(members[0][1] * 3)[:-20]
        data = tar_of([*members[15:25], ("in.tgz", inner), ("cut.gz", cut), *members[25:], ("inner.zip", zip_of(members[:9]))], "w:xz")
        first = self.build(data, 1)
        made = self.store.read_bytes()
        self.assertGreater(int(first["sources"]), 45)
        for workers in (2, 3, 7):
            self.assertEqual(self.build(None, workers), first)
            self.assertTrue(self.store.read_bytes() == made)

    def test_limits_are_the_same_whatever_the_number_of_workers(self):
        log = LINE.format(12, 9, 1, "a").encode() * 50
        data = zip_of([("a.log", log), ("zeros", bytes(300 << 20)), ("b.log", log)])
        first = self.build(data, 1)
        self.assertEqual((first["events"], len(self.notices())), ("100", 1))
        for workers in (2, 3, 7):
            self.assertEqual(self.build(None, workers), first)


if __name__ == "__main__":
    unittest.main()
