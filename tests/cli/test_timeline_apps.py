"""test_timeline_apps.py: what servers and services write to logs of their own, in which no line names the program, and smaller ones to syslog. Lines were written
by hand after their sources and documents (named in src/timeline/programs_apps.c, programs_services.c); expected values from what they say."""
import unittest

import harness
from timeline_lines import is_nobodys, read_lines

FAILED = {"event.action": "login", "event.outcome": "failure", "event.category": "authentication", "source.ip": "203.0.113.9"}
EVA = {**FAILED, "user.name": "eva"}
IN = {**EVA, "event.outcome": "success"}
NOTHING = {"event.action": None, "event.outcome": None, "source.ip": None, "user.name": None}
ISO = "2026-11-25 03:12:09"
HEAD = "Nov 25 03:12:09 web1 "
ASKED = {"event.action": "http-request", "event.outcome": "failure", "source.ip": "203.0.113.9", "http.request.method": "GET", "url.path": "/x", "url.query": "y=1", "http.response.status_code": "404"}

# Line, what its event has.
LINES = (
    # Asterisk: chan_sip.c, chan_iax2.c, pjsip_distributor.c, manager.c, res_security_log.c
    (f"[{ISO}] NOTICE[1638] chan_sip.c: Registration from '\"300\" <sip:300@192.0.2.1>' failed for '203.0.113.9:5071' - Wrong password",
     {**FAILED, "sip.from": '"300" <sip:300@192.0.2.1>', "source.port": "5071", "event.reason": "Wrong password"}),
    (f"[{ISO}] NOTICE[1638][C-00000fa9] chan_sip.c: Call from '' (203.0.113.9:5071) to extension '900442070313000' rejected because extension not found in context 'default'.",
     {"event.action": "call", "event.outcome": "failure", "source.ip": "203.0.113.9", "sip.to": "900442070313000"}),
    (f"[{ISO}] NOTICE[22]: res_pjsip/pjsip_distributor.c:676 log_failed_request: Request 'REGISTER' from '<sip:eva@192.0.2.1>' failed for '203.0.113.9:5071' (callid: 1f2) - No matching endpoint found", FAILED),
    (f"[{ISO}] NOTICE[22] manager.c: 203.0.113.9 failed to authenticate as 'eva'", EVA),
    (f'[{ISO}] SECURITY[33] res_security_log.c: SecurityEvent="InvalidPassword",EventTV="1",Severity="Error",Service="SIP",EventVersion="2",AccountID="eva",SessionID="0x1",LocalAddress="IPV4/UDP/192.0.2.1/5060",RemoteAddress="IPV4/UDP/203.0.113.9/5084",Challenge="4"', EVA),
    # Who calls chose a session's name that looks like the rest of the line: both addresses are told, and that nobody can tell.
    (f'[{ISO}] SECURITY[33] res_security_log.c: SecurityEvent="InvalidAccountID",EventTV="1",Severity="Error",Service="SIP",EventVersion="1",AccountID="eva",SessionID="",LocalAddress="IPV4/UDP/1.1.1.1/5060",RemoteAddress="IPV4/UDP/5.6.7.8/1"",LocalAddress="IPV4/UDP/192.0.2.1/5060",RemoteAddress="IPV4/UDP/203.0.113.9/5084"',
     {"event.is_ambiguous": "yes", "event.outcome": "failure"}),
    (HEAD + "asterisk[2350]: NOTICE[32257]: chan_sip.c:23417 in handle_request_register: Registration from '<sip:301@192.0.2.1>' failed for '203.0.113.9:36998' - Wrong password", {**FAILED, "process.name": "asterisk"}),
    # FreeSWITCH: sofia_reg.c
    (f"{ISO}.767815 98.93% [WARNING] sofia_reg.c:1478 SIP auth failure (INVITE) on sofia profile 'internal' for [eva@192.0.2.1] from ip 203.0.113.9", {**FAILED, "user.name": "eva@192.0.2.1"}),
    (f"{ISO}.767815 [WARNING] sofia_reg.c:1533 SIP auth challenge (REGISTER) on sofia profile 'internal' for [eva@192.0.2.1] from ip 203.0.113.9", {"event.action": "challenge", "event.outcome": "unknown"}),
    # lighttpd: mod_auth.c
    (f"{ISO}: (mod_auth.c.525) password doesn't match for /admin username: eva, IP: 203.0.113.9", {**EVA, "url.original": "/admin"}),
    # MongoDB before 4.4
    ("2026-11-25T03:12:09.781+0100 [conn2271] end connection 203.0.113.9:60268 (3 connections now open)", {"event.action": "disconnect", "source.ip": "203.0.113.9", "source.port": "60268"}),
    ("2026-11-25T03:12:09.110+0100 [conn1] Failed to authenticate eva@admin with mechanism SCRAM-SHA-1: AuthenticationFailed: wrong", {"event.action": "login", "event.outcome": "failure", "user.name": "eva@admin"}),
    # SQL Server's ERRORLOG, messages 18456 and 18453
    (f"{ISO}.17 Logon       Login failed for user 'O'Leary'. Reason: Password did not match that for the login provided. [CLIENT: 203.0.113.9]", {**FAILED, "user.name": "O'Leary", "event.reason": "Password did not match that for the login provided."}),
    (f"{ISO}.17 Logon       Login succeeded for user 'eva'. Connection made using SQL Server authentication. [CLIENT: 203.0.113.9]", IN),
    # Roundcube: rcmail.php, rcube_imap.php
    ("[25-Nov-2026 03:12:09 +0100]: <j2pncet8> Failed login for eva from 203.0.113.9 in session 1z5 (error: 0)", EVA),
    (HEAD + "roundcube[21]: <crk9n97i> IMAP Error: Login failed for eva from 203.0.113.9. AUTHENTICATE PLAIN: Authentication failed. in /usr/share/roundcube/rcube_imap.php on line 193 (POST /?_task=login)", EVA),
    (HEAD + "HORDE[21]: [error] [imp] FAILED LOGIN for eva [203.0.113.9] to {localhost:143 [imap]} [pid 68394 on line 139 of \"auth.php\"]", EVA),
    # xrdp: sesman
    ("[20261125-03:12:09] [INFO ] AUTHFAIL: user=eva ip=::ffff:203.0.113.9 time=1649351466", {**EVA, "source.ip": "::ffff:203.0.113.9"}),
    ("[20261125-03:12:09] [INFO ] ++ created session (access granted): username eva, ip 203.0.113.9:52144 - socket: 12", IN),
    # fail2ban: actions.py, filter.py
    (f"{ISO},388 fail2ban.actions        [123]: NOTICE  [sshd] Ban 203.0.113.9", {"event.action": "ban", "event.outcome": "success", "fail2ban.jail": "sshd", "source.ip": "203.0.113.9"}),
    (HEAD + "fail2ban.actions[6605]: NOTICE [postfix-sasl] Unban 203.0.113.9", {"event.action": "unban", "fail2ban.jail": "postfix-sasl"}),
    # Kerio Connect
    ("[25/Nov/2026 03:12:09] Failed SMTP login from 203.0.113.9 with SASL method CRAM-MD5.", {**FAILED, "network.protocol": "SMTP"}),
    ("[25/Nov/2026 03:12:09] Relay attempt from IP address 203.0.113.9, mail from <a@example.net> to <b@example.org> rejected", {"event.action": "mail-rejected", "email.from.address": "a@example.net", "email.to.address": "b@example.org"}),
    # Password managers
    (f"{ISO}.464 +01:00 [WRN] Failed login attempt, 2FA invalid. 203.0.113.9", {**FAILED, "event.reason": "2FA invalid"}),
    (f"[{ISO}.129][vaultwarden::api::identity][ERROR] Username or password is incorrect. Try again. IP: 203.0.113.9. Username: eva.", EVA),
    # Forges
    ("2026-11-25T03:12:09.667Z: Failed Login: username=eva ip=203.0.113.9", EVA),
    ("2026/11/25 03:12:09 ...ers/web/auth/auth.go:200:SignInPost() [I] Failed authentication attempt for eva from 203.0.113.9:39522: user does not exist [uid: 0, name: eva, keyid: 0]", EVA),
    # Identity
    (f"{ISO},357 WARN  [org.keycloak.events] (executor-thread-3) type=LOGIN_ERROR, realmId=main, clientId=web, userId=null, ipAddress=203.0.113.9, error=user_not_found, auth_method=openid-connect, username=eva, authSessionTabId=x", EVA),
    (f"{ISO},357 WARN  [org.keycloak.events] (executor-thread-3) type=\"LOGIN_ERROR\", realmId=\"main\", clientId=\"web\", userId=\"null\", ipAddress=\"203.0.113.9\", error=\"user_not_found\", username=\"eva\"", EVA),
    (f"{ISO},357 WARN  [org.keycloak.events] (executor-thread-3) type=LOGIN_ERROR, realmId=main, clientId=web, userId=null, ipAddress=203.0.113.9, redirect_uri=https://a/?username=admin, x, username=eva", EVA),
    ("2026-11-25T03:12:09,991Z [http-nio-8080-exec-9] WARN  o.a.g.r.auth.AuthenticationService - Authentication attempt from [203.0.113.9, 10.0.0.2] for user \"eva\" failed.", EVA),
    # What people run themselves
    (f"[{ISO}] local.WARNING: AUDIT: Login failed. Attempt for user \"eva\" failed. (203.0.113.9 -> POST:https://ff3.example/login)", EVA),
    (f"[{ISO},332] [INFO] [paperless.auth] Login failed for user `eva` from IP `203.0.113.9`.", EVA),
    (f"[{ISO},562]  WARN {{cps.web:1475}} Login failed for user \"eva\" IP-address: 203.0.113.9", EVA),
    (f"{ISO},644 1 INFO main odoo.addons.base.models.res_users: Login failed for db:main login:eva from 203.0.113.9", EVA),
    (f"{ISO} WARNING (MainThread) [homeassistant.components.http.ban] Login attempt or request with invalid authentication from pc (203.0.113.9). (curl/8)", {**FAILED, "user_agent.original": "curl/8"}),
    (f"[{ISO}.729 +01:00] [INF] [79] Jellyfin.Server.Implementations.Users.UserManager: Authentication request for \"eva\" has been denied (IP: \"203.0.113.9\").", EVA),
    ("(W) 2026-11-25T03:12:09 - WebAPI login failure. Reason: invalid credentials, attempt count: 1, IP: 203.0.113.9, username: eva", EVA),
    (f"{ISO}.009756|INFO    |Query         |   |query from 11 203.0.113.9:48426 attempted to login with account \"eva\" and failed!", EVA),
    (HEAD + "sonarr[125]: [Warn] Auth: Auth-Failure ip 203.0.113.9 username 'eva'", EVA),
    (f"{ISO}.512 [info] <0.22741.1>@ejabberd_c2s:wait_for_feature_request:662 ({{socket_state,p1_tls,{{tlssock,#Port<0.1>,#Port<0.2>}},<0.22740.1>}}) Failed authentication for eva@example.com from IP 203.0.113.9 ({{{{203,0,113,9}},12716}})", {**FAILED, "user.name": "eva@example.com"}),
    # What was asked of a server
    ("[25/Nov/2026:03:12:09 +0000] - 404 404 - GET https shop.example \"/x?y=1\" [Client 203.0.113.9] [Length 192] [Gzip 3.10] [Sent-to 10.0.0.2] \"curl/8\" \"-\"", {**ASKED, "url.domain": "shop.example", "user_agent.original": "curl/8", "http.response.body.bytes": "192"}),
    ("[notice] 2026-11-25T03:12:09.579985Z couchdb@127.0.0.1 <0.17607.12> e1fed412f8 db.example 203.0.113.9 undefined GET /x?y=1 404 ok 1", {**ASKED, "url.domain": "db.example"}),
    ("[25/Nov/2026:03:12:09 +0000] shop.example 203.0.113.9 0.227 \"GET /x?y=1 HTTP/2.0\" 404 125 440 - curl/8", {**ASKED, "url.domain": "shop.example", "user.name": None, "source.address": None}),
    ("[25/Nov/2026:03:12:09 +0000] eva http-nio-8080-exec-1 203.0.113.9 GET /x?y=1 HTTP/1.1 404 350ms 12345 http://localhost/ curl/8", {**ASKED, "user.name": "eva", "user_agent.original": "curl/8"}),
    ("[25/Nov/2026:03:12:09 +0000] 10.0.0.5 - http-nio-8080-exec-2 203.0.113.9 GET /x?y=1 HTTP/1.1 404 98ms - http://localhost/ curl/8", {**ASKED, "user.name": None}),
    ("[GIN] 2026/11/25 - 03:12:09 | 404 |     505.317µs |     203.0.113.9 | GET      \"/x?y=1\"", ASKED),
    ("2026/11/25 03:12:09 [2026-11-25 03:12:09.150624] [router:host-http] [origin:shop.example] [client: 203.0.113.9] [useragent: curl/8] GET /x?y=1 404", {**ASKED, "url.domain": "shop.example"}),
    ('{"level":"info","ts":1795576329.5,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"10.0.0.2","client_ip":"203.0.113.9","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/x?y=1","headers":{"User-Agent":["curl/8"]}},"size":0,"status":404}',
     {**ASKED, "http.version": "2.0"}),
    ('{"start_time":"2026-11-25T03:12:09.479Z","method":"GET","x-envoy-origin-path":"/x?y=1","protocol":"HTTP/2","response_code":404,"bytes_sent":5,":authority":"shop.example","downstream_remote_address":"203.0.113.9:59292","user-agent":"curl/8"}', {**ASKED, "source.port": "59292", "url.domain": "shop.example"}),
    # Panels of web hosts, Webmin, SFTPGo, honeypots
    ("[2026-11-25 03:12:09 +0000] info [cpaneld] 203.0.113.9 - eva \"POST /login/?login_only=1 HTTP/1.1\" FAILED LOGIN cpaneld: user password incorrect", {**EVA, "event.reason": "user password incorrect"}),
    (f"{ISO} eva 203.0.113.9 failed to login", EVA),
    ("1690466804.2161960.0 [25/Nov/2026 03:12:09] eva - 203.0.113.9 global miniserv.pl \"failed\" \"-\" \"wrongpass\"", EVA),
    ("1690466804.2161960.0 [25/Nov/2026 03:12:09] root 5d1f 203.0.113.9 useradmin save_user.cgi \"create\" \"user\" \"mallory\" uid=0", {"user.name": "root", "source.ip": "203.0.113.9", "webmin.action": "create", "webmin.object": "mallory"}),
    ("2026/11/25 03:12:09 [203.0.113.9:28696] authentication for user \"eva\" without credentials rejected", EVA),
    # Apache's and nginx' errors
    ("[Wed Nov 25 03:12:09.105212 2026] [core:error] [pid 17408] [client 203.0.113.9:55280] AH00126: Invalid URI in request GET /../../etc/passwd HTTP/1.1", {"event.action": "bad-request", "event.outcome": "failure", "source.ip": "203.0.113.9"}),
    ("[Wed Nov 25 03:12:09.105212 2026] [cgi:error] [pid 1] [client 203.0.113.9:55280] AH01215: /bin/bash: warning: HTTP_TEST: ignoring function definition attempt", {"event.action": "web-attack"}),
    ("2026/11/25 03:12:09 [info] 8#8: *15950 client login failed: \"AUTH not supported\" while in http auth state, client: 203.0.113.9, server: 0.0.0.0:25, login: \"eva\"", EVA),
    ("2026/11/25 03:12:09 [info] 8#8: *15950 client 203.0.113.9:53044 connected to 10.0.0.5:25", {"event.action": "connection", "source.ip": "203.0.113.9", "destination.port": "25"}),
    # PostgreSQL with the client in front (%h %m [%p] %u@%d)
    (f"203.0.113.9 {ISO}.428 UTC [53962] eva@shop FATAL:  password authentication failed for user \"eva\"", {**FAILED, "postgresql.database": "shop", "process.pid": "53962"}),
    # RouterOS behind rsyslog's head, alone in its file
    ("2026-11-25T03:12:09.734637+01:00 gw firewall,info drop-in input: in:ether1 out:(unknown 0), connection-state:new src-mac 00:17:10:88:bc:02, proto UDP, 203.0.113.9:44355->10.0.0.5:53, len 65",
     {"event.action": "firewall-deny", "source.ip": "203.0.113.9", "destination.port": "53", "host.name": "gw"}),
    ("2026-11-25T03:12:09.757188+01:00 192.0.2.1 system,error,critical login failure for user eva from 203.0.113.9 via winbox", {**EVA, "host.name": "192.0.2.1"}),
    # Times without a year: Asterisk's default, Monit's, Wings'
    ("[Nov 25 03:12:09] NOTICE[1638] chan_sip.c: Registration from '<sip:300@192.0.2.1>' failed for '203.0.113.9' - Wrong password", {**FAILED, "doubt": "yz"}),
    ("[UTC Nov 25 03:12:09] error    : HttpRequest: access denied -- client [203.0.113.9]: wrong password for user 'eva'", {"doubt": "y"}),
    ("WARN: [Nov 25 03:12:09.643] failed to validate user credentials (invalid format) ip=203.0.113.9:28050 subsystem=sftp username=eva", {**EVA, "source.port": "28050"}),
    # Pairs, as Go's programs write them
    ("time=2026-11-25T03:12:09.307Z level=error msg=\"Unsuccessful 1FA authentication attempt by user 'eva'\" method=POST path=/api/firstfactor remote_ip=203.0.113.9", {**EVA, "log.level": "error", "url.path": "/api/firstfactor"}),
    ("t=2026-11-25T03:12:09+0000 lvl=eror msg=\"Invalid username or password\" logger=context uname= error=\"User not found\" remote_addr=203.0.113.9", FAILED),
    ("time=\"2026-11-25T03:12:09Z\" level=warning msg=\"HTTP: GET https://music.example/x?y=1\" httpStatus=404 remoteAddr=203.0.113.9 userAgent=\"curl/8\"", {**ASKED, "user_agent.original": "curl/8"}),
    ("web-1  | time=\"2026-11-25T03:12:09Z\" level=error msg=\"refused\" method=GET path=/x?y=1 remote_ip=[2001:db8::9]:500 username=eva", {"source.ip": "2001:db8::9", "user.name": "eva", "url.path": "/x", "event.outcome": None}),
    # Smaller services of syslog
    (HEAD + "danted[17969]: info: block(1): tcp/accept ]: 203.0.113.9.50550 192.0.2.1.1080: error after reading 35 bytes in 0 seconds: system password authentication failed for user \"eva\"", {**EVA, "source.port": "50550"}),
    (HEAD + "shop.example: https://shop.example|1430068525|user|203.0.113.9|https://shop.example/?q=user|https://shop.example/|0||Login attempt failed for eva.", EVA),
    (HEAD + "Froxlor: [Login Action 203.0.113.9] User 'eva' tried to login with wrong password.", EVA),
    (HEAD + "monit[5731]: HttpRequest: access denied -- client [203.0.113.9]: wrong password for user 'eva'", EVA),
    (HEAD + "phpMyAdmin[16358]: user denied: eva (mysql-denied) from 203.0.113.9", EVA),
    (HEAD + "wu-ftpd[18760]: failed login from pc.example [203.0.113.9]", FAILED),
    (HEAD + "suhosin[9636]: ALERT - script tried to increase memory_limit to 268435456 bytes which is above the allowed value (attacker '203.0.113.9', file '/var/www/x.php', line 161)", {"event.action": "web-attack", "file.path": "/var/www/x.php"}),
    # Alike, and none of them: text in front of the sentence, within another's, or a name that is no address.
    (f"{ISO} INFO guest wrote: Login failed for user `eva` from IP `203.0.113.9`.", NOTHING),
    (f"{ISO} INFO Login failed for user `eva` from IP `203.0.113.9`. said a guest", NOTHING),
    (f"{ISO} <mallory> User \"eva\" logged in with \"password\", from ip \"203.0.113.9\"", NOTHING),
    (f"{ISO} <mallory> LOGIN SUCCESS for user: \"admin\" from IP: 203.0.113.9", NOTHING),
    (f"{ISO} [mallory]: Failed Login: username=eva ip=203.0.113.9", NOTHING),
    (f"{ISO} BOB: Successful Login: username=eva ip=203.0.113.9", NOTHING),
    (f"{ISO} mal.lory: Login successful for db:prod login:admin from 203.0.113.9", NOTHING),
    (f"{ISO} INFO  search term: Failed authentication for root from 203.0.113.9: x", NOTHING),
    (f"{ISO} Search: system,info,account user admin logged in from 203.0.113.9 via ssh", {**NOTHING, "host.name": None}),
    (f"{ISO} Search system,info,account user admin logged in from 203.0.113.9 via ssh", {**NOTHING, "host.name": None}),
    (f"{ISO} ERROR Invalid username or password", NOTHING),
    (f"{ISO} Rejected connection from 203.0.113.9:3333: too many connections", NOTHING),
    ("[Wed Nov 25 03:12:09.105212 2026] [security2:error] [pid 1] [client 203.0.113.9:5] ModSecurity: Warning. Pattern match \"x\" at ARGS:q. [msg \"SQL\"] [data \"union Access denied with code 403 (phase 2). found\"] [severity \"CRITICAL\"]", {"event.action": None, "event.outcome": None}),
    ("intranet.example.org 203.0.113.9 eva [25/Nov/2026:03:12:09 +0000] \"GET /hr HTTP/1.1\" 200 12", {"url.domain": "intranet.example.org", "source.ip": "203.0.113.9", "user.name": "eva", "source.address": None}),
    ("time=2026-11-25T03:12:09Z level=info msg=\"connected to database\" ip=203.0.113.9 user=postgres", {"source.ip": None, "user.name": "postgres"}),
    ("time=2026-11-25T03:12:09Z level=info msg=\"request done\" method=POST url=https://hooks.example.com/x status=200 remote=203.0.113.9", {"source.ip": None, "event.action": None}),
    (HEAD + "guestbook[5]: Registration from '<sip:301@192.0.2.1>' failed for '203.0.113.9' - Wrong password", NOTHING),
    ("time=2026-11-25T03:12:09.307Z level=info msg=\"container started\" ip=203.0.113.9", NOTHING),
    ("time=2026-11-25T03:12:09.307Z level=info msg=moved path=/srv/x method=rename user=eva", {"http.request.method": None, "url.path": None, "user.name": "eva", "event.action": None}),
)


