/* file_run.c: sorts the times of files, and makes events of them. */
#include "timeline/file_run.h"
#include <stdlib.h>
#include "base/mem.h"
#include "timeline/when.h"

#define NS_OF_S 1000000000LL

enum {
    STEP_100NS = 100,
    TIME_SETS = 5, /* the four, and when the inode was freed */
    AT_DELETED = DISK_TIME_COUNT,
    MODE_SIZE = 8,
    ROOM_BEGIN = 1 << 12,
};

struct file_clock {
    const char *kind; /* the beginning of its name */
    bool is_local;    /* clock times without a zone */
    /* By DISK_MODIFIED and so on; TIME_NONE: ns where the file has a fraction, else s. */
    uint8_t precision[TIME_SETS];
    bool has_hundredths[TIME_SETS]; /* and where a fraction or an odd second says so, ms */
};

/* FAT: Microsoft, FAT32 File System Specification 1.03 (2000); exFAT: its specification (2019),
 * 7.4; NTFS: [MS-FSCC] 2.1.1; ext: Documentation/filesystems/ext4/inodes.rst; HFS+: TN1150; ISO
 * 9660: ECMA-119 9.1.5; YAFFS2: yaffs_guts.h. */
static const struct file_clock clocks[] = {
    {"fat", true, {TIME_2S, TIME_DAY, TIME_2S, TIME_2S, TIME_S}, {[DISK_BORN] = true}},
    {"exfat",
     true,
     {TIME_2S, TIME_2S, TIME_2S, TIME_2S, TIME_S},
     {[DISK_MODIFIED] = true, [DISK_BORN] = true}},
    {"ntfs", false, {TIME_100NS, TIME_100NS, TIME_100NS, TIME_100NS, TIME_S}, {false}},
    {"iso", true, {TIME_S, TIME_S, TIME_S, TIME_S, TIME_S}, {false}},
    {"hfs", false, {TIME_S, TIME_S, TIME_S, TIME_S, TIME_S}, {false}},
    {"yaffs", false, {TIME_S, TIME_S, TIME_S, TIME_S, TIME_S}, {false}},
    {"posix", false, {TIME_NS, TIME_NS, TIME_NS, TIME_NS, TIME_NS}, {false}},
    {"", false, {TIME_NONE, TIME_NONE, TIME_NONE, TIME_NONE, TIME_S}, {false}},
};

const struct file_clock *file_clock_of(struct str kind)
{
    size_t i = 0;

    while (!str_starts(kind, clocks[i].kind))
        i++;
    return &clocks[i];
}

/* A file that waits for its turn; its texts lie one after another. */
struct row {
    uint64_t inode, size;
    size_t text; /* where its path begins */
    uint32_t path_size, link_size, stream_size;
    uint32_t uid, gid, mode;
    uint32_t attribute_type, attribute_id;
    uint8_t type;
    bool has_meta, has_attribute, has_slash;
    bool is_deleted, is_reallocated, is_name_time;
};

/* One time of it. */
struct moment {
    int64_t sec;
    uint32_t ns;
    uint32_t row;
    uint8_t meanings; /* 1 << DISK_MODIFIED and so on; 0: it has no time at all */
    uint8_t precision;
};

enum field {
    INODE,
    TYPE,
    SIZE,
    MODE,
    UID,
    GID,
    TARGET,
    FORK,
    STATE,
    TIMES,
    FIELD_COUNT,
};
static const char *const field_names_of[FIELD_COUNT] = {
    [INODE] = "file.inode",        [TYPE] = "file.type",      [SIZE] = "file.size",
    [MODE] = "file.mode",          [UID] = "file.uid",        [GID] = "file.gid",
    [TARGET] = "file.target_path", [FORK] = "file.fork_name", [STATE] = "file_system.state",
    [TIMES] = "file_system.times",
};

