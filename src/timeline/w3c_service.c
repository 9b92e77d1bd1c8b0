/* w3c_service.c: rows of IIS' FTP and SMTP services, whose columns have the names of requests
 * (Microsoft, "FTP Site log files", "SMTP protocol logging"). */
#include "timeline/w3c_service.h"
#include <strings.h>
#include "base/mem.h"

static const struct command {
    const char *word;
    bool is_ftp;
    const char *action, *category;
} commands[] = {
    {"USER", true, "ftp-command", "authentication"},
    {"PASS", true, "login", "authentication"},
    {"STOR", true, "ftp-upload", "file"},
    {"STOU", true, "ftp-upload", "file"},
    {"APPE", true, "ftp-upload", "file"},
    {"CREATED", true, "ftp-upload", "file"}, /* of IIS 4 to 6, with "sent" */
    {"RETR", true, "ftp-download", "file"},
    {"SENT", true, "ftp-download", "file"},
    {"DELE", true, "ftp-delete", "file"},
    {"RNFR", true, "ftp-rename", "file"},
    {"RNTO", true, "ftp-rename", "file"},
    {"MKD", true, "ftp-mkdir", "file"},
    {"RMD", true, "ftp-rmdir", "file"},
    {"EHLO", false, "smtp-command", "email"},
    {"HELO", false, "smtp-command", "email"},
    {"MAIL", false, "smtp-command", "email"},
    {"RCPT", false, "smtp-command", "email"},
    {"DATA", false, "smtp-command", "email"},
    {"BDAT", false, "smtp-command", "email"},
};

/* "[12]USER" of IIS 6. */
static struct str without_session(struct str method)
{
    struct str at = method;

    if (!str_take(&at, "["))
        return method;
    (void)str_cut(&at, ']');
    return at.len ? at : method;
}

/* A session is a number, and of FTP alone. */
static bool has_session(struct str method)
{
    uint64_t number;

    return str_take(&method, "[") && str_u64(str_cut(&method, ']'), &number) && method.len;
}

static const struct command *command_of(struct str method)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (method.len == strlen(commands[i].word) &&
            strncasecmp(method.p, commands[i].word, method.len) == 0)
            return &commands[i];
    return NULL;
}

/* RFC 959 and RFC 5321 answer these commands with codes that HTTP's servers hardly use: 226, 331,
 * 530, and never with 200 or 404. */
static bool is_answer(struct str code)
{
    uint64_t n;

    return str_u64(code, &n) && ((n >= 220 && n < 300) || (n >= 331 && n < 400) ||
                                 (n >= 421 && n < 500) || (n >= 530 && n < 600));
}

/* A session, a site's or a protocol's name that only the service has. The method is any word that a
 * client of HTTP likes, so it decides where the row names neither and no column is HTTP's, and
 * where its answer agrees or a session of FTP stands in front, before whatever command or end of
 * the session ("[1]QUIT", "[1]closed"): brackets are in no method (RFC 9110). */
static enum w3c_service service_of(struct reader *r, const struct event *e, bool has_headers,
                                   const struct command *command)
{
    struct str site = event_value(e, field_number(r->names, STR("w3c.s-sitename")));
    struct str version = event_value(e, FIELD_HTTP_VERSION);

    if (str_starts(site, "W3SVC") ||
        (version.len && version.p[0] >= '0' && version.p[0] <= '9')) /* of "HTTP/1.1" */
        return W3C_HTTP;
    if (str_starts(site, "SMTPSVC") || str_is(version, "SMTP"))
        return W3C_SMTP;
    if (str_starts(site, "FTPSVC") || str_starts(site, "MSFTPSVC") ||
        event_value(e, field_number(r->names, STR("w3c.x-session"))).len)
        return W3C_FTP;
    if (site.len || version.len || has_headers)
        return W3C_HTTP;
    if (has_session(event_value(e, FIELD_HTTP_REQUEST_METHOD)))
        return W3C_FTP;
    if (!command || !is_answer(event_value(e, FIELD_HTTP_RESPONSE_STATUS)))
        return W3C_HTTP;
    return command->is_ftp ? W3C_FTP : W3C_SMTP;
}

static void rename_field(struct event *e, uint16_t from, uint16_t to)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == from) {
            struct str value = e->fields[i].value;

            memmove(&e->fields[i], &e->fields[i + 1], (--e->count - i) * sizeof(e->fields[0]));
            event_put(e, to, value);
            return;
        }
}

static const char *outcome_of(struct str code)
{
    return code.len != 3 || code.p[0] == '3' || code.p[0] == '0' ? "unknown"
           : code.p[0] >= '4'                                    ? "failure"
                                                                 : "success";
}

/* "+FROM:<a@b>+SIZE=9", "+TO:<c@d>" */
static void put_mail_address(struct reader *r, struct event *e)
{
    struct str query = event_value(e, FIELD_URL_QUERY), at = query;
    bool is_from = str_starts(query, "+FROM:"), is_to = str_starts(query, "+TO:");

    (void)str_cut(&at, '<');
    at = str_cut(&at, '>');
    if (is_from || is_to)
        event_put(
            e,
            field_number(r->names, is_from ? STR("email.from.address") : STR("email.to.address")),
            at);
}

static void put_ftp(struct reader *r, struct event *e, struct str method)
{
    bool has_path = event_value(e, field_number(r->names, STR("w3c.x-fullpath"))).len > 0;

    if (str_is(method, "USER")) /* who it is to be; nobody is logged in yet */
        rename_field(e, FIELD_URL_PATH, FIELD_USER_NAME);
    else if (has_path)
        rename_field(e, field_number(r->names, STR("w3c.x-fullpath")), FIELD_FILE_PATH);
    else if (!str_is(method, "PASS"))
        rename_field(e, FIELD_URL_PATH, FIELD_FILE_PATH);
}

/* What SMTPSVC has as a user is the name that a client gave in its greeting. */
static void put_smtp(struct reader *r, struct event *e)
{
    rename_field(e, FIELD_USER_NAME, field_number(r->names, STR("source.domain")));
    put_mail_address(r, e);
}

enum w3c_service w3c_service_put(struct reader *r, struct event *e, bool has_headers)
{
    struct str method = without_session(event_value(e, FIELD_HTTP_REQUEST_METHOD));
    const struct command *command = command_of(method);
    enum w3c_service service = service_of(r, e, has_headers, command);
    bool is_ftp = service == W3C_FTP;

    if (service == W3C_HTTP)
        return service;
    if (is_ftp)
        put_ftp(r, e, method);
    else
        put_smtp(r, e);
    rename_field(e, FIELD_HTTP_REQUEST_METHOD,
                 field_number(r->names, is_ftp ? STR("ftp.command") : STR("smtp.command")));
    rename_field(e, FIELD_HTTP_RESPONSE_STATUS, FIELD_EVENT_CODE);
    command = command && command->is_ftp == is_ftp ? command : NULL;
    event_puts(e, FIELD_EVENT_ACTION,
               command  ? command->action
               : is_ftp ? "ftp-command"
                        : "smtp-command");
    event_puts(e, FIELD_EVENT_CATEGORY, command ? command->category : is_ftp ? "network" : "email");
    event_puts(e, FIELD_EVENT_OUTCOME, outcome_of(event_value(e, FIELD_EVENT_CODE)));
    return service;
}
