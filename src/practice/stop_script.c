/* stop_script.c: prints a plan as scripts for a device, and keeps them as evidence where a person
 * wants that. It runs none of them. */
#include "practice/stop_script.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sink.h"
#include "contain/device.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/stop_plan.h"

enum { ADDRESS_COUNT = 16, TITLE_SIZE = 300 };

static const char *const part_names[] = {"apply", "check", "confirm", "undo", NULL};

struct scripting {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    const struct contain_device *device;
    struct net addresses[ADDRESS_COUNT];
    struct device_place place;
    struct stop_plan plan;
    struct device_script script;
};

static void scripting_release(struct scripting *s)
{
    stop_plan_release(&s->plan);
    device_script_release(&s->script);
}

static const struct buf *part_of(const struct scripting *s, size_t i)
{
    const struct buf *const parts[] = {&s->script.apply, &s->script.check, &s->script.confirm,
                                       &s->script.undo};

    return parts[i];
}

static int find_device(struct scripting *s, struct err *e)
{
    struct str name = input_value(s->op, s->in, "for");
    CLEANUP_BUF struct buf names = {0};

    s->device = contain_device(name);
    if (s->device)
        return 0;
    for (size_t i = 0; contain_devices[i]; i++)
        buf_addf(&names, "%s%s", i ? ", " : "", contain_devices[i]->name);
    return err_set(e, ERR_USAGE, "there is no script for \"" STR_FMT "\"; there is one for: %s",
                   STR_ARG(str_head(name, 60)), buf_text(&names));
}

static int read_addresses(struct scripting *s, struct err *e)
{
    struct str lines = input_value(s->op, s->in, "host-address");

    while (lines.len) {
        struct str text = str_trim(str_cut(&lines, '\n'));
        int rc;

        if (!text.len)
            continue;
        if (s->place.host_count == ADDRESS_COUNT)
            return err_set(e, ERR_LIMIT, "at most %d addresses of one host", ADDRESS_COUNT);
        rc = net_read(text, &s->addresses[s->place.host_count], e);
        if (rc)
            return rc;
        s->place.host_count++;
    }
    return 0;
}

static int read_place(struct scripting *s, struct err *e)
{
    struct device_place *p = &s->place;
    uint64_t room = 0;
    int rc = read_addresses(s, e);

    p->hosts = s->addresses;
    p->is_host_itself = input_has(s->op, s->in, "itself");
    p->port = input_value(s->op, s->in, "interface");
    p->bound_in4 = input_value(s->op, s->in, "bound-in4");
    p->bound_out4 = input_value(s->op, s->in, "bound-out4");
    p->bound_in6 = input_value(s->op, s->in, "bound-in6");
    p->bound_out6 = input_value(s->op, s->in, "bound-out6");
    p->now_s = (uint64_t)utc_now().sec;
    (void)str_u64(input_value(s->op, s->in, "room"), &room);
    if (rc == 0 && room > UINT32_MAX)
        rc = err_set(e, ERR_USAGE, "--room is a count of sequence numbers");
    p->room = (uint32_t)room;
    return rc;
}

/* All texts in one, as they are kept. */
static void add_all(const struct scripting *s, struct buf *out)
{
    const char *mark = s->device->comment ? s->device->comment : "";

    for (size_t i = 0; part_names[i]; i++) {
        if (!part_of(s, i)->len)
            continue;
        buf_addf(out, "%s%s ---- %s ----\n", out->len ? "\n" : "", mark, part_names[i]);
        buf_addstr(out, buf_str(part_of(s, i)));
    }
}

static int keep(struct scripting *s, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct evidence_facts facts = {.sort = "list", .has_blob = true};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf hex = {0};
    const struct thing *system;
    struct draft *dr;
    struct id item;
    uint64_t first;
    int rc;

    add_all(s, &text);
    rc = intake_bytes(s->session, buf_str(&text), &facts.digests, e);
    if (rc == 0)
        rc = session_draft(s->session, &d, s->op, s->in, e);
    if (rc)
        return rc;
    d.is_independent = true;
    system = view_ref(d.view, s->plan.action, "system");
    if (system)
        hex_add(&hex, system->id.b, sizeof(system->id.b));
    buf_addf(&title, "script for %s: a%u " STR_FMT, s->device->name, s->plan.action->number,
             STR_ARG(str_head(view_title(s->plan.action), TITLE_SIZE)));
    facts.title = buf_str(&title);
    facts.system_id = buf_str(&hex);
    item = evidence_draft(&d, &facts)->id;
    dr = decision_add(&d, "action-change/1");
    draft_ref(dr, &s->plan.action->id);
    draft_value_ref(&d, dr, "evidence", &item);
    return session_append(s->session, &d, &first, e);
}

