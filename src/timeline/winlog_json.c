/* winlog_json.c: event logs of Windows as JSON lines: of evtx_dump (-o jsonl), Velociraptor, what
 * makes JSON of the XML (xmltodict), and EvtxECmd (--json). */
#include "timeline/winlog.h"

struct taking {
    struct winlog *w;
    bool is_of_event; /* members are those of an event */
    bool is_of_table; /* they are columns of EvtxECmd */
};

static bool is_of_event(struct str name)
{
    return str_starts(name, "Event.") || str_starts(name, "System.") ||
           str_starts(name, "EventData.") || str_starts(name, "UserData.");
}

static void take(void *context, const struct json_value *v)
{
    struct taking *t = context;

    if (is_of_event(v->name) || (t->is_of_event && str_is(v->name, "Message"))) {
        t->is_of_event = true;
        winlog_put_member(t->w, v);
    } else if (!t->is_of_event && winlog_put_column(t->w, v->name, v->value)) {
        t->is_of_table = t->is_of_table || str_is(v->name, "EventRecordId");
    }
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct taking t = {.w = r->state};
    struct json_flat f = {.take = take, .context = &t, .e = e};

    winlog_begin(t.w, r, e);
    if (line.len == 0 || line.p[0] != '{' || !json_flat(&f, &line) || str_trim(line).len)
        return LINE_FOREIGN;
    return (t.is_of_event || t.is_of_table) && winlog_end(t.w) ? LINE_EVENT : LINE_FOREIGN;
}

const struct format format_winlog_json = {.name = "evtx",
                                          .version = 3,
                                          .is_splittable = true,
                                          .line = line_of,
                                          .takes_bytes = true,
                                          .state_size = sizeof(struct winlog),
                                          .release = winlog_release};
