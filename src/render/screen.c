/* screen.c: the terminal screens of the command line. */
#include "render/screen.h"
#include "base/mem.h"
#include "base/sink.h"
#include "render/wrap.h"

enum {
    COLUMN_MOST = 16,
    GUTTER = 2,
    BAR_COLUMNS = 24,
    SHARE_COLUMNS = 10, /* what stands around a bar: two spaces, " 100 %  " */
};

static const char *const style_codes[] = {
    [SCREEN_NORMAL] = "",       [SCREEN_BOLD] = "\033[1m",  [SCREEN_DIM] = "\033[2m",
    [SCREEN_GOOD] = "\033[32m", [SCREEN_WARN] = "\033[33m", [SCREEN_BAD] = "\033[31m",
};

static size_t screen_width(const struct screen *s)
{
    size_t columns = s->columns ? s->columns : 80;

    return columns < SCREEN_LEAST_COLUMNS ? SCREEN_LEAST_COLUMNS : columns;
}

/* An indent leaves at least half of the screen. */
static size_t screen_indent(const struct screen *s, size_t indent)
{
    size_t most = screen_width(s) / 2;

    return indent < most ? indent : most;
}

static void style_begin(struct screen *s, enum screen_style style)
{
    if (s->color)
        buf_adds(s->out, style_codes[style]);
}

static void style_end(struct screen *s, enum screen_style style)
{
    if (s->color && style != SCREEN_NORMAL)
        buf_adds(s->out, "\033[0m");
}

void screen_blank(struct screen *s)
{
    buf_addc(s->out, '\n');
}

void screen_line(struct screen *s, enum screen_style style, struct str text)
{
    style_begin(s, style);
    wrap_cut(s->out, text, screen_width(s), false);
    style_end(s, style);
    buf_addc(s->out, '\n');
}

void screen_heading(struct screen *s, struct str text)
{
    screen_para_style(s, 0, SCREEN_BOLD, text);
    screen_blank(s);
}

/* Lines behind a first prefix and hanging behind as many spaces. */
static void hang(struct screen *s, struct str first, size_t hanging, struct str text)
{
    CLEANUP_BUF struct buf then = {0};

    buf_addn(&then, ' ', hanging);
    wrap_add(s->out, text, screen_width(s), first, buf_str(&then));
}

void screen_para(struct screen *s, size_t indent, struct str text)
{
    CLEANUP_BUF struct buf first = {0};

    indent = screen_indent(s, indent);
    buf_addn(&first, ' ', indent);
    hang(s, buf_str(&first), indent, text);
}

void screen_para_style(struct screen *s, size_t indent, enum screen_style style, struct str text)
{
    style_begin(s, style);
    screen_para(s, indent, text);
    if (s->color && style != SCREEN_NORMAL) {
        s->out->len--; /* the style ends before the line does, so that it does not reach the next */
        style_end(s, style);
        buf_addc(s->out, '\n');
    }
}

void screen_printf(struct screen *s, size_t indent, const char *fmt, ...)
{
    CLEANUP_BUF struct buf text = {0};
    va_list ap;

    va_start(ap, fmt);
    buf_addv(&text, fmt, ap);
    va_end(ap);
    screen_para(s, indent, buf_str(&text));
}

void screen_item(struct screen *s, size_t indent, struct str mark, struct str text)
{
    size_t columns = utf8_columns(mark);

    screen_pair(s, indent, columns, mark, text);
}

void screen_pair(struct screen *s, size_t indent, size_t name_columns, struct str name,
                 struct str value)
{
    CLEANUP_BUF struct buf first = {0};
    size_t most = screen_width(s) / 2 - GUTTER;

    indent = indent < most / 2 ? indent : most / 2;
    if (name_columns > most - indent)
        name_columns = most - indent;
    buf_addn(&first, ' ', indent);
    wrap_cut(&first, name, name_columns, true);
    buf_addn(&first, ' ', GUTTER);
    hang(s, buf_str(&first), indent + name_columns + GUTTER, value);
}

void screen_next(struct screen *s, struct str command, struct str why)
{
    static const char next[] = "Next:  ";

    buf_adds(s->out, next);
    style_begin(s, SCREEN_BOLD);
    wrap_cut(s->out, command, screen_width(s) - (sizeof(next) - 1), false);
    style_end(s, SCREEN_BOLD);
    buf_addc(s->out, '\n');
    if (why.len)
        screen_para(s, sizeof(next) - 1, why);
}

static unsigned percent(uint64_t done, uint64_t total)
{
    if (total == 0)
        return 0;
    return done >= total ? 100 : (unsigned)((double)done / (double)total * 100.0);
}

