/* journal.c: the systemd journal's binary files, as systemd's JOURNAL_FILE_FORMAT describes them:
 * all objects are gone through in the order in which they lie, so that also entries are read that
 * no list leads to, in files that were not closed, are cut, or damaged. The lists of entries say
 * where a part may begin, and nothing else. */
#include "base/mem.h"
#include "timeline/journal_fields.h"
#include "timeline/unpack.h"

enum {
    HEADER_LEAST = 208, /* of the first version */
    HEADER_MOST = 64 << 10,
    HEADER_FLAGS = 12,
    HEADER_STATE = 16,
    HEADER_SIZE = 88,
    HEADER_ARENA = 96,
    HEADER_ENTRIES = 152,
    HEADER_LIST = 176,
    STATE_ONLINE = 1,
    FLAG_COMPACT = 16,
    FLAGS_KNOWN = 31, /* xz, LZ4, keyed hashes, zstd, compact */

    OBJECT_HEAD = 16,
    OBJECT_DATA = 1,
    OBJECT_ENTRY = 3,
    OBJECT_LIST = 6,
    LIST_NEXT = 16,
    LIST_HEAD = 24,
    OBJECT_TYPE_MOST = 7,
    PACKED_XZ = 1,
    PACKED_LZ4 = 2,
    PACKED_ZSTD = 4,
    DATA_ENTRIES = 56, /* how many entries have it */
    DATA_HEAD = 64,
    DATA_HEAD_COMPACT = 72,
    DATA_USUAL = 256, /* most have no more bytes */
    ENTRY_HEAD = 64,

    ROOM = EVENT_VALUE_SIZE + JOURNAL_NAME_SIZE + 8,
    PACKED_MOST = BYTES_MOST - DATA_HEAD_COMPACT,
    KEPT_PLACES = 8192,
    KEPT_WAYS = 2,   /* of each place: a line of the processor's cache */
    KEPT_SIZE = 240, /* of one value */
    KEPT_ROOM = 1 << 20,
    ZEROS_STEP = 64 << 10,
    NOTICES_MOST = 64,
};

/* A value that many entries share. */
struct kept {
    uint64_t at; /* of its object; 0: none is kept here */
    struct journal_text text;
};

struct journal {
    struct reader *r;
    struct bytes *bytes;
    struct unpacker *unpacker;
    struct kept (*kept)[KEPT_WAYS]; /* KEPT_PLACES */
    char *kept_bytes;               /* KEPT_ROOM: their values, one after another */
    size_t kept_len;
    uint32_t kept_number; /* of the one that was kept last */
    struct journal_names names;
    bool is_compact;
    uint64_t end;     /* of what the file has */
    uint64_t from;    /* objects of the part begin here */
    uint64_t to;      /* and before this */
    uint64_t entries; /* that were read */
    struct listed {
        uint64_t all, part; /* entries that the lists name */
    } listed;
    unsigned notices;
    struct event event;
};

struct object {
    uint64_t at, size;
    uint8_t type, flags;
};

static bool knows(struct str head)
{
    return head.len >= HEADER_LEAST && str_starts(head, "LPKSHHRH") &&
           le64(head, HEADER_SIZE) >= HEADER_LEAST && le64(head, HEADER_SIZE) <= HEADER_MOST;
}

static int notice(struct journal *j, uint64_t at, const char *words, struct err *err)
{
    if (j->notices++ > NOTICES_MOST)
        return 0;
    if (j->notices > NOTICES_MOST)
        words = "There is more damage, which is not told one by one.";
    return reader_notice(j->r, at, words, err);
}

static bool object_of(struct str head, uint64_t at, struct object *o)
{
    static const uint8_t least[] = {0, DATA_HEAD, 40, ENTRY_HEAD, OBJECT_HEAD, OBJECT_HEAD, 24, 64};
    uint64_t first;

    if (head.len < OBJECT_HEAD)
        return false;
    first = le64(head, 0);
    *o = (struct object){at, le64(head, 8), (uint8_t)first, (uint8_t)(first >> 8)};
    return o->type >= OBJECT_DATA && o->type <= OBJECT_TYPE_MOST &&
           (o->flags == 0 || (o->type == OBJECT_DATA && (o->flags & (o->flags - 1)) == 0 &&
                              o->flags <= PACKED_ZSTD)) &&
           first >> 16 == 0 && o->size >= least[o->type] && o->size <= (uint64_t)INT64_MAX - at;
}

