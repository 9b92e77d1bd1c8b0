"""test_propose.py: calm stop propose: logs of web servers, counted as others count them, and a flood with a known answer."""
import collections
import csv
import hashlib
import json
import random
import re
import socket
import time

import harness
from harness import AHEAD, DATA, CaseTest

USAGE, NOT_FOUND, FORMAT = 2, 3, 7

def stamp(second):
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))


def line(source, second, path="/", agent="curl/8"):
    return f'{source} - - [{stamp(second)}] "GET {path} HTTP/1.1" 200 12 "-" "{agent}"\n'


class Propose(CaseTest):
    def rows(self, log, *more):
        answer = self.ana.json(" ".join(["stop propose", str(log), *more]))
        return answer, {what: [row for row in answer["rows"] if row["what"] == what] for what in ("source", "agent", "path", "block", "limit")}

    def write(self, name, text):
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def test_sources_are_counted_as_fail2bans_own_answers_say(self):
        """Its sample logs name the host of each line above it."""
        folder = DATA / "fail2ban" / "logs"
        if not folder.is_dir():
            self.skipTest("the sample logs of fail2ban are not here")
        compared = 0
        for name in ("nginx-botsearch", "apache-badbots", "nginx-limit-req", "apache-fakegooglebot"):
            path = folder / name
            if not path.is_file():
                continue
            want, answer = collections.Counter(), None
            for text in path.read_text(errors="replace").splitlines():
                if text.startswith("# failJSON:"):
                    answer = json.loads(text.split(":", 1)[1])
                elif text and not text.startswith("#") and answer:
                    if re.search(r'\[\d\d/\w{3}/\d{4}:[\d:]+ [+-]\d{4}\] "', text):
                        want[answer["host"]] += 1
                    answer = None
            if not want:
                continue
            answer, rows = self.rows(path, "--since 1990-01-01")
            got = {row["name"]: row["requests"] for row in rows["source"]}
            self.assertEqual({host: count for host, count in want.most_common(10) if host in got}, {k: v for k, v in got.items() if k in want}, name)
            self.assertTrue(set(got) <= set(want) or answer["sources"] > len(want), name)
            compared += len(set(got) & set(want))
        self.assertGreater(compared, 0)

    def test_sources_and_agents_are_counted_as_crowdsecs_own_answers_say(self):
        found = False
        for name in ("nginx_http-logs", "apache2-logs"):
            folder = DATA / "crowdsec" / name
            if not folder.is_dir():
                continue
            found = True
            text = (folder / "parser.assert").read_text()
            want = collections.Counter(re.findall(r'\.Evt\.Parsed\["(?:remote_addr|clientip)"\] == "([^"]+)"', text))
            _, rows = self.rows(folder / f"{name}.log", "--since 1990-01-01")
            got = {row["name"]: row["requests"] for row in rows["source"]}
            for host, count in got.items():
                self.assertLessEqual(count, want[host], f"{name}: {host}")
            self.assertGreater(sum(got.values()), 4)
        if not found:
            self.skipTest("the logs of crowdsec are not here")

    def test_a_flood_is_found_and_the_rule_against_it_becomes_a_plan(self):
        start, text = 1_800_000_000, []
        people = [f"198.51.100.{n}" for n in range(1, 51)]
        for second in range(0, 1800):
            text.append(line(people[second % 50], start + second))
            if second >= 1200:
                text += [line(f"203.0.113.{n}", start + second, agent="flood") for n in range(1, 21) for _ in range(3)]
        log = self.write("access.log", "".join(text))
        answer, rows = self.rows(log, f"--list {self.folder}/flood.txt")
        self.assertEqual((answer["requests"], answer["flood"], answer["good"]), (1800 + 600 * 60, 600 * 60, 1800))
        self.assertEqual(answer["begin"][:19], time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(start + 1200)))
        (block,) = rows["block"]
        self.assertEqual((block["networks"], block["flood_dropped"], block["good_dropped"], block["is_best"]), (20, 36000, 0, 1))
        self.assertEqual(rows["agent"][0], {"what": "agent", "name": "flood", "requests": 36000})
        listed = (self.folder / "flood.txt").read_text().split()
        self.assertEqual(sorted(listed), sorted(f"203.0.113.{n}" for n in range(1, 21)))
        screen = self.ana(f"stop propose {log} --list {self.folder}/again.txt")
        self.assertIn(f"calm stop block --from-file {self.folder}/again.txt", screen)
        self.assertLessEqual(len(screen.splitlines()), 24)

    def flood(self, more=""):
        """20 addresses of one /24 send three requests a second each for ten minutes, after 50 people sent one each in turn for twenty."""
        start, text = 1_800_000_000, []
        for second in range(0, 1800):
            text.append(line(f"198.51.100.{second % 50 + 1}", start + second))
            if second >= 1200:
                text += [line(f"203.0.113.{n}", start + second) for n in range(1, 21) for _ in range(3)]
        return self.write("flood.log", "".join(text) + more)

    def test_no_share_is_more_than_all_of_it(self):
        """Of the 36,600 requests since the flood began 600 are the people's; the flood's own 36,000 are of one network, and each of its 20 sources sent 1,800: 5 %."""
        screen = self.ana(f"stop propose {self.flood()}")
        self.assertEqual([int(n) for n in re.findall(r"(\d+) %", screen.split("What rules")[0])][-1], 100)  # the one agent
        self.assertRegex(screen, r"networks +203\.0\.113\.0/24 100 %\n")
        self.assertIn("203.0.113.1 5 %", screen)
        self.assertTrue(all(int(n) <= 100 for n in re.findall(r"(\d+) %", screen)))

    def test_a_flood_that_began_after_the_log_ends_is_none(self):
        """Its last request is of second 1,799, at 08:29:59."""
        log = self.flood()
        code, why = self.ana.fails(f"stop propose {log} --since 2027-01-15T08:30:00Z --ask {self.folder}/ask.txt")
        self.assertEqual(code, USAGE)
        self.assertIn("it ends at 2027-01-15 08:29:59 UTC", why)
        self.assertFalse((self.folder / "ask.txt").exists())
        self.assertEqual(self.ana.fails("stop block --proposal pr1")[0], NOT_FOUND)
        self.ana(f"stop propose {log} --since 2027-01-15T08:29:59Z")

    def test_what_was_measured_goes_into_the_plan_of_that_rule_and_no_other(self):
        self.ana(f"stop propose {self.flood()} --port 8080 --list {self.folder}/list.txt --target 192.0.2.80")
        rules = self.ana.json(f"stop propose {self.flood()} --port 8080")["rows"]
        limits = [row for row in rules if row["what"] == "limit"]
        self.assertEqual([row["prefix4"] for row in limits], [32, 24])
        one = limits[1]
        # 20 bots of one /24: 60 a second against a rate of 2 and 10 at once, for 600 s: 36,000 - (10 + 2 x 599) pass not.
        self.assertEqual((one["rate"], one["burst"], one["flood_dropped"], one["good_dropped"]), (2, 10, 36000 - 10 - 2 * 599, 0))
        self.ana("assess system web1")
        self.ana(f"stop limit http --port 8080 --rate 2 --burst 10 --prefix4 24 --prefix6 48 --system web1 --script")
        self.assertIn("drops 97 % of the flood and 0 of 1800 good requests", " ".join(self.ana("stop show a1").split()))
        self.ana(f"stop limit http --port 8080 --rate 3 --burst 10 --prefix4 24 --prefix6 48 --system web1 --script")
        self.assertNotIn("drops", self.ana("stop show a2"))
        self.ana("stop block --proposal pr1 --system web1 --script")
        self.assertIn("drops 100 % of the flood and 0 of 1800 good requests", " ".join(self.ana("stop show a3").split()))
        self.ana(f"stop block --from-file {self.folder}/list.txt 192.0.2.77 --system web1 --script")  # one more than was measured
        self.assertNotIn("drops", self.ana("stop show a4"))

    def test_the_provider_is_told_what_where_since_when_and_from_where(self):
        said = self.ana(f"stop propose {self.flood()} --port 80 --target 192.0.2.80 --ask {self.folder}/ask.txt --list {self.folder}/list.txt")
        self.assertIn("On record as pr1", said)
        ask = (self.folder / "ask.txt").read_text()
        began = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(1_800_001_200))
        for words in ("192.0.2.80; TCP port 80 (HTTP)", began, "36000 requests since then, 60 a second", "20 addresses", "203.0.113.0/24  100 %, 20 addresses", "drop what the addresses of the list send"):
            self.assertIn(words, ask)
        self.assertNotIn("198.51.100.", ask)  # the people's own network
        script = " ".join(self.ana("notify script provider").split())
        self.assertIn("192.0.2.80; TCP port 80 (HTTP)", script)
        self.ana('team add "Line AG"')
        self.ana('notify role provider "Line AG"')
        self.ana(f'notify write "Line AG" provider --set customer=4711 --set contact=+49891 --set next_update={AHEAD}')
        message = " ".join(self.ana.json("notify list")[0]["text"].split())
        for words in ("192.0.2.80; TCP port 80 (HTTP)", began, "203.0.113.0/24", "customer number: 4711"):
            self.assertIn(words, message)
        (item,) = [e for e in self.ana.json("preserve list") if "addresses to block" in e["title"]]
        self.assertEqual(item["sha256"], hashlib.sha256((self.folder / "list.txt").read_bytes()).hexdigest())

    def test_failed_log_ins_are_counted_as_fail2bans_own_answers_say(self):
        """Where its answers say that a failed password matches. One line's user is called "test from 127.0.0.1 port 58946 ssh2:", and where that came from stands
        behind the name: fail2ban takes the name for it. Names of hosts are not counted here."""
        path = DATA / "fail2ban" / "logs" / "sshd"
        if not path.is_file():
            self.skipTest("the sample logs of fail2ban are not here")
        want, answer = collections.Counter(), None
        lines = []
        for text in path.read_text(errors="replace").splitlines():
            if text.startswith("# failJSON:"):
                answer = json.loads(text.split(":", 1)[1])
            elif text and not text.startswith("#") and answer:
                if re.search(r"Failed (password|keyboard-interactive)", text) and re.search(r" ssh2$| port \d+$|:\d+$", text) and "ssh2: from" not in text:
                    if answer["match"]:
                        want[answer["host"]] += 1
                    lines.append(text)
                answer = None
        self.assertGreater(sum(want.values()), 8)
        answer, rows = self.rows(self.write("auth.log", "\n".join(lines) + "\n"))
        got = {row["name"]: row["requests"] for row in rows["source"]}
        self.assertEqual(answer["is_attempts"], 1)
        for host, count in got.items():
            self.assertEqual(count, want[host], host)
        self.assertEqual(sum(want.values()), answer["requests"])

    def test_failed_log_ins_are_counted_as_loghubs_own_table_says(self):
        """Its table names the template of each line: those of a failure in the name of sshd, with an address."""
        folder = DATA / "loghub"
        if not (folder / "Linux_2k.log").is_file():
            self.skipTest("the logs of loghub are not here")
        with (folder / "Linux_2k.log_structured.csv").open() as table:
            failed = [row["Content"] for row in csv.DictReader(table) if row["EventTemplate"].startswith("authentication failure") and row["Component"] == "sshd(pam_unix)"]
        want = collections.Counter(found[1] for text in failed if (found := re.search(r"rhost=(\d+\.\d+\.\d+\.\d+)(?:\s|$)", text)))
        answer, rows = self.rows(folder / "Linux_2k.log")
        self.assertEqual(answer["requests"], sum(want.values()))
        self.assertEqual([row["requests"] for row in rows["source"]], [count for _, count in want.most_common(10)])
        self.assertTrue(all(row["requests"] == want[row["name"]] for row in rows["source"]))
        guessers = {host for host, count in want.items() if count >= 5}
        self.assertEqual(rows["block"][0]["networks"], len(guessers))

    def test_who_guesses_passwords_is_blocked_and_who_got_in_is_named(self):
        def tried(source, what, at):
            return f"{at} web1 sshd[1]: {what} from {source} port 4711 ssh2\n"

        text = "".join(tried("203.0.113.9", "Failed password for invalid user admin", f"2026-01-02T03:04:{n:02}+01:00") for n in range(40))
        text += "".join(tried("198.51.100.7", "Failed password for ana", f"Jan  2 03:05:{n:02}") for n in range(6)) + tried("198.51.100.7", "Accepted password for ana", "Jan  2 03:06:00")
        text += tried("198.51.100.8", "Failed password for bo", "Jan  2 03:07:00") + tried("198.51.100.8", "Accepted publickey for bo", "Jan  2 03:07:30")
        log = self.write("auth.log", text)
        answer, rows = self.rows(log, f"--list {self.folder}/guess.txt")
        self.assertEqual((answer["requests"], answer["good"], answer["flood"]), (47, 2, 40))
        self.assertEqual((self.folder / "guess.txt").read_text(), "203.0.113.9\n")
        screen = " ".join(self.ana(f"stop propose {log}").split())
        for words in ("47 failed log-ins of 3 sources", "198.51.100.7 got in after 6 failed log-ins", "users admin 85 %", "drops 100 % of the failed log-ins and none of 2 that succeeded",
                      "calm stop block --proposal pr2"):
            self.assertIn(words, screen)

    def test_hostile_lines_are_shown_and_not_obeyed(self):
        text = line("192.0.2.1", 1_800_000_000, path="/\x1b[2J\u202e", agent="\x1b]0;owned\x07") * 200 + "\0\xff garbage\n" * 3
        log = self.write("hostile.log", text.encode("utf-8", "surrogateescape"))
        shown = self.ana(f"stop propose {log} --since 1990-01-01")
        self.assertNotIn("\x1b", shown)
        self.assertNotIn("\u202e", shown)
        self.assertIn("3 lines are in no known format", shown)

    def test_who_is_connected_is_counted_as_the_kernel_knows_it(self):
        with socket.create_server(("127.0.0.1", 0), backlog=256) as server:
            port = server.getsockname()[1]
            held = []
            self.addCleanup(lambda: [one.close() for one in held])
            held += [socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0)) for _ in range(60)]
            answer = self.ana.json("stop propose")
            (ours,) = [row for row in answer["addresses"] if row["source"] == "127.0.0.2"]
            self.assertEqual((ours["open"], ours["half_open"], ours["port"]), (60, 0, port))
            self.assertGreaterEqual(answer["above"], 1)
            self.assertIn(f"--port {port} --connections {answer['most']}", self.ana("stop propose"))

    def test_what_is_no_log_is_said_to_be_none(self):
        self.assertEqual(self.ana.fails(f"stop propose {self.write('none.log', random.Random(4).randbytes(100000))}")[0], FORMAT)
        self.assertEqual(self.ana.fails(f"stop propose {self.folder}/missing.log")[0], NOT_FOUND)


if __name__ == "__main__":
    harness.main()
