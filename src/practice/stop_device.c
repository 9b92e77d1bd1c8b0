/* stop_device.c: takes a plan that a device carries out from its beginning to its end: prints the
 * text for each step or sends it over SSH, and puts on record what became of it. */
#include "practice/stop_device.h"
#include "base/sink.h"
#include "case/gate.h"
#include "practice/stop_begin.h"
#include "practice/stop_device_tell.h"

enum { WORDS_SIZE = 300 };

static void step_release(struct step *s)
{
    device_talk_close(s->talk);
    stop_ways_release(&s->ways);
    stop_plan_release(&s->plan);
    stop_texts_release(&s->texts);
    stop_answer_release(&s->file);
    buf_release(&s->ssh);
}
#define CLEANUP_STEP CLEANUP(step_release)

static bool has_field(const struct step *s, const char *name)
{
    return field_find(s->op->fields, s->op->field_count, str_of(name)) != NULL;
}

static bool is_given(const struct step *s, const char *name)
{
    return input_is_given(s->op, s->in, name);
}

int stop_refuse_device_way(const struct operation *op, const struct input *in, struct err *e)
{
    static const char *const way[] = {"ssh", "sudo", "wait"};

    for (size_t i = 0; i < COUNT_OF(way); i++)
        if (input_is_given(op, in, way[i]))
            return err_set(e, ERR_USAGE,
                           "--%s is for a plan that a device carries out (--script); another is "
                           "carried out where it was planned for",
                           way[i]);
    return 0;
}

/* The device's address: as it was told now, or as it is on record. What was brought by hand came by
 * hand. */
static int find_way(struct step *s, const struct thing *action, struct err *e)
{
    struct str on_record = thing_value(action, "ssh");

    if (is_given(s, "by-hand") || s->file.is_given)
        return 0;
    if (!is_given(s, "ssh") && is_given(s, "sudo"))
        return err_set(e, ERR_USAGE,
                       "--sudo is of the way to the device, and goes on record with it: say --ssh "
                       "with it");
    if (!is_given(s, "ssh")) {
        buf_addstr(&s->ssh, has_field(s, "ssh") ? on_record : STR(""));
        s->wants_sudo = thing_value(action, "sudo").len > 0;
        return 0;
    }
    s->is_new_way = true;
    s->wants_sudo = is_given(s, "sudo");
    return stop_way_spell(input_value(s->op, s->in, "ssh"), &s->ssh, e);
}

static int load(struct step *s, const struct thing *action, struct err *e)
{
    struct view v;
    int rc = session_view(s->session, &v, e);

    s->id = action->id;
    s->number = action->number;
    s->ways = (struct stop_ways){.op = s->op, .in = s->in};
    if (rc == 0)
        rc = stop_plan_load(s->session, &v, action, &s->plan, e);
    if (rc == 0)
        rc = stop_texts_load(s->session, &v, action, &s->texts, e);
    if (rc == 0 && is_given(s, "answer"))
        rc = stop_answer_take(s->session, s->op, s->in, &s->file, e);
    return rc ? rc : find_way(s, action, e);
}

static int may_now(const struct step *s, stop_may *may, struct err *e)
{
    struct view v;
    int rc = session_view(s->session, &v, e);

    return rc ? rc : may(&v, s->op, s->in, step_action(s), e);
}

/* Something of it may be in effect there. */
static int may_go_on(const struct view *v, const struct operation *op, const struct input *in,
                     const struct thing *action, struct err *e)
{
    (void)v;
    (void)op;
    (void)in;
    if (thing_says(action, "state", "planned") || thing_says(action, "state", "approved"))
        return err_set(e, ERR_GATE, "a%u was not begun yet: calm stop %s a%u", action->number,
                       thing_says(action, "state", "planned") ? "approve" : action_go(action),
                       action->number);
    return 0;
}

static int may_end(const struct view *v, const struct operation *op, const struct input *in,
                   const struct thing *action, struct err *e)
{
    if (thing_says(action, "state", "undone"))
        return err_set(e, ERR_GATE, "a%u is already undone", action->number);
    return may_go_on(v, op, in, action, e);
}

static int may_confirm(const struct view *v, const struct operation *op, const struct input *in,
                       const struct thing *action, struct err *e)
{
    if (thing_says(action, "state", "done"))
        return err_set(e, ERR_GATE, "a%u stays already: nothing of it goes back by itself",
                       action->number);
    return may_end(v, op, in, action, e);
}

