"""Every command that a help page, a playbook, a script or a sheet names is one that calm has; every page fits the screen."""
import json
import re

from harness import ROOT, CaseTest, Person, main

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

    def test_an_unknown_page_says_which_there_are(self):
        status, said = Person("eva", self.folder, None).fails("help pancakes")
        self.assertEqual(status, 3)
        for path in (ROOT / "data" / "help").glob("*.txt"):
            self.assertIn(path.stem, said)


if __name__ == "__main__":
    main()
