"""test_image_made.py: a summary that contradicts the image, its map or the record is not put on record."""
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import harness
from harness import BUILD, CALM, CaseTest, one_line

FORMAT, TAMPER = 7, 8
MIB = 1 << 20
IMAGER = BUILD / "src" / "calm-image"


class Made(CaseTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "images"
        self.out.mkdir()
        self.disk = self.folder / "disk.raw"
        self.data = random.Random(7).randbytes(3 * MIB + 100)
        self.disk.write_bytes(self.data)

    def alone(self, *words):
        done = subprocess.run([IMAGER, *map(str, words)], cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def bad(self):
        """Of a damaged E01: 32 KiB of it count as not readable, sectors 64 and more of one MiB."""
        self.alone(self.disk, "--to", self.folder, "--name", "s")
        with open(self.folder / "s.E01", "r+b") as f:
            f.seek(2 * MIB)
            f.write(bytes(8))
        self.alone(self.folder / "s.E01", "--to", self.out, "--name", "x")
        return self.out / "x.txt"

    def edit(self, path, *changes):
        """Each pattern is there, and is replaced; what the summary says of the map stays true."""
        text = path.read_text()
        for pattern, new in changes:
            self.assertRegex(text, pattern)
            text = re.sub(pattern, new, text)
        path.write_text(text)

    def edit_map(self, *changes):
        """The map is another one, and the summary has its size and hash."""
        there = self.out / "x.map"
        self.edit(there, *changes)
        self.edit(self.out / "x.txt", (r"  \w{64}  x\.map\n      \d+ bytes", f"  {hashlib.sha256(there.read_bytes()).hexdigest()}  x.map\n      {there.stat().st_size} bytes"))

    def edit_pieces(self, change):
        there = self.out / "x.pieces"
        there.write_text("".join(line + "\n" for line in change(there.read_text().splitlines())))
        self.edit(self.out / "x.txt", (r"  \w{64}  x\.pieces\n      \d+ bytes",
                                       f"  {hashlib.sha256(there.read_bytes()).hexdigest()}  x.pieces\n      {there.stat().st_size} bytes"))

    def refused(self, words, code=TAMPER):
        status, why = self.ana.fails(f"preserve image --made {self.out}/x.txt")
        self.assertEqual(status, code, why)
        self.assertIn(words, one_line(why))
        self.assertEqual(self.ana.json("preserve list"), [])
        self.assertEqual(self.ana.json("preserve images"), [])

    def test_pieces_that_are_none_of_the_image(self):
        other = hashlib.sha256(b"other").hexdigest()
        for change in (lambda lines: lines[:2] + [other] + lines[3:], lambda lines: lines[:-1], lambda lines: lines + [other],
                       lambda lines: lines[:2] + ["zz" + lines[2][2:]] + lines[3:], lambda lines: lines + ["more"], lambda lines: lines[:1]):
            self.alone(self.disk, "--to", self.out, "--name", "x")
            self.edit_pieces(change)
            self.refused("the summary contradicts the image: its pieces are those of other bytes")
            for path in self.out.iterdir():
                path.unlink()
        self.alone(self.disk, "--to", self.out, "--name", "x")
        self.edit_pieces(lambda lines: ["# a note"] + lines)
        self.ana(f"preserve image --made {self.out}/x.txt")

    def test_a_link_in_the_place_of_a_file_of_it(self):
        for ending, form in (("E01", "e01"), ("raw", "raw")):
            self.alone(self.disk, "--to", self.out, "--name", "x", "--format", form)
            there, elsewhere = self.out / f"x.{ending}", self.folder / "elsewhere"
            there.rename(elsewhere)
            there.symlink_to(elsewhere)
            self.refused(f"x.{ending} is a link now")
            elsewhere.unlink()
            for path in self.out.iterdir():
                path.unlink()
        self.alone(self.disk, "--to", self.out, "--name", "x")
        for ending in ("map", "pieces"):
            there, elsewhere = self.out / f"x.{ending}", self.folder / "elsewhere"
            there.rename(elsewhere)
            there.symlink_to(elsewhere)
            self.refused(f"x.{ending} is a link now")
            elsewhere.rename(there)

    def test_an_image_of_any_size_comes_onto_the_register(self):
        for n, size in enumerate((1, 512, 1000, MIB - 1, MIB, MIB + 1, 2 * MIB)):
            self.disk.write_bytes(self.data[:size])
            self.alone(self.disk, "--to", self.out, "--name", f"x{n}", "--format", ("raw", "e01")[n % 2])
            self.ana(f"preserve image --made {self.out}/x{n}.txt")
        self.assertEqual(len(self.ana.json("preserve list")), 7)

    def test_a_source_has_a_name_of_any_bytes(self):
        for number, (name, spelled) in enumerate(((b"a\nb\r\t\\x41", "a\\x0ab\\x0d\\x09\\x5cx41"), (b"\xff\xc3\xa9", "\\xff\u00e9"),
                                                  ("u\u2028x".encode(), "u\\xe2\\x80\\xa8x")), 1):
            path = pathlib.Path(os.fsdecode(bytes(self.folder) + b"/" + name))
            path.write_bytes(self.data + name)
            self.alone(os.fsdecode(bytes(path)), "--to", self.out, "--name", f"n{number}")
            self.ana(f"preserve image --made {self.out}/n{number}.txt")
            self.assertEqual(self.ana.json("preserve images")[-1]["source"].replace("\u2028", "\\xe2\\x80\\xa8"), f"{self.folder}/{spelled}")

    def test_sectors_that_are_denied_or_invented(self):
        summary = self.bad()
        true = summary.read_text()
        map_text = (self.out / "x.map").read_text()
        words = "the summary contradicts the map, which says what could not be read"
        for change in ((r"(?m)^(not readable +)32768", r"\g<1>0"), (r"(?m)^  sectors .*\n", ""), (r"(?m)^(  sectors +\d)", r"\g<1>9"), (r"(?m)^(not readable +)32768", r"\g<1>32775")):
            self.edit(summary, change)
            self.refused(words)
            summary.write_text(true)
        self.edit(summary, (r"(?m)^(not readable +)32768", r"\g<1>0"), (r"(?m)^  sectors .*\n", ""))
        self.edit_map((r"(?m)  -$", "  +"))
        self.refused("the summary contradicts the E01, which lists other sectors as not readable")
        summary.write_text(true)
        (self.out / "x.map").write_text(map_text)
        self.edit_map((r"(?m)  -$", "  *"))
        self.refused("is not the map of a finished image", FORMAT)
        summary.write_text(true)
        (self.out / "x.map").write_text(map_text)
        self.edit_map((r"(?m)  -$", "  ?"))  # that nobody asked for them, which the summary does not say
        self.refused(words)
        summary.write_text(true)
        (self.out / "x.map").write_text(map_text)
        self.ana(f"preserve image --made {summary}")
        self.assertEqual(self.ana.json("preserve list")[0]["bad"], "32768")

    def test_hashes_of_the_source_that_are_those_of_other_bytes(self):
        self.alone(self.disk, "--to", self.out, "--name", "x")  # its last sector is filled up with zeros
        summary = self.out / "x.txt"
        true = summary.read_text()
        self.assertIn(hashlib.sha256(self.data).hexdigest(), true)
        for name, size in (("MD5", 32), ("SHA-1", 40), ("SHA-256", 64)):
            one = re.search(rf"(?m)^  {name} +(\w+)$", true).group(1)
            self.assertEqual(len(one), size)
            summary.write_text(true.replace(one, "0" * size))
            self.refused("the summary contradicts the image: the hashes of the source are those of other bytes")
        summary.write_text(true)
        self.edit(summary, (r"(?m)^  bytes +\d+$", "  bytes               99999999999"))
        self.refused("the image holds more or less than its source had")
        summary.write_text(true)
        self.ana(f"preserve image --made {summary}")
        self.assertEqual(self.ana.json("preserve list")[0]["source-sha256"], hashlib.sha256(self.data).hexdigest())

    def test_hashes_of_a_source_without_padding_are_those_of_the_image(self):
        self.disk.write_bytes(self.data[:3 * MIB])
        self.alone(self.disk, "--to", self.out, "--name", "x")
        lines = (self.out / "x.txt").read_text().split("\n")
        at = lines.index("of the source, sectors that were not read as zeros")
        held = [f"of what the image holds: {3 * MIB} bytes, the last sector filled with zeros", *lines[at + 1:at + 4]]
        for i, size in ((1, 32), (2, 40), (3, 64)):
            lines[at + i] = lines[at + i][:-size] + "0" * size
        (self.out / "x.txt").write_text("\n".join(lines[:at + 4] + held + lines[at + 4:]))
        self.refused("the hashes of the source are those of other bytes")

    def test_another_image_that_was_interrupted_is_not_ended_by_it(self):
        job = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "image", str(self.disk), "--to", str(self.out), "--name", "x", "--limit", "1"], env=self.ana.env,
                               cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.time() + 30
        while not list(self.out.glob("*.part")) and time.time() < end:
            time.sleep(0.05)
        time.sleep(1)
        job.send_signal(signal.SIGINT)
        self.assertEqual(job.wait(timeout=60), 13)
        state = (self.out / "x.part").read_text()
        case = re.search(r"(?m)^case (\w+)$", state).group(1)
        good = self.folder / "good.raw"
        good.write_bytes(random.Random(8).randbytes(len(self.data)))
        other = self.folder / "other"
        other.mkdir()
        time.sleep(1)  # it began in another second
        self.alone(good, "--to", other, "--name", "x", "--case", case, "--number", "im1")
        self.ana(f"preserve image --made {other}/x.txt")
        self.assertEqual([(one["state"], one["source"]) for one in self.ana.json("preserve images")], [("interrupted", str(self.disk)), ("taken", str(good))])
        self.ana("preserve image --resume im1")
        self.assertEqual([one["source-sha256"] for one in self.ana.json("preserve list")],
                         [hashlib.sha256(p.read_bytes()).hexdigest() for p in (good, self.disk)])
        shutil.rmtree(other)


if __name__ == "__main__":
    harness.main()
