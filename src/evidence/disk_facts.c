/* disk_facts.c: opens a file system with libtsk, and reads label and times from its superblock. */
#include "evidence/disk_job.h"
#include "evidence/le.h"

enum { EXT_SUPER_SIZE = 1024 };

/* A text of a fixed field, without what fills it up. */
static void copy_field(char *out, size_t room, const uint8_t *field, size_t size)
{
    struct str text = {(const char *)field, strnlen((const char *)field, size)};

    text = str_head(str_trim(text), room - 1);
    memcpy(out, text.p, text.len);
    out[text.len] = '\0';
}

/* Documentation/filesystems/ext4/super.rst: seconds, with the eight bits above in later fields. */
static struct utc ext_time(const uint8_t *sb, unsigned low, unsigned high)
{
    struct str bytes = {(const char *)sb, EXT_SUPER_SIZE};

    return (struct utc){(int64_t)(le_at(bytes, low, 4) | le_at(bytes, high, 1) << 32), 0};
}

static void add_ext(struct disk_image *image, uint64_t off, struct disk_fs *fs)
{
    uint8_t sb[EXT_SUPER_SIZE];

    if (!disk_image_read(image, off + 1024, sb, sizeof(sb)) ||
        le_at((struct str){(const char *)sb, sizeof(sb)}, 56, 2) != 0xef53)
        return;
    fs->mounted = ext_time(sb, 0x2c, 0x275);
    fs->written = ext_time(sb, 0x30, 0x274);
    fs->made = ext_time(sb, 0x108, 0x276);
    copy_field(fs->label, sizeof(fs->label), sb + 0x78, 16);
    copy_field(fs->mounted_on, sizeof(fs->mounted_on), sb + 0x88, 64);
}

/* The label in the boot sector; formatters fill it with this where there is none. */
static void add_fat(struct disk_image *image, uint64_t off, struct disk_fs *fs)
{
    bool is_32 = strcmp(fs->kind, "fat32") == 0;
    uint8_t boot[512];

    if (!disk_image_read(image, off, boot, sizeof(boot)) || boot[is_32 ? 66 : 38] != 0x29)
        return;
    copy_field(fs->label, sizeof(fs->label), boot + (is_32 ? 71 : 43), 11);
    if (strcmp(fs->label, "NO NAME") == 0)
        fs->label[0] = '\0';
}

static void add_iso(struct disk_image *image, uint64_t off, struct disk_fs *fs)
{
    uint8_t volume[72];

    if (disk_image_read(image, off + 16 * 2048, volume, sizeof(volume)) &&
        memcmp(volume + 1, "CD001", 5) == 0)
        copy_field(fs->label, sizeof(fs->label), volume + 40, 32);
}

void disk_add_facts(struct disk_image *image, uint64_t off, struct disk_fs *fs)
{
    static const struct {
        const char *kind;
        void (*add)(struct disk_image *image, uint64_t off, struct disk_fs *fs);
    } facts[] = {{"ext", add_ext}, {"fat", add_fat}, {"iso9660", add_iso}};

    for (size_t i = 0; i < COUNT_OF(facts); i++)
        if (str_starts(str_of(fs->kind), facts[i].kind))
            facts[i].add(image, off, fs);
}

/* NTFS keeps its label in an attribute of the file $Volume: inode 3. */
static void add_ntfs_label(TSK_FS_INFO *opened, struct disk_fs *fs)
{
    TSK_FS_FILE *file = tsk_fs_file_open_meta(opened, NULL, 3);
    const TSK_FS_ATTR *attr =
        file ? tsk_fs_file_attr_get_type(file, TSK_FS_ATTR_TYPE_NTFS_VNAME, 0, 0) : NULL;
    CLEANUP_BUF struct buf label = {0};

    for (size_t i = 0; attr && attr->flags & TSK_FS_ATTR_RES && i + 1 < attr->rd.buf_size &&
                       i + 1 < (uint64_t)attr->size && label.len + 4 < sizeof(fs->label);
         i += 2) {
        uint32_t c =
            (uint32_t)le_at((struct str){(const char *)attr->rd.buf, attr->rd.buf_size}, i, 2);

        if (c < 0x80)
            buf_addc(&label, (char)c);
        else if (c < 0x800)
            buf_addf(&label, "%c%c", (char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f)));
        else
            buf_addf(&label, "%c%c%c", (char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
                     (char)(0x80 | (c & 0x3f)));
    }
    copy_field(fs->label, sizeof(fs->label), (const uint8_t *)buf_text(&label), label.len);
    tsk_fs_file_close(file);
    tsk_error_reset();
}

