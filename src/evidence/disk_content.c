/* disk_content.c: tells the bytes of a file: holes as holes, and what is known against them. */
#include "base/mem.h"
#include "evidence/disk_job.h"

struct content {
    struct disk_walk *w;
    TSK_FS_FILE *file;
    const TSK_FS_ATTR *attr;
    uint64_t wanted; /* bytes that are to be told */
    uint64_t sent;
    uint64_t lost;
    uint64_t unread; /* where the image has a gap */
    uint64_t foreign;
    uint64_t hole; /* zeros that were not sent yet */
    char *chunk;   /* DISK_CHUNK_SIZE */
    int code;
    struct err *e;
};

static int send_hole(struct content *c)
{
    uint64_t size = c->hole;

    c->hole = 0;
    if (size == 0)
        return 0;
    return disk_send(c->w->image, DISK_WIRE_HOLE, (struct str){(char *)&size, sizeof(size)}, c->e);
}

static void add_hole(struct content *c, uint64_t size)
{
    uint64_t left = c->wanted - c->sent;

    size = size < left ? size : left;
    c->sent += size;
    c->hole += size;
}

static int add_data(struct content *c, struct str bytes)
{
    uint64_t left = c->wanted - c->sent;
    int code = send_hole(c);

    bytes = str_head(bytes, left < bytes.len ? (size_t)left : bytes.len);
    c->sent += bytes.len;
    if (code || bytes.len == 0)
        return code;
    return disk_send(c->w->image, DISK_WIRE_DATA, bytes, c->e);
}

/* Of a deleted file: how many of these blocks are in use, and so by another file. */
static void count_foreign(struct content *c, uint64_t block, uint64_t count, uint64_t size)
{
    TSK_FS_INFO *fs = c->w->fs;
    uint64_t used = 0;

    if (!(c->file->meta->flags & TSK_FS_META_FLAG_UNALLOC))
        return;
    for (uint64_t i = 0; i < count; i++)
        used += fs->block_getflags(fs, block + i) & TSK_FS_BLOCK_FLAG_ALLOC ? fs->block_size : 0;
    c->foreign += used < size ? used : size;
}

/* Blocks that lie one after another, at most a chunk of them; skip bytes are left out before. */
static int read_blocks(struct content *c, uint64_t block, uint64_t count, uint64_t skip)
{
    TSK_FS_INFO *fs = c->w->fs;
    uint64_t size = count * fs->block_size - skip;
    uint64_t left = c->wanted - c->sent;
    uint64_t off = block * fs->block_size + skip;

    size = size < left ? size : left;
    count_foreign(c, block, count, size);
    if (tsk_fs_read(fs, (TSK_OFF_T)off, c->chunk, (size_t)size) != (ssize_t)size) {
        tsk_error_reset();
        if (c->w->image->failure.code)
            return err_set(c->e, c->w->image->failure.code, "%s", c->w->image->failure.text);
        c->lost += size;
        add_hole(c, size);
        return 0;
    }
    c->lost += disk_image_damaged(c->w->image, (uint64_t)fs->offset + off, size);
    c->unread += disk_image_unread(c->w->image, (uint64_t)fs->offset + off, size);
    return add_data(c, (struct str){c->chunk, (size_t)size});
}

/* Blocks of a run that hold data: in chunks, so that a run of any length takes no memory. A chunk
 * that cannot be read whole is read block by block: what can be had is had. */
static int read_run(struct content *c, uint64_t block, uint64_t count, uint64_t skip)
{
    TSK_FS_INFO *fs = c->w->fs;
    uint64_t most = fs->block_size < DISK_CHUNK_SIZE ? DISK_CHUNK_SIZE / fs->block_size : 1;
    int code = 0;

    while (code == 0 && count && c->sent < c->wanted) {
        uint64_t there = block <= fs->last_block_act ? fs->last_block_act - block + 1 : 0;
        uint64_t part = count < most ? count : most;

        if (there == 0) {
            uint64_t size = count * fs->block_size - skip;
            uint64_t left = c->wanted - c->sent;

            c->lost += size < left ? size : left;
            add_hole(c, size);
            return 0;
        }
        part = part < there ? part : there;
        code = read_blocks(c, block, part, skip);
        block += part;
        count -= part;
        skip = 0;
    }
    return code;
}

/* What lies behind the initialised part of an NTFS stream reads as zeros, whatever is in its
 * blocks: those are slack. */
static int add_run(struct content *c, const TSK_FS_ATTR_RUN *run, uint64_t skip)
{
    uint64_t block_size = c->w->fs->block_size;
    uint64_t size = run->len * block_size - skip;
    uint64_t initial = c->attr->nrd.initsize > 0 ? (uint64_t)c->attr->nrd.initsize : 0;
    bool with_slack = c->w->task.flags & DISK_TASK_WANTS_SLACK;
    uint64_t good = with_slack || initial >= c->sent + size ? size
                    : initial > c->sent                     ? initial - c->sent
                                                            : 0;
    uint64_t wanted = c->wanted;
    int code;

    if (run->flags & TSK_FS_ATTR_RUN_FLAG_FILLER)
        c->lost += size < c->wanted - c->sent ? size : c->wanted - c->sent;
    if (run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER)) {
        add_hole(c, size);
        return 0;
    }
    if (good < wanted - c->sent && good < size)
        c->wanted = c->sent + good;
    code = good ? read_run(c, run->addr, run->len, skip) : 0;
    c->wanted = wanted;
    if (code == 0 && good < size)
        add_hole(c, size - good);
    return code;
}

