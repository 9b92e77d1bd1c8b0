"""test_disk_hostile.py: disks made to do harm, and who is told of what was read: nothing leaves the folder, nothing is written over, each access is on record."""
import contextlib
import json
import os
import random
import re
import signal
import sqlite3
import struct
import subprocess
import tempfile
import time

from attacker import Files, Key
from disks import DiskTest, as_rows, needs, sha256, tool
from harness import CALM, SANITIZED, main, one_line

# Damage, an attack that was stopped, a limit, what is not there or cannot be read: each said in words.
CLEAN = {0, 3, 7, 8, 10, 11}


def fat16(names):
    """A floppy-like FAT16 file system whose root folder has these entries, 11 bytes of name each; by Microsoft's FAT specification, 3.1 to 6."""
    root = b"".join(n.ljust(11) + b"\x20" + bytes(12) + struct.pack("<HHI", 40 << 9 | 1 << 5 | 1, 0, 0) for n in names)
    count = max(16, -(-len(names) // 16) * 16)
    boot = b"\xeb\x3c\x90MSDOS5.0" + struct.pack("<HBHBHHBHHHII", 512, 1, 1, 1, count, 0, 0xF8, 32, 32, 2, 0, 8192 + count // 16) + b"\x80\0\x29\1\2\3\4NO NAME    FAT16   "
    fat = struct.pack("<HH", 0xFFF8, 0xFFFF)
    return boot.ljust(510, b"\0") + b"\x55\xaa" + fat.ljust(32 * 512, b"\0") + root.ljust(count * 32, b"\0") + bytes(8159 * 512)


def fat32(count):
    """The same of FAT32, whose root folder is a chain of clusters and can have any number of entries."""
    root = -(-count * 32 // 4096)
    clusters = max(root + 10, 66_000)
    sectors = -(-(clusters + 2) * 4 // 512)
    boot = b"\xeb\x58\x90MSDOS5.0" + struct.pack("<HBHBHHBHHHII", 512, 8, 32, 1, 0, 0, 0xF8, 0, 32, 2, 0, 32 + sectors + clusters * 8)
    boot += struct.pack("<IHHIHH", sectors, 0, 0, 2, 1, 6) + bytes(12) + b"\x80\0\x29\1\2\3\4NO NAME    FAT32   "
    info = b"RRaA".ljust(484, b"\0") + b"rrAa" + struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF) + bytes(12) + b"\0\0\x55\xaa"
    fat = struct.pack("<II", 0x0FFFFFF8, 0x0FFFFFFF) + b"".join(struct.pack("<I", 3 + i) for i in range(root - 1)) + struct.pack("<I", 0x0FFFFFFF)
    behind = bytes(12) + struct.pack("<HHI", 40 << 9 | 1 << 5 | 1, 0, 0)
    head = (boot.ljust(510, b"\0") + b"\x55\xaa" + info).ljust(32 * 512, b"\0") + fat.ljust(sectors * 512, b"\0")
    return head + b"".join(b"%08dTXT\x20" % i + behind for i in range(count)), (32 + sectors + clusters * 8) * 512


class Hostile(DiskTest):
    def everything_below(self, folder):
        """What lies in the folder that the test has, with all that was read out: nothing may be elsewhere."""
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if folder not in p.parents)

    def with_names(self, names):
        """An ext2 file system with files of these names, bytes of any kind: written over names of the same length that mke2fs took."""
        folder = self.folder / f"names-{random.getrandbits(32)}"
        folder.mkdir()
        plain = [(b"%03d" % i).ljust(len(n), b"x")[: len(n)] for i, n in enumerate(names)]
        for p in plain:
            (folder / os.fsdecode(p)).write_bytes(b"content of " + p)
        image = self.ext(f"{folder.name}.img", tree=folder, options=("-t", "ext2", "-b", "1024", "-O", "^dir_index,^metadata_csum"))
        data = image.read_bytes()
        for p, n in zip(plain, names):
            entry = bytes([len(p), 1]) + p  # length of the name, type file, name
            self.assertEqual(data.count(entry), 1, p)
            data = data.replace(entry, bytes([len(n), 1]) + n)
        image.write_bytes(data)
        return image, dict(zip(names, plain))

    def test_no_name_leads_out(self):
        names = [b"../../x", b"/etc/pw", b"a/b/c/d", b"..\\..\\z", b"xx/..", b"/xx", b"./.x.", b"..", b".", b"-rf", b"\x1b[31m", b"new\nline", b"%2E%2E",
                 b"\xff\xfe\xfd", b"\xe2\x80\xaegnp", b"CON:aux", b"end.", b"sp ", b"A|b*c?", b"~" * 5, b"L" * 255]
        names = [n for n in names if n not in (b"..", b".")]
        image, plain = self.with_names(names)
        folder = self.folder / "out"
        before = self.everything_below(folder)
        self.read(image, "--to", str(folder))
        self.assertEqual(self.everything_below(folder), sorted(before + ["out"]))
        lines = [l for l in self.manifest(folder) if l.get("kept") == "file"]
        told = {bytes.fromhex(l["path_hex"]) if "path_hex" in l else l["path"][1:].encode(): l for l in lines}
        self.assertEqual(set(told), set(names))
        for name, line in told.items():
            path = folder / line["file"]
            self.assertEqual(path.read_bytes(), b"content of " + plain[name], name)
            self.assertEqual(path.parent, folder / "files", name)
            self.assertFalse(re.search(r'[\x00-\x1f\\:|*?<>"]', path.name), name)
            self.assertLessEqual(len(os.fsencode(path.name)), 255)
        # by the rule in doc/format/evidence.md
        self.assertEqual(told[b"../../x"]["file"], "files/..%2F..%2Fx")
        self.assertEqual(told[b"-rf"]["file"], "files/%2Drf")
        self.assertEqual(told[b"%2E%2E"]["file"], "files/%252E%252E")
        self.assertEqual(told[b"end."]["file"], "files/end%2E")
        self.assertEqual(told[b"\xe2\x80\xaegnp"]["file"], "files/%E2%80%AEgnp")
        self.assertEqual(told[b"L" * 255]["file"], "files/" + "L" * 198 + "%~")

    def test_names_that_a_folder_cannot_have(self):
        """A deleted "." and the like: mke2fs makes none, so folders get them by hand."""
        folder = self.folder / "dots"
        for name in ("aa", "b", "cc/dd"):
            (folder / name).mkdir(parents=True)
            (folder / name / "f").write_bytes(name.encode())
        image = self.ext("dots.img", tree=folder, options=("-t", "ext2", "-b", "1024", "-O", "^dir_index,^metadata_csum"))
        data = image.read_bytes()
        for old, new in ((b"\x02\x02aa", b"\x02\x02.."), (b"\x02\x02dd", b"\x02\x02//")):
            self.assertEqual(data.count(old), 1)
            data = data.replace(old, new)
        image.write_bytes(data)
        out = self.folder / "out"
        before = self.everything_below(out)
        self.read(image, "--to", str(out))
        self.assertEqual(self.everything_below(out), sorted(before + ["out"]))
        files = {l["file"] for l in self.manifest(out) if l.get("kept") == "file"}
        self.assertEqual(files, {"files/b/f", "files/cc/%2F%2F/f"})  # what is called ".." is not entered by that name

    @needs("debugfs")
    def test_folders_in_a_circle_end(self):
        folder = self.folder / "circle"
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "f").write_bytes(b"once")
        image = self.ext("circle.img", tree=folder)
        tool("debugfs", "-w", "-R", "ln /a /a/b/again", image)
        listed = self.json_of(image, "--list")
        paths = [f["path"] for f in listed["files"]]
        self.assertEqual(paths.count("/a/f"), 1)
        self.assertIn("/a/b/again", paths)
        self.assertNotIn("/a/b/again/f", paths)
        self.assertIn("/a/b/again: it is the same folder as one that was listed", listed["not_read"])

    @needs("debugfs")
    def test_a_terabyte_that_is_not_there_is_refused_at_the_stated_limit(self):
        folder = self.folder / "big"
        folder.mkdir()
        (folder / "lie").write_bytes(b"x" * 2000)
        (folder / "small").write_bytes(b"small")
        image = self.ext("big.img", tree=folder, options=("-t", "ext2", "-b", "1024", "-O", "^dir_index"))
        tool("debugfs", "-w", "-R", f"set_inode_field /lie size {1 << 40}", image)
        tool("debugfs", "-w", "-R", "set_inode_field /lie size_high 256", image)
        started = time.monotonic()
        out, lines = self.out(image, status=11)
        self.assertLess(time.monotonic() - started, 60)
        by_path = {l["path"]: l for l in lines}
        self.assertEqual(by_path["/lie"]["kept"], "no")
        self.assertIn("and 68719476736 more were to be taken out: see --most", by_path["/lie"]["remark"])
        self.assertEqual((out / by_path["/small"]["file"]).read_bytes(), b"small")
        self.assertFalse((out / "files" / "lie").exists())

    @needs("debugfs")
    def test_stopped_by_a_person_it_keeps_what_is_whole(self):
        folder = self.folder / "long"
        folder.mkdir()
        (folder / "a").write_bytes(b"whole")
        (folder / "huge").write_bytes(b"x" * 2000)
        image = self.ext("long.img", tree=folder, options=("-t", "ext4", "-O", "^metadata_csum"))
        tool("debugfs", "-w", "-R", f"set_inode_field /huge size {60 << 30}", image)
        tool("debugfs", "-w", "-R", f"set_inode_field /huge size_high {60 << 30 >> 32}", image)
        out = self.folder / "out"
        job = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "read", str(image), "--to", str(out)], env=self.ana.env, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        huge = out / "files" / "huge"
        until = time.monotonic() + 60
        while not huge.exists() and time.monotonic() < until and job.poll() is None:
            time.sleep(0.02)
        job.send_signal(signal.SIGINT)
        said = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 13, said)
        lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
        self.assertEqual(lines[-1]["problem"], "stopped at your request")
        self.assertEqual({l["path"]: l["kept"] for l in lines[1:-1] if l["type"] == "file"}, {"/a": "file", "/huge": "no"})
        self.assertEqual([p.name for p in (out / "files").iterdir()], ["a"])

    @needs("debugfs")
    def test_a_limit_holds_over_all_files_together(self):
        folder = self.folder / "many"
        folder.mkdir()
        for name in "abc":
            (folder / name).write_bytes(name.encode() * 30_000)
        image = self.ext("many.img", tree=folder)
        _, lines = self.out(image, "--most", "70000", status=11)
        kept = [l for l in lines if l["type"] == "file" and l["kept"] == "file"]
        left = [l for l in lines if l["type"] == "file" and l["kept"] == "no"]
        self.assertEqual((len(kept), len(left)), (2, 1))
        self.assertIn("it states 30000 bytes, and 10000 more", left[0]["remark"])

    def test_a_file_that_ends_behind_the_end_of_the_image_is_had_as_far_as_it_goes(self):
        folder = self.folder / "cut"
        folder.mkdir()
        content = random.Random(2).randbytes(1 << 20)
        (folder / "f").write_bytes(content)
        image = self.ext("cut.img", tree=folder, options=("-t", "ext4", "-b", "1024", "-O", "^metadata_csum"))
        blocks = [int(b) for b in tool("debugfs", "-R", "blocks /f", image).split()]
        self.assertEqual(len(blocks), 1024)
        end = sorted(blocks)[600]  # the first block that is not there any more
        os.truncate(image, end * 1024)
        out, lines = self.out(image)
        line = next(l for l in lines if l["path"] == "/f")
        self.assertEqual((line["kept"], line["taken"], line["lost"]), ("file", 1 << 20, (1024 - 600) * 1024))
        data = (out / line["file"]).read_bytes()
        for i, block in enumerate(blocks):
            self.assertEqual(data[i * 1024 : (i + 1) * 1024], content[i * 1024 : (i + 1) * 1024] if block < end else bytes(1024), i)

    def test_a_million_entries(self):
        count = 50_000 if SANITIZED else 1_000_000
        data, size = fat32(count)
        image = self.folder / "many.img"
        image.write_bytes(data)
        os.truncate(image, size)
        self.assertEqual(sum(line.startswith(b"0|/") and b".TXT|" in line for line in self.body(image).splitlines()), count)

    def test_the_same_name_many_times(self):
        image = self.folder / "same.img"
        image.write_bytes(fat16([b"SAME    TXT"] * 40))
        out, lines = self.out(image)
        files = [l["file"] for l in lines if l.get("kept") == "file"]
        self.assertEqual((len(files), len(set(files))), (40, 40))
        for name in files:
            self.assertTrue((out / name).is_file(), name)

    def run_over(self, data, seed, count):
        """Reads changed copies of a disk; each ends in time, in words, and inside its folder."""
        draw = random.Random(seed)
        image = self.folder / "flip.img"
        ended = {}
        for i in range(count):
            changed = bytearray(data)
            for _ in range(draw.choice((1, 1, 4, 64))):
                # most of it is empty: change what says something
                at = draw.choice(self.used) * 64 + draw.randrange(64)
                changed[at] = draw.choice((changed[at] ^ 1 << draw.randrange(8), 0xFF, 0, draw.randrange(256)))
            image.write_bytes(changed)
            out = self.folder / f"flip-{i}"
            before = self.everything_below(out)
            started = time.monotonic()
            done = self.ana.run("preserve", "read", str(image), "--to", str(out), "--most", "64 MiB", timeout=120)
            self.assertLess(time.monotonic() - started, 60)
            self.assertIn(done.returncode, CLEAN, (i, done.stderr))
            if done.returncode:
                self.assertIn(b"calm: ", done.stderr)
            after = self.everything_below(out)
            self.assertLessEqual(set(after) - set(before), {out.name}, i)
            self.assertFalse([p for p in out.rglob("*") if p.is_symlink() or not (p.is_file() or p.is_dir())], i)
            ended[done.returncode] = ended.get(done.returncode, 0) + 1
            self.ana.run("preserve", "read", str(image), "--list", timeout=60)
        self.assertGreater(ended.get(0, 0), count // 10, ended)

    def changed_disks(self, image, seed):
        data = image.read_bytes()
        self.used = [i for i in range(len(data) // 64) if any(data[i * 64 : (i + 1) * 64])]
        self.run_over(data, seed, 15 if SANITIZED else 60)

    def test_changed_ext4(self):
        self.changed_disks(self.ext(size=1 << 20, tree=self.tree(), options=("-t", "ext4", "-O", "^metadata_csum")), 1)

    @needs("mkfs.vfat", "mcopy")
    def test_changed_fat(self):
        image = self.disk("fat.img", 1 << 20)
        tool("mkfs.vfat", image)
        tool("mmd", "-i", image, "::A folder")
        for i in range(5):
            tool("mcopy", "-i", image, self.tree() / "etc" / "passwd" if i == 0 else self.folder / "tree" / "etc" / "passwd", f"::A folder/long name {i}")
        self.changed_disks(image, 2)

    @needs("mkfs.ntfs", "ntfscp")
    def test_changed_ntfs(self):
        image = self.disk("ntfs.img", 2 << 20)
        tool("mkfs.ntfs", "-q", "-F", image)
        tool("ntfscp", "-f", image, self.tree() / "etc" / "passwd", "/a.txt")
        self.changed_disks(image, 3)

    @needs("sfdisk")
    def test_changed_tables(self):
        image = self.disk("disk.img", 2 << 20)
        tool("sfdisk", "-q", "--no-reread", image, stdin=b"label: gpt\nstart=64,size=512,type=L\nstart=1024,size=512,type=L\n")
        data = image.read_bytes()
        draw = random.Random(4)
        for i in range(60):
            changed = bytearray(data)
            for _ in range(draw.choice((1, 8))):
                changed[draw.randrange(34 * 512)] = draw.randrange(256)
            image.write_bytes(changed)
            done = self.ana.run("preserve", "read", str(image), "--json", timeout=60)
            self.assertIn(done.returncode, CLEAN, (i, done.stderr))
            if done.returncode == 0:
                json.loads(done.stdout)


class OnRecord(DiskTest):
    def setUp(self):
        super().setUp()
        self.image = self.ext("web1.img", tree=self.tree(), size=2 << 20)
        tool("debugfs", "-w", "-R", "rm /etc/passwd", self.image)
        self.ana(f'preserve files {self.image} --title "disk of web1"')

    def test_reading_files_out_of_an_item_is_on_record(self):
        self.ana("preserve read e1")
        self.ana("preserve read e1 --list")
        self.assertEqual([l["act"] for l in self.ana.json("preserve custody e1")["chain"]], ["taken", "examined", "examined"])  # each look
        out = self.folder / "out"
        self.ana(f"preserve read e1 --path /etc --to {out}", "--because", "looking for the shell")
        chain = self.ana.json("preserve custody e1")["chain"]
        self.assertEqual([(l["act"], l.get("because")) for l in chain], [("taken", None), ("examined", None), ("examined", None), *[("examined", "looking for the shell")] * 2])
        for row, words in ((3, "begun to be read out of it"), (4, "read out of it")):
            self.assertRegex(chain[row]["place"], f"^{words}: /etc; to {out} on ")
        self.assertEqual(json.loads((out / "manifest.jsonl").read_text().splitlines()[0])["image"], "e1")

    def test_what_is_kept_refers_to_the_image(self):
        out = self.folder / "out"
        said = self.ana(f"preserve read e1 --deleted --to {out} --keep")
        self.assertIn("2 items are on the register", said)
        items = self.ana.json("preserve list")
        self.assertEqual([(i["title"], i["sort"]) for i in items[1:]], [("/etc/passwd", "file"), ("list of what was read out of e1: /, deleted files", "list")])
        content = (out / "files" / "etc" / "passwd").read_bytes()
        self.assertEqual(items[1]["sha256"], sha256(content))
        self.assertEqual(items[1]["modified"], "2017-07-14T02:40:00.000000000Z")
        self.assertEqual(items[2]["sha256"], sha256((out / "manifest.jsonl").read_bytes()))
        self.assertRegex(items[1]["remark"], r"^read out of e1, inode \d+, deleted$")
        with contextlib.closing(sqlite3.connect(f"file:{self.case}/case.db?mode=ro", uri=True)) as db:
            for item in items[1:]:
                line = json.loads(db.execute("SELECT line FROM lines WHERE seq = ?", (item["record"],)).fetchone()[0])
                self.assertIn(items[0]["id"], line["statement"]["refs"])

    def test_more_than_200_are_not_kept_one_by_one(self):
        folder = self.folder / "many"
        folder.mkdir()
        for i in range(201):
            (folder / f"f{i:03}").write_bytes(b"%d" % i)
        image = self.ext("many.img", tree=folder)
        code, words = self.ana.fails(f"preserve read {image} --to {self.folder}/o --keep")
        self.assertEqual((code, "more than 200 files" in one_line(words)), (10, True))
        self.assertEqual(len(self.ana.json("preserve list")), 1)

    def test_nothing_is_written_over(self):
        out = self.folder / "out"
        out.mkdir()
        self.assertEqual(self.ana("preserve read e1 --to " + str(out)).count("read out to"), 1)
        before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
        code, words = self.ana.fails(f"preserve read e1 --to {out}")
        self.assertEqual((code, "is not empty" in one_line(words)), (2, True))
        self.assertEqual({p: p.read_bytes() for p in out.rglob("*") if p.is_file()}, before)
        body = self.folder / "body"
        body.write_bytes(b"mine")
        self.assertEqual(self.ana.fails(f"preserve read e1 --body {body}")[0], 2)
        self.assertEqual(body.read_bytes(), b"mine")
        # and a folder that could not be used leaves no access on record
        self.assertEqual(len([l for l in self.ana.json("preserve custody e1")["chain"] if l["act"] == "examined"]), 2)

    def test_reading_out_that_is_killed_is_on_record_as_begun(self):
        disk = self.ext("large.img", tree=self.folder / "tree", size=40 << 20)
        with tempfile.NamedTemporaryFile(dir=self.folder) as large:
            large.write(random.Random(6).randbytes(24 << 20))
            large.flush()
            tool("debugfs", "-w", "-R", f"write {large.name} large", disk)
        self.ana(f"preserve files {disk}")
        out = self.folder / "out"
        self.killed(lambda: any(p.is_file() for p in (out / "files").rglob("*")), "e2", "--to", out)
        chain = self.ana.json("preserve custody e2")["chain"]
        self.assertRegex(chain[1]["place"], f"^begun to be read out of it: /; to {out} on ")

    def killed(self, is_time, *words):
        run = subprocess.Popen([CALM, "--case", self.case, "preserve", "read", *words], env=self.ana.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while run.poll() is None and time.monotonic() < end and not is_time():
            time.sleep(0.001)
        run.kill()
        self.assertEqual(run.wait(), -9)

    def test_one_file_that_is_begun_and_killed_is_on_record_with_the_name_it_has(self):
        large = self.folder / "large"
        with open(large, "wb") as file:
            for _ in range(600):
                file.write(random.Random(7).randbytes(1 << 20))
        many = self.folder / "many"
        many.mkdir()
        for number in range(30_000):
            folder = many / str(number // 100)
            folder.mkdir(exist_ok=True)
            (folder / f"{number}{'x' * 200}").touch()
        disk = self.ext("long.img", tree=many, size=200 << 20)
        self.ana(f"preserve files {large} {disk}")
        for number, option, words in ((2, "--raw", "begun to be written out as it is: /; to "), (3, "--body", "files begun to be listed: /; to ")):
            place = self.folder / f"place{number}"
            place.mkdir()
            self.killed(lambda place=place: any(p.stat().st_size for p in place.iterdir()), f"e{number}", option, place / "out")
            left, = place.iterdir()
            row = self.ana.json(f"preserve custody e{number}")["chain"][1]
            self.assertTrue(row["place"].startswith(f"{words}{place}/out on "), row)
            self.assertIn(f"until it is whole it is {left.name}", row["outcome"])

    def test_a_sealed_item_is_not_read(self):
        self.ana('preserve unlawful "a picture" --evidence e1')
        for words in ("", "--list", f"--to {self.folder}/o"):
            code, said = self.ana.fails(f"preserve read e1 {words}")
            self.assertEqual((code, "sealed" in said), (4, True), words)
        self.assertFalse((self.folder / "o").exists())
        # The same bytes under another number: an image of them, and the file that the image is.
        images = self.folder / "images"
        images.mkdir()
        self.ana(f"preserve image {self.image} --to {images} --name x")
        for words in ("", "--list", f"--raw {self.folder}/w"):
            code, said = self.ana.fails(f"preserve read e2 {words}")
            self.assertEqual((code, "sealed" in said), (4, True), words)
        self.assertEqual(self.ana.fails("analyse timeline e2")[0], 3)
        self.assertFalse((self.folder / "w").exists())
        self.assertIn("Sealed", self.ana("preserve custody e2"))
        self.assertFalse(self.ana.json("preserve list")[1].get("unlawful"))
        self.ana('preserve unlawful "a picture" --evidence e1')  # all that hold it
        self.assertEqual(self.ana.json("preserve list")[1]["unlawful"], "yes")
        done = self.ana.run("preserve", "files", f"{images}/x.E01")
        self.assertEqual((done.returncode, "sealed as unlawful to possess" in one_line(done.stdout.decode())), (3, True))

    def test_bytes_that_are_sealed_do_not_come_out_of_a_disk(self):
        content = (self.folder / "tree" / "etc" / "deep" / "random").read_bytes()
        found = self.folder / "found"
        found.write_bytes(content)
        self.ana(f"preserve files {found}")
        self.ana('preserve unlawful "a picture" --evidence e2')
        out, lines = self.out(self.image)
        line = next(l for l in lines if l["path"] == "/etc/deep/random")
        self.assertEqual((line["kept"], "sealed as unlawful to possess" in line["remark"]), ("no", True))
        self.assertNotIn(content, [p.read_bytes() for p in out.rglob("*") if p.is_file()])

    def recorded(self, lines):
        """An item of the sort image, as its record says where its files lie (doc/format/image.md, section 1)."""
        ana, files = Key.of(self.ana), Files(self.case)
        files.append(ana, "evidence/1", {"title": "disk of web1", "sort": "image", "place": str(self.folder), "files": "\n".join(lines)},
                     scope_key=ana.unseal(files.grants()[ana.public])[-32:])
        return f"e{len(self.ana.json('preserve list'))}"

    @staticmethod
    def line(path, size=None):
        data = path.read_bytes()
        return f"{path.name} {len(data) if size is None else size} {sha256(data)}"

    def test_an_image_on_the_register_is_read_where_it_lies(self):
        data = self.image.read_bytes()
        parts = [self.folder / f"web 1.00{i}" for i in (1, 2, 3)]
        for i, part in enumerate(parts):
            part.write_bytes(data[i * 700_000 : (i + 1) * 700_000])
        beside = self.folder / "web 1.map"
        beside.write_text("# Mapfile\n")
        parts[2].write_bytes(data[1_400_000:])
        item = self.recorded([self.line(beside), *map(self.line, parts)])
        self.assertEqual(as_rows(self.body(item)), as_rows(self.body(self.image)))
        self.out(item, "--path", "/etc")
        self.assertEqual([l["act"] for l in self.ana.json(f"preserve custody {item}")["chain"]], ["taken", "examined", "examined", "examined", "examined"])  # its list, and its files: begun, and done

    def test_an_image_that_is_not_as_it_was_recorded_is_refused(self):
        item = self.recorded([self.line(self.image, size=5)])
        code, words = self.ana.fails(f"preserve read {item}")
        self.assertEqual((code, "has 2097152 bytes, and 5 were recorded" in one_line(words)), (8, True))
        item = self.recorded([f"gone.raw 5 {'0' * 64}"])
        code, words = self.ana.fails(f"preserve read {item}")
        self.assertEqual((code, "gone.raw is not there" in one_line(words)), (3, True))
        self.assertEqual(self.ana.fails(f"preserve read {self.recorded(['nonsense'])}")[0], 7)
        self.assertEqual(self.ana.fails(f"preserve read {self.recorded(['../x 1 ' + '0' * 64])}")[0], 7)

    def test_an_image_with_a_sealed_file_is_not_read(self):
        self.ana('preserve unlawful "a picture" --evidence e1')
        code, words = self.ana.fails(f"preserve read {self.recorded([self.line(self.image)])}")
        self.assertEqual((code, "under another number" in one_line(words)), (4, True))

    def test_the_image_is_not_touched(self):
        os.utime(self.image, ns=(10**18, 10**18))
        before = (self.image.read_bytes(), os.stat(self.image))
        self.read(self.image)
        self.out(self.image)
        after = os.stat(self.image)
        self.assertEqual(self.image.read_bytes(), before[0])
        self.assertEqual((after.st_mtime_ns, after.st_ctime_ns), (before[1].st_mtime_ns, before[1].st_ctime_ns))


if __name__ == "__main__":
    main()
