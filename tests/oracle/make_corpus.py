#!/usr/bin/python3
"""Write mutant journals, to see whether two verifiers agree on each.

    make_corpus.py OUTDIR SEED COUNT

writes COUNT journals and `manifest.tsv`, one line each: the journal's file, its
openings file or `-`, other arguments (parted by spaces) or `-`, and the kind of
mutation.  Names of files are relative to OUTDIR.  The same seed gives the same
corpus.

A mutant of a valid, anchored journal must never be *verified*.  So mutants get
trust from outside only where it covers what was changed.  Most get none: then
a root that differs does not hide which rule is broken, and the answer (1 or 2,
3 or 4) says more about a verifier.  Only the kinds of MAY_HOLD can be verified:
there it is the trust itself that was changed, or the journal grew by itself.
"""

import json
import os
import random
import sys

import journal_builder as jb
import verify

ORDER = verify.L
FAR = ("0000-01-01T00:00:00.000000000Z", "9999-12-31T23:59:59.999999999Z")


# ----------------------------------------------------------- good journals


class Base:
    """A good journal with all keys, from which mutants are made."""

    def __init__(self, name, copy, people):
        self.name, self.copy, self.people = name, copy, people
        self.data = copy.data()
        self.openings = copy.openings_data()
        self.size = len(copy.lines)
        self.keys = {key.hex: key for key in people.values()}
        self.anchored = 0
        self.note_name = None

    def root_arguments(self):
        """Trust that covers the whole journal."""
        return "--root %d:%s" % (self.size, self.copy.root())

    def witness_arguments(self):
        """Trust that covers the lines before `anchored`."""
        return "--witness " + self.people["witness"].hex

    def note_arguments(self):
        """Trust in a note beside, over the whole journal."""
        return self.witness_arguments() + " --note " + self.note_name

    def write_note(self, folder):
        """The note that `note_arguments` names."""
        self.note_name = "%s.note" % self.name
        text = self.copy.checkpoint_text()
        witness = self.people["witness"]
        line = jb.cosignature(witness, "w.example", 1715000000, text)
        write(folder, self.note_name, jb.signed_note(text, [("w.example", line)]))


def crew(seed):
    """A fresh copy with record 0 and the usual people."""
    copy = jb.Copy(seed)
    names = ("lead", "recovery", "second", "bob", "ann", "log", "eve", "witness")
    people = {name: copy.new_key() for name in names}
    lead = people["lead"]
    copy.start(lead, people["recovery"], {"title": b"A case"})
    copy.enrol(lead, people["second"], "lead")
    copy.enrol(lead, people["bob"], "member")
    copy.enrol(people["second"], people["ann"], "member")
    copy.enrol(people["recovery"], people["log"], "log")
    return copy, people


def small_journal(seed):
    """Notes and a checkpoint."""
    copy, people = crew(seed)
    copy.note(people["bob"], {"a": b"one", "b": b"two"})
    copy.note(people["ann"], {"a": b"three"}, refs=copy.ids[-1:])
    copy.checkpoint(people["log"])
    return copy, people, 0


def full_journal(seed):
    """Every type but merges."""
    copy, people = crew(seed)
    bob, ann, lead = people["bob"], people["ann"], people["lead"]
    target = copy.note(bob, {"a": b"one", "b": b"two", "c": b""})
    copy.hold(lead, "set")
    copy.note(ann)
    copy.hold(people["second"], "lifted")
    request = copy.request(bob, target, ["a", "c"])
    approvals = [copy.approve(ann, request), copy.approve(bob, request)]
    copy.redact(lead, target, ["a", "c"], approvals, refs=[target])
    copy.checkpoint(people["log"], signer=people["bob"], size=4)
    copy.revoke(people["recovery"], people["second"], len(copy.lines) - 2)
    copy.anchor(bob, "page", "sheet 1", b"", size=len(copy.lines))
    anchored = len(copy.lines)
    copy.witness(bob, people["witness"])
    copy.note(bob, {"a": b"after"})
    return copy, people, anchored


def merged_journal(seed):
    """Merges within merges, with and without skip."""
    copy, people = crew(seed)
    bob, ann, lead = people["bob"], people["ann"], people["lead"]
    theirs = copy.fork()
    third = theirs.fork()
    copy.note(lead)
    theirs.note(bob, {"a": b"1"})
    third.enrol(lead, people["eve"], "member")
    third.note(people["eve"])
    theirs.merge(bob, third)
    copy.merge(lead, theirs)
    theirs.note(ann)
    third.note(ann)
    theirs.merge(ann, third)
    copy.merge(bob, theirs)
    copy.revoke(lead, people["ann"], 7)
    anchored = len(copy.lines)
    copy.witness(bob, people["witness"])
    copy.note(bob)
    return copy, people, anchored


def make_bases(seed):
    """The good journals."""
    bases = []
    for number, make in enumerate((small_journal, full_journal, merged_journal)):
        for turn in range(2):
            copy, people, anchored = make(seed * 100 + number * 10 + turn)
            name = "base-%s-%d" % (make.__name__.split("_")[0], turn)
            bases.append(Base(name, copy, people))
            bases[-1].anchored = anchored
    return bases


# ------------------------------------------------------------ bytes, lines


def flip(rng, base):
    """One bit."""
    data, at = bytearray(base.data), rng.randrange(len(base.data))
    data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def replace_byte(rng, base):
    """One byte by one that is likely to be spelled right."""
    data, at = bytearray(base.data), rng.randrange(len(base.data))
    data[at] = rng.choice(b"0123456789abcdefABCDEF{}[],:\" \\\n")
    return bytes(data)


