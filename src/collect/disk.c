/* disk.c: disks, software arrays and what the hardware counts as errors, as far as /sys shows. */
#include "collect/gather.h"

enum { DISK_COUNT = 20000, SECTOR_SIZE = 512 };

static struct str read_line(struct gather *g, struct buf *out, const char *class, const char *name,
                            const char *what)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "sys/%s/%s/%s", class, name, what);
    return host_line(&g->host, buf_text(&path), out);
}

static bool read_number(struct gather *g, const char *class, const char *name, const char *what,
                        uint64_t *out)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str text = read_line(g, &buf, class, name, what);

    if (str_starts(text, "0x"))
        return read_u64_base(str_from(text, 2), 16, out);
    return str_u64(text, out);
}

static void put_number(struct gather *g, struct json *j, const char *member, const char *class,
                       const char *name, const char *what)
{
    uint64_t n;

    if (read_number(g, class, name, what, &n))
        json_put_u64(j, member, n);
}

static void put_flag(struct gather *g, struct json *j, const char *member, const char *class,
                     const char *name, const char *what)
{
    uint64_t n;

    if (read_number(g, class, name, what, &n))
        json_put_bool(j, member, n);
}

static void put_text(struct gather *g, struct json *j, const char *member, const char *class,
                     const char *name, const char *what)
{
    CLEANUP_BUF struct buf buf = {0};

    put_some(j, member, read_line(g, &buf, class, name, what));
}

static void add_partitions(struct gather *g, const char *disk)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_NAMES struct names names = {0};

    buf_addf(&path, "sys/block/%s", disk);
    (void)host_names(&g->host, buf_text(&path), &names, DISK_COUNT);
    buf_clear(&path);
    buf_addf(&path, "block/%s", disk);
    for (size_t i = 0; i < names.count; i++) {
        uint64_t number;
        uint64_t sectors;
        struct json *j;

        if (!read_number(g, buf_text(&path), names.list[i], "partition", &number) ||
            !read_number(g, buf_text(&path), names.list[i], "size", &sectors))
            continue;
        j = doc_row_text(&g->doc, names.list[i]);
        json_put_u64(j, "size", sectors * SECTOR_SIZE);
        put_flag(g, j, "read_only", buf_text(&path), names.list[i], "ro");
        json_put_text(j, "partition_of", disk);
        doc_row_end(&g->doc);
    }
}

static void add_disk(struct gather *g, const char *name)
{
    struct json *j;
    uint64_t sectors;

    if (!read_number(g, "block", name, "size", &sectors) || sectors == 0)
        return; /* an unused loop device, an empty drive */
    j = doc_row_text(&g->doc, name);
    json_put_u64(j, "size", sectors * SECTOR_SIZE);
    put_text(g, j, "model", "block", name, "device/model");
    put_text(g, j, "vendor", "block", name, "device/vendor");
    put_text(g, j, "serial", "block", name, "device/serial");
    put_text(g, j, "wwid", "block", name, "device/wwid");
    put_flag(g, j, "read_only", "block", name, "ro");
    put_flag(g, j, "removable", "block", name, "removable");
    put_flag(g, j, "rotational", "block", name, "queue/rotational");
    put_text(g, j, "state", "block", name, "device/state");
    put_number(g, j, "io_errors", "block", name, "device/ioerr_cnt");
    put_text(g, j, "mapped_as", "block", name, "dm/name");
    put_text(g, j, "backing_file", "block", name, "loop/backing_file");
    doc_row_end(&g->doc);
    add_partitions(g, name);
}

void gather_disks(struct gather *g)
{
    CLEANUP_NAMES struct names names = {0};

    if (!doc_source(&g->doc, host_names(&g->host, "sys/block", &names, DISK_COUNT), "sys/block"))
        return;
    for (size_t i = 0; i < names.count; i++)
        add_disk(g, names.list[i]);
}

