/* disk_gpt.c: whether the two tables of a GPT are sound, and say the same (UEFI 2.10, 5.3). */
#include <libdeflate.h>
#include "base/mem.h"
#include "evidence/disk_job.h"
#include "evidence/le.h"

enum {
    GPT_HEAD_SIZE = 92,
    GPT_BLOCK_LIMIT = 8192,
    GPT_ENTRY_SIZE = 128, /* the smallest; others are this times a power of two */
    GPT_ARRAY_LIMIT = 4 << 20,
    GPT_TOLD_COUNT = 3, /* of differences */
};

struct gpt {
    const char *name;  /* "first" */
    const char *fault; /* why it is not sound, NULL: it is */
    bool has_mark;     /* "EFI PART" */
    uint64_t at;       /* its block, and those that its head names */
    uint64_t other, entries, first_usable, last_usable;
    uint32_t count, entry_size, entries_crc;
    struct str disk;  /* its id */
    struct str array; /* empty: it cannot be read */
    uint8_t head[GPT_BLOCK_LIMIT];
    uint8_t *bytes; /* of the array */
};

static void gpt_free(struct gpt *g)
{
    if (g)
        free(g->bytes);
    free(g);
}
DEFINE_CLEANUP(struct gpt *, gpt_free)

static uint32_t crc_of(struct str bytes)
{
    return libdeflate_crc32(0, bytes.p, bytes.len);
}

/* The checksum covers the head with zeros in its own place. */
static bool is_head_whole(const struct gpt *g, uint32_t block_size)
{
    struct str head = {(const char *)g->head, block_size};
    uint32_t size = le32_at(head, 12);
    uint32_t sum = libdeflate_crc32(0, head.p, 16);

    if (size < GPT_HEAD_SIZE || size > block_size)
        return false;
    sum = libdeflate_crc32(sum, "\0\0\0\0", 4);
    return libdeflate_crc32(sum, head.p + 20, size - 20) == le32_at(head, 16);
}

static void take_head(struct gpt *g)
{
    struct str head = {(const char *)g->head, GPT_HEAD_SIZE};

    g->other = le_at(head, 32, 8);
    g->first_usable = le_at(head, 40, 8);
    g->last_usable = le_at(head, 48, 8);
    g->disk = str_head(str_from(head, 56), 16);
    g->entries = le_at(head, 72, 8);
    g->count = le32_at(head, 80);
    g->entry_size = le32_at(head, 84);
    g->entries_crc = le32_at(head, 88);
}

static const char *read_array(struct disk_image *image, struct gpt *g, uint32_t block_size)
{
    uint64_t size = (uint64_t)g->count * g->entry_size;

    if (g->entry_size < GPT_ENTRY_SIZE || g->entry_size % GPT_ENTRY_SIZE || size > GPT_ARRAY_LIMIT)
        return "its head names more partitions, or larger entries, than a disk has";
    g->bytes = mem_alloc(size + 1);
    if (g->entries > UINT64_MAX / block_size ||
        !disk_image_read(image, g->entries * block_size, g->bytes, size))
        return "its list of partitions lies behind the end of the image, or cannot be read";
    g->array = (struct str){(const char *)g->bytes, size};
    return crc_of(g->array) == g->entries_crc ? NULL
                                              : "its list of partitions does not have the checksum "
                                                "that its head states";
}

static struct gpt *read_gpt(struct disk_image *image, const char *name, uint64_t at,
                            uint32_t block_size)
{
    struct gpt *g = mem_new(struct gpt);
    const char *array_fault;

    g->name = name;
    g->at = at;
    if (at > UINT64_MAX / block_size ||
        !disk_image_read(image, at * block_size, g->head, block_size)) {
        g->fault = "it lies behind the end of the image, or cannot be read";
        return g;
    }
    g->has_mark = memcmp(g->head, "EFI PART", 8) == 0;
    if (!g->has_mark) {
        g->fault = "no head of a GPT lies there";
        return g;
    }
    take_head(g);
    array_fault = read_array(image, g, block_size);
    if (!is_head_whole(g, block_size))
        g->fault = "its head does not have the checksum that it states";
    else if (le_at((struct str){(const char *)g->head, GPT_HEAD_SIZE}, 24, 8) != at)
        g->fault = "its head says that it lies elsewhere";
    else
        g->fault = array_fault;
    return g;
}

