"""attacker.py: what somebody can do who has the files of a case, and perhaps a key: written from doc/format alone, with libsodium."""
import base64
import ctypes
import hashlib
import json
import os
import sqlite3

SODIUM = ctypes.CDLL("libsodium.so.23")
SODIUM.sodium_init()
ZEROS = "0" * 64


def seal_to(public, message):
    """A box that only the holder of that Ed25519 key opens. Anybody can make one."""
    curve = ctypes.create_string_buffer(32)
    if SODIUM.crypto_sign_ed25519_pk_to_curve25519(curve, public):
        raise ValueError("not a key")
    out = ctypes.create_string_buffer(len(message) + 48)
    SODIUM.crypto_box_seal(out, message, ctypes.c_ulonglong(len(message)), curve)
    return out.raw


class Key:
    """A private key: of one's own, or read from a person's key file (doc/format/keys.md)."""

    def __init__(self, seed=None):
        public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_seed_keypair(public, secret, seed or os.urandom(32))
        self.public, self.secret = public.raw, secret.raw

    @staticmethod
    def of(person):
        path, = (person.home / ".local/share/calm/keys").glob("*.key")
        return Key(bytes.fromhex(path.read_text().splitlines()[-1].split()[-1]))

    def sign(self, message):
        sig = ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_detached(sig, None, message, ctypes.c_ulonglong(len(message)), self.secret)
        return sig.raw

    def unseal(self, box):
        pk, sk = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
        SODIUM.crypto_sign_ed25519_pk_to_curve25519(pk, self.public)
        SODIUM.crypto_sign_ed25519_sk_to_curve25519(sk, self.secret)
        out = ctypes.create_string_buffer(len(box) - 48)
        if SODIUM.crypto_box_seal_open(out, box, ctypes.c_ulonglong(len(box)), pk, sk):
            return None
        return out.raw


def leaf(line):
    return hashlib.sha256(b"\0" + line.encode()).hexdigest()


def items(sealed):
    """The items of a sealed string (src/case/scope.h): name and box."""
    found = {}
    while sealed:
        size = sealed[0]
        name = sealed[1:1 + size].decode()
        length = int.from_bytes(sealed[1 + size:5 + size], "big")
        found[name] = sealed[5 + size:5 + size + length]
        sealed = sealed[5 + size + length:]
    return found


def open_box(key, case, ident, name, box):
    """Salt and value, or None where the key is another."""
    ad = bytes.fromhex(case) + bytes.fromhex(ident) + name.encode()
    out = ctypes.create_string_buffer(max(len(box) - 40, 1))
    if SODIUM.crypto_aead_xchacha20poly1305_ietf_decrypt(out, None, None, box[24:], ctypes.c_ulonglong(len(box) - 24), ad,
                                                         ctypes.c_ulonglong(len(ad)), box[:24], key):
        return None
    return out.raw[:32], out.raw[32:len(box) - 40]


def close_box(key, case, ident, name, salt, value):
    """One item, sealed."""
    ad = bytes.fromhex(case) + bytes.fromhex(ident) + name.encode()
    nonce, plain = os.urandom(24), salt + value
    out = ctypes.create_string_buffer(len(plain) + 16)
    SODIUM.crypto_aead_xchacha20poly1305_ietf_encrypt(out, None, plain, ctypes.c_ulonglong(len(plain)), ad, ctypes.c_ulonglong(len(ad)), None, nonce, key)
    box = nonce + out.raw
    return bytes([len(name)]) + name.encode() + len(box).to_bytes(4, "big") + box


def commitment(case, ident, name, salt, value):
    return hashlib.sha256(b"cj/1 field\n" + bytes.fromhex(case) + bytes.fromhex(ident) + bytes([len(name)]) + name.encode() + salt
                          + len(value).to_bytes(8, "big") + value).hexdigest()


class Files:
    """The files of a case in the hands of somebody else."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, sql, *values):
        db = sqlite3.connect(self.folder / "case.db")
        try:
            with db:
                return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def lines(self):
        return [row[0] for row in self.run("SELECT line FROM lines ORDER BY seq")]

    def case_id(self):
        return leaf(self.lines()[0])

    def grants(self, scope="team"):
        return {bytes(key): bytes(sealed) for key, sealed in self.run("SELECT key, sealed FROM grants WHERE scope = ?", scope)}

    def set_grant(self, public, keys, scope="team"):
        self.run("INSERT OR REPLACE INTO grants VALUES (?, ?, ?)", scope, public, seal_to(public, b"".join(keys)))

    def opened_by(self, key):
        """Every value in the case that this scope key opens."""
        found = []
        for seq, sealed in self.run("SELECT seq, sealed FROM openings ORDER BY seq"):
            statement = json.loads(self.lines()[seq])["statement"]
            for name, box in items(bytes(sealed)).items():
                opened = open_box(key, self.case_id(), statement["id"], name, box)
                if opened:
                    found.append(opened[1].decode())
        return found

    def append(self, key, kind, values=(), public=None, refs=(), scope_key=None, by=None, tlp="amber", scope="team", sig=None):
        """A record at the end, as if `by` had written it; signed by `key`."""
        lines, case = self.lines(), self.case_id()
        last = json.loads(lines[-1])
        ident, fields, sealed = os.urandom(16).hex(), {}, b""
        for name, value in sorted(dict(values).items()):
            salt = os.urandom(32)
            fields[name] = commitment(case, ident, name, salt, value.encode())
            sealed += close_box(scope_key, case, ident, name, salt, value.encode())
        statement = {"id": ident, "case": case, "seen": [len(lines), leaf(lines[-1])], "time": last["logged"], "boot": "0" * 32, "mono": 0,
                     "clock": "ntp", "by": (by or key.public).hex(), "type": kind, "tlp": tlp, "scope": scope,
                     "public": dict(sorted((public or {}).items())), "fields": fields, "refs": list(refs)}
        text = json.dumps(statement, separators=(",", ":"))
        statement["sig"] = (sig or key.sign(b"cj/1 statement\n" + text.encode())).hex()
        line = json.dumps({"v": 1, "case": case, "seq": len(lines), "prev": leaf(lines[-1]), "epoch": 0, "logged": last["logged"],
                           "statement": statement}, separators=(",", ":"))
        self.run("INSERT INTO lines VALUES (?, ?)", len(lines), line)
        if sealed:
            self.run("INSERT INTO openings VALUES (?, ?)", len(lines), sealed)
        return ident


def proof(key, case):
    return key.sign(b"cj/1 enrol\n" + case.encode()).hex()


def grant_line(scope, public, keys):
    """A line of an export's journal.cjg."""
    return f"{scope} {public.hex()} {base64.b64encode(seal_to(public, b''.join(keys))).decode()}\n"
