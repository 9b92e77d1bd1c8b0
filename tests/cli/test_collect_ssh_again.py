"""test_collect_ssh_again.py: hosts that break off midway while they are collected over SSH: what came is kept, and the next visit goes on behind the
last step that came whole. And what lies on a host when calm, sshd or the connection ends while the program is brought there."""
import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

import harness
from made import HEAD, chained, members, tar
from test_collect_ssh import COLLECT, IN_NAMESPACES, USER, SshTest, enter_namespaces

sys.path.insert(0, str(harness.ROOT / "tests" / "oracle"))
import bundle as oracle  # noqa: E402  pylint: disable=wrong-import-position

# Nobody asks for memory here.
STEPS = [step for step in re.findall(r'^STEP\("([a-z-]+)"', (harness.ROOT / "src/collect/steps.def").read_text(), re.M) if not step.startswith("memory")]
ROOT_FILES = {
    "etc/hostname": "web1\n", "etc/machine-id": "0123456789abcdef0123456789abcdef\n", "etc/passwd": "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n",
    "etc/group": "root:x:0:\n", "etc/ld.so.preload": "/tmp/evil.so\n", "usr/bin/tool": "x\n", "root/.ssh/authorized_keys": "ssh-ed25519 AAAA x\n",
    "etc/crontab": "* * * * * root /tmp/x\n", "var/log/syslog": "x\n" * 2000,
}


