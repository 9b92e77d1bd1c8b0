"""test_verify_image.py: calm preserve verify on disk images, whose files lie outside of the case: sound ones, and damaged in each way. The hashes that
are expected come from hashlib, places of damage from what was changed and from the sections of the E01 as doc/format/image.md, section 2, lays them out."""
import hashlib
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import time
import unittest
import zlib

from harness import BUILD, CALM, CaseTest, hears, main, one_line

IMAGER = str((BUILD / "src" / "calm-image").resolve())
PROBE = str((BUILD / "tests" / "cli" / "record_probe").resolve())
NOT_FOUND, ALTERED, UNREADABLE = 3, 8, 11
MIB = 1 << 20
CHUNK = 32768  # doc/format/image.md, section 2: bytes of a chunk; one that does not pack is followed by 4


def sections(data):
    """(type, where it begins, its size) of a segment file."""
    at = 13
    while True:
        kind, behind, size = struct.unpack_from("<16sQQ", data, at)
        yield kind.rstrip(b"\0").decode(), at, size
        if behind <= at:
            return
        at = behind


def chunks_of(data):
    """Where the chunks of the first group lie."""
    return next(at for kind, at, _ in sections(data) if kind == "sectors") + 76


def with_size(folder, size, test):
    """A small file system in a folder."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True, check=False).returncode:
        test.skipTest("nothing can be mounted here")
    test.mounted = folder


class Verifying(CaseTest):
    def setUp(self):
        super().setUp()
        self.images = self.folder / "images"
        self.images.mkdir()
        # 4 MiB that do not pack, 2 MiB of zeros, a little that packs, and an odd end.
        self.mounted = None
        self.disk = random.Random(5).randbytes(4 * MIB) + bytes(2 * MIB) + b"calm" * 50000 + b"end"
        self.source = self.folder / "disk"
        self.source.write_bytes(self.disk)

    def tearDown(self):
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.mounted], check=False)
        super().tearDown()

    def image(self, more="", name="web1"):
        """Makes one, on the register; its files."""
        self.ana(f"preserve image {self.source} --to {self.images} --name {name} --title web1 {more}")
        return {p.suffix[1:]: p for p in self.images.glob(name + ".*")}

    def register(self, **values):
        """One more item, of a program that writes what calm would not."""
        keys = self.ana.home / ".local" / "share" / "calm" / "keys"
        done = subprocess.run([PROBE, self.case, keys, "evidence/1", "title=web1", "sort=image", *(f"{k.replace('_', '-')}={v}" for k, v in values.items())],
                              capture_output=True, text=True, env=self.ana.env)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def verify(self, status, call="e1"):
        """What the screen says, in one line; what was found is the same on record and in the chain of custody."""
        done = self.ana.run("preserve", "verify", call)
        text = done.stdout.decode()
        self.assertEqual(done.returncode, status, text + done.stderr.decode())
        self.assertLessEqual(max(map(len, text.splitlines())), 80, text)
        found = self.ana.run("preserve", "verify", call, "--json")
        self.assertEqual(found.returncode, status)
        form = "".join(self.ana(f"preserve custody {call}").split())
        for line in json.loads(found.stdout)["items"][0]["found"]:
            self.assertIn("".join(line.split()), "".join(text.split()))
            self.assertIn("".join(line.split()), form)
        return one_line(text)


class VerifyImage(Verifying):
    def sound(self, call="e1"):
        text = self.verify(0, call)
        self.assertIn(f"{call} as it was taken: disk image: web1", text)
        self.assertIn("SHA-256, SHA-1, MD5 as recorded", text)
        return text

    def altered(self, *words, call="e1"):
        text = self.verify(ALTERED, call)
        self.assertIn(f"{call} NOT what was taken", text)
        for each in words:
            self.assertIn(each, text)
        return text

    def test_sound_images_of_each_format_are_as_taken(self):
        self.image("--segment 2MiB")
        text = self.sound()
        self.assertIn("6.5 MB that it holds", text)
        self.assertIn("second opinion: libewf reads the same, and the hashes that the E01 states are those of it", text)
        self.assertIn("1 as taken. This is on record.", text)
        for name, more in (("raw", "--format raw"), ("parts", "--format split --segment 2MiB"), ("quick", "--no-read-back")):
            self.image(more, name)
        self.assertIn("Hashed again: 4 items", self.ana("preserve verify"))
        for call in ("e2", "e3", "e4"):
            self.assertEqual("libewf" in self.sound(call), call == "e4")
        self.assertTrue(self.ana.json("preserve list")[3]["files"].splitlines()[0].endswith(" -"))  # it was not read again, so its file has no hash

    def test_one_changed_bit_is_located_in_file_sectors_and_mib(self):
        path = self.image()["E01"]
        data = bytearray(path.read_bytes())
        chunk = 70  # in MiB 2: 32 chunks in each
        at = chunks_of(data) + chunk * (CHUNK + 4)
        data[at + 1000] ^= 1
        path.write_bytes(data)
        text = self.altered(f"web1.E01, byte {at}: a chunk does not match its checksum",
                            f"sectors {chunk * 64} to {chunk * 64 + 63} of the disk read as zeros because of it",
                            "1 MiB of the disk from MiB 2 on (sectors 4096 to 6143) are not what was read from the source",
                            "recorded is " + hashlib.sha256(self.disk + bytes(-len(self.disk) % 512)).hexdigest(),
                            "libewf reads the same, but the hashes that the E01 states are others",  # a damaged chunk is zeros to both
                            "By the pieces beside the image all other MiB are as they were, and can be used")
        self.assertIn("web1.E01 is not as it was written: its SHA-256 is " + hashlib.sha256(data).hexdigest(), text)

    def test_a_changed_byte_of_a_raw_image_is_located_by_the_pieces(self):
        path = self.image("--format raw")["raw"]
        data = bytearray(self.disk)
        for at in (0, MIB + 5, len(data) - 1):
            data[at] ^= 0x80
        path.write_bytes(data)
        sectors = (len(data) + 511) // 512
        self.altered("2 MiB of the disk from MiB 0 on (sectors 0 to 4095) are not",
                     f"1 MiB of the disk from MiB 6 on (sectors 12288 to {sectors - 1}) are not",
                     "the MD5 of what it holds is " + hashlib.md5(data).hexdigest())

    def test_the_end_of_a_file_is_missing(self):
        path = self.image()["E01"]
        size = path.stat().st_size
        os.truncate(path, 1 << 40)  # holes: to read them all would take half an hour
        began = time.monotonic()
        self.altered(f"web1.E01 has {1 << 40} bytes, recorded are {size}: something was added")
        self.assertLess(time.monotonic() - began, 60)
        os.truncate(path, size - 3000)
        self.altered(f"web1.E01 has {size - 3000} bytes, recorded are {size}: its end is missing")
        os.truncate(path, 20)
        self.altered(f"web1.E01 has 20 bytes, recorded are {size}")
        os.truncate(path, 0)
        self.altered(f"web1.E01 has 0 bytes, recorded are {size}")

    def test_what_was_added_behind_changes_nothing_of_what_it_holds(self):
        path = self.image("--format raw")["raw"]
        with open(path, "ab") as f:
            f.write(b"x")
        text = self.altered(f"web1.raw has {len(self.disk) + 1} bytes, recorded are {len(self.disk)}: something was added",
                            f"it holds {len(self.disk) + 1} bytes, recorded are {len(self.disk)}")
        self.assertIn("from MiB 6 on", text)

    def test_a_missing_segment_leaves_the_rest_readable(self):
        files = self.image("--segment 2MiB")
        self.assertGreaterEqual(set(files), {"E01", "E02", "E03"})
        files["E02"].rename(self.folder / "away")
        text = self.verify(NOT_FOUND)
        self.assertIn("e1 not all of it is there: disk image: web1", text)
        self.assertIn("web1.E02 is not where it is kept:", text)
        self.assertRegex(text, "sectors [0-9]+ to [0-9]+ of the disk lie in what is not there")
        self.assertIn("what it holds was not compared, for not all of its files are there", text)
        self.assertRegex(text, r"Hashed again: 1 item, [1-9][0-9.]* MB")  # of the files that are there
        kept = files["E03"].read_bytes()
        files["E03"].write_bytes(kept[:-1] + b"x")
        self.altered("web1.E02 is not where it is kept:", "web1.E03 is not as it was written")
        files["E03"].write_bytes(kept)
        files["txt"].write_text(files["txt"].read_text() + "more\n")
        self.assertNotIn("of what it holds is", self.altered("web1.txt, which lies beside it,"))
        files["txt"].write_text(files["txt"].read_text()[:-5])
        files["E01"].rename(self.folder / "first")
        self.assertIn("e1 not all of it is there: disk image: web1", self.verify(NOT_FOUND))
        (self.folder / "first").rename(files["E01"])
        (self.folder / "away").rename(files["E02"])
        self.sound()

    def test_one_that_went_on_in_a_second_folder_is_put_together_in_one(self):
        small, more, one = (self.folder / name for name in ("small", "more", "one"))
        for folder in (small, more, one):
            folder.mkdir()
        with_size(small, 3 * MIB, self)
        self.ana(f"preserve image {self.source} --to {small} --also {more} --name web1 --title web1 --segment 2MiB")
        self.assertTrue(list(more.glob("web1.E0*")))
        self.sound()
        for path in (*small.iterdir(), *more.iterdir()):
            shutil.copy(path, one)
            path.unlink()
        self.assertIn("e1 not all of it is there", self.verify(NOT_FOUND))
        self.ana(f"preserve move e1 stored --place {os.path.relpath(one, self.ana.folder)}")
        self.assertEqual(self.ana.json("preserve list")[0]["place"], str(one))
        self.sound()
        self.assertIn("no partition table", self.ana("preserve read e1"))

    def test_disks_that_have_a_part_of_zeros_in_common_are_sealed_apart(self):
        for number in (1, 2):
            self.source.write_bytes(random.Random(number).randbytes(2 * MIB) + bytes(2 * MIB))
            self.image("--format split --segment 2MiB", f"d{number}")
        part = self.images / "d1.001"
        self.ana('preserve unlawful "a picture" --evidence e1')
        self.assertEqual([item.get("unlawful") for item in self.ana.json("preserve list")], ["yes", None])
        self.assertIn("no partition table", self.ana("preserve read e2"))
        self.assertNotEqual(self.ana.run("preserve", "files", str(part)).returncode, 0)  # which holds its bytes

    def test_a_missing_part_of_a_raw_image_says_that_nothing_behind_it_can_be_compared(self):
        files = self.image("--format split --segment 2MiB")
        files["002"].unlink()
        text = self.verify(NOT_FOUND)
        self.assertIn("web1.002 is not where it is kept:", text)
        self.assertIn("what it holds was not compared: behind the file that is missing", text)

    def test_where_all_files_are_gone_each_is_named(self):
        files = self.image()
        for path in files.values():
            path.rename(self.folder / path.name)
        text = self.verify(NOT_FOUND)
        self.assertIn("web1.E01 is not where it is kept", text)
        for ending in ("map", "pieces", "txt"):
            self.assertIn(f"web1.{ending}, which lay beside it, is not there", text)
        (self.folder / "web1.pieces").rename(files["pieces"])
        self.assertNotIn("web1.pieces", self.verify(NOT_FOUND))

    def test_another_image_of_the_same_size_in_its_place(self):
        path = self.image()["E01"]
        other = bytearray(self.disk)
        other[5 * MIB] = 1
        self.source.write_bytes(other)
        elsewhere = self.folder / "other"
        elsewhere.mkdir()
        subprocess.run([IMAGER, self.source, "--to", elsewhere, "--name", "web1"], check=True, capture_output=True)
        shutil.copy(elsewhere / "web1.E01", path)
        text = self.altered("1 MiB of the disk from MiB 5 on (sectors 10240 to 12287) are not what was read from the source")
        self.assertNotIn("checksum", text)  # such an image is sound in itself: only the record can tell
        self.assertIn("libewf reads the same", text)

    def test_damaged_or_missing_pieces_do_not_touch_the_evidence(self):
        path = self.image()["pieces"]
        text = path.read_text()
        path.write_text(text.replace(text.splitlines()[3], "0" * 64))
        self.altered("web1.pieces, which lies beside it, is not as it was written", "SHA-256, SHA-1, MD5 as recorded",
                     "it still holds exactly what was read from the source")
        path.write_text("#\n" + "x" * 5000)
        self.altered(f"web1.pieces, which lies beside it, has 5002 bytes, recorded are {len(text)}", "it still holds exactly what was read from the source")
        self.assertEqual(self.verify(ALTERED).count("What it means"), 1)
        self.assertNotIn("must be looked at again", self.verify(ALTERED))
        path.unlink()
        (path.with_suffix(".txt")).unlink()
        text = self.sound()
        self.assertIn("web1.pieces is not there", text)
        self.assertIn("web1.txt, which lay beside it, is not there", text)
        os.mkfifo(path)
        self.altered("web1.pieces, which lies beside it, is not as it was written")

    def test_the_map_of_an_image_that_lacks_sectors_is_part_of_it(self):
        parts = self.folder / "parts"
        parts.mkdir()
        subprocess.run([IMAGER, self.source, "--to", parts, "--name", "s", "--segment", "2MiB"], check=True, capture_output=True)
        (parts / "s.E02").unlink()
        self.source = parts / "s.E01"
        path = self.image("--format raw", name="raw")["map"]
        self.sound()
        lacking = sum(int(size, 16) for size in re.findall(r"(?m)^0x\w+  0x(\w+)  -$", path.read_text()))
        path.rename(self.folder / "map")
        text = self.verify(NOT_FOUND)
        self.assertIn("e1 not all of it is there: disk image", text)
        self.assertIn(f"raw.map, which lay beside it, is not there: it says which {lacking} bytes were not read and are zeros", text)
        self.assertIn("it still holds exactly what was read from the source, but nobody can say now which of its zeros the source held", text)
        self.assertEqual(self.ana.json("preserve custody e1")["chain"][-1]["act"], "verified: not all of it is there")
        done = self.ana.run("log", "verify")  # the record is what was written, and says so
        self.assertEqual(done.returncode, NOT_FOUND)
        self.assertIn("the record is what was written, but of 1 of the items on its register not all is there", one_line(done.stderr.decode()))
        self.assertIn("1 item hashed again, 0 as taken, 1 not all there", one_line(done.stdout.decode()))
        self.assertNotIn("record is not", done.stderr.decode())
        said = one_line(self.ana("preserve read e1 --raw raw.out"))
        self.assertIn("Some bytes of the disk could not be read when the image was taken, and are zeros; whether any lie here nobody can say", said)
        (self.folder / "map").rename(path)
        self.sound()
        self.image("--format e01", name="e01")["map"].unlink()  # it has a list of them within
        self.assertIn("e01.map, which lay beside it, is not there", self.sound("e2"))
        self.assertIn(f"{lacking} bytes of it could not be read when the image was taken", one_line(self.ana("preserve read e2 --raw e01.out")))

    def test_what_is_no_file_any_more_is_not_followed(self):
        path = self.image()["E01"]
        moved = self.folder / "moved"
        path.rename(moved)
        for make in (lambda: path.symlink_to(moved), lambda: os.mkfifo(path), path.mkdir):
            make()
            self.altered("images/web1.E01 is no file any more")
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    def test_an_image_that_was_moved_is_found_where_the_record_says(self):
        self.image()
        for act in ('stored --place "safe 3"', 'handed-over --to Weber --place "police, room 4"'):  # words are for people: the files stay where they are
            said = one_line(self.ana("preserve move e1 " + act))
            self.assertIn(f"Its files are looked for in {self.images}, as before; where they lie elsewhere: calm preserve move e1 stored --place FOLDER", said)
            self.sound()
        form = one_line(self.ana("preserve custody e1"))
        self.assertRegex(form, r"Kept now +police, room 4 +Files last in ")
        away = f"{self.folder}/away"
        self.assertIn(f"There is no folder {away} at this moment; the files of the image are looked for there", one_line(self.ana(f"preserve move e1 stored --place {away}")))
        self.ana(f"preserve move e1 stored --place {self.images}")
        self.images.rename(self.folder / "stick")
        text = self.verify(NOT_FOUND)
        self.assertIn(f"web1.E01 is not where it is kept: {self.images}/web1.E01", text)
        self.assertIn("calm preserve move ITEM stored --place FOLDER", text)
        self.ana(f"preserve move e1 stored --place {self.folder}/stick")
        self.sound()

    def test_names_on_record_never_lead_out_of_the_folder(self):
        secret = self.folder / "secret"
        secret.write_bytes(b"x" * 512)
        line = f"512 {hashlib.sha256(b'x' * 512).hexdigest()}"
        for n, name in enumerate(("../secret", "./../secret", "..", "a/../../secret"), 1):
            self.register(place=self.images, files=f"{name} {line}")
            text = self.verify(ALTERED, f"e{n}")
            self.assertIn("names a file outside of its place", text)
        self.register(place=self.images, files=f"{secret} {line}", image_size=512, image_md5=hashlib.md5(b"x" * 512).hexdigest())
        self.assertIn("MD5 as recorded", self.verify(0, "e5"))
        self.register(place=self.folder, files="secret 512 -")
        self.assertIn("no hash of what it holds is on record", self.verify(0, "e6"))
        self.register(place=self.folder, files="secret 512 0123")
        self.assertIn("what is on record of its files cannot be read", self.verify(UNREADABLE, "e7"))

    def test_files_in_two_folders_are_one_image(self):
        files = self.image("--segment 2MiB")
        item = self.ana.json("preserve list")[0]
        other = self.folder / "other"
        other.mkdir()
        files["E02"].rename(other / "web1.E02")
        self.register(place=self.images, files=item["files"].replace("web1.E02", f"{other}/web1.E02"),
                      **{k: item[k.replace("_", "-")] for k in ("image_size", "image_sha256", "image_sha1", "image_md5")})
        self.assertIn("SHA-256, SHA-1, MD5 as recorded", self.verify(0, "e2"))

    def test_without_calm_disk_there_is_no_second_opinion_and_the_first_stands(self):
        self.image()
        alone = self.folder / "alone"
        alone.mkdir()
        shutil.copy(CALM, alone / "calm")
        done = subprocess.run([alone / "calm", "--case", self.case, "preserve", "verify"], capture_output=True, text=True, env=self.ana.env)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no second opinion: ", one_line(done.stdout))
        self.assertIn("SHA-256, SHA-1, MD5 as recorded", one_line(done.stdout))

    def test_ctrl_c_ends_it_soon_also_in_libewf(self):
        os.truncate(self.source, 8 << 30)  # zeros: the image is small, and reading it takes long
        self.image("--no-read-back")
        run = subprocess.Popen([CALM, "--case", self.case, "preserve", "verify", "e1"], env=self.ana.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        hears(run)
        time.sleep(2)
        run.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, why = run.communicate(timeout=60)
        self.assertLess(time.monotonic() - began, 10)
        self.assertIn("stopped at your request", one_line(why.decode()))
        self.assertNotEqual(run.returncode, 0)
        # its bytes were read, and nothing was found out
        row = self.ana.json("preserve custody e1")["chain"][-1]
        self.assertEqual((row["act"], row["place"].split(" on ")[0], row["outcome"]), ("examined", "begun to be hashed again", "no result: not all of it was read: stopped at your request"))
        self.assertFalse([r for r in self.ana.json("preserve custody e1")["chain"] if r["act"].startswith("verified")])


class VerifyFile(Verifying):
    """An E01 that is on the register as a file: it states hashes of what it holds, which its chunks' checksums know nothing of."""

    def acquired(self, *more):
        """What ewfacquire makes of the disk, without its odd end: files in order."""
        if not shutil.which("ewfacquire"):
            self.skipTest("ewfacquire is not here")
        self.disk = self.disk[:len(self.disk) // 512 * 512]
        self.source.write_bytes(self.disk)
        done = subprocess.run(["ewfacquire", "-u", "-q", "-c", "fast", "-t", str(self.folder / "made"), *more, str(self.source)], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return sorted(self.folder.glob("made.E*"))

    def alter(self, image):
        """A byte of a chunk that is stored as it is, and its checksum with it; what the image holds then."""
        text = bytearray(image.read_bytes())
        at = text.find(self.disk[60 * CHUNK:][:64])
        self.assertGreater(at, 0)
        text[at] ^= 1
        struct.pack_into("<I", text, at + CHUNK, zlib.adler32(bytes(text[at:at + CHUNK])))
        image.write_bytes(text)

    def test_what_a_sound_one_states_is_compared_and_libewf_is_asked(self):
        for more, words in (((), "the MD5 that the E01 states is that of what it holds"), (("-d", "sha1"), "the MD5 and SHA-1 that the E01 states are those of what it holds")):
            image, = self.acquired(*more)
            self.ana(f"preserve files {image}")
            call = f"e{len(self.ana.json('preserve list'))}"
            text = self.verify(0, call)
            self.assertIn(f"{call} as it was taken: ", text)
            self.assertIn(words, text)
            self.assertIn("second opinion: libewf reads the same, and the hashes that the E01 states are those of it", text)
            self.assertNotIn("so before", text)
            image.unlink()

    def test_one_that_was_altered_before_it_was_taken_is_told(self):
        image, = self.acquired("-d", "sha1")
        self.alter(image)
        if shutil.which("ewfverify"):
            self.assertIn(b"ewfverify: FAILURE", subprocess.run(["ewfverify", "-q", image], capture_output=True, check=False).stdout)
        self.ana(f"preserve files {image}")
        text = self.verify(0)
        self.assertIn("e1 as it was taken: ", text)
        self.assertIn("the MD5 that the E01 states is not that of what it holds", text)
        self.assertIn("the SHA-1 that the E01 states is not that of what it holds", text)
        self.assertIn("second opinion: libewf reads the same, but the hashes that the E01 states are others", text)
        self.assertIn("its bytes are as they were taken, so all this was so before", text)

    def test_damage_that_it_had_is_located(self):
        image, = self.acquired()
        text = bytearray(image.read_bytes())
        text[chunks_of(text) + 3 * (CHUNK + 4) + 7] ^= 0x10
        image.write_bytes(text)
        self.ana(f"preserve files {image}")
        said = self.verify(0)
        self.assertRegex(said, "the E01, byte \\d+: a chunk does not match its checksum, or cannot be unpacked; sectors 192 to 255 of the disk read as zeros because of it")
        self.assertIn("so all this was so before", said)

    def test_one_that_states_more_than_can_be_in_it_is_not_read_for_years(self):
        image, = self.acquired()
        text = bytearray(image.read_bytes())
        volume = next(at for kind, at, _ in sections(text) if kind in ("volume", "disk", "data")) + 76
        struct.pack_into("<I", text, volume + 4, 0xFFFFFFFF)  # chunks
        struct.pack_into("<Q", text, volume + 16, 1 << 41)  # sectors
        struct.pack_into("<I", text, volume + 1048, zlib.adler32(bytes(text[volume:volume + 1048])))
        image.write_bytes(text)
        self.ana(f"preserve files {image}")
        self.assertIn(f"it states that it holds {1 << 50} bytes, more than can be packed into a file of {len(text)}", self.verify(0))

    def test_of_several_files_the_first_says_that_it_is_not_all(self):
        files = self.acquired("-S", "1572864")
        self.assertGreater(len(files), 2)
        self.ana("preserve files " + " ".join(map(str, files)))
        self.assertIn("files behind this one are missing", self.verify(0, "e1"))
        self.assertNotIn("libewf", self.verify(0, "e2"))

    def test_a_file_that_only_begins_so_is_a_file_as_before(self):
        for n, rest in enumerate((b"", random.Random(7).randbytes(5000))):
            (self.folder / "odd.E01").write_bytes(b"EVF\x09\x0d\x0a\xff\0\x01\x01\0\0\0" + rest)
            self.ana(f"preserve files {self.folder}/odd.E01")
            self.assertIn("so all this was so before", self.verify(0, f"e{n + 1}"))

    def test_bytes_that_are_sealed_are_hashed_and_no_more(self):
        image, = self.acquired()
        self.ana(f"preserve files {image}")
        self.ana("preserve unlawful picture --evidence e1")
        self.assertNotIn("libewf", self.verify(0))


if __name__ == "__main__":
    main()
