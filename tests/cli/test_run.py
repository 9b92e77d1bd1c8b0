"""test_run.py: commands and shells on record: what they show is evidence, and their exit status is calm's."""
import hashlib
import json
import os
import pty
import signal
import subprocess
import time

import harness
from harness import CALM, CaseTest

NOT_FOUND, USAGE = 3, 2


class RunTest(CaseTest):
    def run_calm(self, *words, **more):
        return self.ana.run("run", *words, **more)

    def recordings(self):
        return self.ana.json("run list")

    def cast(self, recording):
        """Header and events of a recording (asciicast v2)."""
        items = {item["id"]: item for item in self.ana.json("preserve list")}
        item = items[recording["evidence"]]
        data = (self.case / "evidence" / item["sha256"][:2] / item["sha256"]).read_bytes()
        self.assertEqual(hashlib.sha256(data).hexdigest(), item["sha256"])
        self.assertEqual(item["sort"], "recording")
        lines = [json.loads(line) for line in data.decode().splitlines()]
        return lines[0], lines[1:]

    def output(self, recording):
        return "".join(text for _, kind, text in self.cast(recording)[1] if kind == "o")

    def test_the_exit_status_is_the_command_s(self):
        for command, status in (("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 128 + 9), ("kill -15 $$", 128 + 15)):
            with self.subTest(command):
                self.assertEqual(self.run_calm("--", "sh", "-c", command).returncode, status)
                self.assertEqual(self.recordings()[-1]["status"], str(status))

    def test_output_goes_through_and_is_recorded_in_its_order(self):
        done = self.run_calm("--", "sh", "-c", "echo one; echo two >&2; cat", stdin=b"three\n")
        self.assertEqual((done.stdout, done.stderr), (b"one\nthree\n", b"two\n"))
        (recording,) = self.recordings()
        header, events = self.cast(recording)
        self.assertEqual(header["version"], 2)
        self.assertGreater(header["width"], 0)
        self.assertEqual(sorted(time for time, _, _ in events), [time for time, _, _ in events])
        self.assertEqual(sorted(self.output(recording).split()), ["one", "three", "two"])
        self.assertEqual(recording["state"], "ended")

    def test_nothing_of_ours_is_among_the_output(self):
        self.assertEqual(self.run_calm("--", "echo", "only this").stdout, b"only this\n")

    def test_the_command_is_on_record_as_one_types_it(self):
        for words, typed in ((["echo", "a b", "it's"], "echo 'a b' 'it'\\''s'"), (["printf", "x\n\x1b[2J"], "printf 'x\\x0a\\x1b[2J'"), (["true", ""], "true ''")):
            self.run_calm("--", *words)
            self.assertEqual(self.recordings()[-1]["command"], typed)

    def test_what_is_not_there_is_not_started_and_that_is_on_record(self):
        self.assertEqual(self.run_calm("--", "no-such-program").returncode, NOT_FOUND)
        (recording,) = self.recordings()
        self.assertEqual(recording["state"], "not-started")
        self.assertEqual(list(self.case.glob("recordings/*")), [])

    def test_saying_nothing_or_too_much_runs_nothing(self):
        for words in ([], ["--shell", "--", "true"]):
            self.assertEqual(self.run_calm(*words).returncode, USAGE)
        self.assertEqual(self.recordings(), [])

    def test_a_kill_in_between_leaves_the_outcome_unknown_and_what_was_shown(self):
        process = subprocess.Popen([CALM, "--case", str(self.case), "run", "--", "sh", "-c", "echo begun; exec sleep 60"], env=self.ana.env, cwd=self.folder,
                                   stdout=subprocess.PIPE, start_new_session=True)
        try:
            self.assertEqual(process.stdout.readline(), b"begun\n")
            end = time.monotonic() + 10
            while time.monotonic() < end and not any(b"begun" in path.read_bytes() for path in self.case.glob("recordings/*.cast")):
                time.sleep(0.01)
            process.kill()
            process.wait()
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.stdout.close()
        self.assertIn("outcome unknown", self.ana("run list"))
        self.assertEqual(self.recordings()[0]["state"], "begun")
        (left,) = self.case.glob("recordings/*.cast")
        self.assertIn("begun", left.read_text())
        self.ana("log verify")

    def test_the_intent_is_on_record_before_the_command_runs(self):
        inside = f"{CALM} --case {self.case} run list --json"
        done = self.run_calm("--", "sh", "-c", inside)
        self.assertEqual(json.loads(done.stdout)[0]["state"], "begun")
        self.assertEqual(self.recordings()[0]["state"], "ended")

    def test_an_end_that_is_asked_for_stops_the_command_and_keeps_the_recording(self):
        process = subprocess.Popen([CALM, "--case", str(self.case), "run", "--", "sh", "-c", "echo begun; exec sleep 60"], env=self.ana.env, cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.assertEqual(process.stdout.readline(), b"begun\n")
        process.terminate()
        process.communicate(timeout=20)
        (recording,) = self.recordings()
        self.assertEqual(recording["state"], "stopped")
        self.assertIn("begun", self.output(recording))

    def test_a_shell_under_a_terminal_is_recorded_and_what_is_not_shown_is_not(self):
        child, fd = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve(CALM, [CALM, "--case", str(self.case), "run", "--shell"], {**self.ana.env, "SHELL": "/bin/sh", "TERM": "xterm", "PS1": "ready> "})
        self.converse(fd, [("ready> ", "stty -echo; read secret; stty echo; echo got=${#secret}\n"), ("stty echo", ""), (None, "hunter2\n"), ("got=7", ""),
                           ("ready> ", "exit 5\n")])
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 5)
        (recording,) = self.recordings()
        shown = self.output(recording)
        self.assertIn("got=7", shown)
        self.assertNotIn("hunter2", shown)
        self.assertEqual(recording["status"], "5")

    def converse(self, fd, lines):
        """Waits for each text, then types; then reads to the end."""
        seen = ""
        for wanted, typed in lines:
            end = time.monotonic() + 20
            while wanted and wanted not in seen and time.monotonic() < end:
                seen += harness.read_some(fd)
            self.assertIn(wanted or "", seen)
            if wanted:
                seen = seen[seen.index(wanted) + len(wanted):]
            else:
                time.sleep(0.5)
            os.write(fd, typed.encode())
        while harness.read_some(fd, 20):
            pass
        os.close(fd)


if __name__ == "__main__":
    harness.main()
