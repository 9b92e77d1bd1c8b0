/* auditd.c: the log of the Linux audit daemon: records of one event joined by their serial number.
 */
#include "timeline/auditd_record.h"
#include "base/mem.h"
#include "timeline/rpm.h"
#include "timeline/regroup.h"

#define NS_OF_S INT64_C(1000000000)

/* The first record of a type that says what was done says it for the event. */
static void keep_known(struct audit_record *c)
{
    uint16_t apparmor = audit_field(c, STR("apparmor"));

    if (!c->known || c->state->known)
        return;
    c->state->known = c->known;
    c->state->is_apparmor = str_is(c->type, "AVC") && event_value(c->e, apparmor).len > 0;
}

/* Of an event none of whose records is of such a type, and none has a call. */
static void put_type(struct audit_record *c)
{
    event_put(c->e, FIELD_EVENT_ACTION, c->type);
    event_puts(c->e, FIELD_EVENT_CATEGORY, "process");
}

static void put_instead(struct event *e, uint16_t name, struct str value)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == name) {
            e->fields[i].value = value;
            return;
        }
    event_put(e, name, value);
}

/* What AppArmor denied, where no call says what came of it; and logins that were one too many, at a
 * wrong time or from a wrong place: what succeeded is to tell of them. */
static bool is_refusal(const struct audit_state *s, const struct field_names *names,
                       const struct event *e)
{
    uint16_t verdict = field_lookup(names, STR("auditd.apparmor"));

    if (s->is_apparmor)
        return !s->outcome && verdict != FIELD_NONE && str_is(event_value(e, verdict), "DENIED");
    return str_starts(str_of(s->known->name), "ANOM_LOGIN_");
}

/* What all records together say, in whatever order they stand. */
static void settle(const struct audit_state *s, struct field_names *names, struct event *e)
{
    audit_put_people(&s->people, names, e);
    audit_join_arguments(&s->args, names, e);
    if (s->known) {
        put_instead(e, FIELD_EVENT_ACTION,
                    str_of(s->is_apparmor ? "violated-apparmor-policy" : s->known->action));
        put_instead(e, FIELD_EVENT_CATEGORY, str_of(s->known->category));
    } else if (s->did.len) {
        put_instead(e, FIELD_EVENT_ACTION, s->did);
    }
    if (s->known && str_is(str_of(s->known->name), "SOFTWARE_UPDATE"))
        rpm_put_update(names, e);
    if (s->known && is_refusal(s, names, e))
        put_instead(e, FIELD_EVENT_OUTCOME, STR("failure"));
    else if (s->outcome)
        put_instead(e, FIELD_EVENT_OUTCOME, str_of(s->outcome));
    if (s->is_accept) { /* an address that stands before the call */
        event_rename(e, FIELD_DESTINATION_IP, FIELD_SOURCE_IP);
        event_rename(e, FIELD_DESTINATION_PORT, FIELD_SOURCE_PORT);
    }
}

static void end_event(struct reader *r, struct event *e)
{
    settle(r->state, r->names, e);
}

/* "[node=web1 ]type=SYSCALL msg=audit(1170021493.977:293): …" */
static bool take_head(struct str *line, struct str *node, struct str *type, struct str *id)
{
    struct str rest = str_trim(*line);

    *node = STR("");
    if (str_take(&rest, "node="))
        *node = str_cut(&rest, ' ');
    if (!str_take(&rest, "type="))
        return false;
    *type = str_cut(&rest, ' ');
    if (!str_take(&rest, "msg=audit(") && !str_take(&rest, "audit("))
        return false;
    *id = str_cut(&rest, ')');
    (void)str_take(&rest, " "); /* ausearch -i */
    if (!str_take(&rest, ":") || type->len == 0 || id->len == 0 || id->len > AUDIT_ID_SIZE)
        return false;
    *line = str_trim(rest);
    return true;
}

static bool is_same(const struct audit_state *s, struct str id)
{
    return str_eq((struct str){s->id, s->id_len}, id);
}

static void begin_event(struct audit_state *s, struct str id)
{
    if (id.len)
        memcpy(s->id, id.p, id.len);
    s->id_len = id.len;
    s->people = (struct audit_people){0};
    s->args.argc = s->args.begun = s->args.stated = s->args.bytes = s->args.spelled = 0;
    s->args.count = 0;
    s->is_accept = s->call_says = s->is_apparmor = false;
    s->outcome = NULL;
    s->known = NULL;
    s->did = STR("");
}

/* What a record that continues an event says stands in its line, which stays, or was made in an
 * event of its own, which does not. */
static void keep_texts(struct audit_state *s, const struct event *e)
{
    struct audit_people *p = &s->people;
    struct str *const all[AUDIT_KEPT_COUNT] = {
        &p->login.id,     &p->login.name,     &p->process.id, &p->process.name,
        &p->effective.id, &p->effective.name, &p->account.id, &p->account.name,
        &p->longer,       &p->type,           &p->program,    &s->did};

    for (size_t i = 0; i < AUDIT_KEPT_COUNT; i++) {
        if (!all[i]->len || all[i]->p < e->scratch || all[i]->p >= e->scratch + EVENT_SCRATCH_SIZE)
            continue;
        free(s->kept[i]);
        s->kept[i] = mem_dup(all[i]->p, all[i]->len);
        all[i]->p = s->kept[i];
    }
}

static void release(void *state)
{
    struct audit_state *s = state;

    for (size_t i = 0; i < AUDIT_KEPT_COUNT; i++)
        free(s->kept[i]);
}

