"""file_times.py: the times of files that a body file tells and those that events tell, in one form, so that they can be compared."""
import collections
import datetime
import re

LETTERS = {"modified": "m", "accessed": "a", "changed": "c", "created": "b"}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def fields_of(event):
    """Names and first values."""
    out = {}
    for field in event["fields"]:
        out.setdefault(field["name"], field["value"])
    return out


def seconds_of(stamp):
    when = datetime.datetime.fromisoformat(stamp[:19] + "+00:00")
    return (when - EPOCH) // datetime.timedelta(seconds=1)


def name_of(fields):
    """As a body file has it."""
    state = {"deleted": " (deleted)", "reallocated": " (deleted-realloc)", None: ""}[fields.get("file_system.state")]
    fork = f":{fields['file.fork_name']}" if "file.fork_name" in fields and "file_system.times" not in fields else ""
    times = " ($FILE_NAME)" if "file_system.times" in fields else ""
    target = f" -> {fields['file.target_path']}" if "file.target_path" in fields else ""
    return re.sub(r"[\x00-\x1f\x7f]", "^", fields["file.path"] + fork + times + target + state)


def of_body(text):
    """(name, inode, size, letter, seconds) of each time, by what fls and the like wrote. A file without times has one of the letter "."."""
    out = collections.Counter()
    for line in text.splitlines():
        _, name, inode, _, _, _, size, *times = line.split("|")
        told = [(letter, int(float(t))) for letter, t in zip("amcb", times) if float(t)]
        for letter, seconds in told or [(".", 0)]:
            out[(name, inode, size, letter, seconds)] += 1
    return out


def of_events(events):
    """The same, by the events of a file system; what ext says of the deletion of an inode is in no body file."""
    out = collections.Counter()
    for event in events:
        fields = fields_of(event)
        if fields["event.kind"] != "event" or event["meaning"] == "deleted":
            continue
        name = name_of(fields)
        meanings = [LETTERS[m] for m in event["meaning"].split(",")] if event["meaning"] != "logged" else ["."]
        for letter in meanings:
            out[(name, fields["file.inode"], fields.get("file.size", "0"), letter, seconds_of(event["@timestamp"]))] += 1
    return out
