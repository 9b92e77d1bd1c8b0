"""test_timeline_meanings.py: the fields that sentences of programs give, beyond who, from where and how it went (test_timeline_programs.py). Lines were
written by hand, from the format strings of the sources that are named; expected values from what they say."""
import json
import unittest

from timeline_lines import read_lines

FAILED, OK, UNKNOWN = "failure", "success", "unknown"
# Of each program: tag, sentence, and the fields that it gives; None: it must not give it.
SENTENCES = {
    # Linux-PAM: modules/pam_unix/pam_unix_sess.c, "session opened for user %s(uid=%lu) by %s(uid=%lu)"; before 1.4 without the first number. The second
    # name is pam_modutil_getlogin's, and empty, or "(unknown)" of old, where the terminal has none; getty's record of a terminal is LOGIN.
    "sudo:": [
        ("pam_unix(sudo:session): session opened for user root(uid=0) by eva(uid=1000)",
         {"user.name": "eva", "user.effective.name": "root", "user.effective.id": "0", "user.id": None, "service.name": "sudo", "event.outcome": OK}),
        # sudo: plugins/sudoers/logging.c, of a command that runs all the same.
        ("eva : problem with defaults entries ; TTY=pts/0 ; PWD=/ ; USER=root ;", {"user.name": "eva", "event.action": "command-warning", "event.outcome": UNKNOWN}),
        ("eva : problem with defaults entries ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id", {"event.action": "command-warning", "event.outcome": UNKNOWN}),
        ("pam_unix(sudo:session): session opened for user root by eva(uid=1000)", {"user.name": "eva", "user.effective.name": "root"}),
        ("pam_unix(sudo:session): session opened for user root(uid=0) by root(uid=0)",
         {"user.name": "root", "user.id": "0", "user.effective.name": None})],
    # util-linux' su sets PAM_RUSER to who called it (login-utils/su-common.c), and no host.
    "su:": [
        ("pam_unix(su:auth): authentication failure; logname=eva uid=1000 euid=0 tty=pts/0 ruser=eva rhost=  user=root",
         {"user.name": "eva", "user.effective.name": "root", "event.action": "login", "event.outcome": FAILED, "source.ip": None}),
        ("pam_unix(su:auth): authentication failure; logname=eva uid=1000 euid=0 tty=pts/0 ruser=eva rhost=  user=eva",
         {"user.name": "eva", "user.effective.name": None}),
        ("pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=bo rhost=192.0.2.7  user=root",
         {"user.name": "root", "user.effective.name": None, "source.ip": "192.0.2.7"}),
        ("pam_unix(su:session): session opened for user root by (uid=1000)", {"user.name": None, "user.id": "1000", "user.effective.name": "root"}),
        ("pam_unix(su-l:session): session opened for user postgres(uid=26) by root(uid=0)", {"user.name": "root", "user.effective.name": "postgres"})],
    "sshd[7]:": [
        # OpenSSH: packet.c, sshd's own level in front; auth2.c, userauth_finish()
        ("error: Received disconnect from 192.0.2.7 port 3:14: No supported authentication methods available [preauth]",
         {"source.ip": "192.0.2.7", "source.port": "3", "event.action": "disconnect", "event.outcome": FAILED}),
        ("fatal: Access denied for user eva by PAM account configuration [preauth]",
         {"user.name": "eva", "event.action": "login-not-allowed", "event.outcome": FAILED}),
        # pam_google_authenticator.c; Allbery's pam_krb5; Samba's nsswitch/pam_winbind.c
        ("pam_google_authenticator(sshd:auth): Accepted google_authenticator for eva", {"user.name": "eva", "event.action": "login-second-factor", "event.outcome": OK}),
        ("pam_krb5(sshd:auth): user eva authenticated as eva@EXAMPLE.COM", {"user.name": "eva", "event.action": "login", "event.outcome": OK}),
        ("pam_sss(sshd:account): Access denied for user eva: 6 (Permission denied)", {"user.name": "eva", "event.action": "login-not-allowed", "event.outcome": FAILED}),
        ("pam_winbind(sshd:auth): user 'CORP\\eva' granted access", {"user.name": "CORP\\eva", "event.action": "login", "event.outcome": OK}),
        ("pam_winbind(sshd:auth): request wbcLogonUser failed: WBC_ERR_AUTH_ERROR, PAM error: PAM_AUTH_ERR (7), NTSTATUS: NT_STATUS_WRONG_PASSWORD, "
         "Error message was: Wrong Password", {"event.action": "login", "event.outcome": FAILED, "error.code": "NT_STATUS_WRONG_PASSWORD"}),
        ("pam_unix(sshd:session): session opened for user eva(uid=1000) by (uid=0)", {"user.name": "eva", "user.id": "1000", "user.effective.name": None}),
        ("pam_unix(sshd:session): session opened for user eva by (uid=0)", {"user.name": "eva", "user.effective.name": None}),
        ("pam_unix(sshd:session): session opened for user eva(uid=1000) by eva(uid=0)", {"user.name": "eva", "user.id": "1000"}),
        # session.c: subsystem_request(); srclimit.c: srclimit_penalise(); auth.c.
        ("subsystem request for sftp by user eva failed, subsystem not found",
         {"user.name": "eva", "event.outcome": FAILED, "event.reason": "subsystem not found"}),
        ("subsystem request for sftp by user eva", {"user.name": "eva", "event.outcome": UNKNOWN}),
        ("subsystem request for a by user bob by user eva", {"user.name": "eva", "event.is_ambiguous": None}),
        ("subsystem request for sftp failed, subsystem not found", {"event.outcome": FAILED}),
        ("srclimit_penalise: ipv4: new 192.0.2.7/32 deferred penalty of 5 seconds for penalty: failed authentication",
         {"source.ip": "192.0.2.7", "event.action": "rate-limit", "event.outcome": FAILED, "event.reason": "failed authentication"}),
        ("srclimit_penalise: ipv6: new 2001:db8::/64 active penalty of 15 seconds for penalty: caused crash",
         {"source.ip": None, "source.address": "2001:db8::/64"}),
        ("ROOT LOGIN REFUSED FROM 192.0.2.7 port 22", {"user.name": "root", "source.ip": "192.0.2.7", "event.outcome": FAILED})],
    # gdm: daemon/gdm-session-worker-job.c, whose name in the log is what its command line begins with.
    "gdm-launch-environment]:": [
        ("pam_unix(gdm-launch-environment:session): session opened for user gdm by (unknown)(uid=0)", {"user.name": "gdm", "user.effective.name": None})],
    # shadow: src/groupmod.c, log_gpasswd_success(); BusyBox: loginutils/passwd.c; FreeBSD: lib/libpam/modules/pam_unix; modules/pam_unix/pam_unix_passwd.c.
    "groupmod[7]:": [("group changed in /etc/group (group evil/5, new name: good)",
                      {"group.name": ["evil", "good"], "group.id": "5", "event.action": "group-change", "event.outcome": OK}),
                     ("group changed in /etc/group (group evil/5, new name: good, new gid: 7)", {"group.name": ["evil", "good"], "event.reason": "new gid: 7"}),
                     ("group changed in /etc/group (group evil/5, new gid: 7)", {"group.name": "evil", "group.id": "5", "event.reason": "new gid: 7"}),
                     ("group changed in /etc/gshadow (group evil, new name: good)", {"group.name": ["evil", "good"], "event.action": "group-change"})],
    "passwd:": [(f"{word} for root changed by eva{end}", {"user.target.name": "root", "user.name": "eva", "event.action": "password-change", "event.outcome": OK})
                for word, end in (("Password", ""), ("password", ""), ("Password", "(uid=1000)"))],
    "passwd[7]:": [("pam_unix(passwd:chauthtok): new password not acceptable", {"event.action": "password-change", "event.outcome": FAILED})],
    # shadow: src/chage.c, src/useradd.c.
    "chage[7]:": [("changed password expiry for eva", {"event.action": "user-change", "user.target.name": "eva", "user.name": None})],
    "useradd[7]:": [("new user: name=mallory, UID=0, GID=0, home=/root, shell=/bin/bash, from=/dev/pts/0",
                     {"event.action": "user-add", "user.target.name": "mallory", "user.target.id": "0", "user.id": None})],
    # PostgreSQL: src/backend/libpq/auth.c since 14, utils/init/postinit.c: one login says both.
    # pgAudit: pgaudit.c, log_audit_event(); postmaster/postmaster.c, LogChildExit(); what %m says
    "postgres[7]:": [("AUDIT: SESSION,1,1,READ,SELECT,,,select * from t,<not logged>",
                      {"postgresql.statement": "select * from t", "event.action": "database-query"}),
                     ('AUDIT: OBJECT,12,1,READ,SELECT,TABLE,public.t,"select a, b from t",<none>', {"postgresql.statement": "select a, b from t"}),
                     ("server process (PID 99) was terminated by signal 9: Killed", {"event.action": "crash", "event.outcome": FAILED, "event.reason": "9: Killed"}),
                     ('could not write to file "pg_wal/x": No space left on device', {"event.action": "disk-fault", "event.outcome": FAILED}),
                     ('connection authenticated: identity="eva" method=scram-sha-256 (/etc/postgresql/15/main/pg_hba.conf:87)',
                      {"user.name": "eva", "event.action": "login-authenticated", "event.outcome": OK}),
                     ('connection authenticated: user="eva" method=trust (/etc/postgresql/16/main/pg_hba.conf:87)',
                      {"user.name": "eva", "event.action": "login-authenticated"}),
                     ("connection authorized: user=eva database=shop application_name=psql", {"user.name": "eva", "event.action": "login", "event.outcome": OK}),
                     ("connection authorized: user=a b database=shop", {"user.name": "a b", "postgresql.database": "shop", "event.is_ambiguous": None}),
                     ("replication connection authorized: user=repl application_name=pg_basebackup", {"user.name": "repl", "event.action": "login", "event.outcome": OK}),
                     ("replication connection authorized: user=repl SSL enabled (protocol=TLSv1.3, cipher=x, bits=256)", {"user.name": "repl", "event.action": "login"}),
                     ("replication connection authorized: user=repl", {"user.name": "repl", "event.action": "login"}),
                     # libpq/auth.c, ClientAuthentication(), auth_failed(); postmaster/backend_startup.c: of a socket the host is [local] and has no port.
                     ('no pg_hba.conf entry for replication connection from host "192.0.2.7", user "eva", no encryption',
                      {"source.ip": "192.0.2.7", "user.name": "eva", "event.action": "login-not-allowed", "event.outcome": FAILED}),
                     ('pg_hba.conf rejects replication connection for host "192.0.2.7", user "eva", SSL encryption', {"source.ip": "192.0.2.7", "user.name": "eva"}),
                     ('no pg_hba.conf entry for host "192.0.2.7", user "a", database "b", database "shop", no encryption',
                      {"user.name": ['a", database "b', "a"], "event.is_ambiguous": "yes"}),
                     ("connection received: host=db.example.org port=5000", {"source.address": "db.example.org", "source.port": "5000", "event.action": "connection"}),
                     ("connection received: host=[local]", {"source.address": "[local]", "event.action": "connection"}),
                     ("disconnection: session time: 0:00:00.015 user=eva database=shop host=db.example.org port=5000",
                      {"source.address": "db.example.org", "source.port": "5000", "event.action": "logout"}),
                     ('password authentication failed for user "a" b"', {"user.name": 'a" b', "event.is_ambiguous": None, "event.outcome": FAILED}),
                     # tcop/postgres.c: exec_parse_message(), exec_bind_message(), exec_execute_message().
                     ("duration: 12.5 ms  execute <unnamed>: select 1",
                      {"postgresql.statement": "select 1", "event.action": "database-query", "event.outcome": OK}),
                     ("duration: 0.5 ms  parse <unnamed>: select 1", {"postgresql.statement": "select 1", "event.action": "database-prepare"}),
                     ("duration: 0.5 ms  bind S_1/C_2: select 1", {"postgresql.statement": "select 1", "event.action": "database-prepare"})],
    # cron's database.c, load_database() and process_crontab(): "*system*" and, of /etc/cron.d, the file's name; crontab's account otherwise.
    "cron[7]:": [("(*system*evil) RELOAD (/etc/cron.d/evil)", {"user.name": None, "file.path": "/etc/cron.d/evil", "event.action": "schedule-change"}),
                 ("(*system*) RELOAD (/etc/crontab)", {"user.name": None, "file.path": "/etc/crontab"}),
                 ("(eva) RELOAD (crontabs/eva)", {"user.name": "eva", "file.path": "crontabs/eva"})],
    # Solaris: usr/src/cmd/su/su.c
    "su:": [("'su root' succeeded for eva on /dev/pts/1", {"user.name": "eva", "user.effective.name": "root", "event.action": "switch-user", "event.outcome": OK}),
            ("'su root' failed for eva on /dev/pts/1", {"user.name": "eva", "user.effective.name": "root", "event.outcome": FAILED})],
    # shadow: src/groupadd.c, grp_update() and close_files().
    "groupadd[7]:": [("group added to /etc/group: name=evil, GID=1005", {"group.name": "evil", "event.action": "group-add", "event.outcome": OK}),
                     ("group added to /etc/gshadow: name=evil", {"group.name": "evil", "event.action": "group-add"})],
    # util-linux: login-utils/login.c; shadow: src/login.c.
    "login[7]:": [("FAILED LOGIN (1) on '/dev/tty1' FOR 'UNKNOWN', User not known to the underlying authentication module",
                   {"user.name": None, "event.action": "login", "event.outcome": FAILED}),
                  ("FAILED LOGIN (1) on '/dev/pts/0' from '192.0.2.7' FOR 'UNKNOWN', Authentication failure", {"user.name": None, "source.ip": "192.0.2.7"}),
                  ("FAILED LOGIN (2) on '/dev/tty1' FOR 'eva', Authentication failure", {"user.name": "eva", "event.outcome": FAILED}),
                  ("FAILED LOGIN 1 FROM 192.0.2.7 FOR (unknown), User not known to the underlying authentication module",
                   {"user.name": None, "source.ip": "192.0.2.7", "event.outcome": FAILED}),
                  ("ROOT LOGIN ON tty1", {"user.name": "root", "event.action": "login", "event.outcome": OK}),
                  ("ROOT LOGIN  on '/dev/tty1'", {"user.name": "root"}),
                  ("ROOT LOGIN  on '/dev/pts/0' from '192.0.2.7'", {"user.name": "root", "source.ip": "192.0.2.7"}),
                  ("ROOT LOGIN ON pts/0 FROM host.example.org", {"user.name": "root", "source.address": "host.example.org"})],
    # sudo: lib/eventlog/eventlog.c, new_logline(): HOST, TTY, CHROOT, PWD, USER.
    "sudo-rs[7]:": [("eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id", {"event.outcome": OK, "user.name": "eva"})],
    "sudo[7]:": [
        # sudo-rs: src/sudo/pipeline.rs, log_command_execution(), without a terminal
        ("eva :  PWD=/home/eva ; USER=root ; COMMAND=/usr/bin/id -u",
         {"event.action": "command", "event.outcome": OK, "event.reason": None, "process.working_directory": "/home/eva", "user.effective.name": "root",
          "process.command_line": "/usr/bin/id -u"}),
        ("eva : TTY=pts/0 ; CHROOT=/x y ; PWD=/home/eva ; USER=root ; COMMAND=/usr/bin/id",
         {"event.action": "command", "event.outcome": OK, "event.reason": None, "user.name": "eva", "process.working_directory": "/home/eva"}),
        ("eva : CHROOT=/x ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id", {"event.outcome": OK, "event.reason": None, "user.effective.name": "root"}),
        ("eva : command not allowed ; TTY=pts/0 ; CHROOT=/x ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
         {"event.outcome": FAILED, "event.reason": "command not allowed"}),
        ("eva : PWD=/ ; USER=root ; COMMAND=/usr/bin/id -u ; EXIT=1", {"event.outcome": FAILED, "process.exit_code": "1", "process.command_line": "/usr/bin/id -u"})],
    # a line of an access log that another program quotes (the first of them begins as one)
    # duo_unix: lib/util.c, duo_log(); OpenSSH: gss-serv-krb5.c; shadow: src/userdel.c; systemd: login/logind-dbus.c, journal/journald-server.c, shared/install.c; Linux-PAM: pam_unix_auth.c.
    "sshd[9]:": [("Successful Duo login for 'eva' from 203.0.113.9", {"event.action": "login-second-factor", "event.outcome": OK, "user.name": "eva", "source.ip": "203.0.113.9"}),
                 ("Failed Duo login for 'eva' from 203.0.113.9: Login request denied.", {"event.outcome": FAILED, "event.reason": "Login request denied.", "source.ip": "203.0.113.9"}),
                 ("Skipped Duo login for 'eva': Skipped by policy", {"event.outcome": "unknown", "user.name": "eva"}),
                 ("Authorized to eva, krb5 principal eva@EXAMPLE.COM (krb5_kuserok)", {"event.action": "login-authorized", "user.name": "eva", "event.outcome": OK})],
    "userdel[9]:": [("removed shadow group 'evil' owned by 'evil'", {"event.action": "group-shadow-delete", "group.name": "evil"})],
    "systemd-logind[9]:": [("Operation 'poweroff' finished.", {"event.action": "power-operation", "event.reason": "poweroff"})],
    "systemd-journald[9]:": [("Journal stopped", {"event.action": "logging-stop"}),
                             ("Vacuuming done, freed 55.0M of archived journals from /var/log/journal/x.", {"event.action": "log-remove", "file.path": "/var/log/journal/x"}),
                             ("File /var/log/journal/x/system.journal corrupted or uncleanly shut down, renaming and replacing.", {"event.action": "log-damage"})],
    "systemd[9]:": [("Created symlink /etc/systemd/system/multi-user.target.wants/e.service \u2192 /etc/systemd/system/e.service.",
                     {"event.action": "service-enable", "file.path": "/etc/systemd/system/multi-user.target.wants/e.service", "file.target_path": "/etc/systemd/system/e.service"})],
    "rsyslogd:": [('[origin software="rsyslogd" swVersion="8.2" x-pid="5" x-info="https://www.rsyslog.com"] exiting on signal 15.', {"event.action": "logging-stop"})],
    "auditd[9]:": [("The audit daemon is exiting.", {"event.action": "logging-stop"})],
    "kernel[9]:": [("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/x,task=mysqld,pid=77,uid=27",
                    {"event.action": "out-of-memory-victim", "user.id": "27"})],
    # pam_unix_sess.c does not say who acted; pam_wheel.c; PADL's pam_ldap.c; SSSD's pam_sss.c.
    "sudo[70]:": [("pam_unix(sudo:session): session closed for user root", {"user.name": None, "user.effective.name": "root", "event.action": "session-close"})],
    "su(pam_unix)[70]:": [("session closed for user root", {"user.name": None, "user.effective.name": "root", "event.action": "session-close"})],
    "polkitd[70]:": [("pam_unix(polkit-1:session): session closed for user root", {"user.name": None, "user.effective.name": "root"})],
    "su[70]:": [("pam_wheel(su:auth): Access denied to 'eva' for 'root'", {"user.name": "eva", "user.effective.name": "root", "event.outcome": FAILED})],
    "cron[70]:": [("pam_unix(cron:session): session closed for user root", {"user.name": "root", "user.effective.name": None})],
    "sshd[70]:": [('pam_ldap: error trying to bind as user "uid=eva,ou=p,dc=x" (Invalid credentials)', {"user.name": "eva", "event.action": "login", "event.outcome": FAILED}),
                  ("pam_unix(sshd:session): session closed for user eva", {"user.name": "eva", "user.effective.name": None})],
    "passwd[70]:": [("pam_sss(passwd:chauthtok): Password change failed for user eva: 22 (Authentication token lock busy)",
                     {"user.target.name": "eva", "event.action": "password-change", "event.outcome": FAILED})],
    # smtpd.c: how often each command went well; a login is told with the first mail alone, and a failure by a sentence of its own.
    "postfix/smtpd[70]:": [
        ("disconnect from unknown[192.0.2.7] ehlo=1 auth=0/1 quit=1 commands=2/3", {"event.action": "login-failures", "event.outcome": FAILED, "source.ip": "192.0.2.7"}),
        ("disconnect from unknown[192.0.2.7] ehlo=1 auth=1 quit=1 commands=3", {"event.action": "login", "event.outcome": OK, "source.ip": "192.0.2.7"}),
        ("disconnect from unknown[192.0.2.7] ehlo=1 auth=1/3 mail=1 rcpt=0/1 quit=1 commands=3/6", {"event.action": "login", "event.outcome": OK}),
        ("disconnect from unknown[192.0.2.7] ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6", {"event.action": "disconnect"}),
        ("disconnect from unknown[192.0.2.7] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4", {"event.action": "disconnect"}),
        ("warning: unknown[192.0.2.7]: SASL PLAIN authentication failed: (reason unavailable), sasl_username=(unavailable)", {"user.name": None, "event.action": "login"})],
    # mod_authnz_ldap.c, mpm_unix.c, ngx_process.c, ngx_connection.c.
    "apache2[70]:": [
        ("AH01695: auth_ldap authenticate: user eva authentication failed; URI /x [ldap_simple_bind() failed][Invalid credentials]",
         {"user.name": "eva", "url.original": "/x", "event.reason": "ldap_simple_bind() failed", "error.message": "Invalid credentials", "event.action": "login",
          "event.outcome": FAILED}),
        ("AH01695: auth_ldap authenticate: user evil authentication failed; URI /x [User not found][No such object]", {"user.name": "evil", "event.action": "login", "event.reason": "User not found"}),
        ("AH00052: child pid 77 exit signal Segmentation fault (11)", {"event.action": "crash", "event.reason": "Segmentation fault"}),
        ("AH00489: Apache/2.4.58 (Ubuntu) configured -- resuming normal operations", {"event.action": "service-start"})],
    "nginx[70]:": [
        ("worker process 55 exited on signal 11 (core dumped)", {"event.action": "crash", "event.code": "11"}),
        ("signal 15 (SIGTERM) received from 77, exiting", {"event.action": "service-stopping"}),
        ("bind() to 0.0.0.0:80 failed (98: Address already in use)", {"event.action": "listen", "event.outcome": FAILED})],
    # strongSwan, xrdp (sesman), fail2ban (server/actions.py), vfs_full_audit(8), postfix (smtpd.c) of who is gone.
    "charon[9]:": [("05[IKE] authentication of 'eva' with EAP successful", {"event.action": "login", "event.outcome": OK, "user.name": "eva"})],
    "xrdp-sesman[9]:": [("[INFO ] ++ created session (access granted): username eva, ip ::ffff:203.0.113.9:51780 - socket: 11", {"event.action": "login", "event.outcome": OK, "user.name": "eva"}),
                        ("[INFO ] AUTHFAIL: user=eva ip=203.0.113.9 time=1757100000", {"event.outcome": FAILED, "user.name": "eva", "source.ip": "203.0.113.9"})],
    "fail2ban.actions[9]:": [("NOTICE [sshd] Ban 203.0.113.9", {"event.action": "ban", "source.ip": "203.0.113.9", "fail2ban.jail": "sshd"}),
                             ("NOTICE [sshd] Unban 203.0.113.9", {"event.action": "unban"})],
    "smbd_audit[9]:": [("eva|203.0.113.9|share|unlink|ok|x.txt", {"smb.share": "share", "smb.operation": "unlink", "file.path": "x.txt", "event.outcome": OK}),
                       ("eva|203.0.113.9|kali|share|unlinkat|ok|x|ok|y.txt", {"smb.client": "kali", "smb.share": "share", "smb.operation": "unlinkat", "file.path": "x|ok|y.txt", "event.outcome": OK}),
                       ("eva|203.0.113.9|my share|rename|ok|x|ok|y", {"smb.client": None, "smb.share": "my share", "smb.operation": "rename", "file.path": "x|ok|y"}),
                       ("eva|203.0.113.9|kali|share|openat|fail (No such file or directory)|r|a b.txt", {"smb.client": "kali", "smb.operation": "openat", "file.path": "r|a b.txt", "event.outcome": FAILED}),
                       ("eva|203.0.113.9|open|fail (Permission denied)|x.txt", {"smb.operation": "open", "file.path": "x.txt", "event.outcome": FAILED, "event.reason": "Permission denied"})],
    "postfix/submission/smtpd[9]:": [("4B3C2A1: client=unknown[unknown], sasl_method=PLAIN, sasl_username=eva", {"event.action": "login", "event.outcome": OK, "user.name": "eva"})],
    "gunicorn[7]:": [('192.0.2.7 - - [20/Nov/2026:10:00:01 +0100] "GET /x HTTP/1.1" 200 612', {"event.action": "http-request", "source.ip": "192.0.2.7"}),
                     ('INFO [nginx] Found 192.0.2.7 - - [20/Nov/2026:10:00:01 +0100] "GET /x HTTP/1.1" 200 612', {"event.action": None, "user.name": None, "url.domain": None}),
                     ('copied 192.0.2.7 - - [20/Nov/2026:10:00:01 +0100] "GET /x HTTP/1.1" 200 612', {"event.action": None, "url.domain": None}),
                     ('request: 192.0.2.7 - - [20/Nov/2026:10:00:01 +0100] "GET /x HTTP/1.1" 200 612', {"event.action": None, "url.domain": None})],
    # polkit: src/programs/pkexec.c, src/polkitbackend/polkitbackendinteractiveauthority.c.
    "pkexec[7]:": [
        ("eva: Executing command [USER=root] [TTY=unknown] [CWD=/home/eva] [COMMAND=/usr/bin/x -y]",
         {"process.command_line": "/usr/bin/x -y", "user.name": "eva", "user.effective.name": "root", "event.outcome": OK}),
        ("eva: Executing command [USER=root] [TTY=unknown] [CWD=/home/eva] [COMMAND=/usr/bin/[ -y]", {"process.command_line": "/usr/bin/[ -y"}),
        ("eva: Error executing command as another user: Not authorized [USER=root] [TTY=/dev/pts/0] [CWD=/] [COMMAND=/usr/bin/id]",
         {"process.command_line": "/usr/bin/id", "event.reason": "Not authorized", "event.outcome": FAILED})],
    "polkitd(authority=local)[7]:": [
        ("Operator of unix-session:c1 FAILED to authenticate to gain authorization for action org.example.x for system-bus-name::1.2 [/bin/x -y] "
         "(owned by unix-user:eva)",
         {"user.name": "eva", "event.outcome": FAILED, "event.action": "authorization", "polkit.action": "org.example.x", "process.command_line": "/bin/x -y"}),
        ("Operator of unix-session:c1 successfully authenticated as unix-user:root to gain TEMPORARY authorization for action org.example.x for "
         "unix-process:7:9 [x] (owned by unix-user:eva)", {"user.name": "eva", "user.effective.name": "root", "event.outcome": OK})],
    # cronie: src/misc.c log_it(), src/security.c, src/do_command.c; Debian's cron: do_command.c.
    "crond[7]:": [
        ("(eva) FAILED to authorize user with PAM (Permission denied)",
         {"user.name": "eva", "event.outcome": FAILED, "event.reason": "Permission denied", "event.action": "scheduled-command"}),
        ("(eva) CMDEND (   run-parts /etc/x)", {"event.action": "scheduled-command-end", "process.command_line": "run-parts /etc/x"}),
        ("(CRON) error (grandchild #812 failed with exit status 1)", {"event.outcome": FAILED, "error.code": "1"})],
    # what runs a command writes under this name: src/do_command.c, child_process()
    "CROND[7]:": [("(eva) CMD (run-parts /etc/x)",
                   {"user.name": "eva", "event.action": "scheduled-command", "process.command_line": "run-parts /etc/x", "event.outcome": OK})],
    "crontab[7]:": [("(eva) DELETE (eva)", {"event.action": "schedule-change", "user.name": "eva"})],
    # systemd: src/coredump/coredump.c.
    "systemd-coredump[7]:": [("Process 1234 (nginx) of user 33 dumped core.", {"event.action": "crash", "event.outcome": FAILED, "user.id": "33"})],
    # Records of audit: the kernel's audit_log_start() and security/apparmor/audit.c; the journal's journald-audit.c; auditd's plugin of syslog.
    "kernel:": [
        ('[12.5] audit: type=1400 audit(1764040329.123:45): apparmor="DENIED" operation="open" class="file" profile="/usr/sbin/cups" name="/etc/shadow" '
         'pid=7 comm="cupsd" requested_mask="r" denied_mask="r" fsuid=0 ouid=0',
         {"event.outcome": FAILED, "event.action": "violated-apparmor-policy", "file.path": "/etc/shadow", "auditd.profile": "/usr/sbin/cups",
          "auditd.sequence": "45", "process.pid": "7"}),
        ('audit: type=1326 audit(1764040329.123:46): auid=1000 uid=1000 gid=1000 ses=1 pid=2 comm="x" exe="/bin/x" sig=31 arch=c000003e syscall=59 compat=0',
         {"auditd.sig": "SIGSYS", "auditd.syscall": "execve", "process.executable": "/bin/x", "event.action": "violated-seccomp-policy"}),
        ("audit: type=9999 audit(1764040329.123:47): x=1", {"auditd.type": None, "event.action": None})],
    "audit[1]:": [("SERVICE_START pid=1 uid=0 auid=4294967295 ses=4294967295 msg='unit=nginx comm=\"systemd\" exe=\"/lib/systemd/systemd\" hostname=? "
                   "addr=? terminal=? res=success'",
                   {"service.name": "nginx", "event.action": "started-service", "event.outcome": OK, "process.pid": "1"})],
    "audispd:": [("node=web type=USER_LOGIN msg=audit(1764040330.000:294): pid=812 uid=0 auid=1000 ses=4 msg='op=login acct=\"eva\" exe=\"/usr/sbin/sshd\" "
                  "hostname=? addr=192.0.2.7 terminal=ssh res=failed'", {"user.name": "eva", "source.ip": "192.0.2.7", "event.outcome": FAILED})],
    # PostgreSQL: write_syslog() in elog.c numbers what it sends, and its parts; behind it log_line_prefix, which may state a time of its own.
    "postgres[80]:": [
        ('[3-1] FATAL:  password authentication failed for user "eva"', {"user.name": "eva", "event.action": "login", "event.outcome": FAILED,
                                                                         "log.level": "critical"}),
        ("[2-2] DETAIL:  Connection matched pg_hba.conf line 99", {"postgresql.detail": "Connection matched pg_hba.conf line 99", "event.action": None}),
        ('[4-1] 2026-11-25 11:00:01 CET [81] eva@shop FATAL:  role "eva" does not exist',
         {"user.name": "eva", "postgresql.database": "shop", "event.action": "login-invalid-user", "process.pid": "80"}),
        ('[5-1] user=eva,db=shop,host=192.0.2.7 FATAL:  no pg_hba.conf entry for host "192.0.2.7", user "eva", database "shop", SSL off',
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login-not-allowed"}),
        ("2026-11-25 11:00:01.123 CET [81] eva@shop LOG:  statement: select 1", {"user.name": "eva", "postgresql.statement": "select 1",
                                                                               "log.level": "informational"}),
        ('[6-1] x LOG:  connection authorized: user=root database=z@y FATAL:  password authentication failed for user "x"',
         {"event.is_ambiguous": "yes", "event.action": None, "user.name": None}),
        ("[8-2] \tfrom x", {"event.action": None}), ("[x-1] FATAL:  x", {"log.level": None}),
        ('password authentication failed for user "eva"', {"user.name": "eva"})],
    # MySQL: sql/log.cc, of 5.5, 5.6 and 8.0, whose lines a program sends on as they are (mysqld_safe --syslog).
    "mysqld:": [
        ("Received SHUTDOWN from user root. Shutting down mysqld (Version: 8.0.36).", {"user.name": "root", "event.action": "service-stopping"}),
        ("Received SHUTDOWN from user <via user signal>. Shutting down mysqld (Version: 8.0.36).", {"user.name": None, "event.action": "service-stopping"}),
        ("130916 21:30:26 [Warning] Access denied for user 'eva'@'192.0.2.7' (using password: YES)",
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.outcome": FAILED, "log.level": "warning"}),
        ("2026-11-25 21:30:26 812 [Note] Access denied for user 'eva'@'192.0.2.7'", {"user.name": "eva", "source.ip": "192.0.2.7"}),
        ("2026-11-25T21:30:26.123456Z 8 [Note] [MY-010926] [Server] Access denied for user 'eva'@'192.0.2.7' (using password: NO)",
         {"user.name": "eva", "event.code": "MY-010926", "log.level": "notice"}),
        # share/errmsg-utf8.txt, ER_NEW_ABORTING_CONNECTION; 8.0 ends it with a full stop.
        ("2026-11-25 21:30:26 8 [Warning] Aborted connection 8 to db: 'shop' user: 'eva' host: '192.0.2.7' (Got an error reading communication packets)",
         {"user.name": "eva", "source.ip": "192.0.2.7", "source.address": None, "event.action": "connection-lost", "event.reason": "Got an error reading communication packets"}),
        ("Aborted connection 8 to db: 'shop' user: 'eva' host: 'web1' (Got timeout reading communication packets).",
         {"source.address": "web1", "event.reason": "Got timeout reading communication packets"}),
        ("Access denied for user 'eva'@'192.0.2.7' (using password: YES)", {"user.name": "eva"})],
}
SENTENCES |= {
    # Sendmail: sendmail/srvrsmtp.c, envelope.c, deliver.c, collect.c, srvrsmtp.c's checksmtpattack(), err.c. FreeBSD and Debian set sm-mta (-L).
    "sm-mta[7]:": [
        ("26H8MRrS025411: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): authentication failure: checkpass failed, user=eva, "
         "relay=host.example.org [192.0.2.7] (may be forged)",
         {"user.name": "eva", "source.ip": "192.0.2.7", "source.address": "host.example.org", "event.action": "login", "event.outcome": FAILED,
          "event.is_ambiguous": None}),
        ("26H8MRrS025411: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): authentication failure: checkpass failed, relay=[192.0.2.7]",
         {"user.name": None, "source.ip": "192.0.2.7", "event.outcome": FAILED}),
        ("AUTH=server, relay=host.example.org [IPv6:2001:db8::7], authid=eva, mech=PLAIN, bits=0",
         {"user.name": "eva", "source.ip": "2001:db8::7", "event.action": "login", "event.outcome": OK}),
        ("s1GNXHYB005133: [192.0.2.7]: possible SMTP attack: command=AUTH, count=5", {"source.ip": "192.0.2.7", "event.action": "login-too-many"}),
        ("s1R9r60D044307: rejecting commands from  [192.0.2.7] due to pre-greeting traffic after 0 seconds",
         {"source.ip": "192.0.2.7", "event.outcome": FAILED, "event.action": "protocol-error"}),
        ("v26LtRA0020949: host.example.org [192.0.2.7] (may be forged) did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA",
         {"source.ip": "192.0.2.7", "event.action": "connection", "event.outcome": FAILED}),
        ("s1MD2hsd004030: host.example.org [192.0.2.7]: VRFY root [rejected]", {"source.ip": "192.0.2.7", "event.outcome": FAILED}),
        ("56VFYCxS024291: lost input channel from host.example.org [192.0.2.7] to MTA-v4 after rcpt",
         {"source.ip": "192.0.2.7", "event.action": "connection-lost"}),
        ("s1P819mk027713: ruleset=check_rcpt, arg1=<bo@example.org>, relay=host.example.org [192.0.2.7], reject=550 5.7.1 <bo@example.org>... Relaying denied",
         {"source.ip": "192.0.2.7", "email.to.address": "bo@example.org", "rule.name": "check_rcpt", "error.code": "550", "event.action": "mail-reject"}),
        ("ruleset=check_relay, arg1=host.example.org, arg2=192.0.2.7, relay=host.example.org [192.0.2.7], reject=421 4.3.2 Connection rate limit exceeded.",
         {"source.ip": "192.0.2.7", "event.action": "connection", "event.outcome": FAILED}),
        ("55HIbcGI002794: <bo@example.org>... User unknown", {"email.to.address": "bo@example.org", "event.outcome": FAILED}),
        ("55HIbcGI002794: from=<eva@example.org>, size=108, class=0, nrcpts=1, proto=ESMTP, daemon=MTA-v4, relay=host.example.org [192.0.2.7]",
         {"source.ip": "192.0.2.7", "email.from.address": "eva@example.org", "event.action": "mail-receive"}),
        ("55HIbcGI002794: to=<bo@example.org>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=30108, relay=mx.example.org. [192.0.2.25], dsn=2.0.0, "
         "stat=Sent (ok)", {"email.to.address": "<bo@example.org>", "event.action": "mail-deliver", "event.outcome": OK, "source.ip": None}),
        ("55HIbcGI002794: to=<bo@example.org>, delay=00:00:01, mailer=esmtp, pri=30108, dsn=4.0.0, stat=Deferred: Connection refused",
         {"event.action": "mail-defer"})],
    # Courier: imap/imaplogin.c, pop3login.c; courieresmtpd.c.
    "pop3d-ssl:": [
        ("LOGIN FAILED, user=eva, ip=[::ffff:192.0.2.7], port=[255]", {"user.name": "eva", "source.ip": "::ffff:192.0.2.7", "source.port": "255",
                                                                    "event.outcome": FAILED}),
        ("LOGIN FAILED, method=PLAIN, ip=[::ffff:192.0.2.7]", {"user.name": None, "source.ip": "::ffff:192.0.2.7", "event.outcome": FAILED}),
        ("LOGIN, user=eva, ip=[::ffff:192.0.2.7], port=[255]", {"user.name": "eva", "event.outcome": OK, "event.action": "login"}),
        ("LOGOUT, user=eva, ip=[::ffff:192.0.2.7], port=[255], top=0, retr=0, rcvd=6, sent=30, time=0", {"event.action": "logout", "user.name": "eva"})],
    "courieresmtpd:": [
        ('error,relay=::ffff:192.0.2.7,port=43632,msg="535 Authentication failed.",cmd: AUTH LOGIN eva',
         {"source.ip": "::ffff:192.0.2.7", "source.port": "43632", "event.action": "login", "event.outcome": FAILED}),
        ("error,relay=::ffff:192.0.2.7,from=<eva@example.org>,to=<bo@example.org>: 550 User unknown.",
         {"source.ip": "::ffff:192.0.2.7", "email.to.address": "bo@example.org", "error.code": "550", "event.action": "mail-reject"})],
    # Cyrus: imap/imapd.c cmd_login(), cmd_authenticate(); timsieved/parser.c. Debian's tags have its name before.
    "cyrus/imaps[7]:": [
        ("badlogin: host.example.org [192.0.2.7] plaintext eva SASL(-13): authentication failure: checkpass failed",
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.outcome": FAILED}),
        ("badlogin: host.example.org [192.0.2.7] PLAIN [SASL(-13): user not found: Password verification failed]",
         {"user.name": None, "source.ip": "192.0.2.7", "event.outcome": FAILED}),
        ("login: host.example.org [192.0.2.7] eva plaintext+TLS User logged in SESSIONID=<x>",
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.outcome": OK})],
    "timsieved[7]:": [("badlogin: host.example.org[192.0.2.7] PLAIN authentication failure", {"source.ip": "192.0.2.7", "event.outcome": FAILED})],
    # UW imapd: src/imapd/imapd.c.
    "ipop3d[7]:": [("Login failed user=eva auth=eva host=host.example.org [192.0.2.7]",
                    {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login", "event.outcome": FAILED})],
    # Dovecot: src/login-common/client-common.c, src/auth/auth-worker-client.c; a log of its own has its processes in front.
    "dovecot:": [
        ("imap-login: Disconnected (auth failed, 1 attempts): method=PLAIN, rip=192.0.2.7, lip=198.51.100.4",
         {"source.ip": "192.0.2.7", "event.outcome": FAILED, "destination.ip": "198.51.100.4", "service.name": "imap"}),
        ("pop3-login: Aborted login (tried to use disallowed plaintext auth): user=<>, rip=192.0.2.7, lip=198.51.100.4",
         {"source.ip": "192.0.2.7", "event.outcome": FAILED}),
        ("imap-login: Disconnected (proxy dest auth failed): user=<eva>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.4",
         {"user.name": "eva", "event.action": "login", "event.outcome": FAILED}),
        ("imap-login: Login: user=<eva>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.4, mpid=7, TLS", {"user.name": "eva", "event.outcome": OK}),
        # since 2.4: src/login-common/client-common-auth.c, client_auth_reply_args() and client_proxy_finish_destroy_client(), login-proxy.c
        ("imap-login: Logged in: user=<eva>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.4, mpid=7, TLS, session=<abc>",
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login", "event.outcome": OK}),
        ("imap-login: proxy(eva,198.51.100.9:143): Started proxying to remote host (0.004 secs): user=<eva>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.4",
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login", "event.outcome": OK}),
        ("imap-login: Login aborted: Connection closed (user disabled, 1 attempts in 2 secs) (user_disabled): user=<eva>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.4",
         {"user.name": "eva", "event.action": "login", "event.outcome": FAILED}),
        ("imap-login: Login aborted: Logged out (no auth attempts in 2 secs) (no_auth_attempts): user=<>, rip=192.0.2.7, lip=198.51.100.4",
         {"user.name": None, "event.action": "disconnect", "event.outcome": UNKNOWN}),
        # src/auth/auth-request.c, auth_request_master_user_login_finish(); its second place is since 2.4
        ("auth: passdb(admin,192.0.2.7,master,<abc>): Master user logging in as eva",
         {"user.name": "admin", "user.effective.name": "eva", "source.ip": "192.0.2.7", "event.action": "login-as", "event.outcome": OK}),
        ("auth(eva,192.0.2.7,sasl:plain)<abc>: ldap: Password mismatch", {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login", "event.outcome": FAILED}),
        ("auth(eva,192.0.2.7)<5>: sql: unknown user", {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login-invalid-user", "event.outcome": FAILED}),
        ("auth(admin,192.0.2.7,sasl:plain,master)<abc>: passwd-file: Master user logging in as eva",
         {"user.name": "admin", "user.effective.name": "eva", "source.ip": "192.0.2.7", "event.action": "login-as", "event.outcome": OK})],
    # OpenVPN: src/openvpn/multi.c, ssl.c, ssl_verify.c, forward.c; its units name a server ovpn-NAME.
    "ovpn-server[7]:": [
        ("TCP connection established with [AF_INET]192.0.2.7:10107", {"source.ip": "192.0.2.7", "source.port": "10107", "event.action": "connection"}),
        ("192.0.2.7:10107 [eva] Peer Connection Initiated with [AF_INET]192.0.2.7:10107",
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login", "event.outcome": OK}),
        ("192.0.2.7:10107 TLS Auth Error: Auth Username/Password verification failed for peer",
         {"source.ip": "192.0.2.7", "event.action": "login", "event.outcome": FAILED}),
        ("192.0.2.7:10107 VERIFY ERROR: depth=2, error=unable to get issuer certificate: CN=x", {"source.ip": "192.0.2.7", "event.outcome": FAILED}),
        ("eva/192.0.2.7:10107 Connection reset, restarting [0]", {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "connection-lost"}),
        ("TLS Error: cannot locate HMAC in incoming packet from [AF_INET6]2001:db8::7:55340", {"event.outcome": FAILED, "event.action": "protocol-error"})],
    # xinetd: xinetd/log.c svc_log_success(), svc_log_failure().
    "xinetd[7]:": [("FAIL: telnet address from=192.0.2.7", {"source.ip": "192.0.2.7", "service.name": "telnet", "event.outcome": FAILED}),
                   ("START: ftp pid=812 from=::ffff:192.0.2.7", {"source.ip": "::ffff:192.0.2.7", "event.outcome": OK})],
    # BIND: a channel of a file, whose lines are sent on (bin/named, lib/isc/log.c: time, category, level).
    "named[7]:": [
        ("19-Oct-2022 05:34:02.425 security: error: client @0x7f65100ee4d8 192.0.2.7#3076 (example.org): query (cache) 'example.org/ANY/IN' denied",
         {"source.ip": "192.0.2.7", "source.port": "3076", "event.action": "dns-query", "event.outcome": FAILED, "log.level": "error"}),
        ("19-Oct-2022 05:34:02.425 client 2001:db8::7#3076 (example.org): zone transfer 'example.org/AXFR/IN' denied", {"source.ip": "2001:db8::7"}),
        ("security: client @0x7f 192.0.2.7#3076 (example.org): zone transfer 'example.org/AXFR/IN' denied",
         {"source.ip": "192.0.2.7", "event.action": "dns-transfer"}),
        ("error: client @0x7f 192.0.2.7#3076 (example.org): update 'example.org/IN' denied", {"source.ip": "192.0.2.7", "event.action": "dns-update"})],
    # pfSense, "Raw Filter Log Format"; OPNsense has the same, with a digest as the tracker.
    "filterlog:": [
        ("53,,,1000000301,em0,match,block,in,4,0x0,,64,420,0,none,6,tcp,460,192.0.2.7,198.51.100.4,53742,22,420,PA,29633380:29633800,3617062173,65535,,",
         {"source.ip": "192.0.2.7", "source.port": "53742", "destination.ip": "198.51.100.4", "destination.port": "22", "network.transport": "tcp",
          "network.bytes": "460", "event.action": "firewall-deny", "event.outcome": FAILED, "observer.ingress.interface.name": "em0", "rule.id": "53", "rule.name": "1000000301"}),
        ("98,,,64d253df,re0,match,pass,out,6,0x00,0x0ea87,51,udp,17,73,2001:db8::7,2001:db8::4,6881,51918,73",
         {"source.ip": "2001:db8::7", "destination.ip": "2001:db8::4", "source.port": "6881", "destination.port": "51918", "network.transport": "udp",
          "network.bytes": "73", "event.action": "firewall-allow", "event.outcome": OK, "observer.egress.interface.name": "re0"}),
        ("7,,,1,em0,match,block,in,4,0x0,,64,1,0,none,1,icmp,84,192.0.2.7,198.51.100.4,request,1,2,64",
         {"source.ip": "192.0.2.7", "source.port": None, "network.transport": "icmp"}),
        ("no,packet", {"source.ip": None, "event.action": None})],
}
SENTENCES |= {
    # systemd: src/login/logind-session.c, session_start(), of 256 and before, and of 257.
    "systemd-logind[7]:": [
        ("New session 5 of user eva.", {"user.name": "eva", "event.action": "session-open", "logind.session_type": None}),
        ("New session '5' of user 'eva' with class 'user' and type 'tty'.",
         {"user.name": "eva", "event.action": "session-open", "event.outcome": OK, "logind.session_class": "user", "logind.session_type": "tty"}),
        ("New session 'c1' of user 'eva' with class 'manager-early' and type 'unspecified'.",
         {"user.name": "eva", "logind.session_class": "manager-early", "logind.session_type": "unspecified"}),
        # logind-wall.c: "%s%sThe system will %s %s%s!", with the verbs of logind-action.c; "now", or "at" and when.
        ("The system will reboot now!", {"event.action": "reboot", "event.outcome": UNKNOWN}),
        ("maintenance#012The system will power off now!", {"event.action": "shutdown", "event.outcome": UNKNOWN}),
        ("The system will reboot at Wed 2026-11-25 04:00:00 CET!", {"event.action": "shutdown-schedule", "event.reason": "reboot"}),
        ("System is halting.", {"event.action": "shutdown", "event.outcome": OK})],
    # OpenBSD: usr.bin/doas/doas.c, of 6.1 and later, and of 5.8.
    "doas:": [
        ("eva ran command /bin/sh -c id as root from /home/eva",
         {"user.name": "eva", "user.effective.name": "root", "process.command_line": "/bin/sh -c id", "process.working_directory": "/home/eva",
          "event.action": "command", "event.outcome": OK, "event.is_ambiguous": None}),
        ("eva ran command echo as root from /x as bo from /home/eva",
         {"user.name": "eva", "event.is_ambiguous": "yes", "event.outcome": OK}),
        ("eva ran command as root: /bin/ls", {"user.name": "eva", "user.effective.name": "root", "process.command_line": "/bin/ls", "event.outcome": OK}),
        ("failed command for eva: /bin/cat /etc/spwd.db", {"user.name": "eva", "process.command_line": "/bin/cat /etc/spwd.db", "event.outcome": FAILED}),
        ("failed password for eva", {"user.name": "eva", "event.action": "command", "event.category": "authentication", "event.outcome": FAILED}),
        ("failed auth for eva", {"user.name": "eva", "event.action": "command", "event.category": "authentication", "event.outcome": FAILED}),
        ("tty required for eva", {"user.name": "eva", "event.outcome": FAILED}),
        ("command not permitted for eva: sh -c id", {"user.name": "eva", "process.command_line": "sh -c id", "event.outcome": FAILED})],
    # OpenSSH: sftp-server.c, sftp_server_main(), process_open(), handle_log_close(), process_rename(), process_setstat(), send_status().
    "internal-sftp[7]:": [
        ("session opened for local user eva from [192.0.2.7]",
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "session-open", "event.outcome": OK}),
        ("session closed for local user eva from [2001:db8::7]", {"user.name": "eva", "source.ip": "2001:db8::7", "event.action": "session-close"}),
        ("session opened for local user eva from [UNKNOWN]", {"user.name": "eva", "source.ip": None, "source.address": "UNKNOWN"}),
        ('open "/srv/a b.tar" flags WRITE,CREATE,TRUNCATE mode 0644',
         {"file.path": "/srv/a b.tar", "sftp.flags": "WRITE,CREATE,TRUNCATE", "event.action": "file-open", "event.outcome": UNKNOWN}),
        ('open "/x" flags READ mode 0666" flags WRITE mode 0644', {"event.action": "file-open", "event.is_ambiguous": None}),
        ('close "/srv/a b.tar" bytes read 0 written 4096',
         {"file.path": "/srv/a b.tar", "sftp.bytes_read": "0", "sftp.bytes_written": "4096", "event.action": "file-close", "event.outcome": OK}),
        ('forced close "/x" bytes read 7 written 0', {"file.path": "/x", "sftp.bytes_read": "7"}),
        ('remove name "/srv/x"', {"file.path": "/srv/x", "event.action": "file-delete", "event.outcome": UNKNOWN}),
        ('posix-rename old "/srv/x" new "/srv/y"', {"file.path": "/srv/y", "sftp.old_path": "/srv/x", "event.action": "file-rename"}),
        ('symlink old "/etc" new "/srv/e"', {"file.path": "/srv/e", "file.target_path": "/etc", "event.action": "file-link"}),
        ('set "/srv/x" mode 0755', {"file.path": "/srv/x", "file.mode": "0755", "event.action": "file-change"}),
        ('set "/srv/x" owner 0 group 7', {"file.path": "/srv/x", "file.uid": "0", "file.gid": "7"}),
        ("sent status Permission denied", {"event.reason": "Permission denied", "event.outcome": FAILED}),
        ("sent status End of file", {"event.outcome": OK, "event.reason": None})],
}
BSD = {
    # FreeBSD: usr.bin/su/su.c; usr.bin/login/login.c, which says of a login of root two sentences, and of failures one with the name and one without.
    "su[7]:": [
        ("eva to root on /dev/pts/0", {"user.name": "eva", "user.effective.name": "root", "event.action": "switch-user", "event.outcome": OK}),
        ("BAD SU eva to root on /dev/pts/0", {"user.name": "eva", "user.effective.name": "root", "event.outcome": FAILED})],
    "login[7]:": [
        ("login on ttyv0 as eva", {"user.name": "eva", "event.action": "login", "event.outcome": OK}),
        ("login from 192.0.2.7 on pts/0 as eva", {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login"}),
        ("login on ttyv0 as root", {"user.name": "root", "event.action": "session-open"}),
        ("ROOT LOGIN (root) ON ttyv0", {"user.name": "root", "event.action": "login", "event.outcome": OK}),
        ("ROOT LOGIN (toor) ON pts/0 FROM 192.0.2.7", {"user.name": "toor", "source.ip": "192.0.2.7"}),
        ("1 LOGIN FAILURE ON ttyv0", {"event.action": "login-failures", "event.outcome": FAILED, "user.name": None}),
        ("2 LOGIN FAILURES FROM 192.0.2.7, a b", {"event.action": "login", "event.outcome": FAILED, "user.name": "a b", "source.ip": "192.0.2.7"}),
        ("1 LOGIN FAILURE ON ttyv0, eva", {"event.action": "login", "event.outcome": FAILED, "user.name": "eva"}),
        ("LOGIN eva REFUSED (NOLOGIN) FROM 192.0.2.7 ON TTY pts/0",
         {"event.action": "login-not-allowed", "user.name": "eva", "event.reason": "NOLOGIN", "source.ip": "192.0.2.7"}),
        # BusyBox: loginutils/login.c.
        ("root login on 'tty1'", {"user.name": "root", "event.action": "login", "event.outcome": OK}),
        ("root login on 'pts/0' from '192.0.2.7'", {"user.name": "root", "source.ip": "192.0.2.7"}),
        ("invalid password for 'root' on 'tty1' from '192.0.2.7'", {"user.name": "root", "source.ip": "192.0.2.7", "event.outcome": FAILED}),
        ("invalid password for 'UNKNOWN' on 'tty1'", {"user.name": None, "event.action": "login", "event.outcome": FAILED})],
    # BusyBox: miscutils/crond.c; dcron's of before.
    "crond[7]:": [
        ("USER root pid  42 cmd run-parts /etc/periodic/15min",
         {"user.name": "root", "process.pid": "42", "process.command_line": "run-parts /etc/periodic/15min", "event.action": "scheduled-command"}),
        ("FILE /var/spool/cron/crontabs/eva USER eva pid 4242 cmd id", {"user.name": "eva", "file.path": "/var/spool/cron/crontabs/eva"})],
    # pkg: libpkg/pkg_event.c, pkg_emit_install_finished(), pkg_emit_upgrade_finished(), which ends in a blank.
    "pkg[7]:": [
        ("py311-foo-1.2_3,1 installed", {"package.name": "py311-foo", "package.version": "1.2_3,1", "event.action": "package-install", "event.outcome": OK}),
        ("nginx-1.24.0 deinstalled", {"package.name": "nginx", "event.action": "package-remove"}),
        ("nginx upgraded: 1.24.0 -> 1.26.0 ", {"package.version": "1.26.0", "pkg.version_before": "1.24.0", "event.action": "package-upgrade"}),
        ("nginx reinstalled: 1.24.0  ", {"package.version": "1.24.0", "pkg.version_before": None, "event.action": "package-reinstall"}),
        ("it was never installed", {"event.action": None})],
    # nginx: src/core/ngx_syslog.c, whose messages are the lines of its logs; Apache: CustomLog to a program that sends on.
    "nginx:": [
        ('2026/11/25 03:12:09 [error] 12#13: *7 user "eva": password mismatch, client: 192.0.2.7, server: _, request: "GET /x HTTP/1.1", host: "a"',
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login", "event.outcome": FAILED, "log.level": "error", "process.pid": "12",
          "nginx.connection": "7", "http.request.method": "GET", "url.domain": "a"}),
        ('192.0.2.7 - eva [25/Nov/2026:03:12:08 +0100] "GET /x?y HTTP/1.1" 401 612 "-" "curl/8"',
         {"source.ip": "192.0.2.7", "user.name": "eva", "http.response.status_code": "401", "event.action": "http-request", "event.outcome": FAILED,
          "url.query": "y", "user_agent.original": "curl/8", "time": "2026-11-25T03:12:01Z"}),
        ("signal process started", {"source.ip": None, "event.action": None})],
    "web_access[7]:": [('192.0.2.7 - - [25/Nov/2026:03:12:08 +0100] "GET / HTTP/1.1" 200 612', {"source.ip": "192.0.2.7", "event.outcome": OK}),
                       ('it said [25/Nov/2026:03:12:08 +0100] "GET / HTTP/1.1" 200', {"source.ip": None, "source.address": None, "event.action": None})],
    # Reasons are without what parts them from the rest of the sentence: shadow's src/usermod.c, fail_exit(); Postfix: src/xsasl, src/global/log_adhoc.c.
    "crontab[8]:": [("(root) REPLACE (eva)", {"user.name": "root", "user.target.name": "eva", "event.action": "schedule-change"}),
                    ("(root) LIST (eva)", {"user.name": "root", "user.target.name": "eva", "event.action": "schedule-list"})],
    "usermod[7]:": [("failed adding user 'eva', exit code: 1", {"user.target.name": "eva", "event.reason": "exit code: 1"})],
    "postfix/smtpd[7]:": [("warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", {"event.reason": "UGFzc3dvcmQ6"})],
    "postfix/smtp[7]:": [("ABC124: to=<c@example.org>, relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (connect to x[192.0.2.3]:25: Connection timed out)",
                          {"event.reason": "connect to x[192.0.2.3]:25: Connection timed out"}),
                         ("ABC124: to=<c@example.org>, relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (host x said: 450 (try again))",
                          {"event.reason": "host x said: 450 (try again)"})],
    # yum's rpmtrans.py, which writes to syslog what it writes to its own log; of what is removed it knows the name.
    "yum[7]:": [
        ("Installed: 1:nginx-1.20.1-10.el7.x86_64", {"package.name": "nginx", "package.version": "1.20.1-10.el7.x86_64", "event.action": "package-install",
                                                    "event.category": "package"}),
        ("Erased: python-foo-bar", {"package.name": "python-foo-bar", "package.version": None, "event.action": "package-remove"}),
        ("Erased: telnet", {"package.name": "telnet", "event.action": "package-remove"})],
    # FreeBSD: sys/kern/kern_sig.c, sys/net/if.c, sys/cam/cam.c, sys/cam/cam_periph.c, sys/geom/geom_vfs.c, sys/x86/x86/mca.c.
    "kernel:": [
        ("pid 777 (nginx), jid 0, uid 80: exited on signal 11 (core dumped)",
         {"process.pid": "777", "process.name": "nginx", "user.id": "80", "event.action": "crash", "event.reason": "signal 11 (core dumped)"}),
        ("pid 777 (a b), uid 80: exited on signal 6", {"process.name": "a b", "event.action": "crash"}),
        ("pid 777 (java), jid 0, uid 80, was killed: failed to reclaim memory", {"event.action": "out-of-memory", "user.id": "80"}),
        ("em0: link state changed to DOWN", {"event.action": "network-fault", "device.id": "em0", "event.outcome": FAILED}),
        ("em0: link state changed to UP", {"event.action": "link-up", "device.id": "em0"}),
        ("(ada0:ahcich0:0:0:0): CAM status: ATA Status Error", {"event.action": "disk-fault", "device.id": "ada0", "event.outcome": UNKNOWN}),
        ("(da0:umass-sim0:0:0:0): SCSI sense: MEDIUM ERROR asc:11,0 (Unrecovered read error)", {"event.action": "disk-fault", "event.outcome": FAILED}),
        ("(ada0:ahcich0:0:0:0): Error 5, Retries exhausted", {"event.action": "disk-fault", "event.reason": "Retries exhausted"}),
        ("g_vfs_done():ada0p2[READ(offset=65536, length=32768)]error = 5", {"event.action": "disk-fault", "device.id": "ada0p2", "error.code": "5"}),
        ("EXT4-fs error (device sda1): ext4_lookup:1: inode #2: comm ls: deleted inode referenced: 3",
         {"event.action": "file-system-fault", "event.reason": "ext4_lookup:1: inode #2: comm ls: deleted inode referenced: 3"}),
        ("MCA: Bank 8, Status 0x8c00004000010090", {"event.action": "hardware-fault", "event.outcome": UNKNOWN}),
        ("Fatal trap 12: page fault while in kernel mode", {"event.action": "kernel-fault"})],
    # FreeBSD: sbin/shutdown/shutdown.c, usr.sbin/syslogd/syslogd.c, sbin/savecore/savecore.c, usr.sbin/newsyslog/newsyslog.c.
    "shutdown[7]:": [("reboot by eva: ", {"user.name": "eva", "event.action": "reboot"}),
                     ("power-down by eva: disks", {"event.action": "shutdown", "event.reason": "disks"})],
    "syslogd:": [("exiting on signal 15", {"event.action": "service-stop"})],
    "savecore[7]:": [("reboot after panic: page fault", {"event.action": "kernel-fault", "event.reason": "page fault"})],
    "newsyslog[7]:": [("logfile turned over due to size>1000K", {"event.action": "log-rotate"})],
}
AIX = "Nov 25 03:12:09 gate auth|security:info sshd[7]: Failed password for eva from 192.0.2.7 port 5 ssh2\n"
# Lines of a format, and the fields of each; as above.
LINES = [
    # libaudit ends values at blanks; commas of old records have one behind them (lib/audit_logging.c).
    ("auditd", "type=USER_AUTH msg=audit(1481077043.057:413): pid=1 uid=0 auid=1 ses=1 msg='op=PAM:authentication grantors=pam_env,pam_unix acct=\"eva\" "
     "exe=\"/x\" hostname=h addr=192.0.2.7 terminal=ssh res=success'\n"
     "type=AVC msg=audit(1481077043.058:414): avc:  denied  { read } for  pid=7 comm=\"x\" name=\"y\" tcontext=u:r:t2:s0:c1,c2 tclass=file\n"
     "type=USER_ACCT msg=audit(1481077043.059:415): user pid=7 uid=0 auid=1 msg='PAM: accounting acct=root : exe=\"/x\" (hostname=?, addr=?, terminal=cron "
     "res=success)'\n"
     "type=SECCOMP msg=audit(1481077043.060:416): auid=1000 uid=1000 pid=2 comm=\"x\" sig=31 arch=c000003e syscall=2 code=0x0\n", [
         {"auditd.grantors": "pam_env,pam_unix", "user.name": "eva"}, {"auditd.tcontext": "u:r:t2:s0:c1,c2"},
         {"auditd.terminal": "cron", "event.outcome": OK, "source.address": None}, {"auditd.sig": "SIGSYS"}]),
    # Apache: server/log.c adds ", referer: %s" to what is said of a request.
    ("apache-error", "[Wed Nov 25 03:12:09 2026] [error] [client 192.0.2.7] File does not exist: /srv/x, referer: http://r.example/\n"
     "[Wed Nov 25 03:12:10.123456 2026] [authz_core:error] [pid 7] [client 192.0.2.7:1] AH01630: client denied by server configuration: /srv/x, "
     "referer: http://r.example/a, b\n"
     "[Wed Nov 25 03:12:11 2026] [error] [client 192.0.2.7] File does not exist: /srv/x, referer: http://a/, referer: http://b/\n", [
         {"file.path": "/srv/x", "http.request.referrer": "http://r.example/", "event.is_ambiguous": None},
         {"file.path": "/srv/x", "http.request.referrer": "http://r.example/a, b"},
         {"http.request.referrer": "http://b/", "event.is_ambiguous": "yes"}]),
    # modules/aaa/mod_auth_basic.c: the number says which sentence it is, whatever the name and the path look like; before 2.4 there is none.
    ("apache-error", "".join(f"[Wed Nov 25 03:12:09 2026] [error] [client 192.0.2.7] {text}\n" for text in (
        'AH01617: user eva: authentication failure for "/x": not found: /y": Password Mismatch', 'AH01618: user a: authentication failure for "/b": c not found: /y',
        'AH01617: user a: authentication failure for "/b": authentication failure for "/x": Password Mismatch',
        'user eva: authentication failure for "/x": not found: /y": Password Mismatch', 'user eva: authentication failure for "/x": Password Mismatch')), [
            {"user.name": "eva", "event.action": "login", "url.original": '/x": not found: /y', "event.is_ambiguous": None},
            {"user.name": 'a: authentication failure for "/b": c', "event.action": "login-invalid-user", "url.original": "/y", "event.is_ambiguous": None},
            {"user.name": ['a: authentication failure for "/b"', "a"], "event.is_ambiguous": "yes"},
            {"user.name": ['eva: authentication failure for "/x":', "eva"], "event.action": ["login-invalid-user", "login"], "event.is_ambiguous": "yes"},
            {"user.name": "eva", "event.action": "login", "event.is_ambiguous": None}]),
    # sql/log.cc, log_general(), and sql/sql_parse.cc, "%s@%s on %s using %s": who connects chooses the name.
    ("mysql", "".join(f"2026-11-25T03:12:0{n}.000000Z\t    8 Connect\t{text}\n" for n, text in enumerate((
        "root@10.0.0.1 on @192.0.2.7 on shop using TCP/IP", "eva@192.0.2.7 on shop using TCP/IP", "eva@web1 on  using Socket", "eva@192.0.2.7 on"))), [
            {"user.name": ["root@10.0.0.1 on ", "root"], "source.ip": ["192.0.2.7", "10.0.0.1"], "event.is_ambiguous": "yes"},
            {"user.name": "eva", "source.ip": "192.0.2.7", "mysql.database": "shop", "event.is_ambiguous": None},
            {"user.name": "eva", "source.address": "web1"}, {"user.name": "eva", "source.ip": "192.0.2.7"}]),
    # PostgreSQL: src/backend/utils/error/elog.c, write_syslog() and append_with_tabs(); rsyslog writes a tab as #011. A line of another process in between parts them.
    ("syslog", "".join(f"Nov 25 03:12:0{n} db1 {tag} {text}\n" for n, (tag, text) in enumerate((
        ("postgres[80]:", "[4-1] 2026-11-25 04:12:00 CET [80] eva@shop LOG:  statement: copy t"), ("postgres[80]:", "[4-2] #011from program 'id'"),
        ("postgres[80]:", "[4-3] \twith csv"), ("postgres[80]:", "[5-1] eva@shop ERROR:  syntax error at or near \"x\" at character 3"),
        ("postgres[80]:", "[5-2] eva@shop STATEMENT:  select"), ("postgres[80]:", "[5-3] #011pg_read_file('/etc/passwd')"),
        ("postgres[81]:", "[5-4] #011x"), ("postgres[80]:", "[6-1] eva@shop LOG:  statement: select 1"), ("cron[7]:", "[6-2] #011x"), ("postgres[80]:", "[6-2] #011y")))), [
            {"user.name": "eva", "postgresql.database": "shop", "postgresql.statement": "copy t\nfrom program 'id'\nwith csv", "event.action": "database-query", "line": 1},
            {"event.outcome": FAILED, "postgresql.statement": "select\npg_read_file('/etc/passwd')", "line": 4}, {"process.pid": "81", "postgresql.statement": None},
            {"postgresql.statement": "select 1"}, {"process.name": "cron"}, {"message": "[6-2] #011y", "line": 10}]),
    # The same behind other heads: RFC 5424, of which what a sender put into structured data is no part of it; rsyslog's ISO times; a head that a relay sent on. What is longer than a value may be is one event, too.
    *(("syslog", "".join(f"{head} {text}\n" for text in ("[4-1] eva@shop LOG:  statement: copy t", "[4-2] #011from program 'id'", *(f"[4-{n}] #011{'x' * 900}" for n in range(3, more)),
                                                         "[5-1] eva@shop ERROR:  syntax error at or near \"x\" at character 3", "[5-2] eva@shop STATEMENT:  select", "[5-3] #011x")), [
        {"user.name": "eva", "event.action": "database-query", "line": 1, **({"postgresql.statement": "copy t\nfrom program 'id'"} if more == 3 else {})},
        {"event.outcome": FAILED, "postgresql.statement": "select\nx", "line": more}]) for more in (3, 103) for head in (
            "<134>1 2026-11-25T03:12:09Z db1 postgres 80 - -", '<134>1 2026-11-25T03:12:09Z db1 postgres 80 - [m x="postgres[80]: [4-9] "]',
            "2026-11-25T03:12:09.123456+01:00 db1 postgres[80]:", "<134>Nov 25 03:12:09 db1 postgres[80]:", "Nov 25 03:12:09 relay 2026-11-25T03:12:09Z db1 postgres[80]:")),
    # pgpool-II: src/utils/error/elog.c, log_line_prefix: '%m: %a pid %p: ' since 4.2, '%t: pid %p: ' before.
    *(("postgresql", f'2026-11-25 03:12:09{front}pid 80: LOG:  new connection received\n2026-11-25 03:12:09{front}pid 80: DETAIL:  connecting host=192.0.2.7 port=5000\n'
       f'2026-11-25 03:12:10{front}pid 81: FATAL:  password authentication failed for user "eva"\n', [
           {"host.name": None, "process.pid": "80", "log.level": "informational", "postgresql.detail": "connecting host=192.0.2.7 port=5000"},
           {"host.name": None, "process.pid": "81", "user.name": "eva", "event.action": "login", "event.outcome": FAILED}]) for front in (": ", ".123: main ")),
    # MySQL before 5.6 and MariaDB: two digits of the year, and who handles a signal writes without a level (sql/signal_handler.cc).
    ("mysql", "261125  3:12:09 [Note] x\n261125 03:12:10 [ERROR] mysqld got signal 11 ;\n2026-11-25T03:12:11Z UTC - mysqld got signal 6 ;\n", [
        {"time": "2026-11-25T03:12:09Z", "doubt": "yz"}, {"event.action": "crash", "event.outcome": FAILED, "event.reason": "signal 11", "doubt": "yz"},
        {"event.action": "crash", "event.reason": "signal 6", "doubt": ""}]),
    # A 408: no request came before the time for it was over.
    ("access", '192.0.2.7 - - [25/Nov/2026:03:12:09 +0100] "-" 408 0 "-" "-"\n', [{"url.original": None, "event.outcome": FAILED, "source.ip": "192.0.2.7"}]),
    # Fortinet, "FortiOS Log Message Reference": 39426 (SSL VPN login fail), 39947 (SSL VPN tunnel up), 37124 (Negotiate IPsec phase 1).
    ("fortigate", 'date=2026-11-25 time=03:12:09 tz="+0100" logid="0101039426" type="event" subtype="vpn" level="alert" vd="root" logdesc="SSL VPN login fail" '
     'action="ssl-login-fail" tunneltype="ssl-web" remip=192.0.2.7 user="N/A" group="N/A" reason="sslvpn_login_unknown_user" msg="x"\n'
     'date=2026-11-25 time=03:12:10 tz="+0100" logid="0101039947" type="event" subtype="vpn" level="information" action="tunnel-up" remip=192.0.2.7 '
     'user="eva" group="staff"\n'
     'date=2026-11-25 time=03:12:11 tz="+0100" logid="0101037124" type="event" subtype="vpn" level="error" action="negotiate" init="local" '
     'remip=198.51.100.7 locip=192.0.2.1 remport=500 locport=500 user="N/A" status="failure"\n', [
         {"source.ip": "192.0.2.7", "user.name": None, "group.name": None, "event.outcome": FAILED, "event.category": "authentication"},
         {"source.ip": "192.0.2.7", "user.name": "eva", "group.name": "staff", "event.outcome": OK},
         {"source.ip": "192.0.2.1", "source.port": "500", "destination.ip": "198.51.100.7", "event.outcome": FAILED}]),
    # net/netfilter/nf_log_syslog.c without the tag kernel: as UniFi's devices send it, whose name may stand twice. VyOS' rules end in A, D or R.
    ("syslog", "Nov 25 03:12:09 gate [WAN_LOCAL-D-2147483647] DESCR=\"[WAN_LOCAL]Allow All\" IN=eth8 OUT= MAC=00:11 SRC=192.0.2.7 DST=198.51.100.4 LEN=122 "
     "TOS=00 PREC=0x00 TTL=49 ID=45366 DF PROTO=UDP SPT=38451 DPT=54329 LEN=102 MARK=1a0000\n"
     "Nov 25 03:12:10 gate gate [WAN_LOCAL-A-7] DESCR=\"Block\" IN=eth8 OUT= SRC=192.0.2.7 DST=198.51.100.4 LEN=40 PROTO=TCP SPT=1 DPT=2\n"
     "Nov 25 03:12:11 gate gate sshd[7]: Failed password for eva from 192.0.2.7 port 5 ssh2\n"
     "Nov 25 03:12:12 gate kernel: [WAN_IN-default-D]IN=eth0 OUT=eth1 SRC=192.0.2.7 DST=198.51.100.4 LEN=40 PROTO=TCP SPT=1 DPT=2\n"
     "Nov 25 03:12:12 gate kernel: [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.4 LEN=40 PROTO=TCP SPT=1 DPT=2\n"
     "Nov 25 03:12:12 gate kernel: [    7.000123][  T812] [UFW ALLOW] IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.4 LEN=40 PROTO=TCP SPT=1 DPT=2\n"
     "Nov 25 03:12:13 gate gate is what it says\n", [
         {"source.ip": "192.0.2.7", "destination.port": "54329", "event.action": "firewall-deny", "rule.name": "WAN_LOCAL-D-2147483647", "host.name": "gate",
          "network.transport": "udp"},
         {"event.action": "firewall-allow", "rule.name": "WAN_LOCAL-A-7"},
         {"host.name": "gate", "process.name": "sshd", "process.pid": "7", "user.name": "eva"},
         {"event.action": "firewall-deny", "rule.name": "WAN_IN-default-D"},
         {"event.action": "firewall-deny", "event.outcome": FAILED, "rule.name": "UFW BLOCK"}, {"event.action": "firewall-allow", "event.outcome": OK, "rule.name": "UFW ALLOW"}, {"message": "gate is what it says"}]),
    # Netfilter's --log-prefix is free text (iptables-extensions(8)): only words of their own say what became of a packet, and only where they agree.
    *[("syslog", f"Nov 25 03:12:12 gate kernel: {prefix}IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.4 LEN=40 PROTO=TCP SPT=1 DPT=2\n" * 3,
       [{"event.action": action, "event.outcome": outcome, "source.ip": "192.0.2.7"}] * 3)
      for prefix, action, outcome in
      [(prefix, "firewall-log", None) for prefix in ("NOT-ALLOWED: ", "DISALLOWED ", "PASSWD_GUESS: ", "PASSIVE-FTP: ", "ALLOWLIST-MISS: ", "UNBLOCKED ",
                                                     "DROPBEAR-SSH: ", "BLOCKCHAIN-P2P: ", "ACCEPT-LOG-DROP: ", "no drop: ")] +
      [(prefix, "firewall-deny", FAILED) for prefix in ("Shorewall:net-fw:DROP:", "FINAL_REJECT: ", "iptables denied: ", "*TCP_IN Blocked* ", "DROP-NOT-SYN: ")] +
      [(prefix, "firewall-allow", OK) for prefix in ("IN_public_ACCEPT: ", "pass: ")]],
    # What a relay sends on with a clock time alone in front.
    ("syslog", "".join(f"Nov 25 03:12:09 relay {clock} web2 sshd[3]: Failed password for root from 192.0.2.7 port 1 ssh2\n" for clock in ("03:12:08", "03:12:08.123")), [
        {"host.name": ["relay", "web2"], "process.name": "sshd", "user.name": "root", "source.ip": "192.0.2.7", "event.outcome": FAILED}] * 2),
    # Dovecot's own log, and one without lip.
    ("syslog", "Nov 25 03:12:09 pop3-login: Info: Aborted login (auth failed, 1 attempts in 2 secs): user=<eva>, method=PLAIN, rip=192.0.2.7\n"
     "Nov 25 03:12:10 auth-worker(22401): Info: sql(eva@example.org,192.0.2.7,<n4JLdHNVngZGpV2j>): unknown user\n"
     "Nov 25 03:12:11 auth-worker(80180): Info: conn unix:auth-worker (uid=143): auth-worker<13247>: sql(eva,192.0.2.7): Password mismatch\n", [
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.outcome": FAILED, "event.action": "login"},
         {"user.name": "eva@example.org", "source.ip": "192.0.2.7", "event.action": "login-invalid-user"},
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.outcome": FAILED, "process.name": "auth-worker", "process.pid": "80180"}]),
    # Its levels stand in front (lib/failures.c, failure_log_type_prefixes); who a session is of, and its process, in the tag (mail-storage-service.c, mail_log_prefix). A sentence
    # that ends no connection is none of these; and a program of another server with such a tag.
    ("syslog", "Nov 25 03:12:09 imap-login: Info: Login: user=<eva>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.4, mpid=812, TLS, session=<x>\n"
     "Nov 25 03:12:10 managesieve-login: Warning: Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10): user=<eva>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.4\n"
     "Nov 25 03:12:11 imap(eva)<812><x>: Info: Disconnected: Logged out in=84 out=2105\nNov 25 03:12:12 lmtp(eva@example.org)<813><a>: Info: sieve: msgid=<1@x>: stored mail into mailbox 'INBOX'\n"
     "Nov 25 03:12:13 imap(eva): Error: Corrupted index\nNov 25 03:12:14 pop3-login: Info: Something new: user=<eva>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.4\n"
     "Nov 25 03:12:15 mx imap(eva): words\nNov 25 03:12:16 mx polkitd(authority=local): words\nNov 25 03:12:17 mx imap(eva)<8x><y>: words\n", [
         {"event.action": "login", "event.outcome": OK, "user.name": "eva", "source.ip": "192.0.2.7", "log.level": "informational", "event.reason": None},
         {"event.action": "disconnect", "event.outcome": UNKNOWN, "log.level": "warning", "user.name": "eva"},
         {"process.name": "imap", "process.pid": "812", "user.name": "eva", "event.action": "disconnect", "event.outcome": OK, "message": "Info: Disconnected: Logged out in=84 out=2105"},
         {"process.name": "lmtp", "process.pid": "813", "user.name": None, "user.target.name": "eva@example.org", "event.action": "mail-deliver"},
         {"process.name": "imap", "process.pid": None, "user.name": "eva", "log.level": "error", "event.action": None},
         {"event.action": None, "event.outcome": None, "user.name": "eva", "source.ip": "192.0.2.7"},
         {"process.name": "imap(eva)", "user.name": None, "host.name": "mx"}, {"process.name": "polkitd(authority=local)"}, {"process.name": None, "user.name": None, "host.name": "mx"}]),
    # SOGo's own log (UI/MainUI/SOGoRootPage.m): a blank stands before the number. A host in whose lines no program stands is one.
    ("syslog", "Nov 25 03:12:09 sogod [812]: SOGoRootPage Login from '192.0.2.7' for user 'eva' might not have worked - password policy: 65535  grace: -1\n"
     "Nov 25 03:12:10 sogod [812]: SOGoRootPage successful login from '192.0.2.7, 198.51.100.4' for user 'eva' - expire = -1  grace = -1\nNov 25 03:12:11 gate [812]: words\n", [
         {"process.name": "sogod", "process.pid": "812", "host.name": None, "user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login", "event.outcome": FAILED},
         {"user.name": "eva", "source.ip": "192.0.2.7", "event.action": "login", "event.outcome": OK}, {"host.name": "gate", "process.name": None}]),
    ("exim", "2026-11-25 03:12:09 1Ai79e-0000Dq-8i F=eva@example.org H=host.example.org [192.0.2.7] P=smtp rejected by local_scan(): Rejected: hits=7.5\n",
     [{"source.ip": "192.0.2.7", "event.action": "mail-reject", "email.from.address": "eva@example.org"}]),
    # AIX: syslogd names a facility with its other name.
    ("syslog", AIX, [{"process.name": "sshd", "host.name": "gate", "log.syslog.facility.name": "auth", "log.level": "informational", "user.name": "eva"}]),
    ("dnf", "2026-11-25T03:12:09+0100 DDEBUG Command: dnf install nginx \n", [{"process.command_line": "dnf install nginx"}]),
    ("zeek", "".join(json.dumps({"ts": 1764040329.5, "uid": "C1", "id.orig_h": "192.0.2.7", "id.resp_h": "192.0.2.1", **more}) + "\n"
                     for more in ({"auth_success": False}, {"auth_success": True}, {})), [
        {"event.outcome": FAILED}, {"event.outcome": OK}, {"event.outcome": None}]),
    # The Elastic Common Schema has small letters in network.transport.
    ("suricata", json.dumps({"timestamp": "2026-11-25T03:12:09.331430+0100", "event_type": "flow", "src_ip": "192.0.2.7", "proto": "TCP"}) + "\n",
     [{"network.transport": "tcp"}]),
    ("w3c", "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: date time action protocol src-ip dst-ip\n"
     "2026-11-25 03:12:09 DROP UDP 192.0.2.7 198.51.100.4\n", [{"network.transport": "udp"}]),
]


# What lets people in by other ways, each from the source that programs_access.c names, or from the vendor's messages.
FAIL = {"event.action": "login", "event.outcome": "failure"}
SENTENCES |= {
    "krb5kdc[5]:": [  # kdc_log.c
        ("AS_REQ (4 etypes {18 17 16 23}) 192.0.2.7: PREAUTH_FAILED: eva@EXAMPLE.COM for krbtgt/EXAMPLE.COM@EXAMPLE.COM, Decrypt integrity check failed",
         {"event.action": "kerberos-ticket", "event.outcome": "failure", "user.name": "eva", "user.domain": "EXAMPLE.COM", "source.ip": "192.0.2.7", "error.code": "PREAUTH_FAILED"}),
        ("AS_REQ (8 etypes {aes256-cts-hmac-sha1-96(18), aes128-cts(17)}) 192.0.2.7: ISSUE: authtime 1795165225, etypes {rep=18 tkt=18 ses=18}, eva@EXAMPLE.COM for krbtgt/EXAMPLE.COM@EXAMPLE.COM",
         {"event.action": "kerberos-ticket", "event.outcome": OK, "user.name": "eva", "source.ip": "192.0.2.7"}),
        ("AS_REQ (4 etypes {18}) 192.0.2.7: NEEDED_PREAUTH: eva@EXAMPLE.COM for krbtgt/EXAMPLE.COM@EXAMPLE.COM, Additional pre-authentication required",
         {"event.action": "kerberos-request", "event.outcome": UNKNOWN, "user.name": "eva"})],
    "freeradius[5]:": [  # rad_authlog
        ("(5) Login incorrect (pap: Cleartext password does not match \"known good\" password): [eva/wrong] (from client ap port 5 cli 00-11-22)",
         {**FAIL, "user.name": "eva", "radius.client": "ap"}),
        ("(6) Login OK: [eva] (from client ap port 0)", {"event.action": "login", "event.outcome": OK, "user.name": "eva"}),
        ("(7) Login OK: [eva/<via Auth-Type = eap>] (from client ap port 0 cli 00-11-22 via TLS tunnel)", {"event.outcome": OK, "user.name": "eva"})],
    "smbd[5]:": [("  check_ntlm_password:  Authentication for user [eva] -> [eva] FAILED with error NT_STATUS_WRONG_PASSWORD, authoritative=1",
                  {**FAIL, "user.name": "eva", "error.code": "NT_STATUS_WRONG_PASSWORD"})],
    "pvedaemon[5]:": [("authentication failure; rhost=::ffff:192.0.2.7 user=root@pam msg=Authentication failure", {**FAIL, "user.name": "root@pam", "source.ip": "::ffff:192.0.2.7"}),
                      ("<root@pam> successful auth for user 'eva@pve'", {"event.action": "login", "event.outcome": OK, "user.name": "eva@pve"})],
    "Hostd:": [("info hostd[5] [Originator@6876 sub=Vimsvc.ha-eventmgr opID=x] Event 55 : User root@192.0.2.7 logged in as VMware-client/8.0",
                {"event.action": "login", "event.outcome": OK, "user.name": "root", "source.ip": "192.0.2.7"}),
               ("info hostd[5] [Originator@6876 sub=Vimsvc.ha-eventmgr] Event 56 : Cannot login root@192.0.2.7", {**FAIL, "user.name": "root", "source.ip": "192.0.2.7"})],
    "webmin[5]:": [("Invalid login as root from 192.0.2.7", {**FAIL, "user.name": "root", "source.ip": "192.0.2.7"}), ("Successful login as root from 192.0.2.7", {"event.outcome": OK})],
    "openvpn[5]:": [("eva/192.0.2.7:5000 MULTI_sva: pool returned IPv4=10.8.0.6, IPv6=(Not enabled)",
                     {"event.action": "vpn-address", "user.name": "eva", "source.ip": "192.0.2.7", "client.ip": "10.8.0.6"})],
    "suricata[5]:": [("[1:2010935:3] ET SCAN [x] [Classification: Potentially Bad Traffic] [Priority: 2] {TCP} 192.0.2.7:5000 -> 10.0.0.5:1433",
                      {"event.action": "alert", "rule.id": "2010935", "rule.name": "ET SCAN [x]", "source.ip": "192.0.2.7", "destination.port": "1433", "network.transport": "tcp"})],
    "sshd.service[5]:": [("Accepted password for eva from 192.0.2.7 port 5 ssh2", {"event.action": "login", "event.outcome": OK, "user.name": "eva"})],  # journalctl -o with-unit
    "ssh.service[5]:": [("Failed password for eva from 192.0.2.7 port 5 ssh2", {**FAIL, "user.name": "eva"})],
    "system,error,critical": [("login failure for user admin from 192.0.2.7 via ssh", {**FAIL, "user.name": "admin", "source.ip": "192.0.2.7", "service.name": "ssh"})],  # RouterOS
    "system,info,account": [("user admin logged in from 192.0.2.7 via winbox", {"event.action": "login", "event.outcome": OK, "user.name": "admin", "source.ip": "192.0.2.7"})],
    "%ASA-4-113019:": [("Group = VPN, Username = eva, IP = 192.0.2.7, Session disconnected. Session Type: SSL, Duration: 1h, Bytes xmt: 5, Bytes rcv: 6, Reason: User Requested",
                        {"event.action": "session-close", "user.name": "eva", "source.ip": "192.0.2.7", "group.name": "VPN"})],
    "%ASA-6-113012:": [("AAA user authentication Successful : local database : user = eva", {"event.action": "login", "event.outcome": OK, "user.name": "eva"})],
    "%ASA-6-722051:": [("Group <VPN> User <eva> IP <192.0.2.7> IPv4 Address <10.8.0.6> IPv6 address <::> assigned to session",
                        {"event.action": "vpn-address", "user.name": "eva", "source.ip": "192.0.2.7", "client.ip": "10.8.0.6"})],
    # "Implementing ArcSight Common Event Format": escapes of a bar in the head, of an equals sign behind it
    "CEF:0|Check Point|VPN\\|1|R81|x|Login failed|5|": [
        ("act=Failed Log In rt=1795165201000 src=192.0.2.7 suser=eva outcome=Failure duser=root dst=10.0.0.5 dpt=22 proto=TCP cs1=a b cs1Label=Reason msg=bad pass\\=word",
         {"event.action": "Failed Log In", "event.outcome": "failure", "user.name": "eva", "source.ip": "192.0.2.7", "destination.ip": "10.0.0.5", "destination.port": "22",
          "network.transport": "tcp", "observer.vendor": "Check Point", "observer.product": "VPN|1", "event.code": "x", "destination.user.name": "root", "cef.cs1": "a b",
          "cef.msg": "bad pass=word", "process.name": None})],
}


class Meanings(unittest.TestCase):
    maxDiff = None

    def check(self, event, wanted):
        self.assertEqual({name: event.get(name) if isinstance(wanted[name], list) else self.last(event.get(name)) for name in wanted}, wanted, event["message"])

    def last(self, value):
        """What a sentence says stands behind what the line's head says."""
        return value[-1] if isinstance(value, list) else value

    def test_sentences_give_these_fields(self):
        for tag, cases in [*SENTENCES.items(), *BSD.items()]:
            events, counts = read_lines("".join(f"Nov 25 03:12:{number:02} gate {tag} {sentence}\n" for number, (sentence, _) in enumerate(cases)))
            self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("syslog", len(cases), 0))
            for event, (_, wanted) in zip(events, cases):
                self.check(event, wanted)

    def test_both_names_of_an_account_that_was_renamed_are_told(self):
        """shadow: src/usermod.c, "change user name '%s' to '%s'"."""
        events, _ = read_lines("Nov 25 03:12:09 gate usermod[7]: change user name 'eva' to 'evi'\n")
        self.assertEqual(events[0]["user.target.name"], ["eva", "evi"])

    def test_lines_give_these_fields(self):
        for name, text, wanted in LINES:
            events, counts = read_lines(text)
            self.assertEqual((counts["format"], len(events), counts["unparsed"]), (name, len(wanted), 0), text)
            for event, fields in zip(events, wanted):
                self.check(event, fields)


class Netfilter(unittest.TestCase):
    """An administrator's --log-prefix says what became of a packet by whole words that agree, or nothing does."""
    def test_a_verdict_is_a_word_of_the_prefix(self):
        for prefix, action in (("[UFW BLOCK] ", "deny"), ("[UFW ALLOW] ", "allow"), ("IPTABLES-DROP: ", "deny"), ("Shorewall:net-fw:DROP:", "deny"), ("FINAL_REJECT: ", "deny"), ("nft INPUT drop ", "deny"),
                               ("INDROP ", "deny"), ("ACCEPT ", "allow"), ("PASS: ", "allow"), ("DROPPED2 ", "deny"), ("access denied: ", "deny"), ("NOT-ALLOWED: ", "log"), ("DISALLOWED ", "log"),
                               ("SSH-PASSWORD-BRUTE: ", "log"), ("PASSWD_GUESS: ", "log"), ("BYPASS-ATTEMPT: ", "log"), ("PASSIVE-FTP: ", "log"), ("ALLOWLIST-MISS: ", "log"), ("UNBLOCKED ", "log"),
                               ("DROPBOX-OUT: ", "log"), ("DROPBEAR-SSH: ", "log"), ("BLOCKCHAIN-P2P: ", "log"), ("ACCEPT-LOG-DROP: ", "log"), ("COMPASS: ", "log"), ("", "log"),
                               # What stands in front in one word is a place or that it is logged, and no other word takes it back.
                               *((prefix, "log") for prefix in ("NOACCEPT: ", "NONACCEPT ", "UNACCEPT ", "DONT ACCEPT ", "DON'T ACCEPT ", "NEVER ALLOW ", "FAIL2BAN-ACCEPT-FAILED ", "WRONG PASS: ", "SSH PASS GUESS ",
                                                                "PASS THE HASH ", "ALLOW-LIST MISS ", "NODROP ", "UNDROP ", "CANT DENY ", "WOULD-DROP ", "RAINDROP ")),
                               ("LOGACCEPT ", "allow"), ("FAIL2BAN-DROP ", "deny"), ("fwddrop: ", "deny"), ("WAN-IN PASS: ", "allow"), ("[UFW LIMIT BLOCK] ", "deny"), ("SSH-BRUTE DROP ", "deny")):
            with self.subTest(prefix):
                event = read_lines(f"Nov 25 03:12:09 gate kernel: [ 5.1] {prefix}IN=eth0 OUT= SRC=203.0.113.7 DST=10.0.0.1 LEN=60 PROTO=TCP SPT=1 DPT=22\n")[0][0]
                self.assertEqual((event["event.action"], event.get("event.outcome")), ("firewall-" + action, {"deny": "failure", "allow": "success", "log": event.get("event.outcome")}[action]))
                self.assertNotIn((action, event.get("event.outcome")), [("log", "success"), ("log", "failure")])


# IIS: "FTP Site log files", FTPSVC's usual columns; SMTPSVC's of IIS 6. RFC 959: 331 asks for the password, 530 is not logged in, 226 ends a transfer.
FTP = """#Software: Microsoft Internet Information Services 10.0
#Fields: date time c-ip c-port cs-username s-ip s-port cs-method cs-uri-stem sc-status sc-win32-status sc-substatus x-session x-fullpath
2026-11-25 03:12:09 203.0.113.7 4444 - 10.0.0.1 21 USER administrator 331 0 0 abc -
2026-11-25 03:12:09 203.0.113.7 4444 - 10.0.0.1 21 PASS *** 530 1326 41 abc -
2026-11-25 03:12:09 203.0.113.7 4444 CORP\\eva 10.0.0.1 21 PASS *** 230 0 0 abc /
2026-11-25 03:12:09 203.0.113.7 4444 CORP\\eva 10.0.0.1 21 STOR x.exe 226 0 0 abc /up/x.exe
2026-11-25 03:12:09 203.0.113.7 4444 CORP\\eva 10.0.0.1 21 DataChannelOpened - - 0 0 abc -
"""
SMTP = """#Fields: date time c-ip cs-username s-sitename s-ip cs-method cs-uri-stem cs-uri-query sc-status cs-version
2026-11-25 03:12:09 203.0.113.7 evil.example SMTPSVC1 10.0.0.1 EHLO - +evil.example 250 SMTP
2026-11-25 03:12:09 203.0.113.7 evil.example SMTPSVC1 10.0.0.1 MAIL - +FROM:<a@example.org> 250 SMTP
2026-11-25 03:12:09 203.0.113.7 evil.example SMTPSVC1 10.0.0.1 RCPT - +TO:<b@example.org> 550 SMTP
"""
# Microsoft's documents of each provider: the data of an event, and what it means.
WINDOWS = [
    ("Microsoft-Windows-Security-Auditing", 4740, {"TargetUserName": "eva", "TargetDomainName": "KALI", "SubjectUserName": "DC1$", "SubjectDomainName": "CORP"}, None,
     {"event.action": "user-lock", "user.target.name": "eva", "source.domain": "KALI", "user.target.domain": None, "user.domain": "CORP"}),
    ("Microsoft-Windows-Security-Auditing", 4778, {"AccountName": "eva", "AccountDomain": "CORP", "ClientName": "KALI", "ClientAddress": "203.0.113.7"}, None,
     {"event.action": "session-reconnect", "user.name": "eva", "source.ip": "203.0.113.7", "source.domain": "KALI"}),
    ("Microsoft-Windows-TerminalServices-LocalSessionManager", 21, None, {"User": "CORP\\eva", "SessionID": "5", "Address": "203.0.113.7"},
     {"event.action": "login", "event.category": "authentication", "user.name": "eva", "user.domain": "CORP", "source.ip": "203.0.113.7", "event.outcome": "success"}),
    ("Microsoft-Windows-TerminalServices-RemoteConnectionManager", 1149, None, {"Param1": "eva", "Param2": "CORP", "Param3": "203.0.113.7"},
     {"event.action": "connection", "user.name": "eva", "source.ip": "203.0.113.7"}),
    ("MsiInstaller", 11707, {None: "Product: A -- Installation completed successfully."}, None, {"event.action": "package-install", "event.outcome": "success"}),
    ("disk", 7, {None: "\\Device\\Harddisk0\\DR0"}, None, {"event.action": "disk-fault", "event.outcome": "failure"}),
    ("Microsoft-Windows-Kernel-Power", 41, {"BugcheckCode": "0"}, None, {"event.action": "power-fault"}),
    ("Microsoft-Windows-Windows Defender", 5001, {}, None, {"event.action": "protection-off"}),
    ("Microsoft-Windows-TaskScheduler", 106, {"TaskName": "\\evil", "UserContext": "CORP\\eva"}, None, {"event.action": "task-create", "user.name": "eva"}),
    ("MSSQLSERVER", 18456, {None: "sa"}, None, {"event.action": "login", "event.outcome": "failure", "user.name": "sa"}),
    # "4688(S)": Process ID is that of the creator, in hexadecimal; "5145(S)": Relative Target Name
    ("Microsoft-Windows-Security-Auditing", 4688, {"NewProcessId": "0x1a", "NewProcessName": "C:\\x.exe", "ProcessId": "0x10"}, None, {"process.pid": "26", "process.parent.pid": "16"}),
    ("Microsoft-Windows-Security-Auditing", 5145, {"ShareName": "\\\\*\\C$", "RelativeTargetName": "x.exe"}, None, {"file.share": "\\\\*\\C$", "file.path": "x.exe"}),
    ("Microsoft-Windows-TerminalServices-LocalSessionManager", 21, None, {"User": "CORP\\eva", "SessionID": "5", "Address": "LOCAL"}, {"user.name": "eva", "source.ip": None}),
    # "Windows Installer installed the product. Product Name: %1. Product Version: %2. Product Language: %3. Installation success or error status: %4."
    ("MsiInstaller", 1033, ["Evil", "1.2", "1033", "0"], None, {"event.action": "package-install", "event.outcome": OK, "package.name": "Evil", "package.version": "1.2"}),
    ("MsiInstaller", 1033, ["Evil", "1.2", "1033", "1603"], None, {"event.action": "package-install", "event.outcome": FAILED}),
    # "Login failed for user '%.*ls'.%.*ls%.*ls", of an instance without and with a name
    *((provider, 18456, ["sa", " Reason: Password did not match that for the login provided.", " [CLIENT: 203.0.113.7]"], None,
       {"event.action": "login", "event.category": "authentication", "event.outcome": FAILED, "user.name": "sa", "source.ip": "203.0.113.7"}) for provider in ("MSSQLSERVER", "MSSQL$SHOP")),
    ("OpenSSH", 4, {"process": "sshd", "payload": "Accepted password for eva from 203.0.113.7 port 4 ssh2"}, None,
     {"event.action": "login", "event.outcome": OK, "user.name": "eva", "source.ip": "203.0.113.7", "process.name": "sshd"}),
    ("Microsoft-Windows-WHEA-Logger", 18, {}, None, {"event.action": "hardware-fault", "event.outcome": FAILED}),
]


def windows_event(provider, code, data, user_data):
    inner = "".join(f"<Data Name='{name}'>{value}</Data>" if name else f"<Data>{value}</Data>" for name, value in (data.items() if isinstance(data, dict) else ((None, value) for value in data or ())))
    user = "".join(f"<{name}>{value}</{name}>" for name, value in (user_data or {}).items())
    body = f"<UserData><EventXML xmlns='Event_NS'>{user}</EventXML></UserData>" if user_data else f"<EventData>{inner}</EventData>"
    return (f"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{provider}'/><EventID>{code}</EventID><Level>4</Level><Keywords>0x8080000000000000</Keywords>"
            f"<TimeCreated SystemTime='2026-11-25T03:12:09.0000000Z'/><EventRecordID>1</EventRecordID><Channel>x</Channel><Computer>PC1</Computer><Security/></System>{body}</Event>\n")


class Windows(unittest.TestCase):
    def has(self, event, wanted):
        for name, value in wanted.items():
            with self.subTest(event=event["message"][:80] if "message" in event else event.get("event.code"), name=name):
                self.assertEqual(event.get(name), value)

    def test_what_well_known_events_mean(self):
        events, counts = read_lines("".join(windows_event(*row[:4]) for row in WINDOWS))
        self.assertEqual((counts["format"], len(events)), ("evtx", len(WINDOWS)))
        for event, row in zip(events, WINDOWS):
            self.has(event, row[4])

    def test_a_request_whose_method_is_a_word_of_ftp_or_smtp_is_one_of_http(self):
        """RFC 9110: a method is any token that the client likes; the site, the version, a column of headers or the answer says that it is HTTP."""
        usual = "date time s-ip cs-method cs-uri-stem c-ip"
        for fields, row in ((usual + " sc-status s-sitename", "226 W3SVC1"), (usual + " sc-status cs-version", "226 HTTP/1.1"), (usual + " sc-status x-session cs-version", "226 a HTTP/1.1"),
                            (usual + " cs(User-Agent) sc-status", "- 226"), (usual + " sc-status", "200"), (usual + " sc-status", "404")):
            for method in ("STOR", "PASS", "DATA", "sent") + (("[1]QUIT",) if len(fields) > len(usual + " sc-status") else ()):
                event, = read_lines(f"#Fields: {fields}\n2026-11-25 03:12:09 10.0.0.1 {method} /x.asp 203.0.113.7 {row}\n")[0]
                wanted = {"event.action": "http-request", "event.category": "web", "http.request.method": method, "url.path": "/x.asp"}
                self.assertEqual({name: event.get(name) for name in wanted}, wanted, (fields, row))
        for method, status, action in (("STOR", "226", "ftp-upload"), ("[12]USER", "331", "ftp-command"), ("[1]QUIT", "226", "ftp-command"), ("[1]closed", "421", "ftp-command"),
                                       ("[3]CWD", "250", "ftp-command"), ("[x]QUIT", "226", "http-request"), ("QUIT", "226", "http-request"), ("[1]DELE", "500", "ftp-delete"), ("EHLO", "250", "smtp-command")):
            event, = read_lines(f"#Fields: {usual} sc-status\n2026-11-25 03:12:09 10.0.0.1 {method} /x 203.0.113.7 {status}\n")[0]
            self.assertEqual(event["event.action"], action)

    def test_what_the_ftp_and_smtp_services_of_iis_log_is_no_request(self):
        events = read_lines(FTP)[0]
        for event, (action, outcome, more) in zip(events, (
                ("ftp-command", "unknown", {"user.name": "administrator"}), ("login", "failure", {"event.category": "authentication", "event.code": "530"}),
                ("login", "success", {"user.name": "CORP\\eva"}), ("ftp-upload", "success", {"file.path": "/up/x.exe", "user.name": "CORP\\eva", "event.category": "file"}), ("ftp-command", "unknown", {"source.ip": "203.0.113.7"}))):
            self.has(event, {"event.action": action, "event.outcome": outcome, **more})
        events = read_lines(SMTP)[0]
        for event, (outcome, more) in zip(events, (("success", {"source.domain": "evil.example"}), ("success", {"email.from.address": "a@example.org"}), ("failure", {"email.to.address": "b@example.org"}))):
            self.has(event, {"event.action": "smtp-command", "event.category": "email", "event.outcome": outcome, "user.name": None, **more})


class Rpm(unittest.TestCase):
    def has(self, events, wanted):
        self.assertEqual([{name: event.get(name) for name in more} for event, more in zip(events, wanted)], wanted)

    def test_the_list_of_what_was_installed_last(self):
        """rpm -qa --last: lib/poptALL.c, "%-45{NVRA} %{INSTALLTIME:date}"; the date is strftime's %c of the locale: en_US.UTF-8 and C."""
        events, counts = read_lines("nmap-7.92-1.el9.x86_64                        Wed 25 Nov 2026 03:12:09 PM CET\n"
                                    "kernel-core-5.14.0-362.el9.x86_64             Wed 25 Nov 2026 12:00:33 AM CET\n"
                                    "gpg-pubkey-fd431d51-4ae0493b                  Wed Nov 25 03:12:09 2026\n")
        self.assertEqual((counts["format"], counts["events"], counts["unparsed"]), ("rpm", 3, 0))
        done = {"event.action": "package-install", "event.category": "package", "event.outcome": OK}
        self.has(events, [{"time": "2026-11-25T14:12:09Z", "doubt": "", "package.name": "nmap", "package.version": "7.92-1.el9.x86_64", **done},
                          {"time": "2026-11-24T23:00:33Z", "package.name": "kernel-core", "package.version": "5.14.0-362.el9.x86_64", **done},
                          {"time": "2026-11-25T03:12:09Z", "doubt": "z", "package.name": "gpg-pubkey-fd431d51-4ae0493b", **done}])

    def test_its_plugins_tell_of_packages_through_whatever_program(self):
        """rpm: plugins/syslog.c, "[RPM] %s %s: %s", and plugins/audit.c, "op=%s sw=\\"%s\\" sw_type=rpm …"."""
        events, _ = read_lines("".join(f"Nov 25 03:12:09 web1 {program} [RPM] {said}\n" for program, said in (
            ("dnf[7]:", "install nmap-3:7.92-1.el9.x86_64: success"), ("packagekitd[8]:", "erase audit-3.0-1.el9.x86_64: failure"), ("dnf[7]:", "Transaction ID 691e0000 started"))))
        self.has(events, [{"event.action": "package-install", "event.outcome": OK, "package.name": "nmap", "package.version": "3:7.92-1.el9.x86_64"},
                          {"event.action": "package-remove", "event.outcome": FAILED, "package.name": "audit"}, {"event.action": None, "package.name": None}])
        events, _ = read_lines("".join(f"type=SOFTWARE_UPDATE msg=audit(1795576329.123:{n}): pid=1 uid=0 auid=1000 ses=3 msg='op={op} sw=\"{name}\" sw_type={kind} key_enforce=0 gpg_res=1 "
                                       f"root_dir=\"/\" comm=\"dnf\" exe=\"/usr/bin/python3.9\" hostname=web1 addr=? terminal=pts/0 res=success'\n"
                                       for n, (op, name, kind) in enumerate((("install", "nmap-7.92-1.el9.x86_64", "rpm"), ("update", "bash-5.1.8-6.el9.x86_64", "rpm"), ("remove", "audit-3.0-1.el9.x86_64", "rpm"), ("install", "x-y-1", "pip")))))
        self.has(events, [{"event.action": action, "event.outcome": OK, "package.name": name} for action, name in (
            ("package-install", "nmap"), ("package-upgrade", "bash"), ("package-remove", "audit"), ("package-install", "x-y-1"))])


if __name__ == "__main__":
    unittest.main()
