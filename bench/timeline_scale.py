"""bench/timeline_scale.py BUILD [MOST] [FOLDER]: what a timeline costs from 10^5 events to MOST (10^8, or up to what FOLDER has room for): time, time
per event, and the most memory of all processes together, of making it, counting all, a rare word, a histogram,
the first page from either end, and all failures in order. The log is that of bench/timeline.py, repeated: the years are not stated, so it is one log of many years' length to
the program. Memory is the sum of the proportional sets (Pss) of the program and its workers, read every 20 ms. Exits with 1 where that passes
512 MiB."""
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
STORE = BUILD / "tests" / "cli" / "timeline_store"
MOST = int(float(sys.argv[2])) if len(sys.argv) > 2 else 10**8
LINES_MADE = 10**7  # different ones; more are these again
LINE_SIZE, STORE_SHARE = 130, 0.4  # about, to tell what there is room for
MEMORY_MOST = 512 << 20
RARE = "zqzqzq"


def load_make():
    arguments, sys.argv = sys.argv, sys.argv[:2]
    spec = importlib.util.spec_from_file_location("bench_timeline", pathlib.Path(__file__).with_name("timeline.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.argv = arguments
    return module.make


def family(root):
    """root and all that it started, by the parents that /proc names."""
    parents = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(pathlib.Path(entry.path, "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def memory_of(root):
    total = 0
    for pid in family(root):
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith("Pss:"))
    return total


def measure(*words):
    """Seconds, the most bytes of memory, and what it said."""
    begin, peak = time.monotonic(), 0
    with subprocess.Popen([str(w) for w in (STORE, *words)], stdout=subprocess.PIPE, text=True) as process:
        said = []
        reader = threading.Thread(target=lambda: said.append(process.stdout.read()))
        reader.start()
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            time.sleep(0.02)
        reader.join()
    if process.returncode:
        sys.exit(f"{words[0]} ended with {process.returncode}")
    return time.monotonic() - begin, peak, said[0]


def grow(path, count, make):
    """A log of so many lines, one of them with the rare word; what make made is repeated."""
    unit = path.with_name("unit")
    if not unit.exists():
        make(unit, min(MOST, LINES_MADE) * LINE_SIZE)
    with open(path, "wb") as out:
        written = 0
        while written < count:
            with open(unit, "rb") as lines:
                for line in lines:
                    if written == count:
                        break
                    out.write(line if written != count // 2 else line.rstrip(b"\n") + b" " + RARE.encode() + b"\n")
                    written += 1
    return path.stat().st_size


def main():
    make, worst = load_make(), 0
    folder = sys.argv[3] if len(sys.argv) > 3 else BUILD
    with tempfile.TemporaryDirectory(prefix="calm-scale-", dir=folder) as temp:
        log, store = pathlib.Path(temp, "log"), pathlib.Path(temp, "tl")
        print(f"{len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.1f}")
        print(f"{'events':>12}  {'what':24} {'s':>9} {'ns/event':>9} {'MiB':>6}")
        count = 10**5
        while count <= MOST:
            need = (count + min(MOST, LINES_MADE)) * LINE_SIZE * (1 + STORE_SHARE)
            if need > shutil.disk_usage(temp).free:
                print(f"{count:>12}  no room: {need / 1e9:.0f} GB are needed in {folder}")
                break
            size = grow(log, count, make)
            for what, words in (("made", ("build", log, store)), ("count of all", ("count", store, "")), ("a rare word", ("count", store, RARE)),
                                ("histogram", ("slots", store, "")), ("first page", ("rows", store, "", "40")),
                                ("last page", ("last", store, "", "40")), ("all in order", ("rows", store, "event.outcome:failure"))):
                took, peak, said = measure(*words)
                worst = max(worst, peak)
                note = f"  {size / took / 1e6:.0f} MB/s, store {store.stat().st_size / size * 100:.0f} %" if what == "made" else ""
                if what == "a rare word" and not said.startswith("count 1 "):
                    sys.exit(f"a rare word: {said}")
                print(f"{count:>12}  {what:24} {took:9.3f} {took / count * 1e9:9.1f} {peak / 2**20:6.0f}{note}", flush=True)
            count *= 10
    if worst > MEMORY_MOST:
        sys.exit(f"memory: {worst / 2**20:.0f} MiB, over {MEMORY_MOST >> 20}")


if __name__ == "__main__":
    main()
