"""test_image_bound.py: what is known of an image over an interruption is bound to the digest of NAME.part, which the case has on record, or a person on paper: whoever
alters the image, or what lies beside it, is found out, also where it all was made to agree again."""
import hashlib
import os
import random
import re
import signal
import subprocess
import time

import harness
from harness import BUILD, CALM, CaseTest, one_line

NOT_FOUND, TAMPER, CANCEL = 3, 8, 13
MIB = 1 << 20
IMAGER = BUILD / "src" / "calm-image"


def sha(data):
    return hashlib.sha256(data)


class Bound(CaseTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "images"
        self.out.mkdir()
        self.data = random.Random(7).randbytes(9 * MIB) + b"an odd end"
        self.disk = self.folder / "disk.raw"
        self.disk.write_bytes(self.data)
        self.part = self.out / "x.part"

    def done(self):
        try:
            return int(re.search(r"(?m)^done (\d+)$", self.part.read_text()).group(1))
        except (OSError, AttributeError):
            return 0

    def size(self):
        try:
            return (self.out / "x.raw").stat().st_size
        except OSError:
            return 0

    def cut(self, argv, until, how=signal.SIGINT):
        """Runs it until the image has so many bytes, and ends it; what it said comes back. Where calm alone is killed, calm-image leaves it in good order."""
        job = subprocess.Popen([*map(str, argv), "--limit", "6"], env=self.ana.env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               start_new_session=True)
        end = time.time() + 60
        while self.size() < until and time.time() < end and job.poll() is None:
            time.sleep(0.01)
        os.kill(job.pid, how)
        said, why = job.communicate(timeout=60)
        self.assertIn(job.returncode, (CANCEL, -signal.SIGKILL), why)
        return one_line((said + why).decode())

    def calm(self, *words):
        return [CALM, "--case", self.case, "preserve", "image", *words]

    def begin(self, *words):
        return [*words, "--to", self.out, "--name", "x", "--format", "raw"]

    def alone(self, *words, code=0):
        done = subprocess.run([IMAGER, *map(str, words)], cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return one_line((done.stdout + done.stderr).decode())

    def stopped(self):
        self.cut(self.calm(*self.begin(self.disk)), 3 * MIB)
        self.assertEqual(self.ana.json("preserve images")[0]["state"], "interrupted")

    def forge(self, at):
        """One byte of the image is another one, and all that lies beside it is made to agree: doc/format/image.md, sections 4 and 5."""
        with open(self.out / "x.raw", "r+b") as f:
            f.seek(at)
            byte = f.read(1)
            f.seek(at)
            f.write(bytes([byte[0] ^ 1]))
        image, done = (self.out / "x.raw").read_bytes(), self.done()
        head, *lines = (self.out / "x.pieces").read_text().splitlines(True)
        chain = bytes(32)
        for i in range(done // MIB):
            piece = sha(image[i * MIB:(i + 1) * MIB])
            lines[i] = piece.hexdigest() + "\n"
            chain = sha(chain + piece.digest()).digest()
        (self.out / "x.pieces").write_text(head + "".join(lines))
        state = re.sub(r"(?m)^chain .*$", "chain " + chain.hex(), self.part.read_text())
        state = re.sub(r"(?m)^proof .*$", "proof " + sha(image[done - done % MIB:done]).hexdigest(), state)
        self.seal(state)

    def seal(self, state):
        state = re.sub(r"(?m)^end .*\n", "", state)
        self.part.write_text(state + f"end {sha(state.encode()).hexdigest()}\n")

    def assert_refused(self, line, *words):
        records = len(self.ana("log --full"))
        code, why = self.ana.fails(line)
        self.assertEqual(code, TAMPER, why)
        for word in words:
            self.assertIn(word, one_line(why))
        self.assertNotIn("Nothing is lost", one_line(why))
        self.assertEqual(self.ana.json("preserve list"), [])
        return len(self.ana("log --full")) > records

    def test_the_chain_is_that_of_the_document(self):
        self.stopped()
        before = self.part.read_text()
        chain = bytes(32)
        for i in range(self.done() // MIB):
            chain = sha(chain + sha(self.data[i * MIB:(i + 1) * MIB]).digest()).digest()
        self.assertGreater(self.done(), 0)
        self.assertIn(f"\nchain {chain.hex()}\nmap none\n", before)
        body, end = before.rsplit("end ", 1)
        self.assertEqual(end.strip(), sha(body.encode()).hexdigest())
        kept = self.ana.json("preserve images")[0]["bound"].split()
        self.assertEqual(kept[:2], [end.strip(), str(self.done())])
        proof = re.search(r"(?m)^proof (\w+)$", before).group(1)
        self.assertEqual(kept[2], sha(chain + bytes.fromhex(proof)).hexdigest())

    def test_an_image_in_the_case_that_was_altered_with_all_beside_it_does_not_go_on(self):
        self.stopped()
        self.forge(5)
        self.assert_refused("preserve image --resume im1", f"of the first {self.done()} bytes is not what the case has on record")
        self.forge(5)  # as it was
        self.ana("preserve image --resume im1")
        item = self.ana.json("preserve list")[0]
        self.assertEqual(item["source-sha256"], sha(self.data).hexdigest())
        self.assertNotIn("NOT BOUND", item["remark"])
        self.assertNotIn("not bound", (self.out / "x.txt").read_text())

    def test_an_image_and_its_pieces_altered_together_do_not_go_on(self):
        self.stopped()
        state = self.part.read_text()
        self.forge(5)
        self.part.write_text(state)
        self.assert_refused("preserve image --resume im1", "x.pieces were changed together")

    def test_a_state_of_less_than_is_on_record_does_not_go_on(self):
        self.stopped()
        state = re.sub(r"(?m)^(done|file 0) .*$", r"\1 0", self.part.read_text())
        self.seal(re.sub(r"(?m)^chain .*$", "chain " + "0" * 64, re.sub(r"(?m)^proof .*$", "proof " + sha(b"").hexdigest(), state)))
        self.assertFalse(self.assert_refused("preserve image --resume im1", "is not what the case has on record"))

    def test_a_state_that_forgets_what_is_on_record_of_it_does_not_go_on(self):
        """The source was changed between two runs, of which the first was killed; then the state is made to deny it, and has the times of the changed source."""
        self.cut(self.calm(*self.begin(self.disk)), 3 * MIB, signal.SIGKILL)
        time.sleep(1)  # calm-image leaves it when nobody listens any more
        with open(self.disk, "r+b") as f:
            f.write(b"changed")
        self.cut(self.calm("--resume", "im1", "--live"), self.done() + 2 * MIB)
        state = self.part.read_text()
        for word in ("differs", "found", "unbound"):
            self.assertRegex(state, rf"(?m)^{word} ")
        now = os.stat(self.disk)
        times = {"modified": now.st_mtime_ns, "changed": now.st_ctime_ns}
        identity = re.search(r"(?m)^identity .*$", state).group(0)
        present = re.sub(r"(modified|changed) \d+\.\d+", lambda m: f"{m[1]} {times[m[1]] // 10**9}.{times[m[1]] % 10**9:09}", identity)
        self.assertNotEqual(identity, present)
        later = re.sub(r"(?m)^runs 2$", "runs 7", state)
        forged = (re.sub(r"(?m)^differs .*\n", "", state), re.sub(r"(?m)^found .*\n", "", later), re.sub(r"(?m)^unbound .*\n", "", later),
                  re.sub(r"(?m)^loose .*\n", "", later), state.replace(identity, present), later.replace(identity, present), re.sub(r"(?m)^runs 2$", "runs 1", state),
                  re.sub(r"(?m)^examiner .*$", "examiner Mallory", later))
        for at, text in enumerate(forged):
            with self.subTest(at):
                self.assertNotEqual(text, state)
                self.seal(text)
                self.assertFalse(self.assert_refused("preserve image --resume im1 --live", "x.part is not the one that the case has on record, nor one that came after it"))
        self.seal(re.sub(r"(?m)^writes .*$", "writes of somebody", state))  # nothing that is on record of it
        self.ana("preserve image --resume im1 --live")
        remark = one_line(self.ana.json("preserve list")[0]["remark"])
        self.assertIn("CHANGED between two of its runs", remark)
        self.assertIn("NOT BOUND: bytes 0 to ", remark)
        self.assertIn("was in x.part alone, for which no record of the case vouches", remark)

    def test_what_is_compared_with_the_record_is_bound_also_where_it_went_on_without_the_case_since(self):
        self.stopped()
        on_record = self.done()
        self.cut([IMAGER, "--resume", self.part], on_record + 2 * MIB)
        known = self.done()
        self.assertIn("\nunbound 0 ", self.part.read_text())
        told = one_line(self.ana("preserve image --resume im1"))
        self.assertIn(f"NOT BOUND: bytes {on_record} to {known - 1}, as far as", told)
        self.assertIn("what is told of run 2 and later ones until it went on in the case", told)
        self.assertEqual(self.ana.json("preserve list")[0]["source-sha256"], sha(self.data).hexdigest())

    def test_the_options_of_each_run_stay_on_record(self):
        self.stopped()
        self.cut(self.calm("--resume", "im1", "--retries", "3"), self.done() + MIB)
        self.ana("preserve image --resume im1 --retries 3 --limit 6")
        self.assertEqual(self.ana.json("preserve images")[0]["options"], "format raw, limit 6, retries 2, patience 5 min; later: limit 6, retries 3, patience 5 min")

    def test_what_came_after_the_last_record_of_one_that_was_killed_is_told(self):
        self.stopped()
        on_record = self.done()
        self.cut(self.calm("--resume", "im1"), on_record + MIB, signal.SIGKILL)
        time.sleep(1)  # calm-image leaves it when nobody listens any more
        self.assertEqual(self.ana.json("preserve images")[0]["bound"].split()[1], str(on_record))
        known = self.done()
        self.assertGreater(known, on_record)
        self.forge(on_record - 1)
        self.assert_refused("preserve image --resume im1", f"of the first {on_record} bytes")
        self.forge(on_record - 1)
        told = one_line(self.ana("preserve image --resume im1"))
        words = f"bytes {on_record} to {known - 1}, as far as they had been read when it went on"
        self.assertIn("NOT BOUND: " + words, told)
        self.assertIn("NOT BOUND: " + words, one_line(self.ana.json("preserve list")[0]["remark"]))
        self.assertIn("not bound           " + words, (self.out / "x.txt").read_text())

    def test_alone_the_check_code_tells(self):
        said = self.cut([IMAGER, *self.begin(self.disk)], 3 * MIB)
        code = re.search(r"check code, to be written down on paper: ((?:[0-9a-f]{4}-){5}[0-9a-f]{4})\.", said).group(1)
        self.assertEqual(code.replace("-", ""), re.search(r"(?m)^end (\w{24})", self.part.read_text()).group(1))
        self.forge(5)
        why = self.alone("--resume", self.part, "--check", code, code=TAMPER)
        self.assertIn("x.part is not the one whose check code that is", why)
        self.forge(5)
        self.assertIn("is not the one", self.alone("--resume", self.part, "--check", code[:-1], code=TAMPER))
        self.alone("--resume", self.part, "--check", code.upper())
        text = (self.out / "x.txt").read_text()
        self.assertIn(sha(self.data).hexdigest(), text)
        self.assertNotIn("not bound", text)

    def test_without_the_check_code_it_is_told(self):
        self.cut([IMAGER, *self.begin(self.disk)], 3 * MIB)
        known = self.done()
        self.alone("--resume", self.part)
        self.assertRegex((self.out / "x.txt").read_text(), rf"(?m)^  not bound           bytes 0 to {known - 1}, as far as .* whoever could write there could have changed, too$")
        self.ana(f"preserve image --made {self.out}/x.txt")
        self.assertIn(f"NOT BOUND: bytes 0 to {known - 1}", self.ana.json("preserve list")[0]["remark"])

    def test_the_map_says_what_could_not_be_read_or_it_does_not_go_on(self):
        self.alone(self.disk, "--to", self.folder, "--name", "s")
        with open(self.folder / "s.E01", "r+b") as f:
            f.seek(2 * MIB)
            f.write(bytes(8))  # of a chunk that could not be packed: its 32 KiB count as unreadable
        self.cut([IMAGER, *self.begin(self.folder / "s.E01")], 4 * MIB)
        there = self.out / "x.map"
        text = there.read_text()
        self.assertRegex(text, r"(?m)^0x\w+  0x00008000  -$")
        self.assertIn(f"\nmap {sha(text.encode()).hexdigest()}\n", self.part.read_text())
        there.write_text(re.sub("(?m)  -$", "  +", text))
        self.assertIn("x.map, which says what could not be read, was changed", self.alone("--resume", self.part, code=TAMPER))
        there.unlink()
        self.assertIn("x.map, which says what could not be read, went away", self.alone("--resume", self.part, code=NOT_FOUND))
        there.write_text(text)
        self.alone("--resume", self.part)
        self.assertRegex((self.out / "x.txt").read_text(), r"(?m)^not readable +32768 bytes")

    def test_a_map_whose_state_was_written_when_it_was_killed_takes_its_place(self):
        self.alone(self.disk, "--to", self.folder, "--name", "s")
        with open(self.folder / "s.E01", "r+b") as f:
            f.seek(2 * MIB)
            f.write(bytes(8))
        self.cut([IMAGER, *self.begin(self.folder / "s.E01")], 4 * MIB)
        there = self.out / "x.map"
        there.rename(self.out / "x.map.next")
        there.write_text("that of the state before")
        self.alone("--resume", self.part)
        self.assertRegex((self.out / "x.txt").read_text(), r"(?m)^not readable +32768 bytes")
        self.assertEqual(sorted(p.name for p in self.out.iterdir()), ["x.map", "x.pieces", "x.raw", "x.txt"])

    def test_pieces_that_were_left_behind_are_missing_and_not_changed(self):
        self.stopped()
        there = self.out / "x.pieces"
        away = self.folder / "away"
        there.rename(away)
        code, why = self.ana.fails("preserve image --resume im1")
        self.assertEqual(code, NOT_FOUND)
        self.assertIn("put it back beside NAME.part. im1 stays as it is, and can go on", one_line(why))
        self.assertFalse(there.exists())
        away.rename(there)
        self.ana("preserve image --resume im1")


if __name__ == "__main__":
    harness.main()
