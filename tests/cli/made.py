"""made.py: states, bundles and archives made byte by byte, as doc/format/snapshot.md and doc/format/bundle.md describe them."""
import hashlib
import io
import json
import struct
import tarfile
import zipfile

def line(section, key, **members):
    return json.dumps({"section": section, "key": key, **members}, separators=(",", ":"), ensure_ascii=False)


def document(*lines, host="web1", taken="2026-11-25T03:12:09.000000000Z", coverage=()):
    """A whole document (doc/format/snapshot.md), with its last line."""
    first = line("snapshot", "calm-snapshot/1", format="calm-snapshot/1", host=host, taken=taken, root="/", uid=0, hashes=True, program="by hand")
    body = "".join(text + "\n" for text in [first, *lines, *coverage])
    return body + line("end", "end", lines=body.count("\n"), sha256=hashlib.sha256(body.encode()).hexdigest()) + "\n"


def seen(section, count, how="whole", *missing):
    return line("coverage", section, count=count, seen=how, missing=list(missing))


STARTED = "2026-11-25T03:12:09.000000000Z"


def jsonl(*objects):
    return "".join(json.dumps(one, separators=(",", ":"), ensure_ascii=False) + "\n" for one in objects).encode()


OBSERVED = [
    {"code": "hidden-process", "weight": 3, "hint": "attack", "words": "Process 812 answers, and no list shows it.",
     "harmless": "A process that ended between two looks.", "evidence": "live/process-000.jsonl"},
    {"code": "kernel-taint", "weight": 1, "hint": "either", "words": "The kernel is tainted.", "harmless": "A driver from elsewhere.", "evidence": "taint 4097"},
    {"code": "odd", "weight": 2, "hint": "no such hint", "words": "Zwölf Rätsel \u202e\u001b[31m", "harmless": "None.", "evidence": ""},
]
MISSING = [{"what": "/proc/kcore", "step": "memory", "why": "the kernel does not allow it", "error": 1},
           {"what": "/etc/shadow", "step": "accounts", "why": "permission denied", "error": 13, "count": 4}]
STATE = document(line("account", "ana", uid=1000, gid=1000, home="/home/ana", shell="/bin/bash", password="set", password_place="shadow"),
                 line("account", "toor", uid=0, gid=0, home="/root", shell="/bin/sh", password="empty", password_place="passwd"),
                 coverage=[seen("listener", 0), seen("account", 2), seen("process", 0, "none", "not root")])
HEAD = {"format": "calm-bundle/1", "program": "calm-collect 0.1.0", "host": "web1", "machine_id": "0" * 31 + "1", "boot_id": "b", "started": STARTED,
        "clock": {"synchronised": True, "offset_ns": 12, "source": "ntp"}, "uid": 0, "capabilities": "1ff", "profile": "triage", "options": [],
        "collection": "ab" * 16, "containers": False}


def members(head=HEAD, state=STATE, observed=OBSERVED, missing=MISSING, more=(), ended=True):
    """The members of a bundle in order, with a manifest that names each (doc/format/bundle.md 1)."""
    half = state.encode().find(b"\n", len(state) // 2) + 1
    out = [("bundle.json", json.dumps(head).encode()), ("live/process-000.jsonl", jsonl({"pid": 1}))]
    if state:
        out += [("snapshot-000.jsonl", state.encode()[:half]), ("snapshot-001.jsonl", state.encode()[half:])]
    out += list(more)
    out += [("observed-000.jsonl", jsonl(*observed))] if observed else []
    out += [("missing-000.jsonl", jsonl(*missing))] if missing else []
    manifest = [{"member": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in out]
    out += [("manifest-000.jsonl", jsonl(*manifest))]
    return out + ([("end.json", b'{"members":1}')] if ended else [])


def tar(pairs, form=tarfile.USTAR_FORMAT):
    """Headers and contents, and two blocks of zeros at the end."""
    out = b""
    for name, data in pairs:
        info = data if isinstance(data, tarfile.TarInfo) else tarfile.TarInfo(name)
        body = b"" if isinstance(data, tarfile.TarInfo) else data
        info.size = len(body)
        info.mtime = 1764040329
        out += header(info, form) + body + bytes(-len(body) % 512)
    return out + bytes(1024)


def header(info, form=tarfile.USTAR_FORMAT):
    """With the numbers of the device, which Python leaves empty for what is none (POSIX.1-2008 pax, ustar)."""
    block = bytearray(info.tobuf(form))
    block[-183:-167] = b"0000000\0" * 2
    block[-364:-356] = b" " * 8
    block[-364:-356] = b"%06o\0 " % sum(block[-512:])
    return bytes(block)


def zstd(data):
    """One Zstandard frame of raw blocks, with its content size (RFC 8878 3.1.1)."""
    blocks = [data[i : i + 0x20000] for i in range(0, len(data), 0x20000)] or [b""]
    out = struct.pack("<IBQ", 0xFD2FB528, 0xE0, len(data))
    for number, block in enumerate(blocks):
        out += struct.pack("<I", (number == len(blocks) - 1) | len(block) << 3)[:3] + block
    return out


def chained(archive, piece=1 << 20):
    """Frames and their links (doc/format/bundle.md 2)."""
    pieces = [archive[i : i + piece] for i in range(0, len(archive), piece)]
    link, done, out = bytes(32), 0, b""
    for number, data in enumerate(pieces):
        frame = zstd(data)
        done += len(data)
        numbered = struct.pack("<QQ", number | (number == len(pieces) - 1) << 63, done)
        link = hashlib.sha256(b"calm chain/1\n" + link + hashlib.sha256(frame).digest() + numbered).digest()
        out += frame + struct.pack("<II", 0x184D2A5C, 56) + b"calmlink" + numbered + link
    return out


def bundle(piece=1 << 20, **how):
    return chained(tar(members(**how)), piece)


def velociraptor(pairs):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in pairs:
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 25, 4, 0, 0)), data)
    return raw.getvalue()
