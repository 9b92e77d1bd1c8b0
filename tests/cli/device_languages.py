"""device_languages.py: readers of the scripts for other devices, written from their vendors' documents: Cisco's command
references for access lists and object groups, the Junos CLI reference, MikroTik's manual, the OpenC2 specifications. Each refuses what it does not know,
and tells what a script means for a packet."""
import ipaddress
import json
import re

NUMBER = r"(?:0|[1-9][0-9]*)"


class Refused(Exception):
    """A line that the device would not take."""


def need(condition, line):
    if not condition:
        raise Refused(line)


def code(text, comment):
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(comment)]


# Cisco IOS ---------------------------------------------------------------------------------------

IOS_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
IOS_EXEC = [rf"reload in {NUMBER} reason calm [0-9a-f]{{8}}", "reload cancel", "configure terminal", "show reload", rf"show running-config interface [\w./:-]+(?: \| include \^ shutdown)?",
            rf"show ip access-lists {IOS_NAME}", rf"show ipv6 access-list {IOS_NAME}", rf"show object-group {IOS_NAME}"]


class Ios:
    """What is configured: lists, groups, interfaces. Lines are taken as at a terminal."""

    def __init__(self, lists=None, bound=None):
        self.lists = {k: dict(v) for k, v in (lists or {}).items()}  # (family, name): {sequence: entry}
        self.groups, self.shut, self.reload = {}, set(), None
        self.bound = dict(bound or {})  # (interface, family, direction): list

    def state(self):
        return self.lists, self.groups, self.shut, self.bound

    def run(self, text):
        """False where it begins with a look that says that the port is shut: whoever types it, by hand or over SSH, stops there."""
        mode = None
        for line in code(text, "!"):
            mode = self.take(mode, line.strip(), line)
            if (m := re.fullmatch(r"show running-config interface (\S+) \| include \^ shutdown", line)) and m[1] in self.shut:
                return False
        need(mode is None, "the script ends within the configuration")
        return True

    def take(self, mode, words, line):
        if mode is None:
            need(any(re.fullmatch(form, words) for form in IOS_EXEC), line)
            if words.startswith("reload"):
                self.reload = None if words == "reload cancel" else int(words.split()[2])
            return ("config",) if words == "configure terminal" else None
        if words == "end":
            return None
        if words == "exit":
            need(mode != ("config",), line)
            return ("config",)
        if not line.startswith(" "):
            return self.config(words, line)
        getattr(self, "in_" + mode[0])(mode, words, line)
        return mode

    def config(self, words, line):
        if m := re.fullmatch(rf"interface ([\w./:-]+)", words):
            return ("interface", m[1])
        m = re.fullmatch(rf"(no )?(ip access-list extended|ipv6 access-list|object-group network) ({IOS_NAME})", words)
        need(m, line)
        no, kind, name = m.groups()
        if kind == "object-group network":
            if no:
                need(name in self.groups, line)
                need(not any(name in e for entries in self.lists.values() for e in entries.values()), line)  # it is in use
                del self.groups[name]
                return ("config",)
            self.groups.setdefault(name, [])
            return ("group", name)
        key = (4 if kind.startswith("ip ") else 6, name)
        if no:
            need(name not in self.bound.values(), line)
            del self.lists[key]
            return ("config",)
        self.lists.setdefault(key, {})
        return ("list", key)

    def in_group(self, mode, words, line):
        if words == "any":
            self.groups[mode[1]].append(ipaddress.ip_network("0.0.0.0/0"))
        elif m := re.fullmatch(r"host (\S+)", words):
            self.groups[mode[1]].append(ipaddress.ip_network(m[1]))
        else:
            address, mask = words.split()
            self.groups[mode[1]].append(ipaddress.IPv4Network(f"{address}/{mask}"))

    def in_interface(self, mode, words, line):
        if words in ("shutdown", "no shutdown"):
            (self.shut.discard if words.startswith("no") else self.shut.add)(mode[1])
            return
        m = re.fullmatch(rf"(no )?(ip access-group|ipv6 traffic-filter) ({IOS_NAME}) (in|out)", words)
        need(m, line)
        key = (mode[1], 4 if m[2].startswith("ip ") else 6, m[4])
        if m[1]:
            need(self.bound.pop(key) == m[3], line)
        else:
            need(key not in self.bound and (key[1], m[3]) in self.lists, line)
            self.bound[key] = m[3]

    def in_list(self, mode, words, line):
        m = re.fullmatch(rf"(no )?(sequence )?({NUMBER})(?: (.*))?", words)
        need(m and bool(m[2]) == (mode[1][0] == 6), line)
        entries = self.lists[mode[1]]
        if m[1]:
            need(int(m[3]) in entries and not m[4], line)
            del entries[int(m[3])]
        else:
            need(int(m[3]) not in entries, line)
            self.entry(m[4], mode[1][0], line)
            entries[int(m[3])] = m[4]

    def entry(self, text, version, line):
        words = text.split()
        r = {"permit": words.pop(0) == "permit", "protocol": words.pop(0)}
        need(text.split()[0] in ("permit", "deny") and r["protocol"] in ("tcp", "udp", "icmp", "ip" if version == 4 else "ipv6"), line)
        r["from"] = self.side(words, version, line)
        r["to"] = self.side(words, version, line)
        r["more"] = words
        need(words in ([], ["established"]) or (r["protocol"] == "icmp" and words[0] in ("nd-ns", "nd-na", "router-advertisement") and len(words) == 1), line)
        need(words != ["established"] or r["protocol"] == "tcp", line)
        need(r["protocol"] in ("tcp", "udp") or not (r["from"][1] or r["to"][1]), line)
        return r

    def side(self, words, version, line):
        need(words, line)
        first = words.pop(0)
        if first == "any":
            nets = None
        elif first == "host":
            nets = [ipaddress.ip_network(words.pop(0))]
        elif first == "object-group":
            need(version == 4 and words[0] in self.groups, line)
            nets = self.groups[words.pop(0)]
        elif version == 6:
            nets = [ipaddress.IPv6Network(first)]
        else:
            wild = int(ipaddress.IPv4Address(words.pop(0)))
            nets = [ipaddress.ip_network(f"{first}/{32 - wild.bit_length()}")]
            need(wild + 1 == 1 << wild.bit_length(), line)
        port = None
        if words and words[0] in ("eq", "range"):
            count = 1 if words.pop(0) == "eq" else 2
            port = (int(words[0]), int(words[count - 1]))
            del words[:count]
        return nets, port

    def passes(self, p, interface, direction):
        name = self.bound.get((interface, p.version, direction))
        if interface in self.shut:
            return False
        if name is None:
            return True
        for _, text in sorted(self.lists[(p.version, name)].items()):
            r = self.entry(text, p.version, text)
            if r["protocol"] not in ("ip", "ipv6", p.protocol) or (r["more"] and r["more"] != ["established"]):
                continue
            if r["more"] and not set(p.flags) & set("AR"):
                continue
            if all(nets is None or any(a in n for n in nets) for nets, a in ((r["from"][0], p.source), (r["to"][0], p.destination))) and \
               all(q is None or q[0] <= port <= q[1] for q, port in ((r["from"][1], p.sport), (r["to"][1], p.dport))):
                return r["permit"]
        return False


