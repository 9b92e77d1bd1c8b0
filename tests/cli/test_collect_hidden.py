"""test_collect_hidden.py: calm-collect finds what is hidden from one view, brings back programs that no folder names any more and the
memory of a process, and notices nothing hidden on a host where nothing is."""
import hashlib
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest

import harness
from harness import COLLECT

PROBE = str((harness.BUILD / "tests" / "cli" / "collect_probe").resolve())
HIDDEN = ("hidden-process", "hidden-port", "hidden-module")
CANCEL = 13
VERDICT = re.compile(r"malicious|compromised|infected|hacked|rootkit|malware|attacker", re.I)


class Bundle:
    """An unsealed bundle, opened by zstd and tar alone."""

    def __init__(self, done):
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        plain = subprocess.run(["zstd", "-dc"], input=done.stdout, capture_output=True, check=True).stdout
        self.tar = tarfile.open(fileobj=io.BytesIO(plain))
        self.names = self.tar.getnames()

    def read(self, name):
        """The bytes of a member; of a hard link those of what it links to."""
        return self.tar.extractfile(name).read()

    def lines(self, name):
        parts = [n for n in self.names if re.fullmatch(re.escape(name) + r"-\d{3,}\.jsonl", n)]
        return [json.loads(line) for part in parts for line in self.read(part).splitlines()]

    def observed(self, code):
        return [o for o in self.lines("observed") if o["code"] == code]

    def evidence(self, code, member):
        """That member of the evidence of each observation of that code."""
        return [json.loads(o["evidence"]).get(member) for o in self.observed(code)]


def collect(*words, before=()):
    return Bundle(subprocess.run([*before, COLLECT, "--unsealed", "--output", "-", *words], capture_output=True, timeout=300, check=False))


def probe(*steps, before=()):
    return Bundle(subprocess.run([*before, PROBE, "/", *steps], capture_output=True, timeout=300, check=False))


def open_files(pid):
    found = []
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(link))
        except FileNotFoundError:
            pass
    return found


def can_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


class Sleeper(unittest.TestCase):
    def start(self, *words, **more):
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **more)
        self.addCleanup(child.wait)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.kill)
        return child


