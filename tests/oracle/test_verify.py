"""Tests of verify.py: for each rule of the format a journal that breaks it.

Run with: python3 -m unittest discover -s tests/oracle
"""

import base64
import contextlib
import glob
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import journal_builder as jb  # noqa: E402
import make_corpus  # noqa: E402
import verify  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.normpath(os.path.join(HERE, "../../../shared/data"))
VERIFIED, TAMPERED, VALID, MALFORMED, UNCHECKED = range(5)
ZEROS = jb.ZEROS


def swap(text, old, new, count=1):
    """Replace, and insist that there was something to replace."""
    assert old in text, old
    return text.replace(old, new, count)


def text_of(body):
    """A statement's body as text that a test can misspell and then sign."""
    return jb.spell(body)


class JournalTest(unittest.TestCase):
    """Files in a folder of their own, and the four usual people."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.copy = jb.Copy(7)
        people = [self.copy.new_key() for _ in range(6)]
        self.lead, self.recovery, self.bob, self.log, self.eve = people[:5]
        self.witness = people[5]

    def usual(self):
        """Record 0, then bob as a member and a log key: three records."""
        self.copy.start(self.lead, self.recovery, {"title": b"Case"})
        self.copy.enrol(self.lead, self.bob, "member")
        self.copy.enrol(self.recovery, self.log, "log")
        return self.copy

    def write(self, name, data):
        """A file of the folder; gives its path."""
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def run_main(self, *arguments):
        """(status, what was said), and never an internal error."""
        out = io.TextIOWrapper(io.BytesIO())
        with contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(io.StringIO()) as error:
            status = verify.main(list(arguments))
        self.assertNotIn("internal error", error.getvalue())
        return status, out.buffer.getvalue().decode()

    def judge(self, journal, *options, openings=None):
        """The status of a copy, or of bytes, or of lines."""
        if isinstance(journal, jb.Copy):
            journal = journal.data()
        if isinstance(journal, list):
            journal = "".join(line + "\n" for line in journal).encode("latin-1")
        options = list(options)
        if openings is not None:
            options += ["--openings", self.write("j.cjo", openings)]
        return self.run_main("--brief", *options, self.write("j.cj1", journal))[0]

    def check(self, status, journal, *options, openings=None, why=None):
        """Assert a status; with `why`, also the reason that is given."""
        found = self.judge(journal, *options, openings=openings)
        path = os.path.join(self.folder, "j.cj1")
        said = self.run_main(*options, path)[1] if openings is None else ""
        self.assertEqual(found, status, said)
        if why:
            self.assertIn(why, said)


class Good(JournalTest):
    """Journals of every kind: 2 by themselves, 0 with trust from outside."""

    def test_case_alone(self):
        self.copy.start(self.lead, self.recovery)
        self.check(VALID, self.copy)

    def test_everything(self):
        copy = self.usual()
        target = copy.note(self.bob, {"a": b"", "b": b"x" * 3000})
        copy.checkpoint(self.log)
        copy.checkpoint(self.bob, signer=self.log, size=2)
        copy.anchor(self.bob, "page", "sheet 1", b"")
        copy.hold(self.lead, "set")
        copy.hold(self.lead, "lifted")
        request = copy.request(self.bob, target, ["a"])
        approvals = [copy.approve(self.bob, request),
                     copy.approve(self.lead, request)]
        copy.redact(self.bob, target, ["a"], approvals)
        copy.revoke(self.recovery, self.bob, 4)
        copy.note(self.lead, {}, refs=[target, request])
        self.check(VALID, copy)
        self.check(VALID, copy, openings=copy.openings_data())
        said = self.run_main("--openings", os.path.join(self.folder, "j.cjo"),
                             os.path.join(self.folder, "j.cj1"))[1]
        self.assertIn("15 records", said)
        self.assertIn("2 match, 1 withheld", said)

    def test_values(self):
        copy = self.usual()
        for value in (0, 2**63 - 1, "", " !#[]~", [], [1, "a", 2, ""]):
            copy.add(self.bob, "app/999", {"a": value, "a-1": 1, "b": "x"})
        copy.add(self.bob, "a" * 32 + "/1", {"a" * 32: 1})
        self.check(VALID, copy)

    def test_times(self):
        copy = self.usual()
        for time in ("0000-02-29T00:00:00.000000000Z",
                     "9999-12-31T23:59:59.999999999Z",
                     "2000-02-29T00:00:00.000000000Z",
                     "2024-02-29T00:00:00.000000000Z"):
            copy.note(self.bob, time=time, entry={"logged": time})
        self.check(VALID, copy)

    def test_longest_line(self):
        copy = self.usual()
        copy.add(self.bob, "app/1", {"a": ""}, mono=1)
        room = 65536 - len(copy.lines.pop())
        copy.ids.pop(), copy.bodies.pop(), copy.logged.pop()
        body = copy.body(self.bob, "app/1", {"a": "x" * room}, mono=1)
        copy.append(jb.sign_statement(self.bob, body))
        self.assertEqual(len(copy.lines[-1]), 65536)
        self.check(VALID, copy)

    def test_seen_earlier_states(self):
        copy = self.usual()
        copy.note(self.bob, seen=[0, ZEROS])
        copy.note(self.bob, seen=[2, copy.head(2)])
        self.check(VALID, copy)

    def test_untrusted_counted(self):
        copy = self.usual()
        copy.note(self.bob)
        copy.revoke(self.lead, self.bob, 3)
        self.check(VALID, copy, why="1 records not trusted")


class Anchored(JournalTest):
    """Section 8: roots, witnesses, notes."""

    def test_root(self):
        copy = self.usual()
        for size in range(1, 4):
            root = "%d:%s" % (size, copy.root(size))
            self.check(VERIFIED, copy, "--root", root,
                       why="up to record %d" % (size - 1))
            self.check(VERIFIED, copy, "--root",
                       "%d:%s" % (size, jb.printed(copy.root(size))))
        joined = jb.printed(copy.root()).replace(" ", "")
        self.check(VERIFIED, copy, "--root", "3:" + joined)

    def test_root_differs(self):
        copy = self.usual()
        self.check(TAMPERED, copy, "--root", "2:" + copy.root(3))

    def test_root_beyond_truncated_journal(self):
        copy = self.usual()
        root = "3:" + copy.root()
        self.check(TAMPERED, copy.lines[:2], "--root", root)

    def test_root_of_another_journal(self):
        copy = self.usual()
        root = "3:" + copy.root()
        self.copy = jb.Copy(8)
        self.check(TAMPERED, self.usual(), "--root", root)

    def test_witness_record(self):
        copy = self.usual()
        copy.witness(self.bob, self.witness, size=2)
        self.check(VALID, copy)
        self.check(VALID, copy, "--witness", self.eve.hex)
        self.check(VERIFIED, copy, "--witness", self.witness.hex,
                   why="up to record 1")
        self.check(VERIFIED, copy, "--witness", self.eve.hex,
                   "--witness", self.witness.hex)

    def test_witness_record_plain(self):
        copy = self.usual()
        token = jb.plain_signature(self.witness, "w", copy.checkpoint_text())
        copy.anchor(self.bob, "witness", "w", token)
        self.check(VERIFIED, copy, "--witness", self.witness.hex)

    def test_witness_record_that_does_not_hold(self):
        copy = self.usual()
        good = jb.cosignature(self.witness, "w", 5, copy.checkpoint_text())
        for token in (good[:-1], good[:-1] + bytes([good[-1] ^ 1]), b"",
                      good[:4], good[:12], good + b"\0",
                      bytes([good[0] ^ 1]) + good[1:],
                      good[:11] + b"\6" + good[12:]):
            other = copy.fork()
            other.anchor(self.bob, "witness", "w", token)
            self.check(VALID, other, "--witness", self.witness.hex)
        copy.anchor(self.bob, "witness", "other-name", good)
        self.check(VALID, copy, "--witness", self.witness.hex)

    def test_witness_record_over_other_size(self):
        copy = self.usual()
        token = jb.cosignature(self.witness, "w", 5, copy.checkpoint_text(2))
        copy.anchor(self.bob, "witness", "w", token, size=3)
        self.check(VALID, copy, "--witness", self.witness.hex)

    def note(self, copy, size=None, kind=4, key=None, text=None):
        key = key or self.witness
        text = text or copy.checkpoint_text(size)
        data = (jb.cosignature(key, "w.example/1", 99, text) if kind == 4
                else jb.plain_signature(key, "w.example/1", text))
        ours = jb.plain_signature(self.log, self.log.hex, text)
        return jb.signed_note(text, [(self.log.hex, ours), ("w.example/1", data)])

    def test_note(self):
        copy = self.usual()
        for kind in (1, 4):
            path = self.write("a.note", self.note(copy, 2, kind))
            self.check(VERIFIED, copy, "--note", path,
                       "--witness", self.witness.hex)
            self.check(VALID, copy, "--note", path)
            self.check(VALID, copy, "--note", path, "--witness", self.eve.hex)

    def test_note_largest_counts(self):
        copy = self.usual()
        paths = [self.write("%d.note" % size, self.note(copy, size))
                 for size in (1, 3, 2)]
        options = [part for path in paths for part in ("--note", path)]
        self.check(VERIFIED, copy, "--witness", self.witness.hex, *options,
                   why="up to record 2")

    def test_note_beyond_truncated_journal(self):
        copy = self.usual()
        path = self.write("a.note", self.note(copy))
        for lines in (copy.lines[:1], copy.lines[:2]):
            self.check(VALID, lines, "--note", path,
                       "--witness", self.witness.hex, why="beyond this journal")
            self.check(VALID, lines, "--note", path)

    def test_note_of_another_history(self):
        copy = self.usual()
        other = copy.fork()
        copy.note(self.bob)
        other.note(self.bob)
        path = self.write("a.note", self.note(other))
        witness = ["--note", path, "--witness", self.witness.hex]
        self.check(VALID, copy, *witness, why="of another copy")
        root = ["--root", "3:" + copy.root(3)]
        self.check(VERIFIED, copy, *witness, *root, why="of another copy")
        self.check(TAMPERED, copy, *witness, "--root", "4:" + other.root())
        more = self.write("b.note", self.note(copy, 2))
        self.check(VERIFIED, copy, *witness, "--note", more,
                   why="up to record 1")
        copy.merge(self.lead, other)
        self.check(VALID, copy, *witness)

    def test_note_of_size_0(self):
        """Ignored, even with a root that is not that of nothing."""
        copy = self.usual()
        path = self.write("a.note", self.note(copy, 0))
        self.check(VALID, copy, "--note", path, "--witness", self.witness.hex)
        text = copy.checkpoint_text(0, copy.root())
        token = jb.cosignature(self.witness, "w", 5, text)
        path = self.write("a.note", jb.signed_note(text, [("w", token)]))
        self.check(VALID, copy, "--note", path, "--witness", self.witness.hex)

    def test_untrusted_record_still_anchors(self):
        copy = self.usual()
        copy.witness(self.bob, self.witness)
        copy.revoke(self.lead, self.bob, 3)
        self.check(VERIFIED, copy, "--witness", self.witness.hex,
                   why="1 records not trusted")

    def test_note_of_another_case(self):
        copy = self.usual()
        self.copy = jb.Copy(8)
        path = self.write("a.note", self.note(self.usual()))
        self.check(VALID, copy, "--note", path, "--witness", self.witness.hex)

    def test_note_with_bad_signature(self):
        copy = self.usual()
        good = jb.cosignature(self.witness, "w", 5, copy.checkpoint_text())
        bad = good[:-1] + bytes([good[-1] ^ 1])
        path = self.write("a.note", jb.signed_note(copy.checkpoint_text(),
                                                   [("w", bad)]))
        self.check(VALID, copy, "--note", path, "--witness", self.witness.hex)

    def test_notes_misspelled(self):
        copy = self.usual()
        good = self.note(copy)
        bad = {
            "empty": b"",
            "no last LF": good[:-1],
            "no signature": copy.checkpoint_text() + b"\n",
            "no empty line": copy.checkpoint_text(),
            "leading zero": swap(good, b"\n3\n", b"\n03\n"),
            "sign": swap(good, b"\n3\n", b"\n+3\n"),
            "too large": swap(good, b"\n3\n", b"\n9223372036854775808\n"),
            "origin": swap(good, b"cj/1/", b"cj/2/"),
            "upper-case": good[:5] + good[5:69].upper() + good[69:],
            "fourth line": swap(good, b"\n\n", b"\nmore\n\n"),
            "hyphen": swap(good, "\u2014".encode(), b"-"),
            "two spaces": swap(good, "\u2014 ".encode(), "\u2014  ".encode()),
            "plus": swap(good, b" w.example/1 ", b" w+1 "),
            "carriage return": swap(good, b"\n", b"\r\n"),
            "not UTF-8": swap(good, b"w.example", b"\xff"),
            "root": swap(good, b"=\n", b"\n"),
            "base64": swap(good, b"w.example/1 ", b"w.example/1 !"),
            "too long": good * 4000,
        }
        for name, data in bad.items():
            with self.subTest(name):
                path = self.write("a.note", data)
                self.check(MALFORMED, copy, "--note", path)


@unittest.skipUnless(shutil.which("openssl"), "no openssl command")
class TimeStamped(JournalTest):
    """Section 8: RFC 3161 tokens."""

    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.keep)
        cls.authorities = []
        for name, usage in (("a", "timeStamping"), ("b", "timeStamping"),
                            ("c", "codeSigning")):
            folder = os.path.join(cls.keep, name)
            os.mkdir(folder)
            try:
                cls.authorities.append(jb.Authority(folder, usage))
            except subprocess.CalledProcessError:
                raise unittest.SkipTest("openssl makes no certificate")
        cls.tsa, cls.other = cls.authorities[:2]

    def test_record(self):
        copy = self.usual()
        for token in (False, True):
            other = copy.fork()
            data = self.tsa.stamp(other.checkpoint_text(), token=token)
            other.anchor(self.bob, "rfc3161", "tsa", data)
            self.check(VALID, other)
            for pem in (self.tsa.ca, self.tsa.tsa):
                self.check(VERIFIED, other, "--tsa", pem, why="time stamp of 20")
            for pem in (self.other.ca, self.other.tsa):
                self.check(VALID, other, "--tsa", pem)
            self.check(VERIFIED, other, "--tsa", self.other.ca,
                       "--tsa", self.tsa.ca)

    def test_record_without_certificate(self):
        copy = self.usual()
        data = self.tsa.stamp(copy.checkpoint_text(), certificate=False)
        copy.anchor(self.bob, "rfc3161", "tsa", data)
        self.check(VERIFIED, copy, "--tsa", self.tsa.tsa)
        self.check(VALID, copy, "--tsa", self.tsa.ca)

    def test_record_of_other_text(self):
        copy = self.usual()
        data = self.tsa.stamp(copy.checkpoint_text(2))
        copy.anchor(self.bob, "rfc3161", "tsa", data, size=3)
        self.check(VALID, copy, "--tsa", self.tsa.ca)

    def test_record_of_other_hash(self):
        copy = self.usual()
        data = self.tsa.stamp(copy.checkpoint_text(), algorithm="sha512")
        copy.anchor(self.bob, "rfc3161", "tsa", data)
        self.check(VALID, copy, "--tsa", self.tsa.ca)

    def test_beside(self):
        copy = self.usual()
        for size in (1, 2, 3):
            path = self.write("a.tsr", self.tsa.stamp(copy.checkpoint_text(size)))
            self.check(VERIFIED, copy, "--tsa", self.tsa.ca, "--token", path,
                       why="up to record %d" % (size - 1))
            self.check(VALID, copy, "--token", path)
        self.check(VALID, copy.lines[:2], "--tsa", self.tsa.ca, "--token", path)

    def test_broken_tokens(self):
        copy = self.usual()
        good = self.tsa.stamp(copy.checkpoint_text())
        flipped = [good[:at] + bytes([good[at] ^ 4]) + good[at + 1:]
                   for at in range(len(good) - 60, len(good), 20)]
        for data in [b"", b"\x30", b"0" * 100, good[:50], good[:-1],
                     b"\x30\x80" * 5000, b"\x30\x84\xff\xff\xff\xff"] + flipped:
            path = self.write("a.tsr", data)
            self.check(VALID, copy, "--tsa", self.tsa.ca, "--token", path)

    def test_wrong_purpose(self):
        copy = self.usual()
        tsa = self.authorities[2]
        try:
            data = tsa.stamp(copy.checkpoint_text())
        except subprocess.CalledProcessError:
            self.skipTest("openssl does not stamp with such a certificate")
        path = self.write("a.tsr", data)
        for pem in (tsa.ca, tsa.tsa):
            self.check(VALID, copy, "--tsa", pem, "--token", path)

    def test_der_never_crashes(self):
        good = self.tsa.stamp(b"text")
        for at in range(len(good)):
            verify.parse_token(good[:at])
            for bit in (1, 0x80):
                verify.parse_token(good[:at] + bytes([good[at] ^ bit])
                                   + good[at + 1:])


class Spelling(JournalTest):
    """Section 2 to 4: everything that is status 3."""

    def setUp(self):
        super().setUp()
        self.usual()
        self.body = self.copy.body(self.bob, "app/1",
                                   {"a": 1, "b": "x", "c": [1, "y"]},
                                   {"f": b"1", "g": b"2"}, [self.copy.ids[0]])

    def misspelled(self, old, new, status=MALFORMED, signed=True):
        """Misspell a statement, sign it as it is, and write it."""
        text = swap(text_of(self.body), old, new)
        copy = self.copy.fork()
        if signed:
            copy.append(jb.sign_statement(self.bob, text))
        else:
            copy.append(swap(jb.sign_statement(self.bob, self.body), old, new))
        with self.subTest(old=old, new=new):
            self.check(status, copy)

    def entry(self, old, new, status=MALFORMED):
        """Misspell the last line outside its statement."""
        copy = self.copy.fork()
        copy.append(jb.sign_statement(self.bob, self.body))
        copy.lines[-1] = swap(copy.lines[-1], old, new)
        with self.subTest(old=old, new=new):
            self.check(status, copy)

    def test_as_it_is(self):
        self.misspelled('"app/1"', '"app/2"', VALID)

    def test_white_space(self):
        for old, new in (('"a":1', '"a": 1'), (',"b"', ', "b"'), ("{", "{ "),
                         ('["', '[ "'), ('1,"y"', '1, "y"'), ("}", " }")):
            self.misspelled(old, new)
        self.entry('{"v"', ' {"v"')
        self.entry(',"seq"', ', "seq"')
        self.entry(',"seq"', ',\t"seq"')

    def test_trailing(self):
        for end in (" ", ",", "}", "\r", "{}", "\0"):
            copy = self.copy.fork()
            copy.lines[-1] += end
            self.check(MALFORMED, copy)

    def test_escapes(self):
        for new in ('"\\u0078"', '"\\n"', '"\\""', '"\\/"', '"\\\\"'):
            self.misspelled('"x"', new)
        self.misspelled('"tlp"', '"t\\u006cp"')

    def test_bytes(self):
        for new in ('"\x7f"', '"\x1f"', '"\xe9"', '"\t"', '"\0"', '"x""'):
            self.misspelled('"x"', new)

    def test_integers(self):
        for new in ("01", "-1", "+1", "1.0", "1e0", "00", "-0", "", "1.",
                    "9223372036854775808", "99999999999999999999", "true",
                    "null", "0x1", "{}", "[[]]", "[[1]]", "[{}]", "[1,]",
                    "[,1]", "[1,,1]", "[01]", "[9223372036854775808]", "[",
                    "[null]"):
            self.misspelled('"a":1', '"a":' + new)
        self.misspelled('"mono":', '"mono":0')
        self.misspelled('"mono":', '"mono":9999999')
        self.entry('"seq":3', '"seq":03')
        self.entry('"seq":3', '"seq":3.0')
        self.entry('"seq":3', '"seq":"3"')
        self.entry('"epoch":0', '"epoch":00')
        self.entry('"epoch":0', '"epoch":9223372036854775808')
        self.entry('"v":1', '"v":01')
        self.entry('"v":1', '"v":1.0')
        self.entry('"v":1', '"v":"1"')
        self.entry('"v":1', '"v":9223372036854775808')
        self.entry('"v":1', '"v":-1')

    def test_upper_case(self):
        for member in ("id", "case", "boot", "by", "f"):
            pattern = r'"%s":"([0-9a-f]+)"' % member
            found = re.search(pattern, text_of(self.body)).group(0)
            digits = found.split(":")[1]
            self.misspelled(found, '"%s":%s' % (member, digits.upper()))
        self.entry(self.copy.head(), self.copy.head().upper())
        copy = self.copy.fork()
        signature = copy.lines[-1][-131:-3]
        copy.lines[-1] = copy.lines[-1].replace(signature, signature.upper())
        self.check(MALFORMED, copy)

    def test_lengths(self):
        self.misspelled(self.body["id"], self.body["id"][:-1])
        self.misspelled(self.body["id"], self.body["id"] + "0")
        self.misspelled(self.body["boot"], "")
        self.misspelled(self.body["by"], self.body["by"][:-2])
        self.misspelled(self.body["fields"]["f"], "00")
        self.misspelled('"scope":"team"', '"scope":""')
        self.misspelled('"scope":"team"', '"scope":"%s"' % ("a" * 33))
        self.misspelled('"scope":"team"', '"scope":"%s"' % ("a" * 32), VALID)

    def test_names(self):
        for name in ("Team", "1team", "-t", "te_am", "te am", "te.am"):
            self.misspelled('"scope":"team"', '"scope":"%s"' % name)
            self.misspelled('"a":1', '"%s":1' % name)
            self.misspelled('"f":', '"%s":' % name)

    def test_words(self):
        for member, word in (("clock", "atomic"), ("tlp", "white"),
                             ("tlp", "amber-stric"), ("clock", "NTP")):
            old = '"%s":"%s"' % (member, self.body[member])
            self.misspelled(old, '"%s":"%s"' % (member, word))
        for label in ("clear", "green", "amber-strict", "red"):
            self.misspelled('"tlp":"amber"', '"tlp":"%s"' % label, VALID)
        for clock in ("free", "unknown"):
            self.misspelled('"ntp"', '"%s"' % clock, VALID)

    def test_types(self):
        for kind in ("app", "app/", "app/0", "app/01", "app/1000", "/1",
                     "App/1", "app/1/1", "app/-1", "a" * 33 + "/1", "app/1 "):
            self.misspelled('"app/1"', '"%s"' % kind)

    def test_times(self):
        day = self.body["time"][:10]
        for new in ("2024-04-31", "2023-02-29", "1900-02-29", "2100-02-29",
                    "2024-02-30", "2024-13-01", "2024-00-01", "2024-01-00",
                    "2024-01-32", "24-01-01", "02024-01-01", "2024/01/01"):
            self.misspelled(day, new)
        clock = self.body["time"][11:19]
        for new in ("24:00:00", "23:60:00", "23:59:60", "1:00:00", "00-00-00"):
            self.misspelled("T" + clock, "T" + new)
        self.misspelled("T" + clock, "t" + clock)
        self.misspelled("T" + clock, " " + clock)
        decimals = self.body["time"][19:]
        for new in ("Z", ".1Z", ".1234567890Z", decimals[:-1],
                    decimals[:-1] + "+00:00", decimals[:-1] + "z",
                    "," + decimals[1:]):
            self.misspelled(decimals, new)
        copy = self.copy.fork()
        copy.note(self.bob, entry={"logged": "2024-06-31T00:00:00.000000000Z"})
        self.check(MALFORMED, copy)

    def test_member_order_and_repeats(self):
        self.misspelled('"a":1,"b":"x"', '"b":"x","a":1')
        self.misspelled('"a":1', '"a":1,"a":1')
        self.misspelled('"a":1', '"a":1,"a":2')
        fields = list(self.body["fields"].items())
        f, g = ('"%s":"%s"' % each for each in fields)
        self.misspelled(f + "," + g, g + "," + f)
        self.misspelled(f, f + "," + f)
        self.misspelled(',"scope":"team"', "")
        self.misspelled('"tlp":"amber","scope":"team"',
                        '"scope":"team","tlp":"amber"')
        self.misspelled('"scope":"team"', '"scope":"team","scope":"team"')
        self.misspelled('"scope":"team"', '"scope":"team","more":1')
        self.misspelled('"tlp"', '"TLP"')
        self.entry('"epoch":0,', "")
        self.entry('"epoch":0,', '"epoch":0,"epoch":0,')
        self.entry('"v":1,', "")

    def test_names_ascend_by_byte(self):
        self.misspelled('"a":1,', '"a":1,"a-":1,"a0":1,"aa":1,', VALID)
        self.misspelled('"a":1,', '"a":1,"a0":1,"a-":1,')

    def test_arrays(self):
        for new in ("[1]", '[1,"00",1]', '["1","%s"]' % ZEROS, "[]", "{}"):
            self.misspelled('"seen":[3,"%s"]' % self.copy.head(),
                            '"seen":' + new)
        ident = '["%s"]' % self.copy.ids[0]
        for new in ('["00"]', "[1]", ident[:-1] + ",]", "[[]]", "{}", "[,]"):
            self.misspelled('"refs":' + ident, '"refs":' + new)
        self.misspelled('"refs":' + ident, '"refs":[]', VALID)

    def test_line_too_long(self):
        self.misspelled('"x"', '"%s"' % ("x" * 65536))
        copy = self.copy.fork()
        copy.add(self.bob, "app/1", {"a": ""}, mono=1)
        room = 65537 - len(copy.lines.pop())
        body = copy.body(self.bob, "app/1", {"a": "x" * room}, mono=1)
        copy.append(jb.sign_statement(self.bob, body))
        self.assertEqual(len(copy.lines[-1]), 65537)
        self.check(MALFORMED, copy)

    def test_lines(self):
        data = self.copy.data()
        self.check(MALFORMED, b"")
        self.check(MALFORMED, b"\n")
        self.check(MALFORMED, data[:-1])
        self.check(MALFORMED, data + b"\n")
        self.check(MALFORMED, b"\n" + data)
        self.check(MALFORMED, b"\xef\xbb\xbf" + data)
        self.check(MALFORMED, data.replace(b"\n", b"\r\n"))
        self.check(MALFORMED, data.replace(b"\n", b"\n\n"))
        self.check(MALFORMED, b"[" * 70000)
        self.check(MALFORMED, b"[" * 60000 + b"\n")
        self.check(MALFORMED, b"\0" * 200000)

    def test_cut_at_every_byte(self):
        data = self.copy.data()
        ends = {at + 1 for at, byte in enumerate(data) if byte == 10}
        for at in range(len(data)):
            wanted = VALID if at in ends else MALFORMED
            self.assertEqual(self.judge(data[:at]), wanted, at)

    def test_signature_spelling(self):
        copy = self.copy.fork()
        copy.lines[-1] = swap(copy.lines[-1], '"sig":"', '"sig":"00')
        self.check(MALFORMED, copy)


class LaterTime(JournalTest):
    """Status 4, and what outranks it."""

    def test_version(self):
        lines = self.usual().lines
        for number in ("0", "2", "9223372036854775807"):
            later = '{"v":%s,' % number
            self.check(UNCHECKED, lines + [later + "anything \\ at all"])
            self.check(UNCHECKED, lines + [later, "not spelled"])
            self.check(UNCHECKED, lines[:1] + [later] + lines[1:])
            self.check(UNCHECKED, [later])
        self.check(UNCHECKED, b'{"v":2,')
        self.check(UNCHECKED, b'{"v":2,' + b"\xff" * 200000)
        self.check(MALFORMED, ["not spelled", '{"v":2,'])
        self.check(MALFORMED, ['{"v":2}'])
        self.check(MALFORMED, ['{"v": 2,'])
        self.check(MALFORMED, [' {"v":2,'])

    def test_epoch(self):
        copy = self.usual()
        copy.note(self.bob, entry={"epoch": 1})
        self.check(UNCHECKED, copy)
        self.check(MALFORMED, copy.lines + ["x"])
        copy.lines[1] = copy.lines[0]
        self.check(UNCHECKED, copy)

    def test_known_type_of_another_version(self):
        for name in ("case", "enrol", "revoke", "redact-request", "redact",
                     "redact-approve", "hold", "checkpoint", "anchor", "merge"):
            for version in (2, 11, 999):
                copy = jb.Copy(9)
                copy.start(self.lead, self.recovery)
                copy.add(self.lead, "%s/%d" % (name, version))
                self.check(UNCHECKED, copy)
        copy.lines[0] = swap(copy.lines[0], '"seq":0', '"seq":1')
        self.check(UNCHECKED, copy)
        self.check(MALFORMED, copy.data()[:-1])

    def test_unreadable(self):
        copy = self.usual()
        missing = os.path.join(self.folder, "missing")
        self.assertEqual(self.run_main(missing)[0], UNCHECKED)
        self.assertEqual(self.run_main(self.folder)[0], UNCHECKED)
        path = self.write("a.cj1", copy.data())
        bad = self.write("b.cj1", b"not spelled")
        for option in ("--note", "--token"):
            self.assertEqual(
                self.run_main("--brief", option, missing, path, bad),
                (UNCHECKED, "4 %s\n4 %s\n" % (path, bad)))
        self.assertEqual(self.run_main("--brief", "--openings", missing, bad),
                         (UNCHECKED, "4 %s\n" % bad))

    def test_openings_outrank_later_time(self):
        copy = self.usual()
        copy.note(self.bob, entry={"epoch": 1})
        self.check(MALFORMED, copy, openings=b"x\n")
        self.check(UNCHECKED, copy, openings=copy.openings_data())


class Chain(JournalTest):
    """Sections 3, 4 and 6: the chain and the parts of a record."""

    def setUp(self):
        super().setUp()
        copy = self.usual()
        for _ in range(3):
            copy.note(self.bob)
        self.root = "%d:%s" % (len(copy.lines), copy.root())

    def test_cut_at_each_line(self):
        for size in range(1, len(self.copy.lines)):
            lines = self.copy.lines[:size]
            self.check(VALID, lines)
            self.check(TAMPERED, lines, "--root", self.root)
            self.check(TAMPERED, self.copy.lines[size:])

    def test_swapped_dropped_repeated(self):
        lines = self.copy.lines
        for at in range(len(lines) - 1):
            swapped = lines[:at] + [lines[at + 1], lines[at]] + lines[at + 2:]
            self.check(TAMPERED, swapped)
            self.check(TAMPERED, lines[:at] + lines[at + 1:])
        for at in range(len(lines)):
            self.check(TAMPERED, lines[:at + 1] + lines[at:])

    def test_spliced(self):
        other = jb.Copy(99)
        other.start(self.lead, self.recovery)
        other.enrol(self.lead, self.bob, "member")
        other.note(self.bob)
        lines = self.copy.lines
        self.check(TAMPERED, lines[:2] + other.lines[2:3] + lines[3:])
        self.check(TAMPERED, lines + other.lines)
        self.check(TAMPERED, other.lines[:1] + lines[1:])

    def test_entry_members(self):
        for member, value in (("seq", 7), ("seq", 5), ("prev", ZEROS),
                              ("prev", self.copy.head(5)), ("case", ZEROS),
                              ("case", self.copy.head())):
            copy = self.copy.fork()
            copy.note(self.bob, entry={member: value})
            self.check(TAMPERED, copy)

    def test_logged_is_bound_by_the_chain(self):
        lines = list(self.copy.lines)
        lines[3] = lines[3].replace('"logged":"2024', '"logged":"2023')
        self.check(TAMPERED, lines)
        lines = list(self.copy.lines)
        lines[-1] = lines[-1].replace('"logged":"2024', '"logged":"2023')
        self.check(VALID, lines)
        self.check(TAMPERED, lines, "--root", self.root)

    def test_statement_case(self):
        self.copy.note(self.bob, case=ZEROS)
        self.check(TAMPERED, self.copy, why="statement's case")

    def test_seen(self):
        head = self.copy.head()
        for seen in ([7, head], [7, ZEROS], [6, ZEROS], [5, head], [0, head],
                     [2**63 - 1, head]):
            copy = self.copy.fork()
            copy.note(self.bob, seen=seen)
            self.check(TAMPERED, copy, why="seen")

    def test_repeated_id(self):
        self.copy.note(self.bob, id=self.copy.ids[2])
        self.check(TAMPERED, self.copy, why="repeated id")

    def test_refs(self):
        copy = self.copy.fork()
        copy.note(self.bob, refs=[copy.ids[0], "0" * 32])
        self.check(TAMPERED, copy, why="refs")
        self.copy.note(self.bob, id="1" * 32, refs=["1" * 32])
        self.check(TAMPERED, self.copy, why="refs")

    def test_refs_to_later(self):
        self.copy.note(self.bob, refs=["2" * 32])
        self.copy.note(self.bob, id="2" * 32)
        self.check(TAMPERED, self.copy, why="refs")

    def test_every_member_is_signed(self):
        body = self.copy.body(self.bob, "app/1", {"a": 1}, {"f": b"1"})
        good = jb.sign_statement(self.bob, body)
        changes = {"time": "2024-05-06T00:00:00.000000000Z", "boot": "0" * 32,
                   "mono": 1, "clock": "free", "type": "app/2", "tlp": "red",
                   "scope": "all", "public": {"a": 2}, "fields": {"f": ZEROS},
                   "refs": [self.copy.ids[0]], "by": self.lead.hex,
                   "id": "0" * 32, "seen": [0, ZEROS]}
        for member, value in changes.items():
            changed = dict(body, **{member: value})
            copy = self.copy.fork()
            copy.append(jb.spell(changed)[:-1] + good[-138:])
            self.check(TAMPERED, copy, why="signature")
        self.copy.append(good)
        self.check(VALID, self.copy)

    def test_first_record(self):
        bad = {
            "seq": dict(entry={"seq": 1}),
            "prev": dict(entry={"prev": "1" * 64}),
            "entry's case": dict(entry={"case": "1" * 64}),
            "statement's case": dict(case="1" * 64),
            "seen": dict(seen=[1, ZEROS]),
            "seen zeros": dict(seen=[0, "1" * 64]),
            "refs": dict(refs=["1" * 32]),
            "refs to itself": dict(id="1" * 32, refs=["1" * 32]),
            "type": dict(type="note/1"),
            "key": dict(public={"key": self.bob.hex}),
            "recovery": dict(public={"recovery": self.lead.hex}),
            "format": dict(public={"format": "cj/2"}),
            "policy": dict(public={"policy": "No Name"}),
            "policy number": dict(public={"policy": 1}),
            "more": dict(public={"more": 1}),
            "by": dict(by=self.bob.hex),
        }
        for name, parts in bad.items():
            copy = jb.Copy(3)
            copy.start(self.lead, self.recovery, **parts)
            with self.subTest(name):
                self.check(TAMPERED, copy)

    def test_case_only_first(self):
        said = {"format": "cj/1", "key": self.lead.hex, "policy": "p",
                "recovery": self.recovery.hex}
        self.copy.add(self.lead, "case/1", said)
        self.check(TAMPERED, self.copy)

    def test_invented_journal(self):
        copy = jb.Copy(55)
        copy.start(self.eve, self.recovery)
        copy.note(self.eve)
        self.check(VALID, copy)
        self.check(TAMPERED, copy, "--root", self.root)


class Signatures(JournalTest):
    """Section 4: strict Ed25519."""

    def with_signature(self, change):
        """The usual journal, the last signature changed."""
        copy = self.usual()
        line = copy.lines[-1]
        signature = change(bytes.fromhex(line[-131:-3]))
        copy.lines[-1] = line[:-131] + signature.hex() + line[-3:]
        self.check(TAMPERED, copy, why="signature")

    def test_s_plus_l(self):
        def change(signature):
            number = int.from_bytes(signature[32:], "little") + verify.L
            return signature[:32] + number.to_bytes(32, "little")
        self.with_signature(change)

    def test_bits(self):
        for at in (0, 31, 32, 63):
            self.copy = jb.Copy(at)
            self.with_signature(lambda signature: bytes(
                byte ^ (1 if place == at else 0)
                for place, byte in enumerate(signature)))

    def test_zero_signature(self):
        self.with_signature(lambda _: bytes(64))

    def test_identity(self):
        """Key and R the identity, S zero: the equation holds for all texts."""
        identity = (1).to_bytes(32, "little")
        self.assertFalse(verify.signature_valid(identity, b"any",
                                                identity + bytes(32)))

    def test_mixed_order_key(self):
        """A key with a part of small order is canonical and not of small
        order; its signatures count where the equation without cofactor holds."""
        copy = self.usual()
        key = jb.MixedKey(bytes(32), in_key=True)
        copy.enrol(self.lead, key, "member")
        copy.note(key)
        self.check(VALID, copy)

    def test_mixed_order_r(self):
        """Holds with the cofactor, not without."""
        copy = self.usual()
        key = jb.MixedKey(self.bob.seed, in_key=False)
        self.assertEqual(key.hex, self.bob.hex)
        copy.note(key)
        self.check(TAMPERED, copy, why="signature")

    def test_first_key_of_small_order(self):
        """With the identity as key and as R, and S = 0, all would be signed."""
        copy = jb.Copy(3)
        identity = (1).to_bytes(32, "little").hex()
        body = copy.body(self.bob, "case/1", {
            "format": "cj/1", "key": identity, "policy": "p",
            "recovery": self.recovery.hex}, by=identity)
        copy.append('%s,"sig":"%s"}' % (jb.spell(body)[:-1],
                                        identity + "0" * 64))
        self.check(TAMPERED, copy, why="signature")

    def test_small_order_points(self):
        """The eight points are the multiples of one of order 8."""
        one = jb.point_of_order_8()
        points = {jb.multiply(number, one) for number in range(8)}
        self.assertEqual(len(points), 8)
        self.assertEqual({y for _, y in points}, verify.SMALL_ORDER_Y)
        for x, y in points:
            encoding = (y | (x & 1) << 255).to_bytes(32, "little")
            self.assertFalse(verify.strict_point(encoding))
            twin = (y | ((x & 1) ^ 1) << 255).to_bytes(32, "little")
            self.assertFalse(verify.strict_point(twin))

    def test_non_canonical_points(self):
        for y in range(2**255 - 19, 2**255):
            for sign in (0, 1):
                encoding = (y | sign << 255).to_bytes(32, "little")
                self.assertFalse(verify.strict_point(encoding))

    def test_small_order_key_in_a_journal(self):
        """[S]B = R holds with R = [S]B and a key of order 1: still refused."""
        copy = self.usual()
        identity = (1).to_bytes(32, "little").hex()
        proof = self.bob.sign(b"")[:32].hex() + "0" * 64
        copy.add(self.lead, "enrol/1", {"key": identity, "power": "member",
                                        "proof": proof})
        self.check(TAMPERED, copy, why="proof")

    def test_not_a_point(self):
        for y in range(2, 40):
            key = y.to_bytes(32, "little")
            self.assertFalse(verify.signature_valid(key, b"", b"\2" * 32 + bytes(32)))

    def test_rfc_8032_vectors(self):
        key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a"
                            "0ee172f3daa62325af021a68f707511a")
        signature = bytes.fromhex(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")
        self.assertTrue(verify.signature_valid(key, b"", signature))
        self.assertFalse(verify.signature_valid(key, b"x", signature))

    def test_signed_by_another(self):
        copy = self.usual()
        body = copy.body(self.bob, "app/1")
        copy.append(jb.sign_statement(self.lead, body))
        self.check(TAMPERED, copy, why="signature")

    def test_signed_with_another_prefix(self):
        copy = self.usual()
        text = jb.spell(copy.body(self.bob, "app/1"))
        for prefix in (b"", b"cj/1 statement", b"cj/1 enrol\n", b"cj/2 statement\n"):
            other = copy.fork()
            signature = self.bob.sign(prefix + text.encode())
            other.append('%s,"sig":"%s"}' % (text[:-1], signature.hex()))
            self.check(TAMPERED, other, why="signature")


class Openings(JournalTest):
    """Section 5."""

    def setUp(self):
        super().setUp()
        self.usual()
        self.first = self.copy.note(self.bob, {"a": b"one", "b": b"two"})
        self.second = self.copy.note(self.bob, {"a": b"one", "b": b"four"})
        self.good = self.copy.openings_data()
        self.lines = self.good.decode().splitlines()

    def opened(self, status, lines):
        data = "".join(line + "\n" for line in lines).encode("latin-1")
        self.check(status, self.copy, openings=data)

    def test_any_order_and_any_part(self):
        self.opened(VALID, self.lines[::-1])
        for at in range(len(self.lines)):
            self.opened(VALID, self.lines[:at] + self.lines[at + 1:])
        self.check(VALID, self.copy, openings=b"")

    def test_swapped(self):
        parts = [list(each) for each in self.copy.openings]
        for one in range(len(parts)):
            for two in range(one):
                changed = [list(each) for each in parts]
                changed[one][2:], changed[two][2:] = parts[two][2:], parts[one][2:]
                self.opened(TAMPERED, [jb.opening_line(*each) for each in changed])

    def test_changed(self):
        ident, name, salt, value = self.copy.openings[-1]
        for change in ((ident, name, salt, value + b"x"),
                       (ident, name, salt, b""), (ident, name, ZEROS, value),
                       (ident, "c", salt, value), (ident, "a", salt, value),
                       ("0" * 32, name, salt, value)):
            self.opened(TAMPERED, [jb.opening_line(*change)])

    def test_repeated(self):
        self.opened(TAMPERED, self.lines + self.lines[-1:])

    def test_misspelled(self):
        line = self.lines[-1]
        value = re.search(r'"value":"([^"]*)"', line)[1]
        self.assertEqual(value, "Zm91cg==")
        bad = [line + " ", " " + line, "", line.replace(",", ", "),
               swap(line, '"b"', '"B"'), swap(line, '"name"', '"nam"'),
               swap(line, value, "Zm91cg"), swap(line, value, "Zm91ch=="),
               swap(line, value, "Zm91cg=="[:-1]), swap(line, value, "Zm91 cg=="),
               swap(line, value, "Zm91cg=a"), swap(line, value, "Zm9-cg=="),
               swap(line, value, "="), swap(line, value, "\xe9"),
               swap(line, value, "Zm91cg==\\n"),
               line[:-1] + ',"more":1}', line.upper()]
        for each in bad:
            with self.subTest(each):
                self.opened(MALFORMED, self.lines[:-1] + [each])
        self.check(MALFORMED, self.copy, openings=self.good[:-1])
        self.check(MALFORMED, self.copy, openings=b"\n")
        self.check(MALFORMED, self.copy, openings=b"x" * 300000)

    def test_sizes(self):
        for size, status in ((65536, VALID), (65537, MALFORMED),
                             (73500, MALFORMED), (80000, MALFORMED)):
            copy = self.copy.fork()
            copy.note(self.bob, {"a": b"x" * size})
            self.check(status, copy, openings=copy.openings_data())

    def test_case_opening(self):
        self.opened(VALID, self.lines[:1])

    def test_openings_of_another_journal(self):
        other = jb.Copy(77)
        other.start(self.lead, self.recovery, {"title": b"Case"})
        self.check(TAMPERED, self.copy, openings=other.openings_data())

    def test_counts(self):
        self.write("j.cj1", self.copy.data())
        self.write("j.cjo", b"".join(self.good.splitlines(True)[1:3]))
        said = self.run_main("--openings", os.path.join(self.folder, "j.cjo"),
                             os.path.join(self.folder, "j.cj1"))[1]
        self.assertIn("2 match, 3 withheld, 0 redacted", said)


class Powers(JournalTest):
    """Section 9: who may sign what."""

    def test_log_signs_checkpoints_only(self):
        copy = self.usual()
        good = copy.fork()
        good.checkpoint(self.log)
        self.check(VALID, good)
        for kind in ("note/1", "zzz/9"):
            other = copy.fork()
            other.add(self.log, kind)
            self.check(TAMPERED, other, why="power")
        copy.anchor(self.log, "page", "", b"")
        self.check(TAMPERED, copy, why="power")

    def test_member_may_not_lead(self):
        for act in (lambda copy: copy.enrol(self.bob, self.eve, "member"),
                    lambda copy: copy.revoke(self.bob, self.log, 1),
                    lambda copy: copy.hold(self.bob, "set")):
            self.copy = jb.Copy(7)
            act(self.usual())
            self.check(TAMPERED, self.copy, why="power")

    def test_log_may_not_lead(self):
        for act in (lambda copy: copy.enrol(self.log, self.eve, "member"),
                    lambda copy: copy.revoke(self.log, self.bob, 1),
                    lambda copy: copy.hold(self.log, "set")):
            self.copy = jb.Copy(7)
            act(self.usual())
            self.check(TAMPERED, self.copy, why="power")

    def test_recovery_key(self):
        copy = self.usual()
        for act in (lambda copy: copy.note(self.recovery),
                    lambda copy: copy.hold(self.recovery, "set"),
                    lambda copy: copy.checkpoint(self.recovery),
                    lambda copy: copy.anchor(self.recovery, "page", "", b"")):
            other = copy.fork()
            act(other)
            self.check(TAMPERED, other, why="power")
        copy.enrol(self.recovery, self.eve, "lead")
        copy.revoke(self.recovery, self.lead, 1)
        copy.enrol(self.eve, self.witness, "member")
        self.check(VALID, copy)

    def test_unknown_key(self):
        self.usual().note(self.eve)
        self.check(TAMPERED, self.copy, why="power")

    def test_power_from_the_next_record_on(self):
        copy = self.usual()
        copy.enrol(self.eve, self.eve, "lead")
        self.check(TAMPERED, copy, why="power")

    def test_power_replaced(self):
        copy = self.usual()
        copy.enrol(self.lead, self.bob, "log")
        copy.checkpoint(self.bob)
        self.check(VALID, copy)
        copy.note(self.bob)
        self.check(TAMPERED, copy, why="power")

    def test_power_raised(self):
        copy = self.usual()
        copy.enrol(self.lead, self.bob, "lead")
        copy.hold(self.bob, "set")
        self.check(VALID, copy)

    def test_enrol(self):
        copy = self.usual()
        good = {"key": self.eve.hex, "power": "member",
                "proof": copy.proof(self.eve)}
        bad = {
            "power": {"power": "owner"},
            "power number": {"power": 1},
            "key": {"key": "00"},
            "key upper-case": {"key": self.eve.hex.upper()},
            "proof by another": {"proof": copy.proof(self.bob)},
            "proof of another case": {"proof": copy.proof(self.eve, ZEROS)},
            "proof spelled": {"proof": copy.proof(self.eve).upper()},
            "proof short": {"proof": copy.proof(self.eve)[2:]},
            "proof with LF": {"proof": self.eve.sign(
                b"cj/1 enrol\n" + copy.case.encode() + b"\n").hex()},
            "more": {"more": 1},
        }
        for name, change in bad.items():
            other = copy.fork()
            other.add(self.lead, "enrol/1", {**good, **change})
            with self.subTest(name):
                self.check(TAMPERED, other)
        for name in good:
            other = copy.fork()
            other.add(self.lead, "enrol/1",
                      {each: good[each] for each in good if each != name})
            self.check(TAMPERED, other, why="members")
        copy.add(self.lead, "enrol/1", good)
        self.check(VALID, copy)

    def test_enrol_with_s_plus_l(self):
        copy = self.usual()
        proof = bytes.fromhex(copy.proof(self.eve))
        number = int.from_bytes(proof[32:], "little") + verify.L
        copy.enrol(self.lead, self.eve, "member",
                   proof=(proof[:32] + number.to_bytes(32, "little")).hex())
        self.check(TAMPERED, copy, why="proof")

    def test_enrol_recovery(self):
        self.usual().enrol(self.lead, self.recovery, "lead")
        self.check(TAMPERED, self.copy, why="recovery")

    def test_enrol_revoked(self):
        copy = self.usual()
        copy.revoke(self.lead, self.bob, 3)
        copy.enrol(self.lead, self.bob, "member")
        self.check(TAMPERED, copy, why="revoked")


class Revocation(JournalTest):
    """Section 9: revocation, and what it takes trust from."""

    def test_revoked_signs_nothing(self):
        copy = self.usual()
        copy.revoke(self.lead, self.bob, 3)
        copy.note(self.bob)
        self.check(TAMPERED, copy, why="power")

    def test_from(self):
        copy = self.usual()
        for start, status in ((0, TAMPERED), (1, VALID), (3, VALID),
                              (4, TAMPERED), (2**63 - 1, TAMPERED)):
            other = copy.fork()
            other.revoke(self.lead, self.bob, start)
            self.check(status, other)
        copy.revoke(self.lead, self.bob, "1")
        self.check(TAMPERED, copy)

    def test_unknown_key(self):
        for key in (self.eve, self.recovery):
            self.copy = jb.Copy(7)
            self.usual().revoke(self.lead, key, 1)
            self.check(TAMPERED, self.copy, why="unknown key")

    def test_revoked_again(self):
        copy = self.usual()
        copy.note(self.bob)
        copy.note(self.bob)
        copy.revoke(self.lead, self.bob, 4)
        self.check(VALID, copy, why="1 records not trusted")
        copy.revoke(self.lead, self.bob, 1)
        self.check(VALID, copy, why="2 records not trusted")
        copy.revoke(self.lead, self.bob, 4)
        self.check(VALID, copy, why="2 records not trusted")

    def test_revokes_itself(self):
        """The revocation stands, although it is itself not trusted."""
        copy = self.usual()
        copy.note(self.lead)
        copy.revoke(self.lead, self.lead, 3)
        self.check(VALID, copy, why="2 records not trusted")
        copy.enrol(self.recovery, self.eve, "lead")
        copy.note(self.eve)
        self.check(VALID, copy, why="2 records not trusted")
        copy.note(self.lead)
        self.check(TAMPERED, copy, why="power")

    def test_keys_enrolled_by_a_revoked_key(self):
        copy = self.usual()
        copy.enrol(self.lead, self.eve, "lead")       # 3
        copy.enrol(self.eve, self.witness, "member")  # 4
        copy.note(self.witness)                       # 5
        copy.revoke(self.recovery, self.lead, 3)      # 6
        self.check(VALID, copy, why="3 records not trusted")
        for key in (self.eve, self.witness):
            other = copy.fork()
            other.note(key)
            self.check(TAMPERED, other, why="power")
            other = copy.fork()
            other.enrol(self.recovery, key, "member")
            other.note(key)
            self.check(VALID, other, why="3 records not trusted")
        other = copy.fork()
        other.enrol(self.recovery, self.lead, "lead")
        self.check(TAMPERED, other, why="revoked")
        copy.note(self.bob)
        self.check(VALID, copy)

    def test_a_revocation_by_a_revoked_key_stands(self):
        copy = self.usual()
        copy.enrol(self.lead, self.eve, "lead")       # 3
        copy.revoke(self.eve, self.bob, 1)            # 4
        copy.revoke(self.recovery, self.eve, 4)       # 5
        self.check(VALID, copy, why="1 records not trusted")
        other = copy.fork()
        other.note(self.bob)
        self.check(TAMPERED, other, why="power")
        copy.enrol(self.recovery, self.bob, "member")
        self.check(TAMPERED, copy, why="revoked")

    def test_a_revocation_of_what_enrolled_the_signer_stands(self):
        copy = self.usual()
        copy.enrol(self.lead, self.eve, "lead")       # 3
        copy.revoke(self.eve, self.lead, 3)           # 4: by a key it cuts off
        self.check(VALID, copy, why="2 records not trusted")
        for key in (self.eve, self.lead):
            other = copy.fork()
            other.note(key)
            self.check(TAMPERED, other, why="power")

    def test_enrolled_anew_by_a_revoked_key(self):
        """Bob, enrolled by lead, keeps what lead gave him."""
        copy = self.usual()
        copy.enrol(self.lead, self.eve, "lead")            # 3
        copy.enrol(self.eve, self.bob, "lead")             # 4
        copy.hold(self.bob, "set")                         # 5
        copy.revoke(self.lead, self.eve, 4)                # 6
        self.check(VALID, copy, why="2 records not trusted")
        other = copy.fork()
        other.hold(self.bob, "set")
        self.check(TAMPERED, other, why="power")
        copy.note(self.bob)
        self.check(VALID, copy, why="2 records not trusted")

    def test_all_enrolments_fall(self):
        """What a key signed falls with what it was signed under."""
        for order in ((3, 4), (4, 3)):
            self.copy = jb.Copy(7)
            copy = self.usual()
            leads = {3: self.eve, 4: self.witness}
            copy.enrol(self.lead, self.eve, "lead")        # 3
            copy.enrol(self.lead, self.witness, "lead")    # 4
            key = copy.new_key()
            copy.enrol(self.eve, key, "member")            # 5
            copy.note(key)                                 # 6
            copy.enrol(self.witness, key, "lead")          # 7
            one, two = (leads[each] for each in order)
            copy.revoke(self.lead, one, 5)                 # 8
            self.check(VALID, copy, why="%d records not trusted"
                       % (2 if one is self.eve else 1))
            other = copy.fork()
            other.note(key)
            self.check(VALID, other)
            copy.revoke(self.lead, two, 5)                 # 9
            self.check(VALID, copy, why="3 records not trusted")
            copy.note(key)
            self.check(TAMPERED, copy, why="power")

    def test_a_key_that_fell_was_enrolled(self):
        """So it can be revoked by itself, from earlier too."""
        copy = self.usual()
        copy.enrol(self.lead, self.eve, "lead")            # 3
        copy.enrol(self.eve, self.witness, "member")       # 4
        copy.note(self.witness)                            # 5
        copy.revoke(self.lead, self.eve, 4)                # 6
        copy.revoke(self.lead, self.witness, 5)            # 7
        self.check(VALID, copy, why="2 records not trusted")

    def test_the_first_key_has_its_case(self):
        copy = self.usual()
        copy.enrol(self.lead, self.eve, "lead")            # 3
        copy.enrol(self.eve, self.lead, "member")          # 4
        copy.revoke(self.recovery, self.eve, 4)            # 5
        copy.hold(self.lead, "set")
        self.check(VALID, copy, why="1 records not trusted")

    def test_case_record_stays_trusted(self):
        copy = self.usual()
        copy.revoke(self.recovery, self.lead, 1)
        self.check(VALID, copy, why="1 records not trusted")

    def test_hold_by_a_revoked_key_is_void(self):
        copy = self.usual()
        copy.enrol(self.lead, self.eve, "lead")
        target = copy.note(self.bob)
        copy.hold(self.eve, "set")
        request = copy.request(self.bob, target, ["text"])
        approvals = [copy.approve(self.bob, request),
                     copy.approve(self.lead, request)]
        other = copy.fork()
        other.redact(self.bob, target, ["text"], approvals)
        self.check(TAMPERED, other, why="hold")
        copy.revoke(self.lead, self.eve, 4)
        copy.redact(self.bob, target, ["text"], approvals)
        self.check(VALID, copy, why="1 redacted")


class Trust(JournalTest):
    """Section 9: judged forward from record 0."""

    def setUp(self):
        """The usual journal, and a thief who has a lead's key: record 3."""
        super().setUp()
        copy = self.usual()
        self.thief = self.eve
        self.one, self.two = copy.new_key(), copy.new_key()
        copy.enrol(self.lead, self.thief, "lead")

    def untrusted(self, number, copy=None):
        """The journal is valid, with so many records not trusted."""
        self.check(VALID, copy or self.copy,
                   why="; %d records not trusted" % number)

    def powerless(self, *keys):
        """These keys can sign nothing here, and are not usable by others."""
        for key in keys:
            other = self.copy.fork()
            other.note(key)
            self.check(TAMPERED, other, why="power")
            other = self.copy.fork()
            other.checkpoint(self.lead, signer=key)
            self.check(TAMPERED, other, why="key of checkpoint/1")

    def test_keys_that_would_hold_each_other_up(self):
        copy = self.copy
        copy.enrol(self.thief, self.one, "lead")      # 4
        copy.enrol(self.one, self.two, "lead")        # 5
        copy.enrol(self.two, self.one, "lead")        # 6
        copy.note(self.one)                           # 7
        self.untrusted(0)
        for start, number in ((8, 0), (5, 0), (4, 4), (3, 4), (1, 4)):
            other = copy.fork()
            other.revoke(self.lead, self.thief, start)
            self.untrusted(number, other)
        copy.revoke(self.lead, self.thief, 4)         # 8
        self.powerless(self.thief, self.one, self.two)
        copy.enrol(self.lead, self.two, "lead")       # 9: from here on only
        self.powerless(self.one)
        copy.note(self.two)
        self.untrusted(4)

    def test_keys_that_would_hold_each_other_up_in_turns(self):
        """More than once around, and from either side."""
        copy = self.copy
        copy.enrol(self.thief, self.one, "lead")      # 4
        copy.enrol(self.thief, self.two, "lead")      # 5
        for _ in range(3):
            copy.enrol(self.one, self.two, "lead")
            copy.enrol(self.two, self.one, "lead")
        other = copy.fork()
        other.revoke(self.lead, self.thief, 5)        # two is held by one
        self.untrusted(1, other)
        copy.revoke(self.lead, self.thief, 4)
        self.untrusted(8)
        self.powerless(self.one, self.two)

    def test_self_enrolment(self):
        copy = self.copy
        copy.enrol(self.thief, self.one, "lead")      # 4
        copy.enrol(self.one, self.one, "lead")        # 5
        copy.note(self.one)                           # 6
        copy.enrol(self.one, self.one, "lead")        # 7
        self.untrusted(0)
        copy.revoke(self.lead, self.thief, 4)         # 8
        self.untrusted(4)
        self.powerless(self.one)

    def test_self_enrolment_that_lowers(self):
        """A lead makes itself a member, and so stays."""
        self.copy.enrol(self.thief, self.thief, "member")
        self.copy.note(self.thief)
        self.untrusted(0)
        self.copy.hold(self.thief, "set")
        self.check(TAMPERED, self.copy, why="power")

    def test_enrolled_by_a_thief_and_later_by_a_lead(self):
        copy = self.copy
        copy.enrol(self.thief, self.one, "lead")      # 4
        copy.note(self.one)                           # 5
        copy.enrol(self.one, self.two, "member")      # 6
        copy.enrol(self.lead, self.one, "lead")       # 7
        copy.note(self.one)                           # 8
        copy.revoke(self.lead, self.thief, 4)         # 9
        self.untrusted(3)
        self.powerless(self.two)
        copy.enrol(self.one, self.two, "member")      # 10
        copy.note(self.two)
        self.untrusted(3)

    def test_enrolled_by_a_lead_after_the_fall(self):
        """Its key is not revoked; what it wrote in between is not trusted."""
        copy = self.copy
        copy.enrol(self.thief, self.one, "member")    # 4
        copy.note(self.one)                           # 5
        copy.revoke(self.lead, self.thief, 4)         # 6
        copy.enrol(self.lead, self.one, "member")     # 7
        copy.note(self.one)                           # 8
        self.untrusted(2)

    def test_raised_by_a_thief(self):
        """Bob is a member again, and was one when he enrolled."""
        copy = self.copy
        copy.enrol(self.thief, self.bob, "lead")      # 4
        copy.note(self.bob)                           # 5
        copy.enrol(self.bob, self.one, "member")      # 6
        copy.revoke(self.lead, self.thief, 4)         # 7
        self.untrusted(2)
        self.powerless(self.one)
        copy.note(self.bob)
        self.untrusted(2)

    def test_a_revocation_by_a_key_that_fell_stands(self):
        copy = self.copy
        copy.enrol(self.thief, self.one, "lead")      # 4
        copy.revoke(self.one, self.bob, 3)            # 5
        copy.revoke(self.lead, self.thief, 4)         # 6
        self.untrusted(2)
        self.powerless(self.bob)
        copy.enrol(self.lead, self.bob, "member")
        self.check(TAMPERED, copy, why="revoked")

    def test_a_key_that_fell_can_be_revoked_by_name(self):
        copy = self.copy
        copy.enrol(self.thief, self.one, "lead")      # 4
        copy.revoke(self.lead, self.thief, 4)         # 5
        copy.revoke(self.lead, self.one, 4)           # 6
        self.untrusted(1)
        copy.enrol(self.lead, self.one, "member")
        self.check(TAMPERED, copy, why="revoked")

    def asked(self, *persons):
        """A request by bob, approved by these; gives what redact() takes."""
        target = self.copy.note(self.bob)
        request = self.copy.request(self.bob, target, ["text"])
        return target, ["text"], [self.copy.approve(each, request)
                                  for each in persons]

    def test_hold_by_a_key_revoked_from_before_it(self):
        asked = self.asked(self.bob, self.lead)
        at = len(self.copy.lines)
        self.copy.hold(self.thief, "set")
        for start, status in ((at, VALID), (at - 1, VALID), (at + 1, TAMPERED)):
            copy = self.copy.fork()
            copy.revoke(self.lead, self.thief, start)
            copy.redact(self.bob, *asked)
            self.check(status, copy, why="1 redacted" if status == VALID
                       else "hold")

    def test_hold_by_a_key_that_fell(self):
        asked = self.asked(self.bob, self.lead)
        at = len(self.copy.lines)
        self.copy.enrol(self.thief, self.one, "lead")
        self.copy.hold(self.one, "set")
        self.copy.revoke(self.lead, self.thief, at)
        self.copy.redact(self.bob, *asked)
        self.untrusted(2)

    def test_hold_lifted_by_a_key_revoked_from_before_it(self):
        """The hold that was set before is in force again."""
        asked = self.asked(self.bob, self.lead)
        self.copy.hold(self.lead, "set")
        at = len(self.copy.lines)
        self.copy.hold(self.thief, "lifted")
        copy = self.copy.fork()
        copy.redact(self.bob, *asked)
        copy.revoke(self.lead, self.thief, at)        # too late to matter
        self.check(VALID, copy, why="1 redacted")
        self.copy.revoke(self.lead, self.thief, at)
        self.copy.redact(self.bob, *asked)
        self.check(TAMPERED, self.copy, why="hold")

    def test_approvals_are_judged_where_the_redaction_stands(self):
        self.copy.enrol(self.thief, self.one, "member")    # 4
        asked = self.asked(self.lead, self.one)            # 5 to 8
        before, after = self.copy.fork(), self.copy
        before.revoke(self.lead, self.thief, 4)
        self.untrusted(2, before)
        before.redact(self.bob, *asked)
        self.check(TAMPERED, before, why="not trusted")
        after.redact(self.bob, *asked)
        after.revoke(self.lead, self.thief, 4)
        self.check(VALID, after, why="1 redacted; 2 records not trusted")

    def test_approval_before_an_honest_enrolment(self):
        """The key is trusted now, and was not where it approved."""
        self.copy.enrol(self.thief, self.one, "member")    # 4
        asked = self.asked(self.lead, self.one)
        self.copy.enrol(self.lead, self.one, "member")
        self.copy.revoke(self.lead, self.thief, 4)
        self.copy.redact(self.bob, *asked)
        self.check(TAMPERED, self.copy, why="not trusted")

    def test_redaction_by_a_key_that_fell(self):
        asked = self.asked(self.lead, self.bob)
        at = len(self.copy.lines)
        self.copy.enrol(self.thief, self.one, "member")
        self.copy.redact(self.one, *asked)
        self.check(VALID, self.copy, why="1 redacted")
        self.copy.revoke(self.lead, self.thief, at)
        self.check(VALID, self.copy, why="0 redacted; 2 records not trusted")

    def test_merged_records_are_judged_anew(self):
        """A thief made bob a log key here; when that falls, so does the doubt
        about what he wrote in the other copy."""
        copy, theirs = self.copy, self.copy.fork()
        target = theirs.note(self.bob)
        request = theirs.request(self.lead, target, ["text"])
        approvals = [theirs.approve(self.lead, request),
                     theirs.approve(self.bob, request)]
        copy.enrol(self.thief, self.bob, "log")            # 4
        copy.merge(self.lead, theirs)
        self.untrusted(2)
        other = copy.fork()
        other.redact(self.lead, target, ["text"], approvals)
        self.check(TAMPERED, other, why="not trusted")
        copy.revoke(self.lead, self.thief, 4)
        self.untrusted(1)
        copy.redact(self.lead, target, ["text"], approvals)
        self.untrusted(1)

    def test_merged_enrolment_is_judged_anew(self):
        """And a `revoke/1` that was not trusted where it stands is not."""
        self.copy.enrol(self.lead, self.one, "lead")       # 4
        copy, theirs = self.copy, self.copy.fork()
        theirs.enrol(self.one, self.two, "member")
        theirs.revoke(self.one, self.bob, 1)
        copy.enrol(self.thief, self.one, "member")         # 5
        copy.merge(self.lead, theirs)                      # 6; 7 and 8
        self.untrusted(2)
        self.powerless(self.two)
        copy.revoke(self.lead, self.thief, 5)
        self.untrusted(1)
        copy.note(self.two)
        copy.note(self.bob)
        self.untrusted(1)
        copy.revoke(self.lead, self.two, 9)
        self.untrusted(2)

    def test_merged_enrolment_of_a_revoked_key(self):
        """It is trusted, and has no effect."""
        copy = self.copy
        copy.enrol(self.lead, self.one, "member")          # 4
        theirs = copy.fork()
        theirs.enrol(self.lead, self.one, "lead")
        copy.revoke(self.lead, self.one, 5)
        copy.merge(self.lead, theirs)
        self.untrusted(0)
        self.powerless(self.one)

    def test_circle_across_copies(self):
        """One half of the circle comes with a merge."""
        copy = self.copy
        copy.enrol(self.thief, self.one, "lead")           # 4
        copy.enrol(self.one, self.two, "lead")             # 5
        theirs = copy.fork()
        theirs.enrol(self.two, self.one, "lead")
        theirs.note(self.one)
        for late in (False, True):
            self.copy = copy.fork()
            if late:
                self.copy.merge(self.lead, theirs)
            self.copy.revoke(self.lead, self.thief, 4)
            if not late:
                self.copy.merge(self.lead, theirs)
            self.untrusted(4)
            self.powerless(self.one, self.two)

    def test_a_copy_is_judged_by_what_it_knew(self):
        """Revoked here from before the fork; there they went on in good faith."""
        copy = self.copy
        copy.enrol(self.thief, self.one, "lead")           # 4
        theirs = copy.fork()
        theirs.note(self.one)
        theirs.hold(self.one, "set")
        theirs.checkpoint(self.one)
        copy.revoke(self.lead, self.thief, 4)
        copy.merge(self.lead, theirs)
        self.untrusted(4)
        self.powerless(self.one)


