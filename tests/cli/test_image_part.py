"""test_image_part.py: files of a disk image that came into the case one by one: how they belong on the register, and what is missing of a lone one."""
import random
import shutil
import subprocess

from harness import BUILD, CaseTest, main, one_line

MIB = 1 << 20
FORMAT = 7
IMAGER = BUILD / "src" / "calm-image"


class Parts(CaseTest):
    on_disk = True

    def setUp(self):
        super().setUp()
        self.out = self.folder / "images"
        self.out.mkdir()
        self.disk = self.folder / "disk.raw"
        self.disk.write_bytes(random.Random(8).randbytes(7 * MIB))

    def made(self, *more, name="web1"):
        subprocess.run([IMAGER, self.disk, "--to", self.out, "--name", name, *more], check=True, capture_output=True)

    def taken(self, name):
        return one_line(self.ana(f"preserve files {self.out}/{name}"))

    def test_a_file_of_an_image_is_told_how_it_belongs_on_the_register(self):
        self.made("--segment", "2MiB")
        for name in ("web1.E01", "web1.E02"):
            said = self.taken(name)
            self.assertIn("Taken: 1 file", said)  # no refusal
            self.assertIn(f"calm preserve image --made {self.out}/web1.txt", said)
        self.assertIn("preserve image --made", self.taken(""))  # the folder
        self.ana(f"preserve image --made {self.out}/web1.txt")
        self.assertEqual(self.ana.json("preserve list")[-1]["sort"], "image")

    def test_without_a_summary_it_is_told_how_to_make_one(self):
        self.made("--segment", "2MiB")
        (self.out / "web1.txt").write_text("notes of somebody\n")
        for name in ("web1.E01", "web1.E03"):
            said = self.taken(name)
            self.assertIn(f"calm preserve image {self.out}/web1.E01 --to FOLDER", said)
            self.assertNotIn("--made", said)
        (self.out / "web1.E01").unlink()
        self.assertIn(f"its first file, {self.out}/web1.E01, is not beside it", self.taken("web1.E02"))

    def test_parts_of_a_raw_image_are_told_too_and_other_numbers_are_not(self):
        self.made("--format", "split", "--segment", "2MiB")
        self.assertIn(f"--made {self.out}/web1.txt", self.taken("web1.002"))
        (self.out / "web1.txt").unlink()
        self.assertIn(f"calm preserve image {self.out}/web1.001 --to FOLDER", self.taken("web1.003"))
        (self.out / "mail.001").write_bytes(b"a log\n" * 1000)
        (self.out / "tool.exe").write_bytes(bytes(2 * MIB))
        for name in ("mail.001", "tool.exe", "web1.map"):
            self.assertNotIn("disk image", self.taken(name))

    def test_of_a_lone_file_it_is_told_which_are_missing_and_which_the_case_has(self):
        """7 MiB that do not pack, in files of 2 MiB: web1.E01 to web1.E04."""
        self.made("--segment", "2MiB")
        files = sorted(path.name for path in self.out.glob("web1.E*"))
        self.assertEqual(files, ["web1.E01", "web1.E02", "web1.E03", "web1.E04"])
        self.taken("web1.E03")
        done = self.ana.run("preserve", "read", "e1")
        said = one_line((done.stdout + done.stderr).decode())
        self.assertIn("file 3, by its name. What is missing: files 1 to 2 and those from 4 on.", said)
        self.assertNotIn("the case has", said)
        self.taken("web1.E01")
        self.taken("web1.E04")
        self.taken("web1.map")
        self.assertIn("file 1, by its name. What is missing: those from 2 on.", one_line(self.ana("preserve read e2")))
        said = one_line(self.ana("preserve read e2"))
        self.assertIn("the case has e1 (file 3), e3 (file 4)", said)
        self.assertIn("What is missing: files 1 to 3.", one_line(self.ana("preserve read e3")))
        code, why = self.ana.fails("preserve read e3 --list")
        self.assertNotEqual(code, 0)
        self.assertIn("What is missing: files 1 to 3.", one_line(why))

    def test_a_file_by_its_path_is_told_of_as_well_and_a_whole_image_is_not(self):
        self.made("--segment", "2MiB")
        self.assertNotIn("What is missing", self.ana(f"preserve read {self.out}/web1.E01"))
        alone = self.folder / "alone"
        alone.mkdir()
        shutil.copy(self.out / "web1.E01", alone)
        self.assertIn("What is missing: those from 2 on.", one_line(self.ana(f"preserve read {alone}/web1.E01")))
        self.made(name="whole")
        self.taken("whole.E01")
        self.assertNotIn("one of several", self.ana("preserve read e1"))

    def test_of_a_part_of_a_raw_image_its_name_counts(self):
        self.made("--format", "split", "--segment", "2MiB")
        self.taken("web1.002")
        self.assertIn("What is missing: file 1.", one_line(self.ana("preserve read e1")))
        # Of one whose end is missing, what follows would stand at a wrong place; the last one may be shorter.
        parts = sorted(self.out.glob("web1.0??"))
        self.assertGreater(len(parts), 2)
        for cut in parts[:2]:
            whole = cut.read_bytes()
            cut.write_bytes(whole[:500000])
            for command in (f"preserve read {parts[0]}", f"preserve image {parts[0]} --to {self.out} --name again"):
                code, why = self.ana.fails(command)
                self.assertEqual(code, FORMAT, why)
                self.assertIn(f"{cut} has 500000 bytes, and others of the set have {len(whole)}: all but the last part have one size, so its end is missing", one_line(why))
            cut.write_bytes(whole)
        parts[-1].write_bytes(parts[-1].read_bytes()[:512])
        self.ana(f"preserve read {parts[0]} --raw all")
        self.assertEqual((self.folder / "all").stat().st_size, sum(part.stat().st_size for part in parts))


if __name__ == "__main__":
    main()
