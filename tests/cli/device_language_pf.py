"""device_language_pf.py: reads a script for pf by the grammar of pf.conf(5), and tells what it means for a packet."""
import ipaddress
import re
import shlex

from device_languages import NUMBER, need

PF_TOKEN = re.compile(r'\s*("[^"]*"|[{}(),<>]|[^\s{}(),<>"]+)')


class Pf:
    """Rules of an anchor. A rule is (block, direction, interface, family, protocol, source, port, destination, port, flags, icmp types)."""

    def __init__(self, text, files=None, tables=None):
        """tables: what is loaded already, with their networks; else they stand in the text."""
        self.tables = {name: [ipaddress.ip_network(n) for n in nets] for name, nets in (tables or {}).items()}
        self.rules, self.files = [], files or {}
        for line in text.splitlines():
            self.line, self.tokens = line, [m.group(1) for m in PF_TOKEN.finditer(line)]
            need("".join(self.tokens) == line.replace(" ", ""), line)
            self.table() if self.peek() == "table" else self.rule()
            need(not self.tokens, line)

    def peek(self):
        return self.tokens[0] if self.tokens else ""

    def take(self, *words):
        if self.peek() and (not words or self.peek() in words):
            return self.tokens.pop(0)
        return ""

    def expect(self, *words):
        word = self.take(*words)
        need(word, self.line)
        return word

    def name(self):
        self.expect("<")
        name = self.expect()
        need(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,30}", name), self.line)
        self.expect(">")
        return name

    def table(self):
        self.expect("table")
        name = self.name()
        self.expect("persist")
        self.tables[name] = []
        if self.take("file"):
            path = self.expect()
            need(path[0] == path[-1] == '"', self.line)
            self.tables[name] = [ipaddress.ip_network(n) for n in self.files[path[1:-1]].split()]

    def rule(self):
        r = {"block": self.expect("block", "pass") == "block"}
        if r["block"]:
            self.take("drop", "return")
        r["way"] = self.take("in", "out")
        need(self.take("quick"), self.line)  # ours are all quick
        r["on"] = self.expect() if self.take("on") else ""
        r["family"] = {"inet": 4, "inet6": 6}.get(self.take("inet", "inet6"))
        r["protocol"] = self.expect("tcp", "udp", "icmp", "icmp6") if self.take("proto") else ""
        r["from"], r["to"] = (None, None), (None, None)
        if not self.take("all"):
            self.expect("from")
            r["from"] = self.side()
            self.expect("to")
            r["to"] = self.side()
        r["flags"], r["types"], r["state"] = "", [], {}
        while self.tokens:
            self.option(r)
        need(not (r["from"][1] or r["to"][1]) or r["protocol"] in ("tcp", "udp"), self.line)  # ports need a protocol
        need(not r["flags"] or r["protocol"] == "tcp", self.line)
        self.rules.append(r)

    def side(self):
        host = None
        if self.peek() == "<":
            host = self.name()
            need(host in self.tables, self.line)
        elif not self.take("any"):
            host = ipaddress.ip_network(self.expect())
        port = None
        if self.take("port"):
            first, _, last = self.expect().partition(":")
            port = (int(first), int(last or first))
            need(0 < port[0] <= port[1] < 65536, self.line)
        return host, port

    def option(self, r):
        word = self.expect("no", "keep", "flags", "icmp6-type")
        if word == "flags":
            r["flags"] = self.expect("A/A", "S/SA")
        elif word == "icmp6-type":
            self.expect("{")
            while not self.take("}"):
                r["types"].append(self.expect("neighbrsol", "neighbradv", "routeradv"))
                self.take(",")
        else:
            self.expect("state")
            if word == "keep" and self.take("("):
                self.state_options(r["state"])

    def state_options(self, state):
        while not self.take(")"):
            name = self.expect("source-track", "max-src-conn", "max-src-conn-rate", "overload")
            if name == "overload":
                state[name] = self.name()
                need(state[name] in self.tables, self.line)
                self.take("flush")
                self.take("global")
            else:
                state[name] = self.expect()
                need(re.fullmatch({"source-track": "rule|global", "max-src-conn": NUMBER, "max-src-conn-rate": NUMBER + "/" + NUMBER}[name], state[name]), self.line)
            self.take(",")

    def has(self, side, address, port):
        host, ports = side
        if host is not None:
            nets = self.tables[host] if isinstance(host, str) else [host]
            if not any(n.version == address.version and address in n for n in nets):
                return False
        return ports is None or ports[0] <= port <= ports[1]

    def passes(self, p, ways):
        """ways: the directions in which this device sees the packet, in turn."""
        return all(self.passes_one(p, way) for way in ways)

    def passes_one(self, p, way):
        for r in self.rules:
            if (r["way"] and r["way"] != way) or r["on"] or (r["family"] and r["family"] != p.version) or (r["protocol"] and r["protocol"] != p.protocol):
                continue
            if r["types"] or not self.has(r["from"], p.source, p.sport) or not self.has(r["to"], p.destination, p.dport):
                continue
            if (r["flags"] == "A/A" and "A" not in p.flags) or (r["flags"] == "S/SA" and p.flags != "S"):
                continue
            return not r["block"]
        return True


def pf_parts(script):
    """The rules and the files of a shell script for pf."""
    files = {path: body for path, body in re.findall(r"^cat >(\S+) <<'CALM_END'\n(.*?)^CALM_END$", script, re.S | re.M)}
    (anchor, rules), = re.findall(r"^pfctl -q -a (\S+) -f - <<'CALM_END'\n(.*?)^CALM_END$", script, re.S | re.M)
    return anchor, Pf(rules, files)


def shell_words(script):
    """Each line of a shell script outside its here-documents, as words."""
    outside = re.sub(r"(<<'CALM_END'[^\n]*\n).*?^CALM_END$", r"\1", script, flags=re.S | re.M)
    return [shlex.split(line, comments=True) for line in outside.splitlines()]
