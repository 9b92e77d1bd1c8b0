"""Two people work a whole case, from the first minute to the close, with the command line."""
import json
import os
import pty
import re
import shlex
import subprocess

from harness import CALM, CaseTest, Person, main


class WholeCase(CaseTest):
    def setUp(self):
        super().setUp()
        self.bo = self.join("bo")

    def work(self):
        """Every practice once, the two at their two terminals."""
        ana, bo = self.ana, self.bo
        ana('note "fan of db1 is loud, red light on drive 3" --at 02:50 --at-clock "my watch"')
        bo('call Meier "cannot log in since 8, told him: work on paper until 10"')
        bo('note talk "Eva Brandt" "says the shop was slow since Sunday evening" --via phone')
        bo('note decision "the shop stays off until noon" --because "orders may be altered" --by-whom "Eva Brandt"')
        bo('note research "the kernel logs this when a drive times out" --source "manual of the controller, p. 41"')
        ana('team add "Eva Brandt" --position "owner of the shop" --mobile "0171 000000"')
        ana('team expert "forensics of a domain controller" --reason domain-controller-lost')
        ana('team called x1 here --who "Dr. Lang"')
        ana("assess system web1 --state suspected --purpose 'the shop' --owner 'Eva Brandt'")
        ana("assess system db1 --state unknown")
        ana('assess look "load 40, mail queue grows, nobody logged in but me" --system web1')
        ana('assess known "mail from web1 began at 02:40" --system web1')
        ana('assess unknown "who wrote /var/tmp/.x on web1" --system web1')
        ana('assess assume "the backup of Sunday is clean"')
        ana("assess mark web1 affected")
        ana('problem raise "web1 sends mail in bulk" --sort attack --impact high --urgency high --trend growing --since 02:40 --system web1')
        bo('problem raise "raid on db1 degraded" --sort fault --impact high --urgency medium --system db1')
        said = ana('preserve hold web1 --backup offline --last-backup "yesterday 23:00" --rotation suspended --requested netflow')
        self.assertIn("stops nothing", said)
        ana('preserve item "drive 3 of db1, serial ZA1234" --place "safe, room 2" --seal 0815 --system db1')
        bo('preserve move e1 handed-over --from ana --to "Sgt. Weber, police" --signed "both, on the form"')
        ana('stop plan "take web1 off the network: switch sw2 port 14" --system web1 --breaks "the shop" --undo "no shutdown on port 14"')
        bo("stop approve a1")
        ana("stop begin a1")
        ana('stop done a1 "port is down since 03:31"')
        bo('stop check a1 works "no answer to ping, link is down"')
        ana('notify role cio "Eva Brandt" --need "decides on the outage"')
        ana('notify channel "office mail" --relies-on web1')
        ana("notify channel phone --trust trusted")
        ana('notify draft "Eva Brandt" "The shop is off until noon. Next news at 11." --channel phone')
        ana("notify sent m1")
        ana('notify acknowledged m1 "agrees"')
        ana('notify start gdpr --trigger 03:20 --because "customer data may have been read"')
        ana('notify decide-not d2 "no high risk" --decided-by "Dr. Lang"')
        ana('notify notified d1 "portal, reference 4711"')
        ana('analyse hypothesis "entered through the upload" --sort attack --decides "the log of the upload"')
        ana('analyse hypothesis "the controller fails" --sort fault')
        bo('analyse weigh h1 k1 for --strength strong --because "it fits the upload"')
        bo("analyse weigh h2 k1 against")
        ana("analyse mark h2 open")
        ana('assess answer k2 "the account deploy, by ssh" --standing known')
        ana('assess sign "web1 was entered; db1 has a failed drive"')

    def test_two_people_work_a_whole_case_and_the_record_verifies(self):
        self.work()
        ana, bo = self.ana, self.bo
        status, said = ana.fails('clean begin a9')
        self.assertEqual(status, 3)
        ana('clean plan "rebuild web1" --system web1 --undo "the old disk stays in the safe"')
        status, said = ana.fails("clean begin a2")
        self.assertEqual(status, 5)
        self.assertIn("web1", said)
        bo("clean approve a2")
        ana('clean begin a2 --override "the image was taken by hand, r30"')
        ana('clean done a2 "rebuilt from the image of May"')
        ana("clean check a2 works 'packages verified'")
        ana('fix weakness "the upload takes any file" --used yes --system web1')
        status, said = ana.fails("fix mark w1 closed")
        self.assertEqual(status, 2)
        ana('fix mark w1 closed --proof "upload of a .php file is refused now"')
        ana('confirm normal "an order from the test account went through" --system web1 --what application --outcome normal')
        ana('confirm sign web1 "Eva Brandt, on paper"')
        ana('problem close p1 "rebuilt, way in closed"')
        ana('problem top p2 --because "a second drive failing loses the orders"')
        ana('problem change p2 --trend shrinking')
        ana('analyse conclude web1 attack --confidence high --because "foreign key in authorized_keys"')
        ana('analyse conclude db1 fault --because "smart log"')
        ana('learn "the backup was on the same network" --do "one copy offline each week" --owner "Eva Brandt" --due "in 30 days"')
        ana("learn mark le1 open")
        ana('incident confirmed --text "the log shows the login"')
        ana('team handover bo "web1 is cut off; CIO wants news at noon"')
        ana('close "web1 rebuilt, way in closed, owners signed"')
        self.assertIn("closed", ana("status"))
        self.assertEqual(self.verify(), 2)
        status, said = ana.fails("close again")
        self.assertEqual(status, 5)
        self.assertIn("calm reopen", said)
        self.assertEqual(bo.fails("reopen 'it is back'")[0], 4)
        ana("reopen 'it is back'")
        self.assertNotIn("closed", ana("status").splitlines()[0])
        self.assertIn("case changed: monday: state open, text it is back", ana("log"))
        self.assertIn("case changed: monday: conclusion confirmed, text the log shows the login", ana("log"))
        self.assertEqual(ana.fails("reopen again")[0], 5)
        self.assertIn("Still open: 1 problem", ana("close 'it was the backup job'"))
        said = ana("log verify")
        self.assertIn("valid", said)

    def test_the_lead_sees_who_asked_to_join_and_others_do_not(self):
        eva = Person("eva", self.folder, self.case)
        digits = re.search(r"\b([0-9a-f]{4}-){3}[0-9a-f]{4}\b", eva("team join eva")).group(0)
        self.assertIn(f"eva {digits}: calm team admit", self.ana("status"))
        status, said = self.ana.fails("team admit")
        self.assertEqual(status, 2)
        self.assertIn(digits, said)
        self.ana(f"team admit {digits} --role responder")
        self.assertNotIn("Asked to join", self.ana("status"))
        Person("fay", self.folder, self.case)("team join fay")
        self.assertIn("Asked to join", self.ana("status"))
        self.assertNotIn("Asked to join", eva("status"))

    def test_the_screen_of_an_hour_later_has_the_top_problem_and_fits_24_by_80(self):
        self.work()
        screen = self.ana("status")
        lines = screen.splitlines()
        self.assertLessEqual(len(lines), 24)
        for line in lines:
            self.assertLessEqual(len(line), 80, line)
        top = next(line for line in lines if "Top problem" in line)
        self.assertIn("web1 sends mail in bulk", top)
        self.assertIn("bo documents", screen)
        self.assertTrue(any(line.startswith("Next:  calm ") for line in lines))

    def test_a_chosen_problem_is_on_top_whatever_its_score(self):
        self.work()
        self.ana("problem top p2 --because 'the orders'")
        ranked = self.ana.json("problem list")
        self.assertEqual([p["call"] for p in ranked], ["p2", "p1"])
        self.assertEqual([p["chosen"] for p in ranked], [True, False])

    def test_a_correction_and_its_original_refer_to_each_other(self):
        self.ana('note "it was drive 3"')
        record = self.ana.json("log --type note")[-1]["record"]
        self.ana(f'note correct r{record} "it was drive 4"')
        log = self.ana("log")
        correction = self.ana.json("log --type correction")[-1]["record"]
        self.assertIn(f"[corrected by r{correction}]", log)
        self.assertIn(f"[corrects r{record}]", log)
        self.assertIn("it was drive 3", log)

    def test_a_late_entry_says_when_it_happened_and_by_whose_clock(self):
        self.ana('note "smoke" --at "3 h ago" --at-clock "the door log"')
        self.assertRegex(self.ana("log"), r"smoke \[happened .* by the door log, written late\]")

    def test_work_by_hand_is_never_refused_only_marked(self):
        self.ana('clean done "removed /var/tmp/.x" "gone"')
        self.assertIn("before the assessment was signed", self.ana("clean list"))

    def test_an_emergency_stop_asks_nothing(self):
        said = self.bo('stop --emergency "files are being encrypted" --by-hand')
        self.assertIn("Pull the network cable", said)
        self.assertIn("emergency stop: files are being encrypted", self.bo("stop list"))

    def test_who_planned_does_not_approve_alone(self):
        self.ana('stop plan "x" --undo "y"')
        status, said = self.ana.fails("stop approve a1")
        self.assertEqual(status, 5)
        self.ana('stop approve a1 --spoken "bo, 03:20, by phone"')
        self.assertIn("approved", self.ana("stop list"))

    def test_containment_waits_for_a_first_look(self):
        self.ana('stop plan "x" --undo "y"')
        self.bo("stop approve a1")
        self.assertEqual(self.ana.fails("stop begin a1")[0], 5)
        self.ana('assess look "it sends mail"')
        self.ana("stop begin a1")
        self.ana('stop undo a1 "port enabled again"')

    def test_a_channel_on_an_affected_system_is_refused_until_it_is_cleared(self):
        self.ana("assess system mail1 --state affected")
        self.ana("team add Eva")
        self.ana('notify channel "office mail" --relies-on mail1')
        status, said = self.ana.fails('notify draft Eva "hello" --channel "office mail"')
        self.assertEqual(status, 5)
        self.ana('notify trust "office mail" trusted --because "runs elsewhere now"')
        self.ana('notify draft Eva "hello" --channel "office mail"')
        self.ana('notify trust "office mail" compromised --because "the attacker read it"')
        self.assertEqual(self.ana.fails("notify sent m1")[0], 5)
        self.ana("notify failed m1 'not sent'")
        self.ana("notify escalate m1 --to bo")

    def test_a_case_that_lies_on_an_affected_system_says_so(self):
        host = os.uname().nodename
        self.ana(f"assess system {host} --state unknown")
        self.assertNotIn("This case", self.ana("status"))
        self.ana(f"assess mark {host} suspected")
        self.assertIn(f"is on {host[:30]}, which is suspected", self.ana("status"))

    def test_a_closed_case_says_how_its_record_is_made_firm(self):
        self.ana('close "done"')
        self.assertIn("Next:  calm log anchor", self.ana("status"))
        self.ana('reopen "not done after all"')
        self.assertNotIn("calm log anchor", self.ana("status"))

    def test_lists_are_there_for_all_kinds(self):
        self.work()
        for line in ("team list", "assess systems", "assess facts", "analyse matrix", "analyse conclusions", "notify list", "notify channels",
                     "notify deadlines", "preserve list", "preserve holds", "fix weaknesses", "confirm checks", "learn list"):
            self.assertTrue(self.ana(line).strip(), line)
            json.loads(self.ana(line + " --json"))

    def test_plans_of_every_practice_go_their_way(self):
        self.ana("assess system web1")
        self.ana("assess look quiet")
        self.ana("assess sign known")
        steps = (("fix plan", "fix approve", "fix begin", "fix done", "fix check", "fix undo"),
                 ("confirm plan", "confirm approve", "confirm begin", "confirm done", "confirm check", "confirm undo"))
        for number, (plan, approve, begin, done, check, undo) in enumerate(steps, 1):
            self.ana(f'{plan} "x" --undo "y"')
            self.bo(f"{approve} a{number}")
            self.ana(f"{begin} a{number}")
            self.ana(f'{done} a{number} "ok"')
            self.ana(f'{check} a{number} works "seen"')
            self.ana(f'{undo} a{number} "back"')
        self.assertEqual(len(self.ana.json("fix list") + self.ana.json("confirm list")), 2)
        self.ana('clean plan "z" --undo "cannot"')
        self.ana('clean undo a3 "nothing to undo"')

    def test_the_long_forms_of_short_commands_do_the_same(self):
        self.ana('note add "long form"')
        self.ana('learn add "long form"')
        self.ana('stop emergency "long form" --by-hand')
        self.assertEqual([t["text"] for t in self.ana.json("log --type note")], ["long form"])
        self.assertIn("emergency stop: long form", self.ana("stop list"))

    def test_a_risk_that_remains_is_accepted_by_somebody(self):
        self.ana('report risk "the old disk was not examined"')
        self.ana('report accept rk1 "Eva Brandt"')
        self.ana(f"report draft --file {self.folder}/r")
        self.assertIn("draft", self.ana("report list"))
        self.assertIn("Eva Brandt", (self.folder / "r" / "REPORT.md").read_text())

    def test_duty_roles_and_parts_change(self):
        self.ana("team role bo --role observer")
        self.assertEqual(self.bo.fails('note "x"')[0], 4)
        self.ana("team role bo --role responder")
        self.bo('note "x"')
        self.ana("team duty bo off")
        self.assertIn("nobody documents", self.ana("status"))
        self.ana("team duty bo on")
        self.ana("team part bo acts")

    def test_a_member_cannot_make_himself_a_lead(self):
        self.assertEqual(self.bo.fails("team role bo --role lead")[0], 4)


