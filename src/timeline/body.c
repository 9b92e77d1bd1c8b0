/* body.c: body files of The Sleuth Kit 3 and later. */
#include "timeline/body.h"
#include <stdio.h>
#include "timeline/csv.h"

enum { COLUMNS = 11, TIMES_AT = 7, MODE_TEXT = 10, SAMPLE_LINES = 200 };

static const uint8_t meanings[1 << BODY_LETTERS_] = {
    [0] = MEANING_LOGGED,
    [1] = MEANING_MODIFIED,
    [2] = MEANING_ACCESSED,
    [3] = MEANING_MODIFIED_ACCESSED,
    [4] = MEANING_CHANGED,
    [5] = MEANING_MODIFIED_CHANGED,
    [6] = MEANING_ACCESSED_CHANGED,
    [7] = MEANING_MODIFIED_ACCESSED_CHANGED,
    [8] = MEANING_CREATED,
    [9] = MEANING_MODIFIED_CREATED,
    [10] = MEANING_ACCESSED_CREATED,
    [11] = MEANING_MODIFIED_ACCESSED_CREATED,
    [12] = MEANING_CHANGED_CREATED,
    [13] = MEANING_MODIFIED_CHANGED_CREATED,
    [14] = MEANING_ACCESSED_CHANGED_CREATED,
    [15] = MEANING_MODIFIED_ACCESSED_CHANGED_CREATED,
};

uint8_t body_meaning(unsigned times)
{
    return meanings[times & 15];
}

unsigned body_times(struct str meaning)
{
    for (unsigned i = 1; i < COUNT_OF(meanings); i++)
        if (str_is(meaning, event_meaning_names[meanings[i]]))
            return i;
    return 0;
}

static uint16_t named(struct reader *r, const char *name)
{
    return field_number(r->names, str_of(name));
}

/* The letter of fls, of the inode or, where that is a dash, of the name. */
static const char *type_of(char letter)
{
    switch (letter) {
    case 'r':
        return "file";
    case 'd':
        return "dir";
    case 'l':
        return "symlink";
    case 'p':
        return "fifo";
    case 'h':
        return "socket";
    case 'c':
        return "character device";
    case 'b':
        return "block device";
    default:
        return NULL;
    }
}

/* "rwsr-xr-T" as octal digits; false: it is none. */
static bool read_rights(struct str text, char out[5])
{
    static const char special[] = "sst";
    unsigned bits = 0;

    for (size_t i = 0; i < 9; i++) {
        char c = text.p[i], s = special[i / 3];
        unsigned bit = 1U << (8 - i);

        if (c == "rwx"[i % 3])
            bits |= bit;
        else if (i % 3 == 2 && (c == s || c == s - 'a' + 'A'))
            bits |= 01000U << (2 - i / 3) | (c == s ? bit : 0);
        else if (c != '-')
            return false;
    }
    snprintf(out, 5, "%04o", bits);
    return true;
}

/* "r/rrw-r--r--", or without the part of the name. */
static void put_mode(struct reader *r, struct event *e, struct str mode)
{
    struct str inode = mode;
    const char *type;
    char digits[5];

    if (mode.len == MODE_TEXT + 2 && mode.p[1] == '/')
        inode = str_from(mode, 2);
    if (inode.len != MODE_TEXT || !read_rights(str_from(inode, 1), digits)) {
        event_put(e, named(r, "body.mode"), mode);
        return;
    }
    type = type_of(inode.p[0]);
    if (!type)
        type = type_of(mode.p[0]);
    if (type)
        event_puts(e, named(r, "file.type"), type);
    event_put(e, named(r, "file.mode"), event_keep(e, str_of(digits)));
}

static bool take_end(struct str *name, const char *end)
{
    if (!str_ends(*name, end))
        return false;
    name->len -= strlen(end);
    return true;
}

/* False: calm preserve read --body says that nobody knows how long it was, and wrote 0 (doc/format/
 * evidence.md section 7). */
