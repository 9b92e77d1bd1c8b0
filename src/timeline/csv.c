/* csv.c: finds the records of a table and their cells. */
#include "timeline/csv.h"
#include "base/mem.h"
#include "timeline/bytes.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

enum scanned {
    SCAN_WHOLE,
    SCAN_MORE, /* the bytes end within it */
    SCAN_BAD,  /* it is no record */
};

/* A record, or a line that is none. */
struct piece {
    struct str raw; /* without its end */
    size_t size;    /* with it */
    uint64_t lines;
};

struct csv {
    struct reader *r;
    const struct csv_way *way;
    struct bytes *bytes;
    struct event e;
    uint64_t at, line; /* of the next piece */
    bool has_begun, is_bare;
    char separator;
    bool has_cr_ends; /* of lines that are records */
    size_t columns;   /* of the head; 0: there is none */
    size_t count;
    struct str cells[CSV_COLUMNS_MOST];
};

bool csv_has_cr_ends(struct str head)
{
    head = str_head(head, READER_HEAD_SIZE);
    return head.len && !memchr(head.p, '\n', head.len) && memchr(head.p, '\r', head.len - 1);
}

const char *csv_line_end(struct str text, bool has_cr_ends)
{
    const char *lf = memchr(text.p, '\n', text.len);
    const char *cr =
        has_cr_ends ? memchr(text.p, '\r', lf ? (size_t)(lf - text.p) : text.len) : NULL;

    return cr ? cr : lf;
}

static struct str without_return(struct str s)
{
    if (s.len && s.p[s.len - 1] == '\r')
        s.len--;
    return s;
}

/* A CR that no LF follows ends a record, too, as spreadsheets of classic Mac OS write it; within a
 * cell it stands in quotes. */
static bool is_cr_end(struct str text, size_t i)
{
    return text.p[i] == '\r' && i + 1 < text.len && text.p[i + 1] != '\n';
}

/* A quote begins a cell and ends it, and stands for itself nowhere else: so each quote leads into
 * cells or out of them, and of two lines that are tried as the beginning of a record at most one
 * has to be looked through for long. */
static enum scanned scan(struct str text, char separator, bool is_all, struct piece *out)
{
    bool is_quoted = false, is_cell_begin = true;

    out->lines = 1;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (is_quoted) {
            out->lines += c == '\n';
            if (c != '"')
                continue;
            if (i + 1 < text.len && text.p[i + 1] == '"') {
                i++;
                continue;
            }
            is_quoted = false;
            c = i + 1 < text.len ? text.p[i + 1] : '\n';
            if (c != separator && c != '\n' && c != '\r')
                return SCAN_BAD;
            is_cell_begin = false;
        } else if (c == '\n' || is_cr_end(text, i)) {
            out->raw = without_return(str_head(text, i));
            out->size = i + 1;
            return SCAN_WHOLE;
        } else if (c == '"') {
            if (!is_cell_begin)
                return SCAN_BAD;
            is_quoted = true;
        } else {
            is_cell_begin = c == separator;
        }
    }
    if (!is_all)
        return SCAN_MORE;
    if (is_quoted)
        return SCAN_BAD;
    out->raw = without_return(text);
    out->size = text.len;
    return SCAN_WHOLE;
}

/* Takes the next cell off *rest; false: there is none. *is_doubled where quotes in it are. */
static bool next_cell(struct str *rest, char separator, bool *is_last, struct str *out,
                      bool *is_doubled)
{
    size_t i = 1;

    *is_doubled = false;
    if (*is_last)
        return false;
    if (rest->len && rest->p[0] == '"') {
        for (; i < rest->len; i++) {
            if (rest->p[i] != '"')
                continue;
            if (i + 1 == rest->len || rest->p[i + 1] != '"')
                break;
            *is_doubled = true;
            i++;
        }
        *out = (struct str){rest->p + 1, (i < rest->len ? i : rest->len) - 1};
        *rest = str_from(*rest, i + 1);
        *is_last = rest->len == 0 || rest->p[0] != separator;
        *rest = str_from(*rest, 1);
        return true;
    }
    *is_last = memchr(rest->p, separator, rest->len) == NULL;
    *out = str_cut(rest, separator);
    return true;
}

/* Doubled quotes made one, in scratch. */
static struct str unquoted(struct event *e, struct str raw)
{
    struct str out = {e->scratch + e->scratch_len, 0};

    if (raw.len > EVENT_SCRATCH_SIZE - e->scratch_len)
        return str_head(raw, 0);
    for (size_t i = 0; i < raw.len; i++) {
        e->scratch[e->scratch_len++] = raw.p[i];
        if (raw.p[i] == '"')
            i++;
    }
    out.len = (size_t)(e->scratch + e->scratch_len - out.p);
    return out;
}

