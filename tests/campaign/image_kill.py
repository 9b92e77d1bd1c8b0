#!/usr/bin/python3
"""image_kill.py SEED COUNT: makes images and kills calm-image at random system calls, as often as it takes; what is there in the end is the same to the byte as
what was made without a kill. After some kills a power cut is played: what no fdatasync or fsync had reached is lost, in the files that were being written.

isa-l 2.30 spells a chunk in another way in about one of ten thousand processes (found by running it alone on one chunk; not by what is in its buffers, its stack or
the chunk). Where an E01 differs, it must be that and nothing else: as many chunks, each with the same bytes; and in one image of fifty at most."""
import fcntl
import filecmp
import hashlib
import itertools
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

seed, count = int(sys.argv[1]), int(sys.argv[2])
PROGRAM = pathlib.Path(os.environ["CALM_BUILD"]).resolve() / "src" / "calm-image"
CALLS = ("pwrite64", "fdatasync", "fsync", "rename", "openat", "pread64", "write", "ftruncate", "unlink", "close", "mmap")
MIB, SECTOR = 1 << 20, 512
PLACE = "/dev/shm" if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 512 * MIB else None

if b"__asan_init" in PROGRAM.read_bytes():
    print("skipped: a sanitizer's runtime does not stand being traced")
    sys.exit(77)
if not shutil.which("strace") or subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
    print("skipped: nothing can be traced here")
    sys.exit(77)


