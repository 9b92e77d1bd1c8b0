/* intake.c: times of files: of the list of a folder that was taken into evidence, calm-intake/1
 * (doc/format/evidence.md section 4), and of what calm-collect tells of a host's files
 * (doc/format/live.md). */
#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "timeline/bytes.h"
#include "timeline/file_run.h"
#include "timeline/json_flat.h"
#include "timeline/told_lines.h"

/* What one line says. */
struct entry {
    struct disk_file file;
    struct buf path, link; /* as they stand */
    bool has_path, has_path_hex, has_link_hex;
    struct str host; /* of the head; borrowed of the line */
};

struct reading {
    struct reader *r;
    struct file_run *run;
    struct event event; /* of lines that are none of the list's */
    struct entry entry;
    bool has_head; /* a line without a path is no file and no damage */
    char host[FIELD_NAME_SIZE];
};

static bool knows(struct str head)
{
    return str_starts(head, "{\"format\":\"calm-intake/1\",");
}

static bool has(struct str line, const char *part)
{
    return memmem(line.p, line.len, part, strlen(part)) != NULL;
}

/* Its first line: members are in one order. */
static bool knows_live(struct str head)
{
    struct str line = str_cut(&head, '\n');

    return str_starts(line, "{\"path\":\"/") && has(line, "\",\"kind\":\"") &&
           has(line, ",\"mode\":\"") && has(line, ",\"inode\":") && has(line, ",\"changed\":\"");
}

static void take_text(struct buf *out, struct str value, bool *has_hex)
{
    if (!*has_hex)
        buf_addstr(out, value);
}

static void take_hex(struct buf *out, struct str value, bool *has_hex)
{
    size_t size = value.len / 2;

    if (size == 0 || size > LIMIT_DISK_PATH_SIZE)
        return;
    buf_clear(out);
    if (hex_read(buf_room(out, size), size, value)) {
        out->len = size;
        *has_hex = true;
    }
}

static uint32_t octal(struct str text)
{
    uint32_t n = 0;

    for (size_t i = 0; i < text.len && i < 5 && text.p[i] >= '0' && text.p[i] <= '7'; i++)
        n = n * 8 + (uint32_t)(text.p[i] - '0');
    return n & 07777;
}

static enum disk_type type_of(struct str name)
{
    for (size_t i = 0; i < DISK_TYPE_COUNT_; i++)
        if (str_is(name, disk_type_name((enum disk_type)i)))
            return (enum disk_type)i;
    return DISK_UNKNOWN;
}

static bool take_time(struct disk_file *f, const struct json_value *v)
{
    static const char *const names[DISK_TIME_COUNT] = {[DISK_MODIFIED] = "modified",
                                                       [DISK_ACCESSED] = "accessed",
                                                       [DISK_CHANGED] = "changed",
                                                       [DISK_BORN] = "created"};

    for (size_t i = 0; i < DISK_TIME_COUNT; i++)
        if (str_is(v->name, names[i]))
            return utc_read(&f->time[i], v->value);
    return false;
}

static bool take_number(struct disk_file *f, const struct json_value *v)
{
    uint64_t n;

    if (!str_u64(v->value, &n))
        return false;
    if (str_is(v->name, "inode"))
        f->inode = n;
    else if (str_is(v->name, "size"))
        f->size = n;
    else if (str_is(v->name, "uid"))
        f->uid = (uint32_t)n;
    else if (str_is(v->name, "gid"))
        f->gid = (uint32_t)n;
    return true;
}

static void take_member(void *context, const struct json_value *v)
{
    struct entry *entry = context;
    struct disk_file *f = &entry->file;

    if (str_is(v->name, "path")) {
        entry->has_path = true;
        take_text(&entry->path, v->value, &entry->has_path_hex);
    } else if (str_is(v->name, "path_hex")) {
        take_hex(&entry->path, v->value, &entry->has_path_hex);
    } else if (str_is(v->name, "target")) {
        take_text(&entry->link, v->value, &entry->has_link_hex);
    } else if (str_is(v->name, "target_hex")) {
        take_hex(&entry->link, v->value, &entry->has_link_hex);
    } else if (str_is(v->name, "type") || str_is(v->name, "kind")) {
        f->type = type_of(v->value);
    } else if (str_is(v->name, "mode")) {
        f->mode = octal(v->value);
    } else if (str_is(v->name, "host")) {
        entry->host = v->value;
    } else if (!take_time(f, v)) {
        (void)take_number(f, v);
    }
}

/* "/etc/passwd" as names with NUL between them, in place; false: it has none. */
static bool make_names(struct buf *path)
{
    size_t to = 0;

    for (size_t i = 0; i < path->len; i++) {
        char c = path->p[i];

        if (c == '\0')
            return false;
        if (c != '/')
            path->p[to++] = c;
        else if (to && path->p[to - 1] != '\0')
            path->p[to++] = '\0';
    }
    if (to && path->p[to - 1] == '\0')
        to--;
    path->len = to;
    return to > 0 && to <= LIMIT_DISK_PATH_SIZE;
}

