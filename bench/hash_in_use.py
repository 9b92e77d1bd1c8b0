"""hash_in_use.py BUILD: runs 100 programs of 8 MiB, and hashes what runs with the step of a collection and, on the same files in the same run, with
`sha256sum` and `openssl dgst` on all processors; medians of 5 and their ratios."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAMS, SIZE, ROUNDS = 100, 8 << 20, 5
probe = str(pathlib.Path(sys.argv[1]) / "tests" / "cli" / "files_probe")


def in_use():
    """The files that some process maps to execute, as /proc says."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            maps = pathlib.Path(f"/proc/{pid}/maps").read_text(errors="surrogateescape")
        except OSError:
            continue
        for words in (line.split(None, 5) for line in maps.splitlines()):
            if len(words) == 6 and "x" in words[1] and os.path.isfile(words[5]):
                found.add(words[5])
    return sorted(found)


def seconds(words, given=b""):
    start = time.monotonic()
    subprocess.run(words, input=given, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


def measure():
    files = in_use()
    names = b"\0".join(map(os.fsencode, files))
    cores = str(len(os.sched_getaffinity(0)))
    peers = {"collection": ([probe, "h", "/"], b"")}
    for name, words in (("sha256sum", ["sha256sum"]), ("openssl", ["openssl", "dgst", "-sha256"])):
        if shutil.which(words[0]):
            peers[name] = ["xargs", "-0", "-P", cores, "-n", "8", *words], names
        else:
            print(f"{name}: absent")
    taken = {name: [] for name in peers}
    for _ in range(ROUNDS + 1):
        for name, (words, given) in peers.items():
            taken[name].append(seconds(words, given))
    size = sum(map(os.path.getsize, files))
    ours = statistics.median(taken["collection"][1:])
    print(f"{len(files)} files, {size / 1e6:.0f} MB, {cores} processors")
    for name, times in taken.items():
        median = statistics.median(times[1:])
        print(f"{name}: {median:.3f} s, {size / median / 1e6:.0f} MB/s, {median / ours:.2f} of the collection's time")


def main():
    body = pathlib.Path(shutil.which("sleep")).read_bytes()
    children = []
    with tempfile.TemporaryDirectory(prefix="calm-bench-") as folder:
        try:
            for number in range(PROGRAMS):
                path = pathlib.Path(folder) / str(number)
                path.write_bytes(body + os.urandom(SIZE))
                path.chmod(0o755)
                children.append(subprocess.Popen([path, "600"]))
            measure()
        finally:
            for child in children:
                child.kill()
                child.wait()


main()
