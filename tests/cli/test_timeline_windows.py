"""test_timeline_windows.py: events of Windows that others send on, and Wazuh's alerts. Layouts are those of Snare's manual (event output format), NXLog's (to_syslog_snare, to_syslog_ietf, to_json,
im_msvistalog), Winlogbeat's exported fields and Wazuh's manual (alert management, event logging); lines were written by hand, expected values from what they say. Beside each stand lines alike
that are none."""
import json
import unittest

from timeline_lines import read_lines

SECURITY = "Microsoft-Windows-Security-Auditing"
TEXT = ("An account failed to log on.    Subject:   Security ID:  S-1-0-0   Account Name:  -   Account Domain:  -   Logon ID:  0x0    Logon Type:   3    Account For Which Logon Failed:   "
        "Security ID:  S-1-0-0   Account Name:  eva   Account Domain:  EX    Failure Information:   Failure Reason:  Unknown user name or bad password.   Status:   0xC000006D    "
        "Process Information:   Caller Process ID: 0x0   Caller Process Name: -    Network Information:   Workstation Name: PC1   Source Network Address: 203.0.113.7   Source Port:  50000    "
        "Detailed Authentication Information:   Logon Process:  NtLmSsp")
FAILED = {"event.action": "login", "event.outcome": "failure", "event.category": "authentication", "event.code": "4625", "event.provider": SECURITY, "winlog.channel": "Security", "user.name": "eva",
          "user.domain": "EX", "source.ip": "203.0.113.7"}
HEAD = "Nov 25 03:12:09 DC1 "


def snare(text=TEXT, tab="\t", channel="Security", when="Wed Nov 25 03:12:09 2026", code="4625", source=SECURITY, kind="Failure Audit", host="DC1.example.com"):
    return tab.join(("MSWinEventLog", "1", channel, "100", when, code, source, "N/A", "N/A", kind, host, "Logon", "", text, "55"))


def nxlog(**more):
    return {"EventTime": "2026-11-25 03:12:09", "Hostname": "DC1.example.com", "Keywords": -9218868437227405312, "EventType": "AUDIT_FAILURE", "SeverityValue": 4, "Severity": "ERROR", "EventID": 4625,
            "SourceName": SECURITY, "RecordNumber": 1234, "ProcessID": 688, "Channel": "Security", "Message": "An account failed to log on.", "TargetUserName": "eva", "TargetDomainName": "EX",
            "Status": "0xc000006d", "IpAddress": "203.0.113.7", "IpPort": "50000", "EventReceivedTime": "2026-11-25 03:12:10", "SourceModuleName": "in", "SourceModuleType": "im_msvistalog", **more}


def structured(number="14506", **fields):
    fields = {"Keywords": "-9218868437227405312", "EventID": "4625", "Channel": "Security", "TargetUserName": "eva", "TargetDomainName": "EX", "IpAddress": "203.0.113.7", **fields}
    return f"[NXLOG@{number} " + " ".join(f'{name}="{value}"' for name, value in fields.items() if value is not None) + "]"


def beat(**more):
    return json.dumps({"@timestamp": "2026-11-25T03:12:09.555Z", "event": {"code": "4625", "provider": SECURITY, "outcome": "failure"}, "ecs": {"version": "8.0.0"}, "host": {"name": "DC1"},
                       "agent": {"type": "winlogbeat"}, "winlog": {"channel": "Security", "event_id": "4625", "provider_name": SECURITY,
                                                                   "event_data": {"TargetUserName": "eva", "TargetDomainName": "EX", "IpAddress": "203.0.113.7"}}, **more})


