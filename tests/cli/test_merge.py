"""Copies of a case that were written to apart come together, in any order, to the same state."""
import itertools
import shutil

from harness import CaseTest, Person, VERIFY, main
import subprocess


class Merging(CaseTest):
    def setUp(self):
        super().setUp()
        self.people = {"bo": self.join("bo"), "eva": self.join("eva")}
        self.ana('problem raise "before they parted"')
        for name in self.people:
            copy = self.folder / f"{name}.calm"
            shutil.copytree(self.case, copy)
            self.people[name].case = copy

    def state(self, person):
        """What the copy holds, without what merging itself writes."""
        return [(t["call"], t["text"]) for t in person.json("problem list")] + [
            (t["call"], t.get("state")) for t in person.json("assess systems")] + [t["text"] for t in person.json("log --type note")]

    def write_apart(self):
        bo, eva = self.people["bo"], self.people["eva"]
        bo('problem raise "seen by bo" --impact high')
        bo("assess system web1 --state affected")
        eva('problem raise "seen by eva" --impact low')
        eva('note "eva alone"')
        bo('note "bo alone"')
        self.ana('problem change p1 --impact critical')
        self.ana('note "ana alone"')

    def copy_of(self, person, name):
        twin = Person(person.name, self.folder, self.folder / f"{name}.calm")
        shutil.copytree(person.case, twin.case)
        return twin

    def merge(self, into, source):
        out = self.folder / f"export-{len(list(self.folder.iterdir()))}"
        source(f"log export {out}")
        return into(f"log merge {out}")

    def check(self, person):
        person("log checkpoint")
        done = subprocess.run([VERIFY, str(person.case / "journal" / "journal.cj1")], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2, done.stdout)

    def test_three_copies_merged_in_every_order_give_the_same_state(self):
        self.write_apart()
        states = []
        everyone = [self.ana, self.people["bo"], self.people["eva"]]
        for number, order in enumerate(itertools.permutations(range(3))):
            copies = [self.copy_of(p, f"{p.name}-{number}") for p in everyone]
            first, second, third = (copies[i] for i in order)
            self.merge(second, third)
            self.merge(first, second)
            states.append(self.state(first))
            self.check(first)
        for state in states[1:]:
            self.assertEqual(state, states[0])
        self.assertEqual(len([x for x in states[0] if isinstance(x, str)]), 3)

    def test_criss_cross_merging_repeats_nothing(self):
        self.write_apart()
        bo, eva = self.people["bo"], self.people["eva"]
        self.merge(self.ana, bo)
        self.merge(bo, eva)
        bo('note "after eva came in"')
        self.merge(self.ana, eva)
        self.merge(self.ana, bo)
        self.check(self.ana)
        notes = [t["text"] for t in self.ana.json("log --type note")]
        self.assertEqual(sorted(notes), sorted(["eva alone", "bo alone", "ana alone", "after eva came in"]))

    def test_a_copy_that_only_went_on_comes_in_without_a_merge_record(self):
        bo = self.people["bo"]
        bo('note "further"')
        self.merge(self.ana, bo)
        self.assertEqual(self.ana.json("log --type merge/1"), [])
        self.assertEqual([t["text"] for t in self.ana.json("log --type note")], ["further"])
        self.check(self.ana)

    def test_merging_again_brings_nothing(self):
        self.write_apart()
        self.merge(self.ana, self.people["bo"])
        before = len(self.ana.json("log"))
        out = self.folder / "again"
        self.people["bo"](f"log export {out}")
        self.ana(f"log merge {out}")
        after = [t for t in self.ana.json("log")[before:] if t["type"] not in ("merge/1", "export/1", "checkpoint/1")]
        self.assertEqual(after, [])

    def test_another_case_is_refused(self):
        other = Person("zoe", self.folder, None)
        other(f"open {self.folder}/other.calm")
        other.case = self.folder / "other.calm"
        other(f"log export {self.folder}/other-export")
        status, said = self.ana.fails(f"log merge {self.folder}/other-export")
        self.assertEqual(status, 2)
        self.assertIn("another case", said)

    def test_a_changed_export_is_refused_and_nothing_is_taken(self):
        self.write_apart()
        out = self.folder / "changed"
        self.people["bo"](f"log export {out}")
        path = out / "journal.cj1"
        text = path.read_bytes()
        path.write_bytes(text.replace(b'"tlp":"amber"', b'"tlp":"green"', 1))
        before = len(self.ana.json("log"))
        self.assertEqual(self.ana.fails(f"log merge {out}")[0], 8)
        self.assertEqual(len(self.ana.json("log")), before)

    def test_values_that_do_not_fit_are_left_out_and_said(self):
        self.write_apart()
        out = self.folder / "swapped"
        self.people["bo"](f"log export {out}")
        path = out / "journal.cjs"
        lines = path.read_text().splitlines()
        numbers = [line.split(" ")[0] for line in lines]
        values = [line.split(" ")[1] for line in lines]
        values[-1], values[-2] = values[-2], values[-1]
        path.write_text("".join(f"{n} {v}\n" for n, v in zip(numbers, values)))
        self.assertIn("left out", self.ana(f"log merge {out}"))
        self.ana("status")


if __name__ == "__main__":
    main()
