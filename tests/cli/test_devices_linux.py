"""test_devices_linux.py: scripts for nftables and iptables, run in network namespaces; their inverse leaves everything as it was."""
import pathlib
import random
import re
import tempfile
import time
import unittest

import harness
import devices
from devices import TAG, plan, write

SKIP = devices.missing("nft", "iptables-restore", "ip6tables-restore", "iptables-save", "ip", "ipset")
# Somebody else's rules, which must be there before and after, to the byte.
OTHERS_NFT = """table inet filter {
    set friends { type ipv4_addr; elements = { 192.0.2.99 } }
    chain input { type filter hook input priority 0; policy accept; tcp dport 22 accept; }
}
table ip nat {
    chain post { type nat hook postrouting priority 100; policy accept; oifname "eth9" masquerade; }
}
"""
OTHERS_IPTABLES = """*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -j DOCKER
-A DOCKER -s 192.0.2.99/32 -j RETURN
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
COMMIT
"""
STATE = {"nftables": "nft list ruleset",
         "iptables": "for p in iptables ip6tables; do $p-save | grep -v '^#' | sed 's/\\[[0-9:]*\\]/[0:0]/'; done; ipset list -n"}
SETUP = {"nftables": "nft -f $D/others.nft", "iptables": "for p in iptables ip6tables; do sed \"s,192.0.2.99/32,$([ $p = iptables ] && echo 192.0.2.99/32 || echo 2001:db8::99/128),\" $D/others.rules | $p-restore; done"}
# A veth pair to a namespace whose processes are this one's children; the other side answers at 10.9.0.2 and 10.9.0.3.
WIRE = """
unshare -n sleep 600 & OTHER=$!
sleep 0.3
ip link add here type veth peer name there netns $OTHER
ip addr add 10.9.0.1/24 dev here; ip addr add 2001:db8:9::1/64 dev here nodad; ip link set here up
nsenter -t $OTHER -n sh -c 'ip link set lo up; ip addr add 10.9.0.2/24 dev there; ip addr add 10.9.0.3/24 dev there; ip addr add 2001:db8:9::2/64 dev there nodad; ip link set there up'
trap 'kill $OTHER' EXIT
# The kernel tells an interface's own IPv6 that its cable is in up to a second later.
i=0
until python3 $D/alive.py 2001:db8:9::2 || [ $i -eq 10 ]; do i=$((i + 1)); sleep 0.2; done
alive() { python3 $D/alive.py $1 && echo "$TEXT $1: passes" || echo "$TEXT $1: held"; }
"""
# Nothing listens there: an answer is that the connection is refused.
ALIVE = """import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
s.settimeout(0.7)
try:
    if len(sys.argv) > 2:
        s.bind((sys.argv[2], 0))
    s.connect((sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 9))
except ConnectionRefusedError:
    sys.exit(0)
except OSError:
    sys.exit(1)
"""


class Linux(unittest.TestCase):
    def setUp(self):
        self.temp = tempfile.TemporaryDirectory(prefix="calm-test-")
        self.folder = pathlib.Path(self.temp.name)
        (self.folder / "others.nft").write_text(OTHERS_NFT)
        (self.folder / "others.rules").write_text(OTHERS_IPTABLES)
        (self.folder / "alive.py").write_text(ALIVE)

    def tearDown(self):
        self.temp.cleanup()

    def put(self, script):
        for part in ("apply", "check", "confirm", "undo"):
            (self.folder / part).write_text(getattr(script, part))

    def run_steps(self, device, steps):
        status, said = devices.in_namespace(f"D={self.folder}\nstate() {{ {STATE[device]}; }}\n{{ {SETUP[device]}; }} || exit 99\nstate >$D/before\n{steps}")
        return status, said

    def there_and_back(self, device, text, *place):
        """Applies, checks, undoes twice; what is there afterwards is what was there before."""
        script = write(device, text, *place)
        self.assertEqual(script.status, 0, script.said)
        self.put(script)
        status, said = self.run_steps(device, "sh $D/apply || exit 10\nsh $D/check || exit 11\nstate >$D/during\nsh $D/undo || exit 12\n"
                                              "state >$D/after\nsh $D/undo || exit 13\nsh $D/check && exit 14\nstate >$D/again\nexit 0\n")
        self.assertEqual(status, 0, said + script.apply[:3000])
        read = {name: (self.folder / name).read_text() for name in ("before", "during", "after", "again")}
        self.assertNotEqual(read["during"], read["before"], "nothing changed")
        self.assertEqual(read["after"], read["before"])
        self.assertEqual(read["again"], read["before"])
        return script, read["during"]


