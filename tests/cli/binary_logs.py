"""binary_logs.py: makes logs of binary formats, as their descriptions have them: utmp(5), systemd's JOURNAL_FILE_FORMAT and JOURNAL_EXPORT_FORMATS,
MS-EVEN6. `binary_logs.py FOLDER` writes the beginnings for the fuzz targets there."""
import lzma
import pathlib
import struct
import sys
import uuid
import zlib


def padded(data, size):
    return data[:size].ljust(size, b"\0")


def utmp(kind, pid=0, line="", ident="", user="", host="", seconds=0, micros=0, address=b"", session=0):
    return struct.pack("<hxxi32s4s32s256shhiii16s20x", kind, pid, line.encode(), ident.encode(), user.encode(), host.encode(), 0, 0, session,
                       seconds, micros, padded(address, 16))


def lastlog(seconds=0, line="", host=""):
    return struct.pack("<I32s256s", seconds, line.encode(), host.encode())


# The journal

def lz4_literal(data):
    """A block of LZ4 that holds all bytes as they are."""
    token, rest = (len(data), b"") if len(data) < 15 else (15, b"")
    left = len(data) - 15
    while token == 15 and left >= 255:
        rest += b"\xff"
        left -= 255
    if token == 15:
        rest += bytes([left])
    return struct.pack("<Q", len(data)) + bytes([token << 4]) + rest + data


def zstd_raw(data):
    """A frame of zstd with one raw block; RFC 8878 sections 3.1.1.1 and 3.1.1.2."""
    return struct.pack("<IBI", 0xFD2FB528, 0xA0, len(data)) + struct.pack("<I", 1 | len(data) << 3)[:3] + data


PACKERS = {0: lambda data: data, 1: lambda data: lzma.compress(data, check=lzma.CHECK_NONE), 2: lz4_literal, 4: zstd_raw}


class Journal:
    def __init__(self, compact=False, state=0):
        self.compact, self.state, self.objects, self.entries, self.list = compact, state, bytearray(), [], 0
        self.size = 264

    def add(self, kind, body, flags=0):
        at = self.size + len(self.objects)
        self.objects += struct.pack("<BB6xQ", kind, flags, 16 + len(body)) + body
        self.objects += bytes(-len(self.objects) % 8)
        return at

    def data(self, text, packing=0, entries=0):
        """entries: how many have it, as it says."""
        return self.add(1, bytes(40) + struct.pack("<Q", entries) + bytes(8 if self.compact else 0) + PACKERS[packing](text), packing)

    def entry(self, number, realtime, places, monotonic=1000):
        items = b"".join(struct.pack("<I", p) if self.compact else struct.pack("<QQ", p, 0) for p in places)
        self.entries.append(self.add(3, struct.pack("<QQQ16sQ", number, realtime, monotonic, bytes(16), 0) + items))
        return self.entries[-1]

    def lists(self, sizes):
        """Arrays of so many entries each, the first of which the head names."""
        before, left = 0, list(self.entries)
        for size in sizes:
            items, left = left[:size], left[size:]
            at = self.add(6, struct.pack("<Q", 0) + b"".join(struct.pack("<I" if self.compact else "<Q", p) for p in items) + bytes(8))
            if before:
                struct.pack_into("<Q", self.objects, before - self.size + 16, at)
            before, self.list = at, self.list or at

    def bytes(self, tail=0):
        flags = 15 | (16 if self.compact else 0)
        head = b"LPKSHHRH" + struct.pack("<IIB7x", 0, flags, self.state) + bytes(64) + struct.pack("<QQ", self.size, len(self.objects) + tail)
        head = head.ljust(144, b"\0") + struct.pack("<QQQQQ", 0, len(self.entries), 0, 0, self.list)
        return head.ljust(self.size, b"\0") + bytes(self.objects) + bytes(tail)


def journal(compact=False, state=0):
    j = Journal(compact, state)
    host, pid = j.data(b"_HOSTNAME=web1", 1), j.data(b"_PID=812", 2)
    first = j.data(b"MESSAGE=Accepted password for root from 192.0.2.7 port 4711 ssh2", 4)
    second = j.data(b"MESSAGE=Failed password for invalid user x from 2001:db8::7 port 22 ssh2")
    name, level = j.data(b"SYSLOG_IDENTIFIER=sshd"), j.data(b"PRIORITY=6")
    source = j.data(b"_SOURCE_REALTIME_TIMESTAMP=1764040329123456")
    j.entry(7, 1764040329123999, [host, pid, first, name, level, source])
    j.entry(8, 1764040330000000, [host, second, name, level])
    return j


