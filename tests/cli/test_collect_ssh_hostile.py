"""test_collect_ssh_hostile.py: hosts whose SSH server itself is hostile (hostile_ssh.c, with libssh): it agrees on keys, lets in, and then lies, never
ends, or speaks to the person's terminal."""
import os
import pathlib
import pty
import select
import subprocess
import time

import harness
from test_collect_ssh import SshTest, free_port, keygen

SERVER = pathlib.Path(harness.CALM).parent.parent / "tests" / "cli" / "hostile_ssh"


class Hostile:
    def __init__(self, folder, how):
        self.port, self.key, self.user = free_port(), keygen(folder / f"host-{how}"), "ana"
        self.process = subprocess.Popen([SERVER, str(self.port), self.key, how], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        assert self.process.stdout.readline() == b"ready\n"

    def at(self):
        return f"ana@127.0.0.1:{self.port}"

    def stop(self):
        os.killpg(self.process.pid, 9)
        self.process.wait()
        self.process.stdout.close()


class HostileServers(SshTest):
    def hostile(self, how):
        host = Hostile(self.folder, how)
        self.open.append(host)
        with self.known.open("a") as f:
            f.write(f"[127.0.0.1]:{host.port} " + " ".join(host.key.with_suffix(".pub").read_text().split()[:2]) + "\n")
        return host

    def visit(self, how, *more):
        """What became of it; nothing of what the server says reaches the terminal as it is."""
        began = time.monotonic()
        outcome, status = self.one(self.hostile(how), more=("--quiet", "3 s", "--tries", "1", *more))
        self.assertLess(time.monotonic() - began, 60, how)
        self.assertNotIn("made to attack", outcome.get("why", ""), how)
        return outcome, status

    def test_each_lie_ends_in_time_with_a_sentence(self):
        for how, outcome, why in (
            ("early", "failed", "which was not sent yet"),
            ("backwards", "failed", "which was not sent yet"),
            ("session", "failed", "nothing came"),
            ("errors", "cut", "its standard error is longer than 4 MiB"),
            ("open", "cut", ""),
            ("cut", "cut", ""),
            ("status", "cut", "status 77"),
        ):
            with self.subTest(how):
                got, status = self.visit(how)
                self.assertEqual((got["outcome"], status != 0), (outcome, True), got)
                self.assertIn(why, got.get("why", ""))

    def test_output_without_end_is_stopped_at_the_limit(self):
        got, _ = self.visit("output", "--most", "3 MiB")
        self.assertIn("more than", got["why"])
        self.assertLessEqual(got["size"], 3 << 20)

    def test_what_it_says_of_places_leads_to_no_file_but_ours(self):
        got, _ = self.visit("places")
        # Place 1 of src/sys/ssh_script.c; a name that we drew; it says that the file stays.
        self.assertTrue(got["left"])
        self.assertRegex(got["place"], r"^/dev/shm/\.calm-[0-9a-f]+$")

    def test_nothing_that_it_says_reaches_a_terminal_as_it_is(self):
        for how, answers in (("words", 0), ("prompts", 8)):
            with self.subTest(how):
                host = self.hostile(how)
                words = [harness.CALM, "--case", str(self.case), *self.words(host, more=("--quiet", "3 s", "--tries", "1"))]
                pid, terminal = pty.fork()
                if pid == 0:
                    os.chdir(self.folder)
                    os.execve(words[0], words, self.ana.env)
                shown, typed, until = b"", 0, time.monotonic() + 50
                while time.monotonic() < until:
                    if not select.select([terminal], [], [], 1)[0]:
                        continue
                    try:
                        shown += os.read(terminal, 4096)
                    except OSError:
                        break
                    if typed < answers and shown.count(b"asks: ") > typed:
                        typed += 1
                        os.write(terminal, b"answer\n")
                os.close(terminal)
                os.kill(pid, 9) if os.waitpid(pid, os.WNOHANG)[0] == 0 and time.monotonic() >= until else None
                self.assertLess(time.monotonic(), until)
                for bad in (b"\x1b[2J", b"\x1b]0;", b"\x07", "\u202e".encode()):
                    self.assertNotIn(bad, shown)
                for line in shown.decode(errors="replace").replace("\r", "\n").split("\n"):
                    self.assertFalse(line.strip().startswith("calm: Passphrase"), shown)
                if answers:
                    self.assertIn(f"{host.at()} asks: ".encode(), shown)
                    self.assertIn(b"it asks again and again", b" ".join(shown.split()))


if __name__ == "__main__":
    harness.main()
