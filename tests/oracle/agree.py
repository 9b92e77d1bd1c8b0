#!/usr/bin/python3
"""See whether calm-verify and verify.py agree on a corpus of mutants.

    agree.py CALM_VERIFY SEED COUNT

Makes the corpus of make_corpus.py in a folder of its own and gives each mutant
to both, and the good journals that they are made of as well.  Prints how many
mutants have which status, and each disagreement with what verify.py says.
Exits with 1 where the two disagree, where a mutant is *verified* that must not
be, or where a good journal is not; the folder is then kept.
"""

import collections
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile

import make_corpus
import verify

SECONDS = 60
GOOD = "good"


class Case:
    """One command line for both, and what may come of it."""

    def __init__(self, arguments, kind):
        self.arguments, self.kind = arguments, kind
        self.may_hold = kind == GOOD or kind in make_corpus.MAY_HOLD


def mutants(folder):
    """The cases of a manifest."""
    with open(os.path.join(folder, "manifest.tsv"), encoding="ascii") as manifest:
        for line in manifest:
            name, openings, options, kind = line.rstrip("\n").split("\t")
            arguments = [] if options == "-" else options.split(" ")
            if openings != "-":
                arguments += ["--openings", openings]
            yield Case(arguments + [name], kind)


def good_journals(folder, seed):
    """The journals that the mutants are made of, with trust from outside."""
    for base in make_corpus.make_bases(seed):
        base.write_note(folder)
        options = [base.root_arguments(), base.note_arguments()]
        if base.anchored:
            options.append(base.witness_arguments())
        for each in options:
            yield Case(each.split(" ") + ["--openings", base.name + ".cjo",
                                          base.name + ".cj1"], GOOD)


def ask_program(program, case):
    """What a program says: its status, or what it did instead of saying one."""
    try:
        done = subprocess.run([program, "--brief"] + case.arguments, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return "no answer"
    wanted = b"%d %s\n" % (done.returncode, case.arguments[-1].encode())
    if done.stdout != wanted or done.stderr:
        return "exit status %d, %r, %r" % (done.returncode, done.stdout, done.stderr)
    return done.returncode


def ask_oracle(case, *options):
    """(status, what it says) of verify.py, within this process."""
    out = io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = verify.main(list(options) + case.arguments)
    out.flush()
    return status, out.buffer.getvalue().decode()


def fault(case, said, expected):
    """What is wrong with two answers, or None."""
    if said != expected:
        return "they disagree"
    if expected == verify.VERIFIED and not case.may_hold:
        return "wrongly verified"
    if expected != verify.VERIFIED and case.kind == GOOD:
        return "good, and not verified"
    return None


def compare(program, cases):
    """Ask both about each case; gives the counts and the number of faults."""
    counts, faults = collections.Counter(), 0
    for case in cases:
        said, (expected, _) = ask_program(program, case), ask_oracle(case, "--brief")
        counts[expected] += case.kind != GOOD
        what = fault(case, said, expected)
        if what:
            faults += 1
            print("%s (%s): calm-verify %s, verify.py %d\n    %s\n    %s"
                  % (what, case.kind, said, expected, " ".join(case.arguments),
                     ask_oracle(case)[1].strip()), flush=True)
    return counts, faults


def agree(program, folder, seed, number):
    """Make the corpus and compare; gives the number of faults."""
    make_corpus.make_corpus(folder, seed, number)
    os.chdir(folder)
    counts, faults = compare(program, list(good_journals(folder, seed))
                             + list(mutants(folder)))
    for status, verdict in sorted(verify.VERDICT.items()):
        print("%8d  %d %s" % (counts[status], status, verdict))
    print("%8d  disagreements and wrong verdicts" % faults)
    return faults


def main(arguments):
    """Run the command line."""
    if len(arguments) != 3 or not all(map(str.isdigit, arguments[1:])):
        print("usage: agree.py CALM_VERIFY SEED COUNT", file=sys.stderr)
        return 2
    program = os.path.abspath(arguments[0])
    folder = tempfile.mkdtemp(prefix="agree-")
    if agree(program, folder, int(arguments[1]), int(arguments[2])):
        print("the corpus is kept in %s" % folder)
        return 1
    os.chdir("/")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
