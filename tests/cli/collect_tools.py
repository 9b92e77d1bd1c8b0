"""What the scripts share that compare a collection (doc/format/live.md) with the host's own tools.

Each comparison is skipped aloud when its tool is absent. What comes and goes is asked of the tool
before and after: what was there both times must be told, and nothing else but what was there once."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from compared import check

PROBE = sys.argv[1]
NAMES = ("time", "neighbour", "route", "rule", "link", "address", "socket", "process", "map", "open",
         "container", "login", "module", "bpf", "mount", "firewall")
def run(*command, **options):
    return subprocess.run(command, capture_output=True, check=False,
                          env={**os.environ, "LC_ALL": "C", "TZ": "UTC"}, **options)


def tool(*command):
    if not shutil.which(command[0]):
        return None
    done = run(*command)
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None


class Collection:
    """What the probe told, run by the words of through, which may put it into other namespaces. Of
    what lies in a network namespace only that of ours is kept, unless every_network."""
    def __init__(self, *steps, root="/", through=(), every_network=False):
        self.folder = tempfile.TemporaryDirectory()
        self.netns = None if every_network else os.stat("/proc/self/ns/net").st_ino
        done = subprocess.run([*through, PROBE, root, *steps], capture_output=True, check=True)
        tar = subprocess.run(["zstd", "-qdc"], input=done.stdout, capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", self.folder.name], input=tar.stdout, check=True)
        self.problems = []

    def lines(self, name):
        found = []
        for path in sorted(glob.glob(f"{self.folder.name}/{name}-[0-9]*.jsonl")):
            with open(path, "rb") as f:
                for line in f:
                    found.append(json.loads(line.decode("utf-8"), object_pairs_hook=self.no_repeats))
        return [x for x in found if self.netns in (None, x.get("netns", self.netns))]

    def no_repeats(self, pairs):
        if len({name for name, _ in pairs}) != len(pairs):
            self.problems.append(f"a member repeats: {pairs}")
        return dict(pairs)


def between(before, ours, after):
    """What was there both times must be told, and nothing that was never there."""
    return [f"not told: {x}" for x in sorted((before & after) - ours, key=str)] + \
           [f"only told by us: {x}" for x in sorted(ours - (before | after), key=str)]


def difference(ours, theirs):
    return between(theirs, ours, theirs)


def check_described(c):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "../../doc/format/live.md"), encoding="utf-8") as f:
        sections = re.split(r"\n## ", f.read())
    problems = list(c.problems)
    seen = 0
    for name in NAMES:
        text = next((x for x in sections if x.startswith(f"`live/{name}`")), "")
        words = set(re.findall(r"`([a-z0-9_]+)`", text))
        for line in c.lines(f"live/{name}"):
            seen += 1
            for member in line:
                if re.sub("_hex$", "", member) not in words:
                    problems.append(f"live/{name}: {member} is not described")
    check("every member is described in live.md", sorted(set(problems)), f"{seen} lines")
