"""Need to know, operation by operation: what the table of operations says is planted under each label and in a compartment, and each role asks
everything there is to ask. The table is the program's own (calm help table), so a new operation is tested without a word here."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import CALM, Person, in_memory, main

LABELS = ["clear", "green", "amber", "amber-strict", "red"]
# src/case/label.h: the highest label of each role.
SEES = {"lead": "red", "deputy": "red", "responder": "red", "scribe": "red", "custodian": "red", "communications": "amber-strict", "expert": "amber",
        "observer": "green"}
BASE = {"system": "base", "problem": "p1", "person": "ana", "hypothesis": "h1", "evidence": "e1", "channel": "radio", None: "r1"}
# Say something else than a thing under a label: who is enrolled, what is destroyed, which files are read.
NOT_PLANTED = {"log hold", "log redact-request", "log redact-approve"}
# Answer with what the case is not about, or need something that is not planted.
NOT_ASKED = {"snapshot diff", "team passphrase", "team join", "team recover", "log verify", "preserve custody"}
# Whose words stand in the report only, or behind what is on top.
NOT_SHOWN = ("confirm sign", "notify role", "problem top")
TABLE = json.loads(subprocess.run([CALM, "help", "table"], capture_output=True, check=True).stdout)


def word_of(operation, label):
    """A word that stands nowhere else."""
    return "zq" + "".join(c for c in operation + label if c.isalpha()) + "qz"


def plants():
    """Operations that make a thing or a note from what they are given."""
    return [o for o in TABLE if o["type"] == "change" and o["records"] and not any("-change" in r for r in o["records"]) and o["name"] not in NOT_PLANTED]


def asks():
    """Operations that only answer."""
    return [o for o in TABLE if o["type"] in ("query", "job") and not o["records"] and o["name"] not in NOT_ASKED]


def value_of(field, word):
    kind = field["type"]
    if kind == "word":
        return field["choices"][0]
    if kind == "ref":
        return BASE.get(field["kind"], "r1")
    return {"time": "now", "span": "1 h", "number": "1", "size": "1M", "path": "/dev/null"}.get(kind, word)


def words_for(operation, word, everything):
    """A command line that gives each field that is needed, and each text that may be given."""
    words = operation["name"].split()
    for field in operation["fields"]:
        text = field["type"] in ("line", "text")
        if field["positional"] and (field["required"] or everything):
            words.append(value_of(field, word))
        elif not field["positional"] and (field["required"] or (everything and text)):
            words += ["--" + field["option"], value_of(field, word)]
    if operation["name"] == "stop emergency":
        words.append("--by-hand")  # this machine is not the affected one
    return words


def normal(text):
    """Without what tells records apart: numbers, times, widths."""
    text = re.sub(r"\b\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME", text)
    text = re.sub(r"\b\d?\d:\d\d(:\d\d)?\b", "TIME", text)
    text = re.sub(r"\b[0-9a-f]{32}([0-9a-f]{32})?\b", "ID", text)
    text = re.sub(r"\bcheck [0-9a-f]{4}\b", "check N", text)
    text = re.sub(r"\b\d+ (s|min)\b", "SPAN", text)
    text = re.sub(r"\b([a-z]{1,3})\d+\b", r"\1N", text)
    text = re.sub(r'"(record|changed|number|seq)":\d+', r'"\1":N', text)
    return re.sub(r"[ \t]+", " ", text)


class World:
    """A case with one person for each role, and with planted words."""

    def __init__(self, top, name, labels, compartment, roles):
        self.folder = pathlib.Path(top) / name
        self.folder.mkdir()
        self.case = self.folder / "monday.calm"
        self.ana = Person("ana", self.folder, None)
        self.ana(f"open {self.case}")
        self.ana.case = self.case
        self.people = {"lead": self.ana}
        for role in roles:
            person = Person(role, self.folder, self.case)
            person(f"team join {role} --part documents")
            self.ana(f"team admit {role} --role {role}")
            self.people[role] = person
        for line in ("assess system base", "problem raise base", "analyse hypothesis base --sort fault", "preserve item base", "notify channel radio"):
            self.ana(line + " --tlp clear")
        self.refused = set()
        if compartment:
            self.ana("team compartment board x --with responder --tlp clear")
            for operation in plants():
                self.plant(operation, "board", ["--tlp", "clear", "--scope", "board"])
        for label in labels:
            for operation in plants():
                self.plant(operation, label, ["--tlp", label])

    def plant(self, operation, label, more):
        done = self.ana.run(*words_for(operation, word_of(operation["name"], label), True), *more, "--override", "a test")
        if done.returncode:
            self.refused.add((operation["name"], done.returncode, done.stderr.decode()))

    def ask(self, role, words, *more):
        done = self.people[role].run(*words, *more)
        if done.returncode < 0 or done.returncode in (1, 8):
            raise AssertionError(f"{role}: calm {' '.join(words)}: exit {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode() + done.stderr.decode()


def questions():
    """Command lines: every operation that answers, in words and in JSON; every practice's page; every record's text."""
    lines = []
    for operation in asks():
        words = words_for(operation, "base", False)
        lines += [words, words + ["--json"]]
    lines += [[practice] for practice in sorted({o["practice"] for o in TABLE if o["practice"] not in ("calm", "ready")})]
    return lines + [[], ["log", "--full"], ["playbook"]]


class NeedToKnow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="calm-test-", dir=in_memory())
        cls.full = World(cls.temp.name, "full", ["red", "amber-strict", "amber", "green", "clear"], True, [r for r in SEES if r != "lead"])
        cls.less = World(cls.temp.name, "less", ["amber", "green", "clear"], False, [r for r in SEES if r != "lead"])

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def test_everything_that_should_was_planted(self):
        self.assertEqual(self.full.refused, set())
        self.assertGreater(len(plants()), 25)

    def test_each_role_is_told_exactly_what_its_label_lets_it_see(self):
        planted = {word_of(o["name"], label): label for o in plants() for label in [*LABELS, "board"]}
        told = {word: label for word, label in planted.items()}
        for words in questions():
            seen = {}
            for role in SEES:
                answer = self.full.ask(role, words)
                seen[role] = {word for word in re.findall(r"zq[a-z]+qz", answer)}
                self.assertLessEqual(seen[role], set(planted), f"calm {' '.join(words)}")
                for word in seen[role]:
                    where = f"{role} was told {word} by: calm {' '.join(words)}"
                    if planted[word] == "board":
                        self.assertIn(role, ("lead", "responder"), where)
                    else:
                        self.assertLessEqual(LABELS.index(planted[word]), LABELS.index(SEES[role]), where)
            if not words or words[0] == "status" or len(words) == 1 and words[0] != "log":
                continue  # a screen: it shows the most urgent only
            for role in SEES:
                expected = {w for w in seen["lead"] if (planted[w] == "board" and role in ("lead", "responder"))
                            or (planted[w] != "board" and LABELS.index(planted[w]) <= LABELS.index(SEES[role]))}
                self.assertEqual(seen[role], expected, f"{role}: calm {' '.join(words)}")
            told = {word: label for word, label in told.items() if word not in seen["lead"]}
        self.assertEqual({w for w in told if not any(word_of(o, "")[:-2] in w for o in NOT_SHOWN)}, set(), "planted, and shown by nothing")

    def test_what_is_hidden_leaves_no_trace_in_any_count_or_sentence(self):
        """An expert gets the same answers where the stricter things, and the compartment, never were."""
        for words in questions():
            with self.subTest("calm " + " ".join(words)):
                self.assertEqual(normal(self.full.ask("expert", words)), normal(self.less.ask("expert", words)))

    def test_nothing_is_found_by_its_number_or_name_that_may_not_be_seen(self):
        hidden = {t["record"] for t in self.full.people["lead"].json("log")} - {t["record"] for t in self.full.people["expert"].json("log")}
        self.assertGreater(len(hidden), 50)
        for number in sorted(hidden)[::7]:
            status, said = self.full.people["expert"].fails(f'note "x" --about r{number}')
            self.assertEqual(status, 3)
            self.assertNotIn("zq", said)

    def test_what_is_not_for_a_role_is_refused_and_writes_nothing(self):
        size = len(self.full.people["lead"].json("log"))
        for operation in TABLE:
            allowed = operation["roles"].split(", ")
            if operation["type"] == "free" or len(allowed) == len(SEES):
                continue
            for role in set(SEES) - set(allowed):
                done = self.full.people[role].run(*words_for(operation, "x", False))
                # What may not be seen is not found, before anything is refused.
                wanted = (3, 4) if any(f["type"] == "ref" for f in operation["fields"]) else (4,)
                self.assertIn(done.returncode, wanted, f"{role}: calm {operation['name']}: {done.stderr.decode()}")
                self.assertEqual(done.stdout, b"")
        self.assertEqual(len(self.full.people["lead"].json("log")), size)

    def test_whoever_is_not_on_the_team_is_told_nothing(self):
        stranger = Person("stranger", self.full.folder, self.full.case)
        for words in questions():
            done = stranger.run(*words)
            said = done.stdout.decode() + done.stderr.decode()
            self.assertNotIn("zq", said, words)
            self.assertNotIn("base", said, words)
        for operation in TABLE:
            if operation["type"] == "free" or operation["name"] in ("team join", "team recover"):
                continue
            done = stranger.run(*words_for(operation, "x", False))
            self.assertIn(done.returncode, (3, 4), f"calm {operation['name']}: {done.stderr.decode()}")
            self.assertEqual(done.stdout, b"")


class References(unittest.TestCase):
    def test_what_refers_to_something_hidden_does_not_name_it(self):
        with tempfile.TemporaryDirectory(prefix="calm-test-", dir=in_memory()) as top:
            world = World(top, "refs", [], False, ["expert"])
            ana = world.ana
            for line in ("assess system zqsystemqz", "problem raise zqproblemqz", "preserve item zqevidenceqz", "analyse hypothesis zqhypothesisqz --sort fault",
                         "team add zqpersonqz", "notify channel zqchannelqz"):
                ana(line + " --tlp red")
            refs = {"system": "zqsystemqz", "problem": "p2", "evidence": "e2", "hypothesis": "h2", "person": "zqpersonqz", "channel": "zqchannelqz", None: "p2"}
            made = 0
            for operation in plants():
                for field in operation["fields"]:
                    if field["type"] != "ref" or field["kind"] not in refs:
                        continue
                    words = [w for w in words_for(operation, "plain", False)]
                    if field["positional"] or field["required"]:
                        continue
                    done = ana.run(*words, "--" + field["option"], refs[field["kind"]], "--by", "zqpersonqz", "--tlp", "green", "--override", "a test")
                    made += done.returncode == 0
            self.assertGreater(made, 15)
            for words in questions():
                self.assertNotIn("zq", world.ask("expert", words), f"calm {' '.join(words)}")


if __name__ == "__main__":
    main()
