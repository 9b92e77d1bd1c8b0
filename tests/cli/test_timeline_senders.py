"""test_timeline_senders.py: what stands in several lines, and what shippers, proxies and firewalls write. Lines were written by hand from the sources and
documents that are named; expected values from what they say. Beside each recognition stand lines alike that are none."""
import json
import unittest

from timeline_lines import read_lines

FAILED, OK, UNKNOWN = "failure", "success", "unknown"


def has(test, event, wanted):
    test.assertEqual({name: event.get(name) for name in wanted}, wanted, event.get("message"))


class Sudo(unittest.TestCase):
    """plugins/sudoers/logging.c (do_syslog) and lib/eventlog/eventlog.c: "%8s : %s", "%8s : (command continued) %s", broken at the last blank that fits, which
    is left out, or within a longer word."""
    HEAD = "Nov 25 03:12:09 web1 "

    def split(self, user, text, size=960):
        out, form = [], f"{user:>8} : "
        while text:
            cut = len(text) if len(text) <= size else text.rfind(" ", 0, size)
            cut = cut if cut > 0 else size
            out.append(form + text[:cut])
            text, form = text[cut:].lstrip(" "), f"{user:>8} : (command continued) "
        return out

    def read(self, *lines):
        return read_lines("".join(f"{self.HEAD}{line}\n" for line in lines))

    def test_a_long_command_is_one_event(self):
        for tag in ("sudo: ", "sudo[7]: "):
            for size in (960, 980):
                for words in ((f"arg{n:04}" for n in range(500)), ("-c", "A" * 3000 + "B", "end"), ("-c", "x" * 50, "C" * 5000)):
                    command = "/bin/sh " + " ".join(words)
                    parts = self.split("eva", f"TTY=pts/0 ; PWD=/home/eva ; USER=root ; COMMAND={command}", size)
                    self.assertGreater(len(parts), 2)
                    events, counts = self.read(*(tag + part for part in parts), tag + "     bob : PWD=/ ; USER=root ; COMMAND=/bin/id")
                    self.assertEqual((counts["events"], counts["continued"], counts["unparsed"]), (2, len(parts) - 1, 0))
                    has(self, events[0], {"process.command_line": command, "event.action": "command", "event.outcome": OK, "user.name": "eva", "line": 1})
                    has(self, events[1], {"process.command_line": "/bin/id", "user.name": "bob"})

    def test_what_does_not_follow_its_beginning_is_an_event_of_its_own(self):
        first, second = (f"sudo: {part}" for part in self.split("eva", "PWD=/ ; USER=root ; COMMAND=/bin/sh " + "word " * 300)[:2])
        short = "sudo:      eva : PWD=/ ; USER=root ; COMMAND=/bin/id"
        for lines in ((first, "cron[5]: x", second), (first, short, second), (first.replace("eva", "bob"), second), (first.replace("sudo:", "sudo[6]:"), second),
                      ("su: (to root) eva on pts/0", second)):
            events, counts = self.read(*lines)
            self.assertEqual((len(events), counts["continued"]), (len(lines), 0), lines)
            has(self, events[-1], {"event.action": "command-continued", "event.outcome": UNKNOWN, "user.name": "eva", "process.command_line": second.split("continued) ")[1]})

    def test_words_of_a_command_that_look_so_are_of_the_command(self):
        events, counts = self.read("sudo:      eva : PWD=/ ; USER=root ; COMMAND=/bin/echo x : (command continued) y", "sudo:      eva : PWD=/ ; USER=root ; COMMAND=/bin/id")
        self.assertEqual(counts["continued"], 0)
        has(self, events[0], {"process.command_line": "/bin/echo x : (command continued) y", "user.name": "eva", "event.action": "command"})


def rows(*objects):
    events, counts = read_lines("".join(json.dumps(item) + "\n" for item in objects))
    assert counts["format"] == "json" and len(events) == len(objects), counts
    return events


