"""test_timeline_senders.py: what stands in several lines, and what shippers, proxies and firewalls write. Lines were written by hand from the sources and
documents that are named; expected values from what they say. Beside each recognition stand lines alike that are none."""
import unittest

from timeline_lines import read_lines

FAILED, OK, UNKNOWN = "failure", "success", "unknown"


def has(test, event, wanted):
    test.assertEqual({name: event.get(name) for name in wanted}, wanted, event.get("message"))


class Sudo(unittest.TestCase):
    """plugins/sudoers/logging.c (do_syslog) and lib/eventlog/eventlog.c: "%8s : %s", "%8s : (command continued) %s", broken at the last blank that fits, which
    is left out, or within a longer word."""
    HEAD = "Nov 25 03:12:09 web1 "

    def split(self, user, text, size=960):
        out, form = [], f"{user:>8} : "
        while text:
            cut = len(text) if len(text) <= size else text.rfind(" ", 0, size)
            cut = cut if cut > 0 else size
            out.append(form + text[:cut])
            text, form = text[cut:].lstrip(" "), f"{user:>8} : (command continued) "
        return out

    def read(self, *lines):
        return read_lines("".join(f"{self.HEAD}{line}\n" for line in lines))

    def test_a_long_command_is_one_event(self):
        for tag in ("sudo: ", "sudo[7]: "):
            for size in (960, 980):
                for words in ((f"arg{n:04}" for n in range(500)), ("-c", "A" * 3000 + "B", "end"), ("-c", "x" * 50, "C" * 5000)):
                    command = "/bin/sh " + " ".join(words)
                    parts = self.split("eva", f"TTY=pts/0 ; PWD=/home/eva ; USER=root ; COMMAND={command}", size)
                    self.assertGreater(len(parts), 2)
                    events, counts = self.read(*(tag + part for part in parts), tag + "     bob : PWD=/ ; USER=root ; COMMAND=/bin/id")
                    self.assertEqual((counts["events"], counts["continued"], counts["unparsed"]), (2, len(parts) - 1, 0))
                    has(self, events[0], {"process.command_line": command, "event.action": "command", "event.outcome": OK, "user.name": "eva", "line": 1})
                    has(self, events[1], {"process.command_line": "/bin/id", "user.name": "bob"})

    def test_what_does_not_follow_its_beginning_is_an_event_of_its_own(self):
        first, second = (f"sudo: {part}" for part in self.split("eva", "PWD=/ ; USER=root ; COMMAND=/bin/sh " + "word " * 300)[:2])
        short = "sudo:      eva : PWD=/ ; USER=root ; COMMAND=/bin/id"
        for lines in ((first, "cron[5]: x", second), (first, short, second), (first.replace("eva", "bob"), second), (first.replace("sudo:", "sudo[6]:"), second),
                      ("su: (to root) eva on pts/0", second)):
            events, counts = self.read(*lines)
            self.assertEqual((len(events), counts["continued"]), (len(lines), 0), lines)
            has(self, events[-1], {"event.action": "command-continued", "event.outcome": UNKNOWN, "user.name": "eva", "process.command_line": second.split("continued) ")[1]})

    def test_words_of_a_command_that_look_so_are_of_the_command(self):
        events, counts = self.read("sudo:      eva : PWD=/ ; USER=root ; COMMAND=/bin/echo x : (command continued) y", "sudo:      eva : PWD=/ ; USER=root ; COMMAND=/bin/id")
        self.assertEqual(counts["continued"], 0)
        has(self, events[0], {"process.command_line": "/bin/echo x : (command continued) y", "user.name": "eva", "event.action": "command"})


if __name__ == "__main__":
    unittest.main()
