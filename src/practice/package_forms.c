/* package_forms.c: reads the rows of the sender's forms, and compares them with the record. */
#include "practice/package_forms.h"
#include <unistd.h>
#include "base/sink.h"

enum form_cell {
    CELL_NO,
    CELL_WHEN,
    CELL_WHAT,
    CELL_FROM,
    CELL_TO,
    CELL_PLACE,
    CELL_SEAL,
    CELL_WHY,
    CELL_BY,
    CELL_RECORD,
    CELL_COUNT
};
static const char *const labels[CELL_COUNT] = {"No.",   "When (UTC)", "What", "From", "To",
                                               "Place", "Seal",       "Why",  "By",   "Record"};

/* One form, while its rows are read. Cells are without blanks: where a line is broken does not
 * count. */
struct forming {
    struct hold_items *h;
    struct str name;
    const struct hold_record *item; /* that it is of: the first that a row is of */
    uint64_t last;                  /* record of the row before */
    uint32_t acts;
    bool has_row;  /* cells are being read */
    bool has_rows; /* of some record */
    struct buf cells[CELL_COUNT];
    form_differs *tell;
    void *context;
};

static void forming_release(struct forming *f)
{
    for (int i = 0; i < CELL_COUNT; i++)
        buf_release(&f->cells[i]);
}

static void add_tight(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(" \t\r\n", text.p[i]))
            buf_addc(out, text.p[i]);
}

/* Writers spell out what may deceive, and HTML some characters: of such a value nothing is said. */
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] < ' ' || text.p[i] > '~' || strchr("&<>\"'\\", text.p[i]))
            return false;
    return true;
}

static bool has(const struct buf *cell, struct str wanted)
{
    CLEANUP_BUF struct buf tight = {0};

    add_tight(&tight, wanted);
    return !is_plain(wanted) || str_eq(buf_str(cell), buf_str(&tight));
}

static bool has_told(const struct buf *cell, const struct hold_record *r, enum hold_field field)
{
    return hold_is_silent(r, field) || has(cell, hold_value(r, field));
}

static bool has_time(const struct buf *cell, const struct hold_record *r)
{
    CLEANUP_BUF struct buf tight = {0};
    char text[UTC_PLAIN_SIZE];
    struct utc when;

    if (hold_is_silent(r, HOLD_OCCURRED))
        return true;
    if (!utc_read(&when, hold_value(r, HOLD_OCCURRED)))
        when = r->time;
    add_tight(&tight, str_head(str_of(utc_plain(text, when)), 19));
    return str_starts(buf_str(cell), buf_text(&tight));
}

static bool has_signer(const struct buf *cell, const struct hold_items *h,
                       const struct hold_record *r)
{
    struct str who = hold_signer(h, &r->by);
    CLEANUP_BUF struct buf wanted = {0};

    buf_addstr(&wanted, who);
    buf_addc(&wanted, ' ');
    hex_add(&wanted, r->by.b, 4);
    return !who.len || has(cell, buf_str(&wanted));
}

static bool has_acts(const struct forming *f, const struct hold_record *r)
{
    struct str act = hold_value(r, HOLD_ACT);

    if (r->item == r)
        return has(&f->cells[CELL_WHAT], STR("taken"));
    if (!act.len)
        return true;
    /* What came of an export is told in words. */
    if (str_is(act, "exported"))
        return memmem(f->cells[CELL_WHAT].p, f->cells[CELL_WHAT].len, "exported", 8) != NULL;
    return has(&f->cells[CELL_WHAT], act) && has_told(&f->cells[CELL_FROM], r, HOLD_FROM) &&
           has_told(&f->cells[CELL_TO], r, HOLD_TO);
}

static const struct hold_record *find_act(const struct hold_items *h, uint64_t seq)
{
    size_t from = 0;
    size_t to = h->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (h->records[middle].seq < seq)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == h->count || h->records[from].seq != seq || !hold_is_act(&h->records[from]))
        return NULL;
    return &h->records[from];
}

static int end_row(struct forming *f, struct err *e)
{
    struct str number = buf_str(&f->cells[CELL_RECORD]);
    const struct hold_record *r;
    uint64_t seq;
    bool is_same;

    f->has_row = false;
    if (!str_take(&number, "r") || !str_u64(number, &seq))
        return 0;
    f->has_rows = true;
    r = find_act(f->h, seq);
    if (!r)
        return 0;
    if (!f->item)
        f->item = r->item;
    is_same = r->item == f->item && (f->acts == 0 || seq > f->last) && has_acts(f, r) &&
              has_time(&f->cells[CELL_WHEN], r) && has_signer(&f->cells[CELL_BY], f->h, r);
    f->acts++;
    f->last = seq;
    return is_same ? 0 : f->tell(f->context, f->name, r, e);
}