def export(entries):
    out = b""
    for entry in entries:
        for name, value in entry:
            out += name + b"=" + value + b"\n" if b"\n" not in value else name + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"
        out += b"\n"
    return out


# EVTX

def utf16(text):
    return text.encode("utf-16-le", "surrogatepass")


class Chunk:
    """Writes records into a chunk of 64 KiB. XML is told as tuples: (name, attributes, content)."""

    def __init__(self, first=1):
        self.data, self.at, self.first, self.number, self.last_at = bytearray(65536), 512, first, first, 512
        self.templates = {}

    def put(self, form, *values):
        struct.pack_into("<" + form, self.data, self.at, *values)
        self.at += struct.calcsize("<" + form)

    def put_bytes(self, data):
        self.data[self.at:self.at + len(data)] = data
        self.at += len(data)

    def name(self, text):
        value = 0
        for unit in struct.unpack(f"<{len(utf16(text)) // 2}H", utf16(text)):
            value = (value * 65599 + unit) & 0xFFFFFFFF
        self.put("I", self.at + 4)
        self.put("IHH", 0, value & 0xFFFF, len(text))
        self.put_bytes(utf16(text) + b"\0\0")

    def piece(self, piece):
        kind, value = piece
        if kind == "text":
            self.put("BBH", 5, 1, len(utf16(value)) // 2)
            self.put_bytes(utf16(value))
        elif kind == "value":
            self.put("BHB", 0x0D, value, 1)
        elif kind == "optional":
            self.put("BHB", 0x0E, value, 1)
        elif kind == "entity":
            self.put("B", 9)
            self.name(value)
        elif kind == "character":
            self.put("BH", 8, ord(value))
        elif kind == "cdata":
            self.put("BH", 7, len(value))
            self.put_bytes(utf16(value))

    def element(self, name, attributes=(), content=()):
        self.put("BHI", 0x41 if attributes else 1, 0xFFFF, 0)
        self.name(name)
        if attributes:
            self.put("I", 0)
        for i, (attribute, pieces) in enumerate(attributes):
            self.put("B", 0x46 if i + 1 < len(attributes) else 6)
            self.name(attribute)
            for piece in pieces:
                self.piece(piece)
        if not content:
            self.put("B", 3)
            return
        self.put("B", 2)
        for part in content:
            if isinstance(part[1], (list, tuple)):
                self.element(*part)
            else:
                self.piece(part)
        self.put("B", 4)

    def instance(self, key, element, values):
        """values: (type, bytes) each; the template is written where it is used first."""
        self.put("BBI", 0x0C, 1, 7)
        if key in self.templates:
            self.put("I", self.templates[key])
        else:
            self.templates[key] = self.at + 4
            self.put("I", self.at + 4)
            self.put("I16s", 0, uuid.UUID(int=7).bytes_le)
            size_at = self.at
            self.put("I", 0)
            self.put("4s", b"\x0f\x01\x01\0")
            self.element(*element)
            self.put("B", 0)
            struct.pack_into("<I", self.data, size_at, self.at - size_at - 4)
        self.put("I", len(values))
        for kind, value in values:
            self.put("HBB", len(value), kind, 0)
        for _, value in values:
            self.put_bytes(value)

    def record(self, write, ticks):
        at = self.at
        self.put("4sIQQ", b"**\0\0", 0, self.number, ticks)
        self.put("4s", b"\x0f\x01\x01\0")
        write(self)
        self.put("B", 0)
        self.at += -(self.at - at + 4) % 8
        size = self.at + 4 - at
        self.put("I", size)
        struct.pack_into("<I", self.data, at + 4, size)
        self.number, self.last_at = self.number + 1, at
        return at

    def bytes(self):
        last = self.number - 1
        struct.pack_into("<8sQQQQIIII", self.data, 0, b"ElfChnk", self.first, last, self.first, last, 128, self.last_at, self.at,
                         zlib.crc32(self.data[512:self.at]))
        struct.pack_into("<I", self.data, 124, zlib.crc32(self.data[128:512], zlib.crc32(self.data[:120])))
        return bytes(self.data)


def evtx(chunks, flags=0):
    head = struct.pack("<8sQQQIHHHH", b"ElfFile", 0, len(chunks) - 1, 99, 128, 1, 3, 4096, len(chunks)).ljust(120, b"\0")
    return (head + struct.pack("<II", flags, zlib.crc32(head))).ljust(4096, b"\0") + b"".join(c.bytes() for c in chunks)


STRING, UINT8, UINT16, FILETIME, HEX64, XML = 1, 4, 6, 0x11, 0x15, 0x21
TICKS = 116444736000000000  # of 1970


def system(provider, channel):
    return ("System", (), [("Provider", [("Name", [("text", provider)])], ()), ("EventID", (), [("optional", 0)]),
                           ("Level", (), [("value", 1)]), ("Keywords", (), [("optional", 2)]),
                           ("TimeCreated", [("SystemTime", [("optional", 3)])], ()), ("EventRecordID", (), [("value", 4)]),
                           ("Channel", (), [("text", channel)]), ("Computer", (), [("text", "web1.example.org")])])


def event(content, provider="Microsoft-Windows-Security-Auditing", channel="Security"):
    return ("Event", [("xmlns", [("text", "http://schemas.microsoft.com/win/2004/08/events/event")])], [system(provider, channel), content])


def system_values(chunk, code, ticks, level=0, keywords=0x8020000000000000):
    return [(UINT16, struct.pack("<H", code)), (UINT8, bytes([level])), (HEX64, struct.pack("<Q", keywords)),
            (FILETIME, struct.pack("<Q", ticks)), (10, struct.pack("<Q", chunk.number))]


def data_event(chunk, code, ticks, values, provider="Microsoft-Windows-Security-Auditing", channel="Security"):
    """An event with Data elements: (name, type, bytes) each."""
    content = ("EventData", (), [("Data", [("Name", [("text", name)])] if name else (), [("value", 5 + i)])
                                 for i, (name, _, _) in enumerate(values)])
    key = (provider, code, tuple(name for name, _, _ in values))
    return chunk.record(lambda c: c.instance(key, event(content, provider, channel),
                                             system_values(c, code, ticks) + [(t, b) for _, t, b in values]), ticks)


def nested_event(chunk, code, ticks, inner, inner_values):
    """An event whose content comes as XML in a value, a template of its own, as Windows writes most."""

    def write(c):
        # What the value is to be is written behind the others, so its size is known only then.
        c.instance("nested", ("Event", (), [system("Microsoft-Windows-Eventlog", "Security"), ("value", 5)]),
                   system_values(c, code, ticks) + [(XML, b"")])
        size_at = None
        at = c.at
        c.put("4s", b"\x0f\x01\x01\0")
        c.instance("inner", inner, inner_values)
        c.put("B", 0)
        # the sizes of the six values stand right before their bytes
        size_at = at - (2 + 1 + 8 + 8 + 8) - 4
        struct.pack_into("<H", c.data, size_at, c.at - at)

    return chunk.record(write, ticks)


def example_evtx():
    c = Chunk()
    data_event(c, 4624, TICKS + 15000000, [("TargetUserName", STRING, utf16("alice")), ("IpAddress", STRING, utf16("192.0.2.7"))])
    data_event(c, 4624, TICKS + 25000000, [("TargetUserName", STRING, utf16("bob")), ("IpAddress", STRING, utf16("-"))])
    nested_event(c, 1102, TICKS, ("UserData", (), [("LogFileCleared", (), [("SubjectUserName", (), [("value", 0)])])]),
                 [(STRING, utf16("mallory"))])
    return c


def seeds(folder):
    made = {
        "timeline_utmp": {"wtmp": utmp(2, 0, "~", "~~", "reboot", "6.1.0", 1764040329, 5) + utmp(7, 812, "pts/0", "ts/0", "root", "192.0.2.7",
                                                                                              1764040330, 6, bytes([192, 0, 2, 7])),
                          "lastlog": lastlog(1764040329, "pts/0", "192.0.2.7") + lastlog(), "cut": utmp(8, 1, "tty1", seconds=1)[:400] + b"x"},
        "timeline_journal": {"regular": journal().bytes(), "compact": journal(True, 1).bytes(64), "cut": journal().bytes()[:-40],
                             "export": export([[(b"__CURSOR", b"s=a;i=1f"), (b"__REALTIME_TIMESTAMP", b"1764040329000000"),
                                                (b"MESSAGE", b"two\nlines")]])},
        "timeline_evtx": {"cut": evtx([example_evtx()])[:4096 + 900], "chunk": example_evtx().bytes()[:4000]},
    }
    for target, files in made.items():
        (pathlib.Path(folder) / target).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (pathlib.Path(folder) / target / name).write_bytes(data)


if __name__ == "__main__":
    seeds(sys.argv[1])