class Windows(unittest.TestCase):
    def has(self, event, wanted):
        self.assertEqual({name: event.get(name) for name in wanted}, wanted, event.get("message"))

    def one(self, *lines, of="syslog", unparsed=0):
        events, counts = read_lines("".join(line + "\n" for line in lines))
        self.assertEqual((counts["format"], counts["unparsed"]), (of, unparsed), counts)
        return events[0]

    def test_snares_columns_behind_a_head(self):
        for line in (f"<14>{HEAD}{snare()}", HEAD + snare(), f"<14>Nov 25 03:12:09 DC1\t{snare()}", HEAD + snare(kind="AUDIT_FAILURE"), HEAD + snare(tab="#011"), HEAD + snare(host="dc1")):
            self.has(self.one(line), {**FAILED, "host.name": "DC1", "time": "2026-11-25T03:12:09Z", "doubt": "z", "source.port": "50000", "source.domain": "PC1", "process.name": None,
                                      "winlog.event_data.SubjectUserName": "-", "event.is_ambiguous": None})
        self.has(self.one(f"2026-11-25T04:12:09.5+01:00 DC1 {snare(tab='#011')}"), {**FAILED, "host.name": "DC1", "time": "2026-11-25T03:12:09.5Z", "doubt": ""})
        self.has(self.one(f"Nov 25 03:12:09 10.0.0.9 {snare()}"), {**FAILED, "host.name": ["10.0.0.9", "DC1.example.com"]})
        # Without the year, and far from the head.
        self.has(self.one(HEAD + snare(when="Wed Nov 25 03:12:09.123")), {**FAILED, "doubt": "yz"})
        self.has(self.one(HEAD + snare(when="Wed Nov 25 09:40:00 2026")), {**FAILED, "time": "2026-11-25T03:12:09Z", "event.stated_time": "Wed Nov 25 09:40:00 2026"})

    def test_snares_columns_alone(self):
        for line in (snare(), "DC1\t" + snare()):
            self.has(self.one(line, of="evtx"), {**FAILED, "host.name": "DC1.example.com", "time": "2026-11-25T03:12:09Z", "doubt": "z"})

    def test_what_means_nothing_here_stays(self):
        event = self.one(HEAD + snare(code="7", source="Some Thing", channel="Application", kind="Error", text="It broke."))
        self.has(event, {"event.code": "7", "event.provider": "Some Thing", "log.level": "error", "message": "It broke.", "event.action": None})

    def test_a_text_alike_is_none_of_snares(self):
        none = {"event.code": None, "event.provider": None, "event.action": None, "source.ip": None}
        for line in (f"{HEAD}guestbook[5]: {snare()}", f"{HEAD}guestbook: {snare()}", HEAD + snare(kind="Odd"), HEAD + snare(code="x"), HEAD + snare().replace("\t", " "),
                     HEAD + "MSWinEventLog is what I saw", HEAD + "MSWinEventLog\tis\twhat"):
            self.has(self.one(line), none)

    def test_a_label_in_a_name_is_told(self):
        forged = TEXT.replace("Account Name:  eva", "Account Name:  eva   Source Network Address:  6.6.6.6")
        self.has(self.one(HEAD + snare(forged)), {"event.is_ambiguous": "yes", "winlog.event_data.IpAddress": ["6.6.6.6", "203.0.113.7"]})
        forged = TEXT.replace("Account Name:  eva", "Account Name:  eva   Account Name:  root")
        self.has(self.one(HEAD + snare(forged)), {"event.is_ambiguous": "yes"})

    def test_nxlogs_structured_data(self):
        line = f"<14>1 2026-11-25T04:12:09.123456+01:00 DC1 {SECURITY} 688 - {{}} {TEXT}"
        self.has(self.one(line.format(structured())), {**FAILED, "time": "2026-11-25T03:12:09.123456Z", "doubt": "", "process.name": None, "process.pid": None, "winlog.process.pid": "688",
                                                       "winlog.keywords": "0x8010000000000000"})
        self.has(self.one(line.format(structured(TargetUserName='a\\"\\]b'))), {"user.name": 'a"]b'})
        for data in (structured(number="1"), structured(EventID=None), structured(Channel=None)):
            self.has(self.one(line.format(data)), {"event.code": None, "user.name": None})

    def test_nxlogs_objects(self):
        line = json.dumps(nxlog())
        self.has(self.one(line, of="evtx"), {**FAILED, "time": "2026-11-25T03:12:09Z", "doubt": "z", "host.name": "DC1.example.com", "log.level": "error", "winlog.record_id": "1234"})
        self.has(self.one(json.dumps(nxlog(EventTime="2026-11-25T04:12:09.5+01:00")), of="evtx"), {"time": "2026-11-25T03:12:09.5Z", "doubt": ""})
        self.has(self.one(f"{HEAD}{SECURITY}[688]: {line}"), {**FAILED, "host.name": "DC1", "time": "2026-11-25T03:12:09Z", "process.name": None, "winlog.process.pid": "688"})
        # Another program's, and an object that is no event of Windows.
        for text in (f"{HEAD}guestbook[5]: {line}", f"{HEAD}{SECURITY}[688]: " + json.dumps({"EventID": 4625, "SourceName": SECURITY, "IpAddress": "203.0.113.7"})):
            self.has(self.one(text), {"event.code": None, "source.ip": None, "event.action": None})
        plain = {name: value for name, value in nxlog().items() if name != "Channel"}
        self.has(self.one(json.dumps(plain), of="json"), {"event.action": None})

    def test_winlogbeat_behind_a_head(self):
        for tag in ("winlogbeat: ", "winlogbeat[7]: ", "winlogbeat: @cee: "):
            self.has(self.one(HEAD + tag + beat()), {name: value for name, value in FAILED.items() if name != "event.category"})
        for line in (f"{HEAD}guestbook: {beat()}", f"{HEAD}filebeat: {beat()}", f"{HEAD}winlogbeat: " + beat(agent={"type": "x"}, event={}, winlog={"provider_name": SECURITY, "event_id": "4625"})):
            self.has(self.one(line), {"event.action": None, "user.name": None})


