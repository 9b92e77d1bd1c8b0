"""test_hash.py: hashes of whole trees beside those of other programs, and items of evidence hashed again."""
import json
import os
import random
import shutil
import signal
import subprocess

import harness
from harness import CALM
from test_intake import IntakeTest, sha256

TAMPERED, NOT_FOUND, USAGE, FORMAT, IO = 8, 3, 2, 7, 11
ODD_NAMES = [b"new\nline", b"\x1b[2Jclear", b"\xff\xfe", b"back\\slash", b"-rf", b" space ", b"carriage\rreturn", "\u00fc".encode(), b"x" * 255]


class Tree(IntakeTest):
    def setUp(self):
        super().setUp()
        rng = random.Random(8)
        self.wanted = {}
        for number in range(300):
            self.add(b"d%d/f%d" % (number % 7, number), rng.randbytes(rng.choice([0, 1, 100, 5000, 300_000])))
        self.add(b"big", rng.randbytes((9 << 20) + 1))
        for number, name in enumerate(ODD_NAMES):
            self.add(name, b"%d" % number)
        os.symlink("big", self.source / "link")
        os.mkfifo(self.source / "fifo")

    def add(self, name, data):
        self.put(name, data)
        self.wanted[b"source/" + name] = sha256(data)

    def hash(self, *words, status=0, cwd=None):
        done = subprocess.run([CALM, "preserve", "hash", *words], env={**self.ana.env, "HOME": str(self.folder / "nobody")}, cwd=cwd or self.folder,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout[-2000:])
        return done.stdout

    def test_sha256sum_reads_the_list_and_finds_every_file_as_it_is(self):
        text = self.hash("source")
        self.assertEqual(len([line for line in text.split(b"\n") if line and not line.startswith(b"#")]), len(self.wanted))
        (self.folder / "list").write_bytes(text)
        done = subprocess.run(["sha256sum", "-c", "--strict", "list"], cwd=self.folder, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count(b": OK"), len(self.wanted))
        self.assertEqual(done.stderr, b"")
        peer = subprocess.run("find source -type f -print0 | sort -z | xargs -0 sha256sum", shell=True, cwd=self.folder, capture_output=True, check=True,
                              env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
        self.assertEqual(b"".join(line + b"\n" for line in text.split(b"\n") if line and not line.startswith(b"#")), peer.stdout)
        self.assertIn(b"# not hashed: source/fifo: it is a FIFO", text)
        self.assertNotIn(b"source/link", text)

    def test_json_names_are_whole_and_no_case_is_needed(self):
        found = json.loads(self.hash("source", "--json"))
        names = {bytes.fromhex(file["path_hex"]) if "path_hex" in file else file["path"].encode(): file["sha256"] for file in found}
        self.assertEqual(names, self.wanted)
        self.assertFalse((self.folder / "nobody").exists())

    def test_access_times_stay(self):
        for path in (self.source / "big", self.source / "d1"):
            os.utime(path, ns=(10**18, 10**18))
        self.hash("source")
        for path in (self.source / "big", self.source / "d1"):
            self.assertEqual(os.stat(path).st_atime_ns, 10**18)

    def test_a_list_is_checked_and_what_differs_is_said(self):
        self.hash("source", "--out", "list")
        self.assertIn(b" 310 as they were, 0 changed, 0 missing, 0 not read", self.hash("--check", "list"))
        (self.source / "big").write_bytes(b"other")
        (self.source / "d1" / "f1").unlink()
        (self.source / "d1" / "f8").unlink()
        os.symlink("f15", self.source / "d1" / "f8")
        (self.source / "d2" / "new\x1b[2J").write_bytes(b"new")
        text = self.hash("--check", "list", "source", status=TAMPERED)
        self.assertEqual(sorted(line for line in text.split(b"\n") if line.startswith((b"changed", b"missing", b"new", b"not read"))),
                         [b"changed    source/big", b"changed    source/d1/f8: it is no file any more", b"missing    source/d1/f1",
                          b"new        source/d2/new\\u{1b}[2J"])
        self.assertIn(b"310 on the list: 307 as they were, 2 changed, 1 missing, 0 not read; 1 new", text)
        found = {(one["what"], one["path"]) for one in json.loads(self.hash("--check", "list", "--json", status=TAMPERED))}
        self.assertEqual(found, {("changed", "source/big"), ("changed", "source/d1/f8"), ("missing", "source/d1/f1")})

    def test_a_list_of_sha256sum_can_be_checked(self):
        subprocess.run("find source -type f -print0 | xargs -0 sha256sum --binary > list", shell=True, cwd=self.folder, check=True)
        self.assertIn(b" 310 as they were", self.hash("--check", "list"))

    def test_what_is_no_list_is_refused_by_its_line(self):
        good = sha256(b"") + "  source/big\n"
        for text, line in (("nonsense\n", 1), (good + sha256(b"").upper() + "  x\n", 2), (good + "\n# remark\n" + good[:64] + "\n", 4),
                           ("\\" + sha256(b"") + "  a\\q\n", 1), (sha256(b"") + "  a\0b\n", 1)):
            (self.folder / "list").write_text(text)
            done = subprocess.run([CALM, "preserve", "hash", "--check", "list"], env=self.ana.env, cwd=self.folder, capture_output=True, check=False)
            self.assertEqual(done.returncode, FORMAT)
            self.assertIn(b"line %d of list" % line, done.stderr)
        (self.folder / "list").write_text("")
        self.hash("--check", "list", status=FORMAT)

    def test_nothing_is_written_over_and_nothing_named_is_said(self):
        (self.folder / "there").write_bytes(b"mine")
        self.hash("source", "--out", "there", status=USAGE)
        self.assertEqual((self.folder / "there").read_bytes(), b"mine")
        self.hash(status=USAGE)
        self.hash("gone", status=NOT_FOUND)

    def test_a_file_that_grows_all_the_time_comes_to_an_end(self):
        path = os.fsdecode(self.put("log", b"line\n" * 1_000_000))
        writer = subprocess.Popen(["sh", "-c", 'while :; do echo more >> "$0"; done', path])
        try:
            text = self.hash("source")
        finally:
            writer.kill()
            writer.wait()
        self.assertIn(b"  source/log\n", text)


class Verify(IntakeTest):
    def blob_of(self, call):
        item = self.items()[call]
        return self.case / "evidence" / item["sha256"][:2] / item["sha256"]

    def take_three(self):
        for name in "abc":
            self.put(name, name.encode() * 100_000)
        self.take(*(self.source / name for name in "abc"))

    def verify_items(self, *words, status=0):
        done = self.ana.run("preserve", "verify", *words, "--json")
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout)

    def test_what_is_as_it_was_is_said_and_goes_on_record(self):
        self.take_three()
        self.ana("preserve item \"a drive\"")
        found = self.verify_items()
        self.assertEqual((found["same"], found["altered"], found["records"], found["size"]), (3, 0, 1, 300_000))
        chain = self.ana.json("preserve custody e1")["chain"]
        self.assertEqual([link["act"] for link in chain], ["taken", "verified: as it was taken"])
        self.assertEqual(chain[1]["by"], "ana")
        self.verify_items("e2")
        self.assertEqual(len(self.ana.json("preserve custody e2")["chain"]), 3)
        self.assertEqual(len(self.ana.json("preserve custody e1")["chain"]), 2)
        self.assertEqual(len(self.ana.json("preserve custody e4")["chain"]), 1)
        self.assertEqual(self.ana.fails("preserve verify e4")[0], NOT_FOUND)
        self.ana("log verify")

    def test_each_way_to_differ_has_its_words_its_status_and_its_record(self):
        self.take_three()
        one = self.blob_of("e1")
        one.chmod(0o600)
        with open(one, "r+b") as file:
            file.seek(50_000)
            file.write(b"X")
        self.blob_of("e2").unlink()
        found = self.verify_items(status=TAMPERED)
        self.assertEqual([item["state"] for item in found["items"]], ["NOT what was taken", "not there", "as it was taken"])
        done = self.ana.run("preserve", "verify")
        self.assertEqual(done.returncode, TAMPERED)
        for words in (b"e1", b"NOT what was taken", b"What it means", b"another copy", b"1 as taken"):
            self.assertIn(words, done.stdout)
        self.assertTrue(all(len(line) <= 80 for line in done.stdout.decode().split("\n")))
        self.verify_items("e2", status=NOT_FOUND)
        self.verify_items("e3")
        self.assertEqual([link["act"] for link in self.ana.json("preserve custody e1")["chain"]], ["taken"] + ["verified: not what was taken"] * 2)
        self.assertEqual([link["act"] for link in self.ana.json("preserve custody e2")["chain"]], ["taken"] + ["verified: its bytes are not there"] * 3)
        done = self.ana.run("log", "verify")
        self.assertEqual(done.returncode, TAMPERED)
        self.assertIn(b"3 items hashed again, 1 as taken, 1 not what was taken, 1 not all there", done.stdout)
        self.assertIn(b"1 of the items on its register are not what was taken", done.stderr.replace(b"\n", b" "))

    def test_hundreds_of_items_are_several_records_that_name_each(self):
        for number in range(190):
            self.put("f%03d" % number, b"%d" % number)
        self.take(self.source)
        found = self.verify_items()
        self.assertEqual((found["same"], found["records"]), (191, 2))
        for call in ("e1", "e100", "e101", "e191"):
            self.assertEqual([link["act"] for link in self.ana.json(f"preserve custody {call}")["chain"]][1:], ["verified: as it was taken"])

    def test_items_of_another_label_are_in_a_record_of_that_label(self):
        self.put("known", b"known")
        self.put("secret", b"secret")
        self.ana(f"preserve files {self.source}/known --tlp green")
        self.ana(f"preserve files {self.source}/secret --tlp red")
        found = self.verify_items()
        self.assertEqual((found["same"], found["records"]), (2, 2))
        labels = {link["record"] for call in ("e1", "e2") for link in self.ana.json(f"preserve custody {call}")["chain"][1:]}
        self.assertEqual(len(labels), 2)
        eva = self.join("eva", "--role observer")
        self.assertEqual([item["call"] for item in eva.json("preserve list")], ["e1"])
        self.assertEqual(len([line for line in eva("log").splitlines() if "evidence verified" in line]), 1)

    def test_nothing_is_written_where_the_case_can_only_be_read(self):
        self.take_three()
        copy = self.folder / "copy.calm"
        shutil.copytree(self.case, copy)
        if os.geteuid() == 0:
            done = subprocess.run(["unshare", "-m", "sh", "-c", f"mount --bind {copy} {copy} && mount -o remount,bind,ro {copy} && exec {CALM} --case {copy} preserve verify --json"],
                                  env=self.ana.env, cwd=self.folder, capture_output=True, check=False)
            if b"unshare" in done.stderr or b"mount" in done.stderr:
                self.skipTest("this machine mounts nothing")
        else:
            for path in [copy, *copy.rglob("*")]:
                path.chmod(path.stat().st_mode & 0o555)
            done = subprocess.run([CALM, "--case", str(copy), "preserve", "verify", "--json"], env=self.ana.env, cwd=self.folder, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual((found["same"], found["records"]), (3, 0))

    def test_ctrl_c_records_what_was_checked_until_then(self):
        block = random.Random(9).randbytes(1 << 20)
        with open(self.put("big"), "wb") as file:
            for _ in range(1500):
                file.write(block)
        self.put("small", b"small")
        self.take(self.source / "small", self.source / "big", timeout=300)
        process = subprocess.Popen([CALM, "--case", str(self.case), "preserve", "verify", "--json"], env=self.ana.env, cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        harness.hears(process)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
        if process.returncode == 0:
            self.skipTest("it was done before it could be stopped")
        self.assertEqual(process.returncode, 13, said)
        self.assertEqual({item["call"]: item["state"] for item in json.loads(out)["items"]}["e2"], "not checked")
        # Its bytes were being read, or it had not been begun.
        first, *more = self.ana.json("preserve custody e2")["chain"]
        self.assertEqual(first["act"], "taken")
        self.assertIn([(link["act"], link["place"][:25]) for link in more], ([], [("examined", "begun to be hashed again ")]), more)


if __name__ == "__main__":
    harness.main()
