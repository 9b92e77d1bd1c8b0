"""test_image_again.py: an image that did not end at once: it stays one that can go on, from another folder too; what each run found stays with it; and one
that was made or finished without the case comes onto its register as an image."""
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import unittest

import harness
from harness import BUILD, CALM, CaseTest, one_line

USAGE, NOT_FOUND, CONFLICT, TAMPER, FORMAT = 2, 3, 6, 8, 7
MIB = 1 << 20
IMAGER = BUILD / "src" / "calm-image"
needs_root = unittest.skipUnless(os.geteuid() == 0, "loop devices and mounts need root")


class Again(CaseTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "images"
        self.out.mkdir()
        self.data = random.Random(7).randbytes(5 * MIB) + b"an odd end"
        self.sums = {name: hashlib.new(name, self.data).hexdigest() for name in ("md5", "sha1", "sha256")}
        self.disk = self.folder / "disk.raw"
        self.disk.write_bytes(self.data)

    def alone(self, *words, code=0):
        done = subprocess.run([IMAGER, *words], cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)

    def stopped(self, *words, source=None):
        """An image in the case that somebody stopped with Ctrl-C."""
        job = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "image", str(source or self.disk), "--to", str(self.out), "--limit", "2", *words], env=self.ana.env, cwd=self.folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        end = time.time() + 30
        while not list(self.out.glob("*.part")) and time.time() < end:
            time.sleep(0.05)
        time.sleep(1)
        os.killpg(job.pid, signal.SIGINT)
        _, why = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 13, why)

    def state(self, at=0):
        one = self.ana.json("preserve images")[at]
        return one["state"], one.get("resume", "")

    def is_taken(self, item=0):
        one = self.ana.json("preserve list")[item]
        self.assertEqual({name: one[f"source-{name}"] for name in self.sums}, self.sums)
        return one

    def test_a_failed_try_to_go_on_ends_nothing(self):
        self.stopped()
        begun = self.state()
        self.assertEqual(begun[0], "interrupted")
        self.assertRegex(one_line(self.ana("preserve images")), r"began: 20\d\d-\d\d-\d\d ")
        self.assertNotIn("bound:", self.ana("preserve images"))  # for calm alone
        self.assertTrue(self.ana.json("preserve images")[0]["bound"])
        self.ana("assess system web1")
        self.ana("preserve hold web1 --backup offline --rotation suspended")
        page = self.ana.json("preserve")  # whoever takes the next shift sees it, here and on the first screen
        self.assertIn("the rest of im1, an image that was interrupted", page["missing"])
        self.assertEqual(page["next"], "calm preserve image --resume im1")
        self.assertRegex(one_line(self.ana("")), r"Under way .*preserve \(1 image not ended\)")
        records = self.ana("log --full")
        away = self.folder / "away"
        self.out.rename(away)
        code, why = self.ana.fails("preserve image --resume im1")
        self.assertEqual(code, NOT_FOUND)
        self.assertIn("im1 stays as it is", one_line(why))
        self.assertIn("--to FOLDER", one_line(why))
        away.rename(self.out)
        gone = self.folder / "gone"
        self.disk.rename(gone)
        self.assertEqual(self.ana.fails("preserve image --resume im1")[0], NOT_FOUND)
        gone.rename(self.disk)
        other = self.folder / "other"
        shutil.copyfile(self.disk, other)
        self.assertEqual(self.ana.fails(f"preserve image {other} --resume im1")[0], CONFLICT)
        self.assertEqual(self.state(), begun)
        self.assertEqual(self.ana("log --full"), records)
        self.assertIn("stopped", self.ana.json("preserve images")[0]["why"])
        self.ana("preserve image --resume im1")
        self.is_taken()
        self.assertFalse(self.ana.json("preserve images")[0].get("why"))
        self.assertNotIn("im1", self.ana.json("preserve")["missing"])
        path, = self.out.glob("*.E01")
        moved = path.rename(self.folder / "moved")
        self.assertEqual(self.ana.fails("preserve verify")[0], NOT_FOUND)
        self.assertIn("all of e1: it was not found where it is kept", self.ana.json("preserve")["missing"])
        self.assertIn("not all there", self.ana("preserve list"))
        path.write_bytes(moved.read_bytes() + b"x")
        self.ana.fails("preserve verify")
        self.assertIn("e1 as it was taken: it was found altered", self.ana.json("preserve")["missing"])
        self.assertIn("NOT AS TAKEN", self.ana("preserve list"))
        self.assertRegex(one_line(self.ana("")), r"Under way .*preserve \(1 item, 1 not as taken\)")
        path.write_bytes(moved.read_bytes())
        self.ana("preserve verify")
        self.assertEqual(self.ana.json("preserve")["missing"], "")

    def test_what_is_mounted_elsewhere_goes_on_there(self):
        self.stopped()
        moved = self.folder / "moved"
        self.out.rename(moved)
        self.ana(f"preserve image --resume im1 --to {moved}")
        self.assertEqual(self.is_taken()["place"], str(moved))
        self.assertEqual(self.ana.json("preserve images")[0]["place"], str(moved))
        self.ana("preserve verify e1")

    def test_an_option_that_would_be_passed_over_is_refused(self):
        self.stopped()
        for words in ("--name other", "--format raw", "--format e01", "--segment 2MiB", "--small", "--title x", "--system web1"):
            self.ana("assess system web1") if "web1" in words else None
            code, why = self.ana.fails(f"preserve image --resume im1 {words}")
            self.assertEqual(code, USAGE, why)
            self.assertIn(f"leave {words.split()[0]} out", one_line(why))
        self.assertEqual(self.state()[0], "interrupted")

    def test_a_target_that_is_gone_before_reading_back_is_no_end(self):
        if os.geteuid() != 0:
            self.skipTest("mounting needs root")
        target = self.folder / "target"
        target.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(target)], capture_output=True, check=False).returncode:
            self.skipTest("nothing can be mounted here")
        try:
            job = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "image", str(self.disk), "--to", str(target), "--limit", "2"], env=self.ana.env, cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            end = time.time() + 30
            while not (list(target.glob("*.part")) and list(target.glob("*.E01"))) and time.time() < end:
                time.sleep(0.02)
            subprocess.run(["mount", "--move", str(target), str(self.out)], check=True)
            self.assertNotEqual(job.wait(timeout=60), 0)
            self.assertEqual(self.state()[0], "interrupted")
            self.ana(f"preserve image --resume im1 --to {self.out}")
            self.is_taken()
        finally:
            subprocess.run(["umount", "-l", str(target)], capture_output=True, check=False)
            subprocess.run(["umount", "-l", str(self.out)], capture_output=True, check=False)

    def test_nothing_is_begun_of_what_is_refused(self):
        (self.folder / "file").write_bytes(b"x")
        (self.case / "images").mkdir()
        before = self.ana("log --full")
        self.assertEqual(self.ana.fails(f"preserve image {self.disk} --to {self.folder}/file")[0], USAGE)
        for place in (self.case, self.case / "images"):
            code, why = self.ana.fails(f"preserve image {self.disk} --to {place}")
            self.assertEqual(code, USAGE)
            self.assertIn("lies in the folder of the case", one_line(why))
        (self.out / "n.E01").write_bytes(b"another")
        self.assertEqual(self.ana.fails(f"preserve image {self.disk} --to {self.out} --name n")[0], USAGE)
        self.assertEqual(self.ana("log --full"), before)
        self.assertEqual(self.ana.json("preserve images"), [])
        self.assertEqual([p.name for p in self.out.iterdir()], ["n.E01"])

    def test_when_it_was_read_back_is_on_record_and_in_the_summary(self):
        self.ana(f"preserve image {self.disk} --to {self.out} --name n")
        one = self.ana.json("preserve images")[0]
        self.assertLessEqual(one["began"], one["ended"])
        self.assertLessEqual(one["ended"], one["back-began"])
        self.assertLessEqual(one["back-began"], one["back-ended"])
        text = (self.out / "n.txt").read_text()
        for word, field in (("from", "back-began"), ("to", "back-ended")):
            self.assertRegex(text, rf"(?m)^  {word} +{one[field][:10]} {one[field][11:19]} UTC$")
        form = one_line(self.ana("preserve custody e1"))
        for said, field in (("Begun", "began"), ("Ended", "ended"), ("Read back from", "back-began"), ("Read back to", "back-ended")):
            self.assertIn(f"{said} {one[field][:10]} {one[field][11:19]} UTC", form)

    def device(self):
        harness.hold_loops(self)
        done = subprocess.run(["losetup", "--find", "--show", str(self.disk)], capture_output=True, text=True, check=False)
        if done.returncode:
            self.skipTest("no loop device can be made here")
        self.addCleanup(subprocess.run, ["losetup", "-d", done.stdout.strip()], check=False)
        return done.stdout.strip()

    def with_system(self):
        """A disk with a file system, so that it can be mounted."""
        self.disk.unlink()
        with open(self.disk, "wb") as f:
            f.truncate(8 * MIB)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", str(self.disk)], check=True)
        return self.device()

    def mount(self, device):
        place = self.folder / "mounted"
        place.mkdir(exist_ok=True)
        if subprocess.run(["mount", device, str(place)], capture_output=True, check=False).returncode:
            self.skipTest("nothing can be mounted here")
        return place

    @needs_root
    def test_live_is_not_forgotten_when_it_goes_on(self):
        device = self.with_system()
        place = self.mount(device)
        self.stopped("--live", "--name", "n", source=device)
        harness.unmount(place, device)
        self.ana("preserve image --resume im1")
        self.assertEqual(self.ana.json("preserve images")[0]["live"], "yes")
        for text in (self.ana.json("preserve list")[0]["remark"], one_line(self.ana("preserve custody e1")), (self.out / "n.txt").read_text()):
            self.assertIn("LIVE", text)
            self.assertEqual(text.count("Run 2, from "), 1, text)
            self.assertIn("not in use, before it was", text)

    @needs_root
    def test_one_that_was_mounted_between_two_runs_is_another(self):
        device = self.with_system()
        self.stopped("--name", "n", source=device)
        place = self.mount(device)
        (place / "changed").write_bytes(b"x" * 5000)
        harness.unmount(place, device)
        self.assertEqual(self.ana.fails("preserve image --resume im1")[0], CONFLICT)  # its superblock says so
        self.assertEqual(self.state()[0], "interrupted")

    @needs_root
    def test_what_was_written_between_two_runs_is_told(self):
        device = self.with_system()
        self.stopped("--name", "n", source=device)
        with open(device, "r+b", buffering=0) as f:
            f.seek(5 * MIB)
            f.write(b"x" * 4096)
            os.fsync(f.fileno())
        self.ana("preserve image --resume im1")
        for text in (self.ana.json("preserve list")[0]["remark"], one_line(self.ana("preserve custody e1")), (self.out / "n.txt").read_text()):
            self.assertIn("it WAS WRITTEN TO since the run before began", text)

    @needs_root
    def test_one_that_nobody_touched_between_two_runs_is_told_so(self):
        device = self.with_system()
        self.stopped("--name", "n", source=device)
        self.ana("preserve image --resume im1")
        remark = self.ana.json("preserve list")[0]["remark"]
        self.assertIn("it was not written to since the run before began", remark)
        self.assertNotIn("LIVE", remark)

    def test_a_disk_that_never_comes_back_is_ended_with_what_was_read_of_it(self):
        self.stopped("--name", "n")
        done = int(re.search(r"(?m)^done (\d+)$", (self.out / "n.part").read_text())[1])
        self.assertTrue(0 < done < len(self.data))
        self.disk.unlink()
        self.assertEqual(self.ana.fails("preserve image --resume im1")[0], 3)
        self.assertEqual(self.state()[0], "interrupted")
        self.ana("preserve image --resume im1 --accept-end")
        self.assertEqual(self.state()[0], "taken")
        item = self.ana.json("preserve list")[0]
        self.assertEqual(item["source-sha256"], hashlib.sha256(self.data[:done] + bytes(len(self.data) - done)).hexdigest())
        self.is_left(item, done)
        self.assertIn("It was not there any more when the image was ended", self.ana.json("preserve images")[0]["remark"])

    def test_one_whose_name_another_has_is_ended_by_a_word_more(self):
        self.stopped("--name", "n")
        done = int(re.search(r"(?m)^done (\d+)$", (self.out / "n.part").read_text())[1])
        self.disk.rename(self.folder / "away")
        self.disk.write_bytes(bytes(len(self.data)))
        code, said = self.ana.fails("preserve image --resume im1 --accept-end")[:2]
        self.assertEqual(code, 6)
        self.assertIn("it is ended with --gone", one_line(said))
        self.assertEqual(self.ana.fails(f"preserve image {self.folder / 'dick'} --resume im1 --accept-end")[0], 3)
        self.assertEqual(self.ana.fails(f"preserve image {self.disk} --resume im1 --gone")[0], 2)
        self.assertEqual(self.ana.fails(f"preserve image {self.disk} --to {self.out} --gone")[0], 2)
        self.assertEqual(self.state()[0], "interrupted")
        self.ana("preserve image --resume im1 --gone")
        self.assertEqual(self.state()[0], "taken")
        item = self.ana.json("preserve list")[0]
        self.assertEqual(item["source-sha256"], hashlib.sha256(self.data[:done] + bytes(len(self.data) - done)).hexdigest())
        self.is_left(item, done)

    def is_left(self, item, done):
        """What nobody asked for is told apart from what could not be read, wherever that is told."""
        left = len(self.data) - done
        run = f"{done // 512} to {(len(self.data) - 1) // 512}"
        self.assertEqual((item["bad"], item["left"], item["left-sectors"]), ("0", str(left), run))
        self.assertIn(f"0 bytes could not be read; {left} bytes were left unread, so whether they can be read is not known, since the source was gone", item["remark"])
        text = (self.out / "n.txt").read_text()
        self.assertRegex(text, r"(?m)^not readable +0 bytes, zeros in the image\nleft unread +%d bytes, whether they can be read is not known, zeros in the image\n  sectors +%s$" % (left, run))
        self.assertEqual([line.split()[1:] for line in (self.out / "n.map").read_text().splitlines() if line.startswith("0x")][1:],
                         [[f"0x{done:08X}", "+"], [f"0x{left:08X}", "?"]])
        form = self.ana("preserve custody e1")
        self.assertRegex(form, r"Left unread +[0-9.]+ MB \(%d bytes\)" % left)
        self.assertRegex(form, r"Sectors left +%s" % run)
        self.ana("report draft --file rep")
        self.assertRegex((self.folder / "rep" / "REPORT.md").read_text(), "[0-9.]+ MB left unread")
        self.ana("preserve verify e1")
        other = harness.Person("ben", self.folder, None)
        other(f"open {self.folder}/other.calm")
        other.case = self.folder / "other.calm"
        other(f"preserve image --made {self.out / 'n.txt'}")
        self.assertEqual([other.json("preserve list")[0][name] for name in ("bad", "left", "left-sectors")], ["0", str(left), run])

    def test_the_name_of_its_last_run_is_the_one_that_counts(self):
        self.stopped("--name", "n")
        renamed = self.disk.rename(self.folder / "renamed")
        job = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "image", str(renamed), "--resume", "im1", "--limit", "2"],
                               env=self.ana.env, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.time() + 30
        while f"source {renamed}\n" not in (self.out / "n.part").read_text() and time.time() < end:
            time.sleep(0.05)
        job.terminate()
        job.wait(timeout=30)
        self.assertEqual(self.state()[0], "interrupted")
        renamed.unlink()
        self.ana("preserve image --resume im1 --accept-end")
        self.assertEqual(self.ana.json("preserve images")[0]["source"], str(renamed))

    def test_a_file_that_changes_while_it_is_read_is_marked_on_record(self):
        job = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "image", str(self.disk), "--to", str(self.out), "--limit", "2", "--name", "n"],
                               env=self.ana.env, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = time.time() + 30
        while not list(self.out.glob("*.part")) and time.time() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        with open(self.disk, "r+b") as f:
            f.write(b"CHANGED")
        why = job.communicate(timeout=60)[1]
        self.assertEqual(job.returncode, 0, why)
        self.assertIn("CHANGED while it was read: it was written to", self.ana.json("preserve list")[0]["remark"])
        self.assertIn("CHANGED while it was read: it was written to", one_line(self.ana("preserve custody e1")))

    def made(self, *more):
        self.alone("disk.raw", "--to", "images", "--name", "web1", *more)
        return self.out / "web1.txt"

    def test_an_image_that_was_made_alone_comes_onto_the_register(self):
        summary = self.made("--segment", "2MiB", "--description", "the disk of web1")
        before = {p.name: p.read_bytes() for p in self.out.iterdir()}
        self.ana("assess system web1")
        said = self.ana(f"preserve image --made {summary} --system web1")
        self.assertIn(self.sums["sha256"], said)
        item = self.is_taken()
        self.assertEqual((item["sort"], item["title"], item["place"], item["path"]), ("image", "disk image: the disk of web1", str(self.out), str(self.disk)))
        self.assertIn("made outside of this case", item["remark"])
        self.assertIn("read back and compared", item["remark"])
        self.assertEqual([line.rsplit(" ", 2) for line in item["files"].splitlines()],
                         [[name, str(len(before[name])), hashlib.sha256(before[name]).hexdigest()] for name in
                          ("web1.E01", "web1.E02", "web1.E03", "web1.map", "web1.pieces", "web1.txt")])
        padded = self.data + bytes(-len(self.data) % 512)
        self.assertEqual((item["image-sha256"], int(item["image-size"])), (hashlib.sha256(padded).hexdigest(), len(padded)))
        image = self.ana.json("preserve images")[0]
        self.assertEqual((image["state"], image["made"], int(image["size"])), ("taken", str(summary), len(self.data)))
        self.assertRegex(image["program"], r"^calm-image [0-9.]+.*, without the case$")
        self.assertEqual(image["began"][:10], time.strftime("%Y-%m-%d", time.gmtime()))
        self.assertIn("libewf reads the same", one_line(self.ana("preserve verify e1")))
        self.assertIn("made outside of this case", one_line(self.ana("preserve custody e1")))
        self.ana("preserve read e1")
        self.ana("preserve export p.age e1 --because x --to y --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")
        self.assertEqual({p.name: p.read_bytes() for p in self.out.iterdir()}, before)
        code, why = self.ana.fails(f"preserve image --made {summary}")
        self.assertEqual(code, USAGE)
        self.assertIn("on the register already: e1", one_line(why))

    def test_what_was_begun_in_the_case_and_finished_alone_ends_in_it(self):
        self.stopped("--title", "the disk", "--name", "n")
        self.alone("--resume", "images/n.part")
        code, why = self.ana.fails("preserve image --resume im1")
        self.assertEqual(code, NOT_FOUND)
        self.assertIn(f"calm preserve image --made {self.out}/n.txt", one_line(why))
        self.ana(f"preserve image --made {self.out}/n.txt")
        images = self.ana.json("preserve images")
        self.assertEqual([one["state"] for one in images], ["taken"])
        self.assertEqual(self.is_taken()["title"], "disk image: the disk")
        self.assertEqual(self.ana.fails("preserve image --resume im1")[0], USAGE)

    def test_files_of_it_in_another_folder_are_named(self):
        summary = self.made("--format", "split", "--segment", "2MiB")
        other = self.folder / "other"
        other.mkdir()
        (self.out / "web1.002").rename(other / "web1.002")
        code, why = self.ana.fails(f"preserve image --made {summary}")
        self.assertEqual(code, NOT_FOUND)
        self.assertIn("web1.002 does not lie beside the summary", one_line(why))
        self.assertEqual(self.ana.json("preserve list"), [])
        self.ana(f"preserve image --made {summary} --also {other}")
        self.assertIn(f"{other}/web1.002 ", self.is_taken()["files"])
        self.ana("preserve verify e1")

    def test_one_that_is_not_as_its_summary_says_is_not_taken(self):
        summary = self.made("--format", "raw")
        text = summary.read_text()
        raw = self.out / "web1.raw"
        was = raw.read_bytes()
        raw.write_bytes(b"X" + was[1:] if was[:1] != b"X" else b"Y" + was[1:])
        now = raw.read_bytes()
        code, why = self.ana.fails(f"preserve image --made {summary}")
        self.assertEqual((code, "another SHA-256 than its summary says" in one_line(why)), (TAMPER, True), why)
        # The sum of the file is forged, too: what it holds is not what was read.
        summary.write_text(text.replace(f"  {hashlib.sha256(was).hexdigest()}  web1.raw", f"  {hashlib.sha256(now).hexdigest()}  web1.raw"))
        code, why = self.ana.fails(f"preserve image --made {summary}")
        self.assertEqual((code, "what the image holds is not what its summary says" in one_line(why)), (TAMPER, True), why)
        raw.write_bytes(was[:-1])
        summary.write_text(text)
        self.assertEqual(self.ana.fails(f"preserve image --made {summary}")[0], TAMPER)
        self.assertEqual(self.ana.json("preserve list"), [])
        self.assertEqual(self.ana.json("preserve images"), [])

    def test_a_summary_that_calm_image_did_not_write_is_refused(self):
        summary = self.made()
        text = summary.read_text()
        cases = {"another": "an essay\n" + text, "empty": "", "no first line": text.split("\n", 1)[1], "cut": text[:len(text) // 2], "a control character": text.replace("not readable", "not\033[31m readable"),
                 "twice": re.sub(r"(?m)^(not readable.*)$", r"\1\n\1", text), "no hash": re.sub(r"(?m)^  SHA-1 .*\n", "", text), "a path": text.replace("  web1.E01", "  ../web1.E01"),
                 "a folder's file": text.replace("  web1.E01", "  disk.raw"), "no number": re.sub(r"(?m)^(  bytes  +)\d+$", r"\1many", text), "no time": re.sub(r"(?m)^(ended +)\d{4}", r"\1yyyy", text)}
        for name, forged in cases.items():
            with self.subTest(name):
                self.assertTrue(name == "empty" or forged != text)
                summary.write_text(forged)
                self.assertEqual(self.ana.fails(f"preserve image --made {summary}")[0], FORMAT)
        summary.write_bytes(b"\xff\xfe" + text.encode())
        self.assertEqual(self.ana.fails(f"preserve image --made {summary}")[0], FORMAT)
        self.assertEqual(self.ana.fails(f"preserve image --made {self.out}/web1.E01")[0], USAGE)
        self.assertEqual(self.ana.fails(f"preserve image --made {self.out}/none.txt")[0], NOT_FOUND)
        self.assertEqual(self.ana.json("preserve list"), [])
        summary.write_text(text)
        self.ana(f"preserve image --made {summary}")

    def acts(self):
        return [(one["act"], one.get("place", "")) for one in self.ana.json("preserve custody e1")["chain"]]

    def test_each_look_at_an_image_is_a_line_of_its_chain_and_reading_out_one_before(self):
        self.disk.unlink()
        with open(self.disk, "wb") as f:
            f.truncate(8 * MIB)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", str(self.disk)], check=True)
        self.ana(f"preserve image {self.disk} --to {self.out} --name n --format raw")
        host = os.uname().nodename
        looks = (("preserve read e1", f"looked at: partitions and file systems on {host}"), ("preserve read e1 --list", f"files listed: / on {host}"),
                 ("preserve read e1 --deleted", f"files listed: /, deleted files on {host}"), ("preserve read e1 --path /lost+found", f"files listed: /lost+found on {host}"),
                 ("preserve read e1 --body b.txt", f"files listed: /; to {self.folder}/b.txt on {host}"), ("preserve read e1 --to read", f"read out of it: /; to {self.folder}/read on {host}"))
        rows = []
        for line, place in looks:
            self.ana(line)
            begun = {"--to": [f"begun to be {place}"], "--body": [place.replace("files listed", "files begun to be listed")]}
            rows += [("examined", words) for option, more in begun.items() for words in more if option in line] + [("examined", place)]
            self.assertEqual(self.acts()[1:], rows)
        self.ana(f"preserve read {self.out}/n.raw --list")  # a file is no item
        self.assertEqual(self.acts()[1:], rows)
        # One partition of Linux from sector 64 on, 1024 sectors, and nothing in it: which file system is to be listed cannot be found.
        self.disk.write_bytes(bytes(446) + bytes([0, 0, 0, 0, 0x83, 0, 0, 0]) + (64).to_bytes(4, "little") + (1024).to_bytes(4, "little") + bytes(48) + b"\x55\xaa" + bytes(MIB))
        self.ana(f"preserve image {self.disk} --to {self.out} --name zeros --format raw")
        self.ana.fails("preserve read e2 --list")
        self.assertEqual([one["place"] for one in self.ana.json("preserve custody e2")["chain"][1:]], [f"looked at: file systems on {host}"])

    def test_the_hash_on_the_screen_is_that_of_the_list_and_says_of_what_it_is(self):
        said = self.ana(f"preserve image {self.disk} --to {self.out} --name n")
        padded = hashlib.sha256(self.data + bytes(-len(self.data) % 512)).hexdigest()
        self.assertRegex(said, rf"of the source as it was read[^\n]*\n(?:  .*\n)*  SHA-256 {self.sums['sha256']}\n")
        self.assertRegex(said, rf"as stored, the last sector filled up with zeros[^\n]*\n(?:  .*\n)*  SHA-256 {padded}\n")
        listed = self.ana("preserve list")
        self.assertIn(self.sums["sha256"][:12], listed)
        self.assertNotIn(padded[:12], listed)
        self.assertIn("of a disk image: of its source as it was read", one_line(listed))

    def test_what_lies_beside_goes_with_it_and_a_forged_map_is_found(self):
        if not shutil.which("age-keygen"):
            self.skipTest("age is not here")
        key = self.folder / "key.txt"
        subprocess.run(["age-keygen", "-o", str(key)], capture_output=True, check=True)
        recipient = re.search(r"age1\w+", key.read_text()).group()
        code, why = self.ana.fails(f"preserve image {self.disk} --to {self.out} --name n --format raw --small")
        self.assertEqual((code, "a raw image is not packed" in one_line(why)), (2, True))
        self.assertEqual(self.ana.json("preserve images"), [])
        self.ana(f"preserve image {self.disk} --to {self.out} --name n --format raw --limit 900.5")  # of MB
        self.ana(f"preserve export p.age e1 --because x --to y --recipient {recipient}")
        self.ana(f"preserve open p.age --to opened --identity {key}")
        opened = self.folder / "opened" / "evidence" / "e1"
        self.assertEqual({p.name: p.read_bytes() for p in opened.iterdir()}, {p.name: p.read_bytes() for p in self.out.iterdir()})
        self.assertEqual(sorted(p.name for p in opened.iterdir()), ["n.map", "n.pieces", "n.raw", "n.txt"])
        with open(self.out / "n.map", "r+b") as f:
            f.seek(2)
            f.write(b"X")
        done = self.ana.run("preserve", "verify", "e1")
        self.assertEqual(done.returncode, TAMPER)
        self.assertIn("n.map, which lies beside it, is not as it was written", one_line(done.stdout.decode()))

    def test_the_form_says_which_sectors_are_missing_and_what_was_read(self):
        self.alone("disk.raw", "--to", "images", "--name", "src")
        e01 = self.out / "src.E01"
        written = bytearray(e01.read_bytes())
        # Random bytes are not packed: chunk 10 of 64 sectors stands in the file as it is.
        written[written.index(self.data[10 * 32768:10 * 32768 + 64]) + 100] ^= 1
        e01.write_bytes(written)
        self.ana(f"preserve image {e01} --to {self.out} --name n")
        item = self.ana.json("preserve list")[0]
        self.assertEqual((int(item["bad"]), item["bad-sectors"]), (32768, "640 to 703"))
        form = one_line(self.ana("preserve custody e1"))
        self.assertIn("Not readable 33 kB (32768 bytes)", form)
        self.assertIn("Sectors of it 640 to 703", form)
        self.assertIn(f"Source {e01}", form)
        self.assertIn("Sectors 512 bytes, physically unknown", form)
        (self.out / "n.E01").rename(self.folder / "n.E01")
        self.alone("images/src.E01", "--to", "images", "--name", "m")
        self.ana(f"preserve image --made {self.out}/m.txt")
        self.assertEqual(self.ana.json("preserve list")[1]["bad-sectors"], "640 to 703")

    def test_made_takes_no_order_for_making(self):
        summary = self.made()
        for words in (f"--to {self.out}", "--format raw", "--live", "--name x", "--limit 5"):
            self.assertEqual(self.ana.fails(f"preserve image --made {summary} {words}")[0], USAGE)
        self.assertEqual(self.ana.json("preserve images"), [])


if __name__ == "__main__":
    harness.main()
