#!/usr/bin/python3
"""An independent verifier of cj/1 journals.

Written from doc/format/journal.md alone; "section N" below means a section of
that page.  It shares no code with the program that writes journals, so that an
agreement of the two says something about both.

The work is done in this order, which is also the order in which the statuses
of section 11 outrank one another:

    1. every file is read            (a failure is status 4)
    2. every line is spelled         (a failure is status 3)
    3. nothing is from a later time, and the merges are
       within the limits             (else status 4)
    4. every rule holds              (else status 1)
    5. the openings fit              (else status 1)
    6. trust from outside is laid on (status 0 if it anchors, else 2)

The signature equation is left to OpenSSL; what makes a signature *strictly*
valid (section 4) is decided here, in plain integers.  Time-stamp tokens are
left to the command `openssl ts`.
"""

import base64
import binascii
import calendar
import hashlib
import os
import re
import subprocess
import sys
import tempfile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import load_pem_x509_certificate

VERIFIED, TAMPERED, VALID, MALFORMED, UNCHECKED = 0, 1, 2, 3, 4
SEVERITY = (VERIFIED, VALID, UNCHECKED, MALFORMED, TAMPERED)
VERDICT = {
    VERIFIED: "verified",
    TAMPERED: "tampered",
    VALID: "valid, not anchored",
    MALFORMED: "malformed",
    UNCHECKED: "could not check",
}

LINE_MAX = 65536
OPENING_LINE_MAX = 98304
VALUE_MAX = 65536
INTEGER_MAX = 9223372036854775807
NOTE_MAX = 1 << 20
TOKEN_MAX = 1 << 20
DEPTH_MAX = 16
BUILD_FREE = 1000000
BUILD_FACTOR = 16
OPENSSL_SECONDS = 60

ZEROS = b"0" * 64


class Finding(Exception):
    """Something that settles the status of a file."""

    status = UNCHECKED


class Unreadable(Finding):
    """A file that cannot be read (status 4, before all others)."""


class Malformed(Finding):
    """A file that is not spelled as the page says (status 3)."""

    status = MALFORMED


class Later(Finding):
    """A version, an epoch or a type from a later time (status 4)."""


class Tampered(Finding):
    """A rule is broken (status 1)."""

    status = TAMPERED


class BeyondLimits(Finding):
    """A merge is deeper or larger than section 10 allows (status 4)."""


class WrongCommandLine(Exception):
    """The command line is not one of section 11 (status 4)."""


def sha256(data):
    """The hash of this format."""
    return hashlib.sha256(data).digest()


# ---------------------------------------------------------------- spelling

INTEGER = rb"(?:0|[1-9][0-9]{0,18})"
STRING = rb'"[ !#-\[\]-~]*"'
NAME = rb"[a-z][a-z0-9-]{0,31}"
SCALAR = rb"(?:" + INTEGER + rb"|" + STRING + rb")"
ARRAY = rb"\[(?:" + SCALAR + rb"(?:," + SCALAR + rb")*)?\]"
VALUE = rb"(?:" + SCALAR + rb"|" + ARRAY + rb")"
ID = rb'"[0-9a-f]{32}"'
HASH = rb'"[0-9a-f]{64}"'
TIME = (
    rb"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    rb"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{9}Z"
)


def listed(item):
    """A pattern: none, one or more items with a comma between each two."""
    return rb"(?:" + item + rb"(?:," + item + rb")*)?"


TOKENS = {
    b"integer": rb"(" + INTEGER + rb")",
    b"string": rb'"([ !#-\[\]-~]*)"',
    b"id": rb'"([0-9a-f]{32})"',
    b"hash": rb'"([0-9a-f]{64})"',
    b"signature": rb'"([0-9a-f]{128})"',
    b"time": rb'"(' + TIME + rb')"',
    b"name": rb'"(' + NAME + rb')"',
    b"type": rb'"(' + NAME + rb'/[1-9][0-9]{0,2})"',
    b"public": rb"(" + listed(rb'"' + NAME + rb'":' + VALUE) + rb")",
    b"fields": rb"(" + listed(rb'"' + NAME + rb'":' + HASH) + rb")",
    b"refs": rb"(" + listed(ID) + rb")",
    b"object": rb"(\{.*\})",
}


def shape(template):
    """Turn a line of the page, with <tokens> in it, into a pattern.

    A format with exactly one spelling needs no JSON decoder: a pattern that
    fits the whole line proves the members, their order and the absence of
    white space, escapes and repeated members all at once.
    """
    parts = re.split(rb"<([a-z]+)>", template)
    for at in range(len(parts)):
        parts[at] = TOKENS[parts[at]] if at % 2 else re.escape(parts[at])
    return re.compile(b"".join(parts))


VERSION = re.compile(rb'\{"v":(' + INTEGER + rb"),")
ENTRY = shape(
    b'{"v":1,"case":<hash>,"seq":<integer>,"prev":<hash>,"epoch":<integer>,'
    b'"logged":<time>,"statement":<object>}'
)
STATEMENT = shape(
    b'{"id":<id>,"case":<hash>,"seen":[<integer>,<hash>],"time":<time>,'
    b'"boot":<id>,"mono":<integer>,"clock":<name>,"by":<hash>,"type":<type>,'
    b'"tlp":<name>,"scope":<name>,"public":{<public>},"fields":{<fields>},'
    b'"refs":[<refs>],"sig":<signature>}'
)
OPENING = shape(b'{"id":<id>,"name":<name>,"salt":<hash>,"value":<string>}')
PUBLIC_MEMBER = re.compile(rb'"(' + NAME + rb')":(' + VALUE + rb")")
FIELD = re.compile(rb'"(' + NAME + rb')":"([0-9a-f]{64})"')
ELEMENT = re.compile(SCALAR)
BARE_NAME = re.compile(NAME)
BARE_ID = re.compile(rb"[0-9a-f]{32}")
BARE_HASH = re.compile(rb"[0-9a-f]{64}")
BARE_SIGNATURE = re.compile(rb"[0-9a-f]{128}")

SIG_MEMBER_LENGTH = len(b',"sig":""}') + 128
CLOCKS = (b"ntp", b"free", b"unknown")
LABELS = (b"clear", b"green", b"amber", b"amber-strict", b"red")
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def integer(text):
    """The value of an integer token; more than 63 bits are not spelled."""
    value = int(text)
    if value > INTEGER_MAX:
        raise Malformed("an integer is too large")
    return value


