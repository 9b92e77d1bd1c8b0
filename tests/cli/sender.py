"""sender.py: both ends of doc/format/bundle.md section 4, made by hand from that page with libsodium, for senders and receivers that behave and for
those that do not."""
import ctypes
import hashlib
import os
import socket
import struct
import sys

from harness import ROOT

sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import bundle  # noqa: E402  pylint: disable=wrong-import-position

MOST = 65536


class Key:
    """The key of one bundle, and the collection that is named for it."""

    def __init__(self):
        public, self.secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        bundle.SODIUM.crypto_sign_keypair(public, self.secret)
        self.public = public.raw
        self.collection = hashlib.sha256(self.public).digest()[:16]

    def proof(self, nonce, collection, token):
        text = b"calm-send/2\n" + nonce + collection + token.encode()
        signature = ctypes.create_string_buffer(64)
        bundle.SODIUM.crypto_sign_detached(signature, None, text, ctypes.c_ulonglong(len(text)), self.secret)
        return f"{self.public.hex()} {signature.raw.hex()}\n".encode()


def proves(line, nonce, collection, token):
    """Whether a line is the proof for that collection."""
    public, signature = (bytes.fromhex(part) for part in line.decode().rstrip("\n").split(" "))
    text = b"calm-send/2\n" + nonce + collection + token.encode()
    fits = bundle.SODIUM.crypto_sign_verify_detached(signature, text, ctypes.c_ulonglong(len(text)), public) == 0
    return fits and hashlib.sha256(public).digest()[:16] == collection


def data(content):
    return b"D" + struct.pack("<I", len(content)) + content


def end(whole):
    return b"E" + struct.pack("<IQ", 40, len(whole)) + hashlib.sha256(whole).digest()


class Sender:
    """One connection."""

    def __init__(self, place, token, key=None, source=None):
        host, port = place.removeprefix("tcp://").rsplit(":", 1)
        self.wire = socket.create_connection((host.strip("[]"), int(port)), 20, source_address=source)
        self.token = token
        self.key = key or Key()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def exactly(self, size):
        got = b""
        while len(got) < size:
            part = self.wire.recv(size - len(got))
            if not part:
                raise EOFError(got)
            got += part
        return got

    def line(self):
        said = b""
        while not said.endswith(b"\n"):
            said += self.exactly(1)
        return said.decode()

    def ask(self, collection=None):
        """Greets; the receiver's 32 bytes come back."""
        self.wire.sendall(f"calm-send/2 {self.token} {(collection or self.key.collection).hex()}\n".encode())
        word, nonce = self.line().split()
        assert word == "prove", word
        return bytes.fromhex(nonce)

    def prove(self, collection=None):
        """Greets and proves; the receiver's line comes back."""
        collection = collection or self.key.collection
        self.wire.sendall(self.key.proof(self.ask(collection), collection, self.token))
        return self.line()

    def greet(self):
        """So many bytes are there already."""
        word, have = self.prove().split(maxsplit=1)
        assert word == "have", (word, have)
        return int(have)

    def message(self):
        """The receiver's next: ("A", offset), ("F", None), ("X", None), ("N", words), ("W", words)."""
        kind = self.exactly(1).decode()
        if kind == "A":
            return kind, struct.unpack("<Q", self.exactly(8))[0]
        if kind in "NW":
            return kind, self.exactly(self.exactly(1)[0]).decode()
        return kind, None

    def send(self, content, until=None):
        """Sends data, and waits until so much is confirmed."""
        for at in range(0, len(content), MOST):
            self.wire.sendall(data(content[at : at + MOST]))
        while until is not None:
            kind, offset = self.message()
            assert kind == "A", (kind, offset)
            if offset >= until:
                return

    def finish(self, whole):
        """Ends; the verdict comes back."""
        self.wire.sendall(end(whole))
        while True:
            kind, words = self.message()
            if kind != "A":
                return kind if words is None else (kind, words)

    def is_over(self):
        """Whether the receiver closed the connection, or does within the time."""
        try:
            return self.wire.recv(1) == b""
        except ConnectionError:
            return True


def nonce():
    return os.urandom(32)
