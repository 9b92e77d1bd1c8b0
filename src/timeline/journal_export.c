/* journal_export.c: the systemd journal's export format (systemd's JOURNAL_EXPORT_FORMATS): fields
 * as NAME=value lines, or NAME, the size as 64 bits and that many bytes; an empty line ends an
 * entry. */
#include "timeline/journal_fields.h"

enum {
    ROOM = EVENT_VALUE_SIZE + JOURNAL_NAME_SIZE + 8,
    STEP = 64 << 10,
    SIZE_BYTES = 8,
    NOTICES_MOST = 64,
};

struct export_reader {
    struct reader *r;
    struct bytes *bytes;
    uint64_t at;
    bool is_end;
    bool has_entry; /* that is not ended */
    unsigned notices;
    struct journal_names names;
    struct journal_entry entry;
    struct event event;
};

static bool knows(struct str head)
{
    return str_starts(head, "__CURSOR=") || str_starts(head, "__REALTIME_TIMESTAMP=");
}

static int notice(struct export_reader *x, uint64_t at, const char *words, struct err *err)
{
    return x->notices++ < NOTICES_MOST ? reader_notice(x->r, at, words, err) : 0;
}

/* Where the next newline is, behind x->at; *has_one false: nowhere. */
static int find_newline(struct export_reader *x, uint64_t *at, bool *has_one, struct err *e)
{
    struct str step;

    *at = x->at;
    *has_one = false;
    for (;;) {
        const char *found;
        int rc = bytes_at(x->bytes, *at, STEP - *at % STEP, &step, e);

        if (rc || step.len == 0)
            return rc;
        found = memchr(step.p, '\n', step.len);
        if (found) {
            *at += (uint64_t)(found - step.p);
            *has_one = true;
            return 0;
        }
        *at += step.len;
    }
}

/* "s=…;i=68d;b=…": i is the number of the entry. */
static void put_cursor(struct journal_entry *entry, struct str cursor)
{
    while (cursor.len) {
        struct str part = str_cut(&cursor, ';');
        uint64_t n = 0;

        if (!str_take(&part, "i=") || part.len > 16)
            continue;
        for (size_t i = 0; i < part.len; i++) {
            static const char digits[] = "0123456789abcdef";
            const char *digit = memchr(digits, part.p[i], 16);

            if (!digit)
                return;
            n = n << 4 | (uint64_t)(digit - digits);
        }
        entry->number = n;
    }
}

/* Those of the entry itself, which no program can write. */
static bool put_own(struct journal_entry *entry, struct str name, struct str value)
{
    if (!str_starts(name, "__"))
        return false;
    if (str_is(name, "__REALTIME_TIMESTAMP"))
        journal_put_realtime(entry, value);
    else if (str_is(name, "__MONOTONIC_TIMESTAMP"))
        (void)str_u64(value, &entry->monotonic_us);
    else if (str_is(name, "__CURSOR"))
        put_cursor(entry, value);
    return true;
}

static int tell_damage(struct export_reader *x, uint64_t at, struct err *err)
{
    return notice(x, at, "A field here is damaged; it is left out.", err);
}

/* A line of text, until end. */
static int take_text(struct export_reader *x, uint64_t end, struct err *err)
{
    size_t most = end - x->at < ROOM ? (size_t)(end - x->at) : ROOM;
    struct str value, name;
    uint64_t whole = end - x->at;
    struct journal_name known;
    int rc = bytes_at(x->bytes, x->at, most, &value, err);

    if (rc)
        return rc;
    name = str_cut(&value, '=');
    whole -= name.len + 1;
    if (put_own(&x->entry, name, value))
        return 0;
    known = journal_name(&x->names, x->r->names, name);
    if (known.field == FIELD_NONE)
        return tell_damage(x, x->at, err);
    journal_put(&x->entry, known, value, whole);
    return 0;
}

/* Behind a line that is only the name; *next is behind the value, and its newline. */
static int take_framed(struct export_reader *x, struct journal_name known, uint64_t at,
                       uint64_t *next, struct err *err)
{
    struct str part;
    uint64_t size;
    int rc = bytes_at(x->bytes, at, SIZE_BYTES, &part, err);

    if (rc)
        return rc;
    *next = at;
    size = part.len == SIZE_BYTES ? le64(part, 0) : UINT64_MAX;
    at += SIZE_BYTES;
    if (known.field == FIELD_NONE || size > (uint64_t)INT64_MAX - at)
        return tell_damage(x, x->at, err);
    rc = bytes_at(x->bytes, at + size, 1, &part, err);
    if (rc)
        return rc;
    if (part.len == 0 || part.p[0] != '\n')
        return tell_damage(x, x->at, err);
    rc = bytes_at(x->bytes, at, size < ROOM ? (size_t)size : ROOM, &part, err);
    if (rc)
        return rc;
    journal_put(&x->entry, known, part, size);
    *next = at + size + 1;
    return 0;
}

static int end_entry(struct export_reader *x, struct err *err)
{
    if (!x->has_entry)
        return 0;
    x->has_entry = false;
    return journal_end(&x->entry, err);
}

/* One field, or the end of an entry. */
static int take_field(struct export_reader *x, struct err *err)
{
    struct str line;
    uint64_t end, next;
    bool has_end;
    int rc = find_newline(x, &end, &has_end, err);

    if (rc)
        return rc;
    x->is_end = !has_end;
    if (!has_end)
        return x->at < end ? notice(x, x->at, "The file ends within a field.", err) : 0;
    next = end + 1;
    if (end == x->at) {
        rc = end_entry(x, err);
    } else {
        size_t most =
            end - x->at < JOURNAL_NAME_SIZE + 1 ? (size_t)(end - x->at) : JOURNAL_NAME_SIZE + 1;

        if (!x->has_entry)
            journal_begin(&x->entry, x->r, &x->names, &x->event, x->at);
        x->has_entry = true;
        rc = bytes_at(x->bytes, x->at, most, &line, err);
        if (rc == 0)
            rc = memchr(line.p, '=', line.len)
                     ? take_text(x, end, err)
                     : take_framed(x, journal_name(&x->names, x->r->names, line), end + 1, &next,
                                   err);
    }
    x->at = next;
    return rc;
}

static void export_release(struct export_reader *x)
{
    bytes_free(x->bytes);
    event_release(&x->event);
}

static int read_all(struct reader *r, struct err *err)
{
    CLEANUP(export_release) struct export_reader x = {.r = r, .bytes = bytes_new(r)};
    int rc = 0;

    event_init(&x.event);
    while (rc == 0 && !x.is_end)
        rc = take_field(&x, err);
    return rc ? rc : end_entry(&x, err);
}

const struct format format_journal_export = {
    .name = "journald-export", .version = 3, .knows = knows, .read = read_all};
