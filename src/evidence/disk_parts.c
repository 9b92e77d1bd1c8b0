/* disk_parts.c: the partitions of a disk, with the gaps between them, and what lies in each. */
#include "evidence/disk_job.h"

struct telling {
    struct disk_image *image;
    struct err *e;
    const struct disk_dos *dos;
    int code;
    uint32_t count; /* of partitions: not of tables, nor of what lies between */
};

static bool is_volume(const TSK_VS_PART_INFO *p)
{
    return p->flags & TSK_VS_PART_FLAG_ALLOC && !(p->flags & TSK_VS_PART_FLAG_META);
}

/* The one entry of a DOS table that keeps old programs off a GPT. */
static bool is_protective(const TSK_VS_INFO *vs)
{
    const TSK_VS_PART_INFO *p = vs->vstype == TSK_VS_TYPE_DOS ? vs->part_list : NULL;

    for (; p; p = p->next)
        if (is_volume(p) && p->desc && strstr(p->desc, "(0xee)"))
            return true;
    return false;
}

/* Where the first table of a GPT is lost, its second one at the end of the disk is there. */
static TSK_VS_INFO *prefer_gpt(struct disk_image *image, TSK_VS_INFO *vs)
{
    TSK_VS_INFO *gpt;

    if (!is_protective(vs))
        return vs;
    gpt = tsk_vs_open(&image->info, 0, TSK_VS_TYPE_GPT);
    tsk_error_reset();
    if (gpt)
        tsk_vs_close(vs);
    return gpt ? gpt : vs;
}

/* A disk may carry what looks like several tables; the newer kind is the one in use. */
static TSK_VS_INFO *open_table(struct disk_image *image)
{
    static const TSK_VS_TYPE_ENUM kinds[] = {TSK_VS_TYPE_DETECT, TSK_VS_TYPE_GPT, TSK_VS_TYPE_DOS};

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        TSK_VS_INFO *vs;
        const char *words;

        tsk_error_reset();
        vs = tsk_vs_open(&image->info, 0, kinds[i]);
        if (vs)
            return prefer_gpt(image, vs);
        words = tsk_error_get_errstr();
        /* "GPT or DOS at 0": anything else says that there is none */
        if (i == 0 && (!words || !strstr(words, " or ")))
            break;
    }
    tsk_error_reset();
    return NULL;
}

static const char *kind_name(TSK_VS_TYPE_ENUM type)
{
    switch (type) {
    case TSK_VS_TYPE_DOS:
        return "DOS";
    case TSK_VS_TYPE_BSD:
        return "BSD";
    case TSK_VS_TYPE_SUN:
        return "Sun";
    case TSK_VS_TYPE_MAC:
        return "Mac";
    case TSK_VS_TYPE_GPT:
        return "GPT";
    default:
        return "partition table";
    }
}

/* A table counts in blocks of its own; all that is told is in sectors of the disk. */
static uint64_t in_sectors(const TSK_VS_PART_INFO *p, uint64_t blocks)
{
    return blocks * p->vs->block_size / p->vs->img_info->sector_size;
}

static bool begins_at(const uint64_t *firsts, uint32_t count, uint64_t first, uint32_t *at)
{
    for (*at = 0; *at < count; ++*at)
        if (firsts[*at] == first)
            return true;
    return false;
}

/* As Linux counts. In a DOS table the first four are its own, and those of the tables in extended
 * partitions follow one after another; libtsk's number of a table ends at 127, and begins anew in
 * each extended partition. */
static uint32_t number_of(const TSK_VS_PART_INFO *p, const struct disk_dos *dos)
{
    uint64_t first = in_sectors(p, p->start);
    uint32_t at;

    if (!is_volume(p))
        return 0;
    if (p->vs->vstype == TSK_VS_TYPE_DOS &&
        (p->table_num || !begins_at(dos->primary, COUNT_OF(dos->primary), first, &at)) &&
        begins_at(dos->logical, dos->logical_count, first, &at))
        return 5 + at;
    return 1 + (uint32_t)(uint8_t)p->slot_num;
}

static int tell_fs(struct disk_image *image, uint64_t first, uint64_t count, uint32_t number,
                   struct err *e)
{
    struct disk_fs fs = {.number = number};
    TSK_FS_INFO *opened;

    disk_open_fs(image, first, count, &fs, &opened);
    if (opened)
        tsk_fs_close(opened);
    return disk_send(image, DISK_WIRE_FS, (struct str){(char *)&fs, sizeof(fs)}, e);
}

static int tell_partition(struct telling *t, const TSK_VS_PART_INFO *p)
{
    struct disk_partition_head head = {
        .first = in_sectors(p, p->start),
        .count = in_sectors(p, p->len),
        .number = number_of(p, t->dos),
        .flags = (is_volume(p) ? (uint32_t)DISK_IS_VOLUME : 0) |
                 (p->flags & TSK_VS_PART_FLAG_META ? (uint32_t)DISK_IS_TABLE : 0),
    };
    CLEANUP_BUF struct buf message = {0};
    int code;

    buf_add(&message, &head, sizeof(head));
    buf_addstr(&message, str_head(str_of(p->desc), DISK_TEXT_LIMIT));
    code = disk_send(t->image, DISK_WIRE_PARTITION, buf_str(&message), t->e);
    if (code == 0 && is_volume(p))
        code = tell_fs(t->image, head.first, head.count, head.number, t->e);
    return code;
}

