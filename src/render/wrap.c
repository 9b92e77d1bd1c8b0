/* wrap.c: text broken into lines by the columns that it takes on a terminal. */
#include "render/wrap.h"
#include "base/sink.h"

static struct str trim_end(struct str s)
{
    while (s.len && s.p[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* Digests are broken where they are easy to compare. */
static size_t whole_digits(struct str text, size_t fits)
{
    for (size_t i = 0; i < fits; i++)
        if (!strchr("0123456789abcdef", text.p[i]) || !text.p[i])
            return fits;
    return fits >= 32 ? fits - fits % 32 : fits >= 8 ? fits - fits % 8 : fits;
}

/* Where a line of at most that many columns ends: at the last space that fits, else in the word. */
static size_t break_at(struct str text, size_t columns)
{
    size_t fits = utf8_head_columns(text, columns).len;
    const char *newline = memchr(text.p, '\n', fits);
    size_t at;

    if (newline)
        return (size_t)(newline - text.p);
    if (fits == text.len || text.p[fits] == ' ' || text.p[fits] == '\n')
        return fits;
    for (at = fits; at > 0; at--)
        if (text.p[at - 1] == ' ' && trim_end(str_head(text, at)).len)
            return at;
    if (fits == 0) { /* not even one character has room: it must go somewhere */
        struct str rest = text;

        utf8_take(&rest);
        return text.len - rest.len;
    }
    return whole_digits(text, fits);
}

bool wrap_next(struct str *rest, size_t columns, struct str *line)
{
    size_t at;
    bool ended_by_newline;

    if (rest->len == 0)
        return false;
    at = break_at(*rest, columns);
    *line = trim_end(str_head(*rest, at));
    *rest = str_from(*rest, at);
    while (rest->len && rest->p[0] == ' ')
        *rest = str_from(*rest, 1);
    ended_by_newline = rest->len && rest->p[0] == '\n';
    if (ended_by_newline)
        *rest = str_from(*rest, 1);
    return true;
}

void wrap_add(struct buf *out, struct str text, size_t columns, struct str first, struct str then)
{
    CLEANUP_BUF struct buf safe = {0};
    struct str rest, line = {"", 0}, prefix = first;
    size_t taken =
        utf8_columns(first) > utf8_columns(then) ? utf8_columns(first) : utf8_columns(then);

    sink_terminal(&safe, text, true);
    rest = buf_str(&safe);
    columns = columns > taken + 2 ? columns - taken : 2;
    do {
        bool more = wrap_next(&rest, columns, &line);

        buf_addstr(out, more && line.len ? prefix : trim_end(prefix));
        if (more)
            buf_addstr(out, line);
        buf_addc(out, '\n');
        prefix = then;
    } while (rest.len);
}

void wrap_cut(struct buf *out, struct str text, size_t columns, bool pad)
{
    CLEANUP_BUF struct buf safe = {0};
    struct str head;
    size_t taken;

    /* Two more than fit, so that a wide character that does not is seen to be missing. */
    sink_terminal(&safe, utf8_head_columns(text, columns + 2), false);
    head = utf8_head_columns(buf_str(&safe), columns);
    if (head.len < safe.len && columns > 0) {
        head = utf8_head_columns(head, columns - 1);
        buf_addstr(out, head);
        buf_adds(out, "\xe2\x80\xa6");
        taken = utf8_columns(head) + 1;
    } else {
        buf_addstr(out, head);
        taken = utf8_columns(head);
    }
    if (pad && taken < columns)
        buf_addn(out, ' ', columns - taken);
}

/* The end of a text, of so many columns at most. */
static struct str tail_columns(struct str text, size_t columns)
{
    size_t all = utf8_columns(text);
    struct str tail = text;

    /* A wide character that would begin before it is left out. */
    for (size_t more = 0; more < 2 && all > columns && utf8_columns(tail) > columns; more++)
        tail = str_from(text, utf8_head_columns(text, all - columns + more).len);
    return tail;
}

void wrap_cut_middle(struct buf *out, struct str text, size_t columns, bool pad)
{
    CLEANUP_BUF struct buf safe = {0};
    CLEANUP_BUF struct buf cut = {0};
    size_t tail = columns / 2;

    sink_terminal(&safe, text, false);
    if (columns < 3 || utf8_columns(buf_str(&safe)) <= columns) {
        wrap_cut(out, text, columns, pad);
        return;
    }
    buf_addstr(&cut, utf8_head_columns(buf_str(&safe), columns - 1 - tail));
    buf_adds(&cut, "\xe2\x80\xa6");
    buf_addstr(&cut, tail_columns(buf_str(&safe), tail));
    buf_addstr(out, buf_str(&cut));
    if (pad && utf8_columns(buf_str(&cut)) < columns)
        buf_addn(out, ' ', columns - utf8_columns(buf_str(&cut)));
}

/* Where the text of a line begins: behind its spaces, or behind "  name    " if it has a name. */
static size_t hanging(struct str line, size_t columns)
{
    size_t indent = 0;

    while (indent < line.len && line.p[indent] == ' ')
        indent++;
    for (size_t i = indent; i + 2 < line.len && i <= columns / 2; i++) {
        size_t end = i;

        while (end < line.len && line.p[end] == ' ')
            end++;
        if (end >= i + 2 && end <= columns / 2)
            return utf8_columns(str_head(line, end));
    }
    return indent < columns / 2 ? indent : columns / 2;
}

static bool is_command(struct str line)
{
    while (line.len && line.p[0] == ' ')
        line = str_from(line, 1);
    return (str_starts(line, "calm ") || str_starts(line, "calm-verify ")) &&
           !memmem(line.p, line.len, "  ", 2);
}

static void fold_line(struct buf *out, struct str line, size_t columns)
{
    size_t hang = hanging(line, columns);
    struct str part;

    /* The line keeps its own beginning; wrap_next breaks it as if that were text. */
    for (bool is_first = true; wrap_next(&line, columns - (is_first ? 0 : hang), &part);
         is_first = false) {
        if (!is_first)
            buf_addn(out, ' ', hang);
        buf_addstr(out, part);
        if (line.len)
            buf_addc(out, '\n');
    }
}

void wrap_fold(struct buf *out, struct str text, size_t columns)
{
    while (text.len) {
        bool has_end = memchr(text.p, '\n', text.len) != NULL;
        struct str line = str_cut(&text, '\n');

        if (utf8_columns(line) <= columns || memchr(line.p, '\033', line.len) || is_command(line))
            buf_addstr(out, line);
        else
            fold_line(out, line, columns);
        if (has_end)
            buf_addc(out, '\n');
    }
}

static size_t widest_between(struct str text, const char *separators)
{
    size_t widest = 0;
    size_t start = 0;

    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && !(text.p[i] && strchr(separators, text.p[i])))
            continue;
        size_t columns = utf8_columns(str_head(str_from(text, start), i - start));

        widest = columns > widest ? columns : widest;
        start = i + 1;
    }
    return widest;
}

size_t wrap_widest_line(struct str text)
{
    return widest_between(text, "\n");
}

size_t wrap_widest_word(struct str text)
{
    return widest_between(text, " \n");
}
