"""Drives a checker of cj/1 with journals whose status follows from doc/format/journal.md, section by section.

usage: verify_agreement.py CHECKER
Needs python3-cryptography; time stamps need the openssl program, and are skipped without it.
"""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    from cj1_builder import Journal, Key, ZEROS, checkpoint_text, leaf_of, page_groups, sha, signature_line
except ImportError as why:
    print('skipped: %s' % why)
    sys.exit(77)

LEAD, RECOVERY, MEMBER, OTHER, LOG, SPARE, WITNESS = (Key(n) for n in range(7))
VERIFIED, TAMPERED, NOT_ANCHORED, MALFORMED, UNCHECKED = range(5)


def begin(seed=1):
    """A case with a lead, two members and a log key: four records."""
    j = Journal(seed)
    j.start(LEAD, RECOVERY)
    j.enrol(LEAD, MEMBER)
    j.enrol(LEAD, OTHER)
    j.enrol(LEAD, LOG, 'log')
    return j


CASES = []


def case(status, title):
    """Registers a function that returns a journal, or the bytes of one, or a dict for run()."""
    def register(make):
        CASES.append((status, title, make))
        return make
    return register


def line_case(status, title, change, journal=None):
    """One line of a journal is changed as text; the lines after it are not."""
    @case(status, title)
    def make():
        j = journal() if journal else begin()
        if not journal:
            j.add(MEMBER, fields=[('text', b'x')])
        lines = j.skeleton().decode('latin-1').split('\n')[:-1]
        changed = change(lines[-1])
        assert changed != lines[-1], title
        return ('\n'.join(lines[:-1] + [changed]) + '\n').encode('latin-1')


def re_signed(status, title, **over):
    """The last record is signed rightly over a statement or entry that is unusual."""
    @case(status, title)
    def make():
        j = begin()
        j.add(MEMBER, **over)
        return j


# Section 2 and 3: spelling.
case(NOT_ANCHORED, 'a plain journal')(begin)
case(MALFORMED, 'no line at all')(lambda: b'')
case(MALFORMED, 'a single line feed')(lambda: b'\n')
case(MALFORMED, 'no last line feed')(lambda: begin().skeleton()[:-1])
case(MALFORMED, 'an empty line at the end')(lambda: begin().skeleton() + b'\n')
case(MALFORMED, 'carriage returns')(lambda: begin().skeleton().replace(b'\n', b'\r\n'))
case(MALFORMED, 'a byte order mark')(lambda: b'\xef\xbb\xbf' + begin().skeleton())
line_case(MALFORMED, 'white space', lambda t: t.replace(',"seq"', ', "seq"'))
line_case(MALFORMED, 'a leading zero', lambda t: t.replace('"seq":4', '"seq":04'))
line_case(MALFORMED, 'a sign', lambda t: t.replace('"mono":0', '"mono":-0'))
line_case(MALFORMED, 'a fraction', lambda t: t.replace('"mono":0', '"mono":0.0'))
line_case(MALFORMED, 'an exponent', lambda t: t.replace('"mono":0', '"mono":0e0'))
line_case(MALFORMED, '2 to the 63', lambda t: t.replace('"mono":0', '"mono":9223372036854775808'))
line_case(MALFORMED, 'a number of 70 digits', lambda t: t.replace('"mono":0', '"mono":' + '9' * 70))
line_case(MALFORMED, 'upper-case hex', lambda t: re.sub(r'"prev":"(\w+)"', lambda m: '"prev":"%s"' % m[1].upper(), t))
line_case(MALFORMED, 'hex too short', lambda t: re.sub(r'"prev":"\w', '"prev":"', t))
line_case(MALFORMED, 'an escape', lambda t: t.replace('"ntp"', '"n\\u0074p"'))
line_case(MALFORMED, 'a byte above 7e', lambda t: t.replace('"ntp"', '"nt\x7f"'))
line_case(MALFORMED, 'a name with capitals', lambda t: t.replace('"ntp"', '"Ntp"'))
line_case(MALFORMED, 'a name of 33 bytes', lambda t: t.replace('"team"', '"%s"' % ('t' * 33)))
line_case(MALFORMED, 'an empty name', lambda t: t.replace('"team"', '""'))
line_case(MALFORMED, 'a name that begins with a digit', lambda t: t.replace('"team"', '"1team"'))
line_case(MALFORMED, 'a type without version', lambda t: t.replace('note/1', 'note'))
line_case(MALFORMED, 'a type of version 0', lambda t: t.replace('note/1', 'note/0'))
line_case(MALFORMED, 'a type of version 1000', lambda t: t.replace('note/1', 'note/1000'))
line_case(MALFORMED, 'a type of version 01', lambda t: t.replace('note/1', 'note/01'))
line_case(MALFORMED, 'a member repeated', lambda t: t.replace(',"epoch":0', ',"epoch":0,"epoch":0'))
line_case(MALFORMED, 'a member missing', lambda t: t.replace(',"epoch":0', ''))
line_case(MALFORMED, 'members exchanged', lambda t: t.replace('"v":1,"case"', '"case":1,"v"'))
line_case(MALFORMED, 'something behind the entry', lambda t: t + ' ')
line_case(MALFORMED, 'something before the entry', lambda t: ' ' + t)
line_case(MALFORMED, 'no statement', lambda t: re.sub(r'"statement":.*', '"statement":{}}', t))
for when in ('2023-02-29T00:00:00.000000000Z', '1900-02-29T00:00:00.000000000Z', '2024-00-01T00:00:00.000000000Z',
             '2024-13-01T00:00:00.000000000Z', '2024-04-31T00:00:00.000000000Z', '2024-01-00T00:00:00.000000000Z',
             '2024-01-01T24:00:00.000000000Z', '2024-01-01T00:60:00.000000000Z', '2024-01-01T00:00:60.000000000Z',
             '2024-01-01T00:00:00.00000000Z', '2024-01-01T00:00:00.000000000', '2024-01-01 00:00:00.000000000Z',
             '2024-01-01T00:00:00,000000000Z', '2024-1-01T00:00:00.0000000000Z'):
    re_signed(MALFORMED, 'the time ' + when, time=when)
    re_signed(MALFORMED, 'logged at ' + when, logged=when)
for when in ('0000-02-29T00:00:00.000000000Z', '9999-12-31T23:59:59.999999999Z', '2000-02-29T00:00:00.000000000Z'):
    re_signed(NOT_ANCHORED, 'the time ' + when, time=when, logged=when)
re_signed(NOT_ANCHORED, 'the largest integer', mono=2**63 - 1, public=[('n', 2**63 - 1)])
re_signed(NOT_ANCHORED, 'values of every kind', public=[('a', []), ('a-', [1, 'x', 0]), ('a1', ''), ('ab', 0)])
re_signed(NOT_ANCHORED, 'a type of version 999', type='note/999')
re_signed(NOT_ANCHORED, 'a reference', refs=[])
re_signed(MALFORMED, 'names that do not ascend', public=[('b', 1), ('a', 1)])
re_signed(MALFORMED, 'names repeated', public=[('a', 1), ('a', 1)])
re_signed(MALFORMED, 'an array in an array', public=[('a', [[1]])])
re_signed(MALFORMED, 'fields repeated', fields=[('a', b''), ('a', b'')])


@case(NOT_ANCHORED, 'a line of 65,536 bytes')
def longest(extra=0):
    j = begin()
    j.add(MEMBER, public=[('a', '')])
    room = 65536 - len(j.lines[-1])
    j = begin()
    j.add(MEMBER, public=[('a', 'x' * (room + extra))])
    assert len(j.lines[-1]) == 65536 + extra
    return j


case(MALFORMED, 'a line of 65,537 bytes')(lambda: longest(1))

# What is from a later time.
line_case(UNCHECKED, 'version 2 of the format', lambda t: t.replace('"v":1', '"v":2'))
line_case(UNCHECKED, 'version 2 in a line otherwise unknown', lambda t: '{"v":2,\xff')
line_case(UNCHECKED, 'version 0', lambda t: '{"v":0,')
line_case(MALFORMED, 'a version that is no integer', lambda t: '{"v":02,')
line_case(MALFORMED, 'a version without comma', lambda t: '{"v":2}')
line_case(MALFORMED, 'a version too large for an integer', lambda t: '{"v":9223372036854775808,')
case(UNCHECKED, 'a later version, and anything behind it')(lambda: begin().skeleton() + b'{"v":2,\nrubbish')
case(UNCHECKED, 'a later version without line feed')(lambda: begin().skeleton() + b'{"v":2,')
case(MALFORMED, 'rubbish, and a later version behind it')(lambda: begin().skeleton() + b'rubbish\n{"v":2,\n')
case(MALFORMED, 'the first of many lines misspelled, and a later version behind them')(
    lambda: [j := begin(), [j.add(MEMBER) for _ in range(300)]][0].skeleton().replace(b'"v":1,', b'"v":1 ,', 1)
    + b'{"v":2,')