static TSK_WALK_RET_ENUM on_partition(TSK_VS_INFO *vs, const TSK_VS_PART_INFO *p, void *context)
{
    struct telling *t = context;

    (void)vs;
    t->count += is_volume(p);
    t->code = t->count > LIMIT_DISK_PARTITION_COUNT
                  ? err_set(t->e, ERR_LIMIT, "more than %d partitions", LIMIT_DISK_PARTITION_COUNT)
                  : tell_partition(t, p);
    return t->code ? TSK_WALK_STOP : TSK_WALK_CONT;
}

static int tell_table(struct disk_image *image, const TSK_VS_INFO *vs, struct err *e)
{
    struct disk_table t = {.media_size = image->media->size,
                           .sector_size = image->media->sector_size,
                           .is_backup = vs && vs->is_backup};

    snprintf(t.kind, sizeof(t.kind), "%s%s", vs ? kind_name(vs->vstype) : "",
             vs && is_protective(vs) ? ", its GPT is lost" : "");
    return disk_send(image, DISK_WIRE_TABLE, (struct str){(char *)&t, sizeof(t)}, e);
}

/* What takes the whole disk, with what speaks against that. */
static int tell_whole(struct disk_image *image, TSK_VS_INFO *left_over, struct err *e)
{
    int code = tell_table(image, NULL, e);

    if (!code && left_over)
        code = disk_gpt_tell_left_over(image, left_over, e);
    if (left_over)
        tsk_vs_close(left_over);
    return code ? code : tell_fs(image, 0, UINT64_MAX, 0, e);
}

static bool begins_at_start(const TSK_VS_INFO *vs)
{
    for (const TSK_VS_PART_INFO *p = vs->part_list; p; p = p->next)
        if (is_volume(p) && p->start == 0)
            return true;
    return false;
}

/* Who writes a table of 66 bytes into the first sector of a file system, or puts a whole disk into
 * a RAID and leaves its old table, has both; systems that are told which to use read either. */
static int tell_beside(struct disk_image *image, const TSK_VS_INFO *vs, struct err *e)
{
    struct disk_fs fs = {.number = 0};
    CLEANUP_BUF struct buf words = {0};
    int code;

    if (begins_at_start(vs) || !disk_know_start(image, &fs))
        return 0;
    buf_addf(&words,
             "Beside the partitions, what begins at sector 0 takes the whole disk: %s. Bootable "
             "images of CDs are so on purpose; else one of the two is left over, or hides the "
             "other.%s",
             fs.kind, fs.is_readable ? " --offset 0 reads it." : "");
    code = disk_send(image, DISK_WIRE_DOUBT, buf_str(&words), e);
    return code ? code : disk_send(image, DISK_WIRE_FS, (struct str){(char *)&fs, sizeof(fs)}, e);
}

int disk_tell_all(struct disk_image *image, struct err *e)
{
    struct disk_dos dos;
    int code = disk_chain_read(image, &dos, e);
    TSK_VS_INFO *vs = code ? NULL : open_table(image);
    struct telling t = {.image = image, .e = e, .dos = &dos};
    char words[DISK_TEXT_LIMIT];

    if (code)
        return code;
    if (!vs || disk_gpt_is_left_over(image, vs))
        return tell_whole(image, vs, e);
    code = tell_table(image, vs, e);
    if (!code)
        code = tell_beside(image, vs, e);
    if (!code && vs->vstype == TSK_VS_TYPE_DOS)
        code = disk_chain_tell(image, e);
    if (!code && vs->vstype == TSK_VS_TYPE_GPT)
        code = disk_gpt_tell(image, vs->block_size, e);
    if (!code && vs->part_count &&
        tsk_vs_part_walk(vs, 0, vs->part_count - 1, TSK_VS_PART_FLAG_ALL, on_partition, &t))
        code = err_set(e, ERR_FORMAT, "the partition table is damaged: " STR_FMT,
                       STR_ARG(disk_tsk_words(words)));
    tsk_vs_close(vs);
    return code ? code : t.code;
}

int disk_find_partition(struct disk_image *image, uint32_t number, uint64_t *first, uint64_t *count,
                        struct err *e)
{
    struct disk_dos dos;
    int code = disk_chain_read(image, &dos, e);
    TSK_VS_INFO *vs = code ? NULL : open_table(image);
    CLEANUP_BUF struct buf there = {0};
    const TSK_VS_PART_INFO *found = NULL;

    if (code)
        return code;
    if (vs && disk_gpt_is_left_over(image, vs)) {
        tsk_vs_close(vs);
        vs = NULL;
    }
    if (!vs)
        return err_set(e, ERR_NOTFOUND,
                       "it has no partitions: a file system that takes the whole disk is read "
                       "without --partition");
    for (const TSK_VS_PART_INFO *p = vs->part_list; p && !found; p = p->next) {
        if (!is_volume(p))
            continue;
        if (number_of(p, &dos) == number)
            found = p;
        if (there.len < 400)
            buf_addf(&there, "%s%u", there.len ? ", " : "", (unsigned)number_of(p, &dos));
    }
    if (found) {
        *first = in_sectors(found, found->start);
        *count = in_sectors(found, found->len);
    }
    tsk_vs_close(vs);
    if (found)
        return 0;
    return err_set(e, ERR_NOTFOUND, "it has no partition %u; there are: %s", (unsigned)number,
                   there.len ? buf_text(&there) : "none");
}
