"""test_disk_record.py: what calm preserve read says of an item stands to what is on record of it: other bytes in its place, a map that somebody altered, a
case that can only be read, an item that is gone. The hashes that are expected come from hashlib, places from what was changed here."""
import hashlib
import json
import os
import random
import subprocess
import time
import unittest

from disks import DiskTest, needs
from harness import main, one_line

DENIED, NOT_FOUND, ALTERED, IO = 4, 3, 8, 11
MIB = 1 << 20
needs_root = unittest.skipUnless(os.geteuid() == 0, "mounts need root")
NEVER_SINCE = "and by its times no file was written since"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@needs("mke2fs")
class OnRecord(DiskTest):
    def setUp(self):
        super().setUp()
        self.images = self.folder / "images"
        self.images.mkdir()

    def holding(self, name, text):
        """A disk with one file, f."""
        tree = self.folder / f"{name}-tree"
        tree.mkdir()
        (tree / "f").write_bytes(text)
        return self.ext(name, tree=tree)

    def image(self, source, name, *more):
        self.ana(f"preserve image {source} --to {self.images} --name {name} --title {name}", *more)
        return {p.suffix[1:]: p for p in self.images.glob(name + ".*")}

    def looks(self, item="e1"):
        """The rows behind that of its taking."""
        return self.ana.json(f"preserve custody {item}")["chain"][1:]

    def told(self, line):
        """Exit status, and all that it says."""
        done = self.ana.run(*line.split())
        return done.returncode, one_line(done.stdout.decode() + done.stderr.decode())

    def test_each_look_says_when_the_item_was_last_compared(self):
        self.image(self.holding("disk", b"good"), "x", "--format", "raw")
        for line in ("", "--list", "--body rows", "--to out"):
            self.assertIn("e1: its bytes were last compared with the record ", self.told(f"preserve read e1 {line}")[1])
        rows = self.looks()
        self.assertEqual(len(rows), 6)  # two are begun
        for row in rows:
            self.assertIn(NEVER_SINCE, row["outcome"])
        head = json.loads((self.folder / "out" / "manifest.jsonl").read_text().splitlines()[0])
        self.assertIn(NEVER_SINCE, head["compared"])
        for more in ("", "--list", "--body rows2", "--to out2"):
            told = self.json_of("e1", *more.split())
            self.assertEqual((told["recorded"], told["in_doubt"]), (True, False), more)
        self.assertNotIn("compared", self.json_of(self.images / "x.raw"))  # a file is on no record
        code, said = self.told("preserve get e1 got")  # none of its bytes are in the case: what hands them out
        self.assertEqual((code, "calm preserve export FILE e1" in said, "calm preserve read e1 --raw FILE" in said), (3, True, True), said)
        (self.folder / "note").write_bytes(b"x")
        self.ana("preserve files note")
        code, said = self.told("log export ex --evidence")
        self.assertEqual((code, "with 1 item of evidence. Not among them: the files of a disk image (e1), which lie outside of the case" in said), (0, True), said)

    def test_another_file_in_its_place_is_said_wherever_it_is_read(self):
        good, evil = self.holding("disk", b"good"), self.holding("evil", b"evil")
        raw = self.image(good, "x", "--format", "raw")["raw"]
        time.sleep(0.1)  # the kernel's times of files are those of its last tick
        os.replace(evil, raw)
        code, said = self.told("preserve read e1 --path /f --to out --keep")
        self.assertEqual(code, 0)
        words = "and since then somebody wrote x.raw, or moved it, by its times"
        self.assertIn(words + ". calm preserve verify e1 hashes all of it", said)
        self.assertIn(words, self.looks()[-1]["outcome"])
        self.assertIn(words, json.loads((self.folder / "out" / "manifest.jsonl").read_text().splitlines()[0])["compared"])
        self.assertTrue(self.json_of("e1")["in_doubt"])
        self.assertEqual(self.told("preserve verify e1")[0], ALTERED)
        self.assertRegex(self.told("preserve read e1")[1], "last compared with the record [^:]*:[^:]*:[^:]* UTC: not what was taken")

    def test_what_is_hashed_whole_is_compared(self):
        for form in ("raw", "e01"):
            with self.subTest(form):
                source = self.folder / f"odd-{form}"
                source.write_bytes(random.Random(3).randbytes(2 * MIB + 100))
                first = self.image(source, form, "--format", form)["raw" if form == "raw" else "E01"]
                item = self.ana.json("preserve list")[-1]
                call = f"e{len(self.ana.json('preserve list'))}"
                code, said = self.told(f"preserve read {call} --raw {form}-good")
                self.assertEqual(code, 0, said)
                self.assertIn(f"{call}: this is what was taken, by the SHA-256 on record.", said)
                self.assertIn("this is what was taken", self.looks(call)[-1]["outcome"])
                with open(first, "r+b") as f:
                    f.seek(MIB)
                    byte = f.read(1)
                    f.seek(MIB)
                    f.write(bytes([byte[0] ^ 1]))
                code, said = self.told(f"preserve read {call} --raw {form}-bad")
                self.assertEqual(code, ALTERED, said)
                recorded = sha256((self.folder / f"{form}-good").read_bytes())
                self.assertNotEqual(sha256((self.folder / f"{form}-bad").read_bytes()), recorded)
                words = f"this is NOT what was taken: SHA-256 {recorded} is on record"
                self.assertIn(words, said)
                self.assertIn(words, self.looks(call)[-1]["outcome"])
                self.assertEqual(item["sort"], "image")

    def test_what_lies_in_the_case_is_compared_before_it_is_read(self):
        disk = self.holding("disk", b"good")
        self.ana(f"preserve files {disk}")
        for line in ("", "--list", "--raw good"):
            self.assertIn("e1: its bytes were compared with the record for this.", self.told(f"preserve read e1 {line}")[1])
        blob = next((self.case / "evidence").rglob(sha256(disk.read_bytes())[:16] + "*"))
        blob.chmod(0o600)
        with open(blob, "r+b") as f:
            f.write(b"other")
        for line in ("", "--list", "--raw bad"):
            self.assertEqual(self.told(f"preserve read e1 {line}")[0], ALTERED)

    def test_a_link_in_the_place_of_a_file_is_not_followed(self):
        good = self.holding("disk", b"good")
        raw = self.image(good, "x", "--format", "raw")["raw"]
        raw.rename(self.folder / "elsewhere")
        raw.symlink_to(self.folder / "elsewhere")
        for line in ("", "--list", "--raw whole", "--to out"):
            code, said = self.told(f"preserve read e1 {line}")
            self.assertEqual((code, "x.raw is a link now" in said), (ALTERED, True), said)
        self.assertEqual(self.looks(), [])

    def test_a_damaged_head_of_a_segment_is_said(self):
        source = self.folder / "noise"
        source.write_bytes(random.Random(5).randbytes(5 * MIB))
        segment = self.image(source, "x", "--segment", "2MiB")["E02"]
        with open(segment, "r+b") as f:
            f.write(b"X")
        words = "x.E02, byte 0: the first 13 bytes of the file are damaged, or it is another file of the image under this name"
        self.assertIn(words, self.told("preserve read e1")[1])
        self.assertIn(words, self.told("preserve read e1 --raw whole")[1])
        for row in self.looks():
            self.assertIn(words, row["outcome"])

    def test_a_map_counts_as_it_is_on_record_alone(self):
        """A lost segment of an E01 as source: its sectors are what cannot be read."""
        source = self.folder / "noise"
        source.write_bytes(random.Random(6).randbytes(8 * MIB))
        self.image(source, "s", "--segment", "2MiB")["E03"].unlink()
        beside = self.image(self.images / "s.E01", "x", "--format", "raw")["map"]
        true_map, raw = beside.read_text(), (self.images / "x.raw").read_bytes()
        areas = [line.split() for line in true_map.splitlines() if line.endswith("-")]
        lost = sum(int(size, 16) for _, size, _ in areas)
        self.assertGreater(lost, MIB)
        for at, size, _ in areas:
            self.assertEqual(raw[int(at, 16) : int(at, 16) + int(size, 16)], bytes(int(size, 16)))
        where = ", ".join(f"{int(at, 16) // 512} to {(int(at, 16) + int(size, 16)) // 512 - 1}" for at, size, _ in areas)
        self.assertIn(f"{lost} bytes of it could not be read when the image was taken, and are zeros: sectors {where} of it", self.told("preserve read e2 --raw w0")[1])
        moved = f"0x00000000     +               1\n0x00000000  0x{lost:08X}  -\n0x{lost:08X}  0x{8 * MIB - lost:08X}  +\n"
        for at, forged in enumerate((true_map.replace("  +\n", "  -\n"), moved, None)):
            beside.unlink()
            if forged:
                beside.write_text(forged)
            code, said = self.told(f"preserve read e2 --raw w{at + 1}")
            self.assertEqual(code, 0, said)
            outcome = self.looks("e2")[-1]["outcome"]
            for text in (said, outcome):
                self.assertIn("whether any lie here nobody can say: the map beside the image is not there, or is another", text)
                self.assertNotIn("sectors", text)

    def test_what_is_on_record_as_destroyed_is_not_read(self):
        self.image(self.holding("disk", b"good"), "x", "--format", "raw")
        self.ana("preserve move e1 destroyed --because 'court order 12/26'")
        before = self.looks()
        for line in ("preserve read e1", "preserve read e1 --list", "preserve read e1 --raw whole", "preserve verify e1"):
            code, said = self.told(line)
            self.assertEqual((code, "e1 is on record as destroyed" in said), (NOT_FOUND, True), said)
        self.assertEqual(self.looks(), before)
        self.assertIn("is on record as destroyed before this", one_line(self.ana("preserve move e1 stored --place safe")))

    def test_a_time_that_is_still_to_come_is_said(self):
        self.ana('preserve item "drive 3 of db1" --place safe')
        self.assertIn("2090-01-01 10:00:00 UTC is still to come", one_line(self.ana("preserve move e1 received", "--to", "x", "--at", "2090-01-01 10:00 +00:00")))
        self.assertNotIn("still to come", self.ana("preserve move e1 received", "--to", "x", "--at", "2020-01-01 10:00"))

    @needs_root
    def test_a_case_that_can_only_be_read_gives_nothing_out_and_says_that_looks_are_not_on_record(self):
        self.image(self.holding("disk", b"good"), "x", "--format", "raw")
        before = self.looks()
        subprocess.run(["mount", "--bind", self.case, self.case], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", self.case], check=True)
            for line in ("--raw whole", "--body rows", "--to out", "--to kept --keep"):
                code, said = self.told(f"preserve read e1 {line}")
                self.assertIn(code, (DENIED, IO), said)
                self.assertIn("this was not written", said)
            self.assertEqual([p.name for p in self.folder.iterdir() if p.name in ("whole", "rows", "out", "kept") or p.name.startswith(".calm")], [])
            for line in ("", "--list"):
                code, said = self.told(f"preserve read e1 {line}")
                self.assertEqual(code, 0, said)
                self.assertIn("The case can only be read here: this look is not on record.", said)
                self.assertIs(self.json_of("e1", *line.split())["recorded"], False)
            code, said = self.told("preserve read e1 --path /none")
            self.assertEqual((code != 0, "this is not on record" in said), (True, True), said)
            self.assertEqual(self.told(f"preserve read {self.images}/x.raw --raw whole")[0], 0)  # a file is no item
        finally:
            subprocess.run(["umount", "-l", self.case], check=False)
        self.assertEqual(self.looks(), before)


if __name__ == "__main__":
    main()