/* As begin and apply: what was not begun on record waits for the first look and for approval. */
static int may_be_done(const struct view *v, const struct operation *op, const struct input *in,
                       const struct thing *action, struct err *e)
{
    int rc;

    if (thing_says(action, "state", "begun"))
        return 0;
    rc = gate_check(v, GATE_FIRST_LOOK, action, e);
    if (rc == ERR_GATE && in->values[op->field_count + COMMON_OVERRIDE].len)
        rc = 0;
    return rc ? rc : stop_may_begin(v, op, in, action, e);
}

/* Where the device is goes on record with the first thing that is said of it there. */
static int append(struct step *s, struct stop_outcome *o, struct err *e)
{
    int rc;

    o->answerer = s->texts.device->title;
    if (s->is_new_way)
        stop_outcome_add(o, "ssh", buf_str(&s->ssh));
    if (s->is_new_way && (s->wants_sudo || thing_value(step_action(s), "sudo").len))
        stop_outcome_add(o, "sudo", s->wants_sudo ? STR("yes") : STR(""));
    rc = stop_append(s->session, s->op, s->in, &s->id, o, e);
    s->is_new_way = s->is_new_way && rc != 0;
    return rc;
}

static void add_deadline(const struct step *s, struct stop_outcome *o, struct utc from)
{
    if (!s->plan.plan->timer_s)
        return;
    o->field = "goes-back";
    o->moment = utc_plus_s(from, s->plan.plan->timer_s);
}

/* The intent: what may be in effect from now on. */
static int append_begun(struct step *s, struct err *e)
{
    struct stop_outcome o = {
        .state = "begun", .file = &s->file, .takes_input = true, .may = stop_may_begin};

    add_deadline(s, &o, utc_now());
    return append(s, &o, e);
}

int stop_device_begin(struct session *session, const struct operation *op, const struct input *in,
                      const struct thing *action, struct answer *a, struct err *e)
{
    CLEANUP_STEP struct step s = {
        .session = session, .op = op, .in = in, .a = a, .part = STOP_APPLY};
    CLEANUP_BUF struct buf next = {0};
    int rc = load(&s, action, e);

    if (rc == 0)
        rc = append_begun(&s, e);
    if (rc)
        return rc;
    buf_addf(&next, "done a%u \"what it answered\" --answer FILE", s.number);
    step_tell_text(&s, buf_text(&next));
    return 0;
}

static const char *applied_state(const struct step *s)
{
    return s->plan.plan->timer_s ? "unconfirmed" : "done";
}

int stop_device_done(struct session *session, const struct operation *op, const struct input *in,
                     const struct thing *action, struct answer *a, struct err *e)
{
    CLEANUP_STEP struct step s = {
        .session = session, .op = op, .in = in, .a = a, .part = STOP_APPLY};
    struct stop_outcome o = {.file = &s.file, .takes_input = true, .may = may_be_done};
    struct utc when = utc_now(), back;
    bool has_moment;
    int rc = load(&s, action, e);

    if (rc)
        return rc;
    has_moment = utc_read(&when, in->values[op->field_count + COMMON_OCCURRED]);
    o.state = applied_state(&s);
    /* Begun and not said when: the clock may run since then. */
    if (has_moment || !thing_time(action, "goes-back", &back))
        add_deadline(&s, &o, when);
    rc = append(&s, &o, e);
    if (rc == 0)
        step_tell_recorded(&s, "is applied on the device, as you say", STR(""));
    return rc;
}

/* Logs in; nothing was sent yet. */
static int connect_to(struct step *s, struct err *e)
{
    struct device_way way = {
        .device = s->texts.device, .ssh = buf_text(&s->ssh), .wants_sudo = s->wants_sudo};
    uint64_t wait_s = 0;
    int rc = stop_way_reach(&s->ways, &way.reach, e);

    (void)str_u64(input_value(s->op, s->in, "wait"), &wait_s);
    if (rc == 0 && (wait_s > PLAN_TIMER_MAX_S || (wait_s == 0 && is_given(s, "wait"))))
        rc = err_set(e, ERR_USAGE, "--wait is between 1 s and 24 h");
    way.wait_s = (unsigned)wait_s;
    return rc ? rc : device_talk_open(&s->talk, &way, step_text(s), e);
}

/* It went wrong, or nobody knows: the answer is kept, and the state stays. */
static int append_trouble(struct step *s, const struct device_answer *got, const char *what,
                          struct str words, struct err *e)
{
    CLEANUP_BUF struct buf result = {0};
    struct stop_outcome o = {.answer = buf_str(&got->said)};