static uint64_t object_end(const struct object *o)
{
    return (o->at + o->size + 7) & ~(uint64_t)7;
}

static int object_at(struct journal *j, uint64_t at, struct object *o, bool *is_one, struct err *e)
{
    struct str head;
    int rc = bytes_at(j->bytes, at, OBJECT_HEAD, &head, e);

    *is_one = rc == 0 && object_of(head, at, o) && o->at + o->size <= j->end;
    return rc;
}

static int packed_kind(uint8_t flags)
{
    return flags == PACKED_XZ ? UNPACK_XZ : flags == PACKED_LZ4 ? UNPACK_LZ4 : UNPACK_ZSTD;
}

/* What a data object holds, its beginning. */
struct data {
    struct str text; /* NAME=value; empty: the object is damaged */
    uint64_t whole;  /* bytes of it */
    bool is_shared;  /* several entries have it, as it says itself */
};

static int data_at(struct journal *j, uint64_t at, struct data *out, struct err *e)
{
    size_t front = j->is_compact ? DATA_HEAD_COMPACT : DATA_HEAD, want;
    struct object o;
    struct str head;
    int rc = bytes_at(j->bytes, at, DATA_USUAL, &head, e);

    *out = (struct data){.text = STR("")};
    if (rc || head.len < DATA_HEAD || !object_of(head, at, &o) || o.at + o.size > j->end ||
        o.type != OBJECT_DATA || o.size <= front)
        return rc;
    out->is_shared = le64(head, DATA_ENTRIES) != 1;
    out->whole = o.size - front;
    out->text = str_part(head, front, (size_t)out->whole);
    want = o.flags ? PACKED_MOST : ROOM;
    if (o.size > DATA_USUAL)
        rc = bytes_at(j->bytes, at + front, out->whole < want ? (size_t)out->whole : want,
                      &out->text, e);
    if (rc == 0 && o.flags &&
        !unpack(j->unpacker, (enum unpack_kind)packed_kind(o.flags), out->text, &out->text,
                &out->whole))
        out->text = STR("");
    return rc;
}

static struct kept *place_of(struct journal *j, uint64_t at)
{
    return j->kept[(at >> 3) % KEPT_PLACES];
}

/* NULL: it is not. */
static const struct journal_text *kept_at(struct journal *j, uint64_t at)
{
    const struct kept *k = place_of(j, at);

    for (size_t i = 0; at && i < KEPT_WAYS; i++)
        if (k[i].at == at)
            return &k[i].text;
    return NULL;
}

/* What is kept is borrowed until the entry is ended, so nothing goes before. */
static void make_room(struct journal *j)
{
    if (j->kept_len + KEPT_SIZE * JOURNAL_FIELDS_MAX <= KEPT_ROOM)
        return;
    j->kept_len = 0;
    memset(j->kept, 0, KEPT_PLACES * sizeof(j->kept[0]));
}

static void keep(struct journal *j, uint64_t at, struct journal_name name, struct str value)
{
    char *to = j->kept_bytes + j->kept_len;
    struct str copy = {to, value.len};
    struct kept *k = place_of(j, at);

    if (value.len == 0 || value.len > KEPT_SIZE || !reader_is_plain(value))
        return;
    memcpy(to, value.p, value.len);
    j->kept_len += value.len;
    j->kept_number += j->kept_number < UINT32_MAX; /* numbers are not used twice */
    memmove(k + 1, k, (KEPT_WAYS - 1) * sizeof(*k));
    k->at = at;
    k->text = journal_text(name, copy, j->kept_number < UINT32_MAX ? j->kept_number : 0);
}

/* *is_lost where the field cannot be read. */
static int put_data(struct journal *j, struct journal_entry *entry, uint64_t at, bool *is_lost,
                    struct err *e)
{
    struct journal_name known;
    struct str name, value;
    struct data data;
    int rc;