class Views(Sleeper):
    @unittest.skipUnless(can_mount(), "mounting needs root and namespaces")
    def test_a_process_behind_a_mount_over_its_folder(self):
        pid = self.start("sleep", "1000").pid
        bundle = probe("hidden-process", "noticed-system", before=("unshare", "-m", "sh", "-c", f'mount -t tmpfs none /proc/{pid} && exec "$@"', "sh"))
        self.assertEqual(bundle.evidence("veiled-process", "pid"), [pid])
        self.assertIn("getsid", bundle.evidence("veiled-process", "seen_by")[0])
        self.assertEqual([m.split()[4] for m in bundle.evidence("mount-over-process", "mountinfo")], [f"/proc/{pid}"])

    @unittest.skipUnless(can_mount(), "mounting needs root and namespaces")
    def test_a_process_behind_the_folder_of_another(self):
        hidden, shown = self.start("sleep", "1000").pid, self.start("sleep", "1000").pid
        bundle = probe("noticed-system", before=("unshare", "-m", "sh", "-c", f'mount --bind /proc/{shown} /proc/{hidden} && exec "$@"', "sh"))
        self.assertEqual([m.split()[4] for m in bundle.evidence("mount-over-process", "mountinfo")], [f"/proc/{hidden}"])

    @unittest.skipUnless(can_mount(), "mounting needs root and namespaces")
    def test_a_proc_of_another_process_namespace_hides_nothing(self):
        bundle = probe(*HIDDEN, before=("unshare", "-p", "-f"))
        self.assertEqual([o["words"] for o in bundle.lines("observed")], [])
        self.assertIn("it counts processes of another namespace", " ".join(m["why"] for m in bundle.lines("missing")))

    def test_nothing_is_hidden_while_short_lived_processes_are_started(self):
        stop = threading.Event()

        def churn():
            while not stop.is_set():
                subprocess.run(["true"], check=False)

        threads = [threading.Thread(target=churn) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(20):
                found = [o for o in probe(*HIDDEN).lines("observed") if o["code"].startswith(("hidden", "veiled"))]
                self.assertEqual(found, [])
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_who_may_not_look_into_others_finds_nothing_and_says_what_is_missing(self):
        bundle = probe(*HIDDEN, "noticed-process", "recover", before=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        self.assertEqual([o["words"] for o in bundle.lines("observed") if o["code"].startswith(("hidden", "veiled"))], [])
        self.assertIn(13, [m.get("error") for m in bundle.lines("missing")])


class Recovered(Sleeper):
    def test_a_deleted_program_and_one_in_memory_byte_for_byte(self):
        original = pathlib.Path("/bin/sleep").read_bytes()
        with tempfile.TemporaryDirectory(prefix="calm-hidden-") as folder:
            path = pathlib.Path(folder) / "program"
            path.write_bytes(original)
            path.chmod(0o700)
            deleted = self.start(str(path), "1000")
            path.unlink()
        memory = self.start(sys.executable, "-c", "import os\nfd = os.memfd_create('x', os.MFD_CLOEXEC)\n"
                            "os.write(fd, open('/bin/sleep', 'rb').read())\nprint(flush=True)\nos.execve(fd, ['sleep', '1000'], {})")
        memory.stdout.readline()
        while not os.readlink(f"/proc/{memory.pid}/exe").startswith("/memfd:"):
            pass
        bundle = collect()
        for child, code in ((deleted, "deleted-program"), (memory, "memory-program")):
            member = f"recovered/{child.pid}/exe"
            self.assertEqual(bundle.read(member), original)
            self.assertIn(member, [o["evidence"] for o in bundle.observed(code)])
        self.assertIn(f"{path} (deleted)", [m.get("source") for m in bundle.lines("manifest") if m["member"] == f"recovered/{deleted.pid}/exe"])
        for one in bundle.lines("observed"):
            self.assertEqual(set(one) - {"words_hex", "evidence_hex"}, {"code", "weight", "hint", "words", "harmless", "evidence"})
            self.assertGreater(len(one["harmless"]), 20)
            self.assertNotRegex(one["harmless"], VERDICT)


class Memory(Sleeper):
    def test_the_pages_of_a_process_are_those_that_its_map_says(self):
        child = self.start("sleep", "1000")
        while pathlib.Path(f"/proc/{child.pid}/comm").read_text() != "sleep\n":
            pass
        bundle = collect("--memory", str(child.pid))
        copied = bundle.read(f"memory/{child.pid}/mem-000")
        regions = bundle.lines(f"memory/{child.pid}/map")
        shown = [line.split()[:2] for line in pathlib.Path(f"/proc/{child.pid}/maps").read_text().splitlines()]
        self.assertEqual([[r["range"], r["permissions"]] for r in regions], shown)
        at = 0
        with open(f"/proc/{child.pid}/mem", "rb", buffering=0) as memory:
            for region in regions:
                for address, size, off in region["runs"]:
                    self.assertEqual(off, at)
                    memory.seek(address)
                    self.assertEqual(memory.read(size), copied[off:off + size], region)
                    at += size
        self.assertEqual(at, len(copied))
        stack = [r for r in regions if r.get("path") == "[stack]"]
        start, size, off = stack[0]["runs"][-1]
        self.assertIn(b"sleep\x001000\x00", copied[off:off + size])

    def test_ctrl_c_ends_a_copy_of_memory_in_good_order(self):
        # At 1 MB a second 64 MB take longer than the test may.
        child = self.start(sys.executable, "-c", "import os, time\nkept = os.urandom(64 << 20)\nprint(flush=True)\ntime.sleep(1000)")
        child.stdout.readline()
        with tempfile.TemporaryDirectory(prefix="calm-hidden-") as folder:
            out = pathlib.Path(folder) / "out.zst"
            work = self.start(COLLECT, "--unsealed", "--output", str(out), "--memory", str(child.pid), "--limit", "1 MB/s")
            while f"/proc/{child.pid}/mem" not in open_files(work.pid):
                self.assertIsNone(work.poll())
                time.sleep(0.05)
            work.send_signal(signal.SIGINT)
            self.assertEqual(work.wait(timeout=60), CANCEL)
            done = subprocess.CompletedProcess([], 0, out.read_bytes(), b"")
        bundle = Bundle(done)
        member = f"memory/{child.pid}/mem-000"
        listed = next(m for m in bundle.lines("manifest") if m["member"] == member)
        self.assertEqual(listed["part"], "stopped")
        self.assertGreater(listed["size"], 64 << 20)
        self.assertEqual(hashlib.sha256(bundle.read(member)).hexdigest(), listed["sha256"])
        self.assertTrue(json.loads(bundle.read("end.json"))["stopped"])
        self.assertIn("the collection was ended during it", [m["why"] for m in bundle.lines("missing") if m["step"] == "memory-process"])
        self.assertIn("the collection was ended before it", [m["why"] for m in bundle.lines("missing") if m["step"] == "file"])

    @unittest.skipIf(pathlib.Path("/proc/kcore").exists() or pathlib.Path("/dev/mem").exists(), "this kernel may give its memory")
    def test_where_the_whole_memory_cannot_be_had_it_says_so(self):
        bundle = collect("--physical-memory")
        said = {m["what"]: m for m in bundle.lines("missing") if m["step"] == "memory"}
        if "/proc/iomem" not in said:
            self.assertEqual([said[way]["error"] for way in ("/proc/kcore", "/dev/mem")], [2, 2])
            self.assertIn("could not be copied", said["memory/physical"]["why"])
        self.assertNotIn("memory/physical-000.lime", bundle.names)


if __name__ == "__main__":
    unittest.main()
