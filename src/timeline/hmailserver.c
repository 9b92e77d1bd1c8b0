/* hmailserver.c: logs of hMailServer: columns with tabs between them, text in quotes
 * ("SMTPD" 1234 154 "2026-11-25 03:12:09.123" "203.0.113.7" "SENT: 250 Hello."; its sources,
 * hmailserver/source/Server/Common/Application/Logger.cpp). */
#include "base/mem.h"
#include "timeline/address.h"
#include "timeline/format.h"

enum { CELLS_MOST = 6 };

/* What the server itself answered. */
static const struct {
    const char *service, *begins, *outcome;
} answers[] = {
    {"SMTPD", "SENT: 235 ", "success"},
    {"SMTPD", "SENT: 535 ", "failure"},
    {"POP3D", "SENT: -ERR Invalid user name or password", "failure"},
};

static bool take_cell(struct str *rest, struct str *cell, bool *is_quoted)
{
    struct str raw = str_cut(rest, '\t');

    *is_quoted = raw.len > 1 && raw.p[0] == '"' && str_ends(raw, "\"");
    *cell = *is_quoted ? (struct str){raw.p + 1, raw.len - 2} : raw;
    return *is_quoted || raw.len > 0;
}

static bool is_service(struct str name)
{
    static const char *const names[] = {"SMTPD", "SMTPC",       "POP3D", "POP3C", "IMAPD",
                                        "TCPIP", "APPLICATION", "DEBUG", "ERROR", "AWSTATS"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

static void put_answer(struct event *e, struct str service, struct str text)
{
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        if (str_is(service, answers[i].service) && str_starts(text, answers[i].begins)) {
            event_puts(e, FIELD_EVENT_ACTION, "login");
            event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
            event_puts(e, FIELD_EVENT_OUTCOME, answers[i].outcome);
        }
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str cells[CELLS_MOST], rest = line, time;
    bool is_quoted[CELLS_MOST];
    size_t count = 0, at;
    struct stated s;
    uint8_t bytes[16];
    uint64_t n;

    while (count < CELLS_MOST && rest.len && take_cell(&rest, &cells[count], &is_quoted[count]))
        count++;
    if (count < 4 || rest.len || !is_quoted[0] || !is_service(cells[0]) || !str_u64(cells[1], &n))
        return LINE_FOREIGN;
    at = is_quoted[2] ? 2 : 3;
    time = cells[at];
    if (!is_quoted[at] || at + 1 >= count || !when_iso(&time, &s) || time.len)
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    if (r->counting || r->folding)
        return LINE_EVENT;
    event_put(e, FIELD_SERVICE_NAME, cells[0]);
    event_put(e, field_number(r->names, STR("process.thread.id")), cells[1]);
    if (at == 3)
        event_put(e, field_number(r->names, STR("hmailserver.session")), cells[2]);
    if (at + 2 < count && address_bytes(cells[at + 1], bytes))
        event_put(e, FIELD_SOURCE_IP, cells[at + 1]);
    put_answer(e, cells[0], cells[count - 1]);
    event_put(e, FIELD_MESSAGE, cells[count - 1]);
    return LINE_EVENT;
}

const struct format format_hmailserver = {
    .name = "hmailserver", .version = 1, .is_splittable = true, .line = line_of};