    /* There is no room for more values, so nothing is unpacked in vain. */
    *is_lost = j->event.scratch_len > EVENT_SCRATCH_SIZE - ROOM;
    if (*is_lost)
        return 0;
    rc = data_at(j, at, &data, e);
    if (rc)
        return rc;
    value = data.text;
    *is_lost = !memchr(value.p, '=', str_head(value, JOURNAL_NAME_SIZE + 1).len);
    if (*is_lost)
        return 0;
    name = str_cut(&value, '=');
    known = journal_name(&j->names, j->r->names, name);
    *is_lost = known.field == FIELD_NONE;
    if (*is_lost)
        return 0;
    journal_put(entry, known, value, data.whole - name.len - 1);
    if (data.is_shared && data.whole == data.text.len)
        keep(j, at, known, value);
    return 0;
}

/* What it says of itself, and the places of its fields. */
static int entry_items(struct journal *j, const struct object *o, struct journal_entry *entry,
                       uint64_t *places, size_t *count, struct err *e)
{
    size_t item = j->is_compact ? 4 : 16;
    uint64_t whole = (o->size - ENTRY_HEAD) / item;
    size_t most = whole < JOURNAL_FIELDS_MAX ? (size_t)whole : JOURNAL_FIELDS_MAX;
    struct str all;
    int rc = bytes_at(j->bytes, o->at, ENTRY_HEAD + most * item, &all, e);

    *count = 0;
    if (rc || all.len < ENTRY_HEAD) /* the file became shorter */
        return rc;
    entry->number = le64(all, 16);
    entry->realtime_us = le64(all, 24);
    entry->monotonic_us = le64(all, 32);
    *count = (all.len - ENTRY_HEAD) / item;
    for (size_t i = 0; i < *count; i++) {
        size_t at = ENTRY_HEAD + i * item;

        places[i] = j->is_compact ? le32(all, at) : le64(all, at);
    }
    return 0;
}

static int tell_lost(struct journal *j, const struct object *o, size_t lost, struct err *err)
{
    char words[96];

    snprintf(words, sizeof(words), "Of the entry before, %zu fields cannot be read.", lost);
    return notice(j, o->at, words, err);
}

static int take_entry(struct journal *j, const struct object *o, struct err *err)
{
    uint64_t places[JOURNAL_FIELDS_MAX];
    struct journal_entry entry;
    size_t count, lost = 0;
    int rc;

    journal_begin(&entry, j->r, &j->names, &j->event, o->at);
    make_room(j);
    rc = entry_items(j, o, &entry, places, &count, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const struct journal_text *kept = kept_at(j, places[i]);
        bool is_lost = false;

        if (kept)
            journal_put_text(&entry, kept);
        else
            rc = put_data(j, &entry, places[i], &is_lost, err);
        lost += is_lost;
    }
    if (rc)
        return rc;
    rc = journal_end(&entry, err);
    j->entries++;
    return rc == 0 && lost ? tell_lost(j, o, lost, err) : rc;
}

/* Where anything but zeros begins, at or behind *at; the end, where nothing does. */
static int pass_zeros(struct journal *j, uint64_t *at, struct err *e)
{
    while (*at < j->end) {
        struct str step;
        int rc = bytes_at(j->bytes, *at, ZEROS_STEP - *at % ZEROS_STEP, &step, e);

        if (rc)
            return rc;
        if (step.len == 0)
            *at = j->end;
        if (!is_all_zero(step)) {
            size_t i = 0;

            while (step.p[i] == 0)
                i++;
            *at += i & ~(size_t)7;
            return 0;
        }
        *at += step.len;
    }
    return 0;
}

/* An object, with another or nothing behind it. */
static int is_sound_at(struct journal *j, uint64_t at, bool *is_sound, struct err *e)
{
    struct object o, next;
    struct str head;
    int rc = object_at(j, at, &o, is_sound, e);

    if (rc || !*is_sound)
        return rc;
    rc = bytes_at(j->bytes, object_end(&o), OBJECT_HEAD, &head, e);
    *is_sound = is_all_zero(head) || object_of(head, object_end(&o), &next);
    return rc;
}

