"""test_devices_others.py: scripts for pf, IOS, Junos, RouterOS and OpenC2, read back by grammars and compared with what the plan says of packets."""
import copy
import json
import re
import subprocess
import tempfile
import unittest

import harness
import device_language_pf as pf_language
import device_languages as languages
import device_pf
from device_packets import BYSTANDER, HOST, Packet, packets, passes
from devices import TAG, plan, write

ALLOW = ("10.1.0.0/24", "10.2.0.7,tcp,22,in", "10.2.0.9,udp,514-515,out", "10.2.0.9,tcp,6514,out", "2001:db8::7,tcp,22-23,in", "2001:db8:9::/64")
BLOCK = ("203.0.113.0/24", "198.51.100.7", "2001:db8:bad::/48", "2001:db8:f::1")
HOSTS = ("--host", HOST[4], "--host", HOST[6])
CASES = [("isolate", ALLOW, ()), ("isolate", (), ()), ("block", ALLOW, BLOCK), ("block", (), BLOCK),
         # A responder within what is blocked: what passes goes first.
         ("block", ("203.0.113.9,tcp,22,in", "2001:db8:bad::5", "203.0.113.10,udp,514,out"), BLOCK)]
OLD = {"ios": {(4, "OLD"): {10: "permit ip any any"}}}


class Script(unittest.TestCase):
    def written(self, device, text, *place):
        script = write(device, text, *place)
        self.assertEqual(script.status, 0, script.said)
        return script

    def compare(self, action, allow, addresses, has):
        wrong = []
        count = 0
        for p in packets(allow, addresses):
            count += 1
            if has(p) != passes(action, allow, addresses, p):
                wrong.append(f"{p}: {'held' if passes(action, allow, addresses, p) else 'passes'}")
        self.assertEqual(wrong[:10], [])
        self.assertGreater(count, 100)

    def bystander(self, has):
        """At an isolation by address, others behind the same device go on."""
        for version, remote in ((4, "198.51.100.200"), (6, "2001:db8:200::1")):
            for to_host in (True, False):
                self.assertTrue(has(Packet(to_host, remote, "tcp", 80, 4000, "S", BYSTANDER[version])))

    def refused(self, device, status, words, text, *place):
        got = write(device, text, *place)
        self.assertEqual(got.status, status, got.said)
        self.assertIn(words, got.said)