class Again(SshTest):
    """The program that is sent runs calm-collect on a small copied tree, and the first times sends a part of what that wrote and dies."""

    def setUp(self):
        super().setUp()
        self.root = self.folder / "root"
        for name, text in ROOT_FILES.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.root / "usr/bin/tool").chmod(0o4755)

    def dying(self, *parts, then="kill -9 $$"):
        """Of the first runs so many hundredths come."""
        wanted = " ".join(map(str, parts))
        return self.program("dying", f"""n=$(ls {self.folder} | grep -c '^run-'); echo "$@" > {self.folder}/run-$n
{COLLECT} "$@" --root {self.root} > {self.folder}/out-$n 2>/dev/null
set -- {wanted}; shift $n 2>/dev/null || set --
[ $1 ] || exec cat {self.folder}/out-$n
head -c $(( $(wc -c <{self.folder}/out-$n) * $1 / 100 )) {self.folder}/out-$n; sleep 0.2; {then}
""")

    def runs(self):
        return [path.read_text().split() for path in sorted(self.folder.glob("run-*"))]

    def arguments(self, host, *more):
        return self.one(host, more=("--profile", "full", *more))

    def evidence(self, sort):
        return [item for item in self.ana.json("preserve list") if item["sort"] == sort]

    def blob(self, item):
        return (self.case / "evidence" / item["sha256"][:2] / item["sha256"]).read_bytes()

    def records(self, sort):
        return [r["record"] for r in self.ana.json("log") if r["type"] == sort]

    def lists(self):
        return [[json.loads(text) for text in self.blob(item).splitlines()] for item in self.evidence("list")]

    def steps_of(self, number):
        """The steps that a run's bundle has whole, by tar and zstd after calm unsealed it."""
        opened = self.folder / "opened.tar.zst"
        opened.unlink(missing_ok=True)
        self.ana.run("preserve", "unseal", str(self.folder / number), "--out", str(opened))
        raw = subprocess.run(["zstd", "-dcq", str(opened)], capture_output=True, check=False).stdout
        names = subprocess.run(["tar", "-t", "--warning=no-unknown-keyword"], input=raw, capture_output=True, check=False).stdout.decode().split("\n")
        return [name[5:-5] for name in names if name.startswith("step/")]

    def expected(self):
        """What a run that nothing cuts notices and misses."""
        whole = self.folder / "whole.tar.zst"
        whole.unlink(missing_ok=True)
        subprocess.run([COLLECT, "--unsealed", "--profile", "full", "--output", whole, "--root", self.root], stderr=subprocess.DEVNULL, check=True)
        raw = subprocess.run(["zstd", "-dcq", whole], capture_output=True, check=True).stdout
        text = subprocess.run(["tar", "-xO", "--warning=no-unknown-keyword", "--wildcards", "observed-*", "missing-*"], input=raw, capture_output=True, check=True).stdout
        rows = [json.loads(line) for line in text.splitlines()]
        return (collections.Counter(row["words"] for row in rows if "words" in row), collections.Counter((row["what"], row["step"]) for row in rows if "what" in row))

    def test_a_host_that_dies_is_gone_on_with_and_both_parts_are_one_collection(self):
        host = self.host("web1")
        outcome, status = self.arguments(host, "--program", str(self.dying(70)))
        self.assertEqual((outcome["outcome"], outcome["visits"], status), ("collected", 2, 0), outcome)
        first, second = self.runs()
        self.assertNotIn("--after", first)
        part = self.evidence("archive")[0]
        (self.folder / "part").write_bytes(self.blob(part))
        came = self.steps_of("part")
        self.assertEqual(came, STEPS[: len(came)])
        self.assertGreater(len(came), 5)
        self.assertLess(len(came), len(STEPS))
        self.assertEqual(second[second.index("--after") + 1], came[-1])
        self.assertEqual(self.steps_of("out-1"), ["scan", *STEPS[len(came) :]])
        _, whole = (self.ana(f"log r{number}") for number in self.records("collection/1"))
        self.assertRegex(whole, r"web1 at .* UTC, resumed at .* UTC")
        self.assertNotIn("not whole", self.evidence("archive")[1].get("remark", ""))
        head, *rows, end = self.lists()[1]
        self.assertEqual(head["continues"], [part["sha256"]])
        self.assertGreater(end["resumed"], head["taken"])
        self.assertNotIn("problem", end)
        observed, missing = self.expected()
        self.assertEqual(collections.Counter(row["words"] for row in rows if "observed" in row), observed)
        here = collections.Counter((row["missing"], row["step"]) for row in rows if "missing" in row and row["step"] not in ("manifest",))
        self.assertEqual({one for one in missing if one[1] != "scan"} - set(here), set())
        (row,) = self.ana.json("preserve hosts")
        self.assertTrue(row["captured"])
        self.assertNotIn("its end", row["missing"])
        self.assertEqual(row["resumed"], end["resumed"])
        self.assertIn("gone on", " ".join(self.ana("preserve hosts").split()))
        visits = self.ana.json("preserve visits")
        self.assertEqual([visit["outcome"] for visit in visits], ["cut", "collected"])
        self.assertEqual(visits[1]["after"], visits[0]["id"])
        self.assertIn("all as they were taken", self.ana("log verify"))

    def test_three_parts_are_one_collection_too(self):
        host = self.host("web1")
        outcome, status = self.arguments(host, "--program", str(self.dying(40, 50)))
        self.assertEqual((outcome["outcome"], outcome["visits"], status), ("collected", 3, 0), outcome)
        head, *rows, end = self.lists()[2]
        self.assertEqual(head["continues"], [item["sha256"] for item in self.evidence("archive")[:2]])
        self.assertNotIn("problem", end)
        self.assertEqual(collections.Counter(row["words"] for row in rows if "observed" in row), self.expected()[0])

    def test_no_more_visits_are_made_than_were_asked_for_and_later_it_is_resumed(self):
        host = self.host("web1")
        dying = str(self.dying(50, 50))
        outcome, status = self.arguments(host, "--program", dying, "--tries", "1")
        self.assertEqual((outcome["outcome"], outcome["visits"]), ("cut", 1), outcome)
        self.assertNotEqual(status, 0)
        (row,) = self.ana.json("preserve hosts")
        self.assertIn("its end", row["missing"])
        outcome, status = self.arguments(host, "--program", dying, "--tries", "1", "--resume")
        self.assertEqual(outcome["outcome"], "cut", outcome)
        outcome, status = self.arguments(host, "--program", dying, "--resume")
        self.assertEqual((outcome["outcome"], status), ("collected", 0), outcome)
        self.assertEqual(len(self.lists()[2][0]["continues"]), 2)
        status, said = self.ana.fails(f"preserve collect --ssh {host.at()} --resume --identity {self.key} --known-hosts {self.known}")
        self.assertEqual(status, 2)
        self.assertIn("nothing of it was cut off", " ".join(said.split()))

    def lying(self, name, step="scan", run="ab" * 16):
        """The first time it sends a bundle made by hand, which breaks off behind a step of that name, and dies."""
        to = self.folder / f"{name}-to.txt"
        self.ana(f"preserve key --out {to}")
        head = {**HEAD, "profile": "full", "collection": run}
        more = [(f"step/{step}.json", b"{}\n"), ("live/login-000.jsonl", b"{}\n" * 3000)]
        frames = chained(tar(members(head=head, more=more, ended=False)), 1024)
        sealed = self.folder / f"{name}-sealed"
        sealed.write_bytes(oracle.seal(frames[: len(frames) - 4000], oracle.recipient(to.read_bytes())))
        return self.program(name, f"""echo "$@" >> {self.folder}/{name}-runs
[ -e {self.folder}/{name}-came ] && exec {COLLECT} "$@" --root {self.root}
touch {self.folder}/{name}-came; cat {sealed}; sleep 0.2; kill -9 $$
""")

    def test_what_a_host_says_that_a_shell_would_read_is_never_typed_there(self):
        host = self.host("web1")
        cases = (("plain", {}, True), ("semicolon", {"step": "x;touch evil"}, False), ("dollar", {"step": "x$(touch evil)"}, False),
                 ("long", {"step": "x" * 33}, False), ("run", {"run": "ab" * 15 + "a;"}, False), ("short", {"run": "ab"}, False))
        for name, said, goes_on in cases:
            with self.subTest(name):
                outcome, status = self.arguments(host, "--program", str(self.lying(name, **said)))
                self.assertEqual((outcome["outcome"], outcome["visits"], status), ("collected", 2, 0), outcome)
                first, second = (text.split() for text in (self.folder / f"{name}-runs").read_text().splitlines())
                self.assertNotIn("--after", first)
                self.assertEqual("--after" in second, goes_on)
                self.assertEqual([word for word in second if word in ("--continues", "ab" * 16)], ["--continues", "ab" * 16] if goes_on else [])
                self.assertEqual([path for path in self.folder.glob("**/evil")], [])
        self.arguments(host, "--program", str(self.lying("later", step="x;touch evil")), "--tries", "1")
        status, said = self.ana.fails(" ".join(self.words(host, more=("--profile", "full", "--resume"))))
        self.assertEqual(status, 2)
        self.assertIn("has no step whole", " ".join(said.split()))

    def test_a_triage_is_taken_anew(self):
        host = self.host("web1")
        outcome, status = self.one(host, more=("--program", str(self.dying(50))))
        self.assertEqual((outcome["outcome"], outcome["visits"], status), ("collected", 2, 0), outcome)
        self.assertEqual(self.runs()[0], self.runs()[1])
        self.assertEqual(self.steps_of("out-1"), STEPS)
        outcome, _ = self.one(host, more=("--program", str(self.dying(50, 50, 50)), "--tries", "1"))
        status, said = self.ana.fails(f"preserve collect --ssh {host.at()} --resume --identity {self.key} --known-hosts {self.known}")
        self.assertEqual(status, 2)
        self.assertIn("a triage, which takes seconds", " ".join(said.split()))

    def test_what_is_no_bundle_is_not_tried_again(self):
        host = self.host("web1")
        liar = self.program("liar", "printf 'calm-sealed/1\\n'; head -c 3000 /dev/zero; sleep 0.2; kill -9 $$\n")
        outcome, _ = self.arguments(host, "--program", str(liar))
        self.assertEqual((outcome["outcome"], outcome["visits"]), ("cut", 1), outcome)

    def test_the_command_line_of_the_program_refuses_what_is_no_step_or_number(self):
        for words in (["--after", "nothing", "--continues", "ab" * 16], ["--after", "time"], ["--continues", "ab" * 16], ["--after", "time", "--continues", "xyz"]):
            done = subprocess.run([COLLECT, "--unsealed", "--output", "-", *words], capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, b""), words)

    def test_a_session_that_is_killed_while_it_streams_is_gone_on_with(self):
        host = self.host("web1")
        program = self.dying(60, then="sleep 60")
        run = subprocess.Popen([harness.CALM, "--case", str(self.case), *self.words(host, more=("--program", str(program), "--profile", "full", "--json"))],
                               env=self.ana.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(run.kill)
        deadline = time.monotonic() + 60
        while not (self.folder / "out-0").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(3)
        for pid in host.sessions():
            os.kill(pid, signal.SIGKILL)
        out, err = run.communicate(timeout=90)
        (outcome,) = json.loads(out)["hosts"]
        self.assertEqual((outcome["outcome"], outcome["visits"], run.returncode), ("collected", 2, 0), err)
        self.assertIn("--after", self.runs()[1])
        self.assertEqual(self.leftovers(host), [])


def stop_one(name):
    """Stops a process of this name, and returns its number; None where there is none. In namespaces all are the test's."""
    for path in pathlib.Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text() == name + "\n" and pathlib.Path(path.parent, "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                os.kill(int(path.parent.name), signal.SIGSTOP)
                return int(path.parent.name)
        except (OSError, ProcessLookupError):
            continue
    return None


@unittest.skipUnless(IN_NAMESPACES, "processes of a host are only told from others in namespaces")
class WhatIsLeft(SshTest):
    """The program is 40 MB here, and what takes it in on the host is held up, so that it ends while the file is written."""

    def setUp(self):
        super().setUp()
        self.run_, self.held = None, []

    def tearDown(self):
        if self.run_:
            self.run_.kill()
            self.run_.communicate()
        for pid in self.held:
            self.wake(pid)
        super().tearDown()

    def begin(self, host, *more):
        program = self.program("large", "exit 0\n")
        with program.open("ab") as out:
            for _ in range(40):
                out.write(b"#" * ((1 << 20) - 1) + b"\n")
        words = self.words(host, more=("--program", str(program), "--tries", "1", "--json", *more))
        self.run_ = subprocess.Popen([harness.CALM, "--case", str(self.case), *words], env=self.ana.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            cat = stop_one("cat")
            if cat:
                self.held.append(cat)
                return self.run_, cat
        self.fail("no program was brought")

    def wake(self, pid):
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def is_empty(self, host):
        deadline = time.monotonic() + 15
        while self.leftovers(host) and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.leftovers(host) == []

    def test_calm_that_is_killed_leaves_no_file(self):
        host = self.host("web1")
        run, cat = self.begin(host)
        self.assertNotEqual(self.leftovers(host), [])
        run.kill()
        run.wait()
        self.wake(cat)
        self.assertTrue(self.is_empty(host), self.leftovers(host))
        (visit,) = self.ana.json("preserve visits")
        self.assertEqual(visit["outcome"], "under-way")

    def test_a_session_that_is_killed_leaves_no_file_and_that_is_not_claimed(self):
        host = self.host("web1")
        run, cat = self.begin(host)
        (there,) = self.leftovers(host)
        for pid in host.sessions():
            os.kill(pid, signal.SIGKILL)
        out, _ = run.communicate(timeout=60)
        (outcome,) = json.loads(out)["hosts"]
        self.assertEqual((outcome["outcome"], outcome["left"], outcome["place"]), ("failed", True, there))
        self.wake(cat)
        self.assertTrue(self.is_empty(host), self.leftovers(host))

    def test_a_connection_that_falls_silent_names_the_file_and_how_to_remove_it(self):
        host = self.host("web1")
        run, cat = self.begin(host, "--quiet", "2 s")
        (there,) = self.leftovers(host)
        held = host.sessions()
        for pid in held:
            os.kill(pid, signal.SIGSTOP)
            self.held.append(pid)
        out, _ = run.communicate(timeout=60)
        (outcome,) = json.loads(out)["hosts"]
        self.assertEqual((outcome["left"], outcome["place"]), (True, there), outcome)
        self.assertEqual(outcome["remove"], f"ssh -p {host.port} {USER}@127.0.0.1 rm -f {there}")
        (visit,) = self.ana.json("preserve visits")
        self.assertEqual((visit["left"], visit["place"]), ("yes", there))
        self.assertNotIn("removed", visit)
        for pid in [*held, cat]:
            self.wake(pid)
        self.assertTrue(self.is_empty(host), self.leftovers(host))


if __name__ == "__main__":
    enter_namespaces()
    harness.main()
