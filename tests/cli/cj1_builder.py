"""Writes journals of the format cj/1 (doc/format/journal.md) for tests of checkers, right ones and broken ones.

It shares no code with any checker, and knows no rule: it writes what it is told to.
"""
import base64
import hashlib
import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ZEROS = '0' * 64


def sha(data):
    return hashlib.sha256(data).digest()


def leaf_of(line):
    return sha(b'\0' + line.encode('latin-1'))


def tree_root(leaves):
    """RFC 6962 section 2.1, as its text defines it."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b'\1' + tree_root(leaves[:k]) + tree_root(leaves[k:]))


def spell(value):
    """A value of `public`."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"%s"' % value
    return '[%s]' % ','.join(spell(v) for v in value)


class Key:
    def __init__(self, number):
        self.private = Ed25519PrivateKey.from_private_bytes(sha(b'test key %d' % number))
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.hex = self.public.hex()

    def sign(self, message):
        return self.private.sign(message)


def checkpoint_text(case, size, root):
    return ('cj/1/%s\n%d\n%s\n' % (case, size, base64.b64encode(root).decode())).encode()


def page_groups(root):
    groups = []
    for i in range(8):
        digits = root.hex()[i * 8:i * 8 + 8]
        check = sha(b'cj/1 page\n%d:%s' % (i + 1, digits.encode()))[:1].hex()
        groups.append('%s-%s' % (digits, check))
    return ' '.join(groups)


def signature_line(key, text, name=None, seconds=None):
    """Type 0x01 where seconds is None, else a cosignature of type 0x04. Returns (name, base64)."""
    name = name or key.hex
    kind = b'\1' if seconds is None else b'\4'
    blob = sha(name.encode() + b'\n' + kind + key.public)[:4]
    if seconds is None:
        blob += key.sign(text)
    else:
        blob += seconds.to_bytes(8, 'big')
        blob += key.sign(b'cosignature/v1\ntime %d\n' % seconds + text)
    return name, base64.b64encode(blob).decode()


