"""collect.py BUILD [--uac FOLDER] [--acquire PROGRAM] [--rounds N]: how long calm-collect takes for the live state of this host, beside
other ways to it, in one run and with the same processes running.

Beside it run the listings of ps, ss and lsof, and where they are given UAC (its folder) and acquire (its program); both are fetched
beside the project and never lie in it. What is not there is named as absent. All run as politely as calm-collect does by itself (nice 10, idle
disk class), so that what else the host does counts alike. Ratios over 1 say how much longer the other takes, on the wall and on processors."""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PROCESSES = 200
# Of UAC's ir_triage what calm-collect's triage takes too: without the listing and hashing of the whole disk, the strings of memory, and copies
# of whatever lies in temporary folders.
SAME = ["live_response/process/ps.yaml", "live_response/process/lsof.yaml", "live_response/process/procfs_information.yaml",
        "live_response/process/hash_running_processes.yaml", "live_response/network/*", "live_response/system/*", "live_response/storage/*",
        "live_response/packages/*", "!live_response/packages/package_owns_file.yaml", "live_response/containers/*", "files/logs/*", "files/shell/*",
        "files/ssh/*", "files/system/*", "!files/system/tmp.yaml", "!files/system/var_tmp.yaml", "!files/system/dev_shm.yaml",
        "!files/system/run_shm.yaml"]


def started():
    """Processes and threads that this host started since its boot, by anybody."""
    return int(re.search(r"^processes (\d+)", pathlib.Path("/proc/stat").read_text(), re.M)[1])


def running():
    return sum(name.isdigit() for name in os.listdir("/proc"))


POLITE = ["nice", "-n", "10", *(["ionice", "-c", "3"] if shutil.which("ionice") else [])]


def measure(argv, **more):
    """Seconds on the wall and on processors, peak memory in MiB and started processes of one run; None where it fails."""
    small = ("import os, sys, time; t = time.monotonic(); p = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ); _, s, u = os.wait4(p, 0);"
             "print(time.monotonic() - t, u.ru_utime + u.ru_stime, u.ru_maxrss, s, file=sys.stderr)")
    before = started()
    done = subprocess.run([*POLITE, sys.executable, "-S", "-c", small, shutil.which(argv[0]) or argv[0], *map(str, argv[1:])], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, **more)
    seconds, busy, kib, status = done.stderr.splitlines()[-1].split()
    if int(status):
        print(f"{argv[0]} failed: {done.stderr[-300:]}")
        return None
    return float(seconds), float(busy), int(kib) / 1024, started() - before - 1  # the small parent is one


def median(argv, rounds, **more):
    runs = [run for run in (measure(argv, **more) for _ in range(rounds)) if run]
    return tuple(statistics.median(column) for column in zip(*runs)) if runs else None


def row(name, result, base=None):
    if not result:
        print(f"{name:32} absent", flush=True)
        return
    ratio = f"{result[0] / base[0]:7.2f} x wall {result[1] / base[1]:7.2f} x busy" if base else ""
    print(f"{name:32} {result[0]:7.2f} s wall {result[1]:7.2f} s busy {result[2]:6.0f} MiB {result[3]:6.0f} started {ratio}", flush=True)


def uac(folder, profile, out):
    place = pathlib.Path(out) / "uac"
    place.mkdir(exist_ok=True)
    return measure(["sh", "-c", f"cd '{folder}' && exec ./uac -u -p '{profile}' '{place}'"])


def uac_profile(folder, out):
    path = pathlib.Path(out) / "same.yaml"
    path.write_text("name: same\ndescription: what is compared\nartifacts:\n" + "".join(f"  - {name}\n" for name in SAME))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--uac", type=pathlib.Path)
    parser.add_argument("--uac-whole", action="store_true", help="also UAC's ir_triage as it is, which takes long")
    parser.add_argument("--acquire", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    collect = options.build.resolve() / "src" / "calm-collect"
    sleepers = [subprocess.Popen(["sleep", "3600"]) for _ in range(max(0, PROCESSES - running()))]
    try:
        with tempfile.TemporaryDirectory(prefix="calm-bench-") as out:
            print(f"{running()} processes, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; started counts all of the host\n")
            base = median(["sh", "-c", f"rm -f '{out}/c'; exec '{collect}' --unsealed --output '{out}/c' 2>/dev/null"], options.rounds)
            row("calm-collect, triage", base)
            key = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
            row("the same, sealed", median(["sh", "-c", f"rm -f '{out}/c'; exec '{collect}' --to {key} --output '{out}/c' 2>/dev/null"], options.rounds), base)
            for argv in (["ps", "-eo", "pid,ppid,uid,gid,stat,lstart,wchan,cgroup,args"], ["ss", "-anp"], ["lsof", "-n", "-P"]):
                row(" ".join(argv[:2]), median(argv, options.rounds) if shutil.which(argv[0]) else None, base)
            row("UAC, the same artefacts", uac(options.uac, uac_profile(options.uac, out), out) if options.uac else None, base)
            if options.uac_whole:
                row("UAC, ir_triage", uac(options.uac, "ir_triage", out) if options.uac else None, base)
            row("acquire, its minimal profile", measure([str(options.acquire), "local", "--profile", "minimal", "-o", out]) if options.acquire else None, base)
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()


main()
