"""Attacks by somebody who has the files, by one who was taken off the team, and by one who is on it: what holds, and how it shows."""
import base64
import hashlib
import html.parser
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import subprocess
import time
import unittest

from attacker import Files, Key, close_box, grant_line, items, leaf, open_box, proof
from harness import CALM, CaseTest, Person, SANITIZED, VERIFY, main


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
        self.assertEqual(self.ana.json("log")[-1]["refused"], "its key lacks the power for it")
        self.ana("status")

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


class Refused(Attack):
    """Records that a member signed with a program of their own, and that break a rule: one record is spoiled, never the case."""

    def setUp(self):
        super().setUp()
        self.bo = self.join("bo")
        self.key, self.scope_key = Key.of(self.bo), self.team_key(self.bo)[0]

    def tearDown(self):
        """Everybody still reads, writes and counts alike, whatever was signed."""
        for person in (self.ana, self.bo):
            for line in ("status", "log", "problem list", "team list", "analyse matrix", "preserve list", "playbook list", "log --json", 'note "after"'):
                person(line)
        said = [person.json("problem list") for person in (self.ana, self.bo)]
        self.assertEqual(said[0], said[1])
        super().tearDown()

    def put(self, kind, values=(), **more):
        return self.files.append(more.pop("key", self.key), kind, values, scope_key=self.scope_key, **more)

    def refused(self, why):
        """The last record is kept, and refused for that; its signer is named."""
        for person in (self.ana, self.bo):
            last = person.json("log")[-1]
            self.assertEqual((last.get("refused"), last["trusted"], last["by"]), (why, False, "bo"))
            self.assertIn("[refused, no effect: " + why + "]", person("log"))
            self.assertRegex(person(""), r"Refused +\d+ records? break")

    def person_id(self, name):
        return next(t for t in self.ana.json("team list") if t["name"] == name)["id"]

    def test_a_record_without_the_power_for_it(self):
        stranger = Key()
        enrol = {"key": stranger.public.hex(), "power": "member", "proof": proof(stranger, self.files.case_id())}
        for kind, public in (("enrol/1", enrol), ("revoke/1", {"from": 1, "key": Key.of(self.ana).public.hex()}), ("hold/1", {"state": "set"})):
            self.put(kind, public=public)
            self.refused("its key lacks the power for it")
        self.ana('note "still a lead"')

    def test_a_record_whose_public_part_is_not_its_types(self):
        ana = Key.of(self.ana).public.hex()
        for kind, public, why in (
                ("hold/1", {}, 'it does not say "state"'), ("hold/1", {"state": "maybe"}, 'it says "state" in a way that its type does not have'),
                ("revoke/1", {"from": "1", "key": ana}, 'it says "from" in a way that its type does not have'),
                ("checkpoint/1", {"key": ana, "root": "0" * 64, "sig": base64.b64encode(bytes(64)).decode(), "size": 1}, "the signature of its checkpoint does not hold"),
                ("merge/1", {"count": 0, "fork": 1, "head": "0" * 64, "root": "0" * 64, "size": 1, "skip": []}, "the numbers of its copies do not add up"),
                ("redact/1", {"approvals": ["0" * 32, "1" * 32], "names": ["text"], "target": "0" * 32}, "an approval that it names is missing or not trusted"),
                ("anchor/1", {"kind": "page", "name": "x", "root": "0" * 64, "size": 1, "token": "AAAA"}, "a printed page has no token"),
                ("case/1", {"format": "cj/1", "key": ana, "policy": "x", "recovery": "1" * 64}, "a case begins with record 0 and nowhere else")):
            self.put(kind, public=public)
            self.refused(why)

    def test_a_record_of_a_later_version_by_a_member_keeps_nobody_from_writing(self):
        self.put("enrol/2", public={"anything": 1})
        self.refused("it is of a later version; this program knows enrol/1")

    def test_a_record_that_refers_to_nothing(self):
        self.put("note/1", {"text": "x"}, refs=["0" * 32])
        self.refused("it refers to a record that does not stand before it")
        self.put("problem-change/1", {"state": "solved"})
        self.refused("what it changes does not exist")

    def test_a_record_again(self):
        line = json.loads(self.files.lines()[-1])
        case, last = self.files.case_id(), self.files.lines()[-1]
        line["seq"], line["prev"] = line["seq"] + 1, leaf(last)
        self.assertEqual(line["case"], case)
        self.files.run("INSERT INTO lines VALUES (?, ?)", line["seq"], json.dumps(line, separators=(",", ":")))
        self.assertEqual(self.ana.json("log")[-1]["refused"], f"its id is that of r{line['seq'] - 1}")

    def test_things_with_fields_and_values_that_are_none(self):
        person = self.person_id("ana")
        problem = self.ana.json('problem raise "web1 sends mail"')[0]["id"]
        for kind, values, refs, why in (
                ("problem/1", {"text": "x", "bogus": "x"}, [], 'it has a field "bogus", which its type lacks'),
                ("problem/1", {"text": "x", "state": "exploded"}, [], 'its "state" is not a value of that field'),
                ("problem/1", {"text": "x", "occurred": "yesterday"}, [], 'its "occurred" is not a value of that field'),
                ("problem/1", {"text": "x", "performed-by": "zz"}, [], 'its "performed-by" is not a value of that field'),
                ("problem/1", {"text": "x", "performed-by": "0" * 32}, [], 'its "performed-by" refers to nothing of that kind'),
                ("problem/1", {"text": "x", "performed-by": problem}, [problem], 'its "performed-by" refers to nothing of that kind'),
                ("problem-change/1", {"state": "exploded"}, [problem], 'its "state" is not a value of that field'),
                ("problem-change/1", {"text": "renamed", "performed-by": problem}, [problem], 'its "performed-by" refers to nothing of that kind')):
            self.put(kind, values, refs=refs)
            self.refused(why)
        self.put("problem/1", {"text": "a good one", "performed-by": person}, refs=[person])
        self.assertEqual([t["text"] for t in self.ana.json("problem list")], ["web1 sends mail", "a good one"])

    def test_a_reference_to_a_refused_thing_is_one_to_nothing(self):
        bad = self.put("person/1", {"name": "zoe", "duty": "perhaps"})
        self.refused('its "duty" is not a value of that field')
        self.put("problem/1", {"text": "x", "performed-by": bad}, refs=[bad])
        self.refused('its "performed-by" refers to nothing of that kind')

    def test_a_merge_that_brought_nothing_of_what_it_says(self):
        for number in range(3):
            self.ana(f'note "{number}"')
        merge = {"count": 2, "fork": 1, "head": "0" * 64, "root": "0" * 64, "size": 3, "skip": []}
        self.put("merge/1", public=merge)
        self.refused("what it says of the copies cannot be true")
        self.ana('note "written here"')  # so would be the first of the two, were the merge believed
        log = self.ana.json("log")
        self.assertEqual([t.get("refused") for t in log[-2:]], ["it brought fewer records than it says", None])
        self.ana("team remove bo --because left")
        self.assertTrue(next(t for t in self.ana.json("log") if t["text"] == "0")["trusted"])  # the revocation's "from" is not the merge's fork
        self.bo = self.ana

    def test_a_merge_that_contradicts_the_order(self):
        for number in range(4):
            self.ana(f'note "{number}"')
        merge = {"count": 0, "fork": 1, "head": "0" * 64, "root": "0" * 64, "size": 4, "skip": [1, 3, 1, 2, 2, 1, 3, 1, 1]}
        self.put("merge/1", public=merge)
        self.refused("what it says of the copies cannot be true")

    def test_whatever_a_member_signs_every_screen_is_shown(self):
        """Records of every type with values drawn at random, some of them none; seeded, so that it fails again the same way."""
        draw, kinds, made = random.Random(5), {}, {}
        for op in json.loads(Person("eva", self.folder, None)("help table")):
            for kind in op["records"] or []:
                kinds.setdefault(kind, {}).update({f["name"]: f for f in op["fields"]})
        texts = ["x", "two\nlines", "\x1b[31m", "a" * 3000, "\u2026" * 50, ""]
        usual = {"time": ["2026-11-25T03:12:09.000000000Z", "0000-01-01T00:00:00.000000000Z", "9999-12-31T23:59:59.999999999Z"], "flag": ["yes"],
                 "number": ["0", "9223372036854775807"], "size": ["0", "9223372036854775807"], "span": ["0", "9223372036854775807"]}
        for _ in range(150):
            kind = draw.choice(sorted(kinds))
            name, values, refs = kind.split("/")[0].removesuffix("-change"), {}, []
            for field in kinds[kind].values():
                pool = made.get(field["kind"] or "problem", ["0" * 32]) if field["type"] == "ref" else field["choices"] or usual.get(field["type"], texts)
                if draw.random() < 0.5:
                    values[field["name"]] = draw.choice(pool if draw.random() < 0.98 else texts)
                    refs += [values[field["name"]]] if field["type"] == "ref" and values[field["name"]] in pool else []
            if "-change" in kind:
                refs.insert(0, draw.choice(made.get(name, ["0" * 32])))
            ident = self.put(kind, values, refs=list(dict.fromkeys(refs)))
            if "-change" not in kind:
                made.setdefault(name, []).append(ident)
        log = self.ana.json("log")
        self.assertTrue(10 < sum("refused" in t for t in log) < len(log) - 10)
        for line in ("", "calm", "note", "snapshot", "assess", "team", "stop", "preserve", "analyse", "notify", "clean", "fix", "confirm", "report", "learn", "log --full",
                     "assess facts", "preserve holds", "notify deadlines", "stop list", "fix weaknesses", "learn list", "learn trends", "report list", "run list",
                     "notify script managers", f"report draft --file {self.folder}/report", "status --json"):
            self.ana(line)

    def test_the_report_names_it_and_a_checker_calls_the_journal_tampered(self):
        self.put("hold/1", public={"state": "set"})
        self.put("problem/1", {"text": "zqmark", "state": "exploded"})
        self.ana(f"report draft --file {self.folder}/report")
        text = "".join(p.read_text() for p in (self.folder / "report").rglob("*.md"))
        self.assertIn("These records break a rule of the journal", text)
        self.assertIn("refused, no effect: its key lacks the power for it", text)
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 1)
        # So a copy made of it is not merged, and whoever tries is told which record it is.
        self.ana(f"log export {self.folder}/out")
        size = len(self.files.lines())
        status, said = self.bo.fails(f"log merge {self.folder}/out")
        self.assertEqual(status, 8)
        self.assertRegex(said, r"Record \d+")
        self.assertEqual(len(self.files.lines()), size)

    def test_a_lead_of_a_later_version_makes_this_program_only_read(self):
        self.put("hold/2", public={"state": "set"}, key=Key.of(self.ana))
        self.assertEqual(self.ana.json("log")[-1]["refused"], "it is of a later version; this program knows hold/1")
        status, said = self.ana.fails('note "x"')
        self.assertIn("later version", said)
        self.ana("log")
        self.files.run("DELETE FROM lines WHERE seq = (SELECT max(seq) FROM lines)")  # for what every test asks at its end


