"""contain_host.py: calm-contain on a host of its own: namespaces, and folders that take the place of /etc, /home and others.

What a host is like is told by other programs: stat, getfattr, lsattr, sha256sum and ip."""
import hashlib
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ.get("CALM_BUILD", "build"))
CONTAIN = str((BUILD / "src" / "calm-contain").resolve())
INSIDE = "CALM_TEST_IN_NAMESPACES"
UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
# A sanitizer's look for leaks cannot be while strace looks on.
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0", "HOME": "/nonexistent"}
REPLACED = ("/etc", "/home", "/srv", "/var/spool", "/run")


def enter():
    """Starts this program again in namespaces of its own; why that is not possible, where it is not."""
    if os.environ.get(INSIDE):
        return None
    done = subprocess.run([*UNSHARE, "true"], capture_output=True, check=False)
    if os.geteuid() != 0 or done.returncode != 0:
        return "namespaces are not allowed here: " + done.stderr.decode().strip()
    os.environ[INSIDE] = "1"
    os.environ["CALM_OWN_NETWORK"] = "1"
    os.execvp("unshare", [*UNSHARE, sys.executable, *sys.argv])


def sh(*words, check=True, **more):
    return subprocess.run(words, capture_output=True, text=True, env=ENV, check=check, **more).stdout


class Host:
    """Folders of its own in the place of the machine's, for as long as these namespaces last."""

    def __init__(self):
        self.temp = tempfile.mkdtemp(prefix="calm-test-host-")
        machine_id = pathlib.Path("/etc/machine-id").read_bytes()
        sh("mount", "--make-rprivate", "/")
        for path in REPLACED:
            own = self.temp + path
            os.makedirs(own)
            sh("mount", "--bind", own, path)
            sh("mount", "-o", "remount,bind,noatime", path)  # so that looking on changes nothing
        os.makedirs("/etc/cron.d")
        pathlib.Path("/etc/machine-id").write_bytes(machine_id)
        pathlib.Path("/etc/.pwd.lock").write_bytes(b"")
        self.folder = self.temp + "/ledger"

    def close(self):
        for path in REPLACED:
            sh("lsattr", "-R", path, check=False)
            sh("chattr", "-R", "-f", "-i", "-a", path, check=False)
            sh("umount", "-l", path, check=False)
        shutil.rmtree(self.temp, ignore_errors=True)


def listing(*roots):
    """All that these folders are, in lines, without what nobody can set: numbers of inodes and the time of their last change."""
    names = []
    for root in roots:
        names += [root] if os.path.lexists(root) else []
        for at, folders, files in os.walk(root):
            names += [os.path.join(at, name) for name in folders + files]
    names.sort()
    if not names:
        return []
    lines = sh("stat", "-c", "%n|%F|%a|%u|%g|%h|%s|%x|%y", *names).splitlines()
    lines = [line for line, name in zip(lines, names) if True]
    # A folder's size says how many names it once had, and only looking at it changes when it was read last.
    shown = []
    for line in lines:
        words = line.split("|")
        if words[1] == "directory":
            words[6] = words[7] = "-"
        shown.append("|".join(words))
    shown += sh("getfattr", "-h", "-d", "-m", "-", "-e", "hex", "--absolute-names", *names).splitlines()
    plain = [name for name in names if os.path.isfile(name) and not os.path.islink(name)]
    held = [name for name in names if not os.path.islink(name)]
    shown += sh("lsattr", "-d", *held, check=False).splitlines()
    shown += sh("sha256sum", *plain).splitlines() if plain else []
    shown += [f"{name} -> {os.readlink(name)}" for name in names if os.path.islink(name)]
    return shown


class Failed(Exception):
    """What calm-contain answered last, where that is not ok."""


class Helper:
    """calm-contain serve, given orders."""

    def __init__(self, folder, before=()):
        self.process = subprocess.Popen([*before, CONTAIN, "serve", "--folder", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=ENV)

    def send(self, line, payload=b""):
        self.process.stdin.write(line.encode() + b"\n" + payload)
        self.process.stdin.flush()

    def answer(self):
        lines = []
        while True:
            line = self.process.stdout.readline().decode()
            if not line:
                raise EOFError
            if line == "ok\n":
                return lines
            if line.startswith("failed "):
                raise Failed(line[7:].rstrip("\n"))
            if line.startswith("before "):
                lines.append(self.process.stdout.read(int(line.split()[1])))
            else:
                lines.append(line.rstrip("\n"))

    def order(self, line, payload=b""):
        self.send(line, payload)
        return self.answer()

    def preview(self, plan):
        return self.order(f"preview {len(plan.text)}", plan.text)

    def prepare(self, plan):
        return self.order(f"prepare {len(plan.text)} {plan.digest}", plan.text)[0]

    def begin(self, plan):
        before = self.prepare(plan)
        self.order(f"go {plan.id} 0")
        return before

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *how):
        self.close()


def spelled(value):
    return "".join(chr(b) if 0x20 < b < 0x7F and b != 0x25 else f"%{b:02X}" for b in value.encode())


class Plan:
    """A plan's text, as doc/format/containment.md section 1 has it."""

    def __init__(self, action, *lines, timer=0, accept=False):
        self.id = secrets.token_hex(16)
        text = ["plan 1", "id " + self.id, "case " + "0" * 64, "host web", "machine " + "0" * 64, "action " + action, f"timer {timer}",
                "expiry 0"]
        text += ["accept-no-undo"] if accept else []
        text += [f"{name} {spelled(str(value))}" for name, value in lines] + ["end"]
        self.text = ("\n".join(text) + "\n").encode()
        self.digest = hashlib.sha256(self.text).hexdigest()


def boot(folder):
    """Settles, as at the start of the host: (status, what it said)."""
    done = subprocess.run([CONTAIN, "boot", "--folder", folder], capture_output=True, text=True, env=ENV, check=False, timeout=120)
    return done.returncode, done.stderr


def states(folder):
    root = pathlib.Path(folder)
    return {path.parent.name: path.read_text().split()[0] for path in root.glob("*/state")} if root.exists() else {}


def time_is_over(folder):
    """Makes the deadline of what is armed one that is past."""
    for path in pathlib.Path(folder).glob("*/state"):
        words = path.read_text().split()
        if words[0] == "armed":
            path.write_text(f"armed 1 {words[2]}\n")
