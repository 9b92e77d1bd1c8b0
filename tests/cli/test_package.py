"""test_package.py: evidence leaves as a package that age, tar and sha256sum open and check without calm, is on record, never holds what must not
leave, and is opened again without harm, whole or not."""
import base64
import hashlib
import io
import json
import os
import pathlib
import pty
import re
import resource
import select
import shlex
import shutil
import subprocess
import sys
import tarfile
import time
import unittest

from attacker import Files, Key
from harness import CALM, ROOT, SANITIZED, VERIFY, CaseTest, Person, main, one_line

sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import package as oracle  # noqa: E402  pylint: disable=wrong-import-position

FOR = '--to "Sgt. Weber, police" --because "file 4711/26"'
WORDS = "correct horse battery staple"
HAS_AGE = shutil.which("age", path="/usr/bin:/bin")


def key_pair(path):
    """A key by age-keygen; (private line, age1…)."""
    subprocess.run(["/usr/bin/age-keygen", "-o", str(path)], check=True, capture_output=True)
    text = path.read_text()
    return re.search(r"^AGE-SECRET-KEY-1\S+", text, re.M).group(), re.search(r"age1\S+", text).group()


def with_terminal(command, answers, cwd):
    """A program that asks on its terminal, answered; (status, what it showed) comes back."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execv(command[0], command)
    shown = b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([fd], [], [], 0.5)[0]:
            continue
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if answers and answers[0][0] in shown:
            os.write(fd, answers.pop(0)[1])
            shown = b""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode(errors="replace")


def member(name, data=b"x", kind=b"0", size=None, link=b""):
    """One member of an archive in the format of the page, headers alone where a size is lied about."""
    h = bytearray(512)
    h[: len(name)] = name
    h[100:108], h[108:116], h[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    h[124:136], h[136:148] = b"%011o\0" % (len(data) if size is None else size), b"00000000001\0"
    h[156:157], h[157 : 157 + len(link)] = kind, link
    h[257:265], h[329:337], h[337:345] = b"ustar\00000", b"0000000\0", b"0000000\0"
    h[148:156] = b" " * 8
    h[148:155] = b"%06o\0" % sum(h)
    return bytes(h) + data + bytes(-len(data) % 512)


def sums(*members):
    return member(b"SHA256SUMS", b"".join(hashlib.sha256(data).hexdigest().encode() + b"  " + name + b"\n" for name, data in members))


class Package(CaseTest):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "auth.log"
        self.log.write_bytes(b"Nov 26 03:12:09 web1 sshd: Accepted password for root\n" * 20)
        self.ana(f"preserve files {self.log}")
        if HAS_AGE:
            self.secret, self.recipient = key_pair(self.folder / "key.txt")

    def with_secrets(self, line, *secrets, person=None):
        """A command that asks for secrets gets each on a line of a descriptor."""
        who = person or self.ana
        read, write = os.pipe()
        os.write(write, "".join(s + "\n" for s in secrets).encode())
        os.close(write)
        try:
            command = [CALM, *(["--case", str(who.case)] if who.case else []), *shlex.split(line)]
            return subprocess.run(command, capture_output=True, cwd=self.folder, env={**who.env, "CALM_SECRET_FD": str(read)}, pass_fds=[read], timeout=120, check=False)
        finally:
            os.close(read)

    def export(self, name="weber.age", items="e1", more=""):
        return self.ana.json(f"preserve export {name} {items} {FOR} --recipient {self.recipient} {more}")

    def seal_with_age(self, tar, name="made.age"):
        path = self.folder / name
        subprocess.run(["/usr/bin/age", "-r", self.recipient, "-o", str(path)], input=tar, check=True)
        return path

    def open_with_age(self, path):
        return subprocess.run(["/usr/bin/age", "-d", "-i", str(self.folder / "key.txt"), str(path)], capture_output=True, check=True).stdout

    def member_of(self, package, name):
        plain = oracle.open_package(package, identity=self.secret)
        return tarfile.open(fileobj=io.BytesIO(plain)).extractfile(name).read()

    def outsider(self):
        """Somebody with calm, who has no case."""
        return Person("eva", self.folder, None)

    def pack(self, members, name="again.age"):
        """What whoever packs anew can make: an archive whose sums are right."""
        listed = [(n.encode(), data) for n, data in members.items() if n != "SHA256SUMS"]
        return self.seal_with_age(sums(*listed) + b"".join(member(n, data) for n, data in listed) + bytes(1024), name)

    def opened(self, members, more=""):
        """(status, what it says as JSON) of a package with these members."""
        self.pack(members)
        shutil.rmtree(self.folder / "again", ignore_errors=True)
        done = self.outsider().run(*shlex.split(f"preserve open again.age --to again --identity key.txt --json {more}"))
        return done.returncode, json.loads(done.stdout)


@unittest.skipUnless(HAS_AGE, "age is not installed")
class WithoutCalm(Package):
    def test_age_tar_and_sha256sum_open_and_check_it(self):
        first = self.ana("preserve custody e1")
        said = self.export(items="e1")
        self.assertEqual(hashlib.sha256((self.folder / "weber.age").read_bytes()).hexdigest(), said["sha256"])
        self.assertEqual((self.folder / "weber.age").stat().st_size, said["size"])
        out = self.folder / "out"
        out.mkdir()
        subprocess.run(["tar", "x"], input=self.open_with_age(self.folder / "weber.age"), cwd=out, check=True)
        checked = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=out, capture_output=True, text=True, check=True).stdout
        files = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
        self.assertEqual({line.split(": ")[0] for line in checked.splitlines()} | {"SHA256SUMS"}, files)
        self.assertEqual((out / "evidence/e1/auth.log").read_bytes(), self.log.read_bytes())
        readme = (out / "README.txt").read_text()
        self.assertIn("Sgt. Weber, police", readme)
        self.assertLessEqual(max(len(line) for line in readme.splitlines()), 80)
        self.assertNotRegex(readme, r"\{[a-z]+\}")
        # The fourth check of the page itself, as a shell runs it.
        script = re.search(r"^     (sed .*?MISSING\"; done)$", readme, re.M | re.S).group(1)

        def checked_by_hand():
            return subprocess.run(["sh", "-c", script], cwd=out, capture_output=True, text=True, check=False).stdout

        self.assertEqual(checked_by_hand(), "evidence/e1/auth.log: as recorded\n")
        (out / "evidence/e1/auth.log").write_bytes(b"other")
        (out / "evidence/e9").mkdir()
        (out / "evidence/e9/more").write_bytes(self.log.read_bytes() + b"x")
        self.assertEqual(checked_by_hand(), "evidence/e1/auth.log: ON NO RECORD\nevidence/e9/more: ON NO RECORD\n"
                         f"{hashlib.sha256(self.log.read_bytes()).hexdigest()}: MISSING\n")
        (out / "evidence/e1/auth.log").write_bytes(self.log.read_bytes())
        form = (out / "custody/e1.txt").read_text()
        self.assertIn("exported", form)
        self.form_is_checked(form, out, said, first)

    def form_is_checked(self, form, out, said, first):
        """What stands on paper, typed by a person, finds evidence that was altered, with sums of the packer's that fit; and is the record's anchor."""

        def typed(begin):
            line = re.search(rf"^    ({begin}(?:.*\\\n)+.*)$", form, re.M).group(1)
            done = subprocess.run(["sh", "-c", line], cwd=out, capture_output=True, text=True, check=False)
            return done.returncode, done.stdout

        self.assertEqual(typed("echo"), (0, "evidence/e1/auth.log: OK\n"))
        (out / "evidence/e1/auth.log").write_bytes(b"EVIL")
        self.assertEqual(typed("echo"), (1, "evidence/e1/auth.log: FAILED\n"))
        self.assertNotIn("SHA256SUMS", form)
        (out / "program" / "calm-verify").chmod(0o755)
        status, words = typed("program/calm-verify")
        self.assertEqual((status, "withheld" in words, " 0 match" in words), (0, True, False), words)
        case = json.loads((out / "journal/journal.cj1").read_bytes().splitlines()[1])["statement"]["case"]
        for root, size, text in ((said["root"], said["records"], form), (None, said["records"] - 3, first)):  # before the act, the export, what seals them
            self.assertIn(case, text)
            self.assertEqual(int(re.search(r"^Records +(\d+)$", text, re.M).group(1)), size)
            groups = re.search(r"^Root +(\S+-\S.*)\n +(\S+-.*)$", text, re.M)
            given = " ".join(groups.groups())
            if root:
                self.assertEqual("".join(g[:8] for g in given.split()), root)
            done = subprocess.run([VERIFY, "--root", f"{size}:{given}", "journal/journal.cj1"], cwd=out, capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            eva = self.outsider().json(f'preserve open weber.age --to again{size} --identity key.txt --root "{size}:{given}"')
            self.assertEqual(eva["journal"]["verdict"], "verified")

    def test_calm_verify_within_it_tells_whether_it_is_what_was_recorded(self):
        said = self.export()
        out = self.folder / "out"
        out.mkdir()
        subprocess.run(["tar", "x"], input=self.open_with_age(self.folder / "weber.age"), cwd=out, check=True)
        program = str(out / "program" / "calm-verify")
        self.assertEqual(pathlib.Path(program).read_bytes(), pathlib.Path(VERIFY).read_bytes())

        def verdict(*more):
            command = [program, "--openings", "journal/journal.cjo", *more, "journal/journal.cj1"]
            return subprocess.run(command, cwd=out, capture_output=True, check=False).returncode

        root = f"{said['records']}:{said['root']}"
        self.assertEqual(verdict(), 2)
        self.assertEqual(verdict("--root", root), 0)
        for typed in (int(said["records"]) - 1, int(said["records"]) + 1):
            done = subprocess.run([program, "--root", f"{typed}:{said['root']}", "journal/journal.cj1"], cwd=out, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"the root given is that of the first {said['records']} records, not of {typed}", one_line(done.stdout + done.stderr))
        openings = out / "journal" / "journal.cjo"
        whole = openings.read_bytes()
        weber, meier = (base64.b64encode(f"Sgt. {name}, police".encode()) for name in ("Weber", "Meier"))
        self.assertIn(weber, whole)
        openings.write_bytes(whole.replace(weber, meier))
        self.assertEqual(verdict("--root", root), 1)
        openings.write_bytes(whole)
        lines = (out / "journal" / "journal.cj1").read_bytes().splitlines(keepends=True)
        (out / "journal" / "journal.cj1").write_bytes(b"".join(lines[:-1]))
        self.assertEqual(verdict("--root", root), 1)

    def test_it_tells_no_value_of_any_other_record(self):
        self.ana('note add "the director is suspected"')
        self.ana('team role ana --role lead --mobile "+49 170 4711" --position "CISO of Muster AG"')
        self.join("bo")
        other = self.folder / "payroll.csv"
        other.write_bytes(b"salaries")
        self.ana(f"preserve files {other}")
        self.export(items="e1")
        plain = self.open_with_age(self.folder / "weber.age")
        openings = tarfile.open(fileobj=io.BytesIO(plain)).extractfile("journal/journal.cjo").read().splitlines()
        plain += b"".join(base64.b64decode(json.loads(line)["value"]) for line in openings)
        self.assertIn(b"file 4711/26", plain)
        for secret in (b"director", b"payroll", b"salaries", b"170 4711"):
            self.assertNotIn(secret, plain)
        # who signed is told, of nobody else, and the form has the same
        told = [(o["name"], base64.b64decode(o["value"]).decode()) for o in map(json.loads, openings)]
        signer = json.loads(Files(self.case).lines()[-1])["statement"]["by"]
        self.assertEqual(sorted({t for t in told if t[0] in ("name", "key", "position")}), [("key", signer), ("name", "ana"), ("position", "CISO of Muster AG")])
        form = self.member_of((self.folder / "weber.age").read_bytes(), "custody/e1.txt").decode()
        self.assertIn(f"ana CISO of Muster AG; in the team: lead; key {signer}", one_line(form))
        self.assertIn(f"By ana {signer[:8]} Record", one_line(form))

    def test_another_program_opens_each_way_in(self):
        """tests/oracle/package.py, made from the specifications with other libraries."""
        self.export("key.age")
        by_age = self.open_with_age(self.folder / "key.age")
        self.assertEqual(oracle.open_package((self.folder / "key.age").read_bytes(), identity=self.secret), by_age)
        for name, more in (("argon.age", ""), ("scrypt.age", "--scrypt")):
            done = self.with_secrets(f"preserve export {name} e1 {FOR} --passphrase {more}", WORDS, WORDS)
            self.assertEqual(done.returncode, 0, done.stderr)
            plain = oracle.open_package((self.folder / name).read_bytes(), passphrase=WORDS.encode())
            self.assertIn("evidence/e1/auth.log", tarfile.open(fileobj=io.BytesIO(plain)).getnames())

    def test_age_opens_a_passphrase_made_with_scrypt_and_no_other(self):
        for name, more in (("argon.age", ""), ("scrypt.age", "--scrypt")):
            done = self.with_secrets(f"preserve export {name} e1 {FOR} --passphrase {more}", WORDS, WORDS)
            self.assertEqual(done.returncode, 0, done.stderr)
        answers = [(b"passphrase", WORDS.encode() + b"\n")]
        status, shown = with_terminal(["/usr/bin/age", "-d", "-o", "plain.tar", "scrypt.age"], answers, self.folder)
        self.assertEqual(status, 0, shown)
        with tarfile.open(self.folder / "plain.tar") as tar:
            self.assertIn("evidence/e1/auth.log", tar.getnames())
        refused = subprocess.run(["/usr/bin/age", "-d", "-i", "key.txt", "argon.age"], cwd=self.folder, capture_output=True, check=False)
        self.assertNotEqual(refused.returncode, 0)

    def test_several_recipients_and_the_team_each_open_it(self):
        _, second = key_pair(self.folder / "second.txt")
        bo = self.join("bo")
        self.export(more=f"--recipient {second} --recipient bo")
        for key in ("key.txt", "second.txt"):
            subprocess.run(["/usr/bin/age", "-d", "-i", key, "-o", os.devnull, "weber.age"], cwd=self.folder, check=True)
        bo("preserve open weber.age --to bo-out")
        self.assertEqual((self.folder / "bo-out/evidence/e1/auth.log").read_bytes(), self.log.read_bytes())
        status, said = self.ana.fails("preserve open weber.age --to ana-out")
        self.assertEqual(status, 4, said)
        self.assertFalse((self.folder / "ana-out").exists())


@unittest.skipUnless(HAS_AGE, "age is not installed")
class Opened(Package):
    def test_what_age_made_is_opened(self):
        """The archive of a package, sealed again by age: for a key, and with a passphrase."""
        self.export()
        plain = self.open_with_age(self.folder / "weber.age")
        self.seal_with_age(plain)
        eva = self.outsider()
        self.assertEqual(eva.json("preserve open made.age --to one --identity key.txt")["state"], "as-recorded")
        (self.folder / "plain.tar").write_bytes(plain)
        answers = [(b"passphrase", WORDS.encode() + b"\n"), (b"onfirm", WORDS.encode() + b"\n")]
        status, shown = with_terminal(["/usr/bin/age", "-p", "-o", "secret.age", "plain.tar"], answers, self.folder)
        self.assertEqual(status, 0, shown)
        done = self.with_secrets("preserve open secret.age --to two", WORDS, person=eva)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(subprocess.run(["diff", "-r", "one", "two"], cwd=self.folder, check=False).returncode, 0)
        self.assertEqual((self.folder / "two/evidence/e1/auth.log").read_bytes(), self.log.read_bytes())

    def test_wrong_keys_and_passphrases_open_nothing(self):
        key_pair(self.folder / "other.txt")
        self.export()
        eva = self.outsider()
        status, said = eva.fails("preserve open weber.age --to out --identity other.txt")
        self.assertEqual(status, 4)
        self.assertIn("none of the keys", said)
        (self.folder / "bad.txt").write_text("hello\n")
        self.assertEqual(eva.fails("preserve open weber.age --to out --identity bad.txt")[0], 2)
        done = self.with_secrets(f"preserve export words.age e1 {FOR} --passphrase", WORDS, WORDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.with_secrets("preserve open words.age --to out", WORDS + "r", person=eva)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertFalse((self.folder / "out").exists())
        self.assertNotIn(WORDS.encode(), done.stderr + done.stdout)

    def test_a_mistyped_group_of_a_made_passphrase_is_named(self):
        made = self.ana.json(f"preserve export made.age e1 {FOR} --generate")["passphrase"]
        self.assertRegex(made, r"^([2-9a-hjkmnp-z]{5}-){4}[2-9a-hjkmnp-z]{5}$")
        alphabet = "23456789abcdefghjkmnpqrstuvwxyz"
        for group in made.split("-"):  # doc/format/package.md, section 2
            values = [alphabet.index(c) for c in group]
            self.assertEqual(sum((i + 1) * v for i, v in enumerate(values[:4])) % 31, values[4])
        groups = made.split("-")
        groups[2] = groups[2][:4] + ("2" if groups[2][4] != "2" else "3")
        eva = self.outsider()
        done = self.with_secrets("preserve open made.age --to out", "-".join(groups), person=eva)
        self.assertEqual(done.returncode, 4)
        self.assertIn("group 3", one_line(done.stderr.decode()))
        done = self.with_secrets("preserve open made.age --to out", made, person=eva)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.folder / "out/evidence/e1/auth.log").read_bytes(), self.log.read_bytes())

    def test_what_was_whole_before_a_cut_is_opened_and_said(self):
        """The unit test cuts at every byte; here one cut behind the forms, with the real programs."""
        big = self.folder / "big.raw"
        big.write_bytes(os.urandom(1 << 20))
        self.ana(f"preserve files {big}")
        self.export(items="e1 e2")
        whole = (self.folder / "weber.age").read_bytes()
        (self.folder / "cut.age").write_bytes(whole[: len(whole) - 300000])
        eva = self.outsider()
        done = eva.run("preserve", "open", "cut.age", "--to", "cut", "--identity", "key.txt", "--json")
        said = json.loads(done.stdout)
        self.assertEqual((done.returncode, said["state"]), (7, "cut"), done.stderr)
        self.assertEqual((self.folder / "cut/evidence/e1/auth.log").read_bytes(), self.log.read_bytes())
        part = (self.folder / "cut/evidence/e2/big.raw.part").read_bytes()
        self.assertEqual(part, big.read_bytes()[: len(part)])
        self.assertGreater(len(part), 600000)
        self.assertFalse((self.folder / "cut/evidence/e2/big.raw").exists())
        changed = bytearray(whole)
        changed[len(whole) // 2] ^= 1
        (self.folder / "changed.age").write_bytes(changed)
        done = eva.run("preserve", "open", "changed.age", "--to", "changed", "--identity", "key.txt")
        self.assertEqual(done.returncode, 8, done.stderr)
        for path in (self.folder / "changed").rglob("*"):
            if path.is_file():
                name = str(path.relative_to(self.folder / "changed")).removesuffix(".part")
                self.assertTrue(self.member_of(whole, name).startswith(path.read_bytes()), name)

    def test_a_hostile_archive_leads_nowhere(self):
        """Whoever knows the key can seal anything; nothing of it lies outside of the folder, or is a link."""
        outside = self.folder / "outside"
        cases = {
            "absolute": sums((b"/tmp/x", b"x")) + member(b"/tmp/x"),
            "up": sums((b"../outside", b"x")) + member(b"../outside"),
            "deep": sums((b"a/../../outside", b"x")) + member(b"a/../../outside"),
            "link": sums((b"a", b"")) + member(b"a", b"", b"2", link=str(outside).encode()),
            "hard": sums((b"a", b"")) + member(b"a", b"", b"1", link=b"SHA256SUMS"),
            "through": sums((b"a", b""), (b"a/b", b"x")) + member(b"a", b"", b"2", link=b"..") + member(b"a/b"),
            "folder": sums((b"a", b"")) + member(b"a", b"", b"5"),
            "escape": sums((b"a\x1b[2J", b"x")) + member(b"a\x1b[2J"),
            "huge": sums((b"a", b"x")) + member(b"a", size=(1 << 33) - 1),
            "unnamed": sums((b"a", b"x")) + member(b"b"),
            "no list": member(b"a"),
            "long list": member(b"SHA256SUMS", size=(32 << 20) + 1),
        }
        eva = self.outsider()
        for name, tar in cases.items():
            with self.subTest(name):
                self.seal_with_age(tar + bytes(1024), f"{name}.age")
                done = eva.run("preserve", "open", f"{name}.age", "--to", name, "--identity", "key.txt")
                self.assertIn(done.returncode, (7, 8), done.stderr)
                found = [p for p in (self.folder / name).rglob("*") if not p.is_dir()]
                self.assertTrue(all(not p.is_symlink() for p in found))
                self.assertLessEqual({p.name for p in found}, {"SHA256SUMS", "a.part", "SHA256SUMS.part"})
                self.assertFalse(outside.exists())
                self.assertNotIn(b"\x1b", done.stderr + done.stdout)

    def test_names_that_come_twice_or_lie_about_their_bytes_are_found(self):
        eva = self.outsider()
        twice = sums((b"a", b"x"), (b"a", b"y")) + member(b"a") + member(b"a", b"y") + bytes(1024)
        self.seal_with_age(twice)
        status, said = eva.fails("preserve open made.age --to twice --identity key.txt")
        self.assertEqual(status, 8)
        self.assertIn("twice", said)
        self.assertEqual((self.folder / "twice/a").read_bytes(), b"x")
        self.seal_with_age(sums((b"a", b"x")) + member(b"a", b"y") + bytes(1024), "lie.age")
        status, said = eva.fails("preserve open lie.age --to lie --identity key.txt")
        self.assertEqual(status, 8)
        self.assertFalse((self.folder / "lie/a").exists())

    def test_more_members_than_a_package_may_have_are_refused(self):
        names = [b"f%06d" % i for i in range(100001)]
        empty = hashlib.sha256(b"").hexdigest().encode()
        listed = member(b"SHA256SUMS", b"".join(empty + b"  " + n + b"\n" for n in names))
        self.seal_with_age(listed + b"".join(member(n, b"") for n in names) + bytes(1024))
        status, said = self.outsider().fails("preserve open made.age --to many --identity key.txt")
        self.assertEqual(status, 8)
        self.assertIn("100,000", one_line(self.outsider().run("preserve", "open", "made.age", "--to", "again", "--identity", "key.txt").stdout.decode()))
        self.assertTrue(said)

    def test_what_lies_in_the_folder_is_left_alone(self):
        self.export()
        out = self.folder / "out"
        out.mkdir()
        (out / "README.txt").write_text("mine")
        status, said = self.outsider().fails("preserve open weber.age --to out --identity key.txt")
        self.assertEqual(status, 2)
        self.assertIn("not empty", said)
        self.assertEqual((out / "README.txt").read_text(), "mine")

    def test_what_is_no_package_is_said_to_be_none(self):
        eva = self.outsider()
        for name, data in (("empty", b""), ("text", b"hello\n"), ("other", b"age-encryption.org/v2\nx\n"), ("cut", b"age-encryption.org/v1\n-> X25519 ")):
            (self.folder / name).write_bytes(data)
            status, said = eva.fails(f"preserve open {name} --to out --identity key.txt")
            self.assertIn(status, (7, 9), said)
        self.assertIn("this is no package of calm: it does not begin with age-encryption.org/v1", one_line(eva.fails("preserve open text --to out --identity key.txt")[1]))
        subprocess.run(["/usr/bin/age", "-a", "-r", self.recipient, "-o", str(self.folder / "armor")], input=b"hello", check=True)
        self.assertIn("a file of age as text (armor)", one_line(eva.fails("preserve open armor --to out --identity key.txt")[1]))
        for n, data in enumerate((b"hello", member(b"a") + bytes(1024))):  # what others seal for that key
            self.seal_with_age(data, "others.age")
            status, said = eva.fails(f"preserve open others.age --to others{n} --identity key.txt")
            self.assertEqual((status, "no package of calm: what is in it does not begin with SHA256SUMS" in one_line(said)), (7, True), said)
            self.assertEqual(list((self.folder / f"others{n}").iterdir()), [])
        self.assertEqual(eva.fails("preserve open /dev/null --to out")[0], 2)
        self.assertFalse((self.folder / "out").exists())


@unittest.skipUnless(HAS_AGE, "age is not installed")
class Compared(Package):
    """Whoever knows the recipient's public key can pack anew: what is inside is held against the journal in it (doc/format/package.md, section 5)."""

    parts = {"web1 sda.E01": b"first" * 900, "web1_sda.E01": b"second", "web1 sda.txt": b"said", "web1 sda.map": b"left"}

    def image(self, name, parts, unread=()):
        """An item as doc/format/image.md, section 1, has it: its files lie in a folder."""
        place = self.folder / name
        place.mkdir()
        for part, data in parts.items():
            (place / part).write_bytes(data)
        lines = [f"{part} {len(data)} {'-' if part in unread else hashlib.sha256(data).hexdigest()}" for part, data in parts.items()]
        ana, files = Key.of(self.ana), Files(self.case)
        files.append(ana, "evidence/1", {"title": name, "sort": "image", "place": str(place), "files": "\n".join(lines)},
                     scope_key=ana.unseal(files.grants()[ana.public])[-32:])

    def number(self, title):
        return next(t["call"] for t in self.ana.json("preserve list") if t["title"].endswith(title))

    def fill_case(self):
        """Of everything one, out of two copies that were merged: numbers are not in the journal's order."""
        bo = self.join("bo")
        apart = Person("bo", self.folder, self.folder / "bo.calm")
        shutil.copytree(self.case, apart.case)
        for person, name in ((apart, "b.log"), (self.ana, "a.log"), (self.ana, "gone.log")):
            (self.folder / name).write_bytes(name.encode() * 50)
            person(f"preserve files {self.folder / name}")
        apart("log export apart")
        self.ana("log merge apart")
        shutil.copytree(apart.case / "evidence", self.case / "evidence", dirs_exist_ok=True)
        self.image("disk of web1", self.parts, unread=["web1 sda.txt"])
        self.image("old disk", {"old.E01": b"old"})
        self.ana(f'preserve move {self.number("old disk")} destroyed --because "court order 12/26"')
        self.ana('preserve item "drive 3 of db1"')
        self.ana("preserve move e1 handed-over --to Mallory")
        made = self.ana.json(f"preserve custody {self.number('gone.log')}")["chain"][0]["record"]
        request = self.ana.json(f"log redact-request r{made} sha256 --because gone")[0]["record"]
        for person in (self.ana, bo):
            person(f"log redact-approve r{request}")
        self.ana(f"log redact r{request}")

    def test_what_was_packed_anew_is_held_against_the_journal(self):
        self.fill_case()
        made = self.ana.json(f"preserve export weber.age --all {FOR} --recipient {self.recipient}")
        tar = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "weber.age")))
        whole = {n: tar.extractfile(n).read() for n in tar.getnames()}
        at = {t.split()[-1].split("/")[-1]: f"evidence/{self.number(t)}" for t in ("a.log", "b.log", "auth.log", "disk of web1")}
        a, b, image = f"{at['a.log']}/a.log", f"{at['b.log']}/b.log", at["web1"]
        self.assertEqual({n for n in whole if n.startswith("evidence/")},
                         {a, b, f"{at['auth.log']}/auth.log", *(f"{image}/{n}" for n in ("web1_sda.E01", "web1_sda.E01_", "web1_sda.txt", "web1_sda.map"))})
        status, said = self.opened(whole)
        self.assertEqual((status, said["state"], said["journal"]["verdict"]), (0, "as-recorded", "not-anchored"), said)
        self.assertEqual({s["path"]: (s["title"].split("/")[-1], s["without_sum"]) for s in said["evidence"]["same"]},
                         {at["a.log"]: ("a.log", 0), at["b.log"]: ("b.log", 0), at["auth.log"]: ("auth.log", 0), image: ("disk of web1", 1)})
        self.assertEqual([said["evidence"][n] for n in ("items", "as_recorded", "without_bytes", "not_as_recorded")], [7, 4, 3, 0])
        self.assertEqual((said["journal"]["records"], said["journal"]["root"]), (made["records"], made["root"]))
        # the chain of each, from the journal and its openings alone, as the case itself has it
        first = self.ana.json("preserve custody e1")["chain"]
        chain = [r for r in said["evidence"]["chain"] if r["item"] == first[0]["record"]]
        self.assertEqual([(r["record"], r["act"], r["by"], r["key"], r["recorded"], r.get("to")) for r in chain],
                         [(r["record"], r["act"], r["by"], r["key"], r["recorded"], r.get("to")) for r in first])
        self.assertEqual({(r["act"], r["by"], r.get("to")) for r in chain} >= {("taken", "ana", None), ("handed-over", "ana", "Mallory")}, True)

        def without(*names):
            return {n: data for n, data in whole.items() if not any(n.startswith(name) for name in names)}

        journal, openings = "journal/journal.cj1", "journal/journal.cjo"
        lines = whole[journal].splitlines(keepends=True)
        told = whole[openings].splitlines(keepends=True)
        b_id = next(json.loads(o)["id"] for o in told if base64.b64decode(json.loads(o)["value"]).endswith(b"/b.log"))
        sum_of_b = next(o for o in told if json.loads(o)["id"] == b_id and json.loads(o)["name"] == "sha256")
        about_b = {b_id} | {s["id"] for s in (json.loads(x)["statement"] for x in lines) if b_id in s["refs"]}
        a_title, title = base64.b64encode(str(self.folder / "a.log").encode()), base64.b64encode(str(self.folder / "z.log").encode())
        self.assertIn(a_title, whole[openings])
        kinds = {
            "changed": ({**whole, a: b"other"}, [("changed", a)]),
            "files exchanged": ({**whole, a: whole[b], b: whole[a]}, []),  # each is as recorded, under the other's number
            "names of an image exchanged": ({**whole, f"{image}/web1_sda.map": whole[f"{image}/web1_sda.E01"], f"{image}/web1_sda.E01": whole[f"{image}/web1_sda.map"]},
                                            [("changed", f"{image}/web1_sda.E01"), ("changed", f"{image}/web1_sda.map")]),
            "file of an image left out": (without(f"{image}/web1_sda.E01_"), [("missing", f"{image}/web1_sda.E01_")]),
            "item left out": (without(at["b.log"]), [("no-files", None)]),
            "image left out": (without(image), [("no-files", None)]),
            "files beside": ({**whole, "OPEN-ME.exe": b"evil", "journal/journal2.cj1": whole[journal], "custody/e99.html": b"", "custody/e99.txt": b""},
                             [("foreign", "OPEN-ME.exe"), ("foreign", "journal/journal2.cj1"), ("form-other", "custody/e99.html"), ("form-other", "custody/e99.txt"), ("more-forms", "custody")]),
            "line of a chain left out": ({**whole, openings: b"".join(o for o in told if b"Mallory" not in base64.b64decode(json.loads(o)["value"]))}, [("untold", None), ("untold", None)]),
            "form left out": (without(f"custody/{at['a.log'][9:]}."), [("no-form", at["a.log"])]),
            "no page, no program": (without("README.txt", "program/"), [("absent", "README.txt"), ("absent", "program/calm-verify")]),
            "file more": ({**whole, f"{at['a.log']}/more.exe": b"evil"}, [("unrecorded", f"{at['a.log']}/more.exe")]),
            "file more in an image": ({**whole, f"{image}/x/more": b"evil"}, [("unrecorded", f"{image}/x/more")]),
            "folder more": ({**whole, "evidence/e99/z": b"evil", "evidence/y": b"evil"}, [("no-item", "evidence/e99"), ("no-item", "evidence/y")]),
            "destroyed is there": ({**whole, "evidence/e98/old.E01": b"old"}, [("no-item", "evidence/e98")]),
            "sum withheld": ({**whole, openings: whole[openings].replace(sum_of_b, b"")}, [("no-item", at["b.log"]), ("withheld", None)]),
            "left out with its record": ({**without(at["b.log"]), openings: b"".join(o for o in told if json.loads(o)["id"] not in about_b)}, [("form", f"custody/{at['b.log'][9:]}.{end}") for end in ("html", "txt")] + [("more-forms", "custody"), ("no-export", None)]),
            "journal cut": ({**whole, journal: b"".join(lines[:-1])}, [("cut", None)]),
            "form of another who": ({n: data.replace(b"ana", b"eve") if n == f"custody/{at['a.log'][9:]}.txt" else data for n, data in whole.items()}, [("form", f"custody/{at['a.log'][9:]}.txt")] * 3),  # both rows, and who signed them
            "form of another to": ({n: data.replace(b"Mallory", b"Weber") if n == "custody/e1.html" else data for n, data in whole.items()}, [("form", "custody/e1.html")] * 2),  # and who has it now
            "form of another day": ({n: re.sub(rb"20\d\d-\d\d-\d\d (?=[^<]*</time></td><td>handed)", b"2020-01-01 ", data) if n == "custody/e1.html" else data for n, data in whole.items()}, [("form", "custody/e1.html")]),
            "form without a row": ({n: re.sub(rb"<tr>(?:(?!<tr>).)*Mallory.*?</tr>\n", b"", data) if n == "custody/e1.html" else data for n, data in whole.items()}, [("form", "custody/e1.html")] * 2),  # the next has another number
            "form of no format": ({n: b"hello" if n == "custody/e1.html" else data for n, data in whole.items()}, [("form-other", "custody/e1.html")]),
            "value altered": ({**whole, openings: whole[openings].replace(a_title, title)}, [("form", f"custody/{self.number('a.log')}.{end}") for end in ("html", "txt")]),
            "no line": ({**whole, journal: whole[journal] + b"x\n"}, None),
            "no openings": (without(openings), None),
            "no journal": (without(journal), None),
            "folders for files": ({**without(journal, openings), "journal": b"x"}, None),
            "files for folders": ({**without(openings), openings + "/x": b"x"}, None),
        }
        verdicts = {"value altered": "tampered", "no line": "malformed", **dict.fromkeys(("no openings", "no journal", "folders for files", "files for folders"), "unchecked")}
        for name, (members, wrong) in kinds.items():
            with self.subTest(name):
                status, said = self.opened(members)
                verdict = verdicts.get(name, "not-anchored")
                bad = bool(wrong) or name in verdicts
                self.assertEqual((said["journal"]["verdict"], status, said["state"]), (verdict, *((8, "not-as-recorded") if bad else (0, "as-recorded"))), said)
                if wrong is not None:
                    self.assertEqual(sorted((w["what"], w.get("path")) for w in said["evidence"]["wrong"]), sorted(wrong, key=str), said)
        self.says_what_it_found(whole, made, image)
        # what the sender left out by its label is told, and no fault
        self.ana(f"preserve get e1 {self.folder}/copy --to Mallory --tlp red")
        self.ana(f"preserve export amber.age e1 {FOR} --label amber --recipient {self.recipient}")
        said = self.outsider().json("preserve open amber.age --to amber --identity key.txt")
        self.assertEqual((said["state"], [b["title"].split("/")[-1] for b in said["evidence"]["beyond"]], said["evidence"]["without_bytes"]), ("as-recorded", ["auth.log"], 0), said)
        # but not what is labelled as the record of this very export, which he always tells
        self.ana("preserve move e1 handed-over --to Mallory --tlp red")
        self.export("red.age")
        tar = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "red.age")))
        whole = {n: tar.extractfile(n).read() for n in tar.getnames()}
        red = {s["id"] for s in (json.loads(x)["statement"] for x in whole[journal].splitlines()) if s["tlp"] == "red"}
        self.assertEqual(self.opened(whole)[0], 0)
        whole[openings] = b"".join(o for o in whole[openings].splitlines(keepends=True) if json.loads(o)["id"] not in red)
        status, said = self.opened(whole)
        self.assertEqual((status, {w["what"] for w in said["evidence"]["wrong"]}, said["evidence"]["beyond"]), (8, {"untold"}, []), said)

    def rich_case(self):
        """Rows of every kind, and values that are not spelled as they are typed."""
        self.join("bo")
        self.ana('preserve item "drive <b>3</b> & more" --place "Tresor Zürich, ⅔ \'x\' <b>" --seal "№ 0815"')
        self.ana('preserve move e2 handed-over --from ana --to "Sgt. Wéber \\\\ 警察本部警察本部警察本部警察本部警察本部" --seal "№ 0815" --signed "both <i>, on the form" --signed "bo: yes" --because "§ 94"')
        self.ana('preserve move e2 returned --from "Sgt. Wéber" --to ana --at 2020-02-03T04:05:06Z --at-clock "his watch, café" --by bo')
        self.ana('preserve move e2 handed-over --from "nobody <b>" --to "Sgt. Wéber \\\\ 警察本部警察本部警察本部警察本部警察本部" --seal "№ 9 & 10"')
        self.ana('preserve move e2 opened')
        self.ana('preserve move e2 examined --from Mo --seal "№ 0815"')
        self.ana("preserve move e1 examined --by bo --because " + "long" * 30)
        self.ana("preserve verify e1")
        self.ana("analyse timeline e1")
        self.ana(f"preserve get e1 {self.folder}/copy --to Mallory")
        self.export("first.age", "e1 e2")

    def test_every_cell_of_a_form_is_held_against_the_record(self):
        self.rich_case()
        self.export(items="e1 e2")
        tar = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "weber.age")))
        whole = {n: tar.extractfile(n).read() for n in tar.getnames()}
        status, said = self.opened(whole)
        self.assertEqual((status, said["state"], said["evidence"]["wrong"]), (0, "as-recorded", []), said)
        html, text, drive = "custody/e1.html", "custody/e1.txt", "custody/e2.html"
        page = whole[html].decode()
        rows = re.findall(r"<tr><td.*?</tr>\n", page)
        self.assertEqual([re.findall(r"<td[^>]*>(.*?)</td>", r)[2] for r in rows], ["taken", "examined", "verified: as it was taken", "examined", "copied", "exported", "exported"])
        forged = rows[-1].replace(">7<", ">8<").replace(">exported<", ">opened<")
        forged = re.sub(r">r\d+<", ">r99<", forged)
        lines = "\nNo.         8\nWhen (UTC)  2026-11-28 09:00:00\nWhat        opened\nWhy         seal found broken\nBy          ana 00000000\nRecord      r99\n"

        def with_page(before, after, name=html):
            self.assertIn(before, whole[name].decode(), before)
            return {**whole, name: whole[name].decode().replace(before, after, 1).encode()}

        def styled(more):
            style = re.search(r"<style>(.*?)</style>", page, re.S).group(1)
            other = style + more
            sums = [base64.b64encode(hashlib.sha256(x.encode()).digest()).decode() for x in (style, other)]
            self.assertIn(sums[0], page)
            return {**whole, html: page.replace(style, other).replace(sums[0], sums[1]).encode()}

        record = re.search(r">(r\d+)<", rows[1]).group(1)
        breaks = re.findall(r"<li>row .*?</li>\n?", whole[drive].decode(), re.S)
        self.assertTrue(breaks)
        says = {
            "a row of no record": with_page(rows[-1], rows[-1] + forged),
            "a row of another record": with_page(f">{record}<", ">r1<"),
            "a row of another item": with_page(f">{record}<", f'>{re.search(r">(r[0-9]+)<", whole[drive].decode()).group(1)}<'),
            "a verification left out": with_page(rows[2], ""),
            "a verification with another outcome": with_page("verified: as it was taken", "verified: not what it was"),
            "a verification by another key": with_page(rows[2], re.sub(r"ana [0-9a-f]{8}", "ana 00000000", rows[2])),
            "a verification of another day": with_page(rows[2], re.sub(r">20\d\d-", ">2019-", rows[2])),
            "its file taken from elsewhere": with_page(rows[4], rows[4].replace("copy", "elsewhere")),
            "another reason": with_page("longlong", "longlang"),
            "another number": with_page('<td class="n">2<', '<td class="n">3<'),
            "another time of record": with_page("recorded 20", "recorded 19", drive),
            "another clock": with_page("café", "cafe", drive),
            "said to be before, no more": with_page("SAID TO BE BEFORE THE ITEM WAS TAKEN; ", "", drive),
            "another seal": with_page("<td>№ 0815", "<td>№ 0816", drive),
            "another seal now": with_page("<dd>№ 0815", "<dd>№ 0816", drive),
            "a seal more": with_page("<div><dt>Seal</dt>", "<div><dt>Seal</dt><dd>1</dd></div>\n<div><dt>Seal</dt>", drive),
            "no seal now": {**whole, drive: re.sub(rb"<div><dt>Seal</dt><dd>.*?</dd></div>\n", b"", whole[drive])},
            "another SHA-256": with_page(page[page.index("<dt>SHA-256</dt><dd>") :][20:26], "<wbr>0000", html),
            "another SHA-256 in text": {**whole, text: re.sub(rb"SHA-256( +)....", rb"SHA-256\g<1>0000", whole[text], count=1)},
            "kept elsewhere": with_page("<dt>Kept now</dt><dd>", "<dt>Kept now</dt><dd>at home, ") if b"Kept now" in whole[html] else with_page("<div><dt>Item</dt>", "<div><dt>Kept now</dt><dd>at home</dd></div>\n<div><dt>Item</dt>"),
            "somebody who has it": with_page("<div><dt>Item</dt>", "<div><dt>Held now by</dt><dd>Mallory</dd></div>\n<div><dt>Item</dt>"),
            "another seal in a row of text": {**whole, "custody/e2.txt": re.sub("(?m)^(Seal +№ 081)5(?=\nBy)", r"\g<1>6", whole["custody/e2.txt"].decode()).encode()},
            "another place": with_page("Tresor Zürich", "Tresor Zurich", drive),
            "another recipient of it": with_page("警察本部", "警察", drive),
            "another who signed on paper": with_page("signed: bo: yes", "signed: bo: no", drive),
            "another package": with_page("package of SHA-256 ", "package of SHA-256 0", drive),
            "another key": with_page("to open with age1", "to open with age2", drive),
            "not exported": with_page(rows[-2], rows[-2].replace(">exported<", ">not exported<")),
            "another seal in text": with_page("№ 0815", "№ 0816", "custody/e2.txt"),
            "another place in text": with_page("Tresor Zürich", "Tresor Zurich", "custody/e2.txt"),
            "another thing": with_page("<dt>Item</dt><dd>", "<dt>Item</dt><dd>disk 9 ", drive),
            "another thing in text": with_page("\nItem  ", "\nItem  disk 9 ", "custody/e2.txt"),
            "another number of records": with_page("<dt>Records</dt><dd>", "<dt>Records</dt><dd>9", drive),
            "another root": with_page("\nRoot     ", "\nRoot     0", text),
            "a break of no row": with_page("<p>The clock of the machine", "<p>Where the chain does not hold together, in the order of the times that were said:</p>\n<ul>\n<li>row 2: it was "
                                           "open</li>\n</ul>\n<p>The clock of the machine"),
            "a break left out": with_page(breaks[0], "", drive),
            "a break left out in text": {**whole, "custody/e2.txt": re.sub(rb"\nWhere the chain does not.*?\n\n.*?\n\n", b"\n", whole["custody/e2.txt"], flags=re.S)},
            "another break": with_page(breaks[0], breaks[0].replace("row ", "row 1"), drive),
            "a row of no record in text": with_page("\nThe clock of the machine", lines + "\nThe clock of the machine", text),
        }
        others = {
            "true rows in a comment": with_page(rows[1], f"<!--{rows[1]}-->{forged.replace('<tr>', '<TR>')}"),
            "true rows hidden by a tag": with_page('<table class="short">', '<table class="short" hidden>'),
            "true rows hidden by a class": with_page("<tbody>\n", '<tbody class="hidden">\n'),
            "a label that hides": with_page('<strong class="tlp amber">', '<strong class="tlp hidden">'),
            "a second table": with_page("</main>", "<table><tbody>\n" + forged + "</tbody></table></main>"),
            "rows behind the table": with_page("</tbody></table></div>\n", "</tbody></table></div>\n" + forged),
            "the table in what is not printed": with_page("</main>\n<footer>\n", "</main>\n<footer>\n<table></table>"),
            "a style more": with_page("</title>", "</title><style>tr{display:none}</style>"),
            "another style": styled("tr{display:none}\n"),
            "another style in a margin": {**whole, html: styled("")[html].replace(b"@page{\n", b'@page{\n@top-left{content:"x"}}tr{display:none}@page{{}\n')},
            "a script": with_page("</title>", "</title><script>x()</script>"),
            "another policy": with_page("default-src 'none'", "default-src *"),
            "what is shown backwards": with_page("<h1>", "<h1>\u202e"),
            "orders to a terminal": with_page("\nTable 1.", "\n\x1b[8m\nTable 1.", text),
            "rows far from the table": with_page("From here on, by hand", lines + "\nFrom here on, by hand", text),
            "a row without its number": with_page("\nThe clock of the machine", re.sub("No\\..*\\n|Record.*\\n", "", lines) + "\nThe clock of the machine", text),
            "a table more": with_page("From here on, by hand", "\n---  ----  -  -  -  -  -  -  -  -\n  8  x\n", text),
            "rows without a table": with_page("Table 1. The chain", "Table 1. A chain", text),
        }
        for wanted, kinds in (("form", says), ("form-other", others)):
            for name, members in kinds.items():
                with self.subTest(name):
                    self.assertNotEqual(members, whole)
                    status, said = self.opened(members)
                    self.assertEqual((status, said["state"], {w["what"] for w in said["evidence"]["wrong"]}), (8, "not-as-recorded", {wanted}), said)
        words = one_line(self.outsider().run(*shlex.split("preserve open again.age --to words --identity key.txt")).stdout.decode())
        self.assertIn("custody/e1.txt: this form is not as calm writes it", words)

    def test_what_a_form_says_of_an_image_is_held_against_the_record(self):
        disk, out = self.folder / "disk.raw", self.folder / "images"
        disk.write_bytes(os.urandom(1 << 20) + b"odd")  # the image holds more than the source did
        out.mkdir()
        self.ana(f"preserve image {disk} --to {out} --name x")
        self.ana(f"preserve export weber.age e2 {FOR} --recipient {self.recipient}")
        tar = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "weber.age")))
        whole = {n: tar.extractfile(n).read() for n in tar.getnames()}
        status, said = self.opened(whole)
        self.assertEqual((status, said["state"]), (0, "as-recorded"), said)
        changes = [(label, "[0-9a-f]{6}", "eeeeee") for label in ("Source MD5", "Source SHA-1", "Source SHA-256", "Image MD5", "Image SHA-1", "Image SHA-256")]
        for label, old, new in (*changes, ("Not readable", "0 bytes", "9 bytes"), ("Size", r"\(10", "(20"), ("Files", "x.E01", "y.E01")):
            for form, before in (("html", rf"(<dt>{label}</dt><dd>[^/]*?)"), ("txt", rf"(?m)(^{label}  [^\n]*?)")):
                with self.subTest(label, form=form):
                    name = f"custody/e2.{form}"
                    text, count = re.subn(before + old, rf"\g<1>{new}", whole[name].decode(), count=1)
                    self.assertEqual(count, 1)
                    status, said = self.opened({**whole, name: text.encode()})
                    self.assertEqual((status, {w["what"] for w in said["evidence"]["wrong"]}), (8, {"form"}), said)
        more = whole["custody/e2.txt"].replace(b"\nNot readable ", b"\nLeft unread   9 bytes (9 bytes)\nNot readable ")
        self.assertNotEqual(more, whole["custody/e2.txt"])
        self.assertEqual(self.opened({**whole, "custody/e2.txt": more})[0], 8)

    def test_a_table_side_by_side_is_taken_apart_by_the_columns_of_its_characters(self):
        self.ana('preserve move e1 stored --place "Zürich 警察, Raum 3"')
        self.ana.json(f"preserve export weber.age e1 --because 1 --to 警 --recipient {self.recipient}")
        tar = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "weber.age")))
        whole = {n: tar.extractfile(n).read() for n in tar.getnames()}
        form = whole["custody/e1.txt"].decode()
        self.assertRegex(form, r"\n---  -.*(?:\n.*)*\n +2  .* stored +Zürich")
        self.assertEqual(self.opened(whole)[1]["evidence"]["wrong"], [])
        for before, after in (("警察", "警官"), ("Raum 3", "Raum 4"), ("  警", "  官"), ("\nThe clock of", "    2026-11-28 09:00:00  opened\n\nThe clock of"), ("\n  2  20", "\n     20")):
            with self.subTest(after):
                self.assertIn(before, form)
                other = form.replace(f"\n{before}" if "clock" in before else before, after, 1)
                status, said = self.opened({**whole, "custody/e1.txt": other.encode()})
                self.assertEqual((status, {(w["what"], w["path"]) for w in said["evidence"]["wrong"]}), (8, {("form", "custody/e1.txt")}), said)

    def says_what_it_found(self, whole, made, image):
        """The words, and what can be compared only by people."""
        eva = self.outsider()
        said = eva("preserve open weber.age --to words --identity key.txt")
        self.assertNotIn("package is whole", said)
        for words in ("as they were packed", "The journal is valid, but not anchored", "7 items on record, all as recorded", f"{image} is r", "on record as destroyed",
                      "a paper, a device", "handed-over to Mallory, by ana", "the sender's", "Still to compare", f"records {made['records']}"):
            self.assertIn(words, one_line(said))
        groups = re.search(r"root\s+((?:[0-9a-f]{8}-[0-9a-f]{2}\s+){8})", said).group(1).split()
        self.assertEqual("".join(g[:8] for g in groups), made["root"])
        root = f'--root "{made["records"]}:{" ".join(groups)}"'
        said = eva(f"preserve open weber.age --to told --identity key.txt {root}")
        self.assertIn("The journal is verified: it has the root that you were told.", one_line(said))
        self.assertNotIn("Still to compare", said)
        other = {**whole, "journal/journal.cj1": b"".join(whole["journal/journal.cj1"].splitlines(keepends=True)[:-1])}
        self.assertEqual((lambda s, j: (s, j["journal"]["verdict"]))(*self.opened(other, root)), (8, "tampered"))
        alone = self.folder / "alone"
        alone.mkdir()
        shutil.copy(CALM, alone / "calm")
        for more in ("", "--json"):
            command = [str(alone / "calm"), *shlex.split(f"preserve open weber.age --to unchecked{more} --identity key.txt {more}")]
            done = subprocess.run(command, cwd=self.folder, env=eva.env, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 3, done.stderr)  # as calm log verify
            self.assertIn("was not checked: calm-verify is not beside", one_line(done.stderr))
            self.assertEqual("Still to compare" in done.stdout, False)
        self.assertEqual([json.loads(done.stdout)[n] for n in ("state", "as_packed")], ["not-checked", True])
        self.assertEqual(json.loads(done.stdout)["evidence"]["not_as_recorded"], 0)
        for wrong in ("x", "0:" + made["root"], f"{made['records']}:{' '.join(groups[1:])}", f"{made['records']}:{made['root'][:-1]}"):
            status, why = eva.fails(f'preserve open weber.age --to none --identity key.txt --root "{wrong}"')
            self.assertEqual(status, 2, why)
        self.assertFalse((self.folder / "none").exists())


