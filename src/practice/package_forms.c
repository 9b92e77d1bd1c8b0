/* package_forms.c: reads the rows of the sender's forms, and compares them with the record. */
#include "practice/package_forms.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/custody_table.h"
#include "practice/package_rows.h"
#include "render/doc.h"

static const char *const labels[CELL_COUNT] = {"No.",   "When (UTC)", "What", "From", "To",
                                               "Place", "Seal",       "Why",  "By",   "Record"};

/* One form, while its rows are read. */
struct forming {
    struct hold_items *h;
    struct str name;
    struct str before;              /* the table */
    const struct hold_record *item; /* that it is of: the first that a row is of */
    struct str after;
    uint64_t *seqs; /* records of the rows */
    size_t rows;
    size_t room;
    uint32_t acts; /* of them */
    uint32_t due;
    bool is_other;
    bool has_row; /* cells are being read */
    struct form_row row;
    form_differs *tell;
    void *context;
    struct forms_compared *out;
};

static void forming_release(struct forming *f)
{
    for (int i = 0; i < CELL_COUNT; i++)
        buf_release(&f->row.cells[i]);
    free(f->seqs);
}

static int tell_other(struct forming *f, struct err *e)
{
    f->is_other = true;
    return f->tell(f->context, FORM_IS_OTHER, f->name, NULL, e);
}

static void add_tight(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(" \t\r\n", text.p[i]))
            buf_addc(out, text.p[i]);
}

/* The record of that number, if it is a row of the chain of an item of which something is told. */
static const struct hold_record *find_act(const struct hold_items *h, uint64_t seq)
{
    const struct hold_record *r;
    size_t from = 0;
    size_t to = h->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (h->records[middle].seq < seq)
            from = middle + 1;
        else
            to = middle;
    }
    r = from < h->count ? &h->records[from] : NULL;
    return r && r->seq == seq && r->item && r->item->is_told && !r->is_change && !r->is_chain_change
               ? r
               : NULL;
}

/* Whether a row is one of its item, at its place, and says what its record says. */
static bool is_right(struct forming *f, uint64_t seq, const struct hold_record *act)
{
    CLEANUP_BUF struct buf number = {0};
    const struct hold_mention *m;
    bool is_next = f->rows == 0 || seq > f->seqs[f->rows - 1];

    buf_add_u64(&number, f->rows + 1);
    if (!is_next || !str_eq(buf_str(&f->row.cells[CELL_NO]), buf_str(&number)))
        return false;
    if (act) {
        f->acts += act->item == f->item && hold_is_act(act);
        return act->item == f->item && row_is_of_act(&f->row, f->h, act);
    }
    m = f->item ? hold_mention_at(f->h, seq, f->item) : NULL;
    f->due += m && m->is_due;
    return m && row_is_of_mention(&f->row, f->h, m);
}

static int end_row(struct forming *f, struct err *e)
{
    struct str number = buf_str(&f->row.cells[CELL_RECORD]);
    const struct hold_record *act;
    bool is_same;
    uint64_t seq;

    f->has_row = false;
    if (!str_take(&number, "r") || !str_u64(number, &seq))
        return f->tell(f->context, FORM_SAYS_OTHER, f->name, f->item, e);
    act = find_act(f->h, seq);
    if (act && !f->item)
        f->item = act->item;
    is_same = is_right(f, seq, act);
    f->seqs = mem_grow(f->seqs, f->rows, &f->room, sizeof(f->seqs[0]));
    f->seqs[f->rows++] = seq;
    /* Of a form that is of no item one word is enough, at its end. */
    return is_same || !f->item
               ? 0
               : f->tell(f->context, FORM_SAYS_OTHER, f->name, act ? act : f->item, e);
}

static void begin_row(struct forming *f)
{
    f->has_row = true;
    for (int i = 0; i < CELL_COUNT; i++)
        buf_clear(&f->row.cells[i]);
}

/* <td>…</td>, all of them; the tags in a cell do not count. */
static bool read_cells(struct forming *f, struct str row)
{
    for (int cell = 0; cell < CELL_COUNT; cell++) {
        if (!str_starts(row, "<td"))
            return false;
        (void)str_cut(&row, '>');
        while (row.len && !str_starts(row, "</td>")) {
            if (row.p[0] == '<') {
                (void)str_cut(&row, '>');
                continue;
            }
            buf_addc(&f->row.cells[cell], row.p[0]);
            row = str_from(row, 1);
        }
        if (!str_take(&row, "</td>"))
            return false;
    }
    return row.len == 0;
}