class Redaction(JournalTest):
    """Section 9: requests, approvals, redactions, holds."""

    def setUp(self):
        super().setUp()
        copy = self.usual()
        self.target = copy.note(self.bob, {"a": b"1", "b": b"2"})
        self.plain = copy.note(self.bob, {})

    def asked(self, names=("a",)):
        """A request with the approvals of lead and bob."""
        self.request = self.copy.request(self.bob, self.target, list(names))
        return [self.copy.approve(self.bob, self.request),
                self.copy.approve(self.lead, self.request)]

    def test_request(self):
        for target, names, status in (
                (self.target, ["a"], VALID), (self.target, ["a", "b"], VALID),
                (self.target, ["c"], TAMPERED), (self.plain, ["a"], TAMPERED),
                ("0" * 32, ["a"], TAMPERED), ("x", ["a"], TAMPERED),
                (self.target, ["a", 1], TAMPERED), (self.target, "a", TAMPERED),
                (self.target, ["A"], TAMPERED), (self.target, 7, TAMPERED)):
            copy = self.copy.fork()
            copy.request(self.bob, target, names)
            self.check(status, copy)

    def test_approve(self):
        for request in (self.target, "0" * 32, "x", 1):
            copy = self.copy.fork()
            copy.approve(self.bob, request)
            self.check(TAMPERED, copy)

    def test_one_person_twice(self):
        request = self.copy.request(self.bob, self.target, ["a"])
        approvals = [self.copy.approve(self.bob, request) for _ in range(2)]
        self.copy.redact(self.lead, self.target, ["a"], approvals)
        self.check(TAMPERED, self.copy, why="one key")

    def test_one_approval_twice(self):
        approvals = self.asked()
        self.copy.redact(self.lead, self.target, ["a"], approvals[:1] * 2)
        self.check(TAMPERED, self.copy, why="one key")

    def test_too_few(self):
        approvals = self.asked()
        for some in ([], approvals[:1]):
            copy = self.copy.fork()
            copy.redact(self.lead, self.target, ["a"], some)
            self.check(TAMPERED, copy, why="approvals")

    def test_three(self):
        approvals = self.asked()
        approvals.append(self.copy.approve(self.bob, self.request))
        self.copy.redact(self.lead, self.target, ["a"], approvals)
        self.check(VALID, self.copy, why="1 redacted")

    def test_not_approvals(self):
        approvals = self.asked()
        for other in (self.request, self.target, "0" * 32):
            copy = self.copy.fork()
            copy.redact(self.lead, self.target, ["a"], approvals + [other])
            self.check(TAMPERED, copy, why="approvals")

    def test_other_names_or_target(self):
        approvals = self.asked()
        second = self.copy.note(self.bob, {"a": b"1"})
        for target, names in ((self.target, ["b"]), (self.target, ["a", "b"]),
                              (self.target, []), (second, ["a"])):
            copy = self.copy.fork()
            copy.redact(self.lead, target, names, approvals)
            self.check(TAMPERED, copy)

    def test_two_requests(self):
        one, two = self.asked()[0], self.asked()[1]
        self.copy.redact(self.lead, self.target, ["a"], [one, two])
        self.check(TAMPERED, self.copy, why="several requests")

    def test_untrusted_approval(self):
        approvals = self.asked()
        self.copy.revoke(self.lead, self.bob, 3)
        self.copy.redact(self.lead, self.target, ["a"], approvals)
        self.check(TAMPERED, self.copy, why="not trusted")

    def test_approval_untrusted_later(self):
        approvals = self.asked()
        self.copy.redact(self.lead, self.target, ["a"], approvals)
        self.copy.revoke(self.lead, self.bob, 3)
        self.check(VALID, self.copy, why="1 redacted")

    def test_redaction_untrusted_later(self):
        approvals = self.asked()
        self.copy.redact(self.bob, self.target, ["a"], approvals)
        self.check(VALID, self.copy, why="1 redacted")
        self.copy.revoke(self.lead, self.bob, len(self.copy.lines) - 1)
        self.check(VALID, self.copy, why="0 redacted")

    def test_hold(self):
        approvals = self.asked()
        self.copy.hold(self.lead, "set")
        copy = self.copy.fork()
        copy.redact(self.bob, self.target, ["a"], approvals)
        self.check(TAMPERED, copy, why="hold")
        self.copy.hold(self.lead, "set")
        self.copy.hold(self.lead, "lifted")
        self.copy.redact(self.bob, self.target, ["a"], approvals)
        self.copy.hold(self.lead, "set")
        self.check(VALID, self.copy, why="1 redacted")

    def test_hold_state(self):
        for state in ("on", "", 1, ["set"]):
            copy = self.copy.fork()
            copy.hold(self.lead, state)
            self.check(TAMPERED, copy)

    def test_opening_of_a_redacted_field_may_be_shown(self):
        approvals = self.asked()
        openings = self.copy.openings_data()
        self.copy.redact(self.bob, self.target, ["a"], approvals)
        self.check(VALID, self.copy, openings=openings)
        self.check(VALID, self.copy, openings=self.copy.openings_data())


