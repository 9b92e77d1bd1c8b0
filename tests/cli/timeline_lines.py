"""timeline_lines.py: the events that timeline_probe reads from lines, for tests."""
import datetime
import json
import os
import pathlib
import subprocess
import tempfile

PROBE = pathlib.Path(os.environ.get("CALM_BUILD", "b")) / "tests/cli/timeline_probe"
WRITTEN = int(datetime.datetime(2026, 11, 26, tzinfo=datetime.timezone.utc).timestamp())


def fields(pairs):
    """One value, or a list of several of the same name."""
    out = {}
    for name, value in pairs:
        if name in out:
            before = out[name] if isinstance(out[name], list) else [out[name]]
            out[name] = before + [value]
        else:
            out[name] = value
    return out


def spelled(ns):
    """2026-11-25T03:12:09.5Z of nanoseconds since 1970."""
    seconds, rest = divmod(ns, 10**9)
    text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).isoformat()
    return text + (f".{rest:09}".rstrip("0") if rest else "") + "Z"


def read_file(path, written=WRITTEN, zone=None):
    """The events of a file, and the counts of its lines; no events where it is not recognised. zone: that of the source."""
    done = subprocess.run([PROBE, "-y", str(written), *(["-z", f"/usr/share/zoneinfo/{zone}"] if zone else []), path], capture_output=True, timeout=60, check=False)
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    rows = [json.loads(line, object_pairs_hook=fields) for line in done.stdout.decode().splitlines()]
    for row in rows[:-1]:
        row["time"] = spelled(row.pop("ns"))
    return rows[:-1], rows[-1]


def read_lines(data, zone=None):
    """As read_file, of bytes or text."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data if isinstance(data, bytes) else data.encode())
        file.flush()
        return read_file(file.name, zone=zone)


def is_nobodys(data):
    """No format makes an event of it: text is kept line by line, and all else left."""
    events, counts = read_lines(data)
    return counts["format"] is None and not events or counts["format"] == "text" and {event["event.kind"] for event in events} == {"unparsed"}
