/* mft_csv.c: the $MFT of NTFS as the table that MFTECmd makes of it (--csv; its MFTRecordOut): the
 * times of a file's $STANDARD_INFORMATION (0x10) and of its $FILE_NAME (0x30), in UTC. Of the
 * latter it writes those alone that differ. */
#include "base/mem.h"
#include "timeline/body.h"
#include "timeline/csv.h"

enum { TIMES = 4, ATTRIBUTES = 2 };

enum cell { ENTRY, SEQUENCE, IN_USE, PARENT, NAME, SIZE, IS_FOLDER, CELLS };
static const char *const cell_names[CELLS] = {
    "EntryNumber", "SequenceNumber", "InUse", "ParentPath", "FileName", "FileSize", "IsDirectory"};
static const char *const time_names[ATTRIBUTES][TIMES] = {{[BODY_MODIFIED] = "LastModified0x10",
                                                           [BODY_ACCESSED] = "LastAccess0x10",
                                                           [BODY_CHANGED] = "LastRecordChange0x10",
                                                           [BODY_CREATED] = "Created0x10"},
                                                          {[BODY_MODIFIED] = "LastModified0x30",
                                                           [BODY_ACCESSED] = "LastAccess0x30",
                                                           [BODY_CHANGED] = "LastRecordChange0x30",
                                                           [BODY_CREATED] = "Created0x30"}};

/* A time that is to be told. */
struct moment {
    struct stated time;
    unsigned times; /* bits by body_letter; 0: it was told, or is another one's */
};

struct state {
    size_t cells[CELLS], times[ATTRIBUTES][TIMES]; /* columns + 1; 0: there is none */
    struct moment moments[ATTRIBUTES][TIMES];
    struct buf kept[CELLS]; /* of the row */
};

static void release(void *state)
{
    struct state *s = state;

    for (size_t i = 0; i < CELLS; i++)
        buf_release(&s->kept[i]);
}

/* + 1; 0: there is none. */
static size_t column_of(const struct csv_row *head, const char *name)
{
    for (size_t i = 0; i < head->count; i++)
        if (str_is(head->cells[i], name))
            return i + 1;
    return 0;
}

static bool is_head(const struct csv_row *head)
{
    return csv_has(head, "EntryNumber") && csv_has(head, "ParentPath") &&
           csv_has(head, "FileName") && csv_has(head, "Created0x10");
}

static bool knows(struct str head)
{
    struct str cells[64];
    struct csv_row row = {.cells = cells, .count = csv_first(head, cells, COUNT_OF(cells))};

    return is_head(&row);
}

static bool take_head(struct reader *r, const struct csv_row *row)
{
    struct state *s = r->state;

    for (size_t i = 0; i < CELLS; i++)
        s->cells[i] = column_of(row, cell_names[i]);
    for (size_t a = 0; a < ATTRIBUTES; a++)
        for (size_t i = 0; i < TIMES; i++)
            s->times[a][i] = column_of(row, time_names[a][i]);
    return is_head(row);
}

static bool is_same(const struct stated *a, const struct stated *b)
{
    return stated_seconds(a) == stated_seconds(b) && a->ns == b->ns;
}

/* Meanings of one time are joined. */
static void join(struct moment *moments)
{
    for (size_t i = 0; i < TIMES; i++)
        for (size_t k = i + 1; k < TIMES; k++)
            if (moments[i].times && moments[k].times &&
                is_same(&moments[i].time, &moments[k].time)) {
                moments[i].times |= moments[k].times;
                moments[k].times = 0;
            }
}

static bool read_moment(struct str text, struct stated *out)
{
    if (!when_iso(&text, out) || text.len || !stated_is_date(out))
        return false;
    out->has_zone = true;
    return true;
}

static struct str kept(const struct state *s, enum cell c)
{
    return buf_str(&s->kept[c]);
}

/* ".\Users\eva" and "evil.exe" as "/Users/eva/evil.exe", as the events of a disk have it. */
static struct str path_of(const struct state *s, struct event *e)
{
    struct str parent = kept(s, PARENT), path = {e->scratch + e->scratch_len, 0};

    if (!str_take(&parent, "."))
        return event_keep(e, kept(s, NAME));
    for (size_t i = 0; i < parent.len; i++)
        path.len +=
            event_keep(e, parent.p[i] == '\\' ? STR("/") : str_head(str_from(parent, i), 1)).len;
    path.len += event_keep(e, STR("/")).len;
    path.len += event_keep(e, kept(s, NAME)).len;
    return path;
}

static void put_file(struct reader *r, struct event *e, bool is_name)
{
    const struct state *s = r->state;

    event_put(e, FIELD_FILE_PATH, path_of(s, e));
    event_put(e, field_number(r->names, STR("file.inode")), event_keep(e, kept(s, ENTRY)));
    event_put(e, field_number(r->names, STR("file.size")), event_keep(e, kept(s, SIZE)));
    event_puts(e, field_number(r->names, STR("file.type")),
               str_is(kept(s, IS_FOLDER), "True") ? "dir" : "file");
    event_put(e, field_number(r->names, STR("mft.sequence_number")),
              event_keep(e, kept(s, SEQUENCE)));
    if (str_is(kept(s, IN_USE), "False"))
        event_puts(e, field_number(r->names, STR("file_system.state")), "deleted");
    if (is_name)
        event_puts(e, field_number(r->names, STR("file_system.times")), "$FILE_NAME");
    event_puts(e, FIELD_EVENT_CATEGORY, "file");
}

static bool put_moment(struct reader *r, struct event *e)
{
    struct state *s = r->state;

    for (size_t a = 0; a < ATTRIBUTES; a++)
        for (size_t i = 0; i < TIMES; i++) {
            struct moment *m = &s->moments[a][i];

            if (m->times == 0)
                continue;
            reader_time(r, e, &m->time);
            e->meaning = body_meaning(m->times);
            m->times = 0;
            put_file(r, e, a == 1);
            return true;
        }
    return false;
}

static bool take_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;

    for (size_t i = 0; i < CELLS; i++) {
        buf_clear(&s->kept[i]);
        if (s->cells[i])
            buf_addstr(&s->kept[i], row->cells[s->cells[i] - 1]);
    }
    for (size_t a = 0; a < ATTRIBUTES; a++) {
        for (size_t i = 0; i < TIMES; i++) {
            size_t column = s->times[a][i];
            struct moment *m = &s->moments[a][i];

            m->times = column && read_moment(row->cells[column - 1], &m->time) ? 1U << i : 0;
        }
        join(s->moments[a]);
    }
    if (!put_moment(r, e)) /* a file without a time */
        put_file(r, e, false);
    return true;
}

static bool take_more(struct reader *r, const struct csv_row *row, struct event *e)
{
    (void)row;
    return put_moment(r, e);
}

static int read_all(struct reader *r, struct err *e)
{
    static const struct csv_way way = {.head = take_head, .row = take_row, .more = take_more};

    return csv_read(r, &way, e);
}

const struct format format_mft_csv = {.name = "mft",
                                      .version = 1,
                                      .knows = knows,
                                      .read = read_all,
                                      .state_size = sizeof(struct state),
                                      .release = release};