    buf_addf(&result, "%s%s%s", s->part == STOP_APPLY ? "" : stop_part_names[s->part],
             s->part == STOP_APPLY ? "" : " ", what);
    buf_addstr(&result, words);
    o.result = buf_str(&result);
    return append(s, &o, e);
}

static const char *way_out(const struct step *s)
{
    return s->part == STOP_UNDO ? "Look, and say it again" : "Take back what was done there";
}

/* Sends the text, and keeps what was answered where something went wrong. */
static int send(struct step *s, struct device_answer *got, struct err *e)
{
    struct err why = {0};
    int rc = device_talk_send(s->talk, got, &why);
    int kept = 0;

    if (rc)
        kept = append_trouble(s, got, "not known: ", str_of(why.text), e);
    else if (got->failed.len)
        kept = append_trouble(s, got, "failed: ", buf_str(&got->failed), e);
    if (kept)
        return err_wrap(e, kept, "what the device answered could not be put on record");
    if (rc)
        return err_set(e, rc,
                       "what became of a%u on the device is not known: %.700s. Look: calm stop "
                       "check a%u. %s: calm stop undo a%u",
                       s->number, why.text, s->number, way_out(s), s->number);
    if (got->failed.len)
        return err_set(e, ERR_IO,
                       "%s of a%u failed on the device, and the rest was not sent: %.700s. %s: "
                       "calm stop undo a%u",
                       stop_part_names[s->part], s->number, buf_text(&got->failed), way_out(s),
                       s->number);
    return 0;
}

static struct str words_of(const struct device_answer *got)
{
    struct str said = str_trim(buf_str(&got->said));

    return said.len > WORDS_SIZE ? str_from(said, said.len - WORDS_SIZE) : said;
}

int stop_device_apply(struct session *session, const struct operation *op, const struct input *in,
                      const struct thing *action, struct answer *a, struct err *e)
{
    CLEANUP_STEP struct step s = {
        .session = session, .op = op, .in = in, .a = a, .part = STOP_APPLY};
    CLEANUP_DEVICE_ANSWER struct device_answer got = {0};
    struct stop_outcome o = {.result = STR("the device took all of it")};
    CLEANUP_BUF struct buf where = {0};
    int rc = load(&s, action, e);

    if (rc == 0 && s.texts.device->ssh)
        buf_addf(&where, "say where the device is: calm stop apply a%u --ssh USER@DEVICE; or ",
                 s.number);
    if (rc == 0 && !s.ssh.len)
        rc = err_set(e, ERR_USAGE, "%scarry the text there by hand: calm stop begin a%u",
                     buf_text(&where), s.number);
    if (rc == 0)
        rc = may_now(&s, stop_may_begin, e);
    if (rc == 0)
        rc = connect_to(&s, e);
    if (rc == 0)
        rc = append_begun(&s, e);
    if (rc == 0)
        rc = send(&s, &got, e);
    if (rc)
        return rc;
    o.state = applied_state(&s);
    o.answer = buf_str(&got.said);
    rc = append(&s, &o, e);
    if (rc)
        return err_wrap(e, rc, "a%u is applied on the device, and that could not be put on record",
                        s.number);
    step_tell_recorded(&s, "is applied: the device took all of it", buf_str(&got.said));
    return 0;
}

/* A shell's exit status is a verdict; what a terminal shows a person must read. */
static void add_verdict(const struct step *s, const struct device_answer *got,
                        struct stop_outcome *o, struct buf *proof)
{
    if (s->texts.device->ssh->feed == DEVICE_CONSOLE)
        return;
    sink_terminal(proof, words_of(got), true);
    stop_outcome_add(o, "check", got->failed.len ? STR("fails") : STR("works"));
    stop_outcome_add(o, "proof", buf_str(proof));
}

static int check_far(struct step *s, struct err *e)
{
    CLEANUP_DEVICE_ANSWER struct device_answer got = {0};
    CLEANUP_BUF struct buf proof = {0};
    struct stop_outcome o = {0};
    int rc = connect_to(s, e);

    if (rc == 0)
        rc = device_talk_send(s->talk, &got, e);
    if (rc)
        return rc;
    o.answer = buf_str(&got.said);
    add_verdict(s, &got, &o, &proof);
    rc = append(s, &o, e);
    if (rc)
        return rc;
    if (got.failed.len)
        s->a->exit_status = err_exit_status(ERR_IO);
    step_tell_checked(s, buf_str(&got.said));
    return 0;
}

