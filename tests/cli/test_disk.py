"""test_disk.py: what calm preserve read tells of disks and reads out of them, against fls, icat, mmls and mkfs."""
import hashlib
import json
import lzma
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import unicodedata
import unittest
import xml.etree.ElementTree
import zipfile

from disks import TOOLS, DiskTest, as_rows, needs, sha256, tool
from harness import BUILD, DATA, main, one_line


class Found(DiskTest):
    """Disks from elsewhere, and what their projects say is right."""

    def setUp(self):
        if not DATA.exists():
            self.skipTest("no ../shared/data")
        super().setUp()

    def unpacked(self, name):
        path = self.folder / pathlib.Path(name).stem
        path.write_bytes(lzma.decompress((DATA / name).read_bytes()))
        return path

    def same_body(self, image, reference, *more):
        expected = as_rows((DATA / "_reference" / reference).read_bytes())
        self.assertGreater(len(expected), 5)
        self.assertEqual(as_rows(self.body(image, *more)), expected)

    def test_raw_images_list_as_fls_lists_them(self):
        for image, reference in (("sleuthkit/image.dd", "sleuthkit_image.dd.fls.body"), ("go-fat/fat12.dd", "fat12.dd.fls.body"),
                                 ("go-ext4/hierarchy_64.ext4", "hierarchy_64.ext4.fls.body"),
                                 ("plaso/test_data/syslog_image.dd", "plaso_syslog_image.dd.fls.body")):
            with self.subTest(image):
                self.same_body(DATA / image, reference)

    def test_e01_images_list_as_fls_lists_them(self):
        for image, reference in (("sleuthkit/image.E01", "sleuthkit_image.E01.fls.body"), ("dfvfs/ext2.E01", "dfvfs_ext2.E01.fls.body"),
                                 ("plaso/test_data/image.E01", "plaso_image.E01.fls.body")):
            with self.subTest(image):
                self.same_body(DATA / image, reference)

    def test_an_image_in_parts_lists_as_fls_lists_it(self):
        for i in range(2):
            self.unpacked(f"dfvfs/ext2.splitraw.00{i}.xz")
        self.same_body(self.folder / "ext2.splitraw.000", "dfvfs_ext2.splitraw.fls.body")

    def test_an_ntfs_partition_lists_as_fls_and_mmls_list_it(self):
        image = self.unpacked("grr/ntfs_img.dd.xz")
        self.same_body(image, "grr_ntfs_img.dd.o63.fls.body", "--partition", "1")
        self.same_body(image, "grr_ntfs_img.dd.o63.fls.body", "--offset", "63")
        told = self.json_of(image)
        rows = re.findall(r"^\d+: +\S+ +(\d+) +\d+ +(\d+) +(.*)$", (DATA / "_reference" / "grr_ntfs_img.dd.mmls.txt").read_text(), re.M)
        self.assertEqual([(p["first"], p["count"], p["what"]) for p in told["partitions"]], [(int(a), int(b), c) for a, b, c in rows])
        self.assertEqual(told["table"], "DOS")

    def test_files_have_the_hashes_of_the_dfxml(self):
        ns = {"d": "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML"}
        dfxml = xml.etree.ElementTree.parse(DATA / "sleuthkit" / "image_dd.dfxml.xml")
        expected = {}
        for item in dfxml.iterfind(".//d:fileobject", ns):
            md5 = [h.text for h in item.iterfind("d:hashdigest", ns) if h.get("type") == "md5"]
            if item.findtext("d:meta_type", "", ns) == "1" and md5:
                expected["/" + item.findtext("d:filename", "", ns)] = md5[0]
        self.assertEqual(len(expected), 3)
        _, lines = self.out(DATA / "sleuthkit" / "image.dd")
        self.assertEqual({l["path"]: l["md5"] for l in lines if l.get("kept") == "file"}, expected)

    def test_ext4_has_the_file_that_its_project_names(self):
        _, lines = self.out(DATA / "go-ext4" / "hierarchy_64.ext4")
        self.assertIn("11d91b018f54be7e5a04dd1bc35b3d0b", {l["md5"] for l in lines if "fortune3" in l["path"] and "md5" in l})

    def test_deleted_files_of_fat_are_as_their_page_says(self):
        """Its page gives the MD5 of each file, and those of the three whose further blocks nobody can know."""
        with zipfile.ZipFile(DATA / "dftt" / "6-undel-fat.zip") as z:
            image = self.folder / "undel.dd"
            image.write_bytes(z.read("6-undel-fat/6-fat-undel.dd"))
            page = z.read("6-undel-fat/index.html").decode(errors="replace")
        _, lines = self.out(image, "--deleted")
        taken = [l for l in lines if l.get("kept") == "file"]
        self.assertGreater(len(taken), 5)
        for line in taken:
            self.assertIn(line["md5"], page, line["path"])
        single = next(l for l in taken if l["path"] == "/_ing.dat")
        self.assertEqual((single["md5"], single["size"]), ("59b20779f69ff9f0ac5fcd2c38835a79", 780))
        self.assertNotIn("guess", single)  # one cluster: nothing is guessed
        self.assertTrue(next(l for l in taken if l["path"] == "/_rag1.dat")["guess"])

    @needs("fls")
    def test_discs_and_floppies_list_as_fls_lists_them(self):
        compared = 0
        for name in ("14-iso9660-1", "5-fat-daylight"):
            with zipfile.ZipFile(DATA / "dftt" / f"{name}.zip") as z:
                for member in z.namelist():
                    if not member.endswith((".iso", ".dd")):
                        continue
                    image = self.folder / pathlib.Path(member).name
                    image.write_bytes(z.read(member))
                    self.assertEqual(as_rows(self.body(image)), as_rows(tool("fls", "-r", "-m", "/", image)), member)
                    compared += 1
        self.assertEqual(compared, 4)


