/* stop_emergency.c: cuts this host off at once. It asks nothing, waits for nobody's approval, not
 * for a case or a key either, and stays until a person undoes it; it goes on record after, there or
 * in a file until that can be, and is reviewed. */
#include "practice/stop_emergency.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/sink.h"
#include "practice/case_server.h"
#include "practice/contain_helper.h"
#include "practice/emergency_file.h"
#include "practice/stop_apply.h"
#include "practice/stop_place.h"
#include "practice/stop_plan.h"
#include "practice/system_host.h"
#include "render/screen.h"
#include "sys/clock.h"

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

/* Who keeps a way in. */
struct passing {
    struct buf sessions; /* endpoints that this command came over, a line each */
    struct str named;    /* by --allow */
    struct buf others;   /* of the case's server, and of other plans in effect */
};

/* What was done before any case was looked at, and what became of the record. */
struct done_first {
    bool is_done;   /* this host was to be cut off, and that was tried */
    int failed;     /* 0: it is cut off */
    struct err why; /* it failed, or is not certain */
    struct passing passing;
    struct buf warnings; /* what is not as it should be, a sentence a line */
    struct emergency_done done;
    struct buf kept; /* the file in which it is; empty: none */
    struct err kept_why;
    bool is_recorded;
};

static void done_first_free(struct done_first *f)
{
    if (!f)
        return;
    buf_release(&f->passing.sessions);
    buf_release(&f->passing.others);
    buf_release(&f->warnings);
    buf_release(&f->kept);
    emergency_done_release(&f->done);
    free(f);
}

static struct str reason_of(const struct operation *op, const struct input *in)
{
    struct str reason = input_value(op, in, "reason");

    return reason.len && !str_has_utf8_error(reason) ? reason : STR("no reason given");
}

