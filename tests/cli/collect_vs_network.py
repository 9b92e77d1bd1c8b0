#!/usr/bin/env python3
"""Compares what a collection tells of the network and the packet filter with what ip, ss, nft and
iptables print, in a network namespace of our own. Usage: collect_vs_network.py PROBE"""
import collections
import ctypes
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collect_tools import Collection, PROBE, between, check_described, difference, run, tool
from compared import check, finish, skip

# ---- the network, in a namespace of our own -------------------------------------------------------

def ip(*words):
    return json.loads(tool("ip", "-j", *words) or "[]")


def set_up_network():
    for command in ("link set lo up", "link add b0 type bridge", "link set b0 up promisc on",
                    "link add v0 type veth peer name v1", "link add v2 type veth peer name v3",
                    "link set v2 master b0 address 02:00:00:00:00:01 mtu 1400",
                    "link set v0 up", "link set v1 up alias other",
                    "address add 192.0.2.1/24 dev v0", "address add 10.9.8.7 peer 10.9.8.6/32 dev v0",
                    "address add 2001:db8::1/64 dev v0 nodad",
                    "neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent",
                    "-6 neighbour add 2001:db8::9 lladdr 02:00:00:00:00:0a dev v0 nud permanent router",
                    "route add 198.51.100.0/24 via 192.0.2.9 metric 7", "route add blackhole 203.0.113.0/24",
                    "route add 198.18.0.0/15 nexthop via 192.0.2.8 weight 2 nexthop via 192.0.2.9 dev v0",
                    "route add 192.0.2.128/25 dev v0 table 77 proto 186 src 192.0.2.1",
                    "-6 route add 2001:db8:1::/48 via 2001:db8::9",
                    "rule add from 10.0.0.0/8 to 192.0.2.0/24 table 77 priority 100",
                    "rule add not fwmark 0x2/0xff iif lo prohibit priority 101",
                    "-6 rule add uidrange 5-6 dport 22-23 ipproto tcp table 78 priority 102"):
        done = run("ip", *command.split())
        if done.returncode:
            print(f"note: ip {command}: {done.stderr.decode().strip()}")


def check_links(c):
    theirs = {(x["ifname"], x["ifindex"], x.get("address", ""), x["mtu"], x.get("master"),
               x.get("linkinfo", {}).get("info_kind"), x.get("ifalias"), x["promiscuity"],
               frozenset(y.lower().replace("_", " ").replace("promisc", "promiscuous")
                         .replace("noarp", "no arp").replace("pointopoint", "point to point")
                         for y in x["flags"] if y not in ("NO-CARRIER", "M-DOWN")))
              for x in ip("-d", "link")}
    ours = {(x["name"], x["index"], x.get("mac", ""), x["mtu"], x.get("master"), x.get("kind"),
             x.get("alias"), x["promiscuity"], frozenset(x["flags"]) - {"running"})  # ip leaves it out
            for x in c.lines("live/link")}
    check("links against ip", difference(ours, theirs), f"{len(ours)} links")


def check_addresses(c):
    theirs = {(x["ifname"], a["local"], a["prefixlen"], a["scope"], a.get("address"),
               a.get("label"), a.get("broadcast"))
              for x in ip("address") for a in x["addr_info"]}
    ours = {(x["interface"], x["address"], x["prefix"], x["scope"], x.get("peer"), x.get("label"),
             x.get("broadcast")) for x in c.lines("live/address")}
    check("addresses against ip", difference(ours, theirs), f"{len(ours)} addresses")


def ip_neighbours():
    return {(x["dst"], x["dev"], x.get("lladdr"), x["state"][0].lower(), "router" in x)
            for f in ("-4", "-6") for x in ip(f, "neighbour", "show", "nud", "all")}


def check_neighbours(**how):
    before = ip_neighbours()
    c = Collection("neighbour", **how)
    after = ip_neighbours()
    ours = {(x["address"], x["interface"], x.get("mac"), x["state"], "router" in x["flags"])
            for x in c.lines("live/neighbour")}
    ours = {x[:3] + ("noarp",) + x[4:] if x[3] == "none" else x for x in ours}
    check("neighbours against ip", between(before, ours, after), f"{len(ours)} neighbours")


