/* timeline_tell.c: what is said of each item while timelines are made, and at the end. */
#include "base/sink.h"
#include "practice/timeline_make.h"

enum { REMARKS_SHOWN = 3 };

/* The first of them; all: calm analyse sources. */
static void tell_remarks(struct buf *out, const struct work *w, struct str rest, uint64_t count)
{
    for (unsigned i = 0; rest.len && i < REMARKS_SHOWN; i++) {
        buf_adds(out, "      ");
        sink_terminal(out, str_cut(&rest, '\n'), false);
        buf_addc(out, '\n');
    }
    if (count > REMARKS_SHOWN)
        buf_addf(out, "      and %llu more: calm analyse sources e%u\n",
                 (unsigned long long)count - REMARKS_SHOWN, w->item->number);
}

bool timeline_is_log(const struct thing *item)
{
    struct str sort = thing_value(item, "sort");

    return !str_is(sort, "snapshot") && !str_is(sort, "list");
}

static void tell_unknown(struct buf *line, const struct work *w)
{
    uint64_t kept = w->result.counts.unparsed;
    bool is_log = timeline_is_log(w->item);

    buf_adds(line, is_log ? "no format that is read here" : "no log");
    if (kept)
        buf_addf(line, ", %llu lines kept %s", (unsigned long long)kept,
                 is_log ? "as they are" : "to be searched");
}

void timeline_tell(const struct work *w)
{
    const struct segment_result *r = &w->result;
    struct answer *a = w->m->a;
    CLEANUP_BUF struct buf line = {0};

    if (a->wants_json)
        return;
    buf_addf(&line, "e%u", w->item->number);
    buf_addn(&line, ' ', line.len < 6 ? 6 - line.len : 1);
    if (str_is(thing_value(w->item, "size"), "0")) {
        buf_adds(&line, "empty");
    } else if (r->recognised == 0) {
        tell_unknown(&line, w);
    } else {
        add_count(&line, r->counts.events, "event", "events");
        if (r->counts.unparsed) {
            buf_adds(&line, ", ");
            add_count(&line, r->counts.unparsed, "line not understood", "lines not understood");
        }
        if (r->sources > 1)
            buf_addf(&line, ", from %llu of %llu files in it", (unsigned long long)r->recognised,
                     (unsigned long long)r->sources);
    }
    buf_adds(&line, ": ");
    sink_terminal(&line, view_title(w->item), false);
    buf_addc(&line, '\n');
    tell_remarks(&line, w, buf_str(&w->known.remarks), w->known.notices);
    tell_remarks(&line, w, buf_str(&w->repeated.said.text), w->repeated.count);
    buf_addstr(&a->text, buf_str(&line));
    if (a->flush)
        (void)a->flush(a);
}

static void json_left(struct making *m, const struct thing *item, struct str why)
{
    char call[16];

    if (m->left == 1) {
        json_begin(&m->json, &m->a->json);
        json_object_begin(&m->json);
        json_name(&m->json, "left");
        json_array_begin(&m->json);
    }
    snprintf(call, sizeof(call), "e%u", item->number);
    json_object_begin(&m->json);
    json_put_text(&m->json, "evidence", call);
    json_put_str(&m->json, "because", why);
    json_object_end(&m->json);
}

void timeline_tell_left(struct making *m, const struct thing *item, struct str why, int status,
                        bool is_old)
{
    struct buf *out = &m->a->text;

    m->left++;
    if (!m->a->exit_status)
        m->a->exit_status = status;
    if (m->a->wants_json) {
        json_left(m, item, why);
        return;
    }
    buf_addf(out, "e%u    not read: ", item->number);
    sink_terminal(out, why, false);
    buf_addc(out, '\n');
    if (is_old)
        buf_addf(out, "      (as before; calm analyse timeline e%u --again tries it again)\n",
                 item->number);
    if (m->a->flush)
        (void)m->a->flush(m->a);
}

static void conclude_json(struct making *m)
{
    if (m->left) {
        json_array_end(&m->json);
    } else {
        json_begin(&m->json, &m->a->json);
        json_object_begin(&m->json);
    }
    json_put_u64(&m->json, "made", m->made);
    json_put_u64(&m->json, "there", m->passed);
    json_put_u64(&m->json, "events", m->events);
    json_put_u64(&m->json, "unparsed", m->unparsed);
    json_put_u64(&m->json, "notices", m->notices);
    json_put_u64(&m->json, "repeated", m->repeated);
    json_object_end(&m->json);
}

static void conclude_sums(const struct making *m)
{
    struct buf *out = &m->a->text;

    buf_addf(out, "\n%llu events", (unsigned long long)m->events);
    if (m->unparsed) {
        buf_adds(out, ", and ");
        add_count(out, m->unparsed, "line", "lines");
        buf_adds(out, " that no format understands, kept as they are");
    }
    buf_adds(out, ".\n");
    if (m->unknown) {
        add_count(out, m->unknown, "file was", "files were");
        buf_adds(out, " not recognised, or not read: calm analyse sources\n");
    }
    if (m->notices) {
        add_count(out, m->notices, "notice says", "notices say");
        buf_adds(out, " what was cut, damaged or not read: calm analyse search "
                      "event.kind:notice\n");
    }
}

static void conclude_repeated(const struct making *m)
{
    if (m->repeated == 0)
        return;
    add_count(&m->a->text, m->repeated, "file has", "files have");
    buf_adds(&m->a->text, " events that another one has, too; these are counted twice.\n"
                          "To leave an item out of a search: and not evidence:e2\n");
}

void timeline_conclude(struct making *m)
{
    struct answer *a = m->a;

    if (a->wants_json) {
        conclude_json(m);
        return;
    }
    if (m->made == 0 && m->passed == 0 && m->left == 0) {
        buf_adds(&a->text, "No item here has bytes that could be read yet.\n\n"
                           "Next:  calm preserve files /var/log\n");
        return;
    }
    if (m->made)
        conclude_sums(m);
    else if (m->left == 0)
        buf_adds(&a->text, "All evidence with bytes in this case was read before.\n");
    conclude_repeated(m);
    if (m->left) {
        add_count(&a->text, m->left, "item was", "items were");
        buf_adds(&a->text, " not read; why stands above.\n");
    }
    buf_adds(&a->text, "\nNext:  calm analyse search \"failed\"\n"
                       "       calm analyse histogram, calm analyse top user.name\n");
}
