/* html_figure.c: the drawings of the HTML writer, as inline SVG that keeps its letters readable at
 * any width: only positions are relative. */
#include "render/html.h"
#include "base/sink.h"
#include "render/wrap.h"

enum { ROW_HEIGHT = 38, LABEL_COLUMNS = 34, VALUE_COLUMNS = 18, AXIS_HEIGHT = 26 };

static void figure_begin(struct html *h, const char *class, struct str caption, size_t height)
{
    unsigned number = ++h->figure_count;

    buf_addf(h->out, "<figure class=\"%s\"><figcaption id=\"figure-%u\"><b>Figure %u.</b> ", class,
             number, number);
    html_text(h, caption);
    buf_addf(h->out,
             "</figcaption><svg width=\"100%%\" height=\"%zu\" role=\"img\""
             " aria-labelledby=\"figure-%u figure-%u-text\"><desc id=\"figure-%u-text\">",
             height, number, number, number);
}

static void figure_end(struct html *h)
{
    html_literal(h, "</svg></figure>\n");
}

static void label(struct html *h, const char *place, size_t y, struct str text, size_t columns)
{
    CLEANUP_BUF struct buf cut = {0};

    wrap_cut(&cut, text, columns, false);
    buf_addf(h->out, "<text %s y=\"%zu\">", place, y);
    sink_html(h->out, buf_str(&cut));
    html_literal(h, "</text>");
}

/* Hundredths of a percent, so that no locale writes its own decimal point. */
static void percent(struct html *h, const char *name, uint64_t hundredths)
{
    buf_addf(h->out, " %s=\"%u.%02u%%\"", name, (unsigned)(hundredths / 100),
             (unsigned)(hundredths % 100));
}

static uint64_t share(uint64_t part, uint64_t whole)
{
    if (whole == 0 || part >= whole)
        return whole == 0 ? 0 : 10000;
    return (uint64_t)((double)part / (double)whole * 10000.0);
}

void html_bars(struct html *h, const struct bars *b)
{
    uint64_t most = 0;

    figure_begin(h, "bars", b->caption, b->count * ROW_HEIGHT);
    for (size_t i = 0; i < b->count; i++) {
        most = b->bars[i].value > most ? b->bars[i].value : most;
        sink_html(h->out, b->bars[i].label);
        html_literal(h, ": ");
        sink_html(h->out, b->bars[i].text);
        html_literal(h, ". ");
    }
    html_literal(h, "</desc>\n");
    for (size_t i = 0; i < b->count; i++) {
        size_t y = i * ROW_HEIGHT;

        label(h, "x=\"0\"", y + 14, b->bars[i].label, LABEL_COLUMNS);
        label(h, "x=\"100%\" class=\"end\"", y + 14, b->bars[i].text, VALUE_COLUMNS);
        buf_addf(h->out, "<rect class=\"track\" x=\"0\" y=\"%zu\" width=\"100%%\" height=\"7\"/>",
                 y + 20);
        buf_addf(h->out, "<rect class=\"bar\" x=\"0\" y=\"%zu\" height=\"7\"", y + 20);
        percent(h, "width", share(b->bars[i].value, most));
        html_literal(h, "/>\n");
    }
    figure_end(h);
}

struct axis {
    struct utc from, to;
};

static struct axis axis_of(const struct spans *s)
{
    struct axis axis = {s->count ? s->spans[0].from : (struct utc){0, 0},
                        s->count ? s->spans[0].to : (struct utc){0, 0}};

    for (size_t i = 0; i < s->count; i++) {
        if (utc_cmp(s->spans[i].from, axis.from) < 0)
            axis.from = s->spans[i].from;
        if (utc_cmp(s->spans[i].to, axis.to) > 0)
            axis.to = s->spans[i].to;
    }
    return axis;
}

static uint64_t axis_place(struct axis axis, struct utc at)
{
    return share((uint64_t)at.sec - (uint64_t)axis.from.sec,
                 (uint64_t)axis.to.sec - (uint64_t)axis.from.sec);
}

static void spans_words(struct html *h, const struct spans *s)
{
    for (size_t i = 0; i < s->count; i++) {
        sink_html(h->out, s->spans[i].label);
        html_literal(h, ": ");
        span_words(h->out, &s->spans[i]);
        html_literal(h, ". ");
    }
}

static void span_draw(struct html *h, struct axis axis, const struct doc_span *span, size_t y)
{
    uint64_t from = axis_place(axis, span->from);
    uint64_t to = axis_place(axis, span->to);

    label(h, "x=\"0\"", y + 14, span->label, LABEL_COLUMNS);
    buf_addf(h->out, "<rect class=\"track\" x=\"0\" y=\"%zu\" width=\"100%%\" height=\"1\"/>",
             y + 25);
    if (to > from + 20) {
        buf_addf(h->out, "<rect class=\"bar\" y=\"%zu\" height=\"7\"", y + 22);
        percent(h, "x", from);
        percent(h, "width", to - from);
    } else { /* a moment; kept whole at both ends of the axis */
        buf_addf(h->out, "<circle class=\"bar\" r=\"4.5\" cy=\"%zu\"", y + 25);
        percent(h, "cx", from < 70 ? 70 : from > 9930 ? 9930 : from);
    }
    html_literal(h, "/>\n");
}

static void axis_label(struct html *h, const char *place, size_t y, struct utc at)
{
    CLEANUP_BUF struct buf b = {0};

    event_time(&b, at, PRECISION_MINUTE);
    if (doc_time_is_shown(at))
        buf_adds(&b, " UTC");
    label(h, place, y, buf_str(&b), 24);
}

void html_spans(struct html *h, const struct spans *s)
{
    struct axis axis = axis_of(s);
    size_t bottom = s->count * ROW_HEIGHT;

    figure_begin(h, "spans", s->caption, bottom + AXIS_HEIGHT);
    spans_words(h, s);
    html_literal(h, "</desc>\n");
    for (size_t i = 0; i < s->count; i++)
        span_draw(h, axis, &s->spans[i], i * ROW_HEIGHT);
    if (s->count) {
        axis_label(h, "x=\"0\" class=\"axis\"", bottom + 17, axis.from);
        axis_label(h, "x=\"100%\" class=\"axis end\"", bottom + 17, axis.to);
    }
    figure_end(h);
}
