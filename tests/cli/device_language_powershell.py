"""device_language_powershell.py: reads the part of PowerShell that scripts for Windows use (about_Quoting_Rules, about_Parsing, and the reference of each
cmdlet for its parameters), and tells what the rules of the firewall in it mean."""
import ipaddress
import re

from device_languages import need

# All that PowerShell takes for a single quotation mark.
QUOTES = "'\u2018\u2019\u201a\u201b"
TOKEN = re.compile(
    r"(?P<space>[ \t]+)|(?P<comment>#[^\n]*)|(?P<end>\n|;)|(?P<here>@'\n(?:.*?\n)?'@(?=\n))"
    rf"|(?P<string>[{QUOTES}](?:[^{QUOTES}]|[{QUOTES}]{{2}})*[{QUOTES}])|(?P<double>\"[^\"`\n]*\")"
    r"|(?P<variable>\$(?:env:)?[A-Za-z_]\w*(?:\.\w+|\[\d\])*)|(?P<redirect>2>\$null)|(?P<call>\[[A-Za-z.]+\](?:::[A-Za-z0-9]+(?=\()|::Unicode\.GetBytes(?=\())?)"
    r"|(?P<operator>-(?:eq|ne|match)\b)|(?P<parameter>-[A-Za-z]+:?)|(?P<number>0x[0-9a-f]+|\d+)|(?P<word>[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z]+)?)"
    r"|(?P<mark>@\(|[(){}|,+=]|\.[A-Za-z]+)", re.S)

PARAMETERS = {
    "Get-NetFirewallProfile": {"PolicyStore"}, "Get-NetFirewallRule": {"Group", "PolicyStore", "ErrorAction"}, "Remove-NetFirewallRule": set(),
    "New-NetFirewallRule": {"Name", "DisplayName", "Group", "Direction", "Action", "Profile", "RemoteAddress", "Protocol", "LocalPort", "RemotePort"},
    "New-ScheduledTaskAction": {"Execute", "Argument"}, "New-ScheduledTaskTrigger": {"Once", "At"},
    "New-ScheduledTaskSettingsSet": {"StartWhenAvailable", "AllowStartIfOnBatteries", "DontStopIfGoingOnBatteries"},
    "Register-ScheduledTask": {"TaskName", "Action", "Trigger", "Settings", "User", "RunLevel"}, "Unregister-ScheduledTask": {"TaskName", "Confirm:"},
    "Get-ScheduledTask": {"TaskName", "TaskPath", "ErrorAction"}, "Disable-ScheduledTask": {"TaskName", "TaskPath"}, "Enable-ScheduledTask": {"TaskName", "TaskPath"},
    "Get-LocalUser": {"Name"}, "Disable-LocalUser": {"Name"}, "Enable-LocalUser": {"Name"}, "Get-ADUser": {"Identity", "Server"},
    "Disable-ADAccount": {"Identity", "Server"}, "Enable-ADAccount": {"Identity", "Server"}, "Get-Service": {"Name"}, "Set-Service": {"Name", "StartupType"},
    "Stop-Service": {"Name", "Force"}, "Start-Service": {"Name"}, "Get-NetAdapter": {"Name"}, "Disable-NetAdapter": {"Name", "Confirm:"},
    "Enable-NetAdapter": {"Name"}, "New-Item": {"Path", "Force"}, "New-ItemProperty": {"Path", "Name", "Value"}, "Get-ItemProperty": {"Path"},
    "Remove-Item": {"Path"}, "Test-Path": {"Path"}, "Where-Object": set(), "Select-Object": {"Skip"}, "Format-Table": set(), "Out-Null": set(), "Get-Date": set(),
    "quser": set(), "logoff": set(), "if": set(), "foreach": set(), "throw": set()}


def tokens(text):
    found, at = [], 0
    while at < len(text):
        m = TOKEN.match(text, at)
        need(m and m.end() > at, text[at:at + 80])
        if m.lastgroup not in ("space", "comment"):
            found.append((m.lastgroup, m.group()))
        at = m.end()
    return found


