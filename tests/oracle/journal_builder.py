"""A builder of cj/1 journals for tests, written from doc/format/journal.md.

It shares no code with verify.py, so that a slip in one shows against the
other.  It builds good journals with little said, and lets a test override any
part of any record to build a broken one.  All randomness comes from a seed.
"""

import base64
import copy
import functools
import hashlib
import json
import os
import random
import subprocess

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ZEROS = "0" * 64
SEPARATORS = (",", ":")
DASH = "\u2014"


def digest(data):
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def spell(value):
    """JSON as section 2 spells it (for values that need no escapes)."""
    return json.dumps(value, separators=SEPARATORS, ensure_ascii=False)


def leaf(line):
    """The leaf hash of a line, in hex."""
    return digest(b"\0" + line.encode("latin-1"))


def tree_root(leaves):
    """MTH of RFC 6962 over leaf hashes in bytes: its recursion, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    left, right = tree_root(leaves[:half]), tree_root(leaves[half:])
    return hashlib.sha256(b"\1" + left + right).digest()


def printed(root):
    """A hash (hex) as eight groups with check digits (section 8)."""
    groups = []
    for number in range(1, 9):
        group = root[8 * number - 8:8 * number]
        check = digest(b"cj/1 page\n%d:%s" % (number, group.encode()))[:2]
        groups.append(group + "-" + check)
    return " ".join(groups)


class Key:
    """An Ed25519 key pair."""

    def __init__(self, seed):
        self.seed = seed
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.private.public_key().public_bytes(
            Encoding.Raw, PublicFormat.Raw)
        self.hex = self.public.hex()

    def sign(self, message):
        """64 bytes of signature."""
        return self.private.sign(message)


def field_commitment(case, ident, name, salt, value):
    """The commitment of section 5."""
    return digest(b"cj/1 field\n" + bytes.fromhex(case) + bytes.fromhex(ident)
                  + bytes([len(name)]) + name.encode() + bytes.fromhex(salt)
                  + len(value).to_bytes(8, "big") + value)


def opening_line(ident, name, salt, value):
    """One line of an openings file, without LF."""
    return spell({"id": ident, "name": name, "salt": salt,
                  "value": base64.b64encode(value).decode()})


def sign_statement(key, body):
    """The text of a statement: a body without `sig`, signed."""
    text = body if isinstance(body, str) else spell(body)
    signature = key.sign(b"cj/1 statement\n" + text.encode("latin-1"))
    return '%s,"sig":"%s"}' % (text[:-1], signature.hex())


def entry_line(case, seq, prev, epoch, logged, statement):
    """A line, without LF."""
    return ('{"v":1,"case":"%s","seq":%d,"prev":"%s","epoch":%d,'
            '"logged":"%s","statement":%s}'
            % (case, seq, prev, epoch, logged, statement))


class Copy:
    """One copy of a journal: its lines, its openings, and what is in them."""

    def __init__(self, seed=1):
        self.random = random.Random(seed)
        self.lines = []
        self.bodies = []     # the statement of each record, as text
        self.logged = []     # and its `logged`
        self.ids = []
        self.case = ZEROS
        self.openings = []   # (id, name, salt, value)

    # small things

    def hex(self, size):
        """Random bytes in hex."""
        return self.random.randbytes(size).hex()

    def new_key(self):
        """A fresh key."""
        return Key(self.random.randbytes(32))

    def now(self):
        """A time; each record is one second after the one before."""
        at = len(self.lines)
        return "2024-05-06T%02d:%02d:%02d.%09dZ" % (
            at // 3600 % 24, at // 60 % 60, at % 60,
            self.random.randrange(10**9))

    def leaves(self):
        """The leaf hashes of all lines."""
        return [bytes.fromhex(leaf(line)) for line in self.lines]

    def root(self, size=None):
        """The root of the first `size` lines (all), in hex."""
        size = len(self.lines) if size is None else size
        return tree_root(self.leaves()[:size]).hex()

    def head(self, size=None):
        """The leaf hash of the last of the first `size` lines, in hex."""
        size = len(self.lines) if size is None else size
        return leaf(self.lines[size - 1]) if size else ZEROS

    def fork(self):
        """Another copy, which goes on by itself."""
        other = copy.deepcopy(self)
        other.random = random.Random(self.random.random())
        return other

    def data(self):
        """The bytes of the skeleton."""
        return "".join(line + "\n" for line in self.lines).encode("latin-1")

    def openings_data(self, chosen=None):
        """The bytes of an openings file."""
        chosen = self.openings if chosen is None else chosen
        return "".join(opening_line(*each) + "\n" for each in chosen).encode()

    # records

    def body(self, key, kind, public=None, fields=None, refs=(), **other):
        """A statement without `sig`, as a dict in the right order."""
        ident = other.get("id", self.hex(16))
        case = other.get("case", self.case)
        commitments = {}
        for name, content in sorted((fields or {}).items()):
            salt = self.hex(32)
            commitments[name] = field_commitment(case, ident, name, salt, content)
            self.openings.append((ident, name, salt, content))
        body = {
            "id": ident,
            "case": case,
            "seen": [len(self.lines), self.head()],
            "time": self.now(),
            "boot": self.hex(16),
            "mono": self.random.randrange(10**15),
            "clock": "ntp",
            "by": key.hex,
            "type": kind,
            "tlp": "amber",
            "scope": "team",
            "public": dict(sorted((public or {}).items())),
            "fields": commitments,
            "refs": list(refs),
        }
        body.update(other)
        return body

    def append(self, statement, logged=None, **entry):
        """Write a statement's text as the next record; gives its id."""
        at = {"case": self.case, "seq": len(self.lines), "prev": self.head(),
              "epoch": 0, "logged": logged or self.now()}
        at.update(entry)
        self.lines.append(entry_line(statement=statement, **at))
        self.bodies.append(statement)
        self.logged.append(at["logged"])
        self.ids.append(statement[7:39])
        return self.ids[-1]

    def add(self, key, kind, public=None, fields=None, refs=(), entry=None,
            **other):
        """Sign and write a record; gives its id."""
        body = self.body(key, kind, public, fields, refs, **other)
        return self.append(sign_statement(key, body), **(entry or {}))

    def start(self, lead, recovery, fields=None, public=None, **other):
        """Record 0."""
        said = {"format": "cj/1", "key": lead.hex, "policy": "default",
                "recovery": recovery.hex}
        said.update(public or {})
        ident = self.add(lead, "case/1", said, fields, **other)
        self.case = leaf(self.lines[0])
        return ident

    def proof(self, key, case=None):
        """The proof of an `enrol/1`."""
        return key.sign(b"cj/1 enrol\n" + (case or self.case).encode()).hex()

    def enrol(self, by, key, power, proof=None, **other):
        """An `enrol/1`."""
        return self.add(by, "enrol/1", {
            "key": key.hex, "power": power,
            "proof": proof or self.proof(key)}, **other)

    def revoke(self, by, key, start, **other):
        """A `revoke/1`."""
        return self.add(by, "revoke/1", {"from": start, "key": key.hex}, **other)

    def note(self, key, fields=None, refs=(), **other):
        """A record of the application."""
        fields = {"text": b"what was seen"} if fields is None else fields
        return self.add(key, "note/1", {"lang": "en"}, fields, refs, **other)

    def request(self, by, target, names, **other):
        """A `redact-request/1`."""
        return self.add(by, "redact-request/1",
                        {"names": names, "target": target}, **other)

    def approve(self, by, request, **other):
        """A `redact-approve/1`."""
        return self.add(by, "redact-approve/1", {"request": request}, **other)

    def redact(self, by, target, names, approvals, **other):
        """A `redact/1`; drops the openings too."""
        self.openings = [each for each in self.openings
                         if each[0] != target or each[1] not in names]
        return self.add(by, "redact/1", {"approvals": approvals,
                                         "names": names, "target": target},
                        **other)

    def hold(self, by, state, **other):
        """A `hold/1`."""
        return self.add(by, "hold/1", {"state": state}, **other)

    # checkpoints and anchors

    def checkpoint_text(self, size=None, root=None):
        """The three lines of a checkpoint."""
        size = len(self.lines) if size is None else size
        root = root or self.root(size)
        encoded = base64.b64encode(bytes.fromhex(root)).decode()
        return ("cj/1/%s\n%d\n%s\n" % (self.case, size, encoded)).encode()

    def checkpoint(self, by, signer=None, size=None, public=None, **other):
        """A `checkpoint/1`."""
        size = len(self.lines) if size is None else size
        signer = signer or by
        signature = signer.sign(self.checkpoint_text(size))
        said = {"key": signer.hex, "root": self.root(size),
                "sig": base64.b64encode(signature).decode(), "size": size}
        said.update(public or {})
        return self.add(by, "checkpoint/1", said, **other)

    def anchor(self, by, kind, name, token, size=None, public=None, **other):
        """An `anchor/1` with a token of this kind (bytes)."""
        size = len(self.lines) if size is None else size
        said = {"kind": kind, "name": name, "root": self.root(size),
                "size": size, "token": base64.b64encode(token).decode()}
        said.update(public or {})
        return self.add(by, "anchor/1", said, **other)

    def witness(self, by, witness, name="witness.example/w", size=None,
                seconds=1715000000, **other):
        """An `anchor/1` with a cosignature."""
        text = self.checkpoint_text(size)
        token = cosignature(witness, name, seconds, text)
        return self.anchor(by, "witness", name, token, size, **other)

    # merging

    def common(self, other):
        """The number of records that both copies begin with."""
        fork = 0
        for mine, theirs in zip(self.lines, other.lines):
            if mine != theirs:
                break
            fork += 1
        return fork

    def plan(self, other, fork):
        """(skip triples, B's places that are to be merged)."""
        skip, merged = [], []
        places = {ident: place for place, ident in enumerate(self.ids)}
        for b in range(fork, len(other.lines)):
            a = places.get(other.ids[b])
            if a is None:
                merged.append(b)
            elif skip and skip[-1][0] + skip[-1][2] == b \
                    and skip[-1][1] + skip[-1][2] == a:
                skip[-1][2] += 1
            else:
                skip.append([b, a, 1])
        return skip, merged

    def merge(self, by, other, fork=None, public=None, take=None, **more):
        """A `merge/1` and the statements that it brings; gives its place."""
        fork = self.common(other) if fork is None else fork
        skip, merged = self.plan(other, fork)
        said = {"count": len(merged), "fork": fork, "head": other.head(),
                "root": other.root(), "size": len(other.lines),
                "skip": [number for triple in skip for number in triple]}
        said.update(public or {})
        place = len(self.lines)
        self.add(by, "merge/1", said, **more)
        for b in merged if take is None else take:
            self.append(other.bodies[b], other.logged[b])
        known = {each[:2] for each in self.openings}
        self.openings += [each for each in other.openings
                          if each[:2] not in known and each[0] in self.ids]
        return place