class Shippers(unittest.TestCase):
    """Objects whose members show together whose they are; each sign alone shows nothing."""
    AUDIT = {"CreationTime": "2026-11-25T03:12:09", "Id": "7", "OrganizationId": "o", "RecordType": 15, "UserType": 0, "Workload": "AzureActiveDirectory"}
    WINDOWS = {"channel": "Security", "event_id": 4625, "provider_name": "Microsoft-Windows-Security-Auditing",
               "event_data": {"TargetUserName": "eva", "IpAddress": "192.0.2.7", "TargetDomainName": "CORP", "LogonType": "3"}}
    ACCESS = {"time_local": "25/Nov/2026:03:12:09 +0100", "remote_addr": "192.0.2.7", "remote_user": "eva", "request": "GET /x?y=1 HTTP/1.1", "status": "403",
              "body_bytes_sent": "5", "http_referer": "http://r.example/", "http_user_agent": "curl"}

    def test_records_of_microsoft_365_say_what_was_done(self):
        """Office 365 Management Activity API schema, "Common schema": Operation, UserId, ResultStatus ("Succeeded, PartiallySucceeded, or Failed"; of Exchange True, False)."""
        for operation, status, outcome, category in (("UserLoggedIn", "Success", OK, "authentication"), ("UserLoginFailed", "Success", FAILED, "authentication"), ("UserLoginFailed", "Failed", FAILED, "authentication"),
                                                     ("New-InboxRule", "True", OK, None), ("Set-Mailbox", "False", FAILED, None), ("FileDownloaded", None, None, None), ("Move", "PartiallySucceeded", None, None)):
            record = {**self.AUDIT, "Operation": operation, "UserId": "eva@example.org", **({"ResultStatus": status} if status else {})}
            has(self, rows(record)[0], {"event.action": operation, "user.name": "eva@example.org", "event.outcome": outcome, "event.category": category, "json.Workload": "AzureActiveDirectory",
                                        "json.ResultStatus": status, "doubt": ""})
            for member in ("OrganizationId", "RecordType", "UserType"):
                has(self, rows({name: value for name, value in record.items() if name != member})[0],
                    {"event.action": None, "user.name": None, "json.Operation": operation, "event.outcome": None, "doubt": "z"})

    def test_documents_of_ecs_keep_their_names(self):
        """Elastic: "Winlogbeat", "Filebeat", "Exported fields"."""
        base = {"@timestamp": "2026-11-25T03:12:09.123Z"}
        for document in ({**base, "winlog": self.WINDOWS}, {**base, "ecs": {"version": "8.0.0"}, "winlog": {"event_data": self.WINDOWS["event_data"]}},
                         {**base, "@metadata": {"beat": "winlogbeat"}, "winlog": {"event_data": self.WINDOWS["event_data"]}}):
            has(self, rows(document)[0], {"winlog.event_data.TargetUserName": "eva", "json.winlog.event_data.TargetUserName": None})
        event, = rows({**base, "agent": {"type": "filebeat"}, "log": {"file": {"path": "/var/log/x"}, "offset": 5}, "message": "x", "fields": {"a": "b"}, "event": {"kind": "alert", "dataset": "y"}})
        has(self, event, {"agent.type": "filebeat", "log.file.path": "/var/log/x", "log.offset": "5", "json.fields.a": "b", "event.kind": "event", "event.dataset": "json", "json.event.kind": "alert"})
        # One sign alone, and two without the time that such documents have.
        has(self, rows({**base, "agent": {"type": "x"}})[0], {"json.agent.type": "x", "agent.type": None})
        has(self, rows({**base, "winlog": {"channel": "x"}})[0], {"json.winlog.channel": "x"})
        has(self, rows({"timestamp": "2026-11-25T03:12:09Z", "agent": {"type": "x"}, "log": {"file": {"path": "/x"}}})[0], {"json.agent.type": "x", "log.file.path": None})

    def test_an_event_of_windows_means_what_it_means_in_an_event_log(self):
        base = {"@timestamp": "2026-11-25T03:12:09.123Z", "winlog": {**self.WINDOWS, "keywords": ["Audit Failure"]}}
        has(self, rows({**base, "event": {"code": "4625", "outcome": "failure"}})[0],
            {"event.action": "login", "event.outcome": FAILED, "event.provider": "Microsoft-Windows-Security-Auditing", "source.ip": "192.0.2.7", "user.name": "eva"})
        has(self, rows(base)[0], {"event.action": "login", "event.outcome": FAILED, "event.code": "4625"})
        has(self, rows({**base, "event": {"code": "4625", "action": "logon-failed", "outcome": "failure"}, "user": {"name": "eva"}})[0],
            {"event.action": "logon-failed", "event.outcome": FAILED, "user.name": "eva"})
        has(self, rows({**base, "winlog": {**self.WINDOWS, "provider_name": "other"}})[0], {"event.action": None, "event.outcome": None})

    def test_access_logs_as_json_are_requests(self):
        """nginx: ngx_http_core_module, "Embedded Variables", in a log_format with escape=json."""
        wanted = {"event.action": "http-request", "event.category": "web", "event.outcome": FAILED, "source.ip": "192.0.2.7", "user.name": "eva", "http.request.method": "GET", "url.original": "/x?y=1",
                  "url.path": "/x", "url.query": "y=1", "http.response.status_code": "403", "user_agent.original": "curl", "json.request": None}
        has(self, rows(self.ACCESS)[0], {**wanted, "http.version": "1.1", "http.request.referrer": "http://r.example/", "http.response.body.bytes": "5"})
        apart = {name: value for name, value in self.ACCESS.items() if name != "request"}
        for target in ("request_uri", "uri"):
            has(self, rows({**apart, "request_method": "GET", target: "/x?y=1"})[0], wanted)
        has(self, rows({**self.ACCESS, "status": 200, "remote_user": "-"})[0], {"event.outcome": OK, "user.name": None})
        # What a program says of a request, a request that is none, and one that nobody sent or answered.
        for change in ({"message": "webshell uploaded"}, {"level": "error"}, {"request": "of eva for /x"}, {"status": "ok"}, {"remote_addr": None}, {"request": "get /x HTTP/1.1"}):
            has(self, rows({**self.ACCESS, **change})[0], {"event.action": None, "event.outcome": None, "http.request.method": None, "json.remote_user": "eva"})
        has(self, rows({**apart, "method": "GET", "uri": "http://elsewhere.example/x"})[0], {"event.action": None, "url.original": "http://elsewhere.example/x"})

    def test_caddy_and_traefik_log_requests(self):
        """Caddy: modules/caddyhttp/logging.go and marshalers.go; Traefik: pkg/middlewares/accesslog/logdata.go."""
        caddy = {"level": "info", "ts": 1795576329.5, "logger": "http.log.access.log0", "msg": "handled request", "user_id": "eva", "status": 404, "size": 5,
                 "request": {"remote_ip": "192.0.2.8", "client_ip": "192.0.2.7", "method": "GET", "host": "www.example", "uri": "/x?y=1", "headers": {"User-Agent": ["curl"]}}}
        traefik = {"ClientHost": "192.0.2.7", "ClientUsername": "eva", "DownstreamStatus": 404, "DownstreamContentSize": 5, "RequestMethod": "GET", "RequestPath": "/x?y=1", "RequestHost": "www.example",
                   "request_User-Agent": "curl", "level": "info", "msg": "", "time": "2026-11-25T03:12:09Z"}
        wanted = {"event.action": "http-request", "event.outcome": FAILED, "source.ip": "192.0.2.7", "user.name": "eva", "http.request.method": "GET", "url.original": "/x?y=1", "url.path": "/x",
                  "url.domain": "www.example", "http.response.status_code": "404", "http.response.body.bytes": "5", "user_agent.original": "curl"}
        has(self, rows(caddy)[0], wanted)
        has(self, rows(traefik)[0], wanted)
        has(self, rows({**caddy, "user_id": ""})[0], {"user.name": None, "source.ip": "192.0.2.7"})
        for change in ({**caddy, "logger": "app"}, {**caddy, "request": {"method": "GET", "uri": "/x"}}, {**traefik, "DownstreamStatus": "x"}, {**traefik, "ClientHost": "here"}):
            has(self, rows(change)[0], {"event.action": None, "source.ip": None})

    def test_who_asked_beside_what_was_asked(self):
        """Nextcloud: lib/private/Log/LogDetails.php, and what fail2ban's filter for it reads; GitHub: "Audit log events"; GitLab: audit_json.log."""
        base = {"reqId": "x", "level": 2, "time": "2026-11-25T03:12:09+00:00", "remoteAddr": "192.0.2.7", "user": "--", "app": "core", "method": "POST", "url": "/login", "userAgent": "curl"}
        failed = {"event.action": "login", "event.outcome": FAILED, "source.ip": "192.0.2.7", "user.name": "eva", "user_agent.original": "curl"}
        for text in ("Login failed: eva (Remote IP: 192.0.2.7)", "Login failed: 'eva' (Remote IP: '192.0.2.7')"):
            has(self, rows({**base, "message": text})[0], {**failed, "message": text})
        has(self, rows({**base, "message": "Login failed: a (Remote IP: 192.0.2.6) (Remote IP: 192.0.2.7)"})[0], {**failed, "user.name": "a (Remote IP: 192.0.2.6)"})
        has(self, rows({**base, "message": "Hello"})[0], {"event.action": None, "source.ip": "192.0.2.7", "user.name": None, "message": "Hello"})
        for change in ({"remoteAddr": "192.0.2.9"}, {"reqId": None}):
            has(self, rows({**base, **change, "message": "Login failed: eva (Remote IP: 192.0.2.7)"})[0], {"event.action": None})
        github = {"@timestamp": 1795576329000, "action": "repo.destroy", "actor": "eva", "actor_ip": "192.0.2.7", "_document_id": "x"}
        has(self, rows(github)[0], {"event.action": "repo.destroy", "user.name": "eva", "source.ip": "192.0.2.7"})
        for change in ({"_document_id": None}, {"actor": None}, {"action": "destroy"}, {"action": "See. This"}):
            has(self, rows({**github, **change})[0], {"event.action": None})
        has(self, rows({"time": base["time"], "author_name": "eva", "user": "eva", "ip_address": "192.0.2.7"})[0], {"source.ip": "192.0.2.7"})
        # Of a list of machines the address is that of each.
        has(self, rows({"time": base["time"], "name": "web1", "ip_address": "192.0.2.7"})[0], {"source.ip": None, "json.ip_address": "192.0.2.7"})

    def test_files_of_fluentd_and_objects_behind_cee(self):
        """Fluentd: out_file, "time, tag and record", tab between; suricata.yaml: prefix: "@cee: "; TrueNAS: "Audit records"."""
        record = json.dumps({"host": "web1", "ident": "sshd", "pid": "7", "message": "Accepted password for root from 192.0.2.7 port 22 ssh2"})
        login = {"event.action": "login", "event.outcome": OK, "user.name": "root", "source.ip": "192.0.2.7"}
        has(self, read_lines(f"2026-11-25T03:12:09+01:00\tsystem.auth\t{record}\n" * 3)[0][0], {**login, "host.name": "web1", "process.name": "sshd", "fluentd.tag": "system.auth", "time": "2026-11-25T02:12:09Z"})
        for line in (f"2026-11-25T03:12:09+01:00 system.auth {record}", f"2026-11-25T03:12:09+01:00\tof a guest\t{record}", f"2026-11-25 03:12:09\tsystem.auth\t{record}", f"2026-11-25T03:12:09+01:00\tsystem.auth\t{record} x"):
            has(self, read_lines(f"{line}\n" * 3)[0][0], {"event.action": None, "user.name": None})
        alert = json.dumps({"timestamp": "2026-11-25T03:12:09.123456+0000", "event_type": "alert", "src_ip": "192.0.2.7", "alert": {"signature": "x"}})
        has(self, said("suricata[7]:", f"@cee: {alert}"), {"event.action": "alert", "source.ip": "192.0.2.7", "rule.name": "x"})
        has(self, said("guestbook[7]:", f"@cee: {alert}"), {"event.action": None, "source.ip": None})
        audit = {"aid": "x", "addr": "192.0.2.7", "user": "root", "svc": "MIDDLEWARE", "event": "AUTHENTICATION", "success": True}
        for separators in ((",", ":"), (", ", ": ")):
            has(self, said("TNAUDIT_MIDDLEWARE[7]:", "@cee:" + json.dumps({"TNAUDIT": audit}, separators=separators)), {**login, "truenas.svc": "MIDDLEWARE"})
        has(self, said("TNAUDIT_SMB[7]:", "@cee:" + json.dumps({"TNAUDIT": {**audit, "event": "CONNECT", "success": False}})), {"event.action": None, "event.outcome": FAILED})
        has(self, said("guestbook[7]:", "@cee:" + json.dumps({"TNAUDIT": audit})), {"event.action": None, "user.name": None})


