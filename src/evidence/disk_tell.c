/* disk_tell.c: tells the rows of one file: what its inode says, and on NTFS each of its streams. */
#include "evidence/disk_job.h"

static enum disk_type type_of_name(TSK_FS_NAME_TYPE_ENUM type)
{
    static const enum disk_type types[TSK_FS_NAME_TYPE_STR_MAX] = {
        [TSK_FS_NAME_TYPE_FIFO] = DISK_FIFO,
        [TSK_FS_NAME_TYPE_CHR] = DISK_CHARACTER_DEVICE,
        [TSK_FS_NAME_TYPE_DIR] = DISK_FOLDER,
        [TSK_FS_NAME_TYPE_BLK] = DISK_BLOCK_DEVICE,
        [TSK_FS_NAME_TYPE_REG] = DISK_FILE,
        [TSK_FS_NAME_TYPE_LNK] = DISK_LINK,
        [TSK_FS_NAME_TYPE_SOCK] = DISK_SOCKET,
        [TSK_FS_NAME_TYPE_SHAD] = DISK_SHADOW,
        [TSK_FS_NAME_TYPE_WHT] = DISK_WHITEOUT,
        [TSK_FS_NAME_TYPE_VIRT] = DISK_VIRTUAL,
        [TSK_FS_NAME_TYPE_VIRT_DIR] = DISK_VIRTUAL_FOLDER,
    };

    return (unsigned)type < TSK_FS_NAME_TYPE_STR_MAX ? types[type] : DISK_UNKNOWN;
}

static enum disk_type type_of_meta(TSK_FS_META_TYPE_ENUM type)
{
    static const enum disk_type types[TSK_FS_META_TYPE_STR_MAX] = {
        [TSK_FS_META_TYPE_REG] = DISK_FILE,
        [TSK_FS_META_TYPE_DIR] = DISK_FOLDER,
        [TSK_FS_META_TYPE_FIFO] = DISK_FIFO,
        [TSK_FS_META_TYPE_CHR] = DISK_CHARACTER_DEVICE,
        [TSK_FS_META_TYPE_BLK] = DISK_BLOCK_DEVICE,
        [TSK_FS_META_TYPE_LNK] = DISK_LINK,
        [TSK_FS_META_TYPE_SHAD] = DISK_SHADOW,
        [TSK_FS_META_TYPE_SOCK] = DISK_SOCKET,
        [TSK_FS_META_TYPE_WHT] = DISK_WHITEOUT,
        [TSK_FS_META_TYPE_VIRT] = DISK_VIRTUAL,
        [TSK_FS_META_TYPE_VIRT_DIR] = DISK_VIRTUAL_FOLDER,
    };

    return (unsigned)type < TSK_FS_META_TYPE_STR_MAX ? types[type] : DISK_UNKNOWN;
}

/* A year that our spelling lacks is no time. */
static struct disk_wire_time time_of(int64_t sec, uint64_t ns)
{
    if (sec == 0 || sec < -62167219200 || sec > 253402300799)
        return (struct disk_wire_time){0};
    return (struct disk_wire_time){sec, ns <= 999999999 ? (uint32_t)ns : 0, 0};
}

static void add_meta(struct disk_file_head *h, const TSK_FS_META *m)
{
    h->flags |= DISK_HAS_META;
    if (m->flags & TSK_FS_META_FLAG_UNALLOC)
        h->flags |= DISK_IS_INODE_DELETED;
    h->type = type_of_meta(m->type);
    h->size = m->size > 0 ? (uint64_t)m->size : 0;
    h->uid = m->uid;
    h->gid = m->gid;
    h->mode = (uint32_t)m->mode & 07777;
    h->links = m->nlink > 0 ? (uint32_t)m->nlink : 0;
    h->time[DISK_MODIFIED] = time_of(m->mtime, m->mtime_nano);
    h->time[DISK_ACCESSED] = time_of(m->atime, m->atime_nano);
    h->time[DISK_CHANGED] = time_of(m->ctime, m->ctime_nano);
    h->time[DISK_BORN] = time_of(m->crtime, m->crtime_nano);
}

