"""calm ready: a stick that works by itself, what is missing by the organisation file, and that file's people and systems in a case."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

from harness import ROOT, CaseTest, Person, main

REQUIRED = json.loads((ROOT / "data" / "organisation-required.json").read_text())["entries"]
EMPTY = (ROOT / "data" / "organisation.json").read_bytes()


def filled():
    """An organisation with people, one of whom holds two roles, and two systems."""
    o = json.loads(EMPTY)
    names = {"lead": ("Ana Berg", "+49 171 1"), "deputy": ("Bo Carr", "+49 171 2"), "cio": ("Eva Brandt", "+49 171 3"),
             "management": ("Eva Brandt", "+49 171 3"), "security-head": ("Udo Klein", "+49 171 4")}
    for person in o["people"]:
        if person["id"] in names:
            person["name"], person["mobile"] = names[person["id"]]
    o["organisation"].update(name="Muster AG", country="DE", time_zone="Europe/Berlin")
    o["systems"] = [dict(o["systems"][0], id="web1", name="shop", purpose="the shop", owner="cio", addresses=["web1.example", "192.0.2.7"],
                         location="room 2", switch_port="sw2/14", normal={"services": ["nginx"], "ports": ["tcp/443"]}),
                    dict(o["systems"][0], id="db1", owner="Zoe")]
    o["something_of_ours"] = {"kept": True}
    return o


class Ready(CaseTest):
    def setUp(self):
        super().setUp()
        self.stick = self.folder / "our stick"
        self.eva = Person("eva", self.folder, None)

    def ready(self, *more):
        return json.loads(self.eva("ready", str(self.stick), "--json", *more))

    def organisation(self, document):
        self.stick.mkdir(exist_ok=True)
        path = self.stick / "organisation.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    def test_without_a_folder_nothing_is_written(self):
        before = sorted(self.folder.rglob("*"))
        said = self.eva("ready")
        self.assertIn("Nothing was written", said)
        self.assertIn("no organisation file yet", said)
        self.assertEqual(before, sorted(self.folder.rglob("*")))

    def test_all_that_is_named_is_there_and_has_its_hash(self):
        answer = self.ready()
        self.assertEqual(answer["remarks"], "")
        checked = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=self.stick, capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        found = {str(p.relative_to(self.stick)) for p in self.stick.rglob("*") if p.is_file()}
        listed = {line.split("  ")[0].split(": ")[0] for line in checked.stdout.splitlines()}
        self.assertEqual(found - listed, {"SHA256SUMS", "organisation.json"})
        self.assertEqual(answer["files"], len(found))
        for name in ("READ-ME.txt", "call-sheet.txt", "glossary.txt", "bin/calm", "bin/calm-verify", "lib/loader", "calm-collect", "bin/calm-contain", "bin/calm-image", "run-calm-image", "help/unlawful.txt",
                     "playbooks/ransomware.txt", "playbooks/ransomware.json", "sheets/log-sheet.txt"):
            self.assertIn(name, found)
        self.assertEqual((self.stick / "organisation.json").read_bytes(), EMPTY)

    def test_every_page_on_the_stick_fits_a_printed_line(self):
        self.organisation(filled())
        self.ready()
        for path in self.stick.rglob("*.txt"):
            for line in path.read_text(encoding="utf-8").splitlines():
                self.assertLessEqual(len(line), 78, f"{path.name}: {line}")

    def test_an_empty_file_lacks_all_that_is_required(self):
        missing = self.ready()["missing"]
        self.assertEqual([(m["importance"], m["say"], m["why"]) for m in missing], [(r["importance"], r["say"], r["why"]) for r in REQUIRED])

    def test_what_is_filled_in_is_no_longer_missing(self):
        self.organisation(filled())
        said = {m["say"]: m["where"] for m in self.ready()["missing"]}
        for gone in ("who you are and in which time zone", "a lead, with a mobile number", "the chief information officer, with a mobile number"):
            self.assertNotIn(gone, said)
        # web1 has all of it, db1 nothing but its owner.
        self.assertEqual(said["at least one system with owner and address"], "db1: name, addresses")
        self.assertEqual(said["what normal is for each system: services and ports"], "db1: normal.services, normal.ports")

    def test_the_organisation_file_on_the_stick_is_never_overwritten(self):
        path = self.organisation(filled())
        before = path.read_bytes()
        self.ready()
        self.ready()
        self.assertEqual(path.read_bytes(), before)

    def test_the_file_of_this_machine_is_copied_onto_an_empty_stick(self):
        own = self.eva.home / ".local" / "state" / "calm" / "organisation.json"
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(json.dumps(filled()))
        self.ready()
        self.assertEqual((self.stick / "organisation.json").read_bytes(), own.read_bytes())
        self.assertIn("Ana Berg", (self.stick / "call-sheet.txt").read_text())

    def test_the_call_sheet_names_people_in_the_order_of_the_file(self):
        self.organisation(filled())
        self.ready()
        sheet = (self.stick / "call-sheet.txt").read_text()
        places = [sheet.index(words) for words in ("Muster AG", "+49 171 1", "+49 171 2", "+49 171 3", "+49 171 4")]
        self.assertEqual(places, sorted(places))
        self.assertIn("owner Eva Brandt, +49 171 3", sheet)
        self.assertEqual((self.stick / "call-sheet.txt").stat().st_mode & 0o077, 0)

    def test_a_file_that_is_none_is_refused_and_nothing_else_is_written(self):
        for document, status in (("{", 7), ("[]", 7), ('{"schema":"organisation/1","people":{}}', 7), ('{"schema":"organisation/1","people":[1]}', 7),
                                 ('{"schema":"organisation/2"}', 9), ('{"schema":"other"}', 7), ("[" * 99, 10)):
            with self.subTest(document[:40]):
                path = self.organisation(document)
                got = self.eva.fails("ready", str(self.stick))[0]
                self.assertEqual(got, status)
                self.assertEqual([p.name for p in self.stick.iterdir()], ["organisation.json"])
                self.assertEqual(path.read_text(), document)

    def test_a_name_that_leads_nowhere_is_pointed_out(self):
        self.organisation(filled())
        self.assertIn('db1: owner is "Zoe", which is no id among the people.', " ".join(self.eva("ready", str(self.stick)).split()))

    def test_hostile_names_do_not_reach_the_terminal_or_the_paper(self):
        o = filled()
        o["people"][0]["name"] = "\x1b]0;x\x07Ana\u202e"
        o["systems"][0]["id"] = "web\x1b[2J\n1"
        path = self.organisation(o)
        said = self.eva("ready", str(self.stick)) + (self.stick / "call-sheet.txt").read_text()
        self.ana(f"team load '{path}'")
        self.ana(f"assess load '{path}'")
        said += self.ana("team list") + self.ana("assess systems") + self.ana("log")
        self.assertFalse(set(said) & {"\x1b", "\x07", "\u202e"})

    def test_a_check_finds_what_was_altered_or_lost(self):
        self.ready()
        self.assertEqual(self.ready("--check")["faults"], "")
        (self.stick / "help" / "stop.txt").write_text("reboot everything\n")
        (self.stick / "glossary.txt").unlink()
        faults = self.ready("--check")["faults"].splitlines()
        self.assertEqual(sorted(f.split()[0] for f in faults), ["glossary.txt", "help/stop.txt"])
        sums = self.stick / "SHA256SUMS"
        sums.write_text(sums.read_text() + "0" * 64 + "  ../monday.calm/case.db\n" + "junk\n")
        self.assertEqual(self.ready("--check")["faults"].count("no hash and name"), 2)

    def test_a_check_writes_nothing(self):
        self.ready()
        before = {p: p.stat().st_mtime_ns for p in self.stick.rglob("*")}
        self.ready("--check")
        self.assertEqual(before, {p: p.stat().st_mtime_ns for p in self.stick.rglob("*")})
        self.assertEqual(self.eva.fails("ready --check", str(self.folder))[0], 3)

    def test_a_folder_that_cannot_be_written_is_said(self):
        (self.folder / "file").write_text("x")
        status, said = self.eva.fails(f"ready {self.folder / 'file'}")
        self.assertEqual(status, 2)
        self.assertIn("file", said)


class FromTheStick(CaseTest):
    """The programs run with the libraries beside them."""

    def setUp(self):
        super().setUp()
        self.stick = self.folder / "a stick"
        Person("eva", self.folder, None)("ready", str(self.stick))
        if not (self.stick / "lib" / "loader").exists():
            self.skipTest("this build brings no shared libraries")

    def run_script(self, *words, name="run-calm"):
        env = {"HOME": str(self.folder / "home-bo"), "PATH": "/usr/bin:/bin"}
        pathlib.Path(env["HOME"]).mkdir(exist_ok=True)
        return subprocess.run(["sh", str(self.stick / name), *words], env=env, cwd=self.folder, capture_output=True, text=True, check=False)

    def test_no_library_comes_from_this_machine(self):
        lib = self.stick / "lib"
        for program in ("calm", "calm-verify", "calm-image", "calm-disk"):
            listed = subprocess.run([lib / "loader", "--library-path", lib, "--list", self.stick / "bin" / program], capture_output=True, text=True, check=True)
            used = [line.split(" => ")[1] for line in listed.stdout.splitlines() if " => /" in line]
            self.assertTrue(used)
            self.assertEqual([u for u in used if not u.startswith(str(lib))], [])

    def test_a_case_is_opened_written_and_verified_from_it(self):
        case = str(self.folder / "tuesday.calm")
        for words in (["open", case], ["--case", case, "note", "from the stick"], ["playbook", "list"]):
            done = self.run_script(*words)
            self.assertEqual(done.returncode, 0, done.stderr)
        done = self.run_script("--case", case, "log", "verify")
        self.assertIn("Nothing from outside anchors it", done.stdout + done.stderr)
        # 2: valid, but nobody outside vouches for it (DESIGN.md, calm-verify)
        done = self.run_script("--brief", f"{case}/journal/journal.cj1", name="run-calm-verify")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)

    def test_a_disk_is_imaged_with_and_without_a_case(self):
        disk = self.folder / "disk"
        disk.write_bytes(os.urandom(3 << 20))
        case, alone, out = (str(self.folder / name) for name in ("tuesday.calm", "alone", "images"))
        for folder in (alone, out):
            pathlib.Path(folder).mkdir()
        done = self.run_script(str(disk), "--to", alone, "--name", "web1", name="run-calm-image")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(hashlib.sha256(disk.read_bytes()).hexdigest(), (pathlib.Path(alone) / "web1.txt").read_text())
        for words in (["open", case], ["--case", case, "preserve", "image", str(disk), "--to", out, "--name", "web1"],
                      ["--case", case, "preserve", "verify"], ["--case", case, "preserve", "read", f"{out}/web1.E01"]):
            done = self.run_script(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_stick_may_be_carried_elsewhere_and_copied_from_itself(self):
        moved = self.folder / "elsewhere"
        shutil.move(self.stick, moved)
        self.stick = moved
        done = self.run_script("ready", str(self.folder / "second"))
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("bin/calm", "bin/calm-verify", "bin/calm-contain", "bin/calm-image", "bin/calm-disk", "lib/loader", "lib/libisal.so.2", "calm-collect"):
            self.assertEqual((moved / name).read_bytes(), (self.folder / "second" / name).read_bytes())


class Collecting(CaseTest):
    """The stick at an affected host."""

    def test_the_page_of_the_first_ten_minutes_is_the_same_in_the_readme_and_on_the_stick(self):
        self.ready()
        page = (self.stick / "help" / "affected-machine.txt").read_text()
        self.assertIn("```\n" + page + "```\n", (ROOT / "README.md").read_text())
        self.assertIn(page, self.ana("help affected-machine"))
        commands = re.findall(r"^ {8}calm ((?:preserve )?\w+)", page, re.M)
        self.assertGreater(len(commands), 3)
        for words in commands:
            self.assertEqual(self.ana.run(*words.split(), "--help").returncode, 0, words)

    def setUp(self):
        super().setUp()
        self.stick = self.folder / "a stick"

    def ready(self):
        return self.ana.json(f"ready '{self.stick}'")

    def collect(self, *words):
        """With nothing of the host around it."""
        return subprocess.run([str(self.stick / "calm-collect"), *words], env={}, cwd="/", capture_output=True, text=True, timeout=300, check=False)

    def test_what_is_collected_with_the_stick_can_be_opened_by_who_made_it_and_by_nobody_else(self):
        answer = self.ready()
        self.assertTrue(answer["collector"])
        text = (self.stick / "recipient.txt").read_text()
        self.assertIn(f"check {answer['recipient']}\n", text)
        self.assertIn("for one person: ", text)
        done = self.collect("--to", str(self.stick / "recipient.txt"), "--output", str(self.stick))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(answer["recipient"], done.stderr)
        (bundle,) = self.stick.glob("*.calm")
        self.ana(f"preserve unseal '{bundle}' --out '{self.folder / 'open.tar.zst'}'")
        first = subprocess.run(f"zstd -dc '{self.folder / 'open.tar.zst'}' | tar --warning=no-unknown-keyword -xO bundle.json", shell=True, capture_output=True, text=True, check=True)
        self.assertEqual(json.loads(first.stdout)["format"], "calm-bundle/1")
        eva = self.join("eva")
        self.assertEqual(eva.fails(f"preserve unseal '{bundle}' --out '{self.folder / 'no'}'")[0], 4)

    def test_the_key_of_the_case_serves_the_whole_team(self):
        self.ready()
        self.ana(f"preserve key --out '{self.stick / 'case.key'}'")
        eva = self.join("eva")
        done = self.collect("--to", str(self.stick / "case.key"), "--output", str(self.folder / "x.calm"))
        self.assertEqual(done.returncode, 0, done.stderr)
        eva(f"preserve unseal '{self.folder / 'x.calm'}' --out '{self.folder / 'open.tar.zst'}'")
        self.assertTrue((self.folder / "open.tar.zst").stat().st_size > 0)

    def test_a_recipient_that_is_on_the_stick_stays(self):
        self.stick.mkdir()
        self.ana(f"preserve key --out '{self.stick / 'recipient.txt'}'")
        before = (self.stick / "recipient.txt").read_text()
        self.ready()
        self.assertEqual((self.stick / "recipient.txt").read_text(), before)
        self.assertIn("recipient.txt", (self.stick / "SHA256SUMS").read_text())

    def test_who_has_no_key_yet_is_given_one_and_opens_with_it_what_was_collected(self):
        eva = Person("eva", self.folder, None)
        said = eva("ready", str(self.stick))
        self.assertIn("made now, for you had none", " ".join(said.split()))
        self.assertLessEqual(len(said.splitlines()), 24)
        (key,) = eva.home.rglob("*.key")
        self.assertEqual((key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777), (0o600, 0o700))
        done = self.collect("--to", str(self.stick / "recipient.txt"), "--output", str(self.stick))
        self.assertEqual(done.returncode, 0, done.stderr)
        (bundle,) = self.stick.glob("*.calm")
        eva(f"open '{self.folder / 'night.calm'}'")
        self.assertEqual(list(eva.home.rglob("*.key")), [key])
        self.assertIn("co1", eva(f"preserve import '{bundle}'"))

    def test_where_no_key_can_be_made_the_stick_says_that_it_does_not_seal(self):
        eva = Person("eva", self.folder, None)
        (self.folder / "no folder").write_text("")
        done = eva.run("ready", str(self.stick), env={**eva.env, "CALM_KEYS": str(self.folder / "no folder")})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("calm-collect cannot seal", " ".join(done.stdout.decode().split()))
        self.assertFalse((self.stick / "recipient.txt").exists())


class IntoTheCase(CaseTest):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "organisation.json"
        self.file.write_text(json.dumps(filled()))

    def test_people_come_in_once_and_the_roles_that_must_be_told_with_them(self):
        self.ana("team load", str(self.file))
        people = {p["name"]: p for p in self.ana.json("team list")}
        self.assertEqual(set(people), {"ana", "Ana Berg", "Bo Carr", "Eva Brandt", "Udo Klein"})
        self.assertEqual(people["Ana Berg"]["mobile"], "+49 171 1")
        self.assertNotIn("role", people["Ana Berg"])  # to read anything takes a lead's word
        self.assertIn("Eva Brandt", self.ana("notify"))
        size = self.ana.json("status")["records"]
        self.assertIn("in the case already", self.ana("team load", str(self.file)))
        self.assertEqual(self.ana.json("status")["records"], size)

    def test_systems_come_in_once_and_unknown(self):
        self.ana("assess system web1 --state affected")
        self.ana("assess load", str(self.file))
        systems = {s["name"]: s for s in self.ana.json("assess systems")}
        self.assertEqual({n: s["state"] for n, s in systems.items()}, {"web1": "affected", "db1": "unknown"})
        self.assertEqual(systems["db1"]["owner"], "Zoe")

    def test_what_is_normal_comes_with_a_system(self):
        self.ana("assess load", str(self.file))
        web1 = next(s for s in self.ana.json("assess systems") if s["name"] == "web1")
        self.assertEqual(web1["normal"], "services: nginx\nports: tcp/443")
        self.assertEqual(web1["address"], "web1.example\n192.0.2.7")
        self.assertEqual(web1["owner"], "Eva Brandt, +49 171 3")
        self.assertEqual(web1["place"], "room 2; switch port sw2/14")

    def test_many_systems_are_taken_in_one_go(self):
        o = filled()
        o["systems"] = [dict(o["systems"][0], id=f"host{i}") for i in range(700)]
        self.file.write_text(json.dumps(o))
        self.ana("assess load", str(self.file))
        self.assertEqual(len(self.ana.json("assess systems")), 700)

    def test_the_file_of_this_machine_is_the_usual_one(self):
        self.assertEqual(self.ana.fails("team load")[0], 3)
        own = self.ana.home / ".local" / "state" / "calm" / "organisation.json"
        shutil.copy(self.file, own)
        self.assertIn("4 people and 3 roles to tell or to call added, from the organisation file without a date", self.ana("team load"))

    def test_an_observer_loads_nothing(self):
        eva = self.join("eva", roles="--role observer")
        self.assertEqual(eva.fails("team load", str(self.file))[0], 4)


def whole():
    """The same with channels, backups, laws, and those who are called from outside."""
    o = filled()
    o.update(updated="2026-09-01", updated_by="Eva Brandt")
    o["meeting"].update(channel="Signal group", channel_relies_on=["mail1"], phone_bridge="+49 30 5")
    o["systems"].append(dict(o["systems"][0], id="mail1", owner="cio", addresses=[], backups=["nas-daily"]))
    for person in o["people"]:
        if person["name"]:
            person["channels"] = [{"kind": "mail", "address": person["id"] + "@muster.example", "relies_on": ["mail1"], "trust": "unknown"},
                                  {"kind": "phone", "address": person["mobile"], "relies_on": [], "trust": "trusted"},
                                  {"kind": "chat", "address": "", "relies_on": [], "trust": "unknown"}]
    o["backups"] = [dict(o["backups"][0], id="nas-daily", covers=["web1", "no such"], place="room 3", how_to_hold="pause the job", contact="Jan Falk, +49 171 9")]
    answers = {"gdpr": ("yes", "Dr. Lang", "customer data"), "nis2": ("no", "Dr. Lang", "too small")}
    for law in o["laws"]:
        if law["id"] in answers:
            law["applies"], law["decided_by"], law["reason"] = answers[law["id"]]
    o["laws"].append({"id": "law of the moon", "applies": "yes", "decided_by": "", "reason": ""})
    o["insurer"].update(name="Insurer AG", policy="P-17", phone="+49 89 1", hours="always")
    for authority, name in (("police", "Police of Muster"), ("cert", "CERT Muster"), ("data-protection-authority", "Authority of Muster")):
        next(a for a in o["authorities"] if a["id"] == authority).update(name=name, phone="+49 89 " + str(len(name)))
    o["suppliers"][0].update(name="Hoster", supplies="racks", contract="C-7", phone="+49 89 4")
    next(p for p in o["providers"] if p["id"] == "internet").update(name="Line AG", phone="+49 89 5")
    o["experts"][0].update(name="Forensics Ltd", phone="+49 89 6")
    return o


SOURCE = "organisation file of 2026-09-01, by Eva Brandt"


class WholeFile(CaseTest):
    """All of the organisation file becomes things of the case, each with its source."""

    def setUp(self):
        super().setUp()
        self.file = self.folder / "organisation.json"
        self.file.write_text(json.dumps(whole()))

    def load(self):
        self.ana("load", str(self.file))

    def by(self, line, field):
        return {t[field]: t for t in self.ana.json(line)}

    def test_the_counts_are_those_of_the_file(self):
        # People: four with a name (one in two roles), insurer, three authorities, two suppliers, an expert. Roles: cio, management, head of
        # security, insurer, police, cert, regulator, supplier twice. Channels: the group, the bridge, mail, phone.
        self.assertEqual(self.ana.json("load " + str(self.file)), {"people": 11, "told": 9, "systems": 3, "channels": 4, "backups": 1, "laws": 2})

    def test_a_second_time_nothing_comes(self):
        self.load()
        size = self.ana.json("status")["records"]
        self.assertIn("in the case already", self.ana("load", str(self.file)))
        self.assertEqual(self.ana.json("status")["records"], size)

    def test_every_thing_says_where_it_is_from(self):
        self.load()
        for line in ("assess systems", "notify channels", "notify roles", "notify laws", "preserve backups"):
            things = self.ana.json(line)
            self.assertTrue(things)
            self.assertEqual({t.get("source") for t in things}, {SOURCE}, line)
        self.assertEqual({p.get("source") for p in self.ana.json("team list") if p["name"] != "ana"}, {SOURCE})

    def test_addresses_of_one_sort_over_the_same_systems_are_one_channel_with_its_trust(self):
        self.load()
        channels = self.by("notify channels", "name")
        self.assertEqual(set(channels), {"Signal group over mail1", "phone bridge +49 30 5", "mail over mail1", "phone, trusted"})
        self.assertEqual(channels["phone, trusted"]["trust"], "trusted")
        self.assertEqual(channels["mail over mail1"]["trust"], "unknown")
        self.assertEqual(channels["phone, trusted"]["reaches"].splitlines(), ["Ana Berg: +49 171 1", "Bo Carr: +49 171 2", "Eva Brandt: +49 171 3", "Udo Klein: +49 171 4"])
        self.assertIn("Eva Brandt: cio@muster.example", channels["mail over mail1"]["reaches"].splitlines())

    def test_a_channel_over_an_affected_system_is_refused_until_it_is_cleared(self):
        self.load()
        self.ana("assess mark mail1 affected")
        self.assertEqual(self.ana.fails('notify draft "Eva Brandt" "the shop is off" --channel "mail over mail1"')[0], 5)
        self.ana('notify draft "Eva Brandt" "the shop is off" --channel "phone, trusted"')
        self.ana('notify trust "mail over mail1" trusted --because "mail1 was rebuilt"')
        self.ana('notify draft "Eva Brandt" "the shop is on" --channel "mail over mail1"')

    def test_a_law_that_applies_waits_for_its_clock_and_starts_none(self):
        self.load()
        laws = self.by("notify laws", "law")
        self.assertEqual({n: t["applies"] for n, t in laws.items()}, {"gdpr": "yes", "nis2": "no"})
        self.assertEqual((laws["gdpr"]["decided-by"], laws["gdpr"]["because"]), ("Dr. Lang", "customer data"))
        self.assertEqual(self.ana.json("notify deadlines"), [])
        self.assertIn("gdpr applies: no clock started", " ".join(self.ana("notify").split()))
        self.ana('notify start gdpr --because "data may have been read"')
        self.assertNotIn("gdpr applies", self.ana("notify"))

    def test_what_is_wrong_is_corrected_and_no_longer_said_to_be_of_the_file(self):
        self.load()
        self.ana("notify law gdpr no")
        self.ana('preserve backup nas-daily --hold "pull its plug"')
        law, backup = self.by("notify laws", "law")["gdpr"], self.ana.json("preserve backups")[0]
        self.assertEqual((law["applies"], law["decided-by"]), ("no", "ana"))
        self.assertFalse(law.get("source") or law.get("because") or backup.get("source"))
        self.assertEqual((backup["hold"], backup["place"]), ("pull its plug", "room 3"))
        self.assertEqual(len(self.ana.json("preserve backups")), 1)
        self.assertEqual(self.ana.fails("preserve backup nas-daily")[0], 2)
        self.load()
        self.assertEqual(self.by("notify laws", "law")["gdpr"]["applies"], "no")  # what is in the case stays

    def test_a_backup_covers_what_either_side_of_the_file_says_and_its_hold_is_the_next_step(self):
        self.load()
        systems = {t["id"]: t["name"] for t in self.ana.json("assess systems")}
        covers = self.ana.json("preserve backups")[0]["covers"]
        self.assertEqual({systems.get(c, c) for c in (covers if isinstance(covers, list) else covers.splitlines())}, {"web1", "mail1"})
        said = " ".join(self.ana("preserve").split())
        self.assertIn("backup nas-daily: pause the job, ask Jan Falk, +49 171 9", said)
        for name in systems.values():
            self.ana(f"preserve hold {name} --rotation suspended")
        self.assertNotIn("pause the job", self.ana("preserve"))

    def test_insurer_police_cert_and_suppliers_can_be_called_and_read_nothing(self):
        self.load()
        people = self.by("team list", "name")
        roles = [(t["role"], t.get("need", "")) for t in self.ana.json("notify roles")]
        for role, need in (("insurer", "always, P-17"), ("police", "police"), ("cert", "CERT or CSIRT"), ("regulator", "data protection authority"), ("supplier", "racks, C-7"), ("supplier", "internet access")):
            self.assertIn((role, need), roles)
        self.assertEqual(people["CERT Muster"]["mobile"], "+49 89 11")
        self.assertEqual(people["Forensics Ltd"]["skills"], "forensics")
        self.assertFalse([p for p in people.values() if p["name"] != "ana" and (p.get("role") or p.get("key"))])

    def test_a_new_case_begins_with_it_and_asks_nothing(self):
        eva = Person("eva", self.folder, None)
        own = eva.home / ".local/state/calm/organisation.json"
        own.parent.mkdir(parents=True)
        shutil.copy(self.file, own)
        said = eva(f"open {self.folder}/tuesday.calm")
        self.assertIn(f"In it already, from the {SOURCE}:", said)
        self.assertIn("11 people, 9 roles to tell or to call, 3 systems, 4 channels, 1 backup and 2 laws", said)
        eva.case = self.folder / "tuesday.calm"
        self.assertEqual(len(eva.json("notify channels")), 4)
        eva("log checkpoint")
        self.assertEqual(self.verify(case=eva.case), 2)
        eva.case = None
        eva(f"open {self.folder}/empty.calm --without-organisation")
        eva.case = self.folder / "empty.calm"
        self.assertEqual(eva.json("status")["records"], 2)

    def test_a_file_that_cannot_be_read_holds_nobody_up(self):
        eva = Person("eva", self.folder, None)
        own = eva.home / ".local/state/calm/organisation.json"
        own.parent.mkdir(parents=True)
        for number, text in enumerate(("{", '{"schema":"organisation/9"}', "[" * 99)):
            own.write_text(text)
            said = eva(f"open {self.folder}/case-{number}.calm")
            self.assertIn("Nothing was taken from the organisation file", said)
            self.assertIn("Next:", said)
        own.write_bytes(EMPTY)
        self.assertNotIn("rganisation", eva(f"open {self.folder}/case-3.calm"))

    def test_a_case_opened_from_the_stick_begins_with_the_file_of_the_stick(self):
        eva = Person("eva", self.folder, None)
        stick = self.folder / "stick"
        stick.mkdir()
        shutil.copy(self.file, stick / "organisation.json")
        eva(f"ready {stick}")
        zoe = Person("zoe", self.folder, None)
        done = subprocess.run([str(stick / "run-calm"), "open", str(self.folder / "stick.calm")], env=zoe.env, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"In it already, from the {SOURCE}:", done.stdout)

    def test_hostile_texts_become_lines_that_do_nothing(self):
        o = whole()
        bad = "\x1b]0;x\x07\u202ebad\r\nsecond"
        o["meeting"]["channel"] = o["backups"][0]["id"] = o["backups"][0]["how_to_hold"] = o["insurer"]["name"] = o["updated"] = bad
        o["laws"][0]["reason"] = bad
        o["people"][0]["channels"].append({"kind": bad, "address": bad, "relies_on": [bad, 7, None], "trust": bad})
        o["people"][0]["channels"] += [7, None, [], {"kind": 7, "address": {}}]
        o["systems"][0]["backups"] = [bad, 3, None]
        self.file.write_text(json.dumps(o))
        self.load()
        said = "".join(self.ana(line) for line in ("notify channels", "notify roles", "notify laws", "preserve backups", "preserve", "team list", "log", "status"))
        self.assertFalse(set(said) & {"\x1b", "\x07", "\u202e", "\r"})

    def test_an_observer_loads_nothing(self):
        eva = self.join("eva", roles="--role observer")
        self.assertEqual(eva.fails("load", str(self.file))[0], 4)


if __name__ == "__main__":
    main()
