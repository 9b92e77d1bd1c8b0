/* stop_script.c: writes a plan as scripts for a device, prints them, and keeps them as evidence
 * where a person wants that. It sends none of them. */
#include "practice/stop_script.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sink.h"
#include "contain/device.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/stop_answer.h"
#include "practice/stop_plan.h"
#include "practice/stop_texts.h"
#include "practice/stop_way.h"
#include "render/screen.h"

enum { ADDRESS_COUNT = 16, TITLE_SIZE = 300 };

struct scripting {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    const struct contain_device *device;
    struct net addresses[ADDRESS_COUNT];
    struct device_place place;
    struct stop_plan plan;
    struct device_script script;
    struct stop_texts texts; /* kept before, or as they are kept now */
};

static void scripting_release(struct scripting *s)
{
    stop_plan_release(&s->plan);
    device_script_release(&s->script);
    stop_texts_release(&s->texts);
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

/* What will be carried out: an approval that was given for other texts is over. */
static int draft_texts(const struct scripting *s, struct decision *d, struct draft *dr,
                       const struct id *item, struct err *e)
{
    struct str ssh = input_value(s->op, s->in, "ssh");
    const struct thing *action = state_thing_by_id(d->view->state, &s->plan.action->id);
    CLEANUP_BUF struct buf spelled = {0};
    int rc = ssh.len ? stop_way_spell(ssh, &spelled, e) : 0;

    if (rc)
        return rc;
    if (!thing_says(action, "state", "planned") && !thing_says(action, "state", "approved"))
        return err_set(e, ERR_GATE, "a%u is already " STR_FMT ", with the texts that it has",
                       action->number, STR_ARG(thing_value(action, "state")));
    if (thing_says(action, "state", "approved"))
        draft_value(dr, "state", STR("planned"));
    draft_value(dr, "device", str_of(s->device->name));
    draft_value_ref(d, dr, "texts", item);
    if (ssh.len)
        draft_value(dr, "ssh", str_of(arena_strdup(d->arena, buf_text(&spelled))));
    if (ssh.len && (input_has(s->op, s->in, "sudo") || thing_value(action, "sudo").len))
        draft_value(dr, "sudo", input_value(s->op, s->in, "sudo"));
    return 0;
}

static int keep(struct scripting *s, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct evidence_facts facts = {.sort = "list", .has_blob = true};
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf hex = {0};
    const struct thing *system;
    struct draft *dr;
    struct id item;
    uint64_t first;
    int rc = intake_bytes(s->session, buf_str(&s->texts.all), &facts.digests, e);

    if (rc == 0)
        rc = session_draft(s->session, &d, s->op, s->in, e);
    if (rc)
        return rc;
    d.is_independent = !stop_is_script(s->plan.action);
    system = view_ref(d.view, s->plan.action, "system");
    if (system)
        hex_add(&hex, system->id.b, sizeof(system->id.b));
    buf_addf(&title, "script for %s: a%u " STR_FMT, s->device->name, s->plan.action->number,
             STR_ARG(str_head(view_title(s->plan.action), TITLE_SIZE)));
    facts.title = buf_str(&title);
    facts.system_id = buf_str(&hex);
    dr = evidence_draft(&d, &facts);
    stop_draft_like(&d, dr, s->plan.action);
    item = dr->id;
    dr = decision_add(&d, "action-change/1");
    draft_ref(dr, &s->plan.action->id);
    stop_draft_like(&d, dr, s->plan.action);
    draft_value_ref(&d, dr, "evidence", &item);
    if (stop_is_script(s->plan.action))
        rc = draft_texts(s, &d, dr, &item, e);
    return rc ? rc : session_append(s->session, &d, &first, e);
}

static void tell_json(const struct scripting *s, struct json *j)
{
    struct str lacks = buf_str(&s->script.lacks);

    json_object_begin(j);
    json_put_u64(j, "action", s->plan.action->number);
    json_put_text(j, "device", s->device->name);
    json_put_text(j, "how", s->device->how);
    for (size_t i = 0; stop_part_names[i]; i++)
        json_put_str(j, stop_part_names[i], s->texts.parts[i]);
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
    a->is_exact = true;
    if (a->to_terminal)
        sink_terminal(&a->text, text, true);
    else
        buf_addstr(&a->text, text);
}

static int tell(const struct scripting *s, struct answer *a, struct err *e)
{
    struct str part = input_value(s->op, s->in, "part");
    struct json j;

    json_begin(&j, &a->json);
    if (a->wants_json)
        return tell_json(s, &j), 0;
    for (size_t i = 0; part.len && stop_part_names[i]; i++) {
        if (!str_is(part, stop_part_names[i]))
            continue;
        if (!s->texts.parts[i].len)
            return err_set(e, ERR_NOTFOUND,
                           "a%u has no timer, or cannot be undone: nothing is to be confirmed",
                           s->plan.action->number);
        add_text(a, s->texts.parts[i]);
        return 0;
    }
    add_text(a, buf_str(&s->texts.all));
    return 0;
}

/* The texts that were kept; new ones are written where a device is named. */
static int load_kept(struct scripting *s, const struct view *v, struct err *e)
{
    int rc = stop_texts_load(s->session, v, s->plan.action, &s->texts, e);

    if (rc == ERR_NOTFOUND)
        return err_set(e, ERR_USAGE, "say for which device: calm stop script a%u --for ios",
                       s->plan.action->number);
    s->device = s->texts.device;
    return rc;
}

static int write_new(struct scripting *s, struct err *e)
{
    int rc = find_device(s, e);

    if (rc == 0)
        rc = read_place(s, e);
    if (rc == 0)
        rc = device_write(s->device, s->plan.plan, &s->place, &s->script, e);
    if (rc == 0)
        rc = stop_texts_make(s->device, &s->script, &s->texts, e);
    if (rc == 0 && input_has(s->op, s->in, "keep"))
        rc = keep(s, e);
    return rc;
}

static void tell_kept(const struct scripting *s, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf why = {0};

    screen_printf(&screen, 0, "The texts of a%u for %s are kept. They get there %s.",
                  s->plan.action->number, s->device->title, s->device->how);
    screen_para(&screen, 2, buf_str(&s->script.lacks));
    buf_addf(&next, "calm stop approve a%u", s->plan.action->number);
    buf_addf(&why, "by another person, who reads them: calm stop script a%u",
             s->plan.action->number);
    screen_next(&screen, buf_str(&next), buf_str(&why));
}

static int script_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(scripting_release) struct scripting sc = {.session = s, .op = op, .in = in};
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = stop_plan_load(s, &v, input_thing(&v, op, in, "action"), &sc.plan, e);
    if (rc == 0)
        rc = input_has(op, in, "for") ? write_new(&sc, e) : load_kept(&sc, &v, e);
    if (rc)
        return rc;
    if (input_has(op, in, "keep") && stop_is_script(sc.plan.action) && a->to_terminal &&
        !a->wants_json)
        return tell_kept(&sc, a), 0;
    return tell(&sc, a, e);
}