static void begin_row(struct forming *f)
{
    f->has_row = true;
    for (int i = 0; i < CELL_COUNT; i++)
        buf_clear(&f->cells[i]);
}

/* <tr><td>…</td>…</tr>, tags left out. */
static int read_html_row(struct forming *f, struct str row, struct err *e)
{
    int cell = 0;

    begin_row(f);
    while (row.len && cell < CELL_COUNT) {
        if (row.p[0] != '<') {
            add_tight(&f->cells[cell], str_head(row, 1));
            row = str_from(row, 1);
            continue;
        }
        cell += str_starts(row, "</td>");
        (void)str_cut(&row, '>');
    }
    return end_row(f, e);
}

static int read_html(struct forming *f, struct str form, struct err *e)
{
    const char *p;
    int rc = 0;

    while (rc == 0 && (p = memmem(form.p, form.len, "<tr><td", 7))) {
        const char *end;

        form = str_from(form, (size_t)(p - form.p));
        end = memmem(form.p, form.len, "</tr>", 5);
        if (!end)
            return 0;
        rc = read_html_row(f, str_head(form, (size_t)(end - form.p)), e);
        form = str_from(form, (size_t)(end - form.p));
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

/* A row of which each cell has lines of its own, behind its label. */
static int read_lines(struct forming *f, struct str form, struct err *e)
{
    int cell = -1;
    int rc = 0;

    while (rc == 0 && form.len) {
        struct str line = str_cut(&form, '\n');
        int label = label_of(line);

        if (label == CELL_NO)
            begin_row(f);
        if (!f->has_row)
            continue;
        if (!line.len) {
            rc = end_row(f, e);
        } else if (label >= 0 || line.p[0] == ' ') {
            cell = label >= 0 ? label : cell;
            add_tight(&f->cells[cell], label >= 0 ? str_from(line, strlen(labels[label])) : line);
        }
    }
    return rc;
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

static void add_cells(struct forming *f, const struct columns *c, struct str line)
{
    for (int i = 0; i < CELL_COUNT; i++) {
        size_t len = c->from[i + 1] - c->from[i];
        struct str rest = line.len > c->from[i] ? str_from(line, c->from[i]) : STR("");

        add_tight(&f->cells[i], str_head(rest, len < rest.len ? len : rest.len));
    }
}

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] & 0x80)
            return false;
    return true;
}

/* A table side by side; where its characters are not bytes nobody can tell the cells apart. */
static int read_table(struct forming *f, struct str form, struct err *e)
{
    struct columns columns;
    bool has_columns = false;
    int rc = 0;

    while (rc == 0 && form.len) {
        struct str line = str_cut(&form, '\n');

        if (!has_columns) {
            has_columns = find_columns(&columns, line);
            continue;
        }
        if (!is_ascii(line))
            return 0;
        if (f->has_row && (!line.len || str_trim(str_head(line, 3)).len))
            rc = end_row(f, e);
        if (!line.len)
            return rc;
        if (!f->has_row)
            begin_row(f);
        add_cells(f, &columns, line);
    }
    return rc;
}

static int read_form(struct forming *f, struct str form, struct err *e)
{
    bool is_html = f->name.len > 5 && str_is(str_from(f->name, f->name.len - 5), ".html");
    int rc = is_html ? read_html(f, form, e) : read_lines(f, form, e);

    if (rc == 0 && !is_html && !f->has_rows)
        rc = read_table(f, form, e);
    if (rc == 0 && is_html && !f->has_rows)
        rc = f->tell(f->context, f->name, NULL, e);
    if (rc == 0 && f->item && f->acts < f->item->acts)
        rc = f->tell(f->context, f->name, f->item, e);
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

static void count_acts(struct hold_items *h)
{
    for (size_t i = 0; i < h->count; i++)
        if (hold_is_act(&h->records[i]))
            h->records[i].item->acts++;
}

int forms_compare(struct hold_items *h, int fd, form_differs *tell, void *context, struct err *e)
{
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf form = {0};
    uint64_t off = 0;
    int rc;

    count_acts(h);
    while ((rc = read_at(fd, off, &head, FORM_HEAD_MAX, e)) == 0 && head.len) {
        CLEANUP(forming_release) struct forming f = {.h = h, .tell = tell, .context = context};
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