def replace_digit(rng, base):
    """One digit by another of its kind: spelling stays right."""
    data = bytearray(base.data)
    while True:
        at = rng.randrange(len(data))
        if data[at] in b"123456789abcdef":
            data[at] = rng.choice(b"123456789" if data[at] in b"123456789"
                                  else b"abcdef")
            return bytes(data)


def delete_byte(rng, base):
    """One byte less."""
    at = rng.randrange(len(base.data))
    return base.data[:at] + base.data[at + 1:]


def insert_byte(rng, base):
    """One byte more."""
    at = rng.randrange(len(base.data) + 1)
    return base.data[:at] + bytes([rng.randrange(256)]) + base.data[at:]


def lines_of(base):
    """A fresh list of lines."""
    return list(base.copy.lines)


def joined(lines):
    """Lines as a file."""
    return "".join(line + "\n" for line in lines).encode("latin-1")


def swap_lines(rng, base):
    """Two lines change places."""
    lines = lines_of(base)
    one, two = rng.sample(range(len(lines)), 2)
    lines[one], lines[two] = lines[two], lines[one]
    return joined(lines)


def drop_lines(rng, base):
    """Some neighbouring lines are gone."""
    lines, at = lines_of(base), rng.randrange(base.size)
    del lines[at:at + rng.randrange(1, 4)]
    return joined(lines)


def repeat_line(rng, base):
    """A line is there twice."""
    lines, at = lines_of(base), rng.randrange(base.size)
    lines.insert(rng.randrange(base.size + 1), lines[at])
    return joined(lines)


def cut_line(rng, base):
    """The last lines are gone."""
    return joined(lines_of(base)[:rng.randrange(base.size)])


def relinked(lines, start):
    """Make `seq` and `prev` right from a line on: only the rest is wrong."""
    lines = list(lines)
    for seq in range(start, len(lines)):
        entry = json.loads(lines[seq])
        at = lines[seq].index('"statement":') + len('"statement":')
        prev = jb.leaf(lines[seq - 1]) if seq else jb.ZEROS
        lines[seq] = jb.entry_line(entry["case"], seq, prev, entry["epoch"],
                                   entry["logged"], lines[seq][at:-1])
    return lines


def swap_and_relink(rng, base):
    """Two records change places and the chain is mended."""
    lines = lines_of(base)
    at = rng.randrange(1, base.size - 1)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return joined(relinked(lines, at))


def drop_and_relink(rng, base):
    """A record is gone and the chain is mended."""
    lines, at = lines_of(base), rng.randrange(1, base.size - 1)
    del lines[at]
    return joined(relinked(lines, at))


def repeat_and_relink(rng, base):
    """A record is there twice and the chain is mended."""
    lines = lines_of(base)
    one, at = rng.randrange(base.size), rng.randrange(1, base.size + 1)
    lines.insert(at, lines[one])
    return joined(relinked(lines, at))


def splice(rng, base, other):
    """Lines of another journal."""
    lines, theirs = lines_of(base), lines_of(other)
    at, cut = rng.randrange(base.size), rng.randrange(other.size)
    how = rng.randrange(4)
    if how == 0:
        return joined(lines[:at] + theirs[cut:])
    if how == 1:
        return joined(lines[:at] + [theirs[cut]] + lines[at + 1:])
    if how == 2:
        return joined(lines + theirs)
    return joined(relinked(lines[:at + 1] + [theirs[cut]] + lines[at + 1:], at + 1))


def change_logged(rng, base):
    """The clock of the machine that wrote lies; the chain may be mended."""
    lines, at = lines_of(base), rng.randrange(base.size)
    logged = json.loads(lines[at])["logged"]
    lines[at] = lines[at].replace('"logged":"' + logged,
                                  '"logged":"' + rng.choice(FAR))
    return joined(relinked(lines, at + 1) if rng.randrange(2) else lines)


# -------------------------------------------------------------- statements


def prefix_copy(base, size):
    """The first lines of a journal, to write on from there."""
    copy = jb.Copy(base.size)
    copy.case = base.copy.case if size else jb.ZEROS
    for name in ("lines", "bodies", "logged", "ids"):
        setattr(copy, name, getattr(base.copy, name)[:size])
    return copy


def statement_of(base, at):
    """(body as a dict, its key) of a record."""
    body = json.loads(base.copy.bodies[at])
    del body["sig"]
    return body, base.keys[body["by"]]


def followers(base, at):
    """The places of the records that a `merge/1` brings."""
    body = json.loads(base.copy.bodies[at])
    if body["type"] != "merge/1":
        return ()
    return range(at + 1, min(at + 1 + body["public"]["count"], base.size))


def end_with(base, at, statement, entry=None):
    """The journal up to a record, which is another one now.

    It ends there (or with the records that it brings), because later records
    speak of hashes that no longer hold, and would hide what is to be found.
    """
    copy = prefix_copy(base, at)
    copy.append(statement, **{"logged": base.copy.logged[at], **(entry or {})})
    for place in followers(base, at):
        copy.append(base.copy.bodies[place], base.copy.logged[place])
    return copy.data()