#define BOUND(field, what)                                                                         \
    {                                                                                              \
        .name = field, .type = FIELD_LINE, .flags = FIELD_OUTSIDE, .help = what                    \
    }

static const struct field script_fields[] = {
    FIELD_WHICH("action", "action", "which plan: a3"),
    {.name = "for",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .help = "nftables, iptables, pf, ios, junos, routeros, windows or openc2; the texts that are "
             "kept if not given"},
    {.name = "part",
     .type = FIELD_WORD,
     .flags = FIELD_OUTSIDE,
     .choices = stop_part_names,
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
     .help = "keep the texts as evidence; of a plan made with --script they are carried out"},
    {.name = "ssh",
     .type = FIELD_LINE,
     .flags = FIELD_OUTSIDE,
     .help = "with --keep: where the device is, to be reached over SSH: admin@sw2"},
    {.name = "sudo",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "with --ssh: become root there by sudo"},
};

const struct operation stop_script = {
    .name = "stop script",
    .practice = "stop",
    .help = "print a plan as scripts for a firewall, router, switch or Windows: apply, check, undo",
    .example = "calm stop script a3 --for ios --host-address 10.1.0.11 --interface Gi1/0/14",
    .more = "A plan made with --script is carried out by these texts, once they are kept and "
            "another person approved them: over SSH (calm stop apply), or by hand (calm stop "
            "begin). What the device cannot say, or says otherwise, stands at the head of the "
            "first text. doc/format/devices.md.",
    OP_FIELDS(script_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("evidence/1", "action-change/1"),
    .works_read_only = true,
    .job = script_job};
