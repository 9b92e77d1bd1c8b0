"""test_timeline_programs.py: sentences of programs in syslog as their sources print them, and what each means. Lines and expected values were
written by hand, from the format strings of the sources that are named."""
import unittest

from timeline_lines import read_lines

FAILED, OK, UNKNOWN = "failure", "success", "unknown"
# Of each program: tag, sentence, and (action, outcome, user, source). The source is source.ip, or source.address where it is a name.
SENTENCES = {
    # OpenSSH: auth.c auth_log(), auth2.c, packet.c sshpkt_fmt_connection_id(), sshd.c, kex.c; "error: " is log.c's.
    "sshd[8]:": [
        ("Accepted publickey for eva from 192.0.2.7 port 51022 ssh2: ED25519 SHA256:AbC", "login", OK, "eva", "192.0.2.7"),
        ("Failed password for invalid user a b from 2001:db8::7 port 51022 ssh2", "login", FAILED, "a b", "2001:db8::7"),
        ("Failed none for illegal user x from 192.0.2.7 port 51022 ssh2", "login", FAILED, "x", "192.0.2.7"),
        ("Failed keyboard-interactive for <invalid username> from 192.0.2.7 port 5 ssh2", "login", FAILED, None, "192.0.2.7"),
        ("Failed password for eva from 192.0.2.7", "login", FAILED, "eva", "192.0.2.7"),
        ("Invalid user  from 192.0.2.7 port 5", "login-invalid-user", FAILED, None, "192.0.2.7"),
        ("error: PAM: Authentication failure for eva from host.example.org", "login", FAILED, "eva", "host.example.org"),
        ("error: PAM: User not known to the underlying authentication module for illegal user x from 192.0.2.7 ", "login-invalid-user", FAILED, "x",
         "192.0.2.7"),
        ("error: PAM: authentication error for eva from 192.0.2.7 via 198.51.100.4", "login", FAILED, "eva", "192.0.2.7"),
        ("Connection closed by authenticating user a 198.51.100.9 port 7 192.0.2.7 port 5 [preauth]", "connection-closed", FAILED,
         "a 198.51.100.9 port 7", "192.0.2.7"),
        ("Connection reset by 192.0.2.7 port 5 [preauth]", "connection-closed", FAILED, None, "192.0.2.7"),
        ("Connection closed by 192.0.2.7 port 5", "connection-closed", UNKNOWN, None, "192.0.2.7"),
        ("Received disconnect from 192.0.2.7 port 5:11: Bye Bye [preauth]", "disconnect", FAILED, None, "192.0.2.7"),
        ("error: Received disconnect from 192.0.2.7: 14: No supported authentication methods available", "disconnect", FAILED, None, "192.0.2.7"),
        ("Received disconnect from 192.0.2.7 port 5:11: disconnected by user", "disconnect", UNKNOWN, None, "192.0.2.7"),
        ("Disconnected from user eva 192.0.2.7 port 5", "logout", OK, "eva", "192.0.2.7"),
        ("Disconnecting invalid user x 192.0.2.7 port 5: Too many authentication failures [preauth]", "disconnect", FAILED, "x", "192.0.2.7"),
        ("fatal: Timeout before authentication for 192.0.2.7 port 5", "login-timeout", FAILED, None, "192.0.2.7"),
        ("Timeout before authentication for connection from 192.0.2.7 to 198.51.100.4, pid = 7", "login-timeout", FAILED, None, "192.0.2.7"),
        ("banner exchange: Connection from 192.0.2.7 port 5: invalid format", "connection", FAILED, None, "192.0.2.7"),
        ("drop connection #10 from [192.0.2.7]:5 on [198.51.100.4]:22 past MaxStartups", "connection", FAILED, None, "192.0.2.7"),
        ("fatal: Unable to negotiate with 192.0.2.7 port 5: no matching MAC found. Their offer: x [preauth]", "connection", FAILED, None, "192.0.2.7"),
        ("User eva from host.example.org not allowed because not listed in AllowUsers", "login-not-allowed", FAILED, "eva", "host.example.org"),
        ("[ID 800047 auth.info] Failed password for eva from 192.0.2.7 port 5 ssh2", "login", FAILED, "eva", "192.0.2.7"),
        ("refused connect from host.example.org (::ffff:192.0.2.7)", "connection", FAILED, None, "::ffff:192.0.2.7")],
    # Linux-PAM: modules/pam_unix/support.c, pam_unix_sess.c; libpam/pam_syslog.c sets the module before it.
    "login[8]:": [
        ("pam_unix(login:auth): authentication failure; logname=LOGIN uid=0 euid=0 tty=/dev/tty1 ruser= rhost=  user=eva", "login", FAILED, "eva", None),
        ("(pam_unix) authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=host.example.org  user=eva", "login", FAILED, "eva",
         "host.example.org"),
        ("pam_unix: authentication failure; logname= uid=0 euid=0 tty=ftp ruser=bo rhost=192.0.2.7 ", "login", FAILED, "bo", "192.0.2.7"),
        ("pam_sss(login:auth): authentication success; logname= uid=0 euid=0 tty= ruser= rhost=192.0.2.7 user=eva", "login", OK, "eva", "192.0.2.7"),
        ("PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root", "login", FAILED, "root", "192.0.2.7"),
        ("pam_faillock(login:auth): Consecutive login failures for user eva account temporarily locked", "login-too-many", FAILED, "eva", None),
        ("pam_unix(login:session): session opened for user eva(uid=1000) by LOGIN(uid=0)", "session-open", OK, "eva", None)],
    "pop(pam_unix)[8]:": [
        ("authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=192.0.2.7 user=eva", "login", FAILED, "eva", "192.0.2.7"),
        ("session opened for user eva by (uid=0)", "session-open", OK, "eva", None)],
    # sudo: lib/eventlog/eventlog.c, plugins/sudoers/logging.c ("%8s : "): the name is padded to eight letters.
    "sudo:": [
        ("     eva : TTY=pts/0 ; PWD=/home/eva ; USER=root ; COMMAND=/usr/bin/bash", "command", OK, "eva", None),
        ("    root : PWD=/ ; USER=postgres ; COMMAND=/usr/bin/psql", "command", OK, "root", None),
        ("administrator : HOST=web1 ; TTY=pts/0 ; PWD=/ ; USER=root ; GROUP=adm ; TSID=000001 ; ENV=A=b ; COMMAND=/usr/bin/id", "command", OK,
         "administrator", None),
        ("     eva : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/su -", "command", FAILED, "eva", None),
        ("     eva : TTY=pts/0 ; PWD=/home/eva ; GROUP=adm ; COMMAND=/usr/bin/id", "command", OK, "eva", None),  # sudo -g
        ("     eva : command not allowed ; TTY=pts/0 ; PWD=/home/eva ; GROUP=adm ; COMMAND=/usr/bin/id", "command", FAILED, "eva", None),
        ("     eva : user NOT in sudoers ; TTY=pts/0 ; PWD=/home/eva ; USER=root ; COMMAND=/usr/bin/id", "command", FAILED, "eva", None),
        ("     eva : command not allowed ; TTY=pts/0 ; PWD=/home/eva ; USER=root ; COMMAND=/usr/bin/id", "command", FAILED, "eva", None),
        ("     eva : a password is required ; PWD=/home/eva ; USER=root ; COMMAND=/usr/bin/id", "command", FAILED, "eva", None),
        ("pam_unix(sudo:session): session opened for user root(uid=0) by eva(uid=1000)", "session-open", OK, "eva", None)],
    # shadow: src/gpasswd.c, src/passwd.c, src/usermod.c; at: atd.c; util-linux: login-utils/login.c.
    "gpasswd[8]:": [("user eva added by root to group sudo", "group-member-add", OK, "root", None),
                    ("user eva removed by root from group sudo", "group-member-remove", OK, "root", None)],
    "passwd[8]:": [("password for 'eva' changed by 'root'", "password-change", OK, "root", None)],
    "atd[8]:": [("Starting job 1 (a0001b01c2d3e4) for user 'eva' (1000)", "scheduled-command", OK, "eva", None)],
    "login[9]:": [("FAILED LOGIN (2) on '/dev/tty1' FOR 'eva', Authentication failure", "login", FAILED, "eva", None),
                  ("ROOT LOGIN  on '/dev/tty1'", "login", OK, "root", None),
                  ("LOGIN ON tty1 BY eva", "login", OK, "eva", None)],
    # vsftpd: logging.c. A login ends with the address, a transfer with its rate.
    "vsftpd[8]:": [('[eva] OK LOGIN: Client "192.0.2.7"', "login", OK, "eva", "192.0.2.7"),
                   ('[ftp] OK LOGIN: Client "192.0.2.7", anon password "a@b"', "login", OK, "ftp", "192.0.2.7"),
                   ('[eva] FAIL LOGIN: Client "192.0.2.7", "User is in the deny user list."', "login", FAILED, "eva", "192.0.2.7"),
                   ('[bob] OK LOGIN: Client "10.0.0.1"] FAIL LOGIN: Client "192.0.2.7"', "login", FAILED, 'bob] OK LOGIN: Client "10.0.0.1"',
                    "192.0.2.7"),
                   ('[eva] OK UPLOAD: Client "192.0.2.7", "/a b.txt", 5 bytes, 0.10Kbyte/sec', "ftp-upload", OK, "eva", "192.0.2.7"),
                   ('[eva] FAIL RMDIR: Client "192.0.2.7", "/x"', "ftp-rmdir", FAILED, "eva", "192.0.2.7")],
    # polkit: src/programs/pkexec.c.
    "pkexec[8]:": [("eva: The value for the SHELL variable was not found in the /etc/shells file [USER=root] [TTY=/dev/pts/3] [CWD=/tmp] "
                    "[COMMAND=GCONV_PATH=./gconv x]", "command", FAILED, "eva", None)],
    # cronie and anacron: runjob.c.
    "anacron[8]:": [("Job `cron.daily' started", "scheduled-command", OK, None, None)],
    # Dropbear with its own stamp, as where it is started with -E and its standard error goes to syslog.
    "dropbear[8]:": [("[8] Nov 25 03:12:09 Bad password attempt for 'root' from 192.0.2.7:5", "login", FAILED, "root", "192.0.2.7"),
                     ("Bad password attempt for 'x' from 192.0.2.8:1' from 192.0.2.7:5", "login", FAILED, "x' from 192.0.2.8:1", "192.0.2.7")],
    # BIND without its name: a channel with print-category, sent on as it is.
    "security:": [("info: client @0x7f 192.0.2.7#53 (example.org): query (cache) 'example.org/A/IN' denied", "dns-query", FAILED, None, "192.0.2.7")],
}