class Apps(unittest.TestCase):
    def test_lines_mean_what_they_say(self):
        for line, wanted in LINES:
            with self.subTest(line):
                events, counts = read_lines(line + "\n")
                self.assertEqual((len(events), counts.get("unparsed", 0)), (1, 0))
                self.assertEqual({name: events[0].get(name) for name in wanted}, wanted)
                self.assertIn("2026-11-25T0", events[0]["time"])

    def test_windows_11_notes_what_was_started(self):
        # Windows 11 22H2, C:\\Windows\\appcompat\\pca\\PcaAppLaunchDic.txt: the times are UTC.
        path = "C:\\Users\\eva\\Downloads\\a b.exe"
        events, counts = read_lines(f"{path}|2026-11-25 03:12:09.476\nC:\\Windows\\System32\\cmd.exe|2026-11-24 22:00:00.001\n", zone="Europe/Berlin")
        wanted = {"time": "2026-11-25T03:12:09.476Z", "doubt": "", "process.executable": path, "event.action": "process-start"}
        self.assertEqual((counts["format"], {name: events[0].get(name) for name in wanted}), ("pca", wanted))
        for line in ("C:\\x.exe|2026-11-25 03:12:09\n", "C:\\x.exe|2026-11-25 03:12:09.476|more\n", "x.exe|2026-11-25 03:12:09.476\n"):
            self.assertNotEqual(read_lines(line)[1]["format"], "pca", line)

    def test_times_in_a_document_that_was_logged_are_none(self):
        lines = "".join(f"{ISO},{n:03} DEBUG [soap] request:\n" + f"{ISO},{n:03} INFO done\n" * 4 + "<created>2025-01-15T10:00:00Z</created>\n(original) 2027-11-20 02:00:00 disk failed\n" for n in range(9))
        events, _ = read_lines(lines)
        self.assertEqual({event["time"][:16] for event in events if event["event.kind"] == "event"}, {"2026-11-25T03:12"})

    def test_what_stands_in_front_of_dates_of_numbers(self):
        for front, behind in (("[Nest] 7  - ", ", 7:32:47 PM    WARN [AuthService] Failed login attempt for user eva from ip address 203.0.113.9"), ("L ", " - 19:32:47: Rejected connection from somebody")):
            events, counts = read_lines("".join(f"{front}11/{day}/2026{behind}\n" for day in range(13, 25)))
            self.assertEqual((counts["events"], counts["unparsed"], events[0]["time"]), (12, 0, "2026-11-13T19:32:47Z"), front)
            if "AuthService" in behind:
                self.assertEqual({name: events[0].get(name) for name in EVA}, EVA)

    def test_guesses_from_the_server_itself_are_logins(self):
        events, _ = read_lines(f"{ISO}.17 Logon       Login failed for user 'sa'. Reason: Password did not match. [CLIENT: <local machine>]\n")
        self.assertEqual([events[0].get(name) for name in ("event.action", "event.outcome", "user.name", "source.ip")], ["login", "failure", "sa", None])

    def test_a_bracket_without_a_year_is_no_log_by_itself(self):
        for line in ("[Nov 25 03:12:09] hello world, this is a chat\n", "[Nov 25 03:12:09] <eva> error: I said so\n"):
            self.assertTrue(is_nobodys(line), line)

    def test_a_word_in_brackets_is_no_load_balancer(self):
        events, counts = read_lines("2026-11-25T03:12:09Z app a:b c:d 0 0 0 200 200 1 1 \"GET / HTTP/1.1\" x y z\n")
        self.assertEqual((counts["format"], events[0].get("http.response.status_code")), ("dated", None))

    def test_a_json_message_is_read_as_well(self):
        events, _ = read_lines('{"timestamp":"2026-11-25 03:12:09.784","source":"Auth.js:888","message":"[Auth] Failed login attempt for username \\"eva\\" from ip 203.0.113.9 (User not found)","levelName":"ERROR"}\n')
        self.assertEqual({name: events[0].get(name) for name in EVA}, EVA)


if __name__ == "__main__":
    harness.main()
