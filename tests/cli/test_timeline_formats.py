"""test_timeline_formats.py: lines in the forms that the documentation of each program states, and the events that they are. Lines and
expected values were written by hand."""
import json
import unittest

from timeline_lines import is_nobodys, read_lines

# A format, its lines, and of each event in order the fields that it must have; None: it must not have it.
EVE = [{"timestamp": "2026-11-25T03:12:09.331430+0100", "flow_id": 168, "in_iface": "eth0", "event_type": "alert", "src_ip": "192.0.2.7",
        "src_port": 36288, "dest_ip": "198.51.100.4", "dest_port": 80, "proto": "TCP", "alert": {"action": "allowed", "signature_id": 2034125,
        "signature": "ET EXPLOIT \"x\" / \u00e4", "severity": 1, "metadata": {"cve": ["CVE_1", "CVE_2"]}}},
       {"timestamp": "2026-11-25T02:12:10.000001+0000", "event_type": "stats", "stats": {"uptime": 510}}]
def sudo_time(ns):
    return {"seconds": 1795575129, "nanoseconds": ns, "iso8601": "20261125031209Z", "localtime": "Nov 25 03:12:09"}


WHO = {"submituser": "eva", "command": "/usr/bin/tail", "runuser": "root", "ttyname": "/dev/pts/0", "submithost": "web1", "submitcwd": "/home/eva", "runuid": 0, "columns": 80, "lines": 24,
       "runargv": ["tail", "-n", "5 \"x\"", "/etc/shadow"], "runenv": ["LANG=C", "PATH=/bin"]}
SUDO_LOGGED = [("accept", {"uuid": "u-1", "server_time": sudo_time(6), "submit_time": sudo_time(5)} | WHO),
               ("reject", {"reason": "3 incorrect password attempts", "server_time": sudo_time(6), "submit_time": sudo_time(5)} | WHO),
               ("reject", {"reason": "command not allowed", "server_time": sudo_time(5)} | WHO),
               ("exit", {"uuid": "u-1", "server_time": sudo_time(6), "exit_time": sudo_time(5), "run_time": {"seconds": 1, "nanoseconds": 2}, "signal": "KILL", "dumped_core": False, "exit_value": 137}),
               ("alert", {"reason": "problem with defaults entries", "server_time": sudo_time(6), "alert_time": sudo_time(5), "submituser": "eva"})]
SUDO_JSON = json.dumps(dict([SUDO_LOGGED[0]]), indent=4)[:-2] + "".join("," + json.dumps({kind: event}, indent=4)[1:-2] for kind, event in SUDO_LOGGED[1:]) + "\n}\n"
SUDO_EVENTS = [{"time": "2026-11-25T02:52:09.000000005Z", "doubt": "", "event.action": "command", "process.name": "sudo"} | more for more in (
    {"event.outcome": "success", "user.name": "eva", "user.effective.name": "root", "process.command_line": '/usr/bin/tail -n 5 "x" /etc/shadow', "host.name": "web1",
     "process.working_directory": "/home/eva", "event.id": "u-1", "sudo.runenv": ["LANG=C", "PATH=/bin"]},
    {"event.outcome": "failure", "event.category": "authentication", "event.reason": "3 incorrect password attempts", "user.name": "eva", "host.name": "web1"},
    {"event.outcome": "failure", "event.category": "process", "event.reason": "command not allowed", "user.name": "eva", "host.name": "web1"},
    {"event.outcome": "failure", "process.exit_code": "137", "sudo.signal": "KILL", "event.id": "u-1"},
    {"event.outcome": "unknown", "event.action": "command-warning", "user.name": "eva"})]
TRAIL = {"eventVersion": "1.08", "userIdentity": {"type": "IAMUser", "userName": "alice", "arn": "arn:aws:iam::1:user/alice"},
         "eventTime": "2026-11-25T02:12:09Z", "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "awsRegion": "eu-central-1",
         "sourceIPAddress": "192.0.2.7", "userAgent": "curl/8", "responseElements": {"ConsoleLogin": "Failure"}, "eventID": "e-1"}
DENIED = dict(TRAIL, eventName="RunInstances", eventSource="ec2.amazonaws.com", errorCode="AccessDenied", sourceIPAddress="autoscaling.amazonaws.com",
              responseElements=None)
# "CloudTrail userIdentity element" and "sign-in events": who acts under a role, and what came of a sign-in that has no error code.
ROLE = dict(DENIED, errorCode=None, eventName="CreateUser", eventSource="iam.amazonaws.com", requestParameters={"userName": "evil"},
            userIdentity={"type": "AssumedRole", "principalId": "AROA:mallory", "arn": "arn:aws:sts::1:assumed-role/Admin/mallory",
                          "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::1:role/Admin", "userName": "Admin"}}})
VERIFIED = dict(TRAIL, eventName="CredentialVerification", responseElements=None, serviceEventDetails={"CredentialVerification": "Failure"})
JOURNAL = [{"__REALTIME_TIMESTAMP": "1764040329000001", "_HOSTNAME": "web", "PRIORITY": "6", "SYSLOG_FACILITY": "4", "SYSLOG_IDENTIFIER": "sshd",
            "_PID": "812", "MESSAGE": "Accepted password for root from 192.0.2.7 port 51022 ssh2"},
           {"__REALTIME_TIMESTAMP": "1764040330000000", "_COMM": "cat", "MESSAGE": [72, 105, 0, 255]}]


def lines(*values):
    return "".join(json.dumps(value) + "\n" for value in values)


# util-linux' login-utils/last.c, list(): "%-8.*s %-12.12s %-16.*s %-*.*s %-*.*s %s"; coreutils' src/who.c, print_line(). 25 November is a Wednesday in 2026,
# 29 February a Saturday in 2020, and in no other year since 1992.
LAST = """eva      pts/0        192.0.2.7        Wed Nov 25 03:12   still logged in
bob      ssh:notty    host.example.org Wed Nov 25 03:11 - 03:11  (00:00)
reboot   system boot  6.1.0-18-amd64   Wed Nov 25 03:10 - 04:12  (01:02)
runlevel (to lvl 5)   6.1.0-18-amd64   Wed Nov 25 03:10 - 04:12  (01:02)
eva      tty1                          Sat Feb 29 22:00 - crash (2095+05:10)
eva      pts/1        2001:db8::7      Tue Nov 24 23:59:58 2026 - Wed Nov 25 00:00:03 2026  (00:00)
eva      pts/1        192.0.2.7        2026-11-24T23:59:58+01:00 - 2026-11-25T00:00:03+01:00  (00:00)
wtmp begins Thu Aug 15 10:57:06 2019
"""
WHO = """           system boot  2026-11-25 03:10
           run-level 5  2026-11-25 03:10
LOGIN      tty1         2026-11-25 03:10               841 id=tty1
eva      + pts/0        2026-11-25 03:12 00:11        3709 (192.0.2.7)
bob      - pts/1        2026-11-25 03:13   .          3710 (host.example.org)
           pts/2        2026-11-25 03:14              3381 id=ts/2  term=0 exit=0
eva        pts/0        Nov 25 03:12 (192.0.2.7)
"""

