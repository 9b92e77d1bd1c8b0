/* disk_know.c: recognises what libtsk does not read by its first bytes, and says what to do. */
#include "evidence/disk_job.h"
#include "evidence/le.h"
#include "evidence/virtual_disk.h"

/* As STR, where a constant is wanted. */
#define STR_CONST(literal)                                                                         \
    {                                                                                              \
        ("" literal), sizeof(literal) - 1                                                          \
    }

#define UNLOCK(how)                                                                                \
    "it is encrypted. With its key, open it read-only on a machine of your own, and image what "   \
    "is inside: " how

#define UDF_ADVICE                                                                                 \
    "calm does not read UDF. Attach the image read-only (losetup -r) and mount -t udf -o ro"

/* Its first sector is there, so nothing is said to be lost. */
#define BEGINS_SO "it begins as one does, but what follows is not read"

static const struct known {
    const char *kind;
    const char *advice;
    uint64_t off;
    struct str magic;
    bool is_certain; /* no file system that libtsk reads has that there */
} known[] = {
    {"LUKS", UNLOCK("cryptsetup open --readonly"), 0, STR_CONST("LUKS\xba\xbe"), true},
    {"BitLocker", UNLOCK("cryptsetup bitlkOpen --readonly"), 3, STR_CONST("-FVE-FS-"), true},
    {"XFS",
     "calm does not read XFS. Attach the image read-only (losetup -r) and mount it on a machine of "
     "your own: mount -o ro,norecovery. xfs_db -r reads it without",
     0, STR_CONST("XFSB"), true},
    {"ReFS",
     "calm does not read ReFS. Attach a copy of the image to a Windows of your own, read-only", 3,
     STR_CONST("ReFS\0\0\0\0"), true},
    {"Btrfs",
     "calm does not read Btrfs. Attach the image read-only (losetup -r): btrfs restore copies "
     "files "
     "out without mounting; mount -o ro,nologreplay",
     0x10040, STR_CONST("_BHRfS_M"), false},
    {"APFS", "calm does not read APFS. The Sleuth Kit does: pstat, and fls with -P apfs", 32,
     STR_CONST("NXSB"), true},
    {"F2FS",
     "calm does not read F2FS. Attach the image read-only (losetup -r) and mount -o ro,norecovery",
     1024, STR_CONST("\x10\x20\xf5\xf2"), false},
    {"bcachefs",
     "calm does not read bcachefs. Attach the image read-only (losetup -r) and mount -o "
     "ro,norecovery",
     4096 + 24, STR_CONST("\xc6\x85\x73\xf6\x4e\x1a\x45\xca"), false},
    {"JFS", "calm does not read JFS. Attach the image read-only (losetup -r) and mount -o ro",
     0x8000, STR_CONST("JFS1"), false},
    {"ReiserFS", "calm does not read ReiserFS. Attach a copy of the image and mount that", 0x10034,
     STR_CONST("ReIsEr"), false},
    {"squashfs", "calm does not read squashfs. unsquashfs unpacks it", 0, STR_CONST("hsqs"), true},
    {"swap", "it has no files; what was in memory lies in the image as it is", 4086,
     STR_CONST("SWAPSPACE2"), false},
    {"UDF", UDF_ADVICE, 34817, STR_CONST("NSR0"), false},
    {"UDF", UDF_ADVICE, 36865, STR_CONST("NSR0"), false}, /* with sectors of 4,096 bytes */
    {"NILFS2",
     "calm does not read NILFS2. Attach the image read-only (losetup -r) and mount -o "
     "ro,norecovery",
     1024, STR_CONST("\2\0\0\0\0\0\x34\x34"), false},
    {"exFAT", BEGINS_SO "; on a copy, fsck.exfat -n says what is wrong", 3, STR_CONST("EXFAT   "),
     false},
    {"FAT32", BEGINS_SO "; on a copy, fsck.fat -n says what is wrong", 82, STR_CONST("FAT32   "),
     false},
    {"FAT16", BEGINS_SO "; on a copy, fsck.fat -n says what is wrong", 54, STR_CONST("FAT16   "),
     false},
    {"FAT12", BEGINS_SO "; on a copy, fsck.fat -n says what is wrong", 54, STR_CONST("FAT12   "),
     false},
    {"EROFS", "calm does not read EROFS. fsck.erofs --extract unpacks it", 1024,
     STR_CONST("\xe2\xe1\xf5\xe0"), false},
};

