"""test_timeline_layouts.py: the layouts of system logs of routers, switches and firewalls. Lines were written by hand, from the sources and manuals that
are named; expected values follow from them."""
import unittest

from timeline_lines import read_lines

FAILED, OK = "failure", "success"
LOGIN = "sshd[12]: Accepted password for eva from 192.0.2.7 port 5 ssh2"
EVA = {"event.action": "login", "user.name": "eva", "source.ip": "192.0.2.7", "process.name": "sshd", "process.pid": "12"}
HERE = {"time": "2026-11-25T03:12:09Z", "doubt": "yz"}
# Line and the fields that it must have; None: it has no such field.
LAYOUTS = [
    # OpenWrt: ubox, log/logread.c ("%s %s.%s%s %s"); Busybox: sysklogd/syslogd.c; FreeBSD: usr.sbin/syslogd, -v -v.
    ("Wed Nov 25 03:12:09 2026 authpriv.info dropbear[7]: Password auth succeeded for 'root' from 192.0.2.7:5555",
     {"time": "2026-11-25T03:12:09Z", "doubt": "z", "host.name": None, "process.name": "dropbear", "log.syslog.facility.name": "authpriv",
      "log.level": "informational", "user.name": "root", "event.action": "login"}),
    ("Wed Nov 25 03:12:09 2026 kern.warn kernel: [   12.5] eth0: link down",
     {"host.name": None, "event.action": "network-fault", "log.syslog.facility.name": "kern", "log.level": "warning"}),
    (f"Nov 25 03:12:09 web1 auth.info {LOGIN}", {**EVA, **HERE, "host.name": "web1", "log.syslog.facility.name": "auth"}),
    (f"Nov 25 03:12:09 <auth.info> web1 {LOGIN}", {**EVA, **HERE, "host.name": "web1", "log.level": "informational"}),
    (f"<38>Nov 25 03:12:09 web1 auth.info {LOGIN}", {**EVA, "host.name": "web1", "log.level": "informational"}),
    # syslog-ng: lib/logsource.c, log_source_mangle_hostname(), with chain_hostnames().
    (f"Nov 25 03:12:09 web1/relay {LOGIN}", {**EVA, **HERE, "host.name": ["web1", "relay"], "syslog_ng.source": None}),
    (f"Nov 25 03:12:09 s_sys@web1 {LOGIN}", {**EVA, **HERE, "host.name": "web1", "syslog_ng.source": "s_sys"}),
    (f"Nov 25 03:12:09 s_sys@web1/relay/192.0.2.9 {LOGIN}", {**EVA, "host.name": ["web1", "relay", "192.0.2.9"], "syslog_ng.source": "s_sys"}),
    (f"2026-11-25T03:12:09+01:00 web1/relay {LOGIN}", {**EVA, "host.name": ["web1", "relay"]}),
    ("Nov 25 03:12:09 postfix/smtpd[7]: connect from unknown[192.0.2.7]", {"host.name": None, "process.name": "postfix/smtpd", "process.pid": "7"}),
    # A zone behind the clock; of several meanings that of RFC 822, in doubt; what no tag follows is a host.
    (f"Nov 25 03:12:09 CET web1 {LOGIN}", {**EVA, "time": "2026-11-25T02:12:09Z", "doubt": "y", "host.name": "web1", "event.timezone": "CET"}),
    (f"Nov 25 03:12:09 CST web1 {LOGIN}", {**EVA, **HERE, "time": "2026-11-25T09:12:09Z", "host.name": "web1", "event.timezone": "CST"}),
    (f"Nov 25 03:12:09 CET {LOGIN}", {**EVA, **HERE, "host.name": "CET", "event.timezone": None}),
    # Cisco IOS: System Message Guide, "service timestamps", "logging origin-id"; of its own, as sent, and behind a collector's head.
    ("*Nov 25 03:12:09.123 UTC: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.7)",
     {"time": "2026-11-25T03:12:09.123Z", "doubt": "y", "event.action": "configuration-change", "user.name": "admin", "source.ip": "192.0.2.7",
      "event.code": "SYS-5-CONFIG_I", "log.level": "notice", "cisco.clock": "not set", "process.name": None}),
    ("<189>45: web1: *Nov 25 03:12:09.123: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: x] [Source: 192.0.2.7] [localport: 22] "
     "[Reason: Login Authentication Failed] at 03:12:09 UTC Wed Nov 25 2026",
     {"host.name": "web1", "event.action": "login", "event.outcome": FAILED, "user.name": "x", "source.ip": "192.0.2.7", "process.name": None,
      "event.reason": "Login Authentication Failed", "log.syslog.facility.name": "local7"}),
    ("<187>000046: Nov 25 03:12:09 CET: %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down",
     {"time": "2026-11-25T02:12:09Z", "event.action": "network-fault", "device.id": "GigabitEthernet0/1", "cisco.clock": None, "host.name": None}),
    ("Nov 25 03:12:10 192.0.2.1 45: *Nov 25 03:12:09.123: %SEC-6-IPACCESSLOGP: list 101 denied tcp 192.0.2.7(1234) -> 198.51.100.4(80), 1 packet",
     {"time": "2026-11-25T03:12:10Z", "host.name": "192.0.2.1", "event.action": "firewall-deny", "source.ip": "192.0.2.7", "source.port": "1234",
      "destination.port": "80", "network.transport": "tcp", "process.name": None}),
    # NX-OS: System Messages Reference; ASA: Syslog Messages, "logging timestamp", "logging device-id".
    ("<189>: 2026 Nov 25 03:12:09 UTC: %ETHPORT-5-IF_DOWN_LINK_FAILURE: Interface Ethernet1/1 is down (Link failure)",
     {"time": "2026-11-25T03:12:09Z", "doubt": "", "event.action": "network-fault", "device.id": "Ethernet1/1", "event.reason": "Link failure"}),
    ("2026 Nov 25 03:12:09.123 n5k %ETHPORT-5-IF_UP: Interface Ethernet1/1 is up in mode access",
     {"time": "2026-11-25T03:12:09.123Z", "host.name": "n5k", "event.action": "link-up", "device.id": "Ethernet1/1"}),
    ("<166>Nov 25 2026 03:12:09 asa1 : %ASA-6-605004: Login denied from 192.0.2.7/1234 to inside:198.51.100.4/ssh for user \"admin\"",
     {"time": "2026-11-25T03:12:09Z", "doubt": "z", "host.name": "asa1", "event.action": "login", "event.outcome": FAILED, "user.name": "admin",
      "source.ip": "192.0.2.7", "event.code": "ASA-6-605004", "process.name": None}),
    ("Nov 25 2026 03:12:09: %ASA-4-106023: Deny tcp src outside:192.0.2.7/1234 dst inside:198.51.100.4/80 by access-group \"out\" [0x0, 0x0]",
     {"event.action": "firewall-deny", "source.ip": "192.0.2.7", "destination.ip": "198.51.100.4", "destination.port": "80", "rule.name": "out"}),
    ("Nov 25 03:12:09 192.0.2.1 %ASA-3-113015: AAA user authentication Rejected : reason = Invalid password : local database : user = eva : "
     "user IP = 192.0.2.7", {"host.name": "192.0.2.1", "event.outcome": FAILED, "user.name": "eva", "source.ip": "192.0.2.7"}),
]


