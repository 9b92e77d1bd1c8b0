"""test_timeline_carried.py: lines of programs within lines of others: what containers write, in the logs of their runtimes, and what shippers send on.
The layouts are those of moby's daemon/logger/jsonfilelog and copier.go, of Kubernetes' CRI log format (kubelet's pkg/kubelet/kuberuntime/logs), of
Fluent Bit's, Filebeat's, Logstash's and Fluentd's manuals (record_transformer, parser cri), of winston's and ECS' loggers; lines and expected values were written by hand."""
import json
import unittest

from timeline_lines import read_lines

ACCESS = '203.0.113.7 - eva [20/Nov/2025:03:12:10 +0100] "POST /wp-login.php?a=1 HTTP/1.1" 401 7 "-" "x"'
REQUEST = {"source.ip": "203.0.113.7", "user.name": "eva", "event.action": "http-request", "event.outcome": "failure", "http.request.method": "POST", "url.path": "/wp-login.php",
           "http.response.status_code": "401", "message": ACCESS}
# A line as the program writes it, and what it means, whoever carries it.
CARRIED = [
    (ACCESS, {**REQUEST, "event.carried_dataset": "access"}),
    ('2025/11/20 03:12:13 [error] 7#7: *1 access forbidden by rule, client: 203.0.113.7, server: _, request: "GET /.git HTTP/1.1", host: "x"',
     {"source.ip": "203.0.113.7", "log.level": "error", "event.outcome": "failure", "event.carried_dataset": "nginx-error"}),
    ("[Thu Nov 20 03:12:13.123456 2025] [core:error] [pid 9:tid 9] [client 203.0.113.7:51234] AH00126: Invalid URI in request",
     {"source.ip": "203.0.113.7", "source.port": "51234", "log.level": "error", "event.carried_dataset": "apache-error"}),
    ("Nov 20 03:12:11 c1 sshd[7]: Accepted password for root from 203.0.113.7 port 22 ssh2",
     {"source.ip": "203.0.113.7", "user.name": "root", "host.name": "c1", "event.action": "login", "event.outcome": "success", "event.carried_dataset": "syslog"}),
    ('2025-11-20 03:12:11.123 UTC [80] LOG:  connection authorized: user=eva database=shop', {"user.name": "eva", "event.timezone": None, "event.carried_dataset": "postgresql"}),
    ("2025-11-20T03:12:11.123456Z 8 [Warning] [MY-010055] [Server] IP address '203.0.113.7' could not be resolved: Name or service not known",
     {"event.code": "MY-010055", "log.level": "warning", "event.carried_dataset": "mysql"}),
    ('{"level":"error","remote_addr":"203.0.113.7","msg":"login failed"}', {"log.level": "error", "source.ip": "203.0.113.7", "event.carried_dataset": "json"}),
    ('{"timestamp":"2025-11-20T03:12:11.1+0000","event_type":"alert","src_ip":"203.0.113.7","dest_ip":"192.0.2.1","proto":"TCP","alert":{"signature":"s","severity":1}}',
     {"source.ip": "203.0.113.7", "event.carried_dataset": "suricata"}),
    ("2025-11-20 03:12:11,123 - app.auth - WARNING - failed login for eva", {"log.level": "warning", "user.name": None, "event.carried_dataset": "dated"}),
    ("a text of nobody's", {"event.carried_dataset": None, "event.action": None}),
]
OUTER = {"time": "2026-11-25T03:12:09.123456789Z", "precision": "ns", "doubt": ""}


LOGIN = {"user.name": "root", "source.ip": "203.0.113.7", "event.action": "login", "event.outcome": "success"}


def logins(count, host="web1", hour=3):
    """(time, line): of a system log in order, one a minute."""
    return [(f"2025-11-20T03:{i:02}:09.123Z", f"Nov 20 {hour:02}:{i:02}:09 {host} sshd[5{i:02}]: Accepted password for root from 203.0.113.7 port 22 ssh2") for i in range(count)]


def requests(count):
    return [(f"2025-11-20T03:{i:02}:09.123Z", f'203.0.113.7 - - [20/Nov/2025:03:{i:02}:08 +0000] "GET /.env HTTP/1.1" 404 5 "-" "x"') for i in range(count)]


def objects(lines, own, time="time", text="message"):
    return [{time: when, **own, text: line} for when, line in lines]


def docker(log, time="2026-11-25T03:12:09.123456789Z", stream="stdout"):
    return json.dumps({"log": log, "stream": stream, "time": time}) + "\n"