void screen_bar(struct screen *s, struct str label, uint64_t done, uint64_t total, struct str text)
{
    CLEANUP_BUF struct buf line = {0};
    size_t width = screen_width(s);
    size_t label_columns = width / 4;
    size_t room = width - label_columns - SHARE_COLUMNS;
    size_t bar = room / 2 < BAR_COLUMNS ? room / 2 : BAR_COLUMNS;
    unsigned share = percent(done, total);
    size_t filled = bar * share / 100;

    wrap_cut(&line, label, label_columns, true);
    buf_adds(&line, "  ");
    buf_addn(&line, '#', filled);
    buf_addn(&line, '.', bar - filled);
    buf_addf(&line, " %3u %%  ", share);
    wrap_cut(&line, text, room - bar, false);
    while (line.len && line.p[line.len - 1] == ' ')
        line.len--;
    buf_add(s->out, line.p, line.len);
    buf_addc(s->out, '\n');
}

/* Takes one column after the other from the widest that may be cut, until all fit. */
static void narrow(const struct screen_column *columns, size_t count, size_t *widths, size_t room)
{
    size_t total = (count - 1) * GUTTER;

    for (size_t i = 0; i < count; i++)
        total += widths[i] = widths[i] < room ? widths[i] : room;
    for (int pass = 0; pass < 2; pass++) { /* the second time those that should stay whole, too */
        while (total > room) {
            size_t widest = count;

            for (size_t i = 0; i < count; i++)
                if ((pass || !columns[i].whole) && widths[i] > 1 &&
                    (widest == count || widths[i] > widths[widest]))
                    widest = i;
            if (widest == count || (!pass && widths[widest] <= 8))
                break;
            widths[widest]--;
            total--;
        }
    }
}

static size_t escaped_columns(struct str text)
{
    CLEANUP_BUF struct buf safe = {0};

    sink_terminal(&safe, text, false);
    return utf8_columns(buf_str(&safe));
}

/* The widths of the first shown columns, of count that the rows have. */
static void measure(const struct screen_column *columns, size_t count, size_t shown,
                    const struct str *cells, size_t row_count, size_t *widths)
{
    for (size_t i = 0; i < shown; i++) {
        widths[i] = columns[i].heading ? escaped_columns(str_of(columns[i].heading)) : 0;
        for (size_t row = 0; row < row_count; row++) {
            size_t width = escaped_columns(cells[row * count + i]);

            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
}

static void cell_write(struct screen *s, const struct screen_column *column, struct str text,
                       size_t width, bool is_last)
{
    size_t taken = column->right ? escaped_columns(text) : width;

    if (taken < width)
        buf_addn(s->out, ' ', width - taken);
    style_begin(s, column->style);
    (column->middle ? wrap_cut_middle : wrap_cut)(s->out, text, width, !is_last && !column->right);
    style_end(s, column->style);
    if (!is_last)
        buf_addn(s->out, ' ', GUTTER);
}

static void row_write(struct screen *s, size_t indent, const struct screen_column *columns,
                      size_t count, const struct str *cells, const size_t *widths)
{
    size_t last = count;

    while (last > 0 && cells[last - 1].len == 0)
        last--; /* no spaces at the end of a line */
    buf_addn(s->out, ' ', last ? indent : 0);
    for (size_t i = 0; i < last; i++)
        cell_write(s, &columns[i], cells[i], widths[i], i + 1 == last);
    buf_addc(s->out, '\n');
}

static void headings_write(struct screen *s, size_t indent, const struct screen_column *columns,
                           size_t count, const size_t *widths)
{
    struct screen_column plain[COLUMN_MOST];
    struct str headings[COLUMN_MOST];
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        plain[i] = columns[i];
        plain[i].style = SCREEN_DIM;
        headings[i] = str_of(columns[i].heading);
        any = any || columns[i].heading;
    }
    if (any)
        row_write(s, indent, plain, count, headings, widths);
}

void screen_table(struct screen *s, size_t indent, const struct screen_column *columns,
                  size_t column_count, const struct str *cells, size_t row_count)
{
    size_t widths[COLUMN_MOST];
    size_t shown = column_count;

    if (column_count == 0 || column_count > COLUMN_MOST)
        BUG("a table of %zu columns", column_count);
    while (shown > 1 && shown * (1 + GUTTER) > screen_width(s))
        shown--;
    if (indent + shown * (1 + GUTTER) > screen_width(s))
        indent = 0;
    measure(columns, column_count, shown, cells, row_count, widths);
    narrow(columns, shown, widths, screen_width(s) - indent);
    headings_write(s, indent, columns, shown, widths);
    for (size_t row = 0; row < row_count; row++)
        row_write(s, indent, columns, shown, &cells[row * column_count], widths);
}
