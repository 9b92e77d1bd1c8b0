"""test_notify_watch.py: silence, tries and deadlines in time: by watch, by send --all, and on the screens."""
import json
import os
import re
import signal
import subprocess
import sys
import termios
import time

try:
    import notify_servers as servers
    from test_notify import FIRST, NotifyTest, main
except SystemExit as skipped:
    sys.exit(skipped.code)
import harness
from harness import CaseTest, read_some


class Watch(NotifyTest):
    def setUp(self):
        super().setUp()
        self.web = self.start(servers.Web(self.context))
        self.settings(self.room(self.web, label="red"))
        self.ana('notify channel room --account room --trust trusted --reaches "Eva Brandt" --reaches "Jan Falk" --reaches ana')

    def watch(self, *more, person=None):
        person = person or self.ana
        return subprocess.Popen([harness.CALM, "--case", str(self.case), "notify", "watch", *more], env=person.env, cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def got(self):
        return [json.loads(body) for _, _, _, body in self.web.got]

    def until(self, is_there, seconds=20):
        end = time.monotonic() + seconds
        while not is_there():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)

    def test_silence_goes_to_the_alternate_and_each_thing_is_one_line_with_its_time(self):
        self.ana(f'notify write "Eva Brandt" {FIRST} --answer-within "1 s"')
        self.ana("notify send m1 --yes")
        said, error = self.watch().communicate(timeout=60)
        lines = said.splitlines()
        for line in lines:
            self.assertRegex(line, r"^\d\d:\d\d:\d\d  \S")
        self.assertEqual([(g["to"], g["text"].split(",")[0]) for g in self.got()], [("Eva Brandt", "Eva Brandt"), ("Jan Falk", "Jan Falk")], error)
        for words in ("watching; Ctrl-C ends it", "m1 to Eva Brandt: no answer, Jan Falk is told instead (room)",
                      "m2 to Jan Falk: sent, an answer is expected by", "m2 is not answered, and nobody is named instead: phone them", "nothing is left to watch"):
            self.assertEqual(len([line for line in lines if words in line]), 1, (words, said))

    def test_an_alternate_who_may_not_know_gets_nothing_and_that_is_said_once(self):
        self.ana('team add Res --role responder')
        self.ana('team add Gil --role observer')
        self.ana("notify role owner Res --alternate Gil")
        self.ana('notify carry room --reaches Res --reaches Gil')
        self.ana('notify write Res first-alarm --set contact=1 --set next_update=2 --answer-within "1 s"')
        self.ana("notify send m1 --yes")
        said, error = self.watch().communicate(timeout=60)
        self.assertEqual([g["to"] for g in self.got()], ["Res"], error)
        self.assertEqual(said.count("m2 is TLP:AMBER, and Gil may be told what is TLP:GREEN at most"), 1, said)
        self.assertEqual(self.message(2)["state"], "waiting")

    def test_what_others_do_is_told_too_and_ctrl_c_ends_it(self):
        self.ana('notify draft "Eva Brandt" "hello"')
        running = self.watch("--stay")
        self.assertIn("watching", running.stdout.readline())
        self.ana("notify send m1 --yes")
        self.assertRegex(running.stdout.readline(), r"m1 to Eva Brandt: sent \(room\)$")
        self.ana('notify acknowledged m1 "agrees"')
        self.assertRegex(running.stdout.readline(), r"m1 to Eva Brandt: acknowledged by Eva Brandt, as ana wrote it down \(room\)$")
        running.send_signal(signal.SIGINT)
        said, error = running.communicate(timeout=20)
        self.assertEqual((running.returncode, said.split("  ", 1)[1]), (0, "ended; what is still due: calm notify due\n"), error)

    def test_what_is_not_delivered_yet_is_late_and_cannot_be_acknowledged(self):
        self.web.status = 503
        self.ana(f'notify write "Eva Brandt" {FIRST}')
        self.assertEqual(self.send("m1")[1][0]["state"], "waiting")
        word = self.message()["word"]
        status, said = self.ana.fails(f"notify acknowledged m1 {word}")
        self.assertEqual(status, 5)
        self.assertIn("m1 is not delivered yet, so nobody can have answered it. When it was said in a call: add --called", " ".join(said.split()))
        self.ana(f"notify acknowledged m1 {word} --called")
        self.assertEqual(self.message()["by-word"], "yes")
        self.assertNotIn("channel", self.message())  # it was said, not sent over the room

    def test_it_ends_at_once_where_nothing_is_left(self):
        self.ana('notify draft "Eva Brandt" "hello"')
        said, _ = self.watch().communicate(timeout=20)
        self.assertEqual(len(said.splitlines()), 2, said)
        self.assertEqual(self.got(), [])  # no draft is sent
        done = self.ana.run("notify", "watch", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, []))

    def test_a_reminder_comes_once_from_two_watchers_of_two_people_and_none_after(self):
        bo = self.join("bo")
        config = bo.home / ".config" / "calm"
        config.mkdir(parents=True)
        (config / "notify.conf").write_text(self.room(self.web, label="red"))
        (config / "notify.conf").chmod(0o600)
        self.ana('notify start contract --within "3602 s" --because x --decided-by "Eva Brandt, counsel"')
        both = [self.watch(person=self.ana), self.watch(person=bo)]
        for one in both:
            said, error = one.communicate(timeout=60)
            self.assertIn("m1 to Eva Brandt: sent", said, error)
        got = self.got()
        self.assertEqual([g["to"] for g in got], ["Eva Brandt"])
        self.assertRegex(got[0]["text"], r"^d1: (59 min|1 h 00 min) left, until \d{4}-\d\d-\d\d \d\d:\d\d, for this:\n  contract\n\nCase: monday\n\nEva Brandt, when")
        self.assertIn("calm notify notified d1", got[0]["text"])
        message = self.message()
        self.assertEqual((message["template"], message["before"], message["state"], message["tlp"]), ("reminder", "3600", "sent", "amber"))
        self.assertEqual(self.send("--all")[1], [])
        self.assertEqual(len(self.watch().communicate(timeout=20)[0].splitlines()), 2)
        self.assertEqual(len(self.got()), 1)

    def test_reminders_come_24_4_and_1_hours_before_to_who_started_the_clock(self):
        for hours in (24, 4, 1):
            self.ana(f'notify start contract --within "{hours * 3600 + 3} s" --decided-by "Dr. Lang, counsel"')
        self.ana('notify start contract --within "30 min"')  # whoever starts it knows
        self.ana('notify start contract --within "23 h"')
        self.assertEqual(self.send("--all")[1], [])
        self.until(lambda: self.ana("notify due").count("a reminder is to be sent") == 3)
        self.assertIn("d2 contract: a reminder is to be sent", self.ana("notify due"))
        self.assertEqual([(m["before"], m["state"]) for m in self.send("--all")[1]], [("86400", "sent"), ("14400", "sent"), ("3600", "sent")])
        self.assertEqual([g["to"] for g in self.got()], ["ana"] * 3)
        self.assertEqual(self.send("--all")[1], [])
        listed = self.ana("notify list")
        for words in ("reminder of d1 contract, 24 h before", "reminder of d2 contract, 4 h before", "reminder of d3 contract, 1 h before"):
            self.assertIn(words, listed)

    def test_no_reminder_of_what_was_met_or_is_not_for_its_reader(self):
        self.ana('notify start contract --within "3602 s"')
        self.ana('notify notified d1 "by telephone"')
        self.ana("notify start contract --within '3602 s' --tlp red")
        self.join("bo")
        self.ana("team compartment hr staff --with bo")
        self.ana("notify start contract --within '3602 s' --scope hr")
        time.sleep(3)
        done = self.ana.run("notify", "send", "--all")
        said = " ".join(done.stdout.decode().split())
        self.assertEqual(done.returncode, 11)
        self.assertIn("d2 is TLP:RED, and a reminder to ana carries TLP:AMBER+STRICT at most: remind them yourself.", said)
        self.assertIn("d3 belongs to the compartment hr, which no channel leaves", said)
        self.assertEqual((self.got(), self.ana.json("notify list")), ([], []))

    def test_a_reminder_goes_to_the_lead_where_its_starter_has_left_and_by_telephone_where_no_channel_is_safe(self):
        bo = self.join("bo", "--role communications")
        bo('notify start contract --within "3602 s"')
        self.ana("team remove bo --because 'another job'")
        self.ana("notify trust room compromised --because x")
        time.sleep(3)
        self.assertEqual(self.send("--all")[1][0]["state"], "phone")
        self.assertIn("Phone:  ana", self.ana("notify sheet"))


