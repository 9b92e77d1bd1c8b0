"""test_collect_ssh_login.py: hosts that ask for a password: of the user, in words of their own, and by sudo. The users of these hosts stand in files
that only their own mounts show; nothing of this machine's accounts is changed. sudo is the installed one, or that of a package which was unpacked
into the folder that CALM_SUDO names."""
import hashlib
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import time
import unittest

import harness
from test_collect_ssh import COLLECT, IN_NAMESPACES, SshTest, enter_namespaces

PASSWORD = "correct horse\tbattery $(staple)'"
SUDO_FOLDER = os.environ.get("CALM_SUDO")
HAS_SUDO = shutil.which("sudo") or (SUDO_FOLDER and pathlib.Path(SUDO_FOLDER, "usr/bin/sudo").exists())


@unittest.skipUnless(IN_NAMESPACES, "mounts and networks of its own need root and unshare")
@unittest.skipUnless(shutil.which("openssl"), "openssl makes the passwords' hashes")
class LogIn(SshTest):
    def asking_host(self, name, how, sudoers=None):
        """A host with a user guest, who has a password; an overlay over /etc has the files that say so."""
        etc = self.folder / f"{name}-etc"
        (etc / "pam.d").mkdir(parents=True)
        made = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=PASSWORD + "\n", capture_output=True, text=True, check=True).stdout.strip()
        for file, line in (("passwd", "guest:x:4242:4242:Guest:/:/bin/sh"), ("shadow", f"guest:{made}:20000:0:99999:7:::"), ("group", "guest:x:4242:")):
            (etc / file).write_text(pathlib.Path("/etc", file).read_text() + line + "\n")
        (etc / "shadow").chmod(0o600)
        for service in ("sshd", "sudo"):
            (etc / "pam.d" / service).write_text("auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n")
        mounts = f"mount -t overlay -o lowerdir={etc}:/etc overlay /etc && "
        if sudoers is not None:
            (etc / "sudoers").write_text(sudoers)
            (etc / "sudoers").chmod(0o440)
            if not shutil.which("sudo"):
                mounts += f"mount -t overlay -o lowerdir={SUDO_FOLDER}/usr:/usr overlay /usr && "
        pathlib.Path(self.folder).chmod(0o711)  # guest looks for authorised keys there
        host = self.host(name, user="guest", mounts=mounts, shm="size=64m,mode=1777", more=how)
        host.authorized.chmod(0o644)
        return host

    def at_terminal(self, host, answers, *more):
        """Runs calm at a terminal; each answer is typed at a line that holds its question. All that it showed, and the exit status."""
        words = [harness.CALM, "--case", str(self.case), "preserve", "collect", "--ssh", host.at(), "--known-hosts", str(self.known), *more]
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(words[0], words, self.ana.env)
        shown, waiting, deadline = "", list(answers), time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                shown += os.read(terminal, 4096).decode(errors="replace")
            except OSError:
                break
            if waiting and waiting[0][0] in shown.rpartition("\n")[2]:
                time.sleep(0.1)  # echo is turned off by now
                os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
        self.assertEqual(waiting, [], shown)
        return shown, status

    def no_secret_is_kept(self):
        for path in [*self.case.rglob("*"), *pathlib.Path(self.ana.env["HOME"]).rglob("*")]:
            if path.is_file():
                self.assertNotIn(b"correct horse", path.read_bytes(), path)

    def outcome(self):
        return self.ana.json("preserve visits")[-1]

    def collected(self, shown, status):
        self.assertEqual(status, 0, shown)
        self.assertNotIn("correct horse", shown)
        self.assertEqual(self.outcome()["outcome"], "collected")
        self.assertNotIn("left", self.outcome())
        self.no_secret_is_kept()

    def test_a_password_is_asked_for_and_a_wrong_one_again(self):
        host = self.asking_host("web1", "PasswordAuthentication yes\nKbdInteractiveAuthentication no\nPubkeyAuthentication no")
        host.user = "guest"
        shown, status = self.at_terminal(host, [("Password of guest at 127.0.0.1:", "wrong"), ("Password of guest at 127.0.0.1:", PASSWORD)], "--program", str(COLLECT))
        self.collected(shown, status)
        self.assertIn("Accepted password for guest", host.log.read_text())
        self.assertEqual(self.outcome()["program"], hashlib.sha256(COLLECT.read_bytes()).hexdigest())

    def test_three_wrong_passwords_end_it(self):
        host = self.asking_host("web1", "PasswordAuthentication yes\nKbdInteractiveAuthentication no\nPubkeyAuthentication no\nMaxAuthTries 10")
        shown, status = self.at_terminal(host, [("Password of guest", "wrong")] * 3)
        self.assertNotEqual(status, 0)
        self.assertEqual(self.outcome()["outcome"], "refused")
        self.assertIn("guest may not log in there with the keys at hand or the password", " ".join(shown.split()))

    def test_what_a_host_asks_in_its_own_words_is_shown_as_such(self):
        host = self.asking_host("web1", "UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\nPubkeyAuthentication no")
        shown, status = self.at_terminal(host, [(f"{host.at()} asks: Password:", PASSWORD)])
        self.collected(shown, status)
        self.assertIn("Accepted keyboard-interactive/pam for guest", host.log.read_text())

    def test_a_key_and_then_a_password_are_given_where_both_are_wanted(self):
        host = self.asking_host("web1", "PasswordAuthentication yes\nKbdInteractiveAuthentication no\nAuthenticationMethods publickey,password")
        shown, status = self.at_terminal(host, [("Password of guest", PASSWORD)], "--identity", str(self.key))
        self.collected(shown, status)
        self.assertIn("Accepted password for guest", host.log.read_text())

    def test_without_a_terminal_nobody_is_asked(self):
        host = self.asking_host("web1", "PasswordAuthentication yes\nKbdInteractiveAuthentication no\nPubkeyAuthentication no")
        words = [harness.CALM, "--case", str(self.case), "preserve", "collect", "--ssh", host.at(), "--known-hosts", str(self.known), "--json"]
        done = subprocess.run(words, cwd=self.folder, env=self.ana.env, start_new_session=True, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        outcome = json.loads(done.stdout)["hosts"][0]
        self.assertEqual(outcome["outcome"], "refused")
        self.assertIn("nobody can be asked", outcome["why"])

    def sudo(self, rule, answers, *more):
        host = self.asking_host("web1", "", sudoers=f"Defaults !lecture\n{rule}\n")
        shown, status = self.at_terminal(host, answers, "--identity", str(self.key), "--sudo", *more)
        return host, shown, status

    @unittest.skipUnless(HAS_SUDO, "no sudo is installed, and CALM_SUDO names none")
    def test_sudo_that_does_not_ask_makes_it_root_there(self):
        host, shown, status = self.sudo("guest ALL=(ALL) NOPASSWD: ALL", [])
        self.collected(shown, status)
        self.assertIn("Accepted publickey for guest", host.log.read_text())
        state = self.ana.json("snapshot list")[-1]
        self.assertNotIn("not root", json.dumps(state))
        self.assertEqual(self.uid_of_the_bundle(), 0)

    @unittest.skipUnless(HAS_SUDO, "no sudo is installed, and CALM_SUDO names none")
    def test_without_sudo_it_runs_as_the_user(self):
        host = self.asking_host("web1", "", sudoers="guest ALL=(ALL) NOPASSWD: ALL\n")
        self.collected(*self.at_terminal(host, [], "--identity", str(self.key)))
        self.assertEqual(self.uid_of_the_bundle(), 4242)

    @unittest.skipUnless(HAS_SUDO, "no sudo is installed, and CALM_SUDO names none")
    def test_a_password_for_sudo_is_asked_for_and_a_wrong_one_again(self):
        question = "Password of guest at 127.0.0.1, for sudo there:"
        host, shown, status = self.sudo("guest ALL=(ALL) ALL", [(question, "wrong"), (question, PASSWORD)])
        self.collected(shown, status)
        self.assertEqual(self.uid_of_the_bundle(), 0)
        self.assertEqual(self.leftovers(host), [])

    @unittest.skipUnless(HAS_SUDO, "no sudo is installed, and CALM_SUDO names none")
    def test_sudo_that_does_not_let_the_user_is_said(self):
        for rule, answers, why in (("guest ALL=(ALL) ALL", [("for sudo there:", "wrong")] * 3, "sudo"),
                                   ("root ALL=(ALL) ALL", [("for sudo there:", PASSWORD)], "sudo not this user")):
            with self.subTest(rule):
                host, shown, status = self.sudo(rule, answers)
                self.assertNotEqual(status, 0)
                self.assertIn(why, self.outcome()["why"])
                self.assertNotIn("place", self.outcome())
                self.assertEqual(self.leftovers(host), [])
                host.stop()
                self.open.remove(host)
                shutil.rmtree(self.folder / "web1")
                shutil.rmtree(self.folder / "web1-etc")

    def uid_of_the_bundle(self):
        """Who it ran as, by its own account (doc/format/bundle.md 1.1)."""
        sealed, opened = self.folder / "sealed", self.folder / "opened.tar.zst"
        self.ana(f"preserve get e1 {sealed} --to ana --because test")
        self.ana(f"preserve unseal {sealed} --out {opened}")
        raw = subprocess.run(["zstd", "-dcq", opened], capture_output=True, check=True).stdout
        out = subprocess.run(["tar", "-xO", "--warning=no-unknown-keyword", "bundle.json"], input=raw, capture_output=True, check=True).stdout
        return json.loads(out)["uid"]


if __name__ == "__main__":
    enter_namespaces()
    harness.main()