class Journal(Attack):
    """The journal put back, parted, dated back, or invented: whoever was given a root on paper finds out."""

    def seal(self, person=None):
        """Seals, and gives the root as it would be printed."""
        (person or self.ana)("log checkpoint")
        return self.root(self.case)

    def root(self, case):
        note = max((pathlib.Path(case) / "journal").glob("*.note"), key=lambda p: int(p.stem))
        _, size, root = note.read_text().splitlines()[:3]
        return f"{size}:{base64.b64decode(root).hex()}"

    def checked(self, *more, case=None):
        return self.verify(*more, case=case)

    def twin(self, name):
        shutil.copytree(self.case, self.folder / name)
        return Person("ana", self.folder, self.folder / name)

    def test_a_journal_that_was_cut_and_written_on_differs_from_the_printed_root(self):
        self.ana('note "one"')
        old = self.twin("old.calm")
        self.ana('note "two"')
        root = self.seal()
        self.assertEqual(self.checked("--root", root), 0)
        old("log checkpoint")
        self.assertEqual(self.checked("--root", root, case=old.case), 1)  # too short
        for number in range(6):
            old(f'note "other {number}"')
        old("log checkpoint")
        self.assertEqual(self.checked("--root", root, case=old.case), 1)
        self.assertEqual(self.checked(case=old.case), 2)  # without trust from outside nothing speaks against it

    def test_a_fork_is_found_by_the_root_of_the_other_and_can_be_brought_together(self):
        bo = self.join("bo")
        fork = self.twin("fork.calm")
        self.ana('note "here"')
        fork('note "there"')
        root = self.seal()
        fork("log checkpoint")
        self.assertEqual(self.checked("--root", root, case=fork.case), 1)
        fork(f"log export {self.folder}/out")
        self.ana(f"log merge {self.folder}/out")
        self.ana("log checkpoint")
        self.assertEqual(self.checked("--root", root), 0)

    def stepped(self, seconds):
        """Environment of a machine whose clock was set by so many seconds, and whose time since boot was not."""
        if not shutil.which("gcc"):
            self.skipTest("no compiler")
        (self.folder / "clock.c").write_text(
            "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <time.h>\n"
            "int clock_gettime(clockid_t id, struct timespec *t)\n{\n"
            '    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");\n'
            "    int rc = real(id, t);\n"
            f"    if (id == CLOCK_REALTIME)\n        t->tv_sec += {seconds};\n    return rc;\n}}\n")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", "clock.so", "clock.c"], cwd=self.folder, check=True)
        return {"LD_PRELOAD": str(self.folder / "clock.so")}

    @unittest.skipIf(SANITIZED, "a sanitizer changes the environment and what is loaded first")
    def test_a_clock_that_was_stepped_back_an_hour_is_told_and_verifies(self):
        self.ana('note "before the step"')
        done = self.ana.run("note", "an hour back", env=self.stepped(-3600))
        self.assertEqual(done.returncode, 0)
        self.ana('note "right again"')
        log = self.ana.json("log")
        self.assertEqual([t["text"] for t in log[-3:]], ["before the step", "an hour back", "right again"])
        self.assertLess(log[-2]["time"], log[-3]["time"])
        self.ana(f"report draft --file {self.folder}/report")
        report = "".join(p.read_text() for p in (self.folder / "report").rglob("*.md"))
        report = "\n".join(line for line in report.splitlines() if "clock of one" in line)
        self.assertRegex(report, r"The clock of one machine was set back by (59 min|1 h 00 min) between")
        self.assertRegex(report, r"The clock of one machine was set forward by (1 h|59 min)")
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    @unittest.skipIf(SANITIZED, "a sanitizer changes the environment and what is loaded first")
    def test_a_record_dated_back_stands_where_it_was_written(self):
        self.ana('note "now"')
        done = self.ana.run("note", "three days ago, it says", env=self.stepped(-3 * 86400))
        self.assertEqual(done.returncode, 0)
        root = self.seal()
        log = self.ana.json("log")
        self.assertEqual(next(t["text"] for t in log if t["record"] == 3), "three days ago, it says")
        self.assertEqual(self.checked("--root", root), 0)

    def test_a_wholly_invented_case_is_never_verified_by_its_own_keys(self):
        root = self.seal()
        zoe = Person("ana", self.make("elsewhere"), None)
        zoe(f"open {self.folder}/invented.calm")
        zoe.case = self.folder / "invented.calm"
        for number in range(8):
            zoe(f'note "invented {number}"')
        zoe("log checkpoint")
        self.assertEqual(self.checked(case=zoe.case), 2)
        self.assertEqual(self.checked("--root", root, case=zoe.case), 1)
        shutil.copy(zoe.case / "journal" / "journal.cj1", self.case / "journal" / "journal.cj1")
        self.ana("log checkpoint")  # the readable copy is written from the case, not believed
        self.assertEqual(self.checked("--root", root), 0)

    def make(self, name):
        (self.folder / name).mkdir()
        return self.folder / name

    def test_the_readable_copy_is_made_good_whatever_was_put_in_its_place(self):
        self.ana('note "one"')
        self.ana("log checkpoint")
        path = self.case / "journal" / "journal.cj1"
        good = path.read_bytes()
        for bad in (b"", b"\n", good[:-1], good[:-200], good.replace(b"amber", b"green", 1), good + b"{}\n", good + good):
            path.write_bytes(bad)
            self.ana("log checkpoint")
            self.assertEqual(self.verify(), 2, bad[-40:])

    def test_a_link_in_place_of_the_readable_copy_is_not_followed(self):
        self.ana("log checkpoint")
        victim = self.folder / "victim"
        victim.write_text("keep me")
        for name in ("journal.cj1",):
            path = self.case / "journal" / name
            path.unlink()
            path.symlink_to(victim)
            self.ana.run("log", "checkpoint")
            self.assertEqual(victim.read_text(), "keep me")
            path.unlink()

    def test_openings_moved_between_records_are_left_out_and_told(self):
        self.ana('note "first: oboe"')
        self.ana('note "second: bassoon"')
        (a, first), (b, second) = self.files.run("SELECT seq, sealed FROM openings ORDER BY seq DESC LIMIT 2")
        self.files.run("UPDATE openings SET sealed = ? WHERE seq = ?", second, a)
        self.files.run("UPDATE openings SET sealed = ? WHERE seq = ?", first, b)
        log = self.ana("log")
        self.assertNotIn("oboe", log)
        self.assertNotIn("bassoon", log)
        self.assertEqual(log.count("[not what was signed]"), 2)
        self.ana("status")

    def test_another_value_under_the_team_key_is_not_taken_for_what_was_signed(self):
        """By somebody on the team, who holds that key."""
        bo = self.join("bo")
        self.ana('note "ana wrote this"')
        key, = self.team_key(bo)
        (seq, sealed), = self.files.run("SELECT seq, sealed FROM openings ORDER BY seq DESC LIMIT 1")
        ident = json.loads(self.files.lines()[seq])["statement"]["id"]
        self.files.run("UPDATE openings SET sealed = ? WHERE seq = ?", close_box(key, self.files.case_id(), ident, "text", bytes(32), b"ana confessed"), seq)
        log = self.ana("log")
        self.assertNotIn("confessed", log)
        self.assertIn("[not what was signed]", log)


