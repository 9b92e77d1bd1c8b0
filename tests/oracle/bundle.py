"""bundle.py: checks and opens bundles as doc/format/bundle.md says, written from that page alone. `bundle.py FILE [HEX-OF-SECRET-KEY]` tells
how FILE stands and lists its members."""
import collections
import ctypes
import ctypes.util
import hashlib
import io
import struct
import sys
import tarfile

PIECE = 1 << 20
FRAME = PIECE + (64 << 10)
LAST = 1 << 63

State = collections.namedtuple("State", "state pieces good archive link why")


def library(name):
    return ctypes.CDLL(ctypes.util.find_library(name) or f"lib{name}.so")


ZSTD = library("zstd")
ZSTD.ZSTD_decompress.restype = ctypes.c_size_t
SODIUM = library("sodium")
SODIUM.sodium_init()


class Short(Exception):
    """The bytes end before what they should hold."""


class Wrong(Exception):
    """The bytes are not as the page says."""


def need(data, at, size):
    if at + size > len(data):
        raise Short
    return data[at : at + size]


def frame_size(data, at):
    """The bytes of the Zstandard frame that begins at at, and of its content (RFC 8878 3.1.1)."""
    if need(data, at, 4) != b"\x28\xb5\x2f\xfd":
        raise Wrong("no frame")
    flags = need(data, at + 4, 1)[0]
    single, checksum = flags >> 5 & 1, flags >> 2 & 1
    if flags & 3:
        raise Wrong("a dictionary")
    off = at + 5
    window = None
    if not single:
        byte = need(data, off, 1)[0]
        window = (1 << (10 + (byte >> 3))) + (1 << (10 + (byte >> 3))) // 8 * (byte & 7)
        off += 1
    size = [1 if single else 0, 2, 4, 8][flags >> 6]
    if size == 0:
        raise Wrong("the size is unsaid")
    content = int.from_bytes(need(data, off, size), "little") + (256 if size == 2 else 0)
    off += size
    if not 1 <= content <= PIECE or (window or content) > 8 << 20:
        raise Wrong("too much")
    while True:
        head = int.from_bytes(need(data, off, 3), "little")
        last, kind, block = head & 1, head >> 1 & 3, head >> 3
        if kind == 3:
            raise Wrong("a block of no kind")
        off += 3 + (1 if kind == 1 else block)
        if last:
            break
    off += 4 * checksum
    if off - at > FRAME:
        raise Wrong("a frame too long")
    need(data, at, off - at)
    return off - at, content


def unpack(frame, size):
    out = ctypes.create_string_buffer(size)
    got = ZSTD.ZSTD_decompress(out, ctypes.c_size_t(size), frame, ctypes.c_size_t(len(frame)))
    if got != size:
        raise Wrong("it does not unpack")
    return out.raw


def piece(data, at, number, so_far, link):
    """One piece: where it ends, its content, its link, and whether it is the last."""
    size, content_size = frame_size(data, at)
    frame = data[at : at + size]
    tail = need(data, at + size, 64)
    said, total = struct.unpack("<QQ", tail[16:32])
    wanted = hashlib.sha256(b"calm chain/1\n" + link + hashlib.sha256(frame).digest() + tail[16:32]).digest()
    if tail[:16] != struct.pack("<II", 0x184D2A5C, 56) + b"calmlink" or said & ~LAST != number or tail[32:] != wanted:
        raise Wrong("the link does not fit")
    content = unpack(frame, content_size)
    if total != so_far + len(content) or total > 1 << 40:
        raise Wrong("the bytes do not fit")
    return at + size + 64, content, wanted, bool(said & LAST)


def check(data):
    """How far these frames are good."""
    at, link, had_last, archive, pieces = 0, bytes(32), False, [], 0
    so_far = 0
    state, why = "whole", ""
    while at < len(data) or not had_last:
        try:
            if had_last:
                raise Wrong("something behind the end")
            at, content, link, had_last = piece(data, at, pieces, so_far, link)
        except Short:
            state, why = "cut", "it ends inside a piece"
            break
        except Wrong as e:
            state, why = "altered", str(e)
            break
        archive.append(content)
        so_far += len(content)
        pieces += 1
    return State(state, pieces, at, b"".join(archive), link, why)


def head(data):
    """The boxes, the offset behind the empty line, and the hash that the chunks are bound to."""
    end = data.find(b"\n\n")
    if not data.startswith(b"calm-sealed/1\n") or end < 0:
        raise Wrong("no sealed bundle")
    boxes = []
    for line in data[14 : end + 1].splitlines():
        to, key, box = line.split(b" ")
        if to != b"to" or len(key) != 64 or len(box) != 160 or line != line.lower():
            raise Wrong("no box")
        boxes.append((bytes.fromhex(key.decode()), bytes.fromhex(box.decode())))
    if not 1 <= len(boxes) <= 16:
        raise Wrong("so many boxes")
    return boxes, end + 2, hashlib.sha256(data[: end + 2]).digest()


def pair(seed):
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    SODIUM.crypto_box_seed_keypair(public, secret, seed)
    return public.raw, secret.raw


def case_seed(compartment_key, case, compartment):
    return hashlib.blake2b(b"calm bundle key/1\n" + case + compartment.encode(), digest_size=32, key=compartment_key).digest()