PLACES = {"itself": ("--itself",), "before": ("--host", "192.0.2.80", "--host", "2001:db8::80"), "port": ("--port", "eth7")}
ALLOW = ("10.1.0.0/24", "10.1.0.7,tcp,22,in", "10.1.0.9,udp,514,out", "10.1.0.9,tcp,8000-8100,out", "2001:db8::7,tcp,22-23,in")
PLANS = {
    "isolate": {"allow": ALLOW},
    "isolate, nobody passes": {"action": "isolate"},
    "block": {"allow": ALLOW, "addresses": ["203.0.113.0/24", "198.51.100.7", "2001:db8:bad::/48", "2001:db8:f::1"]},
    "block of IPv4 alone": {"action": "block", "addresses": ["203.0.113.9"]},
    "block, to a moment": {"action": "block", "addresses": ["203.0.113.9"], "expiry": 2000000000},
    "block without a timer": {"action": "block", "addresses": ["203.0.113.9"], "timer": 0},
    "limit of TCP": {"action": "limit", "allow": ALLOW, "values": [("flood", "tcp"), ("port", 443), ("rate", 50), ("burst", 70), ("connections", 100),
                                                                   ("prefix4", 24), ("prefix6", 48)]},
    "limit of UDP": {"action": "limit", "values": [("flood", "udp"), ("rate", 1000)]},
    "limit of requests": {"action": "limit", "values": [("flood", "http"), ("port", 80), ("rate", 5), ("burst", 10), ("connections", 100), ("prefix4", 24)]},
    "limit of bytes": {"action": "limit", "values": [("flood", "udp"), ("port", 53), ("bytes", 1000000)]},
    "limit of connections": {"action": "limit", "values": [("flood", "tcp"), ("connections", 20)]},
}


@unittest.skipIf(SKIP, SKIP)
class ThereAndBack(Linux):
    def test_what_a_script_did_its_inverse_undoes_to_the_byte(self):
        for device in STATE:
            for name, given in PLANS.items():
                for where, place in PLACES.items():
                    with self.subTest(device=device, plan=name, where=where):
                        self.there_and_back(device, plan(**{"action": name, **given}), *place)

    def test_random_plans_leave_everything_as_it_was(self):
        rng = random.Random(4)

        def address(six):
            if six:
                return f"2001:db8:{rng.randrange(1, 0xffff):x}::/{48}" if rng.random() < .5 else f"2001:db8:0:{rng.randrange(1, 0xffff):x}::{rng.randrange(1, 0xffff):x}"
            return f"198.18.{rng.randrange(128)}.{rng.randrange(256)}" if rng.random() < .7 else f"198.19.{rng.randrange(256)}.0/24"

        for _ in range(30):
            device = rng.choice(list(STATE))
            action = rng.choice(["isolate", "block", "limit"])
            allow = sorted({rng.choice([f"10.{rng.randrange(256)}.0.1", f"10.0.{rng.randrange(256)}.2,{rng.choice(['tcp', 'udp'])},{rng.randrange(1, 65536)},{rng.choice(['in', 'out'])}",
                                        f"2001:db8:ffff::{rng.randrange(1, 9999):x}", "10.2.0.0/16,tcp,100-200,in"]) for _ in range(rng.randrange(4))})
            addresses = {address(rng.random() < .4) for _ in range(rng.choice([1, 5, 200]))} if action == "block" else []
            values = [("flood", rng.choice(["tcp", "udp"]))] + ([("port", rng.randrange(1, 65536))] if rng.random() < .5 else []) + \
                [("rate", rng.randrange(1, 100000))] + ([("connections", rng.randrange(1, 100000))] if rng.random() < .5 else []) if action == "limit" else []
            text = plan(action, allow=allow, addresses=addresses, values=values, timer=rng.choice([0, 10, 86400]), expiry=rng.choice([0, 0, 2000000000]))
            with self.subTest(device=device, plan=text):
                self.there_and_back(device, text, *PLACES[rng.choice(list(PLACES))])

    def test_a_second_apply_changes_nothing_and_says_so(self):
        for device in STATE:
            with self.subTest(device=device):
                self.put(write(device, plan("block", addresses=["203.0.113.9"]), "--itself"))
                status, said = self.run_steps(device, "settled() { state | sed 's/ expires [0-9a-z]*//g'; }; sh $D/apply && settled >$D/one; sh $D/apply; s=$?; settled >$D/two; cmp $D/one $D/two || exit 9; exit $s")
                self.assertEqual(status, 1, said)
                self.assertIn("undo it first", said)

    def test_a_hundred_thousand_networks_go_in_and_out(self):
        addresses = [f"{10 + i // 65536}.{i // 256 % 256}.{i % 256}.7" for i in range(90000)] + [f"2001:db8:{i:x}::/48" for i in range(1, 10001)]
        for device in STATE:
            with self.subTest(device=device):
                script, during = self.there_and_back(device, plan("block", addresses=addresses), "--itself")
                self.assertLess(len(script.apply), 100000 * 40)
                if device == "iptables":
                    self.assertEqual(during.count("--match-set"), 6)

    def test_where_a_part_is_refused_nothing_stays(self):
        # No ipset: the script says so before it changes anything. A broken ip6tables: the IPv4 half goes back.
        text = plan("block", addresses=[f"203.0.{i // 256}.{i % 256}" for i in range(1001)])
        self.put(write("iptables", text, "--itself"))
        (self.folder / "bin").mkdir()
        for name in ("iptables", "iptables-restore", "ip6tables", "grep", "sh", "date"):
            (self.folder / "bin" / name).symlink_to("/usr/sbin/" + name if "tables" in name else "/bin/" + name)
        status, said = self.run_steps("iptables", "(PATH=$D/bin; sh $D/apply); s=$?; state >$D/after; cmp $D/before $D/after || exit 9; exit $s")
        self.assertEqual(status, 1, said)
        self.assertIn("ipset is missing", said)
        self.put(write("iptables", plan("isolate"), "--itself"))
        status, said = self.run_steps("iptables", "printf '#!/bin/sh\\nexit 2\\n' >$D/bin/ip6tables-restore; chmod +x $D/bin/ip6tables-restore\n"
                                                  "(PATH=$D/bin:$PATH; sh $D/apply); s=$?; state >$D/after; diff $D/before $D/after || exit 9; exit $s")
        self.assertEqual(status, 1, said)
        self.assertIn("refused by this system, and undone", said)


