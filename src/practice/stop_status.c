/* stop_status.c: asks calm-contain what is in effect, on this host and on others over SSH, and puts
 * on record what the case does not know yet: that something went back by itself, or how one ended
 * whose outcome was unknown. */
#include "practice/stop_status.h"
#include "base/sink.h"
#include "practice/action_order.h"
#include "contain/action.h"
#include "practice/stop_apply.h"
#include "practice/stop_plan.h"
#include "practice/stop_way.h"
#include "practice/stop_where.h"
#include "render/screen.h"

/* calm's moment is noted once the host has answered, a little later than the host's own. */
enum { CLOCKS_APART_MS = 5000 };

/* What the host says of one change. */
struct on_host {
    struct str state; /* empty: it knows nothing of it */
    uint64_t left_ms;
    bool is_gone; /* it should be in effect, and somebody took that away */
};

static void find_on_host(struct str lines, const struct id *id, struct on_host *out)
{
    char hex[2 * sizeof(id->b)];

    hex_write(hex, id->b, sizeof(id->b));
    *out = (struct on_host){{NULL, 0}, 0, false};
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        if (!str_eq(str_cut(&line, ' '), (struct str){hex, sizeof(hex)}))
            continue;
        out->state = str_cut(&line, ' ');
        str_cut(&line, ' '); /* the action's name */
        (void)str_u64(str_cut(&line, ' '), &out->left_ms);
        out->is_gone = str_is(line, "gone");
        return;
    }
}

static bool is_time_over(const struct thing *action, struct utc *back)
{
    return thing_time(action, "goes-back", back) &&
           utc_minus_ms(*back, utc_now()) < CLOCKS_APART_MS;
}

/* Before its time was over, it was somebody. */
static const char *why_undone(const struct thing *action, bool is_open)
{
    struct utc back;

    if (!is_open)
        return "ended on the host: its time was over, or somebody undid it there";
    if (thing_value(action, "goes-back").len && !is_time_over(action, &back))
        return "somebody undid it on the host, before its time was over";
    return "went back by itself: it was not confirmed in time";
}

/* Which state of the case what the host says should lead to; NULL: none that is new. */
static const char *news(const struct thing *action, const struct on_host *on, const char **words)
{
    bool is_open =
        thing_says(action, "state", "begun") || thing_says(action, "state", "unconfirmed");
    bool stands = is_open || thing_says(action, "state", "done");

    *words = NULL;
    if (str_is(on->state, "undone") && stands) {
        *words = why_undone(action, is_open);
        return "undone";
    }
    if (str_is(on->state, "confirmed") && is_open) {
        *words = "in effect and confirmed, as the host says";
        return "done";
    }
    if (str_is(on->state, "armed") && thing_says(action, "state", "begun")) {
        *words = "in effect, as the host says";
        return "unconfirmed";
    }
    /* It was prepared there before it was begun here, and what was in effect is kept until it was
     * told: so its time never came. */
    if (!on->state.len && thing_says(action, "state", "begun")) {
        *words = "was never put in effect: the host keeps nothing of it";
        return "undone";
    }
    return NULL;
}

static const char *words_of(const struct thing *action, const struct on_host *on, bool cannot_undo)
{
    static const struct {
        const char *state;
        const char *words;
    } known[] = {{"armed", "in effect, not confirmed"},
                 {"confirmed", "in effect, confirmed"},
                 {"undoing", "going back"},
                 {"undone", "undone"},
                 {"prepared", "prepared, and not begun yet"}};

    if (str_is(on->state, "armed") && thing_says(action, "state", "done"))
        return "in effect until somebody undoes it";
    if (cannot_undo && thing_says(action, "state", "done"))
        return "done; it cannot be undone, and nothing of it is left to end";
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is(on->state, known[i].state))
            return known[i].words;
    return thing_says(action, "state", "undone") ? "undone" : "not known on this host";
}

/* One host, and what it answered. */
struct asked {
    struct str ssh; /* of the actions that are asked about; empty: this machine */
    bool wants_sudo;
    struct contain_helper *helper;
    struct buf lines;
    struct err why; /* code 0: it answered */
};

struct status {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct stop_ways ways;
    struct asked hosts[CONTAIN_HELPER_COUNT];
    size_t host_count;
    struct json json;
    size_t count;
    size_t folded; /* that were undone before, and are only counted */
};