class Checkpoints(JournalTest):
    """Sections 7 and 9: checkpoints and anchors that lie."""

    def test_checkpoint(self):
        copy = self.usual()
        text = copy.checkpoint_text()
        short = base64.b64encode(self.log.sign(text)[:63]).decode()
        other = base64.b64encode(self.bob.sign(text)).decode()
        good = bytes.fromhex(self.log.sign(text).hex())
        plus = good[:32] + (int.from_bytes(good[32:], "little")
                            + verify.L).to_bytes(32, "little")
        bad = {
            "root": {"root": copy.root(2)},
            "root upper-case": {"root": copy.root().upper()},
            "size": {"size": 2},
            "size 0": {"size": 0},
            "size beyond": {"size": 4},
            "size text": {"size": "3"},
            "sig by another": {"sig": other},
            "sig short": {"sig": short},
            "sig no base64": {"sig": "x"},
            "sig in hex": {"sig": good.hex()},
            "sig S+L": {"sig": base64.b64encode(plus).decode()},
            "key": {"key": self.bob.hex},
            "more": {"more": 1},
        }
        for name, change in bad.items():
            other = copy.fork()
            other.checkpoint(self.log, public=change)
            with self.subTest(name):
                self.check(TAMPERED, other)
        copy.checkpoint(self.log)
        self.check(VALID, copy)

    def test_checkpoint_of_size_0(self):
        copy = self.usual()
        copy.checkpoint(self.log, size=0)
        self.check(TAMPERED, copy, why="size")

    def test_checkpoint_of_itself(self):
        copy = self.usual()
        copy.checkpoint(self.log, size=3, public={"size": 4})
        self.check(TAMPERED, copy, why="size")

    def test_checkpoint_key(self):
        copy = self.usual()
        for key in (self.eve, self.recovery):
            other = copy.fork()
            other.checkpoint(self.bob, signer=key)
            self.check(TAMPERED, other, why="key of checkpoint/1")
        copy.revoke(self.lead, self.log, 3)
        copy.checkpoint(self.bob, signer=self.log)
        self.check(TAMPERED, copy, why="key of checkpoint/1")

    def test_anchor(self):
        copy = self.usual()
        bad = {
            "root": {"root": copy.root(2)},
            "size": {"size": 2},
            "size 0": {"size": 0},
            "size beyond": {"size": 4},
            "kind": {"kind": "paper"},
            "kind number": {"kind": 1},
            "name": {"name": 1},
            "token": {"token": "!"},
            "token padding": {"token": "AA"},
            "page with a token": {"token": "AAAA"},
            "more": {"more": 1},
        }
        for name, change in bad.items():
            other = copy.fork()
            other.anchor(self.bob, "page", "sheet", b"", public=change)
            with self.subTest(name):
                self.check(TAMPERED, other)
        copy.anchor(self.bob, "page", "sheet", b"")
        self.check(VALID, copy)

    def test_missing_members(self):
        copy = self.usual()
        full = {"hold/1": {"state": "set"}, "redact-approve/1": {"request": "0" * 32},
                "revoke/1": {"from": 1, "key": self.bob.hex},
                "merge/1": {"count": 0, "fork": 1, "head": ZEROS, "root": ZEROS,
                            "size": 2, "skip": []},
                "anchor/1": {"kind": "page", "name": "", "root": copy.root(),
                             "size": 3, "token": ""}}
        for kind, public in full.items():
            for name in public:
                other = copy.fork()
                less = {each: public[each] for each in public if each != name}
                other.add(self.lead, kind, less)
                self.check(TAMPERED, other, why="members")
            other = copy.fork()
            other.add(self.lead, kind, {**public, "zz": 0})
            self.check(TAMPERED, other, why="members")


