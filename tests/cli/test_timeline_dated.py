"""test_timeline_dated.py: lines of programs that are not known, whose lines state a full date and time, and lines that look like a system log's or
MySQL's and are none. Each layout is that of the program's own source or manual, which is named; the lines and what is expected were written by hand."""
import datetime
import tempfile
import unittest

from timeline_lines import read_file, read_lines

AT, HERE = "2026-11-25T03:12:09Z", {"time": "2026-11-25T03:12:09Z", "precision": "s", "doubt": "z"}
MS = {"time": "2026-11-25T03:12:09.123Z", "precision": "ms", "doubt": "z"}
NONE = {"host.name": None, "process.name": None, "process.pid": None}


def at(time, precision="s", doubt="", **more):
    return {"time": time, "precision": precision, "doubt": doubt, **more}


def level(name):
    return {"log.level": name}


# Layout, lines, and the fields that the first one must have.
DATED = [
    # ISO dates. fail2ban: fail2ban/server/filter.py; unattended-upgrades, certbot: Python's logging; cloud-init: its cloud.cfg.d.
    ("2026-11-25 03:12:09,123 fail2ban.filter         [1234]: INFO    [sshd] Found 203.0.113.9 - 2026-11-25 03:12:09",
     {**MS, **level("informational"), "message": "fail2ban.filter         [1234]: INFO    [sshd] Found 203.0.113.9 - 2026-11-25 03:12:09"}),
    ("2026-11-25 03:12:09,123 INFO Starting unattended upgrades script", {**MS, **level("informational")}),
    ("2026-11-25 03:12:09,123:DEBUG:certbot._internal.main:certbot version: 2.9.0", {**MS, **level("debug")}),
    ("2026-11-25 03:12:09,123 - util.py[DEBUG]: Cloud-init v. 23.1 running 'init'", {**MS, **level("debug")}),
    ("2026-11-25 03:12:09,123 - app.auth - WARNING - failed login for eva", {**MS, **level("warning")}),
    # log4j's PatternLayout in its manual; Spring Boot's logging manual; Jenkins: SupportLogFormatter.
    ("2026-11-25 03:12:09,123 [main] ERROR org.example.A - boom", {**MS, **level("error")}),
    ("2026-11-25 03:12:09,123 WARN pool-1: retry 1", {**MS, **level("warning"), "message": "WARN pool-1: retry 1"}),
    ("2026-11-25T03:12:09.123+01:00  INFO 1234 --- [           main] o.e.Server  : started", at("2026-11-25T02:12:09.123Z", "ms", **level("informational"))),
    ("2026-11-25 03:12:09.123+0000 [id=1]\tWARNING\thudson.security: x", at("2026-11-25T03:12:09.123Z", "ms", **level("warning"))),
    # winston's printf example; RabbitMQ: rabbit_logger_text_fmt.erl; FreeSWITCH: mod_logfile; Jellyseerr; MongoDB before 4.4; lighttpd; OpenVPN.
    ("2026-11-25T03:12:09.123Z [info] listening on 8080", at("2026-11-25T03:12:09.123Z", "ms", **level("informational"))),
    ("2026-11-25T03:12:09.123Z error: login failed for eva", at("2026-11-25T03:12:09.123Z", "ms", message="error: login failed for eva", **level("error"))),
    ("2026-11-25 03:12:09.123456+01:00 [warning] <0.222.0> x", at("2026-11-25T02:12:09.123456Z", "us", **level("warning"))),
    ("2026-11-25 03:12:09.123456 [NOTICE] sofia_reg.c:1533 SIP auth failure", at("2026-11-25T03:12:09.123456Z", "us", "z", **level("notice"))),
    ("2026-11-25T03:12:09.123Z [error][API]: Failed sign-in", at("2026-11-25T03:12:09.123Z", "ms", **level("error"))),
    ("2026-11-25T03:12:09.123-0500 I ACCESS   [conn1] Unauthorized", at("2026-11-25T08:12:09.123Z", "ms")),
    ("2026-11-25 03:12:09: (mod_auth.c.525) password doesn't match", {**HERE, "message": "(mod_auth.c.525) password doesn't match"}),
    ("2026-11-25 03:12:09 203.0.113.9:4711 TLS Error: TLS handshake failed", {**HERE, **level(None)}),
    # Hayabusa's CSV (its documentation, "Timestamp" and "Output profiles"): each cell that is text is quoted; its default, --UTC and --RFC-2822.
    ('"2026-11-25 03:12:09.123 +01:00","Failed Logon","med","WS1","Sec",4625,12,"TgtUser: eva","x"',
     at("2026-11-25T02:12:09.123Z", "ms", message='"2026-11-25 03:12:09.123 +01:00","Failed Logon","med","WS1","Sec",4625,12,"TgtUser: eva","x"')),
    ('"2026-11-25 03:12:09.123456Z","Logon","info"', at("2026-11-25T03:12:09.123456Z", "us")),
    ('"Wed, 25 Nov 2026 03:12:09 +0000","Logon","info"', at(AT)),
    # Envoy's access log ("Default format string" of its documentation).
    ("[2026-11-25T03:12:09.123Z] \"POST /api HTTP/2\" 204 - 154 0 226 100 \"192.0.2.7\" \"nsq2http\" \"-\" \"web\" \"tcp://192.0.2.8:80\"",
     at("2026-11-25T03:12:09.123Z", "ms")),
    # dmesg --time-format iso: util-linux, sys-utils/dmesg.c.
    ("2026-11-25T03:12:09,123456+01:00 usb 1-1: new high-speed USB device", at("2026-11-25T02:12:09.123456Z", "us")),
    # stunnel: log.c; xrdp: common/log.c.
    ("2026.11.25 03:12:09 LOG5[1]: Service [imaps] accepted connection", {**HERE, "message": "LOG5[1]: Service [imaps] accepted connection"}),
    # CLDR (de, fi, ru …): with dots the day is first; "toLocaleString" of JavaScript has a comma behind the date.
    ("25.11.2026 03:12:09 Fehler bei der Anmeldung", {**HERE, "message": "Fehler bei der Anmeldung"}),
    ("05.1.2026 03:12:09 x", at("2026-01-05T03:12:09Z", doubt="z")),
    ("25.11.2026, 03:12:09.123 x", MS),
    # ISO 8601 (4.2.3 of 2004, and 2019 amendment 1): the end of a day is 24:00:00.
    ("2026-11-24 24:00:00 x", at("2026-11-25T00:00:00Z", doubt="z")),
    ("[20261125-03:12:09] [ERROR] x", {**HERE, **level("error"), "message": "[ERROR] x"}),
    # A zone by its name: one meaning, or several.
    ("2026-11-25 03:12:09 CET something happened", at("2026-11-25T02:12:09Z", **{"event.timezone": "CET"})),
    ("2026-11-25 03:12:09 IST something happened", {**HERE, "event.timezone": "IST"}),
    # The tz database since 1990, also where the year stands behind; Sydney's EST until 2014 (its NEWS, release 2014f), Bougainville's BST until 2016 (2017a).
    *((f"2026-11-25 03:12:09 {zone} something happened", at(f"{time}Z", **{"event.timezone": zone})) for zone, time in (
        ("EST", "2026-11-25T08:12:09"), ("MST", "2026-11-25T10:12:09"), ("BST", "2026-11-25T02:12:09"), ("AST", "2026-11-25T07:12:09"), ("NST", "2026-11-25T06:42:09"), ("ACST", "2026-11-24T17:42:09"),
        ("EAT", "2026-11-25T00:12:09"), ("KST", "2026-11-24T18:12:09"), ("MSK", "2026-11-25T00:12:09"))),
    ("2014-06-25 03:12:09 EST something happened", at("2014-06-25T08:12:09Z", doubt="z", **{"event.timezone": "EST"})),
    ("Wed Nov 25 03:12:09 EST 2026 backup started", at("2026-11-25T08:12:09Z", message="backup started")),
    ("Wed Jun 25 03:12:09 EST 2014 backup started", at("2014-06-25T08:12:09Z", doubt="z", message="backup started")),
    # RFC 822 (5.1), in doubt, for Manila is called so, too.
    ("2026-11-25 03:12:09 PST something happened", at("2026-11-25T11:12:09Z", doubt="z", **{"event.timezone": "PST"})),
    # ISO 8601 and CLDR (gmtFormat): an offset behind the name is east of UTC.
    ("2026-11-25 03:12:09 UTC+1 INFO login", at("2026-11-25T02:12:09Z", **{"event.timezone": "UTC+1", "message": "INFO login"})),
    ("2026-11-25 03:12:09 UTC+01:00 INFO login", at("2026-11-25T02:12:09Z", **{"event.timezone": "UTC+01:00", "message": "INFO login"})),
    ("2026/11/25 03:12:09 GMT-03:30 INFO login", at("2026-11-25T06:42:09Z", **{"event.timezone": "GMT-03:30", "message": "INFO login"})),
    # The probe has no rules of places; their name is no part of the text.
    ("2026-11-25 03:12:09 Europe/Berlin INFO login", {**HERE, "event.timezone": "Europe/Berlin", "message": "INFO login"}),
    ("2026-11-25 03:12:09 EST5EDT INFO login", {**HERE, "event.timezone": "EST5EDT", "message": "INFO login"}),
    ("2026-11-25 03:12:09 EST5EDTX INFO login", {**HERE, "event.timezone": None, "message": "EST5EDTX INFO login"}),
    ("2026-11-25 03:12:09 WAT INFO login", at("2026-11-25T02:12:09Z", **{"event.timezone": "WAT", "message": "INFO login"})),
    ("2026-11-25 03:12:09 WATCHDOG login", {**HERE, "event.timezone": None, "message": "WATCHDOG login"}),
    ("2026-11-25 03:12:09 Session/Manager started", {**HERE, "event.timezone": None, "message": "Session/Manager started"}),
    ("November 25, 2026 3:12:09 PM org.example.Main", at("2026-11-25T15:12:09Z", doubt="z", message="org.example.Main")),
    # Linux, kernel/power/suspend.c: pr_fmt "PM: ", as journals and dmesg spell it behind a clock of 24 hours.
    # One line shows nothing of its clock: doubt h.
    ("2026-11-25 03:12:09 PM: suspend entry (deep)", {**HERE, "doubt": "zh", "message": "PM: suspend entry (deep)"}),
    ("2026/11/25 03:12:09 PM: suspend entry (deep)", {**HERE, "doubt": "zh", "message": "PM: suspend entry (deep)"}),
    # What begins as lines of dpkg, dnf or PostgreSQL's table do.
    ("2026-11-25 03:12:09 configure nothing", {**HERE, "message": "configure nothing"}),
    ("2026-11-25T03:12:09Z INFO some program's line", at(AT, **level("informational"))),
    ("2026-11-25 03:12:09.123 UTC,eva,1", at("2026-11-25T03:12:09.123Z", "ms", message="eva,1")),
    # A comma parts columns, unless the digits behind it are a fraction's.
    ("2026-11-25 03:12:09,17,eva", {**HERE, "message": "17,eva"}),
    # Go: log.LstdFlags, log.Lmicroseconds.
    ("2026/11/25 03:12:09 http: TLS handshake error from 203.0.113.9:4711: EOF", {**HERE, "message": "http: TLS handshake error from 203.0.113.9:4711: EOF"}),
    ("2026/11/25 03:12:09.123456 server started", at("2026-11-25T03:12:09.123456Z", "us", "z")),
    ("[ABCDE] 2026/11/25 03:12:09 INFO: Established secure connection", {**HERE, **level("informational")}),
    # Hadoop's and Spark's log4j.properties: "%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n"; HDFS before: "%d{yyMMdd HHmmss} %t %p %c: %m%n".
    ("26/11/25 03:12:09 INFO executor.Executor: Running task 0.0 in stage 1.0", at(AT, "s", "yz", message="INFO executor.Executor: Running task 0.0 in stage 1.0", **level("informational"))),
    ("261125 031209 148 WARN dfs.DataNode$DataXceiver: 192.0.2.7:50010:Got exception", at(AT, "s", "yz", message="148 WARN dfs.DataNode$DataXceiver: 192.0.2.7:50010:Got exception", **level("warning"))),
    # Months by name: Tomcat's OneLineFormatter; Redis: server.c, serverLogRaw; date(1) in several languages; java.util.logging's SimpleFormatter.
    ("25-Nov-2026 03:12:09.123 SEVERE [main] org.apache.catalina.core.StandardContext.listenerStart Exception", {**MS, **level("error")}),
    ("1234:M 25 Nov 2026 03:12:09.123 * Ready to accept connections", {**MS, "message": "1234:M 25 Nov 2026 03:12:09.123 * Ready to accept connections"}),
    ("Wed Nov 25 03:12:09 UTC 2026 backup started", at(AT, message="backup started", **{"event.timezone": "UTC"})),
    ("Wed Nov 25 03:12:09 CET 2026", at("2026-11-25T02:12:09Z", message="Wed Nov 25 03:12:09 CET 2026")),
    ("Wed Nov 25 03:12:09 +03 2026 backup started", at("2026-11-25T00:12:09Z", message="backup started")),
    ("Wed Nov 25 03:12:09 PM UTC 2026 backup started", at("2026-11-25T15:12:09Z")),
    ("Wed Nov 25 12:12:09 AM  UTC 2026", at("2026-11-25T00:12:09Z")),
    ("Wed 25 Nov 2026 12:12:09 AM UTC: done", at("2026-11-25T00:12:09Z", message="done")),
    ("Wed Nov 25 03:12:09 2026 backup started", {**HERE, "message": "backup started"}),
    ("Nov 25, 2026 3:12:09 PM org.example.Main main", at("2026-11-25T15:12:09Z", "s", "z", message="org.example.Main main")),
    # journalctl -o short-full of a line without a number: what is the program is not certain.
    ("Wed 2026-11-25 03:12:09 CET web1 app: x", at("2026-11-25T02:12:09Z", message="web1 app: x")),
    # Squid: logformat squid, in its reference.
    ("1795576329.123    345 worker 7 done", at("2026-11-25T03:12:09.123Z", "ms", message="345 worker 7 done")),
    # Nagios Core: base/logging.c.
    ("[1795576329] SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;1;x", at(AT)),
    # glog and klog: "Lmmdd hh:mm:ss.uuuuuu threadid file:line] msg"; with the year since glog 0.5.
    ("W1125 03:12:09.123456    1234 server.go:415] \"x\"", at("2026-11-25T03:12:09.123456Z", "us", "yz", message="1234 server.go:415] \"x\"", **level("warning"))),
    ("E20251125 03:12:09.123456 1234 a.cc:7] x", at("2025-11-25T03:12:09.123456Z", "us", "z", **level("error"))),
    # logfmt: logrus' TextFormatter (dockerd, Authelia), Grafana.
    ("time=\"2026-11-25T03:12:09.123456789Z\" level=warning msg=\"a \\\" b\"", at("2026-11-25T03:12:09.123456789Z", "ns", **level("warning"))),
    ("logger=context uname= t=2026-11-25T03:12:09.5+02:00 level=eror msg=\"time=2001-01-01T00:00:00Z\"", at("2026-11-25T01:12:09.5Z", "ms", **level(None))),
    # The first bracket: php-fpm: fpm/zlog.c; PHP: main.c, php_log_err; gunicorn: glogging.py; Laravel: Monolog's LineFormatter; celery; asterisk.
    ("[25-Nov-2026 03:12:09] WARNING: [pool www] child 7 exited", {**HERE, **level("warning"), "message": "WARNING: [pool www] child 7 exited"}),
    ("[25-Nov-2026 03:12:09 UTC] PHP Warning:  Undefined variable $x in a.php on line 3", at(AT, **{"event.timezone": "UTC"})),
    ("[25-Nov-2026 03:12:09 Europe/Berlin] PHP Notice:  x in a.php on line 7", {**HERE, "event.timezone": "Europe/Berlin"}),
    ("[2026-11-25 03:12:09 +0200] [1234] [ERROR] boom", at("2026-11-25T01:12:09Z", **level("error"), message="[1234] [ERROR] boom")),
    ("[2026-11-25 03:12:09] production.ERROR: SQLSTATE[HY000] {\"userId\":7}", {**HERE, **level("error")}),
    ("[2026-11-25 03:12:09,123: INFO/MainProcess] Connected", {**MS, **level("informational"), "message": "[2026-11-25 03:12:09,123: INFO/MainProcess] Connected"}),
    ("[2026-11-25 03:12:09] NOTICE[1638]: chan_sip.c:1 handle: Registration failed", {**HERE, **level("notice")}),
    # Ruby's Logger; Dropwizard; Samba: lib/util/debug.c; dmesg -T; Kerio.
    ("W, [2026-11-25T03:12:09.123456 #1234]  WARN -- : x", at("2026-11-25T03:12:09.123456Z", "us", "z", **level("warning"))),
    ("ERROR  [2026-11-25 03:12:09,123] org.example.A: x", {**MS, **level("error")}),
    ("[2026/11/25 03:12:09.123456,  2] ../../source3/auth/auth.c:332(auth_check)", at("2026-11-25T03:12:09.123456Z", "us", "z")),
    ("[Wed Nov 25 03:12:09 2026] usb 1-1: new high-speed USB device", {**HERE, "message": "usb 1-1: new high-speed USB device"}),
    ("[25/Nov/2026 03:12:09] Failed IMAP login from 203.0.113.9", HERE),
]
# What a system log is in another layout: ChromeOS' and VMware's (level for host), journalctl -o short-full and -o short-unix, macOS' wifi.log.
SYSTEM = [
    ("2026-11-25T03:12:09.123456-07:00 INFO periodic_scheduler[13707]: job completed",
     at("2026-11-25T10:12:09.123456Z", "us", **level("informational"), **{**NONE, "process.name": "periodic_scheduler", "process.pid": "13707"})),
    ("2026-11-25T03:12:09.123456-07:00 WARNING kernel: [   12.5] eth0: link down",
     {**level("warning"), **NONE, "process.name": "kernel", "event.action": "network-fault"}),
    ("2026-11-25T03:12:09.123Z info hostd[2099] [Originator@6876 sub=Vimsvc] x",
     {**level("informational"), "host.name": None, "process.name": "hostd", "process.pid": "2099", "message": "[Originator@6876 sub=Vimsvc] x"}),
    ("Wed 2026-11-25 03:12:09 CET web1 sshd[7]: Accepted password for eva from 192.0.2.7 port 5 ssh2",
     at("2026-11-25T02:12:09Z", **{"host.name": "web1", "process.name": "sshd", "user.name": "eva", "event.timezone": "CET"})),
    ("1795576329.123456 web1 sshd[7]: Accepted password for eva from 192.0.2.7 port 5 ssh2",
     at("2026-11-25T03:12:09.123456Z", "us", **{"host.name": "web1", "user.name": "eva", "event.action": "login"})),
    ("Wed Nov 25 03:12:09 CET 2024 web1 sshd[7]: Accepted password for eva from 192.0.2.7 port 5 ssh2",
     at("2024-11-25T02:12:09Z", **{"host.name": "web1", "user.name": "eva", "event.timezone": "CET"})),
    ("Wed Nov 25 03:12:09.123 <airportd[88]> _doAutoJoin: Already associated",
     at("2026-11-25T03:12:09.123Z", "ms", "yz", **{"host.name": None, "process.name": "airportd", "process.pid": "88", "message": "_doAutoJoin: Already associated"})),
    ("2026-11-25 03:12:09,123 web1 proftpd[25891] localhost (andy[192.0.2.7]): USER x: no such user found from andy [192.0.2.7] to 192.0.2.1:21",
     {"host.name": "web1", "process.name": "proftpd", "process.pid": "25891", "source.ip": "192.0.2.7"}),
    ("2026-11-25T03:12:09+01:00 web1 app: all is well", {"host.name": "web1", "process.name": "app", "message": "all is well"}),
]
# Lines of which no word is a host, a program or a number of a process.
NO_SYSTEM = [
    "2026-11-25T03:12:09Z INFO session_start=2026-11-25T02:00:00Z user=alice", "2026-11-25T03:12:09Z ACCEPT host=::ffff:192.0.2.7 port=4 fd=5",
    "2026-11-25 03:12:09 INFO: started", "2026-11-25T03:12:09.123Z info: listening on 8080", "2026-11-25 03:12:09 worker[DEBUG]: x",
    "2026-11-25T03:12:09.123Z cpu3:2097666)ScsiDeviceIO: 3449: failed", "2026-11-25 03:12:09 INFO main: Server started",
]


