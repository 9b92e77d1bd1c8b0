"""test_notify_need.py: need to know, for every text, every kind of channel, every clearance and a compartment; and no text has a hole."""
import pathlib
import re
import sys

try:
    from test_notify import NotifyTest, main
except SystemExit as skipped:
    sys.exit(skipped.code)
from harness import AHEAD, ROOT

RANKS = ["clear", "green", "amber", "amber-strict", "red"]
# Clearance is that of their role on the team (src/case/label.h); amber for somebody outside of it.
PEOPLE = {"Gil": ("--role observer", "green"), "Out": ("", "amber"), "Com": ("--role communications", "amber-strict"), "Res": ("--role responder", "red")}
# The table of doc/format/notification.md section 2.
CARRIES = {"smtp": "red", "smtp-none": "green", "webhook": "green", "matrix": "amber", "ntfy": "green", "sms": "green", "syslog": "green", "sheet": "red"}
ADDRESSES = {"smtp": "eva@example.org", "smtp-none": "eva@example.org", "webhook": "", "matrix": "!r:x", "ntfy": "t", "sms": "+491711", "syslog": "", "sheet": ""}
URL = "url = https://localhost:1"
ACCOUNTS = {"smtp": "url = smtps://localhost:1\nfrom = a@example.org\nprotect = pgp", "smtp-none": "url = smtps://localhost:1\nfrom = a@example.org\nprotect = none",
            "webhook": f"{URL}\nshape = slack", "matrix": f"{URL}\ntoken = t", "ntfy": URL, "sms": f"{URL}\nshape = form", "syslog": "url = local", "sheet": ""}
# Which things of the case each text names, read in data/templates/.
SHOWS = {"first-alarm": {"problem", "system"}, "status": {"problem"}, "management": {"problem"}, "users": {"system"}, "owners": {"problem"}, "authority": {"problem"},
         "provider": set(), "reminder": set()}
# Values that the case below does not know, and without which a text has a hole.
NEEDS = {"first-alarm": ("contact", "next_update"), "status": ("contact", "next_update"), "management": ("contact", "decision", "decide_by"),
         "users": ("contact", "next_update"), "owners": ("contact", "changes", "needs"), "authority": ("contact", "organisation"),
         "provider": ("contact", "flood"), "reminder": ("deadline", "deadline_number", "deadline_left", "deadline_due")}
ROLES = ("cio", "head-of-security", "local-security-manager", "operations-manager", "technical-operations", "management", "counsel", "data-protection", "personnel", "insurer",
         "police", "cert", "regulator", "owner", "users", "customers", "supplier", "provider", "other")


def headers(template):
    """The label and the roles that the file of a text says."""
    text = (ROOT / "data" / "templates" / f"{template}.txt").read_text().split("\n\n")[0]
    label = re.search(r"^label: (.+)$", text, re.M).group(1)
    return label, {r.strip() for line in re.findall(r"^to: (.+)$", text, re.M) for r in line.split(",")}


def lower(a, b):
    return min(a, b, key=RANKS.index)