@unittest.skipIf(SKIP, SKIP)
class InEffect(Linux):
    def sees(self, device, text, place, steps):
        self.put(write(device, text, *place))
        status, said = self.run_steps(device, WIRE + steps)
        self.assertEqual(status, 0, said)
        return [line for line in said.splitlines() if ": " in line and ("passes" in line or "held" in line)]

    def test_isolation_lets_the_responder_alone_pass(self):
        for device in STATE:
            with self.subTest(device=device):
                saw = self.sees(device, plan("isolate", allow=["10.9.0.2"]), ["--itself"], "TEXT=before; alive 10.9.0.2; alive 10.9.0.3; alive 2001:db8:9::2\n"
                                "sh $D/apply || exit 8\nTEXT=during; alive 10.9.0.2; alive 10.9.0.3; alive 2001:db8:9::2; alive 127.0.0.1\n"
                                "sh $D/undo || exit 9\nTEXT=after; alive 10.9.0.3; alive 2001:db8:9::2; exit 0")
                self.assertEqual(saw, ["before 10.9.0.2: passes", "before 10.9.0.3: passes", "before 2001:db8:9::2: passes",
                                       "during 10.9.0.2: passes", "during 10.9.0.3: held", "during 2001:db8:9::2: held", "during 127.0.0.1: passes",
                                       "after 10.9.0.3: passes", "after 2001:db8:9::2: passes"])

    def test_a_block_holds_its_networks_alone(self):
        for device in STATE:
            with self.subTest(device=device):
                saw = self.sees(device, plan("block", addresses=["10.9.0.3", "2001:db8:9::2"]), ["--itself"],
                                "sh $D/apply || exit 8\nTEXT=during; alive 10.9.0.2; alive 10.9.0.3; alive 2001:db8:9::2\nexit 0")
                self.assertEqual(saw, ["during 10.9.0.2: passes", "during 10.9.0.3: held", "during 2001:db8:9::2: held"])

    def test_what_nobody_confirms_goes_back_by_itself_and_what_is_confirmed_stays(self):
        for device in STATE:
            with self.subTest(device=device):
                saw = self.sees(device, plan("block", addresses=["10.9.0.3"], timer=10), ["--itself"],
                                "sh $D/apply || exit 8\nTEXT=during; alive 10.9.0.3; sleep 12; TEXT=unconfirmed; alive 10.9.0.3\n"
                                "state >$D/after; diff $D/before $D/after || exit 9\nsh $D/confirm && exit 10\n"
                                "sh $D/apply && sh $D/confirm || exit 11\nsleep 12; TEXT=confirmed; alive 10.9.0.3\n"
                                "sh $D/undo; TEXT=undone; alive 10.9.0.3; state >$D/after; diff $D/before $D/after || exit 12\nexit 0")
                self.assertEqual(saw, ["during 10.9.0.3: held", "unconfirmed 10.9.0.3: passes", "confirmed 10.9.0.3: held", "undone 10.9.0.3: passes"])

    def test_it_ends_at_its_expiry_although_confirmed(self):
        for device in STATE:
            with self.subTest(device=device):
                saw = self.sees(device, plan("block", addresses=["10.9.0.3"], timer=60, expiry=int(time.time()) + 10), ["--itself"],
                                "sh $D/apply && sh $D/confirm || exit 8\nTEXT=during; alive 10.9.0.3; sleep 11; TEXT=expired; alive 10.9.0.3\nsh $D/undo\n"
                                "state >$D/after; diff $D/before $D/after || exit 12\nexit 0")
                self.assertEqual(saw, ["during 10.9.0.3: held", "expired 10.9.0.3: passes"])
                saw = self.sees(device, plan("isolate", timer=60, expiry=int(time.time()) + 8), ["--itself", "--action", "down", "--value", "interface=here"],
                                "sh $D/apply && sh $D/confirm || exit 8\nTEXT=during; alive 10.9.0.3; sleep 10; TEXT=expired; alive 10.9.0.3\nexit 0")
                self.assertEqual(saw, ["during 10.9.0.3: held", "expired 10.9.0.3: passes"])

    def test_an_interface_that_was_taken_down_comes_back(self):
        for device in STATE:
            with self.subTest(device=device):
                saw = self.sees(device, plan("isolate", timer=10), ["--itself", "--action", "down", "--value", "interface=here"],
                                "sh $D/apply || exit 8\nTEXT=during; alive 10.9.0.3; sh $D/check || exit 7; sh $D/undo || exit 9\nsleep 1; TEXT=after; alive 10.9.0.3\n"
                                "sh $D/apply || exit 10; sleep 12; TEXT=unconfirmed; alive 10.9.0.3\nsh $D/apply && sh $D/confirm || exit 11; sleep 12; TEXT=confirmed; alive 10.9.0.3\nexit 0")
                self.assertEqual(saw, ["during 10.9.0.3: held", "after 10.9.0.3: passes", "unconfirmed 10.9.0.3: passes", "confirmed 10.9.0.3: held"])


    def test_an_interface_that_was_down_before_stays_down(self):
        for device in STATE:
            with self.subTest(device=device):
                self.sees(device, plan("isolate", timer=10), ["--itself", "--action", "down", "--value", "interface=here"],
                          "ip link set here down\nsh $D/apply || exit 8\nsh $D/undo || exit 9\nip -o link show here | grep -q '[<,]UP[,>]' && exit 10\nexit 0")


