"""hash_tree.py BUILD [FOLDER]: how fast calm hashes a tree of small files (/usr), beside hashdeep and openssl on the same tree in the same run. The
page cache is warm; programs take turns, so that what else runs on the machine counts for all; medians and ratios."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5


def tree_of(folder):
    """The files of one file system below a folder, and their bytes."""
    device, count, size = os.lstat(folder).st_dev, 0, 0
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if os.lstat(os.path.join(where, name)).st_dev == device]
        for name in names:
            st = os.lstat(os.path.join(where, name))
            if st.st_mode & 0o170000 == 0o100000:
                count, size = count + 1, size + st.st_size
    return count, size


def main():
    calm = str(pathlib.Path(sys.argv[1]).resolve() / "src" / "calm")
    folder = sys.argv[2] if len(sys.argv) > 2 else "/usr"
    cores = str(len(os.sched_getaffinity(0)))
    peers = {"calm preserve hash": f"{calm} preserve hash {folder}",
             f"hashdeep -c sha256 -r -j{cores}": f"hashdeep -c sha256 -r -j{cores} {folder}",
             f"find, xargs -P{cores} openssl dgst": f"find {folder} -xdev -type f -print0 | xargs -0 -P{cores} -n 64 openssl dgst -sha256"}
    for name in list(peers):
        if not name.startswith("calm") and not shutil.which(name.split()[0].strip(",")):
            print(f"{name}: absent")
            del peers[name]
    count, size = tree_of(folder)
    taken = {name: [] for name in peers}
    with tempfile.TemporaryDirectory(prefix="calm-bench-") as home:
        for _ in range(ROUNDS + 1):
            for name, line in peers.items():
                start = time.monotonic()
                subprocess.run(["/bin/sh", "-c", line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env={**os.environ, "HOME": home})
                taken[name].append(time.monotonic() - start)
    print(f"{folder}: {count} files, {size / 1e9:.2f} GB, {cores} processors, load {os.getloadavg()[0]:.1f}")
    ours = statistics.median(taken["calm preserve hash"][1:])
    for name, times in taken.items():
        median = statistics.median(times[1:])  # the first turn fills the cache
        print(f"{name}: {median:.2f} s, {size / median / 1e9:.2f} GB/s; calm is {median / ours:.2f} x as fast")


main()
