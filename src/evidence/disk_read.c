/* disk_read.c: the program's side of reading a disk: starts the worker and checks what it says. */
#include "evidence/disk_wire.h"

enum { CPU_S = 12 * 3600, WALL_S = 48 * 3600 };

#define MEMORY_SIZE ((uint64_t)3 << 30)

static int unsound(struct err *e)
{
    return err_set(
        e, ERR_TAMPER,
        "the disk's reader sent what no sound one sends, and was stopped. The disk may be "
        "made to attack it");
}

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

/* Years that the journal's spelling has; a disk may say any. */
static bool read_time(struct disk_wire_time t, struct utc *out)
{
    static const int64_t first = -62167219200; /* 0000-01-01 */
    static const int64_t last = 253402300799;  /* 9999-12-31T23:59:59 */

    *out = (struct utc){t.sec, t.ns};
    return t.ns <= 999999999 && t.sec >= first && t.sec <= last;
}

static int take_table(struct disk_reading *r, struct str body, struct err *e)
{
    struct disk_table t;

    if (body.len != sizeof(t))
        return unsound(e);
    memcpy(&t, body.p, sizeof(t));
    if (!is_text(t.kind, sizeof(t.kind)) || t.sector_size < 512 || t.sector_size > 65536)
        return unsound(e);
    return r->to->table ? r->to->table(r->to->context, &t, e) : 0;
}

static int take_doubt(struct disk_reading *r, struct str body, struct err *e)
{
    if (body.len == 0 || body.len > DISK_TEXT_LIMIT || ++r->doubt_count > DISK_DOUBT_COUNT)
        return unsound(e);
    return r->to->doubt ? r->to->doubt(r->to->context, body, e) : 0;
}

static int take_partition(struct disk_reading *r, struct str body, struct err *e)
{
    struct disk_partition_head head;
    struct disk_partition p;

    if (body.len < sizeof(head) || body.len > sizeof(head) + DISK_TEXT_LIMIT ||
        ++r->row_count > DISK_ROW_COUNT)
        return unsound(e);
    memcpy(&head, body.p, sizeof(head));
    p = (struct disk_partition){.first = head.first,
                                .count = head.count,
                                .number = head.number,
                                .is_volume = head.flags & DISK_IS_VOLUME,
                                .is_table = head.flags & DISK_IS_TABLE,
                                .what = str_from(body, sizeof(head))};
    return r->to->partition ? r->to->partition(r->to->context, &p, e) : 0;
}

static int take_fs(struct disk_reading *r, struct str body, struct err *e)
{
    struct disk_fs fs;
    struct utc *times[] = {&fs.made, &fs.mounted, &fs.written};

    if (body.len != sizeof(fs))
        return unsound(e);
    memcpy(&fs, body.p, sizeof(fs));
    if (!is_text(fs.kind, sizeof(fs.kind)) || !is_text(fs.label, sizeof(fs.label)) ||
        !is_text(fs.mounted_on, sizeof(fs.mounted_on)) || !is_text(fs.advice, sizeof(fs.advice)))
        return unsound(e);
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct disk_wire_time t = {times[i]->sec, times[i]->ns, 0};

        if (!read_time(t, times[i]))
            return unsound(e);
    }
    return r->to->fs ? r->to->fs(r->to->context, &fs, e) : 0;
}

/* Names with one NUL between them, none of them empty. */
static bool is_path(struct str path)
{
    if (path.len == 0 || path.len > LIMIT_DISK_PATH_SIZE || path.p[path.len - 1] == '\0')
        return false;
    while (path.len)
        if (str_cut(&path, '\0').len == 0)
            return false;
    return true;
}

static bool read_texts(const struct disk_file_head *head, struct str body, struct disk_file *f)
{
    if (head->path_len > LIMIT_DISK_PATH_SIZE || head->link_len > LIMIT_DISK_PATH_SIZE ||
        head->stream_len > LIMIT_DISK_PATH_SIZE ||
        body.len != (size_t)head->path_len + head->link_len + head->stream_len)
        return false;
    f->path = str_head(body, head->path_len);
    f->link = str_head(str_from(body, head->path_len), head->link_len);
    f->stream = str_from(body, (size_t)head->path_len + head->link_len);
    return is_path(f->path);
}

static bool read_times(const struct disk_file_head *head, struct disk_file *f)
{
    for (size_t i = 0; i < DISK_TIME_COUNT; i++)
        if (!read_time(head->time[i], &f->time[i]) ||
            !read_time(head->time[DISK_TIME_COUNT + i], &f->name_time[i]))
            return false;
    return read_time(head->deleted, &f->deleted);
}