static bool put_name(struct reader *r, struct event *e, const struct body_file *f, bool is_link)
{
    static const char arrow[] = " -> ";
    struct str name = f->name;
    bool has_size = true;
    const char *found;

    if (take_end(&name, " (deleted-realloc)"))
        event_puts(e, named(r, "file_system.state"), "reallocated");
    else if (take_end(&name, " (deleted)"))
        event_puts(e, named(r, "file_system.state"), "deleted");
    if (str_is(f->size, "0"))
        has_size = !take_end(&name, " (length forgotten)");
    if (take_end(&name, " ($FILE_NAME)"))
        event_puts(e, named(r, "file_system.times"), "$FILE_NAME");
    found = is_link ? memmem(name.p, name.len, arrow, sizeof(arrow) - 1) : NULL;
    if (found) {
        size_t at = (size_t)(found - name.p);

        event_put(e, named(r, "file.target_path"), str_from(name, at + sizeof(arrow) - 1));
        name = str_head(name, at);
    }
    event_put(e, FIELD_FILE_PATH, name);
    return has_size;
}

static bool is_number(struct str s)
{
    uint64_t n;

    return s.len == 0 || str_u64(s, &n);
}

void body_put(struct reader *r, struct event *e, const struct body_file *f)
{
    bool is_link = memchr(f->mode.p, 'l', str_head(f->mode, 3).len) != NULL;
    bool has_size = put_name(r, e, f, is_link);

    event_put(e, named(r, "file.inode"), f->inode);
    put_mode(r, e, f->mode);
    event_put(e, named(r, is_number(f->uid) ? "file.uid" : "file.owner"), f->uid);
    event_put(e, named(r, is_number(f->gid) ? "file.gid" : "file.group"), f->gid);
    if (has_size)
        event_put(e, named(r, "file.size"), f->size);
    if (!str_is(f->md5, "0"))
        event_put(e, named(r, "file.hash.md5"), f->md5);
    event_puts(e, FIELD_EVENT_CATEGORY, "file");
}

enum { FRACTION_MOST = 18, NS_DIGITS = 9 };

static bool are_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_digit(s.p[i]))
            return false;
    return s.len > 0;
}

/* What a column of a time has. */
enum cell {
    CELL_FOREIGN, /* no number */
    CELL_TIME,
    CELL_OUT, /* a number, and no time that is known here */
};

/* Seconds since 1970, with a fraction or not: GNU find's has ten digits, of which the last is 0. Of
 * a number below 0 with a fraction nobody can tell which way that counts. */
static enum cell read_time(struct str text, int64_t *ns, uint8_t *precision)
{
    bool is_negative = str_take(&text, "-");
    struct str fraction = text, whole = str_cut(&fraction, '.');
    uint64_t seconds, part = 0;
    size_t digits = fraction.len;

    if (!are_digits(whole) || (whole.len < text.len && !are_digits(fraction)) ||
        digits > FRACTION_MOST)
        return CELL_FOREIGN;
    if (!str_u64(whole, &seconds) || seconds > INT64_MAX / 1000000000 - 1 ||
        (is_negative && digits))
        return CELL_OUT;
    for (size_t i = 0; i < NS_DIGITS; i++)
        part = part * 10 + (i < digits ? (uint64_t)(fraction.p[i] - '0') : 0);
    *ns = (int64_t)(seconds * 1000000000 + part) * (is_negative ? -1 : 1);
    *precision = digits == 0   ? TIME_S
                 : digits <= 3 ? TIME_MS
                 : digits <= 6 ? TIME_US
                 : digits == 7 ? TIME_100NS
                               : TIME_NS;
    return CELL_TIME;
}

/* One of the times of a line. */
struct moment {
    int64_t ns;
    uint8_t precision;
    bool has, is_told;
    bool is_out; /* it is no time, but told */
};
struct state {
    struct moment moments[BODY_LETTERS_];
};

/* A bar that a backslash stands before is of the name, as dfImageTools writes it. */
static size_t split(struct str line, struct str cells[COLUMNS + 1])
{
    size_t count = 0, from = 0;

    for (size_t i = 0; i < line.len && count < COLUMNS; i++) {
        if (line.p[i] == '\\' && i + 1 < line.len)
            i++;
        else if (line.p[i] == '|') {
            cells[count++] = (struct str){line.p + from, i - from};
            from = i + 1;
        }
    }
    cells[count++] = str_from(line, from);
    return count;
}

/* The order of the columns. */
static const uint8_t order[] = {BODY_ACCESSED, BODY_MODIFIED, BODY_CHANGED, BODY_CREATED};

/* 0 is none; so is the dash of stat(1) of old, where it knows no birth. */
static bool read_times(const struct str *cells, struct moment *out)
{
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        struct moment *m = &out[order[i]];
        struct str text = cells[TIMES_AT + i];
        enum cell cell;

        *m = (struct moment){0};
        if (text.len == 0 || str_is(text, "-"))
            continue;
        cell = read_time(text, &m->ns, &m->precision);
        if (cell == CELL_FOREIGN)
            return false;
        m->is_out = cell == CELL_OUT;
        m->has = m->is_out || (m->ns != 0 && !str_is(text, "-1"));
    }
    return true;
}

