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


if __name__ == "__main__":
    unittest.main()
