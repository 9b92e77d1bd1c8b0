#!/usr/bin/env python3
"""How much memory the steps of a collection take on a host with 100,000 processes: a tree of /proc
whose files are links to a few. Usage: collect_large.py PROBE [COUNT]"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import harness

PROBE = sys.argv[1]
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
LIMIT_KIB = 64 * 1024
STEPS = ("time", "socket", "process", "container", "login", "module", "mount")
# A child's peak counts from before its exec, so a small parent has to start it.
STARTER = ("import os, sys; p = os.posix_spawn(sys.argv[1], sys.argv[1:-1], os.environ, file_actions="
           "[(os.POSIX_SPAWN_OPEN, 1, sys.argv[-1], os.O_WRONLY | os.O_CREAT, 0o600)]);"
           "_, status, usage = os.wait4(p, 0); print(status, usage.ru_maxrss, usage.ru_utime + usage.ru_stime)")


def lay_models(root):
    files = {"stat": b"1 (worker of many) S 1 1 1 0 -1 4194304 " + b"0 " * 11 + b"3 0 12345 1000000 25 0\n",
             "status": b"Name:\tworker\nUid:\t33\t33\t33\t33\nGid:\t33\t33\t33\t33\nThreads:\t3\n",
             "cmdline": b"/usr/sbin/worker\0--number\0" + b"x" * 40 + b"\0",
             "environ": b"PATH=/usr/bin\0TOKEN=secret\0",
             "cgroup": b"0::/system.slice/docker-" + b"0123456789abcdef" * 4 + b".scope\n",
             "maps": b"".join(b"%08x-%08x r-xp 00000000 fe:00 77 /usr/lib/library.so.%d\n" %
                              (i << 16, (i << 16) + 4096, i) for i in range(1, 20))}
    os.makedirs(f"{root}/models/fd")
    for name, content in files.items():
        with open(f"{root}/models/{name}", "wb") as f:
            f.write(content)
    return list(files)


def lay(root):
    names = lay_models(root)
    os.makedirs(f"{root}/proc/net")
    with open(f"{root}/proc/net/tcp", "w", encoding="ascii") as f:
        f.write("heading\n")
        for i in range(COUNT):
            f.write(f"   {i}: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000"
                    f"    33        0 {i + 1000} 1 0000\n")
    for i in range(COUNT):
        folder = f"{root}/proc/{i + 1}"
        os.makedirs(f"{folder}/fd")
        for name in names:
            os.link(f"{root}/models/{name}", f"{folder}/{name}")
        os.symlink("/usr/sbin/worker", f"{folder}/exe")
        os.symlink("/", f"{folder}/cwd")
        os.symlink(f"socket:[{i + 1000}]", f"{folder}/fd/3")


def main():
    place = harness.memory_for(1_000_000)
    if not shutil.which("zstd"):
        print("skipped: no zstd")
        return 77
    root = tempfile.mkdtemp(prefix="calm-collect-", dir=place)
    try:
        try:
            lay(root)
        except OSError as error:  # few inodes, or few links to a file
            print(f"skipped: the tree cannot be laid: {error}")
            return 77
        out = subprocess.check_output([sys.executable, "-S", "-c", STARTER, PROBE, root, *STEPS,
                                       f"{root}/bundle"], text=True)
        status, kib, seconds = out.split()
        with open(f"{root}/bundle", "rb") as f:
            tar = subprocess.run(["zstd", "-qdc"], stdin=f, capture_output=True, check=True).stdout
        end = json.loads(tar[tar.rindex(b'{"members"'):].split(b"\0", 1)[0])
        lines = tar.count(b'{"pid":')
    finally:
        subprocess.run(["rm", "-rf", root], check=True)  # a million names, which Python removes more slowly
    print(f"{COUNT} processes: {int(kib) // 1024} MiB, {seconds} s, {end['bytes'] >> 20} MiB told, {lines} lines")
    if int(status) or int(kib) > LIMIT_KIB or tar.count(b'"program":"/usr/sbin/worker"') < COUNT or \
            tar.count(b'"protocol":"TCP"') != COUNT:
        print(f"FAILED: status {status}, {kib} KiB, {tar.count(b'protocol')} sockets")
        return 1
    return 0


sys.exit(main())