class Merges(JournalTest):
    """Section 10."""

    def setUp(self):
        super().setUp()
        self.usual()
        self.theirs = self.copy.fork()
        self.copy.note(self.lead)
        for _ in range(3):
            self.theirs.note(self.bob)

    def merged(self, **more):
        """A copy of A into which B was merged."""
        copy = self.copy.fork()
        copy.merge(self.lead, self.theirs, **more)
        return copy

    def test_good(self):
        copy = self.merged()
        self.check(VALID, copy)
        self.check(VALID, copy, openings=copy.openings_data())
        copy.note(self.lead)
        self.check(VALID, copy, "--witness", self.witness.hex)

    def test_smaller_fork(self):
        for fork in (1, 2):
            self.check(VALID, self.merged(fork=fork))

    def test_wrong_members(self):
        good = dict(fork=3, size=6, count=3, head=self.theirs.head(),
                    root=self.theirs.root(), skip=[])
        bad = [("fork", value) for value in (0, 2, 4, 5, 6, 2**63 - 1, "3")]
        bad += [("size", value) for value in (0, 3, 5, 7, 2**63 - 1)]
        bad += [("count", value) for value in (0, 2, 4, 2**63 - 1)]
        bad += [("head", value) for value in (ZEROS, self.theirs.head(5), 1)]
        bad += [("root", value) for value in (ZEROS, self.theirs.root(5))]
        bad += [("skip", value) for value in (
            [1], [3, 3], [3, 3, 0], [3, 3, 1], [3, 4, 1], [2, 0, 1], [6, 0, 1],
            ["a", 0, 1], 0, "x", [3, 3, 2**63 - 1], [2**63 - 1, 0, 1],
            [0, 0, 1], [5, 0, 2])]
        for name, value in bad:
            with self.subTest(name=name, value=value):
                self.check(TAMPERED, self.merged(public={**good, name: value}))

    def test_cut_within(self):
        copy = self.merged()
        for size in (5, 6, 7):
            self.check(TAMPERED, copy.lines[:size], why="cut")
        self.check(VALID, copy.lines[:4])

    def test_left_out_changed_order_or_twice(self):
        for take in ([3, 4], [3, 5, 4], [5, 4, 3], [3, 4, 4], [3, 4, 5, 5],
                     [3, 3, 4, 5]):
            with self.subTest(take):
                self.check(TAMPERED, self.merged(take=take))
        more = self.merged(take=[3, 4], public={"count": 2})
        self.check(TAMPERED, more, why="count")

    def test_changed_logged(self):
        self.theirs.logged[4] = "2020-01-01T00:00:00.000000000Z"
        self.check(TAMPERED, self.merged(), why="head")

    def test_merge_by_log(self):
        copy = self.copy
        copy.merge(self.log, self.theirs)
        self.check(TAMPERED, copy, why="power")

    def test_merge_by_member(self):
        copy = self.copy
        copy.merge(self.bob, self.theirs)
        self.check(VALID, copy)

    def test_nothing_new(self):
        """B's head stands at the fork: there is nothing to bring."""
        other = jb.Copy(7)
        self.copy = other
        copy = self.usual()
        copy.merge(self.lead, copy.fork(), public={"fork": 3, "size": 3})
        self.check(TAMPERED, copy, why="fork or size")

    def test_merge_twice_with_skip(self):
        copy = self.merged()
        self.theirs.note(self.bob)
        copy.merge(self.lead, self.theirs)
        self.assertIn('"skip":[3,5,3]', copy.lines[8])
        self.check(VALID, copy)

    def test_merge_twice_without_skip(self):
        copy = self.merged()
        copy.add(self.lead, "merge/1", {
            "count": 3, "fork": 3, "head": self.theirs.head(),
            "root": self.theirs.root(), "size": 6, "skip": []})
        for b in (3, 4, 5):
            copy.append(self.theirs.bodies[b], self.theirs.logged[b])
        self.check(TAMPERED, copy, why="repeated id")

    def test_skip_all(self):
        copy = self.merged()
        copy.merge(self.lead, self.theirs)
        self.assertIn('"count":0', copy.lines[-1])
        self.check(VALID, copy)

    def test_skip_that_lies(self):
        copy = self.merged()
        self.theirs.note(self.bob)
        for skip, count in (([3, 4, 3], 1), ([3, 6, 2], 2), ([3, 5, 2], 1),
                            ([3, 5, 1, 3, 5, 1], 1), ([4, 6, 1, 3, 5, 1], 1),
                            ([3, 5, 4], 0), ([3, 5, 3, 6, 8, 1], 0)):
            other = copy.fork()
            other.merge(self.lead, self.theirs,
                        public={"skip": skip, "count": count})
            self.check(TAMPERED, other)

    def test_skip_in_parts(self):
        copy = self.merged()
        self.theirs.note(self.bob)
        copy.merge(self.lead, self.theirs,
                   public={"skip": [3, 5, 1, 4, 6, 2]})
        self.check(VALID, copy)

    def test_back_and_forth(self):
        """Each merges the other, in turns; merges are merged."""
        a, b = self.copy, self.theirs
        for turn in range(4):
            a.merge(self.lead, b)
            a.note(self.lead)
            b.merge(self.bob, a)
            b.note(self.bob)
        self.check(VALID, a)
        self.check(VALID, b)

    def test_nested(self):
        third = self.theirs.fork()
        third.note(self.lead)
        self.theirs.note(self.bob)
        self.theirs.merge(self.bob, third)
        copy = self.merged()
        self.check(VALID, copy)
        for at in range(5, len(copy.lines)):
            changed = list(copy.lines)
            changed[at] = copy.lines[at].replace('"logged":"2024', '"logged":"2023')
            self.check(TAMPERED, changed[:at + 1])

    def test_nested_that_lies(self):
        third = self.theirs.fork()
        third.note(self.lead)
        self.theirs.note(self.bob)
        self.theirs.merge(self.bob, third, public={"root": ZEROS})
        self.check(TAMPERED, self.theirs, why="root")
        self.check(TAMPERED, self.merged(), why="root")

    def test_merge_must_not_begin_among_merged(self):
        copy = self.copy.fork()
        third = copy.fork()
        third.note(self.bob)
        copy.merge(self.lead, self.theirs, take=[3])
        copy.merge(self.lead, third)
        self.check(TAMPERED, copy)

    def test_depth(self):
        """16 deep is checked, 17 deep is not."""
        start, inner = self.copy.fork(), self.theirs
        for depth in range(1, 18):
            outer = start.fork()
            outer.note(self.lead)
            outer.merge(self.lead, inner)
            wanted = VALID if depth <= 16 else UNCHECKED
            self.check(wanted, outer)
            inner = outer

    def nested(self, depth, last=None):
        """A journal with merges so deep; the innermost may be said to be other."""
        start, inner = self.copy.fork(), self.theirs
        for level in range(depth):
            outer = start.fork()
            outer.note(self.lead)
            outer.merge(self.lead, inner, public=last if level == 0 else None)
            inner = outer
        return inner

    def test_limits_before_any_other_rule(self):
        deep = self.nested(17)
        self.check(UNCHECKED, deep, why="too deep")
        other = deep.fork()
        other.note(self.eve)
        self.check(UNCHECKED, other)
        other.lines[1], other.lines[2] = other.lines[2], other.lines[1]
        self.check(UNCHECKED, other)
        self.check(UNCHECKED, other, "--root", "1:" + ZEROS)
        self.check(UNCHECKED, other, openings=b"")
        self.check(MALFORMED, other, openings=b"\n")
        self.check(MALFORMED, other.lines + ["x"])
        for change in ({"root": ZEROS}, {"head": ZEROS}):
            self.check(UNCHECKED, self.nested(17, change), why="too deep")
            self.check(TAMPERED, self.nested(16, change))
        self.copy.note(self.eve)
        self.check(UNCHECKED, self.nested(17), why="too deep")
        self.check(TAMPERED, self.nested(16), why="power")

    def test_only_numbers_that_fit_count_for_the_limits(self):
        """A merge that cannot be built is a broken rule; no depth is in it."""
        for change in ({"size": 3}, {"count": 2}, {"fork": 0}, {"skip": [1]},
                       {"skip": "x"}, {"count": "3"}, {"size": 2**63 - 1}):
            self.check(TAMPERED, self.nested(17, change))
        deep = self.nested(17)
        self.check(TAMPERED, deep.lines[:-1], why="cut")

    def test_broken_rule_within(self):
        """Whatever breaks B breaks A."""
        for act in (lambda copy: copy.note(self.log),
                    lambda copy: copy.note(self.eve),
                    lambda copy: copy.hold(self.bob, "set"),
                    lambda copy: copy.note(self.bob, seen=[6, ZEROS]),
                    lambda copy: copy.checkpoint(self.log, public={"size": 2}),
                    lambda copy: copy.revoke(self.lead, self.bob, 9),
                    lambda copy: copy.note(self.bob, refs=["0" * 32]),
                    lambda copy: copy.note(self.bob, case=ZEROS)):
            theirs = self.theirs.fork()
            act(theirs)
            self.check(TAMPERED, theirs)
            copy = self.copy.fork()
            copy.merge(self.lead, theirs)
            self.check(TAMPERED, copy)

    def test_bad_signature_within(self):
        line = self.theirs.bodies[5]
        self.theirs.bodies[5] = line[:-3] + ("0" if line[-3] != "0" else "1") + '"}'
        self.theirs.lines[5] = jb.entry_line(
            self.theirs.case, 5, self.theirs.head(5), 0, self.theirs.logged[5],
            self.theirs.bodies[5])
        self.check(TAMPERED, self.theirs, why="signature")
        self.check(TAMPERED, self.merged(), why="signature")

    def test_same_id_in_both(self):
        self.copy.note(self.lead, id="3" * 32)
        self.theirs.note(self.bob, id="3" * 32)
        copy = self.copy.fork()
        copy.add(self.lead, "merge/1", {
            "count": 4, "fork": 3, "head": self.theirs.head(),
            "root": self.theirs.root(), "size": 7, "skip": []})
        for b in (3, 4, 5, 6):
            copy.append(self.theirs.bodies[b], self.theirs.logged[b])
        self.check(TAMPERED, copy, why="repeated id")

    def test_sizes_and_seen_are_about_b(self):
        self.theirs.checkpoint(self.log)
        self.theirs.witness(self.bob, self.witness)
        self.theirs.note(self.bob, refs=[self.theirs.ids[4]])
        copy = self.merged()
        self.check(VALID, copy)
        self.check(VALID, copy, "--witness", self.witness.hex)

    def test_merged_anchor_of_the_common_part(self):
        self.theirs.witness(self.bob, self.witness, size=3)
        self.check(VERIFIED, self.merged(), "--witness", self.witness.hex,
                   why="up to record 2")

    def test_unknown_here(self):
        """Eve was enrolled in B by one whom A had revoked: not trusted."""
        self.theirs.enrol(self.lead, self.eve, "member")
        self.theirs.note(self.eve)
        self.copy.revoke(self.recovery, self.lead, 3)
        copy = self.copy
        copy.merge(self.bob, self.theirs)
        self.check(VALID, copy, why="3 records not trusted")
        copy.note(self.eve)
        self.check(TAMPERED, copy, why="power")

    def test_power_lost_here(self):
        self.copy.enrol(self.lead, self.bob, "log")
        copy = self.merged()
        self.check(VALID, copy, why="3 records not trusted")

    def test_untrusted_enrolment_revokes_nothing(self):
        """Eve enrolled bob again in B; in A she could not sign any more."""
        self.copy.enrol(self.lead, self.eve, "lead")
        theirs = self.copy.fork()
        theirs.enrol(self.eve, self.bob, "lead")
        self.copy.revoke(self.lead, self.eve, 5)
        copy = self.copy
        copy.merge(self.lead, theirs)
        copy.note(self.bob)
        self.check(VALID, copy, why="1 records not trusted")

    def test_key_revoked_in_b_that_is_unknown_here(self):
        self.theirs.enrol(self.lead, self.witness, "lead")
        self.theirs.enrol(self.witness, self.eve, "member")
        self.theirs.revoke(self.recovery, self.eve, 7)
        self.copy.revoke(self.recovery, self.lead, 3)
        copy = self.copy
        copy.merge(self.bob, self.theirs)
        self.check(VALID, copy)
        copy.enrol(self.recovery, self.eve, "member")
        self.check(TAMPERED, copy, why="revoked")

    def test_revocation_without_power_here(self):
        """Eve led in B only until A revoked her; what she revoked stays."""
        self.copy.enrol(self.lead, self.eve, "lead")
        theirs = self.copy.fork()
        theirs.revoke(self.eve, self.bob, 1)
        self.copy.revoke(self.lead, self.eve, 5)
        copy = self.copy
        copy.merge(self.lead, theirs)
        copy.note(self.bob)
        self.check(VALID, copy, why="1 records not trusted")

    def test_merged_revocation_stands(self):
        """It was trusted when it came; its signer is revoked later."""
        self.copy.enrol(self.lead, self.eve, "lead")
        theirs = self.copy.fork()
        theirs.revoke(self.eve, self.bob, 5)
        copy = self.copy
        copy.merge(self.lead, theirs)
        copy.revoke(self.lead, self.eve, 5)
        self.check(VALID, copy, why="1 records not trusted")
        copy.note(self.bob)
        self.check(TAMPERED, copy, why="power")

    def test_held_up_by_a_merged_enrolment(self):
        """Eve's enrolment fell in A; in B lead had enrolled her as well.

        She is back from there on; what she signed before is not.
        """
        self.copy.enrol(self.lead, self.bob, "lead")       # 4
        self.copy.enrol(self.bob, self.eve, "lead")        # 5
        theirs = self.copy.fork()
        theirs.enrol(self.lead, self.eve, "member")
        theirs.note(self.eve)
        copy = self.copy
        copy.enrol(self.eve, self.witness, "member")       # 6
        copy.revoke(self.recovery, self.bob, 5)            # 7
        self.check(VALID, copy, why="2 records not trusted")
        copy.merge(self.lead, theirs)
        copy.note(self.eve)
        self.check(VALID, copy, why="2 records not trusted")
        other = copy.fork()
        other.note(self.witness)
        self.check(TAMPERED, other, why="power")
        copy.hold(self.eve, "set")
        self.check(TAMPERED, copy, why="power")

    def test_not_held_up_once_revoked_by_itself(self):
        self.copy.enrol(self.lead, self.eve, "member")
        theirs = self.copy.fork()
        theirs.enrol(self.lead, self.eve, "lead")
        copy = self.copy
        copy.revoke(self.lead, self.eve, 4)
        copy.merge(self.lead, theirs)
        copy.note(self.eve)
        self.check(TAMPERED, copy, why="power")

    def test_enrolment_has_its_effect(self):
        self.theirs.enrol(self.lead, self.eve, "member")
        copy = self.merged()
        copy.note(self.eve)
        self.check(VALID, copy, why="0 records not trusted")

    def test_revoked_in_b(self):
        """`from` sinks to the fork: what bob wrote in A is not trusted."""
        self.copy.note(self.bob)             # A's record 4
        self.theirs.revoke(self.lead, self.bob, 6)
        copy = self.copy
        copy.merge(self.lead, self.theirs)   # fork 3; B's notes at 6, 7, 8
        self.check(VALID, copy, why="4 records not trusted")
        copy.note(self.bob)
        self.check(TAMPERED, copy, why="power")

    def test_revoked_in_b_from_before_the_fork(self):
        self.theirs.revoke(self.lead, self.bob, 1)
        self.check(VALID, self.merged(), why="3 records not trusted")

    def test_revocation_carried_through_two_merges(self):
        """C's revocation sinks to C's fork in B, then to B's fork in A."""
        third = self.theirs.fork()           # parts from B at 6
        third.note(self.lead)
        third.revoke(self.lead, self.bob, 7)
        self.theirs.note(self.lead)
        self.theirs.merge(self.lead, third)  # from is 6 in B
        self.check(VALID, self.theirs, why="0 records not trusted")
        self.copy.note(self.bob)             # A parts from B at 3
        copy = self.copy
        copy.merge(self.lead, self.theirs)   # from is 3 in A
        self.check(VALID, copy, why="4 records not trusted")

    def test_hold_comes_with_a_merge(self):
        target = self.copy.note(self.bob)
        request = self.copy.request(self.bob, target, ["text"])
        approvals = [self.copy.approve(self.bob, request),
                     self.copy.approve(self.lead, request)]
        self.theirs.hold(self.lead, "set")
        copy = self.copy
        copy.merge(self.lead, self.theirs)
        copy.redact(self.bob, target, ["text"], approvals)
        self.check(TAMPERED, copy, why="hold")

    def test_redaction_comes_with_a_merge(self):
        target = self.theirs.ids[3]
        request = self.theirs.request(self.bob, target, ["text"])
        approvals = [self.theirs.approve(self.bob, request),
                     self.theirs.approve(self.lead, request)]
        self.theirs.redact(self.bob, target, ["text"], approvals)
        copy = self.copy
        copy.hold(self.lead, "set")
        copy.merge(self.lead, self.theirs)
        self.check(VALID, copy, why="1 redacted")

    def test_fork_within_a_merged_group(self):
        """Both hold the merged group; a `fork` within it is still a fork."""
        copy = self.merged()                 # merge at 4, merged 5, 6, 7
        theirs = copy.fork()
        theirs.note(self.bob)
        for fork in range(1, 9):
            other = copy.fork()
            other.note(self.lead)
            other.merge(self.lead, theirs, fork=fork)
            self.check(VALID, other)

    def test_many_small_merges(self):
        """Prefixes are not checked again and again."""
        copy, theirs = self.copy, self.theirs
        for _ in range(40):
            theirs.note(self.bob)
            copy.merge(self.lead, theirs)
        self.check(VALID, copy)

    def test_limit_on_lines(self):
        free = verify.BUILD_FREE
        self.addCleanup(setattr, verify, "BUILD_FREE", free)
        self.before = self.copy
        copy = self.merged()
        self.copy = copy
        verify.BUILD_FREE = 3 - 16 * len(copy.lines)
        self.check(VALID, copy)
        verify.BUILD_FREE -= 1
        self.check(UNCHECKED, copy)
        lines = copy.lines[:1] + copy.lines[2:3] + copy.lines[1:2] + copy.lines[3:]
        self.check(UNCHECKED, lines)
        self.check(UNCHECKED, self.wrong_merge({"head": ZEROS}))
        self.check(TAMPERED, self.wrong_merge({"size": 7}), why="count")

    def wrong_merge(self, change):
        """The merge of merged(), with members that are other."""
        copy = self.before.fork()
        copy.merge(self.lead, self.theirs, public=change)
        return copy

    def test_limit_on_lines_in_all(self):
        """Each merge counts wherever it is checked, and however it is nested."""
        free = verify.BUILD_FREE
        self.addCleanup(setattr, verify, "BUILD_FREE", free)
        copy = self.nested(3)
        # the innermost brings 3 records; each other a note and a merge more
        verify.BUILD_FREE = 3 + 5 + 7 - 16 * len(copy.lines)
        self.check(VALID, copy)
        verify.BUILD_FREE -= 1
        self.check(UNCHECKED, copy)