CASES = [
    ("last", LAST, [
        {"time": "2026-11-25T03:12:00Z", "precision": "min", "doubt": "yz", "user.name": "eva", "utmp.terminal": "pts/0", "source.ip": "192.0.2.7",
         "event.action": "login", "event.outcome": "unknown", "last.logout": "still logged in"},
        {"user.name": "bob", "source.address": "host.example.org", "event.outcome": "failure", "last.logout": "03:11"},
        {"event.action": "boot", "event.outcome": "success", "user.name": None, "utmp.user": "reboot", "host.os.kernel": "6.1.0-18-amd64"},
        {"event.action": "run-level", "utmp.terminal": "(to lvl 5)"},
        {"time": "2020-02-29T22:00:00Z", "source.ip": None, "last.logout": "crash"},
        {"time": "2026-11-24T23:59:58Z", "precision": "s", "doubt": "z", "source.ip": "2001:db8::7", "last.logout": "Wed Nov 25 00:00:03 2026"},
        {"time": "2026-11-24T22:59:58Z", "doubt": "", "last.logout": "2026-11-25T00:00:03+01:00"},
        {"time": "2019-08-15T10:57:06Z", "event.action": "log-begin", "user.name": None}]),
    ("who", WHO, [
        {"time": "2026-11-25T03:10:00Z", "precision": "min", "doubt": "z", "event.action": "boot"}, {"event.action": "run-level"},
        {"event.action": "login-prompt", "utmp.terminal": "tty1", "process.pid": "841", "user.name": None},
        {"event.action": "login", "event.outcome": "success", "user.name": "eva", "process.pid": "3709", "source.ip": "192.0.2.7"},
        {"user.name": "bob", "source.address": "host.example.org"}, {"event.action": "logout", "utmp.terminal": "pts/2", "user.name": None},
        {"time": "2026-11-25T03:12:00Z", "doubt": "yz", "user.name": "eva"}]),
    ("suricata", lines(*EVE), [
        {"time": "2026-11-25T02:12:09.33143Z", "doubt": "", "precision": "us", "source.ip": "192.0.2.7", "source.port": "36288",
         "destination.ip": "198.51.100.4", "rule.name": "ET EXPLOIT \"x\" / \u00e4", "rule.id": "2034125", "event.severity": "1",
         "suricata.eve.alert.metadata.cve": ["CVE_1", "CVE_2"], "event.action": "alert"},
        {"time": "2026-11-25T02:12:10.000001Z", "event.action": "stats", "suricata.eve.stats.uptime": "510"}]),
    # Suricata: src/output-json-netflow.c, "%03u" of the protocol's number; "Protocol Numbers" of IANA.
    ("suricata", lines(*({"timestamp": "2026-11-25T03:12:09.000001+0000", "event_type": "netflow", "src_ip": "192.0.2.7", "dest_ip": "198.51.100.4",
                          "proto": proto} for proto in ("006", "017", "132", "253"))),
     [{"network.transport": "tcp"}, {"network.transport": "udp"}, {"network.transport": "sctp"}, {"network.transport": "253"}]),
    ("syslog", "Nov 25 03:12:09 gate kernel: [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.4 LEN=40 PROTO=47\n", [{"network.transport": "gre"}]),
    # Suricata 8 (dns, version 3, of its "EVE JSON format"): questions are a list.
    ("suricata", lines({"timestamp": "2026-11-25T03:12:09.331430+0100", "event_type": "dns", "src_ip": "192.0.2.7", "dest_ip": "192.0.2.53", "proto": "UDP",
                        "dns": {"version": 3, "type": "response", "rcode": "NOERROR", "queries": [{"rrname": "example.org", "rrtype": "A"}],
                                "answers": [{"rrname": "example.org", "rrtype": "A", "rdata": "192.0.2.1"}]}}), [
        {"dns.question.name": "example.org", "dns.question.type": "A", "dns.response_code": "NOERROR", "suricata.eve.dns.answers.rdata": "192.0.2.1"}]),
    # Kubernetes' reference, "kube-apiserver Audit Configuration (v1)": Event; its sourceIPs are those of proxies, too.
    ("kubernetes", lines(*({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": "a-1", "stage": stage, "requestURI": "/api/v1/secrets",
                            "verb": "list", "user": {"username": "eva", "uid": "u-7", "groups": ["g1", "g2"]}, "impersonatedUser": {"username": "system:admin"},
                            "sourceIPs": ["192.0.2.7", "10.0.0.1"], "userAgent": "kubectl/v1.30", "objectRef": {"resource": "secrets", "namespace": "default"},
                            **({"responseStatus": {"metadata": {}, "reason": "Forbidden", "message": "no", "code": code}} if code else {}),
                            "requestReceivedTimestamp": "2026-11-25T03:12:09.123456Z", "stageTimestamp": "2026-11-25T03:12:10.123456Z",
                            "annotations": {"authorization.k8s.io/decision": "forbid"}}
                           for stage, code in (("ResponseComplete", 403), ("ResponseComplete", 201), ("RequestReceived", None), ("Panic", None)))), [
        {"time": "2026-11-25T03:12:09.123456Z", "precision": "us", "doubt": "", "event.action": "list", "event.outcome": "failure", "user.name": "eva", "user.id": "u-7",
         "group.name": ["g1", "g2"], "user.effective.name": "system:admin", "source.ip": ["192.0.2.7", "10.0.0.1"], "user_agent.original": "kubectl/v1.30",
         "url.original": "/api/v1/secrets", "http.response.status_code": "403", "event.id": "a-1", "event.reason": "Forbidden", "error.message": "no",
         "kubernetes.audit.objectRef.resource": "secrets", "kubernetes.audit.stage": "ResponseComplete",
         "kubernetes.audit.annotations.authorization.k8s.io/decision": "forbid"},
        {"event.outcome": "success"}, {"event.outcome": "unknown", "http.response.status_code": None}, {"event.outcome": "failure"}]),
    # MySQL's manual, "Error Logging in JSON Format" and "Error Event Fields"; priorities of include/my_loglevel.h; the code as its text has it.
    ("mysql", lines(*({"log_type": 1, "prio": prio, "err_code": 10926, "source_line": 561, "source_file": "sql_authentication.cc", "function": "x", "msg": message,
                       "time": "2026-11-25T03:12:09.109022Z", "ts": 1764040329109, "thread": 5, "err_symbol": "ER_ACCESS_DENIED", "SQL_state": "HY000",
                       "subsystem": "Server", "label": "Note"}
                      for prio, message in ((3, "Access denied for user 'eva'@'192.0.2.7' (using password: YES)"), (0, "/usr/sbin/mysqld: ready for connections. Version: 8"),
                                            (1, "x"), (2, "y")))), [
        {"time": "2026-11-25T03:12:09.109022Z", "precision": "us", "doubt": "", "user.name": "eva", "source.ip": "192.0.2.7", "event.outcome": "failure",
         "event.code": "MY-010926", "log.level": "notice", "mysql.thread_id": "5", "mysql.subsystem": "Server", "mysql.err_symbol": "ER_ACCESS_DENIED",
         "process.name": "mysqld", "message": "Access denied for user 'eva'@'192.0.2.7' (using password: YES)"},
        {"log.level": "notice", "event.action": "service-start"}, {"log.level": "error"}, {"log.level": "warning"}]),
    ("zeek", "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#open\t2026-11-25-03-12-09\n"
     "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tanswers\n"
     "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tvector[string]\n"
     "1764040329.500000\tCx1\t192.0.2.7\t5353\t198.51.100.4\t53\tudp\texample.org\t192.0.2.1,192.0.2.2\n"
     "1764040330.000000\tCx2\t192.0.2.7\t5354\t198.51.100.4\t53\tudp\t-\t(empty)\n#close\t2026-11-25-03-12-11\n", [
         {"time": "2025-11-25T03:12:09.5Z", "doubt": "", "source.ip": "192.0.2.7", "source.port": "5353", "destination.port": "53",
          "dns.question.name": "example.org", "zeek.answers": ["192.0.2.1", "192.0.2.2"], "event.action": "dns"},
         {"dns.question.name": None, "zeek.answers": None, "zeek.uid": "Cx2"}]),
    ("zeek", lines({"ts": 1764040329.5, "uid": "Cx1", "id.orig_h": "192.0.2.7", "id.orig_p": 5353, "id.resp_h": "198.51.100.4", "id.resp_p": 53}), [
        {"time": "2025-11-25T03:12:09.5Z", "source.ip": "192.0.2.7", "destination.port": "53", "zeek.uid": "Cx1"}]),
    ("cloudtrail", lines(TRAIL, DENIED, {"EventId": "e-1", "EventTime": "2026-11-25 03:12:09+01:00", "CloudTrailEvent": json.dumps(TRAIL)}), [
        {"time": "2026-11-25T02:12:09Z", "user.name": "alice", "source.ip": "192.0.2.7", "event.action": "ConsoleLogin", "event.outcome": "failure",
         "cloud.region": "eu-central-1", "aws.cloudtrail.userIdentity.arn": "arn:aws:iam::1:user/alice"},
        {"source.ip": None, "source.address": "autoscaling.amazonaws.com", "error.code": "AccessDenied", "event.outcome": "failure"},
        {"time": "2026-11-25T02:12:09Z", "user.name": "alice", "event.action": "ConsoleLogin"}]),
    ("cloudtrail", lines(ROLE, dict(ROLE, userIdentity={"type": "Root"}), VERIFIED, dict(VERIFIED, serviceEventDetails={"CredentialVerification": "Success"}),
                         dict(VERIFIED, eventName="CredentialChallenge"), dict(TRAIL, eventName="SwitchRole", responseElements={"SwitchRole": "Failure"}),
                         dict(TRAIL, responseElements=None, errorMessage="Failed authentication"),
                         dict(ROLE, userIdentity={"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/bob", "sessionContext": {"sessionIssuer": {"userName": "eva"}}}),
                         dict(VERIFIED, userIdentity={"type": "Unknown"}, additionalEventData={"UserName": "eva"}),
                         dict(ROLE, eventName="CreateAccessKey", requestParameters=None, responseElements={"accessKey": {"userName": "bob"}})), [
        {"user.name": "mallory", "user.effective.name": "Admin", "user.target.name": "evil", "event.outcome": "success"},
        {"user.name": "root", "user.effective.name": None}, {"event.outcome": "failure", "user.name": "alice"}, {"event.outcome": "success"},
        {"event.outcome": "unknown"}, {"event.outcome": "failure"}, {"event.outcome": "failure"},
        {"user.name": "bob", "user.effective.name": "eva"}, {"user.name": "eva"}, {"user.name": "mallory", "user.target.name": "bob"}]),
    ("docker", lines({"log": "hello \u001b[0m\r\n", "stream": "stderr", "time": "2026-11-25T03:12:09.123456789Z"}), [
        {"time": "2026-11-25T03:12:09.123456789Z", "precision": "ns", "message": "hello \x1b[0m", "docker.stream": "stderr"}]),
    ("cri", "2026-11-25T03:12:09.5+01:00 stdout P part one,\n2026-11-25T03:12:10.5+01:00 stderr F whole\n", [
        {"time": "2026-11-25T02:12:09.5Z", "cri.tag": "P", "message": "part one,"}, {"cri.stream": "stderr", "message": "whole"}]),
    ("journald-json", lines(*JOURNAL), [
        {"time": "2025-11-25T03:12:09.000001Z", "host.name": "web", "log.level": "informational", "process.name": "sshd", "process.pid": "812",
         "user.name": "root", "source.ip": "192.0.2.7", "event.outcome": "success"},
        {"process.name": "cat", "message": "Hi\\x00\\xff", "event.original_bytes": "yes"}]),
    ("auditd",
     'type=SYSCALL msg=audit(1764040329.977:293): arch=c000003e syscall=59 success=no exit=-13 a0=5 items=2 ppid=1 pid=13 auid=4294967295 uid=0 gid=0 '
     'euid=0 tty=(none) ses=3 comm="sh" exe=2F746D702F6120622F7368 key="exec"\x1dARCH=x86_64 SYSCALL=execve AUID="unset" UID="root" EUID="root"\n'
     'type=EXECVE msg=audit(1764040329.977:293): argc=3 a0="sh" a1="-c" a2=6563686F2068690A\n'
     'type=CWD msg=audit(1764040329.977:293): cwd="/root"\n'
     'type=PATH msg=audit(1764040329.977:293): item=0 name="/bin/sh" inode=14 dev=03:07 mode=0100755 nametype=NORMAL\n'
     'type=PROCTITLE msg=audit(1764040329.977:293): proctitle=7368002D63006563686F206869\n'
     "node=web type=USER_LOGIN msg=audit(1764040330.000:294): pid=812 uid=0 auid=1000 ses=4 msg='op=login acct=\"alice\" exe=\"/usr/sbin/sshd\" "
     "hostname=? addr=192.0.2.7 terminal=ssh res=failed'\x1dUID=\"root\" AUID=\"alice\"\n"
     'type=AVC msg=audit(1764040331.000:295): avc:  denied  { read write } for  pid=13010 comm="pickup" name="maildrop" dev=hda7 tclass=dir\n'
     'type=SYSCALL msg=audit(1764040332.000:296): arch=c000003e syscall=42 success=yes exit=0 pid=13 uid=0 comm="nc" exe="/bin/nc"\n'
     'type=SOCKADDR msg=audit(1764040332.000:296): saddr=02001F90C00002070000000000000000\n', [
         {"time": "2025-11-25T03:12:09.977Z", "precision": "ms", "doubt": "", "event.action": "executed", "event.outcome": "failure",
          "error.code": "EACCES", "auditd.syscall": "execve", "auditd.arch": "x86_64", "auditd.auid": "unset", "process.executable": "/tmp/a b/sh",
          "process.args": ["sh", "-c", "echo hi\n"], "process.command_line": "sh -c echo hi\n", "process.title": "sh -c echo hi", "user.name": "root",
          "file.path": "/bin/sh", "process.working_directory": "/root", "auditd.sequence": "293", "auditd.key": "exec"},
         {"event.action": "logged-in", "event.outcome": "failure", "user.name": "alice", "source.ip": "192.0.2.7", "host.name": "web",
          "process.executable": "/usr/sbin/sshd", "source.address": None},
         {"event.action": "violated-selinux-policy", "event.outcome": "failure", "auditd.seperms": "read write", "file.path": "maildrop"},
         {"event.action": "connected-to", "destination.ip": "192.0.2.7", "destination.port": "8080", "event.outcome": "success"}]),
    ("w3c", "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2026-11-25 03:12:09\r\n"
     "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status time-taken\r\n"
     "2026-11-25 03:12:09 198.51.100.4 GET /a.asp x=1 80 - 192.0.2.7 Mozilla/5.0+(X11) 404 15\r\n"
     "2026-11-25 03:12:10 198.51.100.4 POST /b.asp - 80 alice 192.0.2.7 - 200 16\r\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "", "source.ip": "192.0.2.7", "destination.port": "80", "url.path": "/a.asp", "url.query": "x=1",
          "http.response.status_code": "404", "event.outcome": "failure", "user.name": None, "w3c.time-taken": "15"},
         {"user.name": "alice", "user_agent.original": None, "event.outcome": "success"}]),
    ("w3c", "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: date time action protocol src-ip dst-ip src-port dst-port\n"
     "2026-11-25 03:12:09 DROP TCP 192.0.2.7 198.51.100.4 1025 445\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "z", "event.action": "firewall-deny", "event.outcome": "failure", "w3c.action": "DROP",
          "destination.port": "445"}]),
    # Microsoft, "Interpreting the Windows Firewall log" (OPEN and CLOSE), "Configure the Windows Firewall log" (ALLOW).
    ("w3c", "#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: date time action protocol src-ip dst-ip\n"
     "2026-11-25 03:12:09 ALLOW TCP 192.0.2.7 198.51.100.4\n2026-11-25 03:12:10 OPEN TCP 192.0.2.7 198.51.100.4\n"
     "2026-11-25 03:12:11 CLOSE TCP 192.0.2.7 198.51.100.4\n2026-11-25 03:12:12 INFO-EVENTS-LOST - - -\n", [
         {"event.action": "firewall-allow", "event.category": "network"}, {"event.action": "firewall-allow", "w3c.action": "OPEN"},
         {"event.action": "firewall-close", "event.outcome": None}, {"event.action": "INFO-EVENTS-LOST", "source.ip": None}]),
    # Lines that state no day are of the head's; one whose time goes back is of a day that nobody states.
    ("w3c", "#Date: 2026-11-25 23:59:58\n#Fields: time c-ip sc-status\n23:59:58 192.0.2.7 200\n00:00:01 192.0.2.7 200\n", [
        {"time": "2026-11-25T23:59:58Z", "doubt": ""}, {"time": "2026-11-25T23:59:58Z", "doubt": "o", "precision": "none"}]),
    ("dpkg", "2026-11-25 03:12:09 startup archives unpack\n2026-11-25 03:12:10 install base-passwd:amd64 <none> 3.5.33\n"
     "2026-11-25 03:12:11 upgrade libc6:amd64 2.36-8 2.36-9\n2026-11-25 03:12:12 remove nano:amd64 7.2-1 <none>\n"
     "2026-11-25 03:12:13 status half-installed base-passwd:amd64 3.5.33\n2026-11-25 03:12:14 conffile /etc/issue keep\n", [
         {"event.action": "package-manager-start", "doubt": "z"},
         {"time": "2026-11-25T03:12:10Z", "event.action": "package-install", "package.name": "base-passwd", "package.version": "3.5.33"},
         {"event.action": "package-upgrade", "package.version": "2.36-9", "dpkg.version_before": "2.36-8"},
         {"event.action": "package-remove", "package.name": "nano", "package.version": "7.2-1"},
         {"event.action": "package-status", "dpkg.status": "half-installed", "package.architecture": "amd64"},
         {"event.action": "package-conffile", "file.path": "/etc/issue"}]),
    ("apt-history", "\nStart-Date: 2026-11-25  03:12:09\nCommandline: apt-get install nmap\nRequested-By: alice (1000)\n"
     "Install: nmap:amd64 (7.93), liblua5.3-0:amd64 (5.3.6-2, automatic)\nEnd-Date: 2026-11-25  03:12:14\n\n"
     "Start-Date: 2026-11-25  04:00:00\nCommandline: apt-get upgrade\nError: Sub-process /usr/bin/dpkg returned an error code (1)\n"
     "End-Date: 2026-11-25  04:00:01\n\n"
     # apt-pkg/deb/dpkgpm.cc, pkgDPkgPM::OpenLog(): a list for each thing that is done
     "Start-Date: 2026-11-25  05:00:00\nCommandline: apt-get full-upgrade\nInstall: a:amd64 (1)\nUpgrade: b:amd64 (1, 2), c:amd64 (1, 2)\n"
     "Remove: d:amd64 (1)\nEnd-Date: 2026-11-25  05:00:01\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "z", "process.command_line": "apt-get install nmap", "user.name": "alice", "user.id": "1000",
          "package.name": ["nmap", "liblua5.3-0"], "event.action": "package-install", "event.outcome": "success"},
         {"time": "2026-11-25T04:00:00Z", "event.outcome": "failure", "error.message": "Sub-process /usr/bin/dpkg returned an error code (1)"}]
     + [{"time": "2026-11-25T05:00:00Z", "process.command_line": "apt-get full-upgrade", "event.action": action, "package.name": names, "event.outcome": "success"}
        for action, names in (("package-install", "a"), ("package-upgrade", ["b", "c"]), ("package-remove", "d"))]),
    ("apt-term", "Log started: 2026-11-25  03:12:09\nSelecting previously unselected package nmap.\nSetting up nmap ...\nLog ended: 2026-11-25  03:12:14\n", [
        {"time": "2026-11-25T03:12:09Z", "message": "Log started: 2026-11-25  03:12:09\nSelecting previously unselected package nmap.\nSetting up nmap ..."},
        {"event.action": "package-manager-end"}]),
    # dnf 4.0: dnf/transaction.py, FILE_ACTIONS, which yum/rpmtrans.py writes when a package is done; 2.7 of the new package alone
    ("dnf", "".join(f"2026-11-25T03:12:09+0100 SUBDEBUG {word}\n" for word in ("Upgrade: kernel-6-1.x86_64", "Upgraded: kernel-5-1.x86_64", "Erase: telnet-3-1.x86_64", "Reinstall: y-1-1.x86_64")), [
        {"event.action": "package-upgrade", "event.outcome": "success", "package.version": "6-1.x86_64"},
        {"event.action": "package-cleanup", "event.outcome": "success", "package.version": "5-1.x86_64"},
        {"event.action": "package-remove", "event.outcome": "success", "package.name": "telnet"},
        {"event.action": "package-reinstall", "event.outcome": "success", "package.name": "y"}]),
    ("dnf", "2026-11-25T03:12:09+0100 SUBDEBUG Upgraded: kernel-6-1.x86_64\n", [{"event.action": "package-upgrade", "event.outcome": "success"}]),
    ("dnf", "2026-11-25T03:12:09+0100 INFO --- logging initialized ---\n2026-11-25T03:12:10+0100 SUBDEBUG Installed: nmap-3:7.92-1.el9.x86_64\n"
     "2026-11-25T03:12:11+0100 INFO Updated: bash-5.1.8-6.el9.x86_64\n", [
         {"time": "2026-11-25T02:12:09Z", "log.level": "informational"},
         {"event.action": "package-install", "package.name": "nmap", "package.version": "3:7.92-1.el9.x86_64", "log.level": "debug",
          "event.outcome": "success"},
         {"event.action": "package-upgrade", "package.name": "bash", "package.version": "5.1.8-6.el9.x86_64"}]),
    ("dnf", "Nov 25 03:12:09 Installed: 1:nmap-6.40-19.el7.x86_64\nNov 25 03:12:10 Erased: nmap-6.40-19.el7\n", [
        {"time": "2026-11-25T03:12:09Z", "doubt": "yz", "package.name": "nmap", "event.action": "package-install"}, {"event.action": "package-remove"}]),
    ("bash-history", "#1764040329\nid\n#1764040330\ncat <<E\nwhat\nE\n", [
        {"time": "2025-11-25T03:12:09Z", "doubt": "", "message": "id", "event.action": "command", "process.command_line": "id"},
        {"message": "cat <<E\nwhat\nE", "process.command_line": "cat <<E\nwhat\nE"}]),
    # util-linux: sys-utils/dmesg.c, print_record(): "[%s] " of record_ctime(), an ISO time, and "%-6s:%-6s: " of -x.
    ("dmesg", "kern  :notice: [Wed Nov 25 03:12:08 2026] Linux version 6.1.0\ndaemon:info  : [Wed Nov 25 03:12:09 2026] systemd[1]: Started x.service.\n", [
        {"process.name": "kernel"}, {"process.name": "systemd", "process.pid": "1", "log.syslog.facility.name": "daemon", "event.action": "service-start"}]),
    ("dmesg", "[Wed Nov 25 03:12:08 2026] Linux version 6.1.0-18-amd64 (x)\n[Wed Nov 25 03:12:09 2026] EXT4-fs error (device sda1): ext4_lookup:1: x\n"
     "[Wed Nov 25 03:12:10 2026] something of a driver\nkern  :err   : [Wed Nov 25 03:12:11 2026] e1000e 0000:00:1f.6 eth0: NIC Link is Down\n"
     "2026-11-25T03:12:12,123456+01:00 usb 1-1: New USB device found, idVendor=0781, idProduct=5567\n", [
         {"time": "2026-11-25T03:12:08Z", "doubt": "z", "process.name": "kernel", "event.action": "boot"},
         {"event.action": "file-system-fault", "device.id": "sda1", "message": "EXT4-fs error (device sda1): ext4_lookup:1: x"},
         {"event.action": None, "message": "something of a driver"},
         {"event.action": "network-fault", "log.level": "error", "log.syslog.facility.name": "kern"},
         {"time": "2026-11-25T02:12:12.123456Z", "doubt": "", "event.action": "device-attach", "device.id": "1-1"}]),
    # dpkg: utils/update-alternatives.c, log_msg(), alternative_update(), alternative_set_status().
    ("alternatives", "update-alternatives 2026-11-25 03:12:09: run with --quiet --install /usr/bin/awk awk /usr/bin/mawk 5\n"
     "update-alternatives 2026-11-25 03:12:09: link group awk updated to point to /usr/bin/mawk\n"
     "update-alternatives 2026-11-25 03:12:10: link group awk fully removed\n"
     "update-alternatives 2026-11-25 03:12:10: status of link group /usr/bin/awk set to manual\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "z", "process.name": "update-alternatives", "event.action": "command",
          "process.args": "--quiet --install /usr/bin/awk awk /usr/bin/mawk 5"},
         {"event.action": "alternative-change", "alternatives.name": "awk", "file.target_path": "/usr/bin/mawk", "event.outcome": "success"},
         {"event.action": "alternative-remove", "alternatives.name": "awk"}, {"file.path": "/usr/bin/awk", "event.reason": "manual"}]),
    # sudo: lib/eventlog/eventlog.c, do_logfile_sudo(), and eventlog_writeln.c, which ends lines at blanks; sudoers(5): log_host, log_year.
    ("sudo", "Nov 25 03:12:09 : eva : TTY=pts/0 ; PWD=/home/eva ; USER=root ;\n    COMMAND=/bin/ls\n"
     "Nov 25 03:12:10 : eva : HOST=web1 : TTY=pts/0 ; PWD=/home/eva ; USER=root ;\n    COMMAND=/bin/cat\n    /etc/shadow\n"
     "Nov 25 03:12:11 2026 : eva : command not allowed ; TTY=pts/0 ; PWD=/home/eva ;\n    USER=root ; COMMAND=/bin/sh\n"
     "Nov 25 03:12:12 : eva : 3 incorrect password attempts ; TTY=pts/0 ;\n    PWD=/home/eva ; USER=root ; COMMAND=/bin/sh\n"
     # new_logline(), since log_exit_status: sudoers(5).
     "Nov 25 03:12:13 : eva : TTY=pts/0 ; PWD=/home/eva ; USER=root ;\n    COMMAND=/bin/ls /x ; EXIT=2\n"
     "Nov 25 03:12:14 : eva : HOST=web1 ; TTY=pts/0 ; PWD=/ ; USER=root ;\n    TSID=000001 ; COMMAND=/bin/cat ; SIGNAL=KILL ;\n    EXIT=137\n"
     "Nov 25 03:12:15 : eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id ; EXIT=0\n"
     "Nov 25 03:12:16 : eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/echo ;\n    EXIT=x\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "yz", "user.name": "eva", "user.effective.name": "root", "process.command_line": "/bin/ls",
          "process.working_directory": "/home/eva", "event.action": "command", "event.outcome": "success", "host.name": None},
         {"host.name": "web1", "process.command_line": "/bin/cat /etc/shadow", "event.outcome": "success",
          "message": "Nov 25 03:12:10 : eva : HOST=web1 : TTY=pts/0 ; PWD=/home/eva ; USER=root ;\n    COMMAND=/bin/cat\n    /etc/shadow"},
         {"time": "2026-11-25T03:12:11Z", "doubt": "z", "event.reason": "command not allowed", "event.outcome": "failure", "process.command_line": "/bin/sh"},
         {"event.outcome": "failure", "event.category": "authentication", "process.command_line": "/bin/sh", "process.exit_code": None},
         {"event.action": "command", "event.outcome": "failure", "process.command_line": "/bin/ls /x", "process.exit_code": "2", "sudo.signal": None},
         {"event.outcome": "failure", "process.command_line": "/bin/cat", "process.exit_code": "137", "sudo.signal": "KILL"},
         {"event.outcome": "success", "process.command_line": "/bin/id", "process.exit_code": "0"},
         {"event.outcome": "success", "process.command_line": "/bin/echo ; EXIT=x", "process.exit_code": None}]),
    # sudo: lib/eventlog/eventlog.c, format_json(), do_logfile_json(); sudoers(5), log_format: json, json_compact and, of syslog, "@cee:".
    ("sudo", "".join(json.dumps({kind: event}) + "\n" for kind, event in SUDO_LOGGED), SUDO_EVENTS),
    ("syslog", "".join(f"Nov 25 03:12:09 gate sudo[7]: @cee:{json.dumps({'sudo': {kind: event}}, separators=(',', ':'))}\n" for kind, event in SUDO_LOGGED),
     [{name: value for name, value in event.items() if name not in ("time", "doubt", "host.name")} | {"time": "2026-11-25T03:12:09Z", "host.name": "gate"} for event in SUDO_EVENTS]),
    # zsh: Src/hist.c, savehistfile(): a backslash before each line end, also where one was typed.
    ("zsh-history", ": 1764040329:12;make\n: 1764040330:0;echo a\\\nb\n: 1764040331:0;ls \\\\\n  -l\n: 1764040332:0;echo \\ \n", [
        {"time": "2025-11-25T03:12:09Z", "message": "make", "process.command_line": "make", "zsh.elapsed_s": "12"},
        {"message": "echo a\\\nb", "process.command_line": "echo a\nb"}, {"process.command_line": "ls \\\n  -l"},
        {"process.command_line": "echo \\ "}]),
    ("fish-history", "- cmd: vim /etc/passwd\n  when: 1764040329\n  paths:\n    - /etc/passwd\n- cmd: echo a\\nb\n  when: 1764040330\n", [
        {"time": "2025-11-25T03:12:09Z", "doubt": "", "process.command_line": "vim /etc/passwd", "file.path": "/etc/passwd"},
        {"time": "2025-11-25T03:12:10Z", "process.command_line": "echo a\nb"}]),
    # src/backend/utils/error/elog.c, append_with_tabs(): a tab behind each line end of what is said.
    # src/backend/po/de.po, fr.po, zh_CN.po: "ERROR", "STATEMENT:  ", "HINT:  "
    ("postgresql", "2026-11-25 03:12:09.536 UTC [147] eva@shop FEHLER:  keine Berechtigung für Tabelle t\n2026-11-25 03:12:09.536 UTC [147] eva@shop ANWEISUNG:  select 1\n"
     "2026-11-25 03:12:10.536 UTC [147] eva@shop ERREUR:  x\n2026-11-25 03:12:10.536 UTC [147] eva@shop ASTUCE :  y\n2026-11-25 03:12:11.536 UTC [147] 致命错误:  x\n", [
         {"time": "2026-11-25T03:12:09.536Z", "user.name": "eva", "process.pid": "147", "log.level": "error", "postgresql.statement": "select 1"},
         {"log.level": "error", "postgresql.hint": "y"}, {"log.level": "critical"}]),
    ("postgresql", "2026-11-25 03:12:09.536 UTC [147] eva@shop ERROR:  syntax error at or near \"x\" at character 3\n"
     "2026-11-25 03:12:09.536 UTC [147] eva@shop DETAIL:  one\n"
     "2026-11-25 03:12:09.536 UTC [147] eva@shop STATEMENT:  select\n\tpg_read_file('/etc/passwd')\n\t\n\t\tfrom x\n"
     "2026-11-25 03:12:10.536 UTC [147] eva@shop LOG:  statement: copy t\n\tfrom program 'id'\n"
     "2026-11-25 03:12:11.536 UTC [147] eva@shop LOG:  statement: \n\tselect 1\n", [
         {"postgresql.statement": "select\npg_read_file('/etc/passwd')\n\n\tfrom x", "postgresql.detail": "one", "event.action": "database-query",
          "event.outcome": "failure"},
         {"postgresql.statement": "copy t\nfrom program 'id'", "event.action": "database-query"}, {"postgresql.statement": "\nselect 1"}]),
    ("postgresql", "2026-11-25 03:12:09.536 UTC [147] 192.0.2.7(5432) alice@shop FATAL:  password authentication failed for user \"alice\"\n"
     "2026-11-25 03:12:09.537 UTC [147] 192.0.2.7(5432) alice@shop DETAIL:  Role \"alice\" does not exist.\n"
     "2026-11-25 03:12:10 CET [148]: [1-1] user=bob,db=shop,app=psql,client=192.0.2.8 ERROR:  syntax error at or near \"x\"\n"
     "2026-11-25 03:12:10 CET [148]: [2-1] user=bob,db=shop,app=psql,client=192.0.2.8 STATEMENT:  select\n\tx\n"
     "2026-11-25 03:12:11 UTC:192.0.2.9(5432):carol@shop:[149]:LOG:  connection authorized: user=carol database=shop\n", [
         {"time": "2026-11-25T03:12:09.536Z", "doubt": "", "process.pid": "147", "source.ip": "192.0.2.7", "source.port": "5432", "log.level": "critical",
          "event.action": "login", "event.outcome": "failure", "postgresql.detail": "Role \"alice\" does not exist."},
         {"time": "2026-11-25T02:12:10Z", "doubt": "", "event.timezone": "CET", "user.name": "bob", "source.ip": "192.0.2.8", "postgresql.application": "psql", "postgresql.statement": "select\nx"},
         {"time": "2026-11-25T03:12:11Z", "doubt": "", "source.ip": "192.0.2.9", "process.pid": "149", "event.outcome": "success"}]),
    # The zone as %Z of strftime writes it: letters, or the offset where the tz database has none. CST is of several zones.
    ("postgresql", "2026-11-25 03:12:09 +03 [80] LOG:  checkpoint starting: time\n2026-11-25 03:12:09.001 -03 [80] LOG:  checkpoint starting: time\n"
     "2026-11-25 03:12:09.002 +0545 [80] LOG:  checkpoint starting: time\n2026-11-25 03:12:09 -12:[81]:LOG:  checkpoint starting: time\n"
     "2026-11-25 03:12:09 CST [80] LOG:  checkpoint starting: time\n2026-11-25 03:12:09 -03x [80] LOG:  checkpoint starting: time\n", [
         {"time": "2026-11-25T00:12:09Z", "doubt": "", "process.pid": "80", "event.timezone": None}, {"time": "2026-11-25T06:12:09.001Z", "doubt": ""},
         {"time": "2026-11-24T21:27:09.002Z", "doubt": ""}, {"time": "2026-11-25T15:12:09Z", "doubt": "", "process.pid": "81"},
         {"time": "2026-11-25T09:12:09Z", "doubt": "z", "event.timezone": "CST"}, {"time": "2026-11-25T03:12:09Z", "doubt": "z", "event.timezone": None}]),
    ("postgresql", "".join(f"2026-11-25 03:12:09.123 {zone},eva,shop,80,192.0.2.7:5432,6a,1,idle,2026-11-25 03:12:09 {zone},3/1,0,LOG,00000,m,,,,,,,,,psql\n"
                           for zone in ("+03", "EST", "EET")), [
         {"time": "2026-11-25T00:12:09.123Z", "doubt": ""}, {"time": "2026-11-25T08:12:09.123Z", "doubt": "", "event.timezone": "EST"},
         {"time": "2026-11-25T01:12:09.123Z", "doubt": "", "event.timezone": "EET"}]),
    # Prefixes of the PGDG packages 9.3 to 9.6 ('< %m >'), and with %n, seconds since 1970; 1764040329 is 2025-11-25T03:12:09Z.
    ("postgresql", "< 2026-11-25 03:12:09.123 EET >LOG:  database system is ready to accept connections\n"
     "< 2026-11-25 03:12:10.123 EET >FATAL:  password authentication failed for user \"eva\"\n"
     "< 2026-11-25 03:12:10.124 EET >DETAIL:  Role \"eva\" does not exist.\n< 2026-11-25 03:12:11.123 EET >LOG:  statement: select\n\t1\n", [
         {"time": "2026-11-25T01:12:09.123Z", "doubt": "", "event.action": "service-start"},
         {"user.name": "eva", "event.outcome": "failure", "postgresql.detail": "Role \"eva\" does not exist."}, {"postgresql.statement": "select\n1"}]),
    ("postgresql", "1764040329.123 [80] 192.0.2.7 eva shop [authentication] FATAL:  password authentication failed for user \"eva\"\n"
     "1764040330.123 [81] 192.0.2.7(5432) LOG:  statement: select\n\t1\n", [
         {"time": "2025-11-25T03:12:09.123Z", "precision": "ms", "doubt": "", "process.pid": "80", "source.ip": "192.0.2.7", "user.name": "eva",
          "log.level": "critical", "event.outcome": "failure"}, {"source.port": "5432", "postgresql.statement": "select\n1"}]),
    # PostgreSQL's manual, "Using JSON-Format Log Output": its keys; 0 is no transaction, 00000 no error.
    ("postgresql", lines(*({"timestamp": f"2026-11-25 03:12:09.123 {zone}", "user": "eva", "dbname": "shop", "pid": 80, "remote_host": host, "remote_port": 5432,
                            "session_id": "6a.50", "line_num": 1, "ps": "authentication", "session_start": "2026-11-25 03:12:09 CET", "vxid": "3/1", "txid": txid,
                            "error_severity": "FATAL", "state_code": code, "message": "password authentication failed for user \"eva\"", "detail": "line 99",
                            "hint": "h", "statement": "select\nx", "cursor_position": 3, "func_name": "auth_failed", "application_name": "psql",
                            "backend_type": "client backend", "query_id": 0}
                           for zone, host, txid, code in (("CET", "192.0.2.7", 0, "28P01"), ("+03", "[local]", 7, "00000"), ("CST", "db.example.org", 0, "28P01")))), [
        {"time": "2026-11-25T02:12:09.123Z", "precision": "ms", "doubt": "", "event.timezone": "CET", "user.name": ["eva", "eva"], "postgresql.database": "shop",
         "process.pid": "80", "source.ip": "192.0.2.7", "source.port": "5432", "log.level": "critical", "error.code": "28P01", "event.action": "login",
         "event.outcome": "failure", "postgresql.detail": "line 99", "postgresql.hint": "h", "postgresql.statement": "select\nx", "postgresql.query_position": "3",
         "postgresql.session_id": "6a.50", "postgresql.command": "authentication", "postgresql.application": "psql", "postgresql.func_name": "auth_failed",
         "postgresql.transaction_id": None, "postgresql.query_id": None, "process.name": "postgres", "message": "password authentication failed for user \"eva\""},
        {"time": "2026-11-25T00:12:09.123Z", "source.ip": None, "source.address": None, "postgresql.transaction_id": "7", "error.code": None},
        {"doubt": "z", "event.timezone": "CST", "source.address": "db.example.org"}]),
    # Who connects chooses the name that the server puts in front: nobody can tell which is the level.
    ("postgresql", "2026-11-25 03:12:09.536 UTC [147] x LOG:  connection authorized: user=root database=z@y FATAL:  password authentication failed for "
     "user \"x\"\n2026-11-25 03:12:10.536 UTC [148] eva@shop FATAL:  password authentication failed for user \"eva\"\n",
     [{"event.is_ambiguous": "yes", "event.action": None, "event.outcome": None, "user.name": None, "time": "2026-11-25T03:12:09.536Z"},
      {"event.is_ambiguous": None, "user.name": ["eva", "eva"], "event.outcome": "failure"}]),
    # Of a name with quotes both readings are told.
    ("mysql", "2026-11-25T03:12:09.861934Z 344 [Note] [MY-010926] [Server] Access denied for user 'root'@'10.0.0.1'@'198.51.100.7' (using password: YES)\n",
     [{"source.ip": "198.51.100.7", "source.address": "10.0.0.1'@'198.51.100.7", "event.is_ambiguous": "yes", "event.outcome": "failure"}]),
    ("mysql", "2026-11-25T03:12:09.861934Z 344 [Note] [MY-010926] [Server] Access denied for user 'root'@'192.0.2.7' (using password: YES)\n"
     "2026-11-25  3:12:10 25 [Warning] Access denied for user 'bob'@'localhost' (using password: NO)\n"
     "261125  3:12:11 [ERROR] Aborting\n2026-11-25T03:12:12.116872Z\t   14 Query\tselect 1\n", [
         {"time": "2026-11-25T03:12:09.861934Z", "doubt": "", "user.name": "root", "source.ip": "192.0.2.7", "event.outcome": "failure",
          "event.code": "MY-010926", "log.level": "notice", "mysql.thread_id": "344"},
         {"time": "2026-11-25T03:12:10Z", "doubt": "z", "user.name": "bob", "source.address": "localhost"},
         {"time": "2026-11-25T03:12:11Z", "log.level": "error"}, {"event.action": "database-query", "mysql.thread_id": "14"}]),
    # MySQL before 5.6: sql/log.cc, storage/innobase/ut/ut0ut.c (ut_print_timestamp; 5.6: with the thread in hexadecimal digits), scripts/mysqld_safe.sh.
    ("mysql", "261125 03:12:09 mysqld_safe Starting mysqld daemon with databases from /var/lib/mysql\n261125 03:12:10 InnoDB: Using Linux native AIO\n"
     "261125 03:12:11  InnoDB: Error: cannot allocate\nInnoDB: 2 bytes\n261125 03:12:12 [Note] /usr/sbin/mysqld: ready for connections.\n"
     "261125 03:12:13 [Warning] Access denied for user 'root'@'192.0.2.7' (using password: YES)\n"
     "261125 03:12:14 [Warning] IP address '192.0.2.7' could not be resolved: Name or service not known\n"
     "261125 03:12:15 [Note] /usr/sbin/mysqld: Normal shutdown\n\n2026-11-25 03:12:16 7f00b4d25740 InnoDB: Warning: x\n"
     "261125  3:12:17 mysqld_safe mysqld from pid file /run/mysqld.pid ended\n261125  3:12:18  mysqld started\n"
     "2026-11-25T03:12:19.123456Z mysqld_safe Number of processes running now: 0\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "yz", "process.name": "mysqld_safe", "event.action": "service-starting"},
         {"process.name": "mysqld", "log.level": None}, {"log.level": "error", "message": "261125 03:12:11  InnoDB: Error: cannot allocate\nInnoDB: 2 bytes"},
         {"event.action": "service-start"}, {"user.name": "root", "source.ip": "192.0.2.7", "event.outcome": "failure", "log.level": "warning"},
         {"source.ip": "192.0.2.7"}, {"event.action": "service-stopping"}, {"log.level": "warning", "mysql.thread_id": None},
         {"time": "2026-11-25T03:12:17Z", "event.action": "service-stop"}, {"event.action": "service-starting"},
         {"time": "2026-11-25T03:12:19.123456Z", "doubt": "", "event.action": "service-crash"}]),
    # General logs: before 5.7 no "using" stands behind (sql/sql_connect.cc, "%s@%s on %s"). What a query says is no sentence of the server's.
    ("mysql", "/usr/sbin/mysqld, Version: 5.5.62 (MySQL). started with:\nTcp port: 3306  Unix socket: /x\nTime                 Id Command    Argument\n"
     "261125  3:12:09\t    8 Connect\teva@192.0.2.7 on shop\n\t\t    9 Connect\tbo@localhost on \n\t\t   10 Connect\tAccess denied for user 'eva'@'192.0.2.7' "
     "(using password: YES)\n\t\t    8 Query\troot@192.0.2.8 on shop using TCP/IP\n\t\t    8 Query\tAccess denied for user 'x'@'192.0.2.8'\n", [
         {"event.action": ["database-connect", "login"], "user.name": "eva", "source.ip": "192.0.2.7", "mysql.database": "shop"},
         {"event.action": ["database-connect", "login"], "user.name": "bo", "source.address": "localhost", "mysql.database": None},
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.outcome": "failure"}, {"event.action": "database-query", "user.name": None, "source.ip": None},
         {"event.action": "database-query", "user.name": None}]),
    # The slow log of MariaDB and of MySQL before 5.7: sql/log.cc leaves out a time that is that of the record before. Heads stand where it was opened anew.
    ("mysql-slow", "/usr/sbin/mysqld, Version: 5.5.62-log (MySQL). started with:\nTcp port: 3306  Unix socket: /x\nTime                 Id Command    Argument\n"
     "# Time: 261125  3:12:09\n# User@Host: root[root] @ localhost []\n# Thread_id: 8  Schema:   QC_hit: No\n"
     "# Query_time: 2.000000  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0\nuse shop;\nSET last_insert_id=2,timestamp=1764040329;\nselect\n"
     "# User@Host: eva[eva] @  [192.0.2.9]\n1;\n# User@Host: bo[bo] @  [192.0.2.8]  Id:     9\n# Thread_id: 9  Schema: shop  QC_hit: No\nSET timestamp=1764040328;\n"
     "select 2;\n/usr/sbin/mysqld, Version: 5.5.62-log (MySQL). started with:\nTcp port: 3306  Unix socket: /x\nTime\t\t    Id Command\tArgument\n"
     "# Time: 261125 13:12:09\n# User@Host: root[root] @ localhost []\nSET timestamp=1764040329;\nselect 3;\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "yz", "user.name": "root", "source.ip": None, "mysql.thread_id": "8", "mysql.QC_hit": "No", "mysql.database": None,
          "mysql.Query_time": "2.000000"},
         {"time": "2026-11-25T03:12:09Z", "doubt": "yz", "user.name": "bo", "source.ip": "192.0.2.8", "mysql.database": "shop", "mysql.thread_id": ["9", "9"],
          "event.action": "database-slow-query"},
         {"time": "2026-11-25T13:12:09Z", "user.name": "root"}]),
    # A file that begins with such a record: when its statement began, seconds since 1970.
    # 1763604729 is 2025-11-20T02:12:09 UTC: the clock of "# Time" is an hour ahead of it, or half past five; nine minutes are no zone.
    ("mysql-slow", "".join(f"# Time: 251120 {clock}\n# User@Host: root[root] @ localhost []  Id:     8\n# Query_time: 2.000162  Lock_time: 0.000000\nSET timestamp=1763604729;\nselect 1;\n"
                           for clock in (" 3:12:11", " 7:42:12", " 2:12:11", " 3:21:11", "23:12:11")), [
         *({"time": f"2025-11-20T02:12:{second}Z", "doubt": "", "mysql.timestamp": "1763604729"} for second in (11, 12, 11)),
         {"time": "2025-11-20T03:21:11Z", "doubt": "yz"}, {"time": "2025-11-20T23:12:11Z", "doubt": "yz"}]),
    ("mysql-slow", "# User@Host: bo[bo] @  [192.0.2.8]\n# Query_time: 2.000000  Lock_time: 0.000000\nSET timestamp=1764040329;\nselect 2;\n"
     "# Time: 2026-11-25T03:12:09.000001Z\n# User@Host: root[root] @ localhost []  Id:     8\nSET timestamp=1764040329;\nselect 1;\n", [
         {"time": "2025-11-25T03:12:09Z", "doubt": "", "user.name": "bo"}, {"time": "2026-11-25T03:12:09.000001Z", "user.name": "root", "mysql.thread_id": "8"}]),
    ("mysql-slow", "# Time: 2026-11-25T03:12:09.000001Z\n# User@Host: root[root] @ localhost [192.0.2.7]  Id:     8\n"
     "# Query_time: 2.000162  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0\nSET timestamp=1764040329;\nselect sleep(2);\n", [
         {"time": "2026-11-25T03:12:09.000001Z", "user.name": "root", "source.ip": "192.0.2.7", "mysql.Query_time": "2.000162", "mysql.Rows_sent": "1"}]),
    ("apache-error", "[Wed Nov 25 03:12:09.902022 2026] [auth_basic:error] [pid 35708:tid 43] [client 192.0.2.7:4321] AH01617: user alice: authentication "
     "failure for \"/x\": Password Mismatch\n[Wed Nov 25 03:12:10.902022 2026] [core:error] [pid 35708] [client [2001:db8::7]:4321] AH00128: File does not "
     "exist: /var/www/x\n[Wed Nov 25 03:12:11 2026] [error] [client 2001:db8::8] client denied by server configuration: /var/www/y\n", [
         {"time": "2026-11-25T03:12:09.902022Z", "doubt": "z", "source.ip": "192.0.2.7", "source.port": "4321", "process.pid": "35708",
          "event.code": "AH01617", "user.name": "alice", "url.original": "/x", "event.action": "login", "event.outcome": "failure"},
         {"source.ip": "2001:db8::7", "source.port": "4321", "file.path": "/var/www/x", "event.action": "file-not-found"},
         {"source.ip": "2001:db8::8", "source.port": None, "event.action": "access-denied", "log.level": "error"}]),
    ("nginx-error", "2026/11/25 03:12:09 [error] 2865#2866: *66647 user \"alice\": password mismatch, client: 192.0.2.7, server: www.example.org, "
     "request: \"GET /, client: 192.0.2.99, HTTP/1.1\", host: \"www.example.org\", referrer: \"https://example.org/a,b\"\n"
     "2026/11/25 03:12:10 [crit] 7#7: *2 user \"x\": password mismatch, client: 192.0.2.1, server: y\" was not found in \"/p\", client: 192.0.2.8, "
     "server: , request: \"GET /z HTTP/2.0\"\n"
     "2026/11/25 03:12:11 [error] 7#7: *2 access forbidden by rule, client: 192.0.2.9, server: , request: \"GET /z HTTP/2.0\"\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "z", "source.ip": ["192.0.2.7", "192.0.2.99"], "event.is_ambiguous": "yes",
          "user.name": "alice", "url.domain": "www.example.org", "http.request.referrer": "https://example.org/a,b", "nginx.connection": "66647", "event.outcome": "failure"},
         {"log.level": "critical", "source.ip": ["192.0.2.1", "192.0.2.8"], "event.is_ambiguous": "yes"},
         {"source.ip": "192.0.2.9", "event.is_ambiguous": None, "http.request.method": "GET", "url.original": "/z", "http.version": "2.0"}]),
    # Microsoft's "IIS Log File Format": its two samples, the date with two digits up to 1999 and in IIS 5; local time.
    ("iis", "192.168.114.201, -, 03/20/01, 7:55:20, W3SVC2, SALES1, 172.21.13.45, 4502, 163, 3223, 200, 0, GET, /DeptLogo.gif, -,\n"
     "172.16.255.255, anonymous, 03/20/01, 23:58:11, MSFTPSVC, SALES1, 172.16.255.255, 60, 275, 0, 0, 0, PASS, /Intro.htm, -,\n"
     "203.0.113.9, CORP\\eva, 11/20/2026, 10:00:02, W3SVC1, WEB1, 10.0.0.5, 4502, 163, 3223, 401, 0, GET, /x, y.asp, a=1,\n", [
         {"time": "2001-03-20T07:55:20Z", "doubt": "yz", "source.ip": "192.168.114.201", "user.name": None, "host.name": "SALES1", "destination.ip": "172.21.13.45", "service.name": "W3SVC2",
          "http.request.bytes": "163", "http.response.bytes": "3223", "http.response.status_code": "200", "http.request.method": "GET", "url.path": "/DeptLogo.gif", "event.outcome": "success"},
         {"user.name": "anonymous", "event.action": "ftp-command", "event.outcome": None},
         {"time": "2026-11-20T10:00:02Z", "doubt": "z", "user.name": "CORP\\eva", "event.outcome": "failure", "url.path": "/x, y.asp", "url.query": "a=1"}]),
    # nginx: src/http/modules/ngx_http_fastcgi_module.c writes what comes in as it is; ModSecurity's connector for nginx.
    ("nginx-error", "2026/11/25 03:12:09 [error] 55#0: *7 FastCGI sent in stderr: \"PHP message: PHP Warning:  x in /x.php on line 3\nPHP message: PHP Fatal error: y\nz\" while reading response "
     "header from upstream, client: 192.0.2.7, server: _, request: \"POST /x.php HTTP/1.1\", upstream: \"fastcgi://unix:/run/php.sock:\", host: \"x\"\n"
     "2026/11/25 03:12:10 [error] 55#55: *7 [client 192.0.2.7] ModSecurity: Access denied with code 403 (phase 2). [file \"/x.conf\"], client: 192.0.2.7, server: _, "
     "request: \"GET /x HTTP/1.1\"\n2026/11/25 03:12:11 [error] 55#55: *7 access forbidden by rule, client: 192.0.2.9, server: , request: \"GET /z HTTP/2.0\"\n", [
         {"source.ip": "192.0.2.7", "url.original": "/x.php", "url.domain": "x", "event.action": "script-error", "event.outcome": "failure", "nginx.upstream": "fastcgi://unix:/run/php.sock:",
          "event.reason": "PHP message: PHP Warning:  x in /x.php on line 3\nPHP message: PHP Fatal error: y\nz"},
         {"event.action": "access-denied", "http.response.status_code": "403", "source.ip": "192.0.2.7"}, {"source.ip": "192.0.2.9"}]),
    ("vsftpd", "Wed Nov 25 03:12:09 2026 [pid 27244] [alice] FAIL LOGIN: Client \"::ffff:192.0.2.7\"\n"
     "Wed Nov 25 03:12:10 2026 [pid 27244] [alice] OK UPLOAD: Client \"192.0.2.7\", \"/a b.txt\", 5 bytes, 0.10Kbyte/sec\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "z", "user.name": "alice", "source.ip": "::ffff:192.0.2.7", "event.outcome": "failure"},
         {"file.path": "/a b.txt", "event.action": "ftp-upload", "event.outcome": "success"}]),
    ("exim", "2026-11-25 03:12:09 login authenticator failed for host.example.org ([10.0.0.1]) [192.0.2.7]:4155 I=[198.51.100.4]:25: 535 Incorrect "
     "authentication data (set_id=alice)\n2026-11-25 03:12:10 [7] 1sAbCd-000001-AB <= a@example.org H=mx.example.org [192.0.2.8] P=esmtp S=800\n"
     # "A=": the authenticator and whom it is (spec, "Reception of a message")
     "2026-11-25 03:12:10 1sAbCd-000002-AB <= a@example.org H=(A=x:root) [192.0.2.8] P=esmtpsa X=TLS1.3 A=dovecot_login:eva S=800 id=b@c\n"
     "2026-11-25 03:12:11 SMTP protocol error in \"AUTH x H=(a) [192.0.2.99]\" H=(b) [192.0.2.9] AUTH command used when not advertised\n", [
         {"time": "2026-11-25T03:12:09Z", "doubt": "z", "source.ip": "192.0.2.7", "user.name": "alice", "event.outcome": "failure"},
         {"email.local_id": "1sAbCd-000001-AB", "email.from.address": "a@example.org", "source.ip": "192.0.2.8", "process.pid": "7"},
         {"user.name": "eva", "source.ip": "192.0.2.8"},
         {"event.action": "protocol-error", "source.ip": ["192.0.2.99", "192.0.2.9"]}]),
    ("named", "25-Nov-2026 03:12:09.621 security: info: client @0x7f7c95c76968 192.0.2.7#60683 (example.com): query (cache) 'example.com/A/IN' denied\n"
     "25-Nov-2026 03:12:10.000 client 192.0.2.8#53: zone transfer 'example.com/AXFR/IN' denied\n", [
         {"time": "2026-11-25T03:12:09.621Z", "doubt": "z", "source.ip": "192.0.2.7", "source.port": "60683", "dns.question.name": "example.com",
          "named.category": "security", "log.level": "informational", "event.outcome": "failure"},
         {"event.action": "dns-transfer", "source.ip": "192.0.2.8"}]),
    ("xferlog", "Wed Nov 25 03:12:09 2026 1 192.0.2.7 24 /srv/a b.txt b _ o r alice ftp 0 * c\n", [
        {"time": "2026-11-25T03:12:09Z", "source.ip": "192.0.2.7", "file.path": "/srv/a b.txt", "event.action": "ftp-download", "user.name": "alice",
         "file.size": "24", "event.outcome": "success"}]),
    ("access", "www.example.org:443 192.0.2.7 - - [25/Nov/2026:03:12:09 +0100] \"GET /a?b HTTP/1.1\" 404 7 \"-\" \"curl/8\"\n", [
        {"time": "2026-11-25T02:12:09Z", "doubt": "", "url.domain": "www.example.org", "url.port": "443", "url.path": "/a", "event.outcome": "failure"}]),
    # RFC 5424, section 6.5: examples 1 to 4.
    ("syslog", "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8\n"
     "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.\n"
     '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] '
     "\ufeffAn application event log entry...\n"
     '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="a \\] b"]'
     '[examplePriority@32473 class="high"]\n', [
         {"time": "2003-10-11T22:14:15.003Z", "doubt": "", "host.name": "mymachine.example.com", "process.name": "su", "log.syslog.msgid": "ID47",
          "log.level": "critical", "log.syslog.facility.name": "auth", "message": "'su root' failed for lonvick on /dev/pts/8",
          "log.syslog.structured_data": None},
         {"time": "2003-08-24T12:14:15.000003Z", "process.pid": "8710", "log.level": "notice", "log.syslog.facility.name": "local4",
          "message": "%% It's time to make the do-nuts."},
         {"log.syslog.structured_data": '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]',
          "message": "An application event log entry..."},
         {"log.syslog.structured_data": '[exampleSDID@32473 iut="3" eventSource="a \\] b"][examplePriority@32473 class="high"]', "message": None}]),
    ("syslog", "Nov 25 03:12:09 gate kernel: [12.5] [UFW BLOCK] IN=eth0 OUT= MAC=00:08:a2:0c:1f:12:00:c8:8b:e2:d6:87:08:00 SRC=192.0.2.7 "
     "DST=198.51.100.4 LEN=40 TOS=0x00 PROTO=TCP SPT=8080 DPT=22 WINDOW=1024 SYN URGP=0\n"
     "Nov 25 03:12:10 mx postfix/smtpd[2]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <a@example.org>: Relay access denied; "
     "from=<b@example.com> to=<a@example.org> proto=SMTP helo=<x>\n"
     "Nov 25 03:12:11 mx postfix/smtpd[2]: warning: unknown[192.0.2.8]: SASL LOGIN authentication failed: UGFzc3dvcmQ6\n"
     "Nov 25 03:12:12 mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 6 secs): user=<alice>, method=PLAIN, rip=192.0.2.9, "
     "lip=198.51.100.4, TLS\n"
     "Nov 25 03:12:13 mx postfix/smtp[3]: 4ABC: to=<a@example.org>, relay=mx.example.org[192.0.2.25]:25, delay=1, dsn=2.0.0, status=sent (250 ok)\n"
     "Nov 25 03:12:14 ftp proftpd[4]: ftp (client.example.org[192.0.2.10]) - USER bob (Login failed): Incorrect password\n"
     "Nov 25 03:12:15 gate dropbear[5]: Bad password attempt for 'root' from 192.0.2.11:60588\n"
     "Nov 25 03:12:16 web httpd[6]: [authz_core:error] [pid 6] [client 192.0.2.12:58585] AH01630: client denied by server configuration: /srv\n"
     "Nov 25 03:12:17 mx postfix/smtpd[2]: warning: hostname bad.example.org does not resolve to address 2001:db8::: Name not known\n", [
         {"event.action": "firewall-deny", "event.outcome": "failure", "rule.name": "UFW BLOCK", "source.ip": "192.0.2.7", "destination.port": "22", "network.transport": "tcp",
          "observer.ingress.interface.name": "eth0", "network.bytes": "40"},
         {"event.action": "mail-reject", "source.ip": "192.0.2.7", "email.from.address": "b@example.com", "email.to.address": "a@example.org",
          "error.code": "554"},
         {"event.action": "login", "event.outcome": "failure", "source.ip": "192.0.2.8"},
         {"event.action": "login", "event.outcome": "failure", "user.name": "alice", "source.ip": "192.0.2.9", "service.name": "imap"},
         {"event.action": "mail-deliver", "event.outcome": "success", "email.to.address": "a@example.org"},
         {"event.action": "login", "event.outcome": "failure", "user.name": "bob", "source.ip": "192.0.2.10"},
         {"event.action": "login", "event.outcome": "failure", "user.name": "root", "source.port": "60588"},
         {"event.action": "access-denied", "source.ip": "192.0.2.12", "file.path": "/srv", "event.code": "AH01630"},
         {"event.action": "name-mismatch", "source.ip": "2001:db8::", "source.address": "bad.example.org"}]),
    # ECS 8: "tags", a keyword of its own at the top.
    ("json", lines({"@timestamp": "2026-11-25T03:12:09Z", "tags": ["beats", "web"], "host.name": "web1", "message": "m"}),
     [{"tags": ["beats", "web"], "json.tags": None, "host.name": "web1"}]),
    ("json", lines({"time": "2026-11-25T03:12:09+01:00", "level": "warn", "msg": "no \ud83d\ude00", "http": {"a": [1, {"b": True}]}, "n": None},
                   {"msg": "no time"}, {"ts": 1764040329123, "source.ip": "192.0.2.7"}), [
        {"time": "2026-11-25T02:12:09Z", "message": "no \U0001f600", "log.level": "warning", "json.http.a": "1", "json.http.a.b": "true", "json.n": None},
        {"doubt": "o", "message": "no time"}, {"time": "2025-11-25T03:12:09.123Z", "precision": "ms", "source.ip": "192.0.2.7"}]),
    # Names of severities become those of syslog; what a number means is each program's own.
    # docs.github.com, "Audit log events": actor, who did it; user, whom it was done to. docker events; web servers.
    ("json", lines({"@timestamp": 1764040329123, "action": "org.add_member", "actor": "eva", "actor_ip": "192.0.2.7", "user": "bob"},
                   {"@timestamp": 1764040330123, "user": "bob", "actor": "eva"}, {"@timestamp": 1764040331123, "user": "bob", "status": 404},
                   {"@timestamp": 1764040332123, "status": "exec_create: id"}),
     [{"user.name": "eva", "json.user": "bob", "source.ip": "192.0.2.7"}, {"user.name": "eva", "json.user": "bob"}, {"user.name": "bob", "http.response.status_code": "404"},
      {"json.status": "exec_create: id", "http.response.status_code": None}]),
    ("json", lines(*({"time": "2026-11-25T03:12:09Z", "level": level, "msg": "m"} for level in ("WARNING", "warn", "Information", "fatal", "TRACE", 50, "4", "loud")),
                   {"time": "2026-11-25T03:12:09Z", "log.level": "ERROR", "severity": 3, "msg": "m"}), [
        {"log.level": "warning"}, {"log.level": "warning"}, {"log.level": "informational"}, {"log.level": "critical"}, {"log.level": "debug"},
        {"log.level": None, "json.level": "50"}, {"log.level": None, "json.level": "4"}, {"log.level": None, "json.level": "loud"},
        {"log.level": "error", "json.severity": "3"}]),
    # An address with its port, as Go's net.Conn writes it; what is none keeps its own name.
    ("json", lines(*({"time": "2026-11-25T03:12:09Z", "remote_addr": address, "user": user}
                     for address, user in (("192.0.2.7:4711", "eva"), ("[2001:db8::7]:22", "--"), ("[2001:db8::7]", "-"), ("2001:db8::7", "bo"),
                                           ("localhost:80", "a-b"), ("192.0.2.7:70000", "eva"), ("192.0.2.7:", "eva"), ("@", "eva")))), [
        {"source.ip": "192.0.2.7", "source.port": "4711", "user.name": "eva"}, {"source.ip": "2001:db8::7", "source.port": "22", "user.name": None},
        {"source.ip": "2001:db8::7", "source.port": None, "user.name": None}, {"source.ip": "2001:db8::7", "source.port": None, "user.name": "bo"},
        {"source.ip": None, "json.remote_addr": "localhost:80", "user.name": "a-b"}, {"source.ip": None, "json.remote_addr": "192.0.2.7:70000"},
        {"source.ip": None, "json.remote_addr": "192.0.2.7:"}, {"source.ip": None, "json.remote_addr": "@"}]),
    # No usual name: the member that states a time in full, told with its name, and the same one in all lines.
    ("json", lines({"CreationTime": "2026-11-25T03:12:09", "Operation": "UserLoggedIn", "Expires": "2027-01-01T00:00:00"},
                   {"Expires": "2027-01-01T00:00:00", "CreationTime": "2026-11-25T03:12:10", "Operation": "UserLoginFailed"}), [
        {"time": "2026-11-25T03:12:09Z", "doubt": "z", "event.time_member": "CreationTime", "json.Operation": "UserLoggedIn", "json.Expires": "2027-01-01T00:00:00"},
        {"time": "2026-11-25T03:12:10Z", "event.time_member": "CreationTime"}]),
    # osquery's manual, "Logging": of results; hits of Elasticsearch's "Search API".
    ("json", lines({"name": "pack_x_users", "hostIdentifier": "web1", "calendarTime": "Wed Nov 25 03:12:09 2026 UTC", "unixTime": 1795576330, "columns": {"user": "eva", "time": "1795000000"}, "action": "added"},
                   {"name": "pack_y", "hostIdentifier": "web1", "unixTime": 1795576330, "snapshot": [{"a": "b"}]},
                   {"_index": "logs", "_id": "1", "_source": {"@timestamp": "2026-11-25T03:12:09Z", "message": "y", "user": {"name": "eva"}, "source": {"ip": "203.0.113.9"}, "log": {"level": "warn"},
                    "event": {"outcome": "failure", "kind": "alert"}, "process": {"parent": {"title": "sh"}}, "winlog": {"event_data": {"LogonType": "3"}}, "own": 1}},
                   {"_index": "logs", "_id": "2", "fields": {"@timestamp": ["2026-11-25T03:12:09.000Z"], "user.name": ["eva"], "source.ip": ["203.0.113.9"]}},
                   {"time": "2026-11-25T03:12:09Z", "_source": {"user": {"name": "eva"}}, "_index": "x"}), [
        {"time": "2026-11-25T03:12:09Z", "doubt": "", "host.name": "web1", "json.columns.user": "eva", "json.action": "added"}, {"time": "2026-11-25T03:12:10Z", "json.snapshot.a": "b"},
        {"time": "2026-11-25T03:12:09Z", "message": "y", "user.name": "eva", "source.ip": "203.0.113.9", "event.outcome": "failure", "event.kind": "event", "json.event.kind": "alert",
         "log.level": "warning", "process.parent.title": "sh", "winlog.event_data.LogonType": "3", "json.own": "1", "json._id": "1"},
        {"time": "2026-11-25T03:12:09Z", "user.name": "eva", "source.ip": "203.0.113.9"}, {"json._source.user.name": "eva", "user.name": None}]),
    ("json", lines({"t": {"$date": "2026-11-25T03:12:09.123+02:00"}, "s": "I", "c": "ACCESS", "id": 20249, "ctx": "conn9", "msg": "Authentication failed"}), [
        {"time": "2026-11-25T01:12:09.123Z", "precision": "ms", "doubt": "", "event.time_member": "t.$date", "message": "Authentication failed"}]),
    # mongod since 4.4: MongoDB's manual, "Log Messages": the order of members, severities, components; the sample there, and a connection that is accepted.
    ("json", lines(*({"t": {"$date": "2026-11-25T03:12:09.123+00:00"}, "s": s, "c": c, "id": i, "ctx": "listener", "svc": "R", "msg": "Connection accepted", "attr": attr}
                     for s, c, i, attr in (("I", "NETWORK", 22943, {"remote": "192.0.2.7:50512", "connectionId": 4}), ("D2", "ACCESS", 5, {"client": "[2001:db8::7]:443"}),
                                           ("F", "-", 6, {"remote": "192.0.2.7:50512", "client": "conn4"}), ("E", "CONTROL", 7, {"remote": "anonymous unix socket"}),
                                           ("W", "REPL", 8, {"address": "192.0.2.1"}), ("X", "REPL", 9, {})))), [
        {"time": "2026-11-25T03:12:09.123Z", "doubt": "", "message": "Connection accepted", "log.level": "informational", "mongodb.component": "NETWORK", "json.c": None,
         "mongodb.context": "listener", "event.code": "22943", "source.ip": "192.0.2.7", "source.port": "50512", "json.attr.connectionId": "4", "json.s": None},
        {"log.level": "debug", "source.ip": "2001:db8::7", "source.port": "443", "mongodb.component": "ACCESS"},
        {"log.level": "critical", "source.ip": "192.0.2.7", "source.port": "50512", "json.attr.client": "conn4"},
        {"log.level": "error", "source.ip": None, "json.attr.remote": "anonymous unix socket"},
        {"log.level": "warning", "source.ip": None, "json.attr.address": "192.0.2.1"}, {"log.level": None, "json.s": "X", "message": "Connection accepted"}]),
    # Such members of another program's lines are its own.
    # MongoDB Extended JSON (v2), "Date", relaxed and canonical, and of before; google/protobuf/timestamp.proto as an object, and Firestore's of it: the object
    # has a usual name, beside lines whose time is that member itself.
    ("json", lines({"timestamp": "2026-11-25T03:12:09Z", "n": 1},
                   *({"timestamp": value, "n": 2} for value in (
                       {"$date": "2026-11-25T03:12:10Z"}, {"$date": {"$numberLong": "1795576330123"}}, {"$date": 1795576330123}, {"seconds": 1795576330, "nanos": 5},
                       {"seconds": 1795576330}, {"_seconds": 1795576330, "_nanoseconds": 500000000}, {"seconds": "soon"}, {"seconds": 1795576330, "nanos": "x"}))), [
        {"time": "2026-11-25T03:12:09Z"}, {"time": "2026-11-25T03:12:10Z", "precision": "s", "doubt": ""},
        *[{"time": "2026-11-25T03:12:10.123Z", "precision": "ms", "doubt": ""}] * 2, {"time": "2026-11-25T03:12:10.000000005Z", "precision": "ns", "doubt": ""},
        {"time": "2026-11-25T03:12:10Z", "precision": "s"}, {"time": "2026-11-25T03:12:10.5Z", "doubt": ""},
        {"doubt": "or", "event.stated_time": "soon"}, {"doubt": "or"}]),
    # What has a usual name and states no time hides no other that does; parts of two members are no time together.
    ("json", lines({"timestamp": "2026-11-25T03:12:09Z"}, *({**member, "n": 2} for member in (
        {"time": "soon", "ts": "2026-11-25T03:12:10Z", "msg": "m"}, {"time": {"$date": "soon"}, "ts": {"$date": "2026-11-25T03:12:10Z"}},
        {"time": {"seconds": "soon"}, "ts": {"seconds": 1795576330, "nanos": 5}}, {"time": {"seconds": 1795576330}, "ts": {"nanos": 5}},
        {"time": {"nanos": 5}, "ts": {"seconds": 1795576330}}, {"time": "soon", "ts": {"seconds": 1795576330}}, {"time": "soon", "ts": "03:12:10", "date": "2026-11-25"},
        {"time": "soon", "date": "2026-11-25 03:12:10"}, {"ts": "03:12:10", "time": "2026-11-25T03:12:11Z", "date": "2026-11-25"},
        {"time": "soon", "ts": {"seconds": "later"}}))), [
            {"time": "2026-11-25T03:12:09Z"}, {"time": "2026-11-25T03:12:10Z", "message": '{"time": "soon", "ts": "2026-11-25T03:12:10Z", "msg": "m", "n": 2}'}, {"time": "2026-11-25T03:12:10Z", "doubt": ""},
            {"time": "2026-11-25T03:12:10.000000005Z"}, *[{"time": "2026-11-25T03:12:10Z", "precision": "s", "doubt": ""}] * 3, *[{"time": "2026-11-25T03:12:10Z", "doubt": "z"}] * 3,
            {"doubt": "or", "event.stated_time": "soon"}]),
    ("json", lines({"time": "soon", "created": "2026-11-25T03:12:09Z"}, {"time": "soon", "created": "2026-11-25T03:12:10Z"}), [
        {"time": "2026-11-25T03:12:09Z", "event.time_member": "created"}, {"time": "2026-11-25T03:12:10Z"}]),
    # Members have no order: the other time is told, and which one counts, where they are not the same (RFC 8259 section 4).
    ("json", lines({"timestamp": "2026-11-25T03:12:09Z", "@timestamp": "2026-11-25T04:12:09.5Z", "ts": "2026-11-25T04:12:09+01:00", "msg": "a"},
                      {"@timestamp": "2026-11-25T04:12:09.5Z", "timestamp": "2026-11-25T03:12:09Z", "time": "soon", "msg": "b"}, {"@timestamp": "2026-11-25T04:12:09.5Z", "time": 1795579929}), [
        {"time": "2026-11-25T03:12:09Z", "event.time_member": "timestamp", "json.@timestamp": "2026-11-25T04:12:09.5Z", "json.ts": None},
        {"time": "2026-11-25T04:12:09.5Z", "event.time_member": "@timestamp", "json.timestamp": "2026-11-25T03:12:09Z", "json.time": "soon"},
        {"time": "2026-11-25T04:12:09.5Z", "event.time_member": None, "json.time": None}]),
    ("json", lines({"time": "2026-11-25T03:12:09Z", "s": "I", "c": "x", "ctx": "y", "id": 1, "attr": {"remote": "192.0.2.7"}, "t": {"$date": "2026-11-25T03:12:09Z"}}), [
        {"json.s": "I", "json.c": "x", "json.ctx": "y", "json.id": "1", "json.attr.remote": "192.0.2.7", "log.level": None, "source.ip": None}]),
    # Microsoft 365: Office 365 Management Activity API schema, "Common schema": CreationTime is UTC; addresses with and without a port; what both say is said once.
    ("json", lines(*({"CreationTime": "2026-11-25T03:12:09", "Id": "7", "Operation": "UserLoggedIn", "OrganizationId": "8", "RecordType": 15, "UserType": 0,
                      "UserKey": "9", "UserId": "eva@example.org", **more}
                     for more in ({"ClientIP": "192.0.2.7", "ActorIpAddress": "192.0.2.7"}, {"ClientIP": "192.0.2.7:5678"}, {"ClientIP": "[2001:db8::1]:443"},
                                  {"ActorIpAddress": "[2001:db8::1]"}, {"ClientIPAddress": "2001:db8::1"}, {"ClientIP": "192.0.2.7", "ActorIpAddress": "192.0.2.8:5"},
                                  {"ClientIP": "<null>"}, {"ClientIP": None}))), [
        {"time": "2026-11-25T03:12:09Z", "doubt": "", "event.time_member": "CreationTime", "source.ip": "192.0.2.7", "source.port": None, "event.action": "UserLoggedIn"},
        {"source.ip": "192.0.2.7", "source.port": "5678", "json.ClientIP": None}, {"source.ip": "2001:db8::1", "source.port": "443"},
        {"source.ip": "2001:db8::1", "source.port": None}, {"source.ip": "2001:db8::1"}, {"source.ip": ["192.0.2.7", "192.0.2.8"], "source.port": "5"},
        {"source.ip": None, "json.ClientIP": "<null>"}, {"source.ip": None, "json.ClientIP": None}]),
    ("json", lines({"until": "2026-11-26 00:00:00Z", "instant": {"epochSecond": 1764040329, "nanoOfSecond": 5}, "level": "WARN", "message": "m"}), [
        {"time": "2025-11-25T03:12:09Z", "event.time_member": "instant.epochSecond", "json.instant.nanoOfSecond": "5", "log.level": "warning"}]),
    # Suricata's alert-fastlog.c; Snort writes no year, and no port where there is none
    ("fast-alert", "11/20/2026-10:00:01.123456  [**] [1:2010935:3] ET SCAN inbound [**] [Classification: Potentially Bad Traffic] [Priority: 2] {TCP} 203.0.113.9:5000 -> 10.0.0.5:1433\n"
     "11/20/2026-10:00:02.123456  [Drop] [**] [1:2010935:3] x [**] [Classification: (null)] [Priority: 2] {UDP} 2001:0db8:0000:0000:0000:0000:0000:0007:5000 -> 2001:db8::1:53\n"
     "11/20-10:00:03.123456  [**] [1:1:1] y [**] [Priority: 0] {ICMP} 203.0.113.9 -> 10.0.0.5\n", [
         {"time": "2026-11-20T10:00:01.123456Z", "doubt": "z", "rule.id": "2010935", "rule.name": "ET SCAN inbound", "rule.category": "Potentially Bad Traffic", "event.severity": "2",
          "source.ip": "203.0.113.9", "source.port": "5000", "destination.ip": "10.0.0.5", "destination.port": "1433", "network.transport": "tcp", "event.action": "alert"},
         {"suricata.action": "Drop", "source.ip": "2001:0db8:0000:0000:0000:0000:0000:0007", "source.port": "5000", "destination.port": "53", "rule.category": None},
         {"time": "2026-11-20T10:00:03.123456Z", "doubt": "yz", "source.ip": "203.0.113.9", "source.port": None, "network.transport": "icmp"}]),
    ("cef", "CEF:0|Vendor|Product|1.0|100|a name|5|rt=Nov 20 2026 10:00:01 src=203.0.113.9 suser=eva act=blocked\nCEF:0|Vendor|Product|1.0|100|a name|5|end=1795165201123\n", [
        {"time": "2026-11-20T10:00:01Z", "doubt": "z", "source.ip": "203.0.113.9", "user.name": "eva", "event.action": "blocked", "cef.name": "a name", "event.code": "100"},
        {"time": "2026-11-20T09:00:01.123Z", "doubt": ""}]),
    # rsyslog's and syslog-ng's JSON, and what Filebeat makes of a system log
    ("json", lines({"timestamp": "2026-11-20T10:00:01+01:00", "host": "web1", "syslog-tag": "sshd[55]:", "message": " Failed password for eva from 203.0.113.9 port 5 ssh2"},
                   {"ISODATE": "2026-11-20T10:00:01+01:00", "HOST": "web1", "PROGRAM": "sshd", "PID": "55", "MESSAGE": "Failed password for eva from 203.0.113.9 port 5 ssh2"},
                   {"@timestamp": "2026-11-20T09:00:01Z", "host": {"name": "web1"}, "process": {"name": "sshd", "pid": 55}, "message": "Failed password for eva from 203.0.113.9 port 5 ssh2"},
                   {"timereported": "2026-11-20T10:00:01+01:00", "hostname": "web1", "programname": "sshd", "procid": "55", "msg": " Failed password for eva from 203.0.113.9 port 5 ssh2"},
                   {"@timestamp": "2026-11-20T09:00:01Z", "host": {"name": "web1"}, "program": "app", "procid": "55", "message": "Failed password for eva from 203.0.113.9 port 5 ssh2"}),
     4 * [{"time": "2026-11-20T09:00:01Z", "host.name": "web1", "process.name": "sshd", "process.pid": "55", "user.name": "eva", "source.ip": "203.0.113.9", "event.action": "login",
           "event.outcome": "failure"}] + [{"process.name": "app", "user.name": None, "event.action": None}]),
    # Splunk's export of a search (REST API reference, search/jobs/export, output_mode=json)
    ("json", lines({"preview": False, "offset": 0, "result": {"_time": "2026-11-20T10:00:01.000+01:00", "host": "web1",
                                                              "_raw": "Nov 20 10:00:01 web1 sshd[5]: Failed password for eva from 203.0.113.9 port 5 ssh2"}}), [
        {"time": "2026-11-20T09:00:01Z", "doubt": "", "host.name": "web1", "process.name": "sshd", "user.name": "eva", "source.ip": "203.0.113.9", "event.outcome": "failure"}]),
    # "Amazon S3 server access log format", "Access logs for your Application Load Balancer", "Flow log records", also with columns of one's own
    ("aws", f"{'7' * 64} mybucket [20/Nov/2026:09:00:01 +0000] 203.0.113.9 arn:aws:iam::111122223333:user/eva 3E57 REST.GET.OBJECT secret.txt \"GET /mybucket/secret.txt?x=1 HTTP/1.1\" 403 "
     "AccessDenied 113 - 7 - \"-\" \"S3Console/0.4\" - x SigV4 TLS_AES_128 AuthHeader mybucket.s3.amazonaws.com TLSv1.3 - -\n", [
         {"time": "2026-11-20T09:00:01Z", "doubt": "", "source.ip": "203.0.113.9", "user.name": "eva", "event.action": "REST.GET.OBJECT", "event.outcome": "failure", "error.code": "AccessDenied",
          "aws.s3access.bucket": "mybucket", "aws.s3access.key": "secret.txt", "url.path": "/mybucket/secret.txt", "url.query": "x=1", "http.response.status_code": "403", "http.request.referrer": None}]),
    ("aws", "https 2026-11-20T09:00:01.123456Z app/my-lb/50dc 203.0.113.9:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 \"GET https://www.example.com:443/x HTTP/1.1\" \"curl/7 \"x\"\" ECDHE TLSv1.2 "
     "arn:aws:x \"Root=1-x\" \"www.example.com\" \"arn\" 1 2026-11-20T09:00:00.123456Z \"forward\" \"-\" \"-\" \"10.0.0.1:80\" \"200\" \"-\" \"-\"\n"
     "2026-11-20T09:00:01.123456Z my-lb 203.0.113.9:2817 - -1 -1 -1 503 0 0 0 \"GET https://www.example.com:443/x HTTP/1.1\" \"curl\" - -\n", [
         {"time": "2026-11-20T09:00:01.123456Z", "source.ip": "203.0.113.9", "source.port": "2817", "url.domain": "www.example.com", "url.path": "/x", "http.request.method": "GET",
          "user_agent.original": "curl/7 \"x\"", "event.outcome": "success", "event.action": "http-request"}, {"http.response.status_code": "503", "event.outcome": "failure", "url.domain": "www.example.com"}]),
    ("aws", "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
     "2 123456789010 eni-1235b8ca 203.0.113.9 10.0.0.5 49761 3389 6 20 4249 1795165202 1795165262 REJECT OK\n2 123456789010 eni-1235b8ca - - - - - - - 1795165203 1795165262 - NODATA\n", [
         {"time": "2026-11-20T09:00:02Z", "doubt": "", "source.ip": "203.0.113.9", "destination.ip": "10.0.0.5", "destination.port": "3389", "network.transport": "tcp", "event.action": "firewall-deny",
          "aws.end": "1795165262"}, {"time": "2026-11-20T09:00:03Z", "source.ip": None, "event.action": None}]),
    ("aws", "version srcaddr dstaddr start action\n5 203.0.113.9 10.0.0.5 1795165202 ACCEPT\n", [{"time": "2026-11-20T09:00:02Z", "event.action": "firewall-allow", "source.ip": "203.0.113.9"}]),
    # Exchange ("Fields in the message tracking log files"): W3C's heads with commas
    ("w3c", "#Software: Microsoft Exchange Server\n#Log-type: Message Tracking Log\n#Fields: date-time,client-ip,client-hostname,event-id,message-subject,sender-address,reference\n"
     "2026-11-20T09:00:01.123Z,203.0.113.9,evil,RECEIVE,\"Hello, \"\"world\"\"\",bob@example.org,\n", [
         {"time": "2026-11-20T09:00:01.123Z", "doubt": "", "source.ip": "203.0.113.9", "source.domain": "evil", "event.action": "RECEIVE", "email.from.address": "bob@example.org", "w3c.reference": None}]),
    # what a proxy is asked for (RFC 9112 section 3.2), in Apache's layout
    ("access", "203.0.113.9 - eva [20/Nov/2026:10:00:01 +0100] \"GET http://eva@evil.example:8080/x?y HTTP/1.1\" 200 5 \"-\" \"c\"\n"
     "203.0.113.9 - - [20/Nov/2026:10:00:01 +0100] \"CONNECT evil.example:443 HTTP/1.1\" 407 5 \"-\" \"c\"\n", [
         {"url.domain": "evil.example", "url.path": "/x", "url.query": "y", "url.original": "http://eva@evil.example:8080/x?y"}, {"url.domain": "evil.example", "url.path": None}]),
]
# What begins as a format's lines do and is none of them, or no log at all.
NOT_RECOGNISED = [
    "{\"a\": 1}\n{\"b\": 2}\n", "{\"time\": \"2026-11-25T03:12:09Z\"\n", "{\"time\": \"yesterday\"}\n", "# a comment\n# another\n",
    "#Fields: date time\n", "Start-Date: never\nCommandline: x\n", "#1764040329\n", "ls -l\ncd /\n",
    "type=SYSCALL msg=audit(x:1): arch=c000003e\n", ": 1:0;x\n", "- cmd without a time\n",
    "{\"time\": \"2026-11-25T03:12:09Z\", \"a\": " + "[" * 40 + "]" * 40 + "}\n"]