def said(tag, sentence):
    """What a line of a system log means."""
    events, counts = read_lines(f"Nov 25 03:12:09 mx {tag} {sentence}\n")
    assert (counts["format"], len(events)) == ("syslog", 1), counts
    return events[0]


class Mail(unittest.TestCase):
    """Postfix: smtpd/smtpd_check.c (log_whatsup), cleanup/cleanup_milter.c, cleanup/cleanup_message.c (cleanup_act_log), postscreen/postscreen_smtpd.c, tls/tls_server.c, tls_client.c,
    smtp/smtp_connect.c; Cyrus SASL: saslauthd/saslauthd-main.c."""
    FROM = {"source.ip": "192.0.2.7", "source.address": "unknown"}
    ENDS = "from=<a@example.org> to=<c@example.net> proto=ESMTP helo=<x>"
    BOTH = {"email.from.address": "a@example.org", "email.to.address": "c@example.net"}

    def test_what_was_refused_and_why(self):
        for program, sentence, wanted in (
                ("cleanup", f"4ABC: milter-reject: END-OF-MESSAGE from unknown[192.0.2.7]: 5.7.1 spam; {self.ENDS}", {"event.action": "mail-reject", "event.outcome": FAILED, "event.reason": "5.7.1 spam", **self.BOTH}),
                ("smtpd", f"NOQUEUE: milter-reject: RCPT from unknown[192.0.2.7]: 451 4.7.1 later; {self.ENDS}", {"event.action": "mail-reject", "error.code": "451", "event.reason": "4.7.1 later", **self.BOTH}),
                ("smtpd", "NOQUEUE: milter-reject: CONNECT from unknown[192.0.2.7]: 451 4.7.1 later; proto=SMTP", {"event.action": "mail-reject", "event.outcome": FAILED}),
                ("cleanup", f"4ABC: milter-hold: END-OF-MESSAGE from unknown[192.0.2.7]: milter triggers HOLD action; {self.ENDS}", {"event.action": "mail-hold", "event.outcome": UNKNOWN}),
                ("smtpd", f"NOQUEUE: discard: RCPT from unknown[192.0.2.7]: <c@example.net>: Recipient address triggers DISCARD action; {self.ENDS}", {"event.action": "mail-discard", "event.outcome": FAILED, **self.BOTH}),
                ("smtpd", f"NOQUEUE: reject_warning: RCPT from unknown[192.0.2.7]: 550 5.1.1 x; {self.ENDS}", {"event.action": "mail-warning", "event.outcome": UNKNOWN}),
                ("cleanup", f"4ABC: reject: header Subject: x from unknown[192.0.2.7]; {self.ENDS}: 5.7.1 spam", {"event.action": "mail-reject", "event.outcome": FAILED, "event.reason": "5.7.1 spam", **self.BOTH}),
                ("cleanup", f"4ABC: warning: header Subject: x from unknown[192.0.2.7]; {self.ENDS}: seen", {"event.action": "mail-warning", "event.outcome": UNKNOWN}),
                ("cleanup", f"4ABC: discard: body x from unknown[192.0.2.7]; {self.ENDS}: gone", {"event.action": "mail-discard"})):
            with self.subTest(sentence):
                has(self, said(f"postfix/{program}[5]:", sentence), {**self.FROM, "email.local_id": sentence.split(":")[0], **wanted})
        has(self, said("postfix/postscreen[5]:", "NOQUEUE: reject: RCPT from [192.0.2.7]:4444: 550 5.7.1 listed; from=<a@example.org>, to=<c@example.net>, proto=ESMTP, helo=<x>"),
            {"source.ip": "192.0.2.7", "source.port": "4444", "error.code": "550", "event.reason": "5.7.1 listed", **self.BOTH})
        # Whose mail it is chooses the header: an address in it is told beside the client's.
        event = said("postfix/cleanup[5]:", f"4ABC: reject: header Subject: x from evil[198.51.100.9]; from=<> to=<b> y from unknown[192.0.2.7]; {self.ENDS}: 5.7.1 spam")
        self.assertIn("192.0.2.7", event["source.ip"])
        self.assertEqual(event["event.is_ambiguous"], "yes")
        # A mail that was taken, and a sentence that only speaks of a refusal.
        has(self, said("postfix/cleanup[5]:", "4ABC: message-id=<reject: header x from unknown[192.0.2.7]>"), {"event.action": "mail-receive", "source.ip": None})
        has(self, said("postfix/cleanup[5]:", "4ABC: info: header Subject: reject: x from unknown[192.0.2.7]; from=<a> to=<b>"), {"event.action": None})

    def test_connections_with_tls_and_servers(self):
        for sentence, wanted in (("Anonymous TLS connection established from unknown[192.0.2.7]: TLSv1.3 with cipher x (256/256 bits)", {"event.action": "tls-connection", "event.outcome": OK, **self.FROM}),
                                 ("SSL_accept error from unknown[192.0.2.7]: -1", {"event.action": "tls-connection", "event.outcome": FAILED, **self.FROM}),
                                 ("SSL_accept error from unknown[192.0.2.7]:4444: lost connection", {"source.port": "4444", **self.FROM})):
            has(self, said("postfix/smtpd[5]:", sentence), wanted)
        there = {"destination.address": "mx.example.net", "destination.ip": "198.51.100.5", "destination.port": "25", "source.ip": None}
        for sentence, wanted in (("connect to mx.example.net[198.51.100.5]:25: Connection refused", {"event.action": "connection", "event.outcome": FAILED, "event.reason": "Connection refused"}),
                                 ("Trusted TLS connection established to mx.example.net[198.51.100.5]:25: TLSv1.3 with cipher x", {"event.action": "tls-connection", "event.outcome": OK}),
                                 ("4ABC: to=<c@example.net>, relay=mx.example.net[198.51.100.5]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)", {"event.action": "mail-deliver", "event.outcome": OK}),
                                 ("4ABC: to=<c@example.net>, orig_to=<x>, relay=mx.example.net[198.51.100.5]:25, delay=1, dsn=5.1.1, status=bounced (host mx[198.51.100.6] said: 550)", {"event.action": "mail-deliver", "event.outcome": FAILED}),
                                 ("4ABC: to=<c@example.net>, relay=mx.example.net[198.51.100.5]:25, dsn=4.0.0, status=deferred (later)", {"event.action": "mail-defer", "event.outcome": FAILED})):
            has(self, said("postfix/smtp[5]:", sentence), {**there, **wanted})
        for relay in ("none", "local", "mx[private/dovecot-lmtp]"):
            has(self, said("postfix/lmtp[5]:", f"4ABC: to=<c@example.net>, relay={relay}, delay=1, dsn=2.0.0, status=sent (to mx[198.51.100.5]:25)"),
                {"event.action": "mail-deliver", "event.outcome": OK, "destination.ip": None})

    def test_where_exim_delivered_to(self):
        """Exim's specification, "Log files": "Delivery" and "Failed delivery"."""
        for text, wanted in (('=> c@example.net R=dnslookup T=remote_smtp H=mx.example.net [198.51.100.5] X=TLS1.3 C="250 OK H=x [192.0.2.9]"', {"event.action": "mail-deliver", "event.outcome": OK}),
                             ("** c@example.net <C@example.net> R=dnslookup T=remote_smtp H=mx.example.net [198.51.100.5]: SMTP error from remote mail server: 550 x",
                              {"event.action": "mail-deliver", "event.outcome": FAILED, "event.reason": "SMTP error from remote mail server: 550 x"})):
            event, = read_lines(f"2026-11-25 03:12:09 1Ai79e-0000Dq-8i {text}\n")[0]
            has(self, event, {"email.to.address": "c@example.net", "destination.address": "mx.example.net", "destination.ip": "198.51.100.5", **wanted})
        event, = read_lines("2026-11-25 03:12:09 1Ai79e-0000Dq-8i => eva <eva@example.org> R=local_user T=mail_spool\n")[0]
        has(self, event, {"email.to.address": "eva", "destination.ip": None, "event.action": "mail-deliver"})

    def test_saslauthd(self):
        for word, reason, outcome in (("failure", " [reason=PAM auth error]", FAILED), ("success", "", OK)):
            has(self, said("saslauthd[5]:", f"do_auth         : auth {word}: [user=eva] [service=smtp] [realm=example.org] [mech=pam]{reason}"),
                {"event.action": "login", "event.outcome": outcome, "user.name": "eva", "service.name": "smtp"})

    def test_apache_to_syslog_without_its_module(self):
        has(self, said("httpd[1]:", '[client 192.0.2.7:5] AH01617: user eva: authentication failure for "/x": Password Mismatch'),
            {"source.ip": "192.0.2.7", "source.port": "5", "source.address": None, "user.name": "eva", "event.action": "login", "event.outcome": FAILED})
        has(self, said("httpd[1]:", '[client 2001:db8::7] user eva: authentication failure for "/x": Password Mismatch'), {"source.ip": "2001:db8::7", "source.port": None})
        has(self, said("httpd[1]:", '[client host.example.org:x] user eva: authentication failure for "/x": Password Mismatch'), {"source.ip": None, "source.port": None})