class Dated(unittest.TestCase):
    maxDiff = None

    def check(self, event, wanted):
        self.assertEqual({name: event.get(name) for name in wanted}, wanted)

    def test_a_name_of_several_zones_is_that_of_the_source(self):
        """Clocks of Chicago and Shanghai are CST in winter: the zone that a person set says which; the night of 1 November 2026 has 01:30 twice."""
        lines = "2026-11-01 01:30:00 CDT a\n2026-11-01 01:30:00 CST b\n2026-11-25 03:12:09 CST c\n"
        for zone, expected in (("America/Chicago", [("2026-11-01T06:30:00Z", ""), ("2026-11-01T07:30:00Z", ""), ("2026-11-25T09:12:09Z", "")]),
                               ("Asia/Shanghai", [("2026-10-31T17:30:00Z", "z"), ("2026-10-31T17:30:00Z", "z"), ("2026-11-24T19:12:09Z", "z")])):
            with self.subTest(zone):
                events, _ = read_lines(lines, zone=zone)
                self.assertEqual([(e["time"], e["doubt"]) for e in events], expected)

    def test_a_line_that_states_its_time_has_it_and_no_host_or_program(self):
        for line, wanted in DATED:
            with self.subTest(line):
                events, counts = read_lines(line + "\n")
                self.assertEqual((counts["format"], counts["events"]), ("dated", 1))
                self.check(events[0], {"event.kind": "event", **NONE, **wanted})
                self.assertIn(events[0]["message"], line)

    def test_layouts_of_system_logs_are_read_as_such(self):
        for line, wanted in SYSTEM:
            with self.subTest(line):
                events, counts = read_lines(line + "\n")
                self.assertEqual((counts["format"], counts["events"]), ("syslog", 1))
                self.check(events[0], wanted)

    def test_a_word_before_a_colon_is_no_program_of_a_system_log(self):
        for line in NO_SYSTEM:
            with self.subTest(line):
                events, counts = read_lines(line + "\n")
                self.assertEqual(counts["format"], "dated")
                self.check(events[0], NONE)

    def test_hosts_that_no_other_line_has_are_words(self):
        lines = ["2026-11-25T03:12:09Z user eva: logged in", "2026-11-25T03:12:10Z order 77: paid", "2026-11-25T03:12:11Z cart 8: emptied"]
        events, counts = read_lines("\n".join(lines) + "\n")
        self.assertEqual(counts["format"], "dated")
        for event, text in zip(events, ("user eva: logged in", "order 77: paid", "cart 8: emptied")):
            self.check(event, {**NONE, "message": text})
        events, counts = read_lines("".join(f"2026-11-25T03:12:0{i}Z web1 app{i}: x\n" for i in range(5)))
        self.assertEqual((counts["format"], {event["host.name"] for event in events}), ("syslog", {"web1"}))

    def test_what_other_programs_put_in_brackets_is_no_level_of_mysql(self):
        for line in ("2026-11-25T03:12:09.123Z [Note] x", "2026-11-25 03:12:09 [ERROR] x", "2026-11-25 03:12:09 7 [info] x", "2026-11-25 03:12:09 7 [warn] x"):
            with self.subTest(line):
                self.assertEqual(read_lines(line + "\n")[1]["format"], "dated")
        for line in ("261125 03:12:09 [Note] x", "261125  3:12:09 [ERROR] x", "2026-11-25 03:12:09 140123 [ERROR] x", "2026-11-25T03:12:09.123Z 7 [Note] x",
                     "2026-11-25  3:12:09 0 [Warning] x", "2026-11-25T03:12:09.123456Z 0 [System] [MY-010116] [Server] x"):
            with self.subTest(line):
                self.assertEqual(read_lines(line + "\n")[1]["format"], "mysql")

    def test_lines_behind_a_dated_one_are_its_own_unless_they_state_a_time(self):
        events, counts = read_lines("2026-11-25 03:12:09,123 ERROR boom\njava.lang.RuntimeException: x\n\tat a.b.c(D.java:1)\n"
                                    "2026-11-25 03:12:10,123 INFO on\nNov 25 03:12:11 web1 sshd[7]: x\n2026-11-25 03:12:12,123 INFO on\n")
        self.assertEqual([(event["time"][17:19], event["event.dataset"], event["message"]) for event in events],
                         [("09", "dated", "ERROR boom\njava.lang.RuntimeException: x\n\tat a.b.c(D.java:1)"), ("10", "dated", "INFO on"),
                          ("11", "syslog", "x"), ("12", "dated", "INFO on")])
        self.assertEqual((counts["format"], counts["continued"], counts["unparsed"]), ("dated+syslog", 2, 0))
        events, counts = read_lines("2026-11-25 03:12:09 a\n192.0.2.7 - - [06/10/2026:03:12:10 -0000] b\n{\"ts\": 1}\n2026-11-25 03:12:11 c\n2026-11-25 03:12:12 d\n")
        self.assertEqual([(event["event.kind"], event["message"]) for event in events],
                         [("event", "a"), ("unparsed", "192.0.2.7 - - [06/10/2026:03:12:10 -0000] b"), ("unparsed", "{\"ts\": 1}"), ("event", "c"), ("event", "d")])

    def test_the_level_on_a_second_line_is_that_of_the_event(self):
        events, counts = read_lines("Nov 25, 2026 3:12:09 PM org.example.Main main\nSEVERE: boom\n" * 3)
        self.assertEqual([(event["time"], event["log.level"]) for event in events], [("2026-11-25T15:12:09Z", "error")] * 3)
        self.assertEqual((counts["format"], counts["continued"]), ("dated", 3))

    def test_text_of_several_layouts_or_of_few_dates_is_kept_as_text(self):
        for text in ("2026-11-25 03:12:09 a\n2026/11/25 03:12:10 b\n", "2026-11-25 03:12:09 a\nb\nc\n", "05/06/2026 03:12:09 a\n", "26/11/25 03:12:09 INFO a\n",
                     "1795576329 a\n", "see 2026-11-25 03:12:09\n", "2026-13-25 03:12 a\n", "2026-02-30 03:12 a\n", "2026-11-25 03:123 a\n", "2026-11-25 3:1 a\n", "2026-11-25 24:12 a\n",
                     "05/06/2026 03:12 a\n", "[ 12.5] usb 1-1: x\n", "Mi Nov 25 03:12:09 2026 x\n"):
            with self.subTest(text):
                events, counts = read_lines(text)
                self.assertEqual((counts["format"], {event["event.kind"] for event in events}), ("text", {"unparsed"}))

    def test_numbers_of_dates_have_the_order_that_one_over_twelve_shows(self):
        for layout, order in (("{d:02}/{m:02}/2026 03:12:09 job {d}", "day"), ("{m}/{d}/2026 3:12:09 AM job {d}", "month"), ("[{d:02}/{m:02}/2026, 03:12:09] job {d}", "day"), ("{m:02}/{d:02}/2026 03:12:09.5 CET job {d}", "month")):
            events, counts = read_lines("".join(layout.format(d=d, m=11) + "\n" for d in (5, 11, 12, 13, 25)) + "\tat a.B.c(B.java:7)\n")
            self.assertEqual((counts["format"], counts["events"], counts["unparsed"], counts["continued"]), ("dated", 5, 0, 1), layout)
            self.assertEqual([event["time"][:10] for event in events[:5]], [f"2026-11-{d:02}" for d in (5, 11, 12, 13, 25)])
            self.assertEqual([bool(event.get("event.stated_time")) for event in events[:5]], [True, False, True, False, False])
            self.assertIn(f"the {order} stands first", events[5]["message"])
        self.assertEqual(read_lines("05/11/2026 03:12:09 a\n25/11/2026 03:12:09 b\n")[0][0]["event.stated_time"], "05/11/2026 03:12:09")
        # No number shows it, or they show both; what is no date; and a line that shows the other order is not told.
        for text in ("05/11/2026 03:12:09 a\n", "12/12/2026 03:12:09 a\n05/11/2026 03:12:09 b\n", "25/11/2026 03:12:09 a\n11/25/2026 03:12:09 b\n", "25/13/2026 03:12:09 a\n", "25/11/26 03:12:09 a\n", "025/11/2026 03:12:09 a\n",
                     "31/02/2026 03:12:09 a\n", "see 25/11/2026 03:12:09\n", "25/11/2026 a\n"):
            self.assertEqual(read_lines(text)[1]["format"], "text", text)
        events, counts = read_lines("25/11/2026 03:12:09 a\n" * 3 + "11/26/2026 03:12:09 b\n")
        self.assertEqual((counts["events"], counts["unparsed"], [event["message"] for event in events if event["event.kind"] == "unparsed"]), (3, 1, ["11/26/2026 03:12:09 b"]))

    def test_one_number_over_twelve_does_not_outweigh_the_order_of_all_lines(self):
        """Who may write a line into a log may write a date of the other order; lines at all hours that go on day by day are in one order alone. Lines that are a month apart look
        the same, but are at one hour."""
        def log(layout, days=12, hours=24, more=None):
            lines = [layout.format(d=day, m=11) + f" {hour:02}:12:09 INFO x" for day in range(1, days + 1) for hour in range(hours)]
            return "\n".join(lines[:len(lines) // 2] + ([more] if more else []) + lines[len(lines) // 2:]) + "\n"
        for layout, other in (("{d:02}/{m}/2026", "11/25/2026 03:12:09 x"), ("{m}/{d:02}/2026", "25/11/2026 03:12:09 x")):
            events, counts = read_lines(log(layout, more=other))
            self.assertEqual((counts["events"], counts["unparsed"]), (288, 1))
            self.assertEqual({event["time"][:10] for event in events if event["event.kind"] == "event"}, {f"2026-11-{day:02}" for day in range(1, 13)})
            # Nothing is over 12, or few lines at the end are.
            self.assertEqual(read_lines(log(layout))[0][30]["time"], "2026-11-02T06:12:09Z")
            self.assertEqual(read_lines(log(layout, days=12) + (layout.format(d=13, m=11) + " 03:12:09 x\n") * 3)[0][30]["time"], "2026-11-02T06:12:09Z")
            # Once a day or once a month, nobody knows; a line over 12 by more than chance shows it.
            self.assertEqual(read_lines(log(layout, hours=1))[1]["format"], "text")
            self.assertEqual(read_lines(log(layout, hours=1, days=13))[0][1]["time"], "2026-11-02T00:12:09Z")
            # All of one day, and one line of the other order; or as many of one as of the other: no line that could be either is told, and a notice says so.
            for text in (log(layout, days=1) * 2 + log(layout, days=1, more=other), log(layout, days=20) + log("{m}/{d:02}/2026" if layout[1] == "d" else "{d:02}/{m}/2026", days=20)):
                events, counts = read_lines(text)
                doubts = {event["doubt"] for event in events if event.get("event.stated_time")}
                self.assertEqual((counts["format"], doubts, events[0]["event.stated_time"]), ("dated", {"or"}, layout.format(d=1, m=11) + " 00:12:09"))
                self.assertTrue(any("in others the month" in event["message"] for event in events if event["event.kind"] == "notice"))
                self.assertTrue(all(event["time"][:8] == "2026-11-" for event in events if event["doubt"] == "z"))

    def test_when_the_file_was_written_shows_the_order_of_dates_beside_their_steps(self):
        """A week of office hours, and a job that takes half of the first day of each month; the file was written a minute behind the last line, or at another time."""
        def read(text, written):
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(text)
                file.flush()
                return read_file(file.name, int(datetime.datetime.fromisoformat(written + "+00:00").timestamp()))

        week = [(day, 11, hour) for day in range(2, 7) for hour in range(9, 18)]
        months = [(1, month, hour) for month in range(1, 12) for hour in range(0, 14)]
        for layout in ("{0:02}/{1:02}/2026 {2:02}:12:09 INFO x", "{1}/{0:02}/2026 {2:02}:12:09 INFO x"):
            text = "".join(layout.format(*line) + "\n" for line in week)
            for written, is_known in (("2026-11-06T17:13", True), ("2026-11-07T03:00", True), ("2026-11-26T00:00", False), ("2026-11-05T00:00", False)):
                events, counts = read(text, written)
                self.assertEqual((counts["format"], counts["events"]), ("dated", 45) if is_known else ("text", 0))
                self.assertTrue(not is_known or {event["time"][:8] for event in events} == {"2026-11-"})
            # By their steps alone all of it would be of the first days of January.
            self.assertEqual(read("".join(layout.format(*line) + "\n" for line in months), "2026-11-01T13:13")[1]["format"], "text")

    def test_a_time_to_the_minute_is_one(self):
        for text, wanted in (("2026-11-25 03:12 a", "03:12"), ("2026-11-25T03:12 a", "03:12"), ("2026/11/25 3:12 PM a", "15:12"), ("25.11.2026, 03:12 a", "03:12"), ("25.11.2026 03:12 a", "03:12"),
                             ("2026-11-25 12:12 AM a", "00:12"), ("ERROR 2026-11-25 03:12 a", "03:12"), ("2026-11-25 03:12 CET a", "02:12"), ("2026-11-25T03:12+01:00 a", "02:12")):
            events, counts = read_lines(f"{text}\n" * 3)
            self.assertEqual((counts["format"], counts["events"], events[0]["time"], events[0]["precision"]), ("dated", 3, f"2026-11-25T{wanted}:00Z", "min"), text)

    def test_until_when_something_lasts_is_no_zone(self):
        for text in ("2026-11-25 03:12-04:15 meeting", "2026-11-25 03:12-04:00 meeting", "25.11.2026 03:12-04:00 meeting"):
            events, _ = read_lines("".join(text.replace("04:", f"{hour:02}:") + "\n" for hour in range(4, 12)))
            self.assertEqual({(event["time"], event["doubt"]) for event in events}, {("2026-11-25T03:12:00Z", "z")}, text)
            self.assertIn("-04:", events[0]["message"])
        for text in ("2026-11-25T03:12-04:00 a", "2026-11-25 03:12 -0400 a", "2026-11-25 03:12:00-04:00 a"):
            self.assertEqual(read_lines(f"{text}\n" * 4)[0][0]["time"], "2026-11-25T07:12:00Z", text)

    def test_a_time_that_no_calendar_has_is_told_so(self):
        events, counts = read_lines("2026-11-25 03:12:09 a\n2026-02-30 03:12:09 b\n2026-11-25 03:12:10 c\n")
        self.assertEqual((counts["events"], events[1]["doubt"], events[1]["event.stated_time"]), (3, "or", "2026-02-30 03:12:09"))

    def test_a_log_that_is_mostly_indented_lines_keeps_its_times(self):
        events, counts = read_lines("Nov 25 03:12:09 mac syslogd[314]: Configuration Notice:\n\tASL Module a\n\tclaims selected messages.\n\tThose do not appear.\n" * 4)
        self.assertEqual((counts["format"], counts["events"], counts["continued"], counts["unparsed"]), ("syslog", 4, 12, 0))
        self.assertEqual(read_lines("Nov 25 03:12:09 web1 sshd[7]: x\n" + "\ta line of a document\n" * 10)[1]["format"], "text")
        self.check(events[0], {"time": AT, "message": "Configuration Notice:\n\tASL Module a\n\tclaims selected messages.\n\tThose do not appear."})

    def test_traces_of_other_runtimes_are_of_their_line(self):
        """SQLAlchemy's errors (StatementError._sql_message), Go's goroutine traces, Rails' lines behind the mark of a request."""
        python = ("2026-11-25 03:12:09,123 ERROR [app] Exception on /x [GET]\nTraceback (most recent call last):\n" + '  File "/srv/app.py", line 7, in f\n    return g()\n' * 30 +
                  "psycopg2.errors.UniqueViolation: duplicate key value\nDETAIL:  Key (name)=(eva) already exists.\n\n\nThe above exception was the direct cause of the following exception:\n\n"
                  "sqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) duplicate key value\nDETAIL:  Key (name)=(eva) already exists.\n\n"
                  "[SQL: INSERT INTO t (name) VALUES (%(name)s)]\n[parameters: {'name': 'eva'}]\n(Background on this error at: https://sqlalche.me/e/14/gkpj)\n")
        go = ("2026/11/25 03:12:09 http: panic serving 203.0.113.7:4022: boom\ngoroutine 34 [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/local/go/src/net/http/server.go:1898 +0xbe\n"
              "panic({0x6a2f00, 0x7551a0})\n\t/usr/local/go/src/runtime/panic.go:770 +0x132\nmain.handler({0x7585b8, 0xc00012a000}, 0xc000136000)\n\t/srv/main.go:12 +0x25\n"
              "created by net/http.(*Server).Serve in goroutine 1\n\t/usr/local/go/src/net/http/server.go:3285 +0x4b4\n")
        rails = ("F, [2026-11-25T03:12:09.123456 #812] FATAL -- : [9f1c]\n[9f1c] NoMethodError (undefined method `x' for nil:NilClass):\n[9f1c]\n" +
                 "".join(f"[9f1c] app/models/a.rb:{n}:in `f'\n" for n in range(40)))
        for record in (python, go, rails):
            events, counts = read_lines(record * 40)
            self.assertEqual((counts["format"].startswith("dated"), counts["events"], counts["unparsed"]), (True, 40, 0), record[:40])
            self.assertEqual({event["time"][:19] for event in events}, {"2026-11-25T03:12:09"})
        # Prose between is no trace.
        for line in ("we met at (noon)\n", "see [1] for it\n", "Berlin, in `spring'\n", "call me (maybe)\n"):
            self.assertEqual(read_lines(("2026/11/25 03:12:09 x\n" + line * 30) * 4)[1]["format"], "text", line)

    def test_traces_of_hundreds_of_frames_are_of_their_line(self):
        """Java's Throwable.printStackTrace: a tab and "at"; an application server has 60 to 200 frames between one line and the next."""
        for frames in (45, 180, 600):
            record = ("2026-11-25 03:12:09.123 ERROR 7 --- [nio-8080-exec-1] o.a.c.c.C.[dispatcher] : boom\njava.lang.IllegalStateException: x\n" +
                      "".join(f"\tat org.apache.catalina.core.ApplicationFilterChain.internalDoFilter{i}(ApplicationFilterChain.java:{i})\n" for i in range(frames)) +
                      "Caused by: java.sql.SQLException: y\n\t... 9 more\n")
            events, counts = read_lines(record * 40)
            self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("dated", 40, 0), frames)
            self.assertEqual({event["time"] for event in events}, {"2026-11-25T03:12:09.123Z"})

    def test_a_clock_of_twelve_hours_is_read_in_each_layout(self):
        for front in ("2026-11-25 {} PM x", "2026-11-25T{} pm x", "2026-11-25 {}PM x", "2026-11-25 {} p.m. x", "[2026-11-25 {} PM] x", "2026/11/25 {} PM x", "25.11.2026 {} PM x",
                      'time="2026-11-25 {} PM" level=info msg=x', "25-Nov-2026 {} PM x", "2026-11-25 {}.000 PM x"):
            for clock, hour in (("03:12:09", 15), ("12:12:09", 12)):
                with self.subTest(front.format(clock)):
                    self.assertEqual([event["time"] for event in read_lines((front.format(clock) + "\n") * 3)[0]], [f"2026-11-25T{hour}:12:09Z"] * 3)
        self.assertEqual(read_lines("2026-11-25 12:12:09 AM x\n")[0][0]["time"], "2026-11-25T00:12:09Z")
        self.assertEqual(read_lines("2026-11-25 15:12:09 PM x\n")[0][0]["time"], "2026-11-25T15:12:09Z")

    # A day of a clock of twelve hours: what Get-Date -Format "hh:mm:ss tt" of PowerShell gives at each hour (.NET, "Custom date and time format strings").
    TWELVE = [(hour, f"{hour % 12 or 12:02}:12:09 {'AM' if hour < 12 else 'PM'}") for hour in range(24)]

    def test_a_clock_is_one_of_twelve_hours_by_both_halves_and_its_hours(self):
        for layout in ("2026-11-25 {}: User eva {}", "2026-11-25 {} - User eva {}", "2026/11/25 {}: User eva {}", "25.11.2026 {}: User eva {}", "[2026-11-25 {}]: User eva {}"):
            with self.subTest(layout):
                events, counts = read_lines("".join(layout.format(clock, hour) + "\n" for hour, clock in self.TWELVE))
                self.assertEqual([(event["time"], event["doubt"]) for event in events], [(f"2026-11-25T{hour:02}:12:09Z", "z") for hour in range(24)])
                self.assertTrue(all(event["message"].endswith(f"User eva {hour}") and "PM" not in event["message"][:4] for hour, event in enumerate(events)))
        # Newest first; and a second writer whose few lines have a clock of 24 hours.
        self.assertEqual(read_lines("".join(f"2026-11-25 {clock}: x\n" for _, clock in reversed(self.TWELVE)))[0][1]["time"], "2026-11-25T22:12:09Z")
        events, _ = read_lines("".join(f"2026-11-25 {clock}: x\n" + (f"2026-11-25 {hour}:30:00 y\n" if hour % 4 == 3 else "") for hour, clock in self.TWELVE))
        self.assertEqual([event["time"] for event in events], sorted(event["time"] for event in events))

    def test_a_half_is_a_word_where_its_source_has_a_clock_of_24_hours(self):
        """The kernel's "PM: …" and any word of a program, at each hour of such a clock."""
        for word, doubt in (("PM suspended", "z"), ("PM: suspend entry", "z"), ("AM started", "z")):
            events, _ = read_lines("".join(f"2026-11-25 {hour:02}:12:09 {word}\n" for hour in range(24)))
            self.assertEqual([(event["time"], event["doubt"], event["message"]) for event in events], [(f"2026-11-25T{hour:02}:12:09Z", doubt, word) for hour in range(24)])
        # Two lines of many, at hours that a clock of twelve has, too; and halves by turns that would put the log out of order.
        events, _ = read_lines("".join(f"2026-11-25 {hour:02}:12:09 {'PM suspended' if hour in (3, 5) else 'app ran'}\n" for hour in range(24)))
        self.assertEqual([(event["time"], event["doubt"]) for event in events], [(f"2026-11-25T{hour:02}:12:09Z", "z") for hour in range(24)])
        events, _ = read_lines("".join(f"2026-11-25 {hour:02}:{minute:02}:09 {'AM' if minute % 2 else 'PM'} started\n" for hour in range(8, 12) for minute in range(0, 60, 7)))
        self.assertEqual([(event["time"][11:13], event["doubt"][0], event["message"][1:]) for event in events[:2]], [("08", "z", "M started")] * 2)
        # .NET's "HH:mm:ss tt" has both: the halves say nothing more.
        events, _ = read_lines("".join(f"2026-11-25 {hour:02}:12:09 {'AM' if hour < 12 else 'PM'} x\n" for hour in range(24)))
        self.assertEqual([(event["time"], event["doubt"]) for event in events], [(f"2026-11-25T{hour:02}:12:09Z", "z") for hour in range(24)])

    def test_a_clock_of_which_one_sign_alone_is_there_is_doubtful(self):
        for word, hour, text in (("PM:", "03", "PM: x"), ("PM", "15", "x")):
            events, _ = read_lines("".join(f"2026-11-25 03:{minute}:09 {word} x\n" for minute in range(10, 20)))
            self.assertEqual({(event["time"][11:13], event["doubt"], event["message"]) for event in events}, {(hour, "zh", text)})
        # An afternoon: by a clock of twelve hours it is in order.
        events, _ = read_lines("".join(f"2026-11-25 {hour:02}:12:09 PM: x\n" for hour in (12, 1, 2, 3)))
        self.assertEqual([(event["time"][11:13], event["doubt"]) for event in events], [("12", "z"), ("13", "zh"), ("14", "zh"), ("15", "zh")])
        # A morning is the same by both; a month by its name stands with a clock of twelve hours.
        self.assertEqual({event["doubt"] for event in read_lines("".join(f"2026-11-25 {hour:02}:12:09 AM x\n" for hour in range(1, 12)))[0]}, {"z"})
        self.assertEqual({event["doubt"] for event in read_lines("Nov 25, 2026 3:12:09 PM x\n" * 3)[0]}, {"z"})

    def test_an_hour_without_a_zero_hides_in_no_other_line(self):
        for layout in ("2026-11-25 {}:12:09 a", "25.11.2026 {}:12:09 a", "2026/11/25 {}:12:09 a", "2026-11-25T{}:12:09 a", "[2026-11-25 {}:12:09] a", "2026-11-25 {}:12:09,1024 a"):
            events, counts = read_lines("".join(layout.format(hour) + "\n" for hour in range(24)))
            with self.subTest(layout):
                self.assertEqual([event["time"] for event in events], [f"2026-11-25T{hour:02}:12:09Z" for hour in range(24)])
                self.assertEqual((counts["continued"], counts["unparsed"]), (0, 0))
        # What is not read as a time is seen as one, and is no part of the line before.
        events, counts = read_lines("2026-11-25 03:12:09 a\n2026-11-25 03:12:09 b\n2026-11-25 03:12:10 b\n2026-11-25 03:12 c\n1/2/2026 3:12 d\nx 3:12:09 e\n2026-11-25 03:12:11 f\n" * 2)
        self.assertEqual((counts["events"], counts["unparsed"], counts["continued"]), (8, 6, 0))

    def test_a_line_behind_blanks_that_states_its_time_is_one(self):
        for line in ("2026-11-25 03:12:09 app started", "Nov 25 03:12:09 web1 sshd[5]: Accepted password for eva from 203.0.113.7 port 22 ssh2"):
            for blanks in ("\t", "  "):
                for front in ("", line + "\n"):  # what was pasted has its first line without them
                    events, counts = read_lines(front + f"{blanks}{line}\n{blanks}more of it\n" * 10)
                    self.assertEqual((counts["events"], counts["continued"], {event["time"] for event in events}), (11 if front else 10, 10, {AT}))
                    events, counts = read_lines(front + f"{blanks}{line}\n{blanks}\t{line}\n" * 10)  # what such a line quotes
                    self.assertEqual((counts["events"], counts["continued"]), (11 if front else 10, 10))

    def test_a_line_quoted_behind_blanks_is_of_the_line_before(self):
        """As journalctl -o short prints what a message has behind its line ends, and as tables stand in messages."""
        for line, quoted in (("Nov 25 03:12:09 web1 app[812]: comment of a guest:", "Nov 25 03:12:10 web1 sshd[5]: Accepted password for root from 203.0.113.7 port 22 ssh2"),
                             ("2026-11-25 03:12:09 INFO rows:", "2019-01-01 00:00:00 | eva | delete")):
            for blanks in (" ", "    ", "\t", " " * 31):
                for times in (1, 2, 5):
                    with self.subTest(line, blanks=blanks, times=times):
                        told = f"{blanks}{quoted}\n" * times
                        events, counts = read_lines(f"{line}\n{told}\tat a.b(c.java:1)\n{line}\n")
                        self.assertEqual((counts["events"], counts["continued"], {event["time"] for event in events}), (2, times + 1, {AT}))
                        self.assertTrue(events[0]["message"].endswith(f":\n{told}\tat a.b(c.java:1)"))
                        self.assertIsNone(events[0].get("event.action"))
        self.assertEqual(read_lines("30.11.2026 03:12:09 a\n" * 2 + " 1.12.2026 03:12:09 b\n")[1]["events"], 3)  # the blank is of the day

    def test_with_which_lines_a_file_begins_says_not_that_it_is_indented(self):
        """As journalctl -n cuts a message, and logrotate by size: the file begins within what a line quotes, and has more of that than of its own."""
        for line, quoted in (("Nov 25 03:12:09 web1 app[812]: comment of a guest:", "Nov 25 03:12:10 web1 sshd[5]: Accepted password for root from 203.0.113.7 port 22 ssh2"),
                             ("2026-11-25 03:12:09 INFO rows:", "2019-01-01 00:00:00 | eva | delete")):
            for blanks in ("    ", " " * 31):
                for times in (1, 3, 40):
                    with self.subTest(line, times=times):
                        told = f"{blanks}{quoted}\n" * times
                        events, counts = read_lines(f"{told}{line}\n" * 12)
                        self.assertEqual((counts["events"], counts["unparsed"]), (12, 1))
                        self.assertFalse([event for event in events if event.get("event.action") or event["time"].startswith("2019")])
        # A log of which the first 64 KiB are one such message.
        events, counts = read_lines(f"{line}\n" + f"    {quoted}\n" * 4000 + f"{line}\n" * 2000)
        self.assertEqual((counts["events"], counts["continued"]), (2001, 4000))

    def test_a_column_behind_a_comma_is_no_fraction(self):
        for line in ("Wed Nov 25 2026 03:12:09,1024,x,y", "Wed Nov 25 2026 03:12:09,102,x,y", "25/Nov/2026:03:12:09,77 x", "Wed, 25 Nov 2026 03:12:09,77 x", "2026-11-25 03:12:09,1024 x",
                     "2026/11/25 03:12:09,1024 x", "2026/11/25 03:12:09,123,x", "25.11.2026 03:12:09,77 x", "2026.11.25 03:12:09,123,x", "20261125 03:12:09,1024 x"):
            with self.subTest(line):
                self.check(read_lines(line + "\n")[0][0], {"time": AT, "precision": "s"})
        for line in ("25 Nov 2026 03:12:09,123 x", "2026/11/25 03:12:09,123 x", "25.11.2026 03:12:09,123 x", "2026-11-25 03:12:09,123 x"):
            self.check(read_lines(line + "\n")[0][0], MS)

    def test_traces_without_a_blank_in_front_are_of_the_line_before(self):
        # PHP: main/main.c and Zend/zend_exceptions.c; Monolog's LineFormatter, as Laravel sets it up; Python's traceback; log4j's throwables.
        php = "[20-Nov-2025 03:00:09 UTC] PHP Fatal error:  Uncaught PDOException: x in /var/www/db.php:4\nStack trace:\n#0 /var/www/db.php(4): PDO->query()\n#1 {main}\n  thrown in /var/www/db.php on line 4\n"
        laravel = "[2025-11-20 03:00:09] production.ERROR: x {\"exception\":\"[object] (Q(code: 1)\n[stacktrace]\n#0 /a.php(1): a()\n#1 {main}\n\"} \n"
        python = "2025-11-20 03:00:09,000 ERROR app: boom\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nValueError: x\n"
        java = "2025-11-20 03:00:09,000 ERROR [main] org.example.A - boom\njava.lang.IllegalStateException: x\n\tat org.example.A.b(A.java:1)\nCaused by: java.io.IOException: y\n"
        for text in (php, laravel, python, java):
            with self.subTest(text=text):
                events, counts = read_lines(text * 30)
                self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("dated", 30, 0))
                self.assertEqual((events[0]["time"][:19], events[0]["message"].count("\n")), ("2025-11-20T03:00:09", text.count("\n") - 1))
        self.assertEqual(read_lines("2026-11-25 03:12:09 a\nwords of a text\nand more\nof them\n" * 30)[1]["format"], "text")