/* A verdict that a person gives. */
static int check_by_hand(struct step *s, struct err *e)
{
    struct stop_outcome o = {.file = &s->file, .takes_input = true, .may = may_go_on};
    int rc = 0;

    if (!is_given(s, "check") || !is_given(s, "proof"))
        rc = err_set(e, ERR_USAGE,
                     "say what it showed: calm stop check a%u works \"what was seen\"", s->number);
    if (rc == 0)
        rc = append(s, &o, e);
    if (rc == 0)
        step_tell_recorded(s, "is checked", STR(""));
    return rc;
}

int stop_device_check(struct session *session, const struct operation *op, const struct input *in,
                      const struct thing *action, struct answer *a, struct err *e)
{
    CLEANUP_STEP struct step s = {
        .session = session, .op = op, .in = in, .a = a, .part = STOP_CHECK};
    CLEANUP_BUF struct buf next = {0};
    int rc = load(&s, action, e);

    if (rc == 0)
        rc = may_now(&s, may_go_on, e);
    if (rc)
        return rc;
    if (is_given(&s, "check") || s.file.is_given)
        return check_by_hand(&s, e);
    if (s.ssh.len)
        return check_far(&s, e);
    buf_addf(&next, "check a%u works \"what it showed\" --answer FILE", s.number);
    step_tell_text(&s, buf_text(&next));
    return 0;
}

/* confirm and undo: how they end. */
struct ending {
    const char *state;
    const char *said; /* on record where nobody said more */
    const char *told; /* on the screen */
    const char *next; /* of the command that says it was typed, behind the action */
    stop_may *may;
};

static int end_far(struct step *s, const struct ending *how, struct err *e)
{
    CLEANUP_DEVICE_ANSWER struct device_answer got = {0};
    struct stop_outcome o = {.state = how->state, .result = str_of(how->said), .takes_input = true};
    int rc = connect_to(s, e);

    if (rc == 0)
        rc = send(s, &got, e);
    if (rc)
        return rc;
    o.answer = buf_str(&got.said);
    rc = append(s, &o, e);
    if (rc)
        return err_wrap(e, rc, "%s of a%u was carried out, and that could not be put on record",
                        stop_part_names[s->part], s->number);
    step_tell_recorded(s, how->told, buf_str(&got.said));
    return 0;
}

/* Who takes the text with them, and when, is on record; that it was typed is said afterwards. */
static int print_ending(struct step *s, const struct ending *how, struct err *e)
{
    CLEANUP_BUF struct buf next = {0};
    CLEANUP_BUF struct buf result = {0};
    struct stop_outcome o = {.may = how->may};
    int rc;

    buf_addf(&result, "%s was printed, to be typed on the device", stop_part_names[s->part]);
    o.result = buf_str(&result);
    rc = append(s, &o, e);
    if (rc)
        return rc;
    buf_addf(&next, "%s a%u %s --answer FILE", stop_part_names[s->part], s->number, how->next);
    step_tell_text(s, buf_text(&next));
    return 0;
}

static int end(struct step *s, const struct thing *action, const struct ending *how, struct err *e)
{
    struct stop_outcome o = {.state = how->state,
                             .result = str_of(how->said),
                             .file = &s->file,
                             .takes_input = true,
                             .may = how->may};
    int rc = load(s, action, e);

    if (rc == 0)
        rc = may_now(s, how->may, e);
    if (rc)
        return rc;
    if (s->ssh.len)
        return end_far(s, how, e);
    if (!is_given(s, "result") && !s->file.is_given)
        return print_ending(s, how, e);
    rc = append(s, &o, e);
    if (rc == 0)
        step_tell_recorded(s, how->told, STR(""));
    return rc;
}

int stop_device_confirm(struct session *session, const struct operation *op, const struct input *in,
                        const struct thing *action, struct answer *a, struct err *e)
{
    CLEANUP_STEP struct step s = {
        .session = session, .op = op, .in = in, .a = a, .part = STOP_CONFIRM};

    return end(&s, action,
               &(struct ending){.state = "done",
                                .said = "confirmed",
                                .told = "stays on the device until somebody undoes it",
                                .next = "--result \"what it answered\"",
                                .may = may_confirm},
               e);
}

int stop_device_undo(struct session *session, const struct operation *op, const struct input *in,
                     const struct thing *action, struct answer *a, struct err *e)
{
    CLEANUP_STEP struct step s = {
        .session = session, .op = op, .in = in, .a = a, .part = STOP_UNDO};

    return end(&s, action,
               &(struct ending){.state = "undone",
                                .said = "put back on the device",
                                .told = "is undone on the device",
                                .next = "\"what it answered\"",
                                .may = may_end},
               e);
}
