/* stop_plan.c: plans what calm-contain is to do: makes the plan, has the helper look at what it
 * would end, and puts both on record for another person to read. */
#include "practice/stop_plan_table.h"
#include <stdio.h>
#include <string.h>
#include "base/sink.h"
#include "contain/action.h"
#include "contain/allow.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/stop_kept.h"
#include "practice/stop_nets.h"
#include "practice/stop_preview.h"
#include "practice/stop_proposal.h"
#include "practice/stop_way.h"
#include "practice/stop_words.h"
#include "practice/system_host.h"
#include "render/screen.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { TIMER_S = 300, TEXT_SIZE = 400 };

bool stop_is_planned(const struct thing *action)
{
    return thing_value(action, "plan").len > 0;
}

bool stop_is_script(const struct thing *action)
{
    return thing_value(action, "script").len > 0;
}

void stop_plan_release(struct stop_plan *p)
{
    buf_release(&p->text);
    plan_free(p->plan);
    *p = (struct stop_plan){0};
}

int stop_plan_load(struct session *s, const struct view *v, const struct thing *action,
                   struct stop_plan *out, struct err *e)
{
    const struct thing *item = view_ref(v, action, "plan");
    CLEANUP_STOP_PLAN struct stop_plan p = {.action = action};
    CLEANUP_FD int fd = -1;
    struct hash digest;
    uint64_t size;
    int rc;

    if (!stop_is_planned(action))
        return err_set(e, ERR_USAGE,
                       "a%u was planned in words and is done by hand: calm stop begin a%u",
                       action->number, action->number);
    if (!item || !hex_read(digest.b, sizeof(digest.b), thing_value(item, "sha256")))
        return err_set(e, ERR_DENIED, "the plan of a%u is not among what you may see",
                       action->number);
    rc = blob_open(session_store(s), &digest, &fd, &size, e);
    if (rc == 0)
        rc = file_read_fd(&p.text, fd, "the plan", PLAN_SIZE, e);
    if (rc == 0)
        rc = plan_read(buf_str(&p.text), &p.plan, e);
    if (rc)
        return rc;
    *out = p;
    p = (struct stop_plan){0};
    return 0;
}

struct planning {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    const struct contain_action *action;
    struct plan *plan;
    struct buf text;    /* of the plan */
    struct buf preview; /* lines of the helper */
    struct view view;
    struct stop_ways ways;
    struct contain_helper *helper;
    struct buf ssh; /* where the host is; empty: here */
    struct hash machine;
    char host[256]; /* as it calls itself */
};

static void planning_release(struct planning *p)
{
    plan_free(p->plan);
    buf_release(&p->text);
    buf_release(&p->preview);
    buf_release(&p->ssh);
    contain_helper_close(p->helper);
    stop_ways_release(&p->ways);
}

static bool has_field(const struct operation *op, const char *name)
{
    return field_find(op->fields, op->field_count, str_of(name)) != NULL;
}

static void read_machine(struct hash *out)
{
    CLEANUP_BUF struct buf id = {0};
    struct str text;

    if (file_read(&id, "/etc/machine-id", 128, NULL))
        return;
    text = str_trim(buf_str(&id));
    if (text.len)
        *out = hash_bytes(text.p, text.len);
}

static int add_allow(struct plan *plan, struct str lines, struct err *e)
{
    plan->allow = arena_alloc(plan->arena, sizeof(*plan->allow) * PLAN_ALLOW_COUNT);
    while (lines.len) {
        struct str line = str_trim(str_cut(&lines, '\n'));
        int rc;

        if (!line.len)
            continue;
        if (plan->allow_count == PLAN_ALLOW_COUNT)
            return err_set(e, ERR_LIMIT, "at most %d endpoints can be allowed", PLAN_ALLOW_COUNT);
        rc = endpoint_read(line, &plan->allow[plan->allow_count], e);
        if (rc)
            return rc;
        plan->allow_count++;
    }
    return 0;
}

static int add_cut(struct planning *p, struct err *e)
{
    struct str lines =
        input_is_given(p->op, p->in, "cut") ? input_value(p->op, p->in, "cut") : STR("");
    struct plan *plan = p->plan;

    plan->cut = arena_alloc(plan->arena, sizeof(*plan->cut) * PLAN_ALLOW_COUNT);
    while (lines.len) {
        struct str line = str_trim(str_cut(&lines, '\n'));
        int rc;

        if (!line.len)
            continue;
        if (plan->cut_count == PLAN_ALLOW_COUNT)
            return err_set(e, ERR_LIMIT, "at most %d can be named by --cut", PLAN_ALLOW_COUNT);
        rc = net_read(line, &plan->cut[plan->cut_count], e);
        if (rc)
            return rc;
        plan->cut_count++;
    }
    return 0;
}

