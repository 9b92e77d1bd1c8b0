"""bundle.py BUILD [FOLDER]: how long a bundle of many files takes, against tar piped into zstd -1 on the same files in the same run, and the
same sealed. Prints seconds, processor seconds and ratios; 1.00 is as fast as those. tar and zstd are two processes, the bundle is one thread."""
import hashlib
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

PROBE = str(pathlib.Path(sys.argv[1]).resolve() / "tests" / "cli" / "bundle_probe")
ROUNDS = 5


def once(line):
    """Seconds, and processor seconds of all that was started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(["/bin/sh", "-c", line], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def key_file(folder):
    """A key to seal to: any 32 bytes are one, and nobody has its private half."""
    key = hashlib.sha256(b"bench").digest()
    path = pathlib.Path(folder) / "bench.key"
    path.write_text(f"calm-recipient/1\nkey {key.hex()}\nfor bench\ncheck {hashlib.sha256(key).hexdigest()[:4]}\n", encoding="ascii")
    return path


def make(folder):
    """Text that compresses and bytes that do not, in 4,000 files: 200 MB."""
    draw = random.Random(1)
    words = [draw.randbytes(draw.randrange(2, 9)).hex().encode() for _ in range(5000)]
    for i in range(4000):
        size = 50_000
        content = draw.randbytes(size) if i % 4 == 0 else b" ".join(draw.choices(words, k=size // 10))[:size]
        (folder / f"{i:05}").write_bytes(content)


def main():
    with tempfile.TemporaryDirectory(prefix="calm-bench-") as temp:
        folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else os.path.join(temp, "files"))
        if len(sys.argv) <= 2:
            folder.mkdir()
            make(folder)
        lines = {
            "tar | zstd -1": f"tar -C '{folder}' -cf - . | zstd -q -1 -T1 > /dev/null",
            "bundle": f"'{PROBE}' '{folder}' > /dev/null",
            "bundle, sealed": f"'{PROBE}' '{folder}' '{key_file(temp)}' > /dev/null",
        }
        best = {name: (float("inf"), float("inf")) for name in lines}
        for _ in range(ROUNDS):
            for name, line in lines.items():
                best[name] = tuple(map(min, best[name], once(line)))
        wall, work = best["tar | zstd -1"]
        for name, (a, b) in best.items():
            print(f"{name:16} {a:6.2f} s  ratio {a / wall:4.2f}   processor {b:6.2f} s  ratio {b / work:4.2f}")


if __name__ == "__main__":
    main()