# ------------------------------------------- Ed25519 from its definition

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
IDENTITY = (0, 1)


def recover_x(y):
    """The even x of a y on the curve, or None."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    return x if x % 2 == 0 else P - x


BASE = (recover_x(4 * pow(5, P - 2, P) % P), 4 * pow(5, P - 2, P) % P)


def add_points(one, two):
    """The sum of two points of -x^2 + y^2 = 1 + D x^2 y^2."""
    (a, b), (x, y) = one, two
    twist = D * a * x * b * y % P
    return ((a * y + x * b) * pow(1 + twist, P - 2, P) % P,
            (b * y + a * x) * pow(1 - twist, P - 2, P) % P)


def add_extended(one, two):
    """The same for (X, Y, Z, T) of RFC 8032 section 5.1.4: no division."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(number, point):
    """A point added to itself, number times."""
    x, y = point
    point, total = (x, y, 1, x * y % P), (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add_extended(total, point)
        point, number = add_extended(point, point), number >> 1
    divisor = pow(total[2], -1, P)
    return (total[0] * divisor % P, total[1] * divisor % P)


def encode_point(point):
    """The 32 bytes of a point."""
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


@functools.lru_cache(maxsize=None)
def point_of_order_8():
    """The first y whose point, times ORDER, has order 8."""
    for y in range(2, 1000):
        x = recover_x(y)
        if x is not None:
            point = multiply(ORDER, (x, y))
            if multiply(4, point) != IDENTITY:
                return point
    raise AssertionError("no point of order 8")


class MixedKey:
    """A key A + T, where T has order 8; or a true key with R + T instead.

    Such a signature holds with the equation that multiplies by the cofactor.
    With the one that does not, it holds only if T drops out by chance: for
    `in_key`, where k is a multiple of 8; for `in_r`, never.
    """

    def __init__(self, seed, in_key):
        head = bytearray(hashlib.sha512(seed).digest()[:32])
        head[0] &= 248
        head[31] = head[31] & 127 | 64
        self.scalar, self.in_key = int.from_bytes(head, "little"), in_key
        self.torsion = point_of_order_8()
        point = multiply(self.scalar, BASE)
        if in_key:
            point = add_points(point, self.torsion)
        self.public = encode_point(point)
        self.hex = self.public.hex()

    def challenge(self, r, message):
        """The k of RFC 8032."""
        data = hashlib.sha512(r + self.public + message).digest()
        return int.from_bytes(data, "little") % ORDER

    def sign(self, message):
        """A signature; with `in_key`, one that strictly holds."""
        for nonce in range(1, 1000):
            secret = int(digest(self.public + message + b"%d" % nonce), 16) % ORDER
            point = multiply(secret, BASE)
            if not self.in_key:
                point = add_points(point, self.torsion)
            r = encode_point(point)
            k = self.challenge(r, message)
            if not self.in_key or k % 8 == 0:
                s = (secret + k * self.scalar) % ORDER
                return r + s.to_bytes(32, "little")
        raise AssertionError("no k that is a multiple of 8")


# ------------------------------------------------------------------- notes


def key_hash(name, kind, key):
    """Four bytes that name a key in a note."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind])
                          + key.public).digest()[:4]


def plain_signature(key, name, text):
    """The bytes of a signature line of type 0x01."""
    return key_hash(name, 1, key) + key.sign(text)


def cosignature(key, name, seconds, text):
    """The bytes of a signature line of type 0x04."""
    signed = b"cosignature/v1\ntime %d\n" % seconds + text
    return (key_hash(name, 4, key) + seconds.to_bytes(8, "big")
            + key.sign(signed))


def signed_note(text, signatures):
    """A note of a text and (name, bytes) pairs."""
    lines = ["%s %s %s\n" % (DASH, name, base64.b64encode(data).decode())
             for name, data in signatures]
    return text + b"\n" + "".join(lines).encode()


# ------------------------------------------------------------- time stamps

CONFIG = """
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/ca.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
ess_cert_id_alg = sha256
[req]
distinguished_name = name
[name]
[tsa_extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, {usage}
"""


class Authority:
    """A throw-away CA and time-stamp authority in a folder."""

    def __init__(self, folder, usage="timeStamping"):
        self.folder = folder
        self.ca = os.path.join(folder, "ca.pem")
        self.tsa = os.path.join(folder, "tsa.pem")
        self.write("config", CONFIG.format(folder=folder, usage=usage).encode())
        self.write("serial", b"01\n")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
                     "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "3650")
        self.openssl("req", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tsa.key",
                     "-out", "tsa.csr", "-subj", "/CN=Test TSA",
                     "-config", "config")
        self.openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem",
                     "-CAkey", "ca.key", "-CAcreateserial", "-days", "3000",
                     "-extfile", "config", "-extensions", "tsa_extensions",
                     "-out", "tsa.pem")

    def write(self, name, data):
        """Write a file of the folder."""
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data)

    def openssl(self, *arguments):
        """Run openssl in the folder."""
        subprocess.run(("openssl",) + arguments, cwd=self.folder, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def stamp(self, text, certificate=True, token=False, algorithm="sha256"):
        """A TimeStampResp over a text, or its token alone."""
        self.write("text", text)
        query = ["ts", "-query", "-data", "text", "-" + algorithm, "-no_nonce",
                 "-out", "query"] + (["-cert"] if certificate else [])
        self.openssl(*query)
        reply = ["ts", "-reply", "-config", "config", "-section", "tsa_config",
                 "-queryfile", "query", "-out", "reply"]
        self.openssl(*(reply + (["-token_out"] if token else [])))
        with open(os.path.join(self.folder, "reply"), "rb") as file:
            return file.read()
