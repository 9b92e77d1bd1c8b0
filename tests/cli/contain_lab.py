"""contain_lab.py: a small network of namespaces in which packet filters are tried, seen by nobody outside.

    enter()   runs the calling program again in network, mount and process namespaces of its own, as process 1; says "skipped" and ends
              with 77 where that is not allowed
    Lab()     victim (this very namespace), responder, bystander and attacker on one switch, and remote behind a router

Nothing of the machine's own firewall, /etc, /run, /var/lib or cgroups is touched: what is mounted here is private."""
import contextlib
import ctypes
import hashlib
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
MARK = "CALM_CONTAIN_LAB"
LEDGER = pathlib.Path("/var/lib/calm-contain")
PRIVATE = ("/run", "/var/lib", "/etc/cron.d", "/etc/systemd/system", "/sys/fs/cgroup")


def skip(why):
    print(f"skipped: {why}", file=sys.stderr)
    sys.exit(77)


def why_not():
    if os.geteuid() != 0:
        return "namespaces with a packet filter of their own take root"
    for tool in ("unshare", "ip", "nft", "mount"):
        if not shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin"):
            return f"{tool} is not installed"
    tried = subprocess.run(["unshare", "-n", "-m", "-p", "-f", "--mount-proc", "sh", "-c", "mount -t tmpfs none /var/lib && nft add table inet x && ip link add try0 type veth peer name try1"],
                           capture_output=True, text=True, check=False)
    return f"no namespace of our own here: {tried.stderr.strip()}" if tried.returncode else None


def enter():
    """In the namespaces it mounts and returns; before, it starts the program again in them."""
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    if os.environ.get(MARK) != "1":
        reason = why_not()
        if reason:
            skip(reason)
        os.environ[MARK] = "1"
        os.environ["CALM_OWN_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc", "--propagation", "private", sys.executable, *sys.argv])
    for folder in PRIVATE:
        if os.path.isdir(folder):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", folder], check=True)
    run("ip link set lo up")


def run(line, ns=None, check=True, stdin=None, timeout=60):
    words = (["ip", "netns", "exec", ns] if ns else []) + line.split()
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False, timeout=timeout)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(words)}: {done.stderr}")
    return done.stdout


def ruleset():
    return run("nft list ruleset")


def others():
    """All tables but ours, as nft(8) lists them."""
    tables = [line.split()[1:3] for line in run("nft list tables").splitlines()]
    return "".join(run(f"nft list table {family} {name}") for family, name in tables if name != "calm")


def watchdogs():
    """Process numbers of the watchdogs that are alive in this process namespace."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if (folder / "cmdline").read_bytes().startswith(b"calm-contain-watchdog\0"):
                    found.append(int(folder.name))
    return sorted(found)


def keepers():
    """Process numbers of the keeper: as it is started by calm-contain, and by systemd."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0") if folder.name.isdigit() else []
            if words and (words[0] == b"keep-until-due" or words[:2] == [str(LEDGER / "calm-contain").encode(), b"keep"]):
                found.append(int(folder.name))
    return found


def until(holds, seconds, what):
    """Waits until something holds; how long that took comes back."""
    start = time.monotonic()
    while not holds():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - start