class CommandLine(JournalTest):
    """Section 11."""

    def test_wrong(self):
        path = self.write("a.cj1", self.usual().data())
        root = self.copy.root()
        groups = jb.printed(root)
        wrong = [[], ["--brief"], ["--what", path], ["--root", path],
                 ["--root"], ["--witness", "00", path], ["--openings"],
                 ["--witness", self.bob.hex.upper(), path],
                 ["--root", "3", path], ["--root", "3:", path],
                 ["--root", "0:" + hashlib.sha256(b"").hexdigest(), path],
                 ["--root", "03:" + root, path], ["--root", ":" + root, path],
                 ["--root", "+3:" + root, path], ["--root", "3:" + root[1:], path],
                 ["--root", "9223372036854775808:" + root, path],
                 ["--root", "3:" + root, "--root", "3:" + root, path],
                 ["--root", "3:" + groups[:-1], path],
                 ["--tsa", path, path], ["--tsa", path + ".missing", path],
                 ["--note", path + ".missing", "--tsa", path, path],
                 ["--openings", path, "--openings", path, path],
                 ["--openings", path, path, path], ["--brief", "--brief", path]]
        for arguments in wrong:
            with self.subTest(arguments):
                self.assertEqual(self.run_main(*arguments), (UNCHECKED, ""))

    def test_wrong_check_digits(self):
        copy = self.usual()
        groups = jb.printed(copy.root()).split(" ")
        self.check(VERIFIED, copy, "--root", "3:" + " ".join(groups))
        for at in range(8):
            digits = format(int(groups[at][-2:], 16) ^ 1, "02x")
            wrong = groups[:at] + [groups[at][:-2] + digits] + groups[at + 1:]
            self.check(UNCHECKED, copy, "--root", "3:" + " ".join(wrong))
        self.check(UNCHECKED, copy, "--root", "3:" + " ".join(groups[::-1]))
        misplaced = [groups[1], groups[0]] + groups[2:]
        self.check(UNCHECKED, copy, "--root", "3:" + " ".join(misplaced))

    def test_brief_and_worst(self):
        good = self.write("good", self.usual().data())
        tampered = self.write("tampered", self.copy.data() * 2)
        malformed = self.write("malformed", b"x")
        later = self.write("later", b'{"v":2,\n')
        root = ["--root", "3:" + self.copy.root()]
        for files, wanted in (
                ([good], VALID), ([good, later], UNCHECKED),
                ([malformed, later, good], MALFORMED),
                ([later, tampered, malformed], TAMPERED)):
            status, said = self.run_main("--brief", *files)
            self.assertEqual(status, wanted)
            self.assertEqual([line[2:] for line in said.splitlines()], files)
        status, said = self.run_main("--brief", *root, good)
        self.assertEqual((status, said), (VERIFIED, "0 %s\n" % good))
        status, said = self.run_main("--brief", good, tampered, malformed, later)
        self.assertEqual([line[0] for line in said.splitlines()],
                         ["2", "1", "3", "4"])

    def test_as_a_program(self):
        path = self.write("a.cj1", self.usual().data())
        done = subprocess.run([sys.executable, os.path.join(HERE, "verify.py"),
                               "--brief", path], capture_output=True, check=False)
        self.assertEqual(done.returncode, VALID)
        self.assertEqual(done.stdout.decode(), "2 %s\n" % path)