class Squid(unittest.TestCase):
    """squid.conf.documented, logformat: "%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt"."""
    LINE = "1795576329.123    456 192.0.2.7 TCP_MISS/200 1234 GET http://www.example.org:8080/x?y=1 eva HIER_DIRECT/198.51.100.5 text/html"

    def test_its_native_access_log(self):
        lines = [self.LINE, "1795576330.000      0 192.0.2.7 TCP_DENIED/407 3901 CONNECT www.example.org:443 - HIER_NONE/- text/html",
                 "1795576331.000     12 host.example.org TCP_TUNNEL/200 39 CONNECT [2001:db8::7]:443 - FIRSTUP_PARENT/proxy.example.org -",
                 "1795576332.000      1 192.0.2.7 NONE/000 0 NONE error:transaction-end-before-headers - HIER_NONE/- -",
                 "1795576333.000      1 192.0.2.7 UDP_MISS/000 62 ICP_QUERY http://www.example.org/ - HIER_NONE/- -",
                 "1795576334.000      1 192.0.2.7 TCP_MEM_HIT/404 62 GET http://www.example.org/ - NONE/- text/html [x: y]"]
        events, counts = read_lines("".join(line + "\n" for line in lines))
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("squid", len(lines), 0))
        for event, wanted in zip(events, (
                {"time": "2026-11-25T03:12:09.123Z", "doubt": "", "precision": "ms", "source.ip": "192.0.2.7", "user.name": "eva", "event.action": "http-request", "event.outcome": OK, "http.request.method": "GET",
                 "http.response.status_code": "200", "http.response.bytes": "1234", "url.original": "http://www.example.org:8080/x?y=1", "url.domain": "www.example.org", "url.path": "/x", "url.query": "y=1",
                 "squid.result_code": "TCP_MISS", "squid.hierarchy_code": "HIER_DIRECT", "destination.ip": "198.51.100.5", "http.response.mime_type": "text/html", "event.duration": "456000000"},
                {"event.outcome": FAILED, "user.name": None, "url.domain": "www.example.org", "destination.ip": None, "http.response.status_code": "407"},
                {"source.address": "host.example.org", "url.domain": "2001:db8::7", "destination.address": "proxy.example.org", "event.outcome": OK},
                {"http.response.status_code": None, "event.outcome": UNKNOWN}, {"event.action": "cache-query", "event.outcome": UNKNOWN}, {"event.outcome": FAILED})):
            has(self, event, wanted)

    def test_behind_the_head_of_a_system_log(self):
        has(self, said("squid[7]:", self.LINE), {"time": "2026-11-25T03:12:09Z", "source.ip": "192.0.2.7", "event.action": "http-request", "event.outcome": OK, "process.pid": "7"})
        has(self, said("(squid-1)[7]:", self.LINE), {"source.ip": None})
        has(self, said("squid[7]:", "Squid Cache (Version 5.7): Exiting normally."), {"event.action": None})

    def test_lines_alike_are_none(self):
        for a, b in (("TCP_MISS/200", "tcp_miss/200"), ("TCP_MISS/200", "TCP_MISS/20"), ("HIER_DIRECT/", "direct/"), (" 1234 ", " - "), ("GET", "get"), (".123 ", ".12 "), ("text/html", "html"), ("    456", "   4.5")):
            events, counts = read_lines((self.LINE.replace(a, b) + "\n") * 5)
            self.assertNotEqual(counts["format"], "squid", b)
            self.assertFalse([event for event in events if event.get("event.action")])