class Made(DiskTest):
    """Disks made here by the usual programs, and read by The Sleuth Kit's own."""

    def same_as_fls(self, image, *where, calm=()):
        expected = as_rows(tool("fls", "-r", "-p", "-m", "/", *where, image))
        self.assertGreater(len(expected), 4)
        self.assertEqual(as_rows(self.body(image, *calm)), expected)

    def same_as_icat(self, image, *where, calm=(), least=3):
        """Everything that was read out has the bytes that icat prints."""
        folder, lines = self.out(image, *calm)
        compared = 0
        for line in lines:
            if line.get("kept") != "file":
                continue
            data = (folder / line["file"]).read_bytes()
            self.assertEqual(sha256(data), line["sha256"], line)
            self.assertEqual(sha256(data), sha256(tool("icat", *where, image, line["inode"])), line)
            compared += 1
        self.assertGreaterEqual(compared, least)
        return folder, lines

    @needs("fls", "icat", "mke2fs")
    def test_ext2_to_4(self):
        for options in (("-t", "ext2", "-b", "1024"), ("-t", "ext3", "-b", "4096"), ("-t", "ext4", "-b", "1024"), ("-t", "ext4", "-b", "4096", "-I", "256")):
            with self.subTest(options):
                image = self.ext(f"{options[1]}-{options[3]}.img", 16 << 20, options, self.tree() if not (self.folder / "tree").exists() else self.folder / "tree")
                self.same_as_fls(image)
                self.same_as_icat(image)

    @needs("mke2fs")
    def test_facts_follow_a_file_out(self):
        image = self.ext(tree=self.tree(), size=16 << 20, options=("-t", "ext4", "-L", "evidence 7", "-I", "256", "-O", "^metadata_csum"))
        # mke2fs takes whole seconds; the field has the nanoseconds above two bits of the century
        tool("debugfs", "-w", "-R", f"set_inode_field /etc/passwd mtime_extra {987654321 << 2}", image)
        folder, lines = self.out(image)
        by_path = {l["path"]: l for l in lines}
        original = self.folder / "tree" / "etc" / "passwd"
        told = by_path["/etc/passwd"]
        path = folder / told["file"]
        self.assertEqual(path, folder / "files" / "etc" / "passwd")
        self.assertEqual(told["sha256"], sha256(original.read_bytes()))
        self.assertEqual((told["mode"], told["size"], told["modified"]), ("4755", 4400, "2017-07-14T02:40:00.987654321Z"))
        self.assertEqual(os.stat(path).st_mode & 0o7777, 0o600)  # never set-uid
        self.assertEqual(os.stat(path).st_mtime_ns, 1_500_000_000_987654321)
        self.assertEqual((by_path["/link"]["type"], by_path["/link"]["target"], by_path["/link"]["kept"]), ("link", "../../outside", "listed"))
        self.assertEqual((by_path["/fifo"]["type"], by_path["/fifo"]["kept"]), ("fifo", "listed"))
        self.assertFalse((folder / "files" / "link").is_symlink() or (folder / "files" / "fifo").exists())
        self.assertEqual((folder / by_path["/etc/empty"]["file"]).read_bytes(), b"")
        sparse = os.stat(folder / by_path["/sparse"]["file"])
        self.assertEqual(sparse.st_size, 700_003)
        self.assertLess(sparse.st_blocks * 512, 100_000)
        fs = self.json_of(image)["file_system"]
        self.assertEqual((fs["kind"], fs["label"], fs["readable"]), ("ext4", "evidence 7", True))

    @needs("mke2fs", "debugfs")
    def test_a_file_in_many_pieces_with_gaps_is_read_whole(self):
        """More extents than one block lists: icat of The Sleuth Kit 4.11 gives up on it, so it is compared with what mke2fs was given."""
        folder = self.folder / "pieces"
        folder.mkdir()
        draw = random.Random(5)
        with open(folder / "db", "wb") as f:
            for i in range(500):
                f.seek(i * 5120 + 1024)
                f.write(draw.randbytes(1024 * draw.randrange(1, 4)))
            f.truncate(f.tell() + 9000)
        for block in ("1024", "4096"):
            with self.subTest(block):
                image = self.ext(f"pieces{block}.img", 32 << 20, ("-t", "ext4", "-b", block), folder)
                depth = re.search(r"Level.*\n *(\d+)/ *(\d+)", tool("debugfs", "-R", "dump_extents /db", image).decode())
                self.assertTrue(depth and (block == "4096" or int(depth.group(2)) >= 1), "the tree has one level only")
                out, lines = self.out(image)
                line = next(l for l in lines if l["path"] == "/db")
                self.assertEqual((line["kept"], line.get("remark")), ("file", None))
                self.assertEqual((out / line["file"]).read_bytes(), (folder / "db").read_bytes())

    @needs("mke2fs", "debugfs", "fls", "icat")
    def test_a_deleted_file_comes_back(self):
        image = self.ext(tree=self.tree(), options=("-t", "ext2", "-O", "^dir_index"))
        tool("debugfs", "-w", "-R", "rm /etc/passwd", image)
        self.same_as_fls(image)
        folder, lines = self.out(image, "--deleted")
        taken = [l for l in lines if l.get("kept") == "file"]
        original = (self.folder / "tree" / "etc" / "passwd").read_bytes()
        self.assertEqual([(l["path"], l["deleted"], l["sha256"]) for l in taken], [("/etc/passwd", True, sha256(original))])
        self.assertEqual((folder / taken[0]["file"]).read_bytes(), original)
        self.assertIn("(deleted)", self.read(image, "--deleted"))

    @needs("mke2fs", "mount", "umount")
    def test_what_the_kernel_deleted_on_ext3_and_ext4_is_not_passed_off_as_an_empty_file(self):
        at, mark, tree = self.folder / "mnt", b"only-in-the-deleted-file ", self.tree()
        at.mkdir()
        for kind in ("ext3", "ext4"):
            image = self.ext(tree=tree, options=("-t", kind))
            if subprocess.run(["mount", "-o", "loop", str(image), str(at)], capture_output=True, check=False).returncode:
                self.skipTest("nothing can be mounted here")
            try:
                (at / "evil.sh").write_bytes(mark * 400)
                os.sync()
                (at / "evil.sh").unlink()
            finally:
                subprocess.run(["umount", str(at)], check=True)
            self.assertEqual(image.read_bytes().count(mark), 400)
            _, lines = self.out(image, "--deleted")
            (row,) = [l for l in lines if l.get("forgotten")]
            self.assertEqual((row["kept"], row["deleted"], row["type"]), ("listed", True, "file"))
            self.assertNotIn("size", row)
            self.assertNotIn("sha256", row)
            self.assertIn("may still lie in the image", row["remark"])
            said = one_line(self.read(image, "--deleted"))
            self.assertIn("1 deleted file of which the file system forgot how long it was", said)
            self.assertIn("(deleted; length and place forgotten)", said)
            # mactime of The Sleuth Kit leaves out lines whose length is no number
            lines = [l for l in self.body(image, "--deleted").split(b"\n") if b"length forgotten" in l]
            self.assertEqual([l.split(b"|")[1].split(b" ", 1)[1] for l in lines], [b"(length forgotten) (deleted)"])
            if shutil.which("mactime", path=TOOLS):
                self.assertIn(b"(length forgotten) (deleted)", tool("mactime", "-d", stdin=lines[0] + b"\n"))

    @needs("mke2fs", "debugfs")
    def test_what_another_file_took_over_is_not_passed_off_as_the_deleted_one(self):
        image = self.ext(tree=self.tree(), options=("-t", "ext2", "-O", "^dir_index", "-b", "1024"))
        new = self.folder / "new"
        new.write_bytes(b"the new one " * 300)
        inode = re.search(r"Inode: (\d+)", tool("debugfs", "-R", "stat /etc/passwd", image).decode()).group(1)
        tool("debugfs", "-w", "-R", "rm /etc/passwd", image)
        # its inode goes to another file, which lies in the same folder under another name
        tool("debugfs", "-w", "-f", "/dev/stdin", image, stdin=f"write {new} other\n".encode())
        self.assertIn(f"Inode: {inode} ", tool("debugfs", "-R", "stat /other", image).decode())
        _, lines = self.out(image)
        old = next(l for l in lines if l["path"] == "/etc/passwd")
        self.assertEqual((old["reallocated"], old["kept"]), (True, "no"))
        self.assertIn("another file's now", old["remark"])
        self.assertEqual(next(l for l in lines if l["path"] == "/other")["sha256"], sha256(new.read_bytes()))

    @needs("mke2fs", "debugfs")
    def test_blocks_that_another_file_uses_are_counted_against_a_deleted_one(self):
        image = self.ext(tree=self.tree(), options=("-t", "ext2", "-O", "^dir_index", "-b", "1024"))
        blocks = [int(b) for b in tool("debugfs", "-R", "blocks /etc/passwd", image).split()]
        self.assertEqual(len(blocks), 5)  # 4,400 bytes
        tool("debugfs", "-w", "-R", "rm /etc/passwd", image)
        tool("debugfs", "-w", "-R", f"setb {blocks[0]} 2", image)
        _, lines = self.out(image, "--deleted")
        line = next(l for l in lines if l["path"] == "/etc/passwd")
        self.assertEqual((line["kept"], line["foreign"]), ("file", 2048))
        self.assertIn("2048 of its bytes lie in blocks that another file uses now", line["remark"])

    @needs("mkfs.vfat", "mcopy", "mdel", "fls", "icat")
    def test_fat(self):
        tree = self.tree()
        for bits, size in ((12, 4 << 20), (16, 32 << 20), (32, 80 << 20)):
            with self.subTest(bits):
                image = self.disk(f"fat{bits}.img", size)
                tool("mkfs.vfat", "-F", bits, "-n", "STICK", image)
                tool("mmd", "-i", image, "::Folder with a long name")
                for i in range(3):
                    tool("mcopy", "-m", "-i", image, tree / "etc" / "passwd", f"::Folder with a long name/file number {i}.txt")
                tool("mcopy", "-i", image, tree / "etc" / "deep" / "random", "::random.bin")
                tool("mdel", "-i", image, "::random.bin")
                self.same_as_fls(image)
                _, lines = self.same_as_icat(image)
                gone = next(l for l in lines if l.get("deleted") and l["path"].endswith("andom.bin"))
                self.assertEqual(gone["sha256"], sha256((tree / "etc" / "deep" / "random").read_bytes()))
                fs = self.json_of(image)["file_system"]
                self.assertEqual((fs["kind"], fs["label"]), (f"fat{bits}", "STICK"))

    @needs("mkfs.ntfs", "ntfscp", "fls", "icat")
    def test_ntfs(self):
        tree = self.tree()
        image = self.disk("ntfs.img", 8 << 20)
        tool("mkfs.ntfs", "-q", "-F", "-L", "Büro 東", image)
        tool("ntfscp", "-f", image, tree / "etc" / "passwd", "/small.txt")
        tool("ntfscp", "-f", image, tree / "etc" / "deep" / "random", "/large.bin")
        tool("ntfscp", "-f", "-N", "hidden", image, tree / "etc" / "passwd", "/large.bin")
        self.same_as_fls(image)
        folder, lines = self.same_as_icat(image)
        stream = next(l for l in lines if l.get("stream") == "hidden")
        self.assertEqual(stream["sha256"], sha256((tree / "etc" / "passwd").read_bytes()))
        self.assertEqual(folder / stream["file"], folder / "files" / "large.bin%3Ahidden")
        self.assertEqual(self.json_of(image)["file_system"]["label"], "Büro 東")
        one = self.json_of(image, "--inode", stream["inode"])["files"]
        self.assertEqual([f["inode"] for f in one], [stream["inode"]])

    @needs("genisoimage", "fls", "icat")
    def test_a_disc(self):
        tree = self.tree()
        image = self.folder / "disc.iso"
        os.remove(tree / "fifo")
        tool("genisoimage", "-quiet", "-R", "-J", "-V", "EVIDENCE", "-o", image, tree)
        self.same_as_fls(image)
        self.same_as_icat(image)
        self.assertEqual(self.json_of(image)["file_system"]["label"], "EVIDENCE")

    @needs("makefs", "fls", "icat")
    def test_ufs(self):
        tree = self.tree()
        os.remove(tree / "fifo")
        image = self.folder / "ufs.img"
        tool("makefs", "-t", "ffs", "-s", "8m", "-o", "version=1", image, tree)
        self.assertEqual(self.json_of(image)["file_system"]["kind"], "ufs1")
        self.same_as_fls(image)
        self.same_as_icat(image)

    @needs("xorriso", "fls", "icat")
    def test_hfs_plus(self):
        """xorriso puts an HFS+ into a CD, with a partition table of Apple."""
        tree = self.folder / "tree"
        (tree / "etc").mkdir(parents=True)
        wanted = {"/etc/motd": b"hello\n", "/large \u00c4.bin": random.Random(12).randbytes(300000)}
        for path, data in wanted.items():
            (tree / path[1:]).write_bytes(data)
        disk, image = self.folder / "cd.iso", self.folder / "hfs.img"
        tool("xorriso", "-as", "mkisofs", "-quiet", "-hfsplus", "-o", disk, tree)
        part = next(p for p in self.json_of(disk)["partitions"] if p["what"] == "Apple_HFS")
        self.assertEqual((part["file_system"]["kind"], part["file_system"]["readable"]), ("hfsp", True))
        data = disk.read_bytes()[part["first"] * 512:(part["first"] + part["count"]) * 512]
        image.write_bytes(data)
        self.same_as_fls(image)
        self.same_as_icat(image, least=4)
        out = self.folder / "out"
        self.ana(f"preserve read {disk} --partition {part['number']} --to {out}")
        for path, content in wanted.items():
            # HFS+ keeps names decomposed (Apple, TN1150, "Unicode Subtleties").
            self.assertEqual((out / "files" / unicodedata.normalize("NFD", path[1:])).read_bytes(), content)

    @needs("mkfs.exfat", "fls", "icat")
    def test_exfat(self):
        image = self.disk("exfat.img", 32 << 20)
        tool("mkfs.exfat", image)
        self.assertEqual(self.json_of(image)["file_system"]["kind"], "exfat")
        self.same_as_fls(image)
        self.same_as_icat(image, least=2)  # its bitmap and table of upper case

    def with_table(self, script, size=64 << 20):
        image = self.disk("disk.img", size)
        tool("sfdisk", "-q", "--no-reread", image, stdin=script.encode())
        return image

    def same_as_mmls(self, image):
        told = [(p["first"], p["count"], p["what"]) for p in self.json_of(image)["partitions"]]
        rows = re.findall(r"^\d+: +\S+ +(\d+) +\d+ +(\d+) +(.*)$", tool("mmls", image).decode(), re.M)
        self.assertGreater(len(rows), 4)
        self.assertEqual(told, [(int(a), int(b), c) for a, b, c in rows])

    def put(self, image, first, part):
        with open(image, "r+b") as f:
            f.seek(first * 512)
            f.write(part.read_bytes())

    @needs("sfdisk", "mmls", "mke2fs", "fls")
    def test_a_dos_table_with_logical_partitions(self):
        image = self.with_table("label: dos\n2048,8192,83\n12288,8192,7\n24576,65536,5\n26624,8192,83\n40960,8192,83\n")
        self.put(image, 40960, self.ext(tree=self.tree()))
        self.same_as_mmls(image)
        told = {p["number"]: p for p in self.json_of(image)["partitions"] if p["is"] == "partition"}
        # sfdisk itself says which number Linux gives to each
        numbers = {int(p["start"]): int(re.search(r"(\d+)$", p["node"]).group(1))
                   for p in json.loads(tool("sfdisk", "--json", image))["partitiontable"]["partitions"]}
        for number, p in told.items():
            self.assertEqual(numbers[p["first"]], number)
        self.assertEqual(set(told), {1, 2, 5, 6})
        self.assertEqual(told[6]["file_system"]["kind"], "ext2")
        self.same_as_fls(image, "-o", "40960", calm=("--partition", "6"))
        self.same_as_fls(image, "-o", "40960")  # the only one that can be read
        self.assertEqual(self.json_of(image)["doubts"], [])
        # a chain of tables (the second names its place from where the first lies) that is cut, or of which one is lost
        second = 24576 + struct.unpack_from("<I", image.read_bytes(), 24576 * 512 + 446 + 16 + 8)[0]
        self.assertTrue(26624 + 8192 <= second < 40960)
        short = self.disk("short.img", 20000 * 512)
        short.write_bytes(image.read_bytes()[:20000 * 512])
        told = self.json_of(short)
        self.assertEqual([p["number"] for p in told["partitions"] if p["is"] == "partition"], [1, 2])
        self.assertRegex(told["doubts"][0], "extended partition in slot 3 begins at sector 24576.*behind the end of the image: no partition in it")
        for at, table, left, words in ((second, bytes(512), [1, 2, 5], f"goes on at sector {second}, and no table lies there any more: what it held from partition 6 on"),
                                       (second, image.read_bytes()[24576 * 512:][:512], None, "a circle: what it held from partition 7 on"),
                                       (24576, bytes(512), [1, 2], "begins at sector 24576. Its first table should lie there, and no table lies there any more: no partition in it")):
            with open(image, "r+b") as f:
                f.seek(at * 512)
                f.write(table)
            told = self.json_of(image)
            self.assertIn(words, "".join(told["doubts"]))
            self.assertIn(words, one_line(self.read(image)))
            if left:
                self.assertEqual([p["number"] for p in told["partitions"] if p["is"] == "partition"], left)
        # many: what lies between two is no partition
        many, count = self.disk("many.img", (2048 + 1025 * 8) * 512), 400
        for count in (400, 1025):
            with open(many, "r+b") as f:
                for i in range(count):
                    at = 2048 + i * 8
                    f.seek(at * 512 + 446)
                    f.write(struct.pack("<4sB3sII", b"", 0x83, b"", 2, 2) + (struct.pack("<4sB3sII", b"", 5, b"", (i + 1) * 8, 8) if i + 1 < count else bytes(16)) + bytes(32) + b"\x55\xaa")
                f.seek(446)
                f.write(struct.pack("<4sB3sII", b"", 5, b"", 2048, 1025 * 8) + bytes(48) + b"\x55\xaa")
            if count < 1024:
                self.assertEqual([p["number"] for p in self.json_of(many)["partitions"] if p["is"] == "partition"], list(range(5, 5 + count)))
        self.assertEqual(self.ana.run("preserve", "read", str(many)).returncode, 10)

    @needs("sfdisk", "mmls", "mke2fs", "fls")
    def test_a_gpt_also_where_its_first_table_is_gone(self):
        image = self.with_table("label: gpt\nstart=2048,size=8192,type=L,name=boot\nstart=20480,size=16384,type=L,name=root\n")
        self.put(image, 2048, self.ext("a.img", tree=self.tree()))
        self.put(image, 20480, self.ext("b.img", tree=self.folder / "tree"))
        self.same_as_mmls(image)
        told = self.json_of(image)
        self.assertEqual((told["table"], told["is_backup"]), ("GPT", False))
        self.assertEqual([p["number"] for p in told["partitions"] if p["is"] == "partition"], [1, 2])
        code, words = self.ana.fails(f"preserve read {image} --list")
        self.assertEqual((code, "say which file system with --partition: 1 (ext2), 2 (ext2)" in one_line(words)), (2, True))
        self.same_as_fls(image, "-o", "20480", calm=("--partition", "2"))
        code, words = self.ana.fails(f"preserve read {image} --partition 9")
        self.assertEqual((code, "it has no partition 9; there are: 1, 2" in one_line(words)), (3, True))
        self.assertEqual(told["doubts"], [])
        sound, last = image.read_bytes(), (64 << 20) // 512 - 1
        # UEFI 2.10, table 5-5 and 5-6: an entry's last block at 40, a head's last usable block at 48; the second array lies in the 32 blocks before its head
        for at, faults, said in ((2 * 512 + 40, ["first table of the GPT (sector 1) is not sound: its list of partitions"], "primary GPT table is corrupt"),
                                 (512 + 48, ["first table of the GPT (sector 1) is not sound: its head does not have the checksum"], "primary GPT table is corrupt"),
                                 ((last - 32) * 512 + 40, [f"second table of the GPT (sector {last}) is not sound: its list"], "backup GPT table is corrupt"),
                                 (last * 512, [f"second table of the GPT (sector {last}) is not sound: no head"], "backup GPT table is corrupt"),
                                 (0, [], "")):
            image.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1:] if at else sound)
            self.assertIn(said, subprocess.run([shutil.which("sfdisk", path=TOOLS), "--verify", image], capture_output=True, check=False).stderr.decode())
            told = " ".join(self.json_of(image)["doubts"])
            for fault in faults:
                self.assertIn(fault, told)
                self.assertIn(fault, one_line(self.read(image)))
            if at == 2 * 512 + 40:
                self.assertIn(f"partition 1 is sectors 2048 to {10239 ^ 1} in the first, sectors 2048 to 10239 in the second", told)
        for at, count in ((1, 1), (1, 33), (0, 34)):  # the head of the first table, it, and what stands before it
            with open(image, "r+b") as f:
                f.seek(at * 512)
                f.write(bytes(count * 512))
            told = self.json_of(image)
            self.assertEqual((told["table"], told["is_backup"]), ("GPT", True))
            self.assertEqual([p["first"] for p in told["partitions"] if p["is"] == "partition"], [2048, 20480])
            self.same_as_fls(image, "-o", "20480", calm=("--partition", "2"))
        # nothing belongs to that second table, and sector 0 has a file system: the disk is used without partitions since
        self.put(image, 0, self.ext("whole.img", size=24 << 20, tree=self.folder / "tree", options=("-t", "ext4", "-b", "1024")))
        told = self.json_of(image)
        self.assertEqual((told["table"], told["partitions"], told["file_system"]["kind"]), (None, [], "ext4"))
        self.assertIn("the table is an older one. Its partitions begin at sector 2048, 20480: --offset SECTOR", one_line(self.read(image)))
        self.same_as_fls(image)
        self.assertEqual(self.ana.fails(f"preserve read {image} --partition 1")[0], 3)
        # A table of 66 bytes in the sector that ext leaves free, a protective entry or another, hides neither it nor its files.
        for kind, first, count, table in ((0xee, 1, 0xffffffff, "GPT"), (0x83, 60000, 2000, "DOS")):
            (self.folder / "sector").write_bytes(bytes(446) + struct.pack("<4sB3sII", b"", kind, b"", first, count) + bytes(48) + b"\x55\xaa")
            self.put(image, 0, self.folder / "sector")
            told = self.json_of(image)
            self.assertEqual((told["table"], told["file_system"]["kind"]), (table, "ext4"))
            self.assertIn("Beside the partitions, what begins at sector 0 takes the whole disk: ext4.", " ".join(told["doubts"]))
            self.assertIn("--offset 0 --list", one_line(self.read(image)))
            self.same_as_fls(image, calm=("--offset", "0"))
            self.assertIn("/etc/passwd", self.ana(f"preserve read {image} --list"))
        # A RAID (metadata 1.2, Documentation/admin-guide/md.rst: at 4 KiB) leaves the table that the disk had.
        raid = self.with_table("label: dos\n2048,8192,83\n")
        (self.folder / "sector").write_bytes(struct.pack("<II", 0xa92b4efc, 1))
        self.put(raid, 8, self.folder / "sector")
        self.assertEqual(self.json_of(raid)["file_system"]["kind"], "Linux RAID")
        self.assertIn("mdadm --assemble --readonly", one_line(self.read(raid)))

    @needs("ewfacquirestream", "mke2fs")
    def test_an_e01_of_several_files_and_one_that_is_damaged(self):
        raw = self.ext(tree=self.tree(), size=8 << 20, options=("-t", "ext2", "-b", "1024", "-O", "^dir_index"))
        tool("ewfacquirestream", "-q", "-t", self.folder / "web1", "-S", "1048576", "-c", "none", stdin=raw.read_bytes())
        parts = sorted(self.folder.glob("web1.E*"))
        self.assertGreater(len(parts), 4)
        self.assertEqual(as_rows(self.body(parts[0])), as_rows(self.body(raw)))
        folder, lines = self.out(parts[0], "--path", "/etc")
        whole = {l["path"]: l["sha256"] for l in lines if l.get("kept") == "file"}
        self.assertEqual(whole["/etc/deep/random"], sha256((self.folder / "tree" / "etc" / "deep" / "random").read_bytes()))
        # 32 KiB of the disk that hold a part of one file are damaged: that file says so, the others are as they were
        block = [int(b) for b in tool("debugfs", "-R", "blocks /etc/deep/random", raw).split()][150]
        content = raw.read_bytes()[block * 1024 : block * 1024 + 64]
        part = next(p for p in parts if content in p.read_bytes())
        data = part.read_bytes()
        part.write_bytes(data.replace(content, bytes(b ^ 1 for b in content)))
        _, lines = self.out(parts[0], "--path", "/etc")
        by_path = {l["path"]: l for l in lines if l.get("kept") == "file"}
        self.assertEqual(by_path["/etc/passwd"]["sha256"], whole["/etc/passwd"])
        self.assertNotIn("lost", by_path["/etc/passwd"])
        self.assertNotEqual(by_path["/etc/deep/random"]["sha256"], whole["/etc/deep/random"])
        self.assertGreaterEqual(by_path["/etc/deep/random"]["lost"], 1024)
        self.assertIn("could not be read", by_path["/etc/deep/random"]["remark"])

    @needs("mke2fs")
    def test_one_file_one_folder_one_inode(self):
        image = self.ext(tree=self.tree(), size=16 << 20)
        self.assertEqual([f["path"] for f in self.json_of(image, "--path", "/etc/passwd")["files"]], ["/etc/passwd"])
        self.assertEqual(sorted(f["path"] for f in self.json_of(image, "--path", "etc/deep/")["files"]), ["/etc/deep", "/etc/deep/random"])
        inode = self.json_of(image, "--path", "/etc/passwd")["files"][0]["inode"]
        folder, lines = self.out(image, "--inode", inode)
        self.assertEqual([l["file"] for l in lines], [f"files/inode-{inode}"])
        self.assertEqual((folder / lines[0]["file"]).read_bytes(), (self.folder / "tree" / "etc" / "passwd").read_bytes())
        for words in ("--path /etc/shadow", "--path /etc/passwd/x", "--inode 99999", f"--inode {inode}-128"):
            self.assertEqual(self.ana.fails(f"preserve read {image} {words}")[0], 3, words)

    @needs("mke2fs")
    def test_slack_comes_only_where_it_is_asked_for(self):
        image = self.ext(tree=self.tree(), options=("-t", "ext2", "-b", "1024", "-O", "^dir_index"))
        blocks = [int(b) for b in tool("debugfs", "-R", "blocks /etc/passwd", image).split()]
        with open(image, "r+b") as f:
            f.seek(blocks[-1] * 1024 + 4400 % 1024)
            f.write(b"left behind")
        folder, lines = self.out(image, "--path", "/etc/passwd")
        self.assertEqual((folder / lines[0]["file"]).stat().st_size, 4400)
        folder, lines = self.out(image, "--path", "/etc/passwd", "--slack")
        data = (folder / lines[0]["file"]).read_bytes()
        self.assertEqual((len(data), data[4400:4411]), (5120, b"left behind"))