static struct str entry_of(const struct gpt *g, uint32_t i)
{
    return i < g->count ? str_head(str_from(g->array, (size_t)i * g->entry_size), GPT_ENTRY_SIZE)
                        : STR("");
}

/* No type: it is not in use. */
static bool is_used(struct str entry)
{
    static const char none[16];

    return entry.len && memcmp(entry.p, none, sizeof(none)) != 0;
}

/* "sectors 2048 to 22527" */
static void add_place(struct buf *out, struct str entry, uint32_t factor)
{
    if (!is_used(entry))
        buf_adds(out, "none");
    else
        buf_addf(out, "sectors %llu to %llu", (unsigned long long)le_at(entry, 32, 8) * factor,
                 ((unsigned long long)le_at(entry, 40, 8) + 1) * factor - 1);
}

static void add_difference(struct buf *out, uint32_t i, struct str a, struct str b, uint32_t factor)
{
    buf_addf(out, "%s partition %u ", out->len ? ";" : "", i + 1);
    if (is_used(a) && is_used(b) && memcmp(a.p + 32, b.p + 32, 16) == 0) {
        buf_adds(out, "has another type, name or mark");
        return;
    }
    buf_adds(out, "is ");
    add_place(out, a, factor);
    buf_adds(out, " in the first, ");
    add_place(out, b, factor);
    buf_adds(out, " in the second");
}

/* Of entries that nobody uses only that is said. */
static bool is_same(struct str a, struct str b)
{
    if (!is_used(a) && !is_used(b))
        return true;
    return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static void compare(const struct gpt *a, const struct gpt *b, uint32_t factor, struct buf *out)
{
    uint32_t count = a->count > b->count ? a->count : b->count, others = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct str first = entry_of(a, i), second = entry_of(b, i);

        if (is_same(first, second))
            continue;
        if (++others <= GPT_TOLD_COUNT)
            add_difference(out, i, first, second, factor);
    }
    if (others > GPT_TOLD_COUNT)
        buf_addf(out, "; and %u more", others - GPT_TOLD_COUNT);
    if (!str_eq(a->disk, b->disk))
        buf_addf(out, "%s the disk has another id", out->len ? ";" : "");
    if (a->first_usable != b->first_usable || a->last_usable != b->last_usable)
        buf_addf(out, "%s the room for partitions is another", out->len ? ";" : "");
}

static int tell_fault(struct disk_image *image, const struct gpt *g, uint32_t factor,
                      const char *more, struct err *e)
{
    CLEANUP_BUF struct buf words = {0};

    if (!g->fault)
        return 0;
    buf_addf(&words, "The %s table of the GPT (sector %llu) is not sound: %s.%s", g->name,
             (unsigned long long)g->at * factor, g->fault, more);
    return disk_send(image, DISK_WIRE_DOUBT, buf_str(&words), e);
}

static int tell_differences(struct disk_image *image, const struct gpt *a, const struct gpt *b,
                            uint32_t factor, struct err *e)
{
    CLEANUP_BUF struct buf differences = {0};
    CLEANUP_BUF struct buf words = {0};

    if (!a->array.len || !b->array.len)
        return 0;
    compare(a, b, factor, &differences);
    if (!differences.len)
        return 0;
    buf_addf(&words, "The two tables of the GPT do not say the same:" STR_FMT ".",
             STR_ARG(buf_str(&differences)));
    return disk_send(image, DISK_WIRE_DOUBT, str_head(buf_str(&words), DISK_TEXT_LIMIT), e);
}

/* Where its head cannot be believed, the second table lies at the end of the disk. */
static uint64_t second_at(const struct gpt *first, uint64_t last)
{
    return first->has_mark && first->other > first->at ? first->other : last;
}

