"""test_image_told.py: what a case says of a disk is what was seen of it: one that hangs ends as soon as alone, and is on record; what was written out of an
image is on record once it was, with what it lacks."""
import hashlib
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import subprocess
import time
import unittest
import zlib

import harness
from disks import make_tables_differ
from harness import CALM, CaseTest, one_line

USAGE, NOT_FOUND, CONFLICT, TAMPERED, IO, FULL, CANCEL = 2, 3, 6, 8, 11, 12, 13
MIB = 1 << 20
needs_root = unittest.skipUnless(os.geteuid() == 0, "loop devices and mounts need root")


def entry(kind, first, count):
    """Of a DOS partition table."""
    return bytes([0, 0, 0, 0, kind, 0, 0, 0]) + first.to_bytes(4, "little") + count.to_bytes(4, "little")


class Told(CaseTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "images"
        self.out.mkdir()
        self.undo = []
        self.backing, self.place, self.control = (self.folder / name for name in ("backing", "place", "control"))

    def tearDown(self):
        for words in reversed(self.undo):
            subprocess.run(words, capture_output=True, check=False)
        super().tearDown()

    def served(self, data):
        """A file with these bytes, of which reads hang or fail as a file beside says."""
        self.backing.write_bytes(data)
        self.place.touch()
        self.control.write_text("")
        helper = subprocess.Popen(["/usr/bin/python3", pathlib.Path(__file__).with_name("bad_fs.py"), self.place, self.backing, self.control], stdout=subprocess.PIPE)
        self.addCleanup(helper.stdout.close)
        self.addCleanup(helper.wait)
        self.addCleanup(helper.kill)
        self.helper, self.serving = helper, helper.stdout
        self.undo.append(["umount", "--lazy", str(self.place)])
        if helper.stdout.readline() != b"ready\n":
            self.skipTest("no file system of ours can be mounted here")
        return self.place

    def device(self, data):
        harness.hold_loops(self)
        done = subprocess.run(["losetup", "--find", "--show", "--read-only", "--direct-io=on", self.served(data)], capture_output=True, text=True, check=False)
        if done.returncode:
            self.skipTest("no loop device can be made here")
        self.undo.append(["losetup", "--detach", done.stdout.strip()])
        return done.stdout.strip()

    def timed(self, *words, stop_after=None, is_stuck=False, verb="image"):
        """Exit status, what it said, and after how many seconds; of one that is_stuck, which is stopped once a read of its own is never answered, since then."""
        began, said = time.monotonic(), self.folder / "said"
        with open(said, "wb") as out:  # no pipe: whoever hangs in the kernel keeps its end
            job = subprocess.Popen([CALM, "--case", str(self.case), "preserve", verb, *map(str, words)], env=self.ana.env, cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=subprocess.STDOUT)
            if stop_after and harness.hears(job):
                if is_stuck:
                    self.waits_for_stuck(job)
                    began = time.monotonic()
                time.sleep(stop_after)
                job.send_signal(signal.SIGINT)
            job.wait(timeout=100)
        return job.returncode, one_line(said.read_text()), time.monotonic() - began

    def waits_for_stuck(self, job):
        """Until a read is never answered, however long the machine takes to come to it."""
        end = time.monotonic() + 60
        while job.poll() is None and time.monotonic() < end:
            if select.select([self.serving], [], [], 0.1)[0]:
                self.assertEqual(self.serving.readline(), b"stuck\n")
                return
        self.fail("nothing was read there")

    @needs_root
    def test_a_disk_that_hangs_where_it_is_opened_ends_in_time_and_at_ctrl_c(self):
        device = self.device(random.Random(3).randbytes(8 * MIB))
        new = (device, "--to", self.out, "--name", "x")
        self.control.write_text(f"slow {8 * MIB - 4096} 4096 25\n")
        code, said, took = self.timed(*new, "--patience", "2s")
        self.assertEqual(code, IO, said)
        self.assertIn("does not answer since 2 s", said)
        self.assertLess(took, 15)
        time.sleep(30 - took)  # until the kernel lets go of it
        code, said, took = self.timed(*new, stop_after=2)
        self.assertEqual(code, CANCEL, said)
        self.assertLess(took, 15)
        self.assertEqual(self.ana.json("preserve images"), [])
        self.control.write_text("")

    @needs_root
    def test_a_read_that_hangs_ends_in_time_and_is_on_record(self):
        device = self.device(random.Random(4).randbytes(8 * MIB))
        self.control.write_text(f"slow {5 * MIB} 4096 30\n")
        code, said, took = self.timed(device, "--to", self.out, "--name", "x", "--patience", "2s")
        self.assertEqual(code, IO, said)
        self.assertIn("a read of the source does not come back since 2 s. 1048576 bytes from byte 5242880 on were being read then: they are read after all else when it goes on. "
                      "Nothing is lost: calm preserve image --resume im1", said)
        self.assertLess(took, 20)
        image = self.ana.json("preserve images")[0]
        self.assertEqual(image["state"], "interrupted")
        self.assertIn("does not come back", image["why"])
        # Another disk is taken meanwhile: nobody asks what the first one lies on.
        well = self.folder / "well"
        well.write_bytes(random.Random(12).randbytes(MIB))
        other = subprocess.run(["losetup", "--find", "--show", "--read-only", well], capture_output=True, text=True, check=True).stdout.strip()
        self.undo.append(["losetup", "--detach", other])
        code, said, took = self.timed(other, "--to", self.out, "--name", "y")
        self.assertEqual(code, 0, said)
        self.assertLess(took, 8)
        self.control.write_text("")

    @needs_root
    def test_a_place_that_hangs_is_read_after_all_else(self):
        data = random.Random(14).randbytes(8 * MIB)
        device = self.device(data)
        self.control.write_text(f"slow {2 * MIB} 4096 7\n")
        code, said, _ = self.timed(device, "--to", self.out, "--name", "x", "--format", "raw", "--patience", "2s")
        self.assertEqual(code, IO, said)
        self.assertIn(f"1048576 bytes from byte {2 * MIB} on were being read then", said)
        time.sleep(8)  # until the kernel lets go of it
        code, said, _ = self.timed("--resume", "im1", "--patience", "2s")
        self.assertEqual(code, IO, said)
        self.assertRegex(said, rf"512 bytes from byte {2 * MIB + 4096 - 512} on were being read then: they are read after all else when it goes on\. ")
        areas = [line.split() for line in (self.out / "x.map").read_text().splitlines() if not line.startswith("#")][1:]
        self.assertEqual(sum(int(size, 16) for _, size, state in areas if state == "+"), 7 * MIB)  # kept before the place is read
        time.sleep(8)
        self.control.write_text("")
        code, said, _ = self.timed("--resume", "im1")
        self.assertEqual(code, 0, said)
        self.assertEqual((self.out / "x.raw").read_bytes(), data)
        self.assertRegex(one_line((self.out / "x.txt").read_text()),
                         rf"In run 1, at \S+ \S+( UTC)?, the source went away, or a read did not come back, when 1048576 bytes from byte {2 * MIB} on were read: they were put off behind all else")

    @needs_root
    def test_ctrl_c_ends_a_read_that_hangs_and_what_waits_for_it_is_told_as_that(self):
        device = self.device(random.Random(4).randbytes(8 * MIB))
        self.control.write_text(f"stuck {5 * MIB} 4096\n")
        code, said, took = self.timed(device, "--to", self.out, "--name", "x", stop_after=2, is_stuck=True)
        self.assertEqual(code, CANCEL, said)
        self.assertRegex(said, r"stopped; a read of the source that had not come back for \d+ s was left behind\. 1048576 bytes from byte 5242880 on were being read then: .* Nothing is lost: calm preserve image --resume im1")
        self.assertLess(took, 25)
        before = self.ana.json("preserve images")
        self.assertEqual(before[0]["state"], "interrupted")
        code, said, _ = self.timed("--resume", "im1")
        self.assertEqual(code, CONFLICT, said)
        self.assertIn("its last run still waits for a read that does not come back, and ends by itself with that", said)
        self.assertNotIn("--live", said)
        code, said, _ = self.timed(device, "--to", self.out, "--name", "other")
        self.assertEqual(code, 5, said)
        self.assertIn(f"{device} is being read for another image (calm-image, process ", said)
        self.assertNotIn("--live", said)
        self.assertEqual(self.ana.json("preserve images"), before)
        self.control.write_text("")

    @needs_root
    def test_ctrl_c_ends_what_reads_an_image_or_a_file_that_hangs(self):
        data = random.Random(11).randbytes(8 * MIB)
        disk = self.folder / "disk"
        disk.write_bytes(data)
        self.ana(f"preserve image {disk} --to {self.out} --name x --format raw")
        path, reads = self.out / "x.raw", "a read of {} had not come back, and is left behind: what it lies on does not answer"
        path.rename(self.out / "good")
        path.touch()
        subprocess.run(["mount", "--bind", self.served(data), path], check=True)
        self.undo.append(["umount", "--lazy", str(path)])
        self.control.write_text(f"stuck {5 * MIB} 4096\n")
        key = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
        for verb, words, told in (("verify", ["e1"], reads), ("read", ["e1", "--raw", "out"], reads), ("files", [path], "which had not come back: what it lies on does not answer"),
                                  ("export", ["p.age", "e1", "--to", "Weber", "--because", "4711", "--recipient", key], reads)):
            with self.subTest(verb):
                code, said, took = self.timed(*words, verb=verb, stop_after=1)
                self.assertEqual(code, CANCEL, said)
                self.assertIn(told.format(path), said)
                self.assertLess(took, 20)
        rows = self.ana.json("preserve custody e1")["chain"]
        self.assertEqual([one["act"] for one in rows[1:]], ["examined", "examined", "not exported"])
        for row in rows[1:]:
            self.assertIn(reads.format(path), row["outcome"])

    @needs_root
    @unittest.skipUnless(shutil.which("age-keygen") and shutil.which("debugfs"), "needs age-keygen and debugfs")
    def test_ctrl_c_ends_hashing_opening_and_keeping_where_a_medium_hangs(self):
        tree, disk, tools = self.folder / "tree", self.folder / "built", {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
        tree.mkdir()
        (tree / "big").write_bytes(random.Random(19).randbytes(4 * MIB))
        with open(disk, "wb") as f:
            f.truncate(8 * MIB)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", "-d", str(tree), str(disk)], check=True, env=tools)
        where = subprocess.run(["debugfs", "-R", "blocks /big", str(disk)], check=True, env=tools, capture_output=True, text=True).stdout.split()
        stuck = f"stuck {int(where[900]) * 4096} 4096\n"
        self.ana(f"preserve image {disk} --to {self.out} --name x --format raw")
        subprocess.run(["age-keygen", "-o", str(self.folder / "key.txt")], check=True, capture_output=True)
        key = re.search(r"age1\w+", (self.folder / "key.txt").read_text())[0]
        self.ana(f"preserve export p.age e1 --to Weber --because 4711 --recipient {key}")
        image, package = self.out / "x.raw", self.folder / "p.age"
        for verb, path, control, words in (("hash", image, stuck, [image]), ("read", image, stuck, ["e1", "--to", "kept", "--keep"]),
                                           ("open", package, f"stuck {3 * MIB} 4096\n", ["p.age", "--to", "opened", "--identity", "key.txt"])):
            with self.subTest(verb):
                data = path.read_bytes()
                path.rename(self.folder / "good")
                path.touch()
                subprocess.run(["mount", "--bind", self.served(data), path], check=True)
                self.control.write_text(control)
                try:
                    code, said, took = self.timed(*words, verb=verb, stop_after=1, is_stuck=True)
                finally:
                    for place in (path, self.place):
                        subprocess.run(["umount", "--lazy", str(place)], check=True)
                    self.helper.kill()
                    self.helper.wait()
                    (self.folder / "good").rename(path)
                self.assertEqual(code, CANCEL, said)
                self.assertRegex(said, "stopped at your request|does not answer")
                self.assertLess(took, 20)
        self.assertEqual([item["call"] for item in self.ana.json("preserve list")], ["e1"])  # nothing was kept of what was not read out whole
        self.assertIn("big", [pathlib.Path(one["path"]).name for one in map(json.loads, (self.folder / "kept" / "manifest.jsonl").read_text().splitlines()) if one.get("kept") == "no"])
        # What hung is there again: each goes through.
        self.ana("preserve read e1 --to again --keep")
        self.assertIn("e2", [item["call"] for item in self.ana.json("preserve list")])
        self.ana("preserve open p.age --to whole --identity key.txt")
        self.assertEqual((self.folder / "whole" / "evidence" / "e1" / "x.raw").read_bytes(), disk.read_bytes())

    def test_a_disk_that_is_well_is_not_ended_in_the_case_and_the_form_says_what_was_seen(self):
        disk = self.folder / "disk"
        disk.write_bytes(random.Random(5).randbytes(8 * MIB))
        self.timed(disk, "--to", self.out, "--name", "x", "--limit", "2", stop_after=2)
        records = self.ana("log --full")
        code, why = self.ana.fails("preserve image --resume im1 --gone")
        self.assertEqual(code, CONFLICT)
        self.assertIn("is there and gives bytes, so it is not gone", one_line(why))
        self.assertIn("im1 stays as it is, and can go on", one_line(why))
        self.assertEqual(self.ana("log --full"), records)
        disk.rename(self.folder / "away")
        self.assertIn("im1 is ended. On the register of evidence it is e1.", self.ana("preserve image --resume im1 --gone"))
        remark = self.ana.json("preserve list")[0]["remark"]
        self.assertIn("bytes were left unread, so whether they can be read is not known, since the source was gone", remark)
        image = self.ana.json("preserve images")[0]
        self.assertIn("was not there any more when the image was ended (cannot look at", image["remark"])
        self.assertEqual(image["options"], "format e01, limit 2, retries 2, patience 5 min; later: retries 2, patience 5 min, gone")

    @needs_root
    def test_the_form_says_how_many_retries_were_made(self):
        data = random.Random(18).randbytes(2 * MIB)
        place = self.served(data)
        self.control.write_text(f"bad {MIB} 1024\nslow {MIB} 1024 0.1\n")
        code, said, _ = self.timed(place, "--to", self.out, "--name", "x", "--format", "raw", "--retries", "100", stop_after=4)
        self.assertEqual(code, CANCEL, said)
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.unlink()
        self.ana("preserve image --resume im1 --gone")
        made = re.search(r"(?m)^retries +(\d+ made of what failed; 2 asked for in the last run)$", (self.out / "x.txt").read_text())
        self.assertIsNotNone(made)
        self.assertIn(f"; retries: {made[1]}; ", self.ana.json("preserve list")[0]["remark"])
        self.assertIn(f"; retries: {made[1]}; ", one_line(self.ana("preserve custody e1")))
        self.assertNotIn("CHANGED", self.ana.json("preserve list")[0]["remark"])

    def chain(self, item):
        return [(one["place"].split(" on ")[0], one.get("outcome", "")) for one in self.ana.json(f"preserve custody {item}")["chain"][1:]]

    @needs_root
    def test_a_partition_that_is_written_out_says_what_it_lacks_on_screen_and_on_record(self):
        first, last = random.Random(6).randbytes(4 * MIB), random.Random(8).randbytes(MIB)
        table = bytes(446) + entry(0x83, 2048, 8192) + entry(0x83, 10240, 999999) + bytes(32) + b"\x55\xaa"
        disk = self.served(table.ljust(MIB, b"\0") + first + last)
        self.control.write_text(f"bad {MIB + 512 * 100} 1024\n")
        for at, more in enumerate(("", "--format raw")):
            self.ana(f"preserve image {disk} --to {self.out} --name n{at} {more}")
        lacking = first[:512 * 100] + bytes(1024) + first[512 * 102:]
        words = "1024 bytes of it could not be read when the image was taken, and are zeros: sectors 100 to 101 of it"
        for at, image in enumerate(("e1", "e2", f"{self.out}/n0.E01", f"{self.out}/n1.raw")):
            said = one_line(self.ana(f"preserve read {image} --partition 1 --raw p{at}"))
            self.assertIn(words, said)
            self.assertEqual((self.folder / f"p{at}").read_bytes(), lacking)
        (begun, hidden), (place, outcome) = self.chain("e1")
        self.assertEqual(begun, "begun to be " + place)
        self.assertRegex(hidden, r"^until it is whole it is \.calm-[0-9a-f]{16}\.part; its bytes were last compared")
        self.assertEqual(place, f"written out as it is: partition 1, /; to {self.folder}/p0")
        self.assertTrue(outcome.startswith(f"{4 * MIB} bytes, SHA-256 {hashlib.sha256(lacking).hexdigest()}; {words}; its bytes were last compared"), outcome)
        said = one_line(self.ana("preserve read e2 --partition 2 --raw cut"))
        cut = f"gives it {999999 * 512} bytes, and the disk ends after {MIB} of them: the rest is not there"
        self.assertIn("The table " + cut, said)
        self.assertEqual((self.folder / "cut").read_bytes(), last)
        self.assertIn("the table " + cut, self.chain("e2")[-1][1])
        self.assertNotIn("could not be read", said)
        # A source of which nothing comes is off, or gone: zeros alone are no image of it.
        self.control.write_text(f"bad 0 {6 * MIB}\n")
        code, said, _ = self.timed(disk, "--to", self.out, "--name", "off", "--format", "raw")
        self.assertEqual(code, IO, said)
        self.assertIn("not one sector of the source could be read: it may be off or gone", said)
        self.assertIn("calm preserve image --resume im3", said)
        self.assertEqual(len(self.ana.json("preserve list")), 2)
        self.control.write_text("")
        self.ana("preserve image --resume im3")
        self.assertEqual((self.out / "off.raw").read_bytes(), disk.read_bytes())

    def test_a_file_that_is_read_out_says_what_was_not_read_of_it(self):
        tree, disk = self.folder / "tree", self.folder / "built"
        tree.mkdir()
        held = random.Random(16).randbytes(300 * 1024)
        (tree / "torn").write_bytes(held)
        (tree / "sound").write_bytes(held[:5000])
        with open(disk, "wb") as f:
            f.truncate(8 * MIB)
        tools = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", "-d", str(tree), str(disk)], check=True, env=tools)
        where = subprocess.run(["debugfs", "-R", "blocks /torn", str(disk)], check=True, env=tools, capture_output=True, text=True).stdout.split()
        served = self.served(disk.read_bytes())
        # Two runs of it, one within a block: sectors of 512 bytes.
        lacks = ((int(where[100]) * 1024 + 512, 100 * 1024 + 512, 512), (int(where[200]) * 1024, 200 * 1024, 1024))
        self.control.write_text("".join(f"bad {off} {size}\n" for off, _, size in lacks))
        torn = bytearray(held)
        for _, at, size in lacks:
            torn[at:at + size] = bytes(size)
        for at, more in enumerate(("", "--format raw")):
            self.ana(f"preserve image {served} --to {self.out} --name n{at} {more}")
        (self.out / "n0.E01").with_name("alone.E01").write_bytes((self.out / "n0.E01").read_bytes())  # without its map: by its own list
        for at, image in enumerate(("e1", "e2", f"{self.out}/n1.raw", f"{self.out}/alone.E01")):
            with self.subTest(image):
                said = one_line(self.ana(f"preserve read {image} --to x{at}"))
                self.assertIn('1536 bytes in 1 of them were not read from the disk when its image was taken, and are zeros: "unreadable" there', said)
                rows = {row["path"]: row for row in map(json.loads, (self.folder / f"x{at}" / "manifest.jsonl").read_text().splitlines()) if row.get("kept") == "file"}
                self.assertEqual(rows["/torn"]["sha256"], hashlib.sha256(torn).hexdigest())
                self.assertEqual(rows["/torn"]["unreadable"], 1536)
                self.assertIn("1536 of its bytes were not read from the disk when its image was taken, and are zeros", rows["/torn"]["remark"])
                self.assertNotIn("unreadable", rows["/sound"])
                self.assertNotIn("remark", rows["/sound"])
                for more in ("", "--list"):
                    self.assertIn("1536 bytes of the disk could not be read when its image was taken, and are zeros", one_line(self.ana(f"preserve read {image} {more}")))
        self.assertIn("of which 1536 in 1 of them were not read from the disk when its image was taken, and are zeros", self.chain("e1")[1][1])
        # Where nothing says which bytes those are, that is told.
        (self.out / "n1.map").rename(self.out / "away")
        self.assertIn("nothing beside it says which bytes", one_line(self.ana("preserve read e2")))

    def test_what_lies_in_no_file_s_own_data_is_told_of_the_disk_in_all_that_is_read_out(self):
        tree, disk = self.folder / "tree", self.folder / "built"
        tree.mkdir()
        held = random.Random(17).randbytes(300 * 1024)
        (tree / "torn").write_bytes(held)
        with open(disk, "wb") as f:
            f.truncate(8 * MIB)
        tools = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", "1024", "-d", str(tree), str(disk)], check=True, env=tools)
        told = subprocess.run(["debugfs", "-R", "stat /torn", str(disk)], check=True, env=tools, capture_output=True, text=True).stdout
        served = self.served(disk.read_bytes())
        self.control.write_text(f"bad {int(re.search('[(]IND[)]:([0-9]+)', told)[1]) * 1024} 1024\n")
        # Its list of the blocks 12 to 267 is zeros, and so are they.
        torn = held[:12 * 1024] + bytes(256 * 1024) + held[268 * 1024:]
        for at, more in enumerate(("", "--format raw")):
            self.ana(f"preserve image {served} --to {self.out} --name n{at} {more}")
        (self.out / "n0.E01").with_name("alone.E01").write_bytes((self.out / "n0.E01").read_bytes())
        words = "1024 bytes of the disk could not be read when its image was taken, and are zeros: names, files and parts of files may be missing, or zeros"
        for at, image in enumerate(("e1", "e2", f"{self.out}/n1.raw", f"{self.out}/alone.E01")):
            with self.subTest(image):
                said = one_line(self.ana(f"preserve read {image} --to x{at}"))
                self.assertIn(words + ". Of a file that is read out (--to) is told what of its own data that is", said)
                first, *rows = map(json.loads, (self.folder / f"x{at}" / "manifest.jsonl").read_text().splitlines())
                self.assertEqual((first["disk_unread"], first["remark"]), (1024, words))
                self.assertEqual([row["sha256"] for row in rows if row.get("path") == "/torn"], [hashlib.sha256(torn).hexdigest()])
                self.assertEqual(self.ana.json(f"preserve read {image} --to j{at}")["disk_unread"], 1024)
        self.assertIn(f"; {words}; their list, manifest.jsonl", self.chain("e1")[1][1])
        self.ana("preserve read e1 --body rows")
        self.assertTrue(self.chain("e1")[-1][1].startswith(words + "; "), self.chain("e1"))
        self.ana("preserve read e1 --path /torn --to kept --keep")
        kept = self.ana.json("preserve list")[-2:]
        self.assertEqual([item["sort"] for item in kept], ["file", "list"])
        for item in kept:
            self.assertTrue(item["remark"].endswith(words), item)
            self.assertIn(words, one_line(self.ana(f"preserve custody {item['call']}")))
        # Where nothing says which bytes those are, how many is on record.
        (self.out / "n1.map").rename(self.out / "away")
        self.ana("preserve read e2 --to y")
        first = json.loads((self.folder / "y" / "manifest.jsonl").read_text().splitlines()[0])
        self.assertEqual(first["disk_unread"], 1024)
        self.assertIn("nothing beside it says which bytes", first["remark"])
        self.assertIn("nothing beside it says which bytes", self.chain("e2")[-1][1])

    def test_a_disk_of_which_no_byte_came_is_ended_with_no_image(self):
        disk = self.served(random.Random(19).randbytes(2 * MIB))
        self.control.write_text(f"bad 0 {2 * MIB}\n")
        code, said, _ = self.timed(disk, "--to", self.out, "--name", "n", "--format", "raw")
        self.assertEqual(code, IO, said)
        for words in ("--gone", "--gone --leave-places --retries 0"):
            code, why = self.ana.fails(f"preserve image --resume im1 {words}")
            self.assertEqual(code, IO, why)
            self.assertIn("not one byte of the source was read before it was gone, so there is no image to end", one_line(why))
            self.assertIn("im1 stays as it is, and can go on", one_line(why))
        self.assertEqual(self.ana.json("preserve list"), [])
        self.assertEqual(self.ana.json("preserve images")[0]["state"], "interrupted")
        self.assertFalse((self.out / "n.txt").exists())
        self.control.write_text("")
        self.ana("preserve image --resume im1")
        self.assertEqual((self.out / "n.raw").read_bytes(), self.backing.read_bytes())

    def test_what_came_to_nothing_is_on_record_as_that(self):
        disk = self.folder / "disk"
        with open(disk, "wb") as f:
            f.truncate(8 * MIB)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", str(disk)], check=True)
        self.ana(f"preserve image {disk} --to {self.out} --name n --format raw")
        (self.folder / "there").touch()
        inside = self.case / "p"
        for words in (f"--raw {inside}", f"--body {inside}", f"--to {inside}"):
            code, why = self.ana.fails(f"preserve read e1 {words}")
            self.assertEqual(code, USAGE, why)
            self.assertIn("lies in the folder of the case", one_line(why))
        self.assertFalse(inside.exists())
        self.assertEqual(self.chain("e1"), [])
        self.ana.fails("preserve read e1 --partition 9 --raw p9")
        self.ana.fails("preserve read e1 --raw there")
        self.ana.fails("preserve read e1 --path /none --to none")
        rows = self.chain("e1")
        self.assertEqual([place for place, _ in rows], [f"to be written out as it is: partition 9, /; to {self.folder}/p9", f"to be written out as it is: /; to {self.folder}/there",
                                                        f"begun to be read out of it: /none; to {self.folder}/none", f"to be read out of it: /none; to {self.folder}/none"])
        for (_, outcome), why in zip(rows, ("failed: it has no partition 9", "failed: there exists already", "e1: its bytes were last compared", "failed: ")):
            self.assertIn(why.removeprefix("e1: "), outcome)
            self.assertEqual(outcome.startswith("failed: "), why.startswith("failed: "))
        self.ana("preserve read e1 --body rows")
        self.ana("preserve read e1 --to files")
        body, listed = (self.folder / "rows").read_bytes(), (self.folder / "files" / "manifest.jsonl").read_bytes()
        outcomes = [outcome for place, outcome in self.chain("e1")[4:] if "begun" not in place]
        outcomes = [one.split("; its bytes were last compared")[0] for one in outcomes]
        self.assertEqual(outcomes[0], f"{len(body.splitlines())} rows, {len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}")
        self.assertTrue(outcomes[-1].endswith(f"{len(listed)} bytes, SHA-256 {hashlib.sha256(listed).hexdigest()}"), outcomes[-1])
        self.assertIn("SHA-256", one_line(self.ana("preserve custody e1")))

    @needs_root
    def test_places_that_are_empty_are_not_said_to_tell_a_disk(self):
        disk = self.folder / "disk"
        with open(disk, "wb") as f:
            f.truncate(12 * MIB)
            f.seek(10 * MIB)
            f.write(random.Random(9).randbytes(2 * MIB))
        harness.hold_loops(self)
        done = subprocess.run(["losetup", "--find", "--show", "--read-only", disk], capture_output=True, text=True, check=False)
        if done.returncode:
            self.skipTest("no loop device can be made here")
        self.addCleanup(subprocess.run, ["losetup", "--detach", done.stdout.strip()], check=False)
        self.timed(done.stdout.strip(), "--to", self.out, "--name", "x", "--limit", "2", stop_after=2)
        self.ana("preserve image --resume im1")
        runs = self.ana.json("preserve images")[0]["runs"]
        self.assertRegex(runs, r"NOTHING TELLS that it is the same source: all \d+ places that could be compared hold one byte again and again")
        self.assertNotIn("known by its bytes", runs)


class During(CaseTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "images"
        self.out.mkdir()
        self.disk = self.folder / "disk"

    def during(self, act, *words):
        """Runs an image that takes two seconds, and does something to its source meanwhile."""
        job = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "image", str(self.disk), "--to", str(self.out), *words, "--limit", "4"],
                               env=self.ana.env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        end = time.monotonic() + 30
        while not (self.out / f"{words[1]}.pieces").exists() and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.3)
        act()
        said = job.communicate(timeout=60)[0].decode()
        return job.returncode, said


class Screen(During):
    """What is to be known of the source stands on the screen too, in --json, and on the form."""
    def write(self):
        with open(self.disk, "r+b") as f:
            f.write(b"CHANGED")

    def test_a_source_that_changed_is_said_to_have(self):
        self.disk.write_bytes(random.Random(31).randbytes(8 * MIB))
        code, said = self.during(self.write, "--name", "x")
        self.assertEqual(code, 0, said)
        how = "while it was read: it was written to, or its entry was changed"
        self.assertIn(f"CHANGED {how}. The image may hold parts of different moments.", one_line(said))
        told = json.loads(self.during(self.write, "--name", "y", "--json")[1])
        self.assertEqual((told["changed"], told["live"], told["unbound"], told["stated"]), (how, False, "", ""))
        said = one_line(self.ana(f"preserve image {self.disk} --to {self.out} --name still"))
        self.assertNotIn("CHANGED", said)
        self.assertNotIn("LIVE", said)

    @needs_root
    def test_a_device_that_is_written_to_or_grows_is_said_to(self):
        """By a program that opened it behind calm-image; the kernel counts in sectors of 512 bytes, and a page has eight."""
        backing = self.disk
        backing.write_bytes(random.Random(32).randbytes(8 * MIB))
        harness.hold_loops(self)
        done = subprocess.run(["losetup", "--find", "--show", backing], capture_output=True, text=True, check=False)
        if done.returncode:
            self.skipTest("no loop device can be made here")
        self.disk = pathlib.Path(done.stdout.strip())
        self.addCleanup(subprocess.run, ["losetup", "--detach", self.disk], check=False)

        def write():
            with open(self.disk, "r+b", buffering=0) as f:
                f.write(b"CHANGED")
                os.fsync(f.fileno())

        def grow():
            os.truncate(backing, 9 * MIB)
            subprocess.run(["losetup", "--set-capacity", self.disk], check=True)

        for act, name, how in ((write, "w", "8 sectors of 512 bytes were written to it"),
                               (grow, "g", f"it grew, from {8 * MIB} bytes to {9 * MIB}: what is behind the first is not taken")):
            code, said = self.during(act, "--name", name)
            self.assertEqual(code, 0, said)
            self.assertIn(f"CHANGED while it was read: {how}", one_line(said))
            self.assertIn(how, one_line((self.out / f"{name}.txt").read_text()))
            self.assertIn(how, one_line(self.ana(f"preserve custody e{len(self.ana.json('preserve list'))}")))
        said = one_line(self.ana(f"preserve image {self.disk} --to {self.out} --name still"))
        self.assertNotIn("CHANGED", said)

    @needs_root
    def test_a_source_in_use_is_said_to_be(self):
        with open(self.disk, "wb") as f:
            f.truncate(8 * MIB)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", str(self.disk)], check=True)
        at = self.folder / "at"
        at.mkdir()
        if subprocess.run(["mount", "-o", "loop", self.disk, at], capture_output=True, check=False).returncode:
            self.skipTest("nothing can be mounted here")
        try:
            said = one_line(self.ana(f"preserve image {self.disk} --to {self.out} --name x --live"))
            told = self.ana.json(f"preserve image {self.disk} --to {self.out} --name y --live")
        finally:
            subprocess.run(["umount", "--lazy", at], check=True)
        self.assertIn("LIVE: the source was in use while it was read: the image may hold parts of different moments.", said)
        self.assertIs(told["live"], True)

    def test_damage_that_costs_no_byte_is_said_too(self):
        """Both tables of the group match their checksums, and the second one says that its chunks begin elsewhere."""
        data = random.Random(33).randbytes(2 * MIB)
        self.disk.write_bytes(data)
        self.ana(f"preserve image {self.disk} --to {self.out} --name s")
        image = self.out / "s.E01"
        words = f"1 place: byte {make_tables_differ(image)}: the two tables of a group of chunks differ"
        self.assertIn(f"The files of that image are damaged at {words}", one_line(self.ana(f"preserve image {image} --to {self.out} --name x")))
        told = self.ana.json(f"preserve image {image} --to {self.out} --name y")
        self.assertTrue(told["damage"].startswith(words), told["damage"])
        self.assertEqual(told["sha256"], hashlib.sha256(data).hexdigest())
        item, done = self.ana.json("preserve list")[2], self.ana.json("preserve images")[2]
        self.assertIn(words, item["remark"])
        self.assertTrue(done["damage"].startswith(words), done["damage"])
        self.assertIn(words, one_line((self.out / "y.txt").read_text()))

    def test_an_image_that_contradicts_its_own_hashes_is_said_to(self):
        data = random.Random(32).randbytes(2 * MIB)
        self.disk.write_bytes(data)
        self.ana(f"preserve image {self.disk} --to {self.out} --name s")
        image = self.out / "s.E01"
        said = one_line(self.ana(f"preserve image {image} --to {self.out} --name sound"))
        self.assertIn("The source is an image; its own hashes: the MD5 and SHA-1 that it states are those of what was read.", said)
        text = bytearray(image.read_bytes())
        at = text.find(data[:64])
        text[at] ^= 1
        text[at + 32768:at + 32772] = zlib.adler32(bytes(text[at:at + 32768])).to_bytes(4, "little")
        image.write_bytes(text)
        read = bytes([data[0] ^ 1]) + data[1:]
        words = f"DIFFERENT: it states the MD5 {hashlib.md5(data).hexdigest()}, and what was read has {hashlib.md5(read).hexdigest()}; it states the SHA-1"
        self.assertIn(f"The source is an image, and its own hashes are {words}", one_line(self.ana(f"preserve image {image} --to {self.out} --name x")))
        self.assertTrue(self.ana.json(f"preserve image {image} --to {self.out} --name y")["stated"].startswith(words))
        item, done = self.ana.json("preserve list")[2], self.ana.json("preserve images")[2]
        self.assertTrue(item["remark"].startswith(f"THE SOURCE'S OWN HASHES ARE {words}"), item["remark"])
        self.assertTrue(done["stated"].startswith(words), done["stated"])
        form = "".join(self.ana("preserve custody e3").split())  # long sums stand in two lines
        self.assertEqual(form.count("".join(words.split())), 2)
        subprocess.run([harness.BUILD / "src" / "calm-image", image, "--to", self.out, "--name", "alone"], check=True, stdout=subprocess.DEVNULL)
        self.assertIn(words, one_line(self.ana(f"preserve image --made {self.out}/alone.txt")))


class Back(During):
    """An image that reading back finds to be another, or cannot compare, is on record as that, and comes onto the register as it was written alone."""
    def setUp(self):
        super().setUp()
        self.disk.write_bytes(random.Random(33).randbytes(8 * MIB))

    def taken_later(self, name, why):
        code, later = self.ana.fails(f"preserve image --made {self.out}/{name}.txt")
        self.assertEqual(code, TAMPERED, later)
        self.assertIn(f"{why}: the image is not as it was made, and nothing was put on record", one_line(later))
        self.assertEqual(self.ana.json("preserve list"), [])

    def test_the_pieces_were_changed_while_it_was_made(self):
        path = self.out / "x.pieces"

        def alter():
            end = time.monotonic() + 30
            while path.stat().st_size < 150 and time.monotonic() < end:  # the first line is written
                time.sleep(0.01)
            with open(path, "r+b") as f:
                f.seek(50)
                f.write(b"zz")
        code, said = self.during(alter, "--name", "x")
        self.assertEqual(code, TAMPERED, said)
        why = f"the image was read back, and must not be used as it is: {path} was changed since it was written"
        self.assertIn(f"{why}. That is on record.", one_line(said))
        image = self.ana.json("preserve images")[0]
        self.assertEqual((image["state"], image["why"]), ("failed", why))
        text = (self.out / "x.txt").read_text()
        self.assertRegex(text, rf"(?m)^the image +reading back FAILED: {path} was changed since it was written$")
        data = self.disk.read_bytes()
        lines = ["# SHA-256 of each MiB of the image, in order"] + [hashlib.sha256(data[at:at + MIB]).hexdigest() for at in range(0, 8 * MIB, MIB)]
        written = hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
        self.assertIn(f"\n  {written}  x.pieces\n", text)
        self.taken_later("x", "has another SHA-256 than its summary says")

    def test_the_image_was_replaced_while_it_was_made(self):
        def replace():
            (self.out / "x.raw").rename(self.folder / "away")
            (self.out / "x.raw").write_bytes(b"users")
        code, said = self.during(replace, "--name", "x", "--format", "raw")
        self.assertNotEqual(code, 0, said)
        why = "the image was read back, and must not be used as it is: the image does not hold as much as was read"
        self.assertIn(f"{why}. That is on record.", one_line(said))
        self.taken_later("x", "has 5 bytes, and its summary says 8388608")
        (self.folder / "away").replace(self.out / "x.raw")
        said = one_line(self.ana(f"preserve image --made {self.out}/x.txt"))
        self.assertIn("Reading it back FAILED when it was made; now all that it holds was compared with its summary.", said)
        item, image = self.ana.json("preserve list")[0], self.ana.json("preserve images")[0]
        self.assertEqual(image["state"], "taken")
        self.assertIn(f"on record as failed before: {why}; ", item["remark"])
        self.assertIn("reading back FAILED when it was made, and all of it was compared when it was put on record", item["remark"])


@needs_root
class FullCase(CaseTest):
    def test_the_medium_of_the_case_becomes_full_while_an_image_is_made(self):
        at, out, disk = self.folder / "medium", self.folder / "images", self.folder / "disk"
        at.mkdir()
        out.mkdir()
        disk.write_bytes(random.Random(34).randbytes(8 * MIB))
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", at], capture_output=True, check=False).returncode:
            self.skipTest("nothing can be mounted here")
        try:
            self.on(at, out, disk)
        finally:
            subprocess.run(["umount", "--lazy", at], check=True)

    def on(self, at, out, disk):
        def calm(*words):
            return subprocess.Popen([CALM, *([] if words[0] == "open" else ["--case", str(at / "m.calm")]), *map(str, words)], env=self.ana.env, cwd=self.folder, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        def done(job, code):
            said = job.communicate(timeout=60)[0].decode()
            self.assertEqual(job.returncode, code, said)
            return said
        done(calm("open", at / "m.calm"), 0)
        done(calm("assess", "system", "web1"), 0)
        job = calm("preserve", "image", disk, "--to", out, "--name", "x", "--system", "web1", "--limit", "4")
        end = time.monotonic() + 30
        while not (out / "x.pieces").exists() and time.monotonic() < end:
            time.sleep(0.01)
        with open(at / "fill", "wb", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(4096))
            except OSError:
                pass
        said = one_line(done(job, FULL))
        self.assertIn("im1 is whole, but that is not on record: ", said)
        self.assertIn(f"once the case can be written again: calm preserve image --made {out}/x.txt", said)
        (at / "fill").unlink()
        done(calm("preserve", "image", "--made", out / "x.txt"), 0)
        image, item = (json.loads(done(calm("preserve", what, "--json"), 0))[0] for what in ("images", "list"))
        self.assertEqual(image["state"], "taken")
        self.assertTrue(image["program"].endswith(", begun in this case, and taken into it later by its summary"), image["program"])
        self.assertTrue(image["options"].startswith("format e01, limit 4, retries 2, patience 5 min; by its summary: E01, packed fast"), image["options"])
        self.assertTrue(item["remark"].startswith("begun in this case, and taken into it later, and what is said of its source is what its summary says; "))


if __name__ == "__main__":
    harness.main()
