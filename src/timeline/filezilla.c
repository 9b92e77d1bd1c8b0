/* filezilla.c: logs of FileZilla Server before 1.0: "(000175) 11/25/2026 3:12:09 AM - (eva)
 * (203.0.113.7)> 230 Logged on" (source/Server.cpp, CServer::ShowStatus). What it answers begins
 * with a number; what a client asks may be anything. */
#include "timeline/address.h"
#include "timeline/format.h"
#include "timeline/local_when.h"

static const char nobody[] = "not logged in";

/* "(000175) ", also without the blank. */
static bool take_number(struct str *rest, struct str *number)
{
    struct str at = *rest;
    uint64_t n;

    if (!str_take(&at, "("))
        return false;
    *number = str_cut(&at, ')');
    if (number->len != 6 || !str_u64(*number, &n))
        return false;
    str_skip_blanks(&at);
    *rest = at;
    return true;
}

/* "- (eva) (203.0.113.7)> " */
static bool take_client(struct str *rest, struct str *name, struct str *address)
{
    struct str at = *rest, head;
    const char *end = at.len ? memmem(at.p, at.len, ")> ", 3) : NULL, *open;
    uint8_t bytes[16];

    if (!end || !str_take(&at, "("))
        return false;
    head = str_head(at, (size_t)(end - at.p));
    open = memrchr(head.p, '(', head.len);
    if (!open || open < head.p + 2 || open[-1] != ' ' || open[-2] != ')')
        return false;
    *name = str_head(head, (size_t)(open - head.p) - 2);
    *address = str_from(head, name->len + 3);
    *rest = str_from(at, head.len + 3);
    return address_bytes(*address, bytes);
}

static void put_meaning(struct event *e, struct str name, struct str text)
{
    bool is_nobody = str_is(name, nobody);
    const char *outcome = NULL;

    if (is_nobody && str_starts(text, "530 Login"))
        outcome = "failure";
    else if (!is_nobody && str_starts(text, "230 Logged on"))
        outcome = "success";
    if (!outcome)
        return;
    event_puts(e, FIELD_EVENT_ACTION, "login");
    event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
    event_puts(e, FIELD_EVENT_OUTCOME, outcome);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str at = line, number, time, name, address;
    const char *dash;
    struct stated s = {0};
    bool is_known;

    if (!take_number(&at, &number))
        return LINE_FOREIGN;
    dash = at.len ? memmem(at.p, at.len, " - (", 4) : NULL;
    time = dash ? str_head(at, (size_t)(dash - at.p)) : STR("");
    at = str_from(at, time.len + 3);
    if (time.len == 0 || !take_client(&at, &name, &address) || !local_time(time, ORDER_UNKNOWN, &s))
        return LINE_FOREIGN;
    is_known = stated_is_date(&s);
    if (is_known)
        reader_time(r, e, &s);
    else
        reader_no_time(e, time); /* either number could be the month */
    if (r->counting || r->folding)
        return LINE_EVENT;
    event_put(e, FIELD_SOURCE_IP, address);
    if (!str_is(name, nobody))
        event_put(e, FIELD_USER_NAME, name);
    event_put(e, field_number(r->names, STR("filezilla.session")), number);
    put_meaning(e, name, at);
    event_put(e, FIELD_MESSAGE, at);
    return LINE_EVENT;
}

const struct format format_filezilla = {
    .name = "filezilla", .version = 1, .is_splittable = true, .line = line_of};
