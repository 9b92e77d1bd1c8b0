#!/usr/bin/env python3
"""Compares a snapshot of this host with what the host's own tools print, and snapshots of laid
trees with what jc makes of the same files. Usage: snapshot_vs_tools.py PROBE [DATA]

Each comparison is skipped aloud when its tool or its data is absent. What changes by itself
between two moments (processes, sockets, neighbours) is asked of the tool before and after, and
only what was there both times must be in the snapshot."""
import collections
import hashlib
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile

from compared import check, failures, finish, skip

PROBE = sys.argv[1]
DATA = sys.argv[2] if len(sys.argv) > 2 else ""


def tool(*command):
    if not shutil.which(command[0]):
        return None
    done = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape",
                          env={**os.environ, "LC_ALL": "C"}, check=False)
    return done.stdout if done.returncode == 0 else None


class Snapshot:
    def __init__(self, what, root=None):
        done = subprocess.run([PROBE, what] + ([root] if root else []), capture_output=True,
                              check=True)
        self.bytes = done.stdout
        self.lines = [json.loads(line) for line in self.bytes.decode("utf-8").splitlines()]
        self.sections = collections.defaultdict(list)
        for line in self.lines:
            self.sections[line["section"]].append(line)

    def by_key(self, section):
        return {line["key"]: line for line in self.sections[section]}

    def coverage(self, section):
        return self.by_key("coverage")[section]


def difference(ours, theirs):
    return [f"only in the snapshot: {x}" for x in sorted(ours - theirs, key=str)] + \
           [f"not in the snapshot: {x}" for x in sorted(theirs - ours, key=str)]


def check_document(s):
    problems = []
    head = s.bytes[:s.bytes.rstrip(b"\n").rfind(b"\n") + 1]
    end = s.lines[-1]
    if end["section"] != "end" or end["lines"] != len(s.lines) - 1:
        problems.append("the last line does not count the lines")
    if hashlib.sha256(head).hexdigest() != end["sha256"]:
        problems.append("the last line's digest does not fit")
    order = list(dict.fromkeys(line["section"] for line in s.lines))
    wanted = [line["key"] for line in s.sections["coverage"]]
    if [x for x in order if x in wanted] != [x for x in wanted if x in order]:
        problems.append("sections are out of order")
    for name, lines in s.sections.items():
        keys = [re.sub(r" #\d+$", "", line["key"]).encode() for line in lines]
        if name != "coverage" and keys != sorted(keys):
            problems.append(f"{name} is not sorted")
        if len({line["key"] for line in lines}) != len(lines):
            problems.append(f"{name} repeats a key")
        if name in wanted and s.coverage(name)["count"] != len(lines):
            problems.append(f"{name} has another count than its coverage says")
    check("order, counts and digest of the document", problems, f"{len(s.lines)} lines")


def ps_rows():
    out = tool("ps", "-eo", "pid=,ppid=,uid=,gid=")
    return None if out is None else {tuple(map(int, line.split())) for line in out.splitlines()}


def check_described(s):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../../doc/format/snapshot.md")
    described = collections.defaultdict(set)
    name = ""
    with open(path, encoding="utf-8") as f:
        for line in f.read().split("## 4.")[1].splitlines():
            cells = line.split("|")
            if len(cells) < 4:
                continue
            first = re.search(r"`([^`]+)`", cells[1])
            name = first.group(1) if first else name
            described[name] |= set(re.findall(r"`([a-z0-9_]+)`", "|".join(cells[3:])))
    described["privileged"] |= described["config"]
    problems = set()
    for line in s.lines:
        if line["section"] in ("snapshot", "coverage", "end"):
            continue
        for member in list(line)[2:]:
            if re.sub("_hex$", "", member) not in described[line["section"]]:
                problems.add(f"{line['section']} has {member}")
    missing = [x["key"] for x in s.sections["coverage"] if x["key"] not in described]
    check("all sections and members stand in doc/format/snapshot.md",
          sorted(problems) + missing, f"{len(described)} sections")