class Formats(unittest.TestCase):
    maxDiff = None

    def check_event(self, event, wanted):
        self.assertEqual({name: event.get(name) for name in wanted}, wanted)

    def test_lines_become_events_with_their_fields(self):
        for name, text, wanted in CASES:
            with self.subTest(format=name, text=text[:60]):
                events, counts = read_lines(text)
                self.assertEqual(counts["format"], name)
                self.assertEqual([event["event.kind"] for event in events], ["event"] * len(wanted))
                for event, fields in zip(events, wanted):
                    self.check_event(event, fields)

    def test_all_lines_are_accounted_for(self):
        for name, text, wanted in CASES:
            with self.subTest(format=name, text=text[:60]):
                _, counts = read_lines(text)
                self.assertEqual(counts["lines"], len(text.split("\n")) - 1)
                self.assertEqual(counts["lines"], sum(counts[part] for part in ("events", "unparsed", "continued", "comments", "empty")))
                self.assertEqual(counts["events"], len(wanted))

    def test_brackets_as_dmesg_has_them_make_no_kernel_of_another_program(self):
        events, counts = read_lines("[Wed Nov 25 03:12:08 2026] Server started\n[Wed Nov 25 03:12:09 2026] BUG: the queue is full\n")
        self.assertEqual((counts["format"], counts["events"]), ("dated", 2))
        _, counts = read_lines("2026-11-25T03:12:08,123+01:00 ERROR driver: eth0: Link is Down\n" * 3)
        self.assertEqual((counts["format"], counts["events"]), ("dated", 3))
        self.check_event(events[1], {"time": "2026-11-25T03:12:09Z", "process.name": None, "event.action": None})

    def test_what_is_no_log_is_not_recognised(self):
        for text in NOT_RECOGNISED:
            with self.subTest(text=text[:60]):
                self.assertTrue(is_nobodys(text))

    def test_a_line_of_another_kind_is_kept_as_it_is(self):
        for name, text, wanted in CASES:
            if name in ("apt-term", "mysql-slow", "bash-history", "mysql", "zeek", "w3c"):
                continue
            with self.subTest(format=name):
                events, counts = read_lines(text * 2 + "\x01 no line of any log \xe4\n")
                if events[-1]["event.kind"] == "unparsed":
                    self.assertEqual(events[-1]["message"], "\x01 no line of any log \xe4")
                self.assertEqual((events[-1]["event.kind"], counts["unparsed"]), ("unparsed", 1))

    def test_a_login_whose_columns_are_unclear_is_kept_as_it_is(self):
        good = LAST.splitlines(keepends=True)[0] * 9
        for line in ("a b      ssh:notty    192.0.2.7        Wed Nov 25 03:12 - 03:12  (00:00)", "x y Mon Jan  1 00:00 pts/0 192.0.2.7 Wed Nov 25 03:12 - 03:12  (00:00)"):
            events, counts = read_lines(good + line + "\n")
            self.assertEqual((counts["format"], counts["unparsed"], events[-1]["message"]), ("last", 1, line))

    def test_bytes_that_are_no_text_stay_visible(self):
        events, _ = read_lines(b"Wed Nov 25 03:12:09 2026 [pid 1] [al\xffice] OK LOGIN: Client \"192.0.2.7\"\n")
        self.assertEqual((events[0]["user.name"], events[0]["event.original_bytes"]), ("al\\xffice", "yes"))

    def test_many_names_of_json_are_bounded_and_the_line_has_them(self):
        line = {"time": "2026-11-25T03:12:09Z", "message": "m"} | {f"k{number}": "v" for number in range(2000)}
        events, _ = read_lines(lines(line))
        self.assertEqual(json.dumps(line), events[0]["message"])

    def test_a_file_of_cloudtrail_has_its_records(self):
        many = [dict(TRAIL, eventID=f"e-{number}", userAgent="}]\\\" {" + "x" * 900) for number in range(3000)]
        for text in (json.dumps({"Records": many}), json.dumps({"Records": many}, indent=1)):
            events, counts = read_lines(text)
            self.assertEqual(counts["format"], "cloudtrail")
            self.assertEqual([event["event.id"] for event in events], [record["eventID"] for record in many])
            self.assertEqual({(event["event.kind"], event["user.name"], event["time"]) for event in events}, {("event", "alice", "2026-11-25T02:12:09Z")})
            self.assertTrue(all(json.loads(event["message"]) == record for event, record in zip(events, many)))

    def test_a_file_of_sudo_is_one_object_of_many_events(self):
        events, counts = read_lines(SUDO_JSON)
        self.assertEqual((counts["format"], len(events)), ("sudo", len(SUDO_EVENTS)))
        for event, expected in zip(events, SUDO_EVENTS):
            self.assertEqual({name: event.get(name) for name in expected}, expected)
        events, _ = read_lines(SUDO_JSON.replace('"seconds"', '"second"', 4)[:-30])  # no time, and a last one that is cut
        self.assertEqual([event["event.kind"] for event in events if event.get("event.action")], ["event"] * 2)
        self.assertIn("unparsed", {event["event.kind"] for event in events})

    def test_a_file_of_cloudtrail_that_is_cut_says_where(self):
        whole = json.dumps({"Records": [TRAIL, DENIED]})
        events, _ = read_lines(whole[:-9])
        self.assertEqual([event["event.kind"] for event in events], ["event", "notice"])
        self.assertEqual(events[1]["at"], whole.index("{\"eventVersion", 20))
        events, _ = read_lines(whole.replace(DENIED["eventTime"], "no time"))
        self.assertEqual([event["event.kind"] for event in events], ["unparsed", "unparsed"])

    def test_event_logs_of_windows_that_others_exported_have_their_time_and_meaning(self):
        """As evtx_dump (-o jsonl, -o xml), Velociraptor, xmltodict, wevtutil and EvtxECmd write one: microsoft's "4625(F)" says who failed to log on."""
        data = {"SubjectUserName": "-", "TargetUserName": "eva", "TargetDomainName": "CORP", "Status": "0xc000006d", "LogonType": 3, "IpAddress": "203.0.113.9", "IpPort": "5000"}
        when, schema = "2026-11-20T09:00:01.1234567Z", "http://schemas.microsoft.com/win/2004/08/events/event"
        system = {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}}, "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 4625}, "Level": 0,
                  "Keywords": "0x8010000000000000", "TimeCreated": {"#attributes": {"SystemTime": when}}, "EventRecordID": 55, "Execution": {"#attributes": {"ProcessID": 500, "ThreadID": 600}},
                  "Channel": "Security", "Computer": "PC1", "Security": None}
        dump = {"Event": {"#attributes": {"xmlns": schema}, "System": system, "EventData": data}}
        apart = {"Event": {"Event_attributes": {"xmlns": schema}, "System": {"Provider_attributes": {"Name": "Microsoft-Windows-Security-Auditing"}, "EventID": 4625, "TimeCreated_attributes":
                 {"SystemTime": when}, "Channel": "Security", "Computer": "PC1", "EventRecordID": 55}, "EventData": data}}
        named = [{"@Name": name, "#text": str(value)} for name, value in data.items()]
        parsed = {"Event": {"@xmlns": schema, "System": {"Provider": {"@Name": "Microsoft-Windows-Security-Auditing"}, "EventID": {"@Qualifiers": "", "#text": "4625"}, "TimeCreated":
                  {"@SystemTime": when}, "Channel": "Security", "Computer": "PC1", "EventRecordID": "55"}, "EventData": {"Data": named}}}
        velociraptor = {"System": {"Provider": {"Name": "Microsoft-Windows-Security-Auditing", "Guid": "{5}"}, "EventID": {"Value": 4625}, "TimeCreated": {"SystemTime": 1795165201.1234567},
                        "Channel": "Security", "Computer": "PC1", "EventRecordID": 55}, "EventData": data, "Message": "An account failed to log on."}
        items = "".join(f"<Data Name='{name}'>{value}</Data>" for name, value in data.items())
        xml = (f"<Event xmlns='{schema}'><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID Qualifiers=''>4625</EventID><TimeCreated SystemTime='{when}'/>"
               f"<EventRecordID>55</EventRecordID><Channel>Security</Channel><Computer>PC1</Computer></System><EventData>{items}</EventData>%s</Event>")
        rendered = xml % "<RenderingInfo Culture='en-US'><Message>An account &lt;failed&gt;&#x20;to\nlog &#111;n &amp; so.</Message></RenderingInfo>"
        spread = '<?xml version="1.0" encoding="utf-8"?>\n' + (xml % "").replace("><", ">\n  <").replace("'/>", "'>\n  </Provider>", 1).replace("'", '"')
        head = "RecordNumber,EventRecordId,TimeCreated,EventId,Level,Provider,Channel,ProcessId,ThreadId,Computer,ChunkNumber,UserId,MapDescription,UserName,RemoteHost,Keywords,Payload"
        payload = json.dumps({"EventData": {"Data": named}})
        cells = ["1", "55", "2026-11-20 09:00:01.1234567", "4625", "LogAlways", "Microsoft-Windows-Security-Auditing", "Security", "500", "600", "PC1", "0", "", "Failed logon", "CORP\\eva",
                 "EVIL (203.0.113.9)", "Audit failure", payload]
        row = ",".join('"' + cell.replace('"', '""') + '"' if '"' in cell else cell for cell in cells)
        hunted = {"group": "Sigma", "kind": "individual", "document": {"kind": "evtx", "path": "Security.evtx", "data": dump}, "name": "Failed logon", "timestamp": when,
                  "authors": ["x"], "level": "low", "source": "sigma", "status": "stable", "id": "r-1", "tags": ["a.b", "c"]}  # chainsaw's cli.rs, "Detection"
        many = "Record 1\n{}\nRecord 2\n{}\n".format(*[json.dumps(dump, indent=2)] * 2)  # evtx_dump -o json
        for text in (lines(dump), lines(apart), lines(parsed), lines(velociraptor), xml % "" + "\n", many, json.dumps([dump, dump]), json.dumps([hunted, hunted], indent=1), lines(hunted), f"Record 1\n{spread}\nRecord 2\n{spread}\n",
                     f"\ufeff<?xml version=\"1.0\"?><Events>{rendered}{rendered}</Events>", f"\ufeff{head}\r\n{row}\r\n", lines(dict(zip(head.split(","), cells)))):
            with self.subTest(text=text[:60]):
                events, counts = read_lines(text)
                self.assertEqual((counts["format"], counts["unparsed"], len(events) > 0), ("evtx", 0, True))
                for event in events:
                    self.assertEqual([event.get(name) for name in ("event.code", "event.action", "event.outcome", "user.name", "user.domain", "source.ip", "source.port", "host.name",
                                                                   "winlog.channel", "winlog.record_id", "winlog.event_data.LogonType", "event.dataset", "doubt")],
                                     ["4625", "login", "failure", "eva", "CORP", "203.0.113.9", "5000", "PC1", "Security", "55", "3", "evtx", ""])
                    self.assertEqual(event["time"][:24], "2026-11-20T09:00:01.1234")
        self.assertEqual([read_lines(lines(hunted))[0][0].get(name) for name in ("rule.name", "rule.id", "chainsaw.tags", "chainsaw.level", "log.level")],
                         ["Failed logon", "r-1", ["a.b", "c"], "low", "informational"])
        events, counts = read_lines(many)
        self.assertEqual(([event["at"] for event in events], [event["line"] for event in events], counts["comments"]),
                         ([9, many.rindex("{\n  \"Event\"")], [2, 3 + json.dumps(dump, indent=2).count("\n") + 1], 2))
        self.assertEqual(read_lines(rendered)[0][0]["message"], "An account <failed> to\nlog on & so.")
        events, _ = read_lines(xml % "" + "what is between\n" + xml.replace("4625", "x") % "" + (xml % "")[:-9])
        self.assertEqual([event["event.kind"] for event in events], ["event", "unparsed", "event", "unparsed"])
        for cut in (8, 25, 200):  # one that is cut takes nothing of the next
            events, _ = read_lines(xml % "" + (xml % "")[:-cut] + xml % "")
            self.assertEqual([event["event.kind"] for event in events], ["event", "unparsed", "event"])
        table = f"{head}\n" + ",".join(cells[:-1] + [""]) + "\n"  # without the data nobody knows whose name it is
        self.assertEqual([read_lines(table)[0][0].get(name) for name in ("user.name", "related.user", "related.ip", "event.outcome")], [None, "eva", "203.0.113.9", "failure"])

    def test_event_logs_that_windows_exports_for_people_have_their_time(self):
        """The event viewer's CSV and text, whose heads and dates are of the system's language and zone; Get-WinEvent through Export-Csv and ConvertTo-Json."""
        text = '"An account failed to log on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tSYSTEM\r\n"'
        heads = {"us": "Keywords,Date and Time,Source,Event ID,Task Category", "de": "Ebene,Datum und Uhrzeit,Quelle,Ereignis-ID,Aufgabenkategorie"}
        for head, times, expected in (
                ("us", ("11/05/2026 9:00:01 AM", "11/20/2026 12:00:02 PM"), ("2026-11-05T09:00:01Z", "2026-11-20T12:00:02Z")),
                ("us", ("05/11/2026 9:00:01 pm", "20/11/2026 12:00:02 am"), ("2026-11-05T21:00:01Z", "2026-11-20T00:00:02Z")),
                ("de", ("05.11.2026 09:00:01", "20.11.2026 12:00:02"), ("2026-11-05T09:00:01Z", "2026-11-20T12:00:02Z")),
                ("de", ("2026-11-05 09:00:01", "2026/11/20 12:00:02"), ("2026-11-05T09:00:01Z", "2026-11-20T12:00:02Z")),
                ("de", ("5. 11. 2026 9:00:01", "20. 11. 2026 12:00:02"), ("2026-11-05T09:00:01Z", "2026-11-20T12:00:02Z")),
                ("us", ("11/05/2026 9:00:01 AM", "10/05/2026 9:00:01 AM"), (None, None))):  # which is the month nobody can tell
            for separator in ",\t":
                table = "\r\n".join([heads[head].replace(",", separator)] + [separator.join(("Audit Failure", when, "Microsoft-Windows-Security-Auditing", "4625", "Logon", text)) for when in times]) + "\r\n"
                events, counts = read_lines(table)
                self.assertEqual((counts["format"], counts["unparsed"], [event["doubt"] for event in events]), ("evtx", 0, ["z", "z"] if expected[0] else ["or", "or"]), table)
                self.assertEqual([event["time"] if expected[0] else event["event.stated_time"] for event in events], list(expected if expected[0] else times))
                self.assertEqual([(event["event.action"], event["event.outcome"], event["message"]) for event in events],
                                 [("login", "failure", text.strip('"'))] * 2)
        table = '#TYPE Selected.System.Diagnostics.Eventing.Reader.EventLogRecord\r\n"TimeCreated","Id","ProviderName","LevelDisplayName","Message","MachineName","RecordId"\r\n' \
                '"11/20/2026 9:00:01 AM","4625","Microsoft-Windows-Security-Auditing","Information","a","PC1","55"\r\n'
        record = {"Id": 4625, "Version": 0, "Level": 0, "RecordId": 55, "ProviderName": "Microsoft-Windows-Security-Auditing", "LogName": "Security", "MachineName": "PC1",
                  "UserId": {"BinaryLength": 12, "Value": "S-1-5-18"}, "TimeCreated": "/Date(1795165201123)/", "Message": "a", "Properties": [{"Value": "x"}, {"Value": "y"}]}
        for text, when, doubt in ((table, "2026-11-20T09:00:01Z", "z"), (json.dumps([record, record], indent=4).replace("/", "\\/"), "2026-11-20T09:00:01.123Z", ""),
                                  (lines(record | {"TimeCreated": "2026-11-20T10:00:01.1234567+01:00"}), "2026-11-20T09:00:01.1234567Z", "")):
            event = read_lines(text)[0][0]
            self.assertEqual([event[name] for name in ("time", "doubt", "event.dataset", "event.code", "event.outcome", "host.name", "winlog.record_id", "message", "log.level")],
                             [when, doubt, "evtx", "4625", "failure", "PC1", "55", "a", "informational"])
        # microsoft's "4625(F)" shows the text beside the values
        said = "\r\n".join(("An account failed to log on.", "", "Subject:", "\tSecurity ID:\t\tSYSTEM", "\tAccount Name:\t\tPC1$", "\tAccount Domain:\t\tCORP", "", "Logon Type:\t\t\t10", "",
                            "Account For Which Logon Failed:", "\tSecurity ID:\t\tNULL SID", "\tAccount Name:\t\teva", "\tAccount Domain:\t\tCORP", "", "Network Information:",
                            "\tWorkstation Name:\tEVIL", "\tSource Network Address:\t203.0.113.9", "\tSource Port:\t\t5000", ""))
        table = f'{heads["us"]}\r\nAudit Failure,11/20/2026 9:00:01 AM,Microsoft-Windows-Security-Auditing,4625,Logon,"{said}"\r\n'
        named = read_lines(table)[0][0]
        self.assertEqual([named[name] for name in ("user.name", "user.domain", "source.ip", "source.port", "winlog.event_data.SubjectUserName", "winlog.event_data.LogonType", "winlog.data_of")],
                         ["eva", "CORP", "203.0.113.9", "5000", "PC1$", "10", "message"])
        self.assertEqual([event[name] for name in ("winlog.channel", "winlog.user.identifier", "winlog.event_data.param2")], ["Security", "S-1-5-18", "y"])

    def test_objects_of_json_over_several_lines_and_in_lists_are_events(self):
        """In a list, behind one another, in what a search of Elasticsearch answers; one that is cut or too long takes none of the next."""
        one, two = {"time": "2026-11-25T02:12:10Z", "user": "eva", "n": [{"a": "]}\\\" {"}]}, {"time": "2026-11-25T02:12:11Z", "user": "bob", "n": []}
        hits = {"took": 5, "hits": {"total": {"value": 2}, "hits": [{"_index": "l", "_id": str(n), "_source": source} for n, source in enumerate((one, two))]}}
        for indent in (None, 2, "\t"):
            first, second = (json.dumps(value, indent=indent) for value in (one, two))
            for text in (json.dumps([one, two], indent=indent), f"\ufeff[\r\n{first},\n{second}\n]\n", f"{first}\n{second}", json.dumps(hits, indent=indent)):
                events, counts = read_lines(text)
                self.assertEqual([(event["time"][:19], event["user.name"], event["event.kind"]) for event in events],
                                 [("2026-11-25T02:12:10", "eva", "event"), ("2026-11-25T02:12:11", "bob", "event")], text)
                self.assertEqual((counts["format"], counts["unparsed"]), ("json", 0))
                at = [text.index(name) for name in ("eva", "bob")]  # a place is that of the object's beginning
                self.assertTrue(all(len(text[:event["at"]].encode()) <= place for event, place in zip(events, at)))
                text = text.lstrip("\ufeff")
                self.assertEqual([max(event["at"], 2) for event in read_lines(b"\xff\xfe" + text.encode("utf-16-le"))[0]],
                                 [2 + 2 * event["at"] for event in read_lines(text)[0]])
        pretty = [json.dumps(value, indent=1) for value in (one, two, one, two)]
        for cut in (3, 30, 50):
            events, _ = read_lines("[" + ",\n".join([pretty[0], pretty[1][:-cut], pretty[2], pretty[3]]) + "]")
            whole = [event["user.name"] for event in events if event["event.kind"] == "event"]
            self.assertEqual((whole[0], whole[-2:], {event["event.kind"] for event in events}), ("eva", ["eva", "bob"], {"event", "unparsed"}))
        long = json.dumps(dict(two, x="y" * (1 << 20)), indent=1)
        events, _ = read_lines("\n".join([pretty[0], pretty[1], long, pretty[2]]))
        self.assertEqual([(event["event.kind"], event.get("event.cut")) for event in events],
                         [("event", None), ("event", None), ("unparsed", f"message: {len(long)} bytes"), ("event", None)])
        self.assertEqual(read_lines(json.dumps({"name": "x", "list": [{"a": 1}, {"b": "2026"}]}, indent=1))[1]["format"], "text")

    def test_names_that_other_formats_would_give_take_no_room(self):
        values = {f"counter{number}": number + 1 for number in range(1600)}
        parts = [{"time": "2026-11-25T02:12:10Z", "n": dict(list(values.items())[at:at + 400])} for at in range(0, 1600, 400)]
        events, counts = read_lines(lines(*parts))
        found = {name: value for event in events for name, value in event.items() if name.startswith("json.n.")}
        self.assertEqual((counts["format"], found), ("json", {f"json.n.{name}": str(value) for name, value in values.items()}))

    def test_a_json_line_without_the_time_of_the_others_is_unparsed_and_a_usual_name_goes_before(self):
        events, counts = read_lines(lines(
            {"timeStamp": "2026-11-25T03:12:09+00:00", "a": 1}, {"other": "2026-11-25T03:12:10+00:00"}, {"timeStamp": "2026-11-25T03:12:11+00:00"},
            {"timeStamp": ["2026-11-25T03:12:12Z", "2026-11-25T03:12:13Z"]}, {"timeStamp": "2020-01-01T00:00:00Z", "time": "2026-11-25T03:12:14Z"},
            {"timeStamp": "2026-11-25T03:12:15Z"}))
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("json", 4, 2))
        self.assertEqual([(event["time"][17:19], event.get("event.time_member")) for event in events if event["event.kind"] == "event"],
                         [("09", "timeStamp"), ("11", "timeStamp"), ("14", None), ("15", "timeStamp")])

    def test_json_lines_with_a_date_alone_or_far_within_are_no_log(self):
        for values in ({"a": {"b": {"when": "2026-11-25T03:12:09Z"}}}, {"when": "2026-11-25"}, {"when": "03:12:09"}, {"when": "at 2026-11-25T03:12:09Z"},
                       {"when": 1764040329}, {"when": "2026-02-30T03:12:09Z"}):
            self.assertEqual(read_lines(lines(values, values))[1]["format"], "text", values)

    def test_more_fields_than_an_event_has_leave_its_kind_and_message(self):
        many = {"timestamp": "2026-11-25T02:12:10.000001+0000", "event_type": "stats", "stats": {f"c{number}": number for number in range(2000)}}
        events, _ = read_lines(lines(many))
        self.assertEqual((events[0]["event.kind"], events[0]["event.dataset"], events[0]["message"]), ("event", "suricata", json.dumps(many)))

    def test_records_of_one_audit_event_in_a_long_log_are_one_event(self):
        records = "".join(f"type=SYSCALL msg=audit(1764040329.{n % 1000:03}:{n}): arch=c000003e syscall=2 success=yes exit=3 pid={n} comm=\"x\"\n"
                          f"type=CWD msg=audit(1764040329.{n % 1000:03}:{n}): cwd=\"/{n}\"\n" for n in range(30000))
        events, counts = read_lines(records)
        self.assertEqual((counts["events"], counts["continued"]), (30000, 30000))
        self.assertTrue(all(event["process.pid"] == event["auditd.sequence"] == event["process.working_directory"][1:] for event in events))


if __name__ == "__main__":
    unittest.main()