class PfTest(Script):
    def test_it_means_what_the_plan_says(self):
        for action, allow, addresses in CASES:
            for place in (("--itself",), HOSTS):
                with self.subTest(action=action, allow=allow, place=place):
                    script = self.written("pf", plan(action, allow=allow, addresses=addresses), *place)
                    anchor, pf = pf_language.pf_parts(script.apply)
                    self.assertEqual(anchor, "calm/" + TAG)
                    self.compare(action, allow, addresses, lambda p: pf.passes(p, ["in" if p.to_host else "out"] if place == ("--itself",) else ["in", "out"]))
                    if place == HOSTS:
                        self.bystander(lambda p: pf.passes(p, ["in", "out"]))

    def bsd(self, **more):
        folder = tempfile.TemporaryDirectory(prefix="calm-pf-")
        self.addCleanup(folder.cleanup)
        return device_pf.Bsd(folder.name, **more)

    def test_applied_it_holds_and_undone_the_device_is_what_it_was(self):
        """By pfctl as its manual has it: other anchors stay, twice does no harm, and a second apply is refused."""
        limit = ("limit", [("flood", "tcp"), ("port", 443), ("rate", 5), ("connections", 9)])
        for action, allow, addresses, values in [*((*case, []) for case in CASES), (limit[0], ["10.1.0.7"], (), limit[1])]:
            for expiry in (0, 4000000000):
                with self.subTest(action=action, allow=allow, expiry=expiry):
                    bsd = self.bsd()
                    before = {k: v for k, v in bsd.state().items() if k != "states"}  # which are what is cut
                    script = self.written("pf", plan(action, allow=allow, addresses=addresses, values=values, expiry=expiry), "--itself")
                    self.assertEqual(bsd.run(script.check)[0], 1)
                    self.assertEqual(bsd.run(script.apply), (0, f"calm {TAG} is in effect\n"))
                    self.assertEqual(bsd.run(script.check)[0], 0)
                    self.assertEqual(bsd.run(script.apply)[0], 1)
                    if action != "limit":
                        rules = bsd.rules("calm/" + TAG)
                        self.compare(action, allow, addresses, lambda p: rules.passes(p, ["in" if p.to_host else "out"]))
                    self.assertEqual(bsd.run(script.confirm)[0], 0)
                    self.assertEqual(bsd.run(script.confirm)[0], 1)
                    for _ in range(2):
                        self.assertEqual(bsd.run(script.undo)[0], 0)
                        self.assertEqual({k: v for k, v in bsd.state().items() if k != "states"}, before)
                        self.assertEqual(bsd.files(), [])
                    self.assertEqual(bsd.run(script.check)[0], 1)

    def test_an_interface_comes_back_only_where_it_was_up(self):
        for was_up in (True, False):
            bsd = self.bsd(interfaces=(("em0", was_up), ("em1", True)))
            before = bsd.state()
            script = self.written("pf", plan("isolate"), "--action", "down", "--value", "interface=em0")
            self.assertEqual(bsd.run(script.apply)[0], 0)
            self.assertEqual(bsd.state()["up"], {"em0": False, "em1": True})
            self.assertEqual(bsd.run(script.undo)[0], 0)
            self.assertEqual((bsd.state(), bsd.files()), (before, []))

    def test_a_limit_is_a_stateful_rule_with_its_numbers(self):
        script = self.written("pf", plan("limit", allow=["10.1.0.7"], values=[("flood", "tcp"), ("port", 443), ("rate", 5), ("connections", 9)]), "--host", HOST[4])
        _, pf = pf_language.pf_parts(script.apply)
        (rule,) = [r for r in pf.rules if r["state"]]
        self.assertEqual(rule["state"], {"source-track": "rule", "max-src-conn": "9", "max-src-conn-rate": "5/1", "overload": "calm_flood"})
        self.assertEqual((str(rule["to"][0]), rule["to"][1], rule["flags"]), (HOST[4] + "/32", (443, 443), "S/SA"))
        self.refused("pf", 2, "UDP it cannot limit", plan("limit", values=[("flood", "udp"), ("rate", 5)]), "--itself")
        self.refused("pf", 2, "nor what comes within a connection", plan("limit", values=[("flood", "http"), ("port", 80), ("rate", 5)]), "--itself")
        self.refused("pf", 2, "say which", plan("limit", values=[("flood", "tcp"), ("rate", 5)]), "--itself")

    def test_only_our_anchor_is_flushed(self):
        for action, values in (("isolate", []), ("limit", [("flood", "tcp"), ("port", 1), ("rate", 5)])):
            script = self.written("pf", plan(action, values=values, expiry=2000000000), "--host", HOST[4])
            flushes = [flush for words in pf_language.shell_words(script.undo) for flush in re.findall(r"pfctl[^;]*-F \S+", " ".join(words))]
            self.assertEqual(len(flushes), 2)
            for flush in flushes:
                self.assertRegex(flush, rf"^pfctl -q -a calm/{TAG} -F (rules|Tables);?$")

    def test_the_shell_takes_each_script(self):
        for case in CASES:
            script = self.written("pf", plan(case[0], allow=case[1], addresses=case[2], expiry=2000000000), "--itself")
            for part in (script.apply, script.check, script.confirm, script.undo):
                done = subprocess.run(["sh", "-n"], input=part.encode(), capture_output=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, b""))


