"""slow_fs.py PLACE MODE [PROGRAM [OTHER]]: a user-space file system at PLACE (a folder, or with the mode of a file one file) that answers nothing after
it is mounted. With PROGRAM it holds one file, the program, and answers until SIGUSR1; with OTHER it holds that once the first was read to its end. The messages are those of linux/fuse.h."""
import ctypes
import os
import signal
import struct
import sys

LOOKUP, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR = 1, 3, 14, 15, 17, 18, 25, 26, 27, 29
ENOSYS = 38


def main():
    place, mode = sys.argv[1], int(sys.argv[2], 8)
    content, *others = [open(name, "rb").read() for name in sys.argv[3:]] or [b""]
    answers = [bool(content)]
    signal.signal(signal.SIGUSR1, lambda *_: answers.clear())
    fd = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={fd},rootmode={mode:o},user_id=0,group_id=0,allow_other".encode()
    if libc.mount(b"slow", place.encode(), b"fuse.slow", 0, options) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    print("ready", flush=True)
    while True:
        request = os.read(fd, 1 << 20)
        what, unique, node = struct.unpack_from("<4xIQQ", request)
        body = reply(what, node, request, content, len(sys.argv) > 4) if answers or what == INIT else None
        if body is not None:
            error, body = (0, body) if isinstance(body, bytes) else (-body, b"")
            os.write(fd, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
            if what == READ and others and not body:
                content = others.pop()


def attributes(node, content):
    size, mode = (len(content), 0o100755) if node > 1 else (0, 0o40755)
    return struct.pack("<6Q10I", node, size, (size + 511) // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def reply(what, node, request, content, is_direct):
    if what == INIT:
        return struct.pack("<4I2H2I2H8I", 7, 26, 0x20000, 0, 16, 12, 65536, 1, 16, 0, *[0] * 8)
    if what == LOOKUP:
        return struct.pack("<4Q2I", 2, 0, 0, 0, 0, 0) + attributes(2, content)
    if what == GETATTR:
        return struct.pack("<QII", 0, 0, 0) + attributes(node, content)
    if what in (OPEN, OPENDIR):
        return struct.pack("<QII", 1, int(is_direct and what == OPEN), 0)  # FOPEN_DIRECT_IO: nothing is remembered
    if what == READ:
        offset, size = struct.unpack_from("<8xQI", request, 40)
        return content[offset : offset + size]
    if what == STATFS:
        return struct.pack("<5Q4I", 0, 0, 0, 0, 0, 4096, 255, 4096, 0) + bytes(24)
    return b"" if what in (RELEASE, FLUSH, RELEASEDIR) else ENOSYS


if __name__ == "__main__":
    main()
