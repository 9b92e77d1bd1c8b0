/* report_unread.c: what of the evidence could not be read into the timeline, or only in part. */
#include "practice/evidence.h"
#include "practice/report_make.h"
#include "practice/timeline.h"
#include "practice/timeline_left.h"

enum { REMARKS_NAMED = 6 };

static uint64_t number_of(const struct thing *t, const char *field)
{
    uint64_t n = 0;

    (void)str_u64(thing_value_if(t, field), &n);
    return n;
}

static void put_remarks(struct inlines *text, const struct thing *timeline)
{
    struct str rest = thing_value_if(timeline, "remarks");
    uint64_t count = number_of(timeline, "notices"), named = 0;

    for (; rest.len && named < REMARKS_NAMED; named++) {
        inline_text(text, named ? "; \xe2\x80\x9c" : ": \xe2\x80\x9c");
        inline_str(text, str_cut(&rest, '\n'));
        inline_text(text, "\xe2\x80\x9d");
    }
    if (count > named)
        inline_printf(text, "; and %llu more", (unsigned long long)(count - named));
}

static void put_left(struct report *r, const struct thing *item, const struct thing *left)
{
    struct inlines *text = doc_item(r->doc);

    inline_text(text, "No timeline could be made of ");
    report_thing(text, item, true);
    if (!evidence_is_barred(r->view->state, item)) {
        inline_text(text, ": ");
        report_inline_sentence(text, thing_value_if(left, "because"));
    } else {
        inline_text(text, ".");
    }
    inline_text(text, " ");
    report_ref(text, left->seq);
}

static void put_partly(struct report *r, const struct thing *item, const struct thing *timeline)
{
    uint64_t notices = number_of(timeline, "notices");
    uint64_t unknown = number_of(timeline, "sources") - number_of(timeline, "recognised");
    struct inlines *text;

    if (notices == 0 && unknown == 0)
        return;
    text = doc_item(r->doc);
    report_thing(text, item, true);
    inline_text(text, " was read into the timeline, but not all of it. ");
    if (unknown)
        inline_printf(text, "Of %llu files in it %llu were not recognised, or could not be read%s",
                      (unsigned long long)number_of(timeline, "sources"),
                      (unsigned long long)unknown, notices ? "; " : ". ");
    if (notices) {
        inline_printf(text, "%llu %s say%s what was cut, damaged, left out or not believed",
                      (unsigned long long)notices, notices == 1 ? "notice" : "notices",
                      notices == 1 ? "s" : "");
        if (!evidence_is_barred(r->view->state, item))
            put_remarks(text, timeline);
        inline_text(text, ". ");
    }
    report_ref(text, timeline->seq);
}

void report_unread(struct report *r)
{
    const struct thing *item;

    for (size_t at = 0; (item = view_next(r->view, "evidence", &at));) {
        const struct thing *left = timeline_left_of(r->view, item);
        const struct thing *timeline = timeline_of(r->view, item);

        if (left)
            put_left(r, item, left);
        if (timeline)
            put_partly(r, item, timeline);
    }
}
