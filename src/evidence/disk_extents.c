/* disk_extents.c: where the content of an ext4 file lies, by its tree of extents
 * (Documentation/filesystems/ext4/ifork.rst). libtsk 4.11 gives up on some trees of more than one
 * leaf, or takes their gaps for parts that it did not find. */
#include "base/mem.h"
#include "evidence/disk_job.h"
#include "evidence/le.h"

enum {
    ROOT_SIZE = 60, /* within the inode */
    HEAD_SIZE = 12, /* of a node, and each entry of it */
    MAGIC = 0xf30a,
    DEPTH_MOST = 5,
    UNWRITTEN = 32768, /* lengths beyond it: allocated, not written yet, and so zeros */
};

struct tree {
    TSK_FS_INFO *fs;
    disk_extent_fn *tell;
    void *context;
    uint64_t at; /* the block of the file that is next: extents ascend */
};

bool disk_has_extents(const TSK_FS_FILE *file)
{
    return file->meta && file->meta->content_type == TSK_FS_META_CONTENT_TYPE_EXT4_EXTENTS &&
           file->meta->content_ptr && file->meta->content_len >= ROOT_SIZE;
}

static int unsound(struct err *e)
{
    return err_set(e, ERR_FORMAT, "its tree of extents is damaged");
}

static int tell_extent(struct tree *t, struct str entry, struct err *e)
{
    uint64_t first = le32_at(entry, 0);
    uint64_t length = le_at(entry, 4, 2);
    uint64_t block = le_at(entry, 6, 2) << 32 | le32_at(entry, 8);
    bool is_written = length <= UNWRITTEN;
    uint64_t gap = first - t->at;

    length -= is_written ? 0 : UNWRITTEN;
    if (first < t->at || length == 0)
        return unsound(e);
    t->at = first + length;
    return t->tell(t->context, gap, is_written ? block : 0, length, e);
}

static int walk_node(struct tree *t, struct str node, unsigned depth, struct err *e);

static int walk_child(struct tree *t, struct str entry, unsigned depth, struct err *e)
{
    uint64_t block = le_at(entry, 8, 2) << 32 | le32_at(entry, 4);
    CLEANUP_FREE char *node = mem_alloc(t->fs->block_size);

    if (le32_at(entry, 0) < t->at || block > t->fs->last_block ||
        tsk_fs_read_block(t->fs, block, node, t->fs->block_size) != (ssize_t)t->fs->block_size)
        return unsound(e);
    return walk_node(t, (struct str){node, t->fs->block_size}, depth, e);
}

/* Each level is one nearer to the leaves and no node is empty, so that any tree ends. */
static int walk_node(struct tree *t, struct str node, unsigned depth, struct err *e)
{
    size_t count = (size_t)le_at(node, 2, 2);
    bool is_empty = count == 0 && node.len > ROOT_SIZE; /* a root may be: a file that is one hole */
    int code = 0;

    if (is_empty || le_at(node, 0, 2) != MAGIC || le_at(node, 6, 2) != depth ||
        count > node.len / HEAD_SIZE - 1)
        return unsound(e);
    for (size_t i = 0; i < count && code == 0; i++) {
        struct str entry = str_head(str_from(node, HEAD_SIZE * (i + 1)), HEAD_SIZE);

        code = depth ? walk_child(t, entry, depth - 1, e) : tell_extent(t, entry, e);
    }
    return code;
}

int disk_extents(TSK_FS_INFO *fs, const TSK_FS_FILE *file, disk_extent_fn *tell, void *context,
                 struct err *e)
{
    struct tree t = {.fs = fs, .tell = tell, .context = context};
    struct str root = {file->meta->content_ptr, ROOT_SIZE};
    unsigned depth = (unsigned)le_at(root, 6, 2);

    if (depth > DEPTH_MOST)
        return unsound(e);
    return walk_node(&t, root, depth, e);
}