/* What is done by hand, or was not done. */
static int record(struct session *s, const struct operation *op, const struct input *in,
                  bool is_this, struct id *action, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    char host[256];
    struct id system;
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    host_name(host, sizeof(host));
    if (is_this)
        system = emergency_system(&d, str_of(host));
    dr = decision_add(&d, "action/1");
    emergency_draft(&d, dr, reason_of(op, in));
    if (is_this)
        draft_value_ref(&d, dr, "system", &system);
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
static void add_passing(struct buf *out, const struct passing *c)
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

/* call: " (a1)", or nothing where it is not on record. */
static void tell_cut_off(struct screen *screen, const char *call, const char *place,
                         const struct done_first *f)
{
    struct str warnings = buf_str(&f->warnings);
    CLEANUP_BUF struct buf passing = {0};
    CLEANUP_BUF struct buf shown = {0};

    add_passing(&passing, &f->passing);
    sink_terminal(&shown, buf_str(&passing), false);
    if (f->failed)
        screen_printf(screen, 0, "Whether this host is cut off is not certain%s: %s.", call,
                      f->why.text);
    else
        screen_printf(screen, 0, "This host is cut off%s. %s", call, buf_text(&shown));
    screen_printf(screen, 0,
                  "Who is root here can lift it: pull the cable, or shut the switch port or the "
                  "hypervisor's, too%s.",
                  place);
    while (warnings.len)
        screen_para_style(screen, 0, SCREEN_BAD, str_cut(&warnings, '\n'));
}

static void tell_on_record(struct screen *screen, const struct view *v, const struct thing *action,
                           const struct done_first *f)
{
    CLEANUP_BUF struct buf place = {0};
    char call[16];

    snprintf(call, sizeof(call), " (a%u)", action->number);
    stop_place(v, action, &place);
    tell_cut_off(screen, call, buf_text(&place), f);
    screen_printf(screen, 0,
                  "It stays%s until somebody undoes it: calm stop undo a%u. Somebody else reviews "
                  "it afterwards.",
                  f->warnings.len ? "" : ", after a restart too,", action->number);
    screen_blank(screen);
    screen_next(screen, STR("calm note \"what I see\""),
                STR("and phone one person whom you trust; two see more than one"));
}

static void tell_json(const struct thing *action, const struct done_first *f, struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    if (action) {
        json_put_u64(&j, "action", action->number);
        json_put_str(&j, "state", thing_value(action, "state"));
    } else {
        json_put_text(&j, "state", "not on record");
        json_put_str(&j, "kept", buf_str(&f->kept));
    }
    json_put_bool(&j, "cut_off", f->is_done && !f->failed);
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
 * whom other plans in effect let pass: one responder's emergency does not cut off another. What
 * others let pass is not worth waiting for. */
static int add_allow(struct contain_helper *h, const char *case_folder, struct passing *c,
                     struct buf *allow, struct err *e)
{
    CLEANUP(case_server_release) struct case_server server = {.count = 0};
    char text[ENDPOINT_TEXT_SIZE];
    int rc = contain_helper_sessions(h, &c->sessions, e);

    if (rc)
        return rc;
    (void)!contain_helper_ask(h, "allowed", STR(""), &c->others, NULL);
    buf_addf(allow, STR_FMT "%s", STR_ARG(c->named), c->named.len ? "\n" : "");
    add_lines(allow, buf_str(&c->sessions));
    if (case_folder)
        case_server_of(case_folder, &server);
    for (size_t i = 0; i < server.count; i++)
        buf_addf(&c->others, "%s\n", endpoint_text(text, &server.at[i]));
    add_lines(allow, buf_str(&c->others));
    return 0;
}

static void add_warnings(struct buf *out, struct str lines)
{
    while (lines.len)
        if (stop_add_warning(out, str_cut(&lines, '\n')))
            buf_addc(out, '\n');
}

static int go(struct done_first *f, struct contain_helper *h, const struct stop_plan *p,
              struct err *e)
{
    CLEANUP_BUF struct buf lines = {0};
    int rc;

    buf_addstr(&f->done.plan, buf_str(&p->text));
    rc = contain_helper_prepare(h, buf_str(&p->text), &f->done.before, e);
    if (rc)
        return rc;
    rc = contain_helper_about(h, "go", &p->plan->id, &lines, e);
    f->done.is_sure = rc == 0;
    f->done.moment = utc_now();
    if (rc && contain_helper_is_lost(h))
        return err_set(e, ERR_IO, "%s", e->text); /* what it did is not known */
    if (rc)
        return rc;
    stop_add_seen(&f->done.result, buf_str(&lines), false);
    add_warnings(&f->warnings, buf_str(&lines));
    return 0;
}

static int cut_off(struct done_first *f, const char *case_folder, struct err *e)
{
    CLEANUP(contain_helper_closep) struct contain_helper *h = NULL;
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    CLEANUP_BUF struct buf allow = {0};
    int rc = contain_helper_open(&h, false, e);

    if (rc == 0)
        rc = add_allow(h, case_folder, &f->passing, &allow, e);
    if (rc == 0)
        rc = stop_plan_isolate(buf_str(&allow), &p, e);
    return rc ? rc : go(f, h, &p, e);
}

/* It is in effect, or the helper was lost when it may have been. */
static bool may_stand(const struct done_first *f)
{
    return f->is_done && (f->done.is_sure || f->failed == ERR_IO) && f->done.before.len;
}

static struct done_first *do_it(const struct operation *op, const struct input *in,
                                const char *case_folder)
{
    struct done_first *f = mem_new(struct done_first);
    char name[256];

    f->is_done = true;
    f->passing.named = input_value(op, in, "allow");
    host_name(name, sizeof(name));
    buf_adds(&f->done.host, name);
    user_name(name, sizeof(name));
    buf_adds(&f->done.person, name);
    buf_addstr(&f->done.reason, reason_of(op, in));
    f->failed = cut_off(f, case_folder, &f->why);
    return f;
}

/* As it was typed: no case was looked at, so a number of one (s3) is not known yet. */
static bool is_this_host(const struct operation *op, const struct input *in)
{
    struct str systems = input_value(op, in, "system");
    char host[256];

    host_name(host, sizeof(host));
    if (input_has(op, in, "by-hand"))
        return false;
    while (systems.len)
        if (!system_same_host(str_trim(str_cut(&systems, '\n')), str_of(host)))
            return false;
    return true;
}

/* The case may be long in coming. */
static void say_at_once(const struct done_first *f)
{
    CLEANUP_BUF struct buf shown = {0};

    if (f->failed)
        return;
    sink_terminal(&shown, buf_str(&f->kept), false);
    if (f->kept.len)
        fprintf(stderr,
                "calm: this host is cut off; what was done is in %s until it is on record\n",
                buf_text(&shown));
    else
        fputs("calm: this host is cut off; it goes on record now\n", stderr);
}

static void at_once(const struct operation *op, const struct input *in, struct answer *a)
{
    struct done_first *f;

    if (!is_this_host(op, in))
        return;
    f = do_it(op, in, a->around->case_folder);
    a->first = f;
    a->asks_nothing = true;
    if (may_stand(f) &&
        emergency_file_write(&f->done, a->around->state_folder, &f->kept, &f->kept_why))
        buf_clear(&f->kept);
    say_at_once(f);
}

/* Without what is advised behind it for a case that can wait, and without its full stop. */
static struct str first_sentence(struct str text)
{
    struct str line = str_cut(&text, '\n');

    return str_ends(line, ".") ? str_head(line, line.len - 1) : line;
}

static void tell_kept(const struct done_first *f, const struct err *why, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf shown = {0};

    if (a->wants_json) {
        tell_json(NULL, f, a);
        return;
    }
    sink_terminal(&shown, first_sentence(str_of(why->text)), false);
    tell_cut_off(&screen, "", "", f);
    screen_printf(&screen, 0, "It is not on record yet: %s.", buf_text(&shown));
    if (!f->kept.len) {
        screen_printf(&screen, 0,
                      "It could not be kept in a file either (%s): write down the time.",
                      f->kept_why.text);
        return;
    }
    screen_printf(&screen, 0,
                  "What was done is kept in a file until somebody who may write takes it into a "
                  "case. From there it is undone, too: calm stop undo. Until then it stays%s.",
                  f->warnings.len ? "" : ", after a restart too");
    screen_blank(&screen);
    a->is_exact = true;
    buf_adds(&a->text, "Next:  calm stop record ");
    sink_terminal(&a->text, buf_str(&f->kept), false); /* whole: it is copied from there */
    buf_addc(&a->text, '\n');
}

/* What was done stands, whatever became of the record: kept in a file, all is as it should be. */
static int at_last(const struct operation *op, struct answer *a, int rc, struct err *e)
{
    struct done_first *f = a->first;

    (void)op;
    if (!f)
        return rc;
    if (f->is_recorded && f->kept.len)
        (void)!unlink(buf_text(&f->kept)); /* taken twice it would be refused */
    if (rc && !f->is_recorded && may_stand(f)) {
        buf_clear(&a->text);
        buf_clear(&a->json);
        tell_kept(f, e, a);
        rc = f->kept.len ? 0 : rc;
    } else if (rc && !f->is_recorded) {
        struct err second = *e;

        rc = err_set(e, rc, "this host is NOT cut off: %s. And nothing is on record: %s",
                     f->why.text, second.text);
    }
    done_first_free(f);
    a->first = NULL;
    return rc;
}

/* What was done, or is to be done by hand. */
static void tell(const struct view *v, const struct thing *action, const struct done_first *f,
                 struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};

    if (a->wants_json) {
        tell_json(action, f, a);
        return;
    }
    if (may_stand(f)) {
        tell_on_record(&screen, v, action, f);
        return;
    }
    if (f->failed)
        screen_printf(&screen, 0, "On record as a%u, but this host is NOT cut off: %s.",
                      action->number, f->why.text);
    else
        screen_printf(&screen, 0, "On record as a%u.", action->number);
    by_hand(&screen, v, action);
}

static int emergency_job(struct session *s, const struct operation *op, const struct input *in,
                         struct answer *a, struct err *e)
{
    struct done_first none = {.is_done = false}, *f = a->first ? a->first : &none;
    struct id action;
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    if (!f->is_done && !input_has(op, in, "by-hand") && is_here(&v, op, in))
        a->first = f = do_it(op, in, a->around->case_folder);
    if (may_stand(f))
        rc = emergency_record(s, op, in, &f->done, STR(""), &action, e);
    else
        rc = record(s, op, in, f->is_done && !input_has(op, in, "system"), &action, e);
    if (rc == 0)
        rc = session_view(s, &v, e);
    if (rc)
        return rc;
    f->is_recorded = true;
    tell(&v, state_thing_by_id(v.state, &action), f, a);
    return f->failed ? err_set(e, f->failed, "this host could not be cut off by itself") : 0;
}

const struct operation stop_emergency = {
    .name = "stop emergency",
    .practice = "stop",
    .help = "cut this host off at once; asks nothing",
    .example = "calm stop emergency \"files on fs1 are being encrypted\"",
    .more = "Isolates this host with calm-contain before anything else: nothing passes but "
            "loopback, the connection that you are on, and whom --allow names. Then it goes on "
            "record in the case, or in a new one where none is open. Where that cannot be (a key "
            "with a passphrase, a case that you may not write to, a full disk), it is kept in a "
            "file until somebody takes it into a case: calm stop record. It has no timer and is "
            "not lifted by anything but a person; what cannot be kept over a restart is said. "
            "Another system is named with --system: then it is only put on record, with what to "
            "do by hand.",
    OP_FIELDS(emergency_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .roles = ROLES_ALL,
    .faces = FACE_CLI,
    .opens_case = true,
    .at_once = at_once,
    .at_last = at_last,
    .records = WORDS("system/1", "action/1", "evidence/1", "action-change/1"),
    .job = emergency_job};
