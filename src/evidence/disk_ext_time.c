/* disk_ext_time.c: the times of an inode of ext as its bytes state them
 * (Documentation/filesystems/ext4/inodes.rst). libtsk 4.11 takes their 32 bits for a number without
 * a sign and passes over the two bits of the epoch: it tells 2106 as 1970, and 1969 as 2106. */
#include "evidence/disk_job.h"
#include "evidence/le.h"

#include <tsk/fs/tsk_ext2fs.h> /* after libtsk.h, whose types it takes */

enum {
    INODE_SIZE = 160, /* that much of it has times */
    BASE_SIZE = 128,  /* what lies behind it is as long as it says itself */
    AT_EXTRA_SIZE = 128,
    EPOCH_BITS = 3,
    HAS_64_BITS = 0x80, /* INCOMPAT_64BIT */
    GROUP_SIZE = 32,
    GROUP_SIZE_64 = 64,
    AT_TABLE = 8,
    AT_TABLE_HIGH = 40,
};

static uint64_t number_of(const uint8_t *bytes, size_t size)
{
    return le_at((struct str){(const char *)bytes, size}, 0, size);
}

/* Where the table of the inode's group begins. */
static bool find_table(EXT2FS_INFO *ext, uint64_t group, uint64_t *block)
{
    TSK_FS_INFO *fs = &ext->fs_info;
    const ext2fs_sb *sb = ext->fs;
    bool is_wide = number_of(sb->s_feature_incompat, 4) & HAS_64_BITS;
    uint64_t size = is_wide ? number_of(sb->s_desc_size, 2) : GROUP_SIZE;
    char bytes[GROUP_SIZE_64] = {0};
    size_t wanted = size < sizeof(bytes) ? GROUP_SIZE : sizeof(bytes);
    struct str told = {bytes, sizeof(bytes)};

    if (size < GROUP_SIZE || group >= ext->groups_count ||
        tsk_fs_read(fs, ext->groups_offset + (TSK_OFF_T)(group * size), bytes, wanted) !=
            (ssize_t)wanted)
        return false;
    *block = (uint64_t)le32_at(told, AT_TABLE_HIGH) << 32 | le32_at(told, AT_TABLE);
    return *block <= fs->last_block;
}

/* Its first bytes; *len as many as there are of them. */
static bool read_inode(EXT2FS_INFO *ext, uint64_t inode, char out[INODE_SIZE], size_t *len)
{
    TSK_FS_INFO *fs = &ext->fs_info;
    uint64_t per_group = number_of(ext->fs->s_inodes_per_group, 4), table, at;

    if (per_group == 0 || inode == 0 || inode > number_of(ext->fs->s_inodes_count, 4) ||
        ext->inode_size < BASE_SIZE || !find_table(ext, (inode - 1) / per_group, &table))
        return false;
    at = table * fs->block_size + (inode - 1) % per_group * ext->inode_size;
    *len = ext->inode_size < INODE_SIZE ? ext->inode_size : INODE_SIZE;
    return tsk_fs_read(fs, (TSK_OFF_T)at, out, *len) == (ssize_t)*len;
}

/* What libtsk read of it, with its sign and, where the inode has one, its epoch. */
static int64_t seconds_of(time_t told, struct str inode, size_t at, size_t at_extra)
{
    uint32_t low = (uint32_t)told;
    int64_t seconds = (int32_t)low;
    size_t end = BASE_SIZE;

    if (inode.len >= AT_EXTRA_SIZE + 2)
        end += le_at(inode, AT_EXTRA_SIZE, 2);
    if (at_extra + 4 > end || at_extra + 4 > inode.len || le32_at(inode, at) != low)
        return seconds;
    return seconds + ((int64_t)(le32_at(inode, at_extra) & EPOCH_BITS) << 32);
}

void disk_ext_times(TSK_FS_INFO *fs, uint64_t inode, TSK_FS_META *m)
{
    char bytes[INODE_SIZE];
    struct str read = {bytes, 0};

    if (fs->endian != TSK_LIT_ENDIAN || !read_inode((EXT2FS_INFO *)fs, inode, bytes, &read.len))
        read.len = 0;
    m->atime = seconds_of(m->atime, read, 8, 140);
    m->ctime = seconds_of(m->ctime, read, 12, 132);
    m->mtime = seconds_of(m->mtime, read, 16, 136);
    if (m->crtime)
        m->crtime = seconds_of(m->crtime, read, 144, 148);
}