def reap():
    """Process 1 gets the children of those who ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@contextlib.contextmanager
def within(ns):
    """Sockets that are made in here belong to that namespace."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{ns}", os.O_RDONLY) if ns else here
    try:
        if LIBC.setns(there, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {ns}")
        yield
    finally:
        LIBC.setns(here, CLONE_NEWNET)
        os.close(here)
        if ns:
            os.close(there)


# A service that says back what it hears (200,000 bytes for "big"), in a process of its own: what the test itself held would be the responder's.
ECHO = """
import selectors, socket, sys
s = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    t = socket.socket(socket.AF_INET6); t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); t.bind(("::", port)); t.listen(1000)
    u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(("::", port))
    s.register(t, 1, "tcp"); s.register(u, 1, "udp")
print("ready", flush=True)
while True:
    for key, _ in s.select():
        try:
            if key.data == "tcp":
                c = key.fileobj.accept()[0]; c.setblocking(False); s.register(c, 1, "client")
            elif key.data == "udp":
                data, who = key.fileobj.recvfrom(65536); key.fileobj.sendto(data, who)
            else:
                data = key.fileobj.recv(65536)
                if not data: s.unregister(key.fileobj); key.fileobj.close()
                elif data == b"big": key.fileobj.setblocking(True); key.fileobj.sendall(bytes(200000)); key.fileobj.setblocking(False)
                else: key.fileobj.send(data)
        except OSError:
            pass
"""


class Lab:
    HOSTS = {"victim": 1, "responder": 7, "bystander": 8, "attacker": 9, "router": 254}

    def __init__(self):
        run("ip netns add switch")
        run("ip link add name br type bridge", "switch")
        run("ip link set dev br up", "switch")
        for name, number in self.HOSTS.items():
            ns = None if name == "victim" else name
            if ns:
                run(f"ip netns add {ns}")
                run("ip link set lo up", ns)
            run(f"ip link add eth0 {f'netns {ns}' if ns else ''} type veth peer name to-{name} netns switch")
            run(f"ip link set to-{name} master br up", "switch")
            self.quick(ns)
            run(f"ip addr add 10.9.0.{number}/24 dev eth0", ns)
            run(f"ip -6 addr add fd09::{number:x}/64 dev eth0 nodad", ns)
            run("ip link set eth0 up", ns)
        run("ip netns add remote")
        run("ip link set lo up", "remote")
        run("ip link add eth0 netns remote type veth peer name eth1 netns router")
        for ns, device, number in ("remote", "eth0", 7), ("router", "eth1", 254):
            self.quick(ns)
            run(f"ip addr add 10.10.0.{number}/24 dev {device}", ns)
            run(f"ip -6 addr add fd10::{number:x}/64 dev {device} nodad", ns)
            run(f"ip link set {device} up", ns)
        for line in "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1":
            run(f"sysctl -qw {line}", "router")
        until(lambda: "tentative" not in run("ip -6 addr show") + run("ip -6 addr show", "router"), 10, "addresses are ready")
        run("ip route add default via 10.10.0.254", "remote")
        run("ip -6 route add default via fd10::fe", "remote")
        run("ip route add default via 10.9.0.254")
        run(f"ip -6 route add default via {self.link_local('router')} dev eth0")
        self.echo = None

    @staticmethod
    def quick(ns):
        """No waiting for duplicates, and no limit on what ICMP says."""
        for line in ("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.eth0.accept_dad=0", "net.ipv4.icmp_ratelimit=0",
                     "net.ipv6.icmp.ratelimit=0", "net.ipv6.conf.all.router_solicitations=0"):
            run(f"sysctl -qw {line}", ns, check=False)

    @staticmethod
    def link_local(ns):
        return next(word.split("/")[0] for word in run("ip -6 addr show dev eth0 scope link", ns if ns != "victim" else None).split() if word.startswith("fe80"))

    @staticmethod
    def mac(ns):
        words = run("ip link show eth0", ns if ns != "victim" else None).split()
        return bytes.fromhex(words[words.index("link/ether") + 1].replace(":", ""))

    @staticmethod
    def address(name, six=False):
        if name == "remote":
            return "fd10::7" if six else "10.10.0.7"
        number = Lab.HOSTS[name]
        return f"fd09::{number:x}" if six else f"10.9.0.{number}"

    def serve(self, *ports, ns=None):
        prefix = ["ip", "netns", "exec", ns] if ns else []
        process = subprocess.Popen([*prefix, "/usr/bin/python3", "-c", ECHO, *map(str, ports)], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        return process

    def connect(self, who, port, six=False, to="victim", timeout=1.0):
        """A connection of that host's to a port, or None."""
        with within(None if who == "victim" else who):
            s = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
        s.settimeout(timeout)
        try:
            s.connect((self.address(to, six), port))
            return s
        except OSError:
            s.close()
            return None

    def reaches(self, who, port, six=False, to="victim", timeout=1.0):
        s = self.connect(who, port, six, to, timeout)
        answers = s is not None and says_back(s, timeout)
        if s:
            s.close()
        return answers

    def asks(self, who, port, six=False, to="victim", size=8, timeout=0.5):
        """Is a datagram of that size answered?"""
        with within(None if who == "victim" else who):
            s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(timeout)
        with contextlib.closing(s):
            try:
                s.sendto(b"q" * size, (self.address(to, six), port))
                return len(s.recv(65536)) == size
            except OSError:
                return False

    def pings(self, who, six=False, to="victim", timeout=0.5):
        with within(None if who == "victim" else who):
            s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
        s.settimeout(timeout)
        number = os.getpid() & 0xffff
        packet = struct.pack("!BBHHH", 128 if six else 8, 0, 0, number, 1) + b"ping"
        if not six:
            packet = packet[:2] + struct.pack("!H", internet_sum(packet)) + packet[4:]
        with contextlib.closing(s):
            try:
                s.sendto(packet, (self.address(to, six), 0))
                end = time.monotonic() + timeout
                while time.monotonic() < end:
                    got, who_said = s.recvfrom(2048)
                    kind = got[0] if six else got[20]
                    if kind == (129 if six else 0) and who_said[0] == self.address(to, six):
                        return True
            except OSError:
                pass
        return False


def says_back(s, timeout=1.0):
    s.settimeout(timeout)
    try:
        s.send(b"hello")
        return s.recv(5) == b"hello"
    except OSError:
        return False


def internet_sum(data):
    """RFC 1071"""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Helper:
    """calm-contain as it takes orders, without calm."""

    def __init__(self, program, folder=LEDGER, prefix=()):
        self.process = subprocess.Popen([*prefix, str(program), "serve", "--folder", str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, line, body=b""):
        """(last line, lines before it); ("", …) where it ended."""
        lines = []
        try:
            self.process.stdin.write(line.encode() + b"\n" + body)
            self.process.stdin.flush()
        except BrokenPipeError:
            return "", lines
        while True:
            got = self.process.stdout.readline().decode()
            if not got or got.startswith(("ok", "failed ")):
                return got.rstrip("\n"), lines
            lines.append(got.rstrip("\n"))
            if got.startswith("before "):
                self.process.stdout.read(int(got.split()[1]))

    def prepare(self, text):
        return self.ask(f"prepare {len(text)} {hashlib.sha256(text).hexdigest()}", text)

    def begin(self, text):
        """Prepares and begins; raises where either fails."""
        for said, _ in (self.prepare(text), self.ask(f"go {plan_id(text)} 0")):
            if said != "ok":
                raise AssertionError(said)

    def close(self):
        with contextlib.suppress(BrokenPipeError):  # of what one who has ended was not given
            self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()


def plan(action, *params, timer=10, expiry=0, allow=(), machine="0" * 64, number=None, accept=(), cut=()):
    """A plan's bytes, spelled here by doc/format/containment.md section 1."""
    lines = ["plan 1", f"id {number or os.urandom(16).hex()}", "case " + "0" * 64, "host victim", f"machine {machine}", f"action {action}", f"timer {timer}", f"expiry {expiry}",
             *(f"accept-{a}" for a in accept), *(f"allow {a}" for a in allow), *(f"cut {a}" for a in cut), *params, "end"]
    return ("\n".join(lines) + "\n").encode()


def plan_id(text):
    return text.split(b"\n")[1].split()[1].decode()