static void tell_json(const struct scripting *s, struct json *j)
{
    struct str lacks = buf_str(&s->script.lacks);

    json_object_begin(j);
    json_put_u64(j, "action", s->plan.action->number);
    json_put_text(j, "device", s->device->name);
    json_put_text(j, "how", s->device->how);
    for (size_t i = 0; part_names[i]; i++)
        json_put_str(j, part_names[i], buf_str(part_of(s, i)));
    json_name(j, "lacks");
    json_array_begin(j);
    while (lacks.len)
        json_str(j, str_cut(&lacks, '\n'));
    json_array_end(j);
    json_object_end(j);
}

/* Bytes to a file as they are; to a terminal what it shows is escaped. */
static void add_text(struct answer *a, struct str text)
{
    if (a->to_terminal)
        sink_terminal(&a->text, text, true);
    else
        buf_addstr(&a->text, text);
}

static int tell(const struct scripting *s, struct answer *a, struct err *e)
{
    struct str part = input_value(s->op, s->in, "part");
    CLEANUP_BUF struct buf all = {0};
    struct json j;

    json_begin(&j, &a->json);
    if (a->wants_json)
        return tell_json(s, &j), 0;
    a->is_exact = true;
    for (size_t i = 0; part.len && part_names[i]; i++) {
        if (!str_is(part, part_names[i]))
            continue;
        if (!part_of(s, i)->len)
            return err_set(e, ERR_NOTFOUND,
                           "a%u has no timer, or cannot be undone: nothing is to be confirmed",
                           s->plan.action->number);
        add_text(a, buf_str(part_of(s, i)));
        return 0;
    }
    add_all(s, &all);
    add_text(a, buf_str(&all));
    return 0;
}

static int script_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(scripting_release) struct scripting sc = {.session = s, .op = op, .in = in};
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = find_device(&sc, e);
    if (rc == 0)
        rc = stop_plan_load(s, &v, input_thing(&v, op, in, "action"), &sc.plan, e);
    if (rc == 0)
        rc = read_place(&sc, e);
    if (rc == 0)
        rc = device_write(sc.device, sc.plan.plan, &sc.place, &sc.script, e);
    if (rc == 0 && input_has(op, in, "keep"))
        rc = keep(&sc, e);
    return rc ? rc : tell(&sc, a, e);
}

#define BOUND(field, what)                                                                         \
    {                                                                                              \
        .name = field, .type = FIELD_LINE, .flags = FIELD_OUTSIDE, .help = what                    \
    }

static const struct field script_fields[] = {
    FIELD_WHICH("action", "action", "which plan: a3"),
    {.name = "for",
     .type = FIELD_LINE,
     .flags = FIELD_REQUIRED | FIELD_OUTSIDE,
     .help = "nftables, iptables, pf, ios, junos, routeros, windows or openc2"},
    {.name = "part",
     .type = FIELD_WORD,
     .flags = FIELD_OUTSIDE,
     .choices = part_names,
     .help = "only this text; all of them if not given"},
    {.name = "itself",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "the device is the host that the plan is for, and does not stand before it"},
    {.name = "host-address",
     .type = FIELD_LINE,
     .flags = FIELD_MANY | FIELD_OUTSIDE,
     .help = "addresses of the host, for a device before it: 10.1.0.11"},
    {.name = "interface",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .help = "of the device: to the host for isolate, to the outside for block"},
    BOUND("bound-in4", "ios, junos: the filter that is bound there already, inwards, for IPv4"),
    BOUND("bound-out4", "the same, outwards"),
    BOUND("bound-in6", "the same, inwards, for IPv6"),
    BOUND("bound-out6", "the same, outwards, for IPv6"),
    {.name = "room",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "ios: sequence numbers free before that filter's first entry; 9 if not given"},
    {.name = "keep",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "keep the texts as evidence too"},
};

const struct operation stop_script = {
    .name = "stop script",
    .practice = "stop",
    .help = "print a plan as scripts for a firewall, router, switch or Windows: apply, check, undo",
    .example = "calm stop script a3 --for ios --host-address 10.1.0.11 --interface Gi1/0/14",
    .more = "calm runs none of them and does not log in to a device: a person carries them there, "
            "and puts on record what was typed and answered (calm stop begin, done, check). What "
            "the device cannot say, or says otherwise, stands at the head of the first text. For "
            "a system that calm-contain cannot run on, plan with --script. "
            "doc/format/devices.md.",
    OP_FIELDS(script_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("evidence/1", "action-change/1"),
    .works_read_only = true,
    .job = script_job};