/* A number of a process is used again; with the moment of its start it is one process alone. The
 * action's parameters have the number first. */
static int add_start(struct planning *p, const struct action_param *param, struct err *e)
{
    struct str pid = input_value(p->op, p->in, "pid");
    CLEANUP_BUF struct buf ticks = {0};
    int rc;

    if (!p->helper)
        return err_set(e, ERR_USAGE, "a process is stopped by calm-contain alone, not by a script");
    rc = stop_way_start(p->helper, pid, &ticks, e);
    if (rc == 0)
        p->plan->values[p->plan->value_count++] = (struct plan_value){
            .param = param, .text = {arena_dup(p->plan->arena, ticks.p, ticks.len), ticks.len}};
    return rc;
}

static int refuse_value(const struct action_param *param, struct str text, struct err *e)
{
    text = str_head(text, 80);
    if (param->type == ACTION_NUMBER)
        return err_set(e, ERR_USAGE, "%s is a number from %llu to %llu, and \"" STR_FMT "\" is not",
                       param->name, (unsigned long long)param->min, (unsigned long long)param->max,
                       STR_ARG(text));
    return err_set(e, ERR_USAGE, "%s is %s, and \"" STR_FMT "\" is not", param->name, param->help,
                   STR_ARG(text));
}

static int add_params(struct planning *p, struct err *e)
{
    struct plan *plan = p->plan;

    plan->values = arena_alloc(plan->arena, sizeof(*plan->values) * PLAN_VALUE_COUNT);
    for (const struct action_param *param = p->action->params; param->name; param++) {
        struct str lines;

        if (param->type == ACTION_NET) {
            int rc = stop_nets(p->session, &p->view, p->op, p->in, param->name, p->plan, e);

            if (rc)
                return rc;
            continue;
        }
        if (!has_field(p->op, param->name)) {
            int rc = add_start(p, param, e);

            if (rc)
                return rc;
            continue;
        }
        lines = input_value(p->op, p->in, param->name);
        while (lines.len && plan->value_count < PLAN_VALUE_COUNT) {
            struct plan_value v = {.param = param, .text = str_cut(&lines, '\n')};

            if (!plan_value_holds(param, &v))
                return refuse_value(param, v.text, e);
            plan->values[plan->value_count++] = v;
        }
    }
    return 0;
}

/* 0 would never go back by itself: that is for emergencies alone. */
static int read_timer(const struct planning *p, uint32_t *out, struct err *e)
{
    uint64_t seconds = TIMER_S;

    (void)str_u64(input_value(p->op, p->in, "timer"), &seconds);
    if (seconds < PLAN_TIMER_MIN_S || seconds > PLAN_TIMER_MAX_S)
        return err_set(e, ERR_USAGE,
                       "--timer is between %d s and %d h, and this is not: --timer \"5 min\"",
                       PLAN_TIMER_MIN_S, PLAN_TIMER_MAX_S / 3600);
    *out = (uint32_t)seconds;
    return 0;
}

/* One that ends before it could be confirmed would look confirmed and be gone. */
static int read_expiry(const struct planning *p, struct plan *plan, struct err *e)
{
    struct str text = input_value(p->op, p->in, "for-time");
    char timer[UTC_PLAIN_SIZE];
    uint64_t seconds;

    if (!text.len || !str_u64(text, &seconds))
        return 0;
    if (seconds <= plan->timer_s)
        return err_set(e, ERR_USAGE,
                       "--for-time is how long it holds after it was confirmed, and must be longer "
                       "than the time in which that can be done (--timer, here %s)",
                       span_text(timer, plan->timer_s));
    plan->expiry_s = (uint64_t)utc_now().sec + seconds;
    return 0;
}

/* What every plan has. */
static struct plan *begin_plan(const struct contain_action *action, struct str host,
                               const struct hash *machine)
{
    struct plan *plan = mem_new(struct plan);

    plan->arena = arena_new();
    random_bytes(plan->id.b, sizeof(plan->id.b));
    plan->host = host;
    plan->machine = *machine;
    plan->action = action;
    return plan;
}

/* What was made is read again as the helper will read it: what it would refuse is refused here. */
static int spell(struct plan **plan, struct buf *text, struct err *e)
{
    struct plan *again;
    int rc;

    plan_write(*plan, text);
    rc = plan_read(buf_str(text), &again, e);
    if (rc == ERR_FORMAT) {
        struct err why = *e;

        return err_set(e, ERR_USAGE, "%s", why.text);
    }
    if (rc)
        return rc;
    plan_free(*plan);
    *plan = again;
    return 0;
}