class IosTest(Script):
    def machine(self, place):
        old = {"--bound-in4": ("Gi0/1", 4, "in"), "--bound-out4": ("Gi0/1", 4, "out")}
        bound = {old[word]: "OLD" for word in place if word in old}
        return languages.Ios(OLD["ios"] if bound else {}, bound)

    def test_it_means_what_the_plan_says_and_is_undone(self):
        for action, allow, addresses in CASES:
            for more in ((), ("--bound-in4", "OLD"), ("--bound-out4", "OLD")):
                place = ("--port", "Gi0/1", *more, *(HOSTS if action == "isolate" else ()))
                with self.subTest(action=action, allow=allow, place=place):
                    ios = self.machine(place)
                    before = copy.deepcopy(ios.state())
                    script = self.written("ios", plan(action, allow=allow, addresses=addresses), *place)
                    ios.run(script.apply)
                    ios.run(script.check)
                    self.assertEqual(ios.reload, 5)
                    inside = action == "isolate"
                    self.compare(action, allow, addresses, lambda p: ios.passes(p, "Gi0/1", "in" if p.to_host != inside else "out"))
                    if inside and allow:
                        self.bystander(lambda p: ios.passes(p, "Gi0/1", "in" if p.to_host != inside else "out"))
                    ios.run(script.confirm)
                    self.assertIsNone(ios.reload)
                    ios.run(script.undo)
                    self.assertEqual(ios.state(), before)

    def test_a_port_is_shut_where_nobody_passes(self):
        """And is as before in the end, whether it was open or shut: a device that cannot keep that is looked at first."""
        for action, place in (("isolate", ("--port", "Gi0/1")), ("down", ("--action", "down", "--value", "interface=Gi0/1"))):
            for before in (set(), {"Gi0/1"}, {"Gi0/2"}):
                with self.subTest(action=action, before=before):
                    script = self.written("ios", plan("isolate", timer=61), *place)
                    ios = languages.Ios()
                    ios.shut = set(before)
                    goes_on = ios.run(script.apply)
                    self.assertEqual(goes_on, "Gi0/1" not in before)
                    self.assertEqual((ios.shut, ios.reload), (before | {"Gi0/1"}, 2 if goes_on else None))
                    self.assertRegex(script.undo, r'(?m)^! Only where the port was open before: .*"shutdown", it stays shut, and nothing of this is typed\.$')
                    if goes_on:
                        ios.run(script.undo)
                    self.assertEqual((ios.shut, ios.reload), (before, None))

    def test_a_list_without_room_is_refused_with_what_to_do(self):
        allow = [f"10.1.0.{i}" for i in range(1, 12)]
        text = plan("isolate", allow=allow)
        self.refused("ios", 10, "resequence OLD", text, "--port", "Gi0/1", "--host", HOST[4], "--bound-in4", "OLD")
        self.written("ios", text, "--port", "Gi0/1", "--host", HOST[4], "--bound-in4", "OLD", "--room", "12")

    def test_what_it_cannot_do_is_said(self):
        self.refused("ios", 2, "say the port", plan("block", addresses=["203.0.113.9"]))
        self.refused("ios", 2, "cannot be asked to limit; these can: nftables, iptables, pf, routeros", plan("limit", values=[("flood", "tcp"), ("rate", 5)]), "--port", "Gi0/1")
        self.assertIn("a person must undo it at 2033-05-18 03:33:20 UTC", self.written("ios", plan("isolate", expiry=2000000000), "--port", "Gi0/1").lacks)
        many = self.written("ios", plan("block", addresses=[f"198.18.{i // 256}.{i % 256}" for i in range(2001)]), "--port", "Gi0/1")
        self.assertIn("names 2001 networks", many.lacks)

    def test_names_never_become_commands(self):
        for name in ["Gi0/1\nreload", "Gi0/1 ; reload", "$(reload)", "`reload`", "", "é", "Gi0/1 ", "x" * 64, "!", "Gi0/1\treload"]:
            for device in ("ios", "junos"):
                with self.subTest(name=name, device=device):
                    self.assertEqual(write(device, plan("isolate"), "--action", "down", "--value", f"interface={name}").status, 2 if device == "junos" and not name else 7)
                    if name:
                        self.assertEqual(write(device, plan("isolate"), "--port", name).status, 7)
                        self.assertEqual(write(device, plan("isolate"), "--port", "Gi0/1", "--bound-in4", name).status, 7)


class JunosTest(Script):
    BEFORE = ["system host-name edge", "firewall family inet filter OLD term all then accept"]
    BOUND = "interfaces ge-0/0/1 unit 5 family inet filter input OLD"

    def test_it_means_what_the_plan_says_and_is_undone(self):
        for action, allow, addresses in CASES:
            for more in ((), ("--bound-in4", "OLD")):
                place = ("--port", "ge-0/0/1.5", *more, *(HOSTS if action == "isolate" else ()))
                with self.subTest(action=action, allow=allow, place=place):
                    before = self.BEFORE + ([self.BOUND] if more else [])
                    junos = languages.Junos(before)
                    script = self.written("junos", plan(action, allow=allow, addresses=addresses, timer=301), *place)
                    junos.run(script.apply)
                    junos.run(script.check)
                    self.assertEqual(junos.confirm, " confirmed 6")
                    inside = action == "isolate"
                    self.compare(action, allow, addresses, lambda p: junos.passes(p, "ge-0/0/1.5", "in" if p.to_host != inside else "out"))
                    if inside and allow:
                        self.bystander(lambda p: junos.passes(p, "ge-0/0/1.5", "in" if p.to_host != inside else "out"))
                    junos.run(script.confirm)
                    self.assertIsNone(junos.confirm)
                    junos.run(script.undo)
                    self.assertEqual(sorted(junos.active), sorted(before))

    def test_a_port_is_shut_where_nobody_passes(self):
        for before in (self.BEFORE, [*self.BEFORE, "interfaces ge-0/0/1 disable"]):  # open, and shut by somebody else
            script = self.written("junos", plan("isolate", timer=0), "--port", "ge-0/0/1")
            junos = languages.Junos(before)
            junos.run(script.apply)
            self.assertIsNone(junos.confirm)
            self.assertEqual(script.confirm, "")
            self.assertFalse(junos.passes(Packet(True, "198.51.100.200", "tcp", 1, 1, "S"), "ge-0/0/1", "in"))
            junos.run(script.undo)
            self.assertEqual(junos.active, before)


