/* winlog_json.c: event logs of Windows as JSON: of evtx_dump, Velociraptor, what makes JSON of the
 * XML (xmltodict), EvtxECmd (--json), PowerShell (ConvertTo-Json), NXLog (to_json), and chainsaw,
 * which says which rules an event meets. */
#include <stdio.h>
#include "timeline/winlog.h"

struct taking {
    struct winlog *w;
    bool is_of_event;  /* members are those of an event */
    bool is_of_table;  /* they are columns of EvtxECmd */
    bool has_property; /* that records of Get-WinEvent alone have */
    unsigned nxlog;    /* members that NXLog's records have */
    bool is_hit;       /* the event is within what chainsaw says of it */
};

static const char hit_event[] = "document.data.";

static bool is_of_event(struct str name)
{
    return str_starts(name, "Event.") || str_starts(name, "System.") ||
           str_starts(name, "EventData.") || str_starts(name, "UserData.");
}

/* What chainsaw says besides the event: of a rule, and of the file. */
static void take_hit(void *context, const struct json_value *v)
{
    static const char *const fields[][2] = {{"name", "rule.name"}, {"id", "rule.id"}};
    struct taking *t = context;
    char own[FIELD_NAME_SIZE];
    const char *field = own;

    if (str_starts(v->name, hit_event) ||
        snprintf(own, sizeof(own), "chainsaw." STR_FMT, STR_ARG(v->name)) >= (int)sizeof(own))
        return;
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (str_is(v->name, fields[i][0]))
            field = fields[i][1];
    event_put(t->w->e, field_number(t->w->r->names, str_of(field)), v->value);
}

static void take(void *context, const struct json_value *whole)
{
    struct taking *t = context;
    struct json_value inner = *whole;
    const struct json_value *v = &inner;

    if (str_take(&inner.name, hit_event))
        t->is_hit = true;
    if (is_of_event(v->name) || (t->is_of_event && str_is(v->name, "Message"))) {
        t->is_of_event = true;
        winlog_put_member(t->w, v);
        return;
    }
    t->has_property = t->has_property || winlog_is_property(v->name);
    t->nxlog |= v->name.len ? winlog_nxlog_sign(v->name) : 0;
    if (!t->is_of_event && winlog_put_column(t->w, v->name, v->value)) {
        t->is_of_table = t->is_of_table || str_is(v->name, "EventRecordId");
    }
}

static void take_nxlog(void *context, const struct json_value *v)
{
    struct taking *t = context;

    winlog_put_nxlog(t->w, v->name, v->value);
}

static void take_property(void *context, const struct json_value *v)
{
    struct taking *t = context;

    winlog_put_property(t->w, v->name, v->value);
}

/* Records of Get-WinEvent, as ConvertTo-Json writes them, or NXLog's. */
static enum line_verdict members_of(struct taking *t, json_take *take_one, struct reader *r,
                                    struct str line, struct event *e)
{
    struct json_flat f = {.take = take_one, .context = t, .e = e};

    e->count = 0;
    winlog_begin(t->w, r, e);
    t->w->is_local = true;
    return json_flat(&f, &line) && winlog_end(t->w) ? LINE_EVENT : LINE_FOREIGN;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct taking t = {.w = r->state};
    struct json_flat f = {.take = take, .context = &t, .e = e};
    struct str whole = line;

    winlog_begin(t.w, r, e);
    if (line.len == 0 || line.p[0] != '{' || !json_flat(&f, &line) || str_trim(line).len)
        return LINE_FOREIGN;
    if (t.nxlog == WINLOG_NXLOG_ALL && !t.is_of_event && !t.is_of_table)
        return members_of(&t, take_nxlog, r, whole, e);
    if (t.has_property && !t.is_of_event && !t.is_of_table)
        return members_of(&t, take_property, r, whole, e);
    f.take = take_hit;
    if (t.is_hit && !json_flat(&f, &whole))
        return LINE_FOREIGN;
    return (t.is_of_event || t.is_of_table) && winlog_end(t.w) ? LINE_EVENT : LINE_FOREIGN;
}

const struct format format_winlog_json = {.name = "evtx",
                                          .version = 5,
                                          .is_splittable = true,
                                          .line = line_of,
                                          .takes_bytes = true,
                                          .state_size = sizeof(struct winlog),
                                          .release = winlog_release};