class Screens(CaseTest):
    def setUp(self):
        super().setUp()
        self.ana('team add "Eva Brandt" --mobile "0171 000000"')
        self.ana('team add "Jan Falk" --mobile "0171 111111"')

    def said(self, line):
        return " ".join(self.ana(line).split())

    def silent(self, alternate=True):
        self.ana('notify role cio "Eva Brandt"' + (' --alternate "Jan Falk"' if alternate else ""))
        self.ana("assess look quiet")
        self.ana('stop plan "take web1 off" --undo "port on"')  # a plan of hours ago would stand so, too

    def test_silence_stands_among_the_deadlines_and_before_plans(self):
        self.silent()
        self.assertIn("Next: calm stop begin a1", self.said("status"))
        self.ana(f'notify write "Eva Brandt" {FIRST} --answer-within "1 s"')
        self.ana("notify sent m1")
        time.sleep(1.2)
        shown = self.said("status")
        self.assertRegex(shown, r"Deadlines m1 Eva Brandt: silent since \d\d:\d\d: calm notify send --all")
        self.assertIn("Next: calm notify send --all m1 is not answered; calm notify watch goes on with it", shown)
        self.assertRegex(self.said("notify queue"), r"m1 to Eva Brandt: silent since \d\d:\d\d")
        self.assertIn("Next: calm notify send --all", self.said("notify"))

    def test_silence_without_an_alternate_asks_for_a_call(self):
        self.silent(alternate=False)
        self.ana(f'notify write "Eva Brandt" {FIRST} --answer-within "1 s"')
        self.ana("notify sent m1")
        time.sleep(1.2)
        shown = self.said("status")
        self.assertRegex(shown, r"Deadlines m1 Eva Brandt: silent since \d\d:\d\d: calm notify sheet")
        self.assertIn("Next: calm notify sheet", shown)
        self.ana('notify draft "Jan Falk" "hello"')
        self.ana("notify send m2")
        self.assertRegex(self.said("status"), r"m1 Eva Brandt: silent since \d\d:\d\d, and 1 more: calm notify due")

    def at_terminal(self, words, typed, rows=24):
        """What a terminal of 80 columns shows until the question, and the status after it was answered."""
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        termios.tcsetwinsize(slave, (rows, 80))
        with subprocess.Popen([harness.CALM, "--case", str(self.case), *words], env={**self.ana.env, "TERM": "dumb"}, cwd=self.folder, stdin=slave, stdout=slave,
                              stderr=slave) as calm:
            os.close(slave)
            shown, end = "", time.monotonic() + 20
            while "(yes or no)?" not in shown and time.monotonic() < end:
                shown += read_some(master)
            os.write(master, typed.encode() + b"\n")
            while calm.poll() is None:
                read_some(master)
            return shown.replace("\r", "").splitlines(), calm.returncode

    def test_before_it_is_sent_the_recipient_channel_and_label_stand_just_above_the_question(self):
        self.ana.run("notify", "draft", "Eva Brandt", "".join(f"line {n} of a long message\n" for n in range(60)))
        for rows in (24, 12, 50):
            with self.subTest(rows=rows):
                lines, status = self.at_terminal(["notify", "send", "m1"], "no", rows)
                self.assertEqual(status, 13)
                self.assertLessEqual(len(lines), rows)
                self.assertEqual(lines[-4:], ["Label     TLP:AMBER", "Over      telephone, 0171 000000", "To        Eva Brandt", "Send it (yes or no)? "])
                shown = [n for n, line in enumerate(lines) if line.startswith("line ")]
                self.assertEqual(lines[shown[-1] + 1], f"… and {60 - len(shown)} more: calm notify preview m1")
        self.assertEqual(self.ana.json("notify list")[0]["state"], "draft")

    def test_what_hangs_behind_a_mark_of_a_list_stays_behind_it(self):
        self.ana('notify role cio "Eva Brandt"')
        self.ana(f'notify write "Eva Brandt" {FIRST}')
        said = self.ana("notify preview m1")
        self.assertRegex(said, r"\n  - Phone 0171-222222 and say the word [2-9A-Z]{6}, so that we know that this reached\n    you\.\n")
        self.assertTrue(all(len(line) <= 80 for line in said.splitlines()), said)

    def test_a_list_of_deadlines_is_no_list_of_fields(self):
        self.ana('notify start gdpr --trigger 03:20 --because "data may have been read" --decided-by "Dr. Lang"')
        self.ana('notify start contract --within "48 h"')
        self.ana('notify decide-not d2 "no customer of theirs" --decided-by "Dr. Lang"')
        said = self.ana("notify deadlines")
        self.assertTrue(all(len(line) <= 80 for line in said.splitlines()), said)
        said = " ".join(said.split())
        self.assertRegex(said, r"d1 gdpr: \d+ h( \d\d min)? left, due ")
        self.assertIn("Why: data may have been read. Decided by Dr. Lang.", said)
        self.assertIn("d2 gdpr: decided not to notify: no customer of theirs", said)
        self.assertNotIn("trigger:", said)

    def test_two_steps_of_a_law_are_told_apart(self):
        self.ana("notify start nis2")
        lines = [re.sub(r"^d\d+ |\d+ h( \d\d min)?|\d+ days", "", line) for line in self.ana("notify due").splitlines() if re.match(r"d\d+ nis2", line)]
        self.assertGreater(len(lines), 1)
        self.assertEqual(len(set(lines)), len(lines), lines)


if __name__ == "__main__":
    main()