struct file_run {
    struct reader *reader;
    const struct file_clock *clock;
    uint16_t fields[FIELD_COUNT];
    struct moment *moments;
    size_t moment_count, moment_room;
    struct row *rows;
    size_t row_count, row_room;
    struct buf text;
    struct str host;
    struct event event;
};

struct file_run *file_run_new(struct reader *r, const struct file_clock *clock)
{
    struct file_run *run = mem_new(struct file_run);

    run->reader = r;
    run->clock = clock;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        run->fields[i] = field_number(r->names, str_of(field_names_of[i]));
    event_init(&run->event);
    return run;
}

void file_run_free(struct file_run *run)
{
    if (!run)
        return;
    free(run->moments);
    free(run->rows);
    buf_release(&run->text);
    event_release(&run->event);
    free(run);
}

void file_run_host(struct file_run *run, struct str host)
{
    run->host = host;
}

static uint8_t meaning_of(uint8_t meanings)
{
    static const uint8_t of[1 << TIME_SETS] = {
        [0] = MEANING_LOGGED,
#define FILE_MEANING(id, bits) [bits] = MEANING_##id,
#define M (1 << DISK_MODIFIED)
#define A (1 << DISK_ACCESSED)
#define C (1 << DISK_CHANGED)
#define B (1 << DISK_BORN)
        FILE_MEANING(MODIFIED, M) FILE_MEANING(ACCESSED, A) FILE_MEANING(CHANGED, C) FILE_MEANING(
            CREATED, B) FILE_MEANING(MODIFIED_ACCESSED, M | A) FILE_MEANING(MODIFIED_CHANGED, M | C)
            FILE_MEANING(MODIFIED_CREATED, M | B) FILE_MEANING(ACCESSED_CHANGED, A | C)
                FILE_MEANING(ACCESSED_CREATED, A | B) FILE_MEANING(CHANGED_CREATED, C | B)
                    FILE_MEANING(MODIFIED_ACCESSED_CHANGED, M | A | C)
                        FILE_MEANING(MODIFIED_ACCESSED_CREATED, M | A | B)
                            FILE_MEANING(MODIFIED_CHANGED_CREATED, M | C | B)
                                FILE_MEANING(ACCESSED_CHANGED_CREATED, A | C | B)
                                    FILE_MEANING(MODIFIED_ACCESSED_CHANGED_CREATED, M | A | C | B)
#undef M
#undef A
#undef C
#undef B
#undef FILE_MEANING
                                        [1 << AT_DELETED] = MEANING_DELETED,
    };

    return of[meanings];
}

static uint8_t precision_of(const struct file_run *run, size_t which, struct utc t,
                            bool has_fraction)
{
    const struct file_clock *c = run->clock;

    if (c->has_hundredths[which] && (t.ns || t.sec % 2))
        return TIME_MS;
    if (c->precision[which] != TIME_NONE)
        return c->precision[which];
    return has_fraction ? TIME_NS : TIME_S;
}

static void put_moment(struct file_run *run, const struct moment *m)
{
    run->moments =
        mem_grow(run->moments, run->moment_count, &run->moment_room, sizeof(run->moments[0]));
    run->moments[run->moment_count++] = *m;
}

/* Equal times of one file become one. */
static void add_time(struct file_run *run, size_t from, struct utc t, size_t which,
                     uint8_t precision)
{
    struct moment m = {.sec = t.sec,
                       .ns = t.ns,
                       .row = (uint32_t)run->row_count - 1,
                       .meanings = (uint8_t)(1U << which),
                       .precision = precision};

    if (t.sec == 0)
        return;
    for (size_t i = from; i < run->moment_count && which != AT_DELETED; i++) {
        struct moment *there = &run->moments[i];

        if (there->sec == m.sec && there->ns == m.ns && there->precision == m.precision) {
            there->meanings |= m.meanings;
            return;
        }
    }
    put_moment(run, &m);
}