TABLES = {"main": 254, "local": 255, "default": 253, None: 254}


def network(text, six):
    text = {"default": "::/0" if six else "0.0.0.0/0"}.get(text, text)
    return text if "/" in text else text + ("/128" if six else "/32")


def check_routes(c):
    theirs = set()
    for six in (False, True):
        for x in ip("-N", "-6" if six else "-4", "-d", "route", "show", "table", "all"):
            theirs.add((network(x["dst"], six), int(TABLES.get(x.get("table"), x.get("table"))),
                        x.get("gateway"), x.get("dev"), x.get("metric"), x.get("prefsrc"),
                        x.get("type", "unicast"),
                        tuple(f"via {h['gateway']} dev {h['dev']} weight {h['weight']}"
                              for h in x.get("nexthops", ()))))
    ours = {(x["destination"], x["table"], x.get("gateway"), x.get("interface"), x.get("metric"),
             x.get("preferred_source"), x["type"], tuple(x.get("hops", ())))
            for x in c.lines("live/route")}
    types = {str(i): t for i, t in enumerate(("unspecified", "unicast", "local", "broadcast",
             "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw"))}
    theirs = {x[:6] + (types.get(x[6], x[6]),) + x[7:] for x in theirs}
    check("routes against ip", difference(ours, theirs), f"{len(ours)} routes")


def check_rules(c):
    theirs = set()
    for f in ("-4", "-6"):
        for x in ip("-N", f, "-d", "rule"):
            src = None if x["src"] == "all" else f"{x['src']}/{x.get('srclen', 32 if f == '-4' else 128)}"
            dst = f"{x['dst']}/{x.get('dstlen', 32)}" if x.get("dst", "all") != "all" else None
            table = x.get("table")
            theirs.add((f, x["priority"], src, dst, int(TABLES.get(table, table)) if table else 0,
                        x.get("fwmark"), x.get("iif"), "not" in x, x.get("uid_start"),
                        x.get("dport_start")))
    ours = {("-6" if x["family"] == "IPv6" else "-4", x["priority"], x.get("from"), x.get("to"),
             x["table"], x.get("mark"), x.get("in"), x["not"],
             int(x["uids"].split("-")[0]) if "uids" in x else None,
             int(x["ports"].split("-")[0]) if "ports" in x else None)
            for x in c.lines("live/rule") if x["family"] in ("IPv4", "IPv6")}
    check("routing rules against ip", difference(ours, theirs), f"{len(ours)} rules")


STATES = {"ESTAB": "established", "LISTEN": "listen", "UNCONN": "closed", "TIME-WAIT": "time wait",
          "SYN-SENT": "syn sent", "CLOSE-WAIT": "close wait", "FIN-WAIT-1": "fin wait 1",
          "FIN-WAIT-2": "fin wait 2", "LAST-ACK": "last ack", "SYN-RECV": "syn received"}


def split_ss(text):
    host, port = text.rsplit(":", 1)
    return re.sub(r"%.*", "", host).strip("[]").replace("*", "0.0.0.0"), 0 if port == "*" else int(port)


def ss_inet():
    rows = set()
    for line in tool("ss", "-HanOpe", "-tu").splitlines():
        x = line.split()
        local, peer = split_ss(x[4]), split_ss(x[5])
        six = "[" in x[4] or x[4].startswith("*")
        fix = lambda a: ("::" if six and a[0] == "0.0.0.0" else a[0], a[1])
        inode = re.search(r"\bino:(\d+)", line)
        pids = frozenset(int(p) for p in re.findall(r"pid=(\d+)", line))
        rows.add((x[0].upper(), STATES[x[1]], int(x[2]), int(x[3]), fix(local), fix(peer),
                  int(inode[1]) if inode else 0, pids))
    return rows