class Offsets(unittest.TestCase):
    """A signed number of four digits behind a time is a zone where the lines of the source are in order by it."""
    NUMBERS = ("-1100", "-0700", "+1000", "+1200", "-0300", "+0200")

    def lines(self, numbers, step=60, count=60, form="%Y-%m-%d %H:%M:%S", utc=False):
        start, out = datetime.datetime(2026, 11, 20, 3, 0, 9), []
        for i in range(count):
            number = numbers[i % len(numbers)]
            at = start + datetime.timedelta(seconds=step * i)
            if utc:
                at += (1 if number[0] == "+" else -1) * datetime.timedelta(hours=int(number[1:3]), minutes=int(number[3:]))
            out.append(f"{at:{form}} {number} credits user eva\n")
        return "".join(out)

    def test_numbers_that_change_are_words(self):
        for numbers in (self.NUMBERS, ("-0300", "+0200")):
            for form, second in (("%Y-%m-%d %H:%M:%S", "09"), ("%Y-%m-%d %H:%M", "00"), ("%Y/%m/%d %H:%M:%S", "09"), ("%d/%m/%Y %H:%M:%S", "09")):
                events, counts = read_lines(self.lines(numbers, form=form))
                self.assertEqual((counts["format"], counts["unparsed"]), ("dated", 0))
                for i, event in enumerate(events[:60]):
                    self.assertEqual((event["time"], event["doubt"], event["message"]), (f"2026-11-20T03:{i:02}:{second}Z", "z", f"{numbers[i % len(numbers)]} credits user eva"))

    def test_numbers_by_which_lines_are_in_order_are_zones(self):
        for numbers in (self.NUMBERS, ("-0300", "+0200"), ("+0100",)):
            events, _ = read_lines(self.lines(numbers, utc=True))
            self.assertEqual([(event["time"], event["doubt"]) for event in events[:3]], [(f"2026-11-20T03:0{i}:09Z", "") for i in range(3)])

    def test_the_end_of_summer_time_leaves_zones(self):
        lines = [f"2026-10-25 02:{minute:02}:09 {zone} step\n" for zone in ("+0200", "+0100") for minute in range(60)]
        events, _ = read_lines("".join(lines))
        self.assertEqual([(event["time"], event["doubt"]) for event in (events[0], events[60])], [("2026-10-25T00:00:09Z", ""), ("2026-10-25T01:00:09Z", "")])

    def test_what_nothing_shows_is_doubted(self):
        events, _ = read_lines(self.lines(self.NUMBERS, step=5 * 86400, count=12))
        self.assertEqual([(event["time"], event["doubt"]) for event in events[:2]], [("2026-11-20T14:00:09Z", "z"), ("2026-11-25T10:00:09Z", "z")])


if __name__ == "__main__":
    unittest.main()
