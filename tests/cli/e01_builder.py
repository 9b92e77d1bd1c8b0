"""e01_builder.py: E01 images from their parts, sound or as hostile as a test wants them (the format as in libyal's "EWF specification"). Run with a
folder it writes the corpus of tests/fuzz/fuzz_ewf_read.c there."""
import pathlib
import struct
import sys
import zlib

SIGNATURE = b"EVF\x09\x0d\x0a\xff\x00"
CHUNK = 32768
PACKED = 1 << 31


def summed(data):
    return data + struct.pack("<I", zlib.adler32(data))


def section(kind, body, off, size=None, following=None):
    """A section at that place. size and following can lie."""
    whole = 76 + len(body)
    head = struct.pack("<16sQQ40x", kind.encode(), off + whole if following is None else following, whole if size is None else size)
    return summed(head) + body


def volume(sectors, chunks=None, chunk_sectors=64, sector_size=512, identity=b"\x07" * 16):
    chunks = -(-sectors // chunk_sectors) if chunks is None else chunks
    fields = struct.pack("<B3xIIIQ12xB3x12xB3xI4x16s", 1, chunks & 0xffffffff, chunk_sectors, sector_size, sectors, 1, 1, 64, identity)
    return summed(fields.ljust(1048, b"\0"))


def smart_volume(sectors):
    return summed(struct.pack("<IIIII20x45x5s", 1, -(-sectors // 64), 64, 512, sectors, b"SMART"))


def table(entries, base=0, count=None, footer=True):
    body = struct.pack(f"<{len(entries)}I", *entries)
    head = summed(struct.pack("<IIQI", len(entries) if count is None else count, 0, base, 0))
    return head + (summed(body) if footer else body)


def values(names, what):
    return zlib.compress(b"1\nmain\n" + "\t".join(names).encode() + b"\n" + "\t".join(what).encode() + b"\n\n")


def unread(runs):
    return summed(struct.pack("<I512x", len(runs))) + summed(b"".join(struct.pack("<II", *run) for run in runs))


def stored(data):
    return summed(data), 0


def packed(data):
    return zlib.compress(data, 1), PACKED


class File:
    """One segment file, section by section."""

    def __init__(self, number=1):
        self.data = SIGNATURE + struct.pack("<BHH", 1, number, 0)

    def add(self, kind, body, **lies):
        self.data += section(kind, body, len(self.data), **lies)
        return self

    def end(self, kind="done"):
        self.data += section(kind, b"", len(self.data), size=0, following=len(self.data))
        return self

    def group(self, chunks, pack=packed, second=True, change=lambda entries: entries):
        """The chunks of a disk with their tables. change makes other entries of the sound ones."""
        made = [pack(chunk) for chunk in chunks]
        off = len(self.data) + 76
        entries = []
        for data, flag in made:
            entries.append(off | flag)
            off += len(data)
        self.add("sectors", b"".join(data for data, _ in made))
        entries = change(entries)
        self.add("table", table(entries))
        return self.add("table2", table(entries)) if second else self


def split(disk):
    return [disk[i:i + CHUNK] for i in range(0, len(disk), CHUNK)]


def simple(disk, pack=packed, **more):
    f = File().add("header", values(["c", "e", "t"], ["case", "me", "notes"])).add("volume", volume(len(disk) // 512))
    return f.group(split(disk), pack=pack, **more).add("data", volume(len(disk) // 512)).end().data


def several(disk, chunks_each, identity=b"\x07" * 16):
    """The files of one image."""
    chunks = split(disk)
    files = []
    for i in range(0, len(chunks), chunks_each):
        f = File(len(files) + 1).add("data" if files else "volume", volume(len(disk) // 512, identity=identity))
        f.group(chunks[i:i + chunks_each])
        files.append(f.end("next" if i + chunks_each < len(chunks) else "done").data)
    return files


def loop(disk):
    """A section that says the next one is before it."""
    f = File().add("volume", volume(len(disk) // 512))
    return f.add("header", b"x" * 40, following=13, size=0).group(split(disk)).end().data


def hostile(disk):
    """Name: image."""
    count = len(disk) // 512
    huge = 0xffffffff
    return {
        "loop": loop(disk),
        "backward": simple(disk, change=lambda entries: entries[::-1]),
        "same_chunk": simple(disk, change=lambda entries: entries[:1] * len(entries)),
        "place_2_31": simple(disk, change=lambda entries: [e | 0x7fffffff for e in entries]),
        "place_not_packed_2_31": simple(disk, change=lambda entries: [0x7fffffff] * len(entries)),
        "base_2_63": File().add("volume", volume(count)).add("sectors", b"x" * 99).add("table", table([PACKED], base=1 << 63)).end().data,
        "count_2_32": File().add("volume", volume(count)).add("sectors", b"x" * 99).add("table", table([PACKED], count=huge)).end().data,
        "chunk_4_gib": File().add("volume", volume(1 << 23, 1, 1 << 23)).group([disk]).end().data,
        "disk_2_63": File().add("volume", volume(1 << 63, 1)).group([disk]).end().data,
        "disk_exabyte": File().add("volume", volume(1 << 51, huge)).group([disk]).end().data,
        "sector_0": File().add("volume", volume(count, sector_size=0)).group([disk]).end().data,
        "chunk_0": File().add("volume", volume(count, 1, 0)).group([disk]).end().data,
        "no_volume": File().group([disk]).end().data,
        "size_2_64": File().add("volume", volume(count), size=(1 << 64) - 1).group(split(disk)).end().data,
        "next_2_64": File().add("volume", volume(count), following=(1 << 64) - 1).group(split(disk)).end().data,
        "two_ends": File().add("header", b"y" * 200, size=100).add("volume", volume(count)).group(split(disk)).end().data,
        "errors_2_32": File().add("volume", volume(count)).group(split(disk)).add("error2", summed(struct.pack("<I512x", huge))).end().data,
        "header_bomb": File().add("header", zlib.compress(bytes(1 << 24), 9)).add("volume", volume(count)).group(split(disk)).end().data,
        "chunk_bomb": simple(disk, pack=lambda chunk: (zlib.compress(bytes(1 << 22), 9), PACKED)),
        "chunk_short": simple(disk, pack=lambda chunk: packed(chunk[:100])),
        "empty_tables": File().add("volume", volume(count)).add("table", table([])).add("table2", table([])).end().data,
        "tables_differ": File().add("volume", volume(count)).group(split(disk), second=False)
                               .add("table2", table([PACKED | 1] * len(split(disk)))).end().data,
    }


def corpus(folder):
    """Disks of little content, in each form that the reader tells apart."""
    disk = bytes(range(256)) * 256 + bytes(CHUNK) + b"calm" * 128
    seeds = {"simple": simple(disk), "stored": simple(disk[:1024], pack=stored), **hostile(disk[:2 * CHUNK])}
    smart = File().add("volume", smart_volume(64))
    chunk = zlib.compress(disk[:CHUNK])
    place = len(smart.data) + 76 + 24 + 4
    seeds["smart"] = smart.add("table", table([place | PACKED], footer=False) + chunk).end().data
    seeds["several"] = b"".join(several(disk, 1))
    seeds["unread"] = File().add("volume", volume(64)).group([disk[:CHUNK]]).add("error2", unread([(3, 2)])).end().data
    seeds["empty"] = File().add("volume", volume(0)).end().data
    for name, data in seeds.items():
        (pathlib.Path(folder) / name).write_bytes(data)


if __name__ == "__main__":
    corpus(sys.argv[1])
