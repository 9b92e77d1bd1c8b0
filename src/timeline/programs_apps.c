/* programs_apps.c: the sentences of servers and services that mostly write a log of their own, in
 * which no line names the program (app.c); some write to syslog, too. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define AUTH "authentication"
#define SESSION "session"
#define NETWORK "network"
#define EMAIL "email"
#define YES "success"
#define NO "failure"
#define OPEN "unknown"
#define LOGIN_FAILED(sentence)                                                                     \
    {                                                                                              \
        sentence, "login", AUTH, NO                                                                \
    }
#define LOGIN(sentence)                                                                            \
    {                                                                                              \
        sentence, "login", AUTH, YES                                                               \
    }
#define REFUSED(sentence)                                                                          \
    {                                                                                              \
        sentence, "mail-rejected", EMAIL, NO                                                       \
    }

#define REQUEST(sentence)                                                                          \
    {                                                                                              \
        sentence, NULL, "web", NULL                                                                \
    }

/* Jira's and Confluence's access log of Tomcat; since 9.4 the node's address is in front. */
#define JIRA(user)                                                                                 \
    REQUEST(user                                                                                   \
            "http-nio-{_} {source.ip:ip} {http.request.method:name} {url.original:any} "           \
            "HTTP/{http.version} {http.response.status_code:n} {_:n}ms "                           \
            "{http.response.body.bytes:n} {http.request.referrer} {user_agent.original:rest}"),    \
        REQUEST(user "http-nio-{_} {source.ip:ip} {http.request.method:name} {url.original:any} "  \
                     "HTTP/{http.version} {http.response.status_code:n} {_:n}ms - "                \
                     "{http.request.referrer} {user_agent.original:rest}")

/* Asterisk's channels/chan_sip.c, chan_iax2.c, res/res_pjsip/pjsip_distributor.c,
 * res_pjsip_session.c, main/manager.c, res/res_security_log.c. Who calls says who it is. */
#define SIP_FAILED(sentence)                                                                       \
    LOGIN_FAILED(sentence "' failed for '{source.ip:ip}:{source.port:n}' {event.reason:rest}"),    \
        LOGIN_FAILED(sentence "' failed for '{source.ip:ip}' {event.reason:rest}")
#define NO_EXTENSION                                                                               \
    ") to extension '{sip.to:most}' rejected because extension not found in context '{_:any}'."
#define CALL(sentence)                                                                             \
    {                                                                                              \
        sentence NO_EXTENSION, "call", NETWORK, NO                                                 \
    }
#define SECURITY(what, action, outcome)                                                            \
    {                                                                                              \
        "SecurityEvent=\"" what                                                                    \
        "\",{_:any}AccountID=\"{user.name:any}\",SessionID=\"{_:most}\",LocalAddress=\"{_:any}\"," \
        "RemoteAddress=\"IPV{_:n}/{_:name}/{source.ip:ip}/{source.port:n}\"{_:rest}",              \
            action, AUTH, outcome                                                                  \
    }

/* FreeSWITCH's mod_sofia/sofia_reg.c, sofia.c. A challenge asks for the password. */
#define ON_PROFILE                                                                                 \
    " ({_:name}) on sofia profile '{_:any}' for [{user.name:most}] from ip {source.ip:ip}"

/* MongoDB before 4.4, and before 3.0: src/mongo/db/auth, util/net. */
#define MONGO(thread, sentence, action, category, outcome)                                         \
    {"[" thread "] " sentence, action, category, outcome},                                         \
    {                                                                                              \
        "I {_:name}{_:pad}[" thread "] " sentence, action, category, outcome                       \
    }

/* Roundcube's program/include/rcmail.php and program/lib/Roundcube/rcube_imap.php; a session may
 * be named in front. */
#define FORWARDED "(X-Real-IP: {_},X-Forwarded-For: {_})"
#define IN_SESSION(sentence) LOGIN_FAILED(sentence), LOGIN_FAILED("<{_:name}> " sentence)
#define IMAP_FAILED "IMAP Error: Login failed for {user.name:most}"

/* fail2ban's server/actions.py and filter.py; before 0.9 it said WARNING. */
#define JAIL(who, level) who level "{_:pad}[{fail2ban.jail}] "
#define BANS(who)                                                                                  \
    {JAIL(who, "NOTICE") "Ban {source.ip:ip}", "ban", NETWORK, YES},                               \
        {JAIL(who, "WARNING") "Ban {source.ip:ip}", "ban", NETWORK, YES},                          \
        {JAIL(who, "NOTICE") "Restore Ban {source.ip:ip}", "ban", NETWORK, YES},                   \
        {JAIL(who, "NOTICE") "Unban {source.ip:ip}", "unban", NETWORK, YES},                       \
    {                                                                                              \
        JAIL(who, "WARNING") "Unban {source.ip:ip}", "unban", NETWORK, YES                         \
    }