def check_processes():
    before = ps_rows()
    s = Snapshot("quick")
    after = ps_rows()
    if before is None:
        return skip("processes", "no ps")
    ours = {(p["pid"], p["parent"], p["uid"], p["gid"]) for p in s.sections["process"]}
    stable = before & after
    problems = [f"not in the snapshot: {x}" for x in sorted(stable - ours)]
    # In between only what began and ended there may be in the snapshot alone, and each pid once.
    if len({x[0] for x in ours}) != len(ours):
        problems.append("a pid is there twice")
    starts = tool("ps", "-eo", "pid=,etimes=")
    now = subprocess.check_output(["date", "+%s"], text=True)
    elapsed = {int(a): int(now) - int(b) for a, b in (x.split() for x in starts.splitlines())}
    for p in s.sections["process"]:
        if p["pid"] in elapsed and (p["pid"], p["parent"], p["uid"], p["gid"]) in stable:
            begun = int(subprocess.check_output(
                ["date", "-u", "-d", p["start"], "+%s"], text=True)) if "start" in p else 0
            if abs(begun - elapsed[p["pid"]]) > 3:
                problems.append(f"pid {p['pid']} began {p['start']}, ps says {elapsed[p['pid']]}")
    for p in s.sections["process"]:
        try:
            with open(f"/proc/{p['pid']}/cmdline", "rb") as f:
                args = f.read(4096)
            link = os.readlink(f"/proc/{p['pid']}/exe")
        except OSError:
            continue
        if p["kind"] == "user" and (p["pid"], p["parent"], p["uid"], p["gid"]) in stable:
            want = args.decode("utf-8", "replace").split("\0")
            if want and want[-1] == "":
                want.pop()
            if p["args"] != want:
                problems.append(f"pid {p['pid']} has arguments {p['args']}, not {want}")
            if p["program"] + (" (deleted)" if p["deleted"] else "") != link:
                problems.append(f"pid {p['pid']} runs {p['program']}, not {link}")
    check("processes against ps", problems, f"{len(stable)} processes")


def ss_rows():
    out = tool("ss", "-H", "-tulnp")
    if out is None:
        return None
    rows = set()
    for line in out.splitlines():
        field = line.split(None, 6)
        protocol = field[0].upper()
        address, port = field[4].rsplit(":", 1)
        address = re.sub(r"%[^]]*", "", address)
        if address == "*":
            address = "[::]"
        pids = tuple(sorted({int(x) for x in re.findall(r"pid=(\d+)", line)}))
        rows.add((f"{protocol} {address}:{port}", pids))
    return rows


def check_deleted():
    """A deleted program, one whose name only says so, and one that never was a file."""
    sleep = shutil.which("sleep")
    with tempfile.TemporaryDirectory() as folder:
        named, gone = os.path.join(folder, "named (deleted)"), os.path.join(folder, "gone")
        for path in (named, gone):
            shutil.copy(sleep, path)
        fd = os.memfd_create("snapshot-test")
        with open(sleep, "rb") as f:
            os.write(fd, f.read())
        running = [subprocess.Popen([named, "60"]), subprocess.Popen([gone, "60"]),
                   subprocess.Popen([f"/proc/self/fd/{fd}", "60"], pass_fds=[fd])]
        try:
            os.unlink(gone)
            by_pid = {x["pid"]: x for x in Snapshot("quick").sections["process"]}
        finally:
            for process in running:
                process.kill()
                process.wait()
            os.close(fd)
    problems = []
    for process, program, deleted in zip(running, (named, gone, "/memfd:snapshot-test"),
                                         (False, True, True)):
        x = by_pid.get(process.pid, {})
        if (x.get("program"), x.get("deleted")) != (program, deleted):
            problems.append(f"{program}: {x.get('program')}, deleted {x.get('deleted')}")
    check("programs that are deleted, seem so, or never were files", problems, "3 programs")