#define LVM_ADVICE                                                                                 \
    "it is a part of a volume group. Attach all its disks read-only (losetup -r, --partscan); "    \
    "vgs shows it, and its volumes can be imaged one by one: vgchange --readonly -ay"
#define RAID_ADVICE                                                                                \
    "it is a part of a RAID. Attach all its disks read-only (losetup -r), then mdadm --assemble "  \
    "--readonly, and image the array"
#define ZFS_ADVICE                                                                                 \
    "calm does not read ZFS. Attach all disks of the pool read-only (losetup -r): zpool import "   \
    "-o readonly=on -N"

#define SPARSE_ADVICE                                                                              \
    "calm preserve files keeps a sparse file so: the data, and where it lies. Write the archive "  \
    "out (calm preserve get), unpack it with tar -xSf, and read what comes out: calm preserve "    \
    "read"

static bool has_bytes(struct disk_image *image, uint64_t off, struct str magic)
{
    char bytes[32];

    return magic.len <= sizeof(bytes) && disk_image_read(image, off, bytes, magic.len) &&
           memcmp(bytes, magic.p, magic.len) == 0;
}

static void know(struct disk_fs *fs, const char *kind, const char *advice)
{
    snprintf(fs->kind, sizeof(fs->kind), "%s", kind);
    snprintf(fs->advice, sizeof(fs->advice), "%s", advice);
}

/* The label stands in one of the first four sectors of 512 bytes. */
static bool is_lvm(struct disk_image *image, uint64_t off)
{
    for (unsigned i = 0; i < 4; i++)
        if (has_bytes(image, off + 512 * i, STR("LABELONE")) &&
            has_bytes(image, off + 512 * i + 24, STR("LVM2 001")))
            return true;
    return false;
}

/* Version 1.1 at the start, 1.2 at 4 KiB. Those at the end leave a file system to be read at the
 * start. */
static bool is_raid(struct disk_image *image, uint64_t off)
{
    static const struct str magic = STR_CONST("\xfc\x4e\x2b\xa9\x01\0\0\0");

    return has_bytes(image, off, magic) || has_bytes(image, off + 4096, magic);
}

/* Uberblocks lie from 128 KiB on, one in each KiB or more, in the byte order of who wrote them. */
static bool is_zfs(struct disk_image *image, uint64_t off)
{
    for (unsigned i = 0; i < 128; i++) {
        uint64_t at = off + (128 << 10) + 1024 * i;

        if (has_bytes(image, at, STR("\x0c\xb1\xba\0\0\0\0\0")) ||
            has_bytes(image, at, STR("\0\0\0\0\0\xba\xb1\x0c")))
            return true;
    }
    return false;
}

/* A sparse file as tar.c keeps it: the extended header, whose first records say so ("Storing Sparse
 * Files" of GNU tar, PAX format 1.0). */
static bool is_sparse_archive(struct disk_image *image)
{
    char records[256];

    return has_bytes(image, 156, STR("x")) && has_bytes(image, 257, STR("ustar")) &&
           disk_image_read(image, 512, records, sizeof(records)) &&
           memmem(records, sizeof(records), "GNU.sparse.major=1\n", 19);
}

/* The file is one of those, and what is read here are not the bytes of its disk. */
static bool know_container(struct disk_image *image, bool from_end, struct disk_fs *fs)
{
    uint64_t size = image->media->size;
    const struct virtual_disk *d;

    for (size_t i = 0; (d = virtual_disk_next(i)); i++)
        if (d->from_end == from_end && d->off <= size &&
            has_bytes(image, from_end ? size - d->off : d->off, d->magic)) {
            know(fs, d->kind, d->advice);
            return true;
        }
    return false;
}