re_signed(UNCHECKED, 'an epoch', epoch=1)
re_signed(UNCHECKED, 'a later version of a known type', type='enrol/2')
case(UNCHECKED, 'a later type where a rule is broken too')(
    lambda: [j := begin(), j.add(MEMBER, 'merge/2'), j.add(MEMBER, seq=9)][0])
case(MALFORMED, 'a later type, and a line behind it misspelled')(
    lambda: [j := begin(), j.add(MEMBER, 'merge/2')][0].skeleton() + b'x\n')

# Section 3, 4 and 6: the chain.
re_signed(TAMPERED, 'a wrong seq', seq=5)
re_signed(TAMPERED, 'a wrong prev', prev=ZEROS)
re_signed(TAMPERED, 'another case in the entry', case='1' * 64)
re_signed(TAMPERED, 'seen of a later size', seen_size=5)
re_signed(TAMPERED, 'seen with a wrong head', seen_head='2' * 64)
re_signed(TAMPERED, 'seen of size 0 with a head', seen_size=0)
re_signed(NOT_ANCHORED, 'seen of size 0', seen_size=0, seen_head=ZEROS)
re_signed(MALFORMED, 'an unknown clock', clock='sun')
re_signed(MALFORMED, 'an unknown TLP', tlp='white')
re_signed(MALFORMED, 'an unknown TLP in a later epoch', tlp='white', epoch=1)
re_signed(MALFORMED, 'a TLP with its prefix', tlp='tlp-red')
for word in ('clear', 'green', 'amber', 'amber-strict', 'red'):
    re_signed(NOT_ANCHORED, 'TLP ' + word, tlp=word)
for word in ('free', 'unknown'):
    re_signed(NOT_ANCHORED, 'the clock ' + word, clock=word)
re_signed(TAMPERED, 'an unknown reference', refs=['3' * 32])
re_signed(NOT_ANCHORED, 'another scope', scope='x')
case(TAMPERED, 'a repeated id')(lambda: [j := begin(), j.add(MEMBER, id=j.ids[-1])][0])
case(TAMPERED, 'a reference to itself')(lambda: [j := begin(), j.add(MEMBER, id='4' * 32, refs=['4' * 32])][0])
case(NOT_ANCHORED, 'references')(lambda: [j := begin(), j.add(MEMBER, refs=j.ids + j.ids)][0])
case(TAMPERED, 'a line removed')(lambda: b''.join(begin().skeleton().splitlines(True)[i] for i in (0, 2, 3)))
case(TAMPERED, 'lines exchanged')(lambda: b''.join(begin().skeleton().splitlines(True)[i] for i in (0, 2, 1, 3)))
case(TAMPERED, 'a line repeated')(lambda: begin().skeleton() + begin().skeleton().splitlines(True)[3])
line_case(TAMPERED, 'a signature changed', lambda t: re.sub(r'"sig":"(.)', lambda m: '"sig":"%x' % (int(m[1], 16) ^ 1), t))
line_case(TAMPERED, 'a TLP changed', lambda t: t.replace('"amber"', '"green"'))


@case(TAMPERED, 'logged changed in a line that another follows')
def logged_changed():
    """Nothing but an anchor binds `logged` of the last line."""
    j = begin()
    j.lines[2] = j.lines[2].replace('"logged":"2024', '"logged":"2022')
    return j


@case(TAMPERED, 'a statement of another case')
def foreign():
    j, other = begin(), Journal(9)
    other.start(MEMBER, RECOVERY)
    _, statement = other.statement(MEMBER)
    j.append_tail(',"epoch":0,"logged":"%s","statement":%s}' % (j.time(), statement))
    return j


@case(TAMPERED, 'record 0 of another type')
def no_case():
    j = Journal()
    j.add(LEAD, case=ZEROS)
    return j


def case_with(status, title, **over):
    @case(status, title)
    def make():
        j = Journal()
        public = {'format': 'cj/1', 'key': LEAD.hex, 'policy': 'plain', 'recovery': RECOVERY.hex}
        public.update(over.pop('public', {}))
        j.add(LEAD, 'case/1', sorted((k, v) for k, v in public.items() if v is not None), case=ZEROS, **over)
        return j


case_with(NOT_ANCHORED, 'record 0 alone')
case_with(TAMPERED, 'a recovery key that is the first key', public={'recovery': LEAD.hex})
case_with(TAMPERED, 'a first key that is not the signer', public={'key': MEMBER.hex})
case_with(TAMPERED, 'another format', public={'format': 'cj/2'})
case_with(TAMPERED, 'a member of public missing', public={'policy': None})
case_with(TAMPERED, 'a member of public too many', public={'q': 1})
case_with(TAMPERED, 'a policy that is no name', public={'policy': 'A'})
case_with(TAMPERED, 'record 0 with a reference', refs=['5' * 32])
case_with(TAMPERED, 'record 0 that has seen something', seen_size=1)
case_with(TAMPERED, 'record 0 with a prev', prev='6' * 64)


@case(NOT_ANCHORED, 'forty keys')
def many_keys():
    j = begin()
    for n in range(30, 70):
        j.enrol(LEAD, Key(n))
    for n in range(30, 70):
        j.add(Key(n))
    return j


# Section 9.
def rules(status, title):
    """A function that adds to a begun journal."""
    def register(add):
        @case(status, title)
        def make():
            j = begin()
            return add(j) or j
        return add
    return register


for signer, name, good in ((LEAD, 'lead', 'enrol revoke hold checkpoint anchor note'), (LOG, 'log', 'checkpoint'),
                           (MEMBER, 'member', 'checkpoint anchor note'), (SPARE, 'stranger', ''),
                           (RECOVERY, 'recovery key', 'enrol revoke')):
    for act, add in (('enrol', lambda j, k: j.enrol(k, SPARE)), ('revoke', lambda j, k: j.revoke(k, OTHER, 2)),
                     ('hold', lambda j, k: j.hold(k)), ('note', lambda j, k: j.add(k)),
                     ('checkpoint', lambda j, k: j.checkpoint(k, LEAD)),
                     ('anchor', lambda j, k: j.anchor(k, 'page'))):
        rules(NOT_ANCHORED if act in good.split() else TAMPERED, '%s by a %s' % (act, name))(
            lambda j, add=add, signer=signer: add(j, signer) and None)

rules(TAMPERED, 'the recovery key enrolled')(lambda j: j.enrol(LEAD, RECOVERY) and None)
rules(TAMPERED, 'an enrolment with a foreign proof')(
    lambda j: j.enrol(LEAD, SPARE, proof=MEMBER.sign(b'cj/1 enrol\n' + j.case.encode()).hex()) and None)
rules(TAMPERED, 'an enrolment with another power')(lambda j: j.enrol(LEAD, SPARE, 'king') and None)
rules(NOT_ANCHORED, 'a power replaced')(lambda j: (j.enrol(LEAD, MEMBER, 'lead'), j.hold(MEMBER)) and None)
rules(TAMPERED, 'a power taken')(lambda j: (j.enrol(LEAD, MEMBER, 'log'), j.add(MEMBER)) and None)
rules(TAMPERED, 'a revoked key signs')(lambda j: (j.revoke(LEAD, MEMBER, 4), j.add(MEMBER)) and None)
rules(TAMPERED, 'a revoked key enrolled again')(lambda j: (j.revoke(LEAD, MEMBER, 4), j.enrol(LEAD, MEMBER)) and None)
rules(TAMPERED, 'a key revoked that is not enrolled')(lambda j: j.revoke(LEAD, SPARE, 1) and None)
rules(TAMPERED, 'the recovery key revoked')(lambda j: j.revoke(LEAD, RECOVERY, 1) and None)
rules(TAMPERED, 'revoked from 0')(lambda j: j.revoke(LEAD, MEMBER, 0) and None)
rules(NOT_ANCHORED, 'revoked from its own place')(lambda j: j.revoke(LEAD, MEMBER, 4) and None)
rules(TAMPERED, 'revoked from a later place')(lambda j: j.revoke(LEAD, MEMBER, 5) and None)
rules(NOT_ANCHORED, 'a lead revokes itself')(lambda j: j.revoke(LEAD, LEAD, 1) and None)
rules(TAMPERED, 'a lead revokes itself and signs')(lambda j: (j.revoke(LEAD, LEAD, 4), j.add(LEAD)) and None)
rules(NOT_ANCHORED, 'a key revoked twice')(lambda j: (j.revoke(LEAD, MEMBER, 4), j.revoke(LEAD, MEMBER, 2)) and None)
rules(TAMPERED, 'a key enrolled by a key revoked from before')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, WITNESS), j.revoke(LEAD, SPARE, 5), j.add(WITNESS)) and None)
rules(NOT_ANCHORED, 'a key enrolled by a key revoked from later')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, WITNESS), j.revoke(LEAD, SPARE, 6), j.add(WITNESS)) and None)
rules(TAMPERED, 'trust falls through two enrolments')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, WITNESS, 'lead'), j.enrol(WITNESS, Key(20)),
               j.revoke(LEAD, SPARE, 5), j.add(Key(20))) and None)