class Journal:
    """A copy of a journal. Each record is kept as the parts that a merge carries over."""

    def __init__(self, seed=1):
        self.random = random.Random(seed)
        self.lines = []
        self.parts = []  # (tail of the entry from `,"epoch"` on)
        self.ids = []
        self.openings = []
        self.clock = 0

    @property
    def case(self):
        return leaf_of(self.lines[0]).hex() if self.lines else ZEROS

    @property
    def size(self):
        return len(self.lines)

    def leaves(self):
        return [leaf_of(line) for line in self.lines]

    def root(self, size=None):
        return tree_root(self.leaves()[:self.size if size is None else size])

    def copy(self, seed):
        other = Journal(seed)
        other.lines, other.parts = list(self.lines), list(self.parts)
        other.ids, other.openings, other.clock = list(self.ids), list(self.openings), self.clock
        return other

    def time(self):
        self.clock += 1
        return '2024-05-06T%02d:%02d:%02d.%09dZ' % (self.clock // 3600 % 24, self.clock // 60 % 60,
                                                     self.clock % 60, self.clock * 7 % 10**9)

    def append_tail(self, tail, case=None, seq=None, prev=None):
        case = self.case if case is None else case
        seq = self.size if seq is None else seq
        prev = (leaf_of(self.lines[-1]).hex() if self.lines else ZEROS) if prev is None else prev
        self.lines.append('{"v":1,"case":"%s","seq":%s,"prev":"%s"%s' % (case, seq, prev, tail))
        self.parts.append(tail)

    def statement(self, by, type='note/1', public=(), fields=(), refs=(), **over):
        """fields: (name, value) pairs; an opening is kept for each. over: members to spell otherwise."""
        new = self.random.randbytes(16).hex()
        m = {'id': new, 'case': self.case, 'seen_size': self.size,
             'seen_head': leaf_of(self.lines[-1]).hex() if self.lines else ZEROS,
             'time': self.time(), 'boot': '0' * 32, 'mono': 0, 'clock': 'ntp', 'by': by.hex,
             'tlp': 'amber', 'scope': 'team', 'sig': None}
        m.update(over)
        commitments = []
        for name, value in sorted(fields):
            salt = self.random.randbytes(32)
            commitments.append('"%s":"%s"' % (name, sha(
                b'cj/1 field\n' + bytes.fromhex(m['case']) + bytes.fromhex(m['id'])
                + bytes([len(name)]) + name.encode() + salt + len(value).to_bytes(8, 'big')
                + value).hex()))
            self.openings.append('{"id":"%s","name":"%s","salt":"%s","value":"%s"}' % (
                m['id'], name, salt.hex(), base64.b64encode(value).decode()))
        text = ('{"id":"%s","case":"%s","seen":[%s,"%s"],"time":"%s","boot":"%s","mono":%s,'
                '"clock":"%s","by":"%s","type":"%s","tlp":"%s","scope":"%s","public":{%s},'
                '"fields":{%s},"refs":[%s]' % (
                    m['id'], m['case'], m['seen_size'], m['seen_head'], m['time'], m['boot'],
                    m['mono'], m['clock'], m['by'], type, m['tlp'], m['scope'],
                    ','.join('"%s":%s' % (k, spell(v)) for k, v in public),
                    ','.join(commitments), ','.join('"%s"' % r for r in refs)))
        sig = m['sig'] or by.sign(b'cj/1 statement\n' + text.encode('latin-1') + b'}').hex()
        return m['id'], '%s,"sig":"%s"}' % (text, sig)

    def add(self, by, type='note/1', public=(), fields=(), refs=(), epoch=0, logged=None,
            case=None, seq=None, prev=None, **over):
        new, statement = self.statement(by, type, public, fields, refs, **over)
        self.append_tail(',"epoch":%d,"logged":"%s","statement":%s}' % (
            epoch, logged or self.time(), statement), case, seq, prev)
        self.ids.append(new)
        return new

    def start(self, lead, recovery, **over):
        return self.add(lead, 'case/1', [('format', 'cj/1'), ('key', lead.hex),
                                         ('policy', 'plain'), ('recovery', recovery.hex)],
                        case=ZEROS, **over)

    def enrol(self, by, key, power='member', proof=None, **over):
        proof = proof or key.sign(b'cj/1 enrol\n' + self.case.encode()).hex()
        return self.add(by, 'enrol/1', [('key', key.hex), ('power', power), ('proof', proof)], **over)

    def revoke(self, by, key, start, **over):
        return self.add(by, 'revoke/1', [('from', start), ('key', key.hex)], **over)

    def hold(self, by, state='set', **over):
        return self.add(by, 'hold/1', [('state', state)], **over)

    def request(self, by, target, names, **over):
        return self.add(by, 'redact-request/1', [('names', names), ('target', target)], **over)

    def approve(self, by, request, **over):
        return self.add(by, 'redact-approve/1', [('request', request)], **over)

    def redact(self, by, approvals, target, names, **over):
        return self.add(by, 'redact/1', [('approvals', approvals), ('names', names),
                                         ('target', target)], **over)

    def checkpoint(self, by, key=None, size=None, root=None, sig=None, **over):
        key = key or by
        size = self.size if size is None else size
        root = root or self.root(size)
        sig = sig or key.sign(checkpoint_text(self.case, size, root))
        return self.add(by, 'checkpoint/1', [
            ('key', key.hex), ('root', root.hex()), ('sig', base64.b64encode(sig).decode()),
            ('size', size)], **over)

    def anchor(self, by, kind, name='', token='', size=None, root=None, **over):
        size = self.size if size is None else size
        return self.add(by, 'anchor/1', [('kind', kind), ('name', name),
                                         ('root', (root or self.root(size)).hex()),
                                         ('size', size), ('token', token)], **over)

    def text(self, size=None):
        return checkpoint_text(self.case, size or self.size, self.root(size or self.size))

    def merge(self, by, other, common, known=(), **changed):
        """known: the triples of skip; changed: members to say otherwise."""
        covered = {b + i for b, a, k in known for i in range(k)}
        lacking = [n for n in range(common, other.size) if n not in covered]
        m = {'count': len(lacking), 'fork': common, 'head': leaf_of(other.lines[-1]).hex(),
             'root': other.root().hex(), 'size': other.size, 'skip': [n for t in known for n in t]}
        m.update(changed)
        new = self.add(by, 'merge/1', sorted(m.items()))
        for n in lacking:
            self.append_tail(other.parts[n])
            self.ids.append(other.ids[n])
        mine = set(self.openings)
        self.openings += [o for o in other.openings if o not in mine]
        return new

    def skeleton(self):
        return ''.join(line + '\n' for line in self.lines).encode('latin-1')

    def openings_file(self):
        return ''.join(line + '\n' for line in self.openings).encode('latin-1')