/* Where the next object begins that can be one, behind *at. */
static int find_object(struct journal *j, uint64_t *at, struct err *e)
{
    bool is_sound = false;
    int rc = 0;

    while (rc == 0 && !is_sound && *at + OBJECT_HEAD <= j->end) {
        *at += 8;
        rc = is_sound_at(j, *at, &is_sound, e);
    }
    if (!is_sound)
        *at = j->end;
    return rc;
}

static int tell_damage(struct journal *j, uint64_t from, uint64_t to, struct err *e)
{
    char words[128];

    if (to >= j->end)
        snprintf(words, sizeof(words), "The file is cut or damaged from byte %llu on.",
                 (unsigned long long)from);
    else
        snprintf(words, sizeof(words), "The file is damaged from byte %llu to %llu.",
                 (unsigned long long)from, (unsigned long long)to);
    return notice(j, from, words, e);
}

static int take_objects(struct journal *j, uint64_t at, struct err *e)
{
    int rc = 0;

    while (rc == 0 && at < j->end && at < j->to) {
        uint64_t from = at;
        struct object o;
        bool is_one;

        rc = object_at(j, at, &o, &is_one, e);
        if (rc == 0 && is_one) {
            at = object_end(&o);
            if (o.type == OBJECT_ENTRY)
                rc = take_entry(j, &o, e);
            continue;
        }
        if (rc == 0)
            rc = pass_zeros(j, &at, e);
        if (rc == 0 && at == from && (rc = find_object(j, &at, e)) == 0)
            rc = tell_damage(j, from, at, e);
    }
    return rc;
}

static int begin(struct journal *j, struct str *head, struct err *e)
{
    uint64_t size;
    int rc = bytes_size(j->bytes, &size, e);

    if (rc == 0)
        rc = bytes_at(j->bytes, 0, HEADER_LEAST, head, e);
    if (rc)
        return rc;
    j->end = size;
    j->is_compact = le32(*head, HEADER_FLAGS) & FLAG_COMPACT;
    return 0;
}

/* An entry that the lists name. */
static void list_entry(struct journal *j, uint64_t at, uint64_t from, uint64_t to)
{
    j->listed.all++;
    if (at >= from) {
        j->listed.part++;
        j->from = at < j->from ? at : j->from;
    }
    if (at >= to) {
        j->listed.part--;
        j->to = at < j->to ? at : j->to;
    }
}

static int list_entries(struct journal *j, const struct object *o, uint64_t from, uint64_t to,
                        struct err *e)
{
    size_t item = j->is_compact ? 4 : 8;
    uint64_t end = o->at + o->size;

    for (uint64_t at = o->at + LIST_HEAD; at + item <= end;) {
        size_t want = end - at < BYTES_MOST ? (size_t)(end - at) : BYTES_MOST;
        struct str items;
        int rc = bytes_at(j->bytes, at, want, &items, e);

        if (rc || items.len < item)
            return rc;
        for (size_t i = 0; i + item <= items.len; i += item) {
            uint64_t entry = j->is_compact ? le32(items, i) : le64(items, i);

            if (entry == 0)
                return 0;
            list_entry(j, entry, from, to);
        }
        at += items.len / item * item;
    }
    return 0;
}

/* The part begins with the first entry at or behind from that a list names, and ends before the
 * first at or behind to: what lies between is gone through by one of two parts, whatever the lists
 * leave out. */
static int find_part(struct journal *j, uint64_t list, uint64_t from, uint64_t to, struct err *e)
{
    uint64_t before = 0;
    int rc = 0;

    j->from = j->to = UINT64_MAX;
    while (rc == 0 && list > before) {
        struct object o;
        struct str next;
        bool is_one;

        rc = object_at(j, list, &o, &is_one, e);
        if (rc || !is_one || o.type != OBJECT_LIST)
            return rc;
        rc = list_entries(j, &o, from, to, e);
        if (rc == 0)
            rc = bytes_at(j->bytes, list + LIST_NEXT, 8, &next, e);
        before = list;
        list = rc == 0 && next.len == 8 ? le64(next, 0) : 0;
    }
    return rc;
}

