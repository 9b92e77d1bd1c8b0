/* stop_emergency.c: cuts this host off at once. It asks nothing, waits for nobody's approval, and
 * stays until a person undoes it; it is on record before, and reviewed afterwards. */
#include "practice/stop_emergency.h"
#include "base/sink.h"
#include "practice/contain_helper.h"
#include "practice/stop_apply.h"
#include "practice/stop_plan.h"
#include "practice/system_host.h"
#include "render/screen.h"
#include "sys/clock.h"

static const struct field emergency_fields[] = {
    FIELD_SAID("reason", "why it cannot wait"),
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

static int record(struct session *s, const struct operation *op, const struct input *in,
                  struct id *action, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    dr = decision_add(&d, "action/1");
    draft_take_input(&d, dr, &action_kind);
    draft_value(dr, "text",
                str_of(arena_printf(d.arena, "emergency stop: " STR_FMT,
                                    STR_ARG(str_head(input_value(op, in, "reason"), 400)))));
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

static void by_hand(struct answer *a, unsigned action)
{
    buf_adds(&a->text, "With your hands, now:\n"
                       "  1  Pull the network cable, or shut the switch port. Leave the power on,\n"
                       "     unless files are being encrypted and nothing else stops it.\n"
                       "  2  Disconnect backups from the network.\n"
                       "  3  Touch nothing else: memory and logs are evidence.\n");
    buf_addf(&a->text, "Next:  calm stop done a%u \"cable pulled at ...\"\n", action);
}

/* Who asks passes still, and whom they named. */
static int add_allow(struct contain_helper *h, const struct operation *op, const struct input *in,
                     struct buf *allow, struct err *e)
{
    int rc = contain_helper_sessions(h, allow, e);

    buf_addstr(allow, input_value(op, in, "allow"));
    return rc;
}

static int cut_off(struct session *s, const struct operation *op, const struct input *in,
                   const struct id *action, struct answer *a, struct err *e)
{
    CLEANUP(contain_helper_closep) struct contain_helper *h = NULL;
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    CLEANUP_BUF struct buf allow = {0};
    int rc = contain_helper_open(&h, false, e);

    if (rc == 0)
        rc = add_allow(h, op, in, &allow, e);
    if (rc == 0)
        rc = stop_plan_isolate(s, buf_str(&allow), &p, e);
    if (rc == 0)
        rc = stop_apply_emergency(s, op, in, action, &p, h, e);
    (void)a;
    return rc;
}

static int emergency_job(struct session *s, const struct operation *op, const struct input *in,
                         struct answer *a, struct err *e)
{
    struct err why = {0};
    struct id action;
    struct view v;
    unsigned number;
    int rc = record(s, op, in, &action, e);

    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    number = state_thing_by_id(v.state, &action)->number;
    if (input_has(op, in, "by-hand") || !is_here(&v, op, in)) {
        buf_addf(&a->text, "On record as a%u.\n", number);
        by_hand(a, number);
        return 0;
    }
    rc = cut_off(s, op, in, &action, a, &why);
    if (rc) {
        buf_addf(&a->text, "On record as a%u, but this host is NOT cut off: ", number);
        sink_terminal(&a->text, str_of(why.text), false);
        buf_adds(&a->text, ".\n");
        by_hand(a, number);
        return err_set(e, rc, "this host could not be cut off by itself");
    }
    buf_addf(&a->text,
             "This host is cut off (a%u). Nothing passes but loopback and your own connection.\n"
             "Who is root here can lift it: pull the cable, or shut the switch port, too.\n"
             "It stays until somebody undoes it: calm stop undo a%u\n"
             "Next:  calm note \"what I see\"\n",
             number, number);
    return 0;
}

const struct operation stop_emergency = {
    .name = "stop emergency",
    .practice = "stop",
    .help = "cut this host off at once; any responder, asks nothing, reviewed afterwards",
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
    .records = WORDS("action/1", "evidence/1", "action-change/1"),
    .job = emergency_job};