def ss_others():
    rows = set()
    for line in tool("ss", "-HanOpe", "-x").splitlines():
        x = re.match(r"(\S+)\s+(\S+)\s+\d+\s+\d+\s+(.*?)\s+(\d+)\s+\S+\s+\d+(\s|$)", line)
        rows.add(("UNIX", {"u_str": "stream", "u_dgr": "datagram", "u_seq": "packets"}[x[1]],
                  STATES[x[2]], x[3] if x[3] != "*" else None, int(x[4])))
    for line in tool("ss", "-HanOe", "-0").splitlines():
        inode = re.search(r"\bino:(\d+)", line)
        rows.add(("PACKET", {"p_raw": "raw", "p_dgr": "datagram"}[line.split()[0]], "", None,
                  int(inode[1])))
    return rows


def make_sockets(folder):
    kept = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        server = socket.socket(family)
        server.bind((host, 0))
        server.listen(5)
        client = socket.create_connection(server.getsockname()[:2])
        accepted = server.accept()[0]
        client.sendall(b"waits")
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.bind((host, 0))
        raw = socket.socket(family, socket.SOCK_RAW, 17)
        kept += [server, client, accepted, udp, raw]
    for name in (os.path.join(folder, "a b"), "\0abstract"):
        kept.append(socket.socket(socket.AF_UNIX))
        kept[-1].bind(name)
        kept[-1].listen(1)
    kept.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    kept.append(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
    kept[-1].bind((0, 1))
    kept.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
    # One instruction of classic BPF: return 0x40000.
    program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x40000))
    kept[-1].setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxQ", 1, ctypes.addressof(program)))
    return kept


def check_sockets(**how):
    with tempfile.TemporaryDirectory() as folder:
        kept = make_sockets(folder)
        inodes = {os.fstat(x.fileno()).st_ino: x for x in kept}
        before, others = ss_inet(), ss_others()
        c = Collection("socket", **how)
        lines = c.lines("live/socket")
        after, others_after = ss_inet(), ss_others()
    check_described(c)
    for source in ("sock_diag", "/proc/net"):
        ours = {(x["protocol"], x["state"], x["receive_queue"], x["send_queue"],
                 (x["local"], x["local_port"]), (x["remote"], x["remote_port"]), x["inode"],
                 frozenset(x["pids"]))
                for x in lines if x["from"] == source and x["protocol"] in ("TCP", "UDP")}
        if source == "/proc/net":  # it tells no length of a listener's queue
            ours = {x[:3] + (0,) + x[4:] if x[1] == "listen" else x for x in ours}
            sides = [{x[:3] + (0,) + x[4:] if x[1] == "listen" else x for x in side}
                     for side in (before, after)]
        else:
            sides = [before, after]
        check(f"TCP and UDP of {source} against ss", between(sides[0], ours, sides[1]),
              f"{len(ours)} sockets")
        ours = {(x["protocol"], x["type"], x.get("state", ""),
                 x.get("path", "").replace("\0", "@") or None, x["inode"])
                for x in lines if x["from"] == source and x["protocol"] in ("UNIX", "PACKET")}
        spaced = {y[:3] + (y[3].split()[0] if y[3] else None,) + y[4:] for y in ours}
        known = {(y[0], y[4]) for y in others | others_after}
        problems = [f"not told: {x}" for x in sorted((others & others_after) - ours - spaced, key=str)
                    if x[4] not in inodes or (x[0], x[4]) not in {(y[0], y[4]) for y in ours}]
        problems += [f"only told by us: {x}" for x in ours if (x[0], x[4]) not in known]
        check(f"UNIX and packet sockets of {source} against ss", problems, f"{len(ours)} sockets")
        told = {x["inode"] for x in lines if x["from"] == source and os.getpid() in x["pids"]}
        lost = [str(s) for i, s in inodes.items() if i not in told and
                not (source == "sock_diag" and s.type == socket.SOCK_RAW and
                     s.family in (socket.AF_INET, socket.AF_INET6) and
                     any(x["what"] == "RAW" for x in c.lines("missing")))]
        check(f"our own sockets are told as ours by {source}", lost, f"{len(inodes)} sockets")
    packet = next(x for x in lines if x["protocol"] == "PACKET" and x["from"] == "sock_diag")
    check("the filter of a packet socket is told",
          [] if packet.get("filter") == struct.pack("HBBI", 6, 0, 0, 0x40000).hex() else [str(packet)],
          packet.get("filter"))
    for one in kept:
        one.close()


