"""test_collect_ssh.py: hosts that are collected over SSH: real sshd in namespaces of their own, and servers that are hostile."""
import contextlib
import hashlib
import json
import os
import pathlib
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import harness
from harness import COLLECT

SSHD = "/usr/sbin/sshd"
USER = pwd.getpwuid(os.getuid()).pw_name
NAMESPACES_MARK = "CALM_TEST_IN_NAMESPACES"


def enter_namespaces():
    """Starts this file again with a network and mounts of its own; says why where that cannot be."""
    if NAMESPACES_MARK in os.environ or os.getuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return
    able = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False).returncode == 0
    if able:
        setup = "ip link set lo up && mount -t tmpfs -o mode=755 tmpfs /run && mkdir -p /run/sshd /run/user/0 && exec \"$@\""
        os.environ[NAMESPACES_MARK] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", setup, "sh", sys.executable, *sys.argv])


IN_NAMESPACES = os.environ.get(NAMESPACES_MARK) == "1"
needs_mounts = unittest.skipUnless(IN_NAMESPACES, "mounts and networks of its own need root and unshare")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def keygen(path, kind="ed25519"):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)], check=True, stdin=subprocess.DEVNULL)
    return path


def runs(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Host:
    """An sshd on a port of its own, with throw-away keys, in mounts of its own where there are namespaces."""

    def __init__(self, folder, name, shm="size=64m", more="", shell_setup="", user=USER, mounts=""):
        """more: lines before all others, since of two the first counts. mounts: commands that set up the host's mounts, where it has its own."""
        self.user = user
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.port = free_port()
        self.key = keygen(self.folder / "host")
        self.authorized = self.folder / "authorized"
        self.log = self.folder / "log"
        config = self.folder / "sshd_config"
        config.write_text(f"{more}\nPort {self.port}\nListenAddress 127.0.0.1\nHostKey {self.key}\nAuthorizedKeysFile {self.authorized}\n"
                          f"PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nLogLevel VERBOSE\n")
        command = [SSHD, "-D", "-f", str(config), "-E", str(self.log)]
        self.home = self.folder / "home"
        self.home.mkdir()
        if IN_NAMESPACES:
            setup = "mount --make-rprivate / && "
            if shm:
                setup += f"mount -t tmpfs -o {shm} tmpfs /dev/shm && "
            # What the log-in shell of this machine's user does (and would leave half done when it is killed) is not tried here.
            (self.home / ".bashrc").write_text(shell_setup)
            setup += f"mount --bind {shlex.quote(str(self.home))} {shlex.quote(os.path.expanduser('~'))} && "
            setup += mounts
            command = ["unshare", "--mount", "sh", "-c", setup + "exec \"$@\"", "sh", *command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.await_port()

    def await_port(self):
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("sshd does not listen: " + (self.log.read_text() if self.log.exists() else "no log"))

    def public(self):
        return " ".join((self.key.with_suffix(".pub")).read_text().split()[:2])

    def known(self):
        return f"[127.0.0.1]:{self.port} {self.public()}\n"

    def fingerprint(self):
        return subprocess.run(["ssh-keygen", "-lf", str(self.key) + ".pub"], capture_output=True, text=True, check=True).stdout.split()[1]

    def at(self):
        return f"{self.user}@127.0.0.1:{self.port}"

    def run_inside(self, *words):
        """Runs a command in the mounts of the host."""
        prefix = ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt"] if IN_NAMESPACES else []
        return subprocess.run([*prefix, *words], capture_output=True, text=True, check=False).stdout

    def sessions(self):
        """The processes that serve connections."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False).stdout
        return [int(word) for word in found.split()]

    def stop(self):
        for pid in self.sessions():
            with contextlib.suppress(ProcessLookupError):  # it may end by itself meanwhile
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


class Server:
    """A server that is no sshd: what it does with a connection is a function."""

    def __init__(self, serve):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(serve,), daemon=True)
        self.thread.start()

    def run(self, serve):
        try:
            connection, _ = self.socket.accept()
            with connection:
                serve(connection, self.ends)
        except OSError:
            pass

    def stop(self):
        self.ends.set()
        self.socket.close()
        self.thread.join(10)


@unittest.skipUnless(os.path.exists(SSHD), "no sshd (openssh-server) is installed")
@unittest.skipUnless(shutil.which("ssh-agent"), "no ssh-agent (openssh-client) is installed")
@unittest.skipIf(pwd.getpwuid(os.getuid()).pw_shell.endswith(("nologin", "false")), "this user may not log in")
class SshTest(harness.CaseTest):
    on_disk = True  # hosts have a /dev/shm of their own

    def setUp(self):
        super().setUp()
        self.open = []
        self.ana.env["XDG_RUNTIME_DIR"] = str(self.folder)
        self.key = keygen(self.folder / "ana-key")
        self.known = self.folder / "known_hosts"
        self.known.write_text("")

    def tearDown(self):
        for one in self.open:
            one.stop()
        super().tearDown()

    def host(self, name, known=True, **how):
        host = Host(self.folder, name, **how)
        self.open.append(host)
        shutil.copy(str(self.key) + ".pub", host.authorized)
        if known:
            with self.known.open("a") as f:
                f.write(host.known())
        return host

    def server(self, serve):
        server = Server(serve)
        self.open.append(server)
        return server

    def program(self, name, script):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return path

    def words(self, *hosts, identity=None, more=()):
        if "--program" not in more:
            more = (*more, "--program", str(self.program("small", "printf 'calm-sealed/1\\nto %s\\n' $$; exec cat /proc/self/mountinfo\n")))
        at = [host if isinstance(host, str) else host.at() for host in hosts]
        return ["preserve", "collect", "--ssh", *at, "--identity", str(identity or self.key), "--known-hosts", str(self.known), *more]

    def collect(self, *hosts, identity=None, more=()):
        """The hosts of the answer, by port, and the exit status."""
        done = self.ana.run(*self.words(*hosts, identity=identity, more=[*more, "--json"]))
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"exit {done.returncode}: {done.stderr.decode()}{done.stdout.decode()}") from None
        return {host["port"]: host for host in answer["hosts"]}, done.returncode

    def one(self, host, **how):
        hosts, status = self.collect(host, **how)
        return hosts[host.port], status

    def bytes_of(self, outcome):
        """The item of evidence that came of it, written out again."""
        path = self.folder / f"item-{outcome['evidence']}"
        self.ana(f"preserve get e{outcome['evidence']} {path} --to ana --because test")
        return path.read_bytes()

    def leftovers(self, host):
        return [name for name in host.run_inside("find", "/dev/shm", "/run", "-name", ".calm-*").split("\n") if name]


class CollectBySsh(SshTest):
    def test_three_hosts_are_collected_at_once(self):
        hosts = [self.host(name) for name in ("web1", "db1", "mail1")]
        outcomes, status = self.collect(*hosts, more=("--program", str(COLLECT)))
        self.assertEqual(status, 0)
        for host in hosts:
            outcome = outcomes[host.port]
            self.assertEqual(outcome["outcome"], "collected", outcome)
            self.assertEqual(outcome["key"], host.fingerprint())
            self.assertFalse(outcome["left"])
            self.assertTrue(outcome["place"].startswith("/dev/shm/.calm-"))
            self.assertEqual(self.leftovers(host), [])
            content = self.bytes_of(outcome)
            self.assertTrue(content.startswith(b"calm-sealed/1\nto "))
            self.assertEqual(len(content), outcome["size"])
            self.assertEqual(hashlib.sha256(content).hexdigest(), outcome["sha256"])
            self.assertGreater(outcome["members"], 10)
            self.assertNotIn("unread", outcome)
        collections = self.ana.json("preserve hosts")
        self.assertEqual(len(self.ana.json("snapshot list")), 3, collections)
        self.assertEqual(len({outcome["sha256"] for outcome in outcomes.values()}), 3)

    def test_what_lay_on_a_host_and_for_how_long_is_on_record(self):
        host = self.host("web1")
        done = self.ana.run("preserve", "collect", "--ssh", host.at(), "--identity", str(self.key), "--known-hosts", str(self.known))
        self.assertEqual(done.returncode, 0, done.stderr)
        visit = self.ana.json("preserve visits")[0]
        self.assertEqual(visit["outcome"], "collected")
        self.assertEqual(visit["program"], hashlib.sha256(COLLECT.read_bytes()).hexdigest())
        self.assertEqual(int(visit["program-size"]), COLLECT.stat().st_size)
        self.assertTrue(visit["place"].startswith("/dev/shm/.calm-"))
        self.assertLessEqual(visit["begun"], visit["placed"])
        self.assertLessEqual(visit["placed"], visit["removed"])
        self.assertLessEqual(visit["removed"], visit["ended"])
        self.assertNotIn("left", visit)
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_a_host_that_dies_midway_leaves_what_came_and_is_tried_again(self):
        hosts = [self.host(name) for name in ("web1", "db1", "mail1")]
        slow = self.program("slow", "printf 'calm-sealed/1\\n'; head -c 300000 /dev/zero; echo brought >&2; sleep 60\n")
        run = subprocess.Popen([harness.CALM, "--case", str(self.case), *self.words(*hosts, more=("--program", str(slow), "--json"))], env=self.ana.env,
                               cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(run.kill)
        deadline = time.monotonic() + 30
        while sum("Starting session: command" in host.log.read_text() for host in hosts) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        for host in hosts[1:]:
            for pid in host.sessions():
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)
        outcomes = {host["port"]: host for host in json.loads(out)["hosts"]}
        self.assertNotEqual(run.returncode, 0, err)
        for host in hosts:
            self.assertEqual(outcomes[host.port]["outcome"], "cut", outcomes)
            self.assertEqual(self.bytes_of(outcomes[host.port]), b"calm-sealed/1\n" + bytes(300000))
            self.assertEqual(self.leftovers(host), [])
        self.assertIn("request", outcomes[hosts[0].port]["why"])
        again, status = self.collect(*hosts[1:], more=("--program", str(COLLECT)))
        self.assertEqual(status, 0)
        self.assertEqual({outcome["outcome"] for outcome in again.values()}, {"collected"})

    def test_the_hosts_that_failed_stand_in_a_command_to_try_again(self):
        host = self.host("web1")
        dead = f"{USER}@127.0.0.1:{free_port()}"
        done = self.ana.run(*self.words(host, dead))
        self.assertNotEqual(done.returncode, 0)
        text = done.stdout.decode()
        self.assertIn("1 of 2 collected", text)
        self.assertIn(f"calm preserve collect --ssh {dead}\n", text)
        self.assertIn("Connection refused", text)

    def test_a_host_whose_key_is_not_known_is_refused_with_its_fingerprint(self):
        host = self.host("web1", known=False)
        outcome, status = self.one(host)
        self.assertEqual(outcome["outcome"], "refused")
        self.assertIn(host.fingerprint(), outcome["why"])
        self.assertIn("--host-key", outcome["why"])
        self.assertNotEqual(status, 0)
        self.assertNotIn("Accepted", host.log.read_text())
        outcome, status = self.one(host, more=("--host-key", host.fingerprint(), "--program", str(COLLECT)))
        self.assertEqual((outcome["outcome"], status), ("collected", 0))

    def test_a_host_whose_key_changed_is_refused_whatever_is_said(self):
        host = self.host("web1", known=False)
        other = self.host("other", known=False)
        self.known.write_text(f"[127.0.0.1]:{host.port} {other.public()}\n")
        for more in ((), ("--host-key", host.fingerprint())):
            outcome, _ = self.one(host, more=more)
            self.assertEqual(outcome["outcome"], "refused")
            self.assertIn("not the one that is recorded", outcome["why"])
            self.assertIn("ssh-keygen -R", outcome["why"])
        self.assertNotIn("Accepted", host.log.read_text())

    def test_a_person_without_the_right_key_is_not_let_in(self):
        host = self.host("web1")
        outcome, _ = self.one(host, identity=keygen(self.folder / "wrong"))
        self.assertEqual(outcome["outcome"], "refused")
        self.assertIn(USER, outcome["why"])
        self.assertNotIn("place", outcome)

    def test_keys_of_every_kind_are_used_from_a_file_and_from_an_agent(self):
        for kind in ("ecdsa", "rsa"):
            key = keygen(self.folder / kind, kind)
            host = self.host("host-" + kind)
            shutil.copy(str(key) + ".pub", host.authorized)
            self.assertEqual(self.one(host, identity=key)[0]["outcome"], "collected")
        agent = self.folder / "agent"
        process = subprocess.Popen(["ssh-agent", "-D", "-a", str(agent)], stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while not agent.exists():
            time.sleep(0.05)
        env = {"SSH_AUTH_SOCK": str(agent)}
        subprocess.run(["ssh-add", "-q", str(key)], env={**os.environ, **env}, check=True)
        done = self.ana.run("preserve", "collect", "--ssh", host.at(), "--known-hosts", str(self.known), "--json", "--program", str(self.folder / "small"), env=env)
        self.assertEqual(json.loads(done.stdout)["hosts"][0]["outcome"], "collected")

    def test_nothing_of_the_agent_is_left(self):
        self.one(self.host("web1"))
        self.assertEqual(list(self.folder.glob("calm-agent-*")), [])

    @needs_mounts
    def test_a_place_that_lets_no_program_run_is_passed_over(self):
        host = self.host("web1", shm="noexec")
        outcome, _ = self.one(host)
        self.assertEqual(outcome["outcome"], "collected", outcome)
        self.assertTrue(outcome["place"].startswith("/run/"), outcome)

    @needs_mounts
    def test_where_no_place_is_fit_each_is_named_with_its_reason(self):
        host = self.host("web1", shm="noexec")
        host.run_inside("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", "/run/user/0")
        host.run_inside("mount", "-o", "remount,ro", "/run")
        outcome, _ = self.one(host, more=("--program", str(COLLECT)))
        self.assertEqual(outcome["outcome"], "refused", outcome)
        self.assertIn("/dev/shm lets no program run (noexec)", outcome["why"])
        self.assertIn("/run/user has not enough room", outcome["why"])
        self.assertIn("/run is not writable for this user", outcome["why"])

    @needs_mounts
    def test_a_host_without_enough_room_is_told_and_left_as_it_was(self):
        host = self.host("web1", shm="size=512k")
        host.run_inside("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", "/run/user/0")
        host.run_inside("mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", "/run")
        host.run_inside("mkdir", "/run/sshd")
        outcome, _ = self.one(host, more=("--program", str(COLLECT)))
        self.assertEqual(outcome["outcome"], "refused", outcome)
        self.assertIn("/dev/shm has not enough room", outcome["why"])
        self.assertEqual(self.leftovers(host), [])

    @needs_mounts
    def test_what_a_profile_prints_is_no_part_of_the_bundle(self):
        host = self.host("web1", shell_setup="echo Welcome; printf 'calm-sealed/1\\nready\\n'; printf 'x%.0s' $(seq 5000)\n")
        if "Welcome" not in subprocess.run(["ssh", "-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i", str(self.key), "-p",
                                            str(host.port), "127.0.0.1", "true"], capture_output=True, text=True, check=False).stdout:
            self.skipTest("the log-in shell reads no profile here")
        outcome, _ = self.one(host)
        self.assertEqual(outcome["outcome"], "collected", outcome)
        self.assertTrue(self.bytes_of(outcome).startswith(b"calm-sealed/1\nto "))

    @needs_mounts
    def test_a_profile_that_prints_without_end_is_given_up(self):
        host = self.host("web1", shell_setup="yes\n")
        outcome, _ = self.one(host)
        self.assertEqual(outcome["outcome"], "failed", outcome)
        self.assertIn("without end", outcome["why"])

    def test_a_program_that_sends_no_bundle_is_not_taken_for_one(self):
        host = self.host("web1")
        for script, why in (("echo hello\n", "no sealed bundle"), ("exit 0\n", "no bundle"), ("echo broken >&2; exit 3\n", "status 3")):
            outcome, _ = self.one(host, more=("--program", str(self.program("other", script))))
            self.assertEqual(outcome["outcome"], "failed", outcome)
            self.assertIn(why, outcome["why"])
            self.assertNotIn("evidence", outcome)
        self.assertEqual(outcome["said"].strip(), "broken")

    def test_a_program_that_sends_without_end_is_stopped_and_what_came_is_kept(self):
        host = self.host("web1")
        endless = self.program("endless", "printf 'calm-sealed/1\\n'; exec cat /dev/zero\n")
        outcome, _ = self.one(host, more=("--program", str(endless), "--most", "3 MiB"))
        self.assertEqual(outcome["outcome"], "cut")
        self.assertIn("more than", outcome["why"])
        self.assertLessEqual(outcome["size"], 3 << 20)
        self.assertGreater(outcome["size"], 2 << 20)

    def test_a_host_that_falls_silent_is_given_up_in_time(self):
        def says_nothing(_, ends):
            ends.wait(60)

        def stalls_after_its_greeting(connection, ends):
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            ends.wait(60)

        servers = [self.server(says_nothing), self.server(stalls_after_its_greeting)]
        host = self.host("web1")
        silent = self.program("silent", "printf 'calm-sealed/1\\n'; sleep 60\n")
        begun = time.monotonic()
        outcomes, _ = self.collect(*(f"{USER}@127.0.0.1:{server.port}" for server in servers), host, more=("--quiet", "2 s", "--program", str(silent)))
        self.assertLess(time.monotonic() - begun, 20)
        for server in servers:
            self.assertEqual(outcomes[server.port]["outcome"], "failed", outcomes)
        self.assertEqual(outcomes[host.port]["outcome"], "cut")
        self.assertIn("nothing came for 2 s", outcomes[host.port]["why"])

    def test_servers_that_send_anything_else_than_ssh_are_given_up(self):
        def greets_without_end(connection, ends):
            while not ends.is_set():
                connection.sendall(b"Welcome\r\n" * 1000)

        def sends_zeros(connection, ends):
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            while not ends.is_set():
                connection.sendall(bytes(65536))

        def sends_a_packet_that_is_too_large(connection, ends):
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + b"\x7f\xff\xff\xff" + bytes(1000))
            ends.wait(60)

        def trickles(connection, ends):
            while not ends.wait(0.5):
                connection.sendall(b"x")

        servers = [self.server(serve) for serve in (greets_without_end, sends_zeros, sends_a_packet_that_is_too_large, trickles)]
        begun = time.monotonic()
        outcomes, status = self.collect(*(f"{USER}@127.0.0.1:{server.port}" for server in servers), more=("--quiet", "3 s"))
        self.assertLess(time.monotonic() - begun, 30)
        self.assertNotEqual(status, 0)
        for server in servers:
            self.assertEqual(outcomes[server.port]["outcome"], "failed", outcomes)
            self.assertNotIn("evidence", outcomes[server.port])

    def test_nothing_runs_on_when_calm_is_killed(self):
        host = self.host("web1")
        slow = self.program("slow", "printf 'calm-sealed/1\\n'; sleep 60\n")
        run = subprocess.Popen([harness.CALM, "--case", str(self.case), *self.words(host, more=("--program", str(slow)))], env=self.ana.env,
                               cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while "Starting session: command" not in host.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(run.pid)], capture_output=True, text=True, check=True).stdout.splitlines()
        children = [int(line.split()[0]) for line in found]
        self.assertIn("ssh-agent", " ".join(found))
        self.assertIn("calm-carrier", " ".join(found))
        run.kill()
        run.wait()
        deadline = time.monotonic() + 10
        while any(map(runs, children)) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual([pid for pid in children if runs(pid)], [])
        self.assertEqual([visit["outcome"] for visit in self.ana.json("preserve visits")], ["under-way"])
        self.assertEqual(self.leftovers(host), [])

    def test_hosts_that_are_none_are_refused_before_anything_is_done(self):
        for bad in ("web1:0", "web1:70000", "@web1", "root@", "web1:x", "[::1", "web1 web1", "web1 root@"):
            status, said = self.ana.fails(f"preserve collect --ssh {bad} --identity {self.key}")
            self.assertEqual(status, 2, said)
        for wrong in ("--jobs 0", "--jobs 65", "--here", "--memory 1"):
            self.assertEqual(self.ana.fails(f"preserve collect --ssh web1 {wrong} --identity {self.key}")[0], 2)
        self.assertEqual(self.ana.fails(f"preserve collect --ssh web1 --identity {self.folder}/none")[0], 4)
        self.assertEqual(self.ana.fails(f"preserve collect --ssh web1 --known-hosts {self.folder}/none")[0], 3)
        self.assertEqual(self.ana.json("preserve visits"), [])

    def test_a_user_that_a_shell_would_read_otherwise_gets_no_connection(self):
        outcomes, _ = self.collect("ro;ot@127.0.0.1:2222")
        self.assertEqual(outcomes[2222]["outcome"], "failed")
        self.assertIn("no log-in", outcomes[2222]["why"])

    def test_no_more_hosts_than_asked_for_are_visited_at_once(self):
        hosts = [self.host(name) for name in ("web1", "db1")]
        slow = self.program("slow", "printf 'calm-sealed/1\\n'; sleep 1\n")
        outcomes, _ = self.collect(*hosts, more=("--jobs", "1", "--program", str(slow)))
        self.assertEqual({outcome["outcome"] for outcome in outcomes.values()}, {"collected"})
        first, second = sorted(self.ana.json("preserve visits"), key=lambda visit: visit["begun"])
        self.assertGreaterEqual(second["begun"], first["ended"])


if __name__ == "__main__":
    enter_namespaces()
    harness.main()
