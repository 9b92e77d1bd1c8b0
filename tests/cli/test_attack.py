"""Attacks by somebody who has the files, by one who was taken off the team, and by one who is on it: what holds, and how it shows."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from attacker import Files, Key, close_box, grant_line, items, leaf, open_box, proof
from harness import CALM, CaseTest, Person, VERIFY, main


class Attack(CaseTest):
    def setUp(self):
        super().setUp()
        self.files = Files(self.case)

    def team_key(self, person):
        """The keys of the whole team that this person's key opens."""
        key = Key.of(person)
        keys = key.unseal(self.files.grants()[key.public])
        return [keys[i:i + 32] for i in range(0, len(keys), 32)]


class Grants(Attack):
    """Anybody can seal to a public key, so a grant proves nothing of who made the key in it."""

    def test_a_key_that_was_put_into_the_grants_never_seals(self):
        self.ana('note "before"')
        evil = os.urandom(32)
        for public in self.files.grants():
            self.files.set_grant(public, [evil])
        status, said = self.ana.fails("note after")
        self.assertIn(status, (4, 8))
        self.assertEqual(self.files.opened_by(evil), [])

    def test_who_left_cannot_add_a_key_of_their_own_beside_the_old_one(self):
        bo = self.join("bo")
        old, = self.team_key(bo)
        self.ana("team remove bo --because left")
        evil = os.urandom(32)
        ana = Key.of(self.ana).public
        for keys in ([old, evil], [evil, old], [old]):
            self.files.set_grant(ana, keys)
            status, said = self.ana.fails("note after")
            self.assertEqual(status, 8)
            self.assertIn("grants", said)
            self.assertEqual(self.files.opened_by(evil), [])
        self.assertNotIn("after", self.files.opened_by(old))

    def test_who_left_cannot_make_their_key_count_by_sealing_old_values_anew(self):
        bo = self.join("bo")
        old, = self.team_key(bo)
        self.ana("team remove bo --because left")
        evil = os.urandom(32)
        for seq, sealed in self.files.run("SELECT seq, sealed FROM openings"):
            ident = json.loads(self.files.lines()[seq])["statement"]["id"]
            again = b""
            for name, box in items(bytes(sealed)).items():
                opened = open_box(old, self.files.case_id(), ident, name, box)
                if opened:
                    again += close_box(evil, self.files.case_id(), ident, name, *opened)
            if again:
                self.files.run("UPDATE openings SET sealed = ? WHERE seq = ?", again, seq)
        self.files.set_grant(Key.of(self.ana).public, [old, evil])
        self.assertEqual(self.ana.fails("note after")[0], 8)
        self.assertNotIn("after", self.files.opened_by(evil))

    def test_an_export_cannot_bring_a_key_that_seals_what_comes_after(self):
        self.ana(f"log export {self.folder}/out")
        self.ana('note "after the export"')
        evil = os.urandom(32)
        with open(self.folder / "out/journal.cjg", "a", encoding="ascii") as grants:
            grants.write(grant_line("team", Key.of(self.ana).public, [evil]))
        self.ana(f"log merge {self.folder}/out")
        self.ana('note "written later"')
        self.assertEqual(self.files.opened_by(evil), [])
        self.assertIn("written later", self.ana("log"))

    def test_exports_full_of_keys_do_not_lock_anybody_out(self):
        self.ana(f"log export {self.folder}/out")
        with open(self.folder / "out/journal.cjg", "a", encoding="ascii") as grants:
            for _ in range(40):
                grants.write(grant_line("team", Key.of(self.ana).public, [os.urandom(32) for _ in range(100)]))
        self.ana(f"log merge {self.folder}/out")
        self.ana('note "still here"')
        self.assertEqual(len(self.team_key(self.ana)), 1)

    def test_a_compartment_is_never_sealed_by_a_key_that_lay_there_before_it_was_made(self):
        evil = os.urandom(32)
        self.files.set_grant(Key.of(self.ana).public, [evil], "personnel")
        self.assertEqual(self.ana.fails("note secret --scope personnel")[0], 4)
        self.ana('team compartment personnel "about an employee"')
        self.ana("note secret --scope personnel")
        self.assertEqual(self.files.opened_by(evil), [])

    def test_a_grant_row_of_ones_own_gets_nobody_the_next_key(self):
        bo = self.join("bo")
        eva = self.join("eva")
        self.ana('team compartment personnel "about bo" --with eva')
        stranger = Key()
        for key in (Key.of(bo), stranger):
            self.files.set_grant(key.public, [os.urandom(32)], "personnel")
            self.files.set_grant(key.public, self.team_key(self.ana), "team")
        self.ana("team remove eva --because left")
        self.ana('note "not for eva"')
        self.ana('note "not for bo" --scope personnel')
        for key, scope in ((Key.of(bo), "personnel"), (stranger, "personnel"), (stranger, "team"), (Key.of(eva), "team"), (Key.of(eva), "personnel")):
            keys = key.unseal(self.files.grants(scope)[key.public])
            for i in range(0, len(keys), 32):
                opened = self.files.opened_by(keys[i:i + 32])
                self.assertNotIn("not for bo", opened)
                if scope == "team":
                    self.assertNotIn("not for eva", opened)
        self.assertIn("not for bo", self.ana("log"))
        self.assertNotIn("not for bo", bo("log"))
        self.assertIn("not for eva", bo("log"))