/* Keycloak's JBossLoggingEventListenerProvider; values have quotes since version 22. What a client
 * sends (redirect_uri) stands before the name: the last one is it. */
#define KEYCLOAK_FRONT "[org.{_:any}.events] (executor-thread-{_:n}) type="
#define KEYCLOAK(what, outcome)                                                                    \
    {KEYCLOAK_FRONT what ", realmId={_:any}, ipAddress={source.ip:ip}, {_:most}username="          \
                         "{user.name}",                                                            \
     "login", AUTH, outcome},                                                                      \
        {KEYCLOAK_FRONT what ", realmId={_:any}, ipAddress={source.ip:ip}, {_:most}username="      \
                             "{user.name:any}, auth{_:rest}",                                      \
         "login", AUTH, outcome},                                                                  \
        {KEYCLOAK_FRONT what ", realmId={_:any}, ipAddress={source.ip:ip}, {_:rest}", "login",     \
         AUTH, outcome},                                                                           \
        {KEYCLOAK_FRONT "\"" what "\", realmId=\"{_:any}, ipAddress=\"{source.ip:ip}\", "          \
                        "{_:most}username=\"{user.name:any}\"{_:rest}",                            \
         "login", AUTH, outcome},                                                                  \
    {                                                                                              \
        KEYCLOAK_FRONT "\"" what "\", realmId=\"{_:any}, ipAddress=\"{source.ip:ip}\"{_:rest}",    \
            "login", AUTH, outcome                                                                 \
    }

/* Guacamole's auth/AuthenticationService.java */
#define GUACAMOLE "[{_:any}] {_:name}{_:pad}o.a.g.r.auth.AuthenticationService - "
#define MONIT "HttpRequest: access denied -- client [{source.ip:ip}]: "
#define JELLYFIN "Jellyfin.Server.Implementations.Users.UserManager: Authentication request for "
#define VAULTWARDEN "[vaultwarden::{_:any}][ERROR] "
#define HOME_ASSISTANT                                                                             \
    "(MainThread) [homeassistant.components.http.ban] Login attempt or request with invalid "      \
    "authentication from {_} ({source.ip:ip})."

/* login_log of cPanel and WHM. */
#define CPANEL(daemon)                                                                             \
    LOGIN_FAILED(daemon "{source.ip:ip} - {user.name:most} \"{http.request.method:name} "          \
                        "{url.original:any} HTTP/{http.version:any}\" FAILED LOGIN {_}: "          \
                        "{event.reason:rest}")

/* A sentence is whole, from behind the level or the place in the source that stands in front of it;
 * what else tells whose it is (logger, class, module) is part of it. So what somebody wrote who is
 * named in front of it is none. Those that begin with a place: below. */