MISSPELLINGS = (
    ('":', '": '), ('":', '" :'), (",", ", "), ("{", "{ "), ("}", " }"),
    ('"tlp"', '"TLP"'), ('"mono":', '"mono":0'), ('"mono":', '"mono":-'),
    ('"mono":', '"mono":+'), ('"team"', '"te\\u0061m"'), ('"team"', '"Team"'),
    ('"team"', '""'), ('"team"', '"team","more":1'), ('"team"', '"t\xe9am"'),
    ('"team"', "null"), ('"team"', '"team","scope":"team"'), ("T00", "T24"),
    ("05-06", "04-31"), ("05-06", "02-30"), ("2024-05-06", "2023-02-29"),
    ("2024-05-06", "2024-5-6"), ("Z\"", 'z"'), ("Z\"", '0Z"'), ("Z\"", '"'),
    ('"ntp"', '"gps"'), ('"amber"', '"blue"'), ('"seen":[', '"seen":[0'),
    ('"refs":[', '"refs":[1'), ('"refs":[', '"refs":["",'), ("/1", "/01"),
    ("/1", "/0"), ("/1", ""), ("/1", "/1000"), ('"boot":"', '"boot":"0'),
    ('"fields":{', '"fields":{"zz":"%s",' % jb.ZEROS), ('"fields":{', '"fields":['),
    ('"public":{', '"public":{"zz":1,'), ('"public":{', '"public":{"0":1,'),
    ('"public":{', '"public":{,'), ('"public":{', '"public":{"a":[[1]],'),
    ('"public":{', '"public":{"a":9223372036854775808,'),
    ('"public":{', '"public":{"a":01,'), ('"public":{', '"public":{"a":1.5,'),
    ('"public":{', '"public":{"a":true,'), ('"public":{', '"public":{"a":{},'),
    ('"public":{', '"public":{"a":"\x7f",'), ('"public":{', '"public":{"a":"\t",'),
    ('"tlp":"amber",', ""), ('"clock":"ntp","by"', '"by"'),
)


def misspell(rng, base):
    """A statement that is not spelled right, but well signed."""
    while True:
        at = rng.randrange(base.size)
        body, key = statement_of(base, at)
        text = jb.spell(body)
        if rng.randrange(6) == 0:
            text = upper_case(rng, body)
        else:
            old, new = rng.choice(MISSPELLINGS)
            text = text.replace(old, new, 1)
        statement = jb.sign_statement(key, text)
        if statement != base.copy.bodies[at]:
            return end_with(base, at, statement)


def upper_case(rng, body):
    """A hash or key in upper-case hex."""
    name = rng.choice(("id", "case", "boot", "by"))
    return jb.spell({**body, name: body[name].upper()})


def wrong_key(rng, base):
    """A record said and signed by another, or signed by another only."""
    at = rng.randrange(base.size)
    body, _ = statement_of(base, at)
    key = rng.choice(list(base.keys.values()))
    if rng.randrange(3):
        body["by"] = key.hex
    return end_with(base, at, jb.sign_statement(key, body))