static bool read_file(struct str body, struct disk_file *out)
{
    struct disk_file_head h;

    if (body.len < sizeof(h))
        return false;
    memcpy(&h, body.p, sizeof(h));
    *out = (struct disk_file){
        .inode = h.inode,
        .size = h.size,
        .name_time_size = h.name_time_size,
        .name_time_id = h.name_time_id,
        .uid = h.uid,
        .gid = h.gid,
        .mode = h.mode,
        .links = h.links,
        .attribute_type = h.attribute_type,
        .attribute_id = h.attribute_id,
        .name_type = (enum disk_type)h.name_type,
        .type = (enum disk_type)h.type,
        .has_meta = h.flags & DISK_HAS_META,
        .has_attribute = h.flags & DISK_HAS_ATTRIBUTE,
        .has_name_time = h.flags & DISK_HAS_NAME_TIME,
        .is_deleted = h.flags & DISK_IS_DELETED,
        .is_inode_deleted = h.flags & DISK_IS_INODE_DELETED,
        .is_reallocated = (h.flags & DISK_IS_DELETED) && (h.flags & DISK_HAS_META) &&
                          !(h.flags & DISK_IS_INODE_DELETED),
        .is_forgotten = h.flags & DISK_IS_FORGOTTEN,
        .has_content = h.flags & DISK_HAS_CONTENT,
        .is_encrypted = h.flags & DISK_IS_ENCRYPTED,
        .is_compressed = h.flags & DISK_IS_COMPRESSED,
    };
    return h.name_type < DISK_TYPE_COUNT_ && h.type < DISK_TYPE_COUNT_ && h.mode <= 07777 &&
           h.size <= INT64_MAX && read_times(&h, out) &&
           read_texts(&h, str_from(body, sizeof(h)), out);
}

static int take_file(struct disk_reading *r, struct str body, struct err *e)
{
    struct disk_file f;

    if (r->is_open || !read_file(body, &f))
        return unsound(e);
    if (++r->file_count > LIMIT_DISK_FILE_COUNT)
        return err_set(e, ERR_LIMIT, "more than %d files", LIMIT_DISK_FILE_COUNT);
    r->is_open = r->wants_content && f.has_content;
    r->file_size = 0;
    return r->to->file ? r->to->file(r->to->context, &f, e) : 0;
}

static int count_content(struct disk_reading *r, uint64_t more, struct err *e)
{
    if (!r->is_open || more > r->most - r->content_size)
        return unsound(e);
    r->content_size += more;
    r->file_size += more;
    return 0;
}

static int take_data(struct disk_reading *r, struct str bytes, struct err *e)
{
    int code = count_content(r, bytes.len, e);

    if (code)
        return code;
    return r->to->data ? r->to->data(r->to->context, bytes, e) : 0;
}

static int take_hole(struct disk_reading *r, struct str body, struct err *e)
{
    uint64_t size;
    int code;

    if (body.len != sizeof(size))
        return unsound(e);
    memcpy(&size, body.p, sizeof(size));
    code = count_content(r, size, e);
    if (code)
        return code;
    return r->to->hole ? r->to->hole(r->to->context, size, e) : 0;
}

static int take_end(struct disk_reading *r, struct str body, struct err *e)
{
    struct disk_end_head h;
    struct disk_end end;

    if (!r->is_open || body.len < sizeof(h) || body.len > sizeof(h) + DISK_TEXT_LIMIT)
        return unsound(e);
    memcpy(&h, body.p, sizeof(h));
    if (h.size != r->file_size || h.lost > h.size || h.unread > h.size - h.lost ||
        h.foreign > h.size)
        return unsound(e);
    r->is_open = false;
    end = (struct disk_end){.size = h.size,
                            .lost = h.lost,
                            .unread = h.unread,
                            .foreign = h.foreign,
                            .is_guess = h.is_guess != 0,
                            .problem = str_from(body, sizeof(h))};
    return r->to->end ? r->to->end(r->to->context, &end, e) : 0;
}

static int take_trouble(struct disk_reading *r, struct str body, struct err *e)
{
    uint32_t len;
    struct str path;

    if (r->is_open || body.len < sizeof(len))
        return unsound(e);
    memcpy(&len, body.p, sizeof(len));
    body = str_from(body, sizeof(len));
    path = str_head(body, len);
    body = str_from(body, path.len);
    if (path.len != len || (len && !is_path(path)) || body.len == 0 || body.len > DISK_TEXT_LIMIT)
        return unsound(e);
    return r->to->trouble ? r->to->trouble(r->to->context, path, body, e) : 0;
}

static int take_count(struct disk_reading *r, struct str body, struct err *e)
{
    if (r->is_open || r->has_count || body.len != sizeof(r->count))
        return unsound(e);
    memcpy(&r->count, body.p, sizeof(r->count));
    if (r->count.files != r->file_count)
        return unsound(e);
    r->has_count = true;
    return 0;
}

int disk_take_message(struct disk_reading *r, uint32_t kind, struct str body, struct err *e)
{
    static int (*const take[])(struct disk_reading *, struct str, struct err *) = {
        [DISK_WIRE_TABLE] = take_table, [DISK_WIRE_PARTITION] = take_partition,
        [DISK_WIRE_FS] = take_fs,       [DISK_WIRE_FILE] = take_file,
        [DISK_WIRE_DATA] = take_data,   [DISK_WIRE_HOLE] = take_hole,
        [DISK_WIRE_END] = take_end,     [DISK_WIRE_TROUBLE] = take_trouble,
        [DISK_WIRE_DOUBT] = take_doubt, [DISK_WIRE_COUNT] = take_count,
    };

    if (r->has_count || kind >= COUNT_OF(take) || !take[kind])
        return unsound(e);
    return take[kind](r, body, e);
}