/* The writer's caption and heads, and no others. */
static bool is_html_head(struct str heads)
{
    CLEANUP_BUF struct buf shown = {0};

    (void)str_cut(&heads, '>');
    row_add_shown(&shown, heads);
    return str_is(buf_str(&shown),
                  "Table 1. " CUSTODY_TABLE "No.When UTCWhatFromToPlaceSealWhyByRecord");
}

static int read_html(struct forming *f, struct str page, struct err *e)
{
    struct doc_html_parts parts;
    struct str rows;
    int rc = 0;

    f->row.is_html = true;
    if (!doc_html_is_own(page, &parts))
        return tell_other(f, e);
    if (!is_html_head(parts.heads))
        return tell_other(f, e);
    f->before = parts.before;
    rows = parts.rows;
    f->after = str_from(page, (size_t)(rows.p + rows.len - page.p));
    while (rc == 0 && rows.len) {
        const char *end = memmem(rows.p, rows.len, "</tr>\n", 6);
        struct str row = str_head(rows, end ? (size_t)(end - rows.p) : 0);

        rows = str_from(rows, row.len + 6);
        begin_row(f);
        if (!str_take(&row, "<tr>") || !read_cells(f, row))
            return tell_other(f, e);
        rc = end_row(f, e);
    }
    return rc;
}

static int label_of(struct str line)
{
    for (int i = 0; i < CELL_COUNT; i++) {
        size_t len = strlen(labels[i]);

        if (str_starts(line, labels[i]) && str_starts(str_from(line, len), "  "))
            return i;
    }
    return -1;
}

/* Where the cells of a table are, by the line "---  -----" below its head. */
struct columns {
    size_t from[CELL_COUNT + 1];
};

static bool find_columns(struct columns *c, struct str line)
{
    size_t count = 0;

    if (!str_starts(line, "---  -"))
        return false;
    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] != '-' || (i && line.p[i - 1] == '-'))
            continue;
        if (count == CELL_COUNT)
            return false;
        c->from[count++] = i;
    }
    c->from[CELL_COUNT] = SIZE_MAX;
    return count == CELL_COUNT;
}

/* By the columns of a terminal that characters take; what takes none belongs to the one before. */
static void add_cells(struct forming *f, const struct columns *c, struct str line)
{
    size_t column = 0;
    int cell = 0;

    while (line.len) {
        struct str before = line, one;
        size_t width;

        (void)utf8_take(&line);
        one = str_head(before, before.len - line.len);
        width = utf8_columns(one);
        while (width && column >= c->from[cell + 1])
            cell++;
        add_tight(&f->row.cells[cell], one);
        column += width;
    }
}

/* Side by side: a line that has a number begins a row, the others go on with it. */
static int read_beside(struct forming *f, const struct columns *c, struct str *rest, struct err *e)
{
    int rc = 0;

    while (rc == 0 && rest->len && rest->p[0] != '\n') {
        struct str line = str_cut(rest, '\n');

        if (f->has_row && str_trim(str_head(line, 3)).len)
            rc = end_row(f, e);
        if (!f->has_row)
            begin_row(f);
        add_cells(f, c, line);
    }
    return rc == 0 && f->has_row ? end_row(f, e) : rc;
}

/* Each cell has lines of its own, behind its label; a row ends with an empty one. */
static int read_stacked(struct forming *f, struct str *rest, struct err *e)
{
    int rc = 0;

    while (rc == 0 && label_of(*rest) == CELL_NO) {
        int cell = CELL_NO;

        begin_row(f);
        while (rest->len && rest->p[0] != '\n') {
            struct str line = str_cut(rest, '\n');
            int label = label_of(line);

            if (label < 0 && line.p[0] != ' ')
                return tell_other(f, e);
            cell = label < 0 ? cell : label;
            add_tight(&f->row.cells[cell],
                      label < 0 ? line : str_from(line, strlen(labels[label])));
        }
        (void)str_cut(rest, '\n');
        rc = end_row(f, e);
    }
    return rc;
}

/* What terminals would take for orders, or do not show, is never written. */
static bool is_plain(struct str text)
{
    CLEANUP_BUF struct buf shown = {0};

    sink_terminal(&shown, text, true);
    return str_eq(buf_str(&shown), text);
}

/* No row stands anywhere else, in either way, nor a part of one; what is said of the item has a
 * seal, too. */
