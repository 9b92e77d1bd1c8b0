"""bench/timeline_binary.py BUILD [EVENT-LOGS]: how long it takes to make a timeline of a Windows event log and of a systemd journal. The event log is one
file of the chunks of those below the folder EVENT-LOGS, over and over up to 64 MiB, its head made anew; without the folder it is left out. The journal is made here by
systemd-journal-remote: 200,000 entries of five services, with the fields that journald adds. evtxexport and journalctl read the same files in the same run. Prints medians of three."""
import pathlib
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib

STORE = pathlib.Path(sys.argv[1]).resolve() / "tests" / "cli" / "timeline_store"
REMOTE = "/lib/systemd/systemd-journal-remote"
CHUNK, HEAD, SIZE = 64 << 10, 4 << 10, 64 << 20
FULL = 60_000  # bytes of a chunk that are in use
ENTRIES = 200_000


def seconds(words, rounds=3):
    times = []
    for _ in range(rounds):
        start = time.monotonic()
        done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        times.append(time.monotonic() - start)
        if done.returncode:
            sys.exit(f"{words[0]}: {done.stderr.decode(errors='replace')}")
    return statistics.median(times), done.stdout.decode(errors="replace")


def make_event_log(folder, path):
    """The full chunks of logs that evtxexport reads, as they are; the head says how many there are."""
    chunks = []
    for file in sorted(pathlib.Path(folder).rglob("*.evtx")):
        if subprocess.run(["evtxexport", file], capture_output=True, check=False).returncode:
            continue
        data = file.read_bytes()
        places = range(HEAD, len(data) - CHUNK + 1, CHUNK)
        chunks += [data[at : at + CHUNK] for at in places if data[at : at + 8] == b"ElfChnk\0" and struct.unpack_from("<L", data, at + 48)[0] > FULL]
    if not chunks:
        sys.exit(f"no full chunks below {folder}")
    count = min(SIZE // CHUNK, 65535)
    head = struct.pack("<8sQQQLHHHH76xL", b"ElfFile\0", 0, count - 1, 1 << 40, 128, 1, 3, HEAD, count, 0)
    head += struct.pack("<L", zlib.crc32(head[:120]))
    with open(path, "wb") as f:
        f.write(head.ljust(HEAD, b"\0"))
        for i in range(count):
            f.write(chunks[i % len(chunks)])


def make_journal(folder):
    """The largest of the files that it makes of them."""
    rng = random.Random(5)
    with tempfile.TemporaryFile() as f:
        for i in range(ENTRIES):
            unit = rng.choice(("ssh", "cron", "nginx", "postfix", "app"))
            f.write((f"__REALTIME_TIMESTAMP={1_764_000_000_000_000 + i * 300_000 + rng.randrange(1000)}\n__MONOTONIC_TIMESTAMP={i * 300_000}\n"
                     f"_BOOT_ID={7:032x}\n_MACHINE_ID={9:032x}\n_HOSTNAME=host{rng.randrange(4)}\nPRIORITY={rng.randrange(8)}\n_UID={rng.randrange(3)}\n"
                     f"SYSLOG_IDENTIFIER={unit}\n_PID={rng.randrange(3000)}\n_SYSTEMD_UNIT={unit}.service\n_TRANSPORT=syslog\n_GID=0\n_COMM={unit}\n"
                     f"_EXE=/usr/sbin/{unit}\n_CMDLINE=/usr/sbin/{unit} --no-daemon\n_CAP_EFFECTIVE=1ffffffffff\n_SYSTEMD_SLICE=system.slice\n"
                     f"_SYSTEMD_CGROUP=/system.slice/{unit}.service\n_SYSTEMD_INVOCATION_ID={len(unit):032x}\n_SELINUX_CONTEXT=unconfined\n"
                     f"SYSLOG_FACILITY=3\n_RUNTIME_SCOPE=system\n_SOURCE_REALTIME_TIMESTAMP={1_764_000_000_000_000 + i * 300_000}\n"
                     f"MESSAGE=request {rng.getrandbits(64):x} for user{rng.randrange(500)} from 10.{rng.randrange(256)}.{rng.randrange(256)}.7\n\n").encode())
        f.seek(0)
        subprocess.run([REMOTE, "--compress=yes", "-o", folder / "big.journal", "-"], stdin=f, capture_output=True, check=True)
    return max(folder.glob("big*.journal"), key=lambda p: p.stat().st_size)


def compare(what, path, peer, words):
    ours, said = seconds([STORE, "build", path, path.with_suffix(".tl")])
    theirs = seconds(words)[0]
    print(f"{what}: {path.stat().st_size / 1e6:.0f} MB, {said.split()[3]} events: calm {ours:.2f} s, {peer} {theirs:.2f} s: {theirs / ours:.1f} x")


def main():
    with tempfile.TemporaryDirectory(prefix="calm-bench-") as temp:
        log = pathlib.Path(temp, "big.evtx")
        if len(sys.argv) > 2 and shutil.which("evtxexport"):
            make_event_log(sys.argv[2], log)
            compare("event log", log, "evtxexport", ["sh", "-c", f"evtxexport {log} > {log}.xml"])
        else:
            print("event log: skipped, there is no evtxexport or no folder of event logs")
        if pathlib.Path(REMOTE).exists():
            journal = make_journal(pathlib.Path(temp))
            compare("journal", journal, "journalctl -o export", ["sh", "-c", f"journalctl -o export --file={journal} > {journal}.export"])
        else:
            print("journal: skipped, there is no systemd-journal-remote")


if __name__ == "__main__":
    main()
