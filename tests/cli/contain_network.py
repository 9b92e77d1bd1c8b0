"""contain_network.py: hosts in networks of their own, each with its own sshd, name, /etc and /var/lib, on a bridge of the responder's; a bystander; and a
relay that cuts a connection when something has happened on the host.

All of it lies in namespaces: nothing of this machine's network, files or control groups is changed."""
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time

SSHD = "/usr/sbin/sshd"
INSIDE = "CALM_TEST_IN_NETWORK"
UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
RESPONDER = "10.9.0.1"


def enter():
    """Starts this program again in namespaces of its own; why that is not possible, where it is not."""
    if os.environ.get(INSIDE):
        return None
    missing = [name for name in ("unshare", "ip", "nsenter", "ssh-keygen", "ssh-agent", SSHD) if not shutil.which(name)]
    if missing:
        return "not installed: " + ", ".join(missing)
    done = subprocess.run([*UNSHARE, "true"], capture_output=True, check=False)
    if os.geteuid() != 0 or done.returncode != 0:
        return "namespaces are not allowed here: " + done.stderr.decode().strip()
    setup = ("mount --make-rprivate / && mount -t tmpfs -o mode=755 tmpfs /run && mkdir -p /run/sshd /run/cron.d && "
             "mount -t tmpfs -o mode=755 tmpfs /var/lib && { [ ! -d /etc/cron.d ] || mount --bind /run/cron.d /etc/cron.d; } && "
             "{ ! mountpoint -q /sys/fs/cgroup || mount -t tmpfs tmpfs /sys/fs/cgroup; } && ip link set lo up && exec \"$@\"")
    os.environ[INSIDE] = "1"
    os.environ["CALM_OWN_NETWORK"] = "1"
    os.execvp("unshare", [*UNSHARE, "sh", "-c", setup, "sh", sys.executable, *sys.argv])


def sh(*words, check=True):
    return subprocess.run(words, capture_output=True, text=True, check=check).stdout