class Corpus(JournalTest):
    """The corpus is good for its purpose, and so is the verifier."""

    def judge_mutant(self, arguments, openings, name):
        """The status of one mutant, run in the folder of the corpus."""
        options = [] if arguments == "-" else arguments.split(" ")
        if openings != "-":
            options += ["--openings", openings]
        return self.run_main("--brief", *options, name)[0]

    def test_small_corpus(self):
        """No mutant is wrongly verified; every status occurs; no crash."""
        make_corpus.make_corpus(self.folder, 5, 400)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        bases = {pathlib.Path(each).read_bytes() for each in glob.glob("base-*.cj1")}
        found = set()
        for line in pathlib.Path("manifest.tsv").read_text().splitlines():
            name, openings, arguments, kind = line.split("\t")
            status = self.judge_mutant(arguments, openings, name)
            found.add(status)
            if kind not in make_corpus.MAY_HOLD:
                self.assertNotEqual(status, VERIFIED, line)
                if pathlib.Path(name).read_bytes() in bases:
                    self.assertIn("opening", kind)
        self.assertEqual(found, {VERIFIED, TAMPERED, VALID, MALFORMED, UNCHECKED})

    def test_bases_are_verified(self):
        """What the mutants are made of is valid and anchored."""
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        for base in make_corpus.make_bases(5):
            base.write_note(self.folder)
            self.check(VALID, base.data, openings=base.openings)
            options = [base.root_arguments(), base.note_arguments()]
            if base.anchored:
                options.append(base.witness_arguments())
            for each in options:
                self.check(VERIFIED, base.data, *each.split(" "))

    def test_same_seed_same_corpus(self):
        folders = [os.path.join(self.folder, name) for name in "ab"]
        for folder in folders:
            make_corpus.make_corpus(folder, 9, 60)
        contents = [{path.name: path.read_bytes()
                     for path in pathlib.Path(folder).iterdir()}
                    for folder in folders]
        self.assertEqual(*contents)


