"""device_pf.py: a BSD with pf as far as our scripts ask for it: pfctl and ifconfig as pfctl(8) and ifconfig(8) tell of them, which keep what they are given in a
folder, and read rules by the grammar of pf.conf(5). What they do not know they refuse. Started as a program, it is one of them."""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import device_language_pf as language  # noqa: E402

MAIN = 'anchor "calm/*" all\npass all\n'


class Bsd:
    """The scripts are run by sh; of theirs, /var/run lies in the folder, and what they would do later is not waited for."""

    def __init__(self, folder, interfaces=(("em0", True), ("em1", True))):
        self.folder = pathlib.Path(folder)
        (self.folder / "bin").mkdir()
        (self.folder / "run").mkdir()
        for name in ("pfctl", "ifconfig"):
            program = self.folder / "bin" / name
            program.write_text(f'#!/bin/sh\nexec {sys.executable} {pathlib.Path(__file__).resolve()} {self.folder} {name} "$@"\n')
            program.chmod(0o755)
        later = self.folder / "bin" / "nohup"
        later.write_text("#!/bin/sh\nexit 0\n")
        later.chmod(0o755)
        self.keep({"anchors": {"calm/ffffffff": "block drop quick from 203.0.113.200 to any\n", "theirs": "pass quick all\n"},
                   "tables": {"theirs": {"good": ["10.0.0.0/8"]}}, "up": dict(interfaces), "states": 7})

    def keep(self, state):
        (self.folder / "state").write_text(json.dumps(state))

    def state(self):
        return json.loads((self.folder / "state").read_text())

    def files(self):
        return sorted(p.name for p in (self.folder / "run").iterdir())

    def run(self, script):
        """Exit status and what it said."""
        text = script.replace("/var/run/", f"{self.folder}/run/")
        done = subprocess.run(["/bin/sh", "-s"], input=text, capture_output=True, text=True, check=False, timeout=60,
                              env={"PATH": f"{self.folder}/bin:/usr/bin:/bin", "LC_ALL": "C"})
        return done.returncode, done.stdout + done.stderr

    def rules(self, anchor):
        state = self.state()
        return language.Pf(state["anchors"].get(anchor, ""), tables=state["tables"].get(anchor))


def load(state, anchor, text):
    files = {path: pathlib.Path(path).read_text() for path in re.findall(r'file "([^"]+)"', text)}
    rules = language.Pf(text, files)  # refuses what pf would not take
    state["anchors"][anchor] = "".join(line + "\n" for line in text.splitlines() if not line.startswith("table "))
    state["tables"][anchor] = {name: [str(n) for n in nets] for name, nets in rules.tables.items()}


def pfctl(state, words):
    anchor = ""
    if words[:1] == ["-q"]:
        words = words[1:]
    if words[:1] == ["-a"]:
        anchor, words = words[1], words[2:]
    if words == ["-f", "-"] and anchor:
        load(state, anchor, sys.stdin.read())
    elif words in (["-s", "rules"], ["-v", "-s", "rules"]):
        if anchor and anchor not in state["anchors"]:
            sys.exit("pfctl: Anchor does not exist.")
        sys.stdout.write(state["anchors"][anchor] if anchor else MAIN)
    elif words == ["-s", "info"]:
        print("Status: Enabled for 0 days 00:01:00")
    elif words == ["-F", "rules"] and anchor:
        state["anchors"].pop(anchor, None)
    elif words == ["-F", "Tables"] and anchor:
        state["tables"].pop(anchor, None)
    elif words == ["-F", "states"] and not anchor:
        state["states"] = 0
    elif len(words) == 4 and words[0] == words[2] == "-k":
        state["states"] -= 1
    else:
        sys.exit(f"pfctl: {words}")


def ifconfig(state, words):
    name, rest = words[0], words[1:]
    if name not in state["up"] or rest not in ([], ["up"], ["down"]):
        sys.exit(f"ifconfig: {words}")
    if rest:
        state["up"][name] = rest == ["up"]
    else:
        print(f"{name}: flags=8843<{'UP,' if state['up'][name] else ''}BROADCAST,RUNNING,SIMPLEX,MULTICAST> metric 0 mtu 1500")


def main():
    folder, program, *words = sys.argv[1:]
    path = pathlib.Path(folder) / "state"
    state = json.loads(path.read_text())
    {"pfctl": pfctl, "ifconfig": ifconfig}[program](state, words)
    path.with_suffix(".new").write_text(json.dumps(state))
    os.replace(path.with_suffix(".new"), path)


if __name__ == "__main__":
    main()