rules(NOT_ANCHORED, 'a revocation by a key that its own cascade hits stands')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.revoke(SPARE, LEAD, 1)) and None)
rules(TAMPERED, 'and the key it hit cannot sign')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.revoke(SPARE, LEAD, 1), j.add(SPARE)) and None)
rules(TAMPERED, 'a revocation stands whatever becomes of its signer')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.revoke(SPARE, MEMBER, 1), j.revoke(LEAD, SPARE, 5), j.add(MEMBER)) and None)
rules(NOT_ANCHORED, 'a key with an enrolment left is not revoked')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, MEMBER), j.revoke(LEAD, SPARE, 4), j.add(MEMBER)) and None)
rules(TAMPERED, 'a key falls back to the power that was left')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, MEMBER, 'lead'), j.hold(MEMBER), j.revoke(LEAD, SPARE, 4),
               j.hold(MEMBER)) and None)
rules(NOT_ANCHORED, 'what it did with the power that fell stands')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, MEMBER, 'lead'), j.hold(MEMBER), j.revoke(LEAD, SPARE, 4),
               j.add(MEMBER)) and None)
rules(NOT_ANCHORED, 'a key whose enrolments fell is enrolled again')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, WITNESS), j.revoke(LEAD, SPARE, 4), j.enrol(LEAD, WITNESS),
               j.add(WITNESS)) and None)
rules(TAMPERED, 'two keys do not hold each other up')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, WITNESS, 'lead'), j.enrol(WITNESS, SPARE, 'lead'),
               j.revoke(RECOVERY, LEAD, 4), j.add(SPARE)) and None)
rules(TAMPERED, 'a key does not hold itself up')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, SPARE, 'lead'), j.revoke(RECOVERY, LEAD, 4), j.add(SPARE)) and None)
rules(NOT_ANCHORED, 'the recovery key holds a key up')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(RECOVERY, SPARE), j.revoke(RECOVERY, LEAD, 4), j.add(SPARE)) and None)
rules(NOT_ANCHORED, 'a key whose enrolments fell is revoked by name too')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, WITNESS), j.revoke(LEAD, SPARE, 4), j.revoke(LEAD, WITNESS, 1)) and None)
rules(TAMPERED, 'a checkpoint by a key whose enrolments fell')(
    lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, WITNESS), j.revoke(LEAD, SPARE, 4), j.checkpoint(LEAD, WITNESS)) and None)
rules(TAMPERED, 'case/1 again')(lambda j: j.start(LEAD, RECOVERY) and None)
rules(TAMPERED, 'case/1 again, of this case')(
    lambda j: j.add(LEAD, 'case/1', [('format', 'cj/1'), ('key', LEAD.hex), ('policy', 'plain'),
                                     ('recovery', RECOVERY.hex)]) and None)
rules(TAMPERED, 'hold with another state')(lambda j: j.hold(LEAD, 'on') and None)
rules(TAMPERED, 'a checkpoint of size 0')(lambda j: j.checkpoint(LEAD, size=0, root=bytes(32)) and None)
rules(TAMPERED, 'a checkpoint with another root')(lambda j: j.checkpoint(LEAD, root=bytes(32)) and None)
rules(TAMPERED, 'a checkpoint beyond its place')(lambda j: j.checkpoint(LEAD, size=5, root=j.root(4)) and None)
rules(NOT_ANCHORED, 'a checkpoint of every size')(
    lambda j: [j.checkpoint(LOG, size=n) for n in range(1, 5) for _ in range(3)] and None)
rules(TAMPERED, 'a checkpoint with another key\'s signature')(
    lambda j: j.checkpoint(LEAD, MEMBER, sig=LEAD.sign(j.text())) and None)
rules(TAMPERED, 'a checkpoint by a stranger\'s key')(lambda j: j.checkpoint(LEAD, SPARE) and None)
rules(TAMPERED, 'a checkpoint by a revoked key')(
    lambda j: (j.revoke(LEAD, MEMBER, 4), j.checkpoint(LEAD, MEMBER)) and None)
rules(TAMPERED, 'an anchor with another root')(lambda j: j.anchor(LEAD, 'page', root=bytes(32)) and None)
rules(TAMPERED, 'an anchor of another kind')(lambda j: j.anchor(LEAD, 'moon') and None)
rules(TAMPERED, 'a page with a token')(lambda j: j.anchor(LEAD, 'page', token='AAAA') and None)
rules(TAMPERED, 'a token that is not base64')(lambda j: j.anchor(LEAD, 'rfc3161', token='AAA') and None)
rules(NOT_ANCHORED, 'a token of which nothing is known')(lambda j: j.anchor(LEAD, 'rfc3161', token='AAAA') and None)


def redaction(names=('a', 'b'), by=(MEMBER, OTHER), before=None, between=None, **over):
    j = begin()
    target = j.add(MEMBER, fields=[('a', b'1'), ('b', b'2'), ('c', b'3')])
    if before:
        before(j)
    request = j.request(MEMBER, target, list(over.get('asked', names)))
    approvals = [j.approve(k, request) for k in by]
    if between:
        between(j)
    j.redact(LEAD, over.get('approvals', approvals), over.get('target', target), list(over.get('names', names)))
    return j


case(NOT_ANCHORED, 'a redaction')(redaction)
case(TAMPERED, 'a redaction with one approval')(lambda: redaction(by=(MEMBER,)))
case(TAMPERED, 'a redaction approved twice by one key')(lambda: redaction(by=(MEMBER, MEMBER)))
case(NOT_ANCHORED, 'a redaction approved three times')(lambda: redaction(by=(MEMBER, MEMBER, LEAD)))
case(TAMPERED, 'a redaction under hold')(lambda: redaction(between=lambda j: j.hold(LEAD)))
case(NOT_ANCHORED, 'a redaction after a hold')(
    lambda: redaction(before=lambda j: j.hold(LEAD), between=lambda j: j.hold(LEAD, 'lifted')))
case(TAMPERED, 'a redaction with an approval by a key whose enrolment fell')(
    lambda: redaction(before=lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, WITNESS)), by=(MEMBER, WITNESS),
                      between=lambda j: j.revoke(LEAD, SPARE, 6)))
case(NOT_ANCHORED, 'a hold set with a power that fell')(
    lambda: redaction(before=lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, MEMBER, 'lead'), j.hold(MEMBER)),
                      between=lambda j: j.revoke(LEAD, SPARE, 6)))
case(TAMPERED, 'a hold lifted with a power that fell')(
    lambda: redaction(before=lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.enrol(SPARE, MEMBER, 'lead'), j.hold(LEAD),
                                        j.hold(MEMBER, 'lifted')),
                      between=lambda j: j.revoke(LEAD, SPARE, 6)))
case(TAMPERED, 'a redaction with an approval that is not trusted')(
    lambda: redaction(between=lambda j: j.revoke(LEAD, OTHER, 5)))
case(NOT_ANCHORED, 'a redaction with an approval from before a revocation')(
    lambda: redaction(between=lambda j: j.revoke(LEAD, OTHER, 7 + 1)))
case(TAMPERED, 'a request for a field that is not there')(lambda: redaction(names=('d',)))
rules(TAMPERED, 'a request about a record that is not there')(lambda j: j.request(MEMBER, '7' * 32, []) and None)
rules(TAMPERED, 'a request about itself')(lambda j: j.request(MEMBER, '7' * 32, [], id='7' * 32) and None)
rules(NOT_ANCHORED, 'a request about the record before')(lambda j: j.request(MEMBER, j.ids[-1], []) and None)
rules(TAMPERED, 'an approval of what is not there')(lambda j: j.approve(MEMBER, '7' * 32) and None)
rules(TAMPERED, 'an approval of what is no request')(lambda j: j.approve(MEMBER, j.ids[0]) and None)
rules(TAMPERED, 'an approval of itself')(lambda j: j.approve(MEMBER, '7' * 32, id='7' * 32) and None)
case(TAMPERED, 'a redaction approved by notes')(
    lambda: redaction(approvals=['7' * 32, '8' * 32],
                      between=lambda j: (j.add(MEMBER, id='7' * 32), j.add(OTHER, id='8' * 32))))
case(NOT_ANCHORED, 'a redaction of one field named twice')(lambda: redaction(names=('a', 'a')))
case(TAMPERED, 'approvals that are not there')(lambda: redaction(approvals=['7' * 32, '8' * 32]))
case(TAMPERED, 'a redaction of another record')(lambda: redaction(target='9' * 32))
case(NOT_ANCHORED, 'a hold that is not trusted')(
    lambda: redaction(before=lambda j: (j.enrol(LEAD, SPARE, 'lead'), j.hold(SPARE)),
                      between=lambda j: j.revoke(LEAD, SPARE, 5)))