class Vectors(unittest.TestCase):
    """Data of others, where it is at hand."""

    def data(self, *parts):
        path = os.path.join(DATA, *parts)
        if not os.path.exists(path):
            self.skipTest("no %s" % os.path.join(*parts))
        return path

    def read(self, *parts):
        with open(self.data(*parts), "rb") as file:
            return file.read()

    def test_merkle_hashes(self):
        """The values of RFC 6962's reference tests."""
        text = self.read("merkle", "rfc6962", "rfc6962_test.go").decode()
        wanted = set(re.findall(r'want: *"([0-9a-f]{64})"', text))
        leaf = hashlib.sha256(b"\0L123456").hexdigest()
        node = verify.node_hash(b"N123", b"N456").hex()
        empty = verify.Tree().root(0).hex()
        for value in (leaf, node, empty):
            self.assertIn(value, wanted)

    def test_merkle_proofs(self):
        """All vectors: accepted if and only if they are not said to be wrong."""
        self.data("merkle", "testdata")
        files = glob.glob(os.path.join(DATA, "merkle/testdata/*/*/*.json"))
        seen = 0
        for path in files:
            with open(path, encoding="utf-8") as file:
                vector = json.load(file)
            kind = path.split(os.sep)[-3]
            if kind not in ("inclusion", "consistency"):
                continue
            seen += 1
            good = {"inclusion": inclusion, "consistency": consistency}[kind]
            self.assertEqual(good(vector), not vector["wantErr"], path)
        self.assertGreater(seen, 50)

    def test_tree_of_the_vectors(self):
        """The roots in the vectors are those of our tree."""
        leaves = [b"", b"\0", b"\x10", b"\x20\x21", b"\x30\x31",
                  b"\x40\x41\x42\x43", b"\x50\x51\x52\x53\x54\x55\x56\x57",
                  b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"]
        tree = verify.Tree()
        for each in leaves:
            tree.append(hashlib.sha256(b"\0" + each).digest())
        path = self.data("merkle", "testdata", "inclusion", "1", "happy-path.json")
        with open(path, encoding="utf-8") as file:
            vector = json.load(file)
        self.assertEqual(tree.root(8), base64.b64decode(vector["root"]))
        self.assertEqual(tree.leaf(0), base64.b64decode(vector["leafHash"]))

    def test_trees_agree(self):
        """The tree that grows, and one that parts from it, with recursion."""
        leaves = [hashlib.sha256(b"%d" % at).digest() for at in range(70)]
        tree = verify.Tree()
        for each in leaves:
            tree.append(each)
        for size in range(71):
            self.assertEqual(tree.root(size), jb.tree_root(leaves[:size]))
        for base in range(1, 40):
            part = verify.Tree(tree, base)
            more = [hashlib.sha256(b"x%d" % at).digest() for at in range(40)]
            for each in more:
                part.append(each)
            whole = leaves[:base] + more
            for size in range(len(whole) + 1):
                self.assertEqual(part.root(size), jb.tree_root(whole[:size]))

    def test_signed_note_example(self):
        """The example of the signed-note page verifies."""
        page = self.read("c2sp", "signed-note.md").decode()
        vkey = re.search(r"^ *(example\.com/foo\+.*)$", page, re.M)[1]
        name, hashed, encoded = vkey.split("+", 2)
        raw = base64.b64decode(encoded)
        self.assertEqual(raw[0], 1)
        block = re.search(r"```\n(This is an example.*?)```", page, re.S)[1]
        text, line = block.encode().rsplit(b"\n\n", 1)
        name2, data = verify.signature_line(line.rstrip(b"\n"))
        self.assertEqual(name2.decode(), name)
        self.assertEqual(data[:4].hex(), hashed)
        self.assertTrue(verify.witnessed(raw[1:], name2, data, text + b"\n"))
        self.assertFalse(verify.witnessed(raw[1:], name2, data, text))
        self.assertFalse(verify.witnessed(raw[1:], b"x", data, text + b"\n"))

    def test_cosignature_example_parses(self):
        """The checkpoint page's notes are well formed, if not ours."""
        page = self.read("c2sp", "tlog-cosignature.md").decode()
        block = re.search(r"```\n(example\.com/.*?)```", page, re.S)[1].encode()
        lines = block.rstrip(b"\n").split(b"\n")[4:]
        parsed = [verify.signature_line(line) for line in lines]
        self.assertEqual([len(data) for _, data in parsed], [68, 76])
        self.assertEqual(int.from_bytes(parsed[1][1][4:12], "big"), 1679315147)
        with self.assertRaises(verify.Malformed):
            verify.Note(block)

    @unittest.skipUnless(shutil.which("openssl"), "no openssl command")
    def test_time_stamp_tokens(self):
        """The tokens over `hello` that others made."""
        for folder, name, algorithm in (
                ("test_tsa", "response.tsr", None),
                ("sigstage", "response-sha256.tsr", verify.OID_SHA256),
                ("sigstage", "response-sha384.tsr", None)):
            token = verify.parse_token(self.read("rfc3161", folder, name))
            chain = self.data("rfc3161", folder, "ts_chain.pem")
            self.assertIsNotNone(token)
            self.assertTrue(token.is_response)
            if algorithm:
                self.assertTrue(token.stamps(b"hello"))
                self.assertFalse(token.stamps(b"hello\n"))
            self.assertTrue(verify.token_valid(token, chain), name)
        chain = self.data("rfc3161", "test_tsa", "ts_chain.pem")
        self.assertFalse(verify.token_valid(token, chain))


def chain(proof, index, count, start):
    """Fold an inclusion proof: RFC 9162 section 2.1.3.2."""
    node, last = start, count - 1
    for each in proof:
        if last == 0:
            return None
        if index & 1 or index == last:
            node = verify.node_hash(each, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = verify.node_hash(node, each)
        index, last = index >> 1, last >> 1
    return node if last == 0 else None


def decoded(vector, *names):
    """The base64 members of a vector."""
    return [base64.b64decode(vector[name] or "") for name in names]


def inclusion(vector):
    """Does an inclusion proof hold?"""
    root, leaf = decoded(vector, "root", "leafHash")
    proof = [base64.b64decode(each) for each in vector["proof"] or []]
    index, size = vector["leafIdx"], vector["treeSize"]
    if not 0 <= index < size or len(leaf) != 32:
        return False
    return chain(proof, index, size, leaf) == root


def consistency(vector):
    """Does a consistency proof hold?  RFC 9162 section 2.1.4.2."""
    one, two = decoded(vector, "root1", "root2")
    proof = [base64.b64decode(each) for each in vector["proof"] or []]
    first, second = vector["size1"], vector["size2"]
    if first == second:
        return not proof and one == two
    if first == 0 or first > second or not proof:
        return first == 0 and first < second and not proof
    if first & (first - 1) == 0:
        proof = [one] + proof
    index, last = first - 1, second - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old = new = proof[0]
    for each in proof[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old, new = verify.node_hash(each, old), verify.node_hash(each, new)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            new = verify.node_hash(new, each)
        index, last = index >> 1, last >> 1
    return last == 0 and old == one and new == two


if __name__ == "__main__":
    unittest.main()