@unittest.skipUnless(HAS_AGE, "age is not installed")
class OnRecord(Package):
    def test_each_item_says_that_it_left_to_whom_and_in_what(self):
        said = self.export()
        chain = self.ana.json("preserve custody e1")["chain"]
        self.assertEqual([row["act"] for row in chain], ["taken", "exported"])
        row = chain[1]
        self.assertEqual((row["to"], row["because"], row["package"], row["recipient"]), ("Sgt. Weber, police", "file 4711/26", said["sha256"], self.recipient))
        self.assertIn("weber.age", row["place"])
        self.assertNotIn("outcome", row)
        self.assertIn(said["sha256"], one_line(self.ana("preserve custody e1")).replace(" ", ""))
        self.assertIn("weber.age", self.ana("log"))
        self.assertEqual(self.verify(), 2)

    def test_sealed_items_never_leave(self):
        copy = self.folder / "copy.log"
        copy.write_bytes(self.log.read_bytes())
        self.ana(f"preserve files {copy}")
        other = self.folder / "other.log"
        other.write_bytes(b"harmless\n")
        self.ana(f"preserve files {other}")
        self.ana('preserve unlawful "an image that must not be kept" --evidence e1')
        for item in ("e1", "e2"):  # e2 has the same bytes
            status, said = self.ana.fails(f"preserve export no.age {item} {FOR} --recipient {self.recipient}")
            self.assertEqual(status, 4, said)
            self.assertIn("unlawful", said)
        self.assertFalse((self.folder / "no.age").exists())
        said = self.ana.json(f"preserve export all.age --all {FOR} --recipient {self.recipient}")
        self.assertEqual((said["items"], said["left_out"]), (1, 2))
        names = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "all.age"))).getnames()
        self.assertEqual([n for n in names if n.startswith("evidence/")], ["evidence/e3/other.log"])
        said = self.outsider().json("preserve open all.age --to all --identity key.txt")
        self.assertEqual((said["state"], said["evidence"]["items"]), ("as-recorded", 1))

    def test_need_to_know_holds(self):
        self.join("bo")
        self.ana("team compartment board")
        board = self.folder / "board.txt"
        board.write_bytes(b"for the board")
        self.ana(f"preserve files {board} --scope board")
        bo = Person("bo", self.folder, self.case)
        said = bo.json(f"preserve export bo.age --all {FOR} --recipient {self.recipient}")
        self.assertEqual(said["items"], 1)
        self.assertNotIn(b"for the board", self.open_with_age(self.folder / "bo.age"))
        self.export("board.age", items="e2")
        self.assertIn(b"for the board", self.open_with_age(self.folder / "board.age"))
        for name in ("bo", "board"):  # in another's compartment, or out of it: each package tells all of its items
            said = self.outsider().json(f"preserve open {name}.age --to {name}-out --identity key.txt")
            self.assertEqual((said["state"], said["evidence"]["as_recorded"]), ("as-recorded", 1), said)
        self.assertNotIn("board.txt", bo("log"))
        red = self.folder / "red.txt"
        red.write_bytes(b"red")
        self.ana(f"preserve files {red} --tlp red")
        self.assertEqual(self.ana.fails(f"preserve export red.age e3 {FOR} --label amber --recipient {self.recipient}")[0], 4)

    def test_bytes_that_are_not_those_on_record_end_it(self):
        sha = self.ana.json("preserve list")[0]["sha256"]
        blob = next((self.case / "evidence").rglob(sha[:16] + "*"))
        blob.chmod(0o600)
        blob.write_bytes(blob.read_bytes().replace(b"root", b"toor"))
        status, said = self.ana.fails(f"preserve export weber.age e1 {FOR} --recipient {self.recipient}")
        self.assertEqual(status, 8, said)
        self.assertEqual([p.name for p in self.folder.iterdir() if "weber" in p.name or p.name.startswith(".calm")], [])
        row = self.ana.json("preserve custody e1")["chain"][1]
        self.assertIn("no package was made", row["outcome"])
        self.assertNotIn("package", row)
        self.assertEqual(row["act"], "not exported")
        form = self.ana("preserve custody e1", "--html", "form.html") and (self.folder / "form.html").read_text()
        cells = re.findall(r"<td[^>]*>(.*?)</td>", form[form.index("not exported"):], re.S)
        self.assertEqual(re.sub("<[^>]*>", "", cells[1]).strip(), "")  # nobody has it
        self.assertIn("it was for Sgt. Weber, police", one_line(re.sub("<[^>]*>", "", form)))
        self.assertNotRegex(form, r">\s*exported\s*<")

    def test_a_form_says_of_each_export_whether_it_left(self):
        """One that was killed before its end, and the package's own, whose end is behind what it holds."""
        item = self.ana.json("preserve list")[0]
        ana, files = Key.of(self.ana), Files(self.case)
        files.append(ana, "custody/1", {"evidence": item["id"], "act": "exported", "to": "nobody yet", "recipient": self.recipient, "place": "the package"},
                     scope_key=ana.unseal(files.grants()[ana.public])[-32:])
        self.assertEqual(self.ana.json("preserve custody e1")["chain"][1]["act"], "to be exported: whether it was is not on record")
        self.export()
        self.assertEqual([row["act"] for row in self.ana.json("preserve custody e1")["chain"][1:]], ["to be exported: whether it was is not on record", "exported"])
        tar = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "weber.age")))
        form = one_line(tar.extractfile("custody/e1.txt").read().decode())
        self.assertEqual(form.count("to be exported:"), 1)
        self.assertRegex(form, r"What exported To Sgt. Weber, police")

    def test_what_cannot_be_meant_is_refused_before_anything_is_on_record(self):
        (self.folder / "there.age").write_text("mine")
        records = len(self.ana.json("log"))
        for line in (
            f"preserve export there.age e1 {FOR} --recipient {self.recipient}",
            f"preserve export no.age e1 {FOR}",
            f"preserve export no.age e1 {FOR} --recipient {self.recipient} --generate",
            f"preserve export no.age e1 {FOR} --recipient {self.recipient} --scrypt",
            f"preserve export no.age e1 {FOR} --recipient age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwq",
            f"preserve export no.age e1 {FOR} --recipient nobody",
            f"preserve export no.age {FOR} --recipient {self.recipient}",
            f"preserve export no/folder/no.age e1 {FOR} --recipient {self.recipient}",
        ):
            with self.subTest(line):
                self.assertIn(self.ana.fails(line)[0], (2, 3))
        for secrets in (("short", "short"), (WORDS, WORDS + "x")):
            self.assertEqual(self.with_secrets(f"preserve export no.age e1 {FOR} --passphrase", *secrets).returncode, 2)
        self.assertEqual((self.folder / "there.age").read_text(), "mine")
        self.assertFalse((self.folder / "no.age").exists())
        self.assertEqual(len(self.ana.json("log")), records)

    def test_papers_and_devices_go_as_forms_alone(self):
        self.ana('preserve item "drive 3 of db1" --place safe')
        self.assertEqual(self.export()["forms_alone"], 0)
        said = one_line(self.ana(f"preserve export forms.age e1 e2 {FOR} --recipient {self.recipient}"))
        self.assertIn("holds 2 items", said)
        self.assertIn("Of 1 of them it holds the form alone", said)
        self.assertEqual([row["act"] for row in self.ana.json("preserve custody e1")["chain"][1:]], ["exported", "exported"])
        row = self.ana.json("preserve custody e2")["chain"][-1]
        self.assertEqual((row["act"], row["to"], row["place"].split(":")[0]), ("its form exported", "Sgt. Weber, police", "its form alone, in the package"))
        tar = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "forms.age")))
        listed = tar.extractfile("README.txt").read().decode()
        self.assertRegex(listed, r"(?m)^  e2    drive 3 of db1: its form alone$")
        self.assertNotRegex(listed, r"(?m)^  e1 .*form alone$")
        self.assertIn("What its form exported", one_line(tar.extractfile("custody/e2.txt").read().decode()))
        (self.folder / "weber.age").unlink()
        self.export(items="e2")
        names = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "weber.age"))).getnames()
        self.assertIn("custody/e2.html", names)
        said = self.outsider().json("preserve open weber.age --to forms --identity key.txt")
        self.assertEqual((said["state"], said["evidence"]["items"], said["evidence"]["without_bytes"]), ("as-recorded", 1, 1))
        self.assertFalse([n for n in names if n.startswith("evidence/")])

    def test_the_files_of_an_image_go_from_where_they_lie(self):
        """doc/format/image.md, section 1: the record names them, their bytes and SHA-256."""
        place = self.folder / "images"
        place.mkdir()
        parts = {"web1 sda.E01": os.urandom(70000), "web1 sda.E02": b"the end", "web1_sda.E02": b"another"}
        for name, data in parts.items():
            (place / name).write_bytes(data)
        lines = [f"{name} {len(data)} {hashlib.sha256(data).hexdigest()}" for name, data in parts.items()]
        ana, files = Key.of(self.ana), Files(self.case)
        values = {"title": "disk of web1", "sort": "image", "place": str(place), "files": "\n".join(lines)}
        files.append(ana, "evidence/1", values, scope_key=ana.unseal(files.grants()[ana.public])[-32:])
        self.export("image.age", items="e2")
        tar = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "image.age")))
        held = {n: tar.extractfile(n).read() for n in tar.getnames() if n.startswith("evidence/")}
        self.assertEqual(held, {"evidence/e2/web1_sda.E01": parts["web1 sda.E01"], "evidence/e2/web1_sda.E02": b"the end", "evidence/e2/web1_sda.E02_": b"another"})
        (place / "web1 sda.E02").write_bytes(b"the enD")
        self.assertEqual(self.ana.fails(f"preserve export no.age e2 {FOR} --recipient {self.recipient}")[0], 8)
        (place / "web1 sda.E02").unlink()
        status, said = self.ana.fails(f"preserve export no.age e2 {FOR} --recipient {self.recipient}")
        self.assertEqual((status, "not where it is kept" in one_line(said)), (3, True))
        (place / "web1 sda.E02").symlink_to(self.log)
        self.assertEqual(self.ana.fails(f"preserve export no.age e2 {FOR} --recipient {self.recipient}")[0], 3)
        self.assertFalse((self.folder / "no.age").exists())

    @unittest.skipIf(SANITIZED, "a sanitizer's memory is not the program's")
    def test_a_large_item_takes_no_more_memory(self):
        big = self.folder / "big.raw"
        with open(big, "wb") as f:
            for _ in range(24):
                f.write(os.urandom(1 << 20) * 8)
        self.ana(f"preserve files {big}")
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.export(items="e2")
        self.outsider()("preserve open weber.age --to out --identity key.txt")
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before, 60 << 10)
        self.assertEqual(subprocess.run(["cmp", "big.raw", "out/evidence/e2/big.raw"], cwd=self.folder, check=False).returncode, 0)


if __name__ == "__main__":
    main()
