"""test_image_case.py: disk images in a case: on record before they begin and when they end, refused where they would do harm, gone on with."""
import hashlib
import os
import pathlib
import pty
import random
import re
import shlex
import shutil
import signal
import subprocess
import time

import harness
from harness import CALM, CaseTest, one_line

USAGE, NOT_FOUND, CONFLICT, FULL, CANCEL = 2, 3, 6, 12, 13
MIB = 1 << 20


def digests(data):
    return {name: hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256")}


class Image(CaseTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "images"
        self.out.mkdir()
        self.data = random.Random(5).randbytes(3 * MIB) + bytes(2 * MIB) + b"the end of it"
        self.disk = self.folder / "disk.raw"
        self.disk.write_bytes(self.data)
        self.ana("assess system web1")

    def image(self, more="", to=None):
        return self.ana(f"preserve image {self.disk} --to {to or self.out} --system web1 {more}")

    def test_what_was_read_from_what_stands_on_the_register(self):
        said = self.image('--title "the disk of web1"')
        item = self.ana.json("preserve list")[0]
        wanted = digests(self.data)
        self.assertEqual((item["title"], item["sort"], int(item["size"]), item["path"], item["place"]),
                         ("disk image: the disk of web1", "image", len(self.data), str(self.disk), str(self.out)))
        for name, value in wanted.items():
            self.assertEqual(item[f"source-{name}"], value)
            self.assertIn(value, said)
        padded = self.data + bytes(-len(self.data) % 512)
        self.assertEqual(int(item["image-size"]), len(padded))
        for name, value in digests(padded).items():
            self.assertEqual(item[f"image-{name}"], value)
        self.assertEqual(int(item["bad"]), 0)
        name, size, sha256 = item["files"].splitlines()[0].rsplit(" ", 2)
        self.assertEqual(name, "web1-disk.raw.E01")
        written = (self.out / name).read_bytes()
        self.assertEqual((int(size), sha256), (len(written), hashlib.sha256(written).hexdigest()))
        self.assertEqual(sorted(p.name for p in self.out.iterdir()), ["web1-disk.raw.E01", "web1-disk.raw.map", "web1-disk.raw.pieces", "web1-disk.raw.txt"])
        done = self.ana.json("preserve images")[0]
        self.assertEqual((done["state"], done["evidence"], int(done["size"])), ("taken", item["id"], len(self.data)))
        self.assertIn("read back and compared", item["remark"])
        self.assertTrue(done["program"].startswith("calm "))
        form = "".join(self.ana("preserve custody e1").split())  # long sums stand in two lines
        for value in wanted.values():
            self.assertIn(value, form)
        self.assertIn("web1-disk.raw.E01", form)

    def test_libewf_reads_it_and_finds_the_case_in_its_header(self):
        self.image('--title "die Platte von Jürgen"')
        shown = subprocess.run(["ewfinfo", str(self.out / "web1-disk.raw.E01")], capture_output=True, text=True, check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}).stdout
        words = one_line(shown)
        self.assertIn("Description: die Platte von Jürgen", words)
        self.assertIn("Examiner name: ana", words)
        self.assertIn("Evidence number: im1", words)
        self.assertIn("File format: EnCase 6", words)
        padded = self.data + bytes(-len(self.data) % 512)
        self.assertIn(f"MD5: {digests(padded)['md5']}", words)
        self.assertIn(f"SHA1: {digests(padded)['sha1']}", words)

    def test_raw_and_parts_hold_the_bytes_as_they_are(self):
        self.image("--format raw --name whole")
        self.assertEqual((self.out / "whole.raw").read_bytes(), self.data)
        self.image("--format split --segment 2MiB --name parts")
        parts = sorted(self.out.glob("parts.0*"))
        self.assertEqual([p.name for p in parts], ["parts.001", "parts.002", "parts.003"])
        self.assertEqual(b"".join(p.read_bytes() for p in parts), self.data)
        items = self.ana.json("preserve list")
        self.assertEqual([line.rsplit(" ", 2)[0] for line in items[1]["files"].splitlines()],
                         ["parts.001", "parts.002", "parts.003", "parts.map", "parts.pieces", "parts.txt"])
        for item in items:
            self.assertEqual((item["source-sha256"], item["image-sha256"]), (digests(self.data)["sha256"],) * 2)

    def test_no_image_has_more_files_than_a_record_can_name(self):
        with open(self.disk, "wb") as f:
            f.truncate(1200 * MIB)
        before = self.ana("log --full")
        far = self.folder / ("f" * 200)
        far.mkdir()
        rooms = []
        for words in ("--format split --segment 1MiB --name s", "--format split --segment 1MiB --name " + "s" * 200, f"--segment 2MiB --name s --also {far}"):
            code, why = self.ana.fails(f"preserve image {self.disk} --to {self.out} {words}")
            self.assertEqual(code, USAGE, why)
            told = re.search(r"could name (\d+): give --segment (\d+)MiB at least", one_line(why))
            room, least = int(told[1]), int(told[2])
            self.assertGreaterEqual(room * least, 1200, why)
            self.assertLess(room * (least - 1), 1200 * 512 // 511, why)
            rooms.append(room)
        self.assertEqual(self.ana("log --full"), before)
        self.assertEqual(list(self.out.iterdir()), [])
        with open(self.disk, "wb") as f:
            f.truncate(rooms[1] * MIB)
        self.image("--format split --segment 1MiB --name " + "s" * 200)
        files = self.ana.json("preserve list")[0]["files"].splitlines()
        self.assertEqual(len(files), rooms[1] + 3)
        self.assertLess(len("\n".join(files)), 65536)
        self.assertGreater(rooms[1] + 1, 65536 // max(len(f) + len(str(self.out)) + 20 for f in files) - 3)  # not far too few

    def test_what_cannot_be_an_image_is_refused_in_a_sentence_and_leaves_no_record(self):
        empty, fifo = self.folder / "empty", self.folder / "fifo"
        empty.touch()
        os.mkfifo(fifo)
        before = self.ana("log --full")
        for source, code, words in ((empty, USAGE, "is empty"), (fifo, USAGE, "a FIFO"), (self.folder, USAGE, "a folder"), ("/dev/null", USAGE, "a character device"),
                                    (self.folder / "none", NOT_FOUND, "none")):
            failed, why = self.ana.fails(f"preserve image {source} --to {self.out}")
            self.assertEqual(failed, code, why)
            self.assertIn(words, one_line(why))
        self.assertEqual(self.ana.fails(f"preserve image {self.disk}")[0], USAGE)
        self.assertEqual(self.ana.fails(f"preserve image {self.disk} --to {self.folder}/nowhere")[0], NOT_FOUND)
        self.assertIn("a segment file has 2 MiB at least", self.ana.fails(f"preserve image {self.disk} --to {self.out} --segment 1MiB")[1])
        with open(empty, "wb") as f:
            f.truncate(129 << 40)
        self.assertIn("an E01 holds 128 TiB at most", self.ana.fails(f"preserve image {empty} --to {self.out}")[1])
        for title in ("", " "):
            self.assertIn("a title has words", one_line(self.ana.fails(f"preserve image {self.disk} --to {self.out} --title", title)[1]))
        self.assertEqual(self.ana("log --full"), before)
        self.assertEqual(list(self.out.iterdir()), [])

    def test_nothing_is_written_over(self):
        self.image()
        files = {p.name: p.read_bytes() for p in self.out.iterdir()}
        code, why = self.ana.fails(f"preserve image {self.disk} --to {self.out} --system web1")
        self.assertEqual(code, USAGE)
        self.assertIn("nothing is written over", one_line(why))
        self.assertEqual({p.name: p.read_bytes() for p in self.out.iterdir()}, files)
        self.assertEqual(len(self.ana.json("preserve images")), 1)  # what was refused before it began is no image

    def interrupted(self, *source):
        """An image of a slow source that somebody stopped with Ctrl-C."""
        words = [CALM, "--case", str(self.case), "preserve", "image", "--to", str(self.out), "--limit", "1", *(source or [str(self.disk)])]
        job = subprocess.Popen(words, env=self.ana.env, cwd=self.folder,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        end = time.time() + 30
        while not list(self.out.glob("*.part")) and time.time() < end:
            time.sleep(0.05)
        time.sleep(1.5)
        os.killpg(job.pid, signal.SIGINT)
        _, why = job.communicate(timeout=60)
        return job.returncode, one_line(why.decode())

    def test_stopped_it_goes_on_where_it_was(self):
        code, why = self.interrupted()
        self.assertEqual(code, CANCEL, why)
        self.assertIn("calm preserve image --resume im1", why)
        image = self.ana.json("preserve images")[0]
        self.assertEqual(image["state"], "interrupted")
        self.assertTrue(pathlib.Path(image["resume"]).exists())
        self.assertEqual(self.ana.json("preserve list"), [])
        self.ana("preserve image --resume im1")
        item = self.ana.json("preserve list")[0]
        self.assertEqual(item["source-sha256"], digests(self.data)["sha256"])
        self.assertEqual(self.ana.json("preserve images")[0]["state"], "taken")
        self.assertEqual(self.ana.fails("preserve image --resume im1")[0], USAGE)
        self.assertEqual(list(self.out.glob("*.part")), [])

    def test_a_source_has_a_name_of_any_bytes(self):
        names = [b"disk\nof db1", b" disk ", b"\xff\t\\x41", b"-"]
        spelled = ["disk\\x0aof db1", " disk ", "\\xff\\x09\\x5cx41", "-"]
        for number, name in enumerate(names, 1):
            path = bytes(self.folder) + b"/" + name
            data = self.data + name
            pathlib.Path(os.fsdecode(path)).write_bytes(data)
            code, why = self.interrupted("--name", f"i{number}", "--", path)
            self.assertEqual(code, CANCEL, why)
            # with its source named again, and without: then the record knows it
            self.ana(f"preserve image --resume im{number}", *((b"--", path) if number % 2 else ()))
            item, image = self.ana.json("preserve list")[-1], self.ana.json("preserve images")[-1]
            self.assertEqual((item["source-sha256"], image["state"]), (digests(data)["sha256"], "taken"))
            self.assertEqual((image["source"], image["title"], item["path"]), (f"{self.folder}/{spelled[number - 1]}",) * 3)
        path = bytes(self.folder) + b"/" + names[0]
        self.assertIn("behind --", one_line(self.ana.fails(f"preserve image --to {self.out}", path)[1]))
        self.assertIn("name it once", one_line(self.ana.fails(f"preserve image {self.disk} --to {self.out} --", path)[1]))
        odd = self.folder / "images\nhere"
        odd.mkdir()
        (self.folder / "link").symlink_to(odd)
        self.assertIn("cannot spell", one_line(self.ana.fails(f"preserve image {self.disk} --to {self.folder}/link")[1]))
        for name in (b"x\xff", "a\u2028b".encode(), "g\u202epj".encode()):
            pathlib.Path(os.fsdecode(bytes(self.folder) + b"/" + name)).mkdir()
            self.assertIn("cannot spell", one_line(self.ana.fails(f"preserve image {self.disk} --to", bytes(self.folder) + b"/" + name)[1]))
            self.assertIn("--name", one_line(self.ana.fails(f"preserve image {self.disk} --to {self.out} --name", name)[1]))

    def test_a_folder_has_a_name_of_any_language(self):
        for number, name in enumerate(("\u0645\u06cc\u200c\u0631\u0648\u0645", "a\u00adb", "\U0001f469\u200d\U0001f52c"), 1):
            folder = self.folder / name
            folder.mkdir()
            self.ana(f"preserve image {self.disk} --name {name}", "--to", str(folder))
            self.assertEqual(self.ana.json("preserve list")[-1]["place"], str(folder))
            self.assertIn("as it was taken", self.ana(f"preserve verify e{number}"))
            subprocess.run(["sha256sum", "--quiet", "-c", f"{name}.txt"], cwd=folder, check=True, capture_output=True)

    def test_it_goes_on_with_the_same_source_only(self):
        self.interrupted()
        self.disk.write_bytes(self.data[:-1] + b"X")
        code, why = self.ana.fails("preserve image --resume im1")
        self.assertEqual(code, CONFLICT)
        self.assertIn("not the source that the image was begun with", one_line(why))
        self.assertEqual(self.ana.json("preserve list"), [])

    def test_who_is_killed_leaves_an_image_that_can_go_on(self):
        job = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "image", str(self.disk), "--to", str(self.out), "--limit", "1"], env=self.ana.env, cwd=self.folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.time() + 30
        while not list(self.out.glob("*.part")) and time.time() < end:
            time.sleep(0.05)
        job.kill()
        job.wait()
        # The program that reads notices that nobody listens, and leaves it in order.
        helper = self.helper_of()
        while helper and time.time() < end:
            time.sleep(0.1)
            helper = self.helper_of()
        self.assertIsNone(helper)
        image = self.ana.json("preserve images")[0]
        self.assertEqual(image["state"], "begun")
        self.ana("preserve hold web1 --backup offline --rotation suspended")  # which comes first
        self.assertIn("calm preserve image --resume im1 the image of", one_line(self.ana("preserve")))
        self.ana("preserve image --resume im1")
        self.assertEqual(self.ana.json("preserve list")[0]["source-sha256"], digests(self.data)["sha256"])

    def helper_of(self):
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if words[0].endswith(b"/calm-image") and os.readlink(entry / "cwd") == str(self.folder):
                    return entry
            except OSError:
                continue
        return None

    def test_a_full_disk_is_no_end(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        small = self.folder / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], capture_output=True, check=False).returncode:
            self.skipTest("no small file system can be mounted here")
        try:
            code, why = self.ana.fails(f"preserve image {self.disk} --to {small} --name n")
            self.assertEqual(code, FULL, why)
            self.assertIn("--resume im1", one_line(why))
            said = self.ana(f"preserve image --resume im1 --also {self.out}")
            self.assertIn(f"It lies in 2 folders. A copy needs all that is in them, and they can be put into one: {self.out} {small}", one_line(said))
            self.assertIn(f"In {small}, and on record by their hashes: .map", one_line(said))
            self.assertIn("copy the folders to a second disk", said)
            self.assertRegex(one_line(self.ana("preserve custody e1")), f"Kept now +{small} +Files also in +{self.out}")
            item = self.ana.json("preserve list")[0]
            self.assertEqual(item["source-sha256"], digests(self.data)["sha256"])
            name, size, sha256 = item["files"].splitlines()[0].rsplit(" ", 2)
            self.assertEqual(name, f"{self.out}/n.E01")
            written = pathlib.Path(name).read_bytes()
            self.assertEqual((int(size), sha256), (len(written), hashlib.sha256(written).hexdigest()))
            self.assertFalse((small / "n.E01").exists())
            second = self.folder / "second"  # as the page of preserving has it: one folder is too little, and shows
            shutil.copytree(small, second)
            check = ["sha256sum", "-c", "n.txt"]
            self.assertIn(b"n.E01: FAILED open or read", subprocess.run(check, cwd=second, capture_output=True, check=False).stdout)
            shutil.copy(name, second)
            checked = subprocess.run(check, cwd=second, capture_output=True, check=True).stdout
            self.assertEqual(checked.count(b": OK"), 3, checked)
            said = one_line(self.ana(f"preserve move e1 stored --place {self.folder}"))
            self.assertIn(f"None of its files lies in {self.folder} at this moment; the files of the image are looked for there", said)
            self.assertIn("That is no folder", self.ana(f"preserve move e1 stored --place {self.disk}"))
            self.assertNotIn("at this moment", self.ana(f"preserve move e1 stored --place {second}"))
            form = one_line(self.ana("preserve custody e1"))
            self.assertIn(f"Kept now {second}", form)
            self.assertNotIn("Files also in", form)  # all of them are opened in the one folder
        finally:
            subprocess.run(["umount", "-l", str(small)], check=False)

    def at_terminal(self, line, answers):
        """A command line typed at a terminal, and an answer to each time that it asks; (status, screen) comes back."""
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(CALM, [CALM, "--case", str(self.case), *shlex.split(line)], {**self.ana.env, "TERM": "dumb"})
        screen, asked = b"", b"Enter, a folder, or stop: "
        try:
            while chunk := os.read(fd, 4096):
                screen += chunk
                if answers and screen.endswith(asked):
                    os.write(fd, answers.pop(0))
        except OSError:
            pass
        os.close(fd)
        self.assertEqual(answers, [], screen)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), one_line(screen.decode())

    def test_at_a_terminal_another_folder_is_typed_where_the_disk_is_full(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        small = self.folder / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], capture_output=True, check=False).returncode:
            self.skipTest("no small file system can be mounted here")
        try:
            for stop in (b"stop\n", b"\x03"):
                status, screen = self.at_terminal(f"preserve image {self.disk} --to {small} --name n{stop[0]}", [stop])
                self.assertIn(status, (FULL, CANCEL), screen)
                self.assertIn("preserve image --resume im", screen)
                for left in small.iterdir():
                    left.unlink()
            status, screen = self.at_terminal(f"preserve image {self.disk} --to {small} --name n",
                                              [b"\n", b"nowhere\n", os.fsencode(self.case) + b"\n", b"images\n"])
            self.assertEqual(status, 0, screen)
            for words in ("there is no folder nowhere for the image", "lies in the folder of the case", f"No space is left in {small}", f"{small} has room for 2.1 MB, and the source has"):
                self.assertIn(words, screen)
            item = self.ana.json("preserve list")[-1]
            self.assertEqual(item["source-sha256"], digests(self.data)["sha256"])
            self.assertEqual(item["files"].splitlines()[0].rsplit(" ", 2)[0], f"{self.out}/n.E01")
        finally:
            subprocess.run(["umount", "-l", str(small)], check=False)

    def test_need_to_know_covers_an_image(self):
        bo = self.join("bo", "--role observer")
        self.image("--tlp red")
        self.assertEqual(bo.json("preserve list"), [])
        self.assertEqual(bo.json("preserve images"), [])
        self.assertNotIn(str(self.disk), bo.run("log", "--full").stdout.decode())

    def test_nothing_goes_to_a_disk_in_use_that_is_read_nor_may_its_own_case_lie_there(self):
        with open(self.disk, "wb") as f:
            f.truncate(24 * MIB)
        at = self.folder / "mounted"
        at.mkdir()
        made = subprocess.run(["/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", self.disk], capture_output=True, check=False)
        if made.returncode or subprocess.run(["mount", "-o", "loop", self.disk, at], capture_output=True, check=False).returncode:
            self.skipTest("nothing can be mounted here")
        try:
            self.spares(at)
        finally:
            subprocess.run(["umount", "--lazy", at], check=False)

    def spares(self, at):
        device = subprocess.run(["findmnt", "-n", "-o", "SOURCE", at], capture_output=True, check=True, text=True).stdout.strip()
        for more in (f"--to {at}", f"--to {self.out} --also {at}"):
            code, said = self.ana.fails(f"preserve image {device} --live {more}")
            self.assertEqual((code, f"{at} lies on {device} itself" in one_line(said)), (USAGE, True), said)
        self.assertEqual([p.name for p in at.iterdir()], ["lost+found"])
        shutil.copytree(self.case, at / "monday.calm")
        self.ana.case = at / "monday.calm"
        code, said = self.ana.fails(f"preserve image {device} --live --to {self.out}")
        self.assertEqual((code, "the case is written to while a disk in use is read" in one_line(said)), (USAGE, True), said)
        self.assertEqual(self.ana.json("preserve images"), [])
        self.assertEqual(list(self.out.iterdir()), [])


if __name__ == "__main__":
    harness.main()