static bool split(struct csv *c, struct str raw)
{
    bool is_last = false, is_doubled;
    struct str cell;

    for (c->count = 0; next_cell(&raw, c->separator, &is_last, &cell, &is_doubled); c->count++) {
        if (c->count == CSV_COLUMNS_MOST)
            return false;
        if (is_doubled)
            cell = unquoted(&c->e, cell);
        c->cells[c->count] = reader_text(&c->e, cell);
    }
    return true;
}

static bool split_bare(struct csv *c, struct str raw)
{
    bool is_last = false;

    for (c->count = 0; !is_last; c->count++) {
        if (c->count == CSV_COLUMNS_MOST)
            return false;
        is_last = !raw.len || memchr(raw.p, ',', raw.len) == NULL;
        c->cells[c->count] = reader_text(&c->e, str_cut(&raw, ','));
    }
    return true;
}

static void begin_event(struct csv *c)
{
    event_begin(&c->e);
    c->e.at = c->at;
    c->e.line = c->line + 1;
}

static void pass(struct csv *c, size_t size, uint64_t lines)
{
    c->at += size;
    c->line += lines;
    c->r->counts.lines += lines;
    c->r->counts.continued += lines - 1;
}

static int give_unparsed(struct csv *c, struct str raw, uint64_t whole, struct err *e)
{
    begin_event(c);
    event_puts(&c->e, FIELD_EVENT_KIND, "unparsed");
    event_put_raw(&c->e, c->r->names, FIELD_MESSAGE, raw, whole);
    return reader_event(c->r, &c->e, e);
}

/* A line that has no end in text, whose first bytes those are. */
static int give_long(struct csv *c, struct str text, struct err *e)
{
    struct str head = text_head(text, EVENT_VALUE_SIZE);
    CLEANUP_BUF struct buf kept = {0};
    uint64_t size = 0;
    const char *end = NULL;
    int rc = 0;

    buf_addstr(&kept, head);
    while (rc == 0 && text.len && !end) {
        end = csv_line_end(text, c->has_cr_ends);
        size += end ? (size_t)(end - text.p) : text.len;
        if (!end)
            rc = bytes_at(c->bytes, c->at + size, BYTES_MOST, &text, e);
    }
    if (rc == 0)
        rc = give_unparsed(c, buf_str(&kept), size, e);
    c->at += size + (end != NULL);
    c->line++;
    c->r->counts.lines++;
    return rc;
}

/* The head; true: it is none of the rows. */
static bool take_head(struct csv *c, struct str raw)
{
    struct csv_row row = {.cells = c->cells};

    c->has_begun = true;
    if (!c->way->head || !split(c, raw))
        return false;
    row.count = c->count;
    row.raw = raw;
    if (!c->way->head(c->r, &row))
        return false;
    c->columns = c->count;
    c->is_bare = c->way->is_bare && c->way->is_bare(&row);
    c->r->counts.comments++;
    return true;
}

/* The events of a row after its first. */
static int take_more(struct csv *c, const struct csv_row *row, struct err *e)
{
    int rc = 0;

    while (rc == 0 && c->way->more) {
        begin_event(c);
        if (!c->way->more(c->r, row, &c->e))
            break;
        c->r->counts.lines++;
        rc = reader_event(c->r, &c->e, e);
    }
    return rc;
}

static bool has_columns(const struct csv *c)
{
    return c->columns == 0 || c->count == c->columns ||
           (c->way->has_unnamed && c->count == c->columns + 1);
}

static int take_row(struct csv *c, struct str raw, bool is_bare, struct err *e)
{
    struct csv_row row = {.cells = c->cells, .raw = raw};
    bool is_split = c->way->is_lines || (is_bare ? split_bare(c, raw) : split(c, raw));
    int rc;

    row.count = c->way->is_lines ? 0 : c->count;
    if (!is_split || !has_columns(c) || !c->way->row(c->r, &row, &c->e))
        return give_unparsed(c, raw, raw.len, e);
    rc = reader_event(c->r, &c->e, e);
    return rc ? rc : take_more(c, &row, e);
}

/* A record that is whole. */
static int take_record(struct csv *c, const struct piece *p, bool is_bare, struct err *e)
{
    int rc;

    begin_event(c);
    if (!c->has_begun && take_head(c, p->raw)) {
        pass(c, p->size, p->lines);
        return 0;
    }
    begin_event(c);
    rc = take_row(c, p->raw, is_bare, e);
    pass(c, p->size, p->lines);
    return rc;
}

static size_t comma_count(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.p[i] == ',';
    return n;
}

