"""disks.py: disks made by the usual programs, and what calm preserve read tells of them, for the tests that read disks."""
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import unittest
import zlib

from harness import CaseTest

TOOLS = "/usr/sbin:/sbin:/usr/bin:/bin"


def needs(*programs):
    """Skips a test where a program is missing that makes or reads disks."""
    missing = [p for p in programs if not shutil.which(p, path=TOOLS)]
    return unittest.skipIf(missing, f"{', '.join(missing)} is not installed")


def tool(*words, stdin=b"", folder=None):
    done = subprocess.run([str(w) for w in words], input=stdin, capture_output=True, check=False, cwd=folder,
                          env={"PATH": TOOLS, "TZ": "UTC", "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"})
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def as_rows(text):
    """Lines of a body file, in any order. fls tells the streams of a folder a second time, through the folder's own ".";
    it has nothing to say of a length that is not known."""
    return sorted(line.replace(b" (length forgotten)", b"") for line in text.splitlines() if not re.search(rb"[^|]/\.:", line))


class DiskTest(CaseTest):
    def read(self, image, *more):
        return self.ana(f"preserve read {image}", *more)

    def json_of(self, image, *more):
        return json.loads(self.read(image, *more, "--json"))

    def body(self, image, *more):
        path = self.folder / f"body-{random.getrandbits(64)}"
        self.read(image, "--body", str(path), *more)
        return path.read_bytes()

    def out(self, image, *more, status=0):
        """What was read out: the folder, and the lines of its manifest. 11: not all was."""
        folder = self.folder / f"out-{random.getrandbits(64)}"
        done = self.ana.run("preserve", "read", str(image), "--to", str(folder), *map(str, more))
        self.assertEqual(done.returncode, status, done.stderr)
        return folder, self.manifest(folder)

    @staticmethod
    def manifest(folder):
        lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
        if lines[0]["format"] != "calm-disk/1" or lines[-1]["lines"] != len(lines) - 1:
            raise AssertionError("the manifest is not whole")
        return lines[1:-1]

    def disk(self, name, size):
        path = self.folder / name
        with open(path, "wb") as f:
            f.truncate(size)
        return path

    def ext(self, name="x.img", size=4 << 20, options=("-t", "ext2", "-O", "^dir_index"), tree=None):
        """A file system made by mke2fs from a folder."""
        path = self.disk(name, size)
        tool("mke2fs", "-q", "-F", *options, *(("-d", tree) if tree else ()), path)
        return path

    def tree(self):
        """A folder with what a file system can hold."""
        folder = self.folder / "tree"
        (folder / "etc" / "deep").mkdir(parents=True)
        (folder / "etc" / "passwd").write_bytes(b"root:x:0:0\n" * 400)
        (folder / "etc" / "deep" / "random").write_bytes(random.Random(1).randbytes(300_001))
        (folder / "etc" / "empty").write_bytes(b"")
        os.symlink("../../outside", folder / "link")
        os.mkfifo(folder / "fifo")
        os.chmod(folder / "etc" / "passwd", 0o4755)
        with open(folder / "sparse", "wb") as f:
            f.seek(700_000)
            f.write(b"end")
        for path in (folder / "etc" / "passwd", folder / "sparse"):
            os.utime(path, ns=(1_600_000_000_123456789, 1_500_000_000_987654321))
        return folder


def make_tables_differ(image):
    """Of an E01: the second table of its first group says that a chunk begins elsewhere, under a checksum that is right; where that table is."""
    text = bytearray(image.read_bytes())
    at = text.find(b"table2\0")
    first = at + 76 + 24
    count = int.from_bytes(text[at + 76:at + 80], "little")
    text[first + 8:first + 12] = (int.from_bytes(text[first + 8:first + 12], "little") + 8).to_bytes(4, "little")
    text[first + 4 * count:first + 4 * count + 4] = zlib.adler32(bytes(text[first:first + 4 * count])).to_bytes(4, "little")
    image.write_bytes(text)
    return at