class Need(NotifyTest):
    def setUp(self):
        super().setUp()
        self.kinds = set(re.findall(r"CHANNEL\((\w+)\)", (ROOT / "src" / "notify" / "channels.def").read_text()))
        self.assertEqual({name.split("-")[0] for name in ACCOUNTS}, self.kinds)
        self.settings("".join(f"[{name}]\nkind = {name.split('-')[0]}\n{text}\n" for name, text in ACCOUNTS.items()) + f"[key eva@example.org]\npgp = {self.pgp}\n")
        self.templates = [t["name"] for t in self.ana.json("notify templates")]
        self.assertEqual(set(self.templates), set(SHOWS))
        self.assertEqual(set(self.templates), {p.stem for p in (ROOT / "data" / "templates").glob("*.txt")})

    def write(self, person, template, *more):
        sets = [word for name in NEEDS[template] for word in ("--set", f"{name}=said of {name}")]
        return self.ana.run("notify", "write", person, template, *sets, *(["--system", "host"] if template == "owners" else []), *more)

    def fill(self):
        """One problem and one affected system at each label, for the team and in a compartment; each with a mark of its own."""
        self.ana("assess system host --tlp clear")
        for scope in ("team", "hr"):
            for label in RANKS:
                more = ["--tlp", label, *(["--scope", "hr"] if scope == "hr" else [])]
                self.ana.run("problem", "raise", f"problem-{label}-{scope}.", "--system", "host", *more)
                self.ana.run("assess", "system", f"s-{label}-{scope}", "--state", "affected", "--purpose", f"system-{label}-{scope}.", *more)

    def marks(self, text):
        return set(re.findall(r"(?:problem|system)-(?:clear|green|amber-strict|amber|red)-(?:team|hr)\.", text))

    def test_need_to_know_for_every_template_channel_clearance_and_compartment(self):
        bo = self.join("bo")
        cy = self.join("cy")
        self.ana("team compartment hr staff --with bo")
        self.fill()
        for name, (role, _) in PEOPLE.items():
            self.ana(f'team add {name} {role} --mobile "0171 {name}"')
            for role in ROLES:
                self.ana(f"notify role {role} {name}")
        for name in ACCOUNTS:
            reached = " ".join(f'--reaches "{who}{": " if ADDRESSES[name] else ""}{ADDRESSES[name]}"' for who in PEOPLE)
            self.ana(f"notify channel ch-{name} --account {name} --trust trusted {reached}")
        count = 0
        for template in self.templates:
            ceiling, _ = headers(template)
            for person, (_, clearance) in PEOPLE.items():
                label = lower(ceiling, clearance)
                for scope in ("team", "hr"):
                    allowed = {f"{sort}-{r}-{s}." for sort in SHOWS[template] for r in RANKS[:RANKS.index(label) + 1] for s in ("team", scope)}
                    for channel in ACCOUNTS:
                        what = (template, person, scope, channel)
                        done = self.write(person, template, "--channel", f"ch-{channel}", *(["--scope", "hr"] if scope == "hr" else []))
                        self.assertEqual(done.returncode, 0, (what, done.stderr))
                        count += 1
                        seen = self.ana.json(f"notify preview m{count}")
                        self.assertEqual((seen["label"], self.marks(seen["text"])), (label, allowed), what)
                        fits = scope == "team" and RANKS.index(label) <= RANKS.index(CARRIES[channel])
                        if channel == "sheet":  # paper: by hand, and nothing is sent
                            self.assertEqual(seen["by_phone"], scope == "team", what)
                        else:
                            self.assertEqual(seen["channel"] == f"ch-{channel}", fits, (what, seen))
                        self.assertIn("no channel leaves" if scope == "hr" else "", seen["passed"], what)
                    sheet = self.ana(f"notify sheet m{count}")
                    self.assertEqual(self.marks(sheet), allowed, (template, person, scope))
                    self.assertIn("TLP:" + label.upper().replace("-", "+"), sheet)
                    shown = self.ana(f"notify preview m{count}")
                    self.assertEqual(self.marks(shown), allowed, (template, person, scope))
                    self.assertEqual(self.ana.run("notify", "send", f"m{count}").returncode == 4, scope == "hr")
                    if scope == "hr":  # nobody outside of it sees the message at all
                        for line in (f"notify preview m{count}", f"notify sheet m{count}"):
                            self.assertEqual(self.marks(cy.run(*line.split()).stdout.decode()), set())
                        self.assertNotIn(f"m{count}", [m["call"] for m in cy.json("notify list")])
                        self.assertIn(f"m{count}", [m["call"] for m in bo.json("notify list")])
        self.assertEqual(count, 8 * 4 * 2 * 8)

    def test_no_kind_of_channel_is_used_without_trust_that_holds(self):
        """Unknown, compromised, on an affected system, trusted before that, trusted since: only the last is used; paper needs none while nothing speaks against it."""
        self.ana("assess system mail1 --tlp clear")
        used = {"unknown": {"sheet"}, "trusted": set(ACCOUNTS), "compromised": set(), "lapsed": set(), "again": set(ACCOUNTS)}
        for name in ACCOUNTS:
            address = f": {ADDRESSES[name]}" if ADDRESSES[name] else ""
            self.ana(f'notify channel ch-{name} --account {name} --relies-on mail1 --reaches "Eva Brandt{address}"')
            self.ana(f'notify draft "Eva Brandt" hello --channel ch-{name} --tlp green')
        for step, (trust, state) in {"unknown": (None, None), "trusted": ("trusted", None), "compromised": ("compromised", None), "lapsed": ("trusted", "affected"),
                                     "again": ("trusted", None)}.items():
            for name in ACCOUNTS if trust else ():
                self.ana(f"notify trust ch-{name} {trust} --because said")
            if state:
                self.ana(f"assess mark mail1 {state}")
            for count, name in enumerate(ACCOUNTS, 1):
                seen = self.ana.json(f"notify preview m{count}")
                said = [line for line in seen["passed"].splitlines() if line.startswith((f"ch-{name} ", f"nobody has said that ch-{name} "))]
                self.assertEqual(seen["channel"] == f"ch-{name}" or not said, name in used[step], (step, name, seen))

    def test_every_role_gets_the_texts_that_are_for_it_and_no_other(self):
        self.ana("assess system host --tlp clear")
        for role in ROLES:
            self.ana(f"team add p-{role}")
            self.ana(f"notify role {role} p-{role}")
            for template in self.templates:
                done = self.write(f"p-{role}", template)
                _, to = headers(template)
                self.assertEqual(done.returncode, 0 if to & {role, "anyone"} else 4, (role, template, done.stderr))

    def test_a_text_that_would_have_a_hole_is_refused_with_what_to_type(self):
        self.ana("assess system host --tlp clear")
        for role in ROLES:
            self.ana(f'notify role {role} "Eva Brandt"')
        for template in self.templates:
            for left_out in NEEDS[template]:
                sets = [word for name in NEEDS[template] if name != left_out for word in ("--set", f"{name}=said")]
                done = self.ana.run("notify", "write", "Eva Brandt", template, *sets, *(["--system", "host"] if template == "owners" else []))
                said = " ".join(done.stderr.decode().split())
                self.assertEqual(done.returncode, 2, (template, left_out, said))
                self.assertIn(f"{template} would have a hole: it needs {left_out},", said)
                self.assertIn(f'calm notify write "Eva Brandt" {template} --set {left_out}=', said)
        self.assertEqual(self.ana.json("notify list"), [])
        self.assertIn("it needs system,", " ".join(self.ana.fails('notify write "Eva Brandt" owners --set contact=1 --set changes=2 --set needs=3')[1].split()))

    def test_what_is_not_known_is_left_out_with_its_sentence(self):
        for role in ROLES:
            self.ana(f'notify role {role} "Eva Brandt"')
        self.ana("assess system host --tlp clear")
        for template in self.templates:
            self.assertEqual(self.write("Eva Brandt", template).returncode, 0)
        for message in self.ana.json("notify list"):
            for hole in ("not known", "  \n", ": \n", "{", "}", "[", "]", "\n\n\n", " .", "at ,"):
                self.assertNotIn(hole, message["text"], message["template"])
        first = self.ana.json("notify list")[self.templates.index("first-alarm")]["text"]
        self.assertTrue(first.startswith("Eva Brandt,\n\nwe are looking into a suspected incident.\n\nWhat we ask of you now:\n"), first)
        self.ana("problem raise 'mail in bulk' --since 02:40")
        text = self.ana.json(f'notify write "Eva Brandt" first-alarm --set contact=1 --set next_update={AHEAD}')["text"]
        self.assertRegex(text, r"suspected incident\. It was noticed at \d{4}-\d\d-\d\d 02:40\.\n\nWhat we know:\n  - mail in bulk\n\nWhat we ask")

    def test_a_part_that_is_left_out_is_named_and_a_value_for_it_brings_it_back(self):
        said = " ".join(self.ana('notify write "Eva Brandt" first-alarm --set contact=1 --set next_update=2').split())
        self.assertIn("Left out, since the case does not know it: began, known, unknown, systems, done.", said)
        text = self.ana.json('notify write "Eva Brandt" first-alarm --set contact=1 --set next_update=2 --set "done=nothing yet"')["text"]
        self.assertIn("What has been done:\n  nothing yet\n", text)


if __name__ == "__main__":
    assert pathlib.Path(ROOT / "data").is_dir()
    main()
