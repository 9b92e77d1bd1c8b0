"""machine.py: a machine of the emulator's own, commands that are carried out on it, and its end."""
import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import time


class Silent(Exception):
    """No answer within the time."""


class Machine:
    """A guest; `folder` takes its sockets, what its console said and what comes out of its ports."""

    def __init__(self, folder, name, kernel, initrd, *, memory=256, below=None, words="", disk=None, packets=None, ports=()):
        self.folder, self.name = folder, name
        self.console = folder / f"{name}.console"
        self.number, self.said = 0, b""
        argv = ["qemu-system-x86_64", "-accel", "tcg", "-machine", "pc" + (f",max-ram-below-4g={below}M" if below else ""), "-cpu", "qemu64,+rdrand", "-smp", "1", "-m", str(memory), "-display", "none",
                "-nodefaults", "-no-user-config", "-no-reboot", "-kernel", str(kernel), "-initrd", str(initrd),
                "-append", f"console=ttyS0 quiet loglevel=4 net.ifnames=0 random.trust_cpu=on panic=-1 {words}", "-serial", f"file:{self.console}",
                "-qmp", f"unix:{self.path('qmp')},server=on,wait=off", "-device", "virtio-serial-pci",
                "-chardev", f"socket,id=commands,path={self.path('port')},server=on,wait=off", "-device", "virtserialport,chardev=commands,nr=1"]
        for nr, port in enumerate(ports, 2):
            argv += ["-chardev", f"file,id={port},path={folder / port}", "-device", f"virtserialport,chardev={port},nr={nr}"]
        if disk:
            argv += ["-drive", f"file={disk},format=raw,if=none,id=disk", "-device", "virtio-blk-pci,drive=disk"]
        if packets:
            argv += ["-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net", "-object", f"filter-dump,id=packets,netdev=net,file={packets}"]
        for way in ("qmp", "port"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(way))
        with open(folder / f"{name}.emulator", "wb") as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            self.port, self.monitor = self.connect("port"), self.connect("qmp").makefile("rwb")
            self.monitor.readline()
            self.ask("qmp_capabilities")
        except BaseException:
            self.cut()
            raise

    def path(self, way):
        """A socket's name is short."""
        return f"/tmp/calm-kernel-{os.getpid()}-{self.name}.{way}"

    def connect(self, way):
        for _ in range(200):
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                s = socket.socket(socket.AF_UNIX)
                s.settimeout(120)
                s.connect(self.path(way))
                return s
            time.sleep(0.05)
        raise Silent((self.folder / f"{self.name}.emulator").read_text())

    def ask(self, what, **arguments):
        """The emulator itself."""
        self.monitor.write(json.dumps({"execute": what, "arguments": arguments}).encode() + b"\n")
        self.monitor.flush()
        while True:
            answer = json.loads(self.monitor.readline())
            if "error" in answer:
                raise OSError(f"{what}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def take(self, enough, until):
        """Bytes from the guest until there are enough."""
        while not (end := enough(self.said)):
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.port], [], [], left)[0]:
                raise Silent(f"{self.name} is silent; its console ends: {self.console.read_text(errors='replace')[-600:]}")
            more = self.port.recv(1 << 16)
            if not more:
                raise Silent(f"{self.name} has ended")
            self.said += more
        taken, self.said = self.said[:end], self.said[end:]
        return taken

    def do(self, command, timeout=60):
        """(status, what it said) of a command there."""
        assert "\n" not in command
        self.number += 1
        until = time.monotonic() + timeout
        self.port.sendall(f"{self.number} {command}\n".encode())
        head = self.take(lambda said: said.find(b"\n") + 1, until)
        number, status, size = map(int, head.split())
        assert number == self.number, head
        return status, self.take(lambda said: size and (len(said) >= size and size), until) if size else b""

    def text(self, command, timeout=60):
        """What a command that must succeed said."""
        status, said = self.do(command, timeout)
        if status:
            raise AssertionError(f"{self.name}: {command} ended with {status}: {said.decode(errors='replace')[-600:]}")
        return said.decode(errors="replace")

    def wait_for(self, command, timeout=60):
        until = time.monotonic() + timeout
        while self.do(command)[0]:
            if time.monotonic() > until:
                raise Silent(f"{self.name}: not within {timeout} s: {command}")
            time.sleep(0.3)

    def start(self, words, said):
        """A program of ours that stays; its one line."""
        self.text(f"{words} > /run/{said} 2>&1 &")
        self.wait_for(f"grep -q . /run/{said}")
        return self.text(f"cat /run/{said}").strip()

    def cut(self):
        """The power fails: nothing on it comes to know."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for way in ("qmp", "port"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(way))

    def __enter__(self):
        return self

    def __exit__(self, *how):
        self.cut()


def ranges_of_memory(iomem):
    """[(first, behind the last)] that /proc/iomem calls System RAM, and by name what lies within."""
    ram, inner = [], {}
    for line in iomem.splitlines():
        found = re.fullmatch(r"( *)([0-9a-f]+)-([0-9a-f]+) : (.*)", line)
        first, behind = int(found[2], 16), int(found[3], 16) + 1
        if found[4] == "System RAM" and not found[1]:
            ram.append((first, behind))
        else:
            inner[found[4]] = (first, behind)
    return ram, inner