static void fill(struct disk_image *image, uint64_t off, const TSK_FS_INFO *opened,
                 struct disk_fs *fs)
{
    const char *kind = tsk_fs_type_toname(opened->ftype);

    snprintf(fs->kind, sizeof(fs->kind), "%s", kind ? kind : "");
    fs->block_size = opened->block_size;
    fs->block_count = opened->block_count;
    fs->inode_count = opened->inum_count;
    fs->is_readable = 1;
    disk_add_facts(image, off, fs);
}

static const char encrypted_advice[] =
    "its content is encrypted. With its key, open it read-only on a machine of your own";

/* libtsk takes nearly any random bytes for a file system of one kind or another now and then: what
 * it cannot read the root of is none. */
static bool has_root(TSK_FS_INFO *fs)
{
    TSK_FS_DIR *root = tsk_fs_dir_open_meta(fs, fs->root_inum);

    tsk_fs_dir_close(root);
    tsk_error_reset();
    return root != NULL;
}

static void say_unread(struct disk_fs *fs)
{
    char words[DISK_TEXT_LIMIT];
    uint32_t number = tsk_error_get_errno();
    const char *text = tsk_error_get_errstr();
    bool is_said = text && text[0];

    (void)disk_tsk_words(words);
    if (number == TSK_ERR_FS_ENCRYPTED)
        snprintf(fs->advice, sizeof(fs->advice), "%s", encrypted_advice);
    else if (is_said)
        snprintf(fs->advice, sizeof(fs->advice), "no file system is read there: %.200s", words);
}

/* The bytes that so many sectors have in the image. */
static uint64_t bytes_there(const struct disk_image *image, uint64_t off, uint64_t count)
{
    uint64_t rest = image->media->size - off;

    return count < rest / image->media->sector_size ? count * image->media->sector_size : rest;
}

/* Whether it begins with more zeros than lie before anything that libtsk knows a file system by: it
 * is UFS2 that may have the most, 256 KiB. libtsk would look at megabytes behind before it says
 * that it knows none, also at those of the next partitions. */
static bool is_blank(struct disk_image *image, uint64_t off)
{
    enum { PIECE = 8 << 10, PIECES = 33 };
    static const char zeros[PIECE];
    char bytes[PIECE];

    for (unsigned i = 0; i < PIECES; i++)
        if (!disk_image_read(image, off + (uint64_t)i * PIECE, bytes, PIECE) ||
            memcmp(bytes, zeros, PIECE) != 0)
            return false;
    return true;
}

void disk_open_fs(struct disk_image *image, uint64_t first, uint64_t count, struct disk_fs *fs,
                  TSK_FS_INFO **out)
{
    uint64_t off = first * image->media->sector_size;
    TSK_FS_INFO *opened;

    *out = NULL;
    fs->first = first;
    if (first > INT64_MAX / image->media->sector_size || off >= image->media->size) {
        snprintf(fs->advice, sizeof(fs->advice), "it begins behind the end of the image");
        return;
    }
    if (disk_know(image, off, true, fs))
        return;
    tsk_error_reset();
    opened = is_blank(image, off)
                 ? NULL
                 : tsk_fs_open_img(&image->info, (TSK_OFF_T)off, TSK_FS_TYPE_DETECT);
    if (!opened) {
        say_unread(fs);
        if (!disk_know(image, off, false, fs))
            disk_know_refused(image, off, bytes_there(image, off, count), fs);
        tsk_error_reset();
        return;
    }
    fill(image, off, opened, fs);
    if (TSK_FS_TYPE_ISNTFS(opened->ftype))
        add_ntfs_label(opened, fs);
    if (!has_root(opened)) {
        fs->is_readable = 0;
        snprintf(fs->advice, sizeof(fs->advice),
                 "its root folder cannot be read; --inode may still find single files");
    }
    *out = opened;
}

bool disk_know_start(struct disk_image *image, struct disk_fs *fs)
{
    TSK_FS_INFO *opened;

    disk_open_fs(image, 0, 0, fs, &opened);
    if (opened)
        tsk_fs_close(opened);
    tsk_error_reset();
    return opened ? fs->is_readable : fs->kind[0] != '\0';
}
