/* truenas.c: the records that TrueNAS' audit has in the system log, as JSON behind "@cee:" ("Audit
 * records", of services that are called TNAUDIT_…). */
#include <stdio.h>
#include "timeline/json_flat.h"
#include "timeline/syslog_programs.h"
#include "timeline/format.h"

struct taking {
    struct reader *r;
    struct event *e;
    struct str event;
    const char *outcome; /* NULL: it does not say */
};

static void take(void *context, const struct json_value *v)
{
    struct taking *t = context;
    char own[FIELD_NAME_SIZE];
    struct str value = reader_text(t->e, v->value);
    int len = snprintf(own, sizeof(own), "truenas." STR_FMT, STR_ARG(v->name));

    if (str_is(v->name, "event"))
        t->event = value;
    if (str_is(v->name, "addr"))
        event_put_address(t->e, FIELD_SOURCE_IP, FIELD_SOURCE_ADDRESS, value);
    else if (str_is(v->name, "user"))
        event_put(t->e, FIELD_USER_NAME, value);
    else if (str_is(v->name, "success"))
        t->outcome = str_is(value, "true") ? "success" : str_is(value, "false") ? "failure" : NULL;
    else if (len > 0 && (size_t)len < sizeof(own))
        event_put(t->e, field_number(t->r->names, (struct str){own, (size_t)len}), value);
}

bool truenas_understand(struct reader *r, struct str sentence, struct event *e)
{
    struct taking t = {.r = r, .e = e};
    struct json_flat f = {.take = take, .context = &t, .e = e};
    size_t before = e->count;

    if (!str_take(&sentence, "@cee:"))
        return false;
    str_skip_blanks(&sentence);
    if (!str_take(&sentence, "{\"TNAUDIT\":"))
        return false;
    str_skip_blanks(&sentence);
    if (!json_flat(&f, &sentence) || t.event.len == 0) {
        e->count = before;
        return false;
    }
    if (str_is(t.event, "AUTHENTICATION")) {
        event_puts(e, FIELD_EVENT_ACTION, "login");
        event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
    }
    if (t.outcome)
        event_puts(e, FIELD_EVENT_OUTCOME, t.outcome);
    return true;
}