bool disk_know(struct disk_image *image, uint64_t off, bool only_certain, struct disk_fs *fs)
{
    /* One with its mark at the end may hold a file system as it is. */
    if (off == 0 && know_container(image, !only_certain, fs))
        return true;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if ((known[i].is_certain || !only_certain) &&
            has_bytes(image, off + known[i].off, known[i].magic)) {
            know(fs, known[i].kind, known[i].advice);
            return true;
        }
    if (off == 0 && is_sparse_archive(image))
        know(fs, "sparse file, archived", SPARSE_ADVICE);
    else if (is_lvm(image, off))
        know(fs, "LVM", LVM_ADVICE);
    else if (!only_certain && is_raid(image, off))
        know(fs, "Linux RAID", RAID_ADVICE);
    else if (!only_certain && is_zfs(image, off))
        know(fs, "ZFS", ZFS_ADVICE);
    else
        return false;
    return true;
}

enum {
    SUPER_SIZE = 128,
    GROUP_COUNT = 8,
    BLOCK_SIZE_COUNT = 7,
    EXT_JOURNAL_DEV = 0x8,
    EXT_BIGALLOC = 0x200,
    NTFS_CLUSTER_MOST = 64 << 10 /* that libtsk reads */
};

/* What libtsk said stays. */
static void know_begun(struct disk_fs *fs, const char *kind, const char *advice)
{
    char said[DISK_ADVICE_SIZE];

    snprintf(said, sizeof(said), "%s", fs->advice);
    know(fs, kind, BEGINS_SO);
    if (advice)
        snprintf(fs->advice, sizeof(fs->advice), "%s", advice);
    else if (said[0])
        snprintf(fs->advice, sizeof(fs->advice), BEGINS_SO ": %.300s", said);
}

/* Documentation/filesystems/ext4/super.rst: s_magic, s_rev_level, s_inodes_count, s_blocks_count,
 * s_log_block_size; s_feature_incompat, s_feature_ro_compat, s_log_cluster_size. */
static bool know_ext_begin(struct disk_image *image, uint64_t off, struct disk_fs *fs)
{
    char bytes[SUPER_SIZE];
    char advice[DISK_ADVICE_SIZE];
    struct str super = {bytes, SUPER_SIZE};

    if (!disk_image_read(image, off + 1024, bytes, SUPER_SIZE) || le_at(super, 0x38, 2) != 0xef53 ||
        le32_at(super, 0x4c) > 1 || le32_at(super, 0x18) > 6)
        return false;
    if (le32_at(super, 0x60) & EXT_JOURNAL_DEV) {
        know(
            fs, "ext journal",
            "it is the journal of an ext3 or ext4 on another device, and has no files: dumpe2fs -h "
            "says whose. Image both, and mount neither");
        return true;
    }
    if (le32_at(super, 0) == 0)
        return false;
    if (!(le32_at(super, 0x64) & EXT_BIGALLOC) || le32_at(super, 0x1c) > 20) {
        know_begun(fs, "ext2, ext3 or ext4", NULL);
        return true;
    }
    snprintf(advice, sizeof(advice),
             "it has clusters of %u KiB (bigalloc), which calm does not read. Attach the image "
             "read-only (losetup -r) and mount -o ro,noload on a machine of your own; debugfs -c "
             "reads it without",
             1u << le32_at(super, 0x1c));
    know_begun(fs, "ext4", advice);
    return true;
}

/* MS: the byte at 13 is a number of sectors up to 128, or the two to the power of what lacks to
 * 256. */
static uint64_t ntfs_cluster(struct str boot)
{
    unsigned said = (unsigned)le_at(boot, 13, 1);
    uint64_t sectors = said <= 128 ? said : said >= 225 ? 1ull << (256 - said) : 0;

    return sectors * le_at(boot, 11, 2);
}

static bool is_ntfs_boot(struct str sector)
{
    return memcmp(sector.p + 3, "NTFS    ", 8) == 0 && memcmp(sector.p + 510, "\x55\xaa", 2) == 0;
}