static int take_unparsed(struct reading *g, uint64_t at, struct str line, struct err *err)
{
    struct event *e = &g->event;

    if (g->r->is_passed)
        return 0;

    event_begin(e);
    e->at = at;
    event_puts(e, FIELD_EVENT_KIND, "unparsed");
    event_put_raw(e, g->r->names, FIELD_MESSAGE, line, line.len);
    g->r->counts.lines++;
    return reader_event(g->r, e, err);
}

/* A file is listed once for each definition that names it, at the end of the line: without that. */
static struct str without_artifact(struct str line)
{
    static const char mark[] = ",\"artifact\":\"";
    size_t i = line.len > sizeof(mark) ? line.len - sizeof(mark) : 0;
    struct str behind;

    while (i && memcmp(line.p + i, mark, sizeof(mark) - 1) != 0)
        i--;
    behind = str_from(line, i + sizeof(mark) - 1);
    (void)str_cut(&behind, '"');
    return i && str_is(behind, "}") ? str_head(line, i) : str_head(line, line.len - 1);
}

/* Whether the same was told of the file before, in this source of the item or another. */
static bool is_told(const struct reading *g, struct str line)
{
    return g->r->told && !g->has_head && str_starts(line, "{\"path\":\"") &&
           !told_lines_add(g->r->told, without_artifact(line));
}

static void take_head(struct reading *g)
{
    struct str host = str_head(g->entry.host, sizeof(g->host));

    g->r->counts.lines++;
    g->r->counts.comments++;
    if (host.len == 0)
        return;
    memcpy(g->host, host.p, host.len);
    file_run_host(g->run, (struct str){g->host, host.len});
}

static int take_entry(struct reading *g, struct err *e)
{
    struct entry *entry = &g->entry;

    entry->file.path = buf_str(&entry->path);
    entry->file.link = buf_str(&entry->link);
    entry->file.has_meta = true;
    return file_run_add(g->run, &entry->file, e);
}

static int take_line(struct reading *g, uint64_t at, struct str line, struct err *e)
{
    struct entry *entry = &g->entry;
    struct json_flat flat = {.take = take_member, .context = entry, .e = &g->event};
    struct str rest = line;
    bool told = is_told(g, line);

    if (g->r->is_passed)
        return 0;
    buf_clear(&entry->path);
    buf_clear(&entry->link);
    *entry = (struct entry){.path = entry->path, .link = entry->link};
    event_begin(&g->event);
    if (!json_flat(&flat, &rest) || rest.len)
        return take_unparsed(g, at, line, e);
    if (!entry->has_path && g->has_head) {
        take_head(g);
        return 0;
    }
    if (!make_names(&entry->path))
        return take_unparsed(g, at, line, e);
    if (told) {
        g->r->counts.lines++;
        g->r->counts.comments++;
        return 0;
    }
    return take_entry(g, e);
}

/* Lines that are whole; the last one may lack its end. *taken gets their bytes. */
static int take_window(struct reading *g, uint64_t at, struct str window, bool is_last,
                       size_t *taken, struct err *e)
{
    struct str rest = window;
    int rc = 0;

    while (rc == 0 && rest.len && (is_last || memchr(rest.p, '\n', rest.len))) {
        uint64_t begin = at + (window.len - rest.len);
        struct str line = str_cut(&rest, '\n');

        rc = take_line(g, begin, line, e);
    }
    *taken = window.len - rest.len;
    return rc;
}

static int read_lines(struct reading *g, struct bytes *bytes, struct err *e)
{
    uint64_t at = 0;
    bool is_last = false;
    int rc = 0;

    while (rc == 0 && !is_last) {
        struct str window;
        size_t taken = 0;

        rc = bytes_at(bytes, at, BYTES_MOST, &window, e);
        if (rc)
            return rc;
        is_last = window.len < BYTES_MOST;
        rc = take_window(g, at, window, is_last, &taken, e);
        if (rc == 0 && taken == 0 && window.len) { /* a line of a mebibyte is none of ours */
            rc = take_unparsed(g, at, window, e);
            taken = window.len;
        }
        at += taken;
    }
    return rc;
}

static int read_all(struct reader *r, struct err *e)
{
    CLEANUP(bytes_freep) struct bytes *bytes = bytes_new(r);
    CLEANUP(file_run_freep) struct file_run *run = file_run_new(r, file_clock_of(STR("posix")));
    struct reading g = {.r = r, .run = run, .has_head = r->format == &format_intake};
    int rc;

    event_init(&g.event);
    rc = read_lines(&g, bytes, e);
    if (rc == 0)
        rc = file_run_end(run, e);
    event_release(&g.event);
    buf_release(&g.entry.path);
    buf_release(&g.entry.link);
    return rc;
}

const struct format format_intake = {
    .name = "intake", .version = 1, .knows = knows, .read = read_all};
const struct format format_live_file = {.name = "live-file",
                                        .version = 2,
                                        .is_of_machine = true,
                                        .knows = knows_live,
                                        .read = read_all};