@unittest.skipIf(SKIP, SKIP)
class Between(Linux):
    """The device is a router: outside at "here" (10.9.0.0/24), the host 10.8.0.2 and a bystander 10.8.0.3 at "inside"."""
    ROUTER = WIRE + """
unshare -n sleep 600 & HOST=$!
trap 'kill $OTHER $HOST' EXIT
sleep 0.3
ip link add inside type veth peer name host netns $HOST
ip addr add 10.8.0.1/24 dev inside; ip addr add 2001:db8:8::1/64 dev inside nodad; ip link set inside up
nsenter -t $HOST -n sh -c 'ip link set lo up; ip addr add 10.8.0.2/24 dev host; ip addr add 10.8.0.3/24 dev host; ip addr add 2001:db8:8::2/64 dev host nodad; ip link set host up; ip route add default via 10.8.0.1; ip -6 route add default via 2001:db8:8::1'
nsenter -t $OTHER -n sh -c 'ip route add default via 10.9.0.1; ip -6 route add default via 2001:db8:9::1'
for f in ipv4/ip_forward ipv6/conf/all/forwarding; do mount -t proc none /proc; echo 1 >/proc/sys/net/$f; done
sleep 1.5
to() { nsenter -t $OTHER -n python3 $D/alive.py $1 $2 $3 && echo "in $2 $1 $3: passes" || echo "in $2 $1 $3: held"; }
from() { nsenter -t $HOST -n python3 $D/alive.py $1 $2 $3 && echo "out $2 $1 $3: passes" || echo "out $2 $1 $3: held"; }
all() { P=
for w in "to 10.8.0.2 10.9.0.2 22" "to 10.8.0.2 10.9.0.2 23" "to 10.8.0.2 10.9.0.3 22" "to 10.8.0.3 10.9.0.3 22" "to 2001:db8:8::2 2001:db8:9::2 22" \\
    "from 10.9.0.2 10.8.0.2 80" "from 10.9.0.3 10.8.0.2 80" "from 10.9.0.3 10.8.0.3 80" "from 2001:db8:9::2 2001:db8:8::2 80"; do $w & P="$P $!"; done; wait $P; }
"""
    NAMES = ["in 10.9.0.2 10.8.0.2 22", "in 10.9.0.2 10.8.0.2 23", "in 10.9.0.3 10.8.0.2 22", "in 10.9.0.3 10.8.0.3 22", "in 2001:db8:9::2 2001:db8:8::2 22",
             "out 10.8.0.2 10.9.0.2 80", "out 10.8.0.2 10.9.0.3 80", "out 10.8.0.3 10.9.0.3 80", "out 2001:db8:8::2 2001:db8:9::2 80"]
    HOSTS = ("--host", "10.8.0.2", "--host", "2001:db8:8::2")
    # Which of NAMES pass.
    CASES = [("isolate", {}, HOSTS, [3, 7]), ("isolate", {"allow": ["10.9.0.2,tcp,22,in"]}, HOSTS, [0, 3, 7]),
             ("isolate", {"allow": ["10.9.0.2", "2001:db8:9::2,tcp,80,out"]}, HOSTS, [0, 1, 3, 5, 7, 8]),
             ("isolate", {"allow": ["10.9.0.2,tcp,22,in"]}, ("--port", "inside"), [0]), ("isolate", {}, ("--port", "inside"), []),
             ("block", {"addresses": ["10.9.0.3", "2001:db8:9::/48"]}, (), [0, 1, 5]),
             ("block", {"addresses": ["10.9.0.0/24"], "allow": ["10.9.0.3,tcp,22,in"]}, ("--port", "here"), [2, 3, 4, 8])]

    def test_a_router_holds_what_the_plan_says(self):
        for device in STATE:
            # The others' rules for iptables forward nothing.
            opening = "" if device == "nftables" else "iptables -P FORWARD ACCEPT; ip6tables -P FORWARD ACCEPT; state >$D/before\n"
            for action, given, place, passing in self.CASES:
                with self.subTest(device=device, action=action, given=given, place=place):
                    self.put(write(device, plan(action, **given), *place))
                    status, said = self.run_steps(device, opening + self.ROUTER + "sh $D/apply || exit 8\nall\nsh $D/undo || exit 9\nstate >$D/after; diff $D/before $D/after || exit 12\nexit 0")
                    self.assertEqual(status, 0, said)
                    saw = dict(line.rsplit(": ", 1) for line in said.splitlines() if line.endswith((": passes", ": held")))
                    self.assertEqual(saw, {name: "passes" if i in passing else "held" for i, name in enumerate(self.NAMES)})