def value(part):
    """A string, or strings and characters added up: what it is."""
    text = ""
    for i, (kind, word) in enumerate(part):
        if kind == "string":
            text += re.sub(rf"([{QUOTES}])[{QUOTES}]", r"\1", word[1:-1])
        elif kind == "number" and part[i - 1][1] in ("[char]", "[char]::ConvertFromUtf32"):
            text += chr(int(word, 16))
    return text


def commands(text):
    """(name, {parameter: its tokens}, what stands before parameters) of each command, wherever it is nested."""
    found, stack = [], [None]
    at_begin = True
    for kind, word in tokens(text):
        if word in ("(", "@(", "{"):
            if stack[-1] and word != "{":
                stack[-1][3].append((kind, word))
            stack.append(None)
            at_begin = True
            continue
        if word in (")", "}"):
            need(len(stack) > 1, word)
            stack.pop()
            at_begin = word == "}"
            if stack[-1] is not None:
                stack[-1][3].append((kind, word))
            continue
        if kind == "end" or word == "|":
            stack[-1] = None
            at_begin = True
            continue
        if at_begin and kind == "word":
            need(word in PARAMETERS, word)
            stack[-1] = [word, {}, [], None]
            stack[-1][3] = stack[-1][2]
            found.append(stack[-1])
        elif word == "=":
            stack[-1] = None
            at_begin = True
            continue
        elif kind == "parameter" and stack[-1] is not None:
            need(word[1:] in PARAMETERS[stack[-1][0]], f"{stack[-1][0]} {word}")
            need(word[1:] not in stack[-1][1], f"{stack[-1][0]} {word} twice")
            stack[-1][3] = stack[-1][1].setdefault(word[1:], [])
        elif stack[-1] is not None:
            stack[-1][3].append((kind, word))
        else:
            # Parts of an expression within parentheses belong to what they are a value of.
            for outer in reversed(stack[:-1]):
                if outer is not None:
                    outer[3].append((kind, word))
                    break
        at_begin = False
    need(len(stack) == 1, "not closed")
    return [(name, parameters, rest) for name, parameters, rest, _ in found]


def address_range(text):
    first, _, last = text.partition("-")
    if "/" in first:
        n = ipaddress.ip_network(first)
        return n.version, int(n[0]), int(n[-1])
    first, last = ipaddress.ip_address(first), ipaddress.ip_address(last or first)
    need(first.version == last.version and first <= last, text)
    return first.version, int(first), int(last)


class Firewall:
    """The rules of a script; all block, and the rest passes."""

    def __init__(self, script):
        self.rules = []
        # $addresses holds what was given to it last.
        parts = re.split(r"^\$addresses = @\(\n(.*?)\n\)$", script, flags=re.S | re.M)
        addresses = []
        for i, part in enumerate(parts):
            if i % 2:
                addresses = [address_range(value([t])) for t in tokens(part) if t[0] == "string"]
                continue
            for line in part.splitlines():
                if line.startswith("New-NetFirewallRule "):
                    self.add(line, addresses)

    def add(self, line, addresses):
        name, p, _ = commands(line)[0]
        need(p["Action"] == [("word", "Block")] and p["Profile"] == [("word", "Any")], line)
        remote = addresses if p["RemoteAddress"] == [("variable", "$addresses")] else [address_range(value(p["RemoteAddress"]))]
        protocol = p["Protocol"][0][1].lower() if "Protocol" in p else ""
        ports = {k: [tuple(int(x) for x in (value([t]).split("-") * 2)[:2]) for t in p[k] if t[0] == "string"] for k in ("LocalPort", "RemotePort") if k in p}
        need(not ports or protocol in ("tcp", "udp"), line)
        self.rules.append((value(p["Name"]), value(p["Group"]), p["Direction"][0][1] == "Inbound", remote, protocol.replace("icmpv4", "icmp").replace("icmpv6", "icmp6"), ports))

    def passes(self, p):
        local, remote = (p.dport, p.sport) if p.to_host else (p.sport, p.dport)
        for _, _, inbound, ranges, protocol, ports in self.rules:
            if inbound != p.to_host or (protocol and protocol != p.protocol):
                continue
            if not any(v == p.version and a <= int(p.remote) <= b for v, a, b in ranges):
                continue
            if all(any(a <= (local if k == "LocalPort" else remote) <= b for a, b in found) for k, found in ports.items()):
                return False
        return True
