/* stop_emergency.c: cuts this host off at once. It asks nothing, waits for nobody's approval, and
 * stays until a person undoes it; it is on record before, and reviewed afterwards. */
#include "practice/stop_emergency.h"
#include "base/sink.h"
#include "practice/case_server.h"
#include "practice/contain_helper.h"
#include "practice/stop_apply.h"
#include "practice/stop_place.h"
#include "practice/stop_plan.h"
#include "practice/system_host.h"
#include "render/screen.h"
#include "sys/clock.h"

struct emergency {
    const struct operation *op;
    const struct input *in;
    const char *case_folder;
};

static const struct field emergency_fields[] = {
    {.name = "reason",
     .type = FIELD_TEXT,
     .flags = FIELD_ARG,
     .help = "why it cannot wait; it does not wait for that either"},
    {.name = "allow",
     .type = FIELD_LINE,
     .flags = FIELD_MANY | FIELD_OUTSIDE,
     .help = "who still passes, besides the connection that you are on: 10.1.0.7:22"},
    {.name = "by-hand",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "only put it on record: the cable is pulled, or it is another system"},
    FIELD_SYSTEMS("which systems; this machine if not given"),
};

/* What was asked for, and who keeps a way in. */
struct cutting {
    bool is_by_hand;
    struct buf sessions; /* endpoints that this command came over, a line each */
    struct str named;    /* by --allow */
    struct buf others;   /* of the case's server, and of other plans in effect */
};

static void cutting_release(struct cutting *c)
{
    buf_release(&c->sessions);
    buf_release(&c->others);
}

/* The machine that is cut off, where no other was named; it is put on the list if it lacks there.
 */
static struct id this_machine(struct decision *d)
{
    const struct thing *system;
    char host[256];

    host_name(host, sizeof(host));
    system = system_find(d->view, STR(""), str_of(host));
    return system ? system->id : system_draft(d, STR(""), str_of(host));
}

static struct str reason_of(const struct operation *op, const struct input *in)
{
    struct str reason = input_value(op, in, "reason");

    return reason.len ? reason : STR("no reason given");
}

static int record(struct session *s, const struct operation *op, const struct input *in,
                  struct id *action, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    bool is_here = !input_has(op, in, "system") && !input_has(op, in, "by-hand");
    struct id system;
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    if (is_here)
        system = this_machine(&d);
    dr = decision_add(&d, "action/1");
    draft_take_input(&d, dr, &action_kind);
    if (is_here)
        draft_value_ref(&d, dr, "system", &system);
    draft_value(dr, "text",
                str_of(arena_printf(d.arena, "emergency stop: " STR_FMT,
                                    STR_ARG(str_head(reason_of(op, in), 400)))));
    if (!input_has(op, in, "reason"))
        draft_value(dr, "reason", reason_of(op, in));
    draft_value(dr, "practice", STR("stop"));
    draft_value(dr, "state", STR("begun"));
    draft_value(dr, "undo",
                STR("put the cable back, enable the port, or calm stop undo; after the review"));
    *action = dr->id;
    return session_append(s, &d, &first, e);
}

/* The systems that were named, if any, are this machine. */
static bool is_here(const struct view *v, const struct operation *op, const struct input *in)
{
    struct str ids = input_value(op, in, "system");
    char host[256];

    host_name(host, sizeof(host));
    while (ids.len) {
        struct str one = str_cut(&ids, '\n');
        const struct thing *system;
        struct id id;

        if (!hex_read(id.b, sizeof(id.b), one))
            return false;
        system = state_thing_by_id(v->state, &id);
        if (!system || !system_has_host(system, str_of(host)))
            return false;
    }
    return true;
}

static void by_hand(struct screen *screen, const struct view *v, const struct thing *action)
{
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf pull = {0};

    buf_adds(&pull, "Pull the network cable, or shut the switch port or the hypervisor's");
    stop_place(v, action, &pull);
    buf_adds(&pull, ". Leave the power on, unless files are being encrypted and nothing else "
                    "stops it.");
    screen_printf(screen, 0, "With your hands, now:");
    screen_item(screen, 2, STR("1"), buf_str(&pull));
    screen_item(screen, 2, STR("2"), STR("Disconnect backups from the network."));
    screen_item(screen, 2, STR("3"), STR("Touch nothing else: memory and logs are evidence."));
    screen_blank(screen);
    buf_addf(&next, "calm stop done a%u \"cable pulled at ...\"", action->number);
    screen_next(screen, buf_str(&next), STR(""));
}

/* Who still passes: the connections that the command came over, whom --allow named, and what the
 * case's server and other plans need. */
static void add_passing(struct buf *out, const struct cutting *c)
{
    struct str sessions = buf_str(&c->sessions), named = c->named, others = buf_str(&c->others);

    buf_adds(out, "Nothing passes but loopback");
    while (sessions.len) {
        struct str line = str_cut(&sessions, '\n'), from = str_cut(&line, ',');

        buf_addf(out, ", your own connection from " STR_FMT, STR_ARG(from));
    }
    while (named.len) {
        struct str one = str_cut(&named, '\n');

        buf_addf(out, ", " STR_FMT, STR_ARG(one));
    }
    while (others.len) {
        struct str one = str_cut(&others, '\n');

        buf_addf(out, ", " STR_FMT " (of another plan, or the case's server)", STR_ARG(one));
    }
    buf_adds(out, c->sessions.len ? "." : ". No connection is yours: you are at its console.");
}

