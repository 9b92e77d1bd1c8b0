"""bad_fs.py PLACE BACKING CONTROL: a user-space file system of one file at PLACE, with the bytes of BACKING. CONTROL is read again for each read: each
line "slow OFFSET SIZE SECONDS" or "bad OFFSET SIZE" is of the reads that touch these bytes, and "stuck OFFSET SIZE" of those that are never answered, while all
others are. It says "ready" once it is there, and "stuck" for each such read. The messages are those of linux/fuse.h."""
import ctypes
import errno
import os
import struct
import sys
import time

GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT = 3, 14, 15, 17, 18, 25, 26
SILENT = (2, 36, 42)  # FORGET, INTERRUPT, BATCH_FORGET: nobody waits for an answer


def attributes(size):
    return struct.pack("<6Q10I", 1, size, (size + 511) // 512, 0, 0, 0, 0, 0, 0, 0o100644, 1, 0, 0, 0, 4096, 0)


def touched(control, kind, begin, end):
    """What a line of that kind says beside the bytes, of those that this read touches."""
    for line in open(control, encoding="utf-8"):
        word, off, size, *more = line.split()
        if word == kind and begin < int(off) + int(size) and end > int(off):
            return more or [""]
    return None


def read(request, backing, control):
    off, size = struct.unpack_from("<8xQI", request, 40)
    slow = touched(control, "slow", off, off + size)
    if slow:
        time.sleep(float(slow[0]))
    return errno.EIO if touched(control, "bad", off, off + size) else os.pread(backing, size, off)


def is_stuck(what, request, control):
    off, size = struct.unpack_from("<8xQI", request, 40) if what == READ else (0, 0)
    return size and touched(control, "stuck", off, off + size) is not None


def reply(what, request, backing, control):
    if what == INIT:
        return struct.pack("<4I2H2I2H8I", 7, 26, 0x20000, 0, 16, 12, 131072, 1, 32, 0, *[0] * 8)
    if what == GETATTR:
        return struct.pack("<QII", 0, 0, 0) + attributes(os.fstat(backing).st_size)
    if what == OPEN:
        return struct.pack("<QII", 1, 1 << 5 | (1 << 1 if touched(control, "stuck", 0, 1 << 62) else 0), 0)  # FOPEN_NOFLUSH, FOPEN_KEEP_CACHE: who opens or closes waits for nobody
    if what == READ:
        return read(request, backing, control)
    if what == STATFS:
        return struct.pack("<5Q4I", 0, 0, 0, 0, 0, 4096, 255, 4096, 0) + bytes(24)
    return b"" if what in (RELEASE, FLUSH) else errno.ENOSYS


def main():
    place, backing, control = sys.argv[1:4]
    fd, data = os.open("/dev/fuse", os.O_RDWR), os.open(backing, os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={fd},rootmode=100644,user_id=0,group_id=0,allow_other,max_read=131072".encode()
    if libc.mount(b"bad", place.encode(), b"fuse.bad", 0, options) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    print("ready", flush=True)
    while True:
        try:
            request = os.read(fd, 1 << 20)
        except OSError:
            return  # it is mounted no more
        what, unique = struct.unpack_from("<4xIQ", request)
        if what in SILENT:
            continue
        if is_stuck(what, request, control):
            print("stuck", flush=True)
            continue
        body = reply(what, request, data, control)
        error, body = (0, body) if isinstance(body, bytes) else (-body, b"")
        os.write(fd, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


if __name__ == "__main__":
    main()