# ---- the packet filter ---------------------------------------------------------------------------

RULES = """
table ip t {
  chain c { type filter hook input priority -10; policy drop;
    tcp dport 22 counter accept comment "hello w"
    ip saddr 10.1.2.3 ip protocol icmp icmp type echo-request drop
    ip ttl 64 udp sport 53 meta mark set 0x7 return
    iifname "eth0" oifname "lo" meta skuid 33 drop
  }
  chain nat { type nat hook postrouting priority 100; ip saddr 10.0.0.0/8 masquerade
    tcp dport 80 snat to 192.0.2.1:8080
  }
}
table ip6 six { chain c { ip6 saddr 2001:db8::1 tcp dport 443 reject
  }
}
table inet f {
  counter cnt {
    packets 0 bytes 0
  }
  quota q { 10 mbytes
  }
  set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1 } 
  }
  set two { type ipv4_addr . inet_service; elements = { 192.0.2.1 . 80, 192.0.2.2 . 443 } 
  }
  map m { type inet_service : verdict; elements = { 80 : accept, 443 : jump own } 
  }
  set old { type ether_addr; timeout 1h; elements = { 02:00:00:00:00:01 timeout 2h } 
  }
  chain own { }
  chain c { type filter hook forward priority 0;
    ip saddr @s drop
    tcp dport vmap @m
    ct state established,related accept
    ip daddr 10.0.0.0/8 log prefix "x y" level debug jump own
    udp dport { 53, 67 } limit rate 10/second burst 5 packets reject
    ip6 daddr 2001:db8::2 tcp flags syn return
    counter name cnt th dport 99 goto own
  }
}
"""
BASES = {"ll": "link", "link": "link", "network": "network", "transport": "transport"}


def words_to_hex(text, size):
    """libnftnl prints registers as 32-bit words of this machine."""
    return b"".join(struct.pack("=I", int(x, 16)) for x in text.split())[:size].hex()


def debug_rules():
    """What `nft --debug=netlink` prints of each rule, without what only it makes of it."""
    rules = {}
    out = tool("nft", "--debug=netlink", "list", "ruleset")
    key = None
    for line in out.splitlines():
        head = re.match(r"(\w+) (\S+) (\S+) (\d+)(?: \d+)? *$", line)
        if head and not line.startswith(" "):
            key = head.groups()[:3] + (int(head[4]),)
            rules[key] = []
        elif line.startswith("  [ ") and key:
            rules[key].append(line.strip()[2:-2])
        elif not line.startswith(" "):
            key = None
    return rules


def normal(text):
    """One line of libnftnl in our spelling, with the attributes sorted."""
    for pattern, spelled in (
            (r"(meta|ct|rt|socket) load (\S+) => reg (\d+)", r"\1 dreg=\3 key=\2"),
            (r"meta set (\S+) with reg (\d+)", r"meta key=\1 sreg=\2"),
            (r"payload load (\d+)b @ (\w+) header \+ (\d+) => reg (\d+)",
             r"payload base=\2 dreg=\4 len=\1 offset=\3"),
            (r"lookup reg (\d+) set (\S+) dreg (\d+) 0x(\d+)", r"lookup dreg=\3 flags=\4 set=\2 sreg=\1"),
            (r"lookup reg (\d+) set (\S+) 0x(\d+)", r"lookup flags=\3 set=\2 sreg=\1"),
            (r"counter pkts (\d+) bytes (\d+)", r"counter bytes=\2 packets=\1"),
            (r"immediate reg 0 (jump|goto) -> (\S+)", r"immediate data=\1:\2 dreg=0"),
            (r"immediate reg 0 (\S+)", r"immediate data=\1 dreg=0"),
            (r"limit rate (\d+)/second burst (\d+) type (\w+) flags 0x(\d+)",
             r"limit burst=\2 flags=\4 per_s=1 rate=\1 type=\3"),
            (r"reject type (\d+) code (\d+)", r"reject code=\2 type=\1"),
            (r"queue num (\d+)", r"queue num=\1"),
            (r"objref type (\d+) name (\S+)", r"objref name=\2 type=\1"),
            (r"log prefix (.*) level (\d+)", r"log level=\2 prefix=\1")):
        found = re.fullmatch(pattern, text.strip())
        if found:
            return found.expand(spelled)
    found = re.fullmatch(r"(cmp) (\w+) reg (\d+) ([x0-9a-f ]+)", text.strip())
    if found:
        return ("cmp", found[2], found[3], found[4])
    found = re.fullmatch(r"immediate reg (\d+) ([x0-9a-f ]+)", text.strip())
    if found:
        return ("immediate", found[1], found[2])
    found = re.fullmatch(r"bitwise reg (\d+) = \( reg (\d+) & ([x0-9a-f ]+)\) \^ ([x0-9a-f ]+)",
                         text.strip())
    if found:
        return ("bitwise", *found.groups())
    return text.strip().split()[0]