static const struct meaning own_logs[] = {
    SIP_FAILED("Registration from '{sip.from:most}"),
    SIP_FAILED("Request from '{sip.from:most}"),
    SIP_FAILED("Request '{_:name}' from '{sip.from:most}"),
    LOGIN_FAILED("Host {source.ip:ip} failed to authenticate as '{user.name:most}'"),
    LOGIN_FAILED("Host {source.ip:ip} failed MD5 authentication for '{user.name:most}' ("
                 "{_:rest}"),
    LOGIN_FAILED("No registration for peer '{user.name:most}' (from {source.ip:ip})"),
    CALL("Call from '{sip.from:any}' ({source.ip:ip}:{source.port:n}"),
    CALL("Call from '{sip.from:any}' ({_:name}:[{source.ip:ip}]:{source.port:n}"),
    CALL("Call from '{sip.from:any}' ({_:name}:{source.ip:ip}:{source.port:n}"),
    {"Ext. {_:any}: \"Rejecting unknown SIP connection from {source.ip:ip}\"", "call", NETWORK, NO},
    {"Ext. {_:any}: \"Rejecting unknown SIP connection from {source.ip:ip}:{source.port:n}\"",
     "call", NETWORK, NO},
    {"Ext. {_:any}: \"Rejecting unknown SIP connection from "
     "[{source.ip:ip}]:{source.port:n}\"",
     "call", NETWORK, NO},
    {"hacking attempt detected '{source.ip:ip}'", "call", NETWORK, NO},
    SECURITY("InvalidPassword", "login", NO),
    SECURITY("InvalidAccountID", "login", NO),
    SECURITY("ChallengeResponseFailed", "login", NO),
    SECURITY("FailedACL", "login", NO),
    SECURITY("SuccessfulAuth", "login", YES),
    SECURITY("ChallengeSent", "challenge", OPEN),

    LOGIN_FAILED("SIP auth failure" ON_PROFILE),
    {"SIP auth challenge" ON_PROFILE, "challenge", AUTH, OPEN},
    LOGIN_FAILED("Can't find user [{user.name:most}] from {source.ip:ip}"),
    {"IP {source.ip:ip} Rejected by {event.reason:rest}", "connection-rejected", NETWORK, NO},

    /* lighttpd's mod_auth.c, http_auth.c of old. */
    LOGIN_FAILED("password doesn't match for {url.original} username: {user.name:most}, IP: "
                 "{source.ip:ip}"),
    LOGIN_FAILED("password doesn't match for {url.original} username: {user.name:most} IP: "
                 "{source.ip:ip}"),
    LOGIN_FAILED("digest: auth failed for {_:pad}{user.name:most} : {event.reason:any}, IP: "
                 "{source.ip:ip}"),
    LOGIN_FAILED("digest: auth failed: {event.reason:any}, IP: {source.ip:ip}"),
    LOGIN_FAILED("get_password failed, IP: {source.ip:ip}"),
    /* PHP's Suhosin, through lighttpd. */
    {"FastCGI-stderr: ALERT - {event.reason:any} (attacker '{source.ip:ip}', file "
     "'{file.path:any}'{_:rest}",
     "web-attack", "web", NO},

    MONGO("conn{_:n}",
          "Failed to authenticate {user.name:most} with mechanism {_}: {event.reason:rest}",
          "login", AUTH, NO),
    MONGO("conn{_:n}",
          "SASL {_} authentication failed for {user.name:most} on {_} from client "
          "{source.ip:ip}:{source.port:n} ; {event.reason:rest}",
          "login", AUTH, NO),
    MONGO("conn{_:n}", "Successfully authenticated as principal {user.name:most} on {_:rest}",
          "login", AUTH, YES),
    MONGO("initandlisten",
          "connection accepted from {source.ip:ip}:{source.port:n} #{_:n} ({_:any} now open)",
          "connection", NETWORK, YES),
    MONGO("listener",
          "connection accepted from {source.ip:ip}:{source.port:n} #{_:n} ({_:any} now open)",
          "connection", NETWORK, YES),
    MONGO("conn{_:n}", "end connection {source.ip:ip}:{source.port:n} ({_:any} now open)",
          "disconnect", NETWORK, OPEN),

    /* SQL Server's ERRORLOG: messages 18456, 18453, 18454, 18455; "<local machine>" is no address.
     */
    LOGIN_FAILED("Logon{_:pad}Login failed for user '{user.name:most}'. Reason: "
                 "{event.reason:any} [CLIENT: {source.ip:ip}]"),
    LOGIN_FAILED("Logon{_:pad}Login failed for user '{user.name:most}'. Reason: "
                 "{event.reason:any} [CLIENT: <{_:any}>]"),
    LOGIN_FAILED("Logon{_:pad}Login failed for user '{user.name:most}'. [CLIENT: "
                 "{source.ip:ip}]"),
    LOGIN_FAILED("Logon{_:pad}Login failed for user '{user.name:most}'. [CLIENT: <{_:any}>]"),
    LOGIN("Logon{_:pad}Login succeeded for user '{user.name:most}'. {_:any} [CLIENT: "
          "{source.ip:ip}]"),
    LOGIN("Logon{_:pad}Login succeeded for user '{user.name:most}'. {_:any} [CLIENT: <{_:any}>]"),

    LOGIN_FAILED("FAILED login for {user.name:most} from {source.ip:ip}"),
    IN_SESSION("Failed login for {user.name:most} from {source.ip:ip} in session {_} "
               "(error: {error.code})"),
    LOGIN("Successful login for {user.name:most} (ID: {_:n}) from {source.ip:ip} in session "
          "{_}"),
    IN_SESSION(IMAP_FAILED " against {_} from {source.ip:ip}. {event.reason:rest}"),
    IN_SESSION(IMAP_FAILED " from {source.ip:ip}" FORWARDED ". {event.reason:rest}"),
    IN_SESSION(IMAP_FAILED " from {source.ip:ip}. {event.reason:rest}"),
    IN_SESSION(IMAP_FAILED " from {source.ip:ip}"),

    /* Horde's Horde/Core/Auth, and IMP. */
    LOGIN_FAILED("[horde] FAILED LOGIN for {user.name:most} [{source.ip:ip}] to {_:rest}"),
    LOGIN_FAILED("[imp] FAILED LOGIN for {user.name:most} [{source.ip:ip}] to {_:rest}"),
    LOGIN("[horde] Login success for {user.name:most} [{source.ip:ip}] to {_:rest}"),
    LOGIN("[imp] Login success for {user.name:most} [{source.ip:ip}] to {_:rest}"),

    /* xrdp's sesman. */
    LOGIN_FAILED("AUTHFAIL: user={user.name:most} ip={source.ip:ip} time={_:n}"),
    LOGIN("++ created session (access granted): username {user.name:most}, ip "
          "{source.ip:ip}:{source.port:n}{_:rest}"),
    {"++ terminated session:  username {user.name:most}, display {_:any}, ip "
     "{source.ip:ip}:{source.port:n}{_:rest}",
     "logout", SESSION, OPEN},

    BANS("fail2ban.actions{_:pad}[{_:n}]: "),
    BANS("fail2ban.actions: "),
    {"fail2ban.filter{_:pad}[{_:n}]: INFO{_:pad}[{fail2ban.jail}] Found "
     "{source.ip:ip} - {_:rest}",
     "found", NETWORK, OPEN},

    /* Kerio Connect's logs of security and warnings. */
    REFUSED("Attempt to deliver to unknown recipient <{email.to.address:any}>, from "
            "<{email.from.address:most}>, IP address {source.ip:ip}"),
    REFUSED("SMTP Spam attack detected from {source.ip:ip}, {event.reason:rest}"),
    REFUSED("IP address {source.ip:ip} found in {event.reason:any}, mail from "
            "<{email.from.address:most}> to <{email.to.address:any}>{_:rest}"),
    REFUSED("Relay attempt from IP address {source.ip:ip}, mail from "
            "<{email.from.address:most}> to <{email.to.address:any}> rejected"),
    REFUSED("SMTP: User {email.to.address:most} doesn't exist. Attempt from IP address "
            "{source.ip:ip}."),
    REFUSED("Client with IP address {source.ip:ip} has no reverse DNS entry, connection "
            "rejected{_:rest}"),
    REFUSED("Message from IP address {source.ip:ip}, sender <{email.from.address:most}> "
            "rejected: {event.reason:rest}"),
    LOGIN_FAILED("Failed {network.protocol} login from {source.ip:ip} with {_:rest}"),
    LOGIN_FAILED("Failed {network.protocol} login from {source.ip:ip}, user {user.name:most}."),
    LOGIN_FAILED("Administration login into {_:any} from {source.ip:ip} failed: "
                 "{event.reason:rest}"),

    /* Password managers: Bitwarden's Identity, vaultwarden's src/api. */
    LOGIN_FAILED("Failed login attempt. {source.ip:ip}"),
    LOGIN_FAILED("Failed login attempt, {event.reason:any}. {source.ip:ip}"),
    LOGIN_FAILED("[Bit.Core.{_:any}] Failed login attempt. {source.ip:ip}"),
    LOGIN_FAILED(VAULTWARDEN "Username or password is incorrect. Try again. IP: {source.ip:ip}. "
                             "Username: {user.name:most}."),
    LOGIN_FAILED(VAULTWARDEN "Invalid admin token. IP: {source.ip:ip}"),
    LOGIN_FAILED(VAULTWARDEN "Invalid admin token! IP: {source.ip:ip}. Username: "
                             "{user.name:most}."),
    LOGIN_FAILED(VAULTWARDEN "Token is invalid! IP: {source.ip:ip}"),
    LOGIN_FAILED(VAULTWARDEN "Invalid TOTP code! Server time: {_:any} IP: {source.ip:ip}"),
    LOGIN("[vaultwarden::{_:any}][INFO] User {user.name:most} logged in successfully. IP: "
          "{source.ip:ip}"),

    /* Forges: GitLab's application.log, Gitea's and Forgejo's services and routers. */
    LOGIN_FAILED("Failed Login: username={user.name:most} ip={source.ip:ip}"),
    LOGIN("Successful Login: username={user.name:most} ip={source.ip:ip}{_:rest}"),
    LOGIN_FAILED("Failed authentication attempt for {user.name:most} from "
                 "{source.ip:ip}:{source.port:n}: {event.reason:rest}"),
    LOGIN_FAILED("Failed authentication attempt for {user.name:most} from "
                 "[{source.ip:ip}]:{source.port:n}: {event.reason:rest}"),
    LOGIN_FAILED("Failed authentication attempt for {user.name:most} from {source.ip:ip}: "
                 "{event.reason:rest}"),
    LOGIN_FAILED("Failed authentication attempt for {user.name:most} from {source.ip:ip}"),
    LOGIN_FAILED("Failed authentication attempt from {source.ip:ip}:{source.port:n}"),
    LOGIN_FAILED("Failed authentication attempt from {source.ip:ip}"),

    /* Identity: Keycloak, Guacamole, Authelia, Zimbra. */
    KEYCLOAK("LOGIN_ERROR", NO),
    KEYCLOAK("LOGIN", YES),
    LOGIN_FAILED(GUACAMOLE "Authentication attempt from {source.ip:ip} for user "
                           "\"{user.name:most}\" failed."),
    LOGIN_FAILED(GUACAMOLE "Authentication attempt from [{source.ip:ip}, {_:any}] for user "
                           "\"{user.name:most}\" failed."),
    LOGIN(GUACAMOLE "User \"{user.name:most}\" successfully authenticated from {source.ip:ip}."),
    LOGIN(GUACAMOLE "User \"{user.name:most}\" successfully authenticated from [{source.ip:ip}, "
                    "{_:any}]."),
    LOGIN_FAILED("Unsuccessful {_} authentication attempt by user '{user.name:most}'{_:rest}"),
    LOGIN("Successful {_} authentication attempt made by user '{user.name:most}'{_:rest}"),
    LOGIN_FAILED("[{_:any}oip={source.ip:ip};{_:any}] SoapEngine - handler exception: "
                 "authentication failed for [{user.name:most}], {event.reason:rest}"),

    /* Firefly III, Paperless, Calibre-Web, Home Assistant, Immich, Audiobookshelf. */
    LOGIN_FAILED("local.WARNING: AUDIT: Login failed. Attempt for user \"{user.name:most}\" "
                 "failed. ({source.ip:ip} -> {_:rest}"),
    LOGIN_FAILED("production.WARNING: AUDIT: Login failed. Attempt for user \"{user.name:most}\" "
                 "failed. ({source.ip:ip} -> {_:rest}"),
    LOGIN_FAILED("[paperless.auth] Login failed for user `{user.name:most}` from private IP "
                 "`{source.ip:ip}`."),
    LOGIN_FAILED("[paperless.auth] Login failed for user `{user.name:most}` from IP "
                 "`{source.ip:ip}`."),
    LOGIN_FAILED("[paperless.auth] Login failed for user `{user.name:most}` from IP "
                 "`{source.ip:ip}.`"),
    LOGIN_FAILED("{{cps.web:{_:n}}} Login failed for user \"{user.name:most}\" IP-address: "
                 "{source.ip:ip}"),
    LOGIN_FAILED(HOME_ASSISTANT " ({user_agent.original:most})"),
    LOGIN_FAILED(HOME_ASSISTANT "{_:rest}"),
    LOGIN_FAILED("[AuthService] Failed login attempt for user {user.name:most} from ip address "
                 "{source.ip:ip}"),
    LOGIN_FAILED("[Auth] Failed login attempt for username \"{user.name:most}\" from ip "
                 "{source.ip:ip} ({event.reason:rest}"),
    LOGIN_FAILED("[LocalAuth] Failed login attempt for username \"{user.name:most}\" from ip "
                 "{source.ip:ip} ({event.reason:rest}"),
    LOGIN_FAILED("s.s.S.c.s.CustomAuthenticationFailureHandler [{_:any}] Failed login attempt "
                 "from IP: [{source.ip:ip}]"),

    /* Jellyfin, Overseerr, Jellyseerr, qBittorrent, TeamSpeak, Dockge, Sonarr and its kin, Mealie,
     * Mailu, SABnzbd, Joplin. */
    LOGIN_FAILED(JELLYFIN "\"{user.name:most}\" has been denied (IP: \"{source.ip:ip}\")."),
    LOGIN_FAILED(JELLYFIN "{user.name:most} has been denied (IP: {source.ip:ip})."),
    LOGIN(JELLYFIN "\"{user.name:most}\" has succeeded."),
    LOGIN_FAILED("[API]: Failed sign-in attempt using invalid Overseerr password "
                 "{{\"ip\":\"{source.ip:ip}\",\"email\":\"{user.name:most}\"}}"),
    LOGIN_FAILED("[Auth]: Failed login attempt from user with incorrect Jellyfin credentials "
                 "{{\"account\":{{\"ip\":\"{source.ip:ip}\",\"email\":\"{user.name:most}\","
                 "\"password\":\"__REDACTED__\"}}}}"),
    LOGIN_FAILED("WebAPI login failure. Reason: {event.reason:any}, attempt count: {_:n}, "
                 "IP: {source.ip:ip}, username: {user.name:rest}"),
    LOGIN("WebAPI login success. IP: {source.ip:ip}"),
    LOGIN_FAILED("Query{_:pad}|{_:pad}|query from {_:n} {source.ip:ip}:{source.port:n} attempted "
                 "to login with account \"{user.name:most}\" and failed!"),
    LOGIN_FAILED("[AUTH] WARN: Incorrect username or password for user {user.name:most}. "
                 "IP={source.ip:ip}"),
    LOGIN_FAILED("Auth: Auth-Failure ip {source.ip:ip} username '{user.name:most}'"),
    LOGIN("Auth: Auth-Success ip {source.ip:ip} username '{user.name:most}'"),
    LOGIN_FAILED("Incorrect username or password from {source.ip:ip}"),
    LOGIN_FAILED("WARNING in limiter: Authentication attempt from {source.ip:ip} has been "
                 "rate-limited."),
    LOGIN_FAILED(":WARNING::[interface:{_:n}] Unsuccessful login attempt from {source.ip:ip} "
                 "{_:rest}"),
    LOGIN_FAILED("App: 403: POST /api/sessions: {source.ip:ip}: Invalid username or password: "
                 "{{\"email\":\"{user.name:most}\"}}"),

    /* Group-Office, ZNC, SoftEther, Proxmox Backup Server, Centreon, Pterodactyl, SFTPGo,
     * LiteSpeed's console. */
    LOGIN_FAILED("LOGIN FAILED for user: \"{user.name:most}\" from IP: {source.ip:ip}"),
    LOGIN("LOGIN SUCCESS for user: \"{user.name:most}\" from IP: {source.ip:ip}"),
    LOGIN_FAILED("[{user.name:most}] failed to login from {source.ip:ip}"),
    LOGIN_FAILED("[{user.name:most}] failed to login from {source.ip:ip}:{source.port:n}"),
    LOGIN_FAILED("Connection \"{_}\": User authentication failed. The user name that has "
                 "been provided was \"{user.name:most}\", from {source.ip:ip}."),
    LOGIN_FAILED("authentication failure; rhost=[{source.ip:ip}]:{source.port:n} "
                 "user={user.name:most} msg={event.reason:rest}"),
    LOGIN_FAILED("|-1|0|0|[WEB] [{source.ip:ip}] Authentication failed for '{user.name:most}' : "
                 "{event.reason:rest}"),
    LOGIN_FAILED("-1|0|0|[WEB] [{source.ip:ip}] Authentication failed for '{user.name:most}' : "
                 "{event.reason:rest}"),
    LOGIN_FAILED("failed to validate user credentials ({event.reason:any}) ip={source.ip:ip}:"
                 "{source.port:n} subsystem={_} username={user.name:rest}"),
    LOGIN("User \"{user.name:most}\" logged in with \"{_:any}\", from ip "
          "\"{source.ip:ip}\"{_:rest}"),
    LOGIN("User \"{user.name:most}\" logged in with \"{_:any}\" from ip "
          "\"{source.ip:ip}\"{_:rest}"),
    LOGIN_FAILED(
        "[{source.ip:ip}:{source.port:n}:{_:any}] [STDERR] [WebAdmin Console] Failed Login "
        "Attempt - username:{user.name:most} ip:{_} url:{_:rest}"),
    LOGIN_FAILED("[{source.ip:ip}:{source.port:n}-{_:any}] User '{user.name:most}' failed to "
                 "authenticate."),

    CPANEL("[cpaneld] "),
    CPANEL("[whostmgrd] "),
    CPANEL("[webmaild] "),

    /* ejabberd, stunnel, NSD, Domino, Monit, Monitorix, Open WebMail. */
    LOGIN_FAILED("<0.{_:any}>@ejabberd_{_:any}) Failed authentication for {user.name:most} from IP "
                 "{source.ip:ip} ({_:rest}"),
    LOGIN_FAILED("<0.{_:any}>@ejabberd_{_:any}) Failed authentication for {user.name:most} from "
                 "{source.ip:ip}"),
    LOGIN_FAILED("<0.{_:any}>@ejabberd_{_:any}) Failed c2s {_} authentication for "
                 "{user.name:most} from {source.ip:ip}: {event.reason:rest}"),
    {"LOG{_:n}[{_:any}]: SSL_accept from {source.ip:ip}:{source.port:n} : {event.reason:rest}",
     "tls-handshake", NETWORK, NO},
    {"nsd[{_:n}]: info: axfr for {_:any} from {_:pad}client {source.ip:ip} refused, "
     "{event.reason:rest}",
     "zone-transfer", NETWORK, NO},
    {"nsd[{_:n}]: info: axfr for {_:any} from {source.ip:ip} refused, {event.reason:rest}",
     "zone-transfer", NETWORK, NO},
    {"nsd[{_:n}]: info: ratelimit block {_:any} query {source.ip:ip} {_:rest}", "query-limited",
     NETWORK, NO},
    LOGIN_FAILED("SMTP Server: Authentication failed for user {user.name:most} ; connecting "
                 "host {source.ip:ip}"),
    LOGIN_FAILED("SMTP Server [{_:any}] Authentication failed for user {user.name:most} ; "
                 "connecting host [{source.ip:ip}]"),
    {"SMTP Server [{_:any}] Connection from [{source.ip:ip}] rejected for {event.reason:rest}",
     "mail-rejected", EMAIL, NO},
    LOGIN_FAILED("smtp: {user.name:most} [{source.ip:ip}] authentication failure using "
                 "internet password"),
    LOGIN_FAILED(MONIT "wrong password for user '{user.name:most}'"),
    LOGIN_FAILED(MONIT "unknown user '{user.name:most}'"),
    LOGIN_FAILED("Warning: Client '{source.ip:ip}' supplied unknown user '{user.name:most}' "
                 "accessing monit httpd"),
    LOGIN_FAILED("Warning: Client '{source.ip:ip}' supplied wrong password for user "
                 "'{user.name:most}' accessing monit httpd"),
    LOGIN_FAILED("AUTHERR - [{source.ip:ip}] Authentication error: {url.original:rest}"),
    {"NOTALLOWED - [{source.ip:ip}] Access not allowed: {url.original:rest}", "http-request", "web",
     NO},
    {"NOTEXIST - [{source.ip:ip}] File does not exist: {url.original:rest}", "http-request", "web",
     NO},
    LOGIN_FAILED("({source.ip:ip}) {user.name:most} - login error - {event.reason:rest}"),
    LOGIN_FAILED("({source.ip:ip}) {user.name:most} - userinfo error - {event.reason:rest}"),

    /* What was asked of a server: Nginx Proxy Manager, Zoraxy. What became of it is what the status
     * says. */
    REQUEST("- {_} {http.response.status_code:n} - {http.request.method:name} {_:name} "
            "{url.domain} \"{url.original:any}\" [Client {source.ip:ip}] [Length "
            "{http.response.body.bytes:n}] [Gzip {_}] [Sent-to {_:any}] "
            "\"{user_agent.original:any}\" \"{http.request.referrer:any}\""),
    REQUEST("[router:{_:any}] [origin:{url.domain:any}] [client: {source.ip:ip}] [useragent: "
            "{user_agent.original:any}] {http.request.method:name} {url.original:any} "
            "{http.response.status_code:n}"),

    /* Tarpits and honeypots for SSH: endlessh, sshesame. */
    {"ACCEPT host={source.ip:ip} port={source.port:n} fd={_:rest}", "connection", NETWORK, OPEN},
    {"CLOSE host={source.ip:ip} port={source.port:n} fd={_:rest}", "disconnect", NETWORK, OPEN},
    LOGIN_FAILED("[{source.ip:ip}:{source.port:n}] authentication for user "
                 "\"{user.name:most}\" {_:any}rejected"),
    LOGIN("[{source.ip:ip}:{source.port:n}] authentication for user \"{user.name:most}\" "
          "{_:any}accepted"),
    {"[{source.ip:ip}:{source.port:n}] [channel {_:n}] {_:rest}", NULL, NETWORK, OPEN},
};