enum { DOS_ENTRIES = 446, DOS_ENTRY_SIZE = 16, DOS_COUNT = 4, DOS_SIZE = 512, GPT_NAMED_COUNT = 4 };

/* The entry that keeps old programs off a GPT: without it systems use none. */
static bool is_protected(struct disk_image *image)
{
    uint8_t table[DOS_SIZE];

    if (!disk_image_read(image, 0, table, sizeof(table)) ||
        memcmp(table + DOS_SIZE - 2, "\x55\xaa", 2) != 0)
        return false;
    for (unsigned i = 0; i < DOS_COUNT; i++)
        if (table[DOS_ENTRIES + i * DOS_ENTRY_SIZE + 4] == 0xee)
            return true;
    return false;
}

static int tell_unprotected(struct disk_image *image, const struct gpt *first, struct err *e)
{
    if (first->fault || is_protected(image))
        return 0;
    return disk_send(image, DISK_WIRE_DOUBT,
                     STR("Sector 0 lacks the entry that belongs to a GPT: systems do not use the "
                         "tables without it."),
                     e);
}

int disk_gpt_tell(struct disk_image *image, uint32_t block_size, struct err *e)
{
    uint32_t factor = block_size / image->info.sector_size;
    uint64_t last = image->media->size / block_size - 1;
    CLEANUP(gpt_freep) struct gpt *first = NULL;
    CLEANUP(gpt_freep) struct gpt *second = NULL;
    int code;

    if (!factor || block_size > GPT_BLOCK_LIMIT)
        return 0;
    first = read_gpt(image, "first", 1, block_size);
    second = read_gpt(image, "second", second_at(first, last), block_size);
    if (first->fault && second->fault && second->at != last) { /* that head was no guide */
        gpt_free(second);
        second = read_gpt(image, "second", last, block_size);
    }
    tsk_error_reset();
    code = tell_fault(image, first, factor,
                      first->has_mark && !second->fault
                          ? " It is shown here; systems use the second, which is sound."
                          : "",
                      e);
    if (!code)
        code = tell_fault(image, second, factor, "", e);
    if (!code)
        code = tell_differences(image, first, second, factor, e);
    if (!code)
        code = tell_unprotected(image, first, e);
    return code;
}

static bool is_known_at_start(struct disk_image *image)
{
    struct disk_fs unused = {.number = 0};

    return disk_know_start(image, &unused);
}

bool disk_gpt_is_left_over(struct disk_image *image, const TSK_VS_INFO *vs)
{
    return vs->vstype == TSK_VS_TYPE_GPT && vs->is_backup && !is_protected(image) &&
           is_known_at_start(image);
}

int disk_gpt_tell_left_over(struct disk_image *image, const TSK_VS_INFO *vs, struct err *e)
{
    uint64_t sectors = vs->block_size / image->info.sector_size;
    CLEANUP_BUF struct buf words = {0};
    unsigned count = 0;

    buf_adds(&words, "At the end of the disk lies the second table of a GPT. Sector 0 has no "
                     "entry that belongs to one, so systems do not use it, and what is told here "
                     "begins at sector 0: the table is an older one.");
    for (const TSK_VS_PART_INFO *p = vs->part_list; p; p = p->next) {
        if (!(p->flags & TSK_VS_PART_FLAG_ALLOC) || p->flags & TSK_VS_PART_FLAG_META)
            continue;
        if (++count <= GPT_NAMED_COUNT)
            buf_addf(&words, "%s%llu", count == 1 ? " Its partitions begin at sector " : ", ",
                     (unsigned long long)p->start * sectors);
    }
    if (count > GPT_NAMED_COUNT)
        buf_addf(&words, " and %u more", count - GPT_NAMED_COUNT);
    if (count)
        buf_adds(&words, ": --offset SECTOR reads there.");
    return disk_send(image, DISK_WIRE_DOUBT, buf_str(&words), e);
}
