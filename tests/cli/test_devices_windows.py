"""test_devices_windows.py: scripts for Windows, read back: what the rules mean, what undo does, and that no name becomes a command."""
import re
import unittest

import harness
import device_language_powershell as powershell
from device_languages import Refused
from device_packets import Packet, packets, passes
from devices import TAG, plan, write

ALLOW = ("10.1.0.0/24", "10.2.0.7,tcp,22,in", "10.2.0.9,udp,514-515,out", "10.2.0.9,tcp,6514,out", "2001:db8::7,tcp,22-23,in", "2001:db8:9::/64")
BLOCK = ("203.0.113.0/24", "198.51.100.7", "2001:db8:bad::/48", "2001:db8:f::1")


def made(action, *values, **more):
    words = ["--itself", "--action", action]
    for value in values:
        words += ["--value", value]
    return write("windows", plan("isolate", **more), *words)


class Rules(unittest.TestCase):
    def test_they_mean_what_the_plan_says_of_what_begins(self):
        # The firewall keeps state: an answer belongs to what began, so only beginnings are compared; ICMP from a responder with ports is held.
        for action, allow, addresses in [("isolate", ALLOW, ()), ("isolate", (), ()), ("isolate", ("0.0.0.0/1", "255.255.255.255"), ()), ("block", ALLOW, BLOCK), ("block", (), BLOCK)]:
            with self.subTest(action=action, allow=allow):
                script = write("windows", plan(action, allow=allow, addresses=addresses), "--itself")
                self.assertEqual(script.status, 0, script.said)
                firewall = powershell.Firewall(script.apply)
                wrong = [p for p in packets(allow, addresses) if p.flags in ("S", "") and firewall.passes(p) != passes(action, allow, addresses, p, begins_only=True)]
                self.assertEqual([str(p) for p in wrong[:10]], [])
                self.assertTrue(all(group == f"calm-{TAG}" for _, group, *_ in firewall.rules))
                self.assertEqual(len({name for name, *_ in firewall.rules}), len(firewall.rules))

    def test_neighbour_discovery_passes_an_isolation(self):
        firewall = powershell.Firewall(write("windows", plan("isolate"), "--itself").apply)
        for remote in ("fe80::1", "febf:ffff::1", "ff02::1:ff00:7"):
            self.assertTrue(firewall.passes(Packet(True, remote, "icmp6", 0, 0)))
        for remote in ("fe7f::1", "fec0::1", "feff::1", "::1:2"):
            self.assertFalse(firewall.passes(Packet(True, remote, "icmp6", 0, 0)))

    def test_what_a_firewall_that_blocks_first_cannot_say_is_refused(self):
        for text, words in [(plan("isolate", allow=["10.1.0.0/24", "10.1.0.7,tcp,22,in"]), "cannot tell them apart"),
                            (plan("block", allow=["203.0.113.9"], addresses=["203.0.113.0/24"]), "cannot let one through within the other"),
                            (plan("block", allow=["203.0.113.0/24"], addresses=["203.0.113.9"]), "cannot let one through within the other")]:
            got = write("windows", text, "--itself")
            self.assertEqual(got.status, 2, got.said)
            self.assertIn(words, got.said)
        self.assertIn("the host itself", write("windows", plan("isolate"), "--host", "192.0.2.1").said)

    def test_a_thousand_networks_make_a_rule(self):
        script = write("windows", plan("block", addresses=[f"198.18.{i // 256}.{i % 256}" for i in range(2500)]), "--itself")
        firewall = powershell.Firewall(script.apply)
        self.assertEqual([len(r[3]) for r in firewall.rules], [1000, 1000, 1000, 1000, 500, 500])


HOST_ACTIONS = {
    # action, values: the cmdlet that changes, those that undo, with the parameters that name the thing
    ("lock", "user=bob"): (["Disable-LocalUser"], ["Enable-LocalUser"], {"Name": "bob"}),
    ("lock", "user=CORP\\bob"): (["Disable-ADAccount"], ["Enable-ADAccount"], {"Identity": "bob", "Server": "CORP"}),
    ("unit", "unit=Spooler"): (["Set-Service", "Stop-Service"], ["Set-Service", "Start-Service"], {"Name": "Spooler"}),
    ("job", "file=/Micro soft/Update"): (["Disable-ScheduledTask"], ["Enable-ScheduledTask"], {"TaskPath": "\\Micro soft\\", "TaskName": "Update"}),
    ("down", "interface=Ethernet (2)"): (["Disable-NetAdapter"], ["Enable-NetAdapter"], {"Name": "Ethernet (2)"}),
}
CHANGES = re.compile(r"(Disable|Enable|Set|Stop|Start)-(?!ItemProperty)")