static void add_times(struct file_run *run, const struct utc *t, struct utc deleted)
{
    size_t from = run->moment_count;
    bool has_fraction = false;

    for (size_t i = 0; i < DISK_TIME_COUNT; i++)
        has_fraction |= t[i].ns != 0;
    for (size_t i = 0; i < DISK_TIME_COUNT; i++)
        add_time(run, from, t[i], i, precision_of(run, i, t[i], has_fraction));
    add_time(run, from, deleted, AT_DELETED, TIME_S);
    if (run->moment_count == from) {
        const struct moment none = {.sec = INT64_MIN, .row = (uint32_t)run->row_count - 1};

        put_moment(run, &none);
    }
}

/* Names with slashes between them. True: a name has one of its own. */
static bool add_path(struct buf *out, struct str path)
{
    bool has_slash = false;

    while (path.len) {
        struct str name = str_cut(&path, '\0');

        buf_addc(out, '/');
        while (memchr(name.p, '/', name.len)) {
            has_slash = true;
            buf_addstr(out, str_cut(&name, '/'));
            buf_adds(out, "\\x2f");
        }
        buf_addstr(out, name);
    }
    return has_slash;
}

static struct row *add_row(struct file_run *run, const struct disk_file *f)
{
    struct row *row;
    size_t text = run->text.len;
    bool has_slash = add_path(&run->text, f->path);
    size_t path_size = run->text.len - text;

    buf_addstr(&run->text, f->link);
    buf_addstr(&run->text, f->stream);
    run->rows = mem_grow(run->rows, run->row_count, &run->row_room, sizeof(run->rows[0]));
    row = &run->rows[run->row_count++];
    *row = (struct row){.inode = f->inode,
                        .size = f->size,
                        .text = text,
                        .path_size = (uint32_t)path_size,
                        .link_size = (uint32_t)f->link.len,
                        .stream_size = (uint32_t)f->stream.len,
                        .uid = f->uid,
                        .gid = f->gid,
                        .mode = f->mode,
                        .attribute_type = f->attribute_type,
                        .attribute_id = f->attribute_id,
                        .type = (uint8_t)(f->has_meta ? f->type : f->name_type),
                        .has_meta = f->has_meta,
                        .has_attribute = f->has_attribute,
                        .has_slash = has_slash,
                        .is_deleted = f->is_deleted || f->is_inode_deleted,
                        .is_reallocated = f->is_reallocated};
    return row;
}

static const char *type_name(uint8_t type)
{
    return type == DISK_FOLDER ? "dir"
           : type == DISK_LINK ? "symlink"
                               : disk_type_name((enum disk_type)type);
}

static void put_inode(struct event *e, uint16_t name, const struct row *row)
{
    char text[64];
    int len = row->has_attribute
                  ? snprintf(text, sizeof(text), "%llu-%u-%u", (unsigned long long)row->inode,
                             row->attribute_type, row->attribute_id)
                  : snprintf(text, sizeof(text), "%llu", (unsigned long long)row->inode);

    event_put(e, name, event_keep(e, (struct str){text, (size_t)len}));
}

static void put_meta(struct file_run *run, const struct row *row)
{
    struct event *e = &run->event;
    char mode[MODE_SIZE];
    int len = snprintf(mode, sizeof(mode), "%04o", row->mode);

    if (row->size || row->type != DISK_FOLDER) /* of folders not every source says it */
        event_put_u64(e, run->fields[SIZE], row->size);
    event_put(e, run->fields[MODE], event_keep(e, (struct str){mode, (size_t)len}));
    event_put_u64(e, run->fields[UID], row->uid);
    event_put_u64(e, run->fields[GID], row->gid);
}