static bool know_ntfs_begin(struct disk_image *image, uint64_t off, struct disk_fs *fs)
{
    char bytes[512];
    char advice[DISK_ADVICE_SIZE];
    struct str boot = {bytes, sizeof(bytes)};
    uint64_t cluster;

    if (!disk_image_read(image, off, bytes, sizeof(bytes)) || !is_ntfs_boot(boot))
        return false;
    cluster = ntfs_cluster(boot);
    snprintf(advice, sizeof(advice),
             "it has clusters of %llu KiB, which calm does not read. Attach the image read-only "
             "(losetup -r) and mount it on a machine of your own: mount -t ntfs3 -o ro, or "
             "ntfs-3g -o ro",
             (unsigned long long)(cluster >> 10));
    know_begun(fs, "ntfs", cluster > NTFS_CLUSTER_MOST ? advice : NULL);
    return true;
}

/* Whether the superblock of ext that lies in that group says so itself
 * (Documentation/filesystems/ext4/super.rst). */
static bool is_super_of(struct str super, unsigned size_log, uint32_t group)
{
    return le_at(super, 0x38, 2) == 0xef53 && le32_at(super, 0x18) == size_log &&
           le_at(super, 0x5a, 2) == group && le32_at(super, 0x20) == 8192u << size_log;
}

/* Copies lie at the start of groups 1 and powers of 3, 5 and 7; a group has as many blocks as a
 * block has bits. */
static bool know_ext_copy(struct disk_image *image, uint64_t off, uint64_t size, struct disk_fs *fs)
{
    char bytes[SUPER_SIZE];

    for (unsigned log = 0; log < BLOCK_SIZE_COUNT; log++)
        for (uint32_t group = 1; group < GROUP_COUNT; group += 2) {
            uint64_t block = (uint64_t)group * (8192u << log) + (log == 0);
            unsigned block_size = 1024u << log;

            if (block * block_size + SUPER_SIZE > size ||
                !disk_image_read(image, off + block * block_size, bytes, SUPER_SIZE) ||
                !is_super_of((struct str){bytes, SUPER_SIZE}, log, group))
                continue;
            snprintf(fs->kind, sizeof(fs->kind), "ext2, ext3 or ext4");
            snprintf(fs->advice, sizeof(fs->advice),
                     "its first superblock is lost, and a copy lies at block %llu of %u bytes. "
                     "Written out (--raw FILE), debugfs -c -b %u -s %llu FILE reads it; e2fsck -b "
                     "%llu -B %u mends a copy of FILE",
                     (unsigned long long)block, block_size, block_size, (unsigned long long)block,
                     (unsigned long long)block, block_size);
            return true;
        }
    return false;
}

/* The last sector of a partition with NTFS is a copy of the first, and not a part of the volume. */
static bool know_ntfs_copy(struct disk_image *image, uint64_t off, uint64_t size,
                           struct disk_fs *fs)
{
    uint32_t sector = image->media->sector_size;
    char bytes[512];

    if (size < 2 * (uint64_t)sector ||
        !disk_image_read(image, off + size - sector, bytes, sizeof(bytes)) ||
        !is_ntfs_boot((struct str){bytes, sizeof(bytes)}))
        return false;
    snprintf(fs->kind, sizeof(fs->kind), "ntfs");
    snprintf(fs->advice, sizeof(fs->advice),
             "its first sector is lost, and a copy lies in its last one (sector %llu of the disk). "
             "Write it out (--raw FILE), and copy that sector over the first in a copy of FILE, as "
             "ntfsfix does, which empties the journal, too",
             (unsigned long long)((off + size) / sector - 1));
    return true;
}

bool disk_know_refused(struct disk_image *image, uint64_t off, uint64_t size, struct disk_fs *fs)
{
    bool is_known = know_ext_begin(image, off, fs) || know_ntfs_begin(image, off, fs) ||
                    know_ext_copy(image, off, size, fs) || know_ntfs_copy(image, off, size, fs);

    tsk_error_reset();
    return is_known;
}
