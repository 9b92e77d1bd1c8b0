/* timeline_left.c: keeps on record which items were left, and why. */
#include "practice/timeline_left.h"
#include "base/sink.h"
#include "practice/custody.h"
#include "practice/timeline.h"

static const struct field left_fields[] = {
    FIELD_CALLED("title", "of what"),
    {.name = "evidence", .type = FIELD_REF, .kind = "evidence", .help = "the item"},
    {.name = "because", .type = FIELD_LINE, .help = "what ended it"},
    {.name = "status", .type = FIELD_NUMBER, .help = "the exit status that stands for it"},
    {.name = "version", .type = FIELD_NUMBER, .help = "of the formats"},
};
const struct kind timeline_left_kind = {.name = "timeline-left",
                                        .prefix = "tf",
                                        .words = "no timeline made",
                                        .change_words = "reason changed",
                                        KIND_FIELDS(left_fields)};

const struct thing *timeline_left_of(const struct view *v, const struct thing *item)
{
    const struct thing *made = timeline_of(v, item), *t, *last = NULL;

    for (size_t at = 0; (t = view_next_of(v, "timeline-left", "evidence", item, &at));)
        last = t;
    return last && (!made || made->seq < last->seq) ? last : NULL;
}

bool timeline_left_stays(const struct thing *left)
{
    uint64_t version;

    return str_u64(thing_value(left, "version"), &version) && version == TIMELINE_VERSION;
}

int timeline_left_record(struct session *s, const struct operation *op, const struct input *in,
                         const struct thing *item, const struct err *why, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf because = {0};
    struct draft *dr;
    uint64_t first;
    int rc = session_draft(s, &d, op, in, e);

    if (rc)
        return rc;
    d.is_independent = true;
    dr = decision_add(&d, "timeline-left/1");
    custody_label(&d, dr, item);
    draft_value(
        dr, "title",
        str_of(arena_printf(d.arena, "e%u, " STR_FMT, item->number, STR_ARG(view_title(item)))));
    draft_value_ref(&d, dr, "evidence", &item->id);
    sink_terminal(&because, str_of(why->text), false); /* it may quote evidence */
    draft_value(dr, "because", str_of(arena_strdup(d.arena, buf_text(&because))));
    draft_value(dr, "status", str_of(arena_printf(d.arena, "%d", err_exit_status(why->code))));
    draft_value(dr, "version", str_of(arena_printf(d.arena, "%d", TIMELINE_VERSION)));
    return session_append(s, &d, &first, e);
}
