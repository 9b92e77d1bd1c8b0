"""intake.py BUILD: how fast calm takes files into evidence, against the slowest of reading, hashing and writing the same bytes in the
same run. Prints ratios; 1.00 is as fast as that part alone. Caches are dropped where this user may."""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
CALM = str(BUILD / "src" / "calm")
LARGE, SMALL, ROUNDS = 1 << 30, 20_000, 3


def drop_caches():
    os.sync()
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("1\n")
    except OSError:
        pass


def best(run, clean=lambda: None):
    times = []
    for _ in range(ROUNDS):
        drop_caches()
        start = time.monotonic()
        run()
        times.append(time.monotonic() - start)
        clean()
    return min(times)


def shell(line, **env):
    subprocess.run(["/bin/sh", "-c", line], check=True, env={**os.environ, **env}, stdout=subprocess.DEVNULL)


def measure(name, source, size, folder, env):
    out = folder / "out"
    read = f"find '{source}' -type f -print0 | xargs -0 cat"
    parts = {
        "reading": best(lambda: shell(read + " > /dev/null")),
        "sha256": best(lambda: shell(read + " | openssl sha256")),
        "md5": best(lambda: shell(read + " | openssl md5")),
        "writing": best(lambda: shell(f"head -c {size} /dev/zero | dd of='{out}' bs=1M iflag=fullblock conv=fsync status=none"), lambda: out.unlink()),
    }
    case = folder / "bench.calm"

    def clean():
        shutil.rmtree(case)
        subprocess.run([CALM, "open", str(case)], check=True, env=env, stdout=subprocess.DEVNULL, cwd=folder)

    subprocess.run([CALM, "open", str(case)], check=True, env=env, stdout=subprocess.DEVNULL, cwd=folder)
    calm = best(lambda: subprocess.run([CALM, "--case", str(case), "preserve", "files", str(source)], check=True, env=env, stdout=subprocess.DEVNULL), clean)
    shutil.rmtree(case)
    slowest = max(parts, key=parts.get)
    print(f"{name}: {size / calm / 1e6:.0f} MB/s; " + ", ".join(f"{part} alone {size / took / 1e6:.0f}" for part, took in parts.items())
          + f"; {parts[slowest] / calm:.2f} of {slowest}")


def main():
    with tempfile.TemporaryDirectory(prefix="calm-bench-") as name:
        folder = pathlib.Path(name)
        env = {**os.environ, "HOME": name}
        large = folder / "large"
        rng = random.Random(1)
        with large.open("wb") as file:
            for _ in range(LARGE >> 20):
                file.write(rng.randbytes(1 << 20))
        measure("one file of 1 GiB", large, LARGE, folder, env)
        large.unlink()
        size = 0
        for number in range(SMALL):
            path = folder / "small" / f"d{number % 100}" / f"f{number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            data = rng.randbytes(rng.randrange(8192))
            path.write_bytes(data)
            size += len(data)
        measure(f"{SMALL} files of 4 kB", folder / "small", size, folder, env)


main()
