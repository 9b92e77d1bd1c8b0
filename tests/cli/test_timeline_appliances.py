"""test_timeline_appliances.py: what firewalls, routers, stores and gateways log. Lines were written by hand from their makers' documents and samples (named in
src/timeline/appliance_tables.c, programs_appliance.c, cisco.c); expected values from what they say. Beside each recognition stand lines alike that are none."""
import unittest

from timeline_lines import read_lines

ALLOW = {"event.action": "firewall-allow", "event.outcome": "success", "event.category": "network"}
DENY = {"event.action": "firewall-deny", "event.outcome": "failure", "event.category": "network"}
LOGIN = {"event.action": "login", "event.outcome": "success", "event.category": "authentication"}
FAILED = {**LOGIN, "event.outcome": "failure"}
HEAD = "Nov 25 03:12:09 gw "


def ends(source, source_port, target, target_port, transport):
    return {"source.ip": source, "source.port": source_port, "destination.ip": target, "destination.port": target_port, "network.transport": transport}


FLOW = ends("203.0.113.9", "5000", "10.0.0.5", "22", "tcp")

# Format, line, what its event has. "time" is what the line itself states, with its zone.
LINES = (
    ("appliance", '<134>id=firewall sn=0006B1234567 time="2026-11-25 03:12:09 UTC" fw=198.51.100.5 pri=6 c=262144 m=98 msg="Connection Opened" n=12345 src=203.0.113.9:5000:X1:pc dst=10.0.0.5:22:X0 proto=tcp/ssh sent=52',
     {**FLOW, **ALLOW, "time": "2026-11-25T03:12:09Z", "doubt": "", "observer.vendor": "SonicWall", "event.code": "98", "observer.ip": "198.51.100.5", "observer.ingress.interface.name": "X1", "observer.egress.interface.name": "X0",
      "source.domain": "pc", "source.bytes": "52", "log.level": "informational", "sonicwall.msg": "Connection Opened"}),
    ("appliance", 'id=firewall sn=0006B1 time="2026-11-25 03:12:09" fw=198.51.100.5 pri=5 c=16 m=30 msg="Administrator login denied due to bad credentials" n=2 usr="admin" src=203.0.113.9:0:X0 dst=10.0.0.1:443:X0 proto=tcp/443',
     {**FAILED, "doubt": "z", "user.name": "admin", "source.ip": "203.0.113.9", "source.port": None, "destination.port": "443", "log.level": "notice"}),
    ("appliance", 'Nov 25 04:12:30 10.0.0.1 id=firewall sn=0006B1 time="2026-11-25 03:12:09 UTC" fw=198.51.100.5 pri=4 c=4 m=14 msg="Web site access denied" src=203.0.113.9:5000:X0 dst=10.0.0.5:22:X1 proto=tcp/http dstname=betting.example fw_action="drop"',
     {**FLOW, **DENY, "time": "2026-11-25T03:12:09Z", "doubt": "", "host.name": "10.0.0.1", "url.domain": "betting.example"}),
    # A number whose words are other ones, as in a version that nobody knows here, means nothing.
    ("appliance", 'id=firewall sn=0006B1 time="2026-11-25 03:12:09 UTC" fw=198.51.100.5 pri=5 m=29 msg="Some other thing" src=203.0.113.9:5000:X0 dst=10.0.0.5:22:X1 proto=tcp', {**FLOW, "event.action": None, "event.outcome": None}),
    ("appliance", 'id=firewall time="2026-11-25 03:12:09" fw="SN210" tz=+0100 startime="2026-11-25 03:12:08" pri=5 confid=00 slotlevel=2 ruleid=1 srcif="Ethernet0" ipproto=tcp src=203.0.113.9 srcport=5000 dst=10.0.0.5 dstport=22 action=block logtype="filter"',
     {**FLOW, **DENY, "time": "2026-11-25T02:12:09Z", "doubt": "", "host.name": "SN210", "observer.vendor": "Stormshield", "rule.id": "1"}),
    ("appliance", '<30>device="SFW" date=2026-11-25 time=03:12:09 timezone="CET" device_name="XG210" device_id=C22013 log_id=010101600001 log_type="Firewall" log_component="Firewall Rule" log_subtype="Denied" status="Deny" priority=Information '
     'fw_rule_id=5 user_name="eva" src_ip=203.0.113.9 dst_ip=10.0.0.5 protocol="TCP" src_port=5000 dst_port=22 sent_pkts=5', {**FLOW, **DENY, "time": "2026-11-25T02:12:09Z", "doubt": "", "user.name": "eva", "rule.id": "5", "observer.vendor": "Sophos"}),
    ("appliance", 'Nov 25 03:12:10 gate device_name="SFW" timestamp="2026-11-25T03:12:09+0500" device_model="XGS2100" device_serial_id="X2" log_id="062910617703" log_type="Event" log_component="SSL VPN Authentication" log_subtype="Authentication" '
     'status="Failed" severity="Notice" user_name="eva" src_ip="203.0.113.9" reason="wrong credentials" message="User eva failed to login to SSL VPN"',
     {**FAILED, "time": "2026-11-24T22:12:09Z", "doubt": "", "host.name": "gate", "user.name": "eva", "source.ip": "203.0.113.9", "event.reason": "wrong credentials"}),
    ("appliance", HEAD + '1,2026/11/25 03:12:08,0018010,TRAFFIC,end,2304,2026/11/25 03:12:07,203.0.113.9,10.0.0.5,0.0.0.0,0.0.0.0,in-ssh,,corp\\eva,ssh,vsys1,untrust,trust,ethernet1/2,ethernet1/1,Log,2026/11/25 03:12:08,34816,1,5000,22,0,0,0x53,tcp,'
     'allow,8256,3024,5232,25,2026/11/25 03:11:53,13,any,0,7654321,0x0,United States,10.0.0.0-10.255.255.255,0,12,13,tcp-fin,0,0,0,0,,pa-fw,from-policy,,,0,,0,,N/A,0,0,0,0,2026-11-25T03:12:08.443+01:00,,',
     {**FLOW, **ALLOW, "time": "2026-11-25T02:12:07Z", "doubt": "", "host.name": "gw", "observer.hostname": "pa-fw", "rule.name": "in-ssh", "network.application": "ssh", "event.reason": "tcp-fin", "observer.vendor": "Palo Alto Networks"}),
    ("appliance", HEAD + '1,2026/11/25 03:12:08,0018010,TRAFFIC,drop,2304,2026/11/25 03:12:07,203.0.113.9,10.0.0.5,0.0.0.0,0.0.0.0,block-all,corp\\eva,,ssh,vsys1,untrust,trust,ethernet1/2,ethernet1/1,Log,2026/11/25 03:12:08,34816,1,5000,22,0,0,0x53,tcp,deny,1',
     {**FLOW, **DENY, "time": "2026-11-25T03:12:07Z", "doubt": "z", "user.name": "eva", "user.domain": "corp"}),
    ("appliance", HEAD + '1,2026/11/25 03:12:08,0018010,THREAT,vulnerability,2304,2026/11/25 03:12:08,203.0.113.9,10.0.0.5,0.0.0.0,0.0.0.0,in-web,,,web-browsing,vsys1,untrust,trust,ethernet1/1,ethernet1/2,Log,2026/11/25 03:12:08,34817,1,5000,22,0,0,0x2000,tcp,'
     'reset-both,"index.php?a=1,2",HTTP SQL Injection Attempt(36241),any,high,client-to-server,7654322,0x0', {**FLOW, "event.action": "alert", "event.outcome": "failure", "log.level": "error", "panos.misc": "index.php?a=1,2",
                                                                                                           "panos.threatid": "HTTP SQL Injection Attempt(36241)"}),
    ("appliance", HEAD + '1,2026/11/25 03:12:08,0018010,SYSTEM,auth,0,2026/11/25 03:12:08,,auth-fail,corp,0,0,general,medium,"failed authentication for user \'admin\'. Reason: Invalid username/password. From: 203.0.113.9.",7654323,0x0,0,0,0,0,,pa-fw',
     {**FAILED, "user.name": "admin", "source.ip": "203.0.113.9", "event.reason": "Invalid username/password", "event.code": "auth-fail", "log.level": "warning"}),
    ("appliance", HEAD + '1,2026/11/25 03:12:08,0018010,GLOBALPROTECT,0,2305,2026/11/25 03:12:08,vsys1,gateway-auth,login,SAML,,eva,US,EVA-PC,203.0.113.9,0.0.0.0,0.0.0.0,0.0.0.0,,,5.1.1,Windows,"Windows 10 Pro , 64-bit",1,,,,success,,0,,0,gw,7654324,0x80',
     {**LOGIN, "user.name": "eva", "source.ip": "203.0.113.9", "source.domain": "EVA-PC"}),
    ("appliance", HEAD + '1,2026/11/25 03:12:08,0018010,CONFIG,0,0,2026/11/25 03:12:08,203.0.113.9,,commit,admin,Web,Failed,,7654325,0x0', {"event.action": "commit", "user.name": "admin", "source.ip": "203.0.113.9", "event.outcome": "failure"}),
    ("syslog", 'Nov 25 03:12:09 gw (2026-11-25T02:12:09) firewall: msg_id="3000-0148" Deny 0-External Firebox 40 tcp 20 240 203.0.113.9 10.0.0.5 5000 22 offset 5 S 123 win 1024 (Unhandled External Packet-00)',
     {**FLOW, **DENY, "host.name": "gw", "process.name": "firewall", "rule.name": "Unhandled External Packet-00", "observer.ingress.interface.name": "0-External", "event.code": "3000-0148"}),
    ("syslog", '2026-11-25T03:12:09.5+01:00 gw 80D802B41D509 gw http-proxy[2]: msg_id="1AFF-0024" Allow 1-Trusted 0-External tcp 203.0.113.9 10.0.0.5 5000 22 msg="HTTP Request" op="GET"', {**FLOW, **ALLOW, "process.name": "http-proxy", "process.pid": "2"}),
    ("syslog", HEAD + 'sessiond[2]: msg_id="3E00-0002" Management user admin@Firebox-DB from 203.0.113.9 logged in', {**LOGIN, "user.name": "admin@Firebox-DB", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + 'admd[2]: msg_id="1100-0005" Authentication of SSLVPN user [eva@Firebox-DB] from 203.0.113.9 was rejected, user isn\'t in the right group', {**FAILED, "user.name": "eva@Firebox-DB", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "firewall,info DROP_IN input: in:ether1 out:(unknown 0), connection-state:new src-mac 00:11:22:33:44:55, proto TCP (SYN), 203.0.113.9:5000->10.0.0.5:22, len 60",
     {**FLOW, **DENY, "rule.name": "DROP_IN", "observer.ingress.interface.name": "ether1", "observer.egress.interface.name": None}),
    ("syslog", HEAD + "forward: in:ether1 out:bridge, src-mac 00:11:22:33:44:55, proto TCP (ACK), 203.0.113.9:5000->10.0.0.5:22, NAT (203.0.113.9:5000->198.51.100.5:5000)->10.0.0.5:22, len 71",
     {**FLOW, "event.action": "firewall-log", "event.outcome": None, "observer.egress.interface.name": "bridge"}),
    ("syslog", HEAD + "firewall,info input: in:ether1 out:(none), proto TCP (SYN), [2001:db8::9]:5000->[2001:db8::5]:22, len 60", {**ends("2001:db8::9", "5000", "2001:db8::5", "22", "tcp"), "rule.name": None}),
    ("syslog", HEAD + "l2tp,ppp,info,account eva logged in, 10.9.0.1 from 203.0.113.9", {**LOGIN, "user.name": "eva", "client.ip": "10.9.0.1", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "system,info filter rule changed by ssh:admin@203.0.113.9", {"event.action": "configuration-change", "user.name": "admin", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "interface,info ether1 link down", {"event.action": "network-fault", "device.id": "ether1"}),
    ("syslog", "Nov 25 03:12:09 U7PG2,f09fc2000000,v4.0.66.10832: hostapd: ath0: STA 00:11:22:33:44:55 IEEE 802.11: associated", {"process.name": "hostapd", "observer.product": "U7PG2,f09fc2000000,v4.0.66.10832", "event.action": "wireless-association",
                                                                                                                                 "client.mac": "00:11:22:33:44:55"}),
    ("syslog", HEAD + "Connection: User [eva] from [203.0.113.9] failed to log in via [DSM] due to authorization failure.", {**FAILED, "user.name": "eva", "source.ip": "203.0.113.9", "service.name": "DSM"}),
    ("syslog", HEAD + "System Connection: User [eva] from [203.0.113.9] signed in to [DSM] successfully via [password].", {**LOGIN, "user.name": "eva", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "WinFileService Event: delete, Path: /homes/x, y.txt, File/Folder: File, Size: 1 KB, User: eva, IP: 203.0.113.9", {"event.action": "file-delete", "file.path": "/homes/x, y.txt", "user.name": "eva", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "qulogd[5]: conn log: Users: eva, Source IP: 203.0.113.9, Computer name: ---, Connection type: SSH, Accessed resources: ---, Action: Login Fail", {**FAILED, "user.name": "eva", "source.ip": "203.0.113.9", "network.protocol": "SSH", "file.path": None}),
    # Behind an address the number of an event is no host.
    ("syslog", "Nov 25 03:12:09 10.0.0.3 00419 auth:  Invalid user name/password on SSH session User 'admin' is trying to login from 203.0.113.9", {**FAILED, "host.name": "10.0.0.3", "user.name": "admin", "source.ip": "203.0.113.9", "event.code": "00419", "process.name": "auth"}),
    ("syslog", "Nov 25 03:12:09 sw1 03362 auth:  User 'admin' logged in from 203.0.113.9 to SSH session", {**LOGIN, "host.name": "sw1", "user.name": "admin", "source.ip": "203.0.113.9"}),
    ("syslog", "Nov 25 03:12:09 10.0.0.3 00077 ports:  port 12 is now off-line", {"host.name": "10.0.0.3", "event.action": "network-fault", "device.id": "12"}),
    ("syslog", "Nov 25 03:12:09 203.0.113.9 web1 sshd[7]: Accepted password for root from 203.0.113.7 port 22 ssh2", {**LOGIN, "host.name": ["203.0.113.9", "web1"]}),
    ("syslog", HEAD + "vpxd[2]: Event [123] [1-1] [2026-11-25T00:28:01.1Z] [vim.event.BadUsernameSessionEvent] [error] [] [] [124] [Cannot login eva@203.0.113.9]", {**FAILED, "user.name": "eva", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "vobd[2]: [UserLevelCorrelator] 123us: [esx.audit.ssh.session.opened] SSH session was opened for 'root@203.0.113.9'.", {"event.action": "session-open", "user.name": "root", "source.ip": "203.0.113.9"}),
    ("syslog", "Nov 25 2026 03:12:09 asa : %ASA-6-302013: Built inbound TCP connection 100 for outside:203.0.113.9/5000 (203.0.113.9/5000) to inside:10.0.0.5/22 (198.51.100.5/22)", {**FLOW, "event.action": "connection", "event.code": "ASA-6-302013"}),
    ("syslog", "Nov 25 2026 03:12:09 asa : %ASA-6-302015: Built outbound UDP connection 101 for outside:203.0.113.9/53 (203.0.113.9/53) to inside:10.0.0.5/51234 (198.51.100.5/51234)", ends("10.0.0.5", "51234", "203.0.113.9", "53", "udp")),
    # Who asked for what ends is not said.
    ("syslog", "Nov 25 2026 03:12:09 asa : %ASA-6-302014: Teardown TCP connection 100 for outside:203.0.113.9/5000 to inside:10.0.0.5/22 duration 0:00:10 bytes 300 TCP FINs", {"related.ip": ["203.0.113.9", "10.0.0.5"], "source.ip": None, "network.bytes": "300",
                                                                                                                                                                            "event.reason": "TCP FINs", "event.action": "connection-end"}),
    ("syslog", "Nov 25 2026 03:12:09 asa : %ASA-2-106006: Deny inbound TCP from 203.0.113.9/5000 to 10.0.0.5/22 on interface outside", {**FLOW, **DENY}),
    ("syslog", "Nov 25 2026 03:12:09 asa : %ASA-6-106015: Deny TCP (no connection) from 203.0.113.9/5000 to 10.0.0.5/22 flags RST  on interface outside", {**FLOW, **DENY}),
    ("syslog", "Nov 25 2026 03:12:09 asa : %ASA-6-109006: Authentication failed for user 'eva' from 203.0.113.9/5000 to 10.0.0.5/22 on interface inside", {**FAILED, "user.name": "eva", "source.ip": "203.0.113.9"}),
    ("syslog", "Nov 25 2026 03:12:09 asa : %FTD-1-430002: EventPriority: Low, DeviceUUID: x, AccessControlRuleAction: Block, SrcIP: 203.0.113.9, DstIP: 10.0.0.5, SrcPort: 5000, DstPort: 22, Protocol: tcp, UserAgent: Mozilla (a, b), AccessControlRuleName: R1",
     {**FLOW, **DENY, "rule.name": "R1", "user_agent.original": "Mozilla (a, b)", "event.code": "FTD-1-430002"}),
    ("syslog", HEAD + 'src="203.0.113.9:0" dst="0.0.0.0:0" msg="Administrator admin from http/https has logged in Device" note="Account: admin" user="admin" devID="b8eca3" cat="User"',
     {**LOGIN, "user.name": "admin", "source.ip": "203.0.113.9", "observer.vendor": "Zyxel", "host.name": "gw"}),
    ("syslog", HEAD + 'src="203.0.113.9:0" dst="0.0.0.0:0" msg="Failed login attempt to Device from http/https (incorrect password or inexistent username)" note="Account: admin" devID="b8eca3" cat="User"',
     {**FAILED, "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + 'src="203.0.113.9:5000" dst="10.0.0.5:22" msg="priority:2, from WAN to ZyWALL, TCP, service SSH, DROP" note="ACCESS BLOCK" user="unknown" devID="a0" cat="Security Policy Control"',
     {**DENY, "source.ip": "203.0.113.9", "source.port": "5000", "destination.ip": "10.0.0.5", "destination.port": "22"}),
    ("syslog", HEAD + 'src="203.0.113.9:0" msg="Administrator admin from http/https has logged in Device" note="Account: admin" user="admin" cat="User"', {"event.action": None, "user.name": None}),
    ("syslog", HEAD + 'guestbook[5]: src="203.0.113.9:0" msg="x has logged in Device" note="Account: admin" user="admin" devID="b8eca3" cat="User"', {"event.action": None, "user.name": None}),
    *(("syslog", front + 'aua[9052]: id="3004" severity="info" sys="System" sub="auth" name="Authentication successful" srcip="203.0.113.9" host="" user="eva" caller="openvpn" engine="local"',
       {**LOGIN, "user.name": "eva", "source.ip": "203.0.113.9", "service.name": "openvpn", "event.code": "3004", "host.name": "gw", "time": "2026-11-25T03:12:09Z"})
      for front in (HEAD, "2026:11:25-03:12:09 gw ")),
    ("syslog", '2026:11:25-03:12:09 gw ulogd[4711]: id="2001" severity="info" sys="SecureNet" sub="packetfilter" name="Packet dropped" action="drop" fwrule="60001" initf="eth1" srcip="203.0.113.9" '
     'dstip="10.0.0.5" proto="6" srcport="5000" dstport="22" tcpflags="SYN"', {**FLOW, **DENY, "rule.id": "60001", "doubt": "z"}),
    ("syslog", '2026:11:25-03:12:09 gw guestbook[5]: id="3004" sys="System" sub="auth" name="Authentication successful" srcip="203.0.113.9" user="eva"', {"event.action": None, "user.name": None}),
    ("syslog", HEAD + "php-fpm[99932]: /index.php: Successful login for user 'admin' from: 203.0.113.9 (Local Database)", {**LOGIN, "user.name": "admin", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "php-fpm[99932]: /index.php: webConfigurator authentication error for user 'asdf' from: 203.0.113.9", {**FAILED, "user.name": "asdf", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "audit[812]: /index.php: Web GUI authentication error for 'root' from 203.0.113.9", {**FAILED, "user.name": "root", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "php-fpm[9]: said Successful login for user 'admin' from: 203.0.113.9", {"event.action": None, "user.name": None}),
    ("syslog", "2026-11-25T03:12:09.517915-00:00 sw log-proxyd[762]: Event|5209|LOG_INFO|CDTR|1|User eva logged in from 203.0.113.9 through SSH session.", {**LOGIN, "user.name": "eva", "source.ip": "203.0.113.9", "event.code": "5209"}),
    ("syslog", "2026-11-25T03:12:09.517915-00:00 sw hpe-restd[762]: Event|4604|LOG_WARN|AMM|-|User root login from 203.0.113.9 failed", {**FAILED, "user.name": "root", "source.ip": "203.0.113.9"}),
    # IBM, "LEEF event components"; ArcSight's rt is when the device received it.
    ("leef", "LEEF:1.0|Lancope|StealthWatch|1.0|41|src=203.0.113.9\tdst=10.0.0.5\tsev=5\tcat=anomaly\tsrcPort=5000\tdstPort=22\tproto=TCP\tusrName=joe.black\tdevTime=1795576329123",
     {**FLOW, "time": "2026-11-25T03:12:09.123Z", "doubt": "", "user.name": "joe.black", "event.code": "41", "observer.vendor": "Lancope", "leef.cat": "anomaly"}),
    ("syslog", HEAD + "LEEF:2.0|V|P|1.0|41|^|src=203.0.113.9^dst=10.0.0.5^srcPort=5000^dstPort=22^proto=6^usrName=eva^devTime=Nov 25 2026 03:12:08^action=block", {**FLOW, "time": "2026-11-25T03:12:08Z", "doubt": "z", "user.name": "eva", "event.action": "block"}),
    ("syslog", "2026-11-25T03:12:09+00:00 gw LEEF:2.0|V|P|1.0|41|x5E|src=203.0.113.9^usrName=eva", {"source.ip": "203.0.113.9", "user.name": "eva", "host.name": "gw"}),
    ("syslog", HEAD + "LEEF:2.0|V|P|1.0|41|src=203.0.113.9\tusrName=eva", {"source.ip": "203.0.113.9", "user.name": "eva"}),
    ("syslog", HEAD + "LEEF:1.0|V|P|1.0|41|src=not one\tusrName=eva\tdevTime=Nov 25 2020 03:12:08", {"source.ip": None, "leef.src": "not one", "doubt": "yz", "event.stated_time": "Nov 25 2020 03:12:08"}),
    ("syslog", HEAD + "CEF:0|V|P|1|5|T|7|src=203.0.113.9 act=blocked rt=1795576329123", {"time": "2026-11-25T03:12:09.123Z", "doubt": "", "event.action": "blocked"}),
    ("syslog", HEAD + "CEF:0|V|P|1|5|T|7|act=x rt=Nov 25 2026 04:12:08 dtz=+0100", {"time": "2026-11-25T03:12:08Z", "doubt": ""}),
    # Two of them, or one that is far from the head's, are not believed.
    ("syslog", HEAD + "CEF:0|V|P|1|5|T|7|act=x rt=1795576329123 msg=hi rt=1795579929123", {"time": "2026-11-25T03:12:09Z", "doubt": "yz"}),
    ("syslog", HEAD + "CEF:0|V|P|1|5|T|7|act=x rt=1795615200000", {"time": "2026-11-25T03:12:09Z", "event.stated_time": "1795615200000"}),
    ("syslog", HEAD + "charon: 11[IKE] EAP method EAP_MSCHAPV2 failed for peer eva", {**FAILED, "user.name": "eva"}),
    ("syslog", HEAD + "charon: 11[IKE] 203.0.113.9 is initiating an IKE_SA", {"source.ip": "203.0.113.9", "event.action": "connection"}),
    ("syslog", HEAD + "charon: 07[IKE] IKE_SA rw[12] established between 198.51.100.5[vpn.example.com]...203.0.113.9[eva@example.com]", {"related.ip": ["198.51.100.5", "203.0.113.9"], "vpn.peer": "eva@example.com", "event.action": "session-open"}),
    ("syslog", HEAD + "charon[8]: 11[NET] received packet: from 203.0.113.9[500] to 198.51.100.5[500] (604 bytes)", {**{k: v for k, v in ends("203.0.113.9", "500", "198.51.100.5", "500", None).items() if v}, "event.action": None}),
    # The gateway's own authentication is nobody's login.
    ("syslog", HEAD + "charon: 11[IKE] authentication of 'vpn.example.com' (myself) with RSA signature successful", {"event.action": None, "user.name": None}),
    ("syslog", HEAD + "openvpn[7]: eva/203.0.113.9:5000 [eva] Inactivity timeout (--ping-restart), restarting", {"event.action": "disconnect", "user.name": "eva", "source.ip": "203.0.113.9"}),
    ("syslog", HEAD + "kernel: [  99.123456] wireguard: wg0: Receiving handshake initiation from peer 1 (203.0.113.9:51820)", {"event.action": "vpn-handshake", "source.ip": "203.0.113.9", "source.port": "51820", "wireguard.peer": "1", "device.id": "wg0"}),
    ("syslog", HEAD + "kernel: wireguard: wg0: Handshake for peer 1 ([2001:db8::9]:51820) did not complete after 5 seconds, retrying (try 2)", {"event.outcome": "failure", "destination.ip": "2001:db8::9"}),
    ("syslog", HEAD + "sudo:      eva : TTY=pts/0 ; PWD=/home/eva ; USER=root ; GROUP=wheel ; TSID=00000A ; ENV=PATH=/bin FOO=bar ; COMMAND=/bin/id",
     {"user.name": "eva", "sudo.tty": "pts/0", "user.effective.name": "root", "user.effective.group.name": "wheel", "sudo.tsid": "00000A", "sudo.env": "PATH=/bin FOO=bar", "process.command_line": "/bin/id", "event.is_ambiguous": None}),
    # A variable may look like the rest.
    ("syslog", HEAD + "sudo:      eva : TTY=pts/0 ; PWD=/ ; USER=root ; ENV=A= ; COMMAND=/bin/true ; COMMAND=/bin/id", {"event.is_ambiguous": "yes"}),
    ("syslog", HEAD + "sudo:      eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/echo ; GROUP=x ; ENV=y", {"user.effective.group.name": None, "sudo.env": None}),
)

# Lines alike that are none of theirs: the same words without the second sign.
OTHERS = (
    HEAD + "id=firewall is what I typed sn=5", HEAD + "1,2026/11/25 03:12:08,hello,TRAFFIC jam", HEAD + "5,2026/11/25 03:12:08,a,b,c,d,e,f,g", HEAD + 'device="SFW" is down',
    HEAD + "forward: in:here we go proto x, 1->2, 3", HEAD + "Users: eva, nobody", HEAD + "User [eva] is happy", HEAD + "word,other is no topic", HEAD + 'app: say msg_id="5" please',
    HEAD + "kernel: wireguard: wg0: Interface created", HEAD + "00419 apples: eaten", HEAD + "LEEF: fall", HEAD + "LEEF:1.0|a|b|usrName=eva", HEAD + "app[5]: LEEF:1.0|V|P|1.0|41|src=203.0.113.9\tusrName=eva", HEAD + "date=2026-11-25 time=03:12:08 devname=x is what he said",
)


class Appliances(unittest.TestCase):
    def test_what_their_lines_say(self):
        for form, line, wanted in LINES:
            with self.subTest(line=line):
                events, counts = read_lines((line + "\n") * 3)
                self.assertEqual((counts["format"], len(events), counts["unparsed"]), (form, 3, 0))
                self.assertEqual({name: events[0].get(name) for name in wanted}, wanted)
                self.assertEqual(events[0]["message"], events[2]["message"])

    def test_lines_alike_are_none_of_theirs(self):
        for line in OTHERS:
            with self.subTest(line=line):
                events, _ = read_lines((line + "\n") * 3)
                self.assertEqual([events[0].get(name) for name in ("event.action", "event.outcome", "source.ip", "user.name", "observer.vendor")], [None] * 5)
                self.assertEqual(events[0]["time"], "2026-11-25T03:12:09Z")

    def test_pairs_and_columns_alone_are_nobodys(self):
        for line in ('id=firewall time="2026-11-25 03:12:09" hello=1', 'id=5 sn=6 fw=7', '1,2026/11/25 03:12:08,0018,TRAFFIC,end,0,never', 'device="SFW" date=2026-11-25 log_type="Firewall"'):
            events, counts = read_lines((line + "\n") * 3)
            self.assertNotEqual(counts["format"], "appliance")
            self.assertFalse([event for event in events if "observer.vendor" in event or "event.action" in event], line)

    def test_a_clock_that_is_far_from_the_heads_is_told_beside_it(self):
        record = '1,2000/01/01 00:00:08,0018010,CONFIG,0,0,2000/01/01 00:00:08,203.0.113.9,,commit,admin,Web,Succeeded,,7654325,0x0'
        for count in (1, 0):
            lines = [HEAD + record] * 3 + [HEAD + "sshd[7]: x"] * 9 * count
            events, _ = read_lines("\n".join(lines) + "\n")
            self.assertEqual((events[0]["time"], events[0]["event.stated_time"], events[0]["event.action"]), ("2026-11-25T03:12:09Z", "2000/01/01 00:00:08", "commit"))

    def test_what_is_stated_for_sure_goes_before_a_clock_without_a_zone(self):
        """Of each the head's time, that of the message, and what the event has: SonicWall states its local time without a zone, or UTC; the head is a collector's."""
        sure, local = "2026-11-25T03:12:09.123456+00:00", "Nov 25 04:12:09"
        cases = ((sure, "2026-11-24 19:12:09", "2026-11-25T03:12:09.123456Z", "", None), (sure, "2026-11-25 03:12:07", "2026-11-25T03:12:09.123456Z", "", None),
                 ("2026-11-25T04:12:09.123456+01:00", "2026-11-25 04:12:08", "2026-11-25T03:12:09.123456Z", "", None), (sure, "2026-11-25 03:12:07 UTC", "2026-11-25T03:12:07Z", "", None),
                 (sure, "2026-11-25 10:34:21 UTC", "2026-11-25T03:12:09.123456Z", "", "2026-11-25 10:34:21 UTC"), (sure, "2026-11-25 05:12:08 UTC", "2026-11-25T03:12:09.123456Z", "", "2026-11-25 05:12:08 UTC"),
                 (sure, "2026-11-25 10:34:21", "2026-11-25T03:12:09.123456Z", "", "2026-11-25 10:34:21"), (local, "2026-11-25 03:12:08 UTC", "2026-11-25T03:12:08Z", "", None),
                 (local, "2026-11-25 04:12:08", "2026-11-25T04:12:08Z", "z", None), (local, "2026-11-24 20:12:08", "2026-11-25T04:12:09Z", "z", None),
                 (local, "2026-11-25 10:34:21 UTC", "2026-11-25T04:12:09Z", "yz", "2026-11-25 10:34:21 UTC"))
        for head, own, time, doubt, stated in cases:
            line = f'{head} 192.0.2.1 id=firewall sn=0006B1 time="{own}" fw=198.51.100.5 pri=6 m=98 msg="Connection Opened" src=203.0.113.9:1:X1 dst=10.0.0.5:22:X0\n'
            others = "".join(f"{head} web1 sshd[{n}]: Connection closed by 192.0.2.7 port 5\n" for n in range(9))
            for text in (line * 3, others + line):
                event = next(event for event in read_lines(text)[0] if "observer.vendor" in event)
                self.assertEqual((event["time"], event["doubt"], event.get("event.stated_time")), (time, doubt, stated), (head, own))
        # "Fireware Log Catalog": the time in brackets is UTC.
        events, _ = read_lines('Nov 25 04:12:09 gw FVE6035FD3AE3 (2026-11-25T03:12:07) firewall: msg_id="3000-0148" Deny 0-External 1-Trusted 52 tcp 20 114 203.0.113.9 10.0.0.5 5000 22 (Unhandled External Packet-00)\n' * 3)
        self.assertEqual((events[0]["time"], events[0]["doubt"], events[0]["event.action"]), ("2026-11-25T03:12:07Z", "", "firewall-deny"))

    def test_among_other_lines_they_say_the_same(self):
        other = HEAD + "sshd[7]: Connection closed by 192.0.2.7 port 5\n"
        for form, line, wanted in LINES:
            if form != "appliance" or not line.startswith(HEAD):
                continue
            events, _ = read_lines(other * 9 + (line + "\n") * 2 + other)
            self.assertEqual({name: events[9].get(name) for name in wanted}, wanted, line)

    def test_fortigate_among_other_lines_says_what_it_says_alone(self):
        line = ('date=2026-11-25 time=03:12:07 devname="FGT" devid="FG1" eventtime=1795576327000000000 tz="+0100" logid="0000000013" type="traffic" level="notice" '
                'srcip=203.0.113.9 srcport=5000 dstip=10.0.0.5 dstport=22 proto=6 action="deny"')
        other = HEAD + "sshd[7]: Connection closed by 192.0.2.7 port 5\n"
        for data, form in ((other * 5 + HEAD + line + "\n" + other, "syslog"), ((HEAD + line + "\n") * 3, "fortigate")):
            events, counts = read_lines(data)
            self.assertEqual(counts["format"], form)
            event = next(event for event in events if "fortigate.devid" in event)
            wanted = {**FLOW, **DENY, "time": "2026-11-25T02:12:07Z", "doubt": "", "event.is_ambiguous": None, "event.code": "0000000013"}
            self.assertEqual({name: event.get(name) for name in wanted}, wanted)
            self.assertEqual((event["host.name"], event.get("observer.hostname")), ("gw", "FGT") if form == "syslog" else ("FGT", None))

    def test_a_name_that_was_tried_is_no_sentence(self):
        """What a stranger gave as a name looks like the rest of another sentence; the end is the appliance's own. Where two readings are left, both are told."""
        tried = "admin] from [192.0.2.6] signed in to [DSM] successfully via [x"
        for end in ("failed to sign in to [DSM] via [password] due to authorization failure.", "failed to log in via [SSH] due to authorization failure."):
            event = read_lines(f"{HEAD}Connection: User [{tried}] from [203.0.113.9] {end}\n" * 3)[0][0]
            self.assertEqual([event.get(name) for name in ("event.action", "event.outcome", "user.name", "source.ip")], ["login", "failure", tried, "203.0.113.9"])
        tried = "admin from 192.0.2.6 logged in"
        event = read_lines(f'{HEAD}sessiond[2]: msg_id="3E00-0004" Management user {tried} from 203.0.113.9 log in attempt was rejected - invalid credentials\n' * 3)[0][0]
        self.assertEqual([event.get(name) for name in ("event.action", "event.outcome", "user.name", "source.ip")], ["login", "failure", tried, "203.0.113.9"])
        for line in ("00419 auth:  Invalid user name/password on SSH session User 'x' is trying to login from 192.0.2.6' is trying to login from 203.0.113.9",
                     'admd[2]: msg_id="1100-0005" Authentication of SSLVPN user [x] from 192.0.2.6 was rejected, a] from 203.0.113.9 was rejected, b'):
            event = read_lines(f"{HEAD}{line}\n" * 3)[0][0]
            self.assertEqual((event["event.outcome"], event["event.is_ambiguous"], sorted(event["source.ip"])), ("failure", "yes", ["192.0.2.6", "203.0.113.9"]))

    SONIC = 'id=firewall sn=0006B1 time="{}" fw=198.51.100.5 pri=6 m=1080 msg="SSL VPN zone remote user login allowed" src=203.0.113.9:5000:X1 dst=10.0.0.5:22:X0 usr="root"'
    FORTI = ('date={:.10} time={:.8} devname="FGT" devid="FG1" logid="0100032001" type="event" level="notice" srcip=203.0.113.9 action="login" status="success" user="root"')

    def test_a_year_that_is_another_one_is_told(self):
        """Lines were written on 25 November 2026 (timeline_lines.WRITTEN is the day after)."""
        for year, doubt, time, stated in ((2026, "", "2026-11-25T03:12:09Z", None), (2027, "yz", "2026-11-25T03:12:09Z", "2027-11-25 03:12:09 UTC"), (2024, "y", "2024-11-25T03:12:09Z", None)):
            events, _ = read_lines((HEAD + self.SONIC.format(f"{year}-11-25 03:12:09 UTC") + "\n") * 3)
            self.assertEqual((events[0]["time"], events[0]["doubt"], events[0].get("event.stated_time")), (time, doubt, stated))
        events, _ = read_lines((HEAD + "sshd[7]: Connection closed by 192.0.2.7 port 5\n") * 5 + HEAD + self.SONIC.format("2024-11-25 03:12:09 UTC") + "\n")
        self.assertEqual((events[-1]["time"], events[-1]["doubt"], events[-1]["event.stated_time"]), ("2026-11-25T03:12:09Z", "yz", "2024-11-25 03:12:09 UTC"))

    def test_what_a_program_says_is_its_own(self):
        """Behind the tag of a program somebody may have written what looks like a firewall's message."""
        texts = (self.SONIC.format("2026-11-25 14:00:00 UTC"), self.FORTI.format("2026-11-25", "14:00:00"), "CEF:0|SonicWall|NSA|6.5|30|Administrator login|4|rt=1795615200000 src=203.0.113.9 suser=root act=allow",
                 'msg_id="3E00-0002" Management user root from 203.0.113.9 logged in', "Users: root, Source IP: 203.0.113.9, Connection type: SSH, Action: Login Success", "User [root] from [203.0.113.9] signed in to [DSM] successfully via [password].")
        for text in texts:
            for head in (HEAD, "2026-11-25T03:12:09+00:00 gw "):
                for among in ("", head + self.SONIC.format("2026-11-25 03:12:09 UTC") + "\n", head + self.FORTI.format("2026-11-25", "03:12:09") + "\n"):
                    events, _ = read_lines(among * 4 + f"{head}guestbook[5]: {text}\n" + among * 4 + f"{head}guestbook[5]: hello\n")
                    event = next(event for event in events if text in event["message"])
                    self.assertEqual([event.get(name) for name in ("user.name", "source.ip", "event.outcome")], [None] * 3, (among, text))
                    self.assertEqual(event["time"], "2026-11-25T03:12:09Z")

    def test_a_key_twice_is_told_as_ambiguous(self):
        line = 'id=firewall sn=0006B1 time="2026-11-25 03:12:09 UTC" fw=198.51.100.5 pri=6 m=98 msg="x" usr="eva" usr="root" src=203.0.113.9:1:X1 dst=10.0.0.5:22:X0\n'
        events, _ = read_lines(line * 3)
        self.assertEqual((events[0]["event.is_ambiguous"], events[0]["user.name"]), ("yes", ["eva", "root"]))


if __name__ == "__main__":
    unittest.main()