static void tell(struct status *st, const struct thing *action, const struct on_host *on,
                 bool cannot_undo, const char *noted)
{
    struct screen screen = {&st->a->text, st->a->columns, st->a->color};
    CLEANUP_BUF struct buf mark = {0};
    CLEANUP_BUF struct buf text = {0};
    char span[UTC_PLAIN_SIZE];

    if (st->a->wants_json) {
        json_object_begin(&st->json);
        json_put_u64(&st->json, "action", action->number);
        json_put_str(&st->json, "state", thing_value(action, "state"));
        json_put_str(&st->json, "host_state", on->state);
        json_put_u64(&st->json, "left_ms", on->left_ms);
        json_put_str(&st->json, "ssh", thing_value(action, "ssh"));
        json_put_bool(&st->json, "gone", on->is_gone);
        json_object_end(&st->json);
        return;
    }
    buf_addf(&mark, "a%u", action->number);
    buf_addf(&text, STR_FMT ": %s", STR_ARG(view_title(action)), words_of(action, on, cannot_undo));
    if (on->is_gone)
        buf_addf(&text,
                 ". But somebody took it away or changed it on the host: it is NOT in effect as it "
                 "was put. Undo it (calm stop undo a%u) and plan it again",
                 action->number);
    if (on->left_ms)
        buf_addf(&text, "; goes back in %s (calm stop confirm a%u)",
                 span_text(span, (int64_t)(on->left_ms / 1000)), action->number);
    if (noted)
        buf_addf(&text, ". On record now: %s", noted);
    screen_pair(&screen, 0, 5, buf_str(&mark), buf_str(&text));
}

/* Of one that no host was asked about, as it is on record. */
static void begin_unasked(struct status *st, const struct thing *action)
{
    json_object_begin(&st->json);
    json_put_u64(&st->json, "action", action->number);
    json_put_str(&st->json, "state", thing_value(action, "state"));
    json_put_text(&st->json, "host_state", "");
    json_put_str(&st->json, "ssh", thing_value(action, "ssh"));
}

static void tell_unreached(struct status *st, const struct thing *action, const struct err *why)
{
    struct screen screen = {&st->a->text, st->a->columns, st->a->color};
    CLEANUP_BUF struct buf mark = {0};
    CLEANUP_BUF struct buf text = {0};

    st->a->exit_status = err_exit_status(why->code);
    if (st->a->wants_json) {
        begin_unasked(st, action);
        json_put_text(&st->json, "unreached", why->text);
        json_object_end(&st->json);
        return;
    }
    buf_addf(&mark, "a%u", action->number);
    buf_addf(&text, STR_FMT ": not known, the host was not reached: %s",
             STR_ARG(view_title(action)), why->text);
    screen_pair(&screen, 0, 5, buf_str(&mark), buf_str(&text));
}

/* The host need not keep it: it is as before, or done for good. */
static bool is_over(const struct on_host *on, const struct plan *p)
{
    return str_is(on->state, "undone") ||
           (p->action->cannot_undo && str_is(on->state, "confirmed"));
}

static int settle_one(struct status *st, struct asked *host, const struct view *v,
                      const struct thing *action, struct err *e)
{
    CLEANUP_STOP_PLAN struct stop_plan p = {0};
    CLEANUP_BUF struct buf none = {0};
    struct on_host on;
    const char *words, *state;
    bool went_back, was_over = action_rank(action) == ACTION_OVER && !st->a->wants_json;
    struct utc when;
    int rc = stop_plan_load(st->session, v, action, &p, e);

    if (rc)
        return rc;
    find_on_host(buf_str(&host->lines), &p.plan->id, &on);
    state = news(action, &on, &words);
    went_back = state && thing_says(action, "state", "unconfirmed") &&
                str_is(str_of(state), "undone") && is_time_over(action, &when);
    if (state)
        rc = stop_append_outcome(st->session, st->op, st->in, &action->id, state, str_of(words),
                                 went_back ? &when : NULL, e);
    if (rc == 0 && is_over(&on, p.plan))
        (void)!contain_helper_about(host->helper, "forget", &p.plan->id, &none, NULL);
    st->folded += was_over;
    if (rc == 0 && !was_over)
        tell(st, state_thing_by_id(session_state(st->session), &action->id), &on,
             p.plan->action->cannot_undo, words);
    return rc;
}

static void status_release(struct status *st)
{
    for (size_t i = 0; i < st->host_count; i++) {
        contain_helper_close(st->hosts[i].helper);
        buf_release(&st->hosts[i].lines);
    }
    stop_ways_release(&st->ways);
}

/* On a host, which can be asked. */
static bool was_begun(const struct thing *action)
{
    return stop_is_planned(action) && !stop_is_script(action) &&
           !thing_says(action, "state", "planned") && !thing_says(action, "state", "approved");
}

static struct asked *host_of(struct status *st, const struct thing *action)
{
    for (size_t i = 0; i < st->host_count; i++)
        if (str_eq(st->hosts[i].ssh, thing_value(action, "ssh")) &&
            st->hosts[i].wants_sudo == (thing_value(action, "sudo").len > 0))
            return &st->hosts[i];
    return NULL;
}

/* Another host is asked only where something of it is open. */
static int find_hosts(struct status *st, const struct view *v, struct err *e)
{
    const struct thing *action;

    for (size_t at = 0; (action = view_next_with(v, "action", "practice", "stop", &at));) {
        bool is_far = thing_value(action, "ssh").len > 0;

        if (!was_begun(action) || host_of(st, action) ||
            (is_far && thing_says(action, "state", "undone")))
            continue;
        if (st->host_count == CONTAIN_HELPER_COUNT)
            return err_set(e, ERR_LIMIT, "at most %d hosts are asked at once",
                           CONTAIN_HELPER_COUNT);
        st->hosts[st->host_count++] = (struct asked){
            .ssh = thing_value(action, "ssh"), .wants_sudo = thing_value(action, "sudo").len > 0};
    }
    return 0;
}