class Programs(unittest.TestCase):
    maxDiff = None

    def test_sentences_say_who_from_where_and_how_it_went(self):
        for tag, cases in SENTENCES.items():
            text = "".join(f"Nov 25 03:12:{number:02} gate {tag} {case[0]}\n" for number, case in enumerate(cases))
            events, counts = read_lines(text)
            self.assertEqual((counts["events"], counts["unparsed"]), (len(cases), 0))
            for event, (sentence, *wanted) in zip(events, cases):
                got = [event.get("event.action"), event.get("event.outcome"), event.get("user.name"), event.get("source.ip", event.get("source.address"))]
                self.assertEqual(got, wanted, sentence)
                self.assertNotIn("event.is_ambiguous", event, sentence)
                self.assertEqual(event["message"], sentence)

    def test_where_a_name_looks_like_the_rest_of_the_sentence_both_readings_are_told(self):
        for sentence, users in (
                ("sshd[8]: Failed password for invalid user x from 192.0.2.7 port 5 ssh2 from 192.0.2.8 port 6 ssh2",
                 ["x from 192.0.2.7 port 5 ssh2", "x"]),
                ("sshd[8]: Failed password for invalid user x from 192.0.2.8 port 6 ssh2: from 192.0.2.7 port 5 ssh2",
                 ["x from 192.0.2.8 port 6 ssh2:", "x"])):
            events, _ = read_lines(f"Nov 25 03:12:09 gate {sentence}\n")
            self.assertEqual((set(events[0]["source.ip"]), events[0]["user.name"], events[0]["event.is_ambiguous"]),
                             ({"192.0.2.7", "192.0.2.8"}, users, "yes"))
        for pairs in ("ruser=x rhost=192.0.2.8 rhost=192.0.2.7", "ruser= rhost=192.0.2.7 user=x rhost=192.0.2.8"):
            events, _ = read_lines(f"Nov 25 03:12:09 gate a: pam_unix(a:auth): authentication failure; logname= uid=0 euid=0 tty= {pairs}\n")
            self.assertEqual((set(events[0]["source.ip"]), events[0]["event.is_ambiguous"]), ({"192.0.2.7", "192.0.2.8"}, "yes"))

    def test_names_that_end_a_sentence_early_leave_both_readings(self):
        for sentence, name, values in (
                ("dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, rip=192.0.2.8, lip=203.0.113.1>, "
                 "method=PLAIN, rip=192.0.2.7, lip=203.0.113.1, TLS, session=<abc>", "source.ip", {"192.0.2.7", "192.0.2.8"}),
                ("dovecot: auth: passwd-file(x,192.0.2.8): unknown user,192.0.2.7): unknown user", "source.ip", {"192.0.2.7", "192.0.2.8"}),
                ('vsftpd[8]: [bob] OK DELETE: Client "192.0.2.7", "/x] FAIL DELETE: Client "192.0.2.8", "/y"', "event.outcome", {OK, FAILED}),
                ('vsftpd[8]: [bob] OK DELETE: Client "192.0.2.7", "/x] FAIL DELETE: Client "192.0.2.8", "/y"', "source.ip", {"192.0.2.7", "192.0.2.8"}),
                ("sudo: eva : TTY=pts/0 ; PWD=/tmp/x ; USER=bob ; COMMAND=/bin/true ; USER=root ; COMMAND=/bin/sh", "user.effective.name",
                 {"bob", "root"})):
            events, _ = read_lines(f"Nov 25 03:12:09 gate {sentence}\n")
            self.assertIsInstance(events[0][name], list, sentence)
            self.assertEqual((set(events[0][name]), events[0]["event.is_ambiguous"]), (values, "yes"), sentence)

    def test_what_is_run_is_told_whole(self):
        events, _ = read_lines("Nov 25 03:12:09 gate sudo:      eva : TTY=pts/0 ; PWD=/home/e v ; USER=root ; COMMAND=/usr/bin/tail -f a b\n")
        self.assertEqual([events[0][name] for name in ("process.command_line", "process.working_directory", "user.effective.name")],
                         ["/usr/bin/tail -f a b", "/home/e v", "root"])

    def test_a_command_of_cron_is_told_without_the_blanks_before_it_and_with_all_brackets(self):
        events, _ = read_lines("Nov 25 03:12:09 gate CRON[8]: (root) CMD (   cd / && echo $(date) (x))\n")
        self.assertEqual((events[0]["process.command_line"], events[0]["user.name"]), ("cd / && echo $(date) (x)", "root"))

    def test_a_repeated_sentence_is_read_and_says_how_often(self):
        # rsyslog: action.c, "message repeated %d times: [%.800s]"; sysklogd and FreeBSD: "last message repeated %d times".
        events, _ = read_lines("Nov 25 03:12:09 gate sshd[8]: Failed password for root from 192.0.2.7 port 5 ssh2\n"
                               "Nov 25 03:12:19 gate sshd[8]: message repeated 999 times: [ Failed password for root from 192.0.2.7 port 5 ssh2]\n"
                               "Nov 25 03:12:29 gate last message repeated 3 times\n")
        self.assertEqual([(e.get("event.repeated"), e.get("event.action"), e.get("user.name"), e.get("source.ip")) for e in events[:5]],
                         [(None, "login", "root", "192.0.2.7"), ("999", "login", "root", "192.0.2.7"), ("3", None, None, None)])

    def test_a_word_is_no_address(self):
        events, _ = read_lines("Nov 25 03:12:09 gate sshd[8]: Invalid user x from deadbeef port 5\n")
        self.assertEqual((events[0].get("source.ip"), events[0]["source.address"]), (None, "deadbeef"))

    def test_a_tag_in_brackets_stands_for_host_and_tag(self):
        events, _ = read_lines("Nov 25 03:12:09 [sshd] Invalid user x from 192.0.2.7 port 5\nNov 25 03:12:10 [sshd]: Connection from 192.0.2.7\n")
        self.assertEqual([(e["process.name"], e.get("host.name"), e["source.ip"], e["time"]) for e in events],
                         [("sshd", None, "192.0.2.7", "2026-11-25T03:12:09Z"), ("sshd", None, "192.0.2.7", "2026-11-25T03:12:10Z")])