static bool take_time(struct audit_record *c, struct str id, struct str *serial)
{
    bool has_short_year = false;
    struct stated t;
    uint64_t n;

    c->is_interpreted = !when_epoch(&id, &t);
    if (c->is_interpreted && !audit_interpreted_time(c->state->order, &id, &t, &has_short_year))
        return false;
    if (!str_take(&id, ":") || !str_u64(id, &n))
        return false;
    *serial = id;
    reader_time(c->r, c->e, &t);
    c->e->doubt |= has_short_year ? DOUBT_YEAR : 0;
    return true;
}

/* What ausearch(8) puts in front of an event: "----", "time->Wed Nov 25 03:12:09 2026". */
static bool is_between_events(struct str line)
{
    return str_is(line, "----") || str_starts(line, "time->");
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct audit_record c = {.r = r, .state = r->state, .e = e};
    struct str text = line, node, id, serial;
    bool is_next;

    if (is_between_events(line))
        return LINE_COMMENT;
    if (!take_head(&line, &node, &c.type, &id) || !take_time(&c, id, &serial))
        return LINE_FOREIGN;
    is_next = !r->begins_event && is_same(c.state, id);
    if (!is_next)
        begin_event(c.state, id);
    c.known = audit_type_of(c.type);
    c.is_execve = str_is(c.type, "EXECVE");
    audit_put_named(&c, STR("type"), c.type);
    audit_take_body(&c, line);
    keep_known(&c);
    if (is_next) {
        keep_texts(c.state, e);
        return LINE_CONTINUES;
    }
    put_type(&c);
    audit_put_named(&c, STR("sequence"), serial);
    event_put(e, FIELD_HOST_NAME, node);
    event_put(e, FIELD_MESSAGE, text);
    return LINE_EVENT;
}

/* The node, and the time with the serial number. */
static bool event_of(struct str line, char *name, size_t *name_len, int64_t *ns)
{
    struct str node, type, id, seconds;
    uint64_t s;

    if (!take_head(&line, &node, &type, &id) || node.len + id.len > REGROUP_NAME_SIZE)
        return false;
    if (node.len)
        memcpy(name, node.p, node.len);
    memcpy(name + node.len, id.p, id.len);
    *name_len = node.len + id.len;
    seconds = str_cut(&id, '.');
    *ns = 0; /* of ausearch -i, whose events stand together */
    if (str_u64(seconds, &s) && s <= INT64_MAX / NS_OF_S)
        *ns = (int64_t)s * NS_OF_S;
    return true;
}

/* "audit: type=1400 audit(1170021493.977:293): …", "SERVICE_START pid=1 …". */
static bool take_sentence(struct str *rest, struct str *type, struct str *serial)
{
    struct str at = *rest, node, id = STR("");

    (void)str_take(&at, "audit: ");
    if (!take_head(&at, &node, type, &id))
        *type = str_cut(&at, ' ');
    if (type->len && type->p[0] >= '0' && type->p[0] <= '9')
        *type = audit_type_name(*type);
    (void)str_cut(&id, ':');
    *serial = id;
    *rest = at;
    return at.len && audit_type_of(*type);
}

/* What the line's head said before. */
static void drop_doubles(struct event *e, size_t from)
{
    size_t count = from;

    for (size_t i = from; i < e->count; i++) {
        size_t k = 0;

        while (k < from && (e->fields[k].name != e->fields[i].name ||
                            !str_eq(e->fields[k].value, e->fields[i].value)))
            k++;
        if (k == from)
            e->fields[count++] = e->fields[i];
    }
    e->count = count;
}

bool audit_understand(struct reader *r, struct str sentence, struct event *e)
{
    struct audit_record c = {.r = r, .e = e};
    size_t before = e->count;
    struct str serial;

    if (!take_sentence(&sentence, &c.type, &serial))
        return false;
    if (!r->audit)
        r->audit = mem_new(struct audit_state);
    c.state = r->audit;
    begin_event(c.state, STR(""));
    c.known = audit_type_of(c.type);
    audit_put_named(&c, STR("type"), c.type);
    audit_take_body(&c, sentence);
    /* In auditd's own log the record of the call says how it went. */
    if (str_is(event_value(e, audit_field(&c, STR("apparmor"))), "DENIED"))
        audit_put_outcome(&c, STR("denied"));
    keep_known(&c);
    settle(c.state, r->names, e);
    audit_put_named(&c, STR("sequence"), serial);
    drop_doubles(e, before);
    return true;
}

enum { DATES_ENOUGH = 4096 }; /* lines, by which the order is known */

/* The order of the numbers of a date, as ausearch -i writes it in the locale of its user. */
static enum ahead see_date(struct reader *r, struct str line)
{
    static const char begin[] = "msg=audit(";
    struct audit_state *s = r->state;
    const char *found = memmem(line.p, line.len, begin, sizeof(begin) - 1);
    struct str id = str_from(line, found ? (size_t)(found - line.p) + sizeof(begin) - 1 : line.len);
    bool is_full =
        s->vote.lines >= DATES_ENOUGH && s->order != ORDER_UNKNOWN && s->order != ORDER_BOTH;

    if (is_full || !audit_see_order(&s->vote, id))
        return is_full ? AHEAD_ENOUGH : AHEAD_NOTHING;
    s->order = date_order_end(&s->vote, true);
    return s->order == ORDER_UNKNOWN || s->order == ORDER_BOTH ? AHEAD_OPEN : AHEAD_SHOWN;
}

const struct format format_auditd = {.name = "auditd",
                                     .version = 7,
                                     .event_of = event_of,
                                     .ahead = see_date,
                                     .remark = "Its dates have the order of day and month that "
                                               "its records show together.",
                                     .line = line_of,
                                     .whole = end_event,
                                     .state_size = sizeof(struct audit_state),
                                     .release = release};