def check_day(time):
    """The pattern lets 31 days pass in each month; the calendar does not."""
    year, month, day = int(time[0:4]), int(time[5:7]), int(time[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > DAYS[month - 1] + (leap and month == 2):
        raise Malformed("a day that does not exist in its month")


def check_ascending(names):
    """Names strictly ascend by byte, so that none is repeated either."""
    for before, after in zip(names, names[1:]):
        if not before < after:
            raise Malformed("member names do not ascend")


def scalar(text):
    """An integer as int, a string as bytes."""
    return text[1:-1] if text.startswith(b'"') else integer(text)


def value(text):
    """A value of section 2: int, bytes, or a list of these."""
    if text.startswith(b"["):
        return [scalar(part) for part in ELEMENT.findall(text)]
    return scalar(text)


def unbase64(text):
    """Bytes of a base64 text, or None where it is not the one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data) == text else None


class Statement:
    """What one key declared; the same object in every copy that holds it."""

    __slots__ = (
        "text", "id", "case", "seen", "by", "type", "public", "fields",
        "refs", "sig",
    )

    def __init__(self, text):
        found = STATEMENT.fullmatch(text)
        if not found:
            raise Malformed("a statement is not spelled as section 4 says")
        (self.id, self.case, seen, seen_leaf, time, _boot, mono, clock,
         self.by, self.type, tlp, _scope, public, fields, refs,
         self.sig) = found.groups()
        self.text = text
        self.seen = (integer(seen), seen_leaf)
        check_day(time)
        integer(mono)
        if clock not in CLOCKS or tlp not in LABELS:
            raise Malformed("an unknown clock or TLP label")
        members = PUBLIC_MEMBER.findall(public)
        check_ascending([name for name, _ in members])
        self.public = {name: value(text) for name, text in members}
        members = FIELD.findall(fields)
        check_ascending([name for name, _ in members])
        self.fields = dict(members)
        self.refs = [refs[at:at + 32] for at in range(1, len(refs), 35)]
        self.check_version()
        if self.type not in RULES:
            self.public = None

    def check_version(self):
        """A known type of another version is from a later time."""
        if self.type.split(b"/")[0] in KNOWN_NAMES and self.type not in RULES:
            raise Later("type %s" % self.type.decode())

    def signed(self):
        """The bytes under the signature (section 4)."""
        return b"cj/1 statement\n" + self.text[:-SIG_MEMBER_LENGTH] + b"}"


class Entry:
    """A record as it stands in one copy of a journal."""

    __slots__ = ("case", "seq", "prev", "epoch", "logged", "statement", "leaf")

    def __init__(self, case, seq, prev, epoch, logged, statement, leaf):
        self.case, self.seq, self.prev = case, seq, prev
        self.epoch, self.logged = epoch, logged
        self.statement, self.leaf = statement, leaf


def leaf_hash(line):
    """The leaf hash of a line (section 3), in hex."""
    return hashlib.sha256(b"\0" + line).hexdigest().encode()


def later_version(line):
    """The `v` of a line from a later time, else None (section 11)."""
    found = VERSION.match(line)
    if found and int(found[1]) != 1 and int(found[1]) <= INTEGER_MAX:
        return int(found[1])
    return None


def parse_entry(line, ended):
    """Spell one line of the version that this program knows."""
    if not ended or len(line) > LINE_MAX:
        raise Malformed("a line is too long or lacks its LF")
    found = ENTRY.fullmatch(line)
    if not found:
        raise Malformed("an entry is not spelled as section 3 says")
    case, seq, prev, epoch, logged, text = found.groups()
    check_day(logged)
    entry = Entry(case, integer(seq), prev, integer(epoch), logged,
                  Statement(text), leaf_hash(line))
    if entry.epoch != 0:
        raise Later("epoch %d" % entry.epoch)
    return entry


def open_file(path):
    """Open a file to read, or say that it cannot be read."""
    try:
        return open(path, "rb")
    except (OSError, ValueError) as error:
        raise Unreadable("cannot read %s: %s" % (path, error)) from None


def read_lines(path, longest):
    """Yield (line, ended) one by one, never holding more than one line.

    A line longer than `longest` comes out cut and not ended: it is malformed
    whatever follows, and no file can fill the memory with a single line.
    """
    with open_file(path) as file:
        while True:
            try:
                line = file.readline(longest + 2)
            except OSError as error:
                raise Unreadable("cannot read %s: %s" % (path, error)) from None
            if not line:
                return
            yield line.removesuffix(b"\n"), line.endswith(b"\n")


def read_small(path, most):
    """The bytes of a small file, at most one more than `most` of them."""
    with open_file(path) as file:
        try:
            return file.read(most + 1)
        except OSError as error:
            raise Unreadable("cannot read %s: %s" % (path, error)) from None


def read_journal(path):
    """All entries of a skeleton, and what is from a later time, if any.

    A later time is returned and not raised, because a line that is spelled
    wrong outranks it.  Only another `v` ends the judging of spelling: what
    follows may be spelled by rules of that later time.
    """
    entries, later = [], None
    for number, (line, ended) in enumerate(read_lines(path, LINE_MAX)):
        version = later_version(line)
        if version is not None:
            return entries, later or Later("line %d: v %d" % (number, version))
        try:
            entries.append(parse_entry(line, ended))
        except Malformed as finding:
            raise Malformed("line %d: %s" % (number, finding)) from None
        except Later as finding:
            later = later or Later("line %d: %s" % (number, finding))
    if not entries and not later:
        raise Malformed("no line at all")
    return entries, later


class Opening:
    """A value that lies beside the journal (section 5)."""

    __slots__ = ("id", "name", "salt", "value")

    def __init__(self, line):
        found = OPENING.fullmatch(line)
        if not found or len(line) > OPENING_LINE_MAX:
            raise Malformed("an opening is not spelled as section 5 says")
        self.id, self.name, self.salt, text = found.groups()
        self.value = unbase64(text)
        if self.value is None or len(self.value) > VALUE_MAX:
            raise Malformed("an opening's value is no base64 or too long")

    def commitment(self, case):
        """The commitment that this opening yields, in hex."""
        return hashlib.sha256(
            b"cj/1 field\n" + bytes.fromhex(case.decode())
            + bytes.fromhex(self.id.decode())
            + bytes([len(self.name)]) + self.name
            + bytes.fromhex(self.salt.decode())
            + len(self.value).to_bytes(8, "big") + self.value
        ).hexdigest().encode()


def read_openings(path):
    """All openings of a file; a file without a line holds none."""
    openings = []
    for line, ended in read_lines(path, OPENING_LINE_MAX):
        if not ended:
            raise Malformed("an opening is too long or lacks its LF")
        openings.append(Opening(line))
    return openings


# -------------------------------------------------------------- signatures

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)


def square_root(number):
    """A square root modulo P, or None."""
    root = pow(number, (P + 3) // 8, P)
    for candidate in (root, root * SQRT_MINUS_ONE % P):
        if candidate * candidate % P == number % P:
            return candidate
    return None


def small_order_y():
    """The y of the eight points whose order divides 8.

    Order 1 and 2: x = 0, so y = 1 or -1.  Order 4: y = 0.  Order 8: doubling
    gives y = 0, so y^2 = -x^2, and with the curve's equation
    D*y^4 + 2*y^2 - 1 = 0.
    """
    found = {0, 1, P - 1}
    root = square_root(1 + D)
    for square in ((-1 + root), (-1 - root)):
        y = square_root(square * pow(D, P - 2, P) % P)
        if y is not None:
            found |= {y, P - y}
    return frozenset(found)


SMALL_ORDER_Y = small_order_y()


def strict_point(encoding):
    """Is this a canonical encoding, and of no point of small order?

    x = 0 has only the y 1 and -1, which are of small order; so the rule about
    the sign bit needs no test of its own, and no point needs to be decoded:
    that y is the y of a point at all, OpenSSL sees.
    """
    y = int.from_bytes(encoding, "little") & (2**255 - 1)
    return y < P and y not in SMALL_ORDER_Y


class Bounded(dict):
    """A cache that forgets all when it is full: many journals, one process."""

    def put(self, key, item):
        """Remember an item and give it back."""
        if len(self) >= 100000:
            self.clear()
        self[key] = item
        return item


KEYS = Bounded()
SIGNATURES = Bounded()


def public_key(key):
    """OpenSSL's object for a strictly valid public key, else None."""
    if key not in KEYS:
        good = strict_point(key)
        KEYS.put(key, Ed25519PublicKey.from_public_bytes(key) if good else None)
    return KEYS[key]


def equation_holds(key, message, signature):
    """Strict Ed25519, uncached: S < L, canonical R of no small order, and
    [S]B = R + [k]A without cofactor, which is how OpenSSL computes it."""
    if int.from_bytes(signature[32:], "little") >= L:
        return False
    if not strict_point(signature[:32]):
        return False
    loaded = public_key(key)
    if loaded is None:
        return False
    try:
        loaded.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def signature_valid(key, message, signature):
    """Section 4's check of bytes `signature` by bytes `key` over `message`."""
    if len(key) != 32 or len(signature) != 64:
        return False
    known = key + signature + sha256(message)
    if known not in SIGNATURES:
        SIGNATURES.put(known, equation_holds(key, message, signature))
    return SIGNATURES[known]


def hex_signature_valid(key, message, signature):
    """The same with key and signature in hex."""
    return signature_valid(bytes.fromhex(key.decode()), message,
                           bytes.fromhex(signature.decode()))


# -------------------------------------------------------------------- tree


def node_hash(left, right):
    """An inner node of RFC 6962."""
    return sha256(b"\1" + left + right)


class Tree:
    """A Merkle tree of RFC 6962 that can give its root at every past size.

    It keeps all complete subtrees.  A copy of a journal that parts from
    another after `base` records takes those before from `parent`.
    """

    def __init__(self, parent=None, base=0):
        self.parent, self.base = parent, base
        self.size = base
        self.levels = []

    def node(self, level, index):
        """The hash of the complete subtree `index` with 2**level leaves."""
        tree = self
        while (index + 1) << level <= tree.base:
            tree = tree.parent
        return tree.levels[level][index - (tree.base >> level)]

    def leaf(self, index):
        """The leaf hash of record `index`, in bytes."""
        return self.node(0, index)

    def append(self, leaf):
        """Add a leaf hash, and each subtree that it completes."""
        self.put(0, leaf)
        self.size += 1
        level, count = 0, self.size
        while count % 2 == 0:
            index = count - 2
            self.put(level + 1, node_hash(self.node(level, index),
                                          self.node(level, index + 1)))
            level, count = level + 1, count // 2

    def put(self, level, node):
        """Add the next complete subtree of a level."""
        while len(self.levels) <= level:
            self.levels.append([])
        self.levels[level].append(node)

    def root(self, size):
        """MTH of the first `size` leaves."""
        if size == 0:
            return sha256(b"")
        peaks, start = [], 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                peaks.append(self.node(level, start >> level))
                start += 1 << level
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root


def checkpoint_text(case, size, root):
    """The text of a checkpoint (section 7)."""
    return b"cj/1/%s\n%d\n%s\n" % (case, size, base64.b64encode(root))


# ------------------------------------------------------------------ powers

LEAD, MEMBER, LOG = b"lead", b"member", b"log"
POWERS = (LEAD, MEMBER, LOG)
LEAD_TYPES = (b"case/1", b"enrol/1", b"revoke/1", b"hold/1")
RECOVERY_TYPES = (b"enrol/1", b"revoke/1")


class Enrolment:
    """What an `enrol/1` or `case/1` says, and where."""

    __slots__ = ("place", "signer", "kind", "key", "power")

    def __init__(self, place, signer, kind, key, power):
        self.place, self.signer, self.kind = place, signer, kind
        self.key, self.power = key, power


class Revocation:
    """What a `revoke/1` that stands says, and where."""

    __slots__ = ("place", "key", "start")

    def __init__(self, place, key, start):
        self.place, self.key, self.start = place, key, start


def power_suffices(power, kind):
    """May a key with this power (or None) sign a record of this type?"""
    if power == LOG:
        return kind == b"checkpoint/1"
    return power == LEAD or (power == MEMBER and kind not in LEAD_TYPES)


class Keys:
    """Who is trusted, judged with the revocations known at one place.

    A new revocation changes what is to be thought of the records before it;
    then all enrolments are gone through again, from the first one on.
    """

    def __init__(self, recovery):
        self.recovery = recovery
        self.enrolments = []   # of all records, in order, trusted or not
        self.revocations = []  # those that stand, in order
        self.revoked = {}      # by key: the smallest `from`
        self.granted = {}      # by key: [(place, power)] of what is trusted
        self.since = {}        # by key: where it first had a power

    def before(self, place):
        """The same with what was known at an earlier place."""
        keys = Keys(self.recovery)
        keys.enrolments = [each for each in self.enrolments
                           if each.place < place]
        keys.revocations = [each for each in self.revocations
                            if each.place < place]
        keys.since = {key: at for key, at in self.since.items() if at < place}
        for each in keys.revocations:
            keys.cut_off(each)
        keys.go_through(place)
        return keys

    def enrol(self, enrolment):
        """An `enrol/1` or `case/1`: it has its effect where it is trusted.

        One that names a key which is revoked by now never has an effect.
        """
        if enrolment.key not in self.revoked:
            self.enrolments.append(enrolment)
            self.grant(enrolment, enrolment.place)

    def revoke(self, revocation):
        """A `revoke/1` that stands."""
        self.revocations.append(revocation)
        self.cut_off(revocation)
        self.go_through(revocation.place)

    def cut_off(self, revocation):
        """The smallest `from` of a key counts."""
        key, start = revocation.key, revocation.start
        self.revoked[key] = min(start, self.revoked.get(key, start))

    def go_through(self, place):
        """Find all powers anew.

        Whether an enrolment is trusted hangs on those before it alone, so
        that one pass in order settles all.
        """
        self.granted = {}
        for enrolment in self.enrolments:
            self.grant(enrolment, place)

    def grant(self, enrolment, place):
        """Give a key its power, if that is trusted; `place` is here."""
        first = enrolment.kind == b"case/1"
        if first or self.trusts(enrolment.signer, enrolment.kind,
                                enrolment.place):
            self.granted.setdefault(enrolment.key, []).append(
                (enrolment.place, enrolment.power))
            self.since.setdefault(enrolment.key, place)

    def power(self, key, place):
        """The power that the last trusted enrolment before a place gave."""
        for at, power in reversed(self.granted.get(key, ())):
            if at < place:
                return power
        return None

    def trusts(self, key, kind, place):
        """Is a record of this type, by this key, trusted at this place?"""
        if key == self.recovery:
            return kind in RECOVERY_TYPES
        if key in self.revoked and self.revoked[key] <= place:
            return False
        return power_suffices(self.power(key, place), kind)

    def usable(self, key):
        """Is the key enrolled and not revoked here?"""
        return key in self.granted and key not in self.revoked


# ----------------------------------------------------------------- journal


class Record:
    """An entry that was checked, as it stands in one copy."""

    __slots__ = ("entry", "statement", "place", "group", "start")

    def __init__(self, entry, place, group=None):
        self.entry, self.statement = entry, entry.statement
        self.place = place
        self.group = group  # the place of the merge it came by
        self.start = None   # a revoke/1: its `from` in this copy


def need(holds, what):
    """A rule: it holds, or the journal is tampered with."""
    if not holds:
        raise Tampered(what)


class Journal:
    """One copy of a journal under check: A, or a B that was built from it.

    `entries` are those from `base` on; what stands before is `parent`'s and
    was checked there.
    """

    def __init__(self, entries, tree, parent=None, base=0):
        self.entries, self.tree = entries, tree
        self.parent, self.base = parent, base
        self.case = parent.case if parent else entries[0].leaf
        self.keys = parent.keys.before(base) if parent else None
        self.records = []
        self.places = {}
        self.holds = ([hold for hold in parent.holds if hold.place < base]
                      if parent else [])
        self.redactions = []
        self.anchors = []

    # looking things up

    def size(self):
        """The number of records checked so far."""
        return self.base + len(self.records)

    def end(self):
        """The number of records of this copy."""
        return self.base + len(self.entries)

    def entry(self, place):
        """The entry at a place, checked or not."""
        journal = self
        while place < journal.base:
            journal = journal.parent
        return journal.entries[place - journal.base]

    def record(self, place):
        """The checked record at a place."""
        journal = self
        while place < journal.base:
            journal = journal.parent
        return journal.records[place - journal.base]

    def find(self, ident):
        """The checked record with this id, or None."""
        journal, below = self, self.size()
        while journal:
            place = journal.places.get(ident)
            if place is not None and place < below:
                return journal.records[place - journal.base]
            journal, below = journal.parent, min(below, journal.base)
        return None

    def find_typed(self, ident, kind):
        """The checked record with this id, if it is of this type."""
        record = self.find(ident)
        return record if record and record.statement.type == kind else None

    def leaf(self, place):
        """The leaf hash of an earlier record, in hex."""
        return self.tree.leaf(place).hex().encode()

    def trusted(self, record):
        """Is the record trusted, with the revocations known here?"""
        return record.place == 0 or self.keys.trusts(
            record.statement.by, record.statement.type, record.place)

    def held(self):
        """Is a legal hold in force at this place?"""
        for record in reversed(self.holds):
            if self.trusted(record):
                return record.statement.public[b"state"] == b"set"
        return False

    # checking

    def check(self):
        """Check every record from `base` on, in order."""
        while self.size() < self.end():
            place = self.size()
            try:
                self.check_next()
            except Tampered as finding:
                raise Tampered("record %d: %s" % (place, finding)) from None

    def check_next(self):
        """Check the next record, and those merged by it."""
        record = Record(self.entry(self.size()), self.size())
        self.check_chain(record)
        self.check_own_place(record)
        self.accept(record)
        if record.statement.type == b"merge/1":
            self.take_merged(record)

    def check_chain(self, record):
        """What holds for every record, merged or not."""
        entry, statement, place = record.entry, record.statement, record.place
        need(entry.seq == place, "seq")
        need(entry.prev == (self.leaf(place - 1) if place else ZEROS), "prev")
        case = self.case if place else ZEROS
        need(entry.case == case, "case")
        need(statement.case == case, "the statement's case")
        need(self.find(statement.id) is None, "a repeated id")
        need(all(self.find(ref) for ref in statement.refs), "refs")
        need(hex_signature_valid(statement.by, statement.signed(),
                                 statement.sig), "signature")

    def check_own_place(self, record):
        """What holds for a record where it was first written."""
        statement = record.statement
        number, leaf = statement.seen
        need(number <= record.place, "seen")
        need(leaf == (self.leaf(number - 1) if number else ZEROS), "seen")
        need((statement.type == b"case/1") == (record.place == 0),
             "case/1 is record 0, and only that")
        if statement.type in RULES:
            check_public(statement)
        if record.place > 0:
            need(self.trusted(record), "power")
        if statement.type in RULES:
            RULES[statement.type](self, record)

    def accept(self, record):
        """Take a checked record in, with what may have effects."""
        statement, place = record.statement, record.place
        self.places[statement.id] = place
        self.records.append(record)
        if statement.type == b"anchor/1":
            self.anchors.append(record)
        if statement.type in EFFECTS:
            EFFECTS[statement.type](self, record)

    def take_merged(self, merge):
        """Check the copy that a `merge/1` brings, then its records here."""
        copy = build_copy(self, merge)
        copy.check()
        fork = merge.statement.public[b"fork"]
        for _ in range(merge.statement.public[b"count"]):
            self.take_one_merged(merge, copy, fork)

    def take_one_merged(self, merge, copy, fork):
        """Check one merged record: chain, signature, id, refs, trust."""
        record = Record(self.entry(self.size()), self.size(), merge.place)
        self.check_chain(record)
        statement = record.statement
        if statement.type == b"revoke/1":
            record.start = min(copy.find(statement.id).start, fork)
        self.accept(record)


NUMBERS = (b"count", b"fork", b"size")


def check_numbers(public, place, end):
    """The numbers of a `merge/1` at a place of a copy of `end` records."""
    need(all(is_integer(public.get(name)) for name in NUMBERS), "numbers")
    need(is_array(is_integer)(public.get(b"skip")), "skip")
    fork, size, count = public[b"fork"], public[b"size"], public[b"count"]
    need(1 <= fork <= place and fork < size, "fork or size of a merge")
    covered = check_skip(public[b"skip"], fork, size, place)
    need(covered + count == size - fork, "count of a merge")
    need(place + count < end, "cut within a merge")


def check_skip(skip, fork, size, seq):
    """The triples b, a, k of a `merge/1`; gives how many records they cover."""
    need(len(skip) % 3 == 0, "skip is not of triples")
    covered, free = 0, fork
    for b, a, k in zip(skip[0::3], skip[1::3], skip[2::3]):
        need(k >= 1 and free <= b and b + k <= size, "skip")
        need(a + k <= seq, "skip reaches beyond the merge")
        covered, free = covered + k, b + k
    return covered


def build_copy(journal, merge):
    """Build B from A as section 10 says, and compare its head and root."""
    public = merge.statement.public
    check_numbers(public, merge.place, journal.end())
    fork, size = public[b"fork"], public[b"size"]
    base = group_start(journal, fork)
    tree = Tree(journal.tree, base)
    entries = [journal.entry(place) for place in range(base, fork)]
    for entry in entries:
        tree.append(bytes.fromhex(entry.leaf.decode()))
    build_lines(journal, merge, tree, entries)
    need(entries[-1].leaf == public[b"head"], "head of a merge")
    need(tree.root(size).hex().encode() == public[b"root"], "root of a merge")
    return Journal(entries, tree, journal, base)


def group_start(journal, fork):
    """Where the check of B must begin: at `fork`, or, if that lies among
    records that A holds merged, at their merge: B must hold all of them."""
    if fork < journal.size():
        group = journal.record(fork).group
        if group is not None:
            return group
    return fork


def build_lines(journal, merge, tree, entries):
    """Append B's entries from `fork` to `size` - 1."""
    public = merge.statement.public
    prev = journal.leaf(public[b"fork"] - 1)
    for seq, place in enumerate(sources(public, merge.place), public[b"fork"]):
        entry = journal.entry(place)
        line = (
            b'{"v":1,"case":"%s","seq":%d,"prev":"%s","epoch":%d,'
            b'"logged":"%s","statement":%s}'
            % (journal.case, seq, prev, entry.epoch, entry.logged,
               entry.statement.text)
        )
        need(len(line) <= LINE_MAX, "a line of the merged copy is too long")
        leaf = leaf_hash(line)
        tree.append(bytes.fromhex(leaf.decode()))
        entries.append(Entry(journal.case, seq, prev, entry.epoch,
                             entry.logged, entry.statement, leaf))
        prev = leaf


def sources(public, place):
    """The places in A of B's records from `fork` to `size` - 1, in order."""
    skip, at, merged = public[b"skip"], public[b"fork"], place + 1
    for b, a, k in zip(skip[0::3], skip[1::3], skip[2::3]):
        yield from range(merged, merged + b - at)
        merged += b - at
        yield from range(a, a + k)
        at = b + k
    yield from range(merged, merged + public[b"size"] - at)


# ------------------------------------------------------------------ limits


class Budget:
    """The limit on lines built for merges, over all copies of one check."""

    def __init__(self, lines):
        self.left = BUILD_FREE + BUILD_FACTOR * lines

    def spend(self, lines):
        """Count lines before they are built."""
        self.left -= lines
        if self.left < 0:
            raise BeyondLimits("too many lines to build for merges")


class Shape:
    """One copy of a journal as the limits see it: which merges it holds.

    Nothing is known of these records yet but that they are spelled right.
    """

    def __init__(self, statements, budget, parent=None, base=0):
        self.statements, self.budget = statements, budget
        self.parent, self.base = parent, base
        self.depth = parent.depth + 1 if parent else 0
        self.groups = {}  # by place: the merge that a record came by

    def owner(self, place):
        """The copy that holds what stands at a place of this one."""
        shape = self
        while place < shape.base:
            shape = shape.parent
        return shape

    def statement(self, place):
        """The statement at a place."""
        owner = self.owner(place)
        return owner.statements[place - owner.base]

    def follow(self):
        """Follow each merge whose numbers fit, and those within."""
        place, end = self.base, self.base + len(self.statements)
        while place < end:
            statement = self.statement(place)
            count = 0
            if statement.type == b"merge/1" and numbers_fit(
                    statement.public, place, end):
                count = statement.public[b"count"]
                self.follow_merge(statement.public, place)
                self.groups.update(
                    dict.fromkeys(range(place + 1, place + 1 + count), place))
            place += 1 + count

    def follow_merge(self, public, place):
        """Count one merge, and follow the copy that it brings."""
        fork = public[b"fork"]
        if self.depth + 1 > DEPTH_MAX:
            raise BeyondLimits("merges are nested too deep")
        self.budget.spend(public[b"size"] - fork)
        base = self.owner(fork).groups.get(fork, fork)
        statements = [self.statement(each) for each in range(base, fork)]
        statements += map(self.statement, sources(public, place))
        Shape(statements, self.budget, self, base).follow()


def numbers_fit(public, place, end):
    """Do the numbers of a `merge/1` fit, whatever else it holds?"""
    try:
        check_numbers(public, place, end)
    except Tampered:
        return False
    return True


def check_limits(entries):
    """Section 11: by the shapes of the merges alone, before any other rule."""
    statements = [entry.statement for entry in entries]
    Shape(statements, Budget(len(entries))).follow()


# ------------------------------------------------------------ record types


def is_text(pattern):
    """A test: a string that a pattern fits as a whole."""
    return lambda item: isinstance(item, bytes) and bool(pattern.fullmatch(item))


def is_array(test):
    """A test: an array of which each element passes another test."""
    return lambda item: isinstance(item, list) and all(map(test, item))


def is_integer(item):
    """A test: an integer."""
    return isinstance(item, int)


def is_string(item):
    """A test: a string."""
    return isinstance(item, bytes)


def is_base64(item):
    """A test: a string in base64."""
    return is_string(item) and unbase64(item) is not None


def one_of(*words):
    """A test: one of some words."""
    return lambda item: item in words


is_name = is_text(BARE_NAME)
is_id = is_text(BARE_ID)
is_hash = is_key = is_text(BARE_HASH)

PUBLIC = {
    b"case/1": {b"format": one_of(b"cj/1"), b"key": is_key,
                b"policy": is_name, b"recovery": is_key},
    b"enrol/1": {b"key": is_key, b"power": one_of(*POWERS),
                 b"proof": is_text(BARE_SIGNATURE)},
    b"revoke/1": {b"from": is_integer, b"key": is_key},
    b"redact-request/1": {b"names": is_array(is_name), b"target": is_id},
    b"redact-approve/1": {b"request": is_id},
    b"redact/1": {b"approvals": is_array(is_id), b"names": is_array(is_name),
                  b"target": is_id},
    b"hold/1": {b"state": one_of(b"set", b"lifted")},
    b"checkpoint/1": {b"key": is_key, b"root": is_hash, b"sig": is_base64,
                      b"size": is_integer},
    b"anchor/1": {b"kind": one_of(b"rfc3161", b"witness", b"page"),
                  b"name": is_string, b"root": is_hash, b"size": is_integer,
                  b"token": is_base64},
    b"merge/1": {b"count": is_integer, b"fork": is_integer, b"head": is_hash,
                 b"root": is_hash, b"size": is_integer,
                 b"skip": is_array(is_integer)},
}
KNOWN_NAMES = frozenset(kind.split(b"/")[0] for kind in PUBLIC)


def check_public(statement):
    """`public` has exactly the members of its type, each of its kind."""
    tests, public = PUBLIC[statement.type], statement.public
    need(public.keys() == tests.keys(), "members of public")
    for name, test in tests.items():
        need(test(public[name]), "public member %s" % name.decode())


def rule_case(_journal, record):
    """Record 0 (section 6)."""
    statement = record.statement
    need(not statement.refs, "refs in record 0")
    need(statement.public[b"key"] == statement.by, "key of case/1")
    need(statement.public[b"recovery"] != statement.by, "recovery of case/1")


def rule_enrol(journal, record):
    """A new key proves that it is held, and was not revoked by name."""
    public = record.statement.public
    need(public[b"key"] != journal.keys.recovery, "enrols the recovery key")
    need(public[b"key"] not in journal.keys.revoked, "enrols a revoked key")
    need(hex_signature_valid(public[b"key"], b"cj/1 enrol\n" + journal.case,
                             public[b"proof"]), "proof of enrol/1")


def rule_revoke(journal, record):
    """The key is one that was enrolled; the place is one of the past."""
    public = record.statement.public
    need(public[b"key"] in journal.keys.since, "revokes an unknown key")
    need(1 <= public[b"from"] <= record.place, "from of revoke/1")
    record.start = public[b"from"]


def rule_request(journal, record):
    """The target has the fields."""
    public = record.statement.public
    target = journal.find(public[b"target"])
    need(target is not None, "target of redact-request/1")
    need(all(name in target.statement.fields for name in public[b"names"]),
         "names of redact-request/1")


def rule_approve(journal, record):
    """It names a request."""
    request = record.statement.public[b"request"]
    need(journal.find_typed(request, b"redact-request/1"), "request")


def rule_redact(journal, record):
    """Two persons who are trusted have approved just this, and no hold."""
    public = record.statement.public
    approvals = [journal.find_typed(ident, b"redact-approve/1")
                 for ident in public[b"approvals"]]
    need(len(approvals) >= 2 and all(approvals), "approvals")
    need(all(map(journal.trusted, approvals)), "an approval is not trusted")
    requests = {each.statement.public[b"request"] for each in approvals}
    need(len(requests) == 1, "approvals of several requests")
    asked = journal.find(requests.pop()).statement.public
    need(asked[b"target"] == public[b"target"], "target of redact/1")
    need(asked[b"names"] == public[b"names"], "names of redact/1")
    need(len({each.statement.by for each in approvals}) >= 2,
         "approvals by one key")
    need(not journal.held(), "a legal hold is in force")


def rule_none(_journal, _record):
    """Nothing beyond the members and the power."""


def check_size_and_root(journal, record):
    """A size of the past, with the root that the tree had."""
    public = record.statement.public
    need(1 <= public[b"size"] <= record.place, "size")
    root = journal.tree.root(public[b"size"])
    need(root.hex().encode() == public[b"root"], "root")


def rule_checkpoint(journal, record):
    """Size, root, and a signature by a key that is in use here."""
    check_size_and_root(journal, record)
    public = record.statement.public
    need(journal.keys.usable(public[b"key"]), "key of checkpoint/1")
    text = checkpoint_text(journal.case, public[b"size"],
                           bytes.fromhex(public[b"root"].decode()))
    need(signature_valid(bytes.fromhex(public[b"key"].decode()), text,
                         unbase64(public[b"sig"])), "sig of checkpoint/1")


def rule_anchor(journal, record):
    """Size and root.  Tokens are judged with the trust from outside."""
    check_size_and_root(journal, record)
    public = record.statement.public
    if public[b"kind"] == b"page":
        need(public[b"token"] == b"", "a page has no token")


RULES = {
    b"case/1": rule_case,
    b"enrol/1": rule_enrol,
    b"revoke/1": rule_revoke,
    b"redact-request/1": rule_request,
    b"redact-approve/1": rule_approve,
    b"redact/1": rule_redact,
    b"hold/1": rule_none,
    b"checkpoint/1": rule_checkpoint,
    b"anchor/1": rule_anchor,
    b"merge/1": rule_none,  # checked with the records that it brings
}


def effect_case(journal, record):
    """The first key leads; the recovery key is named."""
    statement = record.statement
    journal.keys = Keys(statement.public[b"recovery"])
    journal.keys.enrol(Enrolment(0, statement.by, statement.type, statement.by,
                                 LEAD))


def effect_enrol(journal, record):
    """From the next record on, the key has the power, while this is trusted."""
    statement, public = record.statement, record.statement.public
    journal.keys.enrol(Enrolment(record.place, statement.by, statement.type,
                                 public[b"key"], public[b"power"]))


def effect_revoke(journal, record):
    """It stands for good if it is trusted here, and only then."""
    if journal.trusted(record):
        key = record.statement.public[b"key"]
        journal.keys.revoke(Revocation(record.place, key, record.start))


def effect_hold(journal, record):
    """Holds are listed; which is in force is asked when it matters."""
    journal.holds.append(record)


def effect_redact(journal, record):
    """Redactions are listed, to be counted at the end."""
    journal.redactions.append(record)


EFFECTS = {
    b"case/1": effect_case,
    b"enrol/1": effect_enrol,
    b"revoke/1": effect_revoke,
    b"hold/1": effect_hold,
    b"redact/1": effect_redact,
}


def check_journal(entries):
    """Check a whole journal by itself; gives it for what comes after."""
    check_limits(entries)
    tree = Tree()
    for entry in entries:
        tree.append(bytes.fromhex(entry.leaf.decode()))
    journal = Journal(entries, tree)
    journal.check()
    return journal


# ---------------------------------------------------------------- openings


class Counts:
    """What the verdict states besides the status."""

    def __init__(self):
        self.matching = self.withheld = self.redacted = self.untrusted = 0


def check_openings(journal, openings):
    """Each opening yields the commitment of its field; gives what is open."""
    opened = set()
    for opening in openings:
        record = journal.find(opening.id)
        need(record is not None, "an opening of no record")
        statement = record.statement
        need(opening.name in statement.fields, "an opening of no field")
        need((opening.id, opening.name) not in opened, "a field opened twice")
        opened.add((opening.id, opening.name))
        need(statement.fields[opening.name]
             == opening.commitment(statement.case), "an opening does not fit")
    return opened


def redacted_fields(journal):
    """The fields that redactions cover which are trusted at the end."""
    fields = set()
    for record in journal.redactions:
        public = record.statement.public
        if journal.trusted(record):
            fields |= {(public[b"target"], name) for name in public[b"names"]}
    return fields


def count(journal, opened):
    """Sort every field into open, redacted and withheld."""
    counts, redacted = Counts(), redacted_fields(journal)
    for record in journal.records:
        counts.untrusted += not journal.trusted(record)
        for name in record.statement.fields:
            field = (record.statement.id, name)
            if field in opened:
                counts.matching += 1
            elif field in redacted:
                counts.redacted += 1
            else:
                counts.withheld += 1
    return counts


# ------------------------------------------------------------------- notes

ORIGIN = re.compile(rb"cj/1/([0-9a-f]{64})")
DASH = "\u2014".encode()


class Note:
    """A checkpoint in a file of its own: a C2SP signed note."""

    def __init__(self, data):
        check_note_bytes(data)
        head, blank, tail = data.rpartition(b"\n\n")
        if not blank:
            raise Malformed("a note without an empty line")
        self.text = head + b"\n"
        self.signatures = [signature_line(line) for line in tail[:-1].split(b"\n")]
        lines = head.split(b"\n")
        origin = ORIGIN.fullmatch(lines[0])
        if len(lines) != 3 or not origin:
            raise Malformed("a note's text is not that of a checkpoint")
        if not re.fullmatch(INTEGER, lines[1]):
            raise Malformed("a note's size")
        root = unbase64(lines[2])
        if root is None or len(root) != 32:
            raise Malformed("a note's root")
        self.case, self.size, self.root = origin[1], integer(lines[1]), root


def check_note_bytes(data):
    """UTF-8, no control characters but LF, a last LF, and no endless note."""
    if len(data) > NOTE_MAX or not data.endswith(b"\n"):
        raise Malformed("a note is too long or lacks its last LF")
    if re.search(rb"[\0-\x09\x0b-\x1f]", data):
        raise Malformed("a control character in a note")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("a note is not UTF-8") from None


def signature_line(line):
    """Name and bytes of `- NAME BASE64` (with a long dash)."""
    parts = line.split(b" ")
    if len(parts) != 3 or parts[0] != DASH or not key_name(parts[1]):
        raise Malformed("a note's signature line")
    data = unbase64(parts[2])
    if data is None or len(data) < 5:
        raise Malformed("a note's signature is no base64")
    return parts[1], data


def key_name(name):
    """C2SP: not empty, no Unicode space, no plus."""
    text = name.decode("utf-8")
    return text != "" and not re.search(r"[\s+]", text)


def note_key_hash(name, kind, key):
    """The four bytes that tell one key from another in a note."""
    return sha256(name + b"\n" + bytes([kind]) + key)[:4]


def witnessed(key, name, data, text):
    """Is this a valid signature line of the witness's key over the text?

    The witness is known by its key alone: the name is the one in the line, and
    the key hash ties the two together.
    """
    if data[:4] == note_key_hash(name, 1, key):
        if signature_valid(key, text, data[4:]):
            return True
    if data[:4] == note_key_hash(name, 4, key) and len(data) == 76:
        seconds = int.from_bytes(data[4:12], "big")
        message = b"cosignature/v1\ntime %d\n" % seconds + text
        return seconds <= INTEGER_MAX and signature_valid(key, message, data[12:])
    return False


# ------------------------------------------------------------ time stamps

SEQUENCE, OBJECT, OCTETS, INTEGER_TAG, GENERALIZED = 0x30, 6, 4, 2, 0x18
CONTEXT_0 = 0xA0
OID_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
OID_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
OID_SHA256 = bytes.fromhex("608648016503040201")
GEN_TIME = re.compile(rb"[0-9]{14}(\.[0-9]{1,9})?Z")


class NotDer(Exception):
    """Bytes that this small reader of DER does not understand."""


class Der:
    """Reads one DER element after the other; never recursive."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def next_tag(self):
        """The tag that comes next, or None at the end."""
        return self.data[self.at] if self.at < len(self.data) else None

    def take(self, tag):
        """The content of the next element, which must have this tag."""
        if self.next_tag() != tag:
            raise NotDer("another tag")
        length = self.length()
        content = self.data[self.at:self.at + length]
        if len(content) != length:
            raise NotDer("cut short")
        self.at += length
        return content

    def length(self):
        """The length of the next element; leaves `at` at its content."""
        head = self.data[self.at + 1:self.at + 2]
        if not head or head[0] == 0x80 or head[0] > 0x84:
            raise NotDer("length")
        self.at += 2
        if head[0] < 0x80:
            return head[0]
        more = head[0] - 0x80
        self.at += more
        return int.from_bytes(self.data[self.at - more:self.at], "big")

    def inside(self, tag):
        """A reader for the content of the next element."""
        return Der(self.take(tag))


class Token:
    """A time-stamp token, read as far as is needed to check it."""

    def __init__(self, data):
        outer = Der(data).inside(SEQUENCE)
        self.is_response = outer.next_tag() == SEQUENCE
        self.data = data
        if self.is_response:
            outer.take(SEQUENCE)
            outer = outer.inside(SEQUENCE)
        if outer.take(OBJECT) != OID_SIGNED_DATA:
            raise NotDer("not signed data")
        signed = outer.inside(CONTEXT_0).inside(SEQUENCE)
        signed.take(INTEGER_TAG)
        signed.take(0x31)
        content = signed.inside(SEQUENCE)
        if content.take(OBJECT) != OID_TST_INFO:
            raise NotDer("not a time stamp")
        self.read_info(content.inside(CONTEXT_0).inside(OCTETS).inside(SEQUENCE))

    def read_info(self, info):
        """Imprint and time of a TSTInfo."""
        info.take(INTEGER_TAG)
        info.take(OBJECT)
        imprint = info.inside(SEQUENCE)
        self.algorithm = imprint.inside(SEQUENCE).take(OBJECT)
        self.imprint = imprint.take(OCTETS)
        info.take(INTEGER_TAG)
        self.time = info.take(GENERALIZED)
        self.seconds = gen_time_seconds(self.time)

    def stamps(self, text):
        """Is the imprint SHA-256 over this text?"""
        return self.algorithm == OID_SHA256 and self.imprint == sha256(text)


def gen_time_seconds(text):
    """Seconds since 1970 of a GeneralizedTime YYYYMMDDhhmmss[.f]Z."""
    if not GEN_TIME.fullmatch(text):
        raise NotDer("genTime")
    parts = [int(text[0:4])] + [int(text[at:at + 2]) for at in range(4, 14, 2)]
    year, month, day, hour, minute, second = parts
    if not (1 <= year and 1 <= month <= 12 and 1 <= day <= 31
            and hour < 24 and minute < 60 and second < 60):
        raise NotDer("genTime")
    return calendar.timegm((year, month, day, hour, minute, second, 0, 1, 0))


def parse_token(data):
    """A token, or None where the bytes are none."""
    try:
        return Token(data) if len(data) <= TOKEN_MAX else None
    except NotDer:
        return None


STAMPS = Bounded()


def token_valid(token, authority):
    """Does the authority (a PEM file) stand for this token at its own time?"""
    known = (token.data, authority)
    if known not in STAMPS:
        STAMPS.put(known, ask_openssl(token, authority))
    return STAMPS[known]


def ask_openssl(token, authority):
    """Run `openssl ts -verify` with nothing trusted but the PEM file.

    The PEM is also given as an untrusted helper, because a token need not
    carry its certificate, and the PEM may be that certificate itself.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(token.data)
        file.flush()
        command = ["openssl", "ts", "-verify", "-digest", token.imprint.hex(),
                   "-in", file.name, "-CAfile", authority, "-untrusted",
                   authority, "-partial_chain", "-attime", str(token.seconds)]
        if not token.is_response:
            command.append("-token_in")
        try:
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, timeout=OPENSSL_SECONDS,
                check=False).returncode == 0
        except subprocess.TimeoutExpired:
            return False
        except OSError as error:
            raise Unreadable("cannot run openssl: %s" % error) from None


# ------------------------------------------------------ trust from outside


class Anchors:
    """What anchors a journal: sizes, and by what."""

    def __init__(self):
        self.found = []
        self.remarks = []

    def add(self, size, what):
        """One more anchor; the empty journal anchors nothing."""
        if size >= 1 and (size, what) not in self.found:
            self.found.append((size, what))

    def firmest(self):
        """The largest size and all that anchors just there, or None."""
        if not self.found:
            return None
        size = max(size for size, _ in self.found)
        return size, [what for each, what in self.found if each == size]


class Outside:
    """The trust that the person who runs the checker gives."""

    def __init__(self):
        self.root = None
        self.witnesses = []
        self.authorities = []
        self.note_data = []
        self.notes = []
        self.tokens = []


def root_from_outside(journal, outside, anchors):
    """A printed root must be that of this journal."""
    if outside.root:
        size, root = outside.root
        need(size <= journal.size(), "a root from outside for a larger size")
        need(journal.tree.root(size) == root, "a root from outside differs")
        anchors.add(size, "a root")


def witness_anchors(journal, outside, anchors):
    """Signatures of witnesses, in `anchor/1` records and beside."""
    for key in outside.witnesses:
        what = "witness %s" % key.hex()
        for record in journal.anchors:
            public = record.statement.public
            if public[b"kind"] == b"witness" and is_ours(journal, public):
                if witnessed(key, public[b"name"], unbase64(public[b"token"]),
                             anchor_text(journal, public)):
                    anchors.add(public[b"size"], what)
        for note in outside.notes:
            note_anchor(journal, note, key, anchors, what)


def note_anchor(journal, note, key, anchors, what):
    """A note that the witness signed for this case anchors what it is of."""
    if is_checkpoint(journal, note) and any(
            witnessed(key, name, data, note.text)
            for name, data in note.signatures):
        anchors.add(note.size, what)


def is_checkpoint(journal, note):
    """Is the note one of this copy of this case?"""
    return (note.case == journal.case and 1 <= note.size <= journal.size()
            and journal.tree.root(note.size) == note.root)


def remark_notes(journal, outside, anchors):
    """Copies of a case lawfully differ, so another's note asserts nothing."""
    for note in outside.notes:
        if note.case != journal.case or note.size == 0:
            continue
        if note.size > journal.size():
            anchors.remarks.append("a note of size %d goes beyond this journal"
                                   % note.size)
        elif not is_checkpoint(journal, note):
            anchors.remarks.append("a note of size %d is of another copy"
                                   % note.size)


def is_ours(journal, public):
    """Does an `anchor/1` speak of a state of this very copy?

    One that was merged speaks of the copy that it came from, and is about
    this one only as far as both are the same.
    """
    size = public[b"size"]
    return (size <= journal.size()
            and journal.tree.root(size).hex().encode() == public[b"root"])


def anchor_text(journal, public):
    """The text of the checkpoint that an `anchor/1` speaks of."""
    return checkpoint_text(journal.case, public[b"size"],
                           bytes.fromhex(public[b"root"].decode()))


def stamp_anchors(journal, outside, anchors):
    """Time-stamp tokens, in `anchor/1` records and beside."""
    if not outside.authorities:
        return
    for record in journal.anchors:
        public = record.statement.public
        if public[b"kind"] == b"rfc3161" and is_ours(journal, public):
            token = parse_token(unbase64(public[b"token"]))
            if token and token.stamps(anchor_text(journal, public)):
                stamp_anchor(token, public[b"size"], outside, anchors)
    tokens = list(filter(None, map(parse_token, outside.tokens)))
    if tokens:
        tokens_beside(journal, tokens, outside, anchors)


def tokens_beside(journal, tokens, outside, anchors):
    """A token in a file does not say its size: try all, the largest first."""
    for size in range(journal.size(), 0, -1):
        text = checkpoint_text(journal.case, size, journal.tree.root(size))
        for token in tokens:
            if token.stamps(text):
                stamp_anchor(token, size, outside, anchors)


def stamp_anchor(token, size, outside, anchors):
    """Lay one token on, if one of the authorities stands for it."""
    if any(token_valid(token, each) for each in outside.authorities):
        anchors.add(size, "a time stamp of %s" % token.time.decode())


def find_anchors(journal, outside):
    """All anchors of a journal; a root that contradicts it is tampering."""
    anchors = Anchors()
    root_from_outside(journal, outside, anchors)
    witness_anchors(journal, outside, anchors)
    stamp_anchors(journal, outside, anchors)
    remark_notes(journal, outside, anchors)
    return anchors


# ----------------------------------------------------------------- verdict


def judge(path, openings_path, outside):
    """The status of one journal, and what to say about it."""
    try:
        return conclude(path, openings_path, outside)
    except Finding as finding:
        return finding.status, str(finding)
    except (MemoryError, RecursionError) as error:
        return UNCHECKED, "beyond this checker: %r" % error


def conclude(path, openings_path, outside):
    """The six steps in order; a Finding ends them."""
    for each in filter(None, (path, openings_path)):
        open_file(each).close()
    entries, later = read_journal(path)
    openings = read_openings(openings_path) if openings_path else []
    outside.notes = list(map(Note, outside.note_data))
    if later:
        raise later
    journal = check_journal(entries)
    opened = check_openings(journal, openings)
    counts = count(journal, opened)
    anchors = find_anchors(journal, outside)
    status = VERIFIED if anchors.found else VALID
    return status, describe(journal, counts, anchors)


def describe(journal, counts, anchors):
    """The sentence of section 11, and what is remarked on."""
    firmest = anchors.firmest()
    said = ["%d records" % journal.size()]
    if firmest:
        said.append("anchored up to record %d by %s"
                    % (firmest[0] - 1, ", ".join(firmest[1])))
    said.append("openings: %d match, %d withheld, %d redacted"
                % (counts.matching, counts.withheld, counts.redacted))
    said.append("%d records not trusted" % counts.untrusted)
    return "; ".join(said + anchors.remarks)


# ------------------------------------------------------------ command line

REPEATABLE = ("--witness", "--tsa", "--note", "--token")
ONCE = ("--openings", "--root")
BLANKS = " \t\r\n"
GROUP = re.compile(r"([0-9a-f]{8})-([0-9a-f]{2})")
USAGE = (
    "usage: verify.py [--brief] [--openings FILE.cjo] [--root SIZE:ROOT] "
    "[--witness KEY] [--tsa CERT.pem] [--note FILE.note] [--token FILE.tsr] "
    "FILE.cj1..."
)


def check_digits(number, group):
    """The two check digits of a printed group (section 8)."""
    text = b"cj/1 page\n%d:%s" % (number, group.encode())
    return sha256(text)[:1].hex()


def parse_groups(text):
    """A root as printed: eight groups, each with its check digits."""
    if not re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{2}"
                        r"(?:[0-9a-f]{8}-[0-9a-f]{2}){7}", text):
        raise WrongCommandLine("a root is 64 hex digits or eight groups")
    digits = ""
    for number, (group, check) in enumerate(GROUP.findall(text), 1):
        if check_digits(number, group) != check:
            raise WrongCommandLine("group %d is mistyped" % number)
        digits += group
    return bytes.fromhex(digits)


