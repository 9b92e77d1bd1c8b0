"""bench/timeline.py BUILD [MIB] [log2timeline.py]: how long it takes from evidence to a timeline that can be searched, and from a question to its
answer. The log is made here: five kinds of lines of sshd, cron, a firewall and an application, hosts, users and addresses drawn by a seed, so that
little repeats. timeline_store makes the store; plaso (log2timeline.py, where its path is given, on the first 20,000 lines, since it is slow),
ripgrep and lnav (which keep nothing) read the same lines in the same run. The times of the files of a disk image are compared with fls and mactime. Prints medians of three."""
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
STORE = BUILD / "tests" / "cli" / "timeline_store"
PLASO_LINES = 20_000


def make(path, size):
    """Lines until there are so many bytes; how many there are."""
    rng = random.Random(4)
    users = [f"user{i}" for i in range(500)]
    when, count = 1_764_000_000.0, 0
    with open(path, "w") as f:
        while f.tell() < size:
            part = []
            for _ in range(20_000):
                when += rng.random()
                address = ".".join(str(rng.randrange(256)) for _ in range(4))
                pid, user = rng.randrange(30_000), rng.choice(users)
                text = (f"sshd[{pid}]: Failed password for invalid user {user} from {address} port {rng.randrange(65536)} ssh2",
                        f"sshd[{pid}]: Accepted publickey for {user} from {address} port {rng.randrange(65536)} ssh2: RSA SHA256:{rng.getrandbits(256):x}",
                        f"CRON[{pid}]: (root) CMD (/usr/bin/job {rng.randrange(10 ** 6)})",
                        f"kernel: [{when:.6f}] IN=eth0 OUT= MAC= SRC={address} DST=10.0.0.1 LEN=60 TTL=51 ID={rng.randrange(65536)} PROTO=TCP "
                        f"SPT={rng.randrange(65536)} DPT=22",
                        f"app[{pid}]: request {rng.getrandbits(64):x} took {rng.random():.3f} s for {user}")[rng.randrange(5)]
                part.append(f"{time.strftime('%b %e %H:%M:%S', time.gmtime(when))} host{rng.randrange(20)} {text}\n")
            f.writelines(part)
            count += len(part)
    return count


def seconds(words, rounds=3, **more):
    """The median; what the last one said."""
    times = []
    for _ in range(rounds):
        start = time.monotonic()
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False, **more)
        times.append(time.monotonic() - start)
        if done.returncode not in (0, 1):
            sys.exit(f"{words}: {done.stderr}")
    return statistics.median(times), done.stdout


def show(what, took, note=""):
    print(f"{what:58} {took:8.3f} s  {note}")


def bench_disk(temp, file_count=60_000):
    """The times of the files of an ext4 that mke2fs makes, against fls -r -m with mactime."""
    rng, folder = random.Random(5), pathlib.Path(temp, "tree")
    for i in range(file_count // 300):
        part = folder / "usr" / "share" / f"dir{i // 20}" / f"part{i}"
        part.mkdir(parents=True)
        for _ in range(300):
            file = part / f"some-file-name-{rng.getrandbits(32):x}.conf"
            file.touch()
            when = int(1.6e18 + rng.random() * 1e17)
            os.utime(file, ns=(when, when - rng.randrange(10 ** 15)))
    image, store, body = (pathlib.Path(temp, name) for name in ("disk.img", "disk.tl", "body"))
    with open(image, "wb") as f:
        f.truncate(400 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-N", str(file_count + 20_000), "-d", folder, image], check=True)
    shutil.rmtree(folder)
    for program in (STORE, BUILD / "src" / "calm-disk"):  # which is looked for beside it
        shutil.copy(program, temp)
    took, said = seconds([pathlib.Path(temp, STORE.name), "build", image, store])
    show(f"timeline of an image, {file_count} files", took, said.split()[3] + " events")
    peer, _ = seconds(["sh", "-c", f"fls -r -p -m / {image} > {body} && mactime -b {body} -z UTC -d > {body}.csv"])
    show("fls -r -m with mactime", peer, f"{peer / took:.1f} x slower")


def main():
    size = (int(sys.argv[2]) if len(sys.argv) > 2 else 1200) << 20
    plaso = sys.argv[3] if len(sys.argv) > 3 else shutil.which("log2timeline.py")
    with tempfile.TemporaryDirectory(prefix="calm-bench-", dir=BUILD) as temp:
        log, store = pathlib.Path(temp, "log"), pathlib.Path(temp, "tl")
        lines = make(log, size)
        real = log.stat().st_size
        log.read_bytes() if real < 1 << 30 else subprocess.run(["cat", log], stdout=subprocess.DEVNULL, check=True)
        print(f"{lines} lines, {real / 1e6:.0f} MB, {len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.1f}")
        built, _ = seconds([STORE, "build", log, store])
        show("timeline made", built, f"{real / built / 1e6:.0f} MB/s, store {store.stat().st_size / real * 100:.0f} % of the log")
        for query in ("", "user.name:user7", "source.ip:10.0.0.0/8", "event.outcome:failure and host.name:host3", "took", "zzzzqq", "message:/took 0[.]99/"):
            took, said = seconds([STORE, "count", store, query])
            show(f"count: {query or 'all'}", took, said.split()[1] + " events")
        show("first page of 40: took", seconds([STORE, "rows", store, "took", "40"])[0])
        show("first page of 40: all", seconds([STORE, "rows", store, "", "40"])[0])
        show("values of source.ip" , seconds([STORE, "values", store, "event.outcome:failure and host.name:host3", "source.ip"], 1)[0])
        if shutil.which("rg"):
            show("ripgrep -ci took", seconds(["rg", "-ci", "took", log])[0])
        if shutil.which("lnav"):
            show("lnav -n: reads, and filters took", seconds(["lnav", "-n", "-c", ":filter-in took", "-c", ":write-csv-to /dev/null", log], 1,
                                                              env={**os.environ, "HOME": temp})[0])
        if all(shutil.which(p) for p in ("mke2fs", "fls", "mactime")):
            bench_disk(temp)
        if plaso:
            few, storage = pathlib.Path(temp, "few"), pathlib.Path(temp, "few.plaso")
            with open(log) as whole, open(few, "w") as f:
                f.writelines(line for _, line in zip(range(PLASO_LINES), whole))
            slow, _ = seconds([plaso, "--quiet", "--unattended", "--status_view", "none", "--parsers", "text/syslog_traditional", "--storage_file", storage, few], 1, cwd=temp)
            fast, _ = seconds([STORE, "build", few, store])
            share = few.stat().st_size
            show("log2timeline.py, the first 20,000 lines", slow, f"{share / slow / 1e6:.3f} MB/s, {(real / built) / (share / slow):.0f} x slower than calm on all")
            show("timeline made of the same 20,000", fast, f"{slow / fast:.0f} x")


if __name__ == "__main__":
    main()
