"""test_timeline_sparse.py: logs of which few lines state a time, and the others are of another manner: traces of runtimes that nobody listed, tables, statements,
dumps; and texts that look alike and are none: a history of commands, a mail box, tables, a chat, a program's source, two files in one."""
import unittest

from timeline_lines import read_lines


def at(number):
    """A date and time that goes on by seven minutes."""
    minute = number * 7
    return f"2026-11-{20 + minute // 1440:02} {minute // 60 % 24:02}:{minute % 60:02}:09"


# What stands behind each time, and the lines up to the next one.
LOGS = {
    # Elixir: lib/logger/lib/logger/translator.ex (GenServer terminating).
    "elixir": (" [error] GenServer Foo terminating", "** (RuntimeError) boom\n    (app 0.1.0) lib/foo.ex:12: Foo.bar/1\nLast message: :tick\nState: %{a: 1}\nClient #PID<0.7.0> is alive\n"),
    # OpenResty: lua-nginx-module, "lua entry thread aborted".
    "lua": (" app[812]: request failed", "lua entry thread aborted: runtime error: /srv/a.lua:12: attempt to index nil\nstack traceback:\ncoroutine 0:\n[C]: in function 'error'\n"),
    # Hibernate: hibernate.format_sql, through log4j.
    "sql": (",123 DEBUG org.hibernate.SQL - ", "select\nu.id,\nu.name\nfrom\nusers u\nwhere\nu.id=?\n"),
    # psql's tables; xxd's dumps.
    "table": (" INFO report of slots", "+----+------+\n| id | name |\n+----+------+\n" + "| 7  | eva  |\n" * 20 + "+----+------+\n"),
    "dump": (" proxy.go:12: packet of 64 bytes", "".join(f"{place:08x}: 0011 2233 4455 6677 8899 aabb ccdd eeff  ................\n" for place in range(0, 64, 16))),
    "name": (" http: panic serving", "what it was\nand how it went\nand why\n"),
}
BLOCK = "value of it is here\n" * 9


class Sparse(unittest.TestCase):
    def check_none(self, text):
        _, counts = read_lines(text)
        self.assertEqual((counts["format"], counts["events"]), ("text", 0))

    def test_a_log_of_which_few_lines_state_a_time_is_known(self):
        for name, (front, behind) in LOGS.items():
            with self.subTest(name):
                events, counts = read_lines("".join(at(n) + front + "\n" + behind for n in range(20)))
                self.assertEqual((counts["format"], counts["events"], counts["unparsed"], counts["continued"]), ("dated", 20, 0, 20 * behind.count("\n")))
                self.assertEqual([event["time"][:19] for event in events], [at(n).replace(" ", "T") for n in range(20)])
                self.assertTrue(all(event["message"].endswith(behind.rstrip("\n").rsplit("\n", 1)[-1]) for event in events))

    def test_three_such_lines_are_enough_where_the_source_begins_with_one(self):
        block = "value of it is here\n" * 30
        self.assertEqual(read_lines("".join(f"{at(n)} WARN [main] dump\n{block}" for n in range(3)))[1]["events"], 3)
        self.check_none("".join(f"{at(n)} WARN [main] dump\n{block}" for n in range(2)))
        self.check_none(block + "".join(f"{at(n)} WARN [main] dump\n{block}" for n in range(6)))
        # As of a log that was cut by its size.
        events, counts = read_lines(BLOCK + "".join(f"{at(n)} WARN [main] dump\n{BLOCK}" for n in range(30)))
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"], events[0]["event.kind"]), ("dated", 30, 1, "unparsed"))

    def test_a_long_one_is_known_by_its_places(self):
        self.assertEqual(read_lines("".join(f"{at(n)} WARN [main] dump\n{BLOCK}" for n in range(1500)))[1]["events"], 1500)

    def test_a_history_of_commands_with_pasted_lines_is_none(self):
        commands = ["ls -la", "cd /var/log", "grep ERROR app.log", "sudo systemctl restart app", "vi /etc/hosts", "df -h", "exit"]
        for places in ({10, 30, 60, 90}, set(range(50, 56)), set(range(5, 100, 10))):
            self.check_none("".join((f"{at(n)} ERROR [main] db timeout\n" if n in places else "") + commands[n % 7] + "\n" for n in range(100)))

    def test_a_mail_box_of_reports_is_none(self):
        self.check_none("".join(f"From root@web1  Thu Nov 20 03:{n:02}:09 2026\nReceived: by web1; Thu, 20 Nov 2026 03:{n:02}:09 +0000 (UTC)\nTo: root\nSubject: cron\n\n"
                                f"{at(n)} INFO backup: start\ncopied 12 files\nall is well\n\n" for n in range(40)))

    def test_a_table_with_a_time_here_and_there_is_none(self):
        for empty in ("n/a", ""):
            rows = "".join((at(n) if n % 5 == 0 else empty) + f",ERROR,web{n % 3},{n * 7},ok\n" for n in range(200))
            self.check_none(rows)
            self.check_none("when,level,host,value,state\n" + rows)

    def test_people_and_programs_texts_are_none(self):
        # A chat, with names by turns; notes; source code with comments and samples; a diary.
        self.check_none("".join(f"[{at(n)}] {('eva', 'bob', 'kim')[n % 3]}: hello\nwell,\nand so we went there\nok\n" for n in range(20)))
        self.check_none("".join(at(n)[:16] + " went to the office and\nworked there\nuntil noon\n" for n in range(20)))
        self.check_none("".join(at(n) + (" we did it", " nothing: new", " (maybe) not", " eva came, bob left")[n % 4] + "\nworked there\nuntil noon\n" for n in range(20)))
        self.check_none("import re\n" + "".join(f"\ndef f{n}(x):\n    return x + {n}\n\n# {at(n)} eva: fixed\nclass A{n}:\n    pass\n" for n in range(50)))
        self.check_none("import re\n" + "".join(f"\ndef f{n}(x):\n    return x\n\nS = '''\n{at(n * 13 % 40)} ERROR app: boom\n'''\nassert f(S)\nassert g(S)\nassert h(S)\n" for n in range(30)))

    def test_two_files_in_one_are_none(self):
        log = "".join(f"{at(n)} WARN [main] dump\n{BLOCK}" for n in range(30))
        prose = "it is some text\nof another kind\n" * 150
        for text in (log + prose, prose + log, log + "".join(f"03:12:{n:02} it is\nof another kind\nand more\n" for n in range(60))):
            self.check_none(text)

    def test_lines_of_no_order_or_no_one_program_are_none(self):
        self.check_none("".join(f"{at(n * 13 % 20)} ERROR [main] x\n{BLOCK}" for n in range(20)))
        self.check_none(f"{at(1)} ERROR [main] x\n{BLOCK}" * 20)
        self.check_none("".join(f"{at(n)} ERROR [main] x\n" for n in range(3)) + "plain words\n" * 50)
        self.check_none("".join(f"{at(n)} WARN [main] dump\n{BLOCK}it was {at(n)}\n" for n in range(20)))


if __name__ == "__main__":
    unittest.main()