# Junos --------------------------------------------------------------------------------------------

JUNOS_TOP = ["configure exclusive", "show configuration apply-groups", r"show interfaces [\w/:-]+ terse", r"show interfaces filters [\w/:-]+",
             r"show firewall filter [\w-]+", "show system commit"]
JUNOS_FILTER = r"firewall family (inet6?) filter (\S+) term (\S+) (?:from|then) .+"
JUNOS_PATH = [r"policy-options prefix-list \S+ [0-9a-f.:]+/\d+", JUNOS_FILTER, r"interfaces [\w/:-]+ disable",
              r"interfaces [\w/:-]+ unit \d+ family inet6? filter (input|output) \S+", r"interfaces [\w/:-]+ unit \d+ family inet6? filter (input|output)-list \[ \S+ \S+ \]"]
JUNOS_TERM = [r"from (source|destination)-address [0-9a-f.:]+/\d+", r"from (protocol|next-header) (tcp|udp|icmp6)", r"from (source|destination)-port \d+(-\d+)?",
              "from tcp-established", r"from icmp-type \[ [a-z -]+ \]", r"from (source|destination)-prefix-list \S+", "then accept", "then discard", r"then count \S+"]


class Junos:
    """The candidate and the active configuration, as ordered lines."""

    def __init__(self, lines=()):
        self.active, self.confirm = list(lines), None

    def run(self, text):
        candidate = None
        for line in code(text, "#"):
            if candidate is None:
                need(any(re.fullmatch(form, line) for form in JUNOS_TOP), line)
                candidate = list(self.active) if line == "configure exclusive" else None
            elif line == "exit":
                need(candidate == self.active, line)
                candidate = None
            elif m := re.fullmatch(r'commit( confirmed \d+)?( comment "[a-z0-9 ]+")?', line):
                self.active, self.confirm = list(candidate), m[1]
            else:
                self.change(candidate, line)
        need(candidate is None, "the script ends within the configuration")

    def change(self, candidate, line):
        verb, _, path = line.partition(" ")
        inner = re.sub(r"^groups calm-[0-9a-f]{8} ", "", path)
        if verb == "set":
            need(re.fullmatch(r"apply-groups calm-[0-9a-f]{8}", path) or any(re.fullmatch(f, inner) for f in JUNOS_PATH), line)
            if m := re.fullmatch(JUNOS_FILTER, inner):
                rest = inner.split(f" term {m[3]} ", 1)[1]
                need(any(re.fullmatch(f, rest) for f in JUNOS_TERM), line)
                need(("protocol" not in rest.split()) or m[1] == "inet", line)
            if line not in candidate:
                candidate.append(path)
        else:
            need(verb == "delete", line)
            kept = [c for c in candidate if c != path and not c.startswith(path + " ")]
            need(len(kept) < len(candidate), line)
            candidate[:] = kept

    def effective(self):
        """With what groups add, where nothing is said outside of them."""
        groups = [c.split()[1] for c in self.active if c.startswith("apply-groups ")]
        own = [c for c in self.active if not c.startswith(("groups ", "apply-groups "))]
        for name in groups:
            for c in self.active:
                if c.startswith(f"groups {name} "):
                    inner = c[len(f"groups {name} "):]
                    leaf = re.match(r"(interfaces \S+ unit \d+ family \S+ filter (?:input|output)) ", inner)
                    if not (leaf and any(o.startswith(leaf[1]) for o in own)):
                        own.append(inner)
        return own

    def passes(self, p, interface, direction):
        lines = self.effective()
        name, unit = (interface.split(".") + ["0"])[:2]
        if f"interfaces {name} disable" in lines:
            return False
        family = "inet" if p.version == 4 else "inet6"
        bind = f"interfaces {name} unit {unit} family {family} filter {direction}put"
        bound = [w for c in lines for w in re.findall(re.escape(bind) + r"(?:-list \[ (.+) \]| (\S+))$", c)]
        if not bound:
            return True
        terms = {}
        for filter_name in (bound[0][0] or bound[0][1]).split():
            for c in lines:
                if m := re.fullmatch(rf"firewall family {family} filter {filter_name} term (\S+) (from|then) (.+)", c):
                    terms.setdefault((filter_name, m[1]), []).append((m[2], m[3]))
        for conditions in terms.values():
            if self.has(lines, p, [c for kind, c in conditions if kind == "from"]):
                verdict = [c for kind, c in conditions if kind == "then" and c in ("accept", "discard")]
                if verdict:
                    return verdict[0] == "accept"
        return False

    def has(self, lines, p, conditions):
        found = {}
        for c in conditions:
            name, _, value = c.partition(" ")
            found.setdefault(name, []).append(value)
        for name, values in found.items():
            side = p.source if name.startswith("source") else p.destination
            port = p.sport if name.startswith("source") else p.dport
            if name.endswith("-address") and not any(side in ipaddress.ip_network(v) for v in values):
                return False
            if name.endswith("-prefix-list") and not any(side in ipaddress.ip_network(m[1]) for v in values for c in lines
                                                         if (m := re.fullmatch(rf"policy-options prefix-list {v} (\S+)", c))):
                return False
            if name.endswith("-port") and not any(int(v.split("-")[0]) <= port <= int(v.split("-")[-1]) for v in values):
                return False
            if name in ("protocol", "next-header") and p.protocol not in values:
                return False
            if name == "tcp-established" and not set(p.flags) & set("AR"):
                return False
            if name == "icmp-type":
                return False  # the packets of the tests are other ones
        return True


