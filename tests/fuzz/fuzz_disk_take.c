/* fuzz_disk_take.c: any messages of the worker that reads a disk are taken or refused; what is told
 * of them keeps to what disk.h says. A message here is a byte of its kind, two of its length, and
 * its bytes. */
#include "base/mem.h"
#include "evidence/disk_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 1 << 20 };

struct seen {
    uint64_t size; /* of the file that is open */
    bool is_open;
};

static void check_path(struct str path)
{
    CLEANUP_BUF struct buf text = {0};

    if (path.len == 0 || path.len > LIMIT_DISK_PATH_SIZE)
        BUG("a path of %zu bytes", path.len);
    disk_path_text(&text, path);
    if (text.len != path.len + 1 || memchr(text.p, '\0', text.len))
        BUG("a path is told with a NUL, or with less than there is");
    while (path.len)
        if (str_cut(&path, '\0').len == 0)
            BUG("an empty name");
}

static void check_time(struct utc t)
{
    char text[UTC_TEXT_SIZE];

    utc_write(text, t); /* a year without a spelling is a bug there */
}

static int see_fs(void *context, const struct disk_fs *fs, struct err *e)
{
    (void)context;
    (void)e;
    if (strlen(fs->kind) >= DISK_KIND_SIZE || strlen(fs->label) >= DISK_LABEL_SIZE)
        BUG("a text without an end");
    check_time(fs->made);
    check_time(fs->mounted);
    check_time(fs->written);
    return 0;
}

static int see_file(void *context, const struct disk_file *f, struct err *e)
{
    struct seen *s = context;

    (void)e;
    check_path(f->path);
    for (size_t i = 0; i < DISK_TIME_COUNT; i++) {
        check_time(f->time[i]);
        check_time(f->name_time[i]);
    }
    check_time(f->deleted);
    if (!disk_type_name(f->type) || !disk_type_name(f->name_type))
        BUG("a type without a name");
    *s = (struct seen){.is_open = f->has_content};
    return 0;
}

static int see_data(void *context, struct str bytes, struct err *e)
{
    struct seen *s = context;

    (void)e;
    s->size += bytes.len;
    if (!s->is_open || s->size > MOST)
        BUG("content that belongs to nothing, or too much of it");
    return 0;
}

static int see_hole(void *context, uint64_t size, struct err *e)
{
    struct seen *s = context;

    (void)e;
    s->size += size;
    if (!s->is_open || size > MOST || s->size > MOST)
        BUG("a hole that belongs to nothing, or too large");
    return 0;
}

static int see_end(void *context, const struct disk_end *end, struct err *e)
{
    struct seen *s = context;

    (void)e;
    if (!s->is_open || end->size != s->size || end->lost > end->size || end->foreign > end->size)
        BUG("an end that does not fit what was told");
    s->is_open = false;
    return 0;
}

static int see_trouble(void *context, struct str path, struct str why, struct err *e)
{
    (void)context;
    (void)e;
    if (path.len)
        check_path(path);
    if (why.len == 0)
        BUG("trouble without a reason");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {0};
    const struct disk_receiver to = {.fs = see_fs,
                                     .file = see_file,
                                     .data = see_data,
                                     .hole = see_hole,
                                     .end = see_end,
                                     .trouble = see_trouble,
                                     .context = &seen};
    struct disk_reading r = {.to = &to, .most = MOST, .wants_content = true};
    struct str rest = {(const char *)data, size};
    struct err e = {0};

    while (rest.len >= 3) {
        uint32_t kind = (uint8_t)rest.p[0];
        size_t len = (size_t)((uint8_t)rest.p[1] | (uint8_t)rest.p[2] << 8);
        struct str body = str_head(str_from(rest, 3), len);

        if (disk_take_message(&r, kind, body, &e)) {
            if (e.text[0] == '\0')
                BUG("refused without a reason");
            return 0;
        }
        rest = str_from(rest, 3 + body.len);
    }
    return 0;
}
