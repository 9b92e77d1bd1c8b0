/* report_marked.c: the events of the evidence that people marked, drawn and listed. */
#include "practice/evidence.h"
#include "practice/report_make.h"
#include "practice/timeline.h"

/* A mark that the report's reader may see. */
struct marked {
    const struct thing *tag, *item;
    struct utc at;
    bool is_sealed; /* what its evidence says must not be shown */
};

/* In the order of time. The caller frees *out. */
static size_t find_marked(const struct report *r, struct marked **out)
{
    CLEANUP_FREE struct event_mark *marks = NULL;
    size_t mark_count = event_marks_in_order(r->view, &marks), count = 0, room = 0;
    struct marked *all = NULL;

    for (size_t i = 0; i < mark_count && marks[i].has_time; i++) {
        struct marked m = {.tag = marks[i].tag,
                           .item = view_ref(r->view, marks[i].tag, "evidence"),
                           .at = marks[i].at};

        if (!m.item)
            continue;
        m.is_sealed = evidence_is_barred(r->view->state, m.item);
        all = mem_grow(all, count, &room, sizeof(all[0]));
        all[count++] = m;
    }
    *out = all;
    return count;
}

static struct str says(const struct marked *m)
{
    return m->is_sealed ? STR("[the evidence is sealed]") : thing_value(m->tag, "summary");
}

/* The host that the log names, else the system of its item, else the item. */
static struct str lane_of(const struct report *r, const struct marked *m)
{
    const struct thing *system = view_ref(r->view, m->item, "system");

    if (thing_value(m->tag, "host").len && !m->is_sealed)
        return thing_value(m->tag, "host");
    return system ? view_title(system) : str_of(arena_printf(r->arena, "e%u", m->item->number));
}

static void draw(struct report *r, const struct marked *all, size_t count)
{
    CLEANUP_FREE struct doc_moment *moments = mem_array(count, sizeof(moments[0]));

    for (size_t i = 0; i < count; i++) {
        const struct thing *tag = all[i].tag;
        CLEANUP_BUF struct buf doubt = {0};
        struct str lane = lane_of(r, &all[i]);

        event_tag_doubt(&doubt, r->view, tag);
        moments[i] = (struct doc_moment){
            .at = all[i].at,
            .is_uncertain = doubt.len > 0,
            .lane = lane,
            .kind = thing_value(tag, "tag"),
            .words =
                str_of(arena_printf(r->arena, STR_FMT ", " STR_FMT ": " STR_FMT, STR_ARG(lane),
                                    STR_ARG(thing_value(tag, "tag")), STR_ARG(says(&all[i]))))};
    }
    doc_moments(r->doc,
                STR("Marked events, in UTC; the numbers are those of the table, gaps without marks "
                    "are cut out and say how long they are"),
                moments, count);
}

/* What it means, and what is not certain of it. */
static void put_meaning(struct report *r, const struct thing *tag)
{
    struct inlines *cell = doc_cell(r->doc);
    CLEANUP_BUF struct buf doubt = {0}, doubts = {0};

    inline_str(cell, thing_value(tag, "because"));
    event_tag_doubt(&doubt, r->view, tag);
    event_doubts_say(&doubts, buf_str(&doubt));
    if (doubts.len)
        inline_printf(cell, "%s(%s)", thing_value(tag, "because").len ? " " : "",
                      buf_text(&doubts));
    if (!event_tag_is_present(r->view, tag))
        inline_text(cell, " (marked in an earlier timeline of the item)");
}

static void list(struct report *r, const struct marked *all, size_t count)
{
    static const struct doc_column columns[] = {
        {"No.", DOC_NUMBER}, {"When", DOC_TIME},    {"System", DOC_TEXT},     {"Event", DOC_MONO},
        {"Mark", DOC_TEXT},  {"It says", DOC_TEXT}, {"Which means", DOC_TEXT}};

    doc_table(r->doc, STR("Marked events in the order of time"), columns, COUNT_OF(columns));
    for (size_t i = 0; i < count; i++) {
        doc_row(r->doc, (struct doc_ref){0});
        doc_cell_u64(r->doc, i + 1);
        doc_cell_time(r->doc, all[i].at);
        doc_cell_str(r->doc, lane_of(r, &all[i]));
        doc_cell_str(r->doc, view_title(all[i].tag));
        doc_cell_str(r->doc, thing_value(all[i].tag, "tag"));
        doc_cell_str(r->doc, says(&all[i]));
        put_meaning(r, all[i].tag);
    }
    doc_end(r->doc);
}

void report_marked(struct report *r)
{
    CLEANUP_FREE struct marked *all = NULL;
    size_t count = find_marked(r, &all);

    if (count == 0)
        return;
    doc_heading(r->doc, 1, STR("What the evidence shows"));
    inline_printf(doc_para(r->doc),
                  "%s that people marked in the timeline of the evidence, in the order of time. "
                  "Times are those of the logs, corrected by what is known of their clocks; where "
                  "one is not certain, it is said why.",
                  report_capital(r, report_count(r, count, "event", "events")).p);
    draw(r, all, count);
    list(r, all, count);
}
