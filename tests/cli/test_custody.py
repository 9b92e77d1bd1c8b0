"""test_custody.py: taking, reading, handing over, exporting and destroying an item each stand in its chain of custody, for those who may see it."""
import hashlib
import json
import re

from attacker import Files
from harness import CaseTest, Person, main, one_line


class Custody(CaseTest):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "auth.log"
        self.log.write_bytes(b"Nov 25 03:12:09 web1 sshd[7]: Failed password for root\n")
        self.sha256 = hashlib.sha256(self.log.read_bytes()).hexdigest()
        self.ana(f"preserve files {self.log}")

    def acts(self, item="e1", person=None):
        return [row["act"] for row in (person or self.ana).json(f"preserve custody {item}")["chain"]]

    def blob(self):
        return list((self.case / "evidence").rglob(self.sha256[:16] + "*"))

    def redact(self, approvers):
        """Asks for the destruction of the bytes of e1; the request's number comes back."""
        made = self.ana.json("preserve custody e1")["chain"][0]["record"]
        request = self.ana.json(f'log redact-request r{made} sha256 --because "counsel and police: it must go"')[0]["record"]
        for person in approvers:
            person(f"log redact-approve r{request}")
        return request

    def test_each_act_is_a_line_of_the_chain(self):
        self.ana("preserve get e1 copy.log --to bo --because asked")
        self.ana('preserve move e1 handed-over --from ana --to "Sgt. Weber" --signed "both, on the form"')
        self.ana("log export out --evidence --for counsel")
        self.assertEqual(self.acts(), ["taken", "copied", "handed-over", "exported"])
        chain = self.ana.json("preserve custody e1")["chain"]
        self.assertEqual(chain[3]["to"], "counsel")
        self.assertIn("out on ", chain[3]["place"])
        self.assertEqual(self.verify(), 2)
        self.says_when_it_was_recorded(chain)

    def says_when_it_was_recorded(self, chain):
        """What was said of when, when it went on record, and what the record says of the clock (doc/format/journal.md, section 4)."""
        said = self.ana('preserve move e1 received --from Weber --at "2026-11-20 10:00"')
        self.assertIn("e1 was taken after that", one_line(said))
        self.assertNotIn("taken after", self.ana('preserve move e1 stored --place safe --at "10 s ago" --at-precision day'))
        row = self.ana.json("preserve custody e1")["chain"][4]
        self.assertEqual((row["time"], row["before_taken"]), ("2026-11-20T10:00:00.000000000Z", True))
        self.assertFalse(any("before_taken" in r for r in chain))
        journal = [json.loads(line)["statement"] for line in Files(self.case).lines()]
        recorded = journal[row["record"]]["time"]
        self.assertEqual(row["recorded"], recorded)
        words = {"ntp": "synchronised", "free": "not synchronised", "unknown": "not known whether synchronised"}[journal[row["record"]]["clock"]]
        self.assertEqual(row["clock"], words)
        form = one_line(self.ana("preserve custody e1"))
        self.assertRegex(form, rf"2026-11-20 10:00:00 UTC recorded {recorded[:10]} {recorded[11:19]} UTC What received .*SAID TO BE BEFORE THE ITEM WAS TAKEN")
        self.assertEqual(form.count("BEFORE THE ITEM"), 1)
        self.assertIn(f"as the record says: {words} (rows 1 to 6).", form)

    def test_a_copy_elsewhere_leaves_the_item_where_it_is(self):
        self.ana('preserve item "drive 3 of db1" --place "safe, room 2" --holder ana')
        self.assertRegex(one_line(self.ana("preserve custody e1")), r"as the record says: [a-z ]+ \(row 1\)\.")
        self.ana('preserve move e2 copied --place "disk B, bank" --to bo')
        item = self.ana.json("preserve list")[1]
        self.assertEqual((item["place"], item["holder"]), ("safe, room 2", "ana"))
        self.assertEqual(self.ana.json("preserve custody e2")["chain"][1]["place"], "disk B, bank")
        self.ana('preserve move e2 stored --place "bank"')
        self.assertEqual(self.ana.json("preserve list")[1]["place"], "bank")

    def test_what_left_is_kept_where_it_was_no_more(self):
        for n, act in enumerate(("handed-over --to bo", "destroyed")):
            self.ana(f'preserve item "drive {n}" --place "safe, room 2" --holder ana')
            self.ana(f"preserve move e{n + 2} {act}")
            self.assertNotIn("Kept now", self.ana(f"preserve custody e{n + 2}"))
        self.assertNotIn("Held now by", self.ana("preserve custody e3"))
        self.ana('preserve move e2 received --from bo --place "bank" --seal 0815')
        self.assertRegex(self.ana("preserve custody e2"), r"Seal +0815\nKept now +bank|Kept now +bank\nSeal +0815")
        self.assertNotIn("Held now by", self.ana("preserve custody e2"))  # bo has it no more
        self.ana("preserve move e2 opened --seal 0815")
        self.assertNotIn("seal", self.ana.json("preserve list")[1])
        disk = self.folder / "d.img"
        disk.write_bytes(bytes(range(256)) * 4096)
        (self.folder / "o").mkdir()
        self.ana(f"preserve image {disk} --to {self.folder}/o --name x")
        for act, is_kept in (("handed-over --to bo", False), (f"received --place {self.folder}/o", True), ("returned", False), ("stored --place bank", True), ("destroyed", False)):
            self.ana(f"preserve move e4 {act}")
            self.assertEqual(bool(re.search(r"(?m)^Kept now ", self.ana("preserve custody e4"))), is_kept, act)

    def test_where_an_item_was_put_first_stays_in_its_chain(self):
        self.ana('preserve item "disk 1" --place "safe, room 2" --seal 0815 --holder ana')
        self.ana('preserve move e2 handed-over --from ana --to "Sgt. Weber"')
        self.ana("preserve move e2 stored --place bank --seal 0816")
        first = self.ana.json("preserve custody e2")["chain"][0]
        self.assertEqual([first[name] for name in ("act", "place", "seal", "to")], ["taken", "safe, room 2", "0815", "ana"])
        row = one_line(self.ana("preserve custody e2").split("No.")[1])
        for words in ("What taken", "To ana", "Place safe, room 2", "Seal 0815"):
            self.assertIn(words, row)

    def test_a_chain_that_does_not_hold_together_is_told(self):
        self.ana('preserve item drive --place "room 1" --seal 1')
        self.assertNotIn("By the record", self.ana("preserve move e2 handed-over --from root --to ana --seal 1"))
        said = one_line(self.ana("preserve move e2 handed-over --from carl --to weber --seal 77"))
        self.assertIn("By the record ana has it, and this says that it came from carl. Is a hand-over missing?", said)
        self.assertIn("By the record its seal is 1, and this says 77. Was it opened or sealed in between?", said)
        form = one_line(self.ana("preserve custody e2"))
        self.assertIn("Where the chain does not hold together, in the order of the times that were said:", form)
        self.assertIn("row 3: it comes from carl, and ana had it; its seal is 77, and was 1: no row says that it was opened or sealed", form)
        chain = self.ana.json("preserve custody e2")["chain"]
        self.assertEqual([(r.get("holder_before"), r.get("seal_before")) for r in chain], [(None, None), (None, None), ("ana", "1")])
        self.ana("preserve move e2 opened --seal 77 --because look")
        self.assertIn("By the record it was opened, and this says 78", one_line(self.ana("preserve move e2 stored --seal 78")))
        self.ana('preserve move e2 sealed --seal 79')
        self.assertNotIn("By the record", self.ana('preserve move e2 returned --from "Sgt. Weber, police" --to ana --seal 79'))  # "weber" had it
        self.ana('preserve item "drive 2" --holder ana --seal 5 --at 2026-01-01T10:00:00Z')
        self.ana("preserve move e3 handed-over --from carl --to weber --seal 6 --at 2026-01-01T12:00:00Z")
        self.assertIn("does not hold together", self.ana("preserve custody e3"))
        # what is recorded later, of a time between, mends it
        self.ana("preserve move e3 handed-over --from ana --to carl --seal 5 --at 2026-01-01T11:00:00Z")
        self.assertNotIn("comes from", self.ana("preserve custody e3"))
        self.assertIn("no row says that it was opened", one_line(self.ana("preserve custody e3")))
        self.ana("preserve move e3 sealed --seal 6 --at 2026-01-01T11:30:00Z")
        self.assertNotIn("does not hold together", self.ana("preserve custody e3"))
        # copies leave the item where it is
        self.assertNotIn("By the record", self.ana('preserve move e3 copied --from nobody --to bo --seal 9'))

    def test_the_number_of_an_item_is_never_cut(self):
        for n in range(9):
            self.ana(f'preserve item "drive {n}"')
        self.assertEqual([line.split()[0] for line in self.ana("preserve list").splitlines() if line.startswith("e")], [f"e{n + 1}" for n in range(10)])

    def test_an_export_without_evidence_is_none_of_an_item(self):
        self.ana("log export out --for counsel")
        self.assertEqual(self.acts(), ["taken"])

    def test_an_export_holds_no_bytes_that_are_sealed_under_another_number(self):
        other = self.folder / "other.log"
        other.write_bytes(self.log.read_bytes())
        self.ana(f"preserve files {other}")
        self.ana('preserve unlawful "not to be kept" --evidence e2')
        self.ana("log export out --evidence")
        self.assertEqual(list((self.folder / "out" / "evidence").iterdir()), [])
        self.assertNotIn("exported", self.acts())

    def test_what_becomes_of_an_item_is_seen_by_those_who_see_the_item(self):
        for line in ("preserve custody e1", "preserve verify e1", "preserve move e1 received"):
            status, said = Person("eve", self.folder, self.case).fails(line)
            self.assertEqual((status, "you are not on the team" in one_line(said)), (4, True), said)
        bo = self.join("bo")
        self.ana("team compartment board")
        secret = self.folder / "board.txt"
        secret.write_bytes(b"for the board")
        self.ana(f"preserve files {secret} --scope board")
        self.ana("preserve get e2 for-the-chair.txt --to chairwoman")
        self.ana("preserve move e2 stored --place strongroom")
        self.assertEqual(self.acts("e2"), ["taken", "copied", "stored"])
        for word in ("chairwoman", "for-the-chair", "strongroom", "board.txt"):
            self.assertNotIn(word, bo("log --full"))
        self.ana("preserve move e1 stored --place shelf")
        self.assertEqual(self.acts("e1", bo), ["taken", "stored"])

    def test_a_thing_that_was_destroyed_says_so(self):
        self.ana('preserve item "drive 3 of db1" --place safe')
        said = self.ana('preserve move e2 destroyed --because "shredded, court order 12/26"')
        self.assertNotIn("hold", said)
        self.assertRegex(self.ana("preserve list"), r"e2 .*destroyed")
        self.assertIn("Destroyed", self.ana("preserve custody e2"))
        self.ana('log hold set --because "a lawsuit is likely"')
        self.ana('preserve item "drive 4 of db1" --place safe')
        self.assertIn("legal hold", one_line(self.ana('preserve move e3 destroyed --because "by mistake"')))

    def test_bytes_in_the_case_are_not_destroyed_by_saying_so(self):
        status, said = self.ana.fails("preserve move e1 destroyed --because old")
        self.assertEqual(status, 2)
        self.assertIn("log redact-request", said)
        self.assertEqual(self.acts(), ["taken"])

    def test_two_people_destroy_the_bytes_and_the_chain_says_so(self):
        bo = self.join("bo")
        self.ana("analyse timeline")
        self.ana("analyse tag e1.1 odd")
        self.assertEqual(len(list((self.case / "timeline").iterdir())), 1)
        for name in ("e1-01234567.tl", ".e1-77.part", "e11-01234567.tl", ".e2-77.part"):  # of runs that were killed
            (self.case / "timeline" / name).write_bytes(b"odd")
        request = self.redact([self.ana])
        self.assertEqual(self.ana.fails(f"log redact r{request}")[0], 5)
        self.assertEqual(len(self.blob()), 1)
        bo(f"log redact-approve r{request}")
        said = self.ana(f"log redact r{request}")
        self.assertIn("no longer in this case", said)
        self.assertIn("have words of it", said)
        self.assertEqual(self.blob(), [])
        self.assertEqual({p.name for p in (self.case / "timeline").iterdir()}, {"e11-01234567.tl", ".e2-77.part"})
        self.assertEqual(self.ana.fails("analyse search odd")[0], 3)
        self.assertEqual(self.acts(), ["taken", "examined", "destroyed"])
        self.assertRegex(self.ana("preserve list"), r"e1 .*destroyed")
        self.assertNotIn(self.sha256, self.ana("preserve custody e1"))
        self.assertEqual(self.ana.fails("preserve get e1 copy.log")[0], 3)
        self.ana("log verify")
        self.assertEqual(self.verify(), 2)

    def test_a_legal_hold_keeps_the_bytes(self):
        bo = self.join("bo")
        request = self.redact([self.ana, bo])
        self.ana('log hold set --because "a lawsuit is likely"')
        self.assertEqual(self.ana.fails(f"log redact r{request}")[0], 5)
        self.assertEqual(len(self.blob()), 1)
        self.assertEqual(self.acts(), ["taken"])

    def test_bytes_that_another_item_has_stay(self):
        bo = self.join("bo")
        other = self.folder / "other.log"
        other.write_bytes(self.log.read_bytes())
        self.ana(f"preserve files {other}")
        request = self.redact([self.ana, bo])
        self.assertIn("e2 has the same", self.ana(f"log redact r{request}"))
        self.assertEqual(len(self.blob()), 1)
        self.ana("preserve get e2 copy.log")
        self.assertEqual((self.folder / "copy.log").read_bytes(), self.log.read_bytes())


if __name__ == "__main__":
    main()