@case(TAMPERED, 'a redaction of other fields')
def other_fields():
    j = begin()
    target = j.add(MEMBER, fields=[('a', b'1'), ('c', b'3')])
    request = j.request(MEMBER, target, ['a'])
    j.redact(LEAD, [j.approve(MEMBER, request), j.approve(OTHER, request)], target, ['c'])
    return j


@case(TAMPERED, 'approvals of different requests')
def two_requests():
    j = begin()
    target = j.add(MEMBER, fields=[('a', b'1')])
    requests = [j.request(MEMBER, target, ['a']) for _ in range(2)]
    j.redact(LEAD, [j.approve(MEMBER, requests[0]), j.approve(OTHER, requests[1])], target, ['a'])
    return j


case(NOT_ANCHORED, 'a redaction of no field')(lambda: redaction(names=()))
case(TAMPERED, 'a redaction of the same fields in another order')(
    lambda: redaction(names=('a', 'b'), asked=('b', 'a')))
case(NOT_ANCHORED, 'a redaction on a request that is not trusted')(
    lambda: redaction(before=lambda j: j.enrol(LEAD, SPARE), by=(LEAD, OTHER), between=lambda j: j.revoke(LEAD, MEMBER, 6)))


# Section 10.
def two_copies(seed=5):
    a = begin()
    a.add(MEMBER, fields=[('x', b'shared')])
    return a, a.copy(seed)


def merged(status, title):
    def register(make):
        @case(status, title)
        def run_it():
            a, b = two_copies()
            return make(a, b) or a
        return make
    return register


@merged(NOT_ANCHORED, 'two copies merged')
def simple(a, b):
    a.add(MEMBER)
    note = b.add(OTHER, fields=[('y', b'from b')])
    b.add(OTHER, refs=[note])
    a.merge(LEAD, b, 5)
    a.add(OTHER, refs=[note])


@merged(NOT_ANCHORED, 'a merge of a copy that is only ahead')
def ahead(a, b):
    b.add(OTHER)
    a.merge(MEMBER, b, 5)


@merged(NOT_ANCHORED, 'a merge that skips what was merged before')
def again(a, b):
    b.add(OTHER)
    b.add(OTHER)
    a.merge(LEAD, b, 5)
    b.add(OTHER)
    a.merge(LEAD, b, 5, [(5, 6, 2)])
    b.add(OTHER)
    a.merge(LEAD, b, 5, [(5, 6, 2), (7, 9, 1)])
    a.merge(LEAD, b, 5, [(5, 6, 1), (6, 7, 1), (7, 9, 1), (8, 11, 1)])


@merged(NOT_ANCHORED, 'each copy merges the other, and back')
def both(a, b):
    a.add(MEMBER)
    b.add(OTHER)
    old = a.copy(11)
    a.merge(LEAD, b, 5)      # 6: merge, 7: b's 5
    b.merge(OTHER, old, 5)   # b 6: merge, 7: a's 5
    b.add(OTHER)             # b 8
    a.merge(LEAD, b, 5, [(5, 7, 1), (7, 5, 1)])
    a.add(MEMBER)


for fault, change in (('count too small', {'count': 1}), ('count too large', {'count': 3}), ('fork 0', {'fork': 0}),
                      ('another fork', {'fork': 4}), ('another head', {'head': ZEROS}), ('another root', {'root': ZEROS}),
                      ('size too small', {'size': 6}), ('a skip of nothing', {'skip': [5, 0, 0]}),
                      ('a skip that is no triple', {'skip': [5, 0]}), ('a fork beyond', {'fork': 8, 'size': 10}),
                      ('a skip of later records', {'skip': [5, 6, 1], 'count': 1}),
                      ('a skip that does not ascend', {'skip': [6, 0, 1, 5, 1, 1], 'count': 0}),
                      ('a skip that overlaps', {'skip': [5, 0, 2, 6, 1, 1], 'count': 0}),
                      ('a skip before the fork', {'skip': [4, 0, 1], 'count': 1}),
                      ('a skip beyond the copy', {'skip': [6, 0, 2], 'count': 0}),
                      ('huge numbers', {'fork': 2**63 - 1, 'size': 2**63 - 1, 'count': 2**63 - 1}),
                      ('a huge skip', {'skip': [5, 0, 2**63 - 1], 'size': 2**63 - 1})):
    @merged(TAMPERED, 'a merge with ' + fault)
    def faulty(a, b, change=change):
        a.add(MEMBER)
        b.add(OTHER)
        b.add(OTHER)
        a.merge(LEAD, b, 5, **change)


def inside_window(a, b, fork, **changed):
    """a brings in three records of b; a copy of a goes on, and comes back with a fork among those three."""
    for _ in range(3):
        b.add(OTHER)
    a.merge(LEAD, b, 5)  # 5: merge, 6 to 8: merged
    c = a.copy(41)
    c.add(MEMBER)        # 9
    a.add(LEAD)          # 9
    a.merge(LEAD, c, fork, [(fork, fork, 9 - fork)], **changed)


for place in (5, 6, 7, 8):
    merged(NOT_ANCHORED, 'a fork at %d, among merged records' % place)(
        lambda a, b, place=place: inside_window(a, b, place))
merged(TAMPERED, 'a fork among merged records, of a copy that ends among them')(
    lambda a, b: inside_window(a, b, 7, size=8, count=0, skip=[7, 7, 1]))


@merged(NOT_ANCHORED, 'a fork behind merged records')
def behind_window(a, b):
    b.add(OTHER)
    a.merge(LEAD, b, 5)  # 5: merge, 6: merged
    a.add(LEAD)          # 7
    c = a.copy(41)
    c.add(MEMBER)
    a.add(LEAD)
    a.merge(LEAD, c, 8)


@merged(TAMPERED, 'a fork among merged records, of a copy that was cut among them')
def cut_among(a, b):
    for _ in range(3):
        b.add(OTHER)
    a.merge(LEAD, b, 5)  # 5: merge, 6 to 8: merged
    c = a.copy(41)
    c.lines, c.parts, c.ids = c.lines[:8], c.parts[:8], c.ids[:8]
    a.merge(LEAD, c, 7, [(7, 7, 1)])


@merged(NOT_ANCHORED, 'a copy whose signer had seen nothing')
def unseen(a, b):
    b.add(OTHER, seen_size=0, seen_head=ZEROS)
    a.merge(LEAD, b, 5)


@merged(TAMPERED, 'a copy that holds one of the common records again')
def common_twice(a, b):
    b.append_tail(b.parts[4])
    a.merge(LEAD, b, 5, [(5, 4, 1)])


@merged(TAMPERED, 'a copy that holds one of its records twice')
def own_twice(a, b):
    b.add(OTHER)
    a.merge(LEAD, b, 5)
    b.append_tail(b.parts[5])
    a.merge(LEAD, b, 5, [(5, 6, 1), (6, 6, 1)])


@merged(TAMPERED, 'a copy that brought in again what it had before its fork')
def had_before(a, b):
    """The second copy parted from the first at 5, and merged its record 5; the third had it, and merged it again."""
    a.add(MEMBER)                        # 5
    c, third = a.copy(42), a.copy(43)
    b.merge(OTHER, c, 5)                 # 5: merge, 6: a's 5
    third.merge(OTHER, b, 5)             # 6: merge, 7: b's merge, 8: a's 5 again
    a.merge(LEAD, third, 6, [(8, 5, 1)])


def referring(status, title):
    """Three copies; the last refers to what make() returns, and is merged last."""
    def register(make):
        @case(status, title)
        def run_it():
            a, b = two_copies()
            return make(a, b, a.copy(44)) or a
        return make
    return register


@referring(TAMPERED, 'a copy that refers to a record which only another copy has')
def refers_aside(a, b, c):
    b.add(OTHER)
    note = b.add(OTHER)
    c.add(MEMBER, refs=[note])
    a.merge(LEAD, b, 5)
    a.merge(LEAD, c, 5)


@referring(TAMPERED, 'a long copy that refers to a record which only another copy has')
def refers_aside_long(a, b, c):
    note = b.add(OTHER)
    c.add(MEMBER)
    c.add(MEMBER, refs=[note])
    a.merge(LEAD, b, 5)
    a.merge(LEAD, c, 5)


@referring(TAMPERED, 'a copy of a copy that refers to a record of the one which merged it')
def refers_up(a, b, c):
    note = b.add(OTHER)
    c.add(MEMBER, refs=[note])
    b.merge(OTHER, c, 5)
    a.merge(LEAD, b, 5)


@referring(TAMPERED, 'a copy of a copy that refers to a record behind both forks')
def refers_far_up(a, b, c):
    note = a.add(LEAD)
    c.add(MEMBER, refs=[note])
    b.merge(OTHER, c, 5)
    a.merge(LEAD, b, 5)


@referring(NOT_ANCHORED, 'a copy of a copy that refers to a common record')
def refers_common(a, b, c):
    c.add(MEMBER, refs=[a.ids[4], a.ids[0]])
    b.merge(OTHER, c, 5)
    a.merge(LEAD, b, 5)