# HAProxy: doc/configuration.txt, 8.2.3 (httplog), 8.2.2 (tcplog), 8.2.5 (errors); src/check.c, src/server.c.
PROXIED = [
    ('192.0.2.7:4444 [25/Nov/2026:03:12:09.123] fe be/s1 0/0/1/2/3 503 1234 - - SC-- 1/1/0/0/0 0/0 "GET /x?a=b HTTP/1.1"',
     {"event.action": "access", "event.outcome": FAILED, "source.ip": "192.0.2.7", "source.port": "4444", "http.response.status_code": "503",
      "http.request.method": "GET", "url.original": "/x?a=b", "http.version": "1.1", "haproxy.backend_name": "be", "haproxy.termination_state": "SC--"}),
    ('2001:db8::7:4444 [25/Nov/2026:03:12:09.123] fe~ be/s1 0/0/1/2/3 200 1234 - - ---- 1/1/0/0/0 0/0 {ua|ref} {} "GET / HTTP/2.0"',
     {"event.outcome": OK, "source.ip": "2001:db8::7", "haproxy.frontend_name": "fe~", "url.original": "/"}),
    ('192.0.2.7:4444 [25/Nov/2026:03:12:09.123] fe fe/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"',
     {"event.outcome": FAILED, "url.original": "<BADREQ>", "haproxy.server_name": "<NOSRV>"}),
    ("192.0.2.7:4444 [25/Nov/2026:03:12:09.123] fe be/s1 0/0/5007 212 -- 0/0/0/0/3 0/0", {"event.action": "connection", "haproxy.bytes_read": "212"}),
    ("192.0.2.7:4444 [25/Nov/2026:03:12:09.123] fe/1: SSL handshake failure",
     {"event.outcome": FAILED, "source.ip": "192.0.2.7", "event.reason": "SSL handshake failure"}),
    ("Server be/s1 is DOWN, reason: Layer4 timeout, check duration: 2001ms. 0 active and 0 backup servers left.",
     {"event.action": "upstream-failed", "haproxy.server_name": "s1"}),
]
# FortiGate: FortiOS Log Message Reference; the zone is stated (6.2), follows from eventtime (6.0), or is not known.
FORTIGATE = [
    ('date=2026-11-25 time=03:12:09 devname="fw1" devid="FGT60" logid="0100032002" type="event" subtype="system" level="alert" vd="root" '
     'eventtime=1795572729123456789 tz="+0100" logdesc="Admin login failed" user="root" ui="ssh(192.0.2.7)" action="login" status="failed" '
     'srcip=192.0.2.7 reason="passwd_invalid" msg="Administrator root login failed"',
     {"time": "2026-11-25T02:12:09Z", "doubt": "", "host.name": "fw1", "user.name": "root", "source.ip": "192.0.2.7", "event.action": "login",
      "event.outcome": FAILED, "log.level": "alert", "event.code": "0100032002", "fortigate.msg": "Administrator root login failed"}),
    ('<189>date=2026-11-25 time=03:12:09 devname="fw1" devid="FGT60" logid="0000000013" type="traffic" subtype="forward" level="notice" '
     'eventtime=1795579930 srcip=192.0.2.7 srcport=58012 dstip=198.51.100.4 dstport=443 proto=6 action="deny" policyid=1',
     {"time": "2026-11-25T04:12:09Z", "doubt": "", "event.action": "firewall-deny", "event.outcome": FAILED, "network.transport": "tcp",
      "destination.port": "443", "event.is_ambiguous": None}),
    ("Nov 25 03:12:10 198.51.100.1 date=2026-11-25 time=03:12:09 devname=fw1 devid=FGT60 logid=0000000013 type=traffic level=notice srcip=192.0.2.7 "
     "action=close", {"time": "2026-11-25T03:12:09Z", "doubt": "z", "host.name": "fw1", "event.action": "firewall-allow", "fortigate.action": "close"}),
    ('date=2026-11-25 time=03:12:09 devname="fw1" devid="FGT60" logid="0100032002" type="event" tz="+0000" user="x" srcip=192.0.2.8 y" '
     'action="login" status="failed" srcip=192.0.2.7', {"source.ip": ["192.0.2.8", "192.0.2.7"], "event.is_ambiguous": "yes"}),
    # Who got in: SSL VPN, firewall authentication and FSSO; not a tunnel between gateways, whose "user" is the other one.
    *((f'date=2026-11-25 time=03:12:09 devname="fw1" devid="FGT60" logid="0101039424" type="event" subtype="{part}" level="information" vd="root" tz="+0000" remip=192.0.2.7 user="eva" '
       f'action="{action}" {more}', {"user.name": "eva", "event.action": action, "event.category": category, "event.outcome": outcome})
      for part, action, more, category, outcome in (
          ("vpn", "tunnel-up", 'tunneltype="ssl-tunnel" tunnelid=7 reason="login successfully" msg="SSL tunnel established"', "authentication", "success"),
          ("vpn", "tunnel-up", 'tunneltype="ssl-web" reason="login successfully"', "authentication", "success"),
          ("vpn", "ssl-login-fail", 'tunneltype="ssl-web" reason="sslvpn_login_permission_denied"', "authentication", FAILED),
          ("vpn", "tunnel-down", 'tunneltype="ssl-tunnel" reason="N/A"', "session", None),
          ("vpn", "tunnel-up", 'tunneltype="ipsec" logdesc="IPsec connection status changed"', None, "success"),
          ("user", "auth-logon", 'status="logon" reason="Authentication"', "authentication", "success"),
          ("user", "authentication", 'status="success" authproto="HTTPS(192.0.2.7)"', "authentication", "success"),
          ("user", "authentication", 'status="failure"', "authentication", FAILED),
          ("user", "FSSO-logon", 'server="FSSO-AD"', "authentication", "success"),
          ("system", "authentication", 'status="success"', None, "success"))),
]


