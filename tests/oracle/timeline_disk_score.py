#!/usr/bin/python3
"""timeline_disk_score.py: the timelines of disk images against listings whose right answers others wrote.

    timeline_disk_score.py CALM DATA [-v]

Prints N of M for each set, and with -v each miss.  The expected side comes
from the data alone: bodies of fls (The Sleuth Kit 4.11.1), goldens of go-ext4
and go-fat, DFXML of The Sleuth Kit's own tests.  Names, sizes, inodes and
times are compared; "." and "..", which DFXML has, are names of folders that
are told by their own.  Exits with 77 where there is no data, and with 1 where
a set is below its floor (100 % where none is given).
"""

import calendar
import decimal
import json
import lzma
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from file_times import fields_of, of_body, of_events  # noqa: E402
from timeline_score import Set  # noqa: E402

BODIES = (("sleuthkit/image.dd", "sleuthkit_image.dd"), ("sleuthkit/image.E01", "sleuthkit_image.E01"), ("go-fat/fat12.dd", "fat12.dd"),
          ("go-ext4/hierarchy_64.ext4", "hierarchy_64.ext4"), ("plaso/test_data/syslog_image.dd", "plaso_syslog_image.dd"),
          ("plaso/test_data/image.E01", "plaso_image.E01"), ("dfvfs/ext2.E01", "dfvfs_ext2.E01"), ("grr/ntfs_img.dd.xz", "grr_ntfs_img.dd.o63"))
SPLIT = ("dfvfs/ext2.splitraw.000.xz", "dfvfs/ext2.splitraw.001.xz")
NS = {"d": "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML"}
# Clock times without a zone: these DFXML were made under EST5EDT.
DFXML = (("image.dd", "UTC"), ("daylight.dd", "America/New_York"), ("iso-dirtree1.iso", "America/New_York"))
# The golden of go-ext4 has a time of birth for an inode of 128 bytes, which has none: it is in the bytes of the next inode.
FLOORS = {"go-ext4: listing and times": 95}
SPANS = {"100ns": 1e-7, "ns": 1e-9, "ms": 0.01, "s": 1, "2s": 2, "day": 86400}
LETTER = {"mtime": "m", "atime": "a", "ctime": "c", "crtime": "b"}


class Case:
    """A case that is thrown away, with one image in it, and its timeline."""

    def __init__(self, calm, image, zone="UTC"):
        self.calm = calm
        with tempfile.TemporaryDirectory() as folder:
            self.folder = folder
            self.run("open", "c.calm")
            self.run("--case", "c.calm", "preserve", "files", str(image))
            self.run("--case", "c.calm", "analyse", "timeline", "--zone", zone)
            self.events = json.loads(self.run("--case", "c.calm", "analyse", "search", "event.dataset:file_system", "--most", "1000000", "--json"))

    def run(self, *words):
        """What calm says; it must succeed."""
        env = {"HOME": self.folder, "PATH": "/usr/bin:/bin", "TZ": "UTC", "USER": "ana"}
        return subprocess.run([self.calm, *words], cwd=self.folder, env=env, check=True, capture_output=True).stdout.decode()


def add_all(score, where, expected, got):
    """Each time that is wanted; one that nobody wants is a miss, too."""
    for key, count in expected.items():
        for i in range(count):
            score.add(i < got[key], where, key, [k for k in got if k[0] == key[0] and k[3] == key[3]][:2])
    for key in (got - expected).elements():
        score.add(False, where, "nothing", key)


def unpacked(folder, path):
    """The image itself, where it lies packed."""
    if path.suffix != ".xz":
        return path
    to = pathlib.Path(folder, path.stem)
    to.write_bytes(lzma.decompress(path.read_bytes()))
    return to


def bodies(calm, data):
    """fls -r -p -m / of each image."""
    score = Set("fls bodies: names, inodes, sizes, times")
    with tempfile.TemporaryDirectory() as folder:
        joined = pathlib.Path(folder, "ext2.dd")
        joined.write_bytes(b"".join(lzma.decompress((data / part).read_bytes()) for part in SPLIT))
        images = [(data / image, name) for image, name in BODIES] + [(joined, "dfvfs_ext2.splitraw")]
        for image, name in images:
            text = (data / "_reference" / f"{name}.fls.body").read_text()
            # fls tells the streams of a folder a second time, through the folder's own "."
            expected = of_body("\n".join(line for line in text.splitlines() if "/.:" not in line))
            add_all(score, name, expected, of_events(Case(calm, unpacked(folder, image)).events))
    return score


def stated(events, path):
    """Event of each meaning, and the fields, of the file of that path."""
    times, fields = {}, {}
    for event in events:
        if fields_of(event)["file.path"] == path:
            fields = fields_of(event)
            times.update({m: event for m in event["meaning"].split(",")})
    return times, fields