static int make_plan(struct planning *p, struct str host, struct err *e)
{
    int rc;

    p->plan = begin_plan(p->action, host, &p->machine);
    p->plan->case_id = *state_case_id(session_state(p->session));
    if (p->action->cannot_undo && !input_has(p->op, p->in, "accept-no-undo"))
        return err_set(e, ERR_USAGE,
                       "that cannot be undone. Freezing keeps the memory and can be (calm stop "
                       "freeze); if it is to be all the same: --accept-no-undo");
    p->plan->accepts_no_undo = p->action->cannot_undo;
    if (!p->action->cannot_undo) {
        rc = read_timer(p, &p->plan->timer_s, e);
        if (rc == 0)
            rc = read_expiry(p, p->plan, e);
        if (rc)
            return rc;
    }
    p->plan->accepts_wide = input_is_given(p->op, p->in, "accept-wide");
    p->plan->accepts_names = input_is_given(p->op, p->in, "accept-names");
    rc = has_field(p->op, "allow") ? add_allow(p->plan, input_value(p->op, p->in, "allow"), e) : 0;
    if (rc == 0)
        rc = add_cut(p, e);
    if (rc == 0)
        rc = add_params(p, e);
    if (rc == 0 && !p->helper)
        rc = allow_judge(p->plan, e); /* else the helper does, with the host before it */
    return rc ? rc : spell(&p->plan, &p->text, e);
}

int stop_plan_isolate(struct str lines, struct stop_plan *out, struct err *e)
{
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    struct hash machine = hash_zero;
    char host[256];
    int rc;

    host_name(host, sizeof(host));
    read_machine(&machine);
    p.plan = begin_plan(contain_action(STR("isolate")), str_of(host), &machine);
    rc = add_allow(p.plan, lines, e);
    for (size_t i = 0; rc == 0 && i < p.plan->allow_count; i++) {
        p.plan->accepts_wide |= allow_is_wide(&p.plan->allow[i]);
        p.plan->accepts_names |= allow_has_names(&p.plan->allow[i]);
    }
    if (rc == 0)
        rc = spell(&p.plan, &p.text, e);
    if (rc)
        return rc;
    *out = p;
    p = (struct stop_plan){0};
    return 0;
}

static int look(struct planning *p, struct err *e)
{
    uint64_t size, free;
    int rc;
    CLEANUP_BUF struct buf order = {0};

    if (!p->helper)
        return 0;
    buf_addf(&order, "preview %zu", p->text.len);
    if (p->ways.unknown.len)
        buf_addf(&p->preview, "warn case %s\n", buf_text(&p->ways.unknown));
    rc = contain_helper_ask(p->helper, buf_text(&order), buf_str(&p->text), &p->preview, e);
    size = rc ? 0 : stop_kept_size(buf_str(&p->preview));
    if (size)
        rc = stop_kept_room(p->ways.case_folder, size, &free, e);
    if (rc == 0 && size)
        buf_addf(&p->preview, "room %llu\n", (unsigned long long)free);
    return rc;
}

static int record(struct planning *p, const struct thing *system, struct str host, uint64_t *first,
                  size_t *count, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct evidence_facts facts = {.sort = "list", .has_blob = true};
    CLEANUP_BUF struct buf title = {0};
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf hex = {0};
    CLEANUP_BUF struct buf words = {0};
    CLEANUP_BUF struct buf measured = {0};
    struct id system_id, item;
    struct draft *dr;
    int rc = intake_bytes(p->session, buf_str(&p->text), &facts.digests, e);

    if (rc)
        return rc;
    decision_begin(&d, &p->view, p->op, p->in);
    d.is_independent = true;
    system_id = system ? system->id : system_draft(&d, STR(""), str_of(p->host));
    hex_add(&hex, system_id.b, sizeof(system_id.b));
    stop_title(p->plan, host, &title);
    buf_addf(&name, "plan: " STR_FMT, STR_ARG(str_head(buf_str(&title), TEXT_SIZE)));
    facts.title = buf_str(&name);
    facts.system_id = buf_str(&hex);
    item = evidence_draft(&d, &facts)->id;
    dr = decision_add(&d, "action/1");
    draft_take_input(&d, dr, &action_kind);
    draft_value(dr, "text", str_of(arena_strdup(d.arena, buf_text(&title))));
    draft_value(dr, "practice", STR("stop"));
    draft_value(dr, "state", STR("planned"));
    if (!input_has(p->op, p->in, "system")) /* else it was taken from there */
        draft_value_ref(&d, dr, "system", &system_id);
    draft_value_ref(&d, dr, "plan", &item);
    if (p->ssh.len)
        draft_value(dr, "ssh", buf_str(&p->ssh));
    if (p->ssh.len && input_has(p->op, p->in, "sudo"))
        draft_value(dr, "sudo", STR("yes"));
    draft_value(dr, "undo",
                p->action->cannot_undo ? STR("cannot be undone, which was accepted")
                : p->helper            ? STR("calm stop undo, with the state that is saved before")
                                       : STR("calm stop undo, with the device's inverse"));
    stop_proposal_measure(&p->view, p->plan, &measured);
    stop_preview_words(buf_str(&p->preview), p->plan, buf_str(&measured), &words);
    draft_value(dr, "preview", str_of(arena_strdup(d.arena, buf_text(&words))));
    rc = session_append(p->session, &d, first, e);
    *count = d.draft_count;
    return rc;
}

