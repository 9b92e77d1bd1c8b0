"""console_device.py KIND FOLDER: a device's terminal, as sshd's forced command. It writes down every line that is typed (FOLDER/typed) and answers as the
vendor's documents show it; FOLDER/how says what it does otherwise, at the first line that begins with the rest of that: "error", "hang", "cut", "flood"."""
import pathlib
import sys
import time

kind, folder = sys.argv[1], pathlib.Path(sys.argv[2])
how, _, at = (folder / "how").read_text().strip().partition(" ") if (folder / "how").exists() else ("", "", "")
ERRORS = {"ios": "              ^\n% Invalid input detected at '^' marker.\n", "junos": "              ^\nsyntax error, expecting <command>.\n",
          "routeros": "bad command name frewall (line 1 column 5)\n"}
BANNER = {"ios": "*** authorised use only #\n\n", "junos": "Last login: today\n--- JUNOS 21.4R1 ---\n", "routeros": "\x1b[m  MikroTik RouterOS 7.11\n\n"}
modes = []  # of the configuration


def prompt():
    if kind == "ios":
        return "sw2" + (f"({modes[-1]})#" if modes else "#" if how != "unprivileged" else ">")
    if kind == "junos":
        return ("[edit]\n" if modes else "") + "admin@fw1" + ("# " if modes else "> ")
    return f"\x1b[9999B[admin@gw] {modes[-1] + ' ' if modes else ''}> "


def ask(question):
    sys.stdout.write(question)
    sys.stdout.flush()
    return record(sys.stdin.readline())


def record(line):
    with (folder / "typed").open("a") as f:
        f.write(line.rstrip("\n") + "\n")
    return line.strip()


def ios(line):
    words = line.split()
    if line.endswith("| include ^ shutdown"):
        return " shutdown\n" if how == "shut" else ""
    if words[:2] == ["reload", "in"]:
        if ask("\nSystem configuration has been modified. Save? [yes/no]: ") != "no":
            return "saved what others changed\n"
        ask("Reload scheduled in 5 minutes by ana on vty0\nReload reason: " + " ".join(words[4:]) + "\nProceed with reload? [confirm]")
        return ""
    if words[:2] == ["configure", "terminal"]:
        modes[:] = ["config"]
        return "Enter configuration commands, one per line.  End with CNTL/Z.\n"
    if words[0] == "end":
        modes.clear()
    elif words[0] == "exit":
        modes[:] = ["config"] if modes[-1] != "config" else []
    elif modes and words[0] in ("ip", "ipv6", "interface", "object-group") and "no" not in words:
        modes[:] = ["config-" + words[0]]
    return "Extended IP access list calm\n    10 deny ip any any (7 matches)\n" if words[0] == "show" else ""


def junos(line):
    if line.startswith("configure"):
        modes[:] = ["edit"]
        return "Entering configuration mode\n"
    if line == "exit":
        modes.clear()
        return "Exiting configuration mode\n"
    if line.startswith("commit confirmed"):
        return "commit confirmed will be automatically rolled back in 5 minutes unless confirmed\ncommit complete\n"
    return "commit complete\n" if line.startswith("commit") else ""


def routeros(line):
    if line.startswith("/ip firewall address-list") and line.endswith("list"):
        modes[:] = ["/ip firewall address-list"]
    elif line == "/":
        modes.clear()
    return ""


sys.stdout.write(BANNER[kind])
while True:
    sys.stdout.write(prompt())
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        break
    line = record(line)
    if at and line.startswith(at):
        if how == "error":
            sys.stdout.write(ERRORS[kind])
            continue
        if how == "hang":
            time.sleep(60)
        if how == "cut":
            sys.exit(1)
        while how == "flood":
            sys.stdout.write("counter 1\n" * 1000)
    if line == ("/quit" if kind == "routeros" else "exit") and not modes:
        break
    if line:
        sys.stdout.write({"ios": ios, "junos": junos, "routeros": routeros}[kind](line))