static int take_message(void *context, uint32_t kind, struct str body, struct err *e)
{
    return disk_take_message(context, kind, body, e);
}

static int run(struct disk_reading *r, const struct disk_source *source,
               const struct disk_task *task, struct str path, struct disk_count *out, struct err *e)
{
    static const struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .memory = MEMORY_SIZE, .hears_interrupt = true};
    CLEANUP_BUF struct buf argument = {0};
    struct worker_order order = {.program = DISK_PROGRAM,
                                 .named = DISK_JOB,
                                 .name = source->name,
                                 .ins = source->fds,
                                 .in_count = source->fd_count,
                                 .limits = &limits,
                                 .receive = take_message,
                                 .context = r};
    int code;

    buf_add(&argument, task, sizeof(*task));
    buf_add(&argument, source->gaps, task->gap_count * sizeof(source->gaps[0]));
    buf_addstr(&argument, path);
    order.argument = buf_str(&argument);
    code = worker_run_order(&order, e);
    if (code)
        return code;
    if (!r->has_count)
        return unsound(e);
    *out = r->count;
    return 0;
}

int disk_survey(const struct disk_source *source, const struct disk_receiver *to,
                struct disk_count *out, struct err *e)
{
    struct disk_reading r = {.to = to};
    struct disk_task task = {.format = source->format};

    return run(&r, source, &task, STR(""), out, e);
}

static uint32_t task_flags(const struct disk_wish *w)
{
    return DISK_TASK_LISTS | (w->has_inode ? (uint32_t)DISK_TASK_HAS_INODE : 0) |
           (w->has_attribute_id ? (uint32_t)DISK_TASK_HAS_ATTRIBUTE_ID : 0) |
           (w->wants_content ? (uint32_t)DISK_TASK_WANTS_CONTENT : 0) |
           (w->wants_slack ? (uint32_t)DISK_TASK_WANTS_SLACK : 0) |
           (w->only_deleted ? (uint32_t)DISK_TASK_ONLY_DELETED : 0) |
           (w->cuts ? (uint32_t)DISK_TASK_CUTS : 0);
}

struct disk_reading disk_reading_of(const struct disk_wish *wish, const struct disk_receiver *to)
{
    return (struct disk_reading){
        .to = to, .most = wish->most, .wants_content = wish->wants_content};
}

struct disk_task disk_task_of(const struct disk_wish *wish, enum image_format format)
{
    return (struct disk_task){.first = wish->first,
                              .inode = wish->inode,
                              .most = wish->most,
                              .number = wish->number,
                              .attribute_type = wish->attribute_type,
                              .attribute_id = wish->attribute_id,
                              .format = format,
                              .flags = task_flags(wish)};
}

int disk_list(const struct disk_source *source, const struct disk_wish *wish,
              const struct disk_receiver *to, struct disk_count *out, struct err *e)
{
    struct disk_reading r = disk_reading_of(wish, to);
    struct disk_task task = disk_task_of(wish, source->format);

    if (wish->path.len > LIMIT_DISK_PATH_SIZE)
        return err_set(e, ERR_LIMIT, "a path of more than %d bytes", LIMIT_DISK_PATH_SIZE);
    if (source->gap_count > DISK_GAP_COUNT)
        BUG("%zu gaps of a disk", source->gap_count);
    task.gap_count = (uint32_t)source->gap_count;
    return run(&r, source, &task, wish->path, out, e);
}

const char *disk_type_name(enum disk_type t)
{
    static const char *const names[DISK_TYPE_COUNT_] = {
        [DISK_UNKNOWN] = "unknown",
        [DISK_FILE] = "file",
        [DISK_FOLDER] = "folder",
        [DISK_LINK] = "link",
        [DISK_FIFO] = "fifo",
        [DISK_SOCKET] = "socket",
        [DISK_CHARACTER_DEVICE] = "character device",
        [DISK_BLOCK_DEVICE] = "block device",
        [DISK_SHADOW] = "shadow",
        [DISK_WHITEOUT] = "whiteout",
        [DISK_VIRTUAL] = "area",
        [DISK_VIRTUAL_FOLDER] = "collected",
    };

    return names[t];
}

void disk_path_text(struct buf *out, struct str path)
{
    while (path.len) {
        buf_addc(out, '/');
        buf_addstr(out, str_cut(&path, '\0'));
    }
}

bool disk_path_is_plain(struct str path)
{
    while (path.len) {
        struct str name = str_cut(&path, '\0');

        if (memchr(name.p, '/', name.len) || str_has_utf8_error(name))
            return false;
    }
    return true;
}