def parse_root(text):
    """SIZE:ROOT of the command line."""
    size, _, root = text.partition(":")
    size = size.strip(BLANKS)
    root = re.sub("[%s]" % BLANKS, "", root).lower()
    if not re.fullmatch(r"[1-9][0-9]{0,18}", size) or int(size) > INTEGER_MAX:
        raise WrongCommandLine("a root's size is a number from 1 on")
    if re.fullmatch(r"[0-9a-f]{64}", root):
        return int(size), bytes.fromhex(root)
    return int(size), parse_groups(root)


def parse_witness(text):
    """A witness's public key in hex."""
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise WrongCommandLine("a key is 64 hex digits")
    return bytes.fromhex(text)


def parse_authority(path):
    """The file of an authority's certificate, which must hold one."""
    try:
        begin = b"-----BEGIN CERTIFICATE-----"
        blocks = read_small(path, NOTE_MAX).split(begin)[1:]
        if not blocks:
            raise ValueError("holds no certificate")
        for block in blocks:
            load_pem_x509_certificate(begin + block)
    except (Unreadable, ValueError) as error:
        raise WrongCommandLine("%s: %s" % (path, error)) from None
    return path


def split_arguments(arguments):
    """(brief, options, files); options come before files."""
    brief, options, rest = False, {}, list(arguments)
    while rest and rest[0].startswith("-"):
        name = rest.pop(0)
        if name == "--brief" and not brief:
            brief = True
        elif name in REPEATABLE + ONCE and rest:
            options.setdefault(name, []).append(rest.pop(0))
        else:
            raise WrongCommandLine("what is %s?" % name)
    if any(len(options.get(name, ())) > 1 for name in ONCE):
        raise WrongCommandLine("an option is given twice")
    if not rest:
        raise WrongCommandLine("no journal")
    if "--openings" in options and len(rest) > 1:
        raise WrongCommandLine("openings go with a single journal")
    return brief, options, rest