static bool has_rows(struct str text, bool is_of_item)
{
    struct columns columns;

    while (text.len) {
        struct str line = str_cut(&text, '\n');
        int label = label_of(line);

        if ((label >= 0 && !(is_of_item && label == CELL_SEAL)) || find_columns(&columns, line))
            return true;
    }
    return false;
}

/* All labels, in their order. */
static bool is_head(struct str line)
{
    CLEANUP_BUF struct buf said = {0};
    CLEANUP_BUF struct buf wanted = {0};

    add_tight(&said, line);
    for (int i = 0; i < CELL_COUNT; i++)
        add_tight(&wanted, str_of(labels[i]));
    return str_eq(buf_str(&said), buf_str(&wanted));
}

static int read_text(struct forming *f, struct str text, struct err *e)
{
    static const char begin[] = "\nTable 1. " CUSTODY_TABLE "\n\n";
    const char *at = text.len ? memmem(text.p, text.len, begin, sizeof(begin) - 1) : NULL;
    struct str rest = at ? str_from(text, (size_t)(at - text.p) + sizeof(begin) - 1) : STR("");
    struct str heads = rest, head;
    struct columns columns;
    int rc;

    if (!at || !is_plain(text) || has_rows(str_head(text, (size_t)(at - text.p)), true))
        return tell_other(f, e);
    f->before = str_head(text, (size_t)(at - text.p));
    head = str_cut(&heads, '\n');
    if (find_columns(&columns, str_cut(&heads, '\n'))) {
        if (!is_head(head))
            return tell_other(f, e);
        rest = heads;
        rc = read_beside(f, &columns, &rest, e);
    } else {
        rc = read_stacked(f, &rest, e);
    }
    f->after = rest;
    if (rc == 0 && has_rows(rest, false))
        rc = tell_other(f, e);
    return rc;
}

static void count_free(struct forms_compared *out, const struct form *form)
{
    out->forms++;
    for (size_t i = 0; i < CUSTODY_FACT_COUNT; i++)
        out->free[i] += form->free >> i & 1;
    out->free_signers += form->has_free_signers;
    out->free_checks += form->has_free_checks;
}

/* Whether what stands around the table is what the record says, where the rows are its item's. */
static bool is_right_around(struct forming *f)
{
    struct form form = {.name = f->name,
                        .is_html = f->row.is_html,
                        .before = f->before,
                        .after = f->after,
                        .item = f->item,
                        .rows = f->seqs,
                        .row_count = f->rows};
    bool is_right = form_has_facts(&form) && form_has_record(&form, f->h) &&
                    form_has_breaks(&form, f->h) && form_has_signers(&form, f->h) &&
                    form_has_checks(&form, f->h);

    count_free(f->out, &form);
    return is_right;
}

static int read_form(struct forming *f, struct str form, struct err *e)
{
    int rc = str_ends(f->name, ".html") ? read_html(f, form, e) : read_text(f, form, e);

    if (rc == 0 && !f->is_other &&
        (!f->item || f->acts < f->item->acts || f->due < f->item->due || !is_right_around(f)))
        rc = f->tell(f->context, FORM_SAYS_OTHER, f->name, f->item, e);
    return rc;
}

static int read_at(int fd, uint64_t off, struct buf *out, size_t size, struct err *e)
{
    buf_clear(out);
    while (out->len < size) {
        ssize_t n =
            pread(fd, buf_room(out, size - out->len), size - out->len, (off_t)(off + out->len));

        if (n < 0)
            return err_errno(e, "the forms cannot be read");
        if (n == 0)
            break;
        out->len += (size_t)n;
    }
    return 0;
}

int forms_compare(struct hold_items *h, int fd, form_differs *tell, void *context,
                  struct forms_compared *out, struct err *e)
{
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf form = {0};
    uint64_t off = 0;
    int rc;

    hold_count_rows(h);
    while ((rc = read_at(fd, off, &head, FORM_HEAD_MAX, e)) == 0 && head.len) {
        CLEANUP(forming_release)
        struct forming f = {.h = h, .tell = tell, .context = context, .out = out};
        struct str line = buf_str(&head);
        uint64_t size;

        line = str_cut(&line, '\n');
        off += line.len + 1;
        f.name = str_cut(&line, ' ');
        if (!str_u64(line, &size) || size > FORM_SIZE_MAX)
            return err_set(e, ERR_FORMAT, "the list of the forms is none");
        rc = read_at(fd, off, &form, size, e);
        if (rc == 0)
            rc = read_form(&f, buf_str(&form), e);
        if (rc)
            return rc;
        off += size;
    }
    return rc;
}
