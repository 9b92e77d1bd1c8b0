"""memory.py: what calm-collect brings from a Debian kernel, beside what the emulator and that kernel's own files tell."""
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys

from machine import Machine, ranges_of_memory
from parts import HERE, IN_MEMORY, ROOT

sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import bundle  # noqa: E402

PAGE = 4096
HELD = 1024  # pages of known bytes
MEMORY, BELOW = 256, 160  # MiB; so many of them below 4 GiB, behind which a hole is, as on large machines
PORTS = ("triage.calm", "memory.calm", "refused.calm", "locked.calm", "hidden.calm")
COLLECT = "calm-collect --output - --unsealed --profile triage"


def open_bundle(path):
    """Its members by name; AssertionError where it is not whole or its manifest does not fit."""
    state = bundle.check(path.read_bytes())
    faults = bundle.manifest_faults(state.archive) if state.state == "whole" else [state.why]
    if state.state != "whole" or faults:
        raise AssertionError(f"{path.name} is {state.state}: {faults}")
    return {m.name: content for m, content in bundle.members(state.archive)}


def lines(members, name):
    found = []
    for path, content in sorted(members.items()):
        if re.fullmatch(re.escape(name) + r"-\d{3,}\.jsonl", path):
            found += [json.loads(line) for line in content.decode().splitlines()]
    return found


def lime(members):
    """[(first address, bytes)] of LiME's ranges, by its own header: magic, version, first, last, zeros."""
    found = []
    for name in sorted(n for n in members if n.startswith("memory/physical-")):
        magic, version, first, last, zeros = struct.unpack_from("<IIQQQ", members[name])
        assert (magic, version, zeros) == (0x4C694D45, 1, 0) and len(members[name]) == 32 + last + 1 - first, name
        found.append((first, memoryview(members[name])[32:]))
    return found


def joined(ranges):
    out = []
    for first, behind in sorted(ranges):
        if out and out[-1][1] == first:
            out[-1] = (out[-1][0], behind)
        else:
            out.append((first, behind))
    return out


class Image:
    """Bytes by their physical address."""

    def __init__(self, ranges):
        self.ranges = ranges

    def at(self, first, size):
        for start, content in self.ranges:
            if start <= first and first + size <= start + len(content):
                return bytes(content[first - start : first - start + size])
        return None

    def find(self, needle):
        found = []
        for start, content in self.ranges:
            whole, at = bytes(content), -1
            while (at := whole.find(needle, at + 1)) >= 0:
                found.append(start + at)
        return found


def saved(guest, work):
    """What the emulator itself has at these places; the guest stands still meanwhile."""
    found = []
    guest.ask("stop")
    for first, size in ((0, BELOW << 20), (4 << 30, (MEMORY - BELOW) << 20)):
        path = work / "pmemsave"
        guest.ask("pmemsave", val=first, size=size, filename=str(path))
        found.append((first, memoryview(path.read_bytes())))
        path.unlink()
    guest.ask("cont")
    return Image(found)