@merged(TAMPERED, 'a copy with a line that is too long there')
def too_long_there(a, b):
    """The line has 65,536 bytes as record 9 of a, and one more as record 10 of b."""
    while a.size < 9:
        a.add(MEMBER)
    a.add(MEMBER, public=[('a', '')])
    room = 65536 - len(a.lines.pop())
    a.parts.pop(), a.ids.pop()
    a.add(MEMBER, public=[('a', 'x' * room)])
    while b.size < 9:
        b.add(OTHER)
    old = a.copy(51)
    b.lines, b.parts, b.ids = b.lines[:5], b.parts[:5], b.ids[:5]
    b.merge(LEAD, old, 5)  # 5: merge, 6 to 10: a's 5 to 9
    b.add(OTHER)
    a.merge(LEAD, b, 5, [(6, 5, 5)])


@merged(TAMPERED, 'a merge that is cut')
def cut(a, b):
    b.add(OTHER)
    b.add(OTHER)
    a.merge(LEAD, b, 5)
    return a.skeleton().rsplit(b'\n', 2)[0] + b'\n'


@merged(TAMPERED, 'a statement brought in twice')
def twice(a, b):
    b.add(OTHER)
    a.merge(LEAD, b, 5)
    a.merge(LEAD, b, 5)


@merged(TAMPERED, 'a copy that breaks a rule by itself')
def bad_copy(a, b):
    b.add(SPARE)
    a.merge(LEAD, b, 5)


@merged(TAMPERED, 'a copy with a wrong seen')
def bad_seen(a, b):
    b.add(OTHER, seen_head=ZEROS)
    a.merge(LEAD, b, 5)


@merged(TAMPERED, 'a copy with a wrong checkpoint')
def bad_root(a, b):
    b.checkpoint(OTHER, root=bytes(32))
    a.merge(LEAD, b, 5)


@merged(NOT_ANCHORED, 'a copy with checkpoints of its own')
def own_root(a, b):
    a.add(MEMBER)
    b.add(OTHER)
    for size in range(1, 7):
        b.checkpoint(OTHER, size=size)
    a.merge(LEAD, b, 5)
    a.checkpoint(LEAD)


@merged(NOT_ANCHORED, 'a key revoked here, whose merged records are not trusted')
def revoked_here(a, b):
    a.revoke(LEAD, OTHER, 5)
    b.add(OTHER)
    a.merge(LEAD, b, 5)


@merged(TAMPERED, 'a key revoked there signs here after the merge')
def revoked_there(a, b):
    b.revoke(LEAD, OTHER, 5)
    a.add(OTHER)
    a.merge(LEAD, b, 5)
    a.add(OTHER)


@merged(NOT_ANCHORED, 'a key enrolled there signs here after the merge')
def enrolled_there(a, b):
    b.enrol(LEAD, SPARE)
    b.add(SPARE)
    a.merge(LEAD, b, 5)
    a.add(SPARE)


@merged(TAMPERED, 'a key enrolled there by a key revoked here does not')
def enrolled_untrusted(a, b):
    a.enrol(LEAD, SPARE, 'lead')
    b = a.copy(31)
    a.revoke(LEAD, SPARE, 6)
    b.enrol(SPARE, WITNESS)
    a.merge(LEAD, b, 6)
    a.add(WITNESS)


@merged(TAMPERED, 'a hold set there counts here')
def hold_there(a, b):
    b.hold(LEAD)
    a.merge(LEAD, b, 5)
    request = a.request(MEMBER, a.ids[4], ['x'])
    a.redact(LEAD, [a.approve(MEMBER, request), a.approve(OTHER, request)], a.ids[4], ['x'])


def chain_of_copies(parted):
    """c revokes from 9; b merges c, and a merges b, with which it shares 8 records. The approvals stand at 6 and 7."""
    a, _ = two_copies()
    request = a.request(MEMBER, a.ids[4], ['x'])  # 5
    approvals, c = [], None
    for key in (OTHER, MEMBER):
        if a.size == parted:
            c = a.copy(61)
        approvals.append(a.approve(key, request))
    c = c or a.copy(61)
    b = a.copy(62)
    while c.size < 9:
        c.add(LEAD)
    c.revoke(LEAD, OTHER, 9)
    b.merge(LEAD, c, parted)
    a.merge(LEAD, b, 8)
    a.redact(LEAD, approvals, a.ids[4], ['x'])
    return a


case(TAMPERED, 'from is carried over from copy to copy')(lambda: chain_of_copies(6))
case(NOT_ANCHORED, 'from is carried over no further than the copies parted')(lambda: chain_of_copies(8))


@merged(TAMPERED, 'from is no later than the fork')
def from_fork(a, b):
    request = a.request(MEMBER, a.ids[4], ['x'])
    approvals = [a.approve(k, request) for k in (MEMBER, OTHER)]  # 6, 7
    while b.size < 9:
        b.add(LEAD)
    b.revoke(LEAD, OTHER, 9)
    a.merge(LEAD, b, 5)
    a.redact(LEAD, approvals, a.ids[4], ['x'])


def powerless(status, title):
    """SPARE may enrol in b, and at the place of the merge no longer in a; in b it enrolled WITNESS."""
    def register(make):
        @case(status, title)
        def run_it():
            a, _ = two_copies()
            a.enrol(LEAD, SPARE, 'lead')  # 5
            b = a.copy(71)
            a.enrol(LEAD, SPARE, 'member')
            b.enrol(SPARE, WITNESS)       # 6
            make(a, b)
            return a
        return make
    return register


@powerless(TAMPERED, 'a merged enrolment without power has no effect')
def powerless_enrol(a, b):
    a.merge(LEAD, b, 6)
    a.add(WITNESS)


@powerless(TAMPERED, 'a key so enrolled was never enrolled')
def powerless_revoke(a, b):
    a.merge(LEAD, b, 6)
    a.revoke(LEAD, WITNESS, 6)


@powerless(NOT_ANCHORED, 'and what never had effect revokes nothing')
def powerless_fall(a, b):
    a.enrol(LEAD, WITNESS)
    a.merge(LEAD, b, 6)
    a.revoke(LEAD, SPARE, 5)
    a.add(WITNESS)


@powerless(TAMPERED, 'a power given later does not reach back')
def powerless_later(a, b):
    a.merge(LEAD, b, 6)
    a.enrol(LEAD, SPARE, 'lead')
    a.add(WITNESS)


@merged(NOT_ANCHORED, 'a merged enrolment counts where the record that took its signer\'s power falls')
def power_back(a, b):
    a.enrol(LEAD, SPARE, 'lead')    # 5
    a.enrol(LEAD, OTHER, 'lead')    # 6
    b = a.copy(81)
    a.enrol(OTHER, SPARE, 'member')  # 7
    b.enrol(SPARE, WITNESS)         # 7
    a.merge(LEAD, b, 7)
    a.revoke(LEAD, OTHER, 7)
    a.add(WITNESS)


@merged(NOT_ANCHORED, 'but a merged revocation does not')
def revocation_settled(a, b):
    a.enrol(LEAD, SPARE, 'lead')    # 5
    a.enrol(LEAD, OTHER, 'lead')    # 6
    b = a.copy(82)
    a.enrol(OTHER, SPARE, 'member')  # 7
    b.revoke(SPARE, MEMBER, 7)      # 7
    a.merge(LEAD, b, 7)
    a.revoke(LEAD, OTHER, 7)
    a.add(MEMBER)


@powerless(TAMPERED, 'a merged revocation of a key that was never enrolled here')
def revoked_unknown(a, b):
    b.revoke(LEAD, WITNESS, 7)
    a.merge(LEAD, b, 6)
    a.enrol(LEAD, WITNESS)


@merged(NOT_ANCHORED, 'a key whose enrolments fell, enrolled there by another')
def revived(a, b):
    b.enrol(LEAD, WITNESS)
    a.enrol(LEAD, SPARE, 'lead')
    a.enrol(SPARE, WITNESS)
    a.revoke(LEAD, SPARE, 5)
    a.merge(LEAD, b, 5)
    a.add(WITNESS)


@merged(NOT_ANCHORED, 'a merge that brings in nothing')
def nothing_new(a, b):
    b.add(OTHER)
    a.merge(LEAD, b, 5)
    a.merge(LEAD, b, 5, [(5, 6, 1)])


def nest(depth, **over):
    """The first copy merges the second, which had merged the third, and so forth."""
    base = begin()
    inner = base.copy(100)
    inner.add(OTHER, **over)
    for n in range(depth):
        outer = base.copy(101 + n)
        outer.add(MEMBER)
        outer.merge(LEAD, inner, 4)
        inner = outer
    return inner