class Folder(Attack):
    """Things put into the case's folder."""

    def test_a_database_with_triggers_or_views_is_refused(self):
        for sql in ("CREATE TRIGGER t AFTER INSERT ON lines BEGIN DELETE FROM openings; END", "CREATE VIEW v AS SELECT 1"):
            twin = self.folder / "twin.calm"
            shutil.copytree(self.case, twin)
            Files(twin).run(sql)
            status, said = Person("ana", self.folder, twin).fails('note "x"')
            self.assertEqual(status, 7, said)
            shutil.rmtree(twin)

    def test_a_link_in_place_of_the_database_is_not_followed(self):
        db = self.case / "case.db"
        real = self.folder / "real.db"
        db.rename(real)
        db.symlink_to(real)
        before = real.read_bytes()
        status, said = self.ana.fails('note "x"')
        self.assertIn(status, (7, 11, 3))
        self.assertEqual(real.read_bytes(), before)

    def test_a_link_in_place_of_a_folder_takes_nothing_elsewhere(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        source = self.folder / "e.txt"
        source.write_text("evidence")
        for name, line in (("evidence", f"preserve files {source}"), ("journal", "log checkpoint"), ("requests", None)):
            path = self.case / name
            shutil.rmtree(path, ignore_errors=True)
            path.symlink_to(elsewhere)
            if line:
                self.ana.run(*line.split())
            else:
                Person("bo", self.folder, self.case).run("team", "join", "bo")
            self.assertEqual(list(elsewhere.iterdir()), [], name)
            path.unlink()

    def test_a_request_that_was_exchanged_does_not_prove_itself(self):
        bo = Person("bo", self.folder, self.case)
        bo("team join bo --part documents")
        folder = self.case / "requests"
        path, = folder.glob("*.join")
        lines = path.read_text().splitlines()
        stranger = Key()
        forged = [lines[0], "key " + stranger.public.hex(), *lines[2:]]
        path.write_text("\n".join(forged) + "\n")
        self.assertEqual(self.ana.fails("team admit bo")[0], 3)
        # With a proof of its own it is a request like another: only the digits that are read out tell it apart.
        forged[2] = "proof " + proof(stranger, self.files.case_id())
        (folder / "stranger.join").write_text("\n".join(forged) + "\n")
        digits = bo("team join bo --part documents").split("\n\n")[1].strip()
        status, said = self.ana.fails("team admit bo")
        self.assertEqual(status, 3)
        self.assertIn(digits, said)
        self.ana(f"team admit {digits} --role scribe")
        bo('note "it is me"')

    def test_requests_that_are_no_requests_are_passed_over(self):
        folder = self.case / "requests"
        folder.mkdir()
        for number, text in enumerate((b"", b"calm-join/1\n", b"\xff" * 4096, b"calm-join/1\nkey " + b"0" * 64 + b"\nproof " + b"0" * 128 + b"\nname x\npart acts\n")):
            (folder / f"{number}.join").write_bytes(text)
        (folder / "huge.join").write_bytes(b"x" * (1 << 20))
        (folder / "link.join").symlink_to("/dev/zero")
        os.mkfifo(folder / "pipe.join")
        os.mkdir(folder / "folder.join")
        status, said = self.ana.fails("team admit bo")
        self.assertEqual(status, 3)

    def test_paths_that_are_no_case_are_told(self):
        for path in ("", "/", "/dev/null", "/proc/self", "no/such", "x" * 5000, "a\nb", "\x1b[31m", str(self.case / "case.db")):
            done = subprocess.run([CALM, "status"], env={**self.ana.env, "CALM_CASE": path}, cwd=self.folder / "home-ana", capture_output=True, check=False)
            self.assertIn(done.returncode, (0, 2, 3, 7, 11), path)
            self.assertNotIn(b"\x1b", done.stderr + done.stdout)


class Merge(Attack):
    """An export handed over by somebody else."""

    def export(self):
        out = self.folder / "out"
        self.ana(f"log export {out}")
        self.ana('note "after"')
        return out

    def test_exports_that_are_none_are_refused_whole(self):
        good = self.export()
        size = len(self.ana.json("log"))
        cj1 = (good / "journal.cj1").read_bytes()
        cjs = (good / "journal.cjs").read_bytes()
        for name, data in (("journal.cj1", b""), ("journal.cj1", cj1[:-1]), ("journal.cj1", cj1[:1000]), ("journal.cj1", b"\0" * 4096),
                           ("journal.cj1", b"x" * 70000 + b"\n"), ("journal.cjs", b"99999 AAAA\n"), ("journal.cjs", b"x y\n"), ("journal.cjs", b"0 !!!\n"),
                           ("journal.cjs", b"-1 AAAA\n"), ("journal.cjs", cjs + b"18446744073709551615 AAAA\n"), ("journal.cjg", b"team x y\n"), ("journal.cjg", b"\0\n")):
            bad = self.folder / "bad"
            shutil.rmtree(bad, ignore_errors=True)
            shutil.copytree(good, bad)
            (bad / name).write_bytes(data)
            status, said = self.ana.fails(f"log merge {bad}")
            self.assertIn(status, (7, 8, 9), (name, data[:30], said))
            self.assertEqual(len(self.ana.json("log")), size)

    def test_links_and_devices_in_an_export_do_not_hang_or_harm(self):
        good = self.export()
        for target in ("/dev/zero", "/etc/passwd", "/proc/self/mem"):
            bad = self.folder / "bad"
            shutil.rmtree(bad, ignore_errors=True)
            shutil.copytree(good, bad)
            (bad / "journal.cj1").unlink()
            (bad / "journal.cj1").symlink_to(target)
            done = self.ana.run("log", "merge", str(bad), timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertGreater(done.returncode, 1)

    def test_an_export_that_changes_after_it_was_checked_brings_nothing_in(self):
        """A stick that answers differently each time it is read: here, a pipe in place of the lines."""
        good = self.export()
        (good / "journal.cj1").unlink()
        os.mkfifo(good / "journal.cj1")
        done = self.ana.run("log", "merge", str(good), timeout=60)
        self.assertNotEqual(done.returncode, 0)


class Verifying(Attack):
    """calm log verify hands calm-verify the values that this person may see, and nobody else anything."""

    def field_count(self):
        return sum(len(json.loads(line)["statement"]["fields"]) for line in self.files.lines())

    def openings(self, said):
        return tuple(int(n) for n in re.search(r"Openings: (\d+) match, (\d+) withheld, (\d+) redacted", said).groups())

    def test_every_value_of_every_record_is_matched(self):
        self.ana('note "one"')
        self.ana('problem raise "two" --impact high')
        said = self.ana("log verify")
        self.assertEqual(self.openings(said), (self.field_count(), 0, 0))
        self.assertIn(f"all {self.field_count()} that you may see", said)
        self.assertEqual(self.ana.json("log verify")["values"], self.field_count())

    def test_a_value_put_in_the_place_of_another_is_found(self):
        self.ana('note "the first"')
        self.ana('note "the second"')
        size = len(self.files.lines())
        self.files.run("UPDATE openings SET sealed = (SELECT sealed FROM openings WHERE seq = ?) WHERE seq = ?", size - 2, size - 1)
        done = self.ana.run("log", "verify")
        self.assertEqual(done.returncode, 8)
        self.assertRegex(done.stdout.decode(), rf"Values: [1-9]\d* not what was signed; 0 not there.* calm log r{size - 1}\n")

    def test_a_value_that_is_gone_is_counted_and_a_redacted_one_is_not(self):
        bo = self.join("bo", "--role lead")
        self.ana('note "taken away"')
        gone = len(self.files.lines()) - 1
        self.files.run("DELETE FROM openings WHERE seq = ?", gone)
        self.ana('note "destroyed"')
        redacted = len(self.files.lines()) - 1
        self.ana(f'log redact-request r{redacted} text --because "a password"')
        self.ana(f"log redact-approve r{redacted + 1}")
        bo(f"log redact-approve r{redacted + 1}")
        self.ana(f"log redact r{redacted + 1}")
        fields = json.loads(self.files.lines()[gone])["statement"]["fields"]
        done = self.ana.run("log", "verify")
        said = done.stdout.decode()
        self.assertEqual(done.returncode, 3, said)
        self.assertIn(f"{len(fields)} value", done.stderr.decode())
        self.assertRegex(said, rf"Values: 0 not what was signed; {len(fields)} not there.* calm log r{gone}\n")
        self.assertEqual(self.openings(said)[1:], (len(fields), 1))
        # Only what a redaction destroyed is called that, in the log and in the report.
        marks = [("[a value is missing]" in line, "[redacted]" in line) for line in (self.ana(f"log r{gone}"), self.ana(f"log r{redacted}"))]
        self.assertEqual(marks, [(True, False), (False, True)])
        self.ana(f"report draft --file {self.folder}/report")
        text = " ".join("".join(p.read_text() for p in (self.folder / "report").rglob("*.md")).split())
        self.assertIn("Part of one record was destroyed by a redaction, which is itself on record", text)
        self.assertIn("A value of one record is not in the case any more, though no redaction destroyed it", text)

    def test_what_is_not_for_this_person_is_withheld(self):
        bo = self.join("bo")
        self.ana('team compartment personnel "about somebody"')
        self.ana('note "between us" --scope personnel')
        all_of_them = self.field_count()
        matched, withheld, _ = self.openings(bo("log verify"))
        self.assertGreater(withheld, 0)
        self.assertEqual(matched + withheld, all_of_them + len(json.loads(self.files.lines()[-1])["statement"]["fields"]))
        self.assertEqual(self.openings(self.ana("log verify"))[1], 0)

    def test_no_value_in_clear_is_left_on_a_disk_or_stands_in_an_argument(self):
        if not shutil.which("strace"):
            self.skipTest("no strace")
        self.ana('note "zqmarkqz"')
        trace = self.folder / "trace"
        done = subprocess.run(["strace", "-f", "-s", "4096", "-o", str(trace), "-e", "trace=execve,openat", CALM, "--case", str(self.case), "log", "verify"], env={**self.ana.env, "TMPDIR": str(self.folder)},
                              capture_output=True, check=False)
        if done.returncode not in (0, 8):
            self.skipTest("no tracing here")
        self.assertIn("--openings", trace.read_text())
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"zqmarkqz", path.read_bytes(), path)

    def test_the_same_where_the_case_can_only_be_read(self):
        """A case that a newer calm wrote is only read; its readable copy is older than its lines."""
        self.ana("log checkpoint")
        self.ana('note "after the readable copy"')
        self.files.run("UPDATE meta SET value = '2' WHERE name = 'format'")
        said = self.ana("log verify")
        self.assertEqual(self.openings(said), (self.field_count(), 0, 0))
        self.assertIn(f"{len(self.files.lines())} records: ", said)
        self.assertNotIn("/proc/", said)


class Rollback(Attack):
    """The whole folder is put back to an earlier state: the journal itself verifies, so only what was seen before tells."""

    def roll_back(self, later=("lost 1", "lost 2")):
        """(records that there are now, records that ana saw)"""
        for number in range(3):
            self.ana(f'note "kept {number}"')
        old = self.folder / "old.calm"
        shutil.copytree(self.case, old)
        for text in later:
            self.ana(f'note "{text}"')
        seen = len(self.ana.json("log"))
        shutil.rmtree(self.case)
        old.rename(self.case)
        return seen - len(later), seen

    def warning(self, line="status", person=None):
        done = (person or self.ana).run(*shlex.split(line))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr.decode()

    def test_an_older_folder_is_told_with_both_figures_by_every_command(self):
        has, seen = self.roll_back()
        for line in ("status", "log", "problem list --json", "log --json"):
            said = self.warning(line)
            self.assertIn("older than what you last saw", said)
            self.assertIn(f"{has} records, you saw {seen} on 20", said)
        self.assertIn(f"{has} records, you saw {seen} on 20", Person("ana", self.folder, None)(f"open {self.case}"))
        self.assertIn(f"you saw {seen}", Person("ana", self.folder, None).json(f"open {self.case}")["warning"])

    def test_nothing_is_put_on_record_and_nothing_forgotten_by_looking(self):
        has, seen = self.roll_back()
        for _ in range(3):
            self.assertIn(f"{has} records, you saw {seen}", self.warning("log"))
        self.assertEqual(len(self.ana.json("log")), has)

    def test_writing_on_until_it_is_longer_does_not_silence_it(self):
        has, seen = self.roll_back()
        for number in range(4):
            self.warning(f'note "other {number}"')
        said = self.warning()
        self.assertIn("does not hold what you last saw in it", said)
        self.assertIn(f"{has + 4} records, you saw {seen}", said)
        self.assertIn(f"r{seen - 1} is another now", said)

    def test_it_is_accepted_on_record_and_then_quiet(self):
        has, seen = self.roll_back()
        self.ana('log accept "restored from the backup of Sunday"')
        self.assertEqual(self.warning(), "")
        record = self.ana.json("log --type rollback")[0]
        self.assertEqual((record["record"], record["text"]), (has, "restored from the backup of Sunday"))
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)
        self.assertEqual(self.ana.fails('log accept "again"')[0], 2)

    def test_the_newer_copy_merged_in_is_quiet_after_it_is_accepted_and_holds_all(self):
        for number in range(3):
            self.ana(f'note "kept {number}"')
        old = self.folder / "old.calm"
        shutil.copytree(self.case, old)
        self.ana('note "almost lost"')
        out = self.folder / "out"
        self.ana(f"log export {out}")
        shutil.rmtree(self.case)
        old.rename(self.case)
        self.assertIn("older", self.warning(f"log merge {out}"))
        self.assertEqual(self.warning(), "")  # it holds what was seen again, at its place
        self.assertIn("almost lost", self.ana("log"))

    def test_each_person_is_told_what_they_themselves_saw(self):
        bo = self.join("bo")
        bo("status")
        has, seen = self.roll_back()
        self.assertIn(f"you saw {seen}", self.warning())
        self.assertEqual(self.warning(person=bo), "")  # bo had not looked since

    def test_a_copy_elsewhere_is_noted_once_and_works_without_noise(self):
        self.ana('note "one"')
        copy = self.folder / "copy.calm"
        shutil.copytree(self.case, copy)
        self.ana('note "two"')
        twin = Person("ana", self.folder, copy)
        said = self.warning(person=twin)
        self.assertIn("does not hold all that you saw of it elsewhere", said)
        self.assertIn(str(self.case), said)
        self.assertNotIn("WARNING", said)
        self.assertEqual(self.warning(person=twin), "")
        self.assertEqual(self.warning(), "")

    def test_what_is_remembered_can_be_damaged_or_gone_and_nothing_breaks(self):
        self.ana('note "one"')
        memory = next((self.ana.home / ".local/state/calm/seen").iterdir())
        self.assertEqual(memory.stat().st_mode & 0o777, 0o600)
        good = memory.read_bytes()
        for bad in (b"", b"\0" * 100, good[:20], b"x" * 5000, good.replace(b" ", b"\n"), b"18446744073709551616 " + good, b"-1 " + good):
            memory.write_bytes(bad)
            self.assertEqual(self.warning(), "", bad[:30])
            self.assertEqual(self.warning('note "goes on"'), "", bad[:30])
            self.assertEqual(self.warning(), "")
        shutil.rmtree(memory.parent)
        self.assertEqual(self.warning(), "")
        shutil.rmtree(memory.parent, ignore_errors=True)
        memory.parent.write_text("a file in its place")
        self.assertEqual(self.warning('note "still"'), "")

    def test_no_write_waits_for_the_disk_on_its_account(self):
        if not shutil.which("strace"):
            self.skipTest("no strace")
        self.ana('note "warm"')
        trace = self.folder / "trace"
        done = subprocess.run(["strace", "-f", "-y", "-o", str(trace), "-e", "trace=fsync,fdatasync,rename", CALM, "--case", str(self.case), "note", "x"], env=self.ana.env, capture_output=True, check=False)
        if done.returncode:
            self.skipTest("no tracing here")
        lines = trace.read_text().splitlines()
        self.assertTrue(any("/seen/" in line and "rename" in line for line in lines), lines)
        self.assertFalse([line for line in lines if "sync" in line and "/calm/seen" in line])


