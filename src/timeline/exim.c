/* exim.c: Exim's main and reject logs, as its specification has them ("Log files"). */
#include "timeline/syslog_words.h"

/* "1sAbCd-000001-AB", "1sAbCd-00000000001-ABCD" since 4.97. */
static bool take_id(struct str *rest, struct str *id)
{
    struct str at = *rest;
    size_t dashes = 0;

    *id = str_cut(&at, ' ');
    if (id->len != 16 && id->len != 23)
        return false;
    for (size_t i = 0; i < id->len; i++) {
        char c = id->p[i];

        dashes += c == '-';
        if (c != '-' && !(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
            return false;
    }
    if (dashes != 2 || id->p[6] != '-')
        return false;
    *rest = at;
    return true;
}

static void take_pid(struct str *rest, struct event *e)
{
    struct str at = *rest, pid;
    uint64_t n;

    if (!str_take(&at, "["))
        return;
    pid = str_cut(&at, ']');
    if (!str_u64(pid, &n) || !str_take(&at, " "))
        return;
    event_put(e, FIELD_PROCESS_PID, pid);
    *rest = at;
}

/* "2026-11-25 03:12:09 [7] 1sAbCd-000001-AB <= …": without an identifier only what Exim says. */
static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line, id;
    struct stated s;
    bool has_id;

    if (line.len < 20 || line.p[10] != ' ' || !when_iso(&line, &s) || !str_take(&line, " "))
        return LINE_FOREIGN;
    take_pid(&line, e);
    has_id = take_id(&line, &id);
    event_puts(e, FIELD_PROCESS_NAME, "exim");
    syslog_understand(r, e, line);
    if (!has_id && event_value(e, FIELD_EVENT_ACTION).len == 0)
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    if (has_id)
        event_put(e, field_number(r->names, STR("email.local_id")), id);
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_exim = {
    .name = "exim", .version = 3, .is_splittable = true, .line = line_of};