def check_hidden():
    """What /proc hides from a user is said."""
    script = ("mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 65534 --regid 65534 "
              '--clear-groups "$0" quick')
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return skip("hidepid", "only root may mount, with setpriv")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        probe = shutil.copy(PROBE, folder)
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, probe], capture_output=True,
                              check=False)
    if done.returncode:
        return skip("hidepid", done.stderr.decode(errors="replace").strip())
    line = next(x for x in map(json.loads, done.stdout.decode().splitlines())
                if x["section"] == "coverage" and x["key"] == "process")
    check("hidden processes are said to be", [] if line["seen"] == "part" and
          any("hidepid" in x for x in line["missing"]) else [str(line)], line["count"])
    return None


def open_sockets(folder):
    """Sockets of all kinds, so that there is something to compare on a quiet host too."""
    made = []
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET, "127.0.0.1"),
                            (socket.AF_INET6, "::1")):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            s = socket.socket(family, kind)
            s.bind((address, 0))
            if kind == socket.SOCK_STREAM:
                s.listen()
            made.append(s)
    for kind, name in ((socket.SOCK_STREAM, "a stream"), (socket.SOCK_SEQPACKET, "p"),
                       (socket.SOCK_DGRAM, "d")):
        s = socket.socket(socket.AF_UNIX, kind)
        s.bind(os.path.join(folder, name))
        if kind != socket.SOCK_DGRAM:
            s.listen()
        made.append(s)
    hidden = socket.socket(socket.AF_UNIX)
    hidden.bind(b"\0snapshot test " + str(os.getpid()).encode())
    hidden.listen()
    client = socket.create_connection(made[2].getsockname())
    accepted, _ = made[2].accept()
    return made + [hidden, client, accepted]


def check_connection(s, sockets):
    client, accepted = sockets[-2:]
    port, remote = client.getsockname()[1], client.getpeername()[1]
    out = [x for x in s.sections["connection"] if x["direction"] == "out" and
           (x["local_port"], x["remote_port"]) == (port, remote)]
    back = [x for x in s.sections["connection"] if x["direction"] == "in" and
            (x["local_port"], x["remote_port"]) == (remote, port)]
    problems = []
    if len(out) != 1 or len(back) != 1:
        problems.append(f"{len(out)} ways out and {len(back)} ways in")
    for x in out + back:
        if x["pids"] != [os.getpid()] or x["state"] != "established" or \
                x["program"] != os.path.realpath(sys.executable):
            problems.append(str(x))
    del accepted
    check("both ends of a connection", problems, out[0]["key"] if out else "")


def check_listeners():
    with tempfile.TemporaryDirectory() as folder:
        sockets = open_sockets(folder)
        compare_listeners(sockets)
        for s in sockets:
            s.close()


def compare_listeners(sockets):
    before = ss_rows()
    s = Snapshot("quick")
    check_connection(s, sockets)
    after = ss_rows()
    if before is None:
        return skip("listeners", "no ss")
    ours = {(re.sub(r" #\d+$", "", x["key"]), tuple(sorted(x["pids"])))
            for x in s.sections["listener"] if x["protocol"] in ("TCP", "UDP")}
    problems = [f"not in the snapshot: {x}" for x in (before & after) - ours]
    problems += [f"only in the snapshot: {x}" for x in ours - (before | after)]
    check("listeners against ss", problems, f"{len(ours)} listeners")
    out = tool("ss", "-H", "-xl")
    paths = {re.sub(r"^(\S+\s+){4}(.*) \d+\s+\* 0\s*$", r"\2", x) for x in out.splitlines()}
    paths = {x for x in paths if x != "*"}
    ours = {x["address"] for x in s.sections["listener"] if x["protocol"] == "UNIX"}
    check("UNIX listeners against ss", difference(ours, paths), f"{len(ours)} paths")


def ip_json(*what):
    out = tool("ip", "-j", *what)
    return None if out is None else json.loads(out or "[]")


