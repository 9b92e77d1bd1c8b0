"""test_timeline_disk.py: the times of files on disks become events: those that fls, debugfs and mdir tell of the same disks; logs that lie on them are
read; damaged disks end in notices."""
import datetime
import gzip
import os
import random
import re
import shutil
import unittest

from disks import DiskTest, needs, tool
from file_times import fields_of, of_body, of_events, seconds_of
from harness import main

CLEAN = (0, 3, 7)
LOG = "Nov 25 03:12:09 web1 sshd[7]: Accepted password for eva from 192.0.2.7 port 40000 ssh2\n"


class Times(DiskTest):
    def timeline(self, image, *more):
        self.ana(f"preserve files '{image}'")
        return self.ana.json("analyse timeline", *more)

    def events(self, query="", *more):
        return self.ana.json(f"analyse search '{query}' --most 100000", *more)

    def body_of_fls(self, image):
        text = tool("fls", "-r", "-p", "-m", "/", image).decode()
        # fls tells the streams of a folder a second time, through the folder's own "."
        return of_body("\n".join(line for line in text.splitlines() if not re.search(r"[^|]/\.:", line)))

    def same_as_fls(self, image, item="e1"):
        self.timeline(image)
        expected = self.body_of_fls(image)
        self.assertGreater(len(expected), 5)
        self.assertEqual(of_events(self.events("event.dataset:file_system", "--evidence", item)), expected)

    def ext_with_logs(self):
        tree = self.tree()
        (tree / "var" / "log").mkdir(parents=True)
        (tree / "var" / "log" / "auth.log").write_text(LOG)
        (tree / "var" / "log" / "auth.log.1.gz").write_bytes(gzip.compress(LOG.replace("eva", "bo").encode(), mtime=1764050000))
        (tree / "etc" / "auth.log").write_text(LOG)  # no place of a log
        for name in ("auth.log", "auth.log.1.gz"):
            os.utime(tree / "var" / "log" / name, (1764050000, 1764050000))  # 2025-11-25 05:53:20 UTC
        return tree

    @needs("mke2fs", "fls")
    def test_ext_is_as_fls_tells_it(self):
        tree = self.tree()
        for i, options in enumerate((("-t", "ext2", "-I", "128", "-O", "^dir_index"), ("-t", "ext3"), ("-t", "ext4")), 1):
            with self.subTest(options):
                self.same_as_fls(self.ext(f"x{i}.img", tree=tree, options=options), item=f"e{i}")

    @needs("mke2fs", "debugfs")
    def test_nanoseconds_are_as_debugfs_tells_them(self):
        image = self.ext(tree=self.tree(), options=("-t", "ext4"))
        tool("debugfs", "-w", "-R", f"set_inode_field /etc/passwd mtime_extra {987654321 << 2}", image)  # mke2fs keeps seconds
        self.timeline(image)
        self.assertEqual({e["precision"] for e in self.events("file.path:/etc/empty")}, {"s"})
        told = tool("debugfs", "-R", "stat /etc/passwd", image).decode()
        size = re.search(r"Size: (\d+)", told)[1]
        user, group = re.search(r"User: +(\d+) +Group: +(\d+)", told).groups()
        for letter, meaning in (("m", "modified"), ("a", "accessed"), ("c", "changed"), ("cr", "created")):
            seconds, extra = (int(n, 16) for n in re.search(rf"^ *{letter}time: 0x(\w+):(\w+)", told, re.M).groups())
            found = self.events(f"file.path:/etc/passwd and meaning:{meaning}")
            self.assertEqual(len(found), 1, meaning)
            fields = fields_of(found[0])
            # Documentation/filesystems/ext4/inodes.rst: nanoseconds above two bits of the epoch
            self.assertEqual(found[0]["@timestamp"][19:], f".{extra >> 2:09d}Z", meaning)
            self.assertEqual(of_events(found)[("/etc/passwd", fields["file.inode"], size, meaning.replace("created", "birth")[0], seconds)], 1)
            self.assertEqual((found[0]["precision"], found[0]["doubt"]), ("ns", ""))
            self.assertEqual((fields["file.mode"], fields["file.uid"], fields["file.gid"], fields["file.type"]), ("4755", user, group, "file"))
        link = fields_of(self.events("file.type:symlink")[0])
        self.assertEqual((link["file.path"], link["file.target_path"]), ("/link", "../../outside"))

    @needs("mke2fs", "debugfs")
    def test_ext_tells_1901_to_2446_as_debugfs_does(self):
        stated = (-2**31, -3600, 1, 2**31, 2**32 - 1, 2**32 + 1, 2 * 2**32 - 5)
        far = 2**32 * 3 + 2**31 - 1  # the last second that an inode can hold
        tree = self.folder / "ages"
        tree.mkdir()
        for i in range(len(stated) + 1):
            (tree / f"f{i}").write_bytes(b"")
        for options, times in ((("-t", "ext4", "-I", "256"), (*stated, far)), (("-t", "ext2", "-I", "128"), stated[:3]),
                               (("-t", "ext4", "-I", "256", "-O", "64bit,metadata_csum,flex_bg"), stated)):
            image = self.ext(f"{len(times)}{options[1]}{len(options)}.img", size=8 << 20, tree=tree, options=options)
            for i, seconds in enumerate(times):
                for name in ("mtime", "ctime", "atime", *(("crtime",) if "256" in options else ())):
                    tool("debugfs", "-w", "-R", f"set_inode_field /f{i} {name} @{seconds}", image)
            self.timeline(image)
            item = f"e{len(self.ana.json('analyse timelines'))}"
            for i, seconds in enumerate(times):
                said = re.search(r"mtime: .* -- (.*)", tool("debugfs", "-R", f"stat /f{i}", image).decode())[1]
                wanted = datetime.datetime.strptime(said, "%a %b %d %H:%M:%S %Y")
                with self.subTest(seconds, options=options):
                    found = self.events(f"file.path:/f{i}", "--evidence", item)
                    self.assertEqual({m for e in found for m in e["meaning"].split(",")}, {"modified", "accessed", "changed", *(("created",) if "256" in options else ())})
                    if seconds == far:  # behind what an event's time can be
                        self.assertEqual({(fields_of(e)["event.stated_time"], e["precision"]) for e in found}, {(f"{wanted.isoformat()}.000000000Z", "none")})
                        self.assertTrue(all("r" in e["doubt"] for e in found))
                    else:
                        self.assertEqual({(e["@timestamp"], e["precision"], e["doubt"]) for e in found}, {(f"{wanted.isoformat()}.000000000Z", "s", "")})

    @needs("mke2fs", "debugfs", "fls")
    def test_deleted_files_and_when_they_were_deleted(self):
        image = self.ext(tree=self.tree(), options=("-t", "ext3"))
        tool("debugfs", "-w", "-R", "rm /etc/passwd", image)
        # debugfs takes its own clock for that, so a time is put there
        inode = re.search(r"(\d+)", tool("debugfs", "-R", "lsdel", image).decode().splitlines()[1])[1]
        tool("debugfs", "-w", "-R", f"set_inode_field <{inode}> dtime 1700000000", image)
        self.same_as_fls(image)
        found = self.events("meaning:deleted")
        self.assertEqual([(e["@timestamp"], e["precision"]) for e in found], [("2023-11-14T22:13:20.000000000Z", "s")] * len(found))
        self.assertEqual({fields_of(e)["file.inode"] for e in found}, {inode})
        self.assertTrue(all(fields_of(e)["file_system.state"] == "deleted" for e in found))

    @needs("mkfs.vfat", "mcopy", "mdel", "fls")
    def test_fat_is_as_fls_tells_it_with_its_doubts(self):
        tree = self.tree()
        image = self.disk("fat.img", 4 << 20)
        tool("mkfs.vfat", "-F", "12", image)
        tool("mmd", "-i", image, "::Folder")
        tool("mcopy", "-m", "-i", image, tree / "etc" / "passwd", "::Folder/a long name.txt")
        tool("mcopy", "-i", image, tree / "etc" / "deep" / "random", "::random.bin")
        tool("mdel", "-i", image, "::random.bin")
        self.same_as_fls(image)
        passwd = self.events('file.path:"/Folder/a long name.txt"')
        by_meaning = {m: e for e in passwd for m in e["meaning"].split(",")}
        self.assertEqual(by_meaning["modified"]["precision"], "2s")
        self.assertEqual(by_meaning["accessed"]["precision"], "day")
        self.assertEqual({e["doubt"] for e in passwd}, {"z"})
        # mcopy -m keeps 2017-07-14 02:40:00 UTC, and mdir shows what the folder states
        self.assertIn("2017-07-14   2:40", tool("mdir", "-i", image, "::Folder").decode())
        self.assertEqual(by_meaning["modified"]["@timestamp"], "2017-07-14T02:40:00.000000000Z")
        self.assertTrue(any(fields_of(e).get("file_system.state") == "deleted" for e in self.events("file.path:*andom.bin")))

    @needs("mkfs.vfat", "mcopy")
    def test_clock_times_are_of_the_zone_that_is_set(self):
        image = self.disk("fat.img", 2 << 20)
        tool("mkfs.vfat", image)
        tool("mcopy", "-m", "-i", image, self.tree() / "etc" / "passwd", "::PASSWD")
        self.timeline(image, "--zone", "Europe/Berlin")
        found = self.events("file.path:/passwd and meaning:modified")
        self.assertEqual([e["@timestamp"] for e in found], ["2017-07-14T00:40:00.000000000Z"])  # CEST is UTC+2

    @needs("mkfs.ntfs", "ntfscp", "fls")
    def test_ntfs_is_as_fls_tells_it(self):
        tree = self.tree()
        image = self.disk("ntfs.img", 8 << 20)
        tool("mkfs.ntfs", "-q", "-F", image)
        tool("ntfscp", "-f", image, tree / "etc" / "passwd", "/small.txt")
        tool("ntfscp", "-f", "-N", "hidden", image, tree / "etc" / "passwd", "/small.txt")
        self.same_as_fls(image)
        self.assertEqual({e["precision"] for e in self.events('file.path:/small.txt')}, {"100ns"})
        self.assertTrue(self.events("file.fork_name:hidden"))
        self.assertTrue(self.events('file.path:/small.txt and file_system.times:"$FILE_NAME"'))

    @needs("genisoimage", "fls")
    def test_a_disc_is_as_fls_tells_it(self):
        tree = self.tree()
        os.remove(tree / "fifo")
        image = self.folder / "disc.iso"
        tool("genisoimage", "-quiet", "-R", "-J", "-o", image, tree)
        self.same_as_fls(image)

    @needs("makefs", "fls")
    def test_ufs_is_as_fls_and_its_maker_tell_it(self):
        tree = self.tree()
        os.remove(tree / "fifo")
        made = {"etc/passwd": 1764050000, "etc/empty": 1400000001}  # 2025-11-25 05:53:20 UTC, 2014-05-13 16:53:21 UTC
        for i, order in enumerate(("le", "be"), 1):
            with self.subTest(order):
                image = self.folder / f"ufs-{order}.img"
                for name, seconds in made.items():
                    os.utime(tree / name, (seconds - 1, seconds))  # makefs reads them
                tool("makefs", "-t", "ffs", "-B", order, "-s", "8m", "-o", "version=1", image, tree)
                self.same_as_fls(image, item=f"e{i}")
                for name, seconds in made.items():
                    for meaning, when in (("modified", seconds), ("accessed", seconds - 1)):
                        found = self.events(f"file.path:/{name} and meaning:{meaning}", "--evidence", f"e{i}")
                        self.assertEqual([(seconds_of(e["@timestamp"]), e["precision"], e["doubt"]) for e in found], [(when, "s", "")], (name, meaning))

    @needs("mkfs.xfs")
    def test_xfs_is_said_not_to_be_read_and_what_to_do(self):
        image = self.folder / "xfs.img"
        with image.open("wb") as file:
            file.truncate(320 << 20)
        tool("mkfs.xfs", "-q", image)
        self.timeline(image)
        said = [fields_of(e)["message"] for e in self.events("event.kind:notice")]
        self.assertEqual(len(said), 1)
        self.assertIn("calm does not read XFS", said[0])
        self.assertIn("mount -o ro,norecovery", said[0])

    @needs("mke2fs")
    def test_the_order_is_that_of_time(self):
        self.timeline(self.ext(tree=self.tree(), options=("-t", "ext4")))
        events = sorted(self.events(), key=lambda e: int(e["event"].split(".")[1]))
        times = [e["@timestamp"] for e in events]
        self.assertEqual(times, sorted(times))

    @needs("mke2fs", "fls")
    def test_what_has_no_time_makes_no_range(self):
        """/$OrphanFiles of ext has none, and no bar, no first and no last."""
        image = self.ext(tree=self.tree(), options=("-t", "ext4"))
        self.timeline(image)
        times = [s for *_, letter, s in of_body(tool("fls", "-r", "-p", "-m", "/", image).decode()) if letter != "."]
        slots = self.ana.json("analyse histogram")
        self.assertLessEqual(min(times) - slots[0]["seconds"], seconds_of(slots[0]["from"]))
        self.assertEqual(sum(s["events"] for s in slots), len(self.events("not precision:none")))
        self.assertIn("1 of them have no time", self.ana("analyse histogram"))
        seen = self.ana.json("analyse top event.dataset")[0]
        self.assertEqual((seconds_of(seen["first"]), seconds_of(seen["last"])), (min(times), max(times)))
        alone = self.ana.json("analyse top file.path precision:none")
        self.assertEqual(alone, [{"value": "/$OrphanFiles", "events": 1}])
        self.assertIn("no time", self.ana("analyse top file.path precision:none"))
        self.assertEqual(self.ana.json("analyse histogram precision:none"), [])

    @needs("sfdisk", "mke2fs", "mkfs.vfat")
    def test_partitions_are_sources_and_logs_on_them_are_read(self):
        image = self.disk("disk.img", 24 << 20)
        tool("sfdisk", "-q", "--no-reread", image, stdin=b"label: gpt\nstart=2048,size=16384,type=L\nstart=20480,size=16384,type=L\nstart=40960,size=2048,type=L\n")
        data = bytearray(image.read_bytes())
        ext = self.ext("part.img", size=8 << 20, tree=self.ext_with_logs(), options=("-t", "ext4")).read_bytes()
        data[2048 * 512:2048 * 512 + len(ext)] = ext
        data[40960 * 512:40960 * 512 + 6] = b"LUKS\xba\xbe"
        image.write_bytes(data)
        self.timeline(image)
        self.assertEqual({e["source"] for e in self.events("event.dataset:file_system")}, {"disk.img/p1"})
        logins = self.events("event.action:login")
        self.assertEqual(sorted((e["source"], fields_of(e)["user.name"]) for e in logins),
                         [("disk.img/p1/var/log/auth.log", "eva"), ("disk.img/p1/var/log/auth.log.1.gz", "bo")])
        # the year follows from when the file was written: 25 November 2025
        self.assertEqual({e["@timestamp"] for e in logins}, {"2025-11-25T03:12:09.000000000Z"})
        made = self.ana("analyse timelines")
        # three partitions, two logs and the packed one; what is on two partitions is not known
        self.assertIn("sources: 5 · recognised: 3", " ".join(made.split()))

    @needs("sfdisk", "mke2fs", "mkfs.vfat", "mcopy")
    def test_the_hour_of_a_log_is_none_of_files_behind_it(self):
        tree = self.tree()
        (tree / "var" / "log").mkdir(parents=True)
        log = tree / "var" / "log" / "auth.log"
        # the last Sunday of October 2025, 2000/84/EC: 02:10 and 02:50 of summer time are 00:10 and 00:50 UTC, the second 02:10 is 01:10 UTC
        log.write_text("".join(f"Oct 26 {clock}:00 web1 app[7]: run {i}\n" for i, clock in enumerate(("02:10", "02:50", "02:10", "03:10"))))
        os.utime(log, (1764050000, 1764050000))  # 2025-11-25 05:53:20 UTC
        os.utime(tree / "etc" / "passwd", (1761445800, 1761445800))  # 2025-10-26 02:30:00 UTC, which mcopy writes as a clock time
        image = self.disk("disk.img", 24 << 20)
        tool("sfdisk", "-q", "--no-reread", image, stdin=b"label: gpt\nstart=2048,size=16384,type=L\nstart=20480,size=16384,type=L\n")
        fat = self.disk("fat.img", 8 << 20)
        tool("mkfs.vfat", fat)
        tool("mcopy", "-m", "-i", fat, tree / "etc" / "passwd", "::PASSWD")
        data = bytearray(image.read_bytes())
        for at, part in ((2048, self.ext("part.img", size=8 << 20, tree=tree, options=("-t", "ext4"))), (20480, fat)):
            data[at * 512:at * 512 + (8 << 20)] = part.read_bytes()
        image.write_bytes(data)
        self.timeline(image, "--zone", "Europe/Berlin")
        self.assertEqual([(e["@timestamp"][11:19], e["doubt"], fields_of(e).get("event.doubled_hour")) for e in self.events("run")],
                         [("00:10:00", "yz", "first"), ("00:50:00", "yz", "first"), ("01:10:00", "yz", "second"), ("02:10:00", "yz", None)])
        file = self.events("source:disk.img/p2 and meaning:modified")
        self.assertEqual([(e["@timestamp"][11:19], e["doubt"], fields_of(e).get("event.doubled_hour")) for e in file], [("00:30:00", "zd", None)])

    @needs("mke2fs")
    def test_of_a_log_that_is_too_large_the_beginning_is_read(self):
        tree = self.folder / "large"
        (tree / "var" / "log").mkdir(parents=True)
        with open(tree / "var" / "log" / "auth.log", "wb") as f:
            f.write(LOG.encode() * 2000)  # more than a format is looked for in
            f.truncate(800 << 20)
        self.timeline(self.ext(size=16 << 20, tree=tree, options=("-t", "ext4")))
        self.assertEqual(len(self.events("event.action:login")), 2000)
        said = [fields_of(e)["message"] for e in self.events("event.kind:notice and event.dataset:syslog")]
        self.assertIn(f"{(768 << 20) - 2000 * len(LOG)} bytes of zeros instead of text.", said)

    @needs("mke2fs")
    def test_made_again_it_is_the_same(self):
        self.timeline(self.ext(tree=self.ext_with_logs(), options=("-t", "ext4")))
        self.ana("analyse timeline e1 --again")

    @needs("mke2fs", "fls")
    def test_parts_of_an_image_and_images_outside_of_the_case(self):
        image = self.ext(tree=self.tree(), options=("-t", "ext4"))
        data = image.read_bytes()
        expected = self.body_of_fls(image)
        for i, how in enumerate(("--format split --segment 1MiB", "--format e01", "--format raw"), 1):
            to = self.folder / f"out{i}"
            to.mkdir()
            self.ana(f"preserve image {image} --to {to} --name web {how}")
            self.ana("analyse timeline")
            self.assertEqual(of_events(self.events("", "--evidence", f"e{i}")), expected, how)
            row = self.ana.json(f"preserve custody e{i}")["chain"][-1]  # that its files were read is in its chain
            self.assertEqual((row["act"], row["place"], row["events"]), ("examined", "read for the timeline: its events", self.ana.json("analyse timelines")[-1]["events"]))
        (self.folder / "gone").mkdir()
        self.ana(f"preserve image {image} --to {self.folder / 'gone'} --name gone --format raw")
        shutil.rmtree(self.folder / "gone")
        self.ana(f"preserve files {image}")
        done = self.ana.run("analyse", "timeline")  # one that is not there leaves the rest to be read
        self.assertEqual(done.returncode, 3)  # what was named is not there
        self.assertIn("e4    not read: ", done.stdout.decode())
        self.assertEqual(of_events(self.events("", "--evidence", "e5")), expected)

    def test_a_folder_that_was_taken_tells_its_times(self):
        tree = self.tree()
        odd = os.fsencode(tree) + b"/etc/\xff name"
        with open(odd, "wb") as f:
            f.write(b"x")
        stats = {path: os.lstat(path) for path in [tree, *tree.rglob("*")]}
        self.ana(f"preserve files {tree}")
        self.ana("analyse timeline")
        found = {}
        for event in self.events("event.dataset:intake"):
            for meaning in event["meaning"].split(","):
                found[fields_of(event)["file.path"], meaning] = event
        for path, st in stats.items():
            name = str(path).encode("utf-8", "surrogateescape").replace(b"\xff", b"\\xff").decode()
            for meaning, ns in (("modified", st.st_mtime_ns), ("changed", st.st_ctime_ns)):
                event = found[name, meaning]
                self.assertEqual((event["@timestamp"][19:], event["precision"], event["doubt"]), (f".{ns % 10**9:09d}Z", "ns", ""), name)
                self.assertEqual(seconds_of(event["@timestamp"]), ns // 10**9)
            fields = fields_of(event)
            self.assertEqual((fields["file.mode"], fields["file.uid"], fields["file.inode"]), (f"{st.st_mode & 0o7777:04o}", str(st.st_uid), str(st.st_ino)))
        self.assertEqual({name for name, _ in found}, {str(p).replace("\udcff", "\\xff") for p in stats})

    def changed(self, image, seed, count):
        """Changed and cut copies are read or declined, in words."""
        data = image.read_bytes()
        used = [i for i in range(len(data) // 64) if any(data[i * 64:(i + 1) * 64])]
        rng = random.Random(seed)
        for i in range(count):
            copy = bytearray(data)
            for _ in range(rng.randrange(1, 40)):
                copy[rng.choice(used) * 64 + rng.randrange(64)] ^= 1 << rng.randrange(8)
            if i % 4 == 0:
                del copy[rng.randrange(len(copy) // 64, len(copy)):]
            image.write_bytes(copy)
            done = self.ana.run("preserve", "files", str(image))
            self.assertEqual(done.returncode, 0, done.stderr)
            done = self.ana.run("analyse", "timeline", timeout=100)
            self.assertIn(done.returncode, CLEAN, (i, done.stderr))
            self.assertNotIn(b"broke down", done.stderr)

    @needs("mke2fs", "debugfs")
    def test_where_an_image_is_cut_is_a_notice_and_the_rest_stands(self):
        image = self.ext(tree=self.tree(), options=("-t", "ext2", "-b", "1024", "-O", "^dir_index"))
        whole = image.read_bytes()
        block = int(tool("debugfs", "-R", "blocks /etc", image).split()[0])
        image.write_bytes(whole[:block * 1024])
        self.timeline(image)
        said = [fields_of(e)["message"] for e in self.events("event.kind:notice")]
        self.assertEqual(len(said), 1, said)
        self.assertTrue(said[0].startswith("/etc cannot be read, or only in part: "), said)
        paths = {fields_of(e)["file.path"] for e in self.events("file.path:*")}
        self.assertLessEqual({"/etc", "/link", "/fifo", "/sparse"}, paths)
        self.assertNotIn("/etc/passwd", paths)

    @needs("mke2fs")
    def test_changed_ext_ends_in_words(self):
        self.changed(self.ext(size=1 << 20, tree=self.tree(), options=("-t", "ext4", "-O", "^metadata_csum")), 1, 30)

    @needs("mkfs.vfat", "mcopy")
    def test_changed_fat_ends_in_words(self):
        image = self.disk("fat.img", 1 << 20)
        tool("mkfs.vfat", image)
        tool("mcopy", "-i", image, self.tree() / "etc" / "passwd", "::a long name of a file.txt")
        self.changed(image, 2, 25)

    @needs("mkfs.ntfs", "ntfscp")
    def test_changed_ntfs_ends_in_words(self):
        image = self.disk("ntfs.img", 2 << 20)
        tool("mkfs.ntfs", "-q", "-F", image)
        tool("ntfscp", "-f", image, self.tree() / "etc" / "passwd", "/small.txt")
        self.changed(image, 3, 25)


if __name__ == "__main__":
    main()
