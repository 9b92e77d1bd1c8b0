"""test_image_alone.py: calm-image without a case, as somebody types it: relative paths, a narrow terminal, a full folder; and what a case says of images."""
import fcntl
import hashlib
import os
import pathlib
import pty
import random
import re
import shutil
import signal
import struct
import subprocess
import termios
import time

import harness
from harness import BUILD, CaseTest, one_line

FULL, CANCEL, USAGE = 12, 13, 2
MIB = 1 << 20
IMAGER = BUILD / "src" / "calm-image"


class Alone(CaseTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "images"
        self.out.mkdir()
        self.data = random.Random(6).randbytes(4 * MIB)
        self.disk = self.folder / "disk.raw"
        self.disk.write_bytes(self.data)
        self.sha256 = hashlib.sha256(self.data).hexdigest()

    def image(self, *words, code=0, cwd=None):
        done = subprocess.run([IMAGER, *words], cwd=cwd or self.folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
        said = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, code, said)
        return said

    def stopped(self, *words, runs=1):
        """An image that somebody stopped before its end, in that run."""
        job = subprocess.Popen([IMAGER, *words, "--limit", "1"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = time.time() + 30
        while not any(f"\nruns {runs}\n" in path.read_text() for path in self.out.glob("*.part")) and time.time() < end:
            time.sleep(0.02)
        job.send_signal(signal.SIGINT)
        job.communicate(timeout=60)
        self.assertEqual(job.returncode, CANCEL)

    def test_relative_paths_hold_from_any_folder(self):
        self.stopped("disk.raw", "--to", "images", "--name", "web1")
        # what is no file of it is not gone on from, and no promise is made
        first = self.out / "web1.E01"
        first.rename(self.folder / "away")
        os.mkfifo(first)
        done = subprocess.run([IMAGER, "--resume", "web1.part"], cwd=self.out, capture_output=True, timeout=60, check=False)
        said = one_line((done.stdout + done.stderr).decode())
        self.assertIn(done.returncode, (USAGE, 6), said)
        self.assertNotIn("Nothing is lost", said)
        self.assertIn(f"Once what is named below is there again, as it was: calm-image --resume {self.out}/web1.part", said)
        (self.folder / "away").rename(first)
        self.assertIn(self.sha256, self.image("--resume", "web1.part", cwd=self.out))
        self.assertEqual(sorted(p.name for p in self.out.iterdir()), ["web1.E01", "web1.map", "web1.pieces", "web1.txt"])

    def test_what_is_left_by_relative_paths_goes_on_from_elsewhere(self):
        self.stopped("disk.raw", "--to", "images", "--name", "web1")
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        self.assertIn(self.sha256, self.image("--resume", "../images/web1.part", cwd=elsewhere))

    def test_sha256sum_checks_the_files_by_the_summary(self):
        self.image("disk.raw", "--to", "images", "--format", "split", "--segment", "2MiB", "--name", "web1 a")
        check = ["sha256sum", "-c", "web1 a.txt"]
        done = subprocess.run(check, cwd=self.out, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b"web1 a.001: OK\nweb1 a.002: OK\nweb1 a.map: OK\nweb1 a.pieces: OK\n"))
        with open(self.out / "web1 a.002", "r+b") as part:
            part.write(b"X" if self.data[2 * MIB:2 * MIB + 1] != b"X" else b"Y")
        self.assertEqual(subprocess.run(check, cwd=self.out, capture_output=True, check=False).returncode, 1)

    def test_what_its_runs_found_has_a_line_each_and_comes_onto_the_register(self):
        self.stopped("disk.raw", "--to", "images", "--name", "web1")
        self.stopped("--resume", "images/web1.part", runs=2)
        os.utime(self.disk, (1, 1))
        self.image("--resume", "images/web1.part", "--live")
        text = (self.out / "web1.txt").read_text()
        runs = re.search(r"(?m)^interrupted +2 times, and gone on with\n  runs +(Run 2, from .*)\n {22}(Run 3, from .*)\n\S", text)
        self.assertIsNotNone(runs, text)
        when = r"from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
        self.assertRegex(runs[1], rf"^Run 2, {when}: the file is as it was by its facts\.$")
        self.assertRegex(runs[2], rf"^Run 3, {when}: the file WAS CHANGED since the image was begun, or its entry\.$")
        self.ana(f"preserve image --made {self.out}/web1.txt")
        image = self.ana.json("preserve images")[0]
        self.assertEqual(image["runs"], f"{runs[1]} {runs[2]}")
        self.assertEqual(image["options"], "E01, packed fast (isa-l, level 1), retries 2")
        # None of its lines may be told twice.
        (self.out / "web1.txt").write_text(text.replace("\nformat ", "\n  runs                Run 9.\nformat ", 1))
        self.assertIn("a line that calm-image does not write", self.ana.fails(f"preserve image --made {self.out}/web1.txt")[1])

    def on_terminal(self, columns, *words):
        """What it writes to a terminal of so many columns."""
        pid, fd = pty.fork()
        if pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.chdir(self.folder)
            os.execv(IMAGER, [str(IMAGER), *words])
        said = b""
        try:
            while chunk := os.read(fd, 65536):
                said += chunk
        except OSError:
            pass
        os.close(fd)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, said)
        return said.decode()

    def test_the_line_of_progress_never_wraps(self):
        for columns in (80, 40, 24):
            said = self.on_terminal(columns, "disk.raw", "--to", "images", "--name", f"at{columns}", "--limit", "2")
            shown = re.findall(r"(?:^|[\r\n])([^\r\n]*?)\x1b\[K", said)
            self.assertGreater(len(shown), 1, said)
            self.assertTrue(any("copying" in line for line in shown), shown)
            for line in shown:
                self.assertRegex(line, r"^\d+ %")
                self.assertLess(len(line), columns)

    def test_an_image_that_cannot_begin_leaves_nothing(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(self.out)], capture_output=True, check=False).returncode:
            self.skipTest("no small file system can be mounted here")
        try:
            (self.out / "full").write_bytes(b"x")
            self.image("disk.raw", "--to", "images", "--name", "web1", code=FULL)
            self.assertEqual([p.name for p in self.out.iterdir()], ["full"])
            (self.out / "full").unlink()
            self.image("disk.raw", "--to", "images", "--name", "web1", code=FULL)  # room for the first file alone
            self.assertEqual(list(self.out.iterdir()), [])
        finally:
            subprocess.run(["umount", "-l", str(self.out)], check=False)
        self.image("disk.raw", "--to", "images", "--name", "web1")

    def test_what_is_no_name_is_refused_in_a_sentence(self):
        for name in ("", "../up", "a/b", ".hidden", "two\nlines", "tab\tin it", "x" * 201, "-x"):
            self.assertIn("is no name for an image: it has 1 to 200 bytes, no slash and no control characters, and begins with neither full stop nor hyphen", one_line(self.image("disk.raw", "--to", "images", "--name", name, code=USAGE)))
        self.assertEqual(list(self.out.iterdir()), [])
        self.assertIn("there is no option -x", self.image("disk.raw", "--to", "images", "-x", code=USAGE))

    def test_an_image_that_is_there_stays(self):
        (self.out / "web1.E01").write_bytes(b"another")
        self.assertIn("nothing is written over", one_line(self.image("disk.raw", "--to", "images", "--name", "web1", code=USAGE)))
        self.assertEqual([(p.name, p.read_bytes()) for p in self.out.iterdir()], [("web1.E01", b"another")])

    def test_the_manual_page_has_every_option_and_no_other(self):
        page = harness.ROOT / "doc" / "man" / "calm-image.1"
        helped = set(re.findall(r"(?m)^  --([a-z-]+)", self.image("--help"))) | {"help", "version"}
        self.assertGreater(len(helped), 15)
        for line in self.image("--help").splitlines():
            if line.startswith("  --"):  # the option, its argument, and what it does
                self.assertRegex(line, r"^  --[a-z-]+( [A-Z]+)?  +[a-z]")
                self.assertLessEqual(len(line), 80)
        described = page.read_text().split("The options are:")[1].split(".Sh FILES")[0]
        self.assertEqual(set(re.findall(r"Fl -([a-z-]+)", "\n".join(line for line in described.splitlines() if line.startswith(".It")))), helped)
        if shutil.which("mandoc"):
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, check=False)
            self.assertEqual((lint.returncode, lint.stdout), (0, b""))

    def test_a_name_with_spaces_is_on_the_register_as_it_is(self):
        said = self.ana(f"preserve image {self.disk} --to {self.out} --name \"web 1 a\"")
        self.assertIn(f"{self.out}/web 1 a.E01", said)
        lines = self.ana.json("preserve list")[0]["files"].splitlines()
        for line, ending in zip(lines, ("E01", "map", "pieces", "txt"), strict=True):
            written = (self.out / f"web 1 a.{ending}").read_bytes()
            self.assertEqual(line, f"web 1 a.{ending} {len(written)} {hashlib.sha256(written).hexdigest()}")

    def test_list_and_report_show_the_hash_of_what_an_image_holds(self):
        self.ana(f"preserve image {self.disk} --to {self.out}")
        self.assertIn(self.sha256[:12], self.ana("preserve list"))
        self.ana("report draft --file rep")
        self.assertIn(f"| {self.sha256} | {hashlib.md5(self.data).hexdigest()} |", (self.folder / "rep" / "REPORT.md").read_text().replace("`", ""))

    def test_an_affected_system_wants_an_image_after_its_hold(self):
        self.ana("assess system web1 --state affected")
        self.assertIn("Next:  calm preserve hold web1", self.ana("preserve"))
        self.ana("preserve hold web1 --backup offline --rotation suspended")
        (self.folder / "log").write_text("a line\n")
        self.ana("preserve files log --system web1")
        self.assertIn("Next:  calm preserve image /dev/sda --to /mnt/evidence --system web1", self.ana("preserve"))
        self.ana(f"preserve image {self.disk} --to {self.out} --system web1")
        self.assertNotIn("calm preserve image /dev/sda", self.ana("preserve"))


if __name__ == "__main__":
    harness.main()
