"""test_collect.py: calm-collect as a program on a host: what it brings, what it leaves untouched, and what happens when its output,
its rights or its connection fail."""
import fcntl
import hashlib
import io
import json
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import termios
import threading
import time
import unittest

import harness
import sender
from harness import COLLECT

SYMBOLS = (harness.BUILD / "src" / "calm-collect-symbols").resolve()
ROOT = os.geteuid() == 0
NOBODY = 65534
USAGE, NOT_FOUND, DENIED, FORMAT, IO, FULL, CANCEL = 2, 3, 4, 7, 11, 12, 13
# The public key of RFC 7748, section 6.1 (Alice), and the first digits of its SHA-256, by sha256sum.
KEY = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
CHECK = hashlib.sha256(bytes.fromhex(KEY)).hexdigest()[:4]
RECIPIENT = f"calm-recipient/1\nkey {KEY}\nfor a test\ncheck {CHECK}\n"


def archive(bundle):
    """The members of an unsealed bundle as far as they go, by zstd and tar alone: [(name, bytes)]."""
    plain = subprocess.run(["zstd", "-dc"], input=bundle, capture_output=True, check=False).stdout
    members = []
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r|") as tar:
            for member in tar:
                content = tar.extractfile(member).read() if member.isreg() else b""
                if len(content) == member.size or not member.isreg():
                    members.append((member.name, content))
    except (tarfile.ReadError, EOFError, OSError):
        pass
    return members


def lines(members, name):
    return [json.loads(line) for path, content in members if re.fullmatch(re.escape(name) + r"-\d{3,}\.jsonl", path) for line in content.splitlines()]


def listing(folder):
    """All times, sizes and modes below a folder, taken without changing an access time."""
    found = {}
    flags = os.O_RDONLY | os.O_NOATIME
    pending = [folder]
    while pending:
        path = pending.pop()
        fd = os.open(path, flags | os.O_DIRECTORY)
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    s = entry.stat(follow_symlinks=False)
                    whole = os.path.join(path, entry.name)
                    found[whole] = (s.st_ino, s.st_mode, s.st_uid, s.st_gid, s.st_size, s.st_mtime_ns, s.st_ctime_ns,
                                    None if entry.is_symlink() else s.st_atime_ns)
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(whole)
        finally:
            os.close(fd)
    return found


class CollectTest(unittest.TestCase):
    def setUp(self):
        temp = tempfile.TemporaryDirectory(prefix="calm-collect-")
        self.addCleanup(temp.cleanup)
        self.folder = pathlib.Path(temp.name)
        self.recipient = self.folder / "recipient.txt"
        self.recipient.write_text(RECIPIENT)

    def run_it(self, *words, before=(), **more):
        return subprocess.run([*before, COLLECT, *map(str, words)], capture_output=True, timeout=300, check=False, **more)

    def collect(self, *words):
        """Runs it unsealed into standard output; the members come back."""
        done = self.run_it("--unsealed", "--output", "-", *words)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertEqual(hashlib.sha256(done.stdout).hexdigest(), re.search(rb"SHA-256 ([0-9a-f]{64})", done.stderr)[1].decode())
        return archive(done.stdout)

    def small_tree(self):
        """A copied tree of a host with little in it."""
        tree = self.folder / "tree"
        for path, text in {"etc/hostname": "small\n", "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "proc/1/stat": "1 (init) S 0 1 1 0 -1 4194560 " + "0 " * 10 + "1 0 5 0 1" + " 0" * 28 + "\n",
                           "proc/1/status": "Name:\tinit\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", "proc/1/cmdline": "/sbin/init\0"}.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        return tree

    def slow(self, *words, **more):
        """One that is still at work when this returns: it reads next to nothing a second."""
        return subprocess.Popen([COLLECT, "--limit", "20K", "--tree", "/etc", *map(str, words)], stderr=subprocess.PIPE, **more)

    def wait_for(self, holds):
        for _ in range(600):
            if holds():
                return
            time.sleep(0.05)
        self.fail("it did not come to pass within 30 s")


