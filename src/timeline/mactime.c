/* mactime.c: what mactime of The Sleuth Kit makes of body files: tables (-d), and lines for people.
 */
#include "base/mem.h"
#include "timeline/body.h"
#include "timeline/csv.h"

enum { ZONE_SIZE = 64 };

/* What is known of the lines so far. */
struct state {
    char zone[ZONE_SIZE]; /* of all times, as -h names it; empty: it does not */
    /* For people (without -d): a time stands at the first of its lines alone. */
    struct stated last;
    bool has_last, is_none;
};

static const char *const mactime_head[] = {"Date", "Size", "Type", "Mode",
                                           "UID",  "GID",  "Meta", "File Name"};

static bool is_mactime(const struct csv_row *row)
{
    if (row->count != COUNT_OF(mactime_head))
        return false;
    for (size_t i = 0; i < COUNT_OF(mactime_head); i++)
        if (!str_is(row->cells[i], mactime_head[i]))
            return false;
    return true;
}

static bool take_mactime_head(struct reader *r, const struct csv_row *row)
{
    (void)r;
    return is_mactime(row);
}

/* "m.cb" */
static bool read_letters(struct str text, unsigned *times)
{
    static const char letters[] = "macb";

    *times = 0;
    for (size_t i = 0; i < sizeof(letters) - 1; i++) {
        if (text.len != sizeof(letters) - 1 || (text.p[i] != letters[i] && text.p[i] != '.'))
            return false;
        *times |= text.p[i] == '.' ? 0U : 1U << i;
    }
    return true;
}

/* "Mon Jan 02 2012 15:04:05", "Mon 01 02 2012 15:04:05" (-m), "2012-01-02T15:04:05Z" (-y); zeros
 * where there is no time. */
static bool read_date(struct str text, struct stated *s, bool *is_none)
{
    struct str rest = text;
    int year, month, day;

    *is_none = str_is(text, "Xxx Xxx 00 0000 00:00:00") || str_is(text, "0000-00-00T00:00:00Z");
    if (*is_none)
        return true;
    if (when_iso(&rest, s) || when_bsd(&rest, s))
        return rest.len == 0 && s->year;
    rest = str_from(text, 4);
    if (!when_digits(&rest, 2, &month) || !str_take(&rest, " ") || !when_digits(&rest, 2, &day) ||
        !str_take(&rest, " ") || !when_digits(&rest, 4, &year) || !str_take(&rest, " "))
        return false;
    *s = (struct stated){.year = year, .month = month, .day = day, .precision = TIME_S};
    return when_digits(&rest, 2, &s->hour) && str_take(&rest, ":") &&
           when_digits(&rest, 2, &s->minute) && str_take(&rest, ":") &&
           when_digits(&rest, 2, &s->second) && rest.len == 0;
}

static void put_time(struct reader *r, struct event *e, struct stated s)
{
    struct state *state = r->state;
    struct str zone = str_of(state->zone);

    if (!s.has_zone && zone.len) {
        s.has_zone = str_is(zone, "UTC") || str_is(zone, "GMT");
        if (!s.has_zone)
            reader_zone(r, zone, &s);
        event_put(e, FIELD_EVENT_TIMEZONE, event_keep(e, zone));
    }
    reader_time(r, e, &s);
}

static bool take_mactime(struct reader *r, const struct csv_row *row, struct event *e)
{
    const struct str *cells = row->cells;
    const struct body_file f = {.size = cells[1],
                                .mode = cells[3],
                                .uid = cells[4],
                                .gid = cells[5],
                                .inode = cells[6],
                                .name = cells[7]};
    struct stated s;
    unsigned times;
    bool is_none;

    if (!read_letters(cells[2], &times) || !read_date(cells[0], &s, &is_none))
        return false;
    if (!is_none)
        put_time(r, e, s);
    e->meaning = body_meaning(times);
    body_put(r, e, &f);
    return true;
}

/* What -h puts in front. */
static bool is_preface(struct str line)
{
    static const char *const begins[] = {"The Sleuth Kit mactime Timeline",
                                         "Input Source: ",
                                         "Time: ",
                                         "Timezone: ",
                                         "\tPassword File: ",
                                         "passwd File: ",
                                         "group File: ",
                                         "\tGroup File: "};

    for (size_t i = 0; i < COUNT_OF(begins); i++)
        if (str_starts(line, begins[i]))
            return true;
    return false;
}

