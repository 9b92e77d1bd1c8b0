"""parts.py: what guests are made of: Debian's packages, unpacked and never installed here."""
import os
import pathlib
import re
import shutil
import stat
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PORTS = ["virtio_pci", "virtio_console"]
IN_MEMORY = [*PORTS, "virtio_net", "nf_conntrack enable_hooks=1", "nf_conntrack_netlink", "nf_tables", "vsock", "vsock_diag", "vsock_loopback", "tcp_diag", "udp_diag", "unix_diag", "inet_diag",
             "raw_diag", "netlink_diag", "af_packet_diag"]
ON_DISK = [*PORTS, "virtio_blk", "virtio_net", "ext4"]
SUITE = "bookworm"


class Cannot(Exception):
    """Why this machine cannot do it."""


def run(*words, timeout=600, **more):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=timeout, check=False, **more)
    if done.returncode:
        raise Cannot(f"{' '.join(map(str, words[:3]))}: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout


def unpack(folder, *names):
    """The files of packages, below the folder; once."""
    for name in names:
        mark = folder / f".{name}"
        if mark.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{name}_*.deb"):
            old.unlink()
        run("apt-get", "download", "-q", name, cwd=folder)
        run("dpkg", "-x", next(folder.glob(f"{name}_*.deb")), folder / "files")
        mark.touch()


class Parts:
    """Packages unpacked below `work`; the kernel's release; programs of ours for guests."""

    def __init__(self, work, build):
        self.work, self.src = work, build / "src"
        image = re.search(r"Depends: (linux-image-\S+)", run("apt-cache", "depends", "linux-image-cloud-amd64"))
        if not image:
            raise Cannot("no Debian kernel for the amd64 architecture is to be had from these package sources")
        self.release = image[1].removeprefix("linux-image-")
        unpack(work / "packages", "busybox-static", image[1])
        self.files = work / "packages" / "files"
        self.kernel = self.files / "boot" / f"vmlinuz-{self.release}"
        self.modules = self.files / "lib" / "modules" / self.release
        run("depmod", "-b", self.files, self.release)
        self.guest = work / "guest"
        run("gcc", "-std=gnu17", "-Wall", "-Wextra", "-O2", "-static", "-o", self.guest, HERE / "guest.c")

    def module(self, source):
        """A kernel module of ours, built with the headers of this very kernel; they name each other by where they are installed."""
        common = self.release.removesuffix("-cloud-amd64") + "-common"
        unpack(self.work / "packages", f"linux-headers-{self.release}", f"linux-headers-{common}", "linux-kbuild-" + ".".join(self.release.split(".")[:2]))
        headers = self.files / "usr" / "src" / f"linux-headers-{self.release}"
        (headers / "Makefile").write_text(f"include {headers.parent}/linux-headers-{common}/Makefile\n")
        folder = self.work / source.stem
        folder.mkdir(exist_ok=True)
        shutil.copy(source, folder)
        (folder / "Kbuild").write_text(f"obj-m := {source.stem}.o\n")
        run("make", "-C", headers, f"M={folder}", "modules")
        return folder / f"{source.stem}.ko"

    def paths_of_modules(self, names):
        """Files of these modules and of all that they need."""
        needs, by_name = {}, {}
        for line in (self.modules / "modules.dep").read_text().splitlines():
            path, rest = line.split(":")
            needs[path] = rest.split()
            by_name[pathlib.PurePath(path).name.split(".")[0].replace("-", "_")] = path
        found = set()
        for name in (n.split()[0] for n in names):
            if name in by_name:
                found |= {by_name[name], *needs[by_name[name]]}
        return sorted(found), [n for n in names if n.split()[0] in by_name]

    def initramfs(self, name, modules, extra=()):
        """An archive that the kernel unpacks into memory: busybox, init, and these files (path there, path here)."""
        paths, loaded = self.paths_of_modules(modules)
        at = f"lib/modules/{self.release}"
        tree = {"init": HERE / "init", "agent": HERE / "agent", "bin/busybox": self.files / "bin" / "busybox", "bin/guest": self.guest}
        tree |= {f"{at}/{p}": self.modules / p for p in paths}
        tree |= {f"{at}/{p}": self.modules / p for p in ("modules.dep", "modules.builtin", "modules.alias", "modules.symbols")}
        tree |= dict(extra)
        out = Cpio()
        for path, source in sorted(tree.items()):
            source = pathlib.Path(source)
            out.file(path, source.read_bytes(), os.access(source, os.X_OK))
        out.file("modules", "".join(f"{line}\n" for line in loaded).encode(), False)
        for applet in run(self.files / "bin" / "busybox", "--list").split():
            if applet != "busybox":
                out.link(f"bin/{applet}", "busybox")
        for folder in ("proc", "sys", "dev", "run", "tmp", "etc", "var"):
            out.folder(folder)
        path = self.work / f"{name}.cpio"
        path.write_bytes(out.end())
        return path

    def debian(self):
        """A minimal Debian with systemd and nftables, made once."""
        root, mark = self.work / "debian", self.work / "debian.made"
        if mark.exists():
            return root
        if os.geteuid() != 0:
            raise Cannot("only root can unpack a Debian with its owners")
        shutil.rmtree(root, ignore_errors=True)
        lines = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages").splitlines()
        sources = [line.split()[0] for line in lines if line.split()[1:] == [SUITE]]
        if not sources:
            raise Cannot(f"no package source of {SUITE} is set up here")
        run("debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,udev,nftables,iproute2,kmod", SUITE, root, sources[0], timeout=1200)
        shutil.copytree(self.modules, root / "lib" / "modules" / self.release, symlinks=True, dirs_exist_ok=True)
        mark.touch()
        return root


class Cpio:
    """The kernel's format of an initramfs ("newc", Documentation/driver-api/early-userspace/buffer-format.rst)."""

    def __init__(self):
        self.parts, self.number, self.folders = [], 0, set()

    def add(self, name, mode, content=b""):
        self.number += 1
        raw = name.encode() + b"\0"
        fields = [self.number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(raw), 0]
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        self.parts += [head, bytes(-len(head) % 4), content, bytes(-len(content) % 4)]

    def folder(self, name):
        if name and name != "." and name not in self.folders:
            self.folder(os.path.dirname(name))
            self.folders.add(name)
            self.add(name, stat.S_IFDIR | 0o755)

    def file(self, name, content, is_program):
        self.folder(os.path.dirname(name))
        self.add(name, stat.S_IFREG | (0o755 if is_program else 0o644), content)

    def link(self, name, target):
        self.folder(os.path.dirname(name))
        self.add(name, stat.S_IFLNK | 0o777, target.encode())

    def end(self):
        self.add("TRAILER!!!", 0)
        return b"".join(self.parts)