/* This machine first: sudo may ask on the terminal. */
static void ask_hosts(struct status *st)
{
    struct contain_helper *helpers[CONTAIN_HELPER_COUNT];
    size_t count = 0;

    for (int far = 0; far <= 1; far++)
        for (size_t i = 0; i < st->host_count; i++) {
            struct asked *host = &st->hosts[i];

            if ((host->ssh.len > 0) != (far != 0) ||
                stop_way_open(&st->ways, host->ssh, host->wants_sudo, false, &host->helper,
                              &host->why))
                continue;
            contain_helper_give(host->helper, "status", STR(""));
            helpers[count++] = host->helper;
        }
    contain_helper_wait(helpers, count, 0);
    for (size_t i = 0; i < st->host_count; i++)
        if (st->hosts[i].helper)
            (void)!contain_helper_answer(st->hosts[i].helper, &st->hosts[i].lines,
                                         &st->hosts[i].why);
}

/* What a device carries out, as it is on record: calm asks no device by itself. */
static void tell_device(struct status *st, const struct thing *action)
{
    struct screen screen = {&st->a->text, st->a->columns, st->a->color};
    CLEANUP_BUF struct buf mark = {0};
    CLEANUP_BUF struct buf text = {0};

    st->count++;
    if (st->a->wants_json) {
        begin_unasked(st, action);
        json_put_str(&st->json, "device", thing_value(action, "device"));
        json_object_end(&st->json);
        return;
    }
    buf_addf(&mark, "a%u", action->number);
    buf_addf(&text,
             STR_FMT ": on a device (" STR_FMT "), " STR_FMT
                     " as it is on record. To look there: calm stop check a%u",
             STR_ARG(view_title(action)), STR_ARG(thing_value(action, "device")),
             STR_ARG(thing_value(action, "state")), action->number);
    screen_pair(&screen, 0, 5, buf_str(&mark), buf_str(&text));
}

static bool is_on_device(const struct thing *action)
{
    return stop_is_script(action) &&
           (thing_says(action, "state", "begun") || thing_says(action, "state", "unconfirmed") ||
            thing_says(action, "state", "done"));
}

/* Live ones first and the newest before the others for people; as planned for a program. */
static size_t order_ids(const struct status *st, const struct view *v, struct id **out)
{
    CLEANUP_FREE const struct thing **all = NULL;
    size_t count = action_order(v, "stop", &all), kept = 0;
    struct id *ids = mem_array(count + 1, sizeof(*ids));
    const struct thing *t;

    if (st->a->wants_json)
        for (size_t at = 0; (t = view_next_with(v, "action", "practice", "stop", &at));)
            ids[kept++] = t->id;
    else
        for (; kept < count; kept++)
            ids[kept] = all[kept]->id;
    *out = ids;
    return kept;
}

static int settle_all(struct status *st, struct view *v, struct err *e)
{
    CLEANUP_FREE struct id *ids = NULL;
    size_t count = order_ids(st, v, &ids);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        const struct thing *action = state_thing_by_id(v->state, &ids[i]);
        struct asked *host = was_begun(action) ? host_of(st, action) : NULL;

        if (is_on_device(action))
            tell_device(st, action);
        if (!host)
            continue;
        st->count++;
        if (host->why.code) {
            tell_unreached(st, action, &host->why);
            continue;
        }
        rc = settle_one(st, host, v, action, e);
        if (rc == 0)
            rc = session_view(st->session, v, e);
    }
    return rc;
}

static int status_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(status_release)
    struct status st = {.session = s, .op = op, .in = in, .a = a, .ways = {.op = op, .in = in}};
    struct view v;
    int rc = session_view(s, &v, e);

    if (rc == 0)
        rc = find_hosts(&st, &v, e);
    if (rc)
        return rc;
    if (!a->wants_json)
        stop_show_emergency(&v, a);
    ask_hosts(&st);
    json_begin(&st.json, &a->json);
    if (a->wants_json)
        json_array_begin(&st.json);
    rc = settle_all(&st, &v, e);
    if (a->wants_json)
        json_array_end(&st.json);
    else if (st.count == st.folded && rc == 0)
        buf_adds(&a->text,
                 "Nothing that calm changed is in effect anywhere, as far as it knows.\n");
    if (!a->wants_json && st.folded && rc == 0)
        buf_addf(&a->text, "%zu undone before: calm stop list --all\n", st.folded);
    return rc;
}

static const struct field status_fields[] = {REACH_FIELDS};

const struct operation stop_status_operation = {
    .name = "stop status",
    .practice = "stop",
    .help = "what is in effect, as the hosts say themselves; notes what went back by itself",
    .example = "calm stop status",
    OP_FIELDS(status_fields),
    .kind = &action_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("action-change/1"),
    .job = status_job};