/* The second set of times that NTFS keeps, beside the name. */
static void add_name_times(struct disk_file_head *h, const TSK_FS_META *m, const TSK_FS_ATTR *attr)
{
    struct disk_wire_time *t = h->time + DISK_TIME_COUNT;

    h->flags |= DISK_HAS_NAME_TIME;
    h->name_time_id = attr->id;
    h->name_time_size = attr->size > 0 ? (uint64_t)attr->size : 0;
    t[DISK_MODIFIED] = time_of(m->time2.ntfs.fn_mtime, (uint64_t)m->time2.ntfs.fn_mtime_nano);
    t[DISK_ACCESSED] = time_of(m->time2.ntfs.fn_atime, (uint64_t)m->time2.ntfs.fn_atime_nano);
    t[DISK_CHANGED] = time_of(m->time2.ntfs.fn_ctime, (uint64_t)m->time2.ntfs.fn_ctime_nano);
    t[DISK_BORN] = time_of(m->time2.ntfs.fn_crtime, (uint64_t)m->time2.ntfs.fn_crtime_nano);
}

/* The time is that of a free inode alone: in one that is in use, the number of the next orphan
 * stands there. ext3 and ext4 also set the size of a file that is deleted to 0, and forget its
 * blocks. */
static void add_deletion(struct disk_file_head *h, const TSK_FS_FILE *f)
{
    if (!f->fs_info || !TSK_FS_TYPE_ISEXT(f->fs_info->ftype) || !(h->flags & DISK_IS_INODE_DELETED))
        return;
    h->deleted = time_of(f->meta->time2.ext2.dtime, f->meta->time2.ext2.dtime_nano);
    if (h->type == DISK_FILE && h->size == 0)
        h->flags |= DISK_IS_FORGOTTEN;
}

static struct disk_file_head head_of(const TSK_FS_FILE *f, uint64_t inode)
{
    struct disk_file_head h = {.inode = inode};

    if (f->meta) {
        if (f->fs_info && TSK_FS_TYPE_ISEXT(f->fs_info->ftype))
            disk_ext_times(f->fs_info, f->meta->addr, f->meta);
        add_meta(&h, f->meta);
        add_deletion(&h, f);
    }
    h.name_type = f->name ? type_of_name(f->name->type) : h.type;
    if (f->name ? f->name->flags & TSK_FS_NAME_FLAG_UNALLOC : h.flags & DISK_IS_INODE_DELETED)
        h.flags |= DISK_IS_DELETED;
    return h;
}

/* The root by its own name: it is there for its streams alone. */
static bool is_dot(const TSK_FS_FILE *f)
{
    return f->name && f->name->name && strcmp(f->name->name, ".") == 0;
}

/* The stream's name; the root of an index bears one that every folder has. */
static struct str stream_of(const TSK_FS_ATTR *attr)
{
    if (!attr || !attr->name ||
        (attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT && strcmp(attr->name, "$I30") == 0))
        return STR("");
    return str_of(attr->name);
}

static bool is_wanted(const struct disk_walk *w, const struct disk_file_head *h)
{
    if (w->task.flags & DISK_TASK_ONLY_DELETED &&
        !(h->flags & (DISK_IS_DELETED | DISK_IS_INODE_DELETED)))
        return false;
    if (w->task.attribute_type && h->attribute_type != w->task.attribute_type)
        return false;
    return !(w->task.flags & DISK_TASK_HAS_ATTRIBUTE_ID) || h->attribute_id == w->task.attribute_id;
}

/* Files have content, on NTFS each stream; what libtsk makes up has it where it was asked for by
 * its number. */
static bool has_content(const struct disk_walk *w, const TSK_FS_FILE *f, const TSK_FS_ATTR *attr)
{
    if (!f->meta)
        return false;
    if (attr)
        return attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA || w->task.attribute_type;
    if (TSK_FS_TYPE_ISNTFS(w->fs->ftype))
        return false;
    return f->meta->type == TSK_FS_META_TYPE_REG ||
           (f->meta->type == TSK_FS_META_TYPE_VIRT && w->task.flags & DISK_TASK_HAS_INODE);
}