class Relays(unittest.TestCase):
    def test_what_is_known_for_sure_is_not_hidden_by_lines_that_anything_knows(self):
        """rsyslog's RSYSLOG_FileFormat of a relay: nine lines of ten are a device's, without a tag; and two logs in one file."""
        def at(number):
            return f"2026-11-25T03:{number // 60:02}:{number % 60:02}.123456+00:00"
        sure = ("web1 sshd[7]: Accepted password for root from 203.0.113.7 port 22 ssh2", "db1 sudo:      eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id")
        relay = [f"{at(n)} {sure[n // 10 % 2] if n % 10 == 4 else '192.0.2.1 INFO: Successful login through Web(Username: admin, IP: 203.0.113.7)'}" for n in range(400)]
        relay[50:50] = [f"{at(50)} web1 backup: words of no known program", f"{at(50)} worker started: one", f"{at(50)[:19]} INFO worker started: two"]
        events, counts = read_lines("\n".join(relay) + "\n")
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("syslog+dated", 403, 0))
        self.assertEqual(len([event for event in events if event.get("event.action") == "login" and event["user.name"] == "root" and event["host.name"] == "web1"]), 20)
        self.assertEqual(len([event for event in events if event.get("event.action") == "command" and event["host.name"] == "db1"]), 20)
        self.assertEqual({event["host.name"] for event in events if "through Web" in event["message"]}, {"192.0.2.1"})
        self.assertEqual([(event["event.dataset"], event.get("host.name"), event.get("process.name")) for event in events[50:53]], [("syslog", "web1", "backup"), ("dated", None, None), ("dated", None, None)])
        package = "2026-11-25 03:12:09 status installed evil:amd64 1.0\n"
        app = "2026-11-25 03:12:09 INFO worker started\n"
        for text in (package * 100 + app * 900, app * 900 + package * 100, (package + app * 9) * 100):
            events, counts = read_lines(text)
            self.assertEqual((counts["format"], len([event for event in events if event["event.dataset"] == "dpkg"])), ("dpkg+dated", 100))
        # Some lines in the middle, or hardly any, are text of the log in which they stand.
        for text in (app * 400 + package * 30 + app * 400, (app * 60 + package) * 15 + app * 10, app * 9 + package * 5 + app):
            self.assertEqual({event["event.dataset"] for event in read_lines(text)[0]}, {"dated"})
        # An address behind such a time is a host only beside lines of system logs.
        self.assertEqual({event.get("host.name") for event in read_lines("".join(f"{at(n)} 203.0.113.7 GET /index\n" for n in range(20)))[0]}, {None})


