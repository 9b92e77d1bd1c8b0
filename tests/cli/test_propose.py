"""test_propose.py: calm stop propose: logs of web servers, counted as others count them, and a flood with a known answer."""
import collections
import json
import random
import re
import socket
import time

import harness
from harness import DATA, CaseTest

FORMAT, NOT_FOUND = 7, 3

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
