"""Every command that a help page, a playbook, a script or a sheet names is one that calm has; every page fits the screen."""
import json
import re
import subprocess

from harness import BUILD, ROOT, CaseTest, Person, main

# "calm" as the subject of a sentence, not as a command.
PROSE = {"keeps", "marks", "never", "repairs", "shows", "takes", "the"}
NAMED = re.compile(r'\bcalm ((?:--)?[a-z][a-z-]*)((?: (?:--)?[a-z][a-z-]*)?)')


def texts():
    for path in sorted((ROOT / "data").rglob("*")):
        if path.suffix == ".txt":
            yield path.name, path.read_text(encoding="utf-8")
        elif path.suffix == ".json" and path.name != "formal.json":
            yield path.name, " ".join(strings(json.loads(path.read_text(encoding="utf-8"))))


def strings(value):
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(part)


class Pages(CaseTest):
    def test_every_command_that_a_text_names_exists(self):
        seen = {}
        for name, text in texts():
            for found in NAMED.finditer(text):
                if found.group(1) not in PROSE:
                    seen.setdefault((found.group(1) + found.group(2)).strip(), name)
        self.assertGreater(len(seen), 20)
        for words, name in sorted(seen.items()):
            with self.subTest(command=f"calm {words}", page=name):
                self.exists(words.split())

    def exists(self, words):
        if words[0] == "help":
            Person("eva", self.folder, None)(" ".join(words[:2]))
            return
        done = self.ana.run(*words, "--help")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        # The first line is the command itself: what is behind its name was taken for an argument.
        first = done.stdout.decode().splitlines()[0]
        self.assertTrue(first.startswith(f"calm {words[0]}"), first)
        if len(words) > 1 and words[1].startswith("--") and words[1] != "--help":
            self.assertTrue(first.startswith(f"calm {words[0]} {words[1][2:]}") or words[1] in done.stdout.decode(), first)

    def test_every_page_is_shown_and_fits_the_screen(self):
        eva = Person("eva", self.folder, None)
        for path in sorted((ROOT / "data" / "help").glob("*.txt")):
            page = eva(f"help {path.stem}")
            for line in page.splitlines():
                self.assertLessEqual(len(line), 80, f"{path.name}: {line}")
            if path.stem != "first-minutes":
                self.assertEqual(page, path.read_text(encoding="utf-8"))
        self.assertLessEqual(len(eva("help first-minutes").splitlines()), 24)

    def test_pages_of_a_work_are_the_same_in_the_readme_and_their_options_exist(self):
        for name in ("preserving", "timeline"):
            with self.subTest(name):
                self.page_of_a_work(name)

    def test_the_page_of_preserving_begins_in_a_case_that_was_just_opened(self):
        page = (ROOT / "data" / "help" / "preserving.txt").read_text(encoding="utf-8")
        commands = re.findall(r"^ {8}calm (.*)$", page[:page.index("\n 2  ")], re.M)
        self.assertEqual([line.split()[0] for line in commands], ["open", "assess", "preserve"])
        code, said = self.ana.fails(commands[2])
        self.assertEqual(code, 3)
        self.assertIn("To put it on the list: calm assess system web1", " ".join(said.split()))
        for line in commands[1:]:
            self.ana(line)

    def test_what_a_command_is_for_ends_with_one_sign(self):
        self.assertIn("\nhash items of evidence again: are they still what was taken?\n", self.ana("preserve verify --help"))
        self.assertIn("\nput a system on the list.\n", self.ana("assess system --help"))

    def test_what_stands_behind_two_hyphens_stands_last_and_is_called_what_it_is(self):
        for line, last in (("preserve image", "[SOURCE] [options] [-- SOURCE…]"), ("preserve files", "[FILES] [options] [-- NAME…]"), ("run", "[options] [-- COMMAND…]")):
            self.assertTrue(self.ana(f"{line} --help").split("\n")[0].endswith(last), line)

    def page_of_a_work(self, name):
        page = (ROOT / "data" / "help" / f"{name}.txt").read_text(encoding="utf-8")
        self.assertIn("```\n" + page + "```\n", (ROOT / "README.md").read_text(encoding="utf-8"))
        self.assertLess(len(page.splitlines()), 120)
        commands = re.findall(r"^ {8}(?:.*&& )?(calm(?:-image)?) (.*(?:\\\n.*)?)", page, re.M)
        self.assertGreater(len(commands), 10)
        for program, line in commands:
            words = [word for word in line.split() if re.fullmatch(r"(--)?[a-z][a-z-]*", word)]
            named = words[:2] if program == "calm" else []
            helped = subprocess.run([BUILD / "src" / program, *named, "--help"], capture_output=True, check=False)
            self.assertEqual(helped.returncode, 0, line)
            for option in (word for word in words if word.startswith("--")):
                self.assertRegex(helped.stdout.decode(), rf"(?m)^  {option}\b", line)

    def test_every_option_that_a_program_s_help_has_stands_in_its_manual(self):
        for page in sorted((ROOT / "doc" / "man").glob("*.[1-8]")):
            program = next(path for path in (BUILD / "src" / page.stem, BUILD / "src" / "verify" / page.stem) if path.exists())
            with self.subTest(page.name):
                helped = subprocess.run([program, "--help"], capture_output=True, check=False)
                helped = (helped.stdout + helped.stderr).decode()
                items = "".join(re.findall(r"(?m)^\.It .*\n", page.read_text(encoding="utf-8")))
                manual = {word.replace("\\-", "-") for word in re.findall(r"(?<=Fl -)[a-z][a-z-]*(?:\\-[a-z-]+)*", items)}
                has = set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", helped))
                self.assertTrue(has, helped)
                self.assertEqual(sorted(has - manual), [])

    PRACTICES = ("snapshot", "assess", "team", "note", "analyse", "notify", "stop", "problem", "preserve", "clean", "fix", "confirm", "report", "learn")

    def fill(self):
        for number in range(9):
            self.ana(f'note "what was seen, number {number}, in more words than a line of a terminal holds at eighty columns"')
            self.ana(f'problem raise "problem number {number}, which has a title that is longer than a line of a terminal holds"')
            self.ana(f'assess system host{number} --state suspected --purpose "part {number} of the shop, with its database and its mail"')
            self.ana(f'analyse hypothesis "hypothesis number {number}, which is said in more words than a line of a terminal holds" --sort attack')
            self.ana(f'stop done "change number {number}, by hand, in more words than a line of a terminal holds at eighty columns" --override "it was urgent"')

    def test_the_screen_of_every_practice_fits_a_terminal_of_80_by_24_and_ends_with_the_next_step(self):
        self.ana('note "begun"')
        for round in ("at the start", "with much in it"):
            for verb in self.PRACTICES:
                with self.subTest(verb=verb, round=round):
                    lines = self.ana(verb).splitlines()
                    self.assertLessEqual(len(lines), 23)  # the prompt takes one
                    self.assertLessEqual(max(map(len, lines)), 80)
                    next_line = [n for n, line in enumerate(lines) if line.startswith("Next:")]
                    if next_line:
                        self.assertEqual([line for line in lines[next_line[0] + 1:] if not line.startswith("       ")], [])
            self.fill()

    def test_every_command_of_a_practice_is_named_on_its_screen(self):
        for line in self.ana("help team").splitlines():
            if line.startswith("  calm team "):
                self.assertIn(line.split()[2], self.ana("team"))

    def test_what_is_listed_fits_80_columns_also_where_no_terminal_is(self):
        self.fill()
        for line in ("problem list", "stop list", "analyse matrix", "assess systems", "learn list", "log anchor", "log verify"):
            with self.subTest(line=line):
                for shown in self.ana.run(*line.split()).stdout.decode().splitlines():
                    self.assertLessEqual(len(shown), 80, shown)

    def test_the_version_is_told_however_it_is_asked_for(self):
        told = {self.ana(word) for word in ("-v", "--version", "version")}
        self.assertEqual(len(told), 1)
        self.assertRegex(told.pop(), r"^calm [0-9.]+\n$")

    def test_an_unknown_page_says_which_there_are(self):
        status, said = Person("eva", self.folder, None).fails("help pancakes")
        self.assertEqual(status, 3)
        for path in (ROOT / "data" / "help").glob("*.txt"):
            self.assertIn(path.stem, said)


if __name__ == "__main__":
    main()