def alert(**more):
    return {"timestamp": "2026-11-25T04:12:10.123+0100", "rule": {"level": 5, "description": "sshd: Attempt to login using a non-existent user", "id": "5710", "groups": ["syslog", "sshd"],
                                                                  "mitre": {"id": ["T1110.001"]}},
            "agent": {"id": "001", "name": "web1", "ip": "10.0.0.5"}, "manager": {"name": "soc"}, "id": "1795576330.12345", "decoder": {"name": "sshd"}, "location": "/var/log/auth.log", **more}


LOGIN = "Nov 25 03:12:09 {} sshd[812]: Accepted password for root from 203.0.113.7 port 22 ssh2"
LOGGED_IN = {"event.action": "login", "event.outcome": "success", "user.name": "root", "source.ip": "203.0.113.7", "source.port": "22"}
WINDOWS = {"system": {"providerName": SECURITY, "eventID": "4625", "level": "0", "keywords": "0x8010000000000000", "systemTime": "2026-11-25T02:55:09.5551190Z", "channel": "Security",
                      "computer": "DC1.example.com", "message": '"An account failed to log on."'},
           "eventdata": {"targetUserName": "eva", "targetDomainName": "EX", "ipAddress": "203.0.113.7", "logonType": "3"}}


class Wazuh(unittest.TestCase):
    def has(self, event, wanted):
        self.assertEqual({name: event.get(name) for name in wanted}, wanted, event.get("message"))

    def one(self, item, of="wazuh"):
        events, counts = read_lines(json.dumps(item) + "\n")
        self.assertEqual((counts["format"], counts["unparsed"]), (of, 0))
        return events[0]

    def test_a_line_that_an_agent_sent_means_what_it_means_elsewhere(self):
        event = self.one(alert(full_log=LOGIN.format("web1"), predecoder={"program_name": "sshd", "hostname": "web1"}, data={"srcip": "203.0.113.7", "dstuser": "root"}))
        self.has(event, {**LOGGED_IN, "time": "2026-11-25T03:12:10.123Z", "doubt": "", "host.name": "web1", "host.hostname": None, "message": LOGIN.format("web1"), "rule.id": "5710",
                         "rule.name": "sshd: Attempt to login using a non-existent user", "event.severity": "5", "threat.technique.id": "T1110.001", "event.stated_time": None})
        self.has(self.one(alert(full_log=LOGIN.format("fw"))), {**LOGGED_IN, "host.name": "web1", "host.hostname": "fw"})
        # What was sent to the manager by syslog has the host that the line names.
        self.has(self.one(alert(agent={"id": "000", "name": "soc"}, full_log=LOGIN.format("fw"), location="10.0.0.1")), {**LOGGED_IN, "host.name": "fw", "wazuh.agent.name": "soc"})
        self.has(self.one(alert(agent={"id": "000", "name": "soc"}, full_log="ossec: started", location="wazuh-monitord")), {"host.name": "soc", "event.action": "alert"})

    def test_an_event_of_windows_has_its_own_time(self):
        self.has(self.one(alert(data={"win": WINDOWS}, location="EventChannel")),
                 {**FAILED, "time": "2026-11-25T02:55:09.555119Z", "event.ingested": "2026-11-25T04:12:10.123+0100", "host.name": "DC1.example.com", "message": "An account failed to log on.",
                  "winlog.event_data.TargetUserName": "eva"})

    def test_a_file_that_changed(self):
        check = {"path": "/etc/passwd", "event": "modified", "sha256_after": "aa", "uname_after": "root", "audit": {"user": {"name": "eva"}, "process": {"name": "/usr/bin/vi", "id": "7"}}}
        self.has(self.one(alert(syscheck=check, full_log="File '/etc/passwd' modified", location="syscheck")),
                 {"event.action": "file-change", "file.path": "/etc/passwd", "file.hash.sha256": "aa", "file.owner": "root", "user.name": "eva", "process.executable": "/usr/bin/vi"})
        self.has(self.one(alert(syscheck={"path": "HKEY_LOCAL_MACHINE\\Software\\X", "event": "added"}, location="syscheck")),
                 {"event.action": "registry-create", "registry.path": "HKEY_LOCAL_MACHINE\\Software\\X", "file.path": None})

    def test_what_a_decoder_found_counts_where_the_text_says_nothing(self):
        rule = {"id": "9", "level": 5, "description": "x", "groups": ["vpn", "authentication_failed"]}
        self.has(self.one(alert(rule=rule, full_log="vpn: no entry", data={"srcip": "203.0.113.7", "srcuser": "eva"})),
                 {"event.action": "login", "event.outcome": "failure", "user.name": "eva", "source.ip": "203.0.113.7"})
        self.has(self.one(alert(rule=rule, full_log="vpn: no entry")), {"event.action": "alert", "event.outcome": None})
        self.has(self.one(alert(rule={**rule, "groups": ["vpn"]}, full_log="x", data={"srcip": "no address"})), {"event.action": "alert", "source.ip": None, "wazuh.data.srcip": "no address"})
        # A guest's text within is that of its program.
        guest = "Nov 25 03:12:09 web1 guestbook[5]: " + LOGIN.format("web1")[16:]
        self.has(self.one(alert(full_log=guest)), {"event.action": "alert", "user.name": None, "process.name": "guestbook"})

    def test_archives_have_no_rule(self):
        item = alert(full_log="x: y")
        del item["rule"]
        self.has(self.one(item), {"event.action": None, "host.name": "web1", "message": "x: y"})

    def test_objects_alike_are_none(self):
        for missing in ("manager", "agent", "location", "id"):
            item = alert(full_log="x")
            del item[missing]
            self.has(self.one(item, of="json"), {"event.action": None, "rule.id": None})
        self.one(alert(id="abc"), of="json")
        self.one(alert(timestamp="2026-11-25T04:12:10"), of="json")


