"""propose.py BUILD [REQUESTS]: a proposal against a flood from ten million requests (a log made here, from a seed), beside GoAccess and awk on the same
log in the same run; medians of 3 and their ratios."""
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILD, REQUESTS, ROUNDS = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000, 3
START, SPAN, FLOOD_FROM = 1_800_000_000, 7200, 6000


def write_log(path):
    """Two hours: 2,000 people all the time, 5,000 others who send four requests in five, all in the last twenty minutes."""
    draw = random.Random(1)
    people = [f"198.{draw.randrange(18, 20)}.{draw.randrange(256)}.{draw.randrange(1, 255)}" for _ in range(2000)]
    others = [f"{draw.randrange(130, 140)}.{draw.randrange(40)}.{draw.randrange(256)}.{draw.randrange(1, 255)}" for _ in range(5000)]
    good, bad = REQUESTS // 5, REQUESTS - REQUESTS // 5
    with open(path, "w", buffering=1 << 20) as out:
        for second in range(SPAN):
            stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(START + second))
            count = good * (second + 1) // SPAN - good * second // SPAN
            flood = bad * (second - FLOOD_FROM + 1) // 1200 - bad * (second - FLOOD_FROM) // 1200 if second >= FLOOD_FROM else 0
            out.write("".join(f'{people[int(draw.random() * 2000)]} - - [{stamp}] "GET /shop/item/{int(draw.random() * 5000)} HTTP/1.1" 200 5120 '
                              f'"https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64) {int(draw.random() * 200)}"\n' for _ in range(count)))
            out.write("".join(f'{others[int(draw.random() * 5000)]} - - [{stamp}] "GET /search?q={int(draw.random() * 1e9)} HTTP/1.1" 503 512 '
                              f'"-" "python-requests/2.{int(draw.random() * 5)}"\n' for _ in range(flood)))


def seconds(words, env):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    room = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=room) as folder:
        log = f"{folder}/access.log"
        write_log(log)
        env = {**os.environ, "HOME": folder, "LC_ALL": "C"}
        calm = str(BUILD / "src" / "calm")
        subprocess.run([calm, "open", f"{folder}/case.calm"], stdout=subprocess.DEVNULL, env=env, check=True)
        peers = {"calm stop propose": [calm, "stop", "propose", log]}
        if shutil.which("goaccess"):
            peers["goaccess"] = ["goaccess", log, "--log-format=COMBINED", "--no-progress", "-o", f"{folder}/out.json"]
        else:
            print("goaccess: absent")
        peers["awk, sort: sources only"] = ["sh", "-c", f"awk '{{n[$1]++}} END {{for (s in n) print n[s], s}}' {log} | sort -rn | head"]
        taken = {name: [seconds(words, env) for _ in range(ROUNDS)] for name, words in peers.items()}
        size = os.path.getsize(log)
        ours = statistics.median(wall for wall, _ in taken["calm stop propose"])
        load = os.getloadavg()[0]
        print(f"{REQUESTS:,} requests, {size / 1e9:.2f} GB, {os.cpu_count()} processors, load {load:.1f}")
        for name, times in taken.items():
            wall, busy = (statistics.median(column) for column in zip(*times))
            print(f"{name}: {wall:.2f} s, busy {busy:.2f} s, {wall / ours:.2f} of calm's time")


if __name__ == "__main__":
    main()