static void put_fields(struct file_run *run, const struct row *row)
{
    struct event *e = &run->event;
    struct str text = str_from(buf_str(&run->text), row->text);
    struct str link = str_from(text, row->path_size);
    struct str stream = str_from(link, row->link_size);

    if (row->has_slash)
        event_puts(e, FIELD_EVENT_ORIGINAL_BYTES, "yes");
    event_put(e, FIELD_HOST_NAME, reader_text(e, run->host));
    event_put(e, FIELD_FILE_PATH, reader_text(e, str_head(text, row->path_size)));
    event_put(e, run->fields[TARGET], reader_text(e, str_head(link, row->link_size)));
    event_put(e, run->fields[FORK], reader_text(e, str_head(stream, row->stream_size)));
    put_inode(e, run->fields[INODE], row);
    event_puts(e, run->fields[TYPE], type_name(row->type));
    if (row->has_meta)
        put_meta(run, row);
    if (row->is_reallocated)
        event_puts(e, run->fields[STATE], "reallocated");
    else if (row->is_deleted)
        event_puts(e, run->fields[STATE], "deleted");
    if (row->is_name_time)
        event_puts(e, run->fields[TIMES], "$FILE_NAME");
}

/* What does not fit into 64 bits is told in words. */
static void put_out_of_range(struct event *e, const struct moment *m)
{
    char text[UTC_TEXT_SIZE];

    e->precision = TIME_NONE;
    e->doubt |= DOUBT_RANGE;
    utc_write(text, (struct utc){m->sec, m->ns});
    event_put(e, FIELD_EVENT_STATED_TIME, event_keep(e, (struct str){text, sizeof(text)}));
}

static void put_time(struct file_run *run, const struct moment *m)
{
    struct event *e = &run->event;
    struct stated s = {.ns = m->ns, .precision = m->precision};

    e->meaning = meaning_of(m->meanings);
    if (m->meanings == 0)
        return;
    if (m->sec > INT64_MAX / NS_OF_S - 86400 * 2 || m->sec < INT64_MIN / NS_OF_S + 86400 * 2) {
        put_out_of_range(e, m);
    } else if (run->clock->is_local && m->meanings != 1 << AT_DELETED) {
        stated_from_seconds(&s, m->sec);
        s.ns = m->ns;
        s.precision = m->precision;
        reader_time(run->reader, e, &s);
    } else {
        e->ns = m->sec * NS_OF_S + m->ns;
        e->precision = m->precision;
    }
}

static int tell(struct file_run *run, const struct moment *m, struct err *err)
{
    event_begin(&run->event);
    put_time(run, m);
    put_fields(run, &run->rows[m->row]);
    run->reader->counts.lines++;
    return reader_event(run->reader, &run->event, err);
}

/* Of one time those come first whose files were met first. */
static int compare(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;

    if (x->sec != y->sec)
        return x->sec < y->sec ? -1 : 1;
    if (x->ns != y->ns)
        return x->ns < y->ns ? -1 : 1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->meanings < y->meanings ? -1 : x->meanings > y->meanings;
}

int file_run_end(struct file_run *run, struct err *e)
{
    int rc = 0;

    if (run->moment_count)
        qsort(run->moments, run->moment_count, sizeof(run->moments[0]), compare);
    run->reader->last_ns = 0;
    for (size_t i = 0; rc == 0 && i < run->moment_count; i++)
        rc = tell(run, &run->moments[i], e);
    run->moment_count = 0;
    run->row_count = 0;
    buf_clear(&run->text);
    return rc;
}

int file_run_add(struct file_run *run, const struct disk_file *f, struct err *e)
{
    size_t most = FILE_RUN_EVENTS - 2 * TIME_SETS;
    int rc = run->moment_count > most || run->text.len > FILE_RUN_TEXT ? file_run_end(run, e) : 0;
    struct row *row;

    if (rc)
        return rc;
    (void)add_row(run, f);
    add_times(run, f->time, f->deleted);
    if (!f->has_name_time)
        return 0;
    row = add_row(run, f);
    row->is_name_time = true;
    row->size = f->name_time_size;
    row->attribute_type = 48; /* $FILE_NAME: [MS-FSCC] 2.4.5, The Sleuth Kit's numbers */
    row->attribute_id = f->name_time_id;
    row->stream_size = 0;
    row->has_attribute = true;
    add_times(run, f->name_time, (struct utc){0});
    return 0;
}