/* It may name the zone that -z gave, behind what -h puts before it in the line. */
static bool take_preface(struct reader *r, struct str line)
{
    static const char name[] = "Timezone: ";
    struct state *state = r->state;
    const char *at;

    if (!is_preface(line))
        return false;
    at = str_starts(line, "T") ? memmem(line.p, line.len, name, sizeof(name) - 1) : NULL;
    line = str_trim(str_from(line, at ? (size_t)(at - line.p) + sizeof(name) - 1 : line.len));
    if (line.len && line.len < ZONE_SIZE) {
        memset(state->zone, 0, ZONE_SIZE);
        memcpy(state->zone, line.p, line.len);
    }
    return true;
}

static bool knows_mactime(struct str head)
{
    struct str cells[COUNT_OF(mactime_head) + 1], rest = head, line;
    struct csv_row row = {.cells = cells};

    (void)str_take(&rest, READER_BYTE_ORDER_MARK);
    do {
        head = rest;
        line = str_cut(&rest, '\n');
    } while (rest.len && (is_preface(line) || str_trim(line).len == 0));
    row.count = csv_first(head, cells, COUNT_OF(cells));
    return is_mactime(&row);
}

static int read_mactime(struct reader *r, struct err *e)
{
    static const struct csv_way way = {
        .head = take_mactime_head, .row = take_mactime, .is_before_head = take_preface};

    return csv_read(r, &way, e);
}

const struct format format_mactime = {.name = "mactime",
                                      .version = 2,
                                      .knows = knows_mactime,
                                      .read = read_mactime,
                                      .state_size = sizeof(struct state)};

static struct str take_word(struct str *rest)
{
    str_skip_blanks(rest);
    return str_cut(rest, ' ');
}

/* "Thu Nov 20 2025 02:12:09 ", "2025-11-20T02:12:09Z ", or blanks, as the line before had it. */
static bool take_date(struct state *state, struct str *line)
{
    static const size_t sizes[] = {24, 23, 20}; /* of a date, with -m, with -y */

    if (char_is_blank(line->p[0]))
        return state->has_last;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (line->len > sizes[i] && line->p[sizes[i]] == ' ' &&
            read_date(str_head(*line, sizes[i]), &state->last, &state->is_none)) {
            state->has_last = true;
            *line = str_from(*line, sizes[i]);
            return true;
        }
    return false;
}

/* "r/rrw-r--r--" of fls, "-rw-r--r--" of stat, UAC and mac-robber, "100644": whatever the body file
 * has. */
static bool is_mode(struct str s)
{
    static const char letters[] = "0123456789-/rwxsStTdlcbphvDLHV+.?";

    for (size_t i = 0; i < s.len; i++)
        if (!memchr(letters, s.p[i], sizeof(letters) - 1))
            return false;
    return s.len > 0;
}

static bool is_inode(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_digit(s.p[i]) && (s.p[i] != '-' || i == 0))
            return false;
    return s.len > 0;
}

/* "    1024 ma.. r/rrw-r--r-- 0        0        12       /etc/passwd" */
static bool take_file(struct str line, struct body_file *f, unsigned *times)
{
    uint64_t n;

    f->size = take_word(&line);
    if (!str_u64(f->size, &n) || !read_letters(take_word(&line), times))
        return false;
    f->mode = take_word(&line);
    f->uid = take_word(&line);
    f->gid = take_word(&line);
    f->inode = take_word(&line);
    str_skip_blanks(&line);
    f->name = line;
    return line.len && is_mode(f->mode) && f->uid.len && f->gid.len && is_inode(f->inode);
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct state *state = r->state;
    struct body_file f = {0};
    struct str whole = line;
    unsigned times;

    if (take_preface(r, line))
        return LINE_COMMENT;
    if (!take_date(state, &line) || !take_file(line, &f, &times))
        return LINE_FOREIGN;
    if (!state->is_none)
        put_time(r, e, state->last);
    e->meaning = body_meaning(times);
    body_put(r, e, &f);
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_mactime_text = {
    .name = "mactime", .version = 1, .line = line_of, .state_size = sizeof(struct state)};