def check_memory(say, members, emulator, guest, known, pages):
    taken = Image(lime(members))
    ram, inner = ranges_of_memory(guest.text("cat /proc/iomem"))
    spans = joined((first, first + len(content)) for first, content in taken.ranges)
    whole = [(-(-first // PAGE) * PAGE, behind // PAGE * PAGE) for first, behind in joined(ram)]
    lost = sum(behind - first for first, behind in ram) - sum(behind - first for first, behind in spans)
    told = [m["why"] for m in lines(members, "missing") if m["step"] == "memory"]
    say(spans == whole, f"the LiME image has the ranges that /proc/iomem calls System RAM, in whole pages: {', '.join(f'{a:x}-{b - 1:x}' for a, b in spans)}", ram)
    say(lost < PAGE * len(ram) and told == ([f"{lost / 1000:.1f} kB of memory have no place in it and are missing"] if lost else []),
        f"and says that the kernel has no place for the last {lost} bytes, which are no whole page", told)
    same = total = 0
    for first, behind in spans:
        for at in range(-(-first // PAGE) * PAGE, behind - PAGE + 1, PAGE):
            total += 1
            same += taken.at(at, PAGE) == emulator.at(at, PAGE)
    say(same >= total * 0.8, f"{same} of {total} pages ({same / total:.1%}) are equal to what the emulator's pmemsave told right after")
    fit = sum(taken.at(n * PAGE, PAGE) == known[i * PAGE : (i + 1) * PAGE] == emulator.at(n * PAGE, PAGE) for i, n in enumerate(pages))
    say(fit == HELD == len(pages), f"{fit} of {HELD} pages of known bytes that a process holds are at their address in both, byte for byte")
    first, behind = inner["Kernel code"]
    text = [taken.at(at, PAGE) == emulator.at(at, PAGE) for at in range(first, behind - PAGE + 1, PAGE)]
    say(len(text) > 1000 and sum(text) >= len(text) - 8, f"{sum(text)} of {len(text)} pages of the kernel's code are equal")
    first, behind = inner["Kernel rodata"]
    banner = guest.text("cat /proc/version").encode()
    places = [a for a in taken.find(banner) if first <= a < behind]
    say(bool(places) and all(emulator.at(a, len(banner)) == banner for a in places), f"linux_banner is in the kernel's constants at {', '.join(f'{a:x}' for a in places)} in both: {banner.decode().strip()[:60]}…")


def check_refused(say, said, members, ways):
    missing = {m["what"]: m["why"] for m in lines(members, "missing")}
    for way in ways:
        say("not allowed" in missing.get(way, "") or "core" in missing.get(way, ""), f"{way} is refused, and the bundle says: {missing.get(way)}")
    say("memory/physical" in missing and not [m for m in members if m.startswith("memory/")] and b"The whole memory is not in the bundle" in said,
        "then no memory is in the bundle, and calm-collect says so to who sits there", said)


def check_modules(say, members, guest):
    listed = {line.split()[0]: int(line.split()[1]) for line in guest.text("lsmod").splitlines()[1:]}
    told = {m["name"]: m["size"] for m in lines(members, "live/module") if m["from"] == "/proc/modules"}
    held = {m["name"] for m in lines(members, "live/module") if m["from"] == "/sys/module" and m["kind"] == "loaded"}
    say(listed == told and held == set(listed) and len(told) > 5, f"{len(told)} modules, with their sizes as lsmod lists them, and the same in /sys/module", (listed, told, held))
    ram = {m["name"]: m.get("address") for m in lines(members, "live/module") if m["from"] == "/proc/modules"}
    symbols = guest.text("cat /proc/kallsyms").splitlines()
    at = {}
    for line in symbols:
        if line.endswith("]"):
            at.setdefault(line.split()[-1][1:-1], []).append(int(line.split()[0], 16))
    near = [name for name, address in ram.items() if address and min(at.get(name, [0])) and abs(min(at[name]) - int(address, 16)) < 1 << 24]
    say(len(near) >= len(ram) - 1, f"{len(near)} of them lie where /proc/kallsyms has their symbols", (ram, {k: hex(min(v)) for k, v in at.items()}))


def check_connection(say, members, flow):
    """A connection that the kernel's own tracking has; a bundle tells it by its two sockets."""
    port = int(re.search(r"sport=(\d+) dport=7000", flow)[1])
    ends = {(s["local_port"], s["remote_port"]) for s in lines(members, "live/socket") if s["protocol"] == "TCP" and s["state"] == "established" and s["from"] == "sock_diag"}
    say({(port, 7000), (7000, port)} <= ends, f"the connection that /proc/net/nf_conntrack has, {port} to 7000, is told with both of its ends", ends)


def check_vsock(say, members, port):
    found = [s for s in lines(members, "live/socket") if s["protocol"] == "VSOCK"]
    mine = [s for s in found if s.get("local_port") == port and s["state"] == "listen"]
    say(len(mine) == 1 and mine[0]["type"] == "stream" and "guest" in str(mine[0].get("programs")), f"the listener of vsock at port {port} is told, by vsock_diag, and who holds it", found)


def check_bpf(say, members, code):
    programs = [b for b in lines(members, "live/bpf") if b["kind"] == "program"]
    mine = [b for b in programs if b.get("name") == "known_program"]
    # A tag is the beginning of SHA-1 over the instructions (kernel/bpf/core.c, bpf_prog_calc_tag).
    tag = hashlib.sha1(bytes.fromhex(code)).hexdigest()[:16]
    say(len(mine) == 1 and mine[0]["tag"] == tag and mine[0]["type"] == "socket filter" and mine[0].get("code") == code and mine[0]["machine_code"] > 0,
        f"the eBPF program is told with its tag {tag} and its instructions {code}", programs)
    maps = [b for b in lines(members, "live/bpf") if b["kind"] == "map" and b.get("name") == "known_map"]
    say(len(maps) == 1 and (maps[0]["type"], maps[0]["key_size"], maps[0]["value_size"], maps[0]["entries"]) == ("hash", 12, 20, 34), "and its map, with its sizes", maps)


def peer(say, work, members):
    """volatility3, where somebody has it: what it finds in the image, as one of LiME's."""
    vol = shutil.which("vol")
    if not vol:
        print("skipped: volatility3 is not at hand; it reads nothing here")
        return
    path = work / "physical.lime"
    with open(path, "wb") as out:
        for name in sorted(n for n in members if n.startswith("memory/physical-")):
            out.write(members[name])
    done = subprocess.run([vol, "-q", "--offline", "-f", str(path), "banners.Banners"], capture_output=True, text=True, timeout=900, check=False, cwd=work)
    found = [line for line in done.stdout.splitlines() if "Linux version" in line]
    say(bool(found), f"volatility3 takes the image for one of LiME's and finds {len(found)} banners, first {found[0].split()[0] if found else ''}", done.stdout + done.stderr[-300:])
    path.unlink()


def check_hidden(say, members, guest):
    found = [json.loads(o["evidence"]) for o in lines(members, "observed") if o["code"] == "hidden-module"]
    say("hide" not in guest.text("cat /proc/modules /proc/kallsyms | grep -w hide || true") and guest.do("test -e /sys/module/hide/initstate")[0] == 0,
        "a module of ours has taken itself out of /proc/modules and /proc/kallsyms")
    say([(f["module"], f["seen_by"]) for f in found] == [("hide", ["/sys/module"])], "and it is told as hidden, it alone, seen in /sys/module", found)
    judge(say, "with it", members, {"hidden-module": "hide", "kernel-taint": "module"})


def judge(say, what, members, expected):
    """Every observation of a clean guest must be one that is true of it."""
    seen = lines(members, "observed")
    for o in seen:
        print(f"        {o['code']}: {o['words']}")
    odd = [o for o in seen if o["code"] not in expected or not re.search(expected[o["code"]], o["words"] + " " + o.get("evidence", ""))]
    say(not odd, f"{what}: {len(seen)} observations, none that is not so", odd)


def run(say, parts):
    work = parts.work
    known = os.urandom(HELD * PAGE)
    (work / "known").write_bytes(known)
    collect = parts.src / "calm-collect"
    initrd = parts.initramfs("memory", IN_MEMORY, {"bin/calm-collect": collect, "known": work / "known", "hide.ko": parts.module(HERE / "hide.c")}.items())
    for port in PORTS:
        (work / port).unlink(missing_ok=True)
    with Machine(work, "memory", parts.kernel, initrd, memory=MEMORY, below=BELOW, ports=PORTS) as guest:
        guest.text("uname -r", timeout=240)
        port = {name: f"/dev/vport0p{number}" for number, name in enumerate(PORTS, 2)}
        guest.text(f"{COLLECT} > {port['triage.calm']}", timeout=240)
        clean = open_bundle(work / "triage.calm")
        say(True, f"profile triage from Linux {guest.text('uname -r').strip()}: whole, {len(clean)} members, the manifest fits")
        judge(say, "a clean guest", clean, {"program-without-package": "busybox|calm-collect"})

        pages = [int(n) for n in guest.start("guest hold /known", "held").split()]
        guest.start("guest vsock 5000", "vsock")
        code = guest.start("guest bpf 7", "bpf")
        guest.text("(sleep 9999 | nc -l -p 7000; :) > /dev/null 2>&1 & sleep 1; (sleep 9999 | nc 127.0.0.1 7000; :) > /dev/null 2>&1 &")
        flow = "grep 'tcp .*ESTABLISHED.*dport=7000' /proc/net/nf_conntrack"
        guest.wait_for(flow)
        status, said = guest.do(f"{COLLECT} --physical-memory > {port['memory.calm']}", timeout=600)
        emulator = saved(guest, work)
        members = open_bundle(work / "memory.calm")
        say(status == 0, f"with --physical-memory: whole, {sum(map(len, (c or b'' for c in members.values()))) >> 20} MiB", said[-300:])
        check_memory(say, members, emulator, guest, known, pages)
        check_modules(say, members, guest)
        check_connection(say, members, guest.text(flow))
        check_vsock(say, members, 5000)
        check_bpf(say, members, code)
        peer(say, work, members)
        judge(say, "with what was put there", members, {"program-without-package": "busybox|calm-collect|guest"})

        _, said = guest.do(f"unshare -m sh -c 'mount --bind /dev/null /proc/kcore && {COLLECT} --physical-memory > {port['refused.calm']}'", timeout=240)
        check_refused(say, said, open_bundle(work / "refused.calm"), ("/proc/kcore", "/dev/mem"))
        guest.text("insmod /hide.ko")
        guest.text(f"{COLLECT} > {port['hidden.calm']}", timeout=240)
        check_hidden(say, open_bundle(work / "hidden.calm"), guest)
        guest.text("mount -t securityfs none /sys/kernel/security; echo confidentiality > /sys/kernel/security/lockdown")
        _, said = guest.do(f"{COLLECT} --physical-memory > {port['locked.calm']}", timeout=240)
        check_refused(say, said, open_bundle(work / "locked.calm"), ("/proc/kcore", "/dev/mem"))
    (work / "known").unlink()
