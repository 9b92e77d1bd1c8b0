"""test_image_source.py: what a source of calm-image lacks is counted, and nothing else: damaged images as sources, sets with a gap, disks that end or are
gone, partitions and files that are others, or that change while they are read."""
import contextlib
import hashlib
import mmap
import os
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import time
import unittest
import zlib

import harness
from disks import make_tables_differ
from harness import main, one_line
from test_image_make import CANCEL, GATE, IMAGER, MIB, USAGE, Make, needs_root, run


class Lacking(Make):
    def interrupted(self, words, until, stop=signal.SIGKILL):
        """Stopped when so many bytes of the source are in the image, durable. Returns what is."""
        job = subprocess.Popen([IMAGER, *words, "--commit", "0 s"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = time.monotonic() + 30
        while self.done(words) < until and job.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        job.send_signal(stop)
        said = job.communicate(timeout=60)[1].decode()
        self.assertEqual(job.returncode, -signal.SIGKILL if stop == signal.SIGKILL else CANCEL, said)
        time.sleep(0.2)  # what a killed program started ends, too
        return self.done(words)

    def part(self, words):
        return self.out / (words[words.index("--name") + 1] + ".part")

    def done(self, words):
        try:
            return int(re.search(r"(?m)^done (\d+)$", self.part(words).read_text())[1])
        except FileNotFoundError:
            return 0

    def told(self, name):
        """Bytes that could not be read, and the first lines that say which, of the summary; and all of the map."""
        text = (self.out / f"{name}.txt").read_text()
        areas = re.findall(r"(?m)^(0x\w+)  (0x\w+)  (\S)$", (self.out / f"{name}.map").read_text())
        return int(re.search(r"(?m)^not readable +(\d+) bytes", text)[1]), [(int(a, 16), int(b, 16), c) for a, b, c in areas]

    def left(self, name):
        """Bytes that nobody asked for."""
        return int(re.search(r"(?m)^left unread +(\d+) bytes, whether they can be read is not known, zeros in the image$", (self.out / f"{name}.txt").read_text())[1])


class DamagedImages(Lacking):
    def damaged(self, image, *places):
        data = bytearray(image.read_bytes())
        for place in places:
            data[place] ^= 1
        image.write_bytes(data)

    def test_what_was_lost_before_an_interruption_is_lost_after_it(self):
        disk = random.Random(1).randbytes(24 * MIB)
        self.must(IMAGER, self.source(disk), "--to", self.folder, "--name", "s")
        self.damaged(self.folder / "s.E01", 3 * MIB)
        for form, ending in (("raw", "raw"), ("e01", "E01")):
            whole, cut = form + "whole", form + "cut"
            self.image(self.folder / "s.E01", "--format", form, name=whole)
            bad, areas = self.told(whole)
            self.assertEqual(bad, 32768)
            self.assertEqual([c for _, _, c in areas], ["+", "-", "+"])
            self.assertLess(abs(areas[1][0] - 3 * MIB), 65536)  # what cannot be packed takes four bytes more for each chunk
            words = [self.folder / "s.E01", "--to", self.out, "--name", cut, "--format", form, "--limit", "10"]
            self.assertGreaterEqual(self.interrupted(words, 6 * MIB), 6 * MIB)
            if shutil.which("ddrescuelog"):
                self.assertIn("current status: copying", self.must("ddrescuelog", "-t", self.out / f"{cut}.map").lower())
            self.must(IMAGER, "--resume", self.part(words))
            self.assertEqual(self.told(cut), (bad, areas))
            if form == "raw":
                self.assertEqual((self.out / f"{cut}.{ending}").read_bytes(), (self.out / f"{whole}.{ending}").read_bytes())
            elif shutil.which("ewfinfo"):
                for name in (whole, cut):
                    self.assertRegex(self.must("ewfinfo", self.out / f"{name}.E01"),
                                     rf"at sector\(s\): {areas[1][0] // 512} - {areas[1][0] // 512 + 63} number: 64")

    def test_what_a_version_before_left_is_looked_through_again(self):
        disk = random.Random(2).randbytes(24 * MIB)
        self.must(IMAGER, self.source(disk), "--to", self.folder, "--name", "s")
        self.damaged(self.folder / "s.E01", 3 * MIB)
        words = [self.folder / "s.E01", "--to", self.out, "--name", "x", "--format", "raw", "--limit", "10"]
        self.interrupted(words, 6 * MIB)
        part = self.part(words)
        left = "".join(line for line in part.read_text().splitlines(True) if not line.startswith(("lost ", "map ", "chain ", "end ")))
        part.write_text(left + "end " + hashlib.sha256(left.encode()).hexdigest() + "\n")
        (self.out / "x.map").unlink()
        self.must(IMAGER, "--resume", part)
        self.assertEqual(self.told("x")[0], 32768)

    @unittest.skipUnless(shutil.which("ewfacquire"), "ewfacquire (ewf-tools) is not here")
    def test_more_damage_than_is_told_one_by_one_is_counted_to_the_last_byte(self):
        disk = self.source(random.Random(3).randbytes(MIB) * 170)
        self.must("ewfacquire", "-q", "-u", "-b", "16", "-c", "none", "-S", "1GiB", "-t", self.folder / "s", disk)
        image = self.folder / "s.E01"
        data, at, hurt = bytearray(image.read_bytes()), 13, []
        while True:
            kind, (after, _) = data[at:at + 16].rstrip(b"\0"), struct.unpack_from("<QQ", data, at + 16)
            if kind == b"table":
                count, base = struct.unpack_from("<IxxxxQ", data, at + 76)
                hurt += [base + (entry & 0x7fffffff) + 100 for entry in struct.unpack_from(f"<{count}I", data, at + 100)][::2]
            if after == at:
                break
            at = after
        self.assertEqual(len(hurt), 170 * MIB // 8192 // 2)  # 10,880, and 10,000 are told one by one
        self.damaged(image, *hurt)
        self.image(image, "--format", "raw", "--no-read-back")
        bad, areas = self.told("x")
        self.assertEqual(bad, len(hurt) * 8192)
        self.assertEqual(areas, [(at, 8192, "-" if at // 8192 % 2 == 0 else "+") for at in range(0, 170 * MIB, 8192)])


class Slower(Lacking):
    def test_an_image_that_is_unpacked_faster_than_it_is_wanted_waits(self):
        """What is not wanted yet is not held in memory: a limit, a slow target, a slow processor."""
        disk = self.source(b"")
        os.truncate(disk, 768 * MIB)
        self.must(IMAGER, disk, "--to", self.folder, "--name", "s")
        job = subprocess.Popen([IMAGER, self.folder / "s.E01", "--to", self.out, "--name", "x", "--no-read-back", "--limit", "300"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        most = 0
        while job.poll() is None:
            with contextlib.suppress(OSError, TypeError):  # one has ended
                of = [job.pid, *map(int, pathlib.Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split())]
                most = max(most, *(int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) for pid in of))
            time.sleep(0.02)
        self.assertEqual(job.returncode, 0)
        self.assertGreater(most, 0)
        if not harness.SANITIZED:
            self.assertLess(most, 200 << 10)


class OwnHashes(Lacking):
    """An E01 states hashes of what it holds; its chunks have checksums that anybody can make anew."""
    def altered(self, image, data, chunk, byte):
        """A byte of a chunk that is stored as it is becomes another, and the chunk's checksum its own. Returns what the image holds."""
        text = bytearray(image.read_bytes())
        at = text.find(data[chunk * 32768:][:64])
        self.assertGreater(at, 0)
        text[at + byte] ^= 1
        struct.pack_into("<I", text, at + 32768, zlib.adler32(bytes(text[at:at + 32768])))
        image.write_bytes(text)
        other = bytearray(data)
        other[chunk * 32768 + byte] ^= 1
        return bytes(other)

    def own(self, text):
        return re.search(r"(?m)^  its own hashes +(.*)$", text)[1]

    @staticmethod
    def other(data, read):
        return "DIFFERENT: " + "; ".join(f"it states the {name} {hashlib.new(kind, data).hexdigest()}, and what was read has {hashlib.new(kind, read).hexdigest()}"
                                         for name, kind in (("MD5", "md5"), ("SHA-1", "sha1")))

    def test_an_image_that_was_altered_with_its_checksums_is_told_by_its_own_hashes(self):
        data = random.Random(21).randbytes(6 * MIB)
        self.must(IMAGER, self.source(data), "--to", self.folder, "--name", "s")
        self.assertEqual(self.own(self.image(self.folder / "s.E01", name="sound")), "the MD5 and SHA-1 that it states are those of what was read")
        held = self.altered(self.folder / "s.E01", data, 60, 100)
        if shutil.which("ewfverify"):
            self.assertIn("ewfverify: FAILURE", run("ewfverify", "-q", self.folder / "s.E01").stdout.decode())
        wanted = self.other(data, held) + "; all of it could be read, so it was altered with its checksums, or not made well"
        self.assertEqual(self.own(self.image(self.folder / "s.E01", "--format", "raw")), wanted)
        self.assertEqual((self.out / "x.raw").read_bytes(), held)
        words = [self.folder / "s.E01", "--to", self.out, "--name", "cut", "--limit", "3"]
        self.interrupted(words, 3 * MIB)  # what was altered is in the image then
        self.assertEqual(self.own(self.must(IMAGER, "--resume", self.part(words))), wanted)

    def test_damage_is_named_beside_hashes_that_cannot_be_right(self):
        data = random.Random(22).randbytes(2 * MIB)
        self.must(IMAGER, self.source(data), "--to", self.folder, "--name", "s")
        text = bytearray((self.folder / "s.E01").read_bytes())
        text[text.find(data[40 * 32768:][:64])] ^= 1
        (self.folder / "s.E01").write_bytes(text)
        read = data[:40 * 32768] + bytes(32768) + data[41 * 32768:]
        self.assertEqual(self.own(self.image(self.folder / "s.E01")), self.other(data, read) + "; 32768 bytes of it could not be read, and count as zeros")

    def test_who_states_no_hash_contradicts_none(self):
        data = random.Random(23).randbytes(2 * MIB)
        self.must(IMAGER, self.source(data), "--to", self.folder, "--name", "s")
        text = bytearray((self.folder / "s.E01").read_bytes())
        for kind, size in ((b"digest", 80), (b"hash", 36)):  # the hash and its checksum: doc/format/image.md section 2
            at = text.rfind(kind.ljust(16, b"\0")) + 76
            text[at:at + size - 4] = bytes(size - 4)
            struct.pack_into("<I", text, at + size - 4, zlib.adler32(bytes(size - 4)))
        (self.folder / "s.E01").write_bytes(text)
        self.assertEqual(self.own(self.image(self.folder / "s.E01")), "it states none")
        self.assertNotIn("its own hashes", self.image(self.folder / "disk", name="plain"))


class Gaps(Lacking):
    def split(self, data, names, size=MIB):
        for n, name in enumerate(names):
            (self.folder / name).write_bytes(data[n * size:(n + 1) * size])

    def test_a_part_that_is_missing_before_another_one_is_named(self):
        data = random.Random(4).randbytes(5 * MIB)
        for names in (["s.001", "s.002", "s.003", "s.004", "s.005"], ["t.00", "t.01", "t.02", "t.03", "t.04"], ["u.aa", "u.ab", "u.ac", "u.ad", "u.ae"]):
            self.split(data, names)
            self.image(self.folder / names[0], "--format", "raw", name="whole" + names[0])
            self.assertEqual((self.out / f"whole{names[0]}.raw").read_bytes(), data)
            for gone in (1, 2, 3):
                (self.folder / names[gone]).rename(self.folder / "away")
                self.refused(7, self.folder / names[0], "--to", self.out, "--name", "x", saying=f"{names[gone]} is missing: ")
                (self.folder / "away").rename(self.folder / names[gone])
            for name in names:
                (self.folder / name).unlink()

    def test_what_only_looks_like_a_part_is_none(self):
        data = random.Random(4).randbytes(2 * MIB)
        for names, beside in ((["s.001", "s.002"], ["s.txt", "s.1", "s.0004"]), (["u.aa", "u.ab"], ["u.ps", "u.gz", "u.log"]), (["v.img"], ["v.imx"])):
            self.split(data, names)
            for name in beside:
                (self.folder / name).write_bytes(b"a note")
            self.image(self.folder / names[0], "--format", "raw", name="x" + names[0])
            self.assertEqual((self.out / f"x{names[0]}.raw").read_bytes(), data[:len(names) * MIB])

    def test_a_later_file_of_a_set_is_not_taken_for_the_whole(self):
        data = random.Random(4).randbytes(4 * MIB)
        for names, first in ((("s.001", "s.002", "s.003"), 1), (("t.00", "t.01", "t.02"), 0), (("u.aa", "u.ab", "u.ac"), 0), (("v.000", "v.001", "v.002"), 0)):
            for n, name in enumerate(names):
                self.source(data[n * MIB:(n + 1) * MIB], name)
            self.refused(2, self.folder / names[2], "--to", self.out, "--name", "x", saying=f"{names[2]} is a later file of what begins with {self.folder}/{names[0]}: name that one")
        self.image(self.source(data), "--segment", "2MiB", name="e")
        self.refused(2, self.out / "e.E02", "--to", self.folder, "--name", "x", saying=f"e.E02 is a later file of what begins with {self.out}/e.E01: name that one")
        # Alone it may be all that there is; an ending like that of many other files says nothing.
        (self.folder / "s.001").unlink()
        said = one_line(self.image(self.folder / "s.003", name="alone"))
        self.assertIn(f"By its name it is a later file of what begins with {self.folder}/s.001, which is not there: the image lacks what was before it.", said)
        (self.out / "e.E01").rename(self.folder / "away")
        self.assertIn("e.E01, which is not there", one_line(self.image(self.out / "e.E02", name="late")))
        for name in ("vm.img", "vm.dd", "vm.ai", "vm.raw"):
            self.assertNotIn("By its name", self.image(self.source(data, name), name=name))

    def test_a_segment_that_is_missing_costs_what_it_held(self):
        disk = random.Random(5).randbytes(20 * MIB)
        self.must(IMAGER, self.source(disk), "--to", self.folder, "--name", "s", "--segment", "4MiB")
        (self.folder / "s.LOG").write_bytes(b"a note")  # an ending that the sequence of E01 has, too
        (self.folder / "s.E03").unlink()
        self.image(self.folder / "s.E01", "--format", "raw")
        bad, areas = self.told("x")
        self.assertEqual([c for _, _, c in areas], ["+", "-", "+"])
        self.assertLess(abs(bad - 4 * MIB), 65536)
        held = (self.out / "x.raw").read_bytes()
        begin, size, _ = areas[1]
        self.assertEqual((held[:begin], held[begin + size:]), (disk[:begin], disk[begin + size:]))
        self.assertEqual(held[begin:begin + size], bytes(size))


class Cut(Lacking):
    """A file that is shorter, or longer, than it was when its image was begun."""

    def begun(self):
        data = random.Random(17).randbytes(24 * MIB)
        source = self.source(data)
        os.utime(source, ns=(10**18, 10**18 + 5))
        words = [source, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "8"]
        self.interrupted(words, 4 * MIB)
        return source, data, ["--resume", self.part(words)]

    def test_a_shorter_one_is_refused_with_what_is_another_in_words_and_all_that_it_takes(self):
        source, data, resume = self.begun()
        os.truncate(source, 20 * MIB)
        os.utime(source, ns=(10**18, 10**18 + 3 * 10**9))
        said = self.refused(6, *resume, saying="or it was changed meanwhile: modified at 2001-09-09T01:46:43.000000000Z, before at 2001-09-09T01:46:40.000000005Z;"
                            f" it has {20 * MIB} bytes now, and had {24 * MIB}")
        way, = re.findall(r"(--\S+ --\S+) goes on", said)
        for one in way.split():
            self.refused(6, *resume, one, saying="goes on")
        self.assertIn("CHANGED", self.must(IMAGER, *resume, *way.split()))
        self.assertEqual((self.out / "x.raw").read_bytes(), data[:20 * MIB] + bytes(4 * MIB))
        self.assertEqual(self.told("x"), (0, [(0, 20 * MIB, "+"), (20 * MIB, 4 * MIB, "?")]))
        self.assertEqual(self.left("x"), 4 * MIB)
        text = (self.out / "x.txt").read_text()
        self.assertIn(f"it has fewer bytes than it had, {20 * MIB}: of what was behind them,", one_line(text))
        self.assertIn(f"\n  bytes               {24 * MIB}\n", text)

    def test_a_longer_one_is_refused_and_taken_to_its_former_end_as_said(self):
        source, data, resume = self.begun()
        with open(source, "ab") as file:
            file.write(b"more")
        self.refused(6, *resume, "--accept-end", saying=f"it has {24 * MIB + 4} bytes now, and had {24 * MIB}. --live goes on with it, and marks it: the image ends where it ended")
        self.assertIn("CHANGED", self.must(IMAGER, *resume, "--live"))
        self.assertEqual((self.out / "x.raw").read_bytes(), data)
        text = (self.out / "x.txt").read_text()
        self.assertIn(f"it has more bytes than it had, {24 * MIB + 4}, which are not in the image", one_line(text))
        self.assertIn(f"\n  bytes               {24 * MIB}\n", text)  # which the hashes are of

    def test_damage_of_an_e01_is_told_after_an_interruption_too(self):
        self.must(IMAGER, self.source(random.Random(19).randbytes(24 * MIB)), "--to", self.out, "--name", "s")
        image = self.out / "s.E01"
        words = [image, "--to", self.out, "--name", "x", "--limit", "8"]
        damage = f"1 place: byte {make_tables_differ(image)}: the two tables of a group of chunks differ"
        for _ in range(2):
            self.interrupted(words, 4 * MIB)
            self.assertIn("damage 1 place: ", self.part(words).read_text())
        self.assertIn(damage, one_line(self.must(IMAGER, "--resume", self.part(words))))
        text = one_line((self.out / "x.txt").read_text())
        self.assertIn(f"its damage {damage}", text)
        self.assertNotIn("after it went on", text)  # the same place is told once

    def test_one_that_is_cut_while_it_is_read_says_the_way_on(self):
        source = self.source(random.Random(18).randbytes(24 * MIB))
        words = [source, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "8"]
        job = subprocess.Popen([IMAGER, *words, "--commit", "0 s"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = time.monotonic() + 30
        while self.done(words) < 4 * MIB and job.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        os.truncate(source, 20 * MIB)
        said = one_line(job.communicate(timeout=60)[1].decode())
        self.assertEqual(job.returncode, 3, said)
        self.assertIn(f"the source ends at byte {20 * MIB}; it said that it has {24 * MIB}. Where it stays so, --accept-end goes on", said)


class Gone(Lacking):
    def test_a_disk_that_never_comes_back_leaves_an_image_of_what_was_read(self):
        data = random.Random(7).randbytes(24 * MIB + 100)
        for form, ending in (("e01", "E01"), ("raw", "raw")):
            source = self.source(data)
            words = [source, "--to", self.out, "--name", form, "--format", form, "--limit", "8"]
            done = self.interrupted(words, 4 * MIB, signal.SIGTERM)
            self.assertTrue(4 * MIB <= done < 24 * MIB, done)
            source.unlink()
            self.refused(3, "--resume", self.part(words), saying="cannot look at ")
            said = self.must(IMAGER, "--resume", self.part(words), "--accept-end")
            self.assertIn("It was not there any more when the image was ended", said)
            self.assertFalse(self.part(words).exists())
            bad, areas = self.told(form)
            self.assertEqual((bad, areas), (0, [(0, done, "+"), (done, len(data) - done, "?")]))
            self.assertEqual(self.left(form), len(data) - done)
            wanted = data[:done] + bytes(len(data) - done)
            self.assertIn(hashlib.sha256(wanted).hexdigest(), said)
            if form == "raw":
                self.assertEqual((self.out / "raw.raw").read_bytes(), wanted)
            elif shutil.which("ewfverify"):
                self.assertIn("SUCCESS", self.must("ewfverify", "-q", self.out / "e01.E01"))

    def test_what_was_read_before_a_clean_stop_is_not_read_again(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not here")
        source = self.source(random.Random(8).randbytes(24 * MIB))
        words = [source, "--to", self.out, "--name", "x", "--limit", "8"]
        done = self.interrupted(words, 4 * MIB, signal.SIGINT)
        self.assertTrue(0 < done < 24 * MIB)  # in the middle of the only group of this E01
        trace = self.folder / "trace"
        self.must("strace", "-f", "-y", "-e", "trace=pread64", "-o", trace, IMAGER, "--resume", self.part(words))
        places = [int(at) for at in re.findall(rf"pread64\(\d+<{re.escape(str(source))}>.*, (\d+)\) = \d+$", trace.read_text(), re.M)]
        # The first bytes tell, in one look, that it is no E01, and no virtual disk.
        self.assertEqual(min(at for at in places if at), done)
        self.assertEqual(places.count(0), 1)


class Others(Lacking):
    def partitions(self, disk):
        """Devices of the two partitions of a disk that is attached read-only."""
        device = self.loop(disk, "--read-only")
        self.must("partx", "--add", device, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        self.undo.append(("partx", "--delete", device))
        found = []
        for n in (1, 2):
            node = pathlib.Path(f"{device}p{n}")
            number = pathlib.Path("/sys/class/block") / node.name / "dev"
            end = time.monotonic() + 10
            while not number.exists() and time.monotonic() < end:
                time.sleep(0.05)
            if not number.exists():
                self.skipTest("the kernel shows no partitions of a loop device")
            if not node.exists():
                self.must("mknod", node, "b", *number.read_text().strip().split(":"))
                self.undo.append(("rm", "-f", node))
            found.append(node)
        return found

    @needs_root
    def test_another_partition_of_the_same_disk_is_refused(self):
        disk = self.source(random.Random(9).randbytes(26 * MIB))
        self.must("sh", "-c", f"printf 'label: dos\nstart=2048,size=24576,type=83\nstart=26624,size=24576,type=83\n' | sfdisk -q {disk}",
                  env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        one, other = self.partitions(disk)
        words = [one, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "8"]
        self.interrupted(words, 4 * MIB)
        said = self.refused(6, other, "--resume", self.part(words), saying="this is not the source that the image was begun with")
        self.assertIn("partition 1 from sector 2048", said)
        self.assertIn("partition 2 from sector 26624", said)
        self.must(IMAGER, one, "--resume", self.part(words))
        self.assertEqual((self.out / "x.raw").read_bytes(), disk.read_bytes()[MIB:13 * MIB])

    @needs_root
    def test_a_device_that_says_nothing_of_itself_is_known_by_its_first_and_last_sectors(self):
        harness.hold_loops(self, alone=True)
        disk = self.source(random.Random(10).randbytes(12 * MIB))
        device = self.loop(disk, "--read-only")
        words = [device, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "8"]
        self.interrupted(words, 4 * MIB)
        wanted = disk.read_bytes()
        for at in (5, 12 * MIB - 5):
            self.must("losetup", "--detach", device)
            disk.write_bytes(wanted[:at] + bytes([wanted[at] ^ 1]) + wanted[at + 1:])
            self.must("losetup", "--read-only", device, disk)
            self.refused(6, "--resume", self.part(words), saying="this is not the source that the image was begun with")
        self.must("losetup", "--detach", device)
        disk.write_bytes(wanted)
        self.must("losetup", "--read-only", device, disk)
        self.must(IMAGER, "--resume", self.part(words))
        self.assertEqual((self.out / "x.raw").read_bytes(), wanted)


class Changing(Lacking):
    def written_to(self, source, at, data, *more):
        """What an image is told of a file that is written to while it is read."""
        job = subprocess.Popen([IMAGER, source, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "8", *more],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        with open(source, "r+b") as f:
            f.seek(at)
            f.write(data)
        said = b"".join(job.communicate(timeout=60)).decode()
        self.assertEqual(job.returncode, 0, said)
        return said

    def test_a_file_that_is_written_to_while_it_is_read_is_marked(self):
        source = self.source(random.Random(11).randbytes(24 * MIB))
        said = self.written_to(source, 23 * MIB, b"CHANGED")
        for text in (said, (self.out / "x.txt").read_text()):
            self.assertRegex(text, r"(?m)^  CHANGED +while it was read: it was written to")
        (self.out / "x.txt").rename(self.folder / "before")
        for path in self.out.iterdir():
            path.unlink()
        said = self.written_to(source, 24 * MIB, b"MORE")
        self.assertIn(f"{24 * MIB} bytes before, {24 * MIB + 4} after", said)

    @needs_root
    def test_a_file_that_is_written_to_through_a_mapping_while_it_is_read_is_marked(self):
        disk = self.folder / "fs"
        disk.write_bytes(bytes(40 * MIB))
        self.must("mke2fs", "-q", "-F", "-t", "ext4", disk, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        source = self.mounted(self.loop(disk)) / "vm.img"
        source.write_bytes(random.Random(12).randbytes(16 * MIB))
        with open(source, "r+b") as f, mmap.mmap(f.fileno(), 0) as mapping:
            mapping[0:4] = mapping[15 * MIB:15 * MIB + 4] = b"AAAA"  # dirty before it begins, and not durable
            job = subprocess.Popen([IMAGER, source, "--to", self.out, "--name", "x", "--format", "raw", "--limit", "6"], stdout=subprocess.PIPE)
            end = time.monotonic() + 30
            while not (self.out / "x.part").exists() and time.monotonic() < end:
                time.sleep(0.02)
            time.sleep(0.3)
            mapping[0:4] = mapping[15 * MIB:15 * MIB + 4] = b"BBBB"
            said = job.communicate(timeout=60)[0].decode()
        self.assertRegex(said, r"(?m)^  CHANGED +while it was read: it was written to")
        self.assertNotIn("through a mapping", said)  # nothing that could not be noticed

    @needs_root
    def test_where_a_mapping_cannot_be_noticed_the_summary_says_so(self):
        at = self.folder / "mounted"
        at.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", at], check=False, stderr=subprocess.DEVNULL).returncode:
            self.skipTest("nothing can be mounted here")
        self.undo.append(("umount", "--lazy", at))
        (at / "f").write_bytes(b"x" * MIB)
        self.assertIn("nobody can tell whether it is written to through a mapping", self.image(at / "f"))

    def test_a_file_that_stays_is_not_marked(self):
        self.assertNotIn("CHANGED", self.image(self.source(b"x" * MIB)))

    @needs_root
    def test_a_file_behind_a_device_that_is_mounted_for_writing_needs_live_and_is_marked(self):
        disk = self.source(bytes(20 * MIB))
        self.must("mke2fs", "-q", "-F", "-t", "ext4", disk, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        at = self.mounted(self.loop(disk))
        self.refused(GATE, disk, "--to", self.out, "--name", "x", saying=f"mounted for writing on {at}")
        said = self.image(disk, "--live")
        self.assertRegex(said, r"(?m)^  LIVE +")
        self.assertRegex(said, rf"(?m)^  in use +mounted for writing on {at}")
        # Where it is another program that has the device, which this one sees nothing of but that.
        held = self.loop(self.source(bytes(MIB), "held"))
        held_fd = os.open(held, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC)
        self.assertIn("another program has it", run(IMAGER, held, "--to", self.out, "--name", "held").stderr.decode())
        self.must(IMAGER, held, "--to", self.out, "--name", "held", "--live")
        os.close(held_fd)
        self.assertRegex((self.out / "held.txt").read_text(), r"(?m)^  in use +another program has it: ")

    def held(self, held, *words):
        """Runs calm-image where sysfs says of devices by whom each is held, as it does of members of a volume group or of a RAID; who holds
        others is no loop device then."""
        script = ""
        for n, (device, holder) in enumerate(held):
            below, above = (pathlib.Path(os.path.realpath("/sys/block/" + pathlib.Path(d).name)) for d in (device, holder))
            for kind, where, link in (("holders", below, above), ("slaves", above, below)):
                folder = self.folder / kind / where.name
                folder.mkdir(parents=True, exist_ok=True)
                if not (folder / link.name).is_symlink():
                    (folder / link.name).symlink_to(link)
                script += f"mount --bind {folder} {where}/{kind} && "
            script += f"mount --bind {self.folder}/none {above}/loop && "
        (self.folder / "none").mkdir(exist_ok=True)
        return run("unshare", "-m", "sh", "-c", script + 'exec "$@"', "sh", IMAGER, *words)

    @needs_root
    def test_a_member_of_what_is_mounted_for_writing_needs_live_and_is_marked(self):
        """Two disks make a RAID, that is the only member of a volume group, and the file system lies on its volume."""
        members = [self.loop(self.source(bytes(4 * MIB), f"member{n}")) for n in range(2)]
        raid = self.loop(self.source(bytes(4 * MIB), "raid"))
        self.must("mke2fs", "-q", "-F", "-t", "ext4", self.source(bytes(20 * MIB), "volume"), env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        volume = self.loop(self.folder / "volume")
        at = self.mounted(volume)
        held = [(members[0], raid), (members[1], raid), (raid, volume)]
        if self.held(held, "--version").returncode:
            self.skipTest("no namespace of mounts can be made here")
        for source in (*members, raid, self.folder / "member1"):
            done = self.held(held, source, "--to", self.out, "--name", "x")
            said = one_line((done.stdout + done.stderr).decode())
            self.assertEqual(done.returncode, GATE, said)
            self.assertIn(f"mounted for writing on {at}", said)
            self.assertEqual(list(self.out.iterdir()), [])
            done = self.held(held, source, "--live", "--to", at, "--name", "x")
            self.assertEqual(done.returncode, USAGE)
            self.assertIn("lies on", one_line(done.stderr.decode()))
        done = self.held(held, members[1], "--live", "--to", self.out, "--name", "x")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout.decode(), rf"(?m)^  in use +mounted for writing on {at}")
        self.image(members[0], name="free")  # without that, nobody holds it
        self.as_virtio(members[0])

    def as_virtio(self, device):
        """A disk of virtio has its number in "serial" beside "device", 20 bytes without an end (virtio_blk.c, serial_show); a card has a "name"."""
        below = os.path.realpath("/sys/block/" + pathlib.Path(device).name)
        shown = self.folder / "virtio"
        for name in ("dev", "size", "ro", "removable", "stat", "diskseq", "queue/physical_block_size", "queue/logical_block_size"):
            (shown / name).parent.mkdir(parents=True, exist_ok=True)
            if os.path.exists(f"{below}/{name}"):
                (shown / name).write_bytes(pathlib.Path(below, name).read_bytes())
        for name in ("device", "holders", "slaves"):
            (shown / name).mkdir()
        for name, value in (("device/vendor", b"0x1af4\n"), ("serial", b"vol-0123456789abcdef"), ("device/name", b"SD32G\n")):
            (shown / name).write_bytes(value)
        done = run("unshare", "-m", "sh", "-c", f'mount --bind {shown} {below} && exec "$@"', "sh", IMAGER, device, "--to", self.out, "--name", "virtio")
        self.assertEqual(done.returncode, 0, done.stderr)
        for word, value in (("make", "0x1af4"), ("model", "SD32G"), ("serial number", "vol-0123456789abcdef")):
            self.assertRegex(done.stdout.decode(), rf"(?m)^  {word} +{value}$")

    @needs_root
    def test_each_device_of_a_btrfs_is_in_use_while_it_is_mounted_through_one_of_them(self):
        """The table of mounts names the first of them; written to are both."""
        if not shutil.which("mkfs.btrfs", path="/usr/sbin:/sbin:/usr/bin") or "btrfs" not in pathlib.Path("/proc/filesystems").read_text():
            self.skipTest("mkfs.btrfs and a kernel that mounts it are needed")
        files = [self.folder / "one", self.folder / "two"]
        for path in files:
            path.touch()
            os.truncate(path, 160 * MIB)
        devices = [self.loop(path) for path in files]
        self.must("mkfs.btrfs", "-q", "-f", "-d", "raid1", "-m", "raid1", *devices, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        self.must("btrfs", "device", "scan", *devices, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        at = self.mounted(devices[0])
        for source in (*devices, *files):
            self.refused(GATE, source, "--to", self.out, "--name", "x", saying=f"mounted for writing on {at}")
        for source in devices:  # the folder lies on it
            self.refused(USAGE, source, "--live", "--to", at, "--name", "x", saying="lies on")
        said = self.image(devices[1], "--live")
        self.assertRegex(said, rf"(?m)^  in use +mounted for writing on {at}")


class Told(Lacking):
    @needs_root
    @unittest.skipUnless(shutil.which("setpriv"), "setpriv (util-linux) is not here")
    def test_an_access_time_that_cannot_be_kept_is_told(self):
        note = "Reading it may change its access time: only its owner and root can have that kept."
        source = self.source(random.Random(24).randbytes(MIB))
        self.assertNotIn(note, self.image(source, name="own"))
        for path in (self.folder, self.out, source):
            path.chmod(0o777)
        as_nobody = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--")
        if run(*as_nobody, IMAGER, "--version").returncode:
            self.skipTest("nobody else can start what was built here")
        self.assertIn(note, self.must(*as_nobody, IMAGER, source, "--to", self.out, "--name", "x"))
        self.must(IMAGER, source, "--to", self.out, "--name", "p", "--format", "split", "--segment", "1MiB")
        (self.out / "p.002").write_bytes(b"more")  # a set of files
        (self.out / "p.001").chmod(0o644)
        (self.out / "p.002").chmod(0o644)
        self.assertIn(note, self.must(*as_nobody, IMAGER, self.out / "p.001", "--to", self.out, "--name", "y"))

    def test_a_name_forges_no_line_of_the_summary(self):
        hostile = b"x\nnot readable          0 bytes, zeros in the image\n\x1b[31mred\xff\xe2\x80\xaeback"
        source = self.folder / os.fsdecode(hostile)
        source.write_bytes(random.Random(6).randbytes(MIB))
        self.must(IMAGER, source, "--to", self.out, "--name", "x", "--notes", "a\nSHA-256  0\x7f", "--case", "7\r\nb")
        text = (self.out / "x.txt").read_bytes()
        self.assertEqual([b for b in text if b < 32 and b != 10 or b == 127], [])
        lines = text.decode().splitlines()  # all is UTF-8
        self.assertEqual(len([line for line in lines if line.startswith("not readable")]), 1)
        self.assertEqual([line[22:] for line in lines if line.startswith("source")],
                         [str(self.folder) + "/x\\x0anot readable          0 bytes, zeros in the image\\x0a\\x1b[31mred\\xff\\xe2\\x80\\xaeback"])
        self.assertEqual([line[22:] for line in lines if line.startswith(("notes", "case"))], ["7\\u{d}↵b", "a↵SHA-256  0\\u{7f}"])


if __name__ == "__main__":
    main()