def check_network(s):
    links = ip_json("-d", "link")
    if links is None:
        return skip("addresses, links, routes, neighbours", "no ip")
    ours = {(x["key"], x["index"], x["mtu"], x["up"], x.get("mac", ""), x["promiscuous"])
            for x in s.sections["link"]}
    theirs = {(x["ifname"], x["ifindex"], x["mtu"], "UP" in x["flags"], x.get("address", ""),
               x.get("promiscuity", 0) > 0) for x in links}
    check("links against ip", difference(ours, theirs), f"{len(ours)} links")
    ours = {x["key"] for x in s.sections["address"]}
    theirs = {f"{x['ifname']} {a['local']}/{a['prefixlen']}"
              for x in ip_json("addr") for a in x["addr_info"]}
    check("addresses against ip", difference(ours, theirs), f"{len(ours)} addresses")
    ours = {(x["destination"], x.get("gateway"), x.get("interface"), x["metric"], x["type"])
            for x in s.sections["route"] if x["table"] == 254}
    theirs = set()
    for family, everything in (("-4", "0.0.0.0"), ("-6", "::")):
        for x in ip_json(family, "route", "show", "table", "main"):
            destination = x["dst"] if x["dst"] != "default" else f"{everything}/0"
            if "/" not in destination:
                destination += "/32" if family == "-4" else "/128"
            hops = x.get("nexthops", [x])
            kind = x.get("type", "unicast")
            theirs |= {(destination, h.get("gateway") or h.get("via", {}).get("host"),
                        h.get("dev"), x.get("metric", 0), kind) for h in hops}
    check("routes against ip", difference(ours, theirs), f"{len(ours)} routes")
    ours = {(x["interface"], x["address"], x.get("mac")) for x in s.sections["neighbour"]}
    theirs = {(x["dev"], x["dst"], x.get("lladdr")) for x in ip_json("neigh")}
    check("neighbours against ip", difference(ours, theirs), f"{len(ours)} neighbours")


NETWORK = """link set lo up
link add br0 type bridge
link add v0 type veth peer name v1
link add v2 type veth peer name v3
link set v2 master br0 up
link set v3 up
link set br0 up
link set v0 up
link set v1 up
link set v1 promisc on
addr add 10.1.0.1/24 dev br0
addr add 10.2.0.1 peer 10.2.0.2/32 dev br0
addr add 10.9.0.1/24 dev v0
addr add 2001:db8::5/64 dev v0 nodad
route add blackhole 192.0.2.0/25
route add unreachable 192.0.2.128/25 metric 7
route add 10.50.0.0/16 nexthop via 10.1.0.7 dev br0 nexthop via 10.9.0.7 dev v0
route add 10.60.0.0/16 via inet6 fe80::1 dev v0
route add default via 10.9.0.254 table 100
-6 route add 2001:db8:1::/48 via 2001:db8::9
neigh add 10.1.0.9 lladdr 02:00:00:00:00:09 dev br0
neigh add 2001:db8::9 lladdr 02:00:00:00:00:0a dev v0 nud stale"""


def check_other_network():
    """The same in a network namespace with links and routes of more kinds, whose /sys still is
    that of the first one."""
    if os.geteuid() != 0 or tool("unshare", "-n", "ip", "link", "add", "type", "veth") is None:
        return skip("a network of more kinds", "only root may make a network namespace, with ip")
    done = subprocess.run(["unshare", "-n", sys.executable, __file__, PROBE, "--network"],
                          capture_output=True, text=True, check=False)
    check("a network of more kinds", [x for x in done.stdout.splitlines()
                                      if not x.startswith("ok: ")] + done.stderr.splitlines(),
          f"{done.stdout.count('ok: ')} comparisons")
    return None


def in_other_network():
    for line in NETWORK.splitlines():
        subprocess.run(["ip", *line.split()], check=True)
    s = Snapshot("quick")
    check_network(s)
    tables = [x["table"] for x in s.sections["route"] if x["destination"] == "0.0.0.0/0"]
    check("routes of other tables", [] if tables == [100] else [str(tables)], "1 route")
    return 1 if failures else 0


