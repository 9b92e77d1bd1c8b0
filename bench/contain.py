"""contain.py BUILD [--rounds N] [--alone]: how long calm-contain takes to change a packet filter, beside nft(8) and ss(8) in the same namespace and run.

--alone gives all that is measured real-time priority, so that what else runs on the machine counts for less. Everything happens in namespaces of its own (tests/cli/contain_lab.py); nothing of this machine is changed. Where that is not allowed it says so."""
import argparse
import contextlib
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "cli"))
import contain_lab  # noqa: E402
from contain_lab import Helper, plan, plan_id, run  # noqa: E402

ADDRESSES = [f"100.{64 + (n >> 16)}.{n >> 8 & 255}.{n & 255}" for n in range(100000)]
CONNECTIONS = 10000
MIB = 1024
FIRST = []
CLIENT = """
import socket, sys, time
held = [socket.create_connection(("10.9.0.1", 80), timeout=20) for _ in range(int(sys.argv[1]))]
print("ready", flush=True)
time.sleep(600)
"""
DROP_ALL = "table inet peer {\n chain in {\n type filter hook prerouting priority -500; policy drop;\n }\n}\n"


def timed(act):
    start = time.monotonic()
    act()
    return time.monotonic() - start


def peak(pid):
    return int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / MIB


def row(what, value, unit, target, met, peer=""):
    print(f"{what:58} {value:8.4g} {unit:4} {target:10} {'met' if met else 'MISSED':7} {peer}", flush=True)


def must(answer):
    if answer[0] != "ok":
        sys.exit(f"calm-contain said: {answer[0]}")
    return answer


def one_change(program, text):
    """(seconds until it is judged and kept, until it is in effect and checked, peak MiB of the helper and of the watchdogs)"""
    with contextlib.closing(Helper(program, prefix=FIRST)) as h:
        prepared = timed(lambda: must(h.prepare(text)))
        begun = timed(lambda: must(h.ask(f"go {plan_id(text)} 0")))
        time.sleep(0.5)
        helper, dogs = peak(h.process.pid), max(map(peak, contain_lab.watchdogs()))
        must(h.ask(f"undo {plan_id(text)}"))
        must(h.ask(f"forget {plan_id(text)}"))
    contain_lab.until(lambda: not contain_lab.watchdogs(), 5, "the watchdogs end")
    contain_lab.reap()
    return prepared, begun, helper, dogs


def medians(runs):
    return [statistics.median(column) for column in zip(*runs)]


def measure_isolation(program, rounds):
    prepared, begun, helper, dogs = medians([one_change(program, plan("isolate", timer=60, allow=("10.9.0.7,tcp,22,in",))) for _ in range(rounds)])
    peers = []
    for _ in range(rounds):  # the least that somebody would type: one chain that drops all
        peers.append(timed(lambda: subprocess.run([*FIRST, "nft", "-f", "-"], input=DROP_ALL, text=True, check=True)))
        run("nft delete table inet peer")
    peer = statistics.median(peers)
    row("isolate: from the order until it is in effect and checked", begun * 1000, "ms", "<= 50 ms", begun <= 0.05, f"nft -f, one chain {peer * 1000:.1f} ms ({begun / peer:.2f} x)")
    row("isolate: judged, state kept on disk", prepared * 1000, "ms", "", True)
    row("isolate: memory of the helper, at most", helper, "MiB", "<= 16 MiB", helper <= 16, f"a watchdog {dogs:.1f} MiB")


def measure_block(program, rounds):
    text = plan("block", *(f"address {a}" for a in ADDRESSES), timer=60)
    script = "table inet peer {\n set s {\n type ipv4_addr\n elements = { " + ", ".join(ADDRESSES) + " }\n }\n chain in {\n type filter hook prerouting priority -500; policy accept;\n ip saddr @s drop\n }\n}\n"
    ours, peers = [], []
    for _ in range(rounds):
        ours.append(one_change(program, text))
        peers.append(timed(lambda: subprocess.run([*FIRST, "nft", "-f", "-"], input=script, text=True, check=True)))
        run("nft delete table inet peer")
    prepared, begun, helper, dogs = medians(ours)
    peer = statistics.median(peers)
    row("block 100,000 addresses: judged, kept, in effect, checked", (prepared + begun) * 1000, "ms", "<= 1 s", prepared + begun <= 1, f"nft -f, the same set {peer * 1000:.0f} ms ({(prepared + begun) / peer:.2f} x)")
    row("block: memory of the helper, at most", helper, "MiB", "<= 16 MiB", helper <= 16, f"a watchdog {dogs:.1f} MiB")


def measure_preview(program, lab, rounds):
    server = lab.serve(80)
    # As on a host that serves others: who connects is not among its processes' ancestors.
    client = subprocess.Popen(["ip", "netns", "exec", "responder", "/usr/bin/python3", "-c", CLIENT, str(CONNECTIONS)], stdout=subprocess.PIPE, text=True)
    if client.stdout.readline() != "ready\n":
        sys.exit("not all connections were made")
    text = plan("isolate", timer=60, allow=("10.9.0.7,tcp,80,in",))
    ours, peers, lines = [], [], 0
    for _ in range(rounds):
        with contextlib.closing(Helper(program, prefix=FIRST)) as h:
            must(h.ask("sessions"))  # it has started
            start = time.monotonic()
            lines = len(must(h.ask(f"preview {len(text)}", text))[1])
            ours.append(time.monotonic() - start)
            memory = peak(h.process.pid)
        peers.append(timed(lambda: subprocess.run([*FIRST, "ss", "-tn"], stdout=subprocess.DEVNULL, check=True)))
    mine, peer = statistics.median(ours), statistics.median(peers)
    if lines < CONNECTIONS:
        sys.exit(f"the preview told {lines} connections only")
    row("preview of an isolation, 10,000 connections", mine * 1000, "ms", "<= 0.2 s", mine <= 0.2, f"ss -tn {peer * 1000:.0f} ms ({mine / peer:.2f} x)")
    row("preview: memory of the helper, at most", memory, "MiB", "<= 16 MiB", memory <= 16)
    client.kill()
    server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--alone", action="store_true")
    options = parser.parse_args()
    if options.alone:
        FIRST.extend(["chrt", "-f", "10"])
    reason = None if os.environ.get(contain_lab.MARK) == "1" else contain_lab.why_not()
    if reason:
        contain_lab.skip(reason)
    contain_lab.enter()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    program = options.build.resolve() / "src" / "calm-contain"
    lab = contain_lab.Lab()
    print(f"load {os.getloadavg()[0]:.1f}, medians of {options.rounds}{', with priority' if options.alone else ''}")
    measure_isolation(program, options.rounds)
    measure_block(program, options.rounds)
    measure_preview(program, lab, options.rounds)


if __name__ == "__main__":
    main()