# RouterOS -----------------------------------------------------------------------------------------

ROS_WORD = r'(?:"(?:[^"\\$\n]|\\["\\$rn])*"|[A-Za-z0-9_.:/!,-]+)'
ROS_KEYS = {"chain", "action", "comment", "src-address", "dst-address", "protocol", "src-port", "dst-port", "tcp-flags", "icmp-options", "hop-limit", "in-interface",
            "out-interface", "src-address-list", "dst-address-list", "jump-target", "dst-limit", "connection-limit", "list", "address", "name", "interval", "policy",
            "on-event", "source"}
ROS_MENU = ["/ip firewall raw", "/ip firewall filter", "/ip firewall address-list", "/ipv6 firewall raw", "/ipv6 firewall filter", "/ipv6 firewall address-list",
            "/system scheduler", "/system script", "/interface"]


class RouterOs:
    """Menus with their items, in order."""

    def __init__(self, **items):
        self.items = {menu: [] for menu in ROS_MENU}
        for menu, found in items.items():
            self.items[menu.replace("__", "-").replace("_", " ").replace("root ", "/")] = found

    @staticmethod
    def unquote(text):
        if not text.startswith('"'):
            return text
        return re.sub(r"\\(.)", lambda m: {"r": "\r", "n": "\n"}.get(m[1], m[1]), text[1:-1])

    def pairs(self, text, line, keys=ROS_KEYS):
        need(re.fullmatch(rf"(?:[a-z-]+={ROS_WORD}(?: |$))*", text), line)
        found = {k: self.unquote(v) for k, v in re.findall(rf"([a-z-]+)=({ROS_WORD})", text)}
        need(set(found) <= keys, line)
        return found

    def run(self, text):
        here = ""
        for line in text.replace("\r\n", "\n").splitlines():
            if line and not line.startswith("#"):
                here = self.take(line, here)

    def take(self, line, here):
        if line == "/":
            return ""
        if line in ROS_MENU:
            return line
        if m := re.fullmatch(r":if \(\[:len \[(.+?) find (.+?)\]\] > 0\) do=\{(.*?)\}(?: else=\{(.*)\})?", line):
            found = self.find(m[1], m[2], line)
            branch = m[3] if found else m[4]
            if branch and branch.startswith(":error "):
                raise Refused(branch)
            if branch:
                self.take(branch, here)
            return here
        menu, rest = (here, line) if here else self.split(line)
        verb, _, rest = rest.partition(" ")
        getattr(self, "do_" + verb)(menu, rest, line)
        return here

    @staticmethod
    def split(line):
        menu = max((m for m in ROS_MENU if line.startswith(m + " ")), key=len, default="")
        need(menu, line)
        return menu, line[len(menu) + 1:]

    def find(self, menu, text, line):
        wanted = self.pairs(text.strip(), line, ROS_KEYS | {"dynamic", "disabled"})
        return [i for i in self.items[menu] if all(i.get(k, "no" if k in ("dynamic", "disabled") else None) == v for k, v in wanted.items())]

    def do_add(self, menu, rest, line):
        before = None
        if m := re.search(r" place-before=\[:pick \[(.+?) find (.+?)\] 0\]$", rest):
            need(m[1] == menu, line)
            before = self.find(menu, m[2], line)[0]
            rest = rest[:m.start()]
        item = self.pairs(rest, line)
        need(menu.endswith(("scheduler", "script")) or item.get("list") or (item.get("chain") and item.get("action") in ("accept", "drop", "return", "jump")), line)
        if "name" in item:
            need(not any(i.get("name") == item["name"] for i in self.items[menu]), line)
        if "tcp-flags" in item:
            need(item["protocol"] == "tcp", line)
        if "src-port" in item or "dst-port" in item:
            need(item.get("protocol") in ("tcp", "udp"), line)
        self.items[menu].insert(self.items[menu].index(before) if before else len(self.items[menu]), item)

    def do_remove(self, menu, rest, line):
        m = re.fullmatch(r"\[find (.+)\]", rest)
        need(m, line)
        for item in self.find(menu, m[1], line):
            self.items[menu].remove(item)

    def do_enable(self, menu, rest, line):
        self.switch(menu, rest, line, "no")

    def do_disable(self, menu, rest, line):
        self.switch(menu, rest, line, "yes")

    def switch(self, menu, rest, line, disabled):
        m = re.fullmatch(r"\[find (.+)\]", rest)
        need(menu == "/interface" and m, line)
        for item in self.find(menu, m[1], line):
            item["disabled"] = disabled

    def do_print(self, menu, rest, line):
        need(re.fullmatch(r'(stats |count-only )?where [a-z-]+[=~]"[^"\\$]*"', rest), line)

    def passes(self, p, hooks):
        return all(self.chain(p, hook) != "drop" for hook in hooks)

    def chain(self, p, name):
        menu = "/ip firewall raw" if p.version == 4 else "/ipv6 firewall raw"
        for item in self.items[menu]:
            if item["chain"] != name or not self.has(menu, p, item):
                continue
            if item["action"] == "jump":
                if self.chain(p, item["jump-target"]) == "drop":
                    return "drop"
            else:
                return item["action"]
        return "return"

    def has(self, menu, p, item):
        for key, value in item.items():
            side, port = (p.source, p.sport) if key.startswith("src") else (p.destination, p.dport)
            if key.endswith("-address") and side not in ipaddress.ip_network(value):
                return False
            if key.endswith("-address-list") and not any(i["list"] == value and side in ipaddress.ip_network(i["address"]) for i in self.items[menu[:-3] + "address-list"]):
                return False
            if key.endswith("-port") and not int(value.split("-")[0]) <= port <= int(value.split("-")[-1]):
                return False
            if key == "protocol" and value != p.protocol:
                return False
            if key == "tcp-flags":
                flags = {"S": "syn", "A": "ack", "R": "rst", "F": "fin"}
                have = {flags[f] for f in p.flags}
                if any((w.lstrip("!") in have) == w.startswith("!") for w in value.split(",")):
                    return False
            if key in ("in-interface", "out-interface", "icmp-options"):
                return False  # the packets of the tests are other ones
        return True