/* 12, 12-128, 12-128-3 */
static bool is_inode(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '-')
            return false;
    return s.len > 0;
}

static bool read_line(struct str line, struct str cells[COLUMNS + 1], struct moment *moments)
{
    return split(line, cells) == COLUMNS && cells[1].len && is_inode(cells[2]) &&
           is_number(cells[4]) && is_number(cells[5]) && is_number(cells[6]) &&
           read_times(cells, moments);
}

/* The earliest of what was not told yet, what is no time behind all that are; NULL: all was. */
static const struct moment *first_moment(const struct state *s)
{
    const struct moment *first = NULL;

    for (size_t i = 0; i < BODY_LETTERS_; i++) {
        const struct moment *m = &s->moments[i];

        if (m->has && !m->is_told &&
            (!first || (m->is_out == first->is_out ? m->ns < first->ns : first->is_out)))
            first = m;
    }
    return first;
}

/* What is no time stands by itself, as it is written. */
static void put_out(struct state *s, struct event *e, const struct str *cells)
{
    struct str text = {0};
    unsigned times = 0;

    for (size_t i = 0; i < COUNT_OF(order); i++) {
        struct moment *m = &s->moments[order[i]];

        if (!m->is_out || m->is_told || (text.len && !str_eq(text, cells[TIMES_AT + i])))
            continue;
        text = cells[TIMES_AT + i];
        m->is_told = true;
        times |= 1U << order[i];
    }
    reader_no_time(e, text);
    e->meaning = body_meaning(times);
}

/* The first of them, and all that are equal to it; false: there is none. */
static bool put_moment(struct state *s, struct event *e, const struct str *cells)
{
    const struct moment *first = first_moment(s);
    unsigned times = 0;

    if (!first)
        return false;
    if (first->is_out) {
        put_out(s, e, cells);
        return true;
    }
    e->ns = first->ns;
    e->precision = first->precision;
    for (size_t i = 0; i < BODY_LETTERS_; i++) {
        struct moment *m = &s->moments[i];

        if (!m->has || m->is_out || m->ns != e->ns)
            continue;
        m->is_told = true;
        times |= 1U << i;
        e->precision = m->precision < e->precision ? m->precision : e->precision;
    }
    e->meaning = body_meaning(times);
    return true;
}

static void put_file(struct reader *r, struct event *e, const struct str *cells)
{
    const struct body_file f = {.md5 = cells[0],
                                .name = cells[1],
                                .inode = cells[2],
                                .mode = cells[3],
                                .uid = cells[4],
                                .gid = cells[5],
                                .size = cells[6]};

    body_put(r, e, &f);
}

static bool take_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;
    struct str cells[COLUMNS + 1];

    if (!read_line(reader_text(e, row->raw), cells, s->moments))
        return false;
    put_file(r, e, cells);
    (void)put_moment(s, e, cells);
    return true;
}

static bool take_more(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct str cells[COLUMNS + 1];

    if (!first_moment(r->state))
        return false;
    if (split(reader_text(e, row->raw), cells) != COLUMNS)
        BUG("a line of a body file that is another now");
    put_file(r, e, cells);
    return put_moment(r->state, e, cells);
}

static bool knows(struct str head)
{
    struct moment moments[BODY_LETTERS_];
    struct str cells[COLUMNS + 1];
    size_t lines = 0, understood = 0;
    bool has_cr_ends = csv_has_cr_ends(head);

    while (head.len && lines < SAMPLE_LINES) {
        const char *end = csv_line_end(head, has_cr_ends);
        bool has_end = end != NULL;
        struct str line = end ? str_head(head, (size_t)(end - head.p)) : head;

        head = str_from(head, line.len + has_end);
        if (line.len && line.p[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0 || line.p[0] == '#' || (!has_end && lines))
            continue;
        lines++;
        understood += read_line(line, cells, moments);
    }
    return understood * 2 > lines;
}

static int read_all(struct reader *r, struct err *e)
{
    static const struct csv_way way = {
        .is_lines = true, .has_comments = true, .row = take_row, .more = take_more};

    return csv_read(r, &way, e);
}

const struct format format_body = {.name = "body",
                                   .version = 3,
                                   .knows = knows,
                                   .read = read_all,
                                   .state_size = sizeof(struct state)};