/* "md0 : active raid1 sda1[0] sdb1[1](F)": the state, read-only marks, the level, the members. */
static void put_array_line(struct json *j, struct str line, uint64_t *failed)
{
    CLEANUP_BUF struct buf state = {0};
    CLEANUP_BUF struct buf members = {0};
    struct str level = {"", 0};
    struct str field;

    while ((field = str_field(&line)).len) {
        bool is_member = memchr(field.p, '[', field.len) != NULL;

        if (is_member)
            *failed += str_ends(field, "(F)");
        else if (state.len && field.p[0] != '(')
            level = field;
        if (!is_member && (state.len == 0 || field.p[0] == '('))
            buf_addstr(&state, field);
        if (is_member && members.len)
            buf_addc(&members, ' ');
        if (is_member)
            buf_addstr(&members, field);
    }
    put_some(j, "state", buf_str(&state));
    put_some(j, "level", level);
    put_some(j, "members", buf_str(&members));
}

/* "… [2/1] [U_]": how many are wanted and work. */
static bool read_working(struct str line, uint64_t *wanted, uint64_t *working)
{
    struct str field;

    while ((field = str_field(&line)).len) {
        struct str inner = str_from(field, 1);
        struct str first = str_cut(&inner, '/');

        if (field.p[0] == '[' && str_ends(inner, "]") && str_u64(first, wanted) &&
            str_u64(str_head(inner, inner.len - 1), working))
            return true;
    }
    return false;
}

static void add_array(struct gather *g, struct str name, struct str line, struct str *text)
{
    struct json *j = doc_row_begin(&g->doc, name);
    uint64_t failed = 0;
    uint64_t wanted = 0;
    uint64_t working = 0;

    put_array_line(j, line, &failed);
    while (text->len && (text->p[0] == ' ' || text->p[0] == '\t')) {
        struct str detail = {"", 0};
        uint64_t a;
        uint64_t b;

        take_line(text, &detail);
        if (read_working(detail, &a, &b)) {
            wanted = a;
            working = b;
        }
        if (detail.len && memchr(detail.p, '%', detail.len))
            put_some(j, "progress", str_trim(detail));
    }
    if (wanted) {
        json_put_u64(j, "wanted", wanted);
        json_put_u64(j, "working", working);
    }
    json_put_u64(j, "failed", failed);
    json_put_bool(j, "degraded", working < wanted || failed > 0);
    doc_row_end(&g->doc);
}

void gather_arrays(struct gather *g)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;

    if (!gather_file(g, "proc/mdstat", &buf))
        return;
    text = buf_str(&buf);
    while (take_line(&text, &line)) {
        struct str name = str_field(&line);

        if (str_starts(name, "md") && str_is(str_field(&line), ":"))
            add_array(g, name, line, &text);
    }
}

void gather_health(struct gather *g)
{
    static const char folder[] = "devices/system/edac/mc";
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_NAMES struct names names = {0};

    if (!doc_source(&g->doc, host_names(&g->host, "sys/devices/system/edac/mc", &names, DISK_COUNT),
                    "sys/devices/system/edac/mc"))
        return;
    for (size_t i = 0; i < names.count; i++) {
        struct json *j;

        if (strncmp(names.list[i], "mc", 2) != 0)
            continue;
        buf_clear(&key);
        buf_addf(&key, "memory controller %s", names.list[i]);
        j = doc_row_begin(&g->doc, buf_str(&key));
        put_number(g, j, "corrected", folder, names.list[i], "ce_count");
        put_number(g, j, "uncorrected", folder, names.list[i], "ue_count");
        doc_row_end(&g->doc);
    }
}

/* Name, size, uses, users, state, address, and letters of taint in brackets. */
void gather_modules(struct gather *g)
{
    enum { NAME, SIZE, USES, USERS, STATE, PLACE, TAINT, FIELD_COUNT };
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;

    if (!gather_file(g, "proc/modules", &buf))
        return;
    text = buf_str(&buf);
    while (take_line(&text, &line)) {
        struct str fields[FIELD_COUNT];
        struct json *j;
        uint64_t size;

        for (size_t i = 0; i < FIELD_COUNT; i++)
            fields[i] = str_field(&line);
        if (fields[NAME].len == 0)
            continue;
        j = doc_row_begin(&g->doc, fields[NAME]);
        if (str_u64(fields[SIZE], &size))
            json_put_u64(j, "size", size);
        if (!str_is(fields[USERS], "-"))
            put_some(j, "used_by", fields[USERS]);
        put_some(j, "state", fields[STATE]);
        put_some(j, "taint", fields[TAINT]);
        doc_row_end(&g->doc);
    }
}