NUMBERS = {"level": {"emerg": 0, "alert": 1, "crit": 2, "err": 3, "warn": 4, "notice": 5, "info": 6,
                     "debug": 7}, "reject": {"icmp": 0, "tcp reset": 1, "icmpx": 2}}


def same_expression(ours, theirs):
    """Whether our text says what libnftnl prints."""
    name, _, rest = ours.partition(" ")
    values = dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|.*?)(?= \w+=|$)', rest))
    values = {k: v.strip('"') for k, v in values.items()}
    values.pop("field", None)
    values.pop("value", None)
    if isinstance(theirs, tuple):
        size = len(values.get("data", values.get("mask", ""))) // 2
        if theirs[0] == "cmp":
            return (name, values["op"], values["sreg"], values["data"]) == \
                ("cmp", theirs[1], theirs[2], words_to_hex(theirs[3], size))
        if theirs[0] == "immediate":
            return (name, values["dreg"], values["data"]) == \
                ("immediate", theirs[1], words_to_hex(theirs[2], size))
        return (name, values["dreg"], values["sreg"], values["mask"], values["xor"]) == \
            ("bitwise", theirs[1], theirs[2], words_to_hex(theirs[3], size),
             words_to_hex(theirs[4], size))
    if "level" in values:
        values["level"] = NUMBERS["level"][values["level"]]
    if name == "reject":
        values["type"] = NUMBERS["reject"][values["type"]]
    if name == "objref":
        values["type"] = {"counter": 1}.get(values["type"], values["type"])
    if name == "queue":
        values = {"num": values["num"]}
    if " " not in theirs:  # libnftnl prints it in another shape; its name is compared
        return name == theirs
    return f"{name} " + " ".join(f"{k}={v}" for k, v in sorted(values.items())) == theirs


def nft_matches(rule):
    """(protocol.field, value) of the plain comparisons of one rule of `nft -j`."""
    found = []
    for e in rule.get("expr", ()):
        match = e.get("match", {})
        left = match.get("left", {}) if match.get("op") == "==" else {}
        right = match.get("right")
        if str(right).startswith("@"):  # a set: the lookup was compared before
            continue
        if "payload" in left and "field" in left["payload"] and isinstance(right, (int, str)):
            found.append((f"{left['payload']['protocol']}.{left['payload']['field']}", right))
        elif "meta" in left and isinstance(right, (int, str)):
            found.append((left["meta"]["key"], right))
    return found


def our_matches(expressions):
    field = ""
    found = []
    for text in expressions:
        loaded = re.search(r" field=(\S+)", text) or re.match(r"meta .*key=(\S+)", text)
        if loaded and " sreg=" not in text:
            field = loaded[1]
        compared = re.match(r"cmp .*value=(.*)$", text)
        if compared and field:
            found.append((field, compared[1]))
    return found


NAMED = {"echo-request": "8", "icmp": "1", "syn": "2"}