class Joining(CaseTest):
    def test_somebody_who_is_not_on_the_team_sees_nothing(self):
        self.ana('note "a secret word: xylophone"')
        stranger = Person("eve", self.folder, self.case)
        self.assertEqual(stranger.fails("status")[0], 4)
        self.assertEqual(stranger.fails("log")[0], 4)

    def test_who_leaves_reads_and_signs_nothing_more(self):
        bo = self.join("bo")
        bo('note "mine"')
        self.ana('team remove bo --because "laptop stolen"')
        self.assertEqual(bo.fails('note "still here"')[0], 4)
        self.ana('note "after bo left"')
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_what_a_key_in_wrong_hands_wrote_is_marked(self):
        bo = self.join("bo")
        bo('note "before: bo himself"')
        bo('note "after: somebody else"')
        number = self.ana.json("log --type note")[-1]["record"]
        self.ana(f'team remove bo --because "laptop stolen" --since r{number}')
        notes = {t["text"]: t["trusted"] for t in self.ana.json("log --type note")}
        self.assertEqual(notes, {"before: bo himself": True, "after: somebody else": False})
        self.assertIn("[not trusted]", self.ana("log"))

    def test_a_compartment_is_closed_to_those_who_were_not_let_in(self):
        bo = self.join("bo")
        eva = self.join("eva")
        self.ana('team compartment personnel "about an employee" --with eva')
        self.ana('note "a word for few: marimba" --scope personnel')
        self.ana('problem raise "marimba problem" --scope personnel')
        self.assertIn("marimba", eva("log"))
        self.assertNotIn("marimba", bo("log"))
        self.assertEqual(bo.json("problem list"), [])
        self.assertEqual(len(eva.json("problem list")), 1)

    def at_terminal(self, person, line, answer):
        """A command line typed at a terminal, and the answer to what it asks; (status, screen) comes back."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(CALM, [CALM, "--case", str(self.case), *shlex.split(line)], {**person.env, "TERM": "dumb"})
        screen = b""
        answered = False
        while True:
            try:
                chunk = os.read(fd, 4096)
            except OSError:
                break
            if not chunk:
                break
            screen += chunk
            if not answered and b"(yes or no)?" in screen:
                os.write(fd, answer.encode() + b"\n")
                answered = True
        os.close(fd)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen.decode()

    def test_at_a_terminal_the_digits_are_compared_before_somebody_is_let_in(self):
        bo = Person("bo", self.folder, self.case)
        digits = re.search(r"[0-9a-f]{4}(-[0-9a-f]{4}){3}", bo("team join bo")).group(0)
        status, screen = self.at_terminal(self.ana, "team admit bo", "no")
        self.assertEqual(status, 4)
        self.assertIn(digits, screen)
        self.assertEqual(bo.fails("log")[0], 4)
        status, screen = self.at_terminal(self.ana, "team admit bo", "yes")
        self.assertEqual(status, 0)
        bo("log")

    def test_the_fingerprint_that_is_read_out_is_the_one_that_the_lead_sees(self):
        bo = Person("bo", self.folder, self.case)
        digits = re.search(r"[0-9a-f]{4}(-[0-9a-f]{4}){3}", bo("team join bo")).group(0)
        self.assertIn(digits, self.ana(f"team admit {digits}"))

    def secret(self, person, line, *secrets):
        """A command line that asks for secrets, which come over a descriptor."""
        reader, writer = os.pipe()
        os.write(writer, "".join(s + "\n" for s in secrets).encode())
        os.close(writer)
        try:
            return subprocess.run([CALM, "--case", str(self.case), *shlex.split(line)], env={**person.env, "CALM_SECRET_FD": str(reader)},
                                  pass_fds=[reader], capture_output=True, text=True, check=False)
        finally:
            os.close(reader)

    def test_the_recovery_key_puts_a_new_lead_in_place(self):
        self.ana('note "written before: clarinet"')
        sheet = next((self.ana.home / ".local/share/calm/recovery").iterdir()).read_text()
        self.assertEqual(oct(next((self.ana.home / ".local/share/calm/recovery").iterdir()).stat().st_mode & 0o777), "0o600")
        groups = re.search(r"([0-9a-f]{8}-[0-9a-f]{2} ?){8}", sheet).group(0).strip()
        zoe = Person("zoe", self.folder, self.case)
        wrong = groups.replace(groups[0:8], "00000000", 1)
        self.assertEqual(self.secret(zoe, "team recover zoe", wrong).returncode, 2)
        done = self.secret(zoe, "team recover zoe", groups)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("clarinet", zoe("log"))
        zoe('team remove ana --because "her laptop is gone"')
        self.assertEqual(self.ana.fails('note "x"')[0], 4)
        zoe("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_a_recovery_key_of_another_case_is_refused(self):
        other = Person("zoe", self.folder, None)
        other(f"open {self.folder}/other.calm")
        sheet = next((other.home / ".local/share/calm/recovery").iterdir()).read_text()
        groups = re.search(r"([0-9a-f]{8}-[0-9a-f]{2} ?){8}", sheet).group(0).strip()
        done = self.secret(other, "team recover zoe", groups)
        self.assertEqual(done.returncode, 4)

    def test_a_key_can_be_sealed_with_a_passphrase(self):
        done = self.secret(self.ana, "team passphrase", "drei graue katzen", "drei graue katzen")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.secret(self.ana, "note x", "drei graue hunde").returncode, 4)
        self.assertEqual(self.secret(self.ana, "note x", "drei graue katzen").returncode, 0)
        self.assertEqual(self.secret(self.ana, "team passphrase --off", "drei graue katzen").returncode, 0)
        self.ana("note y")

    def test_no_secret_stands_in_the_arguments_the_log_or_the_case(self):
        self.secret(self.ana, "team passphrase", "drei graue katzen", "drei graue katzen")
        for path in self.case.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"graue", path.read_bytes())


if __name__ == "__main__":
    main()
