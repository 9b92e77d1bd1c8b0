"""test_package_image.py: what the form of a disk image says in a package is held against the journal, line by line, and it is told what was compared."""
import html
import io
import json
import random
import re
import shlex
import tarfile
import unittest

import test_package as packages
from harness import main, one_line

MIB = 1 << 20


@unittest.skipUnless(packages.HAS_AGE, "age is not installed")
class OfAnImage(packages.Package):
    def fill_case(self):
        """A disk image of which a part could not be read, since its source is an E01 that was damaged; and a drive."""
        self.ana("assess system web1")
        disk = self.folder / "disk.raw"
        disk.write_bytes(random.Random(5).randbytes(2 * MIB) + b"the end of it")
        for name in ("first", "second"):
            (self.folder / name).mkdir()
        self.ana(f"preserve image {disk} --to {self.folder / 'first'} --name disk")
        damaged = self.folder / "first" / "disk.E01"
        data = bytearray(damaged.read_bytes())
        data[MIB] ^= 1
        damaged.chmod(0o600)
        damaged.write_bytes(data)
        self.ana.run(*shlex.split(f'preserve image {damaged} --to {self.folder / "second"} --name web1 --title "disk 1 of web1" --system web1'))
        self.ana('preserve item "drive 3 of web1" --system web1 --seal 0815')
        self.item = next(t for t in self.ana.json("preserve list") if t["title"].endswith("disk 1 of web1"))
        self.ana("preserve verify " + self.item["call"])

    def whole(self):
        drive = next(t["call"] for t in self.ana.json("preserve list") if t["title"].startswith("drive"))
        self.export(items=f"{self.item['call']} {drive} e1")
        tar = tarfile.open(fileobj=io.BytesIO(self.open_with_age(self.folder / "weber.age")))
        return {n: tar.extractfile(n).read() for n in tar.getnames()}

    def forged(self, whole, name, after):
        """What is found wrong where a form is another: of one form there is one word."""
        self.assertNotEqual(after.encode(), whole[name])
        status, said = self.opened({**whole, name: after.encode()})
        return status, {(w["what"], w["path"]) for w in said["evidence"]["wrong"]}

    def test_each_line_of_its_form_is_held_against_the_record(self):
        self.fill_case()
        self.assertGreater(int(self.item["bad"]), 0)
        whole = self.whole()
        status, said = self.opened(whole)
        self.assertEqual((status, said["state"], said["evidence"]["wrong"]), (0, "as-recorded", []), said)
        # what a system is called is another record, which no package has
        self.assertEqual(said["forms"], {"there": 6, "compared": 6, "with_nothing": [{"what": "System", "forms": 4}]})
        name = f"custody/{self.item['call']}.html"
        page = whole[name].decode()
        pairs = re.findall(r"<div><dt>([^<]*)</dt><dd>(.*?)</dd></div>\n", page, re.S)
        self.assertLessEqual({"Item", "Size", "Not readable", "Sectors of it", "Source MD5", "Source SHA-1", "Source SHA-256", "Image SHA-256", "Files", "Where it was", "Machine", "Particular",
                              "Kept now", "Source", "Read by", "Its damage", "Begun", "Ended", "Read back from", "Options", "Made by", "ana", "Case", "Records", "Root"}, {label for label, _ in pairs})
        for label, value in pairs:
            if label in ("System", "Written") or value == "&nbsp;":
                continue
            pair = f"<div><dt>{label}</dt><dd>{value}</dd></div>\n"
            for what, after in (("other", pair.replace(f"{value}</dd>", f"x{value}</dd>")), ("left out", ""), ("twice", pair + pair)):
                with self.subTest(f"{label}: {what}"):
                    self.assertEqual(self.forged(whole, name, page.replace(pair, after)), (8, {("form", name)}))
        name = f"custody/{self.item['call']}.txt"
        text = whole[name].decode()
        for label, value in pairs:
            if label in ("System", "Written") or value == "&nbsp;":
                continue
            with self.subTest(f"{label} in text"):
                begin = html.unescape(re.sub("<[^>]*>", "", value)).split()[0]
                found = re.findall(rf"(?m)^{re.escape(label)}  +{re.escape(begin[:30])}", text)
                self.assertEqual(len(found), 1, label)
                self.assertEqual(self.forged(whole, name, text.replace(found[0], found[0][: -len(begin[:30])] + "0" + begin[:30])), (8, {("form", name)}))

    def test_nothing_is_put_beside_what_is_compared(self):
        self.fill_case()
        whole = self.whole()
        call = self.item["call"]
        page, text = whole[f"custody/{call}.html"].decode(), whole[f"custody/{call}.txt"].decode()
        sums = re.search(r"^    echo ([0-9a-f]{64}) ", text, re.M).group(1)
        root = re.search(r'--root "\d+:([0-9a-f]{8})', text).group(1)
        pair = "<div><dt>Source SHA-256</dt><dd>" + "e" * 64 + "</dd></div>\n"
        says = {
            "html": {
                "a hash beside the item's": page.replace("</dl>\n", pair + "</dl>\n", 1),
                "a list more": page.replace('<div class="wide"', f'<dl class="facts">\n{pair}</dl>\n<div class="wide"'),
                "words above the rows": page.replace('<div class="wide"', '<p>All sectors were read.</p>\n<div class="wide"'),
                "a fact of no form": page.replace("<div><dt>Item</dt>", "<div><dt>Expert</dt><dd>Ana Bauer</dd></div>\n<div><dt>Item</dt>"),
                "another item's form": page.replace(f"Chain of custody: {call}</h1>", "Chain of custody: e9</h1>"),
                "a list above the title": page.replace("<h1>", f'<dl class="facts">\n{pair}</dl>\n<h1>'),
                "words above the title": page.replace("<h1>", "<p>All sectors were read.</p>\n<h1>"),
                "a list before the record": re.sub(r'<h2 id="section-2">', f'<dl class="facts">\n{pair}</dl>\n' + r"\g<0>", page),
                "a list behind the record": re.sub(r'<h2 id="section-3">', f'<dl class="facts">\n{pair}</dl>\n' + r"\g<0>", page),
                "a fact among those of the record": page.replace("<div><dt>Records</dt>", pair + "<div><dt>Records</dt>"),
                "another who signed": page.replace("<dt>ana</dt>", "<dt>eve</dt>"),
                "what she is": page.replace("in the team: ", "court expert; in the team: "),
                "her key": re.sub(r"(; key .*?)[0-9a-f]{4}(</dd>)", r"\g<1>0000\2", page),
                "somebody who signed nothing": page.replace("<div><dt>ana</dt>", "<div><dt>bo</dt><dd>court expert; key " + "9" * 64 + "</dd></div>\n<div><dt>ana</dt>"),
                "a command for another hash": page.replace(f"echo {sums[:8]}", "echo " + "e" * 8),
                "a command left out": re.sub(r"<code>echo .*?\| sha256sum -c\n", "<code>", page, count=1, flags=re.S),
                "a command for another root": page.replace(f":{root}", f":{'e' * 8}"),
                "a command more": page.replace("</main>", "<pre><code>true\n</code></pre>\n</main>"),
            },
            "txt": {
                "a hash beside the item's": text.replace("\nFiles  ", "\nSource SHA-256  " + "e" * 64 + "\nFiles  "),
                "words above the rows": text.replace("\nTable 1.", "\nAll sectors were read.\n\nTable 1."),
                "a fact above the title": text.replace("\nChain of custody: ", "\nNot readable  0 bytes (0 bytes)\nChain of custody: "),
                "a fact behind the record": text.replace("\nRecords  ", "\nNot readable  0 bytes (0 bytes)\nRecords  "),
                "a heading more": text.replace("\nTable 1.", "\n1  How the image was made\n====\n\nTable 1."),
                "another item's form": text.replace(f"Chain of custody: {call}", "Chain of custody: e9"),
                "another who signed": text.replace("\nana  ", "\neve  "),
                "what she is": text.replace("in the team: ", "court expert; in the team: "),
                "a command for another hash": text.replace(f"echo {sums}", "echo " + "e" * 64),
                "a command for another file": re.sub(r"\*evidence/e\d+/", r"\g<0>x", text, count=1),
                "a command for another root": text.replace(f":{root}", f":{'e' * 8}"),
            },
        }
        others = {"html": {"heads exchanged": page.replace(">From<", ">x<").replace(">To<", ">From<").replace(">x<", ">To<")}}
        for wanted, kinds in (("form", says), ("form-other", others)):
            for end, forms in kinds.items():
                for what, form in forms.items():
                    with self.subTest(f"{what} in {end}"):
                        self.assertEqual(self.forged(whole, f"custody/{call}.{end}", form), (8, {(wanted, f"custody/{call}.{end}")}))

    def test_it_is_told_what_was_compared_and_what_was_not(self):
        self.fill_case()
        whole = self.whole()
        self.pack(whole)
        eva = self.outsider()
        words = one_line(eva("preserve open again.age --to words --identity key.txt"))
        self.assertIn("Of 6 forms in custody/ were compared with the journal: ", words)
        self.assertIn('With nothing were compared "System" (4 forms), ', words)
        # where the openings do not tell it, that is a fault, and nobody says that it was compared
        acquired = {s["id"] for s in (json.loads(x)["statement"] for x in whole["journal/journal.cj1"].splitlines()) if s["type"].startswith("acquisition")}
        openings = "journal/journal.cjo"
        told = [x for x in whole[openings].splitlines(keepends=True) if json.loads(x)["id"] not in acquired]
        status, said = self.opened({**whole, openings: b"".join(told)})
        self.assertEqual((status, {w["what"] for w in said["evidence"]["wrong"]}), (8, {"untold"}), said)
        free = {f["what"]: f["forms"] for f in said["forms"]["with_nothing"]}
        self.assertEqual((free.get("Made by"), free.get("Options"), free.get("Source SHA-256"), free.get("System")), (2, 2, None, 4), free)
        # a form that is not read was not compared
        status, said = self.opened({**whole, "custody/e1.html": b"hello"})
        self.assertEqual((said["forms"]["there"], said["forms"]["compared"]), (6, 5))
        words = one_line(eva.run(*shlex.split("preserve open again.age --to more --identity key.txt")).stdout.decode())
        self.assertIn("Of 6 forms in custody/ 5 were compared with the journal: ", words)


if __name__ == "__main__":
    main()