class RouterOsTest(Script):
    HOOKS = {True: {True: ["prerouting"], False: ["output"]}, False: {True: ["prerouting"], False: ["prerouting"]}}

    def test_it_means_what_the_plan_says_and_is_undone(self):
        others = {"chain": "prerouting", "action": "return", "comment": "theirs"}
        for action, allow, addresses in CASES:
            for place in (("--itself",), HOSTS):
                for rules in ([], [others], [{"chain": "prerouting", "action": "return", "dynamic": "yes"}, others]):
                    with self.subTest(action=action, allow=allow, place=place, rules=rules):
                        ros = languages.RouterOs()
                        ros.items["/ip firewall raw"] = copy.deepcopy(rules)
                        before = copy.deepcopy(ros.items)
                        script = self.written("routeros", plan(action, allow=allow, addresses=addresses, expiry=5000), *place, "--now", "1000")
                        ros.run(script.apply)
                        ros.run(script.check)
                        if not rules or "dynamic" not in rules[0]:
                            self.compare(action, allow, addresses, lambda p: ros.passes(p, self.HOOKS[place == ("--itself",)][p.to_host]))
                        with self.assertRaises(languages.Refused):
                            ros.run(script.apply)
                        schedule = {i["name"]: i for i in ros.items["/system scheduler"]}
                        self.assertEqual({k: v["interval"] for k, v in schedule.items()}, {f"calm-{TAG}-back": "300s", f"calm-{TAG}-end": "4000s"})
                        after = copy.deepcopy(ros)
                        after.run(schedule[f"calm-{TAG}-back"]["on-event"])
                        self.assertEqual(after.items, before)
                        ros.run(script.confirm)
                        self.assertEqual([i["name"] for i in ros.items["/system scheduler"]], [f"calm-{TAG}-end"])
                        ros.run(script.undo)
                        ros.run(script.undo)
                        self.assertEqual(ros.items, before)

    def test_limits_have_their_numbers(self):
        script = self.written("routeros", plan("limit", values=[("flood", "tcp"), ("port", 443), ("rate", 50), ("burst", 70), ("connections", 9), ("prefix4", 24)]), "--itself")
        ros = languages.RouterOs()
        ros.run(script.apply)
        (passing,) = [i for i in ros.items["/ip firewall raw"] if "dst-limit" in i]
        self.assertEqual((passing["dst-limit"], passing["tcp-flags"], passing["dst-port"], passing["action"]), ("50/1s,70,src-address/1m", "syn,!ack,!rst,!fin", "443", "return"))
        (held,) = [i for i in ros.items["/ip firewall filter"] if "connection-limit" in i]
        self.assertEqual((held["connection-limit"], held["action"]), ("9,24", "drop"))
        ros.run(script.undo)
        self.assertEqual(ros.items, languages.RouterOs().items)

    def test_a_limit_of_requests_counts_what_ends_a_write_and_says_so(self):
        script = self.written("routeros", plan("limit", values=[("flood", "http"), ("port", 80), ("rate", 5), ("burst", 10), ("connections", 9)]), "--itself")
        ros = languages.RouterOs()
        ros.run(script.apply)
        (passing,) = [i for i in ros.items["/ip firewall raw"] if "dst-limit" in i]
        self.assertEqual((passing["dst-limit"], passing["tcp-flags"], passing["dst-port"]), ("5/1s,10,src-address/1m", "psh", "80"))
        (held,) = [i for i in ros.items["/ip firewall filter"] if "connection-limit" in i]
        self.assertEqual(held["tcp-flags"], "syn,!ack,!rst,!fin")
        self.assertIn("packets with the mark PSH are counted", script.apply)
        self.refused("routeros", 2, "not bytes: say a rate", plan("limit", values=[("flood", "udp"), ("bytes", 5000)]), "--itself")

    def test_an_interface_goes_down_and_comes_back_only_where_it_was_up(self):
        for disabled in ("no", "yes"):
            for place in (("--port", "ether 2"), ("--action", "down", "--value", "interface=ether 2")):
                ros = languages.RouterOs()
                ros.items["/interface"] = [{"name": "ether 2", "disabled": disabled}, {"name": "ether1", "disabled": "no"}]
                before = copy.deepcopy(ros.items)
                script = self.written("routeros", plan("isolate"), *place)
                ros.run(script.apply)
                self.assertEqual([i["disabled"] for i in ros.items["/interface"]], ["yes", "no"])
                ros.run(script.undo)
                self.assertEqual(ros.items, before)

    def test_names_never_become_commands(self):
        for name in ['x" disabled=no', "x\n/system reset-configuration", "$x", "[/system reboot]", "x\\", "x;y", "{", "é", "", "x'", "(x)", "#"]:
            with self.subTest(name=name):
                if name:
                    self.assertEqual(write("routeros", plan("isolate"), "--port", name).status, 7)

    def test_what_has_expired_is_not_written(self):
        self.refused("routeros", 2, "has expired", plan("isolate", expiry=1000), "--itself", "--now", "1000")