class Services(unittest.TestCase):
    """Microsoft, "DHCP audit logging" and the head of the log itself; "Interpret NPS database format log files", whose two examples are the first rows here."""
    HEAD = ("\t\tMicrosoft DHCP Service Activity Log\r\n\r\n\r\nEvent ID  Meaning\r\n00\tThe log was started.\r\n10\tA new IP address was leased to a client.\r\n50+\tCodes above 50 are used for Rogue "
            "Server Detection information.\r\n\r\nQResult: 0: NoQuarantine, 1:Quarantine\r\n\r\nID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name, TransactionID, QResult\r\n")

    def has(self, event, wanted):
        self.assertEqual({name: event.get(name) for name in wanted}, wanted, event.get("message"))

    def test_the_dhcp_server(self):
        rows = ("00,11/25/26,03:12:09,Started,,,,,0,6,,,,,,,,,0", "10,11/25/26,03:12:09,Assign,10.0.0.10,pc0.example.com,00155D010000,,12345,0,,,,0x4D53465420352E30,MSFT 5.0,,,,0",
                "15,11/25/26,03:12:09,NACK,10.0.0.11,,000C291AA6AF,,0,6,,,,,,,,,0", "31,11/25/26,03:12:09,DNS Update Failed,10.0.0.12,pc1,,,0,6,,,,,,,,,10054",
                "24,11/25/26,03:12:09,Database Cleanup Begin,,,,,0,6,,,,,,,,,0", "10,11/25/26,03:12:09,Something else,10.0.0.10,pc0,00155D010000,,1,0")
        events, counts = read_lines(self.HEAD + "\r\n".join(rows) + "\r\n")
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"], counts["comments"]), ("dhcp-windows", 6, 0, 7))
        self.has(events[1], {"time": "2026-11-25T03:12:09Z", "doubt": "yz", "event.action": "dhcp-lease", "event.outcome": "success", "client.ip": "10.0.0.10", "client.mac": "00155D010000",
                             "client.address": "pc0.example.com", "event.code": "10"})
        self.assertEqual([(e.get("event.action"), e.get("event.outcome")) for e in events], [("logging-start", "success"), ("dhcp-lease", "success"), ("dhcp-request", "failure"),
                                                                                             ("dns-update", "failure"), (None, None), (None, None)])
        # Rows of another program, whose numbers mean nothing here; a day that stands first is no date.
        for other in ("7,11/25/26,03:12:09,walked,10.0.0.10,pc0,x\n", "10,25/11/26,03:12:09,Assign,10.0.0.10,pc0,00155D010000,,1,0\n"):
            self.assertNotEqual(read_lines(other * 9)[1]["format"], "dhcp-windows")

    def row(self, packet, user, full, calling, reason, service="IAS"):
        return f'"NPS01","{service}",11/25/2026,03:12:09,{packet},"{user}","{full}","","{calling}",,,"vpn1","10.0.0.2",0,0,"10.0.0.2","vpn",,,5,,,,11,"Use Windows authentication",{reason},"311 1 10.0.0.5 11/24/2026 01:00:00 1",,,,\n'

    def test_the_policy_server(self):
        events, counts = read_lines('"CLIENTCOMP","IAS",03/07/2008,13:04:33,1,"client",,,,,,,,,9,"10.10.10.10","npsclient",,,,,,,1,,0,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n'
                                    '"CLIENTCOMP","IAS",03/07/2008,13:04:33,2,,"npsclientdc/Users/client",,,,,,,,9,"10.10.10.10","npsclient",,,,,,2,1,"Allow access if dial-in permission is enabled",0,'
                                    '"311 1 10.10.10.11 03/07/2008 20:04:30 1",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n')
        self.assertEqual((counts["format"], counts["events"]), ("nps", 2))
        self.has(events[0], {"time": "2008-03-07T13:04:33Z", "doubt": "z", "host.name": "CLIENTCOMP", "user.name": "client", "event.action": "authentication-request", "event.outcome": "unknown",
                             "nps.client_ip": "10.10.10.10", "nps.client_name": "npsclient"})
        self.has(events[1], {"user.name": "client", "user.domain": "npsclientdc/Users", "event.action": "login", "event.outcome": "success", "rule.name": "Allow access if dial-in permission is enabled"})
        for packet, reason, outcome in ((2, 0, "success"), (3, 16, "failure"), (3, 0, "unknown"), (2, 16, "unknown")):
            ((event,), _) = read_lines(self.row(packet, "EX\\eva", "EX\\eva", "203.0.113.7", reason))
            self.has(event, {"user.name": "eva", "user.domain": "EX", "source.ip": "203.0.113.7", "event.action": "login", "event.outcome": outcome, "event.code": str(reason)})
        ((event,), _) = read_lines(self.row(3, 'a"",3,""b', "EX\\eva", "00-15-5D-01-00-00", 16))
        self.has(event, {"user.name": 'a"",3,""b', "source.ip": None, "nps.calling_station": "00-15-5D-01-00-00"})
        xml = ('<Event><Timestamp data_type="4">11/25/2026 03:12:09.123</Timestamp><Computer-Name data_type="1">NPS01</Computer-Name><Event-Source data_type="1">IAS</Event-Source>'
               '<User-Name data_type="1">EX\\eva</User-Name><Calling-Station-Id data_type="1">203.0.113.7</Calling-Station-Id><Client-IP-Address data_type="3">10.0.0.2</Client-IP-Address>'
               '<Packet-Type data_type="0">3</Packet-Type><Reason-Code data_type="0">16</Reason-Code></Event>\n')
        events, counts = read_lines(xml * 3)
        self.assertEqual((counts["format"], counts["events"]), ("nps", 3))
        self.has(events[0], {"time": "2026-11-25T03:12:09.123Z", "host.name": "NPS01", "user.name": "eva", "source.ip": "203.0.113.7", "event.action": "login", "event.outcome": "failure"})
        for other in (self.row(2, "eva", "eva", "x", 0, service="SHOP"), xml.replace(">IAS<", ">SHOP<"), self.row("x", "eva", "eva", "x", 0)):
            self.assertNotEqual(read_lines(other * 9)[1]["format"], "nps")