/* Those that begin with a place; in each an address stands. */
static const struct meaning own_logs_from[] = {
    LOGIN_FAILED("{source.ip:ip} failed to authenticate as '{user.name:most}'"),
    LOGIN_FAILED("{source.ip:ip} tried to authenticate with nonexistent user "
                 "'{user.name:most}'"),
    CALL("{sip.from}: Call ({_:name}:{source.ip:ip}:{source.port:n}"),
    LOGIN_FAILED("{_} odoo.addons.base.models.res_users: Login failed for db:{_} "
                 "login:{user.name:most} from {source.ip:ip}"),
    LOGIN("{_} odoo.addons.base.models.res_users: Login successful for db:{_} "
          "login:{user.name:most} from {source.ip:ip}"),
    LOGIN_FAILED("{_:n} => <{_:any}> Rejected connection from {source.ip:ip}:{source.port:n}: "
                 "Invalid server password"),
    LOGIN_FAILED("{_:n} => <{_:any}> Rejected connection from {source.ip:ip}:{source.port:n}: "
                 "Wrong certificate or password for existing user"),
    /* OpenVPN's own log. */
    {"{source.ip:ip}:{source.port:n} TLS Error: {event.reason:rest}", "tls-handshake", NETWORK, NO},
    LOGIN_FAILED("{source.ip:ip}:{source.port:n} TLS Auth Error: {event.reason:rest}"),
    {"{source.ip:ip}:{source.port:n} TCP connection established with {_:rest}", "connection",
     NETWORK, YES},
    {"{source.ip:ip}:{source.port:n} [{user.name:most}] Peer Connection Initiated with {_:rest}",
     "connection", NETWORK, YES},
    /* HestiaCP. */
    LOGIN_FAILED("{user.name} {source.ip:ip} failed to login"),
    /* Webmin's own log: who, session, from where, module, script, action, type, object. */
    LOGIN_FAILED("{user.name} {_} {source.ip:ip} global miniserv.pl \"failed\" \"-\" "
                 "\"{event.reason:any}\""),
    {"{user.name} {_} {source.ip:ip} {webmin.module} {_}.cgi \"{webmin.action:any}\" "
     "\"{webmin.type:any}\" \"{webmin.object:any}\"{_:rest}",
     NULL, "configuration", OPEN},
    /* Nginx Proxy Manager without a proxy, CouchDB, Gin, File Browser, Jira and Confluence. */
    REQUEST("{http.response.status_code:n} - {http.request.method:name} {_:name} {url.domain} "
            "\"{url.original:any}\" [Client {source.ip:ip}] [Length "
            "{http.response.body.bytes:n}] [Gzip {_}] \"{user_agent.original:any}\" "
            "\"{http.request.referrer:any}\""),
    REQUEST("{_} {_:n} {http.response.status_code:n} - {http.request.method:name} {_:name} "
            "{url.domain} \"{url.original:any}\" [Client {source.ip:ip}] [Length "
            "{http.response.body.bytes:n}] [Gzip {_}] [Sent-to {_:any}] "
            "\"{user_agent.original:any}\" \"{http.request.referrer:any}\""),
    REQUEST("{_} <0.{_:n}.{_:n}> {_} {url.domain} {source.ip:ip} {user.name} "
            "{http.request.method:name} {url.original} {http.response.status_code:n} ok {_:n}"),
    REQUEST("{http.response.status_code:n} |{_:any}| {_:pad}{source.ip:ip} | "
            "{http.request.method:name}{_:pad}\"{url.original:any}\""),
    JIRA("- "),
    JIRA("{user.name} "),
    JIRA("{_} - "),
    JIRA("{_} {user.name} "),
    REQUEST("{url.original}: {http.response.status_code:n} {source.ip:ip} <nil>"),
    REQUEST("{source.ip:ip}:{source.port:n} - \"{http.request.method:name} {url.original:any} "
            "HTTP/{http.version:any}\" {http.response.status_code:n}"),
    REQUEST("{source.ip:ip}:{source.port:n} - \"{http.request.method:name} {url.original:any} "
            "HTTP/{http.version:any}\" {http.response.status_code:n} {_:rest}"),
};

static const struct program programs[] = {
    {.name = OWN_LOG, .meanings = own_logs, .count = COUNT_OF(own_logs)},
    {.name = OWN_LOG_FROM, .meanings = own_logs_from, .count = COUNT_OF(own_logs_from)},
};
const struct program_list app_programs = {programs, COUNT_OF(programs)};
