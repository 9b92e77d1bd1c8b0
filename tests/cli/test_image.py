"""test_image.py: disk images are read as ewfacquire, ewfinfo and libewf read them, in each format that ewfacquire writes; what is damaged, missing
or made to deceive is found and located, and the rest stays readable."""
import csv
import hashlib
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

import e01_builder as e01
import harness
from harness import BUILD, DATA, SANITIZED, main

EWFACQUIRE = shutil.which("ewfacquire")
# ewfacquire -f: all that are E01 or like it. It writes the older forms in lower case.
FORMATS = ("ewf", "smart", "ftk", "encase1", "encase2", "encase3", "encase4", "encase5", "encase6", "encase7", "linen5", "linen6", "linen7", "ewfx")


def sums(data):
    return {name: hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256")}


def pieces(data):
    return [hashlib.sha256(data[i:i + (1 << 20)]).hexdigest() for i in range(0, len(data), 1 << 20)]


class Answer:
    """What the probe said."""

    def __init__(self, text):
        self.lines = text.splitlines()

    def all(self, word):
        return [line[len(word) + 1:] for line in self.lines if line.startswith(word + " ")]

    def one(self, word):
        found = self.all(word)
        return found[0] if len(found) == 1 else None

    def sums(self):
        return {name: self.one(name) for name in ("md5", "sha1", "sha256")}

    def problems(self):
        """Kind, file, byte, first sector, count."""
        return [(kind, *map(int, rest)) for kind, *rest in (line.split() for line in self.all("problem"))]

    def kinds(self):
        return {problem[0] for problem in self.problems()}


class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="calm-test-image-", dir=harness.in_memory())
        cls.folder = pathlib.Path(cls.temp.name)
        # Beside each other, as installed.
        for program in ("tests/cli/image_probe", "src/calm-disk"):
            shutil.copy2(BUILD / program, cls.folder)
        draw = random.Random(5)
        words = b" ".join(draw.randbytes(3).hex().encode() for _ in range(200))
        cls.disk = b"".join(draw.choice((draw.randbytes(9000), bytes(70000), words * 5)) for _ in range(80)) + draw.randbytes(2 << 20)

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def probe(self, what, *files, kind="e01", fails=False):
        done = subprocess.run([self.folder / "image_probe", kind, what, *files], capture_output=True, timeout=600, check=False)
        self.assertEqual(done.returncode != 0, fails, done.stdout[-2000:] + done.stderr)
        return done.stdout if what == "read" else Answer(done.stdout.decode(errors="replace"))

    def write(self, name, data):
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def made(self, name, disk, *options):
        """The files of an image that ewfacquire made of these bytes."""
        raw = self.write(name + ".raw", disk)
        subprocess.run([EWFACQUIRE, "-u", "-q", "-t", self.folder / name, *options, raw], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        raw.unlink()
        return sorted(path for path in self.folder.iterdir() if path.stem == name)

    def assert_reads(self, files, disk):
        """By our reader in each of its ways, and by libewf."""
        told = self.probe("hash", *files)
        self.assertEqual(told.sums(), sums(disk))
        self.assertEqual(told.all("piece"), pieces(disk))
        self.assertEqual(told.all("problem"), [])
        self.assertEqual(self.probe("pieces", *files).all("piece"), pieces(disk))
        self.assertEqual(self.probe("read", *files, kind="any"), disk)
        second = self.probe("second", *files)
        self.assertEqual(second.sums(), sums(disk))
        self.assertEqual(second.one("size"), str(len(disk)))
        return told, second


@unittest.skipUnless(EWFACQUIRE, "ewfacquire (ewf-tools) is not here")
class FromEwfacquire(Images):
    def test_each_format_is_read_byte_for_byte(self):
        disk = self.disk[:len(self.disk) // 512 * 512]
        for form in FORMATS:
            with self.subTest(form):
                files = self.made(form, disk, "-f", form, "-c", "fast", "-S", "1MiB")
                self.assertGreater(len(files), 1)
                told, second = self.assert_reads(files, disk)
                self.assertEqual(told.one("stored md5"), sums(disk)["md5"])
                self.assertEqual(second.one("stored md5"), sums(disk)["md5"])

    def test_levels_sectors_chunks_and_odd_sizes(self):
        for options, size, sector in ((("-c", "none"), 1 << 20, 512), (("-c", "best"), 300 * 1024, 512), (("-c", "empty-block"), 1 << 21, 512),
                                      (("-c", "none", "-f", "smart"), 1 << 20, 512), (("-c", "none", "-f", "encase1"), 1 << 20, 512),
                                      (("-P", "4096"), 1 << 20, 4096), (("-P", "4096", "-b", "128"), 999 * 4096, 4096),
                                      (("-b", "1024"), 512 * 1500, 512), (("-b", "32768"), 512 * 4000, 512), (("-b", "16"), 512 * 4001, 512),
                                      ((), 512, 512), ((), 32768, 512), ((), 32768 + 512, 512), ((), 1000000, 512), ((), 511 + 65536, 512)):
            with self.subTest(" ".join(options) + f" {size}"):
                files = self.made("other", self.disk[:size], *options)
                # ewfacquire leaves out what is no whole sector.
                told, _ = self.assert_reads(files, self.disk[:size // sector * sector])
                self.assertEqual(told.one("sector"), str(sector))
                for path in files:
                    path.unlink()

    def test_the_description_is_what_was_given(self):
        given = {"c": "C-17 ü", "n": "E 3", "e": "Käthe Groß", "D": "the disk 猫", "N": "found running"}
        files = self.made("said", self.disk[:65536], "-C", given["c"], "-E", given["n"], "-e", given["e"], "-D", given["D"], "-N", given["N"])
        told = dict(line.split(" ", 1) for line in self.probe("look", *files).all("value"))
        self.assertEqual({name: told.get(name) for name in "cneat"},
                         {"c": given["c"], "n": given["n"], "e": given["e"], "a": given["D"], "t": given["N"]})

    @unittest.skipIf(SANITIZED, "takes ten times as long there, and the fuzzer does the same")
    def test_each_bit_that_changes_is_found_and_located_or_changes_nothing(self):
        disk = self.disk[:4096] + bytes(32768) + random.Random(1).randbytes(512)
        for form in ("encase6", "encase1", "smart"):
            with self.subTest(form):
                told = self.probe("flips", *self.made("flip" + form, disk, "-f", form, "-c", "fast"))
                self.assertEqual(told.all("wrong:") + told.all("elsewhere:"), [])
                found, harmless, unreadable = (int(told.lines[-1].split()[i]) for i in (1, 3, 5))
                self.assertEqual(unreadable, 0)
                self.assertGreater(found, 10 * harmless)  # most are within matches of deflate, whose bytes stand elsewhere too

    def test_cut_behind_each_byte_what_was_whole_is_read(self):
        disk = random.Random(2).randbytes(70000 // 512 * 512)
        for form in ("encase6", "smart"):
            with self.subTest(form):
                told = self.probe("cuts", *self.made("cut" + form, disk, "-f", form, "-c", "fast"))
                self.assertEqual(told.all("wrong:"), [])
                self.assertEqual(told.lines[-1].split()[3], str(len(disk) // 512))
                # The disk is random, so half of the file is about half of the disk: all chunks but the one that is cut, of 64 sectors.
                self.assertGreaterEqual(int(told.one("half")), len(disk) // 2 // 512 - 64 - 8 if form == "encase6" else 0)

    def test_a_file_that_is_missing_costs_its_own_sectors_alone(self):
        disk = random.Random(3).randbytes(6 << 20)
        files = self.made("lost", disk, "-S", "1MiB", "-c", "none")
        self.assertGreater(len(files), 4)
        for gone in (1, 2, len(files) - 1):
            left = files[:gone] + files[gone + 1:]
            told = self.probe("hash", *left)
            kind, _, number, first, count = told.problems()[0]
            with self.subTest(gone):
                self.assertEqual((len(told.problems()), kind), (1, "FILE_LAST" if gone == len(files) - 1 else "FILE_MISSING"))
                self.assertEqual(number, os.path.getsize(left[-1]) if kind == "FILE_LAST" else gone + 1)
                expected = bytearray(disk)
                expected[first * 512:(first + count) * 512] = bytes(count * 512)
                self.assertLess(count * 512, (1 << 20) + 65536)
                self.assertEqual(told.sums(), sums(expected))

    def test_the_first_file_missing_leaves_the_others_readable(self):
        disk = random.Random(3).randbytes(3 << 20)
        files = self.made("first", disk, "-S", "1MiB", "-c", "none")
        told = self.probe("hash", *files[1:])
        kind, _, number, first, count = told.problems()[0]
        self.assertEqual((kind, number, first), ("FILE_MISSING", 1, 0))
        self.assertEqual(told.sums(), sums(bytes(count * 512) + disk[count * 512:]))

    def test_files_in_another_order_are_put_right(self):
        disk = random.Random(4).randbytes(5 << 20)
        files = self.made("order", disk, "-S", "1MiB", "-c", "none")
        told = self.probe("hash", *reversed(files))
        self.assertEqual((told.sums(), told.kinds()), (sums(disk), {"FILE_ORDER"}))
        told = self.probe("hash", *files, files[1])
        self.assertEqual((told.sums(), told.kinds()), (sums(disk), {"FILE_TWICE"}))

    def test_damage_across_the_stretches_of_several_workers_is_told_in_order_and_once(self):
        turn = 16 << 20  # bytes that a worker unpacks before it is another one's turn
        disk = bytearray(random.Random(8).randbytes(5 * turn + 12345 * 512))
        disk[turn // 2:turn] = bytes(turn // 2)
        files = self.made("turns", disk, "-c", "none", "-S", "30MiB")
        self.assertGreater(len(files), 2)
        images = [bytearray(path.read_bytes()) for path in files]
        # Chunks by number: three around the end of the second turn, one around no end, the first of the last turn.
        hurt = (2 * turn // 32768 - 2, 2 * turn // 32768 - 1, 2 * turn // 32768, 1300, 5 * turn // 32768)
        for chunk in hurt:
            begin = bytes(disk[chunk * 32768:chunk * 32768 + 64])
            image = next(image for image in images if begin in image)
            image[image.index(begin) + 7] ^= 1
            disk[chunk * 32768:(chunk + 1) * 32768] = bytes(32768)
        for path, image in zip(files, images, strict=True):
            path.write_bytes(image)
        for _ in range(3):  # whoever is first
            told = self.probe("hash", *files)
            self.assertEqual(told.sums(), sums(disk))
            self.assertEqual(told.all("piece"), pieces(disk))
            self.assertEqual([(p[0], p[3], p[4]) for p in told.problems()],
                             [("CHUNK", hurt[0] * 64, 3 * 64), ("CHUNK", 1300 * 64, 64), ("CHUNK", hurt[4] * 64, 64)])
        files[1].unlink()
        told = self.probe("hash", files[0], *files[2:])
        read = self.probe("read", files[0], *files[2:], kind="any")
        self.assertEqual((len(read), told.sums()), (len(disk), sums(read)))
        self.assertEqual(read[:turn], disk[:turn])
        self.assertEqual(read[4 * turn:], disk[4 * turn:])

    def test_ewfverify_agrees_about_a_damaged_chunk(self):
        disk = random.Random(6).randbytes(1 << 20)
        files = self.made("hurt", disk, "-c", "none")
        data = bytearray(files[0].read_bytes())
        at = data.index(disk[40 * 512:41 * 512])
        data[at] ^= 4
        files[0].write_bytes(data)
        told = self.probe("hash", *files)
        self.assertEqual([(p[0], p[1], p[3], p[4]) for p in told.problems()], [("CHUNK", 0, 0, 64)])
        self.assertEqual(self.probe("second", *files).all("damage"), ["0 64"])
        verify = subprocess.run(["ewfverify", files[0]], capture_output=True, text=True, check=False)
        self.assertNotEqual(verify.returncode, 0)
        self.assertRegex(verify.stdout, r"at sector\(s\): 0 - 63 \(number: 64\)")


class FromTheBuilder(Images):
    def setUp(self):
        self.small = random.Random(7).randbytes(3 * e01.CHUNK)

    def kinds_of(self, name, data, **more):
        return self.probe("hash", self.write(name, data), **more)

    def test_the_builder_makes_what_libewf_reads(self):
        self.assert_reads([self.write("simple.E01", e01.simple(self.small))], self.small)
        self.assert_reads([self.write("stored.E01", e01.simple(self.small, pack=e01.stored))], self.small)
        files = [self.write(f"several.E{i + 1:02}", data) for i, data in enumerate(e01.several(self.small, 1))]
        self.assert_reads(files, self.small)

    def test_sectors_that_could_not_be_read_are_listed_as_ewfinfo_lists_them(self):
        f = e01.File().add("volume", e01.volume(192)).group(e01.split(self.small)).add("error2", e01.unread([(3, 2), (100, 64)]))
        image = self.write("unread.E01", f.add("data", e01.volume(192)).end().data)
        self.assertEqual(self.probe("look", image).all("unread"), ["3 2", "100 64"])
        if shutil.which("ewfinfo"):
            said = subprocess.run(["ewfinfo", image], capture_output=True, text=True, check=True).stdout
            self.assertRegex(said, r"at sector\(s\): 3 - 4 number: 2\n")
            self.assertRegex(said, r"at sector\(s\): 100 - 163 number: 64\n")

    def test_hostile_tables_and_sections(self):
        """Name: kinds of problem that are told, at least; or the beginning of the refusal."""
        lost = self.small
        expected = {
            "loop": {"SECTION"}, "backward": {"CHUNK_ORDER"}, "same_chunk": {"CHUNK_ORDER"},
            "place_2_31": {"CHUNK", "CHUNK_ORDER"}, "place_not_packed_2_31": {"CHUNK", "CHUNK_ORDER"},
            "base_2_63": {"TABLE", "GROUP"}, "count_2_32": {"TABLE", "GROUP"},
            "chunk_4_gib": "ERR_FORMAT", "disk_2_63": "ERR_FORMAT", "disk_exabyte": "ERR_FORMAT", "sector_0": "ERR_FORMAT",
            "chunk_0": "ERR_FORMAT", "no_volume": "ERR_FORMAT",
            "size_2_64": {"SECTION_SIZE"}, "next_2_64": {"SECTION"}, "two_ends": {"SECTION_SIZE"}, "errors_2_32": {"ERRORS"},
            "header_bomb": {"VALUES"}, "chunk_bomb": {"CHUNK"}, "chunk_short": {"CHUNK"}, "empty_tables": {"COUNT"},
            "tables_differ": {"TABLES_DIFFER"},
        }
        whole = {"loop", "size_2_64", "next_2_64", "two_ends", "errors_2_32", "header_bomb", "tables_differ"}
        images = e01.hostile(lost)
        self.assertEqual(set(images), set(expected))
        for name, data in images.items():
            with self.subTest(name):
                refused = isinstance(expected[name], str)
                told = self.kinds_of("hostile-" + name, data, fails=refused)
                if refused:
                    self.assertIn(expected[name], told.one("failed"))
                    continue
                self.assertLessEqual(expected[name], told.kinds())
                if name in whole:
                    self.assertEqual(told.sums(), sums(lost))
                # What is not told to be lost is as it was, or comes from a chunk that is sound.
                self.assertEqual(told.one("size"), str(len(lost)))

    def test_libewf_ends_with_an_answer_or_a_reason(self):
        for name, data in e01.hostile(self.small).items():
            with self.subTest(name):
                image = self.write("second-" + name, data)
                done = subprocess.run([self.folder / "image_probe", "e01", "second", image], capture_output=True, text=True, timeout=60, check=False)
                if done.returncode:
                    self.assertRegex(done.stdout, r"^failed ERR_(FORMAT|LIMIT) ")

    def test_a_table_that_is_damaged_is_replaced_by_the_second(self):
        data = bytearray(e01.simple(self.small))
        first = data.index(b"table\0")
        second = data.index(b"table2\0")
        for name, places, kind, whole in (("first", [first + 110], "TABLE", True), ("second", [second + 110], "TABLE", True),
                                          ("head", [first + 78], "TABLE", True), ("descriptor", [first + 2], "SECTION", True),
                                          ("both", [first + 102, second + 106], "TABLE_ALONE", True), ("same", [first + 101, second + 101], "CHUNK", False)):
            with self.subTest(name):
                bad = bytearray(data)
                for place in places:
                    bad[place] ^= 1
                told = self.kinds_of("table-" + name, bad)
                self.assertIn(kind, told.kinds())
                self.assertEqual(told.sums() == sums(self.small), whole)

    def test_without_any_table_chunks_are_found_one_after_another(self):
        disk = self.small + b"the last chunk is short".ljust(512, b".")
        for pack in (e01.packed, e01.stored):
            data = bytearray(e01.simple(disk, pack=pack))
            for place in (data.index(b"table\0") + 77, data.index(b"table2\0") + 77):
                data[place] ^= 0x55
            told = self.kinds_of("tableless", data)
            self.assertEqual((told.sums(), told.kinds()), (sums(disk), {"TABLE", "GROUP_FOUND"}))
            # With a chunk damaged those before it are found; those behind it cannot be told apart from the damage.
            at = data.index(b"sectors\0") + 76 + (e01.CHUNK + 4 if pack is e01.stored else len(e01.packed(disk[:e01.CHUNK])[0])) + 1000
            data[at] ^= 0x55
            told = self.kinds_of("tableless", data)
            self.assertEqual(told.sums(), sums(disk[:e01.CHUNK] + bytes(len(disk) - e01.CHUNK)))
            self.assertIn(("GROUP", 64, 129), [(p[0], *p[3:]) for p in told.problems()])

    def test_a_file_of_another_image_is_left_out(self):
        other = random.Random(8).randbytes(len(self.small))
        ours, theirs = e01.several(self.small, 1), e01.several(other, 1, identity=b"\x09" * 16)
        files = [self.write(f"mixed.E{i + 1:02}", data) for i, data in enumerate((ours[0], theirs[1], ours[2]))]
        told = self.probe("hash", *files)
        self.assertEqual([(p[0], p[1], p[3], p[4]) for p in told.problems()], [("FILE_OTHER", 1, 64, 64)])
        self.assertEqual(told.sums(), sums(self.small[:e01.CHUNK] + bytes(e01.CHUNK) + self.small[2 * e01.CHUNK:]))

    def test_a_number_that_is_damaged_moves_no_chunk(self):
        files = e01.several(self.small, 1)
        for at, number in ((0, 2), (1, 3), (1, 1), (2, 200), (1, 34), (2, 0)):
            with self.subTest(f"{at + 1} as {number}"):
                changed = list(files)
                changed[at] = files[at][:9] + number.to_bytes(2, "little") + files[at][11:]
                paths = [self.write(f"number.E{i + 1:02}", data) for i, data in enumerate(changed)]
                told = self.probe("hash", *paths)
                self.assertEqual((told.sums(), told.kinds()), (sums(self.small), {"FILE_HEAD"}))

    def test_between_two_gaps_nothing_is_put_at_a_place_by_guessing(self):
        disk = random.Random(9).randbytes(7 * e01.CHUNK)
        files = e01.several(disk, 1)
        paths = [self.write(f"gaps.E{i + 1:02}", files[i]) for i in (0, 2, 4, 6)]
        told = self.probe("hash", *paths)
        self.assertEqual(told.sums(), sums(disk[:e01.CHUNK] + bytes(5 * e01.CHUNK) + disk[6 * e01.CHUNK:]))
        self.assertEqual(told.kinds(), {"FILE_MISSING", "GROUP_PLACE"})
        self.assertIn((64, 320), [p[3:] for p in told.problems()])

    def test_what_looks_like_an_image_and_is_none(self):
        for name, data, words in (("ex01", b"EVF2\r\n\x81\x00" + bytes(100), "Ex01"), ("l01", b"LVF\t\r\n\xff\x00" + bytes(100), "L01"),
                                  ("ad", b"ADCRYPT\x00" + bytes(600), "encrypted")):
            told = self.kinds_of("odd-" + name, data, kind="any", fails=True)
            self.assertIn(words, told.one("failed"))
        for data in (b"", b"E", bytes(600), e01.SIGNATURE):
            self.assertIn("ERR_FORMAT", self.kinds_of("no.E01", data, fails=True).one("failed"))

    def test_raw_and_raw_in_parts(self):
        disk = self.disk[:3 * (1 << 20) + 77]
        parts = [self.write(f"raw.{i:03}", disk[a:b]) for i, (a, b) in enumerate(((0, 1 << 20), (1 << 20, 1 << 20), (1 << 20, 2000000), (2000000, None)))]
        for kind, files in (("any", [self.write("whole.raw", disk)]), ("raw", parts), ("any", parts)):
            told = self.probe("hash", *files, kind=kind)
            self.assertEqual((told.sums(), told.one("format"), told.all("piece")), (sums(disk), "raw", pieces(disk)))
            self.assertEqual(self.probe("pieces", *files, kind=kind).all("piece"), pieces(disk))
        # Whoever says raw gets the file's own bytes, whatever they are.
        image = e01.simple(self.small)
        self.assertEqual(self.probe("read", self.write("e01.raw", image), kind="raw"), image)


@unittest.skipUnless(DATA.is_dir(), "../shared/data is absent")
class FromOthers(Images):
    def test_each_e01_gives_the_bytes_that_its_manifest_names(self):
        with open(DATA / "MANIFEST.tsv", encoding="utf-8") as f:
            rows = [row for row in csv.reader(f, delimiter="\t") if row[0].endswith(".E01.ewfinfo.txt")]
        self.assertGreaterEqual(len(rows), 3)
        for row in rows:
            with self.subTest(row[2]):
                told = self.probe("hash", DATA / row[2])
                self.assertIn("sha256=" + told.one("sha256"), row[6])
                self.assertIn(f"media size={told.one('size')} ", row[6])
                self.assertEqual(told.one("md5"), told.one("stored md5"))
                self.assertEqual(told.all("problem"), [])
                self.assertEqual(self.probe("second", DATA / row[2]).sums(), told.sums())

    def test_an_e01_and_the_raw_disk_are_the_same(self):
        self.assertEqual(self.probe("read", DATA / "sleuthkit" / "image.E01"), (DATA / "sleuthkit" / "image.dd").read_bytes())


del Images
if __name__ == "__main__":
    main()