static int send_row(struct disk_walk *w, const TSK_FS_FILE *f, struct disk_file_head *h,
                    struct str path, struct str stream, struct err *e)
{
    struct str link = str_head(str_of(f->meta ? f->meta->link : NULL), LIMIT_DISK_PATH_SIZE);
    CLEANUP_BUF struct buf message = {0};

    stream = str_head(stream, LIMIT_DISK_PATH_SIZE);
    h->path_len = (uint32_t)path.len;
    h->link_len = (uint32_t)link.len;
    h->stream_len = (uint32_t)stream.len;
    buf_add(&message, h, sizeof(*h));
    buf_addstr(&message, path);
    buf_addstr(&message, link);
    buf_addstr(&message, stream);
    if (++w->file_count > LIMIT_DISK_FILE_COUNT)
        return err_set(e, ERR_LIMIT, "more than %d files; those before stand",
                       LIMIT_DISK_FILE_COUNT);
    return disk_send(w->image, DISK_WIRE_FILE, buf_str(&message), e);
}

static int tell_row(struct disk_walk *w, TSK_FS_FILE *f, struct disk_file_head *h,
                    const TSK_FS_ATTR *attr, struct str path, struct err *e)
{
    int code;

    if (attr) {
        h->flags |= DISK_HAS_ATTRIBUTE;
        h->attribute_type = attr->type;
        h->attribute_id = attr->id;
        h->size = attr->size > 0 ? (uint64_t)attr->size : 0;
        h->flags |= attr->flags & TSK_FS_ATTR_ENC ? (uint32_t)DISK_IS_ENCRYPTED : 0;
        h->flags |= attr->flags & TSK_FS_ATTR_COMP ? (uint32_t)DISK_IS_COMPRESSED : 0;
    }
    if (has_content(w, f, attr) && !(h->flags & DISK_IS_FORGOTTEN))
        h->flags |= DISK_HAS_CONTENT;
    if (!is_wanted(w, h))
        return 0;
    code = send_row(w, f, h, path, stream_of(attr), e);
    if (code || !(w->task.flags & DISK_TASK_WANTS_CONTENT) || !(h->flags & DISK_HAS_CONTENT))
        return code;
    return disk_tell_content(w, f, attr, e);
}

static bool is_row(const TSK_FS_ATTR *attr, bool only_streams, const struct disk_walk *w)
{
    if (w->task.attribute_type)
        return attr->type == w->task.attribute_type;
    return attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA ||
           (attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT && !only_streams);
}

static int tell_streams(struct disk_walk *w, TSK_FS_FILE *f, uint64_t inode, struct str path,
                        struct err *e)
{
    bool only_streams = is_dot(f);
    struct disk_file_head whole = head_of(f, inode);
    int count = tsk_fs_file_attr_getsize(f);
    bool told = only_streams;

    for (int i = 0; i < count && !only_streams; i++) {
        const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(f, i);

        if (attr && attr->type == TSK_FS_ATTR_TYPE_NTFS_FNAME &&
            attr->id == f->meta->time2.ntfs.fn_id)
            add_name_times(&whole, f->meta, attr);
    }
    for (int i = 0; i < count; i++) {
        const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(f, i);
        struct disk_file_head h = whole;
        int code;

        if (!attr || !is_row(attr, only_streams, w))
            continue;
        code = tell_row(w, f, &h, attr, path, e);
        if (code)
            return code;
        whole.flags &= ~(uint32_t)DISK_HAS_NAME_TIME; /* with the first row alone */
        told = true;
    }
    return told ? 0 : tell_row(w, f, &whole, NULL, path, e);
}

int disk_tell_file(struct disk_walk *w, TSK_FS_FILE *file, struct str path, struct err *e)
{
    uint64_t inode = file->name ? file->name->meta_addr : file->meta->addr;
    struct disk_file_head h;
    int code;

    if (TSK_FS_TYPE_ISNTFS(w->fs->ftype) && file->meta) {
        code = tell_streams(w, file, inode, path, e);
    } else {
        h = head_of(file, inode);
        code = is_dot(file) ? 0 : tell_row(w, file, &h, NULL, path, e);
    }
    tsk_error_reset();
    return code;
}
