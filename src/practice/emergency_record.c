/* emergency_record.c: puts on record what an emergency did, at once or later. */
#include "base/sink.h"
#include "practice/action.h"
#include "practice/emergency_file.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/system_host.h"

enum { TITLE_SIZE = 400, RESULT_SIZE = 4000 };

const struct thing *emergency_find(const struct view *v, struct str plan)
{
    struct hash digest = hash_bytes(plan.p, plan.len), has;
    const struct thing *t;

    for (size_t at = 0; (t = view_next_with(v, "action", "practice", "stop", &at));) {
        const struct thing *item = view_ref(v, t, "plan");

        if (item && hex_read(has.b, sizeof(has.b), thing_value(item, "sha256")) &&
            hash_eq(&digest, &has))
            return t;
    }
    return NULL;
}

struct id emergency_system(struct decision *d, struct str host)
{
    const struct thing *system = system_find(d->view, STR(""), host);

    return system ? system->id : system_draft(d, STR(""), host);
}

static struct str moment_text(struct decision *d, struct utc moment)
{
    CLEANUP_BUF struct buf text = {0};

    utc_add(&text, moment);
    return str_of(arena_strdup(d->arena, buf_text(&text)));
}

void emergency_draft(struct decision *d, struct draft *dr, struct str reason)
{
    draft_take_input(d, dr, &action_kind);
    draft_value(dr, "text",
                str_of(arena_printf(d->arena, "emergency stop: " STR_FMT,
                                    STR_ARG(str_head(reason, TITLE_SIZE)))));
    if (!input_is_given(d->op, d->input, "reason"))
        draft_value(dr, "reason", reason);
    draft_value(dr, "practice", STR("stop"));
    draft_value(dr, "state", STR("begun"));
    draft_value(dr, "undo",
                STR("put the cable back, enable the port, or calm stop undo; after the review"));
}

static struct id draft_begun(struct decision *d, const struct emergency_done *done)
{
    bool has_system = input_is_given(d->op, d->input, "system");
    struct id system;
    struct draft *dr;

    if (!has_system)
        system = emergency_system(d, buf_str(&done->host));
    dr = decision_add(d, "action/1");
    emergency_draft(d, dr, buf_str(&done->reason));
    if (!has_system)
        draft_value_ref(d, dr, "system", &system);
    return dr->id;
}

/* The plan and the state before, as evidence. */
static int take_evidence(struct session *s, const struct emergency_done *done,
                         struct evidence_facts facts[2], struct err *e)
{
    int rc;

    facts[0] = (struct evidence_facts){
        .sort = "list", .has_blob = true, .title = STR("plan: emergency isolation of this host")};
    facts[1] = (struct evidence_facts){
        .sort = "list", .has_blob = true, .title = STR("state before the emergency isolation")};
    rc = intake_bytes(s, buf_str(&done->plan), &facts[0].digests, e);
    return rc ? rc : intake_bytes(s, buf_str(&done->before), &facts[1].digests, e);
}

static void add_role(struct decision *d, struct buf *result)
{
    if (d->view->roles & ROLES_WRITING)
        return;
    buf_addf(result, "; done by " STR_FMT ", who has no role for it in this case",
             STR_ARG(view_title(d->view->person)));
}

static void draft_outcome(struct decision *d, const struct id *action,
                          const struct emergency_done *done, struct str more)
{
    struct draft *dr = decision_add(d, "action-change/1");
    CLEANUP_BUF struct buf result = {0};
    CLEANUP_BUF struct buf shown = {0};

    draft_ref(dr, action);
    if (done->is_sure)
        draft_value(dr, "state", STR("done"));
    buf_addstr(&result, str_head(buf_str(&done->result), RESULT_SIZE));
    add_role(d, &result);
    buf_addstr(&result, more);
    sink_terminal(&shown, buf_str(&result), false); /* some is a host's own words */
    draft_value(dr, "result", str_of(arena_strdup(d->arena, buf_text(&shown))));
    draft_value(dr, common_fields[COMMON_OCCURRED].name, moment_text(d, done->moment));
}

int emergency_record(struct session *s, const struct operation *op, const struct input *in,
                     const struct emergency_done *done, struct str more, struct id *action,
                     struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    struct evidence_facts facts[2];
    struct draft *dr;
    struct id id, items[2];
    uint64_t first;
    int rc = take_evidence(s, done, facts, e);

    if (rc == 0)
        rc = session_draft(s, &d, op, in, e);
    if (rc)
        return rc;
    d.is_independent = true;
    id = draft_begun(&d, done);
    for (size_t i = 0; i < COUNT_OF(items); i++)
        items[i] = evidence_draft(&d, &facts[i])->id;
    dr = decision_add(&d, "action-change/1");
    draft_ref(dr, &id);
    draft_value_ref(&d, dr, "plan", &items[0]);
    draft_value_ref(&d, dr, "before", &items[1]);
    draft_outcome(&d, &id, done, more);
    rc = session_append(s, &d, &first, e);
    if (rc == 0)
        *action = id;
    return rc;
}
