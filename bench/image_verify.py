"""image_verify.py BUILD [MIB]: how long all three hashes of an E01 take, against Debian's `ewfverify -d sha256` (MD5 and SHA-256) on the same image
in the same run. The disk is a third programs and texts of /usr, a third random, a third zeros. Prints GB of the disk a second, processor seconds and
ratios. ewfverify runs once, since it is slow; the others three times, and the fastest counts. The pieces are SHA-256 alone, in as many workers as
there are processors."""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
PROBE = str(BUILD / "tests" / "cli" / "image_probe")


def once(words):
    """Seconds, processor seconds, and what was said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, said


def fastest(words, rounds):
    return min((once(words) for _ in range(rounds)), key=lambda run: run[0])


def make(folder, size):
    """The disk as an E01 that ewfacquire wrote: its path."""
    raw = folder / "disk.raw"
    third = size // 3 // 512 * 512
    with open(raw, "wb") as f:
        tar = subprocess.Popen(["tar", "-C", "/", "-cf", "-", "usr/bin", "usr/lib", "usr/share"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
        for left in range(third, 0, -(1 << 20)):
            f.write(tar.stdout.read(min(left, 1 << 20)))
        tar.stdout.close()
        tar.wait()
        for left in range(third, 0, -(1 << 20)):
            f.write(os.urandom(min(left, 1 << 20)))
        f.truncate(size)
    subprocess.run(["ewfacquire", "-u", "-q", "-t", folder / "disk", "-f", "encase6", "-c", "fast", "-S", "7EiB", raw],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    raw.unlink()
    return str(folder / "disk.E01")


def main():
    size = (int(sys.argv[2]) if len(sys.argv) > 2 else 1024) << 20
    with tempfile.TemporaryDirectory(prefix="calm-bench-") as temp:
        image = make(pathlib.Path(temp), size)
        print(f"{size / 1e9:.2f} GB as an E01 of {os.path.getsize(image) / 1e9:.2f} GB, {len(os.sched_getaffinity(0))} processors")
        slow = once(["ewfverify", "-q", "-d", "sha256", image])
        runs = {"ewfverify -d sha256": slow,
                "calm, three hashes": fastest([PROBE, "e01", "hash", image], 3),
                "calm, pieces": fastest([PROBE, "e01", "pieces", image], 3)}
    for name, (wall, work, _) in runs.items():
        print(f"{name:20} {size / wall / 1e9:6.2f} GB/s {wall:7.2f} s {work:7.2f} s of processors {slow[0] / wall:6.2f}")
    hashed = dict(line.split(" ", 1) for line in runs["calm, three hashes"][2].splitlines() if line[:3] in ("md5", "sha"))
    for name in ("md5", "sha256"):
        if hashed[name] not in slow[2]:
            sys.exit(f"the two do not agree on the {name}: {hashed[name]} and\n{slow[2]}")


if __name__ == "__main__":
    main()