class Servers(unittest.TestCase):
    """Of small houses: Citrix' "NetScaler syslog message reference", FRITZ!OS' list of events, FileZilla Server 0.9's Server.cpp, hMailServer's Logger.cpp."""
    NETSCALER = ('ns1 0-PPE-0 : default SSLVPN LOGIN 7 0 :  Context eva@203.0.113.7 - SessionId: 1- User eva - Client_ip 203.0.113.7 - Nat_ip "Mapped Ip" - Vserver 198.51.100.1:443 - Group(s) "N/A"')
    FAILED = 'ns1 0-PPE-0 : default AAA LOGIN_FAILED 8 0 :  User eva - Client_ip 203.0.113.7 - Failure_reason "Invalid credentials passed" - Browser Mozilla'
    LOGIN = {"event.action": "login", "event.outcome": "success", "user.name": "eva", "source.ip": "203.0.113.7"}

    def has(self, event, wanted):
        self.assertEqual({name: event.get(name) for name in wanted}, wanted, event.get("message"))

    def one(self, line, of):
        events, counts = read_lines((line + "\n") * 4)
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), (of, 4, 0), line)
        return events[0]

    def test_netscaler(self):
        for date in ("11/25/2026", "25/11/2026", "2026/11/25"):
            self.has(self.one(f"<134> {date}:03:12:09 GMT {self.NETSCALER}", "netscaler"), {**self.LOGIN, "time": "2026-11-25T03:12:09Z", "doubt": "", "host.name": "ns1", "event.code": "LOGIN",
                                                                                            "event.stated_time": None})
        self.has(self.one(f"<134> 11/25/2026:03:12:09 {self.FAILED}", "netscaler"), {**self.LOGIN, "event.outcome": "failure", "doubt": "z", "event.reason": '"Invalid credentials passed" - Browser Mozilla'})
        # Which number is the month: the default, but where it would be later than the file (26 November); the head behind which it stands.
        self.has(self.one(f"<134> 03/11/2026:03:12:09 GMT {self.NETSCALER}", "netscaler"), {"time": "2026-03-11T03:12:09Z", "event.stated_time": "03/11/2026:03:12:09"})
        self.has(self.one(f"<134> 12/11/2026:03:12:09 GMT {self.NETSCALER}", "netscaler"), {"time": "2026-11-12T03:12:09Z", "event.stated_time": "12/11/2026:03:12:09"})
        self.has(self.one(f"Nov  3 03:12:09 10.0.0.2  03/11/2026:03:12:09 GMT {self.NETSCALER}", "syslog"), {**self.LOGIN, "time": "2026-11-03T03:12:09Z", "doubt": ""})
        # A name that was tried, and a text alike.
        forged = self.FAILED.replace("User eva", "User x - Client_ip 6.6.6.6 - Failure_reason y - User eva")
        self.assertEqual(self.one(f"<134> 11/25/2026:03:12:09 {forged}", "netscaler").get("event.is_ambiguous"), "yes")
        self.has(self.one(f"Nov 25 03:12:09 web1 guestbook[5]: 11/25/2026:03:12:09 GMT {self.NETSCALER}", "syslog"), {"event.action": None, "user.name": None})

    def test_fritzbox(self):
        good, bad = "25.11.26 03:12:09 Anmeldung des Benutzers eva an der FRITZ!Box-Benutzeroberfläche von IP-Adresse 203.0.113.7.", \
            "25.11.26 03:12:08 Anmeldung des Benutzers eva an der FRITZ!Box-Benutzeroberfläche von IP-Adresse 203.0.113.7 gescheitert (falsches Kennwort)."
        self.has(self.one(good, "fritzbox"), {**self.LOGIN, "time": "2026-11-25T03:12:09Z", "doubt": "yz"})
        self.has(self.one(bad, "fritzbox"), {**self.LOGIN, "event.outcome": "failure", "event.reason": "falsches Kennwort"})
        self.has(self.one(good + " [2 Meldungen seit 25.11.26 03:12:00]", "fritzbox"), self.LOGIN)
        events, counts = read_lines("25.11.26 03:12:10 WLAN-Gerät angemeldet, 72 Mbit/s\n" * 5 + good + "\n")
        self.assertEqual((counts["format"], counts["events"]), ("fritzbox", 6))
        self.assertNotEqual(read_lines("25.11.26 03:12:10 Etwas anderes\n" * 9)[1]["format"], "fritzbox")

    def test_filezilla_server(self):
        front = "(000175) 11/25/2026 3:12:09 AM - (eva) (203.0.113.7)> "
        self.has(self.one(front + "230 Logged on", "filezilla"), {**self.LOGIN, "time": "2026-11-25T03:12:09Z", "doubt": "z", "message": "230 Logged on"})
        nobody = front.replace("(eva)", "(not logged in)")
        self.has(self.one(nobody + "530 Login or password incorrect!", "filezilla"), {**self.LOGIN, "event.outcome": "failure", "user.name": None})
        self.has(self.one("(000100)25/11/2026 03:12:09 - (not logged in) (203.0.113.7)> USER root", "filezilla"), {"time": "2026-11-25T03:12:09Z", "event.action": None})
        # A client writes what the server answers; a date of either order.
        for line in (nobody + "230 Logged on", front + "530 Login or password incorrect!"):
            self.has(self.one(line, "filezilla"), {"event.action": None})
        self.has(self.one(nobody.replace("11/25", "11/05") + "PASS x", "filezilla"), {"event.stated_time": "11/05/2026 3:12:09 AM", "source.ip": "203.0.113.7"})

    def test_hmailserver(self):
        front = '"SMTPD"\t1234\t154\t"2026-11-25 03:12:09.123"\t"203.0.113.7"\t'
        self.has(self.one(front + '"SENT: 535 Authentication failed. Restarting authentication process."', "hmailserver"),
                 {"event.action": "login", "event.outcome": "failure", "source.ip": "203.0.113.7", "time": "2026-11-25T03:12:09.123Z", "doubt": "z", "service.name": "SMTPD", "hmailserver.session": "154"})
        self.has(self.one(front + '"RECEIVED: 535 Authentication failed"', "hmailserver"), {"event.action": None, "source.ip": "203.0.113.7"})
        self.has(self.one('"TCPIP"\t4532\t"2026-11-25 03:12:09.123"\t"TCP - 203.0.113.7 connected to 10.0.0.2:25."', "hmailserver"), {"source.ip": None, "message": "TCP - 203.0.113.7 connected to 10.0.0.2:25."})
        self.assertNotEqual(read_lines('"SHOP"\t12\t"2026-11-25 03:12:09"\t"x"\n' * 9)[1]["format"], "hmailserver")

    def test_small_switches_and_wordpress(self):
        for text, wanted in (("%AAA-W-REJECT: New https connection for user eva, source 203.0.113.7 destination 10.0.0.4 REJECTED", {**self.LOGIN, "event.outcome": "failure"}),
                             ("%AAA-I-CONNECT: New http connection for user eva, source 203.0.113.7 destination 10.0.0.4 ACCEPTED", self.LOGIN),
                             ("guestbook: New http connection for user eva, source 203.0.113.7 destination 10.0.0.4 ACCEPTED", {name: None for name in self.LOGIN}),
                             ("wordpress(www.example.com)[8]: Authentication failure for eva from 203.0.113.7", {**self.LOGIN, "event.outcome": "failure"}),
                             ("wordpress(www.example.com)[8]: Accepted password for eva from 203.0.113.7", self.LOGIN)):
            self.has(self.one(f"Nov 25 03:12:09 10.0.0.4 {text}", "syslog"), wanted)


if __name__ == "__main__":
    unittest.main()
