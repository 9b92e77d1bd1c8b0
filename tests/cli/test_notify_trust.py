"""test_notify_trust.py: which channels count as safe: by what was said of them and when, and by all that they rely on."""
import os
import shutil
import socket
import subprocess

from harness import CaseTest, main


def own_address():
    """An address of this machine that others may reach, or None."""
    done = subprocess.run([shutil.which("ip") or "/usr/sbin/ip", "-o", "-4", "addr", "show", "scope", "global"], capture_output=True, text=True, check=False) if shutil.which("ip") else None
    words = done.stdout.split() if done else []
    return words[words.index("inet") + 1].split("/")[0] if "inet" in words else None


class Trust(CaseTest):
    def setUp(self):
        super().setUp()
        self.ana('team add "Eva Brandt" --mobile "0171 000000"')
        self.accounts("https://hooks.example.org/a")

    def accounts(self, url):
        folder = self.ana.home / ".config" / "calm"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "notify.conf"
        path.write_text(f"[room]\nkind = webhook\nurl = {url}\nshape = json\nlabel = amber\n[paper]\nkind = sheet\n")
        path.chmod(0o600)

    def channel(self, more="--trust trusted"):
        self.ana(f'notify channel room --account room {more} --reaches "Eva Brandt"')
        self.ana('notify draft "Eva Brandt" "hello"')

    def trust(self):
        self.ana('notify trust room trusted --because "asked at the provider"')

    def used(self):
        return self.ana.json("notify preview m1")["channel"] == "room"

    def passed(self):
        """Why it is passed over; it is, and the telephone is what is left."""
        seen = self.ana.json("notify preview m1")
        self.assertEqual((seen["channel"], seen["by_phone"], seen["address"]), ("", True, "0171 000000"))
        said = " ".join(self.ana("notify channels").split())
        for line in seen["passed"].splitlines():
            self.assertIn(line, said)
        return seen["passed"]

    def test_a_channel_of_unknown_trust_waits_for_somebody_to_trust_it(self):
        self.channel("")
        self.assertEqual(self.passed(), 'nobody has said that room can be trusted. If you are sure of it: calm notify trust "room" trusted --because WHY\n')
        done = self.ana.run("notify", "send", "m1")
        self.assertEqual(done.returncode, 0)
        self.assertIn("nobody has said that room can be trusted", " ".join(done.stdout.decode().split()))
        self.assertEqual(self.ana.json("notify list")[0]["state"], "phone")
        self.trust()
        self.assertTrue(self.used())
        self.ana("notify trust room unknown --because 'the provider does not answer'")
        self.assertIn("nobody has said", self.passed())

    def test_a_channel_or_system_that_is_named_again_stays_one(self):
        """Else what is said of the name, that it is compromised, would reach the first alone, and the second would be used."""
        self.ana("assess system mail1")
        self.channel("--trust trusted --relies-on mail1")
        self.assertTrue(self.used())
        self.ana("notify trust room compromised --because 'read along'")
        self.ana('notify channel room --account room --reaches "Eva Brandt"')
        self.assertEqual(len(self.ana.json("notify channels")), 1)
        self.assertIn("compromised", self.passed())
        self.trust()
        self.assertTrue(self.used())
        self.ana("assess system ad1 --state affected")
        self.ana("assess system mail1 --relies-on ad1")
        self.assertIn("ad1", self.passed())
        code, why = self.ana.fails("assess system mail1")
        self.assertEqual(code, 2)
        self.assertIn("nothing to change was given", why)

    def test_paper_and_what_is_worked_by_hand_need_no_trust(self):
        self.ana('notify channel desk --account paper --reaches "Eva Brandt"')
        self.ana('notify channel courier --reaches "Eva Brandt: room 12"')
        self.ana('notify draft "Eva Brandt" "hello" --channel courier')
        seen = self.ana.json("notify preview m1")
        self.assertEqual((seen["channel"], seen["address"], seen["passed"]), ("courier", "room 12", ""))
        self.ana("notify sent m1 --channel courier")

    def test_who_is_reached_is_said_once_for_each(self):
        """Two people in one line were one address of the first, and the second was not reached."""
        self.ana('team add "Jan Falk"')
        for line in ("Eva Brandt: eva@example.org, Jan Falk: jan@example.org", "Eva Brandt, Jan Falk", "Eva Brandt: @eva:example.org, @jan:example.org",
                     "Mia Lang: mia@example.org, Jan Falk: jan@example.org"):
            for command in ("notify channel second", "notify carry first"):
                if command.endswith("first"):
                    self.ana('notify channel first --reaches "Eva Brandt: room 12, second floor"')
                status, text = self.ana.fails(f'{command} --reaches "{line}"')
                self.assertEqual(status, 2)
                self.assertIn(f'--reaches "{line}" names several; say it once for each', " ".join(text.split()))
        self.ana('team add "Brandt, Eva"')
        self.ana('notify channel third --reaches "Brandt, Eva: 4711" --reaches "Jan Falk: 4712"')
        self.assertEqual([c["name"] for c in self.ana.json("notify channels")], ["first", "third"])

    def seen_as(self, message):
        """How it would go: the screen, in one line, and its parts."""
        return " ".join(self.ana(f"notify preview {message}").split()), self.ana.json(f"notify preview {message}")

    def test_a_telephone_that_is_compromised_is_not_called(self):
        """Nor the same number by another name of it; what is left is to go there."""
        self.ana('notify channel "mobile phone" --reaches "Eva Brandt: +49 171 000000"')
        self.ana('notify draft "Eva Brandt" "hello"')
        said, seen = self.seen_as("m1")
        self.assertIn("telephone, +49 171 000000", said)
        self.ana('notify trust "mobile phone" compromised --because "the attacker listens"')
        said, seen = self.seen_as("m1")
        self.assertIn("Not over mobile phone is marked compromised", said)
        self.assertEqual((seen["by_phone"], seen["in_person"], seen["address"], seen["channel"]), (True, True, "", ""))
        self.assertIn("tell them in person", said)
        self.assertNotIn("telephone, ", said)
        out = " ".join(self.ana("notify send m1 --yes").split())
        sheet = " ".join(self.ana("notify sheet m1").split())
        self.assertIn("m1 to Eva Brandt is to be said in person", out)
        self.assertIn("Why: mobile phone is marked compromised", out)
        for text in (out, sheet):
            self.assertNotRegex(text, r"171 ?000000")
            self.assertIn("Tell: Eva Brandt, in person", text)
            self.assertIn("Not over: mobile phone is marked compromised", text)
        self.assertIn("to be told in person", self.ana("notify list"))
        self.ana('notify channel "desk phone" --reaches "Eva Brandt: 0171/000000"')  # the same number does not become another
        said, seen = self.seen_as("m1")
        self.assertIn("desk phone has a number that is not safe: mobile phone is marked compromised", said)
        self.assertTrue(seen["in_person"])
        self.ana('notify channel "second phone" --reaches "Eva Brandt: 0172 111111"')
        said, seen = self.seen_as("m1")
        self.assertEqual((seen["channel"], seen["address"], seen["in_person"]), ("second phone", "0172 111111", False))

    def test_a_telephone_whose_exchange_is_affected_is_not_called_and_its_words_stay_true(self):
        self.ana("assess system pbx1")
        self.ana('team add "Jan Falk"')
        self.ana('notify channel "desk phone" --relies-on pbx1 --reaches "Jan Falk: 4711" --reaches "Eva Brandt: 4712"')
        self.ana('notify draft "Jan Falk" "hello"')
        self.ana("notify send m1 --yes")
        self.assertIn("Number: 4711", self.ana("notify sheet m1"))
        self.ana("assess mark pbx1 affected")
        sheet = " ".join(self.ana("notify sheet m1").split())  # what was on record before is not called any more
        self.assertNotIn("4711", sheet)
        self.assertIn("Not over: desk phone relies on pbx1, which is affected", sheet)
        self.ana('notify draft "Eva Brandt" "hello"')  # whose mobile is another number
        said, seen = self.seen_as("m2")
        self.assertEqual((seen["address"], seen["in_person"]), ("0171 000000", False))
        self.assertIn("Not over desk phone relies on pbx1, which is affected", said)
        self.ana('notify trust "desk phone" trusted --because "an exchange of its own"')
        self.assertIn("Number: 4711", self.ana("notify sheet m1"))

    def test_a_trust_from_before_its_system_was_affected_has_lapsed(self):
        self.ana("assess system mail1")
        self.channel("--trust trusted --relies-on mail1")
        self.assertTrue(self.used())
        for state in ("suspected", "affected"):
            self.ana(f"assess mark mail1 {state}")
            self.assertEqual(self.passed(), f"room relies on mail1, which is {state}; it was trusted before that was known, which does not count any more. "
                             'If you are sure of it: calm notify trust "room" trusted --because WHY\n')
            self.trust()
            self.assertTrue(self.used())
        self.ana("assess mark mail1 clear")
        self.ana("assess mark mail1 affected")
        self.assertIn("does not count any more", self.passed())
        self.assertEqual(self.ana.fails('notify draft "Eva Brandt" x --channel room')[0], 5)

    def test_trust_holds_through_what_has_nothing_to_do_with_it(self):
        self.ana("assess system mail1 --state affected")
        self.channel("--relies-on mail1")
        self.assertIn("room relies on mail1, which is affected. If you are sure", self.passed())
        self.trust()
        self.ana("assess mark mail1 --owner Eva")
        self.ana("assess system db1 --state affected")
        self.ana('notify carry room --reaches "Eva Brandt" --reaches "Jan Falk"')
        self.assertTrue(self.used())

    def test_what_a_system_relies_on_counts_over_any_number_of_others(self):
        self.ana("assess system ad1")
        self.ana("assess system san1 --relies-on ad1")
        self.ana("assess system mail1 --relies-on san1")
        self.channel("--trust trusted --relies-on mail1")
        self.assertTrue(self.used())
        self.ana("assess mark ad1 affected")
        self.assertIn("room relies on mail1, which relies on san1, which relies on ad1, which is affected; it was trusted before", self.passed())
        self.trust()
        self.assertTrue(self.used())

    def test_a_reliance_that_is_found_later_makes_trust_lapse(self):
        for name in ("ad1", "mail1"):
            self.ana(f"assess system {name}")
        self.ana("assess mark ad1 affected")
        self.channel("--trust trusted --relies-on mail1")
        self.assertTrue(self.used())
        self.ana("assess mark mail1 --relies-on ad1")
        self.assertIn("which relies on ad1, which is affected; it was trusted before", self.passed())
        self.trust()
        self.ana("assess system dns1 --state affected")
        self.ana("notify carry room --relies-on mail1 --relies-on dns1")
        self.assertIn("room relies on mail1, which relies on ad1, which is affected; it was trusted before", self.passed())

    def test_systems_that_rely_on_each_other_end(self):
        self.ana("assess system a1")
        self.ana("assess system b1 --relies-on a1")
        self.ana("assess mark a1 --relies-on b1")
        self.channel("--trust trusted --relies-on a1")
        self.assertTrue(self.used())
        self.ana("assess mark b1 affected")
        self.assertIn("room relies on a1, which relies on b1, which is affected", self.passed())

    def test_the_host_of_an_account_is_looked_for_among_the_systems(self):
        cases = (("https://Hooks.example.org/a", "hooks", ""), ("https://hooks.example.org:8443/a", "hooks.example.org", ""), ("https://hooks.example.org", "gate0", "--host hooks"),
                 ("https://192.0.2.7/a", "gate1", "--address 192.0.2.7/24"), ("https://[2001:db8::7]:9/a", "gate2", "--address 2001:DB8:0::7"),
                 ("https://hooks.example.org/a", "gate3", "--address hooks.example.org"))
        self.channel()
        for url, name, more in cases:
            self.accounts(url)
            with self.subTest(url=url, name=name, more=more):
                self.assertTrue(self.used())
                self.ana(f"assess system {name} {more} --state affected")
                passed = self.passed()
                self.assertIn(f"room goes over {name}, which is affected", passed)
                self.assertNotIn("hooks.example.org/a", passed)  # the address of a webhook is a secret
            self.ana(f"assess mark {name} clear")
        self.accounts("https://elsewhere.example.org/a")
        self.ana("assess system hooks2 --state affected")
        self.assertTrue(self.used())

    def test_the_machine_that_sends_is_looked_for_among_the_systems(self):
        self.channel()
        host = socket.gethostname()
        self.ana(f"assess system {host}")
        self.assertTrue(self.used())
        self.ana(f"assess mark {host} affected")
        self.assertIn(f"room is sent from this machine, {host}, which is affected; it was trusted before", self.passed())
        self.trust()
        self.assertTrue(self.used())

    def test_the_machine_that_sends_is_known_by_its_address_too(self):
        address = own_address()
        if not address:
            self.skipTest("no address of this machine but loopback, or no ip")
        self.channel()
        self.ana(f"assess system desk7 --address {address} --state affected")
        self.assertIn("room is sent from this machine, desk7, which is affected", self.passed())
        self.assertNotEqual(os.uname().nodename, "desk7")


if __name__ == "__main__":
    main()
