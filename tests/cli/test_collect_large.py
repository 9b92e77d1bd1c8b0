"""test_collect_large.py: calm-collect as a program on a host with very many processes."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import harness
import test_collect
from harness import COLLECT
from test_collect import archive, lines


def make_processes(tree, count):
    """A recorded /proc of so many processes; their files are links to the same few."""
    proc = tree / "proc"
    proc.mkdir()
    (tree / "etc").mkdir()
    (tree / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    model = tree / "model"
    model.mkdir()
    stat = "7 (worker) S 1 1 1 0 -1 4194560 " + "0 " * 10 + "1 0 5000 9000000 512" + " 0" * 28 + "\n"
    texts = {"stat": stat, "status": "Name:\tworker\nUid:\t33\t33\t33\t33\nGid:\t33\t33\t33\t33\nThreads:\t1\n",
             "cmdline": "/usr/sbin/worker\0--instance\0number-of-this-one\0", "cgroup": "0::/system.slice/worker.service\n",
             "environ": "PATH=/usr/bin\0LANG=C\0", "maps": "5560000-5570000 r-xp 00000000 08:01 77 /usr/sbin/worker\n"}
    for name, text in texts.items():
        (model / name).write_text(text)
    os.symlink("/usr/sbin/worker", model / "exe")
    os.symlink("/", model / "cwd")
    names = [*texts, "exe", "cwd"]
    # A file has a limit of links on most file systems, so the models are made anew now and then.
    for number in range(1, count + 1):
        if number % 20_000 == 0:
            for name in names:
                copy = model / (name + ".new")
                if (model / name).is_symlink():
                    os.symlink(os.readlink(model / name), copy)
                else:
                    shutil.copy(model / name, copy)
                os.replace(copy, model / name)
        folder = f"{proc}/{number}"
        os.mkdir(folder)
        for name in names:
            os.link(f"{model}/{name}", f"{folder}/{name}", follow_symlinks=False)


class OfManyProcesses(test_collect.CollectTest):
    def test_memory_stays_within_64_mib_at_100_000_processes(self):
        if harness.SANITIZED:
            self.skipTest("a sanitizer needs memory of its own")
        name = tempfile.mkdtemp(prefix="calm-collect-", dir=harness.memory_for(1_000_000))
        self.addCleanup(subprocess.run, ["rm", "-rf", name], check=True)  # most of a million names, which Python removes more slowly
        make_processes(pathlib.Path(name), 100_000)
        # A child's peak counts from before its exec, so a small parent has to start it.
        program = "import os, sys; p = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ); _, status, usage = os.wait4(p, 0); print(status, usage.ru_maxrss)"
        out = self.folder / "out.zst"
        said = subprocess.run([sys.executable, "-S", "-c", program, COLLECT, "--unsealed", "--output", str(out), "--root", name], capture_output=True, text=True, check=True, timeout=500)
        status, kib = map(int, said.stdout.split())
        self.assertEqual(status, 0, said.stderr)
        found = len(lines(archive(out.read_bytes()), "live/process"))
        self.assertEqual(found, 100_000)
        self.assertLessEqual(kib, 64 * 1024)


if __name__ == "__main__":
    harness.main()