class Export(Attack):
    """What is handed out under a label."""

    def test_an_export_under_a_label_holds_neither_values_nor_items_above_it(self):
        for label in ("green", "red"):
            (self.folder / label).write_text(f"the {label} item")
            self.ana(f"preserve files {self.folder}/{label} --tlp {label}")
            self.ana(f'note "the {label} note" --tlp {label}')
        self.ana(f"log export {self.folder}/out --clear --label green --evidence --for expert")
        opened = (self.folder / "out/journal.cjo").read_text()
        values = [base64.b64decode(json.loads(line)["value"]).decode() for line in opened.splitlines()]
        self.assertIn("the green note", values)
        self.assertNotIn("the red note", values)
        self.assertEqual([p.read_text() for p in (self.folder / "out/evidence").iterdir()], ["the green item"])


class Secrets(Attack):
    """What other programs of the same user, and of others, can see of keys."""

    @unittest.skipIf(SANITIZED, "a sanitizer changes the environment and what is loaded first")
    def test_nothing_secret_stands_in_environment_or_command_line_and_the_signer_has_none(self):
        seed = next((self.ana.home / ".local/share/calm/keys").glob("*.key")).read_text().splitlines()[-1].split()[-1]
        env = {**self.ana.env, "LD_PRELOAD": "", "LD_LIBRARY_PATH": str(self.folder), "CALM_SECRET": "zqmarkqz"}
        child = subprocess.Popen([CALM, "--case", str(self.case), "log", "--follow"], env=env, stdout=subprocess.PIPE)
        try:
            child.stdout.readline()
            tree = [child.pid, *self.children(child.pid)]
            self.assertGreaterEqual(len(tree), 2)
            for pid in tree:
                seen = b""
                for name in ("environ", "cmdline"):
                    try:
                        seen += pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
                    except PermissionError:
                        pass  # not readable at all
                self.assertNotIn(seed.encode(), seen)
                self.assertNotIn(bytes.fromhex(seed), seen)
                if pid != child.pid:
                    self.assertNotIn(b"zqmarkqz", seen)
                    self.assertNotIn(b"LD_", seen)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
            child.stdout.close()
        time.sleep(0.3)
        for pid in tree[1:]:
            self.assertFalse(pathlib.Path(f"/proc/{pid}/exe").exists() and "calm" in os.readlink(f"/proc/{pid}/exe"), "the signer outlives calm")

    @staticmethod
    def children(pid):
        return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @unittest.skipIf(SANITIZED, "a sanitizer changes the environment and what is loaded first")
    def test_a_library_forced_upon_calm_is_not_in_the_signer(self):
        if not shutil.which("gcc"):
            self.skipTest("no compiler")
        mark = self.folder / "mark"
        (self.folder / "evil.c").write_text(
            '#include <stdio.h>\n#include <unistd.h>\n__attribute__((constructor)) static void here(void)'
            f'{{ FILE *f = fopen("{mark}", "a"); if (f) {{ fprintf(f, "%d\\n", getpid()); fclose(f); }} }}\n')
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", "evil.so", "evil.c"], cwd=self.folder, check=True)
        done = self.ana.run("note", "x", env={"LD_PRELOAD": str(self.folder / "evil.so")})
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(mark.read_text().split()), 1)  # calm itself, which is the user's, and nothing else

    def test_the_signer_is_not_read_by_another_program_of_the_same_user(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything; tests/unit/test_sys_signer.c does this as a plain user")
        child = subprocess.Popen([CALM, "--case", str(self.case), "log", "--follow"], env=self.ana.env, stdout=subprocess.PIPE)
        try:
            child.stdout.readline()
            for pid in self.children(child.pid):
                with self.assertRaises(PermissionError):
                    open(f"/proc/{pid}/mem", "rb").close()
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
            child.stdout.close()


class Names(Attack):
    """Hostile names in every sink."""

    NAMES = ("\x1b]0;owned\x07\x1b[31mred", "<script>alert(1)</script><img src=x onerror=alert(1)>", "\u202ereversed\u202c\u2066x\u2069", "a\rb\x08\x08c", "\x9b31m\x85",
             "'; DROP TABLE lines; --", "=cmd|' /C calc'!A0", "[x](javascript:alert(1)) ![y](http://evil.example/z) `code` | pipe", "%n%s%x", "../../etc/passwd", "&amp;&lt;\"quoted\"")

    def plant(self):
        for name in self.NAMES:
            for words in (("note", name), ("problem", "raise", name), ("assess", "system", name), ("team", "add", name, "--position", name, "--mobile", name),
                          ("analyse", "hypothesis", name, "--sort", "attack"), ("preserve", "item", name), ("notify", "channel", name), ("call", name, name),
                          ("stop", "done", name, name), ("learn", "add", name), ("fix", "weakness", name), ("report", "risk", name)):
                done = self.ana.run(*words)
                self.assertIn(done.returncode, (0, 2, 3), (words, done.stderr))

    def test_no_sink_lets_a_name_act(self):
        self.plant()
        forbidden = [b"\x1b", b"\x07", b"\x08", b"\r", "\u202e".encode(), "\u2066".encode(), "\x9b".encode(), "\x85".encode()]
        for line in ("status", "log --full", "log", "team list", "problem list", "assess systems", "analyse matrix", "preserve list", "notify channels", "stop list", "learn list",
                     "fix weaknesses", "calm", "problem", "team", "notify script --who managers"):
            done = self.ana.run(*line.split())
            for bad in forbidden:
                self.assertNotIn(bad, done.stdout + done.stderr, line)
        for line in ("log", "team list", "problem list", "assess systems", "status", "preserve list"):
            text = self.ana(line + " --json")
            json.loads(text)
            self.assertFalse(any(ord(c) < 0x20 and c != "\n" for c in text), line)

    def test_a_report_holds_names_as_text(self):
        self.plant()
        out = self.folder / "report"
        self.ana(f"report draft --file {out}")
        made = [p for p in [out, *out.rglob("*")] if p.is_file()]
        self.assertTrue(made)
        page = next(p for p in made if p.suffix == ".html").read_text()
        tags, handlers = [], []

        class Reader(html.parser.HTMLParser):
            def handle_starttag(self, tag, attrs):
                tags.append(tag)
                handlers.extend(name for name, value in attrs if name.startswith("on") or (value or "").strip().lower().startswith(("javascript:", "http")))

        Reader().feed(page)
        self.assertNotIn("script", tags)
        self.assertNotIn("img", tags)
        self.assertEqual(handlers, [])
        for path in made:
            data = path.read_text()
            for bad in ("\x1b", "\x07", "\x08", "\r", "\u202e", "\u2066", "\x9b"):
                self.assertNotIn(bad, data, path.name)
            if path.suffix == ".md":
                self.assertNotIn("](javascript:", data.replace("\\]", "").replace("\\(", ""))
                self.assertNotRegex(data, r"(?<!\\)<script")
            if path.suffix == ".json":
                json.loads(data)


if __name__ == "__main__":
    main()
