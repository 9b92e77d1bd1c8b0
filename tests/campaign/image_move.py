#!/usr/bin/python3
"""image_move.py SEED COUNT: makes images whose targets are full, names folders in several ways (with .., through links and bind mounts), kills calm-image at any
time, and puts its files together between runs. What is there in the end is the source to the byte, in files that are each there once; and no file of somebody
else in these folders is changed."""
import contextlib
import hashlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading

seed, count = int(sys.argv[1]), int(sys.argv[2])
PROGRAM = str(pathlib.Path(os.environ["CALM_BUILD"]).resolve() / "src" / "calm-image")
MIB = 1 << 20
RUNS_MAX = 30

if os.geteuid() or subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False).returncode:
    print("skipped: nothing can be mounted here")
    sys.exit(77)
if "IMAGE_MOVE_INSIDE" not in os.environ:  # its mounts end with it
    os.execvpe("unshare", ["unshare", "-m", sys.executable, *sys.argv], {**os.environ, "IMAGE_MOVE_INSIDE": "1"})


def must(*words):
    subprocess.run([str(w) for w in words], check=True)


class One:
    def __init__(self, rng, place):
        self.rng, self.place, self.said = rng, place, []
        self.data = b"".join(rng.choice((rng.randbytes, bytes))(rng.randrange(1, 2 * MIB)) for _ in range(rng.randrange(4, 16))) or b"x"
        (place / "disk").write_bytes(self.data)
        self.kind = rng.choice((["format raw"], ["segment 2MiB"], ["format split", "segment 1MiB"]))
        self.folders = [place / name for name in ("small", "other", "third")]
        for folder in self.folders:
            folder.mkdir()
            (place / f"link-{folder.name}").symlink_to(folder)
            (place / f"bound-{folder.name}").mkdir()
        for folder in self.folders[:2]:
            must("mount", "-t", "tmpfs", "-o", f"size={rng.randrange(2, 9)}m", "none", folder)
        for folder in self.folders:
            must("mount", "--bind", folder, place / f"bound-{folder.name}")
            for name in ("y.E01", "x.raw.txt", "x.E1", "x2.raw"):
                (folder / name).write_bytes(rng.randbytes(100))
        self.others = self.strangers()

    def strangers(self):
        return {(f.name, n): (f / n).read_bytes() for f in self.folders for n in ("y.E01", "x.raw.txt", "x.E1", "x2.raw")}

    def spelled(self, folder):
        name = folder.name
        return str(self.rng.choice((folder, f"{folder}/", f"{folder}/../{name}", f"{self.place}/./{name}", self.place / f"link-{name}", self.place / f"bound-{name}")))

    def larger(self, folder):
        if folder != self.folders[2]:
            must("mount", "-o", "remount,size=200m", folder)

    def answer(self, runs):
        """Another folder, or this one with room made in it."""
        folder = self.rng.choice(self.folders) if runs < RUNS_MAX // 2 else self.folders[2]
        if self.rng.random() < 0.3:
            self.larger(folder)
        return self.spelled(folder)

    def run(self, order, runs):
        self.said = []
        with subprocess.Popen([PROGRAM, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as job:
            killer = threading.Timer(self.rng.uniform(0.01, 0.6), job.kill) if runs < RUNS_MAX // 2 else None
            questions = 0
            if killer:
                killer.start()
            try:
                job.stdin.write("".join(line + "\n" for line in (*order, "commit 0 s", f"limit {self.rng.choice((20, 60, 400))}", "go")))
                job.stdin.flush()
                for line in job.stdout:
                    line = line.rstrip("\n")
                    if not line.startswith(("progress", "fact ")):
                        self.said.append(line)
                    if line == "fact end 1":
                        job.stdin.write("begin\n")
                    elif line.startswith("full "):
                        questions += 1
                        self.said.append("-> " + (said := self.answer(runs) if questions < 20 else self.spelled(self.folders[2])))
                        job.stdin.write(f"folder {said}\n")
                    job.stdin.flush()
            except BrokenPipeError:
                pass
            code = job.wait()
            with contextlib.suppress(BrokenPipeError):  # what it did not take any more
                job.stdin.close()
            if killer:
                killer.cancel()
        return code

    def files(self):
        return [p for f in self.folders for p in f.iterdir() if p.name.startswith("x.") and (f.name, p.name) not in self.others]

    def gather(self):
        """Puts all files into one folder, where none has a copy there."""
        to = self.rng.choice(self.folders)
        names = [p.name for p in self.files()]
        if len(names) != len(set(names)):
            return
        self.larger(to)
        for path in self.files():
            if path.parent != to:
                shutil.move(path, to / path.name)

    def part(self):
        return next((p for p in self.files() if p.name == "x.part"), None)

    def finish(self):
        kills, part = 0, None
        for runs in range(RUNS_MAX):
            order = [f"resume {self.spelled(part.parent)}/x.part"] if part else [f"source {self.place}/disk", f"to {self.spelled(self.folders[0])}", "name x", *self.kind]
            code = self.run(order, runs)
            kills += code == -9
            if code == 0:
                return kills
            if code != -9 and not any(line.startswith("failed ERR_FULL") for line in self.said):
                raise AssertionError(f"{order}: it ended with {code}: {self.said}")
            part = self.part()
            if part and self.rng.random() < 0.4:
                self.gather()
                part = self.part()
            if code != -9:
                self.larger(part.parent)
            if not part:
                for path in self.files():
                    path.unlink()
        raise AssertionError(f"it never ends: {self.said}")

    def check(self):
        files = self.files()
        names = [p.name for p in files]
        if len(names) != len(set(names)) or any(n.rsplit(".", 1)[1] in ("part", "room", "claim", "rest", "sums") for n in names):
            raise AssertionError(f"left is {sorted(map(str, files))}")
        if f"result sha256 {hashlib.sha256(self.data).hexdigest()}" not in self.said or "result read-back same" not in self.said:
            raise AssertionError(f"it is not the source: {self.said}")
        raw = sorted((p for p in files if p.suffix == ".raw" or p.suffix[1:].isdigit()), key=lambda p: p.name)
        if raw and b"".join(p.read_bytes() for p in raw) != self.data:
            raise AssertionError("its bytes are not those of the source")
        if self.strangers() != self.others:
            raise AssertionError("files of somebody else were changed")

    def end(self):
        for path in [*self.place.glob("bound-*"), *self.folders[:2]]:
            subprocess.run(["umount", "--lazy", str(path)], check=False, capture_output=True)


kills = 0
for number in range(count):
    with tempfile.TemporaryDirectory(prefix="calm-image-move-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as place:
        one = One(random.Random(f"{seed} {number}"), pathlib.Path(place))
        try:
            kills += one.finish()
            one.check()
        except AssertionError as wrong:
            print(f"WRONG: seed {seed}, image {number} ({one.kind}): {wrong}")
            sys.exit(1)
        finally:
            one.end()
if kills < count // 2:
    print(f"WRONG: {kills} kills in {count} images")
    sys.exit(1)
print(f"{count} images, {kills} kills, each the source in the end")
