"""devices.py: plans for tests of other people's devices, and what calm writes for them."""
import dataclasses
import ipaddress
import os
import pathlib
import shutil
import subprocess
import tempfile

PROBE = str((pathlib.Path(os.environ.get("CALM_BUILD", "build")) / "tests" / "cli" / "device_probe").resolve())
ID = "00112233445566778899aabbccddeeff"
TAG = "00112233"


def spell(text):
    """A value as a plan has it (doc/format/containment.md section 1)."""
    data = text.encode() if isinstance(text, str) else text
    return "".join(chr(b) if 0x20 < b < 0x7f and b != 0x25 else f"%{b:02X}" for b in data)


def nets(addresses):
    """Sorted as a plan has them, IPv4 first."""
    found = sorted((ipaddress.ip_network(a) for a in addresses), key=lambda n: (n.version, n.network_address.packed))
    return [str(n.network_address) if n.prefixlen == n.max_prefixlen else str(n) for n in found]


def plan(action, *, allow=(), addresses=(), values=(), timer=300, expiry=0, host="web1", id_=ID):
    """The text of a plan."""
    lines = ["plan 1", f"id {id_}", "case " + "0" * 64, f"host {spell(host)}", "machine " + "0" * 64, f"action {action}", f"timer {timer}",
             f"expiry {expiry}", *(f"allow {a}" for a in allow), *(f"address {n}" for n in nets(addresses)),
             *(f"{name} {spell(str(value))}" for name, value in values), "end"]
    return "".join(line + "\n" for line in lines)


@dataclasses.dataclass
class Script:
    status: int
    said: str
    apply: str = ""
    check: str = ""
    confirm: str = ""
    undo: str = ""
    lacks: str = ""


def write(device, text, *place):
    """What calm writes for the device, or the status and the sentence with which it refuses."""
    with tempfile.TemporaryDirectory(prefix="calm-device-") as folder:
        done = subprocess.run([PROBE, device, folder, *place], input=text.encode(), capture_output=True, timeout=120, check=False)
        parts = {} if done.returncode else {p.name: p.read_bytes().decode() for p in pathlib.Path(folder).iterdir()}
        return Script(done.returncode, done.stderr.decode(errors="replace"), **parts)


def in_namespace(text, *, timeout=120):
    """Runs a shell script in a network namespace of its own, with /run private; (status, output). What it leaves running ends with it."""
    head = "mount -t tmpfs none /run && ip link set lo up\n"
    done = subprocess.run(["unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c", head + text], capture_output=True, timeout=timeout, check=False)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def missing(*programs):
    """Why a test in a namespace cannot run here, or nothing."""
    for name in programs:
        if not shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin"):
            return f"{name} is not installed"
    done = subprocess.run(["unshare", "-n", "-m", "-p", "-f", "true"], capture_output=True, check=False)
    return "" if done.returncode == 0 else "no namespaces may be made here"