def moment(text):
    """Seconds since 1970, exactly."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return decimal.Decimal(seconds(whole)) + decimal.Decimal(f"0.{fraction or 0}")


def is_time(event, text):
    """Whether the event is at that time, as exactly as it says of itself."""
    return event is not None and 0 <= moment(text) - moment(event["@timestamp"]) < SPANS[event["precision"]]


def go_ext4(calm, data):
    """The golden's listing: mode, inode, owner, size, time; and all times of one file."""
    score = Set("go-ext4: listing and times")
    events = Case(calm, data / "go-ext4/hierarchy_64.ext4").events
    golden = json.loads((data / "go-ext4/hierarchy_64.ext4.golden").read_text())
    for line in filter(None, golden["listdir"]):
        _, inode, uid, gid, size, when, name = line.split(None, 6)
        times, f = stated(events, "/" + name)
        got = (f.get("file.inode"), f.get("file.uid"), f.get("file.gid"), f.get("file.size"))
        score.add(got == (inode, uid, gid, size) and is_time(times.get("modified"), when), name, line, got)
    stat = json.JSONDecoder().raw_decode("".join(golden["stat"]))[0]
    times, f = stated(events, "/" + stat["Name"])
    for member, meaning in (("Mtime", "modified"), ("Atime", "accessed"), ("Ctime", "changed"), ("Btime", "created")):
        score.add(is_time(times.get(meaning), stat[member]), stat["Name"], stat[member], sorted(times))
    score.add(int(f.get("file.mode", "0"), 8) == stat["Mode"] & 0o7777, stat["Name"], stat["Mode"], f)
    return score


def go_fat(calm, data):
    """The golden's listing of one folder, and one file."""
    score = Set("go-fat: sizes and times")
    events = Case(calm, data / "go-fat/fat12.dd").events
    golden = json.loads((data / "go-fat/fat12.golden").read_text())
    rows = [r for r in json.loads("".join(golden["listdir"])) if r["Name"] not in (".", "..")]
    rows.append(json.JSONDecoder().raw_decode("".join(golden["stat"]))[0])
    for row in rows:
        found = [stated(events, p) for p in sorted({fields_of(e)["file.path"] for e in events}) if p.endswith("/" + row["Name"])]
        wanted = {"modified": row["Mtime"], "accessed": row["Atime"], "created": row["Ctime"]}
        is_right = any(all(is_time(times.get(m), t) for m, t in wanted.items()) and (row["IsDir"] or f["file.size"] == str(row["Size"])) for times, f in found)
        score.add(is_right, row["Name"], wanted, [{m: e["@timestamp"] for m, e in times.items()} for times, _ in found])
    return score


def dfxml(calm, data):
    """fiwalk's view of three images."""
    score = Set("DFXML: names, inodes, sizes, times")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("5-fat-daylight", "14-iso9660-1"):
            zipfile.ZipFile(data / "dftt" / f"{name}.zip").extractall(folder)
        places = {path.name: path for path in pathlib.Path(folder).rglob("*.*")}
        places |= {"image.dd": data / "sleuthkit/image.dd", "image.xml": data / "sleuthkit/image_dd.dfxml.xml"}
        for image, zone in DFXML:
            got = of_events(Case(calm, places[image], zone).events)
            by_file = {(n.removesuffix(" (deleted)").split(" -> ")[0], i, s, l, t) for n, i, s, l, t in got}
            for item in xml.etree.ElementTree.parse(places[image.rsplit(".", 1)[0] + ".xml"]).iterfind(".//d:fileobject", NS):
                score_object(score, image, item, by_file)
    return score


def score_object(score, image, item, by_file):
    """Each time that a file object states."""
    name = item.findtext("d:filename", "", NS)
    if os.path.basename(name) in (".", ".."):
        return
    for tag, letter in LETTER.items():
        text = item.findtext(f"d:{tag}", "", NS)
        if not text or text.startswith("1970-01-01T00:00:00"):
            continue
        when = of_body(f"0|/{name}|{item.findtext('d:inode', '', NS)}||||{item.findtext('d:filesize', '0', NS)}|{seconds(text)}|0|0|0")
        key = next(iter(when))[:3] + (letter, seconds(text))
        score.add(key in by_file, image, key, [k for k in by_file if k[0] == key[0]][:4])


def seconds(text):
    """Since 1970, of a time in UTC."""
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def main():
    """Print all scores; fail below a floor."""
    calm, data = sys.argv[1], pathlib.Path(sys.argv[2])
    if not data.is_dir():
        print("skipped: no data at", data)
        return 77
    calm = os.path.abspath(calm)
    scores = [bodies(calm, data), go_ext4(calm, data), go_fat(calm, data), dfxml(calm, data)]
    good = [score.show("-v" in sys.argv) and 100 * score.right >= FLOORS.get(score.name, 100) * score.all for score in scores]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
