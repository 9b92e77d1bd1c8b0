/* report_choice.c: what was decided about a report, read back from its record, and who signed it.
 */
#include "practice/report_build.h"

enum tlp report_label(const struct thing *t)
{
    enum tlp label = TLP_AMBER;

    (void)tlp_of(thing_value_if(t, "label"), &label);
    return label;
}

/* The record that set a field of a report, for its signature. */
static bool signed_by(struct session *s, const struct view *v, const struct thing *t,
                      const char *field, const struct record **out)
{
    uint64_t size = state_size(v->state);
    const struct record *found = NULL;

    for (uint64_t seq = t->seq; seq < size; seq++) {
        const struct record *r = state_record(v->state, seq);
        CLEANUP_BUF struct buf value = {0};

        if (r->thing == t &&
            state_fetch(v->state, session_store(s), seq, field, &value, NULL) == 0 && value.len)
            found = r;
    }
    *out = found;
    return found != NULL;
}

static void add_signer(const struct view *cut, struct arena *arena, struct report_choice *c,
                       const char *role, const struct record *r, struct str words)
{
    struct report_signer *s = &c->signers[c->signer_count++];
    CLEANUP_BUF struct buf hex = {0};
    const struct thing *person;

    *s = (struct report_signer){.role = role, .words = words};
    if (!r)
        return;
    person = view_signer(cut, r);
    hex_add(&hex, state_key(cut->state, r)->b, sizeof(struct key));
    s->key = str_of(arena_strdup(arena, buf_text(&hex)));
    s->name = person ? view_title(person) : STR("");
    s->at = r->time;
}

/* The choice that a report's record holds. */
void report_choose(struct session *s, const struct view *v, const struct thing *t,
                   struct arena *arena, struct report_choice *c)
{
    const struct record *reviewed;
    const struct record *approved;
    struct view cut;

    *c = (struct report_choice){.title = view_title(t),
                                .privilege = thing_value_if(t, "privilege"),
                                .audience = thing_value_if(t, "audience"),
                                .distribution = thing_value_if(t, "distribution"),
                                .label = report_label(t),
                                .scope =
                                    str_of(state_scope(v->state, state_record(v->state, t->seq)))};
    cut = view_at_most(v, c->label);
    (void)signed_by(s, v, t, "reviewed-by", &reviewed);
    (void)signed_by(s, v, t, "approved-by", &approved);
    add_signer(&cut, arena, c, "Drafted by", state_record(v->state, t->seq), STR(""));
    add_signer(&cut, arena, c, "Reviewed by", reviewed, thing_value_if(t, "review"));
    add_signer(&cut, arena, c, "Approved by", approved, thing_value_if(t, "approval"));
    c->status = approved ? DOC_APPROVED : reviewed ? DOC_REVIEWED : DOC_DRAFT;
}
