"""image.py BUILD [MIB]: how long a disk image with three hashes takes, from the page cache to a disk: calm-image as E01 against a bare pipeline of the
same stages (bench/image_bare.c) and Debian's `ewfacquire -c fast -d sha256` (MD5 and SHA-256), and as raw against `dc3dd` and `dcfldd` with MD5 and SHA-256; all on
the same disk in the same run. The disk has a file system that mke2fs made of the programs of /usr, a third of it; a third is random, a third free. Prints GB of
the disk a second, processor seconds, sizes and ratios. Every time ends when the bytes are on the disk: calm-image and the bare pipeline see to that
themselves, for the others sync is counted. The peers of calm are run in turns with it, five times, and medians count; ewfacquire runs once, since it is
slow. Folders of results lie in BUILD, so that it must be on a disk. The peers are in ewf-tools, dc3dd and dcfldd; one that is not installed is left out, and said."""
import hashlib
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
IMAGER, BARE = BUILD / "src" / "calm-image", BUILD / "bench" / "image_bare"
ROUNDS = 5


def make_disk(path, size):
    """A third programs, a third random, a third free."""
    third = size // 3
    tree = path.with_name("tree")
    tree.mkdir()
    left = third - (size >> 5)  # what the file system itself takes
    for top in ("/usr/bin", "/usr/lib", "/usr/share"):
        for folder, names, files in os.walk(top):
            names.sort()
            for name in sorted(files):
                file = pathlib.Path(folder, name)
                if file.is_symlink() or not file.is_file() or not 0 < file.stat().st_size <= left or not os.access(file, os.R_OK):
                    continue
                left -= file.stat().st_size + 4096
                to = tree / str(file)[1:]
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, to)
    with open(tree / "random", "wb") as f:
        for part in range(third, 0, -(1 << 20)):
            f.write(os.urandom(min(part, 1 << 20)))
    with open(path, "wb") as f:
        f.truncate(size)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-d", tree, path], check=True, capture_output=True)
    shutil.rmtree(tree)


def read_through(path):
    """So that it lies in the page cache; its hashes."""
    sums = [hashlib.md5(), hashlib.sha1(), hashlib.sha256()]
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            for each in sums:
                each.update(block)
    return [each.hexdigest() for each in sums]


class Runs:
    def __init__(self, name, folder, words, syncs):
        self.name, self.folder, self.words, self.syncs = name, folder, words, syncs
        self.walls, self.work, self.size, self.said = [], [], 0, ""

    def once(self):
        if not shutil.which(self.words[0]):
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        os.sync()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        done = subprocess.run(self.words, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if self.syncs:
            subprocess.run(["sync", "-f", self.folder], check=True)
        self.walls.append(time.monotonic() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.work.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        self.said = done.stdout + done.stderr + "".join(p.read_text() for p in self.folder.glob("*.log"))
        if done.returncode:
            sys.exit(f"{self.name}: {self.said}")
        self.size = sum(p.stat().st_size for p in self.folder.iterdir() if p.suffix not in (".log", ".txt", ".map", ".pieces"))
        shutil.rmtree(self.folder)

    def ran(self):
        return bool(self.walls)

    def wall(self):
        return statistics.median(self.walls)

    def show(self, size, base):
        print(f"{self.name:34} {size / self.wall() / 1e9:6.3f} GB/s {self.wall():7.2f} s {statistics.median(self.work):7.2f} s of processors "
              f"{self.size / 1e9:6.3f} GB  {base.wall() / self.wall():5.2f} x")


def main():
    size = (int(sys.argv[2]) if len(sys.argv) > 2 else 4096) << 20
    with tempfile.TemporaryDirectory(prefix="calm-bench-", dir=BUILD) as temp:
        temp = pathlib.Path(temp)
        disk, out = temp / "disk", temp / "out"
        make_disk(disk, size)
        sums = read_through(disk)
        acquire = [IMAGER, disk, "--to", out, "--name", "x", "--segment", "0", "--no-read-back"]
        calm = Runs("calm-image, E01, three hashes", out, acquire, False)
        bare = Runs("bare pipeline of the same stages", out, [BARE, disk, out / "x"], False)
        ewf = Runs("ewfacquire -c fast -d sha256", out, ["ewfacquire", "-u", "-q", "-t", out / "x", "-f", "encase6", "-c", "fast", "-S", "7EiB",
                                                         "-d", "sha256", disk], True)
        raw = Runs("calm-image, raw, three hashes", out, [*acquire[:-3], "--no-read-back", "--format", "raw"], False)
        dc3dd = Runs("dc3dd, raw, MD5 and SHA-256", out, ["dc3dd", f"if={disk}", f"of={out / 'x.raw'}", "hash=md5", "hash=sha256",
                                                         f"log={out / 'x.log'}"], True)
        dcfldd = Runs("dcfldd, raw, MD5 and SHA-256", out, ["dcfldd", f"if={disk}", f"of={out / 'x.raw'}", "hash=md5,sha256", "bs=1M", f"hashlog={out / 'x.log'}"], True)
        for _ in range(ROUNDS):
            for each in (calm, bare, raw, dc3dd, dcfldd):
                each.once()
        ewf.once()
    print(f"{size / 1e9:.2f} GB, {len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.1f}; the last column against the last line of each")
    for runs, base in ((calm, ewf), (bare, ewf), (ewf, ewf), (raw, dc3dd), (dc3dd, dc3dd), (dcfldd, dc3dd)):
        if runs.ran():
            runs.show(size, base if base.ran() else runs)
        else:
            print(f"{runs.name:34} not installed: left out")
    for what, peer, value, least, most in (
            ("E01 against ewfacquire", ewf, lambda: ewf.wall() / calm.wall(), 6, None), ("E01 against the bare pipeline", bare, lambda: bare.wall() / calm.wall(), 0.85, None),
            ("size of the E01 against ewfacquire's", ewf, lambda: calm.size / ewf.size, None, 1.01),
            ("size of the E01 against the bare pipeline's", bare, lambda: calm.size / bare.size, None, 1.01),
            ("raw against dc3dd", dc3dd, lambda: dc3dd.wall() / raw.wall(), 2, None), ("raw against dcfldd", dcfldd, lambda: dcfldd.wall() / raw.wall(), 2, None)):
        if not peer.ran():
            continue
        met = value() >= least if least else value() <= most
        print(f"{what:44} {value():6.3f} x  {f'>= {least} x' if least else f'<= {most} x':10} {'met' if met else 'missed'}")
    for runs, count in ((calm, 3), (raw, 3), (bare, 3)):
        if not all(each in runs.said for each in sums[:count]):
            sys.exit(f"{runs.name} does not agree on the hashes:\n{runs.said}")
    for runs in (ewf, dc3dd, dcfldd):
        if runs.ran() and (not re.search(sums[0], runs.said) or sums[2] not in runs.said):
            sys.exit(f"{runs.name} does not agree on the hashes:\n{runs.said}")


if __name__ == "__main__":
    main()
