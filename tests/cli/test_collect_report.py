"""test_collect_report.py: whoever owns a host writes into its collection what is to become markup, script or a link in a report about it."""
import html.parser
import json
import re

import harness
import test_collect_attack as attack

# For HTML, Markdown and the terminal; each is a name, a sentence or a piece of evidence somewhere in a collection.
MARKUP = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "</p></body><iframe src=//evil.example>", "[here](javascript:alert(1))",
          "![x](http://evil.example/x.png)", "<http://evil.example>", "```\n# All is well\n", "| a | b |\n|---|---|", "&lt;b&gt; &#60;i&#62;", "\x1b[31m\u202e", "{text} [r0] [p1]")
EVERY = " ".join(MARKUP)


class Page(html.parser.HTMLParser):
    """What a browser would see."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.words = set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.words += data


class Reports(harness.CaseTest):
    def setUp(self):
        super().setUp()
        state = attack.document(attack.line("account", f"toor{MARKUP[0]}", uid=0, gid=0, home="/root", shell=MARKUP[1], password="set", password_place="shadow"),
                                coverage=[attack.seen("account", 1)])
        observed = [attack.noticed("made-up", EVERY, 3, "attack", EVERY, EVERY), attack.noticed("preload-file", EVERY, 3, "attack", EVERY, json.dumps({"path": EVERY}))]
        missing = [{"what": EVERY, "step": MARKUP[0], "why": EVERY}]
        head = {**attack.HEAD, "host": f"web1{MARKUP[0]}", "machine_id": MARKUP[1], "profile": EVERY, "program": EVERY}
        name = self.folder / "a<b onclick=x>&.calm"
        name.write_bytes(attack.bundle(state=state, observed=observed, missing=missing, head=head))
        done = self.ana.run("preserve", "import", str(name))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.ana("preserve observed co1 --raise")
        self.ana("preserve observed co1 --mark affected")
        self.ana('analyse hypothesis "somebody came in" --sort attack')
        self.ana("preserve observed co1 --for h1")
        self.ana(f"report draft --tlp red --file {self.folder / 'out'}")

    def file(self, ending):
        return (self.folder / "out" / f"REPORT.{ending}").read_text()

    def test_a_browser_sees_words_and_nothing_else(self):
        page = Page(self.file("html"))
        self.assertIn("<script>alert(1)</script>", page.words, "it is told, as words")
        self.assertEqual(page.tags & {"script", "img", "svg", "iframe", "object", "embed", "form", "input", "base", "link"}, set())
        for tag, name, value in page.attributes:
            self.assertFalse(name.startswith("on"), (tag, name))
            self.assertNotIn("evil.example", value, (tag, name))
            self.assertNotRegex(value, r"(?i)^\s*(javascript|data|vbscript):", (tag, name))

    def test_no_report_holds_markup_links_or_escapes_of_the_host(self):
        text = self.file("md")
        self.assertIn("alert(1)", text)
        # CommonMark 0.31: a backslash before them keeps these from being markup.
        for raw in (r"(?<!\\)<script", r"(?<!\\)<img", r"(?<!\\)<http", r"(?<!\\)\]\(javascript", r"(?<!\\)!\[x(?<!\\)\]", r"(?m)^# All is well"):
            self.assertIsNone(re.search(raw, text), raw)
        for block in re.findall(r"(?ms)^```\n(.*?)^```", text):
            self.assertNotRegex(block, "alert|evil|All is well")
        for ending in ("html", "md", "json"):
            for bad in ("\x1b", "\u202e"):
                self.assertNotIn(bad, self.file(ending), ending)
        json.loads(self.file("json"))


if __name__ == "__main__":
    harness.main()