static void tell_script(const struct thing *action, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf next = {0};

    screen_printf(&screen, 0, "a%u is planned; no host was looked at.", action->number);
    buf_addf(&next, "calm stop script a%u --for DEVICE --keep", action->number);
    screen_next(&screen, buf_str(&next),
                STR("writes the texts for the device, which another person reads and approves"));
}

static void tell(struct planning *p, uint64_t first, size_t count, struct answer *a)
{
    const struct thing *action = state_record(session_state(p->session), first + count - 1)->thing;
    struct json j;
    struct view v;

    view_init(&v, session_state(p->session), session_store(p->session), session_key(p->session),
              utc_now());
    if (a->wants_json) {
        json_begin(&j, &a->json);
        thing_json(&v, action, &j);
        return;
    }
    if (p->helper)
        stop_preview_show(&v, action, p->plan, buf_str(&p->preview), a);
    else
        tell_script(action, a);
}

/* A plan for a script alone names a machine that is none, so that no calm-contain takes it. */
static int open_none(struct planning *p, struct err *e)
{
    const struct thing *system = input_thing(&p->view, p->op, p->in, "system");

    if (!system || p->ssh.len)
        return err_set(e, ERR_USAGE,
                       "with --script say which system it is; where the device is, with its texts: "
                       "calm stop script aN --for DEVICE --keep --ssh USER@DEVICE");
    random_bytes(p->machine.b, sizeof(p->machine.b));
    snprintf(p->host, sizeof(p->host), STR_FMT, STR_ARG(str_head(view_title(system), 255)));
    return 0;
}

/* Opens calm-contain on the host, and learns which it is. */
static int open_host(struct planning *p, struct err *e)
{
    struct str ssh = input_value(p->op, p->in, "ssh");
    int rc = ssh.len ? stop_way_spell(ssh, &p->ssh, e) : 0;

    if (rc == 0 && input_has(p->op, p->in, "script"))
        return open_none(p, e);
    if (rc == 0)
        rc = stop_way_open(&p->ways, buf_str(&p->ssh), input_has(p->op, p->in, "sudo"), true,
                           &p->helper, e);
    if (rc == 0 && ssh.len)
        return stop_way_host(p->helper, &p->machine, p->host, e);
    host_name(p->host, sizeof(p->host));
    read_machine(&p->machine);
    return rc;
}

/* The helper changes the host that it runs on. */
static int check_host(struct planning *p, const struct thing *system, struct err *e)
{
    if (!p->helper || !system || system_has_host(system, str_of(p->host)) ||
        input_has(p->op, p->in, "here"))
        return 0;
    if (p->ssh.len)
        return err_set(e, ERR_USAGE,
                       "the host at %s calls itself %s, not " STR_FMT
                       ". If it is that system all the same, add --here",
                       buf_text(&p->ssh), p->host, STR_ARG(view_title(system)));
    return err_set(e, ERR_USAGE,
                   "this machine calls itself %s, not " STR_FMT ". If it is " STR_FMT
                   " all the same, add --here. If that is another machine, say where it is: "
                   "--ssh root@" STR_FMT,
                   p->host, STR_ARG(view_title(system)), STR_ARG(view_title(system)),
                   STR_ARG(view_title(system)));
}

static const struct contain_action *action_of(const struct operation *op)
{
    struct str rest = str_of(op->name);

    str_cut(&rest, ' '); /* stop */
    return contain_action(rest);
}

int stop_plan_job(struct session *s, const struct operation *op, const struct input *in,
                  struct answer *a, struct err *e)
{
    CLEANUP(planning_release)
    struct planning p = {.session = s,
                         .op = op,
                         .in = in,
                         .action = action_of(op),
                         .ways = {.op = op, .in = in, .case_folder = a->around->case_folder}};
    const struct thing *system;
    struct str host;
    uint64_t first = 0;
    size_t count = 0;
    int rc = session_view(s, &p.view, e);

    if (rc == 0)
        rc = open_host(&p, e);
    if (rc)
        return rc;
    system = input_thing(&p.view, op, in, "system");
    if (!system)
        system = system_find(&p.view, STR(""), str_of(p.host));
    host = system ? view_title(system) : str_of(p.host);
    rc = check_host(&p, system, e);
    if (rc == 0)
        rc = make_plan(&p, host, e);
    if (rc == 0)
        rc = look(&p, e);
    if (rc == 0)
        rc = record(&p, system, host, &first, &count, e);
    if (rc == 0)
        tell(&p, first, count, a);
    return rc;
}
