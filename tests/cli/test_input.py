"""What bad input gets: a sentence that names the object, an exit status from one table, and nothing lost or half written."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from harness import CALM, CaseTest, Person, SANITIZED, VERIFY, main, one_line


class BadInput(CaseTest):
    def test_mistyped_commands_suggest_the_right_one(self):
        for line, meant in (("problm list", "problem"), ("problem rais x", "problem raise"), ("noet x", "note"), ("reprot", "report"),
                            ("team handovr bo x", "team handover")):
            status, said = self.ana.fails(line)
            self.assertEqual(status, 2, line)
            self.assertIn(f"Did you mean: calm {meant}", said)

    def test_a_mistyped_option_suggests_the_right_one(self):
        status, said = self.ana.fails("problem raise x --impct high")
        self.assertEqual(status, 2)
        self.assertIn("--impact", said)

    def test_a_missing_value_is_named_with_an_example(self):
        status, said = self.ana.fails("problem raise")
        self.assertEqual(status, 2)
        self.assertIn("text", said)
        self.assertIn("calm problem raise", said)

    def test_a_word_that_is_no_choice_names_the_choices(self):
        status, said = self.ana.fails("problem raise x --impact enormous")
        self.assertEqual(status, 2)
        self.assertIn("low, medium, high or critical", said)

    def test_text_that_is_piped_to_a_bare_practice_is_not_lost_unsaid(self):
        done = self.ana.run("note", stdin=b"the fan is loud\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"calm note -", done.stderr)
        self.assertEqual(self.ana.run("note").returncode, 0)
        self.assertEqual(self.ana.run("note", "-", stdin=b"the fan is loud\n").returncode, 0)
        self.assertIn("the fan is loud", self.ana("log"))

    def test_a_time_that_is_none_says_how_to_write_one(self):
        status, said = self.ana.fails("note x --at sometime")
        self.assertEqual(status, 2)
        self.assertIn("14:30", said)

    def test_an_export_is_not_taken_for_a_case_nor_a_folder_for_an_export(self):
        (self.folder / "empty").mkdir()
        for folder in ("empty", "missing"):
            status, said = self.ana.fails(f"log merge {folder}")
            self.assertEqual(status, 3)
            self.assertIn("calm log export", said)
        self.ana("log export out")
        lone = Person("lone", self.folder, None)
        status, said = lone.fails("open ./out")
        self.assertEqual(status, 2)
        self.assertIn("calm log merge ./out", said)

    def test_open_says_which_case_the_next_command_would_take(self):
        ana = Person("ana", self.folder, None)
        other = self.folder / "elsewhere"
        other.mkdir()
        said = ana(f"open {other}/second.calm")
        self.assertIn(str(self.case.resolve()), said)
        self.assertIn(f"export CALM_CASE={other.resolve()}/second.calm", said)
        self.assertNotIn("CALM_CASE", ana(f"open {self.case}"))

    def test_a_name_that_would_be_read_as_another_one_is_refused(self):
        for name in ("a b", "q", "q ", " q", "a\nb", "a", "b", "\tq", "q\n"):
            (self.folder / name).write_text(name)
        before = self.ana.json("preserve list")
        for name in ("q ", " q", "a\nb", "\tq", "q\n"):
            for words in (("preserve", "files"), ("preserve", "image", "--to", "out"), ("preserve", "hash"), ("preserve", "read")):
                done = self.ana.run(*words, name)
                self.assertEqual(done.returncode, 2, (words, name, done.stdout))
                self.assertIn("would be read as another one", one_line(done.stderr.decode()))
        self.assertEqual(self.ana.json("preserve list"), before)
        self.ana.run("preserve", "files", "--", "q ", "a\nb")
        self.assertEqual({i["sha256"] for i in self.ana.json("preserve list")} - {i["sha256"] for i in before}, {hashlib.sha256(n).hexdigest() for n in (b"q ", b"a\nb")})

    def test_an_option_is_named_as_it_was_typed(self):
        status, said = self.ana.fails("note x --at sometime")
        self.assertEqual(status, 2)
        self.assertIn("calm: at: ", said)

    def test_a_question_about_nothing_is_not_asked(self):
        status, said = self.ana.fails("problem top")
        self.assertEqual(status, 3)
        self.assertIn("there is no problem yet", said)

    def test_a_command_of_another_verb_is_not_taken_for_a_note(self):
        before = self.ana.json("status")["records"]
        for line in ("note list", "note help", "learn show"):
            status, said = self.ana.fails(line)
            self.assertEqual(status, 2, line)
            self.assertIn("nothing was written", said)
        self.assertEqual(self.ana.json("status")["records"], before)
        self.ana("note add list")
        self.ana("note list of what is missing")
        self.assertEqual([r["text"] for r in self.ana.json("log")[-2:]], ["list", "list of what is missing"])

    def test_a_dash_takes_the_text_from_standard_input(self):
        done = self.ana.run("note", "-", stdin="first line\nsecond – line\n".encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.ana.json("log --last 1")[0]["text"], "first line\nsecond – line")
        self.assertEqual(self.ana.run("note", "-", stdin=b"").returncode, 2)
        self.assertEqual(self.ana.run("note", "-", stdin=b"x" * 65537).returncode, 10)

    def test_one_record_is_shown_whole_and_no_match_is_said(self):
        self.ana("note first")
        self.ana("note " + "long " * 40)
        last = self.ana.json("log --last 1")[0]["record"]
        self.assertEqual(self.ana(f"log r{last}").count("long"), 40)
        self.assertNotIn("first", self.ana(f"log r{last}"))
        self.assertEqual([r["record"] for r in self.ana.json(f"log r{last}")], [last])
        self.assertIn("Nothing", self.ana("log zzzzz"))
        self.assertEqual(self.ana.json("log zzzzz"), [])

    def test_help_is_found_by_every_name_of_a_command(self):
        for line, want in (("help log", "calm log"), ("help stop plan", "calm stop plan"), ("help call", "calm call WITH TEXT"),
                           ("-h", "calm open"), ("help stop", "calm stop:")):
            self.assertIn(want, self.ana(line), line)
        self.assertEqual(self.ana.fails("help nonsense")[0], 3)

    def test_help_parts_options_that_belong_together_and_is_short(self):
        for command, heading, within, before in (("preserve collect", "Over SSH:", ("--ssh", "--program"), "--here"),
                                                 ("preserve receive", "How much is taken:", ("--most", "--spare"), "--give-up")):
            said = self.ana(f"{command} --help")
            self.assertLessEqual(len(said.splitlines()), 52, command)
            own, rest = said.split(f"\n\n{heading}\n")
            group = rest.split("\n\n")[0]
            self.assertIn(f"\n  {before}", own)
            self.assertEqual([option for option in within if f"\n  {option} " in "\n" + group], list(within))
            self.assertIn(f".Pp\n{heading}\n.Bl", self.ana("help manual preserve"))

    def test_a_thing_that_is_not_there_says_what_is(self):
        self.ana("assess system web1")
        status, said = self.ana.fails("assess mark web9 affected")
        self.assertEqual(status, 3)
        self.assertIn("web1", said)

    def test_a_name_of_ten_thousand_bytes_with_escapes_and_markup_harms_nothing(self):
        name = ("\x1b[31m<script>alert(1)</script>\u202e'\"\\" * 400)[:10000]
        self.ana.run("note", name)
        self.ana.run("problem", "raise", name)
        self.ana.run("assess", "system", name)
        for line in ("log", "status", "problem list", "assess systems", "log --full"):
            said = self.ana(line)
            self.assertNotIn("\x1b", said, line)
            self.assertNotIn("\u202e", said, line)
        json.loads(self.ana("log --json"))

    def test_a_value_over_the_limit_is_refused_and_nothing_is_written(self):
        before = len(self.ana.json("log"))
        done = self.ana.run("note", "x" * 70000)
        self.assertEqual(done.returncode, 10)
        self.assertEqual(len(self.ana.json("log")), before)

    def test_bytes_that_are_not_utf8_are_kept_and_shown_safely(self):
        done = subprocess.run([CALM, "--case", str(self.case), "note", b"caf\xe9 \xff"], env=self.ana.env, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn("caf\ufffd", self.ana("log"))

    def test_no_case_says_what_to_do_first_and_names_the_next_step(self):
        nobody = Person("nobody", self.folder, None)
        empty = self.folder / "empty"
        empty.mkdir()
        done = subprocess.run([CALM], env=nobody.env, cwd=empty, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0)
        lines = done.stdout.splitlines()
        self.assertLessEqual(len(lines), 24)
        self.assertLessEqual(max(len(line) for line in lines), 80)
        self.assertIn("calm open", done.stdout)
        done = subprocess.run([CALM, "problem", "list"], env=nobody.env, cwd=empty, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("calm open", done.stderr)

    def test_without_a_home_it_says_what_to_set(self):
        done = subprocess.run([CALM, "open", "x"], env={"PATH": "/usr/bin:/bin"}, cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("CALM_KEYS", done.stderr)

    def test_opening_twice_in_one_folder_makes_two_cases(self):
        zoe = Person("zoe", self.folder, None)
        zoe("open")
        zoe("open")
        self.assertEqual(len(list(self.folder.glob("*day*.calm"))) - 1, 2)

    def test_a_folder_with_other_things_in_it_is_not_made_a_case(self):
        there = self.folder / "full"
        there.mkdir()
        (there / "letter.txt").write_text("dear")
        zoe = Person("zoe", self.folder, None)
        status, said = zoe.fails(f"open {there}")
        self.assertNotEqual(status, 0)
        self.assertEqual(sorted(os.listdir(there)), ["letter.txt"])

    def test_a_corrupted_database_is_said_and_not_touched(self):
        self.ana('note "one"')
        db = self.case / "case.db"
        raw = bytearray(db.read_bytes())
        raw[0:100] = b"\xff" * 100
        db.write_bytes(bytes(raw))
        status, said = self.ana.fails("status")
        self.assertIn(status, (7, 11))
        self.assertIn(str(self.case), said)
        self.assertEqual(db.read_bytes(), bytes(raw))

    def test_a_changed_line_in_the_database_is_tampering(self):
        self.ana('note "one"')
        self.ana('note "two"')
        with sqlite3.connect(self.case / "case.db") as db:
            tables = [r[0] for r in db.execute("select name from sqlite_master where type='table'")]
            lines = next(t for t in tables if t in ("line", "lines", "record", "records"))
            columns = [r[1] for r in db.execute(f"pragma table_info({lines})")]
            text = next(c for c in columns if c in ("line", "text"))
            old = db.execute(f"select {text} from {lines} where seq=2").fetchone()[0]
            new = old.replace('"tlp":"amber"', '"tlp":"green"')
            self.assertNotEqual(new, old)
            db.execute(f"update {lines} set {text}=? where seq=2", (new,))
        db.close()
        status, said = self.ana.fails("status")
        self.assertEqual(status, 8)
        self.assertIn("record", said)

    def test_a_missing_opening_is_said_and_the_rest_is_shown(self):
        self.ana('note "kept: oboe"')
        self.ana('note "lost: bassoon"')
        with sqlite3.connect(self.case / "case.db") as db:
            tables = [r[0] for r in db.execute("select name from sqlite_master where type='table'")]
            openings = next(t for t in tables if t.startswith("opening"))
            db.execute(f"delete from {openings} where seq=(select max(seq) from {openings})")
        db.close()
        log = self.ana("log")
        self.assertIn("oboe", log)
        self.assertNotIn("bassoon", log)

    def test_killed_at_any_moment_no_acknowledged_record_is_lost(self):
        said = []
        for delay in range(12):
            child = subprocess.Popen([CALM, "--case", str(self.case), "note", f"number {delay}"], env=self.ana.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            time.sleep(delay * 0.004)
            child.send_signal(signal.SIGKILL)
            out = child.communicate()[0]
            if b"observation" in out:
                said.append(f"number {delay}")
        log = self.ana("log")
        for text in said:
            self.assertIn(text, log)
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_a_read_only_folder_says_so_and_can_still_be_read(self):
        if os.geteuid() == 0:
            self.skipTest("root writes everywhere")
        self.case.chmod(0o500)
        self.assertNotEqual(self.ana.fails('note "x"')[0], 0)
        self.ana("status")

    def test_a_case_in_a_folder_that_is_not_there_names_the_missing_one(self):
        eva = Person("eva", self.folder, None)
        (self.folder / "there").mkdir()
        for path, missing in (("a/b", "a"), ("there/a/b/c", "there/a"), (f"{self.folder}/there/x/y", f"{self.folder}/there/x")):
            status, said = eva.fails(f"open {path}")
            self.assertEqual(status, 3)
            self.assertIn(f"there is no folder {missing}.", said)
        self.assertEqual(list((self.folder / "there").iterdir()), [])

    @unittest.skipIf(SANITIZED, "a sanitizer wants to be loaded first")
    def test_a_medium_that_cannot_be_read_is_not_called_a_damaged_case(self):
        if not shutil.which("gcc"):
            self.skipTest("no compiler")
        (self.folder / "eio.c").write_text(
            "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <errno.h>\n#include <stdio.h>\n#include <string.h>\n#include <unistd.h>\n"
            "ssize_t pread64(int fd, void *p, size_t n, off64_t off)\n{\n"
            '    ssize_t (*real)(int, void *, size_t, off64_t) = (ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");\n'
            "    char link[64], path[512] = {0};\n"
            '    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);\n'
            '    if (off >= 4096 && readlink(link, path, sizeof(path) - 1) > 0 && strstr(path, "case.db")) {\n        errno = EIO;\n        return -1;\n    }\n'
            "    return real(fd, p, n, off);\n}\n")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", "eio.so", "eio.c"], cwd=self.folder, check=True)
        for words in (("log",), ("note", "x")):
            done = self.ana.run(*words, env={"LD_PRELOAD": str(self.folder / "eio.so")})
            said = done.stderr.decode()
            self.assertIn(f"(exit {done.returncode})", said)
            self.assertIn("medium cannot be read: Input/output error", said)
            self.assertNotIn("damaged", said)
            self.assertEqual(done.returncode, 11)
        self.ana("log")

    def test_a_full_disk_loses_nothing_that_was_acknowledged(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        small = self.folder / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True, check=False).returncode:
            self.skipTest("no small file system can be mounted here")
        try:
            zoe = Person("zoe", self.folder, None)
            zoe(f"open {small}/c.calm")
            zoe.case = small / "c.calm"
            acknowledged = 0
            for number in range(200):
                done = zoe.run("note", f"number {number} " + "x" * 20000)
                if done.returncode:
                    self.assertEqual(done.returncode, 12, done.stderr)
                    self.assertIn(f"calm continue {zoe.case} ".encode(), done.stderr)
                    break
                acknowledged += 1
            self.assertLess(acknowledged, 200)
            self.assertEqual(len(zoe.json("log --type note")), acknowledged)
        finally:
            subprocess.run(["umount", "-l", str(small)], check=False)

    def test_two_at_once_both_get_in(self):
        bo = self.join("bo")
        running = []
        for number in range(8):
            for person in (self.ana, bo):
                running.append(subprocess.Popen([CALM, "--case", str(self.case), "note", f"{person.name} {number}"], env=person.env,
                                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
        for child in running:
            self.assertEqual(child.wait(60), 0, child.stderr.read())
            child.stderr.close()
        texts = {t["text"] for t in self.ana.json("log --type note")}
        self.assertEqual(texts, {f"{name} {n}" for name in ("ana", "bo") for n in range(8)})
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_colour_only_on_a_terminal_and_never_under_no_color(self):
        self.assertNotIn("\x1b", self.ana("status"))


class Redaction(CaseTest):
    def setUp(self):
        super().setUp()
        self.bo = self.join("bo")
        self.ana('note "the password is contrabassoon"')
        self.record = self.ana.json("log --type note")[0]["record"]
        self.ana(f'log redact-request r{self.record} text --because "a password"')
        self.request = self.ana.json("log")[-1]["record"]

    def test_one_approval_is_not_enough(self):
        self.ana(f"log redact-approve r{self.request}")
        self.ana(f"log redact-approve r{self.request}")
        self.assertEqual(self.ana.fails(f"log redact r{self.request}")[0], 5)

    def test_two_people_destroy_a_value_for_good_and_the_record_still_verifies(self):
        self.ana(f"log redact-approve r{self.request}")
        self.bo(f"log redact-approve r{self.request}")
        self.ana(f"log export {self.folder}/gone --for bo")
        said = self.ana(f"log redact r{self.request}")
        self.assertIn("gone, for bo", said)
        self.assertNotIn("contrabassoon", self.ana("log --full"))
        self.ana("log checkpoint")
        self.assertEqual(self.verify(), 2)

    def test_under_a_legal_hold_nothing_is_destroyed(self):
        self.ana(f"log redact-approve r{self.request}")
        self.bo(f"log redact-approve r{self.request}")
        self.ana('log hold set --because "a lawsuit is likely"')
        self.assertEqual(self.ana.fails(f"log redact r{self.request}")[0], 5)
        self.ana('log hold lifted --because "settled"')
        self.ana(f"log redact r{self.request}")


class Anchors(CaseTest):
    def tsa(self):
        """A time-stamp authority of our own, made with openssl."""
        d = self.folder / "tsa"
        d.mkdir()
        (d / "cnf").write_text(
            "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3\ndigests=sha256\nordering=no\naccuracy=secs:1\n"
            "[req]\ndistinguished_name=dn\n[dn]\n[ext]\nextendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
        (d / "serial").write_text("01\n")
        run = lambda *w: subprocess.run(["openssl", *w], cwd=d, check=True, capture_output=True)
        run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=test tsa", "-days", "2", "-config", "cnf", "-extensions", "ext")
        return d

    def test_a_printed_root_is_also_to_be_had_by_programs(self):
        said = json.loads(self.ana("log anchor --json"))
        self.assertEqual(self.verify("--root", f"{said['size']}:{said['root']}"), 0)
        self.assertEqual(self.verify("--root", f"{said['size']}:{said['case']}"), 1)

    def test_a_time_stamp_anchors_the_record(self):
        d = self.tsa()
        self.ana(f"log anchor --request {self.folder}/a.tsq")
        subprocess.run(["openssl", "ts", "-reply", "-config", "cnf", "-queryfile", str(self.folder / "a.tsq"), "-inkey", "key.pem", "-signer", "cert.pem",
                        "-out", str(self.folder / "a.tsr")], cwd=d, check=True, capture_output=True)
        self.assertIn("Anchored", self.ana(f"log anchor --token {self.folder}/a.tsr"))
        self.ana("log checkpoint")
        self.assertEqual(self.verify("--tsa", str(d / "cert.pem")), 0)
        self.assertEqual(self.verify(), 2)
        self.assertIn("verified", self.ana(f"log verify --tsa {d}/cert.pem"))

    def test_a_time_stamp_of_something_else_is_refused(self):
        d = self.tsa()
        (self.folder / "other").write_text("other")
        subprocess.run(["openssl", "ts", "-query", "-data", str(self.folder / "other"), "-sha256", "-cert", "-out", str(self.folder / "o.tsq")], check=True, capture_output=True)
        subprocess.run(["openssl", "ts", "-reply", "-config", "cnf", "-queryfile", str(self.folder / "o.tsq"), "-inkey", "key.pem", "-signer", "cert.pem",
                        "-out", str(self.folder / "o.tsr")], cwd=d, check=True, capture_output=True)
        self.ana("log checkpoint")
        self.assertEqual(self.ana.fails(f"log anchor --token {self.folder}/o.tsr")[0], 8)

    def test_the_printed_page_anchors_the_record_and_a_wrong_one_shows_tampering(self):
        page = self.ana("log anchor")
        # As a person copies it into a shell.
        command = page[page.index("calm-verify"):page.index("\n\nSigned")]
        done = subprocess.run(["sh", "-c", 'PATH="$1:$PATH"; cd "$2/journal"; ' + command, "sh", str(pathlib.Path(VERIFY).parent), str(self.case)], check=False,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLessEqual(max(map(len, page.splitlines())), 80)
        size = command.split('"')[1].split(":")[0]
        self.assertEqual(self.verify("--root", f"{size}:{'0' * 64}"), 1)

    def test_a_skeleton_discloses_no_value(self):
        self.ana('note "saxophone"')
        self.ana(f"log export {self.folder}/bare --skeleton")
        found = sorted(p.name for p in pathlib.Path(self.folder / "bare").iterdir())
        self.assertEqual(found, ["journal.cj1"])
        self.assertNotIn(b"saxophone", (self.folder / "bare" / "journal.cj1").read_bytes())

    def test_an_export_in_clear_holds_nothing_labelled_higher(self):
        self.ana('note "piccolo" --tlp red')
        self.ana('note "trumpet" --tlp green')
        self.ana(f"log export {self.folder}/clear --clear --label green")
        text = (self.folder / "clear" / "journal.cjo").read_text()
        import base64
        self.assertIn(base64.b64encode(b"trumpet").decode(), text)
        self.assertNotIn(base64.b64encode(b"piccolo").decode(), text)
        done = subprocess.run([str(pathlib.Path(CALM).parent / "verify" / "calm-verify"), "--brief", "--openings", str(self.folder / "clear" / "journal.cjo"),
                               str(self.folder / "clear" / "journal.cj1")], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2, done.stdout)


if __name__ == "__main__":
    main()