static int tell_runs(struct content *c)
{
    uint64_t skip = c->attr->nrd.skiplen;
    uint64_t block_size = c->w->fs->block_size;
    int code = 0;

    for (const TSK_FS_ATTR_RUN *run = c->attr->nrd.run; run && code == 0 && c->sent < c->wanted;
         run = run->next) {
        uint64_t blocks = skip / block_size < run->len ? skip / block_size : run->len;
        TSK_FS_ATTR_RUN rest = *run;

        if (run->len > INT64_MAX / block_size)
            return err_set(c->e, ERR_FORMAT, "a file has a run of more bytes than there can be");
        rest.addr += blocks;
        rest.len -= blocks;
        skip -= blocks * block_size;
        if (rest.len == 0)
            continue;
        code = add_run(c, &rest, skip);
        skip = 0;
    }
    return code;
}

static TSK_WALK_RET_ENUM on_special(TSK_FS_FILE *file, TSK_OFF_T off, TSK_DADDR_T block,
                                    char *bytes, size_t size, TSK_FS_BLOCK_FLAG_ENUM flags,
                                    void *context)
{
    struct content *c = context;

    (void)file;
    (void)block;
    (void)flags;
    if (off < 0 || (uint64_t)off != c->sent)
        c->code = err_set(c->e, ERR_FORMAT, "the parts of a compressed file overlap");
    else
        c->code = add_data(c, (struct str){bytes, size});
    return c->code ? TSK_WALK_STOP : c->sent < c->wanted ? TSK_WALK_CONT : TSK_WALK_STOP;
}

/* Whether the image has a gap where that lies which libtsk unpacks. */
static bool has_gap(const struct content *c)
{
    const TSK_FS_INFO *fs = c->w->fs;
    const TSK_FS_ATTR_RUN *run = c->attr->flags & TSK_FS_ATTR_NONRES ? c->attr->nrd.run : NULL;

    for (; run; run = run->next) {
        uint64_t off = (uint64_t)fs->offset + run->addr * fs->block_size;

        if (!(run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER)) &&
            run->len <= INT64_MAX / fs->block_size &&
            disk_image_unread(c->w->image, off, run->len * fs->block_size))
            return true;
    }
    return false;
}

/* What libtsk must unpack itself. *words gets why it ended early. */
static int tell_special(struct content *c, char words[DISK_TEXT_LIMIT])
{
    uint64_t damaged = c->w->image->damaged;

    if (tsk_fs_attr_walk(c->attr, TSK_FS_FILE_WALK_FLAG_NONE, on_special, c))
        (void)disk_tsk_words(words);
    if (c->w->image->damaged > damaged)
        c->lost = c->sent; /* which of its bytes come from there cannot be told */
    else if (has_gap(c) && !words[0])
        snprintf(words, DISK_TEXT_LIMIT,
                 "it is compressed, and part of that was not read when the image was taken: it may "
                 "be other bytes than the file had");
    return c->code;
}

static int tell_resident(struct content *c)
{
    size_t size = c->attr->rd.buf ? c->attr->rd.buf_size : 0;

    return add_data(c, (struct str){(const char *)c->attr->rd.buf, size});
}

static int on_extent(void *context, uint64_t gap, uint64_t block, uint64_t count, struct err *e)
{
    struct content *c = context;
    uint64_t block_size = c->w->fs->block_size;

    (void)e;
    add_hole(c, gap * block_size);
    if (block)
        return read_run(c, block, count, 0);
    add_hole(c, count * block_size);
    return 0;
}

/* By the tree itself, since libtsk does not tell a gap from a part that it did not find. A damaged
 * tree is no error but the reason why it is not all.
 */
static int tell_extents(struct content *c, char words[DISK_TEXT_LIMIT])
{
    struct err why = {0};
    int code = disk_extents(c->w->fs, c->file, on_extent, c, &why);

    if (code == ERR_FORMAT) {
        snprintf(words, DISK_TEXT_LIMIT, "%s", why.text);
        return 0;
    }
    if (code)
        return err_set(c->e, code, "%s", why.text);
    add_hole(c, c->wanted - c->sent); /* behind the last extent */
    return 0;
}

static int tell_bytes(struct content *c, char words[DISK_TEXT_LIMIT])
{
    int code;

    if (!c->attr)
        code = tell_extents(c, words);
    else if (c->attr->flags & TSK_FS_ATTR_RES)
        code = tell_resident(c);
    else if (c->attr->w)
        code = tell_special(c, words);
    else
        code = tell_runs(c);
    if (code == 0)
        code = send_hole(c);
    if (code == 0 && c->sent < c->wanted && !words[0])
        snprintf(words, DISK_TEXT_LIMIT, "only %llu of its %llu bytes can be found",
                 (unsigned long long)c->sent, (unsigned long long)c->wanted);
    return code;
}