def check_nft(**how):
    if tool("nft", "-j", "list", "ruleset") is None:
        return skip("nf_tables", "no nft, or a kernel without it")
    if not tool("nft", "list", "tables"):
        done = subprocess.run(["nft", "-f", "-"], input=RULES.encode(), capture_output=True, check=False)
        if done.returncode:
            return check("nf_tables", [done.stderr.decode()], "")
    c = Collection("firewall", **how)
    check_described(c)
    lines = [x for x in c.lines("live/firewall") if x["from"] == "nf_tables"]
    listed = json.loads(tool("nft", "-j", "-a", "list", "ruleset"))["nftables"]
    by = lambda kind: [x[kind] for x in listed if kind in x]
    of = lambda kind: [x for x in lines if x["kind"] == kind]
    check("tables against nft -j", difference(
        {(x["family"], x["name"], x["handle"]) for x in of("table")},
        {(x["family"], x["name"], x["handle"]) for x in by("table")}), f"{len(of('table'))} tables")
    check("chains against nft -j", difference(
        {(x["family"], x["table"], x["name"], x["handle"], x.get("type"), x.get("hook"),
          x.get("priority"), x.get("policy")) for x in of("chain")},
        {(x["family"], x["table"], x["name"], x["handle"], x.get("type"), x.get("hook"),
          x.get("prio"), x.get("policy")) for x in by("chain")}), f"{len(of('chain'))} chains")
    ours = {(x["family"], x["table"], x["chain"], x["handle"]): x for x in of("rule")}
    check("rules against nft -j", difference(
        {k + (x.get("comment"),) for k, x in ours.items()},
        {(x["family"], x["table"], x["chain"], x["handle"], x.get("comment")) for x in by("rule")}),
        f"{len(ours)} rules")
    check_nft_sets(of, by)
    check_nft_rules(ours, by("rule"))
    kinds = ("counter", "quota")
    return check("objects against nft -j", difference(
        {(x["type"], x["table"], x["name"], x["handle"]) for x in of("object")},
        {(k, x["table"], x["name"], x["handle"]) for k in kinds for x in by(k)}),
        f"{len(of('object'))} objects")


def check_nft_sets(of, by):
    join = lambda x: " . ".join(x) if isinstance(x, list) else x
    ours = {(x["table"], x["name"], x["handle"], x["key_type"], x.get("data_type"))
            for x in of("set") if not x["name"].startswith("__")}
    theirs = {(x["table"], x["name"], x["handle"], join(x["type"]), x.get("map"))
              for k in ("set", "map") for x in by(k)}
    check("sets and maps against nft -j", difference(ours, theirs), f"{len(ours)} sets")
    elements = collections.defaultdict(set)
    for x in of("element"):
        elements[x["set"]].add((x.get("key"), x.get("data"), "interval end" in x["flags"]
                                if "flags" in x else False))
    # by hand: 10.0.0.0/8 begins at 10.0.0.0 and ends before 11.0.0.0, 192.0.2.1 before 192.0.2.2
    want = {"s": {("0.0.0.0", None, True), ("10.0.0.0", None, False), ("11.0.0.0", None, True),
                  ("192.0.2.1", None, False), ("192.0.2.2", None, True)},
            "two": {("192.0.2.1 . 80", None, False), ("192.0.2.2 . 443", None, False)},
            "m": {("80", "accept", False), ("443", "jump:own", False)},
            "old": {("02:00:00:00:00:01", None, False)}}
    problems = [f"{k}: {elements[k]}, not {v}" for k, v in want.items() if elements[k] != v]
    check("elements against what was given", problems, f"{sum(map(len, want.values()))} elements")


def check_nft_rules(ours, listed):
    problems = []
    seen = 0
    debug = debug_rules()
    for key, theirs in debug.items():
        mine = ours.get(key, {}).get("expressions", [])
        if len(mine) != len(theirs):
            problems.append(f"{key}: {mine} for {theirs}")
            continue
        for a, b in zip(mine, theirs):
            seen += 1
            if not same_expression(a, normal(b)):
                problems.append(f"{key}: {a} for {b}")
    if len(debug) != len(ours):
        problems.append(f"nft prints {len(debug)} rules, we {len(ours)}")
    check("expressions against nft --debug=netlink", problems, f"{seen} expressions")
    problems = []
    seen = 0
    for rule in listed:
        mine = our_matches(ours[(rule["family"], rule["table"], rule["chain"], rule["handle"])]
                           ["expressions"])
        for field, value in nft_matches(rule):
            seen += 1
            if (field, str(NAMED.get(value, value))) not in mine:
                problems.append(f"{field} {value} is not in {mine}")
    check("fields and values against nft -j", problems, f"{seen} comparisons")