class Collectors(unittest.TestCase):
    """Graylog's "GELF Payload Specification" 1.1 and its input of syslog; moby's daemon/logger/gelf; Grafana Loki's logcli (--output=jsonl) and Explore's download."""
    TEXT = "Accepted password for root from 203.0.113.7 port 22 ssh2"
    WHOLE = "Nov 25 03:12:09 web1 sshd[812]: " + TEXT
    LOGIN = {"event.action": "login", "event.outcome": OK, "user.name": "root", "source.ip": "203.0.113.7", "source.port": "22"}
    NONE = {name: None for name in LOGIN}

    def gelf(self, **more):
        return {"version": "1.1", "host": "web1", "short_message": self.TEXT, "timestamp": 1795576329.123, "level": 4, **more}

    def one(self, item):
        (event,), counts = read_lines(json.dumps(item) + "\n")
        self.assertEqual(counts["format"], "json")
        return event

    def test_gelf(self):
        has(self, self.one(self.gelf(_application_name="sshd", _process_id=812)), {**self.LOGIN, "time": "2026-11-25T03:12:09.123Z", "doubt": "", "host.name": "web1", "log.level": "warning",
                                                                                    "process.name": "sshd", "process.pid": "812", "message": self.TEXT})
        has(self, self.one(self.gelf(short_message="hello", _user="eva", _src_ip="203.0.113.9", _order=7)), {"user.name": "eva", "source.ip": "203.0.113.9", "json.order": "7", "message": "hello"})
        access = '203.0.113.7 - - [25/Nov/2026:03:12:09 +0000] "GET /.env HTTP/1.1" 404 12 "-" "curl"'
        has(self, self.one(self.gelf(short_message=access, _container_id="ab", _container_name="web", _command="nginx")), {"event.action": "http-request", "source.ip": "203.0.113.7", "host.name": "web1"})
        # A program's own text, and what is none of GELF: without a version that it has, or a text.
        has(self, self.one(self.gelf()), self.NONE)
        has(self, self.one(self.gelf(_application_name="guestbook", _process_id=8)), self.NONE)
        has(self, self.one(self.gelf(_application_name="sshd")), {**self.NONE, "process.name": None})
        has(self, self.one(self.gelf(version="7", _user="eva")), {"log.level": None, "user.name": None, "json._user": "eva"})
        has(self, self.one({"version": "1.1", "timestamp": 1795576329, "level": 4, "message": "x"}), {"log.level": None})

    def test_lines_of_loki(self):
        labels = {"filename": "/var/log/auth.log", "job": "varlogs", "host": "web1"}
        for item in ({"labels": labels, "line": self.WHOLE, "timestamp": "2026-11-25T03:12:09.5Z"}, {"line": self.WHOLE, "timestamp": "1795576329500000000", "date": "2026-11-25T03:12:09.500Z", "fields": labels}):
            has(self, self.one(item), {**self.LOGIN, "time": "2026-11-25T03:12:09.5Z", "host.name": "web1", "process.name": "sshd", "message": self.WHOLE, "event.carried_dataset": "syslog"})
        for item in ({"labels": labels, "line": self.WHOLE, "timestamp": "2026-11-25T03:12:09.5Z", "order": 7}, {"line": self.WHOLE, "timestamp": "2026-11-25T03:12:09.5Z"},
                     {"labels": labels, "line": 7, "timestamp": "2026-11-25T03:12:09.5Z"}):
            has(self, self.one(item), self.NONE)


if __name__ == "__main__":
    unittest.main()
