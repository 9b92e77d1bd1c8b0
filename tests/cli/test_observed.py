"""What was noticed in a collection, as a person reads it: grouped by sort, said once, and one key from what it becomes."""
import os
import pty
import time

import harness
from harness import CALM, read_some
from made import bundle, document, line, seen
from test_collection import CollectionTest

USAGE = 2
KEYS = "Enter next, q end? "


def noticed(code, words, weight, evidence=""):
    return {"code": code, "weight": weight, "hint": "attack", "words": words, "harmless": "A sandbox.", "evidence": evidence}


# The rules see pid 31 run from memory (tests/unit/test_collect_diff.c), and the collector saw it too; of the ports it saw five.
STATE = document(line("process", "31 9", pid=31, start_ticks=9, name="x", user="ana", program="/memfd:x", kind="user"), coverage=[seen("process", 1)])
PORTS = [noticed("hidden-port", f"Port {number} is in one list only.", 3) for number in range(1, 6)]


class ObservedTest(CollectionTest):
    def setUp(self):
        super().setUp()
        self.bring(bundle(state=STATE, observed=[*PORTS, noticed("memory-program", "process 31 lies in memory only", 3), noticed("kernel-taint", "It is tainted.", 1)]))

    def test_what_the_rules_and_the_collector_both_saw_is_said_once(self):
        rows = self.ana.json("preserve observed co1")
        self.assertEqual([row["words"] for row in rows if row["code"] == "memory-program"], ["Process 31 (x, user ana) runs from memory: /memfd:x."])

    def test_where_the_collector_saw_more_of_a_sort_nothing_is_left_out(self):
        two = [noticed("memory-program", f"process {pid} lies in memory only", 3) for pid in (31, 32)]
        self.bring(bundle(state=STATE, observed=two), "more.calm")
        self.assertEqual(len([row for row in self.ana.json("preserve observed co2") if row["code"] == "memory-program"]), 3)

    def test_one_thing_is_known_by_what_the_evidence_names(self):
        # The rules see pid 31.
        for name, pids, told in (("same", [31], 1), ("other", [32], 2), ("both", [31, 32], 2)):
            rows = [noticed("memory-program", f"process {pid} lies in memory only", 3, f"recovered/{pid}/exe") for pid in pids]
            self.bring(bundle(state=STATE, observed=rows), f"{name}.calm")
            rows = self.ana.json("preserve observed")
            self.assertEqual(len([row for row in rows if row["code"] == "memory-program"]), told, name)

    def test_those_of_one_sort_stand_together_and_the_numbers_of_the_rest_are_told(self):
        rows = self.ana.json("preserve observed co1")
        self.assertEqual([row["code"] for row in rows], ["memory-program", *["hidden-port"] * 5, "kernel-taint"])
        said = self.ana("preserve observed co1")
        self.assertIn("7 things were noticed, of 3 sorts", said)
        self.assertIn("Port 2 ", said)
        self.assertNotIn("Port 3 ", said)
        self.assertIn("and 3 more of this sort: 4 to 6\n", said)
        self.assertEqual(said.count("Usually harmless:"), 3)
        self.assertLessEqual(max(len(text) for text in said.splitlines()), 80)
        self.assertTrue(said.splitlines()[-2].startswith("Next:  calm preserve observed co1 --each"), said)
        for words in ("--all", "4"):
            self.assertIn("Port 3 ", self.ana(f"preserve observed co1 {words}"))

    def test_three_of_a_sort_are_all_shown(self):
        self.bring(bundle(state=STATE, observed=PORTS[:3]), "three.calm")
        said = self.ana("preserve observed co2")
        self.assertIn("Port 3 ", said)
        self.assertNotIn("more of this sort", said)

    def test_the_report_tells_of_it_in_words_and_names_the_newest_state_of_each_system(self):
        self.ana("assess system db1")
        self.ana(f"report draft --file {self.folder / 'report'}")
        text = " ".join((self.folder / "report" / "REPORT.md").read_text().split())
        self.assertIn("Live state brought in: co1", text)
        self.assertIn("6 things could not be read; 7 stood out", text)
        self.assertNotIn("machine: 0000", text[: text.index("Every record ", text.index("Every record ") + 1)])
        self.assertRegex(text, r"### 6\.1 web1 .{0,80}\*\*Live state\*\*: web1 at 2026-11-25 ?03:12:09 UTC")
        self.assertIn("**Live state**: none was taken", text)

    def test_what_nobody_made_anything_of_is_the_next_step_until_somebody_looked(self):
        next_step = "Next:  calm preserve observed co1\n"
        self.ana('note "the stick is here"')
        self.assertIn(next_step, self.ana(""))
        self.ana("preserve observed co1")  # looking leaves no record
        self.assertIn("7 things stand out in web1", " ".join(self.ana("preserve").split()))
        said = self.ana("preserve observed co1 --looked")
        self.assertIn("On record: what was noticed in co1 was looked through.", said)
        self.assertRegex(self.only("collection-change")[0]["text"], "^co1 .*: looked yes$")
        self.assertNotIn(next_step, self.ana(""))
        self.assertNotIn("preserve observed co1\n", self.ana("preserve"))

    def test_a_problem_or_a_fact_that_was_made_of_it_shows_that_it_was_looked_at(self):
        self.ana('analyse hypothesis "somebody is in" --sort attack')
        for number, way in enumerate(("--raise", "--for h1"), 2):
            self.bring(bundle(state=STATE, observed=PORTS[:number]), f"{number}.calm")
            self.assertIn(f"calm preserve observed co{number}\n", self.ana("preserve"))
            self.ana(f"preserve observed co{number} 2 {way}")
            self.assertNotIn(f"calm preserve observed co{number}\n", self.ana("preserve"))

    def test_without_a_terminal_each_is_not_asked_about(self):
        status, said = self.ana.fails("preserve observed co1 --each")
        self.assertEqual(status, USAGE)
        self.assertIn("--raise", said)

    def test_at_a_terminal_nothing_is_asked_for_a_program_that_reads_json(self):
        child, fd = pty.fork()
        if child == 0:
            os.execve(CALM, [CALM, "--case", str(self.case), "preserve", "observed", "co1", "--each", "--json"], self.ana.env)
        while read_some(fd, 30):
            pass
        os.close(fd)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), USAGE)

    def test_one_key_makes_a_sort_a_problem_marks_its_system_and_weighs_it(self):
        self.ana('analyse hypothesis "somebody is in" --sort attack')
        # Memory: evidence, and the next. Ports: a problem and the system; a key of several bytes is none. Then the end.
        said = self.press("1", "\r", "p", "s", "\x1b[A", "q")
        self.assertIn("Sort 1 of 3", said)
        self.assertIn("Sort 2 of 3", said)
        self.assertNotIn("Sort 3 of 3", said)
        self.assertIn("That key does nothing", said)
        self.assertEqual(len(self.things("fact")), 1)
        self.assertIn("Process 31 (x, user ana)", self.ana("analyse matrix"))
        self.assertEqual(len(self.things("weight")), 1)
        (problem,) = self.ana.json("problem list")
        self.assertEqual(problem["text"], "Port 1 is in one list only. And 4 more of this sort.")
        self.assertEqual(self.ana.json("assess systems")[0]["state"], "suspected")

    def test_ctrl_c_ends_the_asking_and_keeps_what_was_done(self):
        self.press("p", "\x03")
        self.assertEqual(len(self.ana.json("problem list")), 1)

    def press(self, *keys):
        """At a terminal; waits for the question before each key."""
        child, fd = pty.fork()
        if child == 0:
            os.execve(CALM, [CALM, "--case", str(self.case), "preserve", "observed", "co1", "--each"], {**self.ana.env, "TERM": "dumb"})
        seen_so_far, at = "", 0
        for key in keys:
            end = time.monotonic() + 30
            while KEYS not in seen_so_far[at:] and time.monotonic() < end:
                seen_so_far += read_some(fd)
            at = seen_so_far.index(KEYS, at) + len(KEYS)
            os.write(fd, key.encode())
        while more := read_some(fd, 30):
            seen_so_far += more
        os.close(fd)
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, seen_so_far)
        return seen_so_far


if __name__ == "__main__":
    harness.main()