case(NOT_ANCHORED, 'merges 16 deep')(lambda: nest(16))
case(UNCHECKED, 'merges 17 deep')(lambda: nest(17))
case(TAMPERED, 'a rule broken 16 deep')(lambda: nest(16, seen_head=ZEROS))
case(UNCHECKED, 'a rule broken 17 deep')(lambda: nest(17, seen_head=ZEROS))
case(UNCHECKED, 'a rule broken before merges 17 deep')(
    lambda: nest(17).skeleton().replace(b'"seq":1,', b'"seq":2,'))
case(UNCHECKED, 'a rule broken behind merges 17 deep')(lambda: [j := nest(17), j.add(SPARE)][0])
case(UNCHECKED, 'merges 17 deep, and a later version')(lambda: [j := nest(17), j.add(MEMBER, epoch=1)][0])
case(MALFORMED, 'merges 17 deep, and openings misspelled')(lambda: {'journal': nest(17), 'openings': b'x\n'})
case(UNCHECKED, 'merges 17 deep, and another root given')(
    lambda: {'journal': nest(17), 'args': ['--root', '1:' + ZEROS]})
case(TAMPERED, 'a merge whose numbers do not fit is none for the limits')(lambda: too_many(fork=5000))
case(TAMPERED, 'a merge whose count is no number is none for the limits')(lambda: too_many(count='0'))
case(TAMPERED, 'a merge that is cut is none for the limits')(
    lambda: too_many(count=2000000, size=2000004, skip=[]))
case(UNCHECKED, 'a merge beyond the limits whose head is no hash')(lambda: too_many(head='x'))
case(UNCHECKED, 'a merge beyond the limits behind one whose numbers do not fit')(
    lambda: too_many(lambda j: j.merge(LEAD, j, 4, size=3)))


@case(UNCHECKED, 'more lines built than a checker has to follow')
def too_many(before=None, **changed):
    """A merge whose skip names the same 1,000 records over and over: 1,000 * 1,020 lines."""
    j = begin()
    if before:
        before(j)
    while j.size < 1001:
        j.append_tail(j.parts[3])
    skip = [n for i in range(1020) for n in (4 + 1000 * i, 1, 1000)]
    m = {'count': 0, 'fork': 4, 'head': ZEROS, 'root': ZEROS, 'size': 4 + 1020 * 1000, 'skip': skip}
    m.update(changed)
    j.add(LEAD, 'merge/1', sorted(m.items()))
    return j


@case(UNCHECKED, 'more lines built than a checker has to follow, where a merge is judged again in a copy')
def too_many_again():
    """The first merge builds 600,000 lines; the second parts among what that one brought in, and builds them again."""
    j = begin()
    while j.size < 1001:
        j.append_tail(j.parts[3])
    skip = [n for i in range(600) for n in (4 + 1000 * i, 1, 1000)]
    j.add(LEAD, 'merge/1', sorted({'count': 2, 'fork': 4, 'head': ZEROS, 'root': ZEROS, 'size': 6 + 600 * 1000,
                                   'skip': skip}.items()))  # 1001; 1002 and 1003 are merged
    j.append_tail(j.parts[3]), j.append_tail(j.parts[3])
    j.add(LEAD, 'merge/1', sorted({'count': 0, 'fork': 1003, 'head': ZEROS, 'root': ZEROS, 'size': 1004,
                                   'skip': [1003, 1003, 1]}.items()))
    return j


# Section 5: openings.
def with_openings(status, title):
    def register(change):
        @case(status, title)
        def make():
            j = redaction()
            lines = j.openings
            return {'journal': j, 'openings': ''.join(t + '\n' for t in change(lines)).encode('latin-1')}
        return change
    return register


with_openings(NOT_ANCHORED, 'all openings')(lambda t: t)
with_openings(NOT_ANCHORED, 'openings in another order')(lambda t: t[::-1])
with_openings(NOT_ANCHORED, 'an opening withheld')(lambda t: t[:-1])
with_openings(NOT_ANCHORED, 'no opening')(lambda t: [])
with_openings(TAMPERED, 'an opening twice')(lambda t: t + t[:1])
with_openings(TAMPERED, 'another value')(lambda t: [t[0].replace('"MQ=="', '"Mg=="')])
with_openings(TAMPERED, 'another salt')(lambda t: [re.sub('"salt":".{8}', '"salt":"00000000', t[0])])
with_openings(TAMPERED, 'another name')(lambda t: [t[0].replace('"name":"a"', '"name":"b"')])
with_openings(TAMPERED, 'a name that is not there')(lambda t: [t[0].replace('"name":"a"', '"name":"z"')])
with_openings(TAMPERED, 'a name that is not there, between others')(
    lambda t: [t[0].replace('"name":"a"', '"name":"aa"')])
with_openings(TAMPERED, 'an id that is not there')(lambda t: [re.sub('"id":".{8}', '"id":"00000000', t[0])])
with_openings(MALFORMED, 'a value that is not base64')(lambda t: [t[0].replace('"MQ=="', '"MQ="')])
with_openings(MALFORMED, 'base64 with unused bits')(lambda t: [t[0].replace('"MQ=="', '"MR=="')])
with_openings(MALFORMED, 'an empty line')(lambda t: t + [''])
with_openings(MALFORMED, 'a space')(lambda t: [t[0] + ' '])
with_openings(MALFORMED, 'a carriage return')(lambda t: [t[0] + '\r'])


@case(NOT_ANCHORED, 'a value of 65,536 bytes')
def long_value(extra=0):
    j = begin()
    j.add(MEMBER, fields=[('a', b'x' * (65536 + extra)), ('b', b'')])
    return {'journal': j, 'openings': j.openings_file()}


@case(NOT_ANCHORED, 'openings of record 0')
def first_openings():
    """Its commitments are made with zeros for the case, as its statement has it."""
    j = Journal()
    j.start(LEAD, RECOVERY, fields=[('title', b'a case')])
    return {'journal': j, 'openings': j.openings_file()}


case(MALFORMED, 'a value of 65,537 bytes')(lambda: long_value(1))
case(MALFORMED, 'an opening of more than 98,304 bytes')(lambda: long_value(9000))


@case(NOT_ANCHORED, 'a redaction by a key that was revoked from before')
def redacted_untrusted():
    j = redaction()
    j.revoke(RECOVERY, LEAD, 1)
    return {'journal': j, 'openings': j.openings_file()}


@case(TAMPERED, 'an opening of a merged record with another value')
def opening_of_copy():
    a, b = two_copies()
    b.add(OTHER, fields=[('y', b'from b')])
    a.merge(LEAD, b, 5)
    a.openings[-1] = a.openings[-1].replace('"value":"Z', '"value":"Y')
    return {'journal': a, 'openings': a.openings_file()}


case(MALFORMED, 'openings without last line feed')(
    lambda: {'journal': redaction(), 'openings': redaction().openings_file()[:-1]})
case(MALFORMED, 'openings misspelled, and the journal broken')(
    lambda: {'journal': [j := begin(), j.add(MEMBER, seq=9)][0], 'openings': b'x\n'})
case(MALFORMED, 'openings misspelled, and the journal from a later time')(
    lambda: {'journal': [j := begin(), j.add(MEMBER, epoch=9)][0], 'openings': b'x\n'})
case(UNCHECKED, 'openings that cannot be read')(lambda: {'journal': begin(), 'args': ['--openings', 'none.cjo']})
case(UNCHECKED, 'a journal misspelled, and openings that cannot be read')(
    lambda: {'journal': b'x\n', 'args': ['--openings', 'none.cjo']})


# Section 8: anchors.
def root_case(status, title, make):
    @case(status, title)
    def run_it():
        j = begin()
        return {'journal': j, 'args': ['--root', make(j)], 'wrong': status == UNCHECKED}


root_case(VERIFIED, 'a root in hex', lambda j: '4:' + j.root().hex())
root_case(VERIFIED, 'a root in groups', lambda j: '4:' + page_groups(j.root()))
root_case(VERIFIED, 'a root in groups without spaces', lambda j: '4:' + page_groups(j.root()).replace(' ', ''))
root_case(VERIFIED, 'a root of an earlier size', lambda j: '1:' + j.root(1).hex())
root_case(TAMPERED, 'another root', lambda j: '3:' + j.root().hex())
root_case(TAMPERED, 'a root beyond the end', lambda j: '5:' + j.root().hex())
root_case(UNCHECKED, 'a root mistyped', lambda j: '4:0' + page_groups(j.root())[1:] if page_groups(j.root())[0] != '0'
          else '4:1' + page_groups(j.root())[1:])
root_case(UNCHECKED, 'a root with groups exchanged',
          lambda j: '4:' + ' '.join([*page_groups(j.root()).split()[1::-1], *page_groups(j.root()).split()[2:]]))
