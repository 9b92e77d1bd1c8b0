"""test_bundle.py: bundles are opened by programs that are none of ours, are good up to a cut or a change and no further, open only with the
right key, and do no harm when they are made to."""
import ctypes
import hashlib
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import unittest

from harness import BUILD, ROOT, SANITIZED, CaseTest, main

sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import bundle  # noqa: E402  pylint: disable=wrong-import-position

PROBE = str((BUILD / "tests" / "cli" / "bundle_probe").resolve())
END = bytes(1024)
# Every directory that the tests make is on a file system that keeps extended attributes, or the test that needs them says so.
ATTRIBUTES = {b"user.plain": b"value", b"user.a=b%c": b"\x00\xff\n", b"user.empty": b""}


def make_tree(root):
    """Files of every kind that needs no privilege, with what is hard to keep."""
    root.mkdir()
    (root / "empty").touch()
    (root / "big").write_bytes(random.Random(3).randbytes(3 << 20) + bytes(1 << 20))
    (root / "set-user-id").write_text("x")
    (root / "set-user-id").chmod(0o4751)
    (root / "über").write_text("umlaut")
    with open(os.fsencode(root) + b"/any\xff\x01\n bytes", "wb") as f:
        f.write(b"y")
    (root / "folder").mkdir(mode=0o1777)
    (root / "folder").chmod(0o1777)
    deep = root / ("d" * 200) / ("e" * 200)
    deep.mkdir(parents=True)
    (deep / ("f" * 100)).write_text("deep")
    (root / ("n" * 100)).write_text("just fits a header")
    (root / "link").symlink_to("/etc/shadow")
    os.symlink(b"../" + b"t" * 150 + b"\xff", root / "long link")
    os.mkfifo(root / "pipe", 0o600)
    os.utime(root / "empty", ns=(1_000_000_001, 1_600_000_000_123_456_789))
    os.utime(root / "folder", ns=(-1_500_000_000, -500_000_000))


def set_attributes(path):
    for name, value in ATTRIBUTES.items():
        try:
            os.setxattr(path, name, value)
        except OSError:
            return {}
    return ATTRIBUTES


def paths(root):
    """Bytes of the names below root, sorted."""
    root = os.fsencode(root)
    found = []
    for folder, folders, files in os.walk(root):
        found += [os.path.relpath(os.path.join(folder, name), root) for name in folders + files]
    return sorted(found)


def frame(content):
    size = bundle.ZSTD.ZSTD_compressBound(ctypes.c_size_t(len(content)))
    out = ctypes.create_string_buffer(size)
    bundle.ZSTD.ZSTD_compress.restype = ctypes.c_size_t
    size = bundle.ZSTD.ZSTD_compress(out, ctypes.c_size_t(size), content, ctypes.c_size_t(len(content)), 1)
    return out.raw[:size]


def chain(pieces):
    """Frames and links as the page says; a piece is its content, or its frame and the size of its content."""
    out, link, total = [], bytes(32), 0
    for number, content in enumerate(pieces):
        packed, size = content if isinstance(content, tuple) else (frame(content), len(content))
        total += size
        numbers = struct.pack("<QQ", number | (bundle.LAST if number == len(pieces) - 1 else 0), total)
        link = hashlib.sha256(b"calm chain/1\n" + link + hashlib.sha256(packed).digest() + numbers).digest()
        out.append(packed + struct.pack("<II", 0x184D2A5C, 56) + b"calmlink" + numbers + link)
    return b"".join(out)


def header(name, size=0, kind=b"0", link=b"", **fields):
    block = bytearray(512)
    block[: len(name)] = name
    for at, width, value in ((100, 8, 0o644), (108, 8, 0), (116, 8, 0), (124, 12, size), (136, 12, 0), (329, 8, 0), (337, 8, 0)):
        block[at : at + width] = b"%0*o\0" % (width - 1, value)
    block[156:157] = kind
    block[157 : 157 + len(link)] = link
    block[257:265] = b"ustar\x0000"
    for at, value in fields.get("put", {}).items():
        block[at : at + len(value)] = value
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % (sum(block) + fields.get("wrong", 0))
    return bytes(block)


def padded(content):
    return content + bytes(-len(content) % 512)