def check_mounts(s):
    out = tool("findmnt", "-J", "-l", "-o", "TARGET,FSTYPE,VFS-OPTIONS,FS-OPTIONS,MAJ:MIN")
    if out is None:
        return skip("mounts", "no findmnt")
    theirs = collections.Counter((x["target"], x["fstype"], x["vfs-options"], x["fs-options"])
                                 for x in json.loads(out)["filesystems"])
    ours = collections.Counter((x["point"], x["type"], x["options"], x["super_options"])
                               for x in s.sections["mount"])
    check("mounts against findmnt", difference(set(ours.items()), set(theirs.items())),
          f"{sum(ours.values())} mounts")
    out = tool("df", "-B1", "--output=target,size,itotal")
    sizes = {}
    for line in (out or "").splitlines()[1:]:
        target, size, inodes = line.rsplit(None, 2)
        sizes[target] = (int(size), int(inodes) if inodes != "-" else 0)
    problems = [f"{x['point']}: {x['size'], x['inodes']}, df says {sizes[x['point']]}"
                for x in s.sections["filesystem"]
                if x["point"] in sizes and sizes[x["point"]] != (x["size"], x["inodes"])]
    if "/" not in {x["point"] for x in s.sections["filesystem"]}:
        problems.append("/ is missing")
    check("file systems against df", problems, f"{len(s.sections['filesystem'])} file systems")


def check_packages(s):
    out = tool("dpkg-query", "-W", "-f", "${Package}\t${Architecture}\t${Version}\t${Status}\n")
    if out is None:
        return skip("packages", "no dpkg-query")
    theirs = {tuple(line.split("\t")) for line in out.splitlines()
              if not line.endswith("not-installed")}
    ours = {(x["name"], x["architecture"], x.get("version", ""), x["status"])
            for x in s.sections["package"]}
    check("packages against dpkg-query", difference(ours, theirs), f"{len(ours)} packages")
    problems = []
    owned = [x for x in s.sections["process"] if x.get("package")][:20]
    for path in {x["program"] for x in owned}:
        found = tool("dpkg", "-S", path) or tool("dpkg", "-S", path.replace("/usr", "", 1)) or ""
        package = next(x["package"] for x in owned if x["program"] == path)
        if package not in re.split(r"[:,]\s*", found):
            problems.append(f"{path} is of {package}, dpkg says {found!r}")
    check("owners of programs against dpkg -S", problems, f"{len(owned)} programs")
    return None


def check_accounts(s):
    out = tool("getent", "-s", "files", "passwd")
    if out is None:
        return skip("accounts", "no getent")
    theirs = {tuple(x.split(":")[i] for i in (0, 2, 3, 5, 6)) for x in out.splitlines()}
    ours = {(x["key"], str(x["uid"]), str(x["gid"]), x["home"], x["shell"])
            for x in s.sections["account"]}
    check("accounts against getent", difference(ours, theirs), f"{len(ours)} accounts")
    theirs = {(x.split(":")[0], x.split(":")[2], x.split(":")[3])
              for x in tool("getent", "-s", "files", "group").splitlines()}
    ours = {(x["key"], str(x["gid"]), ",".join(x["members"])) for x in s.sections["group"]}
    check("groups against getent", difference(ours, theirs), f"{len(ours)} groups")
    out = tool("passwd", "-S", "-a")
    if out is None:
        return skip("states of passwords", "no passwd -S -a")
    meaning = {"P": "set", "L": "locked", "NP": "empty"}
    theirs = {(x.split()[0], meaning[x.split()[1]]) for x in out.splitlines()}
    ours = {(x["key"], x["password"]) for x in s.sections["account"]}
    check("states of passwords against passwd", difference(ours, theirs), f"{len(ours)} accounts")
    return None