def make_source(rng, path):
    """Some of it packs, some does not, some is zeros."""
    size = rng.randrange(1, 12 * MIB)
    with path.open("wb") as f:
        while f.tell() < size:
            part = rng.randrange(1, 700_000)
            f.write(rng.choice((rng.randbytes, bytes, lambda n: b"log line\n" * (n // 9)))(part))
        f.truncate(size)


def run(*words, kill=None):
    inject = ["strace", "-qq", "-f", "-o", "/dev/null", "-e", "inject={}:signal=KILL:when={}".format(*kill)] if kill else []
    return subprocess.run([*inject, str(PROGRAM), *words, "--commit", "0 s", "--no-read-back"], capture_output=True, timeout=120, check=False)


def wait_gone(place):
    """What was killed may still be in the middle of a call; it holds its lock as long."""
    for _ in range(2000):
        with (place / "im.pieces").open("r+b") as f:
            try:
                fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError:
                time.sleep(0.005)
    raise AssertionError("what was killed does not end")


def cut_power(rng, folder, durable):
    """Of each file that was written since its last state, a part of what is behind that state, in sectors, is as if it had never been there."""
    for path in folder.iterdir():
        was = durable.get(path.name, 0)
        if path.suffix in (".part", ".map", ".next", ".txt", ".room", ".claim") or path.stat().st_size <= was:
            continue
        at = max(was, rng.randrange(was, path.stat().st_size) // SECTOR * SECTOR)
        with path.open("r+b") as f:
            if rng.random() < 0.5:
                f.truncate(at)
            else:
                f.seek(at)
                f.write(bytes(min(65536 - at % SECTOR, path.stat().st_size - at)))


def durable_sizes(part):
    """What the last state says to be durable, by file."""
    sizes, number = {}, 0
    words = dict(line.split(" ", 1) for line in part.read_text().splitlines() if " " in line and not line.startswith(("file ", "folder ")))
    endings = {"e01": "im.E{:02d}", "raw": "im.raw", "split": "im.{:03d}"}[words["format"]]
    for line in part.read_text().splitlines():
        if line.startswith("file "):
            number += 1
            sizes[endings.format(number)] = int(line.split()[2])
    # Of each MiB that the state says to be there its line is, too (doc/format/image.md, sections 4 and 5).
    if "proof" in words:
        lines = part.with_suffix(".pieces").read_bytes().splitlines(keepends=True)
        head = sum(len(line) for line in itertools.takewhile(lambda line: line.startswith(b"#"), lines))
        sizes["im.pieces"] = head + 65 * (int(words["done"]) // MIB)
    return sizes


def begin(rng, source, place):
    """An image that was begun, with its state: what is copied to be made twice."""
    place.mkdir()
    more = rng.choice((["--format", "e01", "--segment", "2MiB"], ["--format", "e01", "--segment", "0"], ["--format", "raw"], ["--format", "split", "--segment", "1MiB"]))
    for at in range(4, 4000):
        run(str(source), "--to", str(place), "--name", "im", *more, kill=("pread64", at))
        if (place / "im.part").exists():
            return True
        if (place / "im.txt").exists():
            return False
        for left in place.iterdir():
            left.unlink()
    return False


def finish(rng, place, source):
    """Goes on with it until it is whole. Returns how often it was killed."""
    kills = 0
    while (place / "im.part").exists():
        before = durable_sizes(place / "im.part")
        kill = (rng.choice(CALLS), rng.randrange(1, 8 << min(kills, 9))) if kills < 40 else None
        done = run("--resume", str(place / "im.part"), kill=kill)
        wait_gone(place)
        if kill is None and done.returncode:
            raise AssertionError(done.stderr.decode())
        if not (place / "im.part").exists():
            break
        kills += 1
        if rng.random() < 0.5:
            now = durable_sizes(place / "im.part")
            cut_power(rng, place, {name: max(now.get(name, 0), before.get(name, 0)) if name in now else 0 for name in {*now, *before}})
    return kills


def chunks(path):
    """What each chunk of an E01 holds, in order (doc/format/image.md, section 2)."""
    data, at, found, sectors = path.read_bytes(), 13, [], None
    while True:
        kind = data[at:at + 16].rstrip(b"\0").decode()
        following, size = struct.unpack("<QQ", data[at + 16:at + 32])
        if kind == "sectors":
            sectors = at + size
        elif kind == "table":
            count, base = struct.unpack("<IxxxxQ", data[at + 76:at + 92])
            entries = [*struct.unpack(f"<{count}I", data[at + 100:at + 100 + 4 * count]), None]
            for entry, after in zip(entries, entries[1:]):
                chunk = data[base + (entry & 0x7fffffff):base + (after & 0x7fffffff) if after is not None else sectors]
                found.append(zlib.decompress(chunk) if entry >> 31 else chunk[:-4])
        if kind in ("next", "done"):
            return found
        at = following


def one(rng, folder):
    source, whole, killed = folder / "source", folder / "whole", folder / "killed"
    make_source(rng, source)
    if not begin(rng, source, whole):
        return 0
    shutil.copytree(whole, killed)
    done = run("--resume", str(whole / "im.part"))
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    kills = finish(rng, killed, source)
    # A writer that is killed may leave the hidden file that it was going to rename.
    names, others = (sorted(p.name for p in place.iterdir() if not p.name.startswith(".calm-")) for place in (whole, killed))
    if names != others:
        raise AssertionError(f"{names} became {others}")
    for name in names:
        if name == "im.txt" or filecmp.cmp(whole / name, killed / name, shallow=False):
            continue
        if ".E" in name and (both := (chunks(whole / name), chunks(killed / name)))[0] == both[1] and both[0]:
            spelled.append(name)
        else:
            one_, other = (whole / name).read_bytes(), (killed / name).read_bytes()
            at = next((i for i, (x, y) in enumerate(zip(one_, other)) if x != y), min(len(one_), len(other)))
            raise AssertionError(f"{name} is another after {kills} kills: {len(one_)} and {len(other)} bytes, from byte {at} on")
    sums = [[line for line in (place / "im.txt").read_text().splitlines() if line.startswith("  SHA-") or line.startswith("  MD5")] for place in (whole, killed)]
    if sums[0] != sums[1] or len(sums[0]) < 3:
        raise AssertionError(f"the sums are others: {sums}")
    raw = [p for p in names if p.endswith(".raw") or p[3:].isdigit()]
    if raw and b"".join((killed / name).read_bytes() for name in raw) != source.read_bytes():
        raise AssertionError("it is not the source")
    return kills


total, number, spelled = 0, 0, []
while total < count:
    with tempfile.TemporaryDirectory(prefix="calm-image-kill-", dir=PLACE) as place:
        try:
            total += one(random.Random(f"{seed} {number}"), pathlib.Path(place))
        except AssertionError as wrong:
            print(f"WRONG: seed {seed}, image {number}: {wrong}")
            sys.exit(1)
    number += 1
    if number > 50 * count + 50:
        print("WRONG: nothing is killed any more")
        sys.exit(1)
if len(spelled) > 1 + number // 50:
    print(f"WRONG: {len(spelled)} of {number} images are spelled in another way")
    sys.exit(1)
print(f"{total} kills in {number} images, each the same in the end" + (f"; {len(spelled)} with chunks that are packed in another way" if spelled else ""))