/* The next line of text; false: it does not end there. */
static bool line_of(const struct csv *c, struct str text, bool is_all, struct piece *out)
{
    const char *end = csv_line_end(text, c->has_cr_ends);

    if (!end && !is_all)
        return false;
    out->size = end ? (size_t)(end - text.p) + 1 : text.len;
    out->raw = without_return(str_head(text, out->size - (end != NULL)));
    out->lines = 1;
    return true;
}

static bool is_comment(const struct csv *c, struct str line)
{
    return (c->way->has_comments && line.p[0] == '#') ||
           (!c->has_begun && c->way->is_before_head && c->way->is_before_head(c->r, line));
}

/* Takes a piece off the front of text: *taken 0 where more bytes are needed. */
static int take_piece(struct csv *c, struct str text, bool is_all, bool is_most, size_t *taken,
                      struct err *e)
{
    struct piece line, record;
    bool has_line = line_of(c, text, is_all, &line);
    enum scanned s;

    *taken = 0;
    if (!has_line)
        return 0;
    *taken = line.size;
    if (line.raw.len == 0) {
        c->r->counts.empty++;
        pass(c, line.size, 1);
        return 0;
    }
    if (is_comment(c, line.raw)) {
        c->r->counts.comments++;
        pass(c, line.size, 1);
        return 0;
    }
    if (c->way->is_lines || (c->is_bare && comma_count(line.raw) + 1 == c->columns))
        return take_record(c, &line, true, e);
    s = scan(text, c->separator, is_all, &record);
    if (s == SCAN_MORE && !is_most) {
        *taken = 0;
        return 0;
    }
    if (s == SCAN_WHOLE) {
        *taken = record.size;
        return take_record(c, &record, false, e);
    }
    {
        int rc = give_unparsed(c, line.raw, line.raw.len, e);

        pass(c, line.size, 1);
        return rc;
    }
}

/* What stands whole in the bytes from c->at on. */
static int take_pieces(struct csv *c, struct str text, bool is_all, struct err *e)
{
    struct str first = text;
    size_t taken = 1;
    int rc = 0;

    while (rc == 0 && text.len && taken) {
        rc = take_piece(c, text, is_all, text.len == first.len, &taken, e);
        text = str_from(text, taken);
    }
    if (rc == 0 && text.len && text.len == first.len)
        rc = give_long(c, first, e);
    return rc;
}

static int read_all(struct csv *c, struct err *e)
{
    struct str text;
    int rc = bytes_at(c->bytes, 0, BYTES_MOST, &text, e);

    c->has_cr_ends = rc == 0 && c->way->is_lines && csv_has_cr_ends(text);
    if (rc == 0 && str_starts(text, BYTE_ORDER_MARK))
        c->at = sizeof(BYTE_ORDER_MARK) - 1;
    while (rc == 0) {
        rc = bytes_at(c->bytes, c->at, BYTES_MOST, &text, e);
        if (rc || text.len == 0)
            break;
        rc = take_pieces(c, text, text.len < BYTES_MOST, e);
    }
    return rc;
}

static void csv_release(struct csv **c)
{
    bytes_free((*c)->bytes);
    event_release(&(*c)->e);
    free(*c);
}

int csv_read(struct reader *r, const struct csv_way *way, struct err *e)
{
    CLEANUP(csv_release) struct csv *c = mem_new(struct csv);

    c->r = r;
    c->way = way;
    c->separator = way->separator ? way->separator : ',';
    c->bytes = bytes_new(r);
    event_init(&c->e);
    return read_all(c, e);
}

static size_t first_of(struct str head, char separator, bool is_all, struct str *cells, size_t most,
                       struct piece *p, bool *is_whole)
{
    bool is_last = false, is_doubled;
    size_t count = 0;

    *is_whole = scan(head, separator, is_all, p) == SCAN_WHOLE;
    if (*is_whole)
        head = p->raw;
    while (count < most && next_cell(&head, separator, &is_last, &cells[count], &is_doubled))
        count++;
    return *is_whole || !is_last ? count : count - 1;
}

size_t csv_first(struct str head, struct str *cells, size_t most)
{
    struct piece p;
    bool is_whole;

    (void)str_take(&head, BYTE_ORDER_MARK);
    return first_of(head, ',', false, cells, most, &p, &is_whole);
}

size_t csv_take(struct str *rest, char separator, bool is_all, struct str *cells, size_t most)
{
    struct piece p;
    bool is_whole;
    size_t count;

    (void)str_take(rest, BYTE_ORDER_MARK);
    count = rest->len ? first_of(*rest, separator, is_all, cells, most, &p, &is_whole) : 0;
    if (count == 0 || !is_whole)
        return 0;
    *rest = str_from(*rest, p.size);
    return count;
}

bool csv_has(const struct csv_row *row, const char *cell)
{
    for (size_t i = 0; i < row->count; i++)
        if (str_is(row->cells[i], cell))
            return true;
    return false;
}