class Hostile(unittest.TestCase):
    def test_names_never_become_commands(self):
        for device in STATE:
            for name in ["eth0;reboot", "$(reboot)", "`reboot`", "eth0\nreboot", "eth0 reboot", "'", '"', "-f", "éth0", "eth0\0", "a" * 16, "", "..", "eth0/x"]:
                with self.subTest(device=device, name=name):
                    if "\0" in name:
                        continue  # no argument of a program holds one
                    refused = write(device, plan("isolate"), "--itself", "--action", "down", "--value", f"interface={name}")
                    self.assertEqual(refused.status, 7, refused.said)
                    if name:
                        self.assertEqual(write(device, plan("isolate"), "--port", name).status, 7)

    def test_a_host_whose_name_is_a_command_stands_only_in_a_comment(self):
        for device in STATE:
            for host in ["$(reboot)", "`reboot`", "a\nreboot", "'; reboot #", "CALM_END", "h\u202eost", "x\\\nreboot"]:
                script = write(device, plan("isolate", host=host), "--itself")
                with self.subTest(device=device, host=host):
                    self.assertEqual(script.status, 0, script.said)
                    for part in (script.apply, script.check, script.confirm, script.undo):
                        clean = write(device, plan("isolate", host="CLEAN"), "--itself")
                        code = [line for line in part.splitlines() if not line.startswith("#")]
                        self.assertIn(code, [[line for line in p.splitlines() if not line.startswith("#")] for p in (clean.apply, clean.check, clean.confirm, clean.undo)])
                        self.assertTrue(re.fullmatch(r"[\x20-\x7e\n]*", part))

    def test_all_it_makes_bears_the_tag(self):
        for device in STATE:
            script = write(device, plan("isolate"), "--itself")
            for verb in re.findall(r"(?:delete table|-X|-F|-D|destroy|flush) .*", script.undo):
                self.assertIn(TAG, verb)
            self.assertNotRegex(script.undo + script.apply, r"\bflush\b|-F\b")


if __name__ == "__main__":
    harness.main()
