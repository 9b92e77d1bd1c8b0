/* winlog_sent.c: which messages of system logs are events of Windows. Each shows it twice: by its
 * layout, and by columns or members that agree with the head or with one another. */
#include "timeline/winlog_sent.h"
#include <stdlib.h>
#include "base/mem.h"
#include "timeline/appliance.h"
#include "timeline/winlog_snare.h"

static const char nxlog_data[] = "[NXLOG@14506 ";

void winlog_sent_free(struct winlog *w)
{
    if (w)
        winlog_release(w);
    free(w);
}

static struct winlog *begin(struct reader *r, struct event *e)
{
    if (!r->windows)
        r->windows = mem_new(struct winlog);
    winlog_begin(r->windows, r, e);
    r->windows->is_local = true;
    return r->windows;
}

static bool put_snare(struct reader *r, struct event *e, struct str message)
{
    struct winlog *w = begin(r, e);

    return winlog_put_snare(w, message);
}

/* A value of structured data, without the backslashes of RFC 5424, section 6.3.3. */
static struct str value_of(struct event *e, struct str raw)
{
    struct str out = {e->scratch + e->scratch_len, 0};
    char *to = e->scratch + e->scratch_len;

    if (!memchr(raw.p, '\\', raw.len) || EVENT_SCRATCH_SIZE - e->scratch_len < raw.len)
        return raw;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.p[i] == '\\' && i + 1 < raw.len && memchr("\"\\]", raw.p[i + 1], 3))
            i++;
        to[out.len++] = raw.p[i];
    }
    e->scratch_len += out.len;
    return out;
}

/* "Name=\"value\"" */
static bool take_pair(struct str *rest, struct str *name, struct str *raw)
{
    size_t i = 0;

    str_skip_blanks(rest);
    *name = str_cut(rest, '=');
    if (name->len == 0 || !str_take(rest, "\""))
        return false;
    while (i < rest->len && rest->p[i] != '"')
        i += rest->p[i] == '\\' ? 2 : 1;
    if (i >= rest->len)
        return false;
    *raw = str_head(*rest, i);
    *rest = str_from(*rest, i + 1);
    return true;
}

/* What the head had as a program is the provider. */
static void become(struct event *e, uint16_t from, uint16_t to)
{
    size_t count = 0;

    if (event_value(e, to).len == 0) {
        event_rename(e, from, to);
        return;
    }
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name != from)
            e->fields[count++] = e->fields[i];
    e->count = count;
}

/* The provider is the program that the head names. */
static bool put_structured(struct reader *r, struct event *e, struct str data, struct str message)
{
    struct str provider = event_value(e, FIELD_PROCESS_NAME), name, raw;
    struct winlog *w = begin(r, e);
    unsigned signs = 0;

    if (provider.len == 0 || !str_take(&data, nxlog_data))
        return false;
    while (take_pair(&data, &name, &raw)) {
        signs |= winlog_nxlog_sign(name);
        winlog_put_nxlog(w, name, value_of(e, raw));
    }
    if ((signs & WINLOG_NXLOG_IN_DATA) != WINLOG_NXLOG_IN_DATA)
        return false;
    event_put(e, FIELD_MESSAGE, message);
    become(e, FIELD_PROCESS_NAME, FIELD_EVENT_PROVIDER);
    become(e, FIELD_PROCESS_PID, field_number(r->names, STR("winlog.process.pid")));
    return true;
}

struct taking {
    struct winlog *w;
    unsigned signs;
};

static void take_member(void *context, const struct json_value *v)
{
    struct taking *t = context;

    if (v->name.len == 0)
        return;
    t->signs |= winlog_nxlog_sign(v->name);
    winlog_put_nxlog(t->w, v->name, v->value);
}

static bool put_json(struct reader *r, struct event *e, struct str message)
{
    struct taking t = {.w = begin(r, e)};
    struct json_flat f = {.take = take_member, .context = &t, .e = e};

    if (!json_flat(&f, &message) || str_trim(message).len || t.signs != WINLOG_NXLOG_ALL)
        return false;
    if (!str_eq(event_value(e, FIELD_PROCESS_NAME), event_value(e, FIELD_EVENT_PROVIDER)))
        return false;
    become(e, FIELD_PROCESS_NAME, FIELD_EVENT_PROVIDER);
    become(e, FIELD_PROCESS_PID, field_number(r->names, STR("winlog.process.pid")));
    return true;
}

static bool put_any(struct reader *r, struct event *e, struct str message)
{
    struct str data = event_value(e, FIELD_SYSLOG_DATA);

    if (str_starts(data, nxlog_data))
        return put_structured(r, e, data, message);
    if (event_value(e, FIELD_PROCESS_NAME).len == 0)
        return winlog_is_snare(message) && put_snare(r, e, message);
    return str_starts(message, "{\"") && memmem(message.p, message.len, "\"SourceName\":", 13) &&
           put_json(r, e, message);
}

bool winlog_sent_understand(struct reader *r, struct event *e, struct str message)
{
    size_t before = e->count, used = e->scratch_len;
    struct winlog *w;

    if (!put_any(r, e, message)) {
        e->count = before;
        e->scratch_len = used;
        return false;
    }
    w = r->windows;
    if (w->has_time && stated_is_date(&w->time) && w->time.year)
        appliance_put_time(r, e, &w->time, w->time_text);
    winlog_mean(w);
    if (event_value(e, FIELD_MESSAGE).len == 0)
        event_put(e, FIELD_MESSAGE, message);
    return true;
}

void winlog_sent_mean(struct reader *r, struct event *e)
{
    if (event_value(e, FIELD_EVENT_ACTION).len == 0 && event_value(e, FIELD_EVENT_PROVIDER).len)
        evtx_understand(begin(r, e)->meanings, r, e);
}