/* Bytes of a cluster, by the boot sector: libtsk counts in sectors there. */
static uint64_t cluster_size(TSK_FS_INFO *fs)
{
    enum { SECTORS_AT = 13, EXFAT_SHIFT_AT = 109 };
    bool is_exfat = fs->ftype == TSK_FS_TYPE_EXFAT;
    char byte = 0;

    if (tsk_fs_read(fs, is_exfat ? EXFAT_SHIFT_AT : SECTORS_AT, &byte, 1) != 1)
        return 0;
    return is_exfat ? (uint64_t)fs->block_size << ((unsigned char)byte & 31)
                    : (uint64_t)fs->block_size * (unsigned char)byte;
}

/* FAT forgets where the further blocks of a deleted file lie: libtsk takes free ones that follow.
 */
static bool is_guess(const struct content *c)
{
    return c->attr && c->file->meta->flags & TSK_FS_META_FLAG_UNALLOC &&
           TSK_FS_TYPE_ISFAT(c->w->fs->ftype) && c->sent > cluster_size(c->w->fs);
}

static int send_end(struct content *c, const char *problem)
{
    uint64_t lost = c->lost < c->sent ? c->lost : c->sent;
    struct disk_end_head end = {
        .size = c->sent,
        .lost = lost,
        .unread = c->unread < c->sent - lost ? c->unread : c->sent - lost,
        .foreign = c->foreign < c->sent ? c->foreign : c->sent,
        .is_guess = is_guess(c),
    };
    CLEANUP_BUF struct buf message = {0};

    buf_add(&message, &end, sizeof(end));
    buf_addstr(&message, str_head(str_of(problem), DISK_TEXT_LIMIT));
    return disk_send(c->w->image, DISK_WIRE_END, buf_str(&message), c->e);
}

static uint64_t wanted_size(const struct content *c)
{
    TSK_OFF_T size = c->attr ? c->attr->size : c->file->meta->size;
    uint64_t wanted = size > 0 ? (uint64_t)size : 0;
    uint64_t block_size = c->w->fs->block_size;

    if (!(c->w->task.flags & DISK_TASK_WANTS_SLACK))
        return wanted;
    if (!c->attr)
        return wanted + (block_size - wanted % block_size) % block_size;
    if (c->attr->flags & TSK_FS_ATTR_NONRES && c->attr->nrd.allocsize > size)
        return (uint64_t)c->attr->nrd.allocsize;
    return wanted;
}

/* Whether so many bytes are more than may come; then words say so. */
static bool is_too_much(const struct content *c, uint64_t wanted, char words[DISK_TEXT_LIMIT])
{
    if (wanted <= c->w->content_left)
        return false;
    snprintf(words, DISK_TEXT_LIMIT,
             "it states %llu bytes, and %llu more were to be taken out: see --most",
             (unsigned long long)wanted, (unsigned long long)c->w->content_left);
    return true;
}

/* Before libtsk makes a list of its blocks, which takes as long as its inode says that it is. */
static bool is_too_long(const struct content *c, char words[DISK_TEXT_LIMIT])
{
    int64_t size = c->file->meta->size;

    return !c->attr && !disk_has_extents(c->file) && !(c->w->task.flags & DISK_TASK_CUTS) &&
           size > 0 && is_too_much(c, (uint64_t)size, words);
}

/* Why its content is not told; NULL: it is. */
static const char *refusal(struct content *c, const TSK_FS_FILE *f, char words[DISK_TEXT_LIMIT])
{
    if (f->name && f->name->flags & TSK_FS_NAME_FLAG_UNALLOC &&
        f->meta->flags & TSK_FS_META_FLAG_ALLOC)
        return "deleted, and its inode is another file's now: the content is not its own";
    if (!c->attr && !disk_has_extents(f))
        return disk_tsk_words(words).p;
    c->wanted = wanted_size(c);
    if (c->w->task.flags & DISK_TASK_CUTS && c->wanted > c->w->content_left)
        c->wanted = c->w->content_left;
    return is_too_much(c, c->wanted, words) ? words : NULL;
}

int disk_tell_content(struct disk_walk *w, TSK_FS_FILE *file, const TSK_FS_ATTR *attr,
                      struct err *e)
{
    struct content c = {.w = w, .file = file, .attr = attr, .e = e};
    char words[DISK_TEXT_LIMIT] = "";
    const char *why;
    int code;

    tsk_error_reset();
    if (is_too_long(&c, words))
        return send_end(&c, words);
    if (!attr && !disk_has_extents(file))
        c.attr = tsk_fs_file_attr_get(file);
    why = refusal(&c, file, words);
    if (why)
        return send_end(&c, why);
    words[0] = '\0';
    c.chunk = mem_alloc(DISK_CHUNK_SIZE > w->fs->block_size ? DISK_CHUNK_SIZE : w->fs->block_size);
    code = tell_bytes(&c, words);
    free(c.chunk);
    tsk_error_reset();
    w->content_left -= c.sent;
    return code ? code : send_end(&c, words);
}