SSH = "Nov 25 03:{:02}:{:02} {} sshd[{}]: {}\n"
LOST = "fatal: Read from socket failed: Connection reset by peer [preauth]"


def ssh(*lines):
    """(host, pid, sentence) of each."""
    return "".join(SSH.format(n // 60, n % 60, *line) for n, line in enumerate(lines))


class Sessions(unittest.TestCase):
    """sshd logs the address where a connection begins ("Connection from", sshd.c, at LogLevel VERBOSE), slapd with ACCEPT (connection.c)."""

    def told(self, text):
        events, _ = read_lines(text)
        return [(event.get("source.ip"), event.get("source.port"), event.get("event.told_before")) for event in events]

    def test_a_failure_has_the_address_of_its_connection(self):
        begins = ("gate", 7, "Connection from 192.0.2.7 port 51353 on 198.51.100.4 port 22")
        stated = ("192.0.2.7", "51353", None)
        self.assertEqual(self.told(ssh(begins, ("gate", 7, LOST))), [stated, ("192.0.2.7", "51353", ["source.ip", "source.port"])])
        self.assertEqual(self.told(ssh(("gate", 7, "SSH: Server;Ltype: Version;Remote: 2001:db8::7-1780;Protocol: 2.0;Client: x"), ("gate", 7, LOST)))[1],
                         ("2001:db8::7", "1780", ["source.ip", "source.port"]))
        ldap = "Nov 25 03:12:{:02} dir slapd[9]: conn={} {}\n"
        refused = 'op=1 RESULT tag=97 err=49 text='
        self.assertEqual(self.told(ldap.format(1, 22, "fd=21 ACCEPT from IP=192.0.2.7:45011 (IP=0.0.0.0:389)") + ldap.format(2, 23, "fd=22 ACCEPT from IP=192.0.2.8:45012 (IP=0.0.0.0:389)")
                                   + ldap.format(3, 22, refused) + ldap.format(4, 24, refused)),
                         [("192.0.2.7", "45011", None), ("192.0.2.8", "45012", None), ("192.0.2.7", "45011", ["source.ip", "source.port"]), (None, None, None)])

    def test_it_is_not_guessed(self):
        begins = ("gate", 7, "Connection from 192.0.2.7 port 51353 on 198.51.100.4 port 22")
        other = ("gate", 7, "Connection from 192.0.2.8 port 51354 on 198.51.100.4 port 22")
        for name, before in (("nothing before it", [("gate", 7, "Server listening on 0.0.0.0 port 22.")]), ("another process", [("gate", 8, begins[2])]), ("another host", [("hall", 7, begins[2])]),
                             ("two addresses", [begins, ("gate", 7, "Failed password for root from 192.0.2.9 port 1 ssh2")])):
            with self.subTest(name):
                self.assertEqual(self.told(ssh(*before, ("gate", 7, LOST)))[-1], (None, None, None))
        with self.subTest("the last of two connections"):
            self.assertEqual(self.told(ssh(begins, other, ("gate", 7, LOST)))[-1][0], "192.0.2.8")
        with self.subTest("no failure"):
            self.assertEqual(self.told(ssh(begins, ("gate", 7, "Received signal 15; terminating.")))[-1], (None, None, None))

    def test_it_lies_at_most_64_kib_before(self):
        begins = ssh(("gate", 7, "Connection from 192.0.2.7 port 51353 on 198.51.100.4 port 22"))
        line = ssh(("gate", 9, "x" * 100))
        for off, wanted in ((65536, "192.0.2.7"), (65537, None)):
            between = line * ((off - len(begins)) // len(line) - 1)
            between += ssh(("gate", 9, "y" * (off - len(begins) - len(between) - len(line) + 100)))
            self.assertEqual(len(begins + between), off)
            self.assertEqual(self.told(begins + between + ssh(("gate", 7, LOST)))[-1][0], wanted)


class OwnLog(unittest.TestCase):
    """OpenVPN's --log-append (src/openvpn/error.c, x_msg_va): the time of ctime(3), since 2.5 of ISO 8601, and from --verb 4 on microseconds."""
    LINES = ("203.0.113.7:1194 TLS: Initial packet from [AF_INET]203.0.113.7:1194, sid=1 2", "203.0.113.7:1194 [eva] Peer Connection Initiated with [AF_INET]203.0.113.7:1194",
             "eva/203.0.113.7:1194 MULTI_sva: pool returned IPv4=10.8.0.6, IPv6=(Not enabled)", "203.0.113.8:1195 TLS Auth Error: Auth Username/Password verification failed for peer",
             "Initialization Sequence Completed")

    def test_openvpns_own_log_says_what_it_says_to_syslog(self):
        for front in ("2026-11-25 03:12:09 ", "Wed Nov 25 03:12:09 2026 ", "Wed Nov 25 03:12:09 2026 us=551235 "):
            events, counts = read_lines("".join(front + line + "\n" for line in self.LINES * 4))
            self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("openvpn+dated", 20, 0), front)
            self.assertEqual([(e.get("event.action"), e.get("event.outcome"), e.get("user.name"), e.get("source.ip")) for e in events[:5]],
                             [(None, None, None, None), ("login", "success", "eva", "203.0.113.7"), ("vpn-address", "success", "eva", "203.0.113.7"), ("login", "failure", None, "203.0.113.8"),
                              (None, None, None, None)])
            self.assertEqual({e["time"] for e in events}, {"2026-11-25T03:12:09Z"})

    def test_lines_of_another_program_with_addresses_are_no_openvpns(self):
        guest = "2026-11-25 03:12:09 203.0.113.7:1194 [root] Peer Connection Initiated with [AF_INET]203.0.113.7:1194\n"
        for other, form in (("2026-11-25 03:12:09 203.0.113.7:5000 GET /x\n", "dated"), ("2026-11-25 03:12:09 INFO said hello\n", "dated")):
            events, counts = read_lines(other * 9)
            self.assertEqual(counts["format"], form)
        events, counts = read_lines("2026-11-25 03:12:09 INFO said hello\n" * 9 + guest)
        self.assertEqual(counts["format"], "dated")
        self.assertNotEqual(events[-1].get("event.action"), "login")


if __name__ == "__main__":
    unittest.main()
