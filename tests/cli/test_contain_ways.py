"""test_contain_ways.py: the ways of a host with several gateways: none of them is blocked, and whoever is named is reached over each."""
import contextlib
import json
import re
import unittest

import contain_lab
from contain_lab import plan, run
from harness import main
from test_contain import ContainTest

SECOND = ("10.9.0.253", "fd09::fd")


class Gateways(ContainTest):
    """A second address of the router is a second gateway; where the default route goes is as each test says."""

    def setUp(self):
        super().setUp()
        self.six = self.lab.link_local("router")
        self.default = {"-4": run("ip route show default").strip(), "-6": run("ip -6 route show default").strip()}
        run(f"ip addr add {SECOND[0]}/24 dev eth0", "router")
        run(f"ip -6 addr add {SECOND[1]}/64 dev eth0 nodad", "router")
        self.ends.callback(self.give_back)

    def give_back(self):
        for family, route in self.default.items():
            run(f"ip {family} route del default", check=False)
            run(f"ip {family} route replace {route.replace(' pref medium', '')}")
        run("ip nexthop flush", check=False)
        run(f"ip addr del {SECOND[0]}/24 dev eth0", "router")
        run(f"ip -6 addr del {SECOND[1]}/64 dev eth0", "router")

    def lead(self, *routes):
        for family in ("-4", "-6"):
            run(f"ip {family} route del default", check=False)
        for line in routes:
            run("ip " + line)

    SEVERAL = ("route add default nexthop via 10.9.0.254 nexthop via 10.9.0.253", "-6 route add default nexthop via fd09::fe dev eth0 nexthop via fd09::fd dev eth0")
    OBJECTS = ("nexthop add id 71 via 10.9.0.254 dev eth0", "nexthop add id 72 via 10.9.0.253 dev eth0", "nexthop add id 73 group 71/72", "route add default nhid 73",
               "nexthop add id 76 via fd09::fe dev eth0", "nexthop add id 77 via fd09::fd dev eth0", "nexthop add id 78 group 76/77", "-6 route add default nhid 78")
    ACROSS = ("route add default via inet6 fd09::fd dev eth0",)

    def refused(self, *gateways):
        h = self.helper()
        for gateway in gateways:
            text = plan("block", f"address {gateway}")
            self.failed(h.ask(f"preview {len(text)}", text), "ERR_GATE", gateway, "the gateway")
        text = plan("block", "address 10.9.0.77")  # and nothing else is
        self.assertEqual(h.ask(f"preview {len(text)}", text)[0], "ok")

    def test_each_of_several_is_refused(self):
        self.lead(*self.SEVERAL)
        self.refused("10.9.0.254", SECOND[0], "fd09::fe", SECOND[1])

    def test_each_of_a_group_of_objects_is_refused(self):
        """Also where the kernel tells nothing but the number of the object."""
        self.lead(*self.OBJECTS)
        for told in (1, 0):
            run(f"sysctl -qw net.ipv4.nexthop_compat_mode={told}")
            self.ends.callback(run, "sysctl -qw net.ipv4.nexthop_compat_mode=1")
            self.refused("10.9.0.254", SECOND[0], "fd09::fe", SECOND[1])

    def test_one_of_the_other_family_is_refused(self):
        self.lead(*self.ACROSS)
        self.refused(SECOND[1])

    def found(self):
        """Whom ARP and neighbour discovery may find, as nft(8) shows the rules."""
        arp = run("nft list table arp calm")
        six = run("nft list table inet calm")
        return set(re.findall(r"arp [sd]addr ip (\S+)", arp)), set(re.findall(r"ip6 daddr (fd\S+) (?:meta l4proto.*)?icmpv6 type nd-neighbor-solicit", six) + re.findall(r"nd-neighbor-solicit.*ip6 daddr (fd09\S+)", six))

    def test_all_of_them_find_this_host_when_it_is_isolated(self):
        """Whichever of the two the kernel takes for a responder, and when the other is gone."""
        self.serve(22)
        for routes in (self.SEVERAL, self.OBJECTS):
            self.lead(*routes)
            h = self.helper()
            text = plan("isolate", allow=("10.10.0.7,tcp,22,in", "fd10::7,tcp,22,in"), timer=30)
            h.begin(text)
            four, six = self.found()
            self.assertEqual(four, {"10.9.0.254", SECOND[0]})
            self.assertLessEqual({"fd09::fe", SECOND[1]}, six)
            for way in ("10.9.0.254", SECOND[0]):
                run("ip neigh flush all")
                with contextlib.ExitStack() as gone:
                    if routes is self.SEVERAL:
                        run(f"ip route replace default via {way}")
                        gone.callback(run, "ip route replace default nexthop via 10.9.0.254 nexthop via 10.9.0.253")
                    contain_lab.until(lambda: self.lab.reaches("remote", 22), 5, f"over {way}")
            self.assertEqual(h.ask("undo " + contain_lab.plan_id(text))[0], "ok")
            run("ip nexthop flush", check=False)


if __name__ == "__main__":
    contain_lab.enter()
    main()