def check_iptables(**how):
    if tool("iptables-legacy", "-S") is None:
        return skip("iptables", "no iptables-legacy, or a kernel without it")
    for command in ("iptables-legacy -N MINE", "iptables-legacy -P FORWARD DROP",
                    "iptables-legacy -A INPUT -s 10.0.0.0/8 ! -i eth+ -p tcp --dport 23 -j MINE",
                    "iptables-legacy -A MINE -o lo -p udp ! --sport 53:60 -j RETURN",
                    "iptables-legacy -A MINE -j DROP",
                    "iptables-legacy -t nat -A POSTROUTING -d 192.0.2.0/24 -j MASQUERADE",
                    "ip6tables-legacy -A OUTPUT -d 2001:db8::/32 -p tcp --sport 9 -j ACCEPT"):
        done = run(*command.split())
        if done.returncode and b"exists" not in done.stderr:  # it was made the first time
            skip(command, "the kernel does not have it")
    lines = [x for x in Collection("firewall", **how).lines("live/firewall")
             if x["from"] == "ip_tables"]
    problems = []
    seen = 0
    for family, program in (("ip", "iptables-legacy"), ("ip6", "ip6tables-legacy")):
        for table in {x["table"] for x in lines if x["family"] == family}:
            mine = [x for x in lines if x["family"] == family and x["table"] == table]
            theirs = tool(program, "-t", table, "-S").splitlines()
            told = [as_iptables(x) for x in mine]
            seen += len(told)
            problems += difference(set(told), {re.sub(r" -m (tcp|udp)", "", x) for x in theirs})
    check("rules of ip_tables against iptables-legacy -S", problems, f"{seen} rules")


def as_iptables(x):
    if x["kind"] == "chain":
        return f"-P {x['name']} {x['policy']}" if "policy" in x else f"-N {x['name']}"
    words = [f"-A {x['chain']}"]
    options = {"source": "-s", "destination": "-d", "in": "-i", "out": "-o", "protocol": "-p",
               "sports": "--sport", "dports": "--dport", "target": "-j"}
    protocols = {"6": "tcp", "17": "udp"}
    for text in x["expressions"]:
        for name, inverted, value in re.findall(r"(\w+)(!?)=(\S*)", re.sub(r"^match=\S+", "", text)):
            if name not in options:
                continue
            low, _, high = value.partition("-")
            if name in ("sports", "dports"):
                value = low if low == high else f"{low}:{high}"
            value = re.sub("^jump:", "", protocols.get(value, value) if name == "protocol" else value)
            words.append(f"{'! ' if inverted else ''}{options[name]} {value}")
    return " ".join(words)


def check_network(**how):
    c = Collection("route", "rule", "link", "address", **how)
    check_described(c)
    check_links(c)
    check_addresses(c)
    check_neighbours(**how)
    check_routes(c)
    check_rules(c)
    check_sockets(**how)


def check_filters(**how):
    check_nft(**how)
    check_iptables(**how)


# ---- other network namespaces ----------------------------------------------------------------------

STEPS = ("neighbour", "route", "rule", "link", "address", "socket", "firewall")


def networks(c):
    return {x["netns"] for s in STEPS for x in c.lines(f"live/{s}")}


def check_named():
    """A namespace in which no process runs and that only has a name, as `ip netns add` makes it."""
    name = f"calm{os.getpid()}"
    if tool("ip", "netns", "add", name) is None:
        return skip("a named namespace", "ip netns add does not work here")
    try:
        number = os.stat(f"/run/netns/{name}").st_ino
        tool("ip", "-n", name, "address", "add", "192.0.2.77/24", "dev", "lo")
        with open(f"/run/netns/{name}.gone", "xb"):  # what is left of a name when it was not taken away
            c = Collection(*STEPS, every_network=True)
    finally:
        os.unlink(f"/run/netns/{name}.gone")
        tool("ip", "netns", "del", name)
    found = [x["address"] for x in c.lines("live/address") if x["netns"] == number]
    said = [x for x in c.lines("missing") if name in x["what"]]
    check("a namespace without a process", [] if found == ["192.0.2.77"] and not said
          else [f"{found} in {number}, {said}"], f"namespace {number}")