def record(keyword, value):
    body = b" " + keyword + b"=" + value + b"\n"
    size = len(body)
    while len(b"%d" % size + body) != size:
        size = len(b"%d" % size + body)
    return b"%d" % size + body


def pax(*records):
    body = b"".join(records)
    return header(b"PaxHeader", len(body), b"x") + padded(body)


GOOD = header(b"good", 3) + padded(b"abc")


class BundleTest(CaseTest):
    on_disk = True

    def probe(self, *recipients):
        done = subprocess.run([PROBE, str(self.folder / "tree"), *map(str, recipients)], capture_output=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def key_file(self, *more, name="case.key"):
        self.ana("preserve key --out", str(self.folder / name), *more)
        return self.folder / name

    def unseal(self, data, who=None, *more):
        """What calm says of these bytes: status, JSON or what went wrong, and what was written."""
        source, out = self.folder / "given", self.folder / "opened"
        source.write_bytes(data)
        out.unlink(missing_ok=True)
        done = (who or self.ana).run("preserve", "unseal", str(source), "--out", str(out), "--json", *more)
        said = json.loads(done.stdout) if done.stdout else {}
        return done.returncode, said, out.read_bytes() if out.exists() else None, done.stderr.decode()


class Format(BundleTest):
    def setUp(self):
        super().setUp()
        make_tree(self.folder / "tree")

    def test_tar_and_zstd_bring_back_every_file(self):
        tree, back = self.folder / "tree", self.folder / "back"
        held = set_attributes(tree / "big")
        (self.folder / "b.tar.zst").write_bytes(self.probe())
        back.mkdir()
        unpacked = subprocess.run(f"zstd -dc b.tar.zst | tar -x --warning=no-unknown-keyword --warning=no-timestamp --xattrs --xattrs-include='*' -p -C {back}",
                                  shell=True, cwd=self.folder, capture_output=True, check=False)
        self.assertEqual((unpacked.returncode, unpacked.stderr), (0, b""))
        self.assertEqual(paths(back / "files"), paths(tree))
        for name in paths(tree):
            one, other = os.path.join(os.fsencode(tree), name), os.path.join(os.fsencode(back / "files"), name)
            a, b = os.lstat(one), os.lstat(other)
            self.assertEqual((a.st_mode, a.st_mtime_ns), (b.st_mode, b.st_mtime_ns), name)
            if os.path.isfile(one) and not os.path.islink(one):
                self.assertEqual(pathlib.Path(os.fsdecode(one)).read_bytes(), pathlib.Path(os.fsdecode(other)).read_bytes(), name)
            if os.path.islink(one):
                self.assertEqual(os.readlink(one), os.readlink(other))
        if not held:
            self.skipTest("this file system keeps no extended attributes; all else was compared")
        wanted = subprocess.run(["getfattr", "-d", "-m-", "--absolute-names", "big"], cwd=tree, capture_output=True, check=True).stdout
        got = subprocess.run(["getfattr", "-d", "-m-", "--absolute-names", "big"], cwd=back / "files", capture_output=True, check=True).stdout
        self.assertIn(b"user.empty", wanted)
        self.assertEqual(got, wanted)

    def test_all_four_times_owner_and_inode_are_those_that_stat_tells(self):
        tree = self.folder / "tree"
        # Before, for listing a folder counts as an access.
        told = {name: subprocess.run(["stat", "-c", "%y|%x|%z|%w|%i|%u|%g", os.path.join(os.fsencode(tree), name)], capture_output=True, check=True,
                                     text=True, env={"TZ": "UTC"}).stdout.strip().split("|") for name in paths(tree)}
        state = bundle.check(self.probe())
        for m, content in bundle.members(state.archive):
            if not m.name.startswith("files/"):
                continue
            name = os.fsencode(m.name.removeprefix("files/"))
            path, said = os.path.join(os.fsencode(tree), name), told.pop(name)
            st = os.lstat(path)
            for keyword, shown in zip(("mtime", "atime", "ctime", "LIBARCHIVE.creationtime"), said):
                if shown == "-":
                    self.assertNotIn(keyword, m.pax_headers)
                    continue
                seconds, _, ns = m.pax_headers[keyword].partition(".")
                total = abs(int(seconds)) * 10**9 + int((ns or "0").ljust(9, "0"))
                shown = subprocess.run(["date", "-ud", shown, "+%s %N"], capture_output=True, check=True, text=True).stdout.split()
                self.assertEqual(-total if seconds.startswith("-") else total, int(shown[0]) * 10**9 + int(shown[1]), (m.name, keyword))
            self.assertEqual([m.pax_headers["CALM.inode"], str(m.uid), str(m.gid)], said[4:], m.name)
            self.assertEqual(m.pax_headers["CALM.device"], f"{os.major(st.st_dev)}:{os.minor(st.st_dev)}")
            if content is not None:
                with open(path, "rb") as f:
                    self.assertEqual(content, f.read())
        self.assertEqual(told, {})

    def test_the_manifest_fits_and_the_checker_that_is_none_of_ours_finds_it_whole(self):
        state = bundle.check(self.probe())
        self.assertEqual(state.state, "whole", state.why)
        self.assertEqual(bundle.manifest_faults(state.archive), [])
        self.assertGreaterEqual(state.pieces, 5)

    @unittest.skipIf(SANITIZED, "a sanitizer needs memory of its own")
    def test_the_writer_needs_little_memory(self):
        for i in range(2000):
            (self.folder / "tree" / "folder" / f"{i:0200}").touch()
        (self.folder / "tree" / "larger").write_bytes(random.Random(4).randbytes(60 << 20))
        state = bundle.check(self.probe())
        end = json.loads(dict((m.name, c) for m, c in bundle.members(state.archive))["end.json"])
        self.assertLess(end["kib"], 64 << 10)

    def test_a_key_file_that_was_changed_is_refused(self):
        text = self.key_file().read_bytes()
        for number, bad in enumerate((b"", text[:-1], text.replace(b"calm-recipient/1", b"calm-recipient/2"), text + b"x\n", text.replace(b"key ", b"key 0", 1),
                                      text[:-2] + (b"1" if text[-2:-1] == b"0" else b"0") + b"\n",
                                      # a point that nobody's key is: sha256 of 32 zeros begins with 6668
                                      b"calm-recipient/1\nkey " + b"0" * 64 + b"\nfor nobody\ncheck 6668\n")):
            (self.folder / "bad").write_bytes(bad)
            done = subprocess.run([PROBE, str(self.folder / "tree"), str(self.folder / "bad")], capture_output=True, check=False)
            self.assertEqual(done.returncode, 9 if number == 2 else 7, bad)
            self.assertEqual(done.stdout, b"")


class Damage(BundleTest):
    """Cut and changed at every byte: the small bundle has five pieces."""

    def setUp(self):
        super().setUp()
        tree = self.folder / "tree"
        tree.mkdir()
        (tree / "a").write_bytes(b"some text of a file\n" * 10)
        (tree / "zeros").write_bytes(bytes(2 << 20))
        self.plain = self.probe()
        self.ends = [0]
        while self.ends[-1] < len(self.plain):
            size, _ = bundle.frame_size(self.plain, self.ends[-1])
            self.ends.append(self.ends[-1] + size + 64)

    def good_before(self, at):
        return max(end for end in self.ends if end <= at)

    def test_a_cut_at_any_byte_is_found_and_good_up_to_the_link_before(self):
        self.assertEqual(len(self.ends), 5)
        for at in range(len(self.plain)):
            state = bundle.check(self.plain[:at])
            self.assertEqual((state.state, state.good), ("cut", self.good_before(at)), at)

    def test_a_change_of_any_byte_is_found_and_what_is_before_it_stands(self):
        for at in range(len(self.plain)):
            changed = bytearray(self.plain)
            changed[at] ^= 1 << at % 8
            state = bundle.check(bytes(changed))
            self.assertNotEqual(state.state, "whole", at)
            self.assertEqual(state.good, self.good_before(at), at)

    def test_calm_says_the_same_as_the_checker_that_is_none_of_ours(self):
        draw = random.Random(5)
        for at in sorted(draw.sample(range(self.ends[1], len(self.plain)), 12)) + self.ends[1:-1]:
            status, said, written, _ = self.unseal(self.plain[:at])
            self.assertEqual((status, said["state"], said["good"]), (7, "cut", self.good_before(at)), at)
            self.assertEqual(written, self.plain[: said["good"]])
        for at in draw.sample(range(self.ends[1], len(self.plain)), 12):
            changed = bytearray(self.plain)
            changed[at] ^= 1 << at % 8
            status, said, written, _ = self.unseal(bytes(changed))
            self.assertIn((status, said["state"]), ((7, "cut"), (8, "altered")), at)
            self.assertEqual((said["good"], written), (self.good_before(at), self.plain[: said["good"]]), at)
        status, said, written, _ = self.unseal(self.plain + b"x")
        self.assertEqual((status, said["state"], written), (8, "altered", self.plain))
        status, said, written, _ = self.unseal(self.plain)
        link = bundle.check(self.plain).link.hex()
        self.assertEqual((status, said["state"], said["pieces"], said["link"], written), (0, "whole", 4, link, self.plain))

    def test_a_sealed_bundle_is_good_up_to_the_damage_too(self):
        sealed = self.probe(self.key_file())
        status, said, whole, _ = self.unseal(sealed)
        self.assertEqual((status, said["state"]), (0, "whole"))
        self.assertEqual(bundle.check(whole).state, "whole")
        head = sealed.index(b"\n\n") + 2 + 24
        draw = random.Random(6)
        for at in draw.sample(range(head, len(sealed)), 16):
            changed = bytearray(sealed)
            changed[at] ^= 1 << at % 8
            for bad in (bytes(changed), sealed[:at]):
                status, said, written, why = self.unseal(bad)
                self.assertIn(status, (7, 8), at)
                if not said:
                    self.assertIn("not one piece", why)
                    continue
                self.assertNotEqual(said["state"], "whole")
                self.assertTrue(whole.startswith(written) and len(written) < len(whole))
        status, said, written, _ = self.unseal(sealed + b"x")
        self.assertEqual((status, said["state"], written), (8, "altered", whole))
        # Any byte of the head: the box, the key, the words. The stream is bound to it.
        for at in draw.sample(range(head), 16):
            changed = bytearray(sealed)
            changed[at] ^= 1 << at % 8
            status, said, written, _ = self.unseal(bytes(changed))
            self.assertIn(status, (4, 7, 9), at)
            self.assertIsNone(written)

    def test_pieces_cannot_be_left_out_or_exchanged(self):
        parts = [self.plain[a:b] for a, b in zip(self.ends, self.ends[1:])]
        for order in ((1, 2, 3), (0, 2, 3), (0, 1, 3), (1, 0, 2, 3), (0, 1, 1, 2, 3)):
            state = bundle.check(b"".join(parts[i] for i in order))
            self.assertEqual(state.state, "altered", order)
            status, said, _, _ = self.unseal(b"".join(parts[i] for i in order))
            self.assertEqual((status, said.get("good", 0)), (8 if said else 7, state.good), order)


class Keys(BundleTest):
    def setUp(self):
        super().setUp()
        tree = self.folder / "tree"
        tree.mkdir()
        (tree / "a").write_text("a secret that nobody finds on a stick\n")

    def test_the_checker_opens_it_with_the_key_that_the_page_derives(self):
        public, secret = bundle.pair(bytes(range(32)))
        (self.folder / "made.key").write_text(f"calm-recipient/1\nkey {public.hex()}\nfor a test\ncheck {hashlib.sha256(public).hexdigest()[:4]}\n")
        sealed = self.probe(self.folder / "made.key", self.key_file())
        self.assertNotIn(b"secret", sealed)
        frames, ended = bundle.unseal(sealed, public, secret)
        self.assertEqual(ended, "whole")
        for at in range(sealed.index(b"\n\n") + 26, len(sealed)):
            self.assertNotEqual(bundle.unseal(sealed[:at], public, secret)[1], "whole")
            changed = bytearray(sealed)
            changed[at] ^= 1 << at % 8
            part, ended = bundle.unseal(bytes(changed), public, secret)
            self.assertTrue(ended != "whole" and frames.startswith(part), at)
        status, said, written, _ = self.unseal(sealed)
        self.assertEqual((status, said["state"], written), (0, "whole", frames))
        self.assertEqual(bundle.manifest_faults(bundle.check(frames).archive), [])

    def test_another_case_cannot_open_it(self):
        sealed = self.probe(self.key_file())
        eve = type(self.ana)("eve", self.folder, None)
        eve("open " + str(self.folder / "other.calm"))
        eve.case = self.folder / "other.calm"
        status, _, written, why = self.unseal(sealed, eve)
        self.assertEqual((status, written), (4, None))
        self.assertIn("sealed to 1 key", why)

    def test_who_joined_the_team_opens_it_and_a_compartment_keeps_it_from_them(self):
        ben = self.join("ben")
        self.ana("team compartment board")
        team, board = self.key_file(), self.key_file("--scope", "board", name="board.key")
        self.assertNotEqual(bundle.recipient(team.read_bytes()), bundle.recipient(board.read_bytes()))
        self.assertEqual(self.unseal(self.probe(team), ben)[:2][0], 0)
        sealed = self.probe(board)
        self.assertEqual(self.unseal(sealed, ben)[0], 4)
        self.assertEqual(self.unseal(sealed)[0], 0)
        self.assertEqual(ben.fails("preserve key --scope board")[0], 4)

    def test_what_is_sealed_to_a_person_is_opened_by_their_signer(self):
        key = next(self.ana.home.rglob("*.key")).stem
        public = ctypes.create_string_buffer(32)
        self.assertEqual(bundle.SODIUM.crypto_sign_ed25519_pk_to_curve25519(public, bytes.fromhex(key)), 0)
        (self.folder / "ana.key").write_text(f"calm-recipient/1\nkey {public.raw.hex()}\nfor ana\ncheck {hashlib.sha256(public.raw).hexdigest()[:4]}\n")
        sealed = self.probe(self.folder / "ana.key")
        self.assertEqual(self.unseal(sealed)[0], 0)
        self.assertEqual(self.unseal(sealed, self.join("ben"))[0], 4)

    def test_nothing_is_overwritten_and_the_opening_is_on_record(self):
        sealed = self.probe(self.key_file())
        (self.folder / "web1.calm").write_bytes(sealed)
        said = self.ana("preserve unseal web1.calm")
        self.assertIn("web1.calm is whole", said)
        self.assertIn(f"SHA-256 {hashlib.sha256(sealed).hexdigest()}\n", said)
        self.assertEqual(bundle.check((self.folder / "web1.tar.zst").read_bytes()).state, "whole")
        self.assertIn(hashlib.sha256(sealed).hexdigest(), self.ana("log"))
        status, why = self.ana.fails("preserve unseal web1.calm")
        self.assertEqual(status, 2)
        self.assertIn("exists already", why)
        self.assertEqual(self.ana.fails("preserve key --out web1.calm")[0], 2)
        self.assertIn("It is not sealed", self.ana("preserve unseal web1.tar.zst"))
        self.assertEqual(sorted(p.name for p in self.folder.glob("web1*")), ["web1.calm", "web1.tar.zst"])
        self.assertEqual(list(self.folder.glob(".calm-*")), [])


class Hostile(BundleTest):
    def refused(self, pieces, words, good=1):
        """The first pieces are taken, the next is refused with these words."""
        status, said, written, why = self.unseal(chain(pieces))
        self.assertEqual((status, said.get("state"), said.get("pieces")), (8, "unsound", good), (said, why))
        self.assertIn(words, said["why"])
        self.assertEqual(bundle.check(written).pieces, good)

    def test_a_sound_one_made_by_hand_is_taken(self):
        archive = GOOD + pax(record(b"path", b"\xc3\xa4" * 60), record(b"mtime", b"-0.500000000")) + header(b"x") + header(b"l", 0, b"2", b"/etc/shadow") + END
        status, said, _, why = self.unseal(chain([archive[:700], archive[700:]]))
        self.assertEqual((status, said.get("members")), (0, 3), why)

    def test_what_leads_out_of_the_bundle_is_refused(self):
        for name in (b"/etc/passwd", b"../x", b"a/../../x", b"a//b", b"a/", b"./a", b"a/.", b""):
            self.refused([GOOD, header(name) + END], "member 2 has a name that leads out")
            if name:
                self.refused([GOOD, pax(record(b"path", name)) + header(b"fine") + END], "member 2 has a name that leads out")
        for target in (b"/etc/passwd", b"../../x"):
            self.refused([GOOD, header(b"hard", 0, b"1", target) + END], "member 2 is a link that leads out")

    def test_what_two_readers_could_see_differently_is_refused(self):
        sparse = (record(b"GNU.sparse.major", b"1"), record(b"GNU.sparse.name", b"../x"))
        for number, archive in enumerate((
            header(b"g", 0, b"g"), header(b"././@LongLink", 4, b"L") + padded(b"../x"), header(b"s", 0, b"S"), header(b"a", 0, b"7"),
            header(b"a", put={345: b"/etc"}), header(b"a", put={265: b"root"}), header(b"a", wrong=1), header(b"a", put={257: b"ustar  \0"}),
            header(b"a", put={124: b"\x80" + bytes(10) + b"\x01"}), header(b"d", 512, b"5") + bytes(512), header(b"a", put={100: b"7777777\0"}),
            pax(*sparse) + header(b"a"), pax(record(b"path", b"a"), record(b"path", b"b")) + header(b"c"), pax(record(b"uid", b"1")) + pax(record(b"path", b"b")) + header(b"c"), pax(record(b"other", b"b")) + header(b"c"),
            pax(b"8 path=a\n") + header(b"c"), pax(b"99999 path=abc\n") + header(b"c"), pax(b"11 path=abc") + header(b"c"), pax(record(b"hdrcharset", b"UTF-16")) + header(b"c"),
            pax(record(b"path", b"a\0b")) + header(b"c"), pax(record(b"mtime", b"soon")) + header(b"c"), pax(record(b"path", b"b")) + END, header(b"a", 1) + b"a" + b"b" * 511,
            header(b"s", 0, b"2"), header(b"a", 0, b"0", b"target"), pax(record(b"path", b"p" * 4097)) + header(b"c"), header(b"x", 1 << 20, b"x"),
        )):
            with self.subTest(number=number):
                self.refused([GOOD, archive + END], "member 2 ")
        self.refused([GOOD, END + header(b"a")], "behind the end")
        self.refused([GOOD, bytes(512) + header(b"a") + END], "behind the end")
        self.refused([GOOD, header(b"a", 1 << 20)], "does not end where the chain does")

    def test_a_million_entries_more_than_there_may_be_are_refused(self):
        block = header(b"a") * 2048
        packed = (frame(block), len(block))
        self.refused([packed] * 489 + [END], "more than a million members", good=488)

    def test_a_bomb_is_contained(self):
        zeros = (frame(bytes(1 << 20)), 1 << 20)
        size = 20 << 30
        big = pax(record(b"size", b"%d" % size)) + header(b"big")
        status, said, _, why = self.unseal(chain([big] + [zeros] * (size >> 20) + [END]))
        self.assertEqual((status, said.get("bytes"), said.get("members")), (0, len(big) + size + len(END), 1), why)
        self.refused([GOOD, pax(record(b"size", b"%d" % ((1 << 40) + 1))) + header(b"big")], "a size that cannot be")
        larger = frame(bytes(1 << 30))
        for packed, said in (((larger, 1 << 30), 1 << 30), ((b"\x28\xb5\x2f\xfd\x80\x70" + struct.pack("<I", 5) + b"\x29\0\0hello", 5), 5)):
            status, told, written, _ = self.unseal(chain([GOOD, packed, END]))
            self.assertEqual((status, told["state"], told["pieces"]), (8, "altered", 1), said)
            self.assertIn("asks for more", told["why"])

    def test_what_is_no_bundle_is_said_to_be_none(self):
        for data in (b"", b"x", b"calm-sealed/1\n", b"calm-sealed/1\n\n", bytes(100), frame(b"hello"), b"calm-sealed/1\nto " + b"0" * 64 + b" " + b"g" * 160 + b"\n\n"):
            status, _, written, why = self.unseal(data)
            self.assertEqual((status, written), (7, None), data)
            self.assertTrue(why.endswith("\n") and why.count("\n") <= 3, why)
        self.assertEqual(self.unseal(b"calm-sealed/2\n" + bytes(100))[0], 9)
        os.mkfifo(self.folder / "pipe")
        for name in ("pipe", "missing", "."):
            self.assertNotEqual(self.ana.run("preserve", "unseal", name, timeout=20).returncode, 0)

    def test_python_reads_no_more_out_of_a_sound_one_than_calm_does(self):
        archive = GOOD + header(b"d", 0, b"5") + END
        self.assertEqual([m.name for m, _ in bundle.members(archive)], ["good", "d"])
        self.assertEqual(self.unseal(chain([archive]))[1]["members"], 2)


if __name__ == "__main__":
    main()