def gather_outside(options):
    """Read what is given beside the journals; a failure to read is status 4."""
    outside = Outside()
    for text in options.get("--root", ()):
        outside.root = parse_root(text)
    outside.witnesses = list(map(parse_witness, options.get("--witness", ())))
    outside.authorities = list(map(parse_authority, options.get("--tsa", ())))
    outside.tokens = [read_small(path, TOKEN_MAX)
                      for path in options.get("--token", ())]
    outside.note_data = [read_small(path, NOTE_MAX)
                         for path in options.get("--note", ())]
    return outside


def judge_all(brief, options, files):
    """Judge each journal; the exit status is the worst."""
    worst = VERIFIED
    openings = options.get("--openings", [None])[0]
    for path, (status, why) in judgements(options, openings, files):
        say(brief, path, status, why)
        worst = max(worst, status, key=SEVERITY.index)
    return worst


def judgements(options, openings, files):
    """Yield (path, (status, what to say)) for each journal."""
    try:
        outside = gather_outside(options)
    except Unreadable as finding:
        for path in files:
            yield path, (UNCHECKED, str(finding))
        return
    for path in files:
        yield path, judge(path, openings, outside)


def say(brief, path, status, why):
    """One line a file, by its bytes: a name need not be text."""
    line = b"%d %s\n" % (status, os.fsencode(path))
    if not brief:
        line = b"%s: %s: %s\n" % (os.fsencode(path), VERDICT[status].encode(),
                                  why.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def main(arguments):
    """Run the command line; gives the exit status."""
    try:
        brief, options, files = split_arguments(arguments)
        return judge_all(brief, options, files)
    except WrongCommandLine as error:
        print("%s\n%s" % (error, USAGE), file=sys.stderr)
        return UNCHECKED
    except Exception as error:  # a crash of Python would exit with 1: tampered
        print("internal error: %r" % error, file=sys.stderr)
        return UNCHECKED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