/* Of one of several parts nobody knows how many it should have, but the lists. */
static int tell_missing(struct journal *j, uint64_t stated, struct err *e)
{
    bool is_one = j->r->from == 0;
    uint64_t there = is_one ? j->entries : j->listed.all;
    char words[160];

    if (there >= stated)
        return 0;
    snprintf(words, sizeof(words), "%llu entries %s; the file should have %llu.",
             (unsigned long long)there, is_one ? "were found" : "are on the file's lists",
             (unsigned long long)stated);
    return notice(j, j->end, words, e);
}

static int tell_missing_of_part(struct journal *j, struct err *e)
{
    char words[200];

    if (j->entries >= j->listed.part)
        return 0;
    snprintf(words, sizeof(words),
             "%llu entries were found from byte %llu on, before the next part of the file; its "
             "lists name %llu.",
             (unsigned long long)j->entries, (unsigned long long)j->from,
             (unsigned long long)j->listed.part);
    return notice(j, j->from, words, e);
}

/* What the head says of the whole, which the last part tells. */
static int tell_end(struct journal *j, struct str head, struct err *e)
{
    uint64_t header = le64(head, HEADER_SIZE), arena = le64(head, HEADER_ARENA);
    uint64_t stated_end = arena > INT64_MAX ? INT64_MAX : header + arena;
    char words[160];
    int rc = 0;

    if (stated_end > j->end) {
        snprintf(words, sizeof(words), "The file is cut: it ends %llu bytes before it should.",
                 (unsigned long long)(stated_end - j->end));
        rc = notice(j, j->end, words, e);
    }
    if (rc == 0)
        rc = tell_missing(j, le64(head, HEADER_ENTRIES), e);
    if (rc == 0 && head.p[HEADER_STATE] == STATE_ONLINE)
        rc = notice(j, j->end,
                    "The journal was still being written, or not closed: its last entries may be "
                    "missing.",
                    e);
    return rc;
}

static void journal_release(struct journal *j)
{
    bytes_free(j->bytes);
    unpacker_free(j->unpacker);
    free(j->kept);
    free(j->kept_bytes);
    event_release(&j->event);
    free(j);
}

DEFINE_CLEANUP(struct journal *, journal_release)

static int read_part(struct reader *r, struct err *e)
{
    CLEANUP(journal_releasep) struct journal *j = mem_new(struct journal);
    bool is_all = r->from == 0 && r->to == UINT64_MAX;
    char head_bytes[HEADER_LEAST];
    struct str head;
    int rc;

    j->r = r;
    j->bytes = bytes_new(r);
    j->unpacker = unpacker_new(ROOM);
    j->kept = mem_array(KEPT_PLACES, sizeof(j->kept[0]));
    j->kept_bytes = mem_alloc(KEPT_ROOM);
    event_init(&j->event);
    rc = begin(j, &head, e);
    if (rc)
        return rc;
    if (le32(head, HEADER_FLAGS) & ~(uint32_t)FLAGS_KNOWN)
        return r->from ? 0
                       : notice(j, HEADER_FLAGS,
                                "The journal has features that are not known here.", e);
    memcpy(head_bytes, head.p, sizeof(head_bytes));
    head = (struct str){head_bytes, sizeof(head_bytes)};
    j->to = UINT64_MAX;
    if (!is_all)
        rc = find_part(j, le64(head, HEADER_LIST), r->from, r->to, e);
    if (r->from == 0)
        j->from = le64(head, HEADER_SIZE);
    if (rc == 0)
        rc = take_objects(j, j->from, e);
    if (rc == 0 && !is_all)
        rc = tell_missing_of_part(j, e);
    return rc || r->to != UINT64_MAX ? rc : tell_end(j, head, e);
}

const struct format format_journal = {.name = "journald",
                                      .version = 3,
                                      .is_splittable = true,
                                      .part_size = 24 << 20,
                                      .knows = knows,
                                      .read = read_part};