class OpenC2Test(Script):
    def test_it_means_what_the_plan_says_and_is_undone(self):
        for action, allow, addresses in CASES:
            for place in (("--itself",), HOSTS):
                with self.subTest(action=action, allow=allow, place=place):
                    script = self.written("openc2", plan(action, allow=allow, addresses=addresses, expiry=2000000000), *place)
                    rules = languages.OpenC2()
                    rules.run(script.apply)
                    rules.run(script.check)
                    self.assertTrue(all(r[4].get("duration") == 300000 for r in rules.rules.values()))
                    # The profile knows no flags of TCP: an answer passes by its port alone.
                    self.compare(action, allow, addresses, lambda p: rules.passes(p) and (p.flags != "S" or passes(action, allow, addresses, p)))
                    first = dict(rules.rules)
                    rules.run(script.confirm)
                    second = {k: v for k, v in rules.rules.items() if k not in first}
                    self.assertEqual([v[:4] for v in second.values()], [v[:4] for v in first.values()])
                    self.assertTrue(all("duration" not in r[4] and r[4]["stop_time"] == 2000000000000 for r in second.values()))
                    rules.run(script.undo)
                    self.assertEqual(rules.rules, {})

    def test_a_name_stays_a_string(self):
        for host in ['"},"action":"query', "a\nb", "\u202e", "\\", "é", "x\u2028y"]:
            for line in self.written("openc2", plan("isolate", host=host), "--itself").apply.splitlines():
                self.assertEqual(json.loads(line)["actuator"]["slpf"]["asset_id"], host)
        self.assertEqual(write("openc2", plan("isolate").replace("host web1", "host %FF"), "--itself").status, 7)

    def test_ranges_that_would_be_too_many_commands_are_refused(self):
        self.refused("openc2", 10, "has no ranges", plan("isolate", allow=["10.1.0.7,tcp,1-257,in"]), "--itself")
        self.refused("openc2", 2, "knows no ports of a switch", plan("isolate"), "--port", "Gi0/1")


class Many(Script):
    def test_a_hundred_thousand_networks_are_spelled_in_little_room(self):
        text = plan("block", addresses=[f"{10 + i // 65536}.{i // 256 % 256}.{i % 256}.7" for i in range(100000)])
        for device, place, most in (("pf", ("--itself",), 16), ("ios", ("--port", "Gi0/1"), 20), ("junos", ("--port", "ge-0/0/1"), 100), ("routeros", ("--itself",), 52),
                                    ("windows", ("--itself",), 24), ("openc2", ("--itself",), 300)):
            script = self.written(device, text, *place)
            self.assertLess(len(script.apply) / 100000, most, device)
            if device != "openc2":
                self.assertLess(len(script.undo), 4000, device)


if __name__ == "__main__":
    harness.main()