def check_config(s):
    problems = []
    ours = s.by_key("config")
    theirs = set()
    for folder, folders, files in os.walk("/etc"):
        for name in folders + files:
            path = os.path.join(folder, name)
            theirs.add(path)
            line = ours.get(path)
            st = os.lstat(path)
            if not line:
                continue
            want = {"mode": f"{stat.S_IMODE(st.st_mode):04o}", "uid": st.st_uid, "gid": st.st_gid}
            if stat.S_ISREG(st.st_mode):
                want["size"] = st.st_size
                if os.access(path, os.R_OK):
                    with open(path, "rb") as f:
                        want["sha256"] = hashlib.sha256(f.read()).hexdigest()
            if stat.S_ISLNK(st.st_mode):
                want["target"] = os.readlink(path)
            problems += [f"{path}: {k} is {line.get(k)}, not {v}" for k, v in want.items()
                         if line.get(k) != v]
            nanoseconds = line["modified"][20:29]
            if int(nanoseconds) != st.st_mtime_ns % 1000000000:
                problems.append(f"{path}: modified {line['modified']}, not {st.st_mtime_ns}")
    check("files under /etc against lstat", problems + difference(set(ours), theirs),
          f"{len(theirs)} files")


def check_privileged(s):
    roots = [x for x in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libexec", "/usr/bin",
                         "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec",
                         "/usr/local") if os.path.isdir(x) and not os.path.islink(x)]
    out = tool("find", *roots, "-type", "f", "-perm", "/6000")
    if out is None:
        return skip("setuid files", "no find")
    ours = {x["key"] for x in s.sections["privileged"] if {"setuid", "setgid"} & set(x["why"])}
    check("setuid and setgid files against find", difference(ours, set(out.splitlines())),
          f"{len(ours)} files")
    out = tool("getcap", "-r", *roots)
    if out is None:
        return skip("file capabilities", "no getcap")
    ours = {x["key"] for x in s.sections["privileged"] if "capabilities" in x["why"]}
    check("file capabilities against getcap",
          difference(ours, {x.rsplit(" ", 1)[0] for x in out.splitlines()}), f"{len(ours)} files")
    return None


def check_disks(s):
    out = tool("lsblk", "-J", "-b", "-l", "-o", "NAME,SIZE,RO")
    if out is None:
        return skip("disks", "no lsblk")
    theirs = {(x["name"], int(x["size"]), x["ro"]) for x in json.loads(out)["blockdevices"]
              if int(x["size"])}
    ours = {(x["key"], x["size"], x["read_only"]) for x in s.sections["disk"]}
    check("disks against lsblk", difference(ours, theirs), f"{len(ours)} disks")
    return None


def check_modules(s):
    out = tool("lsmod")
    if out is None or not os.path.exists("/proc/modules"):
        return skip("modules", "no lsmod, or a kernel without modules")
    theirs = {(x.split()[0], int(x.split()[1])) for x in out.splitlines()[1:]}
    check("modules against lsmod",
          difference({(x["key"], x["size"]) for x in s.sections["module"]}, theirs),
          f"{len(theirs)} modules")
    return None