def check_without_rights():
    if not shutil.which("setpriv"):
        return skip("without rights", "no setpriv")
    # Root without CAP_SYS_ADMIN sees the links in /proc and may enter nothing.
    c = Collection(*STEPS, every_network=True, through=("setpriv", "--bounding-set", "-sys_admin", "--"))
    own = os.stat("/proc/self/ns/net").st_ino
    others = {x["netns"] for x in c.lines("live/socket")} - {own}
    said = {(x["step"], int(x["what"].split()[-1])) for x in c.lines("missing")
            if x["what"].startswith("network namespace ") and x["error"] == 1}
    problems = [f"not said: {s} {n}" for s in STEPS for n in others if (s, n) not in said]
    if not others:
        problems.append("no other namespace was told")
    problems += [str(x) for s in STEPS if s != "socket" for x in c.lines(f"live/{s}")
                 if x["netns"] != own]
    check("what could not be entered is said", problems, f"{len(said)} times")


def check_ended():
    """Namespaces that go while they are read: none is invented, and the bundle is whole."""
    made = [subprocess.Popen(["unshare", "-n", "sleep", str(0.01 * i)]) for i in range(40)]
    c = Collection(*STEPS, every_network=True)
    for one in made:
        one.wait()
    said = [x for x in c.lines("missing") if x["what"].startswith("network namespace ") and
            x["why"] != "it was gone before it was looked into"]
    check("namespaces that end meanwhile", [str(x) for x in said], f"{len(networks(c))} were told")


MAKE_MANY = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.mount(b"tmpfs", b"/run/netns", b"tmpfs", 0, None)
for i in range(1030):
    libc.unshare(0x40000000)
    open(f"/run/netns/{i}", "x").close()
    libc.mount(b"/proc/self/ns/net", f"/run/netns/{i}".encode(), None, 4096, None)
os.execv(sys.argv[1], sys.argv[1:])
"""


def check_many():
    """More than the limit of live.md: so many are told, and how many are not is said. The names lie
    in a mount namespace of the reader's and go with it."""
    os.makedirs("/run/netns", exist_ok=True)
    c = Collection("link", every_network=True,
                   through=("unshare", "-m", sys.executable, "-c", MAKE_MANY))
    more = sum(int(x["why"].split()[0]) for x in c.lines("missing") if x["what"] == "network namespaces")
    told = {x["netns"] for x in c.lines("live/link")}
    # The reader's own is the last of the 1030, so 1029 others have names, and some have processes.
    check("more namespaces than the limit", [] if len(told) == 1025 and 6 <= more < 1000
          else [f"{len(told)} told, {more} more"], f"{len(told)} told, {more} more")


def main(outside):
    through = ("nsenter", f"--net=/proc/{outside}/ns/net", "--")
    again = "the same, told by a reader in another network namespace:"
    set_up_network()
    check_network()
    print(again)
    check_network(through=through)
    check_filters()
    print(again)
    check_filters(through=through)
    check_named()
    check_without_rights()
    check_ended()
    check_many()
    return finish()


if len(sys.argv) > 3 and sys.argv[2] == "--inside":
    sys.exit(main(sys.argv[3]))
for program in ("zstd", "ip", "ss", "nsenter"):
    if not shutil.which(program):
        print(f"skipped: all: no {program}")
        sys.exit(77)
if run("unshare", "-n", "true").returncode:
    print("skipped: all: no network namespace of our own")
    sys.exit(77)
sys.exit(subprocess.run(["unshare", "-n", sys.executable, os.path.abspath(__file__), PROBE, "--inside",
                         str(os.getpid())], check=False).returncode)
