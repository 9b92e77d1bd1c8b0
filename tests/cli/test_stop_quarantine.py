"""test_stop_quarantine.py: a file that is taken away is an item of evidence of its own, of any size that the disks have room for, never in memory,
and comes back to the byte with its metadata.

In namespaces of its own: nothing of this machine is changed."""
import hashlib
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

import contain_host
import harness
from contain_host import listing, sh
from harness import CaseTest, one_line

WHY_NOT = contain_host.enter()
GATE, FULL = 5, 9
MIB = 1 << 20


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Quarantine(CaseTest):
    def setUp(self):
        super().setUp()
        self.host = contain_host.Host()
        self.addCleanup(self.host.close)
        sh("mount", "-t", "tmpfs", "-o", "mode=755,size=260m", "none", "/var/lib")
        self.addCleanup(sh, "umount", "-l", "/var/lib")
        self.ana('assess look "mail goes out in bulk"')
        self.path = pathlib.Path("/srv/.x")

    def make(self, size):
        """Bytes that no two parts of have alike, with all kinds of metadata."""
        block = hashlib.sha256(b"seed").digest() * 32768
        with self.path.open("wb") as f:
            for n in range(0, size, len(block)):
                f.write((n.to_bytes(8, "big") + block[8:])[:size - n])
        os.chown(self.path, 2002, 2003)
        os.chmod(self.path, 0o4751)
        sh("setfattr", "-n", "user.note", "-v", "left by mallory", str(self.path), check=False)
        os.utime(self.path, ns=(1600000000123456789, 1500000000987654321))
        os.utime("/srv", ns=(1400000000000000001, 1400000000000000002))
        return sh("sha256sum", str(self.path)).split()[0]

    def item(self):
        found = [e for e in self.ana.json("preserve list") if e["title"].startswith("quarantined:")]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_a_file_of_more_than_64_mib_there_and_back(self):
        digest = self.make(70 * MIB + 13)
        before = listing("/srv")
        said = one_line(self.ana(f"stop quarantine {self.path}"))
        self.assertRegex(said, r"73 MB go into the case, where [0-9.]+ [MGT]B are free")  # 70 MiB and 13 are 73,400,333 bytes
        self.ana("stop apply a1")
        self.assertFalse(self.path.exists())
        item = self.item()
        self.assertEqual((item["title"], item["sha256"], int(item["size"])), (f"quarantined: {self.path}", digest, 70 * MIB + 13))
        # 1,500,000,000 s since 1970 are 2017-07-14T02:40:00Z, 1,600,000,000 s are 2020-09-13T12:26:40Z.
        self.assertEqual((item["path"], item["mode"], item["owner"], item["modified"]), (str(self.path), "4751", "2002:2003", "2017-07-14T02:40:00.987654321Z"))
        for words in ("read 2020-09-13T12:26:40.123456789Z", "user.note"):
            self.assertIn(words, item["remark"])
        out = self.folder / "out"
        self.ana(f"preserve get {item['call']} {out} --to ana --because test")
        self.assertEqual(sh("sha256sum", str(out)).split()[0], digest)
        self.assertEqual(self.ana.json("stop show a1")["evidence"], item["id"])
        self.ana("stop confirm a1")
        self.ana("stop undo a1")
        self.assertEqual(listing("/srv"), before)
        self.assertEqual([p.name for p in pathlib.Path("/var/lib/calm-contain").iterdir() if len(p.name) == 32 or p.name.startswith("copy-")], [])

    @unittest.skipIf(harness.SANITIZED, "a sanitizer's memory is not the program's")
    def test_the_helper_holds_none_of_it_in_memory(self):
        self.make(70 * MIB)
        with contain_host.Helper("/var/lib/calm-contain") as h:
            plan = contain_host.Plan("quarantine", ("file", self.path))
            h.preview(plan)
            h.begin(plan)
            part = h.order(f"fetch {plan.id} {69 * MIB} {4 * MIB}")[0]
            self.assertEqual(len(part), MIB)
            self.assertEqual(h.order(f"fetch {plan.id} {70 * MIB} 5"), [b""])
            h.order(f"undo {plan.id}")
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{h.process.pid}/status").read_text())[1])
            self.assertLess(peak, 16 * 1024)
            h.order(f"forget {plan.id}")

    def test_what_has_no_room_is_refused_before(self):
        self.make(100 * MIB)
        sh("mount", "-t", "tmpfs", "-o", "mode=700,size=120m", "none", "/var/lib")
        self.addCleanup(sh, "umount", "/var/lib")
        self.ana(f"stop quarantine {self.path}")
        done = self.ana.run("stop", "apply", "a1")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("has no room on the disk of the ledger", one_line(done.stderr.decode()))
        self.assertTrue(self.path.exists())
        self.assertEqual([p.name for p in pathlib.Path("/var/lib/calm-contain").iterdir() if p.name.startswith("copy-") or len(p.name) == 32], [])
        place = pathlib.Path(self.host.temp) / "small"
        place.mkdir()
        sh("mount", "-t", "tmpfs", "-o", "size=120m", "none", str(place))
        self.addCleanup(sh, "umount", "-l", str(place))
        sh("cp", "-a", str(self.case), str(place / "monday.calm"))
        done = harness.Person("ana", self.folder, None).run("stop", "quarantine", str(self.path), env={"CALM_CASE": str(place / "monday.calm")})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("it has no room there", one_line(done.stderr.decode()))

    def test_a_copy_that_somebody_changed_is_not_given_back(self):
        self.make(MIB)
        with contain_host.Helper("/var/lib/calm-contain") as h:
            plan = contain_host.Plan("quarantine", ("file", self.path))
            h.begin(plan)
            kept = pathlib.Path(f"/var/lib/calm-contain/{plan.id}/file")
            good = kept.read_bytes()
            kept.write_bytes(b"evil" + good[4:])
            with self.assertRaises(contain_host.Failed) as failure:
                h.order(f"undo {plan.id}")
            self.assertIn("ERR_TAMPER", str(failure.exception))
            self.assertFalse(self.path.exists())
            self.assertEqual(contain_host.states("/var/lib/calm-contain")[plan.id], "undoing")
            kept.write_bytes(good)
            h.order(f"undo {plan.id}")
            self.assertEqual(self.path.read_bytes(), good)
            h.order(f"forget {plan.id}")

    def test_who_is_killed_while_it_copies_leaves_nothing_and_keeps_nobody_waiting(self):
        if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("strace does not trace here")
        self.make(100 * MIB)
        plan = contain_host.Plan("quarantine", ("file", self.path))
        slow = contain_host.Helper("/var/lib/calm-contain", ("strace", "-qq", "-o", "/dev/null", "-e", "inject=write:delay_enter=30000"))
        try:
            slow.send(f"prepare {len(plan.text)} {plan.digest}", plan.text)
            copy = pathlib.Path(f"/var/lib/calm-contain/copy-{plan.id}")
            end = time.time() + 20
            while not (copy.exists() and copy.stat().st_size > MIB) and time.time() < end:
                time.sleep(0.02)
            self.assertTrue(copy.exists())
            with contain_host.Helper("/var/lib/calm-contain") as other:  # the ledger is free meanwhile
                began = time.monotonic()
                self.assertEqual(other.order("status"), [])
                self.assertLess(time.monotonic() - began, 5)
                self.assertTrue(copy.exists())
                inner = int(sh("pgrep", "-P", str(slow.process.pid)).split()[0])
                os.kill(inner, signal.SIGKILL)
                slow.process.wait(20)
                self.assertEqual(other.order("status"), [])
                self.assertFalse(copy.exists())
        finally:
            slow.process.kill()
            slow.process.wait()
            slow.process.stdout.close()
            slow.process.stdin.close()
        self.assertTrue(self.path.exists())


if __name__ == "__main__":
    harness.main()