class NotRead(DiskTest):
    """What libtsk does not read is recognised, with what to do."""

    def check(self, image, kind, words):
        fs = self.json_of(image)["file_system"]
        self.assertEqual((fs["kind"], fs["readable"]), (kind, False))
        self.assertIn(words, fs["next"])
        self.assertIn(words.split()[0], one_line(self.read(image)))
        code, said = self.ana.fails(f"preserve read {image} --list")
        self.assertEqual(code, 7)
        self.assertIn(f"there is {kind} at sector 0", one_line(said))

    def test_file_systems_made_by_their_own_programs(self):
        made = (("mkfs.xfs", ("-q",), "XFS", 320 << 20, "norecovery"), ("mkfs.btrfs", ("-q",), "Btrfs", 128 << 20, "btrfs restore"),
                ("mkswap", ("-q",), "swap", 1 << 20, "no files"))
        done = 0
        # Files of virtual machines, by the marks that their specifications have (qemu's qcow2.rst and vdi.c, MS-VHDX, VMware's Virtual Disk Format 1.1).
        for kind, at, mark, words in (("QCOW2", 0, b"QFI\xfb\0\0\0\3", "qemu-img convert"), ("VMDK", 0, b"KDMV\1\0\0\0", "qemu-img convert"), ("VHD", 0, b"conectix", "qemu-img convert"),
                                      ("VHDX", 0, b"vhdxfile", "qemu-img convert"), ("VDI", 64, struct.pack("<I", 0xbeda107f), "qemu-img convert"), ("AFF", 0, b"AFF10\r\n\0", "affconvert -r"),
                                      ("VMDK (its text alone)", 0, b'# Disk DescriptorFile\nversion=1\nRW 8 VMFS "web1-flat.vmdk"\n', "-flat.vmdk is a raw image")):
            image = self.disk("container", 1 << 20)
            with open(image, "r+b") as f:
                f.seek(at)
                f.write(mark)
            self.check(image, kind, words)
            (self.folder / "images").mkdir(exist_ok=True)
            said = one_line(self.ana(f"preserve image {image} --to {self.folder}/images --name {kind[:4].strip()}{at}{words[:1]}{len(kind)}"))
            self.assertRegex(said, rf"Of the source: .*By its first bytes it is of the kind {re.escape(kind)}: ")
            self.assertIn("The image is of this file alone.", said)
        for program, options, kind, size, words in made:
            if not shutil.which(program, path=TOOLS):
                continue
            image = self.disk(kind, size)
            tool(program, *options, image)
            self.check(image, kind, words)
            done += 1
        if done < 3:
            self.skipTest(f"only {done} of mkfs.xfs, mkfs.btrfs and mkswap are there")

    def test_files_of_other_tools_are_taken_as_files_and_named(self):
        """By the marks of libewf's documents and qemu's block/dmg.c."""
        (self.folder / "images").mkdir()
        (self.folder / "found").mkdir()
        small = bytes(range(256)) * 64
        koly = b"koly" + struct.pack(">II", 4, 512)
        kinds = {"x.Ex01": (b"EVF2\r\n\x81\0\2\1" + small, "Ex01", "ewfexport -f encase6"), "x.L01": (b"LVF\t\r\n\xff\0\1\1\0\0\0" + small, "L01", "ewfexport -f files"), "x.Lx01": (b"LEF2\r\n\x81\0\2\1" + small, "Lx01", "not a disk"),
                 "x.ad1": (b"ADSEGMENTEDFILE\0" + small, "AD1", "FTK Imager"), "x.e01": (b"ADCRYPT\0" + small, "image that FTK Imager encrypted", "decrypts"), "y.dmg": (b"encrcdsa\0\0\0\2" + small, "DMG (encrypted)", "hdiutil"),
                 "x.sparseimage": (b"sprs\0\0\0\3" + small, "sparse image", "hdiutil"), "x.dmg": (small + koly + bytes(500), "DMG", "dmg2img"), "web1.qcow2": (b"QFI\xfb\0\0\0\3" + small, "QCOW2", "qemu-img convert")}
        for n, (name, (data, kind, words)) in enumerate(kinds.items()):
            path = self.folder / "found" / name
            path.write_bytes(data)
            said = one_line(self.ana(f"preserve image {path} --to {self.folder}/images --name n{n}"))
            self.assertRegex(said, rf"Of the source: .*By its (first|last) bytes it is of the kind {re.escape(kind)}: .*{re.escape(words)}")
        other = self.folder / "found" / "plain.dmg"
        other.write_bytes(small)  # its name alone tells nothing
        self.assertNotIn("of the kind", self.ana(f"preserve image {other} --to {self.folder}/images --name other"))
        said = one_line(self.ana(f"preserve files {self.folder}/found"))
        self.assertRegex(said, r"found/\S+ is in the case as a file now\. By its (first|last) bytes it is of the kind ")
        self.assertRegex(said, rf"{len(kinds) - 1} more of what was taken are each such a file\.")
        said = one_line(self.ana(f"preserve files {self.folder}/found/web1.qcow2"))
        self.assertIn("of the kind QCOW2: it is a virtual disk, and what it holds is not read here. On a machine of your own, qemu-img convert -O raw", said)
        self.assertNotIn("more of what", said)
        self.assertNotIn("of the kind", self.ana(f"preserve files {other}"))
        # what lies behind a file that is read: a DMG without compression is a disk as it is
        self.assertEqual(self.json_of(self.folder / "found" / "x.dmg")["file_system"]["kind"], "DMG")

    def test_what_begins_as_it_should_is_not_said_to_be_lost(self):
        """Of sound ones that libtsk refuses, and of one that is damaged behind its first sector, which is as its copy."""
        done = 0
        for program, options, kind, words in (("mke2fs", ("-t", "ext4", "-O", "bigalloc", "-C", "16384"), "ext4", "16 KiB (bigalloc)"), ("mke2fs", ("-O", "journal_dev"), "ext journal", "on another device"),
                                              ("mkfs.ntfs", ("-Q", "-c", "131072"), "ntfs", "clusters of 128 KiB"), ("mkfs.ntfs", ("-Q",), "ntfs", "it begins as one does")):
            if not shutil.which(program, path=TOOLS):
                continue
            with self.subTest(words):
                image = self.disk(f"{program}{len(options)}", 64 << 20)
                tool(program, "-q", "-F", *options, image)
                if "begins" in words:
                    with open(image, "r+b") as f:  # the first cluster of the $MFT, in both copies of the sector
                        for at in (0, (64 << 20) - 512):
                            f.seek(at + 48)
                            f.write(b"\xff\xff\xff\xff")
                self.check(image, kind, words)
                self.assertNotIn("lost", one_line(self.read(image)))
                done += 1
        if done < 4:
            self.skipTest(f"only {done} of 4 could be made: mke2fs or mkfs.ntfs is not there")

    @needs("mkfs.xfs", "sfdisk")
    def test_a_partition_that_is_not_read_is_written_out_whole(self):
        disk, inner = self.disk("disk.img", 340 << 20), self.disk("inner", 320 << 20)
        tool("sfdisk", "-q", "--no-reread", disk, stdin=b"label: gpt\nstart=2048,size=2048\nstart=4096,size=655360\n")
        tool("mkfs.xfs", "-q", inner)
        data, noise = inner.read_bytes(), random.Random(13).randbytes(2048 * 512)
        with open(disk, "r+b") as f:
            f.seek(2048 * 512)
            f.write(noise)
            f.write(data)
        e01 = self.folder / "made"
        e01.mkdir()
        tool(BUILD / "src" / "calm-image", disk, "--to", e01, "--name", "m", "--segment", "2MiB")
        self.assertIn("Next: calm preserve read made/m.E01 --partition 2 --raw FILE", one_line(self.ana("preserve read made/m.E01")))
        code, said = self.ana.fails(f"preserve read {e01}/m.E01 --partition 2 --list")
        self.assertIn("there is XFS at sector 4096", one_line(said))
        for source in (disk, e01 / "m.E01"):
            out = self.folder / "xfs.raw"
            said = one_line(self.ana(f"preserve read {source} --partition 2 --raw {out}"))
            self.assertEqual(out.read_bytes(), data)
            self.assertIn(hashlib.sha256(data).hexdigest(), said)
            self.assertIn("335544320 bytes", said)
            self.assertEqual(self.ana.fails(f"preserve read {source} --partition 2 --raw {out}")[0], 2)  # nothing is written over
            out.unlink()
        whole = self.folder / "whole.raw"
        told = json.loads(self.ana.run("preserve", "read", str(inner), "--raw", str(whole), "--json").stdout)
        self.assertEqual((told["size"], told["sha256"], told["lost"]), (len(data), hashlib.sha256(data).hexdigest(), 0))
        for words, status in ((f"--partition 7 --raw {self.folder}/x", 3), (f"--raw {self.folder}/x", 2), (f"--partition 2 --list --raw {self.folder}/x", 2),
                              (f"--partition 2 --path /etc --raw {self.folder}/x", 2)):
            self.assertEqual(self.ana.fails(f"preserve read {disk} {words}")[0], status, words)
        self.assertFalse((self.folder / "x").exists())
        with open(e01 / "m.E01", "r+b") as f:  # within one of the chunks of 32 KiB that hold the first partition as it is
            f.seek(500000)
            f.write(b"damaged")
        told = json.loads(self.ana.run("preserve", "read", str(e01 / "m.E01"), "--partition", "1", "--raw", str(self.folder / "first"), "--json").stdout)
        self.assertEqual((told["size"], told["lost"]), (2048 * 512, 32768))
        written = (self.folder / "first").read_bytes()
        other = [at for at in range(0, len(noise), 32768) if written[at:at + 32768] != noise[at:at + 32768]]
        self.assertEqual([(len(other), written[at:at + 32768]) for at in other], [(1, bytes(32768))])

    @needs("cryptsetup")
    def test_luks_by_its_own_program(self):
        image = self.disk("luks", 32 << 20)
        for version in ("luks1", "luks2"):
            tool("cryptsetup", "luksFormat", "-q", "--type", version, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", image, "-", stdin=b"secret")
            self.check(image, "LUKS", "cryptsetup open --readonly")

    @needs("mke2fs", "debugfs", "mkfs.ntfs", "ntfsfix")
    def test_a_file_system_whose_beginning_is_lost_has_a_copy_of_it(self):
        """Other programs go on with what is named: the superblock of group 1, the last sector of NTFS."""
        tree = self.tree()
        for block, size in ((1024, 16 << 20), (4096, 136 << 20)):
            image = self.ext(f"{block}.img", size, ("-t", "ext4", "-b", block), tree)
            with open(image, "r+b") as f:
                f.seek(1024)
                f.write(bytes(1024))
            words = re.search(r"debugfs -c -b (\d+) -s (\d+) FILE", self.json_of(image)["file_system"]["next"])
            self.check(image, "ext2, ext3 or ext4", words.group())
            said = tool("debugfs", "-c", "-b", words[1], "-s", words[2], "-R", "cat /etc/passwd", image)
            self.assertEqual(said, (tree / "etc" / "passwd").read_bytes())
        image = self.disk("ntfs.img", 8 << 20)
        tool("mkfs.ntfs", "-q", "-F", image)
        whole = image.read_bytes()
        image.write_bytes(bytes(512) + whole[512:])
        self.check(image, "ntfs", f"sector {len(whole) // 512 - 1} of the disk")
        tool("ntfsfix", image)
        self.assertEqual(image.read_bytes()[:512], whole[:512])

    def test_others_by_what_their_documents_say(self):
        # BitLocker: [MS-FVE], the boot sector's signature; LVM2: lib/label/label.h and format_text/layout.h; md: md_p.h,
        # MD_SB_MAGIC, little-endian, at 4 KiB in version 1.2; ZFS: the On-Disk Specification, 1.3, UB_MAGIC in uberblocks from
        # 128 KiB; F2FS: f2fs_fs.h; APFS: Apple File System Reference, nx_superblock_t; ReFS: its boot sector.
        for kind, off, magic, words in (("BitLocker", 3, b"-FVE-FS-", "bitlkOpen"), ("LVM", 512, b"LABELONE" + bytes(16) + b"LVM2 001", "vgs"),
                                        ("Linux RAID", 4096, struct.pack("<II", 0xA92B4EFC, 1), "mdadm --assemble"),
                                        ("ZFS", (128 << 10) + 3072, struct.pack("<Q", 0x00BAB10C), "zpool import"),
                                        ("ZFS", (128 << 10) + 3072, struct.pack(">Q", 0x00BAB10C), "zpool import"),
                                        ("F2FS", 1024, struct.pack("<I", 0xF2F52010), "norecovery"), ("APFS", 32, b"NXSB", "pstat"),
                                        # UDF: ECMA-167 2/9.1 and 3/9.1, a descriptor in each sector from 32 KiB on, or in each 4,096 bytes of such sectors
                                        ("UDF", 32768, b"\0BEA01\1".ljust(2048, b"\0") + b"\0NSR02\1", "-t udf"), ("UDF", 32768, b"\0BEA01\1".ljust(4096, b"\0") + b"\0NSR03\1", "-t udf"),
                                        ("ReFS", 3, b"ReFS\0\0\0\0", "Windows")):
            with self.subTest(kind, magic=magic[-8:]):
                image = self.disk("other", 1 << 20)
                with open(image, "r+b") as f:
                    f.seek(off)
                    f.write(magic)
                self.check(image, kind, words)

    @needs("mke2fs")
    def test_of_a_sparse_disk_that_was_taken_as_a_file_the_way_to_it_is_told(self):
        image = self.disk("sparse.img", 5 << 30)  # with more than 4 GiB of holes only those with data are kept
        tool("mke2fs", "-q", "-F", "-t", "ext4", "-L", "DATA", image)
        self.ana(f"preserve files {image}")
        self.check("e1", "sparse file, archived", "preserve get")
        # and that way leads there
        self.ana(f"preserve get e1 {self.folder / 'e1.tar'}")
        (self.folder / "unpacked").mkdir()
        tool("tar", "-xSf", self.folder / "e1.tar", "-C", self.folder / "unpacked")
        found = next(p for p in (self.folder / "unpacked").rglob("*") if p.is_file())
        self.assertEqual(found.stat().st_size, image.stat().st_size)
        self.assertEqual(self.json_of(found)["file_system"], self.json_of(image)["file_system"])

    def test_nothing_is_said_of_what_nobody_knows(self):
        image = self.disk("zeros", 1 << 20)
        self.assertEqual(self.json_of(image)["file_system"]["kind"], "unknown")
        self.assertIn("no file system that is known begins here", one_line(self.read(image)))
        self.assertEqual(self.ana.fails(f"preserve read {image} --list")[0], 7)

    def test_what_is_no_image(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        empty = self.disk("empty", 0)
        odd = self.folder / "odd"
        odd.write_bytes(b"x" * 700)
        for path, code in ((self.folder, 2), (fifo, 2), ("/dev/null", 2), (empty, 7), (self.folder / "none", 3)):
            self.assertEqual(self.ana.fails(f"preserve read {path}")[0], code, path)
        self.assertEqual(self.json_of(odd)["size"], 700)
        for words in ("--partition 0", "--partition 1 --offset 1", "--path /a --inode 1", "--inode x", "--list --body b", "--keep"):
            self.assertEqual(self.ana.fails(f"preserve read {odd} {words}")[0], 2, words)


if __name__ == "__main__":
    main()