class WhatItBrings(CollectTest):
    def test_a_bundle_opens_with_zstd_and_tar_and_is_what_its_manifest_says(self):
        members = self.collect()
        names = [name for name, _ in members]
        self.assertEqual((names[0], names[-1]), ("bundle.json", "end.json"))
        self.assertEqual(len(names), len(set(names)))
        for row in lines(members, "manifest"):
            content = dict(members)[row["member"]]
            if not (row.get("part") or row["member"] not in dict(members)):
                self.assertEqual((len(content), hashlib.sha256(content).hexdigest()), (row["size"], row["sha256"]), row["member"])
        listed = {row["member"] for row in lines(members, "manifest")}
        regular = {name for name in names if not name.startswith(("files/", "manifest-")) and name != "end.json"}
        self.assertEqual(regular - listed, set())

    def test_its_first_member_says_who_collected_where_and_when(self):
        before = time.time()
        members = self.collect("--limit", "900 MB/s")
        first = json.loads(dict(members)["bundle.json"])
        self.assertEqual(first["format"], "calm-bundle/1")
        self.assertEqual(first["host"], os.uname().nodename)
        self.assertEqual(first["boot_id"], pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        self.assertEqual(first["uid"], os.geteuid())
        self.assertEqual((first["profile"], first["options"]), ("triage", ["--unsealed", "--limit", "900 MB/s"]))
        self.assertRegex(first["collection"], "^[0-9a-f]{32}$")
        status = pathlib.Path("/proc/self/status").read_text()
        self.assertEqual(first["capabilities"], re.search(r"CapEff:\s*(\w+)", status)[1])
        started = subprocess.run(["date", "-d", first["started"], "+%s.%N"], capture_output=True, text=True, check=True).stdout
        self.assertTrue(before - 0.1 <= float(started) <= time.time())
        self.assertEqual(first["containers"]["inside"], os.path.exists("/.dockerenv") or os.readlink("/proc/self/ns/pid") != "pid:[4026531836]")

    def test_its_last_member_counts_what_stands_before_it(self):
        members = self.collect()
        end = json.loads(members[-1][1])
        self.assertEqual(end["members"], len(members) - 1)
        self.assertEqual(end["bytes"], sum(len(content) for _, content in members[:-1]))
        self.assertEqual((end["processes_started"], end["files_written"], end["stopped"]), (0, 0, False))

    def test_its_snapshot_is_the_document_that_calm_reads(self):
        members = self.collect()
        text = b"".join(content for name, content in members if name.startswith("snapshot-"))
        whole = text.splitlines()
        last = json.loads(whole[-1])
        self.assertEqual(last["lines"], len(whole) - 1)
        self.assertEqual(last["sha256"], hashlib.sha256(text[: text.rindex(b'{"section":"end"')]).hexdigest())

    def test_a_copied_tree_is_read_instead_of_this_host(self):
        members = self.collect("--root", self.small_tree())
        self.assertEqual(json.loads(dict(members)["bundle.json"])["host"], "small")
        accounts = [json.loads(line) for line in dict(members)["snapshot-000.jsonl"].splitlines()]
        self.assertEqual([row["key"] for row in accounts if row["section"] == "account"], ["root"])

    def test_a_sealed_bundle_begins_with_whom_it_is_for_and_shows_nothing_else(self):
        path = self.folder / "out.calm"
        done = self.run_it("--to", self.recipient, "--output", path)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        sealed = path.read_bytes()
        self.assertEqual(sealed[: 14 + 4 + 64], f"calm-sealed/1\nto {KEY} ".encode())
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        for word in ("bundle.json", "calm-bundle/1", boot, "calmlink"):
            self.assertTrue(word.encode() not in sealed, word)
        self.assertIn(f"check digits {CHECK}".encode(), done.stderr)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_into_a_folder_it_names_the_file_by_host_and_time(self):
        done = self.run_it("--unsealed", "--output", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        (path,) = self.folder.glob("*.tar.zst")
        self.assertRegex(path.name, "^" + re.escape(os.uname().nodename) + r"-\d{8}T\d{6}Z\.tar\.zst$")
        self.assertIn(str(path), done.stderr.decode())


class WhatItLeaves(CollectTest):
    def test_no_program_no_process_no_write_no_connection(self):
        if not shutil.which("strace") or harness.SANITIZED:
            self.skipTest("no strace, or a sanitizer that it cannot follow")
        log = self.folder / "log"
        output = self.folder / "out.zst"
        forbidden = r"connect|bind|listen|unlink|unlinkat|rename\w*|chmod|fchmod\w*|chown|fchown\w*|utime\w*|mkdir\w*|mknod\w*|link|linkat|symlink\w*|truncate|ftruncate|setxattr|ptrace|kill|tgkill|mount|umount2|init_module|finit_module|shm_open|memfd_create"
        # Only what is looked at below stops for strace: a collection makes half a million calls.
        watched = f"trace=/^(execve|execveat|v?fork|clone3?|open|openat|openat2|creat|socket|{forbidden})$"
        done = self.run_it("--unsealed", "--output", output, "--tree", "/etc", before=["strace", "-f", "--seccomp-bpf", "-s", "0", "-e", watched, "-o", str(log)])
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        calls = log.read_text(errors="replace").splitlines()
        self.assertGreater(len(calls), 1000)
        self.assertEqual([x for x in calls if re.search(r" execve(at)?\(", x)][1:], [])
        self.assertEqual([x for x in calls if re.search(r" v?fork\(", x) or (re.search(r" clone3?\(", x) and "CLONE_THREAD" not in x)], [])
        opened = [x for x in calls if re.search(r" (open|openat|openat2|creat)\(", x) and re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)|creat\(", x)]
        self.assertEqual(len(opened), 1)
        self.assertIn(str(output), opened[0])
        self.assertEqual([x for x in calls if " socket(" in x and not re.search(r"socket\(AF_NETLINK|socket\(AF_UNIX", x)], [])
        self.assertEqual([x for x in calls if re.search(rf" ({forbidden})\(", x) and not re.search(r"bind\(\d+, \{sa_family=AF_NETLINK", x)], [])
        strange = r'"[^"]*(\.so(\.\d+)*|ld\.so\.cache|nsswitch\.conf|gconv-modules|locale-archive|resolv\.conf)"'
        loaded = [x for x in calls if re.search(strange, x) and re.search(r" openat\(AT_FDCWD", x)]
        self.assertEqual(loaded, [])

    @unittest.skipUnless(ROOT, "only root may read files of others without changing them")
    def test_a_tree_has_the_same_times_afterwards(self):
        tree = self.folder / "tree" / "etc"
        (tree / "deep" / "er").mkdir(parents=True)
        for name in ("a", "deep/b", "deep/er/c", ".profile"):
            (tree / name).write_text("x" * 5000)
        (tree / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (tree / "link").symlink_to("a")
        for path in [tree, *tree.rglob("*")]:
            os.utime(path, ns=(10**18, 10**18 + 10**9), follow_symlinks=False)  # so old that a reader's time is noted
        before = listing(self.folder / "tree")
        (tree / "a").read_text()
        if listing(self.folder / "tree") == before:
            self.skipTest("this file system notes no access times")
        before = listing(self.folder / "tree")
        members = self.collect("--root", self.folder / "tree", "--tree", "/etc", "--profile", "full")
        self.assertIn("/etc/deep/er/c", json.dumps(lines(members, "live/file")))
        self.assertEqual(listing(self.folder / "tree"), before)

    @unittest.skipUnless(ROOT, "only root may read files of others without changing them")
    def test_the_configuration_of_this_host_has_the_same_times_afterwards(self):
        before = {folder: listing(folder) for folder in ("/etc", "/root", "/usr/bin", "/usr/sbin")}
        self.collect("--tree", "/etc")
        for folder, was in before.items():
            now = listing(folder)
            changed = [(path, was[path], now.get(path)) for path in was if now.get(path) != was[path]]
            # Other programs may be at work in root's home; what calm-collect reads, it reads without a trace.
            self.assertEqual([x for x in changed if not x[0].startswith("/root/.")], [])

    def test_it_is_polite(self):
        out = self.folder / "out.zst"
        work = self.slow("--unsealed", "--output", out)
        try:
            self.wait_for(lambda: out.exists() and out.stat().st_size > 0)
            self.assertEqual(os.getpriority(os.PRIO_PROCESS, work.pid), min(19, os.getpriority(os.PRIO_PROCESS, 0) if os.getpriority(os.PRIO_PROCESS, 0) > 10 else 10))
            if shutil.which("ionice"):
                said = subprocess.run(["ionice", "-p", str(work.pid)], capture_output=True, text=True, check=True).stdout
                self.assertEqual(said.strip(), "idle")
            limits = pathlib.Path(f"/proc/{work.pid}/limits").read_text()
            self.assertRegex(limits, r"Max core file size\s+0\s+0")
        finally:
            work.kill()
            work.communicate()

    def test_the_program_is_static_and_small(self):
        if not SYMBOLS.exists():
            self.skipTest("a sanitizer or coverage, which do not go with a static program")
        headers = subprocess.run(["readelf", "-lW", COLLECT], capture_output=True, text=True, check=True).stdout
        self.assertIn("LOAD", headers)
        self.assertNotIn("INTERP", headers)
        dynamic = subprocess.run(["readelf", "-dW", COLLECT], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("NEEDED", dynamic)
        self.assertLessEqual(os.path.getsize(COLLECT), 2 * 1024 * 1024)
        names = {line.split()[-1] for line in subprocess.run(["nm", str(SYMBOLS)], capture_output=True, text=True, check=True).stdout.splitlines()}
        self.assertIn("collect_bundle", names)
        forbidden = r"_*(getpw\w*|getgr(nam|gid|ent)\w*|getaddrinfo|gethostby\w*|getservby\w*|res_n?(query|search|send|mkquery)\w*|ns_\w+|nss_\w+|system|popen|v?fork|posix_spawnp?|execv\w*|mkstemp\w*|tmpfile\w*|setlocale|localtime\w*|tzset|iconv_open)"
        self.assertEqual({name for name in names if re.fullmatch(forbidden, name)}, set())


class WhatFails(CollectTest):
    def test_command_lines_that_cannot_be_meant(self):
        there = self.folder / "there"
        there.write_text("")
        cases = [([], "--output"), (["--output", "x"], "recipient.txt"), (["--output", "x", "--to", self.recipient, "--unsealed"], "do not go together"),
                 (["--output", "tcp://127.0.0.1:1", "--unsealed", "--token", "x"], "sealed"), (["--output", "tcp://127.0.0.1:1", "--to", self.recipient], "--token"),
                 (["--output", "tcp://web1:7000", "--to", self.recipient, "--token", "x"], "names are not looked up"),
                 (["--output", there, "--unsealed"], "there already"), (["--output", "x", "--unsealed", "--profile", "all"], "triage"),
                 (["--output", "x", "--unsealed", "--memory", "init"], "number of a process"), (["--output", "x", "--unsealed", "--limit", "fast"], "not a size"),
                 (["--output", "x", "--unsealed", "--limit", "0"], "more than nothing"), (["--output", "x", "--output", "y", "--unsealed"], "twice"),
                 (["--output", "x", "--unsealed", "--threads", "0"], "1 to 256"), (["--output", "x", "--unsealed", "--patience", "soon"], "span"),
                 (["--output"], "wants PLACE"), (["--unsealed=yes", "--output", "x"], "nothing follows"), (["--fast"], "no option"), (["x"], "no option")]
        for words, sentence in cases:
            done = self.run_it(*words, cwd=self.folder)
            self.assertEqual(done.returncode, USAGE, words)
            self.assertIn(sentence, done.stderr.decode(), words)
            self.assertEqual(done.stdout, b"")
        self.assertEqual(sorted(x.name for x in self.folder.iterdir()), ["recipient.txt", "there"])

    def test_recipients_that_are_none(self):
        cases = {"": FORMAT, RECIPIENT.replace(CHECK, "0000" if CHECK != "0000" else "1111"): FORMAT, RECIPIENT.replace("/1", "/2"): 9, RECIPIENT.replace("key 8", "key g"): FORMAT}
        for text, status in cases.items():
            self.recipient.write_text(text)
            done = self.run_it("--to", self.recipient, "--output", self.folder / "x")
            self.assertEqual(done.returncode, status, text)
            self.assertIn(str(self.recipient), done.stderr.decode())
        done = self.run_it("--to", self.folder / "none", "--output", self.folder / "x")
        self.assertEqual(done.returncode, NOT_FOUND)
        self.assertIn(b"--unsealed in place of --to", done.stderr)
        self.assertFalse((self.folder / "x").exists())

    def test_a_definition_that_is_not_there_is_said_before_anything_is_read(self):
        out = self.folder / "x"
        bad = self.folder / "bad.yaml"
        bad.write_text("name: [A\n")
        windows = self.folder / "windows.yaml"
        windows.write_text("name: W\ndoc: x\nsources: [{type: FILE, attributes: {paths: [/x]}}]\nsupported_os: [Windows]\n")
        for words, status, says in ((["--artifact", "nonsense"], USAGE, b'no definition is called "nonsense"'),
                                    (["--definitions", self.folder / "gone"], NOT_FOUND, b"the definitions cannot be read: No such file"),
                                    (["--definitions", bad], FORMAT, b"line 2"),
                                    (["--definitions", windows, "--artifact", "W"], USAGE, b"for another system than Linux")):
            done = self.run_it("--unsealed", "--output", out, *words)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(says, done.stderr)
            self.assertFalse(out.exists())
        # One bad file among those of a folder does not keep the others out.
        (self.folder / "good.yaml").write_text("name: G\ndoc: x\nsources: [{type: FILE, attributes: {paths: [/etc/passwd]}}]\nsupported_os: [Linux]\n")
        members = self.collect("--root", self.small_tree(), "--definitions", self.folder, "--artifact", "G")
        self.assertIn("files/etc/passwd", dict(members))
        self.assertIn(str(bad), [row["what"] for row in lines(members, "missing")])

    def test_memory_that_was_asked_for_and_is_not_there_is_said(self):
        root = self.small_tree()
        for words, says, what in ((["--memory", "4194303"], "The memory of process 4194303 is not in the bundle: there is no such process.", "/proc/4194303"),
                                  (["--root", root, "--memory", "1"], "The memory of process 1 is not in the bundle: only a running kernel has it.", "/proc/1/mem"),
                                  (["--root", root, "--physical-memory"], "The whole memory is not in the bundle: where it lies is not told.", "/proc/iomem")):
            done = self.run_it("--unsealed", "--output", "-", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"calm-collect: {says}\n", done.stderr.decode())
            self.assertIn(what, [row["what"] for row in lines(archive(done.stdout), "missing")])
        self.assertNotIn(b"is not in the bundle", self.run_it("--unsealed", "--output", "-", "--root", root).stderr)

    def test_help_names_every_option_and_fits_a_screen(self):
        done = self.run_it("--help")
        self.assertEqual(done.returncode, 0)
        text = done.stdout.decode()
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        manual = (harness.ROOT / "doc" / "man" / "calm-collect.1").read_text()
        options = re.findall(r"^  --([a-z-]+)", text, re.M)
        self.assertGreater(len(options), 12)
        for option in options:
            self.assertIn(f".It Fl -{option}", manual)
        self.assertEqual(set(re.findall(r"^\.It Fl -([a-z-]+)", manual, re.M)), set(options))
        self.assertRegex(self.run_it("--version").stdout.decode(), r"^calm-collect \d+\.\d+\.\d+ \(format calm-bundle/1\)\n$")

    def test_ctrl_c_ends_the_bundle_with_what_there_is(self):
        out = self.folder / "out.zst"
        work = self.slow("--unsealed", "--output", out)
        self.wait_for(lambda: out.exists() and out.stat().st_size > 1000)
        work.send_signal(signal.SIGINT)
        _, said = work.communicate(timeout=120)
        self.assertEqual(work.returncode, CANCEL, said)
        self.assertIn("ended at your request", said.decode())
        members = archive(out.read_bytes())
        self.assertEqual(json.loads(dict(members)["end.json"])["stopped"], True)
        whys = {row["why"] for row in lines(members, "missing")}
        self.assertTrue(whys & {"the collection was ended before it", "the collection was ended during it"}, whys)

    def test_a_killed_one_leaves_what_was_written_up_to_then(self):
        out = self.folder / "out.zst"
        work = self.slow("--unsealed", "--output", out)
        self.wait_for(lambda: out.exists() and b"calmlink" in out.read_bytes()[2000:])
        work.kill()
        work.communicate()
        names = [name for name, _ in archive(out.read_bytes())]
        self.assertEqual(names[0], "bundle.json")
        self.assertIn("live/time-000.jsonl", names)
        self.assertNotIn("end.json", names)

    def test_a_reader_that_goes_away(self):
        work = subprocess.Popen([COLLECT, "--unsealed", "--output", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = os.read(work.stdout.fileno(), 100)
        work.stdout.close()
        said = work.stderr.read().decode()
        work.stderr.close()
        self.assertEqual(work.wait(timeout=120), IO)
        self.assertEqual(len(first), 100)
        self.assertIn("standard output", said)

    def test_standard_output_that_is_closed_or_a_terminal(self):
        for closed in (">&-", ">&- 2>&-", "<&- >&-"):
            done = subprocess.run(["/bin/sh", "-c", f'"$0" --unsealed --output - {closed}', COLLECT], capture_output=True, timeout=120, check=False)
            self.assertEqual(done.returncode, IO, closed)
        master, slave = pty.openpty()
        done = subprocess.run([COLLECT, "--unsealed", "--output", "-"], stdout=slave, stderr=subprocess.PIPE, check=False)
        os.close(slave)
        os.close(master)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn(b"terminal", done.stderr)

    def test_with_standard_descriptors_closed_the_bundle_stays_clean(self):
        out = self.folder / "out.zst"
        done = subprocess.run(["/bin/sh", "-c", '"$0" --unsealed --output "$1" <&- >&- 2>&-', COLLECT, str(out)], timeout=120, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(archive(out.read_bytes())[-1][0], "end.json")

    def on_terminal(self, *words, columns=80):
        """What it shows on a terminal of that width."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        work = subprocess.Popen([COLLECT, *words], stderr=slave)
        os.close(slave)
        said = b""
        try:
            while more := os.read(master, 4096):
                said += more
        except OSError:
            pass  # the other side is closed
        os.close(master)
        return work.wait(timeout=120), said.decode()

    def test_on_a_terminal_it_says_what_it_reads_in_one_line(self):
        status, said = self.on_terminal("--unsealed", "--output", str(self.folder / "x"))
        self.assertEqual(status, 0, said)
        titles = re.findall(r'^STEP\("[^"]*", \w+, [^,]*TRIAGE[^,]*, "([^"]*)"\)', (harness.ROOT / "src/collect/steps.def").read_text(), re.M)
        shown = [title for title, _ in re.findall(r"s  reading: (.*?)(, [0-9.]+ \w+ so far)? *(?=[\r\n])", said)]
        # A line may be written again as time goes on. Nobody asked for memory.
        asked_for = ["memory of chosen processes", "the whole memory"]
        self.assertEqual([title for title in titles if title in asked_for], asked_for)
        self.assertEqual([title for number, title in enumerate(shown) if shown[number - 1 : number] != [title]], [title for title in titles if title not in asked_for])
        (steps,) = [line for line in said.split("\n") if "reading:" in line]
        self.assertRegex(steps, r"\r +\r+$")  # the last of them is wiped away

    def test_on_a_terminal_no_word_is_cut_and_the_next_step_is_last(self):
        self.recipient.write_text(RECIPIENT)
        status, said = self.on_terminal("--to", str(self.recipient), "--output", str(self.folder), columns=60)
        self.assertEqual(status, 0, said)
        (bundle,) = self.folder.glob("*.calm")
        end = said[said.index("The state of this host") :].replace("\r", "").splitlines()
        for line in end:
            self.assertTrue(len(line) < 60 or " " not in line or line.startswith("SHA-256 "), line)
        self.assertIn(str(bundle), end)
        self.assertIn(f"calm preserve import {bundle.name}", " ".join(end[-2:]))
        self.assertIn("umount", " ".join(end[-4:]))

    def test_a_folder_that_is_not_there_is_no_directory_to_write_over(self):
        done = self.run_it("--unsealed", "--output", f"{self.folder}/none/")
        self.assertEqual(done.returncode, NOT_FOUND)
        self.assertIn(b"is the stick mounted", done.stderr)

    def test_a_stick_that_is_the_hosts_memory_is_told(self):
        place = self.mount("64m")
        done = self.run_it("--unsealed", "--output", place / "out.zst", "--root", self.small_tree())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"lies in this host's memory", done.stderr)

    def mount(self, size):
        place = self.folder / "stick"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False)
        if done.returncode:
            self.skipTest("nothing can be mounted here")
        self.addCleanup(lambda: subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False))
        return place

    def test_a_stick_that_fills(self):
        place = self.mount("64k")
        done = self.run_it("--unsealed", "--output", place / "out.zst")
        self.assertEqual(done.returncode, FULL, done.stderr)
        self.assertIn(b"No space left on device", done.stderr)
        self.assertIn(b"up to the last whole piece", done.stderr)
        self.assertIn(b"collect again onto another stick", done.stderr)
        members = archive((place / "out.zst").read_bytes())
        self.assertEqual(members[0][0], "bundle.json")
        self.assertGreater(len(members), 3)

    def test_a_stick_that_is_pulled(self):
        place = self.mount("64m")
        work = self.slow("--unsealed", "--output", place / "out.zst")
        self.wait_for(lambda: (place / "out.zst").exists())
        subprocess.run(["umount", "-l", str(place)], check=True)
        work.send_signal(signal.SIGINT)
        _, said = work.communicate(timeout=120)
        self.assertEqual(work.returncode, IO, said)
        self.assertIn("is not there any more", said.decode())

    @unittest.skipUnless(ROOT and shutil.which("setpriv"), "only root can become somebody else")
    def test_without_root_it_says_what_it_could_not_see(self):
        self.folder.chmod(0o755)
        program = self.folder / "calm-collect"
        shutil.copy(COLLECT, program)
        out = self.folder / "out"
        out.mkdir()
        os.chown(out, NOBODY, NOBODY)
        done = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", str(program), "--unsealed", "--output", str(out / "x")],
                              capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("This did not run as root", done.stderr)
        self.assertRegex(done.stderr, r"access times of \d+ files and folders of others, and those of symbolic links,\s+may have changed")
        members = archive((out / "x").read_bytes())
        self.assertEqual(json.loads(dict(members)["bundle.json"])["uid"], NOBODY)
        refused = {row["step"] for row in lines(members, "missing") if row.get("error") in (1, 13)}
        self.assertIn("process", refused)
        self.assertEqual(members[-1][0], "end.json")


class Receiver(threading.Thread):
    """The receiving side of doc/format/bundle.md section 4, which breaks connections off."""

    def __init__(self, token, breaks):
        super().__init__()
        self.token = token
        self.breaks = list(breaks)  # bytes after which a connection is broken off
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.got = b""
        self.collections = set()
        self.connections = 0
        self.is_whole = False
        self.are_proven = True
        self.start()

    def run(self):
        while not self.is_whole:
            connection, _ = self.socket.accept()
            with connection, connection.makefile("rb") as stream:
                self.connections += 1
                if not self.serve(connection, stream):
                    break
        self.socket.close()

    def serve(self, connection, stream):
        magic, token, collection = stream.readline().decode().rstrip("\n").split(" ")
        if magic != "calm-send/2" or token != self.token:
            return False
        nonce = sender.nonce()
        connection.sendall(f"prove {nonce.hex()}\n".encode())
        self.are_proven &= sender.proves(stream.readline(), nonce, bytes.fromhex(collection), token)
        self.collections.add(collection)
        limit = self.breaks.pop(0) if self.breaks else None
        start = len(self.got)
        connection.sendall(f"have {start}\n".encode())
        while limit is None or len(self.got) - start < limit:
            kind = stream.read(1)
            (size,) = struct.unpack("<I", stream.read(4))
            content = stream.read(size)
            if kind == b"E":
                self.is_whole = content == struct.pack("<Q", len(self.got)) + hashlib.sha256(self.got).digest()
                connection.sendall(b"F" if self.is_whole else b"X")
                return False
            self.got += content
            if limit is None or len(self.got) - start < limit // 2:
                connection.sendall(b"A" + struct.pack("<Q", len(self.got)))
        return True


class OverANetwork(CollectTest):
    def send(self, receiver, token, *words):
        return self.run_it("--to", self.recipient, "--output", f"tcp://127.0.0.1:{receiver.port}", "--token", token, *words)

    def test_three_lost_connections_leave_the_bundle_as_it_was(self):
        receiver = Receiver("abc-1", (60_000, 100_000, 70_000))
        done = self.send(receiver, "abc-1")
        receiver.join()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(receiver.is_whole)
        self.assertEqual(receiver.connections, 4)
        self.assertEqual(len(receiver.collections), 1)
        self.assertTrue(receiver.are_proven)
        self.assertEqual(hashlib.sha256(receiver.got).hexdigest(), re.search(rb"SHA-256 ([0-9a-f]{64})", done.stderr)[1].decode())
        self.assertTrue(receiver.got.startswith(b"calm-sealed/1\n"))
        self.assertEqual(done.stderr.count(b"the connection is back"), 3)

    def test_a_wrong_token_is_said_before_anything_is_read(self):
        receiver = Receiver("abc-1", ())
        done = self.send(receiver, "abc-2")
        receiver.join()
        self.assertEqual(done.returncode, DENIED)
        self.assertIn(b"token", done.stderr)
        self.assertNotIn(b"abc-2", done.stderr)

    def test_where_nobody_listens_it_is_said_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        done = self.run_it("--to", self.recipient, "--output", f"tcp://127.0.0.1:{port}", "--token", "abc")
        self.assertEqual(done.returncode, IO)
        self.assertIn(f"127.0.0.1:{port}", done.stderr.decode())

    def test_patience_ends_and_says_what_is_there(self):
        receiver = Receiver("abc-1", (60_000,))
        done = self.send_until_gone(receiver)
        self.assertEqual(done.returncode, IO)
        self.assertRegex(done.stderr.decode(), r"did not come back within 1 s.*has the first \d+ bytes")

    def send_until_gone(self, receiver):
        """The receiver goes away for good after its first connection."""
        original = receiver.serve

        def serve_once(connection, stream):
            original(connection, stream)
            return False
        receiver.serve = serve_once
        done = self.send(receiver, "abc-1", "--patience", "1 s")
        receiver.join()
        return done


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    harness.main()