def make_bridge():
    """The responder's end; once for all tests."""
    if "br0" not in sh("ip", "-o", "link"):
        sh("ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
        sh("ip", "addr", "add", RESPONDER + "/24", "dev", "br0")
        sh("ip", "link", "set", "br0", "up")


def join_bridge(pid, address):
    """Gives the network of a process an interface eth0 on the bridge."""
    name = "v" + secrets.token_hex(4)
    sh("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    sh("ip", "link", "set", name, "master", "br0", "up")
    inside = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip"]
    sh(*inside, "addr", "add", address + "/24", "dev", "eth0")
    sh(*inside, "link", "set", "lo", "up")
    sh(*inside, "link", "set", "eth0", "up")


def await_true(what, seconds=20):
    """Seconds until it is so."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began


SERVICE = """import socket, threading
s = socket.create_server(("0.0.0.0", 80), backlog=64)
while True:
    c, _ = s.accept()
    threading.Thread(target=lambda c=c: (c.sendall(b"shop"), c.recv(1), c.close()), daemon=True).start()
"""


class Host:
    """A host on the bridge, with sshd at port 22 and a service at port 80."""

    def __init__(self, folder, name, address, authorized, users=()):
        self.name, self.address = name, address
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.key = self.folder / "host"
        sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key))
        setup = (f"mount --make-rprivate / && mount -t tmpfs tmpfs /var/lib && mount -t tmpfs -o mode=1777 tmpfs /dev/shm && "
                 f"mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/sshd /run/etc && cp -a /etc/. /run/etc && mount --bind /run/etc /etc && "
                 f"{{ ! mountpoint -q /sys/fs/cgroup || mount -t tmpfs tmpfs /sys/fs/cgroup; }} && hostname {name} && exec sleep infinity")
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--uts", "sh", "-c", setup], stdin=subprocess.DEVNULL)
        await_true(lambda: pathlib.Path(f"/proc/{self.holder.pid}/comm").read_text() == "sleep\n")
        etc = self.root() / "etc"
        (etc / "machine-id").write_text(secrets.token_hex(16) + "\n")
        (etc / "cron.d").mkdir(exist_ok=True)
        (etc / "calm-authorized").write_text(authorized)
        for line in users:
            with (etc / "passwd").open("a") as f:
                f.write(line + "\n")
        (etc / "calm-sshd").write_text(f"ListenAddress 0.0.0.0\nHostKey {self.key}\nAuthorizedKeysFile /etc/calm-authorized\nPidFile none\n"
                                       "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n")
        join_bridge(self.holder.pid, address)
        self.processes = [self.start(sys.executable, "-c", SERVICE)]
        self.start_sshd()
        await_true(lambda: self.passes(None, 80))

    def root(self):
        return pathlib.Path(f"/proc/{self.holder.pid}/root")

    def inside(self):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", f"--mount=/proc/{self.holder.pid}/ns/mnt", f"--uts=/proc/{self.holder.pid}/ns/uts"]

    def start(self, *words):
        return subprocess.Popen([*self.inside(), *words], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self, *words, check=True):
        return sh(*self.inside(), *words, check=check)

    def start_sshd(self):
        self.sshd = self.start(SSHD, "-D", "-f", "/etc/calm-sshd", "-E", str(self.folder / "log"))
        await_true(lambda: self.passes(None, 22))

    def sessions(self):
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.sshd.pid)], capture_output=True, text=True, check=False).stdout
        return [int(word) for word in found.split()]

    def stop_sshd(self):
        """And all that came over it, but what made itself free of it."""
        for pid in self.sessions():
            os.kill(pid, 9)
        self.sshd.kill()
        self.sshd.wait()

    def known(self, address=None, port=22):
        name = address or self.address
        return (name if port == 22 else f"[{name}]:{port}") + " " + " ".join(self.key.with_suffix(".pub").read_text().split()[:2]) + "\n"

    def passes(self, bystander, port, seconds=0.5):
        """Does a connection from there get an answer? None: the responder. The bystander asks for the address anew: one that got no answer to
        that a moment ago, because the host was cut off, waits a second before it asks again."""
        if bystander:
            subprocess.run([*bystander.inside(), "ip", "neigh", "flush", "all"], check=True)
        code = (f"import socket\ns = socket.create_connection(('{self.address}', {port}), {seconds})\ns.settimeout({seconds})\n"
                "raise SystemExit(not s.recv(1))")
        return subprocess.run([*(bystander.inside() if bystander else []), sys.executable, "-c", code], capture_output=True, check=False).returncode == 0

    def ledger(self):
        """What calm-contain keeps there: {id: (state, when that was written, in ns)}."""
        found = {}
        for path in (self.root() / "var/lib/calm-contain").glob("*/state"):
            try:
                found[path.parent.name] = (path.read_text().split()[0], path.stat().st_mtime_ns)
            except FileNotFoundError:
                pass  # it was replaced meanwhile
        return found

    def states(self):
        return sorted(state for state, _ in self.ledger().values())

    def rules(self):
        return self.run("nft", "list", "ruleset")

    def machine(self):
        return (self.root() / "etc/machine-id").read_text().strip()

    def stop(self):
        for name in pathlib.Path("/proc").glob("[0-9]*"):  # the watchdogs outlive all else, as they should
            try:
                if os.readlink(name / "ns/net") == os.readlink(f"/proc/{self.holder.pid}/ns/net") and int(name.name) != self.holder.pid:
                    os.kill(int(name.name), 9)
            except (FileNotFoundError, ProcessLookupError):
                pass
        for process in (self.sshd, *self.processes, self.holder):
            process.kill()
            process.wait()


class Bystander:
    """Somebody on the same network who is no responder."""

    def __init__(self, address):
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL)
        await_true(lambda: pathlib.Path(f"/proc/{self.process.pid}/comm").read_text() == "sleep\n")
        join_bridge(self.process.pid, address)

    def inside(self):
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]

    def stop(self):
        self.process.kill()
        self.process.wait()


class Relay:
    """A port of the responder's that leads to a host's sshd. Before it hands on what comes from one side it asks whether to cut the connection for good."""

    def __init__(self, host, from_calm=lambda: False, from_host=lambda: False):
        self.host, self.stops = host, (from_calm, from_host)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.was_cut = False
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                near, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near):
        with near, socket.create_connection((self.host.address, 22)) as far:
            back = threading.Thread(target=self.pass_on, args=(far, near, self.stops[1]), daemon=True)
            back.start()
            self.pass_on(near, far, self.stops[0])
            back.join()

    def pass_on(self, source, sink, is_to_stop):
        try:
            while data := source.recv(65536):
                if not self.was_cut and is_to_stop():
                    self.was_cut = True
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.socket.close()