root_case(UNCHECKED, 'a root too short', lambda j: '4:' + j.root().hex()[:-2])
root_case(UNCHECKED, 'a root without size', lambda j: j.root().hex())
root_case(UNCHECKED, 'a size with a leading zero', lambda j: '04:' + j.root().hex())
root_case(UNCHECKED, 'a size with a letter behind it', lambda j: '4x:' + j.root().hex())
root_case(UNCHECKED, 'a size that is empty', lambda j: ':' + j.root().hex())
for option in ('--root', '--witness', '--tsa', '--note', '--token', '--openings'):
    case(UNCHECKED, 'nothing behind ' + option)(lambda option=option: {'journal': None, 'args': [option], 'wrong': True})
case(UNCHECKED, 'two ways to print')(lambda: {'journal': begin(), 'args': ['--json'], 'wrong': True})
for wrong in ([], ['--wrong'], ['--root'], ['--witness', 'x'], ['--brief'], ['--witn', WITNESS.hex], ['--'], ['-b'],
              ['--witness=' + WITNESS.hex], ['--root', '1:' + ZEROS, '--root', '1:' + ZEROS], ['--root', '0:' + ZEROS],
              ['--tsa', 'none.pem'], ['--openings', __file__, '--openings', __file__],
              ['--openings', __file__, __file__]):
    case(UNCHECKED, 'the command line %s' % ' '.join(wrong or ['without a journal']))(
        lambda wrong=wrong: {'journal': begin() if wrong else None, 'args': wrong, 'wrong': True})


@case(TAMPERED, 'a root is compared with each of several journals')
def several():
    a, other = begin(), Journal(2)
    other.start(LEAD, RECOVERY)
    return {'journal': a, 'journals': [other], 'args': ['--root', '4:' + a.root().hex()], 'said': [TAMPERED, VERIFIED]}


case(MALFORMED, 'the worst of several journals')(
    lambda: {'journal': begin(), 'journals': [b'', begin().skeleton() + b'{"v":2,'],
             'said': [MALFORMED, UNCHECKED, NOT_ANCHORED]})
case(UNCHECKED, 'what stands behind the first file is a file')(
    lambda: {'journal': begin(), 'behind': ['--brief'], 'said': [NOT_ANCHORED, UNCHECKED]})
case(UNCHECKED, 'a note that cannot be read, beside several journals')(
    lambda: {'journal': begin(), 'journals': [b''], 'args': ['--note', 'none.note'], 'said': [UNCHECKED, UNCHECKED]})


def note_of(j, *lines, size=None, text=None):
    text = text or j.text(size)
    return text + b'\n' + b''.join('\u2014 {} {}\n'.format(*line).encode() for line in lines)


def note_case(status, title, make, witness=WITNESS):
    @case(status, title)
    def run_it():
        j = begin()
        return {'journal': j, 'note': make(j), 'args': ['--witness', witness.hex]}


note_case(VERIFIED, 'a note by a witness', lambda j: note_of(j, signature_line(WITNESS, j.text())))
note_case(VERIFIED, 'a cosignature', lambda j: note_of(j, signature_line(WITNESS, j.text(), 'w.example', 1715000000)))
note_case(VERIFIED, 'a cosignature of an earlier size',
          lambda j: note_of(j, signature_line(WITNESS, j.text(2), 'w.example', 1715000000), size=2))
note_case(VERIFIED, 'a note with lines that nobody knows',
          lambda j: note_of(j, ('x/y', 'AAAAAAA='), signature_line(LEAD, j.text()), signature_line(WITNESS, j.text(), 'w')))
note_case(VERIFIED, 'a note with a line of a long signature',
          lambda j: note_of(j, ('x/y', base64.b64encode(bytes(4000)).decode()), signature_line(WITNESS, j.text())))
note_case(VERIFIED, 'a witness with a name beyond ASCII',
          lambda j: note_of(j, signature_line(WITNESS, j.text(), 'z\u00fcrich.example', 1715000000)))
note_case(VERIFIED, 'the latest time of a cosignature',
          lambda j: note_of(j, signature_line(WITNESS, j.text(), 'w', 2**63 - 1)))
note_case(NOT_ANCHORED, 'a time beyond the latest of a cosignature',
          lambda j: note_of(j, signature_line(WITNESS, j.text(), 'w', 2**63)))
note_case(VERIFIED, 'a signature that does not hold, and one that does',
          lambda j: note_of(j, signature_line(WITNESS, j.text(3)), signature_line(WITNESS, j.text(), 'w', 1)))


def other_text(change):
    """A note whose text, signed rightly by the witness, is not quite that of a checkpoint of j."""
    def make(j):
        text = change(j)
        return note_of(j, signature_line(WITNESS, text), text=text)
    return make


note_case(NOT_ANCHORED, 'a note of a larger size', other_text(lambda j: checkpoint_text(j.case, 5, j.root())))
note_case(NOT_ANCHORED, 'a note of size 0', other_text(lambda j: checkpoint_text(j.case, 0, sha(b''))))
note_case(MALFORMED, 'a note with a fourth line of text', other_text(lambda j: j.text() + b'x\n'))
note_case(MALFORMED, 'a note whose size has a leading zero',
          other_text(lambda j: j.text().replace(b'\n4\n', b'\n04\n')))
note_case(MALFORMED, 'a note whose root is cut', other_text(lambda j: j.text().replace(b'=\n', b'\n')))
for title, name in (('a space of Unicode', 'a\u2003b'), ('a plus', 'a+b'), ('a control character', 'a\tb')):
    note_case(MALFORMED, 'a note with %s in a name' % title,
              lambda j, name=name: note_of(j, signature_line(WITNESS, j.text(), name)))
note_case(MALFORMED, 'a note that is not UTF-8',
          lambda j: note_of(j, signature_line(WITNESS, j.text(), 'ab')).replace(b' ab ', b' a\xff '))
note_case(MALFORMED, 'a note with a signature of no bytes', lambda j: note_of(j, ('w', 'AAAAAA==')))
note_case(NOT_ANCHORED, 'a note by a witness not given', lambda j: note_of(j, signature_line(SPARE, j.text())))
note_case(NOT_ANCHORED, 'a signature over another text', lambda j: note_of(j, signature_line(WITNESS, j.text(3))))
note_case(NOT_ANCHORED, 'a cosignature taken for a plain one',
          lambda j: note_of(j, ('w', base64.b64encode(sha(b'w\n\4' + WITNESS.public)[:4] + WITNESS.sign(j.text())).decode())))
note_case(NOT_ANCHORED, 'a note of another journal',
          lambda j: note_of(j, signature_line(WITNESS, checkpoint_text('0' * 64, 4, j.root())),
                            text=checkpoint_text('0' * 64, 4, j.root())))
note_case(NOT_ANCHORED, 'a note of another root',
          lambda j: note_of(j, signature_line(WITNESS, checkpoint_text(j.case, 4, bytes(32))),
                            text=checkpoint_text(j.case, 4, bytes(32))))
note_case(MALFORMED, 'a note without signature', lambda j: j.text() + b'\n')
note_case(MALFORMED, 'a note that is none', lambda j: b'hello\n')
note_case(MALFORMED, 'an empty note', lambda j: b'')
note_case(MALFORMED, 'a note without last line feed', lambda j: note_of(j, signature_line(WITNESS, j.text()))[:-1])
case(UNCHECKED, 'a note that cannot be read')(lambda: {'journal': begin(), 'args': ['--note', 'none.note']})
case(UNCHECKED, 'two notes that cannot be read, and openings')(
    lambda: {'journal': begin(), 'args': ['--note', 'none.note', '--note', 'none2.note', '--openings', 'none.cjo']})
case(UNCHECKED, 'a folder for a journal')(lambda: {'journal': None, 'behind': ['/'], 'said': [UNCHECKED]})
case(NOT_ANCHORED, 'ten notes of another journal')(
    lambda: {'journal': begin(), 'args': ['--note', write_file('other.note', note_of(
        Journal(), signature_line(WITNESS, b''), text=checkpoint_text('0' * 64, 4, bytes(32))))] * 10})


@case(VERIFIED, 'a note by two witnesses, and a root of a later size')
def two_witnesses():
    j = begin()
    note = note_of(j, *[signature_line(k, j.text(3), 'w%d' % n, 9) for n, k in enumerate((WITNESS, SPARE))], size=3)
    return {'journal': j, 'note': note, 'args': ['--witness', SPARE.hex, '--witness', WITNESS.hex, '--root',
                                                 '4:' + j.root().hex()]}


case(NOT_ANCHORED, 'a page in an anchor record says nothing')(
    lambda: {'journal': [j := begin(), j.anchor(LEAD, 'page')][0], 'args': ['--witness', WITNESS.hex]})


@case(VERIFIED, 'of two anchor records of one size the second holds')
def second_record():
    j = begin()
    name, token = signature_line(WITNESS, j.text())
    j.anchor(LEAD, 'witness', name, base64.b64encode(base64.b64decode(token)[:-1] + b'x').decode(), size=4)
    j.anchor(LEAD, 'witness', name, token, size=4)
    return {'journal': j, 'args': ['--witness', WITNESS.hex]}