def stream_key(boxes, public, secret):
    for key, box in boxes:
        out = ctypes.create_string_buffer(32)
        if key == public and SODIUM.crypto_box_seal_open(out, box, ctypes.c_ulonglong(len(box)), public, secret) == 0:
            return out.raw
    raise Wrong("sealed to none of these keys")


def unseal(data, public, secret):
    """The frames, and how the seal ended: whole, cut or altered."""
    boxes, at, bound = head(data)
    key = stream_key(boxes, public, secret)
    state = ctypes.create_string_buffer(SODIUM.crypto_secretstream_xchacha20poly1305_statebytes())
    frames = []
    try:
        SODIUM.crypto_secretstream_xchacha20poly1305_init_pull(state, need(data, at, 24), key)
        at += 24
        final = False
        while not final:
            size = int.from_bytes(need(data, at, 4), "little")
            if not 18 <= size <= 65553:
                raise Wrong("a chunk of no size")
            chunk = need(data, at + 4, size)
            out, got, tag = ctypes.create_string_buffer(size), ctypes.c_ulonglong(), ctypes.c_ubyte()
            if SODIUM.crypto_secretstream_xchacha20poly1305_pull(
                state, out, ctypes.byref(got), ctypes.byref(tag), chunk, ctypes.c_ulonglong(size), bound, ctypes.c_ulonglong(32)
            ):
                raise Wrong("a chunk does not open")
            if tag.value not in (0, 3):
                raise Wrong("a tag of no kind")
            final = tag.value == 3
            frames.append(out.raw[: got.value])
            at += 4 + size
        if at != len(data):
            raise Wrong("something behind the end")
    except Short:
        return b"".join(frames), "cut"
    except Wrong:
        return b"".join(frames), "altered"
    return b"".join(frames), "whole"


def seal(frames, public):
    """Sealed to one key, with a stream key that is not secret."""
    key, box = bytes(range(32)), ctypes.create_string_buffer(80)
    SODIUM.crypto_box_seal(box, key, ctypes.c_ulonglong(32), public)
    out = b"calm-sealed/1\nto " + public.hex().encode() + b" " + box.raw.hex().encode() + b"\n\n"
    bound = hashlib.sha256(out).digest()
    state, start = ctypes.create_string_buffer(SODIUM.crypto_secretstream_xchacha20poly1305_statebytes()), ctypes.create_string_buffer(24)
    SODIUM.crypto_secretstream_xchacha20poly1305_init_push(state, start, key)
    out += start.raw
    chunks = [frames[i : i + 65536] for i in range(0, len(frames), 65536)]
    for number, chunk in enumerate(chunks, 1):
        sealed = ctypes.create_string_buffer(len(chunk) + 17)
        SODIUM.crypto_secretstream_xchacha20poly1305_push(
            state, sealed, None, chunk, ctypes.c_ulonglong(len(chunk)), bound, ctypes.c_ulonglong(32), ctypes.c_ubyte(3 if number == len(chunks) else 0)
        )
        out += len(sealed.raw).to_bytes(4, "little") + sealed.raw
    return out


def recipient(text):
    """The key in a recipient's file."""
    version, key, whom, digits = text.decode().splitlines()
    raw = bytes.fromhex(key.removeprefix("key "))
    if version != "calm-recipient/1" or not whom.startswith("for ") or digits != "check " + hashlib.sha256(raw).hexdigest()[:4] or len(raw) != 32:
        raise Wrong("no recipient")
    return raw


def members(archive):
    """The archive's members, by Python's own reader."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
        return [(m, tar.extractfile(m).read() if m.isreg() else None) for m in tar.getmembers()]


def manifest_faults(archive):
    """What the manifest says and the archive does not hold, or the other way round."""
    import json  # pylint: disable=import-outside-toplevel

    found = {m.name: (m.size, hashlib.sha256(content or b"").hexdigest()) for m, content in members(archive)}
    said, end = {}, None
    for m, content in members(archive):
        if m.name.startswith("manifest-"):
            for line in content.decode().splitlines():
                row = json.loads(line)
                name = bytes.fromhex(row["member_hex"]).decode("utf-8", "surrogateescape") if "member_hex" in row else row["member"]
                said[name] = (row["size"], row["sha256"])
        if m.name == "end.json":
            end = json.loads(content)
    for name in list(found):
        if name.startswith("manifest-") or name == "end.json":
            said.setdefault(name, found[name])
    faults = sorted(set(found.items()) ^ set(said.items()))
    if not end or end["members"] != len(found) - 1:
        faults.append(("end.json", end))
    return faults


def main():
    with open(sys.argv[1], "rb") as f:
        data = f.read()
    if len(sys.argv) > 2:
        secret = bytes.fromhex(sys.argv[2])
        public = ctypes.create_string_buffer(32)
        SODIUM.crypto_scalarmult_base(public, secret)
        data, ended = unseal(data, public.raw, secret)
        print("seal:", ended)
    state = check(data)
    print(f"{state.state} {state.why}: {state.pieces} pieces, {state.good} bytes good, {len(state.archive)} of the archive, link {state.link.hex()}")
    if state.state == "whole":
        for m, _ in members(state.archive):
            print(m.size, m.name)
        print("manifest:", manifest_faults(state.archive) or "fits")


if __name__ == "__main__":
    main()