class Carried(unittest.TestCase):
    def has(self, event, wanted):
        for name, value in wanted.items():
            with self.subTest(message=event["message"][:40], name=name):
                self.assertEqual(event.get(name), value)

    def test_what_containers_write_is_read_as_the_programs_own(self):
        for data, dataset in (("".join(docker(text + "\n") for text, _ in CARRIED), "docker"),
                              ("".join(f"2026-11-25T03:12:09.123456789Z stderr F {text}\n" for text, _ in CARRIED), "cri")):
            events, counts = read_lines(data)
            self.assertEqual((counts["format"], len(events), counts["unparsed"]), (dataset, len(CARRIED), 0))
            for event, (text, wanted) in zip(events, CARRIED):
                self.has(event, {**OUTER, "event.dataset": dataset, "message": text, f"{dataset}.stream": "stdout" if dataset == "docker" else "stderr", **wanted})

    def test_a_line_that_the_runtime_cut_is_one_event(self):
        request = ACCESS.replace('"x"', '"' + "\\x22é" * 8000 + '"')  # of the pieces bytes count: neither what JSON makes of them, nor characters
        raw = request.encode()
        pieces = [raw[:16384].decode(), raw[16384:32768].decode(), raw[32768:].decode() + "\r\n"]
        spoilt = "a" * 16300 + "\ufffd" * 84  # bytes that are no UTF-8
        events, counts = read_lines("".join(map(docker, pieces)) + docker("next\n") + docker(spoilt, "2026-11-25T03:12:10Z") + docker("b\n", "2026-11-25T03:13:10Z")
                                    + docker("a" * 16384, "2026-11-25T03:16:10Z") + docker("err\n", "2026-11-25T03:16:10Z", "stderr"))
        self.assertEqual([event["message"] for event in events], [request, "next", spoilt + "b", "a" * 16384, "err"])
        self.assertEqual((counts["lines"], counts["events"], counts["continued"]), (8, 5, 3))
        self.has(events[0], {"source.ip": "203.0.113.7", "event.action": "http-request", "docker.stream": "stdout", "line": 1})
        events, counts = read_lines("2026-11-25T03:12:09Z stdout P part one, \n2026-11-25T03:12:10Z stdout P two, \n2026-11-25T03:12:11Z stdout F three\n"
                                    "2026-11-25T03:12:12Z stdout F four\n2026-11-25T03:12:13Z stdout P five\n2026-11-25T03:12:14Z stderr F six\n")
        self.assertEqual([event["message"] for event in events], ["part one, two, three", "four", "five", "six"])
        self.assertEqual((events[0]["time"], events[0]["cri.tag"], counts["continued"]), ("2026-11-25T03:12:09Z", "P", 2))

    def test_a_line_without_its_end_is_not_cut_for_that(self):
        """Fluent Bit and Fluentd leave the ends out; and what a container said last is followed by what it says first once it is started again."""
        requests = [f'203.0.113.{n} - - [20/Nov/2025:03:12:09 +0000] "GET /{n} HTTP/1.1" 200 5 "-" "x"' for n in range(7, 10)]
        events, counts = read_lines("".join(map(docker, requests)))
        self.assertEqual([(event["source.ip"], event["message"]) for event in events], [(f"203.0.113.{n}", text) for n, text in zip(range(7, 10), requests)])
        self.assertEqual(counts["continued"], 0)
        events, _ = read_lines(docker("starting\n") + docker("panic: x") + docker("starting\n") + docker("a" * 16383) + docker("b\n") + docker("a" * 20000) + docker("c\n"))
        self.assertEqual([event["message"] for event in events], ["starting", "panic: x", "starting", "a" * 16383, "b", "a" * 20000, "c"])
        self.assertEqual([event["message"] for event in read_lines(docker("a" * 16384) + docker("b") + docker("c"))[0]], ["a" * 16384, "b", "c"])

    def test_what_shippers_send_on_is_read_as_the_programs_own(self):
        for text, wanted in CARRIED[:6]:
            for outer in ({"@timestamp": "2026-11-25T03:12:09.123Z", "message": text, "agent": {"type": "filebeat"}}, {"date": 1795576329.123, "log": text}):
                with self.subTest(text=text[:40]):
                    event = read_lines(json.dumps(outer) + "\n")[0][0]
                    self.has(event, {**wanted, "time": "2026-11-25T03:12:09.123Z", "event.dataset": "json", "message": text})

    def test_what_a_program_quotes_is_its_own_text(self):
        """Of a program that says who it is: anybody may have a line written into its message."""
        quoted = [text for text, _ in CARRIED[:9]] + ["Nov 20 01:12:09 web1 sudo:  eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"]
        for own in ({"app": "guestbook"}, {"service": "guestbook", "level": "info"}, {"service.name": "guestbook"}, {"application": "guestbook"}, {"component": "guestbook"},
                    {"module": "guestbook"}, {"level": "info"}, {"level": "info", "event": "comment"}, {"channel": "app", "level_name": "INFO"}, {"caller": "guest.go:7"},
                    {"stream": "comments"}, {"@version": "1", "path": "/guestbook", "hostname": "h1"}, {"path": "/var/log/guestbook.log", "hostname": "h1"},
                    {"hostname": "h1", "program": "guestbook"}, {"hostname": "h1"}, {"program": "guestbook", "container_name": "c1"}, {"user": "bob"}, {"logger": "guestbook"},
                    {"logger": "guestbook", "agent.type": "filebeat"}):
            for text in quoted:
                with self.subTest(own=own, text=text[:40]):
                    event = read_lines(json.dumps({"time": "2026-11-25T03:12:09Z", **own, "message": text}) + "\n")[0][0]
                    self.has(event, {"message": text, "event.carried_dataset": None, "event.action": None, "event.outcome": None, "source.ip": None, "user.effective.name": None,
                                     "host.name": own.get("hostname"), "process.name": own.get("program"), "user.name": own.get("user")})

    def test_the_carrier_says_whose_event_it_is_and_another_time_is_told(self):
        text, wanted = CARRIED[3]
        shipper = {"@timestamp": "2026-11-25T03:12:09Z", "agent": {"type": "filebeat"}, "log": {"file": {"path": "/var/log/auth.log"}}}
        event = read_lines(json.dumps({**shipper, "host": "collector", "message": text}) + "\n")[0][0]
        self.has(event, {**wanted, "host.name": "collector", "host.hostname": "c1"})
        event = read_lines(json.dumps({**shipper, "level": "info", "message": CARRIED[1][0]}) + "\n")[0][0]
        self.has(event, {**CARRIED[1][1], "log.level": "informational"})
        for seconds, stated in (("08", None), ("10", None), ("09", None)):
            event = read_lines(json.dumps({"@timestamp": f"2025-11-20T02:12:{seconds}Z", "log": ACCESS}) + "\n")[0][0]
            self.has(event, {**REQUEST, "event.stated_time": stated})
        event = read_lines(json.dumps({"@timestamp": "2025-11-20T02:13:11Z", "log": ACCESS}) + "\n")[0][0]
        self.has(event, {**REQUEST, "event.stated_time": "2025-11-20T02:12:10.000000000Z", "time": "2025-11-20T02:13:11Z"})
        for text, stated in (("Nov 20 01:12:09", "2025-11-20T01:12:09.000000000Z"), ("Nov 20 04:00:08", None), ("Nov 19 21:30:08", None), ("Nov 20 03:03:09", "2025-11-20T03:03:09.000000000Z"),
                             ("Nov 18 03:00:09", "2025-11-18T03:00:09.000000000Z")):  # no year and no zone, and zones are apart by whole quarters of an hour
            event = read_lines(json.dumps({"@timestamp": "2025-11-20T03:00:09Z", "log": f"{text} web1 sshd[5]: Accepted password for root from 203.0.113.7 port 22 ssh2"}) + "\n")[0][0]
            self.has(event, {**LOGIN, "event.stated_time": stated, "time": "2025-11-20T03:00:09Z"})

    def written(self, rows):
        events, counts = read_lines("".join(json.dumps(row) + "\n" for row in rows))
        self.assertEqual((counts["format"], len(events)), ("json", len(rows)))
        return events

    def test_what_logstash_and_fluentd_send_on_is_read(self):
        """Logstash without ECS says its version and the log's place; Fluentd with record_transformer the host alone, which all lines name too."""
        for rows, wanted in ((objects(logins(20), {"@version": "1", "host": "web1", "path": "/var/log/auth.log"}, "@timestamp"), LOGIN),
                             (objects(logins(1), {"@version": "1", "host": "web1", "path": "/var/log/auth.log"}, "@timestamp"), LOGIN),
                             (objects(logins(1), {"@version": "1", "host": "web1", "path": "D:\\logs\\auth.txt"}, "@timestamp"), LOGIN),
                             (objects(logins(20), {"hostname": "web1", "tag": "system.auth"}), LOGIN),
                             (objects(logins(20), {"hostname": "web1.example.com", "tag": "system.auth"}), LOGIN),
                             (objects(logins(20, hour=23), {"hostname": "web1", "level": "info"}), LOGIN),  # sent on later than it was written
                             (objects(requests(20), {"hostname": "web1", "tag": "nginx.access"}), {"source.ip": "203.0.113.7", "event.action": "http-request", "url.path": "/.env"}),
                             (objects(requests(20), {"service": "shop", "ddsource": "nginx", "host": "web1"}), {"source.ip": "203.0.113.7", "event.action": "http-request", "url.path": "/.env"})):
            for event in self.written(rows):
                self.has(event, {**wanted, "event.dataset": "json"})

    def test_nearly_all_of_a_source_tell_whose_its_texts_are(self):
        """Where others than system logs stand among them, or their lines are of another host and another time, a line is quoted."""
        own = [{"time": "2025-11-20T03:00:00Z", "hostname": "web1", "message": text} for text in ("started", "listening on 8080")]
        for rows in (objects(logins(7), {"hostname": "web1"}), own + objects(logins(20), {"hostname": "web1"}), objects([(when, logins(1, "other", 9)[0][1]) for when, _ in logins(20)], {"hostname": "web1"}),
                     objects(logins(20), {"service": "guestbook", "hostname": "web1"}), objects(logins(20), {"logger": "guestbook", "hostname": "web1"})):
            for event in self.written(rows):
                self.has(event, {"event.action": None, "user.name": None, "event.carried_dataset": None, "host.name": "web1"})
        for event in self.written(own[:1] + objects(logins(30), {"hostname": "web1"}))[1:]:
            self.has(event, LOGIN)

    def test_members_of_dockers_names_are_not_dockers(self):
        """jsonlog of moby has a text in "log", and stdout or stderr as the stream; the parser for CRI of Fluentd has the text in "message"."""
        for event in self.written([{"time": when, "stream": "stdout", "logtag": "F", "message": line} for when, line in requests(3)]):
            self.has(event, {"source.ip": "203.0.113.7", "event.action": "http-request", "event.dataset": "json"})
        for event in self.written([{"time": "2025-11-20T03:00:09Z", "stream": "orders", "level": "error", "msg": "payment failed for eva", "user": "eva"}] * 3):
            self.has(event, {"message": "payment failed for eva", "log.level": "error", "user.name": "eva", "json.stream": "orders"})
        for event in self.written([{"time": "2025-11-20T03:00:09Z", "stream": "orders", "log": "paid by eva"}] * 3):
            self.has(event, {"message": "paid by eva", "json.stream": "orders"})

    def test_behind_the_times_that_docker_and_kubectl_put_in_front(self):
        """docker logs -t (jsonmessage.RFC3339NanoFixed), kubectl logs --timestamps: nine digits and a zone in front of each line."""
        stamp = "2026-11-25T03:12:09.1234567{}1Z "
        access = '203.0.113.9 - - [25/Nov/2026:03:12:09 +0000] "GET /.env HTTP/1.1" 404 12 "-" "curl"'
        sshd = "Nov 25 03:12:09 web1 sshd[7]: Accepted password for root from 203.0.113.9 port 22 ssh2"

        def read(*texts, stamps=stamp):
            return read_lines("".join(stamps.format(n) + text + "\n" for n, text in enumerate(texts)))[0]
        events = read(access, "words", sshd, "2026-11-25 03:12:09 ERROR x", access, "2026-11-25 07:59:09 ERROR y")
        self.assertEqual([(event["time"], event.get("event.carried_dataset")) for event in events],
                         [(f"2026-11-25T03:12:09.1234567{n}1Z", name) for n, name in enumerate(("access", None, "syslog", "dated", "access", "dated"))])
        self.assertEqual((events[0]["event.action"], events[0]["source.ip"], events[2]["user.name"], events[2]["event.outcome"], events[3]["log.level"], events[0]["message"]),
                         ("http-request", "203.0.113.9", "root", "success", "error", access))
        self.assertIn("event.stated_time", events[5])
        # A program whose own text stands there, with a line of a guest among it; other stamps; and one line without any.
        for events in (read("hello", "you", sshd, "and", "you"), read(*[access] * 5, stamps="2026-11-25T03:12:09.1234{:02}Z "), read_lines("".join(stamp.format(n) + access + "\n" for n in range(5)) + "words\n")[0]):
            self.assertEqual([event for event in events if event.get("event.action")], [])
        # kubectl logs --prefix: what stands in front is no host that was asked for.
        event = read_lines(f"[pod/web-1/nginx] {access}\n" * 3)[0][0]
        self.assertEqual([event.get(name) for name in ("orchestrator.resource.name", "container.name", "url.domain", "source.ip")], ["web-1", "nginx", None, "203.0.113.9"])


if __name__ == "__main__":
    unittest.main()