@case(VERIFIED, 'a witness in an anchor record')
def witness_record():
    j = begin()
    name, token = signature_line(WITNESS, j.text(), 'w.example', 1715000000)
    j.anchor(LEAD, 'witness', name, token)
    j.add(MEMBER)
    return {'journal': j, 'args': ['--witness', WITNESS.hex]}


@case(VERIFIED, 'a witness in an anchor record that is not trusted')
def witness_untrusted():
    j = begin()
    name, token = signature_line(WITNESS, j.text())
    j.anchor(MEMBER, 'witness', name, token)
    j.revoke(LEAD, MEMBER, 1)
    return {'journal': j, 'args': ['--witness', WITNESS.hex]}


def witness_merged(size):
    """The copies share five records."""
    a, b = two_copies()
    a.add(MEMBER)
    b.add(OTHER)
    name, token = signature_line(WITNESS, b.text(size))
    b.anchor(OTHER, 'witness', name, token, size=size)
    a.merge(LEAD, b, 5)
    return {'journal': a, 'args': ['--witness', WITNESS.hex]}


case(NOT_ANCHORED, 'a witness in a merged record, over a root of the other copy')(lambda: witness_merged(6))
case(VERIFIED, 'a witness in a merged record, over a root of both copies')(lambda: witness_merged(5))


@case(VERIFIED, 'a root beside a note of a larger size')
def root_and_note():
    j = begin()
    return {'journal': j, 'note': other_text(lambda j: checkpoint_text(j.case, 5, j.root()))(j),
            'args': ['--witness', WITNESS.hex, '--root', '4:' + j.root().hex()]}


@case(NOT_ANCHORED, 'a key of the case is no witness unless given')
def own_key():
    j = begin()
    name, token = signature_line(LEAD, j.text())
    j.anchor(LEAD, 'witness', name, token)
    return {'journal': j, 'args': ['--witness', WITNESS.hex]}


# RFC 3161, with a time-stamp authority made for the occasion.
class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.serial = 0
        with open(self.path('c.cnf'), 'w') as f:
            f.write('[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n'
                    '[tsa]\nextendedKeyUsage=critical,timeStamping\n[web]\nextendedKeyUsage=critical,serverAuth\n'
                    '[tsa1]\nserial=%s\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256,sha512\n'
                    % self.path('serial'))
        self.make('root', 'ca', None)
        self.make('other', 'ca', None)
        self.make('tsa', 'tsa', 'root')

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *args):
        subprocess.run(('openssl',) + args, check=True, capture_output=True, cwd=self.folder)

    def make(self, name, extensions, issuer):
        self.openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', name + '.key', '-out', name + '.csr',
                     '-subj', '/CN=Test ' + name, '-config', 'c.cnf')
        sign = ('-CA', issuer + '.pem', '-CAkey', issuer + '.key', '-CAcreateserial') if issuer else (
            '-signkey', name + '.key')
        self.openssl('x509', '-req', '-in', name + '.csr', '-out', name + '.pem', '-days', '30', '-extfile', 'c.cnf',
                     '-extensions', extensions, *sign)

    def stamp(self, data, *more, digest='-sha256', query=('-cert',)):
        with open(self.path('data'), 'wb') as f:
            f.write(data)
        self.openssl('ts', '-query', '-data', 'data', digest, *query, '-out', 'query.tsq')
        self.openssl('ts', '-reply', '-queryfile', 'query.tsq', '-config', 'c.cnf', '-section', 'tsa1', '-signer',
                     'tsa.pem', '-inkey', 'tsa.key', '-out', 'reply.tsr', *more)
        with open(self.path('reply.tsr'), 'rb') as f:
            return f.read()


def stamp_case(status, title, tsa='root'):
    def register(make):
        @case(status, title)
        def run_it():
            j = begin()
            authority = need_authority()
            result = make(j, authority) or {}
            if isinstance(result, bytes):
                result = {'token': result}
            return {'journal': j, 'args': ['--tsa', authority.path(tsa + '.pem')], **result}
        return make
    return register


AUTHORITY = []


def need_authority():
    if not AUTHORITY:
        folder = os.path.join(FOLDER, 'tsa')
        os.mkdir(folder)
        AUTHORITY.append(Authority(folder))
    return AUTHORITY[0]


stamp_case(VERIFIED, 'a time stamp by an issuer given')(lambda j, a: a.stamp(j.text()))
stamp_case(VERIFIED, 'a time stamp by an authority given', 'tsa')(lambda j, a: a.stamp(j.text()))
stamp_case(VERIFIED, 'a time stamp of an earlier size')(lambda j, a: a.stamp(j.text(2)))
stamp_case(VERIFIED, 'a token alone')(lambda j, a: a.stamp(j.text(), '-token_out'))
stamp_case(VERIFIED, 'a token without certificates', 'tsa')(lambda j, a: a.stamp(j.text(), query=()))
stamp_case(NOT_ANCHORED, 'a time stamp by another issuer', 'other')(lambda j, a: a.stamp(j.text()))
stamp_case(NOT_ANCHORED, 'a time stamp over something else')(lambda j, a: a.stamp(j.text() + b'x'))
stamp_case(NOT_ANCHORED, 'a time stamp by SHA-512')(lambda j, a: a.stamp(j.text(), digest='-sha512'))
stamp_case(NOT_ANCHORED, 'a time stamp changed')(lambda j, a: a.stamp(j.text())[:-1] + b'x')
stamp_case(NOT_ANCHORED, 'a time stamp cut')(lambda j, a: a.stamp(j.text())[:-1])
stamp_case(NOT_ANCHORED, 'an empty time stamp')(lambda j, a: b'')
case(NOT_ANCHORED, 'a time stamp, and no authority given')(lambda: {'journal': begin(), 'token': b'0'})
stamp_case(VERIFIED, 'a time stamp in a record')(
    lambda j, a: j.anchor(LEAD, 'rfc3161', 'tsa', base64.b64encode(a.stamp(j.text())).decode()) and None)
stamp_case(NOT_ANCHORED, 'a time stamp of another size in a record')(
    lambda j, a: j.anchor(LEAD, 'rfc3161', 'tsa', base64.b64encode(a.stamp(j.text(2))).decode()) and None)
stamp_case(VERIFIED, 'a time stamp, and one of an earlier size in a record')(
    lambda j, a: {'token': a.stamp(j.text()),
                  'journal': [j, j.anchor(LEAD, 'rfc3161', '', base64.b64encode(a.stamp(j.text(2))).decode(), size=2)][0]})
stamp_case(VERIFIED, 'two witnesses in records, and an authority whose time stamp there is none')(
    lambda j, a: {'journal': [j, [j.anchor(LEAD, 'witness', *signature_line(WITNESS, j.text())) for _ in range(2)]][0],
                  'args': ['--tsa', a.path('root.pem'), '--witness', WITNESS.hex]})
case(UNCHECKED, 'an authority that is no certificate')(
    lambda: {'journal': begin(), 'args': ['--tsa', __file__], 'wrong': True})


def write_file(name, data):
    path = os.path.join(FOLDER, name)
    with open(path, 'wb') as f:
        f.write(data)
    return path


def run(checker, number, spec):
    """Returns the status, what is wrong with the lines printed, all that was printed, and the arguments."""
    if not isinstance(spec, dict):
        spec = {'journal': spec}
    args = ['--brief'] + spec.get('args', [])
    for name in ('openings', 'note', 'token'):
        if name in spec:
            args += ['--' + name, write_file('%d.%s' % (number, name), spec[name])]
    journals = spec.get('journals', []) + ([] if spec['journal'] is None else [spec['journal']])
    names = [write_file('%d-%d.cj1' % (number, i), j if isinstance(j, bytes) else j.skeleton())
             for i, j in enumerate(journals)] + spec.get('behind', [])
    done = subprocess.run([checker] + args + names, capture_output=True, cwd=FOLDER)
    said = [] if spec.get('wrong') else spec.get('said', [done.returncode])
    expected = ''.join('%d %s\n' % pair for pair in zip(said, names))
    fault = '' if done.stdout.decode() == expected else ', and it does not print %r' % expected
    return done.returncode, fault, (done.stdout + done.stderr).decode(errors='replace'), args + names


def main():
    global FOLDER
    failed = skipped = 0
    with tempfile.TemporaryDirectory() as FOLDER:
        for number, (status, title, make) in enumerate(CASES):
            if 'time stamp' in title + make.__qualname__ and not shutil.which('openssl'):
                skipped += 1
                continue
            got, fault, output, args = run(os.path.abspath(sys.argv[1]), number, make())
            if got != status or fault:
                failed += 1
                print('FAILED: %s: status %d, expected %d%s: %s' % (title, got, status, fault, output.strip()))
                if os.environ.get('KEEP'):
                    shutil.copytree(FOLDER, os.environ['KEEP'], dirs_exist_ok=True)
                    print('  args: %s' % args)
    print('%d cases, %d failed, %d skipped' % (len(CASES), failed, skipped))
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