class Powers(Attack):
    """Roles say what calm lets a person do, a key's power what the journal lets it say; the two go together."""

    def test_who_is_made_deputy_later_can_let_people_in_and_take_them_off(self):
        bo = self.join("bo")
        self.ana("team role bo --role deputy")
        eva = Person("eva", self.folder, self.case)
        eva("team join eva --part documents")
        bo("team admit eva --role scribe")
        eva('note "in"')
        bo("team remove eva --because left")
        self.assertEqual(eva.fails('note "out"')[0], 4)
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_who_is_a_lead_no_more_has_no_power_to_enrol(self):
        bo = self.join("bo", "--role deputy")
        self.ana("team role bo --role scribe")
        self.assertEqual(bo.fails("team admit eva")[0], 4)
        stranger = Key()
        self.files.append(Key.of(bo), "enrol/1", public={"key": stranger.public.hex(), "power": "lead", "proof": proof(stranger, self.files.case_id())})
        self.assertEqual(self.ana.fails("status")[0], 8)

    def test_roles_without_the_power_write_nothing_that_the_journal_would_not_take(self):
        bo = self.join("bo")
        person = next(t for t in self.ana.json("team list") if t["name"] == "bo")["id"]
        self.files.append(Key.of(self.ana), "person-change/1", {"role": "deputy"}, refs=[person], scope_key=self.team_key(self.ana)[0])
        eva = Person("eva", self.folder, self.case)
        eva("team join eva --part documents")
        for line in ("team admit eva", "team remove ana --because x", "log hold set --because x"):
            status, said = bo.fails(line)
            self.assertEqual(status, 4, line)
            self.assertIn("power of a lead", said)
        self.ana("status")


class Forged(Attack):
    """Lines that nobody signed, put behind the others by somebody who can write to the folder."""

    def refused(self):
        for line in ("status", "log", 'note "x"'):
            status, said = self.ana.fails(line)
            self.assertEqual(status, 8, line)
            self.assertIn("signature", said)

    def test_a_note_that_was_not_signed_is_found_on_opening(self):
        self.files.append(Key.of(self.ana), "note/1", sig=bytes(64))
        self.refused()

    def test_an_enrolment_in_a_leads_name_is_found_on_opening(self):
        stranger = Key()
        self.files.append(stranger, "enrol/1", by=Key.of(self.ana).public,
                          public={"key": stranger.public.hex(), "power": "lead", "proof": proof(stranger, self.files.case_id())})
        for number in range(40):  # so many true ones behind it that the tail does not show it
            self.files.append(Key.of(self.ana), "note/1")
        self.refused()

    def test_a_person_by_one_who_left_in_a_leads_name_is_found_on_opening(self):
        bo = self.join("bo")
        old, = self.team_key(bo)
        self.ana("team remove bo --because left")
        stranger = Key()
        self.files.append(stranger, "person/1", {"name": "zoe", "role": "lead", "key": stranger.public.hex()}, scope_key=old, by=Key.of(self.ana).public)
        for number in range(40):
            self.files.append(Key.of(self.ana), "note/1")
        self.refused()

    def test_a_forged_record_deep_in_the_journal_is_found_by_verifying(self):
        self.files.append(Key.of(self.ana), "note/1", sig=bytes(64))
        for number in range(40):
            self.files.append(Key.of(self.ana), "note/1")
        status, said = self.ana.fails("log verify")
        self.assertEqual(status, 8)

    def test_a_member_cannot_make_themself_a_lead(self):
        bo = self.join("bo")
        key, scope_key = Key.of(bo), self.team_key(bo)[0]
        person = next(t for t in self.ana.json("team list") if t["name"] == "bo")["id"]
        self.files.append(key, "person-change/1", {"role": "lead"}, refs=[person], scope_key=scope_key)
        self.files.append(key, "person/1", {"name": "bo the great", "role": "lead", "key": key.public.hex()}, scope_key=scope_key)
        self.assertEqual(bo.fails("team role ana --role observer")[0], 4)
        self.assertEqual(next(t for t in self.ana.json("team list") if t["name"] == "bo")["role"], "responder\nscribe")

    def test_a_member_cannot_take_over_the_key_of_the_team_or_of_a_compartment(self):
        bo = self.join("bo")
        eva = self.join("eva")
        self.ana('team compartment personnel "about bo" --with eva')
        key, evil = Key.of(bo), os.urandom(32)
        import hashlib
        for scope in ("team", "personnel"):
            name = hashlib.sha256(b"calm scope key\n" + bytes.fromhex(self.files.case_id()) + bytes([len(scope)]) + scope.encode() + evil).hexdigest()
            self.files.append(key, "person/1" if scope == "team" else "compartment/1", public={"scope-key": name}, scope=scope)
            for person in (self.ana, eva):
                public = Key.of(person).public
                box = self.files.grants(scope)[public]
                self.files.set_grant(public, [Key.of(person).unseal(box), evil], scope)
        self.ana('note "of the team"')
        eva('note "of the compartment" --scope personnel')
        self.assertEqual(self.files.opened_by(evil), [])


if __name__ == "__main__":
    main()