class Hosts(unittest.TestCase):
    def named(self, commands, names):
        """The parameters that name the thing, of the commands with these names in their order."""
        return [{k: powershell.value(v) for k, v in parameters.items() if k in ("Name", "Identity", "Server", "TaskName", "TaskPath")}
                for name, parameters, _ in commands if name in names]

    def test_what_is_changed_is_what_undo_puts_back(self):
        for (action, value), (change, back, thing) in HOST_ACTIONS.items():
            with self.subTest(action=action, value=value):
                script = made(action, value, expiry=2000000000)
                self.assertEqual(script.status, 0, script.said)
                apply, undo = powershell.commands(script.apply), powershell.commands(script.undo)
                self.assertEqual([name for name, *_ in apply if CHANGES.match(name)], change)
                self.assertEqual([name for name, *_ in undo if CHANGES.match(name)], back)
                self.assertEqual(self.named(apply, change), [thing] * len(change))
                self.assertEqual(self.named(undo, back), [thing] * len(back))
                # What undo asks of the state is what apply kept of it.
                kept = {powershell.value(p["Name"]) for name, p, _ in apply if name == "New-ItemProperty"}
                self.assertEqual(set(re.findall(r"\$state\.(\w+)", script.undo)), kept)
                powershell.commands(script.check)

    def test_an_adapter_that_was_down_before_stays_down(self):
        """AdminStatus of Get-NetAdapter is Up or Down; only of the first it is enabled again."""
        script = made("down", "interface=Ethernet 2")
        self.assertRegex(script.apply, r"(?m)-Name '?Status'? .*\$adapter\.AdminStatus")
        self.assertRegex(script.undo, r"(?m)^ *if \(\$state\.Status -eq 'Up'\) \{ Enable-NetAdapter -Name 'Ethernet 2' \}$")
        self.assertEqual(script.undo.count("Enable-NetAdapter"), 1)

    def test_the_watchdogs_are_registered_first_and_do_what_undo_does(self):
        for (action, value), (change, _, _) in HOST_ACTIONS.items():
            script = made(action, value, expiry=2000000000)
            (inner,) = re.findall(r"^\$undo = @'\n(.*?)^'@$", script.apply, re.S | re.M)
            self.assertEqual(inner, "".join(line + "\n" for line in script.undo.splitlines() if not line.startswith("#")))
            names = [name for name, *_ in powershell.commands(script.apply)]
            self.assertLess(max(i for i, n in enumerate(names) if n == "Register-ScheduledTask"), names.index(change[0]))
            tasks = [powershell.value(p["TaskName"]) for name, p, _ in powershell.commands(script.apply) if name == "Register-ScheduledTask"]
            self.assertEqual(tasks, [f"calm-{TAG}-back", f"calm-{TAG}-end"])
            self.assertIn("AddSeconds(300)", script.apply)
            self.assertIn("FromUnixTimeSeconds(2000000000)", script.apply)
            (cancelled,) = [powershell.value(p["TaskName"]) for name, p, _ in powershell.commands(script.confirm) if name == "Unregister-ScheduledTask"]
            self.assertEqual(cancelled, f"calm-{TAG}-back")

    def test_sessions_are_ended_and_nothing_pretends_to_undo_that(self):
        script = write("windows", plan("log-out", values=[("user", "CORP\\bob")], timer=0), "--itself")
        self.assertEqual(script.status, 0, script.said)
        self.assertEqual([name for name, *_ in powershell.commands(script.apply)], ["foreach", "quser", "Select-Object", "if", "logoff"])
        self.assertIn("cannot be undone", script.lacks)
        self.assertEqual(script.confirm, "")
        # Lines as quser prints them: the number is taken, neither from the name nor from the session.
        (pattern,) = re.findall(r"-match '([^']*)'", script.apply)
        for line, number in [(" bob                   console             1  Active      none   11/25/2026 9:00 AM", "1"),
                             (">bob                   rdp-tcp#12          3  Active          .  11/25/2026 9:00 AM", "3"),
                             (" 77                                        4  Disc         1:02  11/25/2026 9:00 AM", "4"),
                             (" bob                                       5  Getr.        1:02  25.11.2026 09:00", "5")]:
            self.assertEqual(re.match(pattern, line)[1], number)

    HOSTILE = ["o'brien", "a'; Remove-Item C: #", "$(calc)", "$env:PATH", "\u0411\u0431", "x\u2019; calc; \u2019", "\u201bcalc\u201b", "\U0001f600", "a b", "-Force", "'@",
               "\u202ebob", "a''b", "&calc", "{calc}", "(calc)", "%x%", "#x"]

    def test_any_name_is_a_string_and_nothing_else(self):
        clean = [name for name, *_ in powershell.commands(made("unit", "unit=CLEAN").apply)]
        for name in self.HOSTILE:
            with self.subTest(name=name):
                script = made("unit", f"unit={name}")
                self.assertEqual(script.status, 0, script.said)
                for part in (script.apply, script.check, script.confirm, script.undo):
                    # A file without a mark is read in the code page of the host.
                    self.assertTrue(part.isascii())
                commands = powershell.commands(script.apply)
                self.assertEqual([n for n, *_ in commands], clean)
                self.assertEqual([powershell.value(p["Name"]) for n, p, _ in commands if n in ("Get-Service", "Set-Service", "Stop-Service")], [name] * 3)

    def test_names_that_a_cmdlet_would_take_for_many_or_for_more_are_refused(self):
        cases = [("unit", f"unit={n}") for n in ["*", "a?", "[a-z]", "a\nb", "a`b", 'a"b', "", "a\x7fb", "a\x1b[0m", "a/b"]] + \
                [("lock", f"user={n}") for n in ["a/b", "bob@corp.example", "A\\b\\c", "\\bob", "CORP\\", "a|b", "*", "/server:evil"]] + \
                [("job", f"file={n}") for n in ["/a/*", "relative", "/", "/a/", "/a\\b"]] + [("down", "interface=*")]
        for action, value in cases:
            with self.subTest(action=action, value=value):
                self.assertEqual(made(action, value).status, 7)
        self.assertEqual(made("job", "file=/a", "line=* * * * * x").status, 2)

    def test_the_reader_itself_refuses_what_a_hostile_name_would_make(self):
        for text in ["Get-Service -Name 'a'; calc\n", "Get-Service -Name 'a' -Evil 'b'\n", "Get-Service -Name 'a\u2019; calc \u2018b'\n", "Remove-Everything\n", "Get-Service -Name 'a\n"]:
            with self.assertRaises(Refused):
                powershell.commands(text)


if __name__ == "__main__":
    harness.main()
