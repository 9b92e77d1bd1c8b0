"""test_lab.py: the lab of ./try --lab runs, all that should be seen in it is seen, and this machine is as it was."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import harness
from harness import BUILD, ROOT

LAB = str(ROOT / "tools" / "lab")
CHECKED = subprocess.run([LAB, "--check"], capture_output=True, text=True, check=False)


def machine():
    """What the lab must not change: the packet filter, interfaces, names, and what starts with this machine."""
    said = [subprocess.run(words, capture_output=True, text=True, check=False).stdout
            for words in (["nft", "list", "tables"], ["ip", "-o", "link", "show", "type", "bridge"], ["ip", "netns", "list"], ["uname", "-n"])]
    return said, sorted(os.listdir("/etc/cron.d")) if os.path.isdir("/etc/cron.d") else None, os.path.exists("/var/lib/calm-contain")


class Lab(unittest.TestCase):
    @unittest.skipIf(CHECKED.returncode == 77, CHECKED.stdout)
    def test_one_person_sees_stops_tells_and_undoes_and_the_report_tells_it(self):
        before = machine()
        with tempfile.TemporaryDirectory(prefix="calm-test-lab-", dir=harness.in_memory()) as temp:
            done = subprocess.run([LAB, str(BUILD), temp + "/lab"], capture_output=True, text=True, timeout=400, check=False)
            self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr)
            self.assertNotIn("NOT SO", done.stdout)
            self.assertEqual(done.stdout.count("   seen: "), 17)
            folder = pathlib.Path(temp) / "lab"
            report = json.loads((folder / "report" / "REPORT.json").read_text())
            text = (folder / "report" / "REPORT.md").read_text()
            link = (folder / "log" / "link").read_text().split()
        self.assertEqual([word for word in link if word in ("lost", "back,")], ["lost", "back,"])
        self.assertEqual([a["state"] for a in report["actions"]], ["undone"] * 3)
        self.assertEqual([m["state"] for m in report["messages"]], ["acknowledged"] * 2)
        self.assertIn("that is not the word of m1", done.stdout + done.stderr)
        for step in ("planned", "approved", "begun; the state before is saved as", "applied; unless confirmed", "confirmed", "went back by itself"):
            self.assertIn(step, text)
        self.assertEqual(machine(), before)

    def test_who_may_not_make_namespaces_is_told_what_is_missing_and_nothing_is_written(self):
        words = [LAB, "/nonexistent", "/nonexistent/lab"]
        if os.geteuid() == 0:
            words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("What is missing", done.stdout)
        self.assertIn("root's rights", done.stdout)


if __name__ == "__main__":
    harness.main()
