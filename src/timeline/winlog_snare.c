/* winlog_snare.c: reads events of Windows in Snare's layout; in a file of their own, or behind the
 * head of a line of syslog. */
#include "timeline/winlog_snare.h"
#include "timeline/dated_when.h"
#include "timeline/level.h"

static const char mark[] = "MSWinEventLog";
enum { MARK_SIZE = sizeof(mark) - 1, HOST_MOST = 255 };

enum column {
    COLUMN_MARK,
    COLUMN_CRITICALITY,
    COLUMN_CHANNEL,
    COLUMN_COUNTER,
    COLUMN_TIME,
    COLUMN_ID,
    COLUMN_SOURCE,
    COLUMN_USER,
    COLUMN_USER_KIND,
    COLUMN_KIND,
    COLUMN_COMPUTER,
    COLUMN_CATEGORY,
    COLUMN_DATA,
    COLUMN_TEXT,
    COLUMN_COUNT
};

/* Which kind an event is of: what Windows' own names, and NXLog's, say of it. */
static const struct {
    const char *kind, *keywords, *level;
} kinds[] = {{"Success Audit", "Audit success", NULL},
             {"AUDIT_SUCCESS", "Audit success", NULL},
             {"Failure Audit", "Audit failure", NULL},
             {"AUDIT_FAILURE", "Audit failure", NULL},
             {"Information", NULL, "informational"},
             {"INFO", NULL, "informational"},
             {"Warning", NULL, "warning"},
             {"WARNING", NULL, "warning"},
             {"Error", NULL, "error"},
             {"ERROR", NULL, "error"},
             {"Critical", NULL, "critical"},
             {"CRITICAL", NULL, "critical"},
             {"Verbose", NULL, "debug"},
             {"VERBOSE", NULL, "debug"}};

/* A tab, or how rsyslog writes one. */
static bool take_separator(struct str *rest)
{
    return str_take(rest, "\t") || str_take(rest, "#011");
}

bool winlog_is_snare(struct str text)
{
    return str_take(&text, mark) && take_separator(&text);
}

bool winlog_take_snare_host(struct str *rest, struct str *host)
{
    struct str at = str_head(*rest, HOST_MOST + 1 + MARK_SIZE), name;
    const char *tab = memchr(at.p, '\t', at.len);

    if (!tab)
        return false;
    name = str_head(at, (size_t)(tab - at.p));
    at = str_from(*rest, name.len + 1);
    if (name.len == 0 || memchr(name.p, ' ', name.len) || !winlog_is_snare(at))
        return false;
    *host = name;
    *rest = at;
    return true;
}

static struct str take_column(struct str *rest)
{
    struct str at = *rest;
    const char *tab = memchr(at.p, '\t', at.len);
    const char *spelled = tab ? NULL : memmem(at.p, at.len, "#011", 4);
    const char *end = tab ? tab : spelled;

    if (!end) {
        *rest = str_from(at, at.len);
        return at;
    }
    *rest = str_from(at, (size_t)(end - at.p) + (tab ? 1 : 4));
    return str_head(at, (size_t)(end - at.p));
}

static void put(struct winlog *w, const char *field, struct str text)
{
    if (!str_is(text, "N/A") && !str_is(text, "-"))
        event_put(w->e, field_number(w->r->names, str_of(field)), text);
}

static size_t kind_of(struct str text)
{
    size_t i = 0;

    while (i < COUNT_OF(kinds) && !str_is(text, kinds[i].kind))
        i++;
    return i;
}

static void put_kind(struct winlog *w, size_t kind)
{
    if (kinds[kind].keywords)
        winlog_put(w, STR("Event/System/Keywords"), STR(""), str_of(kinds[kind].keywords));
    else if (event_value(w->e, FIELD_LOG_LEVEL).len == 0)
        event_puts(w->e, FIELD_LOG_LEVEL, kinds[kind].level);
}

/* "Thu Nov 20 03:12:09 2026", of the machine's clock; some leave the year out. */
static void take_time(struct winlog *w, struct str text)
{
    struct dated d = {0};

    w->time_text = text;
    w->has_time = dated_named(&text, &d) && text.len == 0 && stated_is_date(&d.time);
    if (w->has_time)
        w->time = d.time;
}

bool winlog_put_snare(struct winlog *w, struct str text)
{
    struct str columns[COLUMN_COUNT] = {0};
    size_t count = 0, kind;
    uint64_t n;

    if (!winlog_is_snare(text))
        return false;
    while (count < COLUMN_COUNT && text.len)
        columns[count++] = take_column(&text);
    kind = count > COLUMN_COMPUTER ? kind_of(columns[COLUMN_KIND]) : COUNT_OF(kinds);
    if (kind == COUNT_OF(kinds) || !str_u64(columns[COLUMN_CRITICALITY], &n) ||
        !str_u64(columns[COLUMN_ID], &n) || columns[COLUMN_SOURCE].len == 0)
        return false;
    take_time(w, columns[COLUMN_TIME]);
    winlog_put(w, STR("Event/System/EventID"), STR(""), columns[COLUMN_ID]);
    winlog_put(w, STR("Event/System/Provider"), STR("Name"), columns[COLUMN_SOURCE]);
    winlog_put(w, STR("Event/System/Channel"), STR(""), columns[COLUMN_CHANNEL]);
    put_kind(w, kind);
    put(w, "winlog.user.name", columns[COLUMN_USER]);
    put(w, "winlog.user.type", columns[COLUMN_USER_KIND]);
    put(w, "winlog.task_name", columns[COLUMN_CATEGORY]);
    put(w, "snare.data", columns[COLUMN_DATA]);
    put(w, "snare.counter", columns[COLUMN_COUNTER]);
    winlog_put(w, STR("Event/System/Computer"), STR(""), columns[COLUMN_COMPUTER]);
    event_put(w->e, FIELD_MESSAGE, columns[COLUMN_TEXT]);
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct winlog *w = r->state;
    struct str host;

    winlog_begin(w, r, e);
    (void)winlog_take_snare_host(&line, &host);
    if (!winlog_put_snare(w, line) || !w->has_time)
        return LINE_FOREIGN;
    reader_time(r, e, &w->time);
    if (r->counting || r->folding)
        return LINE_EVENT;
    winlog_mean(w);
    if (event_value(e, FIELD_MESSAGE).len == 0)
        event_put(e, FIELD_MESSAGE, line);
    return LINE_EVENT;
}

const struct format format_winlog_snare = {.name = "evtx",
                                           .version = 5,
                                           .is_splittable = true,
                                           .line = line_of,
                                           .state_size = sizeof(struct winlog),
                                           .release = winlog_release};
