"""test_timeline_repeats.py: the same log in two items, in an archive, in one item twice, and a copy of it that was taken before it went on: told when it is read, on
record, in the list of sources, and with every answer that counts its events twice; a log alike that is another one is not."""
import gzip
import io
import os
import subprocess
import tarfile

from harness import CALM, CaseTest, main, one_line
from test_timeline_sources import ssh_lines, text_of

WRITTEN = 1763942400  # 24 November 2025


class Repeats(CaseTest):
    def put(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        os.utime(path, (WRITTEN,) * 2)
        self.ana(f"preserve files '{path}'")

    def tar(self, members):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as t:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), WRITTEN
                t.addfile(info, io.BytesIO(data))
        return out.getvalue()

    def said(self):
        """Of each source what the list of sources says of its events that are elsewhere, too."""
        rows = self.ana.json("analyse sources")
        return {(row["evidence"], row["source"]): [r for r in row["remarks"] if "twice" in r] for row in rows}

    def aside(self, *words):
        done = self.ana.run(*words)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return one_line(done.stderr.decode())

    def test_each_that_is_there_again_is_told(self):
        lines = ssh_lines(300)
        log, grown = text_of(lines[:200]), text_of(lines)
        self.put("auth.log", log)
        self.put("auth.log.bak", log)
        self.put("later.tgz", self.tar({"var/log/auth.log": grown, "var/log/auth.log.1": log, "copy/auth.log": grown}))
        self.put("packed.gz", gzip.compress(log, mtime=WRITTEN))
        self.put("year.gz", gzip.compress(log, mtime=WRITTEN - 370 * 86400))  # whose lines are of the year before
        text = one_line(self.ana("analyse timeline"))
        self.assertIn("auth.log.bak: all its events are in e1 as well, and are found twice", text)
        self.assertIn("6 files have events that another one has, too", text)
        whole, part = "all its events are in e1 as well, and are found twice", "it begins as a log in e1 does, so events of both may be found twice"
        self.assertEqual(self.said(), {("e1", "auth.log"): [], ("e2", "auth.log.bak"): [whole], ("e3", "later.tgz/var/log/auth.log"): [part], ("e3", "later.tgz/var/log/auth.log.1"): [whole],
                                       ("e3", "later.tgz/copy/auth.log"): ["all its events are in another file of e3 as well, and are found twice"], ("e4", "packed.gz"): [whole], ("e5", "year.gz"): [part]})
        for words in (("search", "Failed"), ("top", "source.ip"), ("histogram",), ("who", "web1"), ("search", "Failed", "--json")):
            self.assertIn("calm analyse sources e2 e3 e4 e5", self.aside("analyse", *words), words)
        # Not of an answer that has none of them.
        for words in (("search", "nosuchword"), ("search", "Failed and not evidence:e2 and not evidence:e3 and not evidence:e4 and not evidence:e5"),
                      ("top", "source.ip", "evidence:e4"), ("who", "192.0.2.77")):
            self.assertNotIn("twice", self.aside("analyse", *words), words)
        self.assertIn("calm analyse sources e2", self.aside("analyse", "search", "Failed and not evidence:(e3 or e4 or e5)"))
        self.assertIn("calm analyse sources e2", self.aside("analyse", "export", str(self.folder / "out"), "Failed", "--as", "ecs-json"))
        # Of one item alone nothing is twice but what it holds twice itself.
        self.assertNotIn("twice", self.aside("analyse", "search", "Failed", "--evidence", "e2"))
        self.assertIn("calm analyse sources e3", self.aside("analyse", "search", "Failed", "--evidence", "e3"))
        # What is made anew is compared with what the others have now, and not with what it had.
        self.assertIn("auth.log: all its events are in e2 as well", one_line(self.ana("analyse timeline e1 --again")))
        self.assertEqual(self.said()["e1", "auth.log"], [])
        (record,) = [t for t in self.ana.json("analyse timelines") if t["title"].startswith("e3")]
        self.assertEqual(len(record["repeats"].splitlines()), 2, record)

    def test_who_may_not_see_the_other_item_is_not_told_of_it(self):
        log = self.folder / "auth.log"
        log.write_bytes(text_of(ssh_lines(200)))
        self.ana("team compartment board x --with ana --tlp clear")
        for label in ("--tlp red", "--scope board", "", "--tlp green", ""):
            self.ana(f"preserve files '{log}' {label}")
        text = one_line(self.ana("analyse timeline"))
        self.assertEqual(text.count("are found twice"), 4)
        recorded = {t["title"].split(",")[0]: t.get("remarks") for t in self.ana.json("analyse timelines")}
        words = "auth.log: all its events are in e{} as well, and are found twice"
        self.assertEqual(recorded, {"e1": None, "e2": None, "e3": None, "e4": None, "e5": words.format(4)})
        self.assertEqual(self.said()["e3", "auth.log"], ["all its events are in e1 as well, and are found twice"])
        # Who sees them all is told with each answer.
        self.assertIn("calm analyse sources e2 e3 e4 e5", self.aside("analyse", "top", "source.ip"))
        self.assertIn("calm analyse sources e3", self.aside("analyse", "search", "evidence:e1 or evidence:e3"))
        self.assertNotIn("twice", self.aside("analyse", "search", "evidence:e3"))

    def test_a_log_alike_is_another_one(self):
        lines = ssh_lines(300)
        other = [line.replace("web1", "web2") for line in lines]
        histories = b"ls\ncd /tmp\nid\n"
        self.put("web1.log", text_of(lines))
        self.put("web2.log", text_of(other))
        self.put("rest.log", text_of(lines[150:]))
        self.put(".bash_history", histories)
        self.put("bash_history.2", histories)
        self.assertNotIn("twice", self.ana("analyse timeline"))
        self.assertEqual([row for row in self.said().values() if row], [])
        self.assertNotIn("twice", self.aside("analyse", "top", "source.ip"))


if __name__ == "__main__":
    main()