# OpenC2 -------------------------------------------------------------------------------------------

class OpenC2:
    """Commands of the language 1.0 for the profile slpf 1.0 (sections 2.1 and 2.3 of the profile)."""
    PAIRS = {"allow": {"ipv4_connection", "ipv6_connection", "ipv4_net", "ipv6_net"}, "deny": {"ipv4_connection", "ipv6_connection", "ipv4_net", "ipv6_net"},
             "delete": {"slpf:rule_number"}, "query": {"features"}}
    ARGS = {"allow": {"response_requested", "start_time", "stop_time", "duration", "slpf"}, "deny": {"response_requested", "start_time", "stop_time", "duration", "slpf"},
            "delete": {"response_requested", "start_time"}, "query": {"response_requested"}}

    def __init__(self):
        self.rules = {}  # number: (action, target, args)

    def run(self, text):
        for line in text.splitlines():
            command = json.loads(line)
            need(set(command) <= {"action", "target", "args", "actuator", "command_id"} and {"action", "target"} <= set(command), line)
            (kind, value), = command["target"].items()
            need(kind in self.PAIRS[command["action"]], line)
            args = command.get("args", {})
            need(set(args) <= self.ARGS[command["action"]] and len(set(args) & {"start_time", "stop_time", "duration"}) < 3, line)
            need(args.get("response_requested", "complete") in ("none", "ack", "status", "complete"), line)
            need(all(isinstance(args[k], int) and args[k] >= 0 for k in ("start_time", "stop_time", "duration") if k in args), line)
            self.actuator(command.get("actuator", {}), line)
            getattr(self, "do_" + command["action"])(kind, value, args, line)

    @staticmethod
    def actuator(actuator, line):
        need(set(actuator) <= {"slpf"} and set(actuator.get("slpf", {})) <= {"hostname", "named_group", "asset_id", "asset_tuple"}, line)
        need(all(isinstance(v, str) for v in actuator.get("slpf", {}).values()), line)

    @staticmethod
    def do_query(kind, value, args, line):
        need(isinstance(value, list) and set(value) <= {"versions", "profiles", "pairs", "rate_limit"} and len(set(value)) == len(value), line)

    def do_delete(self, kind, value, args, line):
        need(isinstance(value, int) and args.get("response_requested") == "complete", line)
        self.rules.pop(value, None)

    def do_allow(self, kind, value, args, line):
        self.add("allow", kind, value, args, line)

    def do_deny(self, kind, value, args, line):
        self.add("deny", kind, value, args, line)

    def add(self, action, kind, value, args, line):
        version = 4 if kind.startswith("ipv4") else 6
        if kind.endswith("_net"):
            need(ipaddress.ip_network(value).version == version, line)
        else:
            need(value and set(value) <= {"protocol", "src_addr", "src_port", "dst_addr", "dst_port"}, line)
            need(all(ipaddress.ip_network(value[k]).version == version for k in ("src_addr", "dst_addr") if k in value), line)
            need(all(isinstance(value[k], int) and 0 <= value[k] < 65536 for k in ("src_port", "dst_port") if k in value), line)
            need(value.get("protocol", "tcp") in ("icmp", "tcp", "udp", "sctp"), line)
        own = args.get("slpf", {})
        need(set(own) <= {"drop_process", "persistent", "direction", "insert_rule"} and own.get("direction", "both") in ("both", "ingress", "egress"), line)
        need(action == "deny" or "drop_process" not in own, line)
        number = own["insert_rule"]
        need(isinstance(number, int) and 0 < number < 2 ** 31 and number not in self.rules and args["response_requested"] == "complete", line)
        self.rules[number] = (action, kind, value, own.get("direction", "both"), args)

    def passes(self, p):
        for _, (action, kind, value, direction, _) in sorted(self.rules.items()):
            if (4 if kind.startswith("ipv4") else 6) != p.version or direction == ("egress" if p.to_host else "ingress"):
                continue
            if kind.endswith("_net"):
                hit = any(a in ipaddress.ip_network(value) for a in (p.source, p.destination))
            else:
                hit = value.get("protocol", p.protocol) == p.protocol and all(a in ipaddress.ip_network(value[k]) for k, a in
                                                                                (("src_addr", p.source), ("dst_addr", p.destination)) if k in value) and \
                    value.get("src_port", p.sport) == p.sport and value.get("dst_port", p.dport) == p.dport
            if hit:
                return action == "allow"
        return True