class Layouts(unittest.TestCase):
    maxDiff = None

    def test_lines_of_devices_have_their_host_time_and_meaning(self):
        self.read("syslog", LAYOUTS)

    def read(self, name, lines):
        events, counts = read_lines("".join(line + "\n" for line, _ in lines))
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), (name, len(lines), 0))
        for event, (line, wanted) in zip(events, lines):
            with self.subTest(line):
                self.assertEqual({field: event.get(field) for field in wanted}, wanted)

    def test_the_name_of_a_host_behind_the_address_of_who_sent_it_is_one(self):
        # rsyslog's template "%timestamp% %fromhost-ip% %hostname% %syslogtag%%msg%".
        for time in ("Nov 25 03:12:09", "2026-11-25T03:12:09Z"):
            events = read_lines(f"{time} 203.0.113.9 web1 sshd[5]: Accepted password for eva from 203.0.113.7 port 5 ssh2\n{time} 203.0.113.9 web1 sudo: eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh\n"
                                f"{time} 203.0.113.9 sshd[5]: Failed password for root from 203.0.113.7 port 5 ssh2\n")[0]
            self.assertEqual([(event["host.name"], event["process.name"], event["event.action"], event.get("source.ip")) for event in events],
                             [(["203.0.113.9", "web1"], "sshd", "login", "203.0.113.7"), (["203.0.113.9", "web1"], "sudo", "command", None), ("203.0.113.9", "sshd", "login", "203.0.113.7")])

    def test_a_head_behind_the_name_of_a_relay_is_its_senders(self):
        for inner in ("2026-11-25T02:12:08Z", "Nov 25 02:12:08"):
            events = read_lines(f"2026-11-25T03:12:09Z relay {inner} web1 {LOGIN}\n2026-11-25T03:12:10Z relay {inner} web1 sudo: eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh\n")[0]
            self.assertEqual([(event["time"][11:], event["host.name"], event["process.name"], event["event.action"]) for event in events],
                             [("03:12:09Z", ["relay", "web1"], "sshd", "login"), ("03:12:10Z", ["relay", "web1"], "sudo", "command")])
        for text in ("relay 2026-11-25T02:12:08Z web1 job: done", "relay 2026-11-25T02:12:08Z done", "from a relay 2026-11-25T02:12:08Z web1 sshd[5]: x", "[relay] 2026-11-25T02:12:08Z web1 sshd[5]: x"):
            events, counts = read_lines(f"2026-11-25T03:12:09Z {text}\n" * 3)  # no program with a number, nor one that is known; no host
            self.assertEqual((counts["format"], events[0].get("host.name"), events[0]["message"]), ("dated", None, text))

    def test_what_suricata_sends_to_syslog_is_read_as_its_own_log(self):
        # suricata.yaml, outputs, eve-log, "filetype: syslog": the object is the message.
        alert = ('{"timestamp":"2026-11-25T03:12:09.123456+0000","event_type":"alert","src_ip":"203.0.113.7","src_port":4444,"dest_ip":"192.0.2.5","dest_port":80,"proto":"TCP",'
                 '"alert":{"action":"allowed","signature_id":2,"signature":"ET EXPLOIT x","category":"c","severity":1}}')
        for time in ("Nov 25 03:12:10", "2026-11-25T03:12:10Z"):
            event = read_lines(f"{time} ids1 suricata[812]: {alert}\n{time} ids1 suricata[812]: [1:2:3] plain text\n")[0][0]
            self.assertEqual({field: event.get(field) for field in ("event.dataset", "event.carried_dataset", "host.name", "process.name", "source.ip", "destination.port", "rule.name", "event.action", "message")},
                             {"event.dataset": "syslog", "event.carried_dataset": "suricata", "host.name": "ids1", "process.name": "suricata", "source.ip": "203.0.113.7", "destination.port": "80",
                              "rule.name": "ET EXPLOIT x", "event.action": "alert", "message": alert})
            self.assertEqual(event["time"], "2026-11-25T03:12:10Z")
        self.assertIsNone(read_lines(f"Nov 25 03:12:10 web1 app[812]: {alert}\n")[0][0].get("source.ip"))  # text of another program

    def test_what_kiwi_wrote_is_a_system_log(self):
        # Kiwi Syslog Server, "Log file formats": ISO yyyy-mm-dd, tab delimited: date and time, facility.level, sender, message.
        self.read("syslog", [
            (f"2026-11-25 03:12:09\tAuth.Info\t203.0.113.9\tNov 25 03:12:09 web1 {LOGIN}",
             {**EVA, "time": "2026-11-25T03:12:09Z", "doubt": "z", "host.name": ["203.0.113.9", "web1"], "log.syslog.facility.name": "auth", "log.level": "informational"}),
            (f"2026-11-25 03:12:09\tKernel.Warning\tgate.example.org\t{LOGIN}", {**EVA, "host.name": "gate.example.org", "log.syslog.facility.name": "kern", "log.level": "warning"}),
            ("2026-11-25 03:12:09\tLocal7.Notice\t203.0.113.9\tall is well", {"host.name": "203.0.113.9", "message": "all is well", "process.name": None, "log.syslog.facility.name": "local7"}),
            ("2026-11-25 03:12:09\tSystem3.Error\t203.0.113.9\tx", {"log.syslog.facility.name": None, "log.level": "error"})])
        for columns in ("app.info\tweb1\tx", "auth.start\tweb1\tx", "Auth.Info\ta b\tx", "Auth.Info\tweb1", "Auth\tInfo\tweb1\tx"):  # other tables
            events, counts = read_lines(f"2026-11-25 03:12:09\t{columns}\n" * 3)
            self.assertEqual((counts["format"], events[0].get("host.name")), ("dated", None))

    def test_a_day_before_its_month_is_one(self):
        self.read("syslog", [(f"25 Nov 03:12:09 web1 {LOGIN}", {**EVA, **HERE, "host.name": "web1"}), (f"5 Nov 03:12:09 web1 {LOGIN}", {**EVA, "time": "2026-11-05T03:12:09Z"}),
                             (f"25 Nov 2026 03:12:09.5 web1 {LOGIN}", {**EVA, "time": "2026-11-25T03:12:09.5Z", "doubt": "z"}), (f"Nov 25 3:12:09 web1 {LOGIN}", {**EVA, **HERE})])
        for line in ("25 Nov 03:12:09 user eva: login", "25 Nov 03:12:09 job: done", "25 Nowhere 03:12:09 web1 sshd[5]: x", "125 Nov 03:12:09 web1 sshd[5]: x", "25 Nov 03:12 web1 sshd[5]: x"):
            self.assertNotEqual(read_lines(f"{line}\n" * 3)[1]["format"], "syslog", line)

    def test_a_host_with_bytes_that_are_no_text_is_one(self):
        for host in (b"w\xe4b1", b"\xff", b"web1\xfe"):
            events, counts = read_lines(b"Nov 25 03:12:09 " + host + b" " + LOGIN.encode() + b"\n")
            self.assertEqual((counts["format"], counts["unparsed"]), ("syslog", 0))
            self.assertEqual((events[0]["host.name"], events[0]["user.name"], events[0]["event.original_bytes"]),
                             (host.decode("utf-8", "backslashreplace"), "eva", "yes"))

    def test_what_haproxy_passed_on_is_a_request(self):
        self.read("syslog", [(f"Nov 25 03:12:09 lb haproxy[99]: {line}", wanted) for line, wanted in PROXIED])

    def test_pairs_of_a_fortigate_are_fields(self):
        self.read("fortigate", FORTIGATE)

    # RFC 3164 4.3: a relay puts a head of its own in front of what it cannot read.
    def test_a_time_behind_the_head_is_no_tag(self):
        for own, more in ((f"2026-11-25T03:12:09+01:00 {LOGIN}", {**EVA, "host.name": "h"}), (f"2026-11-25T03:12:09Z web2 {LOGIN}", {**EVA, "host.name": ["h", "web2"]}),
                          (f"Nov 25 03:12:09 web2 {LOGIN}", {**EVA, "host.name": ["h", "web2"]}), ("03:12:09 INFO starting up", {"process.name": None}),
                          ("03:12:09.123 INFO: up", {"process.name": None}), ("2026-11-25T03:12:09 x: up", {"process.name": None})):
            event = read_lines(f"Nov 25 03:12:09 h {own}\n")[0][0]
            self.assertEqual({field: event.get(field) for field in more}, more, own)
            self.assertEqual((event["message"], event["time"]), (own, "2026-11-25T03:12:09Z"))

    def test_lines_of_esxi_8_have_level_and_priority_in_place_of_the_host(self):
        """VMware, "ESXi 8.0 log message format": two letters of the severity and the number of RFC 5424's priority: 38 is auth.info, 180 local6.warning, 166 local4.info, 14 user.info."""
        lines = [("In(38) sshd[1234]: Accepted password for root from 203.0.113.7 port 22 ssh2",
                  {**EVA, "user.name": "root", "source.ip": "203.0.113.7", "source.port": "22", "process.pid": "1234", "log.level": "informational", "log.syslog.facility.name": "auth"}),
                 ("Wa(180) vmkwarning: cpu1:2098)WARNING: x", {"process.name": "vmkwarning", "log.level": "warning", "log.syslog.facility.name": "local6", "message": "cpu1:2098)WARNING: x"}),
                 ("In(166) Hostd[2099]: [Originator@6876 sub=Vimsvc.ha-eventmgr] Event 56 : Cannot login root@192.0.2.7", {"event.action": "login", "event.outcome": "failure", "source.ip": "192.0.2.7"}),
                 ("In(14) shell[1234]: [root]: rm -rf /vmfs", {"event.action": "command", "user.name": "root", "process.command_line": "rm -rf /vmfs", "log.syslog.facility.name": "user"})]
        events, counts = read_lines("".join(f"2026-11-25T03:12:09.123Z {line}\n" for line, _ in lines))
        self.assertEqual((counts["format"], counts["unparsed"]), ("syslog", 0))
        for event, (line, wanted) in zip(events, lines):
            self.assertEqual({name: event.get(name) for name in (*wanted, "host.name")}, {**wanted, "host.name": None}, line)
        # The letters of another level, and a number that no priority has, are none.
        for line in ("Er(38) sshd[1234]: x", "In(1922) sshd[1234]: x"):
            self.assertNotEqual(read_lines(f"2026-11-25T03:12:09.123Z {line}\n")[0][0].get("process.name"), "sshd")

    def test_a_level_is_no_host_and_a_word_of_a_program_s_own_line_none(self):
        events, counts = read_lines("".join(f"Nov 25 03:12:0{i} {line}\n" for i, line in enumerate((
            "INFO main: started", "ERROR auth: login failed", "WARN auth: slow", "error sshd[7]: Connection closed by 192.0.2.7 port 22"))))
        self.assertEqual((counts["format"], counts["unparsed"]), ("syslog", 0))
        self.assertEqual([(e.get("host.name"), e.get("process.name"), e["log.level"], e["message"]) for e in events[:3]],
                         [(None, None, "informational", "main: started"), (None, None, "error", "auth: login failed"), (None, None, "warning", "auth: slow")])
        self.assertEqual((events[3].get("host.name"), events[3]["process.name"], events[3]["source.ip"]), (None, "sshd", "192.0.2.7"))
        # A program's own lines, in which a word comes again and again; rsyslog's of programs that nobody knows, on one host.
        for lines, format, host in ((("user eva: login ok", "user bob: login failed", "user eva: upload"), "dated", None), (("Backup server: started", "Backup server: ended"), "dated", None),
                                    (("web1 app: x", "web1 other: y"), "syslog", "web1")):
            events, counts = read_lines("".join(f"2026-11-25T03:12:09Z {line}\n" for line in lines))
            self.assertEqual((counts["format"], [event.get("host.name") for event in events]), (format, [host] * len(lines)))
        events, counts = read_lines("".join(f"2026-11-25T03:12:09.123456+01:00 gateway {line}\n" for line in ("app: x", "other: y")))
        self.assertEqual((counts["format"], events[0]["host.name"], events[1]["process.name"]), ("syslog", "gateway", "other"))
        # Where another line names the host for sure, a word is one.
        events, counts = read_lines("".join(f"2026-11-25T03:12:09Z gateway {line}\n" for line in ("app: x", "sshd[7]: Connection closed by 192.0.2.7 port 22", "other: y", "third: z")))
        self.assertEqual((counts["format"], [event["host.name"] for event in events]), ("syslog", ["gateway"] * 4))

    # 25 November was a Tuesday in 2025 and is a Wednesday in 2026: cal 11 2025.
    def test_a_day_of_the_week_shows_the_year_or_is_told(self):
        days = [("Sun Nov 23", "2025-11-23", None), ("Mon Nov 24", "2025-11-24", None), ("Wed Nov 25", "2025-11-25", "Wed"), ("Wed Nov 26", "2025-11-26", None)]
        events, _ = read_lines("".join(f"{day} 03:12:09 web1 {LOGIN}\n" for day, *_ in days))
        self.assertEqual([(e["time"][:10], e.get("event.stated_weekday"), e["doubt"]) for e in events], [(date, told, "yz") for _, date, told in days])

    def test_a_name_with_brackets_is_read_both_ways(self):
        events, _ = read_lines("*Nov 25 03:12:09: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: a] [Source: 192.0.2.8] [localport: 22] "
                               "[Reason: x] [Source: 192.0.2.7] [localport: 22] [Reason: Login Authentication Failed] at 03:12:09\n")
        self.assertEqual((set(events[0]["source.ip"]), events[0]["event.is_ambiguous"]), ({"192.0.2.7", "192.0.2.8"}, "yes"))


if __name__ == "__main__":
    unittest.main()