def check_footprint():
    if not shutil.which("strace"):
        return skip("system calls", "no strace")
    with tempfile.NamedTemporaryFile("r") as log:
        subprocess.run(["strace", "-f", "-o", log.name, PROBE, "take"], check=True,
                       stdout=subprocess.DEVNULL)
        calls = log.read().splitlines()
    problems = [x for x in calls if re.search(r" (fork|vfork|clone3?)\(", x)]
    problems += [x for x in calls if " execve(" in x][1:]
    problems += [x for x in calls if re.search(r" open(at2?)?\(", x) and
                 re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", x)]
    problems += [x for x in calls if " socket(" in x and "AF_NETLINK" not in x]
    problems += [x for x in calls if re.search(r" (connect|unlink|rename|chmod|utime|mkdir)", x)]
    writes = {x.split("(")[1].split(",")[0] for x in calls if re.search(r" p?writev?\(", x)}
    problems += [f"writes to descriptor {x}" for x in writes - {"1"}]
    check("no program started, nothing written (strace)", problems, f"{len(calls)} system calls")
    return None


def check_access_times():
    def times():
        return {os.path.join(folder, name): os.lstat(os.path.join(folder, name)).st_atime_ns
                for folder, folders, files in os.walk("/etc") for name in folders + files}
    if os.geteuid() != 0:
        return skip("access times", "only root may read files of others without changing them")
    times()  # os.walk itself reads the folders
    before = times()
    Snapshot("take")
    after = times()
    files = {x for x in before if os.path.isfile(x)}
    check("access times under /etc stay", [x for x in files if before[x] != after.get(x)],
          f"{len(files)} files")
    return None


def check_memory():
    # A child's peak counts from before its exec, so a small parent has to start it.
    program = ("import os, sys; p = os.posix_spawn(sys.argv[1], [sys.argv[1], 'take'], os.environ,"
               "file_actions=[(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)]);"
               "_, status, usage = os.wait4(p, 0); print(status, usage.ru_maxrss)")
    out = subprocess.check_output([sys.executable, "-S", "-c", program, PROBE], text=True)
    status, kib = map(int, out.split())
    problems = [] if status == 0 else [f"it ended with status {status}"]
    if kib > 64 * 1024:
        problems.append(f"{kib} KiB")
    check("memory within 64 MiB", problems, f"{kib // 1024} MiB")


def check_same_host():
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name in ("a", "b"):
            paths.append(os.path.join(folder, name))
            with open(paths[-1], "wb") as f:
                f.write(Snapshot("take").bytes)
        out = subprocess.run([PROBE, "diff", *paths], capture_output=True, text=True, check=True)
        changes = [json.loads(x) for x in out.stdout.splitlines()]
        quiet = ("system", "account", "group", "config", "privileged", "package", "unit", "timer",
                 "cron", "mount", "filesystem", "disk", "link", "address", "route", "resolver")
        check("a host at rest has no difference in what does not move",
              [x["words"] for x in changes if x["section"] in quiet], f"{len(changes)} others")


# ---- what jc makes of the same files -----------------------------------------------------------

def sample(path):
    path = os.path.join(DATA, "jc", path)
    if not DATA or not os.path.exists(path):
        skip(f"jc {path}", "../shared/data is absent")
        return None, None
    with open(path, encoding="utf-8") as f, \
            open(os.path.splitext(path)[0] + ".json", encoding="utf-8") as g:
        return f.read(), json.load(g)


def laid(files):
    folder = tempfile.TemporaryDirectory()
    for path, text in files.items():
        whole = os.path.join(folder.name, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as f:
            f.write(text)
    s = Snapshot("take", folder.name)
    folder.cleanup()
    return s


def check_jc_accounts():
    passwd, accounts = sample("centos-7.7/passwd.out")
    shadow, secrets = sample("centos-7.7/shadow.out")
    group, groups = sample("centos-7.7/group.out")
    if passwd is None or shadow is None or group is None:
        return
    s = laid({"etc/passwd": passwd, "etc/shadow": shadow, "etc/group": group})
    ours = {(x["key"], x["uid"], x["gid"], x["comment"], x["home"], x["shell"])
            for x in s.sections["account"]}
    theirs = {(x["username"], x["uid"], x["gid"], x["comment"], x["home"], x["shell"])
              for x in accounts}
    check("passwd against jc", difference(ours, theirs), f"{len(ours)} accounts")
    ours = {(x["key"], x["gid"], tuple(x["members"])) for x in s.sections["group"]}
    theirs = {(x["group_name"], x["gid"], tuple(x["members"])) for x in groups}
    check("group against jc", difference(ours, theirs), f"{len(ours)} groups")
    problems = []
    for secret in secrets:
        line = s.by_key("account").get(secret["username"])
        text = secret["password"]
        want = "empty" if not text else "locked" if text[0] in "!*" else "set"
        if line and (line["password"] != want or line.get("changed_day") != secret["last_changed"]):
            problems.append(f"{secret['username']}: {line['password']}, not {want}")
        if text and len(text) > 3 and text.encode() in s.bytes:
            problems.append(f"the hash of {secret['username']} is in the document")
    check("shadow against jc", problems, f"{len(secrets)} accounts")


def check_jc_cron():
    fields = ("minute", "hour", "day_of_month", "month", "day_of_week")
    for path, place in (("centos-7.7/crontab.out", "var/spool/cron/ann"),
                        ("centos-7.7/crontab-u.out", "etc/crontab"),
                        ("debian10/crontab-u.out", "etc/crontab"),
                        ("generic/crontab-u-var-fix.out", "etc/crontab"),
                        ("generic/crontab-no-normal-entries.out", "var/spool/cron/ann")):
        text, expected = sample(path)
        if text is None:
            continue
        s = laid({place: text})
        own = place != "etc/crontab"
        theirs = collections.Counter()
        for x in expected["schedule"]:
            when = "@" + x["occurrence"] if "occurrence" in x else \
                " ".join(",".join(x[f]) for f in fields)
            theirs[(when, "ann" if own else x["user"], " ".join(x["command"].split()))] += 1
        ours = collections.Counter(
            (" ".join(x["schedule"].split()), x["user"], " ".join(x["command"].split()))
            for x in s.sections["cron"] if x["kind"] == "entry")
        problems = difference(set(ours.items()), set(theirs.items()))
        names = {x["command"].split("=")[0].strip() for x in s.sections["cron"]
                 if x["kind"] == "variable"}
        problems += difference(names, {x["name"] for x in expected["variables"]})
        check(f"{path} against jc", problems, f"{sum(ours.values())} entries")


def check_jc_mounts():
    for path in ("centos-7.7/mount.out", "generic/mount-spaces-in-filename.out"):
        text, expected = sample(path)
        if text is None:
            continue
        lines = []
        for i, x in enumerate(expected):
            escaped = [x[k].replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011")
                       for k in ("mount_point", "type", "filesystem")]
            lines.append(f"{i + 20} 1 0:{i} / {escaped[0]} rw shared:{i} - {escaped[1]} "
                         f"{escaped[2]} {','.join(x['options'])}\n")
        s = laid({"proc/self/mountinfo": "".join(lines)})
        ours = collections.Counter((x["point"], x["type"], x["source"], x["super_options"])
                                   for x in s.sections["mount"])
        theirs = collections.Counter((x["mount_point"], x["type"], x["filesystem"],
                                      ",".join(x["options"])) for x in expected)
        check(f"{path} against jc", difference(set(ours.items()), set(theirs.items())),
              f"{sum(ours.values())} mounts")


def check_jc_load():
    text, expected = sample("linux-proc/stat")
    if text is None:
        return
    s = laid({"proc/stat": text})
    begun = s.by_key("time")["boot"].get("booted", "")
    seconds = subprocess.check_output(["date", "-u", "-d", begun, "+%s"], text=True).strip()
    check("time of the boot against jc",
          [] if int(seconds) == expected["boot_time"] else [f"{begun}, not {expected['boot_time']}"],
          begun)


def main():
    s = Snapshot("take")
    check_document(s)
    check_described(s)
    check_processes()
    check_deleted()
    check_hidden()
    check_listeners()
    check_network(Snapshot("quick"))
    check_other_network()
    check_mounts(s)
    check_packages(s)
    check_accounts(s)
    check_config(s)
    check_privileged(s)
    check_disks(s)
    check_modules(s)
    check_access_times()
    check_footprint()
    check_memory()
    check_same_host()
    check_jc_accounts()
    check_jc_cron()
    check_jc_mounts()
    check_jc_load()
    return finish()


sys.exit(in_other_network() if DATA == "--network" else main())