static void tell_cut_off(struct screen *screen, const struct view *v, const struct thing *action,
                         const struct cutting *c)
{
    CLEANUP_BUF struct buf place = {0};
    CLEANUP_BUF struct buf passing = {0};
    CLEANUP_BUF struct buf shown = {0};

    stop_place(v, action, &place);
    add_passing(&passing, c);
    sink_terminal(&shown, buf_str(&passing), false);
    screen_printf(screen, 0, "This host is cut off (a%u). %s", action->number, buf_text(&shown));
    screen_printf(screen, 0,
                  "Who is root here can lift it: pull the cable, or shut the switch port or the "
                  "hypervisor's, too%s.",
                  buf_text(&place));
    screen_printf(screen, 0,
                  "It stays, after a restart too, until somebody undoes it: calm stop undo a%u. "
                  "Somebody else reviews it afterwards.",
                  action->number);
    screen_blank(screen);
    screen_next(screen, STR("calm note \"what I see\""),
                STR("and phone one person whom you trust; two see more than one"));
}

static void tell_json(const struct thing *action, bool is_cut_off, struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    json_put_u64(&j, "action", action->number);
    json_put_str(&j, "state", thing_value(action, "state"));
    json_put_bool(&j, "cut_off", is_cut_off);
    json_object_end(&j);
}

static bool is_listed(struct str lines, struct str one)
{
    while (lines.len)
        if (str_eq(str_trim(str_cut(&lines, '\n')), one))
            return true;
    return false;
}

/* As many as a plan has room for. */
static void add_lines(struct buf *allow, struct str lines)
{
    size_t count = 0;

    for (size_t i = 0; i < allow->len; i++)
        count += allow->p[i] == '\n';
    while (lines.len && count < PLAN_ALLOW_COUNT) {
        struct str line = str_trim(str_cut(&lines, '\n'));

        if (!line.len || is_listed(buf_str(allow), line))
            continue;
        buf_addf(allow, STR_FMT "\n", STR_ARG(line));
        count++;
    }
}

/* Who asks passes still, whom they named, what the case needs of the server that it lies on, and
 * whom other plans in effect let pass: one responder's emergency does not cut off another. */
static int add_allow(struct contain_helper *h, const struct emergency *m, struct cutting *c,
                     struct buf *allow, struct err *e)
{
    CLEANUP(case_server_release) struct case_server server = {.count = 0};
    char text[ENDPOINT_TEXT_SIZE];
    int rc = contain_helper_sessions(h, &c->sessions, e);

    if (rc == 0)
        rc = contain_helper_ask(h, "allowed", STR(""), &c->others, e);
    if (rc)
        return rc;
    buf_addf(allow, STR_FMT "%s", STR_ARG(c->named), c->named.len ? "\n" : "");
    add_lines(allow, buf_str(&c->sessions));
    case_server_of(m->case_folder, &server);
    for (size_t i = 0; i < server.count; i++)
        buf_addf(&c->others, "%s\n", endpoint_text(text, &server.at[i]));
    add_lines(allow, buf_str(&c->others));
    return 0;
}

static int cut_off(struct session *s, const struct emergency *m, const struct id *action,
                   struct cutting *c, struct err *e)
{
    CLEANUP(contain_helper_closep) struct contain_helper *h = NULL;
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    CLEANUP_BUF struct buf allow = {0};
    int rc = contain_helper_open(&h, false, e);

    if (rc == 0)
        rc = add_allow(h, m, c, &allow, e);
    if (rc == 0)
        rc = stop_plan_isolate(s, buf_str(&allow), &p, e);
    if (rc == 0)
        rc = stop_apply_emergency(s, m->op, m->in, action, &p, h, e);
    return rc;
}

/* What was done, or is to be done by hand; code and why: of what failed, or 0 and nothing. */
static void tell(const struct view *v, const struct thing *action, const struct cutting *c,
                 int code, struct str why, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    bool is_cut_off = !c->is_by_hand && !code;

    if (a->wants_json) {
        tell_json(action, is_cut_off, a);
        return;
    }
    if (is_cut_off) {
        tell_cut_off(&screen, v, action, c);
        return;
    }
    if (why.len)
        screen_printf(&screen, 0, "On record as a%u, but %s: " STR_FMT ".", action->number,
                      code == ERR_IO ? "whether this host is cut off is not certain"
                                     : "this host is NOT cut off",
                      STR_ARG(why));
    else
        screen_printf(&screen, 0, "On record as a%u.", action->number);
    by_hand(&screen, v, action);
}

static int emergency_job(struct session *s, const struct operation *op, const struct input *in,
                         struct answer *a, struct err *e)
{
    const struct emergency m = {op, in, a->around->case_folder};
    struct err why = {0};
    struct id action;
    struct view v;
    CLEANUP(cutting_release) struct cutting c = {.named = input_value(op, in, "allow")};
    int rc = record(s, op, in, &action, e), failed = 0;

    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    c.is_by_hand = input_has(op, in, "by-hand") || !is_here(&v, op, in);
    if (!c.is_by_hand)
        failed = cut_off(s, &m, &action, &c, &why);
    rc = session_view(s, &v, e);
    if (rc)
        return rc;
    tell(&v, state_thing_by_id(v.state, &action), &c, failed, str_of(why.text), a);
    return failed ? err_set(e, failed, "this host could not be cut off by itself") : 0;
}

const struct operation stop_emergency = {
    .name = "stop emergency",
    .practice = "stop",
    .help = "cut this host off at once; asks nothing",
    .example = "calm stop emergency \"files on fs1 are being encrypted\"",
    .more = "Opens a case where none is open, puts the emergency on record, and isolates this "
            "host with calm-contain: nothing passes but loopback, the connection that you are on, "
            "and whom --allow names. It has no timer and is not lifted by anything but a person. "
            "Another system is named with --system: then it is only put on record, with what to "
            "do by hand.",
    OP_FIELDS(emergency_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .opens_case = true,
    .records = WORDS("system/1", "action/1", "evidence/1", "action-change/1"),
    .job = emergency_job};