def twist_signature(rng, signature):
    """A signature that a lax checker might take."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    how = rng.randrange(7)
    if how == 0 and s + ORDER < 2**256:
        return r + (s + ORDER).to_bytes(32, "little")
    if how == 1:
        return r + ((ORDER - s) % ORDER).to_bytes(32, "little")
    if how == 2:
        y = rng.choice(sorted(verify.SMALL_ORDER_Y)) | rng.randrange(2) << 255
        return y.to_bytes(32, "little") + bytes(32)
    if how == 3:
        y = 2**255 - 19 + rng.randrange(19)
        return (y | rng.randrange(2) << 255).to_bytes(32, "little") + signature[32:]
    if how == 4:
        return signature[32:] + r
    if how == 5:
        return r[:31] + bytes([r[31] ^ 0x80]) + signature[32:]
    return bytes(64)


def bad_signature(rng, base):
    """A statement with a twisted signature, the chain whole."""
    at = rng.randrange(base.size)
    good = base.copy.bodies[at]
    signature = twist_signature(rng, bytes.fromhex(good[-130:-2]))
    return end_with(base, at, good[:-130] + signature.hex() + good[-2:])


def small_order_case(rng, _base):
    """A journal whose first key is of small order: anyone could sign."""
    y = rng.choice(sorted(verify.SMALL_ORDER_Y)) | rng.randrange(2) << 255
    key = y.to_bytes(32, "little").hex()
    copy = jb.Copy(rng.randrange(2**40))
    body = copy.body(jb.Key(rng.randbytes(32)), "case/1", {
        "format": "cj/1", "key": key, "policy": "p",
        "recovery": rng.randbytes(32).hex()}, by=key)
    copy.append('%s,"sig":"%s"}' % (
        jb.spell(body)[:-1], (1).to_bytes(32, "little").hex() + "0" * 64))
    return copy.data()


def mixed_order(rng, base):
    """A part of small order in the key (good where it drops out) or in R."""
    at = base.size if base.anchored == 0 else 5
    copy, lead = prefix_copy(base, at), base.people["lead"]
    if rng.randrange(2):
        key = jb.MixedKey(rng.randbytes(32), in_key=True)
        copy.enrol(lead, key, "member")
        copy.append(jb.sign_statement(key, copy.body(key, "note/1")))
        return copy.data()
    key = jb.MixedKey(lead.seed, in_key=False)
    copy.append(jb.sign_statement(key, copy.body(key, "note/1")))
    return copy.data()


def small_order_key(rng, base):
    """Enrols a key of small order, with the signature that fits it.

    Where R is the identity and S is 0, the equation without strictness holds
    for many messages.
    """
    y = rng.choice(sorted(verify.SMALL_ORDER_Y)) | rng.randrange(2) << 255
    if rng.randrange(4) == 0:
        y = 2**255 - 19 + rng.randrange(19)
    key = y.to_bytes(32, "little").hex()
    copy = prefix_copy(base, base.size if base.anchored == 0 else 5)
    proof = (1).to_bytes(32, "little").hex() + "0" * 64
    copy.add(base.people["lead"], "enrol/1",
             {"key": key, "power": "member", "proof": proof})
    body = copy.body(base.people["lead"], "note/1", by=key)
    copy.append(jb.spell(body)[:-1] + ',"sig":"%s"}' % proof)
    if rng.randrange(2):
        copy.lines.pop()
    return copy.data()


# ----------------------------------------------------- edits of one member


def another_value(rng, base, value):
    """A value of the same kind as another, so that spelling stays right."""
    if isinstance(value, int):
        return rng.choice((value + 1, max(0, value - 1), 0, 1, base.size,
                           base.size - 1, 2**63 - 1, value + base.size))
    if isinstance(value, list):
        return another_list(rng, base, value)
    if len(value) == 64:
        return rng.choice((jb.ZEROS, base.copy.root(), base.copy.head(),
                           base.copy.head(1), base.copy.root(base.size - 1),
                           rng.choice(list(base.keys)), value[::-1],
                           value.upper(), value[1:]))
    if len(value) == 32:
        return rng.choice(base.copy.ids + ["0" * 32])
    return rng.choice(("lead", "member", "log", "set", "lifted", "page", "a",
                       "witness", "rfc3161", "", "cj/1", value + "x", "AAAA",
                       value[1:], value + value, value.upper()))


def another_list(rng, base, value):
    """A list that is shorter, longer, turned around, doubled, or other."""
    how = rng.randrange(6)
    if how == 0 or not value:
        return value + [rng.choice(("a", "b", 0, 1, 3, base.copy.ids[0]))]
    if how == 1:
        return value[:-1]
    if how == 2:
        return value[::-1]
    if how == 3:
        return value + value[-1:]
    if how == 4:
        return value[1:]
    at = rng.randrange(len(value))
    return value[:at] + [another_value(rng, base, value[at])] + value[at + 1:]


def edit_public(rng, base):
    """One member of `public` is other, missing, or too many."""
    while True:
        at = rng.randrange(base.size)
        body, key = statement_of(base, at)
        names = list(body["public"])
        if not names:
            continue
        name = rng.choice(names)
        how = rng.randrange(8)
        if how == 0:
            del body["public"][name]
        elif how == 1:
            body["public"]["zz"] = rng.choice((0, "", []))
        else:
            body["public"][name] = another_value(rng, base, body["public"][name])
        if body != statement_of(base, at)[0]:
            return end_with(base, at, jb.sign_statement(key, body))


def edit_statement(rng, base):
    """One member of the statement is other, but spelled right."""
    at = rng.randrange(base.size)
    body, key = statement_of(base, at)
    name = rng.choice(("id", "case", "seen", "type", "refs", "seen", "type"))
    if name == "id":
        body["id"] = rng.choice(base.copy.ids)
    elif name == "case":
        body["case"] = rng.choice((jb.ZEROS, base.copy.head(), base.copy.case))
    elif name == "seen":
        number = rng.choice((0, 1, at, at + 1, max(0, at - 1), 2**63 - 1))
        size = rng.choice((0, 1, at, max(0, at - 1)))
        body["seen"] = [number, base.copy.head(size)]
    elif name == "type":
        kinds = [kind.decode() for kind in verify.RULES]
        body["type"] = rng.choice(kinds + ["note/1", "note/7", "enrol/2",
                                           "merge/2", "case/2", "hold/999"])
    else:
        body["refs"] = rng.sample(base.copy.ids, 2) + body["refs"]
    return end_with(base, at, jb.sign_statement(key, body))


def edit_entry(rng, base):
    """One member of the entry is other; the statement is as it was."""
    at = rng.randrange(base.size)
    name, value = rng.choice((
        ("seq", at + 1), ("seq", 0), ("seq", 2**63 - 1), ("seq", 2**63),
        ("prev", jb.ZEROS), ("prev", base.copy.head()), ("epoch", 1),
        ("epoch", 2**63 - 1), ("case", jb.ZEROS), ("case", base.copy.head()),
        ("logged", FAR[0]), ("logged", "2024-06-31T00:00:00.000000000Z")))
    return end_with(base, at, base.copy.bodies[at], {name: value})


def edit_version(rng, base):
    """A line with another `v`, alone or with a line that is misspelled."""
    lines, at = lines_of(base), rng.randrange(base.size)
    version = rng.choice(("0", "2", "01", "9223372036854775807",
                          "9223372036854775808", '"1"', "1.0", "-1"))
    lines[at] = lines[at].replace('"v":1', '"v":' + version, 1)
    if rng.randrange(3) == 0:
        other = rng.randrange(base.size)
        lines[other] = lines[other].replace(",", ", ", 1)
    return joined(lines)


def whole_and_one_more(rng, base):
    """A record that may not stand at the end, or may: nothing before changed."""
    copy = prefix_copy(base, base.size)
    act(rng, copy, base.people, wild=True)
    return copy.data()


# ---------------------------------------------------------------- scenarios


def act(rng, copy, people, wild=False):
    """Write one record of a random kind by a random person.

    `wild` draws from all people; else from those who are likely to have the
    power.
    """
    everyone = list(people.values())
    leads = [people["lead"], people["second"], people["recovery"]]
    members = [people["lead"], people["bob"], people["ann"], people["second"]]
    by_lead = rng.choice(everyone if wild else leads)
    by = rng.choice(everyone if wild else members)
    someone = rng.choice(everyone)
    size = len(copy.lines)
    how = rng.randrange(14)
    if how < 3:
        copy.note(by, {"text": b"x"} if how else {}, refs=rng.sample(copy.ids, how))
    elif how < 5:
        copy.enrol(by_lead, someone, rng.choice(("lead", "member", "log")))
    elif how < 7:
        copy.revoke(by_lead, someone, rng.randrange(1, size + 1))
    elif how == 7:
        copy.hold(by_lead, rng.choice(("set", "lifted")))
    elif how == 8:
        copy.checkpoint(by, signer=someone, size=rng.randrange(1, size + 1))
    elif how == 9:
        copy.witness(by, people["witness"], size=rng.randrange(1, size + 1))
    else:
        redaction_step(rng, copy, by)


def typed(copy, kind):
    """The statements of a type, parsed."""
    found = (json.loads(text) for text in copy.bodies)
    return [body for body in found if body["type"] == kind]


def redaction_step(rng, copy, by):
    """A request, an approval, or a redaction of what was approved."""
    requests = typed(copy, "redact-request/1")
    targets = [body for body in typed(copy, "note/1") if body["fields"]]
    how = rng.randrange(3)
    if not requests or how == 0:
        target = rng.choice(targets)["id"] if targets else copy.ids[0]
        names = ["text"] if targets else ["title"]
        copy.request(by, target, names)
    elif how == 1:
        copy.approve(by, rng.choice(requests)["id"])
    else:
        request = rng.choice(requests)
        approvals = [body["id"] for body in typed(copy, "redact-approve/1")
                     if body["public"]["request"] == request["id"]]
        copy.redact(by, request["public"]["target"], request["public"]["names"],
                    approvals)


def holds(copy):
    """Is this journal valid by itself?"""
    try:
        entries = [verify.parse_entry(line.encode("latin-1"), True)
                   for line in copy.lines]
        verify.check_journal(entries)
    except verify.Finding:
        return False
    return True


def scenario(rng, steps):
    """Three copies are written to apart and merged; the last step is wild."""
    first, people = crew(rng.randrange(2**40))
    copies = [first, first.fork(), first.fork()]
    for _ in range(steps):
        at = rng.randrange(len(copies))
        trial = copies[at].fork()
        step(rng, trial, copies, people)
        if holds(trial):
            copies[at] = trial
    one, two = rng.sample(copies, 2)
    if rng.randrange(2):
        act(rng, two, people, wild=rng.randrange(2) == 0)
        merge(rng, one, two, people)
    else:
        step(rng, one, copies, people, wild=rng.randrange(2) == 0)
    return one.data(), people


def step(rng, copy, copies, people, wild=False):
    """A record, or a merge of another copy."""
    if rng.randrange(4) == 0:
        merge(rng, copy, rng.choice(copies), people)
    else:
        act(rng, copy, people, wild)


def merge(rng, copy, other, people):
    """Bring one copy into another, mostly as it should be."""
    fork = copy.common(other)
    if rng.randrange(8) == 0:
        fork = rng.randrange(1, fork + 1)
    by = rng.choice([people["lead"], people["bob"], people["second"]])
    copy.merge(by, other, fork=fork)


# ----------------------------------------------------------------- stories


def redaction_story(rng, copy, people):
    """A redaction with all that may stand in its way, or not."""
    persons = [people[name] for name in ("lead", "second", "bob", "ann")]
    target = copy.note(people["bob"], {"text": b"x", "more": b"y"})
    request = copy.request(rng.choice(persons), target, ["text"])
    if rng.randrange(2):
        copy.hold(people[rng.choice(("lead", "second"))], "set")
    approvals = [copy.approve(rng.choice(persons), request)
                 for _ in range(rng.choice((2, 2, 3)))]
    if rng.randrange(3) == 0:
        copy.hold(people["lead"], "lifted")
    revocation_story(rng, copy, people, most=2)
    names = rng.choice((["text"], ["text"], ["text"], ["more"], []))
    copy.redact(rng.choice((people["lead"], people["bob"])), target, names,
                approvals)


def revocation_story(rng, copy, people, most=4):
    """Leads revoke and enrol one another, and the recovery key steps in."""
    for _ in range(rng.randrange(most + 1)):
        trial = copy.fork()
        by = people[rng.choice(("lead", "second", "eve", "recovery"))]
        whom = people[rng.choice(("lead", "second", "eve", "bob", "ann"))]
        if rng.randrange(2):
            trial.revoke(by, whom, rng.randrange(1, len(copy.lines) + 1))
        else:
            trial.enrol(by, whom, rng.choice(("lead", "member")))
        if holds(trial):
            copy.__dict__.update(trial.__dict__)


def key_story(rng, copy, people):
    """After some revocations: who can still sign, be named, be enrolled?"""
    revocation_story(rng, copy, people, most=6)
    whom = people[rng.choice(("lead", "second", "eve", "bob", "ann"))]
    how = rng.randrange(4)
    if how == 0:
        copy.note(whom)
    elif how == 1:
        copy.enrol(people["recovery"], whom, "member")
    elif how == 2:
        copy.revoke(people["recovery"], whom, rng.randrange(1, len(copy.lines)))
    else:
        copy.checkpoint(rng.choice(list(people.values())), signer=whom)


def merge_story(rng, copy, people):
    """Merges, the last with a member that may be wrong."""
    theirs = copy.fork()
    for _ in range(rng.randrange(1, 4)):
        theirs.note(people["bob"])
        copy.note(people["lead"])
        if rng.randrange(2):
            key_story(rng, rng.choice((copy, theirs)), people)
        if rng.randrange(2):
            one, two = rng.sample((copy, theirs), 2)
            one.merge(people["lead"], two)
    theirs.note(people["bob"])
    copy.merge(people["bob"], theirs, public=wrong_merge(rng, copy, theirs))


def trust_story(rng, copy, people):
    """Two copies part, keys come and go in both, and they are merged.

    Ends with one more record by anyone: who may still sign what?
    """
    copies = [copy, copy.fork()]
    for _ in range(rng.randrange(2, 7)):
        revocation_story(rng, rng.choice(copies), people, most=3)
        try_to(copies, rng.randrange(2), lambda one: act(rng, one, people))
        one, two = rng.sample(range(2), 2)
        if rng.randrange(2):
            by = people[rng.choice(("lead", "second", "bob", "eve"))]
            try_to(copies, one, lambda each: each.merge(by, copies[two]))
    copy.__dict__.update(rng.choice(copies).__dict__)
    if rng.randrange(3):
        key_story(rng, copy, people)
    else:
        act(rng, copy, people, wild=True)


def try_to(copies, at, change):
    """Change one of some copies, if it is still valid then."""
    trial = copies[at].fork()
    change(trial)
    if holds(trial):
        copies[at] = trial


def thief_story(rng, copy, people):
    """A thief has a lead's key, and keys enrol one another or themselves.

    Some come to be enrolled by an honest lead too.  The thief's key is revoked
    from some place on; what is left is then asked for, here or where another
    copy was merged.
    """
    people.update(one=copy.new_key(), two=copy.new_key())
    target = copy.note(people["bob"], {"text": b"x"})
    request = copy.request(people["bob"], target, ["text"])
    start = len(copy.lines)
    thief, one, two = people["second"], people["one"], people["two"]
    copy.enrol(thief, one, rng.choice(("lead", "lead", "member")))
    copies = [copy, copy.fork()]
    for _ in range(rng.randrange(2, 9)):
        at = rng.choice((0, 0, 1))
        deed = rng.choice((circle_step, circle_step, circle_step, holding_step,
                           approving_step, approving_step))
        try_to(copies, at, lambda each: deed(rng, each, people, request))
        if rng.randrange(6) == 0:
            try_to(copies, at, lambda each: each.merge(people["lead"],
                                                       copies[1 - at]))
    try_to(copies, 0, lambda each: each.revoke(
        people[rng.choice(("lead", "recovery"))], thief,
        rng.randrange(start - 1, len(each.lines) + 1)))
    if rng.randrange(2):
        try_to(copies, 0, lambda each: each.merge(people["lead"], copies[1]))
    if rng.randrange(3) == 0:
        try_to(copies, 0, lambda each: circle_step(rng, each, people, request))
    copy.__dict__.update(copies[0].__dict__)
    approvals = [body["id"] for body in typed(copy, "redact-approve/1")]
    if len(approvals) >= 2 and rng.randrange(4):
        copy.redact(people["lead"], target, ["text"], rng.sample(approvals, 2))
    else:
        circle_probe(rng, copy, people[rng.choice(("one", "two", "ann"))],
                     people)


def circle_step(rng, copy, people, _request):
    """One more enrolment, perhaps of the signer itself, and perhaps a note."""
    by = people[rng.choice(("one", "one", "two", "second", "lead"))]
    whom = people[rng.choice(("one", "one", "two", "two", "ann"))]
    copy.enrol(by, whom, rng.choice(("lead", "lead", "member", "log")))
    if rng.randrange(3) == 0:
        copy.note(whom)


def holding_step(rng, copy, people, _request):
    """A legal hold by one who may not be trusted with it later."""
    by = people[rng.choice(("one", "two", "second", "lead"))]
    copy.hold(by, rng.choice(("set", "lifted")))


def approving_step(rng, copy, people, request):
    """An approval by one whose word may be worth nothing later."""
    by = people[rng.choice(("one", "two", "second", "lead", "bob", "ann"))]
    copy.approve(by, request)


def circle_probe(rng, copy, whom, people):
    """Can this key still sign, be named, be enrolled, be revoked?"""
    how = rng.randrange(6)
    if how == 0:
        copy.hold(whom, "set")
    elif how == 1:
        copy.enrol(people["lead"], whom, "member")
        copy.note(whom)
    elif how == 2:
        copy.checkpoint(people["bob"], signer=whom)
    elif how == 3:
        copy.enrol(whom, whom, "lead")
    else:
        copy.note(whom)


def wrong_merge(rng, copy, theirs):
    """Members of a `merge/1` that are not as they should be, half the time."""
    fork, size = copy.common(theirs), len(theirs.lines)
    skip, merged = copy.plan(theirs, fork)
    flat = [number for triple in skip for number in triple]
    if rng.randrange(2):
        return None
    if flat and rng.randrange(2):
        at = rng.randrange(len(flat))
        return {"skip": flat[:at] + [max(0, flat[at] + rng.choice((-1, 1)))]
                + flat[at + 1:]}
    return rng.choice((
        {"fork": fork + 1}, {"fork": max(0, fork - 1)}, {"size": size + 1},
        {"size": size - 1}, {"count": len(merged) + 1},
        {"count": max(0, len(merged) - 1)}, {"head": theirs.head(size - 1)},
        {"root": theirs.root(size - 1)}, {"skip": flat + [size, 0, 1]},
        {"skip": flat + [size - 1, 1, 1], "count": max(0, len(merged) - 1)},
        {"skip": flat[:-3], "count": len(merged) + (flat[-1] if flat else 1)}))


def deep_story(rng, copy, people):
    """Copies in copies, about as deep as a verifier has to follow.

    Somewhere a rule may be broken: before a merge, behind it, or by it.
    """
    lead, inner = people["lead"], copy.fork()
    inner.note(people["bob"])
    depth = rng.choice((15, 16, 17, 18))
    broken, lying = rng.randrange(2 * depth), rng.randrange(2 * depth)
    lie = {rng.choice(("head", "root")): jb.ZEROS}
    for level in range(1, depth + 1):
        outer = copy.fork()
        outer.note(lead)
        for turn in range(2):
            if broken == 2 * level + turn:
                outer.note(people["eve"])
            if turn == 0:
                outer.merge(lead, inner, public=lie if level == lying else None)
        inner = outer
    copy.__dict__.update(inner.__dict__)


def story(rng):
    """A journal that ends with a point that is easily got wrong."""
    copy, people = crew(rng.randrange(2**40))
    tell = rng.choice((redaction_story, key_story, merge_story, merge_story,
                       trust_story, trust_story, trust_story, thief_story,
                       thief_story, thief_story, deep_story))
    tell(rng, copy, people)
    return copy.data()


# ------------------------------------------------------------------- notes

STRANGE_NAMES = ("w.example", "w", "w+x", "w x", "", "\u00a0", "w\u2003x", "\u00e9",
                 "w\x7f", "w\x01", "w" * 3000)
NOTE_MISSPELLINGS = (
    (b"cj/1/", b"cj/2/"), (b"cj/1/", b"CJ/1/"), (b"cj/1/", b"\ncj/1/"),
    (b"\n", b"\r\n"), (b"\n\n", b"\n"), (b"\n\n", b"\n\n\n"), (b"\n\n", b"\nmore\n\n"),
    (b"=\n", b"\n"), (b"=\n", b"==\n"), (b"=\n", b" =\n"), (b"\xe2\x80\x94 ", b"- "),
    (b"\xe2\x80\x94 ", b"\xe2\x80\x94"), (b"\xe2\x80\x94 ", b"\xe2\x80\x94  "),
    (b"w.example ", b"w.example"), (b"w.example ", b"w.example  "),
    (b"w.example ", b"w.example AAAA"), (b"w.example ", b"\xff "),
)


def note_text(rng, base, other):
    """The text of a checkpoint: of this journal, or almost."""
    how = rng.randrange(8)
    size = rng.randrange(base.size + 1)
    if how < 3:
        return base.copy.checkpoint_text(size)
    if how == 3:
        return base.copy.checkpoint_text(base.size + rng.choice((1, 2**62)),
                                         base.copy.root())
    if how == 4:
        return base.copy.checkpoint_text(size, base.copy.root(base.size - size))
    if how == 5:
        return other.copy.checkpoint_text()
    if how == 6:
        return base.copy.checkpoint_text(rng.choice((2**63 - 1, 2**63, 2**64)),
                                         base.copy.root())
    return base.copy.checkpoint_text(size).replace(b"\n", b"\n0", 1)


def note_line(rng, base, text):
    """One signature line: (name, bytes)."""
    witness = base.people[rng.choice(("witness", "witness", "witness", "log"))]
    name = rng.choice(STRANGE_NAMES if rng.randrange(4) == 0 else ("w.example",))
    seconds = rng.choice((0, 1715000000, 2**63 - 1, 2**63, 2**64 - 1))
    data = (jb.cosignature(witness, name, seconds, text) if rng.randrange(3)
            else jb.plain_signature(witness, name, text))
    how = rng.randrange(8)
    if how == 0:
        at = rng.randrange(len(data))
        data = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]
    elif how == 1:
        data = data[:rng.randrange(len(data))]
    elif how == 2:
        data += rng.randbytes(rng.choice((1, 8, 2420)))
    return name, data


def note_mutant(rng, bases):
    """A journal, whole or cut, with a note beside it."""
    base, other = rng.sample(bases, 2)
    text = note_text(rng, base, other)
    note = jb.signed_note(text, [note_line(rng, base, text)
                                 for _ in range(rng.choice((1, 1, 2, 17)))])
    if rng.randrange(3) == 0:
        note = note.replace(*rng.choice(NOTE_MISSPELLINGS), 1)
    if rng.randrange(8) == 0:
        at = rng.randrange(len(note))
        note = note[:at] + bytes([rng.randrange(256)]) + note[at + 1:]
    data = base.data if rng.randrange(4) else cut_line(rng, base)
    return Mutant("note", data, None, base.witness_arguments(), note)


# ---------------------------------------------------------------- openings


def opening_lines(base):
    """A fresh list of openings."""
    return [list(each) for each in base.copy.openings]


def openings_data(openings):
    """Openings as a file."""
    return "".join(jb.opening_line(*each) + "\n" for each in openings).encode()


def swap_openings(rng, base):
    """Salt and value, or the value alone, change places."""
    openings = opening_lines(base)
    one, two = rng.sample(range(len(openings)), 2)
    start = rng.choice((2, 3))
    openings[one][start:], openings[two][start:] = (
        openings[two][start:], openings[one][start:])
    if openings == opening_lines(base):
        openings[one][3] += b"x"
    return openings_data(openings)


def edit_opening(rng, base):
    """One opening names or says something else."""
    openings = opening_lines(base)
    one = rng.choice(openings)
    how = rng.randrange(5)
    if how == 0:
        one[0] = rng.choice([each for each in base.copy.ids if each != one[0]])
    elif how == 1:
        one[1] = "zz"
    elif how == 2:
        one[2] = jb.ZEROS
    elif how == 3:
        one[3] = one[3] + b"\0"
    else:
        openings.append(list(one))
    return openings_data(openings)


def misspell_openings(rng, base):
    """An openings file that is not spelled right."""
    data = base.openings
    old, new = rng.choice(((b",", b", "), (b'"salt"', b'"Salt"'), (b"=", b""),
                           (b'="', b'=="'), (b"\n", b"\r\n"), (b"\n", b"\n\n"),
                           (b'"value":"', b'"value":"!'), (b'{"id"', b'{ "id"'),
                           (b'"value":"', b'"value":" '), (b'"}', b'","x":1}')))
    changed = data.replace(old, new, 1)
    return changed if changed != data else data[:-1]


def flip_openings(rng, base):
    """One bit."""
    data, at = bytearray(base.openings), rng.randrange(len(base.openings))
    data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def fewer_openings(rng, base):
    """Openings that are withheld or in another order: nothing is wrong."""
    openings = opening_lines(base)
    return openings_data(rng.sample(openings, rng.randrange(len(openings))))


# ------------------------------------------------------------------ corpus

JOURNAL_MUTATIONS = (
    flip, replace_byte, replace_digit, delete_byte, insert_byte, swap_lines,
    drop_lines, repeat_line, cut_line, swap_and_relink, drop_and_relink,
    repeat_and_relink, change_logged, misspell, misspell, wrong_key, wrong_key,
    bad_signature, small_order_key, edit_public, edit_public, edit_public,
    edit_statement, edit_statement, edit_entry, edit_version,
)
# these may be valid, so they get no trust
FREE_MUTATIONS = (whole_and_one_more, small_order_case, mixed_order)
OPENINGS_MUTATIONS = (swap_openings, edit_opening, misspell_openings,
                      flip_openings)


MAY_HOLD = ("note", "witnessed")


class Mutant:
    """One line of the manifest and its files."""

    def __init__(self, kind, data, openings=None, arguments="-", note=None):
        self.kind, self.data = kind, data
        self.openings, self.arguments, self.note = openings, arguments, note


def trust(rng, base, data):
    """Trust that does not cover a mutant wrongly: mostly none at all."""
    choice = rng.randrange(10)
    if choice == 0:
        return base.root_arguments()
    if choice == 1 and (base.anchored == 0 or changed_before(base, data)):
        return base.note_arguments()
    if choice == 2 and changed_before(base, data):
        return base.witness_arguments()
    return "-"


def changed_before(base, data):
    """Is something changed within the lines that the witness saw?"""
    seen = joined(base.copy.lines[:base.anchored])
    return base.anchored > 0 and not data.startswith(seen)


def journal_mutant(rng, bases):
    """A mutant of a good journal."""
    base = rng.choice(bases)
    mutation = rng.choice(JOURNAL_MUTATIONS + FREE_MUTATIONS + (splice,))
    if mutation is splice:
        data = splice(rng, base, rng.choice(bases))
    else:
        data = mutation(rng, base)
    if data == base.data:
        return None
    free = mutation in FREE_MUTATIONS or data.startswith(base.data)
    openings = base.openings if rng.randrange(8) == 0 else None
    return Mutant(mutation.__name__, data, openings,
                  "-" if free else trust(rng, base, data))


def openings_mutant(rng, bases):
    """A good journal with openings that are not."""
    base = rng.choice(bases)
    if rng.randrange(6) == 0:
        return Mutant("fewer_openings", base.data, fewer_openings(rng, base))
    mutation = rng.choice(OPENINGS_MUTATIONS)
    arguments = base.root_arguments() if rng.randrange(2) else "-"
    return Mutant(mutation.__name__, base.data, mutation(rng, base), arguments)


def foreign_openings(rng, bases):
    """The openings of another journal."""
    base, other = rng.sample(bases, 2)
    return Mutant("foreign_openings", base.data, other.openings,
                  base.root_arguments())


def scenario_mutant(rng, _bases):
    """A journal that grew by itself."""
    data, people = scenario(rng, rng.randrange(3, 25))
    if rng.randrange(3):
        return Mutant("scenario", data)
    return Mutant("witnessed", data, None, "--witness " + people["witness"].hex)


def story_mutant(rng, _bases):
    """A journal with a point."""
    return Mutant("story", story(rng))


def cuts(bases):
    """The journals cut at every byte, one after the other, endlessly."""
    while True:
        for base in bases:
            for at in range(len(base.data)):
                yield Mutant("cut", base.data[:at])


def mutants(seed):
    """Endless mutants, the kinds mixed."""
    rng = random.Random(seed)
    bases = make_bases(seed)
    yield bases
    stream = cuts(bases)
    makers = ([journal_mutant] * 12 + [scenario_mutant] * 4 + [story_mutant] * 6
              + [note_mutant] * 2 + [openings_mutant] * 2 + [foreign_openings])
    while True:
        if rng.randrange(10) == 0:
            yield next(stream)
            continue
        mutant = rng.choice(makers)(rng, bases)
        if mutant:
            yield mutant


def write(folder, name, data):
    """Write a file of the corpus."""
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def write_mutant(folder, number, mutant):
    """The files of a mutant; gives its line of the manifest."""
    name = "%06d.cj1" % number
    write(folder, name, mutant.data)
    openings = "-"
    if mutant.openings is not None:
        openings = "%06d.cjo" % number
        write(folder, openings, mutant.openings)
    arguments = mutant.arguments
    if mutant.note is not None:
        arguments += " --note %06d.note" % number
        write(folder, "%06d.note" % number, mutant.note)
    return "\t".join((name, openings, arguments, mutant.kind)) + "\n"


def make_corpus(folder, seed, number):
    """Write a corpus."""
    os.makedirs(folder, exist_ok=True)
    stream = mutants(seed)
    for base in next(stream):
        base.write_note(folder)
        write(folder, base.name + ".cj1", base.data)
        write(folder, base.name + ".cjo", base.openings)
    with open(os.path.join(folder, "manifest.tsv"), "w",
              encoding="ascii") as manifest:
        for at in range(number):
            manifest.write(write_mutant(folder, at, next(stream)))


def main(arguments):
    """Run the command line."""
    if len(arguments) != 3 or not all(map(str.isdigit, arguments[1:])):
        print("usage: make_corpus.py OUTDIR SEED COUNT", file=sys.stderr)
        return 2
    make_corpus(arguments[0], int(arguments[1]), int(arguments[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
